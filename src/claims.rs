//! Claims: a recommendation that somebody applied is frozen with its projection, and held to it later.
//!
//! What happened since is compared with the baseline as a projection is made ([`crate::scenario::measured`]):
//! like work with like work (task, purpose, interface, mode), only in what the change concerns, and of
//! a response time only the parts that its knob governs. Where there is work that the change cannot touch,
//! what changed there in the same time is taken off (difference in differences). The effect is put to the
//! work of the baseline, so that another mix of work is no effect. Units that ran before and after the change
//! count for neither side.

mod backtest;
mod held;
mod judge;
mod record;

use std::collections::{BTreeMap, BTreeSet};

use crate::assessment::{
    Claim, ClaimBaseline, ClaimState, ClaimVerdict, Period, Recommendation, Verification,
};
use crate::config::Config;
use crate::metrics::{Direction, Metric};
use crate::record::hash128;
use crate::scenario::knobs;
use crate::units::Time;
use crate::workload::Workload;

pub use backtest::{Told, backtest};
use held::Promise;
pub use record::{standing, track_record, track_records};

/// Confidence of what was measured.
pub const LEVEL: f64 = 0.95;

/// Fewest units since the change for a word.
pub const LEAST_UNITS: u64 = 10;

/// A claim on a recommendation that was applied at a time, with the workload that it will be compared
/// with: what began before. `None` as workload: nothing did.
#[must_use]
pub fn freeze(
    recommendation: &Recommendation,
    workload: &Workload,
    config: &Config,
    at: Time,
) -> (Claim, Workload) {
    let is_over = workload.period.is_none_or(|(_, to)| to <= at);
    let base = if is_over {
        workload.clone()
    } else {
        workload.between(None, Some(at))
    };
    let metric = judged_by(recommendation);
    let knobs = declared(config);
    let claim = Claim {
        id: 0,
        rule: recommendation.rule.clone(),
        name: recommendation.name.clone(),
        title: recommendation.title.clone(),
        claimed_at: at,
        change: recommendation.change.clone(),
        of: recommendation.of.clone(),
        direction: metric.map_or(Direction::Neither, |m| m.row().direction),
        metric: metric.map(|m| m.name().to_owned()),
        projection: recommendation.projection.clone(),
        confidence: recommendation.confidence,
        baseline: ClaimBaseline {
            period: base.period.map(|(from, to)| Period { from, to }),
            units: base.units.len() as u64,
            records: base.counts.records,
        },
        configuration: configuration(&knobs),
        knobs,
        state: ClaimState::Open,
        verification: None,
    };
    (claim, base)
}

/// The metric by which a recommendation can be judged: that of its rule, else the first that it
/// projects.
fn judged_by(recommendation: &Recommendation) -> Option<Metric> {
    let projected = recommendation.projection.iter().flat_map(|p| &p.effects);
    let means = projected.filter(|e| e.statistic == "mean");
    let mut means = means.map(|e| e.metric.as_str());
    let own = recommendation.metric.as_deref();
    let is_own = |metric: &&str| own == Some(*metric);
    let chosen = match recommendation.projection {
        None => own,
        Some(_) => means.clone().find(is_own).or_else(|| means.next()),
    };
    chosen.and_then(Metric::named)
}

/// Knobs of the configuration, as text.
fn declared(config: &Config) -> BTreeMap<String, String> {
    let knobs = config.knobs.iter();
    knobs
        .map(|(name, knob)| (name.clone(), knob.value.to_string()))
        .collect()
}

fn configuration(knobs: &BTreeMap<String, String>) -> String {
    let text = serde_json::to_vec(knobs).unwrap_or_default();
    format!("{:032x}", hash128(&text))
}

