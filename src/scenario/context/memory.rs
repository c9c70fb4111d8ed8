//! What a context takes in memory, and what a process would take with another cache.
//!
//! The replay of the present says how many contexts a host holds at each time; where the memory of a process
//! was sampled there, the slope of its samples on that number is what a context takes (Theil and Sen, with
//! Sen's interval, widened by the scatter of the samples). Contexts are taken to be of one size. What else grew while the cache was filled is in it.

use std::collections::BTreeMap;

use super::plan::Plan;
use super::sequence::Sequence;
use crate::metrics::Metric;
use crate::record::{Dimension, Measured, Name};
use crate::scenario::outcome::LEVEL;
use crate::scenario::replay::Footprint;
use crate::stats::normal;
use crate::stats::trend::theil_sen;
use crate::workload::{SAMPLE_CELL, Workload};

/// Fewest samples for a slope.
const LEAST: usize = 20;

/// Samples that a slope is computed from, at most.
const MOST: usize = 10_000;

/// Sampled memory of one process on one host.
struct Sampled {
    host: usize,
    /// When, and bytes.
    samples: Vec<(i64, f64)>,
}

/// What a context takes, in bytes, with its interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Each {
    estimate: f64,
    low: f64,
    high: f64,
}

impl Each {
    /// Bytes of so many contexts.
    pub(super) fn bytes(self, contexts: f64) -> f64 {
        self.estimate * contexts
    }
}

/// What a context takes under the present plan. `None`: no memory was sampled where contexts are held, or it
/// does not grow with them.
pub(super) fn each(workload: &Workload, sequence: &Sequence, present: &Plan) -> Option<Each> {
    of_processes(workload, sequence, present).map(|(_, each)| each)
}

/// The memory of the process that holds the contexts, now and under another plan.
pub(super) fn footprint(
    workload: &Workload,
    sequence: &Sequence,
    present: &Plan,
    then: &Plan,
) -> Option<Footprint> {
    let (sampled, each) = of_processes(workload, sequence, present)?;
    let (held, would) = (held(present, sequence), held(then, sequence));
    let mut values: Vec<(f64, f64)> = Vec::new();
    for series in &sampled {
        values.extend(series.samples.iter().map(|(at, bytes)| {
            let more = at_time(&would[series.host], *at) - at_time(&held[series.host], *at);
            (*bytes, more)
        }));
    }
    let mean = |slope: f64| {
        let sum: f64 = values
            .iter()
            .map(|(bytes, more)| bytes + slope * more)
            .sum();
        sum / number(values.len())
    };
    let p95 = |slope: f64| {
        let mut all: Vec<f64> = values
            .iter()
            .map(|(bytes, more)| bytes + slope * more)
            .collect();
        all.sort_by(f64::total_cmp);
        all[(all.len() * 95).div_ceil(100) - 1]
    };
    let both = |of: &dyn Fn(f64) -> f64| [of(0.0), of(each.estimate), of(each.low), of(each.high)];
    Some(Footprint {
        mean: both(&mean),
        p95: both(&p95),
    })
}

/// The sampled series of the process whose memory grows most surely with the contexts.
fn of_processes(
    workload: &Workload,
    sequence: &Sequence,
    present: &Plan,
) -> Option<(Vec<Sampled>, Each)> {
    // What two caches take together is not told apart.
    if sequence.simple_from.is_some() {
        return None;
    }
    let held = held(present, sequence);
    let mut by_process: BTreeMap<Name, Vec<Sampled>> = BTreeMap::new();
    for series in workload.series_of(Measured::Known(Metric::MemoryUsage)) {
        let of = |dimension| workload.catalog.dimension(series.dims, dimension);
        let Some(host) = sequence.host(of(Dimension::Host)) else {
            continue;
        };
        let cells = series.cells.iter();
        #[allow(clippy::cast_precision_loss)]
        let samples = cells
            .map(|(cell, values)| {
                let bytes = values.sum() as f64 / values.n().max(1) as f64;
                let scale = Metric::MemoryUsage.row().unit.scale();
                (cell.saturating_mul(SAMPLE_CELL), bytes / scale)
            })
            .collect();
        by_process
            .entry(of(Dimension::Process))
            .or_default()
            .push(Sampled { host, samples });
    }
    by_process
        .into_values()
        .filter_map(|sampled| Some((slope(&sampled, &held)?, sampled)))
        .max_by(|a, b| (a.0.low / a.0.estimate).total_cmp(&(b.0.low / b.0.estimate)))
        .map(|(each, sampled)| (sampled, each))
}

/// The slope of samples on contexts held, each host about its own middle.
fn slope(sampled: &[Sampled], held: &[Vec<(i64, f64)>]) -> Option<Each> {
    let (mut x, mut y) = (Vec::new(), Vec::new());
    for series in sampled {
        let contexts: Vec<f64> = series
            .samples
            .iter()
            .map(|(at, _)| at_time(&held[series.host], *at))
            .collect();
        let bytes: Vec<f64> = series.samples.iter().map(|s| s.1).collect();
        let (middle_x, middle_y) = (middle(&contexts)?, middle(&bytes)?);
        x.extend(contexts.iter().map(|v| v - middle_x));
        y.extend(bytes.iter().map(|v| v - middle_y));
    }
    if x.len() < LEAST {
        return None;
    }
    let step = x.len() / MOST + 1;
    let thin = |values: &[f64]| values.iter().copied().step_by(step).collect::<Vec<f64>>();
    let slope = theil_sen(&thin(&x), &thin(&y), LEVEL)?;
    // Neighbouring samples hold the same contexts, so that Sen's interval is too narrow: the cache was filled
    // about once, and its samples scatter about the slope since contexts differ in size.
    let estimate = slope.estimate;
    let residuals: Vec<f64> = x.iter().zip(&y).map(|(x, y)| y - estimate * x).collect();
    let middle_residual = middle(&residuals)?;
    let distances: Vec<f64> = residuals
        .iter()
        .map(|r| (r - middle_residual).abs())
        .collect();
    let spread = 1.4826 * middle(&distances)?;
    let range =
        x.iter().copied().fold(f64::MIN, f64::max) - x.iter().copied().fold(f64::MAX, f64::min);
    let half = normal::quantile(f64::midpoint(1.0, LEVEL))? * spread / range;
    let (low, high) = (
        slope.low.min(estimate - half),
        slope.high.max(estimate + half),
    );
    (low > 0.0).then_some(Each {
        estimate,
        low,
        high,
    })
}

/// How many contexts each host holds from when on, in order of time.
fn held(plan: &Plan, sequence: &Sequence) -> Vec<Vec<(i64, f64)>> {
    let mut held = vec![Vec::new(); sequence.hosts];
    plan.run_watched(sequence, 1.0, |lookup, cache| {
        held[lookup.host as usize].push((lookup.at, number(cache.len())));
    });
    held
}

fn at_time(held: &[(i64, f64)], time: i64) -> f64 {
    let after = held.partition_point(|(at, _)| *at <= time);
    after.checked_sub(1).map_or(0.0, |at| held[at].1)
}

fn middle(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied()
}

#[allow(clippy::cast_precision_loss)] // counts
fn number(n: usize) -> f64 {
    n as f64
}
