//! What headless runs of opencode print: `opencode run --format json`, an event a line, also of several runs in one file.
//!
//! A step is a model request with tokens and cost; its model is not told. It began when its message was created, which
//! the message's id tells, and ended where its last tool began or its last words ended. A run is a task. Where
//! opencode's own store or an export tells the session's requests, only the task remains (see the fold).

use serde::Deserialize;

use super::super::super::document::{Field, LineFaults, Origin, Shaped, json_line, members};
use super::super::super::{Format, Head, Input, Likelihood, ReadError};
use super::super::agent::{About, Log, Whose, millis, text};
use super::of_session;
use super::reader::{Parts, Reader, Told};
use super::stored::{Error, Message, Part, Times};
use crate::place::Problem;
use crate::record::{Flags, OperationKind, OutcomeKind, Records};
use crate::units::Time;

/// The format.
#[derive(Debug)]
pub(in super::super) struct OpenCodeResults;

/// Lines of a head that are looked at.
const LOOKED_AT: usize = 32;

const KINDS: &[&str] = &[
    "step_start",
    "step_finish",
    "tool_use",
    "text",
    "reasoning",
    "error",
];

/// A message is created at most so long before its first step is told, in milliseconds.
const LONGEST: i64 = 3_600_000;

/// Nanoseconds of one.
const MILLISECOND: i64 = 1_000_000;

/// A line.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Event<'a> {
    #[serde(borrow, rename = "type")]
    kind: Field<'a>,
    /// Milliseconds since 1970.
    #[serde(borrow)]
    timestamp: Field<'a>,
    #[serde(borrow, rename = "sessionID")]
    session: Field<'a>,
    #[serde(borrow)]
    part: Shaped<Part<'a>>,
    #[serde(borrow)]
    error: Shaped<Error<'a>>,
}

impl Format for OpenCodeResults {
    fn name(&self) -> &'static str {
        "opencode-results"
    }

    fn about(&self) -> &'static str {
        "what headless runs of opencode print (opencode run --format json): model requests with tokens and cost, tool calls"
    }

    fn plural(&self) -> &'static str {
        "opencode results"
    }

    fn detect(&self, head: &Head<'_>) -> Likelihood {
        let has = |needle: &[u8]| memchr::memmem::find(head.bytes, needle).is_some();
        if !has(b"\"sessionID\"") || !has(b"\"timestamp\"") {
            return Likelihood::No;
        }
        let mut lines = head.bytes.split(|b| *b == b'\n').take(LOOKED_AT);
        if lines.any(has_marks) {
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
        let log = Log::new(records, origin, "opencode", Whose::default());
        let mut runs = Runs {
            reader: Reader { log },
            run: None,
        };
        while let Some((number, line)) = input.next_line()? {
            if line.trim_ascii().is_empty() {
                continue;
            }
            json_line(line, (file, number), problems, |line| {
                let event: Event<'_> = serde_json::from_slice(line)?;
                runs.take(&event);
                Ok(LineFaults::from_iter(runs.reader.log.faults.drain(..)))
            });
        }
        runs.end();
        Ok(())
    }
}

/// One file while it is read.
struct Runs<'r, 'z> {
    reader: Reader<'r, 'z>,
    run: Option<Run>,
}

/// A run that has not ended.
#[derive(Debug, Default)]
struct Run {
    session: String,
    begin: Option<Time>,
    end: Option<Time>,
    outcome: Option<OutcomeKind>,
    step: Step,
    /// When the step before ended.
    last: Option<Time>,
}

/// A step that has not ended.
#[derive(Debug, Default)]
struct Step {
    message: String,
    begin: Option<Time>,
    told: Told,
}

