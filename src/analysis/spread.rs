//! A metric over some records, by unit of inference: what descriptions and tests start from.

use std::borrow::Cow;

use crate::metrics::{Direction, Kind, Unit};
use crate::record::{Measured, Name};
use crate::stats::correlation;
use crate::workload::{
    Figure, Filter, GroupKey, Grouping, SAMPLE_CELL, Tally, Total, Values, Workload,
};

use super::units::{Owner, Sum, UnitSums};

/// Above this lag-1 correlation of their means, neighbouring windows of samples are joined.
const NEARLY_UNCORRELATED: f64 = 0.1;

/// With fewer windows a correlation says nothing, and no interval is given anyway.
const FEWEST_WINDOWS: usize = 6;

/// What the registry, else the user, else the input knows of what is measured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Traits {
    pub(super) measured: Measured,
    pub(super) name: String,
    pub(super) title: String,
    pub(super) unit: Unit,
    /// The unit in whose scale its numbers are kept.
    pub(super) kept: Unit,
    pub(super) kind: Kind,
    pub(super) direction: Direction,
}

impl Traits {
    pub(super) fn of(workload: &Workload, measured: Measured) -> Self {
        match measured {
            Measured::Known(metric) => {
                let row = metric.row();
                Self {
                    measured,
                    name: row.name.to_owned(),
                    title: row.title.to_owned(),
                    unit: row.unit,
                    kept: row.unit,
                    kind: row.kind,
                    direction: row.direction,
                }
            }
            Measured::Custom(name) => {
                let name = workload.catalog.text(name);
                let declared = workload.declared.find(name);
                Self {
                    measured,
                    name: name.to_owned(),
                    title: declared.map_or(name, |d| &d.title).to_owned(),
                    unit: declared.map_or(Unit::Unknown, |d| d.unit),
                    kept: Workload::unit_of(measured),
                    kind: declared.map_or(Kind::Value, |d| d.kind),
                    direction: declared.map_or(Direction::Neither, |d| d.direction),
                }
            }
        }
    }
}

/// A metric over some records, as a whole and by unit of inference.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Spread {
    /// What is measured.
    pub(super) traits: Traits,
    /// The sum over all.
    pub(super) whole: Figure,
    /// The sum over each unit.
    pub(super) units: UnitSums,
}

impl Spread {
    /// The spread of `measured` over what `filter` lets through; `None` where nothing was measured.
    pub(super) fn of(workload: &Workload, measured: Measured, filter: &Filter) -> Option<Self> {
        let mut whole = Tally::default();
        // Events without a unit of their own are left out.
        for (key, figure) in workload.group(measured, filter, Grouping::Unit) {
            if matches!(key, GroupKey::Unit(_)) {
                whole.merge(&figure);
            }
        }
        for (_, values) in workload.cells(measured, filter).into_iter().flatten() {
            whole.add(values);
        }
        let units = unit_sums(workload, measured, filter);
        Self::from_parts(Traits::of(workload, measured), whole.finish(), units)
    }

    /// The spread of a sum and its units; `None` where nothing was measured.
    pub(super) fn from_parts(traits: Traits, whole: Figure, units: UnitSums) -> Option<Self> {
        (whole.n > 0).then_some(Self {
            traits,
            whole,
            units,
        })
    }

    /// Sums of the units in the metric's unit, and the n behind each.
    pub(super) fn sums(&self) -> (Vec<f64>, Cow<'_, [f64]>) {
        (self.units.totals(self.traits.kept), self.units.ns())
    }

    /// A quantile of a figure of this metric, in its unit.
    pub(super) fn quantile_of(&self, figure: &Figure, q: f64) -> Option<f64> {
        figure.quantile(q, self.traits.kept)
    }

    /// Mean of a figure of this metric, in its unit.
    pub(super) fn mean_of(&self, figure: &Figure) -> Option<f64> {
        figure.mean(self.traits.kept)
    }
}

/// The sums of `measured` over what `filter` lets through, by unit of inference.
pub(super) fn unit_sums(workload: &Workload, measured: Measured, filter: &Filter) -> UnitSums {
    let mut units = UnitSums::default();
    for (key, total) in workload.totals(measured, filter, Grouping::Unit) {
        if let GroupKey::Unit(unit) = key {
            units.push(Owner::Unit(unit), total);
        }
    }
    join_cells(&workload.cells(measured, filter), &mut units);
    units
}

