//! Where does a history change its level, and by how much?

use super::segments::{Sums, optimal_partition};
use super::{are_finite, normal, number, quantiles, rank_sum};

/// Fewest points of a history.
pub const LEAST_POINTS: usize = 10;

/// Fewest points between two changes.
pub const LEAST_SEGMENT: usize = 5;

/// What a level may change by without being told.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Tolerance {
    /// A share of the level before: 0.05 for 5 %.
    Share(f64),
    /// A difference, in the values' own unit.
    Difference(f64),
}

/// A change of level.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Change {
    /// The first point of the new level.
    pub at: usize,
    /// The first point at which the new level may have begun, at 95 % confidence.
    pub earliest: usize,
    /// The last such point.
    pub latest: usize,
    /// Mean from the change before (or the first point) up to this one.
    pub before: f64,
    /// Mean from this change up to the next (or the last point).
    pub after: f64,
    /// Probability of such ranks at any place between the neighbouring changes where there is no change.
    pub p: f64,
}

/// The changes of level in a history, in order of time; empty where there are none.
///
/// The best partition into levels at a penalty of 3·ln n variances. The variance is that of the residuals,
/// times (1 + ρ)/(1 − ρ) where neighbours resemble each other, found again until it settles. Of these
/// changes only those stay that go beyond the `tolerance` and whose ranks differ at p ≤ 0.05, adjusted for
/// the search; where one goes, its neighbours are judged anew. Values stay on their scale, none is clipped: a
/// single outlier is no level, since a level has 5 points. `None` under 10 points: no verdict. `None` too
/// where a number is not finite.
///
/// Sources: [`optimal_partition`]; penalty and inflation calibrated by simulation (`docs/calibration.md`);
/// adjusted rank test Lausen & Schumacher 1992, Biometrics 48; range Eo & Morley 2015, Quantitative Economics 6.
#[must_use]
pub fn changes(values: &[f64], tolerance: Tolerance) -> Option<Vec<Change>> {
    let n = values.len();
    if n < LEAST_POINTS || !are_finite(values) {
        return None;
    }
    let sums = Sums::of(values);
    let mut places = settle(values, &sums)?.0;
    relocate(values, &mut places);
    let noise = Noise::around(values, &sums, &places);
    let mut judged: Vec<Change> = (0..places.len())
        .map(|at| judge(values, &sums, &places, at, noise))
        .collect();
    loop {
        let worst = judged
            .iter()
            .enumerate()
            .filter(|(_, change)| !(change.p <= LEVEL && tolerance.is_exceeded(change)))
            .max_by(|(_, a), (_, b)| a.p.total_cmp(&b.p));
        let Some((worst, _)) = worst else {
            return Some(judged);
        };
        places.remove(worst);
        judged.remove(worst);
        // The change before it and the one that took its place have new neighbours.
        let around = judged.iter_mut().enumerate().take(worst + 1);
        for (at, change) in around.skip(worst.saturating_sub(1)) {
            *change = judge(values, &sums, &places, at, noise);
        }
    }
}

/// Largest p of a change.
const LEVEL: f64 = 0.05;

/// Penalty of a change in variances, over ln n.
const PENALTY: f64 = 3.0;

/// Partitions tried until the variance settles.
const MOST_ROUNDS: usize = 12;

/// −2·ln(1 − √0.95): how much worse, in variances, a place may be than the best one.
const WORSE: f64 = 7.352_107_7;

/// Standard deviations from a level at which a value is far outside.
const FAR: f64 = 3.0;

/// Standard deviation of normal values over their median absolute deviation.
const MAD_TO_DEVIATION: f64 = 1.482_602_2;

impl Tolerance {
    fn is_exceeded(self, change: &Change) -> bool {
        let difference = (change.after - change.before).abs();
        match self {
            Self::Share(share) => difference > share * change.before.abs(),
            Self::Difference(most) => difference > most,
        }
    }
}

/// What the values scatter by around their levels.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Noise {
    variance: f64,
    /// (1 + ρ)/(1 − ρ) of neighbours; 1 where they don't resemble each other.
    inflation: f64,
}

/// The partition whose residuals have the variance that it was found with.
fn settle(values: &[f64], sums: &Sums) -> Option<(Vec<usize>, Noise)> {
    let n = values.len();
    let steps: f64 = values.windows(2).map(|w| (w[1] - w[0]).powi(2)).sum();
    // Of one level, or of differences where levels are far apart: they are independent of levels,
    // but too small where neighbours resemble each other, hence four times.
    let whole = sums.deviations(0, n) / number(n - 1);
    let mut penalised = whole.min(4.0 * steps / (2.0 * number(n - 1)));
    let mut seen: Vec<(Vec<usize>, Noise)> = Vec::new();
    for _ in 0..MOST_ROUNDS {
        let penalty = PENALTY * number(n).ln() * penalised;
        let places = optimal_partition(values, penalty, LEAST_SEGMENT)?;
        let noise = Noise::around(values, sums, &places);
        penalised = noise.variance * noise.inflation;
        let repeated = seen.iter().position(|(before, _)| *before == places);
        seen.push((places, noise));
        if let Some(from) = repeated {
            // Of several that lead to one another the one with the fewest changes.
            return seen.drain(from..).min_by_key(|(places, _)| places.len());
        }
    }
    seen.into_iter().min_by_key(|(places, _)| places.len())
}

