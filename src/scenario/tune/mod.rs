//! The space of settings, searched: every combination of the values that are worth trying is simulated,
//! and what no other one beats in all is kept (the Pareto front).

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use super::context::{self, sizes};
use super::gathered::Gathered;
use super::knobs;
use super::outcome::{Change as Simulated, Outcome, present_seconds, simulated};
use super::present;
use super::replay::Bench;
use super::requests::compaction::TRIED;
use super::requests::prefix::{FIVE_MINUTES, HOUR};
use super::search::{Axis, Point, Search, choices};
use super::streams;
use super::turn::turn;
use crate::assessment::{
    Constraint, Generator, KnobWithheld, Limit, Period, SCHEMA_VERSION, TriedKnob, TunedSetting,
    TunedValue, Tuning,
};
use crate::config::KnobValue;
use crate::metrics::{Direction, Metric, Unit};
use crate::record::Dimension;
use crate::threads;
use crate::workload::{Filter, StreamRequest};

/// Settings that are simulated, at most; beyond it knobs are left out.
const MOST: usize = 2_000;

/// The suggested setting has at least this share of the largest gain.
const ENOUGH: f64 = 0.8;

/// Differences of the goal below this share of the largest gain, and of other metrics below a quarter of it,
/// count as none.
const STEP: f64 = 0.02;

/// What to search for.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Wish {
    /// The metric to make as good as possible; `None`: the score.
    pub goal: Option<Metric>,
    /// Floors (lower limits) and limits (upper ones): metric, value, which.
    pub constraints: Vec<(Metric, f64, Limit)>,
}

/// Searches.
#[must_use]
pub fn tune(bench: &Bench<'_>, wish: &Wish) -> Tuning {
    let present = Present::of(bench);
    let gain_of = |outcome: &Outcome| gain_of(&present, wish, outcome);
    let (axes, withheld) = axes(bench, gain_of);
    let choices = choices(&axes);
    let search = Search::new(bench, &axes, &choices);
    // The search holds waits as they were where a mode or an interface changes: what follows for the queue is
    // worked out for the settings that are shown.
    let points = threads::map(&choices, |choice| search.point(choice, false));
    let shown = shown(bench, &points);
    let value = |p: &Point, metric: Metric| present.or_projected(&p.outcome, metric);
    // What another mode or preloading takes in memory is not known: no limit of it is known to hold.
    let is_unknown = |p: &Point, metric: Metric| {
        metric == Metric::MemoryUsage
            && p.outcome.effect(metric).is_none()
            && p.changes.iter().any(|c| c.knob.starts_with("context."))
    };
    let mut constraints: Vec<Constraint> = Vec::new();
    let mut kept_to = vec![true; points.len()];
    for (metric, limit_value, limit) in &wish.constraints {
        let mut left_out = 0;
        for (at, point) in points.iter().enumerate() {
            let holds = |v: f64| match limit {
                Limit::Lower => v >= *limit_value,
                Limit::Upper => v <= *limit_value,
            };
            let is_kept = !is_unknown(point, *metric) && value(point, *metric).is_none_or(holds);
            left_out += u64::from(!is_kept);
            kept_to[at] &= is_kept;
        }
        constraints.push(Constraint {
            metric: metric.name().into(),
            unit: metric.row().unit,
            value: *limit_value,
            limit: *limit,
            left_out,
        });
    }
    let gain = |p: &Point| gain_of(&p.outcome);
    let kept: Vec<&Point> = points
        .iter()
        .zip(&kept_to)
        .skip(1)
        .filter(|(_, holds)| **holds)
        .map(|(p, _)| p)
        .collect();
    let rough = front(&present, &kept, &points[0], &gain);
    let served = threads::map(&rough, |p| search.point(&p.choice, true));
    let still_keeps = |p: &&Point| {
        wish.constraints.iter().all(|(metric, wanted, limit)| {
            value(p, *metric).is_none_or(|v| match limit {
                Limit::Lower => v >= *wanted,
                Limit::Upper => v <= *wanted,
            })
        })
    };
    let still: Vec<&Point> = served.iter().filter(still_keeps).collect();
    let front = front(&present, &still, &points[0], &gain);
    let (suggested, why) = knee(&present, &front, &gain, &points[0]);
    let setting = |p: &Point| TunedSetting {
        changes: p.changes.clone(),
        score: bench.score.value.zip(p.outcome.points).map(|(s, p)| s + p),
        values: shown
            .iter()
            .filter_map(|(metric, statistic)| tuned_value(bench, &p.outcome, *metric, statistic))
            .collect(),
    };
    Tuning {
        schema_version: SCHEMA_VERSION,
        generator: Generator::default(),
        period: bench.workload.period.map(|(from, to)| Period { from, to }),
        units: bench.workload.units.len() as u64,
        units_called: super::whatif::units_called(bench),
        goal: wish.goal.map_or("score", Metric::name).into(),
        constraints,
        tried: axes
            .iter()
            .map(|a| TriedKnob {
                knob: a.knob.clone(),
                from: a.from.clone(),
                values: a.values.iter().map(|(v, _)| knobs::json(v)).collect(),
            })
            .collect(),
        simulated: points.len() as u64,
        broke_constraint: kept_to.iter().filter(|h| !**h).count() as u64,
        now: setting(&points[0]),
        front: front.iter().map(|p| setting(p)).collect(),
        suggested,
        why,
        not_evaluated: withheld,
    }
}

