//! What main conversations waited for: people, calls that ran one after another, jobs that were looked at.
//!
//! Shares are of the wall-clock time of the units, waits of people who were away left out.

use super::super::{Fact, Facts};
use super::units;
use crate::scenario::requests::parallel;
use crate::scenario::requests::rates::Pricing;
use crate::scenario::requests::tools::{EDITS, LOOKS, READS, looking, named, single_reads, waits};
use crate::workload::{Stream, StreamCall, StreamRequest, Units, WallPart, Workload};

pub(super) fn gather(workload: &Workload, pricing: &Pricing, facts: &mut Facts) {
    looks(workload, pricing, facts);
    let timed: Units = workload.wall_clocks.iter().map(|w| w.unit).collect();
    let present = |w: &crate::workload::WallClock| w.span() - w.parts[WallPart::Away as usize];
    #[allow(clippy::cast_precision_loss)]
    let wall = workload.wall_clocks.iter().map(present).sum::<u128>() as f64;
    let main: Vec<&Stream> = workload
        .streams
        .iter()
        .filter(|s| !s.is_subagent && timed.contains(s.unit))
        .filter(|s| !s.calls.is_empty() && s.is_serial())
        .collect();
    if wall <= 0.0 || main.is_empty() {
        return;
    }
    approvals(workload, &main, wall, facts);
    serial(workload, &main, wall, facts);
    singles(workload, &main, wall, facts);
}

/// Suspected waits for an approval: where decisions are logged the time of tools has none of them.
#[allow(clippy::cast_precision_loss)]
fn approvals(workload: &Workload, main: &[&Stream], wall: f64, facts: &mut Facts) {
    let edits = named(workload, EDITS);
    let is_edit = |c: &StreamCall| edits.contains(&c.tool);
    if !main.iter().any(|s| s.calls.iter().any(is_edit)) {
        return;
    }
    let (mut nanos, mut calls) = (0, 0);
    for stream in main {
        let waits = waits(stream, &edits);
        calls += waits.len() as u64;
        nanos += parallel::union(&waits);
    }
    facts.add(
        "approval.share",
        Fact::of(nanos as f64 / wall)
            .count("n", calls)
            .count("units", units(main.iter().copied())),
    );
}

/// What the calls of each reply would have saved at once; changes of files stay one after another.
#[allow(clippy::cast_precision_loss)]
fn serial(workload: &Workload, main: &[&Stream], wall: f64, facts: &mut Facts) {
    let edits = named(workload, EDITS);
    let (mut nanos, mut replies) = (0_i64, 0);
    for stream in main {
        for reply in stream.calls.chunk_by(|a, b| a.request == b.request) {
            let calls: Vec<(i64, i64)> = reply
                .iter()
                .filter(|c| !edits.contains(&c.tool))
                .filter(|c| c.duration().is_some())
                .map(|c| (c.start.0, c.end().0))
                .collect();
            if calls.len() > 1 {
                replies += 1;
                nanos = nanos.saturating_add(parallel::saved(&calls, usize::MAX));
            }
        }
    }
    facts.add(
        "tools.serial_share",
        Fact::of(nanos as f64 / wall)
            .count("n", replies)
            .count("units", units(main.iter().copied())),
    );
}

/// Requests between replies that each made one call which only reads.
#[allow(clippy::cast_precision_loss)]
fn singles(workload: &Workload, main: &[&Stream], wall: f64, facts: &mut Facts) {
    let reads = named(workload, READS);
    let (mut nanos, mut replies) = (0_i64, 0);
    for stream in main {
        for run in single_reads(stream, &reads) {
            replies += run.len() as u64;
            let spared = stream.requests[run].iter().skip(1);
            nanos = nanos.saturating_add(spared.filter_map(StreamRequest::duration).sum());
        }
    }
    facts.add(
        "tools.single_share",
        Fact::of(nanos as f64 / wall)
            .count("n", replies)
            .count("units", units(main.iter().copied())),
    );
}

/// Replies that only wait for a job or look at it, and what they cost.
fn looks(workload: &Workload, pricing: &Pricing, facts: &mut Facts) {
    let looks = named(workload, LOOKS);
    let (mut all, mut looked, mut replies) = (0.0, 0.0, 0);
    let cost = |request| pricing.rates(request).map_or(0.0, |r| r.cost(request));
    for stream in &workload.streams {
        all += stream.requests.iter().map(cost).sum::<f64>();
        for run in looking(stream, &looks) {
            replies += run.len() as u64;
            looked += stream.requests[run].iter().map(cost).sum::<f64>();
        }
    }
    if all > 0.0 && workload.streams.iter().any(|s| !s.calls.is_empty()) {
        facts.add(
            "polling.share",
            Fact::of(looked / all)
                .count("n", replies)
                .count("units", units(&workload.streams)),
        );
    }
}
