//! Metrics of the user's own, recorded: numbers become native records in a file that `analyze`, `gate` and
//! `alerts` read.
//!
//! A [`Recorder`] collects readings and appends them in whole lines, one write at a time, so that any number of
//! programs may record in the same file. What a metric is (its unit, which way is better) stands in
//! `perfadvise.yaml`, not here: values are in the unit that is declared there (seconds, bytes, ratios from 0 to 1).
//!
//! ```
//! use perfadvise::recorder::Recorder;
//!
//! # fn main() -> Result<(), perfadvise::recorder::RecordError> {
//! # let folder = tempfile::tempdir().unwrap();
//! # let folder = folder.path();
//! let mut recorder = Recorder::in_folder(folder)?.with_tag("host", "worker-1")?;
//! recorder.record("queue_depth", 12.0, &[("queue", "main")])?;
//! recorder.record("queue_depth", 3.0, &[("queue", "mail")])?;
//! recorder.flush()?; // dropping it does the same, and tells of no fault
//! # let text = std::fs::read_to_string(folder.join(perfadvise::recorder::FILE_NAME)).unwrap();
//! # assert_eq!(text.lines().count(), 2);
//! # Ok(())
//! # }
//! ```

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

pub(crate) use crate::ingest::{fault_of_tag, fault_of_value};
use crate::metrics::fault_of_name;
use crate::units::Time;

/// Name of the file in a folder of reports.
pub const FILE_NAME: &str = "metrics.jsonl";

/// Bytes that wait at most: then they are written.
const WAITING: usize = 64 * 1024;

/// Why a reading was not recorded.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// No metric can have this name.
    #[error("{name:?} cannot be the name of a metric: {reason}")]
    Name {
        /// The name.
        name: String,
        /// What a name is.
        reason: &'static str,
    },
    /// The value is no finite number.
    #[error("a value must be a finite number")]
    Value,
    /// No reader takes this value of the metric: it is too large, or out of the metric's range.
    #[error("{metric} cannot have the value {value}: {reason}")]
    Range {
        /// The metric.
        metric: String,
        /// The value.
        value: f64,
        /// What a reader would say.
        reason: String,
    },
    /// The time is not between 2000 and 2100.
    #[error("a time must be between 2000 and 2100")]
    Time,
    /// A sample cannot carry this tag.
    #[error("{key:?} cannot be a tag here: {reason}")]
    Tag {
        /// Its key.
        key: String,
        /// What a tag is.
        reason: &'static str,
    },
    /// The file cannot be written.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl RecordError {
    /// What to do.
    #[must_use]
    pub fn help(&self) -> &'static str {
        match self {
            RecordError::Name { .. } => "call it such as queue_depth or api.latency",
            RecordError::Range { .. } => {
                "record what was measured, in the unit of the metric: seconds, bytes, ratios from 0 to 1"
            }
            RecordError::Value => "leave out what is not known",
            RecordError::Time => "give the time at which it was measured",
            RecordError::Tag { .. } => "write a tag such as queue=main",
            RecordError::File { .. } => {
                "name another place, or give this user the right to write there"
            }
        }
    }
}

/// Appends readings to a file of native records.
///
/// Readings wait until [`Recorder::flush`], until 64 KiB of them wait, or until it is dropped.
#[derive(Debug)]
pub struct Recorder {
    path: PathBuf,
    file: File,
    tags: Vec<(String, String)>,
    waiting: Vec<u8>,
    /// Whether the file may end in the middle of a line: the next write begins with a new one.
    is_cut: bool,
}

