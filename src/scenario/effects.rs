//! What changes do to the mean, the 95th percentile and the total of one metric.

use std::collections::BTreeMap;

use super::measured::{Contrast, Transport};
use super::outcome::{Change, LEVEL, Shifts, present_seconds, relieved};
use super::replay::{self, Replayed};
use crate::assessment::Effect;
use crate::metrics::{Kind, Metric, Unit};
use crate::workload::{Figure, Tally, Workload};

/// Sums of a metric by which of the changes concern them (a bit for each change).
pub(super) fn cells(
    workload: &Workload,
    metric: Metric,
    affected: &[Vec<bool>],
) -> Vec<(u64, Figure)> {
    let masks: Vec<u64> = (0..workload.catalog.dims.values().len())
        .map(|dims| mask_of(affected, dims))
        .collect();
    let mut distinct = masks.clone();
    distinct.sort_unstable();
    distinct.dedup();
    let place = |mask: &u64| distinct.partition_point(|m| m < mask);
    let places: Vec<usize> = masks.iter().map(place).collect();
    let mut tallies = vec![Tally::default(); distinct.len()];
    for row in &workload.rows {
        tallies[places[row.key.dims.0 as usize]].add_part(row.part(metric));
    }
    let figures = tallies.into_iter().map(Tally::finish);
    let mut cells: Vec<(u64, Figure)> = distinct.into_iter().zip(figures).collect();
    if metric == Metric::SessionTime {
        // Sessions are no rows, and no change concerns them as such.
        let mut all = Figure::default();
        for clock in &workload.wall_clocks {
            #[allow(clippy::cast_possible_truncation)] // centuries
            all.add((present_seconds(clock) * metric.row().unit.scale()) as i64);
        }
        cells = vec![(0, all)];
    }
    cells.retain(|(_, figure)| figure.n > 0);
    cells
}

pub(super) fn mask_of(affected: &[Vec<bool>], dims: usize) -> u64 {
    affected
        .iter()
        .enumerate()
        .filter(|(_, a)| a.get(dims).copied().unwrap_or(false))
        .fold(0, |mask, (i, _)| mask | 1 << i)
}

/// Whether what falls away with a change is time of preparations.
pub(super) fn spares_preparations(change: &Change) -> bool {
    let mut reliefs = change.reliefs.iter();
    reliefs.any(|r| r.metric == Metric::ContextPreparationTime)
}

/// The share of the time of preparations that changes leave, what falls away not taken off; 1 at most. Of a preparation
/// that another mode shortens, or a larger cache spares, as large a share falls away as of one that stays as it was.
pub(super) fn preparations_left(
    cells: &[(u64, Figure)],
    changes: &[&Change],
    shifts: &Shifts,
) -> f64 {
    let metric = Metric::ContextPreparationTime;
    let contrasts: Vec<Option<&Contrast>> =
        changes.iter().map(|c| c.contrasts.get(&metric)).collect();
    let best: Vec<Option<f64>> = contrasts.iter().map(|c| c.map(|c| c.effect)).collect();
    let (_, swapped) = swapped_sum(metric, cells, &contrasts, &best);
    let shifted = shifts.by_mask.iter().map(|(mask, (_, more, preparation))| {
        more + preparation * preparation_factor(*mask, changes)
    });
    let measured: f64 = cells.iter().map(|(_, f)| f.total(metric.row().unit)).sum();
    let left = (swapped + shifted.sum::<f64>()) / measured;
    if left.is_finite() {
        left.clamp(0.0, 1.0)
    } else {
        1.0
    }
}