/// What happened since a claim. `base` is what was frozen with it, `later` any workload: only what began
/// after the claim is taken of it.
#[must_use]
pub fn verify(
    claim: &Claim,
    base: &Workload,
    later: &Workload,
    config: &Config,
    now: Time,
) -> Verification {
    let mut notes = Vec::new();
    let since = later.between(Some(claim.claimed_at), None);
    let across = across(base, later, &since);
    if !across.is_empty() {
        let n = across.len();
        notes.push(format!(
            "{n} of the units since ran before the change too and {} not counted",
            if n == 1 { "is" } else { "are" }
        ));
    }
    let since = since.without(&across);
    let is_made = is_made(claim, config, &mut notes);
    changed_since(claim, config, &mut notes);
    let metric = claim.metric.as_deref().and_then(Metric::named);
    let knobs: Vec<&str> = claim.change.iter().map(|c| c.knob.as_str()).collect();
    let promise = Promise {
        knobs: &knobs,
        of: &claim.of,
        projection: claim.projection.as_ref(),
    };
    let held = metric.map(|metric| promise.held(metric, base, &since));
    let units = held.as_ref().map_or([0, 0], |h| h.units);
    let before = held.as_ref().and_then(|h| h.before);
    let realised = held.as_ref().and_then(|h| h.realised);
    let projected = metric.and_then(|metric| promise.projected(metric, base));
    let matched = held.as_ref().and_then(|h| h.matched);
    let control = held.and_then(|h| h.control);
    if let Some(matched) = matched.filter(|m| *m < 0.995) {
        notes.push(format!(
            "{:.0} % of the work that it concerns had like work since; the rest is taken for that",
            matched * 100.0
        ));
    }
    let is_enough = is_made && units[1] >= LEAST_UNITS;
    if metric.is_none() {
        notes.push("no metric says whether it helped".to_owned());
    } else if units[1] < LEAST_UNITS {
        notes.push(format!(
            "{} of {LEAST_UNITS} units since the change",
            units[1]
        ));
    } else if realised.is_none() {
        notes.push("no work since is like that before".to_owned());
    }
    let judged = judge::judge(
        claim.direction,
        metric.map(Metric::name).unwrap_or_default(),
        before,
        projected,
        realised.filter(|_| is_enough),
    );
    Verification {
        verified_at: now,
        verdict: judged.verdict,
        unit: metric.map_or(crate::metrics::Unit::Unknown, |m| m.row().unit),
        metric: claim.metric.clone(),
        before,
        projected,
        realised,
        share: judged.share,
        interval_held: judged.interval_held,
        units,
        matched,
        control,
        notes,
    }
}

/// Names of units that lie on both sides of the change.
fn across(base: &Workload, later: &Workload, since: &Workload) -> BTreeSet<String> {
    let first = since.period.map(|(from, _)| from);
    let earlier = later.between(None, first);
    let before = base.units.iter().chain(&earlier.units);
    let before: BTreeSet<&str> = before.map(|u| u.name.as_str()).collect();
    let since = since.units.iter().map(|u| &u.name);
    since
        .filter(|name| before.contains(name.as_str()))
        .cloned()
        .collect()
}

/// Whether the change was made, as far as the configuration tells.
fn is_made(claim: &Claim, config: &Config, notes: &mut Vec<String>) -> bool {
    let Some(change) = &claim.change else {
        return true;
    };
    let (Some(now), Some(to)) = (config.knob(&change.knob), &change.to) else {
        return true;
    };
    let now = knobs::json(now);
    let is_made = now == *to || Some(&now) != change.from.as_ref();
    if !is_made {
        notes.push(format!(
            "the configuration still has {} = {now}: the change was not made",
            change.knob
        ));
    }
    is_made
}

/// Names what else is different in the configuration.
fn changed_since(claim: &Claim, config: &Config, notes: &mut Vec<String>) {
    let now = declared(config);
    if configuration(&now) == claim.configuration {
        return;
    }
    let own = claim.change.as_ref().map(|c| c.knob.as_str());
    let names: BTreeSet<&String> = now.keys().chain(claim.knobs.keys()).collect();
    for name in names.into_iter().filter(|name| own != Some(name.as_str())) {
        let (from, to) = (claim.knobs.get(name), now.get(name));
        if from != to {
            let text = |value: Option<&String>| value.map_or("not set", String::as_str).to_owned();
            notes.push(format!(
                "{name} changed too: {} to {}",
                text(from),
                text(to)
            ));
        }
    }
}

/// Whether a verdict ends the waiting.
#[must_use]
pub fn is_final(verification: &Verification) -> bool {
    verification.verdict != ClaimVerdict::TooEarly
}
