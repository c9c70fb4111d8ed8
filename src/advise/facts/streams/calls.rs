//! Tool calls by what they asked for and what they gave: repeats, failures that repeat, large results.

use std::collections::BTreeSet;

use super::super::gather::number;
use super::super::{Fact, Facts};
use super::units;
use crate::scenario::requests::prefix::caching;
use crate::scenario::requests::rates::Pricing;
use crate::scenario::requests::repeats::{Kinds, failing_again, repeated};
use crate::scenario::requests::result::Carrying;
use crate::scenario::requests::tools::LARGE;
use crate::workload::{Stream, UnitId, Workload};

pub(super) fn gather(workload: &Workload, pricing: &Pricing, facts: &mut Facts) {
    let cost = |s: &Stream| -> f64 {
        let of = |r| pricing.rates(r).map_or(0.0, |rates| rates.cost(r));
        s.requests.iter().map(of).sum()
    };
    let all: f64 = workload.streams.iter().map(cost).sum();
    repeats(workload, pricing, all, facts);
    failures(workload, facts);
    results(workload, pricing, all, facts);
}

/// What the results of calls cost that gave the same before.
fn repeats(workload: &Workload, pricing: &Pricing, all: f64, facts: &mut Facts) {
    let told = telling(workload, |s| s.calls.iter().any(|c| c.arguments != 0));
    if told.is_empty() || all <= 0.0 {
        return;
    }
    let kinds = Kinds::of(workload);
    let (mut cost, mut n) = (0.0, 0);
    for stream in &told {
        let again = repeated(stream, &kinds, &[]);
        if again.is_empty() {
            continue;
        }
        n += again.len() as u64;
        let carrying = carrying(stream, pricing);
        for call in again.into_iter().map(|at| &stream.calls[at]) {
            cost += carrying.cost(call.request as usize, call.result);
        }
    }
    facts.add(
        "calls.repeated_share",
        Fact::of(cost / all)
            .count("n", n)
            .count("units", units(told)),
    );
}

/// Calls that fail for the third time and more.
fn failures(workload: &Workload, facts: &mut Facts) {
    let told = telling(workload, |s| s.calls.iter().any(|c| c.arguments != 0));
    if told.is_empty() {
        return;
    }
    let kinds = Kinds::of(workload);
    let (mut n, mut within) = (0, BTreeSet::<UnitId>::new());
    for stream in &told {
        let again = failing_again(stream, &kinds).len();
        n += again as u64;
        if again > 0 {
            within.insert(stream.unit);
        }
    }
    facts.add(
        "calls.failing_again",
        Fact::of(number(n))
            .count("n", n)
            .count("units", units(told)),
    );
    facts.add("calls.failing_units", Fact::of(number(within.len() as u64)));
}

/// Large results: how much of all results they are, and what it costs to carry them.
fn results(workload: &Workload, pricing: &Pricing, all: f64, facts: &mut Facts) {
    let told = telling(workload, |s| s.calls.iter().any(|c| c.result > 0));
    if told.is_empty() {
        return;
    }
    let (mut tokens, mut large, mut n, mut cost) = (0_u64, 0_u64, 0, 0.0);
    for stream in &told {
        tokens += stream
            .calls
            .iter()
            .map(|c| u64::from(c.result))
            .sum::<u64>();
        let mut own = stream.calls.iter().filter(|c| c.result >= LARGE).peekable();
        if own.peek().is_none() {
            continue;
        }
        let carrying = carrying(stream, pricing);
        for call in own {
            n += 1;
            large += u64::from(call.result);
            cost += carrying.cost(call.request as usize, call.result);
        }
    }
    let units = units(told);
    facts.add(
        "results.large_share",
        Fact::of(number(large) / number(tokens))
            .count("n", n)
            .count("units", units),
    );
    if all > 0.0 {
        facts.add(
            "results.carried_share",
            Fact::of(cost / all).count("n", n).count("units", units),
        );
    }
}

/// Streams that tell something, one request after another.
fn telling(workload: &Workload, tells: impl Fn(&Stream) -> bool) -> Vec<&Stream> {
    let streams = workload.streams.iter();
    streams.filter(|s| tells(s) && s.is_serial()).collect()
}

fn carrying(stream: &Stream, pricing: &Pricing) -> Carrying {
    Carrying::of(&stream.requests, |r| pricing.rates(r), caching(stream))
}
