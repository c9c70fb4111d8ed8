//! The messages of a chat become records.

use std::collections::HashMap;

use super::super::super::document::{Field, Listed, Origin, Shaped};
use super::super::agent::{About, Log, Whose, folders, millis, text};
use super::record::{Call, Content, Record, Usage};
use crate::place::ProblemKind;
use crate::record::{EventKind, Flags, OperationKind, OutcomeKind, Records, Tokens, hash64};
use crate::units::Time;

/// The provider of its models.
pub(super) const PROVIDER: &str = "google";

/// One chat while it is read.
pub(super) struct Chat<'r, 'z> {
    log: Log<'r, 'z>,
    /// It stands in the folder of the session that it belongs to.
    is_inside: bool,
    messages: Vec<Message>,
    by_id: HashMap<String, usize>,
}

/// A message, as its last copy tells it.
#[derive(Debug, Clone, PartialEq)]
struct Message {
    id: String,
    time: Time,
    role: Role,
    model: String,
    /// Tokens are told, be it as zeros: it is a reply of its own.
    has_usage: bool,
    tokens: Option<Tokens>,
    calls: Vec<ToolCall>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    User(Content),
    Reply,
    Error,
    /// Information, a warning.
    Other,
}

/// A tool call of a message.
#[derive(Debug, Clone, PartialEq)]
struct ToolCall {
    id: String,
    name: String,
    outcome: Option<OutcomeKind>,
    /// When the model had asked for it, where its id tells.
    received: Option<Time>,
    /// When its result was noted.
    time: Option<Time>,
    is_subagent: bool,
}

/// What a reply may answer.
#[derive(Debug, Clone, Copy, Default)]
struct Trigger {
    time: Option<Time>,
    /// The request before, if nothing came after it.
    request: Option<usize>,
}

impl<'r, 'z> Chat<'r, 'z> {
    pub(super) fn new(
        origin: Origin<'z>,
        records: &'r mut Records,
        name: &str,
        path: &str,
    ) -> Self {
        let whose = whose(name, path);
        Self {
            is_inside: whose.is_subagent,
            log: Log::new(records, origin, "gemini_cli", whose),
            messages: Vec::new(),
            by_id: HashMap::new(),
        }
    }

