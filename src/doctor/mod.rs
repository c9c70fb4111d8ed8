//! A guided check for one symptom, over what an analysis found: nothing is measured or judged anew.
//!
//! In: an assessment and the trends of the metrics that [`metrics_of`] names. Out: for each check of the symptom's list the
//! figures, the rules that were asked, and a finding. The one thing that is computed here is the mean time of a
//! step by part before and after a change of level, from the series of the trends.

mod checks;
mod parts;

use crate::assessment::{
    AskedRule, Assessment, CheckFigure, CheckFinding, Conclusion, ConclusionKind, Diagnosis,
    DoctorCheck, Generator, RuleState, SCHEMA_VERSION, Since, Symptom, TargetVerdict, Trend,
};
use crate::metrics::{Direction, Metric};
use checks::Check;

/// The metrics whose trends the checks of a symptom look at, the symptom's own first.
#[must_use]
pub fn metrics_of(symptom: Symptom) -> Vec<Metric> {
    let mut metrics = checks::own(symptom).to_vec();
    let looked_at = checks::of(symptom).iter().flat_map(|c| c.figures);
    for metric in looked_at.map(|(metric, _)| *metric).chain(parts::METRICS) {
        if !metrics.contains(&metric) {
            metrics.push(metric);
        }
    }
    metrics
}

/// Makes the checks.
#[must_use]
pub fn examine(a: &Assessment, trends: &[Trend], symptom: Symptom) -> Diagnosis {
    let since = checks::own(symptom)
        .iter()
        .find_map(|metric| since(trends, *metric));
    let parts = match &since {
        Some((trend, _)) => parts::of(trends, trend),
        None => Vec::new(),
    };
    let grown = parts::most(&parts);
    let since = since.map(|(_, since)| since);
    let checks: Vec<DoctorCheck> = checks::of(symptom)
        .iter()
        .map(|check| {
            made(
                check,
                a,
                trends,
                since.as_ref(),
                grown.as_ref().map(|g| g.part),
            )
        })
        .collect();
    Diagnosis {
        schema_version: SCHEMA_VERSION,
        generator: Generator::default(),
        symptom,
        period: a.period,
        records: a.provenance.records,
        units: a.provenance.units,
        units_called: a.provenance.units_called.clone(),
        conclusion: conclusion(a, &checks, grown),
        since,
        parts,
        checks,
    }
}

/// The latest change of a metric's level for the worse, with the trend that has it.
fn since(trends: &[Trend], metric: Metric) -> Option<(&Trend, Since)> {
    let trend = trend_of(trends, metric)?;
    let is_worse = |before: f64, after: f64| worse(metric, before, after);
    let point = trend
        .change_points
        .iter()
        .rev()
        .find(|point| is_worse(point.before, point.after))?;
    let at = |index: u64| {
        let index = usize::try_from(index).ok()?;
        trend.series.get(index).map(|p| p.from)
    };
    let is_timed = point.time.is_some();
    let since = Since {
        metric: trend.metric.clone(),
        unit: trend.unit,
        from: at(point.range[0]).filter(|_| is_timed),
        to: at(point.range[1]).filter(|_| is_timed),
        before: point.before,
        after: point.after,
        ratio: point.ratio,
        p: point.p,
        with: point.with.clone(),
    };
    Some((trend, since))
}

fn trend_of(trends: &[Trend], metric: Metric) -> Option<&Trend> {
    trends
        .iter()
        .find(|t| t.metric == metric.name() && t.dims.is_empty())
}

fn worse(metric: Metric, before: f64, after: f64) -> bool {
    match metric.row().direction {
        Direction::Lower => after > before,
        Direction::Higher => after < before,
        Direction::Neither => false,
    }
}

fn made(
    check: &Check,
    a: &Assessment,
    trends: &[Trend],
    since: Option<&Since>,
    grown: Option<&str>,
) -> DoctorCheck {
    let figures: Vec<CheckFigure> = check
        .figures
        .iter()
        .filter_map(|(metric, statistic)| figure(a, trends, *metric, statistic, since))
        .collect();
    let rules: Vec<AskedRule> = check
        .rules
        .iter()
        .filter_map(|code| {
            let state = *a.rules.states.get(*code)?;
            let reason = a.not_evaluated.iter().find(|n| n.rule == *code);
            Some(AskedRule {
                rule: (*code).to_owned(),
                state,
                reason: reason.map(|n| n.reason.clone()),
            })
        })
        .collect();
    let speaks = rules.iter().any(|r| is_speaking(r.state));
    let was_judged = rules
        .iter()
        .any(|r| matches!(r.state, RuleState::Silent | RuleState::Settled));
    let is_part = check.part.is_some() && check.part == grown;
    let finding = if is_part {
        CheckFinding::Part
    } else if speaks || figures.iter().any(|f| f.missed || f.worse) {
        CheckFinding::Found
    } else if !figures.is_empty() || (check.figures.is_empty() && was_judged) {
        CheckFinding::NothingFound
    } else {
        CheckFinding::CannotTell
    };
    let next = match finding {
        CheckFinding::CannotTell => Some(check.measure.to_owned()),
        CheckFinding::NothingFound => None,
        CheckFinding::Part | CheckFinding::Found => next(a, &rules),
    };
    DoctorCheck {
        check: check.name.to_owned(),
        finding,
        figures,
        rules,
        next,
    }
}

