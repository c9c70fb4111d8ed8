//! Operations become rows in several threads at once, each with rows of its own.
//!
//! Sums know no order, and rows of one key become one in the canonical form: the result is the same
//! however the operations are shared out.

use std::sync::{Mutex, PoisonError};

use crate::prices::PriceTable;
use crate::record::{Dimension, Flags, Name, Operation, OutcomeKind, Records};
use crate::threads;
use crate::units::Time;
use crate::workload::canonical::span;
use crate::workload::{Ending, RowKey, StepRun, UnitId, Workload};

use super::courses::Ended;
use super::join::{Packed, Role};
use super::pricing::Pricing;
use super::rows::{self, Rows};
use super::runs::Runs;
use super::selection::Selection;
use super::streams::Streams;
use super::units::UnitsOf;

/// Operations that a thread takes at once.
const TAKEN: usize = 1 << 11;

/// With fewer operations a second thread is not worth its start.
const WORTH_THREADS: usize = 1 << 15;

/// Memory is given back after as many operations.
const GIVEN_BACK: usize = 1 << 13;

/// What is known of each operation, by its number.
pub(super) struct Known<'a> {
    pub(super) records: &'a Records,
    pub(super) runs: &'a Runs<'a>,
    pub(super) roles: &'a [Packed],
    /// The operation that each belongs to.
    pub(super) roots: &'a [u32],
    /// `None`: not selected.
    pub(super) units: &'a UnitsOf,
    pub(super) selection: &'a Selection,
    /// Where the selection begins.
    pub(super) from: Option<Time>,
    pub(super) prices: Option<&'a PriceTable>,
    /// Length of a cell.
    pub(super) cell: i64,
    /// Whether it is kept how each step ended.
    pub(super) keeps_courses: bool,
}

/// What a part of the operations gave.
pub(super) struct Share<'a> {
    records: &'a Records,
    runs: &'a Runs<'a>,
    pricing: Pricing<'a>,
    rows: Rows,
    endings: Vec<Ending>,
    /// How each step ended, where that is kept.
    pub(super) ended: Vec<Ended>,
    keeps_courses: bool,
    steps: Vec<StepRun>,
    streams: Streams,
    period: Option<(Time, Time)>,
    /// For each name whether it is that of a session.
    is_session: Vec<bool>,
    operations: u64,
    leading: u64,
    clock_faults: u64,
    cell: i64,
}

impl<'a> Share<'a> {
    pub(super) fn new(known: &Known<'a>) -> Self {
        Self {
            records: known.records,
            runs: known.runs,
            pricing: Pricing::new(known.prices),
            rows: Rows::default(),
            endings: Vec::new(),
            ended: Vec::new(),
            keeps_courses: known.keeps_courses,
            steps: Vec::new(),
            streams: Streams::default(),
            period: None,
            is_session: vec![false; known.records.catalog.names.values().len()],
            operations: 0,
            leading: 0,
            clock_faults: 0,
            cell: known.cell,
        }
    }

    /// Adds to the row of an operation.
    pub(super) fn add(&mut self, operation: &Operation, role: Role, unit: UnitId) {
        let catalog = &self.records.catalog;
        let key = RowKey {
            unit,
            task: catalog.identities.get(operation.identity.0).task,
            operation: operation.kind,
            is_step: role.is_step,
            dims: operation.dims,
            cell: rows::cell_of(operation, self.cell),
        };
        let priced = self.pricing.of(catalog, operation);
        let details = self.records.details_of(operation);
        self.rows.add(key, operation, details, role, priced);
        if role.is_step {
            self.steps.extend(self.runs.step(operation, unit));
            let interface = catalog.dimension(operation.dims, Dimension::Interface);
            note_ending(&mut self.endings, interface, operation);
            if self.keeps_courses {
                self.ended.extend(Ended::of(catalog, operation));
            }
        }
        if !operation.flags.has(Flags::TIMELESS) {
            let end = operation.end().unwrap_or(operation.start);
            self.period = span(self.period, Some((operation.start, end)));
        }
    }

    /// Adds an operation that a record holds.
    fn take(&mut self, operation: &Operation, role: Role, unit: UnitId) {
        self.add(operation, role, unit);
        self.operations += 1;
        self.leading += u64::from(operation.flags.has(Flags::LEADS));
        self.clock_faults += u64::from(operation.duration < -1);
        let identities = &self.records.catalog.identities;
        let session = identities.get(operation.identity.0).session;
        self.is_session[session.0 as usize] = true;
    }

    /// Notes an operation that is not selected.
    fn leave_out(&mut self, operation: &Operation, known: &Known<'_>) {
        let is_in_time = known.selection.holds_at(Some(operation.start));
        let is_before = known.from.is_some_and(|from| operation.start < from);
        let catalog = &self.records.catalog;
        self.streams
            .leave_out(catalog, operation, is_in_time, is_before);
    }

