//! A metric over some records, by unit of inference: what descriptions and tests start from.

use crate::metrics::{Direction, Kind, Unit};
use crate::record::{Measured, Name};
use crate::stats::correlation;
use crate::workload::{Figure, Filter, GroupKey, Grouping, SAMPLE_CELL, UnitId, Values, Workload};

/// Above this lag-1 correlation of their means, neighbouring windows of samples are joined.
const NEARLY_UNCORRELATED: f64 = 0.1;

/// With fewer windows a correlation says nothing, and no interval is given anyway.
const FEWEST_WINDOWS: usize = 6;

/// What the registry, or else the input, knows of what is measured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Traits {
    pub(super) measured: Measured,
    pub(super) name: String,
    pub(super) title: String,
    pub(super) unit: Unit,
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
                    kind: row.kind,
                    direction: row.direction,
                }
            }
            Measured::Custom(name) => Self {
                measured,
                name: workload.catalog.text(name).to_owned(),
                title: workload.catalog.text(name).to_owned(),
                unit: Unit::Unknown,
                kind: Kind::Value,
                direction: Direction::Neither,
            },
        }
    }
}

/// What a sum over a unit of inference belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Owner {
    /// A unit that the records name.
    Unit(UnitId),
    /// A window of samples, by its beginning in nanoseconds.
    Window(i64),
}

/// A metric over some records, as a whole and by unit of inference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Spread {
    /// What is measured.
    pub(super) traits: Traits,
    /// The sum over all.
    pub(super) whole: Figure,
    /// The sum over each unit, sorted by owner; none is empty.
    pub(super) units: Vec<(Owner, Figure)>,
}

impl Spread {
    /// The spread of `measured` over what `filter` lets through; `None` where nothing was measured.
    pub(super) fn of(workload: &Workload, measured: Measured, filter: &Filter) -> Option<Self> {
        let by_unit = workload.group(measured, filter, Grouping::Unit);
        let units = by_unit.into_iter().filter_map(|(key, figure)| match key {
            GroupKey::Unit(unit) => Some((Owner::Unit(unit), figure)),
            _ => None,
        });
        let windows = join_cells(&workload.cells(measured, filter));
        let units = units.chain(windows).collect();
        Self::from_units(Traits::of(workload, measured), units)
    }

    /// The spread of these units, which are sorted by owner; `None` where nothing was measured.
    pub(super) fn from_units(traits: Traits, mut units: Vec<(Owner, Figure)>) -> Option<Self> {
        units.retain(|(_, figure)| figure.n > 0);
        let whole = sum(&units);
        (whole.n > 0).then_some(Self {
            traits,
            whole,
            units,
        })
    }

    /// Sums of the units in the metric's unit, and the n behind each.
    #[allow(clippy::cast_precision_loss)]
    pub(super) fn sums(&self) -> (Vec<f64>, Vec<f64>) {
        self.units
            .iter()
            .map(|(_, f)| (f.total(self.traits.unit), f.n as f64))
            .unzip()
    }

    /// One value for each unit: its mean, of shares its ratio.
    pub(super) fn means(&self) -> Vec<f64> {
        self.units
            .iter()
            .filter_map(|(_, f)| self.mean_of(f))
            .collect()
    }

    /// Mean of a figure of this metric, in its unit.
    pub(super) fn mean_of(&self, figure: &Figure) -> Option<f64> {
        figure.mean(self.traits.unit)
    }
}

/// The sum of all units. Halves are summed up apart, since merging a small histogram into a large one
/// again and again would walk over the large one each time.
fn sum(units: &[(Owner, Figure)]) -> Figure {
    match units {
        [] => Figure::default(),
        [(_, only)] => only.clone(),
        several => {
            let (first, second) = several.split_at(several.len() / 2);
            let mut whole = sum(first);
            whole.merge(&sum(second));
            whole
        }
    }
}

/// Joins neighbouring 15-second cells by doubling, until the means of neighbouring windows are
/// nearly uncorrelated: such windows are the units of inference of sampled series.
pub(super) fn join_cells(series: &[&[(i64, Values)]]) -> Vec<(Owner, Figure)> {
    let mut cells: Vec<&(i64, Values)> = series.iter().flat_map(|cells| cells.iter()).collect();
    if series.len() > 1 {
        cells.sort_by_key(|(cell, _)| *cell);
    }
    let doublings = doublings(&cells);
    let length = SAMPLE_CELL.saturating_mul(1 << doublings);
    cells
        .chunk_by(|a, b| a.0 >> doublings == b.0 >> doublings)
        .map(|window| {
            let mut sum = Figure::default();
            for (_, values) in window {
                values.add_to(&mut sum);
            }
            let begins = (window[0].0 >> doublings).saturating_mul(length);
            (Owner::Window(begins), sum)
        })
        .collect()
}

/// How often the length of a window must double.
fn doublings(cells: &[&(i64, Values)]) -> u32 {
    let mut windows: Vec<(i64, u64, i128)> = cells
        .iter()
        .map(|(cell, values)| (*cell, values.n(), values.sum()))
        .collect();
    let add_up = |windows: &mut Vec<(i64, u64, i128)>| {
        windows.dedup_by(|later, earlier| {
            let is_same = later.0 == earlier.0;
            if is_same {
                earlier.1 += later.1;
                earlier.2 += later.2;
            }
            is_same
        });
    };
    add_up(&mut windows);
    let mut doublings = 0;
    while windows.len() >= FEWEST_WINDOWS {
        // The scale of the unit cancels out of a correlation.
        #[allow(clippy::cast_precision_loss)]
        let means: Vec<f64> = windows
            .iter()
            .map(|(_, n, sum)| *sum as f64 / *n as f64)
            .collect();
        if correlation::lag1(&means).is_none_or(|r| r < NEARLY_UNCORRELATED) {
            break;
        }
        for window in &mut windows {
            window.0 = window.0.div_euclid(2);
        }
        add_up(&mut windows);
        doublings += 1;
    }
    doublings
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
