//! Two groups of one dimension, metric by metric: FANCY v SIMPLE, one interface v another.
//!
//! All p are adjusted together (Benjamini and Hochberg).

use crate::assessment::Comparison;
use crate::config::Config;
use crate::metrics::Metric;
use crate::record::{Dimension, Measured, Name};
use crate::stats::multiplicity;
use crate::workload::Filter;

use super::sides::{self, Group};
use super::spreads::Spreads;
use super::tables::{base, is_mock};

/// What is compared, where both groups have it.
pub(super) const COMPARED: [Metric; 15] = [
    Metric::ResponseTime,
    Metric::ContextPreparationTime,
    Metric::MemoryUsage,
    Metric::Accuracy,
    Metric::SuccessRate,
    Metric::TaskSuccessRate,
    Metric::ErrorRate,
    Metric::CacheHitRate,
    Metric::PromptCacheHitRate,
    Metric::TokenEfficiency,
    Metric::ModelTime,
    Metric::ToolTime,
    Metric::TaskTime,
    Metric::OutputTokens,
    Metric::Cost,
];

/// Candidates of a dimension, most used first, that are compared with its base.
const MOST_CANDIDATES: usize = 12;

/// Compares the values of each described dimension with its base: the usual metrics, and those of the user's own.
pub(super) fn compare(spreads: &Spreads<'_>, config: &Config) -> Vec<Comparison> {
    let catalog = &spreads.workload.catalog;
    let declared = &spreads.workload.declared;
    let is_own = |measured: &Measured| match measured {
        Measured::Custom(name) => declared.find(catalog.text(*name)).is_some(),
        Measured::Known(_) => false,
    };
    let own = spreads.measured.iter().copied().filter(is_own);
    let compared: Vec<Measured> = COMPARED
        .map(Measured::from)
        .into_iter()
        .chain(own)
        .collect();
    let mut questions: Vec<(Dimension, Name, Name, Measured)> = Vec::new();
    for (dimension, values) in &spreads.dimensions {
        let Some(base) = base(spreads.workload, config, *dimension, values) else {
            continue;
        };
        let candidates = values
            .iter()
            .map(|(name, _)| *name)
            .filter(|name| *name != base && !is_mock(spreads.workload, config, *dimension, *name))
            .take(MOST_CANDIDATES);
        for candidate in candidates {
            questions.extend(
                compared
                    .iter()
                    .map(|metric| (*dimension, base, candidate, *metric)),
            );
        }
    }
    let mut comparisons: Vec<Comparison> =
        crate::threads::map(&questions, |(dimension, base, candidate, metric)| {
            let group = |value: Name| {
                Some(Group {
                    label: catalog.text(value),
                    workload: spreads.workload,
                    filter: Filter::of(*dimension, value),
                    is_whole: false,
                    spread: spreads.by(*metric, *dimension, value)?,
                })
            };
            Some(sides::comparison(
                catalog.dimension_name(*dimension),
                &group(*base)?,
                &group(*candidate)?,
            ))
        })
        .into_iter()
        .flatten()
        .collect();
    adjust(comparisons.iter_mut());
    comparisons
}

/// Adjusts all p together (Benjamini and Hochberg), and gives each comparison that has one its word.
pub fn adjust<'a>(comparisons: impl Iterator<Item = &'a mut Comparison>) {
    let mut judged: Vec<&mut Comparison> = comparisons.filter(|c| c.p.is_some()).collect();
    let p: Vec<f64> = judged.iter().filter_map(|c| c.p).collect();
    let mut adjusted = multiplicity::benjamini_hochberg(&p).into_iter();
    for comparison in &mut judged {
        comparison.p_adjusted = adjusted.next();
        sides::judge(comparison);
    }
}
