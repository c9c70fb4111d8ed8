//! The tables of the summary: key indicators against targets, and actions.

use super::super::pen::{Pen, Tone};
use super::super::text::advice;
use super::super::{effects, words};
use super::table::Grid;
use super::wording::name;
use crate::assessment::{
    Assessment, EffectKind, PeriodReport, PeriodSummary, ScoreChange, SummaryRow, TargetVerdict,
};
use crate::metrics::Unit;

/// Actions that are listed.
const ACTIONS: usize = 4;

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
