//! `perfadvise`: how well do AI agents run, what changed, what should be changed next.
//!
//! Data walks down this list; a module uses only those above it (`tests/integration/architecture.rs`
//! holds the exact table):
//!
//! | module | what it holds |
//! |---|---|
//! | [`units`], [`place`], [`stats`], [`threads`] | quantities and time; where a fault is; pure mathematics on slices; work at once |
//! | [`cache`] | files that save work and may vanish |
//! | [`metrics`], [`record`], [`config`], [`assessment`] | the words every stage shares |
//! | [`prices`] | what tokens cost by a dated table of list prices |
//! | [`ingest`] | bytes to records, one file per format |
//! | [`workload`] | records to mergeable rows per unit |
//! | [`store`] | baselines: workloads kept in files; the history: a database |
//! | [`analysis`], [`score`] | descriptions, comparisons, trends; the number from 0 to 100 |
//! | [`scenario`], [`advise`] | what a change would give; rules and their ranking |
//! | [`gate`], [`summary`], [`claims`] | a candidate against a baseline; a period against the one before; a projection against what happened |
//! | [`doctor`] | a guided check for one symptom, over an assessment |
//! | [`report`] | the assessment as text, Markdown, HTML, JSON, YAML, CSV |
//! | [`alerts`] | what must not happen, minute by minute: states, firings, notices |
//! | [`notify`] | a message by webhook, mail, program, desktop or file |
//! | [`export`] | the course of sessions for Perfetto, speedscope and flame graphs |
//! | [`pipeline`] | the stages in order, on one page |
//! | [`recorder`] | metrics of the user's own, appended as native records |
//! | [`live`] | the machine now: sampled on a schedule, written as reports and records |
//! | `dashboard` | the same as a screen that answers to keys |
//! | [`cli`] | the verbs |

#![forbid(unsafe_code)]

pub mod advise;
pub mod alerts;
pub mod analysis;
pub mod assessment;
pub mod cache;
pub mod claims;
pub mod cli;
pub mod config;
mod dashboard;
pub mod doctor;
pub mod export;
pub mod gate;
pub mod ingest;
pub mod live;
pub mod metrics;
pub mod notify;
pub mod pipeline;
pub mod place;
pub mod prices;
pub mod record;
pub mod recorder;
pub mod report;
pub mod scenario;
pub mod score;
pub mod stats;
pub mod store;
pub mod summary;
pub mod threads;
pub mod units;
pub mod workload;
