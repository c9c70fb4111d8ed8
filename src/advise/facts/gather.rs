//! Facts over all: metrics, shares of time, what the data and the configuration lack.

use super::{
    Fact, Facts, alarms, burn, catalogue, context, machine, spending, streams, subjects, wall,
};
use crate::advise::Observed;
use crate::assessment::{Indicator, TargetVerdict};
use crate::config::{Config, KnobValue, TargetStatistic};
use crate::metrics::Metric;
use crate::record::{Dimension, EventKind};
use crate::scenario::ahead;
use crate::scenario::context::SLOTS;
use crate::threads;
use crate::workload::{Filter, Workload};

/// Gathers all facts of a case.
#[must_use]
pub fn gather(case: Observed<'_>) -> Facts {
    of_analysis(case).and(of_workload(case.workload))
}

/// Gathers the facts that wait for no analysis: those of requests in their order, of money and of
/// wall-clock time.
#[must_use]
pub fn of_workload(workload: &Workload) -> Facts {
    let others = || {
        let mut facts = Facts::default();
        spending::gather(workload, &mut facts);
        wall::gather(workload, &mut facts);
        facts
    };
    let (of_streams, others) = threads::both(|| streams::gather(workload), others);
    of_streams.and(others)
}

/// Gathers all other facts.
#[must_use]
pub fn of_analysis(case: Observed<'_>) -> Facts {
    let mut facts = Facts::new(case.config);
    metrics(case, &mut facts);
    limits(case, &mut facts);
    shares(case.workload, &mut facts);
    slots(case.config, &mut facts);
    data(case, &mut facts);
    alerts(case, &mut facts);
    context::gather(case, &mut facts);
    machine::gather(case, &mut facts);
    subjects::gather(case, &mut facts);
    alarms::gather(case, &mut facts);
    burn::gather(case, &mut facts);
    facts
}

fn metrics(case: Observed<'_>, facts: &mut Facts) {
    for row in case
        .analysis
        .metrics
        .iter()
        .filter(|r| r.dims.is_empty() && !r.reported)
    {
        let is_known = Metric::named(&row.metric).is_some();
        if !is_known && case.config.declared.find(&row.metric).is_none() {
            continue;
        }
        let judged = |statistic: &str| -> Option<&Indicator> {
            case.analysis
                .indicators
                .iter()
                .find(|i| i.metric == row.metric && i.statistic == statistic)
        };
        let target = |statistic: &str| {
            judged(statistic)
                .and_then(|i| i.target.as_ref())
                .map(|t| t.value)
        };
        let own_target = row
            .target
            .as_ref()
            .filter(|t| t.of == "mean")
            .map(|t| t.value);
        let own_p95 = row
            .target
            .as_ref()
            .filter(|t| t.of == "p95")
            .map(|t| t.value);
        let interval = row.interval.as_ref().filter(|i| i.of == "mean");
        let missed = |statistic: &str| {
            judged(statistic).map(|i| f64::from(u8::from(i.verdict == TargetVerdict::Missed)))
        };
        let fact = Fact::default()
            .with_some("value", row.mean.or(row.total))
            .with_some("median", row.median)
            .with_some("p95", row.p95)
            .with_some("max", row.max)
            .with_some("low", interval.map(|i| i.low))
            .with_some("high", interval.map(|i| i.high))
            .with_some("n", row.n.map(number))
            .with_some("units", row.units.map(number))
            .with_some("target", target("mean").or(own_target))
            .with_some("target_p95", target("p95").or(own_p95))
            .with_some("missed", missed("mean"))
            .with_some("missed_p95", missed("p95"));
        if is_known {
            facts.add(&row.metric, fact);
        } else {
            facts.add(&format!("{}{}", catalogue::OWN, row.metric), fact);
        }
    }
}

fn limits(case: Observed<'_>, facts: &mut Facts) {
    if let Some(floor) = case.config.target(Metric::Accuracy, TargetStatistic::Mean) {
        facts.add("accuracy_floor", Fact::of(floor.value));
    }
    let alert = case
        .config
        .alerts
        .iter()
        .find(|a| a.metric == Some(Metric::ResponseTime))
        .and_then(|a| a.threshold);
    let p95 = facts
        .all
        .get(Metric::ResponseTime.name())
        .and_then(|f| f.number("target_p95"));
    if let Some(limit) = alert.or(p95) {
        facts.add("response_limit", Fact::of(limit));
    }
}

fn slots(config: &Config, facts: &mut Facts) {
    if let Some(KnobValue::Number(now)) = config.knob(SLOTS) {
        facts.add("slots.one_more", Fact::of(now + 1.0));
    }
}

fn shares(workload: &Workload, facts: &mut Facts) {
    let all = Filter::default();
    let units = number(workload.units.len() as u64);
    let seconds = |metric: Metric| {
        let figure = workload.figure(metric, &all);
        (figure.n > 0).then(|| figure.total(metric.row().unit))
    };
    let steps = seconds(Metric::ResponseTime).filter(|s| *s > 0.0);
    // What runs beside the work of its step is not waited for.
    let prepared = ahead::waited(workload);
    #[allow(clippy::cast_precision_loss)]
    let waited = if prepared.all > 0 {
        prepared.waited as f64 / prepared.all as f64
    } else {
        1.0
    };
    for (name, metric, waited) in [
        ("preparation.share", Metric::ContextPreparationTime, waited),
        ("queue.share", Metric::QueueTime, 1.0),
        ("backoff.share", Metric::BackoffTime, 1.0),
    ] {
        if let (Some(part), Some(whole)) = (seconds(metric), steps) {
            let share = part * waited / whole;
            facts.add(name, Fact::of(share).with("units", units));
        }
    }
    // Of attempts, and of steps that tell of none.
    let limited = workload.figure(Metric::RateLimitHits, &all);
    if limited.n > 0 {
        let share = limited.total(Metric::RateLimitHits.row().unit) / number(limited.n);
        facts.add(
            "rate_limited.share",
            Fact::of(share).count("n", limited.n).with("units", units),
        );
    }
}

