//! Rates: one proportion, and the difference of two.
//!
//! Counts of independent trials in, ratios (0 to 1) out. For trials that are correlated within
//! units, see [`super::clustered`].

use statrs::distribution::{Beta, Continuous, ContinuousCDF};

use super::{Estimate, Interval, normal};

/// Wilson's score interval for `hits` of `n` at confidence `level` (0.95 for 95 %).
///
/// `None` when `n` is 0 (without trials there is no rate), or when there are more hits than trials.
/// Source: Newcombe 1998 (single proportion), method 3.
///
/// ```
/// let i = perfadvise::stats::rates::wilson(8, 10, 0.95).unwrap();
/// assert!((i.low - 0.490162).abs() < 1e-6 && (i.high - 0.943318).abs() < 1e-6);
/// ```
#[must_use]
#[allow(clippy::cast_precision_loss)]
pub fn wilson(hits: u64, n: u64, level: f64) -> Option<Interval> {
    if n == 0 || hits > n {
        return None;
    }
    let z = normal::critical(level)?;
    Some(score_interval(hits as f64 / n as f64, n as f64, z))
}

/// Jeffreys' interval for `hits` of `n` at confidence `level`: equal tails of the beta distribution with
/// hits + ½ and misses + ½; from 0 where nothing hit, to 1 where all did.
///
/// A little narrower than [`wilson`]'s near 0 and 1. `None` as there.
/// Source: Brown, Cai & DasGupta 2001, Statistical Science 16, section 4.
#[must_use]
#[allow(clippy::cast_precision_loss)]
pub fn jeffreys(hits: u64, n: u64, level: f64) -> Option<Interval> {
    if n == 0 || hits > n || !(level > 0.0 && level < 1.0) {
        return None;
    }
    let (a, b) = (hits as f64 + 0.5, (n - hits) as f64 + 0.5);
    let tail = (1.0 - level) / 2.0;
    // Each end from the side on which its tail is small.
    Some(Interval {
        low: if hits == 0 {
            0.0
        } else {
            beta_quantile(a, b, tail)?
        },
        high: if hits == n {
            1.0
        } else {
            1.0 - beta_quantile(b, a, tail)?
        },
    })
}

/// The value that a beta variable stays below with probability `p`.
fn beta_quantile(a: f64, b: f64, p: f64) -> Option<f64> {
    let beta = Beta::new(a, b).ok()?;
    let (mut low, mut high) = (0.0, 1.0);
    let mut x = beta.inverse_cdf(p);
    // The library's inverse is coarse; Newton's steps, kept between bounds, make it good to the last digits.
    for _ in 0..60 {
        if !(x > low && x < high) {
            x = (low + high) / 2.0;
        }
        let excess = beta.cdf(x) - p;
        if excess > 0.0 {
            high = x;
        } else {
            low = x;
        }
        let next = x - excess / beta.pdf(x);
        if (next - x).abs() <= 1e-15 * x {
            break;
        }
        x = next;
    }
    x.is_finite().then_some(x)
}

/// The difference of two rates, second less first, at confidence `level`.
///
/// `None` when either has no trials, or more hits than trials.
/// Source: Newcombe 1998 (difference of independent proportions), method 10: the two Wilson
/// intervals, squared and added.
#[must_use]
#[allow(clippy::cast_precision_loss)]
pub fn newcombe(hits1: u64, n1: u64, hits2: u64, n2: u64, level: f64) -> Option<Estimate> {
    let first = wilson(hits1, n1, level)?;
    let second = wilson(hits2, n2, level)?;
    let (p1, p2) = (hits1 as f64 / n1 as f64, hits2 as f64 / n2 as f64);
    let estimate = p2 - p1;
    Some(Estimate {
        estimate,
        low: estimate - (p2 - second.low).hypot(first.high - p1),
        high: estimate + (second.high - p2).hypot(p1 - first.low),
    })
}

