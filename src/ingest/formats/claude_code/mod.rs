//! Session logs of Claude Code: `projects/FOLDER/SESSION.jsonl`, with subagents inline or in
//! `SESSION/subagents/agent-*.jsonl`.
//!
//! One line for each content block of a reply, all of which repeat the usage so far: the lines of a
//! `message.id` are one model request, with the largest of each token count. Times are UTC
//! milliseconds; a request lasts from the user or tool-result line that caused it (retries
//! included) to its last line, a tool call from its `tool_use` to its `tool_result` line, with any
//! wait for a permission. Resumed sessions repeat old lines in a new file; ids tell the copies.
//!
//! Every line is checked for well-formed structure; lines of unknown kinds are passed over and
//! counted.

mod chains;
mod line;
pub(super) mod names;
mod results;
mod session;

use super::super::document::keys;
use super::super::json::{Index, Value, each_key};
use super::super::{Format, Head, Input, Likelihood, ReadError};
use crate::place::Problem;
use crate::record::Records;

pub(super) use results::ClaudeResults;
use session::Session;

/// The format.
#[derive(Debug)]
pub(super) struct ClaudeCode;

impl Format for ClaudeCode {
    fn name(&self) -> &'static str {
        "claude-code"
    }

    fn about(&self) -> &'static str {
        "session logs of Claude Code: model requests with tokens, tool calls, retries, prompts, subagents"
    }

    fn plural(&self) -> &'static str {
        "Claude Code session logs"
    }

    fn goes_on(&self) -> bool {
        true
    }

    fn detect(&self, head: &Head<'_>) -> Likelihood {
        // Most files of other formats have none of these, which is told faster than that no line fits.
        let has = |needle: &[u8]| memchr::memmem::find(head.bytes, needle).is_some();
        if !has(b"\"sessionId\"") && !has(b"\"leafUuid\"") && !has(b"\"isSnapshotUpdate\"") {
            return Likelihood::No;
        }
        let mut index = Index::default();
        let mut lines = head.bytes.split(|b| *b == b'\n').peekable();
        while let Some(line) = lines.next() {
            let is_cut = lines.peek().is_none() && !head.is_whole;
            if is_cut && starts_like_a_line(line) {
                return Likelihood::Yes;
            }
            if has_marks(line, &mut index) {
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

/// Whether a line has the keys that every session log has somewhere near its beginning.
fn has_marks(line: &[u8], index: &mut Index) -> bool {
    top_level(line, index).is_some_and(|keys| {
        let is_turn = keys.has_session && (keys.has_uuid || keys.has_message || keys.has_time);
        keys.has_type && (is_turn || keys.has_leaf || keys.has_snapshot)
    })
}

/// The same for a line of which only the beginning is there: its keys may stand in any order, and what a prompt
/// or a result holds is none of them.
fn starts_like_a_line(line: &[u8]) -> bool {
    let keys = keys(line);
    let has = |key: &[u8]| keys.contains(&key);
    let has_any = |names: &[&[u8]]| names.iter().any(|name| has(name));
    let is_turn = has_any(&[b"uuid", b"message", b"timestamp"]);
    // The type may stand behind the message; no other program has these two.
    let is_of_chain = has_any(&[b"isSidechain", b"parentUuid"]);
    has(b"sessionId") && (has(b"type") && is_turn || is_of_chain)
        || has(b"type") && has_any(&[b"leafUuid", b"isSnapshotUpdate"])
}

#[derive(Default)]
struct Keys {
    has_type: bool,
    has_session: bool,
    has_uuid: bool,
    has_message: bool,
    has_time: bool,
    has_leaf: bool,
    has_snapshot: bool,
}

fn top_level(line: &[u8], index: &mut Index) -> Option<Keys> {
    if line.trim_ascii_start().first() != Some(&b'{') {
        return None;
    }
    let mut keys = Keys::default();
    each_key(line, index, |key, cursor| {
        let value = cursor.value()?;
        cursor.skip(value)?;
        match (key, value) {
            (b"type", Value::Text(_)) => keys.has_type = true,
            (b"sessionId", Value::Text(_)) => keys.has_session = true,
            (b"uuid", Value::Text(_)) => keys.has_uuid = true,
            (b"message", Value::Object) => keys.has_message = true,
            (b"timestamp", Value::Text(_)) => keys.has_time = true,
            (b"leafUuid", Value::Text(_)) => keys.has_leaf = true,
            (b"isSnapshotUpdate", Value::Bool(_)) => keys.has_snapshot = true,
            _ => {}
        }
        Ok(())
    })
    .ok()?;
    Some(keys)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detect(bytes: &[u8], is_whole: bool) -> Likelihood {
        ClaudeCode.detect(&Head {
            name: "x.jsonl",
            bytes,
            is_whole,
        })
    }

    #[test]
    fn marks_of_a_session_log() {
        let turn = br#"{"type":"user","sessionId":"s","uuid":"u","message":{}}"#;
        assert_eq!(detect(turn, true), Likelihood::Yes);
        let mut damaged = b"garbage\n".to_vec();
        damaged.extend(turn);
        assert_eq!(detect(&damaged, true), Likelihood::Yes);
        let long =
            br#"{"parentUuid":null,"isSidechain":false,"sessionId":"s","message":{"content":"cut"#;
        assert_eq!(detect(long, false), Likelihood::Yes);
        // Keys in another order, and a type behind the message.
        for begin in [
            r#"{"type":"user","timestamp":"x","sessionId":"s","cwd":"/x","message":{"content":"cut"#,
            r#"{"message":{},"type":"user","sessionId":"s","toolUseResult":"cut"#,
            r#"{"type":"queue-operation","timestamp":"x","sessionId":"s","content":"cut"#,
            r#"{"type":"summary","leafUuid":"x","summary":"cut"#,
            r#"{"sessionId":"s","parentUuid":null,"message":{"content":[{"type":"image","data":"cut"#,
        ] {
            assert_eq!(detect(begin.as_bytes(), false), Likelihood::Yes, "{begin}");
        }
        // What is told within a text or a value is no key of the line.
        for begin in [
            r#"{"kind":"operation","note":"\"type\", \"sessionId\", \"isSidechain\" and more"#,
            r#"{"rows":[{"type":"user","sessionId":"s","isSidechain":false,"uuid":"u"},{"type":"cut"#,
            r#"{"sessionId":"s","projectHash":"x","messages":[{"type":"user","timestamp":"x"},{"a":"cut"#,
        ] {
            assert_eq!(detect(begin.as_bytes(), false), Likelihood::No, "{begin}");
        }
        assert_eq!(
            detect(br#"{"type":"summary","leafUuid":"x"}"#, true),
            Likelihood::Yes
        );
        for other in [
            br#"{"kind":"operation","session":"s"}"#.as_slice(),
            br#"{"type":"assistant","session_id":"s","message":{}}"#,
            br#"{"generated_at":"x"}"#,
            b"\0\0",
        ] {
            assert_eq!(detect(other, true), Likelihood::No);
        }
    }
}
