//! `whatif` on the strategy by which modes are chosen, through the built program: counts worked out by hand, and
//! generated steps against an independent script (`tests/reference/strategy.py`).

use std::path::Path;

use serde_json::{Value, json};

use super::whatif_streams::{is, reason, run};

/// Steps of a purpose in a mode, a minute apart, from an hour on.
fn steps(hour: u32, purpose: &str, mode: &str, n: u32) -> Vec<Value> {
    let seconds = if mode == "FANCY" { 4 } else { 2 };
    (0..n)
        .map(|i| {
            json!({
                "kind": "operation", "operation": "step", "outcome": "ok", "duration": seconds,
                "time": format!("2026-03-02T{hour:02}:{i:02}:00Z"), "session": format!("{hour}-{purpose}-{i}"),
                "purpose": purpose, "mode": mode,
            })
        })
        .collect()
}

fn switch(time: &str, from: &str, to: &str) -> Value {
    json!({
        "kind": "event", "event": "config_change", "time": format!("2026-03-02T{time}Z"),
        "knob": "context.mode_selection_strategy", "from": from, "to": to,
    })
}

/// Under balanced half of the tests ran in FANCY and three quarters of the rest, under performance_first a fifth of the
/// tests and three fifths of the rest. FANCY takes 4 s, SIMPLE 2 s.
fn two_strategies() -> Vec<Value> {
    [
        steps(8, "testing", "FANCY", 20),
        steps(8, "testing", "SIMPLE", 20),
        steps(8, "development", "FANCY", 30),
        steps(8, "development", "SIMPLE", 10),
        vec![switch("12:00:00", "balanced", "performance_first")],
        steps(12, "testing", "FANCY", 8),
        steps(12, "testing", "SIMPLE", 32),
        steps(12, "development", "FANCY", 24),
        steps(12, "development", "SIMPLE", 16),
    ]
    .concat()
}

fn of(lines: &[Value], sets: &[&str]) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let text: String = lines.iter().map(|l| format!("{l}\n")).collect();
    std::fs::write(folder.path().join("records.jsonl"), text).unwrap();
    run(folder.path(), sets)
}

fn set(strategy: &str) -> String {
    format!("context.mode_selection_strategy={strategy}")
}

/// 120 + 140 s under balanced, 96 + 128 s under performance_first: 484 s of 160 steps.
const NOW: f64 = 484.0 / 160.0;

#[test]
fn steps_are_brought_to_the_mix_of_the_other_strategy() {
    // Of 40 tests 12 more would run in SIMPLE, of the rest 6: 2 s less each.
    let answer = of(&two_strategies(), &[&set("performance_first")]);
    is(&answer, "response_time", NOW, (484.0 - 36.0) / 160.0);
    assert_eq!(answer["projection"]["kind"], "measured");
    assert_eq!(answer["projection"]["at_most"], false);
    assert_eq!(answer["settings"][0]["from"], "performance_first");
    let notes = answer["notes"].to_string();
    for told in [
        "testing: 12 of 20 steps in FANCY",
        "development: 6 of 30 steps",
    ] {
        assert!(notes.contains(told), "{notes}");
    }
    // Back: of the later tests 12 of 32 would run in FANCY again, of the rest 6 of 16.
    let answer = of(&two_strategies(), &[&set("balanced")]);
    is(&answer, "response_time", NOW, (484.0 + 36.0) / 160.0);
}

/// A mode that is set for a purpose goes before what a strategy chooses for it.
#[test]
fn a_mode_of_its_own_counts_once() {
    let sets = [&set("performance_first"), "context.mode_for.testing=SIMPLE"];
    let answer = of(&two_strategies(), &sets);
    // All 28 tests in FANCY take 2 s less, of the rest 6 steps.
    is(&answer, "response_time", NOW, (484.0 - 56.0 - 12.0) / 160.0);
    // And with all in FANCY nothing is left to choose.
    let sets = [&set("performance_first"), "context.mode=FANCY"];
    is(&of(&two_strategies(), &sets), "response_time", NOW, 4.0);
}

