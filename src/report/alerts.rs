//! Alerts as text, Markdown, JSON, JSON lines, YAML or CSV.

use super::pen::{Pen, Tone};
use super::table::{Column, fitting, lines as table};
use super::times::{length, moment, moment_seen_from, worded};
use super::words::counted;
use super::{Style, json, yaml};
use crate::assessment::{AlertPhase, AlertRow, AlertsReport, Silence};

/// The report in an output format (`text`, `json`, `jsonl`, `yaml`).
#[must_use]
pub fn render(report: &AlertsReport, format: &str, style: &Style) -> String {
    match format {
        "json" => json::document(report),
        "jsonl" => report.alerts.iter().map(json::line).collect(),
        "yaml" => yaml::document(report),
        _ => page(report, style),
    }
}

/// The page for a terminal.
fn page(report: &AlertsReport, style: &Style) -> String {
    let pen = Pen::new(style);
    let dot = pen.signs.dot;
    let files: Vec<String> = report.files.iter().map(|f| pen.path(f, 40)).collect();
    let mut title = pen.paint(Tone::Bold, &pen.name(&style.command, 40));
    if !files.is_empty() {
        title.push_str(&format!(" {dot} {}", files.join(", ")));
    }
    let at = worded(report.at, &style.zone, "%a %-d %b %Y %H:%M:%S %Z");
    let mut lines = pen.spread(&title, &at);
    lines.push(String::new());
    lines.extend(pen.paragraph("  ", &verdict(report)).into_iter().map(|l| {
        pen.paint(
            if report.firing > 0 {
                Tone::Bad
            } else {
                Tone::Bold
            },
            &l,
        )
    }));
    lines.push(String::new());
    lines.extend(table(&columns(report, &pen), "  "));
    let notes: Vec<String> = report
        .alerts
        .iter()
        .flat_map(|row| notes(row, report, &pen))
        .collect();
    if !notes.is_empty() {
        lines.push(String::new());
        lines.extend(notes);
    }
    lines.push(String::new());
    if let Some(until) = report.data_until {
        let old = report.at.since(until).0;
        if old > 3_600.0 {
            let told = format!(
                "The newest record is {} old ({}).",
                length(old, pen.signs),
                moment(until, &style.zone)
            );
            lines.extend(pen.paragraph("  ", &told));
        }
    }
    if !report.is_sent {
        lines.extend(pen.paragraph("  ", "Nothing was sent: this is a check."));
    }
    pen.finish(&lines)
}

/// `1 firing, 1 pending, 3 quiet`
fn verdict(report: &AlertsReport) -> String {
    let mut parts = Vec::new();
    for (n, word) in [
        (report.firing, "firing"),
        (report.pending, "pending"),
        (report.quiet, "quiet"),
    ] {
        if n > 0 {
            parts.push(format!("{n} {word}"));
        }
    }
    let held: u64 = report
        .alerts
        .iter()
        .filter(|r| r.state == AlertPhase::Firing && is_held(r))
        .count() as u64;
    if held > 0 {
        parts.push(format!("{held} firing unheard (silenced or inhibited)"));
    }
    if report.without_data > 0 {
        parts.push(format!("{} of these without data", report.without_data));
    }
    match parts.is_empty() {
        true => "no alert".to_owned(),
        false => parts.join(", "),
    }
}

pub(super) fn is_held(row: &AlertRow) -> bool {
    row.silenced_until.is_some() || row.inhibited_by.is_some()
}

fn columns(report: &AlertsReport, pen: &Pen<'_>) -> Vec<Column> {
    let rows = &report.alerts;
    let cells = |of: &dyn Fn(&AlertRow) -> String| rows.iter().map(of).collect::<Vec<_>>();
    let of = |r: &AlertRow| {
        let values: Vec<&str> = r.key.labels.values().map(String::as_str).collect();
        pen.name(&values.join(" "), 20)
    };
    let mut columns = vec![Column::words(
        "alert",
        cells(&|r| pen.name(&r.key.alert, 28)),
    )];
    if rows.iter().any(|r| !r.key.labels.is_empty()) {
        columns.push(Column::words("of", cells(&of)));
    }
    columns.extend([
        Column::words("severity", cells(&|r| r.severity.name().to_owned())),
        Column::numbers("value now", cells(&|r| pen.text(&r.value_text))),
        Column::words("state", cells(&state)),
        Column::words("rule", cells(&|r| pen.name(&r.rule, pen.width() / 3))),
    ]);
    let since = |r: &AlertRow| match r.since {
        Some(since) if r.state != AlertPhase::Quiet => {
            let is_old = report.at.since(since).0 > 6.0 * 86_400.0;
            let pattern = if is_old { "%-d %b %H:%M" } else { "%a %H:%M" };
            worded(since, &pen.style.zone, pattern)
        }
        _ => String::new(),
    };
    columns.push(Column::words("since", cells(&since)));
    fitting(columns, pen.width().saturating_sub(2)).0
}

