//! Two variants that were both observed: what like work took in the other one.
//!
//! Like with like: strata are formed by task and the dimensions that do not change, else by task, else
//! by those dimensions. Over the strata that hold both variants, weighted by the steps that would
//! change, B is what they would have taken at the other variant's mean, A what they took; the effect is
//! B ÷ A for quantities, (B − A) ÷ n for ratios. It is carried over to the steps that would change and
//! have no like one. Standard errors come from a jackknife that leaves out groups of units (on the log
//! scale for quantities), since records of one unit are correlated.
//!
//! Of the response time only the part is compared that the dimension governs (context preparation for the
//! mode, model requests for the interface) where steps tell of it: the rest of a step, waits most of all,
//! is common to both variants and would only add noise. It is held as it was, so that what a shorter
//! step does to the queue is not in the figure.
//!
//! Sources: Cochran & Rubin 1973 (direct standardisation by strata); Shao & Wu 1989, Annals of
//! Statistics 17(3) (delete-a-group jackknife).

use std::collections::{BTreeMap, BTreeSet};

use crate::metrics::{Kind, Metric, Unit};
use crate::record::{Dimension, DimsId, Name, OperationKind};
use crate::stats::normal;
use crate::workload::{Figure, Row, UnitId, Workload};

/// Groups of units that the jackknife leaves out, at most.
const GROUPS: usize = 20;

/// Fewest groups for a standard error.
const LEAST_GROUPS: usize = 6;

/// Fewest strata with both variants when strata are tasks.
const LEAST_PAIRS: usize = 6;

/// A replacement of one variant by another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Swap {
    /// The dimension whose value changes.
    pub dimension: Dimension,
    /// Its present value.
    pub from: Name,
    /// Its new value.
    pub to: Name,
    /// Only records with these values.
    pub within: Vec<(Dimension, Name)>,
}

impl Swap {
    /// For each dimension set whether its records would change.
    #[must_use]
    pub fn affected(&self, workload: &Workload) -> Vec<bool> {
        sides(self, workload)
            .into_iter()
            .map(|side| side == Some(0))
            .collect()
    }
}

/// What makes records alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Likeness {
    /// The same task, and the same purpose, interface, mode and agent as far as they do not change.
    TaskAndKind,
    /// The same task.
    Task,
    /// The same purpose, interface, mode and agent as far as they do not change, and where no task is named project.
    Kind,
}

/// The effect of a swap on one metric.
#[derive(Debug, Clone, PartialEq)]
pub struct Contrast {
    /// Whether the effect is a factor (of quantities) or a shift (of ratios).
    pub is_factor: bool,
    /// The effect.
    pub effect: f64,
    /// Its standard error, of a factor that of its logarithm, with the degrees of freedom.
    error: Option<(f64, f64)>,
    /// What was compared.
    pub likeness: Likeness,
    /// Strata with both variants.
    pub strata: u64,
    /// Values that would change.
    pub n: u64,
    /// Units of the rarer variant.
    pub units: u64,
    /// Share of the values that would change that have like ones in the other variant.
    pub matched: f64,
}

impl Contrast {
    /// Whether an effect is seen at a confidence: the interval leaves out no effect.
    #[must_use]
    pub fn is_seen(&self, level: f64) -> bool {
        let none = if self.is_factor { 1.0 } else { 0.0 };
        self.interval(level)
            .is_some_and(|(low, high)| low > none || high < none)
    }

    /// Interval of the effect at a confidence.
    #[must_use]
    pub fn interval(&self, level: f64) -> Option<(f64, f64)> {
        let (error, freedom) = self.error?;
        let half = normal::critical_t(level, freedom)? * error;
        let ends = if self.is_factor {
            (self.effect * (-half).exp(), self.effect * half.exp())
        } else {
            (self.effect - half, self.effect + half)
        };
        (ends.0.is_finite() && ends.1.is_finite()).then_some(ends)
    }

    /// What was compared, counted: pairs of tasks, else units of the rarer variant.
    #[must_use]
    pub fn compared(&self) -> u64 {
        match self.likeness {
            Likeness::TaskAndKind | Likeness::Task => self.strata,
            Likeness::Kind => self.units,
        }
    }
}

