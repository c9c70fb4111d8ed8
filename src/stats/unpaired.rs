//! Is one group of units larger than another?

use super::splits::{self, Split};
use super::{Test, are_finite, normal, number};

/// Fewest units in a group.
pub const LEAST_PER_GROUP: usize = 4;

/// From this many times as many units on a group's median is known so well that it is as good as fixed.
const LOPSIDED: usize = 2;

/// With this many units in the smaller group its signs count too: with more the permutation alone keeps its level,
/// with fewer signs alone could never tell.
const FEW_FOR_SIGNS: usize = 5;

/// Result of Brunner and Munzel's test, two-sided.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BrunnerMunzel {
    /// Probability that a value of the second group is larger than one of the first, ties counted half.
    pub superiority: f64,
    /// The studentised statistic; infinite where the groups are apart.
    pub statistic: f64,
    /// Probability of one at least as large, either way, where the groups are alike.
    pub p: f64,
    /// Whether all splits were tried, not 9,999 drawn ones.
    pub is_exact: bool,
}

impl From<BrunnerMunzel> for Test {
    fn from(result: BrunnerMunzel) -> Self {
        Test {
            statistic: result.statistic,
            p: result.p,
        }
    }
}

/// From this many units in the smaller group on Student's approximation keeps its level as well as
/// splits do, at any spread (`tests/reference/large_groups.py`: 0.043 to 0.057 at a nominal 0.05).
const LARGE: usize = 50;

/// Below one in this many the smaller group alone is walked.
const FEW: usize = 16;

/// Brunner and Munzel's test in its permutation form: does a value of `b` tend to be larger than one
/// of `a`? Spreads may differ.
///
/// All splits while there are at most 20,000, else 9,999 that `seed` names; with 50 units in each
/// group Student's approximation, which takes no draws. Values are ranked once. With 5 units against 10 or more
/// p is no less than that of a sign test of the five about the other median: where they are spread wider the
/// permutation alone rejected in 0.075 of samples without a difference (5 + 30, spreads 3 : 1), with it 0.059.
/// With 4 it is 0.10 there, and no test of ranks can mend that but by never rejecting. `None` under 4 units in
/// a group or where a number is not finite.
///
/// Sources: Brunner & Munzel 2000, Biometrical Journal 42; Neubert & Brunner 2007, CSDA 51; sign test with mid-p,
/// Lancaster 1961, JASA 56. That a small group of wide spread is all that a rank test can see of it, and the
/// figures: `docs/calibration.md`.
#[must_use]
pub fn brunner_munzel(a: &[f64], b: &[f64], seed: u64) -> Option<BrunnerMunzel> {
    brunner_munzel_seeded(a, b, || seed)
}

/// [`brunner_munzel`] that asks for the seed only where splits are drawn, as they are between small groups.
#[must_use]
pub fn brunner_munzel_seeded(
    a: &[f64],
    b: &[f64],
    seed: impl FnOnce() -> u64,
) -> Option<BrunnerMunzel> {
    let order = Order::new(a, b)?;
    let observed = order.observed();
    let (p, is_exact) = if order.is_large() {
        (observed.p_of_student(), false)
    } else {
        let (mut hits, mut seen) = (0_u64, 0_u64);
        let mut walk = Walk::default();
        let is_exact = splits::visit(order.len(), a.len(), seed(), |split| {
            seen += 1;
            hits += u64::from(order.studentised(split, &mut walk).w.abs() >= observed.w.abs());
        });
        (splits::p_value(hits, seen, is_exact).min(1.0), is_exact)
    };
    Some(BrunnerMunzel {
        superiority: observed.superiority,
        statistic: observed.w,
        p: p.max(sign_p(a, b).unwrap_or(0.0)),
        is_exact,
    })
}

/// The smallest p that the test can give with so many units, however far apart the groups are.
#[must_use]
pub fn least_p(n: usize, m: usize) -> f64 {
    let of_splits = splits::least_p(n, m);
    let of_signs = sign_of(n, m).map_or(0.0, |n| mid_p(0, n));
    of_splits.max(of_signs)
}

/// The size of the smaller group where its signs count too.
fn sign_of(n: usize, m: usize) -> Option<usize> {
    let least = n.min(m);
    (least == FEW_FOR_SIGNS && n.max(m) >= LOPSIDED * least).then_some(least)
}

