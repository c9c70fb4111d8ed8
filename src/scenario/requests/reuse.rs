//! Reads of what was read before, answered by the copy that the context holds.
//!
//! The call takes no time, and its result is not sent a second time: the next request does not write it, and those
//! after it do not read it until the context is compacted or the stream ends. What stands in its place, that the
//! first copy still holds, is not counted, so that the saving is the most that can be had.

use super::compaction::{Plan, places};
use super::prefix::{Caching, caching};
use super::repeats::{Kinds, repeated};
use super::result::Holding;
use crate::workload::{Stream, StreamRequest};

/// A stream in which reads are answered by the copy in the context.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reused {
    /// What is still sent and called.
    pub stream: Stream,
    /// The calls that are answered: indexes into those of the stream as it was.
    pub answered: Vec<usize>,
}

/// The stream without the results of reads of what was read before. A `plan` of compactions forgets first copies,
/// too: what is read again after one is read. Requests that `counts` leaves out are not compacted.
#[must_use]
pub fn reused(
    stream: &Stream,
    kinds: &Kinds,
    plan: Option<Plan>,
    counts: impl Fn(&StreamRequest) -> bool,
) -> Reused {
    let caching = caching(stream);
    let holding = Holding::of(&stream.requests, caching);
    let mut compacted = Vec::new();
    // Where the first compactions come depends on nothing after them: each round finds at least one more.
    for _ in 0..=stream.requests.len() {
        let answered = repeated(stream, kinds, &compacted);
        let requests = without(stream, &answered, &holding, caching);
        let found = plan.map_or_else(Vec::new, |plan| {
            let contexts = requests.iter().zip(&stream.requests).map(|(now, was)| {
                let sent = if counts(was) { now.context() } else { 0 };
                (sent, was.context())
            });
            places(contexts, plan)
        });
        if found == compacted {
            return Reused {
                stream: Stream {
                    requests,
                    calls: left(stream, &answered),
                    ..head(stream)
                },
                answered,
            };
        }
        compacted = found;
    }
    Reused {
        stream: stream.clone(),
        answered: Vec::new(),
    }
}

/// A stream without requests and calls.
fn head(stream: &Stream) -> Stream {
    Stream {
        requests: Vec::new(),
        calls: Vec::new(),
        ..*stream
    }
}

/// The calls that are not among the answered ones, which are in order.
fn left(stream: &Stream, answered: &[usize]) -> Vec<crate::workload::StreamCall> {
    let calls = stream.calls.iter().enumerate();
    let left = calls.filter(|(at, _)| answered.binary_search(at).is_err());
    left.map(|(_, call)| *call).collect()
}

/// The requests without the results of these calls.
fn without(
    stream: &Stream,
    answered: &[usize],
    holding: &Holding,
    caching: Caching,
) -> Vec<StreamRequest> {
    let mut requests = stream.requests.clone();
    for call in answered.iter().map(|at| &stream.calls[*at]) {
        let Some((sent, tokens)) = holding.sent(call.request as usize, call.result) else {
            continue;
        };
        let next = sent.start;
        // What others of the same reply left of what the request does not read.
        let request = &mut requests[next];
        let unread = request.context() - u64::from(request.cache_read);
        let tokens = u32::try_from(tokens.min(unread)).unwrap_or(u32::MAX);
        take(request, tokens, false);
        for at in sent.skip(1) {
            let is_read = caching != Caching::Unknown && !holding.is_broken(at);
            take(&mut requests[at], tokens, is_read);
        }
    }
    requests
}

