//! A part of a workload by time or by value, when the records that it was folded from are gone.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use crate::record::{DimsId, Flags, Name};
use crate::units::Time;

use super::pieces::{TIMED_FROM, is_of_session};
use super::{CELL, Ending, SAMPLE_CELL, UnitId, Workload};

impl Workload {
    /// What began in a span of time, to the quarter of an hour; what has no time is left out. The
    /// wall-clock time of a unit belongs where the unit began. Whether an interface was down at the
    /// end of the span is known only where nothing is known of it later.
    #[must_use]
    pub fn between(&self, from: Option<Time>, to: Option<Time>) -> Workload {
        let holds = |time: Time| {
            time.0 >= TIMED_FROM && from.is_none_or(|f| time >= f) && to.is_none_or(|t| time < t)
        };
        let mut out = Workload {
            declared: Arc::clone(&self.declared),
            ..Workload::default()
        };
        let mut begins: HashMap<UnitId, i64> = HashMap::new();
        for row in &self.rows {
            let start = i64::from(row.key.cell).saturating_mul(CELL);
            let begin = begins.entry(row.key.unit).or_insert(start);
            *begin = start.min(*begin);
        }
        let at_cell = |cell: i64, length: i64| holds(Time(cell.saturating_mul(length)));
        let rows = self.rows.iter();
        out.rows = rows
            .filter(|r| at_cell(i64::from(r.key.cell), CELL))
            .cloned()
            .collect();
        for series in &self.samples {
            let mut part = series.clone();
            part.cells.retain(|(cell, _)| at_cell(*cell, SAMPLE_CELL));
            if !part.cells.is_empty() {
                out.samples.push(part);
            }
        }
        let lookups = self.lookups.iter();
        out.lookups = lookups.filter(|l| holds(l.time)).copied().collect();
        let steps = self.steps.iter();
        out.steps = steps.filter(|s| holds(s.start)).copied().collect();
        let pauses = self.pauses.iter();
        out.pauses = pauses.filter(|p| holds(p.time)).copied().collect();
        let events = self.events.iter();
        out.events = events
            .filter(|e| !e.flags.has(Flags::TIMELESS) && holds(e.time))
            .copied()
            .collect();
        let aggregates = self.aggregates.iter();
        out.aggregates = aggregates
            .filter(|a| a.time.is_some_and(holds))
            .copied()
            .collect();
        let walls = self.wall_clocks.iter();
        out.wall_clocks = walls
            .filter(|w| begins.get(&w.unit).is_some_and(|b| holds(Time(*b))))
            .cloned()
            .collect();
        let streams = self.streams.iter();
        out.streams = streams.filter_map(|s| s.within(holds)).collect();
        let times = self.sequences.sample_times.iter().map(|(source, times)| {
            let times: Vec<Time> = times.iter().copied().filter(|t| holds(*t)).collect();
            (*source, times)
        });
        out.sequences.sample_times = times.filter(|(_, times)| !times.is_empty()).collect();
        let readings = self.sequences.readings.iter();
        out.sequences.readings = readings.filter(|r| holds(r.time)).copied().collect();
        let endings = self.sequences.endings.iter();
        out.sequences.endings = endings
            .filter(|e| {
                e.last_success
                    .is_none_or(|last| to.is_none_or(|to| last < to))
            })
            .map(|e| Ending {
                last_success: e.last_success.filter(|last| holds(*last)),
                failures: e.failures.iter().copied().filter(|f| holds(*f)).collect(),
                ..e.clone()
            })
            .filter(|e| e.last_success.is_some() || !e.failures.is_empty())
            .collect();
        let rows = out.rows.iter().map(|r| r.key.unit);
        let units = rows.chain(out.samples.iter().map(|s| s.unit));
        let names = units.filter_map(|u| self.units.get(u.0 as usize));
        let names: BTreeSet<&str> = names.map(|u| u.name.as_str()).collect();
        let sessions = self.sequences.sessions.iter().copied();
        out.sequences.sessions = sessions
            .filter(|session| {
                let text = self.catalog.text(*session);
                let next = names.range(text..).next();
                next.is_some_and(|unit| is_of_session(unit, text))
            })
            .collect();
        out.with_names_of(self)
    }

    /// The operations with these values: the name of a dimension, `task`, or what names a unit (`unit`, `session`, `run`), and
    /// any of the values; and the samples with them. What belongs to neither is left out.
    #[must_use]
    pub fn only(&self, wanted: &[(String, Vec<String>)]) -> Workload {
        if wanted.is_empty() {
            return self.clone();
        }
        let has = |text: &str, values: &[String]| values.iter().any(|v| v == text);
        let holds = |dims: DimsId, task: Name, unit: UnitId| {
            wanted.iter().all(|(key, values)| match key.as_str() {
                "task" => has(self.catalog.text(task), values),
                "unit" | "session" | "run" => {
                    let unit = self.units.get(unit.0 as usize);
                    unit.is_some_and(|u| has(&u.name, values))
                }
                key => self
                    .catalog
                    .dims
                    .get(dims.0)
                    .iter()
                    .any(|(dimension, value)| {
                        self.catalog.dimension_name(*dimension) == key
                            && has(self.catalog.text(*value), values)
                    }),
            })
        };
        let mut out = Workload {
            declared: Arc::clone(&self.declared),
            ..Workload::default()
        };
        let rows = self.rows.iter();
        out.rows = rows
            .filter(|r| holds(r.key.dims, r.key.task, r.key.unit))
            .cloned()
            .collect();
        let samples = self.samples.iter();
        out.samples = samples
            .filter(|s| holds(s.dims, s.task, s.unit))
            .cloned()
            .collect();
        let lookups = self.lookups.iter();
        out.lookups = lookups
            .filter(|l| holds(l.dims, Name::NONE, l.unit))
            .copied()
            .collect();
        let steps = self.steps.iter();
        out.steps = steps
            .filter(|s| holds(s.dims, Name::NONE, s.unit))
            .copied()
            .collect();
        let pauses = self.pauses.iter();
        out.pauses = pauses
            .filter(|p| holds(p.dims, Name::NONE, p.unit))
            .copied()
            .collect();
        // A stream with holes says nothing of what a request expects from the one before.
        if wanted
            .iter()
            .all(|(key, _)| ["unit", "session", "run"].contains(&key.as_str()))
        {
            let streams = self.streams.iter();
            out.streams = streams
                .filter(|s| holds(DimsId(0), Name::NONE, s.unit))
                .cloned()
                .collect();
        }
        out.with_names_of(self)
    }
}
