//! An assessment as text: one file for each output. No renderer computes.

use crate::assessment::Assessment;

/// How a page is drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Style {
    /// Columns, 60 to 200.
    pub width: usize,
    /// Whether characters beyond ASCII may be used.
    pub unicode: bool,
    /// Whether colour is used.
    pub colour: bool,
    /// Everything, not just a page.
    pub full: bool,
    /// Zone in which times are shown.
    pub zone: jiff::tz::TimeZone,
    /// The command as the user typed it, for the heading and the next step: `analyze reports/`.
    pub command: String,
}

impl Default for Style {
    fn default() -> Self {
        Self {
            width: 100,
            unicode: true,
            colour: false,
            full: false,
            zone: jiff::tz::TimeZone::UTC,
            command: "analyze".into(),
        }
    }
}

/// An output format: a function from the assessment to text.
#[derive(Debug, Clone, Copy)]
pub struct Output {
    /// Name after `--format`.
    pub name: &'static str,
    /// What it is.
    pub about: &'static str,
    /// The function.
    pub render: fn(&Assessment, &Style) -> String,
}

/// All outputs of an assessment.
pub const ALL: &[Output] = &[];
