//! What became of the prefix that a stream's previous request left in the provider's cache.
//!
//! A request *expects* what the previous one read and wrote (its whole context where writes are not
//! reported). A *break* is a request that reads less than nine tenths of at least 1,024 expected tokens;
//! its cause is the first that holds: the model changed, the context shrank to less than four fifths (a
//! compaction), the prefix had expired, or something early in it changed. Gaps are from start to start:
//! on real logs a prefix still lived after 304 s between starts and had died after 364.

use crate::units::NANOS;
use crate::workload::{Stream, StreamRequest};

/// Fewer tokens than this are cached by no provider.
const LEAST_EXPECTED: u64 = 1_024;
/// What is read of what was expected, at least, where nothing broke.
const KEPT: f64 = 0.9;
/// What is left of a context, at most, after a compaction.
const SHRUNK: f64 = 0.8;

/// Requests that read the same, one after another, from which on a prefix stands still.
const STILL: usize = 4;
/// By how much each context grows meanwhile, at least.
const GROWTH: f64 = 1.02;

/// Lifetime of what was written for five minutes, in seconds, from the start of its last use. Caches that
/// work by themselves drop what lies idle from about then on.
pub const FIVE_MINUTES: f64 = 300.0;
/// Lifetime of what was written for an hour, in seconds.
pub const HOUR: f64 = 3_600.0;
/// Lifetime of a cache of `OpenAI` whose writes are reported, at least, in seconds.
const HALF_AN_HOUR: f64 = 1_800.0;

/// Why less was read than expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// Another model has another cache.
    Model,
    /// The context was compacted.
    Shrunk,
    /// The gap was longer than the lifetime.
    Expired,
    /// Something early in the request differs.
    Changed,
}

/// A request that read less than it expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Break {
    /// Index of the request in its stream.
    pub request: usize,
    /// Why.
    pub cause: Cause,
    /// Tokens that were expected and not read.
    pub lost: u64,
}

/// How a stream uses the provider's cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Caching {
    /// Writes are reported: their lifetime is known, and they may have a price.
    Written,
    /// Reads are reported and writes are not: the provider caches by itself, for nobody knows how long.
    Automatic,
    /// Neither is reported.
    Unknown,
}

/// How a stream uses the provider's cache.
#[must_use]
pub fn caching(stream: &Stream) -> Caching {
    if stream.requests.iter().any(|r| r.cache_write > 0) {
        Caching::Written
    } else if stream.requests.iter().any(|r| r.cache_read > 0) {
        Caching::Automatic
    } else {
        Caching::Unknown
    }
}

/// What a request left in the cache for the next one.
#[must_use]
pub fn left_by(request: &StreamRequest, caching: Caching) -> u64 {
    match caching {
        Caching::Written => u64::from(request.cache_read) + u64::from(request.cache_write),
        Caching::Automatic | Caching::Unknown => request.context(),
    }
}

/// Seconds from the start of the previous request; `None` for the first.
#[must_use]
pub fn gap(requests: &[StreamRequest], index: usize) -> Option<f64> {
    let before = requests.get(index.checked_sub(1)?)?;
    #[allow(clippy::cast_precision_loss)] // half a century in nanoseconds, to a millisecond
    let seconds = (requests[index].start.0.saturating_sub(before.start.0)) as f64 / NANOS as f64;
    Some(seconds)
}

/// Lifetimes in seconds of the prefix that each request leaves, by what was written last.
#[must_use]
pub fn lifetimes(requests: &[StreamRequest], is_openai: bool) -> Vec<f64> {
    let is_written = requests.iter().any(|r| r.cache_write > 0);
    let mut now = if is_openai && is_written {
        HALF_AN_HOUR
    } else {
        FIVE_MINUTES
    };
    requests
        .iter()
        .map(|r| {
            if r.cache_write > 0 && !is_openai {
                let is_hour = u64::from(r.cache_write_1h) * 2 > u64::from(r.cache_write);
                now = if is_hour { HOUR } else { FIVE_MINUTES };
            }
            now
        })
        .collect()
}

