//! Replays: a recorded sequence is run again under other settings.
//!
//! A [`Mechanism`] turns some knobs. It first runs the sequence under the present settings; where that
//! does not give what was measured, within a tolerance, its projections are withheld. What it finds are
//! shifts: by how much sums of metrics change, by dimension set and unit, so that other changes can be
//! applied to the same rows, and an interval can be formed over units. Several changes of one mechanism
//! are one run with all their settings.

use std::collections::{BTreeMap, BTreeSet};

use super::measured::Transport;
use crate::assessment::{Reproduction, Score};
use crate::config::{Config, KnobValue};
use crate::metrics::{Metric, Unit};
use crate::record::DimsId;
use crate::stats::normal;
use crate::units::NANOS;
use crate::workload::{UnitId, Workload};

/// The largest error of a rate that still counts as reproduced, as a difference.
pub const RATE_TOLERANCE: f64 = 0.01;

/// The largest error of a time, as a share.
pub const TIME_TOLERANCE: f64 = 0.10;

/// The largest error of a cost, as a share.
pub const COST_TOLERANCE: f64 = 0.05;

/// Values of knobs by name.
pub type Settings = BTreeMap<String, KnobValue>;

/// What simulations run on.
#[derive(Debug, Clone, Copy)]
pub struct Bench<'a> {
    /// What was measured.
    pub workload: &'a Workload,
    /// Its score.
    pub score: &'a Score,
    /// The configuration, with the present values of knobs.
    pub config: &'a Config,
}

/// A way to run a sequence again.
#[derive(Debug, Clone, Copy)]
pub struct Mechanism {
    /// Short name, for logs.
    pub name: &'static str,
    /// The knobs it turns; one that ends in `.` is a family.
    pub knobs: &'static [&'static str],
    /// Runs the workload's sequence under settings; the knobs that they do not name stay as they are.
    pub replay: fn(&Bench<'_>, &Settings) -> Result<Replayed, Withheld>,
}

/// All mechanisms. A knob belongs to at most one.
pub const MECHANISMS: &[Mechanism] = &[super::context::MECHANISM, super::streams::MECHANISM];

/// The mechanism that turns a knob.
///
/// ```
/// use perfadvise::scenario::replay::mechanism;
/// assert!(mechanism("context.cache_size").is_some());
/// assert!(mechanism("interfaces.primary").is_none());
/// ```
#[must_use]
pub fn mechanism(knob: &str) -> Option<&'static Mechanism> {
    MECHANISMS.iter().find(|m| {
        m.knobs.iter().any(|own| {
            *own == knob
                || own.ends_with('.') && knob.strip_prefix(own).is_some_and(|r| !r.is_empty())
        })
    })
}

/// What a replay gives.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Replayed {
    /// By how much sums change. A metric that the knobs can change and that does not change here has a
    /// shift of 0.
    pub shifts: Vec<Shift>,
    /// How response times map, where single steps were run again.
    pub transport: Option<Transport>,
    /// The 95th percentile of the response time by units, where single steps were run again.
    pub tail: Option<Tail>,
    /// The memory of the process, where what is held in it was run again.
    pub footprint: Option<Footprint>,
    /// The present as it was reproduced; all within tolerance.
    pub reproduction: Vec<Reproduction>,
    /// Units behind it.
    pub units: u64,
    /// Whether its figures are the most that can be had.
    pub is_bound: bool,
    /// Whether it rests on an assumption that nothing recorded can check: then there is no interval,
    /// which would be one of chance alone.
    pub is_assumed: bool,
    /// By how much sums may lie elsewhere for what the sequence does not tell, in the metric's unit: it
    /// widens their intervals.
    pub doubts: Vec<(Metric, f64)>,
    /// Seconds of waiting that fall away with each second that measured changes take off the service.
    pub echo: f64,
    /// What it rests on, in words.
    pub notes: Vec<String>,
}

/// By how much the sum of a metric changes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shift {
    /// The metric.
    pub metric: Metric,
    /// Dimensions of the rows that change.
    pub dims: DimsId,
    /// Unit of inference, [`UnitId::NONE`] where it is not known.
    pub unit: UnitId,
    /// Change of n (of a ratio: of its denominator).
    pub n: f64,
    /// Change of the sum, in the metric's unit.
    pub sum: f64,
    /// Change of the sum that shrinks with the time of preparations where another change shortens them.
    pub is_preparation: bool,
}

/// A 95th percentile now and then, in seconds, with the standard error of the difference and its
/// degrees of freedom.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tail {
    /// Now, replayed.
    pub from: f64,
    /// Then, replayed.
    pub to: f64,
    /// Standard error of `to − from`, degrees of freedom.
    pub error: Option<(f64, f64)>,
    /// Half of the interval that comes from measured changes, of which it is run at both ends.
    pub doubt: f64,
}

impl Tail {
    /// Half of the interval of the difference at a confidence.
    #[must_use]
    pub fn half_width(&self, level: f64) -> Option<f64> {
        let (error, freedom) = self.error?;
        let half = normal::critical_t(level, freedom)? * error;
        Some(half.hypot(self.doubt))
    }
}

/// Memory of a process in bytes over its samples: now, then, and the ends of the interval of then.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Footprint {
    /// The mean.
    pub mean: [f64; 4],
    /// The 95th percentile.
    pub p95: [f64; 4],
}

