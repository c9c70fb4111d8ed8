//! Sums of one metric for several groups at once, by unit of inference, in one walk over the rows.
//!
//! The rows of a unit lie together, so each group needs only the figure of the unit at hand.

use std::collections::BTreeMap;

use crate::metrics::Metric;
use crate::record::{Dimension, DimsId, Measured, Name};
use crate::workload::{Filter, Tally, Total, UnitId, Values, Workload};

use super::spread::{Spread, Traits, join_cells};
use super::units::{Owner, UnitSums};

/// The groups of a description: everything, then each value of each described dimension that not
/// everything has.
pub(super) struct Groups {
    /// What each group lets through; the first one everything.
    filters: Vec<Filter>,
    /// For each described value its group.
    of_values: BTreeMap<(Dimension, Name), usize>,
    /// For each dimension set the groups that it belongs to.
    of_dims: Vec<Vec<usize>>,
}

impl Groups {
    pub(super) fn of(workload: &Workload, values: &[(Dimension, Name)]) -> Self {
        let sets = workload.catalog.dims.values();
        let is_used = sets_in_use(workload);
        let is_everything = |value: &(Dimension, Name)| {
            let mut used = sets.iter().zip(&is_used).filter(|(_, used)| **used);
            used.all(|(set, _)| set.contains(value))
        };
        let own: Vec<(Dimension, Name)> = values
            .iter()
            .filter(|v| !is_everything(v))
            .copied()
            .collect();
        let group = |value: &(Dimension, Name)| {
            let own = own.iter().position(|v| v == value);
            (*value, own.map_or(0, |index| index + 1))
        };
        let of_dims = sets
            .iter()
            .map(|set| {
                let own = own.iter().enumerate().filter(|(_, v)| set.contains(v));
                std::iter::once(0).chain(own.map(|(i, _)| i + 1)).collect()
            })
            .collect();
        let filters = std::iter::once(Filter::default())
            .chain(own.iter().map(|(d, v)| Filter::of(*d, *v)))
            .collect();
        Self {
            filters,
            of_values: values.iter().map(group).collect(),
            of_dims,
        }
    }

    /// The group of a described value.
    pub(super) fn of_value(&self, dimension: Dimension, value: Name) -> Option<usize> {
        self.of_values.get(&(dimension, value)).copied()
    }

    fn of_set(&self, dims: DimsId) -> &[usize] {
        self.of_dims.get(dims.0 as usize).map_or(&[], Vec::as_slice)
    }
}

/// For each dimension set whether anything that is summed up has it.
fn sets_in_use(workload: &Workload) -> Vec<bool> {
    let mut is_used = vec![false; workload.catalog.dims.values().len()];
    let rows = workload.rows.iter().map(|r| r.key.dims);
    let samples = workload.samples.iter().map(|s| s.dims);
    let events = workload.events.iter().map(|e| e.dims);
    for dims in rows.chain(samples).chain(events) {
        is_used[dims.0 as usize] = true;
    }
    is_used
}

/// The spread of a metric in each group; `None` where nothing was measured.
pub(super) fn spreads(
    workload: &Workload,
    measured: Measured,
    groups: &Groups,
) -> Vec<Option<Spread>> {
    // What events tell lies elsewhere.
    if let Measured::Known(Metric::SwitchTime | Metric::TransitionTime | Metric::Retries) = measured
    {
        return groups
            .filters
            .iter()
            .map(|filter| Spread::of(workload, measured, filter))
            .collect();
    }
    let mut sums: Vec<Sums> = groups.filters.iter().map(|_| Sums::default()).collect();
    add_samples(workload, measured, groups, &mut sums);
    if let Measured::Known(metric) = measured {
        add_rows(workload, metric, groups, &mut sums);
    }
    let traits = Traits::of(workload, measured);
    sums.into_iter().map(|s| s.spread(&traits)).collect()
}

/// Sums of one group.
#[derive(Default)]
struct Sums<'a> {
    /// The sum of all.
    whole: Tally,
    /// Sums of samples that name a unit, and where there are any of rows.
    of_units: BTreeMap<UnitId, Total>,
    /// Else the sums of rows, which are sorted by unit, and that of the last unit, of which there may be more.
    of_rows: UnitSums,
    last: Option<(UnitId, Total)>,
    /// Samples that name none.
    of_series: Vec<&'a [(i64, Values)]>,
}

impl Sums<'_> {
    /// Adds what a row tells.
    fn add_row(&mut self, unit: UnitId, told: Total) {
        if !self.of_units.is_empty() {
            self.of_units.entry(unit).or_default().merge(told);
            return;
        }
        match &mut self.last {
            Some((last, total)) if *last == unit => total.merge(told),
            last => {
                if let Some((before, total)) = last.replace((unit, told)) {
                    self.of_rows.push(Owner::Unit(before), total);
                }
            }
        }
    }

    fn spread(self, traits: &Traits) -> Option<Spread> {
        let mut units = self.of_rows;
        for (unit, total) in self.last.into_iter().chain(self.of_units) {
            units.push(Owner::Unit(unit), total);
        }
        join_cells(&self.of_series, &mut units);
        Spread::from_parts(traits.clone(), self.whole.finish(), units)
    }
}

