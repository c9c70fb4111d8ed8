//! Where results go: standard output, or a file that is written at once or not at all.

use std::io::{self, Write};
use std::path::Path;

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
            let mut text = Vec::new();
            let exit = run(&mut text)?;
            replace(path, &text).map_err(|error| {
                Failure::new(format!("{} could not be written: {error}", path.display()))
                    .help("check that the folder exists and may be written to")
            })?;
            Ok(exit)
        }
    }
}

/// Writes beside the target and renames, so that readers see the old or the new file.
fn replace(path: &Path, text: &[u8]) -> io::Result<()> {
    let name = path
        .file_name()
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "not a file name"))?;
    let temporary = path.with_file_name(format!(
        ".{}.{}.tmp",
        name.to_string_lossy(),
        std::process::id()
    ));
    let result = std::fs::write(&temporary, text).and_then(|()| std::fs::rename(&temporary, path));
    if result.is_err() {
        // Best effort: the first error is the one to report.
        let _ = std::fs::remove_file(&temporary);
    }
    result
}

/// Writes a list: as JSON, JSON lines or YAML if asked for, else as `text` does.
pub(super) fn list<T: serde::Serialize>(
    context: &Context,
    out: &mut dyn Write,
    rows: &[T],
    text: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), Failure> {
    match context.globals.format {
        OutputFormat::Text => text(out)?,
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
        OutputFormat::Markdown
        | OutputFormat::Csv
        | OutputFormat::Html
        | OutputFormat::Junit
        | OutputFormat::Sarif
        | OutputFormat::Github => {
            return Err(Failure::new(format!(
                "this list is not written as {}",
                context.globals.format.name()
            ))
            .help("use --format text, json, jsonl or yaml"));
        }
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
