//! A workload taken apart, so that some of it can be kept and replaced: a part for each unit, and one
//! for each day (UTC) of what belongs to no unit. Put together again they are the workload.
//!
//! What a sum over everything knew and no part can tell is counted anew from the rows
//! ([`super::Counts::from_rows`]): the period is then known to a quarter of an hour.

use std::collections::{BTreeMap, HashMap};

use crate::record::{Catalog, Dimension, DimsId, Event, EventKind, Flags, Identity, Name};
use crate::units::{NANOS, Time};

use super::canonical::{Reference, canonicalise, each_reference, span};
use super::sequences::settle;
use super::{CELL, SAMPLE_CELL, UnitId, Workload};

/// Length of a day in nanoseconds.
const DAY: i64 = 86_400 * NANOS;

/// What has no time is only ordered, 15 seconds for each, from the beginning of 2000 on; before 2001
/// there were no agents.
pub(super) const TIMED_FROM: i64 = 978_307_200 * NANOS;

/// What a part is of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// A unit of inference, by name: later data replace the whole of it.
    Unit(String),
    /// A day of what belongs to no unit, counted from 1970: later data join it.
    Day(i64),
    /// What belongs to no unit and has no time: later data join it.
    Timeless,
}

/// A part of a workload.
#[derive(Debug, Clone)]
pub struct Piece {
    /// What it is of.
    pub scope: Scope,
    /// The part as a workload of its own.
    pub workload: Workload,
    /// The first and the last begin of its operations. `None`: not of a unit, or not known.
    pub reach: Option<(Time, Time)>,
    /// What of it came from inputs that are gone.
    pub earlier: Option<Box<Earlier>>,
}

/// The first part of a unit whose inputs were rotated away: the last part is what the inputs tell now.
#[derive(Debug, Clone)]
pub struct Earlier {
    /// The first part.
    pub piece: Piece,
    /// The first begin of the last part.
    pub then: Time,
}

impl Piece {
    /// How much is in it: operations, and values of samples. Of two states of a unit the fuller one
    /// knows more.
    #[must_use]
    pub fn weight(&self) -> u64 {
        weight(&self.workload)
    }
}

/// The weight of a piece with this workload.
pub(super) fn weight(workload: &Workload) -> u64 {
    let values = workload.samples.iter().flat_map(|s| &s.cells);
    workload.counts.operations + values.map(|(_, v)| v.n()).sum::<u64>()
}

impl Workload {
    /// The parts of this workload, in order of their scopes.
    #[must_use]
    pub fn pieces(&self) -> Vec<Piece> {
        let mut parts: BTreeMap<Scope, Workload> = BTreeMap::new();
        let unit = |id: UnitId| {
            self.units
                .get(id.0 as usize)
                .map(|unit| Scope::Unit(unit.name.clone()))
        };
        let or_day = |id: UnitId, time: i64| unit(id).unwrap_or_else(|| day(time));

        for (row, of) in self
            .rows
            .iter()
            .filter_map(|r| Some((r, unit(r.key.unit)?)))
        {
            parts.entry(of).or_default().rows.push(row.clone());
        }
        for lookup in &self.lookups {
            let of = or_day(lookup.unit, lookup.time.0);
            parts.entry(of).or_default().lookups.push(*lookup);
        }
        for step in &self.steps {
            let of = or_day(step.unit, step.start.0);
            parts.entry(of).or_default().steps.push(*step);
        }
        for pause in &self.pauses {
            let of = or_day(pause.unit, pause.time.0);
            parts.entry(of).or_default().pauses.push(*pause);
        }
        for wall in &self.wall_clocks {
            if let Some(of) = unit(wall.unit) {
                parts.entry(of).or_default().wall_clocks.push(wall.clone());
            }
        }
        for stream in &self.streams {
            if let Some(of) = unit(stream.unit) {
                parts.entry(of).or_default().streams.push(stream.clone());
            }
        }
        for series in &self.samples {
            let mut by_scope: BTreeMap<Scope, Vec<_>> = BTreeMap::new();
            for cell in &series.cells {
                let of = or_day(series.unit, cell.0.saturating_mul(SAMPLE_CELL));
                by_scope.entry(of).or_default().push(cell.clone());
            }
            for (of, cells) in by_scope {
                let copy = super::SampleSeries {
                    cells,
                    ..series.clone()
                };
                parts.entry(of).or_default().samples.push(copy);
            }
        }
        for (event, of) in self.events.iter().zip(0..).map(|(event, at): (_, usize)| {
            let named = self.event_units.get(at).copied().and_then(unit);
            (event, named.unwrap_or_else(|| of_event(event)))
        }) {
            // Numbers of files mean something in one run only.
            let event = Event { file: 0, ..*event };
            parts.entry(of).or_default().events.push(event);
        }
        for aggregate in &self.aggregates {
            let of = aggregate.time.map_or(Scope::Timeless, |t| day(t.0));
            let mut aggregate = *aggregate;
            aggregate.file = 0;
            parts.entry(of).or_default().aggregates.push(aggregate);
        }
        self.take_sequences_apart(&mut parts);
        let mut reaches: HashMap<Scope, (Time, Time)> = self
            .reaches
            .iter()
            .filter_map(|reach| Some((unit(reach.unit)?, (reach.first, reach.last))))
            .collect();
        parts
            .into_iter()
            .map(|(scope, excerpt)| Piece {
                reach: reaches.remove(&scope),
                earlier: None,
                scope,
                workload: excerpt.with_names_of(self),
            })
            .collect()
    }

