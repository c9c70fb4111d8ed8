//! Several knobs at once: what they give together, each alone, and after those before it.

use std::collections::BTreeSet;

use super::context::{self, sizes};
use super::knobs;
use super::outcome::{Change as Simulated, Outcome, simulate};
use super::present;
use super::replay::{Bench, Withheld};
use super::tune;
use super::turn::turn;
use crate::assessment::{
    Change, Effect, EffectTarget, Generator, KnobEffect, KnobWithheld, Limit, MissCounts, Period,
    Projection, ProjectionKind, SCHEMA_VERSION, ScoreProjection, SizeRow, SizeTable, Whatif,
};
use crate::config::KnobValue;
use crate::metrics::{Direction, Metric};

/// What knobs at other values give, in the order given; the last value of a knob counts.
#[must_use]
pub fn whatif(bench: &Bench<'_>, settings: &[(String, KnobValue)]) -> Whatif {
    let mut turned: Vec<(Change, Simulated)> = Vec::new();
    let mut withheld = Vec::new();
    let mut asked = Vec::new();
    for (at, (knob, value)) in settings.iter().enumerate() {
        if settings[at + 1..].iter().any(|(later, _)| later == knob) {
            continue;
        }
        let change = Change {
            knob: knob.clone(),
            from: present_value(bench, knob),
            to: Some(knobs::json(value)),
        };
        asked.push(change.clone());
        match turn(bench, knob, value) {
            Ok(simulated) => turned.push((change, simulated)),
            Err(Withheld {
                reason,
                reproduction,
            }) => withheld.push(KnobWithheld {
                knob: knob.clone(),
                reason,
                reproduction,
            }),
        }
    }
    let changes: Vec<&Simulated> = turned.iter().map(|(_, c)| c).collect();
    let outcome = (!changes.is_empty()).then(|| simulate(bench, &changes));
    let about_cache = settings
        .iter()
        .any(|(knob, _)| knob == context::SIZE || knob == context::LIFETIME);
    let period = bench.workload.period;
    Whatif {
        schema_version: SCHEMA_VERSION,
        generator: Generator::default(),
        period: period.map(|(from, to)| Period { from, to }),
        units: bench.workload.units.len() as u64,
        units_called: units_called(bench),
        settings: asked,
        targets: outcome
            .as_ref()
            .map_or_else(Vec::new, |o| targets(bench, o)),
        score: outcome.as_ref().and_then(|o| score(bench, o)),
        knobs: parts(bench, &turned),
        sizes: about_cache
            .then(|| size_table(bench, asked_size(settings)).ok())
            .flatten(),
        notes: notes(&turned, outcome.as_ref()),
        unchanged: unchanged(bench, &changes, outcome.as_ref()),
        projection: outcome.map(|o| projection(&changes, o)),
        not_evaluated: withheld,
    }
}

/// The same, with limits of the user's own among the targets; and whether all of them hold.
#[must_use]
pub fn whatif_within(
    bench: &Bench<'_>,
    settings: &[(String, KnobValue)],
    limits: &[(Metric, f64, Limit)],
) -> (Whatif, bool) {
    let mut answer = whatif(bench, settings);
    let mut holds = true;
    let effects = answer.projection.as_ref().map_or(&[][..], |p| &p.effects);
    let outcome = Outcome {
        effects: effects.to_vec(),
        ..Outcome::default()
    };
    for (metric, value, limit) in limits {
        let met = |x: f64| match limit {
            Limit::Upper => x <= *value,
            Limit::Lower => x >= *value,
        };
        let now = tune::value_of(bench, &Outcome::default(), *metric);
        let then = tune::value_of(bench, &outcome, *metric);
        let (Some(now), Some(then)) = (now, then) else {
            answer.notes.push(format!(
                "Nothing was measured of {}, for which there is a limit.",
                metric.row().title.to_lowercase()
            ));
            holds = false;
            continue;
        };
        holds &= met(then);
        let of_metric = |e: &&Effect| e.metric == metric.name();
        // Of memory the 95th percentile is asked for, where it is projected.
        let is_p95 = *metric == Metric::MemoryUsage;
        let mut own = outcome.effects.iter().filter(of_metric);
        let Some(effect) = own
            .clone()
            .find(|e| (e.statistic == "p95") == is_p95)
            .or_else(|| own.next())
        else {
            answer.notes.push(format!(
                "The limit of {} is {}, and these settings do not change it as far as is known.",
                metric.row().title.to_lowercase(),
                if met(now) { "kept" } else { "broken" }
            ));
            continue;
        };
        answer
            .targets
            .retain(|t| (&t.metric, &t.statistic) != (&effect.metric, &effect.statistic));
        answer.targets.push(EffectTarget {
            metric: effect.metric.clone(),
            statistic: effect.statistic.clone(),
            value: *value,
            limit: *limit,
            met_now: met(effect.from),
            met_then: met(effect.to),
        });
    }
    (answer, holds)
}

