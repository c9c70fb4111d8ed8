//! What other settings of knobs would give: the answer of `whatif`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Change, Generator, Limit, Period, Projection, ProjectionKind, Reproduction};

/// The answer of `whatif`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Whatif {
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
    /// The knobs as asked for.
    pub settings: Vec<Change>,
    /// All of them that have a projection, in one simulation; `null`: none has one.
    pub projection: Option<Projection>,
    /// Targets of the metrics that change, where there are any.
    pub targets: Vec<EffectTarget>,
    /// The score with them; `null`: there is no score, or no projection.
    pub score: Option<ScoreProjection>,
    /// Each knob alone, and after those before it; the latter add up to the score's change.
    pub knobs: Vec<KnobEffect>,
    /// Hit rates by size of the context cache, where a knob is about it.
    pub sizes: Option<SizeTable>,
    /// What the figures rest on, in words.
    pub notes: Vec<String>,
    /// Metrics that were measured and that these knobs do not change.
    pub unchanged: Vec<String>,
    /// Knobs without a projection, and why.
    pub not_evaluated: Vec<KnobWithheld>,
}

/// A target that an effect is held against.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EffectTarget {
    /// The metric.
    pub metric: String,
    /// The statistic: `mean`, `p95`.
    pub statistic: String,
    /// The target.
    pub value: f64,
    /// Whether it is the most or the least.
    pub limit: Limit,
    /// Whether it is met now.
    pub met_now: bool,
    /// Whether it would be met then.
    pub met_then: bool,
}

/// The score now and then.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ScoreProjection {
    /// Now.
    pub from: f64,
    /// Then.
    pub to: f64,
    /// Lower end of the 90 % interval.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
}

/// What one knob does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct KnobEffect {
    /// The knob with its present and its new value.
    #[serde(flatten)]
    pub change: Change,
    /// How it was projected.
    pub kind: ProjectionKind,
    /// Whether its figures are bounds.
    pub at_most: bool,
    /// Points of score if it alone is turned.
    pub points_alone: Option<f64>,
    /// The effect on the metric that it changes most, alone; `null`: none is changed.
    pub main_effect: Option<super::Effect>,
    /// Points on top of the knobs before it.
    pub points_after_those_above: Option<f64>,
}

/// A knob without a projection.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct KnobWithheld {
    /// The knob.
    pub knob: String,
    /// Why, as a sentence without a full stop.
    pub reason: String,
    /// What the replay of the present gave, where one was run.
    pub reproduction: Vec<Reproduction>,
}

/// Hit rates by size of the context cache, from one replay.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SizeTable {
    /// The size at the end of the period.
    pub present: Option<u64>,
    /// Whether it was another one earlier in the period: its row is that of a whole period at it.
    pub is_piecewise: bool,
    /// The size that was asked for or is proposed.
    pub asked: Option<u64>,
    /// The smallest size within one point of an unlimited cache, as a round number.
    pub sufficient: u64,
    /// Sizes in order, the unlimited one last.
    pub rows: Vec<SizeRow>,
    /// Share of the repeated requests that the sufficient size holds.
    pub reuses_held: f64,
    /// Misses as recorded.
    pub misses: MissCounts,
}

/// One size.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SizeRow {
    /// Contexts; `null`: without limit.
    pub size: Option<u64>,
    /// Hit rate throughout the period.
    pub hit_rate: f64,
    /// Memory on a host beyond that of the present size, in bytes; `null`: not known.
    pub memory: Option<f64>,
}

/// Where misses come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MissCounts {
    /// The first request for a context always misses.
    pub first: u64,
    /// Those that the sufficient size would keep.
    pub kept: u64,
    /// Others.
    pub others: u64,
}
