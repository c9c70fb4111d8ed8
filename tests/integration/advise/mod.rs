//! What rules look at, from records with figures worked out by hand.

mod cache;
mod calls;
mod facts;
mod oscillation;
mod singles;
mod spending;
mod starts;
mod streams;
mod subjects;

use perfadvise::advise::Observed;
use perfadvise::advise::condition::Value as Known;
use perfadvise::advise::facts::{Fact, Facts, gather};
use perfadvise::advise::rule::Subject;
use perfadvise::analysis::{Questions, analyse};
use perfadvise::config::{Config, Profile};
use perfadvise::workload::Workload;
use serde_json::{Value, json};

use super::analysis::native;

/// The facts of some records.
fn facts_of(lines: &[Value]) -> Facts {
    facts_with(lines, &Config::default())
}

fn facts_with(lines: &[Value], config: &Config) -> Facts {
    facts_in(&native(lines), config)
}

fn facts_in(workload: &Workload, config: &Config) -> Facts {
    let questions = Questions {
        profile: Profile::Orchestrator,
        by: None,
    };
    let analysis = analyse(workload, config, &questions);
    gather(Observed {
        workload,
        analysis: &analysis,
        config,
    })
}

/// Seconds of 2 November 2026 as a time.
fn at(seconds: u32) -> String {
    format!(
        "2026-11-02T{:02}:{:02}:{:02}Z",
        seconds / 3600,
        seconds / 60 % 60,
        seconds % 60
    )
}

/// An operation with more keys than kind, name, time and duration.
fn operation(kind: &str, start: u32, duration: f64, more: Value) -> Value {
    let mut line = json!({
        "kind": "operation", "operation": kind, "time": at(start), "duration": duration,
        "outcome": "ok", "session": "s1",
    });
    let (Value::Object(line_keys), Value::Object(more)) = (&mut line, more) else {
        panic!("not an object");
    };
    line_keys.extend(more);
    line
}

/// A fact of a subject.
fn of<'f>(facts: &'f Facts, subject: Subject, name: &str, fact: &str) -> Option<&'f Fact> {
    facts.subjects.get(&subject)?.get(name)?.get(fact)
}

#[track_caller]
fn is(fact: Option<&Fact>, field: &str, expected: f64) {
    let fact = fact.unwrap_or_else(|| panic!("there is no such fact"));
    let number = fact
        .number(field)
        .unwrap_or_else(|| panic!("no {field} in {fact:?}"));
    assert!(
        (number - expected).abs() <= 1e-9 * expected.abs().max(1.0),
        "{field} is {number}, not {expected}"
    );
}

#[track_caller]
fn says(fact: Option<&Fact>, expected: bool) {
    let known = fact.and_then(|f| f.numbers.get("value"));
    assert_eq!(known, Some(&Known::Bool(expected)));
}
