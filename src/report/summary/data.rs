//! Modes and interfaces, cost, alerts, and what the figures stand on.

use jiff::civil::Date;

use super::super::pen::Pen;
use super::super::text::{opening, statements};
use super::super::verdict::capital;
use super::super::words;
use super::changes::proven;
use super::wording::{name, name_and_year};
use crate::assessment::{
    Assessment, ComparisonVerdict, Earlier, PeriodDays, PeriodReport, PeriodSummary,
};
use crate::metrics::Unit;

/// Modes and interfaces, cost, alerts, what was recorded.
pub(in super::super) fn rest(r: &PeriodReport, pen: &Pen<'_>) -> Vec<String> {
    let a = &r.assessment;
    let mut lines = Vec::new();
    for table in a.tables.iter().filter(|t| t.rows.len() > 1) {
        let shares: Vec<String> = table
            .rows
            .iter()
            .take(5)
            .filter_map(|row| {
                let share = words::amount(Unit::Ratio, row.share?, pen.signs);
                Some(words::glued(&format!(
                    "{} {share}",
                    pen.name(&row.value, 30)
                )))
            })
            .collect();
        let steps: u64 = table.rows.iter().filter_map(|row| row.steps).sum();
        let mut line = String::new();
        if !shares.is_empty() {
            let of = words::counted(steps, "request", "requests");
            line = format!("{} of {of}. ", shares.join(", "));
        }
        let said = statements::sentences(a, &table.dimension, None, pen);
        line.push_str(&said.join(" "));
        lines.push(line.trim_end().to_owned());
    }
    lines.extend(cost(a, pen));
    if let Some(n) = r.summary.alerts {
        lines.push(format!("{} fired.", words::counted(n, "alert", "alerts")));
    }
    if !r.summary.firings.is_empty() {
        let told = crate::report::alerts::firings(&r.summary.firings, pen);
        lines.push(format!("Alerts that fired: {told}."));
    }
    lines.extend(coverage(r, pen));
    lines
}

fn cost(a: &Assessment, pen: &Pen<'_>) -> Option<String> {
    let mut metrics = a.metrics.iter();
    let reported = metrics
        .find(|m| m.metric == "cost" && m.dims.is_empty())
        .and_then(|m| m.total)
        .map(|cost| format!("{} as reported", words::amount(Unit::Usd, cost, pen.signs)));
    let parts: Vec<String> = reported
        .into_iter()
        .chain(opening::at_list_prices(a, pen))
        .collect();
    (!parts.is_empty()).then(|| format!("Cost: {}.", parts.join("; ")))
}

fn coverage(r: &PeriodReport, pen: &Pen<'_>) -> Vec<String> {
    let summary = &r.summary;
    let p = &r.assessment.provenance;
    let recorded = summary.coverage.iter().filter(|d| d.has_records).count() as u64;
    let all = days_of(&summary.days);
    let mut lines = vec![format!(
        "{} {}, {}; {recorded} of {} recorded.",
        words::count(p.units),
        pen.name(&p.units_called, 20),
        words::counted(p.records, "record", "records"),
        words::counted(all, "day", "days")
    )];
    let missing: Vec<String> = summary
        .coverage
        .iter()
        .filter(|d| !d.has_records)
        .filter_map(|d| d.day.parse::<Date>().ok())
        .map(|d| words::glued(&d.strftime("%a %-d %b").to_string()))
        .collect();
    if !missing.is_empty() {
        let shown = missing
            .iter()
            .take(7)
            .cloned()
            .collect::<Vec<_>>()
            .join(", ");
        let more = missing.len().saturating_sub(7);
        let more = if more > 0 {
            format!(" and {more} more")
        } else {
            String::new()
        };
        lines.push(format!(
            "No record on {shown}{more}: what is missing was not filled in."
        ));
    }
    if !summary.is_over {
        lines.push("The period is not over: its figures will change.".into());
    }
    if let Some(previous) = &summary.previous {
        lines.extend(partial(summary, previous, pen));
    }
    if let Some(earlier) = &summary.earlier {
        lines.push(further_back(r, earlier, pen));
    }
    lines
}

/// What the reader must know of the period before.
fn partial(summary: &PeriodSummary, previous: &Earlier, pen: &Pen<'_>) -> Vec<String> {
    let before = capital(&name(summary, &previous.days, pen));
    let mut lines = Vec::new();
    let all = days_of(&previous.days);
    if previous.days_with_records < all {
        lines.push(format!(
            "{before}: {} of {} recorded.",
            previous.days_with_records,
            words::counted(all, "day", "days")
        ));
    }
    let both: u64 = previous.straddling.iter().sum();
    if both > 0 {
        lines.push(format!(
            "{} in both periods: compared only where the larger part of it is.",
            words::counted(both, "unit lies", "units lie")
        ));
    }
    lines
}

/// The same period further back, in a sentence.
fn further_back(r: &PeriodReport, earlier: &Earlier, pen: &Pen<'_>) -> String {
    let what = name_and_year(&r.summary, &earlier.days, pen);
    let score = match &earlier.score {
        Some(change) => format!(
            "score {} {} {}{}",
            words::fixed(change.from, 1, pen.signs),
            pen.signs.arrow,
            words::fixed(change.to, 1, pen.signs),
            match change.beyond_noise {
                Some(true) => ", beyond noise",
                Some(false) => ", within noise",
                None => "",
            }
        ),
        None => "the scores are not comparable".into(),
    };
    let proven: Vec<String> = r
        .assessment
        .comparisons
        .iter()
        .filter(|c| c.dimension == "period" && c.base == "earlier")
        .filter(|c| {
            matches!(
                c.verdict,
                ComparisonVerdict::Better | ComparisonVerdict::Worse
            )
        })
        .map(|c| proven(c, pen))
        .collect();
    let rest = if proven.is_empty() {
        "no metric changed beyond noise".to_owned()
    } else {
        proven.join(", ")
    };
    format!("Since {what}: {score}; {rest}.")
}

fn days_of(days: &PeriodDays) -> u64 {
    match (days.first.parse::<Date>(), days.last.parse::<Date>()) {
        (Ok(first), Ok(last)) => u64::try_from((last - first).get_days()).unwrap_or_default() + 1,
        _ => 0,
    }
}
