//! Another strategy by which the context's mode is chosen, where it was in force for a part of the period.
//!
//! What a strategy chooses is the program's own. So it is counted: of the steps of each purpose and agent, how many had
//! which mode while the wanted strategy was in force, and how many under others. The latter are brought to the mix of the
//! former: a share of the steps of a mode that there were too many of becomes steps of the other, with the effect of like
//! work ([`super::measured`]). Each step changes by what it changes on the average.
//!
//! Rows are known to a quarter of an hour: those in which the strategy changed stay as they are. Errors come from a
//! jackknife that leaves out groups of units from the mix and from the effect at once.

use std::collections::{BTreeMap, BTreeSet};

use super::groups::Groups;
use super::like::{Observed, Told, Variants};
use super::measured::Swap;
use super::outcome::{Change, SEEN, SIMULATED, is_governed};
use super::present::{self, Timeline};
use super::replay::{Bench, Withheld};
use crate::config::KnobValue;
use crate::metrics::Metric;
use crate::record::{Dimension, DimsId, Name, OperationKind};
use crate::units::Time;
use crate::workload::{CELL, Row, Workload};

/// The knob.
pub const STRATEGY: &str = "context.mode_selection_strategy";

/// Fewest steps of a purpose and agent that tell in which modes a strategy runs them.
const LEAST_STEPS: f64 = 20.0;

/// Purposes whose steps are brought to another mix, at most; the most used first.
const MOST_PURPOSES: usize = 20;

/// The change that another strategy is, for the steps that ran under others.
///
/// # Errors
/// Why there is no projection: which strategies were in force is not known, the wanted one was not, or too few steps
/// tell what it chooses.
pub fn to_strategy(bench: &Bench<'_>, wanted: &str) -> Result<Change, Withheld> {
    let workload = bench.workload;
    let timeline = present::timeline(workload, bench.config, STRATEGY)
        .map_err(Withheld::because)?
        .ok_or_else(|| {
            Withheld::because(format!(
                "which strategy was in force is not known: declare {STRATEGY}, or try context.mode_for.PURPOSE"
            ))
        })?;
    let wanted_value = Some(KnobValue::Word(wanted.to_owned()));
    if timeline.values.iter().all(|(_, v)| *v == wanted_value) {
        return Ok(Change::default());
    }
    let counted = Counted::of(workload, &timeline, wanted_value.as_ref());
    if counted.steps(Side::Wanted) == 0.0 {
        return Err(Withheld::because(format!(
            "no step ran under {wanted}, so what it chooses is not known: try context.mode_for.PURPOSE"
        )));
    }
    if counted.steps(Side::Other) == 0.0 {
        return Err(Withheld::because(format!(
            "no step ran under another strategy than {wanted} for a whole quarter of an hour"
        )));
    }
    let change = counted.change(wanted);
    if change.parts.is_empty() && !counted.is_same() {
        return Err(Withheld::because(format!(
            "too few steps of a purpose tell what {wanted} chooses, or no like work was observed in both modes: try context.mode_for.PURPOSE"
        )));
    }
    Ok(change)
}

/// Which strategy a row ran under.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    /// The wanted one.
    Wanted,
    /// Another one.
    Other,
}

/// Whose steps are counted together: of a purpose (none: no step has one) those of an agent.
type Whose = (Name, Name);

/// Steps by mode, of each group of units, under the wanted strategy and under others.
type Modes = BTreeMap<Name, [Vec<f64>; 2]>;

/// What was counted.
struct Counted<'w> {
    workload: &'w Workload,
    /// For each row which strategy it ran under; `None`: it changed meanwhile.
    sides: Vec<Option<Side>>,
    groups: Groups,
    modes: BTreeMap<Whose, Modes>,
    /// Whether any step has a purpose: then those without one are no group.
    has_purposes: bool,
}

