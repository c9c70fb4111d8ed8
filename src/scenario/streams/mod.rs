//! Streams of model requests: their cost, what the provider's cache gives them, and how long tool calls and
//! requests take, run again under other settings.
//!
//! All settings together are one run. Of tokens: first reads that the context answers, then the lifetime of cached
//! prefixes and whether somebody keeps them warm, then compactions, then the prices of another model. Of times: first
//! retries and the waits before them, then the calls that are left of one reply at once, and what takes longer than a
//! limit. What no stream holds stays as it was
//! measured.

pub mod bounds;
mod calls;
mod limits;
mod reads;
pub mod retries;
pub mod singles;
mod spared;
pub mod starts;
mod tokens;

pub use reads::any as is_read_again;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use crate::assessment::Reproduction;
use crate::config::KnobValue;
use crate::metrics::Metric;
use crate::record::{DimsId, Name};
use crate::scenario::replay::{
    Bench, Mechanism, Replayed, Settings, Shift, Withheld, is_reproduced,
};
use crate::scenario::requests::lifetime;
use crate::scenario::requests::prefix::{Caching, caching};
use crate::workload::{UnitId, Workload};

/// How long the provider keeps a prefix.
pub const LIFETIME: &str = "prompt_cache.lifetime";
/// The same for the streams of one agent: main conversations, or subagents.
pub const LIFETIME_FOR: &str = "prompt_cache.lifetime_for.";
/// Whether the client reads a prefix again before it expires.
pub const KEEP_WARM: &str = "prompt_cache.keep_warm";
/// The context at which it is compacted.
pub const COMPACTION: &str = "compaction.at_tokens";
/// Whether the calls of a reply run at once.
pub const PARALLEL: &str = "tools.parallel";
/// Whether a read of what was read before is answered by the copy in the context.
pub const REUSE: &str = "tools.reuse_reads";
/// The model of an agent, or of all of them.
pub const MODEL_FOR: &str = "model_for.";
/// The longest time of the calls of a tool, or of model requests.
pub const TIMEOUT: &str = "timeout.";

/// Retries after the first attempt.
pub const RETRIES: &str = "retry.limit";
/// Waits before them.
pub const BACKOFF: &str = "retry.backoff";

/// The replay of streams.
pub const MECHANISM: Mechanism = Mechanism {
    name: "streams",
    knobs: &[
        LIFETIME,
        LIFETIME_FOR,
        KEEP_WARM,
        COMPACTION,
        PARALLEL,
        REUSE,
        MODEL_FOR,
        TIMEOUT,
        RETRIES,
        BACKOFF,
    ],
    replay,
};

fn replay(bench: &Bench<'_>, settings: &Settings) -> Result<Replayed, Withheld> {
    let is_of_streams = |knob: &String| knob != BACKOFF;
    if bench.workload.streams.is_empty() && settings.keys().any(is_of_streams) {
        return Err(Withheld::because(
            "no requests of sessions with their tokens were recorded in their order",
        ));
    }
    let mut run = Run::default();
    let reused = match settings.get(REUSE) {
        Some(KnobValue::Bool(true)) => Some(reads::replay(bench, settings, &mut run)?),
        Some(_) => return Err(Withheld::because(NOT_REUSED)),
        None => None,
    };
    // What is still sent and called, and how long it takes.
    let mut left = match reused {
        Some(streams) => Cow::Owned(streams),
        None => Cow::Borrowed(bench.workload.streams.as_slice()),
    };
    if settings.contains_key(RETRIES) || settings.contains_key(BACKOFF) {
        retries::replay(bench, settings, &mut left, &mut run)?;
    }
    let left = left.as_ref();
    if settings.keys().any(|knob| is_of_tokens(knob)) {
        tokens::replay(bench, settings, left, &mut run)?;
    }
    if let Some(value) = settings.get(PARALLEL) {
        calls::replay(bench, *value == KnobValue::Bool(true), left, &mut run)?;
    }
    for (knob, value) in settings {
        if let (Some(what), KnobValue::Number(seconds)) = (knob.strip_prefix(TIMEOUT), value) {
            limits::replay(bench, what, *seconds, left, &mut run)?;
        }
    }
    run.finish()
}

