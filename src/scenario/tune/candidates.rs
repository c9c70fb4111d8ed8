//! The knobs that can be turned on a workload, each with the values that are worth trying.

use super::simulator::Axis;
use crate::assessment::KnobWithheld;
use crate::config::KnobValue;
use crate::record::Dimension;
use crate::scenario::context::{self, lifetimes, sizes};
use crate::scenario::knobs;
use crate::scenario::outcome::Change;
use crate::scenario::present;
use crate::scenario::replay::Bench;
use crate::scenario::requests::compaction::TRIED;
use crate::scenario::requests::prefix::{FIVE_MINUTES, HOUR};
use crate::scenario::strategy::STRATEGY;
use crate::scenario::streams;
use crate::scenario::turn::turn;
use crate::workload::StreamRequest;

/// Purposes whose mode is tried, those with the most steps first.
const PURPOSES: usize = 8;

/// The knobs with their changes, and those of which no value can be projected, with the reason.
pub(super) fn axes(bench: &Bench<'_>) -> (Vec<Axis>, Vec<KnobWithheld>) {
    let mut axes = Vec::new();
    let mut withheld = Vec::new();
    for (knob, mut values) in candidates(bench) {
        let from = present::value(bench.workload, bench.config, &knob);
        let mut axis = Axis {
            knob: knob.clone(),
            from: from.as_ref().map(knobs::json),
            values: Vec::new(),
        };
        let mut reason = None;
        values.retain(|value| Some(value) != from.as_ref());
        for value in values {
            match turn(bench, &knob, &value) {
                Ok(change) if change != Change::default() => axis.values.push((value, change)),
                Ok(_) => {}
                Err(why) => reason = Some(why),
            }
        }
        match reason {
            _ if !axis.values.is_empty() => axes.push(axis),
            Some(why) => withheld.push(KnobWithheld {
                knob,
                reason: why.reason,
                reproduction: why.reproduction,
            }),
            None => {}
        }
    }
    (axes, withheld)
}

fn candidates(bench: &Bench<'_>) -> Vec<(String, Vec<KnobValue>)> {
    let mut all = of_contexts(bench);
    all.extend(of_slots(bench));
    all.extend(of_agents(bench));
    all.extend(of_variants(bench));
    all
}

/// Knobs of the context cache: its size and time to live, contexts that are prepared ahead or in the background.
fn of_contexts(bench: &Bench<'_>) -> Vec<(String, Vec<KnobValue>)> {
    if bench.workload.lookups.is_empty() {
        return Vec::new();
    }
    let lifetimes = lifetimes::lifetimes(bench.workload, bench.config);
    // Only where contexts expire can another time to live matter.
    let lifetimes = lifetimes
        .ok()
        .flatten()
        .map_or_else(Vec::new, |l| l.worth_trying);
    let known = sizes::sizes(bench.workload, bench.config, None).ok();
    // Whatever the size: the reason why there is no replay is what matters.
    let sizes = known.map_or_else(
        || vec![100],
        |s| {
            let now = s.present.unwrap_or(s.sufficient);
            let beside_lifetimes = s.sufficient_without_expiry;
            let beside_lifetimes = beside_lifetimes.filter(|_| !lifetimes.is_empty());
            let most = s.sufficient.max(now).max(beside_lifetimes.unwrap_or(0));
            let mut sizes = vec![now / 2, now * 2, now * 4, s.sufficient];
            sizes.extend(beside_lifetimes);
            sizes.retain(|x| *x > 0 && *x <= most);
            sizes.sort_unstable();
            sizes.dedup();
            sizes
        },
    );
    let is_on = vec![KnobValue::Bool(true)];
    #[allow(clippy::cast_precision_loss)] // contexts of a cache
    let sizes = sizes.into_iter().map(|n| KnobValue::Number(n as f64));
    let lifetimes = lifetimes.into_iter().map(KnobValue::Number);
    vec![
        (context::SIZE.into(), sizes.collect()),
        (context::LIFETIME.into(), lifetimes.collect()),
        (context::PRELOAD.into(), is_on.clone()),
        (context::BACKGROUND.into(), is_on),
    ]
}

