//! The lines of a file become records: requests, tool calls, waits, and what people did.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use super::super::super::json::{Fault, Index};
use super::super::super::{Input, time};
use super::chains::{Chain, Chains};
use super::line::{Block, Line, Message, Usage};
use super::names::{Kind, Names, Told};
use crate::place::{Problem, ProblemKind};
use crate::record::{
    Event, EventKind, Flags, Name, Operation, OperationKind, OutcomeKind, Records, Stop, Tokens,
    hash128, mix, mix128,
};
use crate::units::Time;

/// The model of lines that the client wrote itself.
pub(super) const SYNTHETIC: &[u8] = b"<synthetic>";
/// Tools that start a subagent.
const SUBAGENT_TOOLS: &[&[u8]] = &[b"Task", b"Agent"];
/// Beginnings of user lines that no person typed as a prompt.
const NO_PROMPT: &[&[u8]] = &[b"<command-", b"<local-command-", b"<bash-", INTERRUPTION];

/// Beginning of a line of the user's that tells when he stopped what ran.
const INTERRUPTION: &[u8] = b"[Request interrupted by user";

/// One file while it is read.
#[derive(Debug)]
pub(super) struct Session<'a> {
    records: &'a mut Records,
    problems: &'a mut Vec<Problem>,
    zone: &'a jiff::tz::TimeZone,
    file: u32,
    is_agent_file: bool,
    names: Names,
    chains: Chains,
    /// Operations by the hash of their message or tool-use id.
    requests: Table,
    tools: Table,
    open: HashMap<Chain, Open>,
    /// The latest time of any line.
    last: Option<Time>,
}

/// What is under way in a conversation.
#[derive(Debug, Default, bitcode::Encode, bitcode::Decode)]
struct Open {
    /// The request whose calls these are.
    reply: usize,
    calls: Vec<usize>,
    /// The first line behind that reply.
    next: Option<Time>,
    /// Waits before another attempt.
    waits: Vec<usize>,
}

/// The first size of the tables of requests and of calls: most sessions fit without growing.
const EXPECTED: usize = 64;

type Table = HashMap<u64, usize, BuildHasherDefault<Passed>>;

/// What is needed to go on when the file has grown.
#[derive(bitcode::Encode, bitcode::Decode)]
struct State {
    names: Told,
    chains: Chains,
    requests: Table,
    tools: Table,
    open: HashMap<Chain, Open>,
    last: Option<Time>,
}

/// The keys are hashes already.
#[derive(Debug, Default)]
struct Passed(u64);

impl Hasher for Passed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = mix(bytes);
    }

    fn write_u64(&mut self, key: u64) {
        self.0 = key;
    }
}

/// What all records of a line share.
#[derive(Clone, Copy)]
struct At {
    time: Time,
    chain: Chain,
    is_subagent: bool,
    number: u64,
}

impl<'a> Session<'a> {
    pub(super) fn new<'z: 'a>(
        input: &Input<'z>,
        records: &'a mut Records,
        problems: &'a mut Vec<Problem>,
    ) -> Self {
        let is_agent_file = input.name.starts_with("agent-");
        Self {
            names: Names::new(input, records, "claude_code", "anthropic"),
            records,
            problems,
            zone: input.naive_zone,
            file: input.file,
            is_agent_file,
            chains: Chains::new(is_agent_file),
            requests: Table::with_capacity_and_hasher(EXPECTED, BuildHasherDefault::default()),
            tools: Table::with_capacity_and_hasher(EXPECTED, BuildHasherDefault::default()),
            open: HashMap::new(),
            last: None,
        }
    }

