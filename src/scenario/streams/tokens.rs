//! What the tokens of streams cost, and what of them is read from the provider's cache.

use std::collections::BTreeSet;

use super::{COMPACTION, KEEP_WARM, LIFETIME, LIFETIME_FOR, MODEL_FOR, REUSE, Run, share};
use crate::config::KnobValue;
use crate::metrics::Metric;
use crate::prices::InDollars;
use crate::record::Name;
use crate::scenario::replay::{Bench, RATE_TOLERANCE, Settings, Withheld, reproduction};
use crate::scenario::requests::compaction::{self, Plan};
use crate::scenario::requests::lifetime::{SLACK, Warming, present, sent};
use crate::scenario::requests::prefix::{Caching, FIVE_MINUTES, HOUR, caching};
use crate::scenario::requests::rates::{Pricing, Rates, priced};
use crate::scenario::requests::replays::has_lifetimes;
use crate::workload::{Filter, Stream, StreamRequest, Workload};

/// What settings ask of tokens.
struct Asked {
    knobs: Vec<String>,
    /// Lifetimes in seconds of agents (`None`: all).
    lifetimes: Vec<(Option<Name>, f64)>,
    /// `None`: nothing is asked of it.
    warming: Option<Warming>,
    compaction: Option<Plan>,
    /// Agents (`None`: all) with the prices of another model.
    models: Vec<(Option<Name>, InDollars)>,
    /// Whether what is sent is less than what was sent.
    is_reused: bool,
}

impl Asked {
    /// Of the streams of an agent.
    fn lifetime(&self, agent: Name) -> Option<f64> {
        let own = |(of, _): &&(Option<Name>, f64)| of.is_none_or(|of| of == agent);
        self.lifetimes
            .iter()
            .find(own)
            .map(|(_, lifetime)| *lifetime)
    }

    fn is_of_cache(&self) -> bool {
        self.warming.is_some() || !self.lifetimes.is_empty()
    }
}

/// Cost, tokens that were read, and tokens of input.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
struct Bill {
    cost: f64,
    read: f64,
    input: f64,
}

impl Bill {
    fn add(&mut self, other: Bill) {
        self.cost += other.cost;
        self.read += other.read;
        self.input += other.input;
    }
}

/// `left` are the workload's streams in their order, with what is still sent.
pub(super) fn replay(
    bench: &Bench<'_>,
    settings: &Settings,
    left: &[Stream],
    run: &mut Run,
) -> Result<(), Withheld> {
    let workload = bench.workload;
    if workload.prices.is_none() {
        return Err(Withheld::because(
            "a stored summary keeps no prices: read the logs themselves",
        ));
    }
    let asked = asked(workload, settings)?;
    let pricing = Pricing::of(workload);
    let mut billed = Billed::default();
    for (stream, left) in workload.streams.iter().zip(left) {
        billed.add(stream, left, &asked, &pricing);
    }
    if billed.requests == 0 {
        return Err(Withheld::because(nothing(workload, &asked)));
    }
    billed.tell(workload, &asked, run);
    Ok(())
}

fn asked(workload: &Workload, settings: &Settings) -> Result<Asked, Withheld> {
    let number = |knob: &str| match settings.get(knob) {
        Some(KnobValue::Number(n)) => Some(*n),
        _ => None,
    };
    let mut lifetimes = Vec::new();
    for (knob, value) in settings {
        let agent = match knob.strip_prefix(LIFETIME_FOR) {
            Some(agent) => of_agent(workload, agent)?,
            None if knob == LIFETIME => None,
            None => continue,
        };
        if let KnobValue::Number(lifetime) = value {
            lifetimes.push((agent, *lifetime));
        }
    }
    // An agent's own before that of all.
    lifetimes.sort_by_key(|(agent, _)| agent.is_none());
    let is_priced = |lifetime: f64| [FIVE_MINUTES, HOUR].contains(&lifetime);
    if !lifetimes.iter().all(|(_, lifetime)| is_priced(*lifetime)) {
        return Err(Withheld::because(
            "writes have a price for five minutes and one for an hour, and for no other lifetime",
        ));
    }
    let warming = settings.get(KEEP_WARM).map(|value| match value {
        KnobValue::Word(word) if word == "always" => Warming::Always,
        KnobValue::Word(word) if word == "pending" => Warming::Pending,
        _ => Warming::Never,
    });
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // saturates
    let compaction = number(COMPACTION).map(|at| Plan::at(at as u64));
    if compaction.is_some_and(|plan| plan.at <= plan.left) {
        return Err(Withheld::because(format!(
            "a compaction leaves {} tokens: instructions, tools and a summary",
            Plan::at(0).left
        )));
    }
    let mut models = Vec::new();
    for (knob, value) in settings {
        if let (Some(agent), KnobValue::Word(model)) = (knob.strip_prefix(MODEL_FOR), value) {
            models.push((of_agent(workload, agent)?, of_model(workload, model)?));
        }
    }
    // An agent's own model before that of all.
    models.sort_by_key(|(agent, _)| agent.is_none());
    Ok(Asked {
        knobs: settings
            .keys()
            .filter(|k| super::is_of_tokens(k))
            .cloned()
            .collect(),
        lifetimes,
        warming,
        compaction,
        models,
        is_reused: settings.contains_key(REUSE),
    })
}

