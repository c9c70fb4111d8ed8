//! `gate`: what the gate judges, how strictly, and how much each verdict weighs.
//!
//! ```yaml
//! gate:
//!   response_time: {max_regression: 10%, max: 5s, p95: {level: warn}}
//!   success_rate: {min: 95%}
//!   cache_hit_rate: {level: off}
//! ```
//!
//! A metric is one of the registry's or one that only the input knows.

use crate::metrics::{Component, Kind, Metric, Unit};
use crate::units::parse_ratio;

use super::fault::WarningKind;
use super::keys;
use super::limits::known_metrics;
use super::read::Reader;
use super::scalars::{self, Expected};
use super::tree::{Entry, Node, Value};
use super::{Sourced, TargetStatistic};

const SETTINGS: &[&str] = &["level", "max_regression", "min", "max", "mean", "p95"];
const LEVELS: &[&str] = &["off", "warn", "error"];

/// How much a verdict weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// The metric is not judged.
    Off,
    /// Its verdict is shown, and fails nothing.
    Warn,
    /// Its verdict decides.
    Error,
}

impl Level {
    /// `off`, `warn` or `error`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Level::Off => "off",
            Level::Warn => "warn",
            Level::Error => "error",
        }
    }
}

/// What is set for one statistic of a metric.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct GateSetting {
    /// How much it weighs.
    pub level: Option<Sourced<Level>>,
    /// Largest change for the worse that is accepted: a fraction, or a difference of ratios.
    pub max_regression: Option<Sourced<f64>>,
    /// Smallest value that is accepted, in the metric's unit.
    pub min: Option<Sourced<f64>>,
    /// Largest value that is accepted, in the metric's unit.
    pub max: Option<Sourced<f64>>,
}

impl Reader<'_> {
    /// Reads the section.
    pub(super) fn gate(&mut self, node: &Node) {
        let Some(entries) = self.entries("gate", node) else {
            return;
        };
        for entry in entries {
            let (metric, statistic) = TargetStatistic::split(&entry.key);
            self.check_name(metric, statistic, entry);
            let Some(settings) = self.entries(&entry.key, &entry.node) else {
                continue;
            };
            for setting in settings {
                let inner = match setting.key.as_str() {
                    "mean" => TargetStatistic::Mean,
                    "p95" => TargetStatistic::P95,
                    _ => {
                        self.gate_setting(metric, statistic, setting);
                        continue;
                    }
                };
                self.check_name(metric, inner, setting);
                for setting in self
                    .entries(&setting.key, &setting.node)
                    .unwrap_or_default()
                {
                    self.gate_setting(metric, inner, setting);
                }
            }
        }
    }

    fn gate_setting(&mut self, metric: &str, statistic: TargetStatistic, setting: &Entry) {
        if setting.node.value == Value::Nothing {
            return;
        }
        let origin = self.origin(setting.node.span);
        let sourced = |value| Sourced { value, origin };
        match setting.key.as_str() {
            "level" => {
                if let Some(value) = self.level(setting) {
                    let sourced = Sourced {
                        value,
                        origin: self.origin(setting.node.span),
                    };
                    self.set(metric, statistic).level.get_or_insert(sourced);
                }
            }
            "max_regression" => {
                if let Some(value) = self.tolerance(setting) {
                    let slot = &mut self.set(metric, statistic).max_regression;
                    slot.get_or_insert(sourced(value));
                }
            }
            side @ ("min" | "max") => {
                let value = match Metric::named(metric) {
                    Some(known) => self.limit(known, side, &setting.node),
                    None => match self.config.declared.find(metric).map(|d| d.unit) {
                        Some(unit) => self.limit_in(unit, side, &setting.node),
                        None => self.plain_number(side, &setting.node),
                    },
                };
                if let Some(value) = value {
                    let settings = self.set(metric, statistic);
                    let slot = if side == "min" {
                        &mut settings.min
                    } else {
                        &mut settings.max
                    };
                    slot.get_or_insert(sourced(value));
                }
            }
            _ => self.unknown(setting, SETTINGS.iter().copied()),
        }
    }

    fn set(&mut self, metric: &str, statistic: TargetStatistic) -> &mut GateSetting {
        self.config
            .gate
            .entry((metric.to_owned(), statistic))
            .or_default()
    }

    /// A metric of one's own is right; one that is nearly of the registry is probably a slip.
    fn check_name(&mut self, metric: &str, statistic: TargetStatistic, entry: &Entry) {
        match Metric::named(metric) {
            None if self.config.declared.find(metric).is_some() => {}
            None => {
                if let Some(near) = keys::nearest(metric, known_metrics()) {
                    self.warn(
                        WarningKind::UnknownKey,
                        entry.span,
                        format!("{metric} is taken for a metric of your own"),
                        Some(format!("did you mean \"{near}\"?")),
                    );
                }
            }
            Some(known) if statistic == TargetStatistic::P95 && !has_p95(known) => self.warn(
                WarningKind::WithoutEffect,
                entry.span,
                format!("{metric} has no 95th percentile, so there is nothing to judge"),
                None,
            ),
            Some(_) => {}
        }
    }

    fn level(&mut self, setting: &Entry) -> Option<Level> {
        let word = match &setting.node.value {
            // YAML 1.1 took `off` for this, and some writers still do.
            Value::Bool(false) => "off".to_owned(),
            _ => scalars::word(&setting.node)
                .unwrap_or_default()
                .to_ascii_lowercase(),
        };
        let level = [Level::Off, Level::Warn, Level::Error]
            .into_iter()
            .find(|level| level.name() == word);
        if level.is_none() {
            self.choice(setting, LEVELS);
        }
        level
    }

    /// A share of the baseline's value, of ratios a difference.
    fn tolerance(&mut self, setting: &Entry) -> Option<f64> {
        /// Bare numbers above 1 up to here are percentages whose sign was forgotten.
        const MOST_PERCENT: f64 = 100.0;
        let value = match &setting.node.value {
            Value::Number(n) if (0.0..=1.0).contains(n) => Some(*n),
            Value::Number(n) if *n > 1.0 && *n <= MOST_PERCENT => {
                self.percent(&setting.key, &setting.node);
                Some(*n / MOST_PERCENT)
            }
            Value::Text(text) => parse_ratio(text).ok().filter(|v| *v >= 0.0),
            _ => None,
        };
        if value.is_none() {
            let expected = Expected {
                what: "a share".to_owned(),
                label: "expected the largest change for the worse that is accepted, such as 10%"
                    .to_owned(),
                write: "10%".to_owned(),
            };
            self.unexpected(&setting.key, &setting.node, &expected);
        }
        value
    }

    fn plain_number(&mut self, key: &str, node: &Node) -> Option<f64> {
        if let Value::Number(n) = node.value {
            return Some(n);
        }
        let expected = Expected {
            what: "a number".to_owned(),
            label: "expected a number, in the unit of the metric".to_owned(),
            write: "10".to_owned(),
        };
        self.unexpected(key, node, &expected);
        None
    }
}

/// Whether the 95th percentile of a metric is judged: of times, sizes, and how far a machine is in use.
#[must_use]
pub fn has_p95(metric: Metric) -> bool {
    let row = metric.row();
    row.kind == Kind::Value && (row.unit != Unit::Ratio || row.component == Component::System)
}
