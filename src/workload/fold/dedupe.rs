//! One record where inputs hold the same one several times.
//!
//! Equal keys are one record. Its owner is the earliest (start, then rank of the file, then content) of the main
//! conversation, else of a subagent, of several sources that of the best one, whatever the order in which the records came in.

use std::cmp::{Ordering, Reverse};
use std::collections::HashMap;

use crate::record::{
    Aggregate, Catalog, DimsId, Event, EventKind, Flags, IdentityId, Measured, Name, Operation,
    OperationKind as Op, Records, Samples, Snapshot, Tokens,
};
use crate::units::Time;

use super::FoldOptions;
use super::index::{FREE, Index, Quick, number};
use super::repeats::{Table, by_part};
use super::sources::{Repeats, source_of};
use super::united::{fill_in, place};
use crate::workload::Source;

/// Drops all but the owner of each key. Returns how many records (lines, snapshots) were dropped, and which sources tell
/// of operations that several tell; those are noted in `repeats`.
pub(super) fn dedupe(
    records: &mut Records,
    options: &FoldOptions,
    repeats: &mut Repeats,
) -> (u64, ToldBy) {
    let ranks = options.file_ranks.as_slice();
    let (dropped, told_by) = operations(records, ranks, options, repeats);
    let others =
        events(records, ranks) + samples(&mut records.samples, ranks) + aggregates(records, ranks);
    (dropped + others, told_by)
}

/// Orders operations by when and where, then by what they say, and by nothing that depends on the
/// order of reading. Tokens are left out: equal operations share the largest.
pub(super) fn order(a: &Operation, b: &Operation, records: &Records, ranks: &[u64]) -> Ordering {
    let number = |o: &Operation| {
        (
            o.start,
            rank(ranks, o.file),
            o.kind,
            o.attempt,
            o.duration,
            o.outcome,
            o.id,
            o.parent,
            o.cache,
            o.flags.0,
        )
    };
    number(a).cmp(&number(b)).then_with(|| {
        let details = |o: &Operation| {
            let d = records.details_of(o);
            (
                d.accuracy,
                d.files_used,
                d.files_considered,
                d.memory,
                d.tokens_budget,
                d.cache_key,
                d.retry_after,
            )
        };
        let catalog = &records.catalog;
        details(a)
            .cmp(&details(b))
            .then_with(|| dims_texts(catalog, a.dims).cmp(&dims_texts(catalog, b.dims)))
            .then_with(|| {
                identity_texts(catalog, a.identity).cmp(&identity_texts(catalog, b.identity))
            })
            .then(a.file.cmp(&b.file))
    })
}

/// Which sources tell of an operation, by its key, where several do.
pub(super) type ToldBy = HashMap<u128, Vec<Source>>;

fn operations(
    records: &mut Records,
    ranks: &[u64],
    options: &FoldOptions,
    told: &mut Repeats,
) -> (u64, ToldBy) {
    let mut operations = std::mem::take(&mut records.operations);
    let mut groups: HashMap<u32, Vec<u32>, Quick> = HashMap::default();
    for (first, this) in repeats(&operations) {
        groups
            .entry(first)
            .or_insert_with(|| vec![first])
            .push(this);
    }
    let mut told_by = ToldBy::new();
    if groups.is_empty() {
        records.operations = operations;
        return (0, told_by);
    }
    let source = |o: &Operation| source_of(o.file, o.flags, options);
    let mut is_dropped = vec![false; operations.len()];
    let mut ids: HashMap<u64, u64> = HashMap::new();
    for mut group in groups.into_values() {
        let operation = |at: &u32| &operations[*at as usize];
        group.sort_by(|a, b| {
            let (a, b) = (operation(a), operation(b));
            // Where a session has no other source, there is none.
            let best = |o: &Operation| source(o).map_or((1, None), |s| (0, Some(s)));
            (best(a), is_of_subagent(a.flags))
                .cmp(&(best(b), is_of_subagent(b.flags)))
                .then_with(|| order(a, b, records, ranks))
        });
        let copies: Vec<Operation> = group.iter().map(|at| *operation(at)).collect();
        let mut sources: Vec<Source> = copies.iter().filter_map(source).collect();
        for copy in &copies[1..] {
            if let (Some(kept), Some(left_out)) = (sources.first(), source(copy))
                && *kept != left_out
            {
                let session = records.catalog.identities.get(copy.identity.0).session;
                told.note(*kept, left_out, session, copy.flags);
            }
        }
        sources.dedup();
        if sources.len() > 1 {
            told_by.insert(copies[0].key, sources);
        }
        let united = united(&copies, source, &mut records.catalog);
        for copy in &copies {
            if copy.id != united.id {
                ids.insert(copy.id, united.id);
            }
        }
        for at in &group[1..] {
            is_dropped[*at as usize] = true;
        }
        operations[group[0] as usize] = united;
    }
    let duplicates = retain(&mut operations, &is_dropped, |o| o.flags);
    ids.remove(&0);
    rename_parents(&mut operations, &ids);
    records.operations = operations;
    (duplicates, told_by)
}

