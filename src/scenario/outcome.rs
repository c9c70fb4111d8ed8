//! One simulation of one or more changes: the metrics as measured, and as they would have been.
//!
//! Every row of the workload passes through the changes that concern it, one after the other, so that
//! effects that overlap are not added up. Intervals are at 90 %; of several changes their half-widths
//! are combined as those of independent errors.

mod relief;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::context::{self, Swapped};
use super::effects::{
    cells, footprint_effects, mask_of, mean_effect, p95_effect, preparations_left,
    spares_preparations, totalled,
};
use super::gathered::Gathered;
use super::measured::{self, Contrast, Swap, Transport, Variants};
use super::points::{points, points_interval};
use super::replay::{self, Bench, GROUPS, Replayed, Settings, Withheld, group_of};
use crate::assessment::Effect;
use crate::metrics::{Kind, Metric};
use crate::record::Dimension;
use crate::workload::{WallClock, WallPart, Workload};

pub(super) use relief::relieved;
pub use relief::{OfRequest, Relief};

/// Confidence of projections.
pub const LEVEL: f64 = 0.9;

/// Confidence at which a side metric must be seen to change.
pub(super) const SEEN: f64 = 0.95;

/// Metrics that a change can concern, in the order in which effects are listed.
pub(super) const SIMULATED: &[Metric] = &[
    Metric::ResponseTime,
    Metric::SessionTime,
    Metric::ContextPreparationTime,
    Metric::QueueTime,
    Metric::BackoffTime,
    Metric::ModelTime,
    Metric::ToolTime,
    Metric::ToolSuccessRate,
    Metric::SuccessRate,
    Metric::Accuracy,
    Metric::CacheHitRate,
    Metric::PromptCacheHitRate,
    Metric::TokenEfficiency,
    Metric::MemoryUsage,
    Metric::Cost,
    Metric::ComputedCost,
];

/// Of these, what only replays change: between variants that were observed they are not compared.
const REPLAYED: &[Metric] = &[
    Metric::SessionTime,
    Metric::BackoffTime,
    Metric::ModelTime,
    Metric::ToolTime,
    Metric::ToolSuccessRate,
    Metric::PromptCacheHitRate,
];

/// A change of configuration with what it does to each metric.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Change {
    /// The replacement, where both variants were observed.
    pub swap: Option<Swap>,
    /// Its effects.
    pub contrasts: BTreeMap<Metric, Contrast>,
    /// How response times map.
    pub transport: Option<Transport>,
    /// What falls away, at most.
    pub reliefs: Vec<Relief>,
    /// The knobs under which a sequence is run again; all of one mechanism.
    pub settings: Settings,
    /// What that gives, alone.
    pub replayed: Option<Replayed>,
    /// Metrics that the present variant has and the other was not measured in.
    pub unknown: Vec<Metric>,
    /// Replacements of shares of the steps that their swaps concern, which together are this change.
    pub parts: Vec<Change>,
    /// What it rests on, in words.
    pub notes: Vec<String>,
}

/// Whether between variants of a dimension that were observed a metric is compared, beside the response time.
pub(super) fn is_governed(metric: Metric, dimension: Dimension) -> bool {
    match metric {
        // Waits for a slot are held as they were.
        Metric::ResponseTime | Metric::QueueTime => false,
        other if REPLAYED.contains(&other) => false,
        // An interface or a model has no part in how a context is prepared.
        Metric::ContextPreparationTime | Metric::CacheHitRate | Metric::TokenEfficiency => {
            dimension == Dimension::Mode
        }
        _ => true,
    }
}

