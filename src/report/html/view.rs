//! What the page shows, in words: the template only puts it in its place.

use serde::Serialize;

use super::super::pen::Pen;
use super::super::sources::sources;
use super::super::summary::{changes as period_changes, data as period_data, grids, wording};
use super::super::text::{advice, indicators, score, time, trend as charts};
use super::super::verdict::{self, capital};
use super::super::{changes, claims, effects, times, words};
use super::chart::{self, Size};
use crate::assessment::{
    Assessment, Comparison, ComparisonVerdict, Indicator, PeriodReport, Priority, Recommendation,
    TargetVerdict,
};

/// Comparisons that a table shows.
const ROWS: usize = 24;

/// The page.
#[derive(Debug, Serialize)]
pub(super) struct View<'a> {
    css: &'a str,
    title: String,
    dates: String,
    first: String,
    lead: String,
    decision: Option<String>,
    score: Option<ScoreView>,
    indicators: Indicators,
    chart: Option<Chart>,
    changes: Vec<(String, String)>,
    together: String,
    actions: Vec<Action>,
    comparisons: Vec<Table>,
    time: Vec<(String, String, String)>,
    earlier: Vec<String>,
    rest: Vec<String>,
    footer: String,
}

#[derive(Debug, Serialize)]
struct ScoreView {
    model: String,
    value: String,
    words: String,
    bar: String,
    losses: String,
}

#[derive(Debug, Default, Serialize)]
struct Indicators {
    remark: String,
    now: String,
    before: Option<String>,
    rows: Vec<IndicatorRow>,
    below: Vec<String>,
}

#[derive(Debug, Default, Serialize)]
struct IndicatorRow {
    title: String,
    value: String,
    interval: String,
    note: String,
    previous: String,
    effect: String,
    span: String,
    word: String,
    class: &'static str,
    target: String,
    bar: String,
    met: String,
    met_class: &'static str,
}

#[derive(Debug, Serialize)]
struct Chart {
    title: String,
    wide: String,
    small: String,
    head: &'static str,
    rows: Vec<(String, String, String)>,
}

