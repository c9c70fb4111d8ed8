//! A line of JSON at the end of a file.

use std::fs::OpenOptions;
use std::io::Write;

use super::{Message, Outcome};

pub(super) fn append(path: &str, message: &Message) -> Outcome {
    if is_pipe(path) {
        return Outcome::Refused(format!(
            "{path}: is a pipe, which holds us up while nobody reads it; a channel of type command can write into it"
        ));
    }
    let mut line = serde_json::to_string(message).unwrap_or_default();
    line.push('\n');
    let written = OpenOptions::new()
        .append(true)
        .create(true)
        .open(path)
        .and_then(|mut file| file.write_all(line.as_bytes()));
    match written {
        Ok(()) => Outcome::Delivered,
        Err(error) => Outcome::Failed {
            reason: format!("{path}: {error}"),
            after: None,
        },
    }
}

fn is_pipe(path: &str) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        std::fs::metadata(path).is_ok_and(|found| found.file_type().is_fifo())
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        false
    }
}
