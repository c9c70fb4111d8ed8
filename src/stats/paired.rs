//! Do pairs differ, and by how much? One difference per pair in (of logs, where a factor is asked).

use super::{Estimate, Test, are_finite, normal, number, ranks, select};

/// Fewest pairs.
pub const LEAST_PAIRS: usize = 6;

/// Up to this many pairs the distribution of the signed ranks is exact.
const EXACT: usize = 300;

/// Wilcoxon's signed rank test of differences against 0, two-sided.
///
/// The statistic is the sum of the ranks of the positive differences. Differences of 0 are ranked and
/// then left out (Pratt), equal ones share their ranks, and the distribution is exact for these very
/// ranks up to 300 pairs, then normal. `None` under 6 pairs or where a number is not finite;
/// pairs that all agree give p = 1.
///
/// Sources: Wilcoxon 1945; Pratt 1959, JASA 54; conditional distribution as in Lehmann,
/// Nonparametrics, 1975, section 4.1.
#[must_use]
pub fn wilcoxon_signed_rank(differences: &[f64]) -> Option<Test> {
    if differences.len() < LEAST_PAIRS || !are_finite(differences) {
        return None;
    }
    let sizes: Vec<f64> = differences.iter().map(|d| d.abs()).collect();
    // Twice the rank is a whole number.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let ranked: Vec<(bool, usize)> = ranks::midranks(&sizes)
        .iter()
        .zip(differences)
        .filter(|(_, d)| **d != 0.0)
        .map(|(rank, d)| (*d > 0.0, (2.0 * rank) as usize))
        .collect();
    let positive: usize = ranked.iter().filter(|(up, _)| *up).map(|(_, r)| r).sum();
    let doubled: Vec<usize> = ranked.iter().map(|(_, r)| *r).collect();
    let p = if doubled.len() <= EXACT {
        let chances = distribution(&doubled);
        let below: f64 = chances[..=positive].iter().sum();
        let above: f64 = chances[positive..].iter().sum();
        (2.0 * below.min(above)).min(1.0)
    } else {
        let total: usize = doubled.iter().sum();
        let squares: f64 = doubled.iter().map(|r| number(*r) * number(*r)).sum();
        // The ranks are doubled, and so is the step of the continuity correction.
        let away = (number(positive) - number(total) / 2.0).abs();
        normal::two_sided((away - 1.0).max(0.0) / (squares / 4.0).sqrt())
    };
    Some(Test {
        statistic: number(positive) / 2.0,
        p,
    })
}

/// The median of the Walsh averages (means of all pairs of differences, each with itself too), with the
/// interval of the signed ranks at confidence at least `level`.
///
/// Exact up to 300 differences, then normal; averages are not formed beyond need. `None` under 6
/// differences, where a number is not finite, or where even the widest interval does not reach the level.
///
/// Sources: Hodges & Lehmann 1963; Tukey's interval as in Hollander & Wolfe, section 3.3.
#[must_use]
pub fn walsh(differences: &[f64], level: f64) -> Option<Estimate> {
    let n = differences.len();
    if n < LEAST_PAIRS || !are_finite(differences) {
        return None;
    }
    let z = normal::critical(level)?;
    let tail = (1.0 - level) / 2.0;
    let averages = n * (n + 1) / 2;
    let outside = if n <= EXACT {
        // The most averages that may lie outside on a side.
        let mut below = 0.0;
        distribution(&(1..=n).collect::<Vec<_>>())
            .iter()
            .take_while(|chance| {
                below += **chance;
                below <= tail
            })
            .count()
    } else {
        let n = number(n);
        let half = z * (n * (n + 1.0) * (2.0 * n + 1.0) / 24.0).sqrt();
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let outside = (n * (n + 1.0) / 4.0 - half - 0.5).floor().max(0.0) as usize;
        outside
    };
    if outside == 0 {
        return None;
    }
    let mut sorted = differences.to_vec();
    sorted.sort_by(f64::total_cmp);
    // Row i holds the sums with the (i + 1)-th largest, from itself upward; rows fall with i.
    let sum = |i: usize, j: usize| sorted[n - 1 - i] + sorted[j];
    let rows: Vec<(usize, usize)> = (0..n).map(|i| (n - 1 - i, n)).collect();
    let at = |place: usize| select::of_rows(&rows, n, place, sum) / 2.0;
    let (lower, upper) = if averages % 2 == 1 {
        let middle = at(averages / 2);
        (middle, middle)
    } else {
        let (lower, upper) = select::two_of_rows(&rows, n, averages / 2 - 1, sum);
        (lower / 2.0, upper / 2.0)
    };
    Some(Estimate {
        estimate: lower + (upper - lower) / 2.0,
        low: at(outside - 1),
        high: at(averages - outside),
    })
}

