//! Quantiles, and how sure one can be of them when records are correlated within units.

use super::{LEAST_UNITS, clustered, normal, number};

/// The smallest of `sorted` (ascending) with at least the share `q` of the values at or below it.
///
/// `None` when the list is empty or `q` is outside of 0 to 1. Source: inverse of the empirical
/// distribution function, Hyndman & Fan 1996, definition 1.
#[must_use]
pub fn inverse_distribution(sorted: &[f64], q: f64) -> Option<f64> {
    if sorted.is_empty() || !(0.0..=1.0).contains(&q) {
        return None;
    }
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let rank = (q * number(sorted.len())).ceil() as usize;
    sorted.get(rank.max(1) - 1).copied()
}

/// The middle value, or the mean of the two in the middle. Reorders `values`; `None` when empty or
/// where a number is not finite.
#[must_use]
pub fn median(values: &mut [f64]) -> Option<f64> {
    if values.is_empty() || !super::are_finite(values) {
        return None;
    }
    let is_odd = values.len() % 2 == 1;
    let middle = values.len() / 2;
    let (below, upper, _) = values.select_nth_unstable_by(middle, f64::total_cmp);
    let upper = *upper;
    if is_odd {
        return Some(upper);
    }
    let lower = below.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    Some(lower + (upper - lower) / 2.0)
}

/// The two levels (shares of the values) between which Woodruff's interval of the quantile `q` lies;
/// the caller reads the values at these levels off its pooled distribution.
///
/// In: for each unit, how many of its values lie above the estimated quantile, and how many values
/// it has. The share below the quantile is a ratio of sums over units, q plus and minus t times its
/// linearised error are the levels, cut to 0 and 1. `None` under 6 units with values, or when `q` is
/// not between 0 and 1.
///
/// Source: Woodruff 1952, JASA 47; variance as in [`clustered`]. Levels by Wilson's interval, which
/// serve shares better, covered less here: 0.86 against 0.89 for p95 at 10 units of 60 values.
#[must_use]
pub fn woodruff_levels(above_and_n: &[(f64, f64)], q: f64, level: f64) -> Option<(f64, f64)> {
    if !(q > 0.0 && q < 1.0) {
        return None;
    }
    let above: Vec<f64> = above_and_n.iter().map(|(a, _)| *a).collect();
    let n: Vec<f64> = above_and_n.iter().map(|(_, n)| *n).collect();
    let units = n.iter().filter(|n| **n > 0.0).count();
    if units < LEAST_UNITS {
        return None;
    }
    let (_, variance) = clustered::ratio_and_variance(&above, &n)?;
    let half = normal::critical_t(level, number(units - 1))? * variance.sqrt();
    Some(((q - half).max(0.0), (q + half).min(1.0)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::stats::reference::{cases, list, number as of, same};

    #[test]
    fn agrees_with_numpy() {
        for case in cases("quantiles") {
            let mut values = list(&case, "values");
            same(median(&mut values).unwrap(), of(&case, "median"));
            values.sort_by(f64::total_cmp);
            for (q, theirs) in list(&case, "q").iter().zip(list(&case, "quantiles")) {
                same(inverse_distribution(&values, *q).unwrap(), theirs);
            }
        }
    }

    #[test]
    fn levels_agree_with_the_formula() {
        for case in cases("woodruff") {
            let units: Vec<(f64, f64)> = list(&case, "above")
                .into_iter()
                .zip(list(&case, "n"))
                .collect();
            let (low, high) = woodruff_levels(&units, of(&case, "q"), 0.95).unwrap();
            same(low, of(&case, "low"));
            same(high, of(&case, "high"));
        }
    }

    #[test]
    fn too_little_is_none() {
        assert_eq!(woodruff_levels(&[(1.0, 10.0); 5], 0.95, 0.95), None);
        assert_eq!(woodruff_levels(&[(1.0, 10.0); 9], 1.0, 0.95), None);
        assert_eq!(inverse_distribution(&[], 0.5), None);
        assert_eq!(median(&mut [1.0, f64::NAN]), None);
    }
}
