//! The space of settings, searched: every combination of the values that are worth trying is simulated,
//! and what no other one beats in all is kept (the Pareto front).

use std::collections::{BTreeMap, BTreeSet};

use super::context::{self, sizes};
use super::knobs;
use super::outcome::{Change as Simulated, Outcome, present_seconds, simulate, simulate_held};
use super::present;
use super::replay::{self, Bench, Settings};
use super::requests::compaction::TRIED;
use super::requests::prefix::{FIVE_MINUTES, HOUR};
use super::streams;
use super::turn::turn;
use crate::assessment::{
    Change, Constraint, Generator, KnobWithheld, Limit, Period, SCHEMA_VERSION, TriedKnob,
    TunedSetting, TunedValue, Tuning,
};
use crate::config::KnobValue;
use crate::metrics::{Direction, Metric, Unit};
use crate::record::Dimension;
use crate::workload::{Filter, StreamRequest};

/// Settings that are simulated, at most; beyond it the last knobs are left out.
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

/// A knob with the changes that its values are.
struct Axis {
    knob: String,
    from: Option<serde_json::Value>,
    values: Vec<(KnobValue, Simulated)>,
}

/// One simulated setting.
struct Point {
    changes: Vec<Change>,
    outcome: Outcome,
    /// Of each axis which value; `None`: the present one.
    choice: Vec<Option<usize>>,
}