/// A subagent's file may begin with lines of the conversation that started it: what that one tells, too, is its own.
fn is_of_subagent(flags: Flags) -> bool {
    flags.has(Flags::SUBAGENT)
}

/// What belonged to an operation that was dropped belongs to the one that was kept.
pub(super) fn rename_parents(operations: &mut [Operation], ids: &HashMap<u64, u64>) {
    if ids.is_empty() {
        return;
    }
    for operation in operations {
        if let Some(id) = ids.get(&operation.parent).filter(|id| **id != operation.id) {
            operation.parent = *id;
        }
    }
}

/// The operations whose key an earlier one has, in order, each behind the first with its key.
fn repeats(operations: &[Operation]) -> Vec<(u32, u32)> {
    let key = |at: u32| operations[at as usize].key;
    let hash = |at: usize| {
        let key = operations[at].key;
        (key != 0).then(|| fold_key(key))
    };
    let repeats = by_part(operations.len(), hash, |part| {
        let mut repeats = Vec::new();
        let is_same = |first, this| key(first) == key(this);
        Table::of(part, is_same, |first, this| {
            repeats.push((first, this));
            first
        });
        repeats
    });
    let mut repeats = repeats.concat();
    repeats.sort_unstable_by_key(|(_, this)| *this);
    repeats
}

/// One operation of its copies, which come in order of their sources, then those of the main conversation first, then in
/// that of [`order`]. The first one owns it. When it ran and how it ended tells the copy that saw most of it (a log may
/// have been copied while something still ran), of copies that saw as much the best source, then the earliest (a copy may
/// have times of its own); of counts the largest is true, of sums the least. What else the owner does not know, the others tell.
fn united(
    copies: &[Operation],
    source: impl Fn(&Operation) -> Option<Source>,
    catalog: &mut Catalog,
) -> Operation {
    let mut owner = copies[0];
    let is_answered = |o: &Operation| !o.flags.has(Flags::UNANSWERED);
    let is_bound = |o: &Operation| o.flags.has(Flags::OUTPUT_IS_LOWER_BOUND);
    let seen = |o: &Operation| {
        let of_source = Reverse(source(o).map_or((1, None), |s| (0, Some(s))));
        let ended = (is_answered(o), o.duration >= 0);
        let output = if is_bound(o) { o.tokens.output } else { 0 };
        let when = (Reverse(o.start), o.end());
        (ended, of_source, !is_bound(o), output, when)
    };
    // The first of those that saw as much.
    let teller = *copies
        .iter()
        .rev()
        .max_by_key(|o| seen(o))
        .unwrap_or(&owner);
    (owner.start, owner.duration) = (teller.start, teller.duration);
    owner.outcome = teller.outcome;
    let (mut all, mut is_final) = (0, false);
    for copy in copies {
        all |= copy.flags.0;
        is_final |= copy.flags.has(Flags::HAS_TOKENS) && !is_bound(copy);
    }
    let mut flags = owner.flags.0 | all & Flags::HAS_TOKENS.0;
    flags &= !(Flags::OUTPUT_IS_LOWER_BOUND.0 | Flags::UNANSWERED.0);
    flags |= teller.flags.0 & Flags::UNANSWERED.0;
    if !is_final {
        flags |= all & Flags::OUTPUT_IS_LOWER_BOUND.0;
    }
    owner.flags = Flags(flags);
    // Sums since a process began: in a stream the reader takes away what was told before.
    let are_sums = source(&owner) == Some(Source::Result) && owner.kind != Op::ModelRequest;
    let count = |a: u32, b: u32| if are_sums { a.min(b) } else { a.max(b) };
    for other in &copies[1..] {
        let (a, b) = (owner.tokens, other.tokens);
        owner.tokens = Tokens {
            fresh: count(a.fresh, b.fresh),
            cache_read: count(a.cache_read, b.cache_read),
            cache_write: count(a.cache_write, b.cache_write),
            cache_write_1h: count(a.cache_write_1h, b.cache_write_1h),
            output: count(a.output, b.output),
            reasoning: count(a.reasoning, b.reasoning),
        };
        owner.cost = match owner.cost.min(other.cost) {
            least @ 0.. if are_sums => least,
            _ => owner.cost.max(other.cost),
        };
        owner.arguments = owner.arguments.max(other.arguments);
        owner.result = owner.result.max(other.result);
        owner.stop = owner.stop.max(other.stop);
        fill_in(&mut owner, other);
    }
    // Of copies in one source the first tells where it belongs.
    for of_source in copies.chunk_by(|a, b| source(a) == source(b)).skip(1) {
        place(&mut owner, &of_source[0], catalog);
    }
    owner
}

