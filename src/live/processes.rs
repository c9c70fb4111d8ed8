//! Processes: those that were asked for, with their children, and those that use most.

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

use sysinfo::{Pid, ProcessRefreshKind, ProcessesToUpdate, System};

/// How often all processes are looked at, at most: it is what costs most.
const LOOKED_AT_EVERY: Duration = Duration::from_secs(10);

/// Processes that are listed as using most.
const TOP: usize = 5;

/// A process to watch, by name or number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Watched {
    /// All processes of this name.
    Name(String),
    /// One process.
    Pid(u32),
}

impl From<&str> for Watched {
    fn from(text: &str) -> Self {
        text.parse()
            .map_or_else(|_| Self::Name(text.to_owned()), Self::Pid)
    }
}

/// What a process uses; of a watched one with its children.
#[derive(Debug, Clone, PartialEq)]
pub struct ProcessUse {
    /// Name.
    pub name: String,
    /// Number; of several the smallest.
    pub pid: u32,
    /// Processes that are counted.
    pub count: usize,
    /// CPU since the look before, 1 for one core; `None` at the first look.
    pub cpu: Option<f64>,
    /// Bytes of memory in use.
    pub memory: u64,
}

/// Looks at processes from time to time.
#[derive(Debug)]
pub(super) struct Processes {
    watched: Vec<Watched>,
    looked: Option<Instant>,
    is_second: bool,
    pub(super) top: Vec<ProcessUse>,
    pub(super) found: Vec<ProcessUse>,
}

impl Processes {
    pub(super) fn new(watched: Vec<Watched>) -> Self {
        Self {
            watched,
            looked: None,
            is_second: false,
            top: Vec::new(),
            found: Vec::new(),
        }
    }

    /// Looks, unless the last look was just now; says whether it did.
    pub(super) fn look(&mut self, system: &mut System) -> bool {
        if self
            .looked
            .is_some_and(|looked| looked.elapsed() < LOOKED_AT_EVERY)
        {
            return false;
        }
        let kind = ProcessRefreshKind::nothing()
            .with_cpu()
            .with_memory()
            .without_tasks();
        system.refresh_processes_specifics(ProcessesToUpdate::All, true, kind);
        // Use of the CPU is known from two looks on.
        self.is_second |= self.looked.is_some();
        self.looked = Some(Instant::now());
        self.top = self.busiest(system);
        self.found = self
            .watched
            .iter()
            .filter_map(|w| self.sum(w, system))
            .collect();
        true
    }

    /// The names whose processes together use most.
    fn busiest(&self, system: &System) -> Vec<ProcessUse> {
        let mut by_name: BTreeMap<String, Vec<&sysinfo::Process>> = BTreeMap::new();
        for process in system.processes().values() {
            by_name.entry(name_of(process)).or_default().push(process);
        }
        let mut all: Vec<ProcessUse> = by_name
            .into_values()
            .map(|mut processes| {
                processes.sort_unstable_by_key(|process| process.pid());
                self.use_of(&processes)
            })
            .collect();
        all.sort_by(|a, b| {
            let busy = |of: &ProcessUse| of.cpu.unwrap_or(0.0);
            busy(b).total_cmp(&busy(a)).then(b.memory.cmp(&a.memory))
        });
        all.truncate(TOP);
        all
    }

    /// A watched process with its children; `None` while there is none.
    fn sum(&self, watched: &Watched, system: &System) -> Option<ProcessUse> {
        let all = system.processes();
        let is_asked = |process: &sysinfo::Process| match watched {
            Watched::Name(name) => process.name().to_string_lossy() == *name,
            Watched::Pid(pid) => process.pid().as_u32() == *pid,
        };
        let roots = all.values().filter(|p| is_asked(p));
        let mut children: HashMap<Pid, Vec<Pid>> = HashMap::new();
        for process in all.values() {
            if let Some(parent) = process.parent() {
                children.entry(parent).or_default().push(process.pid());
            }
        }
        // By number, and each once: a child may have the name too.
        let mut family: BTreeMap<Pid, &sysinfo::Process> = BTreeMap::new();
        let mut open: Vec<Pid> = roots.map(sysinfo::Process::pid).collect();
        let first = open.iter().min().copied()?;
        while let Some(pid) = open.pop() {
            if let Some(process) = all.get(&pid)
                && family.insert(pid, process).is_none()
            {
                open.extend(children.get(&pid).into_iter().flatten());
            }
        }
        let members: Vec<&sysinfo::Process> = family.into_values().collect();
        let root = all.get(&first)?;
        Some(ProcessUse {
            name: name_of(root),
            pid: first.as_u32(),
            ..self.use_of(&members)
        })
    }

    fn use_of(&self, processes: &[&sysinfo::Process]) -> ProcessUse {
        let cpu: f64 = processes
            .iter()
            .map(|p| f64::from(p.cpu_usage()) / 100.0)
            .sum();
        ProcessUse {
            name: processes.first().map(|p| name_of(p)).unwrap_or_default(),
            pid: processes.first().map_or(0, |p| p.pid().as_u32()),
            count: processes.len(),
            cpu: self.is_second.then_some(cpu),
            memory: processes.iter().map(|p| p.memory()).sum(),
        }
    }
}

fn name_of(process: &sysinfo::Process) -> String {
    process.name().to_string_lossy().into_owned()
}
