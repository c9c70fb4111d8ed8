//! How requests ended: cut off at the limit, only after several attempts, or long after what their size tells.

use std::collections::BTreeMap;

use super::super::gather::number;
use super::super::{Fact, Facts};
use super::units;
use crate::metrics::Metric;
use crate::record::{Name, OutcomeKind, Stop};
use crate::scenario::streams::retries;
use crate::stats::plane::{Point, residuals};
use crate::units::NANOS;
use crate::workload::{Filter, Stream, UnitId, Units, Workload};

/// Attempts beyond which a request is tried again for too long, the first included.
const ATTEMPTS: usize = 3;

pub(super) fn gather(workload: &Workload, facts: &mut Facts) {
    cut_off(workload, facts);
    persistent(workload, facts);
}

/// Replies that reached the largest number of tokens that they may have.
fn cut_off(workload: &Workload, facts: &mut Facts) {
    let is_told = |s: &&Stream| s.requests.iter().any(|r| r.stop != Stop::Unknown);
    let told: Vec<&Stream> = workload.streams.iter().filter(is_told).collect();
    let requests = told.iter().flat_map(|s| &s.requests);
    let (mut all, mut cut) = (0, 0);
    for request in requests.filter(|r| r.stop != Stop::Unknown) {
        all += 1;
        cut += u64::from(request.stop == Stop::Limit);
    }
    if all > 0 {
        facts.add(
            "replies.cut_off",
            Fact::of(number(cut) / number(all))
                .count("n", cut)
                .count("units", units(told)),
        );
    }
}

/// Requests that were tried more than three times, where each retry can be told to be of one request.
fn persistent(workload: &Workload, facts: &mut Facts) {
    let told = workload.figure(Metric::Retries, &Filter::default());
    if told.n == 0 {
        return;
    }
    let requests: usize = workload.streams.iter().map(|s| s.requests.len()).sum();
    if requests == 0 {
        return;
    }
    let tried = retries::of_requests(workload);
    let is_long = |(_, errors): &&(UnitId, usize)| *errors + 1 > ATTEMPTS;
    let long: Vec<&(UnitId, usize)> = tried.iter().filter(is_long).collect();
    let within: Units = long.iter().map(|(unit, _)| *unit).collect();
    let n = number(long.len() as u64);
    facts.add(
        "retries.persistent",
        Fact::of(n / number(requests as u64))
            .with("n", n)
            .with(
                "max",
                number(tried.iter().map(|(_, e)| *e as u64 + 1).max().unwrap_or(1)),
            )
            .count("units", units(&workload.streams)),
    );
    facts.add(
        "retries.persistent_units",
        Fact::of(number(within.len() as u64)),
    );
}

/// The tail of the time of requests beside what their model, their output and their context tell.
#[allow(clippy::cast_precision_loss)]
pub(super) fn tail(workload: &Workload, facts: &mut Facts) {
    let mut models: BTreeMap<Name, usize> = BTreeMap::new();
    let mut points = Vec::new();
    let mut within = Units::default();
    for stream in &workload.streams {
        let before = points.len();
        for request in &stream.requests {
            let is_done = matches!(request.outcome, OutcomeKind::Ok | OutcomeKind::Unknown);
            let took = request.duration().filter(|d| *d > 0);
            let Some(took) = took.filter(|_| is_done && !request.is_lower_bound) else {
                continue;
            };
            let next = models.len();
            points.push(Point {
                group: *models.entry(request.model).or_insert(next),
                // Of whole numbers the logarithm of one more is as good as `ln_1p`, and takes half as long.
                x: [
                    (f64::from(request.output) + 1.0).ln(),
                    (number(request.context()) + 1.0).ln(),
                ],
                y: (took as f64 / NANOS as f64).ln(),
            });
        }
        if points.len() > before {
            within.entry(stream.unit);
        }
    }
    let mut left = residuals(&points);
    // The smallest value with at least that share at or below it.
    let mut at = |percent: usize| {
        let rank = (left.len() * percent).div_ceil(100).checked_sub(1)?;
        let (_, value, _) = left.select_nth_unstable_by(rank, f64::total_cmp);
        Some(*value)
    };
    if let (Some(median), Some(p99)) = (at(50), at(99)) {
        facts.add(
            "requests.tail",
            Fact::of((p99 - median).exp())
                .count("n", left.len() as u64)
                .count("units", within.len() as u64),
        );
    }
}
