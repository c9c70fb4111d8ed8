//! Which records share a number of 64 bits or more, found by several threads at once: each looks at its part of the
//! records, and then at its part of the numbers.

use std::ops::Range;

use crate::threads;

use super::index::{FREE, Index, number};

/// Fewer records are not worth a thread.
const WORTH_A_THREAD: usize = 1 << 14;

/// The lower half of a hash, and the record that has it. The upper half tells the part.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hashed {
    half: u32,
    at: u32,
}

/// Hashes by the part of all hashes that they belong to; in each part in order of their records.
#[derive(Debug)]
pub(super) struct Parts {
    /// For each range of records, for each part.
    ranges: Vec<Vec<Vec<Hashed>>>,
    parts: usize,
}

impl Parts {
    /// The hashes of `n` records; those without one are left out.
    pub(super) fn of(n: usize, hash: impl Fn(usize) -> Option<u64> + Sync) -> Self {
        let parts = if n < WORTH_A_THREAD {
            1
        } else {
            threads::count()
        };
        let in_range = |range: Range<usize>| {
            let expected = range.len() / parts;
            let mut all: Vec<Vec<Hashed>> = (0..parts)
                .map(|_| Vec::with_capacity(expected + expected / 8))
                .collect();
            for at in range {
                if let Some(hash) = hash(at) {
                    all[part_of(hash, parts)].push(Hashed {
                        half: half(hash),
                        at: number(at),
                    });
                }
            }
            all
        };
        Self {
            ranges: threads::ranges(n, WORTH_A_THREAD, in_range),
            parts,
        }
    }

    /// What `question` says to each part, which holds all records of any hash in it.
    pub(super) fn each<R: Send>(&self, question: impl Fn(usize) -> R + Sync) -> Vec<R> {
        let parts: Vec<usize> = (0..self.parts).collect();
        threads::map(&parts, |part| question(*part))
    }

    /// The hashes of a part.
    pub(super) fn part(&self, part: usize) -> impl Iterator<Item = Hashed> + '_ {
        self.ranges
            .iter()
            .flat_map(move |range| &range[part])
            .copied()
    }

    /// The part that a hash belongs to.
    pub(super) fn part_of(&self, hash: u64) -> usize {
        part_of(hash, self.parts)
    }

    fn len(&self, part: usize) -> usize {
        self.ranges.iter().map(|range| range[part].len()).sum()
    }
}

/// Records of one part by their hash.
#[derive(Debug)]
pub(super) struct Table {
    index: Index,
    firsts: Vec<Hashed>,
}

impl Table {
    /// The first record of each hash of a part; of those that are the same as it, `repeated` is told, with the one
    /// that stands for them, and gives who does from then on.
    pub(super) fn of(
        parts: &Parts,
        part: usize,
        is_same: impl Fn(u32, u32) -> bool,
        mut repeated: impl FnMut(u32, u32) -> u32,
    ) -> Self {
        let mut index = Index::for_keys(parts.len(part));
        let mut firsts: Vec<Hashed> = Vec::with_capacity(parts.len(part));
        for this in parts.part(part) {
            let slot = index.slot(u64::from(this.half), |n| {
                let first = firsts[n as usize];
                first.half == this.half && is_same(first.at, this.at)
            });
            if *slot == FREE {
                *slot = number(firsts.len());
                firsts.push(this);
            } else {
                let first = &mut firsts[*slot as usize];
                first.at = repeated(first.at, this.at);
            }
        }
        Self { index, firsts }
    }

    /// The record that stands for a hash, and is the one that is looked for.
    pub(super) fn find(&self, hash: u64, is_it: impl Fn(u32) -> bool) -> Option<u32> {
        let half = half(hash);
        let found = self.index.find(u64::from(half), |n| {
            let first = self.firsts[n as usize];
            first.half == half && is_it(first.at)
        })?;
        Some(self.firsts[found as usize].at)
    }
}

/// The part of a hash, by its upper half.
fn part_of(hash: u64, parts: usize) -> usize {
    ((hash >> 32) as usize * parts) >> 32
}

#[allow(clippy::cast_possible_truncation)] // what is meant
fn half(hash: u64) -> u32 {
    hash as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;

    #[test]
    fn parts_hold_all_records_in_order() {
        let hash = |at: usize| (at % 3 != 0).then(|| (at as u64 % 7).wrapping_mul(FACTOR));
        for n in [0, 10, WORTH_A_THREAD * 3] {
            let parts = Parts::of(n, hash);
            let all = parts.each(|part| {
                let records: Vec<u32> = parts.part(part).map(|h| h.at).collect();
                let is_its = |at: &u32| hash(*at as usize).map(|h| parts.part_of(h)) == Some(part);
                assert!(records.is_sorted() && records.iter().all(is_its));
                assert_eq!(records.len(), parts.len(part));
                records.len()
            });
            let expected = (0..n).filter(|at| at % 3 != 0).count();
            assert_eq!(all.iter().sum::<usize>(), expected);
        }
    }

    #[test]
    fn a_table_finds_who_stands_for_a_hash() {
        let hash = |at: u32| u64::from(at / 2).wrapping_mul(FACTOR);
        let parts = Parts::of(WORTH_A_THREAD * 2, |at| Some(hash(number(at))));
        let is_same = |a: u32, b: u32| hash(a) == hash(b);
        let tables = parts.each(|part| {
            let mut told = 0;
            let table = Table::of(&parts, part, is_same, |first, this| {
                assert_eq!(first + 1, this);
                told += 1;
                this
            });
            (table, told)
        });
        let told: usize = tables.iter().map(|(_, told)| told).sum();
        assert_eq!(told, WORTH_A_THREAD);
        for at in [0, 7, number(WORTH_A_THREAD)] {
            let table = &tables[parts.part_of(hash(at))].0;
            assert_eq!(table.find(hash(at), |n| is_same(n, at)), Some(at | 1));
            assert_eq!(table.find(hash(at), |_| false), None);
        }
    }
}
