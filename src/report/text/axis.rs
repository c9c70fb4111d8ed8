//! The vertical axis of a chart: from 0 to a round number, with round ticks.

use super::super::signs::Signs;
use super::super::words;
use crate::metrics::Unit;

/// Rows, ticks and labels.
#[derive(Debug)]
pub(super) struct Axis {
    /// Value at the upper edge of the highest row.
    top: f64,
    rows: usize,
    /// Label of each tick, from the lowest.
    labels: Vec<String>,
}

impl Axis {
    /// An axis that reaches `largest` with at most `rows` rows (at least 4).
    pub(super) fn new(unit: Unit, largest: f64, rows: usize, signs: &Signs) -> Self {
        let rows = rows.max(4);
        let (divisor, suffix) = measure(unit, largest);
        let scaled = largest / divisor;
        let (step, ticks) = round_step(scaled, rows / 2);
        let decimals = decimals_of(step);
        let labels = (1..=ticks)
            .map(|tick| {
                let number = words::fixed(step * to_f64(tick), decimals, signs);
                match (unit, suffix) {
                    (Unit::Usd, _) => format!("${number}"),
                    (_, "") => number,
                    _ => format!("{number} {suffix}"),
                }
            })
            .collect();
        Self {
            top: step * to_f64(ticks) * divisor,
            rows: ticks * (rows / ticks).clamp(2, 4),
            labels,
        }
    }

    /// Rows of the plot.
    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    /// Columns of the widest label.
    pub(super) fn label_columns(&self) -> usize {
        self.labels
            .iter()
            .map(|l| super::super::escape::width(l))
            .max()
            .unwrap_or(0)
            .max(5)
    }

    /// Label at the upper edge of the `n`th row from below, where there is a tick.
    pub(super) fn label(&self, n: usize) -> Option<String> {
        let per_tick = self.rows / self.labels.len().max(1);
        (n > 0 && n.is_multiple_of(per_tick))
            .then(|| self.labels.get(n / per_tick - 1).cloned())
            .flatten()
    }

    /// The row (from 0 at the bottom) in which a value's end lies.
    pub(super) fn row_of(&self, value: f64) -> Option<usize> {
        (0..self.rows).find(|&row| value <= self.edge(row + 1) * (1.0 + 1e-9))
    }

    /// How high a value fills a row, in steps of `steps` to the full height. What is not 0 shows in
    /// the lowest row.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    pub(super) fn eighths(&self, value: f64, row: usize, steps: usize) -> usize {
        let share = (value - self.edge(row)) / (self.edge(row + 1) - self.edge(row));
        let height = (share.clamp(0.0, 1.0) * to_f64(steps)).round() as usize;
        if row == 0 && value > 0.0 {
            height.max(1)
        } else {
            height
        }
    }

    fn edge(&self, row: usize) -> f64 {
        self.top * to_f64(row) / to_f64(self.rows)
    }
}

/// The unit of the labels, by the largest value.
fn measure(unit: Unit, largest: f64) -> (f64, &'static str) {
    match unit {
        Unit::Ratio => (0.01, "%"),
        Unit::Seconds => match largest {
            v if v < 0.1 => (1e-3, "ms"),
            v if v < 300.0 => (1.0, "s"),
            v if v < 3.0 * 3600.0 => (60.0, "min"),
            _ => (3600.0, "h"),
        },
        Unit::Bytes => match largest {
            v if v < 1e3 => (1.0, "B"),
            v if v < 1e6 => (1e3, "kB"),
            v if v < 1e9 => (1e6, "MB"),
            v if v < 1e12 => (1e9, "GB"),
            _ => (1e12, "TB"),
        },
        Unit::Count | Unit::Number | Unit::Factor | Unit::Usd | Unit::Unknown => (1.0, ""),
    }
}

/// The smallest of 1, 2, 2.5, 5 × a power of ten that reaches `largest` in at most `most` steps.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn round_step(largest: f64, most: usize) -> (f64, usize) {
    let power = 10f64.powf((largest / to_f64(most)).log10().floor());
    let ticks = |step: f64| (largest / step - 1e-9).ceil().max(1.0) as usize;
    [1.0, 2.0, 2.5, 5.0, 10.0]
        .into_iter()
        .map(|m| m * power)
        .find(|&step| ticks(step) <= most)
        .map_or((largest, 1), |step| (step, ticks(step)))
}

/// Decimals that a step needs.
fn decimals_of(step: f64) -> usize {
    (0..6)
        .find(|&d| {
            let scaled = step * 10f64.powi(d);
            (scaled - scaled.round()).abs() < 1e-6 * scaled.max(1e-9)
        })
        .map_or(6, |d| usize::try_from(d).unwrap_or(6))
}

#[allow(clippy::cast_precision_loss)]
fn to_f64(n: usize) -> f64 {
    n as f64
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::super::signs::UNICODE;
    use super::*;

    #[test]
    fn round_ticks() {
        assert_eq!(round_step(3.2, 4), (1.0, 4));
        assert_eq!(round_step(10.4, 4), (5.0, 3));
        assert_eq!(round_step(99.8, 4), (25.0, 4));
        assert_eq!(round_step(0.07, 4), (0.02, 4));
        assert_eq!(round_step(4.0, 4), (1.0, 4));
    }

    #[test]
    fn rows_and_labels() {
        let axis = Axis::new(Unit::Seconds, 3.2, 8, &UNICODE);
        assert_eq!(axis.rows(), 8);
        assert_eq!(axis.label(8).unwrap(), "4 s");
        assert_eq!(axis.label(7), None);
        assert_eq!(axis.label(2).unwrap(), "1 s");
        // 3.0 s ends in the row from 2.5 to 3.0 s.
        assert_eq!(axis.row_of(3.0), Some(5));
        // 2.43 s fills 0.86 of the row from 2.0 to 2.5 s.
        assert_eq!(axis.eighths(2.43, 4, 8), 7);
        assert_eq!(axis.eighths(2.43, 3, 8), 8);
        assert_eq!(axis.eighths(2.43, 5, 8), 0);
    }

    #[test]
    fn few_ticks_get_more_rows() {
        let axis = Axis::new(Unit::Ratio, 0.97, 8, &UNICODE);
        assert_eq!((axis.rows(), axis.label(8).unwrap()), (8, "100 %".into()));
        let axis = Axis::new(Unit::Seconds, 0.05, 6, &UNICODE);
        assert_eq!(axis.label(axis.rows()).unwrap(), "60 ms");
    }
}
