//! Observations and traces become operations.

use std::collections::HashSet;

use super::super::super::document::{LineFaults, Origin, is_word};
use super::super::super::failure::failure_told;
use super::super::super::first_token::first_token;
use super::super::super::time;
use super::observation::Observation;
use crate::place::ProblemKind;
use crate::record::{
    Dimension, Flags, Identity, Name, Operation, OperationKind, OutcomeKind, Records, hash64,
    hash128,
};
use crate::units::{NANOS, Time};

/// Makes records of observations and traces.
pub(super) struct Reader<'r, 'z> {
    origin: Origin<'z>,
    records: &'r mut Records,
    /// Traces whose session is told, with that.
    linked: HashSet<(u64, Name)>,
    /// Faults since they were last taken.
    pub(super) faults: LineFaults,
}

impl<'r, 'z> Reader<'r, 'z> {
    pub(super) fn new(origin: Origin<'z>, records: &'r mut Records) -> Self {
        Self {
            origin,
            records,
            linked: HashSet::new(),
            faults: LineFaults::new(),
        }
    }

    /// Reads what an object holds, else the object itself: a trace with its observations tells nothing of its own.
    pub(super) fn entry(&mut self, o: &Observation<'_>, session: &str) {
        let own = o.session.text().filter(|own| !own.is_empty());
        let session = own.unwrap_or(session);
        match &o.held {
            Some(held) if !held.is_empty() || !o.has_begun() => {
                held.iter().for_each(|held| self.entry(held, session));
            }
            _ => self.observation(o, session),
        }
    }

    fn observation(&mut self, o: &Observation<'_>, session: &str) {
        let kind = kind(o);
        let start = [&o.start, &o.timestamp]
            .into_iter()
            .find_map(|field| utc(field.text()?));
        let Some(start) = start else {
            let reason = "an entry without a start that can be read";
            return self.faults.push((ProblemKind::Skipped, reason));
        };
        if o.kind.text() == Some("EVENT") {
            self.records.ignored += 1;
            return;
        }
        let mut operation = Operation::new(kind, start, self.origin.file);
        operation.flags = Flags::LEADS;
        operation.duration = self.duration(o, start);
        let id = o.id.text().unwrap_or_default();
        if !id.is_empty() {
            operation.key = hash128(&[b"langfuse:", id.as_bytes()].concat());
            operation.id = hash64(id.as_bytes());
        }
        operation.parent = o
            .parent
            .text()
            .filter(|p| !p.is_empty())
            .map_or(0, |p| hash64(p.as_bytes()));
        let is_trace = o.is_trace();
        operation.outcome = match o.level.text() {
            Some("ERROR") => failure_told(o.message.text().unwrap_or_default()),
            // How a trace ended stands in its observations.
            _ if operation.duration == -1 || is_trace => OutcomeKind::Unknown,
            _ => OutcomeKind::Ok,
        };
        // A trace tells sums, which count only where no generation does.
        let is_embedding = o.kind.text() == Some("EMBEDDING");
        if kind == OperationKind::ModelRequest || is_embedding || is_trace {
            self.use_of(o, &mut operation);
        }
        let name = o.name.text().unwrap_or_default();
        let (mut model, mut tool, mut agent) = ("", "", "");
        match kind {
            OperationKind::ModelRequest => model = o.model(),
            OperationKind::Other if is_embedding => model = o.model(),
            OperationKind::ToolCall => {
                tool = name.strip_prefix("running tool: ").unwrap_or(name);
            }
            OperationKind::Task if o.kind.text() == Some("AGENT") => agent = name,
            _ => {}
        }
        operation.dims = self.origin.dims(
            self.records,
            &[
                (Dimension::Model, &word(model)),
                (Dimension::Tool, &word(tool)),
                (Dimension::Agent, &word(agent)),
            ],
        );
        let trace = if is_trace {
            id
        } else {
            o.trace.text().unwrap_or_default()
        };
        let [run, session] = [trace, session].map(|text| self.records.catalog.name(&word(text)));
        if run.is_some() && session.is_some() {
            let link = (hash64(trace.as_bytes()), session);
            if self.linked.insert(link) {
                self.records.links.push(link);
            }
        }
        let session = if session.is_some() { session } else { run };
        // The trace is no unit of its own: it tells which sums repeat which observations.
        operation.identity = self.records.catalog.identity(Identity {
            session,
            run,
            unit: session,
            ..Identity::default()
        });
        self.records.operations.push(operation);
        if kind == OperationKind::ModelRequest
            && let Some(at) = o.first_token.text().and_then(utc)
        {
            first_token(self.records, &operation, at);
        }
    }

    /// Tokens and cost.
    fn use_of(&mut self, o: &Observation<'_>, operation: &mut Operation) {
        match o.tokens() {
            Ok(Some(tokens)) => {
                operation.tokens = tokens;
                operation.flags = operation.flags.with(Flags::HAS_TOKENS);
            }
            Ok(None) => {}
            Err(reason) => self.faults.push((ProblemKind::Value, reason)),
        }
        match o.cost() {
            Ok(cost) => operation.cost = cost,
            Err(reason) => self.faults.push((ProblemKind::Value, reason)),
        }
    }

    /// From start and end; of a trace, which has no end, its latency, which is seconds there.
    fn duration(&mut self, o: &Observation<'_>, start: Time) -> i64 {
        if o.is_trace() {
            return match o.latency.amount() {
                #[allow(clippy::cast_precision_loss)]
                Ok(Some(seconds)) if seconds < 1e9 => (seconds * NANOS as f64).round() as i64,
                _ => -1,
            };
        }
        let Some(text) = o.end.text().filter(|text| !text.is_empty()) else {
            return -1;
        };
        match utc(text) {
            Some(end) if end.0 - start.0 == -1 => -2,
            Some(end) => end.0 - start.0,
            None => {
                let reason = "an end that is no time between 2000 and 2100";
                self.faults.push((ProblemKind::Value, reason));
                -1
            }
        }
    }
}

/// A time, without a zone in UTC: so the export to a blob storage writes it.
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

fn kind(o: &Observation<'_>) -> OperationKind {
    let has_parent = o.parent.text().is_some_and(|parent| !parent.is_empty());
    match o.kind.text() {
        Some("GENERATION") => OperationKind::ModelRequest,
        Some("TOOL") => OperationKind::ToolCall,
        Some("AGENT") => OperationKind::Task,
        Some("SPAN" | "CHAIN") if !has_parent => OperationKind::Task,
        Some(_) => OperationKind::Other,
        None => OperationKind::Task,
    }
}
