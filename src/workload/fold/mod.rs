//! Records become rows: deduplicated, joined into steps, summed up.
//!
//! In: the records of any number of files, in any order. Out: a workload in its canonical form.

mod approvals;
mod attribution;
mod courses;
mod dedupe;
mod grouped;
mod index;
mod join;
mod links;
mod nested;
mod pauses;
mod pricing;
mod repeats;
mod rows;
mod runs;
mod samples;
mod selection;
mod shares;
mod sources;
mod streams;
mod sweep;
mod trace;
mod united;
mod units;
mod whole_traces;

use std::sync::Arc;

use crate::prices::PriceTable;
use crate::record::{Dimension, EventKind, Flags, Operation, Records};
use crate::threads;
use crate::units::Time;

use super::canonical::{canonicalise, span};
use super::reach;
use super::sequences::settle;
use super::{CELL, WallClockRules, Workload};
use join::{Joined, Role};
use selection::Selection;
use shares::{Known, Share, share_out};
use streams::Streams;
use units::{Units, UnitsOf};

pub(super) use index::{Quick, number};
pub(super) use samples::whole;
pub use trace::{Segment, Trace, Traced, Watch};
pub(super) use units::names_of as unit_names;

/// What a fold needs to know beside the records.
#[derive(Debug, Clone, Default)]
pub struct FoldOptions {
    /// For each file, the rank by which ties between equal records are broken (smaller owns).
    pub file_ranks: Vec<u64>,
    /// For each file, the name of its format.
    pub file_formats: Vec<&'static str>,
    /// Only records that begin at or after this time.
    pub from: Option<Time>,
    /// Only records that begin before this time.
    pub to: Option<Time>,
    /// Only records with these values: the name of a dimension (or `session`, `task`, `run`, `unit`)
    /// and any of the values. A record without the dimension is left out.
    pub only: Vec<(String, Vec<String>)>,
    /// Prices by which the cost of requests is computed; `None`: it is not.
    pub prices: Option<Arc<PriceTable>>,
    /// How wall-clock time is taken apart.
    pub wall_clock: WallClockRules,
    /// Length of the cells of rows in nanoseconds; `None`: [`CELL`]. Whoever asks for other cells reads the
    /// rows himself: questions to a workload, merging and storing know quarters of an hour only.
    pub cell: Option<i64>,
}

/// Fewer samples are given back faster than a thread begins.
const WORTH_A_THREAD: usize = 1 << 16;

/// Fewer operations are not worth a thread that finds their units.
const WORTH_RANGES: usize = 1 << 13;

/// Folds records into a workload.
#[must_use]
pub fn fold(records: Records, options: &FoldOptions) -> Workload {
    run(records, options, None)
}

/// Folds records into a workload, and shows `watch` the course of each unit whose wall-clock time is taken apart
/// (those that a session, run or unit names, and of which no part is left out), one after another.
#[must_use]
pub fn fold_watched(records: Records, options: &FoldOptions, watch: &mut Watch<'_>) -> Workload {
    run(records, options, Some(watch))
}

fn run(mut records: Records, options: &FoldOptions, watch: Option<&mut Watch<'_>>) -> Workload {
    let mut workload = Workload {
        prices: options.prices.clone(),
        ..Workload::default()
    };
    links::follow(&mut records);
    let mut repeats = sources::Repeats::default();
    let (duplicates, told_by) = dedupe::dedupe(&mut records, options, &mut repeats);
    workload.counts.duplicates = duplicates;
    let by_key = repeats.records();
    sources::differences(&mut records.operations, &records.catalog, options);
    let mut parents = join::parents(&records, options);
    if let Some(parents) = &parents {
        nested::settle(&mut records.operations, parents);
    }
    let before = records.operations.len();
    sources::prefer(&mut records, options, &told_by, &mut repeats);
    if records.operations.len() < before {
        parents = join::parents(&records, options);
    }
    workload.counts.duplicates += repeats.records() - by_key;
    workload.repeats = repeats.finish();
    let joined = join::join(&mut records, options, parents);
    whole_traces::settle(&mut records, options);
    let selection = Selection::new(options, &records.catalog);
    let mut units = Units::default();
    fold_operations(
        &mut records,
        &joined,
        options,
        &selection,
        &mut units,
        &mut workload,
        watch,
    );
    drop(joined);
    // Switches decide the mode of samples even where they lie outside the selection.
    samples::fold_samples(&mut records, &selection, &mut units, &mut workload);
    fold_events(&mut records, &selection, &mut workload);
    fold_aggregates(&mut records, &selection, &mut workload);
    workload.units = units.finish(&records.catalog);
    workload.catalog = std::mem::take(&mut records.catalog);
    let mut form = || {
        canonicalise(&mut workload);
        settle(&mut workload);
    };
    if records.samples.len() < WORTH_A_THREAD {
        form();
    } else {
        // To give back so much takes its time.
        threads::both(form, || drop(records));
    }
    workload
}

