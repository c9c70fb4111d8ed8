//! The verdict of a gate, for a terminal and for what reads it in continuous integration: one file for
//! each output beside the page.

mod github;
mod junit;
mod sarif;

use super::Style;
use super::effects;
use super::pen::{Pen, Tone};
use super::table::{self, Column};
use super::verdict::capital;
use super::words;
use super::{json, yaml};
use crate::assessment::{Cause, Check, CheckKind, CheckLevel, GateEvent, GateReport, GateVerdict};
use crate::metrics::Unit;

/// The verdict in an output format (`text`, `json`, `jsonl`, `yaml`, `markdown`, `csv`, `junit`,
/// `sarif`, `github`).
#[must_use]
pub fn render(report: &GateReport, format: &str, style: &Style) -> String {
    match format {
        "json" => json::document(report),
        "jsonl" => report.checks.iter().map(json::line).collect(),
        "yaml" => yaml::document(report),
        "markdown" => markdown(report, style),
        "csv" => super::csv::checks(&report.checks),
        "junit" => junit::render(report),
        "sarif" => sarif::render(report),
        "github" => github::render(report),
        _ => page(report, style),
    }
}

/// The part of the page that goes into a job's summary: the Markdown.
#[must_use]
pub fn summary(report: &GateReport) -> String {
    markdown(report, &Style::default())
}

fn page(r: &GateReport, style: &Style) -> String {
    let pen = Pen::new(style);
    let mut lines = pen.spread(&headline(r, &pen), &basis(r));
    lines.push(String::new());
    if r.checks.is_empty() {
        lines.extend(pen.paragraph(
            "  ",
            "Nothing could be judged: no metric of the baseline is one that the gate looks at.",
        ));
    } else {
        lines.extend(table::lines(&columns(r, &pen), "  "));
    }
    lines.push(String::new());
    for (head, text) in notes(r, &pen) {
        lines.extend(pen.paragraph(&format!("  {head:<8}  "), &text));
    }
    pen.finish(&lines)
}

/// `✗ regression   1 event: context.cache_size 100 → 50`.
fn headline(r: &GateReport, pen: &Pen<'_>) -> String {
    let s = pen.signs;
    let (sign, tone) = match r.verdict {
        GateVerdict::Pass => (s.met, Tone::Good),
        GateVerdict::Regression => (s.missed, Tone::Bad),
        GateVerdict::Inconclusive | GateVerdict::Insufficient => ("?", Tone::Bold),
    };
    let rest = match (r.verdict, r.events.first()) {
        (GateVerdict::Regression, Some(event)) => match event.causes.first() {
            Some(cause) => format!("1 event: {}", worded(cause, pen)),
            None => "1 event".into(),
        },
        (GateVerdict::Regression, None) => String::new(),
        (GateVerdict::Pass, _) => {
            let is_warned = |c: &&Check| c.compared.verdict == GateVerdict::Regression;
            match r.checks.iter().filter(is_warned).count() as u64 {
                0 => "not worse than the baseline".into(),
                n => format!(
                    "with {} that only warn",
                    words::counted(n, "regression", "regressions")
                ),
            }
        }
        (GateVerdict::Inconclusive, _) => "neither worse nor proven equal".into(),
        (GateVerdict::Insufficient, _) => "too little data for any verdict".into(),
    };
    let head = format!("{sign} {}", word(r.verdict));
    format!("{}   {rest}", pen.paint(tone, &head))
}

/// `24 tasks, paired`.
fn basis(r: &GateReport) -> String {
    let pairs = r
        .checks
        .iter()
        .filter(|c| c.compared.paired)
        .map(|c| c.compared.units[0])
        .max();
    match pairs {
        Some(pairs) => words::counted(pairs, "pair", "pairs"),
        None => {
            let of = |i: usize| {
                r.checks
                    .iter()
                    .map(|c| c.compared.units[i])
                    .max()
                    .unwrap_or(0)
            };
            format!("{} v {} units", words::count(of(0)), words::count(of(1)))
        }
    }
}

