//! The word for what happened beside what was projected.
//!
//! | word | better than before | v the projection |
//! |---|---|---|
//! | realised | proven | reached within the interval |
//! | partial | proven | proven to be less |
//! | none | not proven | proven to be less |
//! | harmful | proven to be worse | |
//! | too early | not proven | not ruled out |
//!
//! Proven is what the interval of what was measured leaves no room for.

use crate::analysis::usual_tolerance;
use crate::assessment::{ClaimVerdict, Span};
use crate::config::TargetStatistic;
use crate::metrics::{Direction, Metric, Unit};

/// A word with its figures.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Judged {
    pub(super) verdict: ClaimVerdict,
    /// Realised ÷ projected.
    pub(super) share: Option<f64>,
    /// Whether both agree within their intervals.
    pub(super) interval_held: Option<bool>,
}

/// Judges changes of a mean; `before` is that mean.
pub(super) fn judge(
    direction: Direction,
    metric: &str,
    before: Option<f64>,
    projected: Option<Span>,
    realised: Option<Span>,
) -> Judged {
    let unit = Metric::named(metric).map_or(Unit::Unknown, |m| m.row().unit);
    let unknown = Judged {
        verdict: ClaimVerdict::TooEarly,
        share: None,
        interval_held: None,
    };
    let Some(gained) = realised.and_then(|r| Gain::of(r, direction)) else {
        return unknown;
    };
    let Some((low, high)) = gained.ends else {
        return unknown;
    };
    let promised = projected
        .and_then(|p| Gain::of(p, direction))
        .filter(|p| p.estimate > 0.0);
    // Without a projection an effect within what is usually tolerated is none.
    let least = promised
        .map(|p| p.estimate)
        .or_else(|| Some(before?.abs() * usual_tolerance(metric, unit, TargetStatistic::Mean)));
    let falls_short = least.is_some_and(|least| high < least);
    let verdict = match (low > 0.0, high < 0.0) {
        (_, true) => ClaimVerdict::Harmful,
        (true, _) if falls_short && promised.is_some() => ClaimVerdict::Partial,
        (true, _) => ClaimVerdict::Realised,
        _ if falls_short => ClaimVerdict::None,
        _ => ClaimVerdict::TooEarly,
    };
    if verdict == ClaimVerdict::TooEarly {
        return unknown;
    }
    Judged {
        verdict,
        share: promised.map(|p| gained.estimate / p.estimate),
        interval_held: promised.and_then(|p| p.agrees(&gained)),
    }
}

/// Realised ÷ projected; `None` where nothing was projected to change.
pub(super) fn share(projected: Span, realised: Span) -> Option<f64> {
    let share = realised.estimate / projected.estimate;
    share.is_finite().then_some(share)
}

/// Whether two changes agree within their intervals. `None` where either has none.
pub(super) fn agree(projected: Span, realised: Span) -> Option<bool> {
    let [projected, realised] = [projected, realised].map(|s| Gain::of(s, Direction::Higher));
    projected?.agrees(&realised?)
}

/// A change, positive where it is for the better.
#[derive(Debug, Clone, Copy)]
struct Gain {
    estimate: f64,
    ends: Option<(f64, f64)>,
}

impl Gain {
    fn of(span: Span, direction: Direction) -> Option<Self> {
        let ends = span.low.zip(span.high);
        match direction {
            Direction::Higher => Some(Self {
                estimate: span.estimate,
                ends,
            }),
            Direction::Lower => Some(Self {
                estimate: -span.estimate,
                ends: ends.map(|(low, high)| (-high, -low)),
            }),
            Direction::Neither => None,
        }
    }

    /// Whether the interval of the difference holds 0, put together from those of both (method of
    /// variance estimates recovery, Zou and Donner 2008). `None` where either has none.
    fn agrees(&self, other: &Gain) -> Option<bool> {
        let ((low, high), (other_low, other_high)) = self.ends.zip(other.ends)?;
        let difference = other.estimate - self.estimate;
        let below = (other.estimate - other_low).hypot(high - self.estimate);
        let above = (other_high - other.estimate).hypot(self.estimate - low);
        Some(difference - below <= 0.0 && difference + above >= 0.0)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use ClaimVerdict::{Harmful, None as NoEffect, Partial, Realised, TooEarly};

    fn span(low: f64, estimate: f64, high: f64) -> Span {
        Span {
            estimate,
            low: Some(low),
            high: Some(high),
            level: 0.95,
        }
    }

    /// A shorter time is better; −0.6 s were projected.
    fn word(realised: Span) -> ClaimVerdict {
        let projected = span(-0.7, -0.6, -0.5);
        judge(
            Direction::Lower,
            "response_time",
            Some(3.0),
            Some(projected),
            Some(realised),
        )
        .verdict
    }

    #[test]
    fn each_word() {
        assert_eq!(word(span(-0.9, -0.5, -0.1)), Realised);
        assert_eq!(word(span(-1.9, -1.5, -1.1)), Realised);
        assert_eq!(word(span(-0.5, -0.3, -0.1)), Partial);
        assert_eq!(word(span(-0.4, -0.1, 0.2)), NoEffect);
        assert_eq!(word(span(-0.7, -0.1, 0.5)), TooEarly);
        assert_eq!(word(span(0.1, 0.3, 0.5)), Harmful);
        // On the borders nothing is proven.
        assert_eq!(word(span(-0.6, -0.3, 0.0)), TooEarly);
        assert_eq!(word(span(-0.6, -0.3, -0.1)), Realised);
        assert_eq!(word(span(0.0, 0.3, 0.6)), NoEffect);
    }

    #[test]
    fn the_other_direction_and_no_projection() {
        let judge = |projected, realised| {
            judge(
                Direction::Higher,
                "cache_hit_rate",
                Some(0.6),
                projected,
                Some(realised),
            )
        };
        let all = judge(Some(span(0.1, 0.12, 0.14)), span(0.02, 0.06, 0.09));
        assert_eq!(all.verdict, Partial);
        assert!((all.share.unwrap() - 0.5).abs() < 1e-12);
        assert_eq!(all.interval_held, Some(false));
        let agrees = judge(Some(span(0.1, 0.12, 0.14)), span(0.05, 0.11, 0.17));
        assert_eq!(
            (agrees.verdict, agrees.interval_held),
            (Realised, Some(true))
        );
        assert_eq!(judge(None, span(0.02, 0.06, 0.09)).verdict, Realised);
        assert_eq!(judge(None, span(-0.001, 0.0, 0.001)).verdict, NoEffect);
        assert_eq!(judge(None, span(-0.2, 0.0, 0.2)).verdict, TooEarly);
        assert_eq!(judge(None, span(-0.2, -0.1, -0.05)).verdict, Harmful);
        assert_eq!(judge(None, span(0.02, 0.06, 0.09)).share, None);
        let bound = Span {
            low: None,
            high: None,
            ..span(0.0, 0.1, 0.0)
        };
        assert_eq!(
            judge(Some(bound), span(0.02, 0.06, 0.09)).interval_held,
            None
        );
    }
}