    fn take_sequences_apart(&self, parts: &mut BTreeMap<Scope, Workload>) {
        for (source, times) in &self.sequences.sample_times {
            for of_day in times.chunk_by(|a, b| day(a.0) == day(b.0)) {
                let Some(first) = of_day.first() else {
                    continue;
                };
                let part = parts.entry(day(first.0)).or_default();
                part.sequences.sample_times.push((*source, of_day.to_vec()));
            }
        }
        for reading in &self.sequences.readings {
            let part = parts.entry(day(reading.time.0)).or_default();
            part.sequences.readings.push(*reading);
        }
        if !self.sequences.endings.is_empty() {
            let part = parts.entry(Scope::Timeless).or_default();
            part.sequences.endings.clone_from(&self.sequences.endings);
        }
        for session in &self.sequences.sessions {
            let of = self.unit_of_session(*session);
            let part = parts.entry(of).or_default();
            part.sequences.sessions.push(*session);
        }
    }

    /// A session belongs to its unit, or to the first of its units where it is one with each task.
    fn unit_of_session(&self, session: Name) -> Scope {
        let text = self.catalog.text(session);
        let at = self.units.partition_point(|u| u.name.as_str() < text);
        match self.units.get(at) {
            Some(unit) if is_of_session(&unit.name, text) => Scope::Unit(unit.name.clone()),
            _ => Scope::Timeless,
        }
    }

    /// The workload of these parts. No two of them may have one scope.
    #[must_use]
    pub fn of_pieces(parts: impl IntoIterator<Item = Workload>) -> Workload {
        let mut all = Workload::default();
        for part in parts {
            all.take_in(part);
        }
        canonicalise(&mut all);
        all.count_anew();
        all
    }

    /// The piece that was written as a document.
    ///
    /// # Errors
    /// The text is no document of a workload.
    pub fn restored(text: &[u8]) -> Result<Workload, serde_json::Error> {
        let mut piece: Workload = serde_json::from_slice(text)?;
        piece.count_anew();
        Ok(piece)
    }

