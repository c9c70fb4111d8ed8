//! JSON lines: one object for each row, told apart by `section`.
//!
//! For `jq`, `grep` and loaders that read a line at a time. The first line holds the version, the
//! generator and the period; the keys of a row are those it has in the JSON document.

use serde::Serialize;

use super::Style;
use crate::assessment::{Assessment, Generator, Period, PeriodReport, RuleCounts};

/// A row with the name of the list it belongs to.
#[derive(Serialize)]
struct Line<'a, T> {
    section: &'a str,
    #[serde(flatten)]
    row: &'a T,
}

/// What stands above all lists.
#[derive(Serialize)]
struct Head<'a> {
    schema_version: u32,
    generator: &'a Generator,
    period: Option<Period>,
    rules: &'a RuleCounts,
}

/// The lines of an assessment, and one for the summary of its period.
pub(super) fn report(report: &PeriodReport, style: &Style) -> String {
    let mut out = render(&report.assessment, style);
    push(&mut out, "summary", &report.summary);
    out
}

/// One line for each row.
pub(super) fn render(assessment: &Assessment, _: &Style) -> String {
    let a = assessment;
    let mut out = String::new();
    push(
        &mut out,
        "assessment",
        &Head {
            schema_version: a.schema_version,
            generator: &a.generator,
            period: a.period,
            rules: &a.rules,
        },
    );
    push(&mut out, "provenance", &a.provenance);
    push(&mut out, "headline", &a.headline);
    all(&mut out, "indicator", &a.indicators);
    all(&mut out, "metric", &a.metrics);
    push(&mut out, "score", &a.score);
    all(&mut out, "trend", &a.trends);
    all(&mut out, "comparison", &a.comparisons);
    all(&mut out, "table", &a.tables);
    all(&mut out, "resources", a.resources.as_slice());
    all(&mut out, "attribution", a.attribution.as_slice());
    all(&mut out, "recommendation", &a.recommendations);
    all(
        &mut out,
        "combined_projection",
        a.combined_projection.as_slice(),
    );
    all(&mut out, "finding", &a.findings);
    all(&mut out, "event", &a.events);
    all(&mut out, "not_evaluated", &a.not_evaluated);
    out
}

fn all<T: Serialize>(out: &mut String, section: &str, rows: &[T]) {
    for row in rows {
        push(out, section, row);
    }
}

fn push<T: Serialize>(out: &mut String, section: &str, row: &T) {
    out.push_str(&super::json::line(&Line { section, row }));
}
