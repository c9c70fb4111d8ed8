//! The settings that are not beaten: a table, the suggested one, what was left out.

use super::pen::{Pen, Tone};
use super::table::{self, Column};
use super::times;
use super::whatif::value;
use super::words;
use super::{Style, csv, json, yaml};
use crate::assessment::{Constraint, Limit, TunedSetting, Tuning};

/// Settings of the front that a page shows.
const SHOWN: usize = 10;

/// The answer in an output format (`text`, `json`, `jsonl`, `yaml`, `markdown`, `csv`).
#[must_use]
pub fn render(tuning: &Tuning, format: &str, style: &Style) -> String {
    match format {
        "json" => json::document(tuning),
        "jsonl" => json::line(tuning),
        "yaml" => yaml::document(tuning),
        "csv" => csv::settings(tuning),
        "markdown" => markdown(tuning, style),
        _ => page(tuning, style),
    }
}

fn page(t: &Tuning, style: &Style) -> String {
    let pen = Pen::new(style);
    let s = pen.signs;
    let period = t
        .period
        .map_or_else(String::new, |p| times::period(p, &pen.style.zone, s));
    let units = format!(
        "{} {}",
        words::count(t.units),
        pen.name(&t.units_called, 20)
    );
    let wishes: Vec<String> = t
        .constraints
        .iter()
        .map(|c| format!(" {}", option(c, &pen)))
        .collect();
    let title = format!("tune{}", wishes.concat());
    let mut lines = pen.spread(
        &pen.paint(Tone::Bold, &title),
        &format!("{period} {} {units}", s.dot),
    );
    lines.push(String::new());
    lines.extend(pen.paragraph("  ", &opening(t)));
    if !t.front.is_empty() {
        lines.push(String::new());
        lines.extend(rows(t, &pen));
        if t.front.len() > SHOWN {
            let more = words::count((t.front.len() - SHOWN) as u64);
            lines.extend(pen.paragraph("  ", &format!("{more} more on the front: --format csv")));
        }
    }
    lines.push(String::new());
    if let (Some(number), Some(why)) = (t.suggested, &t.why) {
        lines.extend(pen.paragraph(
            "  ",
            &format!("Suggested: {number}, since {}.", pen.text(why)),
        ));
        if let Some(setting) = usize::try_from(number - 1)
            .ok()
            .and_then(|at| t.front.get(at))
        {
            let sets: Vec<String> = setting
                .changes
                .iter()
                .map(|c| {
                    words::glued(&format!(
                        "--set {}={}",
                        pen.name(&c.knob, 50),
                        plain(c.to.as_ref(), &pen)
                    ))
                })
                .collect();
            lines.extend(pen.paragraph(
                "  ",
                &format!("Look at it:  perfadvise whatif {}", sets.join(" ")),
            ));
        }
    }
    for c in t.constraints.iter().filter(|c| c.left_out > 0) {
        lines.extend(pen.paragraph(
            "  ",
            &format!(
                "Left out by {}: {}.",
                option(c, &pen),
                words::counted(c.left_out, "setting", "settings")
            ),
        ));
    }
    for k in &t.not_evaluated {
        lines.extend(pen.paragraph(
            "  ",
            &format!(
                "Not tried: {} ({}).",
                pen.name(&k.knob, 50),
                pen.text(&k.reason)
            ),
        ));
    }
    pen.finish(&lines)
}

fn opening(t: &Tuning) -> String {
    let counted = words::counted(t.simulated, "setting", "settings");
    if t.tried.is_empty() {
        return "No knob can be tried on these inputs: see below why.".into();
    }
    let broke = match t.broke_constraint {
        0 => String::new(),
        n => format!(", {} broke a limit", words::count(n)),
    };
    match t.front.len() {
        0 => format!("{counted} simulated{broke}: none is better than the present."),
        1 => format!("{counted} simulated{broke}, 1 is on the front: it is not beaten in all."),
        n => format!("{counted} simulated{broke}, {n} are on the front: none is beaten in all."),
    }
}

