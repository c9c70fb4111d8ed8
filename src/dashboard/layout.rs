//! Panes below one another in a column that may be too short for all of them.

use crate::report::Pen;
use crate::report::panes::Pane;

/// A pane and how much of it must be seen.
pub(super) struct Slot {
    /// The pane.
    pub(super) pane: Pane,
    /// Lines without which it is not worth its heading.
    pub(super) least: usize,
    /// What loses lines first: the highest.
    pub(super) yields: usize,
    /// What goes first: the highest.
    pub(super) goes: usize,
}

/// The lines of a column of so many rows: panes lose lines, then go. What is chosen stays seen.
pub(super) fn column(slots: Vec<Slot>, rows: usize, pen: &Pen<'_>) -> Vec<String> {
    let mut sizes: Vec<usize> = slots.iter().map(|s| s.pane.lines.len()).collect();
    let mut is_shown: Vec<bool> = slots.iter().map(|s| !s.pane.lines.is_empty()).collect();
    // Heading above each, an empty line between.
    let height = |sizes: &[usize], is_shown: &[bool]| {
        let shown = || sizes.iter().zip(is_shown).filter(|(_, is)| **is);
        let lines: usize = shown().map(|(size, _)| size + 2).sum();
        lines.saturating_sub(1)
    };
    let ordered = |rank: &dyn Fn(&Slot) -> usize| {
        let mut order: Vec<usize> = (0..slots.len()).collect();
        order.sort_by_key(|at| std::cmp::Reverse(rank(&slots[*at])));
        order
    };
    let yielding = ordered(&|slot| slot.yields);
    for &at in &yielding {
        let least = slots[at].least.min(slots[at].pane.lines.len());
        while height(&sizes, &is_shown) > rows && sizes[at] > least {
            sizes[at] -= 1;
        }
    }
    for at in ordered(&|slot| slot.goes) {
        if height(&sizes, &is_shown) > rows {
            is_shown[at] = false;
        }
    }
    // What became free goes to those that hold on longest.
    for at in yielding.into_iter().rev() {
        while is_shown[at] && sizes[at] < slots[at].pane.lines.len() {
            sizes[at] += 1;
            if height(&sizes, &is_shown) > rows {
                sizes[at] -= 1;
                break;
            }
        }
    }
    let mut lines: Vec<String> = Vec::new();
    for (at, slot) in slots.iter().enumerate().filter(|(at, _)| is_shown[*at]) {
        if !lines.is_empty() {
            lines.push(String::new());
        }
        let Pane { title, remark, .. } = &slot.pane;
        let (seen, hidden) = slot.pane.window(sizes[at]);
        let remark = match hidden {
            0 => remark.clone(),
            more if remark.is_empty() => format!("{more} more"),
            more => {
                // A heading cuts what is longer.
                let room = pen.width().saturating_sub(12 + title.chars().count());
                match format!("{remark}, {more} more") {
                    long if long.chars().count() > room => format!("{remark}, +{more}"),
                    fitting => fitting,
                }
            }
        };
        lines.push(pen.section(title, &remark));
        lines.extend(seen.iter().cloned());
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Style;

    fn slot(title: &str, lines: usize, least: usize, rank: usize) -> Slot {
        Slot {
            pane: Pane {
                title: title.into(),
                lines: (0..lines).map(|n| format!("  {title}{n}")).collect(),
                ..Pane::default()
            },
            least,
            yields: rank,
            goes: rank,
        }
    }

    fn shown(slots: Vec<Slot>, rows: usize) -> Vec<String> {
        let style = Style::default();
        let lines = column(slots, rows, &Pen::new(&style));
        assert!(lines.len() <= rows, "{} of {rows}", lines.len());
        lines.into_iter().filter(|l| l.starts_with("  ")).collect()
    }

    #[test]
    fn what_matters_least_gives_way_first() {
        let slots = || vec![slot("a", 3, 1, 0), slot("b", 4, 2, 1)];
        // Two headings and an empty line are three rows.
        assert_eq!(shown(slots(), 10).len(), 7);
        assert_eq!(shown(slots(), 8), ["  a0", "  a1", "  a2", "  b0", "  b1"]);
        assert_eq!(shown(slots(), 6), ["  a0", "  b0", "  b1"]);
        assert_eq!(shown(slots(), 5), ["  a0", "  a1", "  a2"]);
        assert_eq!(shown(slots(), 1).len(), 0);
        assert_eq!(shown(slots(), 0).len(), 0);
    }

    #[test]
    fn what_is_chosen_is_seen() {
        let mut pane = slot("a", 9, 1, 0).pane;
        pane.entries = (0..9).map(|n| n..n + 1).collect();
        pane.chosen = 6..8;
        assert_eq!(pane.window(3).0, ["  a5", "  a6", "  a7"]);
        pane.chosen = 0..2;
        assert_eq!(pane.window(3).0, ["  a0", "  a1", "  a2"]);
        pane.chosen = 7..9;
        assert_eq!(pane.window(1).0, ["  a7"]);
        assert_eq!((pane.window(3).1, pane.window(20).1), (6, 0));
    }
}
