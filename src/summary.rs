//! The executive summary: a period against the one before it, and against the same one further back.
//!
//! All metrics that either period has are compared, units of one against units of the other; p is
//! adjusted over all of them (Benjamini and Hochberg). A unit that lies in both periods stays in the
//! one where it has more records.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::analysis::{self, Side};
use crate::assessment::{
    Assessment, Comparison, ComparisonVerdict, DayRow, Earlier, ErrorBudget, Indicator, PeriodDays,
    PeriodSummary, SummaryRow,
};
use crate::config::{Config, TargetStatistic};
use crate::metrics::{Metric, Unit};
use crate::record::EventKind;
use crate::score;
use crate::units::{CalendarPeriod, PeriodKind, Time, day_of};
use crate::workload::{CELL, Filter, SAMPLE_CELL, Workload};

/// A period and what is known of it.
#[derive(Debug, Clone, Copy)]
pub struct Part<'a> {
    /// Its days.
    pub period: CalendarPeriod,
    /// What was recorded in it.
    pub workload: &'a Workload,
    /// What is said of it.
    pub assessment: &'a Assessment,
}

/// When, where and by which settings a summary is written.
#[derive(Debug, Clone)]
pub struct Desk<'a> {
    /// Zone in which days begin.
    pub zone: TimeZone,
    /// The present.
    pub now: Time,
    /// Directions and tolerances of metrics.
    pub config: &'a Config,
}

/// Metrics that are compared beside the key indicators and the usual ones.
const MORE: [Metric; 7] = [
    Metric::Uptime,
    Metric::CheckTime,
    Metric::ComputedCost,
    Metric::InputTokens,
    Metric::CpuUtilization,
    Metric::MemoryUtilization,
    Metric::DiskUtilization,
];

/// The summary of `current`, and its comparisons with the other periods (dimension `period`). What
/// has no record is no period to compare with.
#[must_use]
pub fn summarise(
    current: Part<'_>,
    previous: Option<Part<'_>>,
    further_back: Option<Part<'_>>,
    desk: &Desk<'_>,
) -> (PeriodSummary, Vec<Comparison>) {
    let has_records = |part: &Part<'_>| !part.workload.is_empty();
    let previous = previous.filter(has_records);
    let further_back = further_back.filter(has_records);
    let change = previous.map(|part| Change::of(part, "previous", current, desk.config));
    let longer = further_back.map(|part| Change::of(part, "earlier", current, desk.config));

    let of_indicator = |i: &Indicator| change.as_ref()?.comparison(&i.metric, &i.statistic);
    let rows = shown(current.assessment)
        .iter()
        .map(|i| {
            let before = previous.and_then(|p| {
                let indicators = shown(p.assessment);
                let same = |o: &&Indicator| o.metric == i.metric && o.statistic == i.statistic;
                indicators.iter().find(same).and_then(|o| o.value)
            });
            row(i, before, of_indicator(i))
        })
        .collect();
    let named = |is_wanted: fn(ComparisonVerdict) -> bool| {
        let all = change.iter().flat_map(|c| &c.comparisons);
        all.filter(|(statistic, c)| *statistic == TargetStatistic::Mean && is_wanted(c.verdict))
            .map(|(_, c)| c.metric.clone())
            .collect()
    };
    let summary = PeriodSummary {
        kind: current.period.kind.name().into(),
        timezone: desk.zone.iana_name().unwrap_or("local").to_owned(),
        days: days(current.period, &desk.zone),
        is_over: current.period.is_over(desk.now, &desk.zone),
        chosen: None,
        coverage: coverage(current, desk),
        previous: previous
            .zip(change.as_ref())
            .map(|(part, change)| earlier(part, change, current, desk)),
        earlier: further_back
            .zip(longer.as_ref())
            .map(|(part, change)| earlier(part, change, current, desk)),
        rows,
        error_budget: error_budget(current),
        changed: named(is_proven),
        unchanged: named(|v| {
            matches!(v, ComparisonVerdict::Same | ComparisonVerdict::Inconclusive)
        }),
        events: current
            .assessment
            .events
            .iter()
            .filter(|e| !matches!(e.event.as_str(), "mode_switch" | "interface_switch"))
            .cloned()
            .collect(),
        alerts: alerts([Some(current), previous, further_back]),
        firings: Vec::new(),
        actions: Vec::new(),
        track_record: None,
    };
    let comparisons = change
        .into_iter()
        .chain(longer)
        .flat_map(|c| c.comparisons)
        .filter(|(statistic, _)| *statistic == TargetStatistic::Mean)
        .map(|(_, comparison)| comparison)
        .collect();
    (summary, comparisons)
}