/// n and sum of a metric with these effects of what is replaced.
#[allow(clippy::cast_precision_loss)]
fn swapped_sum(
    metric: Metric,
    cells: &[(u64, Figure)],
    contrasts: &[Option<&Contrast>],
    effects: &[Option<f64>],
) -> (f64, f64) {
    let (mut n, mut sum) = (0.0, 0.0);
    for (mask, figure) in cells {
        let count = figure.n as f64;
        let mut part = figure.total(metric.row().unit);
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
    (n, sum)
}

/// What changes do to the mean of a metric, with the mean as measured. `preparations_left` is the share of the time of
/// preparations that they leave.
#[allow(clippy::cast_precision_loss)]
pub(super) fn mean_effect(
    metric: Metric,
    cells: &[(u64, Figure)],
    changes: &[&Change],
    shifts: &Shifts,
    preparations_left: f64,
) -> Option<(f64, Effect)> {
    let unit = metric.row().unit;
    let contrasts: Vec<Option<&Contrast>> =
        changes.iter().map(|c| c.contrasts.get(&metric)).collect();
    let relieved_by = |of_preparations: bool| {
        let changes = changes.iter();
        let of_kind = changes.filter(|c| spares_preparations(c) == of_preparations);
        let reliefs = of_kind.flat_map(|c| &c.reliefs);
        relieved(reliefs.filter(|r| r.metric == metric))
    };
    let (relieved, of_preparations) = (relieved_by(false), relieved_by(true));
    let at = |effects: &[Option<f64>]| -> f64 {
        let (mut n, mut sum) = swapped_sum(metric, cells, &contrasts, effects);
        let measured = sum;
        for (mask, (more_n, more, preparation)) in &shifts.by_mask {
            n += more_n;
            sum += more + preparation * preparation_factor(*mask, changes);
        }
        // Of what replays leave, as large a share falls away as of what was measured.
        let is_less = sum < measured && metric.row().kind == Kind::Total;
        let left = if is_less { sum / measured } else { 1.0 };
        sum += relieved * left + of_preparations * preparations_left;
        n += changes
            .iter()
            .flat_map(|c| &c.reliefs)
            .filter(|r| r.metric == metric)
            .map(|r| r.n)
            .sum::<f64>();
        let mean = (sum / n).max(0.0);
        match metric {
            Metric::SuccessRate
            | Metric::ToolSuccessRate
            | Metric::Accuracy
            | Metric::CacheHitRate
            | Metric::PromptCacheHitRate => mean.min(1.0),
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
    let mut squares = shifts.half_squared().map(|h| (h, h));
    for (i, contrast) in contrasts.iter().enumerate() {
        let Some(contrast) = contrast else { continue };
        squares = squares
            .zip(contrast.interval(LEVEL))
            .map(|((l, h), (low, high))| {
                let moved = |end: f64| {
                    let mut effects = best.clone();
                    effects[i] = Some(end);
                    // What a step takes longer others wait longer for.
                    (at(&effects) - to) * (1.0 + shifts.echo)
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
            high: ends.map(|(_, h)| match unit {
                Unit::Ratio => (to + h.sqrt()).min(1.0_f64.max(to)),
                _ => to + h.sqrt(),
            }),
        },
    ))
}

/// By what the swaps that concern rows shorten their preparations: so much less is spared by sparing one.
pub(super) fn preparation_factor(mask: u64, changes: &[&Change]) -> f64 {
    let concerned = changes
        .iter()
        .enumerate()
        .filter(|(i, _)| mask & 1 << i != 0);
    concerned
        .filter_map(|(_, c)| c.contrasts.get(&Metric::ContextPreparationTime))
        .filter(|c| c.is_factor)
        .map(|c| c.effect)
        .product()
}

/// The 95th percentile of the response time, each step moved to the same rank among like steps of the
/// other variant. Without an interval. `None` where a change has no such map.
pub(super) fn p95_effect(
    cells: &[(u64, Figure)],
    changes: &[&Change],
    replays: &[Replayed],
) -> Option<Effect> {
    let after: Vec<&Transport> = replays
        .iter()
        .filter_map(|r| r.transport.as_ref())
        .collect();
    let swaps = changes
        .iter()
        .enumerate()
        .filter(|(_, c)| c.contrasts.contains_key(&Metric::ResponseTime));
    let concerned: Vec<(usize, &Transport)> = if after.is_empty() {
        swaps
            .map(|(i, c)| c.transport.as_ref().map(|t| (i, t)))
            .collect::<Option<_>>()?
    } else {
        // What is known of the tail is better than nothing: a swap without a map leaves it as it is.
        swaps
            .filter_map(|(i, c)| c.transport.as_ref().map(|t| (i, t)))
            .collect()
    };
    let tails: Vec<&Replayed> = replays.iter().filter(|r| r.tail.is_some()).collect();
    if let ([only], [], true) = (tails.as_slice(), concerned.as_slice(), after.len() < 2)
        && let Some(tail) = only.tail
    {
        let error = tail.error.filter(|_| !only.is_assumed);
        return tail_effect(cells, replay::Tail { error, ..tail });
    }
    if concerned.is_empty() && after.is_empty() {
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
            for transport in &after {
                value = transport.map(value);
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

/// The 95th percentile as measured, and as much away from it as the replays now and then differ.
pub(super) fn tail_effect(cells: &[(u64, Figure)], tail: replay::Tail) -> Option<Effect> {
    let mut now = Figure::default();
    cells.iter().for_each(|(_, figure)| now.merge(figure));
    let unit = Unit::Seconds;
    let from = now.quantile(0.95, unit)?;
    let to = (from + tail.to - tail.from).max(0.0);
    let half = tail.half_width(LEVEL).map(|h| h.hypot(tail.from - from));
    Some(Effect {
        metric: Metric::ResponseTime.name().into(),
        statistic: "p95".into(),
        unit,
        from,
        to,
        low: half.map(|h| (to - h).max(0.0)),
        high: half.map(|h| to + h),
    })
}

/// Memory that a replay tells of.
pub(super) fn footprint_effects(footprint: replay::Footprint) -> [Effect; 2] {
    [("mean", footprint.mean), ("p95", footprint.p95)].map(|(statistic, [from, to, a, b])| Effect {
        metric: Metric::MemoryUsage.name().into(),
        statistic: statistic.into(),
        unit: Metric::MemoryUsage.row().unit,
        from,
        to,
        low: Some(a.min(b)),
        high: Some(a.max(b)),
    })
}

#[allow(clippy::cast_precision_loss)]
pub(super) fn totalled(effect: Effect, n: u64) -> Effect {
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