/// One slot fewer, one more, twice as many.
fn of_slots(bench: &Bench<'_>) -> Option<(String, Vec<KnobValue>)> {
    let slots = present::timeline(bench.workload, bench.config, context::SLOTS);
    let slots = slots.ok().flatten()?;
    let Some(KnobValue::Number(now)) = slots.last() else {
        return None;
    };
    let mut others = vec![now - 1.0, now + 1.0, now * 2.0];
    others.retain(|n| *n >= 1.0);
    // Of one slot one more is twice as many.
    others.dedup();
    let values = others.into_iter().map(KnobValue::Number).collect();
    Some((context::SLOTS.into(), values))
}

/// Knobs of agents: the lifetime of the prompt cache that it has not, contexts at which a compaction is
/// tried, calls at once. Another model is not among them: its price alone says too little.
fn of_agents(bench: &Bench<'_>) -> Vec<(String, Vec<KnobValue>)> {
    let mut all = Vec::new();
    let streams = &bench.workload.streams;
    if bench.workload.prices.is_some() && !streams.is_empty() {
        let lifetimes = [FIVE_MINUTES, HOUR].map(KnobValue::Number);
        all.push((streams::LIFETIME.into(), lifetimes.to_vec()));
        let longest = streams.iter().flat_map(|s| &s.requests);
        let longest = longest.map(StreamRequest::context).max().unwrap_or(0);
        let contexts = TRIED.iter().filter(|at| **at < longest);
        #[allow(clippy::cast_precision_loss)]
        let contexts: Vec<KnobValue> = contexts.map(|n| KnobValue::Number(*n as f64)).collect();
        if !contexts.is_empty() {
            all.push((streams::COMPACTION.into(), contexts));
        }
    }
    let is_parallel = bench.config.knob(streams::PARALLEL) == Some(&KnobValue::Bool(true));
    if !is_parallel && streams.iter().any(|s| !s.calls.is_empty()) {
        all.push((streams::PARALLEL.into(), vec![KnobValue::Bool(true)]));
    }
    let is_reused = bench.config.knob(streams::REUSE) == Some(&KnobValue::Bool(true));
    if bench.workload.prices.is_some() && !is_reused && streams::is_read_again(bench.workload) {
        all.push((streams::REUSE.into(), vec![KnobValue::Bool(true)]));
    }
    all
}

/// Interfaces and modes that were observed; of modes by purpose, the commonest purposes.
fn of_variants(bench: &Bench<'_>) -> Vec<(String, Vec<KnobValue>)> {
    let mut all = Vec::new();
    let names = |dimension| -> Vec<String> {
        let values = bench.workload.values_of(dimension).into_iter();
        values
            .map(|(name, _)| bench.workload.catalog.text(name).to_owned())
            .collect()
    };
    let is_mock =
        |name: &String| name == "mock" || bench.config.mock_interfaces.iter().any(|m| m == name);
    let interfaces: Vec<KnobValue> = names(Dimension::Interface)
        .into_iter()
        .filter(|n| !is_mock(n))
        .map(KnobValue::Word)
        .collect();
    if interfaces.len() > 1 {
        all.push(("interfaces.primary".into(), interfaces));
    }
    let modes = names(Dimension::Mode);
    if modes.len() > 1 {
        for purpose in names(Dimension::Purpose).into_iter().take(PURPOSES) {
            let values = modes.iter().cloned().map(KnobValue::Word).collect();
            all.push((format!("context.mode_for.{purpose}"), values));
        }
    }
    all.extend(strategies(bench));
    all
}

/// Strategies that were in force for a part of the period, and are not now.
fn strategies(bench: &Bench<'_>) -> Option<(String, Vec<KnobValue>)> {
    let timeline = present::timeline(bench.workload, bench.config, STRATEGY);
    let timeline = timeline.ok().flatten()?;
    let mut others: Vec<KnobValue> = Vec::new();
    for value in timeline.values.iter().filter_map(|(_, v)| v.as_ref()) {
        if Some(value) != timeline.last() && !others.contains(value) {
            others.push(value.clone());
        }
    }
    (!others.is_empty()).then(|| (STRATEGY.to_owned(), others))
}
