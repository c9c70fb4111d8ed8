//! What this machine does now, in the place of the newest samples of the inputs.

use std::path::Path;
use std::time::{Duration, Instant};

use super::super::Failure;
use crate::assessment::{Latest, Machine, ProcessReading, Reading};
use crate::live::{Network, Probe, Snapshot};
use crate::metrics::Unit;
use crate::units::Time;

/// The first look comes this long after the beginning.
const FIRST_AFTER: Duration = Duration::from_millis(250);

/// This machine, looked at time and again.
pub(super) struct Present {
    probe: Probe,
    machine: Machine,
    before: Option<(Time, Network)>,
    begun: Instant,
}

impl Present {
    /// Begins to look.
    pub(super) fn new() -> Result<Self, Failure> {
        let mut probe = Probe::new(Path::new("."), Vec::new(), Vec::new())
            .map_err(|error| Failure::new(error.to_string()).help("leave out --machine"))?;
        let (cores, memory) = probe.machine();
        #[allow(clippy::cast_precision_loss)]
        let machine = Machine {
            cores: cores as u64,
            memory: memory as f64,
        };
        Ok(Self {
            probe,
            machine,
            before: None,
            begun: Instant::now(),
        })
    }

    /// Puts what is seen now in the place of what the inputs tell.
    pub(super) fn put(&mut self, latest: &mut Latest) {
        // Use of the CPU is known between two looks only.
        std::thread::sleep(FIRST_AFTER.saturating_sub(self.begun.elapsed()));
        let snapshot = self.probe.snapshot();
        latest.readings = readings(&snapshot, self.before);
        self.before = Some((snapshot.time, snapshot.network));
        latest.machine = Some(self.machine);
        #[allow(clippy::cast_precision_loss)]
        let process = |p: &crate::live::ProcessUse| ProcessReading {
            process: p.name.clone(),
            pid: Some(p.pid),
            cpu: p.cpu,
            memory: Some(p.memory as f64),
            at: snapshot.time,
        };
        latest.processes = snapshot.top.iter().map(process).collect();
    }
}

#[allow(clippy::cast_precision_loss)]
fn readings(snapshot: &Snapshot, before: Option<(Time, Network)>) -> Vec<Reading> {
    let disk = snapshot.disk;
    let rate = |of: fn(&Network) -> u64| {
        let (at, network) = before?;
        let seconds = snapshot.time.since(at).0;
        // Counters begin anew when an interface comes or goes.
        let moved = of(&snapshot.network).checked_sub(of(&network))?;
        (seconds > 0.0).then(|| moved as f64 / seconds)
    };
    [
        ("cpu_utilization", Unit::Ratio, Some(snapshot.cpu)),
        ("memory_utilization", Unit::Ratio, snapshot.memory),
        ("swap_utilization", Unit::Ratio, snapshot.swap),
        ("disk_utilization", Unit::Ratio, disk.map(|d| d.used)),
        ("system_load", Unit::Number, snapshot.load.map(|l| l[0])),
        (
            "active_processes",
            Unit::Count,
            snapshot.processes.map(|n| n as f64),
        ),
        ("disk_read_rate", Unit::Bytes, disk.and_then(|d| d.read)),
        ("disk_write_rate", Unit::Bytes, disk.and_then(|d| d.written)),
        ("network_sent_rate", Unit::Bytes, rate(|n| n.bytes_sent)),
        (
            "network_received_rate",
            Unit::Bytes,
            rate(|n| n.bytes_received),
        ),
    ]
    .into_iter()
    .filter_map(|(metric, unit, value)| {
        Some(Reading {
            metric: metric.to_owned(),
            unit,
            value: value?,
            at: snapshot.time,
            host: None,
        })
    })
    .collect()
}
