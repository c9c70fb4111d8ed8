//! Calls and requests that end at a limit, as time-outs.
//!
//! What took longer ends at the limit and has failed; nobody tries it again. A limit above what timed out
//! cannot be replayed: how it would have gone on is not recorded.

use std::collections::BTreeMap;

use super::Run;
use super::calls::{self, seconds};
use crate::metrics::Metric;
use crate::record::{Dimension, Name, OperationKind, OutcomeKind};
use crate::scenario::replay::{Bench, Withheld, reproduction, tail_of};
use crate::scenario::requests::parallel;
use crate::units::NANOS;
use crate::workload::{Figure, Stream, StreamCall, UnitId, Workload};

/// Limit of model requests.
const REQUESTS: &str = "model_request";
/// Limit of the calls of all tools.
const CALLS: &str = "tool_call";

/// `left` are the streams with the calls that are still made.
pub(super) fn replay(
    bench: &Bench<'_>,
    what: &str,
    limit: f64,
    left: &[Stream],
    run: &mut Run,
) -> Result<(), Withheld> {
    #[allow(clippy::cast_possible_truncation)] // saturates
    let nanos = (limit * NANOS as f64) as i64;
    if nanos <= 0 {
        return Err(Withheld::because("a limit of no time lets nothing end"));
    }
    if what == REQUESTS {
        of_requests(bench.workload, nanos, left, run)?;
    } else {
        of_calls(bench.workload, what, nanos, left, run)?;
    }
    run.replayed.is_assumed = true;
    Ok(())
}

/// What a limit does to one duration.
struct Cut {
    /// The time is counted now (failures are counted elsewhere).
    counts: bool,
    outcome: OutcomeKind,
    took: i64,
}

impl Cut {
    /// Change of n, of the sum in seconds, of successes, and of n of the rate.
    fn shift(&self, limit: i64) -> (f64, f64, f64, f64) {
        let is_told = self.outcome != OutcomeKind::Unknown;
        let (n, sum) = if self.counts {
            (0.0, seconds(limit - self.took))
        } else {
            (1.0, seconds(limit))
        };
        let lost = if self.outcome == OutcomeKind::Ok {
            -1.0
        } else {
            0.0
        };
        (n, sum, lost, if is_told { 0.0 } else { 1.0 })
    }
}

fn counts(outcome: OutcomeKind) -> bool {
    matches!(
        outcome,
        OutcomeKind::Ok | OutcomeKind::Timeout | OutcomeKind::Unknown
    )
}

fn of_calls(
    workload: &Workload,
    what: &str,
    limit: i64,
    left: &[Stream],
    run: &mut Run,
) -> Result<(), Withheld> {
    let tool = if what == CALLS {
        None
    } else {
        let found = workload.catalog.names.find(what).map(Name);
        let is_called = |name: Name| {
            let mut calls = workload.streams.iter().flat_map(|s| &s.calls);
            calls.any(|c| c.tool == name)
        };
        Some(found.filter(|n| is_called(*n)).ok_or_else(|| {
            Withheld::because(format!(
                "no call of a tool {what} was recorded with the reply that asked for it; the limit of all tools is timeout.{CALLS}, that of requests timeout.{REQUESTS}"
            ))
        })?)
    };
    let is_own = |c: &&StreamCall| tool.is_none_or(|t| t == c.tool);
    let own = |s: &Stream| -> Vec<StreamCall> {
        s.calls
            .iter()
            .filter(is_own)
            .filter(|c| c.duration().is_some())
            .copied()
            .collect()
    };
    let all = workload.streams.iter().flat_map(&own);
    let replayed: f64 = all
        .filter(|c| counts(c.outcome))
        .filter_map(|c| c.duration())
        .map(seconds)
        .sum();
    let (mut cut, mut sooner) = (0_u64, 0_u64);
    for stream in left {
        for call in own(stream) {
            let took = call.duration().unwrap_or(0);
            sooner += u64::from(call.outcome == OutcomeKind::Timeout && took < limit);
            let mut shift = (0.0, 0.0, 0.0, 0.0);
            if took > limit {
                cut += 1;
                let of = Cut {
                    counts: counts(call.outcome),
                    outcome: call.outcome,
                    took,
                };
                shift = of.shift(limit);
            }
            let (n, sum, success, told) = shift;
            run.add(Metric::ToolTime, stream.unit, n, sum);
            run.add(Metric::ToolSuccessRate, stream.unit, told, success);
        }
    }
    let unit = Metric::ToolTime.row().unit;
    let mut measured = Figure::default();
    for row in &workload.rows {
        let of = workload.catalog.dimension(row.key.dims, Dimension::Tool);
        if row.key.operation == OperationKind::ToolCall && tool.is_none_or(|t| t == of) {
            row.add_to(Metric::ToolTime, &mut measured);
        }
    }
    run.reproduced(reproduction(
        Metric::ToolTime,
        "total",
        measured.total(unit),
        replayed,
    ));
    sessions(&calls::main(workload, left), limit, is_own, run);
    tell(run, cut, sooner, "calls");
    Ok(())
}

