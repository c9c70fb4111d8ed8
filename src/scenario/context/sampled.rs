//! By how much a sample of the contexts may mislead.

use std::collections::HashMap;

use crate::metrics::Metric;
use crate::scenario::caches::sample;
use crate::scenario::outcome::LEVEL;
use crate::scenario::replay::Replayed;
use crate::stats::normal;

/// What each context in the sample gains.
pub(super) struct Sampled {
    /// The share of the contexts that stand for all.
    share: f64,
    /// Hits, and seconds of preparation with them.
    keys: HashMap<u64, (f64, f64)>,
}

impl Sampled {
    /// Nothing yet.
    pub(super) fn of(share: f64) -> Self {
        Self {
            share,
            keys: HashMap::new(),
        }
    }

    /// A lookup of a context becomes so many hits more, each of which spares so many seconds.
    pub(super) fn add(&mut self, key: u64, hits: f64, seconds: f64) {
        if self.share < 1.0 {
            let of_key = self.keys.entry(key).or_default();
            of_key.0 += hits;
            of_key.1 += hits * seconds;
        }
    }

    /// Says it in the intervals and in words. `usual` is the mean time of a preparation in seconds, `n` the number of
    /// all lookups.
    pub(super) fn tell(self, usual: f64, n: f64, replayed: &mut Replayed) {
        let Some(critical) = normal::critical(LEVEL).filter(|_| self.share < 1.0) else {
            return;
        };
        let half = |parts: &mut dyn Iterator<Item = f64>| {
            critical * sample::standard_error(parts, self.share)
        };
        let hits = half(&mut self.keys.values().map(|(hits, _)| *hits));
        // What a preparation takes on the mean moves by those that take more or less than usual.
        let beyond = |(hits, seconds): &(f64, f64)| seconds - hits * usual;
        let seconds = half(&mut self.keys.values().map(beyond));
        replayed.doubts.extend([
            (Metric::CacheHitRate, hits),
            (Metric::ContextPreparationTime, seconds),
        ]);
        replayed.notes.push(format!(
            "The sequence is very long, so that one in {:.0} of the contexts stands for all: by their choice the hit rate may be {:.2} points off (90 %), which is in the intervals. Response times are left as they are.",
            1.0 / self.share,
            hits / n * 100.0
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Half of the contexts: one gains 30 hits of 2 s, one loses 40 of 1 s: √(½ · 2,500) ÷ ½ = 70.7 hits; beside the usual
    /// 1.5 s both take 15 and 20 s more, √(½ · 625) ÷ ½ = 35.4 s.
    #[test]
    fn the_choice_of_contexts_is_in_the_doubts() {
        let mut sampled = Sampled::of(0.5);
        sampled.add(1, 30.0, 2.0);
        sampled.add(2, -30.0, 1.0);
        sampled.add(2, -10.0, 1.0);
        let mut replayed = Replayed::default();
        sampled.tell(1.5, 10_000.0, &mut replayed);
        let doubt = |metric| replayed.doubts.iter().find(|(m, _)| *m == metric);
        let near = |metric, expected: f64| {
            doubt(metric).is_some_and(|(_, d)| (d - 1.644_853_627 * expected).abs() < 1e-6)
        };
        assert!(near(Metric::CacheHitRate, 5_000_f64.sqrt()));
        assert!(near(Metric::ContextPreparationTime, 1_250_f64.sqrt()));
        // 116 of 10,000 lookups.
        assert!(
            replayed.notes[0].contains("1.16 points"),
            "{:?}",
            replayed.notes
        );
        let mut all = Replayed::default();
        Sampled::of(1.0).tell(1.5, 10_000.0, &mut all);
        assert_eq!(all, Replayed::default());
    }
}
