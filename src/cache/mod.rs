//! A folder of files that save work and may vanish at any time.
//!
//! In: sections of bytes under a name. Out: the same sections, or nothing: what is damaged, foreign or
//! of another build is as good as absent, and no fault of the disk is an error. Files are written
//! whole and put in place by renaming, so that programs which run at once never see half of one and
//! never wait for each other. Beyond a size the oldest files go.

mod file;
mod upkeep;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

pub use file::{Reader, Writer};
pub use upkeep::{Usage, is_kept};

/// Inputs of fewer bytes in all are read faster than anything could be looked up.
pub const LEAST_INPUT: u64 = 16 << 20;
/// The most bytes that all files may take.
pub const MOST_BYTES: u64 = 1 << 30;

/// Where things are kept, and how much of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cache {
    folder: PathBuf,
    /// Inputs of fewer bytes in all are not kept.
    pub least_input: u64,
    /// The most bytes that all files may take.
    pub most_bytes: u64,
}

impl Cache {
    /// This folder, which is made when something is kept.
    #[must_use]
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
            least_input: LEAST_INPUT,
            most_bytes: MOST_BYTES,
        }
    }

    /// The user's folder for such files: `perfadvise` in `$XDG_CACHE_HOME`, else where the system has
    /// it. `variable` gives variables of the environment. `None` where there is no home.
    #[must_use]
    pub fn usual(variable: impl Fn(&str) -> Option<OsString>) -> Option<Self> {
        let folder = |name: &str| {
            variable(name)
                .map(PathBuf::from)
                .filter(|path| path.is_absolute())
        };
        let below_home = if cfg!(target_os = "macos") {
            "Library/Caches"
        } else {
            ".cache"
        };
        folder("XDG_CACHE_HOME")
            .or_else(|| folder("LOCALAPPDATA").filter(|_| cfg!(windows)))
            .or_else(|| folder("HOME").map(|home| home.join(below_home)))
            .map(|caches| Self::at(caches.join("perfadvise")))
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What was kept under a name.
    #[must_use]
    pub fn open(&self, name: &str) -> Option<Reader> {
        Reader::open(&self.path(name))
    }

    /// Begins to keep something under a name; `None` where the disk does not let us.
    #[must_use]
    pub fn create(&self, name: &str) -> Option<Writer> {
        Writer::create(&self.folder, self.path(name))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}{}", upkeep::ENDING))
    }
}

/// A hash for telling whether bytes are still the same; not against anybody who means harm.
#[must_use]
pub fn checksum(bytes: &[u8]) -> u64 {
    twox_hash::XxHash64::oneshot(0, bytes)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_place_follows_the_environment() {
        let usual = |variables: &'static [(&str, &str)]| {
            Cache::usual(move |name| {
                let found = variables.iter().find(|(n, _)| *n == name);
                found.map(|(_, value)| OsString::from(value))
            })
        };
        let set = usual(&[("XDG_CACHE_HOME", "/x"), ("HOME", "/home/a")]).unwrap();
        assert_eq!(set.folder(), Path::new("/x/perfadvise"));
        // A relative folder is to be ignored, by the XDG base directory specification.
        let home = usual(&[("XDG_CACHE_HOME", "x"), ("HOME", "/home/a")]).unwrap();
        assert!(home.folder().starts_with("/home/a"));
        assert_eq!(usual(&[]), None);
    }
}
