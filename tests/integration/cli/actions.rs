//! What alerts ask for, through the built program: proposed, done, taken back, and never against the user's own edits.

use std::path::Path;

use predicates::prelude::PredicateBooleanExt;
use predicates::str::contains;
use serde_json::Value;

use super::program;

const CONFIG: &str = "# ours\ncontext:\n  mode: FANCY  # better\ninterfaces:\n  primary: anthropic_api\n  fallback: claude_code\nretry:\n  limit: 3\n";

/// Steps each minute of two hours from 12:00 on: slow in the first five minutes of each half hour.
fn folder(action: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join(".perfadvise")).unwrap();
    let lines: Vec<String> = (0..120)
        .map(|minute| {
            let seconds = if minute % 30 < 5 { 9 } else { 1 };
            format!(
                r#"{{"kind":"operation","operation":"step","time":"2026-03-16T{:02}:{:02}:00Z","duration":{seconds},"outcome":"ok","session":"s","interface":"anthropic_api"}}"#,
                12 + minute / 60,
                minute % 60
            )
        })
        .collect();
    std::fs::create_dir(folder.path().join("logs")).unwrap();
    std::fs::write(folder.path().join("logs/steps.jsonl"), lines.join("\n")).unwrap();
    std::fs::write(folder.path().join("perfadvise.yaml"), CONFIG).unwrap();
    std::fs::write(
        folder.path().join("alerts_config.yaml"),
        format!("alerts:\n  response_time: {{threshold: 5s, cooldown: 0, action: {action}}}\n"),
    )
    .unwrap();
    folder
}

/// A look at so many minutes after 12:00.
fn look(folder: &Path, minute: u32, more: &[&str]) {
    let now = format!("2026-03-16T{:02}:{:02}:30Z", 12 + minute / 60, minute % 60);
    let mut command = program(folder);
    command
        .args(["alerts", "check", "logs", "--send", "--now", &now])
        .args(more);
    let output = command.output().unwrap();
    assert!(output.status.code().unwrap() < 2, "{output:?}");
}

const ALLOW: &[&str] = &["--allow-actions"];

fn config(folder: &Path) -> String {
    std::fs::read_to_string(folder.join("perfadvise.yaml")).unwrap()
}

fn journal(folder: &Path) -> Vec<(String, String)> {
    let output = program(folder)
        .args(["alerts", "actions", "list", "--format", "json"])
        .output()
        .unwrap();
    let rows: Value = serde_json::from_slice(&output.stdout).unwrap();
    let text = |v: &Value| v.as_str().unwrap().to_owned();
    let rows = rows.as_array().unwrap().iter();
    rows.map(|r| (text(&r["state"]), text(&r["result"])))
        .collect()
}

fn states(folder: &Path) -> Vec<String> {
    journal(folder)
        .into_iter()
        .map(|(state, _)| state)
        .collect()
}

#[test]
fn an_action_is_proposed_and_not_done() {
    let folder = folder("force_simple_mode");
    look(folder.path(), 5, &[]);
    look(folder.path(), 6, ALLOW);
    assert_eq!(config(folder.path()), CONFIG);
    let journal = journal(folder.path());
    assert_eq!(journal.len(), 1);
    assert_eq!(journal[0].0, "proposed");
    assert!(
        journal[0].1.contains("would set context.mode to SIMPLE"),
        "{journal:?}"
    );
    assert!(journal[0].1.contains("--allow-actions"), "{journal:?}");
}

/// An hour after 12:05:30, to the second, and byte for byte.
#[test]
fn what_is_forced_is_taken_back_in_its_time() {
    let folder = folder("force_simple_mode");
    look(folder.path(), 5, ALLOW);
    assert_eq!(
        config(folder.path()),
        CONFIG.replace("mode: FANCY ", "mode: SIMPLE ")
    );
    assert_eq!(states(folder.path()), ["applied"]);
    look(folder.path(), 64, &[]);
    assert_eq!(states(folder.path())[0], "applied");
    look(folder.path(), 65, &[]);
    assert_eq!(config(folder.path()), CONFIG);
    assert_eq!(states(folder.path())[0], "rolled_back");
}

