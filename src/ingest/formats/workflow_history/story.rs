//! What the entries of one file tell together: how long each state lasted, which end belongs to
//! which start.

use std::collections::{HashMap, VecDeque};

use super::event::Entry;
use crate::ingest::document::{Origin, is_word};
use crate::record::{
    Dimension, Event, EventKind, Flags, Identity, Operation, OperationKind, OutcomeKind, Records,
    hash64,
};
use crate::units::Time;

const TIMES: &[&str] = &["timestamp", "time"];

/// The entries of one file.
#[derive(Debug, Default)]
pub(super) struct Story {
    happenings: Vec<Happening>,
    project: String,
}

/// Something that happened, without anybody's text.
#[derive(Debug)]
struct Happening {
    time: Time,
    what: What,
    project: String,
    story: String,
}

#[derive(Debug)]
enum What {
    Transition {
        machine: &'static str,
        from: String,
        to: String,
    },
    Switch {
        kind: EventKind,
        from: String,
        to: String,
        duration: Option<i64>,
        phase: Phase,
    },
    Activity {
        agent: String,
        /// Hash of the action, which may be a sentence.
        action: u64,
        phase: Phase,
    },
}

/// Where in something that lasts an entry stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Started,
    Ended(OutcomeKind),
}

impl Phase {
    fn of(entry: &Entry<'_>) -> Option<Self> {
        Some(match entry.text(&["status"])? {
            "started" | "start" | "running" => Phase::Started,
            "completed" | "complete" | "success" => Phase::Ended(OutcomeKind::Ok),
            "failed" | "error" => Phase::Ended(OutcomeKind::Error),
            "timeout" => Phase::Ended(OutcomeKind::Timeout),
            "cancelled" => Phase::Ended(OutcomeKind::Cancelled),
            _ => return None,
        })
    }
}

impl Story {
    /// The project of entries that name none.
    pub(super) fn set_project(&mut self, project: Option<&str>) {
        project
            .filter(|p| is_word(p))
            .unwrap_or_default()
            .clone_into(&mut self.project);
    }

    /// Takes an entry.
    ///
    /// # Errors
    /// It tells nothing, or not when.
    pub(super) fn take(
        &mut self,
        entry: &Entry<'_>,
        origin: &Origin<'_>,
        records: &mut Records,
    ) -> Result<(), &'static str> {
        let kind = entry.text(&["type", "event", "event_type"]);
        let what = match kind {
            None | Some("workflow_transition") => transition(entry, "workflow")?,
            Some("tdd_transition") => transition(entry, "tdd")?,
            Some("agent_activity") => activity(entry)?,
            Some("interface_switch") => switch(entry, EventKind::InterfaceSwitch)?,
            Some("mode_switch") => switch(entry, EventKind::ModeSwitch)?,
            Some(_) => {
                records.ignored += 1;
                return Ok(());
            }
        };
        let times: &[&str] = match what {
            What::Switch { .. } => &["started_at", "timestamp", "time"],
            _ => TIMES,
        };
        let time = entry.time(times, origin);
        let time = time.ok_or("an entry without a time that can be read")?;
        let word = |key: &str| {
            let word = entry.text(&[key]).filter(|text| is_word(text));
            word.map(str::to_owned)
        };
        let mut what = what;
        if let What::Switch { duration, .. } = &mut what {
            let end = entry.time(&["completed_at", "ended_at"], origin);
            let lasted = end.map(|end| end.0.saturating_sub(time.0));
            *duration = duration.or(lasted.filter(|lasted| *lasted >= 0));
        }
        self.happenings.push(Happening {
            time,
            what,
            project: word("project").unwrap_or_else(|| self.project.clone()),
            story: word("story_id").unwrap_or_default(),
        });
        Ok(())
    }

    /// Makes records of all entries, in order of time.
    pub(super) fn finish(mut self, origin: &Origin<'_>, records: &mut Records) {
        self.happenings.sort_by_key(|happening| happening.time);
        let last = self.happenings.last().map(|happening| happening.time);
        let mut telling = Telling {
            origin,
            records,
            states: HashMap::new(),
            started: HashMap::new(),
        };
        for happening in &self.happenings {
            telling.tell(happening);
        }
        if let Some(last) = last {
            telling.unanswered(last);
        }
    }
}

fn transition(entry: &Entry<'_>, machine: &'static str) -> Result<What, &'static str> {
    let state = |keys: &[&str]| {
        let state = entry.text(keys).filter(|text| is_word(text));
        state.map(str::to_owned)
    };
    let from = state(&["from", "old_state", "from_state"]);
    let to = state(&["to", "new_state", "to_state"]);
    let (from, to) = from
        .zip(to)
        .ok_or("an entry without the state before and after")?;
    Ok(What::Transition { machine, from, to })
}

