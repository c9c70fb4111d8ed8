//! What was seen at one time.

use super::check::Checked;
use super::processes::ProcessUse;
use crate::units::Time;

/// The machine at one time. What could not be read is absent.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    /// When.
    pub time: Time,
    /// CPU in use since the snapshot before, 0 to 1 of all cores.
    pub cpu: f64,
    /// The same of each core.
    pub cores: Vec<f64>,
    /// Memory that is not available, 0 to 1.
    pub memory: Option<f64>,
    /// Swap in use, 0 to 1; `None` without swap.
    pub swap: Option<f64>,
    /// The disk that holds what is written.
    pub disk: Option<Disk>,
    /// Network, all interfaces but the loopback.
    pub network: Network,
    /// Running processes.
    pub processes: Option<u64>,
    /// Mean number of runnable tasks over 1, 5 and 15 minutes.
    pub load: Option<[f64; 3]>,
    /// The processes that use most by name, the busiest first.
    pub top: Vec<ProcessUse>,
    /// The processes that were asked for, with their children.
    pub watched: Vec<ProcessUse>,
    /// Whether processes were looked at for this snapshot: they are only every few seconds.
    pub has_new_processes: bool,
    /// The addresses that were asked for.
    pub checks: Vec<Checked>,
}

/// A disk.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Disk {
    /// Space in use, 0 to 1.
    pub used: f64,
    /// Bytes read a second since the snapshot before; `None`: it has no device, as a file system in memory.
    pub read: Option<f64>,
    /// Bytes written a second since the snapshot before, likewise.
    pub written: Option<f64>,
}

/// Counters since the machine was started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Network {
    /// Bytes sent.
    pub bytes_sent: u64,
    /// Bytes received.
    pub bytes_received: u64,
    /// Packets sent.
    pub packets_sent: u64,
    /// Packets received.
    pub packets_received: u64,
}

/// A time as reports and records write it: RFC 3339 in UTC, to the microsecond.
pub(super) fn stamp(time: Time) -> String {
    let text = time.timestamp().strftime("%Y-%m-%dT%H:%M:%S.%6fZ");
    text.to_string()
}
