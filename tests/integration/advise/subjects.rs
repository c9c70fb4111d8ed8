//! Facts of each purpose, interface, tool, agent, model, process and alert.

use perfadvise::advise::rule::Subject;
use perfadvise::config::{Alert, Config, Severity};
use perfadvise::metrics::Metric;
use serde_json::{Value, json};

use super::{at, facts_of, facts_with, is, of, operation, says};

/// Eight tasks that were prepared in both modes, in 2.0 and 0.2 s; accuracy 0.9 and 0.8.
#[test]
fn a_purpose_in_both_modes() {
    let mut lines: Vec<Value> = Vec::new();
    for task in 0..8 {
        for (offset, mode, seconds, accuracy) in [(0, "FANCY", 2.0, 0.9), (500, "SIMPLE", 0.2, 0.8)]
        {
            let more = json!({
                "mode": mode, "purpose": "testing", "task": format!("t{task}"),
                "session": format!("s{task}"), "cache_hit": false, "cache_key": format!("{task}{mode}"),
                "accuracy": accuracy,
            });
            lines.push(operation(
                "context_preparation",
                task * 1000 + offset,
                seconds,
                more,
            ));
        }
    }
    let facts = facts_of(&lines);
    let fact = |name: &str| of(&facts, Subject::Purpose, "testing", name);
    is(fact("purpose.time_ratio"), "value", 0.1);
    is(fact("purpose.time_ratio"), "units", 8.0);
    is(fact("purpose.time_ratio"), "n", 8.0);
    is(fact("purpose.fancy_accuracy"), "value", 0.9);
    is(fact("purpose.simple_accuracy"), "value", 0.8);
    is(fact("purpose.simple_accuracy"), "units", 8.0);
    says(fact("purpose.is_test"), true);
}

/// Eight tasks through both interfaces, in 4 and 2 s. The second one failed in one of its eight steps;
/// after all that the third one failed three times in a row.
#[test]
fn interfaces_side_by_side() {
    let step = |second: u32, interface: &str, seconds: f64, task: u32, outcome: &str| {
        operation(
            "model_request",
            second,
            seconds,
            json!({
                "interface": interface, "task": format!("t{task}"), "session": format!("s{task}"),
                "outcome": outcome,
            }),
        )
    };
    let mut lines: Vec<Value> = Vec::new();
    for task in 0..8 {
        lines.push(step(task * 1000, "one", 4.0, task, "ok"));
        let outcome = if task == 0 { "error" } else { "ok" };
        lines.push(step(task * 1000 + 500, "two", 2.0, task, outcome));
    }
    // The most used one is the base.
    lines.push(step(20_000, "one", 4.0, 8, "ok"));
    lines.extend((0..3).map(|i| step(30_000 + i * 10, "three", 1.0, 9 + i, "error")));
    let facts = facts_of(&lines);
    let fact = |interface: &str, name: &str| of(&facts, Subject::Interface, interface, name);
    is(fact("two", "interface.time_ratio"), "value", 0.5);
    is(fact("two", "interface.success_rate"), "value", 7.0 / 8.0);
    is(
        fact("two", "interface.success_difference"),
        "value",
        -1.0 / 8.0,
    );
    is(fact("one", "interface.success_rate"), "value", 1.0);
    assert_eq!(fact("one", "interface.time_ratio"), None, "the base");
    says(fact("two", "interface.is_down"), false);
    says(fact("three", "interface.is_down"), true);
    is(fact("three", "interface.is_down"), "n", 3.0);
}

/// Two of ten calls failed: Wilson's interval is 0.05668 to 0.50984.
#[test]
fn calls_of_a_tool() {
    let lines: Vec<Value> = (0..10)
        .map(|i| {
            let outcome = if i < 2 { "error" } else { "ok" };
            let more =
                json!({"tool": "Bash", "outcome": outcome, "session": format!("s{}", i % 5)});
            operation("tool_call", i * 10, 1.0, more)
        })
        .collect();
    let facts = facts_of(&lines);
    let fact = of(&facts, Subject::Tool, "Bash", "tool.failure_rate");
    is(fact, "value", 0.2);
    is(fact, "low", 0.056_682_151_454_375_19);
    is(fact, "high", 0.509_837_528_463_358_3);
    is(fact, "n", 10.0);
    is(fact, "units", 5.0);
}

