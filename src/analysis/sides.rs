//! One metric of two groups of records: the test, the effect with its interval, the verdict.
//!
//! | what | test | effect |
//! |---|---|---|
//! | values, of tasks (else units) that ran in both | Wilcoxon's signed ranks, exact | Walsh averages |
//! | values, of different units | Brunner-Munzel, by permutation | Hodges-Lehmann |
//! | shares (hits ÷ lookups), of tasks (else units) in both | exchange within pairs | intervals of both, put together |
//! | shares, of different units | permutation of units on the ratio of sums; of single trials Boschloo | the same |
//!
//! Positive quantities are compared on logs, and the effect is a ratio; ratios are compared as they
//! are, and the effect is a difference. Of tokens and cost the totals of tasks or units are compared where
//! the groups are whole inputs, else their requests. The groups may be parts of one workload or two workloads:
//! tasks and units are matched by name; units of two workloads that name tasks are runs of these, and not matched.

use crate::assessment::{Comparison, ComparisonVerdict, EffectKind, EffectSize, Known, Reason};
use crate::config::TargetStatistic;
use crate::metrics::{Direction, Kind, Metric, Unit};
use crate::stats::{Estimate, clustered, counts, location, log, paired, permutation, unpaired};
use crate::workload::{Filter, GroupKey, Grouping, Row, Total, Workload};

use super::coverage;
use super::describe::LEVEL;
use super::holds::{change_of_means, explain, is_certain, withhold};
use super::pairs::pairs;
use super::power::add_power;
use super::spread::{Spread, Traits};
use super::tolerance::{margin, usual_tolerance};
use super::units::{Owner, Sum};

/// Fewer pairs than this cannot reach p < 0.05.
pub(super) const FEWEST_PAIRS: usize = 6;

/// Fewer units in a group than this are no group.
const FEWEST_UNITS: usize = 4;

/// p below which groups differ.
const ALPHA: f64 = 0.05;

/// How a pair of groups was judged.
struct Finding {
    test: &'static str,
    p: f64,
    effect: Option<Estimate>,
    is_paired: bool,
    units: [u64; 2],
    /// Why there is no effect.
    lacks: Option<(Reason, String)>,
    /// Of what kind the effect is, where no factor could be formed.
    kind: Option<EffectKind>,
    /// Means of what was compared, where the effect is that of its middle.
    means: Option<[f64; 2]>,
}

/// Records of one metric, and what they are called.
pub(super) struct Group<'a> {
    pub(super) label: &'a str,
    pub(super) workload: &'a Workload,
    pub(super) filter: Filter,
    /// Whether it is a whole input, not a part of one.
    pub(super) is_whole: bool,
    pub(super) spread: &'a Spread,
}

impl<'a> Group<'a> {
    /// Whether totals (tokens, cost) are compared as such: of a whole input. A part of one holds only
    /// some requests of a task, so there a request is what can be compared.
    pub(super) fn has_totals(&self) -> bool {
        self.spread.traits.kind == Kind::Total && self.is_whole
    }

    /// The rows of operations in it.
    pub(super) fn rows(&self) -> impl Iterator<Item = &'a Row> + '_ {
        self.workload.rows_of(&self.filter)
    }

    /// The value of one task or unit: its mean, of totals the total.
    fn value_of(&self, sum: Sum) -> f64 {
        let unit = self.spread.traits.kept;
        if self.has_totals() {
            sum.total(unit)
        } else {
            sum.mean(unit)
        }
    }

    /// What is shown: the pooled value, of totals the mean total of a unit.
    pub(super) fn shown(&self) -> Option<f64> {
        let whole = &self.spread.whole;
        if self.has_totals() {
            #[allow(clippy::cast_precision_loss)]
            let units = self.spread.units.len() as f64;
            (units > 0.0).then(|| whole.total(self.spread.traits.kept) / units)
        } else {
            self.spread.mean_of(whole)
        }
    }

    /// One value for each unit.
    pub(super) fn values(&self) -> Vec<f64> {
        let units = self.spread.units.sums();
        units.map(|sum| self.value_of(sum)).collect()
    }

