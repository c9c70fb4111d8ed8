//! The events of runs become records: a task for each turn, its tool calls, the tokens of its thread.

use super::super::super::super::document::{Origin, Shaped};
use super::super::super::super::failure::failure;
use super::super::super::agent::{About, Log, Whose, text};
use super::super::line::Usage;
use super::super::session::tokens;
use super::event::{Event, Item, Used};
use crate::record::{
    EventKind, Flags, Hash128, Operation, OperationKind, OutcomeKind, Records, Tokens,
};
use crate::units::Time;

/// Items that are calls of a tool, as the client names them.
const TOOLS: &[&str] = &[
    "command_execution",
    "file_change",
    "web_search",
    "collab_tool_call",
];
const MCP: &str = "mcp_tool_call";

/// With what the client says that it tries again.
const RETRY: &str = "Reconnecting";

/// One file while it is read.
pub(super) struct Run<'r, 'z> {
    pub(super) log: Log<'r, 'z>,
    turn: Option<Turn>,
    /// Turns of the file until now.
    turns: u64,
}

/// A turn that has not ended.
#[derive(Debug, Default)]
struct Turn {
    /// Its tool calls, by their ids.
    calls: Vec<(String, Operation)>,
    retries: u32,
    /// A line began it, which counts for its task.
    has_begin: bool,
}

impl<'r, 'z> Run<'r, 'z> {
    pub(super) fn new(records: &'r mut Records, origin: Origin<'z>, name: &str) -> Self {
        let whose = Whose {
            // Until a line tells the thread.
            session: name.split('.').next().unwrap_or_default().to_owned(),
            agent: "main".into(),
            ..Whose::default()
        };
        Self {
            log: Log::new(records, origin, "codex", whose),
            turn: None,
            turns: 0,
        }
    }

    /// Takes one event.
    pub(super) fn take(&mut self, event: &Event<'_>) {
        let is_taken = match (text(&event.kind), event.item.get()) {
            ("thread.started", _) => {
                self.end(OutcomeKind::Unknown, None);
                let thread = text(&event.thread);
                if !thread.is_empty() {
                    thread.clone_into(&mut self.log.whose.session);
                }
                false
            }
            ("turn.started", _) => {
                self.end(OutcomeKind::Unknown, None);
                self.turn = Some(Turn {
                    has_begin: true,
                    ..Turn::default()
                });
                true
            }
            ("item.started" | "item.updated" | "item.completed", Some(item)) => self.item(item),
            ("turn.completed", _) => {
                let used = match &event.usage {
                    Shaped::Is(used) => self.used(used),
                    Shaped::Nothing => None,
                    Shaped::Other => {
                        self.log.wrong("usage is no object");
                        None
                    }
                };
                let has_begin = self.turn.get_or_insert_default().has_begin;
                self.end(OutcomeKind::Ok, used);
                !has_begin
            }
            ("turn.failed", _) => {
                let message = event.error.get().map_or("", |error| text(&error.message));
                let has_begin = self.turn.get_or_insert_default().has_begin;
                self.end(failure(message.as_bytes(), None), None);
                !has_begin
            }
            ("error", _) if text(&event.message).starts_with(RETRY) => {
                self.turn.get_or_insert_default().retries += 1;
                true
            }
            _ => false,
        };
        self.log.records.ignored += u64::from(!is_taken);
    }

    /// Ends the file: what did not end was killed.
    pub(super) fn finish(mut self) {
        self.end(OutcomeKind::Unknown, None);
    }

