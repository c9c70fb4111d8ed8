//! Two groups without pairs: does one tend to larger values?

use super::{are_finite, number, orders, ranks};

/// Fewest values in each group.
const LEAST: usize = 4;

/// Result of a test of two groups.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Comparison {
    /// The studentised statistic; infinite where the groups do not overlap.
    pub statistic: f64,
    /// Probability that a value of the second group is larger than one of the first, ties half.
    pub superiority: f64,
    /// Two-sided p.
    pub p: f64,
}

/// Brunner and Munzel's test in its permutation form: all orders while there are at most 20,000, else
/// 9,999 seeded ones. Holds its level with unequal spreads and sizes.
///
/// `None` under 4 values a group, or with a number that is not finite.
/// Source: Neubert & Brunner 2007.
#[must_use]
pub fn brunner_munzel(a: &[f64], b: &[f64], seed: u64) -> Option<Comparison> {
    if a.len() < LEAST || b.len() < LEAST || !are_finite(a) || !are_finite(b) {
        return None;
    }
    let pooled: Vec<f64> = a.iter().chain(b).copied().collect();
    let groups: Vec<Vec<usize>> = ranks::groups(&pooled)
        .into_iter()
        .map(|(_, group)| group)
        .collect();
    let n = pooled.len();
    let is_first: Vec<bool> = (0..n).map(|i| i < a.len()).collect();
    let (statistic, superiority, _) = studentised(&groups, &is_first, a.len());
    let observed = statistic.abs();
    let limit = observed - 1e-9 * observed.max(1.0);
    let p = orders::share(n, a.len(), seed, |first| {
        let w = studentised(&groups, first, a.len()).0.abs();
        if observed.is_finite() {
            w >= limit
        } else {
            w.is_infinite()
        }
    });
    Some(Comparison {
        statistic,
        superiority,
        p,
    })
}

/// The statistic, the superiority of the second group, and the degrees of freedom (Satterthwaite).
pub(super) fn studentised(groups: &[Vec<usize>], is_first: &[bool], n1: usize) -> (f64, f64, f64) {
    let n2 = is_first.len() - n1;
    let (m1, m2) = (number(n1), number(n2));
    // A placement is the number of values of the other group below one, ties half.
    let (mut below1, mut below2) = (0.0, 0.0);
    let (mut sum1, mut sum2, mut squares1, mut squares2) = (0.0, 0.0, 0.0, 0.0);
    for group in groups {
        let first = number(group.iter().filter(|i| is_first[**i]).count());
        let second = number(group.len()) - first;
        let (placement1, placement2) = (below2 + second / 2.0, below1 + first / 2.0);
        sum1 += first * placement1;
        squares1 += first * placement1 * placement1;
        sum2 += second * placement2;
        squares2 += second * placement2 * placement2;
        below1 += first;
        below2 += second;
    }
    let variance =
        |sum: f64, squares: f64, m: f64| ((squares - sum * sum / m) / (m - 1.0)).max(0.0);
    let (v1, v2) = (variance(sum1, squares1, m1), variance(sum2, squares2, m2));
    let superiority = sum2 / m2 / m1;
    let spread = m1 * v1 + m2 * v2;
    let freedom =
        spread * spread / ((m1 * v1).powi(2) / (m1 - 1.0) + (m2 * v2).powi(2) / (m2 - 1.0));
    let distance = superiority - 0.5;
    let statistic = if spread > 1e-12 * m1 * m2 {
        m1 * m2 * distance / spread.sqrt()
    } else if distance.abs() < 1e-12 {
        0.0
    } else {
        f64::INFINITY.copysign(distance)
    };
    (statistic, superiority, freedom)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::stats::reference::{cases, list, number, same};
    use proptest::prelude::*;

    #[test]
    fn all_orders() {
        for case in cases("brunner_munzel") {
            let result = brunner_munzel(&list(&case, "a"), &list(&case, "b"), 1).unwrap();
            same(result.superiority, number(&case, "superiority"));
            same(result.p, number(&case, "p"));
        }
    }

    #[test]
    fn the_statistic_is_scipys_and_random_orders_come_near_its_p() {
        for case in cases("brunner_munzel_statistic") {
            let result = brunner_munzel(&list(&case, "a"), &list(&case, "b"), 1).unwrap();
            same(result.statistic, number(&case, "statistic"));
            assert!(
                (result.p - number(&case, "p")).abs() < 0.02,
                "{case} {result:?}"
            );
        }
    }

    #[test]
    fn too_few_say_nothing() {
        assert_eq!(brunner_munzel(&[1.0; 3], &[2.0; 9], 1), None);
        assert_eq!(brunner_munzel(&[1.0; 4], &[f64::NAN; 4], 1), None);
    }

    proptest! {
        #[test]
        fn exchange_and_unit_change_nothing(
            a in proptest::collection::vec(0.0..9.0f64, 4..7),
            b in proptest::collection::vec(0.0..9.0f64, 4..7),
        ) {
            let there = brunner_munzel(&a, &b, 1).unwrap();
            let back = brunner_munzel(&b, &a, 1).unwrap();
            prop_assert!((there.p - back.p).abs() < 1e-12);
            prop_assert!((there.superiority + back.superiority - 1.0).abs() < 1e-12);
            let scale = |v: &[f64]| v.iter().map(|x| x * 1024.0).collect::<Vec<_>>();
            prop_assert_eq!(there, brunner_munzel(&scale(&a), &scale(&b), 1).unwrap());
        }
    }
}
