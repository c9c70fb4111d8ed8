//! Where wall-clock time went.

use super::super::bars;
use super::super::pen::{Pen, right};
use super::super::shares;
use super::super::words;
use crate::assessment::{Assessment, Attribution, BusyTime};
use crate::metrics::Unit;

/// From this width on there is room for the intervals of shares beside their bars.
const WIDE: usize = 92;

/// Tools that are named.
const TOOLS: usize = 8;

/// A part with its seconds and its share in percent.
pub(in super::super) struct TimePart {
    /// Name for people.
    pub(in super::super) name: String,
    /// Seconds.
    pub(in super::super) seconds: f64,
    /// Percent, rounded together with the others.
    pub(in super::super) percent: f64,
    /// Interval of the share, worded; empty without one.
    pub(in super::super) interval: String,
}

/// The largest parts, as many as one line has room for.
pub(super) fn line(a: &Assessment, pen: &Pen<'_>) -> Vec<String> {
    let Some(attribution) = known(a) else {
        return Vec::new();
    };
    let parts = parts(attribution, pen);
    let wall = words::amount(Unit::Seconds, attribution.wall_seconds, pen.signs);
    let in_all = if pen.is_terse() { "" } else { " in all" };
    let paragraph = |named: usize| {
        let mut list: Vec<String> = parts[..named]
            .iter()
            .map(|p| share(&p.name, p.percent, pen))
            .collect();
        if named < parts.len() {
            let rest = parts[named..].iter().map(|p| p.percent).sum();
            list.push(share("other", rest, pen));
        }
        let list = list.join(&format!(" {} ", pen.signs.dot));
        pen.paragraph("  Time       ", &format!("{wall}{in_all}: {list}"))
    };
    (1..=parts.len())
        .rev()
        .map(paragraph)
        .find(|lines| lines.len() == 1)
        .unwrap_or_else(|| paragraph(1))
}

/// `model 33.4 %`, not to be broken.
fn share(name: &str, percent: f64, pen: &Pen<'_>) -> String {
    let percent = words::fixed(percent, 1, pen.signs);
    words::glued(&format!("{name} {percent} %"))
}

/// A table of the parts, the tools, and what was busy.
pub(super) fn full_section(a: &Assessment, pen: &Pen<'_>) -> Option<Vec<String>> {
    let attribution = known(a)?;
    let remark = if attribution.units > 0 {
        let (one, several) = match a.provenance.units_called.as_str() {
            "sessions" => ("session", "sessions"),
            _ => ("unit", "units"),
        };
        words::counted(attribution.units, one, several).replace(words::GLUE, " ")
    } else {
        String::new()
    };
    let mut lines = vec![pen.section("Where the time went", &remark), String::new()];
    lines.extend(table(attribution, pen));
    let notes = notes(attribution, pen);
    if !notes.is_empty() {
        lines.push(String::new());
        lines.extend(
            notes
                .iter()
                .flat_map(|(name, text)| pen.paragraph(&format!("  {name:<11}"), text)),
        );
    }
    Some(lines)
}

/// The attribution, where there is any time.
pub(in super::super) fn known(a: &Assessment) -> Option<&Attribution> {
    a.attribution.as_ref().filter(|t| t.wall_seconds > 0.0)
}

/// The parts that took time, largest first.
pub(in super::super) fn parts(attribution: &Attribution, pen: &Pen<'_>) -> Vec<TimePart> {
    let mut parts: Vec<_> = attribution
        .parts
        .iter()
        .filter(|p| p.seconds > 0.0)
        .collect();
    parts.sort_by(|x, y| y.seconds.total_cmp(&x.seconds));
    let percent: Vec<f64> = parts
        .iter()
        .map(|p| 100.0 * p.seconds / attribution.wall_seconds)
        .collect();
    parts
        .iter()
        .zip(shares::together(&percent, 1))
        .map(|(p, percent)| TimePart {
            name: part_name(&p.part, attribution, pen),
            seconds: p.seconds,
            percent,
            interval: p.interval.as_ref().map_or_else(String::new, |i| {
                let value = p.seconds / attribution.wall_seconds;
                words::span(Unit::Ratio, value, i.low, i.high, pen.signs)
            }),
        })
        .collect()
}

