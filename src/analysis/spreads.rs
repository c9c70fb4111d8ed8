//! Every metric over everything and over each value of the described dimensions: formed once, since
//! descriptions, indicators, comparisons and tables start from the same sums.

use std::collections::BTreeMap;

use crate::record::{Dimension, Measured, Name};
use crate::threads;
use crate::workload::Workload;

use super::gather::{self, Groups};
use super::spread::Spread;

/// Values of a dimension that are described at most, most used first.
pub(super) const MOST_VALUES: usize = 24;

/// All spreads of a workload.
pub(super) struct Spreads<'a> {
    pub(super) workload: &'a Workload,
    /// What was measured, in the order of the registry, custom metrics after it.
    pub(super) measured: Vec<Measured>,
    /// The described dimensions, each with its values and their use, most used first.
    pub(super) dimensions: Vec<(Dimension, Vec<(Name, u64)>)>,
    groups: Groups,
    /// What each group holds of each metric.
    spreads: BTreeMap<Measured, Vec<Option<Spread>>>,
}

impl<'a> Spreads<'a> {
    pub(super) fn of(workload: &'a Workload, dimensions: &[Dimension]) -> Self {
        let measured = workload.measured();
        let dimensions: Vec<(Dimension, Vec<(Name, u64)>)> = dimensions
            .iter()
            .map(|dimension| {
                let mut values = workload.values_of(*dimension);
                values.truncate(MOST_VALUES);
                (*dimension, values)
            })
            .collect();
        let values: Vec<(Dimension, Name)> = dimensions
            .iter()
            .flat_map(|(dimension, values)| values.iter().map(move |(v, _)| (*dimension, *v)))
            .collect();
        let groups = Groups::of(workload, &values);
        let spreads = threads::map(&measured, |m| gather::spreads(workload, *m, &groups));
        Self {
            workload,
            spreads: measured.iter().copied().zip(spreads).collect(),
            measured,
            dimensions,
            groups,
        }
    }

    /// A metric over everything.
    pub(super) fn all(&self, measured: impl Into<Measured>) -> Option<&Spread> {
        self.spreads.get(&measured.into())?.first()?.as_ref()
    }

    /// A metric over what has one value of a dimension.
    pub(super) fn by(
        &self,
        measured: impl Into<Measured>,
        dimension: Dimension,
        value: Name,
    ) -> Option<&Spread> {
        let group = self.groups.of_value(dimension, value)?;
        self.spreads.get(&measured.into())?.get(group)?.as_ref()
    }
}