/// Why there is no projection without it.
const NOT_REUSED: &str =
    "which reads the context answers now is not recorded, so nobody knows what they would send";

fn is_of_tokens(knob: &str) -> bool {
    [LIFETIME, KEEP_WARM, COMPACTION, REUSE].contains(&knob)
        || [LIFETIME_FOR, MODEL_FOR]
            .iter()
            .any(|family| knob.starts_with(family))
}

/// The present lifetime of cached prefixes in seconds, as the writes tell it, of one agent or of all. `None`: they
/// are not reported, or streams have several.
#[must_use]
pub fn present_lifetime(workload: &Workload, agent: Option<&str>) -> Option<f64> {
    let is_its = |name: Name| agent.is_none_or(|a| workload.catalog.text(name) == a);
    let written = workload
        .streams
        .iter()
        .filter(|s| is_its(s.agent) && caching(s) == Caching::Written);
    let mut lifetimes = written.map(|s| lifetime::present(&s.requests));
    let first = lifetimes.next()?;
    lifetimes.all(|l| l == first).then_some(first)
}

/// A run in the making.
#[derive(Default)]
struct Run {
    sums: BTreeMap<(Metric, DimsId, UnitId), (f64, f64)>,
    units: BTreeSet<UnitId>,
    replayed: Replayed,
}

impl Run {
    /// Adds to the change of n and of the sum of a metric. Streams tell no dimensions, and no other change of the same
    /// run concerns them.
    fn add(&mut self, metric: Metric, unit: UnitId, n: f64, sum: f64) {
        self.add_of(metric, DimsId(0), unit, n, sum);
    }

    /// The same of rows of a dimension set.
    fn add_of(&mut self, metric: Metric, dims: DimsId, unit: UnitId, n: f64, sum: f64) {
        let at = self.sums.entry((metric, dims, unit)).or_default();
        at.0 += n;
        at.1 += sum;
        self.units.insert(unit);
    }

    fn note(&mut self, text: impl Into<String>) {
        self.replayed.notes.push(text.into());
    }

    /// Its figures are the most that can be had: nothing of that is by chance, so there is no interval.
    fn bound(&mut self) {
        (self.replayed.is_bound, self.replayed.is_assumed) = (true, true);
    }

    /// Notes what the replay of the present gave.
    fn reproduced(&mut self, row: Reproduction) {
        self.replayed.reproduction.push(row);
    }

    fn finish(self) -> Result<Replayed, Withheld> {
        let mut replayed = self.replayed;
        if let Some(row) = replayed.reproduction.iter().find(|r| !is_reproduced(r)) {
            return Err(Withheld {
                reason: format!(
                    "replaying the present gives {} of {}",
                    share(row.replayed, row.measured),
                    match row.metric.as_str() {
                        _ if row.statistic == retries::WITH_WAITS =>
                            "the retries, the waits before the others are not known",
                        _ if row.statistic == retries::OF_WAITS =>
                            "the time that sessions waited before retries",
                        "computed_cost" => "the measured cost of these requests",
                        "prompt_cache_hit_rate" => "their measured prompt cache hit rate",
                        "retries" => "the retries, the requests of the others are not known",
                        "response_time" => "the measured time of requests",
                        _ => "the measured time of these calls",
                    }
                ),
                reproduction: replayed.reproduction,
            });
        }
        let shift = |((metric, dims, unit), (n, sum))| Shift {
            metric,
            dims,
            unit,
            n,
            sum,
            is_preparation: false,
        };
        replayed.shifts = self.sums.into_iter().map(shift).collect();
        replayed.units = self.units.len() as u64;
        Ok(replayed)
    }
}

/// `93.5 %` of the other.
fn share(part: f64, whole: f64) -> String {
    if whole > 0.0 {
        format!("{:.1} %", part / whole * 100.0)
    } else {
        "nothing".into()
    }
}
