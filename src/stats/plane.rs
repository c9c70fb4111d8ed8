//! Least squares on two predictors: what is left of values when their groups and both predictors are taken off.
//!
//! Numbers in, residuals out. Groups differ by a constant of their own (fixed effects): means of groups are taken
//! off first, which gives the same residuals as a constant for each group.

/// A value with its group and its two predictors.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// Which of the groups, numbered from 0.
    pub group: usize,
    /// The predictors.
    pub x: [f64; 2],
    /// The value.
    pub y: f64,
}

/// Residuals of the points in their order. A predictor that says nothing beside the other is left out.
/// Source: Frisch & Waugh 1933, Econometrica 1(4) (what is partialled out first leaves the same residuals).
///
/// ```
/// use perfadvise::stats::plane::{Point, residuals};
/// // 3 + 2 a − b, and 1 or −1 beside it, which neither predictor tells.
/// let points: Vec<Point> = [(0.0, 0.0, 4.0), (1.0, 0.0, 4.0), (0.0, 1.0, 1.0), (1.0, 1.0, 5.0)]
///     .map(|(a, b, y)| Point { group: 0, x: [a, b], y })
///     .to_vec();
/// let left: Vec<f64> = residuals(&points).iter().map(|r| r.round()).collect();
/// assert_eq!(left, [1.0, -1.0, -1.0, 1.0]);
/// ```
#[must_use]
pub fn residuals(points: &[Point]) -> Vec<f64> {
    let means = means(points);
    let off = |point: &Point| {
        let mut value = values(point);
        let means = &means[point.group];
        value.iter_mut().zip(means).for_each(|(v, mean)| *v -= mean);
        value
    };
    let mut sums = [0.0; 5];
    for [a, b, y] in points.iter().map(off) {
        for (sum, product) in sums.iter_mut().zip([a * a, b * b, a * b, a * y, b * y]) {
            *sum += product;
        }
    }
    let [aa, bb, ab, ay, by] = sums;
    let determinant = aa * bb - ab * ab;
    let (a, b) = if determinant > 1e-12 * aa * bb {
        (
            (ay * bb - by * ab) / determinant,
            (by * aa - ay * ab) / determinant,
        )
    } else if aa > 0.0 {
        (ay / aa, 0.0)
    } else if bb > 0.0 {
        (0.0, by / bb)
    } else {
        (0.0, 0.0)
    };
    let left = |p: [f64; 3]| p[2] - a * p[0] - b * p[1];
    points.iter().map(|p| left(off(p))).collect()
}

/// Predictors and value of a point.
fn values(point: &Point) -> [f64; 3] {
    [point.x[0], point.x[1], point.y]
}

/// The means of predictors and values of each group.
fn means(points: &[Point]) -> Vec<[f64; 3]> {
    let groups = points.iter().map(|p| p.group + 1).max().unwrap_or(0);
    let mut sums = vec![([0.0; 3], 0.0); groups];
    for point in points {
        let (sums, n) = &mut sums[point.group];
        for (sum, value) in sums.iter_mut().zip(values(point)) {
            *sum += value;
        }
        *n += 1.0;
    }
    sums.into_iter()
        .map(|(sums, n)| sums.map(|sum| sum / n))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Two groups of four points on planes that differ by 10, with 1 and −1 beside them in a pattern that neither
    /// predictor nor the group tells (the sums over each are 0): by hand these are the residuals.
    #[test]
    fn groups_and_predictors_are_taken_off() {
        let mut points = Vec::new();
        for group in 0..2 {
            for (a, b, beside) in [
                (0.0, 0.0, 1.0),
                (1.0, 0.0, -1.0),
                (0.0, 1.0, -1.0),
                (1.0, 1.0, 1.0),
            ] {
                let y = 10.0 * f64::from(group) + 2.0 * a - b + beside;
                points.push(Point {
                    group: usize::from(group == 1),
                    x: [a, b],
                    y,
                });
            }
        }
        let left = residuals(&points);
        for (residual, expected) in left.iter().zip([1.0, -1.0, -1.0, 1.0].repeat(2)) {
            assert!((residual - expected).abs() < 1e-12, "{left:?}");
        }
    }

    #[test]
    fn a_predictor_that_says_nothing_is_left_out() {
        let line = |x: [f64; 2], y| Point { group: 0, x, y };
        for points in [
            [line([1.0, 2.0], 3.0), line([2.0, 4.0], 5.0)],
            [line([1.0, 7.0], 3.0), line([2.0, 7.0], 5.0)],
            [line([7.0, 1.0], 3.0), line([7.0, 2.0], 5.0)],
        ] {
            assert!(residuals(&points).iter().all(|r| r.abs() < 1e-12));
        }
        assert_eq!(
            residuals(&[line([1.0, 1.0], 3.0), line([1.0, 1.0], 5.0)]),
            [-1.0, 1.0]
        );
        assert!(residuals(&[]).is_empty());
    }

    proptest! {
        /// What is left has a mean of 0 and no relation with either predictor.
        #[test]
        fn what_is_left_is_orthogonal(list in prop::collection::vec((0_usize..3, -5.0..5.0_f64, -5.0..5.0_f64, -5.0..5.0_f64), 8..60)) {
            let points: Vec<Point> = list.iter().map(|(group, a, b, y)| Point { group: *group, x: [*a, *b], y: *y }).collect();
            let left = residuals(&points);
            let of = |pick: fn(&Point) -> f64| left.iter().zip(&points).map(|(r, p)| r * pick(p)).sum::<f64>();
            prop_assert!(of(|_| 1.0).abs() < 1e-8);
            prop_assert!(of(|p| p.x[0]).abs() < 1e-6 && of(|p| p.x[1]).abs() < 1e-6);
        }
    }
}
