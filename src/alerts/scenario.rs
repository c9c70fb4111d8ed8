//! Scenarios: what alerts say to values that somebody wrote down. `alerts test FILE` runs them.
//!
//! Values are written as promtool's tests of rules write them: `2x3` is `2 2 2 2`, `0+10x2` is `0 10 20`, `_` is
//! nothing, `_x3` is `_ _ _`; one value for each interval.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{CELL, Observed, Series, Watch, Window, look, nanos};
use crate::assessment::{AlertKey, AlertPhase, AlertRow, Notice, NoticeKind, ScenarioResult};
use crate::config::{Alert, Severity};
use crate::metrics::{Kind, Metric, Unit};
use crate::units::{Time, parse_seconds};
use crate::workload::Figure;

/// A file of scenarios.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenarios {
    /// Files with the alerts, beside this one; empty: those of the configuration.
    #[serde(default)]
    pub alerts: Vec<String>,
    /// The scenarios.
    pub tests: Vec<Scenario>,
}

/// A scenario.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// Its name.
    pub name: String,
    /// Between two values; whole minutes.
    #[serde(default)]
    pub interval: Option<String>,
    /// What is measured.
    pub series: Vec<Written>,
    /// What is expected.
    pub expect: Vec<Expected>,
    /// All that is to be told, in order; without it nobody asks.
    #[serde(default)]
    pub told: Option<Vec<Told>>,
}

/// A series as it is written.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Written {
    /// The metric, or `consecutive_failures`.
    pub metric: String,
    /// Its dimensions.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    /// Its values.
    pub values: String,
    /// How many records each value stands for; 1 where nothing is said.
    #[serde(default)]
    pub count: Option<u64>,
}

/// What an alert is expected to be at a time.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    /// Since the beginning, such as `10m`.
    pub at: String,
    /// The alert.
    pub alert: String,
    /// Its dimensions.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    /// Its state.
    pub state: AlertPhase,
    /// How bad it is.
    #[serde(default)]
    pub severity: Option<Severity>,
    /// Its value, in the unit of its metric.
    #[serde(default)]
    pub value: Option<f64>,
}

/// A notice that is expected.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Told {
    /// Since the beginning.
    pub at: String,
    /// The alert.
    pub alert: String,
    /// Its dimensions.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    /// What it tells.
    pub kind: NoticeKind,
}

/// What is wrong with a scenario itself.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("test \"{test}\": {reason}")]
pub struct ScenarioError {
    /// Its name.
    pub test: String,
    /// What is wrong.
    pub reason: String,
}

/// Runs a scenario minute by minute.
///
/// # Errors
/// A time, a value or a name that is none.
pub fn run(scenario: &Scenario, alerts: &[Alert]) -> Result<ScenarioResult, ScenarioError> {
    let fault = |reason: String| ScenarioError {
        test: scenario.name.clone(),
        reason,
    };
    let time = |text: &str| {
        let seconds = parse_seconds(text).map_err(|e| fault(format!("{text}: {e}")))?;
        Ok(Time(Time::EARLIEST.0.saturating_add(nanos(seconds))))
    };
    let interval = match &scenario.interval {
        Some(text) => time(text)?.0 - Time::EARLIEST.0,
        None => CELL,
    };
    if interval < CELL || interval % CELL != 0 {
        return Err(fault("interval is no whole number of minutes".to_owned()));
    }
    let expected: Vec<(Time, &Expected)> = scenario
        .expect
        .iter()
        .map(|e| Ok((time(&e.at)?, e)))
        .collect::<Result<_, ScenarioError>>()?;
    let names: Vec<&str> = alerts.iter().map(|a| a.name.as_str()).collect();
    let wanted = scenario.expect.iter().map(|e| &e.alert);
    let told = scenario.told.iter().flatten();
    for name in wanted.chain(told.map(|t| &t.alert)) {
        if !names.contains(&name.as_str()) {
            let near = crate::config::keys::nearest(name, names.iter().copied());
            let near = near.map_or_else(String::new, |n| format!("; did you mean \"{n}\"?"));
            return Err(fault(format!("there is no alert \"{name}\"{near}")));
        }
    }
    let observed = observed(scenario, alerts, interval).map_err(fault)?;
    let last = expected.iter().map(|(at, _)| *at).max();
    let last_told = scenario.told.iter().flatten().map(|t| time(&t.at));
    let last_told = last_told.collect::<Result<Vec<Time>, _>>()?;
    let end = last.into_iter().chain(last_told.iter().copied()).max();
    let course = course(alerts, &observed, end.unwrap_or(Time::EARLIEST));
    let mut failures = Vec::new();
    for (at, wanted) in expected {
        let key = AlertKey {
            alert: wanted.alert.clone(),
            labels: wanted.labels.clone(),
        };
        let rows = course.rows.get(&at);
        match rows.and_then(|rows| rows.iter().find(|r| r.key == key)) {
            Some(row) => failures.extend(wanted.differs(row)),
            None if rows.is_none() => {
                return Err(fault(format!("at: {} is no whole minute", wanted.at)));
            }
            // What nobody sees is quiet.
            None if wanted.state == AlertPhase::Quiet => {}
            None => failures.push(format!(
                "at {} {} is not there, expected {}",
                wanted.at,
                key.title(),
                wanted.state.name()
            )),
        }
    }
    let mut n = scenario.expect.len() as u64;
    if let Some(told) = &scenario.told {
        n += told.len() as u64;
        let wanted: Vec<String> = told.iter().zip(&last_told).map(told_text).collect();
        let notices: Vec<String> = course.notices.iter().map(notice_text).collect();
        if wanted != notices {
            let shown = |list: &[String]| match list.is_empty() {
                true => "nothing".to_owned(),
                false => list.join("; "),
            };
            failures.push(format!(
                "told: {}, expected {}",
                shown(&notices),
                shown(&wanted)
            ));
        }
    }
    Ok(ScenarioResult {
        name: scenario.name.clone(),
        expected: n,
        failures,
    })
}

