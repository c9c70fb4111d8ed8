//! `apply` and `undo`, through the built program.

use std::path::Path;

use assert_cmd::Command;
use predicates::prelude::*;
use predicates::str::contains;
use serde_json::Value;

use super::claims::{json, log, project, run};

const CONFIG: &str = "\
# How the orchestrator works.
performance_optimization:
  context:
    cache_size: 50          # contexts
    mode_for:
      testing: FANCY        # accuracy first
      review: \"FANCY\"
  resources: {concurrent_operations: 2}
";

/// A project whose orchestrator prepares a FANCY context for tests.
fn configured() -> tempfile::TempDir {
    let folder = project();
    std::fs::write(folder.path().join("performance_config.yaml"), CONFIG).unwrap();
    folder
}

fn text(folder: &Path) -> String {
    std::fs::read_to_string(folder.join("performance_config.yaml")).unwrap()
}

fn apply(folder: &Path, words: &[&str]) -> Command {
    let mut command = run(folder, &["apply", "CTX001", "logs"]);
    command.args(words);
    command
}

#[test]
fn there_and_back() {
    let folder = configured();
    let here = folder.path();
    apply(here, &["--dry-run"]).assert().success().stdout(
        contains("6  -       testing: FANCY        # accuracy first")
            .and(contains(
                "6  +       testing: SIMPLE        # accuracy first",
            ))
            .and(contains("Nothing was written")),
    );
    assert_eq!(text(here), CONFIG);
    assert!(!here.join(".perfadvise").exists());
    run(here, &["undo"])
        .assert()
        .code(2)
        .stderr(contains("no history"));
    apply(here, &[])
        .assert()
        .success()
        .stdout(contains("Applied CTX001, claim 1"));
    assert_eq!(
        text(here),
        CONFIG.replace("testing: FANCY", "testing: SIMPLE")
    );
    // Claimed, with the knob's value before.
    let record = json(here, &["recommend", "track-record"]);
    let change = &record["claims"][0]["change"];
    assert_eq!(
        (&change["from"], &change["to"]),
        (&"FANCY".into(), &"SIMPLE".into())
    );
    assert!(record["claims"][0]["projection"].is_object());
    apply(here, &[]).assert().code(2);
    run(here, &["undo", "--dry-run"]).assert().success().stdout(
        contains("would take back context.mode_for.testing")
            .and(contains("+       testing: FANCY")),
    );
    assert_eq!(
        text(here),
        CONFIG.replace("testing: FANCY", "testing: SIMPLE")
    );
    run(here, &["undo"]).assert().success().stdout(contains(
        "took back context.mode_for.testing in performance_config.yaml",
    ));
    assert_eq!(text(here), CONFIG);
    assert_eq!(
        json(here, &["recommend", "track-record"])["claims"][0]["state"],
        "withdrawn"
    );
    run(here, &["undo"])
        .assert()
        .code(2)
        .stderr(contains("no change to take back"));
    // Free again.
    apply(here, &[]).assert().success();
}

#[test]
fn what_somebody_changed_by_hand_stays() {
    let folder = configured();
    let here = folder.path();
    apply(here, &[]).assert().success();
    let by_hand = text(here).replace("cache_size: 50", "cache_size: 70");
    std::fs::write(here.join("performance_config.yaml"), &by_hand).unwrap();
    run(here, &["undo"]).assert().code(2).stderr(
        contains("changed since it was written, in line 4").and(contains(
            "set context.mode_for.testing back by hand (line 6",
        )),
    );
    assert_eq!(text(here), by_hand);
    let moved = format!("# Ours.\n{by_hand}");
    std::fs::write(here.join("performance_config.yaml"), moved).unwrap();
    run(here, &["undo"])
        .assert()
        .code(2)
        .stderr(contains("written, in lines 1, 2, 3, 4 and 5"));
    // By hand it was set back altogether: then it is as before.
    std::fs::write(here.join("performance_config.yaml"), CONFIG).unwrap();
    run(here, &["undo"]).assert().success();
    assert_eq!(text(here), CONFIG);
}

