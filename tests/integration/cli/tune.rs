//! `tune` and `recommend explain`, through the built program.

use std::path::Path;

use predicates::prelude::*;
use predicates::str::contains;
use serde_json::Value;

use super::{fixture, program};

fn replay() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference/replay")
}

fn tuned(options: &[&str]) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let output = program(folder.path())
        .args(["tune", "--format", "json"])
        .args(options)
        .arg(replay())
        .assert()
        .success()
        .get_output()
        .stdout
        .clone();
    serde_json::from_slice(&output).unwrap()
}

fn figure(setting: &Value, metric: &str) -> f64 {
    let values = setting["values"].as_array().unwrap();
    let found = values.iter().find(|v| v["metric"] == metric).unwrap();
    found["value"].as_f64().unwrap()
}

/// Larger caches take more memory than is allowed, nineteen twentieths of the time.
#[test]
fn memory_may_be_limited() {
    let kept = tuned(&["--limit", "memory_usage=230MB"]);
    assert!(kept["constraints"][0]["left_out"].as_u64().unwrap() > 0);
    let front = kept["front"].as_array().unwrap();
    assert!(!front.is_empty());
    for setting in front {
        let peak = setting["values"]
            .as_array()
            .unwrap()
            .iter()
            .find(|v| v["metric"] == "memory_usage" && v["statistic"] == "p95");
        assert!(
            peak.unwrap()["value"].as_f64().unwrap() <= 230e6,
            "{setting}"
        );
    }
}

#[test]
fn the_front_keeps_to_floors_and_none_of_it_is_beaten() {
    let free = tuned(&[]);
    let kept = tuned(&["--floor", "accuracy=0.9"]);
    let front = kept["front"].as_array().unwrap();
    assert!(front.iter().all(|s| figure(s, "accuracy") >= 0.9));
    assert!(kept["constraints"][0]["left_out"].as_u64().unwrap() > 0);
    assert_eq!(free["simulated"], kept["simulated"]);
    let suggested = kept["suggested"].as_u64().unwrap();
    assert!((1..=front.len() as u64).contains(&suggested));
    let now = kept["now"]["score"].as_f64().unwrap();
    for setting in front {
        assert!(setting["score"].as_f64().unwrap() > now, "{setting}");
        assert!(!setting["changes"].as_array().unwrap().is_empty());
    }
    // No setting of the front is at least as good in score, time, accuracy, cost and memory with fewer changes.
    for a in front {
        let beaten = front.iter().any(|b| {
            let lower = |m: &str| figure(b, m) <= figure(a, m);
            b != a
                && b["score"].as_f64() >= a["score"].as_f64()
                && lower("response_time")
                && lower("cost")
                && lower("memory_usage")
                && figure(b, "accuracy") >= figure(a, "accuracy")
                && b["changes"].as_array().unwrap().len() < a["changes"].as_array().unwrap().len()
        });
        assert!(!beaten, "{a}");
    }
}

#[test]
fn a_setting_of_the_front_is_what_whatif_says_of_it() {
    let answer = tuned(&["--goal", "response_time", "--budget", "cost=10000"]);
    let setting = &answer["front"][0];
    let folder = tempfile::tempdir().unwrap();
    let mut command = program(folder.path());
    command.args(["whatif", "--format", "json"]).arg(replay());
    for change in setting["changes"].as_array().unwrap() {
        let value = change["to"].to_string();
        let knob = change["knob"].as_str().unwrap();
        command.args(["--set", &format!("{knob}={}", value.trim_matches('"'))]);
    }
    let output = command.assert().success().get_output().stdout.clone();
    let whatif: Value = serde_json::from_slice(&output).unwrap();
    let score = whatif["score"]["to"].as_f64().unwrap();
    assert!((score - setting["score"].as_f64().unwrap()).abs() < 1e-9);
}

/// More knobs than can be searched together: those go that gain least alone, whatever their place. Modes by purpose
/// gain more than reads that are prepared ahead.
#[test]
fn of_too_many_knobs_those_that_gain_least_are_left_out() {
    let answer = tuned(&["--goal", "response_time"]);
    let knobs = |list: &str| -> Vec<&str> {
        let list = answer[list].as_array().unwrap().iter();
        list.map(|k| k["knob"].as_str().unwrap()).collect()
    };
    let alone = |knob: &str| {
        let folder = tempfile::tempdir().unwrap();
        let values = match knob {
            "context.preload_common_contexts" => vec!["true"],
            "prompt_cache.lifetime" => vec!["3600"],
            "context.cache_size" => vec!["25", "100", "200", "400"],
            "resources.concurrent_operations" => vec!["1", "3", "4"],
            "interfaces.primary" => vec!["anthropic_api", "claude_code"],
            _ => vec!["SIMPLE", "FANCY"],
        };
        let gains = values.iter().filter_map(|value| {
            let mut command = program(folder.path());
            command.args(["whatif", "--format", "json"]).arg(replay());
            command.args(["--set", &format!("{knob}={value}")]);
            let output = command.output().unwrap();
            let whatif: Value = serde_json::from_slice(&output.stdout).unwrap();
            let effects = whatif["projection"]["effects"].as_array()?.clone();
            let own = effects
                .iter()
                .find(|e| e["metric"] == "response_time" && e["statistic"] == "mean")?;
            Some(own["from"].as_f64()? - own["to"].as_f64()?)
        });
        gains.fold(f64::NEG_INFINITY, f64::max)
    };
    let left_out: Vec<&str> = answer["not_evaluated"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|k| k["reason"].as_str().unwrap().contains("too many"))
        .map(|k| k["knob"].as_str().unwrap())
        .collect();
    assert!(!left_out.is_empty(), "{answer:#}");
    let least = knobs("tried").into_iter().map(alone);
    let least = least.fold(f64::INFINITY, f64::min);
    for knob in left_out {
        assert!(alone(knob) <= least + 1e-9, "{knob}: {answer:#}");
    }
}

#[test]
fn faults_are_named_and_what_cannot_be_tried_is_3() {
    let folder = tempfile::tempdir().unwrap();
    for (options, says) in [
        (["--floor", "acuracy=0.9"], "did you mean accuracy?"),
        (["--floor", "accuracy=high"], "0.9 or 90%"),
        (["--limit", "accuracy"], "METRIC=VALUE"),
        (["--goal", "nothing_of_the_kind"], "there is no metric"),
    ] {
        program(folder.path())
            .arg("tune")
            .args(options)
            .arg(replay())
            .assert()
            .code(2)
            .stdout("")
            .stderr(contains(says));
    }
    program(folder.path())
        .arg("tune")
        .arg(fixture("monitor-report"))
        .assert()
        .code(3);
}

#[test]
fn an_explanation_shows_values_sizes_and_the_error_of_the_replay() {
    let folder = tempfile::tempdir().unwrap();
    program(folder.path())
        .args(["recommend", "explain", "CTX003"])
        .arg(fixture("demo"))
        .assert()
        .success()
        .stdout(
            contains("performance_config.yaml:4")
                .and(contains("stack distance"))
                .and(contains("allowed"))
                .and(contains("first requests")),
        );
    // A rule that is silent says why, by name too.
    program(folder.path())
        .args(["recommend", "explain", "cpu-saturated", "--format", "json"])
        .arg(fixture("demo"))
        .assert()
        .success()
        .stdout(contains("\"state\": \"silent\"").and(contains("\"holds\": false")));
    program(folder.path())
        .args(["recommend", "explain", "CTX03"])
        .assert()
        .code(2)
        .stderr(contains("did you mean CTX003?"));
}