fn told_text((told, at): (&Told, &Time)) -> String {
    let key = AlertKey {
        alert: told.alert.clone(),
        labels: told.labels.clone(),
    };
    entry_text(*at, &key, told.kind)
}

fn notice_text(notice: &Notice) -> String {
    entry_text(notice.at, &notice.key, notice.kind)
}

fn entry_text(at: Time, key: &AlertKey, kind: NoticeKind) -> String {
    let minutes = (at.0 - Time::EARLIEST.0) / CELL;
    format!("{minutes} min {} {}", key.title(), kind.name())
}

impl Expected {
    fn differs(&self, row: &AlertRow) -> Option<String> {
        let is_same = |a: f64, b: f64| (a - b).abs() <= 1e-6 * a.abs().max(b.abs()).max(1e-9);
        let what = if row.state != self.state {
            format!("is {}, expected {}", row.state.name(), self.state.name())
        } else if self.severity.is_some_and(|s| s != row.severity) {
            format!("is {}", row.severity.name())
        } else if let Some(value) = self.value
            && !row.value.is_some_and(|v| is_same(v, value))
        {
            let found = row
                .value
                .map_or_else(|| "nothing".to_owned(), |v| v.to_string());
            format!("has {found}, expected {value}")
        } else {
            return None;
        };
        Some(format!(
            "at {} {} {what} ({})",
            self.at,
            row.key.title(),
            row.value_text
        ))
    }
}

struct Course {
    rows: BTreeMap<Time, Vec<AlertRow>>,
    notices: Vec<Notice>,
}

/// A look at the end of each minute.
fn course(alerts: &[Alert], observed: &[Observed], end: Time) -> Course {
    let mut course = Course {
        rows: BTreeMap::new(),
        notices: Vec::new(),
    };
    let mut states = BTreeMap::new();
    let mut now = Time::EARLIEST;
    while now <= end {
        let watch = Watch { now, silences: &[] };
        let looked = look(alerts, observed, &states, watch);
        states = looked.states;
        course.notices.extend(looked.notices);
        course.rows.insert(now, looked.rows);
        now = Time(now.0 + CELL);
    }
    course
}

/// A value at `12m` is what was measured in the interval that begins then.
fn observed(scenario: &Scenario, alerts: &[Alert], interval: i64) -> Result<Vec<Observed>, String> {
    let mut all = Vec::new();
    for (index, alert) in alerts.iter().enumerate() {
        let is_failures = alert.consecutive_failures.is_some();
        let name = match is_failures {
            true => Some("consecutive_failures"),
            false => alert.metric_name(),
        };
        let mut cells: BTreeMap<BTreeMap<String, String>, BTreeMap<i64, Figure>> = BTreeMap::new();
        for series in &scenario.series {
            let is_of = |metric: &str| Some(metric) == name || metric == alert.name;
            if !is_of(&series.metric) || !is_wanted(alert, series) {
                continue;
            }
            let values = values(&series.values)?;
            if is_failures {
                all.push(Observed {
                    alert: index,
                    labels: series.labels.clone(),
                    window: failures(&values, interval),
                });
                continue;
            }
            let Some(labels) = alert
                .by
                .iter()
                .map(|name| Some((name.clone(), series.labels.get(name)?.clone())))
                .collect::<Option<BTreeMap<_, _>>>()
            else {
                continue;
            };
            let cells = cells.entry(labels).or_default();
            for (value, n) in values.iter().zip(0..) {
                if let Some(value) = value {
                    let start = Time::EARLIEST.0 + n * interval;
                    add(
                        cells.entry(start).or_default(),
                        alert.metric,
                        *value,
                        series.count.unwrap_or(1),
                    );
                }
            }
        }
        all.extend(cells.into_iter().map(|(labels, cells)| Observed {
            alert: index,
            labels,
            window: Window::Values(Series::of(cells)),
        }));
    }
    Ok(all)
}

