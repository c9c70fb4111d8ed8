//! Times as inputs write them.
//!
//! The common shapes are read by hand, since every line of a log has one; all others go to jiff.

use jiff::tz::TimeZone;

use crate::units::{NANOS, Time};

/// A time of RFC 3339, or without a zone (with `T` or a space) in `naive_zone`. `None` if it is
/// neither, or lies outside 2000 to 2100.
pub(super) fn parse(text: &str, naive_zone: &TimeZone) -> Option<Time> {
    let time = match by_hand(text.as_bytes()) {
        Some((time, true)) => time,
        Some((time, false)) if *naive_zone == TimeZone::UTC => time,
        _ => by_jiff(text, naive_zone)?,
    };
    time.is_plausible().then_some(time)
}

/// The same of bytes, of which nobody knows whether they are a text.
pub(super) fn parse_raw(raw: &[u8], naive_zone: &TimeZone) -> Option<Time> {
    match by_hand(raw) {
        Some((time, true)) => time.is_plausible().then_some(time),
        _ => parse(std::str::from_utf8(raw).ok()?, naive_zone),
    }
}

/// `2026-03-02T08:00:00.123Z`, with `T` or a space, with up to nine digits of the second or none,
/// with `Z` or without a zone: the time as if in UTC, and whether there was a `Z`. Any other shape:
/// `None`.
fn by_hand(text: &[u8]) -> Option<(Time, bool)> {
    let (fixed, rest) = text.split_first_chunk::<19>()?;
    let marks = [fixed[4], fixed[7], fixed[13], fixed[16]];
    if marks != [b'-', b'-', b':', b':'] || !matches!(fixed[10], b'T' | b' ') {
        return None;
    }
    let year = i64::from(two(fixed, 0)?) * 100 + i64::from(two(fixed, 2)?);
    let (month, day) = (two(fixed, 5)?, two(fixed, 8)?);
    let (hour, minute, second) = (two(fixed, 11)?, two(fixed, 14)?, two(fixed, 17)?);
    // Second 60 is left to jiff, which knows what to make of a leap second.
    if !(1..=12).contains(&month) || day == 0 || day > days_of_month(year, month) {
        return None;
    }
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let (nanos, rest) = fraction(rest)?;
    let is_utc = match rest {
        b"Z" => true,
        b"" => false,
        _ => return None,
    };
    let seconds = days_from_civil(year, i64::from(month), i64::from(day)) * 86_400
        + i64::from(hour) * 3_600
        + i64::from(minute) * 60
        + i64::from(second);
    // Four digits of a year stay far within 64 bits of nanoseconds only between 1678 and 2262.
    let time = seconds.checked_mul(NANOS)?.checked_add(nanos)?;
    Some((Time(time), is_utc))
}

fn two(text: &[u8; 19], at: usize) -> Option<u8> {
    let (tens, ones) = (text[at].wrapping_sub(b'0'), text[at + 1].wrapping_sub(b'0'));
    (tens < 10 && ones < 10).then(|| tens * 10 + ones)
}

/// A time in seconds, or in thousandths, millionths or thousand-millionths of one: between 2000 and
/// 2100 only one of them is possible.
pub(super) fn since_1970(number: f64) -> Option<Time> {
    [1e9, 1e6, 1e3, 1.0]
        .into_iter()
        .map(|nanos| Time((number * nanos).round() as i64))
        .find(|time| time.is_plausible())
}

/// From one index to the next: the cell in which the fold keeps samples, 15 seconds.
const INDEX_STEP: i64 = 15 * NANOS;

/// An index as a time that orders: that many cells of samples after the earliest time there can be, so
/// that each whole index keeps its value. `None`: it is negative or too large.
pub(super) fn ordered(index: f64) -> Option<Time> {
    #[allow(clippy::cast_precision_loss)]
    let nanos = (index * INDEX_STEP as f64).round();
    let time = Time(Time::EARLIEST.0.saturating_add(nanos as i64));
    time.is_plausible().then_some(time)
}

