//! What falls away, at most: of a metric as a whole, or of single requests, of which none is spared twice.

use std::sync::Arc;

use crate::metrics::Metric;

/// What falls away from the sums of a metric, at most.
#[derive(Debug, Clone, PartialEq)]
pub struct Relief {
    /// The metric.
    pub metric: Metric,
    /// Change of its sum in its unit.
    pub sum: f64,
    /// Change of its n (of a ratio: of its denominator).
    pub n: f64,
    /// Which requests it is of, where it is of single ones: so that what several changes spare of one request is
    /// not counted twice. In order of requests.
    pub parts: Arc<Vec<OfRequest>>,
}

/// What falls away from one request.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OfRequest {
    /// Index of the stream, and of the request in it.
    pub request: (u32, u32),
    /// What falls away.
    pub spared: f64,
    /// Of how much.
    pub of: f64,
}

impl Relief {
    /// What falls away from a metric as a whole.
    #[must_use]
    pub fn whole(metric: Metric, sum: f64, n: f64) -> Self {
        Self {
            metric,
            sum,
            n,
            parts: Arc::default(),
        }
    }
}

/// The change of the sum of a metric where all these fall away. Of one request each takes its share of what the
/// others leave: no request is spared more than once, in whatever order.
#[must_use]
pub(in crate::scenario) fn relieved<'r>(reliefs: impl Iterator<Item = &'r Relief>) -> f64 {
    let mut whole = 0.0;
    let mut lists: Vec<&[OfRequest]> = Vec::new();
    for relief in reliefs {
        if relief.parts.is_empty() {
            whole += relief.sum;
        }
        lists.push(relief.parts.as_slice());
    }
    // Each list is in order of requests.
    let mut spared = 0.0;
    let next = |lists: &[&[OfRequest]]| {
        let firsts = lists.iter().filter_map(|list| list.first());
        firsts.min_by_key(|part| part.request).copied()
    };
    while let Some(OfRequest { request, of, .. }) = next(&lists) {
        let mut left = 1.0;
        for list in &mut lists {
            let same = list.iter().take_while(|part| part.request == request);
            let same = same.count();
            for part in &list[..same] {
                left *= 1.0 - (part.spared / part.of).clamp(0.0, 1.0);
            }
            *list = &list[same..];
        }
        spared += of * (1.0 - left);
    }
    whole - spared
}
