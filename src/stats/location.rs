//! By what factor, or by how much, do two groups of units differ?

use super::{Estimate, are_finite, is_factor, log, select, unpaired};

/// Names the splits that are drawn where there are too many to try all. They are drawn for the
/// critical value only, so one choice serves every input.
const SEED: u64 = 0;

/// The median of all differences `b` − `a`, without forming them beyond need. `None` where a group is
/// empty or a number is not finite.
///
/// Source: Hodges & Lehmann 1963, Annals of Mathematical Statistics 34.
#[must_use]
pub fn hodges_lehmann(a: &[f64], b: &[f64]) -> Option<f64> {
    if a.is_empty() || b.is_empty() || !are_finite(a) || !are_finite(b) {
        return None;
    }
    Some(middle_difference(&sorted(a), &sorted(b)))
}

/// The same with the interval at confidence `level` that inverts Brunner and Munzel's permutation test.
///
/// The interval holds every shift of `b` whose studentised statistic is no larger than the
/// permutation's critical value, taken once, at the estimated shift (from 50 units in the smaller
/// group on: Student's approximation). It always contains the estimate. `None` under 4 units in a
/// group, where a number is not finite, or where no shift is rejected.
///
/// Sources: [`hodges_lehmann`]; Neubert & Brunner 2007; inversion with studentised critical values as in
/// Pauly, Asendorf & Konietschke 2016, Biometrical Journal 58.
#[must_use]
pub fn hodges_lehmann_difference(a: &[f64], b: &[f64], level: f64) -> Option<Estimate> {
    if !(level > 0.0 && level < 1.0) {
        return None;
    }
    let estimate = hodges_lehmann(a, b)?;
    let (a, b) = (sorted(a), sorted(b));
    let moved = |by: f64| -> Vec<f64> { b.iter().map(|v| v - by).collect() };
    let critical = unpaired::critical(&a, &moved(estimate), level, SEED)?;
    // Signed, 0 where the test has another reason not to reject.
    let at = |by: f64| {
        let moved = moved(by);
        let is_open = unpaired::sign_p(&a, &moved).is_some_and(|p| p >= 1.0 - level);
        let statistic = unpaired::statistic(&a, &moved).filter(|_| !is_open);
        statistic.unwrap_or(0.0)
    };
    // Of logs: zeros stay where they are, whatever the shift.
    let ends = |values: &[f64]| {
        let mut values = values.iter().copied().filter(|v| is_factor(*v));
        let first = values.next()?;
        Some((first, values.next_back().unwrap_or(first)))
    };
    let ((first_a, last_a), (first_b, last_b)) = (ends(&a)?, ends(&b)?);
    let (least, most) = (first_b - last_a, last_b - first_a);
    // So much that values of their size feel it.
    let sizes = [most - least, estimate, first_a, last_a, first_b, last_b];
    let size = sizes.into_iter().map(f64::abs).fold(0.0, f64::max);
    let margin = size * 1e-9 + f64::MIN_POSITIVE;
    let (below, above) = (least - margin, most + margin);
    Some(Estimate {
        estimate,
        // Below the first difference all of `b` is above all of `a`: the statistic is infinite there.
        low: if at(below) > critical {
            edge(below, estimate, |by| at(by) > critical)
        } else {
            f64::NEG_INFINITY
        },
        high: if at(above) < -critical {
            edge(above, estimate, |by| at(by) < -critical)
        } else {
            f64::INFINITY
        },
    })
}

/// [`hodges_lehmann_difference`] of logs, taken back: the factor by which `candidate` is larger than `base`.
///
/// Zeros count as less than everything else. `None` as there, where a value is negative, or where there are so many zeros
/// that no factor remains.
#[must_use]
pub fn hodges_lehmann_ratio(base: &[f64], candidate: &[f64], level: f64) -> Option<Estimate> {
    hodges_lehmann_difference(&logs(base)?, &logs(candidate)?, level)?.factor()
}

fn logs(values: &[f64]) -> Option<Vec<f64>> {
    values
        .iter()
        .map(|v| (*v >= 0.0 && v.is_finite()).then(|| log(*v)))
        .collect()
}

fn sorted(values: &[f64]) -> Vec<f64> {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values
}

fn middle_difference(a: &[f64], b: &[f64]) -> f64 {
    let rows = vec![(0, b.len()); a.len()];
    let pairs = a.len() * b.len();
    let difference = |i: usize, j: usize| b[j] - a[i];
    if pairs % 2 == 1 {
        return select::of_rows(&rows, b.len(), pairs / 2, difference);
    }
    let (lower, upper) = select::two_of_rows(&rows, b.len(), pairs / 2 - 1, difference);
    lower + (upper - lower) / 2.0
}

