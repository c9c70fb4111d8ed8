//! Values of metrics under a setting: as projected, else as measured.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use super::simulator::Point;
use crate::assessment::{Effect, TunedValue};
use crate::metrics::{Direction, Metric, Unit};
use crate::scenario::outcome::{Outcome, present_seconds};
use crate::scenario::replay::Bench;
use crate::workload::Filter;

/// Values of metrics as they were measured, each worked out once.
pub(super) struct Present<'a> {
    bench: &'a Bench<'a>,
    values: RefCell<BTreeMap<Metric, Option<f64>>>,
}

impl<'a> Present<'a> {
    pub(super) fn of(bench: &'a Bench<'a>) -> Self {
        Self {
            bench,
            values: RefCell::default(),
        }
    }

    /// As measured; `None`: it was not.
    pub(super) fn measured(&self, metric: Metric) -> Option<f64> {
        let mut values = self.values.borrow_mut();
        let measured = || measured(self.bench, metric);
        *values.entry(metric).or_insert_with(measured)
    }

    /// As projected, else as measured.
    pub(super) fn or_projected(&self, outcome: &Outcome, metric: Metric) -> Option<f64> {
        projected(outcome, metric).or_else(|| self.measured(metric))
    }
}

/// A metric under an outcome: as projected, else as measured.
pub(in crate::scenario) fn value_of(
    bench: &Bench<'_>,
    outcome: &Outcome,
    metric: Metric,
) -> Option<f64> {
    projected(outcome, metric).or_else(|| measured(bench, metric))
}

/// Of memory its 95th percentile, since it must suffice nearly always.
fn projected(outcome: &Outcome, metric: Metric) -> Option<f64> {
    let mut tails = outcome.effects.iter().filter(|e| e.statistic == "p95");
    let tail = tails.find(|e| metric == Metric::MemoryUsage && e.metric == metric.name());
    tail.or_else(|| outcome.effect(metric)).map(|e| e.to)
}

fn measured(bench: &Bench<'_>, metric: Metric) -> Option<f64> {
    let unit = metric.row().unit;
    let is_p95 = metric == Metric::MemoryUsage;
    if metric == Metric::SessionTime {
        // Of wall clocks, not of rows.
        let seconds = bench.workload.wall_clocks.iter().map(present_seconds);
        #[allow(clippy::cast_precision_loss)]
        let n = bench.workload.wall_clocks.len() as f64;
        return (n > 0.0).then(|| seconds.sum::<f64>() / n);
    }
    let figure = bench.workload.figure(metric, &Filter::default());
    match unit {
        Unit::Usd => (figure.n > 0).then(|| figure.total(unit)),
        // A limit of a utilization is one of its 95th percentile, as its target is.
        _ if is_p95 || (unit == Unit::Ratio && metric.row().direction == Direction::Lower) => {
            figure.quantile(0.95, unit).or_else(|| figure.mean(unit))
        }
        _ => figure.mean(unit),
    }
}

/// Metrics that any setting moves.
pub(super) fn shown(bench: &Bench<'_>, points: &[Point]) -> Vec<(Metric, String)> {
    let moved = |e: &Effect| (e.to - e.from).abs() > 0.002 * e.from.abs();
    let mut seen = BTreeSet::new();
    let mut list = Vec::new();
    for effect in points.iter().flat_map(|p| &p.outcome.effects) {
        let key = (effect.metric.clone(), effect.statistic.clone());
        if moved(effect)
            && let Some(metric) = Metric::named(&effect.metric)
            && seen.insert(key)
        {
            list.push((metric, effect.statistic.clone()));
        }
    }
    let order = |metric: &Metric| {
        let first = [
            Metric::ResponseTime,
            Metric::Accuracy,
            Metric::SuccessRate,
            Metric::Cost,
            Metric::ComputedCost,
            Metric::SessionTime,
            Metric::CacheHitRate,
        ];
        first
            .iter()
            .position(|m| m == metric)
            .unwrap_or(first.len())
    };
    list.sort_by_key(|(metric, statistic)| (order(metric), statistic.clone()));
    list.retain(|(metric, _)| {
        *metric == Metric::SessionTime || bench.workload.figure(*metric, &Filter::default()).n > 0
    });
    list
}

pub(super) fn tuned_value(
    bench: &Bench<'_>,
    outcome: &Outcome,
    metric: Metric,
    statistic: &str,
) -> Option<TunedValue> {
    let unit = metric.row().unit;
    let found = outcome
        .effects
        .iter()
        .find(|e| e.metric == metric.name() && e.statistic == statistic);
    let value = match (found, statistic) {
        (Some(effect), _) => effect.to,
        (None, "p95") => bench
            .workload
            .figure(metric, &Filter::default())
            .quantile(0.95, unit)?,
        (None, _) => value_of(bench, outcome, metric)?,
    };
    Some(TunedValue {
        metric: metric.name().into(),
        statistic: statistic.into(),
        unit,
        value,
    })
}
