//! `baseline`, through the built program.

use std::path::{Path, PathBuf};

use assert_cmd::Command;
use predicates::prelude::*;
use predicates::str::contains;
use serde_json::Value;

use super::program;

/// Two runs of two tasks in folders of their own, in a working copy.
fn copy() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join(".git")).unwrap();
    for (run, seconds) in [("one", 2), ("two", 4)] {
        let lines: Vec<String> = (0..2)
            .map(|i| {
                format!(
                    r#"{{"kind":"operation","operation":"step","time":"2026-03-02T08:0{i}:00Z","duration":{seconds},"outcome":"ok","session":"{run}","task":"t{i}"}}"#
                )
            })
            .collect();
        let path = folder.path().join("runs").join(run);
        std::fs::create_dir_all(&path).unwrap();
        std::fs::write(path.join("records.jsonl"), lines.join("\n")).unwrap();
    }
    std::fs::create_dir(folder.path().join("empty")).unwrap();
    folder
}

/// `baseline` with these words, at a fixed time, as one host class.
fn baseline(folder: &Path, words: &[&str]) -> Command {
    let mut command = program(folder);
    command
        .arg("baseline")
        .args(words)
        .args(["--now", "2026-03-03T00:00:00Z"]);
    command
}

fn json(folder: &Path, words: &[&str]) -> Value {
    let output = baseline(folder, words)
        .args(["--format", "json"])
        .output()
        .unwrap();
    serde_json::from_slice(&output.stdout).unwrap_or_else(|e| {
        panic!("{e}: {}", String::from_utf8_lossy(&output.stderr));
    })
}

fn file(folder: &Path, name: &str) -> PathBuf {
    folder
        .join(".perfadvise/baselines")
        .join(format!("{name}.json.gz"))
}

fn mean(document: &Value) -> f64 {
    let metrics = document["metrics"].as_array().unwrap();
    let row = metrics.iter().find(|m| m["metric"] == "response_time");
    row.unwrap()["mean"].as_f64().unwrap()
}

#[test]
fn a_saved_baseline_is_listed_and_shown() {
    let copy = copy();
    let folder = copy.path();
    let commit = "4f1c2ab5d2b6c8f0a1b2c3d4e5f60718293a4b5c";
    std::fs::write(folder.join(".git/HEAD"), commit).unwrap();
    let deeper = folder.join("runs");
    baseline(&deeper, &["save", "main", "one"])
        .assert()
        .code(0)
        .stdout(contains("saved as main@4f1c2ab   1 run, 2 units, 2 tasks"));
    assert!(file(folder, "main").is_file());
    let shown = json(folder, &["show", "main", "--tasks"]);
    assert_eq!(shown["baseline_version"], 1);
    assert_eq!(shown["saved_at"], "2026-03-03T00:00:00Z");
    assert_eq!(shown["runs"][0]["commit"], commit);
    assert_eq!(shown["runs"][0]["inputs"][0], "one");
    assert_eq!(shown["environment"]["os"], std::env::consts::OS);
    assert!((mean(&shown) - 2.0).abs() < 1e-12);
    assert_eq!(shown["tasks"][1]["task"], "t1");
    assert_eq!(shown["tasks"][1]["units"], 1);
    let rows = json(folder, &["list"]);
    assert_eq!(rows[0]["name"], "main");
    assert_eq!(rows[0]["tasks"], 2);
    baseline(folder, &["list"])
        .assert()
        .code(0)
        .stdout(contains(
            "main  2026-03-03 00:00  4f1c2ab  1 run, 2 units, 2 tasks",
        ));
    // A path to the file does as well as its name.
    let path = file(folder, "main");
    let elsewhere = tempfile::tempdir().unwrap();
    baseline(elsewhere.path(), &["show", path.to_str().unwrap()])
        .assert()
        .code(0)
        .stdout(contains("response_time"));
    baseline(folder, &["remove", "main"]).assert().code(0);
    assert!(!path.exists());
}

#[test]
fn equal_inputs_make_equal_files() {
    let copy = copy();
    let folder = copy.path();
    let bytes = |name: &str| {
        baseline(folder, &["save", "main", "runs/one", "--store", name])
            .assert()
            .code(0);
        std::fs::read(folder.join(name).join("baselines/main.json.gz")).unwrap()
    };
    assert_eq!(bytes("a"), bytes("b"));
    // Nothing is left beside it.
    let beside = std::fs::read_dir(folder.join("a/baselines")).unwrap();
    assert_eq!(beside.count(), 1);
}

