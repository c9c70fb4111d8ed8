//! Two or more groups against the first one, whichever workloads they come from.

use std::collections::BTreeSet;

use crate::assessment::{
    Comparison, ComparisonVerdict, Contrast, EffectKind, Generator, GroupRow, Interval, Known,
    PairedRatios, Pairing, Period, Reason, SCHEMA_VERSION, Stratification,
};
use crate::config::{Config, TargetStatistic};
use crate::metrics::{Direction, Kind, Metric, Unit};
use crate::record::Measured;
use crate::stats::{clustered, location, multiplicity, unpaired};
use crate::workload::{Filter, Workload};

use super::compare::COMPARED;
use super::coverage;
use super::describe::LEVEL;
use super::pairs::pairs;
use super::power::add_power;
use super::sides::{self, Group};
use super::spread::Spread;
use super::tables::{base, is_mock};
use super::tolerance::usual_tolerance;
use super::{decide, plain, strata};

/// One group: the part of a workload that `filter` lets through.
#[derive(Debug, Clone)]
pub struct Side<'a> {
    /// What it is called.
    pub label: String,
    /// Where it lies.
    pub workload: &'a Workload,
    /// Which part of it.
    pub filter: Filter,
    /// Files that were read for it.
    pub files: u64,
    /// Faulty records that were left out.
    pub skipped: u64,
}

/// Compares each side with the first one.
///
/// `dimension` is the name under which comparisons stand (`mode`, or `label` for inputs). With
/// `named` metrics only these are compared, and p is adjusted by Holm's method; else the usual ones
/// and all that only the input knows, adjusted by Benjamini and Hochberg. The configuration says which way
/// is better of metrics without a direction, and which metrics matter most.
#[must_use]
pub fn contrast(
    sides: &[Side<'_>],
    dimension: &str,
    named: &[String],
    config: &Config,
) -> Contrast {
    let Some((base, candidates)) = sides.split_first() else {
        return empty();
    };
    let metrics = if named.is_empty() {
        usual(base)
    } else {
        let mut seen = BTreeSet::new();
        let is_first = |metric: &&String| seen.insert((*metric).clone());
        named.iter().filter(is_first).cloned().collect()
    };
    let questions: Vec<(&Side<'_>, &String)> = candidates
        .iter()
        .flat_map(|side| metrics.iter().map(move |metric| (side, metric)))
        .collect();
    let answers = crate::threads::map(&questions, |(side, metric)| {
        Answer::of(base, side, metric, dimension, config)
    });
    let mut answers: Vec<Answer> = answers.into_iter().flatten().collect();
    let p: Vec<f64> = answers.iter().filter_map(|a| a.comparison.p).collect();
    let adjusted = if named.is_empty() {
        multiplicity::benjamini_hochberg(&p)
    } else {
        multiplicity::holm(&p)
    };
    let mut adjusted = adjusted.into_iter();
    for answer in answers.iter_mut().filter(|a| a.comparison.p.is_some()) {
        answer.comparison.p_adjusted = adjusted.next();
        sides::judge(&mut answer.comparison);
    }
    let comparisons: Vec<Comparison> = answers.iter().map(|a| a.comparison.clone()).collect();
    let strata: Vec<Stratification> = candidates
        .iter()
        .flat_map(|side| strata::stratify(base, side, dimension, &comparisons))
        .collect();
    let decisions = candidates
        .iter()
        .map(|side| decide::decide(base, side, &comparisons, &strata, config))
        .collect();
    let periods = sides.iter().filter_map(|s| s.workload.period);
    let whole = periods.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)));
    Contrast {
        period: whole.map(|(from, to)| Period { from, to }),
        groups: sides.iter().map(row).collect(),
        pairings: candidates.iter().map(|side| pairing(base, side)).collect(),
        pairs: answers.iter().find_map(|a| a.ratios.clone()),
        comparisons,
        strata,
        decisions,
        correction: if named.is_empty() {
            "benjamini-hochberg"
        } else {
            "holm"
        }
        .into(),
        ..empty()
    }
}

