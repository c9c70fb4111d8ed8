//! Trends alone: the verdict, a chart of each metric that was asked for or moved, the rest as a table, where they
//! lead.

use super::Style;
use super::changes;
use super::pen::{Pen, Tone};
use super::text::trend::{block, direction, list, name_of, shown_p, titled};
use super::times;
use super::words;
use super::{json, yaml};
use crate::assessment::{Forecast, NewestVerdict, Trend, TrendDirection, TrendReport};
use crate::metrics::{Metric, Unit};

/// Charts at most.
const MOST_CHARTS: usize = 12;

/// Rows of a chart.
const CHART_ROWS: usize = 8;

/// The trends in an output format (`text`, `json`, `jsonl`, `yaml`, `markdown`, `csv`).
#[must_use]
pub fn render(report: &TrendReport, format: &str, style: &Style) -> String {
    match format {
        "json" => json::document(report),
        "jsonl" => {
            let trends = report.trends.iter().map(json::line);
            let forecasts = report.forecasts.iter();
            trends.chain(forecasts.map(json::line)).collect()
        }
        "yaml" => yaml::document(report),
        "csv" => super::csv::trends(&report.trends),
        "markdown" => markdown(report, style),
        _ => page(report, style),
    }
}

/// The page for a terminal.
fn page(report: &TrendReport, style: &Style) -> String {
    let pen = Pen::new(style);
    let period = report
        .period
        .map_or_else(String::new, |p| times::period(p, &style.zone, pen.signs));
    let title = pen.paint(Tone::Bold, &pen.name(&style.command, 60));
    let mut lines = pen.spread(&title, &period);
    lines.push(String::new());
    lines.extend(pen.paragraph("  ", &pen.paint(Tone::Bold, &verdict(report, &pen))));
    for trend in charted(report) {
        lines.push(String::new());
        lines.extend(block(trend, CHART_ROWS, &pen));
    }
    if report.trends.len() > 1 {
        lines.extend([String::new(), pen.section("All of them", "")]);
        lines.push(String::new());
        let rows: Vec<&Trend> = report.trends.iter().collect();
        lines.extend(list(&rows, &pen));
    }
    if !report.forecasts.is_empty() {
        let ahead = report.forecasts.first().map_or(0.0, |f| f.seconds);
        let remark = format!("{} beyond the last point", times::length(ahead, pen.signs));
        lines.extend([
            String::new(),
            pen.section("Forecast", &remark),
            String::new(),
        ]);
        for (names, text) in forecasts(report, &pen) {
            lines.extend(pen.paragraph("  ", &format!("{}: {text}", names.join(", "))));
        }
    }
    lines.push(String::new());
    lines.extend(notes(report, &pen));
    pen.finish(&lines)
}

/// What has a chart: everything where little was asked for, else the first, what moved, what changed its level and
/// what is suspected.
fn charted(report: &TrendReport) -> Vec<&Trend> {
    let is_told = |t: &Trend| {
        matches!(
            t.direction,
            TrendDirection::Rising | TrendDirection::Falling
        ) || !t.change_points.is_empty()
            || is_suspected(t)
    };
    let rows = report.trends.iter().enumerate();
    rows.filter(|(at, t)| report.trends.len() <= 4 || *at == 0 || is_told(t))
        .map(|(_, t)| t)
        .take(MOST_CHARTS)
        .collect()
}

fn is_suspected(trend: &Trend) -> bool {
    let newest = trend.newest.as_ref();
    newest.is_some_and(|n| n.verdict == NewestVerdict::Suspected)
}