/// Takes tokens off a request: of those that it reads first, or of those that it sends anew.
fn take(request: &mut StreamRequest, tokens: u32, is_read: bool) {
    let is_hour = u64::from(request.cache_write_1h) * 2 > u64::from(request.cache_write);
    let written = request.cache_write;
    let (read, write, fresh) = (
        &mut request.cache_read,
        &mut request.cache_write,
        &mut request.fresh,
    );
    let order = if is_read {
        [read, write, fresh]
    } else {
        [write, fresh, read]
    };
    let mut left = tokens;
    for tokens in order {
        let part = (*tokens).min(left);
        left -= part;
        *tokens -= part;
    }
    // Most of what is written has one lifetime: that is what is not written.
    let unwritten = written - request.cache_write;
    if is_hour {
        request.cache_write_1h = request.cache_write_1h.saturating_sub(unwritten);
    }
    request.cache_write_1h = request.cache_write_1h.min(request.cache_write);
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::prefix::tests::at;
    use super::super::rates::EXAMPLE;
    use super::*;
    use crate::record::{Attendance, Name, OutcomeKind};
    use crate::units::Time;
    use crate::workload::{StreamCall, UnitId};

    const READ: Name = Name(7);

    fn kinds() -> Kinds {
        Kinds::of_names(&[READ])
    }

    /// A stream with reads of the same file, of so many tokens, by the replies to these requests.
    fn stream(requests: Vec<StreamRequest>, reads: &[(usize, u32)]) -> Stream {
        let call = |(request, tokens): &(usize, u32)| {
            let number = u32::try_from(*request).unwrap();
            let start = Time(requests[*request].start.0 + 1);
            let mut call = StreamCall::new(number, start, READ, OutcomeKind::Ok);
            (call.arguments, call.result) = (9, *tokens);
            call
        };
        Stream {
            unit: UnitId(0),
            session: Name::NONE,
            agent: Name::NONE,
            is_subagent: false,
            attendance: Attendance::Unknown,
            provider: Name::NONE,
            is_cut: false,
            calls: reads.iter().map(call).collect(),
            requests,
        }
    }

    fn dollars(requests: &[StreamRequest]) -> f64 {
        requests.iter().map(|r| EXAMPLE.cost(r)).sum()
    }

    fn spared(stream: &Stream, plan: Option<Plan>) -> f64 {
        let then = reused(stream, &kinds(), plan, |_| true);
        dollars(&stream.requests) - dollars(&then.stream.requests)
    }

    /// A first copy, and a second one of 4,000 tokens that one request writes and ten read: as 9,000 fresh ones.
    fn read_twice() -> Stream {
        let mut requests = vec![
            at(0, 0, 20_000, 0),
            at(10, 20_000, 4_000, 0),
            at(20, 24_000, 4_000, 0),
        ];
        requests.extend((3..13).map(|n| at(n * 10, 28_000, 0, 0)));
        stream(requests, &[(0, 4_000), (1, 4_000)])
    }

    #[test]
    fn the_example_of_ten_readers() {
        let stream = read_twice();
        let then = reused(&stream, &kinds(), None, |_| true);
        assert_eq!((then.answered, then.stream.calls.len()), (vec![1], 1));
        assert!((spared(&stream, None) - 9_000.0 * 5e-6).abs() < 1e-12);
        // The first copy is still written by the second request.
        assert_eq!(then.stream.requests[1], stream.requests[1]);
        let kept = then.stream.requests[2];
        assert_eq!((kept.cache_read, kept.cache_write), (24_000, 0));
        assert_eq!(then.stream.requests[12].cache_read, 24_000);
    }

    #[test]
    fn a_prefix_that_is_written_again_has_no_second_copy() {
        let mut stream = read_twice();
        for request in &mut stream.requests[8..] {
            request.start.0 += 400_000_000_000;
        }
        let lost = &mut stream.requests[8];
        (lost.cache_read, lost.cache_write) = (0, 28_000);
        assert!((spared(&stream, None) - (9_000.0 + 4_000.0 * 1.15) * 5e-6).abs() < 1e-12);
        // Written for an hour, it costs 2 in place of 1.25.
        for request in &mut stream.requests {
            request.cache_write_1h = request.cache_write;
        }
        let hour = 4_000.0 * (2.0 + 0.9 + 2.0) * 5e-6;
        assert!((spared(&stream, None) - hour).abs() < 1e-12);
    }

    #[test]
    fn no_more_is_spared_than_was_sent() {
        // Two calls of one reply, of 3,000 tokens each, and a request that sends 4,000 anew.
        let mut twice = read_twice();
        twice.calls[1].result = 3_000;
        twice.calls.push(twice.calls[1]);
        assert!((spared(&twice, None) - 9_000.0 * 5e-6).abs() < 1e-12);
        // Nothing is sent after the last request.
        let last = stream(
            vec![at(0, 0, 20_000, 0), at(10, 20_000, 4_000, 0)],
            &[(0, 9), (1, 9)],
        );
        assert_eq!(reused(&last, &kinds(), None, |_| true).answered, [1]);
        assert!(spared(&last, None).abs() < 1e-15);
    }

    #[test]
    fn what_a_compaction_forgot_is_read_again() {
        let stream = read_twice();
        // Contexts of 20, 24 and 28 thousand: compacted before the third request, the second read is still of the
        // context before it; before the second request, it is not.
        let answered = |at: u64| {
            let plan = Plan {
                at,
                left: 10_000,
                summary: 1_000,
            };
            reused(&stream, &kinds(), Some(plan), |_| true).answered
        };
        assert_eq!(answered(23_000), [0_usize; 0]);
        assert_eq!(answered(27_000), [1]);
        // Without the second copy the context never gets as long.
        assert_eq!(answered(24_000), [1]);
    }
}
