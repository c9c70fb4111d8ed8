//! A file written whole, or not at all.

use std::io::{self, Write};
use std::path::Path;

/// Puts a text in place of a file's, with the file's permissions; who reads sees the old or the new one.
/// A link stays one: the file it leads to is written.
///
/// # Errors
/// The file or its folder cannot be written.
pub fn rewrite(path: &Path, text: &str) -> io::Result<()> {
    let path = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.tmp", std::process::id()));
    let temporary = path.with_file_name(name);
    let result = (|| {
        let mut file = std::fs::File::create(&temporary)?;
        if let Ok(known) = std::fs::metadata(&path) {
            file.set_permissions(known.permissions())?;
        }
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&temporary, &path)
    })();
    if result.is_err() {
        // Best effort: the first error is the one to report.
        let _ = std::fs::remove_file(&temporary);
    }
    result
}
