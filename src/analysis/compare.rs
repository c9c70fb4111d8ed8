//! Two groups of one dimension, metric by metric: FANCY v SIMPLE, one interface v another.
//!
//! | what | test | effect |
//! |---|---|---|
//! | values, of tasks (else units) that ran in both | Wilcoxon's signed ranks, exact | Walsh averages |
//! | values, of different units | Brunner-Munzel, by permutation | Hodges-Lehmann |
//! | shares (hits ÷ lookups) | permutation of units on the ratio of sums | clustered difference |
//!
//! Positive quantities are compared on logs, and the effect is a ratio; ratios are compared as they
//! are, and the effect is a difference. All p are adjusted together (Benjamini and Hochberg).

use crate::assessment::{Comparison, ComparisonVerdict, EffectKind, EffectSize};
use crate::config::Config;
use crate::metrics::{Direction, Kind, Metric, Unit};
use crate::record::{Dimension, Name};
use crate::stats::{Estimate, clustered, location, multiplicity, paired, permutation, unpaired};
use crate::workload::{Filter, GroupKey, Grouping};

use super::describe::LEVEL;
use super::pairs::pairs;
use super::spread::Spread;
use super::spreads::{Spreads, in_parallel};
use super::tables::{base, is_mock};

/// What is compared, where both groups have it.
const COMPARED: [Metric; 14] = [
    Metric::ResponseTime,
    Metric::ContextPreparationTime,
    Metric::MemoryUsage,
    Metric::Accuracy,
    Metric::SuccessRate,
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

/// Fewer pairs than this cannot reach p < 0.05.
pub(super) const FEWEST_PAIRS: usize = 6;

/// Fewer units in a group than this are no group.
const FEWEST_UNITS: usize = 4;

/// p below which groups differ.
const ALPHA: f64 = 0.05;

/// Compares the values of each described dimension with its base.
pub(super) fn compare(spreads: &Spreads<'_>, config: &Config) -> Vec<Comparison> {
    let mut questions: Vec<(Dimension, Name, Name, Metric)> = Vec::new();
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
                COMPARED
                    .iter()
                    .map(|metric| (*dimension, base, candidate, *metric)),
            );
        }
    }
    let mut comparisons: Vec<Comparison> =
        in_parallel(&questions, |(dimension, base, candidate, metric)| {
            let groups = Groups {
                dimension: *dimension,
                base: (*base, spreads.by(*metric, *dimension, *base)?),
                candidate: (*candidate, spreads.by(*metric, *dimension, *candidate)?),
                metric: *metric,
            };
            Some(groups.comparison(spreads))
        })
        .into_iter()
        .flatten()
        .collect();
    let p: Vec<f64> = comparisons.iter().filter_map(|c| c.p).collect();
    let mut adjusted = multiplicity::benjamini_hochberg(&p).into_iter();
    for comparison in comparisons.iter_mut().filter(|c| c.p.is_some()) {
        comparison.p_adjusted = adjusted.next();
        comparison.verdict = verdict(comparison);
    }
    comparisons
}

/// How a pair of groups was judged.
struct Finding {
    test: &'static str,
    p: f64,
    effect: Option<Estimate>,
    is_paired: bool,
    units: [u64; 2],
    note: Option<String>,
}

