//! One rule against the facts: it speaks, is silent, is satisfied, or cannot be judged.

use super::condition::{self, Truth, Value, Values};
use super::facts::{Facts, View, catalogue};
use super::rule::Rule;

/// What a rule says of one thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Its condition holds.
    Speaks,
    /// Its condition does not hold.
    Silent,
    /// Its condition holds, and its change is already made.
    Satisfied,
    /// It cannot be judged, and why. Never the same as silent.
    NotEvaluated(String),
}

impl Verdict {
    /// The word in a case.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Verdict::Speaks => "speaks",
            Verdict::Silent => "silent",
            Verdict::Satisfied => "satisfied",
            Verdict::NotEvaluated(_) => "not_evaluated",
        }
    }
}

/// What a rule says of everything it looks at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// The strongest verdict: one that speaks before one that is satisfied, silent, not evaluated.
    pub verdict: Verdict,
    /// The subjects of which it speaks; empty for a rule without subject.
    pub subjects: Vec<String>,
}

/// Judges a rule.
#[must_use]
pub fn judge(rule: &Rule, facts: &Facts) -> Judgement {
    let Some(each) = rule.each else {
        return Judgement {
            verdict: judge_one(rule, facts.view(), None),
            subjects: Vec::new(),
        };
    };
    let mut verdict: Option<Verdict> = None;
    let mut subjects = Vec::new();
    for (subject, view) in facts.views(each) {
        let this = judge_one(rule, view, Some(subject));
        if this == Verdict::Speaks {
            subjects.push(subject.to_owned());
        }
        if verdict
            .as_ref()
            .is_none_or(|v| strength(&this) > strength(v))
        {
            verdict = Some(this);
        }
    }
    Judgement {
        verdict: verdict.unwrap_or_else(|| {
            let title = rule
                .needs
                .iter()
                .find_map(|n| catalogue::describe(n).filter(|d| d.subject.is_some()))
                .map_or(each.name(), |d| d.title);
            Verdict::NotEvaluated(format!(
                "needs {title}, by {}: not in the input",
                each.name()
            ))
        }),
        subjects,
    }
}

/// Judges a rule on one view.
#[must_use]
pub fn judge_one(rule: &Rule, view: View<'_>, subject: Option<&str>) -> Verdict {
    if let Some(reason) = lacking(rule, view) {
        return Verdict::NotEvaluated(reason);
    }
    match condition::evaluate(&rule.when, &view) {
        Truth::No => Verdict::Silent,
        Truth::Missing(names) => {
            let name = names.first().map_or("", String::as_str);
            Verdict::NotEvaluated(missing(name, view))
        }
        Truth::Faulty(fault) => Verdict::NotEvaluated(format!("its condition is faulty: {fault}")),
        Truth::Yes if is_applied(rule, view, subject) => Verdict::Satisfied,
        Truth::Yes => Verdict::Speaks,
    }
}

fn strength(verdict: &Verdict) -> u8 {
    match verdict {
        Verdict::Speaks => 3,
        Verdict::Satisfied => 2,
        Verdict::Silent => 1,
        Verdict::NotEvaluated(_) => 0,
    }
}

/// Why the facts do not suffice.
#[allow(clippy::cast_precision_loss)]
fn lacking(rule: &Rule, view: View<'_>) -> Option<String> {
    for need in &rule.needs {
        if let Some(knob) = need.strip_prefix("config.") {
            if view.knob(knob).is_none() {
                return Some(format!("needs the present value of {knob}"));
            }
            continue;
        }
        let title = title(need);
        let Some(fact) = view.fact(need) else {
            let why = view.withheld(need);
            return Some(
                why.map_or_else(|| format!("needs {title}: not in the input"), str::to_owned),
            );
        };
        if let Some(units) = fact.number("units")
            && units < rule.min_units as f64
        {
            return Some(format!(
                "needs {} units with {title}: {units} here",
                rule.min_units
            ));
        }
    }
    None
}

/// Why the condition could not be decided, for the name it asked for in vain.
fn missing(name: &str, view: View<'_>) -> String {
    if let Some(knob) = name.strip_prefix("config.") {
        return format!("needs the present value of {knob}");
    }
    let Some((fact, field)) = catalogue::split(name) else {
        return format!("needs {name}");
    };
    let title = title(fact);
    match (view.fact(fact).is_some(), field) {
        (true, "low" | "high") => format!("needs more units for an interval of {title}"),
        (_, "target" | "target_p95" | "missed" | "missed_p95") => {
            format!("needs a target for {title}")
        }
        (true, "n" | "units") => format!("needs the number behind {title}"),
        _ => format!("needs {title}: not in the input"),
    }
}

fn title(fact: &str) -> String {
    catalogue::describe(fact).map_or_else(
        || fact.to_owned(),
        |d| {
            // Inside a sentence: `CPU` stays, `Cache hit rate` begins small.
            let mut letters = d.title.chars();
            match (letters.next(), letters.clone().next()) {
                (Some(first), Some(second)) if second.is_lowercase() || second == ' ' => {
                    first.to_lowercase().collect::<String>() + letters.as_str()
                }
                _ => d.title.to_owned(),
            }
        },
    )
}

/// Whether the change is already made: by the rule's own condition (undecided means no), or since the
/// knob has the proposed value.
fn is_applied(rule: &Rule, view: View<'_>, subject: Option<&str>) -> bool {
    let by_condition = rule
        .satisfied_when
        .as_ref()
        .is_some_and(|text| condition::evaluate(text, &view) == Truth::Yes);
    // A rule that says when it is satisfied means no more than that.
    let by_value = match (
        rule.knob(subject).filter(|_| rule.satisfied_when.is_none()),
        rule.proposed(subject, |name| view.fact(name)?.number("value")),
    ) {
        (Some(knob), Some(to)) => view.knob(&knob).is_some_and(|present| same(present, &to)),
        _ => false,
    };
    by_condition || by_value
}

fn same(a: &crate::config::KnobValue, b: &crate::config::KnobValue) -> bool {
    use crate::config::KnobValue::Word;
    match (a, b) {
        (Word(a), Word(b)) => a.eq_ignore_ascii_case(b),
        (a, b) => a == b,
    }
}

/// The values of a condition's names, for an explanation.
#[must_use]
pub fn values_of(text: &str, view: View<'_>) -> Vec<(String, Option<Value>)> {
    condition::names(text)
        .unwrap_or_default()
        .into_iter()
        .map(|name| {
            let value = view.value(&name);
            (name, value)
        })
        .collect()
}
