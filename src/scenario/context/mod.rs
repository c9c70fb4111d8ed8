//! The context cache and the slots: lookups and steps are run again under other settings.
//!
//! One cache for all sessions and modes of a host, empty at the beginning of the period. Which entry it
//! drops, whether a start of the process empties it, and whether SIMPLE has a cache of its own, is chosen by what
//! reproduces the present: least recently used before first in first out, one cache before two. A lookup that becomes a hit takes the mean time of its
//! mode's hits in place of its own; one that becomes a miss takes the mean time of its mode's misses. The
//! order of lookups stays as recorded. Where steps wait for slots whose number is known, they are served
//! again, with the times of service that follow.

mod background;
mod effects;
pub mod lifetimes;
mod memory;
mod plan;
mod sampled;
mod sequence;
pub mod sizes;
mod swapped;

use crate::assessment::Reproduction;
use crate::config::{Config, KnobValue};
use crate::metrics::Metric;
use crate::scenario::caches::cache::Eviction;
use crate::scenario::caches::sample;
use crate::scenario::present::{self, Timeline};
use crate::scenario::replay::{
    self, Bench, Mechanism, Replayed, Settings, Withheld, is_reproduced,
};
use crate::workload::{Filter, Workload};
use plan::Plan;
use sequence::Sequence;
pub use swapped::Swapped;

/// Size of the context cache.
pub const SIZE: &str = "context.cache_size";
/// Time to live in the context cache.
pub const LIFETIME: &str = "context.cache_ttl";
/// Whether common contexts are prepared ahead.
pub const PRELOAD: &str = "context.preload_common_contexts";
/// Whether contexts that are known beforehand are prepared beside the work before their step.
pub const BACKGROUND: &str = "context.background_optimization";
/// Steps that run at once on a host.
pub const SLOTS: &str = "resources.concurrent_operations";

/// The replay of context cache and slots.
pub const MECHANISM: Mechanism = Mechanism {
    name: "context",
    knobs: &[SIZE, LIFETIME, PRELOAD, BACKGROUND, SLOTS],
    replay,
};

/// The smallest share of the lookups that must tell their key.
const LEAST_KEYED: f64 = 0.9;

fn replay(bench: &Bench<'_>, settings: &Settings) -> Result<Replayed, Withheld> {
    run(bench, settings, &[])
}

/// The same beside measured changes of what steps take: steps are served again with what follows from both. Shifts
/// are those of the settings and of the waits; what the changes do to the service itself stands in their contrasts.
/// `None`: no steps were recorded in their order.
///
/// # Errors
/// Why there is no projection of the settings, or of the waits.
pub fn replay_swapped(
    bench: &Bench<'_>,
    settings: &Settings,
    swaps: &[Swapped],
) -> Result<Option<Replayed>, Withheld> {
    if bench.workload.steps.is_empty() {
        return Ok(None);
    }
    run(bench, settings, swaps).map(Some)
}

fn run(bench: &Bench<'_>, settings: &Settings, swaps: &[Swapped]) -> Result<Replayed, Withheld> {
    let slots = slots(bench)?;
    let asks = |knob: &str| settings.contains_key(knob);
    let about_cache = asks(SIZE) || asks(LIFETIME) || asks(PRELOAD);
    let is_in_background = settings.get(BACKGROUND) == Some(&KnobValue::Bool(true));
    if !about_cache {
        let sequence = Sequence::of(bench.workload);
        let is_served = asks(SLOTS) || !swaps.is_empty() || !is_in_background;
        let mut replayed = if is_served {
            effects::of_slots(bench, &sequence, slots, settings, swaps)?
        } else {
            Replayed::default()
        };
        if is_in_background {
            background::add(
                bench.workload,
                &sequence,
                &background::Hits::as_recorded(),
                &mut replayed,
            );
        }
        return Ok(replayed);
    }
    let Present {
        sequence,
        share,
        plan: present,
        hits: now,
    } = present_of(bench.workload, bench.config)?;
    let then = planned(&present, &sequence, settings);
    let mut replayed = effects::of_cache(
        bench,
        &sequence,
        share,
        (&present, &now),
        &then,
        slots,
        (settings, swaps),
    )?;
    if is_in_background {
        let hits = background::Hits::of(&sequence, share, now, &then);
        background::add(bench.workload, &sequence, &hits, &mut replayed);
    }
    // A sample of the contexts holds another number of them; how much of what has expired is still held, and
    // what is prepared ahead, is not known.
    let is_of_size = !asks(LIFETIME) && !asks(PRELOAD);
    if share >= 1.0 && is_of_size {
        replayed.footprint = memory::footprint(bench.workload, &sequence, &present, &then);
    }
    Ok(replayed)
}

/// What reproduces the present.
struct Present {
    sequence: Sequence,
    /// The share of the contexts that stand for all.
    share: f64,
    plan: Plan,
    hits: Vec<Option<bool>>,
}

/// The plan that gives the recorded hit rate: with one cache of a host for all modes, else with one for SIMPLE alone,
/// first in first out, of the same size.
fn present_of(workload: &Workload, config: &Config) -> Result<Present, Withheld> {
    let sequence = Sequence::of(workload);
    let share = sample::share(sequence.lookups.len());
    let of = |sequence, (plan, hits)| Present {
        sequence,
        share,
        plan,
        hits,
    };
    match reproduce(workload, config, &sequence, share) {
        Ok(found) => Ok(of(sequence, found)),
        Err(withheld) => {
            let apart = sequence.with_simple_apart(workload);
            let found = apart.and_then(|apart| {
                let found = reproduce(workload, config, &apart, share).ok()?;
                Some(of(apart, found))
            });
            found.ok_or(withheld)
        }
    }
}

