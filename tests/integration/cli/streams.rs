//! Streams and exit codes of `analyze`.

use std::io::Read;
use std::process::Stdio;

use predicates::prelude::*;
use predicates::str::{contains, is_empty};

use super::{fixture, program};

fn empty() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

#[test]
fn a_path_that_does_not_exist_is_2_and_named() {
    let folder = empty();
    program(folder.path())
        .args(["analyze", "nope"])
        .assert()
        .code(2)
        .stdout(is_empty())
        .stderr(contains("nope").and(contains("help:")));
}

#[test]
fn an_empty_folder_is_3_and_says_so_on_the_page() {
    let folder = empty();
    std::fs::create_dir(folder.path().join("reports")).unwrap();
    program(folder.path())
        .args(["analyze", "reports"])
        .assert()
        .code(3)
        .stdout(contains("reports"));
}

#[test]
fn without_a_path_it_says_where_it_looked() {
    let folder = empty();
    program(folder.path())
        .arg("analyze")
        .assert()
        .code(3)
        .stdout(
            contains(".orch-monitoring")
                .and(contains(".claude"))
                .and(contains(".codex")),
        );
}

#[test]
fn exit_3_still_prints_the_json_document() {
    let folder = empty();
    let output = program(folder.path())
        .args(["analyze", "--format", "json"])
        .assert()
        .code(3);
    let document: serde_json::Value = serde_json::from_slice(&output.get_output().stdout).unwrap();
    assert_eq!(document["schema_version"], 1);
    assert_eq!(document["provenance"]["records"], 0);
    assert!(document["score"]["value"].is_null());
}

#[test]
fn alone_it_shows_examples() {
    let folder = empty();
    program(folder.path())
        .assert()
        .code(0)
        .stdout(contains("perfadvise analyze reports/"));
    program(folder.path())
        .arg("--help")
        .assert()
        .code(0)
        .stdout(contains("Exit codes"));
}

#[test]
fn a_mistyped_verb_or_flag_gets_the_nearest_one() {
    let folder = empty();
    program(folder.path())
        .arg("analize")
        .assert()
        .code(2)
        .stderr(contains("'analyze'"));
    program(folder.path())
        .args(["analyze", "--ful"])
        .assert()
        .code(2)
        .stderr(contains("'--full'"));
    program(folder.path())
        .args(["analyze", "--format", "jsn"])
        .assert()
        .code(2)
        .stderr(contains("json"));
}

#[test]
fn strict_turns_a_skipped_record_into_2_and_names_it() {
    let folder = empty();
    let good = r#"{"kind":"operation","operation":"step","time":"2026-11-02T03:15:11Z","duration":1.5,"outcome":"ok"}"#;
    std::fs::write(
        folder.path().join("a.jsonl"),
        format!("{good}\n{{\"kind\":\"operation\",\"oper"),
    )
    .unwrap();
    program(folder.path())
        .args(["analyze", "a.jsonl"])
        .assert()
        .code(0);
    program(folder.path())
        .args(["analyze", "--strict", "a.jsonl"])
        .assert()
        .code(2)
        .stderr(contains("a.jsonl:2").and(contains("cut off")));
}

#[test]
fn standard_input_is_read() {
    let folder = empty();
    let line = r#"{"kind":"operation","operation":"step","time":"2026-11-02T03:15:11Z","duration":1.5,"outcome":"ok"}"#;
    program(folder.path())
        .args(["analyze", "-", "--format", "json"])
        .write_stdin(line)
        .assert()
        .code(0)
        .stdout(contains("\"native-records\": 1"));
}

#[test]
fn packed_standard_input_is_known_by_its_content() {
    for name in ["packed/two-members.jsonl.gz", "packed/two-frames.jsonl.zst"] {
        program(empty().path())
            .args(["analyze", "-", "--format", "json"])
            .write_stdin(std::fs::read(fixture(name)).unwrap())
            .assert()
            .code(0)
            .stdout(contains("\"claude-code\": 1"));
    }
}

#[test]
fn output_goes_to_a_file_at_once() {
    let folder = empty();
    program(folder.path())
        .args(["analyze", "--format", "json", "--output", "result.json"])
        .arg(fixture("demo"))
        .assert()
        .code(0)
        .stdout(is_empty());
    let text = std::fs::read_to_string(folder.path().join("result.json")).unwrap();
    serde_json::from_str::<serde_json::Value>(&text).unwrap();
    assert_eq!(
        std::fs::read_dir(folder.path()).unwrap().count(),
        1,
        "no temporary file is left"
    );
}

/// A device such as /dev/null must never be replaced by a file, which whoever may write there could do.
#[cfg(unix)]
#[test]
fn a_pipe_or_link_as_output_stays_one() {
    use std::os::unix::fs::FileTypeExt;
    let folder = empty();
    let path = |name: &str| folder.path().join(name);
    let made = std::process::Command::new("mkfifo")
        .arg(path("pipe"))
        .status();
    assert!(made.unwrap().success());
    let pipe = path("pipe");
    let reader = std::thread::spawn(move || std::fs::read_to_string(pipe).unwrap());
    std::os::unix::fs::symlink("result.json", path("link")).unwrap();
    std::fs::write(path("result.json"), "before").unwrap();
    for output in ["pipe", "link"] {
        program(folder.path())
            .args(["score", "--format", "json", "--output", output])
            .arg(fixture("demo"))
            .assert()
            .code(0);
    }
    let told = reader.join().unwrap();
    serde_json::from_str::<serde_json::Value>(&told).unwrap();
    assert!(
        std::fs::metadata(path("pipe"))
            .unwrap()
            .file_type()
            .is_fifo()
    );
    assert!(
        std::fs::symlink_metadata(path("link"))
            .unwrap()
            .is_symlink()
    );
    assert_eq!(std::fs::read_to_string(path("result.json")).unwrap(), told);
}

#[test]
fn a_closed_pipe_is_no_error() {
    let folder = empty();
    let mut child = std::process::Command::new(assert_cmd::cargo::cargo_bin("perfadvise"))
        .args(["analyze", "--format", "json"])
        .arg(fixture("demo"))
        .env("HOME", folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let mut errors = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut errors)
        .unwrap();
    assert_eq!(
        (child.wait().unwrap().code(), errors.as_str()),
        (Some(0), "")
    );
}

#[test]
fn the_result_is_the_same_for_any_number_of_threads_and_order_of_paths() {
    let folder = empty();
    let run = |threads: &str, paths: [&str; 2]| {
        let output = program(&fixture("demo"))
            .args(["analyze", "--format", "json", "--threads", threads])
            .args(paths)
            .output()
            .unwrap();
        let mut document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        document["provenance"]["inputs"] = serde_json::Value::Null;
        document.to_string()
    };
    let _ = folder;
    let first = run("1", ["records", "reports"]);
    assert_eq!(first, run("4", ["records", "reports"]));
    assert_eq!(first, run("2", ["reports", "records"]));
}

#[test]
fn no_line_of_the_page_is_wider_than_asked() {
    let folder = empty();
    for width in ["60", "100"] {
        for more in [&["--full"][..], &["--ascii"][..]] {
            let output = program(folder.path())
                .args(["analyze", "--width", width])
                .args(more)
                .arg(fixture("demo"))
                .output()
                .unwrap();
            let text = String::from_utf8(output.stdout).unwrap();
            let limit: usize = width.parse().unwrap();
            for line in text.lines() {
                assert!(line.chars().count() <= limit, "{width} {more:?}: {line}");
            }
            if more == ["--ascii"] {
                assert!(text.is_ascii(), "{text}");
            }
        }
    }
}
