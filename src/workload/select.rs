//! Questions to a workload: the sum of a metric, by unit, by task, by cell, of what a filter lets through.
//!
//! Where each metric lies (in rows, sample cells or events) is said in one place, `measure`.
//! Aggregates are numbers of others and never enter a sum.

use std::collections::{BTreeMap, HashMap};

use crate::metrics::{self, Metric};
use crate::record::{Dimension, DimsId, Measured, Name};
use crate::units::Time;

use super::fold::Quick;
use super::measure::{Part, event_part, fields_in_use, is_told, row_part};
use super::{CELL, Figure, Row, SAMPLE_CELL, SampleSeries, Tally, Total, UnitId, Values, Workload};

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

    fn holds_at(&self, time: Time) -> bool {
        self.from.is_none_or(|from| time >= from) && self.to.is_none_or(|to| time < to)
    }
}

/// What a sum is formed by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grouping {
    /// One sum over all.
    All,
    /// By unit of inference. Samples without a unit of their own are left out: [`Workload::cells`].
    Unit,
    /// By task; rows without a task are left out.
    Task,
    /// By task, and each of these by unit: one run of the task. Rows without a task are left out.
    TaskInUnit,
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
    /// A task.
    Task(Name),
    /// A task in one unit; [`UnitId::NONE`] for samples that name none.
    TaskInUnit(Name, UnitId),
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
        measured: Measured,
        filter: &Filter,
        grouping: Grouping,
    ) -> Vec<(GroupKey, Figure)> {
        if let Grouping::All | Grouping::Dimension(_) = grouping {
            // Few groups, to each of which very much is added.
            let groups = self.sums(measured, filter, grouping, Tally::add_part);
            let groups = groups.into_iter();
            return groups.map(|(key, tally)| (key, tally.finish())).collect();
        }
        self.sums(measured, filter, grouping, |figure: &mut Figure, part| {
            part.add_to(figure);
        })
    }

    /// The same without extremes and distribution, which takes less.
    #[must_use]
    pub fn totals(
        &self,
        measured: Measured,
        filter: &Filter,
        grouping: Grouping,
    ) -> Vec<(GroupKey, Total)> {
        self.sums(measured, filter, grouping, |total: &mut Total, part| {
            total.merge(part.total());
        })
    }

    /// For each unit, sorted, of which `filter` lets through anything: how many of the values of `measured` lie in buckets
    /// of a histogram above that of `at`, and how many a histogram counts.
    #[must_use]
    pub fn above(&self, measured: Measured, filter: &Filter, at: i64) -> Vec<(u64, u64)> {
        let add = |(above, counted): &mut (u64, u64), part: Part<'_>| {
            *above += part.above(at);
            *counted += part.counted();
        };
        let groups = self.sums(measured, filter, Grouping::Unit, add);
        groups.into_iter().map(|(_, counts)| counts).collect()
    }

    /// The sum of `measured` over everything that `filter` lets through.
    #[must_use]
    pub fn whole(&self, measured: Measured, filter: &Filter) -> Figure {
        let mut groups = self.group(measured, filter, Grouping::All);
        groups.pop().map(|(_, figure)| figure).unwrap_or_default()
    }

    /// What `add` makes of the parts of each group.
    fn sums<S: Default>(
        &self,
        measured: Measured,
        filter: &Filter,
        grouping: Grouping,
        add: impl Fn(&mut S, Part<'_>),
    ) -> Vec<(GroupKey, S)> {
        let scope = Scope::new(self, filter, grouping);
        let mut groups = Groups::<S>::default();
        if let Measured::Known(metric) = measured {
            if !is_told(self, metric) {
                return Vec::new();
            }
            for row in &self.rows {
                let part = row_part(row, metric);
                if !part.is_empty()
                    && let Some(key) = scope.key_of_row(row)
                {
                    add(groups.of(key), part);
                }
            }
            for (index, event) in self.events.iter().enumerate() {
                let part = event_part(event, metric);
                if !part.is_empty() {
                    let identity = self.catalog.identities.get(event.identity.0);
                    let unit = self.event_units.get(index).copied();
                    let place = Place {
                        time: event.time,
                        dims: event.dims,
                        task: identity.task,
                        unit: unit.filter(|u| *u != UnitId::NONE),
                    };
                    if let Some(key) = scope.key(place) {
                        add(groups.of(key), part);
                    }
                }
            }
        }
        for series in self.series_of(measured) {
            if !scope.passes[series.dims.0 as usize] {
                continue;
            }
            for (cell, values) in &series.cells {
                if let Some(key) = scope.key_of_sample(series, *cell) {
                    add(groups.of(key), values.part());
                }
            }
        }
        groups.finish()
    }

    /// The cells of each sampled series without a unit of its own that `filter` lets through.
    #[must_use]
    pub fn cells(&self, measured: Measured, filter: &Filter) -> Vec<&[(i64, Values)]> {
        let begins_before = |time: Time| move |c: &(i64, Values)| time_of(c.0) < time;
        self.series_of(measured)
            .iter()
            .filter(|series| {
                let set = self.catalog.dims.get(series.dims.0);
                series.unit == UnitId::NONE && filter.dims.iter().all(|wanted| set.contains(wanted))
            })
            .map(|series| {
                let cells = series.cells.as_slice();
                let to = filter
                    .to
                    .map_or(cells.len(), |to| cells.partition_point(begins_before(to)));
                let cells = &cells[..to];
                let from = filter
                    .from
                    .map_or(0, |from| cells.partition_point(begins_before(from)));
                &cells[from..]
            })
            .filter(|cells| !cells.is_empty())
            .collect()
    }

    /// The rows that `filter` lets through.
    pub fn rows_of<'w>(&'w self, filter: &Filter) -> impl Iterator<Item = &'w Row> + use<'w> {
        let sets = self.catalog.dims.values().iter();
        let wanted = &filter.dims;
        let passes: Vec<bool> = sets
            .map(|set| wanted.iter().all(|wanted| set.contains(wanted)))
            .collect();
        let times = Filter {
            dims: Vec::new(),
            ..filter.clone()
        };
        self.rows.iter().filter(move |row| {
            passes[row.key.dims.0 as usize] && times.holds_at(Time(i64::from(row.key.cell) * CELL))
        })
    }

    /// What is measured here at all: metrics of the registry in its order, then custom ones by name.
    #[must_use]
    pub fn measured(&self) -> Vec<Measured> {
        let all = metrics::ALL.iter().copied();
        let mut told: Vec<Metric> = all.filter(|m| is_told(self, *m)).collect();
        let mut missing = told.clone();
        let by_rows = self.told_by_rows(&told);
        missing.retain(|m| !by_rows.contains(m));
        for event in &self.events {
            missing.retain(|m| event_part(event, *m).is_empty());
        }
        let mut custom = Vec::new();
        for series in &self.samples {
            match series.metric {
                Measured::Known(metric) => missing.retain(|m| *m != metric),
                Measured::Custom(name) => {
                    if custom.last() != Some(&name) {
                        custom.push(name);
                    }
                }
            }
        }
        told.retain(|m| !missing.contains(m));
        custom.sort_unstable();
        custom.dedup();
        told.into_iter()
            .map(Measured::Known)
            .chain(custom.into_iter().map(Measured::Custom))
            .collect()
    }

    /// Those of `metrics` that any row tells, in one walk.
    #[must_use]
    pub fn told_by_rows(&self, metrics: &[Metric]) -> Vec<Metric> {
        let mut missing = metrics.to_vec();
        // Rows with the same fields in use tell the same metrics: one of each kind is enough.
        let mut kinds = Vec::new();
        for row in &self.rows {
            let kind = fields_in_use(row);
            if !kinds.contains(&kind) {
                kinds.push(kind);
                missing.retain(|m| row_part(row, *m).is_empty());
            }
        }
        let is_told = |m: &Metric| !missing.contains(m);
        metrics.iter().copied().filter(is_told).collect()
    }

    /// The values of a dimension that occur, with the number of steps of each (or, where no step has
    /// this dimension, of all records: operations, samples, aggregates), most frequent first, ties by
    /// name. A value that only other records have, while steps have others, counts 0 steps.
    #[must_use]
    pub fn values_of(&self, dimension: Dimension) -> Vec<(Name, u64)> {
        let value_of = self.values_by_dims(dimension);
        let mut of_dims: Vec<Option<(u64, u64)>> = vec![None; value_of.len()];
        let mut count = |dims: DimsId, steps: u64, records: u64| {
            let counts = of_dims[dims.0 as usize].get_or_insert_default();
            counts.0 += steps;
            counts.1 += records;
        };
        for row in &self.rows {
            let n = row.outcomes.iter().map(|n| u64::from(*n)).sum();
            count(row.key.dims, if row.key.is_step { n } else { 0 }, n);
        }
        let has_value = |series: &&SampleSeries| value_of[series.dims.0 as usize].is_some();
        for series in self.samples.iter().filter(has_value) {
            let n = series.cells.iter().map(|(_, values)| values.n());
            count(series.dims, 0, n.sum());
        }
        for aggregate in &self.aggregates {
            count(aggregate.dims, 0, 1);
        }
        let mut seen: BTreeMap<Name, (u64, u64)> = BTreeMap::new();
        for (value, counts) in value_of.iter().zip(of_dims) {
            if let Some((steps, records)) = counts.filter(|_| value.is_some()) {
                let entry = seen.entry(*value).or_default();
                entry.0 += steps;
                entry.1 += records;
            }
        }
        let by_steps = seen.values().any(|(steps, _)| *steps > 0);
        let mut values: Vec<(Name, u64)> = seen
            .into_iter()
            .map(|(name, (steps, records))| (name, if by_steps { steps } else { records }))
            .collect();
        values.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
        values
    }

    /// The sampled series of one metric, which lie together.
    #[must_use]
    pub fn series_of(&self, measured: Measured) -> &[SampleSeries] {
        let from = self.samples.partition_point(|s| s.metric < measured);
        let len = self.samples[from..].partition_point(|s| s.metric == measured);
        &self.samples[from..from + len]
    }

    /// For each dimension set the value of one dimension.
    fn values_by_dims(&self, dimension: Dimension) -> Vec<Name> {
        (0..self.catalog.dims.values().len())
            .map(|id| {
                self.catalog
                    .dimension(DimsId(u32::try_from(id).unwrap_or(0)), dimension)
            })
            .collect()
    }
}

