//! Messages and their parts become records, wherever they are stored.

use super::super::super::document::Field;
use super::super::agent::{About, Log, millis, text};
use super::super::claude_code::names::last_folder;
use super::stored::{Message, Part, Usage};
use crate::record::{EventKind, Flags, OperationKind, OutcomeKind, Tokens, hash64, hash128};
use crate::units::Time;

/// The error of tools that ran, or were still to run, when a message was broken off.
const ABORTED: &str = "Tool execution aborted";

/// Nanoseconds of one.
const MILLISECOND: i64 = 1_000_000;

/// Providers that count reasoning beside the output even where no total says so.
const REASONS_BESIDE: &str = "google";

/// Makes records of one session's messages after another's.
pub(super) struct Reader<'r, 'z> {
    pub(super) log: Log<'r, 'z>,
}

/// What the parts of a message tell of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Told {
    /// When its last tool began: then the reply had ended, or was about to.
    last_call: Option<Time>,
    /// When the model had said or thought the last of it.
    last_words: Option<Time>,
    /// It has a tool that was broken off, of which nobody knows when it began.
    is_broken_off: bool,
    /// It asks for a context to be compacted.
    is_compaction: bool,
    author: Option<Author>,
}

/// Whose words a message has; those of a person count before those of the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Author {
    Client,
    Person,
}

/// Whether a message's parts are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Parts {
    Known(Told),
    /// They stand elsewhere.
    Elsewhere,
}

impl Reader<'_, '_> {
    /// Takes a message with this id.
    pub(super) fn message(&mut self, id: &str, message: &Message<'_>, parts: Parts) {
        let times = message.time.get();
        let Some(created) = times.and_then(|times| millis(&times.created)) else {
            return self
                .log
                .skipped("a message without a time that can be read");
        };
        if let Some(folders) = message.path.get() {
            let mut projects = [&folders.root, &folders.cwd]
                .map(text)
                .map(project)
                .into_iter();
            if let Some(project) = projects.find(|project| !project.is_empty()) {
                project.clone_into(&mut self.log.whose.project);
            }
        }
        let told = match parts {
            Parts::Known(told) => told,
            Parts::Elsewhere => Told::default(),
        };
        let is_prompt = !self.log.whose.is_subagent && told.author != Some(Author::Client);
        match text(&message.role) {
            "user" if told.is_compaction => self.event(EventKind::Compaction, created),
            "user" if is_prompt => self.event(EventKind::Prompt, created),
            "assistant" => {
                let completed = times.and_then(|times| millis(&times.completed));
                self.request(id, message, (created, completed), parts);
            }
            _ => self.log.records.ignored += 1,
        }
    }