impl Runs<'_, '_> {
    fn take(&mut self, event: &Event<'_>) {
        let kind = text(&event.kind);
        if !KINDS.contains(&kind) {
            self.reader.log.records.ignored += 1;
            return;
        }
        let Some(at) = millis(&event.timestamp) else {
            return self
                .reader
                .log
                .skipped("an event without a time that can be read");
        };
        let session = text(&event.session);
        if self.run.as_ref().is_none_or(|run| run.session != session) {
            self.end();
            self.reader.log.whose = of_session(session);
            self.run = Some(Run {
                session: session.to_owned(),
                ..Run::default()
            });
        }
        let run = self.run.get_or_insert_default();
        run.begin = run.begin.or(Some(at));
        run.end = run.end.max(Some(at));
        match (kind, event.part.get()) {
            ("step_start", Some(part)) => {
                run.begins(text(&part.message), at);
                self.reader.log.records.ignored += 1;
            }
            ("step_finish", Some(part)) => self.step(part, at),
            ("error", _) => self.failure(event, at),
            (_, Some(part)) => {
                let told = self.reader.part(text(&part.message), part, Some(at));
                run.step.told = run.step.told.and(told);
            }
            (_, None) => self.reader.log.skipped("an event without its part"),
        }
    }

    /// A step has ended: a model request.
    fn step(&mut self, part: &Part<'_>, at: Time) {
        let Some(run) = &mut self.run else { return };
        let step = run.next(at);
        run.outcome = match text(&part.reason) {
            "tool-calls" | "unknown" | "" => None,
            "error" => Some(OutcomeKind::Error),
            _ => Some(OutcomeKind::Ok),
        };
        let message = Message {
            time: times(step.begin.unwrap_or(at), at),
            role: Field::Text("assistant".into()),
            cost: part.cost.clone(),
            tokens: part.tokens.clone(),
            ..Message::default()
        };
        let parts = Parts::Known(step.told);
        self.reader.message(&step.message, &message, parts);
    }

    /// The run has failed, and with it the request that was under way.
    fn failure(&mut self, event: &Event<'_>, at: Time) {
        let Some(run) = &mut self.run else { return };
        let error = event.error.get();
        run.outcome = Some(error.map_or(OutcomeKind::Error, Error::outcome));
        let step = run.next(at);
        let Some(begin) = step.begin else {
            self.reader.log.records.ignored += 1;
            return;
        };
        let message = Message {
            time: times(begin, at),
            role: Field::Text("assistant".into()),
            error: match &event.error {
                Shaped::Is(error) => Shaped::Is(error.clone()),
                _ => Shaped::Is(Error::default()),
            },
            ..Message::default()
        };
        let parts = Parts::Known(step.told);
        self.reader.message(&step.message, &message, parts);
    }

    /// Ends a run.
    fn end(&mut self) {
        let Some(run) = self.run.take() else { return };
        let (Some(begin), log) = (run.begin, &mut self.reader.log) else {
            return;
        };
        let mut task = log.operation(OperationKind::Task, begin, run.end, About::Other);
        task.key = log.key("run", &begin.0.to_string());
        task.outcome = run.outcome.unwrap_or(OutcomeKind::Unknown);
        if run.outcome.is_none() {
            task.flags = task.flags.with(Flags::UNANSWERED);
        }
        log.records.operations.push(task);
    }
}

impl Run {
    /// A step of a message is told, whose first words were there then.
    fn begins(&mut self, message: &str, at: Time) {
        // Older clients took several steps for one message.
        let is_next = self.step.message == message;
        let created = if is_next {
            self.last
        } else {
            created(message, at)
        };
        self.step.message = message.to_owned();
        self.step.begin = Some(created.unwrap_or(at));
        self.begin = self.begin.min(self.step.begin);
    }

    /// Takes the step that ended then.
    fn next(&mut self, at: Time) -> Step {
        self.last = Some(at);
        let message = self.step.message.clone();
        let next = Step {
            message,
            ..Step::default()
        };
        std::mem::replace(&mut self.step, next)
    }
}

