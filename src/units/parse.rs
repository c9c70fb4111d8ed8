//! Text to quantities: `2.3s`, `300ms`, `1 hour`, `245MB`, `1GiB`, `80%`, `23/150`, `11.5x faster`.
//!
//! A number is written with ASCII digits, an optional point and an optional exponent; nothing here
//! returns a negative, infinite or NaN value. Where a unit is asked for, a bare number is refused:
//! callers that know the unit take numbers themselves. Errors never hold the text they are about.

use std::fmt;

use super::{Bytes, Ratio, Seconds};

/// Why a text is not the quantity that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnitError {
    /// Nothing but white space.
    Empty(Wanted),
    /// No number where one should be.
    NoNumber(Wanted),
    /// A number without its unit.
    NoUnit(Wanted),
    /// A unit that is not known, or not one of this kind.
    UnknownUnit(Wanted),
    /// A negative number.
    Negative(Wanted),
    /// Too large for a number.
    TooLarge(Wanted),
    /// A fraction of nothing: `3/0`.
    DividedByZero,
    /// A calendar date that does not exist, or a text that is no time at all.
    NoTime,
}

/// What a text should have been.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// A span of time.
    Duration,
    /// An amount of memory or data.
    Bytes,
    /// A ratio.
    Ratio,
    /// A factor.
    Factor,
    /// Any of these.
    Quantity,
}

impl Wanted {
    fn name(self) -> &'static str {
        match self {
            Wanted::Duration => "a duration",
            Wanted::Bytes => "an amount of bytes",
            Wanted::Ratio => "a ratio",
            Wanted::Factor => "a factor",
            Wanted::Quantity => "a quantity",
        }
    }

    fn example(self) -> &'static str {
        match self {
            Wanted::Duration => {
                "write a number and its unit (ms, s, min, h, d, w), such as 2.3s, 300ms or 1 hour"
            }
            Wanted::Bytes => {
                "write a number and its unit, such as 245MB (millions of bytes) or 1GiB (1024³ bytes)"
            }
            Wanted::Ratio => "write a share such as 80%, 0.8 or 23/150",
            Wanted::Factor => "write a factor such as 11.5x",
            Wanted::Quantity => "write a quantity such as 2.3s, 245MB, 80%, 23/150 or 11.5x",
        }
    }
}

impl UnitError {
    fn wanted(self) -> Option<Wanted> {
        match self {
            UnitError::Empty(w)
            | UnitError::NoNumber(w)
            | UnitError::NoUnit(w)
            | UnitError::UnknownUnit(w)
            | UnitError::Negative(w)
            | UnitError::TooLarge(w) => Some(w),
            UnitError::DividedByZero => Some(Wanted::Ratio),
            UnitError::NoTime => None,
        }
    }

    /// What would be right.
    #[must_use]
    pub fn help(self) -> &'static str {
        self.wanted().map_or(
            "write a date (2024-01-31), a time (2024-01-31T12:00:00Z) or a span before now (7d, 24h)",
            Wanted::example,
        )
    }
}

impl fmt::Display for UnitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let why = match self {
            UnitError::Empty(_) => "it is empty",
            UnitError::NoNumber(_) => "there is no number",
            UnitError::NoUnit(_) => "the unit is missing",
            UnitError::UnknownUnit(_) => "the unit is not known",
            UnitError::Negative(_) => "it is negative",
            UnitError::TooLarge(_) => "the number is too large",
            UnitError::DividedByZero => "it divides by 0",
            UnitError::NoTime => return f.write_str("not a date or a time"),
        };
        let what = self.wanted().unwrap_or(Wanted::Quantity).name();
        write!(f, "not {what}: {why}")
    }
}

impl std::error::Error for UnitError {}

