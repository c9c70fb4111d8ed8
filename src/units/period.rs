//! Periods of whole calendar days: a day, an ISO week, a month, any days in a row.

use jiff::ToSpan;
use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;

use super::Time;

/// What kind of period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PeriodKind {
    /// A day.
    Daily,
    /// An ISO week: Monday to Sunday.
    Weekly,
    /// A calendar month.
    Monthly,
    /// Any days in a row.
    Custom,
}

impl PeriodKind {
    /// Its name: `daily`, `weekly`, `monthly`, `custom`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            PeriodKind::Daily => "daily",
            PeriodKind::Weekly => "weekly",
            PeriodKind::Monthly => "monthly",
            PeriodKind::Custom => "custom",
        }
    }
}

/// Whole days from the first to the last, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CalendarPeriod {
    /// What kind.
    pub kind: PeriodKind,
    /// First day.
    pub first: Date,
    /// Last day.
    pub last: Date,
}

impl CalendarPeriod {
    /// The period of this kind that a day lies in; of [`PeriodKind::Custom`] the day alone.
    #[must_use]
    pub fn containing(kind: PeriodKind, day: Date) -> Self {
        let (first, last) = match kind {
            PeriodKind::Daily | PeriodKind::Custom => (day, day),
            PeriodKind::Weekly => {
                let monday = day.saturating_sub(days_since_monday(day).days());
                (monday, monday.saturating_add(6.days()))
            }
            PeriodKind::Monthly => (day.first_of_month(), day.last_of_month()),
        };
        Self { kind, first, last }
    }

    /// All days from `first` to `last`; `None` where the last comes before the first.
    #[must_use]
    pub fn between(first: Date, last: Date) -> Option<Self> {
        (first <= last).then_some(Self {
            kind: PeriodKind::Custom,
            first,
            last,
        })
    }

    /// The period of the same kind right before; of any days in a row, as many days before.
    #[must_use]
    pub fn before(self) -> Self {
        let eve = self.first.saturating_sub(1.days());
        match self.kind {
            PeriodKind::Custom => Self {
                kind: self.kind,
                first: self.first.saturating_sub(self.length().days()),
                last: eve,
            },
            kind => Self::containing(kind, eve),
        }
    }

    /// The same period further back: of a day the same weekday a week earlier, of an ISO week and of
    /// a month the one of the same number a year earlier. `None` of any days in a row, and of a week
    /// 53 where the year before has none.
    #[must_use]
    pub fn earlier(self) -> Option<Self> {
        match self.kind {
            PeriodKind::Daily => {
                let day = self.first.saturating_sub(7.days());
                Some(Self::containing(self.kind, day))
            }
            PeriodKind::Weekly => {
                let week = self.first.iso_week_date();
                let monday =
                    jiff::civil::ISOWeekDate::new(week.year() - 1, week.week(), Weekday::Monday);
                Some(Self::containing(self.kind, monday.ok()?.date()))
            }
            PeriodKind::Monthly => {
                let day = self.first.saturating_sub(1.years());
                Some(Self::containing(self.kind, day))
            }
            PeriodKind::Custom => None,
        }
    }

    /// How many days.
    #[must_use]
    pub fn length(self) -> i64 {
        i64::from((self.last - self.first).get_days()) + 1
    }

    /// Its days in order.
    pub fn days(self) -> impl Iterator<Item = Date> {
        (0..self.length()).map(move |n| self.first.saturating_add(n.days()))
    }

    /// From its first moment to the first moment behind it, in a zone. Where a change of clocks skips
    /// midnight, a day begins behind the gap.
    #[must_use]
    pub fn bounds(self, zone: &TimeZone) -> (Time, Time) {
        (begin(self.first, zone), begin(after(self.last), zone))
    }

    /// Whether it was over at `now`.
    #[must_use]
    pub fn is_over(self, now: Time, zone: &TimeZone) -> bool {
        self.bounds(zone).1 <= now
    }
}

/// The day of a time in a zone.
#[must_use]
pub fn day_of(time: Time, zone: &TimeZone) -> Date {
    time.timestamp().to_zoned_datetime(zone.clone()).date()
}

fn after(day: Date) -> Date {
    day.saturating_add(1.days())
}