/// Sessions that use 20, 40, 60, 80 and 100 % of a budget of 1,000 tokens.
#[test]
fn the_budget_of_an_agent() {
    let lines: Vec<Value> = (1..=5_u32)
        .map(|i| {
            operation(
                "model_request",
                i * 10,
                1.0,
                json!({
                    "agent": "CodeAgent", "session": format!("s{i}"), "tokens_budget": 1000,
                    "tokens": {"input": 200 * i, "output": 999},
                }),
            )
        })
        .collect();
    let facts = facts_of(&lines);
    let fact = of(&facts, Subject::Agent, "CodeAgent", "agent.budget_use");
    is(fact, "median", 0.6);
    is(fact, "p95", 1.0);
    is(fact, "n", 5.0);
}

/// The table says 30 November 2026 of this model; the period ends before, and after.
#[test]
fn a_model_that_is_retired() {
    let on = |day: &str| {
        let mut line = operation(
            "model_request",
            0,
            1.0,
            json!({"model": "claude-sonnet-4-5"}),
        );
        line["time"] = json!(format!("{day}T00:00:00Z"));
        facts_of(&[line])
    };
    let fact = "model.is_retired";
    says(
        of(&on("2026-11-29"), Subject::Model, "claude-sonnet-4-5", fact),
        false,
    );
    says(
        of(&on("2026-12-01"), Subject::Model, "claude-sonnet-4-5", fact),
        true,
    );
}

/// Memory of 100, 110, … 170 MB, a sample each 15 s: the lowest of the first quarter is 100, of the last
/// 160. In each half S is 6 of 4 values: z = 5 ÷ √(156 ÷ 18), one-sided p 0.044715, twice for two halves.
#[test]
fn the_memory_of_a_process() {
    let lines: Vec<Value> = (0..8_u32)
        .map(|i| {
            json!({
                "kind": "sample", "metric": "memory_usage", "value": 100_000_000 + 10_000_000 * i,
                "time": at(i * 15), "host": "a", "process": "worker",
            })
        })
        .collect();
    let facts = facts_of(&lines);
    let fact = |name: &str| of(&facts, Subject::Process, "worker", name);
    is(fact("process.memory_rise"), "value", 0.6);
    is(fact("process.memory_rise"), "n", 8.0);
    is(fact("process.hours"), "value", 8.0 * 15.0 / 3600.0);
    let p = fact("process.rise_p").unwrap().number("value").unwrap();
    assert!((p - 0.089_429_359).abs() < 1e-7, "{p}");
}

/// A limit of 60 s where 95 % of the steps take up to 2 s; one of 90 where a ratio is 1.
#[test]
fn alerts_against_the_data() {
    let alert = |name: &str, metric: Metric, threshold: f64| Alert {
        name: name.into(),
        metric: Some(metric),
        threshold: Some(threshold),
        side: None,
        severity: Severity::Critical,
        ..Alert::default()
    };
    let config = Config {
        alerts: vec![
            alert("slow", Metric::ResponseTime, 60.0),
            alert("success", Metric::SuccessRate, 90.0),
        ],
        ..Config::default()
    };
    let lines: Vec<Value> = (0..20)
        .map(|i| operation("step", i * 10, 2.0, json!({})))
        .collect();
    let facts = facts_with(&lines, &config);
    let fact = |alert: &str, name: &str| of(&facts, Subject::Alert, alert, name);
    is(fact("success", "alert.factor"), "value", 90.0);
    says(fact("success", "alert.is_ratio"), true);
    says(fact("slow", "alert.is_ratio"), false);
    is(fact("slow", "alert.threshold"), "value", 60.0);
    let factor = fact("slow", "alert.factor").unwrap().number("value");
    // The p95 comes from a histogram.
    assert!((factor.unwrap() - 30.0).abs() < 0.3, "{factor:?}");
}
