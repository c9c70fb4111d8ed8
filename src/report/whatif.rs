//! What other settings would give: the reproduction of the present, now and then, what each knob does,
//! and hit rates by size of the context cache.

use super::bars;
use super::effects::difference;
use super::pen::{Pen, Tone, left, right};
use super::table::{self, Column};
use super::text::closing::arguments;
use super::times;
use super::verdict::capital;
use super::words;
use super::{Style, csv, json, yaml};
use crate::assessment::{
    Change, Effect, KnobEffect, Limit, ProjectionKind, Reproduction, SizeRow, SizeTable, Whatif,
};
use crate::metrics::{Metric, Unit};

/// Columns of a bar of hit rates.
const BAR: usize = 20;

/// The answer in an output format (`text`, `json`, `jsonl`, `yaml`, `markdown`, `csv`).
#[must_use]
pub fn render(whatif: &Whatif, format: &str, style: &Style) -> String {
    match format {
        "json" => json::document(whatif),
        "jsonl" => json::line(whatif),
        "yaml" => yaml::document(whatif),
        "csv" => csv::effects(whatif),
        "markdown" => markdown(whatif, style),
        _ => page(whatif, style),
    }
}

/// The page for a terminal.
fn page(w: &Whatif, style: &Style) -> String {
    let pen = Pen::new(style);
    let mut lines = heading(w, &pen);
    let mut add = |block: Vec<String>| {
        if !block.is_empty() {
            lines.push(String::new());
            lines.extend(block);
        }
    };
    add(opening(w, &pen));
    add(reproduction(w, &pen));
    add(effects(w, &pen));
    add(knobs(w, &pen));
    if let Some(sizes) = &w.sizes {
        add(size_lines(sizes, &pen));
    }
    add(withheld(w, &pen));
    add(notes(w, &pen));
    pen.finish(&lines)
}

fn heading(w: &Whatif, pen: &Pen<'_>) -> Vec<String> {
    let s = pen.signs;
    let asked: Vec<String> = w
        .settings
        .iter()
        .map(|c| {
            format!(
                "--set {}={}",
                pen.name(&c.knob, 50),
                typed(c.to.as_ref(), &c.knob, pen)
            )
        })
        .collect();
    let period = w
        .period
        .map_or_else(String::new, |p| times::period(p, &pen.style.zone, s));
    let units = format!(
        "{} {}",
        words::count(w.units),
        pen.name(&w.units_called, 20)
    );
    pen.spread(
        &pen.paint(Tone::Bold, &format!("whatif {}", asked.join(" "))),
        &format!("{period} {} {units}", s.dot),
    )
}

/// Whether there is a projection, and what it stands on.
fn opening(w: &Whatif, pen: &Pen<'_>) -> Vec<String> {
    let text = match &w.projection {
        None => "No projection: see below what is missing.",
        Some(p) => match p.kind {
            ProjectionKind::Replay if p.reproduction.is_empty() => {
                "What was recorded is run again under these settings."
            }
            ProjectionKind::Replay => {
                "The replay of the present agrees with what was measured, so projections are shown."
            }
            ProjectionKind::Measured => {
                "Both variants were observed: like steps are compared with each other."
            }
            ProjectionKind::Share => {
                "A share of what was measured falls away: the figures are bounds."
            }
        },
    };
    pen.paragraph("  ", text)
}

fn reproduction(w: &Whatif, pen: &Pen<'_>) -> Vec<String> {
    let Some(p) = &w.projection else {
        return Vec::new();
    };
    reproduction_table(&p.reproduction, pen)
}

