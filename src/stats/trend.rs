//! Does a series rise or fall, and how fast?

use super::slopes::{Slopes, count_falling};
use super::{Estimate, are_finite, correlation, normal, number, ranks};

/// Result of Mann and Kendall's test, two-sided.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MannKendall {
    /// Rising pairs less falling pairs.
    pub s: f64,
    /// Variance of S where there is no trend, corrected for ties.
    pub variance: f64,
    /// S in standard errors, with continuity correction.
    pub z: f64,
    /// Probability of such a |z| where there is no trend.
    pub p: f64,
    /// S ÷ number of pairs, −1 to 1.
    pub tau: f64,
}

impl MannKendall {
    /// The same test with its variance multiplied by `factor` (from [`hamed_rao_factor`]).
    #[must_use]
    pub fn with_variance_times(self, factor: f64) -> Self {
        let variance = self.variance * factor;
        let z = standardised(self.s, variance);
        Self {
            variance,
            z,
            p: normal::two_sided(z),
            ..self
        }
    }
}

/// Mann and Kendall's test for a monotone trend of values in order of time.
///
/// By merge sort, so that 100,000 values take milliseconds. `None` under 3 values or where a number
/// is not finite. A series of equal values has no trend: p is 1.
///
/// Sources: Mann 1945; Kendall 1975; variance with ties as in Gilbert 1987, section 16.4.
#[must_use]
pub fn mann_kendall(values: &[f64]) -> Option<MannKendall> {
    let n = values.len();
    if n < 3 || !are_finite(values) {
        return None;
    }
    let pairs = number(n) * number(n - 1) / 2.0;
    let ties = ranks::tie_sizes(values);
    let tied: f64 = ties.iter().map(|t| number(*t) * number(t - 1) / 2.0).sum();
    let falling = number(count_falling(values));
    let s = pairs - tied - 2.0 * falling;
    let spread = |n: f64| n * (n - 1.0) * (2.0 * n + 5.0);
    let variance =
        (spread(number(n)) - ties.iter().map(|t| spread(number(*t))).sum::<f64>()) / 18.0;
    let z = standardised(s, variance);
    Some(MannKendall {
        s,
        variance,
        z,
        p: normal::two_sided(z),
        tau: s / pairs,
    })
}

/// By what factor the variance of S is larger than for independent values, from the significant
/// (at 5 %) autocorrelations of the ranks once the slope is taken out, up to `most` places on.
///
/// Below 1 for values that alternate; whoever wants a test that never gets laxer takes the larger
/// of it and 1. `None` under 4 values, or without variation once the slope is taken out.
///
/// Source: Hamed & Rao 1998, Journal of Hydrology 204.
#[must_use]
pub fn hamed_rao_factor(values: &[f64], most: usize) -> Option<f64> {
    let n = values.len();
    if n < 4 || !are_finite(values) {
        return None;
    }
    let times: Vec<f64> = (0..n).map(number).collect();
    let slope = Slopes::new(&times, values)?.median();
    if !slope.is_finite() {
        return None;
    }
    let detrended: Vec<f64> = values
        .iter()
        .zip(&times)
        .map(|(v, t)| v - (t + 1.0) * slope)
        .collect();
    let correlations = correlation::lags(&ranks::midranks(&detrended), most)?;
    let limit = normal::critical(0.95)? / number(n).sqrt();
    let sum: f64 = correlations
        .iter()
        .enumerate()
        .filter(|(_, r)| r.abs() > limit)
        .map(|(at, r)| {
            let left = number(n) - number(at + 1);
            left * (left - 1.0) * (left - 2.0) * r
        })
        .sum();
    let n = number(n);
    Some(1.0 + 2.0 / (n * (n - 1.0) * (n - 2.0)) * sum)
}

