//! Tables of context modes and of interfaces: what each value of the dimension did, in figures.
//!
//! A figure is measured where records tell it, else it is what the input reported.

use std::collections::{BTreeMap, HashMap};

use crate::assessment::{Cell, CellSource, DimensionRow, DimensionTable};
use crate::config::Config;
use crate::metrics::{Kind, Metric};
use crate::record::{Dimension, DimsId, Name, Statistic};
use crate::workload::Workload;

use super::reported::Reported;
use super::spreads::Spreads;

/// The columns, in their order.
const COLUMNS: [Metric; 14] = [
    Metric::ContextPreparationTime,
    Metric::MemoryUsage,
    Metric::Accuracy,
    Metric::CacheHitRate,
    Metric::FileUseRate,
    Metric::ResponseTime,
    Metric::SuccessRate,
    Metric::ErrorRate,
    Metric::TimeoutRate,
    Metric::RateLimitHits,
    Metric::CostPer1kTokens,
    Metric::Cost,
    Metric::TokenEfficiency,
    Metric::Uptime,
];

/// One table for each dimension that has a value.
pub(super) fn tables(
    spreads: &Spreads<'_>,
    reported: &Reported<'_>,
    config: &Config,
) -> Vec<DimensionTable> {
    spreads
        .dimensions
        .iter()
        .filter(|(_, values)| !values.is_empty())
        .map(|(dimension, values)| table(spreads, reported, config, *dimension, values))
        .collect()
}

fn table(
    spreads: &Spreads<'_>,
    reported: &Reported<'_>,
    config: &Config,
    dimension: Dimension,
    values: &[(Name, u64)],
) -> DimensionTable {
    let workload = spreads.workload;
    let steps = Steps::of(workload, dimension);
    let rows: Vec<DimensionRow> = values
        .iter()
        .map(|(value, _)| {
            let n = steps.by_value.get(value).copied();
            DimensionRow {
                value: workload.catalog.text(*value).to_owned(),
                steps: n,
                share: n.map(|n| share(n, steps.all)),
                is_mock: is_mock(workload, config, dimension, *value),
                cells: COLUMNS
                    .iter()
                    .filter_map(|metric| {
                        let cell = measured(spreads, *metric, dimension, *value).or_else(|| {
                            summarised(workload, reported, *metric, dimension, *value)
                        })?;
                        Some((metric.name().to_owned(), cell))
                    })
                    .collect(),
            }
        })
        .collect();
    DimensionTable {
        dimension: workload.catalog.dimension_name(dimension).to_owned(),
        base: base(workload, config, dimension, values)
            .filter(|_| values.len() > 1)
            .map(|b| workload.catalog.text(b).to_owned()),
        metrics: COLUMNS
            .iter()
            .map(|m| m.name().to_owned())
            .filter(|name| rows.iter().any(|r| r.cells.contains_key(name)))
            .collect(),
        rows,
    }
}

/// The value that the others are compared with: of modes FANCY, else the most used that is no mock.
pub(super) fn base(
    workload: &Workload,
    config: &Config,
    dimension: Dimension,
    values: &[(Name, u64)],
) -> Option<Name> {
    let is_fancy = |name: &Name| workload.catalog.text(*name).eq_ignore_ascii_case("FANCY");
    let mut candidates = values
        .iter()
        .map(|(name, _)| *name)
        .filter(|name| !is_mock(workload, config, dimension, *name));
    if dimension == Dimension::Mode {
        candidates
            .clone()
            .find(is_fancy)
            .or_else(|| candidates.next())
    } else {
        candidates.next()
    }
}

/// Whether an interface answers without a model: it is counted, and never compared.
pub(super) fn is_mock(
    workload: &Workload,
    config: &Config,
    dimension: Dimension,
    value: Name,
) -> bool {
    let text = workload.catalog.text(value);
    dimension == Dimension::Interface
        && (text.eq_ignore_ascii_case("mock") || config.mock_interfaces.iter().any(|m| m == text))
}

fn measured(
    spreads: &Spreads<'_>,
    metric: Metric,
    dimension: Dimension,
    value: Name,
) -> Option<Cell> {
    let figure = &spreads.by(metric, dimension, value)?.whole;
    let row = metric.row();
    let mean_of = |metric: Metric| {
        let spread = spreads.by(metric, dimension, value)?;
        spread.mean_of(&spread.whole)
    };
    Some(Cell {
        value: if row.kind == Kind::Total {
            figure.total(row.unit)
        } else {
            figure.mean(row.unit)?
        },
        unit: row.unit,
        n: Some(figure.n),
        source: CellSource::Measured,
        of: (metric == Metric::FileUseRate)
            .then(|| {
                Some([
                    mean_of(Metric::FilesUsed)?,
                    mean_of(Metric::FilesConsidered)?,
                ])
            })
            .flatten(),
    })
}

fn summarised(
    workload: &Workload,
    reported: &Reported<'_>,
    metric: Metric,
    dimension: Dimension,
    value: Name,
) -> Option<Cell> {
    let row = metric.row();
    let find = |metric: Metric, statistic| {
        reported.for_value(workload, metric.into(), statistic, dimension, value)
    };
    let statistic = if row.kind == Kind::Total {
        Statistic::Total
    } else {
        Statistic::Mean
    };
    let cell = |value: f64, n: Option<u64>, of: Option<[f64; 2]>| Cell {
        value,
        unit: row.unit,
        n,
        source: CellSource::Reported,
        of,
    };
    let counts = || {
        let used = find(Metric::FilesUsed, Statistic::Mean)?;
        let considered = find(Metric::FilesConsidered, Statistic::Mean)?;
        Some(([used.value, considered.value], used.n))
    };
    match (metric, find(metric, statistic)) {
        (Metric::FileUseRate, rate) => match (rate, counts()) {
            (Some(rate), counts) => Some(cell(rate.value, rate.n, counts.map(|(of, _)| of))),
            (None, Some(([used, considered], n))) if considered > 0.0 => {
                Some(cell(used / considered, n, Some([used, considered])))
            }
            (None, _) => None,
        },
        (_, Some(aggregate)) => Some(cell(aggregate.value, aggregate.n, None)),
        (_, None) => None,
    }
}

/// Steps by the value of a dimension, and all of them.
struct Steps {
    by_value: BTreeMap<Name, u64>,
    all: u64,
}

impl Steps {
    fn of(workload: &Workload, dimension: Dimension) -> Self {
        let mut by_dims: HashMap<DimsId, u64> = HashMap::new();
        for row in workload.rows.iter().filter(|r| r.key.is_step) {
            *by_dims.entry(row.key.dims).or_default() +=
                row.outcomes.iter().map(|n| u64::from(*n)).sum::<u64>();
        }
        let mut by_value = BTreeMap::new();
        for (dims, n) in &by_dims {
            let value = workload.catalog.dimension(*dims, dimension);
            if value.is_some() {
                *by_value.entry(value).or_default() += n;
            }
        }
        Self {
            by_value,
            all: by_dims.values().sum(),
        }
    }
}

#[allow(clippy::cast_precision_loss)]
fn share(part: u64, whole: u64) -> f64 {
    part as f64 / whole.max(1) as f64
}
