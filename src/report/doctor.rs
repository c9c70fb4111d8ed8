//! A diagnosis as text, Markdown, JSON, JSON lines or YAML.

use super::Style;
use super::pen::{Pen, Tone, left};
use super::{json, markdown, shell, times, words, yaml};
use crate::assessment::{
    CheckFigure, CheckFinding, ConclusionKind, Diagnosis, DoctorCheck, RuleState, Since, Symptom,
};
use crate::metrics::Unit;

/// Columns of a check's name, with its sign.
const NAME: usize = 27;

/// The diagnosis in an output format (`text`, `json`, `jsonl`, `yaml`, `markdown`).
#[must_use]
pub fn render(d: &Diagnosis, format: &str, style: &Style) -> String {
    match format {
        "json" => json::document(d),
        "jsonl" => d.checks.iter().map(json::line).collect(),
        "yaml" => yaml::document(d),
        "markdown" => in_markdown(d, style),
        _ => page(d, style),
    }
}

/// The page for a terminal.
fn page(d: &Diagnosis, style: &Style) -> String {
    let pen = Pen::new(style);
    let title = pen.paint(Tone::Bold, &pen.name(&style.command, 60));
    let mut lines = pen.spread(&title, &extent(d, &pen));
    lines.push(String::new());
    let told = conclusion(d, &pen);
    let bold = pen
        .paragraph("  ", &told)
        .into_iter()
        .map(|l| pen.paint(Tone::Bold, &l));
    lines.extend(bold);
    if let Some(since) = &d.since {
        lines.push(String::new());
        lines.extend(pen.paragraph("  Since when      ", &moment(since, &pen)));
        for with in &since.with {
            lines.extend(pen.paragraph("                  with ", &pen.text(with)));
        }
    }
    lines.extend(parts(d, &pen));
    lines.extend([String::new(), pen.section("Checked", ""), String::new()]);
    for check in &d.checks {
        let head = format!(
            "  {} {}",
            sign(check.finding, &pen),
            pen.name(&check.check, 22)
        );
        lines.extend(pen.paragraph(&left(&head, NAME), &finding(check, &pen)));
    }
    lines.extend(next(d, &pen));
    pen.finish(&lines)
}

/// When, and how much of it.
fn extent(d: &Diagnosis, pen: &Pen<'_>) -> String {
    let period = d.period.map_or_else(String::new, |p| {
        times::period(p, &pen.style.zone, pen.signs)
    });
    let dot = pen.signs.dot;
    format!(
        "{period} {dot} {} {} {dot} {} records",
        words::count(d.units),
        d.units_called,
        words::count(d.records)
    )
}

/// The first sentence.
fn conclusion(d: &Diagnosis, pen: &Pen<'_>) -> String {
    let c = &d.conclusion;
    let rule = c
        .rule
        .as_ref()
        .map_or_else(String::new, |rule| format!(" ({})", pen.name(rule, 12)));
    let seconds = |value: f64| words::amount(Unit::Seconds, value, pen.signs);
    let check = c.check.as_deref().unwrap_or_default();
    match c.kind {
        ConclusionKind::Part => format!(
            "Most of it is {check}{rule}: {} of the {} that a step takes longer.",
            c.seconds.map_or_else(String::new, seconds),
            c.of_seconds.map_or_else(String::new, seconds),
        ),
        ConclusionKind::Found => {
            let found = d
                .checks
                .iter()
                .filter(|c| c.finding == CheckFinding::Found)
                .count();
            let many = words::counted(found as u64, "check", "checks");
            let no_change = match (&d.since, d.symptom) {
                (None, Symptom::Slow) => " No change of level was found that would tell a cause.",
                _ => "",
            };
            format!("Something was found in {many}; look first at {check}{rule}.{no_change}")
        }
        ConclusionKind::NothingFound => "Nothing was found in what was measured.".into(),
        ConclusionKind::CannotTell => "Nothing that is looked at was measured.".into(),
    }
}

