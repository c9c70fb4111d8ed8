//! Whether somebody is told.
//!
//! | what happened | told |
//! |---|---|
//! | it began to fire | unless it was told within its cooldown, and not worse than it was then |
//! | it became worse | always |
//! | it still fires | when its cooldown is over; never with a cooldown of 0 |
//! | it ended | once, where its firing was told |
//!
//! What is silenced, or inhibited by another alert, is not told; it is told when that ends and it still fires.

use super::{nanos, rule_text, value_text};
use crate::alerts::observe::unit_of;
use crate::assessment::{AlertKey, AlertPhase, AlertState, Notice, NoticeKind};
use crate::config::Alert;
use crate::record::hash128;
use crate::units::Time;

/// The notice of an alert that fires, if one is due at this time; then it counts as told at it. That it still fires is
/// told only where a look `reminds`.
pub(super) fn of_firing(
    alert: &Alert,
    key: &AlertKey,
    state: &mut AlertState,
    now: Time,
    present: Time,
    reminds: bool,
) -> Option<Notice> {
    if state.phase != AlertPhase::Firing {
        return None;
    }
    // Of a minute that is judged late it counts what was told up to the present.
    let is_late = state.last_sent.is_some_and(|last| now < last);
    let at = if is_late { present } else { now };
    let is_cool = next_not_before(alert, state).is_none_or(|next| at >= next);
    let is_worse = state.last_sent.is_some() && state.severity > state.told_severity;
    let kind = if !state.is_told {
        (is_cool || is_worse).then_some(NoticeKind::Firing)
    } else if is_worse {
        Some(NoticeKind::Escalated)
    } else {
        (reminds && is_cool && alert.cooldown > 0.0).then_some(NoticeKind::Reminder)
    }?;
    state.is_told = true;
    state.told_severity = state.severity;
    state.last_sent = Some(now);
    Some(notice(kind, alert, key, state, now, state.since))
}

/// Before when an alert is not told again, however it goes on; `None`: at any time.
pub(super) fn next_not_before(alert: &Alert, state: &AlertState) -> Option<Time> {
    let last = state.last_sent.filter(|_| alert.cooldown > 0.0)?;
    Some(Time(last.0.saturating_add(nanos(alert.cooldown))))
}

/// A notice of an alert in its state.
pub(super) fn notice(
    kind: NoticeKind,
    alert: &Alert,
    key: &AlertKey,
    state: &AlertState,
    now: Time,
    since: Option<Time>,
) -> Notice {
    let what = serde_json::json!([key.alert, key.labels, state.episode, kind.name(), now.0]);
    Notice {
        id: format!("{:032x}", hash128(what.to_string().as_bytes())),
        kind,
        key: key.clone(),
        annotations: alert.labels.iter().cloned().collect(),
        severity: state.severity,
        at: now,
        since,
        value: state.value,
        unit: unit_of(alert),
        value_text: value_text(alert, state.value),
        rule: rule_text(alert),
        description: alert.description.clone(),
        action: alert.action.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assessment::Severity::{self, Critical, Warning};
    use crate::units::NANOS;

    fn told(cooldown: f64, course: &[(i64, AlertPhase, Severity)]) -> Vec<(i64, &'static str)> {
        let alert = Alert {
            cooldown,
            ..Alert::default()
        };
        let key = AlertKey::default();
        let mut state = AlertState::default();
        let mut sent = Vec::new();
        for (second, phase, severity) in course {
            if *phase == AlertPhase::Quiet {
                state.is_told = false;
            }
            (state.phase, state.severity) = (*phase, *severity);
            let now = Time(second * NANOS);
            if let Some(notice) = of_firing(&alert, &key, &mut state, now, now, true) {
                sent.push((*second, notice.kind.name()));
            }
        }
        sent
    }

    use AlertPhase::{Firing, Quiet};

    #[test]
    fn a_cooldown_counts_from_what_was_sent() {
        let course = [
            (0, Firing, Warning),
            (60, Quiet, Warning),
            (120, Firing, Warning),
            (299, Firing, Warning),
            (300, Firing, Warning),
            (599, Firing, Warning),
            (600, Firing, Warning),
        ];
        assert_eq!(
            told(300.0, &course),
            [(0, "firing"), (300, "firing"), (600, "reminder")]
        );
    }

    #[test]
    fn what_becomes_worse_does_not_wait() {
        let course = [
            (0, Firing, Warning),
            (10, Firing, Critical),
            (20, Firing, Warning),
            (30, Firing, Critical),
            (40, Quiet, Warning),
            (50, Firing, Critical),
        ];
        assert_eq!(told(300.0, &course), [(0, "firing"), (10, "escalated")]);
        let again = [
            (0, Firing, Warning),
            (40, Quiet, Warning),
            (50, Firing, Critical),
        ];
        assert_eq!(told(300.0, &again), [(0, "firing"), (50, "firing")]);
    }

    #[test]
    fn without_a_cooldown_each_firing_is_told_once() {
        let course = [
            (0, Firing, Warning),
            (1, Firing, Warning),
            (2, Quiet, Warning),
            (3, Firing, Warning),
            (4, Firing, Warning),
        ];
        assert_eq!(told(0.0, &course), [(0, "firing"), (3, "firing")]);
    }
}
