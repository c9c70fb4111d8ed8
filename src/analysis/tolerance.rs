//! How large a difference must be to matter, where the user says nothing.

use crate::assessment::{Comparison, EffectKind};
use crate::config::TargetStatistic;
use crate::metrics::{Metric, Unit};

/// 5 % of durations, tokens, cost and what only the input knows, 10 % of p95, 5 points of success rates, 2
/// points of other ratios: a fraction, or a difference of ratios. `unit` is that of the metric.
#[must_use]
pub fn usual_tolerance(metric: &str, unit: Unit, statistic: TargetStatistic) -> f64 {
    let known = Metric::named(metric);
    let is_success = matches!(
        known,
        Some(
            Metric::SuccessRate
                | Metric::TaskSuccessRate
                | Metric::AttemptSuccessRate
                | Metric::ToolSuccessRate
        )
    );
    match (statistic, unit) {
        (TargetStatistic::P95, _) => 0.1,
        _ if is_success => 0.05,
        (_, Unit::Ratio) => 0.02,
        _ => 0.05,
    }
}

/// The tolerance of a comparison in the units of its effect: a fraction of a factor, a difference of ratios,
/// of other differences a fraction of the base's value.
#[must_use]
pub fn margin<V>(compared: &Comparison<V>) -> Option<f64> {
    let tolerance = compared.tolerance?;
    match compared.effect.as_ref()?.kind {
        EffectKind::Difference if compared.unit != Unit::Ratio => {
            Some(tolerance * compared.base_value?.abs())
        }
        EffectKind::Difference | EffectKind::Ratio => Some(tolerance),
    }
}
