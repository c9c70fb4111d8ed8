//! Where a fault is: file, line, column; and the two kinds of going wrong that lie in the input.
//!
//! A [`Problem`] is a fault in the data that is counted, listed and worked around. It never holds
//! the text that could not be read: prompts and tool output must not reach any output.

use std::borrow::Cow;
use std::fmt;

/// A place in an input: a file, and a line (from 1) and column (from 1) where known.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Place {
    /// Path as the user gave it, or `-` for standard input.
    pub file: String,
    /// Line, counted from 1.
    pub line: Option<u64>,
    /// Column, counted from 1, in characters.
    pub column: Option<u64>,
}

impl Place {
    /// The whole of a file.
    #[must_use]
    pub fn file(file: impl Into<String>) -> Self {
        Self {
            file: file.into(),
            line: None,
            column: None,
        }
    }

    /// One line of a file.
    #[must_use]
    pub fn line(file: impl Into<String>, line: u64) -> Self {
        Self {
            file: file.into(),
            line: Some(line),
            column: None,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
            if let Some(column) = self.column {
                write!(f, ":{column}")?;
            }
        }
        Ok(())
    }
}

/// What kind of fault a problem is; decides nothing but how it is counted.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, bitcode::Encode, bitcode::Decode,
)]
pub enum ProblemKind {
    /// A record (or a line that should have held one) that was skipped.
    Skipped,
    /// A value that was left out of a record which is otherwise used.
    Value,
    /// A whole file, or the rest of one, that could not be read.
    Unreadable,
}

/// A fault in the data, listed in the provenance. The rest of the input is used.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// Index of the file in the list of inputs.
    pub file: u32,
    /// Line in that file, from 1; `None` where lines mean nothing.
    pub line: Option<u64>,
    /// What kind of fault.
    pub kind: ProblemKind,
    /// Why, in words of ours: never a text from the input.
    pub reason: Cow<'static, str>,
}

/// What is wrong with a YAML text, in words for those who wrote it and without the place, which is shown by itself.
#[must_use]
pub fn yaml_fault(error: &serde_yaml::Error) -> String {
    let error = error.without_snippet();
    if let serde_yaml::Error::Budget { .. } = error {
        return "it is larger or deeper than such a file may be".to_owned();
    }
    let text = error.render_with_formatter(&serde_yaml::UserMessageFormatter);
    let first = text.lines().next().unwrap_or_default();
    let end = first.rfind(" at line ").unwrap_or(first.len());
    first[..end].trim_end_matches([':', ',', ' ']).to_owned()
}
