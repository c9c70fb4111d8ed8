//! `metrics`: metrics of the user's own, with what no input tells of them.
//!
//! ```yaml
//! metrics:
//!   queue_depth: {unit: count, direction: lower, of: p95, target: 20, title: Queue depth}
//! ```
//!
//! Inputs name a metric and give numbers. What these are (their unit, which way is better, which statistic counts)
//! stands here alone and is looked up by name where numbers are described, so that what was recorded before
//! a declaration means the same as what comes after it. Sections of all layers are read before
//! anything else is: targets, limits of the gate and alerts may name a declared metric.

use std::collections::BTreeMap;

use crate::metrics::{Direction, Kind, Metric, Unit, fault_of_name};

use super::fault::WarningKind;
use super::keys;
use super::limits::known_metrics;
use super::read::Reader;
use super::scalars::{self, Expected};
use super::tree::{self, Entry, Node, Value};
use super::{Origin, Sourced, Target, TargetStatistic};

/// The keys of a declaration, each with what it means.
pub const DECLARED_KEYS: &[(&str, &str)] = &[
    ("unit", "What one of it is."),
    ("direction", "Which way is better."),
    (
        "of",
        "The statistic that counts: its mean, its 95th percentile, or its sum.",
    ),
    (
        "target",
        "What is good enough, in the metric's unit; or one for each of mean and p95.",
    ),
    ("title", "Its name for people."),
    ("meaning", "What exactly it is, in a sentence."),
];

/// Units that a metric may be declared with.
pub const UNITS: [(&str, Unit); 7] = [
    ("seconds", Unit::Seconds),
    ("bytes", Unit::Bytes),
    ("ratio", Unit::Ratio),
    ("count", Unit::Count),
    ("number", Unit::Number),
    ("factor", Unit::Factor),
    ("usd", Unit::Usd),
];

/// Directions that a metric may be declared with.
pub const DIRECTIONS: [(&str, Direction); 3] = [
    ("lower", Direction::Lower),
    ("higher", Direction::Higher),
    ("none", Direction::Neither),
];

/// The statistics that a metric may be declared with.
pub const STATISTICS: &[&str] = &["mean", "p95", "sum"];

/// A metric of the user's own.
#[derive(Debug, Clone, PartialEq)]
pub struct DeclaredMetric {
    /// Its name in records, configuration and rules.
    pub name: String,
    /// Its name for people.
    pub title: String,
    /// The unit of its values.
    pub unit: Unit,
    /// Which way is better.
    pub direction: Direction,
    /// A value, or (`of: sum`) a total.
    pub kind: Kind,
    /// The statistic that counts.
    pub statistic: TargetStatistic,
    /// What is good enough.
    pub targets: BTreeMap<TargetStatistic, Target>,
    /// What exactly it is.
    pub meaning: Option<String>,
    /// Where it is declared.
    pub origin: Origin,
}

/// The metrics of the user's own, by name.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Declared(BTreeMap<String, DeclaredMetric>);

impl Declared {
    /// The metric of that name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&DeclaredMetric> {
        self.0.get(name)
    }

    /// All of them, in order of their names.
    pub fn iter(&self) -> impl Iterator<Item = &DeclaredMetric> {
        self.0.values()
    }

    /// The declared name, else that of a metric of the registry, that `name` is probably meant to be.
    #[must_use]
    pub fn nearest(&self, name: &str) -> Option<&str> {
        let own = self.0.keys().map(String::as_str);
        keys::nearest(name, own.chain(known_metrics().map(|known| known as &str)))
    }
}

