//! What verbs do with their inputs, whatever these are.

use predicates::str::contains;

use super::{fixture, program};

/// Requests of `n` sessions, each of which takes that many seconds.
fn requests(seconds: &[f64], task: &str) -> String {
    let line = |(n, seconds): (usize, &f64)| {
        format!(
            r#"{{"kind":"operation","operation":"model_request","time":"2026-03-02T08:00:{n:02}Z","duration":{seconds},"outcome":"ok","session":"run {n}"{task}}}"#
        )
    };
    let lines: Vec<String> = seconds.iter().enumerate().map(line).collect();
    lines.join("\n") + "\n"
}

#[test]
fn an_output_does_not_replace_an_input() {
    let folder = tempfile::tempdir().unwrap();
    let log = requests(&[1.0, 2.0], "");
    std::fs::create_dir(folder.path().join("logs")).unwrap();
    let file = folder.path().join("logs/a.jsonl");
    std::fs::write(&file, &log).unwrap();
    for input in ["logs/a.jsonl", "logs"] {
        let run = program(folder.path())
            .args(["analyze", input, "--output", "./logs/a.jsonl"])
            .assert()
            .code(2);
        let error = String::from_utf8(run.get_output().stderr.clone()).unwrap();
        assert!(
            error.contains("logs/a.jsonl is one of the inputs"),
            "{error}"
        );
        assert_eq!(std::fs::read_to_string(&file).unwrap(), log);
    }
    // A page of last week is no input.
    for _ in 0..2 {
        program(folder.path())
            .args(["analyze", "logs", "--output", "logs/page.txt"])
            .assert()
            .code(0);
    }
}

#[test]
fn a_selection_of_nothing_is_named() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.jsonl"), requests(&[1.0], "")).unwrap();
    let said = |options: &[&str], code: i32| {
        let run = program(folder.path())
            .args(["analyze", "a.jsonl"])
            .args(options)
            .assert()
            .code(code);
        String::from_utf8(run.get_output().stderr.clone()).unwrap()
    };
    for selection in [["--where", "mode=FANCY"], ["--from", "2030-01-01"]] {
        let text = said(&selection, 3);
        assert!(text.contains("no record is in the selection"), "{text}");
    }
    let text = said(&["--from", "2027-01-01", "--to", "2026-01-01"], 2);
    assert!(
        text.contains("nothing lies between --from and --to"),
        "{text}"
    );
}

/// As the documentation has it: 1 is yes; what says no, or nothing, is no.
#[test]
fn the_cache_is_switched_off_by_a_variable() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.jsonl"), requests(&[1.0], "")).unwrap();
    let cache = folder.path().join("cache");
    for (value, is_kept) in [("1", false), ("yes", false), ("0", true), ("", true)] {
        program(folder.path())
            .args(["analyze", "a.jsonl"])
            .env("PERFADVISE_NO_CACHE", value)
            .env("PERFADVISE_CACHE_DIR", &cache)
            .env("PERFADVISE_CACHE_FROM", "0")
            .assert()
            .code(0);
        assert_eq!(cache.exists(), is_kept, "{value}");
        if is_kept {
            std::fs::remove_dir_all(&cache).unwrap();
        }
    }
    for (variable, value, code) in [
        ("PERFADVISE_CACHE_FROM", "", 0),
        ("PERFADVISE_CACHE_FROM", "-1", 2),
        ("PERFADVISE_CACHE_SIZE", "much", 2),
    ] {
        let run = program(folder.path())
            .args(["analyze", "a.jsonl"])
            .env(variable, value)
            .assert()
            .code(code);
        let error = String::from_utf8(run.get_output().stderr.clone()).unwrap();
        assert_eq!(
            error.contains(&format!("set it as {variable}=1GB")),
            code == 2,
            "{error}"
        );
    }
}

