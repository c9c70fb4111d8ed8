//! One scrape after another: what becomes of a series over all of them.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::super::super::document::{Origin, Reported};
use super::super::super::time;
use super::super::native::values::check_sample;
use super::meaning::Role;
use crate::record::{
    Dims, DimsId, Flags, IdentityId, Measured, Records, Sample, Statistic, hash128,
};
use crate::units::Time;

/// A value of a series in a scrape.
#[derive(Debug, Clone)]
pub(super) struct Reading {
    pub(super) metric: Measured,
    pub(super) role: Role,
    pub(super) own: Dims,
    pub(super) value: f64,
    pub(super) time: Option<Time>,
}

/// All scrapes of a file.
#[derive(Debug, Default)]
pub(super) struct Scrapes {
    /// Series of this scrape, as far as it was read.
    seen: HashSet<u128>,
    /// Which scrape this is.
    number: u32,
    /// Times for which there is a record.
    times: HashSet<Time>,
    /// Values without a time.
    timeless: Vec<Timeless>,
    distributions: BTreeMap<(Measured, DimsId), BTreeMap<u128, Distribution>>,
}

#[derive(Debug)]
struct Timeless {
    series: u128,
    scrape: u32,
    is_counter: bool,
    metric: Measured,
    dims: DimsId,
    value: f64,
}

/// Count and sum of a distribution that goes on from scrape to scrape.
#[derive(Debug, Default)]
struct Distribution {
    /// Count and sum of processes that ended.
    before: (f64, f64),
    /// Those of the last scrape.
    last: (f64, f64),
    /// What was read so far of this one.
    count: Option<f64>,
    sum: Option<f64>,
    p95: Option<f64>,
    time: Option<Time>,
}

impl Scrapes {
    /// The scrape is at its end.
    pub(super) fn end(&mut self) {
        if !self.seen.is_empty() {
            self.seen.clear();
            self.number = self.number.saturating_add(1);
        }
    }

    /// Takes a value of a series.
    pub(super) fn take(
        &mut self,
        series: &[u8],
        reading: Reading,
        origin: &Origin<'_>,
        records: &mut Records,
    ) -> Result<(), &'static str> {
        let Reading {
            metric,
            role,
            mut own,
            value,
            time,
        } = reading;
        own.extend_from_slice(origin.labels());
        let dims = records.catalog.dims(own);
        let known = match metric {
            Measured::Known(metric) => Some(metric),
            Measured::Custom(_) => None,
        };
        // Of a count or sum only the mean is a value of the metric.
        let is_value = !matches!(role, Role::Count | Role::Sum);
        if is_value && check_sample(known, value).is_err() {
            if known.is_some() {
                return Err("a value that its metric cannot have");
            }
            // A limit that is none, written as the largest number there is.
            records.ignored += 1;
            return Ok(());
        }
        let series = origin.key_of("prometheus", series);
        match (role, time) {
            (Role::Nothing, _) => {}
            (Role::Count | Role::Sum | Role::Quantile, time) => {
                let streams = self.distributions.entry((metric, dims)).or_default();
                streams.entry(series).or_default().take(role, value, time);
            }
            (Role::Level | Role::Counter, Some(time)) => {
                let is_first = self.times.insert(time);
                let mut flags = Flags::default();
                if is_first {
                    flags = flags.with(Flags::LEADS);
                }
                if role == Role::Counter {
                    flags = flags.with(Flags::CUMULATIVE);
                }
                records.samples.push(Sample {
                    key: hash128(&[&series.to_le_bytes()[..], &time.0.to_le_bytes()].concat()),
                    time,
                    value,
                    metric,
                    dims,
                    identity: IdentityId(0),
                    file: origin.file,
                    flags,
                });
            }
            (Role::Level | Role::Counter, None) => {
                if !self.seen.insert(series) {
                    self.end();
                    self.seen.insert(series);
                }
                self.timeless.push(Timeless {
                    series,
                    scrape: self.number,
                    is_counter: role == Role::Counter,
                    metric,
                    dims,
                    value,
                });
            }
        }
        Ok(())
    }

    /// Makes records of what is told only by all scrapes together.
    pub(super) fn finish(self, origin: &Origin<'_>, records: &mut Records) {
        let mut blocks: BTreeMap<DimsId, Reported> = BTreeMap::new();
        let mut is_first = self.times.is_empty();
        let is_alone = self.timeless.iter().all(|value| value.scrape == 0);
        for value in self.timeless.iter().filter(|_| is_alone) {
            let block = block(&mut blocks, value.dims, &mut is_first);
            // A counter alone tells what it counted since nobody knows when.
            let (statistic, n) = if value.is_counter {
                (Statistic::Total, None)
            } else {
                (Statistic::Mean, Some(1))
            };
            block.add_measured(value.metric, statistic, value.value, n);
        }
        if !is_alone {
            in_order(&self.timeless, origin, records);
            is_first = false;
        }
        let mut last = None;
        for ((metric, dims), streams) in self.distributions {
            last = streams
                .values()
                .map(|stream| stream.time)
                .max()
                .flatten()
                .max(last);
            let (mut count, mut sum) = (0.0, 0.0);
            for stream in streams.values() {
                count += stream.before.0 + stream.last.0;
                sum += stream.before.1 + stream.last.1;
            }
            let mean = sum / count;
            let known = match metric {
                Measured::Known(metric) => Some(metric),
                Measured::Custom(_) => None,
            };
            // Percentiles of several processes make none of all.
            let mut p95s = streams.values().filter_map(|stream| stream.p95);
            let p95 = p95s.next().filter(|_| p95s.next().is_none());
            if !(1.0..1e15).contains(&count)
                || !mean.is_finite()
                || check_sample(known, mean).is_err()
            {
                records.ignored += 1;
                continue;
            }
            let n = Some(count as u64);
            let block = block(&mut blocks, dims, &mut is_first);
            block.add_measured(metric, Statistic::Mean, mean, n);
            if let Some(p95) = p95 {
                block.add_measured(metric, Statistic::P95, p95, n);
            }
        }
        for (dims, block) in blocks {
            block.finish_with(origin, dims, last, records);
        }
    }
}

