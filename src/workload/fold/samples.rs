//! Samples become cells of 15 seconds, with the mode and interface in force on their host.

use std::collections::HashMap;

use crate::record::{
    Catalog, Dimension, DimsId, Event, EventKind, Flags, IdentityId, Measured, Name, Records,
    Samples, ShapeId, Snapshot,
};
use crate::threads;
use crate::units::Time;
use crate::workload::canonical::span;
use crate::workload::samples::{SampleSeries, add_value};
use crate::workload::{Reading, SAMPLE_CELL, UnitId, Workload};

use super::dedupe::event_texts;
use super::index::Quick;
use super::selection::Selection;
use super::units::Units;

/// With fewer samples than this for each of them, threads take longer to begin than they save.
const WORTH_A_THREAD: usize = 1 << 12;

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
    let lists = alike(&samples);
    let series = by_series(&samples, &lists);
    let sources = sources(records, series.iter().map(|((_, dims, _), _)| *dims));
    let series: Vec<Series> = series
        .into_iter()
        .map(|((metric, dims, identity), parts)| Series {
            metric,
            source: &sources[&dims],
            identity,
            unit: units.of_sample(&records.catalog, identity, is_of_work(metric)),
            task: records.catalog.identities.get(identity.0).task,
            parts,
        })
        .collect();
    let catalog = &records.catalog;
    let fold = Fold {
        samples: &samples,
        lists: &lists,
        catalog,
        selection,
    };
    let parts = threads::map(&fold.in_parts(&series), |part| {
        let mut folded = Part::default();
        part.iter().for_each(|series| folded.take(series, &fold));
        folded
    });
    let mut times: HashMap<DimsId, Vec<Time>, Quick> = HashMap::default();
    let readings = &mut workload.sequences.readings;
    for mut part in parts {
        workload.samples.append(&mut part.series);
        if readings.is_empty() {
            *readings = part.readings;
        } else {
            readings.append(&mut part.readings);
        }
        workload.counts.records += part.leads;
        workload.counts.samples += part.leads;
        workload.period = span(workload.period, part.period);
        for (source, own) in part.times {
            add_times(&mut times, source, own);
        }
    }
    workload.sequences.sample_times = times.into_iter().collect();
    records.samples = samples;
}

/// Whether samples belong to the work whose run or session they name: those of the machine do not.
fn is_of_work(metric: Measured) -> bool {
    matches!(metric, Measured::Custom(_))
}

/// What all series are folded from.
struct Fold<'a> {
    samples: &'a Samples,
    lists: &'a [Alike],
    catalog: &'a Catalog,
    selection: &'a Selection,
}

impl Fold<'_> {
    /// The series in neighbouring parts of about as many samples each, a few for each thread.
    fn in_parts<'a, 's>(&self, series: &'a [Series<'s>]) -> Vec<&'a [Series<'s>]> {
        let most = self.samples.len() / (threads::count() * 4);
        let mut parts = Vec::new();
        let (mut begin, mut held) = (0, 0);
        for (index, one) in series.iter().enumerate() {
            held += one.len(self.lists);
            if held >= most.max(WORTH_A_THREAD) {
                parts.push(&series[begin..=index]);
                (begin, held) = (index + 1, 0);
            }
        }
        parts.push(&series[begin..]);
        parts
    }
}

/// Mostly all series of a source are sampled at once.
fn add_times(times: &mut HashMap<DimsId, Vec<Time>, Quick>, source: DimsId, mut own: Vec<Time>) {
    match times.get_mut(&source) {
        Some(known) if *known == own => {}
        Some(known) => known.append(&mut own),
        None => drop(times.insert(source, own)),
    }
}

/// What was folded of some series.
#[derive(Default)]
struct Part {
    series: Vec<SampleSeries>,
    readings: Vec<Reading>,
    times: HashMap<DimsId, Vec<Time>, Quick>,
    /// Samples that lead a record.
    leads: u64,
    period: Option<(Time, Time)>,
    /// The list and the source of which every time is among `times`, as far as that was seen last.
    timed: Option<(usize, DimsId)>,
}

