//! `recommend claim|verify|track-record|dismiss`, through the built program.

use std::fmt::Write;
use std::path::Path;

use assert_cmd::Command;
use predicates::prelude::*;
use predicates::str::contains;
use serde_json::Value;

use super::program;

/// Steps of tests and of development, in sessions of an hour, from a day of March 2026 on. Of three
/// tests `simple` prepare a SIMPLE context, in 0.5 s instead of 2 s, give or take a fifth.
pub(super) fn log(folder: &Path, name: &str, day: u32, sessions: u32, simple: u32) {
    let mut lines = String::new();
    for session in 0..sessions {
        for step in 0..6_u32 {
            let is_test = step < 3;
            let is_simple = is_test && (session + step) % 3 < simple;
            let wobble = 0.8 + f64::from((session * 7 + step * 3) % 10) * 0.04;
            let preparation = if is_simple { 0.5 } else { 2.0 } * wobble;
            let mode = if is_simple { "SIMPLE" } else { "FANCY" };
            let purpose = if is_test { "testing" } else { "development" };
            let (day, hour) = (day + session / 12, session % 12 + 8);
            let common = format!(
                r#""time":"2026-03-{day:02}T{hour:02}:{:02}:00Z","outcome":"ok","session":"{name}{session}","mode":"{mode}","purpose":"{purpose}","interface":"claude_code""#,
                step * 9
            );
            let id = format!("{name}{session}-{step}");
            let duration = preparation + 3.0;
            writeln!(lines, r#"{{"kind":"operation","operation":"step","id":"{id}","duration":{duration},{common}}}"#).unwrap();
            writeln!(lines, r#"{{"kind":"operation","operation":"context_preparation","parent":"{id}","duration":{preparation},{common}}}"#).unwrap();
        }
    }
    std::fs::create_dir_all(folder.join("logs")).unwrap();
    std::fs::write(folder.join(format!("logs/{name}.jsonl")), lines).unwrap();
}

pub(super) fn run(folder: &Path, words: &[&str]) -> Command {
    let mut command = program(folder);
    command.args(words).args(["--now", "2026-03-09T00:00:00Z"]);
    command
}

pub(super) fn json(folder: &Path, words: &[&str]) -> Value {
    let output = run(folder, words)
        .args(["--format", "json"])
        .output()
        .unwrap();
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&output.stderr)))
}

/// A working copy with a week of logs and the configuration of an orchestrator.
pub(super) fn project() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join(".git")).unwrap();
    log(folder.path(), "a", 2, 60, 1);
    folder
}

const CODE: &str = "CTX001";

fn later(folder: &Path, words: &[&str]) -> Command {
    let mut command = program(folder);
    command.args(words).args(["--now", "2026-03-16T09:00:00Z"]);
    command
}

