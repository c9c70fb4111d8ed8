//! Effective targets and poor points of the score's parts: the configuration's, else the profile's.
//!
//! Values are x, lower is better: seconds, utilizations, and of ratios the shortfall 1 − ratio.

use crate::metrics::{Direction, Metric};

use super::{Config, Origin, Profile, TargetStatistic};

/// Smallest target shortfall: a target of 100 % leaves no room for a curve.
const LEAST_SHORTFALL: f64 = 0.001;

/// An alert limit is the poor point only if its x is at least this many times the target's.
const ALERT_BEYOND_TARGET: f64 = 1.1;

/// Target and poor point of one part of the score.
#[derive(Debug, Clone, PartialEq)]
pub struct PartTarget {
    /// The metric. For the cache part `cache_hit_rate`; the caller takes `prompt_cache_hit_rate` where
    /// there is no context cache.
    pub metric: Metric,
    /// The statistic of it.
    pub statistic: TargetStatistic,
    /// Whether x is the shortfall 1 − ratio.
    pub is_shortfall: bool,
    /// Weight.
    pub weight: f64,
    /// Target x, where S is 0.75; `None`: the part needs a target of the user's.
    pub target: Option<f64>,
    /// Poor x, where S is 0.50.
    pub poor: Option<f64>,
    /// Where the target came from.
    pub origin: Origin,
}

/// How a poor point follows from a new target.
#[derive(Clone, Copy, PartialEq)]
enum PoorRule {
    /// The same multiple of the target as in the profile.
    Multiple,
    /// The same share of the way from the target to 1.
    ShareOfTheWayToOne,
}

struct Built {
    metric: Metric,
    statistic: TargetStatistic,
    is_shortfall: bool,
    weight: f64,
    target: f64,
    poor: f64,
    rule: PoorRule,
}

/// The tables of the profiles, in the order of the score's parts.
fn built_in(profile: Profile) -> Vec<Built> {
    let (mean, p95) = match profile {
        Profile::Orchestrator => ((3.0, 5.0), (5.0, 10.0)),
        Profile::CodingAgent => ((10.0, 20.0), (30.0, 60.0)),
    };
    let time = |statistic, weight, (target, poor): (f64, f64)| Built {
        metric: Metric::ResponseTime,
        statistic,
        is_shortfall: false,
        weight,
        target,
        poor,
        rule: PoorRule::Multiple,
    };
    let shortfall = |metric, weight, target: f64| Built {
        metric,
        statistic: TargetStatistic::Mean,
        is_shortfall: true,
        weight,
        target,
        poor: 2.0 * target,
        rule: PoorRule::Multiple,
    };
    let utilization = |metric, weight, poor| Built {
        metric,
        statistic: TargetStatistic::P95,
        is_shortfall: false,
        weight,
        target: 0.80,
        poor,
        rule: PoorRule::ShareOfTheWayToOne,
    };
    vec![
        time(TargetStatistic::Mean, 20.0, mean),
        time(TargetStatistic::P95, 10.0, p95),
        shortfall(Metric::SuccessRate, 25.0, 0.05),
        shortfall(Metric::CacheHitRate, 12.0, 0.30),
        shortfall(Metric::TokenEfficiency, 13.0, 0.20),
        utilization(Metric::MemoryUtilization, 10.0, 0.90),
        utilization(Metric::CpuUtilization, 6.0, 0.95),
        utilization(Metric::DiskUtilization, 4.0, 0.90),
    ]
}

/// Weight of accuracy, which counts only where the user sets a target.
const ACCURACY_WEIGHT: f64 = 15.0;

/// Targets and poor points in the order of the score's parts: response mean and p95, success, cache,
/// tokens, memory, CPU, disk, accuracy.
#[must_use]
pub fn part_targets(config: &Config, profile: Profile) -> Vec<PartTarget> {
    let mut parts: Vec<PartTarget> = built_in(profile)
        .iter()
        .map(|built| effective(config, profile, built))
        .collect();
    parts.push(accuracy(config));
    parts
}

/// The profile that holds: the user's, else by the data and the configuration's files.
#[must_use]
pub fn choose_profile(config: &Config, has_orchestrator_input: bool) -> Profile {
    match &config.profile {
        Some(profile) => profile.value,
        None if has_orchestrator_input || config.has_seed_file => Profile::Orchestrator,
        None => Profile::CodingAgent,
    }
}

fn effective(config: &Config, profile: Profile, built: &Built) -> PartTarget {
    let own = config
        .target(built.metric, built.statistic)
        .map(|t| (t.value, t.origin.clone()));
    // A new target for the mean scales that of the tail, unless the tail has its own.
    let own = own.or_else(|| match built.statistic {
        TargetStatistic::P95 if built.metric == Metric::ResponseTime => {
            let mean = config.target(built.metric, TargetStatistic::Mean)?;
            let base = built_in(profile).first().map(|b| b.target)?;
            Some((built.target * mean.value / base, mean.origin.clone()))
        }
        _ => None,
    });
    let (target, origin) = match own {
        Some((value, origin)) => (as_x(built.is_shortfall, value), origin),
        None => (built.target, Origin::Profile(profile)),
    };
    PartTarget {
        metric: built.metric,
        statistic: built.statistic,
        is_shortfall: built.is_shortfall,
        weight: built.weight,
        target: Some(target),
        poor: Some(
            alert_limit(config, built.metric, built.is_shortfall, target)
                .unwrap_or_else(|| poor(built, target)),
        ),
        origin,
    }
}

