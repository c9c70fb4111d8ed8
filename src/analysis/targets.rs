//! Targets: which statistic is held against which value, and the verdict.

use std::collections::BTreeMap;

use crate::assessment::{Limit, MetricRow, TargetRow, TargetVerdict};
use crate::config::{
    Config, Directions, Origin, PartTarget, Profile, TargetStatistic, part_targets,
};
use crate::metrics::{Direction, Metric};
use crate::record::Measured;

/// A statistic with its target.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Judged {
    pub(super) metric: Metric,
    pub(super) statistic: TargetStatistic,
    /// `None`: shown, but not judged.
    pub(super) target: Option<TargetRow>,
}

/// All targets of a run.
#[derive(Debug, Clone)]
pub(super) struct Targets {
    /// What the score is made of, in its order: the key indicators.
    pub(super) key: Vec<Judged>,
    /// Targets that the user set for further metrics.
    further: Vec<Judged>,
    /// Of metrics of the user's own.
    own: BTreeMap<(String, TargetStatistic), TargetRow>,
    /// Which way is better, of metrics that have no direction by themselves.
    pub(super) directions: Directions,
}

impl Targets {
    /// The targets of a configuration. The cache part is about the context cache where there is
    /// one, else about the provider's prompt cache.
    pub(super) fn of(config: &Config, profile: Profile, measured: &[Measured]) -> Self {
        let has = |metric| measured.contains(&Measured::Known(metric));
        let is_prompt_cache = !has(Metric::CacheHitRate) && has(Metric::PromptCacheHitRate);
        let key: Vec<Judged> = part_targets(config, profile)
            .iter()
            // Accuracy counts only where the user sets a target.
            .filter(|part| part.metric != Metric::Accuracy || part.target.is_some())
            .map(|part| judged(part, profile, is_prompt_cache))
            .collect();
        let further = config
            .targets
            .iter()
            .filter(|((metric, statistic), _)| {
                !key.iter()
                    .any(|k| k.metric == *metric && k.statistic == *statistic)
            })
            .map(|((metric, statistic), target)| Judged {
                metric: *metric,
                statistic: *statistic,
                target: Some(TargetRow {
                    value: target.value,
                    limit: limit(metric.row().direction),
                    of: statistic.name().into(),
                    origin: origin(&target.origin, profile),
                }),
            })
            .collect();
        let own = config.declared.iter().flat_map(|declared| {
            let rows = declared.targets.iter();
            rows.map(|(statistic, target)| {
                let row = TargetRow {
                    value: target.value,
                    limit: limit(declared.direction),
                    of: statistic.name().into(),
                    origin: origin(&target.origin, profile),
                };
                ((declared.name.clone(), *statistic), row)
            })
        });
        Self {
            key,
            further,
            own: own.collect(),
            directions: config.directions.clone(),
        }
    }

    /// The target of one statistic of a metric.
    pub(super) fn find(&self, metric: Metric, statistic: TargetStatistic) -> Option<&TargetRow> {
        self.key
            .iter()
            .chain(&self.further)
            .find(|j| j.metric == metric && j.statistic == statistic)
            .and_then(|j| j.target.as_ref())
    }

    /// The target of one statistic of a metric by name, which may be one of the user's own.
    pub(super) fn of_name(&self, name: &str, statistic: TargetStatistic) -> Option<&TargetRow> {
        match Metric::named(name) {
            Some(metric) => self.find(metric, statistic),
            None => self.own.get(&(name.to_owned(), statistic)),
        }
    }

    /// Gives a row its target (that of the mean before that of p95) and the verdict of its value.
    pub(super) fn judge(&self, row: &mut MetricRow) {
        for (statistic, value) in [
            (TargetStatistic::Mean, row.mean),
            (TargetStatistic::P95, row.p95),
        ] {
            if let Some(target) = self.of_name(&row.metric, statistic) {
                row.verdict = verdict(Metric::named(&row.metric), value, target);
                row.target = Some(target.clone());
                return;
            }
        }
    }
}

/// The verdict of a value, by the value itself: its interval is shown beside it.
pub(super) fn verdict(
    metric: Option<Metric>,
    value: Option<f64>,
    target: &TargetRow,
) -> TargetVerdict {
    let Some(value) = value else {
        return TargetVerdict::Unknown;
    };
    let is_met = if metric == Some(Metric::TokenEfficiency) {
        // Its shortfall is the distance from 1 on either side: a budget may be exceeded too.
        (1.0 - value).abs() <= 1.0 - target.value
    } else {
        match target.limit {
            Limit::Upper => value <= target.value,
            Limit::Lower => value >= target.value,
        }
    };
    if is_met {
        TargetVerdict::Met
    } else {
        TargetVerdict::Missed
    }
}

fn judged(part: &PartTarget, profile: Profile, is_prompt_cache: bool) -> Judged {
    let metric = match part.metric {
        Metric::CacheHitRate if is_prompt_cache => Metric::PromptCacheHitRate,
        other => other,
    };
    Judged {
        metric,
        statistic: part.statistic,
        target: part.target.map(|x| TargetRow {
            value: if part.is_shortfall { 1.0 - x } else { x },
            limit: limit(metric.row().direction),
            of: part.statistic.name().into(),
            origin: origin(&part.origin, profile),
        }),
    }
}

fn limit(direction: Direction) -> Limit {
    match direction {
        Direction::Higher => Limit::Lower,
        Direction::Lower | Direction::Neither => Limit::Upper,
    }
}

/// Where a target came from, for people.
fn origin(origin: &Origin, profile: Profile) -> String {
    match origin {
        Origin::Default => format!("profile {}", profile.name()),
        Origin::Profile(profile) => format!("profile {}", profile.name()),
        Origin::File(place) => place.to_string(),
        Origin::Environment(name) | Origin::CommandLine(name) => name.clone(),
    }
}
