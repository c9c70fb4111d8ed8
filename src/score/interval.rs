//! Interval of the score: bias-corrected and accelerated bootstrap (Efron 1987) over units.
//!
//! Units of inference are drawn for what operations tell; quarters of an hour for what samples tell.
//! The seed is a hash of the sums, so the same workload gives the same interval.

use std::collections::BTreeMap;

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use statrs::distribution::{ContinuousCDF, Normal};

use crate::assessment::{Interval, ScorePart};
use crate::config::TargetStatistic;
use crate::record::{Measured as What, hash64};
use crate::workload::{CELL, Filter, GroupKey, Grouping, Workload};

use super::measure::Measured;

/// Resamples.
const DRAWS: usize = 1_000;

/// Fewest clusters for an interval.
const LEAST_UNITS: usize = 6;

/// Of a tail quantile only what lies above this quantile of the whole is resampled in full; a resample
/// whose 95th percentile falls below it gets this value.
const TAIL: f64 = 0.8;

/// One part's contribution by cluster: Σ and n for means, sorted tails for quantiles.
struct Column {
    part: usize,
    is_of_samples: bool,
    sums: Vec<f64>,
    ns: Vec<f64>,
    /// For quantiles: (value, cluster, count), by descending value.
    tail: Vec<(f64, u32, f64)>,
    floor: f64,
    is_quantile: bool,
}

/// Everything that is needed to draw.
pub(super) struct Resamples {
    columns: Vec<Column>,
    units: usize,
    windows: usize,
    parts: Vec<super::Part>,
}

impl Resamples {
    /// Splits every measured part by cluster.
    pub(super) fn new(workload: &Workload, measured: &[Measured]) -> Self {
        let mut units: BTreeMap<GroupKey, u32> = BTreeMap::new();
        let mut windows: BTreeMap<GroupKey, u32> = BTreeMap::new();
        let mut columns = Vec::new();
        for (index, part) in measured.iter().enumerate() {
            if part.x.is_none() || part.target.target.is_none() {
                continue;
            }
            let of =
                |grouping| workload.group(What::Known(part.metric), &Filter::default(), grouping);
            let mut groups = of(Grouping::Unit);
            let is_of_samples = !groups
                .iter()
                .any(|(key, _)| matches!(key, GroupKey::Unit(_)));
            if is_of_samples {
                groups = of(Grouping::Window(CELL));
            }
            let clusters = if is_of_samples {
                &mut windows
            } else {
                &mut units
            };
            let unit = part.metric.row().unit;
            let is_quantile = part.target.statistic == TargetStatistic::P95;
            let floor = part.figure.quantile(TAIL, unit).unwrap_or(0.0);
            let mut column = Column {
                part: index,
                is_of_samples,
                sums: Vec::new(),
                ns: Vec::new(),
                tail: Vec::new(),
                floor,
                is_quantile,
            };
            for (key, figure) in groups {
                let next = clusters.len() as u32;
                let cluster = *clusters.entry(key).or_insert(next);
                let at = cluster as usize;
                if column.ns.len() <= at {
                    column.ns.resize(at + 1, 0.0);
                    column.sums.resize(at + 1, 0.0);
                }
                column.ns[at] += figure.n as f64;
                column.sums[at] += figure.total(unit);
                if is_quantile {
                    for (bucket, count) in figure.histogram.buckets() {
                        let value =
                            crate::workload::histogram::bucket_value(*bucket) as f64 / unit.scale();
                        if value > floor {
                            column.tail.push((value, cluster, f64::from(*count)));
                        }
                    }
                }
            }
            column
                .tail
                .sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
            columns.push(column);
        }
        for column in &mut columns {
            let clusters = if column.is_of_samples {
                windows.len()
            } else {
                units.len()
            };
            column.ns.resize(clusters, 0.0);
            column.sums.resize(clusters, 0.0);
        }
        Self {
            columns,
            units: units.len(),
            windows: windows.len(),
            parts: measured.iter().map(|m| m.part).collect(),
        }
    }

    /// Clusters of the larger kind.
    pub(super) fn units(&self) -> usize {
        if self.units > 0 {
            self.units
        } else {
            self.windows
        }
    }

