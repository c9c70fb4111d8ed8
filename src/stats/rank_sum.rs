//! Are two groups alike where any difference of their distributions counts, spread included?
//!
//! Where only the location is asked and spreads may differ, [`super::unpaired`] keeps its level and
//! this does not.

use super::{Test, are_finite, normal, number, ranks};

/// Up to this many pairs of values the distribution is exact.
const EXACT: usize = 2_500;

/// Mann and Whitney's test (Wilcoxon's rank sum), two-sided: twice the smaller tail.
///
/// The statistic is U of the first group: pairs in which its value is larger, ties counted half. Given
/// the ties at hand the distribution is exact up to 2,500 pairs (50 and 50 values), then normal, corrected
/// for ties and continuity. It assumes independent values. From 4 values a group on p can fall below 0.05.
/// `None` for an empty group or a number that is not finite.
///
/// Sources: Mann & Whitney 1947, Annals of Mathematical Statistics 18; conditional distribution with ties as
/// in Lehmann, Nonparametrics, 1975, section 1.4.
#[must_use]
pub fn mann_whitney(a: &[f64], b: &[f64]) -> Option<Test> {
    if a.is_empty() || b.is_empty() || !are_finite(a) || !are_finite(b) {
        return None;
    }
    let all: Vec<f64> = a.iter().chain(b).copied().collect();
    let ranks = ranks::midranks(&all);
    let (n, m) = (number(a.len()), number(b.len()));
    let u = ranks[..a.len()].iter().sum::<f64>() - n * (n + 1.0) / 2.0;
    let ties = ranks::tie_sizes(&all);
    let p = if a.len() * b.len() > EXACT {
        normal::two_sided(standardised(u, n, m, &ties))
    } else if ties.len() == all.len() {
        // Whole without ties.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let smaller = u.min(n * m - u) as usize;
        (2.0 * lower_tail(a.len(), b.len(), smaller)).min(1.0)
    } else {
        // Twice the rank is a whole number. Of the smaller group there are fewer sums.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let doubled: Vec<usize> = ranks.iter().map(|r| (2.0 * r) as usize).collect();
        let (first, second) = doubled.split_at(a.len());
        let small = if first.len() <= second.len() {
            first
        } else {
            second
        };
        two_tails(&doubled, small.len(), small.iter().sum())
    };
    Some(Test { statistic: u, p })
}

/// Chance that U is at most `u`, at most half of its range, without ties.
///
/// Source: its numbers of ways are the coefficients of a Gaussian binomial, the product of (1 − q^(m+i)) ÷ (1 − q^i);
/// the lower ones need only lower ones (David & Barton, Combinatorial Chance, 1962).
fn lower_tail(n: usize, m: usize, u: usize) -> f64 {
    let mut ways = vec![0.0; u + 1];
    ways[0] = 1.0;
    let mut total = 1.0;
    for i in 1..=n {
        for sum in (m + i..=u).rev() {
            ways[sum] -= ways[sum - m - i];
        }
        for sum in i..=u {
            ways[sum] += ways[sum - i];
        }
        total *= number(m + i) / number(i);
    }
    ways.iter().sum::<f64>() / total
}

/// Twice the smaller tail of the sum of `picked` of the `ranks` at `observed`.
fn two_tails(ranks: &[usize], picked: usize, observed: usize) -> f64 {
    let ways = sums(ranks, picked);
    let total: f64 = ways.iter().sum();
    let below: f64 = ways[..=observed].iter().sum();
    let above: f64 = ways[observed..].iter().sum();
    (2.0 * below.min(above) / total).min(1.0)
}

/// In how many ways `picked` of the `ranks` have each sum.
fn sums(ranks: &[usize], picked: usize) -> Vec<f64> {
    let mut largest = ranks.to_vec();
    largest.sort_unstable_by(|a, b| b.cmp(a));
    let most: usize = largest.iter().take(picked).sum();
    let mut ways = vec![vec![0.0; most + 1]; picked + 1];
    ways[0][0] = 1.0;
    let mut reached = 0;
    for (place, rank) in ranks.iter().enumerate() {
        for count in (1..=picked.min(place + 1)).rev() {
            let (fewer, more) = ways.split_at_mut(count);
            let to = reached.min(most.saturating_sub(*rank));
            for (with, without) in more[0][*rank..].iter_mut().zip(&fewer[count - 1][..=to]) {
                *with += without;
            }
        }
        reached = most.min(reached + rank);
    }
    ways.swap_remove(picked)
}

