//! Alerts: what is watched, looked at minute by minute.
//!
//! In: rules of the configuration, records in cells of a minute ([`CELL`]), what is remembered of earlier looks. Out:
//! the state of each alert, the times in which it fired, and the notices that are due. Nothing is sent here, nothing
//! stored, and the time is an argument.

mod anew;
mod look;
mod notices;
mod observe;
pub mod scenario;
mod state;
mod words;

pub use anew::needed;
pub use look::{Found, LATE, Looked, Watch, look};
pub use observe::{Observed, Series, Window, observe};
pub use state::{Seen, Turn, step};
pub use words::{rule_text, value_text};

use crate::units::NANOS;

/// Length of a cell of the records that alerts look at: a minute, in nanoseconds.
pub const CELL: i64 = 60 * NANOS;

/// Nanoseconds of a number of seconds.
fn nanos(seconds: f64) -> i64 {
    #[allow(clippy::cast_possible_truncation)] // saturates, far beyond any time
    let nanos = (seconds * 1e9).round() as i64;
    nanos
}
