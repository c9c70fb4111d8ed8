//! What runs print becomes records: a task for each result, its models, requests, tools, retries.

use std::collections::HashMap;

use super::super::super::super::Input;
use super::super::super::super::failure::failure;
use super::super::super::super::first_token;
use super::super::line::{Block, Message, Usage};
use super::super::names::{Kind, Names};
use super::super::session::{SYNTHETIC, key_of, raise, without};
use super::line::{End, Line, ModelUsage};
use crate::place::{Problem, ProblemKind};
use crate::record::{
    Event, EventKind, Flags, Identity, Measured, Name, Operation, OperationKind, OutcomeKind,
    Records, Sample, Tokens, hash64, hash128,
};
use crate::units::Time;

/// Metrics that only results know: seconds that requests took together, requests of the main
/// conversation.
const API_TIME: &str = "api_time";
const TURNS: &str = "turns";

/// One file while it is read.
#[derive(Debug)]
pub(super) struct Runs<'a> {
    records: &'a mut Records,
    problems: &'a mut Vec<Problem>,
    file: u32,
    names: Names,
    sessions: HashMap<Box<[u8]>, Session>,
}

/// One session of a file.
#[derive(Debug, Default)]
struct Session {
    /// Operations by the hash of their message or tool-use id.
    requests: HashMap<u64, usize>,
    tools: HashMap<u64, usize>,
    /// Requests since the last result, which tells their tokens.
    untold: Vec<usize>,
    /// The model that a run began with.
    model: Vec<u8>,
    told: Told,
}

/// What the last result told since its process began.
#[derive(Debug, Default)]
struct Told {
    api_time: f64,
    cost: f64,
    models: Vec<(Vec<u8>, Usage, f64)>,
}

impl<'a> Runs<'a> {
    pub(super) fn new<'z: 'a>(
        input: &Input<'z>,
        records: &'a mut Records,
        problems: &'a mut Vec<Problem>,
    ) -> Self {
        Self {
            names: Names::new(input, records, "claude_code", "anthropic"),
            records,
            problems,
            file: input.file,
            sessions: HashMap::new(),
        }
    }

    /// Takes one object.
    pub(super) fn take(&mut self, line: &Line<'_>, number: u64) {
        let is_needed = match line.kind {
            b"result" | b"assistant" | b"user" => true,
            b"system" => matches!(line.subtype, b"init" | b"api_retry" | b"compact_boundary"),
            // A result is also told by what it holds.
            b"" => line.end.turns.is_some(),
            _ => false,
        };
        if !is_needed {
            self.records.ignored += 1;
            return;
        }
        for wrong in &line.wrong {
            self.problem(number, ProblemKind::Value, wrong);
        }
        let mut session = self.sessions.remove(line.session).unwrap_or_default();
        match (line.kind, line.subtype) {
            (b"system", b"init") => {
                self.names.enter_folder(line.cwd, &mut self.records.catalog);
                session.model = line.model.to_vec();
                self.records.ignored += 1;
            }
            (b"system", b"api_retry") => self.retry(line),
            (b"system", _) => self.compaction(line),
            (b"assistant", _) => self.assistant(line, number, &mut session),
            (b"user", _) => self.user(line, &session),
            _ => self.result(line, number, &mut session),
        }
        self.sessions.insert(line.session.into(), session);
    }

    /// Ends the file: how calls that nobody answered ended is not known.
    pub(super) fn finish(self) {
        for index in self.sessions.values().flat_map(|s| s.tools.values()) {
            let tool = &mut self.records.operations[*index];
            if tool.flags.has(Flags::UNANSWERED) {
                tool.outcome = OutcomeKind::Unknown;
            }
        }
    }

    pub(super) fn problem(&mut self, line: u64, kind: ProblemKind, reason: &'static str) {
        self.problems.push(Problem {
            file: self.file,
            line: Some(line),
            kind,
            reason: reason.into(),
        });
    }

    fn operation(&mut self, kind: OperationKind, line: &Line<'_>) -> Operation {
        let mut operation = Operation::new(kind, Time::EARLIEST, self.file);
        operation.flags = Flags::TIMELESS;
        if line.is_subagent {
            operation.flags = operation.flags.with(Flags::SUBAGENT);
        }
        operation.identity = self.names.session(line.session, &mut self.records.catalog);
        operation
    }

