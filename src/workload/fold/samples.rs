//! Samples become cells of 15 seconds, with the mode and interface in force on their host.

use std::collections::HashMap;

use crate::record::{
    Catalog, Dimension, Dims, DimsId, Event, EventKind, Flags, IdentityId, Measured, Name, Records,
    Sample,
};
use crate::units::Time;
use crate::workload::canonical::span;
use crate::workload::samples::add_value;
use crate::workload::{Reading, SAMPLE_CELL, Workload};

use super::dedupe::event_texts;
use super::index::Quick;
use super::selection::Selection;
use super::units::Units;

/// What tells one series of samples from another.
type SeriesKey = (Measured, DimsId, IdentityId);

/// Samples as cells of `workload`, readings of counters and times of sources as its sequences.
pub(super) fn fold_samples(
    records: &mut Records,
    selection: &Selection,
    units: &mut Units,
    workload: &mut Workload,
) {
    let samples = std::mem::take(&mut records.samples);
    let switches = Switches::of(&records.catalog, &records.events);
    let mut times: HashMap<DimsId, Vec<Time>, Quick> = HashMap::default();
    for ((metric, dims, identity), series) in by_series(samples) {
        let joined = Joined::new(&mut records.catalog, &switches, dims);
        let source = joined.source;
        let unit = units.of_sample(&records.catalog, identity);
        let task = records.catalog.identities.get(identity.0).task;
        let first = workload.samples.len();
        let mut own_times = Vec::new();
        for sample in &series {
            let is_timeless = sample.flags.has(Flags::TIMELESS);
            let time = (!is_timeless).then_some(sample.time);
            let dims = joined.dims_at(&mut records.catalog, time);
            if !selection.holds_at(time) || !selection.holds_for(&records.catalog, dims, identity) {
                continue;
            }
            let leads = u64::from(sample.flags.has(Flags::LEADS));
            workload.counts.records += leads;
            workload.counts.samples += leads;
            if let Some(time) = time {
                workload.period = span(workload.period, Some((time, time)));
                if own_times.last() != Some(&time) {
                    own_times.push(time);
                }
            }
            if sample.flags.has(Flags::CUMULATIVE) {
                workload.sequences.readings.push(Reading {
                    metric,
                    series: joined.dims,
                    time: sample.time,
                    value: sample.value,
                    dims,
                    unit,
                    task,
                });
                continue;
            }
            add_value(
                &mut workload.samples,
                first,
                (metric, dims, unit, task),
                sample.time.0.div_euclid(SAMPLE_CELL),
                whole(metric, sample.value),
            );
        }
        // Mostly all series of a source are sampled at once.
        if !own_times.is_empty() && times.get(&source) != Some(&own_times) {
            times.entry(source).or_default().append(&mut own_times);
        }
    }
    workload.sequences.sample_times = times.into_iter().collect();
}

/// A value as a fold keeps it: the metric's unit × its scale, rounded.
pub(in crate::workload) fn whole(metric: Measured, value: f64) -> i64 {
    // A float becomes the nearest whole number that 64 bits hold.
    (value * Workload::unit_of(metric).scale()).round() as i64
}

/// What a sample says within its series.
struct Point {
    time: Time,
    value: f64,
    flags: Flags,
}

/// The samples of each series in order of time.
fn by_series(samples: Vec<Sample>) -> Vec<(SeriesKey, Vec<Point>)> {
    let mut index: HashMap<SeriesKey, usize, Quick> = HashMap::default();
    let mut series: Vec<(SeriesKey, Vec<Point>)> = Vec::new();
    // After a sample of one series there mostly comes the same as last time.
    let mut followers: Vec<usize> = Vec::new();
    let mut last = 0;
    for sample in samples {
        let key = (sample.metric, sample.dims, sample.identity);
        let guess = followers.get(last).copied().unwrap_or(0);
        let is_right = series.get(guess).is_some_and(|(own, _)| *own == key);
        let at = if is_right {
            guess
        } else {
            *index.entry(key).or_insert_with(|| {
                series.push((key, Vec::new()));
                followers.push(0);
                series.len() - 1
            })
        };
        if let Some(follower) = followers.get_mut(last) {
            *follower = at;
        }
        last = at;
        series[at].1.push(Point {
            time: sample.time,
            value: sample.value,
            flags: sample.flags,
        });
    }
    for (_, points) in &mut series {
        // Stable, which is quick on what is nearly in order.
        points.sort_by(|a, b| a.time.cmp(&b.time).then(a.value.total_cmp(&b.value)));
    }
    series
}

