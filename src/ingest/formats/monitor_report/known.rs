//! Reports of which the skeleton is known from one that was parsed: the same monitor writes all of them alike.

use std::cell::RefCell;
use std::marker::PhantomData;

use super::snapshot::{Checks, Load, Network, OneMinute, Snapshot, VISUALIZER};
use super::{Period, Report};
use crate::ingest::document::{Field, Listed, Shaped, Sheet, Step};

/// So many skeletons are tried; a monitor's advice at the end of a report makes others of it.
const MOST: usize = 4;

/// So many reports more than those that were known may turn out to be of yet another skeleton, before nothing is
/// learned any more.
const PATIENCE: usize = 16;

thread_local! {
    // What this thread has learned: it saves time, and nothing that is read depends on it.
    static MEMORY: RefCell<Memory> = const { RefCell::new(Memory { known: Vec::new(), hits: 0, misses: 0 }) };
}

#[derive(Default)]
struct Memory {
    /// The one that fitted last comes first.
    known: Vec<Known>,
    hits: usize,
    misses: usize,
}

/// The report in a text, if its skeleton is known.
pub(super) fn recall(text: &[u8]) -> Option<Report<'_>> {
    MEMORY.with_borrow_mut(|memory| {
        let mut known = memory.known.iter().enumerate();
        let (at, report) = known.find_map(|(at, known)| Some((at, known.report(text)?)))?;
        memory.known[..=at].rotate_right(1);
        memory.hits += 1;
        Some(report)
    })
}

/// Learns the skeleton of a text that is a faultless report.
pub(super) fn learn(text: &[u8]) {
    MEMORY.with_borrow_mut(|memory| {
        if memory.misses > memory.hits + PATIENCE {
            return;
        }
        memory.misses += 1;
        if let Some(known) = Known::of(text) {
            memory.known.truncate(MOST - 1);
            memory.known.insert(0, known);
        }
    });
}

/// A skeleton, and what its holes are.
struct Known {
    sheet: Sheet,
    outer: Vec<Outer>,
    inner: Vec<Inner>,
}

/// A hole outside of the snapshots.
enum Outer {
    Count,
    Start,
    /// Nothing, where an object or a list would be.
    Null,
    Ignored,
}

/// A hole in a snapshot.
enum Inner {
    Time,
    Cpu,
    Memory,
    Disk,
    Sent,
    Received,
    Processes,
    Load,
    State,
    Visualizer,
    Check(String),
    /// Nothing, where an object or a list would be.
    Null,
    Ignored,
}

impl Known {
    fn of(text: &[u8]) -> Option<Self> {
        let sheet = Sheet::of(text, super::LIST[0])?;
        Some(Self {
            outer: sheet
                .outer
                .iter()
                .map(|p| Outer::of(p))
                .collect::<Option<_>>()?,
            inner: sheet
                .inner
                .iter()
                .map(|p| Inner::of(p))
                .collect::<Option<_>>()?,
            sheet,
        })
    }

