//! From rules that speak to a ranked list: projected, weighed, one finding for one cause.

use std::collections::{BTreeMap, BTreeSet};

use super::condition::{Value, Values};
use super::facts::{Facts, View, catalogue};
use super::library::Entry;
use super::rule::{Mechanism, Rule, Scalar, ShareOf, Status, SwapDimension};
use super::{Case, rank};
use crate::assessment::{
    AloneAndCombined, Change, Class, CombinedProjection, Effect, Evidence, Priority, Projection,
    ProjectionKind, Recommendation,
};
use crate::config::KnobValue;
use crate::metrics::{Direction, Metric};
use crate::record::{Dimension, Name};
use crate::scenario::measured::Swap;
use crate::scenario::outcome::{self, Outcome, simulate};
use crate::scenario::share;

/// From this many points on a change is offered, whatever its share of the metric.
const LEAST_POINTS: f64 = 0.5;

/// A rule that speaks, of one thing.
struct Candidate<'a> {
    rule: &'a Rule,
    subject: Option<&'a str>,
    change: Option<outcome::Change>,
    alone: Option<Outcome>,
    no_projection: Option<String>,
    confidence: f64,
    gain: f64,
}

/// Recommendations, best first, with their combined run; and how many were settled by another finding
/// or would lose on the whole.
pub(super) fn offer(
    case: Case<'_>,
    facts: &Facts,
    speaking: &[(&Entry, Vec<String>)],
) -> (Vec<Recommendation>, Option<CombinedProjection>, u64) {
    let codes: BTreeSet<&str> = speaking.iter().map(|(e, _)| e.rule.code.as_str()).collect();
    let mut settled = 0;
    let mut candidates = Vec::new();
    for (entry, subjects) in speaking {
        let rule = &entry.rule;
        let is_explained = rule
            .explained_by
            .iter()
            .chain(&rule.conflicts_with)
            .any(|other| codes.contains(other.as_str()));
        if is_explained {
            settled += 1;
            continue;
        }
        let subjects: Vec<Option<&str>> = if subjects.is_empty() {
            vec![None]
        } else {
            subjects.iter().map(|s| Some(s.as_str())).collect()
        };
        let before = candidates.len();
        candidates.extend(
            subjects
                .into_iter()
                .filter_map(|subject| candidate(case, facts, rule, subject)),
        );
        settled += u64::from(candidates.len() == before);
    }
    candidates.sort_by(|a, b| {
        (priority(case, a).cmp(&priority(case, b)))
            .then(
                rank::rank(b.gain, b.confidence, b.rule.effort).total_cmp(&rank::rank(
                    a.gain,
                    a.confidence,
                    a.rule.effort,
                )),
            )
            .then_with(|| a.rule.code.cmp(&b.rule.code))
            .then_with(|| a.subject.cmp(&b.subject))
    });
    let mut groups = BTreeSet::new();
    candidates.retain(|c| match &c.rule.xor_group {
        Some(group) => groups.insert((group.clone(), c.subject.map(str::to_owned))),
        None => true,
    });
    let (after_above, combined) = combine(case, &candidates);
    let recommendations = candidates
        .iter()
        .enumerate()
        .map(|(index, c)| recommendation(case, facts, c, index, after_above.get(&index).copied()))
        .collect();
    (recommendations, combined, settled)
}

fn candidate<'a>(
    case: Case<'_>,
    facts: &Facts,
    rule: &'a Rule,
    subject: Option<&'a str>,
) -> Option<Candidate<'a>> {
    let (change, no_projection) = change(case, facts, rule, subject);
    let alone = change
        .as_ref()
        .map(|c| simulate(case.workload, case.score, &[c]));
    let units = change
        .as_ref()
        .and_then(outcome::Change::compared)
        .or_else(|| evidence_units(facts, rule, subject))
        .unwrap_or(case.workload.units.len() as u64);
    let kind = match &change {
        Some(change) if !change.is_bound() => rank::MEASURED,
        _ => rank::SHARE,
    };
    let gain = alone.as_ref().map_or(0.0, gain);
    // A change that would lose on the whole, or win next to nothing, is not offered.
    if alone.as_ref().is_some_and(|outcome| {
        gain < 0.0 || (gain < LEAST_POINTS && improvement(rule, outcome) < rule.ceiling)
    }) {
        return None;
    }
    Some(Candidate {
        rule,
        subject,
        change,
        alone,
        no_projection,
        confidence: rank::confidence(units, kind),
        gain,
    })
}