/// Eight runs of one task in each input are not the same runs, though both inputs number them alike; sessions that both
/// hold, of no task, are.
#[test]
fn runs_of_a_task_are_not_paired_by_their_number() {
    let base: Vec<f64> = (0..8).map(|n| 1.0 + 0.1 * f64::from(n)).collect();
    let other: Vec<f64> = base.iter().map(|s| s * 1.05).collect();
    for (task, is_paired) in [(r#","task":"build""#, false), ("", true)] {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.jsonl"), requests(&base, task)).unwrap();
        std::fs::write(folder.path().join("b.jsonl"), requests(&other, task)).unwrap();
        let run = program(folder.path())
            .args(["compare", "A=a.jsonl", "B=b.jsonl", "--format", "json"])
            .assert();
        let text = String::from_utf8(run.get_output().stdout.clone()).unwrap();
        let document: serde_json::Value = serde_json::from_str(&text).unwrap();
        let rows = document["comparisons"].as_array().unwrap();
        let time = rows.iter().find(|r| r["metric"] == "model_time").unwrap();
        assert_eq!(time["paired"], is_paired, "{time}");
        assert_eq!(time["units"], serde_json::json!([8, 8]));
    }
}

/// A dimension that nothing has is a mistake, not a finding.
#[test]
fn a_dimension_that_nothing_has_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let by = |dimension: &str| {
        program(folder.path())
            .args(["analyze", "--by", dimension])
            .arg(fixture("demo/records"))
            .assert()
    };
    by("mode").code(0);
    by("modle")
        .code(2)
        .stderr(contains("no record has a dimension \"modle\""));
}

/// What the program keeps below an input is none.
#[test]
fn a_cache_within_the_input_is_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    let inside = folder.path().join("inside");
    std::fs::create_dir(&inside).unwrap();
    std::fs::copy(
        fixture("demo/records/2026-11-07.jsonl"),
        inside.join("a.jsonl"),
    )
    .unwrap();
    std::fs::write(inside.join("foreign.cache"), "photos").unwrap();
    for _ in 0..3 {
        let output = program(folder.path())
            .args(["analyze", "inside", "--cache-dir", "inside/cache"])
            .args(["--cache-from", "0", "--format", "json"])
            .output()
            .unwrap();
        let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let expected = serde_json::json!(["inside/foreign.cache"]);
        assert_eq!(json["provenance"]["unrecognised"], expected);
    }
    let kept = std::fs::read_dir(inside.join("cache")).unwrap();
    assert_eq!(kept.count(), 2);
}

/// A build server unsets a variable by emptying it.
#[test]
fn an_empty_variable_is_not_set() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = program(folder.path());
    for name in [
        "CACHE_DIR",
        "CACHE_FROM",
        "CACHE_SIZE",
        "CONTEXT_CACHE_SIZE",
        "LOG",
        "NO_CACHE",
        "NOW",
        "RETRY_LIMIT",
        "STORE",
        "TIMEZONE",
    ] {
        command.env(format!("PERFADVISE_{name}"), "");
    }
    command
        .arg("analyze")
        .arg(fixture("demo/records"))
        .assert()
        .code(0)
        .stderr("");
}

/// The log follows the rules for colour, as everything else does.
#[test]
fn the_log_is_coloured_where_it_should_be() {
    let folder = tempfile::tempdir().unwrap();
    for (colour, is_coloured) in [("auto", false), ("never", false), ("always", true)] {
        let output = program(folder.path())
            .args(["analyze", "-v", "--color", colour])
            .arg(fixture("demo/records"))
            .output()
            .unwrap();
        assert!(!output.stderr.is_empty());
        assert_eq!(output.stderr.contains(&0x1b), is_coloured, "{colour}");
    }
}

/// Ten good lines and five hundred broken ones: every verb that does not show faults on its page says so.
#[test]
fn what_is_left_out_is_said_by_every_verb() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let good = |i: u32| {
        format!(
            "{{\"kind\":\"operation\",\"operation\":\"step\",\"time\":\"2026-11-23T08:0{i}:00Z\",\"duration\":2,\"outcome\":\"ok\",\"session\":\"s\"}}\n"
        )
    };
    let mut text: String = (0..10).map(good).collect();
    text.push_str(&"{\"kind\":\"operation\",\"operation\":\n".repeat(500));
    std::fs::create_dir(here.join("half")).unwrap();
    std::fs::write(here.join("half/a.jsonl"), text).unwrap();
    let alerts = "alerts: {response_time: {threshold: 5s}}\n";
    std::fs::write(here.join("perfadvise.yaml"), alerts).unwrap();
    for words in [
        &["record", "half"][..],
        &["alerts", "check", "half"],
        &["recommend", "half"],
        &["gate", "--baseline", "half", "half"],
        &["report", "weekly", "half"],
        &["dashboard", "--once", "half"],
        &["baseline", "save", "main", "half"],
        &["trend", "half"],
        &["doctor", "half"],
        &["export", "--format", "folded", "half"],
    ] {
        let output = program(here).args(words).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            said.contains("500 places of the input could not be read and are left out"),
            "{words:?}: {said}"
        );
    }
}
