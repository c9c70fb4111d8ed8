//! Numbers that arrive already summarised: one block of them is one record.

use super::Origin;
use crate::metrics::Metric;
use crate::record::{Aggregate, Dimension, DimsId, Flags, Measured, Records, Statistic};
use crate::units::Time;

/// The figures of one block, which are counted as one record.
///
/// Blocks often have no time, so that a copy is told by its content: the same figures with the same
/// dimensions and labels are one record.
#[derive(Debug, Default)]
pub(in crate::ingest) struct Reported {
    figures: Vec<(Measured, Statistic, f64, Option<u64>)>,
    is_beside: bool,
}

impl Reported {
    /// A block that is a part of the record of another one, and not counted again.
    pub(in crate::ingest) fn beside() -> Self {
        Self {
            is_beside: true,
            ..Self::default()
        }
    }

    /// Adds a figure of the registry, in the metric's unit, over `n` values where that is known.
    pub(in crate::ingest) fn add(
        &mut self,
        metric: Metric,
        statistic: Statistic,
        value: f64,
        n: Option<u64>,
    ) {
        self.add_measured(Measured::Known(metric), statistic, value, n);
    }

    /// Adds any figure.
    pub(in crate::ingest) fn add_measured(
        &mut self,
        metric: Measured,
        statistic: Statistic,
        value: f64,
        n: Option<u64>,
    ) {
        self.figures.push((metric, statistic, value, n));
    }

    /// Makes records of them.
    pub(in crate::ingest) fn finish(
        self,
        origin: &Origin<'_>,
        own: &[(Dimension, &str)],
        time: Option<Time>,
        records: &mut Records,
    ) {
        let dims = origin.dims(records, own);
        self.finish_with(origin, dims, time, records);
    }

    /// The same, with all dimensions, those of the file too.
    pub(in crate::ingest) fn finish_with(
        self,
        origin: &Origin<'_>,
        dims: DimsId,
        time: Option<Time>,
        records: &mut Records,
    ) {
        let mut content = Vec::new();
        for (_, value) in records.catalog.dims.get(dims.0) {
            content.extend_from_slice(records.catalog.text(*value).as_bytes());
            content.push(0);
        }
        content.extend_from_slice(&time.map_or(0, |t| t.0).to_le_bytes());
        for (metric, statistic, value, n) in &self.figures {
            content.extend_from_slice(name_of(*metric, records).as_bytes());
            content.push(*statistic as u8);
            content.extend_from_slice(&value.to_bits().to_le_bytes());
            content.extend_from_slice(&n.unwrap_or(u64::MAX).to_le_bytes());
        }
        let at = content.len();
        let mut flags = if self.is_beside {
            Flags::default()
        } else {
            Flags::LEADS
        };
        for (metric, statistic, value, n) in self.figures {
            content.truncate(at);
            content.extend_from_slice(name_of(metric, records).as_bytes());
            content.push(statistic as u8);
            records.aggregates.push(Aggregate {
                key: origin.key_of("reported", &content),
                value,
                n,
                time,
                metric,
                statistic,
                dims,
                file: origin.file,
                flags,
            });
            flags = Flags::default();
        }
    }
}

fn name_of(metric: Measured, records: &Records) -> &str {
    match metric {
        Measured::Known(metric) => metric.name(),
        Measured::Custom(name) => records.catalog.text(name),
    }
}
