//! The journal of changes that the program made to files of configuration, so that they can be undone.
//!
//! Of a file only what was replaced is kept, with hashes of the whole and of its lines: a configuration
//! may hold what is nobody else's business.

use std::path::Path;

use rusqlite::{OptionalExtension, Transaction, params};
use serde::{Deserialize, Serialize};

use super::{History, HistoryError};
use crate::record::hash128;
use crate::units::Time;

/// A change of a file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FileChange {
    /// Its number, from 1; 0: not stored yet.
    pub id: u64,
    /// When it was made.
    pub made_at: Time,
    /// The file, from the root on.
    pub file: String,
    /// Code of the rule that asked for it.
    pub rule: String,
    /// The knob.
    pub knob: String,
    /// The claim that was made with it.
    pub claim: Option<u64>,
    /// Whether the file was made for it.
    pub is_new_file: bool,
    /// The first line that was changed.
    pub line: u64,
    /// Byte at which texts differ.
    start: usize,
    /// What stood there before.
    old: String,
    /// What stands there since.
    new: String,
    old_digest: String,
    new_digest: String,
    /// Hashes of the lines as they were written.
    lines: Vec<String>,
    /// When it was taken back.
    pub undone_at: Option<Time>,
}

/// What a file is now, beside a change that was made to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Present {
    /// As it was written: this is what it was before.
    AsWritten(String),
    /// As it was before.
    AsBefore,
    /// Somebody changed it since: these lines of it are others (the first five).
    Changed(Vec<u64>),
}

impl FileChange {
    /// The change from one text to another.
    #[must_use]
    pub fn between(old: &str, new: &str, about: FileChange) -> Self {
        let start = old
            .char_indices()
            .zip(new.chars())
            .find(|((_, a), b)| a != b)
            .map_or(old.len().min(new.len()), |((at, _), _)| at);
        let rest = (&old[start..], &new[start..]);
        let same: usize = rest
            .0
            .chars()
            .rev()
            .zip(rest.1.chars().rev())
            .take_while(|(a, b)| a == b)
            .map(|(a, _)| a.len_utf8())
            .sum();
        Self {
            start,
            old: rest.0[..rest.0.len() - same].to_owned(),
            new: rest.1[..rest.1.len() - same].to_owned(),
            old_digest: digest(old),
            new_digest: digest(new),
            lines: new.lines().map(digest).collect(),
            ..about
        }
    }

    /// A change of this knob in this file, of which nothing else is known yet.
    #[must_use]
    pub fn of(file: String, rule: String, knob: String, line: u64, made_at: Time) -> Self {
        Self {
            id: 0,
            made_at,
            file,
            rule,
            knob,
            claim: None,
            is_new_file: false,
            line,
            start: 0,
            old: String::new(),
            new: String::new(),
            old_digest: String::new(),
            new_digest: String::new(),
            lines: Vec::new(),
            undone_at: None,
        }
    }

    /// What a text is beside what was written.
    #[must_use]
    pub fn present(&self, text: &str) -> Present {
        let now = digest(text);
        if now == self.old_digest && !self.is_new_file {
            return Present::AsBefore;
        }
        let end = self.start + self.new.len();
        if now == self.new_digest && text.get(self.start..end) == Some(self.new.as_str()) {
            let mut before = text.to_owned();
            before.replace_range(self.start..end, &self.old);
            if digest(&before) == self.old_digest {
                return Present::AsWritten(before);
            }
        }
        let lines: Vec<String> = text.lines().map(digest).collect();
        let most = lines.len().max(self.lines.len());
        let differing = (0..most).filter(|at| lines.get(*at) != self.lines.get(*at));
        Present::Changed(differing.map(|at| at as u64 + 1).take(5).collect())
    }
}

fn digest(text: impl AsRef<str>) -> String {
    format!("{:032x}", hash128(text.as_ref().as_bytes()))
}

