//! The block of context performance by mode: `FANCY Mode`, `SIMPLE Mode`, in YAML or JSON, with or
//! without its heading.
//!
//! Numbers come with their unit (`2.3s`, `245MB`, `78%`, `23/150`) and are aggregates of unknown n.
//! Its comparison of the modes ("11.5x faster") is somebody's text and not read.

use super::interface_performance::interfaces;
use crate::ingest::document::{Faults, Node, Origin, Reported, first_line, keys, parse_tree};
use crate::ingest::{Format, Head, Input, Likelihood, ReadError};
use crate::metrics::Metric;
use crate::place::Problem;
use crate::record::{Dimension, Records, Statistic};
use crate::units::{parse_bytes, parse_ratio, parse_seconds};

/// Reader of the block of context performance by mode.
#[derive(Debug)]
pub(super) struct ModeBlock;

impl Format for ModeBlock {
    fn name(&self) -> &'static str {
        "mode-block"
    }

    fn about(&self) -> &'static str {
        "context performance by mode (FANCY, SIMPLE): preparation time, memory, accuracy, cache hit rate, files"
    }

    fn plural(&self) -> &'static str {
        "mode blocks"
    }

    fn is_orchestrator(&self) -> bool {
        true
    }

    fn detect(&self, head: &Head<'_>) -> Likelihood {
        let is_ours = |key: &str| is_heading(key) || mode(key).is_some();
        let keys = keys(head.bytes);
        let is_json = keys
            .iter()
            .any(|key| std::str::from_utf8(key).is_ok_and(is_ours));
        let is_yaml = || {
            first_line(head.bytes).is_some_and(|line| {
                let key = line.split_once(':').filter(|(_, rest)| {
                    let rest = rest.trim();
                    rest.is_empty() || rest.starts_with('#')
                });
                key.is_some_and(|(key, _)| is_ours(key.trim().trim_matches(['"', '\''])))
            })
        };
        if is_json || keys.is_empty() && is_yaml() {
            Likelihood::Yes
        } else {
            Likelihood::No
        }
    }

    fn read(
        &self,
        input: &mut Input<'_>,
        records: &mut Records,
        problems: &mut Vec<Problem>,
    ) -> Result<(), ReadError> {
        let origin = Origin::of(input, records);
        let text = input.document()?;
        let depth = if keys(text).iter().any(|k| is_heading_bytes(k)) {
            2
        } else {
            1
        };
        let tree = parse_tree(text, depth, origin.file, problems)?;
        let mut faults = Faults::new(origin.file, text, &[], problems);
        let mut blocks = Blocks {
            origin: &origin,
            records,
            faults: &mut faults,
        };
        for (key, value) in tree.entries() {
            if is_heading(key) {
                for (inner, value) in value.entries() {
                    blocks.take(&[key, inner], value);
                }
            } else if key == "interface_performance" {
                interfaces(value, &[key], &origin, blocks.records, blocks.faults);
            } else {
                blocks.take(&[key], value);
            }
        }
        Ok(())
    }
}

fn is_heading_bytes(key: &[u8]) -> bool {
    std::str::from_utf8(key).is_ok_and(is_heading)
}

/// `Context Performance Metrics`, however its words are joined.
fn is_heading(key: &str) -> bool {
    joined(key) == "context_performance_metrics"
}

/// The mode that a key names: `FANCY Mode`, `simple_mode`, `FANCY`.
fn mode(key: &str) -> Option<&'static str> {
    match joined(key).as_str() {
        "fancy" | "fancy_mode" => Some("FANCY"),
        "simple" | "simple_mode" => Some("SIMPLE"),
        _ => None,
    }
}

fn joined(key: &str) -> String {
    key.trim().to_lowercase().replace([' ', '-'], "_")
}

struct Blocks<'a, 'r, 'f> {
    origin: &'a Origin<'a>,
    records: &'r mut Records,
    faults: &'r mut Faults<'f>,
}

impl Blocks<'_, '_, '_> {
    fn take(&mut self, keys: &[&str], block: &Node) {
        let mode = keys.last().and_then(|key| mode(key));
        let (Some(mode), Node::Map(entries)) = (mode, block) else {
            self.records.ignored += 1;
            return;
        };
        let mut reported = Reported::default();
        for (key, value) in entries {
            if let Err(reason) = self.figure(key, value, &mut reported) {
                let at = [keys, &[key]].concat();
                self.faults.value(0, &at, reason);
            }
        }
        let own = [(Dimension::Mode, mode)];
        reported.finish(self.origin, &own, None, self.records);
    }

    fn figure(
        &mut self,
        key: &str,
        value: &Node,
        reported: &mut Reported,
    ) -> Result<(), &'static str> {
        if *value == Node::Nothing {
            return Ok(());
        }
        match joined(key).as_str() {
            "avg_preparation_time" | "average_preparation_time" | "preparation_time" => {
                let seconds = seconds(value).ok_or("a preparation time that is no time")?;
                let metric = Metric::ContextPreparationTime;
                reported.add(metric, Statistic::Mean, seconds, None);
            }
            "memory_usage" => {
                let bytes = value.text().and_then(|text| parse_bytes(text).ok());
                let bytes = bytes.ok_or("a memory usage without a unit such as MB")?;
                reported.add(Metric::MemoryUsage, Statistic::Mean, bytes, None);
            }
            "accuracy_score" | "accuracy" => {
                let ratio = ratio(value).ok_or("an accuracy that is no ratio")?;
                reported.add(Metric::Accuracy, Statistic::Mean, ratio, None);
            }
            "cache_hit_rate" => {
                let ratio = ratio(value).ok_or("a cache hit rate that is no ratio")?;
                reported.add(Metric::CacheHitRate, Statistic::Mean, ratio, None);
            }
            "file_processing_rate" => {
                let files = Files::of(value).ok_or("a rate of files that is no ratio")?;
                files.add_to(reported);
            }
            _ => self.records.ignored += 1,
        }
        Ok(())
    }
}

/// Seconds: a bare number, or with its unit.
pub(super) fn seconds(value: &Node) -> Option<f64> {
    let seconds = match value {
        Node::Text(text) => parse_seconds(text).ok(),
        other => other.number().ok().flatten(),
    };
    seconds.filter(|seconds| *seconds >= 0.0)
}

/// A ratio from 0 to 1: a bare number up to 1, or with its mark.
fn ratio(value: &Node) -> Option<f64> {
    let ratio = match value {
        Node::Text(text) => parse_ratio(text).ok(),
        other => other.number().ok().flatten(),
    };
    ratio.filter(|ratio| (0.0..=1.0).contains(ratio))
}

/// How many files were used: `23/150`, or only the ratio.
struct Files {
    counts: Option<(f64, f64)>,
    rate: f64,
}

impl Files {
    fn of(value: &Node) -> Option<Self> {
        let rate = ratio(value)?;
        let counts = value.text().and_then(|text| text.split_once('/'));
        let counts = counts.and_then(|(used, considered)| {
            let number = |text: &str| text.trim().parse::<f64>().ok();
            Some((number(used)?, number(considered)?))
        });
        Some(Self { counts, rate })
    }

    fn add_to(&self, reported: &mut Reported) {
        if let Some((used, considered)) = self.counts {
            reported.add(Metric::FilesUsed, Statistic::Mean, used, None);
            reported.add(Metric::FilesConsidered, Statistic::Mean, considered, None);
        }
        reported.add(Metric::FileUseRate, Statistic::Mean, self.rate, None);
    }
}
