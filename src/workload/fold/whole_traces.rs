//! A trace of Langfuse that is told as a whole, beside the task at its root: one task, told twice.

use hashbrown::HashSet;

use crate::record::{IdentityId, Operation, OperationKind, Records, hash64};

use super::FoldOptions;

/// The format that tells traces as a whole. These name themselves as their run.
const TELLS_TRACES: &str = "langfuse";

/// Takes a trace for no task of its own where one is among its observations: it tells no more than their times, and not how
/// it ended. What it sums up still counts where they tell no tokens.
pub(super) fn settle(records: &mut Records, options: &FoldOptions) {
    if !options.file_formats.contains(&TELLS_TRACES) {
        return;
    }
    let catalog = &records.catalog;
    let is_trace = |o: &Operation| {
        let run = catalog.identities.get(o.identity.0).run;
        run.is_some() && o.id == hash64(catalog.text(run).as_bytes())
    };
    let is_told = |o: &&mut Operation| {
        o.kind == OperationKind::Task
            && options.file_formats.get(o.file as usize) == Some(&TELLS_TRACES)
    };
    let tasks = records.operations.iter_mut().filter(is_told);
    let (traces, roots): (Vec<_>, Vec<_>) = tasks.partition(|task| is_trace(task));
    let has_root: HashSet<IdentityId> = roots.iter().map(|root| root.identity).collect();
    for trace in traces {
        if has_root.contains(&trace.identity) {
            trace.kind = OperationKind::Other;
        }
    }
}