fn present_value(bench: &Bench<'_>, knob: &str) -> Option<serde_json::Value> {
    present::value(bench.workload, bench.config, knob)
        .as_ref()
        .map(knobs::json)
}

pub(super) fn units_called(bench: &Bench<'_>) -> String {
    let is_sessions = bench.workload.counts.sessions == bench.workload.units.len() as u64;
    if is_sessions { "sessions" } else { "units" }.into()
}

fn projection(changes: &[&Simulated], outcome: Outcome) -> Projection {
    let mut reproduction: Vec<crate::assessment::Reproduction> = Vec::new();
    for row in changes
        .iter()
        .filter_map(|c| c.replayed.as_ref())
        .flat_map(|r| &r.reproduction)
    {
        let is_known = |known: &crate::assessment::Reproduction| {
            known.metric == row.metric && known.statistic == row.statistic
        };
        if !reproduction.iter().any(is_known) {
            reproduction.push(row.clone());
        }
    }
    Projection {
        kind: kind(changes),
        at_most: changes.iter().any(|c| is_bound(c)),
        effects: outcome.effects,
        points: outcome.points,
        reproduction,
    }
}

/// A replay before what was measured before a bound: by the change that rests on most.
fn kind(changes: &[&Simulated]) -> ProjectionKind {
    if changes.iter().any(|c| c.replayed.is_some()) {
        ProjectionKind::Replay
    } else if changes.iter().any(|c| is_bound(c)) {
        ProjectionKind::Share
    } else {
        ProjectionKind::Measured
    }
}

/// A bound is something that falls away at most; a knob that has its value already changes nothing.
fn is_bound(change: &Simulated) -> bool {
    change.is_bound() && (change.replayed.is_some() || !change.reliefs.is_empty())
}

/// The targets of the score's parts, met or missed.
fn targets(bench: &Bench<'_>, outcome: &Outcome) -> Vec<EffectTarget> {
    let target_of = |effect: &Effect| -> Option<EffectTarget> {
        let metric = Metric::named(&effect.metric)?;
        let statistic = match effect.statistic.as_str() {
            "total" => return None,
            other => other,
        };
        let part = bench.score.parts.iter().find(|p| {
            p.metric == effect.metric && (p.statistic == "p95") == (statistic == "p95")
        })?;
        let target = part.target?;
        let (value, limit) = match metric.row().direction {
            Direction::Lower => (target, Limit::Upper),
            Direction::Higher => (1.0 - target, Limit::Lower),
            Direction::Neither => return None,
        };
        let met = |x: f64| match limit {
            Limit::Upper => x <= value,
            Limit::Lower => x >= value,
        };
        Some(EffectTarget {
            metric: effect.metric.clone(),
            statistic: effect.statistic.clone(),
            value,
            limit,
            met_now: met(effect.from),
            met_then: met(effect.to),
        })
    };
    outcome.effects.iter().filter_map(target_of).collect()
}

fn score(bench: &Bench<'_>, outcome: &Outcome) -> Option<ScoreProjection> {
    let from = bench.score.value?;
    let points = outcome.points?;
    let end = |e: f64| (from + e).clamp(0.0, 100.0);
    Some(ScoreProjection {
        from,
        to: from + points,
        low: outcome.points_interval.map(|(low, _)| end(low)),
        high: outcome.points_interval.map(|(_, high)| end(high)),
    })
}

fn parts(bench: &Bench<'_>, turned: &[(Change, Simulated)]) -> Vec<KnobEffect> {
    let mut before = Some(0.0);
    let mut above: Vec<&Simulated> = Vec::new();
    turned
        .iter()
        .map(|(change, simulated)| {
            above.push(simulated);
            let own = simulate(bench, &[simulated]);
            let alone = own.points;
            let together = if above.len() == 1 {
                alone
            } else {
                simulate(bench, &above).points
            };
            let after = together.zip(before).map(|(t, b)| t - b);
            before = together;
            KnobEffect {
                change: change.clone(),
                kind: kind(&[simulated]),
                at_most: is_bound(simulated),
                points_alone: alone,
                main_effect: largest(&own.effects),
                points_after_those_above: after,
            }
        })
        .collect()
}

