//! Hashes that are the same on every machine, for equality only.

/// A 64-bit hash of bytes, the same on every machine and in every version (FNV-1a with a final
/// mix), for ids and cache keys that are compared for equality only. Never 0.
#[must_use]
pub fn hash64(bytes: &[u8]) -> u64 {
    let mut h = 0xcbf2_9ce4_8422_2325_u64;
    for b in bytes {
        h = (h ^ u64::from(*b)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    h ^= h >> 32;
    h = h.wrapping_mul(0xd6e8_feb8_6659_fd93);
    h ^= h >> 32;
    h.max(1)
}

/// A 128-bit key of bytes for deduplication (FNV-1a). Never 0.
#[must_use]
pub fn hash128(bytes: &[u8]) -> u128 {
    Hash128::default().with(bytes).key()
}

/// A [`hash128`] in the making: many keys may begin with the same bytes.
#[derive(Debug, Clone, Copy)]
pub struct Hash128(u128);

impl Default for Hash128 {
    fn default() -> Self {
        Self(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d)
    }
}

impl Hash128 {
    /// With these bytes behind those before.
    #[must_use]
    pub fn with(self, bytes: &[u8]) -> Self {
        const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
        let next = |hash: u128, byte: &u8| (hash ^ u128::from(*byte)).wrapping_mul(PRIME);
        Self(bytes.iter().fold(self.0, next))
    }

    /// The key of all bytes. Never 0.
    #[must_use]
    pub fn key(self) -> u128 {
        self.0.max(1)
    }
}

/// A fast hash, the same on every machine, for tables of one file and for texts that are compared for equality
/// only: eight bytes at a time, each mixed by a multiplication whose halves are folded.
#[must_use]
pub fn mix(bytes: &[u8]) -> u64 {
    mix_from(0x2545_f491_4f6c_dd1d, bytes)
}

/// A fast 128-bit key for deduplication: two differently seeded [`mix`]. Never 0.
#[must_use]
pub fn mix128(bytes: &[u8]) -> u128 {
    let halves = [0x2545_f491_4f6c_dd1d, 0x8cb9_2ba7_2f3d_8dd7].map(|seed| mix_from(seed, bytes));
    (u128::from(halves[0]) << 64 | u128::from(halves[1])).max(1)
}

fn mix_from(seed: u64, bytes: &[u8]) -> u64 {
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    let fold = |a: u64, b: u64| {
        let product = u128::from(a) * u128::from(b);
        #[allow(clippy::cast_possible_truncation)]
        let halves = (product as u64, (product >> 64) as u64);
        halves.0 ^ halves.1
    };
    let (chunks, rest) = bytes.as_chunks::<8>();
    let mut hash = bytes.len() as u64 ^ seed;
    for chunk in chunks {
        hash = fold(hash ^ u64::from_le_bytes(*chunk), FACTOR);
    }
    fold(hash ^ few(rest), FACTOR ^ 0xd1b5_4a32_d192_ed03)
}

/// Fewer than eight bytes as a number, the first one lowest: in two or three steps, where copying them would take a
/// call.
fn few(bytes: &[u8]) -> u64 {
    let n = bytes.len();
    if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        let (first, last) = (u32::from_le_bytes(*first), u32::from_le_bytes(*last));
        return u64::from(first) | u64::from(last) << ((n - 4) * 8);
    }
    let at = |index: usize| u64::from(bytes[index]) << (index * 8);
    match n {
        0 => 0,
        _ => at(0) | at(n / 2) | at(n - 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_bytes_are_the_number_that_they_are() {
        let bytes = [1, 2, 3, 4, 5, 6, 7];
        for n in 0..=bytes.len() {
            let mut all = [0; 8];
            all[..n].copy_from_slice(&bytes[..n]);
            assert_eq!(few(&bytes[..n]), u64::from_le_bytes(all));
        }
    }

    #[test]
    fn mixed_keys_tell_apart_what_differs() {
        let ids = (0..2_000).map(|n| format!("toolu_{n}"));
        let lengths = (0..40).map(|n| "0".repeat(n));
        let keys = ids.chain(lengths).map(|text| mix128(text.as_bytes()));
        let keys: Vec<u128> = keys.collect();
        for half in [64, 0] {
            let mut halves: Vec<u64> = keys.iter().map(|key| (key >> half) as u64).collect();
            halves.sort_unstable();
            halves.dedup();
            assert_eq!(halves.len(), 2_040);
        }
        assert_eq!((mix128(b"a") >> 64) as u64, mix(b"a"));
    }

    /// Vectors of the FNV authors for FNV-1a with 128 bits.
    #[test]
    fn hash128_is_fnv1a() {
        assert_eq!(hash128(b"a"), 0xd228_cb69_6f1a_8caf_7891_2b70_4e4a_8964);
        assert_eq!(
            hash128(b"foobar"),
            0x343e_1662_793c_64bf_6f0d_3597_ba44_6f18
        );
    }
}