/// The values of a dimension as sides, the base first: FANCY of the modes, else what was used most.
/// Mock interfaces are left out. `None` where there is no such dimension.
#[must_use]
pub fn by<'a>(workload: &'a Workload, config: &Config, dimension: &str) -> Option<Vec<Side<'a>>> {
    let dimension = super::dimension_named(workload, dimension)?;
    let values = workload.values_of(dimension);
    let base = base(workload, config, dimension, &values);
    let others = values
        .iter()
        .map(|(name, _)| *name)
        .filter(|name| Some(*name) != base && !is_mock(workload, config, dimension, *name));
    let sides = base.into_iter().chain(others).map(|value| Side {
        label: workload.catalog.text(value).to_owned(),
        workload,
        filter: Filter::of(dimension, value),
        files: 0,
        skipped: 0,
    });
    Some(sides.collect())
}

/// Two lists of numbers, each number a unit.
#[must_use]
pub fn values(base: (&str, &[f64]), candidate: (&str, &[f64])) -> Contrast {
    let (a, b) = (base.1, candidate.1);
    let on_logs = a.iter().chain(b).all(|v| *v > 0.0);
    let mean = |values: &[f64]| {
        #[allow(clippy::cast_precision_loss)]
        let n = values.len() as f64;
        (n > 0.0).then(|| values.iter().sum::<f64>() / n)
    };
    let test = unpaired::brunner_munzel_seeded(a, b, || super::seed(a, b));
    let effect = test.and_then(|_| {
        if on_logs {
            location::hodges_lehmann_ratio(a, b, LEVEL)
        } else {
            location::hodges_lehmann_difference(a, b, LEVEL)
        }
    });
    let n = [a.len() as u64, b.len() as u64];
    let mut comparison = Comparison {
        metric: "value".into(),
        unit: Unit::Unknown,
        direction: Direction::Neither,
        dimension: "label".into(),
        base: base.0.to_owned(),
        candidate: candidate.0.to_owned(),
        n,
        units: n,
        paired: false,
        base_value: mean(a),
        candidate_value: mean(b),
        effect: effect.map(|e| crate::assessment::EffectSize {
            kind: if on_logs {
                EffectKind::Ratio
            } else {
                EffectKind::Difference
            },
            estimate: e.estimate,
            low: e.low,
            high: e.high,
            level: LEVEL,
        }),
        plain_effect: None,
        test: test.map(|_| "brunner-munzel-permutation".to_owned()),
        p: test.map(|t| t.p),
        p_adjusted: test.map(|t| t.p),
        tolerance: on_logs.then(|| usual_tolerance("value", Unit::Unknown, TargetStatistic::Mean)),
        detectable: None,
        n_needed: None,
        verdict: ComparisonVerdict::Insufficient,
        reason: test.is_none().then_some(Reason::TooFew),
        note: test.is_none().then(|| sides::too_few(n)),
        known: Known {
            means: mean(a).zip(mean(b)).map(|(a, b)| [a, b]),
            ..Known::default()
        },
    };
    add_power(&mut comparison);
    if test.is_some() {
        sides::judge(&mut comparison);
    }
    let group = |label: &str, n: u64| GroupRow {
        label: label.to_owned(),
        is_part: false,
        files: 1,
        records: n,
        units: n,
        tasks: 0,
        skipped: 0,
    };
    Contrast {
        groups: vec![group(base.0, n[0]), group(candidate.0, n[1])],
        comparisons: vec![comparison],
        ..empty()
    }
}

fn empty() -> Contrast {
    Contrast {
        schema_version: SCHEMA_VERSION,
        generator: Generator::default(),
        period: None,
        groups: Vec::new(),
        pairings: Vec::new(),
        comparisons: Vec::new(),
        pairs: None,
        strata: Vec::new(),
        decisions: Vec::new(),
        correction: "none".into(),
    }
}

