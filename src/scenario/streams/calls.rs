//! The calls of one reply at once.

use std::collections::BTreeMap;

use super::Run;
use crate::assessment::Reproduction;
use crate::metrics::Metric;
use crate::record::Name;
use crate::scenario::replay::{Bench, Withheld, reproduction};
use crate::scenario::requests::parallel;
use crate::scenario::requests::tools::{EDITS, named};
use crate::units::NANOS;
use crate::workload::{Stream, StreamCall, UnitId, Units, WallPart, Workload};

/// The part of reproductions that says how long tools ran.
const TOOLS: &str = "of tools";

/// `left` are the streams with the calls that are still made.
pub(super) fn replay(
    bench: &Bench<'_>,
    is_parallel: bool,
    left: &[Stream],
    run: &mut Run,
) -> Result<(), Withheld> {
    let workload = bench.workload;
    let all = main(workload, &workload.streams);
    if !is_parallel {
        return Err(Withheld::because(
            "what ran at once would run one after another: in which order is not recorded",
        ));
    }
    if all.iter().all(|s| s.calls.is_empty()) {
        return Err(Withheld::because(
            "no tool call names the reply that asked for it, or no wall-clock time is known",
        ));
    }
    run.reproduced(of_tools(workload, &all));
    let edits = named(workload, EDITS);
    let mut replies = 0_u64;
    for stream in main(workload, left) {
        let mut nanos = 0_i64;
        for reply in stream.calls.chunk_by(|a, b| a.request == b.request) {
            let calls = timed(reply, &edits);
            let saved = parallel::saved(&calls, usize::MAX);
            replies += u64::from(saved > 0);
            nanos = nanos.saturating_add(saved);
        }
        run.add(Metric::SessionTime, stream.unit, 0.0, -seconds(nanos));
    }
    run.bound();
    run.note(format!(
        "Replies whose calls ran one after another: {replies}. Each then takes as long as its longest call. Calls that change files stay one after another; those of subagents are left as they are.",
    ));
    Ok(())
}

/// Of streams the main conversations of units whose wall-clock time is known.
pub(super) fn main<'s>(workload: &Workload, streams: &'s [Stream]) -> Vec<&'s Stream> {
    let timed: Units = workload.wall_clocks.iter().map(|w| w.unit).collect();
    streams
        .iter()
        .filter(|s| !s.is_subagent && s.is_serial() && timed.contains(s.unit))
        .collect()
}

/// Start and end of the calls of a reply that may run at once.
fn timed(reply: &[StreamCall], edits: &[Name]) -> Vec<(i64, i64)> {
    reply
        .iter()
        .filter(|c| c.duration().is_some() && !edits.contains(&c.tool))
        .map(|c| (c.start.0, c.end().0))
        .collect()
}

/// How long the calls of main conversations ran as they were recorded, against the part of the tools in
/// the wall-clock time of their units.
pub(super) fn of_tools(workload: &Workload, main: &[&Stream]) -> Reproduction {
    let mut own: BTreeMap<UnitId, Vec<(i64, i64)>> = BTreeMap::new();
    for stream in main {
        let calls = stream.calls.iter().map(|c| (c.start.0, c.end().0));
        own.entry(stream.unit).or_default().extend(calls);
    }
    let replayed: i64 = own.values().map(|calls| parallel::union(calls)).sum();
    let part = WallPart::Tool as usize;
    let measured: u128 = workload
        .wall_clocks
        .iter()
        .filter(|w| own.contains_key(&w.unit))
        .map(|w| w.parts[part])
        .sum();
    #[allow(clippy::cast_precision_loss)]
    let measured = measured as f64 / NANOS as f64;
    reproduction(Metric::SessionTime, TOOLS, measured, seconds(replayed))
}

#[allow(clippy::cast_precision_loss)]
pub(super) fn seconds(nanos: i64) -> f64 {
    nanos as f64 / NANOS as f64
}
