//! The registry of formats: a row each.

mod claude_code;
mod monitor_report;
mod native;
mod series;

use super::Format;

/// All formats, in the order in which they are asked.
#[rustfmt::skip] // a row a line, sorted by name
pub const ALL: &[&'static dyn Format] = &[
    &claude_code::ClaudeCode,
    &monitor_report::MonitorReport,
    &native::NativeRecords,
    &series::PlainSeries,
];

/// The format of that name.
#[must_use]
pub fn named(name: &str) -> Option<&'static dyn Format> {
    ALL.iter().copied().find(|f| f.name() == name)
}
