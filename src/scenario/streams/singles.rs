//! Single requests that nobody waits for: what they would cost in a batch, which providers answer within a day.

use super::spared::Spared;
use crate::record::{Attendance, OutcomeKind};
use crate::scenario::outcome::Change;
use crate::scenario::requests::rates::Pricing;
use crate::workload::{Stream, StreamRequest, Workload};

/// The request of a session that consists of it alone, without a tool call, and was started with nobody there. One more
/// request would have to wait for its reply: such sessions are no batch.
#[must_use]
pub fn single(stream: &Stream) -> Option<&StreamRequest> {
    let [only] = stream.requests.as_slice() else {
        return None;
    };
    let is_alone = !stream.is_cut && !stream.is_subagent && stream.calls.is_empty();
    let is_well = only.outcome == OutcomeKind::Ok;
    (is_alone && is_well && stream.attendance == Attendance::Unattended).then_some(only)
}

/// Single requests go out in batches, at the price that the table has for that. Where it has none, nothing falls away.
#[must_use]
pub fn in_batches(workload: &Workload) -> Option<Change> {
    let pricing = Pricing::of(workload);
    let mut spared = Spared::default();
    for (index, stream) in workload.streams.iter().enumerate() {
        if let Some(request) = single(stream)
            && let Some(rates) = pricing.rates(request)
            && let Some(share) = pricing.in_batch(request)
        {
            let cost = rates.cost(request);
            spared.cost((index, 0), cost * (1.0 - share), cost);
        }
    }
    spared.change()
}