    /// One value for each task, by name: the mean, of several runs their geometric mean.
    pub(super) fn tasks(&self, on_logs: bool) -> Vec<(&'a str, f64)> {
        let traits = &self.spread.traits;
        let groups = self
            .workload
            .totals(traits.measured, &self.filter, Grouping::TaskInUnit);
        let mean_of = |(key, total): (GroupKey, Total)| match key {
            GroupKey::TaskInUnit(task, _) if total.n > 0 => {
                Some((task, self.value_of(total.into())))
            }
            _ => None,
        };
        let runs: Vec<_> = groups.into_iter().filter_map(mean_of).collect();
        runs.chunk_by(|a, b| a.0 == b.0)
            .map(|runs| {
                let values: Vec<f64> = runs.iter().map(|(_, v)| *v).collect();
                (
                    self.workload.catalog.text(runs[0].0),
                    middle(&values, on_logs),
                )
            })
            .collect()
    }

    /// Sum and n of each task or unit, by name.
    fn sums(&self, grouping: Grouping) -> Vec<(&'a str, f64, f64)> {
        let traits = &self.spread.traits;
        let groups = self
            .workload
            .totals(traits.measured, &self.filter, grouping);
        let of_group = |(key, total): (GroupKey, Total)| {
            let name = match key {
                GroupKey::Task(task) => self.workload.catalog.text(task),
                GroupKey::Unit(unit) => self.workload.units.get(unit.0 as usize)?.name.as_str(),
                _ => return None,
            };
            #[allow(clippy::cast_precision_loss)]
            let n = total.n as f64;
            (n > 0.0).then(|| (name, total.total(traits.kept), n))
        };
        groups.into_iter().filter_map(of_group).collect()
    }

    /// One value for each unit, by name.
    fn units(&self) -> Vec<(&'a str, f64)> {
        let of_unit = |(owner, sum): (Owner, Sum)| match owner {
            Owner::Unit(unit) => {
                let name = self.workload.units.get(unit.0 as usize)?.name.as_str();
                Some((name, self.value_of(sum)))
            }
            Owner::Window(_) => None,
        };
        self.spread.units.iter().filter_map(of_unit).collect()
    }
}

/// The mean, of positive values on logs the geometric one.
fn middle(values: &[f64], on_logs: bool) -> f64 {
    #[allow(clippy::cast_precision_loss)]
    let n = values.len() as f64;
    if on_logs && values.len() > 1 && values.iter().all(|v| *v > 0.0) {
        (values.iter().map(|v| v.ln()).sum::<f64>() / n).exp()
    } else {
        values.iter().sum::<f64>() / n
    }
}

/// Compares a metric in two groups; p is not adjusted yet, and without that there is no verdict.
pub(super) fn comparison(dimension: &str, base: &Group<'_>, candidate: &Group<'_>) -> Comparison {
    let traits = &base.spread.traits;
    let own_units = [base, candidate].map(|g| g.spread.units.len() as u64);
    let kind = if traits.kind == Kind::Share {
        EffectKind::Difference
    } else {
        effect_kind(base.spread, candidate.spread)
    };
    // Gaps of one group only lower its values: what is found in spite of them holds.
    let gaps = [base, candidate].map(coverage::gap);
    let is_low = gaps.each_ref().map(Option::is_some);
    let finding = if is_low == [true; 2] {
        None
    } else if traits.kind == Kind::Share {
        of_shares(base, candidate)
    } else {
        of_pairs(base, candidate, kind).or_else(|| of_units(base, candidate, kind))
    };
    let gap = gaps.into_iter().flatten().next();
    let gap = gap.map(|gap| (Reason::Incomplete, gap));
    let (test, p, effect, kind, means, is_paired, units, lacks) = match finding {
        Some(f) => (
            Some(f.test),
            Some(f.p),
            f.effect,
            f.kind.unwrap_or(kind),
            f.means,
            f.is_paired,
            f.units,
            f.lacks.or(gap),
        ),
        None => {
            let lacks = gap.unwrap_or_else(|| (Reason::TooFew, too_few(own_units)));
            (None, None, None, kind, None, false, own_units, Some(lacks))
        }
    };
    let (reason, note) = lacks.unzip();
    let values = [base.shown(), candidate.shown()];
    let mut comparison = Comparison {
        metric: traits.name.clone(),
        unit: traits.unit,
        direction: direction(&traits.name, traits.direction, values),
        dimension: dimension.to_owned(),
        base: base.label.to_owned(),
        candidate: candidate.label.to_owned(),
        n: [base.spread.whole.n, candidate.spread.whole.n],
        units,
        paired: is_paired,
        base_value: values[0],
        candidate_value: values[1],
        effect: effect.map(|e| EffectSize {
            kind,
            estimate: e.estimate,
            low: e.low,
            high: e.high,
            level: LEVEL,
        }),
        plain_effect: None,
        test: test.map(str::to_owned),
        p,
        p_adjusted: None,
        tolerance: tolerance(traits, kind),
        detectable: None,
        n_needed: None,
        verdict: ComparisonVerdict::Insufficient,
        reason,
        note,
        known: Known { means, is_low },
    };
    add_power(&mut comparison);
    comparison
}

