//! A quantile of units that are drawn again and again, without merging their histograms each time.
//!
//! Only the upper half of the distribution is kept: counts by bucket and unit, from the largest value
//! downward, with the running sum per unit at some marks. A draw weighs the marks' columns by how often each unit was
//! drawn, finds by halving between which two marks the quantile lies, and walks only there.

use crate::workload::Figure;
use crate::workload::histogram::bucket_value;

/// Marks with running sums.
const MARKS: usize = 64;

/// Buckets below this quantile of the whole are dropped; a draw that falls below gets its value.
const KEPT_FROM: f64 = 0.5;

/// The upper half of a distribution by unit.
pub(super) struct Tail {
    /// Share of values above the quantile.
    beyond: f64,
    /// Bucket, unit and count, by descending bucket.
    counts: Vec<(u16, u32, f64)>,
    /// Place in `counts` and, per unit, the counts before it.
    marks: Vec<(usize, Vec<f64>)>,
    /// The mark below which the quantile of the whole lies.
    near: usize,
    /// Whole numbers per one of the unit.
    scale: f64,
    /// The smallest bucket that is kept.
    floor: Option<u16>,
    least: f64,
    most: f64,
}

impl Tail {
    /// From the histograms of `units` (number and figure); the quantile is `q`.
    pub(super) fn new(figures: &[(usize, &Figure)], units: usize, q: f64, scale: f64) -> Self {
        let whole = Whole::of(figures);
        let floor = whole.floor();
        let mut counts = whole.largest_first(figures, floor);
        counts.dedup_by(|later, kept| {
            let same = later.0 == kept.0 && later.1 == kept.1;
            if same {
                kept.2 += later.2;
            }
            same
        });
        let extreme = |pick: fn(i64, i64) -> i64, of: fn(&Figure) -> i64| {
            figures.iter().map(|(_, f)| of(f)).reduce(pick).unwrap_or(0)
        };
        let marks = marks(&counts, units);
        #[allow(clippy::cast_precision_loss)]
        let all = whole.n as f64;
        let near = marks
            .partition_point(|(_, before)| before.iter().sum::<f64>() <= (1.0 - q) * all)
            .saturating_sub(1);
        #[allow(clippy::cast_precision_loss)]
        Self {
            beyond: 1.0 - q,
            near,
            marks,
            counts,
            scale,
            floor,
            least: extreme(i64::min, |f| f.min) as f64 / scale,
            most: extreme(i64::max, |f| f.max) as f64 / scale,
        }
    }

    /// The quantile of `n` values, with each unit counted `times` as often.
    pub(super) fn quantile(&self, times: &[f64], n: f64) -> Option<f64> {
        // The smallest value with at least q of the values at or below it: as many above as may be.
        let allowed = self.beyond * n * (1.0 + 1e-12);
        let (mut mark, mut above) = (self.near, self.before(self.near, times)?);
        // A draw's quantile is near that of the whole: mostly the first look is enough.
        while above > allowed {
            mark = mark.checked_sub(1)?;
            above = self.before(mark, times)?;
        }
        while let Some(more) = self.before(mark + 1, times)
            && more <= allowed
        {
            (mark, above) = (mark + 1, more);
        }
        let (from, _) = self.marks.get(mark)?;
        let reached = self.counts[*from..].iter().find(|(_, unit, count)| {
            above += count * times[*unit as usize];
            above > allowed
        });
        let bucket = reached.map(|(bucket, _, _)| *bucket).or(self.floor)?;
        #[allow(clippy::cast_precision_loss)]
        let value = bucket_value(bucket) as f64 / self.scale;
        Some(value.clamp(self.least, self.most.max(self.least)))
    }
}

impl Tail {
    /// How many of the drawn values stand before a mark.
    fn before(&self, mark: usize, times: &[f64]) -> Option<f64> {
        let (_, before) = self.marks.get(mark)?;
        Some(dot(before, times))
    }
}

/// The distribution of all units together.
struct Whole {
    /// Of each bucket how many values it holds, and in how many units.
    buckets: Vec<(u64, usize)>,
    /// All values.
    n: u64,
}

impl Whole {
    fn of(figures: &[(usize, &Figure)]) -> Self {
        let mut whole = Self {
            buckets: Vec::new(),
            n: 0,
        };
        for (bucket, n) in figures.iter().flat_map(|(_, f)| f.histogram.buckets()) {
            let bucket = usize::from(*bucket);
            if bucket >= whole.buckets.len() {
                whole.buckets.resize(bucket + 1, (0, 0));
            }
            let at = &mut whole.buckets[bucket];
            at.0 += u64::from(*n);
            at.1 += 1;
            whole.n += u64::from(*n);
        }
        whole
    }

