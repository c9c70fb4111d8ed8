//! Times of service after measured changes: what a step takes in another mode, or over another interface.
//!
//! A contrast tells by how much steps are shorter on the mean, in the part that the change governs. Each of them is
//! shortened in proportion to that part, so that the mean is the contrast's: context preparations for the mode, where
//! they name their step, else the whole service.

use super::sequence::Sequence;
use crate::units::NANOS;

/// A measured change of what steps take.
#[derive(Debug, Clone, PartialEq)]
pub struct Swapped {
    /// For each dimension set whether its steps change.
    pub affected: Vec<bool>,
    /// Whether the part that changes is the preparation of contexts.
    pub is_of_preparation: bool,
    /// Seconds by which a step takes longer.
    pub effect: f64,
    /// The ends of its interval.
    pub ends: Option<(f64, f64)>,
    /// By what preparations are longer: what is spared by sparing one.
    pub preparation: f64,
}

impl Swapped {
    fn concerns(&self, dims: crate::record::DimsId) -> bool {
        self.affected.get(dims.0 as usize).copied().unwrap_or(false)
    }
}

/// Times of service in nanoseconds where each change has one of these effects, in seconds a step. `now` is the
/// present as it was replayed, `then` what other settings make of it.
#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation)] // saturates
pub(super) fn services(
    sequence: &Sequence,
    now: &[i64],
    then: &[i64],
    swaps: &[Swapped],
    effects: &[f64],
) -> Vec<i64> {
    let preparations = preparations(sequence);
    let mut services: Vec<f64> = now.iter().map(|s| *s as f64).collect();
    let mut spared: Vec<f64> = now.iter().zip(then).map(|(n, t)| (t - n) as f64).collect();
    for (swap, effect) in swaps.iter().zip(effects) {
        let of = |weights: &dyn Fn(usize) -> f64| {
            let counted = sequence.steps.iter().enumerate();
            let counted = counted.filter(|(_, s)| s.counts && swap.concerns(s.dims));
            counted.fold((0.0, 0.0), |(n, sum), (at, _)| (n + 1.0, sum + weights(at)))
        };
        let prepared = |at: usize| preparations[at];
        let whole = |at: usize| now[at] as f64;
        let (_, all) = of(&prepared);
        let weights: &dyn Fn(usize) -> f64 = if swap.is_of_preparation && all > 0.0 {
            &prepared
        } else {
            &whole
        };
        let (n, all) = of(weights);
        if all <= 0.0 {
            continue;
        }
        let each = effect * NANOS as f64 * n / all;
        for (at, step) in sequence.steps.iter().enumerate() {
            if swap.concerns(step.dims) {
                services[at] += weights(at) * each;
                spared[at] *= swap.preparation;
            }
        }
    }
    let pairs = services.into_iter().zip(spared);
    pairs
        .map(|(own, more)| (own + more).max(0.0).round() as i64)
        .collect()
}

/// Nanoseconds of the preparations of each step.
fn preparations(sequence: &Sequence) -> Vec<f64> {
    let mut all = vec![0.0; sequence.steps.len()];
    for lookup in &sequence.lookups {
        if let (Some(step), Some(took)) = (lookup.step, lookup.took) {
            all[step as usize] += took * NANOS as f64;
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::super::sequence::{Lookup, Step};
    use super::*;
    use crate::record::DimsId;
    use crate::scenario::servers::Arrival;
    use crate::workload::UnitId;

    /// Three steps of 10 s; the first two change, with preparations of 1 and 3 s.
    fn sequence() -> Sequence {
        let step = |dims| Step {
            arrival: Arrival::At(0),
            start: 0,
            service: 10 * NANOS,
            queue: 0,
            host: 0,
            dims: DimsId(dims),
            unit: UnitId(0),
            counts: true,
        };
        let lookup = |step, took| Lookup {
            at: 0,
            key: 1,
            host: 0,
            mode: 0,
            hit: false,
            took: Some(took),
            dims: DimsId(1),
            unit: UnitId(0),
            step: Some(step),
        };
        Sequence {
            lookups: vec![lookup(0, 1.0), lookup(1, 3.0)],
            steps: vec![step(1), step(1), step(0)],
            ..Sequence::default()
        }
    }

    fn swap(is_of_preparation: bool) -> Swapped {
        Swapped {
            affected: vec![false, true],
            is_of_preparation,
            effect: -1.0,
            ends: None,
            preparation: 0.5,
        }
    }

    /// A second less on the mean: half a second of the preparation of 1 s, one and a half of that of 3 s; over the whole
    /// of steps that are alike a second each.
    #[test]
    fn each_step_is_shortened_in_proportion_to_its_part() {
        let now = [10 * NANOS; 3];
        let of = |is_of_preparation: bool| -> Vec<f64> {
            let swaps = [swap(is_of_preparation)];
            let then = services(&sequence(), &now, &now, &swaps, &[-1.0]);
            then.iter().map(|s| *s as f64 / NANOS as f64).collect()
        };
        assert_eq!(of(true), [9.5, 8.5, 10.0]);
        assert_eq!(of(false), [9.0, 9.0, 10.0]);
    }

    /// A second that the cache spares is half a second where preparations take half as long.
    #[test]
    fn what_else_is_spared_shrinks_with_preparations() {
        let now = [10 * NANOS; 3];
        let then = [9 * NANOS, 10 * NANOS, 9 * NANOS];
        let both = services(&sequence(), &now, &then, &[swap(true)], &[0.0]);
        let seconds: Vec<f64> = both.iter().map(|s| *s as f64 / NANOS as f64).collect();
        assert_eq!(seconds, [9.5, 10.0, 9.0]);
        assert_eq!(services(&sequence(), &now, &then, &[], &[]), then);
    }
}