fn moment(since: &Since, pen: &Pen<'_>) -> String {
    let (signs, zone) = (pen.signs, &pen.style.zone);
    let when = match (since.from, since.to) {
        (Some(from), Some(to)) => format!(
            "{} {} {}",
            times::moment(from, zone),
            signs.dash,
            times::moment(to, zone)
        ),
        _ => "within the series".into(),
    };
    format!(
        "{when}: {} {} {} {} ({}, {})",
        words::metric(&since.metric),
        words::amount(since.unit, since.before, signs),
        signs.arrow,
        words::amount(since.unit, since.after, signs),
        words::change(since.unit, since.before, since.after, signs),
        words::p(since.p, signs)
    )
}

/// Mean of a step by part, before and after.
fn parts(d: &Diagnosis, pen: &Pen<'_>) -> Vec<String> {
    if d.parts.is_empty() {
        return Vec::new();
    }
    let signs = pen.signs;
    let amount = |value: f64| words::amount(Unit::Seconds, value, signs);
    let largest = d.parts.iter().map(|p| p.difference).fold(0.0, f64::max);
    let room = pen.width().saturating_sub(70);
    let mut lines = vec![
        String::new(),
        format!(
            "  Where           mean of a step, before {} after",
            signs.arrow
        ),
    ];
    for part in &d.parts {
        let name = part.part.replace('_', " ");
        let difference = words::signed(part.difference, 2, signs);
        let change = format!(
            "{} {} {}",
            amount(part.before),
            signs.arrow,
            amount(part.after)
        );
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss
        )]
        let squares = if part.difference > 0.0 && largest > 0.0 {
            (part.difference / largest * room as f64).round() as usize
        } else {
            0
        };
        let bar = pen.paint(Tone::Bar, &signs.square.repeat(squares));
        lines.push(format!(
            "    {}{}{difference} s  {bar}",
            left(&name, 22),
            left(&change, 24)
        ));
    }
    lines
}

fn sign(finding: CheckFinding, pen: &Pen<'_>) -> String {
    match finding {
        CheckFinding::Part => pen.paint(Tone::Bad, pen.signs.missed),
        CheckFinding::Found => pen.paint(Tone::Bad, "!"),
        CheckFinding::NothingFound => pen.paint(Tone::Good, pen.signs.met),
        CheckFinding::CannotTell => "?".into(),
    }
}

/// What came of a check, in a word.
fn word(finding: CheckFinding) -> &'static str {
    match finding {
        CheckFinding::Part => "most of it",
        CheckFinding::Found => "found",
        CheckFinding::NothingFound => "nothing found",
        CheckFinding::CannotTell => "not measured",
    }
}

/// Word, figures, rules.
fn finding(check: &DoctorCheck, pen: &Pen<'_>) -> String {
    let figures = check.figures.iter().map(|f| figure(f, pen));
    let text: Vec<String> = figures.chain(rules(check, pen)).collect();
    if text.is_empty() {
        return word(check.finding).to_owned();
    }
    format!("{}: {}", word(check.finding), text.join("; "))
}

fn figure(f: &CheckFigure, pen: &Pen<'_>) -> String {
    let signs = pen.signs;
    let amount = |value: f64| words::amount(f.unit, value, signs);
    let value = match (f.before, f.after) {
        (Some(before), Some(after)) => {
            format!("{} {} {}", amount(before), signs.arrow, amount(after))
        }
        _ => amount(f.value),
    };
    let target = match f.target {
        Some(target) if f.missed => {
            format!(", misses {}", words::round_amount(f.unit, target, signs))
        }
        _ => String::new(),
    };
    format!(
        "{} {value}{target}",
        words::statistic(&f.metric, &f.statistic)
    )
}

