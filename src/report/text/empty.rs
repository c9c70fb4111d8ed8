//! The page when there is nothing to analyse: what was looked at, why it is nothing, what to do.

use super::super::escape::width;
use super::super::pen::{Pen, Tone, left};
use super::super::shell::quoted;
use super::super::words;
use super::closing::arguments;
use crate::assessment::Assessment;

/// Files that are named.
const NAMED: usize = 12;

/// The page, as lines.
pub(in super::super) fn lines(a: &Assessment, pen: &Pen<'_>) -> Vec<String> {
    let p = &a.provenance;
    let inputs: Vec<String> = p.inputs.iter().map(|i| pen.path(i, 50)).collect();
    let is_search = arguments(&pen.style.command).is_empty();
    let place = match inputs.as_slice() {
        [one] if !is_search => format!(" in {one}"),
        _ => String::new(),
    };
    let title = pen.paint(Tone::Bold, &format!("? Nothing to analyse{place}"));
    let mut lines = vec![title, String::new()];
    if inputs.len() > 1 || is_search && !inputs.is_empty() {
        lines.extend(pen.paragraph("  Looked in ", &inputs.join(", ")));
    }
    lines.extend(pen.paragraph("  ", &looked_at(a)));
    let files = &p.unrecognised_why;
    let room = (pen.width() - 8) / 2;
    let column = files
        .iter()
        .take(NAMED)
        .map(|f| width(&pen.path(&f.file, room)))
        .max()
        .unwrap_or(0);
    for file in files.iter().take(NAMED) {
        lines.extend(pen.paragraph(
            &format!("    {}   ", left(&pen.path(&file.file, room), column)),
            &pen.text(&file.reason),
        ));
    }
    if files.len() > NAMED {
        lines.push(format!("    and {} more", files.len() - NAMED));
    }
    for fault in p.problems.iter().take(NAMED) {
        let line = fault.line.map_or_else(String::new, |l| format!(":{l}"));
        lines.extend(pen.paragraph(
            &format!("    {}{line}   ", pen.path(&fault.file, room)),
            &pen.text(&fault.reason),
        ));
    }
    lines.push(String::new());
    lines.extend(pen.paragraph(
        "  ",
        "Known shapes: performance_report_*.json, agent session logs (*.jsonl), native records, \
         CSV series. All: perfadvise formats list",
    ));
    lines.push(String::new());
    lines.push("  Next, one of".into());
    lines.extend(steps(a, is_search, pen));
    lines
}

fn looked_at(a: &Assessment) -> String {
    let p = &a.provenance;
    let files = words::counted(p.files, "file", "files");
    let recognised: u64 = p.formats.values().sum();
    match (p.files, recognised) {
        (0, _) if p.history.is_some() => {
            "The history has nothing of that time; perfadvise history list shows its days.".into()
        }
        (0, _) => "Found no file there.".into(),
        (1, 0) => "Looked at 1 file, did not recognise it.".into(),
        (_, 0) => format!("Looked at {files}, recognised none."),
        (_, n) => format!(
            "Looked at {files}, recognised {}; none of them holds a usable record.",
            words::count(n)
        ),
    }
}

fn steps(a: &Assessment, is_search: bool, pen: &Pen<'_>) -> Vec<String> {
    let first = a
        .provenance
        .unrecognised_why
        .last()
        .map(|f| pen.text(&quoted(&f.file)))
        .filter(|f| width(f) + 34 <= pen.width())
        .unwrap_or_else(|| "FILE".into());
    let mut steps = Vec::new();
    if is_search {
        steps.push((
            "perfadvise analyze FOLDER".to_owned(),
            "a folder with reports, logs or records",
        ));
    } else {
        steps.push((
            "perfadvise analyze".to_owned(),
            "looks where known tools keep their logs",
        ));
    }
    steps.push((
        format!("perfadvise formats explain {first}"),
        "says what is missing in that file",
    ));
    let column = steps.iter().map(|(c, _)| width(c)).max().unwrap_or(0);
    steps
        .into_iter()
        .flat_map(|(command, what)| {
            if column + 8 + width(what) <= pen.width() {
                vec![format!("    {}   {what}", left(&command, column))]
            } else {
                vec![format!("    {command}"), format!("      {what}")]
            }
        })
        .collect()
}
