//! A contrast of two or more groups: the verdict, a table for each, the pairs, and what the reader of
//! the table must know.

mod strip;
mod trade;

use super::Style;
use super::effects::{self, effect, effect_span, painted};
use super::pen::{Pen, Tone};
use super::table::{self, Column};
use super::times;
use super::verdict::capital;
use super::words;
use super::{json, yaml};
use crate::assessment::{
    Comparison, ComparisonVerdict, Contrast, Decision, EffectKind, GroupRow, Pairing,
    Stratification,
};
use crate::metrics::{Metric, Unit};

/// The contrast in an output format (`text`, `json`, `jsonl`, `yaml`, `markdown`, `csv`).
#[must_use]
pub fn render(contrast: &Contrast, format: &str, style: &Style) -> String {
    match format {
        "json" => json::document(contrast),
        "jsonl" => contrast.comparisons.iter().map(json::line).collect(),
        "yaml" => yaml::document(contrast),
        "csv" => super::csv::comparisons(&contrast.comparisons),
        "markdown" => markdown(contrast, style),
        _ => page(contrast, style),
    }
}

/// The page for a terminal.
fn page(c: &Contrast, style: &Style) -> String {
    let pen = Pen::new(style);
    let mut lines = heading(c, &pen);
    for pairing in groups(c) {
        let rows = rows_of(c, &pairing);
        lines.push(String::new());
        lines.extend(pen.paragraph("  ", &verdict(c, &pairing.1, &rows, &pen)));
        lines.push(String::new());
        lines.extend(table::lines(&columns(&rows, &pairing, &pen), "  "));
    }
    if let Some(pairs) = &c.pairs {
        lines.extend(strip::lines(c, pairs, &pen));
    }
    lines.push(String::new());
    lines.extend(notes(c, &pen));
    pen.finish(&lines)
}

/// `compare FANCY SIMPLE … 41 pairs by task · 16 – 22 Nov`.
fn heading(c: &Contrast, pen: &Pen<'_>) -> Vec<String> {
    let labels: Vec<String> = c.groups.iter().map(|g| pen.name(&g.label, 30)).collect();
    let title = format!("compare {}", labels.join(" v "));
    let paired = c
        .comparisons
        .iter()
        .filter(|c| c.paired)
        .map(|c| c.units[0])
        .max();
    let basis = match (paired, c.groups.first()) {
        (Some(pairs), _) if c.pairings.iter().any(|p| p.both >= pairs) => {
            format!("{} by task", words::counted(pairs, "pair", "pairs"))
        }
        (Some(pairs), _) => format!("{} by unit", words::counted(pairs, "pair", "pairs")),
        // Windows of samples belong to one metric each, which tells how many they are.
        (None, Some(_)) if c.groups.iter().all(|g| g.units == 0) => String::new(),
        (None, Some(_)) => {
            let units: Vec<String> = c.groups.iter().map(|g| words::count(g.units)).collect();
            format!("{} units", units.join(" v "))
        }
        (None, None) => String::new(),
    };
    let period = c.period.map_or_else(String::new, |p| {
        times::period(p, &pen.style.zone, pen.signs)
    });
    let told: Vec<&str> = [&basis, &period]
        .into_iter()
        .map(String::as_str)
        .filter(|part| !part.is_empty())
        .collect();
    let told = told.join(&format!(" {} ", pen.signs.dot));
    pen.spread(&pen.paint(Tone::Bold, &title), &told)
}

/// Base and candidate of each table.
fn groups(c: &Contrast) -> Vec<(String, String)> {
    let Some(base) = c.groups.first() else {
        return Vec::new();
    };
    let candidates = c.groups.iter().skip(1);
    candidates
        .map(|g| (base.label.clone(), g.label.clone()))
        .collect()
}

fn rows_of<'a>(c: &'a Contrast, (base, candidate): &(String, String)) -> Vec<&'a Comparison> {
    c.comparisons
        .iter()
        .filter(|c| c.base == *base && c.candidate == *candidate)
        .collect()
}

