//! A workload without some of its units.

use std::collections::BTreeSet;

use super::{UnitId, Workload};

impl Workload {
    /// What is left for sums and comparisons when the units of these names are left out. Counts and
    /// the period stay those of the whole, and so does the list of units, in which ids are indexes.
    #[must_use]
    pub fn without(&self, names: &BTreeSet<String>) -> Workload {
        let mut rest = self.clone();
        if names.is_empty() {
            return rest;
        }
        let is_out: Vec<bool> = self.units.iter().map(|u| names.contains(&u.name)).collect();
        let stays = |unit: UnitId| !is_out.get(unit.0 as usize).copied().unwrap_or(false);
        rest.rows.retain(|r| stays(r.key.unit));
        rest.samples.retain(|s| stays(s.unit));
        rest.lookups.retain(|l| stays(l.unit));
        rest.steps.retain(|s| stays(s.unit));
        rest.pauses.retain(|p| stays(p.unit));
        rest.wall_clocks.retain(|w| stays(w.unit));
        rest.reaches.retain(|r| stays(r.unit));
        rest.streams.retain(|s| stays(s.unit));
        rest.sequences.readings.retain(|r| stays(r.unit));
        rest
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::metrics::Metric;
    use crate::record::{Identity, Operation, OperationKind, OutcomeKind, Records};
    use crate::units::{NANOS, Time};
    use crate::workload::{Filter, FoldOptions, fold};

    #[test]
    fn sums_are_those_of_the_other_units() {
        let mut records = Records::default();
        for (session, seconds) in [("a", 1), ("a", 2), ("b", 4)] {
            let session = records.catalog.name(session);
            let start = Time(1_780_000_000 * NANOS);
            let mut step = Operation::new(OperationKind::Step, start, 0);
            step.duration = seconds * NANOS;
            step.outcome = OutcomeKind::Ok;
            step.identity = records.catalog.identity(Identity {
                session,
                ..Identity::default()
            });
            records.operations.push(step);
        }
        let whole = fold(records, &FoldOptions::default());
        let of = |workload: &Workload| workload.figure(Metric::ResponseTime, &Filter::default());
        assert_eq!(of(&whole).n, 3);
        let name = whole.units.iter().find(|u| u.name == "a").unwrap();
        let rest = whole.without(&BTreeSet::from([name.name.clone()]));
        assert_eq!((of(&rest).n, of(&rest).sum), (1, i128::from(4 * NANOS)));
        assert_eq!(whole.without(&BTreeSet::new()).rows, whole.rows);
    }
}