/// Tasks that ran in both groups, else units that did.
fn of_pairs(base: &Group<'_>, candidate: &Group<'_>, kind: EffectKind) -> Option<Finding> {
    let on_logs = kind == EffectKind::Ratio;
    let tasks = pairs(&base.tasks(on_logs), &candidate.tasks(on_logs));
    let pairs = if tasks.len() >= FEWEST_PAIRS || !have_units_in_common(base, candidate) {
        tasks
    } else {
        pairs(&base.units(), &candidate.units())
    };
    if pairs.len() < FEWEST_PAIRS {
        return None;
    }
    let difference = |(base, candidate): &(f64, f64)| {
        let is_rounding = (candidate - base).abs() <= ROUNDING * base.abs().max(candidate.abs());
        match on_logs {
            _ if is_rounding => 0.0,
            true => log(*candidate) - log(*base),
            false => candidate - base,
        }
    };
    let differences: Vec<f64> = pairs.iter().map(difference).collect();
    let largest = |(a, b): &(f64, f64)| if on_logs { 1.0 } else { a.abs().max(b.abs()) };
    let ranked: Vec<f64> = differences
        .iter()
        .zip(&pairs)
        .map(|(difference, pair)| rounded(*difference, difference.abs().max(largest(pair))))
        .collect();
    // Without a single difference there is nothing to rank: then nothing speaks for one.
    let p = paired::wilcoxon_signed_rank(&ranked).map_or(1.0, |t| t.p);
    let effect = paired::walsh(&differences, LEVEL);
    let factor = effect.filter(|_| on_logs).and_then(Estimate::factor);
    // Where so many go from or to 0 that no factor tells by how much, the difference does.
    let is_difference = on_logs && factor.is_none();
    let effect = if is_difference {
        let plain: Vec<f64> = pairs.iter().map(|(a, b)| b - a).collect();
        paired::walsh(&plain, LEVEL)
    } else {
        factor.or(effect)
    };
    let mean = |of: fn(&(f64, f64)) -> f64| mean(pairs.iter().map(of));
    Some(Finding {
        test: "wilcoxon-signed-rank",
        p,
        effect,
        is_paired: true,
        units: [differences.len() as u64; 2],
        lacks: None,
        kind: is_difference.then_some(EffectKind::Difference),
        means: Some([mean(|p| p.0), mean(|p| p.1)]),
    })
}

/// What rounding may make of two means that are the same, as a share of them.
const ROUNDING: f64 = 1e-12;

/// A difference of values of that size without what rounding makes of it: equal differences are ranked equal.
fn rounded(difference: f64, size: f64) -> f64 {
    let grain = 10_f64.powi((size * ROUNDING).log10().ceil() as i32);
    if size > 0.0 && grain > 0.0 {
        (difference / grain).round() * grain
    } else {
        difference
    }
}