/// Groups of units that a jackknife leaves out.
pub const GROUPS: usize = 20;

/// Fewest groups for an interval.
const LEAST_GROUPS: usize = 6;

/// The group that a unit is in.
#[must_use]
pub fn group_of(unit: UnitId) -> usize {
    unit.0 as usize % GROUPS
}

/// Half of an interval from the estimates without each group of units (delete-a-group jackknife, Shao &
/// Wu 1989). `None` of fewer than six groups.
#[must_use]
pub fn half_width(without: &[f64], level: f64) -> Option<f64> {
    let (error, freedom) = jackknife(without)?;
    Some(normal::critical_t(level, freedom)? * error)
}

fn jackknife(without: &[f64]) -> Option<(f64, f64)> {
    if without.len() < LEAST_GROUPS || without.iter().any(|e| !e.is_finite()) {
        return None;
    }
    #[allow(clippy::cast_precision_loss)]
    let groups = without.len() as f64;
    let mean = without.iter().sum::<f64>() / groups;
    let squares: f64 = without.iter().map(|e| (e - mean).powi(2)).sum();
    Some((((groups - 1.0) / groups * squares).sqrt(), groups - 1.0))
}

/// The 95th percentile of values in nanoseconds, now and then, of units. `None` without values.
#[must_use]
pub fn tail_of(values: &[(UnitId, i64, i64)]) -> Option<Tail> {
    let of = |left_out: Option<usize>, pick: fn(&(UnitId, i64, i64)) -> i64| -> Option<f64> {
        let mut kept: Vec<i64> = values
            .iter()
            .filter(|v| Some(group_of(v.0)) != left_out)
            .map(pick)
            .collect();
        // The smallest value with at least 95 % at or below it.
        let at = (kept.len() * 95).div_ceil(100).checked_sub(1)?;
        let (_, value, _) = kept.select_nth_unstable(at);
        #[allow(clippy::cast_precision_loss)]
        let seconds = *value as f64 / NANOS as f64;
        Some(seconds)
    };
    let groups: BTreeSet<usize> = values.iter().map(|v| group_of(v.0)).collect();
    let without: Option<Vec<f64>> = groups
        .into_iter()
        .map(|g| Some(of(Some(g), |v| v.2)? - of(Some(g), |v| v.1)?))
        .collect();
    Some(Tail {
        from: of(None, |v| v.1)?,
        to: of(None, |v| v.2)?,
        error: without.and_then(|w| jackknife(&w)),
        doubt: 0.0,
    })
}

/// Why there is no projection.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Withheld {
    /// In a sentence without a full stop.
    pub reason: String,
    /// What the replay of the present gave, where it was run.
    pub reproduction: Vec<Reproduction>,
}

impl Withheld {
    /// Without a run.
    #[must_use]
    pub fn because(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            reproduction: Vec::new(),
        }
    }
}

/// What a replay of the present gives beside what was measured, with the error and what is allowed: a
/// difference for rates, a share for times and costs.
///
/// ```
/// use perfadvise::metrics::Metric;
/// use perfadvise::scenario::replay::reproduction;
/// let rate = reproduction(Metric::CacheHitRate, "mean", 0.61, 0.606);
/// assert!((rate.error.unwrap() + 0.004).abs() < 1e-12 && rate.allowed == Some(0.01));
/// ```
#[must_use]
pub fn reproduction(metric: Metric, statistic: &str, measured: f64, replayed: f64) -> Reproduction {
    let difference = replayed - measured;
    let (error, allowed) = match metric.row().unit {
        Unit::Ratio => (difference, RATE_TOLERANCE),
        Unit::Usd => (difference / measured, COST_TOLERANCE),
        _ => (difference / measured, TIME_TOLERANCE),
    };
    Reproduction {
        metric: metric.name().into(),
        statistic: statistic.into(),
        measured,
        replayed,
        error: error.is_finite().then_some(error),
        allowed: Some(allowed),
    }
}

/// Whether a figure of the present is reproduced within what is allowed.
#[must_use]
pub fn is_reproduced(reproduction: &Reproduction) -> bool {
    let pair = reproduction.error.zip(reproduction.allowed);
    pair.is_some_and(|(error, allowed)| error.abs() <= allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tolerances_by_kind() {
        for (metric, measured, replayed, is) in [
            (Metric::CacheHitRate, 0.60, 0.6099, true),
            (Metric::CacheHitRate, 0.60, 0.6101, false),
            (Metric::ResponseTime, 2.0, 2.19, true),
            (Metric::ResponseTime, 2.0, 2.21, false),
            (Metric::ResponseTime, 2.0, 1.81, true),
            (Metric::Cost, 100.0, 104.9, true),
            (Metric::Cost, 100.0, 105.1, false),
            (Metric::ResponseTime, 0.0, 1.0, false),
        ] {
            assert_eq!(
                is_reproduced(&reproduction(metric, "mean", measured, replayed)),
                is,
                "{metric:?} {replayed}"
            );
        }
    }

    #[test]
    fn a_knob_belongs_to_one_mechanism() {
        let mut all: Vec<&str> = MECHANISMS.iter().flat_map(|m| m.knobs).copied().collect();
        let n = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), n);
    }
}
