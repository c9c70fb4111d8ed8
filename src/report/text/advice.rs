//! Recommendations: what to change, what it would give, and on what that stands.

mod brief;

pub(super) use brief::section;

use super::super::escape::width;
use super::super::pen::{Pen, Tone, left};
use super::super::signs::Signs;
use super::super::table::{self, Column};
use super::super::verdict::capital;
use super::super::words;
use super::score::sentence;
use crate::assessment::{
    Assessment, Change, Effect, Effort, Evidence, Priority, ProjectionKind, Recommendation,
};
use crate::metrics::{Metric, Unit};

/// Fewer points are shown as none.
const LEAST_POINTS: f64 = 0.05;

/// Every recommendation with evidence, projection, side effects and basis.
pub(in super::super) fn full_section(a: &Assessment, pen: &Pen<'_>) -> Vec<String> {
    let mut lines = vec![
        pen.section("Recommendations", &remark(a, pen)),
        String::new(),
    ];
    if a.recommendations.is_empty() {
        lines.extend(pen.paragraph("  ", &nothing(a)));
        return lines;
    }
    for r in &a.recommendations {
        lines.extend(complete(r, pen));
        lines.push(String::new());
    }
    let all = together_table(a, pen);
    if all.is_empty() {
        lines.pop();
    }
    lines.extend(all);
    lines
}

pub(in super::super) fn nothing(a: &Assessment) -> String {
    if a.rules.total == 0 {
        "No rule was judged.".into()
    } else if a.rules.not_evaluated > 0 {
        "None: no rule that could be judged speaks.".into()
    } else {
        "None: no rule speaks.".into()
    }
}

fn remark(a: &Assessment, pen: &Pen<'_>) -> String {
    if pen.is_narrow() {
        return a
            .combined_projection
            .as_ref()
            .map_or_else(String::new, |c| {
                format!("together {}", words::signed(c.points, 1, pen.signs))
            });
    }
    let with = a
        .recommendations
        .iter()
        .filter(|r| r.projection.is_some())
        .count();
    let without = a.recommendations.len() - with;
    match (a.combined_projection.as_ref(), without) {
        (Some(c), 0) => format!("{} in the combined run", c.of),
        (Some(c), n) => format!("{} in the combined run, {n} without a projection", c.of),
        (None, 0) => String::new(),
        (None, n) if with == 0 => format!("{n} without a projection"),
        (None, n) => format!("{with} with a projection, {n} without"),
    }
}

/// The word for a priority.
pub(in super::super) fn priority(priority: Priority) -> &'static str {
    match priority {
        Priority::High => "HIGH",
        Priority::Medium => "MEDIUM",
        Priority::Low => "LOW",
    }
}

pub(in super::super) fn painted(p: Priority, columns: usize, pen: &Pen<'_>) -> String {
    let word = priority(p);
    let blank = " ".repeat(columns.saturating_sub(word.len()));
    let tone = match p {
        Priority::High => Tone::Bad,
        Priority::Medium | Priority::Low => Tone::Bold,
    };
    format!("{}{blank}", pen.paint(tone, word))
}

/// Points of score that it gives alone.
pub(in super::super) fn points(r: &Recommendation) -> Option<f64> {
    r.alone_and_combined
        .map(|p| p.points_alone)
        .or_else(|| r.projection.as_ref().and_then(|p| p.points))
}

/// What it gives alone: points of score, and where it gives none the cost or the time of sessions that is
/// left, `cost ×0.86`. `None` without a projection.
pub(in super::super) fn gain(r: &Recommendation, signs: &Signs) -> Option<String> {
    let points = points(r);
    let is_seen = |e: &&Effect| e.to < e.from * 0.995;
    let other = || {
        let effects = &r.projection.as_ref()?.effects;
        let of = |name: &str| effects.iter().filter(is_seen).find(|e| e.metric == name);
        let (word, effect) = of("cost")
            .or_else(|| of("computed_cost"))
            .map(|e| ("cost", e))
            .or_else(|| Some(("time", of("session_time")?)))?;
        let left = words::change(effect.unit, effect.from, effect.to, signs);
        Some(words::glued(&format!("{word} {left}")))
    };
    match points {
        Some(p) if p < LEAST_POINTS => other().or_else(|| Some(words::score_points(p, signs))),
        other => other.map(|p| words::score_points(p, signs)),
    }
}