impl Change {
    /// The change that a swap is; `None` where no like steps of the other variant were observed.
    #[must_use]
    pub fn measured(workload: &Workload, swap: Swap) -> Option<Change> {
        let variants = Variants::of(workload, &swap);
        let response = measured::response_contrast(workload, &swap, &variants)?;
        // The ranks of whole steps say nothing of a shift of one part: then p95 stays as it is.
        let transport = response
            .is_factor
            .then(|| Transport::of_response_times(workload, &variants, response.likeness))
            .flatten();
        let mut change = Change {
            transport,
            contrasts: BTreeMap::from([(Metric::ResponseTime, response)]),
            ..Change::default()
        };
        let affected = swap.affected(workload);
        let mut governed = SIMULATED.to_vec();
        governed.retain(|m| is_governed(*m, swap.dimension));
        // Most are told by no row at all, which would be found out by going through all rows for each.
        for metric in workload.told_by_rows(&governed) {
            match measured::contrast(workload, metric, &variants) {
                // What is not seen to change is taken as it is: noise of a side metric must not decide.
                Some(contrast) if !contrast.is_seen(SEEN) => {}
                Some(contrast) => {
                    change.contrasts.insert(metric, contrast);
                }
                None if cells(workload, metric, std::slice::from_ref(&affected))
                    .iter()
                    .any(|(mask, f)| *mask == 1 && f.n > 0) =>
                {
                    change.unknown.push(metric);
                }
                None => {}
            }
        }
        change.swap = Some(swap);
        Some(change)
    }

    /// The change that a replay under settings is.
    ///
    /// # Errors
    /// Why there is no projection: no mechanism turns these knobs together, the sequence was not
    /// recorded, a present value is not known, or the replay does not give what was measured.
    pub fn replay(bench: &Bench<'_>, settings: Settings) -> Result<Change, Withheld> {
        let mechanism = settings
            .keys()
            .next()
            .and_then(|knob| replay::mechanism(knob))
            .ok_or_else(|| Withheld::because("no replay turns this knob"))?;
        let replayed = (mechanism.replay)(bench, &settings)?;
        Ok(Change {
            settings,
            replayed: Some(replayed),
            ..Change::default()
        })
    }

    /// Its place among others: by what it replaces, then by the knobs that it turns, then by what falls away.
    fn place(&self) -> (Option<&Swap>, Vec<String>, Vec<String>) {
        let settings = self.settings.iter();
        let reliefs = self.reliefs.iter();
        (
            self.swap.as_ref(),
            settings
                .map(|(knob, value)| format!("{knob}={value}"))
                .collect(),
            reliefs
                .map(|r| format!("{:?} {} {}", r.metric, r.sum, r.n))
                .collect(),
        )
    }

    /// Whether its figures are bounds.
    #[must_use]
    pub fn is_bound(&self) -> bool {
        let is_measured = self.swap.is_some() || !self.parts.is_empty();
        !is_measured && self.replayed.as_ref().is_none_or(|r| r.is_bound)
    }

    /// The smallest number of units or pairs behind its effects on response time; of a replay, the units
    /// in it.
    #[must_use]
    pub fn compared(&self) -> Option<u64> {
        if let Some(replayed) = &self.replayed {
            return Some(replayed.units);
        }
        if !self.parts.is_empty() {
            return self.parts.iter().filter_map(Change::compared).min();
        }
        self.contrasts
            .get(&Metric::ResponseTime)
            .map(Contrast::compared)
    }
}

/// What a simulation gives.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Outcome {
    /// Effects on metrics.
    pub effects: Vec<Effect>,
    /// Points of score that are gained; `None` where the score cannot be computed.
    pub points: Option<f64>,
    /// 90 % interval of the points, where all effects on the score have one.
    pub points_interval: Option<(f64, f64)>,
    /// Share of the time of all steps that is saved; where none is shorter, of the time of sessions.
    pub time_saved: f64,
    /// Share of the reported cost that is saved, else of the cost at list prices; `None` where neither is
    /// concerned.
    pub cost_saved: Option<f64>,
    /// What the replays in it rest on, in words.
    pub notes: Vec<String>,
}

