//! What falls away from the cost and the time of streams, at most, where no setting does it: a change of how
//! requests are built or asked for.

use std::collections::BTreeSet;

use super::calls::seconds;
use super::spared::Spared;
use crate::scenario::outcome::Change;
use crate::scenario::requests::lifetime::present;
use crate::scenario::requests::parallel;
use crate::scenario::requests::prefix::{
    Break, Caching, Cause, FIVE_MINUTES, HOUR, caching, gap, prefixes, stands_still,
};
use crate::scenario::requests::rates::Pricing;
use crate::scenario::requests::repeats::{Kinds, failing_again};
use crate::scenario::requests::result::Carrying;
use crate::scenario::requests::tools::{
    EDITS, LARGE, LOOKS, READS, looking, named, single_reads, waited, waits,
};
use crate::workload::{Stream, StreamCall, Units, Workload};

/// Fewest requests of a stream that tell whether its writes are read: the last one is never.
const LEAST_REQUESTS: usize = 5;
/// Fewest requests of a stream that could have read something.
const LEAST_UNCACHED: usize = 3;
/// Smallest context that some model caches.
const LEAST_CONTEXT: u64 = 4_096;

/// What prefixes that are lost for a cause cost more than reading them.
fn lost(workload: &Workload, is_in: impl Fn(&Stream, &Break) -> bool) -> Option<Change> {
    let pricing = Pricing::of(workload);
    let mut spared = Spared::default();
    for (index, stream) in written(workload) {
        let is_openai = workload.catalog.text(stream.provider) == "openai";
        for broken in prefixes(&stream.requests, Caching::Written, is_openai).breaks {
            let request = &stream.requests[broken.request];
            let Some(rates) = pricing.rates(request).filter(|_| is_in(stream, &broken)) else {
                continue;
            };
            // No more than what it did not read.
            let unread = request.context() - u64::from(request.cache_read);
            #[allow(clippy::cast_precision_loss)] // tokens of one context
            let tokens = broken.lost.min(unread) as f64;
            let dollars = tokens * (rates.writing(request) - rates.read).max(0.0);
            spared.cost((index, broken.request), dollars, rates.cost(request));
            spared.read += tokens;
        }
    }
    spared.change()
}

fn written(workload: &Workload) -> impl Iterator<Item = (usize, &Stream)> {
    let streams = workload.streams.iter().enumerate();
    streams.filter(|(_, s)| s.requests.len() > 1 && s.is_serial() && caching(s) == Caching::Written)
}

/// Dollars of a whole stream less, of each request in proportion to what its input costs.
fn of_inputs(
    (index, stream): (usize, &Stream),
    pricing: &Pricing,
    dollars: f64,
    spared: &mut Spared,
) {
    let priced = || {
        let requests = stream.requests.iter().enumerate();
        requests.filter_map(move |(at, r)| Some((at, r, pricing.rates(r)?)))
    };
    let all: f64 = priced().map(|(_, r, rates)| rates.input(r)).sum();
    if all > 0.0 {
        for (at, request, rates) in priced() {
            let own = dollars * rates.input(request) / all;
            spared.cost((index, at), own, rates.cost(request));
        }
    }
}

/// Prefixes that something early in a request changed are read; where they stand still, that is another
/// cause.
#[must_use]
pub fn changed_prefixes(workload: &Workload) -> Option<Change> {
    lost(workload, |stream, b| {
        b.cause == Cause::Changed && !stands_still(&stream.requests)
    })
}

/// The mark of the cache moves on where it stood still: what was written again is read.
#[must_use]
pub fn standing_prefixes(workload: &Workload) -> Option<Change> {
    lost(workload, |stream, b| {
        b.cause == Cause::Changed && stands_still(&stream.requests)
    })
}

/// The model is not switched within a stream: its prefix is read. The price of the model stays.
#[must_use]
pub fn switched_prefixes(workload: &Workload) -> Option<Change> {
    lost(workload, |_, b| b.cause == Cause::Model)
}

