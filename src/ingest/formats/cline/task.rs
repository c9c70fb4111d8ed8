//! The messages of a task's window become records.

use std::collections::HashMap;

use super::super::super::document::Field;
use super::super::super::failure::{failure, failure_told};
use super::super::agent::{About, Log, millis, text};
use super::client::Client;
use super::entry::{Entry, Refusal, Request, Retry, Tool};
use crate::record::{EventKind, Flags, Operation, OperationKind, OutcomeKind, Tokens, hash64};
use crate::units::Time;

/// One task while it is read.
pub(super) struct Task<'r, 'z> {
    pub(super) log: Log<'r, 'z>,
    client: Client,
    is_begun: bool,
    /// The last request, and the last call of a tool server, as numbers of operations.
    request: Option<usize>,
    /// How the last request ended in the end, by its own text.
    told: OutcomeKind,
    /// A retry is announced, and is still to be made.
    is_waiting: bool,
    server_call: Option<usize>,
    /// How often something of one kind and name was told at one time.
    met: HashMap<String, u32>,
}

impl<'r, 'z> Task<'r, 'z> {
    pub(super) fn new(log: Log<'r, 'z>, client: Client) -> Self {
        Self {
            log,
            client,
            is_begun: false,
            request: None,
            told: OutcomeKind::Unknown,
            is_waiting: false,
            server_call: None,
            met: HashMap::new(),
        }
    }

    /// Takes one entry.
    pub(super) fn entry(&mut self, entry: &Entry<'_>) {
        let Some(time) = millis(&entry.ts) else {
            return self.log.skipped("an entry without a time that can be read");
        };
        let is_first = !std::mem::replace(&mut self.is_begun, true);
        // What was never said to its end was not done either.
        if entry.partial == Field::Bool(true) {
            self.log.records.ignored += 1;
            return;
        }
        match (text(&entry.say), text(&entry.ask)) {
            ("api_req_started", _) => {
                // A reply that broke off is asked for again by another request.
                if std::mem::take(&mut self.is_waiting) {
                    self.event(EventKind::Retry, time);
                }
                self.begin(entry, time);
            }
            ("api_req_finished", _) => self.finish_request(entry, time),
            (_, "api_req_failed") => self.fail(entry),
            ("api_req_retried", _) => self.retry(time),
            ("error_retry", _) => {
                let retry = self.told::<Retry<'_>>(entry).unwrap_or_default();
                self.is_waiting = retry.failed != Field::Bool(true);
                self.log.records.ignored += 1;
            }
            ("api_req_retry_delayed", _) => self.event(EventKind::Retry, time),
            ("deleted_api_reqs" | "subagent_usage", _) => self.sum(entry, time),
            ("condense_context", _) => self.condense(entry, time),
            ("sliding_window_truncation", _) => self.event(EventKind::Compaction, time),
            ("tool", _) | (_, "tool") => {
                let name = self.told::<Tool<'_>>(entry);
                let name = name.map(|tool| text(&tool.tool).to_owned());
                self.call(&name.unwrap_or_default(), time);
            }
            ("command", _) | (_, "command") => {
                self.call("command", time);
            }
            ("browser_action", _) => {
                self.call("browser_action", time);
            }
            ("use_mcp_server", _) | (_, "use_mcp_server") => {
                let name = self.told::<Tool<'_>>(entry);
                let name = name.map(|tool| text(&tool.name).to_owned());
                self.server_call = Some(self.call(&name.unwrap_or_default(), time));
            }
            ("mcp_server_request_started", _) => {
                if let Some(call) = self.server_call {
                    self.log.records.operations[call].start = time;
                }
            }
            ("mcp_server_response", _) => {
                if let Some(call) = self.server_call.take() {
                    let call = &mut self.log.records.operations[call];
                    call.duration = (time.0 - call.start.0).max(0);
                }
            }
            ("task" | "user_feedback" | "user_feedback_diff", _) => {
                // Who writes something new does not wait for a retry any more.
                self.is_waiting = false;
                self.event(EventKind::Prompt, time);
            }
            ("text", _) if is_first => self.event(EventKind::Prompt, time),
            _ => self.log.records.ignored += 1,
        }
    }

    /// What the text of an entry tells, where it is JSON of that shape.
    fn told<'e, T: serde::Deserialize<'e>>(&mut self, entry: &'e Entry<'_>) -> Option<T> {
        let told = serde_json::from_str(text(&entry.text)).ok();
        if told.is_none() {
            self.log.wrong("a text that should be JSON is none");
        }
        told
    }

    fn begin(&mut self, entry: &Entry<'_>, time: Time) {
        let request = self.told::<Request<'_>>(entry).unwrap_or_default();
        let info = entry.model.get();
        let model = info.map_or("", |info| text(&info.model));
        let model = if model.is_empty() {
            text(&request.model)
        } else {
            model
        };
        let provider = info.map_or("", |info| text(&info.provider));
        let about = About::Request(model, provider);
        let mut operation = self
            .log
            .operation(OperationKind::ModelRequest, time, None, about);
        operation.key = self.key("request", "", time);
        operation.id = hash64(&operation.key.to_le_bytes());
        operation.flags = operation.flags.with(Flags::LEADS);
        self.fill(&mut operation, &request, provider, time);
        self.told = match text(&request.cancelled) {
            "" if operation.flags.has(Flags::HAS_TOKENS) => OutcomeKind::Ok,
            "" => OutcomeKind::Unknown,
            "user_cancelled" => OutcomeKind::Cancelled,
            _ => refusal(text(&request.failure)),
        };
        operation.outcome = self.told;
        self.request = Some(self.log.records.operations.len());
        self.log.records.operations.push(operation);
    }

