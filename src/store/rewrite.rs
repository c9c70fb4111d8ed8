//! A file written whole, or not at all.

use std::ffi::OsString;
use std::fs::{File, Metadata};
use std::io::{self, BufWriter, Seek, Write};
use std::path::{Path, PathBuf};

/// Puts a text in place of a file's, as a [`Replacement`] does.
///
/// # Errors
/// The file or its folder cannot be written.
pub fn rewrite(path: &Path, text: &str) -> io::Result<()> {
    let mut file = Replacement::of(path)?;
    file.write_all(text.as_bytes())?;
    file.finish()
}

/// A file that takes the place of another when it is complete: who reads sees the old or the new one, with the same
/// permissions and the same owner. A link stays one: the file it leads to is replaced.
///
/// What is written stands in the target's folder. On Linux it has no name there until it is complete, and goes with the
/// program however that ends; elsewhere, and on file systems that know no files without a name, its name is a hidden
/// one.
#[derive(Debug)]
pub struct Replacement {
    target: PathBuf,
    /// The file that is replaced, where there is one.
    replaced: Option<Metadata>,
    /// The name under which it stands beside the target.
    temporary: PathBuf,
    draft: Option<Draft>,
}

/// What was written so far.
#[derive(Debug)]
struct Draft {
    file: BufWriter<File>,
    is_named: bool,
}

impl Replacement {
    /// One for this file. Nothing is made before the first byte is written.
    ///
    /// # Errors
    /// The path names no file.
    pub fn of(path: &Path) -> io::Result<Self> {
        let target = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let name = target
            .file_name()
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "not a file name"))?;
        let mut hidden = OsString::from(".");
        hidden.push(name);
        hidden.push(format!(".{}.tmp", std::process::id()));
        Ok(Self {
            replaced: std::fs::metadata(&target).ok(),
            temporary: target.with_file_name(hidden),
            target,
            draft: None,
        })
    }

    /// Puts what was written in the place of the file.
    ///
    /// # Errors
    /// It cannot be written, or the file cannot be replaced, which is then as it was.
    pub fn finish(mut self) -> io::Result<()> {
        self.draft()?.file.flush()?;
        let Some(draft) = &mut self.draft else {
            return Ok(());
        };
        let file = draft.file.get_mut();
        if let Some(replaced) = &self.replaced {
            if !keeps_owner(file, replaced) {
                return copied_into(file, &self.target);
            }
            file.set_permissions(replaced.permissions())?;
        }
        file.sync_all()?;
        if !draft.is_named {
            named(file, &self.temporary)?;
            draft.is_named = true;
        }
        std::fs::rename(&self.temporary, &self.target)?;
        self.draft = None;
        Ok(())
    }

    fn draft(&mut self) -> io::Result<&mut Draft> {
        match &mut self.draft {
            Some(draft) => Ok(draft),
            none => {
                let is_private = self.replaced.is_some();
                let folder = match self.target.parent() {
                    Some(folder) if folder != Path::new("") => folder,
                    _ => Path::new("."),
                };
                let (file, is_named) = match nameless(folder, is_private) {
                    Some(file) => (file, false),
                    None => (hidden(&self.temporary, is_private)?, true),
                };
                Ok(none.insert(Draft {
                    file: BufWriter::new(file),
                    is_named,
                }))
            }
        }
    }
}

impl Write for Replacement {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.draft()?.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.draft.as_mut().map_or(Ok(()), |d| d.file.flush())
    }
}

impl Drop for Replacement {
    fn drop(&mut self) {
        if self.draft.take().is_some_and(|draft| draft.is_named) {
            // Best effort: the first error is the one to report.
            let _ = std::fs::remove_file(&self.temporary);
        }
    }
}

/// How a draft is opened. One that is to replace a file belongs to its owner alone until it has that file's permissions.
fn options(is_private: bool) -> std::fs::OpenOptions {
    let mut options = File::options();
    options.read(true).write(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(if is_private { 0o600 } else { 0o666 });
    }
    #[cfg(not(unix))]
    let _ = is_private;
    options
}

