//! A watch, and what goes on beside it: other programs, hooks that hang, signals, a configuration that breaks.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use super::program;

/// How long anything may take before a test gives up; less than any hook here would.
const PATIENCE: Duration = Duration::from_secs(40);

const NOW: &str = "2026-03-16T12:30:30Z";

/// A folder with slow steps of one interface, an alert on each, and this behind it in the configuration.
fn folder(alert: &str, more: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join(".perfadvise")).unwrap();
    std::fs::create_dir(folder.path().join("logs")).unwrap();
    steps(folder.path(), "first");
    std::fs::write(
        folder.path().join("alerts_config.yaml"),
        alerts(alert, more),
    )
    .unwrap();
    folder
}

fn alerts(alert: &str, more: &str) -> String {
    format!(
        "alerts:\n  response_time: {{threshold: 5s, by: interface, cooldown: 0{alert}}}\n{more}"
    )
}

/// A file with slow steps of an interface.
fn steps(folder: &Path, interface: &str) {
    let lines: Vec<String> = (25..30)
        .map(|minute| {
            format!(
                r#"{{"kind":"operation","operation":"step","time":"2026-03-16T12:{minute}:00Z","duration":9,"outcome":"ok","session":"s","interface":"{interface}"}}"#
            )
        })
        .collect();
    let file = folder.join("logs").join(format!("{interface}.jsonl"));
    std::fs::write(file, lines.join("\n") + "\n").unwrap();
}

/// Ends what it started, whatever becomes of the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn started(folder: &Path, words: &[&str]) -> Running {
    let child = Command::new(env!("CARGO_BIN_EXE_perfadvise"))
        .current_dir(folder)
        .env("HOME", folder)
        .args(["alerts", words[0], "logs", "--now", NOW])
        .args(["--config", "alerts_config.yaml"])
        .args(&words[1..])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    Running(child)
}

/// Lines of a stream as they come.
fn lines_of(stream: impl Read + Send + 'static) -> Receiver<String> {
    let (send, lines) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            // The test may have what it wants already.
            let _ = send.send(line);
        }
    });
    lines
}

/// Lines up to the one with this text.
fn up_to(lines: &Receiver<String>, text: &str) -> Vec<String> {
    let mut seen = Vec::new();
    loop {
        let line = lines
            .recv_timeout(PATIENCE)
            .unwrap_or_else(|_| panic!("no {text}: {seen:?}"));
        seen.push(line);
        if seen.last().is_some_and(|line| line.contains(text)) {
            return seen;
        }
    }
}

