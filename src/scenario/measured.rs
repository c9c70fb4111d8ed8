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

use std::collections::BTreeMap;

use super::groups::{GROUPS, Groups, error};
pub use super::like::Variants;
use super::like::{Observed, Pooled, Stratum, Told, kinds, sides, stratum};
use crate::metrics::Metric;
use crate::record::{Dimension, Name, OperationKind};
use crate::stats::normal;
use crate::workload::{Figure, UnitId, Workload};

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
    pub(super) error: Option<(f64, f64)>,
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
pub fn response_contrast(
    workload: &Workload,
    swap: &Swap,
    variants: &Variants,
) -> Option<Contrast> {
    let parts: &[OperationKind] = match swap.dimension {
        Dimension::Mode => &[OperationKind::ContextPreparation],
        Dimension::Interface => &[OperationKind::ModelRequest],
        _ => &[],
    };
    let told = Told::of(workload, Metric::ResponseTime, parts);
    Observed::of(workload, variants, &told).best(told.is_factor())
}

/// The effect of a swap on a metric; `None` where one of the variants or its like was not observed.
#[must_use]
pub fn contrast(workload: &Workload, metric: Metric, variants: &Variants) -> Option<Contrast> {
    let told = Told::of(workload, metric, &[]);
    Observed::of(workload, variants, &told).best(told.is_factor())
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
    let groups = blocks(
        workload,
        touched.groups.units().chain(control.groups.units()),
    );
    touched.groups.clone_from(&groups);
    control.groups = groups;
    let [units_before, units_since] = control.units;
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
fn blocks(workload: &Workload, units: impl Iterator<Item = UnitId>) -> Groups {
    let mut begins: BTreeMap<UnitId, i32> = units.map(|unit| (unit, i32::MAX)).collect();
    for row in &workload.rows {
        if let Some(begin) = begins.get_mut(&row.key.unit) {
            *begin = row.key.cell.min(*begin);
        }
    }
    let mut order: Vec<(i32, UnitId)> = begins.into_iter().map(|(u, begin)| (begin, u)).collect();
    order.sort_unstable();
    let (n, groups) = (order.len(), order.len().min(GROUPS));
    let order = order.into_iter().enumerate();
    Groups::of(order.map(|(at, (_, unit))| (unit, at * groups / n)))
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
        variants: &Variants,
        likeness: Likeness,
    ) -> Option<Transport> {
        let Variants { sides, kinds } = variants;
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