/// What main conversations wait less for: the union of the calls of each reply.
fn sessions(main: &[&Stream], limit: i64, is_own: impl Fn(&&StreamCall) -> bool, run: &mut Run) {
    for stream in main {
        let mut nanos = 0_i64;
        for reply in stream.calls.chunk_by(|a, b| a.request == b.request) {
            let spans = |limit: i64| -> Vec<(i64, i64)> {
                reply
                    .iter()
                    .map(|c| {
                        let limit = if is_own(&c) { limit } else { i64::MAX };
                        let took = c.duration().unwrap_or(0).min(limit);
                        (c.start.0, c.start.0.saturating_add(took))
                    })
                    .collect()
            };
            let (now, then) = (spans(i64::MAX), spans(limit));
            nanos = nanos.saturating_add(parallel::union(&now) - parallel::union(&then));
        }
        run.add(Metric::SessionTime, stream.unit, 0.0, -seconds(nanos));
    }
}

fn of_requests(
    workload: &Workload,
    limit: i64,
    left: &[Stream],
    run: &mut Run,
) -> Result<(), Withheld> {
    let is_part =
        |r: &crate::workload::Row| r.key.operation == OperationKind::ModelRequest && !r.key.is_step;
    if workload.rows.iter().any(is_part) {
        return Err(Withheld::because(
            "requests are parts of steps here, and what a step does after a time-out is not recorded",
        ));
    }
    let mut replayed = 0.0;
    let (mut cut, mut sooner) = (0_u64, 0_u64);
    let mut values: Vec<(UnitId, i64, i64)> = Vec::new();
    let mut waits: BTreeMap<UnitId, i64> = BTreeMap::new();
    for (stream, left) in workload.streams.iter().zip(left) {
        let is_waited_for = !stream.is_subagent && stream.is_serial();
        for (was, request) in stream.requests.iter().zip(&left.requests) {
            let (Some(now), Some(took)) = (was.duration(), request.duration()) else {
                continue;
            };
            let is_counted = counts(request.outcome);
            if counts(was.outcome) {
                replayed += seconds(now);
            }
            if is_counted {
                values.push((stream.unit, now, took.min(limit)));
            }
            sooner += u64::from(request.outcome == OutcomeKind::Timeout && took < limit);
            let mut shift = (0.0, 0.0, 0.0, 0.0);
            if took > limit {
                cut += 1;
                let of = Cut {
                    counts: is_counted,
                    outcome: request.outcome,
                    took,
                };
                shift = of.shift(limit);
                if is_waited_for {
                    *waits.entry(stream.unit).or_default() += took - limit;
                }
            }
            let (n, sum, success, told) = shift;
            run.add(Metric::ResponseTime, stream.unit, n, sum);
            run.add(Metric::ModelTime, stream.unit, n, sum);
            run.add(Metric::SuccessRate, stream.unit, told, success);
        }
    }
    let mut measured = Figure::default();
    for row in workload.rows.iter().filter(|r| r.key.is_step) {
        row.add_to(Metric::ResponseTime, &mut measured);
    }
    let unit = Metric::ResponseTime.row().unit;
    run.reproduced(reproduction(
        Metric::ResponseTime,
        "total",
        measured.total(unit),
        replayed,
    ));
    run.replayed.tail = tail_of(&values);
    for clock in &workload.wall_clocks {
        let saved = waits.get(&clock.unit).copied().unwrap_or(0);
        run.add(Metric::SessionTime, clock.unit, 0.0, -seconds(saved));
    }
    tell(run, cut, sooner, "requests");
    Ok(())
}

fn tell(run: &mut Run, cut: u64, sooner: u64, what: &str) {
    run.note(format!(
        "Of the {what} {cut} took longer: they end at the limit, as time-outs, and are not tried again. What a session does in their place is not known."
    ));
    if sooner > 0 {
        run.note(format!(
            "Of the {what} {sooner} timed out sooner and stay so: how they would have gone on is not recorded."
        ));
    }
}
