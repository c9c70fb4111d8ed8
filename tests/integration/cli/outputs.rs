//! `--output`: what it must not replace, and what of a replaced file stays.

use std::path::Path;

use super::program;

/// A log of one session.
const LOG: &str = "{\"kind\":\"operation\",\"operation\":\"step\",\"session\":\"s\",\
    \"time\":\"2026-11-23T08:00:00Z\",\"duration\":2.0,\"outcome\":\"ok\"}\n";

fn fails_to_replace(folder: &Path, file: &str, words: &[&str]) {
    let before = std::fs::read(folder.join(file)).unwrap();
    let output = program(folder).args(words).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{words:?}: {said}");
    assert!(said.contains("and would be replaced"), "{words:?}: {said}");
    let after = std::fs::read(folder.join(file)).unwrap();
    assert_eq!(before, after, "{words:?}");
}

#[test]
fn no_verb_replaces_what_it_reads() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    std::fs::create_dir(here.join("logs")).unwrap();
    std::fs::write(here.join("logs/a.jsonl"), LOG).unwrap();
    std::fs::write(
        here.join("alerts.yaml"),
        "alerts: {response_time: {threshold: 5s}}\n",
    )
    .unwrap();
    program(here).args(["record", "logs"]).assert().success();
    program(here)
        .args(["baseline", "save", "main", "logs"])
        .assert()
        .success();
    let log = "logs/a.jsonl";
    for words in [
        &["analyze", "logs", "-o", log][..],
        &["export", "logs", "--format", "folded", "-o", log],
        &["export", log, "--format", "folded", "-o", log],
        &["report", "weekly", "logs", "-o", log],
        &["formats", "explain", log, "-o", log],
        &["compare", "a=logs", "b=logs", "-o", log],
        &["gate", "--baseline", "main", "logs", "-o", log],
        &["record", "logs", "-o", log],
        &["doctor", "logs", "-o", log],
        &["trend", "logs", "-o", log],
        &["whatif", "logs", "--set", "context.cache_size=9", "-o", log],
        &["dashboard", "--once", "logs", "-o", log],
        &[
            "--config",
            "alerts.yaml",
            "alerts",
            "check",
            "logs",
            "-o",
            log,
        ],
    ] {
        fails_to_replace(here, log, words);
    }
    for (file, words) in [
        (
            "alerts.yaml",
            &["--config", "alerts.yaml", "analyze", "logs"][..],
        ),
        (".perfadvise/history.db", &["history", "export"]),
        (".perfadvise/history.db", &["analyze", "--history"]),
        (
            ".perfadvise/baselines/main.json.gz",
            &["baseline", "show", "main"],
        ),
    ] {
        fails_to_replace(here, file, &[words, &["-o", file]].concat());
    }
}

#[test]
fn a_minus_is_standard_output() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.jsonl"), LOG).unwrap();
    let output = program(folder.path())
        .args(["analyze", "a.jsonl", "-o", "-", "--format", "json"])
        .output()
        .unwrap();
    assert!(output.stdout.starts_with(b"{"), "{output:?}");
    assert!(!folder.path().join("-").exists());
}

#[cfg(unix)]
#[test]
fn a_replaced_file_is_as_private_as_before() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    std::fs::write(here.join("a.jsonl"), LOG).unwrap();
    std::fs::write(here.join("out.json"), "").unwrap();
    std::fs::set_permissions(here.join("out.json"), PermissionsExt::from_mode(0o600)).unwrap();
    symlink(here.join("out.json"), here.join("link.json")).unwrap();
    for name in ["out.json", "link.json"] {
        program(here)
            .args(["analyze", "a.jsonl", "--format", "json", "-o", name])
            .assert()
            .success();
        let known = std::fs::metadata(here.join(name)).unwrap();
        assert_eq!(known.permissions().mode() & 0o777, 0o600, "{name}");
        assert!(known.len() > 1000);
    }
}
