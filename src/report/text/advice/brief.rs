//! The section of a short page: two or three lines for each recommendation.

use super::{change, effect, evidence, gain, nothing, painted, points, priority, remark};
use crate::assessment::{Assessment, Effect, Evidence, Recommendation};
use crate::report::escape::width;
use crate::report::pen::{Pen, Tone, left};
use crate::report::text::score::sentence;
use crate::report::words;

/// Recommendations with details.
const DETAILED: usize = 3;

/// The section: the first three, the others in a line, all together. With `has_reasons` the reason of
/// each is told, too.
pub(in super::super) fn section(a: &Assessment, has_reasons: bool, pen: &Pen<'_>) -> Vec<String> {
    let mut lines = vec![
        pen.section("Recommendations", &remark(a, pen)),
        String::new(),
    ];
    if a.recommendations.is_empty() {
        lines.extend(pen.paragraph("  ", &nothing(a)));
        return lines;
    }
    for r in a.recommendations.iter().take(DETAILED) {
        lines.extend(brief(r, has_reasons, pen));
    }
    let rest: Vec<String> = a
        .recommendations
        .iter()
        .skip(DETAILED)
        .map(|r| {
            words::glued(&format!(
                "{} {} {} {}",
                priority(r.priority),
                pen.name(&r.rule, 12),
                pen.name(&r.name, 30),
                points(r).map_or_else(
                    || "(no projection)".into(),
                    |p| words::signed(p, 1, pen.signs)
                )
            ))
        })
        .collect();
    if !rest.is_empty() {
        lines.extend(pen.paragraph("  ", &format!("{} more: {}", rest.len(), rest.join(", "))));
    }
    lines.extend(together(a, pen));
    lines
}

/// Two or three lines: priority, rule, change, points; why; effects or evidence.
fn brief(r: &Recommendation, has_reasons: bool, pen: &Pen<'_>) -> Vec<String> {
    let indent = if pen.is_narrow() {
        "          "
    } else {
        "             "
    };
    let what = r
        .change
        .as_ref()
        .map(|c| change(c, pen))
        .or_else(|| r.advice.as_deref().map(|t| pen.text(t)));
    let mut lines = Vec::new();
    let gain = gain(r, pen.signs).unwrap_or_else(|| "no projection".into());
    let name = format!("{} {}", pen.name(&r.rule, 12), pen.name(&r.name, 30));
    let head = if pen.is_narrow() {
        format!(
            "  {}  {}",
            painted(r.priority, 6, pen),
            pen.paint(Tone::Bold, &name)
        )
    } else {
        format!(
            "  {}  {}  {}",
            painted(r.priority, 6, pen),
            r.rank,
            pen.paint(Tone::Bold, &name)
        )
    };
    let room = pen.width().saturating_sub(width(&head) + width(&gain) + 4);
    // A change stands in the first line where it fits, else below.
    let (beside, below) = match what {
        Some(text) if r.change.is_some() && width(&text) < room => (text, None),
        other => (String::new(), other),
    };
    let start = if pen.is_narrow() { 0 } else { 44 };
    let head = if beside.is_empty() {
        head
    } else {
        let column = start
            .max(width(&head) + 2)
            .min(width(&head) + 2 + room - width(&beside));
        format!("{}{beside}", left(&head, column))
    };
    let gap = pen.width().saturating_sub(width(&head) + width(&gain));
    lines.push(format!("{head}{}{gain}", " ".repeat(gap)));
    if let Some(text) = below {
        lines.extend(pen.paragraph(indent, &text));
    }
    if let Some(effects) = effects_line(r, pen) {
        if has_reasons {
            lines.extend(pen.paragraph(indent, &sentence(&pen.text(&r.title))));
        }
        lines.extend(pen.paragraph(indent, &effects));
        return lines;
    }
    // Without a projection title and first figure tell a reader why this stands here.
    let title = pen.text(&r.title);
    let title = title.trim_end_matches('.');
    let told = match evidence_line(r, if has_reasons { 2 } else { 1 }, pen) {
        Some(figures) if pen.is_terse() => figures,
        Some(figures) => format!("{title}: {figures}"),
        None => sentence(title),
    };
    lines.extend(pen.paragraph(indent, &told));
    lines
}

/// `cache hit rate 61.0 % → 73.5 % (72.6 to 74.2), response time 2.70 s → 2.44 s; memory +0.4 points`.
fn effects_line(r: &Recommendation, pen: &Pen<'_>) -> Option<String> {
    let projection = r.projection.as_ref()?;
    // What it takes in memory beside leaves room for one gain.
    let mut sides = r.side_effects.iter().take(1);
    let is_short = pen.is_terse() || sides.any(|e| e.metric == "memory_usage");
    let effects = listed(&projection.effects, if is_short { 1 } else { 2 }, pen);
    if effects.is_empty() {
        return None;
    }
    let sides: Vec<String> = r
        .side_effects
        .iter()
        .take(1)
        .map(|e| side_effect(e, pen))
        .collect();
    let lead = if projection.at_most { "at most: " } else { "" };
    let mut text = format!("{lead}{effects}");
    if !sides.is_empty() {
        text.push_str(&format!("; {}", sides.join(", ")));
    }
    text = text.replace(&format!("process{}memory", words::GLUE), "memory");
    text = text.replace("process memory", "memory");
    if pen.is_terse() {
        text = text.replace(&format!("{}time ", words::GLUE), &words::GLUE.to_string());
    }
    Some(text)
}

/// Some effects in a line: the first with its interval, of the others the values.
fn listed(effects: &[Effect], most: usize, pen: &Pen<'_>) -> String {
    let worded: Vec<String> = effects
        .iter()
        .take(most)
        .enumerate()
        .map(|(i, e)| {
            if i == 0 {
                effect(e, pen)
            } else {
                effect(
                    &Effect {
                        low: None,
                        high: None,
                        ..e.clone()
                    },
                    pen,
                )
            }
        })
        .collect();
    worded.join(", ")
}

fn side_effect(e: &Effect, pen: &Pen<'_>) -> String {
    format!(
        "{} {}",
        pen.name(&words::statistic(&e.metric, &e.statistic), 40),
        words::change(e.unit, e.from, e.to, pen.signs)
    )
}

fn evidence_line(r: &Recommendation, most: usize, pen: &Pen<'_>) -> Option<String> {
    let list: Vec<String> = r
        .evidence
        .iter()
        .take(most)
        .map(|e| {
            // Its interval and n stand on the full page.
            evidence(
                &Evidence {
                    low: None,
                    high: None,
                    n: None,
                    ..e.clone()
                },
                pen,
            )
        })
        .collect();
    (!list.is_empty()).then(|| list.join("; "))
}

/// `All 4 together: score 79.1 → 85.1 (+6.0), …`.
fn together(a: &Assessment, pen: &Pen<'_>) -> Vec<String> {
    let Some(c) = &a.combined_projection else {
        return Vec::new();
    };
    // On a narrow page the heading has the points.
    if c.of < 2 || pen.is_terse() {
        return Vec::new();
    }
    let s = pen.signs;
    let now = a.score.value.map_or_else(String::new, |v| {
        format!("{} {} ", words::fixed(v, 1, s), s.arrow)
    });
    let effects = listed(&c.effects, 1, pen);
    let text = format!(
        "score {now}{} ({}){}{}",
        words::fixed(c.score, 1, s),
        words::signed(c.points, 1, s),
        if effects.is_empty() { "" } else { ", " },
        effects
    );
    pen.paragraph("  ", &format!("All {} together: {text}", c.of))
}