impl History {
    /// Notes a change before it is made, and gives it its number.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn note(&mut self, file_change: FileChange) -> Result<FileChange, HistoryError> {
        let path = self.path.clone();
        self.change(|change| insert(change, &path, file_change))
    }

    /// Notes that a change was taken back.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn note_undone(&mut self, undone: &FileChange) -> Result<(), HistoryError> {
        let path = self.path.clone();
        let update = "UPDATE changes SET undone = 1, document = ?2 WHERE id = ?1";
        let id = i64::try_from(undone.id).unwrap_or(0);
        self.change(|change| {
            change
                .execute(update, params![id, text(undone)])
                .map(drop)
                .map_err(|error| HistoryError::of(&path, error))
        })
    }

    /// The last change that stands.
    ///
    /// # Errors
    /// The database cannot be read, or the change is damaged.
    pub fn last_change(&self) -> Result<Option<FileChange>, HistoryError> {
        let query = "SELECT document FROM changes WHERE undone = 0 ORDER BY id DESC LIMIT 1";
        let document: Option<String> = self
            .connection
            .query_row(query, [], |row| row.get(0))
            .optional()
            .map_err(|error| self.failure(error))?;
        document
            .map(|document| {
                serde_json::from_str(&document).map_err(|error| HistoryError::Damaged {
                    path: self.path.clone(),
                    reason: error.to_string(),
                })
            })
            .transpose()
    }
}

impl History {
    /// The change of that number.
    ///
    /// # Errors
    /// The database cannot be read, or the change is damaged.
    pub fn file_change(&self, id: u64) -> Result<Option<FileChange>, HistoryError> {
        let query = "SELECT document FROM changes WHERE id = ?1";
        let id = i64::try_from(id).unwrap_or(0);
        let document: Option<String> = self
            .connection
            .query_row(query, [id], |row| row.get(0))
            .optional()
            .map_err(|error| self.failure(error))?;
        document.map(|text| self.parsed(&text)).transpose()
    }
}

/// Notes a change, and gives it its number.
pub(super) fn insert(
    change: &Transaction<'_>,
    path: &Path,
    file_change: FileChange,
) -> Result<FileChange, HistoryError> {
    let failure = |error| HistoryError::of(path, error);
    change
        .execute("INSERT INTO changes (document) VALUES ('')", [])
        .map_err(failure)?;
    let id = change.last_insert_rowid();
    let noted = FileChange {
        id: u64::try_from(id).unwrap_or(0),
        ..file_change
    };
    change
        .execute(
            "UPDATE changes SET document = ?2 WHERE id = ?1",
            params![id, text(&noted)],
        )
        .map_err(failure)?;
    Ok(noted)
}

fn text(change: &FileChange) -> String {
    serde_json::to_string(change).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn about() -> FileChange {
        FileChange::of("f".into(), "R".into(), "k".into(), 1, Time(0))
    }

    #[test]
    fn a_change_is_what_differs() {
        for (old, new) in [
            ("a: 50\n", "a: 100\n"),
            ("", "a: 1\n"),
            ("a: 1\nb: 2\n", "a: 1\nc: 3\nb: 2\n"),
            ("ä", "äö"),
            ("x", "x"),
            ("aa", "aaa"),
        ] {
            let change = FileChange::between(old, new, about());
            if old != new {
                assert_eq!(change.present(new), Present::AsWritten(old.into()));
            }
            assert_eq!(change.present(old), Present::AsBefore);
        }
        let change = FileChange::between("a: 50\nb: 1\n", "a: 100\nb: 1\n", about());
        assert_eq!(change.present("a: 100\nb: 2\n"), Present::Changed(vec![2]));
        assert_eq!(change.present("a: 100\n"), Present::Changed(vec![2]));
        assert_eq!(change.present("a: 70\nb: 1\n"), Present::Changed(vec![1]));
        assert_eq!((change.old.as_str(), change.new.as_str()), ("5", "10"));
    }
}
