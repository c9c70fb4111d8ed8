//! Hit rates of the context cache by its size.

use std::collections::HashMap;

use super::plan::Plan;
use super::sequence::Sequence;
use super::{Present, memory, present_of, recorded_rate};
use crate::config::{Config, KnobValue};
use crate::scenario::caches::cache::Eviction;
use crate::scenario::caches::{sample, stack};
use crate::scenario::present::Timeline;
use crate::scenario::replay::Withheld;
use crate::workload::Workload;

/// A size suffices that reaches an unlimited cache's hit rate up to this.
pub const WITHIN: f64 = 0.01;

/// Hit rates by size, from one replay.
#[derive(Debug, Clone, PartialEq)]
pub struct Sizes {
    /// The size that holds at the end of the period.
    pub present: Option<u64>,
    /// Whether it was another one before.
    pub is_piecewise: bool,
    /// Hit rate as recorded.
    pub measured: f64,
    /// Hit rate of an unlimited cache: only the first request for each context misses (and what lived too
    /// long).
    pub unlimited: f64,
    /// The smallest size within one point of an unlimited cache, as a round number.
    pub sufficient: u64,
    /// The same if no context expired: a larger cache may pay beside a longer time to live only. `None`: none expires.
    pub sufficient_without_expiry: Option<u64>,
    /// Most different contexts on one host.
    pub working_set: u64,
    /// Share of the repeated requests that the sufficient size holds.
    pub reuses_held: f64,
    /// What a context takes in memory, in bytes; `None`: not known.
    pub each: Option<f64>,
    /// Misses as recorded: first requests, those that the sufficient size would keep, others.
    pub misses: [u64; 3],
    curve: Curve,
}

/// The hit rate of each size throughout, less that of the present replayed, plus that measured.
#[derive(Debug, Clone, PartialEq)]
enum Curve {
    /// Hit rates for size 0, 1, 2, …; beyond the last nothing is gained.
    All(Vec<f64>),
    /// Of tried sizes.
    Tried(Vec<(u64, f64)>),
}

impl Sizes {
    /// Memory on a host with a cache of this size (`None`: without limit) beyond that at the present size, in
    /// bytes, once it has been filled.
    #[must_use]
    #[allow(clippy::cast_precision_loss)] // contexts of a cache
    pub fn memory(&self, size: Option<u64>) -> Option<f64> {
        let held = |size: u64| size.min(self.working_set) as f64;
        let then = size.map_or(self.working_set as f64, held);
        Some(self.each? * (then - held(self.present?)))
    }

    /// The hit rate of a size throughout the period; `None` for one that was not tried.
    #[must_use]
    pub fn rate(&self, size: u64) -> Option<f64> {
        match &self.curve {
            Curve::All(rates) => {
                let at = usize::try_from(size)
                    .unwrap_or(usize::MAX)
                    .min(rates.len() - 1);
                Some(rates[at])
            }
            Curve::Tried(rates) => {
                if size >= self.working_set {
                    return Some(self.unlimited);
                }
                rates.iter().find(|(s, _)| *s == size).map(|(_, r)| *r)
            }
        }
    }
}

/// The table of sizes; `asked` is a size that must be among them.
///
/// # Errors
/// Why there is none, as for a replay.
pub fn sizes(workload: &Workload, config: &Config, asked: Option<u64>) -> Result<Sizes, Withheld> {
    let Present {
        sequence,
        share,
        plan: present,
        hits: now,
    } = present_of(workload, config)?;
    let measured = recorded_rate(&sequence);
    let offset = measured - super::rate(&now, share);
    let is_plain = sequence.simple_from.is_none()
        && present.eviction == Eviction::LeastRecentlyUsed
        && present.lifetime.values.iter().all(|(_, v)| v.is_none());
    let distances = distances(&sequence, present.is_cold_after_restart, share);
    let size_now = match present.size.last() {
        Some(KnobValue::Number(n)) => Some(*n as u64),
        _ => None,
    };
    let working_set = working_set(&sequence, present.is_cold_after_restart);
    let curve = if is_plain {
        Curve::All(by_distance(&distances, share, offset))
    } else {
        Curve::Tried(tried(
            &present,
            &sequence,
            share,
            offset,
            ladder(size_now, asked, working_set),
        ))
    };
    let unlimited = run(&present, &sequence, share, working_set) + offset;
    let candidates: Vec<(u64, f64)> = match &curve {
        Curve::All(rates) => (0..).zip(rates.iter().copied()).collect(),
        Curve::Tried(rates) => rates.clone(),
    };
    let least = candidates
        .iter()
        .find(|(_, rate)| unlimited - rate <= WITHIN)
        .map_or(working_set, |(size, _)| *size);
    let sufficient = rounded_up(least.max(1));
    let expires = present.lifetime.values.iter().any(|(_, v)| v.is_some());
    let sufficient_without_expiry = expires.then(|| {
        let rates = by_distance(&distances, share, 0.0);
        let most = rates.last().copied().unwrap_or(0.0);
        let enough = rates.iter().position(|rate| most - rate <= WITHIN);
        rounded_up(enough.unwrap_or(0).max(1) as u64)
    });
    let (mut first, mut kept, mut others) = (0, 0, 0);
    let (mut reuses, mut held) = (0_u64, 0_u64);
    for (lookup, distance) in sequence.lookups.iter().zip(&distances) {
        let Some(distance) = distance else { continue };
        let is_held = distance.is_some_and(|d| f64::from(d) <= sufficient as f64 * share);
        if distance.is_some() {
            reuses += 1;
            held += u64::from(is_held);
        }
        if !lookup.hit {
            match distance {
                None => first += 1,
                Some(_) if is_held => kept += 1,
                Some(_) => others += 1,
            }
        }
    }
    Ok(Sizes {
        present: size_now,
        is_piecewise: present.size.is_piecewise(),
        measured,
        unlimited,
        sufficient,
        sufficient_without_expiry,
        working_set,
        each: memory::each(workload, &sequence, &present)
            .filter(|_| share >= 1.0)
            .map(|each| each.bytes(1.0)),
        reuses_held: if reuses == 0 {
            0.0
        } else {
            held as f64 / reuses as f64
        },
        misses: [first, kept, others],
        curve,
    })
}

