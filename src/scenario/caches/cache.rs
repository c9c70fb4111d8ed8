//! One cache through a sequence of requests.

use std::collections::{BTreeMap, HashMap};

/// Which entry leaves a full cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Eviction {
    /// The one that was used longest ago.
    LeastRecentlyUsed,
    /// The one that was put in first.
    FirstInFirstOut,
}

/// A cache with entries of equal size.
#[derive(Debug, Clone)]
pub struct Cache {
    eviction: Eviction,
    size: usize,
    /// Nanoseconds from its preparation after which an entry is no hit any more.
    lifetime: Option<i64>,
    /// Key → its turn and when it was prepared.
    entries: HashMap<u64, (u64, i64)>,
    /// Turn → key; the first one leaves first.
    turns: BTreeMap<u64, u64>,
    next_turn: u64,
}

impl Cache {
    /// An empty cache of `size` entries.
    #[must_use]
    pub fn new(eviction: Eviction, size: usize, lifetime: Option<i64>) -> Self {
        Self {
            eviction,
            size,
            lifetime,
            entries: HashMap::new(),
            turns: BTreeMap::new(),
            next_turn: 0,
        }
    }

    /// A request at a time: whether it is a hit. After a miss the entry is there, prepared now; a hit
    /// does not prolong its life.
    pub fn request(&mut self, key: u64, now: i64) -> bool {
        let prepared = self.entries.get(&key).map(|(_, prepared)| *prepared);
        let is_alive = prepared.is_some_and(|p| {
            self.lifetime
                .is_none_or(|life| now.saturating_sub(p) <= life)
        });
        match prepared {
            Some(prepared) if is_alive => {
                if self.eviction == Eviction::LeastRecentlyUsed {
                    self.put(key, prepared);
                }
            }
            _ => self.put(key, now),
        }
        is_alive
    }

    /// Prepares an entry without a request.
    pub fn preload(&mut self, key: u64, now: i64) {
        self.put(key, now);
    }

    /// Changes the size; what is too much leaves at once.
    pub fn resize(&mut self, size: usize) {
        self.size = size;
        self.trim();
    }

    /// Changes the time to live.
    pub fn set_lifetime(&mut self, lifetime: Option<i64>) {
        self.lifetime = lifetime;
    }

    /// A restart: nothing is left.
    pub fn clear(&mut self) {
        self.entries.clear();
        self.turns.clear();
    }

    /// Entries that are there, expired ones too.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether nothing is there.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    fn put(&mut self, key: u64, prepared: i64) {
        if let Some((turn, _)) = self.entries.insert(key, (self.next_turn, prepared)) {
            self.turns.remove(&turn);
        }
        self.turns.insert(self.next_turn, key);
        self.next_turn += 1;
        self.trim();
    }

    fn trim(&mut self) {
        while self.entries.len() > self.size {
            let Some((_, key)) = self.turns.pop_first() else {
                return;
            };
            self.entries.remove(&key);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::stack;
    use super::Eviction::{FirstInFirstOut, LeastRecentlyUsed};
    use super::*;
    use proptest::prelude::*;

    /// By hand: A B C A B D A D B C A.
    const EXAMPLE: [u64; 11] = [1, 2, 3, 1, 2, 4, 1, 4, 2, 3, 1];

    fn hits(mut cache: Cache, requests: &[(u64, i64)]) -> usize {
        requests
            .iter()
            .filter(|(key, now)| cache.request(*key, *now))
            .count()
    }

    fn at_once(keys: &[u64]) -> Vec<(u64, i64)> {
        keys.iter().map(|k| (*k, 0)).collect()
    }

    #[test]
    fn the_example_counted_by_hand() {
        let requests = at_once(&EXAMPLE);
        let lru = |size| hits(Cache::new(LeastRecentlyUsed, size, None), &requests);
        assert_eq!([lru(0), lru(1), lru(2), lru(3), lru(4)], [0, 0, 1, 5, 7]);
        assert_eq!(hits(Cache::new(FirstInFirstOut, 3, None), &requests), 4);
    }

    /// Belady, Nelson & Shedler 1969: first in, first out, may do worse with more room. 3 places: 3 hits
    /// of 12; 4 places: 2.
    #[test]
    fn beladys_anomaly() {
        let requests = at_once(&[1, 2, 3, 4, 1, 2, 5, 1, 2, 3, 4, 5]);
        let fifo = |size| hits(Cache::new(FirstInFirstOut, size, None), &requests);
        assert_eq!((fifo(3), fifo(4)), (3, 2));
    }

    /// Prepared at 0; at 10 alive and not prolonged, at 11 not, and prepared anew.
    #[test]
    fn life_counts_from_the_preparation() {
        let mut cache = Cache::new(LeastRecentlyUsed, 2, Some(10));
        let asked: Vec<bool> = [0, 10, 11, 21, 22]
            .iter()
            .map(|now| cache.request(1, *now))
            .collect();
        assert_eq!(asked, [false, true, false, true, false]);
    }

    #[test]
    fn sizes_change_and_restarts_forget() {
        let mut cache = Cache::new(LeastRecentlyUsed, 3, None);
        for key in [1, 2, 3] {
            cache.request(key, 0);
        }
        cache.resize(1);
        cache.resize(3);
        // Only the one used last was kept, and room does not bring the others back.
        assert!(cache.request(3, 0) && !cache.request(1, 0));
        cache.clear();
        assert!(cache.is_empty() && !cache.request(3, 0));
        cache.preload(7, 0);
        assert!(cache.request(7, 0) && cache.len() == 2);
    }

    proptest! {
        /// Two ways to the same number.
        #[test]
        fn distances_and_caches_agree(keys in prop::collection::vec(0_u64..15, 0..200), size in 0_usize..16) {
            let by_distance = stack::distances(&keys)
                .into_iter()
                .flatten()
                .filter(|d| *d as usize <= size)
                .count();
            let cache = Cache::new(LeastRecentlyUsed, size, None);
            prop_assert_eq!(hits(cache, &at_once(&keys)), by_distance);
        }
    }
}
