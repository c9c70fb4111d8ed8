//! One session that several sources tell of: spans and events of OTLP, the agent's own log, metrics.
//!
//! They are never added. What OTLP tells of a session's requests counts before what the log of the agent
//! tells of it, since it is measured; counters of tokens and money count only where no request tells them.

use std::collections::HashSet;

use crate::metrics::Metric;
use crate::record::{Flags, IdentityId, Measured, Name, OperationKind, Records, Sample};

use super::FoldOptions;
use super::units::is_agent_log;

/// The format whose records are measured, and whose counters repeat them.
const MEASURED: &str = "otlp";

/// Drops what a better source tells too. Returns how many records (lines, points) were dropped.
pub(super) fn prefer(records: &mut Records, options: &FoldOptions) -> u64 {
    let format = |file: u32| {
        options
            .file_formats
            .get(file as usize)
            .copied()
            .unwrap_or("")
    };
    if !options.file_formats.contains(&MEASURED) {
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
    // Sessions whose requests, and whose costs, are told; and those of which OTLP tells them.
    let (mut counted, mut priced, mut measured) = (HashSet::new(), HashSet::new(), HashSet::new());
    for request in operations
        .iter()
        .filter(|o| o.kind == OperationKind::ModelRequest && o.flags.has(Flags::HAS_TOKENS))
    {
        let session = session(request.identity);
        counted.insert(session);
        if request.cost >= 0 {
            priced.insert(session);
        }
        if format(request.file) == MEASURED {
            measured.insert(session);
        }
    }
    for sessions in [&mut counted, &mut priced, &mut measured] {
        sessions.remove(&Name::NONE);
    }
    let mut dropped = 0;
    let mut keep = |is_kept: bool, flags: Flags| {
        dropped += u64::from(!is_kept && flags.has(Flags::LEADS));
        is_kept
    };
    let is_told = |file: u32, identity: IdentityId| {
        is_agent_log(format(file)) && measured.contains(&session(identity))
    };
    operations.retain(|o| keep(!is_told(o.file, o.identity), o.flags));
    events.retain(|e| keep(!is_told(e.file, e.identity), e.flags));
    samples.retain(|sample: &Sample| {
        let sessions = match sample.metric {
            Measured::Known(Metric::Cost) => &priced,
            Measured::Known(
                Metric::InputTokens
                | Metric::OutputTokens
                | Metric::CacheReadTokens
                | Metric::CacheWriteTokens,
            ) => &counted,
            _ => return true,
        };
        let repeats =
            format(sample.file) == MEASURED && sessions.contains(&session(sample.identity));
        keep(!repeats, sample.flags)
    });
    dropped
}
