//! A tail quantile of two groups: the ratio of the pooled quantiles, by drawing units again.

use crate::assessment::{Comparison, ComparisonVerdict, EffectKind, EffectSize, Known, Reason};
use crate::config::TargetStatistic;
use crate::metrics::Kind;
use crate::record::Measured;
use crate::stats::bootstrap;
use crate::workload::histogram::bucket_value;
use crate::workload::{Figure, GroupKey, Grouping};

use super::contrast::Side;
use super::describe::LEVEL;
use super::power::add_power;
use super::sides;
use super::spread::{Traits, window_figures};
use super::tolerance::usual_tolerance;

/// Draws of the bootstrap.
const DRAWS: usize = 1_999;

/// Fewest units in a group: with fewer, drawn units give too small a p.
const FEWEST_UNITS: u64 = 20;

/// Fewest values for p95: with fewer its interval may lack an end (order statistics).
const LEAST_VALUES: u64 = 59;

/// Most windows of samples: leaving each out once takes their square.
const MOST_WINDOWS: usize = 2_000;

/// Compares the `q` quantile of a metric of positive values: units (tasks that ran in both, else
/// units and windows of samples) are drawn 1,999 times with their distributions. The interval is bias-corrected, p is
/// twice the share of draws beyond equality.
///
/// `None` where a side does not have the metric, or it has no distribution.
///
/// Source: Wilcox, Erceg-Hurn, Clark & Carlson 2013 (comparing quantiles by the bootstrap), with
/// units instead of single values.
#[must_use]
pub(super) fn tail(
    base: &Side<'_>,
    candidate: &Side<'_>,
    measured: [Measured; 2],
    dimension: &str,
    q: f64,
) -> Option<Comparison> {
    let traits = Traits::of(base.workload, measured[0]);
    if traits.kind != Kind::Value {
        return None;
    }
    let of = |side: &Side<'_>, m: Measured, grouping| {
        let groups = side.workload.group(m, &side.filter, grouping);
        let named = groups.into_iter().filter_map(|(key, figure)| match key {
            GroupKey::Task(task) => Some((side.workload.catalog.text(task).to_owned(), figure)),
            GroupKey::Unit(unit) => {
                let unit = side.workload.units.get(unit.0 as usize)?;
                Some((unit.name.clone(), figure))
            }
            _ => None,
        });
        named.collect::<Vec<(String, Figure)>>()
    };
    let tasks = [
        of(base, measured[0], Grouping::Task),
        of(candidate, measured[1], Grouping::Task),
    ];
    let (groups, is_paired) = match both(tasks) {
        Some(pairs) => (pairs, true),
        None => (
            [
                units(base, measured[0], of(base, measured[0], Grouping::Unit)),
                units(
                    candidate,
                    measured[1],
                    of(candidate, measured[1], Grouping::Unit),
                ),
            ],
            false,
        ),
    };
    let tails = groups.map(|group| Tail::new(&group, q));
    let n = [&tails[0], &tails[1]].map(|t| t.n);
    let units = [&tails[0], &tails[1]].map(|t| t.values.len() as u64);
    let scale = traits.kept.scale();
    let [x, y] = [&tails[0], &tails[1]].map(|t| t.quantile(&vec![1.0; t.values.len()]));
    let mut comparison = Comparison {
        tolerance: Some(usual_tolerance(
            &traits.name,
            traits.unit,
            TargetStatistic::P95,
        )),
        metric: traits.name,
        unit: traits.unit,
        direction: traits.direction,
        dimension: dimension.to_owned(),
        base: base.label.clone(),
        candidate: candidate.label.clone(),
        n,
        units,
        paired: is_paired,
        base_value: x.map(|v| v / scale),
        candidate_value: y.map(|v| v / scale),
        effect: None,
        plain_effect: None,
        test: None,
        p: None,
        p_adjusted: None,
        detectable: None,
        n_needed: None,
        verdict: ComparisonVerdict::Insufficient,
        reason: None,
        note: None,
        known: Known::default(),
    };
    if n[0].min(n[1]) < LEAST_VALUES || units[0].min(units[1]) < FEWEST_UNITS {
        comparison.reason = Some(Reason::TooFew);
        comparison.note = Some(format!(
            "too few: {} and {} values in {} and {} units; p95 needs {LEAST_VALUES} in {FEWEST_UNITS}",
            n[0], n[1], units[0], units[1]
        ));
        return Some(comparison);
    }
    let strata: Vec<usize> = if is_paired {
        vec![tails[0].values.len()]
    } else {
        tails.iter().map(|t| t.values.len()).collect()
    };
    let means = [&tails[0], &tails[1]].map(|t| t.values.iter().map(|v| v.1).sum::<f64>());
    let mut drawn = Vec::with_capacity(DRAWS + 1);
    let interval = bootstrap::bca(&strata, DRAWS, LEVEL, super::seed(&means, &[q]), |times| {
        let (a, b) = if is_paired {
            (times, times)
        } else {
            times.split_at(strata[0])
        };
        let ratio = (tails[1].quantile(b)? / tails[0].quantile(a)?).ln();
        drawn.push(ratio);
        Some(ratio)
    });
    let Some(interval) = interval.map(|i| i.map(f64::exp)) else {
        comparison.reason = Some(Reason::TooFew);
        comparison.note = Some("the quantile of some draws is not known".into());
        return Some(comparison);
    };
    // The first call is for what was observed, those after the draws leave single units out.
    let drawn = drawn.get(1..=DRAWS).unwrap_or_default();
    let beyond = |is: fn(&f64) -> bool| drawn.iter().filter(|r| is(r)).count() + 1;
    #[allow(clippy::cast_precision_loss)]
    let p = 2.0 * beyond(|r| *r >= 0.0).min(beyond(|r| *r <= 0.0)) as f64 / (DRAWS + 1) as f64;
    comparison.effect = Some(EffectSize {
        kind: EffectKind::Ratio,
        estimate: interval.estimate,
        low: interval.low,
        high: interval.high,
        level: LEVEL,
    });
    comparison.test = Some("bootstrap-of-units".into());
    comparison.p = Some(p.min(1.0));
    add_power(&mut comparison);
    Some(comparison)
}

