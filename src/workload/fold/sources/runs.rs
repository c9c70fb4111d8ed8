//! The same run told by a span and by the result that it printed: of one session, about as long.
//!
//! Results know no time of day. Each is taken once, those whose durations are closest first.

use hashbrown::HashMap;

use crate::record::{Name, OperationKind, Records};
use crate::units::NANOS;
use crate::workload::Source;

use super::super::FoldOptions;
use super::super::united::complete;
use super::{Repeats, source_of};

/// A span and the result of the same run differ in their duration by at most so much, in nanoseconds.
const APART: i64 = 5 * NANOS;

/// Drops runs that results tell where a span tells the same; what the dropped one alone knew is kept.
pub(super) fn drop_told(records: &mut Records, options: &FoldOptions, repeats: &mut Repeats) {
    let Records {
        catalog,
        operations,
        ..
    } = records;
    let mut spans: HashMap<Name, Vec<usize>> = HashMap::new();
    let mut results = Vec::new();
    for (n, operation) in operations.iter().enumerate() {
        let session = catalog.identities.get(operation.identity.0).session;
        if operation.kind != OperationKind::Task || operation.duration < 0 || !session.is_some() {
            continue;
        }
        match source_of(operation.file, operation.flags, options) {
            Some(Source::Spans) => spans.entry(session).or_default().push(n),
            Some(Source::Result) => results.push((session, n)),
            _ => {}
        }
    }
    for spans in spans.values_mut() {
        spans.sort_unstable_by_key(|span| operations[*span].duration);
    }
    let mut candidates = Vec::new();
    for (session, result) in results {
        let Some(spans) = spans.get(&session) else {
            continue;
        };
        let b = &operations[result];
        let duration = |span: usize| operations[span].duration;
        let from = spans.partition_point(|s| duration(*s) < b.duration.saturating_sub(APART));
        let near = spans[from..]
            .iter()
            .take_while(|s| duration(**s) <= b.duration.saturating_add(APART));
        for span in near {
            let a = &operations[*span];
            let apart = a.duration.abs_diff(b.duration);
            // Nothing that depends on the order of reading decides, as far as they differ in anything.
            let place = (apart, a.start, a.key, b.duration, b.cost, b.key);
            candidates.push((place, session, *span, result));
        }
    }
    candidates.sort_unstable_by_key(|(place, ..)| *place);
    let mut is_taken = vec![false; operations.len()];
    let mut is_dropped = vec![false; operations.len()];
    for (_, session, span, result) in candidates {
        if is_taken[span] || is_dropped[result] {
            continue;
        }
        let lost = operations[result];
        complete(&mut operations[span], &lost, catalog);
        repeats.note(Source::Spans, Source::Result, session, lost.flags);
        is_taken[span] = true;
        is_dropped[result] = true;
    }
    let mut dropped = is_dropped.into_iter();
    operations.retain(|_| !dropped.next().unwrap_or(false));
}
