//! The canonical form of a workload: the same for the same records, however they came in.
//!
//! Names are numbered in order of their text, dimension sets, identities and units in order of what
//! they hold; what nothing refers to is gone; everything is sorted, and equal keys are one row.

use crate::record::{
    Catalog, Dimension, Dims, DimsId, Event, EventKind, Identity, IdentityId, Interned, Measured,
    Name,
};
use crate::threads;
use crate::units::Time;

use super::{Row, UnitId, UnitOfInference, WallClock, Workload};

/// Fewer rows are sorted faster than a thread begins.
const WORTH_A_THREAD: usize = 1 << 12;

/// A place in a workload that refers to the catalog or to a unit.
pub(super) enum Reference<'a> {
    Name(&'a mut Name),
    Dims(&'a mut DimsId),
    Identity(&'a mut IdentityId),
    Unit(&'a mut UnitId),
}

/// Brings a workload into its canonical form.
pub(super) fn canonicalise(workload: &mut Workload) {
    renumber(workload);
    let (rows, streams) = (&mut workload.rows, &mut workload.streams);
    if rows.len() < WORTH_A_THREAD {
        sort_rows(rows);
        super::streams::sort(streams);
    } else {
        threads::both(|| sort_rows(rows), || super::streams::sort(streams));
    }
    sort_samples(&mut workload.samples);
    sort_events(&mut workload.events);
    workload.aggregates.sort_by(|a, b| {
        let key = |x: &crate::record::Aggregate| (x.metric, x.statistic, x.dims, x.time, x.n);
        key(a)
            .cmp(&key(b))
            .then(a.value.total_cmp(&b.value))
            .then((a.key, a.file).cmp(&(b.key, b.file)))
    });
    workload
        .lookups
        .sort_by_key(|l| (l.time, l.host, l.key, l.hit, l.dims, l.unit, l.took, l.step));
    workload.steps.sort_by_key(|s| {
        (
            s.start, s.host, s.session, s.duration, s.queue, s.dims, s.unit, s.id, s.counts,
        )
    });
    workload.pauses.sort_by_key(|p| {
        (
            p.time,
            p.unit,
            p.dims,
            p.retry,
            p.nanos,
            p.asked,
            p.is_subagent,
            p.counts,
        )
    });
    sort_wall_clocks(&mut workload.wall_clocks);
    super::reach::sort(&mut workload.reaches);
    sort_sequences(workload);
}

/// Calls `visit` with every reference of the workload; those inside the catalog are not among them.
pub(super) fn each_reference(workload: &mut Workload, mut visit: impl FnMut(Reference<'_>)) {
    let visit_metric = |metric: &mut Measured, visit: &mut dyn FnMut(Reference<'_>)| {
        if let Measured::Custom(name) = metric {
            visit(Reference::Name(name));
        }
    };
    for row in &mut workload.rows {
        visit(Reference::Unit(&mut row.key.unit));
        visit(Reference::Name(&mut row.key.task));
        visit(Reference::Dims(&mut row.key.dims));
    }
    for series in &mut workload.samples {
        visit_metric(&mut series.metric, &mut visit);
        visit(Reference::Dims(&mut series.dims));
        visit(Reference::Unit(&mut series.unit));
        visit(Reference::Name(&mut series.task));
    }
    for lookup in &mut workload.lookups {
        visit(Reference::Name(&mut lookup.host));
        visit(Reference::Dims(&mut lookup.dims));
        visit(Reference::Unit(&mut lookup.unit));
    }
    for step in &mut workload.steps {
        visit(Reference::Name(&mut step.session));
        visit(Reference::Name(&mut step.host));
        visit(Reference::Dims(&mut step.dims));
        visit(Reference::Unit(&mut step.unit));
    }
    for pause in &mut workload.pauses {
        visit(Reference::Dims(&mut pause.dims));
        visit(Reference::Unit(&mut pause.unit));
    }
    for event in &mut workload.events {
        if let EventKind::Other(name) = &mut event.kind {
            visit(Reference::Name(name));
        }
        visit(Reference::Name(&mut event.subject));
        visit(Reference::Name(&mut event.from));
        visit(Reference::Name(&mut event.to));
        visit(Reference::Dims(&mut event.dims));
        visit(Reference::Identity(&mut event.identity));
    }
    for aggregate in &mut workload.aggregates {
        visit_metric(&mut aggregate.metric, &mut visit);
        visit(Reference::Dims(&mut aggregate.dims));
    }
    for wall in &mut workload.wall_clocks {
        visit(Reference::Unit(&mut wall.unit));
        for share in &mut wall.tools {
            visit(Reference::Name(&mut share.tool));
        }
    }
    for reach in &mut workload.reaches {
        visit(Reference::Unit(&mut reach.unit));
    }
    for stream in &mut workload.streams {
        visit(Reference::Unit(&mut stream.unit));
        for name in [&mut stream.session, &mut stream.agent, &mut stream.provider] {
            visit(Reference::Name(name));
        }
        for request in &mut stream.requests {
            visit(Reference::Name(&mut request.model));
        }
        for call in &mut stream.calls {
            visit(Reference::Name(&mut call.tool));
        }
    }
    for (source, _) in &mut workload.sequences.sample_times {
        visit(Reference::Dims(source));
    }
    for reading in &mut workload.sequences.readings {
        visit_metric(&mut reading.metric, &mut visit);
        visit(Reference::Dims(&mut reading.series));
        visit(Reference::Dims(&mut reading.dims));
        visit(Reference::Unit(&mut reading.unit));
        visit(Reference::Name(&mut reading.task));
    }
    for ending in &mut workload.sequences.endings {
        visit(Reference::Name(&mut ending.interface));
    }
    for session in &mut workload.sequences.sessions {
        visit(Reference::Name(session));
    }
}

/// Sorts series and their cells, and adds up those with one key.
pub(super) fn sort_samples(all: &mut Vec<super::SampleSeries>) {
    all.sort_by_key(super::SampleSeries::key);
    all.dedup_by(|later, earlier| {
        let is_same = later.key() == earlier.key();
        if is_same {
            earlier.cells.append(&mut later.cells);
        }
        is_same
    });
    all.iter_mut().for_each(super::SampleSeries::settle);
}

fn sort_rows(rows: &mut Vec<Row>) {
    // They are large: each is moved once, when its place is known.
    rows.sort_by_cached_key(|row| row.key);
    rows.dedup_by(|later, earlier| {
        let is_same = later.key == earlier.key;
        if is_same {
            earlier.merge(later);
        }
        is_same
    });
}

fn sort_wall_clocks(all: &mut Vec<WallClock>) {
    all.iter_mut().for_each(WallClock::settle);
    all.sort_by_cached_key(|wall| wall.unit);
    all.dedup_by(|later, earlier| {
        let is_same = later.unit == earlier.unit;
        if is_same {
            earlier.merge(later);
        }
        is_same
    });
}

fn sort_events(events: &mut [Event]) {
    events.sort_by_key(|e| {
        (
            (e.time, e.kind, e.subject, e.from, e.to),
            (e.dims, e.identity, e.duration, e.key, e.flags.0, e.file),
        )
    });
}

fn sort_sequences(workload: &mut Workload) {
    let sequences = &mut workload.sequences;
    let times = &mut sequences.sample_times;
    times.sort_by_key(|(source, _)| *source);
    times.dedup_by(|later, earlier| {
        let is_same = later.0 == earlier.0;
        if is_same {
            earlier.1.append(&mut later.1);
        }
        is_same
    });
    for (_, times) in times {
        times.sort_unstable();
        times.dedup();
    }
    sequences.readings.sort_by(|a, b| {
        let key = |r: &super::Reading| (r.metric, r.series, r.time);
        key(a)
            .cmp(&key(b))
            .then(a.value.total_cmp(&b.value))
            .then((a.dims, a.unit, a.task).cmp(&(b.dims, b.unit, b.task)))
    });
    let endings = &mut sequences.endings;
    endings.sort_by_key(|e| e.interface);
    endings.dedup_by(|later, earlier| {
        let is_same = later.interface == earlier.interface;
        if is_same {
            earlier.last_success = earlier.last_success.max(later.last_success);
            earlier.failures.append(&mut later.failures);
        }
        is_same
    });
    endings.iter_mut().for_each(super::Ending::trim);
    sequences.sessions.sort_unstable();
    sequences.sessions.dedup();
}

/// Numbers units, names, dimension sets and identities anew, in order.
fn renumber(workload: &mut Workload) {
    // Streams hold as many references as all else.
    let mut apart = Workload {
        streams: std::mem::take(&mut workload.streams),
        ..Workload::default()
    };
    let mut old = std::mem::take(&mut workload.catalog);
    let (mut used, of_streams) =
        threads::both(|| Used::of(workload, &old), || Used::of(&mut apart, &old));
    used.unite(&of_streams);
    let mut new = Catalog::default();

    used.mark_names_in(&old);
    let (names, units) = threads::both(
        || sorted_numbers(&used.names, |id| Text::of(old.names.get(id))),
        || sort_units(&mut workload.units),
    );
    let mut texts = std::mem::take(&mut old.names).into_values();
    let in_order = names.order.iter();
    new.names = Interned::of_sorted(
        in_order
            .map(|id| std::mem::take(&mut texts[*id as usize]))
            .collect(),
    );
    let name = |n: Name| Name(names.number[n.0 as usize]);

    let set = |id: u32| -> Dims {
        let mut set: Dims = old
            .dims
            .get(id)
            .iter()
            .map(|(dimension, value)| {
                let dimension = match *dimension {
                    Dimension::Label(label) => Dimension::Label(name(label)),
                    fixed => fixed,
                };
                (dimension, name(*value))
            })
            .collect();
        set.sort_unstable();
        set
    };
    let dims = sorted_numbers(&used.dims, set);
    new.dims = Interned::of_sorted(dims.order.iter().map(|id| set(*id)).collect());

    let identity = |id: u32| -> Identity {
        let i = old.identities.get(id);
        Identity {
            session: name(i.session),
            task: name(i.task),
            run: name(i.run),
            unit: name(i.unit),
            attendance: i.attendance,
        }
    };
    // The unknown one stays the first, though one of which only the attendance is known would come before it.
    let identities = sorted_numbers(&used.identities, |id| (id != 0, identity(id)));
    new.identities = Interned::of(identities.order.iter().map(|id| identity(*id)).collect());
    workload.catalog = new;
    let anew = |reference: Reference<'_>| match reference {
        Reference::Name(n) => *n = name(*n),
        Reference::Dims(d) => d.0 = dims.number[d.0 as usize],
        Reference::Identity(i) => i.0 = identities.number[i.0 as usize],
        Reference::Unit(u) => {
            if *u != UnitId::NONE {
                u.0 = units[u.0 as usize];
            }
        }
    };
    threads::both(
        || each_reference(workload, anew),
        || each_reference(&mut apart, anew),
    );
    workload.streams = apart.streams;
}

/// Sorts units by name; equal names are one unit. Returns the new number of each.
fn sort_units(units: &mut Vec<UnitOfInference>) -> Vec<u32> {
    let mut order: Vec<(Text, u32)> = units.iter().map(|u| Text::of(&u.name)).zip(0..).collect();
    order.sort_unstable();
    let mut number = vec![0; order.len()];
    let mut firsts = Vec::new();
    let mut last = None;
    for (text, old) in order {
        if last.replace(text) != Some(text) {
            firsts.push(old);
        }
        number[old as usize] = super::fold::number(firsts.len() - 1);
    }
    let first = |old: &u32| std::mem::take(&mut units[*old as usize]);
    *units = firsts.iter().map(first).collect();
    number
}

/// A text in its order: most are told apart by their beginning, without going where they are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Text<'a> {
    /// The first eight bytes, the first one the highest; 0 behind the end.
    beginning: u64,
    text: &'a str,
}

impl<'a> Text<'a> {
    fn of(text: &'a str) -> Self {
        let mut beginning = [0; 8];
        let n = text.len().min(8);
        beginning[..n].copy_from_slice(&text.as_bytes()[..n]);
        Self {
            beginning: u64::from_be_bytes(beginning),
            text,
        }
    }
}

/// Which parts of a catalog are referred to.
struct Used {
    names: Vec<bool>,
    dims: Vec<bool>,
    identities: Vec<bool>,
}

impl Used {
    fn of(workload: &mut Workload, catalog: &Catalog) -> Self {
        let mut used = Used {
            names: vec![false; catalog.names.values().len()],
            dims: vec![false; catalog.dims.values().len()],
            identities: vec![false; catalog.identities.values().len()],
        };
        // Number 0 is the unknown one of each, always there.
        used.names[0] = true;
        used.dims[0] = true;
        used.identities[0] = true;
        each_reference(workload, |reference| match reference {
            Reference::Name(n) => used.names[n.0 as usize] = true,
            Reference::Dims(d) => used.dims[d.0 as usize] = true,
            Reference::Identity(i) => used.identities[i.0 as usize] = true,
            Reference::Unit(_) => {}
        });
        used
    }

    fn unite(&mut self, other: &Used) {
        for (own, others) in [
            (&mut self.names, &other.names),
            (&mut self.dims, &other.dims),
            (&mut self.identities, &other.identities),
        ] {
            own.iter_mut().zip(others).for_each(|(a, b)| *a |= b);
        }
    }

    fn mark_names_in(&mut self, catalog: &Catalog) {
        for (set, _) in marked(catalog.dims.values(), &self.dims) {
            for (dimension, value) in set {
                if let Dimension::Label(label) = dimension {
                    self.names[label.0 as usize] = true;
                }
                self.names[value.0 as usize] = true;
            }
        }
        for (i, _) in marked(catalog.identities.values(), &self.identities) {
            for name in [i.session, i.task, i.run, i.unit] {
                self.names[name.0 as usize] = true;
            }
        }
    }
}

fn marked<'a, T>(values: &'a [T], is_used: &'a [bool]) -> impl Iterator<Item = (&'a T, &'a bool)> {
    values.iter().zip(is_used).filter(|(_, used)| **used)
}

/// Old numbers in their new order, and for each old number the new one (0 where it is gone).
struct Renumbered {
    order: Vec<u32>,
    number: Vec<u32>,
}

/// Orders what is used by value. The default value, number 0, must be the smallest.
fn sorted_numbers<T: Ord>(is_used: &[bool], value: impl Fn(u32) -> T) -> Renumbered {
    let mut keyed: Vec<(T, u32)> = (0..)
        .zip(is_used)
        .filter(|(_, used)| **used)
        .map(|(id, _)| (value(id), id))
        .collect();
    keyed.sort_unstable();
    let order: Vec<u32> = keyed.into_iter().map(|(_, id)| id).collect();
    let mut number = vec![0; is_used.len()];
    for (new, old) in (0..).zip(&order) {
        number[*old as usize] = new;
    }
    Renumbered { order, number }
}

/// The earlier and the later of two spans together.
pub(super) fn span(a: Option<(Time, Time)>, b: Option<(Time, Time)>) -> Option<(Time, Time)> {
    match (a, b) {
        (Some(a), Some(b)) => Some((a.0.min(b.0), a.1.max(b.1))),
        (a, b) => a.or(b),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Attendance, Flags, Records};
    use crate::workload::{FoldOptions, fold};

    /// In order of its fields it would come before the unknown one.
    #[test]
    fn an_identity_of_attendance_alone_stays_what_it_is() {
        let mut records = Records::default();
        let attended = records.catalog.identity(Identity {
            attendance: Attendance::Attended,
            ..Identity::default()
        });
        for (time, identity) in [(1, IdentityId::default()), (2, attended)] {
            records.events.push(Event {
                key: 0,
                time: Time(Time::EARLIEST.0 + time),
                duration: -1,
                kind: EventKind::ProcessStart,
                subject: Name::NONE,
                from: Name::NONE,
                to: Name::NONE,
                dims: DimsId::default(),
                identity,
                file: 0,
                flags: Flags::LEADS,
            });
        }
        let workload = fold(records, &FoldOptions::default());
        let of = |id: IdentityId| workload.catalog.identities.get(id.0).attendance;
        let found: Vec<Attendance> = workload.events.iter().map(|e| of(e.identity)).collect();
        assert_eq!(found, [Attendance::Unknown, Attendance::Attended]);
        assert_eq!(of(IdentityId::default()), Attendance::Unknown);
    }
}
