//! Points of score that effects are worth.

use std::collections::{BTreeMap, BTreeSet};

use crate::assessment::{Effect, Score};
use crate::score::{Part, rescore};

/// Where the points may lie: the ends of each effect alone, put together as independent ones; mean and
/// 95th percentile of one metric go together.
pub(super) fn points_interval(
    score: &Score,
    effects: &[Effect],
    points_of: Option<f64>,
) -> Option<(f64, f64)> {
    let best = points_of?;
    let metrics: BTreeSet<&str> = effects.iter().map(|e| e.metric.as_str()).collect();
    let (mut low, mut high) = (0.0, 0.0);
    for metric in metrics {
        let own = |end: fn(&Effect) -> Option<f64>| {
            points(score, effects, |e| {
                if e.metric == metric {
                    // A percentile without an interval stays where it is.
                    end(e).or_else(|| (e.statistic == "p95").then_some(e.to))
                } else {
                    Some(e.to)
                }
            })
        };
        let (a, b) = (own(|e| e.low)? - best, own(|e| e.high)? - best);
        low += a.min(b).min(0.0).powi(2);
        high += a.max(b).max(0.0).powi(2);
    }
    Some((best - f64::sqrt(low), best + f64::sqrt(high)))
}

/// Points of score that effects are worth, of each the value that `pick` gives; `None` where it gives
/// none for one that is scored.
pub(super) fn points(
    score: &Score,
    effects: &[Effect],
    pick: impl Fn(&Effect) -> Option<f64>,
) -> Option<f64> {
    let present = score.value?;
    let mut changed = BTreeMap::new();
    for effect in effects {
        let part = match (effect.metric.as_str(), effect.statistic.as_str()) {
            ("response_time", "mean") => Part::ResponseMean,
            ("response_time", "p95") => Part::ResponseP95,
            ("success_rate", _) => Part::Success,
            ("cache_hit_rate" | "prompt_cache_hit_rate", _) => Part::Cache,
            ("token_efficiency", _) => Part::Tokens,
            ("accuracy", _) => Part::Accuracy,
            _ => continue,
        };
        // The cache part may be about another cache, and a part may be left out.
        let is_scored = score.parts.iter().any(|p| {
            p.metric == effect.metric
                && p.score.is_some()
                && (p.statistic == "p95") == (effect.statistic == "p95")
        });
        if is_scored {
            changed.insert(part, pick(effect)?);
        }
    }
    if changed.is_empty() {
        return Some(0.0);
    }
    rescore(score, &changed).map(|then| then - present)
}