fn is_proven(verdict: ComparisonVerdict) -> bool {
    use ComparisonVerdict::{Better, Different, Worse};
    matches!(verdict, Better | Worse | Different)
}

/// Key indicators, with the uptime where checks were recorded.
fn shown(a: &Assessment) -> Vec<Indicator> {
    let mut rows = a.indicators.clone();
    let uptime = Metric::Uptime.row();
    let is_missing = rows.iter().all(|i| i.metric != uptime.name);
    let measured = a
        .metrics
        .iter()
        .find(|m| m.metric == uptime.name && m.dims.is_empty());
    if let Some(m) = measured.filter(|_| is_missing) {
        rows.push(Indicator {
            title: uptime.title.into(),
            metric: uptime.name.into(),
            statistic: TargetStatistic::Mean.name().into(),
            unit: uptime.unit,
            value: m.mean,
            n: m.n,
            interval: m.interval.clone(),
            target: m.target.clone(),
            verdict: m.verdict,
            scale_low: 0.0,
            scale_high: 1.0,
            reported: m.reported,
            note: None,
        });
    }
    rows
}

fn row(i: &Indicator, previous: Option<f64>, comparison: Option<&Comparison>) -> SummaryRow {
    SummaryRow {
        title: i.title.clone(),
        metric: i.metric.clone(),
        statistic: i.statistic.clone(),
        unit: i.unit,
        value: i.value,
        previous,
        effect: comparison.and_then(|c| c.effect.clone()),
        p_adjusted: comparison.and_then(|c| c.p_adjusted),
        change: comparison.map(|c| c.verdict),
        target: i.target.clone(),
        verdict: i.verdict,
        note: comparison
            .and_then(|c| c.note.clone())
            .or_else(|| i.note.clone()),
    }
}

/// A period compared with the current one.
struct Change {
    comparisons: Vec<(TargetStatistic, Comparison)>,
    straddling: [u64; 2],
}

impl Change {
    fn of(base: Part<'_>, label: &str, current: Part<'_>, config: &Config) -> Self {
        let [left, right] = straddling(base.workload, current.workload);
        let straddling = [left.len() as u64, right.len() as u64];
        let (a, b) = (
            base.workload.without(&left),
            current.workload.without(&right),
        );
        let side = |label: &str, workload| Side {
            label: label.to_owned(),
            workload,
            filter: Filter::default(),
            files: 0,
            skipped: 0,
        };
        let (a, b) = (side(label, &a), side("current", &b));
        let mut comparisons: Vec<(TargetStatistic, Comparison)> = questions(current, &b)
            .into_iter()
            .filter_map(|(metric, statistic)| {
                let mut comparison = analysis::one(&a, &b, &metric, statistic, config)?;
                comparison.dimension = "period".into();
                Some((statistic, comparison))
            })
            .collect();
        analysis::adjust(comparisons.iter_mut().map(|(_, c)| c));
        Self {
            comparisons,
            straddling,
        }
    }

    fn comparison(&self, metric: &str, statistic: &str) -> Option<&Comparison> {
        self.comparisons
            .iter()
            .find(|(s, c)| c.metric == metric && s.name() == statistic)
            .map(|(_, c)| c)
    }
}

/// What is compared: the usual metrics, the key indicators with their statistics, and some more.
fn questions(current: Part<'_>, side: &Side<'_>) -> Vec<(String, TargetStatistic)> {
    let mean = |name: String| (name, TargetStatistic::Mean);
    let usual = analysis::usual(side).into_iter().map(mean);
    let more = MORE.iter().map(|m| mean(m.name().to_owned()));
    let key = current.assessment.indicators.iter().map(|i| {
        let is_tail = i.statistic == TargetStatistic::P95.name();
        let statistic = if is_tail {
            TargetStatistic::P95
        } else {
            TargetStatistic::Mean
        };
        (i.metric.clone(), statistic)
    });
    let mut seen = BTreeSet::new();
    usual
        .chain(key)
        .chain(more)
        .filter(|(name, statistic)| seen.insert((name.clone(), statistic.name())))
        .collect()
}

/// A workload of the past without the units that lie in the present one too: what remains has nothing in common with it.
#[must_use]
pub fn apart(past: &Workload, present: &Workload) -> Workload {
    let [left, right] = straddling(past, present);
    past.without(&left.union(&right).cloned().collect())
}

