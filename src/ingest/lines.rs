//! Bytes through a reused buffer: lines of a file or of a part of one, or the whole document.
//!
//! A part owns every line that begins in it: it starts after the first line break at or behind the
//! byte before it, and reads on beyond its end until its last line is complete.

use std::io::{self, Read};

use super::json::{Fault, Index};

/// The longest line that is held in memory; longer ones are passed over and reported.
pub(super) const LONGEST_LINE: usize = 64 << 20;
/// The largest document that is held in memory.
const LARGEST_DOCUMENT: usize = 1 << 30;
/// The same of a packed one, which takes up less of anybody's disk.
const LARGEST_UNPACKED: usize = 128 << 20;
/// What is read at once.
const READ_SIZE: usize = 256 << 10;
/// A buffer that grew beyond this is given back after the file.
const KEPT_SIZE: usize = 4 << 20;

const BOM: &[u8] = b"\xef\xbb\xbf";

/// A line, by its place in the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Line {
    /// A line of the buffer, without its line break.
    Held {
        /// First byte.
        start: usize,
        /// Behind the last byte.
        end: usize,
    },
    /// A line that is longer than [`LONGEST_LINE`] and was passed over.
    TooLong,
}

/// The buffer that one file after another is read through.
#[derive(Debug, Default)]
pub(super) struct Buffer(Vec<u8>);

impl Buffer {
    /// Gives back memory that only an unusual file needed.
    pub(super) fn settle(&mut self) {
        if self.0.len() > KEPT_SIZE {
            self.0 = Vec::new();
        }
    }
}

/// What is read from: a window of bytes, and where more comes from.
pub(super) struct Lines<'a> {
    window: Window<'a>,
    /// First byte of the window that was not handed out.
    position: usize,
    /// Behind the last valid byte of the window.
    filled: usize,
    /// Where the window's byte 0 lies in the source.
    offset: u64,
    /// Lines that begin here or later belong to the next part.
    end: u64,
    is_at_end: bool,
    /// Length of the line that was handed out last.
    latest: usize,
    longest: usize,
    largest: usize,
    /// Whether a last line without its line break is kept back.
    keeps_back: bool,
    /// Whether the source ended within a line that was passed over.
    is_torn: bool,
}

enum Window<'a> {
    Memory(&'a [u8]),
    Stream(Box<dyn Read + 'a>, &'a mut Buffer),
}

impl std::fmt::Debug for Lines<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lines")
            .field("offset", &self.offset)
            .field("position", &self.position)
            .field("filled", &self.filled)
            .finish_non_exhaustive()
    }
}

impl<'a> Lines<'a> {
    /// Bytes that lie in memory.
    pub(super) fn of_bytes(bytes: &'a [u8]) -> Self {
        Self {
            position: if bytes.starts_with(BOM) { BOM.len() } else { 0 },
            filled: bytes.len(),
            window: Window::Memory(bytes),
            offset: 0,
            end: u64::MAX,
            is_at_end: true,
            latest: 0,
            longest: LONGEST_LINE,
            largest: LARGEST_DOCUMENT,
            keeps_back: false,
            is_torn: false,
        }
    }

    /// Everything that `reader` gives.
    pub(super) fn of_reader(reader: impl Read + 'a, buffer: &'a mut Buffer) -> io::Result<Self> {
        let mut lines = Self {
            window: Window::Stream(Box::new(reader), buffer),
            position: 0,
            filled: 0,
            offset: 0,
            end: u64::MAX,
            is_at_end: false,
            latest: 0,
            longest: LONGEST_LINE,
            largest: LARGEST_DOCUMENT,
            keeps_back: false,
            is_torn: false,
        };
        lines.fill()?;
        if lines.rest().starts_with(BOM) {
            lines.position = BOM.len();
        }
        Ok(lines)
    }

