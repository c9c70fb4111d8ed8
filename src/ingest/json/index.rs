//! Where the structure of a text stands: one pass over all bytes, 64 at a time.

#![allow(clippy::inline_always)]

use std::ops::Range;

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
        if u32::try_from(text.len()).is_err() {
            self.count = 0;
            return Err(Fault::NotJson);
        }
        dispatch!(level, simd => scan::<_, false>(simd, text, self))
            .map(|_| ())
            .map_err(|fault| {
                // What else is wrong with a text that is none is of no interest.
                std::str::from_utf8(text).map_or(Fault::InvalidUtf8, |_| fault)
            })
    }

    /// Indexes the first line of `bytes` while its end is looked for, and gives its length without the line
    /// break; `None`: it does not end here, or something is wrong with it, which [`Index::of`] tells.
    pub(in crate::ingest) fn of_line(&mut self, bytes: &[u8]) -> Option<usize> {
        self.of_line_at(Level::new(), bytes)
    }

    /// The same with the instructions of a level.
    pub(super) fn of_line_at(&mut self, level: Level, bytes: &[u8]) -> Option<usize> {
        let bytes = &bytes[..bytes.len().min(u32::MAX as usize)];
        dispatch!(level, simd => scan::<_, true>(simd, bytes, self)).ok()
    }
}

/// Notes a position for each bit, behind the `count` that there are, and gives how many there are then.
/// A few are written before they are counted: a loop that ends with the bits would end where nobody can
/// foresee it.
#[inline(always)]
fn note<S: Simd>(simd: S, slots: &mut Vec<u32>, count: usize, base: u32, mut bits: u64) -> usize {
    if slots.len() < count + BLOCK {
        slots.resize((count + BLOCK) * 2, 0);
    }
    let Some(slots) = slots[count..].first_chunk_mut::<BLOCK>() else {
        return count;
    };
    let found = bits.count_ones() as usize;
    if let Some(places) = blocks::places(simd, bits) {
        let mut write = |range: Range<usize>| {
            for (slot, place) in slots[range.clone()].iter_mut().zip(&places[range]) {
                *slot = base + u32::from(*place);
            }
        };
        write(0..16);
        if found > 16 {
            write(16..BLOCK);
        }
        return count + found;
    }
    let mut write = |range: Range<usize>| {
        for slot in &mut slots[range] {
            *slot = base + bits.trailing_zeros();
            bits &= bits.wrapping_sub(1);
        }
    };
    write(0..8);
    if found > 8 {
        write(8..16);
    }
    if found > 16 {
        write(16..found);
    }
    count + found
}

/// Indexes a text, or its first line alone, and gives how long that is.
#[inline(always)]
fn scan<S: Simd, const LINE: bool>(
    simd: S,
    text: &[u8],
    index: &mut Index,
) -> Result<usize, Fault> {
    let mut scan = Scan {
        simd,
        base: 0,
        count: 0,
        in_string: 0,
        is_escaped: 0,
        expected: 0,
        is_broken: 0,
        unusual: blocks::Unusual::none(simd),
    };
    index.count = 0;
    let (chunks, mut rest) = text.as_chunks::<BLOCK>();
    for chunk in chunks {
        let block = blocks::load(simd, chunk);
        if LINE && blocks::has_control(block) {
            let end = blocks::byte(block, b'\n').trailing_zeros() as usize;
            if end < BLOCK {
                let line = &text[..scan.base as usize + end];
                scan.block(blocks::first(simd, block, end), line, &mut index.slots)?;
                return scan.finish(line, index);
            }
        }
        scan.block(block, text, &mut index.slots)?;
    }
    if LINE {
        let end = rest.iter().position(|b| *b == b'\n');
        rest = &rest[..end.ok_or(Fault::CutOff)?];
    }
    let text = &text[..scan.base as usize + rest.len()];
    if !rest.is_empty() || scan.expected != 0 {
        let mut last = [b' '; BLOCK];
        last[..rest.len()].copy_from_slice(rest);
        scan.block(blocks::load(simd, &last), text, &mut index.slots)?;
    }
    scan.finish(text, index)
}

