//! What runs print becomes records: a task for each, tokens of its models, tool calls.

use std::collections::HashMap;

use super::super::super::super::document::{Field, Origin, Shaped};
use super::super::super::super::failure::failure;
use super::super::super::agent::{About, Log, Whose, text};
use super::super::chat::{PROVIDER, disjoint};
use super::record::{Model, Record, Stats, Tool};
use crate::record::{
    Flags, Hash128, Measured, Operation, OperationKind, OutcomeKind, Records, Sample, Tokens,
};
use crate::units::Time;

/// The metric that only documents know: seconds that requests took together.
const API_TIME: &str = "api_time";

/// Calls of one tool in one run, beyond which a count is none.
const MOST_CALLS: f64 = 10_000.0;

/// One file while it is read.
pub(super) struct Run<'r, 'z> {
    pub(super) log: Log<'r, 'z>,
    /// Where no line tells the session: its file.
    file: String,
    open: Option<Open>,
}

/// A stream whose result has not come.
#[derive(Debug, Default)]
struct Open {
    begin: Option<Time>,
    model: String,
    /// What the model is to answer: the prompt, or results of tools.
    asked: Option<Time>,
    /// The last of its reply that was told.
    heard: Option<Time>,
    /// Tool calls by their ids.
    calls: HashMap<String, usize>,
}

impl<'r, 'z> Run<'r, 'z> {
    pub(super) fn new(records: &'r mut Records, origin: Origin<'z>, name: &str) -> Self {
        let file = name.split('.').next().unwrap_or_default().to_owned();
        let whose = Whose {
            session: file.clone(),
            agent: "main".into(),
            ..Whose::default()
        };
        Self {
            log: Log::new(records, origin, "gemini_cli", whose),
            file,
            open: None,
        }
    }

    /// Takes an event, or a document.
    pub(super) fn take(&mut self, record: &Record<'_>) {
        let time = record.timestamp.text();
        let time = time.and_then(|text| self.log.origin.time(text));
        let is_taken = match text(&record.kind) {
            "init" => {
                self.end();
                self.session(record);
                self.open = Some(Open {
                    begin: time,
                    model: named(text(&record.model)),
                    asked: time,
                    ..Open::default()
                });
                true
            }
            "message" if text(&record.role) == "assistant" => {
                self.hear(time);
                false
            }
            "tool_use" => {
                self.hear(time);
                self.call(record, time)
            }
            "tool_result" => {
                self.reply(OutcomeKind::Ok);
                if let Some(open) = &mut self.open {
                    open.asked = open.asked.max(time);
                }
                self.answer(record, time);
                false
            }
            "result" => {
                let outcome = ended(record);
                if outcome != OutcomeKind::Ok && outcome != OutcomeKind::Unknown {
                    // What was under way has failed.
                    self.hear(time);
                }
                self.reply(outcome);
                let open = self.open.take();
                let has_begin = open.is_some();
                self.result(record, outcome, &open.unwrap_or_default(), time);
                !has_begin
            }
            "" if record.stats.get().is_some() || record.error.get().is_some() => {
                self.end();
                self.session(record);
                self.document(record);
                true
            }
            _ => false,
        };
        self.log.records.ignored += u64::from(!is_taken);
    }

    /// Ends the file: a stream without a result was killed.
    pub(super) fn finish(mut self) {
        self.end();
    }

    fn session(&mut self, record: &Record<'_>) {
        let session = match text(&record.session) {
            "" => &self.file,
            session => session,
        };
        session.clone_into(&mut self.log.whose.session);
    }

    fn end(&mut self) {
        self.reply(OutcomeKind::Unknown);
        let Some(open) = self.open.take() else { return };
        let mut task = self.task(&open, None);
        task.outcome = OutcomeKind::Unknown;
        task.flags = task.flags.with(Flags::UNANSWERED);
        self.log.records.operations.push(task);
    }

    /// Something of a reply is told.
    fn hear(&mut self, time: Option<Time>) {
        if let Some(open) = &mut self.open {
            open.heard = open.heard.max(time);
        }
    }

    /// What was told of a reply is all of it: a request, from what it answers to its end.
    fn reply(&mut self, outcome: OutcomeKind) {
        let Some(open) = &mut self.open else { return };
        let (Some(asked), Some(heard)) = (open.asked, open.heard.take()) else {
            return;
        };
        open.asked = None;
        let about = About::Request(&open.model, PROVIDER);
        let mut request =
            self.log
                .operation(OperationKind::ModelRequest, asked, Some(heard), about);
        request.key = self.log.key("result of request", &asked.0.to_string());
        request.outcome = outcome;
        self.log.records.operations.push(request);
    }

