//! What a reader is given: bytes, as a whole document or line by line, and the labels of the file.

use std::io;

use crate::record::{Dims, Records};
use crate::units::Time;

/// The beginning of a file, for detection.
#[derive(Debug, Clone, Copy)]
pub struct Head<'a> {
    /// File name without folders, or `-`.
    pub name: &'a str,
    /// The first bytes (up to 64 KiB).
    pub bytes: &'a [u8],
    /// Whether these bytes are the whole file.
    pub is_whole: bool,
}

/// A file, or a part of one, for a reader.
#[derive(Debug)]
pub struct Input<'a> {
    /// Index of the file, for records and problems.
    pub file: u32,
    /// File name without folders, or `-`.
    pub name: &'a str,
    /// Path as shown to people.
    pub path: &'a str,
    /// Labels given on the command line or by path patterns; dimensions of every record of the file,
    /// unless the record has its own. Names are interned by [`Input::labels`].
    pub label_pairs: &'a [(String, String)],
    /// Zone of times that name none; UTC unless told otherwise.
    pub naive_zone: &'a jiff::tz::TimeZone,
    data: &'a [u8],
    position: usize,
    line: u64,
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
        Self {
            file,
            name,
            path: name,
            label_pairs: &[],
            naive_zone,
            data,
            position: 0,
            line: 0,
        }
    }

    /// All bytes that are left.
    pub fn document(&mut self) -> io::Result<&[u8]> {
        Ok(&self.data[self.position..])
    }

    /// The next line without its line break, and its number from 1 (within a part of a split file:
    /// counted from the beginning of the part).
    pub fn next_line(&mut self) -> io::Result<Option<(u64, &[u8])>> {
        if self.position >= self.data.len() {
            return Ok(None);
        }
        let rest = &self.data[self.position..];
        let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        self.position += end + 1;
        self.line += 1;
        let line = &rest[..end];
        Ok(Some((self.line, line.strip_suffix(b"\r").unwrap_or(line))))
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
        let time = match text.parse::<jiff::Timestamp>() {
            Ok(t) => Time::from_timestamp(t),
            Err(_) => {
                let civil = text.parse::<jiff::civil::DateTime>().ok()?;
                Time::from_timestamp(
                    self.naive_zone
                        .to_ambiguous_timestamp(civil)
                        .compatible()
                        .ok()?,
                )
            }
        };
        time.is_plausible().then_some(time)
    }
}
