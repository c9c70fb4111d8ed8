//! A metric over some records, by unit of inference: what descriptions and tests start from.

use crate::metrics::{Direction, Kind, Unit};
use crate::record::{Measured, Name};
use crate::stats::correlation;
use crate::workload::{Figure, Filter, GroupKey, Grouping, SAMPLE_CELL, UnitId, Workload};

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
        let mut units = Vec::new();
        let mut cells = Vec::new();
        for (key, figure) in workload.group(measured, filter, Grouping::Unit) {
            match key {
                GroupKey::Unit(unit) => units.push((Owner::Unit(unit), figure)),
                GroupKey::SampleCell(cell) => cells.push((cell, figure)),
                GroupKey::All | GroupKey::Task(_) | GroupKey::Window(_) | GroupKey::Value(_) => {}
            }
        }
        units.extend(join_cells(cells));
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
pub(super) fn join_cells(cells: Vec<(i64, Figure)>) -> Vec<(Owner, Figure)> {
    let mut windows = cells;
    let mut length = SAMPLE_CELL;
    while windows.len() >= FEWEST_WINDOWS {
        // The scale of the unit cancels out of a correlation.
        #[allow(clippy::cast_precision_loss)]
        let means: Vec<f64> = windows
            .iter()
            .map(|(_, f)| f.sum as f64 / f.n as f64)
            .collect();
        if correlation::lag1(&means).is_none_or(|r| r < NEARLY_UNCORRELATED) {
            break;
        }
        let mut joined: Vec<(i64, Figure)> = Vec::with_capacity(windows.len() / 2 + 1);
        for (cell, figure) in windows {
            let cell = cell.div_euclid(2);
            match joined.last_mut() {
                Some((last, sum)) if *last == cell => sum.merge(&figure),
                _ => joined.push((cell, figure)),
            }
        }
        windows = joined;
        length = length.saturating_mul(2);
    }
    windows
        .into_iter()
        .map(|(cell, figure)| (Owner::Window(cell.saturating_mul(length)), figure))
        .collect()
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