/// The nanoseconds of `.123…`, and what follows.
fn fraction(text: &[u8]) -> Option<(i64, &[u8])> {
    let Some(digits) = text.strip_prefix(b".") else {
        return Some((0, text));
    };
    // Milliseconds, as most write them.
    if let [a, b, c, b'Z'] = digits {
        let [a, b, c] = [a, b, c].map(|digit| i64::from(digit.wrapping_sub(b'0')));
        let value = a * 100 + b * 10 + c;
        return (a.max(b).max(c) < 10).then_some((value * (NANOS / 1_000), &digits[3..]));
    }
    let n = digits.iter().take_while(|b| b.is_ascii_digit()).count();
    if n == 0 || n > 9 {
        return None;
    }
    let value = digits[..n]
        .iter()
        .fold(0_i64, |value, digit| value * 10 + i64::from(digit - b'0'));
    let missing = u32::try_from(9 - n).ok()?;
    Some((value * 10_i64.pow(missing), &digits[n..]))
}

fn days_of_month(year: i64, month: u8) -> u8 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Days from 1970-01-01. Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms",
/// `days_from_civil`.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

fn by_jiff(text: &str, naive_zone: &TimeZone) -> Option<Time> {
    if let Ok(timestamp) = text.parse::<jiff::Timestamp>() {
        return Some(Time::from_timestamp(timestamp));
    }
    // jiff reads a civil time out of a text with an offset or a zone that it could not use, and
    // drops that silently.
    let is_civil = text
        .bytes()
        .skip(10)
        .all(|b| b.is_ascii_digit() || matches!(b, b'T' | b't' | b' ' | b':' | b'.' | b','));
    if !is_civil {
        return None;
    }
    let civil = text.parse::<jiff::civil::DateTime>().ok()?;
    let timestamp = naive_zone.to_ambiguous_timestamp(civil).compatible().ok()?;
    Some(Time::from_timestamp(timestamp))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn shown(text: &str) -> Option<String> {
        parse(text, &TimeZone::UTC).map(|t| t.to_string())
    }

    #[test]
    fn the_shapes_of_inputs() {
        for (text, expected) in [
            ("2026-03-02T08:00:00.123Z", "2026-03-02T08:00:00.123Z"),
            ("2026-03-02T08:00:00Z", "2026-03-02T08:00:00Z"),
            ("2024-02-29 23:59:59.254521", "2024-02-29T23:59:59.254521Z"),
            ("2026-03-02T08:00:00", "2026-03-02T08:00:00Z"),
            ("2026-03-02T08:00:00+02:00", "2026-03-02T06:00:00Z"),
            (
                "2026-03-02T08:00:00.000000001Z",
                "2026-03-02T08:00:00.000000001Z",
            ),
            ("2026-03-02", "2026-03-02T00:00:00Z"),
        ] {
            assert_eq!(shown(text).as_deref(), Some(expected), "{text}");
        }
        for text in [
            "",
            "yesterday",
            "2026-13-02T08:00:00Z",
            "2026-02-29T08:00:00Z",
            "1999-12-31T23:59:59Z",
            "2100-01-01T00:00:00Z",
            "0000-00-00T00:00:00Z",
            "9999-12-31T23:59:59Z",
            "2026-03-02T08:00:00[Europe/Berlin]",
            "2026-03-02T08:00:00.Z",
            "2026-03-02T24:00:00Z",
        ] {
            assert_eq!(shown(text), None, "{text}");
        }
    }

    #[test]
    fn naive_times_lie_in_the_zone_given() {
        let berlin = TimeZone::fixed(jiff::tz::offset(2));
        let time = parse("2026-03-02T08:00:00.5", &berlin).unwrap();
        assert_eq!(time.to_string(), "2026-03-02T06:00:00.5Z");
        assert_eq!(parse_raw(b"2026-03-02T08:00:00.5", &berlin), Some(time));
        assert_eq!(parse_raw(b"2026-03-02T06:00:00.500Z", &berlin), Some(time));
        assert_eq!(parse_raw(b"2026-03-02T06:00:00.5a0Z", &berlin), None);
        assert_eq!(parse_raw(b"2026-03-02T06:00:00.50\xe9Z", &berlin), None);
    }

    proptest::proptest! {
        /// jiff is the reference for everything that is read by hand.
        #[test]
        fn by_hand_is_as_jiff(
            seconds in 946_684_800_i64..4_102_444_800, nanos in 0_i64..NANOS, digits in 0_usize..=9,
        ) {
            let cut = 10_i64.pow(9 - u32::try_from(digits).unwrap());
            let time = Time(seconds * NANOS + nanos / cut * cut);
            let text = format!("{:.digits$}", time.timestamp());
            proptest::prop_assert_eq!(by_hand(text.as_bytes()), Some((time, true)));
            proptest::prop_assert_eq!(by_jiff(&text, &TimeZone::UTC), Some(time));
        }
    }
}
