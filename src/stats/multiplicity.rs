//! What is left of p values when there are many of them.
//!
//! In: p values, 0 to 1. Out: adjusted ones in the same order, to be compared with the level itself.

/// Holm's adjustment: the chance of any false alarm in the whole list. For a short declared list.
///
/// Source: Holm 1979, Scandinavian Journal of Statistics 6.
#[must_use]
pub fn holm(p: &[f64]) -> Vec<f64> {
    let mut adjusted = vec![1.0; p.len()];
    let mut largest = 0.0_f64;
    for (place, index) in ascending(p).into_iter().enumerate() {
        largest = largest.max(p[index] * super::number(p.len() - place));
        adjusted[index] = largest.min(1.0);
    }
    adjusted
}

/// Benjamini and Hochberg's adjustment: the share of false alarms among the alarms. For all judged
/// metrics.
///
/// Source: Benjamini & Hochberg 1995, JRSS B 57.
#[must_use]
pub fn benjamini_hochberg(p: &[f64]) -> Vec<f64> {
    let mut adjusted = vec![1.0; p.len()];
    let mut smallest = 1.0_f64;
    for (place, index) in ascending(p).into_iter().enumerate().rev() {
        smallest = smallest.min(p[index] * super::number(p.len()) / super::number(place + 1));
        adjusted[index] = smallest;
    }
    adjusted
}

fn ascending(p: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|a, b| p[*a].total_cmp(&p[*b]));
    order
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::stats::reference::{cases, list, same};
    use proptest::prelude::*;

    #[test]
    fn agrees_with_statsmodels() {
        for case in cases("multiplicity") {
            let p = list(&case, "p");
            for (ours, theirs) in holm(&p).iter().zip(list(&case, "holm")) {
                same(*ours, theirs);
            }
            for (ours, theirs) in benjamini_hochberg(&p).iter().zip(list(&case, "bh")) {
                same(*ours, theirs);
            }
        }
        assert!(holm(&[]).is_empty() && benjamini_hochberg(&[]).is_empty());
    }

    proptest! {
        #[test]
        fn never_smaller_and_holm_never_below(p in proptest::collection::vec(0.0..=1.0_f64, 1..40)) {
            let (h, b) = (holm(&p), benjamini_hochberg(&p));
            for i in 0..p.len() {
                prop_assert!(h[i] >= p[i] && b[i] >= p[i] - 1e-15 && h[i] >= b[i] - 1e-15 && h[i] <= 1.0);
            }
        }
    }
}