/// What an outcome gains by the goal.
fn gain_of(present: &Present<'_>, wish: &Wish, outcome: &Outcome) -> f64 {
    let Some(metric) = wish.goal else {
        return outcome.points.unwrap_or(0.0);
    };
    let now = present.or_projected(&Outcome::default(), metric);
    let now = now.unwrap_or(0.0);
    let change = present.or_projected(outcome, metric).unwrap_or(now) - now;
    match metric.row().direction {
        Direction::Higher => change,
        _ => -change,
    }
}

/// The knobs that can be turned on this workload, with values worth trying. Where these are too many combinations,
/// the knobs go first that gain least alone.
fn axes(bench: &Bench<'_>, gain_of: impl Fn(&Outcome) -> f64) -> (Vec<Axis>, Vec<KnobWithheld>) {
    let mut axes = Vec::new();
    let mut withheld = Vec::new();
    for (knob, values) in candidates(bench) {
        let from = present::value(bench.workload, bench.config, &knob);
        let mut axis = Axis {
            knob: knob.clone(),
            from: from.as_ref().map(knobs::json),
            values: Vec::new(),
        };
        let mut reason = None;
        for value in values.into_iter().filter(|v| Some(v) != from.as_ref()) {
            match turn(bench, &knob, &value) {
                Ok(change) if change != Simulated::default() => axis.values.push((value, change)),
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
    // Fewer knobs rather than an endless search.
    let size = |axes: &[Axis]| axes.iter().map(|a| a.values.len() + 1).product::<usize>();
    if size(&axes) <= MOST {
        return (axes, withheld);
    }
    let gathered = Gathered::of(bench.workload);
    let alone = |change: &Simulated| gain_of(&simulated(bench, &[change], false, &gathered));
    let most = |axis: &Axis| {
        let gains = axis.values.iter().map(|(_, change)| alone(change));
        gains.fold(f64::NEG_INFINITY, f64::max)
    };
    let mut gains: Vec<f64> = axes.iter().map(most).collect();
    while size(&axes) > MOST {
        let least = |(_, a): &(usize, &f64), (_, b): &(usize, &f64)| a.total_cmp(b);
        // Of two that gain as much, the later one.
        let Some((at, _)) = gains.iter().enumerate().rev().min_by(least) else {
            break;
        };
        gains.remove(at);
        withheld.push(KnobWithheld {
            knob: axes.remove(at).knob,
            reason: "too many combinations, and of these knobs it gains least alone".into(),
            reproduction: Vec::new(),
        });
    }
    (axes, withheld)
}

fn candidates(bench: &Bench<'_>) -> Vec<(String, Vec<KnobValue>)> {
    let number = |n: u64| {
        #[allow(clippy::cast_precision_loss)]
        let n = n as f64;
        KnobValue::Number(n)
    };
    let mut all: Vec<(String, Vec<KnobValue>)> = Vec::new();
    if !bench.workload.lookups.is_empty() {
        let known = sizes::sizes(bench.workload, bench.config, None).ok();
        let values = known.map_or_else(
            // Whatever the size: the reason why there is no replay is what matters.
            || vec![number(100)],
            |s| {
                let now = s.present.unwrap_or(s.sufficient);
                let mut sizes = vec![now / 2, now * 2, now * 4, s.sufficient];
                sizes.retain(|x| *x > 0 && *x <= s.sufficient.max(now));
                sizes.sort_unstable();
                sizes.dedup();
                sizes.into_iter().map(number).collect()
            },
        );
        all.push((context::SIZE.into(), values));
        all.push((context::PRELOAD.into(), vec![KnobValue::Bool(true)]));
    }
    let slots = present::timeline(bench.workload, bench.config, context::SLOTS)
        .ok()
        .flatten();
    if let Some(KnobValue::Number(n)) = slots.as_ref().and_then(|t| t.last()) {
        let more = [n - 1.0, n + 1.0, n * 2.0];
        let values = more
            .into_iter()
            .filter(|n| *n >= 1.0)
            .map(KnobValue::Number);
        all.push((context::SLOTS.into(), values.collect()));
    }
    all.extend(of_agents(bench));
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
        for purpose in names(Dimension::Purpose).into_iter().take(4) {
            let values = modes.iter().cloned().map(KnobValue::Word).collect();
            all.push((format!("context.mode_for.{purpose}"), values));
        }
    }
    all
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
    all
}

/// Values of metrics as they were measured, each worked out once.
struct Present<'a> {
    bench: &'a Bench<'a>,
    values: RefCell<BTreeMap<Metric, Option<f64>>>,
}

impl<'a> Present<'a> {
    fn of(bench: &'a Bench<'a>) -> Self {
        Self {
            bench,
            values: RefCell::default(),
        }
    }

    /// As projected, else as measured.
    fn or_projected(&self, outcome: &Outcome, metric: Metric) -> Option<f64> {
        projected(outcome, metric).or_else(|| {
            let mut values = self.values.borrow_mut();
            let measured = || measured(self.bench, metric);
            *values.entry(metric).or_insert_with(measured)
        })
    }
}

/// A metric under an outcome: as projected, else as measured.
pub(super) fn value_of(bench: &Bench<'_>, outcome: &Outcome, metric: Metric) -> Option<f64> {
    projected(outcome, metric).or_else(|| measured(bench, metric))
}

/// Of memory its 95th percentile, since it must suffice nearly always.
fn projected(outcome: &Outcome, metric: Metric) -> Option<f64> {
    let mut tails = outcome.effects.iter().filter(|e| e.statistic == "p95");
    let tail = tails.find(|e| metric == Metric::MemoryUsage && e.metric == metric.name());
    tail.or_else(|| outcome.effect(metric)).map(|e| e.to)
}

fn measured(bench: &Bench<'_>, metric: Metric) -> Option<f64> {
    let unit = metric.row().unit;
    let is_p95 = metric == Metric::MemoryUsage;
    if metric == Metric::SessionTime {
        // Of wall clocks, not of rows.
        let seconds = bench.workload.wall_clocks.iter().map(present_seconds);
        #[allow(clippy::cast_precision_loss)]
        let n = bench.workload.wall_clocks.len() as f64;
        return (n > 0.0).then(|| seconds.sum::<f64>() / n);
    }
    let figure = bench.workload.figure(metric, &Filter::default());
    match unit {
        Unit::Usd => (figure.n > 0).then(|| figure.total(unit)),
        // A limit of a utilization is one of its 95th percentile, as its target is.
        _ if is_p95 || (unit == Unit::Ratio && metric.row().direction == Direction::Lower) => {
            figure.quantile(0.95, unit).or_else(|| figure.mean(unit))
        }
        _ => figure.mean(unit),
    }
}

/// Metrics that any setting moves.
fn shown(bench: &Bench<'_>, points: &[Point]) -> Vec<(Metric, String)> {
    let moved = |e: &crate::assessment::Effect| (e.to - e.from).abs() > 0.002 * e.from.abs();
    let mut seen = BTreeSet::new();
    let mut list = Vec::new();
    for effect in points.iter().flat_map(|p| &p.outcome.effects) {
        let key = (effect.metric.clone(), effect.statistic.clone());
        if moved(effect)
            && let Some(metric) = Metric::named(&effect.metric)
            && seen.insert(key)
        {
            list.push((metric, effect.statistic.clone()));
        }
    }
    let order = |metric: &Metric| {
        let first = [
            Metric::ResponseTime,
            Metric::Accuracy,
            Metric::SuccessRate,
            Metric::Cost,
            Metric::ComputedCost,
            Metric::SessionTime,
            Metric::CacheHitRate,
        ];
        first
            .iter()
            .position(|m| m == metric)
            .unwrap_or(first.len())
    };
    list.sort_by_key(|(metric, statistic)| (order(metric), statistic.clone()));
    list.retain(|(metric, _)| {
        *metric == Metric::SessionTime || bench.workload.figure(*metric, &Filter::default()).n > 0
    });
    list
}

fn tuned_value(
    bench: &Bench<'_>,
    outcome: &Outcome,
    metric: Metric,
    statistic: &str,
) -> Option<TunedValue> {
    let unit = metric.row().unit;
    let found = outcome
        .effects
        .iter()
        .find(|e| e.metric == metric.name() && e.statistic == statistic);
    let value = match (found, statistic) {
        (Some(effect), _) => effect.to,
        (None, "p95") => bench
            .workload
            .figure(metric, &Filter::default())
            .quantile(0.95, unit)?,
        (None, _) => value_of(bench, outcome, metric)?,
    };
    Some(TunedValue {
        metric: metric.name().into(),
        statistic: statistic.into(),
        unit,
        value,
    })
}

/// What a setting is judged by: the goal, and what may pull against it. In steps, so that a setting is not
/// kept for a difference that nobody would notice.
fn objectives(present: &Present<'_>, p: &Point, now: &Point, gain: f64, best: f64) -> Vec<i64> {
    #[allow(clippy::cast_possible_truncation)] // saturates
    let steps = |value: f64, step: f64| {
        if step > 0.0 {
            (value / step).round() as i64
        } else {
            0
        }
    };
    let mut all = vec![steps(gain, best.abs() * STEP)];
    for metric in [
        Metric::ResponseTime,
        Metric::Accuracy,
        Metric::SuccessRate,
        Metric::Cost,
        Metric::ComputedCost,
        Metric::SessionTime,
        Metric::MemoryUsage,
    ] {
        let value = |p: &Point| present.or_projected(&p.outcome, metric).unwrap_or(0.0);
        let (then, now) = (value(p), value(now));
        let change = steps(then - now, now.abs() * STEP / 4.0);
        all.push(match metric.row().direction {
            Direction::Higher => change,
            _ => -change,
        });
    }
    // Of two that are alike in all, the one that changes less.
    all.push(-i64::try_from(p.changes.len()).unwrap_or(i64::MAX));
    all
}

/// Settings that gain something and that no other one beats in all.
fn front<'a>(
    present: &Present<'_>,
    kept: &[&'a Point],
    now: &Point,
    gain: &impl Fn(&Point) -> f64,
) -> Vec<&'a Point> {
    let best = kept.iter().map(|p| gain(p)).fold(0.0, f64::max);
    let judged: Vec<(&Point, Vec<i64>)> = kept
        .iter()
        .map(|p| (*p, objectives(present, p, now, gain(p), best)))
        .collect();
    let beats = |a: &[i64], b: &[i64]| {
        a.iter().zip(b).all(|(a, b)| a >= b) && a.iter().zip(b).any(|(a, b)| a > b)
    };
    let floor = gain(now);
    let mut front: Vec<&'a Point> = judged
        .iter()
        .filter(|(p, own)| gain(p) > floor && !judged.iter().any(|(_, other)| beats(other, own)))
        .map(|(p, _)| *p)
        .collect();
    front.sort_by(|a, b| {
        gain(b)
            .total_cmp(&gain(a))
            .then(a.changes.len().cmp(&b.changes.len()))
    });
    front
}