/// The units that records name, and behind them the windows of what was sampled without one.
fn units(
    side: &Side<'_>,
    measured: Measured,
    mut named: Vec<(String, Figure)>,
) -> Vec<(String, Figure)> {
    let windows = window_figures(side.workload, measured, &side.filter, MOST_WINDOWS);
    named.extend(windows.into_iter().map(|figure| (String::new(), figure)));
    named
}

/// The tasks that ran in both; `None` with too few for pairs.
fn both(groups: [Vec<(String, Figure)>; 2]) -> Option<[Vec<(String, Figure)>; 2]> {
    let [base, candidate] = groups;
    let mut found = [Vec::new(), Vec::new()];
    for (task, figure) in base {
        if let Ok(at) = candidate.binary_search_by(|(other, _)| other.cmp(&task)) {
            found[1].push((task.clone(), candidate[at].1.clone()));
            found[0].push((task, figure));
        }
    }
    (found[0].len() >= sides::FEWEST_PAIRS).then_some(found)
}

/// The distribution of a group by unit.
struct Tail {
    /// Share of values above the quantile.
    beyond: f64,
    /// Bucket, unit and count, from the highest bucket.
    counts: Vec<(u16, usize, f64)>,
    /// n and sum of each unit.
    values: Vec<(f64, f64)>,
    n: u64,
    /// The smallest and the largest value: no quantile lies beyond them, though the middle of its bucket may.
    ends: (i64, i64),
}

#[allow(clippy::cast_precision_loss)]
impl Tail {
    fn new(units: &[(String, Figure)], q: f64) -> Self {
        let mut counts: Vec<(u16, usize, f64)> = units
            .iter()
            .enumerate()
            .flat_map(|(unit, (_, figure))| {
                let buckets = figure.histogram.buckets().iter();
                buckets.map(move |(bucket, n)| (*bucket, unit, f64::from(*n)))
            })
            .collect();
        counts.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
        Self {
            beyond: 1.0 - q,
            counts,
            values: units
                .iter()
                .map(|(_, f)| (f.n as f64, f.sum as f64))
                .collect(),
            n: units.iter().map(|(_, f)| f.n).sum(),
            ends: (
                units.iter().map(|(_, f)| f.min).min().unwrap_or_default(),
                units.iter().map(|(_, f)| f.max).max().unwrap_or_default(),
            ),
        }
    }

