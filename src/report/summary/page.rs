//! The summary for a terminal: one page; with everything behind it in full.

use super::super::Style;
use super::super::escape::width;
use super::super::pen::{Pen, Tone, left};
use super::super::table::{fitting, lines as table_lines};
use super::super::text::{self, closing};
use super::super::verdict::capital;
use super::super::{claims, effects, words};
use super::Extent;
use super::table::Grid;
use super::wording;
use super::{changes as told, data, grids};
use crate::assessment::{Assessment, PeriodReport};

/// The page.
pub(super) fn render(r: &PeriodReport, extent: Extent, style: &Style) -> String {
    let pen = Pen::new(style);
    let mut lines = heading(r, &pen);
    lines.push(String::new());
    if r.assessment.provenance.records == 0 {
        lines.extend(empty(r, &pen));
        return pen.finish(&lines);
    }
    lines.extend(statement(r, &pen));
    lines.extend(block(
        "Against targets",
        "",
        grid(&grids::targets(r, &pen), &pen),
        &pen,
    ));
    let below = [
        grids::budget(&r.summary, &pen),
        grids::not_measured(&r.summary, &pen),
    ];
    for text in below.iter().flatten() {
        lines.extend(pen.paragraph("  ", text));
    }
    lines.extend(block("What changed, and when", "", changes(r, &pen), &pen));
    let together = grids::together(&r.assessment, &pen);
    lines.extend(block(
        "Next actions",
        &together,
        actions(&r.assessment, &pen),
        &pen,
    ));
    let earlier = claims::earlier_actions(&r.summary, &pen);
    let earlier = earlier
        .iter()
        .flat_map(|text| pen.paragraph("  ", text))
        .collect();
    lines.extend(block("Earlier actions", "", earlier, &pen));
    let rest = data::rest(r, &pen);
    let rest = rest
        .iter()
        .flat_map(|text| pen.paragraph("  ", text))
        .collect();
    lines.extend(block("Modes, cost, data", "", rest, &pen));
    if extent == Extent::Full {
        lines.extend(block(
            "All metrics since the period before",
            "",
            all(r, &pen),
            &pen,
        ));
    }
    lines.push(String::new());
    lines.push(every_figure(r, &pen));
    let mut page = pen.finish(&lines);
    if extent == Extent::Full {
        page.push('\n');
        page.push_str(&text::render(
            &r.assessment,
            &Style {
                full: true,
                ..style.clone()
            },
        ));
    }
    page
}

fn heading(r: &PeriodReport, pen: &Pen<'_>) -> Vec<String> {
    let title = format!(
        "Executive summary {} {}",
        pen.signs.dot,
        wording::name(&r.summary, &r.summary.days, pen)
    );
    pen.spread(
        &pen.paint(Tone::Bold, &title),
        &wording::dates(&r.summary, pen),
    )
}

/// The first sentence bold, the others behind it.
fn statement(r: &PeriodReport, pen: &Pen<'_>) -> Vec<String> {
    let mut sentences = wording::verdict(r, pen);
    let first = sentences.remove(0);
    let rest = sentences.join(" ");
    pen.paragraph("  ", &format!("{} {rest}", pen.paint(Tone::Bold, &first)))
}

fn block(title: &str, remark: &str, body: Vec<String>, pen: &Pen<'_>) -> Vec<String> {
    if body.is_empty() {
        return Vec::new();
    }
    let mut lines = vec![String::new(), pen.section(title, remark)];
    lines.extend(body);
    lines
}

fn grid(grid: &Grid, pen: &Pen<'_>) -> Vec<String> {
    if grid.is_empty() {
        return Vec::new();
    }
    table_lines(&fitting(grid.columns(), pen.width() - 2).0, "  ")
}

fn changes(r: &PeriodReport, pen: &Pen<'_>) -> Vec<String> {
    let rows = told::changed(r, pen);
    let mut lines = Vec::new();
    if rows.is_empty() {
        lines.push(
            "  No change point within the period, no recorded change of configuration.".into(),
        );
    }
    let widest = rows.iter().map(|(when, _)| width(when)).max().unwrap_or(0);
    for (when, what) in rows {
        if pen.is_narrow() {
            lines.extend(pen.paragraph("  ", &format!("{when}: {what}")));
        } else {
            lines.extend(pen.paragraph(&format!("  {}  ", left(&when, widest)), &what));
        }
    }
    for text in told::others(r, pen) {
        lines.extend(pen.paragraph("  ", &text));
    }
    lines
}

fn actions(a: &Assessment, pen: &Pen<'_>) -> Vec<String> {
    let table = grids::actions(a, pen);
    if table.is_empty() {
        return vec!["  None: no rule that could be judged speaks.".into()];
    }
    let mut lines = table_lines(&fitting(table.columns(), pen.width() - 2).0, "  ");
    let more = a.recommendations.len().saturating_sub(table.rows());
    if more > 0 {
        lines.push(closing::command(
            &format!("  {more} more: "),
            "recommend",
            pen,
        ));
    }
    lines
}

/// Each comparison with the period before.
fn all(r: &PeriodReport, pen: &Pen<'_>) -> Vec<String> {
    let mut table = Grid::new(&["metric", ">before", ">now", ">change", "", "units"]);
    let of_period = r.assessment.comparisons.iter();
    for c in of_period.filter(|c| c.dimension == "period" && c.base == "previous") {
        table.push(vec![
            pen.name(&words::metric(&c.metric), 30),
            words::amount_or_dash(c.unit, c.base_value, pen.signs),
            words::amount_or_dash(c.unit, c.candidate_value, pen.signs),
            format!(
                "{} ({})",
                effects::effect(c, pen),
                effects::effect_span(c, pen)
            ),
            effects::painted(c.verdict, pen),
            format!(
                "{} v {}",
                words::count(c.units[0]),
                words::count(c.units[1])
            ),
        ]);
    }
    grid(&table, pen)
}

fn every_figure(r: &PeriodReport, pen: &Pen<'_>) -> String {
    let verb = match r.summary.kind.as_str() {
        "custom" => format!(
            "report --from {} --to {} --format json",
            r.summary.days.first, r.summary.days.last
        ),
        kind => format!(
            "report {kind} --ending {} --format json",
            r.summary.days.last
        ),
    };
    closing::command("  Every figure: ", &verb, pen)
}

fn empty(r: &PeriodReport, pen: &Pen<'_>) -> Vec<String> {
    let mut lines = pen.paragraph(
        "  ",
        &pen.paint(
            Tone::Bold,
            "No record in this period, so there is nothing to report.",
        ),
    );
    if let Some(why) = &r.summary.chosen {
        lines.extend(pen.paragraph("  ", &format!("{}.", capital(&pen.text(why)))));
    }
    lines.push(closing::command("  What there is: ", "analyze", pen));
    lines
}
