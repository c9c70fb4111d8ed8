//! Histogram of whole numbers: 128 steps per doubling, so a value is at most 1/256 (0.39 %) off.
//!
//! No floating logarithm, so that a database computes the very same buckets: for v < 256 the bucket
//! is v; else with e = floor(log2 v) it is (e − 7)·128 + (v >> (e − 7)).

use std::cmp::Ordering;

/// Steps per doubling.
const STEPS: u64 = 128;

/// Counts of whole numbers by bucket, sparse. Negative numbers are not counted.
#[derive(Debug, Clone, PartialEq, Eq, Default, bitcode::Encode, bitcode::Decode)]
pub struct Histogram {
    buckets: Buckets,
}

/// Bucket and count, sorted by bucket; no count is 0. Most histograms have a single bucket, which
/// needs no list.
#[derive(Debug, Clone, PartialEq, Eq, bitcode::Encode, bitcode::Decode)]
enum Buckets {
    /// Exactly one.
    One([(u16, u32); 1]),
    /// None, or several.
    Several(Vec<(u16, u32)>),
}

impl Default for Buckets {
    fn default() -> Self {
        Buckets::Several(Vec::new())
    }
}

impl From<Vec<(u16, u32)>> for Buckets {
    fn from(buckets: Vec<(u16, u32)>) -> Self {
        match buckets.as_slice() {
            [one] => Buckets::One([*one]),
            _ => Buckets::Several(buckets),
        }
    }
}

/// The bucket of a value.
///
/// ```
/// use perfadvise::workload::histogram::bucket;
/// assert_eq!((bucket(255), bucket(256), bucket(257), bucket(258)), (255, 256, 256, 257));
/// ```
#[must_use]
pub fn bucket(value: u64) -> u16 {
    if value < 2 * STEPS {
        // Below 256 a bucket is one number.
        return value as u16;
    }
    let shift = u64::from(63 - value.leading_zeros()) - 7;
    // At most 56 · 128 + 255 = 7,423.
    (shift * STEPS + (value >> shift)) as u16
}

/// The value that stands for a bucket: the middle of what falls into it, rounded down.
#[must_use]
pub fn bucket_value(bucket: u16) -> u64 {
    let bucket = u64::from(bucket);
    if bucket < 2 * STEPS {
        return bucket;
    }
    let shift = bucket / STEPS - 1;
    let step = bucket % STEPS + STEPS;
    // A number that is no bucket (above 7,423) gets the largest value.
    if shift > 56 {
        return u64::MAX;
    }
    (step << shift) + ((1 << shift) - 1) / 2
}

/// The largest number of a bucket.
const LAST: u16 = 7_423;

impl Histogram {
    /// Of buckets with their counts. `None` where they are not in order, or no buckets, or empty.
    #[must_use]
    pub fn of(buckets: Vec<(u16, u32)>) -> Option<Self> {
        let is_in_order = buckets.windows(2).all(|w| w[0].0 < w[1].0);
        let are_counts = buckets.iter().all(|(bucket, n)| *bucket <= LAST && *n > 0);
        (is_in_order && are_counts).then(|| Self {
            buckets: buckets.into(),
        })
    }

    /// Of values in any order; negative ones are left out.
    pub(super) fn of_values(values: impl Iterator<Item = i64>) -> Self {
        let known = values.filter_map(|value| u64::try_from(value).ok());
        Self::of_buckets(&mut known.map(bucket).collect::<Vec<u16>>())
    }

    /// Of the buckets of all values, in any order.
    pub(super) fn of_buckets(all: &mut [u16]) -> Self {
        all.sort_unstable();
        let counts = || all.chunk_by(|a, b| a == b);
        let count = |same: &[u16]| (same[0], u32::try_from(same.len()).unwrap_or(u32::MAX));
        let mut buckets: Vec<(u16, u32)> = Vec::with_capacity(counts().count());
        buckets.extend(counts().map(count));
        Self {
            buckets: buckets.into(),
        }
    }

    /// Adds one value; a negative one is left out.
    pub fn add(&mut self, value: i64) {
        if let Ok(value) = u64::try_from(value) {
            self.add_counts(bucket(value), 1);
        }
    }

    /// Adds all counts of another histogram.
    pub fn merge(&mut self, other: &Histogram) {
        let (mine, others) = (self.buckets(), other.buckets());
        if mine.is_empty() {
            self.buckets.clone_from(&other.buckets);
        } else if others.len() * 8 < mine.len() || others.len() == 1 {
            for (bucket, n) in others {
                self.add_counts(*bucket, *n);
            }
        } else {
            self.buckets = merged(mine, others).into();
        }
    }