/// A quantity of whatever kind its text says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Quantity {
    /// `2.3s`
    Seconds(Seconds),
    /// `245MB`
    Bytes(Bytes),
    /// `80%`, `23/150`
    Ratio(Ratio),
    /// `11.5x faster`: the factor as written, 11.5.
    Factor(f64),
    /// `4`: a number without a unit.
    Number(f64),
}

/// A span of time in seconds: `2.3s`, `300ms`, `1 hour`, `7d`, `1 week`, `1h 30min`.
///
/// Single letters are lower case (`5M` is no duration); a day has 24 hours.
///
/// # Errors
/// No number, a negative one, no unit or an unknown one.
///
/// ```
/// assert_eq!(perfadvise::units::parse_seconds("1 hour"), Ok(3600.0));
/// ```
pub fn parse_seconds(text: &str) -> Result<f64, UnitError> {
    const W: Wanted = Wanted::Duration;
    let mut rest = text.trim();
    if rest.is_empty() {
        return Err(UnitError::Empty(W));
    }
    let mut total = 0.0;
    while !rest.is_empty() {
        let (number, after) = take_number(rest, W)?;
        let after = after.trim_start();
        let end = after
            .find(|c: char| !c.is_alphabetic())
            .unwrap_or(after.len());
        let (unit, tail) = after.split_at(end);
        total += scaled(
            number,
            seconds_in(unit).ok_or_else(|| unit_fault(unit, tail, W))?,
            W,
        )?;
        rest = tail.trim_start();
    }
    finite(total, W)
}

/// An amount of bytes: `245MB` and `35 MB` are decimal, `1GiB` is binary, `1.5G` is decimal.
///
/// # Errors
/// No number, a negative one, no unit or an unknown one.
///
/// ```
/// assert_eq!(perfadvise::units::parse_bytes("1GB"), Ok(1e9));
/// assert_eq!(perfadvise::units::parse_bytes("1GiB"), Ok(1_073_741_824.0));
/// ```
pub fn parse_bytes(text: &str) -> Result<f64, UnitError> {
    const W: Wanted = Wanted::Bytes;
    let (number, unit) = number_and_unit(text, W)?;
    scaled(
        number,
        bytes_in(unit).ok_or_else(|| unit_fault(unit, "", W))?,
        W,
    )
}

/// A ratio, 1 for the whole: `80%`, `0.8`, `23/150`.
///
/// # Errors
/// No number, a negative one, a divisor of 0, something behind it.
///
/// ```
/// assert_eq!(perfadvise::units::parse_ratio("80%"), Ok(0.8));
/// ```
pub fn parse_ratio(text: &str) -> Result<f64, UnitError> {
    const W: Wanted = Wanted::Ratio;
    let (number, unit) = number_and_unit(text, W)?;
    match unit {
        "" => finite(value(number, 0), W),
        // Shifting the exponent instead of dividing: 99.1 % is exactly what 0.991 is.
        "%" | "percent" => finite(value(number, -2), W),
        _ => {
            let Some(divisor) = unit.strip_prefix('/') else {
                return Err(UnitError::UnknownUnit(W));
            };
            let (divisor, behind) = number_and_unit(divisor, W)?;
            if !behind.is_empty() {
                return Err(UnitError::UnknownUnit(W));
            }
            let divisor = value(divisor, 0);
            if divisor == 0.0 {
                return Err(UnitError::DividedByZero);
            }
            finite(value(number, 0) / divisor, W)
        }
    }
}

