//! All alerts, from the last look to the present.

use std::collections::{BTreeMap, BTreeSet};

use super::anew::{Anew, back, forget, held};
use super::notices::{next_not_before, notice, of_firing};
use super::observe::unit_of;
use super::state::{Turn, put_back};
use super::{CELL, Observed, Window, nanos, rule_text, step, value_text};
use crate::assessment::{
    AlertKey, AlertPhase, AlertRow, AlertSpan, AlertState, Firing, Notice, NoticeKind, Silence,
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
    /// Up to when minutes are judged; `None`: none is.
    before: Option<Time>,
    /// What it has to know while minutes are judged anew.
    anew: Option<Anew>,
    /// Whether this look told that it fires.
    is_told_now: bool,
}

/// How far records reach into the time after them, in nanoseconds: as long as they may make an alert turn.
pub(super) fn reach(alert: &Alert) -> i64 {
    nanos(alert.reach())
        .saturating_add(nanos(alert.wait))
        .saturating_add(nanos(alert.keep_firing))
        .saturating_add(CELL)
}

/// Looks at each minute since the last look, at those of which there is more than there was then, and at the present.
#[must_use]
pub fn look(
    alerts: &[Alert],
    observed: &[Observed],
    states: &BTreeMap<AlertKey, AlertState>,
    watch: Watch<'_>,
) -> Looked {
    let mut instances = instances(alerts, observed, states, watch.now);
    let mut looked = Looked::default();
    let ticks = ticks(&instances, watch.now);
    for instance in &mut instances {
        instance.go_back(&ticks);
    }
    for tick in ticks {
        pass(&mut instances, tick, watch, &mut looked);
    }
    pass(&mut instances, watch.now, watch, &mut looked);
    for instance in &mut instances {
        looked.firings.extend(instance.firing());
        instance.remember(watch.now);
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
        let mut ended = AlertState {
            phase: AlertPhase::Quiet,
            since: Some(now),
            is_told: false,
            ..state.clone()
        };
        if let Some(span) = ended.spans.last_mut().filter(|span| span.to.is_none()) {
            span.to = Some(now);
            looked.firings.push(Found {
                episode: span.number,
                firing: Firing {
                    key: key.clone(),
                    severity: state.severity,
                    fired_at: span.from,
                    resolved_at: Some(now),
                    value: state.value,
                    unit: crate::metrics::Unit::Unknown,
                },
            });
        }
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
        let mut state = states.get(&key).cloned().unwrap_or_default();
        put_back(&mut state, now);
        if state.phase == AlertPhase::Firing && state.open().is_none() {
            // It was kept by a version that remembered no spans.
            state.spans.push(AlertSpan {
                number: state.episode,
                from: state.since.unwrap_or(now),
                to: None,
            });
        }
        let is_known = states.keys().any(|known| known.alert == alert.name);
        let told_from = match is_known {
            true => Time(now.0.saturating_sub(LATE)),
            false => now,
        };
        let anew = back(alert, window, &state, now);
        let before = match &anew {
            Some(anew) => Some(anew.from),
            None => state.evaluated_at,
        };
        all.push(Instance {
            alert,
            key,
            window,
            state,
            told_from,
            before,
            anew,
            is_told_now: false,
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
        let reach = reach(instance.alert);
        // What was looked at before is not looked at again.
        let before = instance
            .before
            .map_or(i64::MIN, |t| t.0.div_euclid(CELL) + 1);
        let mut next = before;
        for (start, _) in instance.window.cells() {
            let first = (start.div_euclid(CELL) + 1).max(next);
            let last = (start.saturating_add(reach).div_euclid(CELL) + 1).min(end);
            ticks.extend((first..=last).map(|minute| Time(minute.saturating_mul(CELL))));
            next = next.max(last.saturating_add(1));
        }
        // The last look may have been in the middle of a minute.
        ticks.extend(instance.anew.as_ref().map(|anew| anew.until));
    }
    ticks.retain(|tick| *tick < now);
    ticks
}

fn pass(instances: &mut [Instance<'_>], tick: Time, watch: Watch<'_>, looked: &mut Looked) {
    let is_present = tick == watch.now;
    let mut turns = Vec::new();
    for (index, instance) in instances.iter_mut().enumerate() {
        let is_judged = matches!(instance.window, Window::Judged(_) | Window::Nothing);
        let is_before = instance.before.is_some_and(|before| tick <= before);
        if !is_present && (is_judged || is_before) {
            continue;
        }
        let came = instance.step(tick);
        turns.extend(came.into_iter().flatten().map(|turn| (index, turn)));
    }
    for (index, turn) in &turns {
        let instance = &mut instances[*index];
        if let Turn::Resolved { span, was_told } = turn {
            looked.firings.push(instance.firing_of(*span));
            let is_silent = silenced(instance, watch, tick).is_some();
            if *was_told && tick >= instance.told_from && !is_silent {
                let kind = NoticeKind::Resolved;
                let (alert, key, state) = (instance.alert, &instance.key, &instance.state);
                let resolved = notice(kind, alert, key, state, tick, Some(span.from));
                looked.notices.push(resolved);
            }
        } else if !is_present {
            looked.firings.extend(instance.firing());
        }
    }
    for index in 0..instances.len() {
        let instance = &instances[index];
        if instance.state.phase != AlertPhase::Firing
            || tick < instance.told_from
            || instance.is_no_news(tick)
            || silenced(instance, watch, tick).is_some()
            || inhibitor(instance, instances).is_some()
        {
            continue;
        }
        let instance = &mut instances[index];
        let (alert, key) = (instance.alert, &instance.key);
        let reminds = is_present && !instance.is_told_now;
        let state = &mut instance.state;
        if let Some(due) = of_firing(alert, key, state, tick, watch.now, reminds) {
            instance.is_told_now = true;
            looked.notices.push(due);
        }
    }
}

/// The end of the minute of a tick: the one that runs counts, too.
pub(super) fn end_of_minute(tick: Time) -> Time {
    Time(-(-tick.0).div_euclid(CELL) * CELL)
}

impl Instance<'_> {
    /// Goes back to before what came late, where anything did.
    fn go_back(&mut self, ticks: &BTreeSet<Time>) {
        if let Some(anew) = &mut self.anew {
            let own = ticks.range(..=anew.until).copied();
            let own = own.filter(|tick| *tick > anew.from).collect();
            anew.compare(self.alert, self.window, own);
            self.state = anew.state();
        }
    }

    /// Looks at a time, after those before it.
    fn step(&mut self, tick: Time) -> [Option<Turn>; 2] {
        let over = self.anew.take_if(|anew| tick > anew.until);
        let ended = over.and_then(|anew| anew.join(&mut self.state, tick));
        let seen = self.window.seen(self.alert, end_of_minute(tick));
        let turn = step(self.alert, &mut self.state, seen, tick);
        if let (Some(anew), Some(Turn::Fired)) = (&self.anew, turn) {
            anew.recognise(&mut self.state, tick);
        }
        [ended, turn]
    }

    /// Whether what it does at this time was known before.
    fn is_no_news(&self, tick: Time) -> bool {
        let anew = self.anew.as_ref();
        anew.is_some_and(|anew| anew.is_known(&self.state, tick))
    }

    /// What the next look has to know of this one.
    fn remember(&mut self, now: Time) {
        if self.is_told_now {
            // What is told late is sent now.
            self.state.last_sent = Some(now);
        }
        self.state.held = Some(held(self.window, now));
        forget(self.alert, &mut self.state, now);
    }

    /// The time in which it fires.
    fn firing(&self) -> Option<Found> {
        self.state.open().map(|span| self.firing_of(*span))
    }

    fn firing_of(&self, span: AlertSpan) -> Found {
        Found {
            episode: span.number,
            firing: Firing {
                key: self.key.clone(),
                severity: self.state.severity,
                fired_at: span.from,
                resolved_at: span.to,
                value: self.state.value,
                unit: unit_of(self.alert),
            },
        }
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