fn switch(entry: &Entry<'_>, kind: EventKind) -> Result<What, &'static str> {
    let name = |keys: &[&str]| {
        let name = entry.text(keys).filter(|text| is_word(text))?;
        // Modes are written in capitals.
        let is_mode = kind == EventKind::ModeSwitch;
        Some(if is_mode {
            name.to_uppercase()
        } else {
            name.to_owned()
        })
    };
    let from = name(&[
        "from",
        "old_interface",
        "old_mode",
        "from_interface",
        "from_mode",
        "old",
    ]);
    let to = name(&[
        "to",
        "new_interface",
        "new_mode",
        "to_interface",
        "to_mode",
        "new",
    ]);
    Ok(What::Switch {
        kind,
        from: from.unwrap_or_default(),
        to: to.ok_or("a switch that does not say to what")?,
        duration: entry.span(),
        phase: Phase::of(entry).unwrap_or(Phase::Ended(OutcomeKind::Ok)),
    })
}

fn activity(entry: &Entry<'_>) -> Result<What, &'static str> {
    let agent = entry
        .text(&["agent_type", "agent"])
        .filter(|text| is_word(text));
    let action = entry.text(&["action"]).unwrap_or_default();
    Ok(What::Activity {
        agent: agent.unwrap_or_default().to_owned(),
        action: hash64(action.as_bytes()),
        phase: Phase::of(entry).ok_or("an activity without a known status")?,
    })
}

/// What tells one thing that lasts from another.
/// The last is the hash of an action, or one of the numbers below, which no hash is.
type Thread<'a> = (&'a str, &'a str, &'a str, u64);

const SWITCH: u64 = 0;
const MACHINE: u64 = 0;

/// Entries on their way to records.
struct Telling<'a, 'o> {
    origin: &'o Origin<'o>,
    records: &'o mut Records,
    /// State of each machine, and since when.
    states: HashMap<Thread<'a>, (&'a str, Time)>,
    /// Starts without an end so far.
    started: HashMap<Thread<'a>, VecDeque<Time>>,
}

impl<'a> Telling<'a, '_> {
    fn tell(&mut self, happening: &'a Happening) {
        let time = happening.time;
        match &happening.what {
            What::Transition { machine, from, to } => {
                let thread = (*machine, &*happening.project, &*happening.story, MACHINE);
                let before = self.states.insert(thread, (to, time));
                let since = before.filter(|(state, _)| state == from).map(|(_, s)| s);
                let duration = since.map_or(-1, |since| time.0 - since.0);
                self.event(
                    happening,
                    (EventKind::Transition, machine),
                    (from, to),
                    (time, duration),
                );
            }
            What::Switch {
                kind,
                from,
                to,
                duration,
                phase,
            } => {
                let subject = match kind {
                    EventKind::ModeSwitch => "mode",
                    _ => "interface",
                };
                let thread = (subject, &*happening.project, &**to, SWITCH);
                if *phase == Phase::Started {
                    return self.start(thread, time);
                }
                let start = self.end(thread);
                let lasted = start.map(|start| time.0 - start.0);
                // A switch that failed changed nothing.
                if *phase == Phase::Ended(OutcomeKind::Ok) {
                    self.event(
                        happening,
                        (*kind, subject),
                        (from, to),
                        (start.unwrap_or(time), duration.or(lasted).unwrap_or(-1)),
                    );
                }
            }
            What::Activity {
                agent,
                action,
                phase,
            } => {
                let thread = (&**agent, &*happening.project, &*happening.story, *action);
                match phase {
                    Phase::Started => self.start(thread, time),
                    Phase::Ended(outcome) => {
                        let start = self.end(thread);
                        let lasted = start.map_or(-1, |start| time.0 - start.0);
                        let start = start.unwrap_or(time);
                        self.operation(thread, (start, lasted), *outcome, Flags::LEADS);
                    }
                }
            }
        }
    }

    fn start(&mut self, thread: Thread<'a>, time: Time) {
        self.started.entry(thread).or_default().push_back(time);
    }

    fn end(&mut self, thread: Thread<'a>) -> Option<Time> {
        self.started.get_mut(&thread)?.pop_front()
    }

    /// Activities whose end is not in the file.
    fn unanswered(&mut self, last: Time) {
        let mut left: Vec<(Thread<'a>, Time)> = self
            .started
            .drain()
            .flat_map(|(thread, times)| times.into_iter().map(move |time| (thread, time)))
            // Of a switch without an end nothing is known.
            .filter(|((_, _, _, action), _)| *action != SWITCH)
            .collect();
        left.sort_by_key(|(thread, time)| (*time, *thread));
        for (thread, start) in left {
            let span = (start, last.0 - start.0);
            let flags = Flags::LEADS.with(Flags::UNANSWERED);
            self.operation(thread, span, OutcomeKind::Unknown, flags);
        }
    }

    fn event(
        &mut self,
        happening: &Happening,
        (kind, subject): (EventKind, &str),
        (from, to): (&str, &str),
        (time, duration): (Time, i64),
    ) {
        let project = happening.project.as_str();
        let content = [subject, from, to, project, &happening.story].join("\0");
        let mut key = content.into_bytes();
        key.extend_from_slice(&time.0.to_le_bytes());
        let dims = self
            .origin
            .dims(self.records, &[(Dimension::Project, project)]);
        let catalog = &mut self.records.catalog;
        let task = catalog.name(&happening.story);
        let event = Event {
            key: self.origin.key_of("workflow event", &key),
            time,
            duration,
            kind,
            subject: catalog.name(subject),
            from: catalog.name(from),
            to: catalog.name(to),
            dims,
            identity: catalog.identity(Identity {
                task,
                ..Identity::default()
            }),
            file: self.origin.file,
            flags: Flags::LEADS,
        };
        self.records.events.push(event);
    }

    fn operation(
        &mut self,
        (agent, project, story, action): Thread<'_>,
        (start, duration): (Time, i64),
        outcome: OutcomeKind,
        flags: Flags,
    ) {
        let mut operation = Operation::new(OperationKind::Other, start, self.origin.file);
        let mut key = [agent, project, story].join("\0").into_bytes();
        key.extend_from_slice(&action.to_le_bytes());
        key.extend_from_slice(&start.0.to_le_bytes());
        operation.key = self.origin.key_of("agent activity", &key);
        operation.duration = duration;
        operation.outcome = outcome;
        operation.flags = flags;
        let own = [(Dimension::Agent, agent), (Dimension::Project, project)];
        operation.dims = self.origin.dims(self.records, &own);
        let task = self.records.catalog.name(story);
        operation.identity = self.records.catalog.identity(Identity {
            task,
            ..Identity::default()
        });
        self.records.operations.push(operation);
    }
}