/// The present plan that gives the recorded hit rate, with its hits.
fn reproduce(
    workload: &Workload,
    config: &Config,
    sequence: &Sequence,
    share: f64,
) -> Result<(Plan, Vec<Option<bool>>), Withheld> {
    let n = sequence.lookups.len();
    let all = workload.figure(Metric::CacheHitRate, &Filter::default()).n;
    if n == 0 {
        return Err(Withheld::because(if all == 0 {
            "no lookup of a context cache was recorded"
        } else {
            "lookups of the context cache do not tell their key"
        }));
    }
    #[allow(clippy::cast_precision_loss)]
    let keyed = n as f64 / all.max(1) as f64;
    if keyed < LEAST_KEYED {
        let percent = (keyed * 100.0).floor();
        return Err(Withheld::because(format!(
            "only {percent} % of the lookups of the context cache tell their key"
        )));
    }
    let known = |knob: &str| present::timeline(workload, config, knob).map_err(Withheld::because);
    let Some(size) = known(SIZE)? else {
        return Err(Withheld::because(format!(
            "the present value of {SIZE} is not known: declare it in performance_config.yaml"
        )));
    };
    let lifetime = known(LIFETIME)?.unwrap_or_else(|| Timeline::always(None));
    let is_preloaded = known(PRELOAD)?.is_some_and(|t| {
        t.values
            .iter()
            .any(|(_, v)| *v == Some(KnobValue::Bool(true)))
    });
    let mut best: Option<(Plan, Vec<Option<bool>>, Reproduction)> = None;
    for eviction in [Eviction::LeastRecentlyUsed, Eviction::FirstInFirstOut] {
        for is_cold_after_restart in [true, false] {
            if !is_cold_after_restart && sequence.restarts.is_empty() {
                continue;
            }
            let plan = Plan {
                eviction,
                is_cold_after_restart,
                size: size.clone(),
                lifetime: lifetime.clone(),
                preload: None,
            };
            let hits = plan.run(sequence, share);
            let reproduction = replay::reproduction(
                Metric::CacheHitRate,
                "mean",
                recorded_rate(sequence),
                rate(&hits, share),
            );
            if is_reproduced(&reproduction) {
                return Ok((plan, hits));
            }
            let distance = |r: &Reproduction| (r.replayed - r.measured).abs();
            if best
                .as_ref()
                .is_none_or(|(_, _, r)| distance(&reproduction) < distance(r))
            {
                best = Some((plan, hits, reproduction));
            }
        }
    }
    let reproduction = best.map(|(_, _, r)| r);
    Err(Withheld {
        reason: match &reproduction {
            Some(r) => format!(
                "replaying the present gives a cache hit rate of {:.1} % where {:.1} % was measured{}",
                r.replayed * 100.0,
                r.measured * 100.0,
                if is_preloaded {
                    "; what is preloaded is not recorded"
                } else {
                    ""
                },
            ),
            None => "the present could not be replayed".into(),
        },
        reproduction: reproduction.into_iter().collect(),
    })
}

/// The plan under settings: they hold throughout.
fn planned(present: &Plan, sequence: &Sequence, settings: &Settings) -> Plan {
    let mut plan = present.clone();
    if let Some(size) = settings.get(SIZE) {
        plan.size = Timeline::always(Some(size.clone()));
    }
    if let Some(life) = settings.get(LIFETIME) {
        plan.lifetime = Timeline::always(Some(life.clone()));
    }
    if settings.get(PRELOAD) == Some(&KnobValue::Bool(true)) {
        let size = match plan.size.last() {
            Some(KnobValue::Number(n)) => Some(*n),
            _ => None,
        };
        plan.preload = plan::commonest(sequence, size);
    }
    plan
}

/// The number of slots over time; `None`: not known.
fn slots(bench: &Bench<'_>) -> Result<Option<Vec<(i64, usize)>>, Withheld> {
    let timeline = present::timeline(bench.workload, bench.config, SLOTS);
    let Some(timeline) = timeline.map_err(Withheld::because)? else {
        return Ok(None);
    };
    let mut slots = Vec::new();
    for (time, value) in timeline.values {
        match value {
            Some(KnobValue::Number(n)) if n >= 1.0 => slots.push((time.0, n as usize)),
            _ => return Ok(None),
        }
    }
    Ok(Some(slots))
}

#[allow(clippy::cast_precision_loss)]
fn recorded_rate(sequence: &Sequence) -> f64 {
    let hits = sequence.lookups.iter().filter(|l| l.hit).count();
    hits as f64 / sequence.lookups.len() as f64
}

/// The hit rate of a run; of a sample with the adjustment for its size.
#[allow(clippy::cast_precision_loss)]
fn rate(hits: &[Option<bool>], share: f64) -> f64 {
    let sampled = hits.iter().flatten().count() as f64;
    let hit = hits.iter().flatten().filter(|h| **h).count() as f64;
    let expected = hits.len() as f64 * share;
    (hit + expected - sampled) / expected
}
