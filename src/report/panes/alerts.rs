//! Alerts: what fires, what is about to, what is quiet.

use super::super::alerts::{is_held, state, told};
use super::super::pen::{Pen, Tone};
use super::super::shell::quoted;
use super::super::table::Column;
use super::super::times::{self, moment, worded};
use super::super::words;
use super::{Listing, Pane, Scene, facts};
use crate::assessment::{AlertPhase, AlertRow, AlertsReport};

/// The alerts, those that fire first.
pub(crate) fn rows(scene: &Scene) -> &[AlertRow] {
    scene.alerts.as_ref().map_or(&[], |report| &report.alerts)
}

/// How many are not quiet.
pub(crate) fn loud(scene: &Scene) -> usize {
    let loud = |r: &&AlertRow| r.state != AlertPhase::Quiet;
    rows(scene).iter().filter(loud).count()
}

/// Two lines for each that is not quiet, one for the others.
pub(crate) fn pane(scene: &Scene, chosen: Option<usize>, pen: &Pen<'_>) -> Pane {
    let report = match &scene.alerts {
        Ok(report) => report,
        Err(why) => return Pane::empty("Alerts", &pen.text(why), pen),
    };
    let blocks = report.alerts.iter().map(|row| block(row, report, pen));
    Pane::of_blocks("Alerts", &counts(report), blocks.collect(), chosen, pen)
}

/// A line for each that is not quiet, and for the one that is chosen; and which line that is.
pub(crate) fn lines(
    scene: &Scene,
    chosen: Option<usize>,
    pen: &Pen<'_>,
) -> (Vec<String>, Option<usize>) {
    let Ok(report) = &scene.alerts else {
        return (Vec::new(), None);
    };
    let mut at = None;
    let mut lines = Vec::new();
    for (index, row) in report.alerts.iter().enumerate() {
        let is_chosen = chosen == Some(index);
        if row.state == AlertPhase::Quiet && !is_chosen {
            continue;
        }
        let line = format!(
            "  {} {} {}, {}",
            sign(row, pen),
            name(row, 30, pen),
            value_and_rule(row, pen),
            since(row, report, !pen.is_narrow(), pen)
        );
        if is_chosen {
            at = Some(lines.len());
        }
        lines.push(match is_chosen {
            true => super::marked(&line, pen),
            false => line,
        });
    }
    (lines, at)
}

/// `1 firing, 2 pending`.
fn counts(report: &AlertsReport) -> String {
    let parts: Vec<String> = [(report.firing, "firing"), (report.pending, "pending")]
        .into_iter()
        .filter(|(n, _)| *n > 0)
        .map(|(n, word)| format!("{n} {word}"))
        .collect();
    match parts.is_empty() {
        true => "none fires".into(),
        false => parts.join(", "),
    }
}

/// Name and values of its labels: `interface_failure mock`.
fn name(row: &AlertRow, columns: usize, pen: &Pen<'_>) -> String {
    let values = row.key.labels.values().map(String::as_str);
    let words: Vec<&str> = std::iter::once(row.key.alert.as_str())
        .chain(values)
        .collect();
    pen.name(&words.join(" "), columns)
}

fn sign(row: &AlertRow, pen: &Pen<'_>) -> String {
    let is_unicode = pen.style.unicode;
    match row.state {
        AlertPhase::Firing => pen.paint(Tone::Bad, if is_unicode { pen.signs.missed } else { "!" }),
        AlertPhase::Pending => pen.paint(Tone::Bold, if is_unicode { "!" } else { "?" }),
        AlertPhase::Quiet if row.value.is_none() => pen.signs.dash.into(),
        AlertPhase::Quiet => pen.paint(Tone::Good, pen.signs.met),
    }
}

fn block(row: &AlertRow, report: &AlertsReport, pen: &Pen<'_>) -> Vec<String> {
    let name = name(row, pen.width().saturating_sub(20).max(12), pen);
    let head = format!("  {} {name}  ", sign(row, pen));
    if row.state == AlertPhase::Quiet {
        return vec![format!("{head}{}", pen.text(&row.value_text))];
    }
    let mut lines = vec![format!("{head}{}", value_and_rule(row, pen))];
    if super::width(&lines[0]) > pen.width() {
        lines = vec![head, format!("    {}", value_and_rule(row, pen))];
    }
    lines.push(format!("    {}", since(row, report, true, pen)));
    lines
}