/// What was decided, in a sentence or two. What like with like turns around is no part of it.
fn verdict(c: &Contrast, candidate: &str, rows: &[&Comparison], pen: &Pen<'_>) -> String {
    let is_reversed = |row: &Comparison| {
        let of = |s: &&Stratification| s.metric == row.metric && s.candidate == row.candidate;
        c.strata.iter().filter(of).any(|s| s.is_reversed)
    };
    let counted: Vec<&Comparison> = rows.iter().copied().filter(|r| !is_reversed(r)).collect();
    let base = c.groups.first().map_or("", |g| g.label.as_str());
    let known = c.decisions.iter().find(|d| d.candidate == candidate);
    let decision = known.cloned().unwrap_or_else(|| Decision {
        base: base.to_owned(),
        candidate: candidate.to_owned(),
        winner: None,
        by: None,
        is_trade: false,
    });
    let turned: Vec<String> = rows
        .iter()
        .filter(|r| is_reversed(r))
        .map(|r| name(r, pen))
        .collect();
    let mut sentence = match (counted.is_empty(), turned.is_empty()) {
        (true, false) => String::new(),
        _ => trade::verdict(&decision, &counted, pen),
    };
    if !turned.is_empty() {
        if !sentence.is_empty() {
            sentence.push(' ');
        }
        sentence.push_str(&pen.paint(
            Tone::Bold,
            &format!(
                "The difference in {} turns around where like is compared with like, see below.",
                turned.join(" and ")
            ),
        ));
    }
    sentence
}

fn name(c: &Comparison, pen: &Pen<'_>) -> String {
    words::glued(&pen.name(&words::lower(&words::metric(&c.metric)), 30))
}

fn columns(rows: &[&Comparison], labels: &(String, String), pen: &Pen<'_>) -> Vec<Column> {
    let s = pen.signs;
    let cells =
        |cell: &dyn Fn(&Comparison) -> String| rows.iter().map(|c| cell(c)).collect::<Vec<_>>();
    let room = if pen.is_narrow() { 14 } else { 24 };
    let mut columns = vec![
        Column::words(
            "metric",
            cells(&|c| pen.name(&words::lower(&words::metric(&c.metric)), room)),
        ),
        Column::numbers("effect", cells(&|c| effect(c, pen))),
        Column::words("verdict", cells(&|c| painted(c.verdict, pen))),
        Column::numbers(
            &words::glued("95 % interval"),
            cells(&|c| effect_span(c, pen)),
        ),
        Column::numbers(
            &words::glued("p adj."),
            cells(&|c| {
                c.p_adjusted
                    .map_or_else(|| s.dash.into(), |p| words::p_figure(p, s))
            }),
        ),
    ];
    let value = |label: &str, value: &dyn Fn(&Comparison) -> Option<f64>| {
        Column::numbers(
            &pen.name(label, 14),
            cells(&|c| words::amount_or_dash(c.unit, value(c), s)),
        )
    };
    let values = [
        value(&labels.0, &|c| c.base_value),
        value(&labels.1, &|c| c.candidate_value),
    ];
    let units = Column::numbers(
        "units",
        cells(&|c| {
            if c.units == [0, 0] {
                s.dash.into()
            } else if c.paired {
                words::counted(c.units[0], "pair", "pairs")
            } else {
                format!(
                    "{} v {}",
                    words::count(c.units[0]),
                    words::count(c.units[1])
                )
            }
        }),
    );
    if pen.is_narrow() {
        // What decides comes first, since the last columns fall off.
        columns.extend(values);
    } else {
        columns.splice(1..1, values);
    }
    columns.push(units);
    table::fitting(columns, pen.width() - 2).0
}

fn notes(c: &Contrast, pen: &Pen<'_>) -> Vec<String> {
    let mut notes: Vec<(&str, String)> = Vec::new();
    let tests = tests(c);
    if !tests.is_empty() {
        notes.push(("Test", format!("{}; {}", tests.join("; "), correction(c))));
        notes.push((
            "Same",
            format!(
                "the interval lies inside {} (ratios; 5 points for success rates) or {} (all else)",
                words::glued(&format!("{} 2 points", pen.signs.plus_minus)),
                words::glued(&format!("{} 5 %", pen.signs.plus_minus))
            ),
        ));
    }
    for pairing in &c.pairings {
        notes.extend(paired(c, pairing, pen).map(|text| ("Pairs", text)));
    }
    notes.extend(checked(c, pen).map(|text| ("Checked", text)));
    for row in c.strata.iter().filter(|s| s.is_reversed) {
        notes.push(("Reversed", reversed(row, pen)));
    }
    let open = power(c, pen);
    if !open.is_empty() {
        notes.push(("Power", open.join("; ")));
    }
    for (note, metrics) in too_little(c, pen) {
        notes.push(("No verdict", format!("{}: {note}", metrics.join(", "))));
    }
    let mut left_out: Vec<String> = c.groups.iter().filter_map(|g| skipped(g, pen)).collect();
    left_out.dedup();
    notes.extend(left_out.into_iter().map(|text| ("Left out", text)));
    notes
        .into_iter()
        .flat_map(|(head, text)| {
            let first = format!("  {head:<10}  ");
            pen.paragraph(&first, &text)
        })
        .collect()
}