/// Measured, replayed, error, allowed; nothing without a replay.
pub(super) fn reproduction_table(rows: &[Reproduction], pen: &Pen<'_>) -> Vec<String> {
    if rows.is_empty() {
        return Vec::new();
    }
    let s = pen.signs;
    let unit = |r: &Reproduction| Metric::named(&r.metric).map_or(Unit::Unknown, |m| m.row().unit);
    let cells = |cell: &dyn Fn(&Reproduction) -> String| rows.iter().map(cell).collect::<Vec<_>>();
    let share = |r: &Reproduction, value: f64, is_signed: bool| {
        let number = |decimals| {
            if is_signed {
                words::signed(value * 100.0, decimals, s)
            } else {
                words::fixed(value * 100.0, decimals, s)
            }
        };
        match unit(r) {
            Unit::Ratio => words::glued(&format!("{} points", number(1))),
            _ if is_signed => words::glued(&format!("{} %", number(1))),
            _ => words::glued(&format!("{} %", number(0))),
        }
    };
    let dash = || s.dash.to_owned();
    let columns = vec![
        Column::words("", cells(&|r| words::statistic(&r.metric, &r.statistic))),
        Column::numbers(
            "measured",
            cells(&|r| words::amount(unit(r), r.measured, s)),
        ),
        Column::numbers(
            "replayed",
            cells(&|r| words::amount(unit(r), r.replayed, s)),
        ),
        Column::numbers(
            "error",
            cells(&|r| r.error.map_or_else(dash, |e| share(r, e, true))),
        ),
        Column::numbers(
            "allowed",
            cells(&|r| r.allowed.map_or_else(dash, |a| share(r, a, false))),
        ),
    ];
    let (columns, _) = table::fitting(columns, pen.width() - 2);
    table::lines(&columns, "  ")
}

/// Now and then, with the score first.
fn effects(w: &Whatif, pen: &Pen<'_>) -> Vec<String> {
    let Some(p) = &w.projection else {
        return Vec::new();
    };
    let s = pen.signs;
    let mut rows: Vec<[String; 6]> = Vec::new();
    if let Some(score) = &w.score {
        let number = |v: f64| words::fixed(v, 1, s);
        rows.push([
            "score".into(),
            number(score.from),
            number(score.to),
            match (score.low, score.high) {
                (Some(low), Some(high)) => format!("{} to {}", number(low), number(high)),
                _ => s.dash.into(),
            },
            words::signed(score.to - score.from, 1, s),
            String::new(),
        ]);
    }
    for e in &p.effects {
        rows.push([
            pen.name(&words::statistic(&e.metric, &e.statistic), 30),
            words::amount(e.unit, e.from, s),
            words::amount(e.unit, e.to, s),
            match (e.low, e.high) {
                (Some(low), Some(high)) => words::span(e.unit, e.to, low, high, s),
                _ => s.dash.into(),
            },
            words::change(e.unit, e.from, e.to, s),
            target_word(w, e, pen),
        ]);
    }
    let then = match (w.knobs.len(), p.at_most) {
        (_, true) => "then, at most",
        (1, _) => "then",
        (2, _) => "both changed",
        _ => "all changed",
    };
    let heads = ["", "now", then, "90 % interval", "change", "target"];
    let columns = heads
        .iter()
        .enumerate()
        .map(|(at, head)| {
            let cells = rows.iter().map(|r| r[at].clone()).collect();
            match at {
                0 | 3 | 5 => Column::words(head, cells),
                _ => Column::numbers(head, cells),
            }
        })
        .collect();
    let (columns, dropped) = table::fitting(columns, pen.width() - 2);
    let mut lines = table::lines(&columns, "  ");
    // What a narrow page has no column for is said all the same: it decides the exit code.
    let about = p.effects.iter().map(|e| (e, target_word(w, e, pen)));
    let about: Vec<String> = about
        .filter(|(_, said)| dropped > 0 && !said.is_empty())
        .map(|(e, said)| {
            let metric = pen.name(&words::statistic(&e.metric, &e.statistic), 30);
            words::glued(&format!("{metric} {said}"))
        })
        .collect();
    if !about.is_empty() {
        lines.extend(pen.paragraph("  ", &format!("Targets: {}.", about.join(", "))));
    }
    lines
}

/// `target met`, `still misses 5.0 s`, `would miss 70 %`.
fn target_word(w: &Whatif, e: &Effect, pen: &Pen<'_>) -> String {
    let s = pen.signs;
    let found = w
        .targets
        .iter()
        .find(|t| t.metric == e.metric && t.statistic == e.statistic);
    let Some(t) = found else { return String::new() };
    let value = words::round_amount(e.unit, t.value, s);
    let sign = match t.limit {
        Limit::Upper => s.at_most,
        Limit::Lower => s.at_least,
    };
    match (t.met_now, t.met_then) {
        (false, true) => pen.paint(Tone::Good, &format!("meets {sign} {value}")),
        (false, false) => format!("still misses {sign} {value}"),
        (true, false) => pen.paint(Tone::Bad, &format!("would miss {sign} {value}")),
        (true, true) => format!("meets {sign} {value}"),
    }
}