#[derive(Debug, Serialize)]
struct Action {
    points: String,
    title: String,
    change: Option<String>,
    effects: String,
    rule: String,
    priority: &'static str,
    effort: &'static str,
    confidence: String,
    why: String,
    evidence: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Table {
    title: String,
    remark: String,
    base: String,
    candidate: String,
    rows: Vec<ComparisonRow>,
}

#[derive(Debug, Serialize)]
struct ComparisonRow {
    metric: String,
    base: String,
    candidate: String,
    effect: String,
    span: String,
    word: &'static str,
    class: &'static str,
    is_decided: bool,
}

impl<'a> View<'a> {
    /// Words an assessment, and the summary of its period where there is one.
    pub(super) fn of(
        a: &Assessment,
        report: Option<&PeriodReport>,
        css: &'a str,
        pen: &Pen<'_>,
    ) -> Self {
        let summary = super::summary(report);
        let is_empty = a.provenance.records == 0;
        let (first, lead) = opening(a, report, pen);
        let title = summary.map_or_else(
            || "analysis".into(),
            |s| format!("executive report, {}", wording::name(s, &s.days, pen)),
        );
        let period = || {
            a.period.map_or_else(
                || "no times in the input".to_owned(),
                |p| times::period(p, &pen.style.zone, pen.signs),
            )
        };
        Self {
            css,
            title,
            dates: summary.map_or_else(period, |s| wording::dates(s, pen)),
            first,
            lead,
            decision: if is_empty {
                None
            } else {
                wording::decided(a, pen)
            },
            score: score_view(a, report, pen),
            indicators: indicator_rows(a, report, pen),
            chart: charted(a, pen),
            changes: report.map_or_else(
                || changed(a, pen),
                |r| {
                    let told = period_changes::changed(r, pen);
                    let others = period_changes::others(r, pen).into_iter();
                    told.into_iter()
                        .chain(others.map(|text| (String::new(), text)))
                        .collect()
                },
            ),
            together: grids::together(a, pen),
            actions: a.recommendations.iter().map(|r| action(r, pen)).collect(),
            comparisons: tables(a, pen),
            time: where_time_went(a, pen),
            earlier: report.map_or_else(Vec::new, |r| claims::earlier_actions(&r.summary, pen)),
            rest: report.map_or_else(Vec::new, |r| period_data::rest(r, pen)),
            footer: footer(a, pen),
        }
    }
}

/// The first sentence, and those behind it.
fn opening(a: &Assessment, report: Option<&PeriodReport>, pen: &Pen<'_>) -> (String, String) {
    if a.provenance.records == 0 {
        let why = super::summary(report).and_then(|s| s.chosen.as_deref());
        let lead = why.map_or_else(String::new, |why| format!("{}.", capital(&pen.text(why))));
        return ("No record, so there is nothing to report".into(), lead);
    }
    let (first, rest) = match report {
        Some(r) => {
            let mut sentences = wording::verdict_without_decision(r, pen);
            (sentences.remove(0), sentences.join(" "))
        }
        None => {
            let v = verdict::verdict(a, pen);
            let rest: Vec<String> = v.figures.into_iter().chain(v.detail).collect();
            (v.first, rest.join(" "))
        }
    };
    (first.trim_end_matches('.').to_owned(), rest)
}

fn score_view(a: &Assessment, report: Option<&PeriodReport>, pen: &Pen<'_>) -> Option<ScoreView> {
    let s = pen.signs;
    let value = a.score.value?;
    let lost: Vec<String> = a
        .score
        .parts
        .iter()
        .filter_map(|p| {
            let points = p.points_lost_shown.or(p.points_lost)?;
            (points >= 0.05).then(|| {
                words::glued(&format!(
                    "{} {}",
                    words::lower(&score::title(p, pen)),
                    words::fixed(points, 1, s)
                ))
            })
        })
        .collect();
    let losses = if lost.is_empty() {
        String::new()
    } else {
        format!("Points lost: {}.", lost.join(", "))
    };
    let interval = a.score.interval.as_ref().map_or_else(
        || "no interval: too few units".to_owned(),
        |i| {
            format!(
                "{} interval {} to {}",
                words::whole_percent(i.level, s),
                words::fixed(i.low, 1, s),
                words::fixed(i.high, 1, s)
            )
        },
    );
    let worded = match report {
        Some(r) => wording::score(r, pen),
        None => verdict::score(&a.score, pen),
    };
    Some(ScoreView {
        model: format!(
            "model {}, profile {}, {} of the weight measured",
            a.score.model,
            pen.name(&a.score.profile, 30),
            words::whole_percent(a.score.coverage, s)
        ),
        value: words::fixed(value, 1, s),
        words: format!("{worded} {}.", capital(&interval)),
        bar: chart::score(&a.score, &losses),
        losses,
    })
}

fn indicator_rows(a: &Assessment, report: Option<&PeriodReport>, pen: &Pen<'_>) -> Indicators {
    let summary = super::summary(report);
    let of = |i: &Indicator| {
        summary?
            .rows
            .iter()
            .find(|r| r.metric == i.metric && r.statistic == i.statistic)
    };
    let before = summary.and_then(|s| {
        let previous = s.previous.as_ref()?;
        Some(wording::name(s, &previous.days, pen))
    });
    let is_known =
        |i: &&Indicator| i.value.is_some() || of(i).is_some_and(|r| r.previous.is_some());
    let missing: Vec<String> = a
        .indicators
        .iter()
        .filter(|i| !is_known(i))
        .map(|i| words::lower(&pen.name(&i.title, 40)))
        .collect();
    let missing = (!missing.is_empty()).then(|| format!("Not measured: {}.", missing.join("; ")));
    let rows = a
        .indicators
        .iter()
        .filter(is_known)
        .map(|i| {
            let mut row = indicator_row(i, pen);
            if let Some(compared) = of(i) {
                (row.effect, row.span) = grids::effect(compared, pen);
                row.previous = words::amount_or_dash(i.unit, compared.previous, pen.signs);
                if let Some(verdict) = compared.change {
                    row.word = effects::verdict_word(verdict).into();
                    row.class = class(verdict);
                }
            }
            row
        })
        .collect();
    let p = &a.provenance;
    Indicators {
        remark: format!(
            "{} {}",
            words::count(p.units),
            pen.name(&p.units_called, 20)
        ),
        now: summary.map_or_else(|| "Value".into(), |s| wording::name(s, &s.days, pen)),
        before,
        rows,
        below: summary
            .and_then(|s| grids::budget(s, pen))
            .into_iter()
            .chain(missing)
            .collect(),
    }
}

fn indicator_row(i: &Indicator, pen: &Pen<'_>) -> IndicatorRow {
    let s = pen.signs;
    let interval = match (&i.interval, i.value) {
        (Some(x), Some(value)) => words::bare_span(i.unit, value, x.low, x.high, s),
        _ => String::new(),
    };
    let (met, met_class) = match i.verdict {
        TargetVerdict::Met => (format!("{} met", s.met), "good"),
        TargetVerdict::Missed => (format!("{} missed", s.missed), "bad"),
        TargetVerdict::Unknown => ("not known".to_owned(), "quiet"),
    };
    IndicatorRow {
        title: pen.name(&i.title, 40),
        value: words::amount_or_dash(i.unit, i.value, s),
        interval,
        note: i.note.as_deref().map_or_else(String::new, |n| pen.text(n)),
        target: i
            .target
            .as_ref()
            .map_or_else(String::new, |t| indicators::limit(t, i.unit, pen)),
        bar: chart::bullet(i),
        met,
        met_class,
        ..IndicatorRow::default()
    }
}

fn class(verdict: ComparisonVerdict) -> &'static str {
    match verdict {
        ComparisonVerdict::Better => "good",
        ComparisonVerdict::Worse => "bad",
        _ => "",
    }
}

