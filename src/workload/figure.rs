//! Sums: a quantity with its distribution, the same in the making, and n and sum alone.

use crate::metrics::Unit;

use super::Values;
use super::histogram::{Dense, Histogram};
use super::measure::Part;

/// A quantity summed over records: n, exact sum, extremes, distribution.
///
/// Values are whole numbers: the metric's unit × [`Unit::scale`]. For a share (hits ÷ lookups) `n`
/// is the denominator, `sum` the numerator × the scale, and there is no histogram.
#[derive(Debug, Clone, PartialEq, Eq, Default, bitcode::Encode, bitcode::Decode)]
pub struct Figure {
    /// Values, or the denominator of a share.
    pub n: u64,
    /// Exact sum.
    pub sum: i128,
    /// Smallest value; meaningless while `n` is 0.
    pub min: i64,
    /// Largest value; meaningless while `n` is 0.
    pub max: i64,
    /// Distribution of the values; empty for shares and totals.
    pub histogram: Histogram,
}

impl Figure {
    /// Of values in any order.
    pub(super) fn of_values(values: impl Iterator<Item = i64> + Clone) -> Self {
        let mut figure = Self {
            histogram: Histogram::of_values(values.clone()),
            ..Self::default()
        };
        values.for_each(|value| figure.note(value));
        figure
    }

    /// Adds one value.
    pub fn add(&mut self, value: i64) {
        self.note(value);
        self.histogram.add(value);
    }

    /// Adds one value to all but the distribution.
    pub(super) fn note(&mut self, value: i64) {
        self.min = if self.n == 0 {
            value
        } else {
            self.min.min(value)
        };
        self.max = if self.n == 0 {
            value
        } else {
            self.max.max(value)
        };
        self.n += 1;
        self.sum += i128::from(value);
    }

    /// Adds to a share: `hits` of `of`, in whole numbers; stored × 10⁹.
    pub fn add_share(&mut self, hits: u64, of: u64) {
        self.n += of;
        self.sum += i128::from(hits) * 1_000_000_000;
    }

    /// Adds another figure to this one.
    pub fn merge(&mut self, other: &Figure) {
        self.merge_all_but_histogram(other);
        self.histogram.merge(&other.histogram);
    }

    fn merge_all_but_histogram(&mut self, other: &Figure) {
        if other.n == 0 {
            return;
        }
        self.min = if self.n == 0 {
            other.min
        } else {
            self.min.min(other.min)
        };
        self.max = if self.n == 0 {
            other.max
        } else {
            self.max.max(other.max)
        };
        self.n += other.n;
        self.sum += other.sum;
    }

    /// n and sum alone.
    #[must_use]
    pub fn without_distribution(&self) -> Total {
        Total {
            n: self.n,
            sum: self.sum,
        }
    }

    /// Mean in the metric's unit (of a share: the pooled ratio). `None` when n is 0.
    #[must_use]
    pub fn mean(&self, unit: Unit) -> Option<f64> {
        self.without_distribution().mean(unit)
    }

    /// Sum in the metric's unit.
    #[must_use]
    #[allow(clippy::cast_precision_loss)]
    pub fn total(&self, unit: Unit) -> f64 {
        float(self.sum) / unit.scale()
    }

    /// Quantile `q` in the metric's unit: inverse distribution function on the buckets, clamped to
    /// [min, max]; at most 0.4 % off. `None` without values, for shares and totals, and where some
    /// values are negative, which the histogram does not hold.
    #[must_use]
    #[allow(clippy::cast_precision_loss)]
    pub fn quantile(&self, q: f64, unit: Unit) -> Option<f64> {
        if self.min < 0 {
            return None;
        }
        self.histogram
            .quantile(q)
            .map(|v| v.clamp(self.min, self.max) as f64 / unit.scale())
    }
}

/// A [`Figure`] in the making, to which very much is added.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    /// All but the distribution.
    figure: Figure,
    histogram: Dense,
}

impl Tally {
    /// Adds the values of a cell.
    pub fn add(&mut self, values: &Values) {
        self.add_part(values.part());
    }

    /// Adds a figure.
    pub fn merge(&mut self, figure: &Figure) {
        self.add_part(Part::Figure(figure));
    }

    /// The figure.
    #[must_use]
    pub fn finish(self) -> Figure {
        Figure {
            histogram: self.histogram.finish(),
            ..self.figure
        }
    }

    /// Adds what something tells of a metric.
    pub(crate) fn add_part(&mut self, part: Part<'_>) {
        match part {
            Part::Value(value) => {
                self.figure.note(value);
                self.histogram.add(value);
            }
            Part::Figure(other) => {
                self.figure.merge_all_but_histogram(other);
                self.histogram.merge(&other.histogram);
            }
            other => other.add_to(&mut self.figure),
        }
    }
}

/// The n and the sum of a [`Figure`], without its distribution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Total {
    /// Values, or the denominator of a share.
    pub n: u64,
    /// Exact sum.
    pub sum: i128,
}

impl From<Total> for Figure {
    /// Without extremes and distribution.
    fn from(Total { n, sum }: Total) -> Self {
        Self {
            n,
            sum,
            ..Self::default()
        }
    }
}

impl Total {
    /// Adds another one to this one.
    pub fn merge(&mut self, other: Total) {
        self.n += other.n;
        self.sum += other.sum;
    }

    /// Sum in the metric's unit.
    #[must_use]
    #[allow(clippy::cast_precision_loss)]
    pub fn total(self, unit: Unit) -> f64 {
        float(self.sum) / unit.scale()
    }

    /// Mean in the metric's unit (of a share: the pooled ratio). `None` when n is 0.
    #[must_use]
    #[allow(clippy::cast_precision_loss)]
    pub fn mean(&self, unit: Unit) -> Option<f64> {
        (self.n > 0).then(|| float(self.sum) / self.n as f64 / unit.scale())
    }
}

/// The nearest float. Nearly every sum fits into 64 bits, from which it is the same and found faster.
#[allow(clippy::cast_precision_loss)]
pub(crate) fn float(sum: i128) -> f64 {
    match i64::try_from(sum) {
        Ok(sum) => sum as f64,
        Err(_) => sum as f64,
    }
}
