//! Describes each metric with an interval, judges it against its target, compares, finds trends.
//!
//! In: a workload and the configuration. Out: sections of the assessment. The mathematics is in
//! [`crate::stats`].

use crate::assessment::{
    Comparison, DimensionTable, EventRow, Headline, Indicator, MetricRow, Resources, Trend,
};
use crate::config::{Config, Profile};
use crate::workload::Workload;

/// What the analysis stage found.
#[derive(Debug, Clone, Default)]
pub struct Analysis {
    /// One row for each metric, and for each value of mode and interface.
    pub metrics: Vec<MetricRow>,
    /// Key indicators.
    pub indicators: Vec<Indicator>,
    /// Trends.
    pub trends: Vec<Trend>,
    /// Comparisons.
    pub comparisons: Vec<Comparison>,
    /// Tables of modes and interfaces.
    pub tables: Vec<DimensionTable>,
    /// The machine.
    pub resources: Option<Resources>,
    /// Changes.
    pub events: Vec<EventRow>,
    /// The verdict in figures.
    pub headline: Headline,
}

/// What is asked of the analysis beside the workload.
#[derive(Debug, Clone)]
pub struct Questions {
    /// Profile whose targets hold where the configuration has none.
    pub profile: Profile,
    /// A further dimension to describe and compare by (`--by`), by name.
    pub by: Option<String>,
}

/// Analyses a workload.
#[must_use]
pub fn analyse(_workload: &Workload, _config: &Config, _questions: &Questions) -> Analysis {
    Analysis::default()
}