/// The word of a verdict.
fn word(verdict: GateVerdict) -> &'static str {
    match verdict {
        GateVerdict::Pass => "pass",
        GateVerdict::Regression => "regression",
        GateVerdict::Inconclusive => "inconclusive",
        GateVerdict::Insufficient => "insufficient",
    }
}

fn painted(check: &Check, pen: &Pen<'_>) -> String {
    let tone = match check.compared.verdict {
        GateVerdict::Pass => Tone::Good,
        GateVerdict::Regression => Tone::Bad,
        GateVerdict::Inconclusive | GateVerdict::Insufficient => Tone::Bold,
    };
    let mark = match (check.accepted, check.level) {
        (true, _) => " (accepted)",
        (false, CheckLevel::Warn) => " (warn)",
        (false, CheckLevel::Error) => "",
    };
    format!("{}{mark}", pen.paint(tone, word(check.compared.verdict)))
}

/// `response time p95`.
fn title(check: &Check, pen: &Pen<'_>) -> String {
    let name = pen.name(&words::lower(&words::metric(&check.compared.metric)), 26);
    if check.statistic == "mean" {
        name
    } else {
        format!("{name} {}", check.statistic)
    }
}

fn columns(r: &GateReport, pen: &Pen<'_>) -> Vec<Column> {
    let s = pen.signs;
    let cells = |cell: &dyn Fn(&Check) -> String| r.checks.iter().map(cell).collect::<Vec<_>>();
    let columns = |verdict_last: bool| {
        let mut columns = vec![
            Column::words("metric", cells(&|c| title(c, pen))),
            Column::words("verdict", cells(&|c| painted(c, pen))),
            Column::numbers("change", cells(&|c| change(c, pen))),
            Column::numbers(&words::glued("95 % interval"), cells(&|c| span(c, pen))),
            Column::numbers("tolerance", cells(&|c| tolerance(c, pen))),
            Column::numbers(
                &words::glued("p adj."),
                cells(&|c| {
                    c.compared
                        .p_adjusted
                        .map_or_else(|| s.dash.into(), |p| words::p_figure(p, s))
                }),
            ),
        ];
        let values = [
            Column::numbers(
                &pen.name(&r.baseline.label, 12),
                cells(&|c| words::amount_or_dash(c.compared.unit, base_value(c), s)),
            ),
            Column::numbers(
                &pen.name(&r.candidate.label, 12),
                cells(&|c| words::amount_or_dash(c.compared.unit, c.compared.candidate_value, s)),
            ),
        ];
        if verdict_last {
            columns.splice(1..1, values);
            let verdict = columns.remove(3);
            columns.push(verdict);
        } else {
            columns.extend(values);
        }
        table::fitting(columns, pen.width() - 2)
    };
    // The verdict last, as a sentence ends, where there is room for it.
    let (wide, dropped) = columns(!pen.is_narrow());
    if dropped == 0 { wide } else { columns(false).0 }
}

/// The baseline's value; a limit stands with the tolerances.
fn base_value(c: &Check) -> Option<f64> {
    c.compared
        .base_value
        .filter(|_| c.kind == CheckKind::Regression)
}

fn change(c: &Check, pen: &Pen<'_>) -> String {
    match c.kind {
        CheckKind::Regression => effects::effect(&c.compared, pen),
        CheckKind::Max | CheckKind::Min => pen.signs.dash.into(),
    }
}

fn span(c: &Check, pen: &Pen<'_>) -> String {
    match (&c.compared.effect, c.kind) {
        (Some(e), CheckKind::Max | CheckKind::Min) => {
            words::span(c.compared.unit, e.estimate, e.low, e.high, pen.signs)
        }
        _ => effects::effect_span(&c.compared, pen),
    }
}

