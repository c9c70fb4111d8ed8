//! Interval of the score: the bias-corrected bootstrap over units of inference.
//!
//! Units are drawn for what operations tell; for what samples tell, windows of the machine's time,
//! joined by doubling from a quarter of an hour until the means of neighbours are nearly uncorrelated.
//! All parts of one draw come from the same units, since a slow session is slow in every part. With
//! fewer than 6 such windows the samples are held fixed, and the method says so. The seed is a hash of
//! the sums, so the same workload gives the same interval.

use crate::assessment::{Interval, ScorePart};
use crate::config::TargetStatistic;
use crate::record::{Measured as What, hash64};
use crate::stats::{LEAST_UNITS, bootstrap, correlation};
use crate::workload::{CELL, Figure, Filter, GroupKey, Grouping, Workload, float};

use super::measure::Measured;
use super::tail::{Tail, dot};

/// Resamples.
const DRAWS: usize = 1_000;

/// Above this many, neighbouring units are drawn as one, so that time does not grow with the square.
const MOST_UNITS: usize = 1_000;

/// Above this lag-1 correlation of their means, neighbouring windows of samples are joined.
const NEARLY_UNCORRELATED: f64 = 0.1;

/// One part by unit: Σ and n, and for a quantile the upper tail.
struct Column {
    part: usize,
    is_of_samples: bool,
    sums: Vec<f64>,
    ns: Vec<f64>,
    tail: Option<Tail>,
}

/// Everything that is needed to draw.
pub(super) struct Resamples {
    columns: Vec<Column>,
    parts: Vec<super::Part>,
    /// Units as they were, before any were joined.
    units: usize,
    drawn_units: usize,
    windows: usize,
}

/// A part by unit, before units are numbered.
struct Split {
    part: usize,
    is_of_samples: bool,
    /// Sorted by key.
    by_unit: Vec<(GroupKey, Figure)>,
}

impl Resamples {
    /// Splits every measured part by unit.
    pub(super) fn new(workload: &Workload, measured: &[Measured]) -> Self {
        let mut splits: Vec<Split> = measured
            .iter()
            .enumerate()
            .filter(|(_, m)| m.x.is_some() && m.target.target.is_some())
            .map(|(part, m)| Split::new(workload, part, m))
            .collect();
        join_windows(&mut splits);
        let count = |is_of_samples| {
            let of_kind = splits.iter().filter(|s| s.is_of_samples == is_of_samples);
            let keys = of_kind.flat_map(|s| s.by_unit.iter().map(|(key, _)| *key));
            let mut all: Vec<GroupKey> = keys.collect();
            // A few runs that are sorted: a stable sort merges them.
            all.sort();
            all.dedup();
            all
        };
        let (units, windows) = (Numbered::new(count(false)), Numbered::new(count(true)));
        let columns = splits
            .iter()
            .map(|split| {
                let numbered = if split.is_of_samples {
                    &windows
                } else {
                    &units
                };
                Column::new(split, &measured[split.part], numbered)
            })
            .collect();
        Self {
            columns,
            parts: measured.iter().map(|m| m.part).collect(),
            units: units.keys.len(),
            drawn_units: units.drawn,
            windows: windows.drawn,
        }
    }

    /// Units of inference; where there are none, windows of samples.
    pub(super) fn units(&self) -> usize {
        if self.units > 0 {
            self.units
        } else {
            self.windows
        }
    }

    /// The 95 % interval; `None` under six units.
    pub(super) fn interval(&self, parts: &[ScorePart], value: f64) -> Option<Interval> {
        let draws_windows = self.windows >= LEAST_UNITS || self.units == 0;
        let strata: Vec<usize> = [
            (self.units > 0).then_some(self.drawn_units),
            (self.windows > 0 && draws_windows).then_some(self.windows),
        ]
        .into_iter()
        .flatten()
        .collect();
        let fixed = vec![1.0; self.windows];
        let interval = bootstrap::bca(&strata, DRAWS, 0.95, self.seed(), |times| {
            let (units, windows) = times.split_at(self.drawn_units);
            self.score(parts, units, if draws_windows { windows } else { &fixed })
        })?;
        let is_fixed = self.windows > 0 && !draws_windows;
        Some(Interval {
            of: "score".into(),
            // What is drawn reads quantiles off whole buckets; the score itself may lie beyond.
            low: interval.low.min(value).max(0.0),
            high: interval.high.max(value).min(100.0),
            level: 0.95,
            method: match (self.units > 0, is_fixed) {
                (true, false) => "bias-corrected bootstrap over units",
                (true, true) => "bias-corrected bootstrap over units, samples of the machine fixed",
                (false, _) => "bias-corrected bootstrap over windows of samples",
            }
            .into(),
        })
    }

    fn seed(&self) -> u64 {
        let numbers = self
            .columns
            .iter()
            .flat_map(|c| c.sums.iter().chain(&c.ns))
            .flat_map(|v| v.to_bits().to_le_bytes());
        hash64(&numbers.collect::<Vec<u8>>())
    }

    /// The score with each unit counted as often as it was drawn.
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
}