#[test]
fn a_second_save_replaces_and_pooled_runs_add_up() {
    let copy = copy();
    let folder = copy.path();
    baseline(folder, &["save", "main", "runs/one"])
        .assert()
        .code(0);
    let replaced = json(folder, &["save", "main", "runs/two"]);
    assert!((mean(&replaced) - 4.0).abs() < 1e-12);
    assert_eq!(replaced["runs"].as_array().unwrap().len(), 1);
    let pooled = json(folder, &["save", "main", "runs/one", "--pool"]);
    assert!((mean(&pooled) - 3.0).abs() < 1e-12);
    assert_eq!(pooled["runs"].as_array().unwrap().len(), 2);
    assert_eq!(pooled["units"], 4);
    // Once more would count it double.
    baseline(folder, &["save", "main", "runs/one", "--pool"])
        .assert()
        .code(2)
        .stderr(contains("in the baseline main already"));
    assert_eq!(json(folder, &["show", "main"])["units"], 4);
}

/// Eight programs at once, each with a run of its own: all nine are there.
#[test]
fn runs_that_are_pooled_at_once_are_all_kept() {
    let folder = copy();
    let here = folder.path();
    baseline(here, &["save", "b", "runs/one"])
        .assert()
        .success();
    std::thread::scope(|scope| {
        for number in 0..8 {
            let run = here.join(format!("runs/more{number}"));
            std::fs::create_dir_all(&run).unwrap();
            let line = format!(
                r#"{{"kind":"operation","operation":"step","time":"2026-03-02T09:00:00Z","duration":2,"outcome":"ok","session":"m{number}"}}"#
            );
            std::fs::write(run.join("records.jsonl"), line).unwrap();
            scope.spawn(move || {
                let path = format!("runs/more{number}");
                baseline(here, &["save", "b", &path, "--pool"])
                    .assert()
                    .success();
            });
        }
    });
    assert_eq!(
        json(here, &["show", "b"])["runs"].as_array().unwrap().len(),
        9
    );
}

#[test]
fn another_environment_is_refused_unless_allowed() {
    let copy = copy();
    let folder = copy.path();
    let save = |more: &[&str]| {
        let words = [&["save", "main", "runs/one", "--environment"], more].concat();
        baseline(folder, &words).assert()
    };
    save(&["gpu=a"]).code(0);
    save(&["gpu=b"])
        .code(2)
        .stderr(contains("gpu a (here: b)").and(contains("--allow-environment")));
    assert_eq!(json(folder, &["show", "main"])["environment"]["gpu"], "a");
    let accept = ["accept", "main", "runs/two", "--reason", "new host"];
    baseline(folder, &accept)
        .assert()
        .code(2)
        .stderr(contains("gpu a (here: not told)"));
    save(&["gpu=b", "--allow-environment"]).code(0);
    assert_eq!(json(folder, &["show", "main"])["environment"]["gpu"], "b");
}

#[test]
fn what_holds_nothing_is_not_saved() {
    let copy = copy();
    let folder = copy.path();
    baseline(folder, &["save", "main", "empty"])
        .assert()
        .code(3)
        .stdout(contains("nothing was saved"));
    baseline(folder, &["save", "main", "missing"])
        .assert()
        .code(2);
    assert!(!folder.join(".perfadvise").exists());
    baseline(folder, &["save", "main", "runs/one"])
        .assert()
        .code(0);
    let before = std::fs::read(file(folder, "main")).unwrap();
    baseline(folder, &["save", "main", "empty"])
        .assert()
        .code(3);
    std::fs::write(folder.join("empty/broken.jsonl"), "{\"kind\":").unwrap();
    baseline(folder, &["save", "main", "empty", "runs/one", "--strict"])
        .assert()
        .code(2);
    assert_eq!(std::fs::read(file(folder, "main")).unwrap(), before);
}

#[test]
fn names_stay_in_the_store() {
    let copy = copy();
    for name in ["../x", "a/b", "", ".x", "a b"] {
        baseline(copy.path(), &["save", name, "runs/one"])
            .assert()
            .code(2)
            .stderr(contains("no name for a baseline"));
    }
}

