//! Faults of the machine under programs that run for long: killed at any moment, a disk that is full, a thousand
//! processes, an address that hangs. Nothing that was sampled is lost, nothing is sent twice.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use predicates::str::contains;
use serde_json::Value;

use super::program;

/// How long anything may take before a test gives up.
const PATIENCE: Duration = Duration::from_secs(60);

/// The program, or a shell that becomes it.
fn spawned(folder: &Path, command: &mut Command) -> Child {
    command
        .current_dir(folder)
        .env("HOME", folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn perfadvise() -> Command {
    Command::new(env!("CARGO_BIN_EXE_perfadvise"))
}

/// Lines of a stream as they come.
fn lines_of(stream: impl std::io::Read + Send + 'static) -> Receiver<String> {
    let (send, lines) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            // The test may have what it wants already.
            let _ = send.send(line);
        }
    });
    lines
}

fn line_with(lines: &Receiver<String>, text: &str) -> String {
    loop {
        let line = lines.recv_timeout(PATIENCE).unwrap();
        if line.contains(text) {
            return line;
        }
    }
}

/// Times of all snapshots in a folder of reports, in order.
fn sampled(folder: &Path) -> Vec<String> {
    let mut times = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let report: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
            for snapshot in report["recent_snapshots"].as_array().unwrap() {
                times.push(snapshot["timestamp"].as_str().unwrap().to_owned());
            }
        }
    }
    times.sort();
    times
}

/// Moments that look random, and are the same each time.
fn moments(seed: u64) -> impl FnMut(u64) -> Duration {
    let mut state = seed;
    move |most| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        Duration::from_millis((state >> 33) % most)
    }
}

/// Every look that was told is in exactly one report, however often the monitor was killed.
#[test]
fn a_monitor_that_is_killed_at_any_moment_loses_no_look() {
    let folder = tempfile::tempdir().unwrap();
    let mut moment = moments(7);
    let mut told = 0;
    for _ in 0..8 {
        let mut child = spawned(
            folder.path(),
            perfadvise().args(["monitor", "--interval", "200ms", "-o", "seen"]),
        );
        let lines = lines_of(child.stdout.take().unwrap());
        line_with(&lines, "CPU");
        told += 1;
        std::thread::sleep(moment(3_000));
        child.kill().unwrap();
        child.wait().unwrap();
        told += lines.iter().filter(|line| line.contains("CPU")).count();
    }
    program(folder.path())
        .args(["monitor", "--count", "1", "-o", "seen"])
        .assert()
        .code(0);
    told += 1;
    let times = sampled(&folder.path().join("seen"));
    let unique: BTreeSet<&String> = times.iter().collect();
    assert_eq!(unique.len(), times.len(), "a look stands in two reports");
    // One that was kept and not yet told may be killed each time.
    assert!(
        (told..=told + 8).contains(&times.len()),
        "{told} told, {}",
        times.len()
    );
    let entries = fs::read_dir(folder.path().join("seen")).unwrap();
    assert!(
        entries.flatten().all(|e| e.path().is_file()),
        "something is left over"
    );
}

/// A disk that is full at first: what could not be written waits, and nothing is lost once there is room.
#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_loses_no_look_once_there_is_room() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("seen")).unwrap();
    // The size of files is limited to nothing; who writes is told so instead of being ended.
    let script = "trap '' XFSZ; ulimit -S -f 0; exec \"$0\" monitor --interval 200ms -o seen --records m.jsonl";
    let mut child = spawned(
        folder.path(),
        Command::new("sh").args(["-c", script, env!("CARGO_BIN_EXE_perfadvise")]),
    );
    let said = lines_of(child.stderr.take().unwrap());
    let lines = lines_of(child.stdout.take().unwrap());
    line_with(&said, "records could not be written");
    line_with(&said, "the report could not be written");
    let pid = child.id().to_string();
    let room = Command::new("prlimit")
        .args(["--pid", &pid, "--fsize=unlimited:unlimited"])
        .status();
    assert!(room.unwrap().success());
    line_with(&lines, "written");
    let end = Command::new("kill").args(["-s", "TERM", &pid]).status();
    assert!(end.unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(0));
    let stopped = line_with(&lines, "stopped");
    let looks: usize = stopped.split_whitespace().nth(2).unwrap().parse().unwrap();
    assert!(looks >= 10, "{stopped}");
    assert_eq!(sampled(&folder.path().join("seen")).len(), looks);
    let records = fs::read_to_string(folder.path().join("m.jsonl")).unwrap();
    let kinds = |metric: &str| records.matches(&format!("\"{metric}\"")).count();
    assert_eq!(kinds("cpu_utilization"), looks);
    for line in records.lines() {
        let _: Value = serde_json::from_str(line).unwrap();
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_disk_that_stays_full_is_told_and_is_exit_2() {
    let folder = tempfile::tempdir().unwrap();
    program(folder.path())
        .args([
            "monitor",
            "--interval",
            "200ms",
            "--count",
            "2",
            "--records",
            "/dev/full",
        ])
        .assert()
        .code(0)
        .stderr(contains(
            "records could not be written: No space left on device",
        ));
    assert_eq!(sampled(&folder.path().join(".orch-monitoring")).len(), 2);
    let script =
        "trap '' XFSZ; ulimit -f 0; exec \"$0\" monitor --interval 200ms --count 2 -o full";
    let output = spawned(
        folder.path(),
        Command::new("sh").args(["-c", script, env!("CARGO_BIN_EXE_perfadvise")]),
    )
    .wait_with_output()
    .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.contains("2 of 2 snapshots could not be written to full"),
        "{said}"
    );
}

