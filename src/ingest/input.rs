//! What a reader is given: bytes, as a whole document or line by line, and the labels of the file.

use std::io;

use super::detect::HEAD_SIZE;
use super::json::{Fault, Index};
use super::lines::{LONGEST_LINE, Line, Lines};
use crate::place::{Problem, ProblemKind};
use crate::record::{Dims, Records};
use crate::units::Time;

/// The beginning of a file, for detection.
#[derive(Debug, Clone, Copy)]
pub struct Head<'a> {
    /// File name without folders and without the ending of a packed file, or `-`.
    pub name: &'a str,
    /// The first bytes (up to 64 KiB; 1 MiB where a first line that is longer leaves the format open), without a byte
    /// order mark.
    pub bytes: &'a [u8],
    /// Whether these bytes are the whole file.
    pub is_whole: bool,
}

/// A line of JSON: its number, its text, and the index of it or what is wrong.
pub(super) type Indexed<'l, 'i> = (u64, &'l [u8], Result<&'i Index, Fault>);

/// A file, or a part of one, for a reader.
#[derive(Debug)]
pub struct Input<'a> {
    /// Index of the file, for records and problems.
    pub file: u32,
    /// File name without folders and without the ending of a packed file, or `-`.
    pub name: &'a str,
    /// Path as shown to people.
    pub path: &'a str,
    /// Labels given on the command line or by path patterns; dimensions of every record of the file,
    /// unless the record has its own. Names are interned by [`Input::labels`].
    pub label_pairs: &'a [(String, String)],
    /// Zone of times that name none; UTC unless told otherwise.
    pub naive_zone: &'a jiff::tz::TimeZone,
    lines: Lines<'a>,
    line: u64,
    problems: Vec<Problem>,
    progress: ReaderState,
}

/// Where a reader is in a file that may grow.
#[derive(Debug, Default)]
pub(super) struct ReaderState {
    /// A state is of use at the end.
    pub(super) is_wanted: bool,
    /// A last line without its line break is not read.
    pub(super) keeps_back: bool,
    /// What the reader left when it was here last; the records are those of then.
    pub(super) before: Option<Vec<u8>>,
    /// Lines that were read then.
    pub(super) lines: u64,
    /// What it leaves now.
    pub(super) left: Vec<u8>,
}

/// How a reader left a file.
#[derive(Debug, Default)]
pub(super) struct Left {
    /// What it needs to go on; empty: it cannot.
    pub(super) state: Vec<u8>,
    /// The byte at which it would go on.
    pub(super) at: u64,
    /// Whether the beginning of a line was kept back there.
    pub(super) has_rest: bool,
}

impl<'a> Input<'a> {
    /// An input over bytes that lie in memory.
    #[must_use]
    pub fn of_bytes(
        file: u32,
        name: &'a str,
        data: &'a [u8],
        naive_zone: &'a jiff::tz::TimeZone,
    ) -> Self {
        Self::new(file, name, Lines::of_bytes(data), naive_zone)
    }

    pub(super) fn new(
        file: u32,
        path: &'a str,
        lines: Lines<'a>,
        naive_zone: &'a jiff::tz::TimeZone,
    ) -> Self {
        Self {
            file,
            name: name_of(path),
            path,
            label_pairs: &[],
            naive_zone,
            lines,
            line: 0,
            problems: Vec::new(),
            progress: ReaderState::default(),
        }
    }

    /// Goes on from where the file ended before.
    pub(super) fn with_state(mut self, state: ReaderState) -> Self {
        self.line = state.lines;
        if state.keeps_back {
            self.lines.keep_back();
        }
        self.progress = state;
        self
    }

    /// What the reader of this file left when the file ended here, if it has grown since: the records
    /// are then what it gave, and the lines begin behind those.
    pub(super) fn take_state(&mut self) -> Option<Vec<u8>> {
        self.progress.before.take()
    }

    /// Leaves what is needed to go on if the file grows. A reader that never does is given the whole
    /// file again.
    pub(super) fn leave_state(&mut self, state: impl FnOnce() -> Vec<u8>) {
        if self.progress.is_wanted {
            self.progress.left = state();
        }
    }

