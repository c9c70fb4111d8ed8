//! The settings that are not beaten: a table, the suggested one, what was left out.

use super::pen::{Pen, Tone};
use super::table::{self, Column};
use super::times;
use super::whatif::value;
use super::words;
use super::{Style, csv, json, yaml};
use crate::assessment::{Constraint, Limit, TunedSetting, TunedValue, Tuning};

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
        let more = t.front.len() + 1 - listed(t).len();
        if more > 0 {
            let more = words::count(more as u64);
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
            lines.extend(pen.paragraph("  ", &format!("Look at it:  {}", command(setting, &pen))));
        }
    }
    for note in notes(t, &pen) {
        lines.extend(pen.paragraph("  ", &note));
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

/// The command that projects a setting on the same inputs.
fn command(setting: &TunedSetting, pen: &Pen<'_>) -> String {
    let sets = setting.changes.iter().map(|c| {
        let to = plain(c.to.as_ref(), pen);
        format!("--set {}={to}", pen.name(&c.knob, 50))
    });
    let inputs = pen.style.command.strip_prefix("tune").unwrap_or_default();
    let inputs = inputs.trim();
    let inputs = (!inputs.is_empty()).then(|| pen.name(inputs, 60));
    let words: Vec<String> = std::iter::once("perfadvise whatif".to_owned())
        .chain(inputs)
        .chain(sets)
        .map(|word| words::glued(&word))
        .collect();
    words.join(" ")
}

/// What limits left out, what was not measured, and how much of the space was seen.
fn notes(t: &Tuning, pen: &Pen<'_>) -> Vec<String> {
    let mut notes = Vec::new();
    for c in &t.constraints {
        if c.now.is_none() {
            let metric = words::metric(&c.metric);
            notes.push(format!(
                "Nothing was measured of {metric}: {} leaves nothing out.",
                option(c, pen)
            ));
        } else if c.left_out > 0 {
            notes.push(format!(
                "Left out by {}: {}.",
                option(c, pen),
                words::counted(c.left_out, "setting", "settings")
            ));
        }
    }
    if t.simulated < t.possible {
        notes.push(
            "Not every setting was simulated: the values alone, pairs of values of two knobs, steps from the best of them, \
             and combinations of the values that did best. A better one may be among the others."
                .into(),
        );
    }
    if !t.set_aside.is_empty() {
        let knobs: Vec<String> = t.set_aside.iter().map(|k| pen.name(k, 50)).collect();
        notes.push(format!(
            "Gain nothing, alone or beside one other knob: {}.",
            knobs.join(", ")
        ));
    }
    notes
}

fn opening(t: &Tuning) -> String {
    if t.tried.is_empty() {
        return "No knob can be tried on these inputs: see below why.".into();
    }
    if t.goal_now.is_none() {
        return match t.goal.as_str() {
            "score" => {
                "These inputs give no score: choose another goal, such as --goal response_time."
                    .into()
            }
            metric => format!(
                "Nothing was measured of {}, the goal.",
                words::metric(metric)
            ),
        };
    }
    let counted = if t.simulated < t.possible {
        let possible = words::count(t.possible);
        format!("{} of {possible} settings", words::count(t.simulated))
    } else {
        words::counted(t.simulated, "setting", "settings")
    };
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

/// The present and the first settings of the front, with the suggested one wherever it stands; each with its number.
fn listed(t: &Tuning) -> Vec<(usize, &TunedSetting)> {
    let suggested = t.suggested.and_then(|n| usize::try_from(n).ok());
    let numbered = std::iter::once(&t.now).chain(&t.front).enumerate();
    numbered
        .filter(|(number, _)| *number <= SHOWN || Some(*number) == suggested)
        .collect()
}

/// The present and the front: score and metrics, then what each changes.
fn rows(t: &Tuning, pen: &Pen<'_>) -> Vec<String> {
    let s = pen.signs;
    let now = if pen.style.unicode { "▲" } else { "^" };
    let settings = listed(t);
    let cells = |cell: &dyn Fn(&TunedSetting) -> String| -> Vec<String> {
        settings.iter().map(|(_, setting)| cell(setting)).collect()
    };
    let number = |at: usize| match at {
        0 => now.to_owned(),
        at => at.to_string(),
    };
    let numbers = settings.iter().map(|(at, _)| number(*at)).collect();
    let score = |x: &TunedSetting| {
        x.score
            .map_or_else(|| s.dash.into(), |v| words::fixed(v, 1, s))
    };
    let mut columns = vec![
        Column::words("#", numbers),
        Column::numbers("score", cells(&score)),
    ];
    for v in &t.now.values {
        let cell = |x: &TunedSetting| {
            let same = |o: &&TunedValue| o.metric == v.metric && o.statistic == v.statistic;
            let found = x.values.iter().find(same);
            found.map_or_else(|| s.dash.into(), |o| words::amount(o.unit, o.value, s))
        };
        let head = words::statistic(&v.metric, &v.statistic);
        columns.push(Column::numbers(words::without_time(&head), cells(&cell)));
    }
    let (columns, _) = table::fitting(columns, pen.width() - 2);
    let mut lines = table::lines(&columns, "  ");
    lines.push(String::new());
    let named = |knob: &str, to: Option<&serde_json::Value>| {
        words::glued(&format!("{} {}", pen.name(knob, 50), value(to, knob, pen)))
    };
    for (at, x) in &settings {
        let changes = x.changes.iter().map(|c| named(&c.knob, c.to.as_ref()));
        let changes: Vec<String> = changes.collect();
        let text = if *at == 0 {
            let present = t.tried.iter().filter(|k| k.from.is_some());
            let known: Vec<String> = present.map(|k| named(&k.knob, k.from.as_ref())).collect();
            match known.as_slice() {
                [] => "now".to_owned(),
                known => format!("now: {}", known.join(", ")),
            }
        } else {
            format!("{}{}", changes.join(", "), bound(x))
        };
        lines.extend(pen.paragraph(&format!("  {:<4}", number(*at)), &text));
    }
    lines
}

fn bound(setting: &TunedSetting) -> String {
    if setting.at_most {
        format!(" {}", words::glued("(gain at most)"))
    } else {
        String::new()
    }
}

/// For a chat or a pull request.
fn markdown(t: &Tuning, style: &Style) -> String {
    let pen = Pen::new(style);
    let s = pen.signs;
    let cell = |text: &str| super::markdown::escaped(text);
    let mut out = format!("### Tuning\n\n{}\n", opening(t));
    if !t.front.is_empty() {
        out.push_str("\n| # | changes | score |\n|---:|---|---:|\n");
        for (at, x) in listed(t) {
            let changes: Vec<String> = x
                .changes
                .iter()
                .map(|c| format!("{} = {}", c.knob, plain(c.to.as_ref(), &pen)))
                .collect();
            let changes = if at == 0 {
                "as it is".to_owned()
            } else {
                format!("{}{}", changes.join(", "), bound(x))
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
    for note in notes(t, &pen) {
        out.push_str(&format!("\n{}\n", cell(&note)));
    }
    out
}
