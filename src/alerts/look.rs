//! All alerts, from the last look to the present.

use std::collections::{BTreeMap, BTreeSet};

use super::notices::{next_not_before, notice, of_firing};
use super::observe::unit_of;
use super::state::Turn;
use super::{CELL, Observed, Window, nanos, rule_text, step, value_text};
use crate::assessment::{
    AlertKey, AlertPhase, AlertRow, AlertState, Firing, Notice, NoticeKind, Silence,
};
use crate::config::Alert;
use crate::units::{NANOS, Time};

/// Nanoseconds: what began or ended longer ago while nobody looked is noted, and no longer told.
pub const LATE: i64 = 3_600 * NANOS;

/// What is known beside what is seen.
#[derive(Debug, Clone, Copy)]
pub struct Watch<'a> {
    /// The present.
    pub now: Time,
    /// Silences.
    pub silences: &'a [Silence],
}

/// A time in which an alert fired, with its number among the alert's own.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// The how-manieth it is.
    pub episode: u64,
    /// The time.
    pub firing: Firing,
}

/// What came of it.
#[derive(Debug, Clone, Default)]
pub struct Looked {
    /// What is to be remembered.
    pub states: BTreeMap<AlertKey, AlertState>,
    /// Firings that began, ended or go on.
    pub firings: Vec<Found>,
    /// What somebody is to be told.
    pub notices: Vec<Notice>,
    /// All alerts, those that fire first.
    pub rows: Vec<AlertRow>,
}

/// An alert with one combination of its dimensions.
struct Instance<'a> {
    alert: &'a Alert,
    key: AlertKey,
    window: &'a Window,
    state: AlertState,
    /// From when on beginnings and ends are told.
    told_from: Time,
    /// The look before; `None`: there was none.
    before: Option<Time>,
}

/// Looks at each minute since the last look, and at the present.
#[must_use]
pub fn look(
    alerts: &[Alert],
    observed: &[Observed],
    states: &BTreeMap<AlertKey, AlertState>,
    watch: Watch<'_>,
) -> Looked {
    let mut instances = instances(alerts, observed, states, watch.now);
    let mut looked = Looked::default();
    for tick in ticks(&instances, watch.now) {
        pass(&mut instances, tick, watch, &mut looked);
    }
    pass(&mut instances, watch.now, watch, &mut looked);
    for instance in &instances {
        if let Some(firing) = instance.firing(None) {
            looked.firings.push(firing);
        }
    }
    looked.rows = instances
        .iter()
        .map(|i| row(i, &instances, watch))
        .collect();
    looked.rows.sort_by(|a, b| {
        let rank = |r: &AlertRow| (std::cmp::Reverse(r.state), std::cmp::Reverse(r.severity));
        rank(a).cmp(&rank(b))
    });
    looked.states = instances.into_iter().map(|i| (i.key, i.state)).collect();
    end_forgotten(alerts, states, watch.now, &mut looked);
    looked
}

/// An alert that nobody watches any more does not fire any more; nobody is told.
fn end_forgotten(
    alerts: &[Alert],
    states: &BTreeMap<AlertKey, AlertState>,
    now: Time,
    looked: &mut Looked,
) {
    for (key, state) in states {
        let is_known = alerts.iter().any(|a| a.name == key.alert);
        if is_known || state.phase == AlertPhase::Quiet {
            continue;
        }
        if let Some(since) = state.since.filter(|_| state.phase == AlertPhase::Firing) {
            looked.firings.push(Found {
                episode: state.episode,
                firing: Firing {
                    key: key.clone(),
                    severity: state.severity,
                    fired_at: since,
                    resolved_at: Some(now),
                    value: state.value,
                    unit: crate::metrics::Unit::Unknown,
                },
            });
        }
        let ended = AlertState {
            phase: AlertPhase::Quiet,
            since: Some(now),
            is_told: false,
            ..state.clone()
        };
        looked.states.insert(key.clone(), ended);
    }
}

