//! Why a rule speaks or does not, with the values its conditions came to.

use super::condition::{Truth, Value};
use super::facts::{Facts, View};
use super::judge::{judge, values_of};
use super::rule::Rule;
use super::{Case, condition, evidence, tuned};
use crate::assessment::{
    Assessment, ConditionRow, Explanation, Generator, RuleState, SCHEMA_VERSION, ScoreProjection,
};
use crate::config::Origin;
use crate::scenario::{context, whatif};

/// Explains a rule on a case of which the assessment is known.
#[must_use]
pub fn explain(case: Case<'_>, facts: &Facts, assessment: &Assessment, rule: &Rule) -> Explanation {
    let rule = tuned(rule.clone(), case.config);
    let recommendations: Vec<_> = assessment
        .recommendations
        .iter()
        .filter(|r| r.rule == rule.code)
        .cloned()
        .collect();
    let judgement = judge(&rule, facts);
    let subject = judgement.subjects.first().map(String::as_str);
    let view = rule
        .each
        .and_then(|each| {
            let mut views = facts.views(each);
            match subject {
                Some(subject) => views.find(|(name, _)| *name == subject),
                None => views.next(),
            }
        })
        .map_or_else(|| facts.view(), |(_, view)| view);
    let knob = rule.knob(subject);
    let is_about_size = knob.as_deref() == Some(context::SIZE);
    let proposed = rule.proposed(subject, |name| view.fact(name)?.number("value"));
    let asked = match proposed {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // saturates
        Some(crate::config::KnobValue::Number(n)) => Some(n as u64),
        _ => None,
    };
    let reason = assessment
        .not_evaluated
        .iter()
        .find(|n| n.rule == rule.code)
        .map(|n| n.reason.clone());
    let first = recommendations.first();
    Explanation {
        schema_version: SCHEMA_VERSION,
        generator: Generator::default(),
        period: assessment.period,
        rule: rule.code.clone(),
        name: rule.name.clone(),
        title: rule.filled(&rule.title, subject),
        why: rule.why.clone(),
        state: assessment
            .rules
            .states
            .get(&rule.code)
            .copied()
            .unwrap_or(RuleState::Off),
        reason,
        conditions: conditions(&rule, view),
        min_units: rule.min_units,
        units: assessment.provenance.units,
        units_called: assessment.provenance.units_called.clone(),
        evidence: first.map_or_else(
            || evidence::of_all(facts, &rule, &judgement.subjects, 1),
            |r| r.evidence.clone(),
        ),
        place: knob
            .as_ref()
            .and_then(|knob| case.config.knobs.get(knob))
            .and_then(|k| match &k.origin {
                Origin::File(place) => Some(place.to_string()),
                _ => None,
            }),
        score: first
            .and_then(|r| r.projection.as_ref()?.points)
            .zip(assessment.score.value)
            .map(|(points, from)| ScoreProjection {
                from,
                to: from + points,
                low: None,
                high: None,
            }),
        finding: assessment
            .findings
            .iter()
            .find(|f| f.rule == rule.code)
            .cloned(),
        sizes: is_about_size
            .then(|| whatif::size_table(&case.bench(), asked).ok())
            .flatten(),
        against: rule.conflicts_with.clone(),
        recommendations,
        track_record: None,
        claims: Vec::new(),
    }
}

fn conditions(rule: &Rule, view: View<'_>) -> Vec<ConditionRow> {
    let both = [
        ("when", Some(&rule.when)),
        ("satisfied when", rule.satisfied_when.as_ref()),
    ];
    both.into_iter()
        .filter_map(|(what, text)| Some((what, text?)))
        .map(|(what, text)| ConditionRow {
            what: what.into(),
            text: text.split_whitespace().collect::<Vec<_>>().join(" "),
            values: values_of(text, view)
                .into_iter()
                .filter(|(name, _)| !name.starts_with("known."))
                .map(|(name, value)| {
                    let number = value.map(|v| match v {
                        Value::Number(n) => n,
                        Value::Bool(b) => f64::from(u8::from(b)),
                    });
                    (name, number)
                })
                .collect(),
            holds: match condition::evaluate(text, &view) {
                Truth::Yes => Some(true),
                Truth::No => Some(false),
                Truth::Missing(_) | Truth::Faulty(_) => None,
            },
        })
        .collect()
}
