//! Where results go: standard output, or a file that is written at once or not at all.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::{Context, Exit, Failure, OutputFormat};
use crate::ingest;
use crate::store::Replacement;

/// Runs a verb with its output, and delivers that: to standard output, or to `--output`, where an
/// existing file is replaced only by a complete one.
pub(super) fn with_writer(
    context: &Context,
    run: impl FnOnce(&mut dyn Write) -> Result<Exit, Failure>,
) -> Result<Exit, Failure> {
    match &context.globals.output {
        None => {
            let mut out = io::BufWriter::new(io::stdout().lock());
            let exit = run(&mut out)?;
            out.flush()?;
            Ok(exit)
        }
        Some(path) => {
            spare_store(context)?;
            let failure = |error: io::Error| {
                Failure::new(format!("{} could not be written: {error}", path.display()))
                    .help("check that the folder exists and may be written to")
            };
            if std::fs::metadata(path).is_ok_and(|known| !known.is_file() && !known.is_dir()) {
                // A device or a pipe is written to as it is: a file in its place would take it away from
                // everybody.
                let device = File::options().write(true).open(path).map_err(failure)?;
                let mut out = io::BufWriter::new(device);
                let exit = run(&mut out)?;
                out.flush()?;
                return Ok(exit);
            }
            let mut file = Noted {
                file: Replacement::of(path).map_err(failure)?,
                fault: None,
            };
            let exit = run(&mut file);
            if let Some(error) = file.fault.take() {
                return Err(failure(error));
            }
            let exit = exit?;
            file.file.finish().map_err(failure)?;
            Ok(exit)
        }
    }
}

/// Refuses an output that would take the place of what is read: one of these files, or a file in one of these folders
/// that is an input.
pub(super) fn spare<'a>(
    inputs: impl IntoIterator<Item = &'a Path>,
    context: &Context,
) -> Result<(), Failure> {
    let Some((name, file)) = replaced(context) else {
        return Ok(());
    };
    let is_input = |input: &Path| {
        std::fs::canonicalize(input).is_ok_and(|input| {
            input == file || file.starts_with(&input) && ingest::recognised(&file).is_some()
        })
    };
    if inputs.into_iter().any(is_input) {
        return Err(refused(name, "is one of the inputs, and would be replaced"));
    }
    Ok(())
}

/// Refuses an output that would take the place of the history or of a baseline.
fn spare_store(context: &Context) -> Result<(), Failure> {
    let Some((name, file)) = replaced(context) else {
        return Ok(());
    };
    let place = context.place();
    let is = |path: &Path, other: &Path| std::fs::canonicalize(path).is_ok_and(|p| p == other);
    let is_kept = is(&place.history(), &file)
        || file
            .parent()
            .is_some_and(|folder| is(&place.baselines(), folder));
    if is_kept {
        let what = "is what perfadvise keeps here itself, and would be replaced";
        return Err(refused(name, what));
    }
    Ok(())
}

/// The file that `--output` names, where there is one already: as it was named, and where it lies.
fn replaced(context: &Context) -> Option<(&Path, PathBuf)> {
    let name = context.globals.output.as_deref()?;
    let file = std::fs::canonicalize(name).ok()?;
    file.is_file().then_some((name, file))
}

fn refused(name: &Path, what: &str) -> Failure {
    Failure::new(format!("{} {what}", name.display())).help("name another file after --output")
}

/// Notes why a file could not be written, since verbs only see that writing failed.
struct Noted {
    file: Replacement,
    fault: Option<io::Error>,
}

impl Noted {
    fn noted<T>(&mut self, result: io::Result<T>) -> io::Result<T> {
        result.map_err(|error| {
            let kind = error.kind();
            self.fault.get_or_insert(error);
            kind.into()
        })
    }
}

impl Write for Noted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let result = self.file.write(bytes);
        self.noted(result)
    }

    fn flush(&mut self) -> io::Result<()> {
        let result = self.file.flush();
        self.noted(result)
    }
}

/// Writes a list: as JSON, JSON lines or YAML if asked for, else as `text` does.
pub(super) fn list<T: serde::Serialize>(
    context: &Context,
    out: &mut dyn Write,
    rows: &[T],
    text: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), Failure> {
    match context.format("this list", OutputFormat::LIST)? {
        OutputFormat::Json => {
            serde_json::to_writer_pretty(&mut *out, rows).map_err(io::Error::from)?;
            writeln!(out)?;
        }
        OutputFormat::Jsonl => {
            for row in rows {
                serde_json::to_writer(&mut *out, row).map_err(io::Error::from)?;
                writeln!(out)?;
            }
        }
        OutputFormat::Yaml => {
            let yaml = serde_yaml::to_string(&rows)
                .map_err(|e| Failure::new(format!("not writable as YAML: {e}")))?;
            out.write_all(yaml.as_bytes())?;
        }
        _ => text(out)?,
    }
    Ok(())
}

/// Breaks a text at spaces into lines of at most `width` characters.
pub(super) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines.last().map_or(0, |l| l.chars().count());
        if line > 0 && line + 1 + word.chars().count() > width {
            lines.push(String::new());
        }
        if let Some(last) = lines.last_mut() {
            if !last.is_empty() {
                last.push(' ');
            }
            last.push_str(word);
        }
    }
    lines
}