/// An address that takes a connection and never answers costs its time, and no look.
#[test]
fn an_address_that_hangs_is_no_answer() {
    let hangs = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = hangs.local_addr().unwrap();
    let folder = tempfile::tempdir().unwrap();
    program(folder.path())
        .args([
            "monitor",
            "--interval",
            "200ms",
            "--count",
            "1",
            "-o",
            "seen",
        ])
        .args(["--http", &format!("http://{address}/")])
        .assert()
        .code(0)
        .stdout(contains("no answer of"));
    assert_eq!(sampled(&folder.path().join("seen")).len(), 1);
}

/// A thousand processes of one name are summed up in one line.
#[test]
#[cfg(target_os = "linux")]
fn a_thousand_processes() {
    let folder = tempfile::tempdir().unwrap();
    let many = "i=0; while [ $i -lt 1000 ]; do sleep 300 & i=$((i+1)); done; echo there; wait";
    let mut parent = spawned(
        folder.path(),
        Command::new("sh").args(["-c", many]).process_group(0),
    );
    let there = lines_of(parent.stdout.take().unwrap());
    line_with(&there, "there");
    let pid = parent.id().to_string();
    let result = std::panic::catch_unwind(|| {
        program(folder.path())
            .args([
                "monitor",
                "--interval",
                "200ms",
                "--count",
                "2",
                "-o",
                "seen",
            ])
            .args(["--process", &pid, "--records", "m.jsonl"])
            .assert()
            .code(0);
        let records = fs::read_to_string(folder.path().join("m.jsonl")).unwrap();
        let value = |metric: &str| -> f64 {
            let records = records
                .lines()
                .map(|l| serde_json::from_str::<Value>(l).unwrap());
            let mut of_it = records.filter(|r| r["metric"] == metric);
            of_it.next().unwrap()["value"].as_f64().unwrap()
        };
        assert!(value("active_processes") > 1_000.0);
        // Each of them has pages of its own.
        assert!(value("memory_usage") > 1_000.0 * 4_096.0);
    });
    let all = Command::new("kill")
        .args(["-s", "KILL", "--", &format!("-{pid}")])
        .status();
    assert!(all.unwrap().success());
    parent.wait().unwrap();
    result.unwrap();
}

/// Whoever begins to fail: a firing for each, at the minute of its round.
fn fail(folder: &Path, round: u32) {
    let mut file = fs::File::options()
        .create(true)
        .append(true)
        .open(folder.join("steps.jsonl"))
        .unwrap();
    for second in [0, 1, 2] {
        writeln!(
            file,
            r#"{{"kind":"operation","operation":"step","time":"2026-03-16T12:{round:02}:{second:02}Z","duration":1,"outcome":"error","session":"s{round}","interface":"i{round}"}}"#
        )
        .unwrap();
    }
}

const WATCHED: &str = "\
alerts:
  interface_failure: {consecutive_failures: 3, severity: critical, cooldown: 0}
notification_channels:
- {type: command, command: [sh, -c, '{ cat; echo; } >> sent.jsonl']}
";

