//! The machine and its processes; behind them where wall-clock time went.

use super::super::pen::Pen;
use super::super::table::{self, Column};
use super::super::words;
use super::{time, trend};
use crate::assessment::{Assessment, ProcessRow, ResourceRow, Resources, TrendDirection};
use crate::metrics::Unit;

/// Measures of the machine on a page that is not full.
const MEASURES: usize = 5;

/// The machine in a few lines.
pub(super) fn section(a: &Assessment, pen: &Pen<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(r) = &a.resources {
        let machine = machine(r, pen);
        let is_told = !machine.is_empty() && only_process(r).is_some();
        lines.extend(machine);
        if !is_told {
            lines.extend(processes(r, pen));
        }
    }
    lines.extend(time::line(a, pen));
    if lines.is_empty() {
        return lines;
    }
    let title = match (&a.resources, &a.attribution) {
        (Some(_), Some(_)) => "Resources and time",
        (None, Some(_)) => "Where the time went",
        _ => "Resources",
    };
    let remark = a.resources.as_ref().map_or_else(String::new, basis);
    let mut section = vec![pen.section(title, &remark), String::new()];
    section.extend(lines);
    section
}

/// Tables of the machine and of wall-clock time, a section each.
pub(super) fn full_sections(a: &Assessment, pen: &Pen<'_>) -> Vec<Vec<String>> {
    let mut sections = Vec::new();
    if let Some(r) = &a.resources {
        let mut lines = vec![pen.section("Resources", &basis(r)), String::new()];
        lines.extend(resource_table(r, pen));
        if !r.processes.is_empty() {
            lines.push(String::new());
            lines.extend(process_table(&r.processes, pen));
        }
        sections.push(lines);
    }
    sections.extend(time::full_section(a, pen));
    sections
}

fn basis(r: &Resources) -> String {
    format!(
        "{} on {}",
        words::counted(r.samples, "sample", "samples"),
        words::counted(r.hosts.max(1), "host", "hosts")
    )
    .replace(words::GLUE, " ")
}

fn is_known(row: &ResourceRow) -> bool {
    row.mean.is_some() || row.p95.is_some() || row.max.is_some() || row.total.is_some()
}

/// `Machine  CPU 41.2 % (max 96.4 %) · Memory 58.3 % (…); not measured: disk`.
fn machine(r: &Resources, pen: &Pen<'_>) -> Vec<String> {
    let s = pen.signs;
    let mut parts: Vec<String> = r
        .rows
        .iter()
        .filter(|row| is_known(row))
        .take(MEASURES)
        .map(|row| {
            let title = pen.name(&row.title, 30);
            let mut range = Vec::new();
            // The p95 that matter stand among the key indicators.
            if let Some(p95) = row.p95.filter(|_| row.max.is_none()) {
                range.push(format!("p95 {}", words::amount(row.unit, p95, s)));
            }
            if let Some(max) = row.max.filter(|_| !pen.is_terse()) {
                range.push(format!("max {}", words::amount(row.unit, max, s)));
            }
            let head = match (row.mean, row.total) {
                (_, Some(total)) => format!("{title} {}", words::amount(row.unit, total, s)),
                (Some(mean), None) => format!("{title} {}", words::amount(row.unit, mean, s)),
                (None, None) => title,
            };
            let is_spread = row.total.is_none() && !range.is_empty();
            let spread = if is_spread {
                format!(" ({})", range.join(", "))
            } else {
                String::new()
            };
            let of = match only_process(r) {
                Some(process) if row.metric == "memory_usage" => {
                    format!(", {}", pen.name(process, 30))
                }
                _ => String::new(),
            };
            words::glued(&format!("{head}{spread}{of}"))
        })
        .collect();
    // What was not measured stands among the key indicators.
    if !parts.is_empty() {
        return pen.paragraph("  Machine    ", &parts.join(&format!(" {} ", s.dot)));
    }
    if r.processes.is_empty() {
        return Vec::new();
    }
    let unknown: Vec<String> = r
        .rows
        .iter()
        .filter(|row| !is_known(row))
        .map(|row| words::lower(&pen.name(&row.title, 30)))
        .collect();
    if !unknown.is_empty() {
        parts.push(format!("not measured: {}", unknown.join(", ")));
    }
    pen.paragraph("  Machine    ", &parts.join(&format!(" {} ", s.dot)))
}