/// When a cell of samples begins.
fn time_of(cell: i64) -> Time {
    Time(cell.saturating_mul(SAMPLE_CELL))
}

/// Where something lies, for filter and grouping.
struct Place {
    time: Time,
    dims: DimsId,
    task: Name,
    unit: Option<UnitId>,
}

/// A filter and a grouping, prepared for many rows: what concerns dimensions is looked up once per set.
struct Scope<'a> {
    filter: &'a Filter,
    grouping: Grouping,
    /// For each dimension set whether the filter lets it through.
    passes: Vec<bool>,
    /// For each dimension set the value to group by; empty for other groupings.
    values: Vec<Name>,
}

impl<'a> Scope<'a> {
    fn new(workload: &Workload, filter: &'a Filter, grouping: Grouping) -> Self {
        let sets = workload.catalog.dims.values();
        Self {
            filter,
            grouping,
            passes: sets
                .iter()
                .map(|set| filter.dims.iter().all(|wanted| set.contains(wanted)))
                .collect(),
            values: match grouping {
                Grouping::Dimension(dimension) => workload.values_by_dims(dimension),
                _ => Vec::new(),
            },
        }
    }

    fn key_of_row(&self, row: &Row) -> Option<GroupKey> {
        self.key(Place {
            time: Time(i64::from(row.key.cell) * CELL),
            dims: row.key.dims,
            task: row.key.task,
            unit: Some(row.key.unit),
        })
    }

