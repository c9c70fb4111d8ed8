//! Rows: sums over operations with the same key.

use std::hash::BuildHasher;

use hashbrown::HashTable;

use crate::record::{Details, Flags, Operation, OperationKind, OutcomeKind};
use crate::workload::histogram::{Histogram, bucket};
use crate::workload::{Extra, Figure, Figures, Row, RowKey};

use super::grouped::Grouped;
use super::index::{Quick, number};
use super::join::Role;
use super::pricing::Priced;

/// Rows by key, in the order in which they are met.
#[derive(Debug, Default)]
pub(super) struct Rows {
    rows: Vec<Row>,
    /// Their numbers by the hash of their keys.
    index: HashTable<u32>,
    /// Row and bucket of each time that counts: distributions that grow with every value would take most of the time.
    times: Vec<(u32, u16)>,
}

impl Rows {
    /// Adds an operation to the row of `key`.
    pub(super) fn add(
        &mut self,
        key: RowKey,
        operation: &Operation,
        details: Details,
        role: Role,
        priced: Priced,
    ) {
        let index = self.place(key);
        let row = &mut self.rows[index];
        let outcome = &mut row.outcomes[operation.outcome as usize];
        *outcome = outcome.saturating_add(1);
        if let Some(duration) = time(row, operation) {
            row.time.note(duration);
            self.times
                .push((number(index), bucket(duration.unsigned_abs())));
        }
        add_tokens(row, operation, details, role);
        add_priced(row, priced, role);
        add_cost(row, operation, role);
        add_details(row, operation, details);
        if role.is_step && operation.kind == OperationKind::Step && !role.has_attempts {
            let extra = extra(row);
            extra.bare_steps += 1;
            extra.bare_rate_limited += u64::from(operation.outcome == OutcomeKind::RateLimited);
        }
        if operation.kind == OperationKind::ModelRequest && operation.attempt > 1 {
            extra(row).retries += 1;
        }
    }

    /// The place of the row of a key.
    fn place(&mut self, key: RowKey) -> usize {
        let hash = |key: &RowKey| Quick::default().hash_one(key);
        let rows = &self.rows;
        let found = self.index.entry(
            hash(&key),
            |place| rows[*place as usize].key == key,
            |place| hash(&rows[*place as usize].key),
        );
        let place = *found.or_insert_with(|| number(rows.len())).get() as usize;
        if place == self.rows.len() {
            self.rows.push(Row {
                key,
                outcomes: [0; 6],
                time: Figure::default(),
                extra: None,
            });
        }
        place
    }

    /// All rows.
    pub(super) fn finish(self) -> Vec<Row> {
        let (mut rows, times) = (self.rows, self.times);
        let by_row = Grouped::new(rows.len(), times.len(), |at| Some(times[at].0 as usize));
        let mut buckets = Vec::new();
        for (index, row) in rows.iter_mut().enumerate() {
            buckets.clear();
            buckets.extend(by_row.of(index).iter().map(|at| times[*at as usize].1));
            row.time.histogram = Histogram::of_buckets(&mut buckets);
        }
        rows
    }
}

/// The cell of a start, of this many nanoseconds.
pub(super) fn cell_of(operation: &Operation, cell: i64) -> i32 {
    // Times of inputs lie between 2000 and 2100: cells of minutes are below seventy million.
    i32::try_from(operation.start.0.div_euclid(cell.max(1))).unwrap_or(i32::MAX)
}

fn extra(row: &mut Row) -> &mut Extra {
    row.extra.get_or_insert_default()
}

fn figures(row: &mut Row) -> &mut Figures {
    extra(row).figures.get_or_insert_default()
}

/// The time of an operation where it counts as such; that of an error is noted.
fn time(row: &mut Row, operation: &Operation) -> Option<i64> {
    // Where the log merely ended is no duration.
    if operation.duration < 0 || operation.flags.has(Flags::UNANSWERED) {
        return None;
    }
    match operation.outcome {
        OutcomeKind::Ok | OutcomeKind::Timeout | OutcomeKind::Unknown => {
            let is_hit =
                operation.kind == OperationKind::ContextPreparation && operation.cache == 2;
            (!is_hit).then_some(operation.duration)
        }
        OutcomeKind::Error | OutcomeKind::RateLimited | OutcomeKind::Cancelled => {
            figures(row).error_time.add(operation.duration);
            None
        }
    }
}

fn add_tokens(row: &mut Row, operation: &Operation, details: Details, role: Role) {
    if !operation.flags.has(Flags::HAS_TOKENS) || role.tokens_below {
        return;
    }
    let tokens = operation.tokens;
    let extra = extra(row);
    extra.with_tokens += 1;
    extra.fresh += u64::from(tokens.fresh);
    extra.cache_read += u64::from(tokens.cache_read);
    extra.cache_write += u64::from(tokens.cache_write);
    extra.cache_write_1h += u64::from(tokens.cache_write_1h);
    extra.output += u64::from(tokens.output);
    extra.reasoning += u64::from(tokens.reasoning);
    extra.lower_bounds += u64::from(operation.flags.has(Flags::OUTPUT_IS_LOWER_BOUND));
    if let Some(budget) = details.tokens_budget.filter(|b| *b > 0) {
        extra.budget_used += tokens.input();
        extra.budget += u64::from(budget);
    }
}

fn add_cost(row: &mut Row, operation: &Operation, role: Role) {
    if operation.cost < 0 || role.cost_below {
        return;
    }
    let tokens = operation.tokens;
    let extra = extra(row);
    extra.with_cost += 1;
    extra.cost += i128::from(operation.cost);
    if operation.flags.has(Flags::HAS_TOKENS) {
        extra.cost_with_tokens += i128::from(operation.cost);
        extra.cost_tokens += tokens.input() + u64::from(tokens.output);
    }
}

/// What the tokens cost by the table, under the same condition under which they count.
fn add_priced(row: &mut Row, priced: Priced, role: Role) {
    if role.tokens_below {
        return;
    }
    match priced {
        Priced::No => {}
        Priced::Unknown => extra(row).unpriced += 1,
        Priced::Cost(nano) | Priced::AtLeast(nano) => {
            let extra = extra(row);
            extra.priced += 1;
            extra.priced_at_least += u64::from(matches!(priced, Priced::AtLeast(_)));
            extra.computed_cost += i128::from(nano);
        }
    }
}

fn add_details(row: &mut Row, operation: &Operation, details: Details) {
    if operation.cache > 0 {
        let extra = extra(row);
        extra.cache_lookups += 1;
        extra.cache_hits += u64::from(operation.cache == 2);
    }
    if operation.details == 0 {
        return;
    }
    if let Some(accuracy) = details.accuracy {
        figures(row).accuracy.add(i64::from(accuracy));
    }
    if let Some(memory) = details.memory {
        figures(row)
            .memory
            .add(i64::try_from(memory).unwrap_or(i64::MAX));
    }
    if let Some(used) = details.files_used {
        figures(row).files_used.add(i64::from(used));
    }
    if let Some(considered) = details.files_considered {
        figures(row).files_considered.add(i64::from(considered));
    }
    if let (Some(used), Some(considered)) = (details.files_used, details.files_considered) {
        let extra = extra(row);
        extra.files_used_of_known += u64::from(used);
        extra.files_considered_of_known += u64::from(considered);
    }
}
