//! Sixty-four bytes at a time as masks of one bit a byte.
//!
//! Vectors of 16 bytes do the work, in the instructions that every machine of its kind has (SSE2,
//! NEON), or plain ones elsewhere.

use wide::u8x16;

/// Where in a block certain bytes stand; bit 0 is the first byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Masks {
    /// `"`
    pub(super) quote: u64,
    /// `\`
    pub(super) backslash: u64,
    /// Whether any byte is below a space.
    pub(super) has_control: bool,
    /// Whether any byte is outside ASCII.
    pub(super) has_high: bool,
}

/// Where the bytes of longer UTF-8 sequences stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sequences {
    /// A byte that continues a sequence: 80 to BF.
    pub(super) continuation: u64,
    /// A byte that begins one of at least three: E0 and above.
    pub(super) three: u64,
    /// A byte that begins one of four: F0 and above.
    pub(super) four: u64,
    /// A first byte after which not every continuation is allowed, or that is none: C0, C1, E0, ED,
    /// F0 and above.
    pub(super) special: u64,
}

/// Bytes in a block.
pub(super) const BLOCK: usize = 64;

type Lanes = [u8x16; BLOCK / 16];

#[inline]
fn load(block: &[u8; BLOCK]) -> Lanes {
    let (chunks, _) = block.as_chunks::<16>();
    // Not `map`: that is a call of its own where the optimizer does not look across crates.
    [
        u8x16::new(chunks[0]),
        u8x16::new(chunks[1]),
        u8x16::new(chunks[2]),
        u8x16::new(chunks[3]),
    ]
}

/// One bit a byte: whether `test` gave all ones for it.
#[inline]
fn bits(lanes: Lanes, test: impl Fn(u8x16) -> u8x16) -> u64 {
    let bit = |i: usize| u64::from(test(lanes[i]).to_bitmask());
    bit(0) | bit(1) << 16 | bit(2) << 32 | bit(3) << 48
}

/// `test` of all lanes, folded into one.
#[inline]
fn any(lanes: Lanes, test: impl Fn(u8x16) -> u8x16) -> u8x16 {
    (test(lanes[0]) | test(lanes[1])) | (test(lanes[2]) | test(lanes[3]))
}

#[inline]
fn all(byte: u8) -> u8x16 {
    u8x16::splat(byte)
}

/// Quotes, backslashes, control characters, bytes outside ASCII.
#[inline]
pub(super) fn masks(block: &[u8; BLOCK]) -> Masks {
    let lanes = load(block);
    let control = any(lanes, |x| x.min(all(0x1f)).simd_eq(x));
    Masks {
        quote: bits(lanes, |x| x.simd_eq(all(b'"'))),
        backslash: bits(lanes, |x| x.simd_eq(all(b'\\'))),
        has_control: control.to_bitmask() != 0,
        has_high: any(lanes, |x| x).to_bitmask() != 0,
    }
}

/// Where the bytes below a space stand.
#[inline]
pub(super) fn control(block: &[u8; BLOCK]) -> u64 {
    bits(load(block), |x| x.min(all(0x1f)).simd_eq(x))
}

/// Where the bytes outside ASCII stand.
#[inline]
pub(super) fn high(block: &[u8; BLOCK]) -> u64 {
    bits(load(block), |x| x)
}

/// Brackets, braces, colons and commas (and, where the cursor refuses them, two control characters).
#[inline]
pub(super) fn structure(block: &[u8; BLOCK]) -> u64 {
    bits(load(block), |x| {
        // Setting bit 5 makes [ a { and ] a }, and turns no other printable character into them.
        let folded = x | all(0x20);
        let brackets = folded.simd_eq(all(b'{')) | folded.simd_eq(all(b'}'));
        brackets | x.simd_eq(all(b':')) | x.simd_eq(all(b','))
    })
}

/// What is needed to check UTF-8.
#[inline]
pub(super) fn sequences(block: &[u8; BLOCK]) -> Sequences {
    let lanes = load(block);
    let from = |x: u8x16, least: u8| x.max(all(least)).simd_eq(x);
    Sequences {
        continuation: bits(lanes, |x| (x & all(0xc0)).simd_eq(all(0x80))),
        three: bits(lanes, |x| from(x, 0xe0)),
        four: bits(lanes, |x| from(x, 0xf0)),
        special: bits(lanes, |x| {
            let two = (x & all(0xfe)).simd_eq(all(0xc0));
            let three = x.simd_eq(all(0xe0)) | x.simd_eq(all(0xed));
            two | three | from(x, 0xf0)
        }),
    }
}

/// The same, byte by byte: what the tests hold the masks against.
#[cfg(test)]
pub(super) mod plain {
    use super::{BLOCK, Masks, Sequences};

    fn bits(block: &[u8; BLOCK], test: impl Fn(u8) -> bool) -> u64 {
        block
            .iter()
            .enumerate()
            .fold(0, |mask, (i, byte)| mask | u64::from(test(*byte)) << i)
    }

    pub(in super::super) fn masks(block: &[u8; BLOCK]) -> Masks {
        Masks {
            quote: bits(block, |b| b == b'"'),
            backslash: bits(block, |b| b == b'\\'),
            has_control: control(block) != 0,
            has_high: high(block) != 0,
        }
    }

    pub(in super::super) fn control(block: &[u8; BLOCK]) -> u64 {
        bits(block, |b| b < 0x20)
    }

    pub(in super::super) fn high(block: &[u8; BLOCK]) -> u64 {
        bits(block, |b| b >= 0x80)
    }

    pub(in super::super) fn structure(block: &[u8; BLOCK]) -> u64 {
        bits(block, |b| {
            matches!(b, b'{' | b'}' | b'[' | b']' | b':' | b',')
        })
    }

    pub(in super::super) fn sequences(block: &[u8; BLOCK]) -> Sequences {
        Sequences {
            continuation: bits(block, |b| b & 0xc0 == 0x80),
            three: bits(block, |b| b >= 0xe0),
            four: bits(block, |b| b >= 0xf0),
            special: bits(block, |b| matches!(b, 0xc0 | 0xc1 | 0xe0 | 0xed | 0xf0..)),
        }
    }
}