/// The effect of a swap on the response time: a shift in seconds per step where steps tell of the part
/// that the dimension governs, else a factor of the whole. `None` as for [`contrast`].
#[must_use]
pub fn response_contrast(workload: &Workload, swap: &Swap) -> Option<Contrast> {
    let parts: &[OperationKind] = match swap.dimension {
        Dimension::Mode => &[OperationKind::ContextPreparation],
        Dimension::Interface => &[OperationKind::ModelRequest],
        _ => &[],
    };
    let told = Told::of(workload, Metric::ResponseTime, parts);
    Observed::of_swap(workload, swap, &told).best(told.is_factor())
}

/// The effect of a swap on a metric; `None` where one of the variants or its like was not observed.
#[must_use]
pub fn contrast(workload: &Workload, metric: Metric, swap: &Swap) -> Option<Contrast> {
    let told = Told::of(workload, metric, &[]);
    Observed::of_swap(workload, swap, &told).best(told.is_factor())
}

/// Work before and since a change: what it touched, and what it cannot touch.
#[derive(Debug, Clone, Default)]
pub struct BeforeAndSince {
    /// For each dimension set: 0 for work before the change, 1 for work since, `None` for what it does not
    /// touch.
    pub touched: Vec<Option<usize>>,
    /// The same of the control: work that it cannot touch. Empty: there is none.
    pub control: Vec<Option<usize>>,
    /// The dimensions that the change changes: they make no difference to what is alike.
    pub changing: Vec<Dimension>,
}

/// What a change came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Realised {
    /// The effect on what it touched, less what changed in the control.
    pub contrast: Contrast,
    /// What changed in the control, with the smaller number of units on either side of it; `None`: it was
    /// not taken off.
    pub control: Option<(Contrast, [u64; 2])>,
}

/// What like work took before and since, of the response time only in the parts named (none: the whole),
/// less what changed in the control in the same time: the difference in differences, of quantities as
/// factors. Of both the same groups of units are left out, blocks of time, so that the standard error is of their
/// difference and holds what work at one time has in common. A control with fewer than `least` units on a side is not taken off. `None` where there is
/// no like work on both sides.
///
/// Sources: Card & Krueger 1994, American Economic Review 84(4) (difference in differences); Bertrand,
/// Duflo & Mullainathan 2004, Quarterly Journal of Economics 119(1) (errors over groups, since records of
/// one unit are correlated); Künsch 1989, Annals of Statistics 17(3) (jackknife over blocks of time).
#[must_use]
pub fn since(
    workload: &Workload,
    metric: Metric,
    parts: &[OperationKind],
    sides: &BeforeAndSince,
    least: u64,
) -> Option<Realised> {
    let told = Told::of(workload, metric, parts);
    let is_factor = told.is_factor();
    let kinds = kinds(&sides.changing, workload);
    let mut touched = Observed::gather(workload, &sides.touched, &kinds, &told);
    // Nothing changes there, so that every dimension makes a difference.
    let mut control =
        Observed::gather(workload, &sides.control, &self::kinds(&[], workload), &told);
    let groups = blocks(workload, touched.groups.keys().chain(control.groups.keys()));
    touched.groups.clone_from(&groups);
    control.groups = groups;
    let [units_before, units_since] = control.units();
    if units_before.min(units_since) < least {
        return Some(Realised {
            contrast: touched.best(is_factor)?,
            control: None,
        });
    }
    let own = touched.best_pools()?;
    let alone = own.contrast(is_factor)?;
    let Some(drift) = control.best_pools() else {
        return Some(Realised {
            contrast: alone,
            control: None,
        });
    };
    let difference = |own: &Pooled, drift: &Pooled| -> Option<f64> {
        let effect = match told {
            Told::Part(_) => (own.then / drift.effect(true)? - own.now) / own.n,
            Told::Whole(_) if is_factor => own.effect(true)? / drift.effect(true)?,
            Told::Whole(_) => own.effect(false)? - drift.effect(false)?,
        };
        effect.is_finite().then_some(effect)
    };
    let (Some(effect), Some(of_control)) = (
        difference(&own.all, &drift.all),
        drift.contrast(is_factor || matches!(told, Told::Part(_))),
    ) else {
        return Some(Realised {
            contrast: alone,
            control: None,
        });
    };
    let without: Vec<f64> = own
        .without
        .iter()
        .zip(&drift.without)
        .filter_map(|(own, drift)| difference(own, drift))
        .map(|e| if is_factor { e.ln() } else { e })
        .collect();
    Some(Realised {
        contrast: Contrast {
            effect,
            error: error(&without, own.without.len()),
            ..alone
        },
        control: Some((of_control, [units_before, units_since])),
    })
}