/// Writes whose price no read earns are not made: for an hour where no pause is so long, and at all where
/// reading saves less.
#[must_use]
pub fn unread_writes(workload: &Workload) -> Option<Change> {
    let pricing = Pricing::of(workload);
    let mut spared = Spared::default();
    let long = |(_, s): &(usize, &Stream)| s.requests.len() >= LEAST_REQUESTS;
    for (index, stream) in written(workload).filter(long) {
        let (mut surcharge, mut discount, mut hour, mut read) = (0.0, 0.0, 0.0, 0.0);
        for request in &stream.requests {
            let Some(rates) = pricing.rates(request) else {
                continue;
            };
            let own = rates.input(request);
            let as_fresh = rates.fresh
                * (f64::from(request.fresh)
                    + f64::from(request.cache_read)
                    + f64::from(request.cache_write));
            let reading = f64::from(request.cache_read) * (rates.fresh - rates.read);
            discount += reading;
            surcharge += own + reading - as_fresh;
            read += f64::from(request.cache_read);
            let mut short = *request;
            short.cache_write_1h = 0;
            hour += own - rates.input(&short);
        }
        let has_pause = (0..stream.requests.len())
            .filter_map(|i| gap(&stream.requests, i))
            .any(|gap| (FIVE_MINUTES..=HOUR).contains(&gap));
        if surcharge > discount {
            of_inputs((index, stream), &pricing, surcharge - discount, &mut spared);
            spared.read -= read;
        } else if present(&stream.requests) >= HOUR && !has_pause {
            of_inputs((index, stream), &pricing, hour, &mut spared);
        }
    }
    spared.change()
}

/// Streams that never read the cache use it as much as they can: each request reads the context of the one
/// before it, where that came within five minutes and the context did not shrink.
#[must_use]
#[allow(clippy::cast_precision_loss)] // tokens of one context
pub fn uncached_prefixes(workload: &Workload) -> Option<Change> {
    let pricing = Pricing::of(workload);
    let mut spared = Spared::default();
    let is_uncached = |(_, s): &(usize, &Stream)| {
        s.requests.len() >= LEAST_UNCACHED && s.is_serial() && caching(s) == Caching::Unknown
    };
    for (at, stream) in workload.streams.iter().enumerate().filter(is_uncached) {
        let (mut dollars, mut tokens) = (0.0, 0.0);
        for (index, request) in stream.requests.iter().enumerate() {
            let context = request.context();
            let Some(rates) = pricing.rates(request).filter(|_| context >= LEAST_CONTEXT) else {
                continue;
            };
            let before = index.checked_sub(1).map(|at| stream.requests[at].context());
            let is_alive = gap(&stream.requests, index).is_some_and(|gap| gap <= FIVE_MINUTES);
            let read = before.filter(|b| is_alive && context * 5 >= b * 4 && *b >= LEAST_CONTEXT);
            let read = read.unwrap_or(0).min(context) as f64;
            let then = read * rates.read + (context as f64 - read) * rates.write;
            dollars += rates.input(request) - then;
            tokens += read;
        }
        if dollars > 0.0 {
            of_inputs((at, stream), &pricing, dollars, &mut spared);
            spared.read += tokens;
        }
    }
    spared.change()
}

/// Single reads in a row are asked for in one reply: the requests between them are not made, and none of
/// their contexts is read.
#[must_use]
pub fn single_replies(workload: &Workload) -> Option<Change> {
    let pricing = Pricing::of(workload);
    let reads = named(workload, READS);
    let mut spared = Spared::default();
    for (index, stream) in main(workload) {
        for run in single_reads(stream, &reads) {
            for at in run.start + 1..run.end {
                let request = &stream.requests[at];
                if let Some(rates) = pricing.rates(request) {
                    let read = f64::from(request.cache_read) * rates.read;
                    spared.cost((index, at), read, rates.cost(request));
                }
                let took = request.duration().map_or(0.0, seconds);
                spared.time((index, at), took, with_calls(stream, at));
            }
        }
    }
    spared.change()
}

