//! Facts over all: shares of time, what the data lack, the machine.

use perfadvise::config::{Alert, Config, Severity};
use perfadvise::metrics::Metric;
use serde_json::{Value, json};

use super::{at, facts_of, facts_with, is, operation};

/// Two steps of 10 and 30 s; in them 2 + 6 s of preparation, 1 + 3 s for a slot, 2 s before a retry,
/// and four requests, of which one is refused for its rate.
fn two_steps() -> Vec<Value> {
    let part = |parent: &str| json!({"parent": parent});
    let request = |parent: &str, outcome: &str| json!({"parent": parent, "outcome": outcome});
    vec![
        operation("step", 0, 10.0, json!({"id": "a"})),
        operation("context_preparation", 0, 2.0, part("a")),
        operation("wait", 2, 1.0, json!({"parent": "a", "reason": "queue"})),
        operation("model_request", 3, 1.0, request("a", "ok")),
        operation("model_request", 5, 1.0, request("a", "ok")),
        operation("step", 100, 30.0, json!({"id": "b"})),
        operation("context_preparation", 100, 6.0, part("b")),
        operation("wait", 106, 3.0, json!({"parent": "b", "reason": "queue"})),
        operation("model_request", 110, 1.0, request("b", "rate_limited")),
        operation(
            "wait",
            111,
            2.0,
            json!({"parent": "b", "reason": "backoff"}),
        ),
        operation("model_request", 114, 1.0, request("b", "ok")),
    ]
}

#[test]
fn shares_of_the_time_of_steps() {
    let facts = facts_of(&two_steps());
    let fact = |name: &str| facts.all.get(name);
    is(fact("preparation.share"), "value", 8.0 / 40.0);
    is(fact("queue.share"), "value", 4.0 / 40.0);
    is(fact("backoff.share"), "value", 2.0 / 40.0);
    is(fact("rate_limited.share"), "value", 1.0 / 4.0);
    is(fact("rate_limited.share"), "n", 4.0);
    is(fact("response_time"), "value", 20.0);
    is(fact("response_time"), "max", 30.0);
}

#[test]
fn what_was_not_recorded_is_no_fact() {
    let facts = facts_of(&[operation("step", 0, 10.0, json!({}))]);
    for name in [
        "preparation.share",
        "queue.share",
        "context_cache.working_set",
        "data.sample_interval",
        "data.unlabelled_share",
        "disk.days_to_full",
        "load.windows",
        "prompt_cache.unused_share",
        "accuracy_floor",
    ] {
        assert_eq!(facts.all.get(name), None, "{name}");
    }
}

/// Samples at 0, 60, 120 and 600 s: the median interval is 60 s, and 480 s is more than three of it.
#[test]
fn gaps_between_samples() {
    let lines: Vec<Value> = [0, 60, 120, 600]
        .map(|s| json!({"kind": "sample", "metric": "cpu_utilization", "value": 0.5, "time": at(s), "host": "a"}))
        .into();
    let facts = facts_of(&lines);
    is(facts.all.get("data.sample_interval"), "value", 60.0);
    is(facts.all.get("data.longest_gap"), "value", 480.0);
    is(facts.all.get("data.gaps"), "value", 1.0);
    is(facts.all.get("data.process_starts"), "value", 0.0);
}

/// Of four steps three have a mode and two an interface, one of these a mock.
#[test]
fn steps_without_labels_and_mocks() {
    let facts = facts_of(&[
        operation(
            "step",
            0,
            1.0,
            json!({"mode": "FANCY", "interface": "mock"}),
        ),
        operation(
            "step",
            10,
            1.0,
            json!({"mode": "FANCY", "interface": "claude_code"}),
        ),
        operation("step", 20, 1.0, json!({"mode": "FANCY"})),
        operation("step", 30, 1.0, json!({})),
    ]);
    is(facts.all.get("data.unlabelled_share"), "value", 0.5);
    is(facts.all.get("data.unlabelled_share"), "n", 4.0);
    is(facts.all.get("data.mock_share"), "value", 0.25);
    is(facts.all.get("data.units"), "value", 1.0);
}

