//! One simulation of one or more changes: the metrics as measured, and as they would have been.
//!
//! Every row of the workload passes through the changes that concern it, one after the other, so that
//! effects that overlap are not added up. Intervals are at 90 %; of several changes their half-widths
//! are combined as those of independent errors.

use std::collections::BTreeMap;

use super::measured::{self, Contrast, Swap, Transport};
use crate::assessment::{Effect, Score};
use crate::metrics::{Metric, Unit};
use crate::score::{Part, rescore};
use crate::workload::{Figure, Workload};

/// Confidence of projections.
pub const LEVEL: f64 = 0.9;

/// Metrics that a change can concern, in the order in which effects are listed.
const SIMULATED: &[Metric] = &[
    Metric::ResponseTime,
    Metric::ContextPreparationTime,
    Metric::SuccessRate,
    Metric::Accuracy,
    Metric::CacheHitRate,
    Metric::TokenEfficiency,
    Metric::MemoryUsage,
    Metric::Cost,
];

/// A change of configuration with what it does to each metric.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Change {
    /// The replacement, where both variants were observed.
    pub swap: Option<Swap>,
    /// Its effects.
    pub contrasts: BTreeMap<Metric, Contrast>,
    /// How response times map.
    pub transport: Option<Transport>,
    /// What falls away, at most.
    pub reliefs: Vec<Relief>,
    /// Metrics that the present variant has and the other was not measured in.
    pub unknown: Vec<Metric>,
}

/// What falls away from the sums of a metric, at most.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Relief {
    /// The metric.
    pub metric: Metric,
    /// Change of its sum in its unit.
    pub sum: f64,
    /// Change of its n (of a ratio: of its denominator).
    pub n: f64,
}

impl Change {
    /// The change that a swap is; `None` where no like steps of the other variant were observed.
    #[must_use]
    pub fn measured(workload: &Workload, swap: Swap) -> Option<Change> {
        let response = measured::contrast(workload, Metric::ResponseTime, &swap)?;
        let transport = Transport::of_response_times(workload, &swap, response.likeness);
        let mut change = Change {
            transport,
            contrasts: BTreeMap::from([(Metric::ResponseTime, response)]),
            ..Change::default()
        };
        let affected = swap.affected(workload);
        for metric in SIMULATED.iter().filter(|m| **m != Metric::ResponseTime) {
            match measured::contrast(workload, *metric, &swap) {
                Some(contrast) => {
                    change.contrasts.insert(*metric, contrast);
                }
                None if cells(workload, *metric, std::slice::from_ref(&affected))
                    .iter()
                    .any(|(mask, f)| *mask == 1 && f.n > 0) =>
                {
                    change.unknown.push(*metric);
                }
                None => {}
            }
        }
        change.swap = Some(swap);
        Some(change)
    }

    /// Whether its figures are bounds.
    #[must_use]
    pub fn is_bound(&self) -> bool {
        self.swap.is_none()
    }

    /// The smallest number of units or pairs behind its effects on response time.
    #[must_use]
    pub fn compared(&self) -> Option<u64> {
        self.contrasts
            .get(&Metric::ResponseTime)
            .map(Contrast::compared)
    }
}

/// What a simulation gives.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Outcome {
    /// Effects on metrics.
    pub effects: Vec<Effect>,
    /// Points of score that are gained; `None` where the score cannot be computed.
    pub points: Option<f64>,
    /// Share of the time of all steps that is saved.
    pub time_saved: f64,
    /// Share of the reported cost that is saved; `None` where none is reported.
    pub cost_saved: Option<f64>,
}

impl Outcome {
    /// The effect on the mean (of cost: on the total) of a metric.
    #[must_use]
    pub fn effect(&self, metric: Metric) -> Option<&Effect> {
        self.effects
            .iter()
            .find(|e| e.metric == metric.name() && e.statistic != "p95")
    }
}

