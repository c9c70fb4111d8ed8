//! Snapshots that stand in no report yet, in a file that outlives the monitor.
//!
//! Each snapshot is appended as soon as it was taken, and the file is emptied when a report holds them. A
//! monitor that was killed leaves its file behind; the next one in the folder finds it without its lock, and makes
//! a report of what no report has.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::NamedTempFile;

/// The folder of such files, in the folder of the reports. No input is looked for in it.
const FOLDER: &str = ".perfadvise-waiting";

/// The file of one run.
#[derive(Debug)]
pub(super) struct Spool {
    path: PathBuf,
    file: File,
    bytes: u64,
}

impl Spool {
    /// A file of one's own, locked as long as this lives.
    ///
    /// # Errors
    /// It cannot be made.
    pub(super) fn new(reports: &Path) -> io::Result<Self> {
        let folder = reports.join(FOLDER);
        for number in 0..1_000 {
            // Another monitor may end just now, and take the empty folder away.
            fs::create_dir_all(&folder)?;
            let path = folder.join(format!("{}-{number}.jsonl", std::process::id()));
            let file = match File::options().append(true).create_new(true).open(&path) {
                Ok(file) => file,
                Err(error) => match error.kind() {
                    io::ErrorKind::AlreadyExists | io::ErrorKind::NotFound => continue,
                    _ => return Err(error),
                },
            };
            // Between the two another one may have taken it for left behind, and away.
            if file.try_lock().is_ok() && path.exists() {
                let bytes = 0;
                return Ok(Self { path, file, bytes });
            }
        }
        Err(io::ErrorKind::AlreadyExists.into())
    }

    /// Appends a snapshot; where that fails, nothing of it stays.
    ///
    /// # Errors
    /// It cannot be written.
    pub(super) fn add(&mut self, snapshot: &Value) -> io::Result<()> {
        let line = format!("{snapshot}\n");
        match self.file.write_all(line.as_bytes()) {
            Ok(()) => {
                self.bytes += line.len() as u64;
                Ok(())
            }
            Err(error) => {
                self.file.set_len(self.bytes)?;
                Err(error)
            }
        }
    }

    /// Forgets all: a report holds them.
    ///
    /// # Errors
    /// It cannot be written.
    pub(super) fn clear(&mut self) -> io::Result<()> {
        self.file.set_len(0)?;
        self.bytes = 0;
        Ok(())
    }
}

#[cfg(test)]
impl Spool {
    /// As if the program had been killed.
    pub(super) fn abandon(self) {
        // Never dropped, so that the file stays; its lock goes with an unlock.
        let _ = self.file.unlock();
        std::mem::forget(self);
    }

    /// As if it had been killed in the middle of a line.
    pub(super) fn tear(&mut self) {
        let _ = self.file.write_all(b"{\"timestamp\":\"2026");
    }
}

impl Drop for Spool {
    fn drop(&mut self) {
        if self.bytes == 0 {
            remove(&self.path);
        }
    }
}

/// What a monitor that was killed left behind.
#[derive(Debug)]
pub(super) struct LeftBehind {
    /// Snapshots that stand in no report, in order.
    pub(super) snapshots: Vec<Value>,
    path: PathBuf,
    /// Locked as long as this lives.
    _file: File,
}

impl LeftBehind {
    /// All that lies in a folder of reports.
    pub(super) fn find(reports: &Path) -> Vec<Self> {
        let Ok(entries) = fs::read_dir(reports.join(FOLDER)) else {
            return Vec::new();
        };
        let mut paths: Vec<PathBuf> = entries.flatten().map(|e| e.path()).collect();
        paths.sort();
        let found = paths.into_iter().filter_map(|path| {
            let mut file = File::open(&path).ok()?;
            file.try_lock().ok()?;
            if path.extension().is_none_or(|ending| ending != "jsonl") {
                // A report that somebody was killed over.
                remove(&path);
                return None;
            }
            let mut text = String::new();
            file.read_to_string(&mut text).ok()?;
            // Whoever was killed while he wrote left half a line at the end.
            let lines = text.lines().filter_map(|l| serde_json::from_str(l).ok());
            let mut snapshots: Vec<Value> = lines.collect();
            let reported = reported_since(reports, &snapshots);
            snapshots.retain(|s| !reported.contains(&timestamp(s)));
            Some(Self {
                snapshots,
                path,
                _file: file,
            })
        });
        found.collect()
    }

    /// Takes it away: a report holds it.
    pub(super) fn done(self) {
        remove(&self.path);
    }
}

/// A file for a report, where nobody reads it until it is moved to its place.
///
/// # Errors
/// It cannot be made; the folder of the reports is gone.
pub(super) fn draft(reports: &Path) -> io::Result<NamedTempFile> {
    let folder = reports.join(FOLDER);
    match fs::create_dir(&folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    let file = NamedTempFile::new_in(&folder)?;
    // Where there are no locks, a monitor that starts takes it away, and it is tried again.
    let _ = file.as_file().try_lock();
    Ok(file)
}

fn remove(path: &Path) {
    // Somebody may have taken it away; and the folder stays while another monitor needs it.
    let _ = fs::remove_file(path);
    if let Some(folder) = path.parent() {
        let _ = fs::remove_dir(folder);
    }
}

fn timestamp(snapshot: &Value) -> String {
    snapshot["timestamp"]
        .as_str()
        .unwrap_or_default()
        .to_owned()
}

/// Times of the snapshots in reports that may hold any of these: it was killed after it wrote one, and before it
/// forgot them.
fn reported_since(reports: &Path, snapshots: &[Value]) -> HashSet<String> {
    let Some(first) = snapshots.first().map(timestamp) else {
        return HashSet::new();
    };
    // 2026-11-23T17:20:50.000000Z and performance_report_20261123_172050.json.
    let digits =
        |text: &str| -> String { text.chars().filter(char::is_ascii_digit).take(14).collect() };
    let first = digits(&first);
    let entries = fs::read_dir(reports).into_iter().flatten().flatten();
    let mut times = HashSet::new();
    for entry in entries {
        let name = entry.file_name();
        let Some(stamp) = name
            .to_str()
            .and_then(|n| n.strip_prefix("performance_report_"))
        else {
            continue;
        };
        if digits(stamp) < first {
            continue;
        }
        let report = fs::read(entry.path()).ok();
        let report = report.and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok());
        let own = report
            .as_ref()
            .and_then(|r| r["recent_snapshots"].as_array());
        times.extend(own.into_iter().flatten().map(timestamp));
    }
    times
}
