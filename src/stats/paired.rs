//! Pairs: is the difference about zero, and how large is it?

use super::{Estimate, Test, are_finite, normal, number, ranks};

/// Fewest pairs.
const LEAST: usize = 6;

/// Pairs up to which the distribution of the statistic is computed exactly.
const EXACT_UP_TO: usize = 120;

/// Wilcoxon's signed-rank test of differences, two-sided; exact up to 120 pairs, with ties, zeros by
/// Pratt (ranked, then left out). The statistic is the sum of the ranks of positive differences.
///
/// `None` under 6 pairs, with a number that is not finite, or where every difference is 0.
/// Source: Wilcoxon 1945; Pratt 1959.
#[must_use]
pub fn wilcoxon_signed_rank(differences: &[f64]) -> Option<Test> {
    if differences.len() < LEAST || !are_finite(differences) {
        return None;
    }
    let sizes: Vec<f64> = differences.iter().map(|d| d.abs()).collect();
    let ranked: Vec<(f64, f64)> = ranks::midranks(&sizes)
        .into_iter()
        .zip(differences.iter().copied())
        .filter(|(_, d)| *d != 0.0)
        .collect();
    if ranked.is_empty() {
        return None;
    }
    let statistic: f64 = ranked
        .iter()
        .filter(|(_, d)| *d > 0.0)
        .map(|(r, _)| r)
        .sum();
    let p = if ranked.len() <= EXACT_UP_TO {
        exact(&ranked, statistic)
    } else {
        let mean: f64 = ranked.iter().map(|(r, _)| r).sum::<f64>() / 2.0;
        let variance: f64 = ranked.iter().map(|(r, _)| r * r).sum::<f64>() / 4.0;
        normal::two_sided(((statistic - mean).abs() - 0.5).max(0.0) / variance.sqrt())
    };
    Some(Test {
        statistic,
        p: p.min(1.0),
    })
}

/// Twice the smaller tail over all signs. Ranks are doubled, so that mean ranks are whole numbers.
fn exact(ranked: &[(f64, f64)], statistic: f64) -> f64 {
    let doubled: Vec<usize> = ranked
        .iter()
        .map(|(r, _)| (2.0 * r).round() as usize)
        .collect();
    let counts = sums(&doubled);
    let at = (2.0 * statistic).round() as usize;
    let below: f64 = counts[..=at].iter().sum();
    let above: f64 = counts[at..].iter().sum();
    2.0 * below.min(above)
}

/// Probability of each sum of a random subset.
fn sums(ranks: &[usize]) -> Vec<f64> {
    let mut shares = vec![0.0; ranks.iter().sum::<usize>() + 1];
    shares[0] = 1.0;
    let mut reached = 0;
    for rank in ranks {
        reached += rank;
        for sum in (0..=reached).rev() {
            let with = sum.checked_sub(*rank).map_or(0.0, |rest| shares[rest]);
            shares[sum] = 0.5 * (shares[sum] + with);
        }
    }
    shares
}

/// The median of all Walsh averages (means of two differences, each with itself too), with the interval
/// that belongs to the signed-rank test.
///
/// `None` under 6 pairs or with a number that is not finite.
/// Source: Hodges & Lehmann 1963; Hollander, Wolfe & Chicken, Nonparametric Statistical Methods, 3.3.
#[must_use]
pub fn walsh(differences: &[f64], level: f64) -> Option<Estimate> {
    let n = differences.len();
    if n < LEAST || !are_finite(differences) {
        return None;
    }
    let mut averages = Vec::with_capacity(n * (n + 1) / 2);
    for (i, a) in differences.iter().enumerate() {
        averages.extend(differences[i..].iter().map(|b| (a + b) / 2.0));
    }
    averages.sort_by(f64::total_cmp);
    let tail = (1.0 - level) / 2.0;
    let outside = if n <= EXACT_UP_TO {
        let mut below = 0.0;
        sums(&(1..=n).collect::<Vec<_>>())
            .into_iter()
            .take_while(|share| {
                below += share;
                below <= tail
            })
            .count()
    } else {
        let m = number(n);
        let spread = (m * (m + 1.0) * (2.0 * m + 1.0) / 24.0).sqrt();
        (m * (m + 1.0) / 4.0 - normal::critical(level)? * spread)
            .floor()
            .max(1.0) as usize
    };
    let estimate = super::quantiles::median(&mut averages.clone())?;
    let k = outside.max(1);
    Some(Estimate {
        estimate,
        low: averages[k - 1],
        high: averages[averages.len() - k],
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::stats::reference::{cases, list, number, same};

    #[test]
    fn signed_ranks_with_ties_and_zeros() {
        for case in cases("signed_rank") {
            let test = wilcoxon_signed_rank(&list(&case, "differences")).unwrap();
            same(test.statistic, number(&case, "statistic"));
            same(test.p, number(&case, "p"));
        }
    }

    #[test]
    fn walsh_averages() {
        for case in cases("walsh") {
            let e = walsh(&list(&case, "differences"), number(&case, "level")).unwrap();
            same(e.estimate, number(&case, "estimate"));
            same(e.low, number(&case, "low"));
            same(e.high, number(&case, "high"));
        }
    }

    #[test]
    fn nothing_to_rank_is_no_test() {
        assert_eq!(wilcoxon_signed_rank(&[0.0; 9]), None);
        assert_eq!(wilcoxon_signed_rank(&[1.0; 5]), None);
    }
}
