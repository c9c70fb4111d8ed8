//! Cases: facts in, the expected verdict out; they stand beside each rule.
//!
//! `base` holds facts that all cases share; a case changes some (`with`), takes some away
//! (`without`), sets knobs (`config`), and says what the rule must do.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::condition::Value;
use super::facts::{Fact, Facts, catalogue};
use super::judge::{Verdict, judge};
use super::rule::{Rule, Scalar};

/// The cases of a rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cases {
    /// Facts of all cases: full name → value.
    #[serde(default)]
    pub base: BTreeMap<String, Scalar>,
    /// What the rule looks at, for a rule that looks at things one by one.
    #[serde(default)]
    pub subject: Option<String>,
    /// The cases.
    pub cases: Vec<RuleCase>,
}

/// A case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleCase {
    /// What is special about it.
    pub name: String,
    /// Facts that differ from the base.
    #[serde(default)]
    pub with: BTreeMap<String, Scalar>,
    /// Facts of the base that are missing: a full name, or a fact with all its numbers.
    #[serde(default)]
    pub without: Vec<String>,
    /// Present values of knobs.
    #[serde(default)]
    pub config: BTreeMap<String, Scalar>,
    /// What the rule must do.
    pub expect: Expected,
}

/// What a rule must do in a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Expected {
    /// Its condition holds.
    Speaks,
    /// Its condition does not hold.
    Silent,
    /// Its change is already made.
    Satisfied,
    /// It cannot be judged.
    NotEvaluated,
}

impl Expected {
    /// The word in a file.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Expected::Speaks => "speaks",
            Expected::Silent => "silent",
            Expected::Satisfied => "satisfied",
            Expected::NotEvaluated => "not_evaluated",
        }
    }
}

/// Runs all cases; what fails, in words.
#[must_use]
pub fn run(rule: &Rule, cases: &Cases) -> Vec<String> {
    let mut failures = Vec::new();
    for case in &cases.cases {
        match facts(rule, cases, case) {
            Err(fault) => failures.push(format!("{}: {fault}", case.name)),
            Ok(facts) => {
                let verdict = judge(rule, &facts).verdict;
                if verdict.name() != case.expect.name() {
                    let why = match &verdict {
                        Verdict::NotEvaluated(reason) => format!(" ({reason})"),
                        _ => String::new(),
                    };
                    failures.push(format!(
                        "{}: expected {}, was {}{why}",
                        case.name,
                        case.expect.name(),
                        verdict.name()
                    ));
                }
            }
        }
    }
    failures
}

/// The facts of a case.
///
/// # Errors
/// A name that the catalogue does not know, or a value that is neither number nor boolean.
pub fn facts(rule: &Rule, cases: &Cases, case: &RuleCase) -> Result<Facts, String> {
    let mut facts = Facts::default();
    let base = cases.base.iter().filter(|(name, _)| {
        !case
            .without
            .iter()
            .any(|gone| *name == gone || name.rsplit_once('.').is_some_and(|(f, _)| f == gone))
    });
    let mut tables: BTreeMap<String, Fact> = BTreeMap::new();
    for (name, scalar) in base.chain(&case.with) {
        let (fact, field) =
            catalogue::split(name).ok_or_else(|| format!("there is no fact {name}"))?;
        let value = match scalar {
            Scalar::Bool(b) => Value::Bool(*b),
            Scalar::Number(n) => Value::Number(*n),
            Scalar::Word(_) => return Err(format!("{name} is neither number nor boolean")),
        };
        let entry = tables.entry(fact.to_owned()).or_default();
        entry.numbers.insert(field, value);
    }
    let subject = cases.subject.as_deref().unwrap_or("x");
    for (name, fact) in tables {
        match catalogue::describe(&name).and_then(|d| d.subject) {
            Some(of) if rule.each == Some(of) => facts.add_of(of, subject, &name, fact),
            Some(_) => return Err(format!("{name} is of a subject that the rule has not")),
            None => facts.add(&name, fact),
        }
    }
    for (knob, value) in &case.config {
        facts.knobs.insert(knob.clone(), value.knob());
    }
    Ok(facts)
}
