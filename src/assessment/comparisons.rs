//! Comparisons of two groups.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::metrics::{Direction, Unit};

/// One metric in two groups. `V` is the kind of its word: that of a comparison, or of a gate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Comparison")]
pub struct Comparison<V = ComparisonVerdict> {
    /// Name of the metric.
    pub metric: String,
    /// Unit of both values.
    pub unit: Unit,
    /// Which way is better: as the registry says, else the configuration.
    pub direction: Direction,
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
    /// The effect of two plain numbers, where no interval can be formed: of what arrived already summarised.
    pub plain_effect: Option<PlainEffect>,
    /// Name of the test; `null` where only an interval was computed.
    pub test: Option<String>,
    /// p.
    pub p: Option<f64>,
    /// p, adjusted over all comparisons of this run.
    pub p_adjusted: Option<f64>,
    /// Tolerance of the verdict: a fraction, or a difference of ratios.
    pub tolerance: Option<f64>,
    /// The change that this many units would show four times out of five: a factor, or a difference. Of an
    /// absolute limit how far the interval's end that faces it is from the value.
    pub detectable: Option<f64>,
    /// Units a group (or pairs) that a verdict at the tolerance needs, four times out of five. Of an absolute
    /// limit those with which the interval would end at it, were the value to stay.
    pub n_needed: Option<u64>,
    /// The word for it.
    pub verdict: V,
    /// Why it is no more than that, as a kind.
    pub reason: Option<Reason>,
    /// The same in words.
    pub note: Option<String>,
    /// What else a verdict must hold against.
    #[serde(skip)]
    #[schemars(skip)]
    pub known: Known,
}

/// What a verdict must hold against beside the effect and its interval.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Known {
    /// Means of the values that were compared, base and candidate, where the effect is that of their middle.
    pub means: Option<[f64; 2]>,
    /// Whether each group's values are too low, since requests do not tell them or only a lower bound.
    pub is_low: [bool; 2],
}

impl<V> Comparison<V> {
    /// The same with another word.
    #[must_use]
    pub fn with_verdict<W>(self, verdict: W) -> Comparison<W> {
        Comparison {
            metric: self.metric,
            unit: self.unit,
            direction: self.direction,
            dimension: self.dimension,
            base: self.base,
            candidate: self.candidate,
            n: self.n,
            units: self.units,
            paired: self.paired,
            base_value: self.base_value,
            candidate_value: self.candidate_value,
            effect: self.effect,
            plain_effect: self.plain_effect,
            test: self.test,
            p: self.p,
            p_adjusted: self.p_adjusted,
            tolerance: self.tolerance,
            detectable: self.detectable,
            n_needed: self.n_needed,
            verdict,
            reason: self.reason,
            note: self.note,
            known: self.known,
        }
    }
}

/// Why a comparison has no verdict, or no more of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// One side does not have the metric, or neither.
    Absent,
    /// Too few units or values.
    TooFew,
    /// What arrived already summarised has no units: plain numbers without an interval.
    NoInterval,
    /// Requests do not tell the number, or only a lower bound of it.
    Incomplete,
    /// The middle of what was compared is the same, its mean is not.
    Mean,
    /// The correction for many metrics lifts the least p that can be reached.
    Unreachable,
}

/// The effect of two plain numbers.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PlainEffect {
    /// A quotient or a difference.
    pub kind: EffectKind,
    /// Its value.
    pub estimate: f64,
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

impl EffectKind {
    /// The effect of what does not change.
    #[must_use]
    pub fn none(self) -> f64 {
        match self {
            EffectKind::Ratio => 1.0,
            EffectKind::Difference => 0.0,
        }
    }

    /// The effect of going from one value to another; `None` where no factor tells.
    #[must_use]
    pub fn of(self, base: f64, candidate: f64) -> Option<f64> {
        let effect = match self {
            EffectKind::Ratio => candidate / base,
            EffectKind::Difference => candidate - base,
        };
        let is_factor = self == EffectKind::Difference || (base > 0.0 && candidate > 0.0);
        (is_factor && effect.is_finite()).then_some(effect)
    }
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
