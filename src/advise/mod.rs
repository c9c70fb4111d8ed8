//! Rules are data: they state when they apply, and propose a scenario. Those that hold are
//! projected, ranked and offered.

pub mod cases;
pub mod condition;
pub mod facts;
pub mod judge;
pub mod library;
pub mod lint;
pub mod mutate;
mod offer;
pub mod rank;
pub mod rule;

pub use library::{Entry, Library, Source};
pub use lint::{lint, test};

use std::path::PathBuf;

use judge::Verdict;

use crate::analysis::Analysis;
use crate::assessment::{
    Class, CombinedProjection, FindingRow, NotEvaluated, Recommendation, RuleCounts, Score,
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
pub fn advise(case: Case<'_>) -> Advice {
    let folder = case
        .config
        .rules_dir
        .as_ref()
        .map(|d| PathBuf::from(&d.value));
    let library = Library::with_folder(folder.as_deref());
    let facts = facts::gather(case);
    let mut advice = Advice::default();
    advice.rules.total = library.entries.len() as u64;
    let mut speaking: Vec<(&Entry, Vec<String>)> = Vec::new();
    for entry in &library.entries {
        let rule = &entry.rule;
        let is_off = case
            .config
            .rules_off
            .iter()
            .any(|off| off.value == rule.code || off.value == rule.name)
            || rule.status == rule::Status::Deprecated
            || (rule.status == rule::Status::Preview
                && case.config.preview.as_ref().is_some_and(|p| !p.value));
        if is_off {
            advice.rules.off += 1;
            continue;
        }
        let judgement = judge::judge(rule, &facts);
        match judgement.verdict {
            Verdict::Silent => advice.rules.silent += 1,
            Verdict::Satisfied => advice.rules.settled += 1,
            Verdict::NotEvaluated(reason) => {
                advice.rules.not_evaluated += 1;
                advice.not_evaluated.push(NotEvaluated {
                    rule: rule.code.clone(),
                    name: rule.name.clone(),
                    reason,
                });
            }
            Verdict::Speaks if rule.class == Class::Info => {
                advice.rules.information += 1;
                advice.findings.push(FindingRow {
                    rule: rule.code.clone(),
                    name: rule.name.clone(),
                    class: Class::Info,
                    title: rule.filled(&rule.title, judgement.subjects.first().map(String::as_str)),
                    why: rule.why.clone(),
                    evidence: offer::finding_evidence(&facts, rule, &judgement.subjects),
                });
            }
            Verdict::Speaks => speaking.push((entry, judgement.subjects)),
        }
    }
    let (recommendations, combined, settled) = offer::offer(case, &facts, &speaking);
    advice.rules.settled += settled;
    advice.rules.recommended = speaking.len() as u64 - settled;
    advice.recommendations = recommendations;
    advice.combined = combined;
    advice.not_evaluated.sort();
    advice
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
