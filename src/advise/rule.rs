//! A rule as its file states it.
//!
//! Rules are data: a file names the problem, the facts it needs, the condition under which it
//! speaks, the change it proposes and how the outcome of that change is computed. Unknown fields are
//! refused, so that a slip of the pen is not a silent rule.

use serde::de::{Deserializer, Visitor};
use serde::{Deserialize, Serialize};

use crate::assessment::{Class, Effort};
use crate::config::KnobValue;

/// How well a rule has been tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Marked as such, at most medium.
    Preview,
    /// Held against real data.
    Stable,
    /// Kept for its code; never judged.
    Deprecated,
}

impl Status {
    /// The word in a file.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Status::Preview => "preview",
            Status::Stable => "stable",
            Status::Deprecated => "deprecated",
        }
    }
}

/// What a rule looks at one by one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Subject {
    /// What steps are for.
    Purpose,
    /// Interfaces.
    Interface,
    /// Tools.
    Tool,
    /// Agents.
    Agent,
    /// Models.
    Model,
    /// Processes.
    Process,
    /// Alerts of the configuration.
    Alert,
}

impl Subject {
    /// The word in a file, and the first part of its facts' names.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Subject::Purpose => "purpose",
            Subject::Interface => "interface",
            Subject::Tool => "tool",
            Subject::Agent => "agent",
            Subject::Model => "model",
            Subject::Process => "process",
            Subject::Alert => "alert",
        }
    }
}

/// A plain value in a rule or a case.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Scalar {
    /// Yes or no.
    Bool(bool),
    /// A finite number.
    Number(f64),
    /// A word.
    Word(String),
}

impl Scalar {
    /// As the value of a knob.
    #[must_use]
    pub fn knob(&self) -> KnobValue {
        match self {
            Scalar::Bool(b) => KnobValue::Bool(*b),
            Scalar::Number(n) => KnobValue::Number(*n),
            Scalar::Word(w) => KnobValue::Word(w.clone()),
        }
    }
}

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct Any;
        impl Visitor<'_> for Any {
            type Value = Scalar;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a number, true, false or a word")
            }

            fn visit_bool<E>(self, v: bool) -> Result<Scalar, E> {
                Ok(Scalar::Bool(v))
            }

            #[allow(clippy::cast_precision_loss)]
            fn visit_i64<E>(self, v: i64) -> Result<Scalar, E> {
                Ok(Scalar::Number(v as f64))
            }

            #[allow(clippy::cast_precision_loss)]
            fn visit_u64<E>(self, v: u64) -> Result<Scalar, E> {
                Ok(Scalar::Number(v as f64))
            }

            fn visit_f64<E: serde::de::Error>(self, v: f64) -> Result<Scalar, E> {
                if v.is_finite() {
                    Ok(Scalar::Number(v))
                } else {
                    Err(E::custom("not a finite number"))
                }
            }

            fn visit_str<E>(self, v: &str) -> Result<Scalar, E> {
                Ok(Scalar::Word(v.to_owned()))
            }
        }
        d.deserialize_any(Any)
    }
}

/// The change that a rule proposes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// The knob; `{purpose}`, `{interface}` … stand for what the rule speaks of.
    pub knob: String,
    /// The proposed value; absent where only the direction is known.
    #[serde(default)]
    pub to: Option<Scalar>,
    /// The fact whose value is proposed, where the data decide: `context_cache.sufficient_size`.
    #[serde(default)]
    pub to_fact: Option<String>,
    /// Other changes that a replay tries as well: the one that gains most is proposed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub or: Vec<Scenario>,
}

/// How the outcome of a rule's change is computed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
pub enum Mechanism {
    /// Both variants were observed: steps with one value of a dimension are replaced by like steps
    /// with the other.
    Measured {
        /// The dimension whose value changes.
        dimension: SwapDimension,
        /// Its present value: a name, `base` (the most used), or `subject`.
        from: String,
        /// Its new value: a name, `subject`, or `best` (the highest success rate, mocks aside).
        to: String,
    },
    /// A share of a component's time, at most.
    Share {
        /// Which share.
        of: ShareOf,
    },
    /// The recorded sequence is run again with the knob of the scenario at the proposed value.
    Replay,
    /// No figure, and why.
    None {
        /// Why there is none.
        reason: String,
    },
}

/// A dimension whose variants can replace each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SwapDimension {
    /// Context mode.
    Mode,
    /// Interface.
    Interface,
    /// Model.
    Model,
}

/// What a bound is a share of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ShareOf {
    /// Time of a tool's failed calls: none of them is made any more.
    FailedToolTime,
    /// Preparation time by its slope on files: files that were considered and not used cost nothing.
    UnusedFiles,
    /// Budget: an agent outside the band comes to its nearer edge.
    BudgetBand,
    /// Cost of prefixes that were lost to a change early in a request.
    ChangedPrefixes,
    /// Cost of prefixes that were written again since the mark of the cache stood still.
    StandingPrefixes,
    /// Cost of prefixes that were lost to a switch of the model.
    SwitchedPrefixes,
    /// Cost of writes to the provider's cache that no read earns.
    UnreadWrites,
    /// Cost of contexts that were sent again without the provider's cache.
    UncachedPrefixes,
    /// Requests between single reads in a row.
    SingleReplies,
    /// Cost of requests that look at a job again.
    RepeatedLooks,
    /// Waits for somebody's approval.
    ApprovalWaits,
    /// Requests that only made a call which had failed twice before.
    FailingRepeats,
    /// Half the cost of carrying large results.
    LargeResults,
    /// Cost of what conversations start with beyond the lightest of them.
    HeavyStarts,
    /// Cost of starting all subagents of a session but one.
    FurtherSubagents,
    /// What requests that could go out in a batch cost more at once.
    SingleRequests,
}

