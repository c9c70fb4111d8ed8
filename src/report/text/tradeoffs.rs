//! Modes, interfaces and other dimensions side by side: figures, then what a test says of them.

use std::collections::BTreeSet;

use super::super::effects::{effect, effect_span, painted};
use super::super::pen::{Pen, Tone};
use super::super::table::{self, Column};
use super::super::verdict::capital;
use super::super::words;
use super::statements::statements;
use crate::assessment::{Assessment, Cell, CellSource, Comparison, DimensionRow, DimensionTable};

/// Values of a dimension on a page that is not full.
const ROWS: usize = 5;

/// Figures that a table by mode shows first.
const OF_MODES: [&str; 7] = [
    "context_preparation_time",
    "response_time",
    "memory_usage",
    "accuracy",
    "cache_hit_rate",
    "file_use_rate",
    "success_rate",
];

/// Figures that a table by interface shows first.
const OF_INTERFACES: [&str; 7] = [
    "response_time",
    "success_rate",
    "error_rate",
    "timeout_rate",
    "rate_limit_hits",
    "cost_per_1k_tokens",
    "accuracy",
];

/// One section with short tables.
pub(super) fn section(a: &Assessment, pen: &Pen<'_>) -> Vec<String> {
    let mut blocks: Vec<Vec<String>> = a
        .tables
        .iter()
        .filter(|t| !t.rows.is_empty())
        .map(|t| {
            let mut lines = short_table(t, pen);
            lines.extend(statements(a, &t.dimension, Some(t), pen));
            lines
        })
        .collect();
    for dimension in untabled(a) {
        blocks.push(statements(a, dimension, None, pen));
    }
    let mut lines: Vec<String> = Vec::new();
    for block in blocks.into_iter().filter(|b| !b.is_empty()) {
        lines.push(String::new());
        lines.extend(block);
    }
    if !lines.is_empty() {
        lines.insert(0, pen.section(&title(a), ""));
    }
    lines
}

/// A section for each dimension with everything in it.
pub(super) fn full_sections(a: &Assessment, pen: &Pen<'_>) -> Vec<Vec<String>> {
    let tables = a.tables.iter().filter(|t| !t.rows.is_empty()).map(|t| {
        let mut lines = vec![
            pen.section(&dimension_title(&t.dimension, pen), ""),
            String::new(),
        ];
        lines.extend(matrix(t, pen));
        lines.extend(comparisons(a, &t.dimension, pen));
        lines.push(String::new());
        lines.extend(statements(a, &t.dimension, Some(t), pen));
        lines
    });
    let others = untabled(a).into_iter().map(|dimension| {
        let mut lines = vec![pen.section(&dimension_title(dimension, pen), "")];
        lines.extend(comparisons(a, dimension, pen));
        lines.push(String::new());
        lines.extend(statements(a, dimension, None, pen));
        lines
    });
    tables.chain(others).collect()
}

/// Dimensions that are compared and have no table.
fn untabled(a: &Assessment) -> BTreeSet<&str> {
    a.comparisons
        .iter()
        .map(|c| c.dimension.as_str())
        .filter(|d| {
            a.tables
                .iter()
                .all(|t| t.dimension != *d || t.rows.is_empty())
        })
        .collect()
}

fn title(a: &Assessment) -> String {
    let has = |d: &str| {
        a.tables
            .iter()
            .any(|t| t.dimension == d && !t.rows.is_empty())
    };
    match (has("mode"), has("interface")) {
        (true, true) => "Context modes and interfaces",
        (true, false) => "Context modes",
        (false, true) => "Interfaces",
        (false, false) => "Comparisons",
    }
    .into()
}

/// `Context mode`, `Interface`, `By model`.
pub(in super::super) fn dimension_title(dimension: &str, pen: &Pen<'_>) -> String {
    match dimension {
        "mode" => "Context mode".into(),
        "interface" => "Interface".into(),
        other => format!("By {}", pen.name(other, 30)),
    }
}

