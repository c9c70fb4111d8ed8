//! From hits and waits to shifts of sums.

use std::collections::{BTreeMap, BTreeSet};

use super::plan::Plan;
use super::sampled::Sampled;
use super::sequence::Sequence;
use super::swapped::{self, Swapped};
use super::{PRELOAD, SLOTS};
use crate::assessment::Reproduction;
use crate::config::KnobValue;
use crate::metrics::{Metric, Unit};
use crate::record::DimsId;
use crate::scenario::measured::Transport;
use crate::scenario::replay::{
    self, Bench, Replayed, Settings, Shift, Withheld, is_reproduced, tail_of,
};
use crate::scenario::servers::{Load, Request, Served, serve};
use crate::units::NANOS;
use crate::workload::{Filter, UnitId};

type Slots = Option<Vec<(i64, usize)>>;

/// Sums by metric, dimensions, unit, and whether they are time of preparations.
#[derive(Default)]
struct Sums(BTreeMap<(Metric, DimsId, UnitId, bool), (f64, f64)>);

impl Sums {
    fn add(&mut self, metric: Metric, (dims, unit): (DimsId, UnitId), n: f64, sum: f64) {
        self.part(metric, (dims, unit), false, n, sum);
    }

    fn part(
        &mut self,
        metric: Metric,
        of: (DimsId, UnitId),
        is_preparation: bool,
        n: f64,
        sum: f64,
    ) {
        let at = self
            .0
            .entry((metric, of.0, of.1, is_preparation))
            .or_default();
        at.0 += n;
        at.1 += sum;
    }

    fn shifts(self) -> Vec<Shift> {
        let shift = |((metric, dims, unit, is_preparation), (n, sum))| Shift {
            metric,
            dims,
            unit,
            n,
            sum,
            is_preparation,
        };
        self.0.into_iter().map(shift).collect()
    }
}

