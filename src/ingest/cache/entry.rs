//! What one file, or a part of one, gave: as bytes and back. Numbers, times and names; nothing of what
//! anybody said.

use super::super::Format;
use super::super::merge::{FileHarvest, Harvest};
use crate::place::{Problem, ProblemKind};
use crate::record::{
    Aggregate, Catalog, Details, Dims, Event, EventKind, Identity, Interned, Measured, Name,
    Operation, Records, Samples,
};
use crate::units::Time;

#[derive(bitcode::Encode, bitcode::Decode)]
struct Entry {
    names: Vec<String>,
    dims: Vec<Dims>,
    identities: Vec<Identity>,
    operations: Vec<Operation>,
    details: Vec<Details>,
    samples: Samples,
    events: Vec<Event>,
    aggregates: Vec<Aggregate>,
    links: Vec<(u64, Name)>,
    ignored: u64,
    problems: Vec<(Option<u64>, ProblemKind, String)>,
    bytes: u64,
    format: Option<String>,
    why_not: Option<String>,
    last: Option<Time>,
    lines: u64,
    state: Vec<u8>,
}

/// The harvest of one file as bytes. `state` is what its reader needs to go on.
pub(super) fn encode(harvest: &mut Harvest, state: Vec<u8>) -> Vec<u8> {
    let records = std::mem::take(&mut harvest.records);
    let file = harvest.files.first();
    let entry = Entry {
        names: records.catalog.names.values().to_vec(),
        dims: records.catalog.dims.values().to_vec(),
        identities: records.catalog.identities.values().to_vec(),
        operations: records.operations,
        details: records.details,
        samples: records.samples,
        events: records.events,
        aggregates: records.aggregates,
        links: records.links,
        ignored: records.ignored,
        problems: harvest
            .problems
            .iter()
            .map(|p| (p.line, p.kind, p.reason.clone().into_owned()))
            .collect(),
        bytes: file.map_or(0, |f| f.bytes),
        format: file.and_then(|f| f.format).map(str::to_owned),
        why_not: file.and_then(|f| f.why_not.clone()),
        last: file.and_then(|f| f.last),
        lines: file.map_or(0, |f| f.lines),
        state,
    };
    let bytes = bitcode::encode(&entry);
    harvest.records = Records {
        catalog: records.catalog,
        operations: entry.operations,
        details: entry.details,
        samples: entry.samples,
        events: entry.events,
        aggregates: entry.aggregates,
        links: entry.links,
        ignored: entry.ignored,
    };
    bytes
}

/// The harvest of file number `file`, and what its reader needs to go on. `None`: these bytes are not
/// what [`encode`] gave.
pub(super) fn decode(
    bytes: &[u8],
    file: usize,
    formats: &[&'static dyn Format],
) -> Option<(Harvest, Vec<u8>)> {
    let mut entry: Entry = bitcode::decode(bytes).ok()?;
    let format = match &entry.format {
        None => None,
        Some(name) => Some(formats.iter().map(|f| f.name()).find(|n| n == name)?),
    };
    if !is_sound(&entry) {
        return None;
    }
    let number = u32::try_from(file).ok()?;
    entry.operations.iter_mut().for_each(|r| r.file = number);
    entry.samples.set_file(number);
    entry.events.iter_mut().for_each(|r| r.file = number);
    entry.aggregates.iter_mut().for_each(|r| r.file = number);
    let problem = |(line, kind, reason): (Option<u64>, ProblemKind, String)| Problem {
        file: number,
        line,
        kind,
        reason: reason.into(),
    };
    let harvest = Harvest {
        records: Records {
            catalog: Catalog {
                names: Interned::of(entry.names),
                dims: Interned::of(entry.dims),
                identities: Interned::of(entry.identities),
            },
            operations: entry.operations,
            details: entry.details,
            samples: entry.samples,
            events: entry.events,
            aggregates: entry.aggregates,
            links: entry.links,
            ignored: entry.ignored,
        },
        problems: entry.problems.into_iter().map(problem).collect(),
        files: vec![FileHarvest {
            file,
            bytes: entry.bytes,
            format,
            why_not: entry.why_not,
            mapping: None,
            last: entry.last,
            lines: entry.lines,
        }],
    };
    Some((harvest, entry.state))
}

/// Whether everything that is referred to by number is there.
fn is_sound(entry: &Entry) -> bool {
    let name = |n: Name| (n.0 as usize) < entry.names.len();
    let dims = |d: crate::record::DimsId| (d.0 as usize) < entry.dims.len();
    let identity = |i: crate::record::IdentityId| (i.0 as usize) < entry.identities.len();
    let metric = |m: Measured| match m {
        Measured::Custom(n) => name(n),
        Measured::Known(_) => true,
    };
    let kind = |k: EventKind| match k {
        EventKind::Other(n) => name(n),
        _ => true,
    };
    let dimension = |d: crate::record::Dimension| match d {
        crate::record::Dimension::Label(n) => name(n),
        _ => true,
    };
    let is_begun =
        !entry.names.is_empty() && !entry.dims.is_empty() && !entry.identities.is_empty();
    let sets = &entry.dims;
    is_begun
        && sets
            .iter()
            .flatten()
            .all(|(d, v)| dimension(*d) && name(*v))
        && entry
            .identities
            .iter()
            .all(|i| [i.session, i.task, i.run, i.unit].into_iter().all(name))
        && entry.operations.iter().all(|o| {
            dims(o.dims) && identity(o.identity) && o.details as usize <= entry.details.len()
        })
        && entry
            .samples
            .is_sound(identity, |kind| dims(kind.dims) && metric(kind.metric))
        && entry.events.iter().all(|e| {
            let names = [e.subject, e.from, e.to].into_iter().all(name);
            dims(e.dims) && identity(e.identity) && kind(e.kind) && names
        })
        && entry
            .aggregates
            .iter()
            .all(|a| dims(a.dims) && metric(a.metric))
        && entry.links.iter().all(|(_, session)| name(*session))
}