/// `context.cache_size: 50 → 100`; `context.cache_size, now 50` where the new value is not known.
pub(in super::super) fn change(c: &Change, pen: &Pen<'_>) -> String {
    let value = |v: &serde_json::Value| match v {
        serde_json::Value::String(text) => pen.name(text, 30),
        other => pen.name(&other.to_string(), 30),
    };
    let knob = pen.name(&c.knob, 44);
    match (&c.from, &c.to) {
        (from, Some(to)) => format!(
            "{knob}: {} {} {}",
            from.as_ref().map_or_else(|| "?".into(), value),
            pen.signs.arrow,
            value(to)
        ),
        (Some(from), None) => format!("{knob}, now {}", value(from)),
        (None, None) => knob,
    }
}

/// `cache hit rate 61.0 % → 73.5 % (72.6 to 74.2)`.
pub(in super::super) fn effect(e: &Effect, pen: &Pen<'_>) -> String {
    let s = pen.signs;
    let interval = match (e.low, e.high) {
        (Some(low), Some(high)) if !pen.is_narrow() => {
            format!(" ({})", words::bare_span(e.unit, e.to, low, high, s))
        }
        _ => String::new(),
    };
    format!(
        "{} {} {} {}{interval}",
        words::glued(&pen.name(&words::statistic(&e.metric, &e.statistic), 40)),
        words::amount(e.unit, e.from, s),
        s.arrow,
        words::amount(e.unit, e.to, s)
    )
}

/// `cache hit rate 61.0 % (57.2 to 64.6), limit 70.0 %, n = 9,412`.
pub(in super::super) fn evidence(e: &Evidence, pen: &Pen<'_>) -> String {
    let s = pen.signs;
    let mut text = words::lower(&pen.name(&e.title, 60));
    if !e.of.is_empty() {
        text.push_str(&format!(" ({})", pen.name(&e.of, 40)));
    }
    text.push(' ');
    text.push_str(&words::amount_or_dash(e.unit, e.value, s));
    if let (Some(value), Some(low), Some(high)) = (e.value, e.low, e.high) {
        text.push_str(&format!(
            " ({})",
            words::bare_span(e.unit, value, low, high, s)
        ));
    }
    if let Some(threshold) = e.threshold {
        text.push_str(&format!(
            ", limit{}{}",
            words::GLUE,
            words::round_amount(e.unit, threshold, s)
        ));
    }
    if let Some(n) = e.n.filter(|_| !pen.is_narrow()) {
        text.push_str(
            &words::glued(&format!(", n = {}", words::count(n))).replacen(words::GLUE, " ", 1),
        );
    }
    text
}

/// Everything about one.
pub(in super::super) fn complete(r: &Recommendation, pen: &Pen<'_>) -> Vec<String> {
    let s = pen.signs;
    let gain = gain(r, s).unwrap_or_else(|| s.dash.to_owned());
    let preview = if r.preview { "   preview" } else { "" };
    let name = pen.paint(
        Tone::Bold,
        &format!("{} {}", pen.name(&r.rule, 12), pen.name(&r.name, 30)),
    );
    let facts = format!(
        "confidence {}   effort {}{preview}",
        words::fixed(r.confidence, 2, s),
        effort(r.effort)
    );
    let head = format!("  {}  {}  {name}", painted(r.priority, 6, pen), r.rank);
    let head = if pen.is_narrow() {
        head
    } else {
        format!("{}   {facts}", left(&head, 44))
    };
    let gap = pen
        .width()
        .saturating_sub(width(&head) + width(&gain))
        .max(1);
    let mut lines = vec![format!("{head}{}{gain}", " ".repeat(gap))];
    let mut add = |label: &str, text: &str| {
        if !text.is_empty() {
            lines.extend(pen.paragraph(&format!("          {label:<13}"), text));
        }
    };
    if pen.is_narrow() {
        add("", &facts);
    }
    add("what", &sentence(&pen.text(&r.title)));
    add("why", &pen.text(&r.why));
    add(
        "change",
        &r.change
            .as_ref()
            .map_or_else(String::new, |c| change(c, pen)),
    );
    add("do", &pen.text(r.advice.as_deref().unwrap_or_default()));
    let evidence: Vec<String> = r.evidence.iter().map(|e| evidence(e, pen)).collect();
    add("evidence", &evidence.join("; "));
    match &r.projection {
        Some(p) => {
            let effects: Vec<String> = p.effects.iter().map(|e| effect(e, pen)).collect();
            let lead = if p.at_most { "at most: " } else { "" };
            add("projection", &format!("{lead}{}", effects.join(", ")));
            let sides: Vec<String> = r
                .side_effects
                .iter()
                .map(|e| {
                    format!(
                        "{} ({})",
                        effect(e, pen),
                        words::change(e.unit, e.from, e.to, s)
                    )
                })
                .collect();
            add("side effect", &sides.join(", "));
            let reproduced: Vec<String> = p
                .reproduction
                .iter()
                .map(|x| {
                    let unit = Metric::named(&x.metric).map_or(Unit::Unknown, |m| m.row().unit);
                    format!(
                        "; the present {} comes out as {} where {} was measured",
                        pen.name(&words::statistic(&x.metric, &x.statistic), 30),
                        words::amount(unit, x.replayed, s),
                        words::amount(unit, x.measured, s)
                    )
                })
                .collect();
            add(
                "basis",
                &format!("{}{}", basis(p.kind), reproduced.concat()),
            );
        }
        None => add(
            "projection",
            &format!(
                "none: {}",
                r.no_projection
                    .as_deref()
                    .map_or_else(|| "no measured basis".into(), |t| pen.text(t))
            ),
        ),
    }
    let caveats: Vec<String> = r.caveats.iter().map(|c| pen.text(c)).collect();
    add("mind", &sentences(&caveats));
    lines
}

