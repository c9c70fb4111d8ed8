//! A tail quantile (p90, p95, p99) of independent values, and how two groups differ in it.
//!
//! For values that are correlated within units see [`super::quantiles`].

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use statrs::function::beta::beta_reg;

use super::counts::Chances;
use super::{Estimate, Interval, are_finite, number, quantiles, splits};

/// Bootstrap samples of a comparison.
const DRAWS: usize = 1_999;

/// Values beyond the quantile from which its bootstrap interval is used.
const LEAST_BEYOND: f64 = 5.0;

/// The quantile `q` of `sorted` (ascending) as a weighted mean of all values: less scattered than a
/// single one. `None` when empty, for numbers that are not finite, or unless 0 < `q` < 1.
///
/// Source: Harrell & Davis 1982, Biometrika 69.
#[must_use]
pub fn harrell_davis(sorted: &[f64], q: f64) -> Option<f64> {
    if sorted.is_empty() || !are_finite(sorted) {
        return None;
    }
    let shares = Shares::of(sorted.len(), q)?;
    Some(shares.quantile(sorted, std::iter::repeat_n(1, sorted.len())))
}

/// The narrowest pair of values of `sorted` (ascending) between which the quantile `q` lies with
/// confidence `level`, as many chances of missing it allowed on either side.
///
/// Holds for any distribution, at least at its level. `None` where no value is far enough out (below 6
/// values for a median, 36 for p90, 72 for p95 and 368 for p99 at 95 %).
///
/// Source: Conover, Practical Nonparametric Statistics, 3rd ed. 1999, section 3.2.
#[must_use]
pub fn order_statistics(sorted: &[f64], q: f64, level: f64) -> Option<Interval> {
    if !(level > 0.0 && level < 1.0) {
        return None;
    }
    let (low, high) = ends(sorted, q, (1.0 - level) / 2.0)?;
    Some(Interval {
        low: low?,
        high: high?,
    })
}

/// The smallest value of `sorted` (ascending) that the quantile `q` does not exceed with confidence
/// `level`. `None` below [`least_for_limit`] values.
#[must_use]
pub fn upper_limit(sorted: &[f64], q: f64, level: f64) -> Option<f64> {
    if !(level > 0.0 && level < 1.0) {
        return None;
    }
    ends(sorted, q, 1.0 - level)?.1
}

/// How many values it takes for the largest to exceed the quantile `q` with confidence `level`: 29
/// for p90, 59 for p95, 299 for p99 at 95 %. `None` unless both lie between 0 and 1.
///
/// Source: Wilks 1941, Annals of Mathematical Statistics 12: 1 − qⁿ ≥ level.
#[must_use]
pub fn least_for_limit(q: f64, level: f64) -> Option<usize> {
    let are_shares = q > 0.0 && q < 1.0 && level > 0.0 && level < 1.0;
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    are_shares.then(|| ((1.0 - level).ln() / q.ln() - 1e-9).ceil() as usize)
}

/// How two groups differ in a tail quantile.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TailRatio {
    /// The second group's quantile over the first's, with its 95 % interval.
    pub ratio: Estimate,
    /// Two-sided p; `None` from order statistics, which give only the interval.
    pub p: Option<f64>,
}

/// By what factor the quantile `q` of `b` is larger than that of `a`: positive values in any order.
///
/// With at least 5 values beyond the quantile in each group: Harrell and Davis' quantiles with a percentile
/// bootstrap of 1,999 samples that `seed` names. With fewer: two order-statistic intervals put together
/// as Newcombe does for rates. `None` below [`least_for_limit`] values in a group (29, 59, 299), where a
/// value is not positive or not finite, or unless ½ ≤ `q` < 1.
///
/// Sources: Wilcox, Erceg-Hurn, Clark & Carlson 2014, Behavior Research Methods 46; intervals put together:
/// Zou & Donner 2008, Statistics in Medicine 27.
#[must_use]
pub fn ratio(a: &[f64], b: &[f64], q: f64, seed: u64) -> Option<TailRatio> {
    let least = least_for_limit(q, LEVEL)?;
    if q < 0.5 || a.len().min(b.len()) < least {
        return None;
    }
    let (a, b) = (sorted_logs(a)?, sorted_logs(b)?);
    if number(a.len().min(b.len())) * (1.0 - q) >= LEAST_BEYOND - 1e-9 {
        by_bootstrap(&a, &b, q, seed)
    } else {
        by_order(&a, &b, q)
    }
}

const LEVEL: f64 = 0.95;

fn sorted_logs(values: &[f64]) -> Option<Vec<f64>> {
    let mut logs = values
        .iter()
        .map(|v| (*v > 0.0 && v.is_finite()).then(|| v.ln()))
        .collect::<Option<Vec<f64>>>()?;
    logs.sort_by(f64::total_cmp);
    Some(logs)
}

