//! What a rule must keep to: its names exist and are listed, its texts promise nothing, and its cases
//! notice every comparison that is turned around.

use std::collections::BTreeSet;

use super::cases::{self, Cases, Expected};
use super::condition;
use super::facts::catalogue;
use super::library::{Entry, Library, Source, embedded_text};
use super::mutate::mutants;
use super::rule::{Mechanism, Rule, Scalar};
use crate::assessment::Class;
use crate::config::Declared;
use crate::metrics::Metric;
use crate::scenario::knobs;

/// The register of codes: a code stands in it for good.
const REGISTER: &str = "heuristics/codes.txt";

/// What is wrong with all rules of a library: rule or file, and fault.
#[must_use]
pub fn lint(library: &Library) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = library
        .faults
        .iter()
        .map(|(source, fault)| (source.to_string(), fault.clone()))
        .collect();
    let mut names = BTreeSet::new();
    for entry in &library.entries {
        let rule = &entry.rule;
        if !names.insert(&rule.name) {
            found.push((
                rule.code.clone(),
                format!("the name {} occurs twice", rule.name),
            ));
        }
        found.extend(
            lint_rule(entry, library)
                .into_iter()
                .map(|f| (rule.code.clone(), f)),
        );
    }
    found.extend(unregistered(library));
    found
}

/// Metrics of the user's own that rules name and the configuration does not declare: rule, and fault.
#[must_use]
pub fn undeclared(library: &Library, declared: &Declared) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for rule in library.entries.iter().map(|e| &e.rule) {
        let named = rule.needs.iter().chain(&rule.optional).chain(&rule.metric);
        let own = named.filter_map(|name| name.strip_prefix(catalogue::OWN));
        let own: BTreeSet<&str> = own.filter(|name| declared.find(name).is_none()).collect();
        found.extend(own.into_iter().map(|name| {
            let meant = match declared.nearest(name) {
                Some(near) if declared.find(near).is_some() => format!("; did you mean {near}?"),
                _ => String::new(),
            };
            let fault = format!("the configuration declares no metric {name}{meant}");
            (rule.code.clone(), fault)
        }));
    }
    found
}

/// What is wrong with one rule.
#[must_use]
pub fn lint_rule(entry: &Entry, library: &Library) -> Vec<String> {
    let rule = &entry.rule;
    let mut found = Vec::new();
    found.extend(identity(entry));
    found.extend(texts(rule));
    found.extend(names(rule));
    found.extend(change(rule));
    for other in rule
        .conflicts_with
        .iter()
        .chain(&rule.requires)
        .chain(&rule.explained_by)
    {
        if !library.entries.iter().any(|e| e.rule.code == *other) {
            found.push(format!("it refers to {other}, which does not exist"));
        }
    }
    match entry.read_cases() {
        Err(fault) => found.push(format!("cases: {fault}")),
        Ok(cases) => found.extend(completeness(rule, &cases)),
    }
    found
}

/// Runs the cases of a rule, and checks that they notice each comparison that is changed; what fails.
#[must_use]
pub fn test(entry: &Entry) -> Vec<String> {
    let cases = match entry.read_cases() {
        Ok(cases) => cases,
        Err(fault) => return vec![format!("cases: {fault}")],
    };
    let rule = &entry.rule;
    let mut failures = cases::run(rule, &cases);
    let survives = |mutant: &Rule| cases::run(mutant, &cases).is_empty();
    for mutant in mutants(&rule.when) {
        let mut changed = rule.clone();
        changed.when = mutant.text;
        if survives(&changed) {
            failures.push(format!("no case notices `when` changed: {}", mutant.change));
        }
    }
    for mutant in rule.satisfied_when.iter().flat_map(|text| mutants(text)) {
        let mut changed = rule.clone();
        changed.satisfied_when = Some(mutant.text);
        if survives(&changed) {
            failures.push(format!(
                "no case notices `satisfied_when` changed: {}",
                mutant.change
            ));
        }
    }
    failures
}

fn identity(entry: &Entry) -> Vec<String> {
    let rule = &entry.rule;
    let mut found = Vec::new();
    let family = rule.family();
    let digits = &rule.code[family.len()..];
    let is_code = (2..=8).contains(&family.len())
        && family.bytes().all(|b| b.is_ascii_uppercase())
        && digits.len() == 3;
    if !is_code {
        found.push("a code is capital letters and three digits".into());
    }
    let is_name = rule.name.split('-').all(|part| {
        !part.is_empty()
            && part
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
    });
    if !is_name {
        found.push("a name is small letters with hyphens between the words".into());
    }
    if let Source::BuiltIn(path) = entry.source
        && !path.ends_with(&format!("/{}.yaml", rule.name))
    {
        found.push(format!("its file is not called {}.yaml", rule.name));
    }
    found
}

