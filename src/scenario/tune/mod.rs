//! The space of settings, searched: combinations of the values that are worth trying are simulated, and what no other one
//! beats in all is kept (the Pareto front).

mod candidates;
mod front;
mod simulator;
mod space;
mod values;

use super::knobs;
use super::outcome::Outcome;
use super::replay::Bench;
use crate::assessment::{
    Constraint, Generator, Limit, Period, SCHEMA_VERSION, TriedKnob, TunedSetting, Tuning,
};
use crate::metrics::{Direction, Metric};
use crate::threads;
use simulator::{Point, Simulator};
use space::{Searched, Worth};
pub(super) use values::value_of;
use values::{Present, shown, tuned_value};

/// Settings that are simulated, at most.
const MOST: usize = 2_000;

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
    let gain = |p: &Point| gain_of(&present, wish, &p.outcome);
    let (axes, withheld) = candidates::axes(bench);
    let values: Vec<usize> = axes.iter().map(|a| a.values.len()).collect();
    let mut simulator = Simulator::of(bench, &axes);
    let worth = |p: &Point| Worth {
        breach: wish
            .constraints
            .iter()
            .map(|c| breach(&present, c, p))
            .sum(),
        gain: gain(p),
    };
    // A setting that loses no accuracy has a search of its own: the suggestion asks for one.
    let loss = |p: &Point| match present.measured(Metric::Accuracy) {
        Some(now) => breach(&present, &(Metric::Accuracy, now, Limit::Lower), p),
        None => 0.0,
    };
    let views = |p: &Point| {
        let free = worth(p);
        let careful = Worth {
            breach: free.breach + loss(p),
            ..free
        };
        [free, careful]
    };
    // The search holds waits as they were where a mode or an interface changes: what follows for the queue is
    // worked out for the settings that are shown.
    let Searched {
        points,
        possible,
        set_aside,
    } = space::search(&values, MOST, |choices| simulator.points(choices), views);
    let now = &points[0];
    let shown = shown(bench, &points);
    let keeps = |p: &&Point| worth(p).breach <= 0.0;
    let kept: Vec<&Point> = points.iter().skip(1).filter(keeps).collect();
    let rough = front::front(&present, &kept, now, &gain);
    let served = threads::map(&rough, |p| simulator.served_again(p));
    let still: Vec<&Point> = served.iter().filter(keeps).collect();
    let front = front::front(&present, &still, now, &gain);
    let knee = front::knee(&present, &front, &gain);
    let setting = |p: &Point| TunedSetting {
        changes: p.changes.clone(),
        at_most: p.is_bound,
        score: bench.score.value.zip(p.outcome.points).map(|(s, p)| s + p),
        values: shown
            .iter()
            .filter_map(|(metric, statistic)| tuned_value(bench, &p.outcome, *metric, statistic))
            .collect(),
    };
    let name = |knob: &usize| axes[*knob].knob.clone();
    Tuning {
        schema_version: SCHEMA_VERSION,
        generator: Generator::default(),
        period: bench.workload.period.map(|(from, to)| Period { from, to }),
        units: bench.workload.units.len() as u64,
        units_called: super::whatif::units_called(bench),
        goal: wish.goal.map_or("score", Metric::name).into(),
        goal_now: wish
            .goal
            .map_or(bench.score.value, |metric| present.measured(metric)),
        constraints: wish
            .constraints
            .iter()
            .map(|c| Constraint {
                metric: c.0.name().into(),
                unit: c.0.row().unit,
                value: c.1,
                limit: c.2,
                now: present.measured(c.0),
                left_out: points
                    .iter()
                    .filter(|p| breach(&present, c, p) > 0.0)
                    .count() as u64,
            })
            .collect(),
        tried: axes
            .iter()
            .map(|a| TriedKnob {
                knob: a.knob.clone(),
                from: a.from.clone(),
                values: a.values.iter().map(|(v, _)| knobs::json(v)).collect(),
            })
            .collect(),
        simulated: points.len() as u64,
        possible,
        set_aside: set_aside.iter().map(name).collect(),
        broke_constraint: points.iter().filter(|p| !keeps(p)).count() as u64,
        now: setting(now),
        front: front.iter().map(|p| setting(p)).collect(),
        suggested: knee.as_ref().map(|(at, _)| *at as u64 + 1),
        why: knee.map(|(_, why)| why),
        not_evaluated: withheld,
    }
}

/// What an outcome gains by the goal.
fn gain_of(present: &Present<'_>, wish: &Wish, outcome: &Outcome) -> f64 {
    let Some(metric) = wish.goal else {
        return outcome.points.unwrap_or(0.0);
    };
    let now = present.measured(metric).unwrap_or(0.0);
    let change = present.or_projected(outcome, metric).unwrap_or(now) - now;
    match metric.row().direction {
        Direction::Higher => change,
        _ => -change,
    }
}

/// By how much a setting breaks a limit, as a share of it; 0: it does not, or nothing was measured. A limit that is not
/// known to hold is broken beyond all measure.
fn breach(present: &Present<'_>, (metric, limit, which): &(Metric, f64, Limit), p: &Point) -> f64 {
    let is_of_present = p.changes.is_empty();
    if p.unknown.contains(metric) && !is_of_present {
        return f64::INFINITY;
    }
    let Some(value) = present.or_projected(&p.outcome, *metric) else {
        return 0.0;
    };
    let beyond = match which {
        Limit::Lower => limit - value,
        Limit::Upper => value - limit,
    };
    if beyond <= 0.0 {
        0.0
    } else {
        // Of a limit of 0 there is no share.
        beyond / limit.abs().max(f64::MIN_POSITIVE)
    }
}
