//! A simulation becomes records: its task, the agent's requests and tool calls, what the customer said.

use super::super::super::document::{Field, Listed, Origin, Shaped, is_word};
use super::super::agent::{About, Log, Whose, text};
use super::super::tau_bench::{NO_COST, NO_REWARD, id, judged, user_cost};
use super::record::{Call, Info, Message, Record};
use crate::place::ProblemKind;
use crate::record::{EventKind, Flags, OperationKind, OutcomeKind, Records, Tokens, hash64};
use crate::units::{NANOS, Time};

/// How a simulation ended that cannot be judged, as the benchmark itself counts.
const NOT_JUDGED: [&str; 2] = ["infrastructure_error", "context_window_exceeded"];

/// What all simulations of a file have in common.
pub(super) struct Common {
    agent: String,
    domain: String,
    model: String,
}

impl Common {
    pub(super) fn of(info: Option<&Info<'_>>) -> Self {
        let agent = info.and_then(|info| info.agent_info.get());
        let domain = info.and_then(|info| info.environment_info.get());
        let word = |field: Option<&Field<'_>>| {
            let text = field.map(text).filter(|text| is_word(text));
            text.unwrap_or_default().to_owned()
        };
        Self {
            agent: word(agent.map(|agent| &agent.implementation)),
            domain: word(domain.map(|domain| &domain.domain_name)),
            model: word(agent.map(|agent| &agent.llm)),
        }
    }
}

/// The records of one simulation after another.
pub(super) struct Simulation<'r, 'z>(Log<'r, 'z>);

/// How far a talk has come.
struct Talk<'m> {
    /// When the message before was there.
    time: Time,
    task: u64,
    model: &'m str,
    /// What the customer said last, until the agent answers: its time and number.
    said: Option<(Time, usize)>,
    /// Calls without a result: their ids, and where their records are.
    open: Vec<(String, usize)>,
    has_cost: bool,
}

impl<'r, 'z> Simulation<'r, 'z> {
    pub(super) fn new(records: &'r mut Records, origin: Origin<'z>) -> Self {
        Self(Log::new(records, origin, "tau2_bench", Whose::default()))
    }

    /// Notes a file that tells of no simulation.
    pub(super) fn ignore(&mut self) {
        self.0.records.ignored += 1;
    }