/// The metrics that are compared without a word of the user's: the usual ones, and those that only the
/// input knows; of inputs that have none of these, what they have.
#[must_use]
pub fn usual(base: &Side<'_>) -> Vec<String> {
    let measured = base.workload.measured();
    let custom = measured.iter().filter_map(|m| match m {
        Measured::Custom(name) => Some(base.workload.catalog.text(*name).to_owned()),
        Measured::Known(_) => None,
    });
    let known = COMPARED.iter().map(|m| m.name().to_owned());
    let is_usual = |m: &Measured| match m {
        Measured::Known(metric) => COMPARED.contains(metric),
        Measured::Custom(_) => true,
    };
    let others = measured.iter().filter_map(|m| match m {
        Measured::Known(metric) => Some(metric.name().to_owned()),
        Measured::Custom(_) => None,
    });
    let has_usual = measured.iter().any(is_usual);
    known
        .chain(custom)
        .chain(others.filter(|_| !has_usual))
        .collect()
}

/// What a metric is in a workload; `None` where nothing has its name.
pub(super) fn measured(workload: &Workload, name: &str) -> Option<Measured> {
    Metric::named(name).map(Measured::Known).or_else(|| {
        let number = workload.catalog.names.find(name)?;
        Some(Measured::Custom(crate::record::Name(number)))
    })
}

/// A comparison with what else is known of its pairs.
struct Answer {
    comparison: Comparison,
    ratios: Option<PairedRatios>,
}

impl Answer {
    /// `None` where neither side has the metric.
    fn of(
        base: &Side<'_>,
        candidate: &Side<'_>,
        metric: &str,
        dimension: &str,
        config: &Config,
    ) -> Option<Self> {
        let spread = |side: &Side<'_>| {
            let measured = measured(side.workload, metric)?;
            Spread::of(side.workload, measured, &side.filter)
        };
        let (a, b) = match (spread(base), spread(candidate)) {
            (Some(a), Some(b)) => (a, b),
            (a, b) => {
                let spreads = [a.as_ref(), b.as_ref()];
                let mut comparison =
                    plain::comparison([base, candidate], spreads, metric, dimension)?;
                comparison.direction = config.directions.of(metric);
                return Some(Self {
                    comparison,
                    ratios: None,
                });
            }
        };
        let groups = [group_of(base, &a), group_of(candidate, &b)];
        let mut comparison = sides::comparison(dimension, &groups[0], &groups[1]);
        let values = [comparison.base_value, comparison.candidate_value];
        comparison.direction = sides::direction(metric, config.directions.of(metric), values);
        let is_time = a.traits.kind == Kind::Value && a.traits.unit == Unit::Seconds;
        let ratios = (comparison.paired && is_time).then(|| {
            let tasks = pairs(&groups[0].tasks(true), &groups[1].tasks(true));
            let positive = tasks.into_iter().filter(|(a, b)| *a > 0.0 && *b > 0.0);
            let mut ratios: Vec<f64> = positive.map(|(a, b)| b / a).collect();
            ratios.sort_by(f64::total_cmp);
            PairedRatios {
                metric: comparison.metric.clone(),
                base: base.label.clone(),
                candidate: candidate.label.clone(),
                ratios,
            }
        });
        Some(Self {
            comparison,
            ratios: ratios.filter(|r| r.ratios.len() >= sides::FEWEST_PAIRS),
        })
    }
}

pub(super) fn group_of<'a>(side: &'a Side<'a>, spread: &'a Spread) -> Group<'a> {
    Group {
        label: &side.label,
        workload: side.workload,
        filter: side.filter.clone(),
        is_whole: side.filter.dims.is_empty(),
        spread,
    }
}

/// One metric of two sides, with p as it is and no verdict yet. `statistic` is `mean` or `p95`. A side
/// without the metric makes it insufficient; `None` where neither has it.
#[must_use]
pub fn one(
    base: &Side<'_>,
    candidate: &Side<'_>,
    metric: &str,
    statistic: TargetStatistic,
    config: &Config,
) -> Option<Comparison> {
    let mean = Answer::of(base, candidate, metric, "label", config)?.comparison;
    if statistic == TargetStatistic::Mean {
        return Some(mean);
    }
    if matches!(mean.reason, Some(Reason::Absent | Reason::NoInterval)) {
        // The values are means.
        return Some(Comparison {
            base_value: None,
            candidate_value: None,
            plain_effect: None,
            ..mean
        });
    }
    let measured = [
        measured(base.workload, metric)?,
        measured(candidate.workload, metric)?,
    ];
    let tail = super::tails::tail(base, candidate, measured, "label", 0.95)?;
    Some(Comparison {
        direction: mean.direction,
        ..tail
    })
}