/// What the prefixes of a stream came to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Prefixes {
    /// Tokens that were expected; the first request expects none.
    pub expected: u64,
    /// Of these, how many were read.
    pub kept: u64,
    /// Tokens of all contexts.
    pub context: u64,
    /// Requests that read less than they expected.
    pub breaks: Vec<Break>,
}

impl Prefixes {
    /// Tokens lost for a cause.
    #[must_use]
    pub fn lost(&self, cause: Cause) -> u64 {
        let of = |b: &&Break| b.cause == cause;
        self.breaks.iter().filter(of).map(|b| b.lost).sum()
    }
}

/// Whether the context was compacted between two requests.
#[must_use]
#[allow(clippy::cast_precision_loss)] // tokens of one context
pub fn has_shrunk(before: &StreamRequest, now: &StreamRequest) -> bool {
    (now.context() as f64) < before.context() as f64 * SHRUNK
}

/// Holds what each request read against what it expected.
#[must_use]
#[allow(clippy::cast_precision_loss)] // tokens of one context
pub fn prefixes(requests: &[StreamRequest], caching: Caching, is_openai: bool) -> Prefixes {
    let lifetimes = lifetimes(requests, is_openai);
    let mut all = Prefixes {
        context: requests.iter().map(StreamRequest::context).sum(),
        ..Prefixes::default()
    };
    for (index, pair) in (1..).zip(requests.windows(2)) {
        let (before, now) = (&pair[0], &pair[1]);
        let (expected, read) = (left_by(before, caching), u64::from(now.cache_read));
        all.expected += expected;
        all.kept += read.min(expected);
        if expected < LEAST_EXPECTED || read as f64 >= expected as f64 * KEPT {
            continue;
        }
        let is_expired = gap(requests, index).is_some_and(|gap| gap > lifetimes[index - 1]);
        let cause = if before.model != now.model {
            Cause::Model
        } else if has_shrunk(before, now) {
            Cause::Shrunk
        } else if is_expired {
            Cause::Expired
        } else {
            Cause::Changed
        };
        all.breaks.push(Break {
            request: index,
            cause,
            lost: expected - read,
        });
    }
    all
}

/// Whether several requests, one after another, read the same small part although their context grows.
#[must_use]
#[allow(clippy::cast_precision_loss)] // tokens of one context
pub fn stands_still(requests: &[StreamRequest]) -> bool {
    let is_still = |pair: &[StreamRequest]| {
        let (before, now) = (&pair[0], &pair[1]);
        before.cache_read == now.cache_read
            && u64::from(now.cache_read) * 2 < before.context()
            && now.context() as f64 >= before.context() as f64 * GROWTH
    };
    let mut run = 1;
    requests.windows(2).any(|pair| {
        run = if is_still(pair) { run + 1 } else { 1 };
        run >= STILL
    })
}

