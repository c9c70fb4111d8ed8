//! All streams of a workload under another setting: what their input cost, what a replay of the present
//! gives for that, and what it would have cost.

use super::compaction::{self, Plan};
use super::lifetime::{SLACK, Warming, kept, pings_after, present, steps};
use super::prefix::{Caching, HOUR, caching};
use super::rates::{Pricing, Rates};
use crate::workload::{ByUnit, Stream, StreamRequest, UnitId, Workload};

/// The largest error of a cost that still counts as reproduced, as a share.
const TOLERANCE: f64 = 0.05;

/// What a setting would have cost, in dollars.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Replay {
    /// Cost of the streams that the setting concerns, by the tokens that were measured.
    pub measured: f64,
    /// What the replays of the present give for it, the least and the most.
    pub reproduced: (f64, f64),
    /// Change of the cost by unit where it saves least; below 0 it is cheaper.
    pub changes: ByUnit<f64>,
    /// Change of the cost in all where it saves least, and where it saves most.
    pub change: (f64, f64),
    /// Requests of these streams.
    pub requests: u64,
}

impl Replay {
    /// Whether the replays of the present give what was measured.
    #[must_use]
    pub fn is_reproduced(&self) -> bool {
        let (low, high) = self.reproduced;
        let is_near = |cost: f64| (cost / self.measured - 1.0).abs() <= TOLERANCE;
        self.measured > 0.0 && is_near(low) && is_near(high)
    }

    /// The share of the measured cost that is saved at least, and at most; below 0 it costs more.
    #[must_use]
    pub fn saved(&self) -> (f64, f64) {
        (
            -self.change.0 / self.measured,
            -self.change.1 / self.measured,
        )
    }
}

/// The prompt cache with lifetimes in seconds (`None`: the present one), at an hour's price from an hour on,
/// else at that of five minutes, and with reads that keep it warm. Input only, of streams whose writes are
/// reported and whose models have a price for both; nothing where there are none. Sets of streams may overlap: `sets`
/// says in which a stream is.
#[must_use]
#[allow(clippy::cast_precision_loss)] // tokens of one context
pub fn of_caches<const SETS: usize>(
    workload: &Workload,
    pricing: &Pricing,
    tried: &[(Option<f64>, Warming)],
    sets: impl Fn(&Stream) -> [bool; SETS],
) -> [Vec<Replay>; SETS] {
    let mut found: [InSet; SETS] = std::array::from_fn(|_| InSet::new(tried.len()));
    for stream in &workload.streams {
        let is_in = sets(stream);
        if !is_in.contains(&true) {
            continue;
        }
        let Some(rates) = rates_of(stream, pricing) else {
            continue;
        };
        let measured = (stream.requests.iter().zip(&rates))
            .map(|(request, rates)| rates.input(request))
            .sum::<f64>();
        let steps = steps(&stream.requests, false);
        let now = present(&stream.requests);
        let cost = |lifetime: f64, slack: f64, warming: Warming| -> f64 {
            let mut all = 0.0;
            for (index, (step, rates)) in steps.iter().zip(&rates).enumerate() {
                let kept = kept(stream, &steps, index, lifetime, slack, warming);
                let hour = rates.write_1h.filter(|_| lifetime >= HOUR);
                all += step.fresh as f64 * rates.fresh
                    + (kept.read as f64 + kept.pings) * rates.read
                    + (step.cacheable - kept.read) as f64 * hour.unwrap_or(rates.write);
            }
            let after = pings_after(stream, &steps, lifetime, warming);
            all + after * rates.last().map_or(0.0, |r| r.read)
        };
        let costs = [0.0, SLACK].map(|slack| {
            let before = cost(now, slack, Warming::Never);
            let after = |(to, warming): &(Option<f64>, Warming)| {
                (before, cost(to.unwrap_or(now), slack, *warming))
            };
            tried.iter().map(after).collect::<Vec<_>>()
        });
        for (set, _) in found.iter_mut().zip(is_in).filter(|(_, is_in)| *is_in) {
            set.requests += rates.len() as u64;
            set.measured += measured;
            set.add(stream.unit, &costs);
        }
    }
    found.map(InSet::replays)
}

/// Replays of a set of streams in the making.
struct InSet {
    /// With starts as they are known, and off by the slack.
    slacks: [Vec<Replay>; 2],
    measured: f64,
    requests: u64,
}

impl InSet {
    fn new(tried: usize) -> Self {
        Self {
            slacks: std::array::from_fn(|_| vec![Replay::default(); tried]),
            measured: 0.0,
            requests: 0,
        }
    }

    /// Adds a stream: for both slacks what it cost by each replay, and would cost.
    fn add(&mut self, unit: UnitId, costs: &[Vec<(f64, f64)>; 2]) {
        for (replays, costs) in self.slacks.iter_mut().zip(costs) {
            for (replay, (before, after)) in replays.iter_mut().zip(costs) {
                replay.measured += before;
                *replay.changes.entry(unit) += after - before;
            }
        }
    }

    /// Nothing where there is no request.
    fn replays(self) -> Vec<Replay> {
        if self.requests == 0 {
            return Vec::new();
        }
        let [none, some] = self.slacks;
        let both = none.into_iter().zip(some);
        both.map(|(a, b)| of_both(a, b, self.measured, self.requests))
            .collect()
    }
}

/// Of a replay and one with starts that are off the less favourable one. Both hold as measured what the
/// present gives.
fn of_both(a: Replay, b: Replay, measured: f64, requests: u64) -> Replay {
    let total = |replay: &Replay| replay.changes.values().sum::<f64>();
    let (low, high) = (a.measured.min(b.measured), a.measured.max(b.measured));
    let (worse, better) = if total(&b) > total(&a) {
        (b, a)
    } else {
        (a, b)
    };
    Replay {
        measured,
        reproduced: (low, high),
        change: (total(&worse), total(&better)),
        changes: worse.changes,
        requests,
    }
}

