//! The dashboard: what is known, as a screen that answers to keys.
//!
//! [`state`] holds what somebody looks at, changed by keys alone; [`frame`] draws it with a [`Scene`] into a buffer. Both
//! are pure, and neither knows a terminal: that is [`screen`]'s.

pub(crate) mod frame;
mod help;
mod layout;
mod listed;
mod overview;
mod paint;
pub(crate) mod screen;
pub(crate) mod state;

#[cfg(test)]
mod tests;

pub(crate) use crate::report::panes::Scene;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// One frame of so many columns and rows as text, a page as it is found.
pub(crate) fn once(
    scene: &Scene,
    page: state::Page,
    view: &frame::View<'_>,
    (columns, rows): (u16, u16),
) -> String {
    let mut buffer = Buffer::empty(Rect::new(0, 0, columns, rows));
    frame::draw(scene, &state::State::on(page), view, &mut buffer);
    paint::text(&buffer)
}
