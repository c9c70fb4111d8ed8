//! Does a metric rise or fall over the period: a series of steps, Mann-Kendall's test, Theil-Sen's
//! slope.
//!
//! The word for a trend needs two things: a p below 0.05 (adjusted by Holm's method over all trends
//! that were judged) and halves that differ by more than a dead band. Everything else is stable.

use crate::assessment::{SeriesPoint, Slope, Trend, TrendDirection};
use crate::config::TargetStatistic;
use crate::metrics::{Direction, Metric, Unit};
use crate::record::Measured;
use crate::stats::{multiplicity, normal, trend};
use crate::units::{NANOS, Time};
use crate::workload::{CELL, Filter, GroupKey, Grouping, SAMPLE_CELL, Total, Workload};

use super::border;
use super::spread::Traits;
use super::spreads::in_parallel;
use super::targets::Targets;

/// Steps of a series: of rows from 15 minutes up; of samples alone also shorter ones.
const STEPS: [i64; 7] = [
    SAMPLE_CELL,
    60 * NANOS,
    300 * NANOS,
    CELL,
    3_600 * NANOS,
    6 * 3_600 * NANOS,
    24 * 3_600 * NANOS,
];

/// The median step must hold this many records.
const RECORDS_A_STEP: u64 = 5;

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
pub(super) fn trends(workload: &Workload, measured: &[Measured], targets: &Targets) -> Vec<Trend> {
    let mut subjects: Vec<Measured> = main_metric(workload, measured).into_iter().collect();
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
    let mut trends = in_parallel(&subjects, |m| trend_of(workload, *m, targets));
    let judged: Vec<f64> = trends.iter().filter_map(|t| t.p).collect();
    let mut adjusted = multiplicity::holm(&judged).into_iter();
    for trend in trends.iter_mut().filter(|t| t.p.is_some()) {
        trend.p_adjusted = adjusted.next();
        trend.direction = direction(trend);
        trend.is_better = is_better(workload, trend);
    }
    trends
}