    /// What `reader` gives from a place of the file on at which a line begins.
    pub(super) fn of_rest(
        reader: impl Read + 'a,
        buffer: &'a mut Buffer,
        begin: u64,
    ) -> io::Result<Self> {
        let mut lines = Self::of_reader(reader, buffer)?;
        lines.position = 0;
        lines.offset = begin;
        Ok(lines)
    }

    /// Leaves lines that begin at byte `end` or later to somebody else.
    pub(super) fn up_to(mut self, end: u64) -> Self {
        self.end = end;
        self
    }

    /// Keeps a last line back that has no line break: somebody may still be writing it.
    pub(super) fn keep_back(&mut self) {
        self.keeps_back = true;
    }

    /// Where the next line begins, in bytes of the source; `None`: within a line that was too long.
    pub(super) fn place(&self) -> Option<u64> {
        (!self.is_torn).then_some(self.offset + self.position as u64)
    }

    /// Whether something was kept back.
    pub(super) fn has_kept_back(&self) -> bool {
        self.keeps_back && self.is_at_end && self.position < self.filled
    }

    /// The part of a file that begins at `begin` and ends before `end`. `reader` gives the file from
    /// the byte before `begin` on (from `begin` if that is 0), and on beyond `end`.
    pub(super) fn of_part(
        reader: impl Read + 'a,
        buffer: &'a mut Buffer,
        begin: u64,
        end: u64,
    ) -> io::Result<Self> {
        let mut lines = Self::of_reader(reader, buffer)?;
        if begin > 0 {
            lines.position = 0;
            lines.offset = begin - 1;
            // The line that the byte before the part belongs to, or its line break.
            lines.next()?;
        }
        lines.end = end;
        Ok(lines)
    }

    /// Puts `unpack` between the source and the window, of which nothing was handed out yet.
    ///
    /// # Errors
    /// The operating system refuses; the bytes lie in memory, not in a stream.
    pub(super) fn unpacked<R: Read + 'a>(
        self,
        unpack: impl FnOnce(Box<dyn Read + 'a>) -> R,
    ) -> io::Result<Self> {
        let read = self.bytes()[..self.filled].to_vec();
        let Window::Stream(reader, buffer) = self.window else {
            return Err(io::ErrorKind::Unsupported.into());
        };
        let packed: Box<dyn Read + 'a> = Box::new(io::Cursor::new(read).chain(reader));
        let mut lines = Self::of_reader(unpack(packed), buffer)?;
        lines.largest = LARGEST_UNPACKED;
        Ok(lines)
    }

    /// The bytes of the window that were not handed out.
    pub(super) fn rest(&self) -> &[u8] {
        &self.bytes()[self.position..self.filled]
    }

    /// Reads on until the window holds `n` bytes, or all that there are.
    pub(super) fn peek(&mut self, n: usize) -> io::Result<&[u8]> {
        while self.filled - self.position < n && self.fill()? {}
        Ok(self.rest())
    }

    /// How many bytes were handed out, or looked at as a document.
    pub(super) fn bytes_read(&self) -> u64 {
        self.offset + self.filled as u64
    }

    /// Whether the window holds all that is left.
    pub(super) fn is_whole(&self) -> bool {
        self.is_at_end
    }

    /// All bytes that are left.
    pub(super) fn document(&mut self) -> io::Result<&[u8]> {
        while self.fill()? {
            if self.filled - self.position > self.largest {
                let reason = format!("larger than {} MiB", self.largest >> 20);
                return Err(io::Error::other(reason));
            }
        }
        Ok(self.rest())
    }

    /// The bytes of a line.
    pub(super) fn slice(&self, start: usize, end: usize) -> &[u8] {
        &self.bytes()[start..end]
    }

