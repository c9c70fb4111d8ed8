//! Claims in words: what was projected, what came of it, and how often that was so.

use super::effects::difference;
use super::pen::{Pen, Tone};
use super::times::worded;
use super::{Style, words};
use crate::assessment::{
    Claim, ClaimState, ClaimVerdict, Control, Dismissal, PeriodSummary, Span, TrackRecord,
    Verification,
};
use crate::metrics::Unit;

/// A claim as it was frozen.
#[must_use]
pub fn claimed(claim: &Claim, style: &Style) -> String {
    let pen = Pen::new(style);
    let mut lines = pen.paragraph(
        "",
        &pen.paint(
            Tone::Bold,
            &format!(
                "Claimed {} {}, as claim {}",
                pen.name(&claim.rule, 12),
                pen.name(&claim.name, 40),
                claim.id
            ),
        ),
    );
    lines.extend(pen.paragraph("  Change       ", &change(claim, &pen)));
    for text in projections(claim, &pen) {
        lines.extend(pen.paragraph("  Projected    ", &text));
    }
    if claim.projection.is_none() {
        lines.extend(pen.paragraph("  Projected    ", "nothing: it has no measured basis"));
    }
    let base = &claim.baseline;
    lines.extend(pen.paragraph(
        "  Held against ",
        &format!("{} before", words::counted(base.units, "unit", "units")),
    ));
    lines.extend(pen.paragraph(
        "  ",
        "Make the change now. After 10 units of work: perfadvise recommend verify",
    ));
    pen.finish(&lines)
}

/// Claims and what became of them.
#[must_use]
pub fn verified(claims: &[Claim], style: &Style) -> String {
    let pen = Pen::new(style);
    let mut lines = Vec::new();
    for claim in claims {
        lines.extend(pen.paragraph("", &sentence(claim, &pen)));
        if let Some(text) = claim.verification.as_ref().and_then(|v| taken_off(v, &pen)) {
            lines.extend(pen.paragraph("    ", &text));
        }
        let notes = claim.verification.iter().flat_map(|v| &v.notes);
        for note in notes {
            lines.extend(pen.paragraph("    ", &pen.text(note)));
        }
    }
    if claims.is_empty() {
        lines.push("No claim is open. perfadvise recommend claim CODE begins one.".into());
    }
    pen.finish(&lines)
}

/// What changed where the change has no part, or that there is no such work.
fn taken_off(verification: &Verification, pen: &Pen<'_>) -> Option<String> {
    verification.realised?;
    Some(match &verification.control {
        Some(own) => format!("the change in the control is taken off: {}", control(own, verification.unit, pen)),
        None => "no control: nothing is known that the change could not touch, and what changed by itself is \
                 in what was realised"
            .into(),
    })
}

/// The track record of each rule, and of all.
#[must_use]
pub fn record(
    all: &TrackRecord,
    rules: &[TrackRecord],
    claims: &[Claim],
    dismissals: &[Dismissal],
    style: &Style,
) -> String {
    let pen = Pen::new(style);
    let mut lines = records(all, rules, &pen);
    if !claims.is_empty() {
        lines.extend([String::new(), pen.section("Claims", "")]);
    }
    for claim in claims {
        lines.extend(pen.paragraph("  ", &sentence(claim, &pen)));
    }
    if !dismissals.is_empty() {
        lines.extend([String::new(), pen.section("Dismissed", "")]);
    }
    for d in dismissals {
        let knob = d
            .knob
            .as_ref()
            .map_or_else(String::new, |k| format!(" {}", pen.name(k, 60)));
        let when = worded(d.dismissed_at, &pen.style.zone, "%-d %b %Y");
        let text = format!(
            "{}{knob}, {}: {}",
            pen.name(&d.rule, 12),
            words::glued(&when),
            pen.text(&d.reason)
        );
        lines.extend(pen.paragraph("  ", &text));
    }
    pen.finish(&lines)
}

fn records(all: &TrackRecord, rules: &[TrackRecord], pen: &Pen<'_>) -> Vec<String> {
    if rules.is_empty() {
        return vec!["No claims yet. perfadvise recommend claim CODE begins one.".into()];
    }
    let mut lines: Vec<String> = rules
        .iter()
        .flat_map(|rule| {
            let name = rule.rule.as_deref().unwrap_or_default();
            pen.paragraph(
                &format!("{:<9} ", pen.name(name, 12)),
                &record_text(rule, pen),
            )
        })
        .collect();
    lines.extend(pen.paragraph(&format!("{:<9} ", "All"), &record_text(all, pen)));
    lines
}

/// `CTX001 context.mode_for.testing FANCY → SIMPLE, claimed 13 Nov: projected …, realised …: came true.`
pub(super) fn sentence(claim: &Claim, pen: &Pen<'_>) -> String {
    let when = worded(claim.claimed_at, &pen.style.zone, "%-d %b");
    let mut text = format!(
        "{} {}, claimed {}: ",
        pen.name(&claim.rule, 12),
        change(claim, pen),
        words::glued(&when)
    );
    if claim.state == ClaimState::Withdrawn {
        text.push_str("withdrawn.");
        return text;
    }
    let Some(verification) = &claim.verification else {
        text.push_str("not looked at since.");
        return text;
    };
    let mut figures = Vec::new();
    let (unit, metric) = (verification.unit, verification.metric.as_deref());
    if let Some(projected) = verification.projected {
        let bound = claim.projection.as_ref().is_some_and(|p| p.at_most);
        let most = if bound { "at most " } else { "" };
        figures.push(format!("projected {most}{}", span(unit, projected, pen)));
    }
    if let Some(realised) = verification.realised {
        figures.push(format!("realised {}", span(unit, realised, pen)));
    }
    if let Some(metric) = metric.filter(|_| !figures.is_empty()) {
        text.push_str(&format!("{}, ", pen.text(&words::metric(metric))));
    }
    text.push_str(&figures.join(", "));
    if !figures.is_empty() {
        text.push_str("; ");
    }
    text.push_str(word(verification));
    text.push_str(&format!(
        " ({} before, {} since).",
        words::counted(verification.units[0], "unit", "units"),
        words::count(verification.units[1])
    ));
    text
}