fn is_speaking(state: RuleState) -> bool {
    matches!(state, RuleState::Recommended | RuleState::Information)
}

fn figure(
    a: &Assessment,
    trends: &[Trend],
    metric: Metric,
    statistic: &str,
    since: Option<&Since>,
) -> Option<CheckFigure> {
    let row = a
        .metrics
        .iter()
        .find(|r| r.metric == metric.name() && r.dims.is_empty())?;
    let value = match statistic {
        "p95" => row.p95.or(row.mean),
        _ => row.mean.or(row.total),
    }?;
    let indicator = a
        .indicators
        .iter()
        .find(|i| i.metric == row.metric && i.statistic == statistic);
    let change = since.and_then(|since| change_at(trend_of(trends, metric)?, since));
    Some(CheckFigure {
        metric: row.metric.clone(),
        statistic: statistic.to_owned(),
        unit: row.unit,
        value,
        n: row.n,
        target: indicator.and_then(|i| i.target.as_ref()).map(|t| t.value),
        missed: indicator.is_some_and(|i| i.verdict == TargetVerdict::Missed),
        before: change.map(|(before, _)| before),
        after: change.map(|(_, after)| after),
        worse: change.is_some_and(|(before, after)| worse(metric, before, after)),
    })
}

/// The change of a trend's level that may have been at the same time: means before and after.
fn change_at(trend: &Trend, since: &Since) -> Option<(f64, f64)> {
    let (from, to) = (since.from?, since.to?);
    trend.change_points.iter().find_map(|point| {
        let at = |index: u64| Some(trend.series.get(usize::try_from(index).ok()?)?.from);
        point.time?;
        let (first, last) = (at(point.range[0])?, at(point.range[1])?);
        (first <= to && from <= last).then_some((point.before, point.after))
    })
}

/// What the best ranked rule that speaks asks for.
fn next(a: &Assessment, rules: &[AskedRule]) -> Option<String> {
    let codes: Vec<&str> = rules
        .iter()
        .filter(|r| is_speaking(r.state))
        .map(|r| r.rule.as_str())
        .collect();
    let advice = a
        .recommendations
        .iter()
        .find(|r| codes.contains(&r.rule.as_str()));
    let word = |value: &serde_json::Value| match value {
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    match advice {
        Some(r) => match (&r.change, &r.advice) {
            (Some(change), _) if change.to.is_some() => {
                let to = change.to.as_ref().map(word).unwrap_or_default();
                Some(format!("{}: set {} to {to}", r.rule, change.knob))
            }
            (_, Some(text)) => Some(format!("{}: {text}", r.rule)),
            (Some(change), None) => Some(format!("{}: change {}", r.rule, change.knob)),
            (None, None) => Some(format!("{}: {}", r.rule, r.title)),
        },
        None => codes
            .first()
            .map(|code| format!("perfadvise rules explain {code}")),
    }
}

fn conclusion(
    a: &Assessment,
    checks: &[DoctorCheck],
    grown: Option<parts::Grown<'_>>,
) -> Conclusion {
    let part = checks.iter().find(|c| c.finding == CheckFinding::Part);
    let found: Vec<&DoctorCheck> = checks
        .iter()
        .filter(|c| c.finding == CheckFinding::Found)
        .collect();
    let spoken = |check: &DoctorCheck| {
        let speaks = |code: &str| {
            let of_check = check.rules.iter().find(|r| r.rule == code);
            of_check.is_some_and(|r| is_speaking(r.state))
        };
        let ranked = a.recommendations.iter().map(|r| (r.rank, r.rule.clone()));
        ranked.filter(|(_, code)| speaks(code)).min()
    };
    let best = found
        .iter()
        .filter_map(|check| Some((spoken(check)?, *check)))
        .min_by(|a, b| a.0.cmp(&b.0));
    let kind = if part.is_some() {
        ConclusionKind::Part
    } else if !found.is_empty() {
        ConclusionKind::Found
    } else if checks
        .iter()
        .any(|c| c.finding == CheckFinding::NothingFound)
    {
        ConclusionKind::NothingFound
    } else {
        ConclusionKind::CannotTell
    };
    match (part, grown) {
        (Some(check), Some(grown)) => Conclusion {
            kind,
            check: Some(check.check.clone()),
            rule: spoken(check).map(|(_, code)| code),
            seconds: Some(grown.seconds),
            of_seconds: Some(grown.of_seconds),
        },
        _ => Conclusion {
            kind,
            check: best
                .as_ref()
                .map(|(_, check)| check.check.clone())
                .or_else(|| found.first().map(|check| check.check.clone())),
            rule: best.map(|((_, code), _)| code),
            seconds: None,
            of_seconds: None,
        },
    }
}
