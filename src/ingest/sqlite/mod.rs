//! Databases of SQLite, read without ever touching their files: the bytes are loaded into memory, with what
//! stands in the write-ahead log beside them, and opened read-only there.

mod wal;

use std::io::Read;
use std::path::{Path, PathBuf};

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row};

use wal::Log;

/// What every database begins with.
pub(super) const MAGIC: &[u8] = b"SQLite format 3\0";
/// Bytes of the header of a database.
const HEADER: usize = 100;
/// The two bytes that say how changes are written: 2 for a log beside the database.
const JOURNAL: std::ops::Range<usize> = 18..20;

/// The write-ahead log of a database, by the path of the database. It lies beside the database itself, not beside a link
/// to it.
pub(super) fn log_beside(path: &Path) -> PathBuf {
    let path = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let mut name = path.into_os_string();
    name.push("-wal");
    name.into()
}

/// Whether bytes begin a write-ahead log.
pub(super) fn is_log(bytes: &[u8]) -> bool {
    bytes
        .first_chunk::<4>()
        .is_some_and(|magic| u32::from_be_bytes(*magic) | 1 == wal::MAGIC | 1)
}

/// A database in memory.
#[derive(Debug)]
pub(super) struct Database(Connection);

/// Why a database, or a table of it, cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Damaged;

impl Database {
    /// Opens the database that these bytes are, with those of its write-ahead log.
    ///
    /// # Errors
    /// It is damaged, or no database.
    pub(super) fn open(bytes: &[u8], log: &[u8]) -> Result<Self, Damaged> {
        if bytes.len() < HEADER || !bytes.starts_with(MAGIC) {
            return Err(Damaged);
        }
        let log = if bytes[JOURNAL.start] == 2 { log } else { &[] };
        let log = Log::of(log);
        let size = log.size().unwrap_or(bytes.len());
        // More than both have is no size.
        if size > bytes.len().saturating_add(log.bytes()) || size < HEADER {
            return Err(Damaged);
        }
        // In memory there is no log, and nothing may say that there is one.
        let mut header = [0; HEADER];
        log.page(1)
            .unwrap_or(bytes)
            .iter()
            .zip(&mut header)
            .for_each(|(byte, place)| *place = *byte);
        header[JOURNAL].fill(1);
        let image = Image {
            header,
            bytes,
            log: &log,
            at: 0,
            size,
        };
        let mut connection = Connection::open_in_memory().map_err(|_| Damaged)?;
        connection
            .deserialize_read_exact("main", image, size, true)
            .map_err(|_| Damaged)?;
        // What a database says of itself is input too: its functions and views are none of ours.
        connection
            .execute_batch(
                "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA query_only = ON",
            )
            .map_err(|_| Damaged)?;
        let database = Self(connection);
        database.tables()?;
        Ok(database)
    }

    /// The names of its tables, without those that compute what is in them.
    pub(super) fn tables(&self) -> Result<Vec<String>, Damaged> {
        let mut names = Vec::new();
        let query = "SELECT name FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'";
        self.rows(query, |row| names.extend(row.text(0).map(str::to_owned)))?;
        Ok(names)
    }

    /// Hands each row that a query gives to `each`.
    ///
    /// # Errors
    /// The database is damaged, or has not what is asked for. Rows before were handed on.
    pub(super) fn rows(
        &self,
        query: &str,
        mut each: impl FnMut(Values<'_, '_>),
    ) -> Result<(), Damaged> {
        let mut statement = self.0.prepare(query).map_err(|_| Damaged)?;
        let mut rows = statement.query([]).map_err(|_| Damaged)?;
        while let Some(row) = rows.next().map_err(|_| Damaged)? {
            each(Values(row));
        }
        Ok(())
    }
}

/// The values of a row.
#[derive(Debug, Clone, Copy)]
pub(super) struct Values<'r, 's>(&'r Row<'s>);