impl Noise {
    fn around(values: &[f64], sums: &Sums, places: &[usize]) -> Self {
        let n = number(values.len());
        let segments = number(places.len() + 1);
        let (mut squares, mut products) = (0.0, 0.0);
        let mut from = 0;
        for to in places.iter().copied().chain([values.len()]) {
            let segment = &values[from..to];
            let mean = segment.iter().sum::<f64>() / number(segment.len());
            products += segment
                .windows(2)
                .map(|w| (w[0] - mean) * (w[1] - mean))
                .sum::<f64>();
            squares += sums.deviations(from, to);
            from = to;
        }
        // Means taken out make it too small; a correction cost more power than it saved false alarms.
        let rho = if squares > 0.0 {
            (products / squares).clamp(0.0, 0.95)
        } else {
            0.0
        };
        Self {
            variance: squares / (n - segments),
            inflation: (1.0 + rho) / (1.0 - rho),
        }
    }
}

/// Moves each change to the place that is best once values far outside of the two levels beside it are cut
/// off there: an outlier beside a change would draw it to itself.
fn relocate(values: &[f64], places: &mut [usize]) {
    for at in 0..places.len() {
        let from = at.checked_sub(1).map_or(0, |before| places[before]);
        let to = places.get(at + 1).copied().unwrap_or(values.len());
        let (before, after) = (&values[from..places[at]], &values[places[at]..to]);
        let middle = |part: &[f64]| quantiles::median(&mut part.to_vec()).unwrap_or(0.0);
        let levels = (middle(before), middle(after));
        let away = before.iter().map(|v| (v - levels.0).abs());
        let mut away: Vec<f64> = away
            .chain(after.iter().map(|v| (v - levels.1).abs()))
            .collect();
        let scale = MAD_TO_DEVIATION * quantiles::median(&mut away).unwrap_or(0.0);
        let low = levels.0.min(levels.1) - FAR * scale;
        let high = levels.0.max(levels.1) + FAR * scale;
        let cut: Vec<f64> = values[from..to]
            .iter()
            .map(|v| v.clamp(low, high))
            .collect();
        let (sums, n) = (Sums::of(&cut), to - from);
        let cost = |at: usize| sums.deviations(0, at) + sums.deviations(at, n);
        let best = (LEAST_SEGMENT..=n - LEAST_SEGMENT).min_by(|a, b| cost(*a).total_cmp(&cost(*b)));
        if let Some(best) = best {
            places[at] = from + best;
        }
    }
}

/// The change number `at` between its neighbours.
fn judge(values: &[f64], sums: &Sums, places: &[usize], at: usize, noise: Noise) -> Change {
    let from = at.checked_sub(1).map_or(0, |before| places[before]);
    let to = places.get(at + 1).copied().unwrap_or(values.len());
    let place = places[at];
    let (before, after) = (&values[from..place], &values[place..to]);
    let mean = |part: &[f64]| part.iter().sum::<f64>() / number(part.len());
    let (earliest, latest) = range(sums, (from, place, to), noise);
    Change {
        at: place,
        earliest,
        latest,
        before: mean(before),
        after: mean(after),
        p: p_of_search(before, after, noise.inflation),
    }
}

/// The places, between the neighbours, at which the squared deviations are not much larger.
fn range(sums: &Sums, (from, place, to): (usize, usize, usize), noise: Noise) -> (usize, usize) {
    let cost = |at: usize| sums.deviations(from, at) + sums.deviations(at, to);
    let least = (from + 1..to).map(cost).fold(f64::INFINITY, f64::min);
    let limit = least + WORSE * noise.variance * noise.inflation;
    let mut inside = (from + 1..to).filter(|at| cost(*at) <= limit);
    let earliest = inside.next().unwrap_or(place).min(place);
    (earliest, inside.next_back().unwrap_or(place).max(place))
}