/// p of the sign test of a small group about the median of a much larger one, by mid-p; values at the median count
/// half for either side. `None` where the permutation needs no such help.
pub(super) fn sign_p(a: &[f64], b: &[f64]) -> Option<f64> {
    let n = sign_of(a.len(), b.len())?;
    let (few, many) = if a.len() < b.len() { (a, b) } else { (b, a) };
    let mut many = many.to_vec();
    many.sort_by(f64::total_cmp);
    let half = many.len() / 2;
    let median = if many.len() % 2 == 1 {
        many[half]
    } else {
        many[half - 1] + (many[half] - many[half - 1]) / 2.0
    };
    let below = few.iter().filter(|v| **v < median).count();
    let above = few.iter().filter(|v| **v > median).count();
    // Twice the smaller count, those at the median halved.
    let twice = n - below.abs_diff(above);
    if twice == n {
        return Some(1.0);
    }
    Some((mid_p(twice / 2, n) + mid_p(twice.div_ceil(2), n)) / 2.0)
}

/// Two-sided mid-p of `hits` of `n` fair tosses, `hits` being the smaller count.
fn mid_p(hits: usize, n: usize) -> f64 {
    let (mut chance, mut below) = (0.5_f64.powi(i32::try_from(n).unwrap_or(i32::MAX)), 0.0);
    for i in 0..hits {
        below += chance;
        chance *= number(n - i) / number(i + 1);
    }
    (2.0 * below + chance).min(1.0)
}

/// The |statistic| that the test just does not reject at confidence `level`, for the interval by
/// inversion; 0 where large groups do not vary at all, since then any difference shows. `None` where every split,
/// however far apart, is accepted.
pub(super) fn critical(a: &[f64], b: &[f64], level: f64, seed: u64) -> Option<f64> {
    let order = Order::new(a, b)?;
    if order.is_large() {
        let freedom = order.observed().freedom;
        return freedom.map_or(Some(0.0), |freedom| normal::critical_t(level, freedom));
    }
    let mut all = Vec::new();
    let mut walk = Walk::default();
    let is_exact = splits::visit(order.len(), a.len(), seed, |split| {
        all.push(order.studentised(split, &mut walk).w.abs());
    });
    if !is_exact {
        all.push(order.observed().w.abs());
    }
    all.sort_by(|x, y| y.total_cmp(x));
    // Accepted while more than 1 − level of the splits are at least as extreme.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let place = ((1.0 - level) * number(all.len()) + 1e-9).floor() as usize;
    all.get(place).copied().filter(|c| c.is_finite())
}

/// The statistic of two samples, for the interval by inversion.
pub(super) fn statistic(a: &[f64], b: &[f64]) -> Option<f64> {
    Some(Order::new(a, b)?.observed().w)
}

/// All values in one order, which splits don't change.
struct Order {
    /// Whether the value at each place belongs to the first group.
    is_first: Vec<bool>,
    /// Sizes of the groups of equal values; empty where all differ.
    ties: Vec<usize>,
    /// For each place where its group of equal values begins and ends; empty where all differ, and
    /// where no group is so small that it is walked alone.
    spans: Vec<(usize, usize)>,
    first: usize,
}

/// A reused buffer: the places of the smaller group in order.
#[derive(Default)]
struct Walk(Vec<usize>);

struct Studentised {
    superiority: f64,
    w: f64,
    freedom: Option<f64>,
}

/// Sums of twice the placements (how many values of the other group lie below, ties half) of a group.
/// Whole numbers, so that equal statistics are equal to the last bit.
#[derive(Debug, Default, PartialEq)]
struct Placements {
    sum: u64,
    squares: u128,
}

impl Order {
    fn new(a: &[f64], b: &[f64]) -> Option<Self> {
        let least = a.len().min(b.len());
        if least < LEAST_PER_GROUP || !are_finite(a) || !are_finite(b) {
            return None;
        }
        let mut all: Vec<(f64, bool)> = a
            .iter()
            .map(|v| (*v, true))
            .chain(b.iter().map(|v| (*v, false)))
            .collect();
        all.sort_by(|x, y| x.0.total_cmp(&y.0));
        let mut ties: Vec<usize> = all.chunk_by(|x, y| x.0 == y.0).map(<[_]>::len).collect();
        let mut spans = Vec::new();
        if ties.len() == all.len() {
            // Beyond a million values the short cut's sums of squares might outgrow 64 bits.
            if all.len() <= 1 << 20 {
                ties.clear();
            }
        } else if least * FEW < all.len() {
            let mut from = 0;
            for size in &ties {
                spans.extend(std::iter::repeat_n((from, from + size), *size));
                from += size;
            }
        }
        Some(Self {
            is_first: all.iter().map(|(_, first)| *first).collect(),
            ties,
            spans,
            first: a.len(),
        })
    }

