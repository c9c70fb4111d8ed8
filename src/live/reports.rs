//! Report files in the shape of the orchestrator's monitor: `performance_report_YYYYmmdd_HHMMSS.json`.
//!
//! Each snapshot stands in exactly one report. A file is written beside its place and moved there, so
//! that nobody reads half of one, and none is ever overwritten. What cannot be written (a full disk)
//! is kept, and tried again with the next. What waits for a report is in a file too, of which the next monitor
//! makes a report where this one is killed.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use super::snapshot::stamp;
use super::spool::{LeftBehind, Spool, draft};
use super::summary::Summary;
use super::{Network, Snapshot};
use crate::units::Time;

/// Snapshots in a report.
const IN_A_REPORT: usize = 10;

/// Snapshots that wait for a disk with room, at most.
const WAITING: usize = 10_000;

/// What became of the snapshots that were handed over.
#[derive(Debug)]
pub enum Kept {
    /// They wait for the report to be full.
    Waiting,
    /// A report was written.
    Written(PathBuf),
    /// A report could not be written; its snapshots wait for the next try.
    Failed(io::Error),
}

/// Writes the reports of one run.
#[derive(Debug)]
pub struct Reports {
    folder: PathBuf,
    waiting: Vec<Value>,
    summary: Summary,
    count: u64,
    start: Option<Time>,
    end: Option<Time>,
    /// Snapshots that had to be given up.
    lost: u64,
    /// What waits, in case this program is killed; `None` where it cannot be kept.
    spool: Option<Spool>,
    taken_up: Vec<PathBuf>,
}

impl Reports {
    /// Reports in `folder`, which is made if it is not there. What a monitor that was killed there left behind becomes
    /// a report of its own.
    ///
    /// # Errors
    /// The folder cannot be made.
    pub fn new(folder: &Path) -> io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        let spool = Spool::new(folder).inspect_err(
            |error| tracing::warn!(%error, "what waits for a report is lost if this is killed"),
        );
        let taken_up = take_up(folder);
        Ok(Self {
            spool: spool.ok(),
            taken_up,
            folder: folder.to_path_buf(),
            waiting: Vec::new(),
            summary: Summary::default(),
            count: 0,
            start: None,
            end: None,
            lost: 0,
        })
    }

    /// Takes a snapshot; with the tenth a report is written.
    pub fn add(&mut self, snapshot: &Snapshot) -> Kept {
        self.summary.add(snapshot);
        self.count += 1;
        self.start.get_or_insert(snapshot.time);
        self.end = Some(snapshot.time);
        if self.waiting.len() == WAITING {
            self.waiting.remove(0);
            self.lost += 1;
        }
        let shape = shape(snapshot);
        if let Some(spool) = &mut self.spool
            && let Err(error) = spool.add(&shape)
        {
            tracing::warn!(%error, "this look is lost if the program is killed before its report is written");
        }
        self.waiting.push(shape);
        if self.waiting.len() < IN_A_REPORT {
            return Kept::Waiting;
        }
        self.write()
    }

    /// Writes what waits, however little it is.
    pub fn write(&mut self) -> Kept {
        let (Some(start), Some(end), false) = (self.start, self.end, self.waiting.is_empty())
        else {
            return Kept::Waiting;
        };
        let report = json!({
            "generated_at": stamp(end),
            "snapshots_count": self.count,
            "monitoring_period": {"start": stamp(start), "end": stamp(end)},
            "summary": self.summary.json(),
            "recent_snapshots": self.waiting,
        });
        match store(&self.folder, &report, end) {
            Ok(path) => {
                self.waiting.clear();
                if let Some(Err(error)) = self.spool.as_mut().map(Spool::clear) {
                    tracing::warn!(%error, "the next monitor looks through this report for what it holds");
                }
                Kept::Written(path)
            }
            Err(error) => Kept::Failed(error),
        }
    }

    /// Reports of what a monitor left behind that was killed.
    #[must_use]
    pub fn taken_up(&self) -> &[PathBuf] {
        &self.taken_up
    }

    /// Snapshots that were taken.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Snapshots that are in no report: those that wait, and those that were given up.
    #[must_use]
    pub fn unwritten(&self) -> u64 {
        self.waiting.len() as u64 + self.lost
    }
}

