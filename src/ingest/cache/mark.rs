//! What a file is told by, so that it need not be read again: its size, times, place on the disk, and
//! its first and last bytes.

use std::fs::File;
use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime};

use super::super::sqlite;
use crate::cache::checksum;

/// As many bytes are looked at, at the beginning and at the end.
const ENDS: usize = 1 << 10;

/// Times of files are told in steps; who wrote within the last one may write again without a trace.
const STEP: Duration = Duration::from_millis(100);

/// A file as it was when it was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, bitcode::Encode, bitcode::Decode)]
pub(in crate::ingest) struct Mark {
    pub(in crate::ingest) size: u64,
    /// When its content changed last, in nanoseconds.
    modified: i64,
    /// When anything about it changed last; 0 where the system does not tell it.
    changed: i64,
    /// Device and number of the file; 0 where the system does not tell them.
    identity: (u64, u64),
    /// Of its first and last bytes.
    ends: (u64, u64),
    /// Whether the last byte ends a line.
    pub(in crate::ingest) ends_line: bool,
    /// Whether it begins as a database does, beside which a log may lie.
    pub(in crate::ingest) is_database: bool,
    /// Whether it had not been written for a moment.
    pub(in crate::ingest) is_settled: bool,
}

impl Mark {
    /// # Errors
    /// The operating system refuses.
    pub(in crate::ingest) fn of(path: &Path) -> io::Result<Self> {
        let now = SystemTime::now();
        let mut file = File::open(path)?;
        let metadata = file.metadata()?;
        let modified = metadata.modified()?;
        let size = metadata.len();
        let Ends {
            sums,
            last,
            is_database,
        } = ends(&mut file, size)?;
        let (changed, identity) = told_by_system(&metadata);
        Ok(Self {
            size,
            modified: nanoseconds(modified),
            changed,
            identity,
            ends: sums,
            is_database,
            ends_line: last == Some(b'\n'),
            is_settled: now.duration_since(modified).is_ok_and(|since| since > STEP),
        })
    }

    /// Whether a file of which the system tells this is still the one that was looked at, so that it need
    /// not be opened.
    pub(in crate::ingest) fn is_of(&self, metadata: &std::fs::Metadata) -> bool {
        let modified = metadata.modified().map(nanoseconds);
        self.is_settled
            && self.size == metadata.len()
            && modified.is_ok_and(|time| time == self.modified)
            && told_by_system(metadata) == (self.changed, self.identity)
    }

    /// Whether both are of the same content, as far as can be told.
    pub(in crate::ingest) fn is_same_as(&self, other: &Mark) -> bool {
        let without_moment = |mark: &Mark| Mark {
            is_settled: true,
            ..*mark
        };
        without_moment(self) == without_moment(other)
    }

    /// Whether the file at `path`, which is now as `self` says, is the one that was as `before` says,
    /// and has only grown.
    pub(in crate::ingest) fn has_grown_from(&self, before: &Mark, path: &Path) -> bool {
        if self.identity != before.identity || self.size <= before.size {
            return false;
        }
        let same_ends = || {
            let mut file = File::open(path)?;
            Ok::<bool, io::Error>(ends(&mut file, before.size)?.sums == before.ends)
        };
        same_ends().unwrap_or(false)
    }
}

/// What the first and last bytes of a file tell.
struct Ends {
    /// Their hashes.
    sums: (u64, u64),
    /// The very last one.
    last: Option<u8>,
    is_database: bool,
}

/// Looks at the first and last bytes of a file of that size.
fn ends(file: &mut File, size: u64) -> io::Result<Ends> {
    let mut bytes = [0; ENDS];
    let length = usize::try_from(size).unwrap_or(ENDS).min(ENDS);
    let mut look_at = |at: u64| -> io::Result<(u64, Option<u8>, bool)> {
        let mut filled = 0;
        while filled < length {
            let n = super::super::file_range::read_at(
                file,
                &mut bytes[filled..length],
                at + filled as u64,
            )?;
            if n == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            filled += n;
        }
        let bytes = &bytes[..length];
        let is_database = bytes.starts_with(sqlite::MAGIC);
        Ok((checksum(bytes), bytes.last().copied(), is_database))
    };
    let (head, _, is_database) = look_at(0)?;
    let (tail, last, _) = look_at(size - length as u64)?;
    Ok(Ends {
        sums: (head, tail),
        last,
        is_database,
    })
}

fn nanoseconds(time: SystemTime) -> i64 {
    let since = |d: Duration| i64::try_from(d.as_nanos()).unwrap_or(i64::MAX);
    match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(after) => since(after),
        Err(before) => -since(before.duration()),
    }
}

#[cfg(unix)]
fn told_by_system(metadata: &std::fs::Metadata) -> (i64, (u64, u64)) {
    use std::os::unix::fs::MetadataExt;
    let changed = metadata
        .ctime()
        .saturating_mul(1_000_000_000)
        .saturating_add(metadata.ctime_nsec());
    (changed, (metadata.dev(), metadata.ino()))
}

#[cfg(not(unix))]
fn told_by_system(_: &std::fs::Metadata) -> (i64, (u64, u64)) {
    (0, (0, 0))
}
