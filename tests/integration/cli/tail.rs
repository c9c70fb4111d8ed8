//! `tail` and `analyze --follow`, through the built program.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use predicates::str::contains;
use serde_json::Value;

use super::program;

/// How long anything may take before a test gives up.
const PATIENCE: Duration = Duration::from_secs(60);

/// The program while it runs, and what it says.
struct Running {
    child: Child,
    lines: Receiver<String>,
}

impl Running {
    fn new(folder: &Path, words: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_perfadvise"))
            .args(words)
            .current_dir(folder)
            .env_clear()
            .env("HOME", folder)
            .env("LC_ALL", "C.UTF-8")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (send, lines) = channel();
        let out = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || {
            for line in out.lines() {
                // The test may have what it wants already.
                let _ = send.send(line.unwrap());
            }
        });
        Self { child, lines }
    }

    /// The next line that holds this text.
    fn line_with(&self, text: &str) -> String {
        let begin = Instant::now();
        let mut seen = Vec::new();
        while begin.elapsed() < PATIENCE {
            match self.lines.recv_timeout(PATIENCE) {
                Ok(line) if line.contains(text) => return line,
                Ok(line) => seen.push(line),
                Err(_) => break,
            }
        }
        panic!("no line with {text:?} in {seen:#?}");
    }

    #[cfg(unix)]
    fn signal(&self, name: &str) {
        let status = Command::new("kill")
            .args(["-s", name, &self.child.id().to_string()])
            .status();
        assert!(status.unwrap().success());
    }

    fn end(mut self) -> (ExitStatus, String) {
        let output = self.child.wait().unwrap();
        let mut text = String::new();
        let mut err = self.child.stderr.take().unwrap();
        std::io::Read::read_to_string(&mut err, &mut text).unwrap();
        (output, text)
    }
}

fn step(minute: u32, session: &str, outcome: &str) -> String {
    format!(
        "{{\"kind\":\"operation\",\"operation\":\"step\",\"time\":\"2026-03-16T11:{minute:02}:00Z\",\"duration\":4,\"outcome\":\"{outcome}\",\"session\":\"{session}\",\"interface\":\"mock\",\"tokens\":{{\"input\":1000,\"output\":200}},\"cost\":0.25}}\n"
    )
}