/// Joins neighbouring 15-second cells by doubling, until the means of neighbouring windows are
/// nearly uncorrelated: such windows are the units of inference of sampled series, which are put behind `units`.
pub(super) fn join_cells(series: &[&[(i64, Values)]], units: &mut UnitSums) {
    if let [cells] = series
        && is_uncorrelated(cells.iter().map(|(_, values)| values.into()))
    {
        units.reserve(cells.len());
        for (cell, values) in *cells {
            units.push(window(*cell, SAMPLE_CELL), values);
        }
        return;
    }
    let total = |(cell, values): &(i64, Values)| (*cell, values.total());
    let mut windows: Vec<(i64, Total)> = series.iter().copied().flatten().map(total).collect();
    if series.len() > 1 {
        windows.sort_by_key(|(cell, _)| *cell);
    }
    let mut length = SAMPLE_CELL;
    add_up(&mut windows);
    while !is_uncorrelated(windows.iter().map(|(_, total)| (*total).into())) {
        for window in &mut windows {
            window.0 = window.0.div_euclid(2);
        }
        add_up(&mut windows);
        length = length.saturating_mul(2);
    }
    units.reserve(windows.len());
    for (cell, total) in windows {
        units.push(window(cell, length), total);
    }
}

/// The window of this number among those of a length in nanoseconds.
fn window(number: i64, length: i64) -> Owner {
    Owner::Window(number.saturating_mul(length))
}

/// Whether the means of neighbouring windows are nearly uncorrelated, or too few to tell.
fn is_uncorrelated(windows: impl ExactSizeIterator<Item = Sum> + Clone) -> bool {
    if windows.len() < FEWEST_WINDOWS {
        return true;
    }
    // The scale of the unit cancels out of a correlation.
    let means = windows.map(|sum| sum.sum / sum.n);
    correlation::lag1(means).is_none_or(|r| r < NEARLY_UNCORRELATED)
}

/// Adds up neighbouring windows with the same number.
fn add_up(windows: &mut Vec<(i64, Total)>) {
    windows.dedup_by(|later, earlier| {
        let is_same = later.0 == earlier.0;
        if is_same {
            earlier.1.merge(later.1);
        }
        is_same
    });
}

/// For each unit of a spread over what `filter` lets through: how many of its values lie above `at`
/// (the metric's unit × its scale), and how many it has.
#[allow(clippy::cast_precision_loss)]
pub(super) fn exceedances(
    workload: &Workload,
    spread: &Spread,
    filter: &Filter,
    at: i64,
) -> Vec<(f64, f64)> {
    let measured = spread.traits.measured;
    let by_unit = workload.above(measured, filter, at).into_iter();
    let mut counts: Vec<(f64, f64)> = by_unit.map(|(above, n)| (above as f64, n as f64)).collect();
    let windows = spread.units.windows();
    let named = counts.len();
    counts.resize(named + windows.len(), (0.0, 0.0));
    for cells in workload.cells(measured, filter) {
        for (window, values) in in_windows(cells, windows) {
            if let Some((above, n)) = counts.get_mut(named + window) {
                *above += values.above(at) as f64;
                *n += values.counted() as f64;
            }
        }
    }
    counts
}

/// Cells with the number of the window in which each lies.
fn in_windows<'c>(
    cells: &'c [(i64, Values)],
    windows: &[i64],
) -> impl Iterator<Item = (usize, &'c Values)> {
    let mut window = 0;
    cells.iter().map(move |(cell, values)| {
        let begins = cell.saturating_mul(SAMPLE_CELL);
        while windows.get(window + 1).is_some_and(|next| *next <= begins) {
            window += 1;
        }
        (window, values)
    })
}

/// What was sampled without a unit of its own, by windows as they are joined in [`unit_sums`], but at most `most` of them:
/// longer ones are as independent.
pub(super) fn window_figures(
    workload: &Workload,
    measured: Measured,
    filter: &Filter,
    most: usize,
) -> Vec<Figure> {
    let units = unit_sums(workload, measured, filter);
    let windows = units.windows();
    let together = windows.len().div_ceil(most).max(1);
    let mut figures = vec![Tally::default(); windows.len().div_ceil(together)];
    for cells in workload.cells(measured, filter) {
        for (window, values) in in_windows(cells, windows) {
            if let Some(figure) = figures.get_mut(window / together) {
                figure.add(values);
            }
        }
    }
    figures.into_iter().map(Tally::finish).collect()
}

/// The dimensions of a description, by name.
pub(super) type Named = std::collections::BTreeMap<String, String>;

/// One dimension with its value, by name.
pub(super) fn named(
    workload: &Workload,
    dimension: crate::record::Dimension,
    value: Name,
) -> Named {
    Named::from([(
        workload.catalog.dimension_name(dimension).to_owned(),
        workload.catalog.text(value).to_owned(),
    )])
}
