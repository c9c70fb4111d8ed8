//! From one score to another: the difference with its interval.

use crate::assessment::{Score, ScoreChange};

/// The change of the score; `None` where the two are not comparable: another model, other targets,
/// other parts measured, or no number.
///
/// The interval is put together from those of both scores, which are independent of each other.
/// Source: Zou & Donner 2008 (method of variance estimates recovery).
#[must_use]
pub fn change(from: &Score, to: &Score) -> Option<ScoreChange> {
    if !are_alike(from, to) {
        return None;
    }
    let (before, now) = from.value.zip(to.value)?;
    let difference = now - before;
    let ends = from
        .interval
        .as_ref()
        .zip(to.interval.as_ref())
        .map(|(a, b)| {
            let low = difference - (now - b.low).hypot(a.high - before);
            let high = difference + (b.high - now).hypot(before - a.low);
            (low, high)
        });
    Some(ScoreChange {
        from: before,
        to: now,
        low: ends.map(|e| e.0),
        high: ends.map(|e| e.1),
        beyond_noise: ends.map(|(low, high)| low > 0.0 || high < 0.0),
    })
}

/// The same model, profile, targets and parts.
fn are_alike(a: &Score, b: &Score) -> bool {
    let parts_are_alike = a.parts.len() == b.parts.len()
        && a.parts.iter().zip(&b.parts).all(|(a, b)| {
            a.part == b.part
                && a.target == b.target
                && a.poor == b.poor
                && a.score.is_some() == b.score.is_some()
        });
    a.model == b.model && a.profile == b.profile && parts_are_alike
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::assessment::{Interval, ScoreStatus};

    fn score(value: f64, interval: Option<(f64, f64)>) -> Score {
        Score {
            model: 1,
            profile: "orchestrator".into(),
            value: Some(value),
            band: None,
            band_reason: None,
            status: ScoreStatus::Ok,
            coverage: 1.0,
            complete: true,
            bounds: None,
            interval: interval.map(|(low, high)| Interval {
                of: "score".into(),
                low,
                high,
                level: 0.95,
                method: String::new(),
            }),
            parts: Vec::new(),
        }
    }

    /// By hand: 79 − 82 = −3; below it √((79 − 76)² + (86 − 82)²) = 5, above it √((84 − 79)² + (82 − 70)²) = 13.
    #[test]
    fn the_ends_of_both_intervals_are_put_together() {
        let change = change(
            &score(82.0, Some((70.0, 86.0))),
            &score(79.0, Some((76.0, 84.0))),
        )
        .unwrap();
        assert_eq!((change.from, change.to), (82.0, 79.0));
        assert_eq!((change.low, change.high), (Some(-8.0), Some(10.0)));
        assert_eq!(change.beyond_noise, Some(false));
    }

    #[test]
    fn beyond_noise_is_an_interval_without_zero() {
        let narrow = |value: f64| score(value, Some((value - 0.3, value + 0.4)));
        let fell = change(&narrow(82.0), &narrow(81.0)).unwrap();
        // −1 ± √(0.3² + 0.4²)
        assert!((fell.low.unwrap() + 1.5).abs() < 1e-9);
        assert!((fell.high.unwrap() + 0.5).abs() < 1e-9);
        assert_eq!(fell.beyond_noise, Some(true));
        let unknown = change(&score(82.0, None), &narrow(81.0)).unwrap();
        assert_eq!(unknown.beyond_noise, None);
    }

    #[test]
    fn scores_of_other_kinds_are_not_compared() {
        let other = Score {
            profile: "coding-agent".into(),
            ..score(80.0, None)
        };
        assert_eq!(change(&score(80.0, None), &other), None);
    }
}
