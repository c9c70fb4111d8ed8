//! A line of JSON at the end of a file.

use std::fs::OpenOptions;
use std::io::Write;

use super::{Message, Outcome};

pub(super) fn append(path: &str, message: &Message) -> Outcome {
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