impl Recorder {
    /// Appends to `path`, which is made if it is not there.
    ///
    /// # Errors
    /// The file cannot be opened for writing.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, RecordError> {
        let path = path.as_ref().to_path_buf();
        let fault = |source| RecordError::File {
            path: path.clone(),
            source,
        };
        let mut options = File::options();
        let mut file = options
            .create(true)
            .append(true)
            .read(true)
            .open(&path)
            .map_err(fault)?;
        let is_cut = ends_in_a_line(&mut file).map_err(fault)?;
        Ok(Self {
            path,
            file,
            tags: Vec::new(),
            waiting: Vec::new(),
            is_cut,
        })
    }

    /// Appends to [`FILE_NAME`] in `folder`; both are made if they are not there.
    ///
    /// # Errors
    /// The folder cannot be made, or the file cannot be opened.
    pub fn in_folder(folder: impl AsRef<Path>) -> Result<Self, RecordError> {
        let folder = folder.as_ref();
        std::fs::create_dir_all(folder).map_err(|source| RecordError::File {
            path: folder.to_path_buf(),
            source,
        })?;
        Self::open(folder.join(FILE_NAME))
    }

    /// With a tag on all readings; one of the same key on a reading goes before it.
    ///
    /// # Errors
    /// A sample cannot carry this tag.
    pub fn with_tag(mut self, key: &str, value: &str) -> Result<Self, RecordError> {
        check_tag(key, value)?;
        self.tags.retain(|(known, _)| known != key);
        self.tags.push((key.to_owned(), value.to_owned()));
        Ok(self)
    }

    /// Records a value of now.
    ///
    /// # Errors
    /// No metric can have this name, a sample cannot carry one of the tags, the value is not finite; or the file
    /// cannot be written, and then the reading waits for the next try.
    pub fn record(
        &mut self,
        name: &str,
        value: f64,
        tags: &[(&str, &str)],
    ) -> Result<(), RecordError> {
        let now = Time::from_timestamp(jiff::Timestamp::now());
        self.record_at(name, value, tags, now)
    }

    /// Records a value of a time.
    ///
    /// # Errors
    /// As [`Recorder::record`]; and the time is not between 2000 and 2100.
    pub fn record_at(
        &mut self,
        name: &str,
        value: f64,
        tags: &[(&str, &str)],
        time: Time,
    ) -> Result<(), RecordError> {
        let line = line(name, value, tags, &self.tags, time)?;
        self.waiting.extend_from_slice(line.as_bytes());
        if self.waiting.len() < WAITING {
            return Ok(());
        }
        self.flush()
    }

    /// Writes what waits, in one piece.
    ///
    /// # Errors
    /// The file cannot be written. What was not written waits for the next try.
    pub fn flush(&mut self) -> Result<(), RecordError> {
        while !self.waiting.is_empty() {
            if self.is_cut {
                self.waiting.insert(0, b'\n');
                self.is_cut = false;
            }
            match self.file.write(&self.waiting) {
                Ok(0) => return Err(self.fault(io::ErrorKind::WriteZero.into())),
                Ok(written) if written == self.waiting.len() => self.waiting.clear(),
                Ok(written) => {
                    // A line that was cut off is written anew: somebody else may have appended meanwhile.
                    let whole = self.waiting[..written].iter().rposition(|b| *b == b'\n');
                    self.waiting.drain(..whole.map_or(0, |at| at + 1));
                    self.is_cut = whole.is_none_or(|at| at + 1 < written);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.fault(error)),
            }
        }
        Ok(())
    }

    fn fault(&self, source: io::Error) -> RecordError {
        RecordError::File {
            path: self.path.clone(),
            source,
        }
    }

    /// Bytes that wait to be written.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        // Nobody is there to be told.
        let _ = self.flush();
    }
}

/// Whether the last line of a file has no end: its writer was stopped.
fn ends_in_a_line(file: &mut File) -> io::Result<bool> {
    // What is no file (a pipe) has no end to look at.
    if !file.metadata()?.is_file() || file.metadata()?.len() == 0 {
        return Ok(false);
    }
    file.seek(SeekFrom::End(-1))?;
    let mut last = [0];
    file.read_exact(&mut last)?;
    Ok(last != *b"\n")
}

/// Whether a sample of a metric can have a value.
pub(crate) fn check_value(metric: &str, value: f64) -> Result<(), RecordError> {
    match fault_of_value(metric, value) {
        None => Ok(()),
        Some(reason) => Err(RecordError::Range {
            metric: metric.to_owned(),
            value,
            reason,
        }),
    }
}

/// Whether a sample can carry a tag.
pub(crate) fn check_tag(key: &str, value: &str) -> Result<(), RecordError> {
    match fault_of_tag(key, value) {
        None => Ok(()),
        Some(reason) => Err(RecordError::Tag {
            key: key.to_owned(),
            reason,
        }),
    }
}

