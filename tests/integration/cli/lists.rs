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

/// Of which formats, and of which variants, no real file was read yet.
#[test]
fn what_was_not_yet_seen_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let list = |output: &str| {
        let arguments = ["formats", "list", "--format", output];
        let output = program(folder.path()).args(arguments).assert().code(0);
        String::from_utf8_lossy(&output.get_output().stdout).into_owned()
    };
    let rows: Vec<serde_json::Value> = serde_json::from_str(&list("json")).unwrap();
    let named = |is: &dyn Fn(&serde_json::Value) -> bool| -> Vec<&str> {
        let rows = rows.iter().filter(|row| is(row));
        rows.filter_map(|row| row["format"].as_str()).collect()
    };
    assert_eq!(named(&|row| row["status"] == "preview"), ["langsmith"]);
    let mut partly = named(&|row| row["unseen"].is_string());
    partly.sort_unstable();
    assert_eq!(
        partly,
        [
            "claude-results",
            "cline",
            "codex-results",
            "gemini-cli",
            "gemini-results",
            "opencode"
        ]
    );
    let text = list("text");
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains("langsmith (preview: not yet seen on real files)"));
    assert_eq!(text.matches("(not yet seen on real files: ").count(), 6);
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

/// A format that a verb does not know is refused before anything is read, and never written as another one.
#[test]
fn a_verb_refuses_what_it_cannot_write() {
    let folder = tempfile::tempdir().unwrap();
    let list = ["text", "json", "jsonl", "yaml"];
    let table = [&list[..], &["markdown", "csv"]].concat();
    let of_builds = [&table[..], &["junit", "sarif", "github"]].concat();
    let cases: [(&[&str], &[&str]); 11] = [
        (&["compare", "none", "none"], &table),
        (&["trend", "none"], &table),
        (&["backtest", "none"], &table),
        (&["whatif", "none", "--set", "retry.limit=1"], &table),
        (&["tune", "none"], &table),
        (&["gate", "--baseline", "none", "none"], &of_builds),
        (
            &["report", "weekly", "none"],
            &[&table[..], &["html"]].concat(),
        ),
        (&["recommend", "explain", "CTX001", "none"], &list),
        (&["doctor", "none"], &[&list[..], &["markdown"]].concat()),
        (&["alerts", "check", "none"], &list),
        (&["cache", "show"], &["text", "json"]),
    ];
    for (arguments, known) in cases {
        let foreign = [
            "markdown", "html", "csv", "junit", "sarif", "github", "perfetto", "folded",
        ];
        for format in foreign.iter().filter(|format| !known.contains(format)) {
            let command = program(folder.path())
                .args(arguments)
                .args(["--format", format])
                .assert();
            let (last, others) = known.split_last().unwrap();
            let help = format!("help: use --format {} or {last}\n", others.join(", "));
            command
                .code(2)
                .stdout("")
                .stderr(contains(format!("is not written as {format}\n")).and(contains(help)));
        }
    }
}
