//! `gate`, as a pull request meets it: good, regressed, noisy, too small, empty, without a baseline.

use std::path::Path;

use predicates::prelude::*;
use predicates::str::contains;
use serde_json::Value;

use super::program;

/// A hash of a number, spread over 0 to 1: noise that every run has alike.
#[allow(clippy::cast_precision_loss)]
fn noise(seed: u64) -> f64 {
    let x = seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let x = (x ^ (x >> 31)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    ((x ^ (x >> 29)) >> 11) as f64 / (1_u64 << 53) as f64
}

/// Steps of `tasks` tasks, five of each, with `spread` noise around `factor` times the task's time.
#[allow(clippy::cast_precision_loss)]
fn run(folder: &Path, tasks: usize, seed: u64, factor: f64, spread: f64) {
    let mut lines = Vec::new();
    for task in 0..tasks {
        for step in 0..5 {
            let own = seed * 10_000 + task as u64 * 10 + step;
            let seconds = (1.0 + task as f64 % 7.0) * factor * (1.0 + spread * (noise(own) - 0.5));
            lines.push(format!(
                r#"{{"kind":"operation","operation":"step","time":"2026-03-02T{:02}:{:02}:00Z","duration":{seconds:.4},"outcome":"ok","session":"r{seed}","task":"t{task:02}"}}"#,
                8 + task / 60,
                task % 60
            ));
        }
    }
    std::fs::create_dir_all(folder).unwrap();
    std::fs::write(folder.join("records.jsonl"), lines.join("\n")).unwrap();
}

fn json(folder: &Path, arguments: &[&str]) -> (i32, Value) {
    let output = program(folder)
        .args(["gate", "--baseline", "main"])
        .args(arguments)
        .args(["--format", "json"])
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let value = serde_json::from_str(&text)
        .unwrap_or_else(|e| panic!("{e}: {text}{}", String::from_utf8_lossy(&output.stderr)));
    (output.status.code().unwrap(), value)
}

fn check<'a>(report: &'a Value, metric: &str, statistic: &str) -> &'a Value {
    let checks = report["checks"].as_array().unwrap();
    checks
        .iter()
        .find(|c| c["metric"] == metric && c["statistic"] == statistic)
        .unwrap()
}

#[test]
fn a_branch_that_is_as_quick_passes() {
    let folder = tempfile::tempdir().unwrap();
    run(&folder.path().join("main"), 24, 1, 1.0, 0.1);
    run(&folder.path().join("branch"), 24, 2, 1.0, 0.1);
    let times = [
        "branch",
        "--metric",
        "response_time",
        "--metric",
        "response_time.p95",
    ];
    let (code, report) = json(folder.path(), &times);
    assert_eq!(
        (code, &report["verdict"], &report["exit_code"]),
        (0, &"pass".into(), &0.into())
    );
    let mean = check(&report, "response_time", "mean");
    assert_eq!(
        (&mean["verdict"], &mean["paired"]),
        (&"pass".into(), &true.into())
    );
    assert_eq!(mean["units"], serde_json::json!([24, 24]));
    // 24 tasks without a failure do not prove a success rate to 5 points: 3 ÷ 24 may still fail.
    let (code, report) = json(folder.path(), &["branch"]);
    assert_eq!((code, &report["verdict"]), (0, &"inconclusive".into()));
    assert_eq!(
        check(&report, "success_rate", "mean")["verdict"],
        "inconclusive"
    );
}

