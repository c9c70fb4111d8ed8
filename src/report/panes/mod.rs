//! Parts of a screen: the assessment, the alerts and the newest samples as blocks of lines, each as wide as its pen.
//!
//! In: a [`Scene`] and a [`Pen`]. Out: a [`Pane`] or a [`Listing`]; what may be chosen in it is marked. Who puts them
//! on a screen knows no figure.

pub(crate) mod advice;
pub(crate) mod alerts;
pub(crate) mod chart;
pub(crate) mod compare;
pub(crate) mod header;
pub(crate) mod indicators;
pub(crate) mod machine;
pub(crate) mod modes;
pub(crate) mod sessions;
pub(crate) mod time;
pub(crate) mod trends;

use std::ops::Range;

use super::escape::width;
use super::pen::{Pen, Tone};
use super::table::{self, Column};
use super::words::GLUE;
use crate::assessment::{AlertsReport, Assessment, Latest};
use crate::units::Time;

/// What a screen is about.
#[derive(Debug, Clone)]
pub(crate) struct Scene {
    /// The assessment.
    pub(crate) assessment: Assessment,
    /// The alerts, or why there are none.
    pub(crate) alerts: Result<AlertsReport, String>,
    /// The newest samples and sessions.
    pub(crate) latest: Latest,
    /// When it was read.
    pub(crate) at: Time,
}

/// A block of lines below a heading.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Pane {
    /// What it is.
    pub(crate) title: String,
    /// Of what, on the right.
    pub(crate) remark: String,
    /// The lines.
    pub(crate) lines: Vec<String>,
    /// Those of what is chosen.
    pub(crate) chosen: Range<usize>,
    /// Those of each entry, where it has entries.
    pub(crate) entries: Vec<Range<usize>>,
}

impl Pane {
    fn new(title: &str, remark: &str, lines: Vec<String>) -> Self {
        Self {
            title: title.to_owned(),
            remark: remark.replace(GLUE, " "),
            lines,
            ..Self::default()
        }
    }

    /// As many lines, those that are chosen among them; and how many entries are not wholly there.
    pub(crate) fn window(&self, size: usize) -> (&[String], usize) {
        let size = size.min(self.lines.len());
        let from = self.chosen.end.saturating_sub(size).min(self.chosen.start);
        let seen = from..(from + size).min(self.lines.len());
        let is_hidden = |e: &&Range<usize>| e.start < seen.start || e.end > seen.end;
        let hidden = self.entries.iter().filter(is_hidden).count();
        (&self.lines[seen], hidden)
    }

    /// A pane that only says why it is empty.
    fn empty(title: &str, why: &str, pen: &Pen<'_>) -> Self {
        Self::new(title, "", pen.paragraph("  ", why))
    }

    /// Blocks of lines below one another, of which one may be chosen.
    fn of_blocks(
        title: &str,
        remark: &str,
        blocks: Vec<Vec<String>>,
        chosen: Option<usize>,
        pen: &Pen<'_>,
    ) -> Self {
        let mut pane = Self::new(title, remark, Vec::new());
        for (index, mut block) in blocks.into_iter().enumerate() {
            let from = pane.lines.len();
            pane.entries.push(from..from + block.len());
            if chosen == Some(index) {
                pane.chosen = from..from + block.len();
                if let Some(first) = block.first_mut() {
                    *first = marked(first, pen);
                }
            }
            pane.lines.extend(block);
        }
        pane
    }
}

/// Rows of which one is chosen, and whose details can be shown.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Listing {
    /// What it is.
    pub(crate) title: String,
    /// Of what, on the right.
    pub(crate) remark: String,
    /// Heads of the columns; empty without rows.
    pub(crate) head: String,
    /// The rows.
    pub(crate) rows: Vec<String>,
    /// What is said where there are none.
    pub(crate) empty: Vec<String>,
}

impl Listing {
    fn new(title: &str, remark: &str, columns: Vec<Column>, why: &str, pen: &Pen<'_>) -> Self {
        let (columns, _) = table::fitting(columns, pen.width().saturating_sub(2));
        let mut lines = table::lines(&columns, "  ").into_iter();
        let head = lines.next().unwrap_or_default();
        let rows: Vec<String> = lines.collect();
        Self {
            title: title.to_owned(),
            remark: remark.replace(GLUE, " "),
            head: match rows.is_empty() {
                true => String::new(),
                false => pen.paint(Tone::Faint, &head),
            },
            empty: match rows.is_empty() {
                true => pen.paragraph("  ", why),
                false => Vec::new(),
            },
            rows,
        }
    }
}

/// A line of which the first column says that it is chosen.
pub(crate) fn marked(line: &str, pen: &Pen<'_>) -> String {
    match line.strip_prefix(' ') {
        Some(rest) => format!("{}{rest}", pen.paint(Tone::Bold, pen.signs.chosen)),
        None => line.to_owned(),
    }
}

/// Facts with their names, of those that are known.
fn facts(facts: &[(&str, String)], pen: &Pen<'_>) -> Vec<String> {
    let columns = facts.iter().map(|(name, _)| width(name)).max().unwrap_or(0);
    facts
        .iter()
        .filter(|(_, text)| !text.is_empty())
        .flat_map(|(name, text)| {
            pen.paragraph(&format!("  {}  ", super::pen::left(name, columns)), text)
        })
        .collect()
}

/// Left and right text on one line; of the left one as much as fits.
pub(crate) fn apart(left: &str, right: &str, pen: &Pen<'_>) -> String {
    let used = width(left) + width(right);
    match pen.width().checked_sub(used) {
        Some(gap) if gap > 0 => format!("{left}{}{right}", " ".repeat(gap)),
        _ => {
            let plain = super::escape::without_colour(left);
            let room = pen.width().saturating_sub(width(right) + 1);
            let cut = super::escape::shorten(&plain, room, pen.signs.ellipsis);
            format!("{} {right}", super::pen::left(&cut, room))
        }
    }
}

/// How long ago, roughly: `30 s ago`.
fn ago(at: Time, now: Time, pen: &Pen<'_>) -> String {
    let seconds = now.since(at).0.max(0.0);
    format!("{} ago", super::times::length(seconds, pen.signs))
}
