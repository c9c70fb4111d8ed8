//! Numbers that are rounded together, so that a shown column adds up to its shown total.

/// Rounds `values` to `decimals` so that they add up to their rounded sum: the largest remainders
/// are rounded up first, ties in order.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
pub(super) fn together(values: &[f64], decimals: i32) -> Vec<f64> {
    let unit = 10f64.powi(decimals);
    let scaled: Vec<f64> = values.iter().map(|v| v * unit).collect();
    let mut rounded: Vec<f64> = scaled.iter().map(|v| v.floor()).collect();
    let total = scaled.iter().sum::<f64>().round();
    let missing = (total - rounded.iter().sum::<f64>()).max(0.0) as usize;
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| {
        let remainder = |i: usize| scaled[i] - scaled[i].floor();
        remainder(b).total_cmp(&remainder(a)).then(a.cmp(&b))
    });
    for &i in order.iter().take(missing) {
        rounded[i] += 1.0;
    }
    rounded.into_iter().map(|v| v / unit).collect()
}

#[cfg(test)]
mod tests {
    use super::together;

    #[test]
    fn thirds_add_up() {
        let thirds = together(&[100.0 / 3.0; 3], 1);
        assert_eq!(thirds, [33.4, 33.3, 33.3]);
        assert!((thirds.iter().sum::<f64>() - 100.0).abs() < 1e-9);
        assert!(together(&[], 1).is_empty());
    }
}