/// A file with this name, which is made anew: what stands there was left behind by a program that was killed.
fn hidden(path: &Path, is_private: bool) -> io::Result<File> {
    let _ = std::fs::remove_file(path);
    options(is_private).create_new(true).open(path)
}

/// A file without a name, where the system has such.
#[cfg(target_os = "linux")]
fn nameless(folder: &Path, is_private: bool) -> Option<File> {
    use std::os::unix::fs::OpenOptionsExt;
    let flags = i32::try_from(rustix::fs::OFlags::TMPFILE.bits()).ok()?;
    let file = options(is_private).custom_flags(flags).open(folder).ok()?;
    // Without /proc it could never be given a name.
    link_of(&file).exists().then_some(file)
}

#[cfg(not(target_os = "linux"))]
fn nameless(_folder: &Path, _is_private: bool) -> Option<File> {
    None
}

/// Gives a file its name.
#[cfg(target_os = "linux")]
fn named(file: &File, path: &Path) -> io::Result<()> {
    use rustix::fs::{AtFlags, CWD, linkat};
    let _ = std::fs::remove_file(path);
    linkat(CWD, link_of(file), CWD, path, AtFlags::SYMLINK_FOLLOW).map_err(io::Error::from)
}

#[cfg(not(target_os = "linux"))]
fn named(_file: &File, _path: &Path) -> io::Result<()> {
    Ok(())
}

/// Where Linux shows an open file.
#[cfg(target_os = "linux")]
fn link_of(file: &File) -> PathBuf {
    use std::os::fd::AsRawFd;
    PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd()))
}

/// Whether a file has, or could be given, the owner of the one that it replaces.
#[cfg(unix)]
fn keeps_owner(file: &File, replaced: &Metadata) -> bool {
    use std::os::unix::fs::{MetadataExt, fchown};
    let owner = |of: &Metadata| (of.uid(), of.gid());
    file.metadata()
        .is_ok_and(|own| owner(&own) == owner(replaced))
        || fchown(file, Some(replaced.uid()), Some(replaced.gid())).is_ok()
}

#[cfg(not(unix))]
fn keeps_owner(_file: &File, _replaced: &Metadata) -> bool {
    true
}

/// Writes into the file itself: who may not give a file away keeps its owner only so.
fn copied_into(file: &mut File, target: &Path) -> io::Result<()> {
    file.rewind()?;
    let mut target = File::options().write(true).truncate(true).open(target)?;
    io::copy(file, &mut target)?;
    target.sync_all()
}

#[cfg(all(test, unix))]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};

    fn names(folder: &Path) -> Vec<OsString> {
        let entries = std::fs::read_dir(folder).unwrap();
        entries.map(|entry| entry.unwrap().file_name()).collect()
    }

    #[test]
    fn permissions_and_links_stay() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("a"), folder.path().join("b"));
        std::fs::write(&file, "old").unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).unwrap();
        symlink(&file, &link).unwrap();
        rewrite(&link, "new").unwrap();
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "new");
        assert_eq!(file.metadata().unwrap().mode() & 0o777, 0o640);
        assert!(link.symlink_metadata().unwrap().is_symlink());
        assert_eq!(names(folder.path()).len(), 2);
    }

    /// Only root may give a file away: 65534 is nobody.
    #[test]
    fn the_owner_stays() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a");
        std::fs::write(&file, "old").unwrap();
        if chown(&file, Some(65534), Some(65534)).is_err() {
            return;
        }
        rewrite(&file, "new").unwrap();
        let known = file.metadata().unwrap();
        assert_eq!((known.uid(), known.gid()), (65534, 65534));
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "new");
    }

    #[test]
    fn what_is_not_finished_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a");
        std::fs::write(&file, "old").unwrap();
        let mut replacement = Replacement::of(&file).unwrap();
        replacement.write_all(b"new").unwrap();
        replacement.flush().unwrap();
        drop(replacement);
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "old");
        assert_eq!(names(folder.path()), ["a"]);
    }
}