    fn key_of_sample(&self, series: &SampleSeries, cell: i64) -> Option<GroupKey> {
        self.key(Place {
            time: time_of(cell),
            dims: series.dims,
            task: series.task,
            unit: (series.unit != UnitId::NONE).then_some(series.unit),
        })
    }

    /// The group; `None` where the filter or the grouping leaves it out.
    fn key(&self, place: Place) -> Option<GroupKey> {
        if !self.passes[place.dims.0 as usize] || !self.filter.holds_at(place.time) {
            return None;
        }
        match self.grouping {
            Grouping::All => Some(GroupKey::All),
            Grouping::Unit => place.unit.map(GroupKey::Unit),
            Grouping::Task => place.task.is_some().then_some(GroupKey::Task(place.task)),
            Grouping::TaskInUnit => place
                .task
                .is_some()
                .then(|| GroupKey::TaskInUnit(place.task, place.unit.unwrap_or(UnitId::NONE))),
            Grouping::Window(length) => {
                let length = length.max(1);
                let start = place.time.0.div_euclid(length).saturating_mul(length);
                Some(GroupKey::Window(Time(start)))
            }
            Grouping::Dimension(_) => {
                let value = self.values[place.dims.0 as usize];
                value.is_some().then_some(GroupKey::Value(value))
            }
        }
    }
}

/// Sums by key. Rows of a group mostly lie together, so the last one is remembered.
struct Groups<S> {
    sums: Vec<(GroupKey, S)>,
    index: HashMap<GroupKey, usize, Quick>,
    last: usize,
}

impl<S> Default for Groups<S> {
    fn default() -> Self {
        Self {
            sums: Vec::new(),
            index: HashMap::default(),
            last: 0,
        }
    }
}

impl<S: Default> Groups<S> {
    fn of(&mut self, key: GroupKey) -> &mut S {
        if self.sums.get(self.last).is_none_or(|(k, _)| *k != key) {
            self.last = self.place(key);
        }
        &mut self.sums[self.last].1
    }

    fn place(&mut self, key: GroupKey) -> usize {
        let end = self.sums.len();
        if self.index.is_empty() {
            // While keys come in order, each is new and none is looked for.
            if self.sums.last().is_none_or(|(last, _)| *last < key) {
                self.sums.push((key, S::default()));
                return end;
            }
            self.index = (0..)
                .zip(&self.sums)
                .map(|(at, (key, _))| (*key, at))
                .collect();
        }
        *self.index.entry(key).or_insert_with(|| {
            self.sums.push((key, S::default()));
            end
        })
    }

    fn finish(mut self) -> Vec<(GroupKey, S)> {
        self.sums.sort_unstable_by_key(|(key, _)| *key);
        self.sums
    }
}
