//! Past changes: what was projected, what came of it, and how far the two agree.

use super::claims::span;
use super::effects::difference;
use super::pen::{Pen, Tone};
use super::table::{self, Column};
use super::times::{self, worded};
use super::whatif::value;
use super::words;
use super::{Style, csv, json, yaml};
use crate::assessment::{
    Backtest, Calibration, Change, HeldEffect, HeldWord, PastChange, ProjectionKind, Span, ToldBy,
    UnusedChange,
};
use crate::metrics::Unit;

/// The answer in an output format (`text`, `json`, `jsonl`, `yaml`, `markdown`, `csv`).
#[must_use]
pub fn render(backtest: &Backtest, format: &str, style: &Style) -> String {
    match format {
        "json" => json::document(backtest),
        "jsonl" => json::line(backtest),
        "yaml" => yaml::document(backtest),
        "csv" => csv::held(backtest),
        "markdown" => markdown(backtest, style),
        _ => page(backtest, style),
    }
}

fn page(b: &Backtest, style: &Style) -> String {
    let pen = Pen::new(style);
    let s = pen.signs;
    let period = b
        .period
        .map_or_else(String::new, |p| times::period(p, &pen.style.zone, s));
    let units = format!(
        "{} {}",
        words::count(b.units),
        pen.name(&b.units_called, 20)
    );
    let mut lines = pen.spread(
        &pen.paint(Tone::Bold, "backtest"),
        &format!("{period} {} {units}", s.dot),
    );
    lines.push(String::new());
    lines.extend(pen.paragraph("  ", &opening(b)));
    for past in &b.changes {
        lines.push(String::new());
        lines.extend(held(past, &pen));
    }
    if !b.calibration.is_empty() {
        lines.extend([String::new(), pen.section("Calibration", "")]);
        lines.extend(calibration(&b.calibration, &pen));
        lines.extend(pen.paragraph(
            "  ",
            "An interval held where projected and realised change agree within their intervals (90 % and 95 %).",
        ));
    }
    if !b.unused.is_empty() {
        lines.extend([String::new(), pen.section("Not used", "")]);
    }
    for unused in &b.unused {
        lines.extend(pen.paragraph("  ", &unused_text(unused, &pen)));
    }
    pen.finish(&lines)
}

fn opening(b: &Backtest) -> String {
    let used = b.changes.len() as u64;
    let unused: u64 = b.unused.iter().map(|u| u.count).sum();
    if used + unused == 0 {
        return "No change of the configuration was found: neither the inputs (events config_change, \
                mode_switch, interface_switch) nor claims tell of one."
            .into();
    }
    let found = words::counted(
        used + unused,
        "past change was found",
        "past changes were found",
    );
    let mut text = format!(
        "{found}. Projected from what came before and held against what came after: {}",
        words::count(used)
    );
    if unused > 0 {
        text.push_str(&format!("; not used: {}", words::count(unused)));
    }
    text.push('.');
    text
}

fn when(at: crate::units::Time, pen: &Pen<'_>) -> String {
    words::glued(&worded(at, &pen.style.zone, "%-d %b %Y %H:%M"))
}

fn kind(past: &PastChange) -> &'static str {
    match past.kind {
        ProjectionKind::Replay => "replayed",
        ProjectionKind::Measured => "measured on like work",
        ProjectionKind::Share => "a bound",
    }
}

fn heading(past: &PastChange, pen: &Pen<'_>) -> String {
    let settings: Vec<String> = past.settings.iter().map(|c| change(c, pen)).collect();
    let told = match past.told_by {
        ToldBy::ConfigChange => "",
        ToldBy::Switch => ", told by a switch",
        ToldBy::Claim => ", told by a claim",
    };
    format!(
        "{}  {}{told}: {}, {} before, {} since",
        when(past.at, pen),
        settings.join(", "),
        kind(past),
        words::counted(past.units[0], "unit", "units"),
        words::count(past.units[1])
    )
}

fn held(past: &PastChange, pen: &Pen<'_>) -> Vec<String> {
    let mut lines = pen.paragraph("  ", &heading(past, pen));
    let cells = |cell: &dyn Fn(&HeldEffect) -> String| past.effects.iter().map(cell).collect();
    let most = if past.at_most {
        "projected, at most"
    } else {
        "projected"
    };
    let columns = vec![
        Column::words("", cells(&|e| pen.name(&words::metric(&e.metric), 30))),
        Column::words(most, cells(&|e| figures(e.unit, Some(e.projected), pen))),
        Column::words("realised", cells(&|e| figures(e.unit, e.realised, pen))),
        Column::numbers("share", cells(&|e| share(e.share, pen))),
        Column::words("", cells(&|e| word(e, pen))),
    ];
    match table::fitting(columns, pen.width() - 4) {
        (columns, 0) => lines.extend(table::lines(&columns, "    ")),
        _ => lines.extend(past.effects.iter().flat_map(|e| sentence(e, most, pen))),
    }
    for text in controls(past, pen) {
        lines.extend(pen.paragraph("    ", &text));
    }
    for note in &past.notes {
        lines.extend(pen.paragraph("    ", &pen.text(note)));
    }
    lines
}

/// Where a page is too narrow for the table.
fn sentence(e: &HeldEffect, most: &str, pen: &Pen<'_>) -> Vec<String> {
    let text = format!(
        "{}: {most} {}, realised {}, share {}: {}",
        pen.name(&words::metric(&e.metric), 30),
        figures(e.unit, Some(e.projected), pen),
        figures(e.unit, e.realised, pen),
        share(e.share, pen),
        word(e, pen)
    );
    pen.paragraph("    ", &text)
}

