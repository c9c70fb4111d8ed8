//! Each metric described: n, location, spread, an interval of its mean, its target.
//!
//! Intervals are over units of inference, never over single records: means by the jackknife over units
//! with Student's t at units − 1 degrees (on logs where the metric is positive), shares by Wilson's
//! interval with the effective number of trials, quantiles by Woodruff's method. None under 6 units.

use crate::assessment::{Interval, MetricRow, TargetVerdict};
use crate::metrics::{Kind, Metric, Unit};
use crate::record::{Dimension, Measured, Name};
use crate::stats::{Estimate, clustered, quantiles};
use crate::workload::{Extra, Filter, Workload};

use super::spread::{Named, Spread, exceedances, named};
use super::spreads::Spreads;
use super::targets::Targets;

/// Confidence of everything measured.
pub(super) const LEVEL: f64 = 0.95;

/// Describes everything measured: over all, then for each value of the described dimensions.
pub(super) fn describe(spreads: &Spreads<'_>, targets: &Targets) -> Vec<MetricRow> {
    let workload = spreads.workload;
    crate::threads::map(&spreads.measured, |m| {
        let Some(whole) = spreads.all(*m) else {
            return Vec::new();
        };
        let mut rows = vec![row(workload, whole, None)];
        for (dimension, values) in &spreads.dimensions {
            for (value, _) in values {
                let Some(spread) = spreads.by(*m, *dimension, *value) else {
                    continue;
                };
                // What everything has needs no second description.
                rows.push(if std::ptr::eq(spread, whole) {
                    MetricRow {
                        dims: named(workload, *dimension, *value),
                        ..rows[0].clone()
                    }
                } else {
                    row(workload, spread, Some((*dimension, *value)))
                });
            }
        }
        rows.iter_mut().for_each(|row| targets.judge(row));
        rows
    })
    .into_iter()
    .flatten()
    .collect()
}

fn row(workload: &Workload, spread: &Spread, of: Option<(Dimension, Name)>) -> MetricRow {
    let traits = &spread.traits;
    let (whole, unit) = (&spread.whole, traits.unit);
    let kept = traits.kept;
    let is_value = traits.kind == Kind::Value;
    let quantile = |q| is_value.then(|| whole.quantile(q, kept)).flatten();
    let extreme = |raw: i64| {
        #[allow(clippy::cast_precision_loss)]
        is_value.then(|| raw as f64 / kept.scale())
    };
    let mut row = MetricRow {
        metric: traits.name.clone(),
        unit,
        dims: of.map_or_else(Named::new, |(dimension, value)| {
            named(workload, dimension, value)
        }),
        n: Some(whole.n),
        units: Some(spread.units.len() as u64),
        mean: spread.mean_of(whole),
        median: quantile(0.5),
        p95: quantile(0.95),
        p99: quantile(0.99),
        min: extreme(whole.min),
        max: extreme(whole.max),
        total: has_total(traits.kind, unit, traits.measured).then(|| whole.total(kept)),
        interval: mean_interval(spread),
        target: None,
        verdict: TargetVerdict::Unknown,
        reported: false,
        marks: Vec::new(),
    };
    let is_bound: fn(&Extra) -> bool = match traits.measured {
        Measured::Known(Metric::OutputTokens) => |e| e.lower_bounds > 0,
        Measured::Known(Metric::ComputedCost) => |e| e.lower_bounds + e.priced_at_least > 0,
        _ => return row,
    };
    if has_extra(workload, of, is_bound) {
        row.marks.push("lower_bound".into());
    }
    row
}

/// Totals have a sum by their nature; of spans of time it is the time spent.
fn has_total(kind: Kind, unit: Unit, measured: Measured) -> bool {
    match measured {
        Measured::Known(_) => kind == Kind::Total || (kind == Kind::Value && unit == Unit::Seconds),
        Measured::Custom(_) => kind == Kind::Total,
    }
}

/// Whether some row has sums such as these.
fn has_extra(
    workload: &Workload,
    of: Option<(Dimension, Name)>,
    is_such: impl Fn(&Extra) -> bool,
) -> bool {
    let catalog = &workload.catalog;
    workload.rows.iter().any(|r| {
        r.extra.as_deref().is_some_and(&is_such)
            && of.is_none_or(|(dimension, value)| catalog.dimension(r.key.dims, dimension) == value)
    })
}

/// The interval of the mean (of a share: of the pooled ratio).
pub(super) fn mean_interval(spread: &Spread) -> Option<Interval> {
    let (sums, ns) = spread.sums();
    let (estimate, method) = mean_estimate(spread, &sums, &ns)?;
    Some(interval("mean", estimate, method))
}

fn mean_estimate(spread: &Spread, sums: &[f64], ns: &[f64]) -> Option<(Estimate, &'static str)> {
    let traits = &spread.traits;
    if traits.kind == Kind::Total && spread.whole.sum == 0 {
        // Of something that never happened no spread between units tells how rare it is.
        return None;
    }
    let linear = || clustered::ratio_of_sums(sums, ns, LEVEL).map(|e| (e, "jackknife over units"));
    let on_logs =
        || clustered::mean_on_logs(sums, ns, LEVEL).map(|e| (e, "jackknife over units, on logs"));
    match (traits.kind, traits.unit) {
        (Kind::Share, Unit::Ratio) => clustered::share(sums, ns, LEVEL)
            .map(|e| (e, "Wilson, effective n over units"))
            // A quotient that may exceed 1, such as tokens used ÷ budgeted.
            .or_else(on_logs),
        (_, Unit::Ratio) => linear().map(|(e, method)| {
            let top = if spread.whole.max > traits.kept.scale() as i64 {
                f64::INFINITY
            } else {
                1.0
            };
            (e.clamped(0.0, top), method)
        }),
        (Kind::Value, _) if spread.whole.min < 0 => linear(),
        _ => on_logs().or_else(|| linear().map(|(e, m)| (e.clamped(0.0, f64::INFINITY), m))),
    }
}

/// The interval of a quantile, by Woodruff's method: an interval of the probability, taken back
/// through the pooled distribution. `spread` is that over what `filter` lets through.
pub(super) fn quantile_interval(
    workload: &Workload,
    spread: &Spread,
    filter: &Filter,
    q: f64,
    of: &str,
) -> Option<Interval> {
    let at = spread.whole.histogram.quantile(q)?;
    let above_and_n = exceedances(workload, spread, filter, at);
    let (low, high) = quantiles::woodruff_levels(&above_and_n, q, LEVEL)?;
    let estimate = Estimate {
        estimate: spread.quantile_of(&spread.whole, q)?,
        low: spread.quantile_of(&spread.whole, low)?,
        high: spread.quantile_of(&spread.whole, high)?,
    };
    Some(interval(of, estimate, "Woodruff over units"))
}

pub(super) fn interval(of: &str, estimate: Estimate, method: &str) -> Interval {
    Interval {
        of: of.into(),
        low: estimate.low,
        high: estimate.high,
        level: LEVEL,
        method: method.into(),
    }
}
