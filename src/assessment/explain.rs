//! Why a rule speaks or does not, on these inputs: the answer of `recommend explain`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Claim, Evidence, FindingRow, Generator, Period, Recommendation, RuleState, ScoreProjection,
    SizeTable, TrackRecord,
};

/// Everything about one rule on these inputs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Explanation {
    /// Version of this document.
    pub schema_version: u32,
    /// The program that wrote it.
    pub generator: Generator,
    /// The period that was looked at; `null` without a single time.
    pub period: Option<Period>,
    /// Code of the rule.
    pub rule: String,
    /// Name of the rule.
    pub name: String,
    /// The problem in a sentence.
    pub title: String,
    /// Why it matters.
    pub why: String,
    /// What became of it.
    pub state: RuleState,
    /// Why it could not be judged, or is not offered.
    pub reason: Option<String>,
    /// Its conditions with the values they came to; of a rule that looks at things one by one, of the first
    /// it speaks of.
    pub conditions: Vec<ConditionRow>,
    /// Fewest units behind each fact it needs.
    pub min_units: u64,
    /// Units of inference in the period.
    pub units: u64,
    /// What they are called.
    pub units_called: String,
    /// Its figures, also where it does not speak.
    pub evidence: Vec<Evidence>,
    /// The recommendations it makes, best first.
    pub recommendations: Vec<Recommendation>,
    /// Where the present value of its knob was read: `performance_config.yaml:8`.
    pub place: Option<String>,
    /// The score with the first of them alone.
    pub score: Option<ScoreProjection>,
    /// What it says for information.
    pub finding: Option<FindingRow>,
    /// Hit rates by size, of a rule about the size of the context cache.
    pub sizes: Option<SizeTable>,
    /// Codes of rules that pull the other way.
    pub against: Vec<String>,
    /// What became of its advice so far; `null`: nobody followed it, or nobody said so.
    pub track_record: Option<TrackRecord>,
    /// Its claims, oldest first.
    pub claims: Vec<Claim>,
}

/// A condition with its values.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ConditionRow {
    /// `when` or `satisfied when`.
    pub what: String,
    /// The condition.
    pub text: String,
    /// Names with values; `null`: not known.
    pub values: Vec<(String, Option<f64>)>,
    /// Whether it holds; `null`: undecided.
    pub holds: Option<bool>,
}