    /// The next line that this part owns.
    pub(super) fn next(&mut self) -> io::Result<Option<Line>> {
        if self.offset + self.position as u64 >= self.end {
            return Ok(None);
        }
        let mut searched = 0;
        loop {
            let begin = self.position + searched;
            if let Some(n) = memchr::memchr(b'\n', &self.bytes()[begin..self.filled]) {
                return Ok(Some(self.take(begin + n, begin + n + 1)));
            }
            searched = self.filled - self.position;
            if searched > self.longest {
                self.pass_over()?;
                return Ok(Some(Line::TooLong));
            }
            if !self.fill()? {
                if self.keeps_back {
                    return Ok(None);
                }
                return Ok((searched > 0).then(|| self.take(self.filled, self.filled)));
            }
        }
    }

    /// The next line that this part owns, indexed; a fault where it is no JSON.
    pub(super) fn next_indexed(
        &mut self,
        index: &mut Index,
    ) -> io::Result<Option<(Line, Result<(), Fault>)>> {
        let is_owned = self.offset + (self.position as u64) < self.end;
        // Lines that are longer than the window would be gone through in vain.
        let may_be_whole = self.rest().len() > self.latest;
        if is_owned
            && may_be_whole
            && let Some(length) = index.of_line(self.rest())
        {
            let end = self.position + length;
            return Ok(Some((self.take(end, end + 1), Ok(()))));
        }
        // It ends behind the window, or there is something wrong with it.
        let Some(line) = self.next()? else {
            return Ok(None);
        };
        let indexed = match line {
            Line::Held { start, end } => index.of(self.slice(start, end)),
            Line::TooLong => Ok(()),
        };
        Ok(Some((line, indexed)))
    }

    fn take(&mut self, mut end: usize, next: usize) -> Line {
        let start = self.position;
        self.position = next;
        self.latest = end - start;
        if end - start > self.longest {
            return Line::TooLong;
        }
        if self.bytes()[start..end].ends_with(b"\r") {
            end -= 1;
        }
        Line::Held { start, end }
    }

    /// Drops bytes until behind the next line break.
    fn pass_over(&mut self) -> io::Result<()> {
        loop {
            match memchr::memchr(b'\n', self.rest()) {
                Some(n) => {
                    self.position += n + 1;
                    return Ok(());
                }
                None => self.position = self.filled,
            }
            if !self.fill()? {
                self.is_torn = true;
                return Ok(());
            }
        }
    }

    fn bytes(&self) -> &[u8] {
        match &self.window {
            Window::Memory(bytes) => bytes,
            Window::Stream(_, buffer) => &buffer.0,
        }
    }