/// A watch that is killed at random moments of its looks: each firing has one message, which was sent at most once, and
/// is either delivered or known to be doubtful.
#[test]
fn a_watch_that_is_killed_at_any_moment_sends_nothing_twice_and_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join(".perfadvise")).unwrap();
    fs::write(folder.path().join("alerts_config.yaml"), WATCHED).unwrap();
    let mut moment = moments(11);
    let watch = |round: u32| {
        let mut command = perfadvise();
        command.args(["alerts", "watch", "steps.jsonl", "--interval", "1s"]);
        command.args(["--config", "alerts_config.yaml"]);
        command.args(["--now", &format!("2026-03-16T12:{round:02}:30Z")]);
        command
    };
    let rounds = 30;
    for round in 0..rounds {
        fail(folder.path(), round);
        let mut child = spawned(folder.path(), &mut watch(round));
        std::thread::sleep(moment(700));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let last = spawned(folder.path(), watch(rounds).args(["--count", "2"]));
    assert!(last.wait_with_output().unwrap().status.success());

    let output = program(folder.path())
        .args(["alerts", "log", "--format", "json"])
        .output()
        .unwrap();
    let log: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    let mut states: BTreeMap<String, u64> = BTreeMap::new();
    for row in &log {
        *states
            .entry(row["state"].as_str().unwrap().to_owned())
            .or_default() += 1;
    }
    assert_eq!(log.len(), rounds as usize, "{states:?}");
    assert!(
        states.keys().all(|s| s == "delivered" || s == "doubtful"),
        "{states:?}"
    );
    let text = fs::read_to_string(folder.path().join("sent.jsonl")).unwrap();
    let mut sent = BTreeSet::new();
    for message in text.lines().filter(|l| !l.is_empty()) {
        let message: Value = serde_json::from_str(message).unwrap();
        let interface = message["notice"]["labels"]["interface"].as_str().unwrap();
        assert!(
            sent.insert(interface.to_owned()),
            "{interface} was sent twice"
        );
    }
    // What is delivered was sent; what is doubtful may have been.
    let delivered = states.get("delivered").copied().unwrap_or(0);
    assert!(
        sent.len() as u64 >= delivered,
        "{} sent, {states:?}",
        sent.len()
    );
    let shown = program(folder.path())
        .args(["history", "show", "--format", "json"])
        .output()
        .unwrap();
    let shown: Value = serde_json::from_slice(&shown.stdout).unwrap();
    assert_eq!(shown["firings"], rounds);
}

/// A watch reads what was added and nothing else; the log says how much.
#[test]
fn a_watch_reads_only_what_was_added() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join(".perfadvise")).unwrap();
    fs::write(folder.path().join("alerts_config.yaml"), WATCHED).unwrap();
    fail(folder.path(), 1);
    let size = fs::metadata(folder.path().join("steps.jsonl"))
        .unwrap()
        .len();
    let mut command = perfadvise();
    command.args([
        "alerts",
        "watch",
        "steps.jsonl",
        "--interval",
        "1s",
        "--verbose",
    ]);
    command
        .args(["--now", "2026-03-16T12:30:30Z"])
        .env("NO_COLOR", "1");
    let mut child = spawned(folder.path(), &mut command);
    let said = lines_of(child.stderr.take().unwrap());
    let read = || {
        let line = line_with(&said, "looked read=");
        let after = line.split("read=").nth(1).unwrap().to_owned();
        after.split(' ').next().unwrap().parse::<u64>().unwrap()
    };
    assert_eq!(read(), size);
    assert_eq!(read(), 0);
    fail(folder.path(), 2);
    let begin = Instant::now();
    let added = loop {
        match read() {
            0 => assert!(begin.elapsed() < PATIENCE),
            bytes => break bytes,
        }
    };
    assert_eq!(added, size);
    child.kill().unwrap();
    child.wait().unwrap();
}

/// A folder that cannot be written to is said at once, and nothing counts as told.
#[test]
fn a_history_that_cannot_be_written_tells_nothing() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("alerts_config.yaml"), WATCHED).unwrap();
    fs::write(folder.path().join("file"), "").unwrap();
    fail(folder.path(), 1);
    let look = |store: &str| {
        let mut command = program(folder.path());
        command.args(["alerts", "check", "steps.jsonl", "--send", "--store", store]);
        command.args(["--config", "alerts_config.yaml"]);
        command.args(["--now", "2026-03-16T12:30:30Z"]);
        command.assert()
    };
    look("file/store").code(2).stderr(contains("file/store"));
    assert!(!folder.path().join("sent.jsonl").exists());
    look("store").code(1);
    let sent = fs::read_to_string(folder.path().join("sent.jsonl")).unwrap();
    assert_eq!(sent.lines().count(), 1);
}