    fn report<'t>(&self, text: &'t [u8]) -> Option<Report<'t>> {
        let mut snapshots = Vec::new();
        let outside = self.sheet.read(text, |holes| {
            snapshots.push(Shaped::Is(self.snapshot(holes)?));
            Some(())
        })?;
        let mut report = Report {
            recent_snapshots: Listed::Of(snapshots, PhantomData),
            ..Report::default()
        };
        for (hole, field) in self.outer.iter().zip(outside) {
            match hole {
                Outer::Count => report.snapshots_count = field,
                Outer::Start => report.monitoring_period = Shaped::Is(Period { start: field }),
                Outer::Null => is_nothing(&field)?,
                Outer::Ignored => {}
            }
        }
        Some(report)
    }

    fn snapshot<'t>(&self, holes: &mut Vec<Field<'t>>) -> Option<Snapshot<'t>> {
        let mut snapshot = Snapshot::default();
        let (mut network, mut load, mut checks) =
            (Network::default(), OneMinute::default(), Checks::default());
        for (hole, field) in self.inner.iter().zip(holes.drain(..)) {
            match hole {
                Inner::Time => snapshot.timestamp = field,
                Inner::Cpu => snapshot.cpu_usage = field,
                Inner::Memory => snapshot.memory_usage = field,
                Inner::Disk => snapshot.disk_usage = field,
                Inner::Sent => network.bytes_sent = field,
                Inner::Received => network.bytes_recv = field,
                Inner::Processes => snapshot.active_processes = field,
                Inner::Load => load.extend([field]),
                Inner::State => snapshot.workflow_state = field,
                Inner::Visualizer => checks.visualizer = Some(field),
                Inner::Check(name) => checks.others.push((name.clone(), field)),
                Inner::Null => is_nothing(&field)?,
                Inner::Ignored => {}
            }
        }
        // Empty ones say as much as none.
        snapshot.network_io = Shaped::Is(network);
        snapshot.system_load = Load::Of(load, PhantomData);
        snapshot.response_times = Shaped::Is(checks);
        Some(snapshot)
    }
}

fn is_nothing(field: &Field<'_>) -> Option<()> {
    (*field == Field::Nothing).then_some(())
}

/// The keys of a path without a list in it.
fn keys(path: &[Step]) -> Option<Vec<&str>> {
    fn key(step: &Step) -> Option<&str> {
        match step {
            Step::Key(key) => Some(key),
            Step::Item => None,
        }
    }
    path.iter().map(key).collect()
}

impl Outer {
    /// What stands there; `None` for a report of another shape.
    fn of(path: &[Step]) -> Option<Self> {
        let Some(keys) = keys(path) else {
            return matches!(path.first(), Some(Step::Key(key)) if !is_read_outside(key))
                .then_some(Self::Ignored);
        };
        match keys.as_slice() {
            ["snapshots_count"] => Some(Self::Count),
            ["monitoring_period", "start"] => Some(Self::Start),
            ["monitoring_period"] => Some(Self::Null),
            ["monitoring_period", "start", ..] | ["snapshots_count" | "recent_snapshots", ..] => {
                None
            }
            _ => Some(Self::Ignored),
        }
    }
}

fn is_read_outside(key: &str) -> bool {
    ["snapshots_count", "monitoring_period", "recent_snapshots"].contains(&key)
}

impl Inner {
    /// What stands there; `None` for a snapshot of another shape.
    fn of(path: &[Step]) -> Option<Self> {
        let (Step::Key(key), rest) = path.split_first()? else {
            return None;
        };
        let alone = |hole: Self| rest.is_empty().then_some(hole);
        match (key.as_str(), rest) {
            ("timestamp", _) => alone(Self::Time),
            ("cpu_usage", _) => alone(Self::Cpu),
            ("memory_usage", _) => alone(Self::Memory),
            ("disk_usage", _) => alone(Self::Disk),
            ("active_processes", _) => alone(Self::Processes),
            ("workflow_state", _) => alone(Self::State),
            ("network_io" | "system_load" | "response_times", []) => Some(Self::Null),
            ("network_io", [Step::Key(key), rest @ ..]) => match key.as_str() {
                "bytes_sent" => rest.is_empty().then_some(Self::Sent),
                "bytes_recv" => rest.is_empty().then_some(Self::Received),
                _ => Some(Self::Ignored),
            },
            ("system_load", [Step::Item]) => Some(Self::Load),
            ("response_times", [Step::Key(name)]) if name == VISUALIZER => Some(Self::Visualizer),
            ("response_times", [Step::Key(name)]) => Some(Self::Check(name.clone())),
            ("network_io" | "system_load" | "response_times", _) => None,
            _ => Some(Self::Ignored),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// Two snapshots as the monitor writes them.
    fn text(first: &str, rest: &str) -> String {
        let snapshot = |n: usize, cpu: &str| {
            format!(
                r#"{{
      "timestamp": "2026-03-02 00:00:{n:02}",
      "cpu_usage": {cpu},
      "memory_usage": 40.{n},
      "network_io": {{"bytes_sent": {n}00, "bytes_recv": 7, "packets_sent": 1}},
      "system_load": [0.5, 0.25, 0.1],
      "workflow_state": null,
      "state_machine_metrics": null,
      "response_times": {{"visualizer_response_time": 0.0{n}, "other": 1}}
    }}"#
            )
        };
        format!(
            "{{\"generated_at\": \"2026-03-02T00:01:00\", \"snapshots_count\": 2,\n \"monitoring_period\": {{\"start\": \
             \"2026-03-02T00:00:00\", \"end\": null}},\n \"recent_snapshots\": [{}, {}]{rest}}}\n",
            snapshot(1, first),
            snapshot(2, "12.5"),
        )
    }

