//! Key indicators against their targets, and everything about the metric of one.

use super::super::bars;
use super::super::escape::width;
use super::super::pen::{Pen, Tone, left, right};
use super::super::table::{self, Column};
use super::super::text::indicators::limit;
use super::super::words;
use super::{Pane, Scene, facts};
use crate::assessment::{Assessment, Indicator, Interval, MetricRow, TargetVerdict};
use crate::metrics::Metric;

/// Columns of a bar: at least, at most.
const BAR: (usize, usize) = (6, 30);

/// The indicators that can be chosen: those with a value.
pub(crate) fn measured(a: &Assessment) -> Vec<&Indicator> {
    a.indicators.iter().filter(|i| i.value.is_some()).collect()
}

/// A line for each, what was not measured below.
pub(crate) fn pane(scene: &Scene, chosen: Option<usize>, pen: &Pen<'_>) -> Pane {
    let a = &scene.assessment;
    let rows = measured(a);
    let title = "Indicators";
    if rows.is_empty() {
        return Pane::empty(title, "No key indicator was measured.", pen);
    }
    let lines = lines(&rows, pen);
    let remark = basis(a);
    let blocks = lines.into_iter().map(|line| vec![line]).collect();
    let mut pane = Pane::of_blocks(title, &remark, blocks, chosen, pen);
    let unknown: Vec<String> = a
        .indicators
        .iter()
        .filter(|i| i.value.is_none())
        .map(|i| words::glued(&words::lower(&pen.name(&i.title, 40)).replace(',', "")))
        .collect();
    if !unknown.is_empty() {
        let text = format!("not measured: {}", unknown.join(", "));
        pane.lines.extend(pen.paragraph("  ", &text));
    }
    pane
}

fn lines(rows: &[&Indicator], pen: &Pen<'_>) -> Vec<String> {
    let s = pen.signs;
    let title = |i: &Indicator| {
        let title = pen.name(&i.title, 28);
        match pen.is_narrow() {
            true => title.replace("Response time", "Response"),
            false => title,
        }
    };
    let target = |i: &Indicator| {
        i.target
            .as_ref()
            .map_or_else(String::new, |t| limit(t, i.unit, pen))
    };
    let value = |i: &Indicator| words::amount_or_dash(i.unit, i.value, s);
    let widest = |cell: &dyn Fn(&Indicator) -> String| {
        rows.iter().map(|i| width(&cell(i))).max().unwrap_or(0)
    };
    let (titles, values, targets) = (widest(&title), widest(&value), widest(&target));
    let used = 2 + titles + 2 + values + 2 + targets + 2 + 2 + 8;
    let bar = pen.width().saturating_sub(used).min(BAR.1);
    rows.iter()
        .map(|i| {
            let bar = match bar >= BAR.0 {
                true => {
                    let drawn = bars::indicator(i, bar, pen).unwrap_or_default();
                    format!("{}  ", left(&drawn, bar))
                }
                false => String::new(),
            };
            format!(
                "  {}  {}  {}  {bar}{}",
                left(&title(i), titles),
                right(&value(i), values),
                right(&target(i), targets),
                verdict(i, pen)
            )
        })
        .collect()
}

fn verdict(i: &Indicator, pen: &Pen<'_>) -> String {
    match i.verdict {
        TargetVerdict::Met => pen.paint(Tone::Good, &format!("{} met", pen.signs.met)),
        TargetVerdict::Missed => pen.paint(Tone::Bad, &format!("{} missed", pen.signs.missed)),
        TargetVerdict::Unknown if i.target.is_none() => "no target".into(),
        TargetVerdict::Unknown => "? unknown".into(),
    }
}

/// On how much it stands.
fn basis(a: &Assessment) -> String {
    let is_it = |m: &&MetricRow| m.metric == "success_rate" && m.dims.is_empty() && !m.reported;
    match a.metrics.iter().find(is_it).and_then(|m| m.n) {
        Some(n) => words::counted(n, "step", "steps"),
        None if a.provenance.samples > 0 => {
            words::counted(a.provenance.samples, "sample", "samples")
        }
        None => String::new(),
    }
}

