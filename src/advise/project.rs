//! How a rule's change is computed: by both observed variants, by a replay, as a bound, or not at all.

use super::Case;
use super::facts::Facts;
use super::offer::gain;
use super::rule::{Mechanism, Rule, ShareOf, Subject, SwapDimension};
use crate::config::KnobValue;
use crate::record::{Dimension, Name};
use crate::scenario::measured::Swap;
use crate::scenario::outcome::{Change, simulate};
use crate::scenario::replay::Settings;
use crate::scenario::share;
use crate::scenario::streams::{bounds, singles, starts};

/// What a rule proposes for a subject.
#[derive(Debug, Default)]
pub(super) struct Projected {
    /// What it changes.
    pub(super) change: Option<Change>,
    /// Why there is no figure for it.
    pub(super) reason: Option<String>,
    /// The knob with its value, where a replay chose among several.
    pub(super) chosen: Option<(String, KnobValue)>,
}

/// The change that a rule proposes for a subject, or why there is no figure for it.
pub(super) fn change(case: Case<'_>, facts: &Facts, rule: &Rule, subjects: &[&str]) -> Projected {
    let workload = case.workload;
    let name = |text: &str| workload.catalog.names.find(text).map(Name);
    let names: Vec<Name> = subjects.iter().filter_map(|s| name(s)).collect();
    let subject_name = names.first().copied();
    let change = match &rule.projection {
        None => return Projected::default(),
        Some(Mechanism::None { reason }) => return without(reason.clone()),
        Some(Mechanism::Replay) => return replayed(case, facts, rule, subjects.first().copied()),
        Some(Mechanism::Measured {
            dimension,
            from,
            to,
        }) => {
            let resolve = |word: &str| match word {
                "subject" => subject_name,
                "base" => match dimension {
                    SwapDimension::Model => workload
                        .values_of(Dimension::Model)
                        .first()
                        .map(|(model, _)| *model),
                    _ => real_interfaces(case).first().copied(),
                },
                "best" => best_interface(case, facts),
                other => name(other),
            };
            let dimension = match dimension {
                SwapDimension::Mode => Dimension::Mode,
                SwapDimension::Interface => Dimension::Interface,
                SwapDimension::Model => Dimension::Model,
            };
            let within = match rule.each {
                Some(Subject::Purpose) => subject_name
                    .map(|n| vec![(Dimension::Purpose, n)])
                    .unwrap_or_default(),
                _ => Vec::new(),
            };
            match (resolve(from), resolve(to)) {
                (Some(from), Some(to)) if from != to => Change::measured(
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
            ShareOf::FailedToolTime => share::failed_tool_time(workload, &names),
            ShareOf::UnusedFiles => facts
                .all
                .get("file_filter.slope")
                .and_then(|f| f.number("value"))
                .and_then(|slope| share::unused_files(workload, slope)),
            ShareOf::BudgetBand => share::budget_band(workload, &names),
            ShareOf::ChangedPrefixes => bounds::changed_prefixes(workload),
            ShareOf::StandingPrefixes => bounds::standing_prefixes(workload),
            ShareOf::SwitchedPrefixes => bounds::switched_prefixes(workload),
            ShareOf::UnreadWrites => bounds::unread_writes(workload),
            ShareOf::UncachedPrefixes => bounds::uncached_prefixes(workload),
            ShareOf::SingleReplies => bounds::single_replies(workload),
            ShareOf::RepeatedLooks => bounds::repeated_looks(workload),
            ShareOf::ApprovalWaits => bounds::approvals(workload),
            ShareOf::FailingRepeats => bounds::failing_repeats(workload),
            ShareOf::LargeResults => bounds::large_results(workload),
            ShareOf::HeavyStarts => starts::heavy_starts(workload),
            ShareOf::FurtherSubagents => starts::further_subagents(workload),
            ShareOf::SingleRequests => singles::in_batches(workload),
        },
    };
    let reason = change.is_none().then(|| {
        match rule.projection {
            Some(Mechanism::Share { .. }) => "nothing that could fall away was measured",
            _ => "no like work was observed in the other variant",
        }
        .to_owned()
    });
    Projected {
        change,
        reason,
        chosen: None,
    }
}

fn without(reason: String) -> Projected {
    Projected {
        reason: Some(reason),
        ..Projected::default()
    }
}

/// Of the changes that a rule names the one that gains most.
fn replayed(case: Case<'_>, facts: &Facts, rule: &Rule, subject: Option<&str>) -> Projected {
    let view = facts.view_of(rule.each, subject);
    let options = rule.options(subject, |name| view.fact(name)?.number("value"));
    if options.is_empty() {
        let fact = rule.scenario.as_ref().and_then(|s| s.to_fact.as_ref());
        let known = fact.and_then(|name| facts.withheld.get(name).cloned());
        return without(known.unwrap_or_else(|| "which value would be best is not known".into()));
    }
    let mut best: Option<(f64, Projected)> = None;
    let mut reason = None;
    for (knob, value) in options {
        match Change::replay(
            &case.bench(),
            Settings::from([(knob.clone(), value.clone())]),
        ) {
            Ok(change) => {
                let gain = gain(&simulate(&case.bench(), &[&change]));
                if best.as_ref().is_none_or(|(most, _)| gain > *most) {
                    let projected = Projected {
                        change: Some(change),
                        reason: None,
                        chosen: Some((knob, value)),
                    };
                    best = Some((gain, projected));
                }
            }
            Err(withheld) => reason = reason.or(Some(withheld.reason)),
        }
    }
    let (_, projected) = best.unwrap_or_else(|| (0.0, without(reason.unwrap_or_default())));
    projected
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
    let rates = facts.subjects.get(&Subject::Interface)?;
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
