//! Key indicators: the statistics that the score is made of, and metrics of the user's own, against their
//! targets.

use crate::assessment::{Indicator, Interval, TargetRow, TargetVerdict};
use crate::config::{DeclaredMetric, TargetStatistic};
use crate::metrics::{Kind, Metric, Unit};
use crate::record::{Measured, Statistic};
use crate::stats::LEAST_UNITS;
use crate::workload::{Filter, Workload};

use super::describe::{mean_interval, quantile_interval};
use super::reported::Reported;
use super::spread::Spread;
use super::spreads::Spreads;
use super::targets::{Judged, Targets, verdict};

/// The bar of an indicator ends here, as a multiple of the target.
const BAR: f64 = 5.0 / 3.0;

/// The key indicators, in the order of the score's parts; behind them metrics of the user's own.
pub(super) fn indicators(
    spreads: &Spreads<'_>,
    reported: &Reported<'_>,
    targets: &Targets,
) -> Vec<Indicator> {
    let key = targets.key.iter().map(|judged| {
        let spread = spreads.all(judged.metric);
        indicator(spreads.workload, judged, spread, reported)
    });
    let measured = spreads.measured.iter();
    let own = measured.filter_map(|measured| {
        let spread = spreads.all(*measured)?;
        let declared = spreads.workload.declared.find(&spread.traits.name)?;
        Some(of_declared(spreads.workload, declared, spread, targets))
    });
    key.chain(own.flatten()).collect()
}

/// A metric of the user's own that was measured: the statistic that counts, and what else has a target.
fn of_declared(
    workload: &Workload,
    declared: &DeclaredMetric,
    spread: &Spread,
    targets: &Targets,
) -> Vec<Indicator> {
    let of = |statistic: TargetStatistic| {
        let reading = measured(workload, spread, statistic);
        let target = targets.of_name(&declared.name, statistic).cloned();
        let (scale_low, scale_high) = scale(declared.unit, &reading, target.as_ref(), None);
        Indicator {
            title: titled(&declared.title, declared.unit, statistic),
            metric: declared.name.clone(),
            statistic: statistic.name().into(),
            unit: declared.unit,
            verdict: target
                .as_ref()
                .map_or(TargetVerdict::Unknown, |t| verdict(None, reading.value, t)),
            value: reading.value,
            n: reading.n,
            interval: reading.interval,
            target,
            scale_low,
            scale_high,
            reported: false,
            note: reading.note,
        }
    };
    if declared.kind == Kind::Total {
        // What a sum comes to in other periods is no matter of its spread: there is no interval.
        return vec![Indicator {
            title: format!("{}, sum", declared.title),
            statistic: "sum".into(),
            value: Some(spread.whole.total(spread.traits.kept)),
            interval: None,
            note: None,
            ..of(TargetStatistic::Mean)
        }];
    }
    [TargetStatistic::Mean, TargetStatistic::P95]
        .into_iter()
        .filter(|s| *s == declared.statistic || declared.targets.contains_key(s))
        .map(of)
        .collect()
}

/// A statistic with what stands beside it.
struct Reading {
    value: Option<f64>,
    n: Option<u64>,
    interval: Option<Interval>,
    is_reported: bool,
    note: Option<String>,
}

fn indicator(
    workload: &Workload,
    judged: &Judged,
    spread: Option<&Spread>,
    reported: &Reported<'_>,
) -> Indicator {
    let metric = judged.metric;
    let row = metric.row();
    let reading = match spread {
        Some(spread) => measured(workload, spread, judged.statistic),
        None => summarised(workload, judged, reported),
    };
    let (scale_low, scale_high) = scale(row.unit, &reading, judged.target.as_ref(), Some(metric));
    Indicator {
        title: titled(row.title, row.unit, judged.statistic),
        metric: row.name.into(),
        statistic: judged.statistic.name().into(),
        unit: row.unit,
        verdict: judged.target.as_ref().map_or(TargetVerdict::Unknown, |t| {
            verdict(Some(metric), reading.value, t)
        }),
        value: reading.value,
        n: reading.n,
        interval: reading.interval,
        target: judged.target.clone(),
        scale_low,
        scale_high,
        reported: reading.is_reported,
        note: reading.note,
    }
}

