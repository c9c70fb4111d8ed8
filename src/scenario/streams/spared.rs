//! What falls away from single requests, gathered into a change.

use std::sync::Arc;

use crate::metrics::Metric;
use crate::scenario::outcome::{Change, OfRequest, Relief};

/// What falls away, by request, in dollars and seconds of sessions; and tokens that are read from the cache then.
#[derive(Debug, Default)]
pub(super) struct Spared {
    cost: Vec<OfRequest>,
    time: Vec<OfRequest>,
    pub(super) read: f64,
}

impl Spared {
    /// So many dollars less for a request that costs so much.
    pub(super) fn cost(&mut self, request: (usize, usize), dollars: f64, of: f64) {
        Self::add(&mut self.cost, request, dollars, of);
    }

    /// So many seconds less for a request that takes so long with its calls.
    pub(super) fn time(&mut self, request: (usize, usize), seconds: f64, of: f64) {
        Self::add(&mut self.time, request, seconds, of);
    }

    fn add(to: &mut Vec<OfRequest>, (stream, request): (usize, usize), spared: f64, of: f64) {
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let request = (number(stream), number(request));
        match to.last_mut() {
            Some(last) if last.request == request => last.spared += spared,
            _ => to.push(OfRequest {
                request,
                spared,
                of,
            }),
        }
    }

    /// As a change; `None`: nothing would fall away.
    pub(super) fn change(self) -> Option<Change> {
        let mut reliefs = Vec::new();
        for (metric, mut parts) in [
            (Metric::ComputedCost, self.cost),
            (Metric::SessionTime, self.time),
        ] {
            parts.sort_by_key(|part| part.request);
            parts.dedup_by(|later, earlier| {
                let is_same = later.request == earlier.request;
                if is_same {
                    earlier.spared += later.spared;
                }
                is_same
            });
            parts.retain(|part| part.spared > 0.0 && part.of > 0.0);
            parts
                .iter_mut()
                .for_each(|part| part.spared = part.spared.min(part.of));
            if !parts.is_empty() {
                reliefs.push(Relief {
                    metric,
                    sum: -parts.iter().map(|p| p.spared).sum::<f64>(),
                    n: 0.0,
                    // The list itself: there may be one for each request.
                    parts: Arc::new(parts),
                });
            }
        }
        let is_any = !reliefs.is_empty();
        if self.read != 0.0 {
            // Each is of requests or causes of its own: none is read twice.
            reliefs.push(Relief::whole(Metric::PromptCacheHitRate, self.read, 0.0));
        }
        is_any.then(|| Change {
            reliefs,
            ..Change::default()
        })
    }
}