impl Reader<'_> {
    /// Reads the section of this document, and nothing else. What is no tree is told when the rest is read.
    pub(super) fn declarations(&mut self) {
        if !self.text.contains("metrics") {
            return;
        }
        let Ok(Some(Node {
            value: Value::Map(entries),
            ..
        })) = tree::read(self.text)
        else {
            return;
        };
        let section = entries.iter().find(|entry| entry.key == "metrics");
        let Some(metrics) = section.and_then(|s| self.entries("metrics", &s.node)) else {
            return;
        };
        for entry in metrics {
            if self.config.declared.find(&entry.key).is_some() {
                continue;
            }
            if let Some(metric) = self.declaration(entry) {
                if metric.direction != Direction::Neither {
                    let direction = Sourced {
                        value: metric.direction,
                        origin: metric.origin.clone(),
                    };
                    self.config.directions.say(&entry.key, direction);
                }
                self.config.declared.0.insert(entry.key.clone(), metric);
            }
        }
    }

    fn declaration(&mut self, entry: &Entry) -> Option<DeclaredMetric> {
        let name = &entry.key;
        if Metric::named(name).is_some() || matches!(name.as_str(), "cpu_usage" | "disk_usage") {
            self.fault(
                entry.span,
                format!("{name} is a metric of perfadvise and cannot be declared anew"),
                Some("expected a name that perfadvise metrics list does not have".to_owned()),
                Some(format!("call it  my_{name}")),
            );
            return None;
        }
        if let Some(reason) = fault_of_name(name) {
            self.fault(
                entry.span,
                "this cannot be the name of a metric".to_owned(),
                Some(reason.to_owned()),
                Some("write a name such as  queue_depth".to_owned()),
            );
            return None;
        }
        let settings = self.entries(name, &entry.node).unwrap_or_default();
        let get = |key: &str| {
            settings
                .iter()
                .find(|s| s.key == key && s.node.value != Value::Nothing)
        };
        for other in settings {
            if !DECLARED_KEYS.iter().any(|(key, _)| *key == other.key) {
                self.unknown(other, DECLARED_KEYS.iter().map(|(key, _)| *key));
            }
        }
        let Some(unit) = get("unit") else {
            self.fault(
                entry.span,
                format!("{name} has no unit"),
                Some("expected a unit: none is ever guessed".to_owned()),
                Some(format!("write  {name}: {{unit: count, direction: lower}}")),
            );
            return None;
        };
        let unit = self.one_of(unit, &UNITS)?;
        let direction = match get("direction") {
            Some(entry) => self.one_of(entry, &DIRECTIONS)?,
            None => Direction::Neither,
        };
        let of = match get("of") {
            Some(entry) => {
                let words: Vec<(&str, &str)> = STATISTICS.iter().map(|s| (*s, *s)).collect();
                self.one_of(entry, &words)?
            }
            None => "mean",
        };
        let mut metric = DeclaredMetric {
            name: name.clone(),
            title: get("title")
                .and_then(|s| scalars::word(&s.node))
                .unwrap_or_else(|| name.clone()),
            unit,
            direction,
            kind: if of == "sum" {
                Kind::Total
            } else {
                Kind::Value
            },
            statistic: if of == "p95" {
                TargetStatistic::P95
            } else {
                TargetStatistic::Mean
            },
            targets: BTreeMap::new(),
            meaning: get("meaning").and_then(|s| scalars::word(&s.node)),
            origin: self.origin(entry.span),
        };
        if let Some(target) = get("target") {
            metric.targets = self.targets_of(&metric, target);
        }
        Some(metric)
    }

    /// `targets: {queue_depth: 20}`: the same as `target` beside its unit, which goes before. False where the
    /// metric is not declared.
    pub(super) fn target_of_declared(&mut self, entry: &Entry) -> bool {
        let Some(metric) = self.config.declared.find(&entry.key).cloned() else {
            return false;
        };
        let found = self.targets_of(&metric, entry);
        if let Some(metric) = self.config.declared.0.get_mut(&entry.key) {
            for (statistic, target) in found {
                metric.targets.entry(statistic).or_insert(target);
            }
        }
        true
    }

    /// One target, of the statistic that counts, or one for each statistic.
    fn targets_of(
        &mut self,
        metric: &DeclaredMetric,
        entry: &Entry,
    ) -> BTreeMap<TargetStatistic, Target> {
        let why = match (metric.kind, metric.direction) {
            (Kind::Total, _) => "a sum grows with time: limit it by an alert, over its window",
            (_, Direction::Neither) => "without a direction nothing says which side is good",
            _ => "",
        };
        if !why.is_empty() {
            self.warn(
                WarningKind::WithoutEffect,
                entry.span,
                format!("the target of {} has no effect: {why}", metric.name),
                None,
            );
            return BTreeMap::new();
        }
        let given: Vec<(TargetStatistic, &Entry)> = match &entry.node.value {
            Value::Map(statistics) => {
                let mut given = Vec::new();
                for statistic in statistics {
                    match statistic.key.as_str() {
                        "mean" => given.push((TargetStatistic::Mean, statistic)),
                        "p95" => given.push((TargetStatistic::P95, statistic)),
                        _ => self.unknown(statistic, ["mean", "p95"]),
                    }
                }
                given
            }
            _ => vec![(metric.statistic, entry)],
        };
        given
            .into_iter()
            .filter_map(|(statistic, entry)| {
                let value = self.limit_in(metric.unit, &entry.key, &entry.node)?;
                let origin = self.origin(entry.node.span);
                Some((statistic, Target { value, origin }))
            })
            .collect()
    }

    /// What one of these words stands for; a fault where it is none of them.
    fn one_of<T: Copy>(&mut self, entry: &Entry, words: &[(&str, T)]) -> Option<T> {
        let said = scalars::word(&entry.node).unwrap_or_default();
        let found = words.iter().find(|(w, _)| w.eq_ignore_ascii_case(&said));
        if found.is_none() {
            let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            let meant = keys::nearest(&said, known.iter().copied());
            self.unexpected(
                &entry.key,
                &entry.node,
                &Expected {
                    what: format!("one of {}", known.join(", ")),
                    label: format!("expected {}", known.join(" or ")),
                    write: meant
                        .or(known.first().copied())
                        .unwrap_or_default()
                        .to_owned(),
                },
            );
        }
        found.map(|(_, value)| *value)
    }
}