fn accuracy(config: &Config) -> PartTarget {
    let own = config.target(Metric::Accuracy, TargetStatistic::Mean);
    let target = own.map(|t| as_x(true, t.value));
    PartTarget {
        metric: Metric::Accuracy,
        statistic: TargetStatistic::Mean,
        is_shortfall: true,
        weight: ACCURACY_WEIGHT,
        target,
        poor: target.map(|x| alert_limit(config, Metric::Accuracy, true, x).unwrap_or(2.0 * x)),
        origin: own.map_or(Origin::Default, |t| t.origin.clone()),
    }
}

fn as_x(is_shortfall: bool, value: f64) -> f64 {
    if is_shortfall {
        (1.0 - value).max(LEAST_SHORTFALL)
    } else {
        value
    }
}

fn poor(built: &Built, target: f64) -> f64 {
    match built.rule {
        PoorRule::Multiple => target * built.poor / built.target,
        PoorRule::ShareOfTheWayToOne => {
            target + (1.0 - target) * (built.poor - built.target) / (1.0 - built.target)
        }
    }
}

/// The x of the metric's alert, if that is clearly beyond the target.
fn alert_limit(config: &Config, metric: Metric, is_shortfall: bool, target: f64) -> Option<f64> {
    config
        .alerts
        .iter()
        .filter(|alert| alert.metric == Some(metric))
        .filter_map(|alert| alert.threshold)
        .map(|limit| {
            as_x(
                is_shortfall || metric.row().direction == Direction::Higher,
                limit,
            )
        })
        .find(|x| *x >= ALERT_BEYOND_TARGET * target)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Alert, Severity, Target};

    fn config(targets: &[(Metric, TargetStatistic, f64)], alerts: &[(Metric, f64)]) -> Config {
        Config {
            targets: targets
                .iter()
                .map(|(m, s, value)| {
                    (
                        (*m, *s),
                        Target {
                            value: *value,
                            origin: Origin::Default,
                        },
                    )
                })
                .collect(),
            alerts: alerts
                .iter()
                .map(|(metric, threshold)| Alert {
                    name: metric.name().into(),
                    metric: Some(*metric),
                    threshold: Some(*threshold),
                    consecutive_failures: None,
                    severity: Severity::Warning,
                    cooldown: 300.0,
                    action: None,
                    origin: Origin::Default,
                })
                .collect(),
            ..Config::default()
        }
    }

    fn points(config: &Config, profile: Profile) -> Vec<(f64, f64)> {
        part_targets(config, profile)
            .iter()
            .filter_map(|p| Some((p.target?, p.poor?)))
            .collect()
    }

    fn near(a: (f64, f64), b: (f64, f64)) -> bool {
        (a.0 - b.0).abs() < 1e-12 && (a.1 - b.1).abs() < 1e-12
    }

    /// The table of docs/score.md.
    #[test]
    fn without_configuration_the_profile_holds() {
        let expected = [
            (3.0, 5.0),
            (5.0, 10.0),
            (0.05, 0.10),
            (0.30, 0.60),
            (0.20, 0.40),
            (0.80, 0.90),
            (0.80, 0.95),
            (0.80, 0.90),
        ];
        let got = points(&Config::default(), Profile::Orchestrator);
        assert!(
            got.iter().zip(expected).all(|(a, b)| near(*a, b)),
            "{got:?}"
        );
        assert_eq!(got.len(), expected.len());
        let coding = points(&Config::default(), Profile::CodingAgent);
        assert_eq!(&coding[..2], [(10.0, 20.0), (30.0, 60.0)]);
        let weights: f64 = part_targets(&Config::default(), Profile::Orchestrator)
            .iter()
            .map(|p| p.weight)
            .sum();
        assert!((weights - 115.0).abs() < 1e-12);
    }

    /// The monitor's own limits: response 3.0 s with an alert at 5.0 s, success 0.95 with an alert at
    /// 0.95 (not beyond the target: twice the shortfall), memory 0.8 with an alert at 0.9.
    #[test]
    fn alerts_are_poor_points_only_beyond_the_target() {
        use TargetStatistic::{Mean, P95};
        let config = config(
            &[
                (Metric::ResponseTime, Mean, 3.0),
                (Metric::SuccessRate, Mean, 0.95),
                (Metric::MemoryUtilization, P95, 0.8),
            ],
            &[
                (Metric::ResponseTime, 5.0),
                (Metric::SuccessRate, 0.95),
                (Metric::MemoryUtilization, 0.9),
            ],
        );
        let got = points(&config, Profile::Orchestrator);
        assert!(
            near(got[0], (3.0, 5.0)) && near(got[1], (5.0, 10.0)),
            "{got:?}"
        );
        assert!(
            near(got[2], (0.05, 0.10)) && near(got[5], (0.8, 0.9)),
            "{got:?}"
        );
    }

    /// Worked by hand: mean 6 s is twice the profile's, so p95 10 s and poor 20 s; a target of 0.6 for
    /// memory has its poor point half of the way to 1 (0.8); a success target of 1 leaves 0.001.
    #[test]
    fn a_new_target_moves_its_poor_point_and_the_tail() {
        use TargetStatistic::{Mean, P95};
        let config = config(
            &[
                (Metric::ResponseTime, Mean, 6.0),
                (Metric::MemoryUtilization, P95, 0.6),
                (Metric::SuccessRate, Mean, 1.0),
                (Metric::Accuracy, Mean, 0.9),
            ],
            &[],
        );
        let got = points(&config, Profile::Orchestrator);
        assert!(
            near(got[0], (6.0, 10.0)) && near(got[1], (10.0, 20.0)),
            "{got:?}"
        );
        assert!(
            near(got[2], (0.001, 0.002)) && near(got[5], (0.6, 0.8)),
            "{got:?}"
        );
        assert!(
            (got[8].0 - 0.1).abs() < 1e-12 && (got[8].1 - 0.2).abs() < 1e-12,
            "{got:?}"
        );
    }
}