/// What other settings of the cache (and perhaps of the slots) give. `present` is the plan that holds
/// now, with its hits.
pub(super) fn of_cache(
    bench: &Bench<'_>,
    sequence: &Sequence,
    share: f64,
    present: (&Plan, &[Option<bool>]),
    then: &Plan,
    slots: Slots,
    (settings, swaps): (&Settings, &[Swapped]),
) -> Result<Replayed, Withheld> {
    let (_, now) = present;
    let without_preload = Plan {
        preload: None,
        ..then.clone()
    };
    let base = without_preload.run(sequence, share);
    let (hits, weight) = match &then.preload {
        None => (base.clone(), 1.0),
        Some((from, _)) => {
            let newer = sequence.lookups.iter().filter(|l| l.at >= *from).count();
            (
                then.run(sequence, share),
                number(sequence.lookups.len()) / number(newer.max(1)),
            )
        }
    };
    let mut sums = Sums::default();
    let mut services = Services::new(sequence);
    let (mut replayed_misses, mut recorded_misses) = ((0.0, 0.0), (0.0, 0.0));
    let mut unlinked = 0_usize;
    let mut sampled = Sampled::of(share);
    for (at, lookup) in sequence.lookups.iter().enumerate() {
        let (Some(now), Some(base), Some(then)) = (now[at], base[at], hits[at]) else {
            continue;
        };
        let miss = lookup
            .took
            .filter(|_| !lookup.hit)
            .or_else(|| sequence.mean(lookup.mode, false));
        let (Some(miss), Some(hit)) = (miss, sequence.mean(lookup.mode, true)) else {
            continue;
        };
        // A hit never takes longer than the preparation it spares.
        let saved = miss - hit.min(miss);
        if !now {
            replayed_misses = (replayed_misses.0 + 1.0, replayed_misses.1 + miss);
        }
        if let (false, Some(took)) = (lookup.hit, lookup.took) {
            recorded_misses = (recorded_misses.0 + 1.0, recorded_misses.1 + took);
        }
        if let Some(step) = lookup.step {
            let as_recorded = gain(lookup.hit, now) * saved;
            services.add(step, as_recorded, gain(now, then) * saved);
        } else {
            unlinked += 1;
        }
        // What preloading gives is known of the newer half only, and taken for the older one too.
        let more = (gain(now, base) + gain(base, then) * weight) / share;
        sampled.add(lookup.key, more * share, miss);
        let of = (lookup.dims, lookup.unit);
        sums.add(Metric::CacheHitRate, of, 0.0, more);
        sums.part(
            Metric::ContextPreparationTime,
            of,
            true,
            -more,
            -more * miss,
        );
        if weight > 1.0
            && let Some(step) = lookup.step
            && sequence.steps[step as usize].counts
        {
            let rest = gain(base, then) * (weight - 1.0) / share * saved;
            sums.part(Metric::ResponseTime, of, true, 0.0, -rest);
        }
    }
    let mut replayed = Replayed {
        reproduction: vec![replay::reproduction(
            Metric::CacheHitRate,
            "mean",
            super::recorded_rate(sequence),
            super::rate(now, share),
        )],
        units: units(sequence.lookups.iter().map(|l| l.unit)),
        ..Replayed::default()
    };
    if recorded_misses.0 > 0.0 && replayed_misses.0 > 0.0 {
        replayed.reproduction.push(replay::reproduction(
            Metric::ContextPreparationTime,
            "mean",
            recorded_misses.1 / recorded_misses.0,
            replayed_misses.1 / replayed_misses.0,
        ));
    }
    if sequence.simple_from.is_some() {
        replayed.notes.push(
            "SIMPLE is taken to have a cache of its own, first in first out and of the same size: only so is the present reproduced."
                .into(),
        );
    }
    let usual = recorded_misses.1 / f64::max(recorded_misses.0, 1.0);
    sampled.tell(usual, number(sequence.lookups.len()), &mut replayed);
    replayed.is_assumed = then.preload.is_some();
    if then.preload.is_some() && settings.contains_key(PRELOAD) {
        replayed.notes.push(format!(
            "Preloading is taken to prepare, on each day before its first request, the contexts that \
             were asked for most in the older half, {} at most; it is scored on the newer half. When and what a program preloads is not recorded, so there is no \
             interval.",
            super::plan::PRELOADED
        ));
    }
    if share < 1.0 {
        // How long each step takes is not known: of most the contexts are not in the sample.
    } else if !services.is_linked() {
        replayed.notes.push(
            "Preparations do not name the step they belong to, so response times are left as they are."
                .into(),
        );
    } else {
        if unlinked * 10 > sequence.lookups.len() {
            replayed.notes.push(
                "Some preparations name no step; their time is not in the response times.".into(),
            );
        }
        of_steps(
            bench,
            sequence,
            &services,
            slots,
            (settings, swaps),
            &mut sums,
            &mut replayed,
        )?;
    }
    replayed.shifts = sums.shifts();
    Ok(replayed)
}

/// What another number of slots gives, or other times of service.
pub(super) fn of_slots(
    bench: &Bench<'_>,
    sequence: &Sequence,
    slots: Slots,
    settings: &Settings,
    swaps: &[Swapped],
) -> Result<Replayed, Withheld> {
    if swaps.is_empty() && !sequence.has_queue() {
        return Err(Withheld::because(
            "no wait for a slot was recorded, so there is nothing that more or fewer slots could be \
             replayed from",
        ));
    }
    let mut sums = Sums::default();
    let mut replayed = Replayed {
        units: units(sequence.steps.iter().map(|s| s.unit)),
        ..Replayed::default()
    };
    let services = Services::new(sequence);
    of_steps(
        bench,
        sequence,
        &services,
        slots,
        (settings, swaps),
        &mut sums,
        &mut replayed,
    )?;
    replayed.shifts = sums.shifts();
    Ok(replayed)
}

