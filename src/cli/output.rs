//! Where results go: standard output, or a file that is written at once or not at all.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::{Context, Exit, Failure, OutputFormat};

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
            // A link stays one: what it leads to is replaced.
            let target = std::fs::canonicalize(path).unwrap_or_else(|_| path.clone());
            let mut file = Replacement::of(&target).map_err(failure)?;
            let exit = run(&mut file);
            if let Some(error) = file.fault.take() {
                return Err(failure(error));
            }
            let exit = exit?;
            file.finish().map_err(failure)?;
            Ok(exit)
        }
    }
}

/// A file that takes the place of another when it is complete, so that readers see the old or the new one. It stands
/// beside its target, from the first byte on, so that no verb reads it as an input.
struct Replacement {
    target: PathBuf,
    temporary: PathBuf,
    file: Option<io::BufWriter<File>>,
    /// Why it could not be written.
    fault: Option<io::Error>,
}

impl Replacement {
    fn of(target: &Path) -> io::Result<Self> {
        let name = target
            .file_name()
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "not a file name"))?;
        let temporary = format!(".{}.{}.tmp", name.to_string_lossy(), std::process::id());
        Ok(Self {
            target: target.to_owned(),
            temporary: target.with_file_name(temporary),
            file: None,
            fault: None,
        })
    }

    /// The file, which is there from now on.
    fn file(&mut self) -> io::Result<&mut io::BufWriter<File>> {
        match &mut self.file {
            Some(file) => Ok(file),
            none => {
                let file = File::create(&self.temporary)?;
                Ok(none.insert(io::BufWriter::new(file)))
            }
        }
    }

    /// Notes a fault for who asks at the end, since verbs only see that writing failed.
    fn noted<T>(&mut self, result: io::Result<T>) -> io::Result<T> {
        result.map_err(|error| {
            let kind = error.kind();
            self.fault.get_or_insert(error);
            kind.into()
        })
    }

    fn finish(mut self) -> io::Result<()> {
        self.file()?.flush()?;
        std::fs::rename(&self.temporary, &self.target)?;
        self.file = None;
        Ok(())
    }
}

impl Write for Replacement {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let result = self.file().and_then(|file| file.write(bytes));
        self.noted(result)
    }

    fn flush(&mut self) -> io::Result<()> {
        let result = self.file.as_mut().map_or(Ok(()), Write::flush);
        self.noted(result)
    }
}

impl Drop for Replacement {
    fn drop(&mut self) {
        if self.file.take().is_some() {
            // Best effort: the first error is the one to report.
            let _ = std::fs::remove_file(&self.temporary);
        }
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