    /// A task that began then, with its key and id.
    fn task(&mut self, open: &Open, end: Option<Time>) -> Operation {
        let mut task = match open.begin.or(end) {
            Some(start) => {
                let end = open.begin.and(end);
                self.log
                    .operation(OperationKind::Task, start, end, About::Other)
            }
            None => self.log.timeless(OperationKind::Task, About::Other),
        };
        let id = task.start.0.to_string();
        self.identify(&mut task, "run", &id);
        task.flags = task.flags.with(Flags::LEADS);
        task
    }

    fn identify(&self, operation: &mut Operation, what: &str, id: &str) {
        operation.key = self.log.key(what, id);
        #[allow(clippy::cast_possible_truncation)] // of a hash
        let id = operation.key as u64;
        operation.id = id;
    }

    fn call(&mut self, record: &Record<'_>, time: Option<Time>) -> bool {
        let Some(time) = time else {
            self.log
                .skipped("a tool call without a time that can be read");
            return true;
        };
        let about = About::Tool(text(&record.tool));
        let id = text(&record.call);
        let open = self.open.get_or_insert_default();
        if open.calls.contains_key(id) {
            return false;
        }
        let log = &mut self.log;
        let mut call = log.operation(OperationKind::ToolCall, time, None, about);
        // Not that of the chat: which of the two counts is decided by session.
        call.key = log.key("result of tool", id);
        call.outcome = OutcomeKind::Unknown;
        call.flags = call.flags.with(Flags::LEADS).with(Flags::UNANSWERED);
        if !id.is_empty() {
            open.calls
                .insert(id.to_owned(), log.records.operations.len());
        }
        log.records.operations.push(call);
        true
    }

    fn answer(&mut self, record: &Record<'_>, time: Option<Time>) {
        let open = self.open.as_ref();
        let Some(at) = open.and_then(|open| open.calls.get(text(&record.call))) else {
            return;
        };
        let call = &mut self.log.records.operations[*at];
        if !call.flags.has(Flags::UNANSWERED) {
            return;
        }
        call.flags = Flags(call.flags.0 & !Flags::UNANSWERED.0);
        call.duration = time.map_or(-1, |time| (time.0 - call.start.0).max(0));
        call.outcome = match (text(&record.status), record.error.get()) {
            ("success", _) => OutcomeKind::Ok,
            (_, Some(error)) => failure(text(&error.kind).as_bytes(), None),
            ("error", None) => OutcomeKind::Error,
            _ => OutcomeKind::Unknown,
        };
    }

    /// The result of a stream.
    fn result(
        &mut self,
        record: &Record<'_>,
        outcome: OutcomeKind,
        open: &Open,
        time: Option<Time>,
    ) {
        let mut task = self.task(open, time);
        let stats = record.stats.get();
        let nothing = Field::Nothing;
        let told = self.milliseconds(stats.map_or(&nothing, |stats| &stats.duration));
        if let Some(told) = told {
            task.duration = told;
        }
        task.outcome = outcome;
        self.log.records.operations.push(task);
        let Some(stats) = stats else { return };
        let models = self.models(stats);
        if models.is_empty() {
            // Older clients tell of all models together.
            let all = Model {
                total: stats.total.clone(),
                input: stats.input.clone(),
                output: stats.output.clone(),
                cached: stats.cached.clone(),
                ..Model::default()
            };
            if let Some(tokens) = self.tokens(&all) {
                self.used(&task, &open.model, tokens);
            }
        }
        for (model, tokens) in models {
            self.used(&task, &model, tokens);
        }
    }

    /// The document of a run.
    fn document(&mut self, record: &Record<'_>) {
        let mut task = self.log.timeless(OperationKind::Task, About::Other);
        task.outcome = match record.error.get() {
            Some(error) => {
                let code = error.code.number().ok().flatten();
                #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // saturates
                let status = code.map(|code| code as u64);
                failure(text(&error.kind).as_bytes(), status)
            }
            None => OutcomeKind::Ok,
        };
        task.flags = task.flags.with(Flags::LEADS);
        let stats = record.stats.get();
        let models = stats.map_or_else(Vec::new, |stats| self.models(stats));
        let latency = stats.and_then(|stats| self.latency(stats));
        // Nothing but what it tells distinguishes a run from the next one of its session.
        let told = format!("{:?} {models:?} {latency:?}", task.outcome);
        self.identify(&mut task, "result", &told);
        self.log.records.operations.push(task);
        for (model, tokens) in models {
            self.used(&task, &model, tokens);
        }
        if let Some(latency) = latency {
            let catalog = &mut self.log.records.catalog;
            let metric = Measured::Custom(catalog.name(API_TIME));
            self.log.records.samples.push(Sample {
                key: task.key,
                time: Time::EARLIEST,
                value: latency,
                metric,
                dims: task.dims,
                identity: task.identity,
                file: task.file,
                flags: Flags::TIMELESS,
            });
        }
        let tools = stats.and_then(|stats| stats.tools.get()?.by_name.get());
        for (name, tool) in tools.into_iter().flatten() {
            if let Some(tool) = tool.get() {
                self.calls(&task, name, tool);
            }
        }
    }

