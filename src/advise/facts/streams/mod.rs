//! Facts of the request streams of agents: prompt cache, contexts, prices, and what was waited for.

mod calls;
mod context;
mod ends;
mod limits;
mod prefix;
mod sessions;
mod time;

use super::Facts;
use crate::scenario::requests::rates::Pricing;
use crate::threads;
use crate::workload::{Stream, Units, Workload};

/// Adds some of the facts.
type Gather = fn(&Workload, &Pricing, &mut Facts);

/// All of them, what takes longest first.
const GATHERS: &[Gather] = &[
    prefix::gather,
    |workload, _, facts| ends::tail(workload, facts),
    context::gather,
    calls::gather,
    time::gather,
    |workload, _, facts| ends::gather(workload, facts),
    |workload, _, facts| limits::gather(workload, facts),
    sessions::starts,
    sessions::singles,
    |workload, _, facts| sessions::outliers(workload, facts),
];

/// Gathers the facts, side by side.
pub(super) fn gather(workload: &Workload) -> Facts {
    if workload.streams.is_empty() {
        let mut facts = Facts::default();
        sessions::outliers(workload, &mut facts);
        return facts;
    }
    let pricing = Pricing::of(workload);
    let found = threads::map(GATHERS, |gather| {
        let mut facts = Facts::default();
        gather(workload, &pricing, &mut facts);
        facts
    });
    found.into_iter().fold(Facts::default(), Facts::and)
}

/// In how many units these streams are.
fn units<'s>(streams: impl IntoIterator<Item = &'s Stream>) -> u64 {
    let units: Units = streams.into_iter().map(|s| s.unit).collect();
    units.len() as u64
}

/// Whether a provider is `OpenAI`, whose caches last otherwise than Anthropic's.
fn is_openai(workload: &Workload, stream: &Stream) -> bool {
    workload.catalog.text(stream.provider) == "openai"
}

/// The median; of an even number the mean of the middle two. `None` of nothing.
fn median(values: &mut [f64]) -> Option<f64> {
    let half = values.len() / 2;
    if values.is_empty() {
        return None;
    }
    let is_even = values.len().is_multiple_of(2);
    let (below, upper, _) = values.select_nth_unstable_by(half, f64::total_cmp);
    let lower = below.iter().copied().max_by(f64::total_cmp);
    Some(match lower.filter(|_| is_even) {
        Some(lower) => f64::midpoint(lower, *upper),
        None => *upper,
    })
}
