//! Projections of changes that were made, held against what came after: the answer of `backtest`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Change, Control, Generator, Period, ProjectionKind, Span};
use crate::metrics::Unit;
use crate::units::Time;

/// The answer of `backtest`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Backtest {
    /// Version of this document.
    pub schema_version: u32,
    /// The program that wrote it.
    pub generator: Generator,
    /// The period that was looked at; `null` without a single time.
    pub period: Option<Period>,
    /// Units of inference in it.
    pub units: u64,
    /// What they are called.
    pub units_called: String,
    /// Changes that were projected and held against what came after, in order of time.
    pub changes: Vec<PastChange>,
    /// How projections and what happened agree, by mechanism and metric; of each mechanism first all
    /// metrics together.
    pub calibration: Vec<Calibration>,
    /// Changes that could not be used, in order of time.
    pub unused: Vec<UnusedChange>,
}

/// Who tells of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ToldBy {
    /// An event of a change of configuration.
    ConfigChange,
    /// An event of a switch of the mode or interface that is none of a session.
    Switch,
    /// A claim in the history.
    Claim,
}

/// A change with its projection and what came of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PastChange {
    /// When it was made; of several together, the first.
    pub at: Time,
    /// Who tells of it.
    pub told_by: ToldBy,
    /// What was changed.
    pub settings: Vec<Change>,
    /// What turned the knobs: `context`, `mode`, `interface`, …; of several joined by `+`.
    pub mechanism: String,
    /// How it was projected.
    pub kind: ProjectionKind,
    /// Whether the projected figures are bounds.
    pub at_most: bool,
    /// What it was projected from and compared with: the time from the change before it.
    pub before: Period,
    /// What it was held against: the time until the next change.
    pub since: Period,
    /// Units of inference in both.
    pub units: [u64; 2],
    /// Metric by metric.
    pub effects: Vec<HeldEffect>,
    /// What the projection rests on and what is odd, in words.
    pub notes: Vec<String>,
}

/// A projected change of a mean beside the one that came.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HeldEffect {
    /// The metric.
    pub metric: String,
    /// Its unit.
    pub unit: Unit,
    /// Its mean before.
    pub before: f64,
    /// The projected change of the mean.
    pub projected: Span,
    /// The change that came: like work with like work, put to the work before; `null`: there is no like work.
    pub realised: Option<Span>,
    /// Realised ÷ projected; `null` where nothing was projected to change.
    pub share: Option<f64>,
    /// Whether both agree within their intervals; `null` where either has none.
    pub interval_held: Option<bool>,
    /// The word.
    pub word: HeldWord,
    /// Share of what is concerned that had like work since.
    pub matched: Option<f64>,
    /// What changed in work that the change cannot touch, and was taken off.
    pub control: Option<Control>,
}

/// What came of a projected change, whether for better or worse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum HeldWord {
    /// In the projected direction, and not less than projected.
    AsProjected,
    /// In the projected direction, and less.
    InPart,
    /// No effect of the projected size.
    NoEffect,
    /// In the other direction.
    Opposite,
    /// The interval leaves it open.
    Open,
}

/// How the projections of a mechanism and what happened agree.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Calibration {
    /// The mechanism; `null`: all.
    pub mechanism: Option<String>,
    /// The metric; `null`: all.
    pub metric: Option<String>,
    /// Effects that have both figures.
    pub effects: u64,
    /// Realised ÷ projected: sums over these effects as shares of the mean before (of ratios, as
    /// points), each signed so that what was projected counts as positive. `null`: nothing was projected
    /// to change.
    pub realised_to_projected: Option<f64>,
    /// Effects that agree within their intervals.
    pub intervals_held: u64,
    /// Effects of which that can be said.
    pub intervals: u64,
    /// Effects whose direction is proven to be the other one.
    pub opposite: u64,
}

/// A change that could not be used.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UnusedChange {
    /// When it was made; of many, the first.
    pub at: Time,
    /// Who tells of it.
    pub told_by: ToldBy,
    /// What was changed.
    pub settings: Vec<Change>,
    /// How many changes these are.
    pub count: u64,
    /// Why, as a sentence without a full stop.
    pub reason: String,
}
