//! Weighing of outcomes that are made by hand.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::advise::Library;
use crate::analysis::Analysis;
use crate::assessment::{Indicator, Score, ScoreStatus, TargetRow};
use crate::config::{Config, Origin, Target};
use crate::metrics::Unit;
use crate::record::{Dimension, Name};
use crate::scenario::measured::Swap;
use crate::workload::Workload;

fn rule(code: &str) -> Rule {
    let library = Library::built_in();
    let entry = library.entries.into_iter().find(|e| e.rule.code == code);
    entry.unwrap().rule
}

fn effect(metric: Metric, statistic: &str, from: f64, to: f64) -> Effect {
    Effect {
        metric: metric.name().into(),
        statistic: statistic.into(),
        unit: metric.row().unit,
        from,
        to,
        low: None,
        high: None,
    }
}

fn outcome(points: Option<f64>, time_saved: f64, cost_saved: Option<f64>) -> Outcome {
    Outcome {
        effects: Vec::new(),
        points,
        points_interval: None,
        time_saved,
        cost_saved,
        notes: Vec::new(),
    }
}

/// A swap of modes without any contrast.
fn swap() -> outcome::Change {
    outcome::Change {
        swap: Some(Swap {
            dimension: Dimension::Mode,
            from: Name(1),
            to: Name(2),
            within: Vec::new(),
        }),
        ..outcome::Change::default()
    }
}

fn candidate_of(
    rule: &Rule,
    alone: Option<Outcome>,
    change: Option<outcome::Change>,
) -> Candidate<'_> {
    Candidate {
        rule,
        facts: Box::leak(Box::default()),
        track: 1.0,
        subjects: Vec::new(),
        gain: alone.as_ref().map_or(0.0, gain),
        joint: change.clone(),
        change,
        alone,
        no_projection: None,
        chosen: None,
        confidence: 0.7,
        priority: Priority::Low,
    }
}

#[track_caller]
fn close(ours: f64, theirs: f64) {
    assert!((ours - theirs).abs() < 1e-9, "{ours} is not {theirs}");
}

#[test]
fn the_gain_is_the_largest_of_points_time_and_cost() {
    // 6 % of the time or of the cost are worth 2 points.
    close(gain(&outcome(Some(1.0), 0.06, None)), 2.0);
    close(gain(&outcome(Some(1.0), 0.0, Some(0.06))), 2.0);
    close(gain(&outcome(Some(3.0), 0.06, Some(0.06))), 3.0);
    close(gain(&outcome(None, 0.015, None)), 0.5);
    // What is paid more is taken off: 0.4 − 2.
    close(gain(&outcome(Some(0.4), 0.0, Some(-0.06))), -1.6);
    // A loss of points stays one, whatever is saved.
    close(gain(&outcome(Some(-1.0), 0.9, Some(0.9))), -1.0);
}

/// A lower hit rate of the prompt cache is no loss of its own where the cost is known.
#[test]
fn a_lower_hit_rate_of_the_prompt_cache_is_in_the_cost() {
    let effect = |metric: &str, from, to| Effect {
        metric: metric.into(),
        statistic: "mean".into(),
        unit: crate::metrics::Unit::Ratio,
        from,
        to,
        low: None,
        high: None,
    };
    let mut shorter = outcome(Some(-0.4), 0.0, Some(0.15));
    shorter.effects = vec![effect("prompt_cache_hit_rate", 0.85, 0.83)];
    close(gain(&shorter), 5.0 - 0.4);
    shorter.cost_saved = None;
    close(gain(&shorter), -0.4);
    shorter.cost_saved = Some(0.15);
    shorter.effects.push(effect("success_rate", 1.0, 0.9));
    close(gain(&shorter), -0.4);
}

