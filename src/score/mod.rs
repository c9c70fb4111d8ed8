//! The score: a number from 0 to 100 that explains itself (`score_model: 1`).
//!
//! Each part maps a statistic x (lower is better; of a ratio the shortfall 1 − ratio) through the
//! log-normal curve known from Lighthouse: 0.75 at the target, 0.50 at the poor point. The score is
//! the weighted mean over the parts that were measured. `docs/score.md` explains it.

mod change;
mod curve;
mod interval;
mod measure;
mod points;
mod tail;

use std::collections::BTreeMap;

use crate::assessment::{Band, Score, ScorePart, ScoreStatus};
use crate::config::{Config, Profile, Severity, Side};
use crate::metrics::Metric;
use crate::workload::{Filter, Workload};

pub use change::change;
pub use curve::curve;

/// Version of the model: scores of different models are not compared.
pub const MODEL: u32 = 1;

/// A score with less than this share of its weight measured is partial and gets no word.
const LEAST_COVERAGE: f64 = 0.6;

/// With fewer records or units the confidence is low.
const FEW_RECORDS: u64 = 100;
const FEW_UNITS: usize = 10;

/// A part of the score, by its short name in [`crate::assessment::ScorePart::part`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// Mean response time.
    ResponseMean,
    /// 95th percentile of the response time.
    ResponseP95,
    /// Success rate.
    Success,
    /// Cache hit rate: of the context cache, else of the provider's.
    Cache,
    /// Token efficiency.
    Tokens,
    /// Memory of the machine.
    Memory,
    /// CPU of the machine.
    Cpu,
    /// Disk of the machine.
    Disk,
    /// Accuracy, where the user sets a target.
    Accuracy,
}

/// Computes the score of a workload, with its interval.
#[must_use]
pub fn score(workload: &Workload, config: &Config, profile: Profile) -> Score {
    let measured = measure::measure(workload, config, profile);
    let mut parts: Vec<ScorePart> = measured.iter().map(measure::Measured::row).collect();
    let Some(value) = points::total(&parts) else {
        return points::none(profile.name(), parts);
    };
    points::fill_points_lost(&mut parts, value);
    points::fill_steps(&mut parts, value);
    let (coverage, bounds) = points::coverage(&parts);
    let samples = interval::Resamples::new(workload, &measured);
    let status = if coverage < LEAST_COVERAGE {
        ScoreStatus::Partial
    } else if workload.counts.records < FEW_RECORDS || samples.units() < FEW_UNITS {
        ScoreStatus::LowConfidence
    } else {
        ScoreStatus::Ok
    };
    let (band, band_reason) = match status {
        ScoreStatus::Partial | ScoreStatus::None => (None, None),
        _ => band(value, &parts, workload, config),
    };
    Score {
        model: MODEL,
        profile: profile.name().into(),
        value: Some(value),
        band,
        band_reason,
        status,
        coverage,
        complete: parts
            .iter()
            .all(|p| p.score.is_some() || p.target.is_none()),
        bounds,
        interval: samples.interval(&parts, value),
        parts,
    }
}

/// The score that the same workload would have if some statistics were others (a projection);
/// statistics in the metric's own unit, of ratios the ratio itself. `None` where the score is, or
/// where a changed part was not measured.
#[must_use]
pub fn rescore(score: &Score, changed: &BTreeMap<Part, f64>) -> Option<f64> {
    score.value?;
    let mut parts = score.parts.clone();
    for (part, value) in changed {
        let row = parts.iter_mut().find(|p| p.part == part.name())?;
        row.score?;
        row.score = curve(part.x(*value), row.target?, row.poor?);
    }
    points::total(&parts)
}

/// The word for a number: at most "fair" while a part is worse than its poor point or a critical limit
/// is breached.
fn band(
    value: f64,
    parts: &[ScorePart],
    workload: &Workload,
    config: &Config,
) -> (Option<Band>, Option<String>) {
    let by_number = match value {
        v if v >= 90.0 => Band::Excellent,
        v if v >= 75.0 => Band::Good,
        v if v >= 50.0 => Band::Fair,
        _ => Band::Poor,
    };
    if by_number <= Band::Fair {
        return (Some(by_number), None);
    }
    let poor = parts.iter().find(|p| p.score.is_some_and(|s| s < 0.5));
    let reason = poor
        .map(|p| format!("{} ({}) is worse than its poor point", p.title, p.statistic))
        .or_else(|| breached(workload, config));
    match reason {
        Some(reason) => (Some(Band::Fair), Some(reason)),
        None => (Some(by_number), None),
    }
}

/// The first critical alert whose limit is breached: of an upper limit by the 95th percentile where the
/// metric has one, of a lower limit by the mean.
fn breached(workload: &Workload, config: &Config) -> Option<String> {
    config
        .alerts
        .iter()
        .filter(|a| a.severity == Severity::Critical)
        .find_map(|alert| {
            let (metric, limit): (Metric, f64) = (alert.metric?, alert.threshold?);
            let figure = workload.figure(metric, &Filter::default());
            let row = metric.row();
            let is_breached = match alert.side.or_else(|| Side::of(metric.row().direction))? {
                Side::Below => figure.mean(row.unit)? < limit,
                Side::Above => {
                    figure
                        .quantile(0.95, row.unit)
                        .or_else(|| figure.mean(row.unit))?
                        > limit
                }
            };
            is_breached.then(|| {
                format!(
                    "the critical limit of {} is breached",
                    row.title.to_lowercase()
                )
            })
        })
}

#[cfg(test)]
mod tests;
