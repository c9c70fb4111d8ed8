//! Streams: the model requests of one agent of one session in their order, with the tool calls of
//! each reply. A sum forgets what came after what; facts about prompt caches and replays need it.
//!
//! Kept small, since there is one entry for each operation: 40 bytes for a request, 32 for a call.

use crate::record::{Attendance, Name, OutcomeKind, Stop};
use crate::units::Time;

use super::UnitId;

/// A duration that is not known.
const UNKNOWN: u32 = u32::MAX;

/// The requests of one agent of one session.
#[derive(Debug, Clone, PartialEq, Eq, bitcode::Encode, bitcode::Decode)]
pub struct Stream {
    /// Unit of inference.
    pub unit: UnitId,
    /// The session; where none is named, the run.
    pub session: Name,
    /// The agent; none where the source names none.
    pub agent: Name,
    /// Whether it is a subagent, of which a session may have several with the same name.
    pub is_subagent: bool,
    /// Whether a person waits for it; where its parts differ, whether one does for any.
    pub attendance: Attendance,
    /// Provider of the models.
    pub provider: Name,
    /// Its beginning is missing: earlier requests lie outside the selection.
    pub is_cut: bool,
    /// Requests whose tokens are known, in order of their start.
    pub requests: Vec<StreamRequest>,
    /// Tool calls, in order of the request that asked for them, then of their start; those of which the
    /// source does not tell who asked are not among them.
    pub calls: Vec<StreamCall>,
}

/// A model request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, bitcode::Encode, bitcode::Decode)]
pub struct StreamRequest {
    /// Start.
    pub start: Time,
    /// Milliseconds; see [`StreamRequest::duration`].
    pub(super) millis: Millis,
    /// The model.
    pub model: Name,
    /// Input that no cache saw.
    pub fresh: u32,
    /// Input read from the provider's cache.
    pub cache_read: u32,
    /// Input written to the provider's cache, all lifetimes.
    pub cache_write: u32,
    /// Of these, with the one-hour lifetime.
    pub cache_write_1h: u32,
    /// Output, reasoning included.
    pub output: u32,
    /// How it ended.
    pub outcome: OutcomeKind,
    /// Whether `output` is a lower bound.
    pub is_lower_bound: bool,
    /// Why its reply ended.
    pub stop: Stop,
}

/// A tool call that a reply asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, bitcode::Encode, bitcode::Decode)]
pub struct StreamCall {
    /// The request whose reply asked for it: index into [`Stream::requests`].
    pub request: u32,
    /// Start.
    pub start: Time,
    /// Milliseconds; see [`StreamCall::duration`].
    pub(super) millis: Millis,
    /// The tool.
    pub tool: Name,
    /// Hash of its arguments, for equality only (0: not known).
    pub arguments: u32,
    /// Estimated tokens of its result (0: none, or not known).
    pub result: u32,
    /// How it ended.
    pub outcome: OutcomeKind,
}

/// A duration in whole milliseconds, up to 49 days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, bitcode::Encode, bitcode::Decode)]
pub(super) struct Millis(pub(super) u32);

impl Millis {
    /// Nanoseconds, rounded; negative: not known.
    pub(super) fn of(nanos: i64) -> Self {
        match u64::try_from(nanos) {
            Ok(nanos) => {
                let millis = nanos.saturating_add(500_000) / 1_000_000;
                Self(
                    u32::try_from(millis)
                        .unwrap_or(UNKNOWN - 1)
                        .min(UNKNOWN - 1),
                )
            }
            Err(_) => Self(UNKNOWN),
        }
    }

    /// Nanoseconds.
    fn nanos(self) -> Option<i64> {
        (self.0 != UNKNOWN).then(|| i64::from(self.0) * 1_000_000)
    }
}

