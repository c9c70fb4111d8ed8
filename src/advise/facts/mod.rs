//! Facts: the numbers that conditions compare, gathered once from a workload and its analysis.
//!
//! A fact has a name and several numbers (value, interval, n, target). What is not known is absent.

mod alarms;
mod burn;
pub mod catalogue;
mod context;
mod gather;
mod machine;
mod spending;
mod streams;
mod subjects;
mod wall;

pub use gather::{gather, of_analysis, of_workload};

use std::collections::BTreeMap;

use super::condition::{Value, Values};
use super::rule::Subject;
use crate::config::{Config, KnobValue};
use crate::metrics::Unit;
use catalogue::Described;

/// The numbers of one fact.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Fact {
    /// Numbers by field, as the catalogue names them.
    pub numbers: BTreeMap<&'static str, Value>,
    /// What they are of, in words: `SIMPLE v FANCY`; empty: over all.
    pub of: String,
}

impl Fact {
    /// A fact with a value.
    #[must_use]
    pub fn of(value: f64) -> Self {
        Self::default().with("value", value)
    }

    /// A fact that is a yes or no.
    #[must_use]
    pub fn is(value: bool) -> Self {
        let mut fact = Self::default();
        fact.numbers.insert("value", Value::Bool(value));
        fact
    }

    /// With one more number; NaN and infinity are left out.
    #[must_use]
    pub fn with(mut self, field: &'static str, value: f64) -> Self {
        if value.is_finite() {
            self.numbers.insert(field, Value::Number(value));
        }
        self
    }

    /// With one more number, where it is known.
    #[must_use]
    pub fn with_some(self, field: &'static str, value: Option<f64>) -> Self {
        match value {
            Some(value) => self.with(field, value),
            None => self,
        }
    }

    /// With a count.
    #[must_use]
    #[allow(clippy::cast_precision_loss)]
    pub fn count(self, field: &'static str, n: u64) -> Self {
        self.with(field, n as f64)
    }

    /// With words for what it is of.
    #[must_use]
    pub fn named(mut self, of: impl Into<String>) -> Self {
        self.of = of.into();
        self
    }

    /// A number of the fact.
    #[must_use]
    pub fn number(&self, field: &str) -> Option<f64> {
        self.numbers.get(field).and_then(|v| v.number())
    }
}

/// Facts of one thing, by name.
pub type Table = BTreeMap<String, Fact>;

/// All facts of one case.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Facts {
    /// Over all.
    pub all: Table,
    /// By subject: each purpose, each tool, in order of their names.
    pub subjects: BTreeMap<Subject, BTreeMap<String, Table>>,
    /// Present values of knobs.
    pub knobs: BTreeMap<String, KnobValue>,
    /// Metrics of the user's own by name: what they are called, and their unit.
    pub own: BTreeMap<String, (String, Unit)>,
    /// Why facts are not known that a replay would give, by their name.
    pub withheld: BTreeMap<String, String>,
}

impl Facts {
    /// The knobs of a configuration; no facts yet.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        Self {
            knobs: config
                .knobs
                .iter()
                .map(|(name, knob)| (name.clone(), knob.value.clone()))
                .collect(),
            own: config
                .declared
                .iter()
                .map(|own| (own.name.clone(), (own.title.clone(), own.unit)))
                .collect(),
            ..Self::default()
        }
    }

    /// Adds a fact over all; one without any number is left out.
    pub fn add(&mut self, name: &str, fact: Fact) {
        debug_assert!(catalogue::describe(name).is_some(), "{name}");
        if !fact.numbers.is_empty() {
            self.all.insert(name.to_owned(), fact);
        }
    }

    /// Adds a fact of a subject.
    pub fn add_of(&mut self, subject: Subject, value: &str, name: &str, fact: Fact) {
        debug_assert!(
            catalogue::describe(name).is_some_and(|d| d.subject == Some(subject)),
            "{name}"
        );
        if !fact.numbers.is_empty() {
            self.subjects
                .entry(subject)
                .or_default()
                .entry(value.to_owned())
                .or_default()
                .insert(name.to_owned(), fact);
        }
    }

    /// Joined with other facts; where both have one of a name, it is the other's.
    #[must_use]
    pub fn and(mut self, other: Facts) -> Self {
        self.all.extend(other.all);
        for (subject, tables) in other.subjects {
            let own = self.subjects.entry(subject).or_default();
            for (name, table) in tables {
                own.entry(name).or_default().extend(table);
            }
        }
        self.knobs.extend(other.knobs);
        self.own.extend(other.own);
        self.withheld.extend(other.withheld);
        self
    }

    /// What a rule sees that looks at everything.
    #[must_use]
    pub fn view(&self) -> View<'_> {
        View {
            facts: self,
            subject: None,
        }
    }

    /// What a rule sees that looks at one subject, or at everything.
    #[must_use]
    pub fn view_of(&self, each: Option<Subject>, subject: Option<&str>) -> View<'_> {
        let table = each
            .zip(subject)
            .and_then(|(each, name)| self.subjects.get(&each)?.get(name));
        View {
            facts: self,
            subject: table,
        }
    }

    /// What a rule sees of each subject, in order of the names.
    pub fn views(&self, subject: Subject) -> impl Iterator<Item = (&str, View<'_>)> {
        self.subjects
            .get(&subject)
            .into_iter()
            .flatten()
            .map(|(name, table)| {
                let view = View {
                    facts: self,
                    subject: Some(table),
                };
                (name.as_str(), view)
            })
    }
}

