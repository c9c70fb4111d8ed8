//! What headless runs of Codex print: `codex exec --json`, an event a line, also of several runs in one file.
//!
//! No time of day and no model is told: all records are without a time, and tokens without a price. A turn is a task
//! with its outcome; its tool calls stand below it. What a turn tells of tokens is the sum of its thread since the
//! beginning, and counts on when a thread is resumed: the fold takes the differences. Where the thread's own rollout
//! or OTLP tells its requests, only the task remains (see the fold).

mod event;
mod run;

use super::super::super::document::{LineFaults, Origin, json_line, members};
use super::super::super::{Format, Head, Input, Likelihood, ReadError};
use crate::place::Problem;
use crate::record::Records;

use event::Event;
use run::Run;

/// The format.
#[derive(Debug)]
pub(in super::super) struct CodexResults;

/// Lines of a head that are looked at.
const LOOKED_AT: usize = 32;

/// With what a line's kind begins.
const KINDS: &[&[u8]] = &[b"\"thread.started\"", b"\"turn.", b"\"item."];

impl Format for CodexResults {
    fn name(&self) -> &'static str {
        "codex-results"
    }

    fn about(&self) -> &'static str {
        "what headless runs of Codex print (codex exec --json): turns with outcome and tokens, tool calls"
    }

    fn plural(&self) -> &'static str {
        "Codex results"
    }

    fn unseen(&self) -> &'static str {
        "subagents"
    }

    fn detect(&self, head: &Head<'_>) -> Likelihood {
        let has = |needle: &[u8]| memchr::memmem::find(head.bytes, needle).is_some();
        if !KINDS.iter().any(|kind| has(kind)) {
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
        let (file, name) = (input.file, input.name);
        let mut run = Run::new(records, origin, name);
        while let Some((number, line)) = input.next_line()? {
            if line.trim_ascii().is_empty() {
                continue;
            }
            json_line(line, (file, number), problems, |line| {
                let event: Event<'_> = serde_json::from_slice(line)?;
                run.take(&event);
                Ok(LineFaults::from_iter(run.log.faults.drain(..)))
            });
        }
        run.finish();
        Ok(())
    }
}

/// Whether a line is an event of a thread: what it begins, or what has a thread, an item, use or an error.
fn has_marks(line: &[u8]) -> bool {
    let (mut kind, mut has_what) = (&b""[..], false);
    for (key, value) in members(line) {
        match key {
            b"type" => kind = value,
            b"thread_id" | b"item" | b"usage" | b"error" => has_what = true,
            // Of other programs that name events alike.
            b"timestamp" | b"method" | b"params" | b"payload" => return false,
            _ => {}
        }
    }
    let is_begin = kind == b"\"turn.started\"}";
    KINDS.iter().any(|begin| kind.starts_with(begin)) && (has_what || is_begin)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_of_what_a_run_prints() {
        let detect = |bytes: &[u8]| {
            CodexResults.detect(&Head {
                name: "x.jsonl",
                bytes,
                is_whole: true,
            })
        };
        for text in [
            &br#"{"type":"thread.started","thread_id":"t"}"#[..],
            b"warning: no input\n{\"type\":\"turn.started\"}",
            br#"{"type":"item.completed","item":{"id":"item_0","type":"agent_message","text":"cut"#,
            br#"{"type":"turn.completed","usage":{}}"#,
        ] {
            assert_eq!(detect(text), Likelihood::Yes, "{text:?}");
        }
        for text in [
            &br#"{"type":"item","item":{}}"#[..],
            br#"{"text":"\"turn.completed\"","usage":{},"type":"x"}"#,
            br#"{"timestamp":"2026-01-01T00:00:00Z","type":"turn.completed","usage":{}}"#,
            br#"{"type":"turn.completed"}"#,
        ] {
            assert_eq!(detect(text), Likelihood::No, "{text:?}");
        }
    }
}
