//! Why a rule speaks or does not, on these inputs: conditions with their values, evidence, projection.

use super::claims::{record_text, sentence};
use super::pen::{Pen, Tone};
use super::table::{self, Column};
use super::text::advice::{basis, change, effort, evidence, gain, priority};
use super::whatif::{reproduction_table, size_lines};
use super::words;
use super::{Style, json, yaml};
use crate::assessment::{
    ConditionRow, Effect, Explanation, ProjectionKind, Recommendation, RuleState, SizeTable,
};

/// Columns of a label.
const LABEL: usize = 16;

/// The explanation in an output format (`text`, `json`, `jsonl`, `yaml`); others are not its.
#[must_use]
pub fn render(explanation: &Explanation, format: &str, style: &Style) -> String {
    match format {
        "json" => json::document(explanation),
        "jsonl" => json::line(explanation),
        "yaml" => yaml::document(explanation),
        _ => page(explanation, style),
    }
}

fn page(x: &Explanation, style: &Style) -> String {
    let pen = Pen::new(style);
    let mut lines = heading(x, &pen);
    let mut add = |block: Vec<String>| {
        if !block.is_empty() {
            lines.push(String::new());
            lines.extend(block);
        }
    };
    let first = x.recommendations.first();
    if let Some(r) = first {
        add(change_lines(x, r, &pen));
    }
    add(why(x, &pen));
    add(evidence_lines(x, &pen));
    if let Some(r) = first {
        add(projection(x, r, &pen));
        add(confidence(x, r, &pen));
    }
    add(track_record(x, &pen));
    add(closing(x, &pen));
    pen.finish(&lines)
}

fn heading(x: &Explanation, pen: &Pen<'_>) -> Vec<String> {
    let s = pen.signs;
    let right = match (x.recommendations.first(), x.state) {
        (Some(r), _) => {
            let gain = gain(r, s).unwrap_or_else(|| "no projection".to_owned());
            format!("{} {} {gain}", priority(r.priority), s.dot)
        }
        (None, RuleState::Silent) => "silent".into(),
        (None, RuleState::Settled) => "applied, explained by another, or of no gain".into(),
        (None, RuleState::NotEvaluated) => "not evaluated".into(),
        (None, RuleState::Off) => "switched off".into(),
        (None, _) => "for information".into(),
    };
    let name = format!("{} {}", pen.name(&x.rule, 12), pen.name(&x.name, 40));
    let mut lines = pen.spread(&pen.paint(Tone::Bold, &name), &right);
    lines.extend(pen.paragraph("", &pen.text(&x.title)));
    lines
}

fn labelled(label: &str, text: &str, pen: &Pen<'_>) -> Vec<String> {
    pen.paragraph(&format!("    {label:<LABEL$}"), text)
}

fn change_lines(x: &Explanation, r: &Recommendation, pen: &Pen<'_>) -> Vec<String> {
    let s = pen.signs;
    let mut lines = Vec::new();
    if let Some(c) = &r.change {
        let place = x
            .place
            .as_ref()
            .map_or_else(String::new, |p| format!("   ({})", pen.path(p, 60)));
        lines.extend(pen.paragraph("  Change        ", &format!("{}{place}", change(c, pen))));
    }
    if let Some(advice) = &r.advice {
        lines.extend(pen.paragraph("  Do            ", &pen.text(advice)));
    }
    lines.extend(pen.paragraph(
        "                ",
        &format!(
            "effort {} {} confidence {}",
            effort(r.effort),
            s.dot,
            words::fixed(r.confidence, 2, s)
        ),
    ));
    lines
}

fn why(x: &Explanation, pen: &Pen<'_>) -> Vec<String> {
    let speaks = !x.recommendations.is_empty() || x.finding.is_some();
    let mut lines = vec![if speaks {
        "  Why it speaks".to_owned()
    } else {
        "  Why it does not speak".to_owned()
    }];
    for c in &x.conditions {
        lines.extend(condition(c, pen));
    }
    lines.extend(labelled(
        "at least",
        &format!(
            "{}; {} {} here",
            words::counted(x.min_units, "unit", "units"),
            words::count(x.units),
            pen.name(&x.units_called, 20)
        ),
        pen,
    ));
    if let Some(reason) = &x.reason {
        lines.extend(labelled("not evaluated", &pen.text(reason), pen));
    }
    lines
}

fn condition(c: &ConditionRow, pen: &Pen<'_>) -> Vec<String> {
    let mut lines = labelled(&c.what, &pen.text(&c.text), pen);
    let mut values: Vec<String> = c
        .values
        .iter()
        .map(|(name, value)| {
            let number = value.map_or_else(|| "not known".into(), plain);
            words::glued(&format!("{} = {number}", pen.name(name, 50)))
        })
        .collect();
    values.push(
        match c.holds {
            Some(true) => "true",
            Some(false) => "false",
            None => "undecided",
        }
        .to_owned(),
    );
    lines.extend(labelled("", &values.join(", "), pen));
    lines
}

/// A number as a condition sees it.
fn plain(value: f64) -> String {
    if value.fract() == 0.0 && value.abs() < 1e9 {
        format!("{value:.0}")
    } else {
        format!("{value:.3}")
    }
}

/// What became of its advice, claim by claim.
fn track_record(x: &Explanation, pen: &Pen<'_>) -> Vec<String> {
    let Some(record) = &x.track_record else {
        return Vec::new();
    };
    let text = format!("{}.", record_text(record, pen));
    let mut lines = pen.paragraph("  Track record: ", &text);
    for claim in &x.claims {
        lines.extend(pen.paragraph("    ", &sentence(claim, pen)));
    }
    lines
}