/// One value for each unit of either group.
fn of_units(base: &Group<'_>, candidate: &Group<'_>, kind: EffectKind) -> Option<Finding> {
    let (base, candidate) = (base.values(), candidate.values());
    if base.len() < FEWEST_UNITS || candidate.len() < FEWEST_UNITS {
        return None;
    }
    let seed = || super::seed(&base, &candidate);
    let test = unpaired::brunner_munzel_seeded(&base, &candidate, seed)?;
    let factor = (kind == EffectKind::Ratio)
        .then(|| location::hodges_lehmann_ratio(&base, &candidate, LEVEL))
        .flatten();
    let is_difference = kind == EffectKind::Ratio && factor.is_none();
    let effect = factor.or_else(|| location::hodges_lehmann_difference(&base, &candidate, LEVEL));
    Some(Finding {
        test: "brunner-munzel-permutation",
        p: test.p,
        effect,
        is_paired: false,
        units: [base.len() as u64, candidate.len() as u64],
        lacks: effect
            .is_none()
            .then(|| (Reason::TooFew, "no interval can be formed".to_owned())),
        kind: is_difference.then_some(EffectKind::Difference),
        means: Some([mean(base.iter().copied()), mean(candidate.iter().copied())]),
    })
}

fn mean(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    #[allow(clippy::cast_precision_loss)]
    let n = values.len() as f64;
    values.sum::<f64>() / n
}

/// Shares inside tasks or units, which are exchanged as a whole, never single records: of those that
/// ran in both groups within their pair, else between the groups. Single trials that pair with nothing
/// are counted.
fn of_shares(base: &Group<'_>, candidate: &Group<'_>) -> Option<Finding> {
    let is_ratio = base.spread.traits.unit == Unit::Ratio;
    if let Some(pairs) = paired_sums(base, candidate) {
        let [y1, x1, y2, x2] = &pairs;
        let seed = super::seed(y1, y2);
        let test = permutation::paired_ratio_of_sums(y1, x1, y2, x2, seed)?;
        let effect = is_ratio
            .then(|| clustered::paired_difference_of_shares(y1, x1, y2, x2, LEVEL))
            .flatten();
        return Some(Finding {
            test: "exchange-of-pairs",
            p: test.p,
            effect: effect.or_else(|| clustered::difference(y1, x1, y2, x2, LEVEL)),
            is_paired: true,
            units: [y1.len() as u64; 2],
            lacks: None,
            kind: None,
            means: None,
        });
    }
    let ((y1, x1), (y2, x2)) = (base.spread.sums(), candidate.spread.sums());
    if x1.len() < FEWEST_UNITS || x2.len() < FEWEST_UNITS {
        return None;
    }
    let effect = is_ratio
        .then(|| clustered::difference_of_shares(&y1, &x1, &y2, &x2, LEVEL))
        .flatten();
    let are_trials = x1.iter().chain(x2.iter()).all(|n| *n == 1.0);
    let (test, p) = if are_trials && is_ratio {
        // Hits of single trials are 0 or 1.
        let hits = |y: &[f64]| y.iter().filter(|hit| **hit > 0.5).count() as u64;
        let p = counts::two_rates(hits(&y1), x1.len() as u64, hits(&y2), x2.len() as u64);
        ("boschloo", p)
    } else {
        let seed = super::seed(&y1, &y2);
        let test = permutation::ratio_of_sums(&y1, &x1, &y2, &x2, seed);
        ("permutation-of-units", test.map(|t| t.p))
    };
    Some(Finding {
        test,
        // Where every unit has the same ratio nothing speaks for a difference.
        p: p.unwrap_or(1.0),
        effect: effect.or_else(|| clustered::difference(&y1, &x1, &y2, &x2, LEVEL)),
        is_paired: false,
        units: [x1.len() as u64, x2.len() as u64],
        lacks: None,
        kind: None,
        means: None,
    })
}

/// Numerators and denominators of the tasks that ran in both groups, else of the units that did;
/// `None` with too few pairs.
fn paired_sums(base: &Group<'_>, candidate: &Group<'_>) -> Option<[Vec<f64>; 4]> {
    let sums = |by: Grouping| matched(&[base.sums(by), candidate.sums(by)]);
    sums(Grouping::Task).or_else(|| {
        have_units_in_common(base, candidate)
            .then(|| sums(Grouping::Unit))
            .flatten()
    })
}

/// Whether a unit with the same name in both groups is one and the same. The runs of a task that two inputs number
/// have nothing in common but their numbers.
fn have_units_in_common(base: &Group<'_>, candidate: &Group<'_>) -> bool {
    let names_tasks = |g: &Group<'_>| g.workload.rows.iter().any(|r| r.key.task.is_some());
    std::ptr::eq(base.workload, candidate.workload) || !names_tasks(base) || !names_tasks(candidate)
}