impl Outcome {
    /// The effect on the mean (of cost: on the total) of a metric.
    #[must_use]
    pub fn effect(&self, metric: Metric) -> Option<&Effect> {
        self.effects
            .iter()
            .find(|e| e.metric == metric.name() && e.statistic != "p95")
    }
}

/// Simulates changes on a workload; replays of one mechanism are one run with all their settings. In which
/// order they are given makes no difference.
#[must_use]
pub fn simulate(bench: &Bench<'_>, changes: &[&Change]) -> Outcome {
    simulated(bench, changes, true, &Gathered::of(bench.workload))
}

/// The same for a search, with what was gathered for other settings. Where waits are not served again, they are held as
/// they were where a mode or an interface changes: much faster.
#[must_use]
pub(super) fn simulated(
    bench: &Bench<'_>,
    changes: &[&Change],
    is_served_again: bool,
    gathered: &Gathered<'_>,
) -> Outcome {
    let (workload, score) = (bench.workload, bench.score);
    // A factor and a shift, and two maps of a tail, do not commute: they have an order of their own.
    let has_parts = changes.iter().any(|c| !c.parts.is_empty());
    let mut changes = taken_apart(changes);
    changes.sort_by_cached_key(|change| change.place());
    let changes = changes.as_slice();
    let affected: Vec<Vec<bool>> = changes
        .iter()
        .map(|c| {
            c.swap
                .as_ref()
                .map_or_else(Vec::new, |s| s.affected(workload))
        })
        .collect();
    let swaps = if is_served_again {
        swapped(changes, &affected)
    } else {
        Vec::new()
    };
    let mut replays = replays(bench, changes, &swaps);
    if has_parts {
        // Each step was shortened by what it is on the average: that says nothing of the longest ones.
        replays.iter_mut().for_each(|r| r.tail = None);
    }
    let mut outcome = Outcome {
        notes: replays.iter().flat_map(|r| r.notes.clone()).collect(),
        ..Outcome::default()
    };
    let left = if changes.iter().any(|c| spares_preparations(c)) {
        let metric = Metric::ContextPreparationTime;
        let shifts = Shifts::of(gathered, metric, &affected, &replays);
        preparations_left(&gathered.cells(metric, &affected), changes, &shifts)
    } else {
        1.0
    };
    for metric in SIMULATED {
        let concerns = changes.iter().any(|c| {
            c.contrasts.contains_key(metric) || c.reliefs.iter().any(|r| r.metric == *metric)
        }) || replays
            .iter()
            .any(|r| r.shifts.iter().any(|s| s.metric == *metric));
        if !concerns {
            continue;
        }
        let cells = gathered.cells(*metric, &affected);
        let shifts = Shifts::of(gathered, *metric, &affected, &replays);
        let Some((from, mut effect)) = mean_effect(*metric, &cells, changes, &shifts, left) else {
            continue;
        };
        let saved = 1.0 - effect.to / from;
        match metric {
            Metric::ResponseTime => outcome.time_saved = saved,
            // What a session waits less for, where no step is shorter.
            Metric::SessionTime if outcome.time_saved == 0.0 => outcome.time_saved = saved,
            // What was reported counts, else the prices of the table.
            Metric::Cost => outcome.cost_saved = Some(saved),
            Metric::ComputedCost if outcome.cost_saved.is_none() => {
                outcome.cost_saved = Some(saved);
            }
            _ => {}
        }
        if metric.row().kind == Kind::Total {
            let n: u64 = cells.iter().map(|(_, f)| f.n).sum();
            effect = totalled(effect, n);
        }
        outcome.effects.push(effect);
        if *metric == Metric::ResponseTime {
            outcome
                .effects
                .extend(p95_effect(&cells, changes, &replays));
        }
    }
    // Contexts of another mode are of another size.
    let is_of_mode = |c: &&Change| {
        c.swap
            .as_ref()
            .is_some_and(|s| s.dimension == Dimension::Mode)
    };
    if outcome.effect(Metric::MemoryUsage).is_none() && !changes.iter().any(is_of_mode) {
        let footprints = replays.iter().filter_map(|r| r.footprint);
        outcome
            .effects
            .extend(footprints.flat_map(footprint_effects));
    }
    outcome.points = points(score, &outcome.effects, |e| Some(e.to));
    outcome.points_interval = points_interval(score, &outcome.effects, outcome.points);
    outcome
}