#[test]
fn from_a_claim_to_a_track_record() {
    let folder = project();
    let here = folder.path();
    let advice = json(here, &["recommend", "logs"]);
    let first = &advice["recommendations"][0];
    assert_eq!(
        (&first["rule"], &first["of"]["purpose"]),
        (&CODE.into(), &"testing".into())
    );
    run(here, &["recommend", "claim", CODE, "logs"])
        .assert()
        .success()
        .stdout(contains("Claimed CTX001").and(contains("context.mode_for.testing → SIMPLE")));
    // Locked: not recommended, and not to be claimed again.
    let silent = json(here, &["recommend", "logs"]);
    let codes = silent["recommendations"].as_array().unwrap();
    assert!(codes.iter().all(|r| r["rule"] != CODE));
    let reasons = silent["not_evaluated"].to_string();
    assert!(reasons.contains("context.mode_for.testing was claimed on 2026-03-09 and is locked"));
    for verb in [vec!["recommend", "claim"], vec!["apply"]] {
        let words = [verb.as_slice(), &["fancy-without-benefit", "logs"]].concat();
        run(here, &words).assert().code(2).stderr(
            contains("CTX001 was claimed on 2026-03-09: context.mode_for.testing is locked")
                .and(contains("perfadvise recommend claim CTX001 --withdraw")),
        );
    }
    run(here, &["recommend", "explain", CODE, "logs"])
        .assert()
        .success()
        .stdout(contains("Track record: none verified yet, 1 open."));
    // Nothing happened yet.
    later(here, &["recommend", "verify", "logs"])
        .assert()
        .success()
        .stdout(contains("too early to say").and(contains("0 of 10 units since the change")));
    log(here, "b", 9, 40, 3);
    // The report of the week tells of it, whether it was verified or not.
    let report = |format: &str| {
        let output = later(here, &["report", "weekly", "logs", "--format", format])
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let told: Value = serde_json::from_str(&report("json")).unwrap();
    let action = &told["summary"]["actions"][0];
    assert_eq!(
        (&action["rule"], &action["state"]),
        (&CODE.into(), &"open".into())
    );
    assert_eq!(action["verification"]["verdict"], "realised");
    let page = report("text");
    assert!(
        page.contains("Earlier actions") && page.contains("came true"),
        "{page}"
    );
    assert!(report("markdown").contains("### Earlier actions"));
    assert!(report("html").contains("Earlier actions"));
    later(here, &["recommend", "verify", "logs"])
        .assert()
        .success()
        .stdout(
            contains("claimed 9 Mar: response time, projected")
                .and(contains("came true (60 units before, 40 since)"))
                .and(contains("the change in the control is taken off"))
                .and(contains("purpose other than testing")),
        );
    later(here, &["recommend", "verify", "logs"])
        .assert()
        .success()
        .stdout(contains("No claim is open"));
    later(here, &["recommend", "track-record"])
        .assert()
        .success()
        .stdout(contains("CTX001    1 of 1 verified claim came true"));
    later(here, &["recommend", "explain", CODE, "logs"])
        .assert()
        .success()
        .stdout(
            contains("Track record: 1 of 1 verified claim came true").and(contains(
                "CTX001 context.mode_for.testing → SIMPLE, claimed 9 Mar",
            )),
        );
    let explained = json(here, &["recommend", "explain", CODE, "logs"]);
    assert_eq!(explained["track_record"]["claims"], 1);
    assert_eq!(explained["claims"][0]["state"], "verified");
    let output = later(here, &["recommend", "track-record", "--format", "json"])
        .output()
        .unwrap();
    let record: Value = serde_json::from_slice(&output.stdout).unwrap();
    let claim = &record["claims"][0];
    let found = &claim["verification"];
    let (projected, realised) = (
        &found["projected"]["estimate"],
        &found["realised"]["estimate"],
    );
    // Two thirds of the tests, half of the steps, save 1.5 s each, give or take the wobble.
    for value in [projected, realised] {
        assert!((value.as_f64().unwrap() + 0.5).abs() < 0.1, "{found}");
    }
    assert_eq!(record["rules"][0]["verdicts"]["realised"], 1);
    assert_eq!(claim["configuration"].as_str().unwrap().len(), 32);
    assert_eq!(claim["baseline"]["units"], 60);
    // The week's report still tells of it, and the knob is free.
    let told: Value = serde_json::from_str(&report("json")).unwrap();
    assert_eq!(told["summary"]["actions"][0]["state"], "verified");
    assert_eq!(told["summary"]["track_record"]["claims"], 1);
    assert!(report("text").contains("Track record of all rules: 1 of 1 verified claim came true"));
}

/// What came before a change never feeds its rule again.
#[test]
fn a_rule_hears_only_what_came_after_its_change() {
    let folder = project();
    let here = folder.path();
    run(here, &["recommend", "claim", CODE, "logs"])
        .assert()
        .success();
    log(here, "b", 9, 40, 3);
    later(here, &["recommend", "verify", "logs"])
        .assert()
        .success();
    // Both modes were seen before; since then only one.
    let output = later(here, &["recommend", "logs", "--format", "json"])
        .output()
        .unwrap();
    let advice: Value = serde_json::from_slice(&output.stdout).unwrap();
    let state = &advice["not_evaluated"];
    let of_rule = state.as_array().unwrap().iter().find(|n| n["rule"] == CODE);
    let reason = of_rule.unwrap()["reason"].as_str().unwrap();
    assert!(
        reason.ends_with("since its change on 2026-03-09"),
        "{reason}"
    );
    let without = later(
        here,
        &[
            "recommend",
            "logs",
            "--format",
            "json",
            "--store",
            "elsewhere",
        ],
    )
    .output()
    .unwrap();
    let without: Value = serde_json::from_slice(&without.stdout).unwrap();
    assert_eq!(without["recommendations"][0]["rule"], CODE);
}

#[test]
fn withdrawn_and_dismissed() {
    let folder = project();
    let here = folder.path();
    run(here, &["recommend", "claim", CODE, "logs"])
        .assert()
        .success();
    run(here, &["recommend", "claim", CODE, "--withdraw"])
        .assert()
        .success()
        .stdout(contains("withdrew claim 1"));
    run(here, &["recommend", "claim", CODE, "--withdraw"])
        .assert()
        .code(2);
    assert_eq!(
        json(here, &["recommend", "logs"])["recommendations"][0]["rule"],
        CODE
    );
    run(here, &["recommend", "dismiss", CODE])
        .assert()
        .code(2)
        .stderr(contains("--reason"));
    run(
        here,
        &[
            "recommend",
            "dismiss",
            CODE,
            "--reason",
            "accuracy comes first",
        ],
    )
    .assert()
    .success()
    .stdout(contains("--readmit"));
    let advice = json(here, &["recommend", "logs"]);
    assert!(
        advice["recommendations"]
            .as_array()
            .unwrap()
            .iter()
            .all(|r| r["rule"] != CODE)
    );
    assert!(
        advice["not_evaluated"]
            .to_string()
            .contains("dismissed on 2026-03-09: accuracy comes first")
    );
    run(here, &["recommend", "track-record"])
        .assert()
        .stdout(contains("accuracy comes first"));
    run(here, &["recommend", "dismiss", CODE, "--readmit"])
        .assert()
        .success();
    run(here, &["recommend", "dismiss", CODE, "--readmit"])
        .assert()
        .code(2);
    assert_eq!(
        json(here, &["recommend", "logs"])["recommendations"][0]["rule"],
        CODE
    );
}

#[test]
fn mistakes_are_told() {
    let folder = project();
    let here = folder.path();
    run(here, &["recommend", "claim", "CTX999", "logs"])
        .assert()
        .code(2)
        .stderr(contains("CTX999 is not recommended").and(contains("recommended are: CTX001")));
    run(
        here,
        &[
            "recommend",
            "claim",
            CODE,
            "logs",
            "--knob",
            "context.mode_for.review",
        ],
    )
    .assert()
    .code(2)
    .stderr(contains("--knob: context.mode_for.testing"));
    run(
        here,
        &["recommend", "claim", CODE, "logs", "--at", "2026-01-01"],
    )
    .assert()
    .code(2)
    .stderr(contains("nothing was recorded before"));
    run(here, &["recommend", "claim", CODE, "nowhere"])
        .assert()
        .code(2);
    run(here, &["recommend", "verify", "logs"])
        .assert()
        .code(2)
        .stderr(contains("no history"));
    assert!(!here.join(".perfadvise").exists());
}

/// A history that cannot be read stops no analysis.
#[test]
fn a_broken_history_is_a_warning() {
    let folder = project();
    let here = folder.path();
    std::fs::create_dir(here.join(".perfadvise")).unwrap();
    std::fs::write(here.join(".perfadvise/history.db"), "x").unwrap();
    run(here, &["analyze", "logs"])
        .assert()
        .success()
        .stderr(contains("claims are left out"));
}

#[test]
fn nothing_is_claimed_in_the_future() {
    let folder = project();
    run(
        folder.path(),
        &["recommend", "claim", CODE, "logs", "--at", "2099-01-01"],
    )
    .assert()
    .code(2)
    .stderr(contains("--at lies in the future"));
    assert!(!folder.path().join(".perfadvise").exists());
}