/// What moved, what is stable, what cannot be judged; then changes of level; then what is suspected.
fn verdict(report: &TrendReport, pen: &Pen<'_>) -> String {
    let of = |wanted: TrendDirection| report.trends.iter().filter(move |t| t.direction == wanted);
    let names = |trends: Vec<&Trend>| -> String {
        let few = trends.len() <= 3;
        let named = trends.iter().take(if few { 3 } else { 2 });
        let name = |t: &Trend| {
            let title = titled(t, pen);
            match Metric::named(&t.metric) {
                Some(_) => words::lower(&title),
                None => title,
            }
        };
        let mut names: Vec<String> = named.map(|t| name(t)).collect();
        if !few {
            names.push(format!("{} more", trends.len() - 2));
        }
        names.join("; ")
    };
    let mut sentences: Vec<String> = Vec::new();
    for wanted in [TrendDirection::Rising, TrendDirection::Falling] {
        for trend in of(wanted).take(3) {
            let verb = if wanted == TrendDirection::Rising {
                "rises"
            } else {
                "falls"
            };
            let halves = match (trend.first_half, trend.second_half) {
                (Some(first), Some(second)) => format!(
                    ": {} {} {} ({}), first to second half",
                    words::amount(trend.unit, first, pen.signs),
                    pen.signs.arrow,
                    words::amount(trend.unit, second, pen.signs),
                    words::change(trend.unit, first, second, pen.signs)
                ),
                _ => String::new(),
            };
            sentences.push(format!("{} {verb}{halves}.", titled(trend, pen)));
        }
    }
    let changed: Vec<&Trend> = report
        .trends
        .iter()
        .filter(|t| !t.change_points.is_empty())
        .collect();
    if !changed.is_empty() {
        sentences.push(format!("Changed its level: {}.", names(changed)));
    }
    let suspected: Vec<&Trend> = report.trends.iter().filter(|t| is_suspected(t)).collect();
    if !suspected.is_empty() {
        sentences.push(format!("Newest value suspected: {}.", names(suspected)));
    }
    let is_quiet = |t: &&Trend| t.change_points.is_empty() && !is_suspected(t);
    let stable: Vec<&Trend> = of(TrendDirection::Stable).filter(is_quiet).collect();
    if !stable.is_empty() {
        sentences.push(format!("Stable: {}.", names(stable)));
    }
    let short: Vec<&Trend> = of(TrendDirection::Insufficient).collect();
    if !short.is_empty() {
        sentences.push(format!("Too few points for a verdict: {}.", names(short)));
    }
    if !report.not_measured.is_empty() {
        let missing: Vec<String> = report
            .not_measured
            .iter()
            .map(|name| pen.name(&words::metric(name), 40))
            .collect();
        sentences.push(format!("Not measured: {}.", missing.join(", ")));
    }
    if sentences.is_empty() {
        sentences.push("Nothing in the input is a series.".into());
    }
    sentences.join(" ")
}

/// What is told of each forecast, and of whose; the same is told once.
fn forecasts(report: &TrendReport, pen: &Pen<'_>) -> Vec<(Vec<String>, String)> {
    let mut told: Vec<(Vec<String>, String)> = Vec::new();
    for forecast in &report.forecasts {
        let name = name_of(&forecast.metric, pen);
        let dims = forecast.dims.values().map(|value| pen.name(value, 30));
        let name = std::iter::once(name)
            .chain(dims)
            .collect::<Vec<_>>()
            .join(" ");
        let text = forecast_words(forecast, pen);
        match told.iter_mut().find(|(_, other)| *other == text) {
            Some((names, _)) => names.push(words::lower(&name)),
            None => told.push((vec![name], text)),
        }
    }
    told
}

/// `41.0 % → 63.2 % (58.1 to 68.3) on Sun 22 Nov; reaches 60 % (alert disk_usage) about …`.
fn forecast_words(forecast: &Forecast, pen: &Pen<'_>) -> String {
    let s = pen.signs;
    let note = forecast.note.as_deref().unwrap_or_default();
    let (Some(value), Some(to)) = (forecast.value, forecast.to) else {
        return note.to_owned();
    };
    let at = |time| times::moment(time, &pen.style.zone);
    let unit: Unit = forecast.unit;
    let mut parts = vec![format!(
        "{} ({}) at {} if it goes on",
        words::amount(unit, value.estimate, s),
        words::bare_span(unit, value.estimate, value.low, value.high, s),
        at(to)
    )];
    if let (Some(limit), Some(reached)) = (&forecast.limit, &forecast.reached) {
        let what = format!(
            "{}, {} ({})",
            words::round_amount(unit, limit.value, s),
            pen.name(&limit.of, 40),
            pen.name(&limit.origin, 40)
        );
        let or_later = |time: Option<_>| time.map_or_else(|| "later".into(), at);
        parts.push(match (reached.at, reached.earliest) {
            (Some(line), earliest) => format!(
                "reaches {what} at about {} ({} to {})",
                at(line),
                earliest.map_or_else(|| at(line), at),
                or_later(reached.latest)
            ),
            (None, Some(earliest)) => format!(
                "does not reach {what} in that time, at the earliest at {}",
                at(earliest)
            ),
            (None, None) => format!("does not reach {what} in that time"),
        });
    } else {
        parts.push("no target or alert lies ahead".into());
    }
    if !note.is_empty() {
        parts.push(note.to_owned());
    }
    parts.join("; ")
}

