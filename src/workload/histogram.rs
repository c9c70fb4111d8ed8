//! Histogram of whole numbers: 128 steps per doubling, so a value is at most 1/256 (0.39 %) off.
//!
//! No floating logarithm, so that a database computes the very same buckets: for v < 256 the bucket
//! is v; else with e = floor(log2 v) it is (e − 7)·128 + (v >> (e − 7)).

/// Counts of whole numbers by bucket, sparse. Negative numbers are not counted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Histogram {
    buckets: Vec<(u16, u32)>,
}

impl Histogram {
    /// Adds one value; a negative one is left out.
    pub fn add(&mut self, _value: i64) {}

    /// Adds all counts of another histogram.
    pub fn merge(&mut self, _other: &Histogram) {}

    /// The smallest value with at least `q` of the counts at or below it. `None` when empty.
    #[must_use]
    pub fn quantile(&self, _q: f64) -> Option<i64> {
        None
    }

    /// How many values were counted.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.buckets.iter().map(|(_, n)| u64::from(*n)).sum()
    }

    /// How many values lie in buckets above that of `value`.
    #[must_use]
    pub fn above(&self, _value: i64) -> u64 {
        0
    }
}