/// One of three sessions was compacted, twice.
#[test]
fn sessions_with_a_compaction() {
    let step =
        |second: u32, session: &str| operation("step", second, 1.0, json!({"session": session}));
    let compaction = |second: u32| json!({"kind": "event", "event": "compaction", "time": at(second), "session": "s1"});
    let facts = facts_of(&[
        step(0, "s1"),
        step(10, "s2"),
        step(20, "s3"),
        compaction(5),
        compaction(7),
    ]);
    is(facts.all.get("compaction.units_share"), "value", 1.0 / 3.0);
    is(facts.all.get("compaction.units_share"), "units", 3.0);
}

fn alert(name: &str, metric: Metric, threshold: f64) -> Alert {
    Alert {
        name: name.into(),
        metric: Some(metric),
        threshold: Some(threshold),
        side: None,
        severity: Severity::Warning,
        ..Alert::default()
    }
}

/// Response time, success rate and cache-free token use have targets of the profile; an alert watches
/// the first, at 60 s, and takes the place of the limit of p95.
#[test]
fn alerts_that_are_missing() {
    let without = facts_of(&two_steps());
    let watched = Config {
        alerts: vec![alert("slow", Metric::ResponseTime, 60.0)],
        ..Config::default()
    };
    let with = facts_with(&two_steps(), &watched);
    is(without.all.get("alerts.configured"), "value", 0.0);
    is(with.all.get("alerts.configured"), "value", 1.0);
    let missing = |facts: &perfadvise::advise::facts::Facts| {
        facts
            .all
            .get("alerts.missing")
            .unwrap()
            .number("value")
            .unwrap()
    };
    assert!((missing(&without) - missing(&with) - 1.0).abs() < 1e-9);
    is(with.all.get("response_limit"), "value", 60.0);
}

/// In a quarter of an hour with CPU at 90 % (its target is 80 %) two FANCY steps take 6 s, in quiet ones
/// three take 3 s.
#[test]
fn modes_under_load() {
    let cpu = |second: u32, value: f64| json!({"kind": "sample", "metric": "cpu_utilization", "value": value, "time": at(second), "host": "a"});
    let step =
        |second: u32, duration: f64| operation("step", second, duration, json!({"mode": "FANCY"}));
    let facts = facts_of(&[
        cpu(10, 0.9),
        cpu(910, 0.2),
        cpu(1810, 0.2),
        step(20, 6.0),
        step(40, 6.0),
        step(920, 3.0),
        step(940, 3.0),
        step(1820, 3.0),
    ]);
    is(facts.all.get("load.windows"), "value", 1.0);
    is(facts.all.get("load.time_ratio"), "value", 2.0);
    is(facts.all.get("load.fancy_p95"), "n", 2.0);
    let p95 = facts.all.get("load.fancy_p95").unwrap().number("value");
    // Quantiles come from a histogram.
    assert!((p95.unwrap() - 6.0).abs() < 0.1, "{p95:?}");
}

/// A disk that fills by 1 point a day, from 50 % to 69 %: 31 days until it is full.
#[test]
fn days_until_the_disk_is_full() {
    let lines: Vec<Value> = (0..20)
        .map(|day| {
            let time = format!("2026-11-{:02}T12:00:00Z", day + 1);
            let value = 0.5 + 0.01 * f64::from(day);
            json!({"kind": "sample", "metric": "disk_utilization", "value": value, "time": time, "host": "a"})
        })
        .collect();
    let facts = facts_of(&lines);
    let days = facts.all.get("disk.days_to_full").unwrap().number("value");
    assert!((days.unwrap() - 31.0).abs() < 1e-6, "{days:?}");
}