    fn assistant(&mut self, line: &Line<'_>, number: u64, session: &mut Session) {
        let Some(message) = &line.message else {
            self.records.ignored += 1;
            return;
        };
        if message.model == SYNTHETIC {
            let name = self.records.catalog.name("api_error_message");
            return self.event(EventKind::Other(name), line);
        }
        let id = [message.id, line.uuid]
            .into_iter()
            .find(|id| !id.is_empty());
        let key = id.map_or(number, hash64);
        let (request, mut leads) = match session.requests.get(&key) {
            Some(request) => (*request, Flags::LEADS),
            None => {
                let request = self.begin_request(line, message, id);
                session.requests.insert(key, request);
                session.untold.push(request);
                (request, Flags::default())
            }
        };
        if let Some(usage) = message.usage {
            let operation = &mut self.records.operations[request];
            operation.flags = operation
                .flags
                .with(Flags::HAS_TOKENS)
                .with(Flags::OUTPUT_IS_LOWER_BOUND);
            raise(&mut operation.tokens, usage);
        }
        for block in &message.blocks {
            if let Block::ToolUse {
                id,
                name,
                arguments,
            } = block
            {
                if let Some(tool) = self.begin_tool(id, name, request, line, leads, session) {
                    self.records.operations[tool].arguments = *arguments;
                }
                leads = Flags::default();
            }
        }
    }

    fn begin_request(
        &mut self,
        line: &Line<'_>,
        message: &Message<'_>,
        id: Option<&[u8]>,
    ) -> usize {
        let mut request = self.operation(OperationKind::ModelRequest, line);
        if let Some(id) = id {
            request.key = own_key(id);
            request.id = hash64(id);
        }
        let catalog = &mut self.records.catalog;
        let model = self.names.word(message.model, catalog);
        request.dims = self
            .names
            .dims(Kind::Request(model), line.is_subagent, catalog);
        request.flags = request.flags.with(Flags::LEADS);
        self.records.operations.push(request);
        self.records.operations.len() - 1
    }

    fn begin_tool(
        &mut self,
        id: &[u8],
        name: &[u8],
        request: usize,
        line: &Line<'_>,
        leads: Flags,
        session: &mut Session,
    ) -> Option<usize> {
        let key = if id.is_empty() {
            // Without an id nothing can answer it, and it must not hide another.
            !(self.records.operations.len() as u64)
        } else {
            hash64(id)
        };
        if session.tools.contains_key(&key) {
            return None;
        }
        let mut tool = self.operation(OperationKind::ToolCall, line);
        tool.parent = self.records.operations[request].id;
        tool.flags = tool.flags.with(Flags::UNANSWERED).with(leads);
        if !id.is_empty() {
            tool.key = own_key(id);
            tool.id = hash64(id);
        }
        let catalog = &mut self.records.catalog;
        let word = self.names.word(name, catalog);
        tool.dims = self.names.dims(Kind::Tool(word), line.is_subagent, catalog);
        let index = self.records.operations.len();
        session.tools.insert(key, index);
        self.records.operations.push(tool);
        Some(index)
    }

    fn user(&mut self, line: &Line<'_>, session: &Session) {
        let mut has_result = false;
        for block in line.message.iter().flat_map(|m| &m.blocks) {
            let Block::ToolResult {
                id,
                is_error,
                tokens,
            } = block
            else {
                continue;
            };
            has_result = true;
            let Some(tool) = session.tools.get(&hash64(id)) else {
                continue;
            };
            let tool = &mut self.records.operations[*tool];
            if tool.flags.has(Flags::UNANSWERED) {
                tool.flags = without(tool.flags, Flags::UNANSWERED);
                tool.result = *tokens;
                if *is_error {
                    tool.outcome = OutcomeKind::Error;
                }
            }
        }
        // What was asked has no time, and tells nothing.
        self.records.ignored += u64::from(!has_result);
    }

    fn retry(&mut self, line: &Line<'_>) {
        if let Some(wait) = line.retry_in {
            let mut operation = self.operation(OperationKind::WaitBackoff, line);
            operation.duration = nanos(wait);
            operation.key = key_of(b"claude-result-wait:", line.uuid);
            let catalog = &mut self.records.catalog;
            operation.dims = self.names.dims(Kind::Other, line.is_subagent, catalog);
            self.records.operations.push(operation);
        }
        self.event(EventKind::Retry, line);
        if let (Some(status), Some(event)) = (line.status, self.records.events.last_mut()) {
            event.subject = self.records.catalog.name(&status.to_string());
        }
    }

