//! Thinning out: a part of the keys stands for all of them.
//!
//! Of a very long sequence only the requests for some keys are kept, chosen by a hash, so that all
//! requests for a key stay together; a cache of s entries becomes one of s × share. Chance may put a key
//! into the sample that is asked for very often, or leave it out: what the sample has less than its
//! expected number of requests is counted as hits (as requests for a very common key would be), what it
//! has more is taken off them. The tests measure the error.
//!
//! Sources: Waldspurger, Park, Garthwaite & Ahmad 2015, USENIX FAST (SHARDS; the adjustment is SHARDS-adj);
//! Horvitz & Thompson 1952, JASA 47 (the error of a total of which each part was drawn by itself).

/// Requests that are replayed one by one, at most.
pub const MOST: usize = 2_000_000;

/// The share of the keys that keeps a sequence of `n` requests below [`MOST`]: 1, ½, ¼, …
#[must_use]
pub fn share(n: usize) -> f64 {
    let mut share = 1.0;
    let mut left = n;
    while left > MOST {
        left /= 2;
        share /= 2.0;
    }
    share
}

/// Whether a key belongs to the sample of this share.
#[must_use]
#[allow(clippy::cast_precision_loss)]
pub fn holds(key: u64, share: f64) -> bool {
    // The key is a hash already, of whatever quality: spread once more (SplitMix64, Steele et al. 2014).
    let mut z = key.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^= z >> 31;
    share >= 1.0 || ((z >> 11) as f64) < share * (1_u64 << 53) as f64
}

/// Standard error of a total over all keys that was estimated from a sample: √((1 − share) Σ part²) ÷ share, over the
/// parts of the keys in the sample, in their unit.
#[must_use]
pub fn standard_error(parts: impl Iterator<Item = f64>, share: f64) -> f64 {
    let squares: f64 = parts.map(|part| part * part).sum();
    ((1.0 - share).max(0.0) * squares).sqrt() / share
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_halve() {
        assert!((share(MOST) - 1.0).abs() < 1e-12);
        assert!((share(MOST + 1) - 0.5).abs() < 1e-12 || (share(MOST + 2) - 0.5).abs() < 1e-12);
        assert!((share(7 * MOST) - 0.125).abs() < 1e-12);
    }

    /// By hand: ¾ · (9 + 1 + 4) = 10.5, its root, four times.
    #[test]
    fn the_error_of_a_total() {
        let parts = || [3.0, -1.0, 2.0].into_iter();
        assert!((standard_error(parts(), 0.25) - 4.0 * 10.5_f64.sqrt()).abs() < 1e-12);
        assert!(standard_error(parts(), 1.0).abs() < 1e-12);
    }

    #[test]
    fn a_share_of_the_keys_is_kept() {
        let kept = (0..100_000_u64).filter(|k| holds(*k, 0.25)).count();
        // Binomial: 25,000 ± 137.
        assert!((24_500..25_500).contains(&kept), "{kept}");
        assert!((0..1_000).all(|k| holds(k, 1.0)));
    }
}
