//! Rules are data: they state when they apply, and propose a scenario. Those that hold are
//! projected, ranked and offered.

pub mod cases;
pub mod condition;
mod evidence;
mod explain;
pub mod facts;
pub mod judge;
pub mod library;
pub mod lint;
pub mod mutate;
mod offer;
mod project;
pub mod rank;
pub mod rule;
pub mod settle;
mod standing;

pub use explain::explain;
pub use library::{Entry, Library, Source};
pub use lint::{lint, test, undeclared};
pub use standing::{Lock, Standing};

use std::collections::{BTreeMap, BTreeSet};

use facts::Facts;
use judge::Verdict;
use offer::Speaking;
use rule::{Rule, Status};

use crate::analysis::Analysis;
use crate::assessment::{
    Class, CombinedProjection, FindingRow, NotEvaluated, Recommendation, RuleCounts, RuleState,
    Score, SilencedRule,
};
use crate::config::{Config, KnobValue, OFF_UNTIL, Origin, REASON, Sourced, Warning, WarningKind};
use crate::scenario::replay::Bench;
use crate::units::{Time, day_of};
use crate::workload::Workload;

/// What the advise stage offers.
#[derive(Debug, Clone, Default)]
pub struct Advice {
    /// Recommendations, best first.
    pub recommendations: Vec<Recommendation>,
    /// Findings for information.
    pub findings: Vec<FindingRow>,
    /// All recommendations with a projection, in one run.
    pub combined: Option<CombinedProjection>,
    /// Rules that could not be judged.
    pub not_evaluated: Vec<NotEvaluated>,
    /// What became of the rules.
    pub rules: RuleCounts,
}

/// What facts are gathered from: nothing of it waits for the score.
#[derive(Debug, Clone, Copy)]
pub struct Observed<'a> {
    /// The workload.
    pub workload: &'a Workload,
    /// Its analysis.
    pub analysis: &'a Analysis,
    /// The configuration.
    pub config: &'a Config,
}

/// Everything a rule may look at.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// The workload.
    pub workload: &'a Workload,
    /// Its analysis.
    pub analysis: &'a Analysis,
    /// Its score.
    pub score: &'a Score,
    /// The configuration.
    pub config: &'a Config,
}

impl<'a> Case<'a> {
    /// What its simulations run on.
    #[must_use]
    pub fn bench(&self) -> Bench<'a> {
        Bench {
            workload: self.workload,
            score: self.score,
            config: self.config,
        }
    }
}

/// What came after a change: all that its rule may hear of.
#[derive(Debug, Clone, Copy)]
pub struct Later<'a> {
    /// When the change was made.
    pub since: Time,
    /// What came after it.
    pub case: Case<'a>,
    /// The facts of that.
    pub facts: &'a Facts,
}

/// Judges all rules of a library by the facts that were gathered of the case. A rule of which a claim was verified hears
/// only of what came after that change: `later` has a case for each such time.
#[must_use]
pub fn advise(
    case: Case<'_>,
    library: Library,
    facts: &Facts,
    standing: &Standing,
    later: &[Later<'_>],
) -> Advice {
    let mut advice = Advice::default();
    let mut speaking: Vec<Speaking<'_>> = Vec::new();
    let mut satisfied: BTreeSet<&str> = BTreeSet::new();
    let mut states: BTreeMap<String, RuleState> = BTreeMap::new();
    let rules: Vec<Rule> = library
        .entries
        .into_iter()
        .map(|e| tuned(e.rule, case.config))
        .collect();
    for rule in &rules {
        let silenced = silenced(rule, case);
        let state = if is_off(rule, case) || silenced.is_some() {
            advice.rules.silenced.extend(silenced);
            RuleState::Off
        } else {
            let since = standing.since.get(&rule.code);
            let own = later.iter().find(|l| Some(&l.since) == since);
            let (case, facts) = own.map_or((case, facts), |l| (l.case, l.facts));
            let mut judgement = judge::judge(rule, facts);
            if let (Some(later), Verdict::NotEvaluated(reason)) = (own, &mut judgement.verdict) {
                let day = later.since.timestamp().strftime("%Y-%m-%d");
                reason.push_str(&format!(" since its change on {day}"));
            }
            if judgement.verdict == Verdict::Speaks
                && let Some(reason) = silence(rule, &mut judgement.subjects, standing)
            {
                judgement.verdict = Verdict::NotEvaluated(reason);
            }
            match judgement.verdict {
                Verdict::Silent => RuleState::Silent,
                Verdict::Satisfied => {
                    satisfied.insert(&rule.code);
                    RuleState::Settled
                }
                Verdict::NotEvaluated(reason) => {
                    advice.not_evaluated.push(NotEvaluated {
                        rule: rule.code.clone(),
                        name: rule.name.clone(),
                        reason,
                    });
                    RuleState::NotEvaluated
                }
                Verdict::Speaks if rule.class == Class::Info => {
                    advice
                        .findings
                        .push(finding(facts, rule, &judgement.subjects));
                    RuleState::Information
                }
                Verdict::Speaks => {
                    speaking.push(Speaking {
                        rule,
                        subjects: judgement.subjects,
                        case,
                        facts,
                        track: standing.track_of(&rule.code),
                    });
                    RuleState::Recommended
                }
            }
        };
        states.insert(rule.code.clone(), state);
    }
    let offer = offer::offer(case, &speaking, &satisfied);
    for code in offer.settled {
        states.insert(code, RuleState::Settled);
    }
    advice.recommendations = offer.recommendations;
    advice.combined = offer.combined;
    advice.not_evaluated.sort();
    advice.rules = RuleCounts {
        silenced: advice.rules.silenced,
        ..counted(states)
    };
    advice
}

/// Takes away what a rule is not to speak of. Says why, where nothing is left.
fn silence(rule: &Rule, subjects: &mut Vec<String>, standing: &Standing) -> Option<String> {
    let why = |subject: Option<&str>| {
        let knob = rule.knob(subject);
        standing.silence(&rule.code, knob.as_deref())
    };
    if subjects.is_empty() {
        return why(None);
    }
    let reasons: Vec<Option<String>> = subjects.iter().map(|s| why(Some(s))).collect();
    let mut of_subject = reasons.iter();
    subjects.retain(|_| of_subject.next().is_none_or(Option::is_none));
    if subjects.is_empty() {
        reasons.into_iter().flatten().next()
    } else {
        None
    }
}

/// What the user set of a rule, by its code or its name.
fn settings_of<'c>(
    rule: &Rule,
    config: &'c Config,
) -> Option<&'c BTreeMap<String, Sourced<KnobValue>>> {
    let all = config.rules_tune.iter();
    let mut own = all.filter(|(named, _)| rule.is_called(named));
    own.next().map(|(_, settings)| settings)
}

