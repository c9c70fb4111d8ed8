//! Sessions, those that were active last first.

use super::super::pen::{Pen, left, right};
use super::super::table::Column;
use super::super::times::{moment, worded};
use super::super::words;
use super::{Listing, Pane, Scene, facts};
use crate::assessment::SessionRow;
use crate::metrics::Unit;

/// Why there are none.
const NOTHING: &str = "No operation belongs to a session.";

/// The newest, a line each.
pub(crate) fn pane(scene: &Scene, pen: &Pen<'_>) -> Pane {
    let rows = &scene.latest.sessions;
    if rows.is_empty() {
        return Pane::empty("Sessions", NOTHING, pen);
    }
    let has_steps = pen.width() >= 56;
    let names = pen
        .width()
        .saturating_sub(if has_steps { 36 } else { 25 })
        .clamp(8, 40);
    let lines = rows.iter().map(|r| {
        let time = words::amount_or_dash(Unit::Seconds, r.response_time, pen.signs);
        let steps = match has_steps {
            true => right(&words::counted(r.steps, "step", "steps"), 11),
            false => String::new(),
        };
        format!(
            "  {}  {}{steps}  {}",
            left(&pen.name(&r.name, names), names),
            last(r, pen),
            right(&time, 8)
        )
    });
    Pane::new("Newest sessions", &remark(scene), lines.collect())
}

fn remark(scene: &Scene) -> String {
    format!("{} in all", words::count(scene.latest.sessions_total))
}

/// `Mon 08:15`: the quarter of an hour in which its last operation began.
fn last(r: &SessionRow, pen: &Pen<'_>) -> String {
    worded(r.last, &pen.style.zone, "%a %H:%M")
}

/// All that are kept.
pub(crate) fn listing(scene: &Scene, pen: &Pen<'_>) -> Listing {
    let rows = &scene.latest.sessions;
    let s = pen.signs;
    let cells = |cell: &dyn Fn(&SessionRow) -> String| rows.iter().map(cell).collect::<Vec<_>>();
    let text =
        |of: Option<&str>, room: usize| of.map_or_else(|| s.dash.into(), |t| pen.name(t, room));
    let number = |n: Option<u64>| n.map_or_else(|| s.dash.into(), words::count);
    let has_mode = rows.iter().any(|r| r.mode.is_some());
    let mut columns = vec![
        Column::words(
            "session",
            cells(&|r| pen.name(&r.name, if pen.is_narrow() { 18 } else { 30 })),
        ),
        Column::words("last in", cells(&|r| last(r, pen))),
        Column::numbers("steps", cells(&|r| words::count(r.steps))),
        Column::numbers("failed", cells(&|r| words::count(r.failed))),
        Column::numbers(
            "response",
            cells(&|r| words::amount_or_dash(Unit::Seconds, r.response_time, s)),
        ),
        Column::words("interface", cells(&|r| text(r.interface.as_deref(), 16))),
    ];
    if has_mode {
        columns.push(Column::words(
            "mode",
            cells(&|r| text(r.mode.as_deref(), 8)),
        ));
    }
    columns.extend([
        Column::numbers("tools", cells(&|r| words::count(r.tool_calls))),
        Column::numbers("tokens", cells(&|r| number(r.tokens))),
        Column::numbers(
            "cost",
            cells(&|r| words::amount_or_dash(Unit::Usd, r.cost.or(r.computed_cost), s)),
        ),
        Column::words("model", cells(&|r| text(r.model.as_deref(), 24))),
    ]);
    Listing::new("Sessions", &remark(scene), columns, NOTHING, pen)
}

/// Everything about the one with this number.
pub(crate) fn detail(scene: &Scene, index: usize, pen: &Pen<'_>) -> Option<Pane> {
    let r = scene.latest.sessions.get(index)?;
    let s = pen.signs;
    let zone = &pen.style.zone;
    let text = |of: &Option<String>| of.as_deref().map_or_else(String::new, |t| pen.text(t));
    let money = |of: Option<f64>| of.map_or_else(String::new, |v| words::amount(Unit::Usd, v, s));
    let lines = facts(
        &[
            ("session", pen.text(&r.name)),
            (
                "first in",
                format!("{}, a quarter of an hour", moment(r.first, zone)),
            ),
            (
                "last in",
                format!("{}, a quarter of an hour", moment(r.last, zone)),
            ),
            (
                "steps",
                format!(
                    "{}, {} failed",
                    words::count(r.steps),
                    words::count(r.failed)
                ),
            ),
            (
                "response",
                r.response_time.map_or_else(String::new, |v| {
                    format!("{} a step, on average", words::amount(Unit::Seconds, v, s))
                }),
            ),
            ("tool calls", words::count(r.tool_calls)),
            ("tokens", r.tokens.map_or_else(String::new, words::count)),
            ("cost", money(r.cost)),
            ("at list prices", money(r.computed_cost)),
            ("interface", text(&r.interface)),
            ("mode", text(&r.mode)),
            ("model", text(&r.model)),
            ("project", text(&r.project)),
        ],
        pen,
    );
    Some(Pane::new(&pen.name(&r.name, 50), "", lines))
}
