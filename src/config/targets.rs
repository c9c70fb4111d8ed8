//! The target and the poor point of each part of the score: what the user set, else the profile.
//!
//! Everything here is an x: lower is better, of a ratio that should be high its shortfall 1 − ratio.
//! The profiles' numbers and the rules between them are those of `docs/score.md`.

use super::{Config, Origin, Profile, Side, TargetStatistic};
use crate::metrics::{Metric, Unit};

/// An alert limit is the poor point only where it lies at least this factor beyond the target.
const ALERT_BEYOND_TARGET: f64 = 1.1;
/// The smallest target for a shortfall: a target of 100 % would make every miss infinitely bad.
const LEAST_SHORTFALL: f64 = 0.001;

/// What one part of the score is held against.
#[derive(Debug, Clone, PartialEq)]
pub struct PartTarget {
    /// The metric.
    pub metric: Metric,
    /// Its mean (of shares the pooled ratio) or 95th percentile.
    pub statistic: TargetStatistic,
    /// Whether x is 1 − the ratio.
    pub is_shortfall: bool,
    /// Weight in the score.
    pub weight: f64,
    /// x at which the part scores 0.75; `None`: the part has no target and is left out.
    pub target: Option<f64>,
    /// x at which the part scores 0.50; always above the target.
    pub poor: Option<f64>,
    /// Where the target came from.
    pub origin: Origin,
    /// Where the poor point came from: an alert, else as the target.
    pub poor_origin: Origin,
}

/// How a poor point follows from a target that is not the profile's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Beyond {
    /// The target times the profile's poor ÷ target.
    SameFactor,
    /// The same share of the way from the target to 1, the most that can be in use.
    SameShareOfRest,
}

/// A row of a profile.
struct Row {
    metric: Metric,
    statistic: TargetStatistic,
    is_shortfall: bool,
    weight: f64,
    /// Target and poor; `None`: only where the user sets a target.
    points: Option<(f64, f64)>,
    beyond: Beyond,
}

/// Poor ÷ target of a part that has no target of its own.
const ACCURACY_FACTOR: f64 = 2.0;

fn rows(profile: Profile) -> [Row; 9] {
    use Beyond::{SameFactor, SameShareOfRest};
    use TargetStatistic::{Mean, P95};
    // A model's reply in an interactive session takes longer than an orchestrator's step.
    let (mean, p95) = match profile {
        Profile::Orchestrator => ((3.0, 5.0), (5.0, 10.0)),
        Profile::CodingAgent => ((10.0, 20.0), (30.0, 60.0)),
    };
    let row = |metric, statistic, is_shortfall, weight, points, beyond| Row {
        metric,
        statistic,
        is_shortfall,
        weight,
        points,
        beyond,
    };
    [
        row(
            Metric::ResponseTime,
            Mean,
            false,
            20.0,
            Some(mean),
            SameFactor,
        ),
        row(
            Metric::ResponseTime,
            P95,
            false,
            10.0,
            Some(p95),
            SameFactor,
        ),
        row(
            Metric::SuccessRate,
            Mean,
            true,
            25.0,
            Some((0.05, 0.10)),
            SameFactor,
        ),
        row(
            Metric::CacheHitRate,
            Mean,
            true,
            12.0,
            Some((0.30, 0.60)),
            SameFactor,
        ),
        row(
            Metric::TokenEfficiency,
            Mean,
            true,
            13.0,
            Some((0.20, 0.40)),
            SameFactor,
        ),
        row(
            Metric::MemoryUtilization,
            P95,
            false,
            10.0,
            Some((0.80, 0.90)),
            SameShareOfRest,
        ),
        row(
            Metric::CpuUtilization,
            P95,
            false,
            6.0,
            Some((0.80, 0.95)),
            SameShareOfRest,
        ),
        row(
            Metric::DiskUtilization,
            P95,
            false,
            4.0,
            Some((0.80, 0.90)),
            SameShareOfRest,
        ),
        row(Metric::Accuracy, Mean, true, 15.0, None, SameFactor),
    ]
}

/// The parts of the score in their order: response time (mean, p95), success rate, cache hit rate,
/// token efficiency, memory, CPU, disk, accuracy.
///
/// The cache part is that of the context cache; [`cache_target`] gives it for the provider's cache.
#[must_use]
pub fn part_targets(config: &Config, profile: Profile) -> Vec<PartTarget> {
    rows(profile)
        .iter()
        .map(|row| part(config, profile, row))
        .collect()
}

/// The cache part for another metric (`prompt_cache_hit_rate`): the user's target and alerts for it,
/// with the weight and the profile's points of `cache_hit_rate`.
#[must_use]
pub fn cache_target(config: &Config, profile: Profile, metric: Metric) -> PartTarget {
    let [_, _, _, mut row, ..] = rows(profile);
    row.metric = metric;
    part(config, profile, &row)
}

/// The profile the user set, else `orchestrator` when an input or a configuration file is one of an
/// orchestrator, else `coding-agent`.
#[must_use]
pub fn choose_profile(config: &Config, any_orchestrator_input: bool) -> Profile {
    match &config.profile {
        Some(set) => set.value,
        None if any_orchestrator_input || config.has_seed_file => Profile::Orchestrator,
        None => Profile::CodingAgent,
    }
}

