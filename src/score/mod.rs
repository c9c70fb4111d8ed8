//! The score: a number from 0 to 100 that explains itself (`score_model: 1`).
//!
//! Each part maps a statistic x (lower is better; of a ratio the shortfall 1 − ratio) through the
//! log-normal curve known from Lighthouse: 0.75 at the target, 0.50 at the poor point.

use std::collections::BTreeMap;

use crate::assessment::Score;
use crate::config::{Config, Profile};
use crate::workload::Workload;

/// A part of the score, by its short name in [`crate::assessment::ScorePart::part`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// Mean response time.
    ResponseMean,
    /// 95th percentile of the response time.
    ResponseP95,
    /// Success rate.
    Success,
    /// Cache hit rate.
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
pub fn score(_workload: &Workload, _config: &Config, profile: Profile) -> Score {
    let _ = profile;
    unscored(profile)
}

/// The score that the same workload would have if some statistics were others (a projection);
/// statistics in their own unit, of ratios the ratio itself. No interval.
#[must_use]
pub fn rescore(score: &Score, _changed: &BTreeMap<Part, f64>) -> Option<f64> {
    score.value
}

fn unscored(profile: Profile) -> Score {
    Score {
        model: 1,
        profile: profile.name().into(),
        value: None,
        band: None,
        band_reason: None,
        status: crate::assessment::ScoreStatus::None,
        coverage: 0.0,
        complete: false,
        bounds: None,
        interval: None,
        parts: Vec::new(),
    }
}
