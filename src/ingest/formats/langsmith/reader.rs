//! Runs become operations.

use super::super::super::document::{Field, LineFaults, Origin, is_word};
use super::super::super::failure::failure_told;
use super::super::super::first_token::first_token;
use super::super::super::time;
use super::run::{Run, Used};
use crate::place::ProblemKind;
use crate::record::{
    Dimension, Flags, Identity, Operation, OperationKind, OutcomeKind, Records, Tokens, hash64,
    hash128,
};
use crate::units::Time;

/// Makes records of runs.
pub(super) struct Reader<'r, 'z> {
    origin: Origin<'z>,
    records: &'r mut Records,
    /// Faults since they were last taken.
    pub(super) faults: LineFaults,
}

impl<'r, 'z> Reader<'r, 'z> {
    pub(super) fn new(origin: Origin<'z>, records: &'r mut Records) -> Self {
        Self {
            origin,
            records,
            faults: LineFaults::new(),
        }
    }

    /// Reads a run and those that stand in it.
    pub(super) fn entry(&mut self, run: &Run<'_>) {
        self.run(run);
        run.children.iter().for_each(|child| self.entry(child));
    }

    fn run(&mut self, run: &Run<'_>) {
        let Some(start) = run.start_time.text().and_then(utc) else {
            self.faults.push((
                ProblemKind::Skipped,
                "a run without a start between 2000 and 2100",
            ));
            return;
        };
        let text = |field: &'_ Field<'_>| word(field.text().unwrap_or_default());
        let has_parent = run.parent_run_id.text().is_some_and(|p| !p.is_empty());
        let kind = match run.run_type.text() {
            Some("llm") => OperationKind::ModelRequest,
            Some("tool") => OperationKind::ToolCall,
            Some("chain") if !has_parent => OperationKind::Task,
            _ => OperationKind::Other,
        };
        let mut operation = Operation::new(kind, start, self.origin.file);
        operation.flags = Flags::LEADS;
        operation.duration = self.duration(run, start);
        let id = run.id.text().unwrap_or_default();
        if !id.is_empty() {
            operation.key = hash128(&[b"langsmith:", id.as_bytes()].concat());
            operation.id = hash64(id.as_bytes());
        }
        if let Some(parent) = run.parent_run_id.text().filter(|p| !p.is_empty()) {
            operation.parent = hash64(parent.as_bytes());
        }
        let error = run.error.text().filter(|error| !error.trim().is_empty());
        operation.outcome = match (error, run.status.text()) {
            (Some(error), _) => failure_told(error.trim()),
            (None, Some("error")) => OutcomeKind::Error,
            _ if operation.duration == -1 => OutcomeKind::Unknown,
            // The command line leaves both out unless it is asked for them.
            (None, None) if !run.tells_error => OutcomeKind::Unknown,
            _ => OutcomeKind::Ok,
        };
        let mut dims = vec![];
        match kind {
            OperationKind::ModelRequest => {
                dims.push((Dimension::Model, word(&run.extra.model)));
                dims.push((Dimension::Provider, word(&run.extra.provider)));
                if let Some(tokens) = self.tokens(&run.used) {
                    operation.tokens = tokens;
                    operation.flags = operation.flags.with(Flags::HAS_TOKENS);
                }
                operation.cost = self.cost(&run.used.total_cost);
            }
            OperationKind::ToolCall => dims.push((Dimension::Tool, text(&run.name))),
            _ => {}
        }
        let dims: Vec<(Dimension, &str)> =
            dims.iter().map(|(d, text)| (*d, text.as_str())).collect();
        operation.dims = self.origin.dims(self.records, &dims);
        let session = [word(&run.extra.thread), text(&run.trace_id), text(&run.id)]
            .into_iter()
            .find(|text| !text.is_empty())
            .unwrap_or_default();
        let catalog = &mut self.records.catalog;
        let session = catalog.name(&session);
        operation.identity = catalog.identity(Identity {
            session,
            ..Identity::default()
        });
        self.records.operations.push(operation);
        if kind == OperationKind::ModelRequest
            && let Some(at) = run.first_token_time.text().and_then(utc)
        {
            first_token(self.records, &operation, at);
        }
    }

    fn duration(&mut self, run: &Run<'_>, start: Time) -> i64 {
        let Some(text) = run.end_time.text().filter(|text| !text.is_empty()) else {
            return -1;
        };
        match utc(text) {
            Some(end) if end.0 - start.0 == -1 => -2,
            Some(end) => end.0 - start.0,
            None => {
                self.faults.push((
                    ProblemKind::Value,
                    "an end that is no time between 2000 and 2100",
                ));
                -1
            }
        }
    }

    /// Disjoint tokens: prompt tokens contain what a cache read or wrote, completion tokens reasoning.
    fn tokens(&mut self, used: &Used<'_>) -> Option<Tokens> {
        let mut count = |field: &Field<'_>| match field.amount() {
            Ok(Some(n)) if n.fract() == 0.0 => Some(n as u32),
            Ok(None) => None,
            _ => {
                self.faults
                    .push((ProblemKind::Value, "a count of tokens is no whole number"));
                None
            }
        };
        let (prompt, completion) = (count(&used.prompt_tokens), count(&used.completion_tokens));
        if prompt.is_none() && completion.is_none() {
            return None;
        }
        let input = prompt.unwrap_or_default();
        let mut part = |field: &Field<'_>| count(field).unwrap_or_default();
        let details = &used.prompt_details;
        let read = part(&details.cache_read).min(input);
        let (minutes, hour) = (part(&details.ephemeral_5m), part(&details.ephemeral_1h));
        let write = part(&details.cache_creation).max(minutes.saturating_add(hour));
        let write = write.min(input - read);
        let output = completion.unwrap_or_default();
        Some(Tokens {
            fresh: input - read - write,
            cache_read: read,
            cache_write: write,
            cache_write_1h: hour.min(write),
            output,
            reasoning: part(&used.completion_details.reasoning).min(output),
        })
    }

    /// In 10⁻⁹ US dollars; the API writes amounts as texts.
    fn cost(&mut self, field: &Field<'_>) -> i64 {
        match field.amount() {
            Ok(None) => -1,
            Ok(Some(cost)) if cost < 1e9 => (cost * 1e9).round() as i64,
            _ => {
                self.faults
                    .push((ProblemKind::Value, "a cost is no amount"));
                -1
            }
        }
    }
}

/// A time, without a zone in UTC: what LangSmith writes.
fn utc(text: &str) -> Option<Time> {
    time::parse(text, &jiff::tz::TimeZone::UTC)
}

fn word(text: &str) -> String {
    if is_word(text) {
        text.to_owned()
    } else {
        String::new()
    }
}