fn part(config: &Config, profile: Profile, row: &Row) -> PartTarget {
    let set = user_target(config, profile, row);
    let (target, origin) = match (set, row.points) {
        (Some((x, origin)), _) => (Some(x), origin),
        (None, points) => (points.map(|p| p.0), Origin::Profile(profile)),
    };
    let alert = target.and_then(|t| alert_limit(config, row, t));
    let (poor, poor_origin) = match alert {
        Some((x, origin)) => (Some(x), origin),
        None => (target.map(|t| poor_beyond(t, row)), origin.clone()),
    };
    PartTarget {
        metric: row.metric,
        statistic: row.statistic,
        is_shortfall: row.is_shortfall,
        weight: row.weight,
        target,
        poor,
        origin,
        poor_origin,
    }
}

/// The x of the user's target; a target for the mean alone scales the profile's p95.
fn user_target(config: &Config, profile: Profile, row: &Row) -> Option<(f64, Origin)> {
    if let Some(target) = config.target(row.metric, row.statistic) {
        return Some((x_of(target.value, row)?, target.origin.clone()));
    }
    if row.statistic != TargetStatistic::P95 || row.metric.row().unit != Unit::Seconds {
        return None;
    }
    let mean = config.target(row.metric, TargetStatistic::Mean)?;
    let profile_mean = rows(profile)
        .iter()
        .find(|r| r.metric == row.metric && r.statistic == TargetStatistic::Mean)?
        .points?
        .0;
    Some((
        row.points?.0 * x_of(mean.value, row)? / profile_mean,
        mean.origin.clone(),
    ))
}

/// The nearest alert limit that lies clearly beyond the target, on the metric's bad side.
fn alert_limit(config: &Config, row: &Row, target: f64) -> Option<(f64, Origin)> {
    config
        .alerts
        .iter()
        .filter(|a| a.metric == Some(row.metric) && a.side == Side::of(row.metric.row().direction))
        .filter_map(|a| Some((x_of(a.threshold?, row)?, a.origin.clone())))
        // 0.88 as 1.1 × 0.8 must not fail for its last bit.
        .filter(|(x, _)| *x >= target * ALERT_BEYOND_TARGET * (1.0 - 1e-12))
        .min_by(|a, b| a.0.total_cmp(&b.0))
}

fn x_of(value: f64, row: &Row) -> Option<f64> {
    let x = if row.is_shortfall {
        (1.0 - value).max(LEAST_SHORTFALL)
    } else {
        value
    };
    (x.is_finite() && x > 0.0).then_some(x)
}

