//! The key indicators against their targets, a line each.

use super::super::bars;
use super::super::escape::width;
use super::super::pen::{Pen, Tone, left, right};
use super::super::words;
use crate::assessment::{Assessment, Indicator, Limit, TargetRow, TargetVerdict};
use crate::metrics::Unit;

/// From this number on, indicators without a value share a line.
const MANY_UNKNOWN: usize = 3;

/// Columns of a bar, at least.
const BAR: usize = 6;

/// The words of one line.
struct Row<'a> {
    indicator: &'a Indicator,
    title: String,
    value: String,
    interval: String,
    target: String,
}

/// Columns of the words.
struct Widths {
    title: usize,
    value: usize,
    interval: usize,
    target: usize,
    bar: usize,
}

/// The section; nothing without indicators.
pub(super) fn section(a: &Assessment, pen: &Pen<'_>) -> Vec<String> {
    if a.indicators.is_empty() {
        return Vec::new();
    }
    let (known, unknown): (Vec<&Indicator>, Vec<&Indicator>) =
        a.indicators.iter().partition(|i| i.value.is_some());
    let is_apart = unknown.len() >= MANY_UNKNOWN;
    let shown: Vec<&Indicator> = if is_apart {
        known
    } else {
        a.indicators.iter().collect()
    };
    let rows: Vec<Row<'_>> = shown.into_iter().map(|i| row(i, pen)).collect();
    let widths = widths(&rows, pen);

    let mut lines = vec![pen.section("Key indicators", &basis(a)), String::new()];
    if !rows.is_empty() {
        if !pen.is_narrow() {
            lines.push(head(&widths));
        }
        lines.extend(rows.iter().map(|r| line(r, &widths, pen)));
    }
    if is_apart {
        let names: Vec<String> = unknown
            .iter()
            .map(|i| words::glued(&words::lower(&pen.name(&i.title, 40)).replace(',', "")))
            .collect();
        lines.extend(pen.paragraph("  Not measured   ", &names.join(", ")));
    }
    // A short page says "no interval"; why stands on the full one.
    if pen.style.full {
        lines.extend(notes(&rows, pen));
    }
    if !rows.is_empty() && !pen.is_narrow() {
        lines.extend(legend(&rows, pen));
    }
    lines
}

/// On how much it stands: `n = 9,412 steps in 118 sessions`.
fn basis(a: &Assessment) -> String {
    let p = &a.provenance;
    let steps = a
        .metrics
        .iter()
        .find(|m| m.metric == "success_rate" && m.dims.is_empty() && !m.reported)
        .and_then(|m| m.n);
    let units = if p.units_called == "sessions" {
        words::counted(p.units, "session", "sessions")
    } else {
        words::counted(p.units, "unit", "units")
    };
    let text = match steps {
        Some(n) => format!("n = {} in {units}", words::counted(n, "step", "steps")),
        None if p.samples > 0 => format!("n = {}", words::counted(p.samples, "sample", "samples")),
        None => String::new(),
    };
    text.replace(words::GLUE, " ")
}

fn row<'a>(indicator: &'a Indicator, pen: &Pen<'_>) -> Row<'a> {
    let i = indicator;
    let interval = match (&i.interval, i.value) {
        (Some(interval), Some(value)) if interval.low.is_finite() && interval.high.is_finite() => {
            words::span(i.unit, value, interval.low, interval.high, pen.signs)
        }
        _ if i.reported => "as reported".into(),
        (_, Some(_)) => "no interval".into(),
        (_, None) => i
            .note
            .as_deref()
            .map_or_else(|| "not measured".into(), |n| pen.name(n, 24)),
    };
    Row {
        indicator: i,
        title: pen.name(&i.title, if pen.is_narrow() { 21 } else { 28 }),
        value: words::amount_or_dash(i.unit, i.value, pen.signs),
        interval,
        target: i
            .target
            .as_ref()
            .map_or_else(String::new, |t| limit(t, i.unit, pen)),
    }
}

/// `≤ 3 s`, `≥ 70 %`.
pub(in super::super) fn limit(target: &TargetRow, unit: Unit, pen: &Pen<'_>) -> String {
    let sign = match target.limit {
        Limit::Upper => pen.signs.at_most,
        Limit::Lower => pen.signs.at_least,
    };
    words::glued(&format!(
        "{sign} {}",
        words::round_amount(unit, target.value, pen.signs)
    ))
}

