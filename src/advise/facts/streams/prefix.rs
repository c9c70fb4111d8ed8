//! What became of the prefixes in the provider's cache, of streams whose writes are reported.

use std::collections::BTreeSet;

use super::super::gather::number;
use super::super::{Fact, Facts};
use super::{is_openai, units};
use crate::record::Name;
use crate::scenario::requests::lifetime::{self, Warming};
use crate::scenario::requests::prefix::{
    Caching, Cause, FIVE_MINUTES, HOUR, Prefixes, caching, gap, prefixes, stands_still,
};
use crate::scenario::requests::rates::Pricing;
use crate::scenario::requests::replays::{self, Replay};
use crate::scenario::requests::tools::{EDITS, named, waited};
use crate::workload::{Stream, UnitId, Workload};

/// Fewer requests than this say nothing of what a stream's writes were good for: its last one is never read.
const LEAST_REQUESTS: usize = 5;

/// Names that readers of agents' logs give main conversations and subagents.
const AGENTS: [&str; 2] = ["main", "subagent"];

pub(super) fn gather(workload: &Workload, pricing: &Pricing, facts: &mut Facts) {
    let streams: Vec<&Stream> = workload
        .streams
        .iter()
        .filter(|s| s.requests.len() > 1 && s.is_serial() && caching(s) == Caching::Written)
        .collect();
    if streams.is_empty() {
        return;
    }
    let found: Vec<(&Stream, Prefixes)> = streams
        .iter()
        .map(|s| {
            (
                *s,
                prefixes(&s.requests, Caching::Written, is_openai(workload, s)),
            )
        })
        .collect();
    losses(workload, &found, facts);
    still(&streams, facts);
    writes(&streams, pricing, facts);
    hour(workload, pricing, facts);
}

/// What an hour's lifetime would save, and reads that keep a prefix warm while a call is pending, where a
/// replay of the present gives what was measured.
fn hour(workload: &Workload, pricing: &Pricing, facts: &mut Facts) {
    let tried = [(Some(HOUR), Warming::Never), (None, Warming::Pending)];
    let names = ["prompt_cache.hour_saving", "prompt_cache.warm_saving"];
    let agents = AGENTS.map(|agent| workload.catalog.names.find(agent).map(Name));
    let [all, main, subagents] = replays::of_caches(workload, pricing, &tried, |s| {
        let is_short = lifetime::present(&s.requests) < HOUR;
        let [main, subagents] = agents.map(|agent| is_short && agent == Some(s.agent));
        [is_short, main, subagents]
    });
    let measured = all.first().map_or(0.0, |r| r.measured);
    hour_of_one(measured, [main, subagents], facts);
    for (name, replay) in names.into_iter().zip(all) {
        if !replay.is_reproduced() {
            continue;
        }
        let (least, most) = replay.saved();
        facts.add(
            name,
            Fact::of(least)
                .with("low", least)
                .with("high", most)
                .count("n", replay.requests)
                .count("units", replay.changes.len() as u64),
        );
    }
}

/// What an hour's lifetime, which was tried first, would save for main conversations alone, or for subagents alone: the
/// better of both, of the cost of input of `all`. The other ones keep the cheaper writes.
fn hour_of_one(all: f64, replays: [Vec<Replay>; 2], facts: &mut Facts) {
    let saved = |(agent, replays): (&'static str, Vec<Replay>)| {
        let replay = replays.into_iter().next().filter(Replay::is_reproduced)?;
        Some((agent, -replay.change.0 / all, replay.requests))
    };
    let both: Vec<_> = AGENTS.into_iter().zip(replays).filter_map(saved).collect();
    // One alone is all of them.
    if let [a, b] = both[..] {
        let (agent, saving, requests) = if b.1 > a.1 { b } else { a };
        facts.add(
            "prompt_cache.hour_saving_of_one",
            Fact::of(saving).count("n", requests).named(agent),
        );
    }
}

