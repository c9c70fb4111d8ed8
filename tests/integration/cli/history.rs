//! `record`, `--record`, `--history` and `history`, through the built program.

use std::path::Path;

use assert_cmd::Command;
use predicates::prelude::*;
use predicates::str::contains;
use serde_json::Value;

use super::{fixture, program};

/// The log of a session: a step an hour for as many days, in seconds.
fn log(folder: &Path, session: &str, days: std::ops::Range<u32>, seconds: f64) {
    let mut lines = Vec::new();
    for day in days {
        for hour in 8..14 {
            lines.push(format!(
                r#"{{"kind":"operation","operation":"step","time":"2026-03-{day:02}T{hour:02}:00:00Z","duration":{seconds},"outcome":"ok","session":"{session}-{day}","mode":"FANCY"}}"#
            ));
        }
    }
    std::fs::create_dir_all(folder.join("logs")).unwrap();
    std::fs::write(
        folder.join(format!("logs/{session}.jsonl")),
        lines.join("\n"),
    )
    .unwrap();
}

fn run(folder: &Path, words: &[&str]) -> Command {
    let mut command = program(folder);
    command.args(words).args(["--now", "2026-03-16T09:00:00Z"]);
    command
}

fn json(folder: &Path, words: &[&str]) -> Value {
    let output = run(folder, words)
        .args(["--format", "json"])
        .output()
        .unwrap();
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&output.stderr)))
}

fn export(folder: &Path) -> String {
    let output = run(folder, &["history", "export"]).output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}

fn working_copy() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join(".git")).unwrap();
    folder
}

/// A million tokens at 5 dollars, by the built-in table, and as many at 6.
#[test]
fn costs_of_the_history_have_the_day_of_their_own_prices() {
    let folder = working_copy();
    let here = folder.path();
    let log = |name: &str| {
        let line = format!(
            r#"{{"kind":"operation","operation":"model_request","time":"2026-03-02T08:00:00Z","duration":1,"outcome":"ok","session":"{name}","model":"claude-opus-4-5","tokens":{{"input":1000000,"output":0}}}}"#
        );
        std::fs::write(here.join(name), line).unwrap();
    };
    log("a.jsonl");
    run(here, &["record", "a.jsonl"]).assert().success();
    std::fs::write(
        here.join("mine.json"),
        r#"{"date":"2026-12-24","source":"mine","models":[{"model":"claude-opus-4-5","prices":[{"fresh":6,"output":1}]}]}"#,
    )
    .unwrap();
    let own = perfadvise::prices::PriceTable::built_in().date;
    let note = |words: &[&str]| {
        let said = json(here, words)["provenance"]["prices"].clone();
        let text = |key: &str| said[key].as_str().unwrap().to_owned();
        (text("date"), text("source"), said["cost"].as_f64().unwrap())
    };
    let words = ["analyze", "--history", "--prices", "mine.json"];
    assert_eq!(note(&words), (own.clone(), String::new(), 5.0));
    run(here, &words)
        .assert()
        .stderr(contains(format!("by prices of {own}, not of 2026-12-24")));
    log("b.jsonl");
    assert_eq!(
        note(&["analyze", "b.jsonl", "--history", "--prices", "mine.json"]),
        (format!("{own}, 2026-12-24"), String::new(), 11.0)
    );
    assert_eq!(
        note(&["analyze", "b.jsonl", "--prices", "mine.json"]),
        ("2026-12-24".into(), "mine".into(), 6.0)
    );
}

