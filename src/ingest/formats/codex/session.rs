//! The lines of a file become records: requests, tool calls, turns, and what people did.

use std::collections::{HashMap, HashSet};

use super::super::super::json::{Fault, Index};
use super::super::super::{Input, time};
use super::super::claude_code::names::{Kind, Names, Told};
use super::line::{Line, Payload, Usage};
use super::output;
use super::thread::{Meta, Thread};
use crate::place::{Problem, ProblemKind};
use crate::record::{
    Attendance, Event, EventKind, Flags, Name, Operation, OperationKind, OutcomeKind, Records,
    Tokens, hash64, hash128,
};
use crate::units::Time;

/// Tools that start a subagent.
const SUBAGENT_TOOLS: &[&[u8]] = &[b"spawn_agent"];

/// One file while it is read.
#[derive(Debug)]
pub(super) struct Session<'a> {
    records: &'a mut Records,
    problems: &'a mut Vec<Problem>,
    zone: &'a jiff::tz::TimeZone,
    file: u32,
    names: Names,
    thread: Thread,
    /// The model of the turn.
    model: Name,
    counter: Counter,
    request: Request,
    tools: HashMap<Box<[u8]>, usize>,
    /// Calls that nothing has ended.
    open: Vec<usize>,
    /// The turn that is under way.
    task: Option<usize>,
    prompts: u64,
    /// The latest time of any line.
    last: Option<Time>,
    /// Lines without a time, of the oldest layout; only the first is listed.
    is_timeless_told: bool,
}

/// The sums since the beginning, as last seen.
#[derive(Debug, Default, bitcode::Encode, bitcode::Decode)]
struct Counter {
    before: Option<Usage>,
    /// Sums and last uses that came already: an old one may come again behind a newer one.
    seen: HashSet<[Usage; 2]>,
    /// The sums began in this very file, so that no parent has the same ones.
    is_own: bool,
}

/// The request that is under way.
#[derive(Debug, Default, bitcode::Encode, bitcode::Decode)]
struct Request {
    /// The last line that a reply may answer.
    trigger: Option<Time>,
    /// The trigger when the reply began: tools may end while it still goes on.
    start: Option<Time>,
    has_begun: bool,
    /// How many came before.
    number: u64,
}

impl Request {
    /// A reply that had begun is lost: no count will tell of it.
    fn give_up(&mut self) {
        (self.has_begun, self.start) = (false, None);
    }
}

/// What is needed to go on when the file has grown.
#[derive(bitcode::Encode, bitcode::Decode)]
struct State {
    names: Told,
    thread: Thread,
    model: Name,
    counter: Counter,
    request: Request,
    tools: HashMap<Box<[u8]>, usize>,
    open: Vec<usize>,
    task: Option<usize>,
    prompts: u64,
    last: Option<Time>,
    is_timeless_told: bool,
}

impl<'a> Session<'a> {
    pub(super) fn new<'z: 'a>(
        input: &Input<'z>,
        records: &'a mut Records,
        problems: &'a mut Vec<Problem>,
    ) -> Self {
        Self {
            names: Names::new(input, records, "codex", "openai"),
            records,
            problems,
            zone: input.naive_zone,
            file: input.file,
            thread: Thread::new(input.name.trim_end_matches(".jsonl")),
            model: Name::NONE,
            counter: Counter::default(),
            request: Request::default(),
            tools: HashMap::new(),
            open: Vec::new(),
            task: None,
            prompts: 0,
            last: None,
            is_timeless_told: false,
        }
    }

