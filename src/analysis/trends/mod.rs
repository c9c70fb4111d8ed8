//! Does a metric rise or fall over the period: a series of steps, Mann-Kendall's test, Theil-Sen's
//! slope.
//!
//! The word for a trend needs two things: a p below 0.05 (adjusted by Holm's method over all trends
//! that were judged) and halves that differ by more than a dead band. Everything else is stable.

mod causes;
mod changes;
mod forecast;
mod newest;
mod series;

use std::collections::{BTreeMap, BTreeSet};

use crate::assessment::{OrderedBy, Slope, Trend, TrendDirection};
use crate::config::{Config, TargetStatistic};
use crate::metrics::{Component, Direction, Metric, Unit};
use crate::record::{Dimension, Measured, Name};
use crate::stats::{change::Tolerance, multiplicity, normal, trend, unpaired};
use crate::units::Time;
use crate::workload::{Filter, Grouping, SAMPLE_CELL, Total, Workload};

use super::border;
use super::spread::Traits;
use super::spreads::Spreads;
use super::targets::Targets;
use causes::Causes;
use changes::Changes;
use series::{Part, Series};

pub use forecast::forecasts;

/// Fewer points than this are no trend.
const FEWEST_POINTS: usize = 8;

/// p below which a trend is more than chance.
const ALPHA: f64 = 0.05;

/// Halves of a positive quantity that differ by less than this fraction are stable.
const DEAD_BAND: f64 = 0.05;

/// Halves of a ratio that differ by less than this are stable.
const DEAD_BAND_OF_RATIOS: f64 = 0.02;

/// A day in seconds.
const DAY: f64 = 86_400.0;

/// Metrics whose trend is judged beside the main one.
const FURTHER: [Metric; 8] = [
    Metric::SuccessRate,
    Metric::ErrorRate,
    Metric::CacheHitRate,
    Metric::ContextPreparationTime,
    Metric::TokenEfficiency,
    Metric::MemoryUtilization,
    Metric::CpuUtilization,
    Metric::DiskUtilization,
];

/// Trends of the main metric, which comes first, and of what else is judged.
pub(super) fn trends(spreads: &Spreads<'_>, targets: &Targets) -> Vec<Trend> {
    let (workload, measured) = (spreads.workload, spreads.measured.as_slice());
    let n = |m: Measured| spreads.all(m).map_or(0, |spread| spread.whole.n);
    let mut subjects: Vec<Measured> = main_metric(measured, n).into_iter().collect();
    for metric in FURTHER {
        let metric = if metric == Metric::CacheHitRate && !measured.contains(&metric.into()) {
            Metric::PromptCacheHitRate
        } else {
            metric
        };
        let metric = Measured::from(metric);
        if measured.contains(&metric) && !subjects.contains(&metric) {
            subjects.push(metric);
        }
    }
    let is_own = |m: &Measured| match m {
        Measured::Custom(name) => workload
            .declared
            .find(workload.catalog.text(*name))
            .is_some(),
        Measured::Known(_) => false,
    };
    for metric in measured.iter().copied().filter(is_own) {
        if !subjects.contains(&metric) {
            subjects.push(metric);
        }
    }
    let subjects: Vec<Subject> = subjects.into_iter().map(Subject::whole).collect();
    judged(workload, &subjects, targets)
}

/// Trends of what is asked for.
///
/// `named` metrics, else the usual ones and all that only the input knows. By the values of the dimension
/// `by`; else of a plain series whose rows differ in dimensions each combination on its own; else as a whole. A
/// metric that was not measured has none.
#[must_use]
pub fn trends_of(
    workload: &Workload,
    config: &Config,
    profile: crate::config::Profile,
    named: &[String],
    by: Option<&str>,
) -> Vec<Trend> {
    let measured = workload.measured();
    let targets = Targets::of(config, profile, &measured);
    let mut metrics: Vec<Measured> = Vec::new();
    let mut add = |metric: Measured| {
        if measured.contains(&metric) && !metrics.contains(&metric) {
            metrics.push(metric);
        }
    };
    if named.is_empty() {
        let all = Filter::default();
        main_metric(&measured, |m| workload.whole(m, &all).n)
            .into_iter()
            .for_each(&mut add);
        FURTHER.map(Measured::from).into_iter().for_each(&mut add);
        let custom = measured.iter().copied();
        custom
            .filter(|m| matches!(m, Measured::Custom(_)))
            .for_each(&mut add);
    } else {
        let of_name = |name: &String| {
            let custom = || Some(Measured::Custom(Name(workload.catalog.names.find(name)?)));
            Metric::named(name).map(Measured::Known).or_else(custom)
        };
        named.iter().filter_map(of_name).for_each(&mut add);
    }
    let dimension = by.and_then(|name| super::dimension_named(workload, name));
    let subjects: Vec<Subject> = metrics
        .into_iter()
        .flat_map(|metric| match (by, dimension) {
            (Some(_), Some(dimension)) => Subject::by(workload, metric, dimension),
            (Some(_), None) => Vec::new(),
            (None, _) => Subject::combinations(workload, metric),
        })
        .collect();
    judged(workload, &subjects, &targets)
}

