//! Metrics of the user's own, from `metric` and a StatsD socket to every verb that shows or judges them.

use std::path::Path;
use std::process::{Command, Stdio};

use predicates::prelude::*;
use predicates::str::contains;
use serde_json::Value;

use super::program;

const CONFIG: &str = "\
metrics:
  queue_depth: {unit: count, direction: lower, of: p95, target: 20, title: Queue depth}
  warmth: {unit: ratio, direction: higher, meaning: Share of workers that are warm.}
  jobs: {unit: count, of: sum}
alerts:
  queue_depth: {threshold: 15, of: mean, window: 10min, severity: critical}
";

/// A folder with a configuration and a store of its own.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join(".perfadvise")).unwrap();
    std::fs::write(folder.path().join("perfadvise.yaml"), CONFIG).unwrap();
    folder
}

/// Records `values` of the queue in one call, as values of one run, an hour after the one before.
fn record(folder: &Path, place: &str, run: u32, values: &[u32]) {
    let lines: Vec<String> = values
        .iter()
        .map(|value| format!("queue_depth {value} queue=main"))
        .collect();
    program(folder)
        .args(["metric", "-", "--storage-path", place])
        .args(["--tag", &format!("run=r{run}")])
        .args(["--at", &format!("2026-03-16T{:02}:00:00Z", run)])
        .write_stdin(lines.join("\n"))
        .assert()
        .success()
        .stderr(contains("appended to"));
}

/// Twelve runs of ten values each: 1 to 10, and `more` on top.
fn runs(folder: &Path, place: &str, more: u32) {
    for run in 0..12 {
        let values: Vec<u32> = (1..=10).map(|value| value + more + run % 3).collect();
        record(folder, place, run, &values);
    }
}

fn json(folder: &Path, arguments: &[&str]) -> (i32, Value) {
    let output = program(folder)
        .args(arguments)
        .args(["--format", "json"])
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let value = serde_json::from_str(&text)
        .unwrap_or_else(|e| panic!("{e}: {text}{}", String::from_utf8_lossy(&output.stderr)));
    (output.status.code().unwrap(), value)
}

fn of<'a>(rows: &'a Value, metric: &str) -> &'a Value {
    let rows = rows.as_array().unwrap();
    rows.iter()
        .find(|row| row["metric"] == metric)
        .unwrap_or_else(|| panic!("no {metric}: {rows:?}"))
}

/// Of 12 runs with values 1 to 10 plus 0, 1 or 2: n = 120, mean = 5.5 + 1, the largest 12.
#[test]
fn it_is_described_and_judged() {
    let folder = folder();
    runs(folder.path(), ".orch-monitoring", 0);
    let (code, all) = json(folder.path(), &["analyze"]);
    assert_eq!(code, 0);
    let row = of(&all["metrics"], "queue_depth");
    assert_eq!((&row["n"], &row["units"]), (&120.into(), &12.into()));
    assert_eq!((&row["unit"], &row["max"]), (&"count".into(), &12.0.into()));
    assert!((row["mean"].as_f64().unwrap() - 6.5).abs() < 1e-9, "{row}");
    assert!(row["interval"]["low"].as_f64().unwrap() < 6.5);
    let indicator = of(&all["indicators"], "queue_depth");
    assert_eq!(indicator["title"], "Queue depth, p95");
    assert_eq!(indicator["target"]["value"], 20.0);
    assert_eq!(indicator["verdict"], "met");
    assert_eq!(of(&all["trends"], "queue_depth")["direction"], "stable");
    assert_eq!(all["provenance"]["undeclared"], Value::Array(Vec::new()));
    for (format, said) in [
        ("text", "Queue depth, p95"),
        ("markdown", "Queue depth, p95"),
        ("html", "Queue depth, p95"),
        ("csv", "queue_depth,"),
        ("yaml", "metric: queue_depth"),
        ("jsonl", "\"queue_depth\""),
    ] {
        let mut command = program(folder.path());
        let asked = command.args(["analyze", "--format", format]).assert();
        asked.success().stdout(contains(said));
    }
}