    /// Older clients tell when a request was done, and only then what it used.
    fn finish_request(&mut self, entry: &Entry<'_>, time: Time) {
        let Some(index) = self.request else {
            self.log.records.ignored += 1;
            return;
        };
        let request = self.told::<Request<'_>>(entry).unwrap_or_default();
        let mut operation = self.log.records.operations[index];
        let start = operation.start;
        operation.duration = (time.0 - start.0).max(0);
        let provider = entry.model.get().map_or("", |info| text(&info.provider));
        self.fill(&mut operation, &request, provider, start);
        if operation.outcome == OutcomeKind::Unknown {
            operation.outcome = OutcomeKind::Ok;
        }
        self.log.records.operations[index] = operation;
    }

    fn fail(&mut self, entry: &Entry<'_>) {
        match self.request {
            Some(index) => {
                self.log.records.operations[index].outcome = refusal(text(&entry.text));
            }
            None => self.log.records.ignored += 1,
        }
    }

    /// The request goes on. Its text is rewritten when it succeeds, so that it tells of all attempts how they ended;
    /// why one failed may be told with the failure alone.
    fn retry(&mut self, time: Time) {
        self.is_waiting = false;
        self.event(EventKind::Retry, time);
        if let Some(index) = self.request
            && self.told != OutcomeKind::Error
        {
            self.log.records.operations[index].outcome = self.told;
        }
    }

    /// Requests that are told as a sum only: of a part that was taken back, of subagents.
    fn sum(&mut self, entry: &Entry<'_>, time: Time) {
        let Some(request) = self.told::<Request<'_>>(entry) else {
            return;
        };
        let mut operation = self
            .log
            .operation(OperationKind::Other, time, None, About::Other);
        operation.key = self.key("sum", "", time);
        operation.outcome = OutcomeKind::Unknown;
        operation.flags = operation.flags.with(Flags::LEADS);
        if text(&entry.say) == "subagent_usage" {
            operation.flags = operation.flags.with(Flags::SUBAGENT);
        }
        self.fill(&mut operation, &request, "", time);
        self.log.records.operations.push(operation);
    }

    fn condense(&mut self, entry: &Entry<'_>, time: Time) {
        self.event(EventKind::Compaction, time);
        let Some(condense) = entry.condense.get() else {
            return;
        };
        if let Some(before) = self.log.count(&condense.before)
            && let Some(event) = self.log.records.events.last_mut()
        {
            event.from = self.log.records.catalog.name(&before.to_string());
        }
        let cost = self.log.cost(&condense.cost);
        if cost >= 0 {
            let mut operation = self
                .log
                .operation(OperationKind::Other, time, None, About::Other);
            operation.key = self.key("condense", "", time);
            operation.outcome = OutcomeKind::Unknown;
            operation.cost = cost;
            self.log.records.operations.push(operation);
        }
    }

    fn call(&mut self, name: &str, time: Time) -> usize {
        let mut operation =
            self.log
                .operation(OperationKind::ToolCall, time, None, About::Tool(name));
        operation.key = self.key("tool", name, time);
        operation.outcome = OutcomeKind::Unknown;
        operation.flags = operation.flags.with(Flags::LEADS);
        operation.parent = self
            .request
            .map_or(0, |request| self.log.records.operations[request].id);
        self.log.records.operations.push(operation);
        self.log.records.operations.len() - 1
    }

    fn event(&mut self, kind: EventKind, time: Time) {
        self.log.event(kind, time, &format!("{} {kind:?}", time.0));
    }

    /// A key of the entry, which copies of the task have too: tools of one reply may be told in the same millisecond.
    fn key(&mut self, what: &str, name: &str, time: Time) -> u128 {
        let id = format!("{} {name}", time.0);
        let met = self.met.entry(format!("{what} {id}")).or_default();
        *met += 1;
        self.log.key(what, &format!("{id} {met}"))
    }

    /// Tokens and cost of a request, where it tells any: clients write zeros where they know nothing.
    fn fill(&mut self, operation: &mut Operation, told: &Request<'_>, provider: &str, time: Time) {
        let [input, output, read, write] = [&told.input, &told.output, &told.read, &told.write]
            .map(|field| self.log.count(field).unwrap_or_default());
        if [input, output, read, write].iter().any(|n| *n > 0) {
            let cached = read.saturating_add(write);
            let protocol = text(&told.protocol);
            operation.tokens = Tokens {
                fresh: self.client.fresh(input, cached, provider, protocol, time),
                cache_read: read,
                cache_write: write,
                output,
                ..Tokens::default()
            };
            operation.flags = operation.flags.with(Flags::HAS_TOKENS);
        }
        let cost = self.log.cost(&told.cost);
        operation.cost = operation.cost.max(cost);
    }
}

/// Which failure: newer clients tell it as JSON, older ones as a message.
fn refusal(told: &str) -> OutcomeKind {
    let Ok(refusal) = serde_json::from_str::<Refusal<'_>>(told) else {
        return failure_told(told.trim());
    };
    let [status, code] = [&refusal.status, &refusal.code].map(|field| field.number().ok()?);
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // saturates
    let status = status.or(code).map(|status| status as u64);
    failure(text(&refusal.code).as_bytes(), status)
}
