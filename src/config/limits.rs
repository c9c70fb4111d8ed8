//! `targets` and `thresholds`: limits of metrics, in the metrics' own units.
//!
//! `memory_usage`, `cpu_usage` and `disk_usage` with a share or a percentage are the machine's
//! utilization; `memory_usage` with an amount of bytes is that of the process.

use crate::metrics::{self, Direction, Metric, Unit};
use crate::units::Quantity;

use super::fault::WarningKind;
use super::read::Reader;
use super::scalars::{self, Expected};
use super::tree::{Entry, Node, Value};
use super::{Target, TargetStatistic};

impl Reader<'_> {
    /// `targets: {response_time: {mean: 3s, p95: 5s}, success_rate: 95%}`
    pub(super) fn targets(&mut self, node: &Node) {
        let Some(entries) = self.entries("targets", node) else {
            return;
        };
        for entry in entries {
            let Some(metric) = metric_of(&entry.key, first_value(&entry.node)) else {
                if !self.target_of_declared(entry) {
                    self.unknown(entry, known_metrics());
                }
                continue;
            };
            match &entry.node.value {
                Value::Map(statistics) => {
                    for statistic in statistics {
                        match statistic.key.as_str() {
                            "mean" => self.target(metric, TargetStatistic::Mean, statistic),
                            "p95" => self.target(metric, TargetStatistic::P95, statistic),
                            _ => self.unknown(statistic, ["mean", "p95"]),
                        }
                    }
                }
                _ => self.target(metric, usual_statistic(metric), entry),
            }
        }
    }

    /// `thresholds: {max_response_time: 3.0, min_success_rate: 0.95}`
    pub(super) fn thresholds(&mut self, node: &Node) {
        let Some(entries) = self.entries("thresholds", node) else {
            return;
        };
        for entry in entries {
            let found = entry.key.split_once('_').and_then(|(side, name)| {
                let metric = metric_of(name, &entry.node)?;
                let direction = match side {
                    "max" => Direction::Lower,
                    "min" => Direction::Higher,
                    _ => return None,
                };
                (metric.row().direction == direction).then_some(metric)
            });
            match found {
                Some(metric) => self.target(metric, usual_statistic(metric), entry),
                None => {
                    let known = known_thresholds();
                    self.unknown(entry, known.iter().map(String::as_str));
                }
            }
        }
    }

    fn target(&mut self, metric: Metric, statistic: TargetStatistic, entry: &Entry) {
        if entry.node.value == Value::Nothing {
            return;
        }
        if metric.row().direction == Direction::Neither {
            self.warn(
                WarningKind::WithoutEffect,
                entry.span,
                format!(
                    "{} has no target: neither less nor more of it is better",
                    metric.name()
                ),
                None,
            );
            return;
        }
        let Some(value) = self.limit(metric, &entry.key, &entry.node) else {
            return;
        };
        if value <= 0.0 && metric.row().direction == Direction::Lower {
            self.unexpected(
                &entry.key,
                &entry.node,
                &Expected {
                    what: "above 0".to_owned(),
                    label: "expected more than 0".to_owned(),
                    write: "3".to_owned(),
                },
            );
            return;
        }
        let origin = self.origin(entry.node.span);
        self.config
            .targets
            .entry((metric, statistic))
            .or_insert(Target { value, origin });
    }

    pub(super) fn choice(&mut self, entry: &Entry, words: &[&str]) {
        self.unexpected(
            &entry.key,
            &entry.node,
            &Expected {
                what: format!("one of {}", words.join(", ")),
                label: format!("expected {}", words.join(" or ")),
                write: words.first().copied().unwrap_or_default().to_owned(),
            },
        );
    }

    /// A limit in the metric's unit; a fault where it is none.
    pub(super) fn limit(&mut self, metric: Metric, key: &str, node: &Node) -> Option<f64> {
        self.limit_in(metric.row().unit, key, node)
    }

    /// The same in a unit.
    pub(super) fn limit_in(&mut self, unit: Unit, key: &str, node: &Node) -> Option<f64> {
        match scalars::in_unit(unit, node) {
            Ok(read) => {
                if read.was_percent {
                    self.percent(key, node);
                }
                Some(read.value)
            }
            Err(expected) => {
                self.unexpected(key, node, &expected);
                None
            }
        }
    }
}

/// The metric that a configuration means by a name, which for `memory_usage` depends on the value.
pub(super) fn metric_of(name: &str, value: &Node) -> Option<Metric> {
    /// Numbers up to here are shares or percentages, above they are bytes.
    const MOST_PERCENT: f64 = 100.0;
    match name {
        "memory_usage" => Some(match scalars::quantity(value) {
            Some(Quantity::Bytes(_)) => Metric::MemoryUsage,
            Some(Quantity::Number(n)) if n > MOST_PERCENT => Metric::MemoryUsage,
            _ => Metric::MemoryUtilization,
        }),
        "cpu_usage" => Some(Metric::CpuUtilization),
        "disk_usage" => Some(Metric::DiskUtilization),
        _ => Metric::named(name),
    }
}

fn first_value(node: &Node) -> &Node {
    match &node.value {
        Value::Map(entries) => entries.first().map_or(node, |e| &e.node),
        _ => node,
    }
}

/// Of utilizations the 95th percentile counts, of everything else the mean.
fn usual_statistic(metric: Metric) -> TargetStatistic {
    match metric {
        Metric::CpuUtilization | Metric::MemoryUtilization | Metric::DiskUtilization => {
            TargetStatistic::P95
        }
        _ => TargetStatistic::Mean,
    }
}

pub(super) fn known_metrics() -> impl Iterator<Item = &'static str> {
    metrics::ALL.iter().map(|m| m.name())
}

fn known_thresholds() -> Vec<String> {
    metrics::ALL
        .iter()
        .filter_map(|m| match m.row().direction {
            Direction::Lower => Some(format!("max_{}", m.name())),
            Direction::Higher => Some(format!("min_{}", m.name())),
            Direction::Neither => None,
        })
        .collect()
}