#[test]
fn without_a_declaration_it_has_no_unit_and_says_how_to_get_one() {
    let folder = folder();
    runs(folder.path(), "seen", 0);
    std::fs::remove_file(folder.path().join("perfadvise.yaml")).unwrap();
    let (_, all) = json(folder.path(), &["analyze", "seen"]);
    assert_eq!(of(&all["metrics"], "queue_depth")["unit"], "unknown");
    assert_eq!(
        of(&all["provenance"]["undeclared"], "queue_depth")["n"],
        120
    );
    let output = program(folder.path()).args(["analyze", "seen"]).output();
    let page = String::from_utf8(output.unwrap().stdout).unwrap();
    let words: Vec<&str> = page.split_whitespace().collect();
    let said = "queue_depth (120); in perfadvise.yaml metrics: {queue_depth: {unit: count, direction: lower}}";
    assert!(words.join(" ").contains(said), "{page}");
}

/// What was recorded before a declaration means the same as what comes after it.
#[test]
fn the_gate_judges_it_against_a_baseline_saved_before_it_was_declared() {
    let folder = folder();
    runs(folder.path(), "before", 0);
    runs(folder.path(), "worse", 12);
    runs(folder.path(), "same", 0);
    let declared = folder.path().join("perfadvise.yaml");
    std::fs::remove_file(&declared).unwrap();
    program(folder.path())
        .args(["baseline", "save", "main", "before"])
        .assert()
        .success();
    std::fs::write(&declared, CONFIG).unwrap();
    let (code, report) = json(folder.path(), &["gate", "--baseline", "main", "./worse"]);
    let check = of(&report["checks"], "queue_depth");
    assert_eq!(
        (code, &check["verdict"]),
        (1, &"regression".into()),
        "{check}"
    );
    assert_eq!(
        (&check["unit"], &check["direction"]),
        (&"count".into(), &"lower".into())
    );
    let judged = |arguments: &[&str]| {
        let all = [&["gate", "--baseline", "main"][..], arguments].concat();
        json(folder.path(), &all)
    };
    let by_mean = ["./same", "--metric", "queue_depth"];
    let (code, report) = judged(&by_mean);
    let check = of(&report["checks"], "queue_depth");
    assert_eq!((code, &check["verdict"]), (0, &"pass".into()), "{check}");
    let (code, report) = judged(&[
        "./worse",
        "--metric",
        "queue_depth",
        "--max",
        "queue_depth=10",
    ]);
    let is_limit = |c: &&Value| c["kind"] == "max";
    let limit = report["checks"].as_array().unwrap().iter().find(is_limit);
    assert_eq!(
        (code, &limit.unwrap()["verdict"]),
        (1, &"regression".into())
    );
    let (code, report) = judged(&["./same", "--metric", "warmth"]);
    assert_eq!((code, &report["verdict"]), (3, &"insufficient".into()));
}

#[test]
fn an_alert_fires_on_it() {
    let folder = folder();
    record(folder.path(), ".orch-monitoring", 11, &[14, 15, 19]);
    let at = |now: &str| json(folder.path(), &["alerts", "check", "--now", now]);
    let (code, report) = at("2026-03-16T11:05:00Z");
    let alert = &report["alerts"][0];
    assert_eq!((code, &alert["value"]), (1, &16.0.into()), "{report}");
    assert_eq!(
        (&alert["alert"], &alert["unit"]),
        (&"queue_depth".into(), &"count".into())
    );
    record(folder.path(), ".orch-monitoring", 12, &[3]);
    assert_eq!(at("2026-03-16T12:05:00Z").0, 0);
}

