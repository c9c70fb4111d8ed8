//! Times as people name them: `2024-01-01`, `2024-01-31T12:00:00Z`, `7d` ago.
//!
//! The present and the zone are arguments. A local time that a change of clocks skips or repeats is
//! resolved as calendars do it (the later one in a gap, the earlier one in a fold) and noticed.

use jiff::civil::{Date, DateTime};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{Span, Timestamp};

use super::{Time, UnitError};

/// Which edge of a period a text names: a date means its start or its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edge {
    /// `--from`: the day begins.
    From,
    /// `--to`: the day is over (the start of the next one).
    To,
}

/// What a change of clocks did to a local time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClockFault {
    /// Clocks went forward over it: it never was.
    Gap,
    /// Clocks went back over it: it was twice.
    Fold,
}

/// A time, and whether it was ambiguous.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// The time.
    pub time: Time,
    /// What a change of clocks did to it, if anything.
    pub fault: Option<ClockFault>,
}

/// Reads a time: RFC 3339 with a zone, a local date or time in `zone`, a span before `now` (`7d`,
/// `24h`, `1 week`; days are calendar days in `zone`), or `now`, `today`, `yesterday`.
///
/// A date as [`Edge::To`] includes its day.
///
/// # Errors
/// None of these, a date that does not exist, or a time out of reach.
pub fn moment(text: &str, now: Time, zone: &TimeZone, edge: Edge) -> Result<Moment, UnitError> {
    let text = text.trim();
    let local = now.timestamp().to_zoned_datetime(zone.clone());
    match text {
        "now" => return Ok(exactly(now)),
        "today" => return day(local.date(), zone, edge),
        "yesterday" => {
            let date = local.date().yesterday().map_err(|_| UnitError::NoTime)?;
            return day(date, zone, edge);
        }
        _ => {}
    }
    if let Ok(time) = text.parse::<Timestamp>() {
        return Ok(exactly(Time::from_timestamp(time)));
    }
    // A civil date-time would silently drop an offset, so dates are told apart by their shape first.
    if text.len() == 10 {
        if let Ok(date) = text.parse::<Date>() {
            return day(date, zone, edge);
        }
    } else if is_civil(text)
        && let Ok(civil) = text.parse::<DateTime>()
    {
        return resolve(civil, zone);
    }
    let span: Span = text.parse().map_err(|_| UnitError::NoTime)?;
    if span.is_negative() {
        return Err(UnitError::NoTime);
    }
    local
        .checked_sub(span)
        .map(|z| exactly(Time::from_timestamp(z.timestamp())))
        .map_err(|_| UnitError::NoTime)
}

fn exactly(time: Time) -> Moment {
    Moment { time, fault: None }
}

fn day(date: Date, zone: &TimeZone, edge: Edge) -> Result<Moment, UnitError> {
    let date = match edge {
        Edge::From => date,
        Edge::To => date.tomorrow().map_err(|_| UnitError::NoTime)?,
    };
    // Where midnight itself is skipped, the day begins at the end of the gap: nothing to notice.
    resolve(date.to_datetime(jiff::civil::Time::midnight()), zone).map(|m| exactly(m.time))
}

fn resolve(civil: DateTime, zone: &TimeZone) -> Result<Moment, UnitError> {
    let ambiguous = zone.to_ambiguous_timestamp(civil);
    let fault = match ambiguous.offset() {
        AmbiguousOffset::Unambiguous { .. } => None,
        AmbiguousOffset::Gap { .. } => Some(ClockFault::Gap),
        AmbiguousOffset::Fold { .. } => Some(ClockFault::Fold),
    };
    let time = ambiguous.compatible().map_err(|_| UnitError::NoTime)?;
    Ok(Moment {
        time: Time::from_timestamp(time),
        fault,
    })
}

/// Whether a text has the shape of a local date-time: a date, `T` or a space, and a time in which no
/// sign follows (that would be an offset) and no zone name stands.
fn is_civil(text: &str) -> bool {
    text.len() > 11
        && text.is_char_boundary(10)
        && text.is_char_boundary(11)
        && matches!(text.as_bytes()[10], b'T' | b't' | b' ')
        && text[11..]
            .bytes()
            .all(|b| b.is_ascii_digit() || matches!(b, b':' | b'.' | b','))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn read(text: &str, zone: &str, edge: Edge) -> Result<(String, Option<ClockFault>), UnitError> {
        let zone = TimeZone::get(zone).unwrap();
        let now = Time::from_timestamp("2026-11-23T08:00:00Z".parse().unwrap());
        moment(text, now, &zone, edge).map(|m| (m.time.to_string(), m.fault))
    }

    // Expected values: Python's zoneinfo with the same zones.
    #[test]
    fn dates_times_and_spans() {
        for (text, zone, edge, time) in [
            ("2024-01-01", "UTC", Edge::From, "2024-01-01T00:00:00Z"),
            ("2024-01-07", "UTC", Edge::To, "2024-01-08T00:00:00Z"),
            (
                "2024-01-01",
                "Europe/Berlin",
                Edge::From,
                "2023-12-31T23:00:00Z",
            ),
            (
                "2024-01-31T12:00:00Z",
                "Europe/Berlin",
                Edge::From,
                "2024-01-31T12:00:00Z",
            ),
            (
                "2024-01-31T12:00:00+02:00",
                "UTC",
                Edge::To,
                "2024-01-31T10:00:00Z",
            ),
            (
                "2024-07-01T12:00",
                "Europe/Berlin",
                Edge::To,
                "2024-07-01T10:00:00Z",
            ),
            (
                "2024-07-01 12:00:30",
                "UTC",
                Edge::From,
                "2024-07-01T12:00:30Z",
            ),
            ("7d", "UTC", Edge::From, "2026-11-16T08:00:00Z"),
            ("24h", "UTC", Edge::From, "2026-11-22T08:00:00Z"),
            ("1 week", "UTC", Edge::From, "2026-11-16T08:00:00Z"),
            // Local 09:00 thirty days earlier was still summer time.
            ("30d", "Europe/Berlin", Edge::From, "2026-10-24T07:00:00Z"),
            ("now", "UTC", Edge::From, "2026-11-23T08:00:00Z"),
            ("today", "UTC", Edge::From, "2026-11-23T00:00:00Z"),
            ("yesterday", "UTC", Edge::To, "2026-11-23T00:00:00Z"),
        ] {
            assert_eq!(
                read(text, zone, edge),
                Ok((time.to_owned(), None)),
                "{text}"
            );
        }
    }

    #[test]
    fn changes_of_clocks_are_noticed() {
        let berlin = "Europe/Berlin";
        assert_eq!(
            read("2024-03-31T02:30:00", berlin, Edge::From),
            Ok(("2024-03-31T01:30:00Z".to_owned(), Some(ClockFault::Gap)))
        );
        assert_eq!(
            read("2024-10-27 02:30:00", berlin, Edge::From),
            Ok(("2024-10-27T00:30:00Z".to_owned(), Some(ClockFault::Fold)))
        );
    }

    #[test]
    fn everything_else_is_refused() {
        for text in [
            "",
            "5",
            "-7d",
            "2024-02-30",
            "2024-13-01",
            "yester",
            "2024-01-01T25:00",
            "99999999d",
            "2024-01-01T12:00 Europe/Berlin",
            "äöüäöü",
        ] {
            assert_eq!(
                read(text, "UTC", Edge::From),
                Err(UnitError::NoTime),
                "{text}"
            );
        }
    }
}