/// Chances of every sum of a random half of `ranks`, each in or out on its own.
fn distribution(ranks: &[usize]) -> Vec<f64> {
    let mut chances = vec![0.0; ranks.iter().sum::<usize>() + 1];
    chances[0] = 1.0;
    let mut reached = 0;
    for rank in ranks {
        reached += rank;
        for sum in (0..=reached).rev() {
            let with = sum.checked_sub(*rank).map_or(0.0, |s| chances[s]);
            chances[sum] = 0.5 * (chances[sum] + with);
        }
    }
    chances
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::stats::reference::{cases, list, number as of, same};
    use proptest::prelude::*;

    #[test]
    fn agrees_with_every_sign_tried_and_scipy() {
        for case in cases("signed_rank") {
            let ours = wilcoxon_signed_rank(&list(&case, "differences")).unwrap();
            same(ours.statistic, of(&case, "statistic"));
            same(ours.p, of(&case, "p"));
        }
        for case in cases("walsh") {
            let ours = walsh(&list(&case, "differences"), of(&case, "level")).unwrap();
            same(ours.estimate, of(&case, "estimate"));
            same(ours.low, of(&case, "low"));
            same(ours.high, of(&case, "high"));
        }
    }

    #[test]
    fn too_little_is_none() {
        assert_eq!(wilcoxon_signed_rank(&[]), None);
        assert_eq!(wilcoxon_signed_rank(&[1.0; 5]), None);
        assert_eq!(wilcoxon_signed_rank(&[f64::NAN; 9]), None);
        same(wilcoxon_signed_rank(&[0.0; 8]).unwrap().p, 1.0);
        assert_eq!(walsh(&[1.0; 5], 0.95), None);
        assert_eq!(walsh(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 0.99), None);
    }

    /// Where the exact distribution ends, the normal one goes on without a step.
    #[test]
    fn many_pairs_are_near_the_exact_distribution() {
        let values: Vec<f64> = (0..301_u32)
            .map(|i| f64::from((i * 7_919) % 1_009) / 1_009.0 - 0.45)
            .collect();
        let (more, exact) = (
            walsh(&values, 0.95).unwrap(),
            walsh(&values[..300], 0.95).unwrap(),
        );
        assert!((more.low - exact.low).abs() < 0.005 && (more.high - exact.high).abs() < 0.005);
        let (more, exact) = (
            wilcoxon_signed_rank(&values).unwrap(),
            wilcoxon_signed_rank(&values[..300]).unwrap(),
        );
        assert!(
            (more.p.ln() - exact.p.ln()).abs() < 0.3,
            "{} {}",
            more.p,
            exact.p
        );
    }

    proptest! {
        #[test]
        fn turned_signs_turn_the_interval(values in proptest::collection::vec(-50_i32..50, 6..60)) {
            let d: Vec<f64> = values.into_iter().map(f64::from).collect();
            let turned: Vec<f64> = d.iter().rev().map(|v| -v).collect();
            let (one, other) = (walsh(&d, 0.95).unwrap(), walsh(&turned, 0.95).unwrap());
            prop_assert!(one.low <= one.estimate && one.estimate <= one.high);
            prop_assert_eq!(one.low, -other.high);
            prop_assert_eq!(one.estimate, -other.estimate);
            let (p, q) = (wilcoxon_signed_rank(&d).unwrap().p, wilcoxon_signed_rank(&turned).unwrap().p);
            prop_assert!((p - q).abs() < 1e-12 && p > 0.0 && p <= 1.0);
        }
    }
}