fn is_wanted(alert: &Alert, series: &Written) -> bool {
    let has = |(name, values): &(String, Vec<String>)| {
        series
            .labels
            .get(name)
            .is_some_and(|value| values.contains(value))
    };
    alert.only.iter().all(has)
}

/// Each value is how many failures in a row there are then.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Negative is none.
fn failures(values: &[Option<f64>], interval: i64) -> Window {
    let counts = values.iter().zip(0..).filter_map(|(value, n)| {
        let at = Time(Time::EARLIEST.0 + n * interval);
        value.map(|count| (at, count as u64))
    });
    Window::Counts(counts.collect())
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss
)]
fn add(figure: &mut Figure, metric: Option<Metric>, value: f64, count: u64) {
    let row = metric.map(Metric::row);
    if row.is_some_and(|r| r.kind == Kind::Share && r.unit == Unit::Ratio) {
        let hits = (value * count as f64).round() as u64;
        return figure.add_share(hits.min(count), count);
    }
    let scale = row.map_or(Unit::Unknown, |r| r.unit).scale();
    for _ in 0..count {
        figure.add((value * scale).round() as i64);
    }
}

/// The values that a text stands for.
fn values(text: &str) -> Result<Vec<Option<f64>>, String> {
    /// More of them nobody reads.
    const MOST: u32 = 100_000;
    let mut all = Vec::new();
    for word in text.split_whitespace() {
        let fault = || format!("\"{word}\" is no value; write 5, 5x10, 0+1x10 or _");
        let (value, times) = match word.rsplit_once('x') {
            Some((value, times)) => (value, Some(times.parse::<u32>().map_err(|_| fault())?)),
            None => (word, None),
        };
        if all.len() + times.unwrap_or(0) as usize > MOST as usize {
            return Err("a series has more than 100,000 values".to_owned());
        }
        if value == "_" {
            all.extend((0..times.unwrap_or(1)).map(|_| None));
            continue;
        }
        // A sign of the first number is no step.
        let split = value
            .char_indices()
            .skip(1)
            .filter(|(at, c)| matches!(c, '+' | '-') && !value[..*at].ends_with(['e', 'E']))
            .map(|(at, _)| at)
            .next();
        let (first, by) = match split {
            Some(at) => (
                &value[..at],
                value[at..].parse::<f64>().map_err(|_| fault())?,
            ),
            None => (value, 0.0),
        };
        let first: f64 = first.parse().map_err(|_| fault())?;
        if !first.is_finite() || !by.is_finite() || (split.is_some() && times.is_none()) {
            return Err(fault());
        }
        all.extend((0..=times.unwrap_or(0)).map(|n| Some(first + by * f64::from(n))));
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// Prometheus, "Unit testing for rules", section `<series>`: its own examples.
    #[test]
    fn values_are_written_as_promtool_writes_them() {
        let numbers = |text: &str| -> Vec<f64> {
            let values = values(text).unwrap();
            values.into_iter().map(|v| v.unwrap_or(f64::MAX)).collect()
        };
        let none = f64::MAX;
        assert_eq!(numbers("-2+4x3"), [-2.0, 2.0, 6.0, 10.0]);
        assert_eq!(numbers(" 1-2x4"), [1.0, -1.0, -3.0, -5.0, -7.0]);
        assert_eq!(numbers("1x4"), [1.0; 5]);
        assert_eq!(numbers("1 _x3 5 _"), [1.0, none, none, none, 5.0, none]);
        for wrong in ["x", "1+x2", "1+2", "nan", "1e999", "1x-1", "1x99999999"] {
            assert!(values(wrong).is_err(), "{wrong}");
        }
    }
}
