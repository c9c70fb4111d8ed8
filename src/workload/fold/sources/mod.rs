//! One session that several sources tell of: spans and events of OTLP, the agent's own log, metrics, the
//! result that a headless run prints.
//!
//! They are never added: spans come before events, events before logs, logs before results, results before
//! metrics. A request or call that a better source tells too ([`pairs`]) is dropped; what only the worse one
//! tells stays, so that a source which covers a part of a session does not hide the rest. What a result tells
//! of tokens and money counts only where no request tells them, and of it the run itself remains, with
//! its duration and outcome, unless a span tells that run or a log tells turns. Counters of tokens
//! and money count only where neither tells them; such that name no session only where no request ran in their time.

mod pairs;
mod runs;
mod sums;

use std::collections::BTreeMap;

use hashbrown::{HashMap, HashSet};

use crate::metrics::Metric;
use crate::record::{
    Dimension, Event, EventKind, Flags, IdentityId, Measured, Name, Operation, OperationKind,
    Records, Sample,
};
use crate::units::{NANOS, Time};
use crate::workload::{Repeat, Source};

use super::FoldOptions;
use super::dedupe::{ToldBy, rename_parents};
use super::united::complete;
use super::units::is_agent_log;
use pairs::{Ran, pairs};
pub(super) use sums::differences;

/// The format whose records are measured, and whose counters repeat them.
const MEASURED: &str = "otlp";
/// Formats whose records tell what a session used as a whole, and in part what it did.
const RESULTS: &[&str] = &[
    "claude-results",
    "codex-results",
    "gemini-results",
    "opencode-results",
];

/// Which source a record of that file is of; `None` where a session has no other.
pub(super) fn source_of(file: u32, flags: Flags, options: &FoldOptions) -> Option<Source> {
    match options.file_formats.get(file as usize).copied()? {
        MEASURED if flags.has(Flags::LOGGED) => Some(Source::Events),
        MEASURED => Some(Source::Spans),
        format if RESULTS.contains(&format) => Some(Source::Result),
        format => is_agent_log(format).then_some(Source::Log),
    }
}

/// Drops what a better source tells too, and notes it in `repeats`. `told_by` says of operations that several sources
/// tell under one key which these are.
pub(super) fn prefer(
    records: &mut Records,
    options: &FoldOptions,
    told_by: &ToldBy,
    repeats: &mut Repeats,
) {
    let formats = &options.file_formats;
    let tells_again = |format: &&str| *format == MEASURED || RESULTS.contains(format);
    if !formats.iter().any(tells_again) || !are_several(records, options) {
        return;
    }
    drop_pairs(records, options, told_by, repeats);
    drop_paired_events(records, options, repeats);
    drop_sums(records, options, repeats);
    // Sums have taken from results what requests tell.
    runs::drop_told(records, options, repeats);
}

/// Whether more than one source tells of anything at all.
fn are_several(records: &Records, options: &FoldOptions) -> bool {
    let source = |file, flags: Flags| source_of(file, flags, options);
    let operations = records.operations.iter().map(|o| source(o.file, o.flags));
    // Spans have no events of their own.
    let of_event = |e: &Event| source(e.file, e.flags.with(Flags::LOGGED));
    let events = records.events.iter().map(of_event);
    let of_sample = |s: Sample| Some(Source::Metrics).filter(|_| source(s.file, s.flags).is_some());
    let samples = records.samples.iter().map(of_sample);
    let mut told = operations.chain(events).chain(samples).flatten();
    told.next()
        .is_some_and(|first| told.any(|other| other != first))
}

/// What was dropped since another source tells it too, as records (lines, points), and of which sessions.
#[derive(Debug, Default)]
pub(super) struct Repeats(BTreeMap<(Source, Source), (HashSet<Name>, u64)>);

impl Repeats {
    /// A record of `left_out` repeats one of `kept`.
    pub(super) fn note(&mut self, kept: Source, left_out: Source, session: Name, flags: Flags) {
        let (sessions, records) = self.0.entry((kept, left_out)).or_default();
        sessions.insert(session);
        *records += u64::from(flags.has(Flags::LEADS));
    }

