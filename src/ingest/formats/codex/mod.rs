//! Rollouts of Codex: `sessions/YYYY/MM/DD/rollout-TIME-ID.jsonl`, one file for each session, fork and
//! subagent.
//!
//! Lines are `{timestamp, type, payload}`; times are UTC milliseconds. `token_count` lines come more
//! than once for a request and carry sums since the beginning: a request is a change of the sum, its
//! use the difference. Input counts contain what was read from the cache, output counts contain
//! reasoning. A request lasts from the line that caused it (a prompt, a tool's output) to its
//! `token_count` line, a tool call as long as the client says, else to the line of its output, with
//! any wait for a permission. Forks and subagents repeat their parent's lines with new times: those
//! belong to the parent's file. No cost is logged.
//!
//! The oldest layout, without `payload` and times, tells nothing that could be measured.

mod line;
mod output;
mod results;
mod session;
mod thread;

use super::super::document::members;
use super::super::json::{Index, Value, each_key};
use super::super::{Format, Head, Input, Likelihood, ReadError};
use crate::place::Problem;
use crate::record::Records;

pub(super) use results::CodexResults;
use session::Session;

/// The format.
#[derive(Debug)]
pub(super) struct Codex;

impl Format for Codex {
    fn name(&self) -> &'static str {
        "codex"
    }

    fn about(&self) -> &'static str {
        "rollouts of Codex: model requests with tokens, tool calls, turns, prompts, retries, subagents"
    }

    fn plural(&self) -> &'static str {
        "Codex rollouts"
    }

    fn goes_on(&self) -> bool {
        true
    }

    fn detect(&self, head: &Head<'_>) -> Likelihood {
        // Most files of other formats have none of these, which is told faster than that no line fits.
        let has = |needle: &[u8]| memchr::memmem::find(head.bytes, needle).is_some();
        if !has(b"\"payload\"") && !has(b"\"record_type\"") {
            return Likelihood::No;
        }
        let mut index = Index::default();
        let mut lines = head.bytes.split(|b| *b == b'\n').peekable();
        while let Some(line) = lines.next() {
            let is_cut = lines.peek().is_none() && !head.is_whole;
            if is_cut && starts_like_a_line(line) || has_marks(line, &mut index) == Some(true) {
                return Likelihood::Yes;
            }
        }
        Likelihood::No
    }

    fn read(
        &self,
        input: &mut Input<'_>,
        records: &mut Records,
        problems: &mut Vec<Problem>,
    ) -> Result<(), ReadError> {
        let before = input.take_state();
        let mut session = Session::new(input, records, problems);
        if let Some(state) = before
            && !session.restore(&state)
        {
            return Err(ReadError::stale_cache());
        }
        let mut index = Index::default();
        while let Some((number, text, indexed)) = input.next_indexed(&mut index)? {
            session.line(number, text, indexed);
        }
        session.finish();
        input.leave_state(|| session.state());
        Ok(())
    }
}

/// Kinds of lines.
const KINDS: &[&[u8]] = &[
    b"session_meta",
    b"turn_context",
    b"response_item",
    b"event_msg",
    b"compacted",
];

/// Whether a line has the keys that every rollout has.
fn has_marks(line: &[u8], index: &mut Index) -> Option<bool> {
    if line.trim_ascii_start().first() != Some(&b'{') {
        return None;
    }
    let (mut has_kind, mut has_time, mut has_payload, mut is_old) = (false, false, false, false);
    each_key(line, index, |key, cursor| {
        let value = cursor.value()?;
        cursor.skip(value)?;
        match (key, value) {
            (b"type", Value::Text(kind)) => has_kind = KINDS.contains(&kind),
            (b"timestamp", Value::Text(_)) => has_time = true,
            (b"payload", Value::Object) => has_payload = true,
            (b"record_type", Value::Text(b"state")) => is_old = true,
            _ => {}
        }
        Ok(())
    })
    .ok()?;
    Some(has_kind && has_time && has_payload || is_old)
}

/// The same for a line of which only the beginning is there: its keys may stand in any order, and the time may be
/// behind the payload.
fn starts_like_a_line(line: &[u8]) -> bool {
    let is_kind = |value: &[u8]| {
        let kind = value.strip_prefix(b"\"").unwrap_or_default();
        KINDS.iter().any(|known| {
            kind.strip_prefix(*known)
                .is_some_and(|rest| rest.starts_with(b"\""))
        })
    };
    let (mut has_kind, mut has_payload) = (false, false);
    for (key, value) in members(line) {
        match key {
            b"type" => has_kind = is_kind(value),
            b"payload" => has_payload = value.starts_with(b"{"),
            _ => {}
        }
    }
    has_kind && has_payload
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detect(bytes: &[u8], is_whole: bool) -> Likelihood {
        Codex.detect(&Head {
            name: "x.jsonl",
            bytes,
            is_whole,
        })
    }

    #[test]
    fn marks_of_a_rollout() {
        let meta = br#"{"timestamp":"2026-02-23T11:41:32.239Z","type":"session_meta","payload":{"id":"a"}}"#;
        assert_eq!(detect(meta, true), Likelihood::Yes);
        let mut damaged = b"garbage\n".to_vec();
        damaged.extend(meta);
        assert_eq!(detect(&damaged, true), Likelihood::Yes);
        let long = br#"{"timestamp":"2026-02-23T11:41:32.239Z","type":"session_meta","payload":{"instructions":"cut"#;
        assert_eq!(detect(long, false), Likelihood::Yes);
        let spaced =
            br#"{"type": "event_msg", "payload": {"type": "user_message", "message": "cut"#;
        assert_eq!(detect(spaced, false), Likelihood::Yes);
        for others in [
            r#"{"timestamp":"x","note":"\"type\":\"session_meta\" and \"payload\"","text":"cut"#,
            r#"{"timestamp":"x","rows":[{"type":"session_meta","payload":{}},{"x":"cut"#,
            r#"{"type":"event_msgs","payload":{"x":"cut"#,
        ] {
            assert_eq!(detect(others.as_bytes(), false), Likelihood::No, "{others}");
        }
        assert_eq!(
            detect(b"{\"id\":\"x\"}\n{\"record_type\":\"state\"}", true),
            Likelihood::Yes
        );
        for other in [
            br#"{"type":"user","timestamp":"x","payload":{}}"#.as_slice(),
            br#"{"kind":"operation","payload":{}}"#,
            br#"{"type":"session_meta","payload":"x","timestamp":"x"}"#,
            b"\0\0",
        ] {
            assert_eq!(detect(other, true), Likelihood::No);
        }
    }
}