    /// Takes a simulation. `tell` is told each fault with the number of its message.
    pub(super) fn take(
        &mut self,
        record: &Record<'_>,
        common: &Common,
        mut tell: impl FnMut(usize, ProblemKind, &'static str),
    ) {
        let (session, task) = (id(&record.id), id(&record.task_id));
        let (Some(session), Some(task)) = (session, task) else {
            return tell(
                0,
                ProblemKind::Skipped,
                "a simulation without an id or a task",
            );
        };
        let time = |field: &Field<'_>| field.text().and_then(|t| self.0.origin.time(t));
        let Some(start) = time(&record.start_time) else {
            let reason = "a simulation without a time that can be read";
            return tell(0, ProblemKind::Skipped, reason);
        };
        let end = seconds(&record.duration)
            .map(|nanos| Time(start.0.saturating_add(nanos)))
            .or_else(|| time(&record.end_time));
        self.0.whose = Whose {
            session,
            // Domains number their tasks from 0 each.
            task: [&common.domain, " ", &task]
                .concat()
                .trim_start()
                .to_owned(),
            project: common.domain.clone(),
            agent: common.agent.clone(),
            is_subagent: false,
        };
        let log = &mut self.0;
        let mut run = log.operation(OperationKind::Task, start, end, About::Other);
        run.key = log.key("task", "task");
        run.id = hash64(&run.key.to_le_bytes());
        run.flags = run.flags.with(Flags::LEADS);
        let reason = text(&record.termination_reason);
        let reward = record.reward_info.get().map(|info| &info.reward);
        let reward = reward.filter(|_| !NOT_JUDGED.contains(&reason));
        (run.outcome, run.details) = judged(log.records, reward.unwrap_or(&Field::Nothing), || {
            log.faults.push((ProblemKind::Value, NO_REWARD));
        });
        if reason == "timeout" {
            run.outcome = OutcomeKind::Timeout;
        }
        let mut talk = Talk {
            time: start,
            task: run.id,
            model: &common.model,
            said: None,
            open: Vec::new(),
            has_cost: false,
        };
        let place = log.records.operations.len();
        log.records.operations.push(run);
        user_cost(log.records, &run, &record.user_cost, || {
            log.faults.push((ProblemKind::Value, NO_COST));
        });
        self.tell(0, &mut tell);
        if let Listed::Of(messages, _) = &record.messages {
            for (number, message) in messages.iter().enumerate() {
                match message {
                    Shaped::Is(message) => self.message(message, number, &mut talk),
                    _ => self.0.skipped("an entry that is no message"),
                }
                self.tell(number, &mut tell);
            }
        }
        // What its requests do not tell.
        if !talk.has_cost {
            let cost = self.0.cost(&record.agent_cost);
            self.0.records.operations[place].cost = cost;
            self.tell(0, &mut tell);
        }
    }

    fn tell(&mut self, number: usize, tell: &mut impl FnMut(usize, ProblemKind, &'static str)) {
        for (kind, reason) in self.0.faults.drain(..) {
            tell(number, kind, reason);
        }
    }

    fn message(&mut self, message: &Message<'_>, number: usize, talk: &mut Talk<'_>) {
        if let Listed::Of(results, _) = &message.tool_messages {
            for result in results.iter().filter_map(Shaped::get) {
                self.message(result, number, talk);
            }
            return;
        }
        let time = message.timestamp.text().and_then(|t| self.0.origin.time(t));
        let Some(time) = time else {
            return self.0.skipped("a message without a time that can be read");
        };
        match text(&message.role) {
            "assistant" => self.reply(message, time, number, talk),
            "user" if !matches!(message.tool_calls, Listed::Of(_, _)) => {
                talk.said = Some((time, number));
            }
            "tool" if text(&message.requestor) != "user" => self.result(message, time, talk),
            // What the customer does himself.
            _ => self.0.records.ignored += 1,
        }
        talk.time = talk.time.max(time);
    }

    /// The request that a message ends, and its tool calls. The first message of a talk needs no model.
    fn reply(&mut self, message: &Message<'_>, time: Time, number: usize, talk: &mut Talk<'_>) {
        if let Some((time, number)) = talk.said.take() {
            self.0.event(EventKind::Prompt, time, &number.to_string());
        }
        if message.usage.get().is_none() && message.raw_data.get().is_none() {
            self.0.records.ignored += 1;
            return;
        }
        let raw = message.raw_data.get();
        let model = raw
            .map(|raw| text(&raw.model))
            .filter(|model| !model.is_empty());
        let about = About::Request(model.unwrap_or(talk.model), "");
        let start = match seconds(&message.generation_time_seconds) {
            Some(nanos) => Time(time.0.saturating_sub(nanos)),
            None => talk.time.min(time),
        };
        let kind = OperationKind::ModelRequest;
        let mut request = self.0.operation(kind, start, Some(time), about);
        request.key = self.0.key("request", &number.to_string());
        request.id = hash64(&request.key.to_le_bytes());
        request.parent = talk.task;
        request.flags = request.flags.with(Flags::LEADS);
        self.tokens(message, &mut request.tokens, &mut request.flags);
        request.cost = self.0.cost(&message.cost);
        talk.has_cost |= request.cost >= 0;
        self.0.records.operations.push(request);
        if let Listed::Of(calls, _) = &message.tool_calls {
            for (place, call) in calls.iter().filter_map(Shaped::get).enumerate() {
                self.call(call, time, request.id, (number, place), talk);
            }
        }
    }

    /// Disjoint tokens.
    fn tokens(&mut self, message: &Message<'_>, tokens: &mut Tokens, flags: &mut Flags) {
        let Some(usage) = message.usage.get() else {
            return;
        };
        let log = &mut self.0;
        let prompt = log.count(&usage.prompt_tokens);
        let output = log.count(&usage.completion_tokens);
        if prompt.is_none() && output.is_none() {
            return;
        }
        if prompt.is_none() != output.is_none() {
            *flags = flags.with(Flags::OUTPUT_IS_LOWER_BOUND);
        }
        *flags = flags.with(Flags::HAS_TOKENS);
        tokens.fresh = prompt.unwrap_or_default();
        tokens.output = output.unwrap_or_default();
        let raw = message.raw_data.get().and_then(|raw| raw.usage.get());
        let Some(raw) = raw else {
            return;
        };
        if let Some(fresh) = log.count(&raw.input_tokens) {
            tokens.fresh = fresh;
            tokens.cache_read = log.count(&raw.cache_read_input_tokens).unwrap_or_default();
            tokens.cache_write = log
                .count(&raw.cache_creation_input_tokens)
                .unwrap_or_default();
        } else if let Some(details) = raw.prompt_tokens_details.get() {
            let cached = log.count(&details.cached_tokens).unwrap_or_default();
            tokens.cache_read = cached.min(tokens.fresh);
            tokens.fresh -= tokens.cache_read;
        }
    }

    fn call(
        &mut self,
        call: &Call<'_>,
        time: Time,
        request: u64,
        (number, place): (usize, usize),
        talk: &mut Talk<'_>,
    ) {
        let about = About::Tool(text(&call.name));
        let mut tool = self.0.operation(OperationKind::ToolCall, time, None, about);
        tool.parent = request;
        tool.key = self.0.key("tool", &format!("{number}/{place}"));
        tool.outcome = OutcomeKind::Unknown;
        tool.flags = tool.flags.with(Flags::UNANSWERED);
        let operations = &mut self.0.records.operations;
        talk.open
            .push((text(&call.id).to_owned(), operations.len()));
        operations.push(tool);
    }

    /// Results come one after another: each call ran since the message before its result.
    fn result(&mut self, message: &Message<'_>, time: Time, talk: &mut Talk<'_>) {
        let call = text(&message.id);
        let Some(at) = talk.open.iter().position(|(open, _)| open == call) else {
            self.0.records.ignored += 1;
            return;
        };
        let (_, at) = talk.open.remove(at);
        let tool = &mut self.0.records.operations[at];
        tool.start = talk.time.min(time);
        tool.duration = time.0 - tool.start.0;
        tool.flags = Flags(tool.flags.0 & !Flags::UNANSWERED.0);
        tool.outcome = match message.error {
            Field::Bool(true) => OutcomeKind::Error,
            Field::Bool(false) => OutcomeKind::Ok,
            _ => OutcomeKind::Unknown,
        };
    }
}

/// Seconds as nanoseconds.
fn seconds(field: &Field<'_>) -> Option<i64> {
    match field.number() {
        #[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)] // checked
        Ok(Some(seconds)) if (0.0..1e9).contains(&seconds) => {
            Some((seconds * NANOS as f64).round() as i64)
        }
        _ => None,
    }
}
