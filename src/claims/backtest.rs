//! Changes that were made in the past, projected from what came before them and held against what came
//! after: how far projections can be trusted on these very data.
//!
//! A change is known by its event (`config_change`; a switch of mode or interface that is none of a session and
//! lasts), or by a claim in the history. Changes less than a quarter of an hour apart are one. What came before
//! reaches back to the change before it, what came after to the next one, so that no other change lies in
//! between; the quarter of an hour of the change itself belongs to neither. The projection is that of
//! `whatif`, from what came before alone and under the configuration of that time; what came of it is
//! measured and judged as [`super::verify`] does it.

use std::collections::{BTreeMap, BTreeSet};

use super::held::{Held, Promise};
use super::{LEAST_UNITS, across, judge};
use crate::assessment::{
    Backtest, Calibration, Change, ClaimVerdict, Generator, HeldEffect, HeldWord, PastChange,
    Period, Projection, ProjectionKind, SCHEMA_VERSION, ToldBy, UnusedChange,
};
use crate::config::{Config, KnobValue, Origin, Profile, Sourced};
use crate::metrics::{Direction, Metric, Unit};
use crate::record::{Dimension, Event, EventKind, Name};
use crate::scenario::replay::Bench;
use crate::scenario::{knobs, present, replay, whatif};
use crate::score;
use crate::units::Time;
use crate::workload::{CELL, Workload};

/// A change that something beside the data tells of.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// When it was made.
    pub at: Time,
    /// What was changed.
    pub change: Change,
}

/// One knob, turned.
#[derive(Debug, Clone, PartialEq)]
struct Turned {
    at: Time,
    by: ToldBy,
    knob: String,
    from: Text,
    to: Text,
    /// Only on this host.
    host: Option<String>,
}

/// A value as it was told; empty: not set.
type Text = String;

/// Changes at one time.
struct Moment {
    from: Time,
    to: Time,
    turned: Vec<Turned>,
}

/// Projects each change in the data, and those that are told, from what came before it, and holds it against what
/// came after.
#[must_use]
pub fn backtest(workload: &Workload, config: &Config, profile: Profile, told: &[Told]) -> Backtest {
    let mut unused = Vec::new();
    let turned = gather(workload, told, &mut unused);
    let moments = moments(turned.clone());
    let mut changes = Vec::new();
    for (at, moment) in moments.iter().enumerate() {
        let base = workload.between(
            at.checked_sub(1).map(|before| up(moments[before].to)),
            Some(down(moment.from)),
        );
        let since = workload.between(
            Some(up(moment.to)),
            moments.get(at + 1).map(|next| down(next.from)),
        );
        let since = since.without(&across(&base, workload, &since));
        let then = at_that_time(config, &turned, moment.from);
        match held(workload, moment, [&base, &since], &then, profile) {
            Ok(change) => changes.push(change),
            Err(reason) => unused.push(UnusedChange {
                at: moment.from,
                told_by: moment.turned[0].by,
                settings: settings(&moment.turned),
                count: 1,
                reason,
            }),
        }
    }
    unused.sort_by_key(|u| u.at);
    Backtest {
        schema_version: SCHEMA_VERSION,
        generator: Generator::default(),
        period: workload.period.map(|(from, to)| Period { from, to }),
        units: workload.units.len() as u64,
        units_called: if workload.counts.sessions == workload.units.len() as u64 {
            "sessions".into()
        } else {
            "units".into()
        },
        calibration: calibration(&changes),
        changes,
        unused,
    }
}

