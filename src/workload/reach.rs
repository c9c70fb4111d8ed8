//! From when to when a unit reaches, exactly: what tells whether two states of it can share a record.
//!
//! Rows know a quarter of an hour only, and a log may be rotated inside one.

use std::collections::HashMap;

use crate::record::{Flags, Operation};
use crate::units::Time;

use super::UnitId;

/// The first and the last begin among the operations of a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, bitcode::Encode, bitcode::Decode)]
pub struct Reach {
    /// The unit.
    pub unit: UnitId,
    /// Begin of its first operation.
    pub first: Time,
    /// Begin of its last operation.
    pub last: Time,
}

impl Reach {
    fn widen(&mut self, other: &Reach) {
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
    }
}

/// The reaches of the units of these operations; what has no time has none.
pub(super) fn reaches<'a>(
    operations: impl Iterator<Item = (&'a Operation, Option<UnitId>)>,
) -> Vec<Reach> {
    let mut all: HashMap<UnitId, Reach> = HashMap::new();
    for (operation, unit) in operations {
        let Some(unit) = unit.filter(|_| !operation.flags.has(Flags::TIMELESS)) else {
            continue;
        };
        let (first, last) = (operation.start, operation.start);
        let own = Reach { unit, first, last };
        all.entry(unit).or_insert(own).widen(&own);
    }
    all.into_values().collect()
}

/// Sorts reaches by their unit, and makes one of those of one unit.
pub(super) fn sort(all: &mut Vec<Reach>) {
    all.sort_by_key(|reach| reach.unit);
    all.dedup_by(|later, earlier| {
        let is_same = later.unit == earlier.unit;
        if is_same {
            earlier.widen(later);
        }
        is_same
    });
}
