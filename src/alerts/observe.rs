//! What an alert sees: for each combination of its dimensions the values over time, or the failures in a row.

use std::collections::BTreeMap;

use super::state::Seen;
use super::{CELL, nanos};
use crate::assessment::Held;
use crate::config::{Alert, Burn, Severity, Side, TargetStatistic};
use crate::metrics::{Kind, Metric, Unit};
use crate::record::{Catalog, DIMENSIONS, Dimension, DimsId, Measured, Name};
use crate::units::Time;
use crate::workload::{Figure, SAMPLE_CELL, Total, Workload};

/// Fewest failures in the short window of a burn rate: two bad requests of a quiet night are no burn.
const LEAST_FAILURES: f64 = 3.0;

/// Values over time: cells in order of their starts.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Series {
    starts: Vec<i64>,
    figures: Vec<Figure>,
    /// Sums up to each cell, without it; one more than cells.
    sums: Vec<Total>,
}

impl Series {
    /// Cells by their starts, in nanoseconds since 1970.
    #[must_use]
    pub fn of(cells: BTreeMap<i64, Figure>) -> Self {
        let mut sums = vec![Total::default()];
        let mut sum = Total::default();
        for figure in cells.values() {
            sum.merge(figure.without_distribution());
            sums.push(sum);
        }
        let (starts, figures) = cells.into_iter().unzip();
        Self {
            starts,
            figures,
            sums,
        }
    }

    /// The cells that begin in the `seconds` before `to`.
    fn within(&self, to: Time, seconds: f64) -> std::ops::Range<usize> {
        let from = to.0.saturating_sub(nanos(seconds));
        let place = |time: i64| self.starts.partition_point(|start| *start < time);
        place(from)..place(to.0)
    }

    /// n and sum in the `seconds` before `to`.
    fn total(&self, to: Time, seconds: f64) -> Total {
        let range = self.within(to, seconds);
        match (self.sums.get(range.start), self.sums.get(range.end)) {
            (Some(before), Some(after)) => Total {
                n: after.n - before.n,
                sum: after.sum - before.sum,
            },
            _ => Total::default(),
        }
    }

    /// Everything in the `seconds` before `to`, with its distribution.
    fn figure(&self, to: Time, seconds: f64) -> Figure {
        let mut all = Figure::default();
        for figure in &self.figures[self.within(to, seconds)] {
            all.merge(figure);
        }
        all
    }

    /// Where the newest cell before `to` begins.
    fn newest(&self, to: Time) -> Option<Time> {
        let end = self.starts.partition_point(|start| *start < to.0);
        end.checked_sub(1).map(|at| Time(self.starts[at]))
    }

    /// Its cells: where each begins, and how much there is.
    fn cells(&self) -> impl Iterator<Item = (i64, Held)> {
        let held = |figure: &Figure| {
            #[allow(clippy::cast_possible_truncation)] // The lower bits tell sums apart.
            let sum = figure.sum as i64;
            Held { n: figure.n, sum }
        };
        let starts = self.starts.iter().copied();
        starts.zip(self.figures.iter().map(held))
    }
}

/// What there is to see.
#[derive(Debug, Clone, PartialEq)]
pub enum Window {
    /// Values over time.
    Values(Series),
    /// How an interface ended.
    Failures {
        /// How many failures in a row there were from each time on, up to the last success.
        before: Vec<(Time, u64)>,
        /// The last success; what is before it does not count.
        last_success: Option<Time>,
        /// Failures since, in order.
        failures: Vec<Time>,
    },
    /// How many failures in a row there are from each time on.
    Counts(Vec<(Time, u64)>),
    /// Judged by others, for this moment alone.
    Judged(Seen),
    /// Nothing.
    Nothing,
}

/// What an alert sees of one combination of its dimensions.
#[derive(Debug, Clone, PartialEq)]
pub struct Observed {
    /// Index of the alert.
    pub alert: usize,
    /// The values of its dimensions.
    pub labels: BTreeMap<String, String>,
    /// What there is to see.
    pub window: Window,
}