fn tolerance(c: &Check, pen: &Pen<'_>) -> String {
    let s = pen.signs;
    let limit = |sign: &str| {
        let value = words::amount_or_dash(c.compared.unit, c.compared.base_value, s);
        format!("{sign} {value}")
    };
    match c.kind {
        CheckKind::Min => limit(s.at_least),
        CheckKind::Max => limit(s.at_most),
        CheckKind::Regression => effects::tolerance(&c.compared, pen),
    }
}

/// What decided a check: the name of the test, of a limit the interval.
fn decided_by(c: &Check) -> &str {
    match (c.kind, c.compared.test.as_deref(), &c.compared.effect) {
        (CheckKind::Regression, Some(test), _) => effects::test_name(test),
        (CheckKind::Max | CheckKind::Min, _, Some(_)) => "its interval against the limit",
        _ => "",
    }
}

/// What the reader of the table must know, each with its head.
fn notes(r: &GateReport, pen: &Pen<'_>) -> Vec<(&'static str, String)> {
    let mut notes = Vec::new();
    for event in &r.events {
        notes.push(("Event", told(event, pen)));
    }
    for check in r
        .checks
        .iter()
        .filter(|c| c.compared.verdict == GateVerdict::Inconclusive)
    {
        notes.extend(open(check, pen).map(|text| ("Open", text)));
    }
    notes.extend(tests(r, pen).map(|text| ("Test", text)));
    if let Some(tasks) = r.tasks.as_ref().filter(|t| t.base_only > 0) {
        notes.push((
            "Tasks",
            format!(
                "{} of the baseline's {} ran in the candidate; a pass needs four fifths of them",
                words::count(tasks.both),
                words::counted(tasks.both + tasks.base_only, "task", "tasks")
            ),
        ));
    }
    for check in &r.checks {
        if let Some(note) = check
            .compared
            .note
            .as_deref()
            .filter(|_| check.compared.verdict != GateVerdict::Pass)
        {
            notes.push((
                "Why",
                format!("{}: {}", title(check, pen), pen.name(note, 120)),
            ));
        }
    }
    let judged = r
        .checks
        .iter()
        .filter(|c| c.compared.verdict != GateVerdict::Insufficient)
        .count() as u64;
    notes.push((
        "Judged",
        format!(
            "{} of {}. A regression needs p < 0.05 after adjustment and an interval that is wholly \
             beyond the tolerance; a pass, one that ends inside it.",
            words::count(judged),
            words::counted(r.checks.len() as u64, "check", "checks")
        ),
    ));
    if let Some(score) = &r.score {
        let noise = match score.beyond_noise {
            Some(true) => ", beyond noise",
            Some(false) => ", within noise",
            None => "",
        };
        let span = score
            .low
            .zip(score.high)
            .map_or_else(String::new, |(low, high)| {
                format!(
                    ", 95 % interval {} to {}",
                    words::signed(low, 1, pen.signs),
                    words::signed(high, 1, pen.signs)
                )
            });
        notes.push((
            "Score",
            format!(
                "{} {} {} ({}{span}{noise})",
                words::fixed(score.from, 1, pen.signs),
                pen.signs.arrow,
                words::fixed(score.to, 1, pen.signs),
                words::score_points(score.to - score.from, pen.signs)
            ),
        ));
    }
    notes.push(("Next", next(r).into()));
    notes
}

fn told(event: &GateEvent, pen: &Pen<'_>) -> String {
    let names: Vec<String> = event
        .metrics
        .iter()
        .map(|m| words::lower(&words::metric(m)))
        .collect();
    let what = names.join(" and ");
    if event.causes.is_empty() {
        return format!(
            "{what} changed in this candidate; nothing in the configuration or the models differs, so \
             the cause lies elsewhere"
        );
    }
    let causes: Vec<String> = event
        .causes
        .iter()
        .map(|cause| {
            let place = match (&cause.file, cause.line) {
                (Some(file), Some(line)) => format!(" ({}:{line})", pen.path(file, 60)),
                (Some(file), None) => format!(" ({})", pen.path(file, 60)),
                _ => String::new(),
            };
            format!("{}{place}", worded(cause, pen))
        })
        .collect();
    format!(
        "{what} changed together with what differs in this candidate: {}",
        causes.join("; ")
    )
}

