//! The sentences of the summary; a page, Markdown and HTML show the same.

use jiff::civil::Date;

use super::super::pen::Pen;
use super::super::text::advice;
use super::super::verdict::{self, capital};
use super::super::words;
use crate::assessment::{
    Assessment, ComparisonVerdict, PeriodDays, PeriodReport, PeriodSummary, ScoreChange,
    SummaryRow, TargetVerdict,
};

/// `week 47`, `22 Nov`, `Nov 2026`, `1 – 7 Jan`: short enough for the head of a column.
pub(in super::super) fn name(summary: &PeriodSummary, days: &PeriodDays, pen: &Pen<'_>) -> String {
    let (Ok(first), Ok(last)) = (days.first.parse::<Date>(), days.last.parse::<Date>()) else {
        return days.first.clone();
    };
    let text = match summary.kind.as_str() {
        "weekly" => format!("week {}", first.iso_week_date().week()),
        "monthly" => first.strftime("%b %Y").to_string(),
        "daily" => first.strftime("%-d %b").to_string(),
        _ if first == last => first.strftime("%-d %b").to_string(),
        _ => {
            let month = if first.first_of_month() == last.first_of_month() {
                "%-d"
            } else {
                "%-d %b"
            };
            format!(
                "{} {} {}",
                first.strftime(month),
                pen.signs.dash,
                last.strftime("%-d %b")
            )
        }
    };
    words::glued(&text)
}

/// The same with the year, for a period far off.
pub(super) fn name_and_year(summary: &PeriodSummary, days: &PeriodDays, pen: &Pen<'_>) -> String {
    let name = name(summary, days, pen);
    match (summary.kind.as_str(), &days.iso_week) {
        ("weekly", Some(week)) => {
            let year = week.split('-').next().unwrap_or_default();
            words::glued(&format!("{name} of {year}"))
        }
        _ => name,
    }
}

/// `Mon 16 – Sun 22 Nov 2026, UTC`.
pub(in super::super) fn dates(summary: &PeriodSummary, pen: &Pen<'_>) -> String {
    let days = &summary.days;
    let (Ok(first), Ok(last)) = (days.first.parse::<Date>(), days.last.parse::<Date>()) else {
        return String::new();
    };
    let zone = match summary.timezone.as_str() {
        "Etc/UTC" => "UTC",
        other => other,
    };
    let end = last.strftime("%a %-d %b %Y");
    if first == last {
        return format!("{end}, {zone}");
    }
    let begin = match () {
        () if first.year() != last.year() => "%a %-d %b %Y",
        () if first.month() != last.month() => "%a %-d %b",
        () => "%a %-d",
    };
    format!("{} {} {end}, {zone}", first.strftime(begin), pen.signs.dash)
}

/// The verdict: sentences, the first of which is the one that is remembered.
pub(in super::super) fn verdict(r: &PeriodReport, pen: &Pen<'_>) -> Vec<String> {
    let mut sentences = verdict_without_decision(r, pen);
    if let Some(what) = decided(&r.assessment, pen) {
        sentences.push(format!("To decide first: {what}."));
    }
    sentences
}

/// The same without what is to be decided.
pub(in super::super) fn verdict_without_decision(r: &PeriodReport, pen: &Pen<'_>) -> Vec<String> {
    let mut sentences = vec![first(&r.summary, pen), score(r, pen)];
    let judged = |v| r.summary.rows.iter().filter(|row| row.verdict == v).count();
    let (met, missed) = (judged(TargetVerdict::Met), judged(TargetVerdict::Missed));
    if met + missed > 0 {
        sentences.push(format!("{met} of {} targets met.", met + missed));
    }
    if let Some(why) = &r.summary.chosen {
        sentences.push(format!("{}.", capital(&pen.text(why))));
    }
    sentences
}