/// All changes in order of time.
fn gather(workload: &Workload, told: &[Told], unused: &mut Vec<UnusedChange>) -> Vec<Turned> {
    let mut all: Vec<Turned> = workload
        .events
        .iter()
        .filter(|e| e.kind == EventKind::ConfigChange)
        .map(|e| {
            turned(
                workload,
                e,
                ToldBy::ConfigChange,
                workload.catalog.text(e.subject),
            )
        })
        .collect();
    for (kind, knob) in [
        (EventKind::ModeSwitch, "context.mode"),
        (EventKind::InterfaceSwitch, "interfaces.primary"),
    ] {
        all.extend(lasting(workload, kind, knob, unused));
    }
    for told in told {
        let text = |value: &Option<serde_json::Value>| match value {
            None | Some(serde_json::Value::Null) => String::new(),
            Some(serde_json::Value::String(word)) => word.clone(),
            Some(other) => other.to_string(),
        };
        let own = Turned {
            at: told.at,
            by: ToldBy::Claim,
            knob: told.change.knob.clone(),
            from: text(&told.change.from),
            to: text(&told.change.to),
            host: None,
        };
        // What an event tells of too, within a day, is one change.
        let is_same = |o: &Turned| {
            o.knob == own.knob && o.to == own.to && (o.at.0 - own.at.0).abs() < 96 * CELL
        };
        if !all.iter().any(is_same) {
            all.push(own);
        }
    }
    all.retain(|t| t.from != t.to);
    all.sort_by(|a, b| (a.at, &a.knob).cmp(&(b.at, &b.knob)));
    all
}

fn turned(workload: &Workload, event: &Event, by: ToldBy, knob: &str) -> Turned {
    let catalog = &workload.catalog;
    let host = catalog.dimension(event.dims, Dimension::Host);
    let hosts = workload.values_of(Dimension::Host).len();
    Turned {
        at: event.time,
        by,
        knob: knob.to_owned(),
        from: catalog.text(event.from).to_owned(),
        to: catalog.text(event.to).to_owned(),
        host: (host.is_some() && hosts > 1).then(|| catalog.text(host).to_owned()),
    }
}

/// Switches that are of no session and have enough work before and after them; the others are how the
/// program works, and no changes of its configuration.
fn lasting(
    workload: &Workload,
    kind: EventKind,
    knob: &str,
    unused: &mut Vec<UnusedChange>,
) -> Vec<Turned> {
    let is_own = |e: &&Event| {
        let identity = workload.catalog.identities.get(e.identity.0);
        e.kind == kind && identity.session == Name::NONE && e.from != e.to
    };
    let events: Vec<&Event> = workload.events.iter().filter(is_own).collect();
    let units = |from: Option<Time>, to: Option<Time>| {
        let is_in = |cell: i64| from.is_none_or(|f| cell >= f.0) && to.is_none_or(|t| cell < t.0);
        let rows = workload.rows.iter().filter(|r| r.key.is_step);
        let units: BTreeSet<_> = rows
            .filter(|r| is_in(i64::from(r.key.cell).saturating_mul(CELL)))
            .map(|r| r.key.unit)
            .collect();
        units.len() as u64
    };
    let mut kept = Vec::new();
    let mut left: Vec<&Event> = Vec::new();
    for (at, event) in events.iter().enumerate() {
        let before = at.checked_sub(1).map(|i| events[i].time);
        let next = events.get(at + 1).map(|e| e.time);
        if units(before, Some(event.time)) >= LEAST_UNITS
            && units(Some(event.time), next) >= LEAST_UNITS
        {
            kept.push(turned(workload, event, ToldBy::Switch, knob));
        } else {
            left.push(event);
        }
    }
    if let Some(first) = left.first() {
        unused.push(UnusedChange {
            at: first.time,
            told_by: ToldBy::Switch,
            settings: vec![Change {
                knob: knob.to_owned(),
                from: None,
                to: None,
            }],
            count: left.len() as u64,
            reason: format!("fewer than {LEAST_UNITS} units lie between one switch and the next"),
        });
    }
    kept
}

