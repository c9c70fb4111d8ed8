//! The verdict in figures: the one thing to say first, and the event that may be its cause.

use crate::assessment::{Headline, Indicator, Mood, TargetVerdict, Trend};
use crate::metrics::Component;
use crate::metrics::Metric;

/// The headline of what was found.
pub(super) fn headline(indicators: &[Indicator], trends: &[Trend]) -> Headline {
    let count = |verdict| indicators.iter().filter(|i| i.verdict == verdict).count() as u64;
    let (met, missed, unknown) = (
        count(TargetVerdict::Met),
        count(TargetVerdict::Missed),
        count(TargetVerdict::Unknown),
    );
    let trend = worth_telling(trends);
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
        event: None,
        met,
        missed,
        unknown,
    }
}

/// The trend to tell of: the main metric's if it changed, else the first other one that became
/// worse; what the machine does is no verdict on the work.
fn worth_telling(trends: &[Trend]) -> Option<usize> {
    let is_of_machine =
        |t: &Trend| Metric::named(&t.metric).is_none_or(|m| m.row().component == Component::System);
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
