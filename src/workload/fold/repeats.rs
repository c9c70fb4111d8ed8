//! Which records share a number of 64 bits or more, found by several threads at once: each looks at its part of the
//! records, and then at its part of the numbers.

use std::ops::Range;

use crate::threads;

use super::index::{FREE, Index, number};

/// Fewer records are not worth a thread.
const WORTH_A_THREAD: usize = 1 << 14;

/// A hash, and the record that has it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hashed {
    pub(super) hash: u64,
    pub(super) at: u32,
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
                        hash,
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
    /// The first record of each hash; of those with one hash that are the same as it, `repeated` is told, with
    /// the one that stands for them, and gives who does from then on.
    pub(super) fn of(
        parts: &Parts,
        part: usize,
        is_same: impl Fn(u32, u32) -> bool,
        mut repeated: impl FnMut(u32, u32) -> u32,
    ) -> Self {
        let mut index = Index::for_keys(parts.len(part));
        let mut firsts: Vec<Hashed> = Vec::with_capacity(parts.len(part));
        for this in parts.part(part) {
            let slot = index.slot(this.hash, |n| {
                let first = firsts[n as usize];
                first.hash == this.hash && is_same(first.at, this.at)
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

    /// The record that stands for a hash.
    pub(super) fn find(&self, hash: u64) -> Option<u32> {
        let is_same = |n: u32| self.firsts[n as usize].hash == hash;
        let found = self.index.find(hash, is_same)?;
        Some(self.firsts[found as usize].at)
    }
}

/// The part of a hash. Tables use its lower bits, and bits that are mixed from all.
fn part_of(hash: u64, parts: usize) -> usize {
    ((hash >> 32) as usize * parts) >> 32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_hold_all_records_in_order() {
        let hash =
            |at: usize| (at % 3 != 0).then(|| (at as u64 % 7).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        for n in [0, 10, WORTH_A_THREAD * 3] {
            let parts = Parts::of(n, hash);
            let all = parts.each(|part| {
                let hashes: Vec<Hashed> = parts.part(part).collect();
                assert!(hashes.is_sorted_by_key(|h| h.at));
                assert!(hashes.iter().all(|h| part_of(h.hash, parts.parts) == part));
                assert_eq!(hashes.len(), parts.len(part));
                hashes.len()
            });
            assert_eq!(
                all.iter().sum::<usize>(),
                (0..n).filter(|at| at % 3 != 0).count()
            );
        }
    }

    #[test]
    fn a_table_finds_who_stands_for_a_hash() {
        let hash = |at: usize| Some((at as u64 / 2).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let parts = Parts::of(WORTH_A_THREAD * 2, hash);
        let tables = parts.each(|part| {
            let mut told = 0;
            let table = Table::of(
                &parts,
                part,
                |_, _| true,
                |first, this| {
                    assert_eq!(first + 1, this);
                    told += 1;
                    this
                },
            );
            (table, told)
        });
        assert_eq!(
            tables.iter().map(|(_, told)| told).sum::<usize>(),
            WORTH_A_THREAD
        );
        for at in [0, 7, WORTH_A_THREAD] {
            let hash = hash(at).unwrap_or_default();
            let found: Vec<u32> = tables.iter().filter_map(|(t, _)| t.find(hash)).collect();
            assert_eq!(found, [number(at) | 1]);
        }
    }
}
