//! The first page: everything at a glance, in two columns where there is room.

use super::layout::{Slot, column};
use super::state::{Focus, Page, State};
use crate::report::Pen;
use crate::report::panes::{self, Pane, Scene, chart};

/// From this many columns on there are two of them.
const TWO_COLUMNS: usize = 100;

/// Columns between the two.
const GAP: usize = 2;

/// The lines of the left and of the right column; the right one begins at the column that is told.
pub(super) struct Drawn {
    pub(super) left: Vec<String>,
    pub(super) right: Vec<String>,
    pub(super) begin: usize,
}

/// The page in so many rows.
pub(super) fn page(scene: &Scene, state: &State, rows: usize, pen: &Pen<'_>) -> Drawn {
    let columns = pen.width();
    if columns < TWO_COLUMNS {
        return Drawn {
            left: narrow(scene, state, rows, pen),
            right: Vec::new(),
            begin: columns,
        };
    }
    let begin = columns * 5 / 8;
    let (left, right) = (pen.within(begin), pen.within(columns - begin - GAP));
    Drawn {
        left: left_column(scene, state, rows, &left),
        right: right_column(scene, state, rows, &right),
        begin: begin + GAP,
    }
}

fn chosen(state: &State, focus: Focus) -> Option<usize> {
    let row = match focus {
        Focus::Indicators => state.indicator(),
        Focus::Alerts => state.row(Page::Alerts),
        Focus::Advice => state.row(Page::Advice),
    };
    (state.focus == focus).then_some(row)
}

fn left_column(scene: &Scene, state: &State, rows: usize, pen: &Pen<'_>) -> Vec<String> {
    let slot = |pane: Pane, least, rank| Slot {
        pane,
        least,
        yields: rank,
        goes: rank,
    };
    let indicators = panes::indicators::pane(scene, chosen(state, Focus::Indicators), pen);
    let resources = panes::machine::resources(scene, pen);
    let processes = panes::machine::processes(scene, pen);
    // The chart takes what the others leave.
    let taken: usize = [&indicators, &resources, &processes]
        .iter()
        .map(|p| p.lines.len() + 2)
        .sum();
    let room = rows
        .saturating_sub(taken + 1)
        .clamp(chart::LEAST_LINES + 1, 20);
    let chart = panes::chart::pane(scene, room, pen);
    let whole = chart.lines.len();
    column(
        vec![
            slot(indicators, 3, 0),
            slot(chart, whole, 1),
            slot(resources, 1, 2),
            slot(processes, 1, 3),
        ],
        rows,
        pen,
    )
}

fn right_column(scene: &Scene, state: &State, rows: usize, pen: &Pen<'_>) -> Vec<String> {
    let alerts = panes::alerts::pane(scene, chosen(state, Focus::Alerts), pen);
    let advice = panes::advice::pane(scene, chosen(state, Focus::Advice), pen);
    // Whatever fires is seen before anything that is quiet, which is the first to give way.
    let last = panes::alerts::loud(scene).checked_sub(1);
    let loud = last
        .and_then(|at| alerts.entries.get(at))
        .map_or(0, |e| e.end);
    let slots = [
        (Some(alerts), loud.clamp(2, 9), 6, 0),
        (Some(advice), 4, 2, 1),
        (panes::modes::pane(scene, "mode", pen), 3, 0, 2),
        (panes::modes::pane(scene, "interface", pen), 3, 1, 3),
        (panes::time::pane(scene, pen), 2, 3, 4),
        (Some(panes::sessions::pane(scene, pen)), 2, 5, 5),
    ];
    let slots = slots.into_iter().filter_map(|(pane, least, yields, goes)| {
        Some(Slot {
            pane: pane?,
            least,
            yields,
            goes,
        })
    });
    column(slots.collect(), rows, pen)
}

/// One column without headings: rules between its parts.
fn narrow(scene: &Scene, state: &State, rows: usize, pen: &Pen<'_>) -> Vec<String> {
    let indicators = panes::indicators::pane(scene, chosen(state, Focus::Indicators), pen);
    let alone = |lines: Vec<String>| Pane {
        lines,
        ..Pane::default()
    };
    let modes = panes::modes::pane(scene, "mode", pen).unwrap_or_default();
    let interfaces = panes::modes::pane(scene, "interface", pen).unwrap_or_default();
    // By what matters, with as many lines as each has before another one gets more.
    let parts = [
        (indicators, 6),
        (alone(panes::chart::strip(scene, pen)), 2),
        (alone(vec![panes::machine::line(scene, pen)]), 1),
        (alerts_and_advice(scene, state, pen), 4),
        (modes, 3),
        (interfaces, 3),
        (panes::machine::processes(scene, pen), 3),
    ];
    let mut left = rows;
    let mut sizes = [0; 7];
    for (size, (pane, least)) in sizes.iter_mut().zip(&parts) {
        // A rule stands above it.
        let wanted = pane.lines.len().min(*least).min(left.saturating_sub(1));
        if wanted > 0 {
            *size = wanted;
            left -= wanted + 1;
        }
    }
    for (size, (pane, _)) in sizes.iter_mut().zip(&parts) {
        let more = pane.lines.len().saturating_sub(*size).min(left);
        if *size > 0 {
            *size += more;
            left -= more;
        }
    }
    let rule = pen.rule();
    parts
        .iter()
        .zip(sizes)
        .filter(|(_, size)| *size > 0)
        .flat_map(|((pane, _), size)| {
            std::iter::once(rule.clone()).chain(pane.window(size).0.iter().cloned())
        })
        .collect()
}

/// What fires or is about to, then what to change.
fn alerts_and_advice(scene: &Scene, state: &State, pen: &Pen<'_>) -> Pane {
    let (mut lines, alert) = panes::alerts::lines(scene, chosen(state, Focus::Alerts), pen);
    let above = lines.len();
    let row = chosen(state, Focus::Advice);
    let advice = panes::advice::lines(scene, row, pen);
    let at = alert.or_else(|| row.filter(|row| *row < advice.len()).map(|row| above + row));
    lines.extend(advice);
    Pane {
        lines,
        chosen: at.map_or(0..0, |at| at..at + 1),
        ..Pane::default()
    }
}
