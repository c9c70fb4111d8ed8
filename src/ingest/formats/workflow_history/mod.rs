//! Workflow history and events: how long states last, what switches cost, what agents do.
//!
//! Three shapes: a list of `{timestamp, from, to, command}` (the state machine's history, alone or
//! under `history`), a list of events, and events as JSON lines. Times have no zone and are the
//! machine's local ones: `naive_timezone` tells which zone that is. Commands and actions are
//! somebody's text and never kept.

mod event;
mod story;

use crate::ingest::document::{Faults, Field, Listed, Origin, Shaped, keys, parse};
use crate::ingest::{Format, Head, Input, Likelihood, ReadError};
use crate::place::{Problem, ProblemKind};
use crate::record::Records;
use event::Entry;
use serde::Deserialize;
use story::Story;

/// Reader of workflow history and events.
#[derive(Debug)]
pub(super) struct WorkflowHistory;

impl Format for WorkflowHistory {
    fn name(&self) -> &'static str {
        "workflow-history"
    }

    fn about(&self) -> &'static str {
        "history and events of the orchestrator's state machine: transitions, switches, agent activity"
    }

    fn plural(&self) -> &'static str {
        "workflow histories"
    }

    fn is_orchestrator(&self) -> bool {
        true
    }

    fn detect(&self, head: &Head<'_>) -> Likelihood {
        let text = head.bytes.trim_ascii_start();
        let first = match text.first() {
            Some(b'[') => text[1..].trim_ascii_start(),
            Some(b'{') => text,
            _ => return Likelihood::No,
        };
        let keys = keys(first);
        let has = |key: &[u8]| keys.contains(&key);
        // The first entry of a history is looked at for its keys.
        let has_change = |text: &[u8]| {
            let has = |key: &[u8]| memchr::memmem::find(text, key).is_some();
            has(b"\"timestamp\"") && has(b"\"from\"") && has(b"\"to\"")
        };
        let is_event = || {
            [&b"type"[..], b"event", b"event_type"].into_iter().any(has)
                && event::KINDS.iter().any(|kind| {
                    let first_line = first.split(|b| *b == b'\n').next().unwrap_or_default();
                    let place = if text[0] == b'[' { first } else { first_line };
                    memchr::memmem::find(place, format!("\"{kind}\"").as_bytes()).is_some()
                })
        };
        if has(b"timestamp") && has(b"from") && has(b"to") && !has(b"kind")
            || has(b"history") && has_change(first)
            || is_event()
        {
            Likelihood::Yes
        } else {
            Likelihood::No
        }
    }

    fn read(
        &self,
        input: &mut Input<'_>,
        records: &mut Records,
        problems: &mut Vec<Problem>,
    ) -> Result<(), ReadError> {
        let origin = Origin::of(input, records);
        let mut story = Story::default();
        let document = input.document()?;
        if document.trim_ascii_start().starts_with(b"[") {
            list(document, &mut story, &origin, records, problems)?;
        } else if keys(document).contains(&&b"history"[..]) {
            history(document, &mut story, &origin, records, problems)?;
        } else {
            lines(document, &mut story, &origin, records, problems);
        }
        story.finish(&origin, records);
        Ok(())
    }
}

fn list(
    text: &[u8],
    story: &mut Story,
    origin: &Origin<'_>,
    records: &mut Records,
    problems: &mut Vec<Problem>,
) -> Result<(), ReadError> {
    let mut spare = Vec::new();
    let entries: Listed<Shaped<Entry<'_>>> = parse(text, &mut spare, 1, origin.file, problems)?;
    let mut faults = Faults::new(origin.file, text, &[], problems);
    take_all(&entries, story, origin, records, &mut faults);
    Ok(())
}

#[derive(Debug, Deserialize)]
struct History<'a> {
    #[serde(borrow, default)]
    history: Listed<Shaped<Entry<'a>>>,
    #[serde(borrow, default)]
    project: Field<'a>,
}

fn history(
    text: &[u8],
    story: &mut Story,
    origin: &Origin<'_>,
    records: &mut Records,
    problems: &mut Vec<Problem>,
) -> Result<(), ReadError> {
    let mut spare = Vec::new();
    let history: History<'_> = parse(text, &mut spare, 2, origin.file, problems)?;
    story.set_project(history.project.text());
    let mut faults = Faults::new(origin.file, text, &["history"], problems);
    take_all(&history.history, story, origin, records, &mut faults);
    Ok(())
}

fn take_all(
    entries: &Listed<Shaped<Entry<'_>>>,
    story: &mut Story,
    origin: &Origin<'_>,
    records: &mut Records,
    faults: &mut Faults<'_>,
) {
    match entries {
        Listed::Nothing => {}
        Listed::Other => faults.skipped(0, &[], "the history is not a list"),
        Listed::Of(entries, _) => {
            for (index, entry) in entries.iter().enumerate() {
                let result = match entry {
                    Shaped::Is(entry) => story.take(entry, origin, records),
                    _ => Err("an entry is not an object"),
                };
                if let Err(reason) = result {
                    faults.skipped(index, &[], reason);
                }
            }
        }
    }
}

fn lines(
    text: &[u8],
    story: &mut Story,
    origin: &Origin<'_>,
    records: &mut Records,
    problems: &mut Vec<Problem>,
) {
    for (line, number) in text.split(|b| *b == b'\n').zip(1..) {
        if line.trim_ascii().is_empty() {
            continue;
        }
        let mut fault = |reason: String| {
            problems.push(Problem {
                file: origin.file,
                line: Some(number),
                kind: ProblemKind::Skipped,
                reason: reason.into(),
            });
        };
        let mut mended = Vec::new();
        let mut spare = Vec::new();
        let entry = parse::<Shaped<Entry<'_>>>(line, &mut spare, 1, origin.file, &mut mended);
        match entry {
            Ok(Shaped::Is(entry)) => {
                for problem in &mended {
                    fault(problem.reason.to_string());
                }
                // What was mended is listed once, whatever comes of the rest.
                if let (Err(reason), true) =
                    (story.take(&entry, origin, records), mended.is_empty())
                {
                    fault(reason.into());
                }
            }
            Ok(_) => fault("an entry is not an object".into()),
            Err(error) => fault(error.to_string()),
        }
    }
}