/// Values of a dimension, or combinations of them, that are looked at.
const MOST_PARTS: usize = 50;

/// Whose trend is looked at.
struct Subject {
    measured: Measured,
    part: Part,
    dims: BTreeMap<String, String>,
}

impl Subject {
    fn whole(measured: Measured) -> Self {
        Self {
            measured,
            part: Part::default(),
            dims: BTreeMap::new(),
        }
    }

    fn by(workload: &Workload, measured: Measured, dimension: Dimension) -> Vec<Self> {
        let catalog = &workload.catalog;
        let values = workload.values_of(dimension).into_iter().take(MOST_PARTS);
        values
            .map(|(value, _)| Self {
                measured,
                part: Part {
                    filter: Filter::of(dimension, value),
                    dims: None,
                },
                dims: BTreeMap::from([(
                    catalog.dimension_name(dimension).to_owned(),
                    catalog.text(value).to_owned(),
                )]),
            })
            .collect()
    }

    /// Each set of dimensions of a metric that only samples tell of, unless it is of the machine, whose
    /// processes and hosts are one load.
    fn combinations(workload: &Workload, measured: Measured) -> Vec<Self> {
        let sampled = workload.series_of(measured);
        let sets: BTreeSet<_> = sampled.iter().map(|s| s.dims).collect();
        let is_of_machine = match measured {
            Measured::Known(metric) => metric.row().component == Component::System,
            Measured::Custom(_) => false,
        };
        let n: u64 = sampled
            .iter()
            .flat_map(|s| &s.cells)
            .map(|(_, values)| values.n())
            .sum();
        let all = workload.totals(measured, &Filter::default(), Grouping::All);
        let is_alone = all.first().is_some_and(|(_, total)| total.n == n);
        if sets.len() < 2 || sets.len() > MOST_PARTS || is_of_machine || !is_alone {
            return vec![Self::whole(measured)];
        }
        let catalog = &workload.catalog;
        sets.into_iter()
            .map(|dims| Self {
                measured,
                part: Part {
                    filter: Filter {
                        dims: catalog.dims.get(dims.0).clone(),
                        ..Filter::default()
                    },
                    dims: Some(dims),
                },
                dims: catalog
                    .dims
                    .get(dims.0)
                    .iter()
                    .map(|(dimension, value)| {
                        let name = catalog.dimension_name(*dimension).to_owned();
                        (name, catalog.text(*value).to_owned())
                    })
                    .collect(),
            })
            .collect()
    }
}

/// The trends of all subjects, judged together.
fn judged(workload: &Workload, subjects: &[Subject], targets: &Targets) -> Vec<Trend> {
    let found = crate::threads::map(subjects, |s| trend_of(workload, s, targets));
    let (mut trends, mut changes): (Vec<Trend>, Vec<Changes>) = found.into_iter().unzip();
    let judged: Vec<f64> = trends.iter().filter_map(|t| t.p).collect();
    let mut adjusted = multiplicity::holm(&judged).into_iter();
    for trend in trends.iter_mut().filter(|t| t.p.is_some()) {
        trend.p_adjusted = adjusted.next();
        trend.direction = direction(trend);
        trend.is_better = is_better(targets, trend);
    }
    changes::judge_together(&mut changes);
    let series = changes.iter().filter(|c| c.is_judged()).count();
    let causes = Causes::of(workload, &changes);
    for (trend, changes) in trends.iter_mut().zip(&changes) {
        trend.change_points = changes.points(&causes);
        let better = targets.directions.of(&trend.metric);
        trend.newest = newest::newest(changes, better, series);
    }
    trends
}