/// Groups of units that follow each other in time: what is shared by work at one time, waits for a slot most of
/// all, is then left out together.
fn blocks<'u>(
    workload: &Workload,
    units: impl Iterator<Item = &'u UnitId>,
) -> BTreeMap<UnitId, usize> {
    let mut begins: BTreeMap<UnitId, i32> = units.map(|unit| (*unit, i32::MAX)).collect();
    for row in &workload.rows {
        if let Some(begin) = begins.get_mut(&row.key.unit) {
            *begin = row.key.cell.min(*begin);
        }
    }
    let mut order: Vec<(i32, UnitId)> = begins.into_iter().map(|(u, begin)| (begin, u)).collect();
    order.sort_unstable();
    let (n, groups) = (order.len(), order.len().min(GROUPS));
    let order = order.into_iter().enumerate();
    order
        .map(|(at, (_, unit))| (unit, at * groups / n))
        .collect()
}

/// What rows tell of a metric.
#[derive(Debug, Clone, PartialEq)]
enum Told {
    /// n and sum of the metric.
    Whole(Metric),
    /// n from the steps, the sum from these of their parts: seconds of them per step.
    Part(Vec<OperationKind>),
}

impl Told {
    /// Of the response time the parts, where steps tell of them.
    fn of(workload: &Workload, metric: Metric, parts: &[OperationKind]) -> Self {
        let has = |kind| workload.rows.iter().any(|r| r.key.operation == kind);
        let told: Vec<OperationKind> = parts.iter().copied().filter(|p| has(*p)).collect();
        if metric == Metric::ResponseTime && has(OperationKind::Step) && !told.is_empty() {
            Self::Part(told)
        } else {
            Self::Whole(metric)
        }
    }

    fn is_factor(&self) -> bool {
        match self {
            Self::Part(_) => false,
            Self::Whole(metric) => {
                metric.row().kind != Kind::Share && metric.row().unit != Unit::Ratio
            }
        }
    }

    #[allow(clippy::cast_precision_loss)]
    fn tell(&self, row: &Row) -> Option<(f64, f64)> {
        match self {
            Self::Whole(metric) => n_and_sum(row, *metric),
            Self::Part(_) if row.key.is_step => Some((row.time.n as f64, 0.0)),
            Self::Part(parts) => parts
                .contains(&row.key.operation)
                .then(|| (0.0, row.time.total(Unit::Seconds))),
        }
    }
}

/// How values of the present variant map to values of the other: the same rank in the distribution of
/// like steps. Composes with other maps, and gives exactly the other distribution where all steps have
/// like ones.
#[derive(Debug, Clone, PartialEq)]
pub struct Transport {
    /// Upper values of the present distribution with their share at or below.
    from: Vec<(i64, f64)>,
    /// The same of the other, weighted by the steps that would change.
    to: Vec<(i64, f64)>,
}

impl Transport {
    /// The map of response times for a swap; `None` where no like steps were observed.
    #[must_use]
    pub fn of_response_times(
        workload: &Workload,
        swap: &Swap,
        likeness: Likeness,
    ) -> Option<Transport> {
        let sides = sides(swap, workload);
        let kinds = kinds(&[swap.dimension], workload);
        let mut strata: BTreeMap<Stratum, [Figure; 2]> = BTreeMap::new();
        for row in workload.rows.iter().filter(|r| r.key.is_step) {
            if let Some(side) = sides[row.key.dims.0 as usize]
                && let Some(stratum) = stratum(row, kinds[row.key.dims.0 as usize], likeness)
            {
                strata.entry(stratum).or_default()[side].merge(&row.time);
            }
        }
        let mut from = Figure::default();
        let mut to: BTreeMap<u16, f64> = BTreeMap::new();
        for [a, b] in strata.values().filter(|[a, b]| a.n > 0 && b.n > 0) {
            from.merge(a);
            #[allow(clippy::cast_precision_loss)]
            let weight = a.n as f64 / b.n as f64;
            for (bucket, n) in b.histogram.buckets() {
                *to.entry(*bucket).or_default() += f64::from(*n) * weight;
            }
        }
        let from = cumulated(
            from.histogram
                .buckets()
                .iter()
                .map(|(b, n)| (*b, f64::from(*n))),
        );
        let to = cumulated(to.iter().map(|(b, w)| (*b, *w)));
        (!from.is_empty() && !to.is_empty()).then_some(Transport { from, to })
    }

