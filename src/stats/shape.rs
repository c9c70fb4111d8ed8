//! Has a distribution changed its shape, wherever its middle is?

use super::{Test, are_finite, number};

/// Up to this many pairs of values the distribution is exact.
const EXACT: usize = 1_000_000;

/// Kolmogorov and Smirnov's test of two groups, two-sided.
///
/// The statistic is the largest distance between the shares of values up to any point. Given the ties at hand the
/// distribution is exact up to a million pairs, then the limiting one. It answers whether anything differs, and
/// not what; from 4 values a group on p can fall below 0.05. `None` for an empty group or a number that is not finite.
///
/// Sources: Smirnov 1939; exact with ties by counting paths, Schröer & Trenkler 1995, CSDA 20.
#[must_use]
pub fn kolmogorov_smirnov(a: &[f64], b: &[f64]) -> Option<Test> {
    if a.is_empty() || b.is_empty() || !are_finite(a) || !are_finite(b) {
        return None;
    }
    let (n, m) = (a.len(), b.len());
    let mut all: Vec<(f64, bool)> = a
        .iter()
        .map(|v| (*v, true))
        .chain(b.iter().map(|v| (*v, false)))
        .collect();
    all.sort_by(|x, y| x.0.total_cmp(&y.0));
    // Distances times n·m are whole numbers.
    let mut largest = 0;
    let (mut i, mut j) = (0, 0);
    let mut ends = vec![false; all.len() + 1];
    for group in all.chunk_by(|x, y| x.0 == y.0) {
        let ones = group.iter().filter(|(_, first)| *first).count();
        i += ones;
        j += group.len() - ones;
        ends[i + j] = true;
        largest = largest.max((i * m).abs_diff(j * n));
    }
    let statistic = number(largest) / (number(n) * number(m));
    let p = if n * m <= EXACT {
        paths_beyond(n, m, largest, &ends)
    } else {
        limiting(statistic * (number(n) * number(m) / number(n + m)).sqrt())
    };
    Some(Test { statistic, p })
}

/// Share of all orders of n and m values in which the distance reaches `largest` at the end of a group of ties.
fn paths_beyond(n: usize, m: usize, largest: usize, ends: &[bool]) -> f64 {
    // row[j]: of the orders of i and j values, the share that reached it.
    let mut row = vec![0.0; m + 1];
    for i in 0..=n {
        for j in 0..=m {
            row[j] = if ends[i + j] && (i * m).abs_diff(j * n) >= largest {
                1.0
            } else if i + j == 0 {
                0.0
            } else {
                let left = if j > 0 { row[j - 1] * number(j) } else { 0.0 };
                let up = if i > 0 { row[j] * number(i) } else { 0.0 };
                (left + up) / number(i + j)
            };
        }
    }
    row[m]
}

/// Kolmogorov's distribution, from above.
fn limiting(x: f64) -> f64 {
    if x < 0.2 {
        // 1 to more than 12 digits, and the series is slow there.
        return 1.0;
    }
    let term = |k: usize| {
        let k = number(k);
        2.0 * (-2.0 * k * k * x * x).exp()
    };
    (1..=60)
        .map(|k| if k % 2 == 1 { term(k) } else { -term(k) })
        .sum::<f64>()
        .clamp(f64::MIN_POSITIVE, 1.0)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::stats::reference::{cases, list, number as of, same};
    use proptest::prelude::*;

    #[test]
    fn agrees_with_scipy_and_every_order_tried() {
        for case in cases("kolmogorov_smirnov") {
            let ours = kolmogorov_smirnov(&list(&case, "a"), &list(&case, "b")).unwrap();
            same(ours.statistic, of(&case, "statistic"));
            same(ours.p, of(&case, "p"));
        }
        for case in cases("kolmogorov") {
            same(limiting(of(&case, "x")), of(&case, "p"));
        }
    }

    #[test]
    fn too_little_is_none() {
        assert_eq!(kolmogorov_smirnov(&[], &[1.0]), None);
        assert_eq!(kolmogorov_smirnov(&[1.0], &[f64::NAN]), None);
        same(kolmogorov_smirnov(&[2.0; 5], &[2.0; 9]).unwrap().p, 1.0);
        same(
            kolmogorov_smirnov(&[1.0; 4], &[2.0; 4]).unwrap().p,
            2.0 / 70.0,
        );
    }

    proptest! {
        #[test]
        fn only_the_order_matters(
            a in proptest::collection::vec(0_i32..30, 1..20), b in proptest::collection::vec(0_i32..30, 1..20),
        ) {
            let logs = |v: &[i32]| -> Vec<f64> { v.iter().map(|v| f64::from(v + 1).ln()).collect() };
            let plain = |v: &[i32]| -> Vec<f64> { v.iter().map(|v| f64::from(*v)).collect() };
            let ours = kolmogorov_smirnov(&plain(&a), &plain(&b)).unwrap();
            prop_assert_eq!(kolmogorov_smirnov(&logs(&a), &logs(&b)).unwrap(), ours);
            let other = kolmogorov_smirnov(&plain(&b), &plain(&a)).unwrap();
            prop_assert!((other.p - ours.p).abs() < 1e-12 && ours.p > 0.0 && ours.p <= 1.0 + 1e-12);
        }
    }
}
