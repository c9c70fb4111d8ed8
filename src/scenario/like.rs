//! Like work: what was observed of two variants, in strata of work that is alike.
//!
//! Rows go into strata, of each variant and group of units its n and sum; over the strata that hold both, weighted by
//! the present one, follow the effect of the other, and the same without each group. What the strata are:
//! [`super::measured`].

use std::collections::BTreeMap;

use super::groups::{Groups, error};
use super::measured::{Contrast, Likeness, Swap};
use crate::metrics::{Kind, Metric, Unit};
use crate::record::{Dimension, DimsId, Name, OperationKind};
use crate::workload::{Row, Total, UnitId, Workload, float};

/// Fewest strata with both variants when strata are tasks.
const LEAST_PAIRS: usize = 6;

/// What rows tell of a metric.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Told {
    /// n and sum of the metric.
    Whole(Metric),
    /// n from the steps, the sum from these of their parts: seconds of them per step.
    Part(Vec<OperationKind>),
}

impl Told {
    /// Of the response time the parts, where steps tell of them.
    pub(super) fn of(workload: &Workload, metric: Metric, parts: &[OperationKind]) -> Self {
        let has = |kind| workload.rows.iter().any(|r| r.key.operation == kind);
        let told: Vec<OperationKind> = parts.iter().copied().filter(|p| has(*p)).collect();
        if metric == Metric::ResponseTime && has(OperationKind::Step) && !told.is_empty() {
            Self::Part(told)
        } else {
            Self::Whole(metric)
        }
    }

    pub(super) fn is_factor(&self) -> bool {
        match self {
            Self::Part(_) => false,
            Self::Whole(metric) => {
                metric.row().kind != Kind::Share && metric.row().unit != Unit::Ratio
            }
        }
    }

    /// n and sum.
    #[allow(clippy::cast_precision_loss)]
    pub(super) fn tell(&self, row: &Row) -> Option<(f64, f64)> {
        match self {
            Self::Whole(metric) => n_and_sum(row, *metric),
            Self::Part(_) if row.key.is_step => Some((row.time.n as f64, 0.0)),
            Self::Part(parts) => parts
                .contains(&row.key.operation)
                .then(|| (0.0, row.time.total(Unit::Seconds))),
        }
    }
}

/// What makes work alike beside its task.
const KIND: [Dimension; 4] = [
    Dimension::Purpose,
    Dimension::Interface,
    Dimension::Mode,
    Dimension::Agent,
];

/// Task, and which of the unchanging dimensions' values.
pub(super) type Stratum = (Name, u32);

/// n and sum of one variant of a stratum in one group of units.
type Cell = [(f64, f64); 2];

/// The two variants of a swap as they lie in a workload: looked up once for all questions about them.
#[derive(Debug, Clone)]
pub struct Variants {
    /// For each dimension set its variant; see [`sides`].
    pub(super) sides: Vec<Option<usize>>,
    /// For each dimension set its kind; see [`kinds`].
    pub(super) kinds: Vec<u32>,
}

impl Variants {
    /// Those of `swap`.
    #[must_use]
    pub fn of(workload: &Workload, swap: &Swap) -> Self {
        Self {
            sides: sides(swap, workload),
            kinds: kinds(&[swap.dimension], workload),
        }
    }
}

/// What was observed of both variants, before a choice of strata.
pub(super) struct Observed {
    /// In order of the rows.
    rows: Vec<Seen>,
    pub(super) groups: Groups,
    /// Units of each variant.
    pub(super) units: [u64; 2],
    /// Whether any of the rows names a task.
    names_tasks: bool,
}

/// What a row tells.
struct Seen {
    task: Name,
    kind: u32,
    unit: UnitId,
    /// Which variant.
    side: u8,
    n: f64,
    sum: f64,
}

impl Observed {
    pub(super) fn of(workload: &Workload, variants: &Variants, told: &Told) -> Self {
        Self::gather(workload, &variants.sides, &variants.kinds, told)
    }