/// What a change after `k` of `prefix` tokens costs more than reading them, in prices relative to fresh
/// input: 1.25 and 0.1 with a price for writing, 1 and 0.1 without.
///
/// ```
/// use perfadvise::scenario::requests::prefix::change;
/// assert_eq!(change(80_000, 0, 1.25, 0.1).round(), 92_000.0);
/// assert_eq!(change(80_000, 0, 1.0, 0.1).round(), 72_000.0);
/// ```
#[must_use]
#[allow(clippy::cast_precision_loss)]
pub fn change(prefix: u64, k: u64, write: f64, read: f64) -> f64 {
    prefix.saturating_sub(k) as f64 * (write - read)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::record::{Name, OutcomeKind};
    use crate::units::Time;

    /// A request at so many seconds: read, written, for an hour.
    pub(in super::super) fn at(seconds: i64, read: u32, write: u32, hour: u32) -> StreamRequest {
        let mut request = StreamRequest::new(Time(seconds * NANOS), Name(1), OutcomeKind::Ok);
        (
            request.cache_read,
            request.cache_write,
            request.cache_write_1h,
        ) = (read, write, hour);
        request
    }

    #[test]
    fn causes_are_the_first_that_holds() {
        let other = |mut r: StreamRequest| {
            r.model = Name(2);
            r
        };
        // Expected: 20 k, 22 k (lost 17 k after 940 s), 23 k, 24 k (all lost within 60 s), 25 k (another
        // model), 26 k (compacted to 10 k, of which 5 k are read), 10 k.
        let requests = [
            at(0, 0, 20_000, 0),
            at(60, 20_000, 2_000, 0),
            at(1_000, 5_000, 18_000, 0),
            at(1_060, 23_000, 1_000, 0),
            at(1_120, 0, 25_000, 0),
            other(at(1_180, 0, 26_000, 0)),
            other(at(1_240, 5_000, 5_000, 0)),
            other(at(1_300, 9_000, 2_000, 0)),
        ];
        let found = prefixes(&requests, Caching::Written, false);
        let causes: Vec<(usize, Cause, u64)> = found
            .breaks
            .iter()
            .map(|b| (b.request, b.cause, b.lost))
            .collect();
        assert_eq!(
            causes,
            [
                (2, Cause::Expired, 17_000),
                (4, Cause::Changed, 24_000),
                (5, Cause::Model, 25_000),
                (6, Cause::Shrunk, 21_000),
            ]
        );
        assert_eq!(
            found.expected,
            20_000 + 22_000 + 23_000 + 24_000 + 25_000 + 26_000 + 10_000
        );
        assert_eq!(found.kept, 20_000 + 5_000 + 23_000 + 5_000 + 9_000);
        assert_eq!(found.lost(Cause::Changed), 24_000);
    }

    #[test]
    fn boundaries() {
        // Just nine tenths is kept; a gap of just the lifetime has not expired; 1,023 tokens are none.
        let cause = |requests: &[StreamRequest]| {
            let found = prefixes(requests, Caching::Written, false);
            found.breaks.first().map(|b| b.cause)
        };
        assert_eq!(cause(&[at(0, 0, 10_000, 0), at(9, 9_000, 1_000, 0)]), None);
        assert_eq!(
            cause(&[at(0, 0, 10_000, 0), at(9, 8_999, 1_001, 0)]),
            Some(Cause::Changed)
        );
        assert_eq!(cause(&[at(0, 0, 1_023, 0), at(9, 0, 2_000, 0)]), None);
        assert_eq!(
            cause(&[at(0, 0, 1_024, 0), at(300, 0, 2_000, 0)]),
            Some(Cause::Changed)
        );
        assert_eq!(
            cause(&[at(0, 0, 1_024, 0), at(301, 0, 2_000, 0)]),
            Some(Cause::Expired)
        );
        assert_eq!(
            cause(&[at(0, 0, 2_000, 2_000), at(3_600, 0, 2_000, 0)]),
            Some(Cause::Changed)
        );
        assert_eq!(
            cause(&[at(0, 0, 10_000, 0), at(9, 0, 8_000, 0)]),
            Some(Cause::Changed)
        );
        assert_eq!(
            cause(&[at(0, 0, 10_000, 0), at(9, 0, 7_999, 0)]),
            Some(Cause::Shrunk)
        );
    }

    #[test]
    fn without_reported_writes_the_whole_context_is_expected() {
        let mut first = at(0, 0, 0, 0);
        first.fresh = 5_000;
        let mut second = at(10, 4_000, 0, 0);
        second.fresh = 2_000;
        let found = prefixes(&[first, second], Caching::Automatic, true);
        assert_eq!((found.expected, found.kept), (5_000, 4_000));
        assert_eq!(found.lost(Cause::Changed), 1_000);
    }
}
