//! A plan: under which settings the lookups are run.

use std::collections::BTreeMap;

use super::sequence::{Lookup, Sequence, day};
use crate::config::KnobValue;
use crate::scenario::caches::cache::{Cache, Eviction};
use crate::scenario::caches::sample;
use crate::scenario::present::Timeline;
use crate::units::NANOS;

/// Contexts that preloading prepares, at most. (The knob is a yes or no; how many is not recorded.)
pub(super) const PRELOADED: usize = 20;

/// Of each knob of the cache its values over time.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Plan {
    pub(super) eviction: Eviction,
    /// Whether a start of the process empties the cache.
    pub(super) is_cold_after_restart: bool,
    pub(super) size: Timeline,
    pub(super) lifetime: Timeline,
    /// From when on contexts are preloaded, and which by host, the commonest first.
    pub(super) preload: Option<(i64, Vec<Vec<u64>>)>,
}

impl Plan {
    /// For each lookup whether it is a hit; lookups outside of the sample of this share of keys are
    /// `None`.
    pub(super) fn run(&self, sequence: &Sequence, share: f64) -> Vec<Option<bool>> {
        self.run_watched(sequence, share, |_, _| ())
    }

    /// The same; after each lookup in the sample `seen` sees the cache of its host.
    pub(super) fn run_watched(
        &self,
        sequence: &Sequence,
        share: f64,
        mut seen: impl FnMut(&Lookup, &Cache),
    ) -> Vec<Option<bool>> {
        let mut caches: Vec<Cache> = (0..sequence.hosts)
            .map(|number| {
                let is_of_simple = sequence.simple_from.is_some_and(|first| number >= first);
                let eviction = if is_of_simple {
                    Eviction::FirstInFirstOut
                } else {
                    self.eviction
                };
                Cache::new(eviction, self.size_at(0, share), self.life_at(0))
            })
            .collect();
        let mut changes = self.changes(sequence);
        changes.reverse();
        let mut days: Vec<Option<i64>> = vec![None; sequence.hosts];
        sequence
            .lookups
            .iter()
            .map(|lookup| {
                while let Some((_, change)) = changes.pop_if(|(at, _)| *at <= lookup.at) {
                    match change {
                        What::Size(at) => {
                            let size = self.size_at(at, share);
                            caches.iter_mut().for_each(|c| c.resize(size));
                        }
                        What::Life(at) => {
                            let life = self.life_at(at);
                            caches.iter_mut().for_each(|c| c.set_lifetime(life));
                        }
                        What::Restart(host) => {
                            for (number, cache) in caches.iter_mut().enumerate() {
                                if host.is_none_or(|h| h as usize == number) {
                                    cache.clear();
                                    days[number] = None;
                                }
                            }
                        }
                    }
                }
                if !sample::holds(lookup.key, share) {
                    return None;
                }
                let host = lookup.host as usize;
                if let Some((from, keys)) = &self.preload
                    && lookup.at >= *from
                    && days[host] != Some(day(lookup.at))
                {
                    days[host] = Some(day(lookup.at));
                    for key in keys[host]
                        .iter()
                        .rev()
                        .filter(|k| sample::holds(**k, share))
                    {
                        caches[host].preload(*key, lookup.at);
                    }
                }
                let hit = caches[host].request(lookup.key, lookup.at);
                seen(lookup, &caches[host]);
                Some(hit)
            })
            .collect()
    }

    fn size_at(&self, index: usize, share: f64) -> usize {
        let size = match self.size.values.get(index).and_then(|(_, v)| v.as_ref()) {
            Some(KnobValue::Number(n)) => *n,
            _ => f64::INFINITY,
        };
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // saturates
        let size = (size * share).round() as usize;
        size
    }

    fn life_at(&self, index: usize) -> Option<i64> {
        match self
            .lifetime
            .values
            .get(index)
            .and_then(|(_, v)| v.as_ref())
        {
            #[allow(clippy::cast_possible_truncation)] // saturates
            Some(KnobValue::Number(seconds)) => Some((seconds * NANOS as f64) as i64),
            _ => None,
        }
    }

    fn changes(&self, sequence: &Sequence) -> Vec<(i64, What)> {
        let later = |timeline: &Timeline, what: fn(usize) -> What| -> Vec<(i64, What)> {
            let values = timeline.values.iter().enumerate().skip(1);
            values.map(|(at, (time, _))| (time.0, what(at))).collect()
        };
        let mut changes = later(&self.size, What::Size);
        changes.extend(later(&self.lifetime, What::Life));
        if self.is_cold_after_restart {
            let restarts = sequence.restarts.iter();
            changes.extend(restarts.map(|(at, host)| (*at, What::Restart(*host))));
        }
        changes.sort_by_key(|(at, _)| *at);
        changes
    }
}

#[derive(Debug, Clone, Copy)]
enum What {
    Size(usize),
    Life(usize),
    Restart(Option<u32>),
}

/// When the newer half of the lookups begins, and the contexts that were asked for most before it, by
/// host, the commonest first; at most half of a cache of this size.
pub(super) fn commonest(sequence: &Sequence, size: Option<f64>) -> Option<(i64, Vec<Vec<u64>>)> {
    let middle = sequence.lookups.len() / 2;
    let from = sequence.lookups.get(middle)?.at;
    let mut asked: Vec<BTreeMap<u64, u64>> = vec![BTreeMap::new(); sequence.hosts];
    for lookup in &sequence.lookups[..middle] {
        *asked[lookup.host as usize].entry(lookup.key).or_default() += 1;
    }
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // saturates
    let most = size.map_or(PRELOADED, |s| PRELOADED.min((s / 2.0) as usize));
    let keys = asked
        .into_iter()
        .map(|asked| {
            let mut keys: Vec<(u64, u64)> = asked.into_iter().filter(|(_, n)| *n > 1).collect();
            keys.sort_by_key(|(key, n)| (std::cmp::Reverse(*n), *key));
            keys.into_iter().take(most).map(|(key, _)| key).collect()
        })
        .collect();
    Some((from, keys))
}