impl Split {
    fn new(workload: &Workload, part: usize, measured: &Measured) -> Self {
        let metric = What::Known(measured.metric);
        let all = Filter::default();
        // Only a quantile needs distributions.
        let of = |grouping| match measured.target.statistic {
            TargetStatistic::P95 => workload.group(metric, &all, grouping),
            TargetStatistic::Mean => {
                let totals = workload.totals(metric, &all, grouping).into_iter();
                totals.map(|(key, total)| (key, total.into())).collect()
            }
        };
        let groups = of(Grouping::Unit);
        // A series without units of its own is split by time.
        let is_of_samples = !groups
            .iter()
            .any(|(key, _)| matches!(key, GroupKey::Unit(_)));
        let groups = match workload.series_of(metric) {
            _ if !is_of_samples => groups,
            // What a single series tells lies in order of time.
            [series] => {
                let windows = series.windows(CELL);
                windows
                    .map(|(from, f)| (GroupKey::Window(from), f))
                    .collect()
            }
            _ => of(Grouping::Window(CELL)),
        };
        Self {
            part,
            is_of_samples,
            by_unit: groups.into_iter().filter(|(_, f)| f.n > 0).collect(),
        }
    }

    /// Lag-1 correlation of the means of its windows.
    #[allow(clippy::cast_precision_loss)]
    fn correlation(&self) -> Option<f64> {
        let figures = self.by_unit.iter().map(|(_, figure)| figure);
        let means = figures.map(|f| float(f.sum) / f.n as f64);
        correlation::lag1(means)
    }

    fn join(&mut self, length: i64) {
        for (key, _) in &mut self.by_unit {
            if let GroupKey::Window(start) = key {
                start.0 = start.0.div_euclid(length).saturating_mul(length);
            }
        }
        self.by_unit.dedup_by(|later, earlier| {
            let is_same = later.0 == earlier.0;
            if is_same {
                earlier.1.merge(&later.1);
            }
            is_same
        });
    }
}

/// Doubles the windows of all sampled parts together, since they are drawn together.
fn join_windows(splits: &mut [Split]) {
    let mut length = CELL;
    loop {
        let sampled = || splits.iter().filter(|s| s.is_of_samples);
        let most = sampled().map(|s| s.by_unit.len()).max().unwrap_or(0);
        let worst = sampled()
            .filter_map(Split::correlation)
            .fold(f64::NEG_INFINITY, f64::max);
        if most < LEAST_UNITS || worst < NEARLY_UNCORRELATED {
            return;
        }
        length = length.saturating_mul(2);
        for split in splits.iter_mut().filter(|s| s.is_of_samples) {
            split.join(length);
        }
    }
}

/// Units with the number under which each is drawn; neighbours share one where there are very many.
struct Numbered {
    keys: Vec<GroupKey>,
    drawn: usize,
}

impl Numbered {
    fn new(keys: Vec<GroupKey>) -> Self {
        Self {
            drawn: keys.len().min(MOST_UNITS),
            keys,
        }
    }

    /// Tells the number of one key after another, which come in order.
    fn finder(&self) -> impl FnMut(&GroupKey) -> Option<usize> {
        let mut from = 0;
        move |key| {
            let rest = &self.keys[from..];
            let at = from + rest.iter().position(|k| k >= key)?;
            from = at;
            let number = if self.keys.len() > MOST_UNITS {
                at * MOST_UNITS / self.keys.len()
            } else {
                at
            };
            (self.keys[at] == *key).then_some(number)
        }
    }
}

impl Column {
    #[allow(clippy::cast_precision_loss)]
    fn new(split: &Split, measured: &Measured, numbered: &Numbered) -> Self {
        let unit = measured.metric.row().unit;
        let (mut sums, mut ns) = (vec![0.0; numbered.drawn], vec![0.0; numbered.drawn]);
        let mut figures = Vec::with_capacity(split.by_unit.len());
        let mut number_of = numbered.finder();
        for (key, figure) in &split.by_unit {
            if let Some(at) = number_of(key) {
                sums[at] += figure.total(unit);
                ns[at] += figure.n as f64;
                figures.push((at, figure));
            }
        }
        let tail = (measured.target.statistic == TargetStatistic::P95)
            .then(|| Tail::new(&figures, numbered.drawn, 0.95, unit.scale()));
        Self {
            part: split.part,
            is_of_samples: split.is_of_samples,
            sums,
            ns,
            tail,
        }
    }

    /// The statistic in the metric's unit, with units counted as often as drawn.
    fn value(&self, times: &[f64]) -> Option<f64> {
        let n = dot(&self.ns, times);
        if n <= 0.0 {
            return None;
        }
        match &self.tail {
            Some(tail) => tail.quantile(times, n),
            None => Some(dot(&self.sums, times) / n),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Name;

    #[test]
    fn very_many_units_are_drawn_as_neighbours() {
        let keys: Vec<GroupKey> = (0..2_500).map(|i| GroupKey::Task(Name(i))).collect();
        let numbered = Numbered::new(keys.clone());
        let numbers: Vec<usize> = keys.iter().filter_map(numbered.finder()).collect();
        assert_eq!(
            (numbered.drawn, numbers[0], numbers[2_499]),
            (1_000, 0, 999)
        );
        assert!(numbers.is_sorted() && numbers.windows(2).all(|w| w[1] - w[0] <= 1));
    }
}
