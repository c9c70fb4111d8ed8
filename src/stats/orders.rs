//! All ways to choose, or many random ones: the permutations behind the tests of two groups.

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

/// With at most this many ways to choose, all of them are tried.
const ALL_UP_TO: f64 = 20_000.0;

/// Else this many random ones.
const RANDOM: u64 = 9_999;

/// The share of ways to choose `first` of `n` units for which `is_extreme` holds (`true` in the slice
/// marks the chosen): over all ways, or (1 + hits) ÷ (1 + 9,999) over random ones.
pub(super) fn share(
    n: usize,
    first: usize,
    seed: u64,
    mut is_extreme: impl FnMut(&[bool]) -> bool,
) -> f64 {
    let mut chosen = vec![false; n];
    if ways(n, first) <= ALL_UP_TO {
        let (mut hits, mut total) = (0_u64, 0_u64);
        let mut places: Vec<usize> = (0..first).collect();
        loop {
            chosen.fill(false);
            for place in &places {
                chosen[*place] = true;
            }
            total += 1;
            hits += u64::from(is_extreme(&chosen));
            if !advance(&mut places, n) {
                return super::number(hits as usize) / super::number(total as usize);
            }
        }
    }
    let mut hits = 1_u64;
    let mut order: Vec<usize> = (0..n).collect();
    for index in 0..RANDOM {
        // Seeded by its index, so that the answer does not depend on who draws which.
        let mut random =
            ChaCha8Rng::seed_from_u64(seed.wrapping_add(index.wrapping_mul(0x9e37_79b9_7f4a_7c15)));
        order.iter_mut().enumerate().for_each(|(i, o)| *o = i);
        chosen.fill(false);
        for i in 0..first {
            let j = i + ((u128::from(random.next_u64()) * (n - i) as u128) >> 64) as usize;
            order.swap(i, j);
            chosen[order[i]] = true;
        }
        hits += u64::from(is_extreme(&chosen));
    }
    super::number(hits as usize) / super::number(RANDOM as usize + 1)
}

/// Binomial coefficient, as a number that may overflow to infinity.
fn ways(n: usize, k: usize) -> f64 {
    (0..k.min(n - k)).fold(1.0, |ways, i| {
        ways * super::number(n - i) / super::number(i + 1)
    })
}

/// The next combination in lexicographic order; `false` after the last.
fn advance(places: &mut [usize], n: usize) -> bool {
    let k = places.len();
    for i in (0..k).rev() {
        if places[i] < n - k + i {
            places[i] += 1;
            for j in i + 1..k {
                places[j] = places[j - 1] + 1;
            }
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_ways_are_tried_once() {
        let mut seen = std::collections::BTreeSet::new();
        share(6, 3, 0, |chosen| seen.insert(chosen.to_vec()));
        assert_eq!(seen.len(), 20);
        assert!((ways(40, 10) - 847_660_528.0).abs() < 1e-3);
    }

    #[test]
    fn random_ones_are_fair_and_repeatable() {
        let first = share(30, 15, 7, |chosen| chosen[0]);
        assert!((first - 0.5).abs() < 0.02, "{first}");
        assert_eq!(
            first.to_bits(),
            share(30, 15, 7, |chosen| chosen[0]).to_bits()
        );
    }
}
