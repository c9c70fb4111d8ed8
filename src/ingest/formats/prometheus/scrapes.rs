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
    /// Counters with times: the series that have the same labels.
    counters: BTreeMap<(Measured, DimsId), Counters<Time>>,
    distributions: BTreeMap<(Measured, DimsId), BTreeMap<u128, Distribution>>,
}

#[derive(Debug, Clone, Copy)]
struct Timeless {
    series: u128,
    scrape: u32,
    is_counter: bool,
    metric: Measured,
    dims: DimsId,
    value: f64,
}

/// Readings of each of some counters, in an order of times or of scrapes.
type Counters<T> = BTreeMap<u128, Vec<(T, f64)>>;

/// Count and sum of a distribution that goes on from scrape to scrape.
#[derive(Debug, Default)]
struct Distribution {
    /// All that was read, in the order of the file.
    readings: Vec<(Option<Time>, Role, f64)>,
    /// Count and sum of processes that ended.
    before: (f64, f64),
    /// Those of the last scrape.
    last: (f64, f64),
    /// What is known so far of this one.
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
                let stream = streams.entry(series).or_default();
                stream.readings.push((time, role, value));
            }
            (Role::Counter, Some(time)) => {
                let counters = self.counters.entry((metric, dims)).or_default();
                counters.entry(series).or_default().push((time, value));
            }
            (Role::Level, Some(time)) => {
                let sample = timed(&series.to_le_bytes(), time, value, (metric, dims), origin);
                self.push(sample, records);
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

    /// Adds a sample with a time; the first one of a time leads a record.
    fn push(&mut self, mut sample: Sample, records: &mut Records) {
        if self.times.insert(sample.time) {
            sample.flags = sample.flags.with(Flags::LEADS);
        }
        records.samples.push(sample);
    }

    /// Makes records of what is told only by all scrapes together.
    pub(super) fn finish(mut self, origin: &Origin<'_>, records: &mut Records) {
        for (of, counters) in std::mem::take(&mut self.counters) {
            let keys = keys_of(&counters);
            for (time, value) in added_up(counters) {
                let mut sample = timed(&keys, time, value, of, origin);
                sample.flags = Flags::CUMULATIVE;
                self.push(sample, records);
            }
        }
        let mut blocks: BTreeMap<DimsId, Reported> = BTreeMap::new();
        let mut is_first = self.times.is_empty();
        let is_alone = self.timeless.iter().all(|value| value.scrape == 0);
        if is_alone {
            for one in alone(&self.timeless) {
                // A counter alone tells what it counted since nobody knows when.
                let (statistic, value, n) = if one.is_counter {
                    (Statistic::Total, one.sum, None)
                } else {
                    (Statistic::Mean, one.sum / one.n as f64, Some(one.n))
                };
                if value.is_finite() {
                    let block = block(&mut blocks, one.dims, &mut is_first);
                    block.add_measured(one.metric, statistic, value, n);
                } else {
                    records.ignored += 1;
                }
            }
        } else {
            in_order(&self.timeless, origin, records);
            is_first = false;
        }
        let mut last = None;
        for ((metric, dims), mut streams) in self.distributions {
            for stream in streams.values_mut() {
                stream.follow();
            }
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
            let p95s: Vec<f64> = streams.values().filter_map(|stream| stream.p95).collect();
            let p95 = match p95s[..] {
                [p95] => Some(p95),
                _ => None,
            };
            if p95.is_none() {
                records.ignored += p95s.len() as u64;
            }
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

/// Several scrapes without a time: samples in their order, of counters the differences.
fn in_order(values: &[Timeless], origin: &Origin<'_>, records: &mut Records) {
    let content: Vec<u8> = values
        .iter()
        .flat_map(|value| value.value.to_le_bytes())
        .collect();
    let content = hash128(&content).to_le_bytes();
    let levels = values.iter().copied().filter(|value| !value.is_counter);
    let mut told: Vec<Timeless> = levels.chain(differences(values)).collect();
    told.sort_by_key(|value| value.scrape);
    let mut last = None;
    for value in told {
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
            value: value.value,
            metric: value.metric,
            dims: value.dims,
            identity: IdentityId(0),
            file: origin.file,
            flags,
        });
    }
}

/// What counters counted from scrape to scrape. Where one fell it was reset, and what it counted since the scrape before
/// is not known.
fn differences(values: &[Timeless]) -> Vec<Timeless> {
    let mut alike: BTreeMap<(Measured, DimsId), Counters<u32>> = BTreeMap::new();
    for value in values.iter().filter(|value| value.is_counter) {
        let counters = alike.entry((value.metric, value.dims)).or_default();
        let readings = counters.entry(value.series).or_default();
        readings.push((value.scrape, value.value));
    }
    let mut told = Vec::new();
    for ((metric, dims), counters) in alike {
        let series = hash128(&keys_of(&counters));
        let sums = added_up(counters);
        for (before, after) in sums.iter().zip(sums.iter().skip(1)) {
            if after.1 >= before.1 {
                told.push(Timeless {
                    series,
                    scrape: after.0,
                    is_counter: true,
                    metric,
                    dims,
                    value: after.1 - before.1,
                });
            }
        }
    }
    told
}

impl Distribution {
    /// Goes through all readings: where they have times, in the order of these.
    fn follow(&mut self) {
        let mut readings = std::mem::take(&mut self.readings);
        readings.sort_by_key(|(time, ..)| *time);
        for (time, role, value) in readings {
            if time != self.time {
                (self.count, self.sum, self.time) = (None, None, time);
            }
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
}

/// What a file's only scrape tells under one name and the same labels.
struct Alone {
    metric: Measured,
    dims: DimsId,
    is_counter: bool,
    sum: f64,
    n: u64,
}

/// Series that differ only in labels that are left out, such as the number of a user, are one: of counters the sum,
/// of levels the mean.
fn alone(values: &[Timeless]) -> Vec<Alone> {
    let mut all: Vec<Alone> = Vec::new();
    let mut places: HashMap<(Measured, DimsId, bool), usize> = HashMap::new();
    for value in values {
        let place = places
            .entry((value.metric, value.dims, value.is_counter))
            .or_insert(all.len());
        match all.get_mut(*place) {
            Some(one) => {
                one.sum += value.value;
                one.n += 1;
            }
            None => all.push(Alone {
                metric: value.metric,
                dims: value.dims,
                is_counter: value.is_counter,
                sum: value.value,
                n: 1,
            }),
        }
    }
    all
}

/// What counters that differ only in labels that are left out count together. What one of them showed first stands for
/// what it showed before; where it fell it was reset, and what it counted since the reading before is not known.
fn added_up<T: Ord + Copy>(counters: Counters<T>) -> Vec<(T, f64)> {
    let mut readings: Vec<(T, u128, f64)> = Vec::new();
    for (series, own) in counters {
        readings.extend(own.into_iter().map(|(time, value)| (time, series, value)));
    }
    readings.sort_by_key(|(time, ..)| *time);
    let series = |reading: &(T, u128, f64)| reading.1;
    if readings.iter().map(series).min() == readings.iter().map(series).max() {
        return readings
            .into_iter()
            .map(|(time, _, value)| (time, value))
            .collect();
    }
    let mut latest: HashMap<u128, f64> = HashMap::new();
    let mut sum = 0.0;
    for (_, series, value) in &readings {
        latest.entry(*series).or_insert_with(|| {
            sum += value;
            *value
        });
    }
    let mut sums: Vec<(T, f64)> = Vec::new();
    for (time, series, value) in readings {
        let before = latest.insert(series, value).unwrap_or(value);
        sum += (value - before).max(0.0);
        match sums.last_mut() {
            Some(last) if last.0 == time => last.1 = sum,
            _ => sums.push((time, sum)),
        }
    }
    sums
}

/// By which counters are known that are added up.
fn keys_of<T>(counters: &Counters<T>) -> Vec<u8> {
    counters.keys().flat_map(|key| key.to_le_bytes()).collect()
}

/// A sample with a time, of what is known by `key`.
fn timed(
    key: &[u8],
    time: Time,
    value: f64,
    (metric, dims): (Measured, DimsId),
    origin: &Origin<'_>,
) -> Sample {
    Sample {
        key: hash128(&[key, &time.0.to_le_bytes()].concat()),
        time,
        value,
        metric,
        dims,
        identity: IdentityId(0),
        file: origin.file,
        flags: Flags::default(),
    }
}
