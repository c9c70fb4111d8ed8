//! What is read becomes records: the state of one input, its names, and its spans.

use hashbrown::HashMap;

use super::super::super::Input;
use super::super::super::document::is_word;
use super::super::super::json::decode;
use super::points::Points;
use super::resource::Resource;
use super::span::Span;
use super::value::Any;
use crate::place::{Problem, ProblemKind};
use crate::record::{
    Dimension, Dims, DimsId, Flags, Identity, IdentityId, Name, Operation, OperationKind,
    OutcomeKind, Records, hash64, hash128, mix, mix128,
};
use crate::units::Time;

/// The state of one input.
pub(super) struct Reader<'r> {
    pub(super) records: &'r mut Records,
    problems: &'r mut Vec<Problem>,
    pub(super) file: u32,
    labels: Dims,
    /// Line at which the document begins, and where in it the cursor is.
    line: u64,
    offset: usize,
    faults: Vec<(usize, ProblemKind, &'static str)>,
    pub(super) resource: Sender,
    known: HashMap<Vec<u8>, DimsId>,
    key: Vec<u8>,
    /// Sessions that spans of a trace name.
    sessions: HashMap<u128, IdentityId>,
    /// Operations that name no session, with their trace.
    untold: Vec<(usize, u128)>,
    pub(super) points: Points,
}

/// The resource of the block that is read.
#[derive(Debug, Default)]
pub(super) struct Sender {
    pub(super) service: Vec<u8>,
    host: Vec<u8>,
    pub(super) session: Vec<u8>,
}

/// What the dimensions of a record are made of, as written.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Words<'a> {
    pub(super) interface: &'a str,
    pub(super) model: &'a [u8],
    pub(super) provider: &'a [u8],
    pub(super) tool: &'a [u8],
    pub(super) agent: &'a [u8],
    pub(super) error: &'a [u8],
}

impl<'r> Reader<'r> {
    pub(super) fn new(
        input: &Input<'_>,
        records: &'r mut Records,
        problems: &'r mut Vec<Problem>,
    ) -> Self {
        Self {
            labels: input.labels(records),
            records,
            problems,
            file: input.file,
            line: 1,
            offset: 0,
            faults: Vec::new(),
            resource: Sender::default(),
            known: HashMap::new(),
            key: Vec::new(),
            sessions: HashMap::new(),
            untold: Vec::new(),
            points: Points::default(),
        }
    }

    /// A resource block begins.
    pub(super) fn enter(&mut self, resource: &Resource<'_>) {
        let take = |into: &mut Vec<u8>, from: &[u8]| {
            into.clear();
            into.extend_from_slice(from);
        };
        take(&mut self.resource.service, resource.service);
        take(&mut self.resource.host, resource.host);
        take(&mut self.resource.session, resource.session);
    }

    /// Where the cursor is, for faults.
    pub(super) fn at(&mut self, offset: usize) {
        self.offset = offset;
    }

    /// Notes a fault of what was read last.
    pub(super) fn fault(&mut self, kind: ProblemKind, reason: &'static str) {
        self.faults.push((self.offset, kind, reason));
    }

    /// The document `text`, which began at `line`, was read.
    pub(super) fn end_document(&mut self, line: u64, text: &[u8]) {
        let mut at = 0;
        self.line = line;
        for (offset, kind, reason) in std::mem::take(&mut self.faults) {
            let offset = offset.clamp(at, text.len());
            self.line += memchr::memchr_iter(b'\n', &text[at..offset]).count() as u64;
            at = offset;
            self.problems.push(Problem {
                file: self.file,
                line: Some(self.line),
                kind,
                reason: reason.into(),
            });
        }
        self.offset = 0;
    }