#[test]
fn a_week_is_answered_when_its_logs_are_gone() {
    let folder = working_copy();
    let here = folder.path();
    log(here, "a", 2..9, 2.0);
    log(here, "b", 9..16, 3.0);
    run(here, &["record", "logs"])
        .assert()
        .success()
        .stdout(contains("14 new, 0 changed, 0 unchanged"));
    let fresh = json(here, &["report", "weekly", "logs"]);
    std::fs::remove_dir_all(here.join("logs")).unwrap();
    let kept = json(here, &["report", "weekly", "--history"]);
    for key in [
        "recommendations",
        "trends",
        "comparisons",
        "score",
        "metrics",
    ] {
        assert_eq!(kept[key], fresh[key], "{key}");
    }
    assert_eq!(kept["summary"]["rows"], fresh["summary"]["rows"]);
    assert_eq!(kept["summary"]["days"]["iso_week"], "2026-W11");
    let row = &kept["summary"]["rows"][0];
    assert_eq!(
        (&row["value"], &row["previous"]),
        (&3.0.into(), &2.0.into())
    );
    assert_eq!(kept["provenance"]["history"]["units"], 7);
    assert_eq!(kept["provenance"]["files"], 0);
    assert!(fresh["provenance"]["history"].is_null());
    run(here, &["analyze", "--history"])
        .assert()
        .success()
        .stdout(contains("the history (14 units)"));
    // A part of it, by time and by value.
    let part = json(
        here,
        &[
            "analyze",
            "--history",
            "--from",
            "2026-03-09",
            "--where",
            "mode=FANCY",
        ],
    );
    assert_eq!(part["provenance"]["operations"], 42);
    run(here, &["analyze", "--history", "--where", "session=a-2"])
        .assert()
        .code(2)
        .stderr(contains("unit=NAME"));
    run(here, &["analyze", "--history", "--from", "2030-01-01"])
        .assert()
        .code(3);
}

#[test]
fn with_paths_each_session_counts_once() {
    let folder = working_copy();
    let here = folder.path();
    log(here, "a", 2..5, 2.0);
    run(here, &["record", "logs", "--quiet"]).assert().success();
    log(here, "b", 5..7, 3.0);
    let both = json(here, &["analyze", "logs", "--history"]);
    assert_eq!(both["provenance"]["units"], 5);
    assert_eq!(both["provenance"]["operations"], 30);
    // Nothing was recorded on the way.
    assert_eq!(json(here, &["history", "show"])["units"], 3);
    run(here, &["analyze", "logs", "--record"])
        .assert()
        .success()
        .stderr(contains("2 new, 0 changed, 3 unchanged"));
    let shown = json(here, &["history", "show"]);
    assert_eq!(
        (&shown["units"], &shown["assessments"]),
        (&5.into(), &1.into())
    );
    let before = export(here);
    run(here, &["analyze", "logs", "--record"])
        .assert()
        .success();
    run(here, &["report", "weekly", "logs", "--record"])
        .assert()
        .stderr(contains("0 new, 0 changed, 5 unchanged"));
    run(here, &["gate", "--baseline", "logs", "logs", "--record"])
        .assert()
        .stderr(contains("0 new, 0 changed, 5 unchanged"));
    assert_eq!(export(here), before);
}

#[test]
fn whatever_verb_reads_can_record() {
    let verbs: &[&[&str]] = &[
        &["score"],
        &["recommend"],
        &["recommend", "explain", "CTX001"],
        &["trend"],
        &["doctor", "--symptom", "slow"],
        &["whatif", "--set", "context.cache_size=100"],
        &["tune"],
        &["compare", "--by", "mode"],
        &["baseline", "save", "main"],
        &["export", "--format", "folded"],
        &["report", "weekly"],
        &["backtest"],
    ];
    for verb in verbs {
        let folder = working_copy();
        let here = folder.path();
        log(here, "a", 2..5, 2.0);
        run(here, verb)
            .args(["logs", "--record"])
            .assert()
            .stderr(contains("3 new, 0 changed, 0 unchanged"));
        assert_eq!(json(here, &["history", "show"])["units"], 3, "{verb:?}");
    }
    let folder = working_copy();
    log(folder.path(), "a", 2..5, 2.0);
    run(folder.path(), &["alerts", "check", "logs", "--record"])
        .assert()
        .code(2)
        .stderr(contains("perfadvise record PATH"));
}