/// `--floor accuracy=90 %`.
fn option(c: &Constraint, pen: &Pen<'_>) -> String {
    let name = match c.limit {
        Limit::Lower => "--floor",
        Limit::Upper => "--limit",
    };
    let amount = words::round_amount(c.unit, c.value, pen.signs);
    words::glued(&format!("{name} {}={amount}", pen.name(&c.metric, 40)))
}

fn plain(value: Option<&serde_json::Value>, pen: &Pen<'_>) -> String {
    match value {
        Some(serde_json::Value::String(text)) => pen.name(text, 30),
        Some(other) => other.to_string(),
        None => "?".into(),
    }
}

/// The present and the front: score and metrics, then what each changes.
fn rows(t: &Tuning, pen: &Pen<'_>) -> Vec<String> {
    let s = pen.signs;
    let now = if pen.style.unicode { "▲" } else { "^" };
    let settings: Vec<&TunedSetting> = std::iter::once(&t.now)
        .chain(t.front.iter().take(SHOWN))
        .collect();
    let number = |at: usize| {
        if at == 0 {
            now.to_owned()
        } else {
            at.to_string()
        }
    };
    let mut columns = vec![Column::words(
        "#",
        (0..settings.len()).map(number).collect(),
    )];
    let score = |x: &TunedSetting| {
        x.score
            .map_or_else(|| s.dash.into(), |v| words::fixed(v, 1, s))
    };
    columns.push(Column::numbers(
        "score",
        settings.iter().map(|x| score(x)).collect(),
    ));
    for v in &t.now.values {
        let cell = |x: &TunedSetting| {
            let found = x
                .values
                .iter()
                .find(|o| o.metric == v.metric && o.statistic == v.statistic);
            found.map_or_else(|| s.dash.into(), |o| words::amount(o.unit, o.value, s))
        };
        let head = words::statistic(&v.metric, &v.statistic);
        columns.push(Column::numbers(
            words::without_time(&head),
            settings.iter().map(|x| cell(x)).collect(),
        ));
    }
    let (columns, _) = table::fitting(columns, pen.width() - 2);
    let mut lines = table::lines(&columns, "  ");
    lines.push(String::new());
    for (at, x) in settings.iter().enumerate() {
        let changes: Vec<String> = x
            .changes
            .iter()
            .map(|c| {
                words::glued(&format!(
                    "{} {}",
                    pen.name(&c.knob, 50),
                    value(c.to.as_ref(), &c.knob, pen)
                ))
            })
            .collect();
        let text = if at == 0 {
            let present = t.tried.iter().filter(|k| k.from.is_some());
            let known: Vec<String> = present
                .map(|k| {
                    words::glued(&format!(
                        "{} {}",
                        pen.name(&k.knob, 50),
                        value(k.from.as_ref(), &k.knob, pen)
                    ))
                })
                .collect();
            format!("now: {}", known.join(", "))
        } else {
            changes.join(", ")
        };
        lines.extend(pen.paragraph(&format!("  {:<4}", number(at)), &text));
    }
    lines
}

/// For a chat or a pull request.
fn markdown(t: &Tuning, style: &Style) -> String {
    let pen = Pen::new(style);
    let s = pen.signs;
    let cell = |text: &str| super::markdown::escaped(text);
    let mut out = format!("### Tuning\n\n{}\n", opening(t));
    if !t.front.is_empty() {
        out.push_str("\n| # | changes | score |\n|---:|---|---:|\n");
        for (at, x) in std::iter::once(&t.now)
            .chain(t.front.iter().take(SHOWN))
            .enumerate()
        {
            let changes: Vec<String> = x
                .changes
                .iter()
                .map(|c| format!("{} = {}", c.knob, plain(c.to.as_ref(), &pen)))
                .collect();
            let changes = if at == 0 {
                "as it is".to_owned()
            } else {
                changes.join(", ")
            };
            let score = x
                .score
                .map_or_else(|| s.dash.to_owned(), |v| words::fixed(v, 1, s));
            out.push_str(&format!("| {at} | {} | {score} |\n", cell(&changes)));
        }
    }
    if let (Some(number), Some(why)) = (t.suggested, &t.why) {
        out.push_str(&format!("\nSuggested: {number}, since {}.\n", cell(why)));
    }
    out
}
