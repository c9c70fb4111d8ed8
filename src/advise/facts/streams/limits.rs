//! Where calls of a tool time out, beside how long those take that succeed.

use std::collections::BTreeMap;

use super::super::{Fact, Facts};
use crate::advise::rule::Subject;
use crate::record::{Name, OutcomeKind};
use crate::units::NANOS;
use crate::workload::{Units, Workload};

/// How far from the limit a time-out may end, as a share of it.
const NEAR: f64 = 0.02;
/// A limit so many times as long as nearly all successful calls take spares waiting and ends hardly one of
/// them.
const ROOM: f64 = 1.5;
/// Up to this share of the limit successful calls leave room for a shorter one.
const LOOSE: f64 = 0.1;
/// What becomes of the limit where calls are close to it is not known.
const UNKNOWN_TAIL: &str =
    "calls that timed out ended at the limit: how long they would have taken is not recorded";

/// Calls of one tool: seconds of those that succeeded and of those that timed out, and where.
#[derive(Default)]
struct Calls {
    succeeded: Vec<f64>,
    timed_out: Vec<f64>,
    units: Units,
}

pub(super) fn gather(workload: &Workload, facts: &mut Facts) {
    let mut tools: BTreeMap<Name, Calls> = BTreeMap::new();
    for stream in &workload.streams {
        for call in &stream.calls {
            let Some(took) = call.duration() else {
                continue;
            };
            let of_tool = tools.entry(call.tool).or_default();
            of_tool.units.entry(stream.unit);
            let seconds = took as f64 / NANOS as f64;
            match call.outcome {
                OutcomeKind::Ok => of_tool.succeeded.push(seconds),
                OutcomeKind::Timeout => of_tool.timed_out.push(seconds),
                _ => {}
            }
        }
    }
    for (tool, calls) in tools {
        let name = workload.catalog.text(tool).to_owned();
        of_tool(&name, calls, facts);
    }
}

fn of_tool(name: &str, mut calls: Calls, facts: &mut Facts) {
    let Some(limit) = super::median(&mut calls.timed_out).filter(|l| *l > 0.0) else {
        return;
    };
    let is_near = |took: &&f64| (*took / limit - 1.0).abs() <= NEAR;
    let near = calls.timed_out.iter().filter(is_near).count();
    // Time-outs that end anywhere have no common limit.
    if near * 2 < calls.timed_out.len() {
        return;
    }
    let units = calls.units.len() as u64;
    let mut add = |fact: &str, value: Fact| {
        facts.add_of(
            Subject::Tool,
            name,
            fact,
            value.count("units", units).named(name),
        );
    };
    add(
        "tool.timeout_limit",
        Fact::of(limit).count("n", near as u64),
    );
    let n = calls.succeeded.len();
    // The smallest value with at least 99 % at or below it.
    let Some(rank) = (n * 99).div_ceil(100).checked_sub(1) else {
        return;
    };
    let (_, p99, _) = (calls.succeeded).select_nth_unstable_by(rank, f64::total_cmp);
    let p99 = *p99;
    let fit = p99 / limit;
    add("tool.timeout_fit", Fact::of(fit).count("n", n as u64));
    if fit <= LOOSE && p99 > 0.0 {
        let tenths = (p99 * ROOM * 10.0).ceil();
        add("tool.timeout_proposed", Fact::of(tenths / 10.0));
    } else {
        facts
            .withheld
            .insert("tool.timeout_proposed".into(), UNKNOWN_TAIL.into());
    }
}
