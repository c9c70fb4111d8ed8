//! Context modes, interfaces and other dimensions against each other, with a test for each metric.

use super::super::effects::{
    compared_units, detectable, effect, effect_span, painted, test_name, tolerance,
};
use super::super::pen::Pen;
use super::super::table::Column;
use super::super::text::tradeoffs::{dimension_title, matrix};
use super::super::words;
use super::{Listing, Pane, Scene, facts};
use crate::assessment::Comparison;

/// All of them.
pub(crate) fn listing(scene: &Scene, pen: &Pen<'_>) -> Listing {
    let a = &scene.assessment;
    let rows = &a.comparisons;
    let s = pen.signs;
    let cells = |cell: &dyn Fn(&Comparison) -> String| rows.iter().map(cell).collect::<Vec<_>>();
    let room = if pen.is_narrow() { 12 } else { 20 };
    let columns = vec![
        Column::words(
            "metric",
            cells(&|c| pen.name(&words::metric(&c.metric), 24)),
        ),
        Column::words(
            "of",
            cells(&|c| {
                format!(
                    "{} v {}",
                    pen.name(&c.candidate, room),
                    pen.name(&c.base, room)
                )
            }),
        ),
        Column::numbers("effect", cells(&|c| effect(c, pen))),
        Column::words("verdict", cells(&|c| painted(c.verdict, pen))),
        Column::numbers(
            &words::glued("95 % interval"),
            cells(&|c| effect_span(c, pen)),
        ),
        Column::numbers(
            &words::glued("p adj."),
            cells(&|c| {
                c.p_adjusted
                    .map_or_else(|| s.dash.into(), |p| words::p_figure(p, s))
            }),
        ),
    ];
    let why =
        "Nothing to compare: no dimension has two values. perfadvise compare A B compares folders.";
    Listing::new("Comparisons", &dimensions(scene), columns, why, pen)
}

/// `mode, interface`.
fn dimensions(scene: &Scene) -> String {
    let mut names: Vec<&str> = Vec::new();
    for c in &scene.assessment.comparisons {
        if !names.contains(&c.dimension.as_str()) {
            names.push(&c.dimension);
        }
    }
    super::super::visible(&names.join(", "), true)
}

/// The test behind the one with this number, and all figures of its dimension.
pub(crate) fn detail(scene: &Scene, index: usize, pen: &Pen<'_>) -> Option<Pane> {
    let a = &scene.assessment;
    let c = a.comparisons.get(index)?;
    let s = pen.signs;
    let value = |v| words::amount_or_dash(c.unit, v, s);
    let mut lines = facts(
        &[
            (
                "values",
                format!("{} v {}", value(c.candidate_value), value(c.base_value)),
            ),
            (
                "records",
                format!("{} v {}", words::count(c.n[1]), words::count(c.n[0])),
            ),
            (
                "effect",
                format!("{} ({})", effect(c, pen), effect_span(c, pen)),
            ),
            ("verdict", painted(c.verdict, pen)),
            (
                "test",
                c.test.as_deref().map_or_else(String::new, |t| {
                    let p = c
                        .p_adjusted
                        .or(c.p)
                        .map_or_else(String::new, |p| format!(", {}", words::p(p, s)));
                    format!("{}, {}{p}", pen.text(test_name(t)), compared_units(c))
                }),
            ),
            ("tolerance", tolerance(c, pen)),
            ("detectable", detectable(c, pen).unwrap_or_default()),
            (
                "to know",
                c.note.as_deref().map_or_else(String::new, |n| pen.text(n)),
            ),
        ],
        pen,
    );
    if let Some(table) = a.tables.iter().find(|t| t.dimension == c.dimension) {
        lines.push(String::new());
        lines.extend(matrix(table, pen));
    }
    let title = format!(
        "{}: {}",
        dimension_title(&c.dimension, pen),
        pen.name(&words::metric(&c.metric), 30)
    );
    let remark = format!("{} v {}", pen.name(&c.candidate, 20), pen.name(&c.base, 20));
    Some(Pane::new(&title, &remark, lines))
}