fn notes(report: &TrendReport, pen: &Pen<'_>) -> Vec<String> {
    let n = report.trends.iter().filter(|t| t.p.is_some()).count() as u64;
    let series = words::counted(n, "series", "series");
    let mut notes = vec![
        (
            "Trend",
            format!(
                "Mann-Kendall with Hamed and Rao's variance, Theil-Sen slope; Holm over {series}; within {} 5 % (ratios: 2 points) it is stable",
                pen.signs.plus_minus
            ),
        ),
        (
            "Changes",
            "optimal partition, rank test adjusted for the search, Benjamini-Hochberg over all series; 10 points at least, \
             5 on a level"
                .to_owned(),
        ),
        (
            "Newest",
            "Student's prediction limit from the values since the last change, 95 % over all series; suspected until another \
             value confirms it"
                .to_owned(),
        ),
    ];
    if !report.forecasts.is_empty() {
        notes.push((
            "Forecast",
            "Theil-Sen line with the 95 % prediction interval of a straight line (Draper & Smith 1998); it holds if the drift \
             goes on"
                .to_owned(),
        ));
    }
    if report.skipped > 0 {
        let records = words::counted(report.skipped, "faulty record", "faulty records");
        notes.push((
            "Left out",
            format!("{records} (perfadvise analyze lists them)"),
        ));
    }
    notes
        .into_iter()
        .flat_map(|(head, text)| pen.paragraph(&format!("  {head:<9} "), &text))
        .collect()
}

/// Tables, for a pull request.
fn markdown(report: &TrendReport, style: &Style) -> String {
    let style = Style {
        width: 200,
        unicode: true,
        colour: false,
        ..style.clone()
    };
    let pen = Pen::new(&style);
    let s = pen.signs;
    let text = super::markdown::escaped;
    let mut out = vec![text(&verdict(report, &pen)), String::new()];
    out.push("| metric | trend | 1st half | 2nd half | p | newest | points |".into());
    out.push("|---|---|---:|---:|---:|---|---:|".into());
    for t in &report.trends {
        let newest = match &t.newest {
            Some(n) if n.verdict == NewestVerdict::Suspected => {
                format!("{}, suspected", words::amount(t.unit, n.value, s))
            }
            Some(n) => words::amount(t.unit, n.value, s),
            None => s.dash.into(),
        };
        out.push(format!(
            "| {} | {} | {} | {} | {} | {newest} | {} |",
            text(&titled(t, &pen)),
            direction(t.direction),
            words::amount_or_dash(t.unit, t.first_half, s),
            words::amount_or_dash(t.unit, t.second_half, s),
            shown_p(t).map_or_else(|| s.dash.into(), |p| words::p_figure(p, s)),
            t.n
        ));
    }
    let points = |t: &Trend| -> Vec<String> {
        let told = t.change_points.iter().map(|change| {
            let when = changes::when(t, change, &pen).unwrap_or_default();
            let with = changes::with(change, 5, &pen);
            format!(
                "| {} | {} | {} | {} |",
                text(&titled(t, &pen)),
                text(&changes::amount(t, change, &pen)),
                text(&when),
                text(&with)
            )
        });
        told.collect()
    };
    let rows: Vec<String> = report.trends.iter().flat_map(points).collect();
    if !rows.is_empty() {
        out.push(String::new());
        out.push("| changed its level | from, to | when | in the same time |".into());
        out.push("|---|---|---|---|".into());
        out.extend(rows);
    }
    for (names, told) in forecasts(report, &pen) {
        out.push(String::new());
        out.push(text(&format!("{}: {told}", names.join(", "))));
    }
    let mut document = out.join("\n").replace(words::GLUE, " ");
    document.push('\n');
    document
}