/// The rates of each request, if another lifetime can be asked for: writes are reported, and all have a price
/// for five minutes and one for an hour.
fn rates_of(stream: &Stream, pricing: &Pricing) -> Option<Vec<Rates>> {
    if caching(stream) != Caching::Written || !stream.is_serial() {
        return None;
    }
    let of = |request| {
        let rates = pricing.rates(request)?;
        (rates.write_1h.is_some() && rates.write > rates.fresh).then_some(rates)
    };
    stream.requests.iter().map(of).collect()
}

/// Whether another lifetime can be asked for.
#[must_use]
pub fn has_lifetimes(stream: &Stream, pricing: &Pricing) -> bool {
    rates_of(stream, pricing).is_some()
}

/// A compaction at so many tokens, by several plans; the saving is the most that can be had. The present
/// is what was measured, so that it is the same for all plans. One for each plan, in their order; nothing at
/// all where no request has a price.
#[must_use]
pub fn of_compactions(workload: &Workload, pricing: &Pricing, plans: &[Plan]) -> Vec<Compacted> {
    let mut all = vec![Compacted::default(); plans.len()];
    let mut requests = Vec::new();
    for stream in workload.streams.iter().filter(|s| s.is_serial()) {
        requests.clear();
        let sent = |r| (r, pricing.rates(r), StreamRequest::context(r));
        requests.extend(stream.requests.iter().map(sent));
        let priced = requests.iter().filter(|(_, r, _)| r.is_some()).count() as u64;
        let as_it_was = compaction::unchanged(&requests);
        for (all, plan) in all.iter_mut().zip(plans) {
            let one = if compaction::reaches(&requests, *plan) {
                compaction::run(&requests, |r| pricing.rates(r), *plan)
            } else {
                as_it_was
            };
            all.replay.measured += one.before;
            all.replay.requests += priced;
            *all.replay.changes.entry(stream.unit) += one.after - one.before;
            all.compactions += one.compactions;
            all.beyond += one.beyond;
        }
    }
    for Compacted { replay, .. } in &mut all {
        let change = replay.changes.values().sum();
        replay.change = (change, change);
        replay.reproduced = (replay.measured, replay.measured);
    }
    all.retain(|c| c.replay.measured > 0.0);
    all
}

/// What compactions would have cost.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Compacted {
    /// In dollars.
    pub replay: Replay,
    /// How many there are.
    pub compactions: u64,
    /// Requests that save more than nothing after their compaction has been paid back.
    pub beyond: u64,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::sync::Arc;

    use super::super::prefix::tests::at;
    use super::*;
    use crate::prices::PriceTable;
    use crate::record::Name;

    /// Five dollars for a million fresh tokens: the example of relative prices, times 5 · 10⁻⁶.
    fn workload(requests: Vec<crate::workload::StreamRequest>) -> Workload {
        let mut workload = Workload {
            prices: Some(Arc::new(PriceTable::built_in())),
            ..Workload::default()
        };
        assert_eq!(workload.catalog.name("claude-opus-4-5"), Name(1));
        workload.streams = vec![Stream {
            unit: UnitId(0),
            session: Name::NONE,
            agent: Name::NONE,
            is_subagent: false,
            attendance: crate::record::Attendance::Unknown,
            provider: Name::NONE,
            is_cut: false,
            requests,
            calls: Vec::new(),
        }];
        workload
    }

    #[test]
    fn an_hour_instead_of_five_minutes() {
        let workload = workload(vec![
            at(1_780_000_000, 0, 20_000, 0),
            at(1_780_000_060, 20_000, 2_000, 0),
            at(1_780_001_000, 0, 23_000, 0),
            at(1_780_001_060, 23_000, 1_000, 0),
        ]);
        let pricing = Pricing::of(&workload);
        let tried = [(Some(HOUR), Warming::Never)];
        let replay = of_caches(&workload, &pricing, &tried, |_| [true])[0].remove(0);
        assert!((replay.measured - 61_800.0 * 5e-6).abs() < 1e-9);
        assert!((replay.reproduced.0 - replay.measured).abs() < 1e-9);
        assert!(replay.is_reproduced());
        assert!((replay.change.0 - (54_500.0 - 61_800.0) * 5e-6).abs() < 1e-9);
        assert!((replay.saved().0 - 7_300.0 / 61_800.0).abs() < 1e-9);
        assert_eq!((replay.requests, replay.changes.len()), (4, 1));
        // As it is, nothing changes.
        let present = [(Some(300.0), Warming::Never)];
        let same = of_caches(&workload, &pricing, &present, |_| [true])[0].remove(0);
        assert_eq!(same.change, (0.0, 0.0));
        let some = of_caches(&workload, &pricing, &tried, |_| [false, true]);
        assert_eq!(some, [vec![], vec![replay]]);
    }

    /// Reads that no sequence explains: a replay of the present misses the cost by far.
    #[test]
    fn hits_by_chance_are_not_reproduced() {
        let workload = workload(vec![
            at(1_780_000_000, 0, 20_000, 0),
            at(1_780_009_000, 20_000, 2_000, 0),
            at(1_780_018_000, 22_000, 0, 0),
        ]);
        let pricing = Pricing::of(&workload);
        let tried = [(Some(HOUR), Warming::Never)];
        let replay = of_caches(&workload, &pricing, &tried, |_| [true])[0].remove(0);
        assert!(!replay.is_reproduced(), "{replay:?}");
    }
}
