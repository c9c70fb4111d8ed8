//! JSON without building values: the structure of a line is indexed, checked and walked, and only
//! the few texts and numbers that a reader asks for are looked at.
//!
//! [`Index`] notes where strings begin and end and where brackets, colons and commas stand outside
//! of them; [`Cursor`] walks that and holds it against the grammar. Every byte is looked at, so a
//! text is either JSON or a [`Fault`]. Only halves of surrogate pairs are let through, as they stand
//! in logs that cut a text; [`decode`] refuses them.

mod blocks;
mod cursor;
mod index;
#[cfg(any(test, fuzzing))]
mod judge;
mod names;
mod objects;

pub(crate) use cursor::{Cursor, Value};
pub(crate) use index::Index;
#[cfg(fuzzing)]
pub(in crate::ingest) use judge::judge;
pub(crate) use names::match_name;
pub(crate) use objects::{each_key, each_key_indexed, each_object, sound_part};

use std::borrow::Cow;

/// Levels of nesting that are followed.
pub(crate) const DEEPEST: u32 = 128;

/// Why a text is not JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It ends too early.
    CutOff,
    /// Bytes that are no characters.
    InvalidUtf8,
    /// Anything else that JSON does not allow.
    NotJson,
    /// More than [`DEEPEST`] levels.
    TooDeep,
}

impl Fault {
    /// In words, for a problem.
    pub(crate) fn reason(self) -> &'static str {
        match self {
            Fault::CutOff => "cut off in the middle of a value",
            Fault::InvalidUtf8 => "invalid UTF-8",
            Fault::NotJson => "not JSON",
            Fault::TooDeep => "nested deeper than 128 levels",
        }
    }
}

/// The text of a string from the bytes between its quotes. `None` for an escape that means nothing,
/// such as half of a surrogate pair.
pub(crate) fn decode(raw: &[u8]) -> Option<Cow<'_, str>> {
    if memchr::memchr(b'\\', raw).is_none() {
        return std::str::from_utf8(raw).ok().map(Cow::Borrowed);
    }
    let mut quoted = Vec::with_capacity(raw.len() + 2);
    quoted.push(b'"');
    quoted.extend_from_slice(raw);
    quoted.push(b'"');
    serde_json::from_slice::<String>(&quoted)
        .ok()
        .map(Cow::Owned)
}

#[cfg(test)]
mod tests;