    /// The 95 % interval; `None` under six clusters.
    pub(super) fn interval(&self, parts: &[ScorePart], value: f64) -> Option<Interval> {
        if self.units() < LEAST_UNITS {
            return None;
        }
        let draws_windows = self.windows >= LEAST_UNITS;
        let mut random = ChaCha8Rng::seed_from_u64(self.seed());
        let ones = (vec![1.0; self.units], vec![1.0; self.windows]);
        let mut draws = Vec::with_capacity(DRAWS);
        for _ in 0..DRAWS {
            let units = draw(self.units, &mut random);
            let windows = if draws_windows {
                draw(self.windows, &mut random)
            } else {
                ones.1.clone()
            };
            draws.extend(self.score(parts, &units, &windows));
        }
        if draws.len() < DRAWS / 2 {
            return None;
        }
        draws.sort_by(f64::total_cmp);
        let acceleration = self.acceleration(parts, draws_windows);
        // The replayed present, so that the coarse tail does not read as bias.
        let present = self.score(parts, &ones.0, &ones.1)?;
        let below = draws.iter().filter(|d| **d < present).count() as f64
            + 0.5 * draws.iter().filter(|d| **d == present).count() as f64;
        let normal = Normal::standard();
        let n = draws.len() as f64;
        let bias = normal.inverse_cdf((below / n).clamp(0.5 / n, 1.0 - 0.5 / n));
        let end = |p: f64| {
            let z = bias + normal.inverse_cdf(p);
            let level = normal.cdf(bias + z / (1.0 - acceleration * z));
            let at = (level * n).floor().clamp(0.0, n - 1.0);
            draws[at as usize]
        };
        Some(Interval {
            of: "score".into(),
            low: end(0.025).min(value),
            high: end(0.975).max(value),
            level: 0.95,
            method: "bias-corrected bootstrap over units".into(),
        })
    }

    fn seed(&self) -> u64 {
        let mut bytes = Vec::new();
        for column in &self.columns {
            for (sum, n) in column.sums.iter().zip(&column.ns) {
                bytes.extend_from_slice(&sum.to_bits().to_le_bytes());
                bytes.extend_from_slice(&n.to_bits().to_le_bytes());
            }
        }
        hash64(&bytes)
    }

    /// The score with each cluster counted as often as its weight says.
    fn score(&self, parts: &[ScorePart], units: &[f64], windows: &[f64]) -> Option<f64> {
        let (mut sum, mut weight) = (0.0, 0.0);
        for column in &self.columns {
            let times = if column.is_of_samples { windows } else { units };
            let part = &parts[column.part];
            let Some(value) = column.value(times) else {
                continue;
            };
            let s = super::curve(self.parts[column.part].x(value), part.target?, part.poor?)?;
            sum += part.weight * s;
            weight += part.weight;
        }
        (weight > 0.0).then(|| 100.0 * sum / weight)
    }

    /// Skewness of the influence of single clusters, by leaving each out once.
    fn acceleration(&self, parts: &[ScorePart], draws_windows: bool) -> f64 {
        let mut influences = Vec::new();
        let mut leave_out = |count: usize, is_windows: bool| {
            let mut units = vec![1.0; self.units];
            let mut windows = vec![1.0; self.windows];
            let mut scores = Vec::with_capacity(count);
            for i in 0..count {
                let times = if is_windows { &mut windows } else { &mut units };
                times[i] = 0.0;
                scores.extend(self.score(parts, &units, &windows));
                let times = if is_windows { &mut windows } else { &mut units };
                times[i] = 1.0;
            }
            let mean = scores.iter().sum::<f64>() / scores.len().max(1) as f64;
            influences.extend(scores.iter().map(|s| mean - s));
        };
        // Beyond some hundreds of clusters the correction is far below a tenth of a point.
        if self.units <= 400 {
            leave_out(self.units, false);
        }
        if draws_windows && self.windows <= 400 {
            leave_out(self.windows, true);
        }
        let squares: f64 = influences.iter().map(|l| l * l).sum();
        let cubes: f64 = influences.iter().map(|l| l * l * l).sum();
        if squares <= 0.0 {
            0.0
        } else {
            cubes / (6.0 * squares.powf(1.5))
        }
    }
}

impl Column {
    /// The statistic in the metric's unit, with clusters weighted.
    fn value(&self, times: &[f64]) -> Option<f64> {
        let n: f64 = self.ns.iter().zip(times).map(|(n, t)| n * t).sum();
        if n <= 0.0 {
            return None;
        }
        if !self.is_quantile {
            return Some(self.sums.iter().zip(times).map(|(s, t)| s * t).sum::<f64>() / n);
        }
        let allowed = 0.05 * n;
        let mut above = 0.0;
        for (value, cluster, count) in &self.tail {
            above += count * times[*cluster as usize];
            if above > allowed {
                return Some(*value);
            }
        }
        Some(self.floor)
    }
}

/// How often each of `n` clusters is drawn in `n` draws with replacement.
fn draw(n: usize, random: &mut ChaCha8Rng) -> Vec<f64> {
    let mut times = vec![0.0; n];
    for _ in 0..n {
        // The high half of the product maps 64 random bits to 0..n without a loop; the bias is below 2⁻⁴⁰.
        let at = ((u128::from(random.next_u64()) * n as u128) >> 64) as usize;
        times[at] += 1.0;
    }
    times
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The stream that the intervals of all earlier versions were drawn from.
    #[test]
    fn the_generator_is_the_known_one() {
        assert_eq!(
            ChaCha8Rng::seed_from_u64(42).next_u64(),
            12_578_764_544_318_200_737
        );
    }
}