    /// The map of values that were and values that would be, in any order; `None` of none.
    pub fn between(
        from: impl Iterator<Item = i64>,
        to: impl Iterator<Item = i64>,
    ) -> Option<Transport> {
        let histogram = |values: &mut dyn Iterator<Item = i64>| {
            let mut figure = Figure::default();
            values.for_each(|v| figure.histogram.add(v));
            cumulated(
                figure
                    .histogram
                    .buckets()
                    .iter()
                    .map(|(b, n)| (*b, f64::from(*n))),
            )
        };
        let (mut from, mut to) = (from, to);
        let (from, to) = (histogram(&mut from), histogram(&mut to));
        (!from.is_empty() && !to.is_empty()).then_some(Transport { from, to })
    }

    /// The value in the other variant.
    #[must_use]
    pub fn map(&self, value: i64) -> i64 {
        let at = self.from.partition_point(|(v, _)| *v < value);
        let upper = self.from.get(at).map_or(1.0, |(_, share)| *share);
        let lower = if at == 0 { 0.0 } else { self.from[at - 1].1 };
        // The middle of the bucket's ranks: its values are not told apart.
        let rank = f64::midpoint(lower, upper);
        let at = self.to.partition_point(|(_, share)| *share < rank);
        self.to
            .get(at)
            .or(self.to.last())
            .map_or(value, |(v, _)| *v)
    }
}

fn cumulated(buckets: impl Iterator<Item = (u16, f64)> + Clone) -> Vec<(i64, f64)> {
    let total: f64 = buckets.clone().map(|(_, w)| w).sum();
    let mut sum = 0.0;
    buckets
        .map(|(bucket, weight)| {
            sum += weight;
            let value = crate::workload::histogram::bucket_value(bucket);
            (i64::try_from(value).unwrap_or(i64::MAX), sum / total)
        })
        .collect()
}

/// What makes work alike beside its task.
const KIND: [Dimension; 4] = [
    Dimension::Purpose,
    Dimension::Interface,
    Dimension::Mode,
    Dimension::Agent,
];

/// Task, and which of the unchanging dimensions' values.
type Stratum = (Name, u32);

/// n and sum of one variant of a stratum in one group of units.
type Cell = [(f64, f64); 2];

/// What was observed of both variants, before a choice of strata.
struct Observed {
    /// Task, kind and unit of each row, with its variant, n and sum.
    rows: Vec<(Name, u32, UnitId, usize, f64, f64)>,
    /// The group that each unit is left out with, from 0.
    groups: BTreeMap<UnitId, usize>,
}

impl Observed {
    fn of_swap(workload: &Workload, swap: &Swap, told: &Told) -> Self {
        let kinds = kinds(&[swap.dimension], workload);
        Self::gather(workload, &sides(swap, workload), &kinds, told)
    }

    /// `sides` and `kinds` are by dimension set; without sides nothing is gathered.
    fn gather(workload: &Workload, sides: &[Option<usize>], kinds: &[u32], told: &Told) -> Self {
        let mut rows = Vec::new();
        for row in &workload.rows {
            let dims = row.key.dims.0 as usize;
            let Some(side) = sides.get(dims).copied().flatten() else {
                continue;
            };
            if let Some((n, sum)) = told.tell(row) {
                rows.push((row.key.task, kinds[dims], row.key.unit, side, n, sum));
            }
        }
        let units: BTreeSet<UnitId> = rows.iter().map(|r| r.2).collect();
        Self {
            rows,
            groups: units
                .into_iter()
                .enumerate()
                .map(|(i, u)| (u, i % GROUPS))
                .collect(),
        }
    }

