//! The page for a terminal: verdict first, then where the data came from, then evidence, then what
//! was left out, last the next step. About 70 lines; with `full` everything.

pub(super) mod advice;
mod axis;
pub(super) mod chart;
pub(super) mod closing;
pub(super) mod empty;
pub(super) mod indicators;
pub(super) mod opening;
mod resources;
pub(super) mod score;
pub(super) mod statements;
pub(super) mod time;
pub(super) mod tradeoffs;
pub(super) mod trend;

use super::Style;
use super::escape;
use super::pen::Pen;
use crate::assessment::Assessment;

/// Lines of a page that is not full.
const LINES: usize = 72;

/// Rows of the chart: at most, with empty lines below headings at least, and without them.
const CHART_ROWS: (usize, usize, usize) = (8, 6, 4);

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
    let lines = if style.full {
        let trend = trend::section(a, CHART_ROWS.0, &pen);
        joined(before.iter().chain([&trend]).chain(&everything(a, &pen)))
    } else {
        short(&before, a, &pen)
    };
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

/// A page of about [`LINES`] lines. First the reasons of recommendations give way, then rows of the
/// chart, then the empty lines below headings, more rows, at last the empty lines within sections.
fn short(before: &[Block], a: &Assessment, pen: &Pen<'_>) -> Vec<String> {
    let behind = [
        tradeoffs::section(a, pen),
        resources::section(a, pen),
        advice::section(a, false, pen),
        closing::summary(a, pen),
    ];
    let with = |rows: usize, behind: &[Block]| {
        let trend = trend::section(a, rows, pen);
        joined(before.iter().chain([&trend]).chain(behind))
    };
    let (most, some, least) = CHART_ROWS;
    let mut reasoned = behind.clone();
    reasoned[2] = advice::section(a, true, pen);
    let airy = std::iter::once(with(most, &reasoned))
        .chain((some..=most).rev().map(|rows| with(rows, &behind)))
        .find(|lines| lines.len() <= LINES);
    airy.unwrap_or_else(|| {
        let dense = |rows| denser(with(rows, &behind), pen);
        (least + 1..=most)
            .rev()
            .map(dense)
            .chain([dense(least)])
            .find(|lines| lines.len() <= LINES)
            .unwrap_or_else(|| {
                let mut tight = behind.clone();
                tight
                    .iter_mut()
                    .for_each(|block| block.retain(|l| !l.is_empty()));
                denser(with(least, &tight), pen)
            })
    })
}

fn joined<'b>(blocks: impl Iterator<Item = &'b Block>) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for block in blocks.filter(|b| !b.is_empty()) {
        if !lines.is_empty() {
            lines.push(String::new());
        }
        lines.extend_from_slice(block);
    }
    lines
}