/// What the chart shows: response time, else model time, else the key metric with most values, else
/// whatever has most values.
fn main_metric(measured: &[Measured], n: impl Fn(Measured) -> u64) -> Option<Measured> {
    let preferred = [Metric::ResponseTime, Metric::ModelTime, Metric::TaskTime]
        .map(Measured::from)
        .into_iter()
        .find(|m| measured.contains(m));
    let most = |candidates: Vec<Measured>| {
        // The first of equals.
        candidates.into_iter().rev().max_by_key(|m| n(*m))
    };
    preferred
        .or_else(|| {
            most(
                FURTHER
                    .map(Measured::from)
                    .into_iter()
                    .filter(|m| measured.contains(m))
                    .collect(),
            )
        })
        .or_else(|| most(measured.to_vec()))
}

fn trend_of(workload: &Workload, subject: &Subject, targets: &Targets) -> (Trend, Changes) {
    let measured = subject.measured;
    let traits = Traits::of(workload, measured);
    let series = Series::of(workload, measured, &subject.part);
    let is_timeless = series.is_timeless(workload);
    let (unit, kept) = (traits.unit, traits.kept);
    #[allow(clippy::cast_precision_loss)]
    let of_slope = if is_timeless {
        SAMPLE_CELL as f64 / 1e9
    } else {
        DAY
    };
    let points: Vec<(f64, f64)> = series
        .steps
        .iter()
        .filter_map(|(from, figure)| {
            Some((
                from.since(series.beginning).0 / of_slope,
                figure.mean(kept).filter(|v| v.is_finite())?,
            ))
        })
        .collect();
    let (days, values): (Vec<f64>, Vec<f64>) = points.into_iter().unzip();
    let enough = values.len() >= FEWEST_POINTS;
    let p = if enough {
        p_of(workload, subject, &series, &values)
    } else {
        None
    };
    let slope = trend::theil_sen(&days, &values, super::describe::LEVEL).filter(|_| enough);
    let (first, second) = series.steps.split_at(series.steps.len() / 2);
    let (first_half, second_half) = (pooled(first, kept), pooled(second, kept));
    let shown = series.points(kept);
    let changes = Changes::of(&shown, &series, tolerance(unit), is_timeless);
    let trend = Trend {
        metric: traits.name.clone(),
        unit,
        dims: subject.dims.clone(),
        n: values.len() as u64,
        direction: if enough {
            TrendDirection::Stable
        } else {
            TrendDirection::Insufficient
        },
        is_better: None,
        slope: slope.map(|s| Slope {
            per: if is_timeless { "index" } else { "day" }.into(),
            estimate: s.estimate,
            low: s.low,
            high: s.high,
        }),
        p,
        p_adjusted: None,
        first_half,
        second_half,
        ratio: first_half
            .zip(second_half)
            .filter(|(first, _)| *first > 0.0)
            .map(|(first, second)| second / first),
        change_points: Vec::new(),
        newest: None,
        ordered_by: if is_timeless {
            OrderedBy::Index
        } else {
            OrderedBy::Time
        },
        #[allow(clippy::cast_precision_loss)]
        step_seconds: series.step as f64 / 1e9,
        series: shown,
        target: targets
            .of_name(&traits.name, TargetStatistic::Mean)
            .map(|t| t.value),
    };
    (trend, changes)
}

/// What a level may differ by without being told.
fn tolerance(unit: Unit) -> Tolerance {
    if unit == Unit::Ratio {
        Tolerance::Difference(DEAD_BAND_OF_RATIOS)
    } else {
        Tolerance::Share(DEAD_BAND)
    }
}

/// p of Mann-Kendall's test, with the variance of Hamed and Rao where correlation inflates it.
///
/// A sudden change makes neighbours alike without making them dependent, and is no steady trend:
/// where one step fits better than a line (by BIC), the units of the two halves are tested against
/// each other too, and the smaller p counts, doubled since there were two. Of a series of values these are the
/// units, where they don't resemble their neighbours.
fn p_of(workload: &Workload, subject: &Subject, series: &Series, values: &[f64]) -> Option<f64> {
    let test = trend::mann_kendall(values)?;
    let left = without_step(values);
    let most = (values.len() / 4).max(1);
    let factor = trend::hamed_rao_factor(left.as_deref().unwrap_or(values), most).unwrap_or(1.0);
    let p = if factor > 1.0 {
        normal::two_sided(test.z / factor.sqrt())
    } else {
        test.p
    };
    if left.is_none() {
        return Some(p);
    }
    let of_halves = if series.step == 0 {
        let (first, second) = values.split_at(values.len() / 2);
        let test = unpaired::brunner_munzel_seeded(first, second, || super::seed(first, second));
        test.filter(|_| factor <= 1.0).map(|test| test.p)
    } else {
        let (border, _) = series.steps.get(series.steps.len() / 2)?;
        let within = &subject.part.filter;
        border::difference_at(workload, subject.measured, within, *border).map(|d| d.p)
    };
    Some(of_halves.map_or(p, |other| (2.0 * p.min(other)).min(1.0)))
}

