//! Events of Claude Code and Gemini CLI become operations and events. They are written when what they
//! tell of has ended, and say how long it took.

use super::super::super::failure::failure;
use super::attributes::Attributes;
use super::log::{Client, Log, Told};
use super::reader::{Reader, Words, needed, request_key};
use crate::place::ProblemKind;
use crate::record::{
    Event, EventKind, Flags, IdentityId, Name, Operation, OperationKind, OutcomeKind, Tokens,
    hash128, mix128,
};
use crate::units::Time;

impl Reader<'_> {
    /// Takes a log record.
    pub(super) fn log(&mut self, log: &Log<'_>) {
        let service = std::mem::take(&mut self.resource.service);
        let told = log.told(&service);
        self.resource.service = service;
        let Some(told) = told else {
            self.records.ignored += 1;
            return;
        };
        let kind = match told.event {
            b"api_request" | b"api_response" | b"api_error" => OperationKind::ModelRequest,
            b"tool_result" | b"tool_call" => OperationKind::ToolCall,
            b"user_prompt" | b"compaction" | b"chat_compression" => OperationKind::Other,
            _ => {
                self.records.ignored += 1;
                return;
            }
        };
        // Gemini CLI writes a request when it is sent, without anything that could be measured.
        if told.client == Client::Gemini && told.event == b"api_request" {
            self.records.ignored += 1;
            return;
        }
        let Some(time) = needed(log.time()) else {
            return self.fault(
                ProblemKind::Skipped,
                "a log record whose time is none between 2000 and 2100",
            );
        };
        let session = log.attributes.conversation();
        let identity = self.session(session);
        match kind {
            OperationKind::Other => {
                let kind = if told.event == b"user_prompt" {
                    EventKind::Prompt
                } else {
                    EventKind::Compaction
                };
                self.event(kind, &told, &log.attributes, time, identity);
            }
            kind => self.ended(kind, &told, &log.attributes, time, identity),
        }
    }

    fn ended(
        &mut self,
        kind: OperationKind,
        told: &Told<'_>,
        attributes: &Attributes<'_>,
        time: Time,
        identity: IdentityId,
    ) {
        let plain = &attributes.plain;
        let duration = match plain.duration_ms.number() {
            Some(millis) if (0.0..1e12).contains(&millis) => (millis * 1e6).round() as i64,
            None if !plain.duration_ms.is_some() => -1,
            _ => {
                self.fault(
                    ProblemKind::Value,
                    "a duration is no number of milliseconds",
                );
                -1
            }
        };
        let start = Time(time.0.saturating_sub(duration.max(0)));
        let mut operation = Operation::new(kind, start, self.file);
        operation.duration = duration;
        operation.flags = Flags::LEADS.with(Flags::LOGGED);
        operation.identity = identity;
        operation.outcome = outcome(told, attributes);
        let is_request = kind == OperationKind::ModelRequest;
        if is_request {
            let tokens = match told.client {
                Client::Claude => self.plain_tokens(attributes),
                Client::Gemini => self.gemini_tokens(attributes),
            };
            self.add_tokens(&mut operation, tokens, [plain.input, plain.output]);
            operation.cost = if plain.cost_micros.is_some() {
                self.cost(plain.cost_micros, 1e3)
            } else {
                self.cost(plain.cost, 1e9)
            };
        }
        operation.key = if !is_request && !plain.tool_use.text().is_empty() {
            // The session's own log has the same id.
            mix128(plain.tool_use.text())
        } else {
            self.event_key(told, attributes, time, Some(&operation))
        };
        let [_, interface, provider] = told.client.names();
        operation.dims = self.dims(Words {
            interface,
            model: if is_request { attributes.model() } else { b"" },
            provider: if is_request { provider.as_bytes() } else { b"" },
            tool: if is_request { b"" } else { plain.tool.text() },
            agent: attributes.agent.text(),
            error: b"",
        });
        self.records.operations.push(operation);
    }

    /// Tokens of Gemini CLI: input with what was read from a cache, without what tools put into the prompt; output
    /// without thoughts.
    fn gemini_tokens(&mut self, told: &Attributes<'_>) -> Option<Tokens> {
        let plain = &told.plain;
        if !plain.input.is_some() && !plain.output.is_some() {
            return None;
        }
        let [input, cached, tool, output, thoughts] = [
            plain.input,
            plain.cache_read,
            plain.tool_tokens,
            plain.output,
            plain.thoughts,
        ]
        .map(|any| self.count(any));
        let cached = cached.min(input);
        Some(Tokens {
            fresh: (input - cached).saturating_add(tool),
            cache_read: cached,
            output: output.saturating_add(thoughts),
            reasoning: thoughts,
            ..Tokens::default()
        })
    }

    fn event(
        &mut self,
        kind: EventKind,
        told: &Told<'_>,
        attributes: &Attributes<'_>,
        time: Time,
        identity: IdentityId,
    ) {
        let [_, interface, _] = told.client.names();
        let dims = self.dims(Words {
            interface,
            ..Words::default()
        });
        let key = self.event_key(told, attributes, time, None);
        self.records.events.push(Event {
            key,
            time,
            duration: -1,
            kind,
            subject: Name::NONE,
            from: Name::NONE,
            to: Name::NONE,
            dims,
            identity,
            file: self.file,
            flags: Flags::LEADS,
        });
    }

    /// The request's own id, else session, event, number and time; without a number several may end at once, which
    /// what they tell keeps apart.
    fn event_key(
        &self,
        told: &Told<'_>,
        attributes: &Attributes<'_>,
        time: Time,
        operation: Option<&Operation>,
    ) -> u128 {
        let plain = &attributes.plain;
        let is_request = matches!(told.event, b"api_request" | b"api_error");
        if is_request && !plain.request.text().is_empty() {
            return request_key(plain.request.text());
        }
        let number = plain.sequence.whole();
        let details = match operation.filter(|_| number.is_none()) {
            Some(o) => [
                plain.tool.text(),
                b"\"",
                attributes.model(),
                b"\"",
                &o.duration.to_le_bytes(),
                &[o.outcome as u8],
                &o.tokens.input().to_le_bytes(),
                &o.tokens.output.to_le_bytes(),
            ]
            .concat(),
            None => Vec::new(),
        };
        let parts = [
            b"event:",
            told.event,
            b"\"",
            attributes.conversation(),
            &self.resource.session,
            b"\"",
            &number.unwrap_or(u64::MAX).to_le_bytes(),
            &time.0.to_le_bytes(),
            &details,
        ];
        hash128(&parts.concat())
    }
}

fn outcome(told: &Told<'_>, attributes: &Attributes<'_>) -> OutcomeKind {
    let plain = &attributes.plain;
    match (told.event, plain.success.is_yes()) {
        (b"api_error", _) | (_, Some(false)) => {}
        (b"tool_result" | b"tool_call", None) => return OutcomeKind::Unknown,
        _ => return OutcomeKind::Ok,
    }
    let status = if plain.status.is_some() {
        plain.status
    } else {
        attributes.status
    };
    // The message of an error is looked at, and not kept.
    failure(plain.error.text(), status.whole())
}
