//! What tests say of two groups, in a sentence each.

use super::super::effects::{effect, painted, points};
use super::super::pen::Pen;
use super::super::words;
use crate::assessment::{Assessment, CellSource, Comparison, ComparisonVerdict, DimensionTable};

/// A sentence for each pair of groups, and what else the reader of the table must know.
pub(in super::super) fn sentences(
    a: &Assessment,
    dimension: &str,
    table: Option<&DimensionTable>,
    pen: &Pen<'_>,
) -> Vec<String> {
    let rows: Vec<&Comparison> = a
        .comparisons
        .iter()
        .filter(|c| c.dimension == dimension)
        .collect();
    let mut pairs: Vec<(&str, &str)> = Vec::new();
    for c in &rows {
        if !pairs.contains(&(c.base.as_str(), c.candidate.as_str())) {
            pairs.push((&c.base, &c.candidate));
        }
    }
    let most = if pen.style.full { usize::MAX } else { 3 };
    let mut sentences: Vec<String> = pairs
        .iter()
        .take(most)
        .map(|&(base, candidate)| {
            let of: Vec<&Comparison> = rows
                .iter()
                .copied()
                .filter(|c| c.base == base && c.candidate == candidate)
                .collect();
            if pen.style.full {
                statement(base, candidate, &of, pen)
            } else {
                decided(base, candidate, &of, pen)
            }
        })
        .collect();
    match (table.and_then(|t| remarks(t, pen)), sentences.last_mut()) {
        // On a short page a remark has no line of its own.
        (Some(remarks), Some(last)) if !pen.style.full => {
            last.push_str(&format!("; {remarks}"));
        }
        (Some(remarks), _) => sentences.push(format!("{remarks}.")),
        (None, _) => {}
    }
    sentences
}

/// The same as lines.
pub(super) fn statements(
    a: &Assessment,
    dimension: &str,
    table: Option<&DimensionTable>,
    pen: &Pen<'_>,
) -> Vec<String> {
    sentences(a, dimension, table, pen)
        .iter()
        .flat_map(|sentence| pen.paragraph("  ", sentence))
        .collect()
}

/// `SIMPLE v FANCY, 41 pairs: response time ×0.68 better, accuracy −13.1 points worse; a trade, no
/// winner`.
fn statement(base: &str, candidate: &str, rows: &[&Comparison], pen: &Pen<'_>) -> String {
    let is = |verdict: ComparisonVerdict| rows.iter().filter(move |c| c.verdict == verdict);
    let name = |c: &&Comparison| words::glued(&pen.name(&words::metric(&c.metric), 30));
    let mut parts: Vec<String> = Vec::new();
    for verdict in [
        ComparisonVerdict::Better,
        ComparisonVerdict::Worse,
        ComparisonVerdict::Different,
    ] {
        let list: Vec<String> = is(verdict)
            .map(|c| words::glued(&format!("{} {}{}", name(c), effect(c, pen), points(c))))
            .collect();
        if !list.is_empty() {
            parts.push(format!("{}: {}", painted(verdict, pen), list.join(", ")));
        }
    }
    for verdict in [ComparisonVerdict::Same, ComparisonVerdict::Inconclusive] {
        let list: Vec<String> = is(verdict).map(name).collect();
        if !list.is_empty() {
            parts.push(format!("{}: {}", painted(verdict, pen), list.join(", ")));
        }
    }
    let few = is(ComparisonVerdict::Insufficient).count();
    if few > 0 && few == rows.len() {
        let note = rows.iter().find_map(|c| c.note.as_deref());
        parts.push(note.map_or_else(
            || "too little data for a verdict".into(),
            |n| pen.name(n, 80),
        ));
    }
    let has = |verdict| is(verdict).next().is_some();
    let end = match (
        has(ComparisonVerdict::Better),
        has(ComparisonVerdict::Worse),
    ) {
        (true, true) => "; a trade, no winner",
        _ => "",
    };
    format!(
        "{} v {} ({}){}{}{end}",
        pen.name(candidate, 30),
        pen.name(base, 30),
        basis(rows, true),
        words::GLUE.to_string() + " ",
        parts.join("; ")
    )
}

/// The same for a short page, which says what was decided: `SIMPLE v FANCY, 41 pairs: response ×0.68
/// better; accuracy −13.1 points worse; a trade, no winner`. Only where nothing was decided, what
/// was not.
fn decided(base: &str, candidate: &str, rows: &[&Comparison], pen: &Pen<'_>) -> String {
    let is = |verdict: ComparisonVerdict| rows.iter().filter(move |c| c.verdict == verdict);
    let count = |verdict| is(verdict).count();
    let mut parts: Vec<String> = Vec::new();
    for verdict in [
        ComparisonVerdict::Better,
        ComparisonVerdict::Worse,
        ComparisonVerdict::Different,
    ] {
        let list: Vec<String> = is(verdict)
            .map(|c| {
                let name = words::metric(&c.metric);
                words::glued(&format!(
                    "{} {}{}",
                    pen.name(words::without_time(&name), 30),
                    effect(c, pen),
                    points(c)
                ))
            })
            .collect();
        if !list.is_empty() {
            parts.push(format!("{} {}", list.join(", "), painted(verdict, pen)));
        }
    }
    if count(ComparisonVerdict::Better) > 0 && count(ComparisonVerdict::Worse) > 0 {
        parts.push(words::glued("a trade, no winner"));
    }
    if parts.is_empty() && count(ComparisonVerdict::Insufficient) == rows.len() {
        let note = rows.iter().find_map(|c| c.note.as_deref());
        parts.push(note.map_or_else(
            || "too little data for a verdict".into(),
            |n| pen.name(n, 80),
        ));
    } else if parts.is_empty() {
        let counts: Vec<String> = [ComparisonVerdict::Same, ComparisonVerdict::Inconclusive]
            .into_iter()
            .filter(|v| count(*v) > 0)
            .map(|v| format!("{}{}{}", count(v), words::GLUE, painted(v, pen)))
            .collect();
        parts.push(counts.join(", "));
    }
    format!(
        "{} v {}, {}: {}",
        pen.name(candidate, 30),
        pen.name(base, 30),
        basis(rows, false),
        parts.join("; ")
    )
}

/// On how much a comparison stands: `44 pairs of tasks`, `12 and 30 units`.
fn basis(rows: &[&Comparison], is_long: bool) -> String {
    match rows.iter().find(|c| c.paired) {
        Some(c) => format!(
            "{}{}",
            words::counted(c.units[0], "pair", "pairs"),
            if is_long { " of tasks" } else { "" }
        ),
        None => rows.first().map_or_else(String::new, |c| {
            format!(
                "{} and {} units",
                words::count(c.units[1]),
                words::count(c.units[0])
            )
        }),
    }
}

fn remarks(t: &DimensionTable, pen: &Pen<'_>) -> Option<String> {
    let mut remarks: Vec<String> = Vec::new();
    let mocks: Vec<String> = t
        .rows
        .iter()
        .filter(|r| r.is_mock && pen.style.full)
        .map(|r| pen.name(&r.value, 30))
        .collect();
    if !mocks.is_empty() {
        remarks.push(format!(
            "No model behind {}: never compared",
            mocks.join(", ")
        ));
    }
    let is_reported = t
        .rows
        .iter()
        .flat_map(|r| r.cells.values())
        .any(|c| c.source == CellSource::Reported);
    if is_reported {
        remarks.push(
            if pen.style.full {
                "* as the input reports it"
            } else {
                "* as reported"
            }
            .into(),
        );
    }
    (!remarks.is_empty()).then(|| remarks.join("; "))
}
