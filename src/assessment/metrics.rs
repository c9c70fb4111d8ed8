//! A metric described: n, location, spread, interval, target.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::metrics::Unit;

/// One metric, over all or for one value of a dimension.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MetricRow {
    /// Name of the metric.
    pub metric: String,
    /// Unit of all values.
    pub unit: Unit,
    /// Dimensions; empty: over all.
    pub dims: BTreeMap<String, String>,
    /// Values, or the denominator of a share; `null`: a summary whose n is unknown.
    pub n: Option<u64>,
    /// Units of inference behind them; for samples, windows that are nearly uncorrelated.
    pub units: Option<u64>,
    /// Mean (of a share: the pooled ratio).
    pub mean: Option<f64>,
    /// Median.
    pub median: Option<f64>,
    /// 95th percentile.
    pub p95: Option<f64>,
    /// 99th percentile.
    pub p99: Option<f64>,
    /// Smallest.
    pub min: Option<f64>,
    /// Largest.
    pub max: Option<f64>,
    /// Sum, where it means something.
    pub total: Option<f64>,
    /// Interval of the mean, or of what `of` says.
    pub interval: Option<Interval>,
    /// Target, where there is one.
    pub target: Option<TargetRow>,
    /// Against the target.
    pub verdict: TargetVerdict,
    /// Whether the values arrived already summarised, as the input reported them.
    pub reported: bool,
    /// Marks: `lower_bound` for totals that can only be larger; `list_price_equivalent` with the date of
    /// the table, `list_price_equivalent:2026-11-26`, for computed costs.
    pub marks: Vec<String>,
}

/// An interval of a statistic.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Interval {
    /// Of which statistic: `mean`, `p95`.
    pub of: String,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Confidence: 0.95.
    pub level: f64,
    /// How it was computed.
    pub method: String,
}

/// Which side of a target is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Limit {
    /// At most.
    Upper,
    /// At least.
    Lower,
}

/// A target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TargetRow {
    /// The value, in the metric's unit.
    pub value: f64,
    /// At most or at least.
    pub limit: Limit,
    /// The statistic it is held against: `mean`, `p95`.
    pub of: String,
    /// Where it came from: a file and line, or a profile.
    pub origin: String,
}

/// Against the target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TargetVerdict {
    /// Met.
    Met,
    /// Missed.
    Missed,
    /// No data, or no target.
    Unknown,
}