fn instances<'a>(
    alerts: &'a [Alert],
    observed: &'a [Observed],
    states: &BTreeMap<AlertKey, AlertState>,
    now: Time,
) -> Vec<Instance<'a>> {
    let mut all: Vec<Instance<'a>> = Vec::new();
    let mut add = |alert: &'a Alert, labels: BTreeMap<String, String>, window: &'a Window| {
        let key = AlertKey {
            alert: alert.name.clone(),
            labels,
        };
        let state = states.get(&key).cloned().unwrap_or_default();
        let before = state.evaluated_at;
        let told_from = match before {
            Some(_) => Time(now.0.saturating_sub(LATE)),
            None => now,
        };
        all.push(Instance {
            alert,
            key,
            window,
            state,
            told_from,
            before,
        });
    };
    let mut seen: BTreeSet<(usize, &BTreeMap<String, String>)> = BTreeSet::new();
    for one in observed {
        if let Some(alert) = alerts.get(one.alert) {
            // An alert of which nothing is seen stands for itself, unless it is remembered with labels.
            let is_empty = one.window == Window::Nothing && one.labels.is_empty();
            let is_remembered = states
                .keys()
                .any(|key| key.alert == alert.name && !key.labels.is_empty());
            if is_empty && is_remembered {
                continue;
            }
            seen.insert((one.alert, &one.labels));
            add(alert, one.labels.clone(), &one.window);
        }
    }
    for (key, state) in states {
        let alert = alerts.iter().position(|a| a.name == key.alert);
        if let Some(index) = alert
            && !seen.contains(&(index, &key.labels))
            && state.phase != AlertPhase::Quiet
        {
            add(&alerts[index], key.labels.clone(), &Window::Nothing);
        }
    }
    all
}