fn data(case: Observed<'_>, facts: &mut Facts) {
    let workload = case.workload;
    let counts = &workload.counts;
    if !workload.units.is_empty() {
        facts.add(
            "data.units",
            Fact::default().count("value", workload.units.len() as u64),
        );
    }
    if counts.sample_interval > 0 {
        facts.add("data.gaps", Fact::default().count("value", counts.gaps));
        facts.add(
            "data.longest_gap",
            Fact::of(counts.longest_gap as f64 / 1e9),
        );
        facts.add(
            "data.sample_interval",
            Fact::of(counts.sample_interval as f64 / 1e9),
        );
        facts.add(
            "data.process_starts",
            Fact::default().count("value", counts.process_starts),
        );
    }
    if counts.operations > 0 && !counts.from_rows {
        let share = number(counts.clock_faults) / number(counts.operations);
        facts.add(
            "data.clock_fault_share",
            Fact::of(share).count("n", counts.operations),
        );
    }
    let (mut lower, mut with_tokens) = (0, 0);
    for extra in workload.rows.iter().filter_map(|r| r.extra.as_deref()) {
        lower += extra.lower_bounds;
        with_tokens += extra.with_tokens;
    }
    if with_tokens > 0 {
        facts.add(
            "data.lower_bound_share",
            Fact::of(number(lower) / number(with_tokens)).count("n", with_tokens),
        );
    }
    if !workload.units.is_empty() {
        let mut compacted: Vec<u32> = workload
            .events
            .iter()
            .zip(&workload.event_units)
            .filter(|(event, _)| event.kind == EventKind::Compaction)
            .map(|(_, unit)| unit.0)
            .collect();
        compacted.sort_unstable();
        compacted.dedup();
        let share = number(compacted.len() as u64) / number(workload.units.len() as u64);
        facts.add(
            "compaction.units_share",
            Fact::of(share).count("units", workload.units.len() as u64),
        );
    }
    let has_accuracy = facts.all.contains_key(Metric::Accuracy.name());
    let without = u64::from(has_accuracy && !facts.all.contains_key("accuracy_floor"));
    if case.analysis.indicators.iter().any(|i| i.value.is_some()) {
        facts.add(
            "data.without_target",
            Fact::default().count("value", without),
        );
    }
    labels(case, facts);
    disk(case, facts);
}

/// Steps without a mode or interface where others have one, and mocks among real answers.
fn labels(case: Observed<'_>, facts: &mut Facts) {
    let workload = case.workload;
    let all = workload.figure(Metric::SuccessRate, &Filter::default()).n;
    if all == 0 {
        return;
    }
    let labelled = |dimension| -> Option<u64> {
        let values = workload.values_of(dimension);
        (!values.is_empty()).then(|| values.iter().map(|(_, n)| n).sum())
    };
    let unlabelled = [Dimension::Mode, Dimension::Interface]
        .into_iter()
        .filter_map(labelled)
        .map(|n| 1.0 - number(n.min(all)) / number(all))
        .fold(None, |most: Option<f64>, share| {
            Some(most.map_or(share, |m| m.max(share)))
        });
    if let Some(share) = unlabelled {
        facts.add("data.unlabelled_share", Fact::of(share).count("n", all));
    }
    let interfaces = workload.values_of(Dimension::Interface);
    let is_mock =
        |text: &str| text == "mock" || case.config.mock_interfaces.iter().any(|m| m == text);
    let mocked: u64 = interfaces
        .iter()
        .filter(|(v, _)| is_mock(workload.catalog.text(*v)))
        .map(|(_, n)| n)
        .sum();
    let real: u64 = interfaces.iter().map(|(_, n)| n).sum::<u64>() - mocked;
    if real > 0 {
        facts.add(
            "data.mock_share",
            Fact::of(number(mocked) / number(all)).count("n", mocked),
        );
    }
}

/// Days until the disk is full, by the upper end of its slope.
fn disk(case: Observed<'_>, facts: &mut Facts) {
    let trend = case
        .analysis
        .trends
        .iter()
        .find(|t| t.metric == Metric::DiskUtilization.name() && t.dims.is_empty());
    let now = trend.and_then(|t| t.series.iter().rev().find_map(|p| p.value));
    if let (Some(slope), Some(now)) = (trend.and_then(|t| t.slope.as_ref()), now)
        && slope.low > 0.0
    {
        facts.add(
            "disk.days_to_full",
            Fact::of((1.0 - now).max(0.0) / slope.high),
        );
    }
}

fn alerts(case: Observed<'_>, facts: &mut Facts) {
    let configured = case.config.alerts.len() as u64;
    facts.add(
        "alerts.configured",
        Fact::default().count("value", configured),
    );
    let mut measured: Vec<&str> = case
        .analysis
        .indicators
        .iter()
        .filter(|i| i.value.is_some() && i.target.is_some())
        .map(|i| i.metric.as_str())
        .collect();
    measured.dedup();
    let watched = |metric: &str| {
        case.config
            .alerts
            .iter()
            .any(|a| a.metric_name() == Some(metric))
    };
    let missing = measured.iter().filter(|m| !watched(m)).count() as u64;
    if !measured.is_empty() {
        facts.add(
            "alerts.missing",
            Fact::default()
                .count("value", missing)
                .count("n", measured.len() as u64),
        );
    }
}

/// A count as a number; exact below 2⁵³.
pub(super) fn number(count: u64) -> f64 {
    count as f64
}
