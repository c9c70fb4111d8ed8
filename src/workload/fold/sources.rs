//! One session that several sources tell of: spans and events of OTLP, the agent's own log, metrics, the
//! result that a headless run prints.
//!
//! They are never added: spans and events come before logs, logs before results, results before metrics.
//! What OTLP tells of a session's requests counts before what the log of the agent tells of it, since it is
//! measured. What a result tells of tokens and money counts only where no request tells them, and of it the
//! run itself remains, with its duration and outcome. Counters of tokens and money count only where
//! neither tells them.

use std::collections::HashSet;

use crate::metrics::Metric;
use crate::record::{Flags, IdentityId, Measured, Name, Operation, OperationKind, Records, Sample};

use super::FoldOptions;
use super::units::is_agent_log;

/// The format whose records are measured, and whose counters repeat them.
const MEASURED: &str = "otlp";
/// The format whose records tell what a session used as a whole, and in part what it did.
const RESULTS: &str = "claude-results";

/// Drops what a better source tells too. Returns how many records (lines, points) were dropped.
pub(super) fn prefer(records: &mut Records, options: &FoldOptions) -> u64 {
    let format = |file: u32| {
        options
            .file_formats
            .get(file as usize)
            .copied()
            .unwrap_or("")
    };
    if [MEASURED, RESULTS]
        .iter()
        .all(|format| !options.file_formats.contains(format))
    {
        return 0;
    }
    let Records {
        catalog,
        operations,
        events,
        samples,
        ..
    } = records;
    let session = |identity: IdentityId| catalog.identities.get(identity.0).session;
    let is_result = |file: u32| format(file) == RESULTS;
    // Sessions whose tokens, and whose costs, are told by requests, and by results.
    let mut requests = Told::default();
    let mut results = Told::default();
    // Sessions of which OTLP tells the requests.
    let mut measured = HashSet::new();
    for operation in operations.iter() {
        let session = session(operation.identity);
        if is_result(operation.file) {
            results.note(session, operation);
        } else if operation.kind == OperationKind::ModelRequest
            && operation.flags.has(Flags::HAS_TOKENS)
        {
            requests.note(session, operation);
            if session.is_some() && format(operation.file) == MEASURED {
                measured.insert(session);
            }
        }
    }
    let mut dropped = 0;
    let mut keep = |is_kept: bool, flags: Flags| {
        dropped += u64::from(!is_kept && flags.has(Flags::LEADS));
        is_kept
    };
    let is_told = |file: u32, identity: IdentityId| {
        is_agent_log(format(file)) && measured.contains(&session(identity))
            || is_result(file) && requests.tokens.contains(&session(identity))
    };
    let is_run = |o: &Operation| is_result(o.file) && o.kind == OperationKind::Task;
    for run in operations.iter_mut().filter(|o| is_run(o)) {
        if requests.costs.contains(&session(run.identity)) {
            run.cost = -1;
        }
    }
    operations.retain(|o| keep(is_run(o) || !is_told(o.file, o.identity), o.flags));
    events.retain(|e| keep(!is_told(e.file, e.identity), e.flags));
    samples.retain(|sample: &Sample| {
        let told = match sample.metric {
            Measured::Known(Metric::Cost) => [&requests.costs, &results.costs],
            Measured::Known(
                Metric::InputTokens
                | Metric::OutputTokens
                | Metric::CacheReadTokens
                | Metric::CacheWriteTokens,
            ) => [&requests.tokens, &results.tokens],
            _ => return true,
        };
        let session = session(sample.identity);
        let repeats =
            format(sample.file) == MEASURED && told.iter().any(|told| told.contains(&session));
        keep(!repeats, sample.flags)
    });
    dropped
}

/// Sessions of which something is told.
#[derive(Default)]
struct Told {
    tokens: HashSet<Name>,
    costs: HashSet<Name>,
}

impl Told {
    fn note(&mut self, session: Name, operation: &Operation) {
        if !session.is_some() {
            return;
        }
        if operation.flags.has(Flags::HAS_TOKENS) {
            self.tokens.insert(session);
        }
        if operation.cost >= 0 {
            self.costs.insert(session);
        }
    }
}
