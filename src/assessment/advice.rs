//! Recommendations, findings, rules that were not evaluated.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::metrics::Unit;

/// How much a recommendation matters.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Priority {
    /// Gain of 2 points or more at a confidence of 0.6 or more, or it alone meets a missed target.
    High,
    /// Gain of half a point or more.
    Medium,
    /// Everything else.
    Low,
}

/// What kind of advice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Class {
    /// A knob to turn.
    Fix,
    /// Something for people to do differently: at most medium.
    Habit,
    /// For information: never ranked.
    Info,
}

/// How much work a change is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Effort {
    /// A line of configuration.
    Trivial,
    /// An hour.
    Small,
    /// A day.
    Medium,
    /// Longer.
    Large,
}

impl Effort {
    /// What a rank is divided by.
    #[must_use]
    pub fn divisor(self) -> f64 {
        match self {
            Effort::Trivial => 1.0,
            Effort::Small => 2.0,
            Effort::Medium => 4.0,
            Effort::Large => 8.0,
        }
    }
}

/// A finding with a change to make.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Recommendation {
    /// Place in the list, from 1.
    pub rank: u64,
    /// Code of the rule.
    pub rule: String,
    /// Name of the rule.
    pub name: String,
    /// High, medium, low.
    pub priority: Priority,
    /// Fix or habit.
    pub class: Class,
    /// Whether the rule is a preview.
    pub preview: bool,
    /// What is wrong, in a sentence.
    pub title: String,
    /// Why that matters.
    pub why: String,
    /// The figures it stands on.
    pub evidence: Vec<Evidence>,
    /// The metric that the rule is about.
    pub metric: Option<String>,
    /// What it concerns: only records with these values; empty: all.
    pub of: BTreeMap<String, String>,
    /// The change.
    pub change: Option<Change>,
    /// What to do, in words, where it is no single knob.
    pub advice: Option<String>,
    /// What it would give; `null`: no measured basis.
    pub projection: Option<Projection>,
    /// Why there is no projection.
    pub no_projection: Option<String>,
    /// Points alone, and after those ranked above.
    pub alone_and_combined: Option<AloneAndCombined>,
    /// 0 to 1.
    pub confidence: f64,
    /// Realised ÷ projected over the rule's claims, by which the confidence is multiplied; 1 until it
    /// has one.
    pub track_record: f64,
    /// How much work.
    pub effort: Effort,
    /// What else would change.
    pub side_effects: Vec<Effect>,
    /// Side effects and doubts in words.
    pub caveats: Vec<String>,
}

/// A figure that a finding stands on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Evidence {
    /// Metric or fact.
    pub metric: String,
    /// What it is, for people.
    pub title: String,
    /// Unit.
    pub unit: Unit,
    /// Dimensions in words: `FANCY`, `anthropic_api v claude_code`; empty: over all.
    pub of: String,
    /// Value.
    pub value: Option<f64>,
    /// Lower end of its interval.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
    /// Values behind it.
    pub n: Option<u64>,
    /// The threshold it was held against.
    pub threshold: Option<f64>,
}

/// A change of configuration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Change {
    /// The knob.
    pub knob: String,
    /// Present value; `null`: not known.
    pub from: Option<serde_json::Value>,
    /// Proposed value; `null`: a direction is known, a value is not.
    pub to: Option<serde_json::Value>,
}

/// How a projection was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ProjectionKind {
    /// Both variants were observed.
    Measured,
    /// The recorded sequence was run again.
    Replay,
    /// A share of a component's time: at most.
    Share,
}

/// What a change would give.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Projection {
    /// How it was made.
    pub kind: ProjectionKind,
    /// Whether the figures are bounds ("at most").
    pub at_most: bool,
    /// Effects on metrics.
    pub effects: Vec<Effect>,
    /// Points of score; `null` where the score can not be computed.
    pub points: Option<f64>,
    /// The present as the mechanism reproduces it.
    pub reproduction: Vec<Reproduction>,
}

/// An effect on one metric.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Effect {
    /// The metric.
    pub metric: String,
    /// The statistic: `mean`, `p95`.
    pub statistic: String,
    /// Unit.
    pub unit: Unit,
    /// Now.
    pub from: f64,
    /// Then.
    pub to: f64,
    /// Lower end of the 90 % interval.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
}

/// How well a mechanism reproduces the present.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Reproduction {
    /// The metric.
    pub metric: String,
    /// The statistic: `mean`, `p95`.
    pub statistic: String,
    /// Measured.
    pub measured: f64,
    /// Replayed.
    pub replayed: f64,
    /// Error: of a rate the difference, else a share of what was measured; `null`: nothing to hold it against.
    pub error: Option<f64>,
    /// The largest error with which projections are shown.
    pub allowed: Option<f64>,
}

/// Points alone, and after those ranked above.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AloneAndCombined {
    /// Points if it alone is done.
    pub points_alone: f64,
    /// Points on top of those ranked above; these add up to the combined points.
    pub points_after_those_above: f64,
}

/// All recommendations with a projection, in one run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CombinedProjection {
    /// Points of score.
    pub points: f64,
    /// Score then.
    pub score: f64,
    /// Recommendations in it.
    pub of: u64,
    /// Effects on metrics.
    pub effects: Vec<Effect>,
}

/// A finding for information.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FindingRow {
    /// Code of the rule.
    pub rule: String,
    /// Name of the rule.
    pub name: String,
    /// Always `info`.
    pub class: Class,
    /// What it says.
    pub title: String,
    /// Why that matters.
    pub why: String,
    /// The figures it stands on.
    pub evidence: Vec<Evidence>,
}

/// A rule that could not be judged.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct NotEvaluated {
    /// Code of the rule.
    pub rule: String,
    /// Name of the rule.
    pub name: String,
    /// Why.
    pub reason: String,
}

/// How many rules there are and what became of them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct RuleCounts {
    /// All rules.
    pub total: u64,
    /// Recommended.
    pub recommended: u64,
    /// For information.
    pub information: u64,
    /// Silent: the condition does not hold.
    pub silent: u64,
    /// Already applied, or explained by another finding.
    pub settled: u64,
    /// Not evaluated.
    pub not_evaluated: u64,
    /// Switched off.
    pub off: u64,
    /// Of those that are off, the ones that are off for a while.
    #[serde(default)]
    pub silenced: Vec<SilencedRule>,
    /// What became of each rule, by code.
    pub states: BTreeMap<String, RuleState>,
}

/// A rule that somebody switched off for a while.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SilencedRule {
    /// Code of the rule.
    pub rule: String,
    /// Name of the rule.
    pub name: String,
    /// Why, in the words of whoever did it.
    pub reason: String,
    /// The last day: `2026-12-31`.
    pub until: String,
}

/// What became of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RuleState {
    /// It is among the recommendations.
    Recommended,
    /// It is among the findings for information.
    Information,
    /// Its condition does not hold.
    Silent,
    /// Already applied, explained by another finding, or of no gain.
    Settled,
    /// It could not be judged.
    NotEvaluated,
    /// It is switched off.
    Off,
}