/// Simulates changes on a workload, in their order.
#[must_use]
pub fn simulate(workload: &Workload, score: &Score, changes: &[&Change]) -> Outcome {
    let affected: Vec<Vec<bool>> = changes
        .iter()
        .map(|c| {
            c.swap
                .as_ref()
                .map_or_else(Vec::new, |s| s.affected(workload))
        })
        .collect();
    let mut outcome = Outcome::default();
    for metric in SIMULATED {
        let concerns = changes.iter().any(|c| {
            c.contrasts.contains_key(metric) || c.reliefs.iter().any(|r| r.metric == *metric)
        });
        if !concerns {
            continue;
        }
        let cells = cells(workload, *metric, &affected);
        let Some((from, mut effect)) = mean_effect(*metric, &cells, changes) else {
            continue;
        };
        if *metric == Metric::ResponseTime {
            outcome.time_saved = 1.0 - effect.to / from;
        }
        if *metric == Metric::Cost {
            outcome.cost_saved = Some(1.0 - effect.to / from);
            let n: u64 = cells.iter().map(|(_, f)| f.n).sum();
            effect = totalled(effect, n);
        }
        outcome.effects.push(effect);
        if *metric == Metric::ResponseTime {
            outcome.effects.extend(p95_effect(&cells, changes));
        }
    }
    outcome.points = points(score, &outcome.effects);
    outcome
}

/// Points of score that effects are worth.
fn points(score: &Score, effects: &[Effect]) -> Option<f64> {
    let present = score.value?;
    let mut changed = BTreeMap::new();
    for effect in effects {
        let part = match (effect.metric.as_str(), effect.statistic.as_str()) {
            ("response_time", "mean") => Part::ResponseMean,
            ("response_time", "p95") => Part::ResponseP95,
            ("success_rate", _) => Part::Success,
            ("cache_hit_rate", _) => Part::Cache,
            ("token_efficiency", _) => Part::Tokens,
            ("accuracy", _) => Part::Accuracy,
            _ => continue,
        };
        // The cache part may be about another cache, and a part may be left out.
        let is_scored = score.parts.iter().any(|p| {
            p.metric == effect.metric
                && p.value.is_some()
                && (p.statistic == "p95") == (effect.statistic == "p95")
        });
        if is_scored {
            changed.insert(part, effect.to);
        }
    }
    if changed.is_empty() {
        return Some(0.0);
    }
    rescore(score, &changed).map(|then| then - present)
}

/// Sums of a metric by which of the changes concern them (a bit for each change).
fn cells(workload: &Workload, metric: Metric, affected: &[Vec<bool>]) -> Vec<(u64, Figure)> {
    let masks: Vec<u64> = (0..workload.catalog.dims.values().len())
        .map(|dims| {
            affected
                .iter()
                .enumerate()
                .filter(|(_, a)| a.get(dims).copied().unwrap_or(false))
                .fold(0, |mask, (i, _)| mask | 1 << i)
        })
        .collect();
    let mut cells: BTreeMap<u64, Figure> = BTreeMap::new();
    for row in &workload.rows {
        let mask = masks[row.key.dims.0 as usize];
        row.add_to(metric, cells.entry(mask).or_default());
    }
    cells.into_iter().filter(|(_, f)| f.n > 0).collect()
}