/// Changes less than a quarter of an hour apart are one; a knob that is turned twice in it goes from its first to its
/// last value.
fn moments(turned: Vec<Turned>) -> Vec<Moment> {
    let mut moments: Vec<Moment> = Vec::new();
    for one in turned {
        match moments.last_mut() {
            Some(last) if one.at.0 - last.to.0 < CELL => {
                last.to = one.at;
                match last.turned.iter_mut().find(|t| t.knob == one.knob) {
                    Some(same) => same.to = one.to,
                    None => last.turned.push(one),
                }
            }
            _ => moments.push(Moment {
                from: one.at,
                to: one.at,
                turned: vec![one],
            }),
        }
    }
    for moment in &mut moments {
        moment.turned.retain(|t| t.from != t.to);
    }
    moments.retain(|m| !m.turned.is_empty());
    moments
}

/// The quarter of an hour in which a time lies begins here.
fn down(time: Time) -> Time {
    Time(time.0.div_euclid(CELL) * CELL)
}

/// The first quarter of an hour that begins at this time or later.
fn up(time: Time) -> Time {
    Time(-((-time.0).div_euclid(CELL)) * CELL)
}

/// The configuration as it was just before a time: each knob that was ever turned has the value that it was turned to
/// last, or from next.
fn at_that_time(config: &Config, turned: &[Turned], time: Time) -> Config {
    let mut then = config.clone();
    let names: BTreeSet<&str> = turned.iter().map(|t| t.knob.as_str()).collect();
    for name in names {
        let own = || turned.iter().filter(|t| t.knob == name);
        let last = own().rfind(|t| t.at < time).map(|t| &t.to);
        let text = last.or_else(|| own().find(|t| t.at >= time).map(|t| &t.from));
        then.knobs.remove(name);
        if let Some(Ok(Some(value))) = text.map(|text| present::parse(name, text)) {
            let origin = Origin::Default;
            then.knobs
                .insert(name.to_owned(), Sourced { value, origin });
        }
    }
    then
}

/// A change with its projection and what came of it.
///
/// # Errors
/// Why it cannot be used.
fn held(
    workload: &Workload,
    moment: &Moment,
    [base, since]: [&Workload; 2],
    config: &Config,
    profile: Profile,
) -> Result<PastChange, String> {
    let values = values(&moment.turned)?;
    let (Some(before), Some(after)) = (base.period, since.period) else {
        let side = if base.period.is_none() {
            "before"
        } else {
            "after"
        };
        return Err(format!("nothing was recorded {side} it"));
    };
    let units = [base, since].map(units_of);
    for (n, side) in units.into_iter().zip(["before", "after"]) {
        if n < LEAST_UNITS {
            return Err(format!(
                "{n} of {LEAST_UNITS} units lie {side} it, up to the next change"
            ));
        }
    }
    let score = score::score(base, config, profile);
    let bench = Bench {
        workload: base,
        score: &score,
        config,
    };
    let answer = whatif::whatif(&bench, &values);
    if let Some(withheld) = answer.not_evaluated.first() {
        return Err(format!("{}: {}", withheld.knob, withheld.reason));
    }
    let projection = answer.projection.ok_or("nothing was projected")?;
    let names: Vec<&str> = values.iter().map(|(knob, _)| knob.as_str()).collect();
    let of = concerned(&names);
    let promise = Promise {
        knobs: &names,
        of: &of,
        projection: Some(&projection),
    };
    let effects: Vec<HeldEffect> = metrics(&projection)
        .filter_map(|metric| effect(promise, metric, base, since))
        .collect();
    if effects.iter().all(|e| e.realised.is_none()) {
        return Err("no work after it is like that before it".into());
    }
    let mut notes = answer.notes;
    notes.extend(deployed(workload, before.0, after.1));
    if effects.iter().all(|e| e.control.is_none()) {
        notes.push(
            "There is no control: nothing is known that the change could not touch, and what changed by \
             itself is in what came of it."
                .into(),
        );
    }
    Ok(PastChange {
        at: moment.from,
        told_by: moment.turned[0].by,
        settings: settings(&moment.turned),
        mechanism: mechanism(&names),
        kind: projection.kind,
        at_most: projection.at_most,
        before: period(before),
        since: period(after),
        units,
        effects,
        notes,
    })
}