/// The agent of that name, among those of streams; `None`: all of them.
fn of_agent(workload: &Workload, agent: &str) -> Result<Option<Name>, Withheld> {
    if agent == "all" {
        return Ok(None);
    }
    let agents: BTreeSet<Name> = workload.streams.iter().map(|s| s.agent).collect();
    let found = workload.catalog.names.find(agent).map(Name);
    match found.filter(|name| agents.contains(name)) {
        Some(name) => Ok(Some(name)),
        None => {
            let known: Vec<&str> = agents
                .iter()
                .filter(|a| a.is_some())
                .map(|a| workload.catalog.text(*a))
                .collect();
            Err(Withheld::because(format!(
                "no requests of an agent {agent} were recorded in their order; {}",
                if known.is_empty() {
                    "no agent is named there: try all".to_owned()
                } else {
                    format!("there are those of {}, and all", known.join(", "))
                }
            )))
        }
    }
}

fn of_model(workload: &Workload, model: &str) -> Result<InDollars, Withheld> {
    (workload.prices.as_deref())
        .and_then(|table| table.of(model))
        .map(InDollars::of)
        .ok_or_else(|| {
            Withheld::because(format!(
                "the table of prices does not know the model {model}"
            ))
        })
}

/// Why settings concern no request.
fn nothing(workload: &Workload, asked: &Asked) -> &'static str {
    let is_written = workload
        .streams
        .iter()
        .any(|s| caching(s) == Caching::Written);
    if asked.is_of_cache() && !is_written {
        "writes to the provider's cache are not reported, so neither their lifetime nor their price is known"
    } else if asked.is_of_cache() {
        "no requests in their order have a price for writes of five minutes and of an hour"
    } else {
        "no requests in their order have a price for all of their tokens"
    }
}

/// What streams cost: measured, and of each slack of the starts the present and what is asked for.
#[derive(Default)]
struct Billed {
    measured: Bill,
    now: [Bill; 2],
    then: [Bill; 2],
    changes: [Vec<(crate::workload::UnitId, Bill)>; 2],
    requests: u64,
    compactions: u64,
}

impl Billed {
    /// A stream as it was, and with what is `left` of what it sends.
    fn add(&mut self, stream: &Stream, left: &Stream, asked: &Asked, pricing: &Pricing) {
        let lifetime = asked.lifetime(stream.agent);
        let is_asked = lifetime.is_some() || asked.warming.is_some();
        let cache = is_asked && has_lifetimes(stream, pricing);
        let prices = asked
            .models
            .iter()
            .find(|(agent, _)| agent.is_none_or(|a| a == stream.agent))
            .map(|(_, prices)| prices);
        let plan = asked.compaction.filter(|_| stream.is_serial());
        let is_reused = asked.is_reused && stream.is_serial();
        if !cache && prices.is_none() && plan.is_none() && !is_reused {
            return;
        }
        let slacks: &[f64] = if cache { &[0.0, SLACK] } else { &[0.0] };
        for (at, slack) in slacks.iter().enumerate() {
            let present = present(&stream.requests);
            let (now, then, pings) = if cache {
                let to = lifetime.unwrap_or(present);
                let warming = asked.warming.unwrap_or(Warming::Never);
                let now = sent(stream, present, *slack, Warming::Never);
                let then = sent(left, to, *slack, warming);
                (now.0, then.0, then.1)
            } else {
                (stream.requests.clone(), left.requests.clone(), Vec::new())
            };
            let before = bill(&now, |r| pricing.rates(r));
            let of_then = |request: &StreamRequest| {
                // A request that has no price now has none to be compared with.
                pricing.rates(request)?;
                match prices {
                    Some(prices) => priced(prices, request),
                    None => pricing.rates(request),
                }
            };
            let (mut after, both) = (
                bill(&then, of_then),
                is_priced_alike(&now, pricing, of_then),
            );
            if !both {
                // What has only one of both prices would look like a saving.
                return;
            }
            for (request, tokens) in &pings {
                let rates = of_then(&left.requests[*request]);
                after.cost += rates.map_or(0.0, |r| tokens * r.read);
            }
            if let Some(plan) = plan {
                let recorded = stream.requests.iter().map(StreamRequest::context);
                let requests: Vec<_> = then
                    .iter()
                    .zip(recorded)
                    .map(|(r, recorded)| (r, of_then(r), recorded))
                    .collect();
                let compacted = compaction::run(&requests, of_then, plan);
                after.cost += compacted.after - compacted.before;
                after.read += compacted.tokens.0;
                after.input += compacted.tokens.1;
                if at == 0 {
                    self.compactions += compacted.compactions;
                }
            }
            for slot in if slacks.len() == 1 { 0..2 } else { at..at + 1 } {
                self.now[slot].add(before);
                self.then[slot].add(after);
                let change = Bill {
                    cost: after.cost - before.cost,
                    read: after.read - before.read,
                    input: after.input - before.input,
                };
                self.changes[slot].push((stream.unit, change));
            }
        }
        self.measured
            .add(bill(&stream.requests, |r| pricing.rates(r)));
        let is_priced = |r: &&StreamRequest| pricing.rates(r).is_some();
        self.requests += stream.requests.iter().filter(is_priced).count() as u64;
    }

