//! `performance_report_*.json` of the orchestrator's monitor.
//!
//! Percent (0 to 100) in, ratios out; times without a zone are UTC unless told otherwise. `summary`
//! covers the whole life of the process, so it overlaps all earlier reports and is not read.
//! Snapshots repeat between files, so each carries a key of its time and labels.

mod known;
pub(super) mod snapshot;

use serde::Deserialize;

use crate::ingest::document::{Faults, Field, Listed, Origin, Shaped, keys, keys_until, parse};
use crate::ingest::{Format, Head, Input, Likelihood, ReadError};
use crate::place::Problem;
use crate::record::{Event, EventKind, Flags, IdentityId, Name, Records};
use snapshot::{Snapshot, Snapshots};

/// Snapshots that the monitor keeps in memory. From that many on the period of a report begins with
/// the oldest of them, and no longer with the start of the process.
const WINDOW: f64 = 1_000.0;

/// Bytes within which reports have their marks.
const EARLY: usize = 1 << 10;

const LIST: &[&str] = &["recent_snapshots"];

/// Reader of monitor reports.
#[derive(Debug)]
pub(super) struct MonitorReport;

impl Format for MonitorReport {
    fn name(&self) -> &'static str {
        "monitor-report"
    }

    fn about(&self) -> &'static str {
        "performance_report_*.json of the orchestrator's monitor: CPU, memory, disk, network, load, checks"
    }

    fn plural(&self) -> &'static str {
        "monitor reports"
    }

    fn is_orchestrator(&self) -> bool {
        true
    }

    fn detect(&self, head: &Head<'_>) -> Likelihood {
        // A report shows its marks at once; a large file of another kind is not searched through.
        if has_marks(&head.bytes[..head.bytes.len().min(EARLY)]) {
            return Likelihood::Yes;
        }
        let has_list = memchr::memmem::find(head.bytes, b"\"recent_snapshots\"").is_some();
        let has_name = head.name.starts_with("performance_report_");
        if has_list && has_marks(head.bytes) {
            Likelihood::Yes
        } else if has_name && keys(head.bytes).contains(&&b"generated_at"[..]) {
            Likelihood::Maybe
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
        let text = input.document()?;
        let mut spare = Vec::new();
        let report = match known::recall(text) {
            Some(report) => report,
            None => {
                let before = problems.len();
                let report = parse(text, &mut spare, 2, origin.file, problems)?;
                if problems.len() == before {
                    known::learn(text);
                }
                report
            }
        };
        let mut faults = Faults::new(origin.file, text, LIST, problems);
        process_start(&report, &origin, records);
        let mut snapshots = Snapshots::new(&origin, records);
        match &report.recent_snapshots {
            Listed::Nothing => {}
            Listed::Other => faults.value(0, &[], "recent_snapshots is not a list"),
            Listed::Of(list, _) => {
                for (index, snapshot) in list.iter().enumerate() {
                    match snapshot {
                        Shaped::Is(snapshot) => {
                            snapshots.take(index, &[], snapshot, records, &mut faults);
                        }
                        _ => faults.skipped(index, &[], "a snapshot is not an object"),
                    }
                }
            }
        }
        Ok(())
    }
}

/// Whether the keys of the outermost object are those of a report.
fn has_marks(bytes: &[u8]) -> bool {
    let (mut has_list, mut has_count, mut has_period) = (false, false, false);
    keys_until(bytes, |key| {
        has_list |= key == b"recent_snapshots";
        has_count |= key == b"snapshots_count";
        has_period |= key == b"monitoring_period";
        has_list || has_count && has_period
    });
    has_list || has_count && has_period
}

#[derive(Debug, Default, Deserialize)]
struct Report<'a> {
    #[serde(borrow, default)]
    snapshots_count: Field<'a>,
    #[serde(borrow, default)]
    monitoring_period: Shaped<Period<'a>>,
    #[serde(borrow, default)]
    recent_snapshots: Listed<Shaped<Snapshot<'a>>>,
}

#[derive(Debug, Deserialize)]
struct Period<'a> {
    #[serde(borrow, default)]
    start: Field<'a>,
}

/// The start of the monitor's process, which all its reports name.
fn process_start(report: &Report<'_>, origin: &Origin<'_>, records: &mut Records) {
    let start = report
        .monitoring_period
        .get()
        .and_then(|period| period.start.text())
        .and_then(|text| origin.time(text));
    let count = report.snapshots_count.number().ok().flatten();
    let (Some(time), Some(true)) = (start, count.map(|count| count < WINDOW)) else {
        return;
    };
    let dims = origin.dims(records, &[]);
    records.events.push(Event {
        key: origin.key("monitor start", time),
        time,
        duration: -1,
        kind: EventKind::ProcessStart,
        subject: records.catalog.name("monitor"),
        from: Name::NONE,
        to: Name::NONE,
        dims,
        identity: IdentityId(0),
        file: origin.file,
        flags: Flags::default(),
    });
}