#[test]
fn a_fifth_slower_is_a_regression_and_names_what_differs() {
    let folder = tempfile::tempdir().unwrap();
    let knob = |name: &str, size: u32| {
        let text = format!("performance_optimization:\n  context:\n    cache_size: {size}\n");
        std::fs::write(
            folder.path().join(name).join("performance_config.yaml"),
            text,
        )
        .unwrap();
    };
    run(&folder.path().join("main"), 24, 1, 1.0, 0.1);
    run(&folder.path().join("branch"), 24, 2, 1.2, 0.1);
    knob("main", 100);
    knob("branch", 50);
    let (code, report) = json(folder.path(), &["branch"]);
    assert_eq!((code, &report["verdict"]), (1, &"regression".into()));
    let mean = check(&report, "response_time", "mean");
    assert_eq!(mean["verdict"], "regression");
    let effect = mean["effect"]["estimate"].as_f64().unwrap();
    assert!((effect - 1.2).abs() < 0.02, "{effect}");
    let cause = &report["events"][0]["causes"][0];
    assert_eq!(cause["what"], "context.cache_size");
    assert_eq!(
        (&cause["from"], &cause["to"]),
        (&"100".into(), &"50".into())
    );
    assert_eq!(cause["line"], 3);
    program(folder.path())
        .args(["gate", "--baseline", "main", "branch"])
        .assert()
        .code(1)
        .stdout(contains("regression").and(contains("context.cache_size 100 → 50")));
    // On purpose: a wider tolerance, or only a warning.
    let wide = [
        "branch",
        "--max-regression",
        "response_time=30%",
        "--max-regression",
        "response_time.p95=30%",
    ];
    assert_eq!(json(folder.path(), &wide).0, 0);
    let warned = [
        "branch",
        "--warn",
        "response_time",
        "--warn",
        "response_time.p95",
    ];
    let (code, report) = json(folder.path(), &warned);
    assert_eq!(code, 0);
    assert_eq!(check(&report, "response_time", "mean")["level"], "warn");
}

/// Twice as many requests of the same size are twice the tokens of a task.
#[test]
fn more_requests_are_more_tokens() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, requests: usize| {
        let lines: Vec<String> = (0..10)
            .flat_map(|task| (0..requests).map(move |request| (task, request)))
            .map(|(task, request)| {
                format!(
                    r#"{{"kind":"operation","operation":"model_request","time":"2026-03-02T08:{task:02}:{request:02}Z","duration":1,"outcome":"ok","session":"{name}","task":"t{task}","tokens":{{"input":100,"output":{}}}}}"#,
                    200 + task
                )
            })
            .collect();
        std::fs::create_dir_all(folder.path().join(name)).unwrap();
        std::fs::write(folder.path().join(name).join("r.jsonl"), lines.join("\n")).unwrap();
    };
    write("main", 3);
    write("branch", 6);
    let (code, report) = json(folder.path(), &["branch", "--metric", "output_tokens"]);
    assert_eq!(code, 1);
    let tokens = check(&report, "output_tokens", "mean");
    assert_eq!(tokens["effect"]["estimate"], 2.0);
    // By hand: three requests of 204.5 tokens on average.
    assert_eq!(tokens["base_value"], 613.5);
}

#[test]
fn noise_is_inconclusive_and_says_what_would_decide() {
    let folder = tempfile::tempdir().unwrap();
    run(&folder.path().join("main"), 10, 1, 1.0, 1.6);
    run(&folder.path().join("branch"), 10, 2, 1.06, 1.6);
    let only = ["branch", "--metric", "response_time"];
    let (code, report) = json(folder.path(), &only);
    assert_eq!((code, &report["verdict"]), (0, &"inconclusive".into()));
    let mean = check(&report, "response_time", "mean");
    assert!(mean["detectable"].as_f64().unwrap() > 1.05, "{mean}");
    assert!(mean["n_needed"].as_u64().unwrap() > 10, "{mean}");
    let strict = [
        "branch",
        "--metric",
        "response_time",
        "--fail-on",
        "inconclusive",
    ];
    assert_eq!(json(folder.path(), &strict).0, 3);
}

/// Six pairs reach p = 2 ÷ 2⁶ = 0.031 at best, which a second metric lifts above 0.05.
#[test]
fn no_verdict_is_promised_that_cannot_be_reached() {
    let folder = tempfile::tempdir().unwrap();
    run(&folder.path().join("main"), 6, 1, 1.0, 0.1);
    run(&folder.path().join("branch"), 6, 2, 1.5, 0.1);
    let (code, report) = json(folder.path(), &["branch", "--metric", "response_time"]);
    assert_eq!((code, &report["verdict"]), (1, &"regression".into()));
    run(&folder.path().join("main"), 3, 1, 1.0, 0.1);
    run(&folder.path().join("branch"), 3, 2, 1.5, 0.1);
    let (code, report) = json(folder.path(), &["branch"]);
    assert_eq!((code, &report["verdict"]), (3, &"insufficient".into()));
}

