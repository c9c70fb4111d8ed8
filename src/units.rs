//! Quantities with their unit in the type, time, and the strings people write them as.
//!
//! Inside the program and in JSON: seconds, bytes, ratios from 0 to 1, UTC. People write `2.3s`,
//! `245MB`, `80%`, `23/150`, `11.5x faster`, `1 hour`: `parse` reads these, `show` writes them so
//! that they read back the same, `calendar` reads the times of `--from`, `--to` and `--since`,
//! `period` knows days, weeks and months.

mod calendar;
mod parse;
mod period;
mod show;

pub use calendar::{ClockFault, Edge, Moment, moment};
pub use parse::{
    Quantity, UnitError, parse_bytes, parse_factor, parse_quantity, parse_ratio, parse_seconds,
};
pub use period::{CalendarPeriod, PeriodKind, day_of};

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A span of time in seconds.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seconds(pub f64);

/// An amount of memory or data in bytes.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Bytes(pub f64);

/// A ratio; 1 is the whole.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Ratio(pub f64);

/// A point in time: nanoseconds since 1970-01-01T00:00:00Z.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    bitcode::Encode,
    bitcode::Decode,
)]
pub struct Time(pub i64);

/// Nanoseconds in a second.
pub const NANOS: i64 = 1_000_000_000;

impl Time {
    /// 2000-01-01T00:00:00Z, the earliest time that an input may name.
    pub const EARLIEST: Time = Time(946_684_800 * NANOS);
    /// 2100-01-01T00:00:00Z, the first time that is too late for an input.
    pub const LATEST: Time = Time(4_102_444_800 * NANOS);

    /// Whether an input may name this time (2000 to 2100).
    #[must_use]
    pub fn is_plausible(self) -> bool {
        self >= Self::EARLIEST && self < Self::LATEST
    }

    /// As jiff's timestamp, for calendars and display.
    #[must_use]
    pub fn timestamp(self) -> jiff::Timestamp {
        jiff::Timestamp::from_nanosecond(i128::from(self.0)).unwrap_or_default()
    }

    /// From jiff's timestamp; clamped to what 64 bits hold.
    #[must_use]
    pub fn from_timestamp(t: jiff::Timestamp) -> Self {
        let nanos = t.as_nanosecond();
        Self(i64::try_from(nanos).unwrap_or(if nanos < 0 { i64::MIN } else { i64::MAX }))
    }

    /// Seconds from `earlier` to this time.
    #[must_use]
    pub fn since(self, earlier: Time) -> Seconds {
        #[allow(clippy::cast_precision_loss)]
        Seconds(self.0.saturating_sub(earlier.0) as f64 / 1e9)
    }
}

impl fmt::Display for Time {
    /// RFC 3339 in UTC, with as many digits of the second as needed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.timestamp())
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        text.parse::<jiff::Timestamp>()
            .map(Time::from_timestamp)
            .map_err(serde::de::Error::custom)
    }
}

impl schemars::JsonSchema for Time {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Time".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"type": "string", "format": "date-time", "description": "RFC 3339 in UTC"})
    }
}
