//! Rates inside units: do two groups of units have the same ratio of sums?

use super::{Test, are_finite, number, orders};

/// Fewest units in each group.
const LEAST: usize = 4;

/// Permutation of units on the difference of two ratios of sums (second − first), studentised by its
/// linearised variance: all orders while there are at most 20,000, else 9,999 seeded ones.
///
/// `None` under 4 units a group, without a denominator, or with a number that is not finite.
/// Source: Janssen 1997 (studentised permutation tests); the variance as in `clustered`.
#[must_use]
pub fn ratio_of_sums(
    numerators1: &[f64],
    denominators1: &[f64],
    numerators2: &[f64],
    denominators2: &[f64],
    seed: u64,
) -> Option<Test> {
    let n1 = numerators1.len();
    if n1 != denominators1.len()
        || numerators2.len() != denominators2.len()
        || n1.min(numerators2.len()) < LEAST
    {
        return None;
    }
    let y: Vec<f64> = numerators1.iter().chain(numerators2).copied().collect();
    let x: Vec<f64> = denominators1.iter().chain(denominators2).copied().collect();
    if !are_finite(&y) || !are_finite(&x) || x.iter().any(|d| *d < 0.0) {
        return None;
    }
    let is_first: Vec<bool> = (0..y.len()).map(|i| i < n1).collect();
    let statistic = studentised(&y, &x, &is_first)?;
    let p = orders::share(y.len(), n1, seed, |first| {
        studentised(&y, &x, first).is_some_and(|t| t.abs() >= statistic.abs() - 1e-9)
    });
    Some(Test { statistic, p })
}

fn studentised(y: &[f64], x: &[f64], is_first: &[bool]) -> Option<f64> {
    let one = |wanted: bool| {
        let (mut m, mut sy, mut sx, mut yy, mut xy, mut xx) = (0_usize, 0.0, 0.0, 0.0, 0.0, 0.0);
        for ((y, x), first) in y.iter().zip(x).zip(is_first) {
            if *first == wanted {
                m += 1;
                sy += y;
                sx += x;
                yy += y * y;
                xy += x * y;
                xx += x * x;
            }
        }
        let ratio = sy / sx;
        let residuals = (yy - 2.0 * ratio * xy + ratio * ratio * xx).max(0.0);
        (sx > 0.0).then(|| (ratio, number(m) / number(m - 1) * residuals / (sx * sx)))
    };
    let ((r1, v1), (r2, v2)) = (one(true)?, one(false)?);
    let (difference, variance) = (r2 - r1, v1 + v2);
    Some(if variance > 1e-30 {
        difference / variance.sqrt()
    } else if difference.abs() < 1e-12 {
        0.0
    } else {
        f64::INFINITY.copysign(difference)
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::stats::reference::{cases, list, number, same};

    #[test]
    fn all_assignments_of_units() {
        for case in cases("ratio_permutation") {
            let [ya, xa, yb, xb] = ["ya", "xa", "yb", "xb"].map(|key| list(&case, key));
            let test = ratio_of_sums(&ya, &xa, &yb, &xb, 1).unwrap();
            same(test.statistic, number(&case, "statistic"));
            same(test.p, number(&case, "p"));
        }
    }
}
