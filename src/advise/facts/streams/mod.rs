//! Facts of the request streams of agents: prompt cache, contexts, prices, and what was waited for.

mod calls;
mod context;
mod ends;
mod limits;
mod prefix;
mod sessions;
mod time;

use std::collections::BTreeSet;

use super::Facts;
use crate::scenario::requests::rates::Pricing;
use crate::workload::{Stream, UnitId, Workload};

pub(super) fn gather(workload: &Workload, facts: &mut Facts) {
    if !workload.streams.is_empty() {
        let pricing = Pricing::of(workload);
        context::gather(workload, &pricing, facts);
        sessions::starts(workload, &pricing, facts);
        time::gather(workload, &pricing, facts);
        limits::gather(workload, facts);
        calls::gather(workload, &pricing, facts);
        ends::gather(workload, facts);
    }
    sessions::outliers(workload, facts);
}

/// Those of prefixes in the provider's cache, which take as long as all others.
pub(super) fn prefixes(workload: &Workload, facts: &mut Facts) {
    if !workload.streams.is_empty() {
        prefix::gather(workload, &Pricing::of(workload), facts);
    }
}

/// In how many units these streams are.
fn units<'s>(streams: impl IntoIterator<Item = &'s Stream>) -> u64 {
    let units: BTreeSet<UnitId> = streams.into_iter().map(|s| s.unit).collect();
    units.len() as u64
}

/// Whether a provider is `OpenAI`, whose caches last otherwise than Anthropic's.
fn is_openai(workload: &Workload, stream: &Stream) -> bool {
    workload.catalog.text(stream.provider) == "openai"
}

/// The median; of an even number the mean of the middle two. `None` of nothing.
fn median(values: &mut [f64]) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let half = values.len() / 2;
    let upper = *values.get(half)?;
    Some(if values.len().is_multiple_of(2) {
        f64::midpoint(values[half - 1], upper)
    } else {
        upper
    })
}
