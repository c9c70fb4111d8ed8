//! What headless runs of Claude Code print: `claude -p --output-format json` (one result, or with
//! `--verbose` a list of all messages) and `stream-json` (an object a line, the last one the result).
//!
//! No time of day is told: all records are without a time. A result is a task with its duration, outcome
//! and cost; what it tells of each model's tokens and cost since the process began stands below it, once.
//! Messages of a stream tell which requests and tools there were, and how tools ended. Where a session's
//! own log or OTLP tells its requests, only the task remains (see the fold).

mod line;
mod run;

use super::super::super::document::{goes_on, keys, object_in};
use super::super::super::json::{Fault, Index, each_object};
use super::super::super::{Format, Head, Input, Likelihood, ReadError};
use crate::place::{Problem, ProblemKind};
use crate::record::Records;

use line::Line;
use run::Runs;

/// The format.
#[derive(Debug)]
pub(in super::super) struct ClaudeResults;

/// Lines of a head that are looked at.
const LOOKED_AT: usize = 32;

impl Format for ClaudeResults {
    fn name(&self) -> &'static str {
        "claude-results"
    }

    fn about(&self) -> &'static str {
        "what headless runs of Claude Code print: results with duration, cost and tokens by model, streams of messages"
    }

    fn plural(&self) -> &'static str {
        "Claude Code results"
    }

    fn unseen(&self) -> &'static str {
        "one result, lists of messages"
    }

    fn detect(&self, head: &Head<'_>) -> Likelihood {
        let has = |needle: &[u8]| memchr::memmem::find(head.bytes, needle).is_some();
        if !has(b"\"session_id\"") && !has(b"\"duration_api_ms\"") {
            return Likelihood::No;
        }
        let mut lines = head.bytes.split(|b| *b == b'\n').take(LOOKED_AT);
        if object_in(head.bytes).is_some_and(has_marks)
            || lines.any(|line| object_in(line).is_some_and(has_marks))
        {
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
        let mut runs = Runs::new(input, records, problems);
        let mut index = Index::default();
        let mut document: Option<(u64, Vec<u8>)> = None;
        let mut is_first = true;
        while let Some((number, text)) = input.next_line()? {
            if let Some((_, document)) = &mut document {
                document.push(b'\n');
                document.extend_from_slice(text);
            } else if text.trim_ascii().is_empty() {
                continue;
            } else if std::mem::take(&mut is_first) && goes_on(text) {
                document = Some((number, text.to_vec()));
            } else {
                objects(&mut runs, number, text, &mut index);
            }
        }
        if let Some((begin, document)) = document {
            objects(&mut runs, begin, &document, &mut index);
        }
        runs.finish();
        Ok(())
    }
}

/// Reads the object, or the list of them, that begins in line `line`.
fn objects(runs: &mut Runs<'_>, line: u64, text: &[u8], index: &mut Index) {
    let result = walk(runs, line, text, index);
    let Err((at, fault)) = result else { return };
    if fault == Fault::InvalidUtf8 {
        // Costs what it hits, not the document.
        let mended = String::from_utf8_lossy(text).into_owned();
        runs.problem(line, ProblemKind::Value, fault.reason());
        if let Err((at, fault)) = walk(runs, line, mended.as_bytes(), &mut Index::default()) {
            let line = line + line_breaks(mended.as_bytes(), at);
            runs.problem(line, ProblemKind::Skipped, fault.reason());
        }
        return;
    }
    runs.problem(
        line + line_breaks(text, at),
        ProblemKind::Skipped,
        fault.reason(),
    );
}

fn walk(
    runs: &mut Runs<'_>,
    line: u64,
    text: &[u8],
    index: &mut Index,
) -> Result<(), (usize, Fault)> {
    let mut seen = (0, line);
    each_object(text, index, |cursor| {
        let begin = cursor.offset();
        let object = Line::read(cursor)?;
        seen = (begin, seen.1 + line_breaks(&text[seen.0..], begin - seen.0));
        runs.take(&object, seen.1);
        Ok(())
    })
}

/// Line breaks in the first `n` bytes.
fn line_breaks(text: &[u8], n: usize) -> u64 {
    memchr::memchr_iter(b'\n', &text[..n.min(text.len())]).count() as u64
}

/// Whether an object, or its beginning, has the keys of what a run prints.
fn has_marks(object: &[u8]) -> bool {
    let keys = keys(object);
    let has = |name: &[u8]| keys.contains(&name);
    let is_result = (has(b"is_error") || has(b"subtype"))
        && has(b"num_turns")
        && (has(b"duration_api_ms") || has(b"duration_ms"));
    let is_message = has(b"message") && has(b"parent_tool_use_id") && has(b"session_id");
    let is_begin = has(b"subtype") && has(b"session_id") && has(b"tools") && has(b"model");
    is_result || has(b"type") && (is_message || is_begin)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_of_what_a_run_prints() {
        let detect = |bytes: &[u8]| {
            ClaudeResults.detect(&Head {
                name: "x.json",
                bytes,
                is_whole: true,
            })
        };
        for text in [
            &br#"{"type":"result","subtype":"success","is_error":false,"duration_ms":1,"num_turns":1,"session_id":"s","result":"cut"#[..],
            br#"{"is_error":true,"duration_api_ms":0,"num_turns":2}"#,
            b"[\n {\"type\":\"system\",\"subtype\":\"init\",\"session_id\":\"s\",\"tools\":[],\"model\":\"m\"}]",
            b"warning: no input\n{\"type\":\"user\",\"message\":{},\"parent_tool_use_id\":null,\"session_id\":\"s\"}",
        ] {
            assert_eq!(detect(text), Likelihood::Yes, "{text:?}");
        }
        for text in [
            &br#"{"type":"user","sessionId":"s","uuid":"u","message":{}}"#[..],
            br#"{"type":"message","session_id":"s","message":{}}"#,
            br#"{"result":{"duration_api_ms":1,"num_turns":1,"subtype":"x"}}"#,
            b"\"session_id\"",
        ] {
            assert_eq!(detect(text), Likelihood::No, "{text:?}");
        }
    }
}