    /// Tokens that a model used in a run.
    fn used(&mut self, task: &Operation, model: &str, tokens: Tokens) {
        let about = About::Request(model, PROVIDER);
        let mut used = self.log.timeless(OperationKind::Other, about);
        if !task.flags.has(Flags::TIMELESS) {
            used.start = task.start;
            used.flags = Flags(used.flags.0 & !Flags::TIMELESS.0);
        }
        used.parent = task.id;
        used.key = part_of(task, &["tokens", model]);
        used.outcome = OutcomeKind::Unknown;
        used.tokens = tokens;
        used.flags = used.flags.with(Flags::HAS_TOKENS);
        self.log.records.operations.push(used);
    }

    /// Calls of a tool of which only is told how many there were, and how they ended.
    fn calls(&mut self, task: &Operation, name: &str, tool: &Tool<'_>) {
        let mut n = 0_u32;
        for (field, outcome) in [
            (&tool.success, OutcomeKind::Ok),
            (&tool.fail, OutcomeKind::Error),
        ] {
            let count = match field.number() {
                Ok(None) => continue,
                Ok(Some(count)) if (0.0..=MOST_CALLS).contains(&count) && count.fract() == 0.0 => {
                    count
                }
                _ => {
                    self.log.wrong("a count of tool calls is none");
                    continue;
                }
            };
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // checked
            for _ in 0..count as u32 {
                let about = About::Tool(name);
                let mut call = self.log.timeless(OperationKind::ToolCall, about);
                call.parent = task.id;
                call.key = part_of(task, &["call", name, &n.to_string()]);
                call.outcome = outcome;
                self.log.records.operations.push(call);
                n += 1;
            }
        }
    }

    /// The models of a run, with their tokens.
    fn models(&mut self, stats: &Stats<'_>) -> Vec<(String, Tokens)> {
        let models = match &stats.models {
            Shaped::Is(models) => models,
            Shaped::Nothing => return Vec::new(),
            Shaped::Other => {
                self.log.wrong("models is no object");
                return Vec::new();
            }
        };
        let mut all = Vec::new();
        for (name, model) in models {
            let Some(model) = model.get() else {
                self.log.wrong("what a model used is no object");
                continue;
            };
            if let Some(tokens) = self.tokens(model) {
                all.push((name.clone(), tokens));
            }
        }
        all
    }

    fn tokens(&mut self, model: &Model<'_>) -> Option<Tokens> {
        let [input, output, cached, thoughts, tool] = if let Some(used) = model.tokens.get() {
            [
                &used.prompt,
                &used.candidates,
                &used.cached,
                &used.thoughts,
                &used.tool,
            ]
            .map(|field| self.log.count(field).unwrap_or_default())
        } else {
            let [input, output, cached, total] =
                [&model.input, &model.output, &model.cached, &model.total]
                    .map(|field| self.log.count(field).unwrap_or_default());
            let thoughts = total.saturating_sub(input).saturating_sub(output);
            [input, output, cached, thoughts, 0]
        };
        disjoint(input, output, cached, thoughts, tool)
    }

    /// Seconds that the requests of all models took together.
    fn latency(&mut self, stats: &Stats<'_>) -> Option<f64> {
        let models = stats.models.get()?.values().filter_map(Shaped::get);
        let latencies = models.filter_map(|model| Some(&model.api.get()?.latency));
        let mut all = None;
        for latency in latencies {
            #[allow(clippy::cast_precision_loss)] // days of it are exact
            let seconds = self.milliseconds(latency).map(|nanos| nanos as f64 / 1e9);
            all = seconds
                .map(|seconds| seconds + all.unwrap_or_default())
                .or(all);
        }
        all
    }

    /// Milliseconds as nanoseconds.
    fn milliseconds(&mut self, field: &Field<'_>) -> Option<i64> {
        match field.number() {
            Ok(None) => None,
            #[allow(clippy::cast_possible_truncation)] // saturates
            Ok(Some(millis)) if millis >= 0.0 => Some((millis * 1e6).round() as i64),
            _ => {
                self.log.wrong("a time in milliseconds is none");
                None
            }
        }
    }
}

/// The model that a run asks for, unless the client chooses one for each request.
fn named(model: &str) -> String {
    if model.starts_with("auto") {
        String::new()
    } else {
        model.to_owned()
    }
}

/// How a stream ended.
fn ended(record: &Record<'_>) -> OutcomeKind {
    match (text(&record.status), record.error.get()) {
        ("success", _) => OutcomeKind::Ok,
        ("", None) => OutcomeKind::Unknown,
        (_, error) => failure(error.map_or("", |e| text(&e.kind)).as_bytes(), None),
    }
}

/// A key of what belongs to a run.
fn part_of(task: &Operation, what: &[&str]) -> u128 {
    let begin = Hash128::default().with(&task.key.to_le_bytes());
    begin.with(what.join("\0").as_bytes()).key()
}