impl StreamRequest {
    /// A request without tokens, whose duration is not known.
    #[must_use]
    pub fn new(start: Time, model: Name, outcome: OutcomeKind) -> Self {
        Self {
            start,
            millis: Millis(UNKNOWN),
            model,
            fresh: 0,
            cache_read: 0,
            cache_write: 0,
            cache_write_1h: 0,
            output: 0,
            outcome,
            is_lower_bound: false,
            stop: Stop::Unknown,
        }
    }

    /// The whole input: fresh, read and written tokens.
    #[must_use]
    pub fn context(&self) -> u64 {
        u64::from(self.fresh) + u64::from(self.cache_read) + u64::from(self.cache_write)
    }

    /// The same of so many nanoseconds.
    #[must_use]
    pub fn lasting(self, nanos: i64) -> Self {
        Self {
            millis: Millis::of(nanos),
            ..self
        }
    }

    /// Duration in nanoseconds, to the millisecond; `None`: not known.
    #[must_use]
    pub fn duration(&self) -> Option<i64> {
        self.millis.nanos()
    }

    /// End; where the duration is not known, the start.
    #[must_use]
    pub fn end(&self) -> Time {
        end(self.start, self.millis)
    }
}

impl StreamCall {
    /// A call of which neither duration, arguments nor result are known.
    #[must_use]
    pub fn new(request: u32, start: Time, tool: Name, outcome: OutcomeKind) -> Self {
        Self {
            request,
            start,
            millis: Millis(UNKNOWN),
            tool,
            arguments: 0,
            result: 0,
            outcome,
        }
    }

    /// Duration in nanoseconds, to the millisecond; `None`: not known, or nobody answered.
    #[must_use]
    pub fn duration(&self) -> Option<i64> {
        self.millis.nanos()
    }

    /// End; where the duration is not known, the start.
    #[must_use]
    pub fn end(&self) -> Time {
        end(self.start, self.millis)
    }
}

fn end(start: Time, millis: Millis) -> Time {
    Time(start.0.saturating_add(millis.nanos().unwrap_or(0)))
}

/// Requests that begin before the one before them has ended, at most, as a share: 1 of 20.
const OVERLAPPING: usize = 20;

impl Stream {
    /// Whether its requests come one after another, so that each goes on from the one before.
    #[must_use]
    pub fn is_serial(&self) -> bool {
        let pairs = self.requests.windows(2);
        let overlapping = pairs.filter(|p| p[1].start < p[0].end()).count();
        overlapping * OVERLAPPING <= self.requests.len()
    }

    /// The calls of the reply to a request.
    #[must_use]
    pub fn calls_of(&self, request: usize) -> &[StreamCall] {
        let at = |n: usize| self.calls.partition_point(|c| (c.request as usize) < n);
        &self.calls[at(request)..at(request.saturating_add(1))]
    }

    /// All requests in their order, each with the calls of its reply.
    pub fn replies(&self) -> impl Iterator<Item = (&StreamRequest, &[StreamCall])> {
        let mut left = self.calls.as_slice();
        (0..).zip(&self.requests).map(move |(number, request)| {
            let is_its = |call: &&StreamCall| call.request <= number;
            let its = left.iter().take_while(is_its).count();
            let (calls, rest) = left.split_at(its);
            left = rest;
            (request, calls)
        })
    }

    /// The requests of a span of time, with their calls; `None` without any.
    pub(super) fn within(&self, holds: impl Fn(Time) -> bool) -> Option<Stream> {
        let first = self.requests.iter().position(|r| holds(r.start))?;
        let rest = &self.requests[first..];
        let n = rest.iter().take_while(|r| holds(r.start)).count();
        let before = super::fold::number(first);
        let calls = self.calls.iter().filter_map(|call| {
            let request = call.request.checked_sub(before)?;
            ((request as usize) < n).then_some(StreamCall { request, ..*call })
        });
        Some(Stream {
            unit: self.unit,
            session: self.session,
            agent: self.agent,
            is_subagent: self.is_subagent,
            attendance: self.attendance,
            provider: self.provider,
            is_cut: self.is_cut || first > 0,
            requests: rest[..n].to_vec(),
            calls: calls.collect(),
        })
    }

