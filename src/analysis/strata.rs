//! Simpson's paradox: whether a difference has the same sign within the values of other dimensions, and what
//! it is where like is compared with like.

use std::collections::BTreeSet;

use crate::assessment::{
    Comparison, ComparisonVerdict, EffectKind, EffectSize, Stratification, Stratum,
};
use crate::metrics::Kind;
use crate::record::{Dimension, Name};
use crate::stats::stratified;
use crate::workload::Workload;

use super::contrast::{Side, group_of, measured};
use super::describe::LEVEL;
use super::spread::Spread;

/// Dimensions within whose values the sign of a difference is looked at.
const WITHIN: [Dimension; 5] = [
    Dimension::Project,
    Dimension::Interface,
    Dimension::Mode,
    Dimension::Model,
    Dimension::Purpose,
];

/// Fewer units in a group than this say nothing of a sign.
const FEWEST_WITHIN: usize = 6;

/// What was decided, within the values of other dimensions.
pub(super) fn stratify(
    base: &Side<'_>,
    candidate: &Side<'_>,
    dimension: &str,
    comparisons: &[Comparison],
) -> Vec<Stratification> {
    use ComparisonVerdict::{Better, Different, Worse};
    let is_decided = |c: &&Comparison| matches!(c.verdict, Better | Worse | Different);
    let decided: Vec<&Comparison> = comparisons
        .iter()
        .filter(|c| c.candidate == candidate.label)
        .filter(is_decided)
        .collect();
    let others = WITHIN
        .iter()
        .filter(|other| base.workload.catalog.dimension_name(**other) != dimension);
    let mut found = Vec::new();
    for other in others {
        let shared = shared_values(base.workload, candidate.workload, *other);
        if shared.len() < 2 {
            continue;
        }
        let of = |c: &&Comparison| within(base, candidate, *other, &shared, c);
        found.extend(decided.iter().filter_map(of));
    }
    found
}

/// Values of a dimension that occur in both workloads.
fn shared_values(a: &Workload, b: &Workload, dimension: Dimension) -> Vec<String> {
    let of = |w: &Workload| -> BTreeSet<String> {
        w.values_of(dimension)
            .into_iter()
            .map(|(name, _)| w.catalog.text(name).to_owned())
            .collect()
    };
    of(a).intersection(&of(b)).cloned().collect()
}

/// `None` with fewer than two values in which both groups have enough units.
fn within(
    base: &Side<'_>,
    candidate: &Side<'_>,
    other: Dimension,
    shared: &[String],
    comparison: &Comparison,
) -> Option<Stratification> {
    let kind = comparison.effect.as_ref()?.kind;
    let parts: Vec<(Stratum, Part)> = shared
        .iter()
        .filter_map(|value| {
            let part = Part::of(base, candidate, other, value, &comparison.metric)?;
            let effect = part_effect(std::slice::from_ref(&part), kind)?;
            let stratum = Stratum {
                value: value.clone(),
                estimate: effect.estimate,
                units: [part.units[0], part.units[1]],
            };
            Some((stratum, part))
        })
        .collect();
    if parts.len() < 2 {
        return None;
    }
    let (within, parts): (Vec<Stratum>, Vec<Part>) = parts.into_iter().unzip();
    let alike = part_effect(&parts, kind);
    let none = kind.none();
    let is_higher = comparison.effect.as_ref()?.estimate > none;
    let is_other = |estimate: f64| {
        if is_higher {
            estimate < none
        } else {
            estimate > none
        }
    };
    let is_reversed = within.iter().all(|s| is_other(s.estimate))
        || alike
            .as_ref()
            .is_some_and(|e| is_other(e.low) && is_other(e.high));
    Some(Stratification {
        metric: comparison.metric.clone(),
        base: base.label.clone(),
        candidate: candidate.label.clone(),
        dimension: base.workload.catalog.dimension_name(other).to_owned(),
        within,
        like_with_like: alike,
        is_reversed,
    })
}

/// One value of the other dimension: a number for each unit of both groups, of shares sums and counts.
struct Part {
    kind: Kind,
    /// Values, or numerators.
    values: [Vec<f64>; 2],
    /// Denominators of shares.
    counts: [Vec<f64>; 2],
    units: [u64; 2],
}

impl Part {
    fn of(
        base: &Side<'_>,
        candidate: &Side<'_>,
        other: Dimension,
        value: &str,
        metric: &str,
    ) -> Option<Self> {
        let cell = |side: &Side<'_>| {
            let number = side.workload.catalog.names.find(value)?;
            let filter = side.filter.clone().and(other, Name(number));
            let spread = Spread::of(side.workload, measured(side.workload, metric)?, &filter)?;
            let (values, counts) = if spread.traits.kind == Kind::Share {
                let (sums, ns) = spread.sums();
                (sums, ns.into_owned())
            } else {
                (group_of(side, &spread).values(), Vec::new())
            };
            (values.len() >= FEWEST_WITHIN).then_some((spread.traits.kind, values, counts))
        };
        let (kind, y1, x1) = cell(base)?;
        let (_, y2, x2) = cell(candidate)?;
        Some(Self {
            kind,
            units: [y1.len() as u64, y2.len() as u64],
            values: [y1, y2],
            counts: [x1, x2],
        })
    }
}

/// The effect over parts: of shares and of what is no factor the difference, else on logs.
fn part_effect(parts: &[Part], kind: EffectKind) -> Option<EffectSize> {
    let estimate = if parts.first()?.kind == Kind::Share {
        let strata: Vec<[&[f64]; 4]> = parts
            .iter()
            .map(|p| {
                let ([y1, y2], [x1, x2]) = (&p.values, &p.counts);
                [&y1[..], &x1[..], &y2[..], &x2[..]]
            })
            .collect();
        let difference = stratified::difference_of_ratios(&strata, LEVEL)?;
        match kind {
            EffectKind::Difference => difference,
            // A quotient of sums that is no share (cost per tokens) has no difference that would do.
            EffectKind::Ratio => return None,
        }
    } else {
        let scaled = |values: &[f64]| -> Option<Vec<f64>> {
            match kind {
                EffectKind::Difference => Some(values.to_vec()),
                EffectKind::Ratio => values.iter().map(|v| (*v > 0.0).then(|| v.ln())).collect(),
            }
        };
        let cells: Option<Vec<[Vec<f64>; 2]>> = parts
            .iter()
            .map(|p| Some([scaled(&p.values[0])?, scaled(&p.values[1])?]))
            .collect();
        let cells = cells?;
        let strata: Vec<(&[f64], &[f64])> = cells.iter().map(|[a, b]| (&a[..], &b[..])).collect();
        let found = stratified::difference_of_means(&strata, LEVEL)?;
        match kind {
            EffectKind::Difference => found,
            EffectKind::Ratio => found.map(f64::exp),
        }
    };
    Some(EffectSize {
        kind,
        estimate: estimate.estimate,
        low: estimate.low,
        high: estimate.high,
        level: LEVEL,
    })
}