    /// Goes on with what [`Session::state`] gave; `false` if it is nothing of the kind.
    pub(super) fn restore(&mut self, state: &[u8]) -> bool {
        let Ok(state) = bitcode::decode::<State>(state) else {
            return false;
        };
        let operations = self.records.operations.len();
        let open = |open: &Open| {
            open.calls
                .iter()
                .chain(&open.waits)
                .any(|n| *n >= operations)
        };
        if state
            .requests
            .values()
            .chain(state.tools.values())
            .any(|n| *n >= operations)
            || state.open.values().any(open)
        {
            return false;
        }
        self.names.restore(state.names, &mut self.records.catalog);
        self.chains = state.chains;
        self.requests = state.requests;
        self.tools = state.tools;
        self.open = state.open;
        self.last = state.last;
        true
    }

    /// What is needed to go on; this session is at its end.
    pub(super) fn state(self) -> Vec<u8> {
        bitcode::encode(&State {
            names: self.names.state(),
            chains: self.chains,
            requests: self.requests,
            tools: self.tools,
            open: self.open,
            last: self.last,
        })
    }

    /// Takes one line.
    pub(super) fn line(&mut self, number: u64, text: &[u8], indexed: Result<&Index, Fault>) {
        if text.trim_ascii().is_empty() {
            return;
        }
        let mut line = Line::default();
        if let Err(fault) = indexed.and_then(|index| line.read(text, index)) {
            return self.problem(number, ProblemKind::Skipped, fault.reason());
        }
        let time = line.time.and_then(|raw| time::parse_raw(raw, self.zone));
        self.last = self.last.max(time);
        let is_needed = match line.kind {
            b"user" | b"assistant" => true,
            b"system" => matches!(line.subtype, b"api_error" | b"compact_boundary"),
            _ => false,
        };
        if !is_needed {
            if let (b"system", Some(time)) = (line.kind, time) {
                let chain = self.chains.of(&line);
                self.note(chain, time);
            }
            self.records.ignored += 1;
            return;
        }
        let Some(time) = time else {
            let reason = if line.time.is_some() {
                "timestamp is no time between 2000 and 2100"
            } else {
                "no timestamp"
            };
            return self.problem(number, ProblemKind::Skipped, reason);
        };
        for wrong in &line.wrong {
            self.problem(number, ProblemKind::Value, wrong);
        }
        self.names.see_folder(line.cwd, &mut self.records.catalog);
        if let Some(attendance) = line.attendance {
            self.names.attend(attendance, &mut self.records.catalog);
        }
        let at = At {
            time,
            chain: self.chains.of(&line),
            is_subagent: line.is_sidechain || self.is_agent_file,
            number,
        };
        match line.kind {
            b"user" => self.user(&line, at),
            b"assistant" => self.assistant(&line, at),
            _ => self.system(&line, at),
        }
    }

    /// Ends the file: calls that nobody answered last until the next line, else until its end.
    pub(super) fn finish(&mut self) {
        for open in self.open.values() {
            if let Some(end) = open.next.or(self.last) {
                let calls = open.calls.iter();
                calls.for_each(|call| end_call(&mut self.records.operations[*call], end));
            }
        }
    }

    /// A line came that ends nothing: calls may go on beside it, but nobody knows that they did.
    fn note(&mut self, chain: Chain, time: Time) {
        if let Some(open) = self.open.get_mut(&chain) {
            open.next = open.next.or(Some(time));
        }
    }

    /// The conversation goes on, with a line of `reply` or of the user's: what was under way before is not any more.
    fn go_on(&mut self, chain: Chain, time: Time, reply: Option<usize>) {
        let Some(open) = self.open.get_mut(&chain) else {
            return;
        };
        let operations = &mut self.records.operations;
        let waits = open.waits.drain(..);
        waits.for_each(|wait| end_wait(&mut operations[wait], time));
        let end = open.next.take().unwrap_or(time);
        if reply != Some(open.reply) {
            let calls = open.calls.drain(..);
            calls.for_each(|call| end_call(&mut operations[call], end));
        }
    }

