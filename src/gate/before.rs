//! What something is held against, and by how much its time and its cost are worse.

use std::collections::{BTreeMap, BTreeSet};

use super::{Judged, Policy, judge, usual};
use crate::analysis::Side;
use crate::assessment::{Cause, Check, EffectSize};
use crate::config::{Config, KnobValue, Origin, TargetStatistic};
use crate::metrics::{Direction, Metric};
use crate::record::Measured;
use crate::workload::{Filter, Workload};

/// A baseline.
#[derive(Debug, Clone)]
pub struct Before<'a> {
    /// What was recorded then.
    pub side: Side<'a>,
    /// What is known to differ from then.
    pub causes: Vec<Cause>,
    /// Metrics whose change somebody accepted on purpose.
    pub accepted: Vec<String>,
}

/// By how much a metric is worse than in the baseline, by the tests of the gate.
#[derive(Debug, Clone, PartialEq)]
pub struct Worse {
    /// What was compared: `response_time mean`.
    pub what: String,
    /// Change for the worse as a fraction of the baseline; below 0 it is better.
    pub change: f64,
    /// Ends of its interval, the nearer to no change for the worse first.
    pub ends: (f64, f64),
    /// Adjusted over all metrics that the gate judges.
    pub p: f64,
    /// Largest change for the worse that is accepted.
    pub tolerance: f64,
    /// Units of the smaller side.
    pub units: u64,
}

impl Worse {
    /// How far the near end lies beyond the tolerance.
    #[must_use]
    pub fn excess(&self) -> f64 {
        self.ends.0 - self.tolerance
    }

    fn of(check: &Check, scale: &Scale) -> Option<Self> {
        let compared = &check.compared;
        let effect: &EffectSize = compared.effect.as_ref()?;
        let none = effect.kind.none();
        let change = |end: f64| match compared.direction {
            Direction::Higher => none - end,
            Direction::Lower | Direction::Neither => end - none,
        };
        let (low, high) = (
            change(effect.low * scale.low),
            change(effect.high * scale.high),
        );
        Some(Self {
            what: format!("{} {}", compared.metric, check.statistic),
            change: change(effect.estimate * scale.estimate),
            ends: (low.min(high), low.max(high)),
            p: compared.p_adjusted?.max(scale.p),
            tolerance: compared.tolerance?,
            units: compared.units[0].min(compared.units[1]),
        })
    }
}

impl<'a> Before<'a> {
    /// A workload that was read, called `label`, of which nobody accepted anything.
    #[must_use]
    pub fn of(label: &str, workload: &'a Workload, causes: Vec<Cause>) -> Self {
        Self {
            side: Side {
                label: label.to_owned(),
                workload,
                filter: Filter::default(),
                files: 0,
                skipped: 0,
            },
            causes,
            accepted: Vec::new(),
        }
    }

    /// By how much time and cost of `now` are worse, each by its worst metric, and what differs. A metric that is
    /// accepted, or whose units are too few for a test, is left out. A cost is that of what succeeded: more may be
    /// spent where more succeeds.
    #[must_use]
    pub fn held_against(
        &self,
        now: &Side<'_>,
        config: &Config,
    ) -> (Option<Worse>, Option<Worse>, Vec<Cause>) {
        let mut judged = usual(&self.side);
        let measured = self.side.workload.measured();
        let has = |metric| measured.contains(&Measured::Known(metric));
        if has(Metric::ComputedCost) && !has(Metric::Cost) {
            let unit = Metric::ComputedCost.row().unit;
            let name = Metric::ComputedCost.name();
            judged.push(Judged::usual(name, unit, TargetStatistic::Mean));
        }
        let policy = Policy {
            judged,
            accepted: self.accepted.clone(),
            ..Policy::default()
        };
        let report = judge(&self.side, now, &policy, config, self.causes.clone());
        let worst = |metrics: &[Metric], scale: &Scale| {
            let is_of = |check: &&Check| {
                let names = metrics.iter().map(|m| m.name());
                !check.accepted && names.into_iter().any(|name| name == check.compared.metric)
            };
            let checks = report.checks.iter().filter(is_of);
            checks
                .filter_map(|check| Worse::of(check, scale))
                .max_by(|a, b| a.excess().total_cmp(&b.excess()))
        };
        let time = worst(&[Metric::ResponseTime, Metric::TaskTime], &Scale::NONE);
        let cost = worst(
            &[Metric::Cost, Metric::ComputedCost],
            &Scale::per_success(&report.checks),
        );
        let causes = report.events.into_iter().flat_map(|event| event.causes);
        (time, cost, causes.collect())
    }
}

/// Success rate then ÷ now, by which a cost becomes that of what succeeded.
struct Scale {
    estimate: f64,
    low: f64,
    high: f64,
    /// Adjusted p of the change of the rate.
    p: f64,
}

impl Scale {
    const NONE: Scale = Scale {
        estimate: 1.0,
        low: 1.0,
        high: 1.0,
        p: 0.0,
    };

    /// Of tasks, else of steps. A change that is not proven is none, and a proven one is as uncertain as its interval.
    fn per_success(checks: &[Check]) -> Self {
        let of = |metric: Metric| {
            let is_it = |c: &&Check| c.compared.metric == metric.name();
            checks.iter().find(is_it).map(|c| &c.compared)
        };
        let Some(compared) = of(Metric::TaskSuccessRate).or_else(|| of(Metric::SuccessRate)) else {
            return Self::NONE;
        };
        let (Some(then), Some(effect), Some(p)) = (
            compared.base_value,
            &compared.effect,
            compared.p_adjusted.filter(|p| *p < super::ALPHA),
        ) else {
            return Self::NONE;
        };
        let scale = |difference: f64| then / (then + difference);
        let scale = Self {
            estimate: scale(effect.estimate),
            low: scale(effect.high),
            high: scale(effect.low),
            p,
        };
        let is_known = |s: f64| s.is_finite() && s > 0.0;
        if [scale.estimate, scale.low, scale.high]
            .into_iter()
            .all(is_known)
        {
            scale
        } else {
            Self::NONE
        }
    }
}

/// Knobs whose declared values differ.
#[must_use]
pub fn causes(base: &BTreeMap<String, KnobValue>, candidate: &Config) -> Vec<Cause> {
    let names: BTreeSet<&String> = base.keys().chain(candidate.knobs.keys()).collect();
    let from = |name: &String| base.get(name).map(ToString::to_string);
    let to = |name: &String| candidate.knob(name).map(ToString::to_string);
    names
        .into_iter()
        .filter(|name| from(name) != to(name))
        .map(|name| {
            let place = match candidate.knobs.get(name).map(|k| &k.origin) {
                Some(Origin::File(place)) => Some(place),
                _ => None,
            };
            Cause {
                what: name.clone(),
                from: from(name),
                to: to(name),
                file: place.map(|p| p.file.clone()),
                line: place.and_then(|p| p.line),
            }
        })
        .collect()
}
