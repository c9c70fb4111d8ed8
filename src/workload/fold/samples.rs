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
use super::index::{Quick, number};
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
    for ((metric, dims, identity), series) in by_series(&samples) {
        let joined = Joined::new(&mut records.catalog, &switches, dims);
        let source = joined.source;
        let unit = units.of_sample(&records.catalog, identity);
        let task = records.catalog.identities.get(identity.0).task;
        let first = workload.samples.len();
        for index in series {
            let sample = &samples[index as usize];
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
                let times = times.entry(source).or_default();
                if times.last() != Some(&time) {
                    times.push(time);
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
    }
    workload.sequences.sample_times = times.into_iter().collect();
}

/// A value as a fold keeps it: the metric's unit × its scale, rounded.
pub(in crate::workload) fn whole(metric: Measured, value: f64) -> i64 {
    // A float becomes the nearest whole number that 64 bits hold.
    (value * Workload::unit_of(metric).scale()).round() as i64
}

/// The samples of each series in order of time.
fn by_series(samples: &[Sample]) -> Vec<(SeriesKey, Vec<u32>)> {
    let mut index: HashMap<SeriesKey, u32, Quick> = HashMap::default();
    let mut series: Vec<(SeriesKey, Vec<u32>)> = Vec::new();
    for (position, sample) in samples.iter().enumerate() {
        let key = (sample.metric, sample.dims, sample.identity);
        let of_series = *index.entry(key).or_insert_with(|| {
            series.push((key, Vec::new()));
            number(series.len() - 1)
        });
        series[of_series as usize].1.push(number(position));
    }
    for (_, positions) in &mut series {
        // Stable, which is quick on what is nearly in order.
        positions.sort_by(|a, b| {
            let (a, b) = (&samples[*a as usize], &samples[*b as usize]);
            a.time.cmp(&b.time).then(a.value.total_cmp(&b.value))
        });
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