impl<'r> Values<'r, '_> {
    /// The bytes of a text.
    pub(super) fn bytes(self, column: usize) -> Option<&'r [u8]> {
        match self.0.get_ref(column) {
            Ok(ValueRef::Text(bytes) | ValueRef::Blob(bytes)) => Some(bytes),
            _ => None,
        }
    }

    /// A text, if it is one.
    pub(super) fn text(self, column: usize) -> Option<&'r str> {
        self.bytes(column)
            .and_then(|bytes| std::str::from_utf8(bytes).ok())
    }

    /// A whole number.
    pub(super) fn whole(self, column: usize) -> Option<i64> {
        match self.0.get_ref(column) {
            Ok(ValueRef::Integer(number)) => Some(number),
            _ => None,
        }
    }
}

/// A database as it is with its log: page by page from the one or the other.
struct Image<'a> {
    header: [u8; HEADER],
    bytes: &'a [u8],
    log: &'a Log<'a>,
    at: usize,
    size: usize,
}

impl Read for Image<'_> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let wanted = into.len().min(self.size - self.at);
        let from = if self.at < HEADER {
            &self.header[self.at..]
        } else if let Some((page, within)) = self.log.page_at(self.at) {
            &page[within..]
        } else {
            let end = self.log.next_page(self.at).min(self.bytes.len());
            self.bytes.get(self.at..end).unwrap_or_default()
        };
        // What neither of them has is empty.
        let n = if from.is_empty() {
            wanted
        } else {
            wanted.min(from.len())
        };
        match from.get(..n) {
            Some(from) => into[..n].copy_from_slice(from),
            None => into[..n].fill(0),
        }
        self.at += n;
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn numbers(database: &Database) -> Vec<i64> {
        let mut numbers = Vec::new();
        let read = database.rows("SELECT n FROM t ORDER BY n", |row| {
            numbers.extend(row.whole(0))
        });
        assert_eq!(read, Ok(()));
        numbers
    }

    #[test]
    fn what_stands_in_the_log_is_read_and_no_file_is_touched() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        let writer = Connection::open(&path).unwrap();
        writer
            .execute_batch(
                "PRAGMA page_size = 512; PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0",
            )
            .unwrap();
        writer
            .execute_batch(
                "CREATE TABLE t (n); INSERT INTO t VALUES (1); PRAGMA wal_checkpoint(TRUNCATE)",
            )
            .unwrap();
        writer
            .execute_batch("WITH RECURSIVE c(n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM c WHERE n < 500) INSERT INTO t SELECT n FROM c")
            .unwrap();
        let files = || {
            let mut files: Vec<_> = std::fs::read_dir(folder.path())
                .unwrap()
                .map(|entry| entry.unwrap().path())
                .collect();
            files.sort();
            files
                .into_iter()
                .map(|path| (std::fs::read(&path).unwrap(), path))
                .collect::<Vec<_>>()
        };
        let before = files();
        let (bytes, log) = (&before[0].0, &before[2].0);
        assert!(before[2].1.ends_with("a.db-wal") && !log.is_empty());
        assert_eq!(numbers(&Database::open(bytes, &[]).unwrap()), [1]);
        let all: Vec<i64> = (1..=500).collect();
        assert_eq!(numbers(&Database::open(bytes, log).unwrap()), all);
        // A log that is cut off, or damaged, counts up to its last whole change.
        assert_eq!(
            numbers(&Database::open(bytes, &log[..log.len() - 1]).unwrap()),
            [1]
        );
        for at in (0..log.len()).step_by(37) {
            let mut changed = log.clone();
            changed[at] ^= 0x81;
            for log in [&log[..at], &changed] {
                // Whatever it is, it is read up to where it is sound.
                let database = Database::open(bytes, log).unwrap();
                assert!(numbers(&database).starts_with(&[1]));
            }
        }
        let mut flipped = log.clone();
        flipped[100] ^= 1;
        assert_eq!(numbers(&Database::open(bytes, &flipped).unwrap()), [1]);
        assert_eq!(files(), before);
    }

    #[test]
    fn what_is_no_database_is_refused() {
        for bytes in [&b""[..], MAGIC, &[0; 200], &[MAGIC, &[7; 500]].concat()] {
            assert!(Database::open(bytes, &[]).is_err());
        }
    }
}