/// `−0.26 s (−0.28 to −0.23)`.
fn figures(unit: Unit, figure: Option<Span>, pen: &Pen<'_>) -> String {
    let Some(figure) = figure else {
        return pen.signs.dash.into();
    };
    let interval = match (unit, figure.low.zip(figure.high)) {
        (Unit::Ratio, _) => return span(unit, figure, pen),
        (_, Some((low, high))) => format!(
            " ({})",
            words::bare_span(unit, figure.estimate, low, high, pen.signs)
        ),
        (_, None) => String::new(),
    };
    format!("{}{interval}", difference(unit, figure.estimate, pen))
}

/// `context.cache_size 50 → 100`.
fn change(c: &Change, pen: &Pen<'_>) -> String {
    let text = |v: Option<&serde_json::Value>| match v {
        None | Some(serde_json::Value::Null) => "not set".into(),
        some => value(some, &c.knob, pen),
    };
    format!(
        "{} {} {} {}",
        pen.name(&c.knob, 50),
        text(c.from.as_ref()),
        pen.signs.arrow,
        text(c.to.as_ref())
    )
}

fn share(share: Option<f64>, pen: &Pen<'_>) -> String {
    share.map_or_else(|| pen.signs.dash.into(), |s| words::fixed(s, 2, pen.signs))
}

fn word(e: &HeldEffect, pen: &Pen<'_>) -> String {
    if e.realised.is_none() {
        return "no like work".into();
    }
    match e.word {
        HeldWord::AsProjected => pen.paint(Tone::Good, "as projected"),
        HeldWord::InPart => "less".into(),
        HeldWord::NoEffect => "no such effect".into(),
        HeldWord::Opposite => pen.paint(Tone::Bad, "the other way"),
        HeldWord::Open => "open".into(),
    }
}

/// What was taken off, once for each control.
fn controls(past: &PastChange, pen: &Pen<'_>) -> Vec<String> {
    past.effects
        .iter()
        .filter_map(|e| {
            let control = e.control.as_ref()?;
            Some(format!(
                "Of {} the change in the control is taken off: {}.",
                pen.text(&words::metric(&e.metric)),
                super::claims::control(control, e.unit, pen)
            ))
        })
        .collect()
}

fn calibration(rows: &[Calibration], pen: &Pen<'_>) -> Vec<String> {
    let s = pen.signs;
    let cells = |cell: &dyn Fn(&Calibration) -> String| rows.iter().map(cell).collect();
    let name = |c: &Calibration| match (&c.mechanism, &c.metric) {
        (Some(mechanism), None) => pen.name(mechanism, 30),
        (_, Some(metric)) => format!("  {}", pen.name(&words::metric(metric), 30)),
        (None, None) => "all".into(),
    };
    let of = |n: u64, all: u64| {
        if all == 0 {
            s.dash.to_owned()
        } else {
            format!("{} of {}", words::count(n), words::count(all))
        }
    };
    let columns = vec![
        Column::words("", cells(&name)),
        Column::numbers("effects", cells(&|c| words::count(c.effects))),
        Column::numbers(
            &format!("realised {} projected", s.formula[2]),
            cells(&|c| share(c.realised_to_projected, pen)),
        ),
        Column::numbers(
            "interval held",
            cells(&|c| of(c.intervals_held, c.intervals)),
        ),
        Column::numbers("the other way", cells(&|c| words::count(c.opposite))),
    ];
    let (columns, _) = table::fitting(columns, pen.width() - 2);
    table::lines(&columns, "  ")
}

fn unused_text(unused: &UnusedChange, pen: &Pen<'_>) -> String {
    let settings: Vec<String> = unused
        .settings
        .iter()
        .map(|c| match (&c.from, &c.to) {
            (None, None) => pen.name(&c.knob, 50),
            _ => change(c, pen),
        })
        .collect();
    let many = match unused.count {
        1 => String::new(),
        n => format!(" ({} switches)", words::count(n)),
    };
    format!(
        "{}  {}{many}: {}.",
        when(unused.at, pen),
        settings.join(", "),
        pen.text(&unused.reason)
    )
}

/// For a chat or a pull request.
fn markdown(b: &Backtest, style: &Style) -> String {
    let pen = Pen::new(style);
    let cell = |text: &str| super::markdown::escaped(text);
    let mut out = format!("### Past changes, projected and held\n\n{}\n", opening(b));
    for past in &b.changes {
        out.push_str(&format!(
            "\n{}\n\n| | projected | realised | share | |\n|---|---|---|---:|---|\n",
            cell(&heading(past, &pen))
        ));
        for e in &past.effects {
            out.push_str(&format!(
                "| {} | {} | {} | {} | {} |\n",
                cell(&words::metric(&e.metric)),
                figures(e.unit, Some(e.projected), &pen),
                figures(e.unit, e.realised, &pen),
                share(e.share, &pen),
                word(e, &pen)
            ));
        }
    }
    if !b.calibration.is_empty() {
        out.push_str(
            "\n| | effects | realised ÷ projected | interval held |\n|---|---:|---:|---:|\n",
        );
    }
    for c in &b.calibration {
        let name = match (&c.mechanism, &c.metric) {
            (Some(mechanism), Some(metric)) => format!("{mechanism}: {}", words::metric(metric)),
            (Some(mechanism), None) => mechanism.clone(),
            _ => "all".into(),
        };
        out.push_str(&format!(
            "| {} | {} | {} | {} of {} |\n",
            cell(&name),
            words::count(c.effects),
            share(c.realised_to_projected, &pen),
            words::count(c.intervals_held),
            words::count(c.intervals)
        ));
    }
    for unused in &b.unused {
        out.push_str(&format!(
            "\nNot used: {}\n",
            cell(&unused_text(unused, &pen))
        ));
    }
    out
}
