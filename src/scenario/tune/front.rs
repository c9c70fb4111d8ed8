//! The settings that no other one beats (the Pareto front), and the one of them that is suggested.

use super::simulator::Point;
use super::values::Present;
use crate::metrics::{Direction, Metric};

/// The suggested setting has at least this share of the largest gain.
const ENOUGH: f64 = 0.8;

/// Differences of the goal below this share of the largest gain, and of other metrics below a quarter of it,
/// count as none.
const STEP: f64 = 0.02;

/// What may pull against the goal.
const WEIGHED: [Metric; 7] = [
    Metric::ResponseTime,
    Metric::Accuracy,
    Metric::SuccessRate,
    Metric::Cost,
    Metric::ComputedCost,
    Metric::SessionTime,
    Metric::MemoryUsage,
];

/// What a setting is judged by: the goal, and what may pull against it. In steps, so that a setting is not
/// kept for a difference that nobody would notice.
fn objectives(present: &Present<'_>, p: &Point, gain: f64, best: f64) -> Vec<i64> {
    #[allow(clippy::cast_possible_truncation)] // saturates
    let steps = |value: f64, step: f64| {
        if step > 0.0 {
            (value / step).round() as i64
        } else {
            0
        }
    };
    let mut all = vec![steps(gain, best.abs() * STEP)];
    all.extend(WEIGHED.map(|metric| {
        let now = present.measured(metric).unwrap_or(0.0);
        let then = present.or_projected(&p.outcome, metric).unwrap_or(0.0);
        let change = steps(then - now, now.abs() * STEP / 4.0);
        match metric.row().direction {
            Direction::Higher => change,
            _ => -change,
        }
    }));
    // Of two that are alike in all, the one that changes less.
    all.push(-i64::try_from(p.changes.len()).unwrap_or(i64::MAX));
    all
}

/// Settings that gain something and that neither another one nor the present beats in all. One whose gain is a bound beats
/// none whose gain is not.
pub(super) fn front<'a>(
    present: &Present<'_>,
    kept: &[&'a Point],
    now: &Point,
    gain: &impl Fn(&Point) -> f64,
) -> Vec<&'a Point> {
    let best = kept.iter().map(|p| gain(p)).fold(0.0, f64::max);
    let judge = |p: &Point| objectives(present, p, gain(p), best);
    let judged: Vec<(&Point, Vec<i64>)> = kept.iter().map(|p| (*p, judge(p))).collect();
    let beats = |a: &[i64], b: &[i64]| {
        a.iter().zip(b).all(|(a, b)| a >= b) && a.iter().zip(b).any(|(a, b)| a > b)
    };
    let now = judge(now);
    let is_beaten = |p: &Point, own: &[i64]| {
        let may_beat = |other: &Point| p.is_bound || !other.is_bound;
        beats(&now, own)
            || judged
                .iter()
                .any(|(other, theirs)| may_beat(other) && beats(theirs, own))
    };
    let mut front: Vec<&'a Point> = judged
        .iter()
        .filter(|(p, own)| gain(p) > 0.0 && !is_beaten(p, own))
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
/// one with the fewest changes that has most of it. Its place in the front, and why. Gains that are bounds are left aside
/// where there are others.
pub(super) fn knee(
    present: &Present<'_>,
    front: &[&Point],
    gain: &impl Fn(&Point) -> f64,
) -> Option<(usize, String)> {
    let is_all_bounds = front.iter().all(|p| p.is_bound);
    let eligible: Vec<(usize, &Point)> = front
        .iter()
        .enumerate()
        .filter(|(_, p)| is_all_bounds || !p.is_bound)
        .map(|(at, p)| (at, *p))
        .collect();
    let best = eligible.iter().map(|(_, p)| gain(p)).reduce(f64::max)?;
    let accuracy = present.measured(Metric::Accuracy);
    let keeps = |p: &Point| {
        !p.unknown.contains(&Metric::Accuracy)
            && present.or_projected(&p.outcome, Metric::Accuracy) >= accuracy
    };
    let pick = |is_careful: bool| {
        eligible
            .iter()
            .filter(|(_, p)| gain(p) >= ENOUGH * best && (!is_careful || keeps(p)))
            .min_by_key(|(at, p)| (p.changes.len(), *at))
    };
    let (at, point) = pick(true).or_else(|| pick(false))?;
    let share = (gain(point) / best * 100.0).round();
    let loss = match accuracy {
        None => "",
        Some(_) if keeps(point) => ", no loss of accuracy",
        Some(_) if point.unknown.contains(&Metric::Accuracy) => {
            ", an accuracy that nobody measured"
        }
        Some(_) => ", a loss of accuracy",
    };
    let changes = match point.changes.len() {
        1 => "one change".to_owned(),
        n => format!("{n} changes"),
    };
    let (of, bound) = if is_all_bounds {
        ("", "; its gain is the most that can be had")
    } else if eligible.len() < front.len() {
        (" (those whose gain is an upper bound left aside)", "")
    } else {
        ("", "")
    };
    let comma = if loss.is_empty() { "" } else { "," };
    Some((
        *at,
        format!("it has {share} % of the gain of the best{of}{loss}{comma} and {changes}{bound}"),
    ))
}
