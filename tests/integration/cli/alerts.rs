//! `alerts`, through the built program.

use std::path::Path;

use predicates::str::contains;
use serde_json::Value;

use super::{fixture, program};

const NOW: &str = "2026-03-16T12:00:30Z";

/// A step at a second after 11:00 on the day of [`NOW`].
fn step(second: u32, duration: f64, outcome: &str, interface: &str) -> String {
    let (hour, minute, second) = (11 + second / 3600, second / 60 % 60, second % 60);
    format!(
        r#"{{"kind":"operation","operation":"step","time":"2026-03-16T{hour:02}:{minute:02}:{second:02}Z","duration":{duration},"outcome":"{outcome}","session":"s{minute}","interface":"{interface}"}}"#
    )
}

fn write(folder: &Path, name: &str, lines: &[String]) {
    std::fs::create_dir_all(folder.join("logs")).unwrap();
    std::fs::write(folder.join("logs").join(name), lines.join("\n")).unwrap();
}

/// A folder with a store of its own and the orchestrator's file of alerts.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join(".perfadvise")).unwrap();
    std::fs::copy(
        fixture("config/alerts_config.yaml"),
        folder.path().join("alerts_config.yaml"),
    )
    .unwrap();
    folder
}

fn at(folder: &Path, words: &[&str], now: &str) -> assert_cmd::Command {
    let mut command = program(folder);
    command.arg("alerts").args(words).args(["--now", now]);
    command
}

fn run(folder: &Path, words: &[&str]) -> assert_cmd::Command {
    at(folder, words, NOW)
}

fn json(command: &mut assert_cmd::Command) -> Value {
    let output = command.args(["--format", "json"]).output().unwrap();
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&output.stderr)))
}

fn row<'a>(report: &'a Value, alert: &str) -> &'a Value {
    let rows = report["alerts"].as_array().unwrap();
    rows.iter()
        .find(|r| r["alert"] == alert)
        .unwrap_or_else(|| panic!("no {alert}: {report}"))
}

/// A minute of slow steps at 11:58, two failures in a row of another interface at the end.
fn busy(folder: &Path) {
    let mut lines: Vec<String> = (0..58)
        .map(|minute| step(minute * 60, 2.0, "ok", "claude_code"))
        .collect();
    lines.push(step(3_480, 62.0, "ok", "claude_code"));
    lines.push(step(3_400, 1.0, "ok", "anthropic_api"));
    lines.push(step(3_500, 1.0, "timeout", "anthropic_api"));
    lines.push(step(3_520, 1.0, "rate_limited", "anthropic_api"));
    write(folder, "steps.jsonl", &lines);
}

/// By hand: the five minutes before 12:01 hold the steps of 11:56 and 11:57 (2 s each), 11:56:40 (1 s), 11:58:00
/// (62 s), 11:58:20 (a time-out of 1 s); that which was refused counts for the rate alone. (2 + 2 + 1 + 62 + 1) ÷ 5
/// is 13.6 s; 4 of 6 succeeded.
#[test]
fn the_orchestrators_file_as_it_is() {
    let folder = folder();
    busy(folder.path());
    let mut command = run(folder.path(), &["check", "logs"]);
    command.assert().code(1);
    let report = json(&mut run(folder.path(), &["check", "logs"]));
    let slow = row(&report, "response_time");
    assert_eq!(
        (&slow["state"], &slow["severity"]),
        (&"firing".into(), &"warning".into())
    );
    assert!(
        (slow["value"].as_f64().unwrap() - 13.6).abs() < 1e-9,
        "{slow}"
    );
    let rate = row(&report, "success_rate");
    assert!(
        (rate["value"].as_f64().unwrap() - 4.0 / 6.0).abs() < 1e-9,
        "{rate}"
    );
    let down = report["alerts"].as_array().unwrap();
    let down: Vec<(&Value, &Value, &Value)> = down
        .iter()
        .filter(|r| r["alert"] == "interface_failure")
        .map(|r| (&r["labels"]["interface"], &r["state"], &r["value"]))
        .collect();
    assert!(
        down.contains(&(&"anthropic_api".into(), &"pending".into(), &2.0.into())),
        "{down:?}"
    );
    assert!(
        down.contains(&(&"claude_code".into(), &"quiet".into(), &0.0.into())),
        "{down:?}"
    );
    let memory = row(&report, "memory_usage");
    assert_eq!(
        (&memory["state"], &memory["value"]),
        (&"quiet".into(), &Value::Null)
    );
    assert_eq!(
        (&report["firing"], &report["pending"]),
        (&2.into(), &1.into())
    );
    assert!(!folder.path().join(".perfadvise/history.db").exists());
}

