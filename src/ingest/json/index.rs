//! Where the structure of a text stands: one pass over all bytes, 64 at a time.

#![allow(clippy::inline_always)]

use fearless_simd::{Level, Simd, dispatch, u8x64};

use super::Fault;
use super::blocks::{self, BLOCK};

/// Positions of the quotes around strings and, outside of strings, of `{ } [ ] : ,`; in order. A
/// reused buffer.
#[derive(Debug, Default)]
pub(crate) struct Index {
    /// As long as it ever had to be, and more than the positions.
    slots: Vec<u32>,
    count: usize,
}

impl Index {
    /// The positions.
    pub(super) fn positions(&self) -> &[u32] {
        &self.slots[..self.count]
    }

    /// Indexes a text, and checks what can be told byte by byte: that strings end, hold no control
    /// characters and only known escapes, and that all is UTF-8.
    pub(crate) fn of(&mut self, text: &[u8]) -> Result<(), Fault> {
        self.of_at(Level::new(), text)
    }

    /// The same with the instructions of a level.
    pub(super) fn of_at(&mut self, level: Level, text: &[u8]) -> Result<(), Fault> {
        self.count = 0;
        if u32::try_from(text.len()).is_err() {
            return Err(Fault::NotJson);
        }
        dispatch!(level, simd => scan(simd, text, self))
    }

    /// Notes a position for each bit. A few are written before they are counted: a loop that ends
    /// with the bits would end where nobody can foresee it.
    #[inline(always)]
    fn note(&mut self, base: u32, mut bits: u64) {
        if self.slots.len() < self.count + BLOCK {
            self.slots.resize((self.count + BLOCK) * 2, 0);
        }
        let Some(slots) = self.slots[self.count..].first_chunk_mut::<BLOCK>() else {
            return;
        };
        let count = bits.count_ones() as usize;
        self.count += count;
        let mut write = |range: std::ops::Range<usize>| {
            for slot in &mut slots[range] {
                *slot = base + bits.trailing_zeros();
                bits &= bits.wrapping_sub(1);
            }
        };
        write(0..8);
        if count > 8 {
            write(8..16);
        }
        if count > 16 {
            write(16..count);
        }
    }
}

#[inline(always)]
fn scan<S: Simd>(simd: S, text: &[u8], index: &mut Index) -> Result<(), Fault> {
    let mut scan = Scan::default();
    let (chunks, rest) = text.as_chunks::<BLOCK>();
    for chunk in chunks {
        scan.block(blocks::load(simd, chunk), text, index)?;
    }
    if !rest.is_empty() || scan.expected != 0 {
        let mut last = [b' '; BLOCK];
        last[..rest.len()].copy_from_slice(rest);
        scan.block(blocks::load(simd, &last), text, index)?;
    }
    if scan.in_string != 0 || scan.is_escaped != 0 {
        return Err(Fault::CutOff);
    }
    Ok(())
}

/// What one block tells the next.
#[derive(Debug, Default)]
struct Scan {
    base: u32,
    /// All ones while the block before ended within a string.
    in_string: u64,
    /// 1 when the first byte is escaped by the last one of the block before.
    is_escaped: u64,
    /// Continuation bytes that the block before still expects, as the lowest bits.
    expected: u64,
}

impl Scan {
    #[inline(always)]
    fn block<S: Simd>(
        &mut self,
        block: u8x64<S>,
        text: &[u8],
        index: &mut Index,
    ) -> Result<(), Fault> {
        if blocks::has_high(block) || self.expected != 0 {
            self.check_utf8(block, text)?;
        }
        let escaped = self.escaped(blocks::byte(block, b'\\'));
        if escaped != 0 {
            let unusual = escaped & !blocks::escapes(block);
            if unusual != 0 {
                self.check_escapes(unusual, text)?;
            }
        }
        let quotes = blocks::byte(block, b'"') & !escaped;
        let has_control = blocks::has_control(block);
        let base = self.base;
        self.base += BLOCK as u32;
        if quotes == 0 && self.in_string != 0 {
            // The inside of a long string.
            return if has_control {
                Err(Fault::NotJson)
            } else {
                Ok(())
            };
        }
        // Bits from each opening quote up to before its closing one.
        let inside = prefix_xor(quotes) ^ self.in_string;
        self.in_string = (inside.cast_signed() >> 63).cast_unsigned();
        if has_control && blocks::control(block) & inside != 0 {
            return Err(Fault::NotJson);
        }
        index.note(base, quotes | blocks::structure(block) & !inside);
        Ok(())
    }

