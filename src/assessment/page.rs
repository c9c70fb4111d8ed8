//! What a page shows beside metrics, score, trends and advice, ready to be worded.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Interval, TargetRow, TargetVerdict};
use crate::metrics::Unit;
use crate::units::Time;

/// The verdict in figures.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Headline {
    /// How it looks over all.
    pub mood: Mood,
    /// Index of the trend that the first sentence tells of, in `trends`.
    pub trend: Option<usize>,
    /// Index of the event in the same range, in `events`.
    pub event: Option<usize>,
    /// Key indicators that meet their targets.
    pub met: u64,
    /// That miss them.
    pub missed: u64,
    /// Without data.
    pub unknown: u64,
}

/// How it looks over all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Mood {
    /// A tested change for the worse.
    Worse,
    /// A tested change for the better.
    Better,
    /// No tested change, and a missed target.
    Missed,
    /// No tested change, all known targets met.
    Good,
    /// Not enough data to say anything.
    #[default]
    Unknown,
}

/// A key indicator: one statistic against its target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Indicator {
    /// Name for people: `Response time, mean`.
    pub title: String,
    /// The metric.
    pub metric: String,
    /// The statistic: `mean`, `p95`.
    pub statistic: String,
    /// Unit.
    pub unit: Unit,
    /// The value; `null`: not measured.
    pub value: Option<f64>,
    /// Values behind it; `null`: a summary whose n is unknown.
    pub n: Option<u64>,
    /// Interval.
    pub interval: Option<Interval>,
    /// Target.
    pub target: Option<TargetRow>,
    /// Against the target.
    pub verdict: TargetVerdict,
    /// Beginning of the bar's scale.
    pub scale_low: f64,
    /// End of the bar's scale.
    pub scale_high: f64,
    /// Whether the value arrived already summarised.
    pub reported: bool,
    /// Why there is no value or no interval.
    pub note: Option<String>,
}

/// A table of the values of one dimension.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DimensionTable {
    /// `mode` or `interface`.
    pub dimension: String,
    /// Value that the others are compared with; `null` with fewer than two.
    pub base: Option<String>,
    /// Metrics with at least one value, in the order in which they are shown.
    pub metrics: Vec<String>,
    /// One row for each value of the dimension, most used first.
    pub rows: Vec<DimensionRow>,
}

/// One value of a dimension.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DimensionRow {
    /// The value: `FANCY`.
    pub value: String,
    /// Steps with it; `null` where only summaries are known.
    pub steps: Option<u64>,
    /// Share of all steps.
    pub share: Option<f64>,
    /// Whether it answers without a model: counted, never compared.
    pub is_mock: bool,
    /// Figures by metric.
    pub cells: BTreeMap<String, Cell>,
}

/// A figure in a table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Cell {
    /// Mean, pooled ratio or total, in the unit.
    pub value: f64,
    /// Unit.
    pub unit: Unit,
    /// Values behind it.
    pub n: Option<u64>,
    /// Measured here, or reported by the input.
    pub source: CellSource,
    /// For a quotient of counts (files used of considered): the two counts.
    pub of: Option<[f64; 2]>,
}

/// Where a figure comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum CellSource {
    /// Computed from records.
    Measured,
    /// A summary in the input.
    Reported,
}

/// The machine.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Resources {
    /// Samples behind it.
    pub samples: u64,
    /// Hosts.
    pub hosts: u64,
    /// CPU, memory, disk, load, network, checks: what is known, in this order.
    pub rows: Vec<ResourceRow>,
    /// Top processes by memory, largest first, at most five.
    pub processes: Vec<ProcessRow>,
}

/// One resource.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ResourceRow {
    /// Name for people.
    pub title: String,
    /// The metric.
    pub metric: String,
    /// Unit.
    pub unit: Unit,
    /// Mean.
    pub mean: Option<f64>,
    /// 95th percentile.
    pub p95: Option<f64>,
    /// Largest.
    pub max: Option<f64>,
    /// Sum, for counters.
    pub total: Option<f64>,
    /// Samples.
    pub n: u64,
    /// The trend's word.
    pub trend: Option<super::TrendDirection>,
    /// Why there is nothing.
    pub note: Option<String>,
}

/// A process.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ProcessRow {
    /// Name.
    pub process: String,
    /// p95 of its CPU, 1 = one core.
    pub cpu_p95: Option<f64>,
    /// p95 of its memory in bytes.
    pub memory_p95: Option<f64>,
    /// Samples.
    pub n: u64,
}

/// Where wall-clock time went: each moment of a unit's span is given to one part.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Attribution {
    /// All of it: the spans of all units together.
    pub wall_seconds: f64,
    /// The parts, which add up to it.
    pub parts: Vec<AttributionPart>,
    /// Units behind it.
    pub units: u64,
    /// The part `tool` by tool, most first; together that part.
    pub tools: Vec<ToolTime>,
    /// Of the part `tool`, what subagents did meanwhile.
    pub subagents: SubagentParts,
    /// Model requests, those of subagents among them.
    pub model: BusyTime,
    /// Tool calls, those of subagents among them.
    pub tool: BusyTime,
    /// Whether a wait for a permission would be in `tool`, since logs do not tell it apart.
    pub tool_hides_approvals: bool,
    /// Operations that were left out, since they have no length.
    pub empty: u64,
}

/// A part of the wall-clock time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AttributionPart {
    /// `retry`, `model`, `context_preparation`, `tool`, `queue`, `person`, `away`, `unexplained`.
    pub part: String,
    /// Seconds.
    pub seconds: f64,
    /// Interval of its share of the wall-clock time, over units.
    pub interval: Option<Interval>,
}

/// A tool's part of the time of all tools.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ToolTime {
    /// The tool; `null` where it has no name.
    pub tool: Option<String>,
    /// Seconds, of which several calls at once have equal shares.
    pub seconds: f64,
    /// Of these, when no other tool ran: what a faster tool could save at most.
    pub alone_seconds: f64,
}

/// What subagents did in the time of the calls that started them, by the same rules as the whole.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct SubagentParts {
    /// Seconds in which at least one of them waited for a model.
    pub model_seconds: f64,
    /// Seconds in which at least one of them ran a tool, and none waited for a model.
    pub tool_seconds: f64,
}

/// How long something was done. No part of the wall-clock time: what overlaps counts fully.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct BusyTime {
    /// Sum of all durations; it may exceed the wall-clock time.
    pub busy_seconds: f64,
    /// Busy time ÷ time in which at least one ran; `null` without any.
    pub parallelism: Option<f64>,
}

/// A change that the inputs tell of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EventRow {
    /// When.
    pub time: Time,
    /// `config_change`, `interface_switch`, …
    pub event: String,
    /// Knob or thing that changed.
    pub knob: Option<String>,
    /// Before.
    pub from: Option<String>,
    /// After.
    pub to: Option<String>,
    /// How many such events, where they are listed together.
    pub count: u64,
    /// How long the change took, in seconds; of several the mean.
    pub seconds: Option<f64>,
}