/// Wilson's interval for a rate `p` observed in `n` trials, which need not be whole, at `z`.
pub(super) fn score_interval(p: f64, n: f64, z: f64) -> Interval {
    let shrink = 1.0 + z * z / n;
    let centre = (p + z * z / (2.0 * n)) / shrink;
    let half = z * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt() / shrink;
    // At p = 0 and p = 1 the end is exact by construction; rounding must not move it past p.
    Interval {
        low: (centre - half).max(0.0).min(p),
        high: (centre + half).min(1.0).max(p),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::stats::reference::{cases, number, same};
    use proptest::prelude::*;

    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    fn count(case: &serde_json::Value, key: &str) -> u64 {
        number(case, key) as u64
    }

    #[test]
    fn agrees_with_statsmodels() {
        for case in cases("wilson") {
            let ours = wilson(
                count(&case, "hits"),
                count(&case, "n"),
                number(&case, "level"),
            )
            .unwrap();
            same(ours.low, number(&case, "low"));
            same(ours.high, number(&case, "high"));
        }
        for case in cases("jeffreys") {
            let (hits, n) = (count(&case, "hits"), count(&case, "n"));
            let ours = jeffreys(hits, n, number(&case, "level")).unwrap();
            same(ours.low, number(&case, "low"));
            same(ours.high, number(&case, "high"));
        }
        for case in cases("newcombe") {
            let ours = newcombe(
                count(&case, "hits1"),
                count(&case, "n1"),
                count(&case, "hits2"),
                count(&case, "n2"),
                number(&case, "level"),
            )
            .unwrap();
            same(ours.low, number(&case, "low"));
            same(ours.high, number(&case, "high"));
        }
    }

    /// Newcombe 1998, table II, contrasts (a) 56/70 − 48/80 and (g) 10/10 − 0/10, method 10.
    #[test]
    fn agrees_with_the_paper() {
        let a = newcombe(48, 80, 56, 70, 0.95).unwrap();
        assert!((a.low - 0.0524).abs() < 5e-5 && (a.high - 0.3339).abs() < 5e-5);
        let g = newcombe(0, 10, 10, 10, 0.95).unwrap();
        assert!((g.low - 0.6075).abs() < 5e-5 && (g.high - 1.0).abs() < 5e-5);
    }

    #[test]
    fn without_trials_there_is_no_rate() {
        assert_eq!(wilson(0, 0, 0.95), None);
        assert_eq!(wilson(3, 2, 0.95), None);
        assert_eq!(jeffreys(0, 0, 0.95), None);
        assert_eq!(jeffreys(3, 2, 0.95), None);
        assert_eq!(jeffreys(1, 2, 1.0), None);
        assert_eq!(newcombe(0, 0, 1, 2, 0.95), None);
    }

    proptest! {
        #[test]
        fn contains_the_rate_and_mirrors(n in 1_u64..5_000, share in 0.0..=1.0_f64) {
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
            let hits = ((n as f64) * share) as u64;
            let i = wilson(hits, n, 0.95).unwrap();
            let mirrored = wilson(n - hits, n, 0.95).unwrap();
            #[allow(clippy::cast_precision_loss)]
            let p = hits as f64 / n as f64;
            prop_assert!(i.contains(p) && i.low >= 0.0 && i.high <= 1.0);
            prop_assert!((i.low - (1.0 - mirrored.high)).abs() < 1e-12);
        }

        #[test]
        fn swapping_the_groups_turns_the_sign(
            n1 in 1_u64..200, n2 in 1_u64..200, a in 0.0..=1.0_f64, b in 0.0..=1.0_f64,
        ) {
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
            let (h1, h2) = ((n1 as f64 * a) as u64, (n2 as f64 * b) as u64);
            let d = newcombe(h1, n1, h2, n2, 0.95).unwrap();
            let e = newcombe(h2, n2, h1, n1, 0.95).unwrap();
            prop_assert!(d.low <= d.estimate && d.estimate <= d.high);
            prop_assert!((d.low + e.high).abs() < 1e-12 && d.low >= -1.0 - 1e-12);
        }
    }
}
