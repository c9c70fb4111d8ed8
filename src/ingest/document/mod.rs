//! JSON documents that are read as a whole, also where they are faulty.
//!
//! [`parse`] reads a document into borrowed types at once; only when that fails is it mended: bare
//! `NaN` and infinities (which Python writes), invalid UTF-8, half surrogates, a document that is cut
//! off. What was mended is listed with its line. [`Field`] and [`Shaped`] hold a value whatever it
//! turns out to be, so that one of a wrong type costs that value and not the document.

mod field;
mod json_line;
mod locate;
mod mend;
mod origin;
mod reported;
mod shape;
mod skeleton;
mod tree;

pub(super) use field::{Embedded, Field, Listed, Shaped};
pub(super) use json_line::{LineFaults, json_line, parse_line};
pub(super) use origin::{Faults, Origin};
pub(super) use reported::Reported;
pub(super) use shape::{first_line, goes_on, keys, keys_until, members, object_in};
pub(super) use skeleton::{Sheet, Step};
pub(super) use tree::{Node, parse_tree};

use serde::Deserialize;

use super::ReadError;
use crate::place::{Problem, ProblemKind};

/// Reads a JSON document. `spare` holds the mended text where mending was needed; `records_at` is the
/// depth of the container whose elements are kept when the document is cut off (1: the outermost).
///
/// # Errors
/// The text is no JSON from which at least one complete element could be taken.
pub(super) fn parse<'a, T: Deserialize<'a>>(
    bytes: &'a [u8],
    spare: &'a mut Vec<u8>,
    records_at: usize,
    file: u32,
    problems: &mut Vec<Problem>,
) -> Result<T, ReadError> {
    match serde_json::from_slice(bytes) {
        Ok(value) => Ok(value),
        Err(error) => {
            let faults = mend::mend(bytes, records_at, spare).ok_or_else(|| malformed(&error))?;
            problems.extend(faults.into_iter().map(|fault| Problem {
                file,
                line: Some(fault.line),
                kind: fault.kind,
                reason: fault.reason.into(),
            }));
            serde_json::from_slice(spare).map_err(|error| malformed(&error))
        }
    }
}

/// What is wrong with a document, without quoting it.
fn malformed(error: &serde_json::Error) -> ReadError {
    use serde_json::error::Category;
    let reason = match error.classify() {
        Category::Eof => mend::CUT_OFF,
        Category::Io | Category::Syntax => "not JSON",
        Category::Data => "JSON of another shape",
    };
    ReadError::Malformed {
        line: Some(error.line() as u64).filter(|line| *line > 0),
        reason: reason.into(),
    }
}

/// A fault that was mended.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Mended {
    line: u64,
    kind: ProblemKind,
    reason: &'static str,
}

/// Whether a text can be the name of something, and no content: short, and in one line.
pub(super) fn is_word(text: &str) -> bool {
    !text.is_empty() && text.len() <= 64 && !text.contains(['\n', '\r'])
}

/// Whether a text can be the name of a tool or a model: a word, or as long as providers allow if nothing in it is prose
/// (`mcp__SERVER__TOOL`).
pub(super) fn is_identifier(text: &str) -> bool {
    let is_of_names = |b: u8| b.is_ascii_alphanumeric() || b"_-.:/@".contains(&b);
    is_word(text) || (65..=128).contains(&text.len()) && text.bytes().all(is_of_names)
}