/// Makes reports of what was left behind; what cannot be written stays for the next monitor.
fn take_up(folder: &Path) -> Vec<PathBuf> {
    let mut written = Vec::new();
    for left in LeftBehind::find(folder) {
        let time = |s: &Value| s["timestamp"].as_str()?.parse().ok();
        let last: Option<jiff::Timestamp> = left.snapshots.last().and_then(time);
        let (Some(first), Some(last), Some(time)) =
            (left.snapshots.first(), left.snapshots.last(), last)
        else {
            left.done();
            continue;
        };
        let report = json!({
            "generated_at": last["timestamp"],
            "snapshots_count": left.snapshots.len(),
            "monitoring_period": {"start": first["timestamp"], "end": last["timestamp"]},
            "summary": Summary::of(&left.snapshots).json(),
            "recent_snapshots": left.snapshots,
        });
        match store(folder, &report, Time::from_timestamp(time)) {
            Ok(path) => {
                written.push(path);
                left.done();
            }
            Err(error) => tracing::warn!(%error, "what was left behind waits for the next monitor"),
        }
    }
    written
}

fn store(folder: &Path, report: &Value, time: Time) -> io::Result<PathBuf> {
    let mut file = draft(folder)?;
    serde_json::to_writer_pretty(&mut file, report)?;
    file.write_all(b"\n")?;
    file.as_file().sync_all()?;
    let stamp = time.timestamp().strftime("%Y%m%d_%H%M%S");
    // Another file may have been written in the same second.
    for number in 0..u32::MAX {
        let name = match number {
            0 => format!("performance_report_{stamp}.json"),
            _ => format!("performance_report_{stamp}_{number}.json"),
        };
        let path = folder.join(name);
        match file.persist_noclobber(&path) {
            Ok(written) => {
                share(&written);
                return Ok(path);
            }
            Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => {
                file = error.file;
            }
            Err(error) => return Err(error.error),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

/// Temporary files are for their owner alone; a report is for whoever may read the folder.
#[cfg(unix)]
fn share(file: &std::fs::File) {
    use std::os::unix::fs::PermissionsExt;
    // Where the file system knows no such rights, there is nothing to give.
    let _ = file.set_permissions(std::fs::Permissions::from_mode(0o644));
}

#[cfg(not(unix))]
fn share(_file: &std::fs::File) {}

/// A snapshot as the orchestrator's monitor writes it: percent, and counters since the machine started.
fn shape(snapshot: &Snapshot) -> Value {
    let Network {
        bytes_sent,
        bytes_received,
        packets_sent,
        packets_received,
    } = snapshot.network;
    let percent = |ratio: Option<f64>| ratio.map(|r| r * 100.0);
    let times: Option<Map<String, Value>> = (!snapshot.checks.is_empty()).then(|| {
        (snapshot.checks.iter())
            .map(|check| (check.name.clone(), check.seconds.into()))
            .collect()
    });
    json!({
        "timestamp": stamp(snapshot.time),
        "cpu_usage": snapshot.cpu * 100.0,
        "memory_usage": percent(snapshot.memory),
        "disk_usage": percent(snapshot.disk.map(|d| d.used)),
        "network_io": {
            "bytes_sent": bytes_sent,
            "bytes_recv": bytes_received,
            "packets_sent": packets_sent,
            "packets_recv": packets_received,
        },
        "active_processes": snapshot.processes,
        "system_load": snapshot.load,
        "workflow_state": null,
        "active_tdd_cycles": null,
        "state_machine_metrics": null,
        "response_times": times,
    })
}

#[cfg(test)]
pub(super) mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::live::{Checked, Disk};
    use crate::units::NANOS;

    /// A snapshot some seconds after noon.
    pub(in crate::live) fn snapshot(seconds: i64) -> Snapshot {
        Snapshot {
            time: Time((1_795_435_200 + seconds) * NANOS),
            cpu: 0.25,
            cores: vec![0.2, 0.3],
            memory: Some(0.5),
            swap: None,
            disk: Some(Disk {
                used: 0.6,
                read: Some(0.0),
                written: Some(10.0),
            }),
            network: Network::default(),
            processes: Some(90),
            load: Some([0.5, 0.25, 0.125]),
            top: Vec::new(),
            watched: Vec::new(),
            has_new_processes: false,
            checks: vec![Checked {
                name: "visualizer_response_time".into(),
                seconds: Some(0.01),
            }],
        }
    }

    fn files(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|e| e.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn ten_snapshots_are_a_report_and_none_is_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("a/b");
        for _ in 0..2 {
            let mut reports = Reports::new(&place).unwrap();
            for second in 0..12 {
                reports.add(&snapshot(second));
            }
            assert_eq!(reports.unwritten(), 2);
            assert!(matches!(reports.write(), Kept::Written(_)));
            assert!(matches!(reports.write(), Kept::Waiting));
            assert_eq!(reports.count(), 12);
        }
        let stamp = "performance_report_20261123";
        assert_eq!(
            files(&place),
            [
                format!("{stamp}_120009.json"),
                format!("{stamp}_120009_1.json"),
                format!("{stamp}_120011.json"),
                format!("{stamp}_120011_1.json"),
            ]
        );
    }

    /// Killed at any look: the next one has all, each once.
    #[test]
    fn what_was_left_behind_is_in_a_report_of_its_own() {
        for looks in 1..25 {
            let folder = tempfile::tempdir().unwrap();
            let killed = || {
                let mut reports = Reports::new(folder.path()).unwrap();
                for second in 0..looks {
                    reports.add(&snapshot(second));
                }
                // As if it had been killed: the lock is given back, and the file stays.
                let spool = reports.spool.take().unwrap();
                assert!(LeftBehind::find(folder.path()).is_empty(), "it is in use");
                spool.abandon();
            };
            killed();
            let next = Reports::new(folder.path()).unwrap();
            assert_eq!(
                next.taken_up().len(),
                usize::from(looks % 10 > 0),
                "{looks}"
            );
            drop(next);
            let again = Reports::new(folder.path()).unwrap();
            assert!(again.taken_up().is_empty(), "{looks}");
            drop(again);
            let mut seen: Vec<String> = Vec::new();
            for name in files(folder.path()) {
                let bytes = std::fs::read(folder.path().join(name)).unwrap();
                let report: Value = serde_json::from_slice(&bytes).unwrap();
                for snapshot in report["recent_snapshots"].as_array().unwrap() {
                    seen.push(snapshot["timestamp"].to_string());
                }
            }
            seen.sort();
            let expected: Vec<String> = (0..looks)
                .map(|second| shape(&snapshot(second))["timestamp"].to_string())
                .collect();
            assert_eq!(seen, expected, "{looks}");
        }
    }

    /// Killed between a report and forgetting what it holds, and in the middle of a line.
    #[test]
    fn what_a_report_holds_already_is_not_taken_up_again() {
        let folder = tempfile::tempdir().unwrap();
        let mut reports = Reports::new(folder.path()).unwrap();
        for second in 0..10 {
            reports.add(&snapshot(second));
        }
        let mut spool = reports.spool.take().unwrap();
        drop(reports);
        for second in 5..12 {
            spool.add(&shape(&snapshot(second))).unwrap();
        }
        spool.tear();
        spool.abandon();
        let next = Reports::new(folder.path()).unwrap();
        let bytes = std::fs::read(&next.taken_up()[0]).unwrap();
        let report: Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(report["snapshots_count"], 2);
        assert_eq!(report["summary"]["cpu_usage"]["avg"], 25.0);
        assert_eq!(report["generated_at"], "2026-11-23T12:00:11.000000Z");
    }

    /// Looks go on in their order, and a report of the same second as one before is a file of its own.
    #[test]
    fn a_clock_that_jumps_back_overwrites_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let mut reports = Reports::new(folder.path()).unwrap();
        for second in (0..10).chain(0..10).chain(-3_600..-3_590) {
            reports.add(&snapshot(second));
        }
        drop(reports);
        let stamp = "performance_report_20261123";
        let expected = ["_110009", "_120009", "_120009_1"];
        assert_eq!(
            files(folder.path()),
            expected.map(|end| format!("{stamp}{end}.json"))
        );
    }

    #[test]
    fn what_cannot_be_written_waits() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("gone");
        let mut reports = Reports::new(&place).unwrap();
        std::fs::remove_dir_all(&place).unwrap();
        for second in 0..10 {
            reports.add(&snapshot(second));
        }
        assert!(matches!(reports.add(&snapshot(10)), Kept::Failed(_)));
        std::fs::create_dir(&place).unwrap();
        let Kept::Written(path) = reports.add(&snapshot(11)) else {
            panic!("not written");
        };
        let report: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        assert_eq!(report["recent_snapshots"].as_array().unwrap().len(), 12);
        assert_eq!(report["snapshots_count"], 12);
        assert_eq!(reports.unwritten(), 0);
    }
}
