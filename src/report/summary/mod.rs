//! The executive summary of a period, and its details.

pub(super) mod changes;
pub(super) mod data;
mod document;
pub(super) mod grids;
mod page;
mod table;
pub(super) mod wording;

use super::Style;
use super::{csv, html, json, jsonl, yaml};
use crate::assessment::PeriodReport;

/// How much is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// The summary alone.
    Brief,
    /// The summary; in formats for reading elsewhere with its details.
    Usual,
    /// The summary and all details.
    Full,
}

/// The report in an output format (`text`, `json`, `jsonl`, `yaml`, `markdown`, `html`, `csv`).
#[must_use]
pub fn render(report: &PeriodReport, format: &str, extent: Extent, style: &Style) -> String {
    match format {
        "json" => json::document(report),
        "jsonl" => jsonl::report(report, style),
        "yaml" => yaml::document(report),
        "csv" => csv::summary(&report.summary.rows),
        "html" => html::report(report, style),
        "markdown" => document::render(report, extent, style),
        _ => page::render(report, extent, style),
    }
}
