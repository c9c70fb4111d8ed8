//! Which files to read: paths, folders (hidden ones too), standard input.
//!
//! Whatever rules a version control system has for ignoring files mean nothing here: logs are the
//! very thing that it is told to ignore. Links are followed; a file that is reached twice is read
//! once, under the path that sorts first.

use std::collections::HashSet;
use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};

use super::IngestError;
use crate::cache::is_kept;
use crate::threads;

/// A path to read, with the labels of everything in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// File, folder, or `-`.
    pub path: PathBuf,
    /// Labels of all records in it.
    pub labels: Vec<(String, String)>,
}

/// Folders that hold a version control system's own data, or what this program keeps: never a record,
/// often thousands of files.
const NEVER: &[&str] = &[
    ".git",
    ".hg",
    ".jj",
    ".svn",
    ".perfadvise",
    ".perfadvise-waiting",
];

/// Entries of a folder are looked at in batches of this many, each in one thread.
const BATCH: usize = 256;

/// A file that was found.
#[derive(Debug, Clone)]
pub(super) struct Found {
    /// Path as shown to people; `-` is standard input.
    pub(super) path: PathBuf,
    /// Index of the target that it belongs to.
    pub(super) target: usize,
    /// Bytes, where known before reading.
    pub(super) size: u64,
    /// Whether it is known to begin as a database does.
    pub(super) is_database: bool,
    /// What is known about it without reading.
    pub(super) kind: FoundKind,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum FoundKind {
    /// A file of known size, of which any part can be read.
    Regular,
    /// Standard input, a pipe: can only be read once, from the beginning.
    Stream,
    /// It is there, but cannot be read: why.
    Refused(String),
}

/// All files of the targets, sorted by path, each once.
///
/// # Errors
/// A target that does not exist or cannot be looked at.
pub(super) fn find(targets: &[Target]) -> Result<Vec<Found>, IngestError> {
    let mut search = Search::default();
    for (index, target) in targets.iter().enumerate() {
        search
            .target(index, target)
            .map_err(|source| IngestError::of_path(&target.path, source))?;
    }
    Ok(search.finish())
}

/// The same of what is there at the moment: a target that cannot be looked at is refused, as a file below
/// a folder would be.
pub(super) fn find_present(targets: &[Target]) -> Vec<Found> {
    let mut search = Search::default();
    for (index, target) in targets.iter().enumerate() {
        if let Err(error) = search.target(index, target) {
            search.add(target.path.clone(), 0, FoundKind::Refused(refusal(&error)));
        }
    }
    search.finish()
}

/// Device and inode: what a file is, whatever its path.
type FileIdentity = (u64, u64);

#[derive(Debug, Default)]
struct Search {
    found: Vec<(Found, Option<FileIdentity>)>,
    folders: HashSet<FileIdentity>,
    target: usize,
}

impl Search {
    fn target(&mut self, index: usize, target: &Target) -> io::Result<()> {
        self.target = index;
        if target.path.as_os_str() == "-" {
            self.add(target.path.clone(), 0, FoundKind::Stream);
            return Ok(());
        }
        let metadata = fs::metadata(&target.path)?;
        if metadata.is_dir() {
            let entries = fs::read_dir(&target.path)?;
            self.mark_folder(&metadata);
            self.folder(entries);
        } else {
            // Opened here, so that a file which the user named and which cannot be read is an error.
            if metadata.is_file() {
                fs::File::open(&target.path)?;
            }
            self.file(target.path.clone(), &metadata);
        }
        Ok(())
    }

    fn finish(self) -> Vec<Found> {
        let mut found = self.found;
        // Those of one target are: folders are gone through in order of the names in them.
        if self.target > 0 {
            found.sort_by(|(a, _), (b, _)| a.path.cmp(&b.path).then(a.target.cmp(&b.target)));
        }
        let mut seen = HashSet::new();
        found.retain(|(_, identity)| identity.is_none_or(|identity| seen.insert(identity)));
        found.dedup_by(|(b, _), (a, _)| a.path == b.path);
        found.into_iter().map(|(file, _)| file).collect()
    }

    fn add(&mut self, path: PathBuf, size: u64, kind: FoundKind) {
        let found = Found {
            path,
            target: self.target,
            size,
            is_database: false,
            kind,
        };
        self.found.push((found, None));
    }

    fn file(&mut self, path: PathBuf, metadata: &Metadata) {
        let kind = if metadata.is_file() {
            FoundKind::Regular
        } else {
            FoundKind::Stream
        };
        self.add(path, metadata.len(), kind);
        if let Some(last) = self.found.last_mut() {
            last.1 = identity(metadata);
        }
    }

    /// Whether the folder is new; links may lead back to one that was seen.
    fn mark_folder(&mut self, metadata: &Metadata) -> bool {
        identity(metadata).is_none_or(|identity| self.folders.insert(identity))
    }