/// A factor as it is written: `11.5x faster` is 11.5, `6x less` 6, `×1.23` 1.23.
///
/// The words behind it are accepted but not interpreted: "faster" is a division of a time and a
/// multiplication of a speed.
///
/// # Errors
/// No number, a negative one, no `x` or `×`, other words behind it.
pub fn parse_factor(text: &str) -> Result<f64, UnitError> {
    const W: Wanted = Wanted::Factor;
    const SENSES: &[&str] = &[
        "", "faster", "slower", "less", "more", "fewer", "better", "worse", "smaller", "larger",
        "higher", "lower",
    ];
    let text = text.trim();
    if let Some(number) = text.strip_prefix(['×', 'x']) {
        let (number, rest) = number_and_unit(number, W)?;
        return if rest.is_empty() {
            finite(value(number, 0), W)
        } else {
            Err(UnitError::UnknownUnit(W))
        };
    }
    let (number, unit) = number_and_unit(text, W)?;
    if unit.is_empty() {
        return Err(UnitError::NoUnit(W));
    }
    let sense = unit
        .strip_prefix(['×', 'x', 'X'])
        .ok_or(UnitError::UnknownUnit(W))?;
    if SENSES.contains(&sense.trim()) {
        finite(value(number, 0), W)
    } else {
        Err(UnitError::UnknownUnit(W))
    }
}

/// A quantity of the kind that its unit tells; without a unit a plain number.
///
/// # Errors
/// It is none of the kinds of [`Quantity`].
pub fn parse_quantity(text: &str) -> Result<Quantity, UnitError> {
    const W: Wanted = Wanted::Quantity;
    let text = text.trim();
    if text.starts_with(['×', 'x']) {
        return parse_factor(text).map(Quantity::Factor);
    }
    let (number, unit) = number_and_unit(text, W)?;
    if unit.is_empty() {
        return finite(value(number, 0), W).map(Quantity::Number);
    }
    if unit.starts_with(['%', '/']) || unit == "percent" {
        return parse_ratio(text).map(|r| Quantity::Ratio(Ratio(r)));
    }
    if unit.starts_with(['×', 'x', 'X']) {
        return parse_factor(text).map(Quantity::Factor);
    }
    if bytes_in(unit).is_some() {
        return parse_bytes(text).map(|b| Quantity::Bytes(Bytes(b)));
    }
    parse_seconds(text)
        .map(|s| Quantity::Seconds(Seconds(s)))
        .map_err(|error| match error {
            UnitError::UnknownUnit(_) => UnitError::UnknownUnit(W),
            other => other,
        })
}

/// Splits `2.3 s` into `2.3` and `s`, both trimmed.
fn number_and_unit(text: &str, wanted: Wanted) -> Result<(&str, &str), UnitError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(UnitError::Empty(wanted));
    }
    let (number, rest) = take_number(text, wanted)?;
    Ok((number, rest.trim()))
}

/// Takes an unsigned decimal number off the front: digits, at most one point, an exponent.
fn take_number(text: &str, wanted: Wanted) -> Result<(&str, &str), UnitError> {
    let bytes = text.as_bytes();
    if bytes.first() == Some(&b'-') || text.starts_with('−') {
        return Err(UnitError::Negative(wanted));
    }
    let digits = |from: usize| {
        bytes[from..]
            .iter()
            .position(|b| !b.is_ascii_digit())
            .map_or(bytes.len(), |n| from + n)
    };
    let start = usize::from(bytes.first() == Some(&b'+'));
    let whole = digits(start);
    let mut end = whole;
    let mut has_digits = whole > start;
    if bytes.get(whole) == Some(&b'.') {
        end = digits(whole + 1);
        has_digits |= end > whole + 1;
    }
    if !has_digits {
        return Err(UnitError::NoNumber(wanted));
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        let first = end + 1 + sign;
        if bytes.get(first).is_some_and(u8::is_ascii_digit) {
            end = digits(first);
        }
    }
    Ok(text.split_at(end))
}

/// The number's value times 10 to the power of `shift`, correctly rounded once.
fn value(number: &str, shift: i64) -> f64 {
    let (digits, exponent) = number
        .split_once(['e', 'E'])
        .map_or((number, 0), |(d, e)| (d, e.parse::<i64>().unwrap_or(9_999)));
    if shift == 0 {
        return number.parse().unwrap_or(f64::INFINITY);
    }
    format!("{digits}e{}", exponent.saturating_add(shift))
        .parse()
        .unwrap_or(f64::INFINITY)
}