#[test]
fn the_page() {
    let folder = folder();
    busy(folder.path());
    let output = run(folder.path(), &["check", "logs"]).output().unwrap();
    insta::assert_snapshot!(String::from_utf8(output.stdout).unwrap(), @"
    alerts check logs · alerts_config.yaml                                  Mon 16 Mar 2026 12:00:30 UTC

      2 firing, 1 pending, 2 quiet, 1 of these without data

      alert              of             severity   value now  state    rule                    since
      response_time                     warning       13.6 s  firing   > 5 s                   Mon 11:59
      success_rate                      warning       66.7 %  firing   < 95 %                  Mon 11:59
      interface_failure  anthropic_api  critical  2 in a row  pending  3 consecutive failures  Mon 11:59
      memory_usage                      critical     no data  quiet    > 90 %
      interface_failure  claude_code    critical  0 in a row  quiet    3 consecutive failures

      response_time       action suggest_simple_mode
      success_rate        action interface_health_check
      interface_failure {interface=anthropic_api}  failed 11:58:20, 11:58:40
                                                   action automatic_fallback

      Nothing was sent: this is a check.
    ");
}

#[test]
fn how_it_ends() {
    let folder = folder();
    write(
        folder.path(),
        "steps.jsonl",
        &[step(3_500, 1.0, "ok", "mock")],
    );
    run(folder.path(), &["check", "logs"]).assert().code(0);
    std::fs::create_dir(folder.path().join("empty")).unwrap();
    run(folder.path(), &["check", "empty"]).assert().code(3);
    std::fs::remove_file(folder.path().join("alerts_config.yaml")).unwrap();
    run(folder.path(), &["check", "logs"])
        .assert()
        .code(2)
        .stderr(contains("no alert is configured"));
}

#[test]
fn what_is_wrong_has_a_place() {
    let folder = folder();
    let config = folder.path().join("alerts_config.yaml");
    std::fs::write(
        &config,
        "alerts:\n  response_time:\n    threshold: 5\n    cooldwn: 60\n    inhibits: [succes_rate]\n  success_rate: {threshold: 0.9}\n",
    )
    .unwrap();
    write(
        folder.path(),
        "steps.jsonl",
        &[step(3_500, 1.0, "ok", "mock")],
    );
    run(folder.path(), &["check", "logs"])
        .assert()
        .code(0)
        .stderr(contains("alerts_config.yaml:4:5").and(contains("cooldown")))
        .stderr(contains("alerts_config.yaml:5:16").and(contains("success_rate")));
    std::fs::write(
        &config,
        "alerts:\n  slow: {metric: response_time, threshold: soon}\n",
    )
    .unwrap();
    run(folder.path(), &["check", "logs"])
        .assert()
        .code(2)
        .stderr(contains("alerts_config.yaml:2:44"));
    std::fs::write(
        &config,
        "alerts:\n  slow: {metric: response_time, objective: 99%}\n",
    )
    .unwrap();
    run(folder.path(), &["check", "logs"])
        .assert()
        .code(2)
        .stderr(contains("an objective is of a rate"));
    run(folder.path(), &["silence", "slo", "--for", "1h"])
        .assert()
        .code(2);
}

use predicates::prelude::PredicateBooleanExt;

#[test]
fn one_for_each_interface() {
    let folder = folder();
    std::fs::write(
        folder.path().join("alerts_config.yaml"),
        "alerts:\n  response_time: {threshold: 5s, by: interface}\n",
    )
    .unwrap();
    busy(folder.path());
    let report = json(&mut run(folder.path(), &["check", "logs"]));
    let rows = report["alerts"].as_array().unwrap();
    let states: Vec<(&str, &str)> = rows
        .iter()
        .map(|r| {
            let interface = r["labels"]["interface"].as_str().unwrap();
            (interface, r["state"].as_str().unwrap())
        })
        .collect();
    assert_eq!(
        states,
        [("claude_code", "firing"), ("anthropic_api", "quiet")]
    );
}

/// What is looked at again is neither noted nor told twice, and the week knows of it.
#[test]
fn what_fired_is_remembered_once() {
    let folder = folder();
    busy(folder.path());
    let send = ["check", "logs", "--send"];
    for _ in 0..2 {
        run(folder.path(), &send).assert().code(1);
    }
    let report = json(&mut at(folder.path(), &send, "2026-03-16T12:01:30Z"));
    let slow = row(&report, "response_time");
    // Fired at the end of the minute of the slow step, told when somebody looked.
    assert_eq!(slow["since"], "2026-03-16T11:59:00Z");
    assert_eq!(slow["last_sent"], NOW);
    assert_eq!(slow["next_not_before"], "2026-03-16T12:05:30Z");
    let mut history = program(folder.path());
    let shown = json(history.args(["history", "show"]));
    assert_eq!(shown["firings"], 2, "{shown}");
    let exported = program(folder.path())
        .args(["history", "export"])
        .output()
        .unwrap();
    let exported = String::from_utf8(exported.stdout).unwrap();
    assert_eq!(
        exported.matches(r#""kind":"firing""#).count(),
        2,
        "{exported}"
    );
    let mut week = program(folder.path());
    week.args(["report", "weekly", "logs", "--ending", "2026-03-22"]);
    week.args(["--now", NOW])
        .assert()
        .code(0)
        .stdout(contains("response_time 1 time and fires still"));
    program(folder.path())
        .args(["history", "prune", "--before", "2026-04-01"])
        .assert()
        .code(0);
}

#[test]
fn a_silence_holds_and_ends() {
    let folder = folder();
    busy(folder.path());
    let silence = [
        "silence",
        "response_time",
        "--for",
        "2m",
        "--reason",
        "known",
    ];
    run(folder.path(), &silence).assert().code(0);
    let send = ["check", "logs", "--send"];
    let report = json(&mut run(folder.path(), &send));
    let slow = row(&report, "response_time");
    assert_eq!(slow["last_sent"], Value::Null);
    assert_eq!(slow["silenced_until"], "2026-03-16T12:02:30Z");
    assert_eq!(report["firing"], 1);
    run(folder.path(), &["silence"])
        .assert()
        .stdout(contains("known"));
    let later = "2026-03-16T12:02:30Z";
    let report = json(&mut at(folder.path(), &send, later));
    assert_eq!(row(&report, "response_time")["last_sent"], later);
    run(folder.path(), &["silence", "--end", "7"])
        .assert()
        .code(2);
    run(folder.path(), &["silence", "--end", "1"])
        .assert()
        .code(0);
}

/// By hand: the third failure in a row began at 11:12 and is seen at the end of that minute, the success of 11:20 at the
/// end of that one.
#[test]
fn failures_in_a_row_that_are_over_are_noted_too() {
    let folder = folder();
    let failed = |minute: u32| step(minute * 60, 1.0, "error", "mock");
    let lines = vec![
        step(60, 1.0, "ok", "mock"),
        failed(10),
        failed(11),
        failed(12),
        step(20 * 60, 1.0, "ok", "mock"),
        failed(30),
        failed(31),
        step(32 * 60, 1.0, "ok", "mock"),
    ];
    write(folder.path(), "steps.jsonl", &lines[..1]);
    let send = ["check", "logs", "--send"];
    at(folder.path(), &send, "2026-03-16T11:05:00Z")
        .assert()
        .code(0);
    write(folder.path(), "steps.jsonl", &lines);
    at(folder.path(), &send, "2026-03-16T11:45:00Z")
        .output()
        .unwrap();
    let exported = program(folder.path())
        .args(["history", "export"])
        .output()
        .unwrap();
    let exported = String::from_utf8(exported.stdout).unwrap();
    let firings: Vec<Value> = exported
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .filter(|row: &Value| row["alert"] == "interface_failure")
        .collect();
    assert_eq!(firings.len(), 1, "{exported}");
    assert_eq!(firings[0]["fired_at"], "2026-03-16T11:13:00Z");
    assert_eq!(firings[0]["resolved_at"], "2026-03-16T11:21:00Z");
    // From nothing it is the same.
    let report = json(&mut at(
        folder.path(),
        &["check", "logs"],
        "2026-03-16T11:45:00Z",
    ));
    assert_eq!(row(&report, "interface_failure")["state"], "quiet");
}

/// A clock that is put back tells nothing again, and keeps what is known.
#[test]
fn a_clock_that_jumps_back() {
    let folder = folder();
    busy(folder.path());
    let send = ["check", "logs", "--send"];
    run(folder.path(), &send).assert().code(1);
    let report = json(&mut at(folder.path(), &send, "2026-03-16T11:30:00Z"));
    assert_eq!(row(&report, "response_time")["state"], "quiet");
    let shown = json(program(folder.path()).args(["history", "show"]));
    assert_eq!(shown["firings"], 2);
}

const SCENARIOS: &str = "\
alerts: [alerts_config.yaml]
tests:
  - name: slow for a while
    series:
      - {metric: response_time, values: '2x9 7x5 2x20'}
    expect:
      - {at: 10m, alert: response_time, state: quiet, value: 2.0}
      - {at: 15m, alert: response_time, state: firing, severity: warning}
      - {at: 20m, alert: response_time, state: quiet}
    told:
      - {at: 14m, alert: response_time, kind: firing}
      - {at: 18m, alert: response_time, kind: resolved}
  - name: an interface that fails
    series:
      - {metric: consecutive_failures, values: '0 1 2 3 0', labels: {interface: mock}}
    expect:
      - {at: 3m, alert: interface_failure, labels: {interface: mock}, state: pending}
      - {at: 4m, alert: interface_failure, labels: {interface: mock}, state: firing, severity: critical}
      - {at: 5m, alert: interface_failure, labels: {interface: mock}, state: quiet}
";

/// Means of five minutes by hand: (2 + 2 + 7 + 7 + 7) ÷ 5 = 5 at 13 min is not above 5, (2 + 4 × 7) ÷ 5 = 6 at 14 min
/// is; at 16 min the first of the six is gone and the mean 7; (7 + 7 + 7 + 2 + 2) ÷ 5 = 5 at 18 min.
#[test]
fn scenarios_from_a_file() {
    let folder = folder();
    let file = folder.path().join("alerts_test.yaml");
    std::fs::write(&file, SCENARIOS).unwrap();
    run(folder.path(), &["test", "alerts_test.yaml"])
        .assert()
        .code(0)
        .stdout(contains("2 passed, 0 failed"));
    std::fs::write(
        &file,
        SCENARIOS.replace(
            "{at: 15m, alert: response_time, state: firing",
            "{at: 15m, alert: response_time, state: quiet",
        ),
    )
    .unwrap();
    run(folder.path(), &["test", "alerts_test.yaml"])
        .assert()
        .code(1)
        .stdout(contains("is firing, expected quiet").and(contains("1 passed, 1 failed")));
    std::fs::write(
        &file,
        SCENARIOS.replace(
            "at: 10m, alert: response_time",
            "at: 10m, alert: respons_time",
        ),
    )
    .unwrap();
    run(folder.path(), &["test", "alerts_test.yaml"])
        .assert()
        .code(2)
        .stderr(contains("did you mean \"response_time\"?"));
    std::fs::write(&file, SCENARIOS.replace("expect:", "expects:")).unwrap();
    run(folder.path(), &["test", "alerts_test.yaml"])
        .assert()
        .code(2)
        .stderr(contains("alerts_test.yaml:6:"));
}

#[test]
fn they_are_listed() {
    let folder = folder();
    run(folder.path(), &["list"])
        .assert()
        .code(0)
        .stdout(contains("interface_failure").and(contains("3 consecutive failures")));
    let listed = json(&mut run(folder.path(), &["list"]));
    assert_eq!(listed.as_array().unwrap().len(), 4);
}

#[test]
fn a_watch_goes_on_where_it_ended() {
    let folder = folder();
    busy(folder.path());
    run(
        folder.path(),
        &["watch", "logs", "--interval", "1s", "--count", "1"],
    )
    .assert()
    .code(0)
    .stdout(contains("firing").and(contains("response_time")));
    run(
        folder.path(),
        &["watch", "logs", "--interval", "1s", "--count", "1"],
    )
    .assert()
    .code(0)
    .stdout("");
}

/// A baseline of 2 s a step in forty sessions, then as many of 4 s, then of 2 s again; as `gate` judges them.
#[test]
fn worse_than_a_baseline() {
    let folder = folder();
    let sessions = |name: &str, day: u32, seconds: f64| {
        let lines: Vec<String> = (0..40)
            .flat_map(|session| {
                (0..5).map(move |n| {
                    let spread = f64::from((session * 7 + n * 3) % 10) / 50.0;
                    format!(
                        r#"{{"kind":"operation","operation":"step","time":"2026-03-{day}T10:{session:02}:{n:02}Z","duration":{},"outcome":"ok","session":"{name}{session}"}}"#,
                        seconds + spread
                    )
                })
            })
            .collect();
        std::fs::create_dir_all(folder.path().join(name)).unwrap();
        std::fs::write(
            folder.path().join(name).join("steps.jsonl"),
            lines.join("\n"),
        )
        .unwrap();
    };
    sessions("base", 10, 2.0);
    sessions("slow", 16, 4.0);
    sessions("same", 16, 2.0);
    std::fs::write(
        folder.path().join("alerts_config.yaml"),
        "alerts:\n  slower: {metric: response_time, baseline: main, tolerance: 10%}\n",
    )
    .unwrap();
    program(folder.path())
        .args(["baseline", "save", "main", "base", "--now", NOW])
        .assert()
        .code(0);
    run(folder.path(), &["check", "slow"])
        .assert()
        .code(1)
        .stdout(contains("worse than baseline main").and(contains("regression")));
    run(folder.path(), &["check", "same"])
        .assert()
        .code(0)
        .stdout(contains("pass"));
    // It is one alert, also where by asks for more.
    std::fs::write(
        folder.path().join("alerts_config.yaml"),
        "alerts:\n  slower: {metric: response_time, baseline: main, by: interface}\n",
    )
    .unwrap();
    run(folder.path(), &["check", "same"])
        .assert()
        .stderr(contains("by has no effect"));
    let report = json(&mut run(folder.path(), &["check", "same"]));
    assert_eq!(report["alerts"].as_array().unwrap().len(), 1);
    assert_eq!(
        (&report["quiet"], &report["without_data"]),
        (&1.into(), &0.into())
    );
    // Nothing of the last day: nothing is known, and nothing fires.
    run(folder.path(), &["check", "base"])
        .assert()
        .code(0)
        .stdout(contains("insufficient"));
}

#[test]
fn one_alert_keeps_another_from_being_told() {
    let folder = folder();
    busy(folder.path());
    std::fs::write(
        folder.path().join("alerts_config.yaml"),
        "alerts:\n  response_time: {threshold: 5s, by: interface, inhibits: [success_rate]}\n  success_rate: {threshold: 95%, by: interface}\n",
    )
    .unwrap();
    let report = json(&mut run(folder.path(), &["check", "logs", "--send"]));
    let rows = report["alerts"].as_array().unwrap();
    let told = |alert: &str, interface: &str| {
        let row = rows
            .iter()
            .find(|r| r["alert"] == alert && r["labels"]["interface"] == interface)
            .unwrap();
        (
            row["state"].as_str().unwrap().to_owned(),
            !row["last_sent"].is_null(),
        )
    };
    // The slow interface is claude_code, the one that fails anthropic_api: other values inhibit nothing.
    assert_eq!(
        told("response_time", "claude_code"),
        ("firing".into(), true)
    );
    assert_eq!(
        told("success_rate", "anthropic_api"),
        ("firing".into(), true)
    );
    std::fs::write(
        folder.path().join("alerts_config.yaml"),
        "alerts:\n  response_time: {threshold: 5s, inhibits: [success_rate]}\n  success_rate: {threshold: 95%, by: interface, labels: {team: a}}\n",
    )
    .unwrap();
    let other = self::folder();
    busy(other.path());
    std::fs::copy(
        folder.path().join("alerts_config.yaml"),
        other.path().join("alerts_config.yaml"),
    )
    .unwrap();
    let report = json(&mut run(other.path(), &["check", "logs", "--send"]));
    let rate = report["alerts"].as_array().unwrap();
    let rate = rate
        .iter()
        .find(|r| r["alert"] == "success_rate" && r["state"] == "firing")
        .unwrap();
    assert_eq!(rate["inhibited_by"], "response_time");
    assert_eq!(rate["last_sent"], Value::Null);
    assert_eq!(report["firing"], 1);
}

#[test]
fn the_end_of_a_silence_is_said_with_its_year_where_that_is_another() {
    let folder = tempfile::tempdir().unwrap();
    // 2026-03-16 and 400 days: 2027-04-20.
    run(folder.path(), &["silence", "--for", "400d"])
        .assert()
        .success()
        .stdout(contains("20 Apr 2027"));
    run(folder.path(), &["silence", "--for", "2h"])
        .assert()
        .success()
        .stdout(contains("2026").not());
    run(folder.path(), &["silence", "--for", "1000000d"])
        .assert()
        .code(2)
        .stderr(contains("after the year 2099"));
}