#[test]
fn what_is_empty_missing_or_unreadable_never_passes() {
    let folder = tempfile::tempdir().unwrap();
    run(&folder.path().join("main"), 24, 1, 1.0, 0.1);
    std::fs::create_dir(folder.path().join("empty")).unwrap();
    std::fs::create_dir(folder.path().join("broken")).unwrap();
    std::fs::write(
        folder.path().join("broken/r.jsonl"),
        "{\"kind\":\"operation\",\n",
    )
    .unwrap();
    for candidate in ["empty", "broken"] {
        let (code, report) = json(folder.path(), &[candidate]);
        assert_eq!(
            (code, &report["verdict"]),
            (3, &"insufficient".into()),
            "{candidate}"
        );
    }
    program(folder.path())
        .args(["gate", "--baseline", "empty", "main"])
        .assert()
        .code(3)
        .stdout(contains("insufficient"));
    program(folder.path())
        .args(["gate", "--baseline", "nowhere", "main"])
        .assert()
        .code(2)
        .stderr(contains("there is no baseline"));
    program(folder.path())
        .args(["gate", "--baseline", "main", "nowhere"])
        .assert()
        .code(2)
        .stderr(contains("nowhere"));
    program(folder.path())
        .args(["gate", "main"])
        .assert()
        .code(2)
        .stderr(contains("--baseline"));
}

#[test]
fn absolute_limits_are_judged_by_the_end_of_the_interval() {
    let folder = tempfile::tempdir().unwrap();
    run(&folder.path().join("main"), 24, 1, 1.0, 0.1);
    run(&folder.path().join("branch"), 24, 2, 1.0, 0.1);
    let of = |limit: &str| {
        let arguments = ["branch", "--max", limit];
        let (code, report) = json(folder.path(), &arguments);
        let checks = report["checks"].as_array().unwrap();
        let check = checks.iter().find(|c| c["kind"] == "max").unwrap();
        (code, check["verdict"].as_str().unwrap().to_owned())
    };
    // The times are 1 to 7 s, their mean over the sessions' tasks lies near 3.8 s.
    assert_eq!(of("response_time=60s"), (0, "pass".into()));
    assert_eq!(of("response_time=1s"), (1, "regression".into()));
    assert_eq!(of("response_time=3.9s").1, "inconclusive");
}

/// The judge of the metric reads the whole file, so a look at its shape is enough here.
#[test]
fn outputs_for_continuous_integration() {
    let folder = tempfile::tempdir().unwrap();
    run(&folder.path().join("main"), 24, 1, 1.0, 0.1);
    run(&folder.path().join("branch"), 24, 2, 1.3, 0.1);
    let text = |format: &str| {
        let output = program(folder.path())
            .args(["gate", "--baseline", "main", "branch", "--format", format])
            .env("GITHUB_STEP_SUMMARY", folder.path().join("summary.md"))
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1), "{format}");
        String::from_utf8(output.stdout).unwrap()
    };
    let junit = text("junit");
    assert!(
        junit.contains("<failure message=\"response time: regression"),
        "{junit}"
    );
    let sarif: Value = serde_json::from_str(&text("sarif")).unwrap();
    let result = &sarif["runs"][0]["results"][0];
    assert_eq!(sarif["version"], "2.1.0");
    assert_eq!(result["ruleId"], "response_time-mean");
    assert_eq!(result["level"], "error");
    assert!(result["partialFingerprints"]["perfadvise/v1"].is_string());
    assert!(result["locations"][0]["physicalLocation"]["region"]["startLine"].is_u64());
    let github = text("github");
    assert!(
        github.starts_with("::error title=perfadvise%3A response_time::"),
        "{github}"
    );
    let summary = std::fs::read_to_string(folder.path().join("summary.md")).unwrap();
    assert!(summary.contains("| Response time |"), "{summary}");
    let markdown = text("markdown");
    assert!(markdown.len() < 65_536 && markdown.contains("regression"));
    let csv = text("csv");
    assert!(csv.lines().count() >= 3, "{csv}");
}

