//! The verdict in figures: the one thing to say first, and the event that may be its cause.

use crate::assessment::{
    EventRow, Headline, Indicator, Mood, TargetVerdict, Trend, TrendDirection,
};
use crate::metrics::{Component, Metric};
use crate::stats::multiplicity;
use crate::units::Time;
use crate::workload::{Filter, Workload};

use super::border::{Difference, difference_at};
use super::contrast::measured;

/// p below which means before and after an event differ.
const ALPHA: f64 = 0.05;

/// Events that are tried as a cause at most: each costs power.
const MOST_CAUSES: usize = 10;

/// The headline of what was found.
pub(super) fn headline(
    workload: &Workload,
    indicators: &[Indicator],
    trends: &[Trend],
    events: &[EventRow],
) -> Headline {
    let count = |verdict| indicators.iter().filter(|i| i.verdict == verdict).count() as u64;
    let (met, missed, unknown) = (
        count(TargetVerdict::Met),
        count(TargetVerdict::Missed),
        count(TargetVerdict::Unknown),
    );
    let trend = worth_telling(workload, trends);
    let mood = match trend.and_then(|index| trends[index].is_better) {
        Some(false) => Mood::Worse,
        Some(true) => Mood::Better,
        None if missed > 0 => Mood::Missed,
        None if met > 0 => Mood::Good,
        None => Mood::Unknown,
    };
    Headline {
        mood,
        trend,
        event: trend.and_then(|index| cause(workload, &trends[index], events)),
        met,
        missed,
        unknown,
    }
}

/// The trend to tell of: the main metric's if it changed, else the first other one that became
/// worse; what the machine does is no verdict on the work, and of what is not declared nobody knows whose it is.
fn worth_telling(workload: &Workload, trends: &[Trend]) -> Option<usize> {
    let is_of_machine = |t: &Trend| match Metric::named(&t.metric) {
        Some(metric) => metric.row().component == Component::System,
        None => workload.declared.find(&t.metric).is_none(),
    };
    let main = trends
        .first()
        .filter(|t| t.is_better.is_some() && !is_of_machine(t))
        .map(|_| 0);
    main.or_else(|| {
        trends
            .iter()
            .position(|t| t.is_better == Some(false) && !is_of_machine(t))
    })
}

/// The change of configuration between the centres of the halves whose units before and after
/// differ, in the trend's direction, by a test (adjusted by Holm's method over the events tried).
/// Nothing proves a cause; an event without such a difference is not named at all.
fn cause(workload: &Workload, trend: &Trend, events: &[EventRow]) -> Option<usize> {
    let metric = measured(workload, &trend.metric)?;
    let (first, last) = (trend.series.first()?.from, trend.series.last()?.from);
    let quarter = (last.0 - first.0) / 4;
    let (from, to) = (Time(first.0 + quarter), Time(last.0 - quarter));
    let tried: Vec<(usize, Difference)> = events
        .iter()
        .enumerate()
        .filter(|(_, e)| matches!(e.event.as_str(), "config_change" | "deployment"))
        .filter(|(_, e)| from <= e.time && e.time <= to)
        .take(MOST_CAUSES)
        .filter_map(|(index, event)| {
            Some((
                index,
                difference_at(workload, metric, &Filter::default(), event.time)?,
            ))
        })
        .collect();
    let p: Vec<f64> = tried.iter().map(|(_, d)| d.p).collect();
    let rises = trend.direction == TrendDirection::Rising;
    tried
        .iter()
        .zip(multiplicity::holm(&p))
        .filter(|((_, difference), adjusted)| *adjusted < ALPHA && difference.rises == rises)
        // The clearest; of equals the first.
        .max_by(|((i, a), _), ((j, b), _)| a.clearness.total_cmp(&b.clearness).then(j.cmp(i)))
        .map(|((index, _), _)| *index)
}
