//! A metric by steps of time, or value by value.

use std::collections::BTreeMap;

use crate::assessment::SeriesPoint;
use crate::metrics::{Component, Metric, Unit};
use crate::record::{DimsId, Measured};
use crate::units::{NANOS, Time};
use crate::workload::{CELL, Filter, GroupKey, Grouping, SAMPLE_CELL, Total, Workload};

use super::FEWEST_POINTS;

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

/// Which of them is a quarter of an hour.
const QUARTER: usize = 3;

/// The median step must hold this many records.
const RECORDS_A_STEP: u64 = 5;

/// More values than this are looked at by steps of time.
const MOST_VALUES: usize = 2_000;

/// Values of which part of a workload.
#[derive(Debug, Clone, Default)]
pub(super) struct Part {
    /// What is let through.
    pub(super) filter: Filter,
    /// Only samples with exactly these dimensions.
    pub(super) dims: Option<DimsId>,
}

/// A metric by steps of time, or value by value.
pub(super) struct Series {
    /// Beginning of the first step.
    pub(super) beginning: Time,
    /// Length of a step in nanoseconds; 0: each value is a point.
    pub(super) step: i64,
    /// Steps with a record, in order of time.
    pub(super) steps: Vec<(Time, Total)>,
    /// Records in each of these steps.
    pub(super) records: Vec<u64>,
}

impl Series {
    /// Value by value where there are only samples, none of them of the machine, and few of them; else the
    /// series whose step is the shortest that holds at least 5 records in the median step; where
    /// that leaves fewer than 8 steps, the longest that makes 8 of the period; else the shortest. Steps below a quarter
    /// of an hour are looked at only where there are fewer than 8 quarters.
    pub(super) fn of(workload: &Workload, measured: Measured, part: &Part) -> Self {
        if let Some(series) = Self::by_value(workload, measured, part) {
            return series;
        }
        let by_steps = |steps| Self::by_steps(workload, measured, &part.filter, steps);
        let mut all = by_steps(&STEPS[QUARTER..]);
        // Below a quarter of an hour only what is too short for quarters of an hour.
        if all[0].len() < FEWEST_POINTS as i64 && is_sampled(workload, measured) {
            all = by_steps(&STEPS);
        }
        let wanted = all
            .iter()
            .position(Series::is_filled)
            .unwrap_or(all.len() - 1);
        let chosen = (0..=wanted)
            .rev()
            .find(|i| all[*i].len() >= FEWEST_POINTS as i64)
            .unwrap_or(0);
        all.swap_remove(chosen)
    }

    /// Every value a point (those of the same 15 seconds together): a series of another tool, where a value
    /// is a build, a run or a night. `None` where the metric comes from elsewhere too, of the machine unless
    /// only an index orders it, and for too many values.
    fn by_value(workload: &Workload, measured: Measured, part: &Part) -> Option<Self> {
        let sampled = workload.series_of(measured);
        let is_of_machine = match measured {
            Measured::Known(metric) => metric.row().component == Component::System,
            Measured::Custom(_) => false,
        };
        if sampled.is_empty() || is_of_machine && workload.period.is_some() {
            return None;
        }
        let sets = workload.catalog.dims.values();
        let passes = |dims: DimsId| match part.dims {
            Some(exactly) => dims == exactly,
            None => {
                let set = &sets[dims.0 as usize];
                part.filter.dims.iter().all(|wanted| set.contains(wanted))
            }
        };
        let mut cells: BTreeMap<i64, Total> = BTreeMap::new();
        for series in sampled.iter().filter(|s| passes(s.dims)) {
            for (cell, values) in &series.cells {
                cells.entry(*cell).or_default().merge(Total {
                    n: values.n(),
                    sum: values.sum(),
                });
            }
            if cells.len() > MOST_VALUES {
                return None;
            }
        }
        let n: u64 = cells.values().map(|total| total.n).sum();
        if part.dims.is_none() {
            let all = workload.totals(measured, &part.filter, Grouping::All);
            if all.first().is_none_or(|(_, total)| total.n != n) {
                return None;
            }
        }
        // What is measured many times in 15 seconds is a measurement, not a value for each build.
        if n >= RECORDS_A_STEP * cells.len() as u64 && cells.len() > 1 {
            return None;
        }
        let steps: Vec<(Time, Total)> = cells
            .into_iter()
            .map(|(cell, total)| (Time(cell.saturating_mul(SAMPLE_CELL)), total))
            .collect();
        Some(Self {
            beginning: steps.first().map_or(Time(0), |(from, _)| *from),
            step: 0,
            records: steps.iter().map(|(_, total)| total.n).collect(),
            steps,
        })
    }

    /// Whether only an index orders the points.
    pub(super) fn is_timeless(&self, workload: &Workload) -> bool {
        let is_before = |(from, _): (Time, Time)| self.beginning.0 + SAMPLE_CELL <= from.0;
        self.step == 0 && workload.period.is_none_or(is_before)
    }

    /// The series for each step, formed from the shortest, of which the others are multiples.
    fn by_steps(
        workload: &Workload,
        measured: Measured,
        filter: &Filter,
        steps: &[i64],
    ) -> Vec<Self> {
        let group = |m: Measured, step: i64| -> Vec<(Time, Total)> {
            workload
                .totals(m, filter, Grouping::Window(step))
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
        let mut first = group(measured, *shortest);
        // The denominator of a share of tokens counts tokens, not records.
        let mut counts = counted_by(measured).map(|m| group(m, *shortest));
        let mut all: Vec<Series> = Vec::new();
        for step in steps {
            // Each step is a multiple of the one before.
            let steps = match all.last() {
                None => std::mem::take(&mut first),
                Some(shorter) => join(&shorter.steps, *step),
            };
            let records = match &mut counts {
                None => steps.iter().map(|(_, t)| t.n).collect(),
                Some(counts) => {
                    *counts = join(counts, *step);
                    let n = |from| {
                        let at = counts.binary_search_by_key(from, |(t, _)| *t);
                        at.map_or(0, |i| counts[i].1.n)
                    };
                    steps.iter().map(|(from, _)| n(from)).collect()
                }
            };
            all.push(Series {
                beginning: steps.first().map_or(Time(0), |(from, _)| *from),
                step: *step,
                steps,
                records,
            });
        }
        all
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
    pub(super) fn points(&self, unit: Unit) -> Vec<SeriesPoint> {
        let mut points = Vec::new();
        let mut next = self.beginning;
        for ((from, figure), n) in self.steps.iter().zip(&self.records) {
            while self.step > 0 && next < *from {
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