/// A change of mode or interface on a host.
struct Switch {
    host: Name,
    time: Time,
    from: Name,
    to: Name,
}

/// Changes that hold for a whole host: those without a session. Sorted by host and time.
struct Switches {
    modes: Vec<Switch>,
    interfaces: Vec<Switch>,
}

impl Switches {
    fn of(catalog: &Catalog, events: &[Event]) -> Self {
        let of_kind = |kind: EventKind| {
            let mut events: Vec<&Event> = events
                .iter()
                .filter(|e| e.kind == kind && e.to.is_some())
                .filter(|e| !catalog.identities.get(e.identity.0).session.is_some())
                .collect();
            events.sort_by(|a, b| {
                a.time
                    .cmp(&b.time)
                    .then_with(|| event_texts(catalog, a).cmp(&event_texts(catalog, b)))
            });
            let mut switches: Vec<Switch> = events
                .into_iter()
                .map(|e| Switch {
                    host: catalog.dimension(e.dims, Dimension::Host),
                    time: e.time,
                    from: e.from,
                    to: e.to,
                })
                .collect();
            switches.sort_by_key(|s| s.host);
            switches
        };
        Self {
            modes: of_kind(EventKind::ModeSwitch),
            interfaces: of_kind(EventKind::InterfaceSwitch),
        }
    }
}

/// The switches of one host.
fn of_host(switches: &[Switch], host: Name) -> &[Switch] {
    let from = switches.partition_point(|s| s.host < host);
    let len = switches[from..].partition_point(|s| s.host == host);
    &switches[from..from + len]
}

/// What is in force at a time: what the last switch led to, before the first one what it left.
fn in_force(switches: &[Switch], time: Time) -> Name {
    match switches.partition_point(|s| s.time <= time) {
        0 => switches.first().map_or(Name::NONE, |s| s.from),
        after => switches[after - 1].to,
    }
}

/// A series whose samples get the mode and interface that they lack.
struct Joined<'a> {
    dims: DimsId,
    own: Dims,
    /// Dimensions without the process: samples of one source are taken together.
    source: DimsId,
    modes: &'a [Switch],
    interfaces: &'a [Switch],
}

impl<'a> Joined<'a> {
    fn new(catalog: &mut Catalog, switches: &'a Switches, dims: DimsId) -> Self {
        let own = catalog.dims.get(dims.0).clone();
        let host = catalog.dimension(dims, Dimension::Host);
        let lacks = |dimension| own.iter().all(|(d, _)| *d != dimension);
        let choose = |dimension, switches| {
            if lacks(dimension) {
                of_host(switches, host)
            } else {
                &[]
            }
        };
        let modes = choose(Dimension::Mode, &switches.modes);
        let interfaces = choose(Dimension::Interface, &switches.interfaces);
        let of_source = own
            .iter()
            .copied()
            .filter(|(d, _)| *d != Dimension::Process)
            .collect();
        Self {
            dims,
            source: catalog.dims(of_source),
            own,
            modes,
            interfaces,
        }
    }

    fn dims_at(&self, catalog: &mut Catalog, time: Option<Time>) -> DimsId {
        let (Some(time), false) = (time, self.modes.is_empty() && self.interfaces.is_empty())
        else {
            return self.dims;
        };
        let mut dims = self.own.clone();
        dims.push((Dimension::Mode, in_force(self.modes, time)));
        dims.push((Dimension::Interface, in_force(self.interfaces, time)));
        catalog.dims(dims)
    }
}
