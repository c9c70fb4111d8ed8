//! Results of τ²-bench: simulations of a customer who talks with an agent, each with a reward, times, tokens and cost;
//! `data/simulations/*.json`, all in one file, or each in a file of its own beside `results.json`.
//!
//! A message is written when it is there, so that it took the time since the one before it, or what it says itself. The
//! customer is simulated: what is waited for is as in a talk with a person, what it costs is a metric of its own. Task
//! numbers are those of a domain. Talks in speech (`ticks`) give their task alone.

mod record;
mod simulation;

use super::super::document::{Faults, Listed, Origin, Shaped, keys, parse};
use super::super::{Format, Head, Input, Likelihood, ReadError};
use crate::place::{Problem, ProblemKind};
use crate::record::Records;

use record::Record;
use simulation::{Common, Simulation};

/// The format.
#[derive(Debug)]
pub(super) struct Tau2;

impl Format for Tau2 {
    fn name(&self) -> &'static str {
        "tau2-bench"
    }

    fn about(&self) -> &'static str {
        "results of tau2-bench: success by task and trial, model requests with tokens and cost, tool calls"
    }

    fn plural(&self) -> &'static str {
        "tau2-bench results"
    }

    fn detect(&self, head: &Head<'_>) -> Likelihood {
        let keys = keys(head.bytes);
        let has = |name: &[u8]| keys.contains(&name);
        let says = |text: &[u8]| memchr::memmem::find(head.bytes, text).is_some();
        // Tasks, which may be long, stand before simulations.
        let is_results = has(b"info")
            && (has(b"tasks") || has(b"simulations"))
            && says(b"\"agent_info\"")
            && says(b"\"environment_info\"");
        let is_simulation = has(b"task_id") && has(b"termination_reason") && has(b"start_time");
        if is_results || is_simulation {
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
        let file = input.file;
        let bytes = input.document()?;
        let mut spare = Vec::new();
        let record: Record<'_> = parse(bytes, &mut spare, 2, file, problems)?;
        let common = Common::of(record.info.get());
        let mut simulation = Simulation::new(records, origin);
        let Listed::Of(list, _) = &record.simulations else {
            let mut faults = Faults::new(file, bytes, &["messages"], problems);
            simulation.take(&record, &common, |message, kind, reason| match kind {
                ProblemKind::Value => faults.value(message, &[], reason),
                _ => faults.skipped(message, &[], reason),
            });
            return Ok(());
        };
        if list.is_empty() {
            simulation.ignore();
        }
        let mut faults = Faults::new(file, bytes, &["simulations"], problems);
        for (index, one) in list.iter().enumerate() {
            let Shaped::Is(one) = one else {
                faults.skipped(index, &[], "an entry that is no simulation");
                continue;
            };
            simulation.take(one, &common, |_, kind, reason| match kind {
                ProblemKind::Value => faults.value(index, &[], reason),
                _ => faults.skipped(index, &[], reason),
            });
        }
        Ok(())
    }
}
