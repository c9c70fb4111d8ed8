//! A workload as a document: what a baseline keeps.
//!
//! Whole numbers stay whole and fields that hold their default are left out, so that reading gives
//! the very workload that was written. Names, dimension sets, identities and units are lists that the
//! rest refers to by number, from 1; 0, left out, is none. What follows from the rest (gaps, sessions,
//! the unit of each event) is not written. Reading trusts nothing: numbers that point nowhere, or that
//! sums could not bear, are refused, and order is made anew.

mod check;
mod figures;
mod sparse;
mod streams;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::record::{
    Aggregate, Catalog, Dims, DimsId, Event, EventKind, Flags, Identity, IdentityId, Measured,
    Name, OperationKind, Statistic,
};
use crate::units::Time;

use super::canonical::canonicalise;
use super::sequences::settle;
use super::{
    Busy, Counts, Ending, Extra, Figure, Figures, Lookup, Pause, Reading, Row, RowKey,
    SampleSeries, Sequences, StepRun, Stream, SubagentTime, ToolShare, UnitId, UnitOfInference,
    WallClock, Workload,
};
use sparse::sparse;

/// The lists of a catalog without their first entries, which are always the same.
#[derive(Debug, Clone, PartialEq, Default)]
struct Lists {
    names: Vec<String>,
    dims: Vec<Dims>,
    identities: Vec<Identity>,
}

/// What is written of a workload.
#[derive(Debug, Clone, PartialEq, Default)]
struct Document {
    catalog: Lists,
    units: Vec<UnitOfInference>,
    rows: Vec<Row>,
    samples: Vec<SampleSeries>,
    lookups: Vec<Lookup>,
    steps: Vec<StepRun>,
    pauses: Vec<Pause>,
    events: Vec<Event>,
    aggregates: Vec<Aggregate>,
    wall_clocks: Vec<WallClock>,
    streams: Vec<Stream>,
    sequences: Sequences,
    counts: Counts,
    period: Option<(Time, Time)>,
}

impl Serialize for Workload {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        // A copy, so that writing and reading share one list of fields.
        let workload = self.clone();
        Document {
            catalog: Lists {
                names: workload.catalog.names.values()[1..].to_vec(),
                dims: workload.catalog.dims.values()[1..].to_vec(),
                identities: workload.catalog.identities.values()[1..].to_vec(),
            },
            units: workload.units,
            rows: workload.rows,
            samples: workload.samples,
            lookups: workload.lookups,
            steps: workload.steps,
            pauses: workload.pauses,
            events: workload.events,
            aggregates: workload.aggregates,
            wall_clocks: workload.wall_clocks,
            streams: workload.streams,
            sequences: workload.sequences,
            counts: workload.counts,
            period: workload.period,
        }
        .serialize(s)
    }
}

impl<'de> Deserialize<'de> for Workload {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let document = Document::deserialize(d)?;
        let mut workload = Workload {
            catalog: document
                .catalog
                .catalog()
                .map_err(serde::de::Error::custom)?,
            units: document.units,
            rows: document.rows,
            samples: document.samples,
            lookups: document.lookups,
            steps: document.steps,
            pauses: document.pauses,
            events: document.events,
            event_units: Vec::new(),
            aggregates: document.aggregates,
            wall_clocks: document.wall_clocks,
            streams: document.streams,
            sequences: document.sequences,
            reaches: Vec::new(),
            repeats: Vec::new(),
            counts: document.counts,
            period: document.period,
            courses: Vec::new(),
            prices: None,
            declared: Default::default(),
        };
        check::check(&mut workload).map_err(serde::de::Error::custom)?;
        canonicalise(&mut workload);
        settle(&mut workload);
        Ok(workload)
    }
}

impl Lists {
    /// The catalog, in which each entry must have the number of its place.
    fn catalog(self) -> Result<Catalog, String> {
        let mut catalog = Catalog::default();
        let misplaced = |list: &str, at: u32| {
            format!("entry {at} of {list} is empty, twice there, or not in order in itself")
        };
        for (text, at) in self.names.iter().zip(1..) {
            if catalog.name(text) != Name(at) {
                return Err(misplaced("names", at));
            }
        }
        let names = catalog.names.values().len();
        let is_name = |name: Name| (name.0 as usize) < names;
        for (set, at) in self.dims.into_iter().zip(1..) {
            let is_known = set.iter().all(|(dimension, value)| {
                let label = match dimension {
                    crate::record::Dimension::Label(label) => *label,
                    _ => Name::NONE,
                };
                is_name(label) && is_name(*value)
            });
            if !is_known {
                return Err(format!("entry {at} of dims names what is not there"));
            }
            let copy = set.clone();
            if catalog.dims(set) != DimsId(at) || *catalog.dims.get(at) != copy {
                return Err(misplaced("dims", at));
            }
        }
        for (identity, at) in self.identities.into_iter().zip(1..) {
            let Identity {
                session,
                task,
                run,
                unit,
                attendance: _,
            } = identity;
            if ![session, task, run, unit].into_iter().all(is_name) {
                return Err(format!("entry {at} of identities names what is not there"));
            }
            if catalog.identity(identity) != IdentityId(at) {
                return Err(misplaced("identities", at));
            }
        }
        Ok(catalog)
    }
}

