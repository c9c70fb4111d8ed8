//! What the summary says, in words and tables; a page and Markdown show the same.

use jiff::civil::Date;

use super::super::pen::{Pen, Tone};
use super::super::text::advice;
use super::super::text::statements;
use super::super::verdict::{self, capital};
use super::super::{changes, effects, times, words};
use super::table::Grid;
use crate::assessment::{
    Assessment, Comparison, ComparisonVerdict, Earlier, EffectKind, PeriodDays, PeriodReport,
    PeriodSummary, ScoreChange, SummaryRow, TargetVerdict,
};
use crate::metrics::Unit;

/// Changes that are listed.
const CHANGES: usize = 8;
/// Actions that are listed.
const ACTIONS: usize = 4;

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
fn name_and_year(summary: &PeriodSummary, days: &PeriodDays, pen: &Pen<'_>) -> String {
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

/// Key indicators now and before, against their targets.
pub(in super::super) fn targets(r: &PeriodReport, pen: &Pen<'_>) -> Grid {
    let s = pen.signs;
    let summary = &r.summary;
    let now = format!(">{}", name(summary, &summary.days, pen));
    let before = summary
        .previous
        .as_ref()
        .map(|p| format!(">{}", name(summary, &p.days, pen)));
    let interval = words::glued("95 % interval");
    let mut heads = vec!["", now.as_str()];
    if let Some(before) = &before {
        heads.extend([before.as_str(), ">change"]);
        if !pen.is_narrow() {
            heads.push(interval.as_str());
        }
        heads.push("");
    }
    heads.extend([">target", ""]);
    let mut grid = Grid::new(&heads);
    grid.push(score_row(r, pen));
    for row in summary.rows.iter().filter(|row| is_known(row)) {
        let mut cells = vec![
            pen.name(&row.title, 26),
            words::amount_or_dash(row.unit, row.value, s),
        ];
        if before.is_some() {
            let (effect, span) = effect(row, pen);
            cells.push(words::amount_or_dash(row.unit, row.previous, s));
            cells.push(effect);
            if !pen.is_narrow() {
                cells.push(span);
            }
            cells.push(
                row.change
                    .map_or_else(String::new, |v| effects::painted(v, pen)),
            );
        }
        cells.extend(target(row, pen));
        grid.push(cells);
    }
    grid
}

/// Whether an indicator has a value in either period.
fn is_known(row: &SummaryRow) -> bool {
    row.value.is_some() || row.previous.is_some()
}

/// `Not measured: cache hit rate, disk p95.`
pub(in super::super) fn not_measured(summary: &PeriodSummary, pen: &Pen<'_>) -> Option<String> {
    let rows = summary.rows.iter().filter(|row| !is_known(row));
    let names: Vec<String> = rows
        .map(|row| words::glued(&pen.name(&words::statistic(&row.metric, &row.statistic), 40)))
        .collect();
    (!names.is_empty()).then(|| format!("Not measured: {}.", names.join(", ")))
}

fn score_row(r: &PeriodReport, pen: &Pen<'_>) -> Vec<String> {
    let s = pen.signs;
    let number = |v: f64| words::fixed(v, 1, s);
    let now = r.assessment.score.value;
    let mut cells = vec![
        "Score".to_owned(),
        now.map_or_else(|| s.dash.into(), number),
    ];
    if let Some(previous) = &r.summary.previous {
        let change = previous.score.as_ref();
        let dash = || s.dash.to_owned();
        let difference = |c: &ScoreChange| words::signed(c.to - c.from, 1, s);
        cells.push(change.map_or_else(dash, |c| number(c.from)));
        cells.push(change.map_or_else(dash, difference));
        if !pen.is_narrow() {
            let span = change.and_then(|c| {
                let (low, high) = (words::signed(c.low?, 1, s), words::signed(c.high?, 1, s));
                Some(format!("{low} to {high}"))
            });
            cells.push(span.unwrap_or_default());
        }
        cells.push(change.map_or_else(String::new, |c| {
            let (tone, word) = match c.beyond_noise {
                Some(true) if c.to > c.from => (Tone::Good, "better"),
                Some(true) => (Tone::Bad, "worse"),
                _ => (Tone::Bold, "inconclusive"),
            };
            pen.paint(tone, word)
        }));
    }
    cells.extend([String::new(), String::new()]);
    cells
}

/// A change with its interval, as comparisons word it.
pub(in super::super) fn effect(row: &SummaryRow, pen: &Pen<'_>) -> (String, String) {
    let s = pen.signs;
    match &row.effect {
        Some(e) if e.kind == EffectKind::Ratio => (
            words::factor(e.estimate, s),
            format!(
                "{} to {}",
                words::factor_figure(e.low, s),
                words::factor_figure(e.high, s)
            ),
        ),
        Some(e) => {
            let of = |v| effects::difference(row.unit, v, pen);
            (of(e.estimate), format!("{} to {}", of(e.low), of(e.high)))
        }
        None => (s.dash.into(), String::new()),
    }
}

fn target(row: &SummaryRow, pen: &Pen<'_>) -> [String; 2] {
    let s = pen.signs;
    let Some(target) = &row.target else {
        return [String::new(), String::new()];
    };
    let sign = match target.limit {
        crate::assessment::Limit::Upper => s.at_most,
        crate::assessment::Limit::Lower => s.at_least,
    };
    let limit = format!("{sign} {}", words::round_amount(row.unit, target.value, s));
    let word = match row.verdict {
        TargetVerdict::Met => pen.paint(Tone::Good, &format!("{} met", s.met)),
        TargetVerdict::Missed => pen.paint(Tone::Bad, &format!("{} missed", s.missed)),
        TargetVerdict::Unknown => "unknown".into(),
    };
    [words::glued(&limit), words::glued(&word)]
}

/// `Error budget: 54 % used, 254 failures of 471 that 95 % allow.`
pub(in super::super) fn budget(summary: &PeriodSummary, pen: &Pen<'_>) -> Option<String> {
    let b = summary.error_budget?;
    let target = words::round_amount(Unit::Ratio, b.target, pen.signs);
    let failures = words::counted(b.failures, "failure", "failures");
    Some(match b.used {
        None => format!("Error budget: {failures}, and a target of {target} allows none."),
        Some(used) => format!(
            "Error budget: {} used, {failures} of the {} that a target of {target} allows{}.",
            words::whole_percent(used, pen.signs),
            words::fixed(b.allowed, 0, pen.signs),
            if used > 1.0 { ": overspent" } else { "" }
        ),
    })
}

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
        .map(|c| {
            words::glued(&format!(
                "{} {}{} ({})",
                pen.name(&words::metric(&c.metric), 40),
                effects::effect(c, pen),
                effects::points(c),
                effects::verdict_word(c.verdict)
            ))
        })
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

/// The actions that matter.
pub(in super::super) fn actions(a: &Assessment, pen: &Pen<'_>) -> Grid {
    let mut grid = Grid::new(&["", "", "change", ">points", "effort", "projected"]);
    for r in a.recommendations.iter().take(ACTIONS) {
        let what = r
            .change
            .as_ref()
            .map_or_else(|| pen.name(&r.name, 44), |c| advice::change(c, pen));
        let effect = r.projection.as_ref().and_then(|p| {
            let first = p.effects.first()?;
            let most = if p.at_most { "at most: " } else { "" };
            Some(format!("{most}{}", advice::effect(first, pen)))
        });
        grid.push(vec![
            r.rank.to_string(),
            pen.name(&r.rule, 12),
            what,
            advice::points(r)
                .map_or_else(|| pen.signs.dash.into(), |p| words::signed(p, 1, pen.signs)),
            format!("{:?}", r.effort).to_lowercase(),
            effect.unwrap_or_else(|| "nothing measured to project from".into()),
        ]);
    }
    grid
}

/// `together 79.1 → 85.1 (+6.0)`.
pub(in super::super) fn together(a: &Assessment, pen: &Pen<'_>) -> String {
    let (Some(c), Some(now)) = (&a.combined_projection, a.score.value) else {
        return String::new();
    };
    format!(
        "together {} {} {} ({})",
        words::fixed(now, 1, pen.signs),
        pen.signs.arrow,
        words::fixed(c.score, 1, pen.signs),
        words::signed(c.points, 1, pen.signs)
    )
}

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
    lines.extend(coverage(r, pen));
    lines
}

fn cost(a: &Assessment, pen: &Pen<'_>) -> Option<String> {
    let total = |metric: &str| {
        let row = a
            .metrics
            .iter()
            .find(|m| m.metric == metric && m.dims.is_empty())?;
        Some(words::amount(Unit::Usd, row.total?, pen.signs))
    };
    let mut parts = Vec::new();
    if let Some(cost) = total("cost") {
        parts.push(format!("{cost} as reported"));
    }
    if let (Some(cost), Some(note)) = (total("computed_cost"), &a.provenance.prices) {
        parts.push(format!(
            "{cost} at list prices of {}",
            pen.name(&note.date, 20)
        ));
    }
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
        .map(|c| {
            words::glued(&format!(
                "{} {}{} ({})",
                pen.name(&words::metric(&c.metric), 40),
                effects::effect(c, pen),
                effects::points(c),
                effects::verdict_word(c.verdict)
            ))
        })
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