/// Changes with their parts in their place. Where the steps of a part have a mode of their own by another change, that is
/// their mode, whatever is chosen for the others.
fn taken_apart<'c>(changes: &[&'c Change]) -> Vec<&'c Change> {
    let is_chosen = |part: &Change| {
        let Some(own) = &part.swap else { return false };
        let others = changes.iter().filter_map(|c| c.swap.as_ref());
        others
            .filter(|other| other.dimension == own.dimension)
            .any(|other| other.within.iter().all(|w| own.within.contains(w)))
    };
    let mut all = Vec::with_capacity(changes.len());
    for change in changes {
        if change.parts.is_empty() {
            all.push(*change);
        } else {
            all.extend(change.parts.iter().filter(|part| !is_chosen(part)));
        }
    }
    all
}

/// The changes of what steps take that were measured as a shift of the part that they govern: with them steps are
/// served again.
fn swapped(changes: &[&Change], affected: &[Vec<bool>]) -> Vec<Swapped> {
    let shift = |(change, affected): (&&Change, &Vec<bool>)| {
        let swap = change.swap.as_ref()?;
        let response = change.contrasts.get(&Metric::ResponseTime);
        let response = response.filter(|c| !c.is_factor)?;
        let preparation = change.contrasts.get(&Metric::ContextPreparationTime);
        Some(Swapped {
            affected: affected.clone(),
            is_of_preparation: swap.dimension == Dimension::Mode,
            effect: response.effect,
            ends: response.interval(LEVEL),
            preparation: preparation
                .filter(|c| c.is_factor)
                .map_or(1.0, |c| c.effect),
        })
    };
    changes.iter().zip(affected).filter_map(shift).collect()
}

/// One run for each mechanism.
fn replays(bench: &Bench<'_>, changes: &[&Change], swaps: &[Swapped]) -> Vec<Replayed> {
    let mut by_mechanism: BTreeMap<&str, Vec<&Change>> = BTreeMap::new();
    for change in changes.iter().filter(|c| c.replayed.is_some()) {
        let mechanism = change
            .settings
            .keys()
            .next()
            .and_then(|k| replay::mechanism(k));
        if let Some(mechanism) = mechanism {
            by_mechanism.entry(mechanism.name).or_default().push(change);
        }
    }
    let mut served = Vec::new();
    if !swaps.is_empty() {
        let of_context = by_mechanism.get(context::MECHANISM.name);
        let mut settings = Settings::new();
        for change in of_context.into_iter().flatten() {
            settings.extend(change.settings.clone());
        }
        if let Ok(Some(replayed)) = context::replay_swapped(bench, &settings, swaps) {
            by_mechanism.remove(context::MECHANISM.name);
            served.push(replayed);
        }
    }
    let others = by_mechanism
        .into_values()
        .flat_map(|changes| match changes.as_slice() {
            [only] => only.replayed.iter().cloned().collect::<Vec<_>>(),
            several => {
                let mut all = Settings::new();
                for change in several {
                    all.extend(change.settings.clone());
                }
                match Change::replay(bench, all) {
                    Ok(together) => together.replayed.into_iter().collect(),
                    // Each ran alone, so this one should too; else the effects of the first stand.
                    Err(_) => several[0].replayed.iter().cloned().collect(),
                }
            }
        });
    served.extend(others);
    served
}