impl<'w> Counted<'w> {
    fn of(workload: &'w Workload, timeline: &Timeline, wanted: Option<&KnobValue>) -> Self {
        let sides: Vec<Option<Side>> = workload
            .rows
            .iter()
            .map(|row| side(row, timeline, wanted))
            .collect();
        let catalog = &workload.catalog;
        let steps = || {
            let rows = workload.rows.iter().zip(&sides);
            rows.filter(|(row, _)| row.key.is_step)
        };
        let purpose = |dims: DimsId| catalog.dimension(dims, Dimension::Purpose);
        let groups = Groups::in_turn(workload.rows.iter().map(|r| r.key.unit));
        let n = groups.count();
        let mut group_of = groups.finder();
        let mut modes: BTreeMap<Whose, Modes> = BTreeMap::new();
        for (row, side) in steps() {
            let dims = row.key.dims;
            let mode = catalog.dimension(dims, Dimension::Mode);
            let (Some(side), true, Some(group)) = (side, mode.is_some(), group_of(row.key.unit))
            else {
                continue;
            };
            let whose = (purpose(dims), catalog.dimension(dims, Dimension::Agent));
            let counts = modes.entry(whose).or_default().entry(mode);
            let counts = counts.or_insert_with(|| [vec![0.0; n], vec![0.0; n]]);
            let steps: u32 = row.outcomes.iter().sum();
            counts[*side as usize][group] += f64::from(steps);
        }
        drop(group_of);
        Self {
            has_purposes: steps().any(|(row, _)| purpose(row.key.dims).is_some()),
            workload,
            sides,
            groups,
            modes,
        }
    }

    /// Steps under the wanted strategy, or under others.
    fn steps(&self, side: Side) -> f64 {
        let counts = self.modes.values().flat_map(BTreeMap::values);
        counts.flat_map(|c| &c[side as usize]).sum()
    }

    /// Whether all that could be compared has the same mix already.
    fn is_same(&self) -> bool {
        let mut told = self
            .modes
            .values()
            .filter(|modes| is_told(modes))
            .peekable();
        told.peek().is_some() && told.all(|modes| moves(modes).is_empty())
    }

    fn change(&self, wanted: &str) -> Change {
        let mut change = Change::default();
        let text = |name: Name| self.workload.catalog.text(name).to_owned();
        let mut by_purpose: BTreeMap<Name, Vec<(Name, &Modes)>> = BTreeMap::new();
        for ((purpose, agent), modes) in &self.modes {
            if purpose.is_some() || !self.has_purposes {
                let of_purpose = by_purpose.entry(*purpose).or_default();
                of_purpose.push((*agent, modes));
            }
        }
        let steps = |agents: &[(Name, &Modes)]| -> f64 {
            let counts = agents.iter().flat_map(|(_, modes)| modes.values());
            counts.flat_map(|c| c.iter().flatten()).sum()
        };
        let mut order: Vec<(Name, Vec<(Name, &Modes)>)> = by_purpose.into_iter().collect();
        order.sort_by(|(a, of_a), (b, of_b)| steps(of_b).total_cmp(&steps(of_a)).then(a.cmp(b)));
        let (mut few, mut unlike) = (Vec::new(), Vec::new());
        for (at, (purpose, agents)) in order.into_iter().enumerate() {
            let name = if purpose.is_some() {
                text(purpose)
            } else {
                "all steps".to_owned()
            };
            let told: Vec<(Name, &Modes)> = agents
                .iter()
                .filter(|(_, modes)| is_told(modes))
                .copied()
                .collect();
            if told.len() < agents.len() || at >= MOST_PURPOSES {
                few.push(name.clone());
            }
            if told.is_empty() || at >= MOST_PURPOSES {
                continue;
            }
            let directions: BTreeSet<(Name, Name)> = told
                .iter()
                .flat_map(|(_, modes)| moves(modes).into_keys())
                .collect();
            for (from, to) in directions {
                let swap = Swap {
                    dimension: Dimension::Mode,
                    from,
                    to,
                    within: (purpose.is_some())
                        .then_some((Dimension::Purpose, purpose))
                        .into_iter()
                        .collect(),
                };
                match self.part(&swap, &told) {
                    Some((part, steps)) => {
                        change.notes.push(format!(
                            "{name}: {} of {} steps in {} outside of {wanted} are taken as steps in {}.",
                            steps[0].round(),
                            steps[1].round(),
                            text(from),
                            text(to),
                        ));
                        change.unknown.extend(&part.unknown);
                        change.parts.push(part);
                    }
                    None => unlike.push(name.clone()),
                }
            }
        }
        change.unknown.sort_unstable();
        change.unknown.dedup();
        self.note(wanted, &few, &unlike, &mut change);
        change
    }

