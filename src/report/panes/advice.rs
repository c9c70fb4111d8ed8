//! Recommendations: what to change next.

use super::super::pen::{Pen, Tone};
use super::super::table::Column;
use super::super::text::advice::{
    change, complete, effort, gain, nothing, painted, points, priority,
};
use super::super::words;
use super::{Listing, Pane, Scene, apart, facts};
use crate::assessment::{Assessment, Change, Recommendation};

/// Two lines for each.
pub(crate) fn pane(scene: &Scene, chosen: Option<usize>, pen: &Pen<'_>) -> Pane {
    let a = &scene.assessment;
    if a.recommendations.is_empty() {
        return Pane::empty("Advice", &nothing(a), pen);
    }
    let blocks = a.recommendations.iter().map(|r| {
        let name = format!("{} {}", pen.name(&r.rule, 12), pen.name(&r.name, 30));
        let head = format!(
            "  {} {}",
            painted(r.priority, 6, pen),
            pen.paint(Tone::Bold, &name)
        );
        let mut lines = vec![apart(&head, &short_gain(r, pen), pen)];
        let room = pen.width().saturating_sub(9);
        lines.push(format!("         {}", pen.name(&what(r, pen), room)));
        lines
    });
    Pane::of_blocks("Advice", &together(a, pen), blocks.collect(), chosen, pen)
}

/// A line for each.
pub(crate) fn lines(scene: &Scene, chosen: Option<usize>, pen: &Pen<'_>) -> Vec<String> {
    let a = &scene.assessment;
    if a.recommendations.is_empty() {
        return pen.paragraph("  ", &format!("Advice: {}", words::lower(&nothing(a))));
    }
    let rows = a.recommendations.iter().enumerate();
    rows.map(|(index, r)| {
        let text = format!(
            "  {} {} {}",
            painted(r.priority, 6, pen),
            pen.name(&r.rule, 12),
            what(r, pen)
        );
        let line = apart(&text, &short_gain(r, pen), pen);
        match chosen == Some(index) {
            true => super::marked(&line, pen),
            false => line,
        }
    })
    .collect()
}

/// `together +6.0`.
fn together(a: &Assessment, pen: &Pen<'_>) -> String {
    a.combined_projection
        .as_ref()
        .map_or_else(String::new, |c| {
            format!("together {}", words::signed(c.points, 1, pen.signs))
        })
}

/// Points of score alone, else what of cost or time is left; a dash without a projection.
fn short_gain(r: &Recommendation, pen: &Pen<'_>) -> String {
    match points(r).filter(|p| *p >= 0.05) {
        Some(points) => words::signed(points, 1, pen.signs),
        None => gain(r, pen.signs).unwrap_or_else(|| pen.signs.dash.to_owned()),
    }
}

/// The change, else what to do, else what is wrong. Where there is little room a knob stands without its section.
fn what(r: &Recommendation, pen: &Pen<'_>) -> String {
    let Some(of) = &r.change else {
        return pen.text(r.advice.as_deref().unwrap_or(&r.title));
    };
    let short = Change {
        knob: of
            .knob
            .rsplit_once('.')
            .map_or(of.knob.clone(), |(_, last)| last.to_owned()),
        ..of.clone()
    };
    let text = change(if pen.is_narrow() { &short } else { of }, pen);
    match pen.is_narrow() {
        true => text.replacen(": ", " ", 1),
        false => text,
    }
}

/// All of them.
pub(crate) fn listing(scene: &Scene, pen: &Pen<'_>) -> Listing {
    let a = &scene.assessment;
    let rows = &a.recommendations;
    // Beside priority, rule, points and effort.
    let room = pen.width().saturating_sub(72).max(12);
    let cells =
        |cell: &dyn Fn(&Recommendation) -> String| rows.iter().map(cell).collect::<Vec<_>>();
    let columns = vec![
        Column::words("", cells(&|r| painted(r.priority, 6, pen))),
        Column::words(
            "rule",
            cells(&|r| format!("{} {}", pen.name(&r.rule, 12), pen.name(&r.name, 26))),
        ),
        Column::numbers("points", cells(&|r| short_gain(r, pen))),
        Column::words("effort", cells(&|r| effort(r.effort).to_owned())),
        Column::words("change", cells(&|r| pen.name(&what(r, pen), room))),
    ];
    Listing::new("Advice", &together(a, pen), columns, &nothing(a), pen)
}

/// Everything about the one with this number.
pub(crate) fn detail(scene: &Scene, index: usize, pen: &Pen<'_>) -> Option<Pane> {
    let r = scene.assessment.recommendations.get(index)?;
    let mut lines = complete(r, pen);
    lines.push(String::new());
    let code = pen.name(&r.rule, 12);
    lines.extend(facts(
        &[
            (
                "why on these data",
                format!("perfadvise recommend explain {code}"),
            ),
            ("the rule", format!("perfadvise rules explain {code}")),
        ],
        pen,
    ));
    let title = format!("{} {}", pen.name(&r.rule, 12), pen.name(&r.name, 30));
    Some(Pane::new(&title, priority(r.priority), lines))
}
