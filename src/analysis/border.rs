//! Before and after a time: do the units of a metric differ?

use crate::metrics::Kind;
use crate::record::Measured;
use crate::stats::{permutation, unpaired};
use crate::units::Time;
use crate::workload::{Filter, Workload};

use super::spread::{Traits, unit_sums};

/// A difference between before and after.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Difference {
    /// p of the test.
    pub(super) p: f64,
    /// Whether the later units tend to be higher.
    pub(super) rises: bool,
    /// How clearly, for choosing between several: 0 not at all.
    pub(super) clearness: f64,
}

/// Tests the units `within` a filter before `time` against those from it on: values by Brunner-Munzel, shares by
/// permutation of units on the ratio of sums. A unit on both sides stays on the side where it has
/// more records. `None` with fewer than four units on a side.
pub(super) fn difference_at(
    workload: &Workload,
    measured: Measured,
    within: &Filter,
    time: Time,
) -> Option<Difference> {
    let side = |from: Option<Time>, to: Option<Time>| {
        let filter = Filter {
            from,
            to,
            ..within.clone()
        };
        unit_sums(workload, measured, &filter)
    };
    let (mut before, mut after) = (side(None, Some(time)), side(Some(time), None));
    let traits = Traits::of(workload, measured);
    if before.meets(&after) {
        let later = after.without_larger(&before, true);
        before = before.without_larger(&after, false);
        after = later;
    }

    if traits.kind == Kind::Share {
        let (hits1, hits2) = (before.totals(traits.kept), after.totals(traits.kept));
        let (n1, n2) = (before.ns(), after.ns());
        let seed = super::seed(&hits1, &hits2);
        let test = permutation::ratio_of_sums(&hits1, &n1, &hits2, &n2, seed)?;
        let ratio = |hits: &[f64], n: &[f64]| hits.iter().sum::<f64>() / n.iter().sum::<f64>();
        let difference = ratio(&hits2, &n2) - ratio(&hits1, &n1);
        return Some(Difference {
            p: test.p,
            rises: difference > 0.0,
            clearness: difference.abs(),
        });
    }
    let (a, b) = (before.means(traits.kept), after.means(traits.kept));
    let test = unpaired::brunner_munzel_seeded(&a, &b, || super::seed(&a, &b))?;
    Some(Difference {
        p: test.p,
        rises: test.superiority > 0.5,
        clearness: (test.superiority - 0.5).abs(),
    })
}
