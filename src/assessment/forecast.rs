//! Trends alone, and where they lead.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Generator, Period, Trend};
use crate::metrics::Unit;
use crate::units::Time;

/// The trends that were asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TrendReport {
    /// Version of this document.
    pub schema_version: u32,
    /// The program that wrote it.
    pub generator: Generator,
    /// From the earliest to the latest record; `null` without a time.
    pub period: Option<Period>,
    /// Metric by metric, as in an assessment.
    pub trends: Vec<Trend>,
    /// Where they lead; empty unless it was asked for.
    pub forecasts: Vec<Forecast>,
    /// Metrics that were asked for and were not measured.
    pub not_measured: Vec<String>,
    /// Faulty records that were left out.
    pub skipped: u64,
}

/// Where a trend leads if it goes on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Forecast {
    /// Name of the metric.
    pub metric: String,
    /// Unit of all values.
    pub unit: Unit,
    /// Dimensions; empty: over all.
    pub dims: BTreeMap<String, String>,
    /// How far the line was extended, in seconds beyond the last point.
    pub seconds: f64,
    /// The end of that.
    pub to: Option<Time>,
    /// The value there; `null` where nothing was extended.
    pub value: Option<ForecastValue>,
    /// The next limit on the way; `null` where none is configured.
    pub limit: Option<ForecastLimit>,
    /// When it is reached, within the time that was asked for.
    pub reached: Option<Reached>,
    /// Why there is none, or what to know of it.
    pub note: Option<String>,
}

/// A value on an extended line.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ForecastValue {
    /// On the line.
    pub estimate: f64,
    /// Lower end of the prediction interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Confidence: 0.95.
    pub level: f64,
}

/// A limit on the way of a line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ForecastLimit {
    /// The value.
    pub value: f64,
    /// `target`, or `alert NAME`.
    pub of: String,
    /// Where it was set.
    pub origin: String,
}

/// When a limit is reached: by the line, and by the ends of its interval. `null`: not in the time asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Reached {
    /// By the line.
    pub at: Option<Time>,
    /// By the end of the interval that comes first.
    pub earliest: Option<Time>,
    /// By the other end.
    pub latest: Option<Time>,
}