    /// Takes a span.
    pub(super) fn span(&mut self, span: &Span<'_>) {
        let Ok(Some(start)) = span.start.time() else {
            return self.fault(
                ProblemKind::Skipped,
                "a span whose start is no time between 2000 and 2100",
            );
        };
        let kind = span.operation();
        let mut operation = Operation::new(kind, start, self.file);
        operation.flags = Flags::LEADS;
        match span.end.time() {
            Ok(Some(end)) => {
                // A difference of −1 would mean that none is known.
                let length = end.0 - start.0;
                operation.duration = if length == -1 { -2 } else { length };
            }
            Ok(None) => operation.flags = operation.flags.with(Flags::UNANSWERED),
            Err(()) => self.fault(
                ProblemKind::Value,
                "the end of a span is no time between 2000 and 2100",
            ),
        }
        let told = &span.attributes;
        operation.id = span_id(span.trace, span.id);
        operation.parent = span_id(span.trace, span.parent);
        operation.key = self.key_of(span, kind);
        operation.outcome = if operation.flags.has(Flags::UNANSWERED) {
            OutcomeKind::Unknown
        } else {
            span.outcome()
        };
        let is_claude = span.name.starts_with(b"claude_code.");
        if is_claude && kind == OperationKind::ModelRequest {
            let tokens = self.plain_tokens(told);
            self.add_tokens(
                &mut operation,
                tokens,
                [told.plain.input, told.plain.output],
            );
        } else if span.has_own_tokens(kind) {
            let tokens = self.tokens(told);
            self.add_tokens(&mut operation, tokens, [told.input, told.output]);
            operation.cost = self.cost(told.cost, 1e9);
        }
        if told.plain.subagent.is_some() && is_claude {
            operation.flags = operation.flags.with(Flags::SUBAGENT);
        }
        let is_model = span.has_own_tokens(kind);
        operation.dims = self.dims(Words {
            interface: if is_claude { "claude_code" } else { "" },
            model: if is_model { told.model() } else { b"" },
            provider: if is_model { told.provider.text() } else { b"" },
            tool: match kind {
                OperationKind::ToolCall if is_claude => told.plain.tool.text(),
                OperationKind::ToolCall => told.tool.text(),
                _ => b"",
            },
            agent: told.agent.text(),
            error: match operation.outcome {
                OutcomeKind::Ok | OutcomeKind::Unknown => b"",
                _ => told.error.text(),
            },
        });
        let session = told.conversation();
        if session.is_empty() && self.resource.session.is_empty() {
            self.untold
                .push((self.records.operations.len(), span.trace));
        } else {
            operation.identity = self.session(session);
            let catalog = &self.records.catalog;
            let name =
                |identity: IdentityId| catalog.text(catalog.identities.get(identity.0).session);
            // Of several that a trace names the first by name, whatever stands first.
            let known = self.sessions.entry(span.trace);
            let known = known.or_insert(operation.identity);
            if *known != operation.identity && name(operation.identity) < name(*known) {
                *known = operation.identity;
            }
        }
        self.records.operations.push(operation);
    }

    /// Of a client that also logs events or sessions, the id that these have too.
    fn key_of(&self, span: &Span<'_>, kind: OperationKind) -> u128 {
        let plain = &span.attributes.plain;
        if span.name.starts_with(b"claude_code.") {
            match kind {
                OperationKind::ModelRequest if plain.request.is_some() => {
                    return request_key(plain.request.text());
                }
                OperationKind::ToolCall if plain.tool_use.is_some() => {
                    return mix128(plain.tool_use.text());
                }
                _ => {}
            }
        }
        if span.id == 0 {
            return 0;
        }
        mix128(&ids(span.trace, span.id))
    }

    /// A name, if the text can be one.
    pub(super) fn name(&mut self, raw: &[u8]) -> Name {
        match decode(raw) {
            Some(text) if is_word(&text) => self.records.catalog.name(&text),
            _ => Name::NONE,
        }
    }

    /// The session of that name; of the resource where there is none.
    pub(super) fn session(&mut self, raw: &[u8]) -> IdentityId {
        let name = if raw.is_empty() {
            let session = std::mem::take(&mut self.resource.session);
            let name = self.name(&session);
            self.resource.session = session;
            name
        } else {
            self.name(raw)
        };
        self.records.catalog.identity(Identity {
            session: name,
            ..Identity::default()
        })
    }