/// The rank test's p for the best of all places: the smaller of two bounds, the sum over
/// all places and the chance of a random walk's largest excursion.
fn p_of_search(before: &[f64], after: &[f64], inflation: f64) -> f64 {
    let Some(test) = rank_sum::mann_whitney(before, after) else {
        return 1.0;
    };
    let n = before.len() + after.len();
    let places = number(n - 2 * LEAST_SEGMENT + 1);
    // Normal quantiles end where doubles do.
    let z = normal::quantile(test.p / 2.0).map_or(0.0, |z| z.max(-37.0).abs());
    let z = z / inflation.sqrt();
    let all = places * normal::two_sided(z);
    let density = (-z * z / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt();
    let span = 2.0 * (number(n - LEAST_SEGMENT) / number(LEAST_SEGMENT)).ln();
    let walk = if z > 1.0 {
        density * ((z - 1.0 / z) * span + 4.0 / z)
    } else {
        1.0
    };
    all.min(walk).min(1.0)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::stats::reference::{list, number as of, same};
    use crate::stats::splits::Stream;

    const NONE: Tolerance = Tolerance::Share(0.0);

    #[test]
    fn too_little_is_none() {
        assert_eq!(changes(&[1.0; 9], NONE), None);
        let mut values = [1.0; 10];
        assert_eq!(changes(&values, NONE), Some(vec![]));
        values[3] = f64::INFINITY;
        assert_eq!(changes(&values, NONE), None);
    }

    #[test]
    fn a_step_has_its_levels_and_an_outlier_is_none() {
        let mut values: Vec<f64> = (0..30).map(|i| 10.0 + 0.1 * number(i * 7 % 5)).collect();
        values[12] = 90.0;
        assert_eq!(changes(&values, NONE), Some(vec![]));
        values[12] = 10.2;
        for value in &mut values[18..] {
            *value += 3.0;
        }
        let found = changes(&values, Tolerance::Share(0.05)).unwrap();
        assert_eq!(found.len(), 1);
        let change = found[0];
        assert_eq!((change.earliest, change.at, change.latest), (18, 18, 18));
        assert!(change.p < 1e-3);
        same(change.before, values[..18].iter().sum::<f64>() / 18.0);
        same(change.after, values[18..].iter().sum::<f64>() / 12.0);
        assert_eq!(changes(&values, Tolerance::Share(0.35)), Some(vec![]));
        assert_eq!(changes(&values, Tolerance::Difference(3.5)), Some(vec![]));
        assert_eq!(
            changes(&values, Tolerance::Difference(2.5)).unwrap().len(),
            1
        );
    }

    /// Another detector's examples with what its authors expect. It takes segments that are shorter than
    /// five points, so places may differ by as much as this needs: one point.
    #[test]
    fn finds_what_otava_finds() {
        let cases: Vec<serde_json::Value> = serde_json::from_str(include_str!(
            "../../tests/reference/otava/unit_vectors.json"
        ))
        .unwrap();
        for case in &cases {
            let values = list(case, "series");
            let tolerance = Tolerance::Share(of(case, "min_magnitude"));
            let ours = changes(&values, tolerance).unwrap();
            if case["expected"].is_null() {
                continue;
            }
            let mut theirs = list(case, "expected");
            // A level of four points at the end is none here.
            theirs.retain(|at| *at <= number(values.len() - LEAST_SEGMENT));
            assert_eq!(ours.len(), theirs.len(), "{case}: {ours:?}");
            for (change, at) in ours.iter().zip(theirs) {
                assert!((number(change.at) - at).abs() <= 1.0, "{case}: {ours:?}");
            }
        }
    }

    /// A throughput history: the outlier at 10 is no change, the steps at 15, 71 and about 95 are.
    #[test]
    fn reads_a_history_as_its_reviewers_do() {
        let history: serde_json::Value =
            serde_json::from_str(include_str!("../../tests/reference/otava/tigerbeetle.json"))
                .unwrap();
        let ours = changes(&list(&history, "series"), Tolerance::Share(0.025)).unwrap();
        let places: Vec<usize> = ours.iter().map(|change| change.at).collect();
        // 131 and 194 are steps of 2.6 and 3.6 %.
        assert_eq!(places, [15, 71, 95, 131, 194]);
    }

    fn normal_history(stream: u64, n: usize, rho: f64) -> Vec<f64> {
        let mut random = Stream::new(stream, 17);
        let mut value = random.normal();
        (0..n)
            .map(|_| {
                value = rho * value + (1.0 - rho * rho).sqrt() * random.normal();
                100.0 + 5.0 * value
            })
            .collect()
    }

    /// 400 histories: 1 % would be 4, 5 % 20. The large simulation stands in docs/calibration.md.
    #[test]
    fn stationary_histories_raise_few_alarms() {
        let alarms = |rho: f64| {
            (0..400_u32)
                .filter(|i| {
                    let values = normal_history(u64::from(*i), 20 + *i as usize % 4 * 20, rho);
                    !changes(&values, NONE).unwrap().is_empty()
                })
                .count()
        };
        let (alone, alike) = (alarms(0.0), alarms(0.3));
        assert!(alone <= 6 && alike <= 24, "{alone} and {alike} of 400");
    }

    #[test]
    fn a_step_of_a_tenth_is_found() {
        let found: Vec<Change> = (0..200)
            .flat_map(|stream| {
                let mut values = normal_history(stream, 40, 0.0);
                for value in &mut values[20..] {
                    *value += 10.0;
                }
                changes(&values, Tolerance::Share(0.05)).unwrap()
            })
            .collect();
        let near = found.iter().filter(|c| c.at.abs_diff(20) <= 3).count();
        let held = found
            .iter()
            .filter(|c| c.earliest <= 20 && 20 <= c.latest)
            .count();
        // Of 200 at least 95 %, and of these as many near; a range holds its place in 95 % at least.
        assert!(
            near >= 180 && held >= 187,
            "{near} near, {held} held of {}",
            found.len()
        );
        assert!((190..=204).contains(&found.len()), "{}", found.len());
    }
}
