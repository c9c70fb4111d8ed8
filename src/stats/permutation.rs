//! Do two ratios of sums differ (calls of sessions, tokens of tasks), when whole units are exchanged?

use super::unpaired::LEAST_PER_GROUP;
use super::{Test, normal, number, splits};

/// The smallest p that [`ratio_of_sums`] can give with so many units, however far apart the groups are.
#[must_use]
pub fn least_p(n: usize, m: usize) -> f64 {
    splits::least_p(n, m)
}

/// Tests whether Σ numerators ÷ Σ denominators differs between two groups of units.
///
/// The statistic is the difference, second less first, over its linearised error, so that groups may
/// differ in spread; whole units change sides. All splits while there are at most 20,000, else 9,999
/// that `seed` names; with 400 units in each group Student's approximation. Units without a denominator are left out. `None` under 4 units in a group, for
/// lists of different length or numbers that are not finite.
///
/// Sources: Janssen 1997, Statistics & Probability Letters 36 (studentised permutation); variance as
/// in [`super::clustered`].
#[must_use]
pub fn ratio_of_sums(
    numerators_a: &[f64],
    denominators_a: &[f64],
    numerators_b: &[f64],
    denominators_b: &[f64],
    seed: u64,
) -> Option<Test> {
    let a = units(numerators_a, denominators_a)?;
    let b = units(numerators_b, denominators_b)?;
    let sizes = (a.len(), b.len());
    if sizes.0.min(sizes.1) < LEAST_PER_GROUP {
        return None;
    }
    let all: Vec<(f64, f64)> = a.into_iter().chain(b).collect();
    let pooled = all.iter().map(|u| u.0).sum::<f64>() / all.iter().map(|u| u.1).sum::<f64>();
    let terms: Vec<Sums> = all
        .iter()
        .map(|(y, x)| Sums::of(y - pooled * x, *x))
        .collect();
    let whole = sum_of(&terms);
    let scale = pooled.abs();
    let studentised = |picked: Sums, is_first: bool| {
        let rest = whole.plus(&picked, -1.0);
        let (first, second) = if is_first {
            (picked, rest)
        } else {
            (rest, picked)
        };
        studentised(&first, &second, sizes, scale)
    };
    let statistic = studentised(sum_of(&terms[..sizes.0]), true);
    if statistic.is_nan() {
        return None;
    }
    if sizes.0.min(sizes.1) >= LARGE {
        let first = sum_of(&terms[..sizes.0]);
        let p = p_of_student(statistic, &first, &whole.plus(&first, -1.0), sizes);
        return Some(Test { statistic, p });
    }
    // Sums in another order differ in their last digits; what is equal but for these is as extreme.
    let limit = statistic.abs() * (1.0 - 1e-9) - 1e-12;
    let (mut hits, mut seen) = (0_u64, 0_u64);
    let were_all = splits::visit(all.len(), sizes.0, seed, |split| {
        seen += 1;
        let picked = sum_of(split.picked.iter().map(|unit| &terms[*unit]));
        hits += u64::from(studentised(picked, split.is_first).abs() >= limit);
    });
    Some(Test {
        statistic,
        p: splits::p_value(hits, seen, were_all).min(1.0),
    })
}

/// The same for pairs: entry i of both groups is the same task, and the two change sides within their
/// pair. The statistic is the difference of the ratios of sums, second less first.
///
/// All exchanges while there are at most 20,000 (14 pairs that differ), else 9,999 that `seed` names.
/// Of single trials this is McNemar's exact test. `None` for lists of different length, numbers that are not
/// finite or a group without a denominator.
///
/// Source: Fisher 1935, The Design of Experiments, section 21 (exchange within pairs).
#[must_use]
pub fn paired_ratio_of_sums(
    numerators_a: &[f64],
    denominators_a: &[f64],
    numerators_b: &[f64],
    denominators_b: &[f64],
    seed: u64,
) -> Option<Test> {
    let lists = [numerators_a, denominators_a, numerators_b, denominators_b];
    let n = numerators_a.len();
    if lists.iter().any(|l| l.len() != n || !super::are_finite(l)) {
        return None;
    }
    let sum = |list: &[f64]| list.iter().sum::<f64>();
    let [ya, xa, yb, xb] = lists.map(sum);
    if xa <= 0.0 || xb <= 0.0 {
        return None;
    }
    // What an exchange moves; pairs that are alike move nothing.
    let moves: Vec<(f64, f64)> = (0..n)
        .map(|i| {
            (
                numerators_b[i] - numerators_a[i],
                denominators_b[i] - denominators_a[i],
            )
        })
        .filter(|(y, x)| *y != 0.0 || *x != 0.0)
        .collect();
    let difference = |y: f64, x: f64| (yb - y) / (xb - x) - (ya + y) / (xa + x);
    let statistic = difference(0.0, 0.0);
    let limit = statistic.abs() * (1.0 - 1e-9) - 1e-12;
    let (mut hits, mut seen) = (0_u64, 0_u64);
    let were_all = splits::exchanges(moves.len(), seed, |exchanged| {
        let (mut y, mut x) = (0.0, 0.0);
        for (moved, exchanged) in moves.iter().zip(exchanged) {
            let times = f64::from(u8::from(*exchanged));
            y += times * moved.0;
            x += times * moved.1;
        }
        seen += 1;
        // A side may lose all of its denominator: then there is no ratio, and it is as extreme as can be.
        let d = difference(y, x).abs();
        hits += u64::from(d.is_nan() || d >= limit);
    });
    Some(Test {
        statistic,
        p: splits::p_value(hits, seen, were_all).min(1.0),
    })
}

