//! Numbers that arrived already summarised: shown as reported, never averaged, never in a sum.
//!
//! Of several with the same metric, dimensions and statistic the newest counts: by time, else the
//! one of the last file.

use std::collections::BTreeMap;

use crate::assessment::{MetricRow, TargetVerdict};
use crate::record::{Aggregate, Dimension, DimsId, Measured, Name, Statistic};
use crate::units::Time;
use crate::workload::Workload;

use super::spread::{Named, Traits};
use super::targets::Targets;

/// The newest aggregate of each metric, dimension set and statistic.
#[derive(Debug, Default)]
pub(super) struct Reported<'a> {
    newest: BTreeMap<(Measured, DimsId, Statistic), &'a Aggregate>,
}

impl<'a> Reported<'a> {
    pub(super) fn of(workload: &'a Workload) -> Self {
        let mut newest: BTreeMap<_, &Aggregate> = BTreeMap::new();
        for aggregate in workload.aggregates.iter().filter(|a| a.value.is_finite()) {
            let key = (aggregate.metric, aggregate.dims, aggregate.statistic);
            newest
                .entry(key)
                .and_modify(|known| {
                    if age(aggregate) >= age(known) {
                        *known = aggregate;
                    }
                })
                .or_insert(aggregate);
        }
        Self { newest }
    }

    /// A statistic without any dimension.
    pub(super) fn overall(
        &self,
        measured: Measured,
        statistic: Statistic,
    ) -> Option<&'a Aggregate> {
        self.newest.get(&(measured, DimsId(0), statistic)).copied()
    }

    /// A statistic for one value of a dimension: of the set with nothing else in it, else of the
    /// newest set that has this value.
    pub(super) fn for_value(
        &self,
        workload: &Workload,
        measured: Measured,
        statistic: Statistic,
        dimension: Dimension,
        value: Name,
    ) -> Option<&'a Aggregate> {
        self.newest
            .range((measured, DimsId(0), Statistic::Mean)..)
            .take_while(|((m, _, _), _)| *m == measured)
            .filter(|((_, dims, s), _)| {
                *s == statistic && workload.catalog.dimension(*dims, dimension) == value
            })
            .map(|(_, a)| *a)
            .max_by_key(|a| {
                let others = workload.catalog.dims.get(a.dims.0).len();
                (std::cmp::Reverse(others), age(a))
            })
    }

    /// The dimension by which alone a statistic was reported.
    pub(super) fn dimension_of(
        &self,
        workload: &Workload,
        measured: Measured,
        statistic: Statistic,
    ) -> Option<String> {
        let (_, dims, _) = self
            .newest
            .keys()
            .find(|(m, _, s)| *m == measured && *s == statistic)?;
        let (dimension, _) = workload.catalog.dims.get(dims.0).first()?;
        Some(workload.catalog.dimension_name(*dimension).to_owned())
    }

    /// Rows for what no record measured: each metric and dimension set that is not in `rows`.
    pub(super) fn rows(
        &self,
        workload: &Workload,
        rows: &[MetricRow],
        targets: &Targets,
    ) -> Vec<MetricRow> {
        let mut reported: Vec<MetricRow> = Vec::new();
        for ((measured, dims, statistic), aggregate) in &self.newest {
            let traits = Traits::of(workload, *measured);
            let dims: Named = workload
                .catalog
                .dims
                .get(dims.0)
                .iter()
                .map(|(dimension, value)| {
                    (
                        workload.catalog.dimension_name(*dimension).to_owned(),
                        workload.catalog.text(*value).to_owned(),
                    )
                })
                .collect();
            if rows
                .iter()
                .any(|r| r.metric == traits.name && r.dims == dims)
            {
                continue;
            }
            // Aggregates of one metric and dimension set lie together.
            let is_next = reported
                .last()
                .is_none_or(|r| r.metric != traits.name || r.dims != dims);
            if is_next {
                reported.push(empty_row(&traits, dims));
            }
            if let Some(row) = reported.last_mut() {
                fill(row, *statistic, aggregate);
            }
        }
        for row in &mut reported {
            targets.judge(row);
        }
        reported
    }
}

/// What makes an aggregate newer than another; the value last, so that the order of records never
/// decides.
fn age(aggregate: &Aggregate) -> (Option<Time>, u32, u64) {
    (aggregate.time, aggregate.file, aggregate.value.to_bits())
}

fn empty_row(traits: &Traits, dims: Named) -> MetricRow {
    MetricRow {
        metric: traits.name.clone(),
        unit: traits.unit,
        dims,
        n: None,
        units: None,
        mean: None,
        median: None,
        p95: None,
        p99: None,
        min: None,
        max: None,
        total: None,
        interval: None,
        target: None,
        verdict: TargetVerdict::Unknown,
        reported: true,
        marks: Vec::new(),
    }
}

fn fill(row: &mut MetricRow, statistic: Statistic, aggregate: &Aggregate) {
    let value = Some(aggregate.value);
    match statistic {
        Statistic::Mean => row.mean = value,
        Statistic::Min => row.min = value,
        Statistic::Max => row.max = value,
        Statistic::P95 => row.p95 = value,
        Statistic::Total => row.total = value,
    }
    // The n of the mean speaks for the row; it comes first.
    row.n = row.n.or(aggregate.n);
}
