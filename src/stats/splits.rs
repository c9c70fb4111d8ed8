//! Ways to split units into two groups: all of them, or seeded draws.
//!
//! Shared by the permutation tests. Every draw has a stream of its own, named by its number, so that
//! the result does not depend on how draws are spread over threads.

/// All ways are tried while there are at most this many.
const MOST_WAYS: u64 = 20_000;

/// Else this many are drawn; with the observed one they make 10,000.
pub(super) const DRAWS: u64 = 9_999;

/// One way to split units into two groups, told by one of them.
pub(super) struct Split<'a> {
    /// The units of one group, in no order.
    pub(super) picked: &'a [usize],
    /// For every unit whether it is picked.
    pub(super) is_picked: &'a [bool],
    /// Whether the picked ones are the first group.
    pub(super) is_first: bool,
}

/// Calls `visit` for splits of `n` units of which `first` are the first group. Returns whether these
/// were all.
///
/// All splits include the one observed; drawn ones don't. Of drawn ones the smaller group is picked,
/// which takes fewer draws.
pub(super) fn visit(n: usize, first: usize, seed: u64, mut visit: impl FnMut(&Split<'_>)) -> bool {
    let mut is_picked = vec![false; n];
    let mut call = |picked: &[usize], is_picked: &mut [bool], is_first: bool| {
        for unit in picked {
            is_picked[*unit] = true;
        }
        visit(&Split {
            picked,
            is_picked,
            is_first,
        });
        // Not all of them: where few of many are picked, that would take longest.
        for unit in picked {
            is_picked[*unit] = false;
        }
    };
    if ways(n, first).is_some_and(|ways| ways <= MOST_WAYS) {
        let mut picked: Vec<usize> = (0..first).collect();
        loop {
            call(&picked, &mut is_picked, true);
            if !advance(&mut picked, n) {
                return true;
            }
        }
    }
    let is_first = first <= n - first;
    let count = if is_first { first } else { n - first };
    let mut picked = Vec::with_capacity(count);
    for index in 0..DRAWS {
        let mut random = Stream::new(seed, index);
        picked.clear();
        // Floyd's sample: `count` draws, each subset equally likely.
        for last in n - count..n {
            let at = below(|| random.next(), last + 1);
            let unit = if is_picked[at] { last } else { at };
            is_picked[unit] = true;
            picked.push(unit);
        }
        call(&picked, &mut is_picked, is_first);
    }
    false
}

/// The smallest p that splits can give: two of all are as extreme as can be, of drawn ones it is 1 in 10,000.
#[allow(clippy::cast_precision_loss)]
pub(super) fn least_p(n: usize, m: usize) -> f64 {
    match ways(n + m, n) {
        Some(ways) if ways <= MOST_WAYS => 2.0 / ways as f64,
        _ => 1.0 / (DRAWS + 1) as f64,
    }
}

/// Calls `visit` for ways to exchange the two of each of `n` pairs. Returns whether these were all, the
/// observed one among them.
pub(super) fn exchanges(n: usize, seed: u64, mut visit: impl FnMut(&[bool])) -> bool {
    let mut exchanged = vec![false; n];
    let all = u32::try_from(n).ok().and_then(|n| 1_u64.checked_shl(n));
    if let Some(all) = all.filter(|all| *all <= MOST_WAYS) {
        for way in 0..all {
            for (pair, exchanged) in exchanged.iter_mut().enumerate() {
                *exchanged = way >> pair & 1 == 1;
            }
            visit(&exchanged);
        }
        return true;
    }
    for index in 0..DRAWS {
        let mut random = Stream::new(seed, index);
        for chunk in exchanged.chunks_mut(64) {
            let bits = random.next();
            for (bit, exchanged) in chunk.iter_mut().enumerate() {
                *exchanged = bits >> bit & 1 == 1;
            }
        }
        visit(&exchanged);
    }
    false
}

/// The p value for `hits` splits at least as extreme of the `seen` ones; drawn splits are joined by the
/// observed one, so that p is never 0.
///
/// Source: Phipson & Smyth 2010, Statistical Applications in Genetics and Molecular Biology 9(1).
pub(super) fn p_value(hits: u64, seen: u64, were_all: bool) -> f64 {
    #[allow(clippy::cast_precision_loss)]
    if were_all {
        hits as f64 / seen as f64
    } else {
        (hits + 1) as f64 / (seen + 1) as f64
    }
}

/// SplitMix64: small enough to start anew for every draw, where a cipher would cost more than the test.
///
/// Source: Steele, Lea & Flood 2014, OOPSLA, "Fast splittable pseudorandom number generators".
pub(super) struct Stream(u64);

impl Stream {
    pub(super) fn new(seed: u64, index: u64) -> Self {
        Self(scrambled(seed ^ scrambled(index.wrapping_add(1))))
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        scrambled(self.0)
    }

    /// A number from 0 to 1, ends excluded.
    #[cfg(test)]
    #[allow(clippy::cast_precision_loss)]
    pub(super) fn share(&mut self) -> f64 {
        ((self.next() >> 12) as f64 + 0.5) / (1_u64 << 52) as f64
    }

    /// A number of the standard normal distribution, by the inverse of its distribution function.
    #[cfg(test)]
    pub(super) fn normal(&mut self) -> f64 {
        super::normal::quantile(self.share()).unwrap_or(0.0)
    }
}

fn scrambled(x: u64) -> u64 {
    let x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}

/// A whole number from 0 to `n` − 1, each equally likely; `n` lies between 1 and 2³² − 1.
///
/// Source: Lemire 2019, ACM TOMACS 29(1): the high half of a product, with the few values that would
/// favour some results thrown away.
pub(super) fn below(mut next: impl FnMut() -> u64, n: usize) -> usize {
    let n = u32::try_from(n).unwrap_or(u32::MAX).max(1);
    loop {
        let product = (next() >> 32) * u64::from(n);
        let low = product as u32;
        // The division is slow, and hardly ever needed.
        if low >= n || low >= n.wrapping_neg() % n {
            return (product >> 32) as usize;
        }
    }
}

/// Binomial coefficient; `None` when it is beyond 64 bits.
fn ways(n: usize, chosen: usize) -> Option<u64> {
    let (n, k) = (n as u64, chosen.min(n - chosen) as u64);
    (0..k).try_fold(1_u64, |ways, i| Some(ways.checked_mul(n - i)? / (i + 1)))
}

/// The next combination in lexicographic order.
fn advance(picked: &mut [usize], n: usize) -> bool {
    let k = picked.len();
    let Some(at) = (0..k).rev().find(|i| picked[*i] < n - k + i) else {
        return false;
    };
    picked[at] += 1;
    for i in at + 1..k {
        picked[i] = picked[i - 1] + 1;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    /// The first numbers for the seed 1234567, as published with the generator's C code.
    #[test]
    fn the_stream_is_the_known_one() {
        let mut stream = Stream(1_234_567);
        assert_eq!(
            [stream.next(), stream.next(), stream.next()],
            [
                6_457_827_717_110_365_317,
                3_203_168_211_198_807_973,
                9_817_491_932_198_370_423
            ]
        );
    }

    #[test]
    fn all_splits_are_visited_once() {
        let mut seen = HashSet::new();
        assert!(visit(7, 3, 1, |split| {
            assert!(split.is_first);
            assert!(seen.insert(split.is_picked.to_vec()));
        }));
        assert_eq!(seen.len(), 35);
        assert_eq!(ways(20, 10), Some(184_756));
    }

    #[test]
    fn draws_pick_as_many_and_favour_nobody() {
        let mut counts = [0_u32; 30];
        let mut draws = 0;
        assert!(!visit(30, 18, 7, |split| {
            assert!(!split.is_first);
            assert_eq!(split.is_picked.iter().filter(|m| **m).count(), 12);
            assert_eq!(split.picked.len(), 12);
            for unit in split.picked {
                assert!(split.is_picked[*unit]);
                counts[*unit] += 1;
            }
            draws += 1;
        }));
        assert_eq!(draws, DRAWS);
        // 9,999 × 0.4 ± 5 standard deviations of 49.
        assert!(
            counts.iter().all(|c| (3_755..=4_244).contains(c)),
            "{counts:?}"
        );
    }
}