    /// Goes on with what [`Session::state`] gave; `false` if it is nothing of the kind.
    pub(super) fn restore(&mut self, state: &[u8]) -> bool {
        let Ok(state) = bitcode::decode::<State>(state) else {
            return false;
        };
        self.names.restore(state.names, &mut self.records.catalog);
        self.thread = state.thread;
        self.model = state.model;
        self.counter = state.counter;
        self.request = state.request;
        // What `finish` made of those that were still under way.
        for index in state.open.iter().chain(&state.task) {
            let Some(operation) = self.records.operations.get_mut(*index) else {
                return false;
            };
            if operation.flags.has(Flags::UNANSWERED) {
                operation.outcome = OutcomeKind::Ok;
                operation.duration = -1;
            }
        }
        if state
            .tools
            .values()
            .any(|n| *n >= self.records.operations.len())
        {
            return false;
        }
        self.tools = state.tools;
        self.open = state.open;
        self.task = state.task;
        self.prompts = state.prompts;
        self.last = state.last;
        self.is_timeless_told = state.is_timeless_told;
        true
    }

    /// What is needed to go on; this session is at its end.
    pub(super) fn state(self) -> Vec<u8> {
        bitcode::encode(&State {
            names: self.names.state(),
            thread: self.thread,
            model: self.model,
            counter: self.counter,
            request: self.request,
            tools: self.tools,
            open: self.open,
            task: self.task,
            prompts: self.prompts,
            last: self.last,
            is_timeless_told: self.is_timeless_told,
        })
    }

    /// Takes one line.
    pub(super) fn line(&mut self, number: u64, text: &[u8], indexed: Result<&Index, Fault>) {
        if text.trim_ascii().is_empty() {
            return;
        }
        let line = match indexed.and_then(|index| Line::parse(text, index)) {
            Ok(line) => line,
            Err(fault) => return self.problem(number, ProblemKind::Skipped, fault.reason()),
        };
        let time = line.time.and_then(|raw| self.time(raw));
        let Some(time) = time else {
            return self.timeless(number, &line);
        };
        self.last = self.last.max(Some(time));
        for wrong in &line.wrong {
            self.problem(number, ProblemKind::Value, wrong);
        }
        let payload = &line.payload;
        match line.kind {
            b"session_meta" => self.meta(payload),
            b"turn_context" => self.context(payload),
            b"compacted" => {
                self.request.trigger = Some(time);
                self.event(EventKind::Compaction, b"compacted", time, Flags::LEADS);
            }
            b"event_msg" => self.message(payload, time),
            b"response_item" => self.item(payload, time),
            _ if !line.has_payload => self.item(payload, time),
            _ => self.records.ignored += 1,
        }
    }

    /// Ends the file: calls that nobody answered last until its end, and so does the last turn.
    pub(super) fn finish(&mut self) {
        let Some(last) = self.last else { return };
        for index in self.open.iter().chain(&self.task) {
            end_unanswered(&mut self.records.operations[*index], last);
        }
    }

    /// Calls that nobody has answered are over: the turn ended, or the conversation goes on.
    fn end_calls(&mut self, time: Time) {
        for index in self.open.drain(..) {
            end_unanswered(&mut self.records.operations[index], time);
        }
    }

    fn time(&self, raw: &[u8]) -> Option<Time> {
        time::parse_raw(raw, self.zone)
    }

    fn timeless(&mut self, number: u64, line: &Line<'_>) {
        if line.time.is_some() {
            let reason = "timestamp is no time between 2000 and 2100";
            return self.problem(number, ProblemKind::Skipped, reason);
        }
        if line.has_payload {
            return self.problem(number, ProblemKind::Skipped, "no timestamp");
        }
        self.records.ignored += 1;
        if !std::mem::replace(&mut self.is_timeless_told, true) {
            let reason = "a layout without timestamps, of which nothing can be measured";
            self.problem(number, ProblemKind::Skipped, reason);
        }
    }