    fn compaction(&mut self, line: &Line<'_>) {
        self.event(EventKind::Compaction, line);
        if let (Some(tokens), Some(event)) = (line.tokens_before, self.records.events.last_mut()) {
            event.from = self.records.catalog.name(&tokens.to_string());
        }
    }

    fn event(&mut self, kind: EventKind, line: &Line<'_>) {
        let about = self.operation(OperationKind::Other, line);
        let catalog = &mut self.records.catalog;
        self.records.events.push(Event {
            key: key_of(b"claude-result-event:", line.uuid),
            time: about.start,
            duration: -1,
            kind,
            subject: Name::NONE,
            from: Name::NONE,
            to: Name::NONE,
            dims: self.names.dims(Kind::Other, line.is_subagent, catalog),
            identity: about.identity,
            file: self.file,
            flags: about.flags.with(Flags::LEADS),
        });
    }

    fn result(&mut self, line: &Line<'_>, number: u64, session: &mut Session) {
        let end = &line.end;
        let goes_on = session.told.goes_on_in(end);
        let before = std::mem::replace(&mut session.told, Told::of(end));
        let before = if goes_on { before } else { Told::default() };

        let mut task = self.operation(OperationKind::Task, line);
        let id = id_of(line);
        task.key = own_key(&id);
        task.id = hash64(&id);
        task.duration = end.duration.map_or(-1, nanos);
        task.outcome = outcome(line);
        task.cost = end.cost.map_or(-1, |cost| money(cost - before.cost));
        task.flags = task.flags.with(Flags::LEADS);
        let catalog = &mut self.records.catalog;
        task.dims = self.names.dims(Kind::Other, line.is_subagent, catalog);
        self.records.operations.push(task);
        self.figures(end, &before, &task);

        let usages = usages(end, &session.model);
        if usages.is_empty() {
            return;
        }
        // The result tells exactly what the messages before it told in part.
        for request in session.untold.drain(..) {
            let request = &mut self.records.operations[request];
            request.tokens = Tokens::default();
            request.flags = without(request.flags, Flags::HAS_TOKENS);
            request.flags = without(request.flags, Flags::OUTPUT_IS_LOWER_BOUND);
        }
        // Costs of some models only would hide the rest of the whole, which the task has.
        let has_costs = usages.iter().all(|of| of.cost.is_some());
        for ModelUsage { model, usage, cost } in &usages {
            let (earlier, earlier_cost) = before.of_model(model);
            let Some(usage) = difference(*usage, earlier) else {
                self.problem(number, ProblemKind::Value, "tokens of a model became fewer");
                continue;
            };
            let cost = cost.filter(|_| has_costs).map(|cost| cost - earlier_cost);
            // Where the result stands alone, too, what was told before is taken from it there.
            let is_nothing = usage.is_nothing() && cost.is_none_or(|cost| cost <= 0.0);
            let was_told = before.models.iter().any(|(name, ..)| name == model);
            if is_nothing && !was_told {
                continue;
            }
            let mut used = self.operation(OperationKind::Other, line);
            used.outcome = OutcomeKind::Unknown;
            used.parent = task.id;
            used.key = own_key(&[&id[..], b"\0", model].concat());
            used.cost = cost.map_or(-1, money);
            raise(&mut used.tokens, usage);
            used.flags = used.flags.with(Flags::HAS_TOKENS);
            let catalog = &mut self.records.catalog;
            let model = self.names.word(model, catalog);
            used.dims = self
                .names
                .dims(Kind::Request(model), line.is_subagent, catalog);
            self.records.operations.push(used);
        }
    }

    fn figures(&mut self, end: &End<'_>, before: &Told, task: &Operation) {
        let api_time = end
            .api_time
            .map(|time| (time - before.api_time).max(0.0) / 1e3);
        let first_token = end.first_token.map(|time| time / 1e3);
        let figures = [
            (API_TIME, api_time),
            (TURNS, end.turns),
            (first_token::NAME, first_token),
        ];
        let catalog = &mut self.records.catalog;
        let session = catalog.identities.get(task.identity.0).session;
        let identity = catalog.identity(Identity {
            session,
            unit: session,
            ..Identity::default()
        });
        for (name, value) in figures {
            let Some(value) = value else { continue };
            let metric = Measured::Custom(self.records.catalog.name(name));
            self.records.samples.push(Sample {
                key: task.key,
                time: Time::EARLIEST,
                value,
                metric,
                dims: task.dims,
                identity,
                file: self.file,
                flags: Flags::TIMELESS,
            });
        }
    }
}