#[allow(clippy::cast_precision_loss)]
fn mean_effect(
    metric: Metric,
    cells: &[(u64, Figure)],
    changes: &[&Change],
) -> Option<(f64, Effect)> {
    let unit = metric.row().unit;
    let contrasts: Vec<Option<&Contrast>> =
        changes.iter().map(|c| c.contrasts.get(&metric)).collect();
    let at = |effects: &[Option<f64>]| -> f64 {
        let (mut n, mut sum) = (0.0, 0.0);
        for (mask, figure) in cells {
            let count = figure.n as f64;
            let mut part = figure.total(unit);
            for (i, contrast) in contrasts.iter().enumerate() {
                if mask & 1 << i != 0
                    && let (Some(contrast), Some(effect)) = (contrast, effects[i])
                {
                    part = if contrast.is_factor {
                        part * effect
                    } else {
                        part + count * effect
                    };
                }
            }
            n += count;
            sum += part;
        }
        for relief in changes.iter().flat_map(|c| &c.reliefs) {
            if relief.metric == metric {
                n += relief.n;
                sum += relief.sum;
            }
        }
        let mean = (sum / n).max(0.0);
        match metric {
            Metric::SuccessRate | Metric::Accuracy | Metric::CacheHitRate => mean.min(1.0),
            _ => mean,
        }
    };
    let best: Vec<Option<f64>> = contrasts.iter().map(|c| c.map(|c| c.effect)).collect();
    let (n, sum) = cells.iter().fold((0.0, 0.0), |(n, s), (_, f)| {
        (n + f.n as f64, s + f.total(unit))
    });
    let (from, to) = (sum / n, at(&best));
    if !from.is_finite() || !to.is_finite() {
        return None;
    }
    let has_relief = changes
        .iter()
        .any(|c| c.reliefs.iter().any(|r| r.metric == metric));
    let mut squares = Some((0.0, 0.0));
    for (i, contrast) in contrasts.iter().enumerate() {
        let Some(contrast) = contrast else { continue };
        squares = squares
            .zip(contrast.interval(LEVEL))
            .map(|((l, h), (low, high))| {
                let moved = |end: f64| {
                    let mut effects = best.clone();
                    effects[i] = Some(end);
                    at(&effects) - to
                };
                let (a, b) = (moved(low), moved(high));
                (l + a.min(b).powi(2), h + a.max(b).powi(2))
            });
    }
    // A bound has no interval.
    let ends = squares.filter(|_| !has_relief);
    Some((
        from,
        Effect {
            metric: metric.name().into(),
            statistic: "mean".into(),
            unit,
            from,
            to,
            low: ends.map(|(l, _)| (to - l.sqrt()).max(0.0)),
            high: ends.map(|(_, h)| to + h.sqrt()),
        },
    ))
}

/// The 95th percentile of the response time, each step moved to the same rank among like steps of the
/// other variant. Without an interval. `None` where a change has no such map.
fn p95_effect(cells: &[(u64, Figure)], changes: &[&Change]) -> Option<Effect> {
    let concerned: Vec<(usize, &Transport)> = changes
        .iter()
        .enumerate()
        .filter(|(_, c)| c.contrasts.contains_key(&Metric::ResponseTime))
        .map(|(i, c)| c.transport.as_ref().map(|t| (i, t)))
        .collect::<Option<_>>()?;
    if concerned.is_empty() {
        return None;
    }
    let mut now = Figure::default();
    let mut then: BTreeMap<i64, u64> = BTreeMap::new();
    for (mask, figure) in cells {
        now.merge(figure);
        for (bucket, n) in figure.histogram.buckets() {
            let value = crate::workload::histogram::bucket_value(*bucket);
            let mut value = i64::try_from(value).unwrap_or(i64::MAX);
            for (i, transport) in &concerned {
                if mask & 1 << i != 0 {
                    value = transport.map(value);
                }
            }
            *then.entry(value).or_default() += u64::from(*n);
        }
    }
    let unit = Unit::Seconds;
    let total: u64 = then.values().sum();
    let mut below = 0;
    #[allow(clippy::cast_precision_loss)]
    let to = then.iter().find_map(|(value, n)| {
        below += n;
        (below as f64 >= (total as f64 * 0.95).ceil()).then_some(*value as f64 / unit.scale())
    })?;
    Some(Effect {
        metric: Metric::ResponseTime.name().into(),
        statistic: "p95".into(),
        unit,
        from: now.quantile(0.95, unit)?,
        to,
        low: None,
        high: None,
    })
}

#[allow(clippy::cast_precision_loss)]
fn totalled(effect: Effect, n: u64) -> Effect {
    let n = n as f64;
    Effect {
        statistic: "total".into(),
        from: effect.from * n,
        to: effect.to * n,
        low: effect.low.map(|x| x * n),
        high: effect.high.map(|x| x * n),
        ..effect
    }
}