/// Everything about the metric of the indicator with this number, over all and by dimension.
pub(crate) fn detail(scene: &Scene, index: usize, pen: &Pen<'_>) -> Option<Pane> {
    let a = &scene.assessment;
    let i = *measured(a).get(index)?;
    let s = pen.signs;
    let rows: Vec<&MetricRow> = a.metrics.iter().filter(|m| m.metric == i.metric).collect();
    let interval = |interval: &Interval, value: f64| {
        format!(
            "{} of the {} ({}, {})",
            words::span(i.unit, value, interval.low, interval.high, s),
            pen.name(&interval.of, 20),
            words::whole_percent(interval.level, s),
            pen.name(&interval.method, 60)
        )
    };
    let target = i.target.as_ref().map_or_else(
        || "none".to_owned(),
        |t| {
            format!(
                "{} of the {}, from {}",
                limit(t, i.unit, pen),
                pen.name(&t.of, 20),
                pen.text(&t.origin)
            )
        },
    );
    let meaning = Metric::named(&i.metric).map_or("", |m| m.row().meaning);
    let mut lines = facts(
        &[
            ("what it is", meaning.to_owned()),
            (
                "value",
                format!(
                    "{} ({})",
                    words::amount_or_dash(i.unit, i.value, s),
                    pen.name(&i.statistic, 20)
                ),
            ),
            (
                "interval",
                i.interval.as_ref().zip(i.value).map_or_else(
                    || {
                        i.note
                            .as_deref()
                            .map_or_else(|| "none".to_owned(), |n| format!("none: {}", pen.text(n)))
                    },
                    |(range, value)| interval(range, value),
                ),
            ),
            ("target", target),
            ("verdict", verdict(i, pen)),
            (
                "values",
                i.n.map_or_else(
                    || "not known: it arrived already summed up".to_owned(),
                    words::count,
                ),
            ),
            ("score", score(a, i, pen)),
        ],
        pen,
    );
    if !rows.is_empty() {
        lines.push(String::new());
        lines.extend(spread(&rows, pen));
    }
    Some(Pane::new(
        &pen.name(&i.title, 40),
        &pen.name(&i.metric, 40),
        lines,
    ))
}

/// What it costs in points.
fn score(a: &Assessment, i: &Indicator, pen: &Pen<'_>) -> String {
    let is_it = |p: &&crate::assessment::ScorePart| {
        p.metric == i.metric && (p.statistic == i.statistic || p.statistic == "shortfall")
    };
    let part = a.score.parts.iter().find(is_it);
    let lost = part.and_then(|p| p.points_lost_shown.or(p.points_lost));
    lost.map_or_else(String::new, |lost| {
        format!("{} points lost of 100", words::fixed(lost, 1, pen.signs))
    })
}

/// Figures of a metric, a line for each value of a dimension.
fn spread(rows: &[&MetricRow], pen: &Pen<'_>) -> Vec<String> {
    let s = pen.signs;
    let cells =
        |cell: &dyn Fn(&MetricRow) -> String| rows.iter().map(|r| cell(r)).collect::<Vec<_>>();
    let amount = |head: &str, of: &dyn Fn(&MetricRow) -> Option<f64>| {
        Column::numbers(head, cells(&|r| words::amount_or_dash(r.unit, of(r), s)))
    };
    let of = |r: &MetricRow| match r.dims.is_empty() {
        true => "all".to_owned(),
        false => {
            let values: Vec<String> = r.dims.values().map(|v| pen.name(v, 24)).collect();
            values.join(" ")
        }
    };
    let mut columns = vec![
        Column::words("of", cells(&of)),
        amount("mean", &|r| r.mean),
        amount("median", &|r| r.median),
        amount("p95", &|r| r.p95),
        amount("p99", &|r| r.p99),
        amount("max", &|r| r.max),
    ];
    if rows.iter().any(|r| r.total.is_some()) {
        columns.push(amount("total", &|r| r.total));
    }
    columns.push(Column::numbers(
        "n",
        cells(&|r| r.n.map_or_else(|| s.dash.into(), words::count)),
    ));
    let (columns, _) = table::fitting(columns, pen.width().saturating_sub(2));
    table::lines(&columns, "  ")
}