/// How much better the rule's own metric gets, as a share of it; 0 where it is not better.
fn improvement(rule: &Rule, outcome: &Outcome) -> f64 {
    let Some(metric) = rule.metric.as_deref().and_then(Metric::named) else {
        return 0.0;
    };
    outcome.effect(metric).map_or(0.0, |effect| {
        let change = (effect.to - effect.from) / effect.from.abs().max(f64::MIN_POSITIVE);
        match metric.row().direction {
            Direction::Lower => -change,
            Direction::Higher => change,
            Direction::Neither => 0.0,
        }
    })
}

/// Points, or percent of cost or of time ÷ 3, whichever is largest; a loss of points is a loss.
fn gain(outcome: &Outcome) -> f64 {
    let points = outcome.points.unwrap_or(0.0);
    let time = outcome.time_saved * 100.0 / 3.0;
    let cost = outcome.cost_saved.unwrap_or(0.0) * 100.0 / 3.0;
    if points < 0.0 {
        points
    } else {
        points.max(time).max(cost)
    }
}

fn change(
    case: Case<'_>,
    facts: &Facts,
    rule: &Rule,
    subject: Option<&str>,
) -> (Option<outcome::Change>, Option<String>) {
    let workload = case.workload;
    let name = |text: &str| workload.catalog.names.find(text).map(Name);
    let subject_name = subject.and_then(name);
    let change = match &rule.projection {
        None => return (None, None),
        Some(Mechanism::None { reason }) => return (None, Some(reason.clone())),
        Some(Mechanism::Measured {
            dimension,
            from,
            to,
        }) => {
            let resolve = |word: &str| match word {
                "subject" => subject_name,
                "base" => real_interfaces(case).first().copied(),
                "best" => best_interface(case, facts),
                other => name(other),
            };
            let dimension = match dimension {
                SwapDimension::Mode => Dimension::Mode,
                SwapDimension::Interface => Dimension::Interface,
            };
            let within = match rule.each {
                Some(super::rule::Subject::Purpose) => subject_name
                    .map(|n| vec![(Dimension::Purpose, n)])
                    .unwrap_or_default(),
                _ => Vec::new(),
            };
            match (resolve(from), resolve(to)) {
                (Some(from), Some(to)) if from != to => outcome::Change::measured(
                    workload,
                    Swap {
                        dimension,
                        from,
                        to,
                        within,
                    },
                ),
                _ => None,
            }
        }
        Some(Mechanism::Share { of }) => match of {
            ShareOf::FailedToolTime => {
                subject_name.and_then(|tool| share::failed_tool_time(workload, &[tool]))
            }
            ShareOf::UnusedFiles => facts
                .all
                .get("file_filter.slope")
                .and_then(|f| f.number("value"))
                .and_then(|slope| share::unused_files(workload, slope)),
            ShareOf::BudgetBand => {
                subject_name.and_then(|agent| share::budget_band(workload, &[agent]))
            }
        },
    };
    let reason = change
        .is_none()
        .then(|| "no like work was observed in the other variant".to_owned());
    (change, reason)
}

fn real_interfaces(case: Case<'_>) -> Vec<Name> {
    let catalog = &case.workload.catalog;
    let is_mock =
        |text: &str| text == "mock" || case.config.mock_interfaces.iter().any(|m| m == text);
    case.workload
        .values_of(Dimension::Interface)
        .into_iter()
        .map(|(value, _)| value)
        .filter(|value| !is_mock(catalog.text(*value)))
        .collect()
}

