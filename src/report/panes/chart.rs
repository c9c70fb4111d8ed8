//! One metric over time: as a chart, or in a line.

use super::super::pen::Pen;
use super::super::text::{chart, trend};
use super::super::words;
use super::{Pane, Scene};

/// Lines of the smallest chart: four rows, an axis, its labels.
pub(crate) const LEAST_LINES: usize = 6;

/// Why nothing is drawn.
const NOTHING: &str = "No chart: fewer than two steps of time have values.";

/// The chart of what matters most, in at most `lines` lines (at least [`LEAST_LINES`]). Where these are few, what is
/// marked in it is not named.
pub(crate) fn pane(scene: &Scene, lines: usize, pen: &Pen<'_>) -> Pane {
    let rows = (4..=lines.saturating_sub(2).max(4)).rev();
    let tries = rows.flat_map(|rows| [(rows, true), (rows, false)]);
    let fitting = tries
        .filter_map(|(rows, is_named)| trend::pane(&scene.assessment, rows, is_named, pen))
        .find(|(_, _, drawn)| drawn.len() <= lines.max(LEAST_LINES));
    match fitting {
        Some((title, remark, drawn)) => Pane::new(&title, &remark, drawn),
        None => Pane::empty("Trend", NOTHING, pen),
    }
}

/// The same in a line, and the times below it.
pub(crate) fn strip(scene: &Scene, pen: &Pen<'_>) -> Vec<String> {
    let Some(charted) = trend::charted(&scene.assessment) else {
        return vec![format!("  {NOTHING}")];
    };
    let name = words::metric(&charted.metric);
    let name = pen.name(words::without_time(&name), 16);
    chart::strip(charted, &name, pen)
}
