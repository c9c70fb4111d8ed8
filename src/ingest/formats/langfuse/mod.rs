//! Exports of Langfuse: a trace with its observations, a list of observations or traces from the API or
//! the user interface, as JSON, JSON lines or CSV.
//!
//! Times are RFC 3339; durations are formed from start and end, since `latency` is seconds in one place
//! and milliseconds in another. Only generations count tokens. `usageDetails` is a free map with
//! overlapping keys and never summed: input contains what a cache read where the total says so. Costs are
//! `totalCost`, else `costDetails.total`. The unit is the session, else the trace; where the API tells the session of
//! a trace only with the trace, its observations, in another file or not, belong to it too.

mod csv;
mod observation;
mod usage;

use std::collections::HashSet;

use super::super::document::{Faults, Origin, is_word, keys, parse};
use super::super::failure::failure_told;
use super::super::{Format, Head, Input, Likelihood, ReadError};
use crate::place::{Problem, ProblemKind};
use crate::record::{
    Dimension, Flags, Identity, Name, Operation, OperationKind, OutcomeKind, Records, hash64,
    hash128,
};
use crate::units::{NANOS, Time};

use observation::{Export, Observation};

/// The format.
#[derive(Debug)]
pub(super) struct Langfuse;

impl Format for Langfuse {
    fn name(&self) -> &'static str {
        "langfuse"
    }

    fn about(&self) -> &'static str {
        "exports of Langfuse as JSON or CSV: generations with tokens and cost, tools, agents, traces"
    }

    fn plural(&self) -> &'static str {
        "Langfuse exports"
    }

    fn detect(&self, head: &Head<'_>) -> Likelihood {
        let bytes = head.bytes.trim_ascii_start();
        let inner = match bytes.first() {
            Some(b'{' | b'[') => first_objects(bytes),
            _ => {
                let columns = csv::columns(bytes);
                return likely(is_observation(|name| columns.iter().any(|c| c == name)));
            }
        };
        likely(inner.into_iter().any(|object| {
            let keys = keys(object);
            is_observation(|name| keys.contains(&name.as_bytes()))
        }))
    }

    fn read(
        &self,
        input: &mut Input<'_>,
        records: &mut Records,
        problems: &mut Vec<Problem>,
    ) -> Result<(), ReadError> {
        let origin = Origin::of(input, records);
        let bytes = input.document()?;
        let mut reader = Reader {
            origin,
            records,
            problems,
            session: String::new(),
            linked: HashSet::new(),
            entry: None,
            late: Vec::new(),
        };
        match bytes.trim_ascii_start().first() {
            Some(b'[') => reader.document(bytes, 1),
            Some(b'{') if is_lines(bytes) => {
                for (line, number) in bytes.split(|b| *b == b'\n').zip(1_u64..) {
                    if line.trim_ascii().is_empty() {
                        continue;
                    }
                    match serde_json::from_slice::<Observation<'_>>(line) {
                        Ok(observation) => reader.observation(&observation, Some(number)),
                        Err(error) => reader.problem(
                            Some(number),
                            ProblemKind::Skipped,
                            if error.is_eof() {
                                "cut off in the middle of a value"
                            } else {
                                "not JSON"
                            },
                        ),
                    }
                }
                Ok(())
            }
            Some(b'{') => reader.document(bytes, 2),
            _ => {
                let (text, faults) = csv::text(bytes);
                for line in faults {
                    reader.problem(Some(line), ProblemKind::Value, "invalid UTF-8");
                }
                csv::rows(&text, |line, row| match row {
                    Ok(observation) => reader.observation(&observation, Some(line)),
                    Err(reason) => reader.problem(Some(line), ProblemKind::Skipped, reason),
                });
                Ok(())
            }
        }
    }
}

fn likely(is: bool) -> Likelihood {
    if is { Likelihood::Yes } else { Likelihood::No }
}

/// Whether the names are those of an observation or a trace of Langfuse.
fn is_observation(has: impl Fn(&str) -> bool) -> bool {
    let is_observation = has("traceId")
        && has("startTime")
        && has("type")
        && (has("parentObservationId") || has("level") || has("usageDetails"));
    let is_trace = has("timestamp")
        && has("bookmarked")
        && (has("sessionId") || has("userId"))
        && has("release");
    is_observation || is_trace
}

/// The objects in which the marks may stand: the outermost, the first of a list, those under `trace` and
/// `observations` or `data`.
fn first_objects(bytes: &[u8]) -> Vec<&[u8]> {
    let behind = |mark: &[u8]| {
        let at = memchr::memmem::find(bytes, mark)?;
        let rest = &bytes[at + mark.len()..];
        let open = rest.iter().position(|b| *b == b'{')?;
        (open <= 32).then(|| &rest[open..])
    };
    let mut objects = vec![bytes];
    objects.extend(behind(b"["));
    // Only of the outermost object, whose first keys these are.
    if keys(bytes)
        .iter()
        .any(|key| matches!(*key, b"trace" | b"observations" | b"data"))
    {
        objects.extend(
            [&b"\"trace\""[..], b"\"observations\"", b"\"data\""]
                .into_iter()
                .filter_map(behind),
        );
    }
    objects
}