    fn folder(&mut self, entries: fs::ReadDir) {
        // An entry that vanishes while the folder is listed was never there for us. In order of their
        // names, files are found in the order of their paths, and comparing names is quicker.
        let mut entries: Vec<fs::DirEntry> = entries.flatten().collect();
        entries.sort_by_cached_key(fs::DirEntry::file_name);
        let batches: Vec<&[fs::DirEntry]> = entries.chunks(BATCH).collect();
        for told in threads::map(&batches, |batch| {
            batch.iter().map(told_of).collect::<Vec<_>>()
        })
        .into_iter()
        .flatten()
        {
            self.entry(told);
        }
    }

    fn entry(&mut self, (path, metadata): (PathBuf, io::Result<Metadata>)) {
        let metadata = match metadata {
            Ok(metadata) => metadata,
            // A link that leads nowhere.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return,
            Err(error) => return self.add(path, 0, FoundKind::Refused(refusal(&error))),
        };
        if metadata.is_file() {
            // A cache below the folder is what this program keeps.
            if !is_kept(&path) {
                self.file(path, &metadata);
            }
            return;
        }
        // Sockets and devices in a folder are no logs, and reading a pipe there could wait for ever.
        if !metadata.is_dir() || is_never(&path) || !self.mark_folder(&metadata) {
            return;
        }
        match fs::read_dir(&path) {
            Ok(entries) => self.folder(entries),
            Err(error) => self.add(path, 0, FoundKind::Refused(refusal(&error))),
        }
    }
}

/// The path of an entry, and what it is. That costs less from its folder than by its path; links have to be followed.
fn told_of(entry: &fs::DirEntry) -> (PathBuf, io::Result<Metadata>) {
    let path = entry.path();
    let metadata = match entry.metadata() {
        Ok(metadata) if metadata.is_symlink() => fs::metadata(&path),
        told => told,
    };
    (path, metadata)
}

fn is_never(path: &Path) -> bool {
    path.file_name()
        .is_some_and(|name| NEVER.iter().any(|never| name == *never))
}

/// Why the operating system refused, in words that do not depend on it where that is possible.
pub(super) fn refusal(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "it does not exist".into(),
        io::ErrorKind::PermissionDenied => "permission denied".into(),
        _ => error.to_string(),
    }
}

#[cfg(unix)]
fn identity(metadata: &Metadata) -> Option<FileIdentity> {
    use std::os::unix::fs::MetadataExt;
    // A device or pipe is told apart by its path alone.
    (metadata.is_file() || metadata.is_dir()).then(|| (metadata.dev(), metadata.ino()))
}

#[cfg(not(unix))]
fn identity(_: &Metadata) -> Option<FileIdentity> {
    None
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn target(path: &Path) -> Target {
        Target {
            path: path.into(),
            labels: Vec::new(),
        }
    }

    fn tree() -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for path in [
            "b.json",
            "a/.hidden/x.jsonl",
            "a/.gitignore",
            ".git/HEAD",
            ".perfadvise/baselines/main.json.gz",
        ] {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "*").unwrap();
        }
        root
    }

    #[test]
    fn folders_are_walked_hidden_ones_too() {
        let root = tree();
        let found = find(&[target(root.path())]).unwrap();
        let paths: Vec<_> = found
            .iter()
            .map(|f| f.path.strip_prefix(root.path()).unwrap().to_owned())
            .collect();
        let expected = ["a/.gitignore", "a/.hidden/x.jsonl", "b.json"];
        assert_eq!(paths, expected.map(PathBuf::from));
        assert!(found.iter().all(|f| f.kind == FoundKind::Regular));
    }

    #[test]
    fn overlapping_targets_give_a_file_once() {
        let root = tree();
        let inner = root.path().join("a/.hidden");
        let found = find(&[target(&inner), target(root.path()), target(root.path())]).unwrap();
        assert_eq!(found.len(), 3);
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_but_not_in_circles() {
        let root = tree();
        std::os::unix::fs::symlink(root.path(), root.path().join("a/up")).unwrap();
        std::os::unix::fs::symlink("nowhere", root.path().join("a/gone")).unwrap();
        let outside = tempfile::tempdir().unwrap();
        fs::write(outside.path().join("o.json"), "{}").unwrap();
        std::os::unix::fs::symlink(outside.path(), root.path().join("linked")).unwrap();
        let found = find(&[target(root.path())]).unwrap();
        assert_eq!(found.len(), 4);
        assert!(found[3].path.ends_with("linked/o.json"));
    }

    #[test]
    fn a_missing_path_is_named() {
        let error = find(&[target(Path::new("no/such/folder"))]).unwrap_err();
        assert_eq!(error.to_string(), "no/such/folder: it does not exist");
        assert!(error.help().is_some());
    }
}
