//! The top of a screen: how it goes, in a word and in figures.

use super::super::pen::{Pen, Tone};
use super::super::times;
use super::super::verdict;
use super::super::words;
use super::{Scene, ago, apart};
use crate::assessment::{Assessment, Mood, Score, ScoreStatus};
use crate::metrics::Unit;

/// Program and page, the time, and whether it goes on by itself.
pub(crate) fn title(page: &str, state: &str, scene: &Scene, pen: &Pen<'_>) -> String {
    let dot = pen.signs.dot;
    let name = pen.paint(Tone::Bold, "perfadvise dashboard");
    let zone = &pen.style.zone;
    let (left, pattern) = match pen.is_narrow() {
        true => (
            pen.paint(Tone::Bold, &format!("perfadvise {page}")),
            "%H:%M:%S %Z",
        ),
        false => (format!("{name} {dot} {page}"), "%a %-d %b %Y %H:%M:%S %Z"),
    };
    let at = times::worded(scene.at, zone, pattern);
    let length = scene.assessment.period.map(|p| {
        let length = times::length(p.to.since(p.from).0, pen.signs);
        match pen.width() {
            100.. => format!(" {dot} {length} of records"),
            _ => format!(" {dot} {length}"),
        }
    });
    let right = format!("{at} {dot} {state}{}", length.unwrap_or_default());
    apart(&left, &right.replace(words::GLUE, " "), pen)
}

/// `✗ degraded  Score 76.6 good (72.9 to 79.4)  FANCY 67 %  claude_code 69 %  3 projects  up 99.9 %`.
pub(crate) fn state(scene: &Scene, pen: &Pen<'_>) -> String {
    let a = &scene.assessment;
    let (sign, word, tone) = word(scene, pen);
    let word = pen.paint(tone, &format!("{sign} {word}"));
    let gap = if pen.is_narrow() { "   " } else { "    " };
    let lead = if pen.is_narrow() { "" } else { "  " };
    let mut line = format!("{lead}{word}");
    let others = [
        Some(score(&a.score, pen)),
        used(a, "mode", pen),
        used(a, "interface", pen),
    ]
    .into_iter()
    .chain([projects(scene), uptime(a, pen)]);
    for text in others.flatten() {
        let text = text.replace(words::GLUE, " ");
        let columns = super::width(&line) + gap.len() + super::width(&text);
        if columns <= pen.width() {
            line = format!("{line}{gap}{text}");
        }
    }
    line
}

/// The verdict as a page begins with it, and how old the newest record is.
pub(crate) fn verdict_line(scene: &Scene, pen: &Pen<'_>) -> String {
    let a = &scene.assessment;
    if a.provenance.records == 0 {
        return "  No record yet.".into();
    }
    let first = verdict::verdict(a, pen).first;
    let age = a.period.map_or_else(String::new, |p| {
        let old = match p.to > scene.at {
            true => "from now on".to_owned(),
            false => ago(p.to, scene.at, pen),
        };
        format!("newest record {old}")
    });
    let line = apart(&format!("  {first}"), &age, pen);
    line.replace(words::GLUE, " ")
}

/// Sign, word and colour: what fires comes before what was missed.
fn word(scene: &Scene, pen: &Pen<'_>) -> (&'static str, &'static str, Tone) {
    let is_unicode = pen.style.unicode;
    let bad = if is_unicode { pen.signs.missed } else { "!" };
    let good = if is_unicode { pen.signs.met } else { "+" };
    let firing = scene.alerts.as_ref().map_or(0, |alerts| alerts.firing);
    match scene.assessment.headline.mood {
        Mood::Worse => (bad, "degraded", Tone::Bad),
        _ if firing > 0 => (bad, "alert", Tone::Bad),
        Mood::Missed => (bad, "off target", Tone::Bad),
        Mood::Better => (good, "improved", Tone::Good),
        Mood::Good => (good, "healthy", Tone::Good),
        Mood::Unknown => ("?", "unknown", Tone::Bold),
    }
}

/// `Score 76.6 good (72.9 to 79.4)`.
fn score(score: &Score, pen: &Pen<'_>) -> String {
    let Some(value) = score.value else {
        return "no score".into();
    };
    let s = pen.signs;
    let band = match (score.status, score.band) {
        (ScoreStatus::Partial, _) => " partial".to_owned(),
        (_, Some(band)) => format!(" {}", verdict::band_name(band)),
        (_, None) => String::new(),
    };
    let interval = score.interval.as_ref().filter(|_| !pen.is_narrow());
    let interval = interval.map_or_else(String::new, |i| {
        format!(
            " ({} to {})",
            words::fixed(i.low, 1, s),
            words::fixed(i.high, 1, s)
        )
    });
    let name = if pen.is_narrow() { "score" } else { "Score" };
    format!("{name} {}{band}{interval}", words::fixed(value, 1, s))
}

/// The most used value of a dimension: `mode FANCY 67 %`.
fn used(a: &Assessment, dimension: &str, pen: &Pen<'_>) -> Option<String> {
    let table = a.tables.iter().find(|t| t.dimension == dimension)?;
    let row = table.rows.first()?;
    let name = pen.name(&row.value, 20);
    let share = row.share.filter(|_| table.rows.len() > 1);
    let share = share.map_or_else(String::new, |share| {
        format!(" {}", words::whole_percent(share, pen.signs))
    });
    let lead = match dimension {
        "mode" if !pen.is_narrow() => "mode ",
        _ => "",
    };
    Some(format!("{lead}{name}{share}"))
}

fn projects(scene: &Scene) -> Option<String> {
    let n = scene.latest.projects;
    (n > 0).then(|| words::counted(n, "project", "projects"))
}

fn uptime(a: &Assessment, pen: &Pen<'_>) -> Option<String> {
    let is_it = |m: &&crate::assessment::MetricRow| m.metric == "uptime" && m.dims.is_empty();
    let value = a.metrics.iter().find(is_it)?.mean?;
    Some(format!(
        "up {}",
        words::amount(Unit::Ratio, value, pen.signs)
    ))
}