#[test]
fn undo_knows_it_too() {
    let folder = folder("force_simple_mode");
    look(folder.path(), 5, ALLOW);
    program(folder.path()).arg("undo").assert().code(0);
    assert_eq!(config(folder.path()), CONFIG);
    look(folder.path(), 66, &[]);
    assert_eq!(
        journal(folder.path())[0],
        ("rolled_back".into(), "undone before".into())
    );
}

/// What the user changed himself stays, and for a day he is only asked.
#[test]
fn the_users_own_edit_stays() {
    let folder = folder("force_simple_mode");
    look(folder.path(), 5, ALLOW);
    let own = config(folder.path()).replace("mode: SIMPLE", "mode: FANCY");
    let own = own.replace("# better", "# I mean it");
    std::fs::write(folder.path().join("perfadvise.yaml"), &own).unwrap();
    look(folder.path(), 67, ALLOW);
    assert_eq!(config(folder.path()), own);
    let journal = journal(folder.path());
    assert_eq!(journal[0].0, "overridden", "{journal:?}");
    look(folder.path(), 96, ALLOW);
    assert_eq!(config(folder.path()), own);
    let last = self::journal(folder.path()).pop().unwrap();
    assert!(
        last.0 == "proposed" && last.1.contains("changed by hand"),
        "{last:?}"
    );
}

#[test]
fn another_line_that_changed_stays_and_the_knob_goes_back() {
    let folder = folder("force_simple_mode");
    look(folder.path(), 5, ALLOW);
    let other = config(folder.path()).replace("limit: 3", "limit: 5");
    std::fs::write(folder.path().join("perfadvise.yaml"), other).unwrap();
    look(folder.path(), 66, &[]);
    assert_eq!(
        config(folder.path()),
        CONFIG.replace("limit: 3", "limit: 5")
    );
    assert_eq!(states(folder.path())[0], "rolled_back");
}

#[test]
fn a_suggestion_waits_for_a_word() {
    let folder = folder("suggest_simple_mode");
    look(folder.path(), 5, ALLOW);
    assert_eq!(config(folder.path()), CONFIG);
    let now = ["--now", "2026-03-16T12:10:00Z"];
    let act = |verb: &str| {
        let mut command = program(folder.path());
        command.args(["alerts", "actions", verb, "1"]).args(now);
        command
    };
    act("rollback")
        .assert()
        .code(2)
        .stderr(contains("is proposed"));
    act("confirm").assert().code(0).stdout(contains("applied"));
    assert!(config(folder.path()).contains("mode: SIMPLE"));
    act("confirm")
        .assert()
        .code(2)
        .stderr(contains("is applied"));
    act("rollback")
        .assert()
        .code(0)
        .stdout(contains("rolled_back"));
    assert_eq!(config(folder.path()), CONFIG);
}

#[test]
fn an_old_proposal_is_not_done() {
    let folder = folder("suggest_simple_mode");
    look(folder.path(), 5, &[]);
    program(folder.path())
        .args([
            "alerts",
            "actions",
            "confirm",
            "1",
            "--now",
            "2026-03-17T13:00:00Z",
        ])
        .assert()
        .code(2)
        .stderr(contains("more than a day ago"));
}