    /// The dimensions of an operation or event.
    pub(super) fn dims(&mut self, words: Words<'_>) -> DimsId {
        let mut key = std::mem::take(&mut self.key);
        key.clear();
        for part in [
            words.interface.as_bytes(),
            words.model,
            words.provider,
            words.tool,
            words.agent,
            words.error,
            &self.resource.service,
            &self.resource.host,
        ] {
            key.extend_from_slice(part);
            // A raw text of JSON holds no quote without a backslash.
            key.push(b'"');
        }
        let dims = match self.known.get(&key) {
            Some(dims) => *dims,
            None => {
                let dims = self.new_dims(words);
                self.known.insert(key.clone(), dims);
                dims
            }
        };
        self.key = key;
        dims
    }

    fn new_dims(&mut self, words: Words<'_>) -> DimsId {
        let mut dims = self.resource_dims(words.interface);
        for (dimension, raw) in [
            (Dimension::Model, words.model),
            (Dimension::Provider, words.provider),
            (Dimension::Tool, words.tool),
            (Dimension::Agent, words.agent),
        ] {
            dims.push((dimension, self.name(raw)));
        }
        if is_identifier(words.error) {
            let label = self.records.catalog.dimension_named("error_type");
            dims.push((label, self.name(words.error)));
        }
        dims.extend_from_slice(&self.labels);
        self.records.catalog.dims(dims)
    }

    /// The dimensions that the resource gives.
    pub(super) fn resource_dims(&mut self, interface: &str) -> Dims {
        let [service, host] = [&self.resource.service, &self.resource.host].map(Clone::clone);
        // A client's service is itself, and no project.
        let project = if interface.is_empty() {
            self.name(&service)
        } else {
            Name::NONE
        };
        vec![
            (Dimension::Interface, self.records.catalog.name(interface)),
            (Dimension::Project, project),
            (Dimension::Host, self.name(&host)),
        ]
    }

    /// The labels of the file.
    pub(super) fn labels(&self) -> &[(Dimension, Name)] {
        &self.labels
    }

    /// Ends the input: what only its end tells.
    pub(super) fn finish(mut self) {
        let catalog = &self.records.catalog;
        let links = self.sessions.iter().map(|(trace, identity)| {
            let session = catalog.identities.get(identity.0).session;
            (hash64(trace_name(*trace).as_bytes()), session)
        });
        let mut links: Vec<(u64, Name)> = links.collect();
        links.sort_unstable();
        self.records.links.append(&mut links);
        for (index, trace) in std::mem::take(&mut self.untold) {
            let identity = match self.sessions.get(&trace) {
                Some(identity) => *identity,
                None if trace == 0 => continue,
                None => {
                    let identity = self.session(trace_name(trace).as_bytes());
                    self.sessions.insert(trace, identity);
                    identity
                }
            };
            self.records.operations[index].identity = identity;
        }
        self.finish_points();
    }
}

/// The key of a request of Claude Code, whether a span or an event tells of it.
pub(super) fn request_key(id: &[u8]) -> u128 {
    hash128(&[b"request:", id].concat())
}

/// A trace as the session of records that name none.
fn trace_name(trace: u128) -> String {
    format!("{trace:032x}")
}

/// The id of an operation; 0 where there is no span id.
fn span_id(trace: u128, span: u128) -> u64 {
    if span == 0 {
        return 0;
    }
    mix(&ids(trace, span)).max(1)
}

/// Both ids, one behind the other.
fn ids(trace: u128, span: u128) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes[..16].copy_from_slice(&trace.to_le_bytes());
    bytes[16..].copy_from_slice(&span.to_le_bytes());
    bytes
}

/// Whether a text can be the type of an error: a word or a path of words, and no message.
fn is_identifier(raw: &[u8]) -> bool {
    let is_part =
        |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b':' | b'-' | b'/');
    !raw.is_empty() && raw.len() <= 64 && raw.iter().all(is_part)
}

/// The time of a record that must have one.
pub(super) fn needed(any: Any<'_>) -> Option<Time> {
    any.time().ok().flatten()
}