/// Entries whose name occurs in both lists, which are sorted by it.
fn matched([base, candidate]: &[Vec<(&str, f64, f64)>; 2]) -> Option<[Vec<f64>; 4]> {
    let mut found: [Vec<f64>; 4] = Default::default();
    for (name, y, x) in base {
        if let Ok(at) = candidate.binary_search_by(|(other, ..)| (*other).cmp(name)) {
            let (_, y2, x2) = candidate[at];
            for (list, value) in found.iter_mut().zip([*y, *x, y2, x2]) {
                list.push(value);
            }
        }
    }
    (found[0].len() >= FEWEST_PAIRS).then_some(found)
}

/// Which way is better from one of these values to the other. A budget of tokens that is used up is best: more than that
/// is as far away as less.
pub(super) fn direction(metric: &str, declared: Direction, values: [Option<f64>; 2]) -> Direction {
    let [Some(base), Some(candidate)] = values else {
        return declared;
    };
    if metric != Metric::TokenEfficiency.name() {
        return declared;
    }
    let comes_nearer = (candidate - 1.0).abs() < (base - 1.0).abs();
    if comes_nearer == (candidate > base) {
        Direction::Higher
    } else {
        Direction::Lower
    }
}

pub(super) fn too_few(units: [u64; 2]) -> String {
    format!(
        "too few units: {} and {}, needs {FEWEST_UNITS} of each or {FEWEST_PAIRS} pairs",
        units[0], units[1]
    )
}

/// Ratios differ by points, positive quantities by a factor. Of what only the input knows a factor
/// needs positive values.
fn effect_kind(base: &Spread, candidate: &Spread) -> EffectKind {
    match base.traits.unit {
        Unit::Ratio => EffectKind::Difference,
        Unit::Unknown if base.whole.min <= 0 || candidate.whole.min <= 0 => EffectKind::Difference,
        Unit::Seconds
        | Unit::Bytes
        | Unit::Count
        | Unit::Number
        | Unit::Factor
        | Unit::Usd
        | Unit::Unknown => EffectKind::Ratio,
    }
}

/// The usual tolerance. A difference of what only the input knows has no size that matters.
fn tolerance(traits: &Traits, kind: EffectKind) -> Option<f64> {
    let is_known = traits.unit != Unit::Unknown;
    (is_known || kind == EffectKind::Ratio)
        .then(|| usual_tolerance(&traits.name, traits.unit, TargetStatistic::Mean))
}

/// Gives a comparison whose p was adjusted its word, and says why where it is open.
pub(super) fn judge(comparison: &mut Comparison) {
    comparison.verdict = verdict(comparison);
    let is_open = comparison.verdict == ComparisonVerdict::Inconclusive;
    if is_open && withhold(comparison) {
        comparison.verdict = ComparisonVerdict::Insufficient;
    }
    explain(comparison, is_open);
}

/// The word for a comparison whose p was adjusted.
fn verdict(comparison: &Comparison) -> ComparisonVerdict {
    let (Some(effect), Some(p)) = (&comparison.effect, comparison.p_adjusted) else {
        return ComparisonVerdict::Inconclusive;
    };
    let none = effect.kind.none();
    // What lies just at the tolerance is inside, whatever rounding makes of it.
    let margin = margin(comparison).map(|t| t * (1.0 + 1e-9));
    let is_same = margin.is_some_and(|t| effect.low >= none - t && effect.high <= none + t);
    let are_means = change_of_means(comparison)
        .zip(margin)
        .is_none_or(|(change, t)| change.abs() <= t);
    let is_whole = comparison.known.is_low == [false; 2];
    if is_same && are_means && is_whole {
        return ComparisonVerdict::Same;
    }
    let rises = effect.estimate > none;
    if is_same || p >= ALPHA || effect.estimate == none || !is_certain(comparison, rises) {
        return ComparisonVerdict::Inconclusive;
    }
    match comparison.direction {
        Direction::Higher if rises => ComparisonVerdict::Better,
        Direction::Lower if !rises => ComparisonVerdict::Better,
        Direction::Higher | Direction::Lower => ComparisonVerdict::Worse,
        Direction::Neither => ComparisonVerdict::Different,
    }
}