/// The effect that is largest as a share of what was measured.
fn largest(effects: &[Effect]) -> Option<Effect> {
    let share = |e: &Effect| ((e.to - e.from) / e.from).abs();
    let moved = effects
        .iter()
        .filter(|e| share(e) > 0.0 && share(e).is_finite());
    moved.max_by(|a, b| share(a).total_cmp(&share(b))).cloned()
}

fn notes(turned: &[(Change, Simulated)], outcome: Option<&Outcome>) -> Vec<String> {
    let mut notes: Vec<String> = outcome.map_or_else(Vec::new, |o| o.notes.clone());
    let is_tail = |e: &Effect| e.metric == Metric::ResponseTime.name() && e.statistic == "p95";
    let is_tail_told = outcome.is_some_and(|o| o.effects.iter().any(is_tail));
    for (change, simulated) in turned {
        if *simulated == Simulated::default() {
            notes.push(format!("{} has this value already.", change.knob));
        }
        notes.extend(simulated.notes.iter().cloned());
        for metric in &simulated.unknown {
            notes.push(format!(
                "What becomes of {} is not known: it was not measured in the other variant.",
                metric.row().title.to_lowercase()
            ));
        }
        if simulated.swap.is_some() && !is_tail_told {
            notes.push(format!(
                "{}: the 95th percentile is left as it is, only the mean of the part that changes was compared.",
                change.knob
            ));
        }
    }
    let mut seen = BTreeSet::new();
    notes.retain(|n| seen.insert(n.clone()));
    notes
}

/// Metrics of the score and of steps that were measured and are not among the effects.
fn unchanged(bench: &Bench<'_>, changes: &[&Simulated], outcome: Option<&Outcome>) -> Vec<String> {
    // Of another interface or mode not every metric is simulated, so nothing is said of the others.
    if changes
        .iter()
        .any(|c| c.swap.is_some() || !c.parts.is_empty())
    {
        return Vec::new();
    }
    let Some(outcome) = outcome else {
        return Vec::new();
    };
    let changed: BTreeSet<&str> = outcome.effects.iter().map(|e| e.metric.as_str()).collect();
    let all = [
        Metric::ResponseTime,
        Metric::SuccessRate,
        Metric::Accuracy,
        Metric::CacheHitRate,
        Metric::ModelTime,
        Metric::ToolTime,
        Metric::PromptCacheHitRate,
        Metric::Cost,
        Metric::ComputedCost,
        Metric::TokenEfficiency,
    ];
    all.into_iter()
        .filter(|m| !changed.contains(m.name()))
        .filter(|m| bench.workload.figure(*m, &Default::default()).n > 0)
        .map(|m| m.name().to_owned())
        .collect()
}

fn asked_size(settings: &[(String, KnobValue)]) -> Option<u64> {
    settings.iter().rev().find_map(|(knob, value)| match value {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // saturates
        KnobValue::Number(n) if knob == context::SIZE => Some(*n as u64),
        _ => None,
    })
}

/// Hit rates around the present size and the one asked for.
///
/// # Errors
/// Why there is none, as for a replay.
pub fn size_table(bench: &Bench<'_>, asked: Option<u64>) -> Result<SizeTable, Withheld> {
    let sizes = sizes::sizes(bench.workload, bench.config, asked)?;
    let mut tried: Vec<u64> = Vec::new();
    if let Some(present) = sizes.present.filter(|p| *p > 0) {
        tried.extend([present / 2, present, present * 2, present * 4, present * 8]);
    }
    tried.extend(asked);
    tried.push(sizes.sufficient);
    tried.retain(|s| *s > 0);
    tried.sort_unstable();
    tried.dedup();
    // Beyond the first size that holds everything nothing changes, but what was asked for is shown.
    let enough = tried.iter().position(|s| *s >= sizes.working_set);
    let last = enough.map_or(tried.len(), |at| at + 1);
    let is_shown =
        |at: usize, size: u64| at < last || Some(size) == asked || Some(size) == sizes.present;
    let mut rows: Vec<SizeRow> = tried
        .iter()
        .enumerate()
        .filter(|(at, size)| is_shown(*at, **size))
        .filter_map(|(_, size)| {
            Some(SizeRow {
                size: Some(*size),
                hit_rate: sizes.rate(*size)?,
                memory: sizes.memory(Some(*size)),
            })
        })
        .collect();
    rows.push(SizeRow {
        size: None,
        hit_rate: sizes.unlimited,
        memory: sizes.memory(None),
    });
    let [first, kept, others] = sizes.misses;
    Ok(SizeTable {
        present: sizes.present,
        is_piecewise: sizes.is_piecewise,
        asked,
        sufficient: sizes.sufficient,
        rows,
        reuses_held: sizes.reuses_held,
        misses: MissCounts {
            first,
            kept,
            others,
        },
    })
}
