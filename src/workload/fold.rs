//! Records become rows: deduplicated, joined into steps, summed up.

use crate::record::Records;

use super::Workload;

/// What a fold needs to know beside the records.
#[derive(Debug, Clone, Default)]
pub struct FoldOptions {
    /// For each file, the rank by which ties between equal records are broken (smaller owns).
    pub file_ranks: Vec<u64>,
    /// For each file, the name of its format.
    pub file_formats: Vec<&'static str>,
    /// Only records that begin at or after this time.
    pub from: Option<crate::units::Time>,
    /// Only records that begin before this time.
    pub to: Option<crate::units::Time>,
    /// Only records with these values: the name of a dimension (or `session`, `task`, `run`, `unit`)
    /// and any of the values. A record without the dimension is left out.
    pub only: Vec<(String, Vec<String>)>,
}

/// Folds records into a workload.
#[must_use]
pub fn fold(_records: Records, _options: &FoldOptions) -> Workload {
    Workload::default()
}