fn evidence_lines(x: &Explanation, pen: &Pen<'_>) -> Vec<String> {
    if x.evidence.is_empty() && x.sizes.is_none() {
        return Vec::new();
    }
    let mut lines = vec!["  Evidence".to_owned()];
    for e in &x.evidence {
        lines.extend(pen.paragraph("    ", &evidence(e, pen)));
    }
    if let Some(sizes) = &x.sizes {
        lines.extend(size_evidence(sizes, pen));
        lines.push(String::new());
        lines.extend(size_lines(sizes, pen));
    }
    lines
}

fn size_evidence(t: &SizeTable, pen: &Pen<'_>) -> Vec<String> {
    let s = pen.signs;
    let percent = |v: f64| words::amount(crate::metrics::Unit::Ratio, v, s);
    let size = words::count(t.sufficient);
    let mut lines = labelled(
        "working set",
        &format!(
            "{size} contexts hold {} of the reuses (LRU stack distance)",
            percent(t.reuses_held)
        ),
        pen,
    );
    let rate = t.rows.iter().find(|r| r.size == Some(t.sufficient));
    let all = t.rows.iter().find(|r| r.size.is_none());
    if let (Some(rate), Some(all)) = (rate, all) {
        lines.extend(labelled(
            "size",
            &format!(
                "smallest round size within 1 point of an unlimited cache: {size} ({} of {})",
                percent(rate.hit_rate),
                percent(all.hit_rate)
            ),
            pen,
        ));
    }
    let m = t.misses;
    lines.extend(labelled(
        "misses",
        &format!(
            "{} = {} first requests + {} that {size} contexts would keep + {} others",
            words::count(m.first + m.kept + m.others),
            words::count(m.first),
            words::count(m.kept),
            words::count(m.others)
        ),
        pen,
    ));
    lines
}

fn projection(x: &Explanation, r: &Recommendation, pen: &Pen<'_>) -> Vec<String> {
    let s = pen.signs;
    let Some(p) = &r.projection else {
        let reason = r.no_projection.as_deref().unwrap_or("no measured basis");
        return pen.paragraph("  No projection: ", &format!("{}.", pen.text(reason)));
    };
    let mut lines = pen.paragraph("  Projection, ", basis(p.kind));
    let effects: Vec<&Effect> = p.effects.iter().chain(&r.side_effects).collect();
    let mut rows: Vec<[String; 5]> = effects
        .iter()
        .map(|e| {
            [
                words::statistic(&e.metric, &e.statistic),
                words::amount(e.unit, e.from, s),
                words::amount(e.unit, e.to, s),
                match (e.low, e.high) {
                    (Some(low), Some(high)) => words::span(e.unit, e.to, low, high, s),
                    _ => s.dash.into(),
                },
                if r.side_effects.contains(e) {
                    format!("side effect, {}", words::change(e.unit, e.from, e.to, s))
                } else {
                    words::change(e.unit, e.from, e.to, s)
                },
            ]
        })
        .collect();
    if let Some(score) = x.score {
        rows.push([
            "score".into(),
            words::fixed(score.from, 1, s),
            words::fixed(score.to, 1, s),
            String::new(),
            words::signed(score.to - score.from, 1, s),
        ]);
    }
    let then = if p.at_most { "then, at most" } else { "then" };
    let columns = ["", "now", then, "90 % interval", "change"]
        .into_iter()
        .enumerate()
        .map(|(at, head)| {
            let cells = rows.iter().map(|row| row[at].clone()).collect();
            if at == 1 || at == 2 {
                Column::numbers(head, cells)
            } else {
                Column::words(head, cells)
            }
        })
        .collect();
    let (columns, _) = table::fitting(columns, pen.width() - 4);
    lines.extend(table::lines(&columns, "    "));
    if !p.reproduction.is_empty() {
        lines.push(String::new());
        lines.extend(reproduction_table(&p.reproduction, pen));
    }
    lines
}

fn confidence(x: &Explanation, r: &Recommendation, pen: &Pen<'_>) -> Vec<String> {
    let s = pen.signs;
    let (kind, name) = match r.projection.as_ref().map(|p| (p.kind, p.at_most)) {
        Some((_, true)) | None => (0.5, "bound or no figure"),
        Some((ProjectionKind::Replay, _)) => (0.8, "replay"),
        Some((ProjectionKind::Measured, _)) => (0.9, "measured"),
        Some((ProjectionKind::Share, _)) => (0.5, "share"),
    };
    let mut lines = pen.paragraph(
        "  ",
        &format!(
            "Confidence {} = units {} (units + 20) {} {name} {}",
            words::fixed(r.confidence, 2, s),
            s.formula[2],
            s.times,
            words::fixed(kind, 1, s)
        ),
    );
    let caveats: Vec<String> = r.caveats.iter().map(|c| pen.text(c)).collect();
    if !caveats.is_empty() {
        lines.extend(pen.paragraph("  Mind          ", &caveats.join(" ")));
    }
    if !x.against.is_empty() {
        lines.extend(pen.paragraph(
            "  Against       ",
            &format!(
                "{} would pull the other way: the better ranked is offered.",
                x.against.join(", ")
            ),
        ));
    }
    lines
}

fn closing(x: &Explanation, pen: &Pen<'_>) -> Vec<String> {
    let mut lines = pen.paragraph("  ", &pen.text(&x.why));
    lines.extend(pen.paragraph(
        "  ",
        &format!(
            "The rule's file and cases: perfadvise rules explain {}",
            pen.name(&x.rule, 12)
        ),
    ));
    lines
}
