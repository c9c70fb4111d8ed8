//! Questions to a workload: the sum of a metric, by unit, by task, by cell, of what a filter lets through.

use crate::record::{Dimension, Measured, Name};
use crate::units::Time;

use super::{Figure, UnitId, Workload};

/// Which rows and samples count.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Each named dimension must have this value.
    pub dims: Vec<(Dimension, Name)>,
    /// Cells that begin at or after this time.
    pub from: Option<Time>,
    /// Cells that begin before this time.
    pub to: Option<Time>,
}

impl Filter {
    /// Only what has this value of this dimension.
    #[must_use]
    pub fn of(dimension: Dimension, value: Name) -> Self {
        Self {
            dims: vec![(dimension, value)],
            ..Self::default()
        }
    }

    /// And this value of that dimension too.
    #[must_use]
    pub fn and(mut self, dimension: Dimension, value: Name) -> Self {
        self.dims.push((dimension, value));
        self
    }
}

/// What a sum is formed by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grouping {
    /// One sum over all.
    All,
    /// By unit of inference. Samples without a unit of their own are grouped by 15-second cell.
    Unit,
    /// By task; rows without a task are left out.
    Task,
    /// By windows of this many nanoseconds (a multiple of 15 minutes; for samples, of 15 seconds).
    Window(i64),
    /// By the value of a dimension; rows without one are left out.
    Dimension(Dimension),
}

/// Which group a sum belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GroupKey {
    /// The one group of [`Grouping::All`].
    All,
    /// A unit.
    Unit(UnitId),
    /// A 15-second cell of samples without a unit.
    SampleCell(i64),
    /// A task.
    Task(Name),
    /// The window that begins at this time.
    Window(Time),
    /// A value of the dimension.
    Value(Name),
}

impl Workload {
    /// Sums of `measured` over what `filter` lets through, by `grouping`, sorted by key. Groups
    /// without a value are absent.
    #[must_use]
    pub fn group(
        &self,
        _measured: Measured,
        _filter: &Filter,
        _grouping: Grouping,
    ) -> Vec<(GroupKey, Figure)> {
        Vec::new()
    }

    /// What is measured here at all: metrics of the registry in its order, then custom ones by name.
    #[must_use]
    pub fn measured(&self) -> Vec<Measured> {
        Vec::new()
    }

    /// The values of a dimension that occur, with the number of steps (or else records) of each,
    /// most frequent first, ties by name.
    #[must_use]
    pub fn values_of(&self, _dimension: Dimension) -> Vec<(Name, u64)> {
        Vec::new()
    }
}
