//! Does the newest value lie where the latest level lets one expect it?

use crate::assessment::{Newest, NewestVerdict};
use crate::metrics::Direction;
use crate::stats::change::Tolerance;
use crate::stats::{Interval, LEAST_UNITS, prediction};

use super::ALPHA;
use super::changes::Changes;
use super::number;

/// The newest value against the limits that the values since the last change set for it: Student's, on logs of
/// positive values, at 95 % over all `series` of the run together (Bonferroni), and never nearer to the mean of these
/// values than the dead band. `limit` is the one that was crossed, else the one on the bad side.
///
/// Of steps of time the newest is the last with at least half as many records as the median step: what
/// has just begun scatters more. `None` without a value; `insufficient` under 10 values in all or 6 before it on its
/// level.
pub(super) fn newest(changes: &Changes, better: Direction, series: usize) -> Option<Newest> {
    let values = &changes.values;
    let newest = if changes.step == 0 {
        values.len().checked_sub(1)?
    } else {
        let mut records = changes.records.clone();
        records.sort_unstable();
        let median = records.get(records.len() / 2).copied().unwrap_or(0);
        changes.records.iter().rposition(|n| 2 * n >= median)?
    };
    let value = *values.get(newest)?;
    let insufficient = Newest {
        verdict: NewestVerdict::Insufficient,
        value,
        limit: None,
    };
    let history = values.get(changes.latest_level().start..newest);
    let Some(history) = history.filter(|h| changes.is_judged() && h.len() >= LEAST_UNITS) else {
        return Some(insufficient);
    };
    let level = 1.0 - ALPHA / number(series.max(1));
    let is_ratio = matches!(changes.tolerance, Tolerance::Difference(_));
    let on_logs = if is_ratio {
        None
    } else {
        prediction::limits(history, 1, level)
    };
    let Some(limits) = on_logs.or_else(|| prediction::limits_of_mean(history, 1, level)) else {
        return Some(insufficient);
    };
    let limits = beyond_dead_band(limits, history, changes.tolerance);
    let limit = if value > limits.high {
        limits.high
    } else if value < limits.low || better == Direction::Higher {
        limits.low
    } else {
        limits.high
    };
    Some(Newest {
        verdict: if limits.contains(value) {
            NewestVerdict::Normal
        } else {
            NewestVerdict::Suspected
        },
        value,
        limit: Some(limit),
    })
}

fn beyond_dead_band(limits: Interval, history: &[f64], tolerance: Tolerance) -> Interval {
    let mean = history.iter().sum::<f64>() / number(history.len());
    let least = match tolerance {
        Tolerance::Share(share) => share * mean.abs(),
        Tolerance::Difference(difference) => difference,
    };
    let is_share = matches!(tolerance, Tolerance::Difference(_));
    let is_within_one = |v: f64| (0.0..=1.0).contains(&v);
    let (mut low, mut high) = (limits.low.min(mean - least), limits.high.max(mean + least));
    // A share cannot leave 0 to 1.
    if is_share && history.iter().all(|v| is_within_one(*v)) {
        (low, high) = (low.max(0.0), high.min(1.0));
    }
    Interval { low, high }
}