fn fold_operations(
    records: &mut Records,
    joined: &Joined,
    options: &FoldOptions,
    selection: &Selection,
    units: &mut Units,
    workload: &mut Workload,
    watch: Option<&mut Watch<'_>>,
) {
    let operations = std::mem::take(&mut records.operations);
    let records = &*records;
    let catalog = &records.catalog;
    let unit_of = |operation: &Operation, root: &Operation, units: &mut Units| {
        let time = (!operation.flags.has(Flags::TIMELESS)).then_some(operation.start);
        let is_selected = selection.holds_at(time)
            && selection.holds_for(catalog, operation.dims, operation.identity);
        let format = options.file_formats.get(operation.file as usize);
        is_selected.then(|| {
            units.of(
                catalog,
                operation.identity,
                format.is_some_and(|f| units::is_agent_log(f)),
                || catalog.dimension(root.dims, Dimension::Host),
                root.start,
            )
        })
    };
    let found = threads::ranges(operations.len(), WORTH_RANGES, |range| {
        let mut units = Units::default();
        let of = |index: usize| {
            let root = joined.roots[index] as usize;
            unit_of(&operations[index], &operations[root], &mut units)
        };
        let of_range: UnitsOf = range.map(of).collect();
        (units, of_range)
    });
    let mut units_of_operations = UnitsOf::default();
    for (theirs, of_range) in found {
        let numbers = units.take_in(theirs);
        units_of_operations.take_in(of_range, &numbers);
    }
    let told = attribution::Joined {
        operations: &operations,
        roles: &joined.roles,
        parents: &joined.parents,
        units: &units_of_operations,
    };
    workload.wall_clocks = attribution::attribute(&told, records, options, selection, units, watch);
    workload.reaches = reach::reaches(operations.iter().zip(units_of_operations.iter()));
    workload.lookups = runs::lookups(&told, joined, records);
    workload.pauses = pauses::pauses(&told, joined, records);

    let runs = runs::Runs::new(&told, joined, records);
    let known = Known {
        records,
        runs: &runs,
        roles: &joined.roles,
        roots: &joined.roots,
        units: &units_of_operations,
        selection,
        from: options.from,
        prices: options.prices.as_deref(),
        cell: options.cell.unwrap_or(CELL),
        keeps_courses: options.cell.is_some(),
    };
    let mut shares = share_out(operations, &known);
    let formed = Role {
        is_step: true,
        has_attempts: true,
        ..Role::default()
    };
    let mut of_formed = Share::new(&known);
    for step in &joined.formed {
        if let Some(unit) = unit_of(step, step, units) {
            of_formed.add(step, formed, unit);
        }
    }
    shares.push(of_formed);
    let parts: Vec<Streams> = shares.iter_mut().map(Share::take_streams).collect();
    let mut ended = Vec::new();
    let (streams, ()) = threads::both(
        || {
            let mut streams = Streams::default();
            let parts = parts.into_iter();
            parts.for_each(|part| streams.take_in(catalog, part));
            streams.finish()
        },
        || {
            for mut share in shares {
                ended.append(&mut share.ended);
                share.put_into(workload);
            }
        },
    );
    workload.streams = streams;
    workload.courses = courses::courses(ended, catalog);
    workload.counts.clock_faults += joined.out_of_order;
}

fn fold_events(records: &mut Records, selection: &Selection, workload: &mut Workload) {
    let catalog = &records.catalog;
    workload.events = std::mem::take(&mut records.events);
    workload.events.retain(|e| {
        let time = (!e.flags.has(Flags::TIMELESS)).then_some(e.time);
        selection.holds_at(time) && selection.holds_for(catalog, e.dims, e.identity)
    });
    let sessions = &mut workload.sequences.sessions;
    for event in &workload.events {
        if !event.flags.has(Flags::TIMELESS) {
            workload.period = span(workload.period, Some((event.time, event.time)));
        }
        workload.counts.records += u64::from(event.flags.has(Flags::LEADS));
        workload.counts.process_starts += u64::from(event.kind == EventKind::ProcessStart);
        let session = catalog.identities.get(event.identity.0).session;
        if session.is_some() && sessions.last() != Some(&session) {
            sessions.push(session);
        }
    }
    workload.counts.events = workload.events.len() as u64;
}

fn fold_aggregates(records: &mut Records, selection: &Selection, workload: &mut Workload) {
    let catalog = &records.catalog;
    workload.aggregates = std::mem::take(&mut records.aggregates);
    workload.aggregates.retain(|a| {
        selection.holds_at(a.time)
            && selection.holds_for(catalog, a.dims, crate::record::IdentityId::default())
    });
    for aggregate in &workload.aggregates {
        if let Some(time) = aggregate.time {
            workload.period = span(workload.period, Some((time, time)));
        }
        workload.counts.records += u64::from(aggregate.flags.has(Flags::LEADS));
    }
    workload.counts.aggregates = workload.aggregates.len() as u64;
}
