//! A guided check for one symptom: what was looked at, what was found, what to do next.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Generator, Period, RuleState};
use crate::metrics::Unit;
use crate::units::Time;

/// What somebody complains of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Symptom {
    /// Operations respond slowly.
    Slow,
    /// Memory is used up.
    Memory,
    /// The machine as a whole does badly.
    System,
}

impl Symptom {
    /// All of them.
    pub const ALL: [Symptom; 3] = [Symptom::Slow, Symptom::Memory, Symptom::System];

    /// The word for it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Symptom::Slow => "slow",
            Symptom::Memory => "memory",
            Symptom::System => "system",
        }
    }
}

/// The result of `doctor`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Diagnosis {
    /// Version of this document.
    pub schema_version: u32,
    /// The program that wrote it.
    pub generator: Generator,
    /// The symptom.
    pub symptom: Symptom,
    /// From the earliest to the latest record; `null` without a time.
    pub period: Option<Period>,
    /// Records that were looked at.
    pub records: u64,
    /// Units of inference among them.
    pub units: u64,
    /// What a unit is called: `sessions`, `runs`, else `units`.
    pub units_called: String,
    /// What it comes to.
    pub conclusion: Conclusion,
    /// When the symptom's own metric changed for the worse; `null`: no change of level was found.
    pub since: Option<Since>,
    /// Mean seconds of a step before and after that, by part, the largest rise first; empty where it cannot be
    /// told.
    pub parts: Vec<PartChange>,
    /// The checks, in the order in which they are made.
    pub checks: Vec<DoctorCheck>,
}

/// What the checks come to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Conclusion {
    /// In a word.
    pub kind: ConclusionKind,
    /// The check that it rests on.
    pub check: Option<String>,
    /// The rule that speaks for it.
    pub rule: Option<String>,
    /// Seconds of a step that the part of that check grew by.
    pub seconds: Option<f64>,
    /// Seconds that a step grew by in all.
    pub of_seconds: Option<f64>,
}

/// What the checks come to, in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ConclusionKind {
    /// One part grew by at least half of what a step grew by.
    Part,
    /// Something was found; what of it is the cause cannot be told.
    Found,
    /// Nothing was found in what was measured.
    NothingFound,
    /// Nothing that could be looked at was measured.
    CannotTell,
}

/// A change of level for the worse.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Since {
    /// The metric.
    pub metric: String,
    /// Its unit.
    pub unit: Unit,
    /// The change lies after this time; `null` where only an index orders the series.
    pub from: Option<Time>,
    /// And before this one.
    pub to: Option<Time>,
    /// Mean before.
    pub before: f64,
    /// Mean after.
    pub after: f64,
    /// After ÷ before.
    pub ratio: Option<f64>,
    /// p, adjusted.
    pub p: f64,
    /// What else happened in that time.
    pub with: Vec<String>,
}

/// A part of a step before and after the change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PartChange {
    /// `model`, `context_preparation`, `tool`, `queue`, `retry`; `all`: the whole step.
    pub part: String,
    /// Seconds a step before.
    pub before: f64,
    /// Seconds a step after.
    pub after: f64,
    /// After − before.
    pub difference: f64,
}

/// One check.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DoctorCheck {
    /// Its name.
    pub check: String,
    /// What came of it.
    pub finding: CheckFinding,
    /// The figures that were looked at; empty where none was measured.
    pub figures: Vec<CheckFigure>,
    /// The rules that were asked, and what became of each.
    pub rules: Vec<AskedRule>,
    /// What to do next.
    pub next: Option<String>,
}

/// What came of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CheckFinding {
    /// Its part of a step grew by at least half of what the step grew by.
    Part,
    /// A rule speaks, a target is missed, or a figure changed for the worse at the same time.
    Found,
    /// It was measured, and nothing of that holds.
    NothingFound,
    /// It was not measured.
    CannotTell,
}

/// A figure of a check.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CheckFigure {
    /// The metric.
    pub metric: String,
    /// The statistic: `mean`, `p95`.
    pub statistic: String,
    /// Unit.
    pub unit: Unit,
    /// The value.
    pub value: f64,
    /// Values behind it; `null`: not known.
    pub n: Option<u64>,
    /// Its target, where it has one.
    pub target: Option<f64>,
    /// Whether it misses that.
    pub missed: bool,
    /// Where its level changed when the symptom's own did: the mean before.
    pub before: Option<f64>,
    /// And after.
    pub after: Option<f64>,
    /// Whether that was for the worse.
    pub worse: bool,
}

/// A rule that a check asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AskedRule {
    /// Its code.
    pub rule: String,
    /// What became of it.
    pub state: RuleState,
    /// Why it could not be judged.
    pub reason: Option<String>,
}