/// A stored baseline gives the verdict of the records it was made of; what was accepted fails nothing.
#[test]
fn a_stored_baseline_judges_as_its_records_do() {
    let folder = tempfile::tempdir().unwrap();
    run(&folder.path().join("runs"), 24, 1, 1.0, 0.1);
    run(&folder.path().join("branch"), 24, 2, 1.3, 0.1);
    let verb = |arguments: &[&str]| program(folder.path()).args(arguments).assert();
    verb(&["baseline", "save", "main", "runs"]).code(0);
    let only = ["branch", "--metric", "response_time"];
    let (code, stored) = json(folder.path(), &only);
    assert_eq!(code, 1);
    let output = program(folder.path())
        .args([
            "gate",
            "--baseline",
            "runs",
            "branch",
            "--metric",
            "response_time",
            "--format",
            "json",
        ])
        .output()
        .unwrap();
    let direct: Value = serde_json::from_slice(&output.stdout).unwrap();
    for key in [
        "effect",
        "p",
        "p_adjusted",
        "units",
        "base_value",
        "verdict",
    ] {
        assert_eq!(stored["checks"][0][key], direct["checks"][0][key], "{key}");
    }
    let elsewhere = [
        "gate",
        "--baseline",
        "main",
        "branch",
        "--environment",
        "host=other",
    ];
    verb(&elsewhere)
        .code(2)
        .stderr(contains("of another environment"));
    let anyway: Vec<&str> = elsewhere
        .into_iter()
        .chain(["--allow-environment"])
        .collect();
    verb(&anyway).code(1);
    verb(&["gate", "--baseline", "mian", "branch"])
        .code(2)
        .stderr(contains("main"));
    verb(&[
        "baseline",
        "accept",
        "main",
        "branch",
        "--metric",
        "response_time",
        "--reason",
        "smaller hosts",
    ])
    .code(0);
    let (code, accepted) = json(folder.path(), &only);
    assert_eq!(
        (code, &accepted["checks"][0]["accepted"]),
        (0, &true.into())
    );
}

/// Steps of tasks whose times are told one by one.
fn timed(folder: &Path, seconds: impl Fn(usize) -> f64, tasks: usize) {
    let lines: Vec<String> = (0..tasks)
        .map(|task| {
            format!(
                r#"{{"kind":"operation","operation":"step","time":"2026-03-02T08:{task:02}:00Z","duration":{},"outcome":"ok","session":"s","task":"t{task:02}"}}"#,
                seconds(task)
            )
        })
        .collect();
    std::fs::create_dir_all(folder).unwrap();
    std::fs::write(folder.join("records.jsonl"), lines.join("\n")).unwrap();
}

/// Half of the tasks go from nothing to five seconds: no factor tells by how much, and the difference does.
#[test]
fn what_begins_at_nothing_never_passes() {
    let folder = tempfile::tempdir().unwrap();
    #[allow(clippy::cast_precision_loss)]
    let base = |i: usize| if i < 12 { 0.0 } else { i as f64 };
    timed(&folder.path().join("main"), base, 24);
    timed(
        &folder.path().join("branch"),
        |i| if i < 12 { 5.0 } else { base(i) },
        24,
    );
    let (_, report) = json(folder.path(), &["branch", "--metric", "response_time"]);
    let mean = check(&report, "response_time", "mean");
    assert_ne!(mean["verdict"], "pass");
    assert_eq!(mean["effect"]["kind"], "difference");
}

/// A candidate that leaves out the tasks it is slow at proves nothing for them.
#[test]
fn tasks_that_are_missing_keep_it_from_passing() {
    let folder = tempfile::tempdir().unwrap();
    #[allow(clippy::cast_precision_loss)]
    let seconds = |i: usize| 1.0 + i as f64;
    timed(&folder.path().join("main"), seconds, 24);
    timed(&folder.path().join("branch"), seconds, 8);
    let only = ["branch", "--metric", "response_time"];
    let (code, report) = json(folder.path(), &only);
    assert_eq!((code, &report["verdict"]), (0, &"inconclusive".into()));
    assert_eq!(report["tasks"]["base_only"], 16);
    program(folder.path())
        .args(["gate", "--baseline", "main"])
        .args(only)
        .assert()
        .stdout(contains("8 of the baseline's 24 tasks"));
}

/// Plain series around zero: the tolerance is a share of the baseline's value, not of one.
#[test]
fn a_tolerance_of_a_plain_series_is_a_share() {
    let folder = tempfile::tempdir().unwrap();
    let series = |name: &str, factor: f64| {
        let rows: Vec<String> = (0..60)
            .map(|i| {
                let value = if i == 7 {
                    0.0
                } else {
                    factor * (1_000.0 + 40.0 * noise(i))
                };
                format!("2026-03-02T{:02}:{:02}:00Z,{value}", 8 + i / 6, i % 6 * 10)
            })
            .collect();
        let text = format!("timestamp,value\n{}\n", rows.join("\n"));
        std::fs::write(folder.path().join(name), text).unwrap();
    };
    series("main", 1.0);
    series("near.csv", 1.0015);
    series("far.csv", 3.0);
    assert_ne!(
        json(folder.path(), &["near.csv"]).1["verdict"],
        "regression"
    );
    assert_eq!(json(folder.path(), &["far.csv"]).1["verdict"], "regression");
}