/// Theil and Sen's slope of `y` against `x`: the median of the slopes between all pairs of points,
/// with the interval of the ranks at confidence `level`.
///
/// Pairs with equal `x` have no slope and are left out. The order of points does not matter. `None` for lists
/// of different length, without a pair, or where a number is not finite. Of more than 300 points only
/// the slopes near those that are asked for are formed.
///
/// Sources: Sen 1968, JASA 63; interval as in Gilbert 1987, section 16.5, ties in `x` and `y` corrected.
#[must_use]
pub fn theil_sen(x: &[f64], y: &[f64], level: f64) -> Option<Estimate> {
    if x.len() != y.len() || !are_finite(x) || !are_finite(y) {
        return None;
    }
    let z = normal::critical(level)?;
    let mut slopes = Slopes::new(x, y)?;
    let pairs = slopes.pairs();
    let n = number(x.len());
    let spread = |n: f64| n * (n - 1.0) * (2.0 * n + 5.0);
    let ties = |values: &[f64]| -> f64 {
        ranks::tie_sizes(values)
            .iter()
            .map(|t| spread(number(*t)))
            .sum()
    };
    let variance = ((spread(n) - ties(x) - ties(y)) / 18.0).max(0.0);
    let width = z * variance.sqrt();
    let last = number(pairs - 1);
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let place = |rank: f64| rank.round_ties_even().clamp(0.0, last) as usize;
    let low = slopes.at(place((number(pairs) - width) / 2.0 - 1.0));
    let high = slopes.at(place((number(pairs) + width) / 2.0));
    let estimate = slopes.median();
    (estimate.is_finite() && low.is_finite() && high.is_finite()).then_some(Estimate {
        estimate,
        low: low.min(estimate),
        high: high.max(estimate),
    })
}

fn standardised(s: f64, variance: f64) -> f64 {
    if s == 0.0 || variance <= 0.0 {
        0.0
    } else {
        (s - s.signum()) / variance.sqrt()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::stats::reference::{cases, list, number as of, same};
    use proptest::prelude::*;

    #[test]
    fn agrees_with_pymannkendall_and_scipy() {
        for case in cases("trend") {
            let values = list(&case, "values");
            let ours = mann_kendall(&values).unwrap();
            same(ours.s, of(&case, "s"));
            same(ours.variance, of(&case, "variance"));
            same(ours.z, of(&case, "z"));
            same(ours.p, of(&case, "p"));
            same(ours.tau, of(&case, "tau"));
            let factor = hamed_rao_factor(&values, values.len()).unwrap();
            same(
                ours.with_variance_times(factor).variance,
                of(&case, "hamed_rao_variance"),
            );
        }
        for case in cases("theil_sen") {
            let ours = theil_sen(&list(&case, "x"), &list(&case, "y"), of(&case, "level")).unwrap();
            same(ours.estimate, of(&case, "estimate"));
            same(ours.low, of(&case, "low"));
            same(ours.high, of(&case, "high"));
        }
    }

    #[test]
    fn without_a_series_there_is_no_trend() {
        assert_eq!(mann_kendall(&[1.0, 2.0]), None);
        assert_eq!(mann_kendall(&[1.0, f64::NAN, 2.0]), None);
        same(mann_kendall(&[3.0; 20]).unwrap().p, 1.0);
        assert_eq!(theil_sen(&[1.0, 1.0], &[1.0, 2.0], 0.95), None);
        assert_eq!(theil_sen(&[1.0], &[1.0], 0.95), None);
        assert_eq!(theil_sen(&[], &[], 0.95), None);
        assert_eq!(hamed_rao_factor(&[2.0; 20], 20), None);
    }

    proptest! {
        #[test]
        fn turned_around_it_changes_sign(values in proptest::collection::vec(-50_i32..50, 3..60)) {
            let values: Vec<f64> = values.into_iter().map(f64::from).collect();
            let ours = mann_kendall(&values).unwrap();
            let reversed: Vec<f64> = values.iter().rev().copied().collect();
            prop_assert_eq!(mann_kendall(&reversed).unwrap().s, -ours.s);
            let scaled: Vec<f64> = values.iter().map(|v| v * 3.0 + 7.0).collect();
            prop_assert_eq!(mann_kendall(&scaled).unwrap(), ours);
            prop_assert!(ours.tau.abs() <= 1.0 && (0.0..=1.0).contains(&ours.p));
        }

        #[test]
        fn slope_follows_the_units_and_not_the_order(
            values in proptest::collection::vec(-50_i32..50, 3..40), scale in 0.1..10.0_f64,
        ) {
            let y: Vec<f64> = values.into_iter().map(f64::from).collect();
            let x: Vec<f64> = (0..y.len()).map(number).collect();
            let ours = theil_sen(&x, &y, 0.9).unwrap();
            prop_assert!(ours.low <= ours.estimate && ours.estimate <= ours.high);
            let (bx, by): (Vec<f64>, Vec<f64>) = x.iter().copied().zip(y.iter().copied()).rev().unzip();
            prop_assert_eq!(theil_sen(&bx, &by, 0.9).unwrap(), ours);
            let scaled: Vec<f64> = y.iter().map(|v| v * scale).collect();
            let other = theil_sen(&x, &scaled, 0.9).unwrap();
            prop_assert!((other.estimate - ours.estimate * scale).abs() < 1e-9 * (1.0 + ours.estimate.abs() * scale));
        }
    }
}
