//! Do two rates differ, exactly? Counts of independent trials in, two-sided p values out.
//!
//! For trials that are correlated within units see [`super::permutation`]; for how much rates
//! differ, [`super::rates`].

use super::number;

/// Up to this product of the numbers of trials Boschloo's test is made; above, Fisher's with mid-p.
const BOSCHLOO: u64 = 100_000;

/// Most trials of both groups together.
const MOST_TRIALS: u64 = 1 << 32;

/// Whether two rates of independent trials differ: [`boschloo`] up to n₁·n₂ = 100,000, then
/// [`fisher_mid_p`]. Any number of trials will do; `None` as there.
#[must_use]
pub fn two_rates(hits1: u64, n1: u64, hits2: u64, n2: u64) -> Option<f64> {
    if n1.checked_mul(n2).is_some_and(|pairs| pairs <= BOSCHLOO) {
        boschloo(hits1, n1, hits2, n2)
    } else {
        fisher_mid_p(hits1, n1, hits2, n2)
    }
}

/// Fisher's exact test: the probability of all tables with the same sums that are no likelier than this one.
///
/// Conservative where few tables have these sums. `None` without trials in a group, with more hits than trials,
/// or beyond 2³² trials.
///
/// Source: Fisher 1935, JRSS 98; two-sided as in Freeman & Halton 1951, Biometrika 38.
#[must_use]
pub fn fisher(hits1: u64, n1: u64, hits2: u64, n2: u64) -> Option<f64> {
    let tables = Tables::of(hits1, n1, hits2, n2)?;
    // Equal chances differ in their last digits.
    let limit = tables.chance(hits1) * (1.0 + 1e-7);
    let p: f64 = tables.chances.iter().filter(|c| **c <= limit).sum();
    Some(p.clamp(f64::MIN_POSITIVE, 1.0))
}

/// Fisher's test with mid-p: twice the smaller tail, of which this very table counts half.
///
/// Near its level, not always below it. `None` as [`fisher`].
///
/// Source: Lancaster 1961, JASA 56.
#[must_use]
pub fn fisher_mid_p(hits1: u64, n1: u64, hits2: u64, n2: u64) -> Option<f64> {
    let tables = Tables::of(hits1, n1, hits2, n2)?;
    let half = 0.5 * tables.chance(hits1);
    let tail = tables.at_most(hits1).min(tables.at_least(hits1)) - half;
    Some((2.0 * tail).clamp(f64::MIN_POSITIVE, 1.0))
}

/// Boschloo's exact unconditional test: twice the smaller of the two one-sided p values.
///
/// A one-sided p is the largest chance, over all common rates, of a table whose one-sided Fisher's p is no larger than
/// the one observed. Never above twice Fisher's one-sided p, hence stronger. Time grows with
/// the square of n₁ + n₂. `None` without trials in a group or with more hits than trials.
///
/// Source: Boschloo 1970, Statistica Neerlandica 24. Convexity of its region: Barnard 1947.
#[must_use]
pub fn boschloo(hits1: u64, n1: u64, hits2: u64, n2: u64) -> Option<f64> {
    let one = boschloo_less(hits1, n1, hits2, n2)?;
    let other = boschloo_less(hits2, n2, hits1, n1)?;
    Some((2.0 * one.min(other)).clamp(f64::MIN_POSITIVE, 1.0))
}

/// McNemar's exact test of pairs of trials: `only_first` hit in the first way alone, `only_second` in the
/// second alone. Pairs that agree say nothing; without others p is 1. At least 6 others are needed to go below 0.05.
///
/// Source: McNemar 1947, Psychometrika 12; exact as a sign test.
#[must_use]
pub fn mcnemar(only_first: u64, only_second: u64) -> Option<f64> {
    let n = only_first
        .checked_add(only_second)
        .filter(|n| *n <= MOST_TRIALS)?;
    let chances = Chances::binomial(n, 0.5);
    let p = 2.0 * chances.at_most(only_first.min(only_second));
    Some(p.clamp(f64::MIN_POSITIVE, 1.0))
}

/// Chances of consecutive counts; those below 10⁻³⁰⁰ of the likeliest are left out.
pub(super) struct Chances {
    first: u64,
    chances: Vec<f64>,
}

