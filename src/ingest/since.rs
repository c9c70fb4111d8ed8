//! The records that came since some moment of reading.

use crate::record::Records;
use crate::units::Time;

/// How many records there were then.
#[derive(Default)]
pub(super) struct Since {
    operations: usize,
    samples: usize,
    events: usize,
    aggregates: usize,
}

impl Since {
    /// Now.
    pub(super) fn of(records: &Records) -> Self {
        Self {
            operations: records.operations.len(),
            samples: records.samples.len(),
            events: records.events.len(),
            aggregates: records.aggregates.len(),
        }
    }

    /// The latest time of the records since then.
    pub(super) fn last_time(&self, records: &Records) -> Option<Time> {
        let operations = records.operations[self.operations..]
            .iter()
            .map(|o| o.end().unwrap_or(o.start));
        let samples = records.samples.times_since(self.samples);
        let events = records.events[self.events..].iter().map(|e| e.time);
        let aggregates = records.aggregates[self.aggregates..]
            .iter()
            .filter_map(|a| a.time);
        operations
            .chain(samples)
            .chain(events)
            .chain(aggregates)
            .max()
    }
}
