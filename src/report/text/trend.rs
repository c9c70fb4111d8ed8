//! What happened over time: the chart of one metric, the others in words.

use super::super::changes;
use super::super::escape::width;
use super::super::pen::{Pen, Tone};
use super::super::table::{self, Column};
use super::super::times;
use super::super::words;
use super::chart::{self, Mark};
use crate::assessment::{Assessment, ChangePoint, NewestVerdict, Slope, Trend, TrendDirection};
use crate::metrics::Unit;

/// The section, its chart about `rows` rows high; a line that says why where there is no chart.
pub(super) fn section(a: &Assessment, rows: usize, pen: &Pen<'_>) -> Vec<String> {
    if a.trends.is_empty() {
        return Vec::new();
    }
    let Some(trend) = charted(a) else {
        return vec![
            pen.section("Trend", ""),
            String::new(),
            "  No chart: fewer than two steps of time have values.".into(),
        ];
    };
    let marks = marks(a, trend, pen);
    let mut lines = vec![pen.section("Trend", &remark(trend, pen)), String::new()];
    lines.extend(chart::draw(trend, rows, &marks, pen));
    let mut told = if pen.style.full {
        lines.push(String::new());
        summary(trend, pen)
    } else {
        let mut told = word(trend, pen);
        told.extend(one_line(a, trend, pen));
        told
    };
    told.extend(others(a, trend, pen));
    legend(trend, &mut told, pen);
    lines.extend(told);
    if pen.style.full {
        let rows: Vec<&Trend> = a.trends.iter().collect();
        lines.push(String::new());
        lines.extend(list(&rows, pen));
        lines.extend(changes_of_others(a, trend, pen));
    }
    lines
}

/// The chart of what is charted, with what is marked in it named below it or not: title, remark, lines. `None` where
/// there is none.
pub(in super::super) fn pane(
    a: &Assessment,
    rows: usize,
    is_named: bool,
    pen: &Pen<'_>,
) -> Option<(String, String, Vec<String>)> {
    let trend = charted(a)?;
    let mut marks = marks(a, trend, pen);
    if !is_named {
        marks.iter_mut().for_each(|mark| mark.label.clear());
    }
    let lines = chart::draw(trend, rows, &marks, pen);
    let what = remark(trend, pen);
    let mut what = what
        .split_once(", ")
        .map_or("", |(_, rest)| rest)
        .to_owned();
    let title = titled(trend, pen);
    if let Some(target) = target_line(trend, pen).filter(|t| !what.ends_with(t.as_str())) {
        let longer = format!("{what}  {target}");
        // Which windows these are matters less than what the line means.
        what = if width(&longer) + width(&title) + 12 <= pen.width() {
            longer
        } else {
            target
        };
    }
    Some((title, what, lines))
}

/// The chart of one trend and what is told of it, under its own heading.
pub(in super::super) fn block(trend: &Trend, rows: usize, pen: &Pen<'_>) -> Vec<String> {
    let (title, remark) = (titled(trend, pen), remark(trend, pen));
    let remark = remark.split_once(", ").map_or("", |(_, rest)| rest);
    let mut lines = vec![pen.section(&title, remark), String::new()];
    let chart = chart::draw(trend, rows, &change_marks(trend, false), pen);
    let is_drawn = !chart.is_empty();
    lines.extend(chart);
    if is_drawn {
        lines.push(String::new());
    }
    let mut told = summary(trend, pen);
    legend(trend, &mut told, pen);
    lines.extend(told);
    lines
}

/// `Response time, SIMPLE`.
pub(in super::super) fn titled(trend: &Trend, pen: &Pen<'_>) -> String {
    std::iter::once(name_of(&trend.metric, pen))
        .chain(trend.dims.values().map(|value| pen.name(value, 30)))
        .collect::<Vec<_>>()
        .join(", ")
}