impl Chances {
    /// From the likeliest count on, by the ratio of a count's chance to that of the one before, which
    /// must be positive from `least` + 1 to `most`.
    fn by_ratio(least: u64, mode: u64, most: u64, ratio: impl Fn(f64) -> f64) -> Self {
        #[allow(clippy::cast_precision_loss)]
        let at = |count: u64| ratio(count as f64);
        let mut below = Vec::new();
        let mut chance = 1.0;
        let mut count = mode;
        while count > least && chance > 1e-300 {
            chance /= at(count);
            below.push(chance);
            count -= 1;
        }
        let first = mode - below.len() as u64;
        let mut chances: Vec<f64> = below.into_iter().rev().collect();
        chances.push(1.0);
        chance = 1.0;
        for count in mode + 1..=most {
            chance *= at(count);
            if chance <= 1e-300 {
                break;
            }
            chances.push(chance);
        }
        // From both ends inwards, so that small ones are not lost.
        let (left, right) = chances.split_at(chances.len() / 2);
        let sum: f64 = left.iter().sum::<f64>() + right.iter().rev().sum::<f64>();
        for chance in &mut chances {
            *chance /= sum;
        }
        Self { first, chances }
    }

    /// Hits among `n` trials of rate `rate`, above 0 and below 1.
    #[allow(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss
    )]
    pub(super) fn binomial(n: u64, rate: f64) -> Self {
        let mode = (((n + 1) as f64 * rate) as u64).min(n);
        let odds = rate / (1.0 - rate);
        Self::by_ratio(0, mode, n, |x| (n as f64 - x + 1.0) / x * odds)
    }

    fn chance(&self, count: u64) -> f64 {
        self.place(count)
            .and_then(|at| self.chances.get(at))
            .copied()
            .unwrap_or(0.0)
    }

    /// Chance of at most `count`.
    pub(super) fn at_most(&self, count: u64) -> f64 {
        let Some(at) = self.place(count) else {
            return 0.0;
        };
        self.chances.iter().take(at.saturating_add(1)).sum()
    }

    /// Chance of at least `count`.
    fn at_least(&self, count: u64) -> f64 {
        let from = self.place(count).unwrap_or(0);
        self.chances.iter().skip(from).rev().sum()
    }

    fn place(&self, count: u64) -> Option<usize> {
        usize::try_from(count.checked_sub(self.first)?).ok()
    }
}

/// Hits of the first group among all tables with the same sums.
struct Tables(Chances);

impl std::ops::Deref for Tables {
    type Target = Chances;

    fn deref(&self) -> &Chances {
        &self.0
    }
}

impl Tables {
    fn of(hits1: u64, n1: u64, hits2: u64, n2: u64) -> Option<Self> {
        let all = n1.checked_add(n2).filter(|n| *n <= MOST_TRIALS)?;
        if n1 == 0 || n2 == 0 || hits1 > n1 || hits2 > n2 {
            return None;
        }
        let hits = hits1 + hits2;
        let (least, most) = (hits.saturating_sub(n2), hits.min(n1));
        let mode = u128::from(n1 + 1) * u128::from(hits + 1) / u128::from(all + 2);
        let mode = u64::try_from(mode).ok()?.clamp(least, most);
        #[allow(clippy::cast_precision_loss)]
        let (n1, n2, hits) = (n1 as f64, n2 as f64, hits as f64);
        Some(Self(Chances::by_ratio(least, mode, most, |x| {
            (n1 - x + 1.0) * (hits - x + 1.0) / (x * (n2 - hits + x))
        })))
    }
}

/// One-sided: that the first rate is the smaller.
fn boschloo_less(hits1: u64, n1: u64, hits2: u64, n2: u64) -> Option<f64> {
    let one_sided = |x1: u64, x2: u64| Some(Tables::of(x1, n1, x2, n2)?.at_most(x1));
    let limit = one_sided(hits1, hits2)? * (1.0 + 1e-12);
    // For each count of the first group the least one of the second that is as extreme; it rises.
    let mut least = Vec::new();
    let mut x2 = 0;
    for x1 in 0..=n1 {
        while x2 <= n2 && one_sided(x1, x2)? > limit {
            x2 += 1;
        }
        if x2 > n2 {
            break;
        }
        least.push(x2);
    }
    let chance = |angle: f64| {
        let rate = angle.sin().powi(2);
        let (first, second) = (Chances::binomial(n1, rate), Chances::binomial(n2, rate));
        let mut tail = 0.0;
        let mut from = second.first + second.chances.len() as u64;
        let mut sum = 0.0;
        for (x1, x2) in least.iter().enumerate().rev() {
            while from > (*x2).max(second.first) {
                from -= 1;
                tail += second.chance(from);
            }
            sum += first.chance(x1 as u64) * tail;
        }
        sum
    };
    Some(largest(
        chance,
        usize::try_from(4 * (n1 + n2)).ok()?.max(200),
    ))
}

