//! Combinations of the values of knobs, simulated side by side.

use std::collections::BTreeMap;

use super::gathered::Gathered;
use super::knobs;
use super::outcome::{Change as Simulated, Outcome, simulated};
use super::replay::{self, Bench, Settings};
use crate::assessment::Change;
use crate::config::KnobValue;
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
    /// Of each axis which value; `None`: the present one.
    pub(super) choice: Vec<Option<usize>>,
}

/// All combinations, the present first.
pub(super) fn choices(axes: &[Axis]) -> Vec<Vec<Option<usize>>> {
    let mut choices: Vec<Vec<Option<usize>>> = vec![Vec::new()];
    for axis in axes {
        let options: Vec<Option<usize>> = std::iter::once(None)
            .chain((0..axis.values.len()).map(Some))
            .collect();
        choices = choices
            .iter()
            .flat_map(|before| {
                options.iter().map(move |option| {
                    let mut choice = before.clone();
                    choice.push(*option);
                    choice
                })
            })
            .collect();
    }
    choices
}

/// A search over combinations of the values of knobs.
pub(super) struct Search<'a> {
    bench: &'a Bench<'a>,
    axes: &'a [Axis],
    gathered: Gathered<'a>,
    /// Settings of each mechanism of replay that occur, with what they give: one run of a sequence serves all that
    /// differ in other knobs only.
    runs: BTreeMap<String, Option<Simulated>>,
}

impl<'a> Search<'a> {
    /// Runs the sequences under all settings that these combinations ask of them.
    pub(super) fn new(
        bench: &'a Bench<'a>,
        axes: &'a [Axis],
        choices: &[Vec<Option<usize>>],
    ) -> Self {
        let asked: BTreeMap<String, Settings> = choices
            .iter()
            .flat_map(|choice| settings(&turned(axes, choice)).into_values())
            .map(|own| (format!("{own:?}"), own))
            .collect();
        let asked: Vec<(String, Settings)> = asked.into_iter().collect();
        let runs = threads::map(&asked, |(_, own)| {
            Simulated::replay(bench, own.clone()).ok()
        });
        Self {
            bench,
            axes,
            gathered: Gathered::of(bench.workload),
            runs: asked.into_iter().map(|(name, _)| name).zip(runs).collect(),
        }
    }

    /// Simulates one combination.
    pub(super) fn point(&self, choice: &[Option<usize>], is_served_again: bool) -> Point {
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
        Point {
            outcome: simulated(self.bench, &changes, is_served_again, &self.gathered),
            changes: turned
                .iter()
                .map(|(axis, (value, _))| Change {
                    knob: axis.knob.clone(),
                    from: axis.from.clone(),
                    to: Some(knobs::json(value)),
                })
                .collect(),
            choice: choice.to_vec(),
        }
    }
}

/// The knobs that a combination turns.
fn turned<'a>(
    axes: &'a [Axis],
    choice: &[Option<usize>],
) -> Vec<(&'a Axis, &'a (KnobValue, Simulated))> {
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