    /// The user stopped whatever was under way.
    fn interrupt(&mut self, time: Time) {
        let operations = &mut self.records.operations;
        for (_, open) in self.open.drain() {
            let calls = open.calls.into_iter();
            calls.for_each(|call| end_call(&mut operations[call], time));
            let waits = open.waits.into_iter();
            waits.for_each(|wait| end_wait(&mut operations[wait], time));
        }
    }

    fn user(&mut self, line: &Line<'_>, at: At) {
        self.chains.ask(at.chain, at.time);
        let Some(message) = &line.message else {
            self.records.ignored += 1;
            return;
        };
        let mut has_result = false;
        for block in &message.blocks {
            if let Block::ToolResult {
                id,
                is_error,
                tokens,
            } = block
            {
                has_result = true;
                self.answer(id, *is_error, *tokens, at.time);
            }
        }
        let begins_with = |beginning: &[u8]| message.text.is_some_and(|t| t.starts_with(beginning));
        if begins_with(INTERRUPTION) {
            self.interrupt(at.time);
        } else if has_result || line.is_meta {
            self.note(at.chain, at.time);
        } else {
            self.go_on(at.chain, at.time, None);
        }
        let is_prompt = !has_result
            && !line.is_meta
            && !line.is_summary
            && !at.is_subagent
            && !NO_PROMPT.iter().any(|no| begins_with(no));
        if is_prompt {
            self.event(EventKind::Prompt, line, at, Flags::LEADS);
        }
    }

    fn answer(&mut self, id: &[u8], is_error: bool, tokens: u32, time: Time) {
        let Some(index) = self.tools.get(&mix(id)) else {
            return;
        };
        let tool = &mut self.records.operations[*index];
        if !tool.flags.has(Flags::UNANSWERED) {
            return;
        }
        tool.flags = without(tool.flags, Flags::UNANSWERED);
        tool.duration = (time.0 - tool.start.0).max(0);
        tool.result = tokens;
        tool.outcome = if is_error {
            OutcomeKind::Error
        } else {
            OutcomeKind::Ok
        };
    }

    fn assistant(&mut self, line: &Line<'_>, at: At) {
        let Some(message) = &line.message else {
            self.records.ignored += 1;
            return;
        };
        if line.is_error_message || message.model == SYNTHETIC {
            self.go_on(at.chain, at.time, None);
            let name = self.records.catalog.name("api_error_message");
            return self.event(EventKind::Other(name), line, at, Flags::LEADS);
        }
        // The first of these that is there tells one request from another.
        let id = [message.id, line.request, line.uuid]
            .into_iter()
            .find(|id| !id.is_empty());
        let key = id.map_or(at.number, mix);
        let (request, mut leads) = match self.requests.get(&key) {
            Some(request) => (*request, Flags::LEADS),
            None => {
                let request = self.begin_request(line, message, id, at);
                self.requests.insert(key, request);
                (request, Flags::default())
            }
        };
        self.extend_request(request, line, message, at.time);
        self.go_on(at.chain, at.time, Some(request));
        for block in &message.blocks {
            if let Block::ToolUse {
                id,
                name,
                arguments,
            } = block
            {
                if let Some(tool) = self.begin_tool(id, name, request, line, at, leads) {
                    self.records.operations[tool].arguments = *arguments;
                }
                leads = Flags::default();
            }
        }
    }

    /// A new request, at its first line.
    fn begin_request(
        &mut self,
        line: &Line<'_>,
        message: &Message<'_>,
        id: Option<&[u8]>,
        at: At,
    ) -> usize {
        let trigger = self.chains.trigger(at.chain).filter(|t| *t <= at.time);
        let start = trigger.unwrap_or(at.time);
        let mut request = Operation::new(OperationKind::ModelRequest, start, self.file);
        if trigger.is_some() {
            request.duration = at.time.0 - start.0;
        }
        if let Some(id) = id {
            request.key = mix128(id);
            request.id = mix(id).max(1);
        }
        let catalog = &mut self.records.catalog;
        let model = self.names.word(message.model, catalog);
        request.dims = self
            .names
            .dims(Kind::Request(model), at.is_subagent, catalog);
        request.identity = self.names.session(line.session, catalog);
        request.flags = Flags::LEADS.with(subagent(at));
        self.records.operations.push(request);
        self.records.operations.len() - 1
    }