fn charted(a: &Assessment, pen: &Pen<'_>) -> Option<Chart> {
    let trend = charts::charted(a)?;
    let name = capital(&pen.name(&words::metric(&trend.metric), 40));
    let draw = |width, height| chart::series(trend, Size { width, height }, &name, pen);
    let wide = draw(860.0, 240.0);
    if wide.is_empty() {
        return None;
    }
    let rows = trend
        .series
        .iter()
        .enumerate()
        .map(|(at, point)| {
            (
                chart::place(trend, at, pen),
                words::amount_or_dash(trend.unit, point.value, pen.signs),
                words::count(point.n),
            )
        })
        .collect();
    Some(Chart {
        title: charts::remark(trend, pen),
        wide,
        small: draw(360.0, 220.0),
        head: if trend.ordered_by == crate::assessment::OrderedBy::Time {
            "From"
        } else {
            "Index"
        },
        rows,
    })
}

/// Changes of level, where there is no summary that tells them.
fn changed(a: &Assessment, pen: &Pen<'_>) -> Vec<(String, String)> {
    let trends = a.trends.iter().filter(|t| t.dims.is_empty());
    trends
        .flat_map(|trend| {
            trend
                .change_points
                .iter()
                .map(move |change| (trend, change))
        })
        .map(|(trend, change)| {
            let with = changes::with(change, 2, pen);
            let with = if with.is_empty() {
                String::new()
            } else {
                format!("; in the same time {with}")
            };
            (
                capital(&changes::range(trend, change, pen).unwrap_or_default()),
                format!(
                    "{} {}{with}",
                    pen.name(&words::metric(&trend.metric), 40),
                    changes::amount(trend, change, pen)
                ),
            )
        })
        .collect()
}

fn action(r: &Recommendation, pen: &Pen<'_>) -> Action {
    let effects = match &r.projection {
        Some(p) => {
            let list: Vec<String> = p
                .effects
                .iter()
                .chain(&r.side_effects)
                .take(4)
                .map(|e| advice::effect(e, pen))
                .collect();
            let most = if p.at_most { "at most: " } else { "" };
            format!("{most}{}", list.join(", "))
        }
        None => r.no_projection.as_deref().map_or_else(
            || "no projection".into(),
            |why| format!("No projection: {}", pen.text(why)),
        ),
    };
    let mut evidence: Vec<String> = r.advice.iter().map(|text| pen.text(text)).collect();
    evidence.extend(
        r.evidence
            .iter()
            .map(|e| capital(&advice::evidence(e, pen))),
    );
    evidence.extend(r.caveats.iter().map(|text| pen.text(text)));
    Action {
        points: advice::gain(r, pen.signs).unwrap_or_default(),
        title: pen.text(&r.title),
        change: r.change.as_ref().map(|c| advice::change(c, pen)),
        effects,
        rule: format!("{} {}", pen.name(&r.rule, 12), pen.name(&r.name, 40)),
        priority: match r.priority {
            Priority::High => "high",
            Priority::Medium => "medium",
            Priority::Low => "low",
        },
        effort: advice::effort(r.effort),
        confidence: words::fixed(r.confidence, 2, pen.signs),
        why: pen.text(&r.why),
        evidence,
    }
}

