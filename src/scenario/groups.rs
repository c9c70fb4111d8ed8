//! Groups of units that a jackknife leaves out, one after another, and the standard error that follows.

use crate::workload::{ByUnit, UnitId, Units};

/// Groups of units that the jackknife leaves out, at most.
pub(super) const GROUPS: usize = 20;

/// Fewest groups for a standard error.
const LEAST_GROUPS: usize = 6;

/// The group that each unit is left out with, from 0.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Groups(ByUnit<usize>);

impl Groups {
    /// One unit after another goes into the next group.
    pub(super) fn in_turn(units: impl Iterator<Item = UnitId>) -> Self {
        let units: Units = units.collect();
        let groups = units.units().enumerate();
        Self(groups.map(|(at, unit)| (unit, at % GROUPS)).collect())
    }

    /// As told of each unit.
    pub(super) fn of(groups: impl Iterator<Item = (UnitId, usize)>) -> Self {
        Self(groups.collect())
    }

    /// How many groups there are.
    pub(super) fn count(&self) -> usize {
        self.0.len().min(GROUPS)
    }

    /// The units, in order.
    pub(super) fn units(&self) -> impl Iterator<Item = UnitId> {
        self.0.units()
    }

    /// Tells the group of one unit after another.
    pub(super) fn finder(&self) -> impl FnMut(UnitId) -> Option<usize> {
        let mut find = self.0.finder();
        move |unit| find(unit).copied()
    }
}

/// Standard error and degrees of freedom; a group without which there is nothing to compare leaves none.
pub(super) fn error(without: &[f64], groups: usize) -> Option<(f64, f64)> {
    (groups >= LEAST_GROUPS && without.len() == groups).then(|| jackknife(without))
}

/// Standard error and degrees of freedom from the estimates without each group.
#[allow(clippy::cast_precision_loss)]
fn jackknife(without: &[f64]) -> (f64, f64) {
    let groups = without.len() as f64;
    let mean = without.iter().sum::<f64>() / groups;
    let squares: f64 = without.iter().map(|e| (e - mean) * (e - mean)).sum();
    (((groups - 1.0) / groups * squares).sqrt(), groups - 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        /// Against a set and its order.
        #[test]
        fn units_go_into_groups_in_turn(units in prop::collection::vec(0_u32..60, 0..90), is_sorted: bool) {
            let mut units: Vec<UnitId> = units.into_iter().map(UnitId).collect();
            if is_sorted {
                units.sort_unstable();
            }
            let set: BTreeSet<UnitId> = units.iter().copied().collect();
            let groups = Groups::in_turn(units.iter().copied());
            prop_assert_eq!(groups.units().collect::<Vec<_>>(), set.iter().copied().collect::<Vec<_>>());
            prop_assert_eq!(groups.count(), set.len().min(GROUPS));
            let mut find = groups.finder();
            for unit in &units {
                let place = set.iter().position(|u| u == unit);
                prop_assert_eq!(find(*unit), place.map(|at| at % GROUPS));
            }
            prop_assert_eq!(find(UnitId(60)), None);
        }
    }
}