/// From this many units in the smaller group on Student's approximation keeps its level as well as
/// splits do (`tests/reference/large_groups.py`: 0.048 to 0.056 at a nominal 0.05, where with 50 units
/// of rare and skewed counts it is up to 0.09).
const LARGE: usize = 400;

/// Two-sided, with the freedom of Welch and Satterthwaite. Groups without a spread are alike or
/// apart: then p is that of 10,000 splits of which none is as extreme.
fn p_of_student(statistic: f64, first: &Sums, second: &Sums, sizes: (usize, usize)) -> f64 {
    let (_, v1) = first.ratio_and_variance(sizes.0);
    let (_, v2) = second.ratio_and_variance(sizes.1);
    let spread = v1 + v2;
    let freedom = spread * spread / (v1 * v1 / number(sizes.0 - 1) + v2 * v2 / number(sizes.1 - 1));
    if statistic == 0.0 {
        1.0
    } else if statistic.is_infinite() {
        splits::p_value(0, splits::DRAWS, false)
    } else {
        normal::two_sided_t(statistic, freedom).unwrap_or(1.0)
    }
}

/// Sums of a group of units, from which ratio and variance follow: e is the numerator less what the
/// pooled ratio would give, so that little cancels.
#[derive(Default, Clone, Copy)]
struct Sums {
    e: f64,
    x: f64,
    ee: f64,
    ex: f64,
    xx: f64,
}

impl Sums {
    fn of(e: f64, x: f64) -> Self {
        Self {
            e,
            x,
            ee: e * e,
            ex: e * x,
            xx: x * x,
        }
    }

    fn plus(self, other: &Sums, times: f64) -> Self {
        Self {
            e: self.e + times * other.e,
            x: self.x + times * other.x,
            ee: self.ee + times * other.ee,
            ex: self.ex + times * other.ex,
            xx: self.xx + times * other.xx,
        }
    }

    /// By how much the ratio is above the pooled one, and its linearised variance over `n` units.
    fn ratio_and_variance(&self, n: usize) -> (f64, f64) {
        let ratio = self.e / self.x;
        let explained = ratio * ratio * self.xx;
        let squares = self.ee - 2.0 * ratio * self.ex + explained;
        // Units that are all alike leave the rounding of their sums, which is no spread.
        let squares = if squares > 1e-13 * (self.ee + explained) {
            squares
        } else {
            0.0
        };
        let n = number(n);
        (ratio, n / (n - 1.0) * squares / (self.x * self.x))
    }
}

fn sum_of<'a>(terms: impl IntoIterator<Item = &'a Sums>) -> Sums {
    terms
        .into_iter()
        .fold(Sums::default(), |sum, term| sum.plus(term, 1.0))
}

/// The difference of two ratios over its error; `scale` is the size of the pooled ratio.
fn studentised(first: &Sums, second: &Sums, sizes: (usize, usize), scale: f64) -> f64 {
    let (ratio_1, variance_1) = first.ratio_and_variance(sizes.0);
    let (ratio_2, variance_2) = second.ratio_and_variance(sizes.1);
    let difference = ratio_2 - ratio_1;
    let variance = variance_1 + variance_2;
    // What rounding leaves of no spread and no difference.
    if variance > 1e-26 * scale * scale {
        difference / variance.sqrt()
    } else if difference.abs() <= 1e-12 * scale {
        0.0
    } else {
        f64::INFINITY.copysign(difference)
    }
}