/// What one block tells the next.
#[derive(Debug)]
struct Scan<S: Simd> {
    simd: S,
    base: u32,
    /// Positions noted.
    count: usize,
    /// All ones while the block before ended within a string.
    in_string: u64,
    /// 1 when the first byte is escaped by the last one of the block before.
    is_escaped: u64,
    /// Continuation bytes that the block before still expects, as the lowest bits.
    expected: u64,
    /// Anything but 0: some continuation was missing or too many, unless there was anything unusual.
    is_broken: u64,
    unusual: blocks::Unusual<S>,
}

impl<S: Simd> Scan<S> {
    /// What can be told at the end of the text, of which all blocks were looked at.
    #[inline(always)]
    fn finish(self, text: &[u8], index: &mut Index) -> Result<usize, Fault> {
        index.count = self.count;
        if self.in_string != 0 || self.is_escaped != 0 {
            return Err(Fault::CutOff);
        }
        let is_utf8 = if self.unusual.any() {
            std::str::from_utf8(text).is_ok()
        } else {
            self.is_broken == 0
        };
        if is_utf8 {
            Ok(text.len())
        } else {
            Err(Fault::InvalidUtf8)
        }
    }

    #[inline(always)]
    fn block(&mut self, block: u8x64<S>, text: &[u8], slots: &mut Vec<u32>) -> Result<(), Fault> {
        let base = self.base;
        self.base += BLOCK as u32;
        self.note_utf8(block);
        let escaped = self.escaped(blocks::byte(block, b'\\'));
        let quotes = blocks::byte(block, b'"');
        let unusual = escaped & !(quotes | blocks::escapes(block));
        if unusual != 0 && !are_characters(base, unusual, text) {
            check_escapes(base, unusual, text)?;
        }
        let quotes = quotes & !escaped;
        let has_control = blocks::has_control(block);
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
        let marks = quotes | blocks::structure(block) & !inside;
        self.count = note(self.simd, slots, self.count, base, marks);
        Ok(())
    }

    /// Bytes that follow a backslash which is not itself escaped. Without a branch: whether a block has
    /// a backslash is nothing that could be foreseen.
    /// Source: simdjson, `json_escape_scanner` (runs of backslashes by their odd and even starts).
    #[inline(always)]
    fn escaped(&mut self, backslash: u64) -> u64 {
        const ODD: u64 = 0xaaaa_aaaa_aaaa_aaaa;
        let potential = backslash & !self.is_escaped;
        let maybe_escaped = potential << 1;
        let code = ((maybe_escaped | ODD).wrapping_sub(potential)) ^ ODD;
        let escaped = code ^ (backslash | self.is_escaped);
        let escape = code & backslash;
        self.is_escaped = escape >> 63;
        escaped
    }

    /// Holds the continuation bytes of a block against what the first bytes announce.
    #[inline(always)]
    fn note_utf8(&mut self, block: u8x64<S>) {
        self.unusual.note(block);
        let found = blocks::sequences(block);
        let expected = self.expected | found.two << 1 | found.three << 2;
        self.is_broken |= expected ^ found.continuation;
        self.expected = found.two >> 63 | found.three >> 62;
    }
}

/// Whether all of these bytes are a `u` with its four digits: the one longer escape, of which logs of
/// terminals and of other alphabets are full.
#[inline(always)]
fn are_characters(base: u32, mut places: u64, text: &[u8]) -> bool {
    while places != 0 {
        let at = base as usize + places.trailing_zeros() as usize;
        places &= places - 1;
        let Some([b'u', digits @ ..]) = text.get(at..).and_then(<[u8]>::first_chunk::<5>) else {
            return false;
        };
        // All four, since which of them is none cannot be foreseen.
        if !digits
            .iter()
            .fold(true, |all, d| all & d.is_ascii_hexdigit())
        {
            return false;
        }
    }
    true
}

/// Says what is wrong with what follows backslashes, if it is no letter or mark that may and no `u` with its
/// four digits.
#[cold]
#[inline(never)]
fn check_escapes(base: u32, mut unusual: u64, text: &[u8]) -> Result<(), Fault> {
    while unusual != 0 {
        let at = base as usize + unusual.trailing_zeros() as usize;
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