    /// What a line adds to its request: later ones know more.
    fn extend_request(&mut self, index: usize, line: &Line<'_>, message: &Message<'_>, time: Time) {
        let request = &mut self.records.operations[index];
        if let Some((start, nanos)) = line.duration.and_then(|millis| told_time(millis, time)) {
            (request.start, request.duration) = (start, nanos);
        } else if request.duration >= 0 {
            request.duration = request.duration.max(time.0 - request.start.0);
        }
        if let Some(usage) = message.usage {
            if !request.flags.has(Flags::HAS_TOKENS) {
                request.flags = request
                    .flags
                    .with(Flags::HAS_TOKENS)
                    .with(Flags::OUTPUT_IS_LOWER_BOUND);
            }
            raise(&mut request.tokens, usage);
        }
        if message.stop != Stop::Unknown {
            // A count that is not told is not 0.
            if message.usage.is_none_or(Usage::is_whole) {
                request.flags = without(request.flags, Flags::OUTPUT_IS_LOWER_BOUND);
            }
            request.stop = message.stop;
        }
        if let Some(dollars) = line.cost {
            #[allow(clippy::cast_possible_truncation)] // saturates, far beyond any bill
            let nanos = (dollars * 1e9).round() as i64;
            request.cost = request.cost.max(nanos);
        }
    }

    fn begin_tool(
        &mut self,
        id: &[u8],
        name: &[u8],
        request: usize,
        line: &Line<'_>,
        at: At,
        leads: Flags,
    ) -> Option<usize> {
        let key = mix(id);
        if !id.is_empty() && self.tools.contains_key(&key) {
            return None;
        }
        let mut tool = Operation::new(OperationKind::ToolCall, at.time, self.file);
        tool.parent = self.records.operations[request].id;
        tool.flags = Flags::UNANSWERED.with(leads).with(subagent(at));
        tool.outcome = OutcomeKind::Unknown;
        if !id.is_empty() {
            tool.key = mix128(id);
            tool.id = key.max(1);
        }
        let catalog = &mut self.records.catalog;
        let word = self.names.word(name, catalog);
        tool.dims = self.names.dims(Kind::Tool(word), at.is_subagent, catalog);
        tool.identity = self.names.session(line.session, catalog);
        self.records.operations.push(tool);
        // Without an id nothing can answer it, and it must not hide another.
        let place = if id.is_empty() {
            !(self.records.operations.len() as u64)
        } else {
            key
        };
        let index = self.records.operations.len() - 1;
        self.tools.insert(place, index);
        let open = self.open.entry(at.chain).or_default();
        open.reply = request;
        open.calls.push(index);
        if SUBAGENT_TOOLS.contains(&name) {
            self.event_of(EventKind::Subagent, id, line, at, Flags::default());
        }
        Some(index)
    }

    fn system(&mut self, line: &Line<'_>, at: At) {
        self.note(at.chain, at.time);
        if line.subtype == b"api_error" {
            self.retry(line, at);
        } else {
            self.compaction(line, at);
        }
    }

