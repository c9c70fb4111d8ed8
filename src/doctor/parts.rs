//! Mean seconds of a step by part, before and after a change: time of the part in windows of the trend ÷ steps in
//! the same windows.

use crate::assessment::{PartChange, SeriesPoint, Trend};
use crate::metrics::Metric;

use super::{trend_of, worse};

/// The metrics of the parts.
pub(super) const METRICS: [Metric; 5] = [
    Metric::ContextPreparationTime,
    Metric::ModelTime,
    Metric::ToolTime,
    Metric::QueueTime,
    Metric::BackoffTime,
];

/// Name of a part, as the attribution calls it.
pub(super) const NAMES: [&str; 5] = ["context_preparation", "model", "tool", "queue", "retry"];

/// The whole step.
const ALL: &str = "all";

/// The part that grew most.
#[derive(Debug, Clone, Copy)]
pub(super) struct Grown<'a> {
    pub(super) part: &'a str,
    pub(super) seconds: f64,
    pub(super) of_seconds: f64,
}

/// The parts around the change of `steps`, the response time; empty of another metric.
pub(super) fn of(trends: &[Trend], steps: &Trend) -> Vec<PartChange> {
    let is_steps = steps.metric == Metric::ResponseTime.name();
    let point = steps
        .change_points
        .iter()
        .rev()
        .find(|p| is_steps && worse(Metric::ResponseTime, p.before, p.after));
    let Some(at) = point.and_then(|p| usize::try_from(p.index).ok()) else {
        return Vec::new();
    };
    let (Some(before), Some(after)) = (steps.series.get(..at), steps.series.get(at..)) else {
        return Vec::new();
    };
    let counts = |points: &[SeriesPoint]| points.iter().map(|p| p.n).sum::<u64>();
    let (n_before, n_after) = (counts(before), counts(after));
    if n_before == 0 || n_after == 0 {
        return Vec::new();
    }
    let Some(border) = steps.series.get(at).map(|p| p.from) else {
        return Vec::new();
    };
    #[allow(clippy::cast_precision_loss)]
    let change = |part: &str, trend: &Trend| {
        let sum = |is_after: bool| {
            let side = trend
                .series
                .iter()
                .filter(|p| (p.from >= border) == is_after);
            side.filter_map(|p| Some(p.value? * p.n as f64))
                .sum::<f64>()
        };
        let (before, after) = (sum(false) / n_before as f64, sum(true) / n_after as f64);
        PartChange {
            part: part.to_owned(),
            before,
            after,
            difference: after - before,
        }
    };
    let mut parts: Vec<PartChange> = NAMES
        .iter()
        .zip(METRICS)
        .filter_map(|(name, metric)| {
            // Windows of another length would lie on both sides.
            #[allow(clippy::float_cmp)] // both from the same few lengths
            let trend = trend_of(trends, metric).filter(|t| t.step_seconds == steps.step_seconds);
            trend.map(|trend| change(name, trend))
        })
        .collect();
    parts.sort_by(|a, b| b.difference.total_cmp(&a.difference));
    if !parts.is_empty() {
        parts.push(change(ALL, steps));
    }
    parts
}

/// The part that grew by at least half of what the step grew by.
pub(super) fn most(parts: &[PartChange]) -> Option<Grown<'_>> {
    let all = parts.iter().find(|p| p.part == ALL)?;
    let most = parts.iter().find(|p| p.part != ALL)?;
    (all.difference > 0.0 && most.difference >= all.difference / 2.0).then_some(Grown {
        part: &most.part,
        seconds: most.difference,
        of_seconds: all.difference,
    })
}
