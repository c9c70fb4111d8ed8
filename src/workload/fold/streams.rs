//! Streams in the making: requests and calls are noted one by one, and put in order at the end.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use crate::record::{
    Attendance, Catalog, Dimension, DimsId, Flags, Name, Operation, OperationKind,
};
use crate::threads;
use crate::workload::UnitId;
use crate::workload::streams::{Millis, Stream, StreamCall, StreamRequest};

use super::grouped::Grouped;
use super::index::{Quick, number};

/// Whose a stream is: session, agent, and of a subagent the file, since each has one of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Whose {
    session: Name,
    agent: Name,
    file: Option<u32>,
}

/// A stream of which more is to come.
#[derive(Debug)]
struct Growing {
    whose: Whose,
    unit: UnitId,
    /// That of its requests: the least of them.
    attendance: Attendance,
    provider: Name,
}

/// A request or a call. Those of all streams lie together: so many lists that grow would leave the memory full of
/// holes.
#[derive(Debug, Clone, Copy)]
struct Part<T> {
    stream: u32,
    /// The number of its operation; of a call, of the one that it belongs to.
    operation: u32,
    what: T,
}

/// What dimension sets say.
#[derive(Debug, Clone, Copy)]
struct Words {
    agent: Name,
    model: Name,
    provider: Name,
    tool: Name,
}

/// All streams of a fold.
#[derive(Debug, Default)]
pub(super) struct Streams {
    words: Vec<Option<Words>>,
    places: HashMap<(UnitId, Whose), u32, Quick>,
    /// The stream of the operation before: mostly that of the next one too.
    last: Option<((UnitId, Whose), u32)>,
    streams: Vec<Growing>,
    requests: Vec<Part<StreamRequest>>,
    calls: Vec<Part<StreamCall>>,
    /// Sessions and files that hold requests of a main conversation.
    main: HashSet<(Name, u32), Quick>,
    last_main: Option<(Name, u32)>,
    /// Whose earlier requests lie before the selection.
    cut: HashSet<Whose, Quick>,
    /// Of whose requests some in between are not selected.
    holed: HashSet<Whose, Quick>,
}

impl Streams {
    /// Notes an operation; `root` is the one it belongs to.
    pub(super) fn add(
        &mut self,
        catalog: &Catalog,
        index: usize,
        operation: &Operation,
        root: u32,
        unit: UnitId,
    ) {
        let words = self.words_of(catalog, operation.dims);
        let Some(whose) = whose(catalog, operation, words) else {
            return;
        };
        let is_request = operation.kind == OperationKind::ModelRequest;
        let key = (unit, whose);
        let stream = match self.last.filter(|(last, _)| *last == key) {
            Some((_, stream)) => stream,
            None => match self.places.get(&key) {
                Some(stream) => *stream,
                None => self.begin(unit, whose),
            },
        };
        self.last = Some((key, stream));
        if is_request {
            if whose.file.is_none() && self.last_main != Some((whose.session, operation.file)) {
                self.last_main = Some((whose.session, operation.file));
                self.main.insert((whose.session, operation.file));
            }
            let growing = &mut self.streams[stream as usize];
            growing.provider = first_of(catalog, growing.provider, words.provider);
            let identity = catalog.identities.get(operation.identity.0);
            growing.attendance = growing.attendance.min(identity.attendance);
            self.requests.push(Part {
                stream,
                operation: number(index),
                what: request(operation, words.model),
            });
        } else {
            self.calls.push(Part {
                stream,
                operation: root,
                what: call(operation, words.tool),
            });
        }
    }

    /// Notes an operation that is not selected: its time lies `before` the selection, or another one.
    pub(super) fn leave_out(
        &mut self,
        catalog: &Catalog,
        operation: &Operation,
        is_in_time: bool,
        is_before: bool,
    ) {
        if operation.kind != OperationKind::ModelRequest || !(is_in_time || is_before) {
            return;
        }
        let words = self.words_of(catalog, operation.dims);
        if let Some(whose) = whose(catalog, operation, words) {
            if is_in_time {
                self.holed.insert(whose);
            } else {
                self.cut.insert(whose);
            }
        }
    }