fn measured(workload: &Workload, spread: &Spread, statistic: TargetStatistic) -> Reading {
    let (value, interval) = match statistic {
        TargetStatistic::Mean => (spread.mean_of(&spread.whole), mean_interval(spread)),
        TargetStatistic::P95 => (
            spread.quantile_of(&spread.whole, 0.95),
            quantile_interval(workload, spread, &Filter::default(), 0.95, "p95"),
        ),
    };
    let note = match (&value, &interval) {
        (None, _) => Some("its distribution was not recorded".into()),
        (_, None) if spread.units.len() < LEAST_UNITS => Some(format!(
            "no interval: {} of the {LEAST_UNITS} {} it needs",
            spread.units.len(),
            if spread.units.are_windows() {
                "uncorrelated windows"
            } else {
                "units"
            },
        )),
        _ => None,
    };
    Reading {
        value,
        n: Some(spread.whole.n),
        interval,
        is_reported: false,
        note,
    }
}

fn summarised(workload: &Workload, judged: &Judged, reported: &Reported<'_>) -> Reading {
    let metric = Measured::Known(judged.metric);
    let statistic = match judged.statistic {
        TargetStatistic::Mean => Statistic::Mean,
        TargetStatistic::P95 => Statistic::P95,
    };
    let aggregate = reported.overall(metric, statistic);
    let note = if aggregate.is_some() {
        "as reported by the input".to_owned()
    } else {
        match reported.dimension_of(workload, metric, statistic) {
            Some(dimension) => format!("reported by {dimension} only"),
            None => "not measured".to_owned(),
        }
    };
    Reading {
        value: aggregate.map(|a| a.value),
        n: aggregate.and_then(|a| a.n),
        interval: None,
        is_reported: aggregate.is_some(),
        note: Some(note),
    }
}

fn titled(title: &str, unit: Unit, statistic: TargetStatistic) -> String {
    match statistic {
        TargetStatistic::P95 => format!("{title}, p95"),
        // Of a ratio the mean is what anybody expects.
        TargetStatistic::Mean if unit == Unit::Ratio => title.to_owned(),
        TargetStatistic::Mean => format!("{title}, mean"),
    }
}

/// Beginning and end of the bar: ratios 0 to 1 (success rates from 0.9 where everything shown lies
/// above), others 0 to a round number beyond target and interval.
fn scale(
    unit: Unit,
    reading: &Reading,
    target: Option<&TargetRow>,
    metric: Option<Metric>,
) -> (f64, f64) {
    let shown = [
        reading.value,
        reading.interval.as_ref().map(|i| i.low),
        reading.interval.as_ref().map(|i| i.high),
        target.map(|t| t.value),
    ];
    let shown = shown.into_iter().flatten();
    if unit == Unit::Ratio {
        let largest = shown.clone().fold(1.0, f64::max);
        let is_narrow = metric == Some(Metric::SuccessRate) && shown.clone().all(|v| v >= 0.9);
        let top = if largest > 1.0 {
            round_up(largest)
        } else {
            1.0
        };
        return (if is_narrow { 0.9 } else { 0.0 }, top);
    }
    let wanted = target.map_or(0.0, |t| t.value * BAR);
    (0.0, round_up(shown.fold(wanted, f64::max)))
}

/// The smallest of 1, 2, 2.5, 5 × a power of ten that is not below `value`; 1 where there is none.
fn round_up(value: f64) -> f64 {
    if !(value > 0.0 && value.is_finite()) {
        return 1.0;
    }
    let power = 10_f64.powf(value.log10().floor());
    // A hair of slack, so that 5 ÷ 3 × 3 is 5.
    [1.0, 2.0, 2.5, 5.0]
        .into_iter()
        .map(|step| step * power)
        .find(|end| *end * (1.0 + 1e-9) >= value)
        .unwrap_or(10.0 * power)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_end_at_round_numbers() {
        for (value, end) in [
            (5.0, 5.0),
            (3.0 * BAR, 5.0),
            (8.34, 10.0),
            (0.0012, 0.002),
            (-1.0, 1.0),
        ] {
            assert!((round_up(value) - end).abs() < 1e-12, "{value}");
        }
    }
}