    /// The smallest value with at least `q` of the counts at or below it. `None` when empty.
    #[must_use]
    #[allow(clippy::cast_precision_loss)]
    pub fn quantile(&self, q: f64) -> Option<i64> {
        let wanted = (q * self.count() as f64).ceil().max(1.0);
        let mut below = 0_u64;
        for (bucket, n) in self.buckets() {
            below += u64::from(*n);
            if below as f64 >= wanted {
                return Some(value_of(*bucket));
            }
        }
        // A q above 1, or NaN: the largest.
        self.buckets().last().map(|(bucket, _)| value_of(*bucket))
    }

    /// How many values were counted.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.buckets().iter().map(|(_, n)| u64::from(*n)).sum()
    }

    /// How many values lie in buckets above that of `value`.
    #[must_use]
    pub fn above(&self, value: i64) -> u64 {
        let Ok(value) = u64::try_from(value) else {
            return self.count();
        };
        let buckets = self.buckets();
        let first = buckets.partition_point(|(b, _)| *b <= bucket(value));
        buckets[first..].iter().map(|(_, n)| u64::from(*n)).sum()
    }

    /// Buckets with their counts, in order.
    #[must_use]
    pub fn buckets(&self) -> &[(u16, u32)] {
        match &self.buckets {
            Buckets::One(one) => one,
            Buckets::Several(several) => several,
        }
    }

    fn add_counts(&mut self, bucket: u16, n: u32) {
        match &mut self.buckets {
            Buckets::One([own]) if own.0 == bucket => own.1 = own.1.saturating_add(n),
            Buckets::One([own]) => {
                let mut both = vec![*own, (bucket, n)];
                both.sort_unstable();
                self.buckets = Buckets::Several(both);
            }
            Buckets::Several(none) if none.is_empty() => {
                self.buckets = Buckets::One([(bucket, n)]);
            }
            Buckets::Several(buckets) => match buckets.binary_search_by_key(&bucket, |(b, _)| *b) {
                Ok(at) => buckets[at].1 = buckets[at].1.saturating_add(n),
                Err(at) => buckets.insert(at, (bucket, n)),
            },
        }
    }
}

/// A histogram in the making, with room for every bucket: adding to it takes the same time however
/// many buckets are in use.
#[derive(Debug, Clone, Default)]
pub(super) struct Dense {
    counts: Vec<u32>,
}

impl Dense {
    /// Adds one value; a negative one is left out.
    pub(super) fn add(&mut self, value: i64) {
        if let Ok(value) = u64::try_from(value) {
            self.add_counts(bucket(value), 1);
        }
    }

    /// Adds all counts of a histogram.
    pub(super) fn merge(&mut self, other: &Histogram) {
        for (bucket, n) in other.buckets() {
            self.add_counts(*bucket, *n);
        }
    }

    /// The histogram.
    pub(super) fn finish(&self) -> Histogram {
        let used = (0..).zip(&self.counts).filter(|(_, n)| **n > 0);
        let buckets: Vec<(u16, u32)> = used.map(|(bucket, n)| (bucket, *n)).collect();
        Histogram {
            buckets: buckets.into(),
        }
    }

    fn add_counts(&mut self, bucket: u16, n: u32) {
        let at = usize::from(bucket);
        if at >= self.counts.len() {
            self.counts.resize(usize::from(LAST) + 1, 0);
        }
        if let Some(count) = self.counts.get_mut(at) {
            *count = count.saturating_add(n);
        }
    }
}

fn merged(mut a: &[(u16, u32)], mut b: &[(u16, u32)]) -> Vec<(u16, u32)> {
    let mut merged = Vec::with_capacity(a.len() + b.len());
    while let ([x, rest_a @ ..], [y, rest_b @ ..]) = (a, b) {
        match x.0.cmp(&y.0) {
            Ordering::Less => {
                merged.push(*x);
                a = rest_a;
            }
            Ordering::Greater => {
                merged.push(*y);
                b = rest_b;
            }
            Ordering::Equal => {
                merged.push((x.0, x.1.saturating_add(y.1)));
                (a, b) = (rest_a, rest_b);
            }
        }
    }
    merged.extend_from_slice(a);
    merged.extend_from_slice(b);
    merged
}

