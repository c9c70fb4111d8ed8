//! Gain, confidence, rank: what comes first.

use crate::assessment::Effort;

/// Weight of a projection whose variants were both observed.
pub const MEASURED: f64 = 0.9;

/// Weight of a bound, and of advice without a figure.
pub const SHARE: f64 = 0.5;

/// units ÷ (units + 20) × the weight of the kind of projection. (The track record of a rule is 1 until
/// it has one.)
///
/// ```
/// use perfadvise::advise::rank::{MEASURED, confidence};
/// assert!((confidence(41, MEASURED) - 0.605).abs() < 0.001);
/// ```
#[must_use]
pub fn confidence(units: u64, kind: f64) -> f64 {
    let units = units as f64;
    units / (units + 20.0) * kind
}

/// gain × confidence ÷ effort.
#[must_use]
pub fn rank(gain: f64, confidence: f64, effort: Effort) -> f64 {
    gain * confidence / effort.divisor()
}
