//! What came since the look before, of inputs that are followed.

use schemars::JsonSchema;
use serde::Serialize;

use super::{FaultRow, Notice};
use crate::metrics::Unit;
use crate::units::Time;

/// What came since the look before; at the first look all that there is.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct News {
    /// Version of this document.
    pub schema_version: u32,
    /// When it was looked.
    pub at: Time,
    /// The how-manieth look it is, from 1.
    pub look: u64,
    /// Files that there are.
    pub files: u64,
    /// Records in all of them.
    pub records: u64,
    /// Bytes of files that were read for this look.
    pub bytes_read: u64,
    /// Units (sessions) in which something is new, those with most steps first.
    pub units: Vec<UnitNews>,
    /// Metrics that were sampled.
    pub samples: Vec<SampleNews>,
    /// What alerts have to tell.
    pub alerts: Vec<Notice>,
    /// Faults that were not there before.
    pub problems: Vec<FaultRow>,
}

impl News {
    /// Whether there is nothing to tell.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.units.is_empty()
            && self.samples.is_empty()
            && self.alerts.is_empty()
            && self.problems.is_empty()
    }
}

/// What is new in a unit.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct UnitNews {
    /// Its name.
    pub unit: String,
    /// Whether nothing was known of it before.
    pub is_new: bool,
    /// Steps.
    pub steps: u64,
    /// Steps that did not end well.
    pub failures: u64,
    /// Mean response time of the steps, in seconds.
    pub response_time: Option<f64>,
    /// Tool calls.
    pub tool_calls: u64,
    /// Tokens of all kinds.
    pub tokens: u64,
    /// Money as the input reported it, in US dollars.
    pub cost: Option<f64>,
    /// Money at list prices, in US dollars.
    pub computed_cost: Option<f64>,
}

/// What is new of a sampled metric.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct SampleNews {
    /// Its name.
    pub metric: String,
    /// Unit of the mean.
    pub unit: Unit,
    /// Values.
    pub n: u64,
    /// Their mean.
    pub mean: Option<f64>,
}