/// A number times the size of its unit. Sizes that are powers of ten shift the exponent, so that
/// `245MB` and `300ms` are exact.
fn scaled(number: &str, unit: Size, wanted: Wanted) -> Result<f64, UnitError> {
    finite(
        match unit {
            Size::Ten(power) => value(number, power),
            Size::Times(times) => value(number, 0) * times,
        },
        wanted,
    )
}

fn finite(value: f64, wanted: Wanted) -> Result<f64, UnitError> {
    if value.is_finite() {
        Ok(value)
    } else {
        Err(UnitError::TooLarge(wanted))
    }
}

fn unit_fault(unit: &str, behind: &str, wanted: Wanted) -> UnitError {
    if unit.is_empty() && behind.is_empty() {
        UnitError::NoUnit(wanted)
    } else {
        UnitError::UnknownUnit(wanted)
    }
}

/// Size of a unit.
#[derive(Clone, Copy)]
enum Size {
    /// A power of ten.
    Ten(i64),
    /// Any other multiple.
    Times(f64),
}

fn seconds_in(unit: &str) -> Option<Size> {
    let size = match unit {
        "ns" => Size::Ten(-9),
        "us" | "µs" | "μs" => Size::Ten(-6),
        "ms" => Size::Ten(-3),
        "s" => Size::Ten(0),
        "m" => Size::Times(60.0),
        "h" => Size::Times(3_600.0),
        "d" => Size::Times(86_400.0),
        "w" => Size::Times(604_800.0),
        _ => match unit.to_ascii_lowercase().as_str() {
            "nanosecond" | "nanoseconds" => Size::Ten(-9),
            "microsecond" | "microseconds" => Size::Ten(-6),
            "msec" | "msecs" | "millisecond" | "milliseconds" => Size::Ten(-3),
            "sec" | "secs" | "second" | "seconds" => Size::Ten(0),
            "min" | "mins" | "minute" | "minutes" => Size::Times(60.0),
            "hr" | "hrs" | "hour" | "hours" => Size::Times(3_600.0),
            "day" | "days" => Size::Times(86_400.0),
            "wk" | "wks" | "week" | "weeks" => Size::Times(604_800.0),
            _ => return None,
        },
    };
    Some(size)
}

