//! A robust line through a series, and where it leads.

use super::{Estimate, are_finite, normal, number, trend};

/// Fewest points of a line that is extended.
pub const LEAST_POINTS: usize = 8;

/// Theil and Sen's line: their slope through the medians of `x` and of `y`, with what the points scatter off it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Line {
    slope: f64,
    /// Value at x = 0.
    intercept: f64,
    /// Mean of x.
    centre: f64,
    /// Sum of squared distances of x from its mean.
    spread: f64,
    /// Standard deviation of the points off the line, n − 2 degrees of freedom.
    deviation: f64,
    n: f64,
}

impl Line {
    /// The line through some points. `None` under 8 points, for lists of different length, without two different
    /// `x`, or where a number is not finite.
    ///
    /// Source of the intercept: Conover 1999, Practical Nonparametric Statistics, section 5.5.
    #[must_use]
    pub fn through(x: &[f64], y: &[f64]) -> Option<Self> {
        if x.len() != y.len() || x.len() < LEAST_POINTS || !are_finite(x) || !are_finite(y) {
            return None;
        }
        let n = number(x.len());
        let slope = trend::theil_sen(x, y, 0.95)?.estimate;
        let middle = |values: &[f64]| {
            let mut sorted = values.to_vec();
            sorted.sort_by(f64::total_cmp);
            let half = sorted.len() / 2;
            let low = if sorted.len() % 2 == 1 {
                half
            } else {
                half - 1
            };
            f64::midpoint(sorted[low], sorted[half])
        };
        let intercept = middle(y) - slope * middle(x);
        let centre = x.iter().sum::<f64>() / n;
        let spread: f64 = x.iter().map(|x| (x - centre).powi(2)).sum();
        let squares: f64 = x
            .iter()
            .zip(y)
            .map(|(x, y)| (y - intercept - slope * x).powi(2))
            .sum();
        let deviation = (squares / (n - 2.0)).sqrt();
        (spread > 0.0 && deviation.is_finite()).then_some(Self {
            slope,
            intercept,
            centre,
            spread,
            deviation,
            n,
        })
    }

    /// The line at `x`, and between which limits the next value there lies with confidence `level`, if the
    /// line goes on and values scatter as before, independently and normally. `None` for a level outside 0 to 1.
    ///
    /// Source: the prediction interval of a straight line, Draper & Smith 1998, Applied Regression Analysis, section
    /// 3.1: ± t(n − 2)·s·√(1 + 1/n + (x − x̄)²/Σ(xᵢ − x̄)²). Here s is taken off Theil and Sen's line; it is never smaller than that of
    /// least squares.
    #[must_use]
    pub fn at(&self, x: f64, level: f64) -> Option<Estimate> {
        let t = normal::critical_t(level, self.n - 2.0)?;
        let estimate = self.intercept + self.slope * x;
        let away = (x - self.centre).powi(2) / self.spread;
        let half = t * self.deviation * (1.0 + 1.0 / self.n + away).sqrt();
        Some(Estimate {
            estimate,
            low: estimate - half,
            high: estimate + half,
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::stats::reference::{list, number as of, same};
    use crate::stats::splits::Stream;

    /// `tests/reference/forecast.py` computed them with scipy.
    #[test]
    fn agrees_with_scipy() {
        let cases: Vec<serde_json::Value> =
            serde_json::from_str(include_str!("../../tests/reference/forecast.json")).unwrap();
        assert!(!cases.is_empty());
        for case in &cases {
            let line = Line::through(&list(case, "x"), &list(case, "y")).unwrap();
            let there = line.at(of(case, "at"), of(case, "level")).unwrap();
            same(there.estimate, of(case, "estimate"));
            same(there.low, of(case, "low"));
            same(there.high, of(case, "high"));
        }
    }

    #[test]
    fn too_little_is_none() {
        let x: Vec<f64> = (0..8).map(number).collect();
        assert_eq!(Line::through(&x[..7], &x[..7]), None);
        assert_eq!(Line::through(&x, &x[..7]), None);
        assert_eq!(Line::through(&[1.0; 8], &x), None);
        assert_eq!(Line::through(&x, &[f64::NAN; 8]), None);
        let line = Line::through(&x, &x).unwrap();
        assert_eq!(line.at(9.0, 1.5), None);
        let there = line.at(20.0, 0.95).unwrap();
        same(there.low, 20.0);
        same(there.high, 20.0);
    }

    /// 2,000 lines of 20 points, 10 points on: the standard error is 0.005.
    #[test]
    fn holds_the_next_as_often_as_it_says() {
        let x: Vec<f64> = (0..20).map(number).collect();
        let inside = (0..2_000)
            .filter(|run| {
                let mut random = Stream::new(*run, 23);
                let mut value = |x: f64| 3.0 + 0.2 * x + random.normal();
                let y: Vec<f64> = x.iter().map(|x| value(*x)).collect();
                let line = Line::through(&x, &y).unwrap();
                line.at(29.0, 0.95)
                    .unwrap()
                    .interval()
                    .contains(value(29.0))
            })
            .count();
        assert!((1_870..=1_935).contains(&inside), "{inside} of 2,000");
    }
}
