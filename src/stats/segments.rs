//! Into which stretches of constant mean does a series fall best?
//!
//! Values in order of time in, places out. How large the penalty has to be, and whether a change
//! is one, is decided in [`super::change`].

use super::{are_finite, number};

/// The places (indices of first values, ascending, without 0) at which new segments begin in the best
/// partition of `values`: the one with the least sum, over segments, of the squared deviations
/// from the segment's mean, plus `penalty` for each change. Every segment has at least `least` values.
///
/// Exact. Of partitions that are equally good but for rounding any one may be returned, and always the
/// same. Time stays near n·log n, also without a change. Empty where no change pays. `None`
/// for fewer than `least` values, a `least` of 0, a penalty that is negative, or numbers that are not finite.
///
/// Sources: optimal partitioning, Jackson et al. 2005, IEEE Signal Processing Letters 12; functional pruning
/// (FPOP), Maidstone, Hocking, Rigaill & Fearnhead 2017, Statistics and Computing 27. The least length
/// is had exactly by letting a candidate enter only once its segment is that long: from then on all
/// candidates grow by the same terms, so that one that is nowhere the best never becomes so.
#[must_use]
pub fn optimal_partition(values: &[f64], penalty: f64, least: usize) -> Option<Vec<usize>> {
    let n = values.len();
    if least == 0 || n < least || !penalty.is_finite() || penalty < 0.0 || !are_finite(values) {
        return None;
    }
    let sums = Sums::of(values);
    let mut costs = Costs::new(n, penalty);
    let mut envelope = Envelope::new(&sums);
    for end in least..=n {
        let entering = end - least;
        // A candidate inside the first segment would leave that too short.
        if entering == 0 || entering >= least {
            envelope.enter(entering, &sums, &costs);
        }
        let best = envelope.best(end, &sums, &costs);
        costs.set(end, best);
    }
    Some(costs.places())
}

/// Prefix sums of the values less their mean, so that little cancels.
pub(super) struct Sums {
    sums: Vec<f64>,
    squares: Vec<f64>,
    low: f64,
    high: f64,
}

impl Sums {
    pub(super) fn of(values: &[f64]) -> Self {
        let mean = values.iter().sum::<f64>() / number(values.len().max(1));
        let (mut sum, mut square) = (0.0, 0.0);
        let (mut sums, mut squares) = (vec![0.0], vec![0.0]);
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for value in values {
            let value = value - mean;
            sum += value;
            square += value * value;
            sums.push(sum);
            squares.push(square);
            low = low.min(value);
            high = high.max(value);
        }
        Self {
            sums,
            squares,
            low,
            high,
        }
    }

    /// Sum of squared deviations from the mean of the values `from .. to`, which must not be empty.
    pub(super) fn deviations(&self, from: usize, to: usize) -> f64 {
        let sum = self.sums[to] - self.sums[from];
        let squares = self.squares[to] - self.squares[from];
        (squares - sum * sum / number(to - from)).max(0.0)
    }
}

/// The best cost of each beginning of the series, and where its last segment begins.
struct Costs {
    /// Less one penalty, since the first segment is no change.
    best: Vec<f64>,
    last: Vec<usize>,
    penalty: f64,
}

impl Costs {
    fn new(n: usize, penalty: f64) -> Self {
        let mut best = vec![f64::INFINITY; n + 1];
        best[0] = -penalty;
        Self {
            best,
            last: vec![0; n + 1],
            penalty,
        }
    }

    fn set(&mut self, end: usize, (cost, begin): (f64, usize)) {
        self.best[end] = cost + self.penalty;
        self.last[end] = begin;
    }

    fn places(&self) -> Vec<usize> {
        let mut places = Vec::new();
        let mut at = self.last[self.last.len() - 1];
        while at > 0 {
            places.push(at);
            at = self.last[at];
        }
        places.reverse();
        places
    }
}

/// For every mean that the last segment might have: where it then best begins.
struct Envelope {
    /// Stretches of means, ascending, that join without gaps.
    pieces: Vec<Piece>,
    next: Vec<Piece>,
    low: f64,
    high: f64,
    /// What rounding may make of a difference of sums.
    slack: f64,
}

#[derive(Clone, Copy)]
struct Piece {
    low: f64,
    high: f64,
    begin: usize,
}

impl Envelope {
    fn new(sums: &Sums) -> Self {
        Self {
            pieces: Vec::new(),
            next: Vec::new(),
            low: sums.low,
            high: sums.high,
            slack: 1e-14 * sums.squares[sums.squares.len() - 1],
        }
    }