    /// Gives an excerpt, whose references are those of `source`, a catalog and units of its own.
    pub(super) fn with_names_of(mut self, source: &Workload) -> Workload {
        let mut catalog = Catalog::default();
        let mut names: HashMap<Name, Name> = HashMap::new();
        let mut dims: HashMap<DimsId, DimsId> = HashMap::new();
        let mut units: HashMap<UnitId, UnitId> = HashMap::new();
        let mut listed = Vec::new();
        let mut name = |n: Name, catalog: &mut Catalog| {
            *names
                .entry(n)
                .or_insert_with(|| catalog.name(source.catalog.text(n)))
        };
        each_reference(&mut self, |reference| match reference {
            Reference::Name(n) => *n = name(*n, &mut catalog),
            Reference::Dims(d) => {
                let known = dims.get(d).copied();
                let own = known.unwrap_or_else(|| {
                    let set = source
                        .catalog
                        .dims
                        .get(d.0)
                        .iter()
                        .map(|(dimension, value)| {
                            let dimension = match *dimension {
                                Dimension::Label(label) => {
                                    Dimension::Label(name(label, &mut catalog))
                                }
                                fixed => fixed,
                            };
                            (dimension, name(*value, &mut catalog))
                        });
                    let set = set.collect();
                    catalog.dims(set)
                });
                dims.insert(*d, own);
                *d = own;
            }
            Reference::Identity(i) => {
                let old = *source.catalog.identities.get(i.0);
                let own = Identity {
                    session: name(old.session, &mut catalog),
                    task: name(old.task, &mut catalog),
                    run: name(old.run, &mut catalog),
                    unit: name(old.unit, &mut catalog),
                    attendance: old.attendance,
                };
                *i = catalog.identity(own);
            }
            Reference::Unit(u) => {
                if let Some(unit) = source.units.get(u.0 as usize) {
                    let next = UnitId(super::fold::number(listed.len()));
                    let own = *units.entry(*u).or_insert_with(|| {
                        listed.push(unit.clone());
                        next
                    });
                    *u = own;
                }
            }
        });
        self.catalog = catalog;
        self.units = listed;
        canonicalise(&mut self);
        self.count_anew();
        self
    }

    /// Counts what is here, and what follows from the sequences.
    fn count_anew(&mut self) {
        settle(self);
        let snapshots = self.sequences.sample_times.iter();
        let snapshots: usize = snapshots.map(|(_, times)| times.len()).sum();
        let values = self.samples.iter().flat_map(|s| &s.cells);
        let values: u64 = values.map(|(_, v)| v.n()).sum();
        let outcomes = self.rows.iter().flat_map(|r| r.outcomes);
        let counts = &mut self.counts;
        counts.from_rows = true;
        counts.duplicates = 0;
        counts.clock_faults = 0;
        counts.operations = outcomes.map(u64::from).sum();
        counts.samples = if snapshots > 0 {
            snapshots as u64
        } else {
            values
        };
        counts.events = self.events.len() as u64;
        counts.aggregates = self.aggregates.len() as u64;
        let events = self.events.iter().filter(|e| e.flags.has(Flags::LEADS));
        let aggregates = self.aggregates.iter().filter(|a| a.flags.has(Flags::LEADS));
        let told = events.count() + aggregates.count();
        counts.records = counts.operations + counts.samples + told as u64;
        let starts = self.events.iter();
        let starts = starts.filter(|e| e.kind == EventKind::ProcessStart);
        counts.process_starts = starts.count() as u64;
        self.period = self.period_of_cells();
    }

    fn period_of_cells(&self) -> Option<(Time, Time)> {
        let cell = |cell: i64, length: i64| {
            let start = cell.saturating_mul(length);
            (start, start.saturating_add(length))
        };
        let rows = self.rows.iter().map(|r| cell(i64::from(r.key.cell), CELL));
        let samples = self.samples.iter().flat_map(|s| &s.cells);
        let samples = samples.map(|(c, _)| cell(*c, SAMPLE_CELL));
        let events = self.events.iter().filter(|e| !e.flags.has(Flags::TIMELESS));
        let events = events.map(|e| (e.time.0, e.time.0));
        let aggregates = self.aggregates.iter().filter_map(|a| a.time);
        let aggregates = aggregates.map(|t| (t.0, t.0));
        rows.chain(samples)
            .chain(events)
            .chain(aggregates)
            .filter(|(start, _)| *start >= TIMED_FROM)
            .fold(None, |all, (a, b)| span(all, Some((Time(a), Time(b)))))
    }
}

/// The day of a time.
fn day(time: i64) -> Scope {
    if time < TIMED_FROM {
        Scope::Timeless
    } else {
        Scope::Day(time.div_euclid(DAY))
    }
}

fn of_event(event: &Event) -> Scope {
    if event.flags.has(Flags::TIMELESS) {
        Scope::Timeless
    } else {
        day(event.time.0)
    }
}

/// Whether a unit is this session, or a task in it.
pub(super) fn is_of_session(unit: &str, session: &str) -> bool {
    let rest = unit.strip_prefix(session);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