    /// The change of a share of the steps of a purpose, and how many of how many that are; `None`: no like work was
    /// observed in both modes.
    fn part(&self, swap: &Swap, told: &[(Name, &Modes)]) -> Option<(Change, [f64; 2])> {
        let shares: Shares = told
            .iter()
            .filter_map(|(agent, modes)| {
                Some((*agent, moves(modes).remove(&(swap.from, swap.to))?))
            })
            .collect();
        let variants = Variants::of(self.workload, swap);
        let contrast = |metric: Metric, parts: &[OperationKind]| {
            let told = Told::of(self.workload, metric, parts);
            let mut observed = Observed::of(self.workload, &variants, &told);
            observed.groups.clone_from(&self.groups);
            let weights = self.weights(swap, &told);
            let share = |left_out| weights.share(&shares, left_out);
            (observed.best_of_share(told.is_factor(), share), weights.any)
        };
        let response = contrast(Metric::ResponseTime, &[OperationKind::ContextPreparation]);
        let (_, response) = response.0?;
        let mut part = Change {
            contrasts: BTreeMap::from([(Metric::ResponseTime, response)]),
            ..Change::default()
        };
        for metric in SIMULATED
            .iter()
            .filter(|m| is_governed(**m, Dimension::Mode))
        {
            match contrast(*metric, &[]) {
                // As where all steps change: what is not seen to change is taken as it is.
                (Some((whole, shared)), _) if whole.is_seen(SEEN) => {
                    part.contrasts.insert(*metric, shared);
                }
                (None, true) => part.unknown.push(*metric),
                _ => {}
            }
        }
        let steps = told.iter().filter_map(|(agent, modes)| {
            let share = *shares.get(agent)?.first()?;
            let own: f64 = modes[&swap.from][Side::Other as usize].iter().sum();
            Some([own * share?, own])
        });
        let steps = steps.fold([0.0, 0.0], |all, one| [all[0] + one[0], all[1] + one[1]]);
        part.swap = Some(swap.clone());
        Some((part, steps))
    }

    /// What the steps that a swap concerns weigh in its effect on a metric: their sum where the effect is a factor, their
    /// number where it is a shift.
    fn weights(&self, swap: &Swap, told: &Told) -> Weights {
        let catalog = &self.workload.catalog;
        let concerned = swap.affected(self.workload);
        let n = self.groups.count();
        let mut group_of = self.groups.finder();
        let mut weights = Weights::default();
        for (row, side) in self.workload.rows.iter().zip(&self.sides) {
            let dims = row.key.dims;
            if !concerned[dims.0 as usize] {
                continue;
            }
            let Some(((number, sum), group)) = told.tell(row).zip(group_of(row.key.unit)) else {
                continue;
            };
            weights.any |= number > 0.0;
            let own = if told.is_factor() { sum } else { number };
            let agent = catalog.dimension(dims, Dimension::Agent);
            let of_agent = weights.by_agent.entry(agent);
            let of_agent = of_agent.or_insert_with(|| vec![(0.0, 0.0); n]);
            let group = &mut of_agent[group];
            group.0 += own;
            if *side == Some(Side::Other) {
                group.1 += own;
            }
        }
        weights
    }

    fn note(&self, wanted: &str, few: &[String], unlike: &[String], change: &mut Change) {
        if change.parts.is_empty() {
            change.notes.push(format!(
                "Under {wanted} the modes of a purpose were mixed as under the other strategies."
            ));
        } else {
            change.notes.push(format!(
                "That {wanted} chooses for the work of other times as it did for that of its own is taken for granted. The 95th percentile is left as it is."
            ));
        }
        let few_steps = format!("fewer than {LEAST_STEPS} steps of an agent ran under {wanted}");
        let no_like = "no like work was observed in both modes".to_owned();
        for (names, why) in [(few, few_steps), (unlike, no_like)] {
            let names: BTreeSet<&str> = names.iter().map(String::as_str).collect();
            let names: Vec<&str> = names.into_iter().collect();
            if !names.is_empty() {
                change.notes.push(format!(
                    "Left as it is, at least in part: {} ({why}).",
                    names.join(", ")
                ));
            }
        }
        let rows = self.workload.rows.iter().zip(&self.sides);
        let between: u32 = rows
            .filter(|(row, side)| row.key.is_step && side.is_none())
            .flat_map(|(row, _)| row.outcomes)
            .sum();
        if between > 0 {
            change.notes.push(format!(
                "Steps of the quarters of an hour in which the strategy changed stay as they are: {between}."
            ));
        }
    }
}

