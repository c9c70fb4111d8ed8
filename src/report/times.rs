//! Times and spans of time as people read them, in the zone of the page.

use jiff::tz::TimeZone;

use super::signs::Signs;
use super::words::{self, GLUE};
use crate::assessment::Period;
use crate::units::Time;

/// A time in a zone, worded by jiff's `strftime` pattern.
pub(super) fn worded(time: Time, zone: &TimeZone, pattern: &str) -> String {
    time.timestamp()
        .to_zoned_datetime(zone.clone())
        .strftime(pattern)
        .to_string()
}

/// `Thu 19 Nov 17:41`.
pub(super) fn moment(time: Time, zone: &TimeZone) -> String {
    words::glued(&worded(time, zone, "%a %-d %b %H:%M"))
}

/// `Thu 19 Nov 17:41`, with the year where that is another one than of `now`.
pub(super) fn moment_seen_from(time: Time, now: Time, zone: &TimeZone) -> String {
    let year = |time| worded(time, zone, "%Y");
    if year(time) == year(now) {
        return moment(time, zone);
    }
    words::glued(&worded(time, zone, "%a %-d %b %Y %H:%M"))
}

/// `Mon 16 Nov – Sun 22 Nov 2026 (7 d, UTC)`, within a day `Mon 23 Nov 2026 17:20 – 18:03 (43 min, UTC)`.
pub(super) fn period(period: Period, zone: &TimeZone, signs: &Signs) -> String {
    let at = |time, pattern: &str| worded(time, zone, pattern);
    let (from, to) = (period.from, period.to);
    let zone_name = zone.iana_name().map_or_else(
        || at(from, "%Z"),
        |name| {
            if name == "Etc/UTC" {
                "UTC".into()
            } else {
                name.to_owned()
            }
        },
    );
    let length = length(to.since(from).0, signs);
    let dash = signs.dash;
    if at(from, "%F") == at(to, "%F") {
        let seconds = if to.since(from).0 < 120.0 {
            "%H:%M:%S"
        } else {
            "%H:%M"
        };
        if from == to {
            format!("{} ({zone_name})", at(from, "%a %-d %b %Y %H:%M:%S"))
        } else {
            format!(
                "{} {} {dash} {} ({length}, {zone_name})",
                at(from, "%a %-d %b %Y"),
                at(from, seconds),
                at(to, seconds)
            )
        }
    } else {
        let year = if at(from, "%Y") == at(to, "%Y") {
            ""
        } else {
            " %Y"
        };
        format!(
            "{} {dash} {} ({length}, {zone_name})",
            at(from, &format!("%a %-d %b{year}")),
            at(to, "%a %-d %b %Y")
        )
    }
}

/// A length of time in one unit, roughly: `7 d`, `43 min`, `25 s`.
pub(super) fn length(seconds: f64, signs: &Signs) -> String {
    let (divisor, unit) = match seconds {
        s if s < 120.0 => (1.0, "s"),
        s if s < 120.0 * 60.0 => (60.0, "min"),
        s if s < 47.5 * 3600.0 => (3600.0, "h"),
        _ => (86_400.0, "d"),
    };
    let value = seconds / divisor;
    let decimals = usize::from(unit == "h" && (value - value.round()).abs() > 0.05);
    format!("{}{GLUE}{unit}", words::fixed(value, decimals, signs))
}

/// The index that orders a point of a series without times.
pub(super) fn index(from: Time) -> i64 {
    // Readers keep an index as that many cells of 15 seconds from the earliest time on.
    (from.since(Time::EARLIEST).0 / 15.0).round() as i64
}

/// The step of a series: `15-minute`, `6-hour`, `1-day`.
pub(super) fn step(seconds: f64) -> String {
    let (value, unit) = match seconds {
        s if s < 60.0 => (s, "second"),
        s if s < 3600.0 => (s / 60.0, "minute"),
        s if s < 86_400.0 => (s / 3600.0, "hour"),
        s => (s / 86_400.0, "day"),
    };
    format!("{}-{unit}", (value * 100.0).round() / 100.0)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::signs::UNICODE;
    use super::*;

    fn time(text: &str) -> Time {
        Time::from_timestamp(text.parse().unwrap())
    }

    fn shown(from: &str, to: &str) -> String {
        period(
            Period {
                from: time(from),
                to: time(to),
            },
            &TimeZone::UTC,
            &UNICODE,
        )
        .replace(GLUE, " ")
    }

    #[test]
    fn periods() {
        assert_eq!(
            shown("2026-11-16T00:01:00Z", "2026-11-22T23:58:00Z"),
            "Mon 16 Nov – Sun 22 Nov 2026 (7 d, UTC)"
        );
        assert_eq!(
            shown("2026-11-23T17:20:00Z", "2026-11-23T18:03:00Z"),
            "Mon 23 Nov 2026 17:20 – 18:03 (43 min, UTC)"
        );
        assert_eq!(
            shown("2025-12-31T00:00:00Z", "2026-01-02T18:00:00Z"),
            "Wed 31 Dec 2025 – Fri 2 Jan 2026 (3 d, UTC)"
        );
    }

    #[test]
    fn lengths_and_steps() {
        assert_eq!(length(25.0, &UNICODE).replace(GLUE, " "), "25 s");
        assert_eq!(length(9000.0, &UNICODE).replace(GLUE, " "), "2.5 h");
        assert_eq!(step(900.0), "15-minute");
        assert_eq!(step(21_600.0), "6-hour");
        assert_eq!(step(86_400.0), "1-day");
    }
}
