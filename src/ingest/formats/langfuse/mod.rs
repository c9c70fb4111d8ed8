//! Exports of Langfuse: a trace with its observations, a list of observations or traces from the API, the user interface
//! or the export to a blob storage, as JSON, JSON lines or CSV. Traces in a list may hold their observations.
//!
//! Times are RFC 3339, without a zone in UTC; durations are formed from start and end, since `latency` is seconds in one
//! place and milliseconds in another. Only generations and embeddings count tokens. `usageDetails` is a free map whose keys
//! may overlap: its total says which do. Costs are `totalCost`, else those of `costDetails`. The unit is the session, else the
//! trace; where the API tells the session of a trace only with the trace, its observations, in another file or not, belong to
//! it too.

mod csv;
mod observation;
mod reader;
mod tokens;
mod usage;

use super::super::document::{Faults, Origin, json_line, keys, parse};
use super::super::{Format, Head, Input, Likelihood, ReadError};
use crate::place::{Problem, ProblemKind};
use crate::record::Records;

use observation::Export;
use reader::Reader;

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
        let file = input.file;
        let bytes = input.document()?;
        let mut reader = Reader::new(origin, records);
        match bytes.trim_ascii_start().first() {
            Some(b'{') if is_lines(bytes) => lines(&mut reader, bytes, file, problems),
            Some(b'{' | b'[') => return document(&mut reader, bytes, file, problems),
            _ => table(&mut reader, bytes, file, problems),
        }
        Ok(())
    }
}

/// An entry a line.
fn lines(reader: &mut Reader<'_, '_>, bytes: &[u8], file: u32, problems: &mut Vec<Problem>) {
    for (line, number) in bytes.split(|b| *b == b'\n').zip(1_u64..) {
        if line.trim_ascii().is_empty() {
            continue;
        }
        json_line(line, (file, number), problems, |line| {
            reader.entry(&serde_json::from_slice(line)?, "");
            Ok(std::mem::take(&mut reader.faults))
        });
    }
}

/// A list, or an object that may hold one.
fn document(
    reader: &mut Reader<'_, '_>,
    bytes: &[u8],
    file: u32,
    problems: &mut Vec<Problem>,
) -> Result<(), ReadError> {
    let is_list = bytes.trim_ascii_start().starts_with(b"[");
    let records_at = if is_list { 1 } else { 2 };
    let mut spare = Vec::new();
    let Export(whole) = parse(bytes, &mut spare, records_at, file, problems)?;
    let outermost = keys(bytes);
    let lists = [&["observations"][..], &["data"]];
    let list = lists
        .into_iter()
        .find(|list| outermost.contains(&list[0].as_bytes()))
        .unwrap_or_default();
    let entries = match &whole.held {
        Some(held) if !held.is_empty() => held,
        _ => std::slice::from_ref(&whole),
    };
    let session = whole.session.text().unwrap_or_default();
    let mut faults = Faults::new(file, bytes, list, problems);
    for (index, entry) in entries.iter().enumerate() {
        reader.entry(entry, session);
        for (kind, reason) in reader.faults.drain(..) {
            match kind {
                ProblemKind::Value => faults.value(index, &[], reason),
                _ => faults.skipped(index, &[], reason),
            }
        }
    }
    Ok(())
}

/// A row of the table is an entry.
fn table(reader: &mut Reader<'_, '_>, bytes: &[u8], file: u32, problems: &mut Vec<Problem>) {
    let mut tell = |line, (kind, reason): (ProblemKind, &'static str)| {
        problems.push(Problem {
            file,
            line: Some(line),
            kind,
            reason: reason.into(),
        });
    };
    let (text, faults) = csv::text(bytes);
    for line in faults {
        tell(line, (ProblemKind::Value, "invalid UTF-8"));
    }
    csv::rows(&text, |line, row| match row {
        Ok(observation) => {
            reader.entry(&observation, "");
            reader.faults.drain(..).for_each(|fault| tell(line, fault));
        }
        Err(reason) => tell(line, (ProblemKind::Skipped, reason)),
    });
}

fn likely(is: bool) -> Likelihood {
    if is { Likelihood::Yes } else { Likelihood::No }
}

/// Whether the names are those of an observation or a trace of Langfuse, as its API or its export to a blob storage
/// writes them.
fn is_observation(has: impl Fn(&str) -> bool) -> bool {
    let has_any = |names: &[&str]| names.iter().any(|name| has(name));
    let marks = [
        [
            "traceId",
            "startTime",
            "parentObservationId",
            "usageDetails",
        ],
        [
            "trace_id",
            "start_time",
            "parent_observation_id",
            "usage_details",
        ],
    ];
    let is_observation = marks.iter().any(|[trace, start, marks @ ..]| {
        has(trace) && has(start) && has("type") && (has_any(marks) || has("level"))
    });
    let is_trace = has("timestamp")
        && has("bookmarked")
        && has_any(&["sessionId", "userId", "session_id", "user_id"])
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
