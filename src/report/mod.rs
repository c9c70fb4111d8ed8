//! An assessment as text: one file for each output. No renderer computes.
//!
//! In: an [`Assessment`] and a [`Style`]. Out: text that ends in a line break. Numbers become words in
//! `words`, names from inputs become safe in `escape`.

pub mod alerts;
pub mod backtest;
mod bars;
mod changes;
pub mod claims;
pub mod contrast;
mod csv;
pub mod doctor;
mod effects;
mod escape;
pub mod explain;
pub mod gate;
mod html;
mod json;
mod jsonl;
mod markdown;
pub mod news;
pub(crate) mod panes;
mod pen;
pub mod recommend;
pub mod score;
mod shares;
pub mod shell;
mod signs;
mod sources;
pub mod summary;
mod table;
pub mod template;
mod text;
mod times;
pub mod trends;
pub mod tune;
mod verdict;
pub mod whatif;
mod words;
mod yaml;

use crate::assessment::Assessment;

pub(crate) use escape::visible;
pub(crate) use pen::{Pen, Tone};

/// A value with its unit, as pages write it: `3.05 s`.
#[must_use]
pub fn amount_text(unit: crate::metrics::Unit, value: f64) -> String {
    words::amount(unit, value, &signs::UNICODE).replace(words::GLUE, " ")
}

/// A length of time in one unit, roughly: `30 min`.
#[must_use]
pub fn length_text(seconds: f64) -> String {
    times::length(seconds, &signs::UNICODE).replace(words::GLUE, " ")
}

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
    /// The command as it can be typed, for the heading and the next step: `analyze 'my reports'`.
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
pub const ALL: &[Output] = &[
    Output {
        name: "text",
        about: "a page for a terminal",
        render: text::render,
    },
    Output {
        name: "json",
        about: "one document with everything",
        render: json::render,
    },
    Output {
        name: "jsonl",
        about: "one object a line, told apart by section",
        render: jsonl::render,
    },
    Output {
        name: "markdown",
        about: "for a chat or a pull request",
        render: markdown::render,
    },
    Output {
        name: "html",
        about: "a page that stands alone, for a browser or paper",
        render: html::render,
    },
    Output {
        name: "yaml",
        about: "the JSON document as YAML",
        render: yaml::render,
    },
    Output {
        name: "csv",
        about: "the rows of the metrics",
        render: csv::render,
    },
];
