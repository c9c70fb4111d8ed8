//! Snapshots as native records: what a report file has no place for.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use serde_json::{Value, json};

use super::snapshot::stamp;
use super::{ProcessUse, Snapshot};
use crate::units::Time;

/// The most that waits for a disk with room, in bytes.
const WAITING: usize = 64 << 20;

/// A file of native records that grows. What cannot be written waits, and is written with the next.
#[derive(Debug)]
pub struct Records {
    file: File,
    host: Option<String>,
    waiting: Vec<u8>,
}

impl Records {
    /// Appends to `path`, which is made if it is not there.
    ///
    /// # Errors
    /// The file cannot be opened for writing.
    pub fn append_to(path: &Path) -> io::Result<Self> {
        let file = File::options().create(true).append(true).open(path)?;
        Ok(Self {
            file,
            host: sysinfo::System::host_name().ok(),
            waiting: Vec::new(),
        })
    }

    /// Notes that the monitor starts.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn started(&mut self, time: Time) -> io::Result<()> {
        let line = json!({
            "kind": "event", "event": "process_start", "time": stamp(time), "host": self.host,
            "process": "perfadvise monitor",
        });
        self.write(&[line])
    }

    /// Notes a snapshot, in one piece: other programs may append to the file too.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn add(&mut self, snapshot: &Snapshot) -> io::Result<()> {
        self.write(&lines(snapshot, self.host.as_deref()))
    }

    fn write(&mut self, lines: &[Value]) -> io::Result<()> {
        let mut all = String::new();
        for line in lines {
            all.push_str(&line.to_string());
            all.push('\n');
        }
        if self.waiting.len() + all.len() <= WAITING {
            self.waiting.extend_from_slice(all.as_bytes());
        }
        self.flush()
    }

    /// Writes what waits. Of what was written in part the rest follows with the next try.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn flush(&mut self) -> io::Result<()> {
        let mut done = 0;
        let result = loop {
            if done == self.waiting.len() {
                break Ok(());
            }
            match self.file.write(&self.waiting[done..]) {
                Ok(0) => break Err(io::ErrorKind::WriteZero.into()),
                Ok(n) => done += n,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => break Err(error),
            }
        };
        self.waiting.drain(..done);
        result
    }
}

fn lines(snapshot: &Snapshot, host: Option<&str>) -> Vec<Value> {
    let time = stamp(snapshot.time);
    let mut lines = Vec::new();
    let mut note = |metric: &str, value: Option<f64>, label: (&str, Option<&str>)| {
        if let Some(value) = value {
            let mut line = json!({
                "kind": "sample", "metric": metric, "value": value, "time": time, "host": host,
            });
            if let (name, Some(label)) = label {
                line[name] = label.into();
            }
            lines.push(line);
        }
    };
    let none = ("", None);
    note("cpu_utilization", Some(snapshot.cpu), none);
    for (number, core) in (0..).zip(&snapshot.cores) {
        let core_name = format!("{number}");
        // A metric of its own: a core among samples of the machine would shift their mean.
        note("core_utilization", Some(*core), ("core", Some(&core_name)));
    }
    note("memory_utilization", snapshot.memory, none);
    note("swap_utilization", snapshot.swap, none);
    note("disk_utilization", snapshot.disk.map(|d| d.used), none);
    note("disk_read_rate", snapshot.disk.and_then(|d| d.read), none);
    note(
        "disk_write_rate",
        snapshot.disk.and_then(|d| d.written),
        none,
    );
    note("system_load", snapshot.load.map(|load| load[0]), none);
    #[allow(clippy::cast_precision_loss)]
    note(
        "active_processes",
        snapshot.processes.map(|n| n as f64),
        none,
    );
    let processes = watched_and_top(snapshot).filter(|_| snapshot.has_new_processes);
    for process in processes {
        let name = ("process", Some(process.name.as_str()));
        note("process_cpu", process.cpu, name);
        #[allow(clippy::cast_precision_loss)]
        note("memory_usage", Some(process.memory as f64), name);
    }
    for check in &snapshot.checks {
        let name = ("check", Some(check.name.as_str()));
        note("check_time", check.seconds, name);
        let is_up = if check.seconds.is_some() { 1.0 } else { 0.0 };
        note("uptime", Some(is_up), name);
    }
    lines
}

/// Watched processes, and the busiest that are not among them.
fn watched_and_top(snapshot: &Snapshot) -> impl Iterator<Item = &ProcessUse> {
    let watched = &snapshot.watched;
    let others = (snapshot.top.iter()).filter(|p| watched.iter().all(|w| w.name != p.name));
    watched.iter().chain(others)
}