/// U less its mean, half a step nearer to it, in standard errors. 0 where all values are equal.
fn standardised(u: f64, n: f64, m: f64, ties: &[usize]) -> f64 {
    let all = n + m;
    let tied: f64 = ties.iter().map(|t| number(*t).powi(3) - number(*t)).sum();
    let variance = n * m / 12.0 * (all + 1.0 - tied / (all * (all - 1.0)));
    let away = u - n * m / 2.0;
    if variance > 0.0 {
        (away.abs() - 0.5).max(0.0).copysign(away) / variance.sqrt()
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::stats::reference::{cases, list, number as of, same};
    use proptest::prelude::*;

    #[test]
    fn agrees_with_scipy_and_every_order_tried() {
        for case in cases("mann_whitney") {
            let ours = mann_whitney(&list(&case, "a"), &list(&case, "b")).unwrap();
            same(ours.statistic, of(&case, "statistic"));
            same(ours.p, of(&case, "p"));
        }
    }

    /// The vectors of benchstat's tests: exact ones with and without ties, and large groups.
    #[test]
    fn agrees_with_benchstat() {
        let all: serde_json::Value =
            serde_json::from_str(include_str!("../../tests/reference/benchstat/vectors.json"))
                .unwrap();
        for case in all["compare"].as_array().unwrap() {
            let ours = mann_whitney(&list(case, "a"), &list(case, "b")).unwrap();
            same(ours.p, of(case, "p"));
        }
        for case in all["utest"].as_array().unwrap() {
            let (a, b) = if case["a"].is_array() {
                (list(case, "a"), list(case, "b"))
            } else {
                let a: Vec<f64> = (0..500).map(|i| number(2 * i)).collect();
                let mut b: Vec<f64> = (0..600).map(|i| number(2 * i) - 41.0).collect();
                if of(case, "U") < 135_000.0 {
                    b[..30].copy_from_slice(&a[..30]);
                }
                (a, b)
            };
            let ours = mann_whitney(&a, &b).unwrap();
            same(ours.statistic, of(case, "U"));
            same(ours.p, of(case, "two_sided"));
        }
        for case in all["golden"].as_array().unwrap() {
            let ours = mann_whitney(&list(case, "a"), &list(case, "b")).unwrap();
            // Printed with as many digits.
            assert!(
                (ours.p - of(case, "p")).abs() <= of(case, "within"),
                "{case}"
            );
        }
    }

    #[test]
    fn too_little_is_none() {
        assert_eq!(mann_whitney(&[], &[1.0]), None);
        assert_eq!(mann_whitney(&[1.0], &[f64::NAN]), None);
        same(mann_whitney(&[2.0; 60], &[2.0; 60]).unwrap().p, 1.0);
    }

    /// Where the exact distribution ends, the normal one goes on without a step.
    #[test]
    fn large_groups_are_near_the_exact_distribution() {
        let values: Vec<f64> = (0..101_u32)
            .map(|i| f64::from((i * 7_919) % 1_009) + f64::from(i) * 2.0)
            .collect();
        let exact = mann_whitney(&values[..50], &values[50..100]).unwrap().p;
        let more = mann_whitney(&values[..50], &values[50..]).unwrap().p;
        assert!((exact.ln() - more.ln()).abs() < 0.3, "{exact} {more}");
    }

    #[test]
    fn the_short_way_without_ties_agrees_with_the_long_one() {
        for (n, m) in [(1, 1), (3, 9), (12, 7), (50, 50)] {
            let ranks: Vec<usize> = (1..=n + m).map(|rank| 2 * rank).collect();
            for u in [0, n * m / 5, n * m / 2] {
                let long = two_tails(&ranks, n, 2 * u + n * (n + 1));
                same((2.0 * lower_tail(n, m, u)).min(1.0), long);
            }
        }
    }

    proptest! {
        #[test]
        fn exchanged_groups_have_the_same_p(
            a in proptest::collection::vec(0_i32..12, 1..14), b in proptest::collection::vec(0_i32..12, 1..14),
        ) {
            let a: Vec<f64> = a.into_iter().map(f64::from).collect();
            let b: Vec<f64> = b.into_iter().map(f64::from).collect();
            let (one, other) = (mann_whitney(&a, &b).unwrap(), mann_whitney(&b, &a).unwrap());
            prop_assert!((one.p - other.p).abs() < 1e-12 && one.p > 0.0 && one.p <= 1.0);
            prop_assert!((one.statistic + other.statistic - number(a.len() * b.len())).abs() < 1e-9);
        }
    }
}