    /// Reads more behind what is there; `false` at the end.
    fn fill(&mut self) -> io::Result<bool> {
        let Window::Stream(reader, buffer) = &mut self.window else {
            return Ok(false);
        };
        if self.is_at_end {
            return Ok(false);
        }
        let bytes = &mut buffer.0;
        let is_tight = self.filled + READ_SIZE / 4 > bytes.len();
        if self.position > 0 && (is_tight || self.position == self.filled) {
            bytes.copy_within(self.position..self.filled, 0);
            self.offset += self.position as u64;
            self.filled -= self.position;
            self.position = 0;
        }
        if bytes.len() < READ_SIZE {
            bytes.resize(READ_SIZE, 0);
        } else if self.filled + READ_SIZE / 4 > bytes.len() {
            bytes.resize(bytes.len() * 2, 0);
        }
        let n = loop {
            match reader.read(&mut bytes[self.filled..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => break other?,
            }
        };
        self.filled += n;
        self.is_at_end = n == 0;
        Ok(n > 0)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// A reader that gives a few bytes at a time, as pipes do.
    struct Trickle<'a>(&'a [u8], usize);

    impl Read for Trickle<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let n = self.1.min(into.len()).min(self.0.len());
            into[..n].copy_from_slice(&self.0[..n]);
            self.0 = &self.0[n..];
            Ok(n)
        }
    }

    fn all(lines: &mut Lines<'_>) -> Vec<String> {
        let mut out = Vec::new();
        while let Some(line) = lines.next().unwrap() {
            out.push(match line {
                Line::Held { start, end } => {
                    String::from_utf8(lines.slice(start, end).to_vec()).unwrap()
                }
                Line::TooLong => "too long".into(),
            });
        }
        out
    }

    #[test]
    fn lines_of_memory_and_of_a_trickle() {
        let text = b"\xef\xbb\xbfone\r\n\ntwo\nthree".as_slice();
        let expected = ["one", "", "two", "three"];
        assert_eq!(all(&mut Lines::of_bytes(text)), expected);
        for size in 1..9 {
            let mut buffer = Buffer::default();
            let reader = Trickle(text, size);
            let mut lines = Lines::of_reader(reader, &mut buffer).unwrap();
            lines.peek(3).unwrap();
            assert_eq!(all(&mut lines).len(), 4, "{size}");
        }
    }

    #[test]
    fn a_line_beyond_the_limit_is_passed_over_and_the_rest_is_read() {
        let mut text = b"short\n".to_vec();
        text.resize(3 * READ_SIZE, b'x');
        text.extend(b"\nafter\n");
        let mut buffer = Buffer::default();
        let reader = text.as_slice();
        let mut lines = Lines::of_reader(reader, &mut buffer).unwrap();
        lines.longest = READ_SIZE;
        assert_eq!(all(&mut lines), ["short", "too long", "after"]);
    }

    #[test]
    fn a_line_longer_than_the_buffer_is_held() {
        let mut text = vec![b'x'; 2 * READ_SIZE + 7];
        text.extend(b"\nafter");
        let mut buffer = Buffer::default();
        let reader = Trickle(&text, 1000);
        let mut lines = Lines::of_reader(reader, &mut buffer).unwrap();
        let read = all(&mut lines);
        assert_eq!(read[0].len(), 2 * READ_SIZE + 7);
        assert_eq!(read[1], "after");
    }

    #[test]
    fn indexed_lines_are_the_same_lines() {
        let text = b"{\"a\":1}\r\n\n{\"a\"\nnone\n[\"one of more than a block, so that its end is found further on ...\"]\n\"a\r\n{}";
        for size in 1..80 {
            let mut buffer = Buffer::default();
            let mut lines = Lines::of_reader(Trickle(text, size), &mut buffer).unwrap();
            let mut index = Index::default();
            let mut read = Vec::new();
            while let Some((Line::Held { start, end }, indexed)) =
                lines.next_indexed(&mut index).unwrap()
            {
                let line = lines.slice(start, end);
                assert_eq!(indexed, Index::default().of(line));
                read.push(line.to_vec());
            }
            let alone = all(&mut Lines::of_bytes(text));
            let alone: Vec<Vec<u8>> = alone.into_iter().map(String::into_bytes).collect();
            assert_eq!(read, alone, "{size}");
        }
    }

    proptest::proptest! {
        /// Wherever a file is cut, each line belongs to exactly one part.
        #[test]
        fn parts_own_each_line_once(text in "[ab\n]{0,60}", cuts in proptest::collection::vec(0_u64..61, 0..5)) {
            let mut cuts: Vec<u64> = cuts.into_iter().map(|c| c.min(text.len() as u64)).collect();
            cuts.extend([0, text.len() as u64]);
            cuts.sort_unstable();
            let mut read = Vec::new();
            for part in cuts.windows(2).filter(|p| p[0] < p[1]) {
                let from = usize::try_from(part[0].saturating_sub(1)).unwrap();
                let mut buffer = Buffer::default();
                let reader = Trickle(&text.as_bytes()[from..], 3);
                let mut lines = Lines::of_part(reader, &mut buffer, part[0], part[1]).unwrap();
                read.extend(all(&mut lines));
            }
            proptest::prop_assert_eq!(read, all(&mut Lines::of_bytes(text.as_bytes())));
        }
    }
}