/// Jobs are looked at once, not several times in a row.
#[must_use]
pub fn repeated_looks(workload: &Workload) -> Option<Change> {
    let pricing = Pricing::of(workload);
    let looks = named(workload, LOOKS);
    let mut spared = Spared::default();
    for (index, stream) in workload.streams.iter().enumerate() {
        for run in looking(stream, &looks) {
            for at in run.start + 1..run.end {
                let request = &stream.requests[at];
                let cost = pricing.rates(request).map_or(0.0, |r| r.cost(request));
                spared.cost((index, at), cost, cost);
            }
        }
    }
    spared.change()
}

/// Nobody is waited for before a file is changed.
#[must_use]
pub fn approvals(workload: &Workload) -> Option<Change> {
    let edits = named(workload, EDITS);
    let mut spared = Spared::default();
    for (index, stream) in main(workload) {
        let waits = waits(stream, &edits);
        let all = seconds(parallel::union(&waits));
        let each: f64 = waits.iter().map(|(from, to)| seconds(to - from)).sum();
        for call in &stream.calls {
            let own = seconds(waited(call, &edits));
            if own > 0.0 {
                let at = call.request as usize;
                // Waits at one time count once.
                spared.time((index, at), own * all / each, with_calls(stream, at));
            }
        }
    }
    spared.change()
}

/// Seconds from the start of a request to the end of its last call.
fn with_calls(stream: &Stream, at: usize) -> f64 {
    let request = &stream.requests[at];
    let ends = stream.calls_of(at).iter().map(StreamCall::end);
    let end = ends.fold(request.end(), Ord::max);
    seconds(end.0.saturating_sub(request.start.0))
}

/// Results that are large are half as long: half of what it costs to carry them.
#[must_use]
pub fn large_results(workload: &Workload) -> Option<Change> {
    let pricing = Pricing::of(workload);
    let mut spared = Spared::default();
    let streams = workload.streams.iter().enumerate();
    for (index, stream) in streams.filter(|(_, s)| s.is_serial()) {
        let calls = || stream.calls.iter().filter(|c| c.result >= LARGE);
        if calls().next().is_none() {
            continue;
        }
        let carrying = Carrying::of(&stream.requests, |r| pricing.rates(r), caching(stream));
        for call in calls() {
            for (at, dollars) in carrying.each(call.request as usize, call.result) {
                let request = &stream.requests[at];
                let cost = pricing.rates(request).map_or(0.0, |r| r.cost(request));
                spared.cost((index, at), dollars / 2.0, cost);
            }
        }
    }
    spared.change()
}

/// A call that failed twice is not made again: the requests that only asked for it fall away, with the calls.
#[must_use]
pub fn failing_repeats(workload: &Workload) -> Option<Change> {
    let pricing = Pricing::of(workload);
    let kinds = Kinds::of(workload);
    let timed: Units = workload.wall_clocks.iter().map(|w| w.unit).collect();
    let mut spared = Spared::default();
    let streams = workload.streams.iter().enumerate();
    for (index, stream) in streams.filter(|(_, s)| s.is_serial()) {
        let again: BTreeSet<usize> = failing_again(stream, &kinds).into_iter().collect();
        let is_waited_for = !stream.is_subagent && timed.contains(stream.unit);
        let mut at = 0;
        for reply in stream.calls.chunk_by(|a, b| a.request == b.request) {
            let own = at..at + reply.len();
            at = own.end;
            if !own.into_iter().all(|call| again.contains(&call)) {
                continue;
            }
            let asked = reply[0].request as usize;
            let request = &stream.requests[asked];
            let cost = pricing.rates(request).map_or(0.0, |r| r.cost(request));
            spared.cost((index, asked), cost, cost);
            if is_waited_for {
                let spans: Vec<(i64, i64)> = reply.iter().map(|c| (c.start.0, c.end().0)).collect();
                let nanos = request.duration().unwrap_or(0) + parallel::union(&spans);
                spared.time((index, asked), seconds(nanos), with_calls(stream, asked));
            }
        }
    }
    spared.change()
}

/// Main conversations whose wall-clock time is known.
fn main(workload: &Workload) -> impl Iterator<Item = (usize, &Stream)> {
    let timed: Units = workload.wall_clocks.iter().map(|w| w.unit).collect();
    let streams = workload.streams.iter().enumerate();
    streams.filter(move |(_, s)| !s.is_subagent && s.is_serial() && timed.contains(s.unit))
}
