//! One file: sections of bytes, each with its checksum, below the mark of the build that wrote it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use super::{checksum, upkeep};

/// Which build wrote a file: a hash of its source, since any change may mean other bytes.
const BUILD: &str = env!("SOURCE_HASH");
/// What every file begins with, of whichever build.
pub(super) const MAGIC: &[u8; 8] = b"perfadv\n";
/// An entry of the table of sections: offset, length, checksum.
const ROW: usize = 24;
/// What stands at the end: offset and checksum of the table, number of its rows.
const FOOTER: usize = 24;

/// The sections of a file that was kept.
#[derive(Debug)]
pub struct Reader {
    file: File,
    /// Offset, length and checksum of each section.
    sections: Vec<[u64; 3]>,
}

impl Reader {
    pub(super) fn open(path: &Path) -> Option<Self> {
        let mut file = File::open(path).ok()?;
        let sections = table(&mut file);
        tracing::debug!(is_usable = sections.is_some(), "opened a file of the cache");
        Some(Self {
            sections: sections?,
            file,
        })
    }

    /// How many sections there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.sections.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sections.is_empty()
    }

    /// The bytes of a section; `None` if there is none of that number, or it is damaged.
    #[must_use]
    pub fn section(&self, number: usize) -> Option<Vec<u8>> {
        let [offset, length, sum] = *self.sections.get(number)?;
        let mut bytes = vec![0; usize::try_from(length).ok()?];
        read_exact_at(&self.file, &mut bytes, offset).ok()?;
        (checksum(&bytes) == sum).then_some(bytes)
    }

    /// Notes that the file was of use, which keeps it from being the oldest.
    pub fn note_use(&self) {
        // Where the disk does not let us, it is only forgotten earlier.
        let _ = self.file.set_modified(std::time::SystemTime::now());
    }
}

/// The table of sections, if the file is whole and of this very build.
fn table(file: &mut File) -> Option<Vec<[u64; 3]>> {
    let head = head();
    let mut found = vec![0; head.len()];
    file.read_exact(&mut found).ok()?;
    if found != head {
        return None;
    }
    let size = file.seek(SeekFrom::End(0)).ok()?;
    let end = size.checked_sub(FOOTER as u64)?;
    let mut footer = [0; FOOTER];
    read_exact_at(file, &mut footer, end).ok()?;
    let [offset, sum, rows] = numbers(&footer);
    let length = rows.checked_mul(ROW as u64)?;
    if offset.checked_add(length)? != end {
        return None;
    }
    let mut bytes = vec![0; usize::try_from(length).ok()?];
    read_exact_at(file, &mut bytes, offset).ok()?;
    let (rows, _) = bytes.as_chunks::<ROW>();
    let sections: Vec<[u64; 3]> = rows.iter().map(numbers).collect();
    let is_inside =
        |[at, length, _]: &[u64; 3]| at.checked_add(*length).is_some_and(|e| e <= offset);
    (checksum(&bytes) == sum && sections.iter().all(is_inside)).then_some(sections)
}

fn head() -> Vec<u8> {
    [MAGIC.as_slice(), BUILD.as_bytes()].concat()
}

fn numbers(bytes: &[u8; 24]) -> [u64; 3] {
    let (words, _) = bytes.as_chunks::<8>();
    [0, 1, 2].map(|n| u64::from_le_bytes(words[n]))
}

/// A file that is being written; without [`Writer::finish`] it leaves nothing behind.
#[derive(Debug)]
pub struct Writer {
    /// `None` after a fault: then nothing more is written.
    out: Option<BufWriter<File>>,
    /// Where it is written, and what it is to be called.
    paths: (PathBuf, PathBuf),
    offset: u64,
    sections: Vec<[u64; 3]>,
}