/// Searches.
#[must_use]
pub fn tune(bench: &Bench<'_>, wish: &Wish) -> Tuning {
    let (axes, withheld) = axes(bench);
    let points = points(bench, &axes);
    let shown = shown(bench, &points);
    let value = |p: &Point, metric: Metric| value_of(bench, &p.outcome, metric);
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
    let gain = |p: &Point| -> f64 {
        match wish.goal {
            None => p.outcome.points.unwrap_or(0.0),
            Some(metric) => {
                let now = value_of(bench, &points[0].outcome, metric).unwrap_or(0.0);
                let change = value(p, metric).unwrap_or(now) - now;
                match metric.row().direction {
                    Direction::Higher => change,
                    _ => -change,
                }
            }
        }
    };
    let kept: Vec<&Point> = points
        .iter()
        .zip(&kept_to)
        .skip(1)
        .filter(|(_, holds)| **holds)
        .map(|(p, _)| p)
        .collect();
    let rough = front(bench, &kept, &points[0], &gain);
    let mut search = Search::new(bench, &axes);
    let served: Vec<Point> = rough
        .iter()
        .map(|p| search.point(p.choice.clone(), simulate))
        .collect();
    let still_keeps = |p: &&Point| {
        wish.constraints.iter().all(|(metric, wanted, limit)| {
            value(p, *metric).is_none_or(|v| match limit {
                Limit::Lower => v >= *wanted,
                Limit::Upper => v <= *wanted,
            })
        })
    };
    let still: Vec<&Point> = served.iter().filter(still_keeps).collect();
    let front = front(bench, &still, &points[0], &gain);
    let (suggested, why) = knee(bench, &front, &gain, &points[0]);
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

/// The knobs that can be turned on this workload, with values worth trying.
fn axes(bench: &Bench<'_>) -> (Vec<Axis>, Vec<KnobWithheld>) {
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
    while size(&axes) > MOST {
        if let Some(last) = axes.pop() {
            withheld.push(KnobWithheld {
                knob: last.knob,
                reason: "too many combinations already".into(),
                reproduction: Vec::new(),
            });
        }
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

/// All combinations, the present first.
fn points(bench: &Bench<'_>, axes: &[Axis]) -> Vec<Point> {
    let mut choices: Vec<Vec<Option<usize>>> = vec![Vec::new()];
    for axis in axes {
        let options: Vec<Option<usize>> = std::iter::once(None)
            .chain((0..axis.values.len()).map(Some))
            .collect();
        choices = choices
            .iter()
            .flat_map(|before| {
                options.iter().map(move |option| {
                    let mut choice = before.clone();
                    choice.push(*option);
                    choice
                })
            })
            .collect();
    }
    // The search holds waits as they were where a mode or an interface changes: what follows for the queue is
    // worked out for the settings that are shown.
    let mut search = Search::new(bench, axes);
    choices
        .into_iter()
        .map(|choice| search.point(choice, simulate_held))
        .collect()
}

/// A search over combinations of the values of knobs.
struct Search<'a> {
    bench: &'a Bench<'a>,
    axes: &'a [Axis],
    /// One run of a sequence serves all that differ in other knobs only.
    runs: BTreeMap<String, Option<Simulated>>,
}

impl<'a> Search<'a> {
    fn new(bench: &'a Bench<'a>, axes: &'a [Axis]) -> Self {
        Self {
            bench,
            axes,
            runs: BTreeMap::new(),
        }
    }

    fn point(
        &mut self,
        choice: Vec<Option<usize>>,
        simulate: fn(&Bench<'_>, &[&Simulated]) -> Outcome,
    ) -> Point {
        let (bench, runs) = (self.bench, &mut self.runs);
        let turned: Vec<(&Axis, &(KnobValue, Simulated))> = self
            .axes
            .iter()
            .zip(&choice)
            .filter_map(|(axis, at)| Some((axis, axis.values.get((*at)?)?)))
            .collect();
        let mut settings: BTreeMap<&str, Settings> = BTreeMap::new();
        for (axis, (value, change)) in &turned {
            if change.replayed.is_some()
                && let Some(mechanism) = replay::mechanism(&axis.knob)
            {
                let own = settings.entry(mechanism.name).or_default();
                own.insert(axis.knob.clone(), value.clone());
            }
        }
        for own in settings.values() {
            runs.entry(format!("{own:?}"))
                .or_insert_with(|| Simulated::replay(bench, own.clone()).ok());
        }
        let replayed = settings
            .values()
            .filter_map(|own| runs.get(&format!("{own:?}"))?.as_ref());
        let swapped = turned
            .iter()
            .map(|(_, (_, c))| c)
            .filter(|c| c.replayed.is_none());
        let changes: Vec<&Simulated> = swapped.chain(replayed).collect();
        Point {
            outcome: simulate(bench, &changes),
            changes: turned
                .iter()
                .map(|(axis, (value, _))| Change {
                    knob: axis.knob.clone(),
                    from: axis.from.clone(),
                    to: Some(knobs::json(value)),
                })
                .collect(),
            choice,
        }
    }
}

/// A metric under an outcome: as projected, else as measured.
pub(super) fn value_of(bench: &Bench<'_>, outcome: &Outcome, metric: Metric) -> Option<f64> {
    let unit = metric.row().unit;
    // Memory must suffice nearly always.
    let is_p95 = metric == Metric::MemoryUsage;
    let mut tails = outcome.effects.iter().filter(|e| e.statistic == "p95");
    if let Some(tail) = tails.find(|e| is_p95 && e.metric == metric.name()) {
        return Some(tail.to);
    }
    if let Some(effect) = outcome.effect(metric) {
        return Some(effect.to);
    }
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
fn objectives(bench: &Bench<'_>, p: &Point, now: &Point, gain: f64, best: f64) -> Vec<i64> {
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
        let value = value_of(bench, &p.outcome, metric).unwrap_or(0.0);
        let present = value_of(bench, &now.outcome, metric).unwrap_or(0.0);
        let change = steps(value - present, present.abs() * STEP / 4.0);
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
    bench: &Bench<'_>,
    kept: &[&'a Point],
    now: &Point,
    gain: &impl Fn(&Point) -> f64,
) -> Vec<&'a Point> {
    let best = kept.iter().map(|p| gain(p)).fold(0.0, f64::max);
    let judged: Vec<(&Point, Vec<i64>)> = kept
        .iter()
        .map(|p| (*p, objectives(bench, p, now, gain(p), best)))
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
    bench: &Bench<'_>,
    front: &[&Point],
    gain: &impl Fn(&Point) -> f64,
    now: &Point,
) -> (Option<u64>, Option<String>) {
    let Some(best) = front.first().map(|p| gain(p)) else {
        return (None, None);
    };
    let accuracy = |p: &Point| value_of(bench, &p.outcome, Metric::Accuracy);
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