/// Serves the steps again, with other times of service and perhaps other slots.
fn of_steps(
    bench: &Bench<'_>,
    sequence: &Sequence,
    services: &Services,
    slots: Slots,
    (settings, swaps): (&Settings, &[Swapped]),
    sums: &mut Sums,
    replayed: &mut Replayed,
) -> Result<(), Withheld> {
    let asked = match settings.get(SLOTS) {
        Some(KnobValue::Number(n)) if *n >= 1.0 => Some(vec![(i64::MIN, *n as usize)]),
        Some(_) => return Err(Withheld::because(format!("{SLOTS} must be at least 1"))),
        None => None,
    };
    let measured = bench
        .workload
        .figure(Metric::ResponseTime, &Filter::default());
    let mut now_waits: Vec<i64> = sequence.steps.iter().map(|s| s.queue).collect();
    let mut served_by: Option<&[(i64, usize)]> = None;
    let mut now_load = None;
    match (&slots, sequence.has_queue()) {
        (Some(slots), true) => {
            let now = serve(&requests(sequence, &services.now), slots);
            let reproduction = mean_of(
                sequence,
                &services.now,
                &waited(&now),
                measured.mean(Unit::Seconds),
            );
            if reproduction.as_ref().is_some_and(is_reproduced) {
                now_waits = waited(&now);
                served_by = Some(asked.as_ref().unwrap_or(slots));
                if let Some(asked) = &asked {
                    beyond_observed(sequence, &now, asked[0].1, replayed);
                    let requests = requests(sequence, &services.now);
                    now_load = Some(Load::of(&requests, &now, slots));
                }
            } else if asked.is_some() {
                return Err(unlike(reproduction));
            } else {
                replayed.notes.push(
                    "Waits for a slot are held as they were: serving the steps again does not give the \
                     response times that were measured."
                        .into(),
                );
            }
        }
        (None, true) if asked.is_some() => {
            return Err(Withheld::because(format!(
                "the present value of {SLOTS} is not known: declare it in performance_config.yaml"
            )));
        }
        (None, true) => replayed.notes.push(format!(
            "Waits for a slot are held as they were: the present value of {SLOTS} is not known."
        )),
        (_, false) => {}
    }
    let best: Vec<f64> = swaps.iter().map(|s| s.effect).collect();
    let run = |effects: &[f64]| {
        let services = swapped::services(sequence, &services.now, &services.then, swaps, effects);
        let served = served_by.map(|slots| serve(&requests(sequence, &services), slots));
        let waits = served.as_deref().map_or_else(|| now_waits.clone(), waited);
        Run {
            services,
            waits,
            served: served.unwrap_or_default(),
        }
    };
    let then = run(&best);
    if let (Some(now), Some(slots)) = (now_load, served_by) {
        let requests = requests(sequence, &then.services);
        let then = Load::of(&requests, &then.served, slots);
        replayed.notes.extend(told_of_load(now, then));
    }
    let is_shifted = served_by.is_some() || swaps.is_empty();
    let mut responses: Vec<(UnitId, i64, i64)> = Vec::new();
    for (at, step) in sequence.steps.iter().enumerate() {
        let of = (step.dims, step.unit);
        let wait = then.waits[at] - now_waits[at];
        if served_by.is_some() {
            let is = |waits: &[i64]| f64::from(u8::from(waits[at] > 0));
            let n = is(&then.waits) - is(&now_waits);
            sums.add(Metric::QueueTime, of, n, seconds(wait));
        }
        if !step.counts {
            continue;
        }
        let service = services.then[at] - services.now[at];
        if is_shifted || service != 0 {
            sums.part(Metric::ResponseTime, of, true, 0.0, seconds(service));
            sums.add(Metric::ResponseTime, of, 0.0, seconds(wait));
        }
        responses.push((
            step.unit,
            services.now[at] + now_waits[at],
            then.services[at] + then.waits[at],
        ));
    }
    if !swaps.is_empty() {
        let none = run(&vec![0.0; best.len()]);
        let spared = then.served(sequence) - none.served(sequence);
        let echo = (then.waited(sequence) - none.waited(sequence)) / spared;
        replayed.echo = if echo.is_finite() { echo.max(0.0) } else { 0.0 };
    }
    let mean = mean_of(
        sequence,
        &services.now,
        &now_waits,
        measured.mean(Unit::Seconds),
    );
    replayed.reproduction.extend(mean);
    if let Some(mut tail) = tail_of(&responses) {
        for (at, swap) in swaps.iter().enumerate() {
            let Some((low, high)) = swap.ends else {
                tail.error = None;
                continue;
            };
            let ends = [low, high].map(|end| {
                let mut effects = best.clone();
                effects[at] = end;
                run(&effects)
            });
            let apart = |of: &dyn Fn(&Run) -> f64| (of(&ends[1]) - of(&ends[0])).abs() / 2.0;
            let p95 = apart(&|run| run.p95(sequence).unwrap_or(tail.to));
            tail.doubt = tail.doubt.hypot(p95);
            let queue = apart(&|run| run.waits.iter().map(|w| seconds(*w)).sum());
            if queue > 0.0 {
                replayed.doubts.push((Metric::QueueTime, queue));
            }
        }
        let reproduction = measured
            .quantile(0.95, Unit::Seconds)
            .map(|measured| replay::reproduction(Metric::ResponseTime, "p95", measured, tail.from));
        if reproduction.as_ref().is_some_and(is_reproduced) {
            replayed.tail = Some(tail);
            let of = |pick: fn(&(UnitId, i64, i64)) -> i64| responses.iter().map(pick);
            replayed.transport = Transport::between(of(|r| r.1), of(|r| r.2));
        }
        replayed.reproduction.extend(reproduction);
    }
    Ok(())
}

