//! Effects and verdicts of comparisons in words.

use super::pen::{Pen, Tone};
use super::words;
use crate::assessment::{Comparison, ComparisonVerdict, EffectKind};
use crate::metrics::Unit;

/// `×0.68`, `−13.1` (points).
pub(super) fn effect<V>(c: &Comparison<V>, pen: &Pen<'_>) -> String {
    match &c.effect {
        Some(e) if e.kind == EffectKind::Ratio => words::factor(e.estimate, pen.signs),
        Some(e) => difference(c.unit, e.estimate, pen),
        None => match c.plain_effect {
            Some(e) if e.kind == EffectKind::Ratio => words::factor(e.estimate, pen.signs),
            Some(e) => difference(c.unit, e.estimate, pen),
            None => pen.signs.dash.into(),
        },
    }
}

/// `0.63 to 0.74`, `−16.0 to −10.2 points`.
pub(super) fn effect_span<V>(c: &Comparison<V>, pen: &Pen<'_>) -> String {
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
        None if c.plain_effect.is_some() => "no interval".into(),
        None => s.dash.into(),
    }
}

/// What stands behind a difference: ` points` where it is one of ratios.
pub(super) fn points<V>(c: &Comparison<V>) -> &'static str {
    let kind = c.effect.as_ref().map(|e| e.kind);
    match kind.or_else(|| c.plain_effect.map(|e| e.kind)) {
        Some(EffectKind::Difference) if c.unit == Unit::Ratio => " points",
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

/// The change that so many units can show: `×1.18`, `3.8 points`.
pub(super) fn detectable<V>(c: &Comparison<V>, pen: &Pen<'_>) -> Option<String> {
    let size = c.detectable?;
    Some(match c.effect.as_ref()?.kind {
        EffectKind::Ratio => words::factor(size, pen.signs),
        EffectKind::Difference if c.unit == Unit::Ratio => words::glued(&format!(
            "{} points",
            words::fixed(size * 100.0, 1, pen.signs)
        )),
        EffectKind::Difference => words::amount(c.unit, size, pen.signs),
    })
}

/// The largest difference that does not matter: `×1.05`, `5.0 points`, `± 3 ms`.
pub(super) fn tolerance<V>(c: &Comparison<V>, pen: &Pen<'_>) -> String {
    let s = pen.signs;
    let kind = c.effect.as_ref().map(|e| e.kind);
    match (c.tolerance, kind) {
        (Some(t), Some(EffectKind::Difference)) if c.unit != Unit::Ratio => {
            let amount = words::amount(c.unit, t * c.base_value.unwrap_or(0.0).abs(), s);
            words::glued(&format!("{} {amount}", s.plus_minus))
        }
        (Some(t), _) if c.unit == Unit::Ratio => {
            words::glued(&format!("{} points", words::fixed(t * 100.0, 1, s)))
        }
        (Some(t), _) => words::factor(1.0 + t, s),
        (None, _) => s.dash.into(),
    }
}

/// How many units were compared: `41 pairs`, `12 units a group`.
pub(super) fn compared_units<V>(c: &Comparison<V>) -> String {
    let units = c.units[0].min(c.units[1]);
    if c.paired {
        words::counted(units, "pair", "pairs")
    } else {
        words::counted(units, "unit a group", "units a group")
    }
}

/// The test in words: what decided a verdict.
pub(super) fn test_name(test: &str) -> &str {
    match test {
        "wilcoxon-signed-rank" => "Wilcoxon signed rank",
        "brunner-munzel-permutation" => "Brunner-Munzel",
        "permutation-of-units" => "permutation of units",
        "exchange-of-pairs" => "exchange within pairs",
        "boschloo" => "Boschloo",
        "bootstrap-of-units" => "bootstrap of units",
        other => other,
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