    /// Units of each variant.
    fn units(&self) -> [u64; 2] {
        [0, 1].map(|side| {
            let of_side = self.rows.iter().filter(|r| r.3 == side);
            let units: BTreeSet<UnitId> = of_side.map(|r| r.2).collect();
            units.len() as u64
        })
    }

    /// By the closest likeness of which enough was observed.
    fn best(&self, is_factor: bool) -> Option<Contrast> {
        LIKENESSES
            .into_iter()
            .find_map(|likeness| self.pools(likeness)?.contrast(is_factor))
    }

    fn best_pools(&self) -> Option<Pools> {
        LIKENESSES
            .into_iter()
            .find_map(|likeness| self.pools(likeness))
    }

    fn pools(&self, likeness: Likeness) -> Option<Pools> {
        let groups = self.groups.len().min(GROUPS);
        let mut strata: BTreeMap<Stratum, Vec<Cell>> = BTreeMap::new();
        let mut n = 0.0;
        for (task, kind, unit, side, count, sum) in &self.rows {
            if *side == 0 {
                n += count;
            }
            let Some(stratum) = key(*task, *kind, likeness) else {
                continue;
            };
            let cells = strata
                .entry(stratum)
                .or_insert_with(|| vec![Cell::default(); groups]);
            let cell = &mut cells[self.groups[unit]][*side];
            cell.0 += count;
            cell.1 += sum;
        }
        let all = pool(&strata, None);
        let is_enough = match likeness {
            Likeness::TaskAndKind | Likeness::Task => all.strata >= LEAST_PAIRS && all.n >= 0.5 * n,
            Likeness::Kind => all.strata > 0,
        };
        let [before, since] = self.units();
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
struct Pools {
    likeness: Likeness,
    all: Pooled,
    without: Vec<Pooled>,
    /// Values that would change.
    n: f64,
    /// Units of the rarer variant.
    units: u64,
}

impl Pools {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    fn contrast(&self, is_factor: bool) -> Option<Contrast> {
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

/// Standard error and degrees of freedom; a group without which there is nothing to compare leaves none.
fn error(without: &[f64], groups: usize) -> Option<(f64, f64)> {
    (groups >= LEAST_GROUPS && without.len() == groups).then(|| jackknife(without))
}

/// Sums over the strata with both variants.
struct Pooled {
    strata: usize,
    /// Values that would change.
    n: f64,
    /// Their sum.
    now: f64,
    /// Their sum at the other variant's means.
    then: f64,
}

impl Pooled {
    fn effect(&self, is_factor: bool) -> Option<f64> {
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

fn pool(strata: &BTreeMap<Stratum, Vec<Cell>>, left_out: Option<usize>) -> Pooled {
    let mut pooled = Pooled {
        strata: 0,
        n: 0.0,
        now: 0.0,
        then: 0.0,
    };
    for cells in strata.values() {
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

/// Standard error and degrees of freedom from the estimates without each group.
#[allow(clippy::cast_precision_loss)]
fn jackknife(without: &[f64]) -> (f64, f64) {
    let groups = without.len() as f64;
    let mean = without.iter().sum::<f64>() / groups;
    let squares: f64 = without.iter().map(|e| (e - mean) * (e - mean)).sum();
    (((groups - 1.0) / groups * squares).sqrt(), groups - 1.0)
}

/// For each dimension set: 0 for the present variant, 1 for the other, `None` for neither.
fn sides(swap: &Swap, workload: &Workload) -> Vec<Option<usize>> {
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
fn kinds(changing: &[Dimension], workload: &Workload) -> Vec<u32> {
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

fn stratum(row: &Row, kind: u32, likeness: Likeness) -> Option<Stratum> {
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
    // Times are asked for most, and their histograms are not needed here.
    let (n, sum) = if metric == Metric::ResponseTime {
        (row.key.is_step && row.time.n > 0).then_some((row.time.n, row.time.sum))?
    } else {
        let mut figure = Figure::default();
        row.add_to(metric, &mut figure)
            .then_some((figure.n, figure.sum))?
    };
    Some((n as f64, sum as f64 / metric.row().unit.scale()))
}