impl Part {
    fn take(&mut self, series: &Series<'_>, fold: &Fold<'_>) {
        let Series {
            metric,
            source,
            identity,
            unit,
            task,
            ..
        } = *series;
        let first = self.series.len();
        let points = series.len(fold.lists);
        let scale = Workload::unit_of(metric).scale();
        // The snapshots that it lies in, if they are of one list.
        let of_list = match series.parts.as_slice() {
            [part] => Some((part.list, source.source)),
            _ => None,
        };
        let are_timed = of_list.is_some() && of_list == self.timed;
        let mut own_times = Vec::with_capacity(if are_timed { 0 } else { points });
        series.in_order(fold.samples, fold.lists, |point| {
            let is_timeless = point.flags.has(Flags::TIMELESS);
            let time = (!is_timeless).then_some(point.time);
            let dims = source.dims_at(time);
            let selection = fold.selection;
            if !selection.holds_at(time) || !selection.holds_for(fold.catalog, dims, identity) {
                return;
            }
            self.leads += u64::from(point.flags.has(Flags::LEADS));
            if let Some(time) = time {
                self.period = span(self.period, Some((time, time)));
                if !are_timed && own_times.last() != Some(&time) {
                    own_times.push(time);
                }
            }
            if point.flags.has(Flags::CUMULATIVE) {
                self.readings.push(Reading {
                    metric,
                    series: source.dims,
                    time: point.time,
                    value: point.value,
                    dims,
                    unit,
                    task,
                });
                return;
            }
            add_value(
                &mut self.series,
                first,
                points,
                (metric, dims, unit, task),
                point.time.0.div_euclid(SAMPLE_CELL),
                nearest(point.value * scale),
            );
        });
        if !own_times.is_empty() {
            self.timed = of_list.filter(|_| own_times.len() == points);
            add_times(&mut self.times, source.source, own_times);
        }
    }
}

/// A value as a fold keeps it: the metric's unit × its scale, rounded.
pub(in crate::workload) fn whole(metric: Measured, value: f64) -> i64 {
    nearest(value * Workload::unit_of(metric).scale())
}

/// The nearest whole number that 64 bits hold, of two the one farther from 0; 0 of what is no number. As
/// [`f64::round`], which calls a function on most machines.
fn nearest(value: f64) -> i64 {
    let whole = value as i64;
    let rest = value - whole as f64;
    if rest >= 0.5 {
        whole.saturating_add(1)
    } else if rest <= -0.5 {
        whole.saturating_sub(1)
    } else {
        whole
    }
}

/// A series, and what is known of it beside its values.
struct Series<'a> {
    metric: Measured,
    source: &'a Source,
    identity: IdentityId,
    unit: UnitId,
    task: Name,
    parts: Vec<SeriesPart>,
}

/// The values of a series in snapshots of one shape.
#[derive(Clone, Copy)]
struct SeriesPart {
    /// Number of the list of these snapshots.
    list: usize,
    /// Which of their values.
    offset: u32,
    flags: Flags,
}

/// What a sample says within its series.
struct Point {
    time: Time,
    value: f64,
    flags: Flags,
}

/// Snapshots of one shape and identity.
struct Alike {
    shape: ShapeId,
    identity: IdentityId,
    snapshots: Vec<u32>,
    /// Each is later than the one before.
    is_in_order: bool,
}

impl Series<'_> {
    fn len(&self, lists: &[Alike]) -> usize {
        let of_part = |part: &SeriesPart| lists[part.list].snapshots.len();
        self.parts.iter().map(of_part).sum()
    }

    /// Shows `each` of its points, in order of time.
    fn in_order(&self, samples: &Samples, lists: &[Alike], mut each: impl FnMut(Point)) {
        let points = |part: &SeriesPart| {
            let SeriesPart { offset, flags, .. } = *part;
            let snapshots = lists[part.list].snapshots.iter();
            snapshots.map(move |snapshot| {
                let (time, value) = samples.at(*snapshot, offset);
                Point { time, value, flags }
            })
        };
        if let [part] = self.parts.as_slice()
            && lists[part.list].is_in_order
        {
            return points(part).for_each(each);
        }
        let mut all: Vec<Point> = self.parts.iter().flat_map(points).collect();
        // Stable, which is quick on what is nearly in order.
        all.sort_by(|a, b| a.time.cmp(&b.time).then(a.value.total_cmp(&b.value)));
        all.into_iter().for_each(&mut each);
    }
}

