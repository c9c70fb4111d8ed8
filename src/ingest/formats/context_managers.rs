//! What the context managers' `get_performance_metrics()` returns: FANCY nested, SIMPLE flat.
//!
//! Ratios and seconds in, aggregates out, with the mode as a dimension. FANCY's times are of
//! preparations that missed the cache. SIMPLE divides by hits too: where there were hits its average
//! is another quantity, and keeps a name of its own (`preparation_time_per_request`). A manager that
//! was never asked tells nothing.

use crate::ingest::document::{Faults, Node, Origin, Reported, keys, parse_tree};
use crate::ingest::{Format, Head, Input, Likelihood, ReadError};
use crate::metrics::Metric;
use crate::place::Problem;
use crate::record::{Dimension, Measured, Records, Statistic};

/// Reader of the context managers' own figures.
#[derive(Debug)]
pub(super) struct ContextManagers;

impl Format for ContextManagers {
    fn name(&self) -> &'static str {
        "context-managers"
    }

    fn about(&self) -> &'static str {
        "get_performance_metrics() of the FANCY or SIMPLE context manager: preparation time, cache hit rate"
    }

    fn plural(&self) -> &'static str {
        "context manager figures"
    }

    fn is_orchestrator(&self) -> bool {
        true
    }

    fn detect(&self, head: &Head<'_>) -> Likelihood {
        let keys = keys(head.bytes);
        let has = |key: &[u8]| keys.contains(&key);
        let is_fancy = has(b"context_manager")
            && [
                &b"token_calculator"[..],
                b"agent_memory",
                b"context_filter",
                b"context_index",
            ]
            .iter()
            .any(|key| keys.contains(key));
        let is_simple = has(b"context_manager_type") && has(b"total_requests");
        if is_fancy || is_simple {
            Likelihood::Yes
        } else if has(b"average_preparation_time") && has(b"total_requests") {
            Likelihood::Maybe
        } else {
            Likelihood::No
        }
    }

    fn read(
        &self,
        input: &mut Input<'_>,
        records: &mut Records,
        problems: &mut Vec<Problem>,
    ) -> Result<(), ReadError> {
        let origin = Origin::of(input, records);
        let text = input.document()?;
        let tree = parse_tree(text, 1, origin.file, problems)?;
        let faults = Faults::new(origin.file, text, &[], problems);
        let nested = tree.get("context_manager");
        let (manager, under) = match nested {
            Node::Map(_) => (nested, Some("context_manager")),
            _ => (&tree, None),
        };
        let is_simple = match manager.get("context_manager_type").text() {
            Some(kind) => kind.eq_ignore_ascii_case("simple"),
            None => under.is_none(),
        };
        // The other parts describe the inner life of the manager.
        records.ignored += under.map_or(0, |_| tree.entries().len() as u64 - 1);
        let mut manager = Manager {
            manager,
            under,
            faults,
            reported: Reported::default(),
        };
        if is_simple {
            manager.simple(records);
        } else {
            manager.fancy();
        }
        let mode = if is_simple { "SIMPLE" } else { "FANCY" };
        let own = [(Dimension::Mode, mode)];
        manager.reported.finish(&origin, &own, None, records);
        Ok(())
    }
}

struct Manager<'a, 'f> {
    manager: &'a Node,
    under: Option<&'static str>,
    faults: Faults<'f>,
    reported: Reported,
}

impl Manager<'_, '_> {
    fn fancy(&mut self) {
        let hits = self.count("cache_hits");
        let misses = self.count("cache_misses");
        let lookups = hits.zip(misses).map(|(h, m)| h + m);
        self.hit_rate(lookups);
        for (key, statistic) in [
            ("average_preparation_time", Statistic::Mean),
            ("max_preparation_time", Statistic::Max),
            ("min_preparation_time", Statistic::Min),
        ] {
            let time = self.amount(key, f64::MAX).filter(|_| misses != Some(0));
            if let Some(time) = time {
                let metric = Metric::ContextPreparationTime;
                self.reported.add(metric, statistic, time, misses);
            }
        }
    }

    fn simple(&mut self, records: &mut Records) {
        let requests = self.count("total_requests");
        let hits = self.count("cache_hits");
        self.hit_rate(requests);
        let time = self.amount("average_preparation_time", f64::MAX);
        let Some(time) = time.filter(|_| requests != Some(0)) else {
            return;
        };
        let metric = match hits {
            Some(0) => Measured::Known(Metric::ContextPreparationTime),
            _ => Measured::Custom(records.catalog.name("preparation_time_per_request")),
        };
        self.reported
            .add_measured(metric, Statistic::Mean, time, requests);
    }

    fn hit_rate(&mut self, lookups: Option<u64>) {
        let rate = self.amount("cache_hit_rate", 1.0);
        if let Some(rate) = rate.filter(|_| lookups != Some(0)) {
            self.reported
                .add(Metric::CacheHitRate, Statistic::Mean, rate, lookups);
        }
    }

    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    fn count(&mut self, key: &str) -> Option<u64> {
        // Checked to lie between 0 and 2⁵³.
        self.amount(key, 9_007_199_254_740_992.0)
            .map(|value| value.round() as u64)
    }

    fn amount(&mut self, key: &str, most: f64) -> Option<f64> {
        let reason = match self.manager.get(key).number() {
            Ok(None) => return None,
            Ok(Some(value)) if (0.0..=most).contains(&value) => return Some(value),
            Ok(Some(_)) => "is negative or too large",
            Err(reason) => reason,
        };
        let keys: Vec<&str> = self.under.into_iter().chain([key]).collect();
        self.faults.value(0, &keys, format!("{key} {reason}"));
        None
    }
}
