//! Messages and their parts become records, wherever they are stored.

use super::super::super::document::Field;
use super::super::super::failure::failure;
use super::super::agent::{About, Log, millis, text};
use super::super::claude_code::names::last_folder;
use super::stored::{Message, Part, Usage};
use crate::record::{EventKind, Flags, OperationKind, OutcomeKind, Tokens, hash64, hash128};
use crate::units::Time;

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
    pub(super) last_call: Option<Time>,
    /// It asks for a context to be compacted.
    pub(super) is_compaction: bool,
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
        let is_compaction = matches!(parts, Parts::Known(told) if told.is_compaction);
        match text(&message.role) {
            "user" if is_compaction => self.event(EventKind::Compaction, created),
            "user" if !self.log.whose.is_subagent => self.event(EventKind::Prompt, created),
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
            (Parts::Known(told), _) => {
                completed.map(|end| told.last_call.map_or(end, |call| call.min(end)))
            }
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
            Some(error) => {
                let status = error.data.get().and_then(|data| data.status.number().ok()?);
                #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // saturates
                let status = status.map(|status| status as u64);
                failure(text(&error.name).as_bytes(), status)
            }
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
            "tool" => told.last_call = self.tool(message, part),
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

    /// A tool call, and when it began.
    fn tool(&mut self, message: &str, part: &Part<'_>) -> Option<Time> {
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
            return None;
        };
        let end = times.and_then(|times| millis(&times.end));
        let about = About::Tool(text(&part.tool));
        let mut tool = self
            .log
            .operation(OperationKind::ToolCall, start, end, about);
        tool.parent = id_of(message);
        tool.flags = tool.flags.with(Flags::LEADS);
        tool.outcome = match state.map_or("", |state| text(&state.status)) {
            "completed" => OutcomeKind::Ok,
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
        Some(start)
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
            is_compaction: self.is_compaction || other.is_compaction,
        }
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
