//! Trajectories of SWE-agent (`*.traj`): one task each, with its sums of tokens and its cost.
//!
//! No time is told, only how long each command of newer ones took: records are without a time. The task
//! is the name of the file, the unit the file. A task that was submitted ended well; whether the
//! submission solves the task is told elsewhere.

use serde::Deserialize;

use super::super::document::{Faults, Field, Listed, Origin, Shaped, is_word, keys, parse};
use super::super::{Format, Head, Input, Likelihood, ReadError};
use super::benchmark::last_folders;
use crate::place::Problem;
use crate::record::{
    Flags, Identity, Operation, OperationKind, OutcomeKind, Records, Tokens, hash64, hash128,
};
use crate::units::{NANOS, Time};

/// The format.
#[derive(Debug)]
pub(super) struct SweAgent;

impl Format for SweAgent {
    fn name(&self) -> &'static str {
        "swe-agent"
    }

    fn about(&self) -> &'static str {
        "trajectories of SWE-agent: a task each, with tokens, cost and how it ended"
    }

    fn plural(&self) -> &'static str {
        "SWE-agent trajectories"
    }

    fn detect(&self, head: &Head<'_>) -> Likelihood {
        let keys = keys(head.bytes);
        let has = |name: &[u8]| keys.contains(&name);
        // `info` stands at the end of a file that may be long.
        let is_whole = has(b"trajectory") && has(b"info");
        if is_whole || has(b"trajectory") && has(b"environment") {
            Likelihood::Yes
        } else if head.name.ends_with(".traj") && has(b"trajectory") {
            Likelihood::Maybe
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
        let task = input
            .name
            .trim_end_matches(".traj")
            .trim_end_matches(".json");
        let task = if is_word(task) {
            task.to_owned()
        } else {
            "task".to_owned()
        };
        let path = input.path;
        let bytes = input.document()?;
        let mut spare = Vec::new();
        let file = origin.file;
        let document: Document<'_> = parse(bytes, &mut spare, 1, file, problems)?;
        let mut faults = Faults::new(file, bytes, &["info"], problems);
        let info = document.info.get().cloned().unwrap_or_default();
        let stats = info.model_stats.get().cloned().unwrap_or_default();

        let mut operation = Operation::new(OperationKind::Task, Time::EARLIEST, file);
        operation.flags = Flags::LEADS.with(Flags::TIMELESS);
        let key = [path.as_bytes(), b"\0", task.as_bytes()].concat();
        operation.id = hash64(&key);
        operation.key = hash128(&key);
        operation.outcome = match info.exit_status.text() {
            Some("submitted") => OutcomeKind::Ok,
            Some(status) if status.contains("timeout") => OutcomeKind::Timeout,
            Some(_) => OutcomeKind::Error,
            None => OutcomeKind::Unknown,
        };
        let mut count = |field: &Field<'_>, name: &str| match field.number() {
            Ok(Some(n)) if n.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&n) => {
                Some(n as u32)
            }
            Ok(None) => None,
            Ok(Some(n)) if n > f64::from(u32::MAX) => {
                faults.value(
                    0,
                    &["model_stats", name],
                    "more tokens than a task can have",
                );
                None
            }
            _ => {
                let keys = ["model_stats", name];
                faults.value(0, &keys, "a count of tokens is no whole number");
                None
            }
        };
        let sent = count(&stats.tokens_sent, "tokens_sent");
        let received = count(&stats.tokens_received, "tokens_received");
        if sent.is_none() != received.is_none() {
            operation.flags = operation.flags.with(Flags::OUTPUT_IS_LOWER_BOUND);
        }
        if sent.is_some() || received.is_some() {
            operation.tokens = Tokens {
                fresh: sent.unwrap_or_default(),
                output: received.unwrap_or_default(),
                ..Tokens::default()
            };
            operation.flags = operation.flags.with(Flags::HAS_TOKENS);
        }
        match stats.instance_cost.number() {
            Ok(Some(cost)) if (0.0..1e9).contains(&cost) => {
                operation.cost = (cost * 1e9).round() as i64;
            }
            Ok(None) => {}
            _ => faults.value(0, &["model_stats", "instance_cost"], "a cost is no amount"),
        }
        operation.dims = origin.dims(records, &[]);
        let catalog = &mut records.catalog;
        let (task, unit) = (
            catalog.name(&task),
            catalog.name(last_folders(path).trim_end_matches(".traj")),
        );
        operation.identity = catalog.identity(Identity {
            task,
            unit,
            ..Identity::default()
        });
        let mut steps = Faults::new(file, bytes, &["trajectory"], problems);
        let mut tools = Vec::new();
        if let Listed::Of(list, _) = &document.trajectory {
            for (index, step) in list.iter().enumerate() {
                let Shaped::Is(step) = step else { continue };
                let mut tool = Operation::new(OperationKind::ToolCall, Time::EARLIEST, file);
                match step.execution_time.number() {
                    #[allow(clippy::cast_precision_loss)]
                    Ok(Some(seconds)) if (0.0..1e9).contains(&seconds) => {
                        tool.duration = (seconds * NANOS as f64).round() as i64;
                    }
                    Ok(None) => continue,
                    _ => {
                        steps.value(
                            index,
                            &["execution_time"],
                            "a duration is no number of seconds",
                        );
                        continue;
                    }
                }
                tool.flags = Flags::TIMELESS;
                tool.outcome = OutcomeKind::Unknown;
                tool.parent = operation.id;
                tool.key = hash128(&[&key[..], b"\0", &index.to_le_bytes()].concat());
                (tool.dims, tool.identity) = (operation.dims, operation.identity);
                tools.push(tool);
            }
        }
        records.operations.push(operation);
        records.operations.append(&mut tools);
        Ok(())
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Document<'a> {
    #[serde(borrow)]
    trajectory: Listed<Shaped<Step<'a>>>,
    #[serde(borrow)]
    info: Shaped<Info<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Step<'a> {
    #[serde(borrow)]
    execution_time: Field<'a>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Info<'a> {
    #[serde(borrow)]
    exit_status: Field<'a>,
    #[serde(borrow)]
    model_stats: Shaped<Stats<'a>>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Stats<'a> {
    #[serde(borrow)]
    instance_cost: Field<'a>,
    #[serde(borrow)]
    tokens_sent: Field<'a>,
    #[serde(borrow)]
    tokens_received: Field<'a>,
}