#[test]
fn an_improvement_is_a_share_in_the_good_direction() {
    let mut rule = rule("CTX001");
    let mut of = |metric: Metric, from: f64, to: f64| {
        rule.metric = Some(metric.name().into());
        let mut outcome = outcome(None, 0.0, None);
        outcome.effects.push(effect(metric, "mean", from, to));
        improvement(&rule, &outcome)
    };
    close(of(Metric::ResponseTime, 4.0, 3.0), 0.25);
    close(of(Metric::ResponseTime, 4.0, 5.0), -0.25);
    close(of(Metric::SuccessRate, 0.8, 0.9), 0.125);
    close(of(Metric::CacheHitRate, 0.8, 0.6), -0.25);
    // Without an effect on its own metric nothing is better.
    close(improvement(&rule, &outcome(None, 0.0, None)), 0.0);
    rule.metric = None;
    close(improvement(&rule, &outcome(None, 0.0, None)), 0.0);
}

#[test]
fn subjects_with_a_change_of_their_own_stand_alone() {
    let (own, tools) = (rule("CTX001"), rule("TOOL003"));
    let names = |names: &[&str]| names.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>();
    let (purposes, shells) = (names(&["test", "ci"]), names(&["Bash", "Read"]));
    assert_eq!(together(&own, &purposes), [["test"], ["ci"]]);
    assert_eq!(together(&tools, &shells), [["Bash", "Read"]]);
    // A rule over all has none: one recommendation.
    assert_eq!(together(&own, &[]), [Vec::<&str>::new()]);
}

#[test]
fn what_gets_worse_is_a_side_effect_unless_it_is_the_rules_own() {
    let rule = rule("CTX001");
    let effects = [
        effect(Metric::ResponseTime, "mean", 2.0, 2.5),
        effect(Metric::ContextPreparationTime, "mean", 2.0, 1.0),
        effect(Metric::Accuracy, "mean", 0.9, 0.8),
        effect(Metric::Cost, "total", 1.0, 0.9),
        // By less than two thousandths: not worth a word.
        effect(Metric::SuccessRate, "mean", 0.9, 0.901),
    ];
    let (main, side) = split_effects(&rule, &effects);
    let names = |list: &[Effect]| list.iter().map(|e| e.metric.clone()).collect::<Vec<_>>();
    assert_eq!(
        names(&main),
        ["response_time", "context_preparation_time", "cost"]
    );
    assert_eq!(names(&side), ["accuracy"]);
}

#[test]
fn what_gets_worse_most_stands_first() {
    let effects = [
        effect(Metric::ResponseTime, "mean", 3.7, 3.5),
        effect(Metric::QueueTime, "mean", 3.15, 3.19),
        effect(Metric::Accuracy, "mean", 0.91, 0.89),
    ];
    let (_, side) = split_effects(&rule("CTX001"), &effects);
    let names: Vec<&str> = side.iter().map(|e| e.metric.as_str()).collect();
    assert_eq!(names, ["accuracy", "queue_time"]);
}

#[test]
fn doubts_of_a_projection_are_told() {
    let mut rule = rule("CTX001");
    rule.side_effects = vec!["Said by the rule.".into()];
    assert_eq!(
        caveats(&candidate_of(&rule, None, None)),
        ["Said by the rule."]
    );
    let mut change = swap();
    change.unknown = vec![Metric::Accuracy];
    let told = caveats(&candidate_of(&rule, None, Some(change)));
    assert_eq!(told.len(), 3);
    assert!(told[1].starts_with("The 95th percentile is left as it is"));
    assert_eq!(
        told[2],
        "What becomes of accuracy is not known: it was not measured in the other variant."
    );
}

fn missed_response_time() -> Analysis {
    let indicator = Indicator {
        title: "Response time, mean".into(),
        metric: "response_time".into(),
        statistic: "mean".into(),
        unit: Unit::Seconds,
        value: Some(4.0),
        n: Some(100),
        interval: None,
        target: Some(TargetRow {
            value: 3.0,
            limit: Limit::Upper,
            of: "mean".into(),
            origin: "x".into(),
        }),
        verdict: TargetVerdict::Missed,
        scale_low: 0.0,
        scale_high: 5.0,
        reported: false,
        note: None,
    };
    Analysis {
        indicators: vec![indicator],
        ..Analysis::default()
    }
}