/// The value of a metric with its interval; `None` where it was not measured.
#[must_use]
pub fn interval_of(
    side: &Side<'_>,
    metric: &str,
    statistic: TargetStatistic,
) -> Option<(f64, u64, u64, Option<Interval>)> {
    let measured = measured(side.workload, metric)?;
    let spread = Spread::of(side.workload, measured, &side.filter)?;
    let units = spread.units.len() as u64;
    let (value, interval) = match statistic {
        TargetStatistic::Mean if spread.traits.kind == Kind::Total => {
            let unit = spread.traits.kept;
            let totals: Vec<f64> = spread.units.sums().map(|s| s.total(unit)).collect();
            let ones = vec![1.0; totals.len()];
            let interval = clustered::mean_on_logs(&totals, &ones, LEVEL)
                .or_else(|| clustered::ratio_of_sums(&totals, &ones, LEVEL));
            (
                group_of(side, &spread).shown()?,
                interval.map(|e| super::describe::interval("mean", e, "units, on logs")),
            )
        }
        TargetStatistic::Mean => (
            spread.mean_of(&spread.whole)?,
            super::describe::mean_interval(&spread),
        ),
        TargetStatistic::P95 => (
            spread.quantile_of(&spread.whole, 0.95)?,
            super::describe::quantile_interval(side.workload, &spread, &side.filter, 0.95, "p95"),
        ),
    };
    Some((value, spread.whole.n, units, interval))
}

/// Why a total of this side proves nothing but that it is at least so large; `None` where its requests tell it whole.
#[must_use]
pub fn gap(side: &Side<'_>, metric: &str) -> Option<String> {
    let measured = measured(side.workload, metric)?;
    let spread = Spread::of(side.workload, measured, &side.filter)?;
    coverage::gap(&group_of(side, &spread))
}

/// What is said of a side.
#[must_use]
pub fn row(side: &Side<'_>) -> GroupRow {
    let rows = side.rows();
    let units: BTreeSet<u32> = rows.iter().map(|r| r.key.unit.0).collect();
    let of_all = side.filter.dims.is_empty();
    let counts = &side.workload.counts;
    let operations: u64 = rows
        .iter()
        .flat_map(|r| r.outcomes.iter().map(|n| u64::from(*n)))
        .sum();
    GroupRow {
        label: side.label.clone(),
        is_part: !of_all,
        files: side.files,
        records: if of_all { counts.records } else { operations },
        units: if of_all {
            side.workload.units.len() as u64
        } else {
            units.len() as u64
        },
        tasks: side.tasks().len() as u64,
        skipped: side.skipped,
    }
}

impl<'a> Side<'a> {
    /// The rows of operations in it.
    fn rows(&self) -> Vec<&'a crate::workload::Row> {
        self.workload.rows_of(&self.filter).collect()
    }

    /// Names of the tasks in it.
    fn tasks(&self) -> BTreeSet<&'a str> {
        let tasks: BTreeSet<_> = self.rows().iter().map(|r| r.key.task).collect();
        let named = tasks.into_iter().filter(|t| t.is_some());
        named.map(|t| self.workload.catalog.text(t)).collect()
    }
}

/// How two sides pair by task.
#[must_use]
pub fn pairing(base: &Side<'_>, candidate: &Side<'_>) -> Pairing {
    let (a, b) = (base.tasks(), candidate.tasks());
    Pairing {
        base: base.label.clone(),
        candidate: candidate.label.clone(),
        both: a.intersection(&b).count() as u64,
        base_only: a.difference(&b).count() as u64,
        candidate_only: b.difference(&a).count() as u64,
    }
}