    /// Takes over what another part of the operations gave.
    pub(super) fn take_in(&mut self, catalog: &Catalog, other: Streams) {
        if self.streams.is_empty() {
            let (cut, holed) = (&self.cut | &other.cut, &self.holed | &other.holed);
            *self = Streams {
                cut,
                holed,
                ..other
            };
            return;
        }
        let mut numbers = Vec::with_capacity(other.streams.len());
        for theirs in other.streams {
            let key = (theirs.unit, theirs.whose);
            let place = match self.places.get(&key) {
                Some(place) => *place,
                None => self.begin(theirs.unit, theirs.whose),
            };
            let own = &mut self.streams[place as usize];
            own.provider = first_of(catalog, own.provider, theirs.provider);
            own.attendance = own.attendance.min(theirs.attendance);
            numbers.push(place);
        }
        append(&mut self.requests, other.requests, &numbers);
        append(&mut self.calls, other.calls, &numbers);
        self.main.extend(other.main);
        self.cut.extend(other.cut);
        self.holed.extend(other.holed);
    }

    /// The streams, each in order. Subagents whose requests stand in the file of their parent are not
    /// told apart from each other there, and left out.
    pub(super) fn finish(self) -> Vec<Stream> {
        let requests = by_stream(self.streams.len(), &self.requests);
        let calls = by_stream(self.streams.len(), &self.calls);
        let finished = |range: Range<usize>| -> Vec<Stream> {
            let one = |stream| self.finished(stream, requests.of(stream), calls.of(stream));
            range.filter_map(one).collect()
        };
        let found = threads::ranges(self.streams.len(), WORTH_THREADS, finished);
        found.into_iter().flatten().collect()
    }

    /// `None`: nothing that can be told.
    fn finished(&self, stream: usize, requests: &[u32], calls: &[u32]) -> Option<Stream> {
        let stream = &self.streams[stream];
        let whose = stream.whose;
        let is_mixed = whose
            .file
            .is_some_and(|file| self.main.contains(&(whose.session, file)));
        if requests.is_empty() || is_mixed || self.holed.contains(&whose) {
            return None;
        }
        let part = |at: &u32| self.requests[*at as usize];
        let told = |part: Part<StreamRequest>| (part.what, part.operation);
        let mut requests: Vec<(StreamRequest, u32)> = requests.iter().map(part).map(told).collect();
        // Sorted but for the order of a few pieces, which this sort makes use of.
        requests.sort();
        let mut places: Vec<(u32, u32)> = (0..)
            .zip(&requests)
            .map(|(place, (_, operation))| (*operation, place))
            .collect();
        places.sort_unstable();
        let mut asked = Vec::with_capacity(calls.len());
        asked.extend(calls.iter().filter_map(|at| {
            let call = self.calls[*at as usize];
            let request = asked_by(call.operation, &places)?;
            Some(StreamCall {
                request,
                ..call.what
            })
        }));
        asked.sort_unstable();
        Some(Stream {
            unit: stream.unit,
            session: whose.session,
            agent: whose.agent,
            is_subagent: whose.file.is_some(),
            attendance: stream.attendance,
            provider: stream.provider,
            is_cut: self.cut.contains(&whose),
            requests: requests.iter().map(|(request, _)| *request).collect(),
            calls: asked,
        })
    }

    fn begin(&mut self, unit: UnitId, whose: Whose) -> u32 {
        let stream = number(self.streams.len());
        self.places.insert((unit, whose), stream);
        self.streams.push(Growing {
            whose,
            unit,
            attendance: Attendance::Unattended,
            provider: Name::NONE,
        });
        stream
    }