fn no_score() -> Score {
    Score {
        model: 1,
        profile: "orchestrator".into(),
        value: None,
        band: None,
        band_reason: None,
        status: ScoreStatus::None,
        coverage: 0.0,
        complete: false,
        bounds: None,
        interval: None,
        parts: Default::default(),
    }
}

/// The priority of a candidate where the mean response time misses its target of 3 s.
fn weighed(candidate: &Candidate<'_>, config: &Config) -> Priority {
    priority(
        Case {
            workload: &Workload::default(),
            analysis: &missed_response_time(),
            score: &no_score(),
            config,
        },
        candidate,
    )
}

#[test]
fn priorities_follow_the_gain_and_their_caps() {
    let config = Config::default();
    let rule = rule("CTX001");
    let of = |points: f64, change: outcome::Change| {
        let candidate = candidate_of(&rule, Some(outcome(Some(points), 0.0, None)), Some(change));
        weighed(&candidate, &config)
    };
    assert_eq!(of(2.0, swap()), Priority::High);
    assert_eq!(of(1.9, swap()), Priority::Medium);
    assert_eq!(of(0.4, swap()), Priority::Low);
    // A bound is medium at most.
    assert_eq!(of(9.0, outcome::Change::default()), Priority::Medium);
    assert_eq!(of(0.4, outcome::Change::default()), Priority::Low);

    for (class, status) in [
        (Class::Habit, Status::Stable),
        (Class::Fix, Status::Preview),
    ] {
        let rule = Rule {
            class,
            status,
            ..rule.clone()
        };
        let candidate = candidate_of(&rule, Some(outcome(Some(9.0), 0.0, None)), Some(swap()));
        assert_eq!(weighed(&candidate, &config), Priority::Medium);
    }
}

#[test]
fn whoever_meets_a_missed_target_alone_is_high() {
    let config = Config::default();
    let rule = rule("CTX001");
    let to = |seconds: f64| {
        let mut alone = outcome(Some(0.1), 0.0, None);
        alone
            .effects
            .push(effect(Metric::ResponseTime, "mean", 4.0, seconds));
        weighed(&candidate_of(&rule, Some(alone), Some(swap())), &config)
    };
    assert_eq!(to(3.0), Priority::High, "the target is met");
    assert_eq!(to(3.01), Priority::Low);
}

#[test]
fn accuracy_that_goes_without_a_floor_is_never_high() {
    let rule = rule("CTX001");
    let mut loses = outcome(Some(9.0), 0.0, None);
    loses
        .effects
        .push(effect(Metric::Accuracy, "mean", 0.9, 0.8));
    let loses = candidate_of(&rule, Some(loses), Some(swap()));
    let mut change = swap();
    change.unknown = vec![Metric::Accuracy];
    let unknown = candidate_of(&rule, Some(outcome(Some(9.0), 0.0, None)), Some(change));
    let mut floor = Config::default();
    floor.targets.insert(
        (Metric::Accuracy, TargetStatistic::Mean),
        Target {
            value: 0.7,
            origin: Origin::Default,
        },
    );
    for candidate in [&loses, &unknown] {
        assert_eq!(weighed(candidate, &Config::default()), Priority::Medium);
        assert_eq!(weighed(candidate, &floor), Priority::High);
    }
}

#[test]
fn without_a_figure_a_missed_target_makes_medium() {
    let config = Config::default();
    let mut rule = rule("CTX001");
    assert_eq!(
        weighed(&candidate_of(&rule, None, None), &config),
        Priority::Medium
    );
    rule.metric = Some("success_rate".into());
    assert_eq!(
        weighed(&candidate_of(&rule, None, None), &config),
        Priority::Low
    );
}
