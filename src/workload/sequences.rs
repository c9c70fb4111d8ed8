//! Sequences: what a sum forgets, kept so that workloads that were folded apart can be merged.
//!
//! From them follow the counts that depend on what came after what ([`settle`]): gaps between
//! samples, differences of cumulative counters, interfaces that are down at the end.

use std::collections::HashSet;

use crate::record::{DimsId, Measured, Name};
use crate::threads;
use crate::units::Time;

use super::fold::{unit_names, whole};
use super::samples::add_value;
use super::{Counts, SAMPLE_CELL, SampleSeries, UnitId, Workload};

/// What must be known in its order.
#[derive(Debug, Clone, PartialEq, Default, bitcode::Encode, bitcode::Decode)]
pub struct Sequences {
    /// For each source of samples (dimensions without the process) their times, without repeats.
    pub sample_times: Vec<(DimsId, Vec<Time>)>,
    /// Readings of cumulative counters, sorted by metric, series, time.
    pub readings: Vec<Reading>,
    /// How each interface ended, sorted by interface.
    pub endings: Vec<Ending>,
    /// Sessions that occur, sorted.
    pub sessions: Vec<Name>,
}

/// A reading of a cumulative counter.
#[derive(Debug, Clone, Copy, PartialEq, bitcode::Encode, bitcode::Decode)]
pub struct Reading {
    /// What is counted.
    pub metric: Measured,
    /// Dimensions of the counter itself, which tell counters apart.
    pub series: DimsId,
    /// When.
    pub time: Time,
    /// What it showed.
    pub value: f64,
    /// Dimensions with the mode and interface in force.
    pub dims: DimsId,
    /// Unit that the source names; [`UnitId::NONE`] where none.
    pub unit: UnitId,
    /// Task.
    pub task: Name,
}

/// How an interface ended.
#[derive(Debug, Clone, PartialEq, Eq, bitcode::Encode, bitcode::Decode)]
pub struct Ending {
    /// The interface.
    pub interface: Name,
    /// Start of the last step that succeeded.
    pub last_success: Option<Time>,
    /// Starts of the failed steps since, sorted.
    pub failures: Vec<Time>,
}

/// How the steps of an interface ended, one after another. Known only to who folded in cells of his own
/// ([`super::FoldOptions::cell`]); it is not kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Course {
    /// The interface.
    pub interface: String,
    /// From each of these times on, how many steps in a row had failed; in order.
    pub turns: Vec<(Time, u64)>,
}

impl Ending {
    /// Forgets failures up to the last success.
    pub(super) fn trim(&mut self) {
        if let Some(last) = self.last_success {
            self.failures.retain(|failure| *failure > last);
        }
        self.failures.sort_unstable();
    }
}

/// Fewer readings are gone through faster than a thread begins.
const WORTH_A_THREAD: usize = 1 << 14;

/// Consecutive failures at the end that make an interface count as down.
const DOWN_AFTER: usize = 3;

/// An interval longer than this many medians is a gap.
const GAP: i64 = 3;

/// Derives from the sequences what is counted: gaps, sessions, interfaces that are down, the amounts
/// between readings of counters, and the unit of each event. May be called again after a merge.
pub(super) fn settle(workload: &mut Workload) {
    let Workload {
        sequences,
        counts,
        samples,
        ..
    } = workload;
    let mut count = || count_gaps(&sequences.sample_times, counts);
    let mut difference = || difference(&sequences.readings, samples);
    if sequences.readings.len() < WORTH_A_THREAD {
        count();
        difference();
    } else {
        threads::both(difference, count);
    }
    workload.counts.sessions = workload.sequences.sessions.len() as u64;
    workload.counts.interfaces_down = workload
        .sequences
        .endings
        .iter()
        .filter(|e| e.failures.len() >= DOWN_AFTER)
        .map(|e| {
            (
                e.interface,
                u32::try_from(e.failures.len()).unwrap_or(u32::MAX),
            )
        })
        .collect();
    let units = &workload.units;
    let unit_named = |name: String| {
        let at = units.binary_search_by(|unit| unit.name.cmp(&name)).ok()?;
        u32::try_from(at).ok().map(UnitId)
    };
    let catalog = &workload.catalog;
    let unit_of = |identity: u32| {
        let identity = *catalog.identities.get(identity);
        unit_names(catalog, identity)
            .find_map(unit_named)
            .unwrap_or(UnitId::NONE)
    };
    let by_identity: Vec<UnitId> = (0..catalog.identities.values().len())
        .map(|identity| unit_of(u32::try_from(identity).unwrap_or(0)))
        .collect();
    workload.event_units = workload
        .events
        .iter()
        .map(|e| by_identity[e.identity.0 as usize])
        .collect();
}

/// Intervals between samples: their median, and those that are much longer than their source's.
fn count_gaps(sample_times: &[(DimsId, Vec<Time>)], counts: &mut Counts) {
    (counts.gaps, counts.longest_gap) = (0, 0);
    let mut all = Vec::new();
    for (_, times) in sample_times {
        let mut intervals: Vec<i64> = times.windows(2).map(|w| w[1].0 - w[0].0).collect();
        let limit = median(&mut intervals).saturating_mul(GAP);
        for gap in intervals.iter().filter(|i| **i > limit) {
            counts.gaps += 1;
            counts.longest_gap = counts.longest_gap.max(*gap);
        }
        all.append(&mut intervals);
    }
    counts.sample_interval = median(&mut all);
}

/// The median, of an even number the middle of the two, rounded down; 0 of nothing.
fn median(values: &mut [i64]) -> i64 {
    if values.is_empty() {
        return 0;
    }
    let half = values.len() / 2;
    let is_even = values.len().is_multiple_of(2);
    let (below, middle, _) = values.select_nth_unstable(half);
    match below.iter().max() {
        Some(lower) if is_even => lower.midpoint(*middle),
        _ => *middle,
    }
}

/// Cells of counters: the amount between two readings belongs to the cell of the later one. Where a
/// counter fell it was reset, and what it counted since its last reading is not known.
fn difference(readings: &[Reading], samples: &mut Vec<SampleSeries>) {
    if readings.is_empty() {
        return;
    }
    // What an earlier call derived from fewer readings.
    let counted: HashSet<(Measured, DimsId)> = readings
        .chunk_by(|a, b| (a.metric, a.dims) == (b.metric, b.dims))
        .map(|alike| (alike[0].metric, alike[0].dims))
        .collect();
    samples.retain(|series| !counted.contains(&(series.metric, series.dims)));
    let counters: Vec<&[Reading]> = readings
        .chunk_by(|a, b| (a.metric, a.series) == (b.metric, b.series))
        .collect();
    let of_counter = |readings: &&[Reading]| {
        let mut derived = Vec::new();
        for pair in readings.windows(2) {
            let (before, now) = (&pair[0], &pair[1]);
            if now.value < before.value {
                continue;
            }
            add_value(
                &mut derived,
                0,
                readings.len(),
                (now.metric, now.dims, now.unit, now.task),
                now.time.0.div_euclid(SAMPLE_CELL),
                whole(now.metric, now.value - before.value),
            );
        }
        derived
    };
    let derived = threads::map(&counters, of_counter);
    let mut derived: Vec<SampleSeries> = derived.into_iter().flatten().collect();
    super::canonical::sort_samples(&mut derived);
    samples.append(&mut derived);
    samples.sort_by_key(SampleSeries::key);
}
