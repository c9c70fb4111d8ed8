//! Every metric over everything and over each value of the described dimensions: formed once, since
//! descriptions, indicators, comparisons and tables start from the same sums.

use std::collections::BTreeMap;

use crate::record::{Dimension, Measured, Name};
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
        let spreads = in_parallel(&measured, |m| gather::spreads(workload, *m, &groups));
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

/// The results of `question` for each item, in their order, whatever the number of threads.
pub(super) fn in_parallel<T: Sync, R: Send>(
    items: &[T],
    question: impl Fn(&T) -> R + Sync,
) -> Vec<R> {
    let threads = std::thread::available_parallelism().map_or(1, |n| n.get().min(8));
    if threads == 1 || items.len() < 2 {
        return items.iter().map(question).collect();
    }
    let next = std::sync::atomic::AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        loop {
            let index = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            match items.get(index) {
                Some(item) => done.push((index, question(item))),
                None => return done,
            }
        }
    };
    let mut results: Vec<(usize, R)> = std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        let mut results = work();
        for other in others {
            match other.join() {
                Ok(done) => results.extend(done),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        results
    });
    results.sort_unstable_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_keep_the_order_of_their_questions() {
        let items: Vec<u64> = (0..100).collect();
        let doubled = in_parallel(&items, |i| i * 2);
        assert_eq!(doubled, (0..100).map(|i| i * 2).collect::<Vec<_>>());
    }
}