/// The process that the row of process memory is about, where there is one and its CPU is not known.
fn only_process(r: &Resources) -> Option<&str> {
    let has_row = r
        .rows
        .iter()
        .filter(|row| is_known(row))
        .take(MEASURES)
        .any(|row| row.metric == "memory_usage");
    match r.processes.as_slice() {
        [one] if has_row && one.cpu_p95.is_none() => Some(&one.process),
        _ => None,
    }
}

/// `Processes  agent-workflow 45.0 % CPU, 2.10 GB · …`.
fn processes(r: &Resources, pen: &Pen<'_>) -> Vec<String> {
    let list: Vec<String> = r
        .processes
        .iter()
        .take(3)
        .map(|p| {
            let figures: Vec<String> = [
                p.cpu_p95
                    .map(|v| format!("{} CPU", words::amount(Unit::Ratio, v, pen.signs))),
                p.memory_p95
                    .map(|v| words::amount(Unit::Bytes, v, pen.signs)),
            ]
            .into_iter()
            .flatten()
            .collect();
            words::glued(&format!(
                "{} {}",
                pen.name(&p.process, 30),
                figures.join(", ")
            ))
        })
        .collect();
    if list.is_empty() {
        return Vec::new();
    }
    pen.paragraph(
        "  Processes  ",
        &format!("{} (p95)", list.join(&format!(" {} ", pen.signs.dot))),
    )
}

fn resource_table(r: &Resources, pen: &Pen<'_>) -> Vec<String> {
    let s = pen.signs;
    let cells = |cell: &dyn Fn(&ResourceRow) -> String| r.rows.iter().map(cell).collect::<Vec<_>>();
    let columns = vec![
        Column::words("", cells(&|x| pen.name(&x.title, 24))),
        Column::numbers("mean", cells(&|x| words::amount_or_dash(x.unit, x.mean, s))),
        Column::numbers("p95", cells(&|x| words::amount_or_dash(x.unit, x.p95, s))),
        Column::numbers("max", cells(&|x| words::amount_or_dash(x.unit, x.max, s))),
        Column::numbers(
            "total",
            cells(&|x| words::amount_or_dash(x.unit, x.total, s)),
        ),
        Column::numbers("n", cells(&|x| words::count(x.n))),
        Column::words(
            "trend",
            cells(&|x| {
                let trend = x
                    .trend
                    .filter(|t| *t != TrendDirection::Insufficient)
                    .map(|t| trend::direction(t).to_owned());
                let note = x.note.as_deref().map(|n| pen.name(n, 50));
                trend.or(note).unwrap_or_else(|| s.dash.into())
            }),
        ),
    ];
    let (columns, _) = table::fitting(columns, pen.width() - 2);
    table::lines(&columns, "  ")
}

fn process_table(processes: &[ProcessRow], pen: &Pen<'_>) -> Vec<String> {
    let s = pen.signs;
    let cells =
        |cell: &dyn Fn(&ProcessRow) -> String| processes.iter().map(cell).collect::<Vec<_>>();
    let columns = vec![
        Column::words("process", cells(&|p| pen.name(&p.process, 30))),
        Column::numbers(
            "CPU, p95",
            cells(&|p| words::amount_or_dash(Unit::Ratio, p.cpu_p95, s)),
        ),
        Column::numbers(
            "memory, p95",
            cells(&|p| words::amount_or_dash(Unit::Bytes, p.memory_p95, s)),
        ),
        Column::numbers("n", cells(&|p| words::count(p.n))),
    ];
    let (columns, _) = table::fitting(columns, pen.width() - 2);
    table::lines(&columns, "  ")
}