/// Texts in a row, whether or not they end with a full stop.
fn sentences(texts: &[String]) -> String {
    let mut all = String::new();
    for text in texts {
        if !all.is_empty() {
            all.push_str(if all.ends_with('.') { " " } else { "; " });
        }
        all.push_str(text);
    }
    all
}

/// What a projection stands on.
pub(in super::super) fn basis(kind: ProjectionKind) -> &'static str {
    match kind {
        ProjectionKind::Measured => "measured: both variants were observed",
        ProjectionKind::Replay => "replay of the recorded sequence",
        ProjectionKind::Share => "share of the time: a bound",
    }
}

/// The word for an effort.
pub(in super::super) fn effort(effort: Effort) -> &'static str {
    match effort {
        Effort::Trivial => "trivial",
        Effort::Small => "small",
        Effort::Medium => "medium",
        Effort::Large => "large",
    }
}

fn together_table(a: &Assessment, pen: &Pen<'_>) -> Vec<String> {
    let Some(c) = &a.combined_projection else {
        return Vec::new();
    };
    let s = pen.signs;
    let mut lines = pen.paragraph(
        "  ",
        &format!(
            "All {} together, in one simulation (intervals of projections: 90 %)",
            c.of
        ),
    );
    let now = a
        .score
        .value
        .map_or_else(|| "?".into(), |v| words::fixed(v, 1, s));
    lines.extend(pen.paragraph(
        "    Score        ",
        &format!(
            "{now} {} {}   {}",
            s.arrow,
            words::fixed(c.score, 1, s),
            words::score_points(c.points, s)
        ),
    ));
    let each: Vec<String> = a
        .recommendations
        .iter()
        .filter_map(|r| r.alone_and_combined)
        .map(|p| words::signed(p.points_after_those_above, 1, s))
        .collect();
    if each.len() > 1 {
        lines.extend(pen.paragraph(
            "    Points       ",
            &format!("each after those above: {}", each.join(", ")),
        ));
    }
    let cells = |cell: &dyn Fn(&Effect) -> String| c.effects.iter().map(cell).collect::<Vec<_>>();
    let (columns, _) = table::fitting(
        vec![
            Column::words(
                "",
                cells(&|e| capital(&pen.name(&words::statistic(&e.metric, &e.statistic), 30))),
            ),
            Column::numbers("now", cells(&|e| words::amount(e.unit, e.from, s))),
            Column::numbers("then", cells(&|e| words::amount(e.unit, e.to, s))),
            Column::numbers("change", cells(&|e| words::change(e.unit, e.from, e.to, s))),
            Column::words(
                "90 % interval",
                cells(&|e| match (e.low, e.high) {
                    (Some(low), Some(high)) => words::span(e.unit, e.to, low, high, s),
                    _ => s.dash.into(),
                }),
            ),
        ],
        pen.width() - 4,
    );
    if !c.effects.is_empty() {
        lines.extend(table::lines(&columns, "    "));
    }
    lines
}
