//! Rules are data: they state when they apply, and propose a scenario. Those that hold are
//! projected, ranked and offered.

pub mod cases;
pub mod condition;
pub mod facts;
pub mod judge;
pub mod library;
pub mod lint;
pub mod mutate;
pub mod rule;

pub use library::{Entry, Library, Source};
pub use lint::{lint, test};

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn built_in_rules_keep_to_the_rules() {
        let found = lint(&Library::built_in());
        assert!(found.is_empty(), "{found:#?}");
    }

    #[test]
    fn cases_hold_and_notice_every_turned_comparison() {
        let library = Library::built_in();
        assert!(library.entries.len() >= 30);
        let failures: Vec<(String, Vec<String>)> = library
            .entries
            .iter()
            .map(|e| (e.rule.code.clone(), test(e)))
            .filter(|(_, failures)| !failures.is_empty())
            .collect();
        assert!(failures.is_empty(), "{failures:#?}");
    }
}
