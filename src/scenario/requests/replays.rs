//! All streams of a workload under another setting: what their input cost, what a replay of the present
//! gives for that, and what it would have cost.

use std::collections::BTreeMap;

use super::compaction::{self, Plan};
use super::lifetime::{self, SLACK, present, steps};
use super::prefix::{Caching, HOUR, caching};
use super::rates::{self, Pricing, Rates};
use crate::prices::InDollars;
use crate::workload::{Stream, UnitId, Workload};

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
    pub changes: BTreeMap<UnitId, f64>,
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

/// The prompt cache with this lifetime in seconds: an hour's price from an hour on, else that of five
/// minutes. Input only, of streams whose writes are reported and whose models have a price for both.
/// `None`: there are none.
#[must_use]
pub fn of_lifetime(
    workload: &Workload,
    pricing: &Pricing,
    to: f64,
    is_concerned: impl Fn(&Stream) -> bool,
) -> Option<Replay> {
    let mut slack: [Replay; 2] = Default::default();
    let mut measured = 0.0;
    let mut requests = 0;
    for stream in workload.streams.iter().filter(|s| is_concerned(s)) {
        let Some(rates) = rates_of(stream, pricing) else {
            continue;
        };
        requests += stream.requests.len() as u64;
        measured += (stream.requests.iter().zip(&rates))
            .map(|(request, rates)| rates.input(request))
            .sum::<f64>();
        let steps = steps(&stream.requests, false);
        let now = present(&stream.requests);
        for (replay, slack) in slack.iter_mut().zip([0.0, SLACK]) {
            let (mut before, mut after) = (0.0, 0.0);
            for (step, rates) in steps.iter().zip(&rates) {
                let cost = |lifetime: f64| {
                    let hour = rates.write_1h.filter(|_| lifetime >= HOUR);
                    lifetime::cost(step, lifetime + slack, rates, hour.unwrap_or(rates.write))
                };
                before += cost(now);
                after += cost(to);
            }
            replay.measured += before;
            *replay.changes.entry(stream.unit).or_default() += after - before;
        }
    }
    let total = |replay: &Replay| replay.changes.values().sum::<f64>();
    let totals = [total(&slack[0]), total(&slack[1])];
    let reproduced = [slack[0].measured, slack[1].measured];
    let worse = usize::from(totals[1] > totals[0]);
    (requests > 0).then(|| Replay {
        measured,
        reproduced: (
            reproduced[0].min(reproduced[1]),
            reproduced[0].max(reproduced[1]),
        ),
        changes: std::mem::take(&mut slack[worse].changes),
        change: (totals[worse], totals[1 - worse]),
        requests,
    })
}

/// The rates of each request, if the writes of all have a price for five minutes and one for an hour.
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

/// A compaction at so many tokens, by several plans; the saving is the most that can be had. The present
/// is what was measured. Nothing where no request has a price.
#[must_use]
pub fn of_compactions(workload: &Workload, pricing: &Pricing, plans: &[Plan]) -> Vec<Compacted> {
    let mut all = vec![Compacted::default(); plans.len()];
    let mut requests = Vec::new();
    for stream in workload.streams.iter().filter(|s| s.is_serial()) {
        requests.clear();
        requests.extend(stream.requests.iter().map(|r| (r, pricing.rates(r))));
        let priced = requests.iter().filter(|(_, r)| r.is_some()).count() as u64;
        for (all, plan) in all.iter_mut().zip(plans) {
            let one = compaction::run(&requests, *plan);
            all.replay.measured += one.before;
            all.replay.requests += priced;
            *all.replay.changes.entry(stream.unit).or_default() += one.after - one.before;
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

/// Streams of an agent (`all`: of every agent) with another model for the same tokens. Requests whose tokens
/// have no price by either model are left out.
///
/// # Errors
/// The table has no such model, or there is nothing to be priced.
pub fn of_model(
    workload: &Workload,
    pricing: &Pricing,
    agent: &str,
    model: &str,
) -> Result<Replay, String> {
    let prices = (workload.prices.as_deref())
        .and_then(|table| table.of(model))
        .map(InDollars::of)
        .ok_or_else(|| format!("the table of prices does not know {model}"))?;
    let mut all = Replay::default();
    for stream in &workload.streams {
        if agent != "all" && workload.catalog.text(stream.agent) != agent {
            continue;
        }
        for request in &stream.requests {
            let (Some(now), Some(then)) = (pricing.rates(request), rates::priced(&prices, request))
            else {
                continue;
            };
            let cost = now.cost(request);
            all.measured += cost;
            all.requests += 1;
            *all.changes.entry(stream.unit).or_default() += then.cost(request) - cost;
        }
    }
    let change = all.changes.values().sum();
    all.change = (change, change);
    all.reproduced = (all.measured, all.measured);
    match all.requests {
        0 => Err(format!("no request of {agent} has a price for both models")),
        _ => Ok(all),
    }
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
        let replay = of_lifetime(&workload, &pricing, HOUR, |_| true).unwrap();
        assert!((replay.measured - 61_800.0 * 5e-6).abs() < 1e-9);
        assert!((replay.reproduced.0 - replay.measured).abs() < 1e-9);
        assert!(replay.is_reproduced());
        assert!((replay.change.0 - (54_500.0 - 61_800.0) * 5e-6).abs() < 1e-9);
        assert!((replay.saved().0 - 7_300.0 / 61_800.0).abs() < 1e-9);
        assert_eq!((replay.requests, replay.changes.len()), (4, 1));
        // As it is, nothing changes.
        let same = of_lifetime(&workload, &pricing, 300.0, |_| true).unwrap();
        assert_eq!(same.change, (0.0, 0.0));
        assert_eq!(of_lifetime(&workload, &pricing, HOUR, |_| false), None);
    }

    /// 1,000 fresh, 90,000 read, 9,000 written, 2,000 out: 0.15625 dollars now, 0.09375 then.
    #[test]
    fn another_model_for_the_same_tokens() {
        let mut request = at(1_780_000_000, 90_000, 9_000, 0);
        (request.fresh, request.output) = (1_000, 2_000);
        let workload = workload(vec![request]);
        let pricing = Pricing::of(&workload);
        let replay = of_model(&workload, &pricing, "all", "claude-sonnet-4-5").unwrap();
        assert!((replay.measured - 0.156_25).abs() < 1e-12);
        assert!((replay.change.0 - (0.093_75 - 0.156_25)).abs() < 1e-12);
        let fault = of_model(&workload, &pricing, "all", "no-such-model").unwrap_err();
        assert!(fault.contains("no-such-model"));
        assert!(of_model(&workload, &pricing, "main", "claude-sonnet-4-5").is_err());
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
        let replay = of_lifetime(&workload, &pricing, HOUR, |_| true).unwrap();
        assert!(!replay.is_reproduced(), "{replay:?}");
    }
}