    fn meta(&mut self, payload: &Payload<'_>) {
        self.records.ignored += 1;
        let parents = [payload.forked_from, payload.parent_thread];
        let parent = parents.into_iter().find(|id| !id.is_empty());
        let is_own = !self.thread.is_named();
        self.thread.meta(&Meta {
            id: payload.id,
            session: payload.session,
            parent: parent.unwrap_or_default(),
            is_subagent: payload.is_subagent,
            started: self.time(payload.time),
        });
        let catalog = &mut self.records.catalog;
        self.names.see_folder(payload.cwd, catalog);
        self.names.set_provider(payload.provider, catalog);
        // Meta lines behind the first are those of parents, whose lines are repeated.
        if is_own {
            let attendance = match payload.source {
                b"exec" => Attendance::Unattended,
                b"cli" | b"vscode" => Attendance::Attended,
                _ => Attendance::Unknown,
            };
            self.names.attend(attendance, catalog);
        }
    }

    fn context(&mut self, payload: &Payload<'_>) {
        self.records.ignored += 1;
        self.thread.turn(payload.turn, payload.started_at);
        let catalog = &mut self.records.catalog;
        self.names.see_folder(payload.cwd, catalog);
        let model = self.names.word(payload.model, catalog);
        if model.is_some() {
            self.model = model;
        }
    }

    fn message(&mut self, payload: &Payload<'_>, time: Time) {
        match payload.kind {
            b"token_count" => self.count(payload, time),
            b"user_message" => self.prompt(time),
            b"agent_message" | b"agent_reasoning" => {
                self.reply(time);
                self.records.ignored += 1;
            }
            b"task_started" | b"turn_started" => self.begin_task(payload, time),
            b"task_complete" | b"turn_complete" => self.end_task(OutcomeKind::Ok, time),
            b"turn_aborted" => self.end_task(OutcomeKind::Cancelled, time),
            b"stream_error" => self.event(EventKind::Retry, b"retry", time, Flags::LEADS),
            b"error" => {
                self.request.give_up();
                self.end_calls(time);
                let name = self.records.catalog.name("error");
                self.event(EventKind::Other(name), b"error", time, Flags::LEADS);
            }
            _ => self.records.ignored += 1,
        }
    }

    fn item(&mut self, payload: &Payload<'_>, time: Time) {
        match payload.kind {
            b"function_call" | b"custom_tool_call" | b"local_shell_call" => {
                self.reply(time);
                self.begin_tool(payload, time);
            }
            b"function_call_output" | b"custom_tool_call_output" => self.answer(payload, time),
            b"message" if payload.role == b"user" => {
                self.request.trigger = Some(time);
                self.records.ignored += 1;
            }
            b"reasoning" | b"message" | b"web_search_call" => {
                if payload.role.is_empty() || payload.role == b"assistant" {
                    self.reply(time);
                }
                self.records.ignored += 1;
            }
            _ => self.records.ignored += 1,
        }
    }

    /// A line of a reply came.
    fn reply(&mut self, time: Time) {
        if !self.request.has_begun {
            self.request.has_begun = true;
            self.request.start = self.request.trigger;
            self.end_calls(time);
        }
    }

    fn prompt(&mut self, time: Time) {
        self.request.give_up();
        self.request.trigger = Some(time);
        self.end_calls(time);
        self.prompts += 1;
        // What a subagent is asked was written by its parent.
        if self.thread.is_subagent {
            self.records.ignored += 1;
            return;
        }
        let id = [b"prompt:".as_slice(), &self.prompts.to_le_bytes()].concat();
        self.event(EventKind::Prompt, &id, time, Flags::LEADS);
    }

    fn count(&mut self, payload: &Payload<'_>, time: Time) {
        // The first one knows nothing yet; many only bring new rate limits.
        let Some(total) = payload.total.filter(|t| self.counter.before != Some(*t)) else {
            self.records.ignored += 1;
            return;
        };
        // It may come again and again with the same sums, and each time a new counter begins behind it.
        if total.is_full_window() {
            self.counter.before = None;
            self.records.ignored += 1;
            return;
        }
        let last = payload.last.unwrap_or(total);
        // A subagent's own sums may be those of a parent's request that it repeats.
        if !self.thread.is_repeated() && !self.counter.seen.insert([total, last]) {
            self.records.ignored += 1;
            return;
        }
        let since = self.counter.before.and_then(|before| total.since(before));
        let is_new_base = since.is_none();
        self.counter.before = Some(total);
        // Where the counter begins anew, or before the file, the line itself says what was used last.
        let used = since.unwrap_or(last);
        let request = std::mem::take(&mut self.request);
        self.request = Request {
            trigger: request.trigger,
            number: request.number + 1,
            ..Request::default()
        };
        if self.thread.is_repeated() {
            self.records.ignored += 1;
            return;
        }
        self.counter.is_own |= is_new_base && total == last && self.thread.is_own();
        let trigger = if request.has_begun {
            request.start
        } else {
            request.trigger
        };
        self.add_request(request.number, trigger, time, used, [total, last]);
    }