/// Texts may not promise: a figure belongs to a projection.
fn texts(rule: &Rule) -> Vec<String> {
    let mut found = Vec::new();
    let all = [("title", &rule.title), ("why", &rule.why)]
        .into_iter()
        .chain(rule.advice.iter().map(|t| ("advice", t)))
        .chain(rule.side_effects.iter().map(|t| ("side_effects", t)));
    for (field, text) in all {
        if text.trim().is_empty() {
            found.push(format!("{field} is empty"));
        }
        if promises(text) {
            found.push(format!(
                "{field} holds a percentage or a factor: a text promises nothing"
            ));
        }
    }
    if rule.title.ends_with('.') {
        found.push("a title has no full stop".into());
    }
    found
}

fn promises(text: &str) -> bool {
    let letters: Vec<char> = text.chars().collect();
    letters.iter().enumerate().any(|(i, c)| {
        let digit_before = letters[..i].iter().rev().find(|c| **c != ' ');
        let digit_after = letters.get(i + 1).is_some_and(char::is_ascii_digit);
        *c == '%'
            || (*c == '×' && digit_after)
            || (*c == 'x'
                && digit_before.is_some_and(char::is_ascii_digit)
                && !letters.get(i + 1).is_some_and(|c| c.is_alphanumeric()))
    })
}

fn names(rule: &Rule) -> Vec<String> {
    let mut found = Vec::new();
    let listed: BTreeSet<&str> = rule
        .needs
        .iter()
        .chain(&rule.optional)
        .map(String::as_str)
        .collect();
    for name in &listed {
        match name.strip_prefix("config.") {
            Some(knob) if knobs::type_of(knob).is_none() => {
                found.push(format!("there is no knob {knob}"));
            }
            Some(_) => {}
            None => match catalogue::describe(name) {
                None => found.push(format!("there is no fact {name}")),
                Some(d) if d.subject.is_some() && d.subject != rule.each => {
                    found.push(format!("{name} needs `each: {}`", {
                        d.subject.map_or("", |s| s.name())
                    }));
                }
                Some(_) => {}
            },
        }
    }
    let mut used: BTreeSet<String> = BTreeSet::new();
    for (field, text) in [
        ("when", Some(&rule.when)),
        ("satisfied_when", rule.satisfied_when.as_ref()),
    ] {
        match text.map(|t| condition::names(t)) {
            None => {}
            Some(Err(fault)) => found.push(format!("{field}: {fault}")),
            Some(Ok(names)) => {
                for name in names {
                    match listable(&name) {
                        Some(fact) => {
                            used.insert(fact.to_owned());
                        }
                        None => found.push(format!("{field}: there is no {name}")),
                    }
                }
            }
        }
    }
    for name in &used {
        if !listed.contains(name.as_str()) {
            found.push(format!(
                "{name} is used and listed neither in needs nor in optional"
            ));
        }
    }
    for shown in &rule.evidence {
        let field = shown.field.as_deref().unwrap_or("value");
        if catalogue::split(&format!("{}.{field}", shown.fact)).is_none() {
            found.push(format!("evidence: there is no {}.{field}", shown.fact));
        }
        if let Some(Scalar::Word(name)) = &shown.against
            && listable(name).is_none()
        {
            found.push(format!("evidence: there is no {name}"));
        }
    }
    for name in listed {
        let is_proposed = rule
            .scenario
            .as_ref()
            .is_some_and(|s| s.to_fact.as_deref() == Some(name));
        let is_shown = rule.evidence.iter().any(|e| e.fact == name);
        if !used.contains(name) && !is_shown && !is_proposed {
            found.push(format!("{name} is listed and not used"));
        }
    }
    if rule.evidence.is_empty() {
        found.push("it has no evidence".into());
    }
    found
}

/// The name under which a full name is listed: the fact, or `config.` and the knob.
fn listable(name: &str) -> Option<&str> {
    let asked = name.strip_prefix("known.").unwrap_or(name);
    if let Some(knob) = asked.strip_prefix("config.") {
        return knobs::type_of(knob).map(|_| asked);
    }
    if asked.len() < name.len() && catalogue::describe(asked).is_some() {
        return Some(asked);
    }
    catalogue::split(asked).map(|(fact, _)| fact)
}

