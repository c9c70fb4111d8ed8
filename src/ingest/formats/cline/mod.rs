//! Tasks of Cline and of clients that grew out of it (Roo Code, older Kilo Code):
//! `tasks/ID/ui_messages.json`; sessions of newer versions of Cline: `sessions/ID/ID.messages.json`.
//!
//! Times are milliseconds since 1970. `api_req_started` is written when a request begins and filled in when
//! its reply has ended; when that was is told by old versions only. Whether input contains what was cached
//! depends on client, provider and version. `api_conversation_history.json` repeats what was said and tells
//! no more: it is recognised, and not read.

mod client;
mod entry;
mod session;
mod task;

use super::super::document::{Faults, Field, Listed, Origin, Shaped, keys, object_in, parse};
use super::super::{Format, Head, Input, Likelihood, ReadError};
use super::agent::{Log, Whose, folders, text};
use crate::place::{Problem, ProblemKind};
use crate::record::Records;

use client::Client;
use entry::{Entry, Session};
use session::Conversation;
use task::Task;

/// The format.
#[derive(Debug)]
pub(super) struct Cline;

/// What a file of a task is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Task,
    Session,
    /// Of the same folder, and nothing that counts.
    Beside,
}

impl Format for Cline {
    fn name(&self) -> &'static str {
        "cline"
    }

    fn about(&self) -> &'static str {
        "tasks of Cline and Roo Code: model requests with tokens and cost, tool calls, prompts, retries"
    }

    fn plural(&self) -> &'static str {
        "Cline and Roo Code tasks"
    }

    fn unseen(&self) -> &'static str {
        "Roo Code with Anthropic's protocol, Kilo Code, sessions of newer versions of Cline"
    }

    fn detect(&self, head: &Head<'_>) -> Likelihood {
        match kind(head.name, head.bytes) {
            Some(_) => Likelihood::Yes,
            None => Likelihood::No,
        }
    }

    fn read(
        &self,
        input: &mut Input<'_>,
        records: &mut Records,
        problems: &mut Vec<Problem>,
    ) -> Result<(), ReadError> {
        let origin = Origin::of(input, records);
        let (name, path) = (input.name, input.path);
        let bytes = input.document()?;
        match kind(name, bytes) {
            Some(Kind::Task) => task(bytes, path, origin, records, problems),
            Some(Kind::Session) => session(bytes, name, path, origin, records, problems),
            _ => {
                records.ignored += 1;
                Ok(())
            }
        }
    }
}

/// What a file is, by what it begins with; the name decides only of what is said in any conversation.
fn kind(name: &str, bytes: &[u8]) -> Option<Kind> {
    let object = object_in(bytes)?;
    let keys = keys(object);
    let has = |name: &[u8]| keys.contains(&name);
    if bytes.trim_ascii_start().starts_with(b"[") {
        let is_entry = has(b"ts") && (has(b"say") || has(b"ask"));
        let is_said = name == "api_conversation_history.json" && has(b"role") && has(b"content");
        return match (is_entry, is_said) {
            (true, _) => Some(Kind::Task),
            (_, true) => Some(Kind::Beside),
            _ => None,
        };
    }
    let is_session = has(b"sessionId") && has(b"messages") && has(b"agent") && has(b"version");
    let is_manifest = has(b"session_id") && has(b"started_at") && has(b"source") && has(b"version");
    let is_metadata =
        has(b"files_in_context") && (has(b"model_usage") || has(b"environment_history"));
    let is_history = has(b"ts") && has(b"task") && has(b"tokensIn") && has(b"totalCost");
    if is_session {
        Some(Kind::Session)
    } else if is_manifest || is_metadata || is_history {
        Some(Kind::Beside)
    } else {
        None
    }
}

fn task(
    bytes: &[u8],
    path: &str,
    origin: Origin<'_>,
    records: &mut Records,
    problems: &mut Vec<Problem>,
) -> Result<(), ReadError> {
    let file = origin.file;
    let mut spare = Vec::new();
    let entries: Vec<Shaped<Entry<'_>>> = parse(bytes, &mut spare, 1, file, problems)?;
    let has_protocol = entries.iter().filter_map(Shaped::get).any(|entry| {
        text(&entry.say) == "api_req_started" && text(&entry.text).contains("\"apiProtocol\":")
    });
    let client = Client::of(path, has_protocol);
    let whose = Whose {
        session: folders(path)
            .next()
            .filter(|folder| !folder.is_empty())
            .unwrap_or(path)
            .to_owned(),
        agent: "main".into(),
        ..Whose::default()
    };
    let mut task = Task::new(Log::new(records, origin, client.interface(), whose), client);
    let mut faults = Faults::new(file, bytes, &[], problems);
    for (index, entry) in entries.iter().enumerate() {
        match entry {
            Shaped::Is(entry) => task.entry(entry),
            _ => task.log.skipped("an entry that is no message"),
        }
        for (kind, reason) in task.log.faults.drain(..) {
            match kind {
                ProblemKind::Value => faults.value(index, &[], reason),
                _ => faults.skipped(index, &[], reason),
            }
        }
    }
    Ok(())
}

fn session(
    bytes: &[u8],
    name: &str,
    path: &str,
    origin: Origin<'_>,
    records: &mut Records,
    problems: &mut Vec<Problem>,
) -> Result<(), ReadError> {
    let file = origin.file;
    let mut spare = Vec::new();
    let session: Session<'_> = parse(bytes, &mut spare, 2, file, problems)?;
    let own = text(&session.session);
    // A subagent's messages stand in the folder of the session that it belongs to.
    let folder = folders(path).next().unwrap_or_default();
    let stem = name.trim_end_matches(".json").trim_end_matches(".messages");
    let is_subagent = !matches!(session.agent, Field::Nothing) && text(&session.agent) != "lead";
    let root = if is_subagent && !folder.is_empty() {
        folder
    } else {
        own
    };
    let whose = Whose {
        session: if root.is_empty() { stem } else { root }.to_owned(),
        agent: if is_subagent { "subagent" } else { "main" }.into(),
        is_subagent,
        ..Whose::default()
    };
    let log = Log::new(records, origin, Client::Cline.interface(), whose);
    let mut conversation = Conversation::new(log);
    let mut faults = Faults::new(file, bytes, &["messages"], problems);
    let Listed::Of(messages, _) = &session.messages else {
        return Ok(());
    };
    for (index, message) in messages.iter().enumerate() {
        match message {
            Shaped::Is(message) => conversation.message(index, message),
            _ => conversation.log.skipped("an entry that is no message"),
        }
        for (kind, reason) in conversation.log.faults.drain(..) {
            match kind {
                ProblemKind::Value => faults.value(index, &[], reason),
                _ => faults.skipped(index, &[], reason),
            }
        }
    }
    Ok(())
}