    /// Takes an item, and tells whether it is the first line of one that becomes a record.
    fn item(&mut self, item: &Item<'_>) -> bool {
        let kind = text(&item.kind);
        let name = match TOOLS.iter().find(|tool| **tool == kind) {
            Some(tool) => (*tool).to_owned(),
            // As rollouts name them.
            None if kind == MCP => ["mcp", text(&item.server), text(&item.tool)].join("__"),
            None => return false,
        };
        let outcome = outcome(item);
        let (turn, log) = (self.turn.get_or_insert_default(), &mut self.log);
        let id = text(&item.id);
        let known = turn.calls.iter().position(|(of, _)| of == id);
        let is_new = known.is_none() || id.is_empty();
        let at = known.filter(|_| !is_new).unwrap_or_else(|| {
            let call = log.timeless(OperationKind::ToolCall, About::Tool(&name));
            turn.calls.push((id.to_owned(), call));
            turn.calls.len() - 1
        });
        let call = &mut turn.calls[at].1;
        call.outcome = outcome.unwrap_or(OutcomeKind::Unknown);
        let open = call.flags.0 & !Flags::UNANSWERED.0;
        call.flags = Flags(open).with(Flags::LEADS);
        if outcome.is_none() {
            call.flags = call.flags.with(Flags::UNANSWERED);
        }
        is_new
    }

    /// The sums that a turn ends with.
    fn used(&mut self, used: &Used<'_>) -> Option<Tokens> {
        let faults = self.log.faults.len();
        let mut count = |field| self.log.count(field).map(u64::from).unwrap_or_default();
        let usage = Usage {
            input: count(&used.input),
            cached: count(&used.cached),
            written: count(&used.written),
            output: count(&used.output),
            reasoning: count(&used.reasoning),
            total: 0,
        };
        // A sum with a hole would be taken for a new beginning.
        let is_told = self.log.faults.len() == faults && usage != Usage::default();
        is_told.then(|| tokens(usage))
    }

    /// Ends the turn, if there is one.
    fn end(&mut self, outcome: OutcomeKind, used: Option<Tokens>) {
        let Some(turn) = self.turn.take() else {
            return;
        };
        self.turns += 1;
        let log = &mut self.log;
        // No id tells a turn: its copies are told by all that is known of it.
        let ended = format!("{outcome:?} {used:?} {}", self.turns);
        let begin = Hash128::default()
            .with(b"codex-result\0")
            .with(log.whose.session.as_bytes())
            .with(ended.as_bytes());
        let of_calls = turn.calls.iter().fold(begin, |key, (id, call)| {
            key.with(id.as_bytes())
                .with(&[0, call.outcome as u8])
                .with(&call.flags.0.to_le_bytes())
        });
        let key =
            |what: &str, n: usize| of_calls.with(what.as_bytes()).with(&n.to_le_bytes()).key();
        let mut task = log.timeless(OperationKind::Task, About::Other);
        task.key = key("turn", 0);
        #[allow(clippy::cast_possible_truncation)] // of a hash
        let id = task.key as u64;
        task.id = id;
        task.outcome = outcome;
        task.flags = task.flags.with(Flags::LEADS);
        if outcome == OutcomeKind::Unknown {
            task.flags = task.flags.with(Flags::UNANSWERED);
        }
        log.records.operations.push(task);
        for (n, (_, mut call)) in turn.calls.into_iter().enumerate() {
            call.parent = id;
            call.key = key("call", n);
            log.records.operations.push(call);
        }
        for n in 0..turn.retries {
            let event = log.event(EventKind::Retry, Time::EARLIEST, "");
            event.key = key("retry", n as usize);
            event.flags = event.flags.with(Flags::TIMELESS);
        }
        if let Some(used) = used {
            let mut sum = log.timeless(OperationKind::Other, About::Request("", ""));
            sum.parent = id;
            sum.key = key("sum", 0);
            sum.outcome = OutcomeKind::Unknown;
            sum.tokens = used;
            sum.flags = sum.flags.with(Flags::HAS_TOKENS);
            log.records.operations.push(sum);
        }
    }
}

/// How an item ended, if it did.
fn outcome(item: &Item<'_>) -> Option<OutcomeKind> {
    let code = item.exit_code.number().ok().flatten();
    match (text(&item.status), code) {
        ("in_progress", _) => None,
        ("declined", _) => Some(OutcomeKind::Cancelled),
        ("failed", _) => Some(OutcomeKind::Error),
        (_, Some(code)) if code != 0.0 => Some(OutcomeKind::Error),
        ("completed", _) | ("", Some(_)) => Some(OutcomeKind::Ok),
        _ => Some(OutcomeKind::Unknown),
    }
}
