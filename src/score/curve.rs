//! The log-normal curve known from Lighthouse: a lower-is-better value to a number from 0 to 1.

use crate::stats::normal;

/// Φ⁻¹(0.75): with it the curve gives 0.75 at the target and 0.50 at the poor point.
const QUARTILE: f64 = 0.674_489_750_196_081_7;

/// S(x) = Φ(−ln(x/poor)/σ) with σ = ln(poor/target)/Φ⁻¹(0.75).
///
/// 1 for x ≤ 0; `None` unless 0 < target < poor and all are finite.
/// Source: the scoring curve of Lighthouse, with its two control points at 0.75 and 0.50.
///
/// ```
/// let s = perfadvise::score::curve(2.7, 3.0, 5.0).unwrap();
/// assert!((s - 0.792).abs() < 0.0005);
/// ```
#[must_use]
pub fn curve(x: f64, target: f64, poor: f64) -> Option<f64> {
    log_normal(x, target, poor, QUARTILE)
}

/// The curve through `high` (as a standard normal quantile) at `control` and 0.5 at `median`.
fn log_normal(x: f64, control: f64, median: f64, high: f64) -> Option<f64> {
    if !(x.is_finite() && control > 0.0 && median > control && median.is_finite()) {
        return None;
    }
    if x <= 0.0 {
        return Some(1.0);
    }
    // Both logs are formed alike, so that the curve meets its control point however near the two are.
    let log = |value: f64| (value / median).ln();
    let z = high * (log(x) / log(control));
    (!z.is_nan()).then(|| normal::cdf(z))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_two_control_points() {
        assert!((curve(3.0, 3.0, 5.0).unwrap() - 0.75).abs() < 1e-12);
        assert!((curve(5.0, 3.0, 5.0).unwrap() - 0.50).abs() < 1e-12);
        assert_eq!(curve(0.0, 3.0, 5.0), Some(1.0));
        assert_eq!(curve(1.0, 5.0, 3.0), None);
        assert_eq!(curve(f64::NAN, 3.0, 5.0), None);
    }

    /// What Lighthouse's own tests assert: exact values to the digits they give, order around the
    /// control points, and control points that are refused.
    #[test]
    fn lighthouse_assertions() {
        let vectors: serde_json::Value = serde_json::from_str(include_str!(
            "../../tests/reference/lighthouse/vectors.json"
        ))
        .unwrap();
        let p10 = normal::quantile(0.9).unwrap();
        let number = |row: &serde_json::Value, key: &str| row[key].as_f64().unwrap();
        for row in vectors["asserted_two_digits"].as_array().unwrap() {
            let raw = log_normal(
                number(row, "value"),
                number(row, "p10"),
                number(row, "median"),
                p10,
            )
            .unwrap();
            // The rule of its two-digit scores, of `meta`; 1e-9 for what stands on a border.
            let lifted = if raw > 0.9 {
                raw + 0.05 * (raw - 0.9)
            } else {
                raw
            };
            let shown = ((lifted + 1e-9) * 100.0).floor() / 100.0;
            assert!(
                (shown - number(row, "expected")).abs() < 1e-9,
                "{row}: {raw}"
            );
        }
        for row in vectors["boundary_properties"]["control_points"]
            .as_array()
            .unwrap()
        {
            let (Some(near), Some(far)) = (row["p10"].as_f64(), row["median"].as_f64()) else {
                continue;
            };
            let s = |x: f64| log_normal(x, near, far, p10).unwrap();
            assert_eq!(s(0.0), 1.0);
            assert!((s(near) - 0.9).abs() < 1e-9 && s(far) == 0.5, "{row}");
            assert!(s(near.next_down()) >= s(near) && s(far.next_up()) <= 0.5);
            assert!(s(1e9) >= 0.0 && s(f64::MAX) >= 0.0);
        }
        for row in vectors["must_error"].as_array().unwrap() {
            let control = |key: &str| row[key].as_f64().unwrap_or(f64::NAN);
            assert_eq!(
                log_normal(1.0, control("p10"), control("median"), p10),
                None,
                "{row}"
            );
        }
    }

    /// Lighthouse's curve at the values of its own tests and reports: (value, p10, median), with
    /// p10 at 0.9 instead of 0.75.
    #[test]
    fn lighthouse_vectors() {
        let vectors: serde_json::Value = serde_json::from_str(include_str!(
            "../../tests/reference/lighthouse/vectors.json"
        ))
        .unwrap();
        let rows = vectors["computed_full_precision"].as_array().unwrap();
        let p10 = normal::quantile(0.9).unwrap();
        assert_eq!(rows.len(), 120);
        for row in rows {
            let number = |key: &str| row[key].as_f64().unwrap();
            let got = log_normal(number("value"), number("p10"), number("median"), p10).unwrap();
            assert!((got - number("exact_raw")).abs() < 1e-9, "{row}: {got}");
            // Lighthouse itself approximates erf: 7e-8 off at most.
            assert!((got - number("upstream_raw")).abs() < 2e-7, "{row}: {got}");
        }
    }
}