/// A file that `--config` names goes before the one that declares the metric, and knows it all the same.
#[test]
fn every_layer_knows_what_another_one_declares() {
    let folder = folder();
    record(folder.path(), ".orch-monitoring", 11, &[14, 15, 19]);
    let alerts = "alerts: {deep: {metric: queue_depth, threshold: 10}, cold: {metric: warmth, threshold: 50%}}\n\
                  targets: {warmth: 80%}\n";
    std::fs::write(folder.path().join("more.yaml"), alerts).unwrap();
    let now = ["--now", "2026-03-16T11:05:00Z", "--config", "more.yaml"];
    let (code, report) = json(folder.path(), &[&["alerts", "check"][..], &now].concat());
    let deep = report["alerts"].as_array().unwrap().iter();
    let deep = deep.clone().find(|row| row["alert"] == "deep").unwrap();
    // Of the declaration: above is bad, the 95th percentile counts, 19 to a step of the histogram.
    assert_eq!((code, &deep["state"]), (1, &"firing".into()), "{report}");
    assert!(
        (deep["value"].as_f64().unwrap() - 19.0).abs() < 0.1,
        "{deep}"
    );
    program(folder.path())
        .args(["config", "show", "--config", "more.yaml"])
        .assert()
        .success()
        .stderr("")
        .stdout(contains("ratio, higher, mean, target of the mean 80"));
}

#[test]
fn a_rule_of_the_users_names_it() {
    let folder = folder();
    runs(folder.path(), ".orch-monitoring", 30);
    let rules = folder.path().join("rules");
    std::fs::create_dir(&rules).unwrap();
    let rule = "\
code: OWN001
name: queue-too-deep
status: stable
title: The queue is deeper than its target
why: Whoever waits in it waits for no work of his own.
needs: [custom.queue_depth]
when: custom.queue_depth.p95 > custom.queue_depth.target_p95
evidence:
  - {fact: custom.queue_depth, field: p95, against: custom.queue_depth.target_p95}
metric: custom.queue_depth
advice: Let more workers take from it.
projection: {kind: none, reason: nothing tells how fast more workers are}
effort: small
class: fix
";
    std::fs::write(rules.join("queue-too-deep.yaml"), rule).unwrap();
    let cases = "\
base: {custom.queue_depth.p95: 40, custom.queue_depth.target_p95: 20, custom.queue_depth.units: 12}
cases:
  - {name: deep, expect: speaks}
  - {name: at the target, with: {custom.queue_depth.p95: 20}, expect: silent}
  - {name: shallow, with: {custom.queue_depth.p95: 19}, expect: silent}
  - {name: not measured, without: [custom.queue_depth], expect: not_evaluated}
";
    std::fs::write(rules.join("queue-too-deep.cases.yaml"), cases).unwrap();
    let config = folder.path().join("perfadvise.yaml");
    std::fs::write(&config, format!("{CONFIG}rules: {{dir: rules}}\n")).unwrap();
    for verb in ["lint", "test"] {
        program(folder.path())
            .args(["rules", verb])
            .assert()
            .success();
    }
    let (_, all) = json(folder.path(), &["analyze"]);
    let advice = all["recommendations"].as_array().unwrap();
    let own = advice.iter().find(|r| r["rule"] == "OWN001").unwrap();
    assert_eq!(own["priority"], "medium", "a missed target");
    let evidence = &own["evidence"][0];
    assert_eq!(
        (&evidence["unit"], &evidence["threshold"]),
        (&"count".into(), &20.0.into())
    );
    assert_eq!(evidence["title"], "Queue depth, p95");
    std::fs::write(
        &config,
        "metrics: {queue_dept: {unit: count}}\nrules: {dir: rules}\n",
    )
    .unwrap();
    program(folder.path())
        .args(["rules", "lint"])
        .assert()
        .code(1)
        .stdout(contains(
            "declares no metric queue_depth; did you mean queue_dept?",
        ));
}

#[test]
fn the_history_keeps_it_and_reports_list_it() {
    let folder = folder();
    runs(folder.path(), ".orch-monitoring", 0);
    program(folder.path())
        .args(["record", ".orch-monitoring"])
        .assert()
        .success();
    std::fs::remove_dir_all(folder.path().join(".orch-monitoring")).unwrap();
    let (_, trend) = json(
        folder.path(),
        &["trend", "--history", "--metric", "queue_depth"],
    );
    let trend = of(&trend["trends"], "queue_depth");
    assert_eq!((&trend["n"], &trend["unit"]), (&12.into(), &"count".into()));
    let day = [
        "report",
        "daily",
        "--history",
        "--now",
        "2026-03-17T00:00:00Z",
    ];
    program(folder.path())
        .args(day)
        .args(["--ending", "2026-03-16"])
        .assert()
        .success()
        .stdout(contains("Queue depth, p95"));
}