fn change(rule: &Rule) -> Vec<String> {
    let mut found = Vec::new();
    if let Some(scenario) = &rule.scenario {
        match knobs::type_of(&rule.filled(&scenario.knob, Some("x"))) {
            None => found.push(format!("there is no knob {}", scenario.knob)),
            Some(kind) => {
                if let Some(to) = &scenario.to
                    && !knobs::fits(kind, &to.knob())
                {
                    found.push(format!("{} does not take such a value", scenario.knob));
                }
            }
        }
    }
    if let Some(fact) = rule.scenario.as_ref().and_then(|s| s.to_fact.as_ref())
        && !rule.needs.iter().chain(&rule.optional).any(|n| n == fact)
    {
        found.push(format!(
            "{fact} is proposed and listed neither in needs nor in optional"
        ));
    }
    if matches!(rule.projection, Some(Mechanism::Replay)) {
        let knob = rule
            .scenario
            .as_ref()
            .map(|s| rule.filled(&s.knob, Some("x")));
        if knob.is_none_or(|k| crate::scenario::replay::mechanism(&k).is_none()) {
            found.push("projection: no replay turns the knob of its scenario".into());
        }
    }
    if let Some(metric) = &rule.metric
        && Metric::named(metric).is_none()
        && !(metric.starts_with(catalogue::OWN) && catalogue::describe(metric).is_some())
    {
        found.push(format!("there is no metric {metric}"));
    }
    match rule.class {
        Class::Info if rule.projection.is_some() => {
            found.push("a rule for information has no projection".into());
        }
        Class::Info => {}
        _ => {
            if rule.projection.is_none() {
                found.push(
                    "projection is missing: say how its outcome is computed, or why not".into(),
                );
            }
            if rule.scenario.is_none() && rule.advice.is_none() {
                found.push("it has neither a scenario nor advice".into());
            }
        }
    }
    if let Some(Mechanism::None { reason }) = &rule.projection
        && reason.trim().is_empty()
    {
        found.push("projection: the reason is empty".into());
    }
    found
}

/// Whether the cases show every way in which a rule can end.
fn completeness(rule: &Rule, cases: &Cases) -> Vec<String> {
    let can_be_satisfied = rule.satisfied_when.is_some()
        || rule
            .scenario
            .as_ref()
            .is_some_and(|s| s.to.is_some() || s.to_fact.is_some());
    [
        (Expected::Speaks, true, "in which it speaks"),
        (Expected::Silent, true, "in which it is silent"),
        (
            Expected::NotEvaluated,
            true,
            "in which something is missing",
        ),
        (
            Expected::Satisfied,
            can_be_satisfied,
            "in which the change is already made",
        ),
    ]
    .into_iter()
    .filter(|(wanted, applies, _)| *applies && !cases.cases.iter().any(|c| c.expect == *wanted))
    .map(|(_, _, which)| format!("cases: there is none {which}"))
    .collect()
}

/// Built-in rules that the register of codes does not have, or has under another name.
fn unregistered(library: &Library) -> Vec<(String, String)> {
    let register: Vec<(&str, &str)> = embedded_text(REGISTER)
        .unwrap_or_default()
        .lines()
        .filter_map(|line| line.split_once(' '))
        .collect();
    let built_in = |e: &&Entry| matches!(e.source, Source::BuiltIn(_));
    let mut found = Vec::new();
    for rule in library.entries.iter().filter(built_in).map(|e| &e.rule) {
        if !register.contains(&(rule.code.as_str(), rule.name.as_str())) {
            found.push((
                rule.code.clone(),
                format!("{REGISTER} does not have it under this name"),
            ));
        }
    }
    for (code, _) in &register {
        if !library.entries.iter().any(|e| e.rule.code == *code) {
            found.push((
                (*code).to_owned(),
                format!("{REGISTER} has it, and no rule does: a rule is deprecated, not removed"),
            ));
        }
    }
    let mut codes: Vec<&str> = register.iter().map(|(code, _)| *code).collect();
    codes.sort_unstable();
    for pair in codes.windows(2).filter(|p| p[0] == p[1]) {
        found.push((pair[0].to_owned(), format!("{REGISTER} has it twice")));
    }
    found
}