fn block<'b>(
    blocks: &'b mut BTreeMap<DimsId, Reported>,
    dims: DimsId,
    is_first: &mut bool,
) -> &'b mut Reported {
    blocks.entry(dims).or_insert_with(|| {
        if std::mem::take(is_first) {
            Reported::default()
        } else {
            Reported::beside()
        }
    })
}

/// Several scrapes without a time: samples in their order, of counters the differences. Where a counter
/// fell it was reset, and what it counted since the scrape before is not known.
fn in_order(values: &[Timeless], origin: &Origin<'_>, records: &mut Records) {
    let content: Vec<u8> = values
        .iter()
        .flat_map(|value| value.value.to_le_bytes())
        .collect();
    let content = hash128(&content).to_le_bytes();
    let mut counted: HashMap<u128, f64> = HashMap::new();
    let mut last = None;
    for value in values {
        let mut number = value.value;
        if value.is_counter {
            match counted.insert(value.series, number) {
                Some(before) if number >= before => number -= before,
                _ => continue,
            }
        }
        let Some(time) = time::ordered(f64::from(value.scrape)) else {
            continue;
        };
        let mut flags = Flags::TIMELESS;
        if last.replace(value.scrape) != Some(value.scrape) {
            flags = flags.with(Flags::LEADS);
        }
        let series = value.series.to_le_bytes();
        let key = [&content[..], &series, &value.scrape.to_le_bytes()].concat();
        records.samples.push(Sample {
            key: hash128(&key),
            time,
            value: number,
            metric: value.metric,
            dims: value.dims,
            identity: IdentityId(0),
            file: origin.file,
            flags,
        });
    }
}

impl Distribution {
    fn take(&mut self, role: Role, value: f64, time: Option<Time>) {
        // Scrapes may stand in any order where they have times.
        if time < self.time {
            return;
        }
        self.time = time;
        match role {
            Role::Count => self.count = Some(value),
            Role::Sum => self.sum = Some(value),
            _ => self.p95 = Some(value),
        }
        if let (Some(count), Some(sum)) = (self.count, self.sum) {
            (self.count, self.sum) = (None, None);
            // It began anew; what it held before stays.
            if count < self.last.0 {
                self.before.0 += self.last.0;
                self.before.1 += self.last.1;
            }
            self.last = (count, sum);
        }
    }
}
