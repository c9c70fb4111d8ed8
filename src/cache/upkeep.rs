//! How much is kept: counted, cleared, and the oldest thrown out. The folder may hold files of other
//! programs and of people, which are none of ours whatever they are called.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::Cache;
use super::file::MAGIC;

/// How the names of files end that were kept, and of those that are being written.
pub(super) const ENDING: &str = ".cache";
pub(super) const DRAFT: &str = ".draft";

/// Who has not finished a file for so long never will.
const ABANDONED: Duration = Duration::from_secs(3600);

/// What lies in the folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    /// Files.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
}

impl Cache {
    /// What is kept at the moment.
    #[must_use]
    pub fn usage(&self) -> Usage {
        files(&self.folder, ENDING)
            .iter()
            .fold(Usage::default(), |sum, file| Usage {
                files: sum.files + 1,
                bytes: sum.bytes + file.bytes,
            })
    }

    /// Removes everything that is kept, and nothing else. What it was.
    ///
    /// # Errors
    /// A file cannot be removed.
    pub fn clear(&self) -> io::Result<Usage> {
        let usage = self.usage();
        for ending in [ENDING, DRAFT] {
            for file in files(&self.folder, ending) {
                remove(&file.path)?;
            }
        }
        Ok(usage)
    }
}

/// Removes what is beyond `most_bytes`, oldest first, and what nobody finished.
pub(super) fn trim(folder: &Path, most_bytes: u64) {
    let now = SystemTime::now();
    for draft in files(folder, DRAFT) {
        let age = now.duration_since(draft.modified).unwrap_or_default();
        if age > ABANDONED {
            // Somebody else may have removed it meanwhile; all the same to us.
            let _ = fs::remove_file(&draft.path);
        }
    }
    let mut kept = files(folder, ENDING);
    kept.sort_by(|a, b| b.modified.cmp(&a.modified).then(a.path.cmp(&b.path)));
    let mut bytes = 0;
    for file in kept {
        bytes += file.bytes;
        if bytes > most_bytes {
            let _ = fs::remove_file(&file.path);
        }
    }
}

struct Kept {
    path: PathBuf,
    bytes: u64,
    modified: SystemTime,
}

/// Our files whose names end so; none where the folder cannot be read.
fn files(folder: &Path, ending: &str) -> Vec<Kept> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    entries
        .filter_map(|entry| {
            let entry = entry.ok()?;
            if !entry.file_name().to_str()?.ends_with(ending) {
                return None;
            }
            let metadata = entry.metadata().ok()?;
            let path = entry.path();
            (metadata.is_file() && is_ours(&path)).then(|| Kept {
                path,
                bytes: metadata.len(),
                modified: metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH),
            })
        })
        .collect()
}

/// Whether a file was written here, by any build: it begins as all of ours do, or it is a draft of which nothing
/// was written yet.
pub(super) fn is_ours(path: &Path) -> bool {
    let mut begin = Vec::new();
    let read =
        File::open(path).and_then(|file| file.take(MAGIC.len() as u64).read_to_end(&mut begin));
    read.is_ok() && (begin == MAGIC || begin.is_empty() && is_named_as_draft(path))
}

/// Whether a file is one of a cache: by its name, and then by what it begins with.
#[must_use]
pub fn is_kept(path: &Path) -> bool {
    let end = path.extension().unwrap_or_default();
    let is_named = |ending: &str| end == ending.trim_start_matches('.');
    [ENDING, DRAFT].into_iter().any(is_named) && is_ours(path)
}

/// Whether the name is what a [`super::Writer`] calls its draft: two numbers.
fn is_named_as_draft(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    name.and_then(|name| name.strip_suffix(DRAFT)?.split_once('-'))
        .is_some_and(|(process, number)| {
            process.parse::<u32>().is_ok() && number.parse::<u64>().is_ok()
        })
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::io::Write;

    /// A file that begins as ours do.
    fn put(folder: &Path, name: &str, bytes: usize, age: u64) {
        put_foreign(folder, name, MAGIC, bytes, age);
    }

    fn put_foreign(folder: &Path, name: &str, begin: &[u8], bytes: usize, age: u64) {
        let mut file = File::create(folder.join(name)).unwrap();
        file.write_all(begin).unwrap();
        file.set_len(bytes as u64).unwrap();
        file.set_modified(SystemTime::now() - Duration::from_secs(age))
            .unwrap();
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder)
            .unwrap()
            .map(|e| e.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn the_oldest_goes_first() {
        let folder = tempfile::tempdir().unwrap();
        for (name, age) in [("a.cache", 30), ("b.cache", 10), ("c.cache", 20)] {
            put(folder.path(), name, 100, age);
        }
        put(folder.path(), "notes.txt", 1_000, 9_999);
        put(folder.path(), "1-0.draft", 10, 7_200);
        put(folder.path(), "2-0.draft", 10, 60);
        trim(folder.path(), 200);
        let expected = ["2-0.draft", "b.cache", "c.cache", "notes.txt"];
        assert_eq!(names(folder.path()), expected);
    }

    #[test]
    fn clearing_leaves_what_is_not_ours() {
        let folder = tempfile::tempdir().unwrap();
        put(folder.path(), "a.cache", 100, 1);
        put(folder.path(), "1-0.draft", 10, 1);
        put(folder.path(), "notes.txt", 5, 1);
        let cache = Cache::at(folder.path());
        let expected = Usage {
            files: 1,
            bytes: 100,
        };
        assert_eq!(cache.usage(), expected);
        assert_eq!(cache.clear().unwrap(), expected);
        assert_eq!(names(folder.path()), ["notes.txt"]);
        assert_eq!(
            Cache::at("/nowhere/at/all").clear().unwrap(),
            Usage::default()
        );
    }
    /// A user's file is none of ours, whatever its name, size and age.
    #[test]
    fn files_of_other_programs_stay() {
        let folder = tempfile::tempdir().unwrap();
        let foreign = [
            ("1-0.draft", "a letter"),
            ("empty.cache", ""),
            ("empty.draft", ""),
            ("photos.cache", "photos"),
            ("short.cache", "perfadv"),
            ("thesis.draft", "thesis"),
        ];
        for (name, text) in foreign {
            let bytes = text.len();
            put_foreign(folder.path(), name, text.as_bytes(), bytes, 99_999);
        }
        put_foreign(folder.path(), "2-0.draft", b"", 0, 7_200);
        trim(folder.path(), 0);
        assert_eq!(names(folder.path()), foreign.map(|(name, _)| name));
        put(folder.path(), "a.cache", 100, 1);
        put_foreign(folder.path(), "2-0.draft", b"", 0, 1);
        let cache = Cache::at(folder.path());
        assert_eq!(cache.clear().unwrap().files, 1);
        assert_eq!(names(folder.path()), foreign.map(|(name, _)| name));
        for (name, text) in foreign {
            let path = folder.path().join(name);
            assert_eq!(fs::read_to_string(path).unwrap(), text);
        }
    }
}