fn append(path: &Path, text: &str) {
    let mut file = fs::File::options()
        .create(true)
        .append(true)
        .open(path)
        .unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

const FAST: [&str; 2] = ["--interval", "100ms"];

#[cfg(unix)]
#[test]
fn what_is_new_has_a_line_and_a_signal_ends_it() {
    for signal in ["INT", "TERM"] {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("a.jsonl");
        append(&log, &step(1, "s1", "ok"));
        let tail = Running::new(folder.path(), &["tail", ".", FAST[0], FAST[1]]);
        tail.line_with("follows 1 file with 1 step in 1 unit");
        append(&log, &(step(2, "s1", "ok") + &step(3, "s1", "error")));
        let line = tail.line_with("s1");
        for part in ["+2 steps", "1 failed", "2,400 tokens", "$0.50"] {
            assert!(line.contains(part), "{part}: {line}");
        }
        // Half a line is nothing, and no fault; the rest of it makes it a step.
        let whole = step(4, "s2", "ok");
        append(&log, &whole[..60]);
        append(&folder.path().join("b.jsonl"), &step(5, "s3", "ok"));
        let line = tail.line_with("s3");
        assert!(line.contains("new: +1 step"), "{line}");
        append(&log, &whole[60..]);
        tail.line_with("s2");
        // What is no record is a fault when it is ended.
        append(&log, "{\"kind\":7}\n");
        tail.line_with("a.jsonl:5");
        tail.signal(signal);
        let (status, told) = tail.end();
        assert_eq!((status.code(), told.as_str()), (Some(0), ""), "{signal}");
    }
}

/// Steps of which nobody says how they ended are steps.
#[test]
fn an_outcome_that_is_not_told_is_no_failure() {
    let folder = tempfile::tempdir().unwrap();
    let line = step(1, "s1", "ok").replace("\"outcome\":\"ok\",", "");
    append(&folder.path().join("a.jsonl"), &line);
    program(folder.path())
        .args(["tail", "a.jsonl", "--count", "1", "--format", "jsonl"])
        .assert()
        .code(0)
        .stdout(contains(r#""steps":1,"failures":0,"response_time":4.0"#));
}

/// Each look that found something is a line; of the file only what was added is read.
#[test]
fn lines_of_json_say_what_was_read() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("a.jsonl");
    let begin: String = (0..50).map(|n| step(n, "s1", "ok")).collect();
    append(&log, &begin);
    let words = ["tail", "a.jsonl", "--format", "jsonl", FAST[0], FAST[1]];
    let mut tail = Running::new(folder.path(), &words);
    let look = |line: &str| -> Value { serde_json::from_str(line).unwrap() };
    let first = look(&tail.line_with("s1"));
    assert_eq!(first["bytes_read"], begin.len());
    assert_eq!(first["units"][0]["steps"], 50);
    let more = step(51, "s1", "ok");
    append(&log, &more);
    let second = look(&tail.line_with("s1"));
    assert_eq!(second["bytes_read"], more.len());
    assert_eq!(second["records"], 51);
    assert_eq!(second["units"][0]["steps"], 1);
    assert_eq!(second["units"][0]["is_new"], false);
    assert_eq!(second["units"][0]["response_time"], 4.0);
    tail.child.kill().unwrap();
    tail.end();
}

#[test]
fn an_alert_that_begins_to_fire_is_told_once() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(
        folder.path().join("alerts_config.yaml"),
        "alerts:\n  success_rate: {threshold: 95%, window: 10min}\n  interface_failure: {consecutive_failures: 2, severity: critical, cooldown: 0}\n",
    )
    .unwrap();
    let log = folder.path().join("a.jsonl");
    append(&log, &(step(56, "s1", "ok") + &step(57, "s1", "ok")));
    let now = ["--now", "2026-03-16T12:00:30Z"];
    let words = ["tail", "a.jsonl", FAST[0], FAST[1], now[0], now[1]];
    let mut tail = Running::new(folder.path(), &words);
    tail.line_with("follows");
    append(&log, &(step(58, "s1", "error") + &step(59, "s1", "error")));
    let line = tail.line_with("alert firing");
    let other = tail.line_with("alert firing");
    let both = format!("{line}\n{other}");
    assert!(both.contains("success_rate"), "{both}");
    assert!(
        both.contains("interface_failure {interface=mock}"),
        "{both}"
    );
    append(&log, &step(55, "s2", "ok"));
    tail.line_with("s2");
    // Nothing is told again: what comes next is the next step.
    append(&log, &step(54, "s3", "ok"));
    let next = tail.lines.recv_timeout(PATIENCE).unwrap();
    assert!(next.contains("s3"), "{next}");
    tail.child.kill().unwrap();
    tail.end();
}

/// A folder that vanishes is a fault while it is away, and nothing is told again when it is back.
#[test]
fn a_folder_that_vanishes_and_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let logs = folder.path().join("logs");
    fs::create_dir(&logs).unwrap();
    append(&logs.join("a.jsonl"), &step(1, "s1", "ok"));
    let mut tail = Running::new(folder.path(), &["tail", "logs", FAST[0], FAST[1]]);
    tail.line_with("follows");
    fs::rename(&logs, folder.path().join("away")).unwrap();
    tail.line_with("logs: cannot be read: it does not exist");
    fs::rename(folder.path().join("away"), &logs).unwrap();
    append(&logs.join("a.jsonl"), &step(2, "s1", "ok"));
    let line = tail.line_with("s1");
    assert!(line.contains("+1 step") && !line.contains("new"), "{line}");
    tail.child.kill().unwrap();
    tail.end();
}