fn best_interface(case: Case<'_>, facts: &Facts) -> Option<Name> {
    let rates = facts.subjects.get(&super::rule::Subject::Interface)?;
    real_interfaces(case).into_iter().max_by(|a, b| {
        let rate = |n: Name| {
            rates
                .get(case.workload.catalog.text(n))
                .and_then(|t| t.get("interface.success_rate"))
                .and_then(|f| f.number("value"))
                .unwrap_or(0.0)
        };
        rate(*a).total_cmp(&rate(*b))
    })
}

fn view<'f>(facts: &'f Facts, rule: &Rule, subject: Option<&str>) -> View<'f> {
    rule.each
        .zip(subject)
        .and_then(|(each, subject)| {
            facts
                .views(each)
                .find(|(name, _)| *name == subject)
                .map(|(_, view)| view)
        })
        .unwrap_or_else(|| facts.view())
}

fn evidence_units(facts: &Facts, rule: &Rule, subject: Option<&str>) -> Option<u64> {
    let view = view(facts, rule, subject);
    rule.needs
        .iter()
        .filter_map(|n| view.fact(n)?.number("units"))
        .map(|u| u as u64)
        .min()
}

fn evidence(facts: &Facts, rule: &Rule, subject: Option<&str>) -> Vec<Evidence> {
    let view = view(facts, rule, subject);
    rule.evidence
        .iter()
        .filter_map(|shown| {
            let fact = view.fact(&shown.fact)?;
            let described = catalogue::describe(&shown.fact)?;
            let field = shown.field.as_deref().unwrap_or("value");
            let is_value = field == "value";
            let threshold = match &shown.against {
                Some(Scalar::Number(n)) => Some(*n),
                Some(Scalar::Word(name)) => view.value(name).and_then(Value::number),
                _ => None,
            };
            Some(Evidence {
                metric: shown.fact.clone(),
                title: if is_value {
                    described.title.to_owned()
                } else {
                    format!("{}, {field}", described.title)
                },
                unit: described.unit,
                of: fact.of.clone(),
                value: fact.number(field),
                low: fact.number("low").filter(|_| is_value),
                high: fact.number("high").filter(|_| is_value),
                n: fact.number("n").map(|n| n as u64),
                threshold,
            })
        })
        .collect()
}

/// Evidence of a finding for information.
pub(super) fn finding_evidence(facts: &Facts, rule: &Rule, subjects: &[String]) -> Vec<Evidence> {
    if subjects.is_empty() {
        return evidence(facts, rule, None);
    }
    subjects
        .iter()
        .flat_map(|subject| evidence(facts, rule, Some(subject)))
        .collect()
}

fn priority(case: Case<'_>, c: &Candidate<'_>) -> Priority {
    let is_bound = c.change.as_ref().is_none_or(outcome::Change::is_bound);
    let by_gain = if c.alone.is_none() {
        // Without a figure: medium where its metric misses its target, else low.
        if misses_target(case, c.rule) {
            Priority::Medium
        } else {
            Priority::Low
        }
    } else if (c.gain >= 2.0 && c.confidence >= 0.6) || meets_alone(case, c) {
        Priority::High
    } else if c.gain >= 0.5 {
        Priority::Medium
    } else {
        Priority::Low
    };
    let is_capped = is_bound || c.rule.class == Class::Habit || c.rule.status == Status::Preview;
    if is_capped {
        by_gain.max(Priority::Medium)
    } else {
        by_gain
    }
}

fn misses_target(case: Case<'_>, rule: &Rule) -> bool {
    rule.metric.as_deref().is_some_and(|metric| {
        case.analysis
            .indicators
            .iter()
            .any(|i| i.metric == metric && i.verdict == crate::assessment::TargetVerdict::Missed)
    })
}

/// Whether it alone turns a missed target into a met one.
fn meets_alone(case: Case<'_>, c: &Candidate<'_>) -> bool {
    let Some(outcome) = &c.alone else {
        return false;
    };
    case.analysis
        .indicators
        .iter()
        .filter(|i| i.verdict == crate::assessment::TargetVerdict::Missed)
        .any(|i| {
            let effect = outcome
                .effects
                .iter()
                .find(|e| e.metric == i.metric && e.statistic == i.statistic);
            match (effect, &i.target) {
                (Some(effect), Some(target)) => match target.limit {
                    crate::assessment::Limit::Upper => effect.to <= target.value,
                    crate::assessment::Limit::Lower => effect.to >= target.value,
                },
                _ => false,
            }
        })
}

