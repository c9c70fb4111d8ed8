//! Pairs: what has a value in both of two groups.

use std::cmp::Ordering;

/// The values of keys that occur on both sides; both slices are sorted by key.
pub(super) fn pairs<K: Ord>(base: &[(K, f64)], candidate: &[(K, f64)]) -> Vec<(f64, f64)> {
    let (mut i, mut j) = (0, 0);
    let mut pairs = Vec::new();
    while let (Some((a, x)), Some((b, y))) = (base.get(i), candidate.get(j)) {
        match a.cmp(b) {
            Ordering::Less => i += 1,
            Ordering::Greater => j += 1,
            Ordering::Equal => {
                pairs.push((*x, *y));
                i += 1;
                j += 1;
            }
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_keys_on_both_sides_are_pairs() {
        let base = [(1, 1.0), (2, 2.0), (4, 4.0)];
        let candidate = [(2, 20.0), (3, 30.0), (4, 40.0), (5, 50.0)];
        assert_eq!(pairs(&base, &candidate), [(2.0, 20.0), (4.0, 40.0)]);
    }
}