/// The rules that speak, and those that could not be judged.
fn rules(check: &DoctorCheck, pen: &Pen<'_>) -> Option<String> {
    let codes = |wanted: fn(RuleState) -> bool| -> Vec<String> {
        let asked = check.rules.iter().filter(|r| wanted(r.state));
        asked.map(|r| pen.name(&r.rule, 12)).collect()
    };
    let speak = codes(|s| matches!(s, RuleState::Recommended | RuleState::Information));
    let open = codes(|s| s == RuleState::NotEvaluated);
    let mut texts = Vec::new();
    if !speak.is_empty() {
        texts.push(speak.join(", "));
    }
    if !open.is_empty() {
        texts.push(format!("not judged {}", open.join(", ")));
    }
    (!texts.is_empty()).then(|| texts.join("; "))
}

/// What to do, and what to measure.
fn next(d: &Diagnosis, pen: &Pen<'_>) -> Vec<String> {
    let of = |is_measure: bool| {
        d.checks
            .iter()
            .filter(move |c| (c.finding == CheckFinding::CannotTell) == is_measure)
            .filter_map(|c| Some((c.check.as_str(), c.next.as_deref()?)))
    };
    let mut lines = Vec::new();
    let mut section = |title: &str, rows: Vec<String>| {
        if rows.is_empty() {
            return;
        }
        lines.extend([String::new(), pen.section(title, ""), String::new()]);
        for row in rows {
            lines.extend(pen.paragraph("  ", &row));
        }
    };
    let mut told: Vec<&str> = Vec::new();
    let todo = of(false)
        .filter(|(_, next)| {
            let is_new = !told.contains(next);
            told.push(next);
            is_new
        })
        .map(|(_, next)| pen.text(next))
        .collect();
    section("Next", todo);
    let gaps = of(true)
        .map(|(check, next)| format!("{check}: {next}"))
        .collect();
    section("To measure", gaps);
    let others = Symptom::ALL.iter().filter(|s| **s != d.symptom);
    let others: Vec<String> = others.map(|s| format!("--symptom {}", s.name())).collect();
    lines.push(String::new());
    lines.extend(pen.paragraph(
        "  ",
        &format!(
            "Other lists: {}. The evidence: perfadvise {}",
            others.join(", "),
            evidence(pen)
        ),
    ));
    lines
}

/// The command that shows everything of the same inputs.
fn evidence(pen: &Pen<'_>) -> String {
    let command = pen.style.command.strip_prefix("doctor").unwrap_or_default();
    let inputs: Vec<&str> = command.split(" --symptom ").collect();
    format!(
        "analyze --full{}",
        pen.text(inputs.first().copied().unwrap_or_default())
    )
}

fn in_markdown(d: &Diagnosis, style: &Style) -> String {
    let plain = Style {
        width: 200,
        colour: false,
        ..style.clone()
    };
    let pen = Pen::new(&plain);
    let text = |text: &str| markdown::escaped(text);
    let mut lines = vec![
        format!("## {}", text(&pen.text(&style.command))),
        String::new(),
        text(&extent(d, &pen)),
        String::new(),
        format!("**{}**", text(&conclusion(d, &pen))),
        String::new(),
    ];
    if let Some(since) = &d.since {
        lines.extend([
            format!("Since {}", text(&moment(since, &pen))),
            String::new(),
        ]);
    }
    lines.extend([
        "| | check | finding | next |".to_owned(),
        "| --- | --- | --- | --- |".to_owned(),
    ]);
    for check in &d.checks {
        let cells = [
            sign(check.finding, &pen),
            check.check.clone(),
            finding(check, &pen),
            check
                .next
                .as_deref()
                .map_or_else(String::new, |n| pen.text(n)),
        ];
        let cells: Vec<String> = cells.iter().map(|c| text(c)).collect();
        lines.push(format!("| {} |", cells.join(" | ")));
    }
    lines.join("\n").replace(words::GLUE, " ") + "\n"
}

/// The command as it can be typed.
#[must_use]
pub fn command(paths: &[String], symptom: Symptom) -> String {
    let paths = paths.iter().map(|p| format!(" {}", shell::quoted(p)));
    format!(
        "doctor{} --symptom {}",
        paths.collect::<String>(),
        symptom.name()
    )
}