fn events(records: &mut Records, ranks: &[u64]) -> u64 {
    let mut events = std::mem::take(&mut records.events);
    let catalog = &records.catalog;
    let is_dropped = all_but_first(
        &events,
        |e| e.key,
        |a, b| {
            let number = |e: &Event| {
                let rank = rank(ranks, e.file);
                (is_of_subagent(e.flags), e.time, rank, e.duration)
            };
            number(a)
                .cmp(&number(b))
                .then_with(|| event_texts(catalog, a).cmp(&event_texts(catalog, b)))
                .then(a.file.cmp(&b.file))
        },
    );
    let duplicates = retain(&mut events, &is_dropped, |e| e.flags);
    records.events = events;
    duplicates
}

fn aggregates(records: &mut Records, ranks: &[u64]) -> u64 {
    let mut aggregates = std::mem::take(&mut records.aggregates);
    let catalog = &records.catalog;
    let is_dropped = all_but_first(
        &aggregates,
        |a| a.key,
        |a, b| {
            let number = |a: &Aggregate| (a.time, rank(ranks, a.file), a.statistic, a.n);
            number(a)
                .cmp(&number(b))
                .then(a.value.total_cmp(&b.value))
                .then_with(|| {
                    measured_text(catalog, a.metric).cmp(measured_text(catalog, b.metric))
                })
                .then_with(|| dims_texts(catalog, a.dims).cmp(&dims_texts(catalog, b.dims)))
                .then(a.file.cmp(&b.file))
        },
    );
    let duplicates = retain(&mut aggregates, &is_dropped, |a| a.flags);
    records.aggregates = aggregates;
    duplicates
}

/// All samples of one snapshot share a key: the copy of a snapshot that is not the owner's goes as a
/// whole. A snapshot's samples lie together, and its first one leads.
fn samples(samples: &mut Samples, ranks: &[u64]) -> u64 {
    if !are_repeated(samples) {
        return 0;
    }
    let leads = |s: &Snapshot| {
        let first = samples.first_kind(s.shape);
        first.is_some_and(|kind| kind.flags.has(Flags::LEADS))
    };
    let copy = |(snapshot, values): (&Snapshot, &[f64])| Copy {
        key: snapshot.key(),
        time: snapshot.time,
        value: values.first().copied().unwrap_or_default(),
        file: snapshot.file,
        leads: leads(snapshot),
    };
    let all: Vec<Copy> = samples.snapshots().map(copy).collect();
    // Where times differ within a snapshot, it lies in several pieces, of which only the first one leads.
    let mut copies: Vec<std::ops::Range<usize>> = Vec::with_capacity(all.len());
    for (index, piece) in all.iter().enumerate() {
        match copies.last_mut() {
            Some(copy) if !piece.leads && all[copy.start].is_beside(piece) => copy.end = index + 1,
            _ => copies.push(index..index + 1),
        }
    }
    let is_copy = all_but_first(
        &copies,
        |copy| all[copy.start].key,
        |a, b| {
            let (a, b) = (&all[a.start], &all[b.start]);
            let number = |c: &Copy| (rank(ranks, c.file), c.file, c.time);
            number(a).cmp(&number(b)).then(a.value.total_cmp(&b.value))
        },
    );
    if !is_copy.contains(&true) {
        return 0;
    }
    let mut is_dropped = vec![false; all.len()];
    let mut duplicates = 0;
    for (copy, dropped) in copies.into_iter().zip(is_copy) {
        duplicates += u64::from(dropped && all[copy.start].leads);
        is_dropped[copy].fill(dropped);
    }
    samples.drop_snapshots(&is_dropped);
    duplicates
}

