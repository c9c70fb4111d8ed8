//! The verdict of a gate: a candidate against a baseline.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Comparison, Generator, GroupRow, Pairing, SCHEMA_VERSION, ScoreChange};

/// A candidate against a baseline, check by check.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GateReport {
    /// Version of this document.
    pub schema_version: u32,
    /// The program that wrote it.
    pub generator: Generator,
    /// The verdict over all checks of level `error`.
    pub verdict: GateVerdict,
    /// The code the program exits with.
    pub exit_code: u8,
    /// What it is compared with.
    pub baseline: GroupRow,
    /// What is judged.
    pub candidate: GroupRow,
    /// Each judged metric.
    pub checks: Vec<Check>,
    /// How many of the tasks ran in both; `null` where a side names none.
    pub tasks: Option<Pairing>,
    /// Regressions that share a cause.
    pub events: Vec<GateEvent>,
    /// The score of both; `null` where one has none, or they are not comparable.
    pub score: Option<ScoreChange>,
}

/// The word of a gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum GateVerdict {
    /// The interval's far end is inside the tolerance.
    Pass,
    /// p is below 0.05 and the interval's near end is beyond the tolerance.
    Regression,
    /// Neither.
    Inconclusive,
    /// Too little data for any verdict.
    Insufficient,
}

/// How much a check weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum CheckLevel {
    /// It is shown, and fails nothing.
    Warn,
    /// It decides.
    Error,
}

/// Against what a metric is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum CheckKind {
    /// Against the baseline.
    Regression,
    /// Against a largest value.
    Max,
    /// Against a smallest value.
    Min,
}

/// One judged metric. Of an absolute limit `base_value` is the limit, and `effect` the candidate's value
/// with its interval.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Check {
    /// What was compared, and the word for it.
    #[serde(flatten)]
    pub compared: Comparison<GateVerdict>,
    /// `mean`, `p95`.
    pub statistic: String,
    /// Against what.
    pub kind: CheckKind,
    /// How much it weighs.
    pub level: CheckLevel,
    /// Whether somebody accepted the change on purpose.
    pub accepted: bool,
    /// Where the tolerance or limit is set; `null` where an option or nobody sets it.
    pub set_at: Option<SettingPlace>,
}

/// A line of a configuration file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SettingPlace {
    /// The file.
    pub file: String,
    /// The line, counted from 1.
    pub line: Option<u64>,
}

/// Regressions with a common cause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GateEvent {
    /// What differs between baseline and candidate: `context.cache_size 100 → 50`; empty where nothing
    /// is known to.
    pub causes: Vec<Cause>,
    /// The metrics that regressed.
    pub metrics: Vec<String>,
}

/// What differs between baseline and candidate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Cause {
    /// The knob or dimension.
    pub what: String,
    /// In the baseline.
    pub from: Option<String>,
    /// In the candidate.
    pub to: Option<String>,
    /// File of the candidate's value, where it stands in one.
    pub file: Option<String>,
    /// Line in that file.
    pub line: Option<u64>,
}

impl GateReport {
    /// A report without checks.
    #[must_use]
    pub fn of(baseline: GroupRow, candidate: GroupRow) -> Self {
        Self {
            schema_version: SCHEMA_VERSION,
            generator: Generator::default(),
            verdict: GateVerdict::Insufficient,
            exit_code: 3,
            baseline,
            candidate,
            checks: Vec::new(),
            tasks: None,
            events: Vec::new(),
            score: None,
        }
    }
}