impl Serialize for UnitOfInference {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        self.name.serialize(s)
    }
}

impl<'de> Deserialize<'de> for UnitOfInference {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d).map(|name| UnitOfInference { name })
    }
}

/// Units count from 1 in a document, as the catalog's lists do; 0 is none.
impl Serialize for UnitId {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_u32(self.0.wrapping_add(1))
    }
}

impl<'de> Deserialize<'de> for UnitId {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        u32::deserialize(d).map(|number| UnitId(number.wrapping_sub(1)))
    }
}

sparse!(Document, Document::default(), {
    catalog, units, rows, samples, lookups, steps, pauses, events, aggregates, wall_clocks, streams, sequences,
    counts, period,
});

sparse!(Lists, Lists::default(), { names, dims, identities });

sparse!(Identity, Identity::default(), { session, task, run, unit, attendance });

sparse!(Row, Row {
    key: BLANK_KEY,
    outcomes: [0; 6],
    time: Figure::default(),
    extra: None,
}, { key, outcomes, time, extra });

const BLANK_KEY: RowKey = RowKey {
    unit: UnitId::NONE,
    task: Name::NONE,
    operation: OperationKind::Step,
    is_step: false,
    dims: DimsId(0),
    cell: 0,
};

sparse!(RowKey, BLANK_KEY, { unit, task, operation, is_step, dims, cell });

sparse!(Extra, Extra::default(), {
    with_tokens, fresh, cache_read, cache_write, cache_write_1h, output, reasoning, lower_bounds,
    budget_used, budget, cost, with_cost, cost_tokens, cost_with_tokens, computed_cost, priced,
    priced_at_least, unpriced, cache_hits, cache_lookups, retries, files_used_of_known,
    files_considered_of_known, bare_steps, bare_rate_limited, figures,
});

sparse!(Figures, Figures::default(), {
    error_time, accuracy, memory, files_used, files_considered,
});

sparse!(SampleSeries, SampleSeries {
    metric: Measured::Custom(Name::NONE),
    dims: DimsId(0),
    unit: UnitId::NONE,
    task: Name::NONE,
    cells: Vec::new(),
}, { metric, dims, unit, task, cells });

sparse!(Lookup, Lookup {
    time: Time(0),
    host: Name::NONE,
    key: 0,
    hit: false,
    took: -1,
    step: 0,
    dims: DimsId(0),
    unit: UnitId::NONE,
}, { time, host, key, hit, took, step, dims, unit });

sparse!(StepRun, StepRun {
    start: Time(0),
    duration: -1,
    queue: 0,
    id: 0,
    session: Name::NONE,
    host: Name::NONE,
    dims: DimsId(0),
    unit: UnitId::NONE,
    counts: false,
}, { start, duration, queue, id, session, host, dims, unit, counts });

sparse!(Pause, Pause {
    time: Time(0),
    nanos: 0,
    asked: 0,
    retry: 0,
    dims: DimsId(0),
    unit: UnitId::NONE,
    is_subagent: false,
    counts: false,
}, { time, nanos, asked, retry, dims, unit, is_subagent, counts });

sparse!(Event, Event {
    key: 0,
    time: Time(0),
    duration: 0,
    kind: EventKind::Other(Name::NONE),
    subject: Name::NONE,
    from: Name::NONE,
    to: Name::NONE,
    dims: DimsId(0),
    identity: IdentityId(0),
    file: 0,
    flags: Flags(0),
}, { key, time, duration, kind, subject, from, to, dims, identity, file, flags });

sparse!(Aggregate, Aggregate {
    key: 0,
    value: 0.0,
    n: None,
    time: None,
    metric: Measured::Custom(Name::NONE),
    statistic: Statistic::Mean,
    dims: DimsId(0),
    file: 0,
    flags: Flags(0),
}, { key, value, n, time, metric, statistic, dims, file, flags });

sparse!(WallClock, WallClock::new(UnitId::NONE), {
    unit, parts, tools, subagents, model, tool, empty, hides_approvals,
});

sparse!(SubagentTime, SubagentTime::default(), { model, tool });

sparse!(ToolShare, ToolShare {
    tool: Name::NONE,
    shared: 0,
    alone: 0,
}, { tool, shared, alone });

sparse!(Busy, Busy::default(), { sum, union });

sparse!(Sequences, Sequences::default(), { sample_times, readings, endings, sessions });

sparse!(Reading, Reading {
    metric: Measured::Custom(Name::NONE),
    series: DimsId(0),
    time: Time(0),
    value: 0.0,
    dims: DimsId(0),
    unit: UnitId::NONE,
    task: Name::NONE,
}, { metric, series, time, value, dims, unit, task });

sparse!(Ending, Ending {
    interface: Name::NONE,
    last_success: None,
    failures: Vec::new(),
}, { interface, last_success, failures });

sparse!(Counts, Counts::default(), {
    records, duplicates, operations, samples, events, aggregates, process_starts, clock_faults,
}, derived { sessions, gaps, longest_gap, sample_interval, interfaces_down, from_rows });