    fn add_request(
        &mut self,
        number: u64,
        trigger: Option<Time>,
        time: Time,
        used: Usage,
        counts: [Usage; 2],
    ) {
        let trigger = trigger.filter(|t| *t <= time);
        let start = trigger.unwrap_or(time);
        let mut request = Operation::new(OperationKind::ModelRequest, start, self.file);
        if trigger.is_some() {
            request.duration = time.0 - start.0;
        }
        request.id = self.request_id(number);
        // Where a parent may have the same request, both sums tell that it is the same.
        let thread = if self.counter.is_own {
            &self.thread.own
        } else {
            self.thread.scope()
        };
        let counts = counts.map(Usage::bytes);
        request.key = hash128(&[b"request:", thread, b":", &counts[0], &counts[1]].concat());
        request.tokens = tokens(used);
        request.parent = self.task_id();
        request.flags = Flags::LEADS.with(Flags::HAS_TOKENS);
        self.place(&mut request, Kind::Request(self.model));
        self.records.operations.push(request);
    }

    fn begin_tool(&mut self, payload: &Payload<'_>, time: Time) {
        let id = [payload.call, payload.id]
            .into_iter()
            .find(|id| !id.is_empty())
            .unwrap_or_default();
        if self.thread.is_repeated() || self.tools.contains_key(id) {
            self.records.ignored += 1;
            return;
        }
        let mut tool = Operation::new(OperationKind::ToolCall, time, self.file);
        tool.parent = self.request_id(self.request.number);
        tool.flags = Flags::UNANSWERED.with(Flags::LEADS);
        tool.arguments = payload.arguments;
        let word = if payload.kind == b"local_shell_call" {
            self.records.catalog.name("local_shell")
        } else {
            self.names.word(payload.name, &mut self.records.catalog)
        };
        self.place(&mut tool, Kind::Tool(word));
        // Without an id nothing can answer it, and it must not hide another.
        let place: Box<[u8]> = if id.is_empty() {
            (self.records.operations.len() as u64).to_le_bytes().into()
        } else {
            tool.key = hash128(&[b"call:", id].concat());
            tool.id = hash64(id);
            id.into()
        };
        self.tools.insert(place, self.records.operations.len());
        self.open.push(self.records.operations.len());
        self.records.operations.push(tool);
        if SUBAGENT_TOOLS.contains(&payload.name) {
            self.event(EventKind::Subagent, id, time, Flags::default());
        }
    }

    fn answer(&mut self, payload: &Payload<'_>, time: Time) {
        self.request.trigger = Some(time);
        let Some(index) = self.tools.get(payload.call) else {
            return;
        };
        let tool = &mut self.records.operations[*index];
        if !tool.flags.has(Flags::UNANSWERED) {
            return;
        }
        tool.flags = Flags(tool.flags.0 & !Flags::UNANSWERED.0);
        tool.result = payload.tokens;
        let (duration, success) = output::told(payload.output);
        tool.duration = duration.unwrap_or((time.0 - tool.start.0).max(0));
        tool.outcome = match payload.success.or(success) {
            Some(true) => OutcomeKind::Ok,
            Some(false) => OutcomeKind::Error,
            None => OutcomeKind::Unknown,
        };
    }

