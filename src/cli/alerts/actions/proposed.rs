//! What alerts ask for.

use super::HOUR;
use crate::assessment::{ActionRun, ActionState, Notice, NoticeKind};
use crate::cli::alerts::check::Look;
use crate::config::{Action, Config, Does};
use crate::units::Time;
use crate::workload::Workload;

/// What the notices of a look ask for. Reminders ask for nothing: it was asked when the alert began to fire.
pub(in crate::cli::alerts) fn proposed(
    look: &Look,
    workload: &Workload,
    now: Time,
) -> Vec<ActionRun> {
    let is_asking = |n: &&Notice| matches!(n.kind, NoticeKind::Firing | NoticeKind::Escalated);
    look.looked
        .notices
        .iter()
        .filter(is_asking)
        .filter_map(|notice| {
            let action = look.config.action(notice.action.as_deref()?)?;
            Some(ActionRun {
                id: 0,
                action: action.name.clone(),
                state: ActionState::Proposed,
                notice: notice.clone(),
                proposed_at: now,
                ran_at: None,
                rollback_at: None,
                settled_at: None,
                change: None,
                knob: None,
                from: None,
                to: None,
                result: would(&action, &look.config, workload, now),
            })
        })
        .collect()
}

/// What an action would do.
fn would(action: &Action, config: &Config, workload: &Workload, now: Time) -> String {
    match &action.does {
        Does::Set(knob, value) => format!("would set {knob} to {value}"),
        Does::Fallback => match config.knob("interfaces.fallback") {
            Some(fallback) => format!("would set interfaces.primary to {fallback}"),
            None => {
                "interfaces.fallback is not set, so there is nothing to fall back to".to_owned()
            }
        },
        Does::HealthCheck => health(workload, now),
        Does::Run { command, .. } => {
            let program = command.first().map(String::as_str).unwrap_or_default();
            format!("would run {program}")
        }
    }
}

/// How each interface is: steps of the last hour by outcome, and failures since the last success.
fn health(workload: &Workload, now: Time) -> String {
    use crate::record::{Dimension, OutcomeKind};
    let catalog = &workload.catalog;
    let since = now.0.saturating_sub(HOUR);
    let mut lines = Vec::new();
    for ending in &workload.sequences.endings {
        let of_it = workload.rows.iter().filter(|row| {
            let interface = catalog.dimension(row.key.dims, Dimension::Interface);
            let start = i64::from(row.key.cell) * crate::alerts::CELL;
            row.key.is_step && interface == ending.interface && start >= since
        });
        let mut outcomes = [0_u64; 6];
        for row in of_it {
            for (sum, n) in outcomes.iter_mut().zip(row.outcomes) {
                *sum += u64::from(n);
            }
        }
        let n: u64 = outcomes.iter().sum();
        let of = |kind: OutcomeKind| outcomes[kind as usize];
        let name = match catalog.text(ending.interface) {
            "" => "no interface named",
            name => name,
        };
        let last = ending
            .last_success
            .map_or_else(|| "never".to_owned(), |t| t.to_string());
        lines.push(format!(
            "{name}: {n} steps in the last hour, {} ok, {} error, {} timeout, {} rate limited; {} failures since the last success ({last})",
            of(OutcomeKind::Ok),
            of(OutcomeKind::Error),
            of(OutcomeKind::Timeout),
            of(OutcomeKind::RateLimited),
            ending.failures.len(),
        ));
    }
    match lines.is_empty() {
        true => "no step is recorded".to_owned(),
        false => lines.join("\n"),
    }
}
