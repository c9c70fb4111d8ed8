//! Runs of LangSmith: a list as JSON, an answer of the API (`{"runs": […]}`), or a run a line.
//!
//! Times without a zone are UTC. Runs repeat the tokens and costs of the runs below them, so only those
//! of models (`run_type` `llm`) count. The unit is the thread that the metadata name, else the trace.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::super::document::{Faults, Field, Listed, Origin, Shaped, is_word, keys, parse};
use super::super::failure::failure_told;
use super::super::scalar::Key;
use super::super::time;
use super::super::{Format, Head, Input, Likelihood, ReadError};
use crate::place::{Problem, ProblemKind};
use crate::record::{
    Dimension, Flags, Identity, Operation, OperationKind, OutcomeKind, Records, Tokens, hash64,
    hash128,
};
use crate::units::Time;

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
        let first_of_list = |from: usize| {
            let open = bytes[from..].iter().position(|b| *b == b'{')?;
            (open <= 64).then(|| &bytes[from + open..])
        };
        let listed = if bytes.trim_ascii_start().starts_with(b"[") {
            first_of_list(0)
        } else if keys(bytes).first() == Some(&&b"runs"[..]) {
            memchr::memchr(b'[', bytes).and_then(first_of_list)
        } else {
            None
        };
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
        let bytes = input.document()?;
        let mut reader = Reader {
            origin,
            records,
            faults: Vec::new(),
        };
        let file = reader.origin.file;
        if is_lines(bytes) {
            for (line, number) in bytes.split(|b| *b == b'\n').zip(1_u64..) {
                let mut tell = |kind, reason: &'static str| {
                    problems.push(Problem {
                        file,
                        line: Some(number),
                        kind,
                        reason: reason.into(),
                    });
                };
                if line.trim_ascii().is_empty() {
                    continue;
                }
                match serde_json::from_slice::<Run<'_>>(line) {
                    Ok(run) => reader.run(&run),
                    Err(error) if error.is_eof() => {
                        tell(ProblemKind::Skipped, "cut off in the middle of a value");
                    }
                    Err(_) => tell(ProblemKind::Skipped, "not JSON"),
                }
                for (kind, reason) in reader.faults.drain(..) {
                    tell(kind, reason);
                }
            }
            return Ok(());
        }
        let is_list = bytes.trim_ascii_start().starts_with(b"[");
        let mut spare = Vec::new();
        let runs: Runs<'_> = parse(
            bytes,
            &mut spare,
            if is_list { 1 } else { 2 },
            file,
            problems,
        )?;
        let list: &[&str] = if is_list { &[] } else { &["runs"] };
        let mut faults = Faults::new(file, bytes, list, problems);
        for (index, run) in runs.0.iter().enumerate() {
            match run {
                Shaped::Is(run) => reader.run(run),
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

struct Reader<'r, 'z> {
    origin: Origin<'z>,
    records: &'r mut Records,
    /// Faults of the run that is read.
    faults: Vec<(ProblemKind, &'static str)>,
}

impl Reader<'_, '_> {
    fn run(&mut self, run: &Run<'_>) {
        let Some(start) = run.start_time.text().and_then(utc) else {
            self.faults.push((
                ProblemKind::Skipped,
                "a run without a start between 2000 and 2100",
            ));
            return;
        };
        let word = |field: &Field<'_>| {
            let text = field.text().unwrap_or_default();
            if is_word(text) {
                text.to_owned()
            } else {
                String::new()
            }
        };
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
            _ => OutcomeKind::Ok,
        };
        let mut dims = vec![];
        match kind {
            OperationKind::ModelRequest => {
                dims.push((Dimension::Model, word(&run.extra.model)));
                dims.push((Dimension::Provider, word(&run.extra.provider)));
                if let Some(tokens) = self.tokens(run) {
                    operation.tokens = tokens;
                    operation.flags = operation.flags.with(Flags::HAS_TOKENS);
                }
                operation.cost = self.cost(&run.total_cost);
            }
            OperationKind::ToolCall => dims.push((Dimension::Tool, word(&run.name))),
            _ => {}
        }
        let dims: Vec<(Dimension, &str)> =
            dims.iter().map(|(d, text)| (*d, text.as_str())).collect();
        operation.dims = self.origin.dims(self.records, &dims);
        let session = [&run.extra.thread, &run.trace_id, &run.id]
            .into_iter()
            .map(word)
            .find(|text| !text.is_empty())
            .unwrap_or_default();
        let catalog = &mut self.records.catalog;
        let session = catalog.name(&session);
        operation.identity = catalog.identity(Identity {
            session,
            ..Identity::default()
        });
        self.records.operations.push(operation);
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
    fn tokens(&mut self, run: &Run<'_>) -> Option<Tokens> {
        let mut count = |field: &Field<'_>| match field.number() {
            Ok(Some(n)) if n >= 0.0 && n.fract() == 0.0 => Some(n as u32),
            Ok(None) => None,
            _ => {
                self.faults
                    .push((ProblemKind::Value, "a count of tokens is no whole number"));
                None
            }
        };
        let (prompt, completion) = (count(&run.prompt_tokens), count(&run.completion_tokens));
        if prompt.is_none() && completion.is_none() {
            return None;
        }
        let input = prompt.unwrap_or_default();
        let read = count(&run.prompt_details.cache_read)
            .unwrap_or_default()
            .min(input);
        let write = count(&run.prompt_details.cache_creation)
            .unwrap_or_default()
            .min(input - read);
        let output = completion.unwrap_or_default();
        let reasoning = count(&run.completion_details.reasoning).unwrap_or_default();
        Some(Tokens {
            fresh: input - read - write,
            cache_read: read,
            cache_write: write,
            output,
            reasoning: reasoning.min(output),
            ..Tokens::default()
        })
    }

    /// In 10⁻⁹ US dollars; the API writes amounts as texts.
    fn cost(&mut self, field: &Field<'_>) -> i64 {
        let amount = match field {
            Field::Nothing => return -1,
            Field::Text(text) => text.trim().parse().ok(),
            other => other.number().ok().flatten(),
        };
        match amount {
            Some(cost) if (0.0..1e9).contains(&cost) => (cost * 1e9).round() as i64,
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

/// A run as it was written.
#[derive(Debug, Default)]
struct Run<'a> {
    id: Field<'a>,
    trace_id: Field<'a>,
    parent_run_id: Field<'a>,
    run_type: Field<'a>,
    name: Field<'a>,
    start_time: Field<'a>,
    end_time: Field<'a>,
    /// Read only for the type of error with which it begins.
    error: Field<'a>,
    status: Field<'a>,
    prompt_tokens: Field<'a>,
    completion_tokens: Field<'a>,
    total_cost: Field<'a>,
    prompt_details: Details<'a>,
    completion_details: Details<'a>,
    extra: Extra<'a>,
}

/// Parts of token counts.
#[derive(Debug, Default)]
struct Details<'a> {
    cache_read: Field<'a>,
    cache_creation: Field<'a>,
    reasoning: Field<'a>,
}

/// What the metadata tell.
#[derive(Debug, Default)]
struct Extra<'a> {
    thread: Field<'a>,
    model: Field<'a>,
    provider: Field<'a>,
}

/// An object some of whose keys are known; anything else in its place is nothing.
trait Keyed<'a>: Default {
    /// Reads the value of a key from `entries`; `false` leaves it to be passed over.
    fn take<A: MapAccess<'a>>(&mut self, key: &str, entries: &mut A) -> Result<bool, A::Error>;
}

