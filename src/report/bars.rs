//! Bars of the key indicators and of lists.

use super::pen::{Pen, Tone};
use crate::assessment::Indicator;

/// The bar of an indicator: full up to the interval, hatched within, the target as a mark.
/// `None` without a value or a usable scale.
pub(super) fn indicator(indicator: &Indicator, columns: usize, pen: &Pen<'_>) -> Option<String> {
    let value = indicator.value?;
    let (low, high) = (indicator.scale_low, indicator.scale_high);
    let is_scale = low.is_finite() && high.is_finite() && high > low && value.is_finite();
    if !is_scale || columns < 3 {
        return None;
    }
    // Cells that lie wholly or mostly below a value.
    let cells = |v: f64| {
        let share = ((v - low) / (high - low)).clamp(0.0, 1.0);
        to_cells(share * to_f64(columns), columns)
    };
    let (full, band) = match &indicator.interval {
        Some(i) if i.low.is_finite() && i.high.is_finite() => (cells(i.low), cells(i.high)),
        _ => (cells(value), cells(value)),
    };
    let signs = pen.signs;
    let mut drawn: Vec<&str> = (0..columns)
        .map(|cell| match cell {
            c if c < full => signs.bar,
            c if c < band => signs.band,
            _ => signs.track,
        })
        .collect();
    if let Some(target) = indicator.target.as_ref().filter(|t| t.value.is_finite()) {
        drawn[cells(target.value).min(columns - 1)] = signs.target;
    }
    if value > high {
        drawn[columns - 1] = signs.beyond;
    }
    Some(painted(&drawn, pen))
}

/// A bar of a list: as many squares as `share` of `columns`; at least one for what is not nothing.
pub(super) fn share(share: f64, columns: usize, pen: &Pen<'_>) -> String {
    let squares = to_cells(share.clamp(0.0, 1.0) * to_f64(columns), columns);
    let squares = if share > 0.0 { squares.max(1) } else { 0 };
    pen.paint(Tone::Bar, &pen.signs.square.repeat(squares))
}

/// Runs of filled cells in colour, the rest plain.
fn painted(cells: &[&str], pen: &Pen<'_>) -> String {
    let is_filled = |cell: &str| cell == pen.signs.bar || cell == pen.signs.band;
    let mut out = String::new();
    for run in cells.chunk_by(|a, b| is_filled(a) == is_filled(b)) {
        let text = run.concat();
        if is_filled(run[0]) {
            out.push_str(&pen.paint(Tone::Bar, &text));
        } else {
            out.push_str(&text);
        }
    }
    out
}

#[allow(clippy::cast_precision_loss)]
fn to_f64(columns: usize) -> f64 {
    columns as f64
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn to_cells(cells: f64, most: usize) -> usize {
    (cells.round().max(0.0) as usize).min(most)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::Style;
    use super::*;
    use crate::assessment::{Interval, Limit, TargetRow, TargetVerdict};
    use crate::metrics::Unit;

    fn response() -> Indicator {
        Indicator {
            title: "Response time, mean".into(),
            metric: "response_time".into(),
            statistic: "mean".into(),
            unit: Unit::Seconds,
            value: Some(2.7),
            n: Some(9412),
            interval: Some(Interval {
                of: "mean".into(),
                low: 2.58,
                high: 2.83,
                level: 0.95,
                method: "test".into(),
            }),
            target: Some(TargetRow {
                value: 3.0,
                limit: Limit::Upper,
                of: "mean".into(),
                origin: "profile".into(),
            }),
            verdict: TargetVerdict::Met,
            scale_low: 0.0,
            scale_high: 5.0,
            reported: false,
            note: None,
        }
    }

    #[test]
    fn value_interval_target() {
        let style = Style::default();
        let pen = Pen::new(&style);
        // 24 cells for 5 s: 2.58 s is 12.4 cells, 2.83 s 13.6, the target 14.4.
        assert_eq!(
            indicator(&response(), 24, &pen).unwrap(),
            "████████████▓▓┃·········"
        );
    }

    #[test]
    fn beyond_the_scale() {
        let style = Style::default();
        let pen = Pen::new(&style);
        let mut beyond = response();
        beyond.value = Some(9.0);
        beyond.interval = None;
        assert_eq!(indicator(&beyond, 10, &pen).unwrap(), "██████┃██»");
        beyond.value = None;
        assert_eq!(indicator(&beyond, 10, &pen), None);
    }
}