/// Response time where it was measured, else what the verdict tells of, else the first.
pub(in super::super) fn charted(a: &Assessment) -> Option<&Trend> {
    let has_points = |t: &&Trend| {
        t.dims.is_empty()
            && t.series.iter().filter(|p| p.value.is_some()).count() >= 2
            && t.series.iter().any(|p| p.value.is_some_and(|v| v > 0.0))
    };
    let of = |metric: &str| {
        a.trends
            .iter()
            .filter(has_points)
            .find(|t| t.metric == metric)
    };
    of("response_time")
        .or_else(|| of("model_time"))
        .or_else(|| {
            let told = a.headline.trend?;
            a.trends.get(told).filter(has_points)
        })
        .or_else(|| a.trends.iter().find(has_points))
}

/// `response time, mean of 6-hour windows, n = 28`.
pub(in super::super) fn remark(trend: &Trend, pen: &Pen<'_>) -> String {
    let name = pen.name(&words::metric(&trend.metric), 40);
    let step = times::step(trend.step_seconds);
    let what = if trend.unit == Unit::Ratio {
        ""
    } else {
        "mean of "
    };
    if trend.step_seconds <= 0.0 {
        let n = words::count(trend.n);
        return format!("{name}, value by value, n = {n}");
    }
    let missing = trend.series.iter().filter(|p| p.value.is_none()).count();
    let empty = if missing == 0 {
        String::new()
    } else {
        format!(", {missing} without records")
    };
    let n = words::count(trend.n);
    let target = target_line(trend, pen).filter(|_| pen.is_narrow() && pen.is_terse());
    let target = target.map_or_else(String::new, |t| format!(", {t}"));
    // What fits: the legend of a narrow page stands here, where lines below have no room for it.
    let fits = |text: &String| width(text) + 17 <= pen.width();
    [
        format!("{name}, {what}{step} windows, n = {n}{empty}{target}"),
        format!("{name}, {what}{step} windows, n = {n}{target}"),
        format!("{name}, {step} windows{target}"),
    ]
    .into_iter()
    .find(fits)
    .unwrap_or_else(|| format!("{name}, {step} windows"))
}

fn marks(a: &Assessment, trend: &Trend, pen: &Pen<'_>) -> Vec<Mark> {
    let is_explained = a.headline.event.is_some() || !pen.style.full;
    let mut marks = change_marks(trend, is_explained);
    if let Some(event) = a.headline.event.and_then(|i| a.events.get(i)) {
        let values = match (&event.from, &event.to) {
            (Some(from), Some(to)) => format!(
                " {} {} {}",
                pen.name(from, 12),
                pen.signs.arrow,
                pen.name(to, 12)
            ),
            _ => String::new(),
        };
        let what = event.knob.as_deref().unwrap_or(&event.event);
        let what = match what.rsplit_once('.') {
            Some((_, last)) if pen.is_terse() => last,
            _ => what,
        };
        marks.push(Mark {
            time: event.time,
            label: format!(
                "{} {}{values}",
                times::worded(event.time, &pen.style.zone, "%a %H:%M"),
                pen.name(what, 30)
            ),
            is_change: marks.is_empty(),
        });
    }
    marks
}

/// Lines through the chart, with a word below each unless what happened there is told anyway.
fn change_marks(trend: &Trend, is_explained: bool) -> Vec<Mark> {
    let changes = trend.change_points.iter().take(3);
    changes
        .filter_map(|change| trend.series.get(usize::try_from(change.index).ok()?))
        .map(|point| Mark {
            time: point.from,
            label: if is_explained {
                String::new()
            } else {
                "change point".into()
            },
            is_change: true,
        })
        .collect()
}

/// The word for the trend, its size and its p; the change points; the newest value.
fn summary(trend: &Trend, pen: &Pen<'_>) -> Vec<String> {
    let mut lines = word(trend, pen);
    for change in trend.change_points.iter().take(MOST_CHANGES) {
        let text = told(trend, change, pen);
        lines.extend(pen.paragraph(&change_lead(pen), &text));
    }
    if trend.change_points.len() > MOST_CHANGES {
        let more = trend.change_points.len() - MOST_CHANGES;
        lines.push(format!("             {more} more changes (--format json)"));
    }
    if let Some(text) = newest(trend, pen) {
        lines.extend(pen.paragraph("    newest   ", &text));
    }
    lines
}

