//! Looks at the machine.

use std::path::{Path, PathBuf};
use std::time::Instant;

use sysinfo::{DiskRefreshKind, Disks, Networks, System};

use super::check::{self, Check};
use super::processes::{Processes, Watched};
use super::{Disk, Network, Snapshot};
use crate::units::Time;

/// Why the machine cannot be looked at.
#[derive(Debug, thiserror::Error)]
#[error("the machine cannot be looked at: {0}")]
pub struct ProbeError(String);

/// What looks at a machine, time and again.
#[derive(Debug)]
pub struct Probe {
    system: System,
    disks: Disks,
    networks: Networks,
    processes: Processes,
    checks: Vec<Check>,
    agent: ureq::Agent,
    /// Of the disk that holds this folder it is told.
    folder: PathBuf,
    /// What of the disks is asked for.
    kind: DiskRefreshKind,
    looked: Instant,
}

impl Probe {
    /// Begins. The first snapshot should come a quarter of a second later, since use of the CPU is known
    /// between two looks only.
    ///
    /// # Errors
    /// The operating system is not supported, or refuses.
    pub fn new(
        folder: &Path,
        watched: Vec<Watched>,
        checks: Vec<Check>,
    ) -> Result<Self, ProbeError> {
        let fault = |error: sysinfo::Error| ProbeError(error.to_string());
        let mut system = System::new().map_err(fault)?;
        system.refresh_cpu_usage();
        Ok(Self {
            system,
            disks: Disks::new_with_refreshed_list().map_err(fault)?,
            networks: Networks::new_with_refreshed_list().map_err(fault)?,
            processes: Processes::new(watched),
            checks,
            agent: check::agent(),
            folder: folder
                .canonicalize()
                .unwrap_or_else(|_| folder.to_path_buf()),
            looked: Instant::now(),
            kind: match cfg!(unix) {
                true => DiskRefreshKind::nothing().with_io_usage(),
                false => DiskRefreshKind::nothing().with_io_usage().with_storage(),
            },
        })
    }

    /// Cores, bytes of memory.
    #[must_use]
    pub fn machine(&mut self) -> (usize, u64) {
        self.system.refresh_memory();
        (self.system.cpus().len(), self.system.total_memory())
    }

    /// Looks.
    pub fn snapshot(&mut self) -> Snapshot {
        let time = Time::from_timestamp(jiff::Timestamp::now());
        let since = self.looked.elapsed().as_secs_f64().max(1e-3);
        self.looked = Instant::now();
        self.system.refresh_cpu_usage();
        self.system.refresh_memory();
        self.networks.refresh(true);
        let has_new_processes = self.processes.look(&mut self.system);
        let disk = self.disk(since);
        let system = &self.system;
        let share = |part: u64, of: u64| (of > 0).then(|| ratio(part, of));
        Snapshot {
            time,
            cpu: f64::from(system.global_cpu_usage()) / 100.0,
            cores: system
                .cpus()
                .iter()
                .map(|c| f64::from(c.usage()) / 100.0)
                .collect(),
            memory: share(
                system
                    .total_memory()
                    .saturating_sub(system.available_memory()),
                system.total_memory(),
            ),
            swap: share(system.used_swap(), system.total_swap()),
            disk,
            network: self.network(),
            processes: process_count().or_else(|| {
                let known = system.processes().len();
                (known > 0).then_some(known as u64)
            }),
            load: System::load_average()
                .ok()
                .map(|load| [load.one, load.five, load.fifteen]),
            top: self.processes.top.clone(),
            watched: self.processes.found.clone(),
            has_new_processes,
            checks: check::ask_all(&self.checks, &self.agent),
        }
    }

    /// The disk that holds the folder: how full its file system is, and the traffic of its device where that is known.
    fn disk(&mut self, since: f64) -> Option<Disk> {
        self.disks.refresh_specifics(false, self.kind);
        let holding = self.holding();
        #[allow(clippy::cast_precision_loss)]
        let rate = |bytes: u64| bytes as f64 / since;
        let moved = holding.map(sysinfo::Disk::usage);
        Some(Disk {
            used: self.used(holding)?,
            read: moved.map(|moved| rate(moved.read_bytes)),
            written: moved.map(|moved| rate(moved.written_bytes)),
        })
    }

    /// Of the disks that have a device, the one that holds the folder; a file system in memory has none.
    fn holding(&self) -> Option<&sysinfo::Disk> {
        let leads_to = |disk: &&sysinfo::Disk| self.folder.starts_with(disk.mount_point());
        let depth = |disk: &&sysinfo::Disk| disk.mount_point().as_os_str().len();
        let disks = self.disks.iter().filter(leads_to);
        disks
            .max_by_key(depth)
            .filter(|disk| is_of_one_device(disk.mount_point(), &self.folder))
    }

    #[cfg(unix)]
    fn used(&self, _holding: Option<&sysinfo::Disk>) -> Option<f64> {
        super::space::used(&self.folder)
    }

    /// What is reserved is not told elsewhere.
    #[cfg(not(unix))]
    fn used(&self, holding: Option<&sysinfo::Disk>) -> Option<f64> {
        let disk = holding?;
        let free = disk.available_space();
        super::space::share(disk.total_space(), free, free)
    }

    fn network(&self) -> Network {
        let mut all = Network::default();
        for (name, one) in &self.networks {
            if name == "lo" || name == "lo0" {
                continue;
            }
            all.bytes_sent += one.total_transmitted();
            all.bytes_received += one.total_received();
            all.packets_sent += one.total_packets_transmitted();
            all.packets_received += one.total_packets_received();
        }
        all
    }
}

/// Whether a place and a folder lie in one file system.
#[cfg(unix)]
fn is_of_one_device(place: &Path, folder: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let device = |path: &Path| path.metadata().map(|known| known.dev()).ok();
    device(place).is_some() && device(place) == device(folder)
}

#[cfg(not(unix))]
fn is_of_one_device(_place: &Path, _folder: &Path) -> bool {
    true
}

#[allow(clippy::cast_precision_loss)]
fn ratio(part: u64, of: u64) -> f64 {
    part as f64 / of as f64
}

/// How many processes run, without looking into each.
fn process_count() -> Option<u64> {
    if !cfg!(target_os = "linux") {
        return None;
    }
    let is_process = |entry: &std::fs::DirEntry| {
        let name = entry.file_name();
        name.as_encoded_bytes().iter().all(u8::is_ascii_digit)
    };
    let entries = std::fs::read_dir("/proc").ok()?;
    Some(entries.flatten().filter(is_process).count() as u64)
}
