//! The score in two lines, or with a bar for each loss.

use super::super::bars;
use super::super::escape::width;
use super::super::pen::{Pen, Tone, left, right};
use super::super::verdict::band_name;
use super::super::words;
use crate::assessment::{Assessment, Score, ScorePart, ScoreStatus};

/// Losses that are named on a page that is not full; the others are summed.
const NAMED: usize = 3;

/// The section.
pub(super) fn section(a: &Assessment, pen: &Pen<'_>) -> Vec<String> {
    let score = &a.score;
    let profile = pen.name(&score.profile, 30);
    let mut lines = vec![
        pen.section(
            "Score",
            &format!("model {}, profile {profile}", score.model),
        ),
        String::new(),
    ];
    lines.extend(body(a, pen));
    lines
}

/// What stands below the heading.
pub(in super::super) fn body(a: &Assessment, pen: &Pen<'_>) -> Vec<String> {
    let score = &a.score;
    let Some(value) = score.value else {
        return pen.paragraph("  ", &none(score, pen));
    };
    let mut lines = Vec::new();
    lines.extend(pen.paragraph("  ", &summary(score, value, pen)));
    lines.extend(losses(score, pen));
    if let Some(reason) = &score.band_reason {
        lines.extend(pen.paragraph("  ", &sentence(&pen.text(reason))));
    }
    lines
}

fn none(score: &Score, pen: &Pen<'_>) -> String {
    let parts: Vec<String> = score.parts.iter().map(|p| title(p, pen)).collect();
    if parts.is_empty() {
        "No score: nothing that it is made of was measured.".into()
    } else {
        format!(
            "No score: none of its parts was measured ({}).",
            parts.join(", ")
        )
    }
}

/// `79.1 of 100, good   95 % interval 76.4 to 81.3   coverage 96 %   bounds 75.9 to 79.9`.
fn summary(score: &Score, value: f64, pen: &Pen<'_>) -> String {
    let s = pen.signs;
    let number = |v: f64| words::fixed(v, 1, s);
    let word = match (score.status, score.band) {
        (ScoreStatus::Partial, _) => ", partial: no word for it".to_owned(),
        (ScoreStatus::LowConfidence, Some(band)) => {
            format!(", {} (low confidence: little data)", band_name(band))
        }
        (ScoreStatus::LowConfidence, None) => " (low confidence: little data)".to_owned(),
        (_, Some(band)) => format!(", {}", band_name(band)),
        (_, None) => String::new(),
    };
    let mut pieces = vec![pen.paint(
        Tone::Bold,
        &words::glued(&format!("{} of 100{word}", number(value))),
    )];
    if let Some(i) = &score.interval {
        let of = if pen.is_terse() { ":" } else { " interval" };
        pieces.push(words::glued(&format!(
            "{}{of} {} to {}",
            words::whole_percent(i.level, s),
            number(i.low),
            number(i.high)
        )));
    }
    pieces.push(words::glued(&format!(
        "coverage {}",
        words::whole_percent(score.coverage, s)
    )));
    if let Some(b) = score.bounds.filter(|_| !score.complete) {
        pieces.push(words::glued(&format!(
            "bounds {} to {}",
            number(b.low),
            number(b.high)
        )));
    }
    // Two no-break spaces and a space keep the pieces apart and let a line end between them.
    pieces.join(&format!("{0}{0} ", words::GLUE))
}

/// The parts that cost points, most first; the others together.
fn losses(score: &Score, pen: &Pen<'_>) -> Vec<String> {
    let mut parts: Vec<(&ScorePart, f64)> = score
        .parts
        .iter()
        .filter_map(|p| Some((p, p.points_lost_shown.or(p.points_lost)?)))
        .filter(|(_, lost)| *lost >= 0.05)
        .collect();
    parts.sort_by(|a, b| b.1.total_cmp(&a.1));
    if parts.is_empty() {
        return Vec::new();
    }
    let number = |v: f64| words::fixed(v, 1, pen.signs);
    let total: f64 = parts.iter().map(|(_, lost)| lost).sum();
    let most = if pen.style.full { NAMED + 1 } else { NAMED };
    let named = if parts.len() == most + 1 {
        most + 1
    } else {
        most
    };
    let mut rows: Vec<(String, f64)> = parts
        .iter()
        .take(named)
        .map(|(part, lost)| (title(part, pen), *lost))
        .collect();
    if parts.len() > named {
        let rest: f64 = parts[named..].iter().map(|(_, lost)| lost).sum();
        rows.push((format!("{} others", parts.len() - named), rest));
    }
    if pen.style.full {
        return loss_bars(&rows, total, pen);
    }
    let list: Vec<String> = rows
        .iter()
        .map(|(name, lost)| words::glued(&format!("{name} {}", number(*lost))))
        .collect();
    pen.paragraph(
        "  ",
        &format!("Lost{}{}: {}", words::GLUE, number(total), list.join(", ")),
    )
}

fn loss_bars(rows: &[(String, f64)], total: f64, pen: &Pen<'_>) -> Vec<String> {
    let titles = rows.iter().map(|(t, _)| width(t)).max().unwrap_or(0);
    let most = rows.iter().map(|r| r.1).fold(0.0, f64::max);
    let room = pen.width().saturating_sub(titles + 14).min(40);
    let number = |v: f64| right(&words::fixed(v, 1, pen.signs), 6);
    let mut lines = vec![
        String::new(),
        format!("  {}{}", left("Points lost", titles + 2), number(total)),
    ];
    for (title, lost) in rows {
        lines.push(format!(
            "    {}{}  {}",
            left(title, titles),
            number(*lost),
            bars::share(lost / most, room, pen)
        ));
    }
    lines
}

/// Name of a part in a list: `response time p95`.
pub(in super::super) fn title(part: &ScorePart, pen: &Pen<'_>) -> String {
    let title = words::lower(&pen.name(&part.title, 40)).replace(',', "");
    // Mean and p95 stand beside each other: the shorter word is enough.
    let title = title.replace("response time", "response");
    if part.statistic == "p95" && part.metric == "response_time" && !title.contains("p95") {
        format!("{title} p95")
    } else if part.part == "response_mean" && !title.contains("mean") {
        format!("{title} mean")
    } else {
        title
    }
}

/// With a capital and a full stop.
pub(in super::super) fn sentence(text: &str) -> String {
    let text = super::super::verdict::capital(text);
    if text.ends_with(['.', '!', '?']) {
        text
    } else {
        format!("{text}.")
    }
}
