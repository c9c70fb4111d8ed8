//! What rows tell of a metric, gathered once: a search over settings asks for the same again and again.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::effects::cells;
use super::outcome::present_seconds;
use super::replay::{GROUPS, group_of};
use crate::metrics::Metric;
use crate::workload::{Figure, UnitId, Workload};

/// Sums of a metric by which of several changes concern them.
type Cells = Arc<Vec<(u64, Figure)>>;
/// A metric, and the dimension sets that each change concerns.
type Question = (Metric, Vec<Vec<bool>>);
/// n and sum of a metric in each group of units.
type Groups = Arc<Vec<(f64, f64)>>;

/// Sums that were asked for already.
pub(super) struct Gathered<'w> {
    workload: &'w Workload,
    cells: Mutex<BTreeMap<Question, Cells>>,
    groups: Mutex<BTreeMap<Metric, Groups>>,
}

impl<'w> Gathered<'w> {
    /// Nothing yet.
    pub(super) fn of(workload: &'w Workload) -> Self {
        Self {
            workload,
            cells: Mutex::default(),
            groups: Mutex::default(),
        }
    }

    /// Sums of a metric by which of the changes concern them.
    pub(super) fn cells(&self, metric: Metric, affected: &[Vec<bool>]) -> Cells {
        let key = (metric, affected.to_vec());
        known(&self.cells, key, || cells(self.workload, metric, affected))
    }

    /// n and sum of a metric in each group of units.
    pub(super) fn groups(&self, metric: Metric) -> Groups {
        known(&self.groups, metric, || groups(self.workload, metric))
    }
}

/// What is known under a key; else it is worked out, meanwhile others may go on.
fn known<K: Ord, V>(all: &Mutex<BTreeMap<K, Arc<V>>>, key: K, work: impl FnOnce() -> V) -> Arc<V> {
    let locked = || all.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(found) = locked().get(&key) {
        return Arc::clone(found);
    }
    let made = Arc::new(work());
    Arc::clone(locked().entry(key).or_insert(made))
}

#[allow(clippy::cast_precision_loss)]
fn groups(workload: &Workload, metric: Metric) -> Vec<(f64, f64)> {
    let mut groups = vec![(0.0, 0.0); GROUPS];
    let unit = metric.row().unit;
    let mut note = |of: UnitId, n: f64, sum: f64| {
        let group = &mut groups[group_of(of)];
        group.0 += n;
        group.1 += sum;
    };
    let clocks = workload.wall_clocks.iter();
    for clock in clocks.filter(|_| metric == Metric::SessionTime) {
        note(clock.unit, 1.0, present_seconds(clock));
    }
    for row in &workload.rows {
        let total = row.total(metric);
        if total.n > 0 {
            note(row.key.unit, total.n as f64, total.total(unit));
        }
    }
    groups
}