#[test]
fn acceptances_are_kept_until_the_next_save() {
    let copy = copy();
    let folder = copy.path();
    baseline(folder, &["save", "main", "runs/one"])
        .assert()
        .code(0);
    // The only baseline need not be named.
    let metric = [
        "accept",
        "--metric",
        "response_time",
        "--reason",
        "smaller hosts",
    ];
    let accepted = json(folder, &metric);
    assert_eq!(accepted["accepted"][0]["metric"], "response_time");
    assert_eq!(accepted["accepted"][0]["reason"], "smaller hosts");
    assert_eq!(accepted["accepted"][0]["at"], "2026-03-03T00:00:00Z");
    assert!((mean(&accepted) - 2.0).abs() < 1e-12);
    // Moving it as a whole settles what was accepted.
    let moved = json(
        folder,
        &["accept", "main", "runs/two", "--reason", "new model"],
    );
    assert!((mean(&moved) - 4.0).abs() < 1e-12);
    assert_eq!(moved["accepted"], serde_json::json!([]));
    assert_eq!(moved["history"].as_array().unwrap().len(), 2);
    assert_eq!(moved["history"][1]["metric"], Value::Null);
    let saved = json(folder, &["save", "main", "runs/one"]);
    assert_eq!(saved["history"].as_array().unwrap().len(), 2);
    for (words, message) in [
        (vec!["accept", "main", "--reason", "x"], "PATH or --metric"),
        (vec!["accept", "main", "runs/two", "--reason", " "], "empty"),
        (vec!["accept", "main", "runs/two"], "--reason"),
        (
            vec![
                "accept",
                "main",
                "--metric",
                "respons_time",
                "--reason",
                "x",
            ],
            "did you mean response_time?",
        ),
        (
            vec!["accept", "main", "--metric", "cost", "--reason", "x"],
            "cost is not measured",
        ),
        (
            vec!["accept", "other", "runs/two", "--reason", "x"],
            "there are: main",
        ),
    ] {
        baseline(folder, &words)
            .assert()
            .code(2)
            .stderr(contains(message));
    }
}

#[test]
fn a_baseline_that_is_not_there_is_helped_to() {
    let copy = copy();
    let folder = copy.path();
    baseline(folder, &["show", "main"])
        .assert()
        .code(2)
        .stderr(contains("there is no baseline").and(contains("baseline save NAME PATH")));
    baseline(folder, &["list"])
        .assert()
        .code(0)
        .stdout(contains("No baselines in"));
    for name in ["main", "release-1"] {
        baseline(folder, &["save", name, "runs/one"])
            .assert()
            .code(0);
    }
    for verb in ["show", "remove"] {
        baseline(folder, &[verb, "mian"])
            .assert()
            .code(2)
            .stderr(contains("did you mean main? There are: main, release-1"));
    }
}

#[test]
fn broken_files_are_named_and_never_trusted() {
    use std::io::Write;
    let copy = copy();
    let folder = copy.path();
    baseline(folder, &["save", "main", "runs/one"])
        .assert()
        .code(0);
    let path = file(folder, "main");
    let good = std::fs::read(&path).unwrap();
    let packed = |text: &str| {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packer.write_all(text.as_bytes()).unwrap();
        packer.finish().unwrap()
    };
    let deep = format!("{{\"baseline_version\":{}", "[".repeat(100_000));
    let version = r#"{"baseline_version":2,"new":true}"#;
    for (bytes, message) in [
        (good[..good.len() / 2].to_vec(), "damaged or cut off"),
        (packed("{}"), "baseline_version"),
        (packed(version), "version 2; this program reads version 1"),
        (packed(&deep), "not a baseline"),
        (b"not even packed".to_vec(), "not a baseline"),
        (Vec::new(), "not a baseline"),
    ] {
        std::fs::write(&path, &bytes).unwrap();
        baseline(folder, &["show", "main"])
            .assert()
            .code(2)
            .stderr(contains(message).and(contains("main.json.gz")));
        let rows = json(folder, &["list"]);
        assert!(rows[0]["fault"].as_str().unwrap().contains(message));
        baseline(folder, &["save", "main", "runs/one", "--pool"])
            .assert()
            .code(2);
    }
    baseline(folder, &["save", "main", "runs/one"])
        .assert()
        .code(0)
        .stderr(contains("replaced:"));
    assert_eq!(std::fs::read(&path).unwrap(), good);
}