fn ended(running: &mut Running) -> std::process::ExitStatus {
    let begin = Instant::now();
    loop {
        if let Some(status) = running.0.try_wait().unwrap() {
            return status;
        }
        assert!(begin.elapsed() < PATIENCE, "it does not end");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn signal(running: &Running, name: &str) {
    let process = running.0.id().to_string();
    Command::new("kill")
        .args([name, &process])
        .status()
        .unwrap();
}

/// A pipe, and what comes out of it: a line of each hook that begins, and an end when all that hold it are gone.
fn pipe(folder: &Path) -> Receiver<String> {
    let path = folder.join("pipe");
    let made = Command::new("mkfifo").arg(&path).status().unwrap();
    assert!(made.success());
    let (send, lines) = channel();
    std::thread::spawn(move || {
        let reader = BufReader::new(File::open(path).unwrap());
        for line in reader.lines().map_while(Result::ok) {
            let _ = send.send(line);
        }
    });
    lines
}

/// A hook that leaves a program of its own behind; both hold the pipe.
const HOOK: &str = "[sh, -c, 'exec 3>pipe; echo begun >&3; sleep 60 & sleep 60']";

fn begun(pipe: &Receiver<String>) {
    assert_eq!(pipe.recv_timeout(PATIENCE).as_deref(), Ok("begun"));
}

fn all_gone(pipe: &Receiver<String>) {
    let end = pipe.recv_timeout(PATIENCE);
    assert_eq!(end, Err(std::sync::mpsc::RecvTimeoutError::Disconnected));
}

#[test]
fn a_hook_that_takes_too_long_ends_with_what_it_started() {
    let channels =
        format!("notification_channels:\n  - {{type: command, command: {HOOK}, timeout: 0.5}}\n");
    let folder = folder("", &channels);
    let pipe = pipe(folder.path());
    let mut check = started(folder.path(), &["check", "--send"]);
    begun(&pipe);
    all_gone(&pipe);
    assert_eq!(ended(&mut check).code(), Some(1));
}

#[test]
fn a_signal_ends_a_check_and_its_hook() {
    let channels =
        format!("notification_channels:\n  - {{type: command, command: {HOOK}, timeout: 60}}\n");
    let folder = folder("", &channels);
    let pipe = pipe(folder.path());
    let mut check = started(folder.path(), &["check", "--send"]);
    begun(&pipe);
    signal(&check, "-TERM");
    assert_eq!(ended(&mut check).code(), Some(130));
    all_gone(&pipe);
    // Nobody knows whether it was told, and nothing says that it was not.
    let log = program(folder.path())
        .args(["alerts", "log"])
        .output()
        .unwrap();
    let log = String::from_utf8(log.stdout).unwrap();
    assert!(log.contains("sending"), "{log}");
}

#[test]
fn who_asks_twice_need_not_wait_for_a_hook() {
    let channels =
        format!("notification_channels:\n  - {{type: command, command: {HOOK}, timeout: 60}}\n");
    let folder = folder("", &channels);
    let pipe = pipe(folder.path());
    let mut watch = started(folder.path(), &["watch"]);
    begun(&pipe);
    let begin = Instant::now();
    let status = loop {
        // Two at once may be one.
        signal(&watch, "-INT");
        if let Some(status) = watch.0.try_wait().unwrap() {
            break status;
        }
        assert!(begin.elapsed() < PATIENCE, "it waits");
        std::thread::sleep(Duration::from_millis(200));
    };
    assert_eq!(status.code(), Some(130));
    all_gone(&pipe);
}

/// Nobody reads it: a file that is none is not written to, and holds nothing up.
#[test]
fn a_pipe_is_no_file() {
    let folder = folder(
        "",
        "notification_channels:\n  - {type: file, path: told, timeout: 1s}\n",
    );
    let path = folder.path().join("told");
    Command::new("mkfifo").arg(&path).status().unwrap();
    let mut check = started(folder.path(), &["check", "--send"]);
    let said = lines_of(check.0.stderr.take().unwrap());
    up_to(&said, "is a pipe");
    assert_eq!(ended(&mut check).code(), Some(1));
}

/// Whether a watch has looked, and holds the folder.
fn watched(folder: &Path, watch: &mut Running) {
    let told = lines_of(watch.0.stdout.take().unwrap());
    up_to(&told, "firing");
    program(folder)
        .args(["alerts", "check", "logs", "--send", "--now", NOW])
        .assert()
        .code(2)
        .stderr(predicates::str::contains("another perfadvise watches"));
}

#[test]
fn actions_and_reports_go_on_beside_a_watch() {
    let folder = folder(
        ", action: suggest_simple_mode",
        "notification_channels:\n  - {type: file, path: told.jsonl}\n",
    );
    std::fs::write(
        folder.path().join("perfadvise.yaml"),
        "context:\n  mode: FANCY\n",
    )
    .unwrap();
    let mut watch = started(
        folder.path(),
        &["watch", "--interval", "1s", "--allow-actions"],
    );
    watched(folder.path(), &mut watch);
    for (words, mode) in [("confirm", "SIMPLE"), ("rollback", "FANCY")] {
        program(folder.path())
            .args(["alerts", "actions", words, "1", "--now", NOW])
            .assert()
            .code(0);
        let config = std::fs::read_to_string(folder.path().join("perfadvise.yaml")).unwrap();
        assert!(config.contains(mode), "{words}: {config}");
    }
    program(folder.path())
        .args([
            "report",
            "daily",
            "logs",
            "--ending",
            "2026-03-16",
            "--send",
            "--now",
            NOW,
        ])
        .assert()
        .code(0);
    let told = std::fs::read_to_string(folder.path().join("told.jsonl")).unwrap();
    assert_eq!(told.matches(r#""kind":"report""#).count(), 1, "{told}");
}

#[test]
fn a_configuration_that_breaks_is_told_once_and_the_last_one_goes_on() {
    let folder = folder("", "");
    let config = folder.path().join("alerts_config.yaml");
    let mut watch = started(folder.path(), &["watch", "--interval", "1s"]);
    let told = lines_of(watch.0.stdout.take().unwrap());
    let said = lines_of(watch.0.stderr.take().unwrap());
    up_to(&told, "interface=first");
    std::fs::write(&config, "alerts: {response_time: {threshold: soon}}\n").unwrap();
    let mut all = up_to(&said, "goes on");
    // By the last one, in looks of their own.
    for interface in ["second", "third"] {
        steps(folder.path(), interface);
        up_to(&told, &format!("interface={interface}"));
    }
    std::fs::write(&config, alerts("", "")).unwrap();
    all.extend(up_to(&said, "can be read again"));
    let errors = all.iter().filter(|line| line.contains("soon")).count();
    let warnings = all.iter().filter(|line| line.contains("goes on")).count();
    assert!(errors >= 1, "{all:?}");
    assert_eq!(warnings, 1, "{all:?}");
}
