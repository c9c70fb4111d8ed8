//! When a call of the main conversation waits for a person: while something in it waits for an approval, and nothing
//! else in it runs.

use std::collections::{HashMap, HashSet};

use crate::record::{Dimension, OperationKind, Records};

use super::attribution::{Joined, class_of};
use super::index::number;
use super::join::ancestors;
use super::sweep::{Class, Interval, Lines};

/// Something within a call of the main conversation begins (+1) or ends (−1).
struct Step {
    /// That call.
    call: u32,
    time: i64,
    index: u32,
    by: i32,
}

/// Adds to the lines of a unit when its calls wait.
pub(super) fn add_waiting(joined: &Joined<'_>, unit: &[u32], records: &Records, lines: &mut Lines) {
    let class = |index: u32| {
        let role = joined.roles[index as usize].role();
        class_of(&joined.operations[index as usize], role)
    };
    let mut asked = HashSet::new();
    let mut steps = Vec::new();
    for index in unit {
        let is_approval = class(*index) == Some(Class::Approval);
        let is_inner = matches!(
            class(*index),
            Some(Class::SubagentModel | Class::SubagentTool)
        );
        let operation = &joined.operations[*index as usize];
        let Some(end) = operation.end().filter(|end| *end > operation.start) else {
            continue;
        };
        let Some(call) = calls_around(joined, *index).last() else {
            continue;
        };
        if !is_approval && !is_inner || class(call) != Some(Class::Tool) {
            continue;
        }
        if is_approval {
            asked.insert(call);
        }
        for (time, by) in [(operation.start.0, 1), (end.0, -1)] {
            let index = *index;
            steps.push(Step {
                call,
                time,
                index,
                by,
            });
        }
    }
    steps.retain(|step| asked.contains(&step.call));
    steps.sort_by_key(|step| (step.call, step.time));
    for steps in steps.chunk_by(|a, b| a.call == b.call) {
        let call = &joined.operations[steps[0].call as usize];
        let Some(end) = call.end() else { continue };
        let mut inside = Inside::default();
        for pair in steps.windows(2) {
            let is_approval = class(pair[0].index) == Some(Class::Approval);
            inside.step(joined, &pair[0], is_approval);
            let (start, end) = (pair[0].time.max(call.start.0), pair[1].time.min(end.0));
            if inside.waits() && start < end {
                lines.intervals.push(Interval {
                    start,
                    end,
                    class: Class::Waiting,
                    name: records.catalog.dimension(call.dims, Dimension::Tool),
                });
            }
        }
    }
}

/// The calls in which an operation ran, the outermost one last.
fn calls_around<'a>(joined: &'a Joined<'_>, index: u32) -> impl Iterator<Item = u32> + 'a {
    ancestors(index as usize, joined.parents)
        .filter(|at| joined.operations[*at].kind == OperationKind::ToolCall)
        .map(number)
}

/// What is under way within a call.
#[derive(Default)]
struct Inside {
    approvals: i32,
    /// Requests and calls.
    live: HashSet<u32>,
    /// By call, how many approvals in it are waited for.
    asked: HashMap<u32, i32>,
    /// Requests and calls in which nothing waits.
    busy: i32,
}

impl Inside {
    fn waits(&self) -> bool {
        self.approvals > 0 && self.busy == 0
    }

    fn step(&mut self, joined: &Joined<'_>, step: &Step, is_approval: bool) {
        if !is_approval {
            if step.by > 0 {
                self.live.insert(step.index);
            } else {
                self.live.remove(&step.index);
            }
            let is_asked = self.asked.get(&step.index).is_some_and(|n| *n > 0);
            self.busy += if is_asked { 0 } else { step.by };
            return;
        }
        self.approvals += step.by;
        for call in calls_around(joined, step.index) {
            let asked = self.asked.entry(call).or_default();
            let before = *asked > 0;
            *asked += step.by;
            if before != (*asked > 0) && self.live.contains(&call) {
                self.busy -= step.by;
            }
        }
    }
}