/// What the best single step leaves over, where it fits better than a straight line.
fn without_step(values: &[f64]) -> Option<Vec<f64>> {
    let n = number(values.len());
    let total: f64 = values.iter().sum();
    let squares = |sum: f64, count: f64| sum * sum / count;
    // The step that explains most; a segment holds at least a quarter of the shortest series.
    let least = FEWEST_POINTS / 4;
    let mut sum = values.get(..least - 1)?.iter().sum::<f64>();
    let mut best = (0, f64::NEG_INFINITY);
    for at in least..=values.len().saturating_sub(least) {
        sum += values[at - 1];
        let explained = squares(sum, number(at)) + squares(total - sum, number(values.len() - at));
        if explained > best.1 {
            best = (at, explained);
        }
    }
    let (before, after) = values.split_at(best.0);
    let mean = |part: &[f64]| part.iter().sum::<f64>() / number(part.len()).max(1.0);
    let (low, high) = (mean(before), mean(after));
    let left: Vec<f64> = before
        .iter()
        .map(|v| v - low)
        .chain(after.iter().map(|v| v - high))
        .collect();
    // A line has two parameters, a step its place too.
    let of_step = left.iter().map(|v| v * v).sum::<f64>();
    (bic(of_step, n, 3.0) < bic(off_line(values), n, 2.0)).then_some(left)
}

/// The Bayesian information criterion of a fit to `n` values that leaves this sum of squares.
fn bic(residuals: f64, n: f64, parameters: f64) -> f64 {
    n * (residuals / n).max(f64::MIN_POSITIVE).ln() + parameters * n.ln()
}

/// Sum of squares off the straight line of least squares.
fn off_line(values: &[f64]) -> f64 {
    let n = number(values.len());
    let mean = values.iter().sum::<f64>() / n;
    let middle = (n - 1.0) / 2.0;
    let (mut xx, mut xy, mut yy) = (0.0, 0.0, 0.0);
    for (index, value) in values.iter().enumerate() {
        let (x, y) = (number(index) - middle, value - mean);
        xx += x * x;
        xy += x * y;
        yy += y * y;
    }
    (yy - xy * xy / xx).max(0.0)
}

#[allow(clippy::cast_precision_loss)]
fn number(count: usize) -> f64 {
    count as f64
}

fn pooled(steps: &[(Time, Total)], unit: Unit) -> Option<f64> {
    let mut sum = Total::default();
    for (_, total) in steps {
        sum.merge(*total);
    }
    sum.mean(unit)
}

fn direction(trend: &Trend) -> TrendDirection {
    let (Some(p), Some(slope), Some(first), Some(second)) = (
        trend.p_adjusted,
        &trend.slope,
        trend.first_half,
        trend.second_half,
    ) else {
        return trend.direction;
    };
    let change = second - first;
    let is_beyond = if trend.unit == Unit::Ratio {
        change.abs() >= DEAD_BAND_OF_RATIOS
    } else {
        change.abs() >= DEAD_BAND * first.abs()
    };
    // Slope and halves must not contradict each other: else it went up and down.
    if p < ALPHA && is_beyond && slope.estimate * change > 0.0 {
        if change > 0.0 {
            TrendDirection::Rising
        } else {
            TrendDirection::Falling
        }
    } else {
        TrendDirection::Stable
    }
}

fn is_better(targets: &Targets, trend: &Trend) -> Option<bool> {
    let is_rising = match trend.direction {
        TrendDirection::Rising => true,
        TrendDirection::Falling => false,
        TrendDirection::Stable | TrendDirection::Insufficient => return None,
    };
    match targets.directions.of(&trend.metric) {
        Direction::Higher => Some(is_rising),
        Direction::Lower => Some(!is_rising),
        Direction::Neither => None,
    }
}
