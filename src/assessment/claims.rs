//! Advice that is held to its word: claims, and what became of them.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Change, Period, Projection};
use crate::metrics::{Direction, Unit};
use crate::units::Time;

/// A recommendation that somebody applied, frozen with its projection.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Claim {
    /// Its number, from 1; 0: not stored yet.
    pub id: u64,
    /// Code of the rule.
    pub rule: String,
    /// Name of the rule.
    pub name: String,
    /// What was wrong, in a sentence.
    pub title: String,
    /// When it was applied.
    pub claimed_at: Time,
    /// The change.
    pub change: Option<Change>,
    /// What it concerns: only records with these values; empty: all.
    pub of: BTreeMap<String, String>,
    /// The metric by which it is judged; `null`: no number says whether it helped.
    pub metric: Option<String>,
    /// Which way of it is better.
    pub direction: Direction,
    /// What it was to give; `null`: no measured basis.
    pub projection: Option<Projection>,
    /// Confidence at that time.
    pub confidence: f64,
    /// What it is compared with.
    pub baseline: ClaimBaseline,
    /// Hash of all knobs of the configuration at that time.
    pub configuration: String,
    /// The knobs.
    pub knobs: BTreeMap<String, String>,
    /// What became of it.
    pub state: ClaimState,
    /// What was found, the last time it was looked at.
    pub verification: Option<Verification>,
}

/// The workload with which a claim is compared.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ClaimBaseline {
    /// Its time.
    pub period: Option<Period>,
    /// Units of inference in it.
    pub units: u64,
    /// Records in it.
    pub records: u64,
}

/// Where a claim stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClaimState {
    /// Applied, and not verified: its knob is locked.
    Open,
    /// What happened is known.
    Verified,
    /// Taken back before that.
    Withdrawn,
}

/// What became of a projection.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum ClaimVerdict {
    /// Better, and as projected within the intervals.
    Realised,
    /// Better, and less than projected.
    Partial,
    /// No effect of the projected size.
    None,
    /// Worse.
    Harmful,
    /// Not known yet.
    TooEarly,
}

/// What happened since a change, beside what was projected.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Verification {
    /// When it was looked at.
    pub verified_at: Time,
    /// The word.
    pub verdict: ClaimVerdict,
    /// The metric.
    pub metric: Option<String>,
    /// Its unit.
    pub unit: Unit,
    /// Its mean in the baseline.
    pub before: Option<f64>,
    /// Projected change of the mean.
    pub projected: Option<Span>,
    /// What like work changed by, put to the work of the baseline.
    pub realised: Option<Span>,
    /// Realised ÷ projected; `null` where either is not known.
    pub share: Option<f64>,
    /// Whether both agree within their intervals.
    pub interval_held: Option<bool>,
    /// Units of inference in the baseline and since.
    pub units: [u64; 2],
    /// Share of what would change that had like work since.
    pub matched: Option<f64>,
    /// What changed in work that the change cannot touch, and was taken off; `null`: there is no such
    /// work, or too little of it.
    #[serde(default)]
    pub control: Option<Control>,
    /// What is odd about it.
    pub notes: Vec<String>,
}

/// Work that a change cannot touch: what happens there happens by itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Control {
    /// What work: `purpose other than testing`.
    pub what: String,
    /// Units of inference before and since.
    pub units: [u64; 2],
    /// What changed there: a factor of quantities, a difference of ratios.
    pub is_factor: bool,
    /// By how much.
    pub change: Span,
}

/// A change with its interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Span {
    /// The change, in the metric's unit.
    pub estimate: f64,
    /// Lower end.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
    /// Confidence of the interval.
    pub level: f64,
}

/// What a rule's claims came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TrackRecord {
    /// Code of the rule; `null`: all rules.
    pub rule: Option<String>,
    /// Claims.
    pub claims: u64,
    /// Of these, how many are open.
    pub open: u64,
    /// How many came out how.
    pub verdicts: BTreeMap<ClaimVerdict, u64>,
    /// Realised ÷ projected, the mean over its claims; `null` without one that has both.
    pub realised_to_projected: Option<f64>,
    /// Claims whose realised and projected effect agree within their intervals.
    pub intervals_held: u64,
    /// Claims of which that can be said.
    pub intervals: u64,
}

/// A rule that nobody wants to hear from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Dismissal {
    /// Code of the rule.
    pub rule: String,
    /// Only for this knob; `null`: altogether.
    pub knob: Option<String>,
    /// When.
    pub dismissed_at: Time,
    /// Why, in the words of who did it.
    pub reason: String,
}
