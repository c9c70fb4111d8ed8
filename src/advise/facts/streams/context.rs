//! How large contexts are, and what an earlier compaction would have saved.

use super::super::gather::number;
use super::super::{Fact, Facts};
use super::{median, units};
use crate::scenario::requests::compaction::{Plan, TRIED};
use crate::scenario::requests::rates::Pricing;
use crate::scenario::requests::replays;
use crate::workload::{Stream, Workload};

pub(super) fn gather(workload: &Workload, pricing: &Pricing, facts: &mut Facts) {
    compactions(workload, pricing, facts);
    long_contexts(workload, pricing, facts);
    starts(workload, pricing, facts);
}

fn compactions(workload: &Workload, pricing: &Pricing, facts: &mut Facts) {
    let plans: Vec<Plan> = TRIED.iter().map(|at| Plan::at(*at)).collect();
    let best = TRIED
        .iter()
        .zip(replays::of_compactions(workload, pricing, &plans))
        .min_by(|a, b| a.1.replay.change.0.total_cmp(&b.1.replay.change.0));
    let Some((at, best)) = best else {
        return;
    };
    facts.add(
        "context.carried_share",
        Fact::of(best.replay.saved().0)
            .count("n", best.beyond)
            .count("units", units(&workload.streams)),
    );
    if best.compactions > 0 {
        facts.add("context.compact_at", Fact::of(number(*at)));
    }
}

/// Requests that cost more by their length alone, of models that have such a price.
fn long_contexts(workload: &Workload, pricing: &Pricing, facts: &mut Facts) {
    let (mut all, mut long, mut n) = (0.0, 0.0, 0);
    let mut is_tiered = false;
    let mut tiered: Vec<&Stream> = Vec::new();
    for stream in &workload.streams {
        let mut has_tier = false;
        for request in &stream.requests {
            let Some(rates) = pricing.rates(request) else {
                continue;
            };
            let cost = rates.cost(request);
            all += cost;
            let is_dearer = pricing.is_dearer(request);
            has_tier |= is_dearer.is_some();
            if is_dearer == Some(true) {
                long += cost;
                n += 1;
            }
        }
        is_tiered |= has_tier;
        if has_tier {
            tiered.push(stream);
        }
    }
    if is_tiered && all > 0.0 {
        facts.add(
            "long_context.share",
            Fact::of(long / all)
                .count("n", n)
                .count("units", units(tiered)),
        );
    }
}

/// First contexts, and what reading them again with each request cost.
fn starts(workload: &Workload, pricing: &Pricing, facts: &mut Facts) {
    let whole: Vec<&Stream> = workload
        .streams
        .iter()
        .filter(|s| !s.is_cut && !s.is_subagent && s.requests.len() > 1 && s.is_serial())
        .collect();
    let mut firsts: Vec<f64> = whole
        .iter()
        .map(|s| number(s.requests[0].context()))
        .collect();
    let Some(first) = median(&mut firsts) else {
        return;
    };
    facts.add(
        "start.context",
        Fact::default()
            .with("median", first)
            .count("n", whole.len() as u64)
            .count("units", units(whole.iter().copied())),
    );
    let (mut carried, mut input) = (0.0, 0.0);
    for stream in &whole {
        let first = number(stream.requests[0].context());
        for request in &stream.requests {
            if let Some(rates) = pricing.rates(request) {
                carried += first.min(number(request.context())) * rates.read;
                input += rates.input(request);
            }
        }
    }
    if input > 0.0 {
        facts.add("start.read_share", Fact::of(carried / input));
    }
}