    fn words_of(&mut self, catalog: &Catalog, dims: DimsId) -> Words {
        let at = dims.0 as usize;
        if self.words.len() <= at {
            self.words.resize(catalog.dims.values().len(), None);
        }
        *self.words[at].get_or_insert_with(|| {
            let value = |dimension| catalog.dimension(dims, dimension);
            Words {
                agent: value(Dimension::Agent),
                model: value(Dimension::Model),
                provider: value(Dimension::Provider),
                tool: value(Dimension::Tool),
            }
        })
    }
}

/// The one that is known, of two the one whose text comes first: names are numbered in the order of
/// reading.
fn first_of(catalog: &Catalog, a: Name, b: Name) -> Name {
    match (a.is_some(), b.is_some()) {
        (true, true) if catalog.text(b) < catalog.text(a) => b,
        (true, _) => a,
        (false, _) => b,
    }
}

/// `None`: the operation is of no stream.
fn whose(catalog: &Catalog, operation: &Operation, words: Words) -> Option<Whose> {
    let is_part = match operation.kind {
        OperationKind::ModelRequest => operation.flags.has(Flags::HAS_TOKENS),
        OperationKind::ToolCall => true,
        _ => false,
    };
    if !is_part || operation.flags.has(Flags::TIMELESS) {
        return None;
    }
    let identity = catalog.identities.get(operation.identity.0);
    let session = if identity.session.is_some() {
        identity.session
    } else {
        identity.run
    };
    session.is_some().then_some(Whose {
        session,
        agent: words.agent,
        file: (operation.flags.has(Flags::SUBAGENT)).then_some(operation.file),
    })
}

/// Of fewer streams a second thread is not worth its start.
const WORTH_THREADS: usize = 64;

/// Takes over parts of streams, which have these numbers here.
fn append<T>(own: &mut Vec<Part<T>>, theirs: Vec<Part<T>>, numbers: &[u32]) {
    own.extend(theirs.into_iter().map(|part| Part {
        stream: numbers[part.stream as usize],
        ..part
    }));
}

/// The numbers of the parts of each stream.
fn by_stream<T>(streams: usize, parts: &[Part<T>]) -> Grouped {
    Grouped::new(streams, parts.len(), |at| Some(parts[at].stream as usize))
}

/// The request whose reply asked for a call; `None`: the source does not say.
fn asked_by(operation: u32, places: &[(u32, u32)]) -> Option<u32> {
    places
        .binary_search_by_key(&operation, |(operation, _)| *operation)
        .ok()
        .map(|found| places[found].1)
}

fn request(operation: &Operation, model: Name) -> StreamRequest {
    let tokens = operation.tokens;
    StreamRequest {
        start: operation.start,
        millis: Millis::of(operation.duration),
        model,
        fresh: tokens.fresh,
        cache_read: tokens.cache_read,
        cache_write: tokens.cache_write,
        cache_write_1h: tokens.cache_write_1h,
        output: tokens.output,
        outcome: operation.outcome,
        is_lower_bound: operation.flags.has(Flags::OUTPUT_IS_LOWER_BOUND),
        stop: operation.stop,
    }
}

fn call(operation: &Operation, tool: Name) -> StreamCall {
    // Where the log merely ended is no duration.
    let is_answered = !operation.flags.has(Flags::UNANSWERED);
    StreamCall {
        request: 0,
        start: operation.start,
        millis: Millis::of(if is_answered { operation.duration } else { -1 }),
        tool,
        arguments: operation.arguments,
        result: operation.result,
        outcome: operation.outcome,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_two_providers_the_order_of_reading_chooses_none() {
        let mut catalog = Catalog::default();
        let openai = catalog.name("openai");
        let anthropic = catalog.name("anthropic");
        for (a, b) in [(openai, anthropic), (anthropic, openai)] {
            assert_eq!(first_of(&catalog, a, b), anthropic);
        }
        assert_eq!(first_of(&catalog, Name::NONE, openai), openai);
        assert_eq!(first_of(&catalog, openai, Name::NONE), openai);
        assert_eq!(first_of(&catalog, Name::NONE, Name::NONE), Name::NONE);
    }
}
