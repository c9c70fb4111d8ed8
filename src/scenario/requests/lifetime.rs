//! The provider's cache with another lifetime.
//!
//! A request reads what the stream left, if it comes within the lifetime, and writes the rest. After that
//! only what other streams keep alive is left (the stream's least read); the rest of the prefix is written
//! again. Starts are known to seconds only, so that each lifetime is also run with 30 s more.

use super::prefix::{Caching, Cause, FIVE_MINUTES, HOUR, gap, left_by, prefixes};
use super::rates::Rates;
use crate::units::NANOS;
use crate::workload::{Stream, StreamRequest};

/// What starts may be off, in seconds.
pub const SLACK: f64 = 30.0;
/// Pings of a prefix that pay at most: the eleventh reaches what one rewrite costs more.
pub const MOST_PINGS: u32 = 11;

/// A request of a stream, as far as the cache matters.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    /// Seconds from the previous start; `None` for the first.
    pub gap: Option<f64>,
    /// Tokens that are never cached.
    pub fresh: u64,
    /// The other tokens.
    pub cacheable: u64,
    /// Of these, what can be read while the prefix lives.
    pub readable: u64,
    /// Of these, what is read even when it has expired.
    pub surviving: u64,
}

/// The steps of a stream whose writes are reported.
#[must_use]
pub fn steps(requests: &[StreamRequest], is_openai: bool) -> Vec<Step> {
    let found = prefixes(requests, Caching::Written, is_openai);
    let mut expired = found
        .breaks
        .iter()
        .filter(|b| b.cause == Cause::Expired)
        .map(|b| b.request)
        .peekable();
    let least = requests.iter().map(|r| r.cache_read).min().unwrap_or(0);
    requests
        .iter()
        .enumerate()
        .map(|(index, request)| {
            let cacheable = u64::from(request.cache_read) + u64::from(request.cache_write);
            let readable = if expired.next_if_eq(&index).is_some() {
                left_by(&requests[index - 1], Caching::Written).min(cacheable)
            } else {
                u64::from(request.cache_read)
            };
            Step {
                gap: gap(requests, index),
                fresh: u64::from(request.fresh),
                cacheable,
                readable,
                surviving: u64::from(least).min(readable),
            }
        })
        .collect()
}

/// What is read of a step when the prefix lives so many seconds.
#[must_use]
pub fn read(step: &Step, lifetime: f64) -> u64 {
    if step.gap.is_some_and(|gap| gap > lifetime) {
        step.surviving
    } else {
        step.readable
    }
}

/// What the input of a step costs when the prefix lives so many seconds and writing costs `write`.
#[must_use]
#[allow(clippy::cast_precision_loss)] // tokens of one context
pub fn cost(step: &Step, lifetime: f64, rates: &Rates, write: f64) -> f64 {
    let read = read(step, lifetime);
    step.fresh as f64 * rates.fresh
        + read as f64 * rates.read
        + (step.cacheable - read) as f64 * write
}

/// How often a prefix has to be read within a gap so that it never lies idle for five minutes. More pings
/// than [`MOST_PINGS`] cost more than one rewrite.
#[must_use]
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // at least 0; saturates
pub fn pings(gap: f64) -> u32 {
    ((gap / FIVE_MINUTES).ceil() as u32).saturating_sub(1)
}

/// When a client reads a prefix again so that it lives on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Warming {
    /// Never.
    Never,
    /// While a tool call of the last reply runs.
    Pending,
    /// Always, after the last request too: nobody knows that it is the last.
    Always,
}

/// How often a client reads a prefix in a gap (`None`: after the last request), [`MOST_PINGS`] times at
/// most; a tool call is `pending` so many seconds from the start of the gap on.
///
/// ```
/// use perfadvise::scenario::requests::lifetime::{Warming, gap_bridged};
/// assert_eq!(gap_bridged(Some(940.0), 900.0, 300.0, Warming::Pending), 2);
/// assert_eq!(gap_bridged(Some(940.0), 905.0, 300.0, Warming::Pending), 3);
/// assert_eq!(gap_bridged(Some(940.0), 0.0, 300.0, Warming::Always), 3);
/// assert_eq!(gap_bridged(None, 0.0, 300.0, Warming::Always), 11);
/// ```
#[must_use]
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // at least 0; saturates
pub fn gap_bridged(gap: Option<f64>, pending: f64, lifetime: f64, warming: Warming) -> u32 {
    let until = match warming {
        Warming::Never => 0.0,
        Warming::Pending => gap.map_or(pending, |gap| gap.min(pending)),
        Warming::Always => gap.unwrap_or(f64::INFINITY),
    };
    ((until / lifetime).ceil() as u32)
        .saturating_sub(1)
        .min(MOST_PINGS)
}