/// The ends of minutes at which something may turn, before `now`: those that some window reaches back from to a
/// record.
fn ticks(instances: &[Instance<'_>], now: Time) -> BTreeSet<Time> {
    let mut ticks = BTreeSet::new();
    let end = now.0.div_euclid(CELL) + 1;
    for instance in instances {
        let alert = instance.alert;
        let reach = nanos(alert.reach())
            .saturating_add(nanos(alert.wait))
            .saturating_add(nanos(alert.keep_firing))
            .saturating_add(CELL);
        let starts: Vec<i64> = match instance.window {
            Window::Values(series) => series.starts().to_vec(),
            Window::Failures {
                before, failures, ..
            } => {
                let over = before.iter().map(|(at, _)| at.0);
                over.chain(failures.iter().map(|f| f.0)).collect()
            }
            Window::Counts(counts) => counts.iter().map(|(at, _)| at.0).collect(),
            Window::Judged(_) | Window::Nothing => continue,
        };
        // What was looked at before is not looked at again.
        let before = instance
            .before
            .map_or(i64::MIN, |t| t.0.div_euclid(CELL) + 1);
        let mut next = before;
        for start in starts {
            let first = (start.div_euclid(CELL) + 1).max(next);
            let last = (start.saturating_add(reach).div_euclid(CELL) + 1).min(end);
            ticks.extend((first..=last).map(|minute| Time(minute.saturating_mul(CELL))));
            next = next.max(last.saturating_add(1));
        }
    }
    ticks.retain(|tick| *tick < now);
    ticks
}

fn pass(instances: &mut [Instance<'_>], tick: Time, watch: Watch<'_>, looked: &mut Looked) {
    let is_present = tick == watch.now;
    // The minute that runs counts, too.
    let to = Time(-(-tick.0).div_euclid(CELL) * CELL);
    let mut turns = Vec::new();
    for (index, instance) in instances.iter_mut().enumerate() {
        let is_judged = matches!(instance.window, Window::Judged(_) | Window::Nothing);
        let is_before = instance.before.is_some_and(|before| tick <= before);
        if !is_present && (is_judged || is_before) {
            continue;
        }
        let seen = instance.window.seen(instance.alert, to);
        if let Some(turn) = step(instance.alert, &mut instance.state, seen, tick) {
            turns.push((index, turn));
        }
    }
    for (index, turn) in &turns {
        let instance = &mut instances[*index];
        if let Turn::Resolved { since, was_told } = turn {
            let end = instance.firing_from(*since, Some(tick));
            looked.firings.extend(end);
            let is_silent = silenced(instance, watch, tick).is_some();
            if *was_told && tick >= instance.told_from && !is_silent {
                let kind = NoticeKind::Resolved;
                let (alert, key, state) = (instance.alert, &instance.key, &instance.state);
                let resolved = notice(kind, alert, key, state, tick, *since);
                looked.notices.push(resolved);
            }
        } else if !is_present {
            looked.firings.extend(instance.firing(None));
        }
    }
    for index in 0..instances.len() {
        let instance = &instances[index];
        if instance.state.phase != AlertPhase::Firing
            || tick < instance.told_from
            || silenced(instance, watch, tick).is_some()
            || inhibitor(instance, instances).is_some()
        {
            continue;
        }
        let instance = &mut instances[index];
        let (alert, key) = (instance.alert, &instance.key);
        let due = of_firing(alert, key, &mut instance.state, tick, watch.now);
        looked.notices.extend(due);
    }
}

impl Instance<'_> {
    /// The time in which it fires.
    fn firing(&self, resolved_at: Option<Time>) -> Option<Found> {
        (self.state.phase == AlertPhase::Firing)
            .then(|| self.firing_from(self.state.since, resolved_at))
            .flatten()
    }

    fn firing_from(&self, since: Option<Time>, resolved_at: Option<Time>) -> Option<Found> {
        Some(Found {
            episode: self.state.episode,
            firing: Firing {
                key: self.key.clone(),
                severity: self.state.severity,
                fired_at: since?,
                resolved_at,
                value: self.state.value,
                unit: unit_of(self.alert),
            },
        })
    }
}

/// Up to when an alert is silenced, the longest.
fn silenced(instance: &Instance<'_>, watch: Watch<'_>, at: Time) -> Option<Time> {
    let labels = &instance.alert.labels;
    let holding = watch
        .silences
        .iter()
        .filter(|s| s.holds(&instance.key, labels, at));
    holding.map(|s| s.until).max()
}

/// The alert that fires and keeps another one from being told: their common dimensions have the same values.
fn inhibitor(of: &Instance<'_>, all: &[Instance<'_>]) -> Option<AlertKey> {
    let is_same = |other: &Instance<'_>| {
        let labels = &other.key.labels;
        of.key
            .labels
            .iter()
            .all(|(name, value)| labels.get(name).is_none_or(|v| v == value))
    };
    all.iter()
        .find(|other| {
            other.state.phase == AlertPhase::Firing
                && other.key.alert != of.key.alert
                && other.alert.inhibits.contains(&of.key.alert)
                && is_same(other)
        })
        .map(|other| other.key.clone())
}

fn row(instance: &Instance<'_>, all: &[Instance<'_>], watch: Watch<'_>) -> AlertRow {
    let Instance {
        alert, key, state, ..
    } = instance;
    let is_quiet = state.phase == AlertPhase::Quiet;
    AlertRow {
        key: key.clone(),
        severity: if is_quiet {
            alert.severity
        } else {
            state.severity.max(alert.severity)
        },
        state: state.phase,
        since: state.since,
        value: state.value,
        unit: unit_of(alert),
        data_at: state.data_at,
        value_text: value_text(alert, state.value),
        rule: rule_text(alert),
        last_sent: state.last_sent,
        next_not_before: next_not_before(alert, state).filter(|next| *next > watch.now),
        cooldown: alert.cooldown,
        silenced_until: silenced(instance, watch, watch.now),
        inhibited_by: inhibitor(instance, all).map(|key| key.title()),
        failures: match instance.window {
            Window::Failures { failures, .. } if !is_quiet => failures.clone(),
            _ => Vec::new(),
        },
        action: alert.action.clone(),
        note: None,
    }
}