/// What the chart shows: response time, else model time, else the key metric with most values, else
/// whatever has most values.
fn main_metric(workload: &Workload, measured: &[Measured]) -> Option<Measured> {
    let preferred = [Metric::ResponseTime, Metric::ModelTime, Metric::TaskTime]
        .map(Measured::from)
        .into_iter()
        .find(|m| measured.contains(m));
    let n = |m: Measured| {
        workload
            .group(m, &Filter::default(), Grouping::All)
            .first()
            .map_or(0, |(_, f)| f.n)
    };
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

fn trend_of(workload: &Workload, measured: Measured, targets: &Targets) -> Trend {
    let traits = Traits::of(workload, measured);
    let series = Series::of(workload, measured);
    let unit = traits.unit;
    let points: Vec<(f64, f64)> = series
        .steps
        .iter()
        .filter_map(|(from, figure)| {
            Some((
                from.since(series.beginning).0 / DAY,
                figure.mean(unit).filter(|v| v.is_finite())?,
            ))
        })
        .collect();
    let (days, values): (Vec<f64>, Vec<f64>) = points.into_iter().unzip();
    let enough = values.len() >= FEWEST_POINTS;
    let p = if enough {
        p_of(workload, measured, &series, &values)
    } else {
        None
    };
    let slope = trend::theil_sen(&days, &values, super::describe::LEVEL).filter(|_| enough);
    let (first, second) = series.steps.split_at(series.steps.len() / 2);
    let (first_half, second_half) = (pooled(first, unit), pooled(second, unit));
    Trend {
        metric: traits.name,
        unit,
        dims: std::collections::BTreeMap::new(),
        n: values.len() as u64,
        direction: if enough {
            TrendDirection::Stable
        } else {
            TrendDirection::Insufficient
        },
        is_better: None,
        slope: slope.map(|s| Slope {
            per: "day".into(),
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
        #[allow(clippy::cast_precision_loss)]
        step_seconds: series.step as f64 / 1e9,
        series: series.points(unit),
        target: match measured {
            Measured::Known(metric) => targets.find(metric, TargetStatistic::Mean).map(|t| t.value),
            Measured::Custom(_) => None,
        },
    }
}

/// p of Mann-Kendall's test, with the variance of Hamed and Rao where correlation inflates it.
///
/// A sudden change makes neighbours alike without making them dependent, and is no steady trend:
/// where one step fits better than a line (by BIC), the units of the two halves are tested against
/// each other too, and the smaller p counts, doubled since there were two.
fn p_of(workload: &Workload, measured: Measured, series: &Series, values: &[f64]) -> Option<f64> {
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
    let (border, _) = series.steps.get(series.steps.len() / 2)?;
    let halves = border::difference_at(workload, measured, *border);
    Some(halves.map_or(p, |difference| (2.0 * p.min(difference.p)).min(1.0)))
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
    // BIC: a line has two parameters, a step its place too.
    let bic = |residuals: f64, parameters: f64| {
        n * (residuals / n).max(f64::MIN_POSITIVE).ln() + parameters * n.ln()
    };
    let of_step = left.iter().map(|v| v * v).sum::<f64>();
    (bic(of_step, 3.0) < bic(off_line(values), 2.0)).then_some(left)
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

fn is_better(workload: &Workload, trend: &Trend) -> Option<bool> {
    let is_rising = match trend.direction {
        TrendDirection::Rising => true,
        TrendDirection::Falling => false,
        TrendDirection::Stable | TrendDirection::Insufficient => return None,
    };
    let metric = Metric::named(&trend.metric)?;
    match Traits::of(workload, metric.into()).direction {
        Direction::Higher => Some(is_rising),
        Direction::Lower => Some(!is_rising),
        Direction::Neither => None,
    }
}

/// A metric by steps of time.
struct Series {
    /// Beginning of the first step.
    beginning: Time,
    /// Length of a step in nanoseconds.
    step: i64,
    /// Steps with a record, in order of time.
    steps: Vec<(Time, Total)>,
    /// Records in each of these steps.
    records: Vec<u64>,
}

impl Series {
    /// The series whose step is the shortest that holds at least 5 records in the median step; where
    /// that leaves fewer than 8 steps, the longest that makes 8 of the period; else the shortest.
    fn of(workload: &Workload, measured: Measured) -> Self {
        let shortest = if is_sampled(workload, measured) { 0 } else { 3 };
        let all: Vec<Series> = Self::by_steps(workload, measured, &STEPS[shortest..]);
        let wanted = all
            .iter()
            .position(Series::is_filled)
            .unwrap_or(all.len() - 1);
        // Below a quarter of an hour only what is too short for quarters of an hour.
        let wanted = match all.iter().position(|s| s.step == CELL) {
            Some(quarter) if wanted < quarter && all[quarter].len() >= FEWEST_POINTS as i64 => {
                quarter
            }
            _ => wanted,
        };
        let chosen = (0..=wanted)
            .rev()
            .find(|i| all[*i].len() >= FEWEST_POINTS as i64)
            .unwrap_or(0);
        let mut all = all;
        all.swap_remove(chosen)
    }

    /// The series for each step, formed from the shortest, of which the others are multiples.
    fn by_steps(workload: &Workload, measured: Measured, steps: &[i64]) -> Vec<Self> {
        let group = |m: Measured, step: i64| -> Vec<(Time, Total)> {
            workload
                .totals(m, &Filter::default(), Grouping::Window(step))
                .into_iter()
                .filter_map(|(key, total)| match key {
                    GroupKey::Window(from) if total.n > 0 => Some((from, total)),
                    _ => None,
                })
                .collect()
        };
        let Some(shortest) = steps.first() else {
            return Vec::new();
        };
        let totals = group(measured, *shortest);
        // The denominator of a share of tokens counts tokens, not records.
        let counts = counted_by(measured).map(|m| group(m, *shortest));
        steps
            .iter()
            .map(|step| {
                let steps = join(&totals, *step);
                let records = match &counts {
                    None => steps.iter().map(|(_, t)| t.n).collect(),
                    Some(counts) => {
                        let counts = join(counts, *step);
                        steps
                            .iter()
                            .map(|(from, _)| {
                                counts
                                    .binary_search_by_key(from, |(t, _)| *t)
                                    .map_or(0, |i| counts[i].1.n)
                            })
                            .collect()
                    }
                };
                Series {
                    beginning: steps.first().map_or(Time(0), |(from, _)| *from),
                    step: *step,
                    steps,
                    records,
                }
            })
            .collect()
    }

    /// Steps from the first to the last, empty ones too.
    fn len(&self) -> i64 {
        match (self.steps.first(), self.steps.last()) {
            (Some((first, _)), Some((last, _))) => (last.0 - first.0) / self.step + 1,
            _ => 0,
        }
    }

    /// Whether the median step, empty ones counted, holds enough records.
    fn is_filled(&self) -> bool {
        let filled = self
            .records
            .iter()
            .filter(|n| **n >= RECORDS_A_STEP)
            .count();
        i64::try_from(filled).is_ok_and(|filled| 2 * filled >= self.len()) && filled > 0
    }

    /// All steps, empty ones too.
    fn points(&self, unit: Unit) -> Vec<SeriesPoint> {
        let mut points = Vec::new();
        let mut next = self.beginning;
        for ((from, figure), n) in self.steps.iter().zip(&self.records) {
            while next < *from {
                points.push(SeriesPoint {
                    from: next,
                    value: None,
                    n: 0,
                });
                next = Time(next.0 + self.step);
            }
            points.push(SeriesPoint {
                from: *from,
                value: figure.mean(unit),
                n: *n,
            });
            next = Time(from.0 + self.step);
        }
        points
    }
}

/// Sums of longer steps.
fn join(totals: &[(Time, Total)], step: i64) -> Vec<(Time, Total)> {
    let mut joined: Vec<(Time, Total)> = Vec::new();
    for (time, total) in totals {
        let from = Time(time.0.div_euclid(step) * step);
        match joined.last_mut() {
            Some((last, sum)) if *last == from => sum.merge(*total),
            _ => joined.push((from, *total)),
        }
    }
    joined
}

/// Whether a metric comes from samples alone, so that steps below 15 minutes mean something.
fn is_sampled(workload: &Workload, measured: Measured) -> bool {
    let is_of_samples = match measured {
        Measured::Custom(_) => true,
        Measured::Known(metric) => metric.row().component == crate::metrics::Component::System,
    };
    is_of_samples || workload.rows.is_empty()
}

/// What counts the records behind a share whose denominator is no number of records.
fn counted_by(measured: Measured) -> Option<Measured> {
    match measured {
        Measured::Known(
            Metric::TokenEfficiency | Metric::PromptCacheHitRate | Metric::CostPer1kTokens,
        ) => Some(Metric::InputTokens.into()),
        _ => None,
    }
}
