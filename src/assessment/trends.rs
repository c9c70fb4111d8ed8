//! Trends over time.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::metrics::Unit;
use crate::units::Time;

/// A metric over time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Trend {
    /// Name of the metric.
    pub metric: String,
    /// Unit of all values.
    pub unit: Unit,
    /// Dimensions; empty: over all.
    pub dims: BTreeMap<String, String>,
    /// Points of the series that were tested.
    pub n: u64,
    /// The word for it.
    pub direction: TrendDirection,
    /// Whether that is better or worse; `null` where neither.
    pub is_better: Option<bool>,
    /// Theil-Sen slope.
    pub slope: Option<Slope>,
    /// p of the Mann-Kendall test; where a single step fits better than a line, of it and of a test of
    /// the halves' units together.
    pub p: Option<f64>,
    /// p, adjusted over all trends of this run (Holm): what the word for it goes by.
    pub p_adjusted: Option<f64>,
    /// Mean over the first half of the points, in the metric's unit.
    pub first_half: Option<f64>,
    /// Mean over the second half of the points.
    pub second_half: Option<f64>,
    /// Second half ÷ first half.
    pub ratio: Option<f64>,
    /// Change points.
    pub change_points: Vec<ChangePoint>,
    /// The newest value against a prediction limit.
    pub newest: Option<Newest>,
    /// What orders the series.
    pub ordered_by: OrderedBy,
    /// Length of a step of the series in seconds; 0: each value of the input is a point.
    pub step_seconds: f64,
    /// The series.
    pub series: Vec<SeriesPoint>,
    /// Target of the mean, for charts.
    pub target: Option<f64>,
}

/// What orders a series.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum OrderedBy {
    /// The time of its points.
    Time,
    /// An index; its points have no time.
    Index,
}

/// The word for a trend.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TrendDirection {
    /// Significantly up.
    Rising,
    /// Significantly down.
    Falling,
    /// No significant trend, or within the dead band.
    Stable,
    /// Too few points.
    Insufficient,
}

/// A slope with its interval.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Slope {
    /// `day`; `index` where only an index orders the series.
    pub per: String,
    /// Estimate, in the metric's unit per day (or index).
    pub estimate: f64,
    /// Lower end of the 95 % interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// A change point.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ChangePoint {
    /// Index in `series` of the first point of the new level.
    pub index: u64,
    /// Its time; `null` where only an index orders the series.
    pub time: Option<Time>,
    /// 95 % confidence range of the index.
    pub range: [u64; 2],
    /// Mean before.
    pub before: f64,
    /// Mean after.
    pub after: f64,
    /// After ÷ before.
    pub ratio: Option<f64>,
    /// p, adjusted for the search, and over all series of this run (Benjamini-Hochberg).
    pub p: f64,
    /// What happened in the same range: `config_change context.cache_size 100 → 50`.
    pub with: Vec<String>,
}

/// The newest value against a prediction limit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Newest {
    /// The word for it.
    pub verdict: NewestVerdict,
    /// The value.
    pub value: f64,
    /// The limit that was crossed, else the one on the bad side.
    pub limit: Option<f64>,
}

/// The word for a newest value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum NewestVerdict {
    /// Inside the limit.
    Normal,
    /// Outside, until another run confirms it.
    Suspected,
    /// Too few points.
    Insufficient,
}

/// One step of a series.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SeriesPoint {
    /// Beginning of the step; of series that only an index orders, 2000-01-01 plus 15 seconds for each.
    pub from: Time,
    /// Mean of the step; `null` where it has no record.
    pub value: Option<f64>,
    /// Records in it.
    pub n: u64,
}