    /// What tells streams apart that may be parts of one.
    fn key(&self) -> (UnitId, Name, Name, bool) {
        (self.unit, self.session, self.agent, self.is_subagent)
    }

    /// Brings requests and calls into order.
    pub(super) fn settle(&mut self) {
        if !self.requests.is_sorted() {
            let mut order: Vec<u32> = (0..super::fold::number(self.requests.len())).collect();
            order.sort_by_key(|n| self.requests[*n as usize]);
            let mut place = vec![0; order.len()];
            for (new, old) in (0..).zip(&order) {
                place[*old as usize] = new;
            }
            self.requests.sort();
            for call in &mut self.calls {
                call.request = place[call.request as usize];
            }
        }
        self.calls.sort_unstable();
        self.requests.shrink_to_fit();
        self.calls.shrink_to_fit();
    }

    /// Adds the requests and calls of another part.
    fn append(&mut self, other: &mut Stream) {
        let first = |s: &Stream| s.requests.first().map(|r| r.start);
        if first(other) < first(self) {
            self.is_cut = other.is_cut;
            self.provider = other.provider;
        }
        self.attendance = self.attendance.min(other.attendance);
        let before = super::fold::number(self.requests.len());
        self.requests.append(&mut other.requests);
        self.calls
            .extend(other.calls.drain(..).map(|call| StreamCall {
                request: call.request + before,
                ..call
            }));
        self.settle();
    }
}

/// Sorts streams; parts of one main conversation become one. A subagent is always whole.
pub(super) fn sort(streams: &mut Vec<Stream>) {
    streams.retain(|s| !s.requests.is_empty());
    streams.iter_mut().for_each(Stream::settle);
    streams.sort_by(|a, b| {
        (a.key().cmp(&b.key()))
            .then_with(|| a.requests.cmp(&b.requests))
            .then_with(|| a.calls.cmp(&b.calls))
            .then_with(|| (a.provider, a.is_cut).cmp(&(b.provider, b.is_cut)))
    });
    streams.dedup_by(|later, earlier| {
        let is_same = later.key() == earlier.key() && !later.is_subagent;
        if is_same {
            earlier.append(later);
        }
        is_same
    });
    streams.shrink_to_fit();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_compact() {
        assert!(size_of::<StreamRequest>() <= 40);
        assert!(size_of::<StreamCall>() <= 32);
    }

    #[test]
    fn replies_are_the_requests_with_their_calls() {
        let request = |at| StreamRequest::new(Time(at), Name::NONE, OutcomeKind::Ok);
        let call = |request, at| StreamCall::new(request, Time(at), Name::NONE, OutcomeKind::Ok);
        let stream = Stream {
            unit: UnitId(0),
            session: Name::NONE,
            agent: Name::NONE,
            is_subagent: false,
            attendance: Attendance::Unknown,
            provider: Name::NONE,
            is_cut: false,
            requests: (0..4).map(request).collect(),
            calls: vec![call(0, 1), call(0, 2), call(2, 3)],
        };
        let replies: Vec<_> = stream.replies().collect();
        let counts: Vec<usize> = replies.iter().map(|(_, calls)| calls.len()).collect();
        assert_eq!(counts, [2, 0, 1, 0]);
        for (index, (request, calls)) in replies.into_iter().enumerate() {
            assert_eq!(request.start, Time(index as i64));
            assert_eq!(calls, stream.calls_of(index));
        }
    }

    #[test]
    fn durations_are_whole_milliseconds() {
        assert_eq!(Millis::of(-1).nanos(), None);
        assert_eq!(Millis::of(1_499_999).nanos(), Some(1_000_000));
        assert_eq!(Millis::of(1_500_000).nanos(), Some(2_000_000));
        assert_eq!(Millis::of(i64::MAX).0, UNKNOWN - 1);
    }
}
