//! Do neighbours in a series resemble each other?

use super::{are_finite, number};

/// Lags that are summed up side by side.
const LAGS: usize = 8;

/// Correlation of a series with itself one place on. `None` under 3 values, without variation, or
/// where a number is not finite.
///
/// Source: Box, Jenkins & Reinsel, Time Series Analysis, 3rd ed. 1994, section 2.1.5: sum of
/// products of neighbouring deviations over the sum of squares.
#[must_use]
pub fn lag1(values: impl Iterator<Item = f64> + Clone) -> Option<f64> {
    let first = values.clone().next()?;
    let (mut n, mut sum, mut is_known, mut varies) = (0, 0.0, true, false);
    for value in values.clone() {
        n += 1;
        sum += value;
        is_known &= value.is_finite();
        varies |= value != first;
    }
    // Equal numbers may leave a residue of their rounded mean.
    if n < 3 || !is_known || !varies {
        return None;
    }
    let mean = sum / number(n);
    let (mut squares, mut products, mut before) = (0.0, 0.0, 0.0);
    for deviation in values.map(|value| value - mean) {
        squares += deviation * deviation;
        products += before * deviation;
        before = deviation;
    }
    (squares > 0.0 && f64::is_finite(squares)).then(|| products / squares)
}

/// Correlations of a series with itself 1, 2, … `most` places on, as far as the series goes.
/// `None` when empty, without variation, or where a number is not finite.
#[must_use]
pub fn lags(values: &[f64], most: usize) -> Option<Vec<f64>> {
    if values.is_empty() || !are_finite(values) {
        return None;
    }
    let mean = values.iter().sum::<f64>() / number(values.len());
    let deviations: Vec<f64> = values.iter().map(|v| v - mean).collect();
    let squares: f64 = deviations.iter().map(|d| d * d).sum();
    // Equal numbers may leave a residue of their rounded mean.
    if values.iter().all(|v| *v == values[0]) || squares <= 0.0 || !squares.is_finite() {
        return None;
    }
    let most = most.min(values.len() - 1);
    let mut correlations = Vec::with_capacity(most + LAGS);
    for from in (1..=most).step_by(LAGS) {
        // Side by side, each still summed up from the first product to the last.
        let mut products = [0.0; LAGS];
        let ends = deviations[from..].windows(LAGS);
        let count = ends.len();
        for (a, ends) in deviations.iter().zip(ends) {
            for (sum, b) in products.iter_mut().zip(ends) {
                *sum += a * b;
            }
        }
        for (lag, sum) in (from..).zip(&mut products) {
            let left = deviations.get(lag + count..).unwrap_or_default();
            for (a, b) in deviations[count..].iter().zip(left) {
                *sum += a * b;
            }
        }
        correlations.extend(products.map(|products| products / squares));
    }
    correlations.truncate(most);
    Some(correlations)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::stats::reference::{cases, list, same};

    #[test]
    fn agrees_with_statsmodels() {
        for case in cases("correlation") {
            let values = list(&case, "values");
            let theirs = list(&case, "acf");
            let ours = lags(&values, theirs.len()).unwrap();
            assert_eq!(ours.len(), theirs.len());
            for (a, b) in ours.iter().zip(&theirs) {
                same(*a, *b);
            }
            same(lag1(values.iter().copied()).unwrap(), theirs[0]);
            assert_eq!(lag1(values.iter().copied()), ours.first().copied());
        }
    }

    #[test]
    fn without_variation_there_is_none() {
        assert_eq!(lag1([0.1; 9].into_iter()), None);
        assert_eq!(lag1([1.0, 2.0].into_iter()), None);
        assert_eq!(lag1([1.0, f64::INFINITY, 2.0].into_iter()), None);
    }
}
