//! The score and its parts.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Interval;
use crate::metrics::Unit;

/// A number from 0 to 100 that explains itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Score {
    /// Version of the model; scores of different models are not compared.
    pub model: u32,
    /// Profile whose targets hold where the configuration has none.
    pub profile: String,
    /// The score; `null` where no part was measured.
    pub value: Option<f64>,
    /// The word for it; `null` for a partial score.
    pub band: Option<Band>,
    /// Why the word is lower than the number alone would allow.
    pub band_reason: Option<String>,
    /// How far it can be trusted.
    pub status: ScoreStatus,
    /// Measured share of the weight, 0 to 1.
    pub coverage: f64,
    /// Whether every part was measured.
    pub complete: bool,
    /// The score with the missing parts at 0 and at 1.
    pub bounds: Option<ScoreBounds>,
    /// Interval, by resampling units.
    pub interval: Option<Interval>,
    /// The parts, in the order of the model.
    pub parts: Vec<ScorePart>,
}

/// The word for a score.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Band {
    /// Below 50.
    Poor,
    /// From 50.
    Fair,
    /// From 75.
    Good,
    /// From 90.
    Excellent,
}

/// How far a score can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ScoreStatus {
    /// Enough data.
    Ok,
    /// Fewer than 100 records or 10 units.
    LowConfidence,
    /// Coverage below 0.6.
    Partial,
    /// No part was measured.
    None,
}

/// The score with the missing parts at 0 and at 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ScoreBounds {
    /// Missing parts at 0.
    pub low: f64,
    /// Missing parts at 1.
    pub high: f64,
}

/// One part of the score.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ScorePart {
    /// Short name: `response_mean`, `cpu`.
    pub part: String,
    /// Name for people.
    pub title: String,
    /// The metric behind it.
    pub metric: String,
    /// Unit of value, target and poor.
    pub unit: Unit,
    /// `mean`, `p95`, `shortfall`.
    pub statistic: String,
    /// The statistic (of a shortfall: 1 − ratio); `null` without data.
    pub value: Option<f64>,
    /// Values behind it.
    pub n: u64,
    /// Weight.
    pub weight: f64,
    /// Where S is 0.75; `null` for a part that needs a target of the user's.
    pub target: Option<f64>,
    /// Where S is 0.50.
    pub poor: Option<f64>,
    /// S, 0 to 1.
    pub score: Option<f64>,
    /// Points that this part takes from 100; they add up to 100 − score exactly.
    pub points_lost: Option<f64>,
    /// The same rounded to one place together with its siblings (largest remainder).
    pub points_lost_shown: Option<f64>,
    /// What one step would gain.
    pub step: Option<Step>,
    /// Why it was left out.
    pub left_out: Option<String>,
}

/// What the score gains if one value alone becomes another.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Step {
    /// The value it would have.
    pub value: f64,
    /// Points gained.
    pub points: f64,
}

/// From one score to another.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ScoreChange {
    /// The score before (of the baseline, of the previous period).
    pub from: f64,
    /// The score now.
    pub to: f64,
    /// Lower end of the 95 % interval of `to` − `from`; `null` where one of the two has no interval.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
    /// Whether the change is larger than the intervals of both explain; `null` without them.
    pub beyond_noise: Option<bool>,
}