/// The one with the fewest changes that has most of the largest gain and loses no accuracy; else the
/// one with the fewest changes that has most of it.
fn knee(
    present: &Present<'_>,
    front: &[&Point],
    gain: &impl Fn(&Point) -> f64,
    now: &Point,
) -> (Option<u64>, Option<String>) {
    let Some(best) = front.first().map(|p| gain(p)) else {
        return (None, None);
    };
    let accuracy = |p: &Point| present.or_projected(&p.outcome, Metric::Accuracy);
    let keeps = |p: &Point| accuracy(p) >= accuracy(now);
    let pick = |is_careful: bool| {
        front
            .iter()
            .enumerate()
            .filter(|(_, p)| gain(p) >= ENOUGH * best && (!is_careful || keeps(p)))
            .min_by_key(|(at, p)| (p.changes.len(), *at))
    };
    let Some((at, point)) = pick(true).or_else(|| pick(false)) else {
        return (None, None);
    };
    let share = (gain(point) / best * 100.0).round();
    let changes = match point.changes.len() {
        1 => "one change".to_owned(),
        n => format!("{n} changes"),
    };
    let loss = if keeps(point) {
        "no loss of accuracy"
    } else {
        "a loss of accuracy"
    };
    (
        Some(at as u64 + 1),
        Some(format!(
            "it has {share} % of the gain of the best, {loss}, and {changes}"
        )),
    )
}