/// Rules that a configuration switches off or sets, and that there are not: what stands there has no effect.
#[must_use]
pub fn unknown_rules(config: &Config) -> Vec<Warning> {
    let off = config.rules_off.iter().map(|off| (&off.value, &off.origin));
    let tuned = config.rules_tune.iter();
    let tuned = tuned.filter_map(|(named, all)| Some((named, &all.values().next()?.origin)));
    let named: Vec<(&String, &Origin)> = off.chain(tuned).collect();
    if named.is_empty() {
        return Vec::new();
    }
    let library = Library::of(config);
    let warning = |(named, origin): (&String, &Origin)| {
        let Origin::File(place) = origin else {
            return None;
        };
        Some(Warning {
            kind: WarningKind::WithoutEffect,
            place: place.clone(),
            message: format!("there is no rule {named:?}"),
            help: Some(library.nearest(named).map_or_else(
                || "perfadvise rules list shows all codes and names".into(),
                |near| format!("did you mean {near}?"),
            )),
        })
    };
    let unknown = named.into_iter().filter(|(n, _)| library.find(n).is_none());
    unknown.filter_map(warning).collect()
}

/// A rule with the user's numbers in place of its own: fewest units, smallest gain.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn tuned(mut rule: Rule, config: &Config) -> Rule {
    let settings = settings_of(&rule, config);
    let number = |name: &str| match settings?.get(name)?.value {
        KnobValue::Number(n) if n >= 0.0 => Some(n),
        _ => None,
    };
    if let Some(units) = number("min_units") {
        rule.min_units = units as u64;
    }
    if let Some(ceiling) = number("ceiling") {
        rule.ceiling = ceiling;
    }
    rule
}

fn is_off(rule: &Rule, case: Case<'_>) -> bool {
    let config = case.config;
    let is_named = config
        .rules_off
        .iter()
        .any(|off| rule.is_called(&off.value));
    let is_hidden =
        rule.status == Status::Preview && config.preview.as_ref().is_some_and(|p| !p.value);
    let is_for_others =
        !rule.applies_to.is_empty() && !rule.applies_to.contains(&case.score.profile);
    is_named || is_hidden || is_for_others || rule.status == Status::Deprecated
}

/// Whether a rule is off for a while: as long as the newest record is not from a later day (UTC), so that the same
/// inputs always say the same.
fn silenced(rule: &Rule, case: Case<'_>) -> Option<SilencedRule> {
    let settings = settings_of(rule, case.config)?;
    let word = |name: &str| match &settings.get(name)?.value {
        KnobValue::Word(word) => Some(word.clone()),
        _ => None,
    };
    let until = word(OFF_UNTIL)?;
    let last: jiff::civil::Date = until.parse().ok()?;
    let newest = case
        .workload
        .period
        .map(|(_, to)| day_of(to, &jiff::tz::TimeZone::UTC));
    newest
        .is_none_or(|newest| newest <= last)
        .then(|| SilencedRule {
            rule: rule.code.clone(),
            name: rule.name.clone(),
            reason: word(REASON).unwrap_or_default(),
            until,
        })
}

fn finding(facts: &facts::Facts, rule: &Rule, subjects: &[String]) -> FindingRow {
    FindingRow {
        rule: rule.code.clone(),
        name: rule.name.clone(),
        class: Class::Info,
        title: rule.filled(&rule.title, subjects.first().map(String::as_str)),
        why: rule.why.clone(),
        evidence: evidence::of_all(facts, rule, subjects, subjects.len()),
    }
}

fn counted(states: BTreeMap<String, RuleState>) -> RuleCounts {
    let count = |state: RuleState| states.values().filter(|s| **s == state).count() as u64;
    RuleCounts {
        total: states.len() as u64,
        recommended: count(RuleState::Recommended),
        information: count(RuleState::Information),
        silent: count(RuleState::Silent),
        settled: count(RuleState::Settled),
        not_evaluated: count(RuleState::NotEvaluated),
        off: count(RuleState::Off),
        silenced: Vec::new(),
        states,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn built_in_rules_keep_to_the_rules() {
        let found = lint(&Library::built_in());
        assert!(found.is_empty(), "{found:#?}");
    }

    #[test]
    fn cases_hold_and_notice_every_turned_comparison() {
        let library = Library::built_in();
        assert!(library.entries.len() >= 30);
        let failures: Vec<(String, Vec<String>)> = library
            .entries
            .iter()
            .map(|e| (e.rule.code.clone(), test(e)))
            .filter(|(_, failures)| !failures.is_empty())
            .collect();
        assert!(failures.is_empty(), "{failures:#?}");
    }
}
