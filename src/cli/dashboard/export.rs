//! The present assessment as a file of its own.

use std::io::{self, Write};
use std::path::Path;

use crate::dashboard::Scene;
use crate::report::{self, Style};

/// Writes the assessment in an output format into a new file in `folder`, at once or not at all, and says what became
/// of it. No file is ever overwritten.
pub(super) fn write(folder: &Path, scene: &Scene, format: &str, style: &Style) -> String {
    let Some(output) = report::ALL.iter().find(|o| o.name == format) else {
        return format!("not exported: there is no output format {format}");
    };
    // A file is not read on this terminal.
    let plain = Style {
        colour: false,
        unicode: true,
        ..style.clone()
    };
    let text = (output.render)(&scene.assessment, &plain);
    let ending = if format == "markdown" { "md" } else { format };
    let stamp = scene.at.timestamp().strftime("%Y%m%d-%H%M%S");
    match new_file(folder, &format!("perfadvise-{stamp}"), ending, &text) {
        Ok(name) => format!("exported: {name}"),
        Err(error) => format!("not exported: {error}"),
    }
}

/// Writes a file that is not there yet, and says its name.
fn new_file(folder: &Path, stem: &str, ending: &str, text: &str) -> io::Result<String> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // As any program writes a file: what the user's mask allows.
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.flush()?;
    for number in 0..u32::MAX {
        let name = match number {
            0 => format!("{stem}.{ending}"),
            _ => format!("{stem}_{number}.{ending}"),
        };
        match file.persist_noclobber(folder.join(&name)) {
            Ok(_) => return Ok(name),
            Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => file = error.file,
            Err(error) => return Err(error.error),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn no_file_is_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let write = |text| new_file(folder.path(), "p", "md", text).unwrap();
        assert_eq!(
            [write("one"), write("two"), write("three")],
            ["p.md", "p_1.md", "p_2.md"]
        );
        let read = |name| std::fs::read_to_string(folder.path().join(name)).unwrap();
        assert_eq!([read("p.md"), read("p_2.md")], ["one", "three"]);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 3);
        assert!(new_file(&folder.path().join("none"), "p", "md", "").is_err());
    }
}
