//! The history: a database of SQLite in which workloads stay when their logs are gone.
//!
//! A row for each piece of a workload ([`crate::workload::Piece`]): a unit, or a day of what belongs to
//! none. What is recorded again replaces the whole of its unit, or joins its day, so that recording
//! twice changes nothing. Names, times, numbers and outcomes are in it, nothing of prompts and replies.
//!
//! Any number of programs may use it at once: each change is one transaction, for which the others
//! wait. Its journal is taken back by whoever opens it next where a program was killed in between.

mod actions;
mod alerts;
mod changes;
mod claims;
mod export;
mod fault;
mod lists;
mod messages;
mod pieces;
mod schema;
mod verdicts;

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};

use super::Place;

pub use alerts::AlertChanges;
pub use changes::{FileChange, Present};
pub use export::ExportError;
pub use fault::HistoryError;
pub use lists::{DayRow, Held, UnitRow};
pub use messages::{Delivery, MOST_WAITING, Queued, Settled, ToSend};
pub use pieces::{About, Loaded, Recorded};
pub use schema::{FORM, VERSION};
pub use verdicts::PastVerdict;

/// How long a program waits for the others.
const PATIENCE: Duration = Duration::from_secs(30);

/// What SQLite's files begin with.
const MAGIC: &[u8] = b"SQLite format 3\0";

/// An open history.
#[derive(Debug)]
pub struct History {
    connection: Connection,
    path: PathBuf,
}

impl History {
    /// Opens the history of this place, if there is one. One of an earlier version is brought to
    /// today's.
    ///
    /// # Errors
    /// The file is no history, of a newer version, damaged, or may not be read.
    pub fn open(place: &Place) -> Result<Option<Self>, HistoryError> {
        let path = place.history();
        if !path.exists() {
            return Ok(None);
        }
        Self::at(path, OpenFlags::SQLITE_OPEN_READ_WRITE).map(Some)
    }

    /// Opens the history of this place, and makes one where there is none.
    ///
    /// # Errors
    /// As [`History::open`]; the folder or the file cannot be made.
    pub fn create(place: &Place) -> Result<Self, HistoryError> {
        let path = place.history();
        prepare(place).map_err(|source| HistoryError::Io {
            path: path.clone(),
            source,
        })?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
        Self::at(path, flags)
    }

    fn at(path: PathBuf, flags: OpenFlags) -> Result<Self, HistoryError> {
        check_head(&path)?;
        let failure = |error| HistoryError::of(&path, error);
        let mut connection = Connection::open_with_flags(&path, flags).map_err(failure)?;
        connection.busy_timeout(PATIENCE).map_err(failure)?;
        connection
            .execute_batch("PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA synchronous = FULL")
            .map_err(failure)?;
        schema::bring_up(&mut connection, &path)?;
        Ok(Self { connection, path })
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// One change: all of it or nothing.
    fn change<T>(
        &mut self,
        make: impl FnOnce(&Transaction<'_>) -> Result<T, HistoryError>,
    ) -> Result<T, HistoryError> {
        let path = self.path.clone();
        let failure = |error| HistoryError::of(&path, error);
        let behaviour = TransactionBehavior::Immediate;
        let transaction = self.connection.transaction_with_behavior(behaviour);
        let transaction = transaction.map_err(failure)?;
        let made = make(&transaction)?;
        transaction.commit().map_err(failure)?;
        Ok(made)
    }

    fn failure(&self, error: rusqlite::Error) -> HistoryError {
        HistoryError::of(&self.path, error)
    }
}

/// Makes the folder, and the file, which nobody else may read.
fn prepare(place: &Place) -> std::io::Result<()> {
    place.prepare()?;
    let path = place.history();
    let mut options = std::fs::OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(path).map(drop)
}

/// Refuses what is no database before SQLite could call it an encrypted one.
fn check_head(path: &Path) -> Result<(), HistoryError> {
    use std::io::Read;
    let failure = |source| HistoryError::Io {
        path: path.to_owned(),
        source,
    };
    let mut head = Vec::new();
    let file = std::fs::File::open(path).map_err(failure)?;
    let most = MAGIC.len() as u64;
    file.take(most).read_to_end(&mut head).map_err(failure)?;
    if head.is_empty() || head == MAGIC {
        return Ok(());
    }
    Err(HistoryError::Foreign {
        path: path.to_owned(),
        what: "no database of SQLite".into(),
    })
}