    fn parsed(text: &str) -> String {
        let report: Report<'_> = serde_json::from_str(text).unwrap();
        format!("{report:?}")
    }

    #[test]
    fn what_is_recalled_is_what_is_parsed() {
        let known = Known::of(text("50", r#", "recommendations": ["a"]"#).as_bytes()).unwrap();
        for (cpu, rest) in [
            ("50", r#", "recommendations": ["a"]"#),
            ("1.25e1", r#", "recommendations": ["quite another one"]"#),
            ("null", r#", "recommendations": [1]"#),
            ("\"a word\"", r#", "recommendations": [null]"#),
        ] {
            let text = text(cpu, rest);
            let report = known.report(text.as_bytes()).unwrap();
            assert_eq!(format!("{report:?}"), parsed(&text), "{cpu}");
        }
        for (cpu, rest) in [("50", ""), ("50", r#", "recommendations": []"#), ("{}", "")] {
            assert!(
                known.report(text(cpu, rest).as_bytes()).is_none(),
                "{cpu} {rest}"
            );
        }
    }

    /// Cut at every byte, and with every byte replaced by each of some: what is recalled is what the parser gives, and
    /// where that refuses nothing is recalled.
    #[test]
    fn no_other_text_is_taken_for_a_report() {
        let text = text("50", r#", "recommendations": ["a"]"#);
        let known = Known::of(text.as_bytes()).unwrap();
        let (mut recalled, mut tried) = (0, 0);
        let mut check = |bytes: &[u8]| {
            tried += 1;
            if let Some(report) = known.report(bytes) {
                recalled += 1;
                let parsed: Report<'_> = serde_json::from_slice(bytes).unwrap();
                assert_eq!(format!("{report:?}"), format!("{parsed:?}"));
            }
        };
        for at in 0..text.len() {
            check(&text.as_bytes()[..at]);
            for other in b"0e.-n\"\\{}[], \n\xff\x1f" {
                let mut changed = text.clone().into_bytes();
                changed[at] = *other;
                check(&changed);
            }
        }
        assert!(
            recalled > 500 && tried > 10 * recalled,
            "{recalled} {tried}"
        );
    }

    #[test]
    fn reports_of_another_shape_are_not_learned() {
        let text = text("50", "");
        for (from, to) in [
            ("[0.5, 0.25, 0.1]", "{\"one\": 0.5}"),
            ("[0.5, 0.25, 0.1]", "[[0.5]]"),
            ("\"other\": 1", "\"other\": {\"a\": 1}"),
            ("{\"bytes_sent\": 100,", "{\"bytes_sent\": [1],"),
            ("\"snapshots_count\": 2", "\"snapshots_count\": [2]"),
        ] {
            assert!(text.contains(from), "{from}");
            assert!(
                Known::of(text.replace(from, to).as_bytes()).is_none(),
                "{to}"
            );
        }
        assert!(Known::of(text.as_bytes()).is_some());
    }
}