/// What the knobs were turned to.
fn values(turned: &[Turned]) -> Result<Vec<(String, KnobValue)>, String> {
    let value = |turned: &Turned| {
        let knob = &turned.knob;
        if knobs::type_of(knob).is_none() {
            return Err("there is no knob of this name, so nothing projects it".to_owned());
        }
        if let Some(host) = &turned.host {
            return Err(format!(
                "it was made on the host {host} alone, and projections are of all hosts"
            ));
        }
        match present::parse(knob, &turned.to) {
            Ok(Some(value)) => Ok((knob.clone(), value)),
            Ok(None) => Err(format!(
                "{knob} is not set since, and what holds then is not known"
            )),
            Err(_) => Err(format!(
                "{knob} does not take the value that the change names"
            )),
        }
    };
    turned.iter().map(value).collect()
}

fn units_of(workload: &Workload) -> u64 {
    let units: BTreeSet<_> = workload.rows.iter().map(|r| r.key.unit).collect();
    units.len() as u64
}

fn period((from, to): (Time, Time)) -> Period {
    Period { from, to }
}

/// Only what knobs of one purpose concern.
fn concerned(knobs: &[&str]) -> BTreeMap<String, String> {
    let purposes: Option<BTreeSet<&str>> = knobs
        .iter()
        .map(|k| k.strip_prefix("context.mode_for."))
        .collect();
    match purposes.map(Vec::from_iter).as_deref() {
        Some([only]) => BTreeMap::from([("purpose".to_owned(), (*only).to_owned())]),
        _ => BTreeMap::new(),
    }
}

/// Metrics whose mean is projected; that of waits is over the waits that there are, which the change
/// changes too: they are in the response time.
fn metrics(projection: &Projection) -> impl Iterator<Item = Metric> {
    let effects = projection.effects.iter().filter(|e| e.statistic != "p95");
    let metrics = effects.filter_map(|e| Metric::named(&e.metric));
    metrics.filter(|m| *m != Metric::QueueTime)
}

fn effect(
    promise: Promise<'_>,
    metric: Metric,
    base: &Workload,
    since: &Workload,
) -> Option<HeldEffect> {
    let projected = promise.projected(metric, base)?;
    let Held {
        before,
        realised,
        matched,
        control,
        ..
    } = promise.held(metric, base, since);
    // Whether it was for the better is not asked here, only whether it came as projected.
    let direction = if projected.estimate < 0.0 {
        Direction::Lower
    } else {
        Direction::Higher
    };
    let judged = judge::judge(direction, metric.name(), before, Some(projected), realised);
    Some(HeldEffect {
        metric: metric.name().to_owned(),
        unit: metric.row().unit,
        before: before?,
        projected,
        realised,
        share: judge::share(projected, realised?),
        interval_held: judge::agree(projected, realised?),
        word: match judged.verdict {
            ClaimVerdict::Realised if projected.estimate.abs() > 0.0 => HeldWord::AsProjected,
            ClaimVerdict::Partial => HeldWord::InPart,
            ClaimVerdict::None if projected.estimate.abs() > 0.0 => HeldWord::NoEffect,
            ClaimVerdict::None => HeldWord::AsProjected,
            // Nothing was projected, and something came.
            ClaimVerdict::Harmful | ClaimVerdict::Realised => HeldWord::Opposite,
            ClaimVerdict::TooEarly => HeldWord::Open,
        },
        matched,
        control,
    })
}

/// What turned the knobs: mechanisms of replay, else the dimensions that were replaced.
fn mechanism(knobs: &[&str]) -> String {
    let name = |knob: &&str| match (replay::mechanism(knob), knobs::changes(knob)) {
        (Some(mechanism), _) => mechanism.name,
        (None, Some(Dimension::Mode)) => "mode",
        (None, Some(Dimension::Interface)) => "interface",
        (None, Some(Dimension::Model)) => "model",
        _ => "other",
    };
    let names: BTreeSet<&str> = knobs.iter().map(name).collect();
    names.into_iter().collect::<Vec<_>>().join("+")
}

