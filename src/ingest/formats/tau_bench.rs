//! Results of tau-bench: a list of trials of tasks, each with a reward.
//!
//! No time, no tokens, and no cost of the agent are told; `user_cost` is what the simulated user cost, and
//! a metric of its own. The unit is a trial of a task; the task pairs runs. All files are called alike
//! (`results.json`) and number their trials from 0, so a trial is told by the content of its whole file.

use std::collections::HashMap;

use serde::Deserialize;

use super::super::document::{Faults, Field, Origin, Shaped, keys, parse};
use super::super::{Format, Head, Input, Likelihood, ReadError};
use super::benchmark::last_folders;
use crate::place::Problem;
use crate::record::{
    Details, Flags, Identity, Measured, Operation, OperationKind, OutcomeKind, Records, Sample,
    mix128,
};
use crate::units::Time;

/// The format.
#[derive(Debug)]
pub(super) struct TauBench;

/// The metric of what the simulated user cost.
const USER_COST: &str = "user_cost";

impl Format for TauBench {
    fn name(&self) -> &'static str {
        "tau-bench"
    }

    fn about(&self) -> &'static str {
        "results of tau-bench: success by task and trial"
    }

    fn plural(&self) -> &'static str {
        "tau-bench results"
    }

    fn detect(&self, head: &Head<'_>) -> Likelihood {
        let bytes = head.bytes.trim_ascii_start();
        if bytes.first() != Some(&b'[') {
            return Likelihood::No;
        }
        let open = bytes.iter().position(|b| *b == b'{').unwrap_or(bytes.len());
        let keys = keys(&bytes[open..]);
        let has = |name: &[u8]| keys.contains(&name);
        if has(b"task_id") && has(b"reward") && (has(b"traj") || has(b"trial") || has(b"info")) {
            Likelihood::Yes
        } else {
            Likelihood::No
        }
    }

    fn read(
        &self,
        input: &mut Input<'_>,
        records: &mut Records,
        problems: &mut Vec<Problem>,
    ) -> Result<(), ReadError> {
        let origin = Origin::of(input, records);
        let place = last_folders(input.path);
        let place = place.trim_end_matches(".json");
        let bytes = input.document()?;
        let mut spare = Vec::new();
        let file = origin.file;
        let trials: Vec<Shaped<Trial<'_>>> = parse(bytes, &mut spare, 1, file, problems)?;
        let content = mix128(bytes).to_le_bytes();
        let own = origin.keys("tau-bench").with(&content);
        let mut numbers: HashMap<String, u32> = HashMap::new();
        let mut faults = Faults::new(file, bytes, &[], problems);
        for (index, trial) in trials.iter().enumerate() {
            let Shaped::Is(trial) = trial else {
                faults.skipped(index, &[], "an entry that is no trial");
                continue;
            };
            let Some(task) = id(&trial.task_id) else {
                faults.skipped(index, &["task_id"], "a trial without a task");
                continue;
            };
            let before = numbers.entry(task.clone()).or_default();
            let number = id(&trial.trial).unwrap_or_else(|| before.to_string());
            *before += 1;
            let mut operation = Operation::new(OperationKind::Task, Time::EARLIEST, file);
            operation.flags = Flags::LEADS.with(Flags::TIMELESS);
            (operation.outcome, operation.details) = judged(records, &trial.reward, || {
                faults.value(index, &["reward"], NO_REWARD);
            });
            let unit = format!("{place} {task}/{number}");
            operation.key = own.with(&(index as u64).to_le_bytes()).key();
            operation.dims = origin.dims(records, &[]);
            let catalog = &mut records.catalog;
            let (task, unit) = (catalog.name(&task), catalog.name(&unit));
            operation.identity = catalog.identity(Identity {
                task,
                unit,
                ..Identity::default()
            });
            records.operations.push(operation);
            if let Some(info) = trial.info.get() {
                user_cost(records, &operation, &info.user_cost, || {
                    faults.value(index, &["info", "user_cost"], NO_COST);
                });
            }
        }
        Ok(())
    }
}

/// What is wrong with a reward.
pub(super) const NO_REWARD: &str = "a reward that lies not between 0 and 1";

/// What is wrong with a cost.
pub(super) const NO_COST: &str = "a cost is no amount";

/// How a task ended by its reward, as the benchmark itself counts, and where the reward is kept.
pub(super) fn judged(
    records: &mut Records,
    reward: &Field<'_>,
    wrong: impl FnOnce(),
) -> (OutcomeKind, u32) {
    let reward = match reward.number() {
        Ok(Some(reward)) if (0.0..=1.0).contains(&reward) => Some(reward),
        Ok(None) => None,
        _ => {
            wrong();
            None
        }
    };
    let outcome = match reward {
        Some(reward) if (reward - 1.0).abs() <= 1e-6 => OutcomeKind::Ok,
        Some(_) => OutcomeKind::Error,
        None => OutcomeKind::Unknown,
    };
    let details = records.add_details(Details {
        accuracy: reward.map(|reward| (reward * 1e9).round() as u32),
        ..Details::default()
    });
    (outcome, details)
}

/// Adds what the simulated user of a task cost.
pub(super) fn user_cost(
    records: &mut Records,
    task: &Operation,
    cost: &Field<'_>,
    wrong: impl FnOnce(),
) {
    match cost.number() {
        Ok(Some(cost)) if (0.0..1e9).contains(&cost) => {
            let metric = Measured::Custom(records.catalog.name(USER_COST));
            records.samples.push(Sample {
                key: task.key,
                time: task.start,
                value: cost,
                metric,
                dims: task.dims,
                identity: task.identity,
                file: task.file,
                flags: Flags(task.flags.0 & Flags::TIMELESS.0),
            });
        }
        Ok(None) => {}
        _ => wrong(),
    }
}

/// A name or number of a task or trial.
pub(super) fn id(field: &Field<'_>) -> Option<String> {
    match field {
        Field::Whole(number) if *number >= 0.0 => Some(number.to_string()),
        Field::Text(text) if super::super::document::is_word(text) => Some(text.to_string()),
        _ => None,
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Trial<'a> {
    #[serde(borrow)]
    task_id: Field<'a>,
    #[serde(borrow)]
    trial: Field<'a>,
    #[serde(borrow)]
    reward: Field<'a>,
    #[serde(borrow)]
    info: Shaped<Info<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Info<'a> {
    #[serde(borrow)]
    user_cost: Field<'a>,
}