/// The largest value with at most the chance `tail` of lying above the quantile, and the smallest one
/// with at most as much of lying below it.
fn ends(sorted: &[f64], q: f64, tail: f64) -> Option<(Option<f64>, Option<f64>)> {
    let n = sorted.len();
    if n == 0 || !are_finite(sorted) || !(q > 0.0 && q < 1.0) {
        return None;
    }
    let below = Chances::binomial(n as u64, q);
    // Rounding must not decide where a chance is the tail itself.
    let tail = tail + 1e-12;
    // The value at place k (1 for the smallest) is above the quantile when fewer than k lie below it.
    let first = (1..=n)
        .take_while(|k| below.at_most(*k as u64 - 1) <= tail)
        .last();
    let last = (1..=n).find(|k| 1.0 - below.at_most(*k as u64 - 1) <= tail);
    Some((first.map(|k| sorted[k - 1]), last.map(|k| sorted[k - 1])))
}

/// Weight of the first k values of n, k from 0 to n.
struct Shares(Vec<f64>);

impl Shares {
    fn of(n: usize, q: f64) -> Option<Self> {
        if !(q > 0.0 && q < 1.0) {
            return None;
        }
        let all = number(n);
        let (a, b) = ((all + 1.0) * q, (all + 1.0) * (1.0 - q));
        Some(Self(
            (0..=n).map(|k| beta_reg(a, b, number(k) / all)).collect(),
        ))
    }

    /// The quantile of `sorted` values each taken so many `times`, in all as many as there are weights.
    fn quantile(&self, sorted: &[f64], times: impl Iterator<Item = usize>) -> f64 {
        let mut taken = 0;
        let mut sum = 0.0;
        for (value, times) in sorted.iter().zip(times) {
            let before = self.0[taken];
            taken += times;
            sum += value * (self.0[taken] - before);
        }
        sum
    }
}

fn by_bootstrap(a: &[f64], b: &[f64], q: f64, seed: u64) -> Option<TailRatio> {
    let (in_a, in_b) = (Shares::of(a.len(), q)?, Shares::of(b.len(), q)?);
    // Quantiles of values, whose logs are compared.
    let values = |logs: &[f64]| -> Vec<f64> { logs.iter().map(|l| l.exp()).collect() };
    let (a, b) = (values(a), values(b));
    let ones = |n| std::iter::repeat_n(1, n);
    let estimate = in_b.quantile(&b, ones(b.len())) / in_a.quantile(&a, ones(a.len()));
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let (mut times_a, mut times_b) = (vec![0; a.len()], vec![0; b.len()]);
    let mut draw = |times: &mut [usize]| {
        times.fill(0);
        for _ in 0..times.len() {
            times[splits::below(|| random.next_u64(), times.len())] += 1;
        }
    };
    let mut drawn: Vec<f64> = (0..DRAWS)
        .map(|_| {
            draw(&mut times_a);
            draw(&mut times_b);
            in_b.quantile(&b, times_b.iter().copied()) / in_a.quantile(&a, times_a.iter().copied())
        })
        .collect();
    drawn.sort_by(f64::total_cmp);
    // 2.5 % of 1,999 + 1: the 50th from either end.
    let tail = DRAWS.div_ceil(40);
    let (below, at_most) = (
        drawn.partition_point(|d| *d < 1.0),
        drawn.partition_point(|d| *d <= 1.0),
    );
    let share = number(below + at_most) / (2.0 * number(DRAWS));
    let p = (2.0 * share.min(1.0 - share)).max(1.0 / number(DRAWS + 1));
    let (low, high) = (*drawn.get(tail - 1)?, *drawn.get(DRAWS - tail)?);
    Some(TailRatio {
        ratio: Estimate {
            estimate,
            low: low.min(estimate),
            high: high.max(estimate),
        },
        p: Some(p),
    })
}

fn by_order(a: &[f64], b: &[f64], q: f64) -> Option<TailRatio> {
    let limits = |sorted: &[f64]| -> Option<Estimate> {
        let (low, high) = ends(sorted, q, TAIL)?;
        Some(Estimate {
            estimate: quantiles::inverse_distribution(sorted, q)?,
            low: low?,
            high: high?,
        })
    };
    let (first, second) = (limits(a)?, limits(b)?);
    let estimate = second.estimate - first.estimate;
    let difference = Estimate {
        estimate,
        low: estimate - (second.estimate - second.low).hypot(first.high - first.estimate),
        high: estimate + (second.high - second.estimate).hypot(first.estimate - first.low),
    };
    Some(TailRatio {
        ratio: difference.map(f64::exp),
        p: None,
    })
}

