//! Changes that the inputs tell of: what a page lists, and what a headline may name as a cause.

use std::collections::BTreeMap;

use crate::assessment::EventRow;
use crate::record::{Event, EventKind, Name};
use crate::units::Time;
use crate::workload::Workload;

/// Rows at most.
const MOST: usize = 50;

/// More events of one kind and change than this are listed as one row.
const MOST_ALIKE: usize = 3;

/// What becomes of a kind of event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Listing {
    /// Each on its own; these are kept first where there are too many.
    Single,
    /// Together where there are many.
    Together,
    /// Not at all: sequences, told of by metrics.
    Not,
}

/// The events worth listing, in order of time; many alike are one row, at the time of the first.
pub(super) fn events(workload: &Workload) -> Vec<EventRow> {
    let mut alike: BTreeMap<Key, Vec<&Event>> = BTreeMap::new();
    for event in &workload.events {
        let (listing, kind) = describe(workload, event.kind);
        if listing != Listing::Not {
            alike
                .entry(Key {
                    listing,
                    // Told by several hosts at once, a change is one.
                    time: (listing == Listing::Single).then_some(event.time),
                    kind,
                    subject: event.subject,
                    from: event.from,
                    to: event.to,
                })
                .or_default()
                .push(event);
        }
    }
    let mut rows: Vec<(Listing, EventRow)> = Vec::new();
    for (key, events) in alike {
        if key.listing == Listing::Single || events.len() > MOST_ALIKE {
            rows.push((key.listing, row(workload, &key.kind, &events)));
        } else {
            rows.extend(
                events
                    .iter()
                    .map(|e| (key.listing, row(workload, &key.kind, &[e]))),
            );
        }
    }
    rows.sort_by_key(|(listing, _)| *listing);
    rows.truncate(MOST);
    let mut rows: Vec<EventRow> = rows.into_iter().map(|(_, row)| row).collect();
    rows.sort_by(|a, b| {
        (a.time, &a.event, &a.knob, &a.from, &a.to)
            .cmp(&(b.time, &b.event, &b.knob, &b.from, &b.to))
    });
    rows
}

/// What makes events alike.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    listing: Listing,
    time: Option<Time>,
    kind: String,
    subject: Name,
    from: Name,
    to: Name,
}

fn describe(workload: &Workload, kind: EventKind) -> (Listing, String) {
    let (listing, name) = match kind {
        EventKind::ConfigChange => (Listing::Single, "config_change"),
        EventKind::Deployment => (Listing::Single, "deployment"),
        EventKind::ModeSwitch => (Listing::Together, "mode_switch"),
        EventKind::InterfaceSwitch => (Listing::Together, "interface_switch"),
        EventKind::ProcessStart => (Listing::Together, "process_start"),
        EventKind::Alert => (Listing::Together, "alert"),
        EventKind::Other(name) => (Listing::Together, workload.catalog.text(name)),
        EventKind::Transition
        | EventKind::Prompt
        | EventKind::Retry
        | EventKind::Compaction
        | EventKind::Subagent => (Listing::Not, ""),
    };
    (listing, name.to_owned())
}

#[allow(clippy::cast_precision_loss)]
fn row(workload: &Workload, kind: &str, events: &[&Event]) -> EventRow {
    let text = |name: Name| {
        name.is_some()
            .then(|| workload.catalog.text(name).to_owned())
    };
    let first = events.first();
    let durations: Vec<i64> = events
        .iter()
        .map(|e| e.duration)
        .filter(|d| *d >= 0)
        .collect();
    let sum: i128 = durations.iter().map(|d| i128::from(*d)).sum();
    EventRow {
        time: first.map_or(Time::default(), |e| e.time),
        event: kind.to_owned(),
        knob: first.and_then(|e| text(e.subject)),
        from: first.and_then(|e| text(e.from)),
        to: first.and_then(|e| text(e.to)),
        count: events.len() as u64,
        seconds: (!durations.is_empty()).then(|| sum as f64 / durations.len() as f64 / 1e9),
    }
}
