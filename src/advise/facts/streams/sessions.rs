//! What sessions and subagents cost, one against the others.

use super::super::gather::number;
use super::super::{Fact, Facts};
use super::{median, units};
use crate::metrics::Unit;
use crate::record::Attendance;
use crate::scenario::requests::rates::Pricing;
use crate::scenario::streams::singles::single;
use crate::workload::{ByUnit, Stream, StreamRequest, Workload};

/// A median absolute deviation as a standard deviation of a normal distribution.
const MAD_TO_SD: f64 = 1.4826;
/// Standard deviations beyond which a session is no like of the others (Iglewicz and Hoaglin).
const FAR: f64 = 3.5;

/// How much of what subagents cost is their first request.
pub(super) fn starts(workload: &Workload, pricing: &Pricing, facts: &mut Facts) {
    let subagents: Vec<&Stream> = workload
        .streams
        .iter()
        .filter(|s| s.is_subagent && !s.is_cut)
        .collect();
    let (mut first, mut all) = (0.0, 0.0);
    for stream in &subagents {
        for (index, request) in stream.requests.iter().enumerate() {
            let cost = pricing.rates(request).map_or(0.0, |r| r.cost(request));
            all += cost;
            if index == 0 {
                first += cost;
            }
        }
    }
    if all > 0.0 {
        facts.add(
            "subagents.start_share",
            Fact::of(first / all)
                .count("n", subagents.len() as u64)
                .count("units", units(subagents.iter().copied())),
        );
    }
}

/// Sessions of one request that were started with nobody there. Where no session tells whether somebody was, nothing is known.
pub(super) fn singles(workload: &Workload, pricing: &Pricing, facts: &mut Facts) {
    let known = |s: &&Stream| s.attendance != Attendance::Unknown;
    let streams: Vec<&Stream> = workload.streams.iter().filter(known).collect();
    let (mut alone, mut all, mut n) = (0.0, 0.0, 0_u64);
    for stream in &workload.streams {
        let cost = |r: &StreamRequest| pricing.rates(r).map_or(0.0, |rates| rates.cost(r));
        all += stream.requests.iter().map(cost).sum::<f64>();
        if let Some(request) = single(stream) {
            alone += cost(request);
            n += 1;
        }
    }
    if !streams.is_empty() && all > 0.0 {
        facts.add(
            "sessions.single_share",
            Fact::of(alone / all)
                .count("n", n)
                .count("units", units(streams)),
        );
    }
}

/// Units whose cost lies far above the others on a scale of logarithms.
pub(super) fn outliers(workload: &Workload, facts: &mut Facts) {
    let mut costs: ByUnit<i128> = ByUnit::default();
    for row in &workload.rows {
        if let Some(extra) = row.extra.as_deref().filter(|e| e.computed_cost > 0) {
            *costs.entry(row.key.unit) += extra.computed_cost;
        }
    }
    #[allow(clippy::cast_precision_loss)]
    let dollars: Vec<f64> = costs
        .values()
        .map(|cost| *cost as f64 / Unit::Usd.scale())
        .collect();
    let mut logs: Vec<f64> = dollars.iter().map(|d| d.ln()).collect();
    let Some(middle) = median(&mut logs) else {
        return;
    };
    let mut distances: Vec<f64> = logs.iter().map(|l| (l - middle).abs()).collect();
    let Some(spread) = median(&mut distances).filter(|s| *s > 0.0) else {
        return;
    };
    let limit = middle + FAR * MAD_TO_SD * spread;
    let far = logs.iter().filter(|l| **l > limit).count();
    let most = dollars.iter().copied().fold(0.0, f64::max);
    facts.add(
        "sessions.cost_outliers",
        Fact::of(number(far as u64))
            .with("median", middle.exp())
            .with("max", most)
            .count("n", dollars.len() as u64)
            .count("units", dollars.len() as u64),
    );
}
