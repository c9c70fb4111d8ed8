//! The result of comparing two or more groups of inputs, metric by metric.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Comparison, EffectSize, Generator, Period};

/// Two or more groups, each compared with the first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Contrast {
    /// Version of this document.
    pub schema_version: u32,
    /// The program that wrote it.
    pub generator: Generator,
    /// From the earliest to the latest record of all groups; `null` without a time.
    pub period: Option<Period>,
    /// What was compared; the first one is the base.
    pub groups: Vec<GroupRow>,
    /// How each further group pairs with the base.
    pub pairings: Vec<Pairing>,
    /// Metric by metric, for each further group.
    pub comparisons: Vec<Comparison>,
    /// Response times (else what was compared first) of single pairs.
    pub pairs: Option<PairedRatios>,
    /// Whether the sign of the differences holds within the values of other dimensions.
    pub strata: Vec<Stratification>,
    /// What it comes to, for each further group.
    pub decisions: Vec<Decision>,
    /// How p was adjusted: `benjamini-hochberg` over all, `holm` over the metrics that were named.
    pub correction: String,
}

/// What the comparisons of two groups come to. Reversed ones (see `strata`) do not count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Decision {
    /// The base.
    pub base: String,
    /// The other group.
    pub candidate: String,
    /// The better group: where all decided metrics agree, else as the ranking of the configuration says;
    /// `null` where neither does.
    pub winner: Option<String>,
    /// The metric of the ranking that decided, or that is open and so keeps it from deciding; `null` where
    /// the metrics agree or none is ranked.
    pub by: Option<String>,
    /// Whether metrics disagree: one is better, another worse.
    pub is_trade: bool,
}

/// One group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GroupRow {
    /// What it is called.
    pub label: String,
    /// Whether it is a part of one input, as all groups are then.
    pub is_part: bool,
    /// Files that were read for it; of parts of one input, all files.
    pub files: u64,
    /// Records in it.
    pub records: u64,
    /// Units of inference in it.
    pub units: u64,
    /// Tasks that are named in it.
    pub tasks: u64,
    /// Faulty records that were left out.
    pub skipped: u64,
}

/// How two groups pair by task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Pairing {
    /// The base.
    pub base: String,
    /// The other group.
    pub candidate: String,
    /// Tasks that ran in both.
    pub both: u64,
    /// Tasks that ran only in the base.
    pub base_only: u64,
    /// Tasks that ran only in the other group.
    pub candidate_only: u64,
}

/// Candidate ÷ base of each task that ran in both.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PairedRatios {
    /// Name of the metric.
    pub metric: String,
    /// The base.
    pub base: String,
    /// The other group.
    pub candidate: String,
    /// The ratios, from the smallest.
    pub ratios: Vec<f64>,
}

/// A metric's difference within each value of another dimension.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Stratification {
    /// Name of the metric.
    pub metric: String,
    /// The base.
    pub base: String,
    /// The other group.
    pub candidate: String,
    /// The other dimension.
    pub dimension: String,
    /// The effect within each of its values where both groups have enough units.
    pub within: Vec<Stratum>,
    /// The effect of like with like: those within the values, put together by how much both groups have of
    /// each (Mantel and Haenszel's weights). Of ratios a difference, else a quotient of geometric means.
    pub like_with_like: Option<EffectSize>,
    /// The whole misleads: like with like has the other sign, within every value or beyond its interval.
    pub is_reversed: bool,
}

/// The effect within one value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Stratum {
    /// The value.
    pub value: String,
    /// Candidate ÷ base, or candidate − base for ratios.
    pub estimate: f64,
    /// Units of each group.
    pub units: [u64; 2],
}