fn widths(rows: &[Row<'_>], pen: &Pen<'_>) -> Widths {
    let widest = |cell: &dyn Fn(&Row<'_>) -> usize, head: usize| {
        rows.iter().map(cell).max().unwrap_or(0).max(head)
    };
    let title = widest(&|r| width(&r.title), 0);
    let value = widest(&|r| width(&r.value), 5);
    let target = widest(&|r| width(&r.target), 6);
    let interval = if pen.is_narrow() {
        0
    } else {
        widest(&|r| width(&r.interval), 13) + 2
    };
    let used = 2 + title + 2 + value + 2 + interval + target + 2 + 3 + 9;
    let bar = pen.width().saturating_sub(used).min(pen.width() / 4 - 1);
    Widths {
        title,
        value,
        interval,
        target,
        bar,
    }
}

fn head(w: &Widths) -> String {
    format!(
        "  {}  {}  {}{}  {}  verdict",
        " ".repeat(w.title),
        right("value", w.value),
        left(&words::glued("95 % interval"), w.interval),
        right("target", w.target),
        " ".repeat(if w.bar < BAR { 0 } else { w.bar + 1 }),
    )
}

fn line(row: &Row<'_>, w: &Widths, pen: &Pen<'_>) -> String {
    let i = row.indicator;
    let mut line = format!(
        "  {}  {}  ",
        left(&row.title, w.title),
        right(&row.value, w.value)
    );
    if !pen.is_narrow() {
        line.push_str(&left(&row.interval, w.interval));
    }
    line.push_str(&right(&row.target, w.target));
    line.push_str("  ");
    if w.bar >= BAR {
        let bar = bars::indicator(i, w.bar, pen).unwrap_or_default();
        line.push_str(&left(&bar, w.bar + 1));
        line.push(' ');
    }
    line.push(' ');
    line.push_str(&verdict(i, pen));
    line
}

fn verdict(i: &Indicator, pen: &Pen<'_>) -> String {
    let signs = pen.signs;
    match i.verdict {
        TargetVerdict::Met if pen.is_narrow() && pen.style.unicode => {
            pen.paint(Tone::Good, signs.met)
        }
        TargetVerdict::Met => pen.paint(Tone::Good, &format!("{} met", signs.met)),
        TargetVerdict::Missed => pen.paint(Tone::Bad, &format!("{} missed", signs.missed)),
        TargetVerdict::Unknown if i.value.is_some() && i.target.is_none() => "no target".into(),
        TargetVerdict::Unknown => "? unknown".into(),
    }
}

/// Why some values have no interval: those with the same reason on one line.
fn notes(rows: &[Row<'_>], pen: &Pen<'_>) -> Vec<String> {
    let mut notes: Vec<(&str, Vec<String>)> = Vec::new();
    for i in rows.iter().map(|r| r.indicator) {
        let (Some(note), Some(_), None) = (i.note.as_deref(), i.value, &i.interval) else {
            continue;
        };
        let title = words::glued(&pen.name(&i.title, 40).replace(',', ""));
        match notes.iter_mut().find(|(n, _)| *n == note) {
            Some((_, titles)) => titles.push(title),
            None => notes.push((note, vec![title])),
        }
    }
    notes
        .iter()
        .flat_map(|(note, titles)| {
            pen.paragraph("  ", &format!("{}: {}", titles.join(", "), pen.text(note)))
        })
        .collect()
}

/// What the bars mean, and from where to where they go.
fn legend(rows: &[Row<'_>], pen: &Pen<'_>) -> Vec<String> {
    let s = pen.signs;
    let bars = if pen.is_terse() {
        format!("{} interval  {} target", s.band, s.target)
    } else {
        format!(
            "{} up to the interval  {} interval  {} target",
            s.bar, s.band, s.target
        )
    };
    let mut scales: Vec<String> = Vec::new();
    let mut others = false;
    for i in rows.iter().map(|r| r.indicator) {
        if i.value.is_none() {
            continue;
        }
        if i.unit == Unit::Ratio && i.scale_low == 0.0 && (i.scale_high - 1.0).abs() < 1e-9 {
            others = true;
            continue;
        }
        let end = words::round_amount(i.unit, i.scale_high, s);
        let low = words::round_amount(i.unit, i.scale_low, s);
        let low = low.split(words::GLUE).next().unwrap_or("0").to_owned();
        let text = format!("{low}{}{end}", s.dash);
        if !scales.contains(&text) {
            scales.push(text);
        }
    }
    if others {
        let whole = words::glued("100 %");
        scales.push(if scales.is_empty() {
            format!("0{}{whole}", s.dash)
        } else {
            format!("others{}0{}{whole}", words::GLUE, s.dash)
        });
    }
    let scales = format!("scales: {}", scales.join(", "));
    let faint = |t: &str| pen.paint(Tone::Faint, t);
    if 2 + width(&bars) + 3 + width(&scales) <= pen.width() {
        vec![format!(
            "  {}{}{}",
            faint(&bars),
            " ".repeat((pen.width() - 2 - width(&bars) - width(&scales)).min(6)),
            faint(&scales)
        )]
    } else {
        vec![
            format!("  {}", faint(&bars)),
            format!("  {}", faint(&scales)),
        ]
    }
}