#[test]
fn a_file_is_made_by_the_users_word_only() {
    let folder = project();
    let here = folder.path();
    apply(here, &[]).assert().code(2).stderr(
        contains("set nowhere")
            .and(contains("performance_config.yaml or perfadvise.yaml"))
            .and(contains("--file")),
    );
    assert!(!here.join(".perfadvise").exists());
    apply(here, &["--file", "perfadvise.yaml"])
        .assert()
        .success();
    let made = std::fs::read_to_string(here.join("perfadvise.yaml")).unwrap();
    assert_eq!(made, "context:\n  mode_for:\n    testing: SIMPLE\n");
    run(here, &["undo"]).assert().success();
    assert!(!here.join("perfadvise.yaml").exists());
}

#[test]
fn other_values_and_other_places() {
    let folder = configured();
    let here = folder.path();
    apply(here, &["--value", "SLOW"])
        .assert()
        .code(2)
        .stderr(contains("must be one of FANCY, SIMPLE"));
    apply(here, &["--file", "perfadvise.yaml"])
        .assert()
        .code(2)
        .stderr(contains("performance_config.yaml:6"));
    run(here, &["apply", "CTX999", "logs"])
        .assert()
        .code(2)
        .stderr(contains("not recommended"));
    let mut command = apply(here, &[]);
    command.env("PERFADVISE_CONTEXT_MODE_FOR_TESTING", "FANCY");
    command
        .assert()
        .code(2)
        .stderr(contains("PERFADVISE_CONTEXT_MODE_FOR_TESTING"));
    assert_eq!(text(here), CONFIG);
    // What cannot be changed safely is left to a person.
    let aliased = CONFIG
        .replace("    mode_for:", "    mode: &m FANCY\n    mode_for:")
        .replace("testing: FANCY ", "testing: *m ");
    std::fs::write(here.join("performance_config.yaml"), &aliased).unwrap();
    apply(here, &[])
        .assert()
        .code(2)
        .stderr(contains("line 7").and(contains("by hand")));
    assert_eq!(text(here), aliased);
    let shown: Value = {
        std::fs::write(here.join("performance_config.yaml"), CONFIG).unwrap();
        let output = apply(here, &["--dry-run", "--format", "json"])
            .output()
            .unwrap();
        serde_json::from_slice(&output.stdout).unwrap()
    };
    assert_eq!(
        (&shown["line"], &shown["is_dry_run"]),
        (&6.into(), &true.into())
    );
}

/// Permissions and links stay as they are.
#[cfg(unix)]
#[test]
fn a_link_stays_a_link() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let folder = configured();
    let here = folder.path();
    let (file, real) = (here.join("performance_config.yaml"), here.join("real.yaml"));
    std::fs::rename(&file, &real).unwrap();
    std::fs::set_permissions(&real, std::fs::Permissions::from_mode(0o640)).unwrap();
    symlink("real.yaml", &file).unwrap();
    apply(here, &[]).assert().success();
    assert!(std::fs::symlink_metadata(&file).unwrap().is_symlink());
    assert_eq!(
        std::fs::metadata(&real).unwrap().permissions().mode() & 0o777,
        0o640
    );
    assert!(text(here).contains("testing: SIMPLE"));
    let left: Vec<_> = std::fs::read_dir(here)
        .unwrap()
        .filter_map(Result::ok)
        .filter(|e| e.file_name().to_string_lossy().contains(".tmp"))
        .collect();
    assert!(left.is_empty());
    log(here, "b", 9, 5, 3);
    run(here, &["undo"]).assert().success();
    assert_eq!(text(here), CONFIG);
}

/// What a program that is killed between its notes and the file leaves: both notes or none, and undo takes both back.
#[test]
fn a_claim_without_its_change_can_be_taken_back() {
    let folder = configured();
    let here = folder.path();
    apply(here, &[]).assert().success();
    // As if the file had not been written any more.
    std::fs::write(here.join("performance_config.yaml"), CONFIG).unwrap();
    run(here, &["undo"]).assert().success();
    apply(here, &[])
        .assert()
        .success()
        .stdout(contains("Applied CTX001, claim 2"));
    // A claim that is refused notes no change.
    run(here, &["undo"]).assert().success();
    run(here, &["recommend", "claim", "CTX001", "logs"])
        .assert()
        .success();
    apply(here, &[]).assert().code(2);
    run(here, &["undo"])
        .assert()
        .code(2)
        .stderr(contains("no change to take back"));
    let names: Vec<_> = std::fs::read_dir(here).unwrap().collect();
    let is_left_over = |name: &std::ffi::OsStr| name.to_string_lossy().ends_with(".tmp");
    assert!(
        names
            .iter()
            .flatten()
            .all(|e| !is_left_over(&e.file_name()))
    );
}