#[test]
fn the_fallback_and_the_health_of_interfaces() {
    let folder = folder("automatic_fallback");
    look(folder.path(), 5, ALLOW);
    assert!(config(folder.path()).contains("primary: claude_code"));
    let other = self::folder("interface_health_check");
    let alerts = other.path().join("alerts_config.yaml");
    let mut text = std::fs::read_to_string(&alerts).unwrap();
    text.push_str("notification_channels:\n- {type: file, path: told.jsonl}\n");
    std::fs::write(&alerts, text).unwrap();
    look(other.path(), 5, ALLOW);
    let (state, result) = journal(other.path()).pop().unwrap();
    assert_eq!(state, "done");
    // All records are read: those after 12:05 too.
    assert!(
        result.starts_with("anthropic_api: ") && result.contains(" 0 error"),
        "{result}"
    );
    let told = std::fs::read_to_string(other.path().join("told.jsonl")).unwrap();
    assert!(
        told.contains(r#""kind":"action""#) && told.contains("anthropic_api: "),
        "{told}"
    );
}

/// A second firing within the hour is one too many for an action that runs once an hour.
#[test]
fn its_rate_is_limited() {
    let folder = folder("force_simple_mode");
    let alerts = folder.path().join("alerts_config.yaml");
    let mut text = std::fs::read_to_string(&alerts).unwrap();
    text.push_str(
        "alert_actions:\n  force_simple_mode: {most_per_hour: 1, rollback_after: 10min}\n",
    );
    std::fs::write(&alerts, text).unwrap();
    look(folder.path(), 5, ALLOW);
    look(folder.path(), 20, ALLOW);
    look(folder.path(), 36, ALLOW);
    let journal = journal(folder.path());
    assert_eq!(journal[0].0, "rolled_back");
    assert!(
        journal[1].0 == "proposed" && journal[1].1.contains("1 times in the last hour"),
        "{journal:?}"
    );
    assert_eq!(config(folder.path()), CONFIG);
}

/// A clock that is put back keeps nothing longer than it was to be.
#[test]
fn a_clock_that_jumps_back() {
    let folder = folder("force_simple_mode");
    look(folder.path(), 65, &[]);
    look(folder.path(), 96, ALLOW);
    // The first was proposed, since nothing was allowed.
    assert_eq!(states(folder.path()), ["proposed", "applied"]);
    look(folder.path(), 10, &[]);
    assert_eq!(states(folder.path())[1], "applied");
    look(folder.path(), 70, &[]);
    assert_eq!(states(folder.path())[1], "rolled_back");
    assert_eq!(config(folder.path()), CONFIG);
}

/// Killed in the middle: it is not done again, and says so.
#[cfg(unix)]
#[test]
fn killed_while_it_runs() {
    let folder = folder("page");
    let alerts = folder.path().join("alerts_config.yaml");
    let mut text = std::fs::read_to_string(&alerts).unwrap();
    text.push_str("alert_actions:\n  page: {command: [sh, -c, 'echo x >> ran; exec sleep 20'], automated: true}\n");
    std::fs::write(&alerts, text).unwrap();
    let arguments = [
        "alerts",
        "check",
        "logs",
        "--send",
        "--allow-actions",
        "--config",
        "alerts_config.yaml",
    ];
    let mut child = std::process::Command::new(assert_cmd::cargo::cargo_bin("perfadvise"))
        .current_dir(folder.path())
        .args(arguments)
        .args(["--now", "2026-03-16T12:05:30Z"])
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let begin = std::time::Instant::now();
    while !folder.path().join("ran").exists() && begin.elapsed().as_secs() < 20 {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    program(folder.path())
        .args(arguments)
        .args(["--now", "2026-03-16T12:06:30Z"])
        .assert()
        .code(1);
    assert_eq!(
        std::fs::read_to_string(folder.path().join("ran")).unwrap(),
        "x\n"
    );
    let (state, result) = journal(folder.path()).pop().unwrap();
    assert!(
        state == "failed" && result.contains("the program ended"),
        "{state} {result}"
    );
}

#[test]
fn what_somebody_elses_folder_says_is_not_done() {
    let folder = folder("page");
    std::fs::write(
        folder.path().join("logs/alerts_config.yaml"),
        "alerts:\n  response_time: {threshold: 5s}\nalert_actions:\n  page: {command: [touch, ran], automated: true}\nnotification_channels:\n- {type: file, path: told.jsonl}\n",
    )
    .unwrap();
    program(folder.path())
        .args([
            "alerts",
            "check",
            "logs",
            "--send",
            "--allow-actions",
            "--now",
            "2026-03-16T12:05:30Z",
        ])
        .assert()
        .code(1)
        .stderr(contains("asks for an action that there is not"));
    assert!(journal(folder.path()).is_empty());
    let left: Vec<String> = std::fs::read_dir(folder.path())
        .unwrap()
        .chain(std::fs::read_dir(folder.path().join("logs")).unwrap())
        .map(|e| e.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    assert!(
        !left
            .iter()
            .any(|name| name == "ran" || name == "told.jsonl"),
        "{left:?}"
    );
    std::fs::write(
        folder.path().join("alerts_config.yaml"),
        "alerts:\n  response_time: {threshold: 5s, action: page}\nalert_actions:\n  page: {command: [touch, ran], automated: true}\n  other: {set: {context.moed: SIMPLE}}\n",
    )
    .unwrap();
    program(folder.path())
        .args(["alerts", "list"])
        .assert()
        .code(2)
        .stderr(contains("alerts_config.yaml:5:17").and(contains("context.mode")));
}