fn tests(c: &Contrast) -> Vec<&'static str> {
    let used = |test: &str| {
        c.comparisons
            .iter()
            .any(|x| x.test.as_deref() == Some(test))
    };
    [
        (
            "wilcoxon-signed-rank",
            "Wilcoxon signed rank, exact, on (log) differences of pairs; effect: median of the Walsh averages",
        ),
        (
            "brunner-munzel-permutation",
            "Brunner-Munzel over units; effect: Hodges-Lehmann",
        ),
        (
            "permutation-of-units",
            "permutation of units on the ratio of sums; effect: difference of both shares' intervals",
        ),
        (
            "exchange-of-pairs",
            "exchange within pairs on the ratio of sums; effect: difference of both shares' intervals",
        ),
        (
            "boschloo",
            "Boschloo, exact; effect: difference of both shares' intervals",
        ),
    ]
    .into_iter()
    .filter(|(test, _)| used(test))
    .map(|(_, words)| words)
    .collect()
}

fn correction(c: &Contrast) -> String {
    let n = c.comparisons.iter().filter(|x| x.p.is_some()).count() as u64;
    match c.correction.as_str() {
        "holm" => format!("Holm over {}", words::counted(n, "metric", "metrics")),
        "benjamini-hochberg" => format!(
            "Benjamini-Hochberg over {}",
            words::counted(n, "comparison", "comparisons")
        ),
        _ => "one comparison, so p is not adjusted".into(),
    }
}

fn paired(c: &Contrast, pairing: &Pairing, pen: &Pen<'_>) -> Option<String> {
    let all = pairing.both + pairing.base_only + pairing.candidate_only;
    if all == 0 {
        return None;
    }
    let is_paired = c
        .comparisons
        .iter()
        .any(|x| x.candidate == pairing.candidate && x.paired);
    let rest = match pairing.base_only + pairing.candidate_only {
        0 => String::new(),
        only => format!(
            "; {} ran in one only and count where units are compared",
            words::count(only)
        ),
    };
    let use_of = match (pairing.both, is_paired) {
        (0, _) => "none can be paired, so units are compared",
        (_, true) => "these are compared with themselves",
        (_, false) => "too few for pairs (6 are needed), so units are compared",
    };
    Some(format!(
        "{} of {} ran in both {} and {}: {use_of}{rest}",
        words::count(pairing.both),
        words::counted(all, "task", "tasks"),
        pen.name(&pairing.base, 20),
        pen.name(&pairing.candidate, 20)
    ))
}

/// Whether signs hold within other dimensions.
fn checked(c: &Contrast, pen: &Pen<'_>) -> Option<String> {
    let mut dimensions: Vec<&str> = Vec::new();
    for row in c.strata.iter().filter(|s| !s.is_reversed) {
        let is_new = !dimensions.contains(&row.dimension.as_str());
        let is_whole = c
            .strata
            .iter()
            .all(|s| s.dimension != row.dimension || !s.is_reversed);
        if is_new && is_whole {
            dimensions.push(&row.dimension);
        }
    }
    (!dimensions.is_empty()).then(|| {
        let names: Vec<String> = dimensions.iter().map(|d| pen.name(d, 20)).collect();
        format!(
            "no decided difference has the other sign within every value of {}",
            names.join(", ")
        )
    })
}

/// What could have been shown, and what it takes, of each metric that is open.
fn power(c: &Contrast, pen: &Pen<'_>) -> Vec<String> {
    let open = c
        .comparisons
        .iter()
        .filter(|x| x.verdict == ComparisonVerdict::Inconclusive);
    open.filter_map(|row| {
        let size = effects::detectable(row, pen)?;
        let units = effects::compared_units(row);
        let name = name(row, pen);
        let whose = match groups(c).len() {
            0 | 1 => String::new(),
            _ => format!(" ({})", pen.name(&row.candidate, 20)),
        };
        let needs = row.n_needed.map_or_else(String::new, |needed| {
            format!(
                ", {} takes some {} {}",
                effects::tolerance(row, pen),
                words::count(needed),
                if row.paired { "pairs" } else { "units a group" }
            )
        });
        Some(format!("{name}{whose}: {units} can show {size}{needs}"))
    })
    .collect()
}