/// All snapshots, those of one shape and identity together.
fn alike(samples: &Samples) -> Vec<Alike> {
    let mut index: HashMap<(ShapeId, IdentityId), usize, Quick> = HashMap::default();
    let mut lists: Vec<Alike> = Vec::new();
    let mut last = 0;
    for (number, (snapshot, _)) in (0..).zip(samples.snapshots()) {
        let Snapshot {
            shape, identity, ..
        } = *snapshot;
        let is_as_last = |list: &Alike| (list.shape, list.identity) == (shape, identity);
        let at = if lists.get(last).is_some_and(is_as_last) {
            last
        } else {
            *index.entry((shape, identity)).or_insert_with(|| {
                lists.push(Alike {
                    shape,
                    identity,
                    snapshots: Vec::new(),
                    is_in_order: true,
                });
                lists.len() - 1
            })
        };
        let list = &mut lists[at];
        if let Some(before) = list.snapshots.last() {
            list.is_in_order &= samples.at(*before, 0).0 < snapshot.time;
        }
        list.snapshots.push(number);
        last = at;
    }
    lists
}

/// The samples of each series, in the order in which the series begin.
fn by_series(samples: &Samples, lists: &[Alike]) -> Vec<(SeriesKey, Vec<SeriesPart>)> {
    let mut index: HashMap<SeriesKey, usize, Quick> = HashMap::default();
    let mut series: Vec<(SeriesKey, Vec<SeriesPart>)> = Vec::new();
    for (list, own) in lists.iter().enumerate() {
        for (offset, kind) in (0..).zip(samples.kinds(own.shape)) {
            let key = (kind.metric, kind.dims, own.identity);
            let at = *index.entry(key).or_insert_with(|| {
                series.push((key, Vec::new()));
                series.len() - 1
            });
            series[at].1.push(SeriesPart {
                list,
                offset,
                flags: kind.flags,
            });
        }
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

/// The dimension sets of series, each with the mode and interface that it lacks.
fn sources(
    records: &mut Records,
    sets: impl Iterator<Item = DimsId>,
) -> HashMap<DimsId, Source, Quick> {
    let switches = Switches::of(&records.catalog, &records.events);
    let mut sources: HashMap<DimsId, Source, Quick> = HashMap::default();
    for dims in sets {
        sources
            .entry(dims)
            .or_insert_with(|| Source::new(&mut records.catalog, &switches, dims));
    }
    sources
}

/// A dimension set, and what it becomes with the mode and interface in force that it lacks.
struct Source {
    dims: DimsId,
    /// Dimensions without the process: samples of one source are taken together.
    source: DimsId,
    /// What it is from a moment on, in order of time; before the first moment as at the first.
    in_force: Vec<(Time, DimsId)>,
}

impl Source {
    fn new(catalog: &mut Catalog, switches: &Switches, dims: DimsId) -> Self {
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
        let modes = choose(Dimension::Mode, switches.modes.as_slice());
        let interfaces = choose(Dimension::Interface, switches.interfaces.as_slice());
        let mut moments: Vec<Time> = modes.iter().chain(interfaces).map(|s| s.time).collect();
        moments.sort_unstable();
        moments.dedup();
        // What the first switch left was in force before it.
        if let Some(first) = moments.first().copied() {
            moments.insert(0, Time(first.0.saturating_sub(1)));
        }
        let in_force = moments
            .into_iter()
            .map(|time| {
                let mut dims = own.clone();
                dims.push((Dimension::Mode, in_force(modes, time)));
                dims.push((Dimension::Interface, in_force(interfaces, time)));
                (time, catalog.dims(dims))
            })
            .collect();
        let of_source = own
            .iter()
            .copied()
            .filter(|(d, _)| *d != Dimension::Process)
            .collect();
        Self {
            dims,
            source: catalog.dims(of_source),
            in_force,
        }
    }

    /// The dimensions at a time; what has none has its own alone.
    fn dims_at(&self, time: Option<Time>) -> DimsId {
        let (Some(time), Some((_, first))) = (time, self.in_force.first()) else {
            return self.dims;
        };
        match self.in_force.partition_point(|(from, _)| *from <= time) {
            0 => *first,
            after => self.in_force[after - 1].1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn nearest_is_what_rounding_gives(value in prop_oneof![any::<f64>(), -1e6..1e6_f64, (-100_i32..100).prop_map(|n| f64::from(n) / 2.0)]) {
            prop_assert_eq!(nearest(value), value.round() as i64);
        }
    }
}