    /// Says it in terms of metrics. Of both slacks the one that saves less counts; how far they are apart
    /// is in the interval.
    fn tell(self, workload: &Workload, asked: &Asked, run: &mut Run) {
        let cost = |slot: usize| self.then[slot].cost - self.now[slot].cost;
        let worse = usize::from(cost(1) > cost(0));
        let unit = Metric::ComputedCost.row().unit;
        let all = workload
            .figure(Metric::ComputedCost, &Filter::default())
            .total(unit);
        let farther = usize::from(
            (self.now[1].cost - self.measured.cost).abs()
                > (self.now[0].cost - self.measured.cost).abs(),
        );
        run.reproduced(reproduction(
            Metric::ComputedCost,
            "total",
            self.measured.cost,
            self.now[farther].cost,
        ));
        let rate = |b: &Bill| if b.input > 0.0 { b.read / b.input } else { 0.0 };
        let (measured, replayed) = (rate(&self.measured), rate(&self.now[worse]));
        let is_read = self.measured.read > 0.0;
        let is_rate_near = (replayed - measured).abs() <= RATE_TOLERANCE;
        if is_read && is_rate_near {
            run.reproduced(reproduction(
                Metric::PromptCacheHitRate,
                "mean",
                measured,
                replayed,
            ));
        } else if is_read {
            run.note(format!(
                "The prompt cache hit rate is left as it is: the replay of the present gives {:.1} % of these requests where {:.1} % was measured.",
                replayed * 100.0,
                measured * 100.0
            ));
        }
        for (unit, change) in &self.changes[worse] {
            run.add(Metric::ComputedCost, *unit, 0.0, change.cost);
            if is_read && is_rate_near {
                run.add(Metric::PromptCacheHitRate, *unit, change.input, change.read);
            }
        }
        let apart = (cost(1) - cost(0)).abs();
        if apart > 0.0 {
            run.replayed.doubts.push((Metric::ComputedCost, apart));
        }
        if self.measured.cost < all * 0.995 {
            let knobs: Vec<&str> = asked.knobs.iter().map(String::as_str).collect();
            run.note(format!(
                "Requests with {} of the cost at list prices are concerned by {}; the rest stays as it is.",
                share(self.measured.cost, all),
                knobs.join(", "),
            ));
        }
        tell_what_it_rests_on(asked, self.compactions, run);
    }
}

fn tell_what_it_rests_on(asked: &Asked, compactions: u64, run: &mut Run) {
    if asked.is_of_cache() {
        run.note(
            "Starts may be up to 30 s off: each lifetime is also run with 30 s more, and the figures are the less favourable ones.",
        );
    }
    match asked.warming.unwrap_or(Warming::Never) {
        Warming::Never => {}
        Warming::Always => run.note(
            "A prefix is read again every five minutes (or hour), 11 times at most, after the last request of each stream too: nobody knows that it is the last. These reads are in the cost, not in the hit rate.",
        ),
        Warming::Pending => run.note(
            "A prefix is read again every five minutes (or hour), 11 times at most, while a tool call of the last reply runs. These reads are in the cost, not in the hit rate.",
        ),
    }
    if let Some(plan) = asked.compaction {
        run.bound();
        run.note(match compactions {
            0 => "No context is so long that it would be compacted; one that was recorded stands where it was.".to_owned(),
            n => format!(
                "Compactions: {n}, to {} tokens with a summary of {}. What has to be read again is not known, nor whether the answers stay as good; the time of the summaries is not in the response times.",
                plan.left, plan.summary
            ),
        });
    }
    if !asked.models.is_empty() {
        run.replayed.is_assumed = true;
        run.note(
            "Another model is only another price for the same tokens: what it takes in tokens and time, and whether it succeeds as often, is known only once it was measured.",
        );
    }
}

/// Whether each request that has a price now has one then.
fn is_priced_alike(
    requests: &[StreamRequest],
    pricing: &Pricing,
    then: impl Fn(&StreamRequest) -> Option<Rates>,
) -> bool {
    requests
        .iter()
        .all(|r| pricing.rates(r).is_none() || then(r).is_some())
}

fn bill(requests: &[StreamRequest], rates: impl Fn(&StreamRequest) -> Option<Rates>) -> Bill {
    let mut all = Bill::default();
    for request in requests {
        if let Some(rates) = rates(request) {
            all.cost += rates.cost(request);
            all.read += f64::from(request.cache_read);
            #[allow(clippy::cast_precision_loss)] // tokens of one context
            let input = request.context() as f64;
            all.input += input;
        }
    }
    all
}