/// A table for each pair of groups.
fn tables(a: &Assessment, pen: &Pen<'_>) -> Vec<Table> {
    let mut groups: Vec<(&str, &str, &str)> = Vec::new();
    for c in &a.comparisons {
        let key = (c.dimension.as_str(), c.base.as_str(), c.candidate.as_str());
        if !groups.contains(&key) {
            groups.push(key);
        }
    }
    // Paper has room for the first ones.
    groups.sort_by_key(|(dimension, ..)| *dimension != "period");
    groups
        .into_iter()
        .map(|(dimension, base, candidate)| {
            let rows: Vec<&Comparison> = a
                .comparisons
                .iter()
                .filter(|c| c.dimension == dimension && c.base == base && c.candidate == candidate)
                .collect();
            let title = if dimension == "period" {
                format!("This period and the {} one", pen.name(base, 20))
            } else {
                format!("{} and {}", pen.name(base, 40), pen.name(candidate, 40))
            };
            Table {
                title,
                remark: remark(&rows),
                base: pen.name(base, 24),
                candidate: pen.name(candidate, 24),
                rows: rows
                    .iter()
                    .take(ROWS)
                    .map(|c| comparison_row(c, pen))
                    .collect(),
            }
        })
        .collect()
}

/// `41 pairs`, `140 v 139 units`.
fn remark(rows: &[&Comparison]) -> String {
    let most = rows.iter().max_by_key(|c| c.units[0].min(c.units[1]));
    most.map_or_else(String::new, |c| {
        if c.paired {
            words::counted(c.units[0], "pair", "pairs")
        } else {
            format!(
                "{} v {} units",
                words::count(c.units[0]),
                words::count(c.units[1])
            )
        }
    })
}

fn comparison_row(c: &Comparison, pen: &Pen<'_>) -> ComparisonRow {
    ComparisonRow {
        metric: capital(&pen.name(&words::metric(&c.metric), 40)),
        base: words::amount_or_dash(c.unit, c.base_value, pen.signs),
        candidate: words::amount_or_dash(c.unit, c.candidate_value, pen.signs),
        effect: format!("{}{}", effects::effect(c, pen), effects::points(c)),
        span: if c.effect.is_some() {
            effects::effect_span(c, pen)
        } else {
            String::new()
        },
        word: effects::verdict_word(c.verdict),
        class: class(c.verdict),
        is_decided: matches!(
            c.verdict,
            ComparisonVerdict::Better | ComparisonVerdict::Worse | ComparisonVerdict::Different
        ),
    }
}

fn where_time_went(a: &Assessment, pen: &Pen<'_>) -> Vec<(String, String, String)> {
    let Some(attribution) = time::known(a) else {
        return Vec::new();
    };
    time::parts(attribution, pen)
        .into_iter()
        .map(|part| {
            let share = format!(
                "{}{}%",
                words::fixed(part.percent, 1, pen.signs),
                words::GLUE
            );
            (capital(&part.name), share, part.interval)
        })
        .collect()
}

fn footer(a: &Assessment, pen: &Pen<'_>) -> String {
    let p = &a.provenance;
    format!(
        "{}, {}, {} of {}. Left out: {}, {}, {}. {} {}, score model {}.",
        sources(p),
        bytes(p.bytes, pen),
        words::counted(p.records, "record", "records"),
        format_args!(
            "{} {}",
            words::count(p.units),
            pen.name(&p.units_called, 20)
        ),
        words::counted(p.duplicates, "duplicate", "duplicates"),
        words::counted(p.problems_total, "fault", "faults"),
        words::counted(p.unrecognised.len() as u64, "unknown file", "unknown files"),
        pen.name(&a.generator.name, 20),
        pen.name(&a.generator.version, 20),
        a.score.model
    )
}

#[allow(clippy::cast_precision_loss)]
fn bytes(n: u64, pen: &Pen<'_>) -> String {
    words::amount(crate::metrics::Unit::Bytes, n as f64, pen.signs)
}
