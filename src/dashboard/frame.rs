//! A frame: the head, a page, the foot.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::listed;
use super::overview;
use super::paint;
use super::state::{Extent, Page, State};
use super::{Scene, help};
use crate::report::panes::{self, header};
use crate::report::{Pen, Style, Tone, visible};

/// Columns and rows below which nothing is drawn but that.
pub(crate) const LEAST: (u16, u16) = (60, 20);

/// What is drawn beside the scene and the state.
#[derive(Debug, Clone)]
pub(crate) struct View<'a> {
    /// How it is drawn; the width is that of the buffer.
    pub(crate) style: &'a Style,
    /// `live`, or how it was read.
    pub(crate) state: &'a str,
    /// Why the last try to read failed.
    pub(crate) trouble: Option<&'a str>,
}

/// Draws a frame, and says how much there is to choose from.
pub(crate) fn draw(scene: &Scene, state: &State, view: &View<'_>, buffer: &mut Buffer) -> Extent {
    let area = *buffer.area();
    let mut extent = extent(scene);
    if area.width < LEAST.0 || area.height < LEAST.1 {
        too_small(area, buffer);
        return extent;
    }
    let style = Style {
        width: usize::from(area.width),
        full: state.is_open || state.page != Page::Overview,
        ..view.style.clone()
    };
    let pen = Pen::new(&style).within(usize::from(area.width));
    let mut put = |x: usize, y: usize, columns: usize, text: &str| {
        if let (Ok(x), Ok(y), Ok(columns)) =
            (u16::try_from(x), u16::try_from(y), u16::try_from(columns))
            && y < area.height
        {
            paint::line(buffer, (x, y), columns, text);
        }
    };
    let columns = usize::from(area.width);
    let rows = usize::from(area.height);
    let head = head(scene, state, view, rows, &pen);
    for (y, line) in head.iter().enumerate() {
        put(0, y, columns, line);
    }
    let top = head.len();
    let room = rows.saturating_sub(top + 1);
    if state.has_help {
        let drawn = listed::open(&help::pane(), 0, room, &pen);
        for (y, line) in drawn.lines.iter().enumerate() {
            put(0, top + y, columns, line);
        }
    } else if state.page == Page::Overview && !state.is_open {
        let drawn = overview::page(scene, state, room, &pen);
        for (y, line) in drawn.left.iter().enumerate() {
            put(0, top + y, drawn.begin, line);
        }
        for (y, line) in drawn.right.iter().enumerate() {
            put(drawn.begin, top + y, columns - drawn.begin, line);
        }
    } else {
        let drawn = match (state.page, listed::detail(scene, state, &pen)) {
            (Page::Overview, Some(detail)) => listed::open(&detail, state.scroll, room, &pen),
            _ => listed::page(scene, state, room, &pen),
        };
        extent.scroll = drawn.scroll;
        for (y, line) in drawn.lines.iter().enumerate() {
            put(0, top + y, columns, line);
        }
    }
    put(0, rows - 1, columns, &foot(state, view, &pen));
    extent
}

/// How much there is to choose from.
pub(crate) fn extent(scene: &Scene) -> Extent {
    let a = &scene.assessment;
    Extent {
        rows: [
            panes::indicators::measured(a).len(),
            a.trends.len(),
            a.comparisons.len(),
            a.recommendations.len(),
            scene.latest.sessions.len(),
            panes::alerts::rows(scene).len(),
        ],
        scroll: 0,
    }
}

/// Title, state, verdict; where there is room with empty lines between.
fn head(scene: &Scene, state: &State, view: &View<'_>, rows: usize, pen: &Pen<'_>) -> Vec<String> {
    let is_tight = rows < 30;
    let trouble = view.trouble.map(|t| {
        let text = format!("  not read again: {}", visible(t, view.style.unicode));
        pen.paint(Tone::Bad, &text)
    });
    let title = header::title(state.page.name(), view.state, scene, pen);
    let mut lines = vec![title];
    if !is_tight {
        lines.push(trouble.clone().unwrap_or_default());
    }
    lines.push(header::state(scene, pen));
    match (is_tight, trouble) {
        // What went wrong takes the place of the verdict where there is no other.
        (true, Some(trouble)) => lines.push(trouble),
        (true, None) if pen.width() < 76 => {}
        _ => lines.push(header::verdict_line(scene, pen)),
    }
    lines
}

/// What was done last, else the keys.
fn foot(state: &State, view: &View<'_>, pen: &Pen<'_>) -> String {
    if let Some(message) = &state.message {
        return pen.paint(Tone::Bold, &format!("  {}", pen.text(message)));
    }
    let (arrows, dash) = match view.style.unicode {
        true => ("\u{2191}\u{2193}", "\u{2013}"),
        false => ("up/down", "-"),
    };
    if pen.width() < 76 {
        let keys = format!("1{dash}6 pages  {arrows} choose  Enter open  ? help  q quit");
        return pen.paint(Tone::Faint, &keys);
    }
    let pages: Vec<String> = (1..)
        .zip(Page::ALL)
        .map(|(n, page)| {
            let name = format!("{n} {}", page.name());
            let tone = match page == state.page {
                true => Tone::Bold,
                false => Tone::Faint,
            };
            pen.paint(tone, &name)
        })
        .collect();
    let keys = match pen.width() {
        118.. => format!("{arrows} choose  Enter open  Esc back  ? help  q quit"),
        100.. => format!("{arrows}  Enter  Esc  ? help  q quit"),
        _ => "? help  q quit".to_owned(),
    };
    let keys = pen.paint(Tone::Faint, &keys);
    panes::apart(&format!("  {}", pages.join("  ")), &keys, pen)
}

fn too_small(area: Rect, buffer: &mut Buffer) {
    let lines = [
        format!(
            "The dashboard needs {} columns and {} rows;",
            LEAST.0, LEAST.1
        ),
        format!("this terminal has {} and {}.", area.width, area.height),
        "Make it larger, or press q to quit.".to_owned(),
    ];
    for (y, line) in (0..area.height).zip(&lines) {
        paint::line(buffer, (0, y), area.width, line);
    }
}
