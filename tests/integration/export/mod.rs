//! `export`: against the viewers' own rules, and against what `analyze` says of the same input.

mod folded;
mod perfetto;
mod speedscope;

use std::path::Path;

use predicates::str::contains;
use serde_json::Value;

use crate::cli::{fixture, program};

/// Inputs with sessions of every kind: subagents, faults, waits, several sources of one session, broken files.
const INPUTS: &[&str] = &[
    "claude-code",
    "cline",
    "codex",
    "demo",
    "gemini-cli",
    "native-records",
    "opencode",
    "otlp",
];

/// What `export` writes of a path.
fn exported(path: &Path, format: &str) -> String {
    let home = tempfile::tempdir().unwrap();
    let output = program(home.path())
        .args(["export", "--quiet", "--format", format])
        .arg(path)
        .output()
        .unwrap();
    let code = output.status.code();
    assert_eq!(
        code,
        Some(0),
        "{}: {}",
        path.display(),
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

/// Seconds of each part, as `analyze` has them.
fn attribution(path: &Path) -> Vec<(String, f64)> {
    let home = tempfile::tempdir().unwrap();
    let output = program(home.path())
        .args(["analyze", "--quiet", "--format", "json"])
        .arg(path)
        .output()
        .unwrap();
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    let parts = document["attribution"]["parts"].as_array();
    parts
        .into_iter()
        .flatten()
        .map(|p| {
            (
                p["part"].as_str().unwrap().to_owned(),
                p["seconds"].as_f64().unwrap(),
            )
        })
        .collect()
}

/// How a part is called in viewers.
fn called(part: &str) -> &str {
    match part {
        "retry" => "wait before a retry",
        "queue" => "wait in a queue",
        "context_preparation" => "context preparation",
        "tool" => "tools",
        "person" => "wait for a person",
        same => same,
    }
}

/// Names that would break a stack, a line, a terminal or a document.
const HOSTILE: &str = concat!(
    r#"{"kind":"operation","operation":"model_request","time":"2026-11-23T10:00:00Z","duration":2,"outcome":"ok","#,
    r#""session":"s;1\n9","project":"a;b 7\u001b[31m","model":"m\"</script>\u202e","tokens":{"input":9,"output":3}}"#,
    "\n",
    r#"{"kind":"operation","operation":"tool_call","time":"2026-11-23T10:00:02Z","duration":3,"#,
    r#""session":"s;1\n9","tool":"read; 5\n6"}"#,
    "\n",
    r#"{"kind":"operation","operation":"tool_call","time":"2026-11-23T10:00:03Z","duration":1,"#,
    r#""session":"s;1\n9","tool":""}"#,
    "\n",
);

/// The hostile records in a file of their own.
fn hostile() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("hostile.jsonl"), HOSTILE).unwrap();
    folder
}

#[test]
fn a_session_that_lies_there_twice_counts_once() {
    let folder = tempfile::tempdir().unwrap();
    let session = fixture("claude-code/real/python-to-rust-port.jsonl");
    let (once, twice) = (folder.path().join("once"), folder.path().join("twice"));
    for (parent, copies) in [(&once, 1), (&twice, 2)] {
        for n in 0..copies {
            let place = parent.join(format!("copy-{n}"));
            std::fs::create_dir_all(&place).unwrap();
            std::fs::copy(&session, place.join("session.jsonl")).unwrap();
        }
    }
    for format in ["folded", "speedscope", "perfetto"] {
        // The folder names the project.
        let plain = |path| exported(path, format).replace("copy-1", "copy-0");
        assert_eq!(plain(&once), plain(&twice), "{format}");
    }
}

#[test]
fn nothing_that_anybody_wrote_is_in_it() {
    for input in INPUTS {
        for format in ["folded", "speedscope", "perfetto"] {
            assert!(
                !exported(&fixture(input), format).contains("MARKER"),
                "{input}, {format}"
            );
        }
    }
}

#[test]
fn another_format_says_which_there_are() {
    let home = tempfile::tempdir().unwrap();
    for format in ["text", "json", "html"] {
        program(home.path())
            .args(["export", "--format", format])
            .arg(fixture("codex"))
            .assert()
            .code(2)
            .stdout("")
            .stderr(contains("perfetto, speedscope, folded"));
    }
    program(home.path())
        .args(["analyze", "--format", "perfetto"])
        .arg(fixture("codex"))
        .assert()
        .code(2)
        .stderr(contains("perfetto"));
}

#[test]
fn what_it_has_no_use_for_is_refused() {
    let home = tempfile::tempdir().unwrap();
    program(home.path())
        .args(["export", "--format", "folded", "--by", "model"])
        .arg(fixture("codex"))
        .assert()
        .code(2)
        .stderr(contains("--by"));
}

#[test]
fn without_a_session_it_is_3_and_the_document_is_whole() {
    let home = tempfile::tempdir().unwrap();
    std::fs::create_dir(home.path().join("reports")).unwrap();
    for format in ["speedscope", "perfetto"] {
        let run = program(home.path())
            .args(["export", "--format", format, "reports"])
            .assert()
            .code(3)
            .stderr(contains("no session"));
        serde_json::from_slice::<Value>(&run.get_output().stdout).unwrap();
    }
    program(home.path())
        .args(["export", "--format", "folded"])
        .arg(fixture("monitor-report"))
        .assert()
        .code(3)
        .stdout("");
}

#[test]
fn a_file_is_replaced_by_a_whole_one_only() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("out.json");
    std::fs::write(&file, "before").unwrap();
    program(home.path())
        .args(["export", "--format", "folded", "nope", "-o", "out.json"])
        .assert()
        .code(2);
    program(home.path())
        .args(["export", "--strict", "--format", "folded", "-o", "out.json"])
        .arg(fixture("claude-code"))
        .assert()
        .code(2);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "before");
    program(home.path())
        .args(["export", "-q", "--format", "folded", "-o", "out.json"])
        .arg(fixture("claude-code"))
        .assert()
        .code(0)
        .stdout("");
    assert_eq!(
        std::fs::read_to_string(&file).unwrap(),
        exported(&fixture("claude-code"), "folded")
    );
    let names: Vec<_> = std::fs::read_dir(home.path())
        .unwrap()
        .map(|e| e.unwrap().file_name())
        .filter(|name| name.to_string_lossy().ends_with(".tmp"))
        .collect();
    assert!(names.is_empty(), "{names:?}");
}
