//! Comparisons of two groups.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::metrics::Unit;

/// One metric in two groups.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Comparison {
    /// Name of the metric.
    pub metric: String,
    /// Unit of both values.
    pub unit: Unit,
    /// The dimension whose values are compared.
    pub dimension: String,
    /// Base value of the dimension.
    pub base: String,
    /// Candidate value of the dimension.
    pub candidate: String,
    /// Records of each.
    pub n: [u64; 2],
    /// Units of inference of each; of pairs, the number of pairs twice.
    pub units: [u64; 2],
    /// Whether tasks that ran in both were compared.
    pub paired: bool,
    /// Pooled value of the base.
    pub base_value: Option<f64>,
    /// Pooled value of the candidate.
    pub candidate_value: Option<f64>,
    /// The effect with its interval.
    pub effect: Option<EffectSize>,
    /// Name of the test; `null` where only an interval was computed.
    pub test: Option<String>,
    /// p.
    pub p: Option<f64>,
    /// p, adjusted over all comparisons of this run.
    pub p_adjusted: Option<f64>,
    /// Tolerance of the verdict: a fraction, or a difference of ratios.
    pub tolerance: Option<f64>,
    /// The word for it.
    pub verdict: ComparisonVerdict,
    /// Why it is no more than that: too few pairs, a mock.
    pub note: Option<String>,
}

/// An effect with its interval.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EffectSize {
    /// A quotient or a difference.
    pub kind: EffectKind,
    /// Estimate.
    pub estimate: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Confidence: 0.95.
    pub level: f64,
}

/// How an effect is expressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum EffectKind {
    /// Candidate ÷ base.
    Ratio,
    /// Candidate − base, for ratios.
    Difference,
}

/// The word for a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ComparisonVerdict {
    /// Significant, in the good direction.
    Better,
    /// Significant, in the bad direction.
    Worse,
    /// The interval lies inside the tolerance.
    Same,
    /// Neither.
    Inconclusive,
    /// Too few units.
    Insufficient,
    /// Significant, of a metric without direction.
    Different,
}
