//! What changed within the period and since the one before.

use super::super::pen::Pen;
use super::super::{changes, effects, times, verdict, words};
use super::wording::name;
use crate::assessment::{Assessment, Comparison, PeriodReport};

/// Changes that are listed.
const CHANGES: usize = 8;

/// What changed and when: time or range, and what.
pub(in super::super) fn changed(r: &PeriodReport, pen: &Pen<'_>) -> Vec<(String, String)> {
    let mut rows = Vec::new();
    let events = r.summary.events.iter();
    for event in events.filter(|e| e.event == "config_change").take(CHANGES) {
        let when = times::moment(event.time, &pen.style.zone);
        rows.push((when, verdict::happened(event, pen)));
    }
    for trend in r.assessment.trends.iter().filter(|t| t.dims.is_empty()) {
        for change in &trend.change_points {
            let when = changes::range(trend, change, pen).unwrap_or_default();
            let with = changes::with(change, 2, pen);
            let with = if with.is_empty() {
                String::new()
            } else {
                format!("; in the same time {with}")
            };
            rows.push((
                when.trim_start_matches("between ")
                    .trim_start_matches("at ")
                    .replace(" and ", &format!(" {} ", pen.signs.dash)),
                format!(
                    "{} {}{with}",
                    pen.name(&words::metric(&trend.metric), 40),
                    changes::amount(trend, change, pen)
                ),
            ));
        }
    }
    rows.truncate(CHANGES);
    rows
}

/// What changed beyond noise beside the key indicators, and what did not, since the period before.
pub(in super::super) fn others(r: &PeriodReport, pen: &Pen<'_>) -> Vec<String> {
    let summary = &r.summary;
    let Some(previous) = &summary.previous else {
        return Vec::new();
    };
    let before = name(summary, &previous.days, pen);
    let is_key = |metric: &String| summary.rows.iter().any(|row| row.metric == *metric);
    let mut lines = Vec::new();
    let more: Vec<String> = summary
        .changed
        .iter()
        .filter(|m| !is_key(m))
        .filter_map(|m| comparison(&r.assessment, m))
        .map(|c| proven(c, pen))
        .collect();
    if !more.is_empty() {
        lines.push(format!("Beside these since {before}: {}.", more.join(", ")));
    }
    let rest: Vec<String> = summary
        .unchanged
        .iter()
        .map(|m| words::glued(&pen.name(&words::metric(m), 40)))
        .collect();
    if !rest.is_empty() {
        lines.push(format!(
            "No change beyond noise since {before}: {}.",
            rest.join(", ")
        ));
    }
    lines
}

fn comparison<'a>(a: &'a Assessment, metric: &str) -> Option<&'a Comparison> {
    a.comparisons
        .iter()
        .find(|c| c.dimension == "period" && c.base == "previous" && c.metric == metric)
}

/// `output tokens ×1.20 (worse)`.
pub(super) fn proven(c: &Comparison, pen: &Pen<'_>) -> String {
    words::glued(&format!(
        "{} {}{} ({})",
        pen.name(&words::metric(&c.metric), 40),
        effects::effect(c, pen),
        effects::points(c),
        effects::verdict_word(c.verdict)
    ))
}
