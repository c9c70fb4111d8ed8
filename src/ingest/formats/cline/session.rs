//! The messages of a session of newer versions become records.

use std::collections::HashMap;

use super::super::super::document::{Field, Listed, Shaped};
use super::super::agent::{About, Log, millis, text};
use super::entry::{Block, Message, Metrics};
use crate::record::{EventKind, Flags, OperationKind, OutcomeKind, Tokens, hash64};
use crate::units::Time;

/// One session while it is read.
pub(super) struct Conversation<'r, 'z> {
    pub(super) log: Log<'r, 'z>,
    /// Operations by the id of a call.
    tools: HashMap<String, usize>,
}

impl<'r, 'z> Conversation<'r, 'z> {
    pub(super) fn new(log: Log<'r, 'z>) -> Self {
        Self {
            log,
            tools: HashMap::new(),
        }
    }

    /// Takes one message; `index` tells those apart that have no id.
    pub(super) fn message(&mut self, index: usize, message: &Message<'_>) {
        let Some(time) = millis(&message.ts) else {
            return self
                .log
                .skipped("a message without a time that can be read");
        };
        let id = match text(&message.id) {
            "" => index.to_string(),
            id => id.to_owned(),
        };
        let blocks: Vec<&Block<'_>> = match &message.content {
            Listed::Of(blocks, _) => blocks.iter().filter_map(Shaped::get).collect(),
            _ => Vec::new(),
        };
        let metadata = message.metadata.get();
        let is_shown_only = metadata.is_some_and(|m| m.display_only == Field::Bool(true));
        match text(&message.role) {
            "assistant" if !is_shown_only => self.reply(message, &blocks, time, &id),
            "user" => {
                let is_summary = metadata.is_some_and(|m| text(&m.kind) == "compaction_summary");
                self.user(&blocks, is_summary, time, &id);
            }
            _ => self.log.records.ignored += 1,
        }
    }

    fn user(&mut self, blocks: &[&Block<'_>], is_summary: bool, time: Time, id: &str) {
        if is_summary {
            self.log.event(EventKind::Compaction, time, id);
            return;
        }
        let mut has_answer = false;
        for block in blocks.iter().filter(|b| text(&b.kind) == "tool_result") {
            has_answer = true;
            if let Some(index) = self.tools.remove(text(&block.answered)) {
                let tool = &mut self.log.records.operations[index];
                tool.flags = Flags(tool.flags.0 & !Flags::UNANSWERED.0);
                tool.outcome = match block.is_error {
                    Field::Bool(true) => OutcomeKind::Error,
                    _ => OutcomeKind::Ok,
                };
            }
        }
        if !has_answer && !self.log.whose.is_subagent {
            self.log.event(EventKind::Prompt, time, id);
        }
    }

    /// When a request began and ended is not told: only when its message was kept.
    fn reply(&mut self, message: &Message<'_>, blocks: &[&Block<'_>], time: Time, id: &str) {
        let info = message.model.get();
        let model = info.map_or("", |info| text(&info.model));
        let provider = info.map_or("", |info| text(&info.provider));
        let about = About::Request(model, provider);
        let mut request = self
            .log
            .operation(OperationKind::ModelRequest, time, None, about);
        request.key = self.log.key("request", id);
        request.id = hash64(&request.key.to_le_bytes());
        request.flags = request.flags.with(Flags::LEADS);
        if let Some(metrics) = message.metrics.get() {
            if let Some(tokens) = self.tokens(metrics) {
                request.tokens = tokens;
                request.flags = request.flags.with(Flags::HAS_TOKENS);
            }
            request.cost = self.log.cost(&metrics.cost);
        }
        let parent = request.id;
        self.log.records.operations.push(request);
        for block in blocks.iter().filter(|b| text(&b.kind) == "tool_use") {
            let about = About::Tool(text(&block.name));
            let mut tool = self
                .log
                .operation(OperationKind::ToolCall, time, None, about);
            tool.parent = parent;
            tool.key = self.log.key("tool", text(&block.id));
            tool.outcome = OutcomeKind::Unknown;
            tool.flags = tool.flags.with(Flags::UNANSWERED);
            let index = self.log.records.operations.len();
            self.tools.insert(text(&block.id).to_owned(), index);
            self.log.records.operations.push(tool);
        }
    }

    /// Input contains what a cache read or wrote.
    fn tokens(&mut self, metrics: &Metrics<'_>) -> Option<Tokens> {
        let [input, output, read, write] = [
            &metrics.input,
            &metrics.output,
            &metrics.read,
            &metrics.write,
        ]
        .map(|field| self.log.count(field));
        let input = match (input, output) {
            (None, None) => return None,
            (input, _) => input.unwrap_or_default(),
        };
        let cache_read = read.unwrap_or_default().min(input);
        let cache_write = write.unwrap_or_default().min(input - cache_read);
        Some(Tokens {
            fresh: input - cache_read - cache_write,
            cache_read,
            cache_write,
            output: output.unwrap_or_default(),
            ..Tokens::default()
        })
    }
}
