//! Combinations of the values of knobs, simulated side by side.

use std::collections::{BTreeMap, BTreeSet};

use super::space::Choice;
use crate::assessment::Change;
use crate::config::KnobValue;
use crate::metrics::Metric;
use crate::scenario::gathered::Gathered;
use crate::scenario::knobs;
use crate::scenario::outcome::{Change as Simulated, Outcome, simulated};
use crate::scenario::replay::{self, Bench, Settings};
use crate::threads;

/// A knob with the changes that its values are.
pub(super) struct Axis {
    pub(super) knob: String,
    pub(super) from: Option<serde_json::Value>,
    pub(super) values: Vec<(KnobValue, Simulated)>,
}

/// One simulated setting.
pub(super) struct Point {
    pub(super) changes: Vec<Change>,
    pub(super) outcome: Outcome,
    pub(super) choice: Choice,
    /// Whether its gain is the most that can be had.
    pub(super) is_bound: bool,
    /// Metrics of which nobody knows what becomes.
    pub(super) unknown: BTreeSet<Metric>,
}

/// Simulates combinations of the values of knobs.
pub(super) struct Simulator<'a> {
    bench: &'a Bench<'a>,
    axes: &'a [Axis],
    gathered: Gathered<'a>,
    /// Settings of each mechanism of replay that occurred, with what they give: one run of a sequence serves all that
    /// differ in other knobs only.
    runs: BTreeMap<String, Option<Simulated>>,
}

impl<'a> Simulator<'a> {
    pub(super) fn of(bench: &'a Bench<'a>, axes: &'a [Axis]) -> Self {
        Self {
            bench,
            axes,
            gathered: Gathered::of(bench.workload),
            runs: BTreeMap::new(),
        }
    }

    /// Simulates combinations with waits as they were where a mode or an interface changes; in their order.
    pub(super) fn points(&mut self, choices: &[Choice]) -> Vec<Point> {
        self.run(choices);
        threads::map(choices, |choice| self.point(choice, false))
    }

    /// The same setting with the waits that follow.
    pub(super) fn served_again(&self, point: &Point) -> Point {
        self.point(&point.choice, true)
    }

    /// Runs the sequences under the settings that combinations ask of them and none did before.
    fn run(&mut self, choices: &[Choice]) {
        let asked: BTreeMap<String, Settings> = choices
            .iter()
            .flat_map(|choice| settings(&turned(self.axes, choice)).into_values())
            .map(|own| (format!("{own:?}"), own))
            .filter(|(name, _)| !self.runs.contains_key(name))
            .collect();
        let asked: Vec<(String, Settings)> = asked.into_iter().collect();
        let runs = threads::map(&asked, |(_, own)| {
            Simulated::replay(self.bench, own.clone()).ok()
        });
        let names = asked.into_iter().map(|(name, _)| name);
        self.runs.extend(names.zip(runs));
    }

    fn point(&self, choice: &Choice, is_served_again: bool) -> Point {
        let turned = turned(self.axes, choice);
        let settings = settings(&turned);
        let replayed = settings
            .values()
            .filter_map(|own| self.runs.get(&format!("{own:?}"))?.as_ref());
        let swapped = turned
            .iter()
            .map(|(_, (_, c))| c)
            .filter(|c| c.replayed.is_none());
        let changes: Vec<&Simulated> = swapped.chain(replayed).collect();
        let outcome = simulated(self.bench, &changes, is_served_again, &self.gathered);
        let turns_contexts = turned.iter().any(|(a, _)| a.knob.starts_with("context."));
        let unknown = changes.iter().flat_map(|c| c.unknown.iter().copied());
        // What another mode or preloading takes in memory is not known: no limit of it is known to hold.
        let of_memory = turns_contexts && outcome.effect(Metric::MemoryUsage).is_none();
        Point {
            unknown: unknown
                .chain(of_memory.then_some(Metric::MemoryUsage))
                .collect(),
            is_bound: changes.iter().any(|c| c.is_bound()),
            outcome,
            changes: turned
                .iter()
                .map(|(axis, (value, _))| Change {
                    knob: axis.knob.clone(),
                    from: axis.from.clone(),
                    to: Some(knobs::json(value)),
                })
                .collect(),
            choice: choice.clone(),
        }
    }
}

/// The knobs that a combination turns.
fn turned<'a>(axes: &'a [Axis], choice: &Choice) -> Vec<(&'a Axis, &'a (KnobValue, Simulated))> {
    axes.iter()
        .zip(choice)
        .filter_map(|(axis, at)| Some((axis, axis.values.get((*at)?)?)))
        .collect()
}

/// What they ask of each mechanism of replay.
fn settings<'a>(turned: &[(&'a Axis, &(KnobValue, Simulated))]) -> BTreeMap<&'a str, Settings> {
    let mut settings: BTreeMap<&str, Settings> = BTreeMap::new();
    for (axis, (value, change)) in turned {
        if change.replayed.is_some()
            && let Some(mechanism) = replay::mechanism(&axis.knob)
        {
            let own = settings.entry(mechanism.name).or_default();
            own.insert(axis.knob.clone(), value.clone());
        }
    }
    settings
}
