//! The figures that a finding stands on.

use super::condition::{Value, Values};
use super::facts::{Facts, View};
use super::rule::{Rule, Scalar};
use crate::assessment::Evidence;

/// What a rule sees of a subject.
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

/// The fewest units behind the facts that a rule needs.
pub(super) fn units(facts: &Facts, rule: &Rule, subject: Option<&str>) -> Option<u64> {
    let view = view(facts, rule, subject);
    rule.needs
        .iter()
        .filter_map(|n| view.fact(n)?.number("units"))
        .map(|u| u as u64)
        .min()
}

/// The facts that a rule shows, of one subject.
fn evidence(facts: &Facts, rule: &Rule, subject: Option<&str>) -> Vec<Evidence> {
    let view = view(facts, rule, subject);
    rule.evidence
        .iter()
        .filter_map(|shown| {
            let fact = view.fact(&shown.fact)?;
            let described = view.describe(&shown.fact)?;
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
                of: match subject {
                    Some(subject) if fact.of.is_empty() => subject.to_owned(),
                    _ => fact.of.clone(),
                },
                value: fact.number(field),
                low: fact.number("low").filter(|_| is_value),
                high: fact.number("high").filter(|_| is_value),
                n: fact.number("n").map(|n| n as u64),
                threshold,
            })
        })
        .collect()
}

/// The facts that a rule shows, of at most `most` of its subjects, those with the largest first figure.
pub(super) fn of_all<S: AsRef<str>>(
    facts: &Facts,
    rule: &Rule,
    subjects: &[S],
    most: usize,
) -> Vec<Evidence> {
    if subjects.is_empty() {
        return evidence(facts, rule, None);
    }
    let mut shown: Vec<Vec<Evidence>> = subjects
        .iter()
        .map(|subject| evidence(facts, rule, Some(subject.as_ref())))
        .collect();
    let first = |rows: &[Evidence]| rows.first().and_then(|e| e.value).unwrap_or(0.0);
    // Stable, so that equal ones keep the order of their names.
    shown.sort_by(|a, b| first(b).total_cmp(&first(a)));
    shown.truncate(most);
    shown.into_iter().flatten().collect()
}