/// What each alert sees in a workload of cells of a minute. Alerts that are held against a baseline are left to others.
#[must_use]
pub fn observe(alerts: &[Alert], workload: &Workload) -> Vec<Observed> {
    let mut all = Vec::new();
    for (index, alert) in alerts.iter().enumerate() {
        if alert.baseline.is_some() {
            continue;
        }
        let seen = if alert.consecutive_failures.is_some() {
            failures(alert, workload)
        } else {
            values(alert, workload)
        };
        let is_alone = seen.is_empty();
        all.extend(seen.into_iter().map(|(labels, window)| Observed {
            alert: index,
            labels,
            window,
        }));
        if is_alone {
            all.push(Observed {
                alert: index,
                labels: BTreeMap::new(),
                window: Window::Nothing,
            });
        }
    }
    all
}

type Labels = BTreeMap<String, String>;

fn failures(alert: &Alert, workload: &Workload) -> Vec<(Labels, Window)> {
    let catalog = &workload.catalog;
    let wanted = alert.only.iter().find(|(name, _)| name == "interface");
    workload
        .sequences
        .endings
        .iter()
        .filter(|e| {
            let name = catalog.text(e.interface);
            wanted.is_none_or(|(_, names)| names.iter().any(|n| n == name))
        })
        .map(|e| {
            let named = e.interface.is_some().then(|| {
                let name = catalog.text(e.interface).to_owned();
                ("interface".to_owned(), name)
            });
            let name = catalog.text(e.interface);
            let course = workload.courses.iter().find(|c| c.interface == name);
            let turns = course.map_or(&[][..], |c| c.turns.as_slice());
            let over = turns.partition_point(|(at, _)| Some(*at) <= e.last_success);
            let window = Window::Failures {
                before: turns[..over].to_vec(),
                last_success: e.last_success,
                failures: e.failures.clone(),
            };
            (named.into_iter().collect(), window)
        })
        .collect()
}

fn values(alert: &Alert, workload: &Workload) -> Vec<(Labels, Window)> {
    let catalog = &workload.catalog;
    let measured = match (alert.metric, &alert.custom) {
        (Some(metric), _) => Measured::Known(metric),
        (None, Some(own)) => match catalog.names.find(own.name.as_str()) {
            Some(id) => Measured::Custom(Name(id)),
            None => return Vec::new(),
        },
        (None, None) => return Vec::new(),
    };
    let keys = Keys::of(alert, catalog);
    let mut cells: BTreeMap<Labels, BTreeMap<i64, Figure>> = BTreeMap::new();
    let mut cell = |labels: Labels, start: i64, add: &dyn Fn(&mut Figure)| {
        let figure = cells.entry(labels).or_default().entry(start).or_default();
        add(figure);
    };
    if let Measured::Known(metric) = measured {
        for row in &workload.rows {
            let mut figure = Figure::default();
            if row.add_to(metric, &mut figure)
                && let Some(labels) = keys.labels(catalog, row.key.dims)
            {
                let start = i64::from(row.key.cell) * CELL;
                cell(labels, start, &|all| all.merge(&figure));
            }
        }
    }
    for series in workload.series_of(measured) {
        let Some(labels) = keys.labels(catalog, series.dims) else {
            continue;
        };
        for (number, values) in &series.cells {
            let start = number.saturating_mul(SAMPLE_CELL);
            cell(labels.clone(), start, &|all| values.add_to(all));
        }
    }
    cells
        .into_iter()
        .map(|(labels, cells)| (labels, Window::Values(Series::of(cells))))
        .collect()
}

