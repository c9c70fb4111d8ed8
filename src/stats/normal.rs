//! The normal and Student's distribution.

use statrs::distribution::{ContinuousCDF, StudentsT};
use statrs::function::erf::{erfc, erfc_inv};

/// Probability that a standard normal variable is at most `x`.
#[must_use]
pub fn cdf(x: f64) -> f64 {
    0.5 * erfc(-x * std::f64::consts::FRAC_1_SQRT_2)
}

/// Probability that a standard normal variable is at least `x` away from 0, on either side.
#[must_use]
pub fn two_sided(x: f64) -> f64 {
    erfc(x.abs() * std::f64::consts::FRAC_1_SQRT_2)
}

/// The value that a standard normal variable stays below with probability `p`; infinite at 0 and 1.
/// `None` outside of 0 to 1.
#[must_use]
pub fn quantile(p: f64) -> Option<f64> {
    (0.0..=1.0)
        .contains(&p)
        .then(|| -std::f64::consts::SQRT_2 * erfc_inv(2.0 * p))
}

/// The z of a two-sided interval at confidence `level`: 1.96 for 0.95. `None` unless the level lies
/// between 0 and 1.
#[must_use]
pub fn critical(level: f64) -> Option<f64> {
    is_level(level)
        .then(|| quantile(0.5 + level / 2.0))
        .flatten()
}

/// The t of a two-sided interval at confidence `level` with `freedom` degrees of freedom (need not
/// be whole). `None` unless the level lies between 0 and 1 and the freedom is positive.
#[must_use]
pub fn critical_t(level: f64, freedom: f64) -> Option<f64> {
    if !(is_level(level) && freedom > 0.0 && freedom.is_finite()) {
        return None;
    }
    if freedom > LARGE {
        // Where the library's inverse takes forever: Hill 1970, Communications of the ACM 13, to 1/f².
        let z = critical(level)?;
        let first = z * (z * z + 1.0) / 4.0;
        let second = z * ((5.0 * z * z + 16.0) * z * z + 3.0) / 96.0;
        return Some(z + (first + second / freedom) / freedom);
    }
    let student = StudentsT::new(0.0, 1.0, freedom).ok()?;
    let tail = 0.5 - level / 2.0;
    let mut t = student.inverse_cdf(0.5 + level / 2.0);
    // The library's inverse is good to about seven digits; two steps of Newton's method make it
    // good to the last ones.
    for _ in 0..2 {
        let density = statrs::distribution::Continuous::pdf(&student, t);
        if !(t.is_finite() && density > 0.0) {
            break;
        }
        t += (student.sf(t) - tail) / density;
    }
    t.is_finite().then_some(t)
}

/// Degrees of freedom from which Student's quantile is an expansion around the normal one.
const LARGE: f64 = 500_000.0;

/// Probability that a variable of Student's distribution is at least `t` away from 0. `None` unless
/// the freedom is positive.
#[must_use]
pub fn two_sided_t(t: f64, freedom: f64) -> Option<f64> {
    if t.is_nan() || !(freedom > 0.0 && freedom.is_finite()) {
        return None;
    }
    let student = StudentsT::new(0.0, 1.0, freedom).ok()?;
    Some((2.0 * student.sf(t.abs())).min(1.0))
}

fn is_level(level: f64) -> bool {
    level > 0.0 && level < 1.0
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::stats::reference::{cases, number, same};

    #[test]
    fn agrees_with_scipy() {
        for case in cases("normal") {
            let x = number(&case, "x");
            same(cdf(x), number(&case, "cdf"));
            same(two_sided(x), number(&case, "two_sided"));
            same(
                quantile(number(&case, "p")).unwrap(),
                number(&case, "quantile"),
            );
        }
        for case in cases("student_large") {
            let (level, freedom) = (number(&case, "level"), number(&case, "freedom"));
            same(
                critical_t(level, freedom).unwrap(),
                number(&case, "critical"),
            );
        }
        for case in cases("student") {
            let (level, freedom) = (number(&case, "level"), number(&case, "freedom"));
            same(
                critical_t(level, freedom).unwrap(),
                number(&case, "critical"),
            );
            same(
                two_sided_t(number(&case, "t"), freedom).unwrap(),
                number(&case, "two_sided"),
            );
        }
    }

    #[test]
    fn refuses_what_is_no_level() {
        for level in [0.0, 1.0, -0.5, f64::NAN] {
            assert_eq!(critical(level), None);
            assert_eq!(critical_t(level, 5.0), None);
        }
        assert_eq!(critical_t(0.95, 0.0), None);
        assert_eq!(critical_t(0.95, f64::INFINITY), None);
        assert_eq!(quantile(1.5), None);
    }
}