/// The largest value of a smooth function of an angle from 0 to π/2: on a grid, and between grid points at
/// its highest places.
fn largest(function: impl Fn(f64) -> f64, grid: usize) -> f64 {
    let step = std::f64::consts::FRAC_PI_2 / number(grid);
    let at: Vec<f64> = (0..grid)
        .map(|i| function((number(i) + 0.5) * step))
        .collect();
    let mut peaks: Vec<usize> = (0..grid)
        .filter(|i| {
            let before = i.checked_sub(1).map_or(0.0, |before| at[before]);
            at[*i] >= before && at[*i] >= at.get(i + 1).copied().unwrap_or(0.0)
        })
        .collect();
    peaks.sort_by(|a, b| at[*b].total_cmp(&at[*a]));
    let mut best = 0.0_f64;
    for peak in peaks.into_iter().take(4) {
        let (mut low, mut high) = ((number(peak) - 0.5) * step, (number(peak) + 1.5) * step);
        low = low.max(1e-9);
        high = high.min(std::f64::consts::FRAC_PI_2 - 1e-9);
        // 40 golden cuts: 10⁻⁹ of the stretch, and the value changes with its square.
        for _ in 0..40 {
            let inner = 0.381_966_011_250_105 * (high - low);
            let (left, right) = (function(low + inner), function(high - inner));
            if left < right {
                low += inner;
            } else {
                high -= inner;
            }
            best = best.max(left).max(right);
        }
    }
    best
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::stats::reference::{cases, number as of, same};
    use proptest::prelude::*;

    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    fn table(case: &serde_json::Value) -> (u64, u64, u64, u64) {
        let count = |key| of(case, key) as u64;
        (count("hits1"), count("n1"), count("hits2"), count("n2"))
    }

    #[test]
    fn agrees_with_scipy() {
        for case in cases("two_rates") {
            let (h1, n1, h2, n2) = table(&case);
            same(fisher(h1, n1, h2, n2).unwrap(), of(&case, "fisher"));
            same(fisher_mid_p(h1, n1, h2, n2).unwrap(), of(&case, "mid_p"));
            if case["boschloo"].is_number() {
                let ours = boschloo(h1, n1, h2, n2).unwrap();
                same(ours, of(&case, "boschloo"));
                same(two_rates(h1, n1, h2, n2).unwrap(), ours);
            }
        }
        for case in cases("mcnemar") {
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            let count = |key| of(&case, key) as u64;
            same(
                mcnemar(count("first"), count("second")).unwrap(),
                of(&case, "p"),
            );
        }
    }

    #[test]
    fn too_little_or_too_much_is_none() {
        for test in [fisher, fisher_mid_p, boschloo, two_rates] {
            assert_eq!(test(0, 0, 1, 2), None);
            assert_eq!(test(3, 2, 1, 2), None);
            assert_eq!(test(0, 5, 0, 5), Some(1.0));
        }
        assert_eq!(two_rates(1, u64::MAX, 1, 9), None);
        assert_eq!(mcnemar(u64::MAX, 9), None);
        same(mcnemar(0, 0).unwrap(), 1.0);
        same(mcnemar(0, 6).unwrap(), 0.03125);
        let far = two_rates(0, 1_000_000, 900_000, 1_000_000).unwrap();
        assert!(far > 0.0 && far < 1e-300);
    }

    proptest! {
        #[test]
        fn holds_its_bounds_and_mirrors(
            n1 in 1_u64..25, n2 in 1_u64..25, a in 0.0..=1.0_f64, b in 0.0..=1.0_f64,
        ) {
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
            let (h1, h2) = ((n1 as f64 * a) as u64, (n2 as f64 * b) as u64);
            let tables = Tables::of(h1, n1, h2, n2).unwrap();
            let conditional = 2.0 * tables.at_most(h1).min(tables.at_least(h1));
            let p = boschloo(h1, n1, h2, n2).unwrap();
            prop_assert!(p > 0.0 && p <= (conditional + 1e-12).min(1.0));
            prop_assert!((p - boschloo(h2, n2, h1, n1).unwrap()).abs() < 1e-12);
            prop_assert!((p - boschloo(n1 - h1, n1, n2 - h2, n2).unwrap()).abs() < 1e-9);
            let p = fisher(h1, n1, h2, n2).unwrap();
            prop_assert!((p - fisher(n2 - h2, n2, n1 - h1, n1).unwrap()).abs() < 1e-9);
        }
    }
}