/// How full the slots are, and how much they get done, now and then.
fn told_of_load(now: Load, then: Load) -> Option<String> {
    let share = |load: Load| Some(100.0 * load.saturation()?);
    let hourly = |load: Load| Some(3_600.0 * NANOS as f64 * load.throughput()?);
    Some(format!(
        "While any step runs on a host, all slots are busy for {:.0} % of the time ({:.0} % now), and {:.0} steps an hour \
         end ({:.0} now).",
        share(then)?,
        share(now)?,
        hourly(then)?,
        hourly(now)?
    ))
}

/// Steps as they would be served: nanoseconds of service and of waiting.
struct Run {
    services: Vec<i64>,
    waits: Vec<i64>,
    /// What became of each; empty where waits are held as they were.
    served: Vec<Served>,
}

impl Run {
    /// Seconds of service of the steps that count.
    fn served(&self, sequence: &Sequence) -> f64 {
        Self::counted(&self.services, sequence)
    }

    /// Seconds that the steps that count waited.
    fn waited(&self, sequence: &Sequence) -> f64 {
        Self::counted(&self.waits, sequence)
    }

    fn counted(of: &[i64], sequence: &Sequence) -> f64 {
        let steps = of.iter().zip(&sequence.steps);
        steps
            .filter(|(_, s)| s.counts)
            .map(|(nanos, _)| seconds(*nanos))
            .sum()
    }

    /// The 95th percentile of the steps that count, in seconds.
    fn p95(&self, sequence: &Sequence) -> Option<f64> {
        let mut responses: Vec<i64> = (self.services.iter().zip(&self.waits))
            .zip(&sequence.steps)
            .filter(|(_, step)| step.counts)
            .map(|((service, wait), _)| service + wait)
            .collect();
        let at = (responses.len() * 95).div_ceil(100).checked_sub(1)?;
        let (_, value, _) = responses.select_nth_unstable(at);
        Some(seconds(*value))
    }
}