/// Whether any snapshot is there twice, which mostly none is.
fn are_repeated(samples: &Samples) -> bool {
    let mut seen = Index::for_keys(samples.snapshots().len());
    let mut before = None;
    for (index, (snapshot, _)) in samples.snapshots().enumerate() {
        let key = snapshot.key();
        let own = Some((key, snapshot.file));
        let is_piece = || {
            let first = samples.first_kind(snapshot.shape);
            first.is_none_or(|kind| !kind.flags.has(Flags::LEADS))
        };
        if key == 0 || own == before && is_piece() {
            continue;
        }
        before = own;
        let slot = seen.slot(fold_key(key), |n| samples.snapshot(n).key() == key);
        if *slot != FREE {
            return true;
        }
        *slot = number(index);
    }
    false
}

/// A snapshot, or a piece of one.
struct Copy {
    key: u128,
    time: Time,
    /// Its first value.
    value: f64,
    file: u32,
    leads: bool,
}

impl Copy {
    fn is_beside(&self, other: &Copy) -> bool {
        self.key != 0 && (self.key, self.file) == (other.key, other.file)
    }
}

/// For each item whether another one with its key comes before it in `order`.
fn all_but_first<T>(
    items: &[T],
    key: impl Fn(&T) -> u128,
    order: impl Fn(&T, &T) -> Ordering,
) -> Vec<bool> {
    let mut owners = Index::for_keys(items.iter().filter(|i| key(i) != 0).count());
    let mut is_dropped = vec![false; items.len()];
    for (index, item) in items.iter().enumerate() {
        let this = key(item);
        if this == 0 {
            continue;
        }
        let slot = owners.slot(fold_key(this), |n| key(&items[n as usize]) == this);
        if *slot == FREE {
            *slot = number(index);
        } else if order(item, &items[*slot as usize]) == Ordering::Less {
            is_dropped[*slot as usize] = true;
            *slot = number(index);
        } else {
            is_dropped[index] = true;
        }
    }
    is_dropped
}

/// Removes what is marked; returns how many of it lead a record.
fn retain<T>(items: &mut Vec<T>, is_dropped: &[bool], flags: impl Fn(&T) -> Flags) -> u64 {
    let mut index = 0;
    let mut duplicates = 0;
    items.retain(|item| {
        let dropped = is_dropped[index];
        index += 1;
        duplicates += u64::from(dropped && flags(item).has(Flags::LEADS));
        !dropped
    });
    duplicates
}

/// The rank of a file; files without one come first, by their number.
pub(super) fn rank(ranks: &[u64], file: u32) -> u64 {
    ranks.get(file as usize).copied().unwrap_or(0)
}

fn fold_key(key: u128) -> u64 {
    (key ^ (key >> 64)) as u64
}

fn dims_texts(catalog: &Catalog, dims: DimsId) -> Vec<(&str, &str)> {
    catalog
        .dims
        .get(dims.0)
        .iter()
        .map(|(d, v)| (catalog.dimension_name(*d), catalog.text(*v)))
        .collect()
}

fn identity_texts(catalog: &Catalog, identity: IdentityId) -> [&str; 4] {
    let i = catalog.identities.get(identity.0);
    [i.session, i.task, i.run, i.unit].map(|n| catalog.text(n))
}

fn measured_text(catalog: &Catalog, measured: Measured) -> &str {
    match measured {
        Measured::Known(metric) => metric.name(),
        Measured::Custom(name) => catalog.text(name),
    }
}

