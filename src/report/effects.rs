//! Effects and verdicts of comparisons in words.

use super::pen::{Pen, Tone};
use super::words;
use crate::assessment::{Comparison, ComparisonVerdict, EffectKind};
use crate::metrics::Unit;

/// `×0.68`, `−13.1` (points).
pub(super) fn effect(c: &Comparison, pen: &Pen<'_>) -> String {
    match &c.effect {
        Some(e) if e.kind == EffectKind::Ratio => words::factor(e.estimate, pen.signs),
        Some(e) => difference(c.unit, e.estimate, pen),
        None => pen.signs.dash.into(),
    }
}

/// `0.63 to 0.74`, `−16.0 to −10.2 points`.
pub(super) fn effect_span(c: &Comparison, pen: &Pen<'_>) -> String {
    let s = pen.signs;
    match &c.effect {
        Some(e) if e.kind == EffectKind::Ratio => format!(
            "{} to {}",
            words::factor_figure(e.low, s),
            words::factor_figure(e.high, s)
        ),
        Some(e) => format!(
            "{} to {}{}",
            difference(c.unit, e.low, pen),
            difference(c.unit, e.high, pen),
            points(c)
        ),
        None => s.dash.into(),
    }
}

/// What stands behind a difference: ` points` where it is one of ratios.
pub(super) fn points(c: &Comparison) -> &'static str {
    match &c.effect {
        Some(e) if e.kind == EffectKind::Difference && c.unit == Unit::Ratio => " points",
        _ => "",
    }
}

/// A difference with its sign: of ratios in points, else with its unit.
pub(super) fn difference(unit: Unit, value: f64, pen: &Pen<'_>) -> String {
    if unit == Unit::Ratio {
        return words::signed(value * 100.0, 1, pen.signs);
    }
    let amount = words::amount(unit, value, pen.signs);
    if value > 0.0 {
        format!("+{amount}")
    } else {
        amount
    }
}

/// The word for a comparison, coloured.
pub(super) fn painted(verdict: ComparisonVerdict, pen: &Pen<'_>) -> String {
    let tone = match verdict {
        ComparisonVerdict::Better => Tone::Good,
        ComparisonVerdict::Worse => Tone::Bad,
        ComparisonVerdict::Inconclusive => Tone::Bold,
        _ => return verdict_word(verdict).into(),
    };
    pen.paint(tone, verdict_word(verdict))
}

/// The word for a comparison.
pub(super) fn verdict_word(verdict: ComparisonVerdict) -> &'static str {
    match verdict {
        ComparisonVerdict::Better => "better",
        ComparisonVerdict::Worse => "worse",
        ComparisonVerdict::Same => "same",
        ComparisonVerdict::Inconclusive => "inconclusive",
        ComparisonVerdict::Insufficient => "insufficient",
        ComparisonVerdict::Different => "different",
    }
}