    /// `sides` and `kinds` are by dimension set; without sides nothing is gathered.
    pub(super) fn gather(
        workload: &Workload,
        sides: &[Option<usize>],
        kinds: &[u32],
        told: &Told,
    ) -> Self {
        let mut rows: Vec<Seen> = Vec::new();
        // Of rows, which are sorted by unit.
        let (mut units, mut last) = ([0; 2], [UnitId::NONE; 2]);
        for row in &workload.rows {
            let dims = row.key.dims.0 as usize;
            let Some(side) = sides.get(dims).copied().flatten() else {
                continue;
            };
            if let Some((n, sum)) = told.tell(row) {
                units[side] += u64::from(last[side] != row.key.unit);
                last[side] = row.key.unit;
                rows.push(Seen {
                    task: row.key.task,
                    kind: kinds[dims],
                    unit: row.key.unit,
                    side: u8::from(side == 1),
                    n,
                    sum,
                });
            }
        }
        Self {
            groups: Groups::in_turn(rows.iter().map(|r| r.unit)),
            units,
            names_tasks: rows.iter().any(|r| r.task.is_some()),
            rows,
        }
    }

    /// By the closest likeness of which enough was observed.
    pub(super) fn best(&self, is_factor: bool) -> Option<Contrast> {
        LIKENESSES
            .into_iter()
            .find_map(|likeness| self.pools(likeness)?.contrast(is_factor))
    }

    /// The same, and the effect where only a share of the values changes: as asked for all units, and for all but those
    /// of a group, so that the error holds that of the share as well.
    pub(super) fn best_of_share(
        &self,
        is_factor: bool,
        share: impl Fn(Option<usize>) -> Option<f64>,
    ) -> Option<(Contrast, Contrast)> {
        LIKENESSES.into_iter().find_map(|likeness| {
            let pools = self.pools(likeness)?;
            let whole = pools.contrast(is_factor)?;
            let shared = |effect: f64, share: f64| {
                if is_factor {
                    1.0 + share * (effect - 1.0)
                } else {
                    share * effect
                }
            };
            let without: Vec<f64> = pools
                .without
                .iter()
                .enumerate()
                .filter_map(|(group, p)| Some(shared(p.effect(is_factor)?, share(Some(group))?)))
                .map(|e| if is_factor { e.ln() } else { e })
                .collect();
            let of_all = share(None)?;
            let effect = shared(whole.effect, of_all);
            #[allow(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                clippy::cast_precision_loss
            )]
            let n = (whole.n as f64 * of_all).round() as u64;
            let is_possible = effect.is_finite() && (!is_factor || effect > 0.0);
            let shared = Contrast {
                effect,
                error: error(&without, pools.without.len()),
                n,
                ..whole.clone()
            };
            is_possible.then_some((whole, shared))
        })
    }

    pub(super) fn best_pools(&self) -> Option<Pools> {
        LIKENESSES
            .into_iter()
            .find_map(|likeness| self.pools(likeness))
    }

    fn pools(&self, likeness: Likeness) -> Option<Pools> {
        if !self.names_tasks && likeness != Likeness::Kind {
            return None;
        }
        let groups = self.groups.count();
        let mut group_of = self.groups.finder();
        let mut places: BTreeMap<Stratum, usize> = BTreeMap::new();
        let mut cells: Vec<Vec<Cell>> = Vec::new();
        // Rows that follow each other are mostly alike.
        let mut last = None;
        let mut n = 0.0;
        for seen in &self.rows {
            if seen.side == 0 {
                n += seen.n;
            }
            let Some(stratum) = key(seen.task, seen.kind, likeness) else {
                continue;
            };
            let place = match last {
                Some((known, place)) if known == stratum => place,
                _ => *places.entry(stratum).or_insert_with(|| {
                    cells.push(vec![Cell::default(); groups]);
                    cells.len() - 1
                }),
            };
            last = Some((stratum, place));
            let Some(group) = group_of(seen.unit) else {
                continue;
            };
            let cell = &mut cells[place][group][usize::from(seen.side)];
            cell.0 += seen.n;
            cell.1 += seen.sum;
        }
        let strata: Vec<&[Cell]> = places.values().map(|at| cells[*at].as_slice()).collect();
        let all = pool(&strata, None);
        let is_enough = match likeness {
            Likeness::TaskAndKind | Likeness::Task => all.strata >= LEAST_PAIRS && all.n >= 0.5 * n,
            Likeness::Kind => all.strata > 0,
        };
        let [before, since] = self.units;
        is_enough.then(|| Pools {
            likeness,
            without: (0..groups)
                .map(|group| pool(&strata, Some(group)))
                .collect(),
            all,
            n,
            units: before.min(since),
        })
    }
}

/// From the closest likeness on.
const LIKENESSES: [Likeness; 3] = [Likeness::TaskAndKind, Likeness::Task, Likeness::Kind];

/// What was observed under one likeness, and the same without each group of units.
pub(super) struct Pools {
    likeness: Likeness,
    pub(super) all: Pooled,
    pub(super) without: Vec<Pooled>,
    /// Values that would change.
    n: f64,
    /// Units of the rarer variant.
    units: u64,
}

