//! How long a program waits before it tries a request again.
//!
//! A small language of its own: `none`, `constant:2s`, `exponential:1s` (doubling), `exponential:1s:30s` (doubling, at
//! most 30 s each). A duration alone, `1s` or a number of seconds, is the first wait of an exponential one.

use std::fmt;

use crate::units::parse_seconds;

/// Waits before retries, in seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Backoff {
    /// Tried again at once.
    None,
    /// The same wait before each.
    Constant(f64),
    /// Twice as long before each as before the last one.
    Exponential {
        /// Before the first retry.
        first: f64,
        /// At most.
        most: Option<f64>,
    },
}

impl Backoff {
    /// As people write it; `None`: it is no such thing.
    ///
    /// ```
    /// use perfadvise::config::Backoff;
    /// let waits = |text| Backoff::parse(text).map(|b| [1, 2, 3].map(|retry| b.wait(retry)));
    /// assert_eq!(waits("none"), Some([0.0, 0.0, 0.0]));
    /// assert_eq!(waits("constant:2s"), Some([2.0, 2.0, 2.0]));
    /// assert_eq!(waits("exponential:500ms"), Some([0.5, 1.0, 2.0]));
    /// assert_eq!(waits("exponential:1s:3s"), Some([1.0, 2.0, 3.0]));
    /// assert_eq!(waits("1s"), Some([1.0, 2.0, 4.0]));
    /// assert_eq!(waits("sometimes"), None);
    /// ```
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let mut parts = text.split(':').map(str::trim);
        let (name, first, most) = (parts.next()?, parts.next(), parts.next());
        if parts.next().is_some() {
            return None;
        }
        let is = |word: &str| name.eq_ignore_ascii_case(word);
        match (first, most) {
            (None, None) if is("none") => Some(Self::None),
            (None, None) => Some(Self::doubling(seconds(text)?)),
            (Some(wait), None) if is("constant") => Some(Self::Constant(seconds(wait)?)),
            (Some(first), most) if is("exponential") => Some(Self::Exponential {
                first: seconds(first)?,
                most: match most {
                    Some(most) => Some(seconds(most)?),
                    None => None,
                },
            }),
            _ => None,
        }
    }

    /// Doubling, without an end.
    #[must_use]
    pub fn doubling(first: f64) -> Self {
        Self::Exponential { first, most: None }
    }

    /// Seconds before the retry of this number, from 1.
    #[must_use]
    pub fn wait(self, retry: u32) -> f64 {
        match self {
            Self::None => 0.0,
            Self::Constant(wait) => wait,
            Self::Exponential { first, most } => {
                let doubled = i32::try_from(retry.saturating_sub(1)).unwrap_or(i32::MAX);
                // Of nothing twice as much is nothing, however often.
                let wait = if first > 0.0 {
                    first * 2.0_f64.powi(doubled)
                } else {
                    0.0
                };
                wait.min(most.unwrap_or(f64::MAX))
            }
        }
    }
}

impl fmt::Display for Backoff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("none"),
            Self::Constant(wait) => write!(f, "constant:{wait}s"),
            Self::Exponential { first, most: None } => write!(f, "exponential:{first}s"),
            Self::Exponential {
                first,
                most: Some(most),
            } => write!(f, "exponential:{first}s:{most}s"),
        }
    }
}

/// Seconds, or a duration with its unit.
fn seconds(text: &str) -> Option<f64> {
    let number = text.parse::<f64>().ok();
    let seconds = number.or_else(|| parse_seconds(text).ok())?;
    (seconds.is_finite() && seconds >= 0.0).then_some(seconds)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_is_none_of_the_language() {
        for text in [
            "",
            "constant",
            "constant:",
            "constant:2s:3s",
            "exponential",
            "exponential:-1",
            "exponential:1s:2s:3s",
            "exponential:NaN",
            "exponential:inf",
            "none:1s",
            "linear:1s",
        ] {
            assert_eq!(Backoff::parse(text), None, "{text}");
        }
    }

    #[test]
    fn written_and_read_again() {
        for text in [
            "none",
            "constant:2s",
            "exponential:0.5s",
            "exponential:1s:30s",
        ] {
            assert_eq!(Backoff::parse(text).unwrap().to_string(), text);
        }
        let short = Backoff::parse(" Exponential : 500ms : 1 min ").unwrap();
        assert_eq!(short.to_string(), "exponential:0.5s:60s");
    }

    #[test]
    fn a_wait_is_a_number_after_any_number_of_retries() {
        for text in ["exponential:0", "exponential:1s:30s", "1e300"] {
            assert!(Backoff::parse(text).unwrap().wait(u32::MAX).is_finite());
        }
    }
}