/// What an event says, as texts: none of it depends on the order of reading.
pub(super) fn event_texts<'a>(catalog: &'a Catalog, event: &Event) -> impl Ord + use<'a> {
    let (kind, name) = match event.kind {
        EventKind::Other(name) => (EventKind::Other(Name::NONE), catalog.text(name)),
        kind => (kind, ""),
    };
    (
        kind,
        name,
        [event.subject, event.from, event.to].map(|n| catalog.text(n)),
        dims_texts(catalog, event.dims),
        identity_texts(catalog, event.identity),
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::record::{OperationKind, OutcomeKind};
    use proptest::prelude::*;

    /// A copy of one request: start, duration (−1: not known), tokens of output, marks, file.
    fn copy((start, duration, output, flags, file): (i64, i64, u32, u8, u32)) -> Operation {
        let mut o = Operation::new(OperationKind::ModelRequest, Time(start), file);
        o.key = 7;
        (o.duration, o.tokens.output) = (duration, output);
        o.outcome = match duration % 3 {
            0 => OutcomeKind::Ok,
            1 => OutcomeKind::Error,
            _ => OutcomeKind::Unknown,
        };
        o.id = u64::from(file);
        o.flags = Flags(flags & (7 | Flags::SUBAGENT.0 | Flags::LOGGED.0));
        o
    }

    /// The operation that these copies are, and how often each source was left out for which.
    fn owner(copies: &[Operation]) -> (Operation, Vec<(Source, Source)>) {
        let options = FoldOptions {
            file_formats: vec!["claude-code", "otlp", "otlp", "native-records"],
            file_ranks: vec![3, 2, 1, 4],
            ..FoldOptions::default()
        };
        let mut records = Records {
            operations: copies.to_vec(),
            ..Records::default()
        };
        let mut told = Repeats::default();
        dedupe(&mut records, &options, &mut told);
        assert_eq!(records.operations.len(), 1);
        let told = told.finish().iter().map(|r| (r.kept, r.left_out)).collect();
        (records.operations[0], told)
    }

    proptest! {
        #[test]
        fn the_order_of_copies_is_of_no_matter(
            copies in prop::collection::vec((0_i64..4, -1_i64..5, 0_u32..3, 0_u8.., 0_u32..4), 2..6),
            turns in 0_usize..5,
        ) {
            let copies: Vec<Operation> = copies.into_iter().map(copy).collect();
            let mut turned = copies.clone();
            turned.reverse();
            turned.rotate_left(turns % copies.len());
            prop_assert_eq!(owner(&copies), owner(&turned));
        }
    }

    /// Found by the property above: two of one file that agree in all but a mark.
    #[test]
    fn copies_that_differ_in_a_mark_have_an_order() {
        let plain = copy((3, 2, 0, 0, 0));
        let marked = copy((3, 2, 0, Flags::LOGGED.0, 0));
        for copies in [[marked, plain], [plain, marked]] {
            assert_eq!(owner(&copies).0.flags, Flags::default());
        }
    }

    /// Begun at 1 for 3, and written down again at 5 as if it had taken 1; a subagent's file has it, too.
    #[test]
    fn a_copy_with_times_of_its_own_tells_nothing() {
        let first = copy((1, 3, 2, 2, 0));
        let later = copy((5, 1, 2, 2, 0));
        let (united, _) = owner(&[later, first]);
        assert_eq!((united.start, united.duration), (Time(1), 3));
        let subagents = copy((1, 3, 2, 2 | Flags::SUBAGENT.0, 0));
        let (united, _) = owner(&[subagents, first]);
        assert_eq!(united.flags, Flags::HAS_TOKENS);
        // Of another source it tells that it ran in a subagent.
        let span = copy((0, 3, 2, 2 | Flags::SUBAGENT.0, 1));
        let (united, _) = owner(&[span, first]);
        assert!(united.flags.has(Flags::SUBAGENT));
    }

    /// From 1: cut off, 8 long, 6 long and answered, in one file after another.
    #[test]
    fn the_copy_that_saw_most_tells_the_end() {
        let cut = copy((1, -1, 0, Flags::UNANSWERED.0, 0));
        let bound = copy((1, 8, 1, 3, 0));
        let whole = copy((1, 6, 2, 2, 0));
        let (united, told) = owner(&[cut, bound, whole]);
        assert_eq!((united.duration, united.tokens.output), (6, 2));
        assert_eq!(united.flags, Flags::HAS_TOKENS);
        assert_eq!(told, []);
        // A span of the same tells when it ran, even if the log tells more of its output.
        let mut span = copy((2, 4, 0, 0, 1));
        span.flags = Flags::LEADS;
        let mut log = whole;
        log.flags = log.flags.with(Flags::LEADS);
        let (united, told) = owner(&[log, span]);
        assert_eq!(
            (united.start, united.duration, united.file),
            (Time(2), 4, 1)
        );
        assert_eq!(united.tokens.output, 2);
        assert_eq!(told, [(Source::Spans, Source::Log)]);
    }
}