fn times(created: Time, completed: Time) -> Shaped<Times<'static>> {
    #[allow(clippy::cast_precision_loss)] // milliseconds of this century are exact
    let millis = |time: Time| Field::Whole((time.0 / MILLISECOND) as f64);
    Shaped::Is(Times {
        created: millis(created),
        completed: millis(completed),
        ..Times::default()
    })
}

/// When a message was created of which something was told then: its id begins with the last 36 bits of milliseconds
/// since 1970 and 12 bits that count.
fn created(message: &str, at: Time) -> Option<Time> {
    let digits = message.strip_prefix("msg_")?.get(..12)?;
    let low = i64::from_str_radix(digits, 16).ok()? >> 12;
    let at = at.0 / MILLISECOND;
    let round = 1_i64 << 36;
    let mut millis = (at & !(round - 1)) | low;
    if millis > at {
        millis -= round;
    }
    let time = Time(millis.checked_mul(MILLISECOND)?);
    (at - millis <= LONGEST).then_some(time)
}

/// Whether a line is an event of a session that no other program writes.
fn has_marks(line: &[u8]) -> bool {
    let (mut kind, mut time) = (&b""[..], &b""[..]);
    let (mut has_session, mut has_what) = (false, false);
    for (key, value) in members(line) {
        match key {
            b"type" => kind = value,
            b"timestamp" => time = value,
            b"sessionID" => has_session = true,
            b"part" | b"error" => has_what = true,
            _ => {}
        }
    }
    let is_kind = |name: &&str| {
        let rest = kind.strip_prefix(b"\"");
        rest.is_some_and(|rest| rest.starts_with(name.as_bytes()))
    };
    let has_time = time.first().is_some_and(u8::is_ascii_digit);
    has_session && has_what && has_time && KINDS.iter().any(is_kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two messages of a real run, of which the second was created 4 ms before the step before it was told to have ended.
    #[test]
    fn a_messages_id_tells_when_it_was_created() {
        let of = |id: &str, at: i64| created(id, Time(at * MILLISECOND)).map(|t| t.0 / MILLISECOND);
        for (id, at, expected) in [
            (
                "msg_02e3eaf250017z8BF8zCT2CQ3f",
                1_787_482_258_116,
                Some(1_787_482_255_141),
            ),
            (
                "msg_02e3ebedc001joGNk0E3u0NSp7",
                1_787_482_261_701,
                Some(1_787_482_259_164),
            ),
            // Of another day, or no such id.
            ("msg_02e3eaf250017z8BF8zCT2CQ3f", 1_787_582_258_116, None),
            ("msg_1", 1_787_482_258_116, None),
            ("02e3eaf250017z8B", 1_787_482_258_116, None),
        ] {
            assert_eq!(of(id, at), expected, "{id}");
        }
    }

    #[test]
    fn marks_of_what_a_run_prints() {
        let detect = |bytes: &[u8]| {
            OpenCodeResults.detect(&Head {
                name: "x.jsonl",
                bytes,
                is_whole: true,
            })
        };
        for text in [
            &br#"{"type":"step_start","timestamp":1787482258116,"sessionID":"s","part":{"type":"step-start"}}"#[..],
            b"warning\n{\"type\":\"tool_use\",\"timestamp\":1,\"sessionID\":\"s\",\"part\":{\"cut",
            br#"{"type":"error","timestamp":1,"sessionID":"s","error":{}}"#,
        ] {
            assert_eq!(detect(text), Likelihood::Yes, "{text:?}");
        }
        for text in [
            &br#"{"type":"text","timestamp":"2026-01-01","sessionID":"s","part":{}}"#[..],
            br#"{"type":"text","timestamp":1,"sessionID":"s"}"#,
            br#"{"type":"tool","timestamp":1,"sessionID":"s","part":{}}"#,
            br#"{"part":{"type":"text","timestamp":1,"sessionID":"s"}}"#,
        ] {
            assert_eq!(detect(text), Likelihood::No, "{text:?}");
        }
    }
}