    /// What was left, and where.
    pub(super) fn left(&mut self) -> Left {
        match self.lines.place() {
            Some(at) => Left {
                at,
                state: std::mem::take(&mut self.progress.left),
                has_rest: self.lines.has_kept_back(),
            },
            None => Left::default(),
        }
    }

    /// All bytes that are left.
    ///
    /// # Errors
    /// The operating system refuses, or the document is larger than 1 GiB (128 MiB if it was packed).
    pub fn document(&mut self) -> io::Result<&[u8]> {
        self.lines.document()
    }

    /// The first bytes (up to 64 KiB) of what is left, for a reader of several shapes.
    ///
    /// # Errors
    /// The operating system refuses.
    pub fn peek(&mut self) -> io::Result<&[u8]> {
        let bytes = self.lines.peek(HEAD_SIZE)?;
        Ok(&bytes[..bytes.len().min(HEAD_SIZE)])
    }

    /// The next line without its line break, and its number from 1 (within a part of a split file:
    /// counted from the beginning of the part). A line that is too long to be held is passed over
    /// and becomes a problem.
    ///
    /// # Errors
    /// The operating system refuses.
    pub fn next_line(&mut self) -> io::Result<Option<(u64, &[u8])>> {
        loop {
            let Some(line) = self.lines.next()? else {
                return Ok(None);
            };
            if let Some((start, end)) = self.count(line) {
                return Ok(Some((self.line, self.lines.slice(start, end))));
            }
        }
    }

    /// The same of lines that are JSON, with what `index` has become of it, or the fault: quicker than one after
    /// the other, since the end of the line is found on the way.
    ///
    /// # Errors
    /// The operating system refuses.
    pub(super) fn next_indexed<'i>(
        &mut self,
        index: &'i mut Index,
    ) -> io::Result<Option<Indexed<'_, 'i>>> {
        loop {
            let Some((line, indexed)) = self.lines.next_indexed(index)? else {
                return Ok(None);
            };
            if let Some((start, end)) = self.count(line) {
                let text = self.lines.slice(start, end);
                return Ok(Some((self.line, text, indexed.map(|()| &*index))));
            }
        }
    }

    /// Counts a line, and gives its place; `None`: it is a problem.
    fn count(&mut self, line: Line) -> Option<(usize, usize)> {
        self.line += 1;
        match line {
            Line::Held { start, end } => Some((start, end)),
            Line::TooLong => {
                self.problems.push(Problem {
                    file: self.file,
                    line: Some(self.line),
                    kind: ProblemKind::Skipped,
                    reason: format!("line longer than {} MiB", LONGEST_LINE >> 20).into(),
                });
                None
            }
        }
    }

    /// How many lines were read.
    pub(super) fn line_count(&self) -> u64 {
        self.line
    }

    /// How many bytes were read.
    pub(super) fn bytes_read(&self) -> u64 {
        self.lines.bytes_read()
    }

    /// Problems that reading itself met.
    pub(super) fn take_problems(&mut self) -> Vec<Problem> {
        std::mem::take(&mut self.problems)
    }

    /// The file's labels as dimensions of `records`.
    pub fn labels(&self, records: &mut Records) -> Dims {
        self.label_pairs
            .iter()
            .map(|(key, value)| {
                let dimension = records.catalog.dimension_named(key);
                (dimension, records.catalog.name(value))
            })
            .collect()
    }

    /// A time as inputs write it: RFC 3339, or without a zone (with `T` or a space) in the zone for
    /// naive times. `None` if it is neither, or lies outside 2000 to 2100.
    #[must_use]
    pub fn time(&self, text: &str) -> Option<Time> {
        super::time::parse(text, self.naive_zone)
    }
}

/// The file name in a path.
pub(super) fn name_of(path: &str) -> &str {
    path.rsplit(std::path::is_separator).next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn lines_are_numbered_from_one() {
        let zone = jiff::tz::TimeZone::UTC;
        let mut input = Input::of_bytes(0, "folder/a.jsonl", b"x\n\ny", &zone);
        assert_eq!(input.name, "a.jsonl");
        assert_eq!(input.next_line().unwrap(), Some((1, b"x".as_slice())));
        assert_eq!(input.next_line().unwrap(), Some((2, b"".as_slice())));
        assert_eq!(input.document().unwrap(), b"y");
    }
}