/// What became of the actions before a period's end, in sentences.
pub(super) fn earlier_actions(summary: &PeriodSummary, pen: &Pen<'_>) -> Vec<String> {
    let mut lines: Vec<String> = summary.actions.iter().map(|c| sentence(c, pen)).collect();
    let record = summary.track_record.as_ref();
    let verified = |r: &&TrackRecord| r.verdicts.values().sum::<u64>() > 0;
    if let Some(record) = record.filter(verified).filter(|_| !lines.is_empty()) {
        lines.push(format!(
            "Track record of all rules: {}.",
            record_text(record, pen)
        ));
    }
    lines
}

/// `2 of 3 verified claims came true, 1 without effect, realised ÷ projected 0.74`.
pub(super) fn record_text(record: &TrackRecord, pen: &Pen<'_>) -> String {
    let verified: u64 = record.verdicts.values().sum();
    let of = |verdict| record.verdicts.get(&verdict).copied().unwrap_or(0);
    let mut parts = vec![if verified == 0 {
        "none verified yet".to_owned()
    } else {
        format!(
            "{} of {} came true",
            words::count(of(ClaimVerdict::Realised)),
            words::counted(verified, "verified claim", "verified claims")
        )
    }];
    for (verdict, what) in [
        (ClaimVerdict::Partial, "in part"),
        (ClaimVerdict::None, "without effect"),
        (ClaimVerdict::Harmful, "harmful"),
    ] {
        if of(verdict) > 0 {
            parts.push(format!("{} {what}", words::count(of(verdict))));
        }
    }
    if let Some(share) = record.realised_to_projected {
        parts.push(format!(
            "realised {} projected {}",
            pen.signs.formula[2],
            words::fixed(share, 2, pen.signs)
        ));
    }
    if record.intervals > 0 {
        parts.push(format!(
            "the interval held in {} of {}",
            words::count(record.intervals_held),
            words::count(record.intervals)
        ));
    }
    if record.open > 0 {
        parts.push(format!("{} open", words::count(record.open)));
    }
    parts.join(", ")
}

fn word(verification: &Verification) -> &'static str {
    match verification.verdict {
        ClaimVerdict::Realised => "came true",
        ClaimVerdict::Partial => "came true in part",
        ClaimVerdict::None => "no effect",
        ClaimVerdict::Harmful => "made it worse",
        ClaimVerdict::TooEarly => "too early to say",
    }
}

/// `purpose other than testing ×1.02 (0.98 to 1.06), 40 units before, 38 since`.
pub(super) fn control(control: &Control, unit: Unit, pen: &Pen<'_>) -> String {
    let change = if control.is_factor {
        let ends = control.change.low.zip(control.change.high);
        let interval = ends.map_or_else(String::new, |(low, high)| {
            format!(
                " ({} to {})",
                words::factor_figure(low, pen.signs),
                words::factor_figure(high, pen.signs)
            )
        });
        format!(
            "{}{interval}",
            words::factor(control.change.estimate, pen.signs)
        )
    } else {
        span(unit, control.change, pen)
    };
    format!(
        "{} {change}, {} before, {} since",
        pen.text(&control.what),
        words::counted(control.units[0], "unit", "units"),
        words::count(control.units[1])
    )
}

/// `−0.25 s (−0.30 s to −0.20 s)`.
pub(super) fn span(unit: Unit, span: Span, pen: &Pen<'_>) -> String {
    let points = if unit == Unit::Ratio { " points" } else { "" };
    let figure = |value| difference(unit, value, pen);
    match span.low.zip(span.high) {
        Some((low, high)) => format!(
            "{}{points} ({} to {})",
            figure(span.estimate),
            figure(low),
            figure(high)
        ),
        None => format!("{}{points}", figure(span.estimate)),
    }
}

/// `context.cache_size 50 → 100`, else the rule's name.
fn change(claim: &Claim, pen: &Pen<'_>) -> String {
    let Some(change) = &claim.change else {
        return pen.name(&claim.name, 40);
    };
    let value = |v: &serde_json::Value| match v {
        serde_json::Value::String(word) => pen.name(word, 30),
        other => pen.name(&other.to_string(), 30),
    };
    let knob = pen.name(&change.knob, 60);
    match (&change.from, &change.to) {
        (Some(from), Some(to)) => {
            format!("{knob} {} {} {}", value(from), pen.signs.arrow, value(to))
        }
        (None, Some(to)) => format!("{knob} {} {}", pen.signs.arrow, value(to)),
        _ => knob,
    }
}

fn projections(claim: &Claim, pen: &Pen<'_>) -> Vec<String> {
    let Some(projection) = &claim.projection else {
        return Vec::new();
    };
    let most = if projection.at_most { "at most, " } else { "" };
    projection
        .effects
        .iter()
        .map(|e| {
            let amount = |v| words::amount(e.unit, v, pen.signs);
            let interval = e.low.zip(e.high).map_or_else(String::new, |(low, high)| {
                format!(" ({})", words::span(e.unit, e.to, low, high, pen.signs))
            });
            format!(
                "{most}{} {} {} {}{interval}",
                pen.text(&words::statistic(&e.metric, &e.statistic)),
                amount(e.from),
                pen.signs.arrow,
                amount(e.to)
            )
        })
        .collect()
}