    /// Takes a chat, or a line of one. `tell` is told each fault with the number of its message.
    pub(super) fn take(
        &mut self,
        record: &Record<'_>,
        mut tell: impl FnMut(usize, ProblemKind, &'static str),
    ) {
        self.head(record);
        let change = record.set.get().map(|change| &**change);
        let is_message = record.id != Field::Nothing;
        if is_message {
            self.message(record);
        }
        for (kind, reason) in self.log.faults.drain(..) {
            tell(0, kind, reason);
        }
        let mut has_messages = is_message;
        for record in [Some(record), change].into_iter().flatten() {
            let Listed::Of(messages, _) = &record.messages else {
                continue;
            };
            has_messages = true;
            for (index, message) in messages.iter().enumerate() {
                match message {
                    Shaped::Is(message) => self.message(message),
                    _ => self.log.skipped("an entry that is no message"),
                }
                for (kind, reason) in self.log.faults.drain(..) {
                    tell(index, kind, reason);
                }
            }
        }
        self.log.records.ignored += u64::from(!has_messages);
    }

    /// What a head tells: the session, and whose it is.
    fn head(&mut self, record: &Record<'_>) {
        let whose = &mut self.log.whose;
        if text(&record.kind) == "subagent" {
            whose.is_subagent = true;
            "subagent".clone_into(&mut whose.agent);
        }
        let session = text(&record.session);
        // A subagent's own id stands in the folder of its session; older clients write that session's id.
        if !session.is_empty() && !self.is_inside {
            session.clone_into(&mut whose.session);
        }
    }

    fn message(&mut self, record: &Record<'_>) {
        let Some(time) = record
            .timestamp
            .text()
            .and_then(|t| self.log.origin.time(t))
        else {
            return self
                .log
                .skipped("a message without a time that can be read");
        };
        let has_usage = record.tokens.get().is_some();
        let role = match text(&record.role) {
            "user" => Role::User(Content::of(record.content)),
            "gemini" => Role::Reply,
            "error" => Role::Error,
            // Forks of the client name the type of a reply after themselves.
            _ if has_usage && !text(&record.model).is_empty() => Role::Reply,
            _ => Role::Other,
        };
        let calls = match &record.calls {
            Listed::Of(calls, _) => calls.iter().filter_map(Shaped::get).collect(),
            _ => Vec::new(),
        };
        let calls = calls.into_iter().map(|call| self.call(call)).collect();
        let message = Message {
            id: text(&record.id).to_owned(),
            time,
            role,
            model: text(&record.model).to_owned(),
            has_usage,
            tokens: record.tokens.get().and_then(|usage| self.tokens(usage)),
            calls,
        };
        let known = self.by_id.get(&message.id).copied();
        match known.filter(|_| !message.id.is_empty()) {
            Some(index) => self.messages[index].learn(message),
            None => {
                self.by_id.insert(message.id.clone(), self.messages.len());
                self.messages.push(message);
            }
        }
    }

    fn call(&mut self, call: &Call<'_>) -> ToolCall {
        let outcome = match text(&call.status) {
            "success" => Some(OutcomeKind::Ok),
            "error" => Some(OutcomeKind::Error),
            "cancelled" => Some(OutcomeKind::Cancelled),
            _ => None,
        };
        let time = call.timestamp.text().and_then(|t| self.log.origin.time(t));
        if time.is_none() && call.timestamp != Field::Nothing {
            self.log.wrong("the time of a tool call is none");
        }
        ToolCall {
            id: text(&call.id).to_owned(),
            name: text(&call.name).to_owned(),
            outcome,
            received: received(text(&call.id))
                .filter(|received| time.is_none_or(|time| *received <= time)),
            time,
            is_subagent: !text(&call.agent).is_empty(),
        }
    }

    fn tokens(&mut self, usage: &Usage<'_>) -> Option<Tokens> {
        let [input, output, cached, thoughts, tool] = [
            &usage.input,
            &usage.output,
            &usage.cached,
            &usage.thoughts,
            &usage.tool,
        ]
        .map(|field| self.log.count(field).unwrap_or_default());
        disjoint(input, output, cached, thoughts, tool)
    }

    /// Ends the chat: its messages in the order in which they came first.
    pub(super) fn finish(mut self) {
        let mut trigger = Trigger::default();
        for message in std::mem::take(&mut self.messages) {
            match message.role {
                Role::User(content) => {
                    let kind = match content {
                        Content::Prompt if !self.log.whose.is_subagent => Some(EventKind::Prompt),
                        Content::Summary => Some(EventKind::Compaction),
                        _ => None,
                    };
                    match kind {
                        Some(kind) => {
                            self.log.event(kind, message.time, &message.id);
                        }
                        None => self.log.records.ignored += 1,
                    }
                    trigger = Trigger {
                        time: trigger.time.max(Some(message.time)),
                        request: None,
                    };
                }
                Role::Error => {
                    let name = self.log.records.catalog.name("error_message");
                    let kind = EventKind::Other(name);
                    self.log.event(kind, message.time, &message.id);
                }
                Role::Other => self.log.records.ignored += 1,
                Role::Reply => trigger = self.reply(&message, trigger),
            }
        }
    }

    /// The request that a message ends, and its tool calls.
    fn reply(&mut self, message: &Message, trigger: Trigger) -> Trigger {
        let is_whole = message.has_usage || !message.model.is_empty();
        // Calls may stand in a message of their own behind the reply that made them.
        let part_of = trigger.request.filter(|_| !message.has_usage);
        if part_of.is_none() && !is_whole {
            self.log.records.ignored += 1;
            return trigger;
        }
        // Older clients write a reply of calls alone only when their results are there.
        let is_late = message
            .calls
            .iter()
            .filter_map(|call| call.time)
            .any(|time| time <= message.time);
        // Replies of calls alone may be added to the message before them: what the model asked for after a result, it asked
        // for in another reply.
        let mut replies = message
            .calls
            .chunk_by(|call, next| call.time.is_none_or(|time| next.received <= Some(time)));
        let own = replies.next().unwrap_or_default();
        let end = asked(own).max((!is_late).then_some(message.time));
        let tokens = message.tokens;
        let request = part_of
            .unwrap_or_else(|| self.request(message, &message.id, tokens, trigger.time, end));
        let mut trigger = self.calls(message, own, request, end);
        for calls in replies {
            let end = asked(calls);
            let id = calls.first().map_or("", |call| &call.id);
            let request = self.request(message, id, None, trigger.time, end);
            trigger = self.calls(message, calls, request, end);
        }
        trigger
    }

    /// A request of a message, from what it answers to its end, where these are known.
    fn request(
        &mut self,
        message: &Message,
        id: &str,
        tokens: Option<Tokens>,
        start: Option<Time>,
        end: Option<Time>,
    ) -> usize {
        let at = end.unwrap_or(message.time);
        let start = start.filter(|start| *start <= at);
        let end = start.and(end);
        let about = About::Request(&message.model, PROVIDER);
        let mut request =
            self.log
                .operation(OperationKind::ModelRequest, start.unwrap_or(at), end, about);
        request.key = self.log.key("request", id);
        request.id = hash64(&request.key.to_le_bytes());
        request.flags = request.flags.with(Flags::LEADS);
        if let Some(tokens) = tokens {
            request.tokens = tokens;
            request.flags = request.flags.with(Flags::HAS_TOKENS);
        }
        self.log.records.operations.push(request);
        self.log.records.operations.len() - 1
    }

    /// The calls of a reply that ended at `begin`, and what the next one may answer.
    fn calls(
        &mut self,
        message: &Message,
        calls: &[ToolCall],
        request: usize,
        begin: Option<Time>,
    ) -> Trigger {
        for call in calls {
            self.tool(call, request, begin, message.time);
        }
        let answered = calls.iter().filter_map(|call| call.time).max();
        Trigger {
            // Without calls nothing tells when the next request began.
            time: answered.map(|time| time.max(message.time)),
            request: Some(request),
        }
    }

    /// A call from the end of its reply, where that is known, to when its result was noted.
    fn tool(&mut self, call: &ToolCall, request: usize, begin: Option<Time>, time: Time) {
        let end = begin.and(call.time);
        let about = About::Tool(&call.name);
        let start = begin.unwrap_or(time);
        let mut tool = self
            .log
            .operation(OperationKind::ToolCall, start, end, about);
        tool.parent = self.log.records.operations[request].id;
        tool.key = self.log.key("tool", &call.id);
        tool.outcome = call.outcome.unwrap_or(OutcomeKind::Unknown);
        if call.outcome.is_none() {
            tool.flags = tool.flags.with(Flags::UNANSWERED);
            tool.duration = -1;
        }
        self.log.records.operations.push(tool);
        if call.is_subagent {
            let event = self.log.event(EventKind::Subagent, start, &call.id);
            event.flags = Flags(event.flags.0 & !Flags::LEADS.0);
        }
    }
}

impl Message {
    /// Takes over what a later copy knows: calls grow.
    fn learn(&mut self, later: Message) {
        if !later.model.is_empty() {
            self.model = later.model;
        }
        self.has_usage |= later.has_usage;
        self.tokens = later.tokens.or(self.tokens);
        if !later.calls.is_empty() {
            self.calls = later.calls;
        }
    }
}

/// Disjoint tokens: input contains what the cache gave, output is without thoughts. Clients write zeros where the
/// provider told nothing.
pub(super) fn disjoint(
    input: u32,
    output: u32,
    cached: u32,
    thoughts: u32,
    tool: u32,
) -> Option<Tokens> {
    if [input, output, cached, thoughts, tool]
        .iter()
        .all(|n| *n == 0)
    {
        return None;
    }
    let cached = cached.min(input);
    Some(Tokens {
        fresh: (input - cached).saturating_add(tool),
        cache_read: cached,
        output: output.saturating_add(thoughts),
        reasoning: thoughts,
        ..Tokens::default()
    })
}

/// When the model had asked for all of a reply's calls, where their ids tell.
fn asked(calls: &[ToolCall]) -> Option<Time> {
    calls.iter().filter_map(|call| call.received).max()
}

/// The milliseconds since 1970 that clients put into the id of a call when they receive it: `glob-1772442006990-5e3a`,
/// `glob_1772442006990_0`.
fn received(id: &str) -> Option<Time> {
    let is_time = |part: &&str| part.len() == 13 && part.bytes().all(|b| b.is_ascii_digit());
    let part = id.split(['-', '_']).find(is_time)?;
    millis(&Field::Whole(part.parse().ok()?))
}

/// Whose chat it is, by its path: `PROJECT/chats/session-….jsonl`, `PROJECT/chats/SESSION/ID.jsonl`.
fn whose(name: &str, path: &str) -> Whose {
    let stem = name.trim_end_matches(".jsonl").trim_end_matches(".json");
    let mut whose = Whose {
        session: if stem.is_empty() { path } else { stem }.to_owned(),
        agent: "main".into(),
        ..Whose::default()
    };
    let mut folders = folders(path);
    let mut folder = folders.next().unwrap_or_default();
    let above = folders.next().unwrap_or_default();
    let mut project = above;
    if folder != "chats" && above == "chats" {
        whose.is_subagent = true;
        "subagent".clone_into(&mut whose.agent);
        folder.clone_into(&mut whose.session);
        folder = above;
        project = folders.next().unwrap_or_default();
    }
    // Older clients name the folder by a hash.
    let is_hash = project.len() == 64 && project.bytes().all(|b| b.is_ascii_hexdigit());
    if folder == "chats" && !is_hash {
        project.clone_into(&mut whose.project);
    }
    whose
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn when_a_call_was_received() {
        let at = Some(Time(1_772_442_006_990_000_000));
        for (id, expected) in [
            ("glob-1772442006990-5e3a", at),
            ("run_shell_command_1772442006990_0", at),
            ("glob__glob_1772442006990_0", at),
            ("activate_skill__l0eskflk", None),
            ("1772442006-0000000000000", None),
            ("", None),
        ] {
            assert_eq!(received(id), expected, "{id}");
        }
    }

    #[test]
    fn whose_a_chat_is() {
        let of = |path: &str| {
            let name = path.rsplit('/').next().unwrap_or_default();
            let whose = whose(name, path);
            (whose.session, whose.project, whose.is_subagent)
        };
        let hash = "0f".repeat(32);
        for (path, session, project, is_subagent) in [
            (
                "/h/.gemini/tmp/atlas/chats/session-1.jsonl",
                "session-1",
                "atlas",
                false,
            ),
            (
                "/h/.gemini/tmp/atlas/chats/uuid/x.jsonl",
                "uuid",
                "atlas",
                true,
            ),
            (
                &format!("tmp/{hash}/chats/session-1.json"),
                "session-1",
                "",
                false,
            ),
            ("session-1.json", "session-1", "", false),
            ("x/session-1.json", "session-1", "", false),
        ] {
            let expected = (session.to_owned(), project.to_owned(), is_subagent);
            assert_eq!(of(path), expected, "{path}");
        }
    }
}
