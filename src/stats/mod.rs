//! Pure mathematics on slices: no I/O, no domain words, a file for each question.
//!
//! Numbers in, numbers out. Every function says what it needs; where that is not there (too few
//! units, a number that is not finite, no variation where variation is the question) the answer is
//! `None`, never 0 and never NaN. Whatever is random takes a seed, and the same seed gives the same
//! answer on every machine and with any number of threads.
//!
//! | question | module |
//! |---|---|
//! | one rate, two rates of independent trials | [`rates`] |
//! | do two rates of independent trials differ | [`counts`] |
//! | ratios and means over units whose records are correlated | [`clustered`] |
//! | a quantile and its interval | [`quantiles`] |
//! | a tail quantile of independent values, and two groups' ratio of it | [`tails`] |
//! | does a series rise or fall, and how fast | [`trend`] |
//! | where does a history change its level | [`change`], by [`segments`] |
//! | do the newest values lie where the past lets one expect them | [`prediction`] |
//! | where does a drift lead | [`forecast`] |
//! | do neighbours resemble each other | [`correlation`] |
//! | by what factor do two groups differ | [`location`] |
//! | do pairs differ, and by how much | [`paired`] |
//! | is one group larger than another | [`unpaired`] |
//! | are two groups alike in any respect | [`rank_sum`] |
//! | has a distribution changed its shape | [`shape`] |
//! | what could have been found, and what would it take | [`power`] |
//! | do two ratios of sums differ | [`permutation`] |
//! | do two groups differ where like is compared with like | [`stratified`] |
//! | what is left of p values when there are many | [`multiplicity`] |
//! | an interval for any statistic of units | [`bootstrap`] |
//! | probabilities and quantiles of the normal and of Student's distribution | [`normal`] |

pub mod bootstrap;
pub mod change;
pub mod clustered;
pub mod correlation;
pub mod counts;
pub mod forecast;
pub mod location;
pub mod multiplicity;
pub mod normal;
pub mod paired;
pub mod permutation;
pub mod plane;
pub mod power;
pub mod prediction;
pub mod quantiles;
pub mod rank_sum;
mod ranks;
pub mod rates;
pub mod segments;
mod select;
pub mod shape;
mod slopes;
mod splits;
pub mod stratified;
pub mod tails;
pub mod trend;
pub mod unpaired;

/// Fewest units for which an interval over units is given.
pub const LEAST_UNITS: usize = 6;

/// An interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

impl Interval {
    /// Whether `value` lies in it, ends included.
    #[must_use]
    pub fn contains(self, value: f64) -> bool {
        self.low <= value && value <= self.high
    }
}

/// An estimate with its interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// The estimate.
    pub estimate: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
}

impl Estimate {
    /// Only the interval.
    #[must_use]
    pub fn interval(self) -> Interval {
        Interval {
            low: self.low,
            high: self.high,
        }
    }

    /// The same with all three numbers cut to `low ..= high`: a ratio that cannot leave 0 to 1.
    #[must_use]
    pub fn clamped(self, low: f64, high: f64) -> Self {
        self.map(|x| x.max(low).min(high))
    }

    /// The same of logs ([`log`]) taken back: a factor. `None` where it is 0 or has no end, as of something that begins or
    /// ends; its lower end may be 0.
    #[must_use]
    pub fn factor(self) -> Option<Self> {
        let factor = self.map(f64::exp);
        (factor.estimate > 0.0 && factor.high.is_finite()).then_some(factor)
    }

    /// The same on another scale; `scale` must not fall (`f64::exp` takes logs back).
    #[must_use]
    pub fn map(self, scale: impl Fn(f64) -> f64) -> Self {
        Self {
            estimate: scale(self.estimate),
            low: scale(self.low),
            high: scale(self.high),
        }
    }
}

/// The log of 0: below every other log, and the same whatever is added to it.
const LOG_OF_NOTHING: f64 = -1e300;

/// The log of a quantity, for medians and ranks of factors. Of 0 it is a number below every other log, so that two zeros
/// differ by no factor, and zeros among other values move an estimate no more than any very small value.
#[must_use]
pub fn log(quantity: f64) -> f64 {
    if quantity == 0.0 {
        LOG_OF_NOTHING
    } else {
        quantity.ln()
    }
}

/// Whether a difference of logs is a factor: neither goes from or to 0.
pub(crate) fn is_factor(log: f64) -> bool {
    log.abs() < -LOG_OF_NOTHING / 4.0
}

/// Result of a test, two-sided.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Test {
    /// The statistic, as the test defines it.
    pub statistic: f64,
    /// Probability of one at least as extreme where there is no difference, 0 to 1.
    pub p: f64,
}

/// Whether every number is finite.
pub(crate) fn are_finite(values: &[f64]) -> bool {
    values.iter().all(|v| v.is_finite())
}

/// A count as a number; exact below 2⁵³.
#[allow(clippy::cast_precision_loss)]
pub(crate) fn number(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
pub(crate) mod reference {
    //! Vectors computed outside the program: `tests/reference/stats.py` wrote them.
    #![allow(clippy::unwrap_used)]

    /// The cases of one question.
    pub(crate) fn cases(question: &str) -> Vec<serde_json::Value> {
        let all: serde_json::Value =
            serde_json::from_str(include_str!("../../tests/reference/stats.json")).unwrap();
        all[question].as_array().unwrap().clone()
    }

    /// A list of numbers of a case.
    pub(crate) fn list(case: &serde_json::Value, key: &str) -> Vec<f64> {
        case[key]
            .as_array()
            .unwrap()
            .iter()
            .map(|v| v.as_f64().unwrap())
            .collect()
    }

    /// A number of a case.
    pub(crate) fn number(case: &serde_json::Value, key: &str) -> f64 {
        case[key]
            .as_f64()
            .unwrap_or_else(|| panic!("no {key} in {case}"))
    }

    /// Fails unless both are equal to 1e-9, absolute or relative.
    #[track_caller]
    pub(crate) fn same(ours: f64, theirs: f64) {
        assert!(
            (ours - theirs).abs() <= 1e-9 * theirs.abs().max(1.0),
            "{ours} is not {theirs}"
        );
    }
}