    /// The streams, which are finished together with those of other parts.
    pub(super) fn take_streams(&mut self) -> Streams {
        std::mem::take(&mut self.streams)
    }

    /// Puts all of it but the streams into a workload, unsorted.
    pub(super) fn put_into(self, workload: &mut Workload) {
        workload.rows.append(&mut self.rows.finish());
        workload.sequences.endings.extend(self.endings);
        workload.steps.extend(self.steps);
        workload.period = span(workload.period, self.period);
        workload.counts.operations += self.operations;
        workload.counts.records += self.leading;
        workload.counts.clock_faults += self.clock_faults;
        // The first name is none.
        let sessions = (1..)
            .zip(self.is_session.into_iter().skip(1))
            .filter_map(|(name, is_session)| is_session.then_some(Name(name)));
        workload.sequences.sessions.extend(sessions);
    }
}

/// Shares out all operations, which are used up.
pub(super) fn share_out<'a>(operations: Vec<Operation>, known: &Known<'a>) -> Vec<Share<'a>> {
    let count = if operations.len() < WORTH_THREADS {
        1
    } else {
        threads::count()
    };
    let left = Mutex::new(operations);
    let work = || {
        let mut share = Share::new(known);
        loop {
            // From the end, so that memory is given back while the rows grow.
            let (first, taken) = {
                let mut left = left.lock().unwrap_or_else(PoisonError::into_inner);
                let first = left.len().saturating_sub(TAKEN);
                let taken = left.split_off(first);
                if left.capacity() - first >= GIVEN_BACK {
                    left.shrink_to_fit();
                }
                (first, taken)
            };
            if taken.is_empty() {
                return share;
            }
            for (index, operation) in (first..).zip(&taken) {
                let Some(unit) = known.units.get(index) else {
                    share.leave_out(operation, known);
                    continue;
                };
                share.take(operation, known.roles[index].role(), unit);
                let catalog = &known.records.catalog;
                let root = known.roots[index];
                share.streams.add(catalog, index, operation, root, unit);
            }
        }
    };
    threads::each(count, work)
}

fn note_ending(endings: &mut Vec<Ending>, interface: Name, step: &Operation) {
    if !interface.is_some() {
        return;
    }
    let known = endings.iter().position(|e| e.interface == interface);
    let ending = match known {
        Some(index) => &mut endings[index],
        None => {
            endings.push(Ending {
                interface,
                last_success: None,
                failures: Vec::new(),
            });
            let last = endings.len() - 1;
            &mut endings[last]
        }
    };
    match step.outcome {
        OutcomeKind::Ok => ending.last_success = ending.last_success.max(Some(step.start)),
        OutcomeKind::Error | OutcomeKind::Timeout | OutcomeKind::RateLimited => {
            // Only failures after the last success matter; those before it are not kept.
            if ending.last_success.is_none_or(|last| step.start > last) {
                ending.failures.push(step.start);
            }
        }
        // Neither a failure nor a sign of life.
        OutcomeKind::Cancelled | OutcomeKind::Unknown => {}
    }
}

#[cfg(test)]
mod tests {
    use crate::record::{Identity, Operation, OperationKind, OutcomeKind, Records};
    use crate::units::{NANOS, Time};
    use crate::workload::{FoldOptions, Workload, fold};

    /// Requests of some sessions among many, of which one in seven failed.
    fn records(sessions: std::ops::Range<i64>, each: i64) -> Records {
        let mut records = Records::default();
        for session in sessions {
            let name = records.catalog.name(&format!("session {session:03}"));
            let identity = records.catalog.identity(Identity {
                session: name,
                ..Identity::default()
            });
            for number in 0..each {
                let start = Time::EARLIEST.0 + (session + number * 100) * NANOS;
                let mut request = Operation::new(OperationKind::ModelRequest, Time(start), 0);
                request.identity = identity;
                request.duration = (session * 7_919 + number * 104_729) % 1_000_003;
                request.outcome = match number % 7 {
                    0 => OutcomeKind::Error,
                    _ => OutcomeKind::Ok,
                };
                records.operations.push(request);
            }
        }
        records
    }

    fn folded(records: Records) -> Workload {
        fold(records, &FoldOptions::default())
    }

    /// So many that they are shared out, against so few at a time that they are not.
    #[test]
    fn shared_out_or_not_the_rows_are_the_same() {
        let whole = folded(records(0..50, 1_000));
        assert!(whole.counts.operations as usize >= super::WORTH_THREADS);
        let pieces = (0..50).map(|session| folded(records(session..session + 1, 1_000)));
        let merged = pieces.reduce(Workload::merge).unwrap_or_default();
        assert_eq!(whole.units, merged.units);
        assert_eq!(whole.rows, merged.rows);
        assert_eq!(whole.wall_clocks, merged.wall_clocks);
        assert_eq!(whole.sequences, merged.sequences);
        assert_eq!(whole.counts, merged.counts);
        assert_eq!(whole.period, merged.period);
    }
}