    /// How many records.
    pub(super) fn records(&self) -> u64 {
        self.0.values().map(|(_, records)| records).sum()
    }

    pub(super) fn finish(self) -> Vec<Repeat> {
        self.0
            .into_iter()
            .filter(|(_, (_, records))| *records > 0)
            .map(|((kept, left_out), (sessions, records))| Repeat {
                kept,
                left_out,
                sessions: sessions.len() as u64,
                records,
            })
            .collect()
    }
}

/// Numbers of records by source, of one session and kind.
type Sides = [Vec<usize>; 3];

/// The sources whose records tell of single requests and calls, the best first.
const SINGLE: [Source; 3] = [Source::Spans, Source::Events, Source::Log];

/// Drops requests and calls that a better source tells too; what the dropped one alone knew is kept.
fn drop_pairs(
    records: &mut Records,
    options: &FoldOptions,
    told_by: &ToldBy,
    repeats: &mut Repeats,
) {
    let Records {
        catalog,
        operations,
        ..
    } = records;
    let session = |o: &Operation| catalog.identities.get(o.identity.0).session;
    let is_paired = |o: &Operation| {
        matches!(
            o.kind,
            OperationKind::ModelRequest | OperationKind::ToolCall
        )
    };
    let numbers = operations
        .iter()
        .enumerate()
        .filter(|(_, o)| is_paired(o))
        .filter_map(|(n, o)| Some((session(o), o.kind, source_of(o.file, o.flags, options)?, n)));
    let numbers: Vec<_> = numbers.collect();
    let mut is_dropped = vec![false; operations.len()];
    // What belonged to a dropped request belongs to the kept one.
    let mut ids = std::collections::HashMap::new();
    for ((session, _), sides) in by_session(numbers.into_iter()) {
        let ran = |n: &usize| {
            let o = &operations[*n];
            Ran {
                start: o.start.0,
                end: o.end().unwrap_or(o.start).0,
                output: o.tokens.output,
                tool: catalog.dimension(o.dims, Dimension::Tool),
            }
        };
        // What a source tells under the same key is no other record of it.
        let is_told = |n: usize, source: Source| {
            let told = told_by.get(&operations[n].key);
            told.is_some_and(|sources| sources.contains(&source))
        };
        for (kept, left_out, n, better) in repeated(sides, ran, is_told) {
            let lost = operations[n];
            repeats.note(kept, left_out, session, lost.flags);
            is_dropped[n] = true;
            let kept = &mut operations[better];
            complete(kept, &lost, catalog);
            if lost.id != 0 && lost.id != kept.id {
                ids.insert(lost.id, kept.id);
            }
        }
    }
    let mut dropped = is_dropped.into_iter();
    operations.retain(|_| !dropped.next().unwrap_or(false));
    rename_parents(operations, &ids);
}

/// The same for prompts and other events, by their time.
fn drop_paired_events(records: &mut Records, options: &FoldOptions, repeats: &mut Repeats) {
    let Records {
        catalog, events, ..
    } = records;
    let is_paired = |kind: EventKind| matches!(kind, EventKind::Prompt | EventKind::Compaction);
    let numbers = events
        .iter()
        .enumerate()
        .filter(|(_, e)| is_paired(e.kind) && !e.flags.has(Flags::SUBAGENT))
        .filter_map(|(n, e)| {
            let session = catalog.identities.get(e.identity.0).session;
            // Spans have no events of their own.
            let source = source_of(e.file, e.flags.with(Flags::LOGGED), options)?;
            Some((session, e.kind, source, n))
        });
    let mut is_dropped = vec![false; events.len()];
    for ((session, _), sides) in by_session(numbers) {
        let ran = |n: &usize| Ran {
            start: events[*n].time.0,
            end: events[*n].time.0,
            output: 0,
            tool: Name::NONE,
        };
        for (kept, left_out, n, _) in repeated(sides, ran, |_, _| false) {
            repeats.note(kept, left_out, session, events[n].flags);
            is_dropped[n] = true;
        }
    }
    let mut dropped = is_dropped.into_iter();
    events.retain(|_| !dropped.next().unwrap_or(false));
}

