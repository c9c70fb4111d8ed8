//! What was recorded of the context cache and of the steps, in order, ready to be run again.

use std::collections::HashMap;

use crate::record::{Dimension, DimsId, EventKind, Name};
use crate::scenario::servers::Arrival;
use crate::units::{NANOS, Time};
use crate::workload::{UnitId, Workload};

/// One lookup.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Lookup {
    pub(super) at: i64,
    pub(super) key: u64,
    /// Number of the host, or beyond them of a cache of SIMPLE's own there.
    pub(super) host: u32,
    /// Number of the mode.
    pub(super) mode: u32,
    pub(super) hit: bool,
    /// Seconds of the preparation.
    pub(super) took: Option<f64>,
    pub(super) dims: DimsId,
    pub(super) unit: UnitId,
    /// Index of its step.
    pub(super) step: Option<u32>,
}

/// One step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Step {
    pub(super) arrival: Arrival,
    pub(super) start: i64,
    /// Nanoseconds of service: all but the wait for a slot.
    pub(super) service: i64,
    pub(super) queue: i64,
    pub(super) host: u32,
    pub(super) dims: DimsId,
    pub(super) unit: UnitId,
    pub(super) counts: bool,
}

/// Everything that was recorded in its order.
#[derive(Debug, Clone, Default)]
pub(super) struct Sequence {
    pub(super) lookups: Vec<Lookup>,
    pub(super) steps: Vec<Step>,
    pub(super) hosts: usize,
    /// Where SIMPLE has caches of its own: the number of the first one, after those of all hosts.
    pub(super) simple_from: Option<usize>,
    /// Their numbers by name.
    pub(super) names: HashMap<Name, u32>,
    /// Starts of processes other than monitors: when, on which host; `None`: on all.
    pub(super) restarts: Vec<(i64, Option<u32>)>,
    /// Mean seconds of a miss and of a hit, by mode and over all.
    pub(super) times: HashMap<(Option<u32>, bool), f64>,
}

impl Sequence {
    pub(super) fn of(workload: &Workload) -> Self {
        let mut hosts: HashMap<Name, u32> = HashMap::new();
        let mut number = |name: Name| {
            let next = u32::try_from(hosts.len()).unwrap_or(u32::MAX);
            *hosts.entry(name).or_insert(next)
        };
        let mut sequence = Self {
            steps: steps(workload, &mut number),
            ..Self::default()
        };
        let mut by_id: HashMap<u64, u32> = HashMap::new();
        for (at, step) in (0_u32..).zip(&workload.steps) {
            if step.id != 0 {
                by_id.insert(step.id, at);
            }
        }
        let catalog = &workload.catalog;
        sequence.lookups = workload
            .lookups
            .iter()
            .map(|l| Lookup {
                at: l.time.0,
                key: l.key,
                host: number(l.host),
                mode: catalog.dimension(l.dims, Dimension::Mode).0,
                hit: l.hit,
                took: (l.took >= 0).then(|| l.took as f64 / NANOS as f64),
                dims: l.dims,
                unit: l.unit,
                step: by_id.get(&l.step).copied().filter(|_| l.step != 0),
            })
            .collect();
        sequence.restarts = workload
            .events
            .iter()
            .filter(|e| e.kind == EventKind::ProcessStart && catalog.text(e.subject) != "monitor")
            .map(|e| {
                let host = catalog.dimension(e.dims, Dimension::Host);
                (e.time.0, host.is_some().then(|| number(host)))
            })
            .collect();
        sequence.hosts = hosts.len();
        sequence.names = hosts;
        sequence.times = times(&sequence.lookups);
        sequence
    }

    /// The same where SIMPLE has a cache of its own on each host; `None` where it is the only mode, or there is none.
    pub(super) fn with_simple_apart(&self, workload: &Workload) -> Option<Self> {
        let simple = workload.catalog.names.find("SIMPLE")?;
        let is_simple = |l: &Lookup| l.mode == simple;
        let of_simple = self.lookups.iter().filter(|l| is_simple(l)).count();
        if of_simple == 0 || of_simple == self.lookups.len() {
            return None;
        }
        let own = u32::try_from(self.hosts).ok()?;
        let mut apart = self.clone();
        for lookup in apart.lookups.iter_mut().filter(|l| is_simple(l)) {
            lookup.host += own;
        }
        let of_hosts = self.restarts.iter();
        let restarts = of_hosts.filter_map(|(at, host)| Some((*at, Some(host.as_ref()? + own))));
        apart.restarts.extend(restarts);
        apart.simple_from = Some(self.hosts);
        apart.hosts = self.hosts * 2;
        Some(apart)
    }

    /// The number of a host that was seen.
    pub(super) fn host(&self, name: Name) -> Option<usize> {
        self.names.get(&name).map(|number| *number as usize)
    }

    /// Mean seconds of a miss or a hit of a mode, where one was recorded; else over all modes. A hit of
    /// which none was recorded takes nothing.
    pub(super) fn mean(&self, mode: u32, is_hit: bool) -> Option<f64> {
        self.times
            .get(&(Some(mode), is_hit))
            .or_else(|| self.times.get(&(None, is_hit)))
            .copied()
            .or(is_hit.then_some(0.0))
    }

    /// Where steps wait for slots, and how many steps have no time of their own.
    pub(super) fn has_queue(&self) -> bool {
        self.steps.iter().any(|s| s.queue > 0)
    }
}

fn times(lookups: &[Lookup]) -> HashMap<(Option<u32>, bool), f64> {
    let mut sums: HashMap<(Option<u32>, bool), (f64, f64)> = HashMap::new();
    for lookup in lookups {
        let Some(took) = lookup.took else { continue };
        for mode in [Some(lookup.mode), None] {
            let sum = sums.entry((mode, lookup.hit)).or_default();
            sum.0 += 1.0;
            sum.1 += took;
        }
    }
    sums.into_iter().map(|(k, (n, s))| (k, s / n)).collect()
}

/// Steps with their predecessors: of one session, the one that ended last before a step began.
fn steps(workload: &Workload, number: &mut impl FnMut(Name) -> u32) -> Vec<Step> {
    // Of each session its steps by their end, with the index.
    let mut ends: HashMap<Name, Vec<(i64, usize)>> = HashMap::new();
    for (at, step) in workload.steps.iter().enumerate() {
        if step.session.is_some() && step.duration >= 0 {
            let end = step.start.0.saturating_add(step.duration);
            ends.entry(step.session).or_default().push((end, at));
        }
    }
    ends.values_mut().for_each(|e| e.sort_unstable());
    let steps = workload.steps.iter().enumerate();
    steps
        .map(|(at, step)| {
            let start = step.start.0;
            let before = ends.get(&step.session).and_then(|ends| {
                let behind = ends.partition_point(|(end, _)| *end <= start);
                ends[..behind].iter().rev().find(|(_, i)| *i < at)
            });
            Step {
                arrival: before.map_or(Arrival::At(start), |(end, i)| {
                    Arrival::After(*i, start - end)
                }),
                start,
                service: (step.duration - step.queue).max(0),
                queue: step.queue.max(0),
                host: number(step.host),
                dims: step.dims,
                unit: step.unit,
                counts: step.counts,
            }
        })
        .collect()
}

/// Number of the UTC day.
pub(super) fn day(at: i64) -> i64 {
    Time(at).0.div_euclid(86_400 * NANOS)
}
