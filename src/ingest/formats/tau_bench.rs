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

    fn maturity(&self) -> super::super::Maturity {
        super::super::Maturity::Preview
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
            let reward = match trial.reward.number() {
                Ok(Some(reward)) if (0.0..=1.0).contains(&reward) => Some(reward),
                Ok(None) => None,
                _ => {
                    faults.value(index, &["reward"], "a reward that lies not between 0 and 1");
                    None
                }
            };
            let mut operation = Operation::new(OperationKind::Task, Time::EARLIEST, file);
            operation.flags = Flags::LEADS.with(Flags::TIMELESS);
            operation.outcome = match reward {
                // As the benchmark itself counts.
                Some(reward) if (reward - 1.0).abs() <= 1e-6 => OutcomeKind::Ok,
                Some(_) => OutcomeKind::Error,
                None => OutcomeKind::Unknown,
            };
            operation.details = records.add_details(Details {
                accuracy: reward.map(|reward| (reward * 1e9).round() as u32),
                ..Details::default()
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
            let info = trial.info.get();
            match info.map(|info| info.user_cost.number()) {
                Some(Ok(Some(cost))) if (0.0..1e9).contains(&cost) => {
                    let metric = Measured::Custom(records.catalog.name(USER_COST));
                    records.samples.push(Sample {
                        key: operation.key,
                        time: Time::EARLIEST,
                        value: cost,
                        metric,
                        dims: operation.dims,
                        identity: operation.identity,
                        file,
                        flags: Flags::TIMELESS,
                    });
                }
                None | Some(Ok(None)) => {}
                Some(_) => faults.value(index, &["info", "user_cost"], "a cost is no amount"),
            }
        }
        Ok(())
    }
}

/// A name or number of a task or trial.
fn id(field: &Field<'_>) -> Option<String> {
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