    /// Bytes that follow a backslash which is not itself escaped.
    /// Source: simdjson, `json_escape_scanner` (runs of backslashes by their odd and even starts).
    #[inline(always)]
    fn escaped(&mut self, backslash: u64) -> u64 {
        if backslash == 0 {
            return std::mem::take(&mut self.is_escaped);
        }
        const ODD: u64 = 0xaaaa_aaaa_aaaa_aaaa;
        let potential = backslash & !self.is_escaped;
        let maybe_escaped = potential << 1;
        let code = ((maybe_escaped | ODD).wrapping_sub(potential)) ^ ODD;
        let escaped = code ^ (backslash | self.is_escaped);
        let escape = code & backslash;
        self.is_escaped = escape >> 63;
        escaped
    }

    /// Holds what follows backslashes, and is no letter or mark that may, against the one escape
    /// that is longer: a `u` with its four digits.
    #[cold]
    #[inline(never)]
    fn check_escapes(&self, mut unusual: u64, text: &[u8]) -> Result<(), Fault> {
        while unusual != 0 {
            let at = self.base as usize + unusual.trailing_zeros() as usize;
            unusual &= unusual - 1;
            let Some(byte) = text.get(at) else {
                return Err(Fault::CutOff);
            };
            if *byte != b'u' {
                return Err(Fault::NotJson);
            }
            let digits = text[at + 1..].iter().take(4);
            if !digits.clone().all(u8::is_ascii_hexdigit) {
                return Err(Fault::NotJson);
            }
            if digits.len() < 4 {
                return Err(Fault::CutOff);
            }
        }
        Ok(())
    }

    /// Holds the continuation bytes of a block against what the first bytes announce.
    #[inline(always)]
    fn check_utf8<S: Simd>(&mut self, block: u8x64<S>, text: &[u8]) -> Result<(), Fault> {
        let found = blocks::sequences(block);
        let two = blocks::high(block) & !found.continuation;
        let expected = self.expected | two << 1 | found.three << 2 | found.four << 3;
        if expected != found.continuation {
            return Err(Fault::InvalidUtf8);
        }
        self.expected = two >> 63 | found.three >> 62 | found.four >> 61;
        if found.special != 0 {
            self.check_special(found.special, text)?;
        }
        Ok(())
    }

    /// Holds the byte behind a first byte against what is allowed there.
    /// Source: Unicode, table 3-7 (well-formed UTF-8 byte sequences).
    #[inline(never)]
    fn check_special(&self, mut special: u64, text: &[u8]) -> Result<(), Fault> {
        while special != 0 {
            let at = self.base as usize + special.trailing_zeros() as usize;
            special &= special - 1;
            let next = text.get(at + 1).copied().unwrap_or(0);
            let is_allowed = match text.get(at).copied().unwrap_or(0) {
                0xe0 => next >= 0xa0,
                0xed => next < 0xa0,
                0xf0 => next >= 0x90,
                0xf1..=0xf3 => true,
                0xf4 => next < 0x90,
                _ => false,
            };
            if !is_allowed {
                return Err(Fault::InvalidUtf8);
            }
        }
        Ok(())
    }
}

/// Each bit: whether an odd number of bits is set up to and with it.
#[inline(always)]
fn prefix_xor(mut bits: u64) -> u64 {
    bits ^= bits << 1;
    bits ^= bits << 2;
    bits ^= bits << 4;
    bits ^= bits << 8;
    bits ^= bits << 16;
    bits ^= bits << 32;
    bits
}