/// `Slower, and less reliable than in week 46.`
fn first(summary: &PeriodSummary, pen: &Pen<'_>) -> String {
    let Some(previous) = &summary.previous else {
        let what = match summary.kind.as_str() {
            "daily" => "day",
            "weekly" => "week",
            "monthly" => "month",
            _ => "period",
        };
        return format!("Nothing is known of the {what} before, so no change can be judged.");
    };
    let before = name(summary, &previous.days, pen);
    let of = |verdict: ComparisonVerdict| -> Vec<String> {
        let rows = summary.rows.iter().filter(|r| r.change == Some(verdict));
        // The mean and p95 of a metric are one change.
        let mut words: Vec<String> = rows
            .map(|r| in_a_word(r, verdict == ComparisonVerdict::Better, pen))
            .collect();
        words.dedup();
        words
    };
    let (worse, better) = (of(ComparisonVerdict::Worse), of(ComparisonVerdict::Better));
    let list = |words: &[String]| words.join(", ");
    let sentence = match (worse.is_empty(), better.is_empty()) {
        (false, true) => list(&worse),
        (true, false) => list(&better),
        (false, false) => format!("{}, but {}", list(&worse), list(&better)),
        (true, true) => {
            let is_open = summary.rows.iter().any(|r| {
                matches!(
                    r.change,
                    Some(ComparisonVerdict::Same | ComparisonVerdict::Inconclusive)
                )
            });
            return if is_open {
                format!("No key indicator changed beyond noise since {before}.")
            } else {
                format!("Too little data to tell a change since {before}.")
            };
        }
    };
    format!("{} than in {before}.", capital(&sentence))
}

/// `slower`, `less reliable`, `cache hit rate worse`.
fn in_a_word(row: &SummaryRow, is_better: bool, pen: &Pen<'_>) -> String {
    match (row.metric.as_str(), is_better) {
        ("response_time", true) => "faster".into(),
        ("response_time", false) => "slower".into(),
        ("success_rate", true) => "more reliable".into(),
        ("success_rate", false) => "less reliable".into(),
        (metric, _) => words::glued(&format!(
            "{} {}",
            if is_better { "better" } else { "worse" },
            match metric {
                "cache_hit_rate" | "prompt_cache_hit_rate" => "cached".into(),
                other => format!("in {}", pen.name(&words::metric(other), 40)),
            }
        )),
    }
}

pub(in super::super) fn score(r: &PeriodReport, pen: &Pen<'_>) -> String {
    let now = verdict::score(&r.assessment.score, pen);
    let Some(previous) = &r.summary.previous else {
        return now;
    };
    let before = name(&r.summary, &previous.days, pen);
    match &previous.score {
        None if r.assessment.score.value.is_none() => now,
        None => format!(
            "{} It is not comparable with that of {before}: other parts were measured.",
            now
        ),
        Some(change) => format!(
            "{}, {}.",
            now.trim_end_matches('.'),
            score_change(change, &before, pen)
        ),
    }
}

/// `3.3 points below week 46, beyond noise`.
fn score_change(change: &ScoreChange, before: &str, pen: &Pen<'_>) -> String {
    let difference = change.to - change.from;
    let amount = words::fixed(difference.abs(), 1, pen.signs);
    let noise = match change.beyond_noise {
        Some(true) => ", beyond noise",
        Some(false) => ", within noise",
        None => ", with too few units to tell noise",
    };
    if amount == "0.0" {
        return format!("as in {before}");
    }
    let side = if difference > 0.0 { "above" } else { "below" };
    format!("{amount}{}points {side} {before}{noise}", words::GLUE)
}

/// What to decide first.
pub(in super::super) fn decided(a: &Assessment, pen: &Pen<'_>) -> Option<String> {
    let r = a.recommendations.first()?;
    let what = r
        .change
        .as_ref()
        .map(|c| advice::change(c, pen))
        .or_else(|| r.advice.as_deref().map(|t| pen.text(t)))
        .unwrap_or_else(|| pen.text(&r.title));
    let gain = advice::points(r).map_or_else(String::new, |p| {
        format!(" ({})", words::score_points(p, pen.signs))
    });
    Some(format!("{}{gain}", what.trim_end_matches('.')))
}