    /// An attempt failed, and the next one waits.
    fn retry(&mut self, line: &Line<'_>, at: At) {
        if let Some(wait) = line.retry_in {
            let mut operation = Operation::new(OperationKind::WaitBackoff, at.time, self.file);
            #[allow(clippy::cast_possible_truncation)] // saturates
            let nanos = (wait * 1e6).round() as i64;
            operation.duration = nanos;
            operation.key = key_of(b"wait:", line.uuid);
            let catalog = &mut self.records.catalog;
            operation.dims = self.names.dims(Kind::Other, at.is_subagent, catalog);
            operation.identity = self.names.session(line.session, catalog);
            operation.flags = Flags::LEADS.with(subagent(at));
            let open = self.open.entry(at.chain).or_default();
            open.waits.push(self.records.operations.len());
            self.records.operations.push(operation);
        }
        let leads = if line.retry_in.is_some() {
            Flags::default()
        } else {
            Flags::LEADS
        };
        self.event(EventKind::Retry, line, at, leads);
        if let (Some(status), Some(event)) = (line.status, self.records.events.last_mut()) {
            event.subject = self.records.catalog.name(&status.to_string());
        }
    }

    fn compaction(&mut self, line: &Line<'_>, at: At) {
        self.event(EventKind::Compaction, line, at, Flags::LEADS);
        if let (Some(tokens), Some(event)) = (line.tokens_before, self.records.events.last_mut()) {
            event.from = self.records.catalog.name(&tokens.to_string());
        }
    }

    fn event(&mut self, kind: EventKind, line: &Line<'_>, at: At, leads: Flags) {
        self.event_of(kind, line.uuid, line, at, leads);
    }

    /// An event whose copies in other files have the same `id`.
    fn event_of(&mut self, kind: EventKind, id: &[u8], line: &Line<'_>, at: At, leads: Flags) {
        let catalog = &mut self.records.catalog;
        self.records.events.push(Event {
            key: key_of(b"event:", id),
            time: at.time,
            duration: -1,
            kind,
            subject: Name::NONE,
            from: Name::NONE,
            to: Name::NONE,
            dims: self.names.dims(Kind::Other, at.is_subagent, catalog),
            identity: self.names.session(line.session, catalog),
            file: self.file,
            flags: leads.with(subagent(at)),
        });
    }

    fn problem(&mut self, line: u64, kind: ProblemKind, reason: &'static str) {
        self.problems.push(Problem {
            file: self.file,
            line: Some(line),
            kind,
            reason: reason.into(),
        });
    }
}

/// A call that nobody answered ends here.
fn end_call(call: &mut Operation, end: Time) {
    if call.flags.has(Flags::UNANSWERED) {
        call.duration = (end.0 - call.start.0).max(0);
    }
}

/// A wait ends here, if it was to be longer.
fn end_wait(wait: &mut Operation, end: Time) {
    wait.duration = wait.duration.min((end.0 - wait.start.0).max(0));
}

fn subagent(at: At) -> Flags {
    if at.is_subagent {
        Flags::SUBAGENT
    } else {
        Flags::default()
    }
}

/// Start and duration of a request that took so many milliseconds until `end`; none of one that took no time.
fn told_time(millis: f64, end: Time) -> Option<(Time, i64)> {
    #[allow(clippy::cast_possible_truncation)] // saturates; such a start is not plausible
    let nanos = (millis * 1e6).round() as i64;
    let start = Time(end.0.saturating_sub(nanos));
    (nanos > 0 && start.is_plausible()).then_some((start, nanos))
}

pub(super) fn without(flags: Flags, mark: Flags) -> Flags {
    Flags(flags.0 & !mark.0)
}

/// A key for deduplication; none without an id. The prefix keeps records of one line apart.
pub(super) fn key_of(prefix: &[u8], id: &[u8]) -> u128 {
    if id.is_empty() {
        return 0;
    }
    hash128(&[prefix, id].concat())
}

/// The largest of each count: every line repeats those so far.
pub(super) fn raise(tokens: &mut Tokens, usage: Usage) {
    tokens.fresh = tokens.fresh.max(usage.fresh);
    tokens.cache_read = tokens.cache_read.max(usage.cache_read);
    tokens.cache_write = tokens.cache_write.max(usage.written());
    tokens.cache_write_1h = tokens.cache_write_1h.max(usage.cache_write_1h);
    tokens.output = tokens.output.max(usage.output);
}
