//! What replays need in its order: lookups of context caches, and the steps they belong to.

use std::collections::HashMap;

use crate::record::{Dimension, Flags, Operation, OperationKind, OutcomeKind, Records};
use crate::workload::{Lookup, StepRun, UnitId};

use super::attribution::Joined;
use super::index::Quick;
use super::join;

/// Lookups whose key and answer are known.
pub(super) fn lookups(told: &Joined<'_>, joined: &join::Joined, records: &Records) -> Vec<Lookup> {
    if !joined.census.has_lookups {
        return Vec::new();
    }
    let operations = told
        .operations
        .iter()
        .zip(told.units.iter())
        .zip(&joined.roots)
        .zip(0_u32..);
    operations
        .filter_map(|(((operation, unit), root), index)| {
            let key = records.details_of(operation).cache_key?;
            (operation.cache > 0).then_some(())?;
            Some(Lookup {
                time: operation.start,
                host: records.catalog.dimension(operation.dims, Dimension::Host),
                key,
                hit: operation.cache == 2,
                took: operation.duration.max(-1),
                step: if *root == index {
                    0
                } else {
                    told.operations[*root as usize].id
                },
                dims: operation.dims,
                unit: unit?,
            })
        })
        .collect()
}

/// Steps as replays need them.
pub(super) struct Runs<'a> {
    records: &'a Records,
    /// Id of a step → time it waited for a slot.
    queues: HashMap<u64, i64, Quick>,
    is_wanted: bool,
}

impl<'a> Runs<'a> {
    /// Looks for what could be replayed: without a lookup or a wait for a slot no step is kept.
    pub(super) fn new(told: &Joined<'_>, joined: &join::Joined, records: &'a Records) -> Self {
        let mut queues: HashMap<u64, i64, Quick> = HashMap::default();
        let mut is_wanted = joined.census.has_lookups;
        let may_queue = joined.census.has(OperationKind::WaitQueue);
        let operations = told.operations.iter().zip(&joined.roots);
        for (operation, root) in operations.filter(|_| may_queue) {
            let step = told.operations[*root as usize].id;
            if operation.kind == OperationKind::WaitQueue && operation.duration >= 0 && step != 0 {
                is_wanted = true;
                let queue = queues.entry(step).or_default();
                *queue = queue.saturating_add(operation.duration);
            }
        }
        Self {
            records,
            queues,
            is_wanted,
        }
    }

    /// A step, where it is wanted.
    pub(super) fn step(&self, step: &Operation, unit: UnitId) -> Option<StepRun> {
        let is_placed = !step.flags.has(Flags::TIMELESS);
        (self.is_wanted && is_placed).then(|| StepRun {
            start: step.start,
            duration: step.duration.max(-1),
            queue: self.queues.get(&step.id).copied().unwrap_or(0),
            id: step.id,
            session: self.records.catalog.identities.get(step.identity.0).session,
            host: self.records.catalog.dimension(step.dims, Dimension::Host),
            dims: step.dims,
            unit,
            counts: step.duration >= 0
                && !step.flags.has(Flags::UNANSWERED)
                && matches!(
                    step.outcome,
                    OutcomeKind::Ok | OutcomeKind::Timeout | OutcomeKind::Unknown
                ),
        })
    }
}
