//! The score on its own: in brief, and part by part.

use super::Style;
use super::pen::{Pen, Tone};
use super::table::{self, Column};
use super::text::closing::command;
use super::text::score as section;
use super::times;
use super::verdict;
use super::words;
use crate::assessment::{Assessment, Band, Score, ScorePart, ScoreStatus};

/// The number with its losses.
#[must_use]
pub fn brief(a: &Assessment, style: &Style) -> String {
    let pen = Pen::new(style);
    let mut lines = heading(a, &pen);
    lines.push(String::new());
    lines.extend(section::body(a, &pen));
    lines.extend(left_out(&a.score, &pen));
    lines.push(String::new());
    lines.push(command("  Each part: ", "score --explain", &pen));
    pen.finish(&lines)
}

/// Each part with value, target, poor point, S, points lost, and what one step would gain.
#[must_use]
pub fn explained(a: &Assessment, style: &Style) -> String {
    if a.score.value.is_none() {
        return brief(a, style);
    }
    let pen = Pen::new(style);
    let score = &a.score;
    let mut lines = heading(a, &pen);
    for block in [trust(a, &pen), table(score, &pen), reading(score, &pen)] {
        lines.push(String::new());
        lines.extend(block);
    }
    lines.extend(left_out(score, &pen));
    lines.extend(lever(a, &pen));
    pen.finish(&lines)
}

fn heading(a: &Assessment, pen: &Pen<'_>) -> Vec<String> {
    let s = pen.signs;
    let score = &a.score;
    let title = verdict::score(score, pen);
    let title = title.trim_end_matches('.');
    let period = a.period.map_or_else(String::new, |p| {
        format!(" {} {}", s.dot, times::period(p, &pen.style.zone, s))
    });
    let model = format!(
        "model {} {} profile {}",
        score.model,
        s.dot,
        pen.name(&score.profile, 30)
    );
    let long = format!("{model}{period}");
    pen.spread(&pen.paint(Tone::Bold, title), &long)
}

/// Interval, coverage, bounds, and why the word is allowed.
fn trust(a: &Assessment, pen: &Pen<'_>) -> Vec<String> {
    let s = pen.signs;
    let score = &a.score;
    let number = |v: f64| words::fixed(v, 1, s);
    let mut pieces = Vec::new();
    match &score.interval {
        Some(i) => pieces.push(words::glued(&format!(
            "{} interval {} to {}, {} {} resampled",
            words::whole_percent(i.level, s),
            number(i.low),
            number(i.high),
            words::count(a.provenance.units),
            pen.name(&a.provenance.units_called, 20)
        ))),
        None => pieces.push("no interval: too few units".into()),
    }
    pieces.push(words::glued(&format!(
        "coverage {}",
        words::whole_percent(score.coverage, s)
    )));
    if let Some(b) = score.bounds {
        pieces.push(words::glued(&format!(
            "bounds {} to {}",
            number(b.low),
            number(b.high)
        )));
    }
    let mut lines = pen.paragraph("  ", &pieces.join(&format!("{0}{0} ", words::GLUE)));
    lines.extend(pen.paragraph("  ", &why(score, pen)));
    lines
}

fn why(score: &Score, pen: &Pen<'_>) -> String {
    if score.status == ScoreStatus::Partial {
        return "Partial: less than 60 % of the weight was measured, so there is no word for it."
            .into();
    }
    let Some(band) = score.band else {
        return "No word for it.".into();
    };
    let from = match band {
        Band::Excellent => "from 90",
        Band::Good => "from 75",
        Band::Fair => "from 50",
        Band::Poor => "below 50",
    };
    let name = verdict::capital(verdict::band_name(band));
    match &score.band_reason {
        Some(reason) => format!("{name}: {}", section::sentence(&pen.text(reason))),
        None if band >= Band::Good => format!(
            "{name} ({from}): no part is worse than its poor point (S {} 0.50), no critical limit is \
             breached.",
            pen.signs.at_least
        ),
        None => format!("{name} ({from})."),
    }
}