impl Pools {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    pub(super) fn contrast(&self, is_factor: bool) -> Option<Contrast> {
        let effect = self.all.effect(is_factor)?;
        let without: Vec<f64> = self
            .without
            .iter()
            .filter_map(|pooled| pooled.effect(is_factor))
            .map(|e| if is_factor { e.ln() } else { e })
            .collect();
        Some(Contrast {
            is_factor,
            effect,
            error: error(&without, self.without.len()),
            likeness: self.likeness,
            strata: self.all.strata as u64,
            n: self.n as u64,
            units: self.units,
            matched: self.all.n / self.n,
        })
    }
}

/// Sums over the strata with both variants.
pub(super) struct Pooled {
    strata: usize,
    /// Values that would change.
    pub(super) n: f64,
    /// Their sum.
    pub(super) now: f64,
    /// Their sum at the other variant's means.
    pub(super) then: f64,
}

impl Pooled {
    pub(super) fn effect(&self, is_factor: bool) -> Option<f64> {
        if self.strata == 0 {
            return None;
        }
        let effect = if is_factor {
            self.then / self.now
        } else {
            (self.then - self.now) / self.n
        };
        (effect.is_finite() && (!is_factor || effect > 0.0)).then_some(effect)
    }
}

fn pool(strata: &[&[Cell]], left_out: Option<usize>) -> Pooled {
    let mut pooled = Pooled {
        strata: 0,
        n: 0.0,
        now: 0.0,
        then: 0.0,
    };
    for cells in strata {
        let mut sums = Cell::default();
        for (group, cell) in cells.iter().enumerate() {
            if Some(group) != left_out {
                for side in 0..2 {
                    sums[side].0 += cell[side].0;
                    sums[side].1 += cell[side].1;
                }
            }
        }
        let [(n, sum), (other_n, other_sum)] = sums;
        if n > 0.0 && other_n > 0.0 {
            pooled.strata += 1;
            pooled.n += n;
            pooled.now += sum;
            pooled.then += n * (other_sum / other_n);
        }
    }
    pooled
}

/// For each dimension set: 0 for the present variant, 1 for the other, `None` for neither.
pub(super) fn sides(swap: &Swap, workload: &Workload) -> Vec<Option<usize>> {
    workload
        .catalog
        .dims
        .values()
        .iter()
        .map(|set| {
            if !swap.within.iter().all(|wanted| set.contains(wanted)) {
                return None;
            }
            let value = set.iter().find(|(d, _)| *d == swap.dimension)?.1;
            if value == swap.from {
                Some(0)
            } else {
                (value == swap.to).then_some(1)
            }
        })
        .collect()
}

/// For each dimension set a number for its values of purpose, interface, mode and agent, and where no task is named
/// of project, without those that change.
pub(super) fn kinds(changing: &[Dimension], workload: &Workload) -> Vec<u32> {
    let mut numbers: BTreeMap<Vec<Name>, u32> = BTreeMap::new();
    // Where no task is named, work on another project is other work.
    let is_named = workload.rows.iter().any(|r| r.key.task.is_some());
    let project = (!is_named).then_some(Dimension::Project);
    (0..workload.catalog.dims.values().len())
        .map(|id| {
            let dims = DimsId(u32::try_from(id).unwrap_or(0));
            let values = KIND
                .into_iter()
                .chain(project)
                .filter(|d| !changing.contains(d))
                .map(|d| workload.catalog.dimension(dims, d))
                .collect();
            let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
            *numbers.entry(values).or_insert(next)
        })
        .collect()
}

pub(super) fn stratum(row: &Row, kind: u32, likeness: Likeness) -> Option<Stratum> {
    key(row.key.task, kind, likeness)
}

fn key(task: Name, kind: u32, likeness: Likeness) -> Option<Stratum> {
    match likeness {
        Likeness::TaskAndKind => task.is_some().then_some((task, kind)),
        Likeness::Task => task.is_some().then_some((task, 0)),
        Likeness::Kind => Some((Name::NONE, kind)),
    }
}

/// n and sum of a row in the metric's unit; `None` where it tells nothing.
#[allow(clippy::cast_precision_loss)]
fn n_and_sum(row: &Row, metric: Metric) -> Option<(f64, f64)> {
    let Total { n, sum } = row.total(metric);
    (n > 0).then(|| (n as f64, float(sum) / metric.row().unit.scale()))
}