fn add_rows(workload: &Workload, metric: Metric, groups: &Groups, sums: &mut [Sums<'_>]) {
    for row in &workload.rows {
        // Most rows tell nothing of most metrics: asked before any figure is made.
        let part = row.part(metric);
        if part.is_empty() {
            continue;
        }
        let (told, unit) = (part.total(), row.key.unit);
        for group in groups.of_set(row.key.dims) {
            let own = &mut sums[*group];
            own.whole.add_part(part);
            own.add_row(unit, told);
        }
    }
}

fn add_samples<'a>(
    workload: &'a Workload,
    measured: Measured,
    groups: &Groups,
    sums: &mut [Sums<'a>],
) {
    for series in workload.series_of(measured) {
        for group in groups.of_set(series.dims) {
            let own = &mut sums[*group];
            series.cells.iter().for_each(|(_, v)| own.whole.add(v));
            if series.unit == UnitId::NONE {
                own.of_series.push(&series.cells);
                continue;
            }
            let total = own.of_units.entry(series.unit).or_default();
            for (_, values) in &series.cells {
                total.merge(values.total());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::record::{
        Details, Flags, Identity, Operation, OperationKind, Records, Sample, Tokens,
    };
    use crate::units::{NANOS, Time};
    use crate::workload::{FoldOptions, Grouping, fold};

    /// Sessions in two modes that share a task, and samples with and without a unit.
    fn workload() -> Workload {
        let mut records = Records::default();
        let modes = ["FANCY", "SIMPLE"].map(|m| records.catalog.name(m));
        let kinds = [
            OperationKind::Step,
            OperationKind::ModelRequest,
            OperationKind::ContextPreparation,
        ];
        for i in 0..120_i64 {
            let at = usize::try_from(i).unwrap();
            let identity = Identity {
                session: records.catalog.name(&format!("s{}", i / 10)),
                ..Identity::default()
            };
            let kind = kinds[at % 3];
            let mut operation = Operation::new(kind, Time::EARLIEST, 0);
            operation.start = Time(Time::EARLIEST.0 + i * 60 * NANOS);
            operation.duration = (i * 7_919) % 1_000_003;
            operation.identity = records.catalog.identity(identity);
            operation.dims = records
                .catalog
                .dims(vec![(Dimension::Mode, modes[at / 5 % 2])]);
            operation.flags = Flags::LEADS.with(Flags::HAS_TOKENS);
            operation.cache = u8::try_from(i % 3).unwrap();
            operation.tokens = Tokens {
                fresh: 10,
                cache_read: u32::try_from(i).unwrap(),
                ..Tokens::default()
            };
            operation.details = records.add_details(Details {
                memory: Some(1_000 + u64::from(operation.tokens.cache_read)),
                ..Details::default()
            });
            records.operations.push(operation);
            records.samples.push(Sample {
                key: 0,
                time: operation.start,
                value: 2_000.0,
                metric: Measured::Known(Metric::MemoryUsage),
                dims: operation.dims,
                identity: operation.identity,
                file: 0,
                flags: Flags::LEADS,
            });
        }
        fold(records, &FoldOptions::default())
    }

    #[test]
    fn one_walk_finds_what_a_question_for_each_group_finds() {
        let workload = workload();
        let values: Vec<(Dimension, Name)> = workload
            .values_of(Dimension::Mode)
            .into_iter()
            .map(|(name, _)| (Dimension::Mode, name))
            .collect();
        assert_eq!(values.len(), 2);
        let groups = Groups::of(&workload, &values);
        let mut compared = 0;
        for measured in workload.measured() {
            for (filter, ours) in groups
                .filters
                .iter()
                .zip(spreads(&workload, measured, &groups))
            {
                let asked = Spread::of(&workload, measured, filter);
                compared += usize::from(asked.is_some());
                assert_eq!(ours, asked, "{measured:?} {filter:?}");
            }
        }
        assert!(compared >= 30, "{compared}");
    }

    /// Against the distributions of the units.
    #[test]
    fn what_lies_above_is_counted_without_distributions() {
        let workload = workload();
        let all = Filter::default();
        let mut above = 0;
        for measured in workload.measured() {
            let figures = workload.group(measured, &all, Grouping::Unit);
            for at in [-1, 1_000, 400_000, 2_000_000_000] {
                let expected: Vec<(u64, u64)> = (figures.iter())
                    .map(|(_, f)| (f.histogram.above(at), f.histogram.count()))
                    .collect();
                above += expected.iter().map(|(above, _)| above).sum::<u64>();
                assert_eq!(
                    workload.above(measured, &all, at),
                    expected,
                    "{measured:?} {at}"
                );
            }
        }
        assert!(above > 0);
    }

    #[test]
    fn a_value_that_everything_has_is_no_group_of_its_own() {
        let mut records = Records::default();
        let interface = records.catalog.name("mock");
        let modes = ["FANCY", "SIMPLE"].map(|m| records.catalog.name(m));
        for mode in modes {
            let mut step = Operation::new(OperationKind::Step, Time::EARLIEST, 0);
            step.dims = records.catalog.dims(vec![
                (Dimension::Interface, interface),
                (Dimension::Mode, mode),
            ]);
            records.operations.push(step);
        }
        let workload = fold(records, &FoldOptions::default());
        let name = |text: &str| Name(workload.catalog.names.find(text).unwrap());
        let values = [
            (Dimension::Interface, name("mock")),
            (Dimension::Mode, name("FANCY")),
        ];
        let groups = Groups::of(&workload, &values);
        let group = |(dimension, value): (Dimension, Name)| groups.of_value(dimension, value);
        assert_eq!(values.map(group), [Some(0), Some(1)]);
        assert_eq!(groups.filters.len(), 2);
    }
}