/// `context.cache_size 100 → 50`.
fn worded(cause: &Cause, pen: &Pen<'_>) -> String {
    let value = |v: &Option<String>| {
        v.as_deref()
            .map_or_else(|| pen.signs.dash.to_owned(), |v| pen.name(v, 40))
    };
    format!(
        "{} {} {} {}",
        pen.name(&cause.what, 60),
        value(&cause.from),
        pen.signs.arrow,
        value(&cause.to)
    )
}

/// What could have been seen, and what a verdict needs.
fn open(check: &Check, pen: &Pen<'_>) -> Option<String> {
    let needed = check.compared.n_needed?;
    if check.kind != CheckKind::Regression {
        let of_limit = &check.compared;
        return Some(format!(
            "{} {}: {} place it within {} of {}; if it stays there, some {} units decide",
            title(check, pen),
            tolerance(check, pen),
            words::counted(of_limit.units[1], "unit", "units"),
            distance(of_limit.unit, of_limit.detectable?, pen),
            words::amount_or_dash(of_limit.unit, of_limit.candidate_value, pen.signs),
            words::count(needed),
        ));
    }
    let size = effects::detectable(&check.compared, pen)?;
    let units = check.compared.units[0].min(check.compared.units[1]);
    if needed <= units {
        return Some(format!(
            "{}: the change lies near the tolerance ({} can show {size}); more runs make its interval narrower",
            title(check, pen),
            effects::compared_units(&check.compared),
        ));
    }
    Some(format!(
        "{}: {} can show {size}; to decide at {} takes some {} {}",
        title(check, pen),
        effects::compared_units(&check.compared),
        tolerance(check, pen),
        words::count(needed),
        if check.compared.paired {
            "pairs"
        } else {
            "units a group"
        },
    ))
}

/// A distance between two values: of ratios in points.
fn distance(unit: Unit, value: f64, pen: &Pen<'_>) -> String {
    match unit {
        Unit::Ratio => words::glued(&format!(
            "{} points",
            words::fixed(value * 100.0, 1, pen.signs)
        )),
        _ => words::amount(unit, value, pen.signs),
    }
}

/// Which test decided which verdicts: `Wilcoxon signed rank: response time, p95`.
fn tests(r: &GateReport, pen: &Pen<'_>) -> Option<String> {
    let mut by_test: Vec<(&str, Vec<String>)> = Vec::new();
    for check in &r.checks {
        let test = decided_by(check);
        if test.is_empty() {
            continue;
        }
        let title = title(check, pen);
        match by_test.iter_mut().find(|(t, _)| *t == test) {
            Some((_, titles)) => titles.push(title),
            None => by_test.push((test, vec![title])),
        }
    }
    let lines: Vec<String> = by_test
        .into_iter()
        .map(|(test, titles)| format!("{}: {test}", titles.join(", ")))
        .collect();
    (!lines.is_empty()).then(|| lines.join("; "))
}

fn next(r: &GateReport) -> &'static str {
    match r.verdict {
        GateVerdict::Pass => "perfadvise compare BASELINE CANDIDATE shows every metric",
        GateVerdict::Regression => {
            "set it back, or accept it on purpose: perfadvise baseline accept NAME PATH --reason …"
        }
        GateVerdict::Inconclusive => {
            "nothing is proven wrong; more runs decide, and --fail-on inconclusive lets this stop the build"
        }
        GateVerdict::Insufficient => {
            "run more of the baseline's tasks: 6 pairs or 4 units a group at least"
        }
    }
}