struct KeyedVisitor<T>(std::marker::PhantomData<T>);

impl<'de, T: Keyed<'de>> Visitor<'de> for KeyedVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<T, A::Error> {
        let mut object = T::default();
        while let Some(Key(key)) = entries.next_key()? {
            if !object.take(&key, &mut entries)? {
                entries.next_value::<IgnoredAny>()?;
            }
        }
        Ok(object)
    }
}

macro_rules! keyed {
    ($($type:ident)*) => {$(
        impl<'de: 'a, 'a> Deserialize<'de> for $type<'a> {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_map(KeyedVisitor(std::marker::PhantomData))
            }
        }
    )*};
}

keyed! { Run Details Extra }

/// The object, if it is one.
fn object<'a, T: Deserialize<'a> + Default, A: MapAccess<'a>>(
    entries: &mut A,
) -> Result<T, A::Error> {
    Ok(match entries.next_value::<Shaped<T>>()? {
        Shaped::Is(object) => object,
        _ => T::default(),
    })
}

impl<'a> Keyed<'a> for Run<'a> {
    fn take<A: MapAccess<'a>>(&mut self, key: &str, entries: &mut A) -> Result<bool, A::Error> {
        let place = match key {
            "id" => &mut self.id,
            "trace_id" => &mut self.trace_id,
            "parent_run_id" => &mut self.parent_run_id,
            "run_type" => &mut self.run_type,
            "name" => &mut self.name,
            "start_time" => &mut self.start_time,
            "end_time" => &mut self.end_time,
            "error" => &mut self.error,
            "status" => &mut self.status,
            "prompt_tokens" => &mut self.prompt_tokens,
            "completion_tokens" => &mut self.completion_tokens,
            "total_cost" => &mut self.total_cost,
            "prompt_token_details" => {
                self.prompt_details = object(entries)?;
                return Ok(true);
            }
            "completion_token_details" => {
                self.completion_details = object(entries)?;
                return Ok(true);
            }
            "extra" => {
                self.extra = object(entries)?;
                return Ok(true);
            }
            _ => return Ok(false),
        };
        *place = entries.next_value()?;
        Ok(true)
    }
}

