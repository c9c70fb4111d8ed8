//! The settings that are not beaten: the answer of `tune`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Change, Generator, KnobWithheld, Limit, Period};
use crate::metrics::Unit;

/// The answer of `tune`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Tuning {
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
    /// What is to be made as good as possible: `score` or a metric.
    pub goal: String,
    /// Its present value; `null`: nothing was measured of it.
    pub goal_now: Option<f64>,
    /// Floors, limits and budgets.
    pub constraints: Vec<Constraint>,
    /// Knobs with the values that were tried beside the present ones.
    pub tried: Vec<TriedKnob>,
    /// Settings that were simulated, the present one among them.
    pub simulated: u64,
    /// How many settings the values of `tried` can form (the largest integer where there are more). More than were
    /// simulated: the space was not searched as a whole.
    pub possible: u64,
    /// Knobs that were not tried any further, since no value of them gains anything alone or beside one value of another
    /// knob. Empty where the space was searched as a whole.
    pub set_aside: Vec<String>,
    /// Of the simulated ones, how many broke a constraint.
    pub broke_constraint: u64,
    /// The present.
    pub now: TunedSetting,
    /// Settings that no other one beats in all, the best by the goal first.
    pub front: Vec<TunedSetting>,
    /// Number of the suggested one, from 1; `null`: none is better than the present.
    pub suggested: Option<u64>,
    /// Why it is suggested.
    pub why: Option<String>,
    /// Knobs that could not be tried, and why.
    pub not_evaluated: Vec<KnobWithheld>,
}

/// A floor or a limit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Constraint {
    /// The metric.
    pub metric: String,
    /// Its unit.
    pub unit: Unit,
    /// The most or the least.
    pub value: f64,
    /// Which of the two.
    pub limit: Limit,
    /// Present value of the metric; `null`: nothing was measured of it, so that nothing was left out.
    pub now: Option<f64>,
    /// How many settings it left out.
    pub left_out: u64,
}

/// A knob with the values that were tried.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TriedKnob {
    /// The knob.
    pub knob: String,
    /// Its present value; `null`: not known.
    pub from: Option<serde_json::Value>,
    /// Other values.
    pub values: Vec<serde_json::Value>,
}

/// One setting.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TunedSetting {
    /// What differs from the present.
    pub changes: Vec<Change>,
    /// Whether what it gains is the most that can be had.
    pub at_most: bool,
    /// Score; `null` where it can not be computed.
    pub score: Option<f64>,
    /// Values of the metrics that any of the settings changes.
    pub values: Vec<TunedValue>,
}

/// A metric under a setting.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TunedValue {
    /// The metric.
    pub metric: String,
    /// The statistic: `mean`, `p95`, `total`.
    pub statistic: String,
    /// Unit.
    pub unit: Unit,
    /// Value.
    pub value: f64,
}
