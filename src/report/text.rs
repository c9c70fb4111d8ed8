//! The page for a terminal: verdict first, then where the data came from, then evidence, then what
//! was left out, last the next step. About 70 lines; with `full` everything.

pub(super) mod advice;
mod axis;
mod chart;
pub(super) mod closing;
mod empty;
pub(super) mod indicators;
mod opening;
mod resources;
pub(super) mod score;
pub(super) mod tradeoffs;
pub(super) mod trend;

use super::Style;
use super::escape;
use super::pen::Pen;
use crate::assessment::Assessment;

/// Lines of a page that is not full.
const LINES: usize = 70;

/// Rows of the chart: at most, and at least.
const CHART_ROWS: (usize, usize) = (8, 6);

/// Blocks of lines, put together with an empty line between.
type Block = Vec<String>;

/// The page.
pub(super) fn render(a: &Assessment, style: &Style) -> String {
    let pen = Pen::new(style);
    if a.provenance.records == 0 {
        return pen.finish(&empty::lines(a, &pen));
    }
    let before: Vec<Block> = vec![
        opening::heading(a, &pen),
        opening::statement(a, &pen),
        opening::provenance(a, &pen),
        indicators::section(a, &pen),
        score::section(a, &pen),
    ];
    let (trend, after) = if style.full {
        (trend::section(a, CHART_ROWS.0, &pen), everything(a, &pen))
    } else {
        within(length(&before), a, &pen)
    };
    let mut lines = joined(before.into_iter().chain([trend]).chain(after));
    if !style.full && lines.len() > LINES {
        lines = denser(lines, &pen);
    }
    pen.finish(&lines)
}

/// Without the empty lines below the headings of sections.
fn denser(lines: Vec<String>, pen: &Pen<'_>) -> Vec<String> {
    let heading = pen.signs.rule.repeat(2);
    let mut kept: Vec<String> = Vec::with_capacity(lines.len());
    for line in lines {
        let is_below = kept
            .last()
            .is_some_and(|l| escape::without_colour(l).starts_with(&heading));
        if !(is_below && line.is_empty()) {
            kept.push(line);
        }
    }
    kept
}

/// What stands behind the trend, on a full page.
fn everything(a: &Assessment, pen: &Pen<'_>) -> Vec<Block> {
    let mut blocks = tradeoffs::full_sections(a, pen);
    blocks.extend(resources::full_sections(a, pen));
    blocks.push(advice::full_section(a, pen));
    blocks.extend(closing::full_sections(a, pen));
    blocks
}

/// The trend and what stands behind it, on a page of about [`LINES`] lines of which some are used:
/// first the reasons of recommendations give way, then rows of the chart.
fn within(used: usize, a: &Assessment, pen: &Pen<'_>) -> (Block, Vec<Block>) {
    let fixed = [
        tradeoffs::section(a, pen),
        resources::section(a, pen),
        closing::summary(a, pen),
    ];
    let trend = trend::section(a, CHART_ROWS.0, pen);
    let used = used + length(&fixed) + length(std::slice::from_ref(&trend));
    let long = advice::section(a, true, pen);
    let advice = if used + long.len() < LINES {
        long
    } else {
        advice::section(a, false, pen)
    };
    // Rows of the chart give way before the empty lines below headings do.
    let over = (used + advice.len()).saturating_sub(LINES);
    let trend = if over == 0 {
        trend
    } else {
        let rows = CHART_ROWS.0.saturating_sub(over).max(CHART_ROWS.1);
        trend::section(a, rows, pen)
    };
    let [tradeoffs, resources, closing] = fixed;
    (trend, vec![tradeoffs, resources, advice, closing])
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
