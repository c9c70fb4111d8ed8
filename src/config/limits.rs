//! `targets`, `thresholds` and `alerts`: limits of metrics, in the metrics' own units.
//!
//! `memory_usage`, `cpu_usage` and `disk_usage` with a share or a percentage are the machine's
//! utilization; `memory_usage` with an amount of bytes is that of the process.

use crate::metrics::{self, Direction, Metric};
use crate::units::Quantity;

use super::fault::WarningKind;
use super::keys;
use super::read::Reader;
use super::scalars::{self, Expected};
use super::tree::{Entry, Node, Value};
use super::{Alert, Severity, Side, Target, TargetStatistic};

/// Seconds until an alert may be sent again, where the file does not say.
const COOLDOWN: f64 = 300.0;

const ALERT_KEYS: &[&str] = &[
    "threshold",
    "severity",
    "cooldown",
    "action",
    "consecutive_failures",
    "op",
    "metric",
    "description",
    "enabled",
];

impl Reader<'_> {
    /// `targets: {response_time: {mean: 3s, p95: 5s}, success_rate: 95%}`
    pub(super) fn targets(&mut self, node: &Node) {
        let Some(entries) = self.entries("targets", node) else {
            return;
        };
        for entry in entries {
            let Some(metric) = metric_of(&entry.key, first_value(&entry.node)) else {
                self.unknown(entry, known_metrics());
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

    /// `alerts: {response_time: {threshold: 5.0, severity: warning}}`
    pub(super) fn alerts(&mut self, node: &Node) {
        let Some(entries) = self.entries("alerts", node) else {
            return;
        };
        for entry in entries {
            let Some(settings) = self.entries(&entry.key, &entry.node) else {
                continue;
            };
            if let Some(alert) = self.alert(entry, settings)
                && !self.config.alerts.iter().any(|a| a.name == alert.name)
            {
                self.config.alerts.push(alert);
            }
        }
    }

    fn alert(&mut self, entry: &Entry, settings: &[Entry]) -> Option<Alert> {
        let setting = |name: &str| settings.iter().find(|s| s.key == name);
        for other in settings
            .iter()
            .filter(|s| !ALERT_KEYS.contains(&s.key.as_str()))
        {
            self.unknown(other, ALERT_KEYS.iter().copied());
        }
        if setting("enabled").is_some_and(|s| s.node.value == Value::Bool(false)) {
            return None;
        }
        let threshold = setting("threshold");
        let named = setting("metric").and_then(|s| scalars::word(&s.node));
        let metric = metric_of(
            named.as_deref().unwrap_or(&entry.key),
            threshold.map_or(&entry.node, |t| &t.node),
        );
        let failures = setting("consecutive_failures");
        let alert = Alert {
            name: entry.key.clone(),
            metric,
            threshold: match (threshold, metric) {
                (Some(t), Some(metric)) => Some(self.limit(metric, "threshold", &t.node)?),
                _ => None,
            },
            side: match setting("op") {
                Some(op) => Some(self.side(op)?),
                None => metric.and_then(Side::of),
            },
            consecutive_failures: match failures {
                Some(f) => Some(self.failures(f)?),
                None => None,
            },
            severity: match setting("severity") {
                Some(severity) => self.severity(severity)?,
                None => Severity::Warning,
            },
            cooldown: match setting("cooldown") {
                Some(c) => self.limit(Metric::QueueTime, "cooldown", &c.node)?,
                None => COOLDOWN,
            },
            action: setting("action").and_then(|s| scalars::word(&s.node)),
            origin: self.origin(entry.span),
        };
        let without_effect = match (threshold, metric, failures) {
            (Some(_), None, _) => Some("names no known metric"),
            (None, _, None) => Some("has no threshold"),
            _ => None,
        };
        if let Some(why) = without_effect {
            let help = keys::nearest(&entry.key, known_metrics())
                .filter(|_| metric.is_none())
                .map(|k| format!("did you mean \"{k}\"? or add  metric: NAME"));
            self.warn(
                WarningKind::WithoutEffect,
                entry.span,
                format!("the alert \"{}\" {why} and never fires", entry.key),
                help,
            );
        }
        Some(alert)
    }

    fn side(&mut self, op: &Entry) -> Option<Side> {
        let side = match scalars::word(&op.node).as_deref() {
            Some("above" | ">" | ">=") => Some(Side::Above),
            Some("below" | "<" | "<=") => Some(Side::Below),
            _ => None,
        };
        if side.is_none() {
            self.choice(op, &["above", "below"]);
        }
        side
    }

    fn severity(&mut self, entry: &Entry) -> Option<Severity> {
        let severity = match scalars::word(&entry.node)
            .map(|w| w.to_ascii_lowercase())
            .as_deref()
        {
            Some("warning") => Some(Severity::Warning),
            Some("critical") => Some(Severity::Critical),
            _ => None,
        };
        if severity.is_none() {
            self.choice(entry, &["warning", "critical"]);
        }
        severity
    }

    fn failures(&mut self, entry: &Entry) -> Option<u64> {
        match &entry.node.value {
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Checked to fit.
            Value::Number(n) if *n >= 1.0 && n.fract() == 0.0 && *n < 1e9 => Some(*n as u64),
            _ => {
                self.unexpected(
                    &entry.key,
                    &entry.node,
                    &Expected {
                        what: "a whole number".to_owned(),
                        label: "expected 1 or more failures, such as 3".to_owned(),
                        write: "3".to_owned(),
                    },
                );
                None
            }
        }
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
        match scalars::of_metric(metric, node) {
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
fn metric_of(name: &str, value: &Node) -> Option<Metric> {
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