/// Short head of a column.
fn head(metric: &str, pen: &Pen<'_>) -> String {
    match metric {
        "context_preparation_time" => "prepare".into(),
        "response_time" => "response".into(),
        "memory_usage" => "memory".into(),
        "cache_hit_rate" => "cache hits".into(),
        "file_use_rate" => "files used".into(),
        "success_rate" => "success".into(),
        "error_rate" => "errors".into(),
        "timeout_rate" => "time-outs".into(),
        "rate_limit_hits" => "limit hits".into(),
        "cost_per_1k_tokens" => "per 1k tok".into(),
        other => pen.name(&words::metric(other), 14),
    }
}

/// A row for each value, its most telling figures as far as they fit.
pub(in super::super) fn short_table(t: &DimensionTable, pen: &Pen<'_>) -> Vec<String> {
    let rows: Vec<&DimensionRow> = t.rows.iter().take(ROWS).collect();
    // The last line of the page says where all figures are.
    let (columns, _) = table::fitting(columns(t, &rows, pen), pen.width() - 2);
    let mut lines = table::lines(&columns, "  ");
    let more = t.rows.len() - rows.len();
    if more > 0 {
        lines.push(pen.paint(Tone::Faint, &format!("  and {more} more")));
    }
    lines
}

fn columns(t: &DimensionTable, rows: &[&DimensionRow], pen: &Pen<'_>) -> Vec<Column> {
    let name_room = if pen.is_narrow() { 16 } else { 24 };
    let mut columns = vec![Column::words(
        &pen.name(&t.dimension, 14),
        rows.iter().map(|r| value(r, name_room, pen)).collect(),
    )];
    if rows.iter().any(|r| r.share.is_some()) {
        columns.push(Column::numbers(
            "share",
            rows.iter().map(|r| share(r, pen)).collect(),
        ));
    }
    for metric in shown(t) {
        let cells: Vec<String> = rows.iter().map(|r| cell(r, metric, pen)).collect();
        columns.push(Column::numbers(&head(metric, pen), cells));
    }
    columns
}

/// The metrics of a table, those first that say most of its dimension.
fn ordered(t: &DimensionTable) -> Vec<&str> {
    let first = first(t);
    let place = |metric: &str| {
        first
            .iter()
            .position(|f| *f == metric)
            .unwrap_or(usize::MAX)
    };
    let mut metrics: Vec<&str> = t.metrics.iter().map(String::as_str).collect();
    metrics.sort_by_key(|m| place(m));
    metrics
}

/// The metrics of a short table: those that say most of its dimension, else the first.
fn shown(t: &DimensionTable) -> Vec<&str> {
    let mut metrics = ordered(t);
    let telling = metrics.iter().filter(|m| first(t).contains(m)).count();
    metrics.truncate(if telling == 0 {
        OF_MODES.len()
    } else {
        telling
    });
    metrics
}

fn first(t: &DimensionTable) -> &'static [&'static str] {
    if t.dimension == "mode" {
        &OF_MODES
    } else {
        &OF_INTERFACES
    }
}

/// The value of a row; one without a model behind it says so.
pub(in super::super) fn value(row: &DimensionRow, columns: usize, pen: &Pen<'_>) -> String {
    if row.is_mock {
        format!("{} (no model)", pen.name(&row.value, columns - 11))
    } else {
        pen.name(&row.value, columns)
    }
}

fn share(row: &DimensionRow, pen: &Pen<'_>) -> String {
    words::amount_or_dash(crate::metrics::Unit::Ratio, row.share, pen.signs)
}

fn cell(row: &DimensionRow, metric: &str, pen: &Pen<'_>) -> String {
    row.cells
        .get(metric)
        .map_or_else(|| pen.signs.dash.to_owned(), |c| figure(c, pen))
}