#[test]
fn what_decides_nothing_is_no_pass() {
    let folder = tempfile::tempdir().unwrap();
    run(&folder.path().join("main"), 24, 1, 1.0, 0.1);
    run(&folder.path().join("branch"), 24, 2, 1.0, 0.1);
    let warned = [
        "branch",
        "--warn",
        "response_time",
        "--warn",
        "response_time.p95",
        "--off",
        "success_rate",
    ];
    let (code, report) = json(folder.path(), &warned);
    assert_eq!((code, &report["verdict"]), (3, &"insufficient".into()));
    // Naming the mean does not name p95, which has too few values here.
    run(&folder.path().join("main"), 10, 1, 1.0, 0.1);
    run(&folder.path().join("branch"), 10, 2, 1.0, 0.1);
    let named = [
        "branch",
        "--max-regression",
        "response_time=10%",
        "--max",
        "cost=5",
    ];
    let (_, report) = json(folder.path(), &named[..3]);
    assert_ne!(report["verdict"], "insufficient", "{report}");
    // A limit on what was not measured is insufficient, not bad usage.
    let (code, report) = json(folder.path(), &named);
    assert_eq!((code, &report["verdict"]), (3, &"insufficient".into()));
}

#[test]
fn hostile_names_stay_text() {
    let folder = tempfile::tempdir().unwrap();
    let name = "b\n::error::boom\u{202e}|<b>";
    run(&folder.path().join("main"), 24, 1, 1.0, 0.1);
    run(&folder.path().join(name), 24, 2, 1.3, 0.1);
    for format in ["markdown", "github", "text", "junit"] {
        let output = program(folder.path())
            .args(["gate", "--baseline", "main", name, "--format", format])
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(
            !text.lines().any(|l| l.starts_with("::error::boom")),
            "{format}: {text}"
        );
        assert!(!text.contains('\u{202e}'), "{format}: {text}");
        assert!(
            format == "text" || !text.contains("<b>"),
            "{format}: {text}"
        );
    }
}

#[test]
fn bad_usage_helps() {
    let folder = tempfile::tempdir().unwrap();
    run(&folder.path().join("main"), 8, 1, 1.0, 0.1);
    let gate = |arguments: &[&str]| {
        let mut command = program(folder.path());
        command
            .args(["gate", "--baseline", "main", "main"])
            .args(arguments);
        command.assert().code(2)
    };
    gate(&["--metric", "respons_time"]).stderr(contains("did you mean response_time?"));
    gate(&["--max-regression", "response_time"]).stderr(contains("METRIC=VALUE"));
    gate(&["--max-regression", "response_time=ten"]).stderr(contains("help:"));
    gate(&["--min", "success_rate=2h"]).stderr(contains("help:"));
}

/// The demonstration against itself: no change, with an interval as wide as that of both scores.
#[test]
fn the_change_of_the_score_has_an_interval() {
    let folder = tempfile::tempdir().unwrap();
    let demo = super::fixture("demo");
    let demo = demo.to_str().unwrap();
    let output = program(folder.path())
        .args(["gate", "--baseline", demo, demo, "--format", "json"])
        .output()
        .unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let score = &report["score"];
    assert_eq!(score["from"], score["to"]);
    assert!(score["low"].as_f64() < Some(0.0) && score["high"].as_f64() > Some(0.0));
    assert_eq!(score["beyond_noise"], false);
    let output = program(folder.path())
        .args(["gate", "--baseline", demo, demo])
        .output()
        .unwrap();
    let page = String::from_utf8(output.stdout).unwrap();
    assert!(page.contains("(0.0 points, 95 % interval"), "{page}");
}

/// The findings of `analyze`, or what it said of a rule that it could not judge.
fn worse_than_before(folder: &Path, arguments: &[&str]) -> (Value, Value) {
    let output = program(folder)
        .args(["analyze", "--format", "json"])
        .args(arguments)
        .output()
        .unwrap();
    let page: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&output.stderr)));
    let of = |list: &str| {
        let all = page[list].as_array().unwrap();
        let found = all.iter().find(|row| row["rule"] == "TIME004");
        found.cloned().unwrap_or(Value::Null)
    };
    (of("findings"), of("not_evaluated"))
}