#[test]
fn a_sum_is_shown_as_one() {
    let folder = folder();
    for run in 0..6 {
        program(folder.path())
            .args(["metric", "jobs", "7", "--tag", &format!("run=r{run}")])
            .args(["--at", &format!("2026-03-16T1{run}:00:00Z"), "--quiet"])
            .assert()
            .success()
            .stderr("");
    }
    let (_, all) = json(folder.path(), &["analyze"]);
    let (row, indicator) = (of(&all["metrics"], "jobs"), of(&all["indicators"], "jobs"));
    assert_eq!(
        (&row["total"], &indicator["value"]),
        (&42.0.into(), &42.0.into())
    );
    assert_eq!(
        (&indicator["statistic"], &indicator["title"]),
        (&"sum".into(), &"jobs, sum".into())
    );
}

#[test]
fn what_nobody_declared_is_refused_with_what_to_do() {
    let folder = folder();
    let refused = |arguments: &[&str], said: &str| {
        let mut command = program(folder.path());
        command.arg("metric").args(arguments);
        command.assert().code(2).stderr(contains(said));
    };
    refused(&["queue_dept", "12"], "did you mean queue_depth?");
    refused(
        &["loop_lag", "12"],
        "metrics: {loop_lag: {unit: count, direction: lower}}",
    );
    refused(&["warmth", "80"], "write 80% if it is percent");
    refused(&["queue_depth"], "has no value");
    refused(&["queue_depth", "many"], "queue_depth many");
    refused(
        &["queue_depth", "1", "--tag", "prompt=hello"],
        "cannot be a tag",
    );
    refused(
        &["queue_depth", "1", "--tag", "queue"],
        "--tag wants KEY=VALUE",
    );
    refused(
        &["queue_depth", "1", "--at", "soon"],
        "not a date or a time",
    );
    refused(
        &["queue_depth", "1", "--file", "none/m.jsonl"],
        "none/m.jsonl",
    );
    assert!(
        !folder
            .path()
            .join(".orch-monitoring/metrics.jsonl")
            .exists()
    );
    program(folder.path())
        .args(["metrics", "list"])
        .assert()
        .success()
        .stdout(contains("Share of workers that are warm.").and(contains("3 of them your own")));
}

#[test]
fn a_clash_with_a_metric_of_the_registry_is_an_error() {
    let folder = folder();
    for (text, said) in [
        (
            "metrics: {response_time: {unit: seconds}}",
            "cannot be declared anew",
        ),
        (
            "metrics: {queue-depth: {unit: count}}",
            "cannot be the name of a metric",
        ),
        (
            "metrics: {depth.p95: {unit: count}}",
            "does not end in .mean or .p95",
        ),
        ("metrics: {depth: {direction: lower}}", "depth has no unit"),
        (
            "metrics: {depth: {unit: furlongs}}",
            "unit must be one of seconds",
        ),
        (
            "metrics: {depth: {unit: count, of: median}}",
            "of must be one of mean",
        ),
        (
            "metrics: {depth: {unit: ratio, direction: lower, target: soon}}",
            "target must be a ratio",
        ),
        ("metrics: [depth]", "metrics must be a section"),
        ("metrics: {depth: 3}", "depth must be a section"),
    ] {
        std::fs::write(folder.path().join("perfadvise.yaml"), text).unwrap();
        let mut command = program(folder.path());
        command.args(["config", "check"]).assert().code(2);
        let mut command = program(folder.path());
        let output = command.args(["metric", "depth", "1"]).assert().code(2);
        output.stderr(contains(said).and(contains("^")));
    }
}

/// As many programs at once as a pool of workers has.
#[test]
fn many_programs_record_at_once() {
    let folder = folder();
    let mut children = Vec::new();
    for worker in 0..12 {
        let child = Command::new(env!("CARGO_BIN_EXE_perfadvise"))
            .args(["metric", "queue_depth", &worker.to_string()])
            .args(["--tag", &format!("worker=w{worker}"), "--quiet"])
            .current_dir(folder.path())
            .spawn();
        children.push(child.unwrap());
    }
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    let (_, all) = json(folder.path(), &["analyze"]);
    assert_eq!(of(&all["metrics"], "queue_depth")["n"], 12);
    assert_eq!(all["provenance"]["problems_total"], 0);
}