/// Chance on either side that an order-statistic interval misses, where two are put together: what the least
/// number of values allows. Simulated coverage of the ratio stands in `docs/calibration.md`.
const TAIL: f64 = 0.05;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::stats::reference::{cases, list, number as of, same};
    use crate::stats::splits::Stream;
    use proptest::prelude::*;

    #[test]
    fn agrees_with_scipy() {
        for case in cases("harrell_davis") {
            let mut values = list(&case, "values");
            values.sort_by(f64::total_cmp);
            for (q, theirs) in list(&case, "q").iter().zip(list(&case, "quantiles")) {
                same(harrell_davis(&values, *q).unwrap(), theirs);
            }
        }
        for case in cases("order_statistics") {
            let n = of(&case, "n");
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            let values: Vec<f64> = (1..=n as usize).map(number).collect();
            let ours = order_statistics(&values, of(&case, "q"), of(&case, "level"));
            let theirs = case["low"].as_f64().zip(case["high"].as_f64());
            assert_eq!(ours.map(|i| (i.low, i.high)), theirs, "{case}");
        }
    }

    #[test]
    fn agrees_with_benchstat() {
        let all: serde_json::Value =
            serde_json::from_str(include_str!("../../tests/reference/benchstat/vectors.json"))
                .unwrap();
        for case in all["median_ci"].as_array().unwrap() {
            let values = list(case, "values");
            let ours = order_statistics(&values, 0.5, of(case, "confidence"));
            let theirs = case["lo"].as_f64().zip(case["hi"].as_f64());
            assert_eq!(ours.map(|i| (i.low, i.high)), theirs, "{case}");
        }
    }

    #[test]
    fn it_takes_29_59_and_299() {
        let least = |q| least_for_limit(q, 0.95).unwrap();
        assert_eq!([least(0.9), least(0.95), least(0.99)], [29, 59, 299]);
        let values: Vec<f64> = (1..=29).map(number).collect();
        assert_eq!(upper_limit(&values, 0.9, 0.95), Some(29.0));
        assert_eq!(upper_limit(&values[..28], 0.9, 0.95), None);
        assert_eq!(least_for_limit(1.0, 0.95), None);
    }

    #[test]
    fn too_little_is_none() {
        let values: Vec<f64> = (1..=28).map(number).collect();
        assert_eq!(ratio(&values, &values, 0.9, 1), None);
        let mut values: Vec<f64> = (1..=60).map(number).collect();
        let alike = ratio(&values, &values, 0.9, 1).unwrap();
        same(alike.ratio.estimate, 1.0);
        assert!(alike.p.unwrap() > 0.8);
        assert_eq!(ratio(&values, &values, 0.95, 1).unwrap().p, None);
        assert_eq!(ratio(&values, &values, 0.3, 1), None);
        values[0] = 0.0;
        assert_eq!(ratio(&values, &values, 0.9, 1), None);
        assert_eq!(harrell_davis(&[], 0.5), None);
        assert_eq!(order_statistics(&[1.0; 9], 0.5, 1.0), None);
    }

    fn coverage(n: usize, q: f64, runs: u64) -> f64 {
        let covered = (0..runs).filter(|run| {
            let mut random = Stream::new(*run, 23);
            let mut group = |by: f64| -> Vec<f64> {
                (0..n).map(|_| by * (0.5 * random.normal()).exp()).collect()
            };
            let (a, b) = (group(1.0), group(1.3));
            let found = ratio(&a, &b, q, *run).unwrap();
            found.ratio.interval().contains(1.3)
        });
        #[allow(clippy::cast_precision_loss)]
        let share = covered.count() as f64 / runs as f64;
        share
    }

    /// Of 24 and of 200 runs at 0.95; large runs in docs/calibration.md.
    #[test]
    fn covers_the_ratio() {
        let bootstrap = coverage(50, 0.9, 24);
        let order = coverage(40, 0.9, 200);
        assert!(bootstrap >= 0.83, "{bootstrap}");
        assert!(order >= 0.91, "{order}");
    }

    proptest! {
        #[test]
        fn lies_inside_and_follows_the_unit(
            values in proptest::collection::vec(1_i32..60, 1..60), q in 0.05..0.95_f64, scale in 0.1..9.0_f64,
        ) {
            let mut values: Vec<f64> = values.into_iter().map(f64::from).collect();
            values.sort_by(f64::total_cmp);
            let ours = harrell_davis(&values, q).unwrap();
            prop_assert!(values[0] - 1e-9 <= ours && ours <= values[values.len() - 1] + 1e-9);
            let scaled: Vec<f64> = values.iter().map(|v| v * scale).collect();
            prop_assert!((harrell_davis(&scaled, q).unwrap() - ours * scale).abs() < 1e-9 * ours * scale);
        }
    }
}