/// Changes told one by one at most.
const MOST_CHANGES: usize = 5;

fn change_lead(pen: &Pen<'_>) -> String {
    format!("  {} change   ", pen.signs.change)
}

/// `2.43 s → 2.99 s (×1.23), p < 0.001, at Thu 19 Nov 18:00; in this time: context.cache size 100 → 50`.
fn told(trend: &Trend, change: &ChangePoint, pen: &Pen<'_>) -> String {
    let when = changes::when(trend, change, pen).map_or_else(String::new, |w| format!(", {w}"));
    let with = match changes::with(change, 3, pen) {
        with if with.is_empty() => with,
        with => format!("; in this time: {with}"),
    };
    format!("{}{when}{with}", changes::amount(trend, change, pen))
}

/// A metric's name at the beginning of a line; one that only the input knows stays as it is.
pub(in super::super) fn name_of(metric: &str, pen: &Pen<'_>) -> String {
    let name = pen.name(&words::metric(metric), 40);
    if crate::metrics::Metric::named(metric).is_some() {
        super::super::verdict::capital(&name)
    } else {
        name
    }
}

/// What a short page has one line for: the latest change of level of what is charted, else of another metric, one
/// with an event in its time first; else the newest value.
fn one_line(a: &Assessment, charted: &Trend, pen: &Pen<'_>) -> Vec<String> {
    let others = a.trends.iter().filter(|t| t.metric != charted.metric);
    let changed = std::iter::once(charted).chain(others);
    let of = changed.filter_map(|t| Some((t, t.change_points.last()?)));
    let rank = |(trend, change): &(&Trend, &ChangePoint)| {
        (trend.metric != charted.metric, change.with.is_empty())
    };
    let suspected = charted
        .newest
        .as_ref()
        .is_some_and(|n| n.verdict == NewestVerdict::Suspected);
    let newest = newest(charted, pen);
    let (lead, text) = match of.min_by_key(rank) {
        Some((trend, change)) if !suspected || trend.metric == charted.metric => {
            let name = if trend.metric == charted.metric {
                String::new()
            } else {
                format!("{} ", pen.name(&words::metric(&trend.metric), 30))
            };
            let s = pen.signs;
            let values = format!(
                "{name}{} {} {}",
                words::amount(trend.unit, change.before, s),
                s.arrow,
                words::amount(trend.unit, change.after, s)
            );
            let when = changes::when(trend, change, pen);
            let when = when.map_or_else(String::new, |when| format!(" {when}"));
            let with = match changes::with(change, 1, pen) {
                with if with.is_empty() => with,
                with => format!("; {with}"),
            };
            let p = words::p(change.p, s);
            let texts = [
                format!("{values}{when}, {p}{with}"),
                format!("{values}{when}{with}"),
                format!("{values}{when}"),
                format!("{values}{with}"),
            ];
            let lead = change_lead(pen);
            let fits = |text: &&String| width(&lead) + width(text) <= pen.width();
            let text = texts.iter().find(fits).unwrap_or(&values).clone();
            (lead, text)
        }
        _ => match newest {
            Some(text) => ("    newest   ".into(), text),
            None => return Vec::new(),
        },
    };
    pen.paragraph(&lead, &text)
}

/// `3.05 s, normal (limit 3.28 s)`; `None` where there is no verdict on it.
fn newest(trend: &Trend, pen: &Pen<'_>) -> Option<String> {
    let newest = trend.newest.as_ref()?;
    let verdict = match newest.verdict {
        NewestVerdict::Suspected => "beyond the limit: suspected until it happens again",
        NewestVerdict::Normal => "normal",
        NewestVerdict::Insufficient => return None,
    };
    let s = pen.signs;
    let limit = newest.limit.map_or_else(String::new, |l| {
        format!(" (limit {})", words::amount(trend.unit, l, s))
    });
    Some(format!(
        "{}, {verdict}{limit}",
        words::amount(trend.unit, newest.value, s)
    ))
}