/// What stands below the parts: the tools, what was busy, what cannot be told apart.
pub(in super::super) fn notes(
    attribution: &Attribution,
    pen: &Pen<'_>,
) -> Vec<(&'static str, String)> {
    let mut notes = Vec::new();
    let tools = tools(attribution, pen);
    if !tools.is_empty() {
        notes.push(("Tools", tools));
    }
    let busy: Vec<String> = [("model", &attribution.model), ("tools", &attribution.tool)]
        .into_iter()
        .filter_map(|(name, time)| busy(name, time, pen))
        .collect();
    if !busy.is_empty() {
        let list = busy.join(&format!(" {} ", pen.signs.dot));
        let what = "sums of all calls, those of subagents too; they may exceed the time above";
        notes.push(("Busy", format!("{list}: {what}")));
    }
    if attribution.tool_hides_approvals {
        let what = "logs of agents do not tell waits for permissions from the time of tools";
        notes.push(("To know", what.into()));
    }
    notes
}

/// Names of the parts of wall-clock time, for people.
fn part_name(part: &str, attribution: &Attribution, pen: &Pen<'_>) -> String {
    match part {
        "retry" => "retries".into(),
        "model" => "model".into(),
        "context_preparation" => "context preparation".into(),
        "tool" if attribution.tool_hides_approvals => "tools and permissions".into(),
        "tool" => "tools".into(),
        "queue" => "queue".into(),
        "person" => "waiting for a person".into(),
        "away" => "away".into(),
        "unexplained" => "not attributed".into(),
        other => pen.name(other, 30),
    }
}

/// `Bash 51.2 % · Read 30.1 % · 3 others 18.7 %`: shares of the time of tools.
fn tools(attribution: &Attribution, pen: &Pen<'_>) -> String {
    let all: f64 = attribution.tools.iter().map(|t| t.seconds).sum();
    if all <= 0.0 {
        return String::new();
    }
    let (named, others) = attribution
        .tools
        .split_at(attribution.tools.len().min(TOOLS));
    let mut list: Vec<(String, f64)> = named
        .iter()
        .map(|t| {
            let name = t.tool.as_deref().unwrap_or("without a name");
            (pen.name(name, 30), t.seconds)
        })
        .collect();
    if !others.is_empty() {
        let rest = others.iter().map(|t| t.seconds).sum();
        let n = u64::try_from(others.len()).unwrap_or(u64::MAX);
        list.push((words::counted(n, "other", "others"), rest));
    }
    let percent: Vec<f64> = list.iter().map(|(_, s)| 100.0 * s / all).collect();
    let list: Vec<String> = list
        .iter()
        .zip(shares::together(&percent, 1))
        .map(|((name, _), percent)| share(name, percent, pen))
        .collect();
    list.join(&format!(" {} ", pen.signs.dot))
}

/// `model 5.10 h, 1.08 at once`.
fn busy(name: &str, time: &BusyTime, pen: &Pen<'_>) -> Option<String> {
    let parallelism = words::fixed(time.parallelism?, 2, pen.signs);
    let sum = words::amount(Unit::Seconds, time.busy_seconds, pen.signs);
    Some(words::glued(&format!(
        "{name} {sum}, {parallelism} at once"
    )))
}

fn table(attribution: &Attribution, pen: &Pen<'_>) -> Vec<String> {
    let parts = parts(attribution, pen);
    let has_intervals = pen.width() >= WIDE && parts.iter().any(|p| !p.interval.is_empty());
    let taken = if has_intervals { 72 } else { 52 };
    let room = pen.width().saturating_sub(taken).min(40);
    let seconds: Vec<f64> = parts.iter().map(|p| p.seconds).collect();
    let scale = words::Scale::of_column(Unit::Seconds, attribution.wall_seconds, &seconds);
    let row = |name: &str, time: &str, percent: f64, interval: &str, bar: &str| {
        let share = words::glued(&format!("{} %", words::fixed(percent, 1, pen.signs)));
        let interval = if has_intervals {
            right(interval, 20)
        } else {
            String::new()
        };
        format!(
            "  {name:<22}{}{}{interval}  {bar}",
            right(time, 12),
            right(&share, 10)
        )
    };
    let mut lines: Vec<String> = parts
        .iter()
        .zip(scale.column(&seconds, pen.signs))
        .map(|(p, time)| {
            let bar = bars::share(p.percent / 100.0, room, pen);
            row(&p.name, &time, p.percent, &p.interval, &bar)
        })
        .collect();
    let all = scale.amount(attribution.wall_seconds, pen.signs);
    lines.push(row("all", &all, 100.0, "", ""));
    lines
}