    /// The bucket in which the values begin that are kept.
    #[allow(clippy::cast_precision_loss)]
    fn floor(&self) -> Option<u16> {
        let wanted = self.n as f64 * KEPT_FROM;
        let mut below = 0;
        let used = (0..).zip(&self.buckets).filter(|(_, (n, _))| *n > 0);
        let mut up_to = used.map(|(bucket, (n, _))| {
            below += n;
            (bucket, below)
        });
        up_to
            .find(|(_, below)| *below as f64 >= wanted)
            .map(|(bucket, _)| bucket)
    }

    /// Bucket, unit and count of what is kept, by descending bucket, then by unit: each put where it belongs, since
    /// figures come in the order of their units.
    fn largest_first(
        &self,
        figures: &[(usize, &Figure)],
        floor: Option<u16>,
    ) -> Vec<(u16, u32, f64)> {
        let Some(floor) = floor else {
            return Vec::new();
        };
        let mut places = vec![0; self.buckets.len()];
        let mut kept = 0;
        for (place, (_, units)) in places
            .iter_mut()
            .zip(&self.buckets)
            .skip(floor.into())
            .rev()
        {
            *place = kept;
            kept += units;
        }
        let mut counts = vec![(0, 0, 0.0); kept];
        for (unit, figure) in figures {
            let unit = u32::try_from(*unit).unwrap_or(u32::MAX);
            let buckets = figure.histogram.buckets();
            let from = buckets.partition_point(|(bucket, _)| *bucket < floor);
            for (bucket, n) in &buckets[from..] {
                let place = &mut places[usize::from(*bucket)];
                counts[*place] = (*bucket, unit, f64::from(*n));
                *place += 1;
            }
        }
        counts
    }
}

fn marks(counts: &[(u16, u32, f64)], units: usize) -> Vec<(usize, Vec<f64>)> {
    let step = counts.len() / MARKS + 1;
    let mut before = vec![0.0; units];
    let mut marks = Vec::new();
    for (place, (_, unit, count)) in counts.iter().enumerate() {
        if place % step == 0 {
            marks.push((place, before.clone()));
        }
        before[*unit as usize] += count;
    }
    marks
}

/// Σ a·b, in eight sums that a processor forms side by side.
pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut sums = [0.0; 8];
    let (a, rest_a) = a.as_chunks::<8>();
    let (b, rest_b) = b.as_chunks::<8>();
    for (a, b) in a.iter().zip(b) {
        for (sum, (a, b)) in sums.iter_mut().zip(a.iter().zip(b)) {
            *sum += a * b;
        }
    }
    let rest: f64 = rest_a.iter().zip(rest_b).map(|(a, b)| a * b).sum();
    sums.iter().sum::<f64>() + rest
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::cast_precision_loss)]
    use super::*;
    use proptest::prelude::*;

    fn figure(values: &[i64]) -> Figure {
        let mut figure = Figure::default();
        values.iter().for_each(|v| figure.add(*v));
        figure
    }

    proptest! {
        /// Against what it stands for: merge each unit's figure as often as drawn, read the quantile.
        #[test]
        fn equals_merged_histograms(
            units in proptest::collection::vec(proptest::collection::vec(1_000_i64..9_000, 1..60), 2..12),
            drawn in proptest::collection::vec(0_u8..4, 12),
        ) {
            let figures: Vec<Figure> = units.iter().map(|u| figure(u)).collect();
            let numbered: Vec<(usize, &Figure)> = figures.iter().enumerate().collect();
            let tail = Tail::new(&numbered, units.len(), 0.95, 1.0);
            let times: Vec<f64> = drawn[..units.len()].iter().map(|t| f64::from(*t)).collect();
            let mut merged = Figure::default();
            for (figure, times) in figures.iter().zip(&drawn) {
                (0..*times).for_each(|_| merged.merge(figure));
            }
            prop_assume!(merged.n > 0);
            let floor = bucket_value(tail.floor.unwrap()) as f64;
            let expected = (merged.histogram.quantile(0.95).unwrap() as f64).max(floor);
            let ours = tail.quantile(&times, merged.n as f64).unwrap();
            // Extremes are those of all units, not of the drawn ones.
            prop_assert!((ours - expected.clamp(tail.least, tail.most)).abs() < 1e-9, "{} {}", ours, expected);
        }

        #[test]
        fn eight_sums_are_one(a in proptest::collection::vec(-9.0..9.0_f64, 0..40)) {
            let expected: f64 = a.iter().map(|x| x * x).sum();
            prop_assert!((dot(&a, &a) - expected).abs() < 1e-9);
        }
    }
}
