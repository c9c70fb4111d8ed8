//! A page of HTML that stands alone: no request to anywhere, light and dark, for phones and paper.
//!
//! The template escapes every text; only the drawings and the style sheet are put in as they are.

mod chart;
mod view;

pub(super) use chart::escaped;

use minijinja::Environment;

use super::Style;
use super::pen::Pen;
use crate::assessment::{Assessment, PeriodReport, PeriodSummary};

const PAGE: &str = include_str!("page.html");
const STYLE_SHEET: &str = include_str!("page.css");

/// The page of an assessment.
pub(super) fn render(a: &Assessment, style: &Style) -> String {
    page(a, None, style)
}

/// The page of a period.
pub(super) fn report(r: &PeriodReport, style: &Style) -> String {
    page(&r.assessment, Some(r), style)
}

fn page(a: &Assessment, report: Option<&PeriodReport>, style: &Style) -> String {
    let style = Style {
        width: 200,
        unicode: true,
        colour: false,
        ..style.clone()
    };
    let pen = Pen::new(&style);
    let view = view::View::of(a, report, STYLE_SHEET, &pen);
    let mut environment = Environment::new();
    // The name's ending switches escaping on.
    let drawn = environment.add_template("page.html", PAGE).and_then(|()| {
        environment
            .get_template("page.html")?
            .render(minijinja::value::Serde(&view))
    });
    match drawn {
        Ok(mut text) => {
            if !text.ends_with('\n') {
                text.push('\n');
            }
            text
        }
        // The template is a constant, and a test renders it with everything and with nothing.
        Err(error) => format!(
            "<!doctype html><title>perfadvise</title><p>{}</p>\n",
            chart::escaped(&error.to_string())
        ),
    }
}

/// The summary of a report, if it is one.
fn summary(report: Option<&PeriodReport>) -> Option<&PeriodSummary> {
    report.map(|r| &r.summary)
}