#[test]
fn a_part_is_not_recorded_as_the_whole() {
    let folder = working_copy();
    let here = folder.path();
    log(here, "a", 2..5, 2.0);
    for option in [
        ["--since", "7d"],
        ["--where", "mode=FANCY"],
        ["--to", "2026-03-03"],
    ] {
        run(here, &["record", "logs"])
            .args(option)
            .assert()
            .code(2)
            .stderr(contains(option[0]).and(contains("whole")));
        run(here, &["analyze", "logs", "--record"])
            .args(option)
            .assert()
            .code(2);
    }
    assert!(!here.join(".perfadvise").exists());
    run(here, &["record", "nowhere"]).assert().code(2);
    std::fs::create_dir(here.join("empty")).unwrap();
    run(here, &["record", "empty"]).assert().code(3);
    assert!(!here.join(".perfadvise").exists());
}

#[test]
fn without_a_history() {
    let folder = working_copy();
    for words in [
        &["history", "list"][..],
        &["history", "show"],
        &["analyze", "--history"],
        &["history", "export"],
    ] {
        run(folder.path(), words)
            .assert()
            .code(2)
            .stderr(contains("no history").and(contains("perfadvise record PATH")));
    }
    std::fs::create_dir(folder.path().join(".perfadvise")).unwrap();
    std::fs::write(folder.path().join(".perfadvise/history.db"), "x").unwrap();
    run(folder.path(), &["history", "show"])
        .assert()
        .code(2)
        .stderr(contains("no database of SQLite").and(contains("--store")));
}

#[test]
fn lists_and_pruning() {
    let folder = working_copy();
    let here = folder.path();
    log(here, "a", 2..5, 2.0);
    run(here, &["record", "logs"]).assert().success();
    run(here, &["history", "list"])
        .assert()
        .success()
        .stdout(contains("2026-03-02        1           6"));
    run(here, &["history", "list", "--units"])
        .assert()
        .stdout(contains("2026-03-03 08:00         6  a-3"));
    run(here, &["history", "show", "a-3"])
        .assert()
        .stdout(contains("6  step"));
    run(here, &["history", "show", "a-9"])
        .assert()
        .code(2)
        .stderr(contains("did you mean"));
    run(
        here,
        &["history", "prune", "--before", "2026-03-04", "--dry-run"],
    )
    .assert()
    .stdout(contains("would remove 2 units"));
    run(here, &["history", "prune", "--before", "2026-03-04"])
        .assert()
        .stdout(contains("removed 2 units"));
    assert_eq!(
        json(here, &["history", "list"]).as_array().unwrap().len(),
        1
    );
    let ignore = std::fs::read_to_string(here.join(".perfadvise/.gitignore")).unwrap();
    assert_eq!(ignore, "/history.db*\n/*.lock\n");
}

/// A log of steps that is cut off before each of these minutes, and holds what came since the last cut. Step `i` is at
/// minute `i / 2` and takes `i + 1` seconds, so that each differs from every other.
fn rotated(here: &Path, session: &str, steps: std::ops::Range<u32>) {
    let lines: Vec<String> = steps
        .map(|i| {
            format!(
                r#"{{"kind":"operation","operation":"step","time":"2026-03-02T08:{:02}:{:02}Z","duration":{},"outcome":"ok"{session}}}"#,
                i / 2,
                i % 2 * 30,
                i + 1
            )
        })
        .collect();
    std::fs::write(here.join("live.jsonl"), lines.join("\n")).unwrap();
}

/// Number and sum of the response times of the history.
fn kept(here: &Path) -> (u64, f64) {
    let answer = json(here, &["analyze", "--history"]);
    let rows = answer["metrics"].as_array().unwrap();
    let row = rows
        .iter()
        .find(|m| m["metric"] == "response_time")
        .unwrap();
    let n = row["n"].as_u64().unwrap();
    #[allow(clippy::cast_precision_loss)]
    let sum = row["mean"].as_f64().unwrap() * n as f64;
    (n, sum)
}

