//! The score on its own: in brief, and part by part.

use super::Style;
use super::pen::Pen;
use super::table::{self, Column};
use super::text;
use super::words;
use crate::assessment::{Assessment, ScorePart};
use crate::metrics::Unit;

/// The score with its biggest losses.
#[must_use]
pub fn brief(a: &Assessment, style: &Style) -> String {
    let pen = Pen::new(style);
    let mut lines = text::score::section(a, &pen);
    lines.push(String::new());
    lines.extend(pen.paragraph("  ", "Each part: perfadvise score --explain"));
    pen.finish(&lines)
}

/// Each part with value, target, poor point, S, points lost, and what one step would gain.
#[must_use]
pub fn explained(a: &Assessment, style: &Style) -> String {
    let pen = Pen::new(style);
    let mut lines = text::score::section(a, &pen);
    lines.push(String::new());
    let parts = &a.score.parts;
    let column =
        |cell: &dyn Fn(&ScorePart) -> String| parts.iter().map(cell).collect::<Vec<String>>();
    let signs = if style.unicode {
        &super::signs::UNICODE
    } else {
        &super::signs::ASCII
    };
    let amount = |unit: Unit, value: Option<f64>| words::amount_or_dash(unit, value, signs);
    let columns = vec![
        Column::words("part", column(&|p| text::score::title(p, &pen))),
        Column::numbers("value", column(&|p| amount(p.unit, p.value))),
        Column::numbers("target", column(&|p| amount(p.unit, p.target))),
        Column::numbers("poor", column(&|p| amount(p.unit, p.poor))),
        Column::numbers("weight", column(&|p| words::fixed(p.weight, 0, signs))),
        Column::numbers(
            "S",
            column(&|p| {
                p.score
                    .map_or_else(|| signs.dash.to_owned(), |s| words::fixed(s, 3, signs))
            }),
        ),
        Column::numbers(
            "lost",
            column(&|p| {
                p.points_lost_shown
                    .map_or_else(|| signs.dash.to_owned(), |l| words::fixed(l, 1, signs))
            }),
        ),
        Column::numbers(
            "one step",
            column(&|p| match (&p.left_out, &p.step) {
                (Some(why), _) => why.clone(),
                (None, Some(step)) => {
                    format!(
                        "{} {}",
                        words::amount(p.unit, step.value, signs),
                        words::signed(step.points, 1, signs)
                    )
                }
                (None, None) => String::new(),
            }),
        ),
        Column::numbers("n", column(&|p| words::count(p.n))),
    ];
    let (columns, _) = table::fitting(columns, pen.width().saturating_sub(2));
    lines.extend(table::lines(&columns, "  "));
    lines.push(String::new());
    for text in [
        "Shortfall is 1 - ratio: a success rate of 97 % has a shortfall of 3 %.",
        "S is 0.75 at the target and 0.50 at the poor point: the normal distribution function of \
         -ln(value/poor)/s, with s = ln(poor/target)/0.67449.",
        "Points lost = 100 x weight x (1 - S) / measured weight. They are rounded together, so that the column adds up.",
        "One step: what the score gains if this value alone becomes the one shown.",
    ] {
        lines.extend(pen.paragraph("  ", text));
    }
    pen.finish(&lines)
}