fn bytes_in(unit: &str) -> Option<Size> {
    const KIBI: f64 = 1024.0;
    Some(match unit.to_ascii_lowercase().as_str() {
        "b" | "byte" | "bytes" => Size::Ten(0),
        "k" | "kb" => Size::Ten(3),
        "mb" => Size::Ten(6),
        "g" | "gb" => Size::Ten(9),
        "t" | "tb" => Size::Ten(12),
        "pb" => Size::Ten(15),
        "kib" => Size::Times(KIBI),
        "mib" => Size::Times(KIBI * KIBI),
        "gib" => Size::Times(KIBI * KIBI * KIBI),
        "tib" => Size::Times(KIBI * KIBI * KIBI * KIBI),
        "pib" => Size::Times(KIBI * KIBI * KIBI * KIBI * KIBI),
        // `m` alone is a minute; `M` alone is a million bytes.
        _ if unit == "M" => Size::Ten(6),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn durations() {
        for (text, seconds) in [
            ("2.3s", 2.3),
            ("300ms", 0.3),
            ("1 hour", 3_600.0),
            ("7d", 604_800.0),
            ("1 week", 604_800.0),
            ("1h 30min", 5_400.0),
            ("1h30m", 5_400.0),
            ("250 µs", 0.000_25),
            ("0s", 0.0),
            ("1.5 Hours", 5_400.0),
            ("1e3 ms", 1.0),
            (".5s", 0.5),
        ] {
            assert_eq!(parse_seconds(text), Ok(seconds), "{text}");
        }
        for (text, error) in [
            ("5", UnitError::NoUnit(Wanted::Duration)),
            ("", UnitError::Empty(Wanted::Duration)),
            ("-3s", UnitError::Negative(Wanted::Duration)),
            ("fifty", UnitError::NoNumber(Wanted::Duration)),
            ("5M", UnitError::UnknownUnit(Wanted::Duration)),
            ("5 months", UnitError::UnknownUnit(Wanted::Duration)),
            ("3MB", UnitError::UnknownUnit(Wanted::Duration)),
            ("1h 30", UnitError::NoUnit(Wanted::Duration)),
            ("3s!", UnitError::NoNumber(Wanted::Duration)),
            ("1e999 s", UnitError::TooLarge(Wanted::Duration)),
            ("NaN s", UnitError::NoNumber(Wanted::Duration)),
            ("inf s", UnitError::NoNumber(Wanted::Duration)),
        ] {
            assert_eq!(parse_seconds(text), Err(error), "{text}");
        }
    }

    #[test]
    fn amounts_of_bytes() {
        for (text, bytes) in [
            ("1GB", 1e9),
            ("1GiB", 1_073_741_824.0),
            ("245MB", 245e6),
            ("35 MB", 35e6),
            ("1.5G", 1.5e9),
            ("512 B", 512.0),
            ("2.1GB", 2.1e9),
            ("64 KiB", 65_536.0),
            ("10M", 1e7),
        ] {
            assert_eq!(parse_bytes(text), Ok(bytes), "{text}");
        }
        assert_eq!(parse_bytes("1024"), Err(UnitError::NoUnit(Wanted::Bytes)));
        assert_eq!(
            parse_bytes("1 gallon"),
            Err(UnitError::UnknownUnit(Wanted::Bytes))
        );
        assert_eq!(parse_bytes("-1GB"), Err(UnitError::Negative(Wanted::Bytes)));
    }

    #[test]
    fn ratios_and_factors() {
        for (text, ratio) in [
            ("80%", 0.8),
            ("99.1 %", 0.991),
            ("0.8", 0.8),
            ("78/100", 0.78),
            ("100 percent", 1.0),
        ] {
            assert_eq!(parse_ratio(text), Ok(ratio), "{text}");
        }
        assert!((parse_ratio("23/150").unwrap() - 0.153_333_333_333_333_33).abs() < 1e-16);
        assert_eq!(parse_ratio("3/0"), Err(UnitError::DividedByZero));
        assert_eq!(parse_ratio("3/x"), Err(UnitError::NoNumber(Wanted::Ratio)));
        for (text, factor) in [
            ("11.5x faster", 11.5),
            ("6x less", 6.0),
            ("×1.23", 1.23),
            ("2×", 2.0),
        ] {
            assert_eq!(parse_factor(text), Ok(factor), "{text}");
        }
        assert_eq!(parse_factor("6"), Err(UnitError::NoUnit(Wanted::Factor)));
    }

    #[test]
    fn quantities_say_what_they_are() {
        assert_eq!(parse_quantity("2.3s"), Ok(Quantity::Seconds(Seconds(2.3))));
        assert_eq!(parse_quantity("245MB"), Ok(Quantity::Bytes(Bytes(245e6))));
        assert_eq!(parse_quantity("80%"), Ok(Quantity::Ratio(Ratio(0.8))));
        assert_eq!(parse_quantity("11.5x faster"), Ok(Quantity::Factor(11.5)));
        assert_eq!(parse_quantity("4"), Ok(Quantity::Number(4.0)));
        assert_eq!(parse_quantity("5m"), Ok(Quantity::Seconds(Seconds(300.0))));
        assert!(parse_quantity("13% reduction").is_err());
        assert!(parse_quantity("five").is_err());
    }

    #[test]
    fn errors_say_what_would_be_right() {
        let error = parse_seconds("5").unwrap_err();
        assert_eq!(error.to_string(), "not a duration: the unit is missing");
        assert!(error.help().contains("2.3s"));
    }
}