    fn len(&self) -> usize {
        self.is_first.len()
    }

    fn is_large(&self) -> bool {
        self.first.min(self.len() - self.first) >= LARGE
    }

    fn observed(&self) -> Studentised {
        self.result(self.placements(&self.is_first))
    }

    fn studentised(&self, split: &Split<'_>, walk: &mut Walk) -> Studentised {
        let (picked, others) = if split.picked.len() * FEW < self.len() {
            walk.0.clear();
            walk.0.extend_from_slice(split.picked);
            walk.0.sort_unstable();
            self.placements_of_few(&walk.0)
        } else {
            self.placements(split.is_picked)
        };
        self.result(if split.is_first {
            (picked, others)
        } else {
            (others, picked)
        })
    }

    fn result(&self, (first, second): (Placements, Placements)) -> Studentised {
        let (n1, n2) = (self.first, self.len() - self.first);
        let (m1, m2) = (number(n1), number(n2));
        // Twice the placements over twice the pairs.
        #[allow(clippy::cast_precision_loss)]
        let superiority = second.sum as f64 / (2.0 * m1 * m2);
        let (v1, v2) = (m1 * first.variance(n1), m2 * second.variance(n2));
        let spread = v1 + v2;
        // In whole numbers, so that exchanged groups give exactly the opposite.
        #[allow(clippy::cast_precision_loss, clippy::cast_possible_wrap)]
        let shift = (second.sum as i64 - (n1 * n2) as i64) as f64 / 2.0;
        let w = if spread > 0.0 {
            shift / spread.sqrt()
        } else if shift == 0.0 {
            0.0
        } else {
            f64::INFINITY.copysign(shift)
        };
        Studentised {
            superiority,
            w,
            freedom: (spread > 0.0)
                .then(|| spread * spread / (v1 * v1 / (m1 - 1.0) + v2 * v2 / (m2 - 1.0))),
        }
    }

    /// Placements of the marked values and of the others.
    fn placements(&self, marked: &[bool]) -> (Placements, Placements) {
        if self.ties.is_empty() {
            return placements_of_distinct(marked);
        }
        let (mut first, mut second) = (Placements::default(), Placements::default());
        let (mut firsts, mut seconds) = (0_u64, 0_u64);
        let mut rest = marked;
        for size in &self.ties {
            let (group, others) = rest.split_at(*size);
            rest = others;
            let ones = group.iter().filter(|m| **m).count() as u64;
            let twos = group.len() as u64 - ones;
            first.add(ones, 2 * seconds + twos);
            second.add(twos, 2 * firsts + ones);
            firsts += ones;
            seconds += twos;
        }
        (first, second)
    }

    /// The same for few marked values, told by their places in order: the others between two of them
    /// are counted, not walked.
    fn placements_of_few(&self, few: &[usize]) -> (Placements, Placements) {
        let (mut first, mut second) = (Placements::default(), Placements::default());
        let span = |place: usize| {
            let own = self.spans.get(place).copied();
            own.unwrap_or((place, place + 1))
        };
        let (mut firsts, mut end) = (0_u64, 0);
        for equal in few.chunk_by(|x, y| span(*x) == span(*y)) {
            let (from, to) = span(equal[0]);
            let ones = equal.len() as u64;
            let twos = (to - from) as u64 - ones;
            second.add((from - end) as u64, 2 * firsts);
            first.add(ones, 2 * (from as u64 - firsts) + twos);
            second.add(twos, 2 * firsts + ones);
            firsts += ones;
            end = to;
        }
        second.add((self.len() - end) as u64, 2 * firsts);
        (first, second)
    }
}

impl Studentised {
    /// Two-sided, by Student's distribution. Groups without any overlap have no spread to compare
    /// with: their p is that of 10,000 splits of which none is as extreme.
    fn p_of_student(&self) -> f64 {
        let apart = splits::p_value(0, splits::DRAWS, false);
        match self.freedom {
            Some(freedom) => normal::two_sided_t(self.w, freedom).unwrap_or(1.0),
            None if self.w == 0.0 => 1.0,
            None => apart,
        }
    }
}

