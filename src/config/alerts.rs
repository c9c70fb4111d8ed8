//! How `alerts` are read from a file.

use crate::metrics::{Direction, Kind, Metric, Unit};
use crate::record::DIMENSIONS;

use super::alert::{Alert, Burn, BurnWindow, NoData, OwnMetric, Worse};
use super::fault::WarningKind;
use super::keys;
use super::limits::{known_metrics, metric_of};
use super::read::Reader;
use super::scalars::{self, Expected};
use super::tree::{Entry, Node, Value};
use super::{Severity, Side, TargetStatistic};

/// Seconds until an alert may be sent again, where the file does not say.
const COOLDOWN: f64 = 300.0;

/// Seconds over which a value is formed, where the file does not say.
const WINDOW: f64 = 300.0;

/// Seconds over which a candidate for a baseline is formed, where the file does not say.
const BASELINE_WINDOW: f64 = 86_400.0;

/// Fewest requests in the short window of a burn rate, where the file does not say.
const BURN_COUNT: u64 = 10;

const ALERT_KEYS: &[&str] = &[
    "threshold",
    "critical_threshold",
    "severity",
    "cooldown",
    "action",
    "consecutive_failures",
    "op",
    "metric",
    "of",
    "window",
    "for",
    "keep_firing_for",
    "min_count",
    "no_data",
    "by",
    "where",
    "labels",
    "inhibits",
    "channels",
    "objective",
    "burn",
    "baseline",
    "tolerance",
    "description",
    "enabled",
];

const BURN_KEYS: &[&str] = &["factor", "long", "short", "severity"];

/// The settings of one alert.
#[derive(Clone, Copy)]
struct Settings<'n>(&'n [Entry]);

impl<'n> Settings<'n> {
    fn get(self, name: &str) -> Option<&'n Entry> {
        self.0
            .iter()
            .find(|s| s.key == name && s.node.value != Value::Nothing)
    }
}

