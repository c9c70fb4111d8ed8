//! The page for a terminal: verdict first, then where the data came from, then evidence, then what
//! was left out, last the next step. About 70 lines; with `full` everything.

mod axis;
mod chart;
mod indicators;
mod opening;
mod score;
mod trend;

use super::Style;
use super::pen::Pen;
use crate::assessment::Assessment;

/// Lines of a page that is not full.
const LINES: usize = 70;

/// Rows of the chart: at most, and at least.
const CHART_ROWS: (usize, usize) = (8, 4);

/// Blocks of lines, put together with an empty line between.
type Block = Vec<String>;

/// The page.
pub(super) fn render(a: &Assessment, style: &Style) -> String {
    let pen = Pen::new(style);
    let before: Vec<Block> = vec![
        opening::heading(a, &pen),
        opening::statement(a, &pen),
        opening::provenance(a, &pen),
        indicators::section(a, &pen),
        score::section(a, &pen),
    ];
    let after: Vec<Block> = vec![];
    let trend = trend::section(a, CHART_ROWS.0, &pen);
    let used = length(&before) + trend.len() + 1 + length(&after);
    let over = if style.full {
        0
    } else {
        used.saturating_sub(LINES)
    };
    let rows = CHART_ROWS.0.saturating_sub(over).max(CHART_ROWS.1);
    let trend = if rows == CHART_ROWS.0 {
        trend
    } else {
        trend::section(a, rows, &pen)
    };

    let blocks = before.into_iter().chain([trend]).chain(after);
    pen.finish(&joined(blocks))
}

/// Lines of blocks with an empty one behind each.
fn length(blocks: &[Block]) -> usize {
    blocks
        .iter()
        .filter(|b| !b.is_empty())
        .map(|b| b.len() + 1)
        .sum()
}

fn joined(blocks: impl Iterator<Item = Block>) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for block in blocks.filter(|b| !b.is_empty()) {
        if !lines.is_empty() {
            lines.push(String::new());
        }
        lines.extend(block);
    }
    lines
}