    fn begin_task(&mut self, payload: &Payload<'_>, time: Time) {
        self.thread.turn(payload.turn, payload.started_at);
        self.request.give_up();
        if self.thread.is_repeated() {
            self.task = None;
            self.records.ignored += 1;
            return;
        }
        let mut task = Operation::new(OperationKind::Task, time, self.file);
        task.flags = Flags::UNANSWERED.with(Flags::LEADS);
        if !payload.turn.is_empty() {
            task.key = hash128(&[b"turn:", payload.turn].concat());
            task.id = hash64(&[b"turn:", payload.turn].concat());
        }
        self.place(&mut task, Kind::Other);
        // A turn that was never ended ends where the next one begins.
        self.end_task(OutcomeKind::Unknown, time);
        self.task = Some(self.records.operations.len());
        self.records.operations.push(task);
    }

    fn end_task(&mut self, outcome: OutcomeKind, time: Time) {
        if outcome == OutcomeKind::Cancelled {
            self.request.give_up();
        }
        self.end_calls(time);
        if let Some(index) = self.task.take() {
            let task = &mut self.records.operations[index];
            task.duration = (time.0 - task.start.0).max(0);
            task.outcome = outcome;
            if outcome != OutcomeKind::Unknown {
                task.flags = Flags(task.flags.0 & !Flags::UNANSWERED.0);
            }
        }
    }

    fn task_id(&self) -> u64 {
        self.task.map_or(0, |i| self.records.operations[i].id)
    }

    /// The id of the n-th request of the file, which its tools name before it is complete.
    fn request_id(&self, number: u64) -> u64 {
        hash64(&[b"request:", &*self.thread.own, &number.to_le_bytes()].concat())
    }

    /// Dimensions, identity and whose it is.
    fn place(&mut self, operation: &mut Operation, kind: Kind) {
        let catalog = &mut self.records.catalog;
        let is_subagent = self.thread.is_subagent;
        operation.dims = self.names.dims(kind, is_subagent, catalog);
        operation.identity = self.names.session(&self.thread.root, catalog);
        if is_subagent {
            operation.flags = operation.flags.with(Flags::SUBAGENT);
        }
    }

    /// An event; its copies in forks have the same `id` or, where they were not told apart, the same
    /// time.
    fn event(&mut self, kind: EventKind, id: &[u8], time: Time, leads: Flags) {
        if self.thread.is_repeated() {
            self.records.ignored += 1;
            return;
        }
        let is_subagent = self.thread.is_subagent;
        let mut key = [b"event:", self.thread.scope(), b":", id].concat();
        if matches!(
            kind,
            EventKind::Retry | EventKind::Compaction | EventKind::Other(_)
        ) {
            key.extend(time.0.to_le_bytes());
        }
        let catalog = &mut self.records.catalog;
        self.records.events.push(Event {
            key: hash128(&key),
            time,
            duration: -1,
            kind,
            subject: Name::NONE,
            from: Name::NONE,
            to: Name::NONE,
            dims: self.names.dims(Kind::Other, is_subagent, catalog),
            identity: self.names.session(&self.thread.root, catalog),
            file: self.file,
            flags: if is_subagent {
                leads.with(Flags::SUBAGENT)
            } else {
                leads
            },
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

/// What nobody has answered ends here.
fn end_unanswered(operation: &mut Operation, end: Time) {
    if operation.flags.has(Flags::UNANSWERED) {
        operation.outcome = OutcomeKind::Unknown;
        operation.duration = (end.0 - operation.start.0).max(0);
    }
}

/// Disjoint counts of what was used.
pub(super) fn tokens(used: Usage) -> Tokens {
    let count = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
    let cached = used.cached.min(used.input);
    let written = used.written.min(used.input - cached);
    Tokens {
        fresh: count(used.input - cached - written),
        cache_read: count(cached),
        cache_write: count(written),
        output: count(used.output),
        reasoning: count(used.reasoning.min(used.output)),
        ..Tokens::default()
    }
}
