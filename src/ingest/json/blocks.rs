//! Sixty-four bytes at a time as masks of one bit a byte; bit 0 is the first byte.
//!
//! Written once for vectors of 64 bytes, which the level of instructions of the machine makes of one
//! register (AVX-512), of two (AVX2) or of four (SSE2, NEON); elsewhere of plain numbers. A level is
//! only in force where everything is inlined into the function that was called with it.

#![allow(clippy::inline_always)]

use fearless_simd::prelude::*;
use fearless_simd::{mask8x64, u8x16, u8x64};

/// Bytes in a block.
pub(super) const BLOCK: usize = 64;

/// The place of each byte.
const PLACES: [u8; BLOCK] = {
    let mut places = [0; BLOCK];
    let mut at = 0;
    while at < BLOCK {
        places[at] = at as u8;
        at += 1;
    }
    places
};

/// Where the bytes of longer UTF-8 sequences stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sequences {
    /// A byte that continues a sequence: 80 to BF.
    pub(super) continuation: u64,
    /// A byte that begins one: C0 and above.
    pub(super) two: u64,
    /// A byte that begins one of at least three: E0 and above.
    pub(super) three: u64,
}

/// Whether any byte of many blocks asks for a closer look at UTF-8, noted without a mask for each block.
#[derive(Debug, Clone, Copy)]
pub(super) struct Unusual<S: Simd> {
    /// 0 where a byte was C0, C1, E0 or ED.
    least: u8x64<S>,
    most: u8x64<S>,
}

impl<S: Simd> Unusual<S> {
    #[inline(always)]
    pub(super) fn none(simd: S) -> Self {
        Self {
            least: u8x64::splat(simd, 0xff),
            most: u8x64::splat(simd, 0),
        }
    }

    /// Notes a block.
    #[inline(always)]
    pub(super) fn note(&mut self, x: u8x64<S>) {
        let two = (x & 0xfe) ^ 0xc0;
        let three = (x ^ 0xe0).min(x ^ 0xed);
        self.least = self.least.min(two.min(three));
        self.most = self.most.max(x);
    }

    /// Whether there was a first byte after which not every continuation is allowed, or that is none, or
    /// that begins a sequence of four: C0, C1, E0, ED, F0 and above.
    #[inline(always)]
    pub(super) fn any(self) -> bool {
        self.least.simd_eq(0).any_true() || self.most.simd_ge(0xf0).any_true()
    }
}

/// The bytes of a block.
#[inline(always)]
pub(super) fn load<S: Simd>(simd: S, block: &[u8; BLOCK]) -> u8x64<S> {
    u8x64::from_slice(simd, block)
}

/// The first `n` bytes of a block, and spaces behind them.
#[inline(always)]
pub(super) fn first<S: Simd>(simd: S, x: u8x64<S>, n: usize) -> u8x64<S> {
    let is_first = u8x64::simd_from(simd, PLACES).simd_lt(n as u8);
    is_first.select(x, u8x64::splat(simd, b' '))
}

/// Where a byte stands.
#[inline(always)]
pub(super) fn byte<S: Simd>(x: u8x64<S>, byte: u8) -> u64 {
    x.simd_eq(byte).to_bitmask()
}

/// Whether any byte is below a space.
#[inline(always)]
pub(super) fn has_control<S: Simd>(x: u8x64<S>) -> bool {
    x.simd_lt(b' ').any_true()
}

/// Where the bytes below a space stand.
#[inline(always)]
pub(super) fn control<S: Simd>(x: u8x64<S>) -> u64 {
    x.simd_lt(b' ').to_bitmask()
}

/// Brackets, braces, colons and commas (and, where the cursor refuses them, two control characters).
#[inline(always)]
pub(super) fn structure<S: Simd>(x: u8x64<S>) -> u64 {
    // Setting bit 5 makes [ a { and ] a }, and turns no other printable character into them.
    by_low_half(x, *b"\0\0\0\0\0\0\0\0\0\0:{,}\0\0")
        .simd_eq(x | 0x20)
        .to_bitmask()
}

/// What may follow a backslash, besides a quote and a `u` with its four digits.
#[inline(always)]
pub(super) fn escapes<S: Simd>(x: u8x64<S>) -> u64 {
    // Two of them have the same lower half; at 0 stands what no byte with that half is.
    let most = by_low_half(x, *b"-\0b\0t\0f\0\0\0\0\0\\\0n/");
    (most.simd_eq(x) | x.simd_eq(b'r')).to_bitmask()
}

/// Where in a block its bits are set, of those that there are the first in order; `None` where the level has
/// no instruction for it, and taking one bit after the other is quicker.
#[inline(always)]
pub(super) fn places<S: Simd>(simd: S, bits: u64) -> Option<[u8; BLOCK]> {
    // Vectors of 64 bytes in one register: AVX-512.
    (S::u8s::LEN == BLOCK).then(|| {
        let all = u8x64::simd_from(simd, PLACES);
        let found = all.compress(mask8x64::from_bitmask(simd, bits));
        found.into()
    })
}

/// For each byte the one that the table has for its lower four bits.
#[inline(always)]
fn by_low_half<S: Simd>(x: u8x64<S>, table: [u8; 16]) -> u8x64<S> {
    let table = u8x64::block_splat(u8x16::simd_from(x.simd, table));
    table.swizzle_dyn_within_blocks(x & 0x0f)
}

/// What is needed to check UTF-8, as long as nothing is [`Unusual`].
#[inline(always)]
pub(super) fn sequences<S: Simd>(x: u8x64<S>) -> Sequences {
    Sequences {
        continuation: (x ^ 0x80).simd_lt(0x40).to_bitmask(),
        two: x.simd_ge(0xc0).to_bitmask(),
        three: x.simd_ge(0xe0).to_bitmask(),
    }
}
