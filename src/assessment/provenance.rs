//! Where everything came from, and what was left out.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Files, records, faults.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Provenance {
    /// Files that were looked at.
    pub files: u64,
    /// Bytes that were read.
    pub bytes: u64,
    /// Records kept after deduplication.
    pub records: u64,
    /// Records dropped since an equal one was there.
    pub duplicates: u64,
    /// Of these, what a better source of the same session tells too.
    pub repeats: Vec<RepeatRow>,
    /// Records skipped for a fault.
    pub skipped: u64,
    /// Files by format.
    pub formats: BTreeMap<String, u64>,
    /// The same with how people say it, most files first.
    pub formats_named: Vec<FormatCount>,
    /// Process starts seen.
    pub process_starts: u64,
    /// Keys and lines passed over on purpose.
    pub ignored: u64,
    /// Kept operations.
    pub operations: u64,
    /// Kept samples; a snapshot of several measures is one.
    pub samples: u64,
    /// Kept events.
    pub events: u64,
    /// Kept numbers that arrived already summarised.
    pub aggregates: u64,
    /// Sessions.
    pub sessions: u64,
    /// Units of inference.
    pub units: u64,
    /// What a unit is called where all are alike: `sessions`, `runs`, else `units`.
    pub units_called: String,
    /// Faults, at most 1,000, in order of file and line.
    pub problems: Vec<FaultRow>,
    /// All faults, also those that are not listed.
    pub problems_total: u64,
    /// Paths of files that no format recognised.
    pub unrecognised: Vec<String>,
    /// The same with the reason.
    pub unrecognised_why: Vec<NotRecognised>,
    /// By which prices costs were computed; `None` where no request has tokens.
    pub prices: Option<PriceNote>,
    /// Metrics that the input names, and neither the registry nor the configuration knows: their numbers are
    /// described without a unit and never judged. In order of their names.
    pub undeclared: Vec<Undeclared>,
    /// Where the configuration came from: paths, or `built-in defaults`.
    pub configuration: Vec<String>,
    /// Paths as the user gave them, or where the program looked by itself.
    pub inputs: Vec<String>,
    /// What of the history was taken beside the inputs; `null` where it was not asked for.
    pub history: Option<HistoryNote>,
}

/// What of the history was taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HistoryNote {
    /// Its file.
    pub file: String,
    /// Units of inference that it holds of the time that was asked for.
    pub units: u64,
}

/// Records that were dropped since a better source tells the same of the same session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RepeatRow {
    /// The source that counts: `spans`, `events`, `log`, `result`.
    pub kept: String,
    /// The source that was dropped: `events`, `log`, `result`, `metrics`.
    pub left_out: String,
    /// In how many sessions.
    pub sessions: u64,
    /// How many records.
    pub records: u64,
}

/// The table of prices behind `computed_cost`, and what it does not have.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct PriceNote {
    /// The day on which the prices were collected; of a history all such days, with commas between.
    pub date: String,
    /// Where they came from; empty where a history has costs by another table.
    pub source: String,
    /// What a computed cost is: `list-price equivalent`.
    pub basis: String,
    /// Requests with a computed cost.
    pub priced: u64,
    /// What these cost together, in US dollars; `None` without any.
    pub cost: Option<f64>,
    /// Models without a price for what they used, most requests first. Their cost is not known.
    pub unpriced: Vec<Unpriced>,
}

/// Requests of a model that have no price.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Unpriced {
    /// The model as the input names it; empty where it names none.
    pub model: String,
    /// Requests.
    pub requests: u64,
}

/// A metric that nothing but the input knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Undeclared {
    /// Its name.
    pub metric: String,
    /// Values.
    pub n: u64,
}

/// Files of one format.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FormatCount {
    /// Short name.
    pub format: String,
    /// In the plural, for people.
    pub plural: String,
    /// Files.
    pub files: u64,
}

/// A fault in the data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FaultRow {
    /// File.
    pub file: String,
    /// Line, from 1.
    pub line: Option<u64>,
    /// Why.
    pub reason: String,
}

/// A file that no format recognised.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NotRecognised {
    /// File.
    pub file: String,
    /// What it seems to be.
    pub reason: String,
}