#[cfg(unix)]
mod statsd {
    use std::io::{BufRead, BufReader, Lines};
    use std::net::UdpSocket;
    use std::os::unix::net::UnixDatagram;
    use std::process::{Child, ChildStdout};

    use super::*;

    /// A monitor that listens at `at` and has looked once, what it says from then on, and where it listens.
    fn monitor(folder: &Path, at: &str) -> (Child, Lines<BufReader<ChildStdout>>, String) {
        let mut child = Command::new(env!("CARGO_BIN_EXE_perfadvise"))
            .args(["monitor", "--interval", "1h", "--statsd", at])
            .current_dir(folder)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut of_line = |mark: &str| {
            let line = lines.find(|line| line.as_ref().unwrap().contains(mark));
            line.unwrap().unwrap()
        };
        let listens = of_line("listens");
        let address = listens.split_whitespace().nth(2).unwrap().to_owned();
        of_line("CPU");
        (child, lines, address)
    }

    /// Ends it as a service manager does; what it said on either stream.
    fn end(child: Child, lines: Lines<BufReader<ChildStdout>>) -> (String, String) {
        let kill = Command::new("kill")
            .args(["-s", "TERM", &child.id().to_string()])
            .status();
        assert!(kill.unwrap().success());
        let said: Vec<String> = lines.map(Result::unwrap).collect();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success());
        (said.join("\n"), String::from_utf8(output.stderr).unwrap())
    }

    #[test]
    fn what_clients_send_is_recorded_and_nothing_is_lost_at_the_end() {
        let folder = folder();
        let (child, lines, address) = monitor(folder.path(), "127.0.0.1:0");
        let client = UdpSocket::bind("127.0.0.1:0").unwrap();
        for number in 0..100 {
            let packet = format!("jobs:1|c|#queue:main\nqueue_depth:{number}|g\nloop_lag:250|ms");
            client.send_to(packet.as_bytes(), &address).unwrap();
        }
        client.send_to(b"users:7|s\nbroken\n", &address).unwrap();
        let (said, warned) = end(child, lines);
        assert!(said.contains("300 lines, 102 records"), "{said}");
        for part in [
            "sets are not read",
            "it has no value",
            "loop_lag not declared",
        ] {
            assert!(warned.contains(part), "{part}: {warned}");
        }
        let (_, all) = json(folder.path(), &["analyze"]);
        assert_eq!(of(&all["metrics"], "jobs")["total"], 100.0);
        assert_eq!(of(&all["metrics"], "queue_depth")["max"], 99.0);
        let lag = of(&all["metrics"], "loop_lag");
        assert_eq!((&lag["n"], &lag["mean"]), (&100.into(), &0.25.into()));
    }

    #[test]
    fn a_socket_in_the_file_system_does_too() {
        let folder = folder();
        let path = folder.path().join("statsd.sock");
        let (child, lines, _) = monitor(folder.path(), path.to_str().unwrap());
        let client = UnixDatagram::unbound().unwrap();
        client.send_to(b"warmth:0.5|g", &path).unwrap();
        let (said, warned) = end(child, lines);
        assert!(
            said.contains("1 line, 1 record") && warned.is_empty(),
            "{said}{warned}"
        );
        assert!(!path.exists());
    }

    #[test]
    fn other_machines_are_not_heard_unless_that_is_asked_for() {
        let folder = folder();
        for (at, said) in [
            ("0.0.0.0:8125", "--statsd-open"),
            ("8125", "neither an address with a port nor the path"),
        ] {
            program(folder.path())
                .args(["monitor", "--count", "1", "--statsd", at])
                .assert()
                .code(2)
                .stderr(contains(said));
        }
        let taken = UdpSocket::bind("127.0.0.1:0").unwrap();
        let at = taken.local_addr().unwrap().to_string();
        program(folder.path())
            .args(["monitor", "--count", "1", "--statsd", &at])
            .assert()
            .code(2)
            .stderr(contains("nothing can listen there"));
    }
}
