//! Where the structure of a text stands: one pass over all bytes, 64 at a time.

use super::Fault;
use super::blocks::{self, BLOCK, Masks};

/// Positions of the quotes around strings and, outside of strings, of `{ } [ ] : ,`; in order. A
/// reused buffer.
#[derive(Debug, Default)]
pub(crate) struct Index(Vec<u32>);

impl Index {
    /// The positions.
    pub(super) fn positions(&self) -> &[u32] {
        &self.0
    }

    /// Indexes a text, and checks what can be told byte by byte: that strings end, hold no control
    /// characters and only known escapes, and that all is UTF-8.
    pub(crate) fn of(&mut self, text: &[u8]) -> Result<(), Fault> {
        self.0.clear();
        if u32::try_from(text.len()).is_err() {
            return Err(Fault::NotJson);
        }
        let mut scan = Scan::default();
        let (chunks, rest) = text.as_chunks::<BLOCK>();
        for chunk in chunks {
            scan.block(chunk, text, &mut self.0)?;
        }
        if !rest.is_empty() || scan.expected != 0 {
            let mut last = [b' '; BLOCK];
            last[..rest.len()].copy_from_slice(rest);
            scan.block(&last, text, &mut self.0)?;
        }
        if scan.in_string != 0 || scan.is_escaped != 0 {
            return Err(Fault::CutOff);
        }
        Ok(())
    }
}

/// What may follow a backslash, besides a `u` with its four digits.
const ESCAPES: [bool; 256] = {
    let mut table = [false; 256];
    let known = b"\"\\/bfnrt";
    let mut i = 0;
    while i < known.len() {
        table[known[i] as usize] = true;
        i += 1;
    }
    table
};

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
    #[inline]
    fn block(&mut self, block: &[u8; BLOCK], text: &[u8], out: &mut Vec<u32>) -> Result<(), Fault> {
        let masks = blocks::masks(block);
        if masks.has_high || self.expected != 0 {
            self.check_utf8(block, text)?;
        }
        let escaped = self.escaped(&masks);
        if escaped != 0 {
            self.check_escapes(escaped, text)?;
        }
        let quotes = masks.quote & !escaped;
        let base = self.base;
        self.base += BLOCK as u32;
        if quotes == 0 && self.in_string != 0 {
            // The inside of a long string.
            return if masks.has_control {
                Err(Fault::NotJson)
            } else {
                Ok(())
            };
        }
        // Bits from each opening quote up to before its closing one.
        let inside = prefix_xor(quotes) ^ self.in_string;
        self.in_string = (inside.cast_signed() >> 63).cast_unsigned();
        if masks.has_control && blocks::control(block) & inside != 0 {
            return Err(Fault::NotJson);
        }
        let mut bits = quotes | blocks::structure(block) & !inside;
        while bits != 0 {
            out.push(base + bits.trailing_zeros());
            bits &= bits - 1;
        }
        Ok(())
    }

    /// Bytes that follow a backslash which is not itself escaped.
    /// Source: simdjson, `json_escape_scanner` (runs of backslashes by their odd and even starts).
    #[inline]
    fn escaped(&mut self, masks: &Masks) -> u64 {
        if masks.backslash == 0 {
            return std::mem::take(&mut self.is_escaped);
        }
        const ODD: u64 = 0xaaaa_aaaa_aaaa_aaaa;
        let potential = masks.backslash & !self.is_escaped;
        let maybe_escaped = potential << 1;
        let code = ((maybe_escaped | ODD).wrapping_sub(potential)) ^ ODD;
        let escaped = code ^ (masks.backslash | self.is_escaped);
        let escape = code & masks.backslash;
        self.is_escaped = escape >> 63;
        escaped
    }

    /// Holds what follows backslashes against what JSON knows.
    #[inline]
    fn check_escapes(&self, mut escaped: u64, text: &[u8]) -> Result<(), Fault> {
        while escaped != 0 {
            let at = self.base as usize + escaped.trailing_zeros() as usize;
            escaped &= escaped - 1;
            let Some(byte) = text.get(at) else {
                return Err(Fault::CutOff);
            };
            // A table, since which letter comes cannot be foreseen.
            if ESCAPES[usize::from(*byte)] {
                continue;
            }
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
    #[inline(never)]
    fn check_utf8(&mut self, block: &[u8; BLOCK], text: &[u8]) -> Result<(), Fault> {
        let found = blocks::sequences(block);
        let two = blocks::high(block) & !found.continuation;
        let expected = self.expected | two << 1 | found.three << 2 | found.four << 3;
        if expected != found.continuation {
            return Err(Fault::InvalidUtf8);
        }
        self.expected = two >> 63 | found.three >> 62 | found.four >> 61;
        let mut special = found.special;
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
#[inline]
fn prefix_xor(mut bits: u64) -> u64 {
    bits ^= bits << 1;
    bits ^= bits << 2;
    bits ^= bits << 4;
    bits ^= bits << 8;
    bits ^= bits << 16;
    bits ^= bits << 32;
    bits
}