#[test]
fn too_few_steps_stay_as_they_are() {
    let mut lines = two_strategies();
    lines.extend(steps(9, "review", "FANCY", 30));
    lines.extend(steps(13, "review", "SIMPLE", 19));
    let answer = of(&lines, &[&set("performance_first")]);
    let (n, all) = (209.0, 484.0 + 120.0 + 38.0);
    is(&answer, "response_time", all / n, (all - 36.0) / n);
    assert!(answer["notes"].to_string().contains("review"), "{answer:#}");
    lines.extend(steps(14, "review", "SIMPLE", 1));
    let answer = of(&lines, &[&set("performance_first")]);
    let (n, all) = (n + 1.0, all + 2.0);
    is(&answer, "response_time", all / n, (all - 36.0 - 60.0) / n);
}

/// Rows are known to a quarter of an hour: the steps of the one in which the strategy changed may be of either.
#[test]
fn steps_around_the_change_stay_as_they_are() {
    let mut lines = two_strategies();
    for line in &mut lines {
        let text = line.to_string().replace("T12:00:00Z", "T12:05:00Z");
        let is_switch = line["kind"] == "event";
        let later = text.replace("T12:", "T13:");
        *line = serde_json::from_str(if is_switch { &text } else { &later }).unwrap();
    }
    lines.extend(steps(12, "testing", "FANCY", 3));
    let answer = of(&lines, &[&set("performance_first")]);
    is(
        &answer,
        "response_time",
        496.0 / 163.0,
        (496.0 - 36.0) / 163.0,
    );
    let notes = answer["notes"].to_string();
    assert!(notes.contains("stay as they are: 3."), "{notes}");
}

#[test]
fn what_was_not_in_force_is_not_projected() {
    let answer = of(&two_strategies(), &[&set("accuracy_first")]);
    let told = reason(&answer);
    assert!(
        told.contains("no step ran under accuracy_first") && told.contains("context.mode_for."),
        "{told}"
    );
    let operations: Vec<Value> = two_strategies()
        .into_iter()
        .filter(|l| l["kind"] == "operation")
        .collect();
    let told = reason(&of(&operations, &[&set("balanced")]));
    assert!(told.contains("is not known"), "{told}");
    // As it is already.
    let folder = tempfile::tempdir().unwrap();
    let text: String = operations.iter().map(|l| format!("{l}\n")).collect();
    std::fs::write(folder.path().join("records.jsonl"), text).unwrap();
    let settings = "performance_optimization:\n  context:\n    mode_selection_strategy: balanced\n";
    std::fs::write(folder.path().join("performance_config.yaml"), settings).unwrap();
    let answer = run(folder.path(), &[&set("balanced")]);
    assert!(
        answer["notes"].to_string().contains("already"),
        "{answer:#}"
    );
    // The configuration now tells that the other one never was.
    assert!(reason(&run(folder.path(), &[&set("accuracy_first")])).contains("no step ran"));
}

#[test]
fn generated_steps_give_what_an_independent_script_gives() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference");
    let truth = std::fs::read(folder.join("strategy.json")).unwrap();
    let truth: Value = serde_json::from_slice(&truth).unwrap();
    for (strategy, expected) in truth.as_object().unwrap() {
        let answer = run(&folder.join("strategy.jsonl"), &[&set(strategy)]);
        let effects = answer["projection"]["effects"].as_array().unwrap();
        for (value, metric) in [("took", "response_time"), ("accuracy", "accuracy")] {
            let found = effects.iter().find(|e| e["metric"] == metric).unwrap();
            for key in ["from", "to", "low", "high"] {
                let (a, b) = (
                    found[key].as_f64().unwrap(),
                    expected[value][key].as_f64().unwrap(),
                );
                assert!((a - b).abs() < 1e-6, "{strategy} {metric} {key}: {a} {b}");
            }
        }
    }
}

/// Where the other strategy was in force for a while, the search tries it.
#[test]
fn the_search_tries_what_was_in_force() {
    let folder = tempfile::tempdir().unwrap();
    let text: String = two_strategies().iter().map(|l| format!("{l}\n")).collect();
    std::fs::write(folder.path().join("records.jsonl"), text).unwrap();
    let output = super::program(folder.path())
        .args(["tune", ".", "--goal", "response_time", "--format", "json"])
        .output()
        .unwrap();
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    let tried = answer["tried"].as_array().unwrap();
    let own = tried
        .iter()
        .find(|t| t["knob"] == "context.mode_selection_strategy");
    assert_eq!(own.unwrap()["values"], json!(["balanced"]), "{answer:#}");
}
