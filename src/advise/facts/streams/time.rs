//! What main conversations waited for: people, calls that ran one after another, jobs that were looked at.
//!
//! Shares are of the wall-clock time of the units, waits of people who were away left out.

use std::collections::BTreeSet;

use super::super::{Fact, Facts};
use super::units;
use crate::scenario::requests::parallel;
use crate::scenario::requests::rates::Pricing;
use crate::scenario::requests::tools::{EDITS, LOOKS, READS, named};
use crate::units::NANOS;
use crate::workload::{Stream, StreamCall, StreamRequest, UnitId, WallPart, Workload};

/// Beyond this a call of a file tool waits for somebody, in nanoseconds.
const APPROVED_WITHIN: i64 = 10 * NANOS;
/// Replies with a single call that only reads, one after another, from which on they could be one.
const RUN: usize = 3;

/// Whether a call changed a file and took so long that it waited for an approval.
pub(super) fn has_approval_wait(workload: &Workload, call: &StreamCall) -> bool {
    waited(workload, call) > 0
}

/// Nanoseconds beyond what such a call takes unattended.
fn waited(workload: &Workload, call: &StreamCall) -> i64 {
    if !EDITS.contains(&workload.catalog.text(call.tool)) {
        return 0;
    }
    call.duration().map_or(0, |d| (d - APPROVED_WITHIN).max(0))
}

pub(super) fn gather(workload: &Workload, pricing: &Pricing, facts: &mut Facts) {
    looks(workload, pricing, facts);
    let timed: BTreeSet<UnitId> = workload.wall_clocks.iter().map(|w| w.unit).collect();
    let present = |w: &crate::workload::WallClock| w.span() - w.parts[WallPart::Away as usize];
    #[allow(clippy::cast_precision_loss)]
    let wall = workload.wall_clocks.iter().map(present).sum::<u128>() as f64;
    let main: Vec<&Stream> = workload
        .streams
        .iter()
        .filter(|s| !s.is_subagent && timed.contains(&s.unit))
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
        let waits: Vec<(i64, i64)> = stream
            .calls
            .iter()
            .filter(|c| is_edit(c))
            .filter_map(|c| {
                let wait = waited(workload, c);
                (wait > 0).then(|| (c.end().0 - wait, c.end().0))
            })
            .collect();
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
        let mut run: Vec<&StreamRequest> = Vec::new();
        let mut end = |run: &mut Vec<&StreamRequest>| {
            if run.len() >= RUN {
                replies += run.len() as u64;
                let spared = run[1..].iter().filter_map(|r| r.duration());
                nanos = nanos.saturating_add(spared.sum());
            }
            run.clear();
        };
        for (request, calls) in stream.replies() {
            match calls {
                [one] if reads.contains(&one.tool) => run.push(request),
                _ => end(&mut run),
            }
        }
        end(&mut run);
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
    let is_look = |c: &StreamCall| looks.contains(&c.tool);
    let (mut all, mut looking, mut replies) = (0.0, 0.0, 0);
    for stream in &workload.streams {
        for (request, calls) in stream.replies() {
            let cost = pricing.rates(request).map_or(0.0, |r| r.cost(request));
            all += cost;
            if !calls.is_empty() && calls.iter().all(is_look) {
                replies += 1;
                looking += cost;
            }
        }
    }
    if all > 0.0 && workload.streams.iter().any(|s| !s.calls.is_empty()) {
        facts.add(
            "polling.share",
            Fact::of(looking / all)
                .count("n", replies)
                .count("units", units(&workload.streams)),
        );
    }
}