/// One metric of two groups.
struct Groups<'a> {
    dimension: Dimension,
    base: (Name, &'a Spread),
    candidate: (Name, &'a Spread),
    metric: Metric,
}

impl Groups<'_> {
    fn comparison(&self, spreads: &Spreads<'_>) -> Comparison {
        let catalog = &spreads.workload.catalog;
        let (base, candidate) = (self.base.1, self.candidate.1);
        let unit = base.traits.unit;
        let own_units = [base.units.len() as u64, candidate.units.len() as u64];
        let finding = if self.metric.row().kind == Kind::Share {
            self.of_shares()
        } else {
            self.of_pairs(spreads).or_else(|| self.of_units())
        };
        let (test, p, effect, is_paired, units, note) = match finding {
            Some(f) => (
                Some(f.test),
                Some(f.p),
                f.effect,
                f.is_paired,
                f.units,
                f.note,
            ),
            None => (None, None, None, false, own_units, Some(too_few(own_units))),
        };
        Comparison {
            metric: base.traits.name.clone(),
            unit,
            dimension: catalog.dimension_name(self.dimension).to_owned(),
            base: catalog.text(self.base.0).to_owned(),
            candidate: catalog.text(self.candidate.0).to_owned(),
            n: [base.whole.n, candidate.whole.n],
            units,
            paired: is_paired,
            base_value: base.mean_of(&base.whole),
            candidate_value: candidate.mean_of(&candidate.whole),
            effect: effect.map(|e| EffectSize {
                kind: effect_kind(unit),
                estimate: e.estimate,
                low: e.low,
                high: e.high,
                level: LEVEL,
            }),
            test: test.map(str::to_owned),
            p,
            p_adjusted: None,
            tolerance: Some(tolerance(self.metric)),
            verdict: ComparisonVerdict::Insufficient,
            note,
        }
    }

    /// Tasks that ran in both groups, else units that did.
    fn of_pairs(&self, spreads: &Spreads<'_>) -> Option<Finding> {
        let unit = self.base.1.traits.unit;
        let tasks = |value: Name| {
            spreads.workload.group(
                self.metric.into(),
                &Filter::of(self.dimension, value),
                Grouping::Task,
            )
        };
        let tasks_of = |value| -> Vec<(GroupKey, f64)> {
            tasks(value)
                .into_iter()
                .filter_map(|(key, figure)| Some((key, figure.mean(unit)?)))
                .collect()
        };
        let units_of = |spread: &Spread| -> Vec<(super::spread::Owner, f64)> {
            spread
                .units
                .iter()
                .filter(|(owner, _)| matches!(owner, super::spread::Owner::Unit(_)))
                .filter_map(|(owner, figure)| Some((*owner, figure.mean(unit)?)))
                .collect()
        };
        let on_logs = effect_kind(unit) == EffectKind::Ratio;
        let differences = differences(
            &pairs(&tasks_of(self.base.0), &tasks_of(self.candidate.0)),
            on_logs,
        )
        .or_else(|| {
            differences(
                &pairs(&units_of(self.base.1), &units_of(self.candidate.1)),
                on_logs,
            )
        })?;
        // Without a single difference there is nothing to rank: then nothing speaks for one.
        let p = paired::wilcoxon_signed_rank(&differences).map_or(1.0, |t| t.p);
        let effect = paired::walsh(&differences, LEVEL);
        Some(Finding {
            test: "wilcoxon-signed-rank",
            p,
            effect: effect.map(|e| if on_logs { e.map(f64::exp) } else { e }),
            is_paired: true,
            units: [differences.len() as u64; 2],
            note: None,
        })
    }

    /// One value for each unit of either group.
    fn of_units(&self) -> Option<Finding> {
        let unit = self.base.1.traits.unit;
        let (base, candidate) = (self.base.1.means(), self.candidate.1.means());
        if base.len() < FEWEST_UNITS || candidate.len() < FEWEST_UNITS {
            return None;
        }
        let seed = super::seed(&base, &candidate);
        let test = unpaired::brunner_munzel(&base, &candidate, seed)?;
        let effect = if effect_kind(unit) == EffectKind::Ratio {
            location::hodges_lehmann_ratio(&base, &candidate, LEVEL)
        } else {
            location::hodges_lehmann_difference(&base, &candidate, LEVEL)
        };
        Some(Finding {
            test: "brunner-munzel-permutation",
            p: test.p,
            effect,
            is_paired: false,
            units: [base.len() as u64, candidate.len() as u64],
            note: None,
        })
    }

    /// Shares inside units: units are permuted, never single records.
    fn of_shares(&self) -> Option<Finding> {
        let ((hits1, n1), (hits2, n2)) = (self.base.1.sums(), self.candidate.1.sums());
        if n1.len() < FEWEST_UNITS || n2.len() < FEWEST_UNITS {
            return None;
        }
        let seed = super::seed(&hits1, &hits2);
        // Where every unit has the same ratio nothing speaks for a difference.
        let p = permutation::ratio_of_sums(&hits1, &n1, &hits2, &n2, seed).map_or(1.0, |t| t.p);
        Some(Finding {
            test: "permutation-of-units",
            p,
            effect: clustered::difference(&hits1, &n1, &hits2, &n2, LEVEL),
            is_paired: false,
            units: [n1.len() as u64, n2.len() as u64],
            note: None,
        })
    }
}

fn too_few(units: [u64; 2]) -> String {
    format!(
        "too few units: {} and {}, needs {FEWEST_UNITS} of each or {FEWEST_PAIRS} pairs",
        units[0], units[1]
    )
}

/// Differences of pairs, of positive quantities on logs; `None` with too few pairs.
fn differences(pairs: &[(f64, f64)], on_logs: bool) -> Option<Vec<f64>> {
    let differences: Vec<f64> = pairs
        .iter()
        .filter_map(|(base, candidate)| {
            if !on_logs {
                return Some(candidate - base);
            }
            (*base > 0.0 && *candidate > 0.0).then(|| (candidate / base).ln())
        })
        .filter(|d| d.is_finite())
        .collect();
    (differences.len() >= FEWEST_PAIRS).then_some(differences)
}

fn effect_kind(unit: Unit) -> EffectKind {
    match unit {
        Unit::Ratio => EffectKind::Difference,
        Unit::Seconds
        | Unit::Bytes
        | Unit::Count
        | Unit::Number
        | Unit::Factor
        | Unit::Usd
        | Unit::Unknown => EffectKind::Ratio,
    }
}

/// Differences inside this do not matter: 5 % of positive quantities, 5 points of success rates,
/// 2 points of other ratios.
fn tolerance(metric: Metric) -> f64 {
    match (metric, metric.row().unit) {
        (
            Metric::SuccessRate
            | Metric::TaskSuccessRate
            | Metric::AttemptSuccessRate
            | Metric::ToolSuccessRate,
            _,
        ) => 0.05,
        (_, Unit::Ratio) => 0.02,
        _ => 0.05,
    }
}

fn verdict(comparison: &Comparison) -> ComparisonVerdict {
    let (Some(effect), Some(tolerance), Some(p)) = (
        &comparison.effect,
        comparison.tolerance,
        comparison.p_adjusted,
    ) else {
        return ComparisonVerdict::Inconclusive;
    };
    let (low, high, none) = match effect.kind {
        EffectKind::Ratio => (1.0 - tolerance, 1.0 + tolerance, 1.0),
        EffectKind::Difference => (-tolerance, tolerance, 0.0),
    };
    if effect.low >= low && effect.high <= high {
        return ComparisonVerdict::Same;
    }
    if p >= ALPHA || effect.estimate == none {
        return ComparisonVerdict::Inconclusive;
    }
    let rises = effect.estimate > none;
    match Metric::named(&comparison.metric).map(|m| m.row().direction) {
        Some(Direction::Higher) if rises => ComparisonVerdict::Better,
        Some(Direction::Lower) if !rises => ComparisonVerdict::Better,
        Some(Direction::Higher | Direction::Lower) => ComparisonVerdict::Worse,
        Some(Direction::Neither) | None => ComparisonVerdict::Different,
    }
}