    /// The quantile with each unit counted `times` as often; in whole numbers of the metric's scale.
    fn quantile(&self, times: &[f64]) -> Option<f64> {
        let n: f64 = self.values.iter().zip(times).map(|(v, t)| v.0 * t).sum();
        let allowed = self.beyond * n * (1.0 + 1e-12);
        let mut above = 0.0;
        let reached = self.counts.iter().find(|(_, unit, count)| {
            above += count * times[*unit];
            above > allowed
        });
        let (least, most) = self.ends;
        reached
            .map(|(bucket, _, _)| (bucket_value(*bucket) as f64).clamp(least as f64, most as f64))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::metrics::Metric;
    use crate::record::{DimsId, Name, OperationKind};
    use crate::stats::normal;
    use crate::workload::{Filter, Row, RowKey, UnitId, UnitOfInference, Workload};
    use rand::Rng;
    use rand_chacha::ChaCha8Rng;
    use rand_chacha::rand_core::SeedableRng;

    /// Steps of units whose levels differ (0.3 on logs), ten each (0.5 on logs).
    fn steps(random: &mut ChaCha8Rng, units: u32) -> Workload {
        let mut normal = || {
            #[allow(clippy::cast_precision_loss)]
            let u = ((random.next_u64() >> 12) as f64 + 0.5) / (1_u64 << 52) as f64;
            normal::quantile(u).unwrap()
        };
        let mut workload = Workload::default();
        for unit in 0..units {
            let level = 0.3 * normal();
            let mut time = Figure::default();
            for _ in 0..10 {
                #[allow(clippy::cast_possible_truncation)]
                time.add((1e9 * (level + 0.5 * normal()).exp()) as i64);
            }
            workload.rows.push(Row {
                key: RowKey {
                    unit: UnitId(unit),
                    task: Name::NONE,
                    operation: OperationKind::Step,
                    is_step: true,
                    dims: DimsId(0),
                    cell: 1_970_000,
                },
                outcomes: [10, 0, 0, 0, 0, 0],
                time,
                extra: None,
            });
            let name = format!("{unit}");
            workload.units.push(UnitOfInference { name });
        }
        workload
    }

    fn compared(a: &Workload, b: &Workload) -> Comparison {
        let side = |workload, label: &str| Side {
            label: label.into(),
            workload,
            filter: Filter::default(),
            files: 1,
            skipped: 0,
        };
        let measured = [Measured::Known(Metric::ResponseTime); 2];
        tail(&side(a, "a"), &side(b, "b"), measured, "label", 0.95).unwrap()
    }

    /// 20 units a group, the fewest that are judged, without a difference: 80 runs, of which 4 are expected
    /// at a nominal 0.05 (standard error 1.9). A regression at the tolerance of 10 % takes an interval that lies
    /// beyond it: never more than the alarms. Larger runs: `docs/calibration.md`.
    #[test]
    fn false_alarms_with_the_fewest_units() {
        let mut random = ChaCha8Rng::seed_from_u64(95);
        let (mut alarms, mut regressions) = (0, 0);
        for _ in 0..80 {
            let (a, b) = (steps(&mut random, 20), steps(&mut random, 20));
            let c = compared(&a, &b);
            let is_alarm = c.p.unwrap() < 0.05;
            alarms += u32::from(is_alarm);
            regressions += u32::from(is_alarm && c.effect.unwrap().low > 1.1);
        }
        assert!(alarms <= 9, "{alarms} of 80");
        assert!(regressions <= 3, "{regressions} of 80");
        let few = compared(&steps(&mut random, 19), &steps(&mut random, 20));
        assert_eq!((few.reason, few.p), (Some(Reason::TooFew), None));
    }
}