/// For each agent which share of its steps changes: of all, and without each group of units.
type Shares = BTreeMap<Name, Vec<Option<f64>>>;

/// What steps weigh, for each agent and group of units: all of them, and those under other strategies.
#[derive(Default)]
struct Weights {
    by_agent: BTreeMap<Name, Vec<(f64, f64)>>,
    /// Whether any of them tells of the metric.
    any: bool,
}

impl Weights {
    /// The share of all steps that changes, by weight; without a group of units.
    fn share(&self, shares: &Shares, left_out: Option<usize>) -> Option<f64> {
        let (mut all, mut changed) = (0.0, 0.0);
        for (agent, groups) in &self.by_agent {
            let kept = |pick: fn(&(f64, f64)) -> f64| -> f64 {
                let groups = groups.iter().enumerate();
                let kept = groups.filter(|(at, _)| Some(*at) != left_out);
                kept.map(|(_, group)| pick(group)).sum()
            };
            all += kept(|g| g.0);
            if let Some(shares) = shares.get(agent) {
                changed += kept(|g| g.1) * (*shares.get(left_out.map_or(0, |at| at + 1))?)?;
            }
        }
        let share = changed / all;
        share.is_finite().then_some(share)
    }
}

/// Whether enough steps tell which modes the wanted strategy chooses; where none ran under another, nothing is asked.
fn is_told(modes: &Modes) -> bool {
    let steps = |side: Side| -> f64 { modes.values().flat_map(|c| &c[side as usize]).sum() };
    steps(Side::Wanted) >= LEAST_STEPS || steps(Side::Other) == 0.0
}

/// From which mode to which one steps under other strategies go so that their mix is that of the wanted one, and which
/// share of the steps of the first mode that is: of all units, and without each group of them. A mode that there is too
/// much of gives to all that there is too little of.
fn moves(modes: &Modes) -> BTreeMap<(Name, Name), Vec<Option<f64>>> {
    let kept = |counts: &[f64], left_out: Option<usize>| -> f64 {
        let counts = counts.iter().enumerate();
        let kept = counts.filter(|(at, _)| Some(*at) != left_out);
        kept.map(|(_, n)| n).sum()
    };
    let share = |mode: Name, side: Side, left_out: Option<usize>| {
        let all: f64 = modes
            .values()
            .map(|c| kept(&c[side as usize], left_out))
            .sum();
        kept(&modes[&mode][side as usize], left_out) / all
    };
    let surplus = |mode: Name, left_out: Option<usize>| {
        share(mode, Side::Other, left_out) - share(mode, Side::Wanted, left_out)
    };
    let groups = modes.values().next().map_or(0, |c| c[0].len());
    // Shares are quotients of whole numbers: what is less apart than this is the same.
    let is_more = |x: f64| x > 1e-9;
    let givers = modes.keys().filter(|m| is_more(surplus(**m, None)));
    let takers = || modes.keys().filter(|m| is_more(-surplus(**m, None)));
    let taken: f64 = takers().map(|m| -surplus(*m, None)).sum();
    let mut all = BTreeMap::new();
    for from in givers {
        for to in takers() {
            let of = |left_out: Option<usize>| {
                let given = surplus(*from, left_out) / share(*from, Side::Other, left_out);
                let moved = given * -surplus(*to, None) / taken;
                moved.is_finite().then_some(moved)
            };
            let without = (0..groups).map(|group| of(Some(group)));
            let moved = std::iter::once(of(None)).chain(without).collect();
            all.insert((*from, *to), moved);
        }
    }
    all
}

/// Which strategy a row ran under; `None`: it changed within its quarter of an hour.
fn side(row: &Row, timeline: &Timeline, wanted: Option<&KnobValue>) -> Option<Side> {
    let begin = i64::from(row.key.cell).saturating_mul(CELL);
    let (begin, end) = (Time(begin), Time(begin.saturating_add(CELL)));
    let in_force = |time: Time| {
        let at = timeline.values.partition_point(|(from, _)| *from <= time);
        timeline.values.get(at.saturating_sub(1))
    };
    let first = in_force(begin)?;
    if timeline.values.iter().any(|(t, _)| *t > begin && *t < end) {
        return None;
    }
    Some(if first.1.as_ref() == wanted {
        Side::Wanted
    } else {
        Side::Other
    })
}
