//! What the comparisons of two groups come to: a winner where the metrics agree, or where the configuration
//! ranks them; else none.

use crate::assessment::{Comparison, ComparisonVerdict, Decision, Stratification};
use crate::config::Config;

use super::contrast::Side;

/// The decision on one candidate. Metrics whose sign is another where like is compared with like count
/// for neither group.
pub(super) fn decide(
    base: &Side<'_>,
    candidate: &Side<'_>,
    comparisons: &[Comparison],
    strata: &[Stratification],
    config: &Config,
) -> Decision {
    let is_reversed = |c: &Comparison| {
        let of = |s: &&Stratification| s.metric == c.metric && s.candidate == c.candidate;
        strata.iter().filter(of).any(|s| s.is_reversed)
    };
    let counted: Vec<&Comparison> = comparisons
        .iter()
        .filter(|c| c.candidate == candidate.label && !is_reversed(c))
        .collect();
    let has = |verdict| counted.iter().any(|c| c.verdict == verdict);
    let (better, worse) = (
        has(ComparisonVerdict::Better),
        has(ComparisonVerdict::Worse),
    );
    let (winner, by) = match (better, worse) {
        (true, false) => (Some(&candidate.label), None),
        (false, true) => (Some(&base.label), None),
        (false, false) => (None, None),
        (true, true) => {
            let ranked = config.ranking.iter().flat_map(|r| &r.value);
            let first = ranked
                .filter_map(|name| counted.iter().find(|c| c.metric == *name))
                // What is the same in both leaves the decision to the next in rank.
                .find(|c| c.verdict != ComparisonVerdict::Same);
            let winner = first.and_then(|c| match c.verdict {
                ComparisonVerdict::Better => Some(&candidate.label),
                ComparisonVerdict::Worse => Some(&base.label),
                _ => None,
            });
            (winner, first.map(|c| c.metric.clone()))
        }
    };
    Decision {
        base: base.label.clone(),
        candidate: candidate.label.clone(),
        winner: winner.cloned(),
        by,
        is_trade: better && worse,
    }
}
