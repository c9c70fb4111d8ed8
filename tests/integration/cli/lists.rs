//! Lists and help with itself.

use predicates::prelude::*;
use predicates::str::contains;

use super::{fixture, program};

#[test]
fn metrics_and_formats_are_listed_as_text_and_json() {
    let folder = tempfile::tempdir().unwrap();
    program(folder.path())
        .args(["metrics", "list"])
        .assert()
        .code(0)
        .stdout(contains("response_time"));
    for list in ["metrics", "formats"] {
        let output = program(folder.path())
            .args([list, "list", "--format", "json"])
            .assert()
            .code(0);
        let rows: Vec<serde_json::Value> =
            serde_json::from_slice(&output.get_output().stdout).unwrap();
        assert!(rows.len() > 1);
    }
}

#[test]
fn a_file_is_explained() {
    let folder = tempfile::tempdir().unwrap();
    program(folder.path())
        .args(["formats", "explain"])
        .arg(fixture("demo/records/2026-11-07.jsonl"))
        .assert()
        .code(0)
        .stdout(contains("native-records").and(contains("cut off in the middle of a value")));
    program(folder.path())
        .args(["formats", "explain"])
        .arg(fixture("demo/notes.txt"))
        .assert()
        .code(3)
        .stdout(contains("not recognised"));
}

#[test]
fn completions_and_the_manual_page_are_printed() {
    let folder = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish"] {
        program(folder.path())
            .args(["completions", shell])
            .assert()
            .code(0)
            .stdout(contains("perfadvise"));
    }
    program(folder.path())
        .arg("man")
        .assert()
        .code(0)
        .stdout(contains(".TH perfadvise"));
}