/// Whether each line holds an object of its own.
fn is_lines(bytes: &[u8]) -> bool {
    let mut lines = bytes
        .split(|b| *b == b'\n')
        .filter(|l| !l.trim_ascii().is_empty());
    let first = lines.next().unwrap_or_default().trim_ascii();
    first.ends_with(b"}") && lines.next().is_some_and(|line| line.starts_with(b"{"))
}

struct Reader<'r, 'z> {
    origin: Origin<'z>,
    records: &'r mut Records,
    problems: &'r mut Vec<Problem>,
    /// Session of the trace that the document is about.
    session: String,
    /// Traces whose session is told, with that.
    linked: HashSet<(u64, Name)>,
    /// The entry that is read, of a document.
    entry: Option<usize>,
    /// Faults of entries, whose lines are found at the end.
    late: Vec<(usize, ProblemKind, &'static str)>,
}

impl Reader<'_, '_> {
    fn document(&mut self, bytes: &[u8], records_at: usize) -> Result<(), ReadError> {
        let mut spare = Vec::new();
        let file = self.origin.file;
        let export: Export<'_> = parse(bytes, &mut spare, records_at, file, self.problems)?;
        self.session = export.session.unwrap_or_default();
        for (index, observation) in export.observations.iter().enumerate() {
            self.entry = Some(index);
            self.observation(observation, None);
        }
        let outermost = keys(bytes);
        let list = [["observations"], ["data"]];
        let list = list
            .iter()
            .find(|list| outermost.contains(&list[0].as_bytes()));
        let list = list.map_or(&[][..], |list| &list[..]);
        let mut faults = Faults::new(file, bytes, list, self.problems);
        for (index, kind, reason) in std::mem::take(&mut self.late) {
            match kind {
                ProblemKind::Value => faults.value(index, &[], reason),
                _ => faults.skipped(index, &[], reason),
            }
        }
        Ok(())
    }

    fn problem(&mut self, line: Option<u64>, kind: ProblemKind, reason: &'static str) {
        if let Some(entry) = self.entry {
            self.late.push((entry, kind, reason));
            return;
        }
        self.problems.push(Problem {
            file: self.origin.file,
            line,
            kind,
            reason: reason.into(),
        });
    }

    fn observation(&mut self, o: &Observation<'_>, line: Option<u64>) {
        let kind = kind(o);
        let start = [&o.start, &o.timestamp]
            .into_iter()
            .find_map(|field| self.origin.time(field.text()?));
        let Some(start) = start else {
            return self.problem(
                line,
                ProblemKind::Skipped,
                "an entry without a start that can be read",
            );
        };
        if o.kind.text() == Some("EVENT") {
            self.records.ignored += 1;
            return;
        }
        let mut operation = Operation::new(kind, start, self.origin.file);
        operation.flags = Flags::LEADS;
        operation.duration = self.duration(o, start, line);
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
        operation.outcome = match o.level.text() {
            Some("ERROR") => failure_told(o.message.text().unwrap_or_default()),
            _ if operation.duration == -1 => OutcomeKind::Unknown,
            _ => OutcomeKind::Ok,
        };
        // A trace tells sums, which count only where no generation does.
        let is_trace = o.is_trace();
        if kind == OperationKind::ModelRequest || is_trace {
            match o.tokens() {
                Ok(Some(tokens)) => {
                    operation.tokens = tokens;
                    operation.flags = operation.flags.with(Flags::HAS_TOKENS);
                }
                Ok(None) => {}
                Err(reason) => self.problem(line, ProblemKind::Value, reason),
            }
            match o.cost() {
                Ok(cost) => operation.cost = cost,
                Err(reason) => self.problem(line, ProblemKind::Value, reason),
            }
        }
        let name = o.name.text().unwrap_or_default();
        let (mut model, mut tool, mut agent) = ("", "", "");
        match kind {
            OperationKind::ModelRequest => model = o.model(),
            OperationKind::ToolCall => {
                tool = name.strip_prefix("running tool: ").unwrap_or(name);
            }
            OperationKind::Task if o.kind.text() == Some("AGENT") => agent = name,
            _ => {}
        }
        let word = |text: &str| {
            if is_word(text) {
                text.to_owned()
            } else {
                String::new()
            }
        };
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
        let own = o.session.text().filter(|s| !s.is_empty());
        let session = own.or_else(|| Some(self.session.as_str()).filter(|s| !s.is_empty()));
        let [run, session] = [Some(trace), session]
            .map(|text| self.records.catalog.name(&word(text.unwrap_or_default())));
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
    }

    /// From start and end; of a trace, which has no end, its latency, which is seconds there.
    fn duration(&mut self, o: &Observation<'_>, start: Time, line: Option<u64>) -> i64 {
        if o.is_trace() {
            return match observation::amount(&o.latency) {
                #[allow(clippy::cast_precision_loss)]
                Ok(Some(seconds)) if seconds < 1e9 => (seconds * NANOS as f64).round() as i64,
                _ => -1,
            };
        }
        let Some(text) = o.end.text().filter(|text| !text.is_empty()) else {
            return -1;
        };
        match self.origin.time(text) {
            Some(end) if end.0 - start.0 == -1 => -2,
            Some(end) => end.0 - start.0,
            None => {
                self.problem(
                    line,
                    ProblemKind::Value,
                    "an end that is no time between 2000 and 2100",
                );
                -1
            }
        }
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