fn knobs(w: &Whatif, pen: &Pen<'_>) -> Vec<String> {
    if w.knobs.len() < 2 {
        return Vec::new();
    }
    let s = pen.signs;
    let points = |p: Option<f64>| p.map_or_else(|| s.dash.into(), |p| words::signed(p, 1, s));
    let cells = |cell: &dyn Fn(&KnobEffect) -> String, last: String| {
        w.knobs.iter().map(cell).chain([last]).collect::<Vec<_>>()
    };
    let together = w.projection.as_ref().and_then(|p| p.points);
    let name = |k: &KnobEffect| {
        let bound = if k.at_most { ", at most" } else { "" };
        format!("{}{bound}", change(&k.change, pen))
    };
    // What a knob does to the score may be nothing, where it changes the cost alone.
    let effect = |k: &KnobEffect| {
        k.main_effect.as_ref().map_or_else(String::new, |e| {
            let metric = words::statistic(&e.metric, &e.statistic);
            format!(
                "{} {}",
                pen.name(&metric, 30),
                words::change(e.unit, e.from, e.to, s)
            )
        })
    };
    let mut columns = vec![
        Column::words("which knob does what", cells(&name, String::new())),
        Column::numbers(
            "alone",
            cells(&|k| points(k.points_alone), "together".into()),
        ),
        Column::numbers(
            "after those above",
            cells(&|k| points(k.points_after_those_above), points(together)),
        ),
    ];
    let is_silent = |k: &KnobEffect| k.points_alone.is_none_or(|p| p.abs() < 0.05);
    if w.knobs
        .iter()
        .any(|k| is_silent(k) && k.main_effect.is_some())
    {
        columns.push(Column::words("most, alone", cells(&effect, String::new())));
    }
    let (columns, _) = table::fitting(columns, pen.width() - 2);
    table::lines(&columns, "  ")
}

/// `context.cache_size 50 → 100`.
fn change(c: &Change, pen: &Pen<'_>) -> String {
    format!(
        "{} {} {} {}",
        pen.name(&c.knob, 50),
        value(c.from.as_ref(), &c.knob, pen),
        pen.signs.arrow,
        value(c.to.as_ref(), &c.knob, pen)
    )
}

/// A knob's value in words.
pub(super) fn value(value: Option<&serde_json::Value>, knob: &str, pen: &Pen<'_>) -> String {
    let is_time = knob == "context.cache_ttl"
        || knob == "prompt_cache.lifetime"
        || knob.starts_with("timeout.");
    match value {
        None | Some(serde_json::Value::Null) => "?".into(),
        Some(serde_json::Value::String(text)) => pen.name(text, 30),
        Some(serde_json::Value::Number(n)) if is_time => n.as_f64().map_or_else(
            || n.to_string(),
            |x| words::round_amount(Unit::Seconds, x, pen.signs),
        ),
        Some(other) => other.to_string(),
    }
}

/// A value as it can be typed: `60min`, `2GB`, `SIMPLE`.
fn typed(to: Option<&serde_json::Value>, knob: &str, pen: &Pen<'_>) -> String {
    let bytes = to.and_then(serde_json::Value::as_f64);
    let text = match bytes.filter(|_| knob == "resources.max_memory_usage") {
        Some(bytes) => words::round_amount(Unit::Bytes, bytes, pen.signs),
        None => value(to, knob, pen),
    };
    text.replace([' ', words::GLUE], "")
}