fn poor_beyond(target: f64, row: &Row) -> f64 {
    let Some((profile_target, profile_poor)) = row.points else {
        return target * ACCURACY_FACTOR;
    };
    #[allow(clippy::float_cmp)]
    // The very same constant: its poor point is the table's, bit for bit.
    if target == profile_target {
        return profile_poor;
    }
    match row.beyond {
        Beyond::SameFactor => target * (profile_poor / profile_target),
        Beyond::SameShareOfRest if target < 1.0 => {
            target + (1.0 - target) * ((profile_poor - profile_target) / (1.0 - profile_target))
        }
        // Nothing lies between the target and the whole.
        Beyond::SameShareOfRest => target * ALERT_BEYOND_TARGET,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::{Alert, Target};
    use super::*;

    fn alert(metric: Metric, threshold: f64) -> Alert {
        Alert {
            name: metric.name().into(),
            metric: Some(metric),
            threshold: Some(threshold),
            side: Side::of(metric.row().direction),
            origin: Origin::CommandLine("alert".into()),
            ..Alert::default()
        }
    }

    fn set(config: &mut Config, metric: Metric, statistic: TargetStatistic, value: f64) {
        let origin = Origin::CommandLine("target".into());
        config
            .targets
            .insert((metric, statistic), Target { value, origin });
    }

    fn points(config: &Config, profile: Profile) -> Vec<(f64, f64)> {
        part_targets(config, profile)
            .iter()
            .filter_map(|p| Some((p.target?, p.poor?)))
            .collect()
    }

    fn assert_near(got: (f64, f64), want: (f64, f64)) {
        let near = |a: f64, b: f64| (a - b).abs() < 1e-12;
        assert!(
            near(got.0, want.0) && near(got.1, want.1),
            "{got:?} is not {want:?}"
        );
    }

    const TABLE: [(f64, f64); 8] = [
        (3.0, 5.0),
        (5.0, 10.0),
        (0.05, 0.10),
        (0.30, 0.60),
        (0.20, 0.40),
        (0.80, 0.90),
        (0.80, 0.95),
        (0.80, 0.90),
    ];

    #[test]
    fn without_configuration_the_profile_speaks() {
        assert_eq!(points(&Config::default(), Profile::Orchestrator), TABLE);
        let coding = points(&Config::default(), Profile::CodingAgent);
        assert_eq!(coding[..2], [(10.0, 20.0), (30.0, 60.0)]);
        assert_eq!(coding[2..], TABLE[2..]);
        let parts = part_targets(&Config::default(), Profile::Orchestrator);
        let weights: Vec<f64> = parts.iter().map(|p| p.weight).collect();
        assert_eq!(
            weights,
            [20.0, 10.0, 25.0, 12.0, 13.0, 10.0, 6.0, 4.0, 15.0]
        );
        assert_eq!(parts[8].target, None);
        assert_eq!(parts[8].poor, None);
    }

    /// The numbers of the two example files: targets 3.0 s, 95 %, 80 %, 70 %; alerts at 5.0 s, 90 % of
    /// memory and 95 % of success (whose x 0.05 is no 1.1 × 0.05, so the factor decides).
    #[test]
    fn the_example_files_give_the_table() {
        let mut config = Config::default();
        set(
            &mut config,
            Metric::ResponseTime,
            TargetStatistic::Mean,
            3.0,
        );
        set(
            &mut config,
            Metric::SuccessRate,
            TargetStatistic::Mean,
            0.95,
        );
        set(
            &mut config,
            Metric::MemoryUtilization,
            TargetStatistic::P95,
            0.8,
        );
        set(
            &mut config,
            Metric::CacheHitRate,
            TargetStatistic::Mean,
            0.7,
        );
        config.alerts = vec![
            alert(Metric::ResponseTime, 5.0),
            alert(Metric::MemoryUtilization, 0.9),
            alert(Metric::SuccessRate, 0.95),
        ];
        for (got, want) in points(&config, Profile::Orchestrator).iter().zip(TABLE) {
            assert_near(*got, want);
        }
        // Under the other profile the mean of 3.0 s scales p95: 30 × 3 ÷ 10 = 9; the alert of 5.0 s is
        // less than 9.9, so poor is 9 × 60 ÷ 30 = 18.
        let coding = points(&config, Profile::CodingAgent);
        assert_near(coding[0], (3.0, 5.0));
        assert_near(coding[1], (9.0, 18.0));
    }

    #[test]
    fn a_target_of_the_users_moves_the_poor_point() {
        let mut config = Config::default();
        set(
            &mut config,
            Metric::ResponseTime,
            TargetStatistic::Mean,
            1.5,
        );
        set(
            &mut config,
            Metric::SuccessRate,
            TargetStatistic::Mean,
            0.99,
        );
        set(
            &mut config,
            Metric::CpuUtilization,
            TargetStatistic::P95,
            0.6,
        );
        set(&mut config, Metric::Accuracy, TargetStatistic::Mean, 0.9);
        let got = points(&config, Profile::Orchestrator);
        assert_near(got[0], (1.5, 2.5));
        assert_near(got[1], (2.5, 5.0));
        assert_near(got[2], (0.01, 0.02));
        assert_near(got[6], (0.6, 0.9)); // Three quarters of the way from 0.6 to 1.
        assert_near(got[8], (0.1, 0.2));
    }

    #[test]
    fn an_alert_counts_only_clearly_beyond_the_target() {
        let with = |limit| {
            let config = Config {
                alerts: vec![alert(Metric::ResponseTime, limit)],
                ..Config::default()
            };
            points(&config, Profile::Orchestrator)[0].1
        };
        assert_eq!(with(3.2), 5.0);
        assert_eq!(with(3.3), 3.3);
        assert_eq!(with(8.0), 8.0);
        let mut wrong_side = alert(Metric::ResponseTime, 4.0);
        wrong_side.side = Some(Side::Below);
        let config = Config {
            alerts: vec![wrong_side],
            ..Config::default()
        };
        assert_eq!(points(&config, Profile::Orchestrator)[0].1, 5.0);
    }

    #[test]
    fn extremes_stay_usable() {
        let mut config = Config::default();
        set(&mut config, Metric::SuccessRate, TargetStatistic::Mean, 1.0);
        set(
            &mut config,
            Metric::MemoryUtilization,
            TargetStatistic::P95,
            1.0,
        );
        let got = points(&config, Profile::Orchestrator);
        assert_near(got[2], (0.001, 0.002));
        assert_near(got[5], (1.0, 1.1));
    }

    #[test]
    fn the_provider_cache_has_its_own_target() {
        let mut config = Config::default();
        set(
            &mut config,
            Metric::PromptCacheHitRate,
            TargetStatistic::Mean,
            0.9,
        );
        let part = cache_target(&config, Profile::CodingAgent, Metric::PromptCacheHitRate);
        assert_eq!(
            (part.metric, part.weight),
            (Metric::PromptCacheHitRate, 12.0)
        );
        assert_near((part.target.unwrap(), part.poor.unwrap()), (0.1, 0.2));
    }

    #[test]
    fn the_profile_follows_the_inputs_unless_set() {
        let mut config = Config::default();
        assert_eq!(choose_profile(&config, false), Profile::CodingAgent);
        assert_eq!(choose_profile(&config, true), Profile::Orchestrator);
        config.has_seed_file = true;
        assert_eq!(choose_profile(&config, false), Profile::Orchestrator);
    }
}