/// Points of each change after those above it, and all of them in one run.
fn combine(
    case: Case<'_>,
    candidates: &[Candidate<'_>],
) -> (BTreeMap<usize, f64>, Option<CombinedProjection>) {
    let mut changes: Vec<&outcome::Change> = Vec::new();
    let mut after_above = BTreeMap::new();
    let mut points = 0.0;
    let mut last = None;
    for (index, c) in candidates.iter().enumerate() {
        let Some(change) = &c.change else { continue };
        changes.push(change);
        let outcome = simulate(case.workload, case.score, &changes);
        if let Some(all) = outcome.points {
            after_above.insert(index, all - points);
            points = all;
        }
        last = Some(outcome);
    }
    let combined = last.and_then(|outcome| {
        Some(CombinedProjection {
            points: outcome.points?,
            score: case.score.value? + outcome.points?,
            of: changes.len() as u64,
            effects: outcome.effects,
        })
    });
    (after_above, combined)
}

fn recommendation(
    case: Case<'_>,
    facts: &Facts,
    c: &Candidate<'_>,
    index: usize,
    after_above: Option<f64>,
) -> Recommendation {
    let rule = c.rule;
    let is_bound = c.change.as_ref().is_some_and(outcome::Change::is_bound);
    let points = c.alone.as_ref().and_then(|o| o.points);
    let (effects, side_effects) = match &c.alone {
        Some(outcome) => split_effects(rule, &outcome.effects),
        None => (Vec::new(), Vec::new()),
    };
    Recommendation {
        rank: index as u64 + 1,
        rule: rule.code.clone(),
        name: rule.name.clone(),
        priority: priority(case, c),
        class: rule.class,
        preview: rule.status == Status::Preview,
        title: rule.filled(&rule.title, c.subject),
        why: rule.why.clone(),
        evidence: evidence(facts, rule, c.subject),
        change: rule.knob(c.subject).map(|knob| Change {
            from: facts.knobs.get(&knob).map(json),
            to: rule.proposed(c.subject).as_ref().map(json),
            knob,
        }),
        advice: rule
            .advice
            .as_ref()
            .map(|text| rule.filled(text, c.subject)),
        projection: c.alone.as_ref().map(|_| Projection {
            kind: if is_bound {
                ProjectionKind::Share
            } else {
                ProjectionKind::Measured
            },
            at_most: is_bound,
            effects,
            points,
            reproduction: Vec::new(),
        }),
        no_projection: c.no_projection.clone(),
        alone_and_combined: points.zip(after_above).map(
            |(points_alone, points_after_those_above)| AloneAndCombined {
                points_alone,
                points_after_those_above,
            },
        ),
        confidence: c.confidence,
        effort: rule.effort,
        side_effects,
        caveats: rule.side_effects.clone(),
    }
}

/// What gets better, and what gets worse.
fn split_effects(rule: &Rule, effects: &[Effect]) -> (Vec<Effect>, Vec<Effect>) {
    effects.iter().cloned().partition(|effect| {
        let is_own = rule.metric.as_deref() == Some(effect.metric.as_str());
        let is_worse = match Metric::named(&effect.metric).map(|m| m.row().direction) {
            Some(Direction::Lower) => effect.to > effect.from,
            Some(Direction::Higher) => effect.to < effect.from,
            _ => false,
        };
        is_own || !is_worse
    })
}

fn json(value: &KnobValue) -> serde_json::Value {
    match value {
        KnobValue::Bool(b) => (*b).into(),
        // Whole numbers stay whole.
        KnobValue::Number(n) if n.fract() == 0.0 && n.abs() < 1e15 => (*n as i64).into(),
        KnobValue::Number(n) => (*n).into(),
        KnobValue::Word(w) => w.clone().into(),
    }
}
