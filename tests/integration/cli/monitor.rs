//! `monitor` and `status`, through the built program.

use std::io::{BufRead, BufReader, Lines, Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use predicates::str::contains;
use serde_json::{Value, json};

use super::program;

/// All snapshots of a folder of reports, in the order of the files' names.
fn snapshots(folder: &Path) -> Vec<Value> {
    let mut paths: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    let read = |path: &std::path::PathBuf| -> Value {
        serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
    };
    paths
        .iter()
        .flat_map(|path| read(path)["recent_snapshots"].as_array().unwrap().clone())
        .collect()
}

/// Answers every request with 200.
fn server() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 1024]);
            let _ = stream
                .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
        }
    });
    format!("http://{address}/health")
}

#[test]
fn what_it_sees_is_in_reports_records_and_the_status() {
    let folder = tempfile::tempdir().unwrap();
    program(folder.path())
        .args(["status"])
        .assert()
        .code(3)
        .stdout(contains("no_data"));
    let own = std::process::id().to_string();
    let url = server();
    program(folder.path())
        .args([
            "monitor",
            "--interval",
            "200ms",
            "--count",
            "12",
            "-o",
            "seen",
            "--records",
            "m.jsonl",
        ])
        .args([
            "--process",
            &own,
            "--http",
            &url,
            "--http",
            "http://127.0.0.1:9/",
        ])
        .assert()
        .success()
        .stdout(contains("stopped    after 12 looks"))
        .stdout(contains("no answer of 127.0.0.1:9"));

    let seen = snapshots(&folder.path().join("seen"));
    assert_eq!(seen.len(), 12);
    for snapshot in &seen {
        for key in ["cpu_usage", "memory_usage"] {
            let percent = snapshot[key].as_f64().unwrap();
            assert!((0.0..=100.0).contains(&percent), "{key}: {percent}");
        }
        assert!(snapshot["active_processes"].as_u64().unwrap() > 1);
        assert!(
            snapshot["response_times"]["visualizer_response_time"]
                .as_f64()
                .unwrap()
                > 0.0
        );
        assert_eq!(snapshot["response_times"]["127.0.0.1:9"], Value::Null);
    }
    let times: Vec<jiff::Timestamp> = seen
        .iter()
        .map(|s| s["timestamp"].as_str().unwrap().parse().unwrap())
        .collect();
    assert!(times.windows(2).all(|t| t[0] < t[1]));

    let output = program(folder.path())
        .args(["status", "seen"])
        .output()
        .unwrap();
    let state: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(state["status"], "monitoring");
    assert_eq!(state["snapshots_collected"], 12);
    assert_eq!(state["latest_snapshot"], seen[11]);

    // Either is understood by the rest of the program, and both are the same looks.
    for (input, format) in [("seen", "monitor-report"), ("m.jsonl", "native-records")] {
        let output = program(folder.path())
            .args(["analyze", input, "--format", "json"])
            .output()
            .unwrap();
        let all: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(all["provenance"]["skipped"], 0, "{input}");
        assert!(
            all["provenance"]["formats"][format].as_u64() > Some(0),
            "{input}"
        );
        let cpu = all["metrics"]
            .as_array()
            .unwrap()
            .iter()
            .find(|m| m["metric"] == "cpu_utilization");
        assert_eq!(cpu.unwrap()["n"], 12, "{input}");
        let uptime = all["metrics"]
            .as_array()
            .unwrap()
            .iter()
            .find(|m| m["metric"] == "uptime");
        assert_eq!(uptime.unwrap()["mean"], json!(0.5), "{input}");
    }
}

/// A monitor that has looked once, and what it says from then on.
#[cfg(unix)]
fn after_a_look(folder: &Path, interval: &str) -> (Child, Lines<BufReader<ChildStdout>>) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_perfadvise"))
        .args(["monitor", "--interval", interval])
        .current_dir(folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let look = lines.find(|line| line.as_ref().unwrap().contains("CPU"));
    look.unwrap().unwrap();
    (child, lines)
}

#[cfg(unix)]
#[test]
fn a_signal_ends_it_and_nothing_is_lost() {
    for signal in ["INT", "TERM"] {
        let folder = tempfile::tempdir().unwrap();
        let (mut child, lines) = after_a_look(folder.path(), "1h");
        let kill = Command::new("kill")
            .args(["-s", signal, &child.id().to_string()])
            .status();
        assert!(kill.unwrap().success());
        let rest: Vec<String> = lines.map(Result::unwrap).collect();
        assert!(child.wait().unwrap().success(), "{signal}");
        assert!(
            rest.iter().any(|line| line.contains("after 1 look")),
            "{rest:?}"
        );
        assert_eq!(snapshots(&folder.path().join(".orch-monitoring")).len(), 1);
    }
}

#[cfg(unix)]
#[test]
fn nobody_who_listens_is_no_reason_to_lose_what_was_seen() {
    let folder = tempfile::tempdir().unwrap();
    let (mut child, lines) = after_a_look(folder.path(), "200ms");
    drop(lines);
    assert!(child.wait().unwrap().success());
    assert!(!snapshots(&folder.path().join(".orch-monitoring")).is_empty());
}

#[test]
fn what_cannot_be_meant_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("file"), "x").unwrap();
    for (arguments, said) in [
        (["--interval", "5 lightyears"], "not a duration"),
        (["--interval=-5", "--quiet"], "no length of time"),
        (["--duration", "nan"], "no length of time"),
        (["--interval", "10ms"], "too short"),
        (["--http", "localhost:80"], "begins with http"),
        (["--storage-path", "file"], "cannot be written to"),
        (["--records", "none/m.jsonl"], "cannot be written to"),
        (["--format", "json"], "does not write json"),
    ] {
        program(folder.path())
            .args(["monitor", "--count", "1"])
            .args(arguments)
            .assert()
            .code(2)
            .stderr(contains(said));
    }
    program(folder.path())
        .args(["status", "none"])
        .assert()
        .code(2)
        .stderr(contains("cannot read none"));
}