    fn request(
        &mut self,
        id: &str,
        message: &Message<'_>,
        (created, completed): (Time, Option<Time>),
        parts: Parts,
    ) {
        let model = message.model.get();
        let first = |a, b: Option<&Field<'_>>| match text(a) {
            "" => b.map_or(String::new(), |b| text(b).to_owned()),
            a => a.to_owned(),
        };
        let name = first(&message.model_id, model.map(|m| &m.id));
        let provider = first(&message.provider_id, model.map(|m| &m.provider));
        let tokens = message
            .tokens
            .get()
            .and_then(|usage| self.tokens(usage, &provider));
        // A message is completed when its tools are done, too.
        let end = match (parts, text(&message.finish)) {
            (Parts::Known(told), _) => completed.and_then(|completed| told.end(completed)),
            (Parts::Elsewhere, "" | "tool-calls" | "unknown") => None,
            (Parts::Elsewhere, _) => completed,
        };
        let about = About::Request(&name, &provider);
        let mut request = self
            .log
            .operation(OperationKind::ModelRequest, created, end, about);
        request.id = id_of(id);
        request.flags = request.flags.with(Flags::LEADS);
        request.cost = self.log.cost(&message.cost);
        request.outcome = match message.error.get() {
            Some(error) => error.outcome(),
            None if completed.is_some() => OutcomeKind::Ok,
            None => OutcomeKind::Unknown,
        };
        if let Some(tokens) = tokens {
            request.tokens = tokens;
            request.flags = request.flags.with(Flags::HAS_TOKENS);
        }
        // Forks copy messages under new ids, and copies may be older: a message is completed when its tools are done,
        // long after its tokens are known. These tell requests apart that subagents began in the same millisecond.
        request.key = key(&[
            "request",
            &created.0.to_string(),
            &name,
            &format!("{:?}", request.tokens),
        ]);
        self.log.records.operations.push(request);
    }

    /// Disjoint tokens. Clients write zeros until they know.
    fn tokens(&mut self, usage: &Usage<'_>, provider: &str) -> Option<Tokens> {
        let nothing = Field::Nothing;
        let cache = usage.cache.get();
        let (read, write) = cache.map_or((&nothing, &nothing), |cache| (&cache.read, &cache.write));
        let [input, output, reasoning, read, write] =
            [&usage.input, &usage.output, &usage.reasoning, read, write]
                .map(|field| self.log.count(field).unwrap_or_default());
        if [input, output, reasoning, read, write]
            .iter()
            .all(|n| *n == 0)
        {
            return None;
        }
        let with_output = [input, output, read, write]
            .into_iter()
            .map(u64::from)
            .sum::<u64>();
        let is_inside = match self.log.count(&usage.total).map(u64::from) {
            Some(total) if total == with_output => true,
            Some(total) if total == with_output + u64::from(reasoning) => false,
            // Without a total the client is an old one, which wrote what the provider counts.
            _ => reasoning <= output && !provider.starts_with(REASONS_BESIDE),
        };
        let beside = if is_inside { 0 } else { reasoning };
        Some(Tokens {
            fresh: input,
            cache_read: read,
            cache_write: write,
            output: output.saturating_add(beside),
            reasoning,
            ..Tokens::default()
        })
    }

    /// Takes a part of a message; `at` is when it was stored, where that is known.
    pub(super) fn part(&mut self, message: &str, part: &Part<'_>, at: Option<Time>) -> Told {
        let mut told = Told::default();
        match text(&part.kind) {
            "tool" => told = self.tool(message, part),
            kind @ ("text" | "reasoning") => {
                told.last_words = part.time.get().and_then(|time| millis(&time.end));
                told.author = (kind == "text").then_some(match part.synthetic {
                    Field::Bool(true) => Author::Client,
                    _ => Author::Person,
                });
                self.log.records.ignored += 1;
            }
            "retry" => {
                let created = part.time.get().and_then(|time| millis(&time.created));
                match created.or(at) {
                    Some(time) => self.event(EventKind::Retry, time),
                    None => self.log.records.ignored += 1,
                }
            }
            "subtask" => match at {
                Some(time) => self.event(EventKind::Subagent, time),
                None => self.log.records.ignored += 1,
            },
            "compaction" => {
                told.is_compaction = true;
                self.log.records.ignored += 1;
            }
            _ => self.log.records.ignored += 1,
        }
        told
    }

    /// A tool call, and what it tells of its message.
    fn tool(&mut self, message: &str, part: &Part<'_>) -> Told {
        let state = part.state.get();
        let times = state.and_then(|state| state.time.get());
        let Some(start) = times.and_then(|times| millis(&times.start)) else {
            // One that is still to begin has no time yet.
            if state.is_some_and(|state| text(&state.status) == "pending") {
                self.log.records.ignored += 1;
            } else {
                self.log
                    .skipped("a tool call without a time that can be read");
            }
            return Told::default();
        };
        let end = times.and_then(|times| millis(&times.end));
        let is_aborted = state.is_some_and(|state| text(&state.error) == ABORTED);
        // Older clients write when it was broken off for when it began, too.
        let has_begin =
            !is_aborted || end.is_some_and(|end| end.0.saturating_sub(start.0) > MILLISECOND);
        let about = About::Tool(text(&part.tool));
        let mut tool = self.log.operation(
            OperationKind::ToolCall,
            start,
            end.filter(|_| has_begin),
            about,
        );
        tool.parent = id_of(message);
        tool.flags = tool.flags.with(Flags::LEADS);
        tool.outcome = match state.map_or("", |state| text(&state.status)) {
            "completed" => OutcomeKind::Ok,
            "error" if is_aborted => OutcomeKind::Cancelled,
            "error" => OutcomeKind::Error,
            _ => {
                tool.flags = tool.flags.with(Flags::UNANSWERED);
                OutcomeKind::Unknown
            }
        };
        let call = match text(&part.call) {
            "" => text(&part.id),
            call => call,
        };
        tool.key = key(&["tool", call, &start.0.to_string()]);
        self.log.records.operations.push(tool);
        Told {
            last_call: has_begin.then_some(start),
            is_broken_off: !has_begin,
            ..Told::default()
        }
    }

    fn event(&mut self, kind: EventKind, time: Time) {
        let event = self.log.event(kind, time, "");
        event.key = key(&["event", &format!("{kind:?}"), &time.0.to_string()]);
    }
}

impl Told {
    /// Both together.
    pub(super) fn and(self, other: Self) -> Self {
        Self {
            last_call: self.last_call.max(other.last_call),
            last_words: self.last_words.max(other.last_words),
            is_broken_off: self.is_broken_off || other.is_broken_off,
            is_compaction: self.is_compaction || other.is_compaction,
            author: self.author.max(other.author),
        }
    }

    /// When a reply ended whose message was completed then, which waits for its tools.
    fn end(self, completed: Time) -> Option<Time> {
        if self.last_call.is_none() && !self.is_broken_off {
            return Some(completed);
        }
        let last = self.last_call.max(self.last_words);
        last.map(|last| last.min(completed))
    }
}

/// The project of a folder: its name, unless the client blanked it (`[redacted:root:msg_1]`).
pub(super) fn project(folder: &str) -> &str {
    if folder.starts_with("[redacted:") {
        ""
    } else {
        last_folder(folder)
    }
}

fn id_of(message: &str) -> u64 {
    if message.is_empty() {
        0
    } else {
        hash64(message.as_bytes())
    }
}

/// A key of what may be copied: by what it is and when, not by its id or session.
fn key(parts: &[&str]) -> u128 {
    hash128(["opencode", &parts.join("\0")].join("\0").as_bytes())
}