/// Sizes with their hit rates; the present one and the one asked for are marked.
pub(super) fn size_lines(t: &SizeTable, pen: &Pen<'_>) -> Vec<String> {
    let s = pen.signs;
    let (now, asked) = if pen.style.unicode {
        ("▲", "◆")
    } else {
        ("^", "*")
    };
    let mark = |row: &SizeRow| match row.size {
        Some(size) if Some(size) == t.present => now,
        Some(size) if Some(size) == t.asked => asked,
        _ => " ",
    };
    let has_memory = t.rows.iter().any(|r| r.memory.is_some());
    let mut lines = pen.paragraph(
        "  ",
        &format!("Cache size and hit rate, from one replay ({now} now, {asked} asked for)"),
    );
    lines.push(String::new());
    let memory_head = if has_memory { "  memory" } else { "" };
    lines.push(format!("    size   hit rate{memory_head}"));
    for row in &t.rows {
        let size = row.size.map_or_else(|| "all".into(), words::count);
        let rate = words::amount(Unit::Ratio, row.hit_rate, s);
        let memory = match row.memory {
            Some(bytes) => right(&difference(Unit::Bytes, bytes, pen), 12),
            None => String::new(),
        };
        let room = pen.width().saturating_sub(24 + memory.chars().count());
        let bar = bars::share(row.hit_rate, BAR.min(room), pen);
        let line = format!(
            "  {} {}   {}  {}{memory}",
            mark(row),
            right(&size, 5),
            right(&rate, 7),
            left(&bar, BAR.min(room))
        );
        lines.push(line.trim_end().to_owned());
    }
    lines.push(String::new());
    lines.extend(pen.paragraph(
        "  ",
        &format!(
            "{} is the smallest round size within 1 point of \"all\", where only the first request for \
             each context misses.",
            words::count(t.sufficient)
        ),
    ));
    if t.is_piecewise {
        lines.extend(pen.paragraph(
            "  ",
            &format!(
                "\"Now\" is the period as it ran, with more than one size; the row {now} is a whole \
                 period at the last one."
            ),
        ));
    }
    lines
}

fn withheld(w: &Whatif, pen: &Pen<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    for k in &w.not_evaluated {
        lines.extend(pen.paragraph(
            "  ",
            &format!(
                "No projection for {}: {}.",
                pen.name(&k.knob, 50),
                pen.text(&k.reason)
            ),
        ));
        lines.extend(reproduction_table(&k.reproduction, pen));
    }
    lines
}

fn notes(w: &Whatif, pen: &Pen<'_>) -> Vec<String> {
    let mut lines: Vec<String> = w
        .notes
        .iter()
        .flat_map(|n| pen.paragraph("  ", &pen.text(n)))
        .collect();
    if !w.unchanged.is_empty() {
        let names: Vec<String> = w.unchanged.iter().map(|m| words::metric(m)).collect();
        lines.extend(pen.paragraph(
            "  ",
            &format!("Not changed by this scenario: {}.", names.join(", ")),
        ));
    }
    if w.projection.is_none() {
        lines.extend(pen.paragraph(
            "  ",
            &format!(
                "Next: perfadvise recommend {}",
                arguments(&pen.style.command)
            ),
        ));
    }
    lines
}

/// For a chat or a pull request.
fn markdown(w: &Whatif, style: &Style) -> String {
    let pen = Pen::new(style);
    let s = pen.signs;
    let cell = |text: &str| super::markdown::escaped(text);
    let asked: Vec<String> = w.settings.iter().map(|c| cell(&change(c, &pen))).collect();
    let mut out = format!("### What if: {}\n\n", asked.join(", "));
    out.push_str(opening(w, &pen).join(" ").trim());
    out.push('\n');
    if let Some(p) = &w.projection {
        out.push_str("\n| | now | then | 90 % interval | change |\n|---|---:|---:|---|---:|\n");
        if let Some(score) = &w.score {
            out.push_str(&format!(
                "| Score | {} | {} | {} | {} |\n",
                words::fixed(score.from, 1, s),
                words::fixed(score.to, 1, s),
                match (score.low, score.high) {
                    (Some(low), Some(high)) => format!(
                        "{} to {}",
                        words::fixed(low, 1, s),
                        words::fixed(high, 1, s)
                    ),
                    _ => s.dash.into(),
                },
                words::signed(score.to - score.from, 1, s)
            ));
        }
        for e in &p.effects {
            out.push_str(&format!(
                "| {} | {} | {} | {} | {} |\n",
                cell(&capital(&words::statistic(&e.metric, &e.statistic))),
                words::amount(e.unit, e.from, s),
                words::amount(e.unit, e.to, s),
                match (e.low, e.high) {
                    (Some(low), Some(high)) => words::span(e.unit, e.to, low, high, s),
                    _ => s.dash.into(),
                },
                words::change(e.unit, e.from, e.to, s)
            ));
        }
    }
    for k in &w.not_evaluated {
        out.push_str(&format!(
            "\nNo projection for {}: {}.\n",
            cell(&k.knob),
            cell(&k.reason)
        ));
    }
    out
}
