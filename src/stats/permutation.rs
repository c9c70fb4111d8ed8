//! Do two ratios of sums differ (calls of sessions, tokens of tasks), when whole units are exchanged?

use super::unpaired::LEAST_PER_GROUP;
use super::{Test, clustered, splits};

/// Tests whether Σ numerators ÷ Σ denominators differs between two groups of units.
///
/// The statistic is the difference, second less first, over its linearised error, so that groups may
/// differ in spread; whole units change sides. All splits while there are at most 20,000, else 9,999
/// that `seed` names. Units without a denominator are left out. `None` under 4 units in a group, for
/// lists of different length or numbers that are not finite.
///
/// Sources: Janssen 1997, Statistics & Probability Letters 36 (studentised permutation); variance as
/// in [`clustered`].
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
    if a.len().min(b.len()) < LEAST_PER_GROUP {
        return None;
    }
    let statistic = studentised(&a, &b)?;
    let all: Vec<(f64, f64)> = a.iter().chain(&b).copied().collect();
    // Sums in another order differ in their last digits; what is equal but for these is as extreme.
    let limit = statistic.abs() * (1.0 - 1e-9) - 1e-12;
    let (mut first, mut second) = (Vec::new(), Vec::new());
    let (mut hits, mut seen) = (0_u64, 0_u64);
    let were_all = splits::visit(all.len(), a.len(), seed, |marked| {
        first.clear();
        second.clear();
        for (unit, is_first) in all.iter().zip(marked) {
            if *is_first {
                first.push(*unit);
            } else {
                second.push(*unit);
            }
        }
        seen += 1;
        let other = studentised(&first, &second).unwrap_or(0.0);
        hits += u64::from(other.abs() >= limit);
    });
    Some(Test {
        statistic,
        p: splits::p_value(hits, seen, were_all).min(1.0),
    })
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

fn studentised(a: &[(f64, f64)], b: &[(f64, f64)]) -> Option<f64> {
    let (ratio_a, variance_a) = clustered::ratio_and_variance_of(a)?;
    let (ratio_b, variance_b) = clustered::ratio_and_variance_of(b)?;
    let difference = ratio_b - ratio_a;
    let variance = variance_a + variance_b;
    let scale = ratio_a.abs().max(ratio_b.abs());
    Some(if variance > 1e-24 * scale * scale {
        difference / variance.sqrt()
    } else if difference.abs() <= 1e-12 * scale {
        0.0
    } else {
        f64::INFINITY.copysign(difference)
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

    #[test]
    fn the_same_seed_gives_the_same_p_and_alike_groups_none() {
        let x = [10.0; 15];
        let y: Vec<f64> = (0..15).map(|i| f64::from(i % 4)).collect();
        let once = ratio_of_sums(&y, &x, &y, &x, 5).unwrap();
        assert_eq!(once, ratio_of_sums(&y, &x, &y, &x, 5).unwrap());
        same(once.p, 1.0);
        same(ratio_of_sums(&x, &x, &x, &x, 5).unwrap().p, 1.0);
        // All apart: no drawn split is as extreme.
        let apart = ratio_of_sums(&[0.0; 15], &x, &x, &x, 5).unwrap();
        same(apart.p, 1e-4);
        assert_eq!(ratio_of_sums(&y[..3], &x[..3], &y, &x, 5), None);
    }
}
