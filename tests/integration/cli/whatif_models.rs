//! `whatif` and `recommend` on another model and another interface, through the built program: like work in both
//! variants, with figures worked out by hand.

use serde_json::{Value, json};

use super::program;

/// Steps of a task in a session of its own: one model request each.
fn steps(task: &str, variant: (&str, &str), n: u32, input: u32, seconds: f64) -> String {
    let (interface, model) = variant;
    let session = format!("{task}-{interface}-{model}");
    (0..n)
        .map(|i| {
            let line = json!({
                "kind": "operation", "operation": "model_request", "outcome": "ok",
                "id": format!("{session}-{i}"), "session": session, "task": task, "purpose": "testing",
                "interface": interface, "model": model, "provider": "anthropic",
                "time": format!("2026-06-01T12:{i:02}:00Z"), "duration": seconds,
                "tokens": {"input": input, "output": 0},
            });
            format!("{line}\n")
        })
        .collect()
}

const OPUS: (&str, &str) = ("a", "claude-opus-4-5");
const SONNET: (&str, &str) = ("a", "claude-sonnet-4-5");

/// At 5 and 3 dollars a million: five small tasks, each in four requests of 1,000 tokens (0.005) and one (0.003); five
/// large ones in two of 10,000 (0.05) and four that need 15,000 (0.045); ten of 2,000 (0.01) that only one model did.
fn two_models() -> String {
    let of = |i: u32| {
        [
            steps(&format!("small{i}"), OPUS, 4, 1_000, 4.0),
            steps(&format!("small{i}"), SONNET, 1, 1_000, 2.0),
            steps(&format!("large{i}"), OPUS, 2, 10_000, 4.0),
            steps(&format!("large{i}"), SONNET, 4, 15_000, 2.0),
        ]
    };
    let mut lines: Vec<String> = (0..5).flat_map(of).collect();
    lines.push(steps("other", OPUS, 10, 2_000, 4.0));
    lines.concat()
}

/// Like work costs 0.51 dollars in place of 0.6: 0.85 of all 0.7 that the one model cost, beside 0.915 of the other.
const COST: (f64, f64) = (0.7 + 0.915, 0.7 * 0.85 + 0.915);
/// 40 requests of 4 s and 25 of 2 s; then 2 s each.
const TIME: (f64, f64) = (210.0 / 65.0, 2.0);

fn run(lines: &str, args: &[&str]) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("records.jsonl");
    std::fs::write(&path, lines).unwrap();
    let mut command = program(folder.path());
    let (verb, rest) = args.split_first().unwrap();
    command.arg(verb).arg(&path).args(rest);
    let output = command.args(["--format", "json"]).output().unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}

#[track_caller]
fn is(projection: &Value, metric: &str, (from, to): (f64, f64)) {
    let effects = projection["effects"].as_array();
    let effects = effects.unwrap_or_else(|| panic!("{projection:#}"));
    let found = effects
        .iter()
        .find(|e| e["metric"] == metric && e["statistic"] != "p95");
    let found = found.unwrap_or_else(|| panic!("{metric}: {projection:#}"));
    let number = |key: &str| found[key].as_f64().unwrap();
    let near = |a: f64, b: f64| (a - b).abs() <= 1e-6 * b.abs();
    assert!(
        near(number("from"), from) && near(number("to"), to),
        "{metric}: {found}, not {from} → {to}"
    );
}

#[test]
fn a_cheaper_model_that_did_like_work() {
    let advice = run(&two_models(), &["recommend"]);
    let all = advice["recommendations"].as_array().unwrap();
    let found = all.iter().find(|r| r["rule"] == "AGENT003");
    let projection = &found.unwrap_or_else(|| panic!("{advice:#}"))["projection"];
    assert_eq!(projection["kind"], "measured");
    is(projection, "computed_cost", COST);
    is(projection, "response_time", TIME);
    // The same by hand.
    let knob = "model_for.testing=claude-sonnet-4-5";
    let answer = run(&two_models(), &["whatif", "--set", knob]);
    is(&answer["projection"], "computed_cost", COST);
    is(&answer["projection"], "response_time", TIME);
}

/// Where the cheaper model fails at one small task in five, it is not proven to succeed as often.
#[test]
fn a_cheaper_model_that_fails_more_often() {
    let lines: String = two_models()
        .lines()
        .map(|line| {
            let mut record: Value = serde_json::from_str(line).unwrap();
            if record["model"] == SONNET.1 && record["task"] == "small0" {
                record["outcome"] = json!("error");
            }
            format!("{record}\n")
        })
        .collect();
    let advice = run(&lines, &["recommend"]);
    let all = advice["recommendations"].as_array().unwrap();
    assert!(all.iter().all(|r| r["rule"] != "AGENT003"), "{advice:#}");
}

/// Ten tasks on both interfaces, three requests of 4 s on the one, two of 3 s on the other: each of 30 becomes 1 s shorter.
#[test]
fn a_faster_interface_that_did_like_work() {
    let (slow, fast) = (("a", OPUS.1), ("b", OPUS.1));
    let of = |i: u32| {
        let task = format!("t{i}");
        [
            steps(&task, slow, 3, 1_000, 4.0),
            steps(&task, fast, 2, 1_000, 3.0),
        ]
    };
    let lines: String = (0..10).flat_map(of).collect();
    let time = ((30.0 * 4.0 + 20.0 * 3.0) / 50.0, 3.0);
    let advice = run(&lines, &["recommend"]);
    let all = advice["recommendations"].as_array().unwrap();
    let found = all.iter().find(|r| r["rule"] == "IF001");
    let projection = &found.unwrap_or_else(|| panic!("{advice:#}"))["projection"];
    is(projection, "response_time", time);
    let answer = run(&lines, &["whatif", "--set", "interfaces.primary=b"]);
    is(&answer["projection"], "response_time", time);
}
