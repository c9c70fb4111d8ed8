//! The monitor's status: `--report-only`, or what a status call returns.
//!
//! Its latest snapshot is one of those in the reports and has the same key. `no_data` alone is a
//! status too: recognised, and without a record. `summary` is not read, as in the reports.

use serde::Deserialize;

use super::monitor_report::snapshot::{Snapshot, Snapshots};
use crate::ingest::document::{Faults, Origin, Shaped, keys, parse};
use crate::ingest::{Format, Head, Input, Likelihood, ReadError};
use crate::place::Problem;
use crate::record::Records;

/// Reader of a monitor's status.
#[derive(Debug)]
pub(super) struct MonitorStatus;

impl Format for MonitorStatus {
    fn name(&self) -> &'static str {
        "monitor-status"
    }

    fn about(&self) -> &'static str {
        "status of the orchestrator's monitor: its latest snapshot, or no_data"
    }

    fn plural(&self) -> &'static str {
        "monitor statuses"
    }

    fn is_orchestrator(&self) -> bool {
        true
    }

    fn detect(&self, head: &Head<'_>) -> Likelihood {
        let keys = keys(head.bytes);
        let has = |key: &[u8]| keys.contains(&key);
        let is_empty_status =
            keys == [b"status"] && memchr::memmem::find(head.bytes, b"\"no_data\"").is_some();
        let is_status = has(b"latest_snapshot") || has(b"status") && has(b"snapshots_collected");
        if is_status || is_empty_status {
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
        let text = input.document()?;
        let mut spare = Vec::new();
        let status: Status<'_> = parse(text, &mut spare, 1, origin.file, problems)?;
        let mut faults = Faults::new(origin.file, text, &[], problems);
        match &status.latest_snapshot {
            Shaped::Nothing => {}
            Shaped::Is(snapshot) => Snapshots::new(&origin, records).take(
                0,
                &["latest_snapshot"],
                snapshot,
                records,
                &mut faults,
            ),
            Shaped::Other => faults.skipped(0, &["latest_snapshot"], "a snapshot is not an object"),
        }
        Ok(())
    }
}

#[derive(Debug, Deserialize)]
struct Status<'a> {
    #[serde(borrow, default)]
    latest_snapshot: Shaped<Snapshot<'a>>,
}
