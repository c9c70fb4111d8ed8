//! Contexts that are known beforehand, prepared beside the work before their step: of what the cache holds then, and at
//! most.
//!
//! A step waits for what is left of its preparation when it comes. Where another size, time to live or preloading makes a
//! lookup a hit, nothing of it is left to be spared; where it becomes a miss, its preparation takes the mean time of its
//! mode's misses.

use std::collections::{BTreeMap, BTreeSet};

use super::plan::Plan;
use super::sequence::Sequence;
use crate::metrics::Metric;
use crate::record::DimsId;
use crate::scenario::ahead;
use crate::scenario::replay::{Replayed, Shift};
use crate::units::NANOS;
use crate::workload::{UnitId, Workload};

/// Which lookups are hits under other settings of the cache.
pub(super) struct Hits {
    /// In the replay of the present; empty: nothing changes.
    now: Vec<Option<bool>>,
    /// Without preloading.
    base: Vec<Option<bool>>,
    /// With it.
    then: Vec<Option<bool>>,
    /// How often what preloading gives counts: it is known of the newer half only.
    weight: f64,
    /// The share of the contexts that stand for all.
    share: f64,
}

impl Hits {
    /// Each lookup is what it was.
    pub(super) fn as_recorded() -> Self {
        Self {
            now: Vec::new(),
            base: Vec::new(),
            then: Vec::new(),
            weight: 1.0,
            share: 1.0,
        }
    }

    /// Under a plan.
    #[allow(clippy::cast_precision_loss)] // lookups
    pub(super) fn of(sequence: &Sequence, share: f64, now: Vec<Option<bool>>, then: &Plan) -> Self {
        let without = Plan {
            preload: None,
            ..then.clone()
        };
        let base = without.run(sequence, share);
        let (then, weight) = match &then.preload {
            None => (base.clone(), 1.0),
            Some((from, _)) => {
                let newer = sequence.lookups.iter().filter(|l| l.at >= *from).count();
                let all = sequence.lookups.len() as f64;
                (then.run(sequence, share), all / newer.max(1) as f64)
            }
        };
        Self {
            now,
            base,
            then,
            weight,
            share,
        }
    }

    /// Of a lookup whether it is a hit without and with preloading; `None`: it is not in the sample. One that the replay of
    /// the present and that of the plan agree on is what it was.
    fn at(&self, at: usize, was_hit: bool) -> Option<[bool; 2]> {
        let Some(now) = self.now.get(at) else {
            return self.now.is_empty().then_some([was_hit; 2]);
        };
        let of = |then: &[Option<bool>]| {
            let (now, then) = ((*now)?, (*then.get(at)?)?);
            Some(if now == then { was_hit } else { then })
        };
        Some([of(&self.base)?, of(&self.then)?])
    }
}

/// Adds what steps wait less to a replay; its figures are bounds then.
#[allow(clippy::cast_precision_loss)] // seconds
pub(super) fn add(workload: &Workload, sequence: &Sequence, hits: &Hits, replayed: &mut Replayed) {
    let mut sums: BTreeMap<(DimsId, UnitId), f64> = BTreeMap::new();
    for known in ahead::known(workload) {
        let lookup = &sequence.lookups[known.at];
        let counts = lookup
            .step
            .is_some_and(|s| sequence.steps[s as usize].counts);
        let Some([base, then]) = hits.at(known.at, lookup.hit).filter(|_| counts) else {
            continue;
        };
        let ahead = known.ahead as f64 / NANOS as f64;
        let took = if lookup.hit {
            sequence.mean(lookup.mode, false).unwrap_or(0.0)
        } else {
            known.waited as f64 / NANOS as f64
        };
        let spared = |is_hit: bool| if is_hit { 0.0 } else { took.min(ahead) };
        let more = spared(base) + (spared(then) - spared(base)) * hits.weight;
        *sums.entry((lookup.dims, lookup.unit)).or_default() += more / hits.share;
    }
    if replayed.units == 0 {
        let units = sequence.lookups.iter().map(|l| l.unit);
        let units: BTreeSet<UnitId> = units.filter(|u| *u != UnitId::NONE).collect();
        replayed.units = units.len() as u64;
    }
    let shift = |((dims, unit), spared): ((DimsId, UnitId), f64)| Shift {
        metric: Metric::ResponseTime,
        dims,
        unit,
        n: 0.0,
        sum: -spared,
        is_preparation: true,
    };
    replayed.shifts.extend(sums.into_iter().map(shift));
    // Nothing of a bound is by chance, so there is no interval.
    (replayed.is_bound, replayed.is_assumed) = (true, true);
}