#[test]
fn a_rule_says_what_the_gate_says() {
    let folder = tempfile::tempdir().unwrap();
    run(&folder.path().join("main"), 24, 1, 1.0, 0.1);
    run(&folder.path().join("slow"), 24, 2, 1.4, 0.1);
    run(&folder.path().join("same"), 24, 3, 1.0, 0.1);
    let against = ["--baseline", "main"];

    let (found, _) = worse_than_before(folder.path(), &[&against[..], &["slow"]].concat());
    let evidence = found["evidence"].as_array().unwrap();
    let worst = &evidence[0];
    let (_, report) = json(folder.path(), &["slow"]);
    let checks = report["checks"].as_array().unwrap();
    let of = worst["of"].as_str().unwrap();
    let judged = checks.iter().find(|c| {
        let name = format!(
            "{} {}",
            c["metric"].as_str().unwrap(),
            c["statistic"].as_str().unwrap()
        );
        of.starts_with(&name)
    });
    let judged = judged.unwrap_or_else(|| panic!("{of}"));
    assert_eq!(judged["verdict"], "regression");
    for (figure, end) in [("value", "estimate"), ("low", "low"), ("high", "high")] {
        let change = judged["effect"][end].as_f64().unwrap() - 1.0;
        assert!(
            (worst[figure].as_f64().unwrap() - change).abs() < 1e-12,
            "{figure}"
        );
    }
    assert_eq!(worst["threshold"], judged["tolerance"]);

    let (found, open) = worse_than_before(folder.path(), &[&against[..], &["same"]].concat());
    assert_eq!((found, open), (Value::Null, Value::Null));
    let (found, open) = worse_than_before(folder.path(), &["slow"]);
    assert_eq!(found, Value::Null);
    assert_eq!(open["reason"], "needs a baseline: --baseline NAME-or-PATH");
}

/// Twenty runs of ten steps at a dollar each, times `dearer`, of which `failed` of ten fail; one in ten costs a
/// cent more, so that there is something to test.
fn priced(folder: &Path, dearer: f64, failed: usize) {
    let mut lines = Vec::new();
    for run in 0..20 {
        for step in 0..10 {
            let outcome = if step < failed { "error" } else { "ok" };
            let cost = dearer * if (run + step) % 10 == 0 { 1.01 } else { 1.0 };
            lines.push(format!(
                r#"{{"kind":"operation","operation":"step","time":"2026-03-02T{:02}:{step:02}:00Z","duration":1.{run:02},"outcome":"{outcome}","run":"r{run}","cost":{cost:.4}}}"#,
                run % 24,
            ));
        }
    }
    std::fs::create_dir_all(folder).unwrap();
    std::fs::write(folder.join("records.jsonl"), lines.join("\n")).unwrap();
}

#[test]
fn more_may_be_spent_where_more_succeeds() {
    let folder = tempfile::tempdir().unwrap();
    priced(&folder.path().join("main"), 1.0, 5);
    // 1.3 times the money for 0.9 ÷ 0.5 of the successes: 1.3 ÷ 1.8 = 0.72 of the cost for each.
    priced(&folder.path().join("better"), 1.3, 1);
    // The same money for the same successes.
    priced(&folder.path().join("dear"), 1.3, 5);
    let against = ["--baseline", "main"];
    let (found, open) = worse_than_before(folder.path(), &[&against[..], &["better"]].concat());
    assert_eq!((found, open), (Value::Null, Value::Null));
    let (found, _) = worse_than_before(folder.path(), &[&against[..], &["dear"]].concat());
    let worst = &found["evidence"][0];
    assert_eq!(worst["of"], "cost mean v main");
    assert!(
        (worst["value"].as_f64().unwrap() - 0.3).abs() < 1e-9,
        "{worst}"
    );
}

#[test]
fn a_baseline_is_not_followed() {
    let folder = tempfile::tempdir().unwrap();
    run(&folder.path().join("main"), 2, 1, 1.0, 0.1);
    program(folder.path())
        .args(["analyze", "--follow", "--baseline", "main", "main"])
        .assert()
        .code(2)
        .stderr(contains("--baseline does not go with --follow"));
}