/// Distances on each host since its last start; the outer `None`: not in the sample.
fn distances(sequence: &Sequence, is_cold: bool, share: f64) -> Vec<Option<Option<u32>>> {
    let mut parts: HashMap<(u32, usize), (Vec<usize>, Vec<u64>)> = HashMap::new();
    let mut starts = sequence.restarts.clone();
    starts.sort_unstable();
    for (at, lookup) in sequence.lookups.iter().enumerate() {
        if !sample::holds(lookup.key, share) {
            continue;
        }
        let part = if is_cold {
            let until = starts.partition_point(|(t, _)| *t <= lookup.at);
            let own = |(_, host): &&(i64, Option<u32>)| host.is_none_or(|h| h == lookup.host);
            starts[..until].iter().filter(own).count()
        } else {
            0
        };
        let part = parts.entry((lookup.host, part)).or_default();
        part.0.push(at);
        part.1.push(lookup.key);
    }
    let mut all = vec![None; sequence.lookups.len()];
    for (places, keys) in parts.into_values() {
        for (place, distance) in places.into_iter().zip(stack::distances(&keys)) {
            all[place] = Some(distance);
        }
    }
    all
}

/// Hit rates of all sizes at once.
fn by_distance(distances: &[Option<Option<u32>>], share: f64, offset: f64) -> Vec<f64> {
    let sampled: Vec<Option<u32>> = distances.iter().flatten().copied().collect();
    let hits = stack::hits_by_size(&sampled);
    let expected = distances.len() as f64 * share;
    let adjusted = expected - sampled.len() as f64;
    let largest = ((hits.len() - 1) as f64 / share).ceil();
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // saturates
    let largest = largest as usize;
    (0..=largest)
        .map(|size| {
            let at = ((size as f64 * share).round() as usize).min(hits.len() - 1);
            (hits[at] as f64 + adjusted) / expected + offset
        })
        .collect()
}

/// Hit rates of sizes of a ladder, each run on its own.
fn tried(
    present: &Plan,
    sequence: &Sequence,
    share: f64,
    offset: f64,
    sizes: Vec<u64>,
) -> Vec<(u64, f64)> {
    sizes
        .into_iter()
        .map(|size| (size, run(present, sequence, share, size) + offset))
        .collect()
}

/// Round sizes up to the working set, with multiples of the present one.
fn ladder(size_now: Option<u64>, asked: Option<u64>, working_set: u64) -> Vec<u64> {
    let mut sizes: Vec<u64> = asked.into_iter().collect();
    let mut size = 1;
    while size < working_set {
        sizes.push(size);
        size = rounded_up(size + 1 + size / 8);
    }
    for times in [1, 2, 4, 8] {
        sizes.extend(size_now.map(|s| s * times));
    }
    sizes.extend(size_now.map(|s| s / 2));
    sizes.retain(|s| *s > 0 && *s < working_set);
    sizes.sort_unstable();
    sizes.dedup();
    sizes
}

fn run(present: &Plan, sequence: &Sequence, share: f64, size: u64) -> f64 {
    let plan = Plan {
        size: Timeline::always(Some(KnobValue::Number(size as f64))),
        ..present.clone()
    };
    super::rate(&plan.run(sequence, share), share)
}

/// Most different contexts that one host was asked for since a start.
fn working_set(sequence: &Sequence, is_cold: bool) -> u64 {
    let mut keys: Vec<std::collections::HashSet<u64>> = vec![Default::default(); sequence.hosts];
    let mut starts = sequence.restarts.clone();
    starts.sort_unstable();
    starts.reverse();
    let mut most = 0;
    for lookup in &sequence.lookups {
        while is_cold && let Some((_, host)) = starts.pop_if(|(at, _)| *at <= lookup.at) {
            for (number, keys) in keys.iter_mut().enumerate() {
                if host.is_none_or(|h| h as usize == number) {
                    keys.clear();
                }
            }
        }
        let own = &mut keys[lookup.host as usize];
        own.insert(lookup.key);
        most = most.max(own.len());
    }
    most as u64
}

/// The next number that one says easily: 1 to 10, then two digits of which the second is 0, 2, 5 or 8.
fn rounded_up(size: u64) -> u64 {
    let mut scale = 1;
    while size.div_ceil(scale) > 99 {
        scale *= 10;
    }
    let digits = size.div_ceil(scale);
    if digits <= 10 {
        return digits * scale;
    }
    let tens = digits / 10 * 10;
    let ones = [0, 2, 5, 8, 10].into_iter().find(|o| tens + o >= digits);
    (tens + ones.unwrap_or(10)) * scale
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_one_says() {
        let all: Vec<u64> = [1, 7, 10, 11, 12, 13, 96, 99, 100, 101, 121, 173, 998, 1234]
            .into_iter()
            .map(rounded_up)
            .collect();
        assert_eq!(
            all,
            [
                1, 7, 10, 12, 12, 15, 98, 100, 100, 120, 150, 180, 1000, 1500
            ]
        );
    }
}