fn units(numerators: &[f64], denominators: &[f64]) -> Option<Vec<(f64, f64)>> {
    let are_numbers = super::are_finite(numerators) && super::are_finite(denominators);
    (numerators.len() == denominators.len() && are_numbers).then(|| {
        numerators
            .iter()
            .copied()
            .zip(denominators.iter().copied())
            .filter(|(_, x)| *x > 0.0)
            .collect()
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::stats::reference::{cases, list, number as of, same};

    #[test]
    fn agrees_with_every_split_tried() {
        for case in cases("ratio_permutation") {
            let ours = ratio_of_sums(
                &list(&case, "ya"),
                &list(&case, "xa"),
                &list(&case, "yb"),
                &list(&case, "xb"),
                1,
            )
            .unwrap();
            same(ours.statistic, of(&case, "statistic"));
            same(ours.p, of(&case, "p"));
        }
    }

    /// Single trials: exchanging pairs is McNemar's test, whose vectors are in `counts`. By hand: of 8 pairs
    /// that differ all in one direction, 2 of 2⁸ exchanges are as extreme.
    #[test]
    fn pairs_of_single_trials_are_mcnemars() {
        let trials = |both: usize, only_a: usize, only_b: usize, none: usize| {
            let hit = |n: usize, v: f64| std::iter::repeat_n(v, n);
            let a: Vec<f64> = hit(both, 1.0)
                .chain(hit(only_a, 1.0))
                .chain(hit(only_b, 0.0))
                .chain(hit(none, 0.0))
                .collect();
            let b: Vec<f64> = hit(both, 1.0)
                .chain(hit(only_a, 0.0))
                .chain(hit(only_b, 1.0))
                .chain(hit(none, 0.0))
                .collect();
            (a, b)
        };
        for (both, only_a, only_b, none) in
            [(10, 8, 0, 2), (5, 7, 3, 1), (0, 2, 5, 9), (4, 0, 0, 4)]
        {
            let (a, b) = trials(both, only_a, only_b, none);
            let x = vec![1.0; a.len()];
            let ours = paired_ratio_of_sums(&a, &x, &b, &x, 1).unwrap();
            let theirs = crate::stats::counts::mcnemar(only_a as u64, only_b as u64).unwrap();
            same(ours.p, theirs);
        }
        let (a, b) = trials(10, 8, 0, 2);
        let x = vec![1.0; a.len()];
        same(
            paired_ratio_of_sums(&a, &x, &b, &x, 1).unwrap().p,
            2.0 / 256.0,
        );
        assert_eq!(paired_ratio_of_sums(&a, &x, &b[1..], &x, 1), None);
    }

    #[test]
    fn large_groups_agree_with_welch_by_hand() {
        for case in cases("ratio_large") {
            let ours = ratio_of_sums(
                &list(&case, "ya"),
                &list(&case, "xa"),
                &list(&case, "yb"),
                &list(&case, "xb"),
                1,
            )
            .unwrap();
            same(ours.statistic, of(&case, "statistic"));
            same(ours.p, of(&case, "p"));
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_p_and_alike_groups_none() {
        let x = [10.0; 15];
        let y: Vec<f64> = (0..15).map(|i| f64::from(i % 4)).collect();
        let once = ratio_of_sums(&y, &x, &y, &x, 5).unwrap();
        assert_eq!(once, ratio_of_sums(&y, &x, &y, &x, 5).unwrap());
        same(once.p, 1.0);
        same(ratio_of_sums(&x, &x, &x, &x, 5).unwrap().p, 1.0);
        let many = [10.0; 400];
        same(
            ratio_of_sums(&[0.0; 400], &many, &many, &many, 5)
                .unwrap()
                .p,
            1e-4,
        );
        same(ratio_of_sums(&many, &many, &many, &many, 5).unwrap().p, 1.0);
        // All apart: no drawn split is as extreme.
        let apart = ratio_of_sums(&[0.0; 15], &x, &x, &x, 5).unwrap();
        same(apart.p, 1e-4);
        // Of all 70 splits only the observed one and its opposite are apart.
        let x = [3.0, 7.0, 11.0, 13.0];
        let low = x.map(|x| 0.1 * x);
        let high = x.map(|x| 0.7 * x);
        same(ratio_of_sums(&low, &x, &high, &x, 5).unwrap().p, 2.0 / 70.0);
        assert_eq!(ratio_of_sums(&y[..3], &y[1..4], &y, &y, 5), None);
    }
}
