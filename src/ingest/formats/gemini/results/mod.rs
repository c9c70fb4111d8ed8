//! What headless runs of Gemini CLI print: `--output-format json` (one document at the end), `stream-json` (an event a
//! line, the last one the result), and the file of `--session-summary`; also of several runs in one file.
//!
//! A run is a task with its outcome; what it tells of each model's tokens stands below it, once. A document tells no
//! time of day: its records are without one. A stream tells when tools were called and answered, and when something of a
//! reply came: a request lasts from what it answers to the last of it. Each process counts anew, also a resumed one. Where a chat or OTLP tells the session's requests, only the
//! task remains (see the fold).

mod record;
mod run;

use super::super::super::document::{
    Faults, LineFaults, Origin, goes_on, json_line, keys, members, parse,
};
use super::super::super::{Format, Head, Input, Likelihood, ReadError};
use crate::place::{Problem, ProblemKind};
use crate::record::Records;

use record::Record;
use run::Run;

/// The format.
#[derive(Debug)]
pub(in super::super) struct GeminiResults;

/// Lines of a head that are looked at.
const LOOKED_AT: usize = 32;

impl Format for GeminiResults {
    fn name(&self) -> &'static str {
        "gemini-results"
    }

    fn about(&self) -> &'static str {
        "what headless runs of Gemini CLI print (--output-format json, stream-json): outcome, tokens by model, tool calls"
    }

    fn plural(&self) -> &'static str {
        "Gemini CLI results"
    }

    fn unseen(&self) -> &'static str {
        "documents of failed runs"
    }

    fn detect(&self, head: &Head<'_>) -> Likelihood {
        let has = |needle: &[u8]| memchr::memmem::find(head.bytes, needle).is_some();
        if ![
            &b"\"session_id\""[..],
            b"\"tool_id\"",
            b"\"totalLatencyMs\"",
        ]
        .iter()
        .any(|needle| has(needle))
        {
            return Likelihood::No;
        }
        let mut lines = head.bytes.split(|b| *b == b'\n').take(LOOKED_AT);
        if is_document(head.bytes) || lines.any(|line| is_event(line) || is_document(line)) {
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
        let (file, name) = (input.file, input.name);
        let mut run = Run::new(records, origin, name);
        let mut first = input.peek()?.split(|b| *b == b'\n');
        let first = first.find(|line| !line.trim_ascii().is_empty());
        if first.is_some_and(goes_on) {
            let bytes = input.document()?;
            let mut spare = Vec::new();
            let record: Record<'_> = parse(bytes, &mut spare, 2, file, problems)?;
            run.take(&record);
            let mut faults = Faults::new(file, bytes, &[], problems);
            for (kind, reason) in run.log.faults.drain(..) {
                match kind {
                    ProblemKind::Value => faults.value(0, &[], reason),
                    _ => faults.skipped(0, &[], reason),
                }
            }
        } else {
            while let Some((number, line)) = input.next_line()? {
                if line.trim_ascii().is_empty() {
                    continue;
                }
                json_line(line, (file, number), problems, |line| {
                    let record: Record<'_> = serde_json::from_slice(line)?;
                    run.take(&record);
                    Ok(LineFaults::from_iter(run.log.faults.drain(..)))
                });
            }
        }
        run.finish();
        Ok(())
    }
}

/// Whether an object, or its beginning, is what a run prints at its end.
fn is_document(text: &[u8]) -> bool {
    let keys = keys(text);
    let has = |name: &[u8]| keys.contains(&name);
    let says = |needle: &[u8]| memchr::memmem::find(text, needle).is_some();
    // A long reply may stand before the figures.
    let is_begin = matches!(keys[..], [b"session_id", b"response", ..]);
    let is_failed = matches!(keys[..], [b"session_id", b"error"]);
    let has_figures = (has(b"stats") || has(b"sessionMetrics")) && says(b"\"totalLatencyMs\"");
    // Of a run that asked no model.
    let is_empty = has(b"response") && has(b"stats") && says(b"\"totalDecisions\"");
    is_begin || is_failed || has_figures || is_empty
}

/// Whether a line is an event of a stream that no other program writes.
fn is_event(line: &[u8]) -> bool {
    let mut kind = &b""[..];
    let mut keys = Vec::new();
    for (key, value) in members(line) {
        if key == b"type" {
            kind = value;
        }
        keys.push(key);
    }
    let has = |name: &[u8]| keys.contains(&name);
    let is = |name: &[u8]| kind.starts_with(name);
    has(b"timestamp")
        && (is(b"\"init\"") && has(b"session_id") && has(b"model")
            || is(b"\"tool_use\"") && has(b"tool_name") && has(b"tool_id")
            || is(b"\"tool_result\"") && has(b"tool_id") && has(b"status")
            || is(b"\"result\"") && has(b"status") && (has(b"stats") || has(b"error")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_of_what_a_run_prints() {
        let detect = |bytes: &[u8]| {
            GeminiResults.detect(&Head {
                name: "x.json",
                bytes,
                is_whole: true,
            })
        };
        for text in [
            &br#"{"type":"init","timestamp":"2026-01-01T00:00:00Z","session_id":"s","model":"m"}"#[..],
            br#"{"type":"tool_use","timestamp":"t","tool_name":"n","tool_id":"i","parameters":{"cut"#,
            br#"{"type":"result","timestamp":"t","status":"error","error":{},"session_id":"x"}"#,
            b"warning\n{\"session_id\": \"s\", \"response\": \"cut",
            b"{\n  \"session_id\": \"s\",\n  \"error\": {\n",
            b"{\n \"response\": \"x\",\n \"stats\": {\"models\": {\"m\": {\"api\": {\"totalLatencyMs\": 1}}}}}",
            br#"{"sessionMetrics":{"models":{"m":{"api":{"totalLatencyMs":1}}}}}"#,
        ] {
            assert_eq!(detect(text), Likelihood::Yes, "{text:?}");
        }
        for text in [
            &br#"{"type":"result","subtype":"success","session_id":"s","error":{},"status":"x"}"#[..],
            br#"{"response":"x","stats":{}}"#,
            br#"{"type":"init","session_id":"s","model":"m"}"#,
            br#"{"x":{"totalLatencyMs":1}}"#,
        ] {
            assert_eq!(detect(text), Likelihood::No, "{text:?}");
        }
    }
}
