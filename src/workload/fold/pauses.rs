//! Waits before retries, in their order within the step that they belong to.

use std::collections::HashMap;

use crate::record::{Flags, Operation, OperationKind, OutcomeKind, Records};
use crate::workload::Pause;

use super::attribution::Joined as Told;
use super::index::{Quick, number};
use super::join::Joined;

/// All waits that went on to their end. What a step does after a wait is the retry of the wait's number; one that names
/// a single request, or nothing, belongs to no step.
pub(super) fn pauses(told: &Told<'_>, joined: &Joined, records: &Records) -> Vec<Pause> {
    if !joined.census.has(OperationKind::WaitBackoff) {
        return Vec::new();
    }
    let is_pause = |o: &Operation| {
        o.kind == OperationKind::WaitBackoff
            && o.duration >= 0
            && !o.flags.has(Flags::TIMELESS)
            && is_time(o.outcome)
    };
    let operations = told.operations.iter().enumerate();
    let mut waits: Vec<(u32, i64, usize)> = operations
        .filter(|(_, o)| is_pause(o))
        .map(|(index, o)| (joined.roots[index], o.start.0, index))
        .collect();
    if waits.is_empty() {
        return Vec::new();
    }
    waits.sort_unstable();
    let formed: HashMap<u32, &Operation, Quick> = joined
        .formed_of
        .iter()
        .copied()
        .zip(&joined.formed)
        .collect();
    let step_of = |root: u32| {
        let recorded = &told.operations[root as usize];
        let is_step = recorded.kind == OperationKind::Step;
        formed.get(&root).copied().or(is_step.then_some(recorded))
    };
    let mut all = Vec::with_capacity(waits.len());
    for of_step in waits.chunk_by(|a, b| a.0 == b.0) {
        let step = step_of(of_step[0].0);
        for (retry, (_, _, index)) in (1..).zip(of_step) {
            let wait = &told.operations[*index];
            let Some(unit) = told.units.get(*index) else {
                continue;
            };
            all.push(Pause {
                time: wait.start,
                nanos: wait.duration,
                asked: records.details_of(wait).retry_after.unwrap_or(0),
                retry: if step.is_some() { number(retry) } else { 0 },
                dims: step.map_or(wait.dims, |s| s.dims),
                unit,
                is_subagent: wait.flags.has(Flags::SUBAGENT) || told.roles[*index].role().in_tool,
                counts: step.is_some_and(|s| {
                    s.duration >= 0 && !s.flags.has(Flags::UNANSWERED) && is_time(s.outcome)
                }),
            });
        }
    }
    all
}

/// Whether the time of what ended so is counted as such.
fn is_time(outcome: OutcomeKind) -> bool {
    matches!(
        outcome,
        OutcomeKind::Ok | OutcomeKind::Timeout | OutcomeKind::Unknown
    )
}