fn reversed(row: &Stratification, pen: &Pen<'_>) -> String {
    let is_ratio = row
        .like_with_like
        .as_ref()
        .is_none_or(|e| e.kind == EffectKind::Ratio);
    let unit = Metric::named(&row.metric).map_or(Unit::Unknown, |m| m.row().unit);
    let size = |value: f64| match is_ratio {
        true => words::factor(value, pen.signs),
        false => effects::difference(unit, value, pen),
    };
    let points = match (is_ratio, unit) {
        (false, Unit::Ratio) => " points",
        _ => "",
    };
    let within: Vec<String> = row
        .within
        .iter()
        .map(|s| format!("{} {}", pen.name(&s.value, 20), size(s.estimate)))
        .collect();
    let dimension = pen.name(&row.dimension, 20);
    let alike = row.like_with_like.as_ref().map_or_else(String::new, |e| {
        words::glued(&format!(
            "{} [{}, {}]{points}",
            size(e.estimate),
            size(e.low),
            size(e.high)
        ))
    });
    format!(
        "{}: like with like, by {dimension}, it is {alike}: the sign is the other ({}); the difference \
         of the whole comes from the mixture of {dimension}s",
        pen.name(&words::metric(&row.metric), 30),
        within.join(", "),
    )
}

/// Metrics without a verdict, by the reason.
fn too_little(c: &Contrast, pen: &Pen<'_>) -> Vec<(String, Vec<String>)> {
    let mut reasons: Vec<(String, Vec<String>)> = Vec::new();
    let few = c
        .comparisons
        .iter()
        .filter(|x| x.verdict == ComparisonVerdict::Insufficient);
    for row in few {
        let reason = pen.name(row.note.as_deref().unwrap_or("too little data"), 90);
        let metric = name(row, pen);
        match reasons.iter_mut().find(|(r, _)| *r == reason) {
            Some((_, metrics)) if metrics.contains(&metric) => {}
            Some((_, metrics)) => metrics.push(metric),
            None => reasons.push((reason, vec![metric])),
        }
    }
    reasons
}

fn skipped(group: &GroupRow, pen: &Pen<'_>) -> Option<String> {
    (group.skipped > 0).then(|| {
        let whose = if group.is_part {
            String::new()
        } else {
            format!("{}: ", pen.name(&group.label, 30))
        };
        let records = words::counted(group.skipped, "faulty record", "faulty records");
        format!("{whose}{records} (perfadvise analyze lists them)")
    })
}

/// The table, for a pull request.
fn markdown(c: &Contrast, style: &Style) -> String {
    let style = Style {
        width: 200,
        unicode: true,
        colour: false,
        ..style.clone()
    };
    let pen = Pen::new(&style);
    let text = super::markdown::escaped;
    let mut out = Vec::new();
    for labels in groups(c) {
        let rows = rows_of(c, &labels);
        out.push(format!(
            "### {} v {}",
            text(&pen.name(&labels.1, 60)),
            text(&pen.name(&labels.0, 60))
        ));
        out.push(String::new());
        out.push(text(&verdict(c, &labels.1, &rows, &pen)));
        out.push(String::new());
        out.push(format!(
            "| metric | {} | {} | effect | 95 % interval | p adj. | verdict | units |",
            text(&pen.name(&labels.0, 60)),
            text(&pen.name(&labels.1, 60))
        ));
        out.push("|---|---:|---:|---:|---:|---:|---|---:|".into());
        for row in rows {
            let p = row
                .p_adjusted
                .map_or_else(|| pen.signs.dash.into(), |p| words::p_figure(p, pen.signs));
            let units = if row.paired {
                words::counted(row.units[0], "pair", "pairs")
            } else {
                format!("{} v {}", row.units[0], row.units[1])
            };
            out.push(format!(
                "| {} | {} | {} | {}{} | {} | {p} | {} | {units} |",
                text(&capital(&words::metric(&row.metric))),
                words::amount_or_dash(row.unit, row.base_value, pen.signs),
                words::amount_or_dash(row.unit, row.candidate_value, pen.signs),
                effect(row, &pen),
                effects::points(row),
                effect_span(row, &pen),
                painted(row.verdict, &pen),
            ));
        }
        out.push(String::new());
    }
    for line in notes(c, &pen) {
        out.push(text(line.trim()));
        out.push(String::new());
    }
    let mut document = out.join("\n").replace(words::GLUE, " ");
    document.truncate(document.trim_end().len());
    document.push('\n');
    document
}