#[test]
fn nobody_who_listens_ends_it() {
    let folder = tempfile::tempdir().unwrap();
    append(&folder.path().join("a.jsonl"), &step(1, "s1", "ok"));
    let mut child = Command::new(env!("CARGO_BIN_EXE_perfadvise"))
        .args(["tail", "a.jsonl", FAST[0], FAST[1]])
        .current_dir(folder.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    out.read_line(&mut String::new()).unwrap();
    drop(out);
    let begin = Instant::now();
    let mut minute = 2;
    while child.try_wait().unwrap().is_none() && begin.elapsed() < PATIENCE {
        append(
            &folder.path().join("a.jsonl"),
            &step(minute % 60, "s1", "ok"),
        );
        minute += 1;
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn it_ends_after_as_many_looks_or_as_long_as_wanted() {
    let folder = tempfile::tempdir().unwrap();
    append(&folder.path().join("a.jsonl"), &step(1, "s1", "ok"));
    for more in [["--count", "3"], ["--duration", "300ms"]] {
        program(folder.path())
            .args(["tail", "a.jsonl", FAST[0], FAST[1]])
            .args(more)
            .assert()
            .code(0)
            .stdout(contains("follows 1 file"));
    }
    // With --strict a fault is the end.
    append(&folder.path().join("a.jsonl"), "{\"kind\":7}\n");
    program(folder.path())
        .args(["tail", "a.jsonl", "--strict", "--count", "5"])
        .args(FAST)
        .assert()
        .code(2)
        .stderr(contains("a.jsonl:2"));
}

/// The file holds the newest page at each time, and is whole at each time.
#[test]
fn a_page_is_analysed_again_at_each_change() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("a.jsonl");
    append(&log, &step(1, "s1", "ok"));
    let words = [
        "analyze",
        "a.jsonl",
        "--follow",
        FAST[0],
        FAST[1],
        "--format",
        "json",
        "-o",
        "page.json",
    ];
    let mut running = Running::new(folder.path(), &words);
    let page = folder.path().join("page.json");
    let waits_for = |records: u64| {
        let begin = Instant::now();
        loop {
            let text = fs::read_to_string(&page).unwrap_or_else(|_| "{}".into());
            let value: Value = serde_json::from_str(&text).unwrap();
            if value["provenance"]["records"] == records {
                return;
            }
            assert!(begin.elapsed() < PATIENCE, "{value}");
            std::thread::sleep(Duration::from_millis(20));
        }
    };
    waits_for(1);
    append(&log, &(step(2, "s1", "ok") + &step(3, "s2", "ok")));
    waits_for(3);
    running.child.kill().unwrap();
    running.end();
    waits_for(3);
    // On standard output one after another; the last look found nothing new.
    let output = program(folder.path())
        .args(["analyze", "a.jsonl", "--follow", "--count", "3"])
        .args(FAST)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0));
    let text = String::from_utf8(output.stdout).unwrap();
    let once = program(folder.path())
        .args(["analyze", "a.jsonl"])
        .output()
        .unwrap();
    assert_eq!(text, String::from_utf8(once.stdout).unwrap());
}

#[test]
fn what_cannot_be_followed_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    append(&folder.path().join("a.jsonl"), &step(1, "s1", "ok"));
    for (words, said) in [
        (&["tail", "-"][..], "standard input cannot be followed"),
        (&["tail", "none"], "none: it does not exist"),
        (&["tail", "a.jsonl", "--record"], "not recorded"),
        (
            &["tail", "a.jsonl", "--format", "html"],
            "does not write html",
        ),
        (&["tail", "a.jsonl", "--interval", "1ms"], "too short"),
        (
            &["analyze", "a.jsonl", "--interval", "5s"],
            "goes with --follow",
        ),
        (
            &["analyze", "-", "--follow"],
            "standard input cannot be followed",
        ),
        (
            &["alerts", "watch", "-"],
            "standard input cannot be followed",
        ),
    ] {
        program(folder.path())
            .args(words)
            .assert()
            .code(2)
            .stderr(contains(said));
    }
}

#[test]
fn an_option_that_is_refused_is_not_offered() {
    let folder = tempfile::tempdir().unwrap();
    let output = program(folder.path())
        .args(["tail", "--help"])
        .output()
        .unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    assert!(
        help.contains("--history") && !help.contains("--record"),
        "{help}"
    );
}
