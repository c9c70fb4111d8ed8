//! Metrics over time.

use super::super::pen::{Pen, Tone};
use super::super::text::trend::{block, list, titled};
use super::{Listing, Pane, Scene};
use crate::assessment::Trend;

/// Rows of a chart in details.
const CHART_ROWS: usize = 8;

/// All of them.
pub(crate) fn listing(scene: &Scene, pen: &Pen<'_>) -> Listing {
    let rows: Vec<&Trend> = scene.assessment.trends.iter().collect();
    let mut lines = list(&rows, pen).into_iter();
    let head = pen.paint(Tone::Faint, &lines.next().unwrap_or_default());
    let is_empty = rows.is_empty();
    Listing {
        title: "Trends".into(),
        remark: String::new(),
        head: if is_empty { String::new() } else { head },
        rows: lines.collect(),
        empty: match is_empty {
            true => pen.paragraph("  ", "No metric has values over time."),
            false => Vec::new(),
        },
    }
}

/// Chart and findings of the one with this number.
pub(crate) fn detail(scene: &Scene, index: usize, pen: &Pen<'_>) -> Option<Pane> {
    let trend = scene.assessment.trends.get(index)?;
    // Its own heading and the empty line below it are not needed.
    let lines = block(trend, CHART_ROWS, pen).split_off(2);
    Some(Pane::new(&titled(trend, pen), "", lines))
}