/// The changes of what is not charted.
fn changes_of_others(a: &Assessment, charted: &Trend, pen: &Pen<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    for trend in a.trends.iter().filter(|t| t.metric != charted.metric) {
        for change in trend.change_points.iter().take(MOST_CHANGES) {
            let name = pen.name(&words::metric(&trend.metric), 30);
            let text = format!("{name} {}", told(trend, change, pen));
            lines.extend(pen.paragraph(&change_lead(pen), &text));
        }
    }
    if !lines.is_empty() {
        lines.insert(0, String::new());
    }
    lines
}

/// The word for the trend, its size and its p.
fn word(trend: &Trend, pen: &Pen<'_>) -> Vec<String> {
    let s = pen.signs;
    let word = direction(trend.direction);
    let halves = match (trend.first_half, trend.second_half) {
        (Some(first), Some(second)) => format!(
            "{} {} {} ({}){}",
            words::amount(trend.unit, first, s),
            s.arrow,
            words::amount(trend.unit, second, s),
            words::change(trend.unit, first, second, s),
            if pen.is_terse() {
                ""
            } else {
                ", first to second half"
            }
        ),
        _ => String::new(),
    };
    let p = shown_p(trend).map_or_else(String::new, |p| format!(", {}", words::p(p, s)));
    let slope = trend
        .slope
        .as_ref()
        .map_or_else(String::new, |slope| per_day(trend.unit, slope, pen));
    let text = match trend.direction {
        TrendDirection::Insufficient => {
            format!(
                "too few points for a verdict (n = {})",
                words::count(trend.n)
            )
        }
        _ if !pen.style.full => format!("{halves}{p}"),
        _ => format!("{halves}{p}{slope}"),
    };
    pen.paragraph(&format!("    {word:<9}"), &text)
}

/// `┄ target 3 s`.
fn target_line(trend: &Trend, pen: &Pen<'_>) -> Option<String> {
    let target = words::round_amount(trend.unit, trend.target?, pen.signs);
    Some(format!("{} target {target}", pen.signs.target_line))
}

/// What the line through the chart means, behind the first of the lines that has room for it.
fn legend(trend: &Trend, lines: &mut [String], pen: &Pen<'_>) {
    let Some(text) = target_line(trend, pen) else {
        return;
    };
    if remark(trend, pen).ends_with(&text) {
        return;
    }
    let text = pen.paint(Tone::Faint, &text);
    let has_room = |line: &&mut String| width(line) + width(&text) + 3 <= pen.width();
    if let Some(line) = lines.iter_mut().find(has_room) {
        line.push_str("   ");
        line.push_str(&text);
    }
}

/// `; per day +0.15 s (0.09 to 0.21)`, of ratios in points.
fn per_day(unit: Unit, slope: &Slope, pen: &Pen<'_>) -> String {
    let s = pen.signs;
    let per = pen.name(&slope.per, 10);
    if unit == Unit::Ratio {
        let points = |v: f64| words::signed(v * 100.0, 1, s);
        return words::glued(&format!(
            "; per {per} {} points ({} to {})",
            points(slope.estimate),
            points(slope.low),
            points(slope.high)
        ))
        .replacen(words::GLUE, " ", 1);
    }
    let sign = if slope.estimate > 0.0 { "+" } else { "" };
    format!(
        "; per {per} {sign}{} ({})",
        words::amount(unit, slope.estimate, s),
        words::bare_span(unit, slope.estimate, slope.low, slope.high, s)
    )
}

/// The p that the word goes by: adjusted over all trends, where it is.
pub(in super::super) fn shown_p(trend: &Trend) -> Option<f64> {
    trend.p_adjusted.or(trend.p)
}

/// The word for a direction.
pub(in super::super) fn direction(direction: TrendDirection) -> &'static str {
    match direction {
        TrendDirection::Rising => "rising",
        TrendDirection::Falling => "falling",
        TrendDirection::Stable => "stable",
        TrendDirection::Insufficient => "unknown",
    }
}

