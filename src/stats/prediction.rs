//! Do the newest values of a history lie where its past lets one expect them?

use super::{Interval, LEAST_UNITS, are_finite, normal, number};

/// Between which limits the mean of the next `newest` values lies with confidence `level`, if they are of the
/// same normal distribution as `history` (logs of positive values; then the limits are for the geometric mean, as
/// logs).
///
/// Values must be independent; a history whose level changed must begin at its last change. `None` under 6
/// values, for no new value, or where a number is not finite. Without any variation the limits are the value itself.
///
/// Source: Hahn & Meeker, Statistical Intervals, 1991, section 4.7: mean ± t(n − 1)·s·√(1/m + 1/n).
#[must_use]
pub fn limits_of_mean(history: &[f64], newest: usize, level: f64) -> Option<Interval> {
    let n = history.len();
    if n < LEAST_UNITS || newest == 0 || !are_finite(history) {
        return None;
    }
    let mean = history.iter().sum::<f64>() / number(n);
    let squares: f64 = history.iter().map(|v| (v - mean).powi(2)).sum();
    let deviation = (squares / number(n - 1)).sqrt();
    let t = normal::critical_t(level, number(n - 1))?;
    let half = t * deviation * (1.0 / number(newest) + 1.0 / number(n)).sqrt();
    Some(Interval {
        low: mean - half,
        high: mean + half,
    })
}

/// [`limits_of_mean`] of the logs, taken back: limits for the geometric mean of the next `newest` values.
/// `None` as there, or where a value is not positive.
#[must_use]
pub fn limits(history: &[f64], newest: usize, level: f64) -> Option<Interval> {
    let logs = history
        .iter()
        .map(|v| (*v > 0.0).then(|| v.ln()))
        .collect::<Option<Vec<f64>>>()?;
    let logs = limits_of_mean(&logs, newest, level)?;
    Some(Interval {
        low: logs.low.exp(),
        high: logs.high.exp(),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::stats::reference::{cases, list, number as of, same};
    use crate::stats::splits::Stream;

    #[test]
    fn agrees_with_least_squares() {
        for case in cases("prediction") {
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            let newest = of(&case, "newest") as usize;
            let ours = limits(&list(&case, "history"), newest, of(&case, "level")).unwrap();
            same(ours.low, of(&case, "low"));
            same(ours.high, of(&case, "high"));
        }
    }

    #[test]
    fn too_little_is_none() {
        assert_eq!(limits(&[1.0; 5], 1, 0.95), None);
        assert_eq!(limits(&[1.0; 6], 0, 0.95), None);
        assert_eq!(limits(&[1.0; 6], 1, 1.0), None);
        assert_eq!(limits(&[1.0, 1.0, 1.0, 1.0, 1.0, 0.0], 1, 0.95), None);
        let still = limits(&[1.0; 6], 1, 0.95).unwrap();
        same(still.low, 1.0);
        same(still.high, 1.0);
    }

    /// 2,000 histories of 12 and the mean of 2 more: the standard error is 0.005.
    #[test]
    fn holds_the_next_as_often_as_it_says() {
        let inside = (0..2_000)
            .filter(|run| {
                let mut random = Stream::new(*run, 5);
                let mut draw = |n: usize| -> Vec<f64> { (0..n).map(|_| random.normal()).collect() };
                let (history, next) = (draw(12), draw(2));
                let limits = limits_of_mean(&history, 2, 0.95).unwrap();
                limits.contains((next[0] + next[1]) / 2.0)
            })
            .count();
        assert!((1_870..=1_930).contains(&inside), "{inside} of 2,000");
    }
}