fn value_of(bucket: u16) -> i64 {
    i64::try_from(bucket_value(bucket)).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    /// The formula without bit operations: doublings are divided out one by one.
    fn slow_bucket(value: u64) -> u64 {
        let (mut v, mut doublings) = (value, 0);
        while v >= 256 {
            v /= 2;
            doublings += 1;
        }
        doublings * 128 + v
    }

    #[test]
    fn buckets_at_powers_of_two() {
        let mut values = vec![0, 1, 255, 256, i64::MAX as u64, u64::MAX];
        for e in 1..64 {
            values.extend([(1_u64 << e) - 1, 1 << e, (1 << e) + 1]);
        }
        for v in values {
            assert_eq!(u64::from(bucket(v)), slow_bucket(v), "{v}");
        }
        assert_eq!(bucket(u64::MAX), 7_423);
    }

    /// By hand: 1,000 = 1111101000b lies in [512, 1024): e = 9, shift 2, 250 · 4 = 1,000, bucket
    /// 2 · 128 + 250 = 506, which holds 1,000 to 1,003 and stands for 1,001.
    #[test]
    fn a_bucket_by_hand() {
        assert_eq!(bucket(1_000), 506);
        assert_eq!(bucket(1_003), 506);
        assert_eq!(bucket(1_004), 507);
        assert_eq!(bucket_value(506), 1_001);
    }

    #[test]
    fn every_bucket_holds_its_value() {
        for b in 0..=7_423 {
            assert_eq!(bucket(bucket_value(b)), b);
        }
    }

    #[test]
    fn empty_says_nothing() {
        let h = Histogram::default();
        assert_eq!((h.quantile(0.5), h.count(), h.above(3)), (None, 0, 0));
    }

    #[test]
    fn negative_is_left_out() {
        let mut h = Histogram::default();
        h.add(-1);
        h.add(0);
        assert_eq!((h.count(), h.quantile(1.0), h.above(-1)), (1, Some(0), 1));
    }

    fn of(values: &[i64]) -> Histogram {
        let mut h = Histogram::default();
        values.iter().for_each(|v| h.add(*v));
        h
    }

    fn numbers() -> impl Strategy<Value = i64> {
        // Of every size, not only of the largest.
        (0..63_u32, any::<i64>()).prop_map(|(shift, v)| (v & i64::MAX) >> shift)
    }

    #[test]
    fn a_figure_is_small() {
        assert_eq!(size_of::<Histogram>(), 24);
        assert_eq!(size_of::<crate::workload::Figure>(), 64);
    }

    proptest! {
        #[test]
        fn bucket_is_the_slow_one(v: u64, shift in 0..64_u32) {
            prop_assert_eq!(u64::from(bucket(v >> shift)), slow_bucket(v >> shift));
        }

        #[test]
        fn value_is_near(v in numbers()) {
            let back = bucket_value(bucket(v as u64)) as f64;
            prop_assert!((back - v as f64).abs() <= v as f64 / 256.0);
        }

        #[test]
        fn quantile_is_near_the_exact_one(mut values in prop::collection::vec(numbers(), 1..300), q in 0.0..=1.0_f64) {
            let h = of(&values);
            values.sort_unstable();
            let rank = (q * values.len() as f64).ceil().max(1.0) as usize;
            let exact = values[rank - 1] as f64;
            prop_assert!((h.quantile(q).unwrap() as f64 - exact).abs() <= exact / 256.0);
        }

        #[test]
        fn merging_is_adding(a in prop::collection::vec(numbers(), 0..200), b in prop::collection::vec(numbers(), 0..40)) {
            let mut merged = of(&a);
            merged.merge(&of(&b));
            let mut other = of(&b);
            other.merge(&of(&a));
            prop_assert_eq!(&merged, &of(&[a.as_slice(), &b].concat()));
            prop_assert_eq!(&merged, &other);
            let mut dense = Dense::default();
            dense.merge(&of(&a));
            b.iter().for_each(|v| dense.add(*v));
            prop_assert_eq!(&dense.finish(), &merged);
        }

        #[test]
        fn above_counts_higher_buckets(values in prop::collection::vec(numbers(), 0..200), v in numbers()) {
            let higher = values.iter().filter(|x| bucket(**x as u64) > bucket(v as u64)).count();
            prop_assert_eq!(of(&values).above(v), higher as u64);
        }
    }
}
