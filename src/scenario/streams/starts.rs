//! What falls away from the cost of streams, at most, where conversations start with less, or fewer of them start.

use std::collections::BTreeMap;

use super::spared::Spared;
use crate::scenario::outcome::Change;
use crate::scenario::requests::rates::Pricing;
use crate::workload::{Stream, StreamRequest, UnitId, Workload};

/// Main conversations start with as little as the lightest of them: what each carries beyond that is not sent. It is
/// part of the start, which is what a cache holds first: it is read as far as the start is, and else costs what the
/// rest of the request does. A request that is shorter than the start, after a compaction, holds the lightest start.
#[must_use]
#[allow(clippy::cast_precision_loss)] // tokens of one context
pub fn heavy_starts(workload: &Workload) -> Option<Change> {
    let pricing = Pricing::of(workload);
    let whole = |(_, s): &(usize, &Stream)| {
        !s.is_cut && !s.is_subagent && s.requests.len() > 1 && s.is_serial()
    };
    let streams = || workload.streams.iter().enumerate().filter(whole);
    let least = streams().map(|(_, s)| s.requests[0].context()).min()?;
    let mut spared = Spared::default();
    for (index, stream) in streams() {
        let start = stream.requests[0].context();
        for (at, request) in stream.requests.iter().enumerate() {
            let Some(rates) = pricing.rates(request) else {
                continue;
            };
            let held = start.min(request.context());
            let more = held.saturating_sub(least);
            let (read, rest) = split(request);
            let unread = more.min(held.saturating_sub(read));
            let each = (rates.input(request) - read as f64 * rates.read) / rest.max(1) as f64;
            let dollars = unread as f64 * each + (more - unread) as f64 * rates.read;
            spared.cost((index, at), dollars, rates.cost(request));
        }
    }
    spared.change()
}

/// Tokens of a request that were read from the cache, and the others.
fn split(request: &StreamRequest) -> (u64, u64) {
    let read = u64::from(request.cache_read);
    (read, request.context() - read)
}

/// The work of the subagents of a session is done by the one that started first: the input of the first requests of all
/// others is not sent.
#[must_use]
pub fn further_subagents(workload: &Workload) -> Option<Change> {
    let pricing = Pricing::of(workload);
    let mut by_unit: BTreeMap<UnitId, Vec<(usize, &StreamRequest)>> = BTreeMap::new();
    for (index, stream) in workload.streams.iter().enumerate() {
        if let Some(request) = stream.requests.first()
            && stream.is_subagent
            && !stream.is_cut
        {
            by_unit
                .entry(stream.unit)
                .or_default()
                .push((index, request));
        }
    }
    let mut spared = Spared::default();
    for starts in by_unit.values() {
        let first = starts.iter().min_by_key(|(index, r)| (r.start, *index));
        for (index, request) in starts.iter().filter(|start| Some(*start) != first) {
            if let Some(rates) = pricing.rates(request) {
                spared.cost((*index, 0), rates.input(request), rates.cost(request));
            }
        }
    }
    spared.change()
}
