//! A page that is a list: its rows, and below them the details of the one that is chosen, or these alone.

use super::state::{Page, State};
use crate::report::panes::{self, Listing, Pane, Scene};
use crate::report::{Pen, Tone};

/// The lines of a page, and how far its details can be scrolled.
pub(super) struct Drawn {
    pub(super) lines: Vec<String>,
    pub(super) scroll: usize,
}

/// A page of so many rows.
pub(super) fn page(scene: &Scene, state: &State, rows: usize, pen: &Pen<'_>) -> Drawn {
    let chosen = state.row(state.page);
    let detail = detail(scene, state, pen);
    if state.is_open
        && let Some(detail) = &detail
    {
        return open(detail, state.scroll, rows, pen);
    }
    let list = listing(scene, state.page, pen);
    let mut lines = Vec::new();
    if list.rows.is_empty() {
        lines.push(pen.section(&list.title, &list.remark));
        lines.extend(list.empty);
        lines.truncate(rows);
        return Drawn { lines, scroll: 0 };
    }
    // Rows get as much as they need, the details at least a third.
    let needed = list.rows.len() + 2;
    let beside = detail
        .as_ref()
        .map_or(0, |d| (d.lines.len() + 2).max(rows / 3).min(rows * 2 / 3));
    let room = needed.min(rows.saturating_sub(beside).max(rows / 3));
    let (from, seen) = seen(&list, chosen, room.saturating_sub(2), pen);
    let remark = match seen.len() < list.rows.len() {
        true => format!(
            "{} to {} of {}",
            from + 1,
            from + seen.len(),
            list.rows.len()
        ),
        false => list.remark.clone(),
    };
    lines.push(pen.section(&list.title, &remark));
    lines.push(list.head);
    lines.extend(seen);
    let left = rows.saturating_sub(lines.len() + 2);
    if let Some(detail) = detail.filter(|_| left > 1) {
        lines.push(String::new());
        lines.push(pen.section(&detail.title, &detail.remark));
        let more = detail.lines.len() > left;
        lines.extend(detail.lines.into_iter().take(left));
        if more && let Some(last) = lines.last_mut() {
            *last = pen.paint(Tone::Faint, "  Enter shows all of it");
        }
    }
    Drawn { lines, scroll: 0 }
}

/// As many rows, the chosen one among them and marked; and which is the first.
fn seen(list: &Listing, chosen: usize, size: usize, pen: &Pen<'_>) -> (usize, Vec<String>) {
    let size = size.clamp(1, list.rows.len());
    let from = (chosen + 1)
        .saturating_sub(size)
        .min(list.rows.len() - size);
    let rows = list.rows.iter().enumerate().skip(from).take(size);
    let rows = rows.map(|(at, row)| match at == chosen {
        true => panes::marked(row, pen),
        false => row.clone(),
    });
    (from, rows.collect())
}

/// Details alone.
pub(super) fn open(detail: &Pane, scroll: usize, rows: usize, pen: &Pen<'_>) -> Drawn {
    let room = rows.saturating_sub(1);
    let most = detail.lines.len().saturating_sub(room);
    let from = scroll.min(most);
    let remark = match most {
        0 => detail.remark.clone(),
        _ => format!(
            "lines {} to {} of {}",
            from + 1,
            from + room,
            detail.lines.len()
        ),
    };
    let mut lines = vec![pen.section(&detail.title, &remark)];
    let pane = Pane {
        chosen: from..(from + room).min(detail.lines.len()),
        ..detail.clone()
    };
    lines.extend(pane.window(room).0.iter().cloned());
    Drawn {
        lines,
        scroll: most,
    }
}

fn listing(scene: &Scene, page: Page, pen: &Pen<'_>) -> Listing {
    match page {
        Page::Trends => panes::trends::listing(scene, pen),
        Page::Compare => panes::compare::listing(scene, pen),
        Page::Advice => panes::advice::listing(scene, pen),
        Page::Sessions => panes::sessions::listing(scene, pen),
        Page::Alerts => panes::alerts::listing(scene, pen),
        Page::Overview => Listing::default(),
    }
}

/// Everything about what is chosen.
pub(super) fn detail(scene: &Scene, state: &State, pen: &Pen<'_>) -> Option<Pane> {
    let row = state.row(state.page);
    match state.page {
        Page::Overview => panes::indicators::detail(scene, state.indicator(), pen),
        Page::Trends => panes::trends::detail(scene, row, pen),
        Page::Compare => panes::compare::detail(scene, row, pen),
        Page::Advice => panes::advice::detail(scene, row, pen),
        Page::Sessions => panes::sessions::detail(scene, row, pen),
        Page::Alerts => panes::alerts::detail(scene, row, pen),
    }
}