/// A reading as a line.
fn line(
    name: &str,
    value: f64,
    tags: &[(&str, &str)],
    common: &[(String, String)],
    time: Time,
) -> Result<String, RecordError> {
    if let Some(reason) = fault_of_name(name) {
        return Err(RecordError::Name {
            name: name.to_owned(),
            reason,
        });
    }
    if !value.is_finite() {
        return Err(RecordError::Value);
    }
    check_value(name, value)?;
    if !time.is_plausible() {
        return Err(RecordError::Time);
    }
    let mut line = Map::new();
    for (key, value) in common {
        line.insert(key.clone(), value.as_str().into());
    }
    for (key, value) in tags {
        check_tag(key, value)?;
        line.insert((*key).to_owned(), (*value).into());
    }
    line.insert("kind".into(), "sample".into());
    line.insert("metric".into(), name.into());
    line.insert("value".into(), value.into());
    line.insert("time".into(), time.timestamp().to_string().into());
    let mut text = Value::Object(line).to_string();
    text.push('\n');
    Ok(text)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::units::NANOS;

    fn lines(path: &Path) -> Vec<Value> {
        let text = std::fs::read_to_string(path).unwrap();
        let lines = text.lines().filter(|line| !line.is_empty());
        lines
            .filter_map(|line| serde_json::from_str(line).ok())
            .collect()
    }

    #[test]
    fn a_reading_is_a_native_record() {
        let folder = tempfile::tempdir().unwrap();
        let mut recorder = Recorder::in_folder(folder.path().join("a/b")).unwrap();
        recorder = recorder.with_tag("queue", "none").unwrap();
        let time = Time(1_795_435_200 * NANOS + 250_000_000);
        recorder
            .record_at("queue_depth", 12.5, &[("queue", "main")], time)
            .unwrap();
        let path = recorder.path().to_owned();
        drop(recorder);
        let expected = serde_json::json!({
            "kind": "sample", "metric": "queue_depth", "value": 12.5, "queue": "main",
            "time": "2026-11-23T12:00:00.25Z",
        });
        assert_eq!(lines(&path), [expected]);
    }

    #[test]
    fn what_no_reader_takes_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let mut recorder = Recorder::in_folder(folder.path()).unwrap();
        for name in [
            "", "9lives", "a b", "a-b", "x.p95", "x..y", "x.", "ü", "a\nb",
        ] {
            let refused = recorder.record(name, 1.0, &[]);
            assert!(matches!(refused, Err(RecordError::Name { .. })), "{name:?}");
        }
        for value in [f64::NAN, f64::INFINITY] {
            let refused = recorder.record("depth", value, &[]);
            assert!(matches!(refused, Err(RecordError::Value)));
        }
        for tag in [
            ("value", "1"),
            ("kind", "event"),
            ("prompt", "hello"),
            ("queue", ""),
            ("queue", "two\nlines"),
            ("", "x"),
        ] {
            let refused = recorder.record("depth", 1.0, &[tag]);
            assert!(matches!(refused, Err(RecordError::Tag { .. })), "{tag:?}");
        }
        for (name, value) in [
            ("depth", 1e13),
            ("depth", -1e300),
            ("memory_usage", 1e20),
            ("cpu_utilization", 50.0),
            ("cpu_utilization", -0.5),
        ] {
            let refused = recorder.record(name, value, &[]);
            let is_refused = matches!(refused, Err(RecordError::Range { .. }));
            assert!(is_refused, "{name} {value}");
        }
        let long_ago = recorder.record_at("depth", 1.0, &[], Time(0));
        assert!(matches!(long_ago, Err(RecordError::Time)));
        recorder.flush().unwrap();
        assert_eq!(lines(recorder.path()), [] as [Value; 0]);
    }

    #[test]
    fn a_line_that_was_cut_off_spoils_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("metrics.jsonl");
        std::fs::write(&path, "{\"kind\":\"sam").unwrap();
        let mut recorder = Recorder::open(&path).unwrap();
        recorder.record("depth", 1.0, &[]).unwrap();
        recorder.flush().unwrap();
        assert_eq!(lines(&path).len(), 1);
    }

    #[test]
    fn many_write_at_once_and_no_line_is_torn() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("metrics.jsonl");
        std::thread::scope(|scope| {
            for thread in 0..8 {
                let path = &path;
                scope.spawn(move || {
                    let name = format!("t{thread}");
                    for value in 0..200 {
                        let mut recorder = Recorder::open(path).unwrap();
                        let tag = [("thread", name.as_str())];
                        recorder.record("depth", f64::from(value), &tag).unwrap();
                    }
                });
            }
        });
        assert_eq!(lines(&path).len(), 1_600);
        let text = std::fs::read_to_string(&path).unwrap();
        let torn = text.lines().filter(|l| !l.is_empty()).count();
        assert_eq!(torn, 1_600);
    }

    // Only Linux has the device that is always full.
    #[cfg(target_os = "linux")]
    #[test]
    fn a_disk_without_room_is_told_of() {
        let mut recorder = Recorder::open("/dev/full").unwrap();
        recorder.record("depth", 1.0, &[]).unwrap();
        assert!(matches!(recorder.flush(), Err(RecordError::File { .. })));
        assert!(!recorder.waiting.is_empty());
    }
}