/// Names of units that lie in both, each under the one where it has fewer records.
fn straddling(a: &Workload, b: &Workload) -> [BTreeSet<String>; 2] {
    let (of_a, of_b) = (operations(a), operations(b));
    let mut left = [BTreeSet::new(), BTreeSet::new()];
    for (name, n) in of_a {
        let Some(other) = of_b.get(name) else {
            continue;
        };
        left[usize::from(n > *other)].insert(name.to_owned());
    }
    left
}

/// Operations of each unit, by its name.
fn operations(workload: &Workload) -> BTreeMap<&str, u64> {
    let mut counts = BTreeMap::new();
    for row in &workload.rows {
        if let Some(unit) = workload.units.get(row.key.unit.0 as usize) {
            let n: u64 = row.outcomes.iter().map(|n| u64::from(*n)).sum();
            *counts.entry(unit.name.as_str()).or_default() += n;
        }
    }
    counts
}

fn days(period: CalendarPeriod, zone: &TimeZone) -> PeriodDays {
    let (from, to) = period.bounds(zone);
    let week = period.first.iso_week_date();
    PeriodDays {
        first: period.first.to_string(),
        last: period.last.to_string(),
        from,
        to,
        iso_week: (period.kind == PeriodKind::Weekly)
            .then(|| format!("{:04}-W{:02}", week.year(), week.week())),
    }
}

fn earlier(part: Part<'_>, change: &Change, current: Part<'_>, desk: &Desk<'_>) -> Earlier {
    Earlier {
        days: days(part.period, &desk.zone),
        days_with_records: recorded(part.workload, &desk.zone).len() as u64,
        records: part.workload.counts.records,
        units: part.workload.units.len() as u64,
        straddling: change.straddling,
        score: score::change(&part.assessment.score, &current.assessment.score),
    }
}

/// The days of the period that have begun.
fn coverage(current: Part<'_>, desk: &Desk<'_>) -> Vec<DayRow> {
    let recorded = recorded(current.workload, &desk.zone);
    let today = day_of(desk.now, &desk.zone);
    current
        .period
        .days()
        .filter(|day| *day <= today || recorded.contains(day))
        .map(|day| DayRow {
            day: day.to_string(),
            has_records: recorded.contains(&day),
        })
        .collect()
}

/// Days on which anything was recorded.
fn recorded(workload: &Workload, zone: &TimeZone) -> BTreeSet<Date> {
    let rows = workload.rows.iter().map(|r| i64::from(r.key.cell));
    let per_cell = CELL / SAMPLE_CELL;
    let samples = workload.samples.iter().flat_map(|s| &s.cells);
    let samples = samples.map(|(cell, _)| cell.div_euclid(per_cell));
    let events = workload.events.iter().map(|e| e.time.0.div_euclid(CELL));
    let aggregates = workload.aggregates.iter().filter_map(|a| a.time);
    let aggregates = aggregates.map(|t| t.0.div_euclid(CELL));
    // No zone of today is off by less than a quarter of an hour, so a cell lies within a day.
    let cells: BTreeSet<i64> = rows
        .chain(samples)
        .chain(events)
        .chain(aggregates)
        .collect();
    cells
        .into_iter()
        .map(|cell| day_of(Time(cell.saturating_mul(CELL)), zone))
        .collect()
}

/// `None` without a target of the success rate or without requests.
fn error_budget(current: Part<'_>) -> Option<ErrorBudget> {
    let name = Metric::SuccessRate.name();
    let indicator = current
        .assessment
        .indicators
        .iter()
        .find(|i| i.metric == name)?;
    let target = indicator.target.as_ref()?.value;
    let figure = current
        .workload
        .figure(Metric::SuccessRate, &Filter::default());
    let successes = figure.total(Unit::Ratio);
    if figure.n == 0 {
        return None;
    }
    #[allow(clippy::cast_precision_loss)]
    let requests = figure.n as f64;
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let failures = (requests - successes).round().max(0.0) as u64;
    let allowed = requests * (1.0 - target);
    #[allow(clippy::cast_precision_loss)]
    let used = (allowed > 0.0).then(|| failures as f64 / allowed);
    Some(ErrorBudget {
        target,
        requests: figure.n,
        failures,
        allowed,
        used,
    })
}

/// Alerts in the first of the periods; `None` where none of them has any.
fn alerts(parts: [Option<Part<'_>>; 3]) -> Option<u64> {
    let count = |part: Part<'_>| {
        let events = part.workload.events.iter();
        events.filter(|e| e.kind == EventKind::Alert).count() as u64
    };
    let counts: Vec<u64> = parts.into_iter().flatten().map(count).collect();
    let is_told = counts.iter().any(|n| *n > 0);
    counts.first().copied().filter(|_| is_told)
}