/// `46.2 % < 68 %`; a rule of several words stands in brackets.
fn value_and_rule(row: &AlertRow, pen: &Pen<'_>) -> String {
    let (value, rule) = (pen.text(&row.value_text), pen.text(&row.rule));
    match rule.starts_with(['<', '>']) {
        true => format!("{value} {rule}"),
        false => format!("{value} ({rule})"),
    }
}

/// `firing since Thu 19:42, sent 02:00`; the latter where there is room.
fn since(row: &AlertRow, report: &AlertsReport, has_room: bool, pen: &Pen<'_>) -> String {
    let zone = &pen.style.zone;
    let clock = |at: crate::units::Time| {
        let pattern = match report.at.since(at).0 {
            s if s < 43_200.0 => "%H:%M",
            s if s < 6.0 * 86_400.0 => "%a %H:%M",
            _ => "%-d %b %H:%M",
        };
        worded(at, zone, pattern)
    };
    let since = row
        .since
        .map_or_else(String::new, |s| format!(" since {}", clock(s)));
    let sent = match row.last_sent {
        _ if !has_room => String::new(),
        Some(sent) => format!(", sent {}", clock(sent)),
        None if row.state == AlertPhase::Firing => ", not sent".into(),
        None => String::new(),
    };
    format!("{}{since}{sent}", state(row))
}

/// All of them.
pub(crate) fn listing(scene: &Scene, pen: &Pen<'_>) -> Listing {
    let why = match &scene.alerts {
        Ok(_) => "No alert was looked at.".to_owned(),
        Err(why) => pen.text(why),
    };
    let rows = rows(scene);
    let cells = |cell: &dyn Fn(&AlertRow) -> String| rows.iter().map(cell).collect::<Vec<_>>();
    let columns = vec![
        Column::words("", cells(&|r| sign(r, pen))),
        Column::words("alert", cells(&|r| name(r, 34, pen))),
        Column::words("state", cells(&state)),
        Column::numbers("value", cells(&|r| pen.text(&r.value_text))),
        Column::words("rule", cells(&|r| pen.name(&r.rule, pen.width() / 3))),
        Column::words("severity", cells(&|r| r.severity.name().to_owned())),
        Column::words(
            "since",
            cells(&|r| {
                let is_loud = r.state != AlertPhase::Quiet;
                let since = r.since.filter(|_| is_loud);
                since.map_or_else(String::new, |s| moment(s, &pen.style.zone))
            }),
        ),
    ];
    let remark = scene.alerts.as_ref().map_or_else(|_| String::new(), counts);
    Listing::new("Alerts", &remark, columns, &why, pen)
}

/// Everything about the one with this number.
pub(crate) fn detail(scene: &Scene, index: usize, pen: &Pen<'_>) -> Option<Pane> {
    let report = scene.alerts.as_ref().ok()?;
    let row = report.alerts.get(index)?;
    let zone = &pen.style.zone;
    let name = pen.text(&row.key.alert);
    let files: Vec<String> = report.files.iter().map(|f| pen.path(f, 60)).collect();
    let held = match is_held(row) {
        true => "nobody is told of it",
        false => "",
    };
    let mut lines = facts(
        &[
            ("state", state(row)),
            (
                "since",
                row.since.map_or_else(String::new, |s| moment(s, zone)),
            ),
            ("value", pen.text(&row.value_text)),
            ("rule", pen.text(&row.rule)),
            ("severity", row.severity.name().to_owned()),
            (
                "records end",
                row.data_at.map_or_else(String::new, |at| moment(at, zone)),
            ),
            ("cooldown", times::length(row.cooldown, pen.signs)),
            ("held", held.to_owned()),
            ("notes", told(row, report, pen).join("; ")),
            ("configured in", files.join(", ")),
        ],
        pen,
    );
    lines.push(String::new());
    lines.extend(pen.paragraph(
        "  ",
        &format!(
            "Not to be told for an hour: perfadvise alerts silence {} --for 1h",
            quoted(&name)
        ),
    ));
    Some(Pane::new(
        &words::glued(&pen.name(&row.key.title(), 60)),
        row.severity.name(),
        lines,
    ))
}
