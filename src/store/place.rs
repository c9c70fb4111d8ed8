//! Where baselines lie, and how they may be called.

use std::path::{Path, PathBuf};

use super::StoreError;

/// Name of the folder in which things are kept.
pub const FOLDER: &str = ".perfadvise";

/// How the name of a baseline's file ends.
const ENDING: &str = ".json.gz";

/// Longest name of a baseline.
const LONGEST: usize = 100;

/// Where things are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    folder: PathBuf,
}

impl Place {
    /// This folder, which is made when something is saved.
    #[must_use]
    pub fn at(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
        }
    }

    /// `.perfadvise` in the nearest folder from `start` upward that has it or `.git`, else in `start`.
    #[must_use]
    pub fn nearest(start: &Path) -> Self {
        let root = start
            .ancestors()
            .find(|folder| folder.join(FOLDER).is_dir() || folder.join(".git").exists())
            .unwrap_or(start);
        Self {
            folder: root.join(FOLDER),
        }
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Waits until nobody else changes what is kept under this name, and keeps others from it as long as the file lives.
    ///
    /// # Errors
    /// The folder cannot be made, or the file in it.
    pub fn lock(&self, name: &str) -> std::io::Result<std::fs::File> {
        let file = self.lock_file(name)?;
        file.lock()?;
        Ok(file)
    }

    /// The file that whoever changes what is kept under this name locks.
    ///
    /// # Errors
    /// As [`Place::lock`].
    pub fn lock_file(&self, name: &str) -> std::io::Result<std::fs::File> {
        self.prepare()?;
        let path = self.folder.join(format!("{name}.lock"));
        // Some systems lock only what may be read, too.
        let mut options = std::fs::File::options();
        options.create(true).append(true).read(true).open(path)
    }

    /// Makes the folder, and keeps out of version control what is of this machine alone.
    ///
    /// # Errors
    /// The folder cannot be made.
    pub fn prepare(&self) -> std::io::Result<()> {
        std::fs::create_dir_all(&self.folder)?;
        let ignore = self.folder.join(".gitignore");
        if !ignore.exists() {
            // Without it nothing is lost.
            let _ = std::fs::write(&ignore, "/history.db*\n/*.lock\n");
        }
        Ok(())
    }

    /// The folder of the baselines.
    #[must_use]
    pub fn baselines(&self) -> PathBuf {
        self.folder.join("baselines")
    }

    /// The database of the history, whether it is there or not.
    #[must_use]
    pub fn history(&self) -> PathBuf {
        self.folder.join("history.db")
    }

    /// The file of a baseline, whether it is there or not.
    ///
    /// # Errors
    /// What is given is no name for a baseline.
    pub fn file_of(&self, name: &str) -> Result<PathBuf, StoreError> {
        let is_plain = |c: char| c.is_alphanumeric() || "-_.@".contains(c);
        let is_name = name.starts_with(char::is_alphanumeric)
            && name.chars().all(is_plain)
            && name.len() <= LONGEST;
        if !is_name {
            return Err(StoreError::Name {
                name: name.to_owned(),
            });
        }
        Ok(self.baselines().join(format!("{name}{ENDING}")))
    }

    /// Names of the baselines that are there, sorted.
    ///
    /// # Errors
    /// The folder is there and cannot be read.
    pub fn names(&self) -> Result<Vec<String>, StoreError> {
        let folder = self.baselines();
        let failure = |source| StoreError::Io {
            path: folder.clone(),
            source,
        };
        let entries = match std::fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(failure(error)),
        };
        let mut names = Vec::new();
        for entry in entries {
            let file = entry.map_err(failure)?.file_name();
            let name = file.to_str().and_then(|name| name.strip_suffix(ENDING));
            names.extend(
                name.filter(|name| self.file_of(name).is_ok())
                    .map(str::to_owned),
            );
        }
        names.sort_unstable();
        Ok(names)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn names_stay_in_their_folder() {
        let place = Place::at(Path::new("x"));
        for name in ["main", "main@4f1c2ab", "v1.2-rc_1", "größer"] {
            assert_eq!(
                place.file_of(name).unwrap(),
                Path::new("x/baselines").join(format!("{name}.json.gz"))
            );
        }
        let long = "a".repeat(101);
        for name in [
            "", "..", ".", "a/b", "a\\b", "-a", ".a", "a b", "a\n", "c:a", &long,
        ] {
            assert!(place.file_of(name).is_err(), "{name:?}");
        }
    }

    #[test]
    fn the_nearest_folder_upward_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let deep = folder.path().join("a/b");
        std::fs::create_dir_all(&deep).unwrap();
        std::fs::create_dir(folder.path().join(".git")).unwrap();
        assert_eq!(Place::nearest(&deep).folder(), folder.path().join(FOLDER));
        std::fs::create_dir(folder.path().join("a").join(FOLDER)).unwrap();
        assert_eq!(
            Place::nearest(&deep).folder(),
            folder.path().join("a").join(FOLDER)
        );
        let alone = tempfile::tempdir().unwrap();
        assert_eq!(
            Place::nearest(alone.path()).folder(),
            alone.path().join(FOLDER)
        );
    }
}