fn begin(day: Date, zone: &TimeZone) -> Time {
    let midnight = day.to_datetime(jiff::civil::Time::midnight());
    // Times that no calendar reaches are as good as the end of time.
    zone.to_ambiguous_timestamp(midnight)
        .compatible()
        .map_or(Time(i64::MAX), Time::from_timestamp)
}

fn days_since_monday(day: Date) -> i64 {
    i64::from(day.weekday().to_monday_zero_offset())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    fn shown(period: CalendarPeriod) -> [String; 2] {
        [period.first.to_string(), period.last.to_string()]
    }

    // Expected days: Python's datetime (isocalendar, fromisocalendar) and calendar.
    #[test]
    fn periods_around_a_day() {
        use PeriodKind::{Daily, Monthly, Weekly};
        for (kind, text, within, before, earlier) in [
            (
                Daily,
                "2024-03-01",
                ["2024-03-01", "2024-03-01"],
                ["2024-02-29", "2024-02-29"],
                Some(["2024-02-23", "2024-02-23"]),
            ),
            (
                Weekly,
                "2026-11-22",
                ["2026-11-16", "2026-11-22"],
                ["2026-11-09", "2026-11-15"],
                // Week 47 of 2025.
                Some(["2025-11-17", "2025-11-23"]),
            ),
            (
                Weekly,
                "2025-01-01",
                // Week 1 of 2025 begins in 2024.
                ["2024-12-30", "2025-01-05"],
                ["2024-12-23", "2024-12-29"],
                Some(["2024-01-01", "2024-01-07"]),
            ),
            (
                Weekly,
                "2020-12-31",
                // Week 53 of 2020; 2019 has none.
                ["2020-12-28", "2021-01-03"],
                ["2020-12-21", "2020-12-27"],
                None,
            ),
            (
                Monthly,
                "2024-02-10",
                ["2024-02-01", "2024-02-29"],
                ["2024-01-01", "2024-01-31"],
                Some(["2023-02-01", "2023-02-28"]),
            ),
            (
                Monthly,
                "2024-01-31",
                ["2024-01-01", "2024-01-31"],
                ["2023-12-01", "2023-12-31"],
                Some(["2023-01-01", "2023-01-31"]),
            ),
        ] {
            let period = CalendarPeriod::containing(kind, day(text));
            assert_eq!(shown(period), within, "{text}");
            assert_eq!(shown(period.before()), before, "{text}");
            let found = period.earlier().map(shown);
            assert_eq!(found, earlier.map(|days| days.map(str::to_owned)), "{text}");
        }
    }

    #[test]
    fn any_days_in_a_row() {
        let period = CalendarPeriod::between(day("2024-01-01"), day("2024-01-07")).unwrap();
        assert_eq!(period.length(), 7);
        assert_eq!(period.days().count(), 7);
        assert_eq!(shown(period.before()), ["2023-12-25", "2023-12-31"]);
        assert_eq!(period.earlier(), None);
        assert_eq!(
            CalendarPeriod::between(day("2024-01-02"), day("2024-01-01")),
            None
        );
    }

    // Expected times: Python's zoneinfo.
    #[test]
    fn days_are_those_of_the_zone() {
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        let week = CalendarPeriod::containing(PeriodKind::Weekly, day("2024-03-31"));
        let (from, to) = week.bounds(&berlin);
        assert_eq!(from.to_string(), "2024-03-24T23:00:00Z");
        // An hour short: clocks went forward on the Sunday.
        assert_eq!(to.to_string(), "2024-03-31T22:00:00Z");
        assert!(!week.is_over(Time(to.0 - 1), &berlin));
        assert!(week.is_over(to, &berlin));
        assert_eq!(day_of(from, &berlin), day("2024-03-25"));
        assert_eq!(day_of(from, &TimeZone::UTC), day("2024-03-24"));
        // Midnight does not exist on this day.
        let beirut = TimeZone::get("Asia/Beirut").unwrap();
        let day = CalendarPeriod::containing(PeriodKind::Daily, day("2024-03-31"));
        assert_eq!(day.bounds(&beirut).0.to_string(), "2024-03-30T22:00:00Z");
    }
}
