//! Runs of LangSmith: a list as JSON, an answer of the API (`{"runs": […]}`), or a run a line; those below a run may
//! stand in it (`child_runs`).
//!
//! Times without a zone are UTC. Runs repeat the tokens and costs of the runs below them, so only those
//! of models (`run_type` `llm`) count. The unit is the thread that the metadata name, else the trace.

mod reader;
mod run;

use super::super::document::{Faults, Origin, Shaped, json_line, keys, members, object_in, parse};
use super::super::{Format, Head, Input, Likelihood, ReadError};
use crate::place::{Problem, ProblemKind};
use crate::record::Records;

use reader::Reader;
use run::Runs;

/// The format.
#[derive(Debug)]
pub(super) struct LangSmith;

impl Format for LangSmith {
    fn name(&self) -> &'static str {
        "langsmith"
    }

    fn about(&self) -> &'static str {
        "runs of LangSmith as JSON: models with tokens and cost, tools, chains"
    }

    fn plural(&self) -> &'static str {
        "LangSmith runs"
    }

    fn maturity(&self) -> super::super::Maturity {
        super::super::Maturity::Preview
    }

    fn detect(&self, head: &Head<'_>) -> Likelihood {
        let bytes = head.bytes;
        if memchr::memmem::find(bytes, b"\"run_type\"").is_none() {
            return Likelihood::No;
        }
        let is_run = |object: &[u8]| {
            let keys = keys(object);
            let has = |name: &[u8]| keys.contains(&name);
            has(b"run_type") && has(b"start_time") && (has(b"trace_id") || has(b"dotted_order"))
        };
        // A run, the first of a list, or the first of those under `runs`.
        let list = if bytes.trim_ascii_start().starts_with(b"[") {
            Some(bytes)
        } else {
            members(bytes).find_map(|(key, value)| (key == b"runs").then_some(value))
        };
        let listed = list.map(|list| object_in(list).unwrap_or_default());
        if is_run(listed.unwrap_or(bytes)) {
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
        let mut reader = Reader::new(origin, records);
        if is_lines(bytes) {
            for (line, number) in bytes.split(|b| *b == b'\n').zip(1_u64..) {
                if line.trim_ascii().is_empty() {
                    continue;
                }
                json_line(line, (file, number), problems, |line| {
                    reader.entry(&serde_json::from_slice(line)?);
                    Ok(std::mem::take(&mut reader.faults))
                });
            }
            return Ok(());
        }
        let is_list = bytes.trim_ascii_start().starts_with(b"[");
        let records_at = if is_list { 1 } else { 2 };
        let mut spare = Vec::new();
        let runs: Runs<'_> = parse(bytes, &mut spare, records_at, file, problems)?;
        let list: &[&str] = if is_list { &[] } else { &["runs"] };
        let mut faults = Faults::new(file, bytes, list, problems);
        for (index, run) in runs.0.iter().enumerate() {
            match run {
                Shaped::Is(run) => reader.entry(run),
                _ => reader
                    .faults
                    .push((ProblemKind::Skipped, "an entry that is no run")),
            }
            for (kind, reason) in reader.faults.drain(..) {
                match kind {
                    ProblemKind::Value => faults.value(index, &[], reason),
                    _ => faults.skipped(index, &[], reason),
                }
            }
        }
        Ok(())
    }
}

/// Whether the first line holds a run of its own.
fn is_lines(bytes: &[u8]) -> bool {
    let mut lines = bytes.split(|b| *b == b'\n');
    let first = lines.find(|line| !line.trim_ascii().is_empty());
    first.is_some_and(|line| {
        line.trim_ascii_start().starts_with(b"{")
            && keys(line).contains(&&b"run_type"[..])
            && line.trim_ascii_end().ends_with(b"}")
    })
}