fn unlike(reproduction: Option<Reproduction>) -> Withheld {
    let reason = reproduction.as_ref().map_or_else(
        || "no response time was measured".to_owned(),
        |r| {
            format!(
                "serving the recorded steps again gives a mean response time of {:.2} s where {:.2} s was \
                 measured",
                r.replayed, r.measured
            )
        },
    );
    Withheld {
        reason,
        reproduction: reproduction.into_iter().collect(),
    }
}

/// More slots than ever ran at once: what a step takes then was not observed.
fn beyond_observed(sequence: &Sequence, now: &[Served], slots: usize, replayed: &mut Replayed) {
    let mut changes: Vec<(i64, i32)> = Vec::new();
    let mut most = 0;
    for host in 0..sequence.hosts {
        changes.clear();
        for (step, served) in sequence.steps.iter().zip(now) {
            if step.host as usize == host && step.service > 0 {
                let begins = served.came.saturating_add(served.waited);
                changes.push((begins, 1));
                changes.push((begins.saturating_add(step.service), -1));
            }
        }
        changes.sort_unstable();
        let mut running = 0;
        for (_, change) in &changes {
            running += change;
            most = most.max(running);
        }
    }
    if i32::try_from(slots).unwrap_or(i32::MAX) > most {
        replayed.notes.push(format!(
            "At most {most} steps ran at once on a host; that {slots} at once take no longer each is \
             assumed."
        ));
    }
}

/// Times of service now and then, in nanoseconds.
struct Services {
    now: Vec<i64>,
    then: Vec<i64>,
    linked: usize,
}

impl Services {
    fn new(sequence: &Sequence) -> Self {
        let recorded: Vec<i64> = sequence.steps.iter().map(|s| s.service).collect();
        Self {
            now: recorded.clone(),
            then: recorded,
            linked: 0,
        }
    }

    /// Takes seconds off a step: what the replay of the present takes off, and what the change does.
    fn add(&mut self, step: u32, now: f64, more: f64) {
        let step = step as usize;
        self.linked += 1;
        self.now[step] = (self.now[step] - nanos(now)).max(0);
        self.then[step] = (self.then[step] - nanos(now + more)).max(0);
    }

    fn is_linked(&self) -> bool {
        self.linked > 0
    }
}

fn requests(sequence: &Sequence, services: &[i64]) -> Vec<Request> {
    let steps = sequence.steps.iter().zip(services);
    steps
        .map(|(step, service)| Request {
            arrival: step.arrival,
            service: *service,
            place: step.host,
        })
        .collect()
}

fn waited(served: &[Served]) -> Vec<i64> {
    served.iter().map(|s| s.waited).collect()
}

fn mean_of(
    sequence: &Sequence,
    services: &[i64],
    waits: &[i64],
    measured: Option<f64>,
) -> Option<Reproduction> {
    let (mut n, mut sum) = (0.0, 0.0);
    for (at, step) in sequence.steps.iter().enumerate() {
        if step.counts {
            n += 1.0;
            sum += seconds(services[at].saturating_add(waits[at]));
        }
    }
    (n > 0.0).then_some(replay::reproduction(
        Metric::ResponseTime,
        "mean",
        measured?,
        sum / n,
    ))
}

/// 1 for a miss that becomes a hit, −1 for a hit that becomes a miss.
fn gain(now: bool, then: bool) -> f64 {
    f64::from(u8::from(then)) - f64::from(u8::from(now))
}

fn units(of: impl Iterator<Item = UnitId>) -> u64 {
    of.filter(|u| *u != UnitId::NONE)
        .collect::<BTreeSet<_>>()
        .len() as u64
}

#[allow(clippy::cast_precision_loss)]
fn number(n: usize) -> f64 {
    n as f64
}

#[allow(clippy::cast_precision_loss)]
fn seconds(nanos: i64) -> f64 {
    nanos as f64 / NANOS as f64
}

#[allow(clippy::cast_possible_truncation)] // saturates
fn nanos(seconds: f64) -> i64 {
    (seconds * NANOS as f64).round() as i64
}