fn table(score: &Score, pen: &Pen<'_>) -> Vec<String> {
    let s = pen.signs;
    let measured: f64 = score
        .parts
        .iter()
        .filter(|p| p.score.is_some())
        .map(|p| p.weight)
        .sum();
    let lost: f64 = score.parts.iter().filter_map(shown_loss).sum();
    let cells = |cell: &dyn Fn(&ScorePart) -> String, total: &str| {
        score
            .parts
            .iter()
            .map(cell)
            .chain([total.to_owned()])
            .collect::<Vec<String>>()
    };
    let dash = || s.dash.to_owned();
    let number = |v: f64, decimals| words::fixed(v, decimals, s);
    let columns = vec![
        Column::words(
            "part",
            cells(&|p| words::lower(&pen.name(&p.title, 24)), "all"),
        ),
        Column::words("statistic", cells(&|p| pen.name(&p.statistic, 12), "")),
        Column::numbers(
            "value",
            cells(&|p| words::amount_or_dash(p.unit, p.value, s), ""),
        ),
        Column::numbers("n", cells(&|p| words::count(p.n), "")),
        Column::numbers("target", cells(&|p| limit(p, p.target, pen), "")),
        Column::numbers("poor", cells(&|p| limit(p, p.poor, pen), "")),
        Column::numbers(
            "weight",
            cells(
                &|p| {
                    let weight = number(p.weight, 0);
                    if p.score.is_some() {
                        weight
                    } else {
                        format!("({weight})")
                    }
                },
                &number(measured, 0),
            ),
        ),
        Column::numbers(
            "S",
            cells(&|p| p.score.map_or_else(dash, |v| number(v, 3)), ""),
        ),
        Column::numbers(
            "lost",
            cells(
                &|p| shown_loss(p).map_or_else(dash, |v| number(v, 1)),
                &number(lost, 1),
            ),
        ),
        Column::numbers("one step", cells(&|p| step(p, pen), "")),
    ];
    let (columns, _) = table::fitting(narrowed(columns, pen), pen.width() - 2);
    let mut lines = table::lines(&columns, "  ");
    let rule = pen.paint(
        Tone::Faint,
        &s.rule.repeat(
            lines
                .iter()
                .map(|l| super::escape::width(l))
                .max()
                .unwrap_or(2)
                - 2,
        ),
    );
    lines.insert(1, format!("  {rule}"));
    lines.insert(lines.len() - 1, format!("  {rule}"));
    lines
}

/// On a narrow page the points come right behind the value.
fn narrowed(columns: Vec<Column>, pen: &Pen<'_>) -> Vec<Column> {
    if pen.width() >= 90 {
        return columns;
    }
    [0, 1, 2, 8, 4, 5, 7, 6, 9, 3]
        .iter()
        .filter_map(|&i| columns.get(i).cloned())
        .collect()
}

fn shown_loss(p: &ScorePart) -> Option<f64> {
    p.points_lost_shown.or(p.points_lost)
}

fn limit(p: &ScorePart, value: Option<f64>, pen: &Pen<'_>) -> String {
    value.map_or_else(
        || pen.signs.dash.to_owned(),
        |v| words::round_amount(p.unit, v, pen.signs),
    )
}

fn step(p: &ScorePart, pen: &Pen<'_>) -> String {
    match (&p.step, &p.left_out) {
        (Some(step), _) => format!(
            "{} {}",
            words::round_amount(p.unit, step.value, pen.signs),
            words::signed(step.points, 1, pen.signs)
        ),
        (None, Some(why)) => pen.name(why, 18),
        (None, None) => pen.signs.dash.into(),
    }
}

fn reading(score: &Score, pen: &Pen<'_>) -> Vec<String> {
    let [phi, sigma, over, dot] = pen.signs.formula;
    let minus = pen.signs.minus;
    let measured: f64 = score
        .parts
        .iter()
        .filter(|p| p.score.is_some())
        .map(|p| p.weight)
        .sum();
    let mut lines = vec!["  How to read a row".to_owned()];
    for text in [
        format!("Shortfall is 1 {minus} ratio: a success rate of 97 % has a shortfall of 3 %."),
        format!(
            "S = {phi}({minus}ln(value{over}poor){over}{sigma}), {sigma} = ln(poor{over}target){over}0.67449: \
             0.75 at the target, 0.50 at poor."
        ),
        format!(
            "Lost = 100 {dot} weight {dot} (1 {minus} S) {over} {}, rounded together so that the column adds up.",
            words::fixed(measured, 0, pen.signs)
        ),
        "One step: what the score gains if this value alone becomes the one shown.".into(),
    ] {
        lines.extend(pen.paragraph("    ", &text));
    }
    lines
}

/// Parts without data, and what they could still change.
fn left_out(score: &Score, pen: &Pen<'_>) -> Vec<String> {
    let names: Vec<String> = score
        .parts
        .iter()
        .filter(|p| p.score.is_none())
        .map(|p| {
            let why = p.left_out.as_deref().unwrap_or("not measured");
            format!("{} ({})", section::title(p, pen), pen.name(why, 60))
        })
        .collect();
    if names.is_empty() {
        return Vec::new();
    }
    let bounds = score
        .bounds
        .filter(|_| !score.complete)
        .map_or_else(String::new, |b| {
            format!(
                "; with the missing weight at S = 0 the score would be {}, at S = 1 {}",
                words::fixed(b.low, 1, pen.signs),
                words::fixed(b.high, 1, pen.signs)
            )
        });
    let mut lines = vec![String::new()];
    lines.extend(pen.paragraph("  ", &format!("Left out: {}{bounds}.", names.join(", "))));
    lines
}

/// The recommendation that gains most, or the part that lost most.
fn lever(a: &Assessment, pen: &Pen<'_>) -> Vec<String> {
    let best = a
        .recommendations
        .iter()
        .filter_map(|r| Some((r, super::text::advice::points(r)?)))
        .max_by(|x, y| x.1.total_cmp(&y.1));
    let text = match best {
        Some((r, points)) => format!(
            "Largest lever: {} {} {}   (perfadvise rules explain {0})",
            pen.name(&r.rule, 12),
            pen.name(&r.name, 30),
            words::signed(points, 1, pen.signs)
        ),
        None => return Vec::new(),
    };
    pen.paragraph("  ", &text)
}
