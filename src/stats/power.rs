//! What could have been found, and how many units it would take.
//!
//! Standard deviations of logs in, differences of logs out (a factor is their exponential). Values
//! are taken as normal; a rank test then needs π/3 times as many as Student's.

use super::{normal, number};

/// Largest number of units that is searched for.
const MOST: usize = 10_000_000;

/// The least difference that a two-sided rank test of two groups finds with probability `power` at
/// confidence `level` (0.95 for a test at 0.05).
///
/// `deviations` and `sizes` are those of the two groups; spreads may differ. `None` under 4 units a group,
/// for a deviation that is negative or not finite, or unless `level` and `power` lie between 0 and 1.
///
/// Sources: (t of the level + t of the power) × standard error, Lachin 1981, Controlled Clinical Trials 2;
/// degrees of freedom Welch 1947; rank tests against Student's, 3/π: Hodges & Lehmann 1956, Annals of
/// Mathematical Statistics 27.
#[must_use]
pub fn detectable(
    deviations: (f64, f64),
    sizes: (usize, usize),
    level: f64,
    power: f64,
) -> Option<f64> {
    let ((s1, s2), (n1, n2)) = (deviations, sizes);
    if n1.min(n2) < super::unpaired::LEAST_PER_GROUP || !is_deviation(s1) || !is_deviation(s2) {
        return None;
    }
    let (v1, v2) = (s1 * s1 / number(n1), s2 * s2 / number(n2));
    let variance = v1 + v2;
    let freedom = if variance > 0.0 {
        variance * variance / (v1 * v1 / number(n1 - 1) + v2 * v2 / number(n2 - 1))
    } else {
        number(n1 + n2 - 2)
    };
    found(variance, freedom, level, power)
}

/// The same for pairs: `deviation` is that of the differences of logs within pairs. `None` under 6 pairs.
#[must_use]
pub fn detectable_of_pairs(deviation: f64, pairs: usize, level: f64, power: f64) -> Option<f64> {
    if pairs < super::paired::LEAST_PAIRS || !is_deviation(deviation) {
        return None;
    }
    let n = number(pairs);
    found(deviation * deviation / n, n - 1.0, level, power)
}

/// The least number of units in each of two groups with which [`detectable`] is at most `difference`.
/// `None` as there, for a difference that is not positive, or beyond ten million.
#[must_use]
pub fn units_needed(
    deviations: (f64, f64),
    difference: f64,
    level: f64,
    power: f64,
) -> Option<usize> {
    least(super::unpaired::LEAST_PER_GROUP, difference, |n| {
        detectable(deviations, (n, n), level, power)
    })
}

/// The least number of pairs with which [`detectable_of_pairs`] is at most `difference`.
/// `None` as there, for a difference that is not positive, or beyond ten million.
#[must_use]
pub fn pairs_needed(deviation: f64, difference: f64, level: f64, power: f64) -> Option<usize> {
    least(super::paired::LEAST_PAIRS, difference, |n| {
        detectable_of_pairs(deviation, n, level, power)
    })
}

fn is_deviation(deviation: f64) -> bool {
    deviation >= 0.0 && deviation.is_finite()
}

fn found(variance: f64, freedom: f64, level: f64, power: f64) -> Option<f64> {
    if !(power > 0.0 && power < 1.0) {
        return None;
    }
    // The t below which the share `power` lies; below a half it is on the other side.
    let within = 2.0 * power - 1.0;
    let beyond = if within.abs() < 1e-9 {
        0.0
    } else {
        normal::critical_t(within.abs(), freedom)?.copysign(within)
    };
    let sum = normal::critical_t(level, freedom)? + beyond;
    Some((sum * (variance * std::f64::consts::PI / 3.0).sqrt()).max(0.0))
}