/// A figure; one that the input reported is marked.
pub(in super::super) fn figure(cell: &Cell, pen: &Pen<'_>) -> String {
    let text = match cell.of {
        Some([used, considered]) => words::glued(&format!(
            "{} of {}",
            words::fixed(used, 0, pen.signs),
            words::fixed(considered, 0, pen.signs)
        )),
        None => words::amount(cell.unit, cell.value, pen.signs),
    };
    match cell.source {
        CellSource::Reported => format!("{text}*"),
        CellSource::Measured => text,
    }
}

/// All figures: a line for each metric, a column for each value.
pub(in super::super) fn matrix(t: &DimensionTable, pen: &Pen<'_>) -> Vec<String> {
    let metrics = ordered(t);
    let mut names: Vec<String> = vec!["Steps".into(), "Share of use".into()];
    names.extend(
        metrics
            .iter()
            .map(|m| capital(&pen.name(&words::metric(m), 26))),
    );
    let mut lines = Vec::new();
    // As many values side by side as fit, the others below.
    let mut rest: &[DimensionRow] = &t.rows;
    while !rest.is_empty() {
        let mut columns = vec![Column::words("", names.clone())];
        columns.extend(rest.iter().map(|row| {
            let mut cells = vec![
                row.steps
                    .map_or_else(|| pen.signs.dash.into(), words::count),
                share(row, pen),
            ];
            cells.extend(metrics.iter().map(|m| cell(row, m, pen)));
            Column::numbers(&pen.name(&row.value, 20), cells)
        }));
        let (columns, dropped) = table::fitting(columns, pen.width() - 2);
        let shown = (rest.len() - dropped.min(rest.len())).max(1);
        if !lines.is_empty() {
            lines.push(String::new());
        }
        lines.extend(table::lines(&columns, "  "));
        rest = &rest[shown..];
    }
    lines
}

/// Comparisons of a dimension as a table.
fn comparisons(a: &Assessment, dimension: &str, pen: &Pen<'_>) -> Vec<String> {
    let rows: Vec<&Comparison> = a
        .comparisons
        .iter()
        .filter(|c| c.dimension == dimension)
        .collect();
    if rows.is_empty() {
        return Vec::new();
    }
    let s = pen.signs;
    let cells =
        |cell: &dyn Fn(&Comparison) -> String| rows.iter().map(|c| cell(c)).collect::<Vec<_>>();
    let room = if pen.is_narrow() { 12 } else { 18 };
    let groups: BTreeSet<(&str, &str)> = rows
        .iter()
        .map(|c| (c.base.as_str(), c.candidate.as_str()))
        .collect();
    let mut columns = Vec::new();
    if groups.len() > 1 {
        columns.push(Column::words(
            "candidate",
            cells(&|c| pen.name(&c.candidate, room)),
        ));
    }
    columns.extend([
        Column::words(
            "",
            cells(&|c| capital(&pen.name(&words::metric(&c.metric), room + 6))),
        ),
        Column::numbers("effect", cells(&|c| effect(c, pen))),
        Column::words("verdict", cells(&|c| painted(c.verdict, pen))),
        Column::numbers(
            &words::glued("95 % interval"),
            cells(&|c| effect_span(c, pen)),
        ),
        Column::numbers(
            "p",
            cells(&|c| {
                c.p_adjusted
                    .or(c.p)
                    .map_or_else(|| s.dash.into(), |p| words::p_figure(p, s))
            }),
        ),
        Column::numbers(
            "base",
            cells(&|c| words::amount_or_dash(c.unit, c.base_value, s)),
        ),
        Column::numbers(
            "then",
            cells(&|c| words::amount_or_dash(c.unit, c.candidate_value, s)),
        ),
        Column::numbers(
            "units",
            cells(&|c| {
                if c.paired {
                    words::counted(c.units[0], "pair", "pairs")
                } else {
                    format!(
                        "{} v {}",
                        words::count(c.units[0]),
                        words::count(c.units[1])
                    )
                }
            }),
        ),
    ]);
    let (columns, _) = table::fitting(columns, pen.width() - 2);
    let mut lines = vec![String::new()];
    lines.extend(table::lines(&columns, "  "));
    lines
}