/// For a comment on a pull request.
fn markdown(r: &GateReport, style: &Style) -> String {
    /// A comment may hold 65,536 characters.
    const MOST: usize = 64_000;
    let style = Style {
        width: 200,
        unicode: true,
        colour: false,
        ..style.clone()
    };
    let pen = Pen::new(&style);
    let text = super::markdown::escaped;
    let mut out = vec![
        format!("### {}", text(&headline(r, &pen))),
        String::new(),
        format!(
            "| metric | {} | {} | change | 95 % interval | tolerance | p adj. | verdict | test |",
            text(&pen.name(&r.baseline.label, 60)),
            text(&pen.name(&r.candidate.label, 60))
        ),
        "|---|---:|---:|---:|---:|---:|---:|---|---|".into(),
    ];
    for check in &r.checks {
        let p = check
            .compared
            .p_adjusted
            .map_or_else(|| pen.signs.dash.into(), |p| words::p_figure(p, pen.signs));
        out.push(format!(
            "| {} | {} | {} | {} | {} | {} | {p} | {} | {} |",
            text(&capital(&title(check, &pen))),
            words::amount_or_dash(check.compared.unit, base_value(check), pen.signs),
            words::amount_or_dash(
                check.compared.unit,
                check.compared.candidate_value,
                pen.signs
            ),
            change(check, &pen),
            span(check, &pen),
            tolerance(check, &pen),
            painted(check, &pen),
            decided_by(check),
        ));
    }
    out.push(String::new());
    for (head, note) in notes(r, &pen) {
        out.push(format!("- **{head}**: {}", text(&note)));
    }
    let mut document = out.join("\n").replace(words::GLUE, " ");
    if document.len() > MOST {
        let cut = (0..=MOST).rev().find(|at| document.is_char_boundary(*at));
        document.truncate(cut.unwrap_or(0));
        document.push_str("\n\n(cut: perfadvise gate prints the rest)");
    }
    document.push('\n');
    document
}

/// Where a verdict can be pointed at: the line that sets its tolerance or limit, then the lines of what
/// differs from the baseline.
fn places<'a>(check: &'a Check, r: &'a GateReport) -> Vec<(&'a str, u64)> {
    let set_at = check.set_at.as_ref();
    let set_at = set_at.map(|place| (place.file.as_str(), place.line.unwrap_or(1)));
    let causes = r
        .events
        .iter()
        .filter(|e| e.metrics.contains(&check.compared.metric))
        .flat_map(|e| &e.causes)
        .filter_map(|c| Some((c.file.as_deref()?, c.line.unwrap_or(1))));
    set_at.into_iter().chain(causes).collect()
}

/// A sentence about a check, for annotations and reports.
fn sentence(check: &Check) -> String {
    let style = Style {
        width: 200,
        ..Style::default()
    };
    let pen = Pen::new(&style);
    let s = pen.signs;
    let values = format!(
        "{} {} {}",
        words::amount_or_dash(check.compared.unit, check.compared.base_value, s),
        s.arrow,
        words::amount_or_dash(check.compared.unit, check.compared.candidate_value, s)
    );
    let what = match check.kind {
        CheckKind::Regression => format!(
            "{values}, {} ({}), tolerance {}",
            change(check, &pen),
            span(check, &pen),
            tolerance(check, &pen)
        ),
        CheckKind::Max | CheckKind::Min => format!(
            "{} ({}), limit {}",
            words::amount_or_dash(check.compared.unit, check.compared.candidate_value, s),
            span(check, &pen),
            tolerance(check, &pen)
        ),
    };
    let test = match decided_by(check) {
        "" => String::new(),
        test => format!(", by {test}"),
    };
    let power = match check.compared.verdict {
        GateVerdict::Inconclusive => open(check, &pen),
        _ => None,
    };
    let power = power.map_or_else(String::new, |text| match text.split_once(": ") {
        Some((_, text)) => format!("; {text}"),
        None => format!("; {text}"),
    });
    let why = check
        .compared
        .note
        .as_deref()
        .map_or_else(String::new, |n| format!("; {}", pen.name(n, 120)));
    format!(
        "{}: {}: {what}{test}{power}{why}",
        title(check, &pen),
        word(check.compared.verdict)
    )
    .replace(words::GLUE, " ")
}