/// Records (session, kind, source, number) by session and kind, where several sources tell of them.
fn by_session<K: Copy + Eq + std::hash::Hash>(
    numbers: impl Iterator<Item = (Name, K, Source, usize)>,
) -> Vec<((Name, K), Sides)> {
    let mut found: HashMap<(Name, K), Sides> = HashMap::new();
    for (session, kind, source, number) in numbers {
        let side = SINGLE.iter().position(|s| *s == source);
        if let Some(side) = side.filter(|_| session.is_some()) {
            found.entry((session, kind)).or_default()[side].push(number);
        }
    }
    let is_told_twice = |sides: &Sides| sides.iter().filter(|s| !s.is_empty()).count() > 1;
    found
        .into_iter()
        .filter(|(_, sides)| is_told_twice(sides))
        .collect()
}

/// What a worse source repeats: kept source, dropped source, number of the dropped record and of the kept. Of what
/// `is_told` by the worse source already, it repeats nothing.
fn repeated(
    sides: Sides,
    ran: impl Fn(&usize) -> Ran,
    is_told: impl Fn(usize, Source) -> bool,
) -> Vec<(Source, Source, usize, usize)> {
    let mut repeated = Vec::new();
    let [mut kept, worse @ ..] =
        sides.map(|side| -> Vec<(usize, Ran)> { side.iter().map(|n| (*n, ran(n))).collect() });
    let mut sources = vec![SINGLE[0]; kept.len()];
    for (others, source) in worse.into_iter().zip(&SINGLE[1..]) {
        let rans = |side: &[(usize, Ran)]| side.iter().map(|(_, ran)| *ran).collect::<Vec<_>>();
        let free: Vec<usize> = (0..kept.len())
            .filter(|at| !is_told(kept[*at].0, *source))
            .collect();
        let better: Vec<(usize, Ran)> = free.iter().map(|at| kept[*at]).collect();
        let partners = pairs(&rans(&better), &rans(&others));
        for ((number, ran), partner) in others.into_iter().zip(partners) {
            match partner.map(|at| free[at]) {
                Some(better) => {
                    repeated.push((sources[better], *source, number, kept[better].0));
                }
                None => {
                    kept.push((number, ran));
                    sources.push(*source);
                }
            }
        }
    }
    repeated
}

/// How long after the last request its tokens may be in a counter that is sent now and then, in nanoseconds.
const SENT_WITHIN: i64 = 5 * 60 * NANOS;

/// When the requests ran for which `tells` holds, from the first start to the last end, and their best source.
fn told_in(
    operations: &[Operation],
    options: &FoldOptions,
    tells: impl Fn(&Operation) -> bool,
) -> Option<(Time, Time, Source)> {
    let is_told = |o: &&Operation| o.kind == OperationKind::ModelRequest && tells(o);
    let told = operations.iter().filter(is_told).filter_map(|o| {
        let source = source_of(o.file, o.flags, options)?;
        let end = o.end().unwrap_or(o.start).0.saturating_add(SENT_WITHIN);
        Some((o.start, Time(end), source))
    });
    told.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1), a.2.min(b.2)))
}