fn losses(workload: &Workload, found: &[(&Stream, Prefixes)], facts: &mut Facts) {
    let sum = |of: fn(&Prefixes) -> u64| found.iter().map(|(_, p)| of(p)).sum::<u64>();
    let (expected, context) = (sum(|p| p.expected), sum(|p| p.context));
    let in_units = units(found.iter().map(|(s, _)| *s));
    if expected == 0 || context == 0 {
        return;
    }
    let requests: u64 = found.iter().map(|(s, _)| s.requests.len() as u64 - 1).sum();
    facts.add(
        "prefix.retention",
        Fact::of(number(sum(|p| p.kept)) / number(expected))
            .count("n", requests)
            .count("units", in_units),
    );
    for (name, cause) in [
        ("prefix.lost.expired", Cause::Expired),
        ("prefix.lost.changed", Cause::Changed),
        ("prefix.lost.model", Cause::Model),
        ("prefix.lost.shrunk", Cause::Shrunk),
    ] {
        let lost: u64 = found.iter().map(|(_, p)| p.lost(cause)).sum();
        let breaks = found.iter().flat_map(|(_, p)| &p.breaks);
        facts.add(
            name,
            Fact::of(number(lost) / number(context))
                .count("n", breaks.filter(|b| b.cause == cause).count() as u64)
                .count("units", in_units),
        );
    }
    let changed: BTreeSet<UnitId> = found
        .iter()
        .filter(|(_, p)| p.lost(Cause::Changed) > 0)
        .map(|(s, _)| s.unit)
        .collect();
    facts.add(
        "prefix.changed_units",
        Fact::default().count("value", changed.len() as u64),
    );
    after_waits(workload, found, facts);
}

/// Of the prefixes that expired, how many did so while a call of a file tool waited for somebody.
fn after_waits(workload: &Workload, found: &[(&Stream, Prefixes)], facts: &mut Facts) {
    let edits = named(workload, EDITS);
    let (mut all, mut after) = (0, 0);
    for (stream, prefixes) in found {
        for broken in prefixes.breaks.iter().filter(|b| b.cause == Cause::Expired) {
            all += 1;
            let calls = stream.calls_of(broken.request - 1);
            after += u64::from(calls.iter().any(|c| waited(c, &edits) > 0));
        }
    }
    if all > 0 {
        facts.add(
            "prefix.expired_after_wait",
            Fact::of(number(after) / number(all)).count("n", all),
        );
    }
}

/// Streams in which several requests read the same although their context grows.
fn still(streams: &[&Stream], facts: &mut Facts) {
    let standing: Vec<&Stream> = streams
        .iter()
        .copied()
        .filter(|s| stands_still(&s.requests))
        .collect();
    facts.add(
        "prefix.still_streams",
        Fact::default()
            .count("value", standing.len() as u64)
            .count("n", streams.len() as u64)
            .count("units", units(streams.iter().copied())),
    );
}

/// What writing cost more than fresh input, against what reading cost less.
fn writes(streams: &[&Stream], pricing: &Pricing, facts: &mut Facts) {
    let long: Vec<&Stream> = streams
        .iter()
        .copied()
        .filter(|s| s.requests.len() >= LEAST_REQUESTS)
        .collect();
    let (mut paid, mut saved) = (0.0, 0.0);
    for request in long.iter().flat_map(|s| &s.requests) {
        let Some(rates) = pricing.rates(request) else {
            continue;
        };
        saved += f64::from(request.cache_read) * (rates.fresh - rates.read);
        let hour = request.cache_write_1h.min(request.cache_write);
        paid += f64::from(request.cache_write - hour) * (rates.write - rates.fresh)
            + f64::from(hour) * (rates.write_1h.unwrap_or(rates.write) - rates.fresh);
    }
    if saved > 0.0 || paid > 0.0 {
        // Where nothing is read at all, the other number is what counts.
        facts.add(
            "prompt_cache.surcharge_to_discount",
            Fact::of(paid / saved.max(f64::MIN_POSITIVE))
                .count("n", long.len() as u64)
                .count("units", units(long.iter().copied())),
        );
    }
    let hourly: Vec<&Stream> = streams
        .iter()
        .copied()
        .filter(|s| lifetime::present(&s.requests) >= HOUR)
        .collect();
    if !hourly.is_empty() {
        let pauses = hourly
            .iter()
            .flat_map(|s| (0..s.requests.len()).filter_map(|i| gap(&s.requests, i)))
            .filter(|gap| (FIVE_MINUTES..=HOUR).contains(gap))
            .count();
        facts.add(
            "prompt_cache.hour_pauses",
            Fact::default()
                .count("value", pauses as u64)
                .count("n", hourly.len() as u64)
                .count("units", units(hourly.iter().copied())),
        );
    }
}
