//! The summary as Markdown: for a chat in brief, else with the details behind it.

use super::super::pen::Pen;
use super::super::verdict::capital;
use super::super::{Style, claims, markdown, words};
use super::Extent;
use super::table::Grid;
use super::wording;
use super::{changes as told, data, grids};
use crate::assessment::PeriodReport;

/// The document.
pub(super) fn render(r: &PeriodReport, extent: Extent, style: &Style) -> String {
    let style = Style {
        width: 200,
        unicode: true,
        colour: false,
        ..style.clone()
    };
    let pen = Pen::new(&style);
    let mut out = vec![
        format!(
            "# Executive summary: {}",
            markdown::escaped(&wording::name(&r.summary, &r.summary.days, &pen))
        ),
        String::new(),
        markdown::escaped(&wording::dates(&r.summary, &pen)),
        String::new(),
    ];
    if r.assessment.provenance.records == 0 {
        out.push("**No record in this period, so there is nothing to report.**".into());
        if let Some(why) = &r.summary.chosen {
            out.extend([
                String::new(),
                format!("{}.", markdown::escaped(&capital(&pen.text(why)))),
            ]);
        }
        return finish(&out);
    }
    let mut sentences = wording::verdict(r, &pen);
    let first = sentences.remove(0);
    out.push(format!(
        "**{}** {}",
        markdown::escaped(&first),
        markdown::escaped(&sentences.join(" "))
    ));
    table(&mut out, "Against targets", &grids::targets(r, &pen));
    let below = [
        grids::budget(&r.summary, &pen),
        grids::not_measured(&r.summary, &pen),
    ];
    for text in below.iter().flatten() {
        out.extend([String::new(), markdown::escaped(text)]);
    }
    let changed: Vec<String> = told::changed(r, &pen)
        .into_iter()
        .map(|(when, what)| format!("{when}: {what}"))
        .chain(told::others(r, &pen))
        .collect();
    list(&mut out, "What changed, and when", &changed);
    let together = grids::together(&r.assessment, &pen);
    let title = if together.is_empty() {
        "Next actions".to_owned()
    } else {
        format!("Next actions ({})", markdown::escaped(&together))
    };
    table(&mut out, &title, &grids::actions(&r.assessment, &pen));
    list(
        &mut out,
        "Earlier actions",
        &claims::earlier_actions(&r.summary, &pen),
    );
    list(&mut out, "Modes, cost, data", &data::rest(r, &pen));
    let mut text = finish(&out);
    if extent != Extent::Brief {
        text.push_str("\n---\n\n");
        text.push_str(&markdown::render(&r.assessment, &style));
    }
    text
}

fn table(out: &mut Vec<String>, title: &str, grid: &Grid) {
    if grid.is_empty() {
        return;
    }
    out.extend([String::new(), format!("### {title}"), String::new()]);
    out.extend(grid.markdown(markdown::escaped));
}

fn list(out: &mut Vec<String>, title: &str, lines: &[String]) {
    if lines.is_empty() {
        return;
    }
    out.extend([String::new(), format!("### {title}"), String::new()]);
    out.extend(
        lines
            .iter()
            .map(|line| format!("- {}", markdown::escaped(line))),
    );
}

fn finish(lines: &[String]) -> String {
    let mut text = lines.join("\n").replace(words::GLUE, " ");
    text.push('\n');
    text
}