impl Reader<'_> {
    /// `alerts: {response_time: {threshold: 5.0, severity: warning}}`
    pub(super) fn alerts(&mut self, node: &Node) {
        let Some(entries) = self.entries("alerts", node) else {
            return;
        };
        for entry in entries {
            let Some(settings) = self.entries(&entry.key, &entry.node) else {
                continue;
            };
            if let Some(alert) = self.alert(entry, Settings(settings))
                && !self.config.alerts.iter().any(|a| a.name == alert.name)
            {
                self.config.alerts.push(alert);
            }
        }
        for entry in entries {
            let inhibits = match &entry.node.value {
                Value::Map(settings) => Settings(settings).get("inhibits"),
                _ => None,
            };
            let known: Vec<String> = self.config.alerts.iter().map(|a| a.name.clone()).collect();
            for name in inhibits.iter().flat_map(|e| items(&e.node)) {
                let Some(word) = scalars::word(name).filter(|w| !known.contains(w)) else {
                    continue;
                };
                let help = keys::nearest(&word, known.iter().map(String::as_str))
                    .map(|k| format!("did you mean \"{k}\"?"));
                self.warn(
                    WarningKind::WithoutEffect,
                    name.span,
                    format!("\"{}\" inhibits an alert that there is not", entry.key),
                    help,
                );
            }
        }
    }

    fn alert(&mut self, entry: &Entry, settings: Settings<'_>) -> Option<Alert> {
        for other in settings
            .0
            .iter()
            .filter(|s| !ALERT_KEYS.contains(&s.key.as_str()))
        {
            self.unknown(other, ALERT_KEYS.iter().copied());
        }
        if settings
            .get("enabled")
            .is_some_and(|s| s.node.value == Value::Bool(false))
        {
            return None;
        }
        let threshold = settings.get("threshold");
        let named = settings.get("metric").and_then(|s| scalars::word(&s.node));
        let metric = metric_of(
            named.as_deref().unwrap_or(&entry.key),
            threshold.map_or(&entry.node, |t| &t.node),
        );
        let failures = settings.get("consecutive_failures");
        let name = named.as_deref().unwrap_or(&entry.key);
        let declared = self.config.declared.find(name).filter(|_| metric.is_none());
        let (unit, is_sum) = declared.map_or((Unit::Unknown, false), |declared| {
            (declared.unit, declared.kind == Kind::Total)
        });
        let direction = match (metric, declared) {
            (Some(metric), _) => metric.row().direction,
            (None, declared) => declared.map_or(Direction::Neither, |d| d.direction),
        };
        let is_own = declared.is_some() || named.is_some();
        let usual = declared.map_or(TargetStatistic::Mean, |d| d.statistic);
        let side = match settings.get("op") {
            Some(op) => Some(self.side(op)?),
            None => Side::of(direction),
        };
        // What is not declared has no direction: who names it says which side is bad.
        let is_custom = metric.is_none() && is_own && side.is_some() && failures.is_none();
        let custom = is_custom.then(|| OwnMetric {
            name: name.to_owned(),
            unit,
            is_sum,
        });
        let burn = self.burn(metric, settings)?;
        let baseline = match settings.get("baseline") {
            Some(e) => Some(Worse {
                name: self.word_of(e)?,
                tolerance: match settings.get("tolerance") {
                    Some(t) => Some(self.limit(Metric::SuccessRate, "tolerance", &t.node)?),
                    None => None,
                },
            }),
            None => None,
        };
        let is_compared = baseline.is_some();
        let alert = Alert {
            name: entry.key.clone(),
            metric,
            threshold: self.alert_limit(threshold, metric, custom.as_ref())?,
            critical_threshold: self.alert_limit(
                settings.get("critical_threshold"),
                metric,
                custom.as_ref(),
            )?,
            custom,
            side,
            consecutive_failures: match failures {
                Some(f) => Some(self.whole(f, "failures")?),
                None => None,
            },
            min_count: match settings.get("min_count") {
                Some(c) => self.whole(c, "values")?,
                None if burn.is_some() => BURN_COUNT,
                None => 1,
            },
            burn,
            baseline,
            statistic: match settings.get("of") {
                Some(of) => match scalars::word(&of.node).as_deref() {
                    Some("mean") => TargetStatistic::Mean,
                    Some("p95") => TargetStatistic::P95,
                    _ => {
                        self.choice(of, &["mean", "p95"]);
                        return None;
                    }
                },
                None => usual,
            },
            window: self.seconds(
                settings,
                "window",
                if is_compared { BASELINE_WINDOW } else { WINDOW },
            )?,
            wait: self.seconds(settings, "for", 0.0)?,
            keep_firing: self.seconds(settings, "keep_firing_for", 0.0)?,
            no_data: match settings.get("no_data") {
                Some(e) => match scalars::word(&e.node).as_deref() {
                    Some("keep") => NoData::Keep,
                    Some("ok") => NoData::Fine,
                    Some("fire") => NoData::Fires,
                    _ => {
                        self.choice(e, &["keep", "ok", "fire"]);
                        return None;
                    }
                },
                None => NoData::Keep,
            },
            by: match settings.get("by") {
                Some(e) if is_compared => {
                    self.warn(
                        WarningKind::WithoutEffect,
                        e.span,
                        "an alert against a baseline is one for all: by has no effect".to_owned(),
                        Some("write an alert for each value, with where".to_owned()),
                    );
                    Vec::new()
                }
                Some(e) => self.dimensions(e)?,
                None => Vec::new(),
            },
            only: match settings.get("where") {
                Some(e) => self.pairs(e)?,
                None => Vec::new(),
            },
            labels: match settings.get("labels") {
                Some(e) => self
                    .pairs(e)?
                    .into_iter()
                    .map(|(key, values)| (key, values.join(",")))
                    .collect(),
                None => Vec::new(),
            },
            inhibits: self.list(settings.get("inhibits"))?,
            channels: self.list(settings.get("channels"))?,
            description: settings
                .get("description")
                .and_then(|s| scalars::word(&s.node)),
            severity: match settings.get("severity") {
                Some(severity) => self.severity(severity)?,
                None => Severity::Warning,
            },
            cooldown: self.seconds(settings, "cooldown", COOLDOWN)?,
            action: settings.get("action").and_then(|s| scalars::word(&s.node)),
            origin: self.origin(entry.span),
        };
        self.note_without_effect(entry, &alert, threshold.is_some());
        Some(alert)
    }

    /// A warning where it can never fire.
    fn note_without_effect(&mut self, entry: &Entry, alert: &Alert, has_threshold: bool) {
        let is_metric_known = alert.metric_name().is_some();
        let has_other = alert.burn.is_some() || alert.baseline.is_some();
        let why = if alert.consecutive_failures.is_some() {
            return;
        } else if has_threshold && !is_metric_known {
            "names no known metric"
        } else if !has_threshold && !has_other {
            "has no threshold"
        } else if has_threshold && alert.side.is_none() {
            "has a metric of which neither side is bad, and no op,"
        } else {
            return;
        };
        let help = keys::nearest(&entry.key, known_metrics())
            .filter(|_| alert.metric.is_none())
            .map(|k| format!("did you mean \"{k}\"? or add  metric: NAME"));
        self.warn(
            WarningKind::WithoutEffect,
            entry.span,
            format!("the alert \"{}\" {why} and never fires", entry.key),
            help,
        );
    }

    /// A limit in the unit of the metric; of one that is not declared a plain number. The outer `None` is a
    /// fault.
    #[allow(clippy::option_option)]
    fn alert_limit(
        &mut self,
        entry: Option<&Entry>,
        metric: Option<Metric>,
        custom: Option<&OwnMetric>,
    ) -> Option<Option<f64>> {
        let Some(entry) = entry else {
            return Some(None);
        };
        let own_unit = custom.map(|own| own.unit);
        let unit = metric.map(|m| m.row().unit).or(own_unit);
        match (unit, &entry.node.value) {
            (Some(Unit::Unknown), Value::Number(n)) => Some(Some(*n)),
            (Some(Unit::Unknown) | None, _) => Some(None),
            (Some(unit), _) => self.limit_in(unit, &entry.key, &entry.node).map(Some),
        }
    }

    /// The outer `None` is a fault.
    #[allow(clippy::option_option)]
    fn burn(&mut self, metric: Option<Metric>, settings: Settings<'_>) -> Option<Option<Burn>> {
        let Some(objective) = settings.get("objective") else {
            if let Some(entry) = settings.get("burn") {
                self.warn(
                    WarningKind::WithoutEffect,
                    entry.span,
                    "burn says nothing without an objective".to_owned(),
                    Some("add  objective: 99%".to_owned()),
                );
            }
            return Some(None);
        };
        let is_rate = metric.is_some_and(|m| {
            m.row().unit == crate::metrics::Unit::Ratio
                && m.row().kind == crate::metrics::Kind::Share
        });
        if !is_rate {
            self.fault(
                objective.span,
                "an objective is of a rate".to_owned(),
                Some("expected an alert on a rate, such as  metric: success_rate".to_owned()),
                Some("write  metric: success_rate  beside it".to_owned()),
            );
            return None;
        }
        let value = self.limit(Metric::SuccessRate, "objective", &objective.node)?;
        if value <= 0.0 || value >= 1.0 {
            self.unexpected(
                "objective",
                &objective.node,
                &Expected {
                    what: "above 0 and below 1".to_owned(),
                    label: "expected a share that leaves a budget, such as 99%".to_owned(),
                    write: "99%".to_owned(),
                },
            );
            return None;
        }
        let mut windows = Vec::new();
        for item in settings
            .get("burn")
            .iter()
            .flat_map(|entry| items(&entry.node))
        {
            let entries = self.entries("burn", item)?;
            for other in entries
                .iter()
                .filter(|e| !BURN_KEYS.contains(&e.key.as_str()))
            {
                self.unknown(other, BURN_KEYS.iter().copied());
            }
            let own = Settings(entries);
            let factor = match own.get("factor").map(|e| &e.node.value) {
                Some(Value::Number(n)) if *n > 0.0 => *n,
                _ => {
                    self.fault(
                        item.span,
                        "a burn needs a factor, a long and a short window".to_owned(),
                        Some("expected such as  {factor: 14.4, long: 1h, short: 5min}".to_owned()),
                        None,
                    );
                    return None;
                }
            };
            let window = BurnWindow {
                factor,
                long: self.seconds(own, "long", 3_600.0)?,
                short: self.seconds(own, "short", 300.0)?,
                severity: match own.get("severity") {
                    Some(e) => Some(self.severity(e)?),
                    None => None,
                },
            };
            windows.push(window);
        }
        if windows.is_empty() {
            windows = BurnWindow::USUAL.to_vec();
        }
        Some(Some(Burn {
            objective: value,
            windows,
        }))
    }

    fn seconds(&mut self, settings: Settings<'_>, key: &str, usual: f64) -> Option<f64> {
        match settings.get(key) {
            Some(entry) => self.limit(Metric::QueueTime, key, &entry.node),
            None => Some(usual),
        }
    }

    /// Names of dimensions; those that are not ours are labels.
    fn dimensions(&mut self, entry: &Entry) -> Option<Vec<String>> {
        let names = self.list(Some(entry))?;
        for name in &names {
            let known = DIMENSIONS.iter().map(|(name, _)| *name);
            let is_known = known.clone().any(|k| k == name);
            if let Some(near) = keys::nearest(name, known).filter(|_| !is_known) {
                self.warn(
                    WarningKind::UnknownKey,
                    entry.node.span,
                    format!("\"{name}\" is taken for a label of the records"),
                    Some(format!("did you mean \"{near}\"?")),
                );
            }
        }
        Some(names)
    }

    /// Words, or one word alone.
    pub(super) fn list(&mut self, entry: Option<&Entry>) -> Option<Vec<String>> {
        let Some(entry) = entry else {
            return Some(Vec::new());
        };
        let mut words = Vec::new();
        for item in items(&entry.node) {
            let Some(word) = scalars::word(item) else {
                self.unexpected(
                    &entry.key,
                    item,
                    &Expected {
                        what: "a word or a list of words".to_owned(),
                        label: "expected a word".to_owned(),
                        write: "[interface]".to_owned(),
                    },
                );
                return None;
            };
            words.push(word);
        }
        Some(words)
    }

    pub(super) fn word_of(&mut self, entry: &Entry) -> Option<String> {
        let word = scalars::word(&entry.node);
        if word.is_none() {
            self.unexpected(
                &entry.key,
                &entry.node,
                &Expected {
                    what: "a word".to_owned(),
                    label: "expected a word".to_owned(),
                    write: "name".to_owned(),
                },
            );
        }
        word
    }

    /// `{mode: FANCY, interface: [a, b]}`
    pub(super) fn pairs(&mut self, entry: &Entry) -> Option<Vec<(String, Vec<String>)>> {
        let entries = self.entries(&entry.key, &entry.node)?;
        let mut pairs = Vec::new();
        for pair in entries {
            pairs.push((pair.key.clone(), self.list(Some(pair))?));
        }
        Some(pairs)
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

    pub(super) fn severity(&mut self, entry: &Entry) -> Option<Severity> {
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

    pub(super) fn whole(&mut self, entry: &Entry, of: &str) -> Option<u64> {
        match &entry.node.value {
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Checked to fit.
            Value::Number(n) if *n >= 1.0 && n.fract() == 0.0 && *n < 1e9 => Some(*n as u64),
            _ => {
                self.unexpected(
                    &entry.key,
                    &entry.node,
                    &Expected {
                        what: "a whole number".to_owned(),
                        label: format!("expected 1 or more {of}, such as 3"),
                        write: "3".to_owned(),
                    },
                );
                None
            }
        }
    }
}

/// The items of a list, or a value alone.
pub(super) fn items(node: &Node) -> &[Node] {
    match &node.value {
        Value::List(items) => items,
        Value::Nothing => &[],
        _ => std::slice::from_ref(node),
    }
}