/// What replays shift of a metric, by which of the changes concern the rows, and by group of units.
#[derive(Debug, Default)]
pub(super) struct Shifts {
    /// Change of n, of the sum, and of the part of the sum that is time of preparations.
    pub(super) by_mask: BTreeMap<u64, (f64, f64, f64)>,
    /// Change of n and of the sum.
    by_group: Vec<(f64, f64)>,
    /// n and sum as measured.
    measured: Arc<Vec<(f64, f64)>>,
    /// The errors of reproduction, squared and added up.
    error: f64,
    /// Whether an assumption stands behind a shift that nothing recorded can check.
    is_assumed: bool,
    /// Seconds of waiting that fall away with each second of service.
    pub(super) echo: f64,
}

impl Shifts {
    fn of(
        gathered: &Gathered<'_>,
        metric: Metric,
        affected: &[Vec<bool>],
        replays: &[Replayed],
    ) -> Self {
        let mut all = Self::default();
        let shifts = replays.iter().flat_map(|r| &r.shifts);
        for shift in shifts.filter(|s| s.metric == metric) {
            all.by_group.resize(GROUPS, (0.0, 0.0));
            let mask = mask_of(affected, shift.dims.0 as usize);
            let at = all.by_mask.entry(mask).or_default();
            at.0 += shift.n;
            if shift.is_preparation {
                at.2 += shift.sum;
            } else {
                at.1 += shift.sum;
            }
            let group = &mut all.by_group[group_of(shift.unit)];
            group.0 += shift.n;
            group.1 += shift.sum;
        }
        if all.by_mask.is_empty() {
            return all;
        }
        all.measured = gathered.groups(metric);
        if metric == Metric::ResponseTime {
            all.echo = replays.iter().map(|r| r.echo).sum();
        }
        all.is_assumed = replays.iter().any(|r| r.is_assumed);
        let n: f64 = all.measured.iter().map(|(n, _)| n).sum();
        for reproduction in replays.iter().flat_map(|r| &r.reproduction) {
            let distance = reproduction.replayed - reproduction.measured;
            if reproduction.metric == metric.name() {
                all.error += match reproduction.statistic.as_str() {
                    "mean" => distance.powi(2),
                    "total" => (distance / n).powi(2),
                    _ => 0.0,
                };
            }
        }
        for (_, doubt) in replays
            .iter()
            .flat_map(|r| &r.doubts)
            .filter(|(m, _)| *m == metric)
        {
            all.error += (doubt / n).powi(2);
        }
        all
    }

    /// Half of the 90 % interval of the change of the mean, squared: over units, and the error of the
    /// reproduction. `None` with too few groups of units, or where an assumption stands behind it.
    pub(super) fn half_squared(&self) -> Option<f64> {
        if self.by_mask.is_empty() {
            return Some(0.0);
        }
        if self.is_assumed {
            return None;
        }
        let total =
            |list: &[(f64, f64)]| list.iter().fold((0.0, 0.0), |(n, s), x| (n + x.0, s + x.1));
        let (n, sum) = total(&self.measured);
        let (more_n, more) = total(&self.by_group);
        let without: Vec<f64> = self
            .measured
            .iter()
            .zip(&self.by_group)
            .filter(|((n, _), _)| *n > 0.0)
            .map(|((own_n, own), (own_more_n, own_more))| {
                let (n, sum) = (n - own_n, sum - own);
                (sum + more - own_more) / (n + more_n - own_more_n) - sum / n
            })
            .collect();
        let half = replay::half_width(&without, LEVEL)?;
        Some(half.powi(2) + self.error)
    }
}

/// Wall-clock time of a unit in seconds, without waits of people who were away.
#[allow(clippy::cast_precision_loss)]
pub(super) fn present_seconds(clock: &WallClock) -> f64 {
    (clock.span() - clock.parts[WallPart::Away as usize]) as f64
        / Metric::SessionTime.row().unit.scale()
}

#[cfg(test)]
mod tests;