/// Deployments in the time that is compared.
fn deployed(workload: &Workload, from: Time, to: Time) -> Option<String> {
    let is_in = |e: &&Event| e.kind == EventKind::Deployment && e.time >= from && e.time <= to;
    let n = workload.events.iter().filter(is_in).count();
    (n > 0).then(|| {
        let (count, what) = if n == 1 {
            ("A", "deployment")
        } else {
            ("Several", "deployments")
        };
        format!("{count} {what} in the time that is compared may have had an effect too.")
    })
}

fn settings(turned: &[Turned]) -> Vec<Change> {
    let json = |knob: &str, text: &str| -> Option<serde_json::Value> {
        match present::parse(knob, text) {
            Ok(value) => value.as_ref().map(knobs::json),
            Err(_) => (!text.is_empty()).then(|| text.into()),
        }
    };
    let change = |t: &Turned| Change {
        knob: t.knob.clone(),
        from: json(&t.knob, &t.from),
        to: json(&t.knob, &t.to),
    };
    turned.iter().map(change).collect()
}

/// Each mechanism over all metrics, then metric by metric; at last all of them.
fn calibration(changes: &[PastChange]) -> Vec<Calibration> {
    let all: Vec<(&PastChange, &HeldEffect)> = changes
        .iter()
        .flat_map(|c| c.effects.iter().map(move |e| (c, e)))
        .filter(|(_, e)| e.realised.is_some())
        .collect();
    let named = |c: &PastChange| match c.kind {
        ProjectionKind::Share => format!("{} (bound)", c.mechanism),
        _ => c.mechanism.clone(),
    };
    let names: BTreeSet<String> = all.iter().map(|(c, _)| named(c)).collect();
    let mut rows = Vec::new();
    for name in &names {
        let of: Vec<&HeldEffect> = all
            .iter()
            .filter(|(c, _)| named(c) == *name)
            .map(|a| a.1)
            .collect();
        rows.push(agreement(Some(name), None, &of));
        let metrics: BTreeSet<&str> = of.iter().map(|e| e.metric.as_str()).collect();
        if metrics.len() > 1 {
            rows.extend(metrics.iter().map(|metric| {
                let own: Vec<&HeldEffect> = of
                    .iter()
                    .copied()
                    .filter(|e| e.metric == **metric)
                    .collect();
                agreement(Some(name), Some(metric), &own)
            }));
        }
    }
    if names.len() > 1 {
        let of: Vec<&HeldEffect> = all.iter().map(|a| a.1).collect();
        rows.push(agreement(None, None, &of));
    }
    rows
}

fn agreement(
    mechanism: Option<&str>,
    metric: Option<&str>,
    effects: &[&HeldEffect],
) -> Calibration {
    let held = effects.iter().filter_map(|e| e.interval_held);
    let (mut realised, mut projected) = (0.0, 0.0);
    for e in effects {
        let scale = if e.unit == Unit::Ratio { 1.0 } else { e.before };
        if let Some(came) = e
            .realised
            .filter(|_| scale > 0.0 && e.projected.estimate != 0.0)
        {
            projected += e.projected.estimate.abs() / scale;
            // 1 with the projection's sign, so that what came against it counts against it.
            realised += came.estimate * e.projected.estimate.signum() / scale;
        }
    }
    Calibration {
        mechanism: mechanism.map(str::to_owned),
        metric: metric.map(str::to_owned),
        effects: effects.len() as u64,
        realised_to_projected: (projected > 0.0).then(|| realised / projected),
        intervals_held: held.clone().filter(|held| *held).count() as u64,
        intervals: held.count() as u64,
        opposite: effects
            .iter()
            .filter(|e| e.word == HeldWord::Opposite)
            .count() as u64,
    }
}
