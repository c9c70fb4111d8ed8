//! Stack distances: for every size of a least-recently-used cache at once, what it would have held.
//!
//! The distance of a request is the number of different keys since the last request for its key, its
//! own included; a cache that drops what was used longest ago hits exactly where the distance is at
//! most its size. Marks on a line of time stand where each key was used last; a Fenwick tree counts
//! those behind a place, so that n requests take n log n steps.
//!
//! Sources: Mattson, Gecsei, Slutz & Traiger 1970, IBM Systems Journal 9(2) (stack distance);
//! Bennett & Kruskal 1975, IBM Journal of Research and Development 19(4) (counting by a tree).

use std::collections::HashMap;

/// The distance of each request for a key, in order; `None`: its first.
///
/// ```
/// use perfadvise::scenario::caches::stack::distances;
/// assert_eq!(distances(&[1, 2, 1, 1]), [None, None, Some(2), Some(1)]);
/// ```
#[must_use]
pub fn distances(keys: &[u64]) -> Vec<Option<u32>> {
    let mut marks = Marks::new(keys.len());
    let mut last_use: HashMap<u64, usize> = HashMap::new();
    keys.iter()
        .enumerate()
        .map(|(at, key)| {
            let before = last_use.insert(*key, at);
            let distance = before.map(|before| {
                let different = marks.sum() - marks.sum_to(before);
                marks.add(before, -1);
                u32::try_from(different + 1).unwrap_or(u32::MAX)
            });
            marks.add(at, 1);
            distance
        })
        .collect()
}

/// How many requests a cache of each size would have answered: `hits_by_size(d)[s]` for size `s`, up to the
/// largest distance, beyond which nothing more is gained.
#[must_use]
pub fn hits_by_size(distances: &[Option<u32>]) -> Vec<u64> {
    let largest = distances.iter().flatten().max().copied().unwrap_or(0) as usize;
    let mut hits = vec![0_u64; largest + 1];
    for distance in distances.iter().flatten() {
        hits[*distance as usize] += 1;
    }
    for size in 1..hits.len() {
        hits[size] += hits[size - 1];
    }
    hits
}

/// Marks on a line of places, counted from its beginning.
struct Marks {
    tree: Vec<i64>,
    all: i64,
}

impl Marks {
    fn new(places: usize) -> Self {
        Self {
            tree: vec![0; places + 1],
            all: 0,
        }
    }

    fn add(&mut self, place: usize, amount: i64) {
        self.all += amount;
        let mut at = place + 1;
        while at < self.tree.len() {
            self.tree[at] += amount;
            at += at & at.wrapping_neg();
        }
    }

    fn sum(&self) -> i64 {
        self.all
    }

    /// Marks at places up to this one.
    fn sum_to(&self, place: usize) -> i64 {
        let mut at = place + 1;
        let mut sum = 0;
        while at > 0 {
            sum += self.tree[at];
            at &= at - 1;
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    /// By hand: A B C A B D A D B C A.
    const EXAMPLE: [u64; 11] = [1, 2, 3, 1, 2, 4, 1, 4, 2, 3, 1];

    #[test]
    fn distances_counted_by_hand() {
        let none = None;
        assert_eq!(
            distances(&EXAMPLE),
            [
                none,
                none,
                none,
                Some(3),
                Some(3),
                none,
                Some(3),
                Some(2),
                Some(3),
                Some(4),
                Some(4)
            ]
        );
        assert_eq!(hits_by_size(&distances(&EXAMPLE)), [0, 0, 1, 5, 7]);
    }

    /// A loop over m keys: nothing is hit by any cache smaller than m, everything but the first round by m.
    #[test]
    fn a_loop_is_all_or_nothing() {
        let keys: Vec<u64> = (0..5).flat_map(|_| 0..7).collect();
        let hits = hits_by_size(&distances(&keys));
        assert_eq!(hits, [0, 0, 0, 0, 0, 0, 0, 28]);
    }

    proptest! {
        /// The definition, word by word.
        #[test]
        fn the_tree_counts_what_a_list_counts(keys in prop::collection::vec(0_u64..12, 0..120)) {
            for (at, distance) in distances(&keys).into_iter().enumerate() {
                let since = keys[..at].iter().rposition(|k| *k == keys[at]);
                let counted = since.map(|since| {
                    let mut between = keys[since..at].to_vec();
                    between.sort_unstable();
                    between.dedup();
                    u32::try_from(between.len()).unwrap()
                });
                prop_assert_eq!(distance, counted);
            }
        }
    }
}
