//! Which records share a number of 64 bits or more, found by several threads at once: each looks at its range of the
//! records, and then at its part of the numbers.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

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

/// What `question` says to each part of the hashes of `n` records: to all records with any hash in it, in their
/// order. Records without a hash are left out.
pub(super) fn by_part<R: Send>(
    n: usize,
    hash: impl Fn(usize) -> Option<u64> + Sync,
    question: impl Fn(Vec<Hashed>) -> R + Sync,
) -> Vec<R> {
    let parts = match n < WORTH_A_THREAD {
        true => 1,
        false => threads::count(),
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
    let mut ranges = threads::ranges(n, WORTH_A_THREAD, in_range).into_iter();
    let mut all = ranges.next().unwrap_or_default();
    for range in ranges {
        for (part, mut more) in all.iter_mut().zip(range) {
            part.append(&mut more);
        }
    }
    let all: Vec<Mutex<Vec<Hashed>>> = all.into_iter().map(Mutex::new).collect();
    threads::map(&all, |part| {
        let part = std::mem::take(&mut *part.lock().unwrap_or_else(PoisonError::into_inner));
        question(part)
    })
}

/// Records by the half of their hash that tells no part.
#[derive(Debug)]
pub(super) struct Table {
    index: Index,
    firsts: Vec<Hashed>,
}

impl Table {
    /// The first record of each hash of a part; of those that are the same as it, `repeated` is told, with the one
    /// that stands for them, and gives who does from then on.
    pub(super) fn of(
        part: Vec<Hashed>,
        is_same: impl Fn(u32, u32) -> bool,
        mut repeated: impl FnMut(u32, u32) -> u32,
    ) -> Self {
        let mut index = Index::for_keys(part.len());
        // The list is that of its own firsts, as far as it was gone through.
        let (mut firsts, mut found) = (part, 0);
        for at in 0..firsts.len() {
            let this = firsts[at];
            let slot = index.slot(u64::from(this.half), |n| {
                let first = firsts[n as usize];
                first.half == this.half && is_same(first.at, this.at)
            });
            if *slot == FREE {
                *slot = number(found);
                firsts[found] = this;
                found += 1;
            } else {
                let first = &mut firsts[*slot as usize];
                first.at = repeated(first.at, this.at);
            }
        }
        firsts.truncate(found);
        Self { index, firsts }
    }

    /// The record that stands for a hash, and is the one that is looked for.
    fn find(&self, hash: u64, is_it: impl Fn(u32) -> bool) -> Option<u32> {
        let half = half(hash);
        let found = self.index.find(u64::from(half), |n| {
            let first = self.firsts[n as usize];
            first.half == half && is_it(first.at)
        })?;
        Some(self.firsts[found as usize].at)
    }
}

/// The record that stands for a hash in the table of its part, of all tables, and is the one that is looked for.
pub(super) fn find(tables: &[Table], hash: u64, is_it: impl Fn(u32) -> bool) -> Option<u32> {
    tables[part_of(hash, tables.len())].find(hash, is_it)
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
        let has_one = |at: usize| !at.is_multiple_of(3);
        let hash = |at: usize| has_one(at).then(|| (at as u64 % 7).wrapping_mul(FACTOR));
        for n in [0, 10, WORTH_A_THREAD * 3] {
            let parts = by_part(n, hash, |part| part);
            assert!(parts.iter().all(|part| part.is_sorted_by_key(|h| h.at)));
            let mut all: Vec<u32> = parts.concat().iter().map(|h| h.at).collect();
            all.sort_unstable();
            let expected: Vec<u32> = (0..number(n)).filter(|at| has_one(*at as usize)).collect();
            assert_eq!(all, expected);
        }
    }

    #[test]
    fn a_table_finds_who_stands_for_a_hash() {
        let hash = |at: u32| u64::from(at / 2).wrapping_mul(FACTOR);
        let is_same = |a: u32, b: u32| hash(a) == hash(b);
        let n = WORTH_A_THREAD * 2;
        let tables = by_part(
            n,
            |at| Some(hash(number(at))),
            |part| {
                Table::of(part, is_same, |first, this| {
                    assert_eq!(first + 1, this);
                    this
                })
            },
        );
        let firsts: usize = tables.iter().map(|table| table.firsts.len()).sum();
        assert_eq!(firsts, n / 2);
        for at in [0, 7, number(WORTH_A_THREAD)] {
            assert_eq!(find(&tables, hash(at), |n| is_same(n, at)), Some(at | 1));
            assert_eq!(find(&tables, hash(at), |_| false), None);
        }
    }
}