/// The facts that one judgement looks at: those of a subject before those over all.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    facts: &'a Facts,
    subject: Option<&'a Table>,
}

impl<'a> View<'a> {
    /// A fact by name.
    #[must_use]
    pub fn fact(&self, name: &str) -> Option<&'a Fact> {
        self.subject
            .and_then(|table| table.get(name))
            .or_else(|| self.facts.all.get(name))
    }

    /// What a fact is called, and its unit: of a metric of the user's own as it is declared.
    #[must_use]
    pub fn describe<'n>(&self, name: &'n str) -> Option<Described<'n>>
    where
        'a: 'n,
    {
        let described = catalogue::describe(name)?;
        let own = name
            .strip_prefix(catalogue::OWN)
            .and_then(|own| self.facts.own.get(own));
        Some(own.map_or(described, |(title, unit)| Described {
            title,
            unit: *unit,
            ..described
        }))
    }

    /// Why a fact is not known, where that was said.
    #[must_use]
    pub fn withheld(&self, name: &str) -> Option<&'a str> {
        self.facts.withheld.get(name).map(String::as_str)
    }

    /// The present value of a knob.
    #[must_use]
    pub fn knob(&self, name: &str) -> Option<&'a KnobValue> {
        self.facts.knobs.get(name)
    }
}

impl Values for View<'_> {
    fn value(&self, name: &str) -> Option<Value> {
        if let Some(asked) = name.strip_prefix("known.") {
            let is_known = match asked.strip_prefix("config.") {
                Some(knob) => self.knob(knob).is_some(),
                None => self.fact(asked).is_some() || self.value(asked).is_some(),
            };
            return Some(Value::Bool(is_known));
        }
        if let Some(knob) = name.strip_prefix("config.") {
            return match self.knob(knob)? {
                KnobValue::Bool(b) => Some(Value::Bool(*b)),
                KnobValue::Number(n) => Some(Value::Number(*n)),
                // Words are compared when a change is held against the present, not in conditions.
                KnobValue::Word(_) => None,
            };
        }
        let (fact, field) = catalogue::split(name)?;
        self.fact(fact)?.numbers.get(field).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts() -> Facts {
        let mut facts = Facts::default();
        facts.add("success_rate", Fact::of(0.9).count("n", 40));
        facts.add("accuracy", Fact::of(f64::NAN));
        facts.add_of(
            Subject::Tool,
            "Bash",
            "tool.failure_rate",
            Fact::of(0.2).with_some("low", None),
        );
        for (name, value) in [
            ("context.cache_size", KnobValue::Number(50.0)),
            ("tools.parallel", KnobValue::Bool(false)),
            ("context.mode", KnobValue::Word("FANCY".into())),
        ] {
            facts.knobs.insert(name.into(), value);
        }
        facts
    }

    #[test]
    fn what_is_not_a_number_is_not_known() {
        let facts = facts();
        assert!(!facts.all.contains_key("accuracy"));
        let view = facts.view();
        assert_eq!(view.value("accuracy.value"), None);
        assert_eq!(view.value("known.accuracy"), Some(Value::Bool(false)));
        assert_eq!(view.value("success_rate.n"), Some(Value::Number(40.0)));
        assert_eq!(
            view.value("known.success_rate.low"),
            Some(Value::Bool(false))
        );
    }

    #[test]
    fn knobs_are_values_and_words_are_only_known() {
        let facts = facts();
        let view = facts.view();
        for (name, value) in [
            ("config.context.cache_size", Some(Value::Number(50.0))),
            ("config.tools.parallel", Some(Value::Bool(false))),
            ("config.context.mode", None),
            ("config.retry.limit", None),
            ("known.config.context.mode", Some(Value::Bool(true))),
            ("known.config.retry.limit", Some(Value::Bool(false))),
        ] {
            assert_eq!(view.value(name), value, "{name}");
        }
    }

    #[test]
    fn a_subject_sees_its_own_facts_and_those_over_all() {
        let facts = facts();
        let views: Vec<_> = facts.views(Subject::Tool).collect();
        assert_eq!(views.len(), 1);
        let (name, view) = &views[0];
        assert_eq!(*name, "Bash");
        let rate = view.value("tool.failure_rate.value");
        assert_eq!(rate, Some(Value::Number(0.2)));
        assert_eq!(view.value("success_rate.value"), Some(Value::Number(0.9)));
        assert_eq!(facts.view().value("tool.failure_rate.value"), None);
        assert_eq!(facts.views(Subject::Agent).count(), 0);
    }
}