/// Drops what results and counters tell of sessions whose requests are told.
fn drop_sums(records: &mut Records, options: &FoldOptions, repeats: &mut Repeats) {
    let Records {
        catalog,
        operations,
        events,
        samples,
        ..
    } = records;
    let session = |identity: IdentityId| catalog.identities.get(identity.0).session;
    let source = |file: u32, flags: Flags| source_of(file, flags, options);
    let is_result = |file: u32| source(file, Flags::default()) == Some(Source::Result);
    // Sessions whose tokens, and whose costs, are told: by which source, the best first.
    let mut tokens: HashMap<Name, Source> = HashMap::new();
    let mut costs: HashMap<Name, Source> = HashMap::new();
    for operation in operations.iter() {
        let Some(source) = source(operation.file, operation.flags) else {
            continue;
        };
        let session = session(operation.identity);
        let is_request =
            operation.kind == OperationKind::ModelRequest && operation.flags.has(Flags::HAS_TOKENS);
        if !session.is_some() || !(is_request || source == Source::Result) {
            continue;
        }
        let note = |told: &mut HashMap<Name, Source>| {
            let best = told.entry(session).or_insert(source);
            *best = source.min(*best);
        };
        if operation.flags.has(Flags::HAS_TOKENS) {
            note(&mut tokens);
        }
        if operation.cost >= 0 {
            note(&mut costs);
        }
    }
    let by_requests = |told: &HashMap<Name, Source>, session: &Name| {
        told.get(session)
            .copied()
            .filter(|source| *source < Source::Result)
    };
    let is_counter = |s: &Sample| source(s.file, Flags::default()) == Some(Source::Spans);
    // Counters of no session may be of any: those of the time of requests are not added to these. Of counters that count
    // on all go, since a part of them would be taken for what was counted before.
    let tokens_in = told_in(operations, options, |o| o.flags.has(Flags::HAS_TOKENS));
    let costs_in = told_in(operations, options, |o| o.cost >= 0);
    let is_within = |s: &Sample, told: Option<(Time, Time, Source)>| {
        told.is_some_and(|(from, to, _)| s.time >= from && s.time <= to)
    };
    let count_on = |is_it: fn(Measured) -> bool, told: Option<(Time, Time, Source)>| {
        samples.iter().any(|s| {
            let counts_on = is_it(s.metric) && s.flags.has(Flags::CUMULATIVE) && is_counter(&s);
            counts_on && !session(s.identity).is_some() && is_within(&s, told)
        })
    };
    let tokens_count_on = count_on(is_of_tokens, tokens_in);
    let costs_count_on = count_on(is_of_cost, costs_in);
    let is_run = |o: &Operation| is_result(o.file) && o.kind == OperationKind::Task;
    // A log that tells turns tells each of them better.
    let is_turn = |o: &&Operation| {
        o.kind == OperationKind::Task && source(o.file, o.flags) == Some(Source::Log)
    };
    let turns: HashSet<Name> = operations
        .iter()
        .filter(is_turn)
        .map(|o| session(o.identity))
        .filter(|session| session.is_some())
        .collect();
    operations.retain_mut(|o| {
        let session = session(o.identity);
        if is_run(o) {
            if turns.contains(&session) {
                repeats.note(Source::Log, Source::Result, session, o.flags);
                return false;
            }
            if by_requests(&costs, &session).is_some() {
                o.cost = -1;
            }
            return true;
        }
        let better = by_requests(&tokens, &session).filter(|_| is_result(o.file));
        if let Some(better) = better {
            repeats.note(better, Source::Result, session, o.flags);
        }
        better.is_none()
    });
    events.retain(|e| {
        let session = session(e.identity);
        let better = by_requests(&tokens, &session).filter(|_| is_result(e.file));
        if let Some(better) = better {
            repeats.note(better, Source::Result, session, e.flags);
        }
        better.is_none()
    });
    samples.retain(|sample: &Sample| {
        let (told, told_in, all_go) = match sample.metric {
            measured if is_of_cost(measured) => (&costs, costs_in, costs_count_on),
            measured if is_of_tokens(measured) => (&tokens, tokens_in, tokens_count_on),
            _ => return true,
        };
        let session = session(sample.identity);
        let counts_on = sample.flags.has(Flags::CUMULATIVE);
        let better = if session.is_some() {
            told.get(&session).copied()
        } else if is_within(sample, told_in) || counts_on && all_go {
            told_in.map(|(.., source)| source)
        } else {
            None
        };
        let better = better.filter(|_| is_counter(sample));
        if let Some(better) = better {
            repeats.note(better, Source::Metrics, session, sample.flags);
        }
        better.is_none()
    });
}

fn is_of_cost(measured: Measured) -> bool {
    measured == Measured::Known(Metric::Cost)
}

fn is_of_tokens(measured: Measured) -> bool {
    matches!(
        measured,
        Measured::Known(
            Metric::InputTokens
                | Metric::OutputTokens
                | Metric::CacheReadTokens
                | Metric::CacheWriteTokens,
        )
    )
}