pub(super) fn state(row: &AlertRow) -> String {
    let held = match (&row.silenced_until, &row.inhibited_by) {
        (Some(_), _) => ", silenced",
        (None, Some(_)) => ", inhibited",
        (None, None) => "",
    };
    format!("{}{held}", row.state.name())
}

/// What else is known of an alert that is not quiet.
fn notes(row: &AlertRow, report: &AlertsReport, pen: &Pen<'_>) -> Vec<String> {
    let name = pen.name(&row.key.title(), 48);
    told(row, report, pen)
        .iter()
        .enumerate()
        .flat_map(|(n, text)| {
            let lead = match n {
                0 => format!("  {}  ", super::pen::left(&name, 18)),
                _ => " ".repeat(4 + super::escape::width(&name).max(18)),
            };
            pen.paragraph(&lead, text)
        })
        .collect()
}

/// The same, a text each.
pub(super) fn told(row: &AlertRow, report: &AlertsReport, pen: &Pen<'_>) -> Vec<String> {
    let zone = &pen.style.zone;
    let mut told = Vec::new();
    if row.state != AlertPhase::Quiet {
        match (row.last_sent, row.next_not_before) {
            (Some(last), Some(next)) => told.push(format!(
                "last sent {}, next not before {} (cooldown {})",
                moment(last, zone),
                moment(next, zone),
                length(row.cooldown, pen.signs)
            )),
            (Some(last), None) => told.push(format!("last sent {}", moment(last, zone))),
            _ => {}
        }
        if !row.failures.is_empty() {
            let times: Vec<String> = row
                .failures
                .iter()
                .rev()
                .take(5)
                .rev()
                .map(|at| worded(*at, zone, "%H:%M:%S"))
                .collect();
            told.push(format!("failed {}", times.join(", ")));
        }
        if let Some(until) = row.silenced_until {
            told.push(format!("silenced until {}", moment(until, zone)));
        }
        if let Some(by) = &row.inhibited_by {
            told.push(format!("not sent while {} fires", pen.text(by)));
        }
        if let Some(action) = &row.action {
            told.push(format!("action {}", pen.text(action)));
        }
        if let Some(data) = row
            .data_at
            .filter(|data| report.at.since(*data).0 > 3_600.0)
        {
            told.push(format!("its newest record is of {}", moment(data, zone)));
        }
    }
    told.extend(row.note.iter().map(|note| pen.text(note)));
    told
}

/// Silences, one a line.
#[must_use]
pub fn silences(all: &[Silence], style: &Style) -> String {
    let pen = Pen::new(style);
    let mut lines = Vec::new();
    for silence in all {
        let labels: Vec<String> = silence
            .labels
            .iter()
            .map(|(key, value)| format!("{}={}", pen.text(key), pen.text(value)))
            .collect();
        let name = silence.alert.as_deref().unwrap_or("all alerts");
        let mut text = format!("{} {}", pen.text(name), labels.join(", "));
        text = format!(
            "{} until {}",
            text.trim(),
            moment_seen_from(silence.until, silence.from, &style.zone)
        );
        if let Some(reason) = &silence.reason {
            text.push_str(&format!(": {}", pen.text(reason)));
        }
        lines.extend(pen.paragraph(&format!("{:>3}  ", silence.id), &text));
    }
    if all.is_empty() {
        lines.push("Nothing is silenced.".into());
    }
    pen.finish(&lines)
}

/// How often each alert fired in a period: `cache_hit_rate 3 times, fires still; response_time once`.
#[must_use]
pub(super) fn firings(all: &[crate::assessment::Firing], pen: &Pen<'_>) -> String {
    let mut counts: Vec<(String, u64, bool)> = Vec::new();
    for firing in all {
        let title = pen.name(&firing.key.title(), 60);
        let is_open = firing.resolved_at.is_none();
        match counts.iter_mut().find(|(name, ..)| *name == title) {
            Some((_, n, open)) => (*n, *open) = (*n + 1, *open || is_open),
            None => counts.push((title, 1, is_open)),
        }
    }
    counts.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    let told: Vec<String> = counts
        .into_iter()
        .map(|(name, n, is_open)| {
            let times = counted(n, "time", "times");
            let open = if is_open { " and fires still" } else { "" };
            format!("{name} {times}{open}")
        })
        .collect();
    told.join("; ")
}