/// The least `n` from `from` on for which the falling `detectable` is at most `difference`.
fn least(from: usize, difference: f64, detectable: impl Fn(usize) -> Option<f64>) -> Option<usize> {
    if difference.is_nan() || difference <= 0.0 {
        return None;
    }
    let mut enough = from;
    while detectable(enough)? > difference {
        enough = enough.checked_mul(2).filter(|n| *n <= MOST)?;
    }
    let mut too_few = enough / 2;
    if enough == from {
        return Some(from);
    }
    while enough - too_few > 1 {
        let middle = too_few + (enough - too_few) / 2;
        if detectable(middle)? <= difference {
            enough = middle;
        } else {
            too_few = middle;
        }
    }
    Some(enough)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::stats::reference::{cases, number as of, same};
    use crate::stats::splits::Stream;
    use crate::stats::{paired, unpaired};

    #[test]
    fn agrees_with_the_formula() {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        for case in cases("power") {
            let count = |key| of(&case, key) as usize;
            let (level, power) = (of(&case, "level"), of(&case, "power"));
            let spreads = (of(&case, "s1"), of(&case, "s2"));
            let ours = detectable(spreads, (count("n1"), count("n2")), level, power).unwrap();
            same(ours, of(&case, "difference"));
            let ours = detectable_of_pairs(of(&case, "s1"), count("n1"), level, power).unwrap();
            same(ours, of(&case, "of_pairs"));
        }
    }

    #[test]
    fn the_needed_number_is_the_least_that_does() {
        for (s, difference) in [(0.4, 0.18), (0.4, 0.05), (0.05, 0.2), (1.0, 0.01)] {
            let n = units_needed((s, s), difference, 0.95, 0.8).unwrap();
            assert!(detectable((s, s), (n, n), 0.95, 0.8).unwrap() <= difference);
            assert!(n == 4 || detectable((s, s), (n - 1, n - 1), 0.95, 0.8).unwrap() > difference);
            let n = pairs_needed(s, difference, 0.95, 0.8).unwrap();
            assert!(n == 6 || detectable_of_pairs(s, n - 1, 0.95, 0.8).unwrap() > difference);
        }
        assert_eq!(units_needed((0.0, 0.0), 0.1, 0.95, 0.8), Some(4));
    }

    #[test]
    fn what_makes_no_sense_is_none() {
        assert_eq!(detectable((0.1, 0.1), (3, 9), 0.95, 0.8), None);
        assert_eq!(detectable((-0.1, 0.1), (9, 9), 0.95, 0.8), None);
        assert_eq!(detectable((0.1, 0.1), (9, 9), 0.95, 1.0), None);
        assert_eq!(detectable_of_pairs(f64::NAN, 9, 0.95, 0.8), None);
        assert_eq!(units_needed((0.1, 0.1), 0.0, 0.95, 0.8), None);
        assert_eq!(units_needed((1.0, 1.0), 1e-9, 0.95, 0.8), None);
    }

    /// What is said to be found 8 times of 10 is: 200 runs, standard error 0.028.
    #[test]
    fn the_tests_find_it_as_often() {
        let away = detectable((0.4, 0.4), (8, 8), 0.95, 0.8).unwrap();
        let of_pairs = detectable_of_pairs(0.4, 14, 0.95, 0.8).unwrap();
        let share = |is_found: &dyn Fn(&mut Stream) -> bool| {
            (0..200_u64)
                .filter(|run| is_found(&mut Stream::new(*run, 3)))
                .count()
        };
        let two = share(&|random| {
            let a: Vec<f64> = (0..8).map(|_| 0.4 * random.normal()).collect();
            let b: Vec<f64> = (0..8).map(|_| away + 0.4 * random.normal()).collect();
            unpaired::brunner_munzel(&a, &b, 1).unwrap().p < 0.05
        });
        let pairs = share(&|random| {
            let d: Vec<f64> = (0..14).map(|_| of_pairs + 0.4 * random.normal()).collect();
            paired::wilcoxon_signed_rank(&d).unwrap().p < 0.05
        });
        assert!(
            (136..=184).contains(&two) && (136..=184).contains(&pairs),
            "{two} {pairs}"
        );
    }
}
