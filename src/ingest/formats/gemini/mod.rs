//! Chats of Gemini CLI: `~/.gemini/tmp/PROJECT/chats/session-*.json`, a document each, or newer ones
//! (`.jsonl`) with a message a line; subagents in `chats/SESSION/ID.jsonl`, of clients up to 0.34 beside the
//! main chat, under its session.
//!
//! Lines write a message again whenever it grows, under its id; a list of all messages (`$set`) repeats
//! them too. Input counts contain what was read from the cache, output counts are without thoughts. A
//! message is written when its reply has ended, a tool call when its result is there; clients of 2025 add calls
//! of later replies to it, and ids of calls tell when they were received. What was taken back (`$rewindTo`) was
//! used nevertheless.

mod chat;
mod record;
mod results;

use super::super::document::{
    Faults, LineFaults, Origin, goes_on, json_line, keys, object_in, parse,
};
use super::super::{Format, Head, Input, Likelihood, ReadError};
use crate::place::{Problem, ProblemKind};
use crate::record::Records;

use chat::Chat;
use record::Record;
pub(super) use results::GeminiResults;

/// The format.
#[derive(Debug)]
pub(super) struct GeminiCli;

/// Lines of a head that are looked at.
const LOOKED_AT: usize = 32;

impl Format for GeminiCli {
    fn name(&self) -> &'static str {
        "gemini-cli"
    }

    fn about(&self) -> &'static str {
        "chats of Gemini CLI: model requests with tokens, tool calls, prompts, subagents"
    }

    fn plural(&self) -> &'static str {
        "Gemini CLI chats"
    }

    fn unseen(&self) -> &'static str {
        "JSON lines of newer versions"
    }

    fn detect(&self, head: &Head<'_>) -> Likelihood {
        let has = |needle: &[u8]| memchr::memmem::find(head.bytes, needle).is_some();
        if !has(b"\"projectHash\"") && !has(b"\"gemini\"") {
            return Likelihood::No;
        }
        let mut lines = head.bytes.split(|b| *b == b'\n').take(LOOKED_AT);
        if has_marks(head.bytes) || lines.any(has_marks) {
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
        let (name, path, file) = (input.name, input.path, input.file);
        let mut chat = Chat::new(origin, records, name, path);
        let bytes = input.document()?;
        let first = bytes
            .split(|b| *b == b'\n')
            .find(|l| !l.trim_ascii().is_empty());
        if first.is_some_and(goes_on) {
            let mut spare = Vec::new();
            let record: Record<'_> = parse(bytes, &mut spare, 2, file, problems)?;
            let mut faults = Faults::new(file, bytes, &["messages"], problems);
            chat.take(&record, |index, kind, reason| match kind {
                ProblemKind::Value => faults.value(index, &[], reason),
                _ => faults.skipped(index, &[], reason),
            });
        } else {
            for (line, number) in bytes.split(|b| *b == b'\n').zip(1_u64..) {
                if line.trim_ascii().is_empty() {
                    continue;
                }
                json_line(line, (file, number), problems, |line| {
                    let record = serde_json::from_slice(line)?;
                    let mut faults = LineFaults::new();
                    chat.take(&record, |_, kind, reason| faults.push((kind, reason)));
                    Ok(faults)
                });
            }
        }
        chat.finish();
        Ok(())
    }
}

/// Whether an object, or its beginning, is a chat, the head of one, or a message.
fn has_marks(text: &[u8]) -> bool {
    let Some(object) = object_in(text).filter(|_| !text.trim_ascii_start().starts_with(b"["))
    else {
        return false;
    };
    let keys = keys(object);
    let has = |name: &[u8]| keys.contains(&name);
    let is_head =
        has(b"sessionId") && has(b"projectHash") && (has(b"startTime") || has(b"messages"));
    let is_reply = has(b"id") && has(b"timestamp") && has(b"type") && has(b"content");
    is_head
        || is_reply
            && (has(b"tokens") || has(b"thoughts") || has(b"toolCalls"))
            && memchr::memmem::find(object, b"\"gemini\"").is_some()
}