/// Twelve hundred seconds of work a quarter of an hour: 120 steps, of 1 to 120 seconds, 7,260 in all.
#[test]
fn a_log_that_is_rotated_inside_a_unit_loses_nothing() {
    for session in ["", r#","session":"a""#] {
        let folder = working_copy();
        let here = folder.path();
        let cuts = [0, 10, 40, 70, 100, 120];
        for cut in cuts.windows(2) {
            // Looked at while it grows, too, and twice when it is done.
            for end in [cut[0] + 4, cut[1], cut[1]] {
                rotated(here, session, cut[0]..end);
                run(here, &["record", "live.jsonl"])
                    .assert()
                    .success()
                    .stdout(contains("torn").not());
            }
        }
        let (n, sum) = kept(here);
        assert_eq!(n, 120, "{session}");
        assert!((sum - 7_260.0).abs() < 1e-3, "{sum}");
        // All of it at once is the same, and changes nothing.
        rotated(here, session, 0..120);
        run(here, &["record", "live.jsonl"]).assert().success();
        assert_eq!(kept(here).0, 120);
    }
}

/// Twenty steps are kept; the log lost the first ten and has fifteen new ones. Which ten are in both cannot be told from
/// sums, so the twenty stay, and somebody is told.
#[test]
fn what_cannot_be_joined_is_kept_and_told() {
    let folder = working_copy();
    let here = folder.path();
    let session = r#","session":"a""#;
    rotated(here, session, 0..20);
    run(here, &["record", "live.jsonl"]).assert().success();
    rotated(here, session, 10..35);
    run(here, &["record", "live.jsonl"])
        .assert()
        .success()
        .stdout(contains("0 new, 0 changed, 0 unchanged; 1 torn"))
        .stderr(contains(
            "of 1 sessions, runs or quarters of an hour the inputs lost records",
        ));
    assert_eq!(kept(here), (20, 210.0));
    assert_eq!(json(here, &["record", "live.jsonl"])["torn"], 1);
    run(here, &["record", "live.jsonl", "--replace"])
        .assert()
        .success()
        .stdout(contains("1 changed"));
    assert_eq!(kept(here).0, 25);
}

/// Any number of programs at once give what one after the other gives.
#[test]
fn several_programs_at_once() {
    let folder = working_copy();
    let here = folder.path();
    let names = ["a", "b", "c", "d", "e", "f"];
    for (name, at) in names.into_iter().zip(1..) {
        log(here, name, at..at + 4, f64::from(at));
    }
    let spawn = |path: &str| {
        let mut command = std::process::Command::new(assert_cmd::cargo::cargo_bin("perfadvise"));
        command
            .current_dir(here)
            .args(["record", path, "--now", "2026-03-16T09:00:00Z"])
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap()
    };
    let all: Vec<_> = names
        .iter()
        .map(|name| spawn(&format!("logs/{name}.jsonl")))
        .chain([spawn("logs"), spawn("logs")])
        .collect();
    for mut child in all {
        assert!(child.wait().unwrap().success());
    }
    let at_once = export(here);
    std::fs::remove_dir_all(here.join(".perfadvise")).unwrap();
    run(here, &["record", "logs"]).assert().success();
    assert_eq!(export(here), at_once);
}

/// Nothing of prompts, replies, commands and tool output is in the database.
#[test]
fn nobodys_words_are_kept() {
    const MARKED: &[&str] = &[
        "claude-results",
        "cline",
        "codex-results",
        "gemini-results",
        "opencode-results",
        "gemini-cli",
        "opencode",
        "otlp",
        "langfuse",
        "swe-agent",
        "tau-bench",
        "tau2-bench",
    ];
    let folder = working_copy();
    for format in MARKED {
        let mut command = run(folder.path(), &["analyze", "--record"]);
        command.arg(fixture(format)).assert().success();
    }
    let text = export(folder.path());
    assert!(text.lines().count() > 20);
    assert!(!text.contains("MARKER"));
    let bytes = std::fs::read(folder.path().join(".perfadvise/history.db")).unwrap();
    assert!(memchr::memmem::find(&bytes, b"MARKER").is_none());
}
