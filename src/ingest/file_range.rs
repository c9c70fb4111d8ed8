//! Parts of files, which several threads read at once.

use std::fs::File;
use std::io::{self, Read};

/// A range of a file, read without moving any position that others share.
pub(super) struct FileRange {
    pub(super) file: File,
    /// The next byte.
    pub(super) at: u64,
    /// Behind the last one.
    pub(super) end: u64,
}

impl Read for FileRange {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.end.saturating_sub(self.at)).unwrap_or(usize::MAX);
        let wanted = into.len().min(left);
        if wanted == 0 {
            return Ok(0);
        }
        let n = read_at(&mut self.file, &mut into[..wanted], self.at)?;
        self.at += n as u64;
        Ok(n)
    }
}

/// Reads at a place.
#[cfg(unix)]
pub(super) fn read_at(file: &mut File, into: &mut [u8], at: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, into, at)
}

/// Reads at a place.
#[cfg(not(unix))]
pub(super) fn read_at(file: &mut File, into: &mut [u8], at: u64) -> io::Result<usize> {
    use std::io::{Seek, SeekFrom};
    file.seek(SeekFrom::Start(at))?;
    file.read(into)
}