impl Told {
    fn of(end: &End<'_>) -> Self {
        let models = end.models.iter();
        Self {
            api_time: end.api_time.unwrap_or_default(),
            cost: end.cost.unwrap_or_default(),
            models: models
                .map(|m| (m.model.to_vec(), m.usage, m.cost.unwrap_or_default()))
                .collect(),
        }
    }

    /// What a model used and cost until then.
    fn of_model(&self, model: &[u8]) -> (Usage, f64) {
        let mut models = self.models.iter();
        let told = models.find(|(name, ..)| name == model);
        told.map_or((Usage::default(), 0.0), |(_, usage, cost)| (*usage, *cost))
    }

    /// Whether a later result counts on from this one, as those of one process do: no model used less, and that of
    /// the main conversation used as much more as the turn did. Each process begins anew, and there nothing but
    /// chance makes it so.
    fn goes_on_in(&self, end: &End<'_>) -> bool {
        if self.models.is_empty() || end.models.is_empty() {
            return false;
        }
        // The usage of a model does not tell writes by their lifetime.
        let turn = Usage {
            cache_write_5m: 0,
            cache_write_1h: 0,
            ..end.usage.unwrap_or_default()
        };
        let has_each = self
            .models
            .iter()
            .all(|(name, ..)| end.models.iter().any(|m| m.model == *name));
        let more = end
            .models
            .iter()
            .map(|m| difference(m.usage, self.of_model(m.model).0))
            .collect::<Option<Vec<_>>>();
        has_each && more.is_some_and(|more| more.into_iter().any(|m| difference(m, turn).is_some()))
    }
}

/// What each model used since the process began; where only the whole is told, that of the model with which
/// the run began.
fn usages<'l>(end: &End<'l>, model: &'l [u8]) -> Vec<ModelUsage<'l>> {
    if !end.models.is_empty() {
        return end.models.clone();
    }
    let usage = end.usage.filter(|usage| !usage.is_nothing());
    let only = usage.map(|usage| ModelUsage {
        model,
        usage,
        cost: None,
    });
    only.into_iter().collect()
}

/// What `now` has more than `before`; `None` if it has less of anything.
fn difference(now: Usage, before: Usage) -> Option<Usage> {
    Some(Usage {
        fresh: now.fresh.checked_sub(before.fresh)?,
        output: now.output.checked_sub(before.output)?,
        cache_read: now.cache_read.checked_sub(before.cache_read)?,
        cache_write: now.cache_write.checked_sub(before.cache_write)?,
        cache_write_5m: now.cache_write_5m.checked_sub(before.cache_write_5m)?,
        cache_write_1h: now.cache_write_1h.checked_sub(before.cache_write_1h)?,
        told: now.told,
    })
}

fn outcome(line: &Line<'_>) -> OutcomeKind {
    let end = &line.end;
    match (end.is_error, line.subtype) {
        (Some(false), b"success" | b"") | (None, b"success") => OutcomeKind::Ok,
        (None, b"") => OutcomeKind::Unknown,
        _ => failure(end.reason, end.status.map(u64::from)),
    }
}

/// What tells one result from another: its id, or what it says.
fn id_of(line: &Line<'_>) -> Vec<u8> {
    if !line.uuid.is_empty() {
        return line.uuid.to_vec();
    }
    let end = &line.end;
    let numbers = [end.duration, end.api_time, end.turns, end.cost];
    let mut id = line.session.to_vec();
    for number in numbers {
        id.extend_from_slice(&number.unwrap_or(-1.0).to_bits().to_le_bytes());
    }
    let output = end.usage.map_or(0, |usage| usage.output);
    id.extend_from_slice(&output.to_le_bytes());
    id
}

/// A key that no record of the session's own log has: which of the two counts is decided by session.
fn own_key(id: &[u8]) -> u128 {
    hash128(&[b"claude-result:", id].concat())
}

#[allow(clippy::cast_possible_truncation)] // saturates
fn nanos(milliseconds: f64) -> i64 {
    (milliseconds * 1e6).round() as i64
}

#[allow(clippy::cast_possible_truncation)] // saturates, far beyond any bill
fn money(dollars: f64) -> i64 {
    (dollars.max(0.0) * 1e9).round() as i64
}