/// A fact that a finding shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shown {
    /// Name of the fact.
    pub fact: String,
    /// Which of its numbers; `value` if absent.
    #[serde(default)]
    pub field: Option<String>,
    /// What it was held against: a number, or the name of another number.
    #[serde(default)]
    pub against: Option<Scalar>,
}

/// A rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Stable, never reused: `CTX003`.
    pub code: String,
    /// Names the problem: `cache-too-small`.
    pub name: String,
    /// How well it has been tried.
    pub status: Status,
    /// The problem in a sentence.
    pub title: String,
    /// Why it matters.
    pub why: String,
    /// Facts without which it is not judged.
    #[serde(default)]
    pub needs: Vec<String>,
    /// Facts and knobs that the conditions may ask for as well.
    #[serde(default)]
    pub optional: Vec<String>,
    /// Profiles it holds for; empty: all.
    #[serde(default)]
    pub applies_to: Vec<String>,
    /// Fewest units of inference behind each fact it needs.
    #[serde(default = "ten")]
    pub min_units: u64,
    /// What it looks at one by one.
    #[serde(default)]
    pub each: Option<Subject>,
    /// Condition under which it speaks.
    pub when: String,
    /// Condition under which the change is already made.
    #[serde(default)]
    pub satisfied_when: Option<String>,
    /// Smallest gain that is worth offering, as a share of `metric`.
    #[serde(default = "one_percent")]
    pub ceiling: f64,
    /// What a finding shows.
    #[serde(default)]
    pub evidence: Vec<Shown>,
    /// The metric it is about: a missed target of it makes a finding without projection medium.
    #[serde(default)]
    pub metric: Option<String>,
    /// The change.
    #[serde(default)]
    pub scenario: Option<Scenario>,
    /// How its outcome is computed.
    #[serde(default)]
    pub projection: Option<Mechanism>,
    /// What to do, in words, where the change is no single knob.
    #[serde(default)]
    pub advice: Option<String>,
    /// Side effects and doubts, in words.
    #[serde(default)]
    pub side_effects: Vec<String>,
    /// How much work.
    pub effort: Effort,
    /// Fix, habit or info.
    pub class: Class,
    /// Of the rules of one group only the best ranked is offered.
    #[serde(default)]
    pub xor_group: Option<String>,
    /// Codes of rules that pull the other way: the better ranked is offered.
    #[serde(default)]
    pub conflicts_with: Vec<String>,
    /// Codes of rules that must speak or be satisfied.
    #[serde(default)]
    pub requires: Vec<String>,
    /// Codes of rules that name the cause: if one of them speaks, this one is its evidence.
    #[serde(default)]
    pub explained_by: Vec<String>,
    /// Where condition and threshold come from.
    #[serde(default)]
    pub references: Vec<String>,
}

fn ten() -> u64 {
    10
}

fn one_percent() -> f64 {
    0.01
}

impl Rule {
    /// Whether it has this code (in capitals or not) or this name.
    #[must_use]
    pub fn is_called(&self, code_or_name: &str) -> bool {
        self.code.eq_ignore_ascii_case(code_or_name) || self.name == code_or_name
    }

    /// `CTX`: the letters of the code.
    #[must_use]
    pub fn family(&self) -> &str {
        self.code.trim_end_matches(|c: char| c.is_ascii_digit())
    }

    /// A text of the rule with what it speaks of in place of `{purpose}`, `{interface}`, …
    #[must_use]
    pub fn filled(&self, text: &str, subject: Option<&str>) -> String {
        match (self.each, subject) {
            (Some(each), Some(subject)) => text.replace(&format!("{{{}}}", each.name()), subject),
            _ => text.to_owned(),
        }
    }

    /// The changes it proposes one of, for one subject: knobs with their values, the first one first; `fact`
    /// gives the value of a fact. Those whose value is not known are left out.
    #[must_use]
    pub fn options(
        &self,
        subject: Option<&str>,
        fact: impl Fn(&str) -> Option<f64>,
    ) -> Vec<(String, KnobValue)> {
        let first = self.scenario.iter();
        let all = first.clone().chain(first.flat_map(|s| &s.or));
        all.filter_map(|s| {
            let value = match (&s.to_fact, &s.to) {
                (Some(name), _) => KnobValue::Number(fact(name)?),
                (None, Some(Scalar::Word(word))) => KnobValue::Word(self.filled(word, subject)),
                (None, to) => to.as_ref()?.knob(),
            };
            Some((self.filled(&s.knob, subject), value))
        })
        .collect()
    }

    /// The knob it turns, for one subject.
    #[must_use]
    pub fn knob(&self, subject: Option<&str>) -> Option<String> {
        let scenario = self.scenario.as_ref()?;
        Some(self.filled(&scenario.knob, subject))
    }

    /// The value it proposes, for one subject; `fact` gives the value of a fact.
    #[must_use]
    pub fn proposed(
        &self,
        subject: Option<&str>,
        fact: impl Fn(&str) -> Option<f64>,
    ) -> Option<KnobValue> {
        let scenario = self.options(subject, fact).into_iter().next();
        let (knob, value) = scenario?;
        (Some(knob) == self.knob(subject)).then_some(value)
    }
}
