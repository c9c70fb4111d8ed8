//! Rules are data: they state when they apply, and propose a scenario. Those that hold are
//! projected, ranked and offered.

use crate::analysis::Analysis;
use crate::assessment::{
    CombinedProjection, FindingRow, NotEvaluated, Recommendation, RuleCounts, Score,
};
use crate::config::Config;
use crate::workload::Workload;

/// What the advise stage offers.
#[derive(Debug, Clone, Default)]
pub struct Advice {
    /// Recommendations, best first.
    pub recommendations: Vec<Recommendation>,
    /// Findings for information.
    pub findings: Vec<FindingRow>,
    /// All recommendations with a projection, in one run.
    pub combined: Option<CombinedProjection>,
    /// Rules that could not be judged.
    pub not_evaluated: Vec<NotEvaluated>,
    /// What became of the rules.
    pub rules: RuleCounts,
}

/// Everything a rule may look at.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// The workload.
    pub workload: &'a Workload,
    /// Its analysis.
    pub analysis: &'a Analysis,
    /// Its score.
    pub score: &'a Score,
    /// The configuration.
    pub config: &'a Config,
}

/// Judges all rules.
#[must_use]
pub fn advise(_case: Case<'_>) -> Advice {
    Advice::default()
}