/// The requests of a stream with what they read and write when a prefix lives so many seconds, and what is
/// read in between to keep it: after which request, tokens in all. The stream's writes are reported; starts
/// may be `slack` seconds off.
#[must_use]
pub fn sent(
    stream: &Stream,
    lifetime: f64,
    slack: f64,
    warming: Warming,
) -> (Vec<StreamRequest>, Vec<(usize, f64)>) {
    let steps = steps(&stream.requests, false);
    let mut pings = Vec::new();
    let mut requests = Vec::with_capacity(steps.len());
    for (index, request) in stream.requests.iter().enumerate() {
        let kept = kept(stream, &steps, index, lifetime, slack, warming);
        let read = kept.read;
        if kept.pings > 0.0 {
            pings.push((index - 1, kept.pings));
        }
        let mut sent = *request;
        sent.cache_read = count(read);
        sent.cache_write = count(steps[index].cacheable - read);
        sent.cache_write_1h = if lifetime >= HOUR {
            sent.cache_write
        } else {
            0
        };
        requests.push(sent);
    }
    let after = pings_after(stream, &steps, lifetime, warming);
    if after > 0.0 {
        pings.push((steps.len() - 1, after));
    }
    (requests, pings)
}

/// What is left of a prefix for a request.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Kept {
    /// Tokens that the request reads.
    pub read: u64,
    /// Tokens that were read since the request before it to keep the prefix.
    pub pings: f64,
}

/// What a request of a stream with these steps reads when a prefix lives so many seconds, starts being
/// `slack` seconds off.
#[must_use]
#[allow(clippy::cast_precision_loss)] // tokens of one context
pub fn kept(
    stream: &Stream,
    steps: &[Step],
    index: usize,
    lifetime: f64,
    slack: f64,
    warming: Warming,
) -> Kept {
    let step = &steps[index];
    let Some((before, gap)) = index.checked_sub(1).zip(step.gap) else {
        return Kept {
            read: step.readable,
            pings: 0.0,
        };
    };
    let bridged = bridges(stream, before, Some(gap), lifetime, warming);
    let is_lost = gap > lifetime * f64::from(bridged + 1) + slack;
    Kept {
        read: if is_lost {
            step.surviving
        } else {
            step.readable
        },
        pings: f64::from(bridged) * steps[before].cacheable as f64,
    }
}

/// Tokens that are read after a stream's last request to keep its prefix.
#[must_use]
#[allow(clippy::cast_precision_loss)] // tokens of one context
pub fn pings_after(stream: &Stream, steps: &[Step], lifetime: f64, warming: Warming) -> f64 {
    let Some(last) = steps.len().checked_sub(1) else {
        return 0.0;
    };
    f64::from(bridges(stream, last, None, lifetime, warming)) * steps[last].cacheable as f64
}

fn bridges(
    stream: &Stream,
    before: usize,
    gap: Option<f64>,
    lifetime: f64,
    warming: Warming,
) -> u32 {
    // Only a gap that is longer needs any.
    if warming == Warming::Never || gap.is_some_and(|gap| gap <= lifetime) {
        return 0;
    }
    let pending = match warming {
        Warming::Pending => pending(stream, before),
        Warming::Never | Warming::Always => 0.0,
    };
    gap_bridged(gap, pending, lifetime, warming)
}

/// Tokens of one request.
fn count(tokens: u64) -> u32 {
    u32::try_from(tokens).unwrap_or(u32::MAX)
}

/// Seconds from a request's start to the end of the last call of its reply.
#[allow(clippy::cast_precision_loss)] // to a millisecond
fn pending(stream: &Stream, request: usize) -> f64 {
    let start = stream.requests[request].start;
    let ends = stream.calls_of(request).iter().map(|c| c.end().0);
    ends.max()
        .map_or(0.0, |end| end.saturating_sub(start.0) as f64 / NANOS as f64)
}