/// Where, between `rejected` and `accepted`, rejection ends.
fn edge(rejected: f64, accepted: f64, is_rejected: impl Fn(f64) -> bool) -> f64 {
    let (mut outside, mut inside) = (rejected, accepted);
    // 60 halvings reach the last digits of a double from any start of the same size.
    for _ in 0..60 {
        let middle = outside + (inside - outside) / 2.0;
        if is_rejected(middle) {
            outside = middle;
        } else {
            inside = middle;
        }
    }
    inside
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::stats::reference::{cases, list, number as of, same};
    use crate::stats::{normal, number, splits};
    use proptest::prelude::*;
    use rand::Rng;
    use rand_chacha::ChaCha8Rng;
    use rand_chacha::rand_core::SeedableRng;

    #[test]
    fn agrees_with_all_pairs_formed() {
        for case in cases("hodges_lehmann") {
            let (a, b) = (list(&case, "a"), list(&case, "b"));
            let ours = hodges_lehmann_ratio(&a, &b, 0.95).unwrap();
            same(ours.estimate, of(&case, "ratio"));
        }
    }

    fn kayenta(question: &str) -> Vec<serde_json::Value> {
        let all: serde_json::Value =
            serde_json::from_str(include_str!("../../tests/reference/kayenta/vectors.json"))
                .unwrap();
        all[question].as_array().unwrap().clone()
    }

    /// Shifts and common-language effect sizes of kayenta's tests; of R's shifts a root finder stops within 1e-3.
    #[test]
    fn shifts_and_superiority_agree_with_kayenta() {
        for case in kayenta("shifts") {
            let ours = hodges_lehmann(&list(&case, "a"), &list(&case, "b")).unwrap();
            let away = (ours - of(&case, "shift")).abs();
            assert!(away <= of(&case, "within"), "{}: {ours}", case["name"]);
        }
        for case in kayenta("superiority") {
            let (a, b) = (list(&case, "control"), list(&case, "experiment"));
            let ours = unpaired::brunner_munzel(&a, &b, 1).unwrap().superiority;
            let away = (ours - of(&case, "value")).abs();
            assert!(away <= of(&case, "within"), "{}: {ours}", case["name"]);
        }
    }

    /// The verdicts of kayenta's canary judge, by its rule (the interval of the shift beyond a share of the shift, and
    /// an effect beyond a limit) with our interval in place of Mann and Whitney's.
    #[test]
    fn verdicts_agree_with_kayentas_judge() {
        let mean = |values: &[f64]| values.iter().sum::<f64>() / number(values.len());
        for case in kayenta("verdicts") {
            let (a, b) = (list(&case, "a"), list(&case, "b"));
            let effect = if case["measure"] == "cles" {
                unpaired::brunner_munzel(&a, &b, 1).map_or(0.5, |t| t.superiority)
            } else {
                mean(&b) / mean(&a)
            };
            let ours = match hodges_lehmann_difference(&a, &b, of(&case, "level")) {
                Some(shift) => {
                    let margin = of(&case, "tolerance") * shift.estimate.abs();
                    // A quotient with a mean of 0 decides nothing.
                    let is_more = effect.is_nan() || effect >= of(&case, "increase");
                    let is_less = effect.is_nan() || effect <= of(&case, "decrease");
                    if shift.low > margin && is_more && case["direction"] != "decrease" {
                        "High"
                    } else if shift.high < -margin && is_less && case["direction"] != "increase" {
                        "Low"
                    } else {
                        "Pass"
                    }
                }
                None => "Pass",
            };
            assert_eq!(ours, case["verdict"], "{}", case["name"]);
        }
    }

    /// The median of all quotients, where nothing by nothing is 1.
    #[test]
    fn zeros_are_less_than_all_else() {
        let base = [0.0, 1.0, 2.0, 3.0, 4.0, 5.5, 7.0];
        let candidate = [0.0, 0.0, 3.1, 6.2, 9.9, 12.0, 13.0, 17.0];
        let quotient = |a: f64, b: f64| if a == b { 1.0 } else { b / a };
        let mut all: Vec<f64> = base
            .iter()
            .flat_map(|a| candidate.iter().map(|b| quotient(*a, *b)))
            .collect();
        all.sort_by(f64::total_cmp);
        // An even number of them; the middle on logs.
        let middle = (all[27] * all[28]).sqrt();
        let ours = hodges_lehmann_ratio(&base, &candidate, 0.95).unwrap();
        same(ours.estimate, middle);
        assert!(ours.low < middle && middle < ours.high);
        assert_eq!(hodges_lehmann_ratio(&base, &[0.0; 8], 0.95), None);
        assert_eq!(hodges_lehmann_ratio(&[0.0; 7], &candidate, 0.95), None);
        assert_eq!(hodges_lehmann_ratio(&base, &[-1.0; 8], 0.95), None);
        let none = hodges_lehmann_ratio(&[0.0; 7], &[0.0; 8], 0.95);
        assert_eq!(none, None);
    }

    /// Groups that do not vary, small and large ones.
    #[test]
    fn constants_differ_by_just_so_much() {
        for n in [10, 60] {
            for by in [0.0, 4.0] {
                let ours = hodges_lehmann_difference(&vec![1.0; n], &vec![1.0 + by; n], 0.95);
                let ours = ours.unwrap();
                for end in [ours.estimate, ours.low, ours.high] {
                    assert!((end - by).abs() < 1e-12, "{n}: {ours:?}");
                }
            }
        }
    }

    /// The interval is what the test accepts: just inside its ends it does, just outside it does not.
    #[test]
    fn the_interval_is_what_the_test_accepts() {
        let a = [1.0, 2.5, 3.1, 4.8, 5.2, 6.9];
        let b = [3.3, 4.1, 6.6, 7.0, 9.4];
        let ours = hodges_lehmann_difference(&a, &b, 0.95).unwrap();
        let p = |by: f64| {
            let moved: Vec<f64> = b.iter().map(|v| v - by).collect();
            unpaired::brunner_munzel(&a, &moved, 1).unwrap().p
        };
        assert!(p(ours.low - 0.3) <= 0.05 && p(ours.high + 0.3) <= 0.05);
        assert!(p(ours.low + 0.3) > 0.05 && p(ours.high - 0.3) > 0.05);
    }

    /// Log-normal groups of 5 and 9 with spreads 0.6 and 0.3, nominal 95 %, 300 runs: the standard error is 0.013.
    #[test]
    fn covers_when_spreads_differ() {
        let mut random = ChaCha8Rng::seed_from_u64(3);
        let mut draw = |n: usize, middle: f64, spread: f64| -> Vec<f64> {
            (0..n)
                .map(|_| {
                    let u = (number(splits::below(|| random.next_u64(), 1 << 30)) + 0.5)
                        / number(1 << 30);
                    (middle + spread * normal::quantile(u).unwrap()).exp()
                })
                .collect()
        };
        let truth = 1.5_f64;
        let covered = (0..300)
            .filter(|_| {
                let (a, b) = (draw(5, 0.0, 0.6), draw(9, truth.ln(), 0.3));
                hodges_lehmann_ratio(&a, &b, 0.95)
                    .unwrap()
                    .interval()
                    .contains(truth)
            })
            .count();
        assert!((273..=297).contains(&covered), "{covered} of 300");
    }

    /// Normal groups of 30 and 15 with spreads 1 and 2 and a shift of 1, by the drawn splits: 40 runs, standard error 0.034.
    #[test]
    fn covers_where_splits_are_drawn() {
        let mut random = ChaCha8Rng::seed_from_u64(5);
        let mut draw = |n: usize, middle: f64, spread: f64| -> Vec<f64> {
            (0..n)
                .map(|_| {
                    let u = (number(splits::below(|| random.next_u64(), 1 << 30)) + 0.5)
                        / number(1 << 30);
                    middle + spread * normal::quantile(u).unwrap()
                })
                .collect()
        };
        let covered = (0..40)
            .filter(|_| {
                let (a, b) = (draw(30, 0.0, 1.0), draw(15, 1.0, 2.0));
                hodges_lehmann_difference(&a, &b, 0.95)
                    .unwrap()
                    .interval()
                    .contains(1.0)
            })
            .count();
        assert!((34..=40).contains(&covered), "{covered} of 40");
    }

    #[test]
    fn too_little_is_none() {
        assert_eq!(hodges_lehmann_ratio(&[1.0; 3], &[2.0; 9], 0.95), None);
        assert_eq!(hodges_lehmann_ratio(&[0.0; 9], &[2.0; 9], 0.95), None);
        assert_eq!(hodges_lehmann(&[], &[1.0]), None);
    }

    #[test]
    fn many_pairs_agree_with_all_formed() {
        let a: Vec<f64> = (0..700_u32)
            .map(|i| f64::from((i * 7_919) % 1_009))
            .collect();
        let b: Vec<f64> = (0..900_u32)
            .map(|i| f64::from((i * 104_729) % 997) * 1.1)
            .collect();
        let mut all: Vec<f64> = b
            .iter()
            .flat_map(|y| a.iter().map(move |x| y - x))
            .collect();
        assert_eq!(
            hodges_lehmann(&a, &b),
            crate::stats::quantiles::median(&mut all)
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn follows_the_unit_and_turns_with_the_groups(
            a in proptest::collection::vec(0.1..100.0_f64, 4..8),
            b in proptest::collection::vec(0.1..100.0_f64, 4..8),
        ) {
            let ours = hodges_lehmann_ratio(&a, &b, 0.9).unwrap();
            prop_assert!(ours.low <= ours.estimate && ours.estimate <= ours.high);
            let scaled: Vec<f64> = a.iter().map(|v| v * 1000.0).collect();
            let other = hodges_lehmann_ratio(&scaled, &b, 0.9).unwrap();
            prop_assert!((other.estimate * 1000.0 / ours.estimate - 1.0).abs() < 1e-9);
            let turned = hodges_lehmann_ratio(&b, &a, 0.9).unwrap();
            prop_assert!((turned.estimate * ours.estimate - 1.0).abs() < 1e-9);
        }
    }
}
