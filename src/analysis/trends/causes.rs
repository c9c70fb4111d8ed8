//! What happened at a time: the events, and a model or version that took the place of another.

use std::collections::BTreeMap;

use crate::record::{Dimension, Event, EventKind, Name};
use crate::units::Time;
use crate::workload::{CELL, SAMPLE_CELL, Workload};

use super::changes::Changes;

/// What happens more often than this explains nothing.
const MOST_ALIKE: usize = 3;

/// Events told for a change at most.
const MOST_TOLD: usize = 5;

/// What happened, in order of time.
pub(super) struct Causes(Vec<(Time, String)>);

impl Causes {
    /// What happened in a workload; nothing is looked for where nothing changed.
    pub(super) fn of(workload: &Workload, changes: &[Changes]) -> Self {
        if changes.iter().all(|c| c.spells().next().is_none()) {
            return Self(Vec::new());
        }
        let mut all = events(workload);
        all.extend(replacements(workload, "model", Dimension::Model));
        if let Some(version) = workload.catalog.names.find("version") {
            let dimension = Dimension::Label(Name(version));
            all.extend(replacements(workload, "version", dimension));
        }
        all.sort();
        // Several hosts tell the same.
        all.dedup();
        Self(all)
    }

    /// What happened from a time on and before another.
    pub(super) fn within(&self, (from, to): (Time, Time)) -> Vec<String> {
        let mut told: Vec<String> = Vec::new();
        for (time, text) in &self.0 {
            if from <= *time && *time < to && told.len() < MOST_TOLD && !told.contains(text) {
                told.push(text.clone());
            }
        }
        told
    }
}

/// Changes of configuration and deployments, and what else happened no more than three times in all.
fn events(workload: &Workload) -> Vec<(Time, String)> {
    let mut alike: BTreeMap<String, (EventKind, Vec<Time>)> = BTreeMap::new();
    for event in &workload.events {
        if let Some(text) = text(workload, event) {
            let (_, times) = alike.entry(text).or_insert((event.kind, Vec::new()));
            times.push(event.time);
        }
    }
    let is_told = |kind: EventKind, n: usize| {
        matches!(kind, EventKind::ConfigChange | EventKind::Deployment) || n <= MOST_ALIKE
    };
    alike
        .into_iter()
        .filter(|(_, (kind, times))| is_told(*kind, times.len()))
        .flat_map(|(text, (_, times))| times.into_iter().map(move |time| (time, text.clone())))
        .collect()
}

/// `config_change context.cache_size 100 → 50`; `None` for what is no change of circumstances.
fn text(workload: &Workload, event: &Event) -> Option<String> {
    let kind = match event.kind {
        EventKind::ConfigChange => "config_change",
        EventKind::Deployment => "deployment",
        EventKind::ModeSwitch => "mode_switch",
        EventKind::InterfaceSwitch => "interface_switch",
        EventKind::ProcessStart => "process_start",
        EventKind::Other(name) => workload.catalog.text(name),
        EventKind::Alert
        | EventKind::Transition
        | EventKind::Prompt
        | EventKind::Retry
        | EventKind::Compaction
        | EventKind::Subagent => return None,
    };
    let name = |name: Name| {
        name.is_some()
            .then(|| workload.catalog.text(name).to_owned())
    };
    let values = match (name(event.from), name(event.to)) {
        (Some(from), Some(to)) => Some(format!("{from} → {to}")),
        (None, Some(to)) => Some(format!("→ {to}")),
        (Some(from), None) => Some(format!("{from} →")),
        (None, None) => None,
    };
    let parts = [Some(kind.to_owned()), name(event.subject), values];
    Some(parts.into_iter().flatten().collect::<Vec<_>>().join(" "))
}

/// A value of a dimension that began to be used after the beginning, and the one, if it is one, that
/// was not used any more from then on.
fn replacements(workload: &Workload, name: &str, dimension: Dimension) -> Vec<(Time, String)> {
    // First and last beginning of use.
    let mut uses: BTreeMap<Name, (Time, Time)> = BTreeMap::new();
    let mut add = |dims, time: Time| {
        let value = workload.catalog.dimension(dims, dimension);
        if value.is_some() {
            let (first, last) = uses.entry(value).or_insert((time, time));
            (*first, *last) = ((*first).min(time), (*last).max(time));
        }
    };
    for row in &workload.rows {
        add(row.key.dims, Time(i64::from(row.key.cell) * CELL));
    }
    for series in &workload.samples {
        let ends = [series.cells.first(), series.cells.last()];
        for (cell, _) in ends.into_iter().flatten() {
            add(series.dims, Time(cell.saturating_mul(SAMPLE_CELL)));
        }
    }
    let Some(beginning) = uses.values().map(|(first, _)| *first).min() else {
        return Vec::new();
    };
    let text = |value: Name| workload.catalog.text(value);
    uses.iter()
        .filter(|(_, (first, _))| *first > beginning)
        .map(|(value, (first, _))| {
            let mut gone = uses
                .iter()
                .filter(|(_, (_, last))| last <= first && last.0 + MOST_APART > first.0);
            let told = match (gone.next(), gone.next()) {
                (Some((before, _)), None) => {
                    format!("{name}_change {} → {}", text(*before), text(*value))
                }
                _ => format!("{name}_change → {}", text(*value)),
            };
            (*first, told)
        })
        .collect()
}

/// A value that was last used longer ago than a week is not the one that was replaced.
const MOST_APART: i64 = 7 * 24 * 4 * CELL;