impl<'a> Keyed<'a> for Details<'a> {
    fn take<A: MapAccess<'a>>(&mut self, key: &str, entries: &mut A) -> Result<bool, A::Error> {
        let place = match key {
            "cache_read" => &mut self.cache_read,
            "cache_creation" => &mut self.cache_creation,
            "reasoning" => &mut self.reasoning,
            _ => return Ok(false),
        };
        *place = entries.next_value()?;
        Ok(true)
    }
}

impl<'a> Keyed<'a> for Extra<'a> {
    fn take<A: MapAccess<'a>>(&mut self, key: &str, entries: &mut A) -> Result<bool, A::Error> {
        let place = match key {
            // The metadata stand in `extra`, and tell what `extra` tells.
            "metadata" => {
                let inner: Extra<'a> = object(entries)?;
                for (place, value) in [
                    (&mut self.thread, inner.thread),
                    (&mut self.model, inner.model),
                    (&mut self.provider, inner.provider),
                ] {
                    if value != Field::Nothing {
                        *place = value;
                    }
                }
                return Ok(true);
            }
            "thread_id" | "session_id" | "conversation_id" => &mut self.thread,
            "ls_model_name" => &mut self.model,
            "ls_provider" => &mut self.provider,
            _ => return Ok(false),
        };
        *place = entries.next_value()?;
        Ok(true)
    }
}

/// All runs of a document.
#[derive(Debug, Default)]
struct Runs<'a>(Vec<Shaped<Run<'a>>>);

impl<'de: 'a, 'a> Deserialize<'de> for Runs<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RunsVisitor)
    }
}

struct RunsVisitor;

impl<'de> Visitor<'de> for RunsVisitor {
    type Value = Runs<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("runs")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut runs = Vec::new();
        while let Some(run) = items.next_element()? {
            runs.push(run);
        }
        Ok(Runs(runs))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        let mut runs = Vec::new();
        let mut alone = Run::default();
        while let Some(Key(key)) = entries.next_key()? {
            if key == "runs" {
                if let Listed::Of(list, _) = entries.next_value::<Listed<Shaped<Run<'de>>>>()? {
                    runs = list;
                }
            } else if !alone.take(&key, &mut entries)? {
                entries.next_value::<IgnoredAny>()?;
            }
        }
        // A single run over several lines.
        if runs.is_empty() && alone.run_type != Field::Nothing {
            runs.push(Shaped::Is(alone));
        }
        Ok(Runs(runs))
    }
}
