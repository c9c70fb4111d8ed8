//! Gain, confidence, rank: what comes first.

use crate::assessment::{Effort, Priority};

/// Weight of a projection whose variants were both observed.
pub const MEASURED: f64 = 0.9;

/// Weight of a replay of what was recorded.
pub const REPLAY: f64 = 0.8;

/// Weight of a bound, and of advice without a figure.
pub const SHARE: f64 = 0.5;

/// units ÷ (units + 20) × the weight of the kind of projection × the rule's track record (realised ÷
/// projected over its claims, 0 to 1; 1 until it has one).
///
/// ```
/// use perfadvise::advise::rank::{MEASURED, confidence};
/// assert!((confidence(41, MEASURED, 1.0) - 0.605).abs() < 0.001);
/// assert!((confidence(118, 0.8, 0.93) - 0.636).abs() < 0.001);
/// ```
#[must_use]
pub fn confidence(units: u64, kind: f64, track: f64) -> f64 {
    let units = units as f64;
    units / (units + 20.0) * kind * track
}

/// gain × confidence ÷ effort.
#[must_use]
pub fn rank(gain: f64, confidence: f64, effort: Effort) -> f64 {
    gain * confidence / effort.divisor()
}

/// Priority of a projected change by its gain in points: high from 2 at a confidence of 0.6, medium from
/// half a point.
#[must_use]
pub fn by_gain(gain: f64, confidence: f64) -> Priority {
    if gain >= 2.0 && confidence >= 0.6 {
        Priority::High
    } else if gain >= 0.5 {
        Priority::Medium
    } else {
        Priority::Low
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_of_each_boundary() {
        assert_eq!(by_gain(2.0, 0.6), Priority::High);
        assert_eq!(by_gain(1.99, 0.9), Priority::Medium);
        assert_eq!(by_gain(9.0, 0.59), Priority::Medium);
        assert_eq!(by_gain(0.5, 0.1), Priority::Medium);
        assert_eq!(by_gain(0.49, 0.9), Priority::Low);
    }

    #[test]
    fn effort_divides() {
        assert!((rank(2.0, 0.6, Effort::Medium) - 0.3).abs() < 1e-12);
    }
}
