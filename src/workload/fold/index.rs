//! A table of numbers by hash: what a hash map does, at four bytes an entry.
//!
//! Keys stay where they are (in the records); the table only holds their numbers.

use std::hash::{BuildHasherDefault, Hasher};

/// Marks a free slot.
pub(super) const FREE: u32 = u32::MAX;

/// Numbers below [`FREE`], found by the hash of a key that the caller compares.
#[derive(Debug)]
pub(super) struct Index {
    slots: Vec<u32>,
}

impl Index {
    /// A table for up to `n` keys; more than that must not be put in.
    pub(super) fn for_keys(n: usize) -> Self {
        Self {
            slots: vec![FREE; (n * 2).next_power_of_two().max(2)],
        }
    }

    /// The slot of a key: it holds the number that `is_same` recognises, or [`FREE`].
    pub(super) fn slot(&mut self, hash: u64, is_same: impl Fn(u32) -> bool) -> &mut u32 {
        let at = self.position(hash, is_same);
        &mut self.slots[at]
    }

    /// The number that `is_same` recognises.
    pub(super) fn find(&self, hash: u64, is_same: impl Fn(u32) -> bool) -> Option<u32> {
        let number = self.slots[self.position(hash, is_same)];
        (number != FREE).then_some(number)
    }

    fn position(&self, hash: u64, is_same: impl Fn(u32) -> bool) -> usize {
        let mask = self.slots.len() - 1;
        let mut at = usize::try_from(spread(hash) >> 32).unwrap_or(0) & mask;
        loop {
            let number = self.slots[at];
            if number == FREE || is_same(number) {
                return at;
            }
            at = (at + 1) & mask;
        }
    }
}

/// The number of an index. No input reaches four thousand million records, each of 100 bytes.
pub(in crate::workload) fn number(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(FREE)
}

/// Spreads what differs in a hash into its upper half.
fn spread(hash: u64) -> u64 {
    (hash ^ (hash >> 29)).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// Hasher for small keys of numbers: interned ids, which no input chooses.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::workload) struct QuickHasher(u64);

/// Builds [`QuickHasher`]s.
pub(in crate::workload) type Quick = BuildHasherDefault<QuickHasher>;

impl Hasher for QuickHasher {
    fn finish(&self) -> u64 {
        spread(self.0)
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u8(&mut self, n: u8) {
        self.write_u64(u64::from(n));
    }

    fn write_u32(&mut self, n: u32) {
        self.write_u64(u64::from(n));
    }

    fn write_i32(&mut self, n: i32) {
        self.write_u64(u64::from(n.cast_unsigned()));
    }

    fn write_u64(&mut self, n: u64) {
        self.0 = (self.0.rotate_left(5) ^ n).wrapping_mul(0x517c_c1b7_2722_0a95);
    }

    fn write_i64(&mut self, n: i64) {
        self.write_u64(n.cast_unsigned());
    }

    fn write_usize(&mut self, n: usize) {
        self.write_u64(n as u64);
    }

    fn write_isize(&mut self, n: isize) {
        self.write_u64(n as u64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_was_put_in() {
        let keys: Vec<u64> = (0..1_000).map(|n| n * n).collect();
        let mut index = Index::for_keys(keys.len());
        for (number, key) in (0..).zip(&keys) {
            let slot = index.slot(*key, |n| keys[n as usize] == *key);
            assert_eq!(*slot, FREE);
            *slot = number;
        }
        for (number, key) in (0..).zip(&keys) {
            assert_eq!(index.find(*key, |n| keys[n as usize] == *key), Some(number));
        }
        assert_eq!(index.find(3, |n| keys[n as usize] == 3), None);
    }
}