/// The other metrics in a line: those that moved, those that are stable.
fn others(a: &Assessment, charted: &Trend, pen: &Pen<'_>) -> Vec<String> {
    let rest = || {
        a.trends
            .iter()
            .filter(|t| t.dims.is_empty() && t.metric != charted.metric)
    };
    let name = |t: &Trend| words::glued(&pen.name(&words::metric(&t.metric), 30));
    let moved: Vec<String> = rest()
        .filter(|t| {
            matches!(
                t.direction,
                TrendDirection::Rising | TrendDirection::Falling
            )
        })
        .map(|t| {
            let verb = direction(t.direction);
            match (t.first_half, t.second_half) {
                (Some(first), Some(second)) if pen.is_terse() => words::glued(&format!(
                    "{} {} {} {}",
                    name(t),
                    words::amount(t.unit, first, pen.signs),
                    pen.signs.arrow,
                    words::amount(t.unit, second, pen.signs)
                )),
                (Some(first), Some(second)) => format!(
                    "{} {verb} ({} {} {})",
                    name(t),
                    words::amount(t.unit, first, pen.signs),
                    pen.signs.arrow,
                    words::amount(t.unit, second, pen.signs)
                ),
                _ => format!("{} {verb}", name(t)),
            }
        })
        .collect();
    let stable: Vec<String> = rest()
        .filter(|t| t.direction == TrendDirection::Stable)
        .map(name)
        .collect();
    let mut parts = moved;
    // On a short page those that are stable are counted, unless it is one.
    match stable.len() {
        0 => {}
        n if n > 1 && !pen.style.full => parts.push(format!("{n}{}stable", words::GLUE)),
        _ => parts.push(format!("stable: {}", stable.join(", "))),
    }
    if parts.is_empty() {
        return Vec::new();
    }
    pen.paragraph("    others   ", &parts.join("; "))
}

/// Trends as a table.
pub(in super::super) fn list(rows: &[&Trend], pen: &Pen<'_>) -> Vec<String> {
    let s = pen.signs;
    let cells = |cell: &dyn Fn(&Trend) -> String| rows.iter().map(|t| cell(t)).collect::<Vec<_>>();
    let columns = vec![
        Column::words(
            "metric",
            cells(&|t| {
                let dims: Vec<String> = t.dims.values().map(|v| pen.name(v, 16)).collect();
                format!(
                    "{} {}",
                    pen.name(&words::metric(&t.metric), 26),
                    dims.join(" ")
                )
                .trim_end()
                .to_owned()
            }),
        ),
        Column::words("trend", cells(&|t| direction(t.direction).into())),
        Column::numbers(
            "1st half",
            cells(&|t| words::amount_or_dash(t.unit, t.first_half, s)),
        ),
        Column::numbers(
            "2nd half",
            cells(&|t| words::amount_or_dash(t.unit, t.second_half, s)),
        ),
        Column::numbers(
            "change",
            cells(&|t| match (t.first_half, t.second_half) {
                (Some(a), Some(b)) => words::change(t.unit, a, b, s),
                _ => s.dash.into(),
            }),
        ),
        Column::numbers(
            "p",
            cells(&|t| shown_p(t).map_or_else(|| s.dash.into(), |p| words::p_figure(p, s))),
        ),
        Column::numbers(
            "changes",
            cells(&|t| words::count(t.change_points.len() as u64)),
        ),
        Column::words(
            "newest",
            cells(&|t| match t.newest.as_ref().map(|n| n.verdict) {
                Some(NewestVerdict::Suspected) => "suspected".into(),
                Some(NewestVerdict::Normal) => "normal".into(),
                Some(NewestVerdict::Insufficient) | None => s.dash.into(),
            }),
        ),
        Column::numbers(
            "points",
            cells(&|t| {
                let of = if t.step_seconds > 0.0 {
                    times::step(t.step_seconds)
                } else {
                    "values".into()
                };
                format!("{} {of}", words::count(t.n))
            }),
        ),
    ];
    let (columns, _) = table::fitting(columns, pen.width() - 2);
    table::lines(&columns, "  ")
}