/// The lifetime that most of a stream's writes have, in seconds.
#[must_use]
pub fn present(requests: &[StreamRequest]) -> f64 {
    let written: u64 = requests.iter().map(|r| u64::from(r.cache_write)).sum();
    let hour: u64 = requests.iter().map(|r| u64::from(r.cache_write_1h)).sum();
    if hour * 2 > written {
        HOUR
    } else {
        FIVE_MINUTES
    }
}

#[cfg(test)]
mod tests {
    use super::super::prefix::tests::at;
    use super::*;
    use proptest::prelude::*;

    /// Prices relative to fresh input.
    const RELATIVE: Rates = Rates {
        fresh: 1.0,
        read: 0.1,
        write: 1.25,
        write_1h: Some(2.0),
        output: 0.0,
    };

    fn example() -> Vec<Step> {
        // What was measured with five minutes: all is written again after 940 s.
        steps(
            &[
                at(0, 0, 20_000, 0),
                at(60, 20_000, 2_000, 0),
                at(1_000, 0, 23_000, 0),
                at(1_060, 23_000, 1_000, 0),
            ],
            false,
        )
    }

    fn total(steps: &[Step], lifetime: f64, write: f64) -> f64 {
        steps
            .iter()
            .map(|s| cost(s, lifetime, &RELATIVE, write))
            .sum()
    }

    /// By hand: 20·1.25 + (2·1.25 + 20·0.1) + 23·1.25 + (1.25 + 23·0.1) thousand, and so on.
    #[test]
    fn five_minutes_an_hour_and_pings() {
        let steps = example();
        assert!((total(&steps, FIVE_MINUTES, 1.25) - 61_800.0).abs() < 1e-6);
        assert!((total(&steps, HOUR, 2.0) - 54_500.0).abs() < 1e-6);
        // Three pings of the 22 k within the gap keep the prefix alive.
        let pings = pings(940.0);
        assert_eq!(pings, 3);
        let kept = total(&steps, HOUR, 1.25) + f64::from(pings) * 22_000.0 * 0.1;
        assert!((kept - 43_100.0).abs() < 1e-6);
    }

    #[test]
    fn a_ping_before_each_five_minutes_are_over() {
        let all = [0.0, 300.0, 301.0, 600.0, 601.0].map(pings);
        assert_eq!(all, [0, 0, 1, 1, 2]);
        // A rewrite costs 1.15 more than a read, a ping 0.1: eleven pay, twelve do not.
        assert!(f64::from(MOST_PINGS) * 0.1 < 1.15 && f64::from(MOST_PINGS + 1) * 0.1 > 1.15);
    }

    #[test]
    fn what_most_writes_have_is_the_present() {
        assert_eq!(present(&[at(0, 0, 10, 5)]), FIVE_MINUTES);
        assert_eq!(present(&[at(0, 0, 10, 6)]), HOUR);
    }

    proptest! {
        /// The published closed form: 0.75·ΣW − 1.15·ΣP(300 < gap ≤ 3600) + 0.75·ΣP(gap > 3600).
        #[test]
        fn the_difference_is_the_closed_form(
            all in proptest::collection::vec((1_u32..6_000, 1_u32..5_000), 1..40),
        ) {
            let mut steps = Vec::new();
            let (mut prefix, mut expected) = (0, 0.0);
            for (index, (gap, new)) in all.into_iter().enumerate() {
                let gap = (index > 0).then_some(f64::from(gap));
                steps.push(Step {
                    gap,
                    fresh: 0,
                    cacheable: prefix + u64::from(new),
                    readable: prefix,
                    surviving: 0,
                });
                expected += 0.75 * f64::from(new);
                if let Some(gap) = gap.filter(|gap| *gap > FIVE_MINUTES) {
                    expected += prefix as f64 * if gap <= HOUR { -1.15 } else { 0.75 };
                }
                prefix += u64::from(new);
            }
            let difference = total(&steps, HOUR, 2.0) - total(&steps, FIVE_MINUTES, 1.25);
            prop_assert!((difference - expected).abs() < 1e-6 * expected.abs().max(1.0), "{difference} {expected}");
        }
    }
}