/// The same without equal values. Without a branch: which group comes next cannot be foreseen.
fn placements_of_distinct(marked: &[bool]) -> (Placements, Placements) {
    let (mut firsts, mut seconds) = (0_u64, 0_u64);
    let (mut sum1, mut sum2, mut squares1, mut squares2) = (0_u64, 0_u64, 0_u64, 0_u64);
    for mark in marked {
        let one = u64::from(*mark);
        let two = 1 - one;
        sum1 += one * seconds;
        sum2 += two * firsts;
        squares1 += one * seconds * seconds;
        squares2 += two * firsts * firsts;
        firsts += one;
        seconds += two;
    }
    let twice = |sum: u64, squares: u64| Placements {
        sum: 2 * sum,
        squares: 4 * u128::from(squares),
    };
    (twice(sum1, squares1), twice(sum2, squares2))
}

impl Placements {
    fn add(&mut self, count: u64, placement: u64) {
        self.sum += count * placement;
        self.squares += u128::from(count) * u128::from(placement) * u128::from(placement);
    }

    /// Variance of the placements of `n` values.
    #[allow(clippy::cast_precision_loss)]
    fn variance(&self, n: usize) -> f64 {
        let sum = u128::from(self.sum);
        let spread = (n as u128 * self.squares).saturating_sub(sum * sum);
        spread as f64 / (4.0 * number(n) * number(n - 1))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::stats::reference::{cases, list, number as of, same};
    use proptest::prelude::*;
    use rand::Rng;
    use rand_chacha::ChaCha8Rng;
    use rand_chacha::rand_core::SeedableRng;

    #[test]
    fn agrees_with_every_order_tried() {
        for case in cases("brunner_munzel") {
            let ours = brunner_munzel(&list(&case, "a"), &list(&case, "b"), 1).unwrap();
            assert!(ours.is_exact);
            same(ours.superiority, of(&case, "superiority"));
            same(ours.p, of(&case, "p"));
        }
    }

    #[test]
    fn statistic_agrees_with_scipy() {
        for case in cases("brunner_munzel_statistic") {
            let order = Order::new(&list(&case, "a"), &list(&case, "b")).unwrap();
            let ours = order.observed();
            // scipy's sign is that of the first group against the second.
            same(ours.w.abs(), of(&case, "statistic").abs());
            let p = normal::two_sided_t(ours.w, ours.freedom.unwrap()).unwrap();
            same(p, of(&case, "p"));
        }
    }

    /// Five against thirty, three times as wide: 0.075 by the permutation alone. 2,000 runs; the standard error
    /// is 0.005, at the 0.059 of large simulations 0.07 is two away.
    #[test]
    fn keeps_its_size_with_five_of_wide_spread() {
        let mut random = ChaCha8Rng::seed_from_u64(31);
        let mut draw = |n: usize, spread: f64| -> Vec<f64> {
            (0..n)
                .map(|_| {
                    let u = (number(splits::below(|| random.next_u64(), 1 << 30)) + 0.5)
                        / number(1 << 30);
                    spread * normal::quantile(u).unwrap()
                })
                .collect()
        };
        // The splits of 35 are the same for every sample: one critical value serves all.
        let critical = critical(&draw(5, 1.0), &draw(30, 1.0), 0.95, 1).unwrap();
        let rejected = (0..2_000)
            .filter(|_| {
                let (a, b) = (draw(5, 3.0), draw(30, 1.0));
                statistic(&a, &b).unwrap().abs() > critical && sign_p(&a, &b).unwrap() < 0.05
            })
            .count();
        assert!((70..=140).contains(&rejected), "{rejected} of 2,000");
    }

    /// By hand: five tosses alike 2 · ½⁵ = 0.0625, half of it by mid-p; one of the five at the median is half a
    /// toss on each side: the mean of 1/32 and 2 · (1 + 2.5)/32.
    #[test]
    fn signs_count_where_few_meet_many() {
        let many: Vec<f64> = (0..11).map(f64::from).collect();
        let p = |few: &[f64]| sign_p(few, &many).unwrap();
        same(p(&[6.0, 7.0, 20.0, 30.0, 40.0]), 1.0 / 32.0);
        same(p(&[5.0, 7.0, 20.0, 30.0, 40.0]), (1.0 + 7.0) / 64.0);
        same(p(&[4.0, 7.0, 20.0, 30.0, 40.0]), 7.0 / 32.0);
        same(p(&[5.0; 5]), 1.0);
        assert_eq!(sign_p(&[1.0; 6], &[1.0; 40]), None);
        assert_eq!(sign_p(&[1.0; 5], &[1.0; 9]), None);
        assert_eq!(sign_p(&[1.0; 4], &[1.0; 40]), None);
        let apart = brunner_munzel(&[1.0, 2.0, 3.0, 4.0, 5.0], &[9.0; 30], 1).unwrap();
        same(apart.p, least_p(5, 30));
        same(least_p(4, 4), 2.0 / 70.0);
    }

    #[test]
    fn too_few_or_no_numbers_is_none() {
        assert_eq!(brunner_munzel(&[1.0, 2.0, 3.0], &[1.0; 9], 1), None);
        assert_eq!(
            brunner_munzel(&[1.0, 2.0, 3.0, f64::NAN], &[1.0; 9], 1),
            None
        );
        let alike = brunner_munzel(&[1.0; 5], &[1.0; 6], 1).unwrap();
        same(alike.p, 1.0);
        same(alike.superiority, 0.5);
    }

    /// Equal medians, unequal spread and sizes: the case in which Mann-Whitney fails at 0.142. 400
    /// runs at 0.05; the standard error is 0.011.
    #[test]
    fn keeps_its_size_when_spreads_differ() {
        let mut random = ChaCha8Rng::seed_from_u64(11);
        let mut draw = |n: usize, spread: f64| -> Vec<f64> {
            (0..n)
                .map(|_| {
                    let u = (number(splits::below(|| random.next_u64(), 1 << 30)) + 0.5)
                        / number(1 << 30);
                    spread * normal::quantile(u).unwrap()
                })
                .collect()
        };
        let rejected = (0..400_u64)
            .filter(|seed| {
                let (a, b) = (draw(5, 3.0), draw(9, 1.0));
                brunner_munzel(&a, &b, *seed).unwrap().p < 0.05
            })
            .count();
        assert!((8..=36).contains(&rejected), "{rejected} of 400");
    }

    /// With 50 units a group p is scipy's `brunnermunzel(distribution="t")`.
    #[test]
    fn large_groups_agree_with_scipy() {
        for case in cases("brunner_munzel_large") {
            let ours = brunner_munzel(&list(&case, "a"), &list(&case, "b"), 1).unwrap();
            assert!(!ours.is_exact);
            same(ours.p, of(&case, "p"));
        }
        let high: Vec<f64> = (100..160).map(f64::from).collect();
        let low: Vec<f64> = (0..60).map(f64::from).collect();
        same(brunner_munzel(&low, &high, 1).unwrap().p, 1e-4);
        same(brunner_munzel(&[1.0; 50], &[1.0; 50], 1).unwrap().p, 1.0);
    }

    proptest! {
        #[test]
        fn few_are_placed_as_all(
            values in proptest::collection::vec(0_i32..40, 70..120),
            places in proptest::collection::hash_set(0_usize..70, 4),
            are_distinct: bool,
        ) {
            let values: Vec<f64> = values
                .into_iter()
                .enumerate()
                .map(|(i, v)| if are_distinct { number(i) } else { f64::from(v) })
                .collect();
            let order = Order::new(&values[..4], &values[4..]).unwrap();
            let mut few: Vec<usize> = places.into_iter().collect();
            few.sort_unstable();
            let marked: Vec<bool> = (0..values.len()).map(|i| few.contains(&i)).collect();
            prop_assert_eq!(order.placements_of_few(&few), order.placements(&marked));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn neither_unit_nor_order_nor_direction_matter(
            a in proptest::collection::vec(-20_i32..20, 4..8),
            b in proptest::collection::vec(-20_i32..20, 4..8),
        ) {
            let a: Vec<f64> = a.into_iter().map(f64::from).collect();
            let b: Vec<f64> = b.into_iter().map(f64::from).collect();
            let ours = brunner_munzel(&a, &b, 1).unwrap();
            let turned: Vec<f64> = a.iter().rev().map(|v| v * 2.0).collect();
            let doubled: Vec<f64> = b.iter().map(|v| v * 2.0).collect();
            prop_assert_eq!(brunner_munzel(&turned, &doubled, 1).unwrap(), ours);
            let swapped = brunner_munzel(&b, &a, 1).unwrap();
            prop_assert!((swapped.superiority + ours.superiority - 1.0).abs() < 1e-12);
            prop_assert!((swapped.p - ours.p).abs() < 1e-12);
        }
    }
}
