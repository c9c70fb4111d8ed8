//! What a comparison could have shown, and how many units a verdict needs.

use crate::assessment::{Comparison, EffectKind, EffectSize};
use crate::stats::normal;

use super::tolerance::margin;

/// How often a change of the stated size would be found.
const POWER: f64 = 0.8;

/// p below which a change is more than chance.
const ALPHA: f64 = 0.05;

/// Says what the units of a comparison can show, and how many the tolerance needs.
pub fn add_power<V>(compared: &mut Comparison<V>) {
    let Some(power) = compared.effect.as_ref().and_then(Power::of) else {
        return;
    };
    compared.detectable = Some(power.detectable());
    let units = compared.units[0].min(compared.units[1]);
    let least = if compared.paired { 6 } else { 4 };
    compared.n_needed = margin(compared)
        .and_then(|margin| power.needed(units, margin))
        .map(|needed| needed.max(least));
}

/// What so many units can show, from the width of the interval that they gave.
struct Power {
    /// Standard error of the effect, of ratios on logs.
    error: f64,
    kind: EffectKind,
}

impl Power {
    fn of(effect: &EffectSize) -> Option<Self> {
        let width = match effect.kind {
            EffectKind::Ratio => (effect.high / effect.low).ln(),
            EffectKind::Difference => effect.high - effect.low,
        };
        let error = width / (2.0 * normal::quantile(0.5 + effect.level / 2.0)?);
        (error.is_finite() && error > 0.0).then_some(Self {
            error,
            kind: effect.kind,
        })
    }

    /// Errors that a change must be away from none to be found.
    fn distance() -> f64 {
        let z = |p| normal::quantile(p).unwrap_or(f64::INFINITY);
        z(1.0 - ALPHA / 2.0) + z(POWER)
    }

    fn detectable(&self) -> f64 {
        let size = Self::distance() * self.error;
        match self.kind {
            EffectKind::Ratio => size.exp(),
            EffectKind::Difference => size,
        }
    }

    /// The error falls with the root of the units.
    fn needed(&self, units: u64, tolerance: f64) -> Option<u64> {
        let wanted = match self.kind {
            EffectKind::Ratio => tolerance.ln_1p(),
            EffectKind::Difference => tolerance,
        };
        let times = (Self::distance() * self.error / wanted).powi(2);
        let n = (units as f64 * times).ceil();
        (wanted > 0.0 && n.is_finite() && n < 1e15).then_some(n as u64)
    }
}