/// The dimensions of an alert, as a catalog numbers them.
struct Keys<'a> {
    by: Vec<(&'a str, Option<Dimension>)>,
    only: Vec<(Option<Dimension>, &'a [String])>,
}

impl<'a> Keys<'a> {
    fn of(alert: &'a Alert, catalog: &Catalog) -> Self {
        let dimension = |name: &str| {
            let fixed = DIMENSIONS.iter().find(|(n, _)| *n == name).map(|(_, d)| *d);
            let label = || Some(Dimension::Label(Name(catalog.names.find(name)?)));
            fixed.or_else(label)
        };
        Self {
            by: alert
                .by
                .iter()
                .map(|name| (name.as_str(), dimension(name)))
                .collect(),
            only: alert
                .only
                .iter()
                .map(|(name, values)| (dimension(name), values.as_slice()))
                .collect(),
        }
    }

    /// The labels of what has these dimensions; `None`: the alert is not about it.
    fn labels(&self, catalog: &Catalog, dims: DimsId) -> Option<Labels> {
        let value = |dimension: Option<Dimension>| {
            let name = catalog.dimension(dims, dimension?);
            name.is_some().then(|| catalog.text(name))
        };
        let is_wanted = self.only.iter().all(|(dimension, wanted)| {
            value(*dimension).is_some_and(|v| wanted.iter().any(|w| w == v))
        });
        if !is_wanted {
            return None;
        }
        self.by
            .iter()
            .map(|(name, dimension)| Some(((*name).to_owned(), value(*dimension)?.to_owned())))
            .collect()
    }
}

/// The unit of what an alert shows.
#[must_use]
pub(super) fn unit_of(alert: &Alert) -> Unit {
    match (alert.metric, &alert.burn) {
        _ if alert.consecutive_failures.is_some() => Unit::Count,
        (_, Some(_)) => Unit::Factor,
        (_, None) => alert.unit(),
    }
}

impl Window {
    /// When there is something, in nanoseconds since 1970, and how much.
    pub(super) fn cells(&self) -> Vec<(i64, Held)> {
        let one = |at: &Time| (at.0, Held { n: 1, sum: 0 });
        match self {
            Window::Values(series) => series.cells().collect(),
            Window::Failures {
                before, failures, ..
            } => {
                let before = before.iter().map(|(at, _)| one(at));
                before.chain(failures.iter().map(one)).collect()
            }
            Window::Counts(counts) => counts.iter().map(|(at, _)| one(at)).collect(),
            Window::Judged(_) | Window::Nothing => Vec::new(),
        }
    }

    /// What an alert sees of the time before `to`.
    #[must_use]
    pub fn seen(&self, alert: &Alert, to: Time) -> Seen {
        let nothing = NOTHING;
        match self {
            Window::Nothing => nothing,
            Window::Judged(seen) => *seen,
            Window::Failures {
                before,
                last_success,
                failures,
            } => {
                if last_success.is_some_and(|last| last >= to) {
                    return counted(alert, before, to);
                }
                let is_known = |time: &Time| *time < to;
                if !failures.iter().chain(last_success).any(is_known) {
                    return nothing;
                }
                let count = failures.partition_point(|f| *f < to);
                let data_at = failures[..count].last().copied().or(*last_success);
                in_a_row(alert, count as u64, data_at)
            }
            Window::Counts(counts) => counted(alert, counts, to),
            Window::Values(series) => {
                let Some(data_at) = series.newest(to) else {
                    return nothing;
                };
                let (value, passed) = match &alert.burn {
                    Some(burn) => match burning(series, alert, burn, to) {
                        Some((value, passed)) => (value, passed),
                        None => return nothing,
                    },
                    None => match measured(series, alert, to) {
                        Some(value) => (value, passed(alert, value)),
                        None => return nothing,
                    },
                };
                Seen {
                    value: Some(value),
                    passed,
                    is_near: false,
                    data_at: Some(data_at),
                }
            }
        }
    }
}

/// No data.
const NOTHING: Seen = Seen {
    value: None,
    passed: None,
    is_near: false,
    data_at: None,
};

/// What is seen before `to` of how many failures in a row there are from each time on.
fn counted(alert: &Alert, counts: &[(Time, u64)], to: Time) -> Seen {
    let end = counts.partition_point(|(at, _)| *at < to);
    let known = end.checked_sub(1).and_then(|at| counts.get(at));
    known.map_or(NOTHING, |(at, count)| in_a_row(alert, *count, Some(*at)))
}

/// So many failures in a row: pending from the first one on.
fn in_a_row(alert: &Alert, count: u64, data_at: Option<Time>) -> Seen {
    let is_passed = alert.consecutive_failures.is_some_and(|n| count >= n);
    #[allow(clippy::cast_precision_loss)]
    let value = count as f64;
    Seen {
        value: Some(value),
        passed: is_passed.then_some(alert.severity),
        is_near: count > 0,
        data_at,
    }
}

/// The value of the window, in the metric's unit.
fn measured(series: &Series, alert: &Alert, to: Time) -> Option<f64> {
    let unit = alert.metric.map_or(Unit::Unknown, |m| m.row().unit); // as it is kept
    let total = series.total(to, alert.window);
    if total.n == 0 || total.n < alert.min_count {
        return None;
    }
    let is_own_sum = alert.custom.as_ref().is_some_and(|own| own.is_sum);
    let is_sum = is_own_sum || alert.metric.is_some_and(|m| m.row().kind == Kind::Total);
    match alert.statistic {
        _ if is_sum => Some(total.total(unit)),
        TargetStatistic::Mean => total.mean(unit),
        TargetStatistic::P95 => series.figure(to, alert.window).quantile(0.95, unit),
    }
}

/// How bad a value is.
fn passed(alert: &Alert, value: f64) -> Option<Severity> {
    let is_beyond = |limit: Option<f64>| {
        limit.is_some_and(|limit| match alert.side {
            Some(Side::Above) => value > limit,
            Some(Side::Below) => value < limit,
            None => false,
        })
    };
    if is_beyond(alert.critical_threshold) {
        Some(Severity::Critical)
    } else {
        is_beyond(alert.threshold).then_some(alert.severity)
    }
}

/// The fastest burn that both windows of a pair show, and how bad it is. `None`: no short window has requests enough.
fn burning(
    series: &Series,
    alert: &Alert,
    burn: &Burn,
    to: Time,
) -> Option<(f64, Option<Severity>)> {
    let is_failures = alert.side == Some(Side::Above);
    let metric = alert.metric.unwrap_or(Metric::SuccessRate);
    let allowed = 1.0 - burn.objective;
    #[allow(clippy::cast_precision_loss)]
    let failed = |seconds: f64| {
        let total = series.total(to, seconds);
        let rate = total.mean(metric.row().unit)?;
        let rate = if is_failures { rate } else { 1.0 - rate };
        Some((total.n, rate, rate * total.n as f64))
    };
    let mut fastest: Option<(f64, Option<Severity>)> = None;
    for window in &burn.windows {
        let Some((n, short, failures)) = failed(window.short) else {
            continue;
        };
        let Some((_, long, _)) = failed(window.long).filter(|_| n >= alert.min_count) else {
            continue;
        };
        // Sums of whole numbers through doubles: a failure may come out a hair below one.
        let is_enough = failures > LEAST_FAILURES - 0.5;
        let rate = if is_enough {
            short.min(long) / allowed
        } else {
            0.0
        };
        let is_fast = rate >= window.factor * (1.0 - 1e-9);
        let severity = is_fast.then(|| window.severity.unwrap_or(alert.severity));
        fastest = Some(match fastest {
            Some((value, so_far)) => (value.max(rate), so_far.max(severity)),
            None => (rate, severity),
        });
    }
    fastest
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::config::BurnWindow;

    /// Minutes with requests and failures, newest last; the last one ends at the returned time.
    fn minutes(of: &[(u64, u64)]) -> (Window, Time) {
        let cells = of
            .iter()
            .zip(0..)
            .map(|((requests, failures), minute)| {
                let mut figure = Figure::default();
                figure.add_share(requests - failures, *requests);
                (minute * CELL, figure)
            })
            .collect();
        let end = Time(i64::try_from(of.len()).unwrap() * CELL);
        (Window::Values(Series::of(cells)), end)
    }

    fn budget() -> Alert {
        Alert {
            metric: Some(Metric::SuccessRate),
            side: Some(Side::Below),
            burn: Some(Burn {
                objective: 0.99,
                windows: BurnWindow::USUAL.to_vec(),
            }),
            min_count: 10,
            severity: Severity::Critical,
            ..Alert::default()
        }
    }

    /// By hand, 1 % allowed, 100 requests a minute. An hour in which the last ten minutes fail wholly: the long window
    /// has 1,000 failures of 6,000, 16.7 %, 16.7 times; the short one 100 times: the slower counts, and 16.7 ≥ 14.4.
    /// In the last eight only: 13.3 < 14.4; over six hours of which there is one the same, and 13.3 ≥ 6.
    /// In the last three: 5 times, below both.
    #[test]
    fn both_windows_have_to_burn() {
        for (bad, value, fires) in [
            (10, 100.0 / 6.0, true),
            (8, 80.0 / 6.0, true),
            (3, 5.0, false),
        ] {
            let course: Vec<(u64, u64)> = (0..60)
                .map(|minute| (100, if minute >= 60 - bad { 100 } else { 0 }))
                .collect();
            let (window, end) = minutes(&course);
            let seen = window.seen(&budget(), end);
            assert!((seen.value.unwrap() - value).abs() < 1e-9, "{seen:?}");
            assert_eq!(seen.passed.is_some(), fires, "{bad}: {seen:?}");
        }
    }

    /// Five minutes after the last failure the short windows are clean, though the long ones still burn; the pair of
    /// six hours looks back half an hour.
    #[test]
    fn it_ends_soon_after_the_failures() {
        let only_fast = Alert {
            burn: Some(Burn {
                objective: 0.99,
                windows: vec![BurnWindow::USUAL[0]],
            }),
            ..budget()
        };
        let course: Vec<(u64, u64)> = (0..60)
            .map(|minute| (100, if (30..55).contains(&minute) { 100 } else { 0 }))
            .collect();
        let (window, end) = minutes(&course);
        assert_eq!(window.seen(&only_fast, end).passed, None);
        let earlier = Time(end.0 - CELL);
        assert!(window.seen(&only_fast, earlier).passed.is_some());
        assert!(window.seen(&budget(), end).passed.is_some());
    }

    #[test]
    fn few_requests_and_few_failures_are_no_burn() {
        let (window, end) = minutes(&[(9, 9)]);
        assert_eq!(window.seen(&budget(), end).value, None);
        let (window, end) = minutes(&[(10, 2)]);
        assert_eq!(window.seen(&budget(), end).value, Some(0.0));
        let (window, end) = minutes(&[(10, 3)]);
        assert!(window.seen(&budget(), end).passed.is_some());
    }

    #[test]
    fn failures_count_from_the_last_success() {
        let alert = Alert {
            consecutive_failures: Some(3),
            ..Alert::default()
        };
        let window = Window::Failures {
            before: vec![(Time(CELL), 1), (Time(2 * CELL), 2), (Time(3 * CELL), 0)],
            last_success: Some(Time(5 * CELL)),
            failures: vec![Time(6 * CELL), Time(7 * CELL), Time(8 * CELL)],
        };
        let at = |minute: i64| window.seen(&alert, Time(minute * CELL));
        // Up to the last success by what was before, from then on by what came since.
        let earlier = [1, 2, 3, 4, 5].map(|minute| at(minute).value);
        assert_eq!(earlier, [None, Some(1.0), Some(2.0), Some(0.0), Some(0.0)]);
        assert_eq!(at(6).value, Some(0.0));
        assert_eq!((at(8).value, at(8).passed), (Some(2.0), None));
        assert_eq!(
            (at(9).value, at(9).passed),
            (Some(3.0), Some(Severity::Warning))
        );
    }
}