    /// A new candidate takes over the means for which it is better than all before it.
    fn enter(&mut self, begin: usize, sums: &Sums, costs: &Costs) {
        self.next.clear();
        if self.pieces.is_empty() {
            let (low, high) = (self.low, self.high);
            self.push(low, high, begin);
        }
        for at in 0..self.pieces.len() {
            let Piece {
                low,
                high,
                begin: old,
            } = self.pieces[at];
            // The older candidate is no worse at mean m where a·m² − 2·b·m + c ≤ 0.
            let a = number(begin - old);
            let b = sums.sums[begin] - sums.sums[old];
            let c = sums.squares[begin] - sums.squares[old] + costs.best[old]
                - costs.best[begin]
                - self.slack;
            let excess = |m: f64| (a * m - 2.0 * b) * m + c;
            if excess(low) <= 0.0 && excess(high) <= 0.0 {
                self.push(low, high, old);
                continue;
            }
            let root = b * b - a * c;
            let (from, to) = if root > 0.0 {
                let (centre, half) = (b / a, root.sqrt() / a);
                (
                    (centre - half).clamp(low, high),
                    (centre + half).clamp(low, high),
                )
            } else {
                (low, low)
            };
            if from < to {
                self.push(low, from, begin);
                self.push(from, to, old);
                self.push(to, high, begin);
            } else {
                self.push(low, high, begin);
            }
        }
        std::mem::swap(&mut self.pieces, &mut self.next);
    }

    fn push(&mut self, low: f64, high: f64, begin: usize) {
        if let Some(last) = self.next.last_mut().filter(|last| last.begin == begin) {
            last.high = high;
        } else if low < high || self.next.is_empty() {
            self.next.push(Piece { low, high, begin });
        }
    }

    /// The least cost of the first `end` values, without the penalty of the last change, and where the
    /// last segment then begins; the earliest of equals.
    fn best(&self, end: usize, sums: &Sums, costs: &Costs) -> (f64, usize) {
        let mut best = (f64::INFINITY, usize::MAX);
        for piece in &self.pieces {
            let cost = costs.best[piece.begin] + sums.deviations(piece.begin, end);
            if cost < best.0 || (cost == best.0 && piece.begin < best.1) {
                best = (cost, piece.begin);
            }
        }
        best
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::stats::reference::{cases, list, number as of};
    use proptest::prelude::*;

    fn cost(values: &[f64], places: &[usize], penalty: f64) -> f64 {
        let ends = places.iter().copied().chain([values.len()]);
        let mut from = 0;
        let mut sum = 0.0;
        for to in ends {
            let mean = values[from..to].iter().sum::<f64>() / number(to - from);
            sum += values[from..to]
                .iter()
                .map(|v| (v - mean).powi(2))
                .sum::<f64>();
            from = to;
        }
        sum + penalty * number(places.len())
    }

    /// The plain dynamic programme: every place for every end.
    fn plain(values: &[f64], penalty: f64, least: usize) -> Vec<usize> {
        let n = values.len();
        let sums = Sums::of(values);
        let mut costs = Costs::new(n, penalty);
        for end in least..=n {
            let best = (0..=end - least)
                .filter(|begin| *begin == 0 || *begin >= least)
                .map(|begin| (costs.best[begin] + sums.deviations(begin, end), begin))
                .min_by(|a, b| a.0.total_cmp(&b.0))
                .unwrap();
            costs.set(end, best);
        }
        costs.places()
    }

    #[test]
    fn agrees_with_ruptures() {
        for case in cases("partition") {
            let values = list(&case, "values");
            let ours = optimal_partition(&values, of(&case, "penalty"), 5).unwrap();
            let theirs = list(&case, "places");
            assert_eq!(ours.iter().map(|p| number(*p)).collect::<Vec<_>>(), theirs);
        }
    }

    #[test]
    fn too_little_is_none() {
        assert_eq!(optimal_partition(&[1.0; 4], 1.0, 5), None);
        assert_eq!(optimal_partition(&[1.0; 9], 1.0, 0), None);
        assert_eq!(optimal_partition(&[1.0; 9], -1.0, 2), None);
        assert_eq!(optimal_partition(&[1.0, f64::NAN], 1.0, 1), None);
        assert_eq!(optimal_partition(&[1.0; 50], 0.0, 5), Some(vec![]));
    }

    fn check(values: &[f64], penalty: f64, least: usize) -> Result<(), TestCaseError> {
        let ours = optimal_partition(values, penalty, least).unwrap();
        let theirs = plain(values, penalty, least);
        let (a, b) = (cost(values, &ours, penalty), cost(values, &theirs, penalty));
        prop_assert!(
            (a - b).abs() <= 1e-9 * b.abs().max(1.0),
            "{ours:?} costs {a}, {theirs:?} {b}"
        );
        let mut from = 0;
        for to in ours.iter().copied().chain([values.len()]) {
            prop_assert!(to - from >= least);
            from = to;
        }
        Ok(())
    }

    proptest! {
        #[test]
        fn is_the_optimum(
            values in proptest::collection::vec(-10.0..10.0_f64, 8..80),
            penalty in 0.0..300.0_f64, least in 1_usize..8,
        ) {
            check(&values, penalty, least)?;
        }

        #[test]
        fn is_the_optimum_with_ties_and_steps(
            levels in proptest::collection::vec((-3_i32..4, 1_usize..20), 1..8),
            noise in proptest::collection::vec(-1_i32..2, 200),
            penalty in 0_i32..60, least in 1_usize..7,
        ) {
            let values: Vec<f64> = levels
                .iter()
                .flat_map(|(level, n)| std::iter::repeat_n(*level, *n))
                .zip(&noise)
                .map(|(level, noise)| f64::from(4 * level + noise))
                .collect();
            if values.len() >= least {
                check(&values, f64::from(penalty), least)?;
            }
        }
    }
}
