//! A metric that not both sides have measured: plain numbers where it arrived summarised, else only a word.

use crate::assessment::{Comparison, ComparisonVerdict, EffectKind, Known, PlainEffect, Reason};
use crate::metrics::{Kind, Unit};
use crate::record::Statistic;

use super::contrast::{Side, group_of, measured};
use super::reported::Reported;
use super::spread::{Spread, Traits};

/// One side's value, and how many are behind it where that is known.
struct Figure {
    value: f64,
    n: u64,
    units: u64,
}

/// What can be said without an interval: both values and what lies between them, or which side has none.
/// `None` where neither side has the metric.
pub(super) fn comparison(
    sides: [&Side<'_>; 2],
    spreads: [Option<&Spread>; 2],
    metric: &str,
    dimension: &str,
) -> Option<Comparison> {
    let figures = [0, 1].map(|i| figure(sides[i], spreads[i], metric));
    let with = figures.iter().position(Option::is_some)?;
    let traits = Traits::of(
        sides[with].workload,
        measured(sides[with].workload, metric)?,
    );
    let [a, b] = &figures;
    let kind = match traits.unit {
        Unit::Ratio => EffectKind::Difference,
        _ => EffectKind::Ratio,
    };
    let effect = a.as_ref().zip(b.as_ref()).map(|(a, b)| PlainEffect {
        kind,
        estimate: kind.of(a.value, b.value).unwrap_or(f64::NAN),
    });
    let (reason, note) = match (a, b) {
        (Some(_), Some(_)) => (
            Reason::NoInterval,
            "no interval: these are summaries of the input, without the values behind them".into(),
        ),
        (None, _) => (Reason::Absent, absent(sides[0])),
        (_, None) => (Reason::Absent, absent(sides[1])),
    };
    let count = |f: &Option<Figure>| f.as_ref().map_or(0, |f| f.n);
    let units = |f: &Option<Figure>| f.as_ref().map_or(0, |f| f.units);
    Some(Comparison {
        metric: traits.name,
        unit: traits.unit,
        direction: traits.direction,
        dimension: dimension.to_owned(),
        base: sides[0].label.clone(),
        candidate: sides[1].label.clone(),
        n: [count(a), count(b)],
        units: [units(a), units(b)],
        paired: false,
        base_value: a.as_ref().map(|f| f.value),
        candidate_value: b.as_ref().map(|f| f.value),
        effect: None,
        plain_effect: effect.filter(|e| e.estimate.is_finite()),
        test: None,
        p: None,
        p_adjusted: None,
        tolerance: None,
        detectable: None,
        n_needed: None,
        verdict: ComparisonVerdict::Insufficient,
        reason: Some(reason),
        note: Some(note),
        known: Known::default(),
    })
}

fn absent(side: &Side<'_>) -> String {
    format!("not measured in {}", side.label)
}

/// What was measured, else what was reported: of a part of the input for its value of the dimension, of a
/// whole input without any dimension.
fn figure(side: &Side<'_>, spread: Option<&Spread>, metric: &str) -> Option<Figure> {
    if let Some(spread) = spread {
        return Some(Figure {
            value: group_of(side, spread).shown()?,
            n: spread.whole.n,
            units: spread.units.len() as u64,
        });
    }
    let measured = measured(side.workload, metric)?;
    let statistic = match Traits::of(side.workload, measured).kind {
        Kind::Total => Statistic::Total,
        Kind::Value | Kind::Share => Statistic::Mean,
    };
    let reported = Reported::of(side.workload);
    let found = match side.filter.dims.as_slice() {
        [] => reported.overall(measured, statistic),
        [(dimension, value), ..] => {
            reported.for_value(side.workload, measured, statistic, *dimension, *value)
        }
    }?;
    Some(Figure {
        value: found.value,
        n: found.n.unwrap_or(0),
        units: 0,
    })
}