impl Writer {
    pub(super) fn create(folder: &Path, path: PathBuf) -> Option<Self> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let draft = folder.join(format!("{}-{number}{}", std::process::id(), upkeep::DRAFT));
        let begin = || -> io::Result<BufWriter<File>> {
            make_folder(folder)?;
            // Of a process with this number that was killed.
            if upkeep::is_ours(&draft) {
                let _ = fs::remove_file(&draft);
            }
            let mut out = BufWriter::with_capacity(1 << 16, private(&draft)?);
            out.write_all(&head())?;
            Ok(out)
        };
        match begin() {
            Ok(out) => Some(Self {
                out: Some(out),
                paths: (draft, path),
                offset: head().len() as u64,
                sections: Vec::new(),
            }),
            Err(error) => {
                tracing::debug!(%error, "nothing can be kept in the cache");
                None
            }
        }
    }

    /// Writes a section; its number.
    pub fn section(&mut self, bytes: &[u8]) -> usize {
        self.write(bytes);
        self.sections
            .push([self.offset, bytes.len() as u64, checksum(bytes)]);
        self.offset += bytes.len() as u64;
        self.sections.len() - 1
    }

    /// Puts the file in its place, if all of it could be written, and throws out what is too much.
    pub fn finish(mut self, most_bytes: u64) {
        let table: Vec<u8> = self
            .sections
            .iter()
            .flatten()
            .flat_map(|n| n.to_le_bytes())
            .collect();
        self.write(&table);
        for n in [self.offset, checksum(&table), self.sections.len() as u64] {
            self.write(&n.to_le_bytes());
        }
        let done = self.out.take().is_some_and(|out| {
            // The file has to be closed before some systems rename it.
            let closed = out.into_inner().map(drop).is_ok();
            closed && fs::rename(&self.paths.0, &self.paths.1).is_ok()
        });
        tracing::debug!(done, bytes = self.offset, "kept in the cache");
        if done && let Some(folder) = self.paths.1.parent() {
            upkeep::trim(folder, most_bytes);
        }
    }

    fn write(&mut self, bytes: &[u8]) {
        if let Some(out) = &mut self.out
            && let Err(error) = out.write_all(bytes)
        {
            tracing::debug!(%error, "nothing can be kept in the cache");
            self.out = None;
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.out = None;
        // After a rename there is nothing of that name.
        let _ = fs::remove_file(&self.paths.0);
    }
}

/// Names of sessions and projects are nobody else's business.
#[cfg(unix)]
fn make_folder(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
}

#[cfg(unix)]
fn private(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
}

#[cfg(not(unix))]
fn make_folder(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)
}

#[cfg(not(unix))]
fn private(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).open(path)
}

#[cfg(unix)]
fn read_exact_at(file: &File, into: &mut [u8], at: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, into, at)
}

#[cfg(windows)]
fn read_exact_at(file: &File, mut into: &mut [u8], mut at: u64) -> io::Result<()> {
    while !into.is_empty() {
        let n = std::os::windows::fs::FileExt::seek_read(file, into, at)?;
        if n == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        into = &mut into[n..];
        at += n as u64;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::{Cache, MOST_BYTES};
    use super::*;

    fn kept(cache: &Cache, name: &str, sections: &[&[u8]]) {
        let mut writer = cache.create(name).unwrap();
        for (number, section) in sections.iter().enumerate() {
            assert_eq!(writer.section(section), number);
        }
        writer.finish(MOST_BYTES);
    }

    #[test]
    fn sections_come_back() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::at(folder.path().join("new"));
        assert!(cache.open("a").is_none());
        kept(&cache, "a", &[b"one", b"", b"three"]);
        let reader = cache.open("a").unwrap();
        assert_eq!(reader.len(), 3);
        assert_eq!(reader.section(2).unwrap(), b"three");
        assert_eq!(reader.section(1).unwrap(), b"");
        assert_eq!(reader.section(3), None);
        kept(&cache, "a", &[b"other"]);
        assert_eq!(cache.open("a").unwrap().section(0).unwrap(), b"other");
        // What was open before stays whole.
        assert_eq!(reader.section(0).unwrap(), b"one");
    }

    #[test]
    fn what_is_not_finished_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::at(folder.path());
        cache.create("a").unwrap().section(b"one");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn every_damage_is_seen() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::at(folder.path());
        kept(&cache, "a", &[b"one", b"two"]);
        let path = cache.path("a");
        let whole = fs::read(&path).unwrap();
        let read = || {
            let reader = cache.open("a")?;
            Some((reader.section(0)?, reader.section(1)?, reader.len()))
        };
        let expected = Some((b"one".to_vec(), b"two".to_vec(), 2));
        assert_eq!(read(), expected);
        for at in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[at] ^= 4;
            fs::write(&path, &damaged).unwrap();
            assert_eq!(read(), None, "{at}");
            fs::write(&path, &whole[..at]).unwrap();
            assert_eq!(read(), None, "{at}");
        }
        fs::write(&path, [&whole[..], b"x"].concat()).unwrap();
        assert_eq!(read(), None);
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_no_error() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("file"), "x").unwrap();
        assert!(Cache::at(folder.path().join("file")).create("a").is_none());
    }
}
