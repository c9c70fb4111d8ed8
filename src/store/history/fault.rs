//! Why a history cannot be used, and what to do about it.

use std::io;
use std::path::{Path, PathBuf};

use super::schema::VERSION;

/// Why a history cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// The file or its folder cannot be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is something else.
    #[error("{}: {what}", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What it is.
        what: String,
    },
    /// A newer program wrote it.
    #[error("{}: a history of version {version}; this program knows up to version {VERSION}", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        version: i64,
    },
    /// There is no room for what was to be written.
    #[error("{}: the disk is full, and nothing was changed", path.display())]
    Full {
        /// The file.
        path: PathBuf,
    },
    /// Another program has been writing for too long.
    #[error("{}: another program has been writing for more than 30 seconds", path.display())]
    Busy {
        /// The file.
        path: PathBuf,
    },
    /// A knob, or a rule without one, that was claimed and is not verified.
    #[error("{lock} was claimed before (claim {id}) and is locked until that is verified")]
    Locked {
        /// The knob, or the code of the rule.
        lock: String,
        /// The claim.
        id: u64,
    },
    /// What is in it does not hold together.
    #[error("{}: damaged: {reason}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What does not.
        reason: String,
    },
    /// Anything else that the database says.
    #[error("{}: {source}", path.display())]
    Database {
        /// The file.
        path: PathBuf,
        /// What it says.
        source: rusqlite::Error,
    },
}

/// What to do about a full disk.
const ROOM: &str = "make room there, and do it again; --store DIR names another folder";

/// Whether there was no room.
fn is_full(error: &io::Error) -> bool {
    use io::ErrorKind::{QuotaExceeded, StorageFull};
    matches!(error.kind(), StorageFull | QuotaExceeded)
}

impl HistoryError {
    pub(super) fn of(path: &Path, source: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        let path = path.to_owned();
        match source.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy { path },
            Some(ErrorCode::DiskFull) => Self::Full { path },
            Some(ErrorCode::NotADatabase) => Self::Foreign {
                path,
                what: "no database of SQLite".into(),
            },
            Some(ErrorCode::DatabaseCorrupt) => Self::Damaged {
                path,
                reason: source.to_string(),
            },
            _ => Self::Database { path, source },
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn help(&self) -> String {
        match self {
            Self::Io { source, .. } if is_full(source) => ROOM.into(),
            Self::Full { .. } => ROOM.into(),
            Self::Io { .. } => "check the path, and who may read and write there".into(),
            Self::Foreign { .. } => {
                "move the file away, or name another folder with --store".into()
            }
            Self::Newer { .. } => {
                "use the program's newer version, or name another folder with --store".into()
            }
            Self::Busy { .. } => "try again when it has ended".into(),
            Self::Locked { .. } => {
                "perfadvise recommend verify PATH, or recommend claim CODE --withdraw".into()
            }
            Self::Damaged { .. } | Self::Database { .. } => {
                "take the file back from a backup, or move it away and record the logs again".into()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// A database that may not grow stands for a disk without room: SQLite says the same of both.
    #[test]
    fn a_full_disk_is_no_damage() {
        let database = rusqlite::Connection::open_in_memory().unwrap();
        let text =
            "PRAGMA max_page_count = 3; CREATE TABLE t (x); INSERT INTO t VALUES (zeroblob(99999))";
        let full = database.execute_batch(text).unwrap_err();
        let full = HistoryError::of(Path::new("h"), full);
        assert!(full.to_string().contains("nothing was changed"), "{full}");
        assert!(full.help().contains("make room"), "{}", full.help());
        let source = io::ErrorKind::StorageFull.into();
        let path = PathBuf::from("h");
        assert!(
            HistoryError::Io { path, source }
                .help()
                .contains("make room")
        );
    }
}
