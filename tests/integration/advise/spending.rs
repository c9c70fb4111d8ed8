//! Facts of tokens, models, wall-clock time and alerts, from records with figures worked out by hand.

use perfadvise::advise::rule::Subject;
use perfadvise::config::{Alert, Config, Severity, Side};
use perfadvise::metrics::Metric;
use serde_json::{Value, json};

use super::{at, facts_of, facts_with, is, of, operation};

fn all<'f>(
    facts: &'f perfadvise::advise::facts::Facts,
    name: &str,
) -> Option<&'f perfadvise::advise::facts::Fact> {
    facts.all.get(name)
}

/// 12 sessions: a request of 2 s, Bash alone for 3 s (in one of them 30), 5 s of nothing, a request of 2 s. By hand: 12 × 12 s
/// and 27 s more are 171 s, of which nothing has 60 and Bash 63.
#[test]
fn what_no_record_tells_and_what_a_tool_has_alone() {
    let mut lines: Vec<Value> = Vec::new();
    for n in 0..12 {
        let session = json!({"session": format!("s{n}")});
        let start = n * 1000;
        let length: u32 = if n == 0 { 30 } else { 3 };
        lines.push(operation("model_request", start, 2.0, session.clone()));
        let call = json!({"session": format!("s{n}"), "tool": "Bash"});
        lines.push(operation("tool_call", start + 2, f64::from(length), call));
        lines.push(operation(
            "model_request",
            start + 2 + length + 5,
            2.0,
            session,
        ));
    }
    let facts = facts_of(&lines);
    is(all(&facts, "wall.unexplained_share"), "value", 60.0 / 171.0);
    is(all(&facts, "wall.unexplained_share"), "units", 12.0);
    let alone = of(&facts, Subject::Tool, "Bash", "tool.alone_share");
    is(alone, "value", 63.0 / 171.0);
    is(alone, "n", 12.0);
    is(alone, "units", 12.0);
    // The 12th of 12 is the 95th percentile.
    let tail = of(&facts, Subject::Tool, "Bash", "tool.tail").unwrap();
    assert!(
        (tail.number("value").unwrap() - 10.0).abs() < 0.2,
        "{tail:?}"
    );
}

/// One model tells its reasoning (60 of 100 tokens), another none: that is not known, and no zero.
#[test]
fn reasoning_of_models_that_tell_it() {
    let request = |second: u32, model: &str, tokens: Value| {
        operation(
            "model_request",
            second,
            1.0,
            json!({"model": model, "tokens": tokens, "session": format!("s{second}")}),
        )
    };
    let thinks = json!({"input": 10, "output": 100, "reasoning": 60});
    let says_nothing = json!({"input": 10, "output": 1000});
    let lines: Vec<Value> = (0..4)
        .flat_map(|n| {
            [
                request(n * 10, "thinker", thinks.clone()),
                request(n * 10 + 5, "other", says_nothing.clone()),
            ]
        })
        .collect();
    let facts = facts_of(&lines);
    let share = all(&facts, "tokens.reasoning_share");
    is(share, "value", 0.6);
    is(share, "n", 4.0);
    is(share, "units", 4.0);
    let silent: Vec<Value> = (0..4)
        .map(|n| request(n * 10, "other", says_nothing.clone()))
        .collect();
    assert_eq!(all(&facts_of(&silent), "tokens.reasoning_share"), None);
}

/// A day of steps in quarters of an hour, 20 in each, of which 2 fail, with a target of 95 %: twice what is allowed over 6
/// hours and their last half; the records are too short for three days.
#[test]
fn a_budget_that_burns_evenly() {
    let mut lines: Vec<Value> = Vec::new();
    for quarter in 0..95 {
        for n in 0..20 {
            let outcome = if n < 2 { "error" } else { "ok" };
            let more = json!({"outcome": outcome, "session": format!("s{quarter}")});
            lines.push(operation("step", quarter * 900 + n, 1.0, more));
        }
    }
    let facts = facts_of(&lines);
    is(all(&facts, "burn.six_hours"), "value", 2.0);
    // A quarter of an hour has but two failures: three are asked for.
    is(all(&facts, "burn.hour"), "value", 0.0);
    assert_eq!(all(&facts, "burn.three_days"), None);
    assert_eq!(
        all(&facts_of(&lines[..40]), "burn.hour"),
        None,
        "half an hour"
    );
}

/// CPU every 15 s for two hours: over the limit in the first of each ten samples.
#[test]
fn an_alert_that_flaps() {
    let samples: Vec<Value> = (0..480)
        .map(|n| {
            let value = if n % 10 == 0 { 0.9 } else { 0.1 };
            json!({"kind": "sample", "metric": "cpu_utilization", "value": value, "time": at(n * 15), "host": "a"})
        })
        .collect();
    let alert = |name: &str, side: Option<Side>| Alert {
        name: name.into(),
        metric: Some(Metric::CpuUtilization),
        threshold: Some(0.8),
        side,
        severity: Severity::Warning,
        ..Alert::default()
    };
    let config = Config {
        alerts: vec![alert("high", None), alert("low", Some(Side::Below))],
        ..Config::default()
    };
    let facts = facts_with(&samples, &config);
    let fact = |alert: &str, name: &str| of(&facts, Subject::Alert, alert, name);
    is(fact("high", "alert.firing_share"), "value", 0.1);
    is(fact("high", "alert.firing_share"), "n", 480.0);
    // 48 times in two hours.
    is(fact("high", "alert.cycles"), "value", 24.0);
    is(fact("low", "alert.firing_share"), "value", 0.9);
    is(fact("low", "alert.cycles"), "value", 24.0);
    let short = facts_with(&samples[..100], &config);
    assert_eq!(
        of(&short, Subject::Alert, "high", "alert.cycles"),
        None,
        "25 minutes"
    );
}

/// Eight tasks with both models, as good; a million tokens of input at 3 and at 1 dollar by the built-in table.
#[test]
fn a_cheaper_model_on_the_same_tasks() {
    let mut lines: Vec<Value> = Vec::new();
    for task in 0..8 {
        for (offset, model) in [(0, "claude-sonnet-4-5"), (300, "claude-haiku-4-5")] {
            for n in 0..if offset == 0 { 2 } else { 1 } {
                let more = json!({
                    "model": model, "provider": "anthropic", "task": format!("t{task}"), "session": format!("s{task}"),
                    "tokens": {"input": 100_000, "output": 0, "cache_read": 0, "cache_write": 0},
                });
                lines.push(operation(
                    "model_request",
                    task * 1000 + offset + n * 20,
                    2.0,
                    more,
                ));
            }
        }
    }
    let facts = facts_of(&lines);
    let fact = |name: &str| of(&facts, Subject::Model, "claude-haiku-4-5", name);
    is(fact("model.success_difference"), "value", 0.0);
    is(fact("model.success_difference"), "units", 8.0);
    assert_eq!(
        of(
            &facts,
            Subject::Model,
            "claude-sonnet-4-5",
            "model.success_difference"
        ),
        None,
        "the base"
    );
}
