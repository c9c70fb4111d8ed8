//! Records that come after their minutes were judged, through the built program.

use std::path::Path;

use serde_json::Value;

use super::program;

/// A folder with one alert and a file as its channel.
fn folder(alert: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join(".perfadvise")).unwrap();
    let config = format!(
        "alerts:\n  {alert}\nnotification_channels:\n  - {{type: file, path: told.jsonl}}\n"
    );
    std::fs::write(folder.path().join("alerts_config.yaml"), config).unwrap();
    folder
}

/// A clock time of the day, from minutes and seconds after 08:00.
fn clock(minute: u32, second: u32) -> String {
    let (hour, minute) = (8 + minute / 60, minute % 60);
    format!("2026-03-16T{hour:02}:{minute:02}:{second:02}Z")
}

fn operation(what: &str, minute: u32, session: u32, duration: u32) -> String {
    let time = clock(minute, 0);
    format!(
        r#"{{"kind":"operation","operation":"{what}","time":"{time}","duration":{duration},"session":"s{session}","outcome":"ok"}}"#
    )
}

fn memory(second: u32, value: f64) -> String {
    let time = clock(second / 60, second % 60);
    format!(r#"{{"kind":"sample","metric":"memory_utilization","value":{value},"time":"{time}"}}"#)
}

/// Looks, with these records in the log, and says how it exits.
fn look(folder: &Path, lines: &[String], minute: u32, second: u32) -> i32 {
    std::fs::write(folder.join("in.jsonl"), lines.join("\n")).unwrap();
    let mut command = program(folder);
    command.args(["alerts", "check", "--send", "--quiet", "in.jsonl", "--now"]);
    let output = command.arg(clock(minute, second)).output().unwrap();
    output.status.code().unwrap()
}

/// What was told: the kind, and when it was so.
fn told(folder: &Path) -> Vec<(String, String)> {
    let text = std::fs::read_to_string(folder.join("told.jsonl")).unwrap_or_default();
    let lines = text
        .lines()
        .map(|l| serde_json::from_str::<Value>(l).unwrap());
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    lines
        .map(|line| (text(&line["kind"]), text(&line["notice"]["at"])))
        .collect()
}

fn notice(kind: &str, minute: u32) -> (String, String) {
    (kind.to_owned(), clock(minute, 0))
}

/// By hand: the five minutes before 08:21 hold the steps of 08:16 to 08:19 (1 s each) and eight of 20 min that began at
/// 08:20: (4 × 1 + 8 × 1,200) ÷ 12 = 800 s. It is known at 08:41, when they ended.
#[test]
fn long_steps_are_told_when_they_end() {
    let folder = folder("response_time: {threshold: 5s, critical_threshold: 20s, cooldown: 0}");
    let short: Vec<String> = (10..20).map(|m| operation("step", m, 0, 1)).collect();
    for minute in [20, 25, 30, 35, 40] {
        look(folder.path(), &short, minute, 0);
    }
    assert_eq!(told(folder.path()), []);
    let mut all = short;
    all.extend((0..8).map(|n| operation("step", 20, n, 1_200)));
    let fired = [notice("firing", 21)];
    for second in [0, 0, 30] {
        assert_eq!(look(folder.path(), &all, 41, second), 1);
        assert_eq!(told(folder.path()), fired);
    }
    // More of the same, of a minute that was judged anew before, is no news.
    all.push(operation("step", 20, 8, 1_260));
    assert_eq!(look(folder.path(), &all, 42, 0), 1);
    assert_eq!(told(folder.path()), fired);
    all.push(operation("step", 42, 0, 1));
    assert_eq!(look(folder.path(), &all, 43, 0), 0);
    assert_eq!(
        told(folder.path()),
        [notice("firing", 21), notice("resolved", 43)]
    );
    // Steps of twelve minutes that began at 08:30 are of the time in which it fired.
    all.extend((0..8).map(|n| operation("step", 30, n, 720)));
    look(folder.path(), &all, 44, 0);
    look(folder.path(), &all, 45, 0);
    assert_eq!(told(folder.path()).len(), 2);
}

/// A task of 20 min ends every 5 min, from 08:20 on: the alert fires from the first one on and never stops.
#[test]
fn tasks_longer_than_the_window_are_seen() {
    let folder = folder("task_time: {threshold: 10min, cooldown: 0}");
    let mut lines = vec![operation("step", 0, 0, 1)];
    for minute in (0..180).step_by(5) {
        if minute >= 20 {
            lines.push(operation("task", minute - 20, minute, 1_200));
        }
        look(folder.path(), &lines, minute, 30);
    }
    assert_eq!(told(folder.path()), [notice("firing", 1)]);
}

/// A task of three hours is long past when it ends, and is told since it still fires.
#[test]
fn a_task_of_three_hours_is_seen() {
    let folder = folder("task_time: {threshold: 2h, cooldown: 0}");
    let mut lines = vec![operation("step", 0, 0, 1)];
    for minute in (0..=180).step_by(30) {
        look(folder.path(), &lines, minute, 0);
    }
    lines.push(operation("task", 0, 1, 10_800));
    assert_eq!(look(folder.path(), &lines, 181, 0), 1);
    let told = told(folder.path());
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0].0, "firing");
}

/// Memory is full for four of each five minutes, sampled every 30 s and reported every 5 min. By hand: minute 0 fires at
/// its end, minute 4 is well at its end; of the eleven reports up to 08:55 each tells both.
#[test]
fn samples_that_come_in_reports_are_seen() {
    let folder =
        folder("memory: {metric: memory_utilization, threshold: 90%, window: 1min, cooldown: 0}");
    let value = |second: u32| if second % 300 < 240 { 0.97 } else { 0.5 };
    let samples: Vec<String> = (0..3_600)
        .step_by(30)
        .map(|s| memory(s, value(s)))
        .collect();
    let before = r#"{"kind":"sample","metric":"memory_utilization","value":0.5,"time":"2026-03-16T07:59:00Z"}"#;
    for minute in [0, 2, 5, 6, 8, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 58] {
        let mut lines = vec![before.to_owned()];
        lines.extend_from_slice(&samples[..(minute / 5 * 10) as usize]);
        look(folder.path(), &lines, minute, 30);
    }
    let expected: Vec<(String, String)> = (0..11)
        .flat_map(|n| [notice("firing", 5 * n + 1), notice("resolved", 5 * n + 5)])
        .collect();
    assert_eq!(told(folder.path()), expected);
}

/// What comes more than an hour late and is over is noted, and nobody is told; what was told is not told again.
#[test]
fn what_is_late_by_more_than_an_hour_is_noted() {
    let folder = folder("response_time: {threshold: 5s, cooldown: 0}");
    let mut lines: Vec<String> = (0..120).map(|m| operation("step", m, 0, 1)).collect();
    look(folder.path(), &lines, 119, 30);
    lines.extend((0..8).map(|n| operation("step", 20, n, 60)));
    assert_eq!(look(folder.path(), &lines, 120, 0), 0);
    assert_eq!(told(folder.path()), []);
    let output = program(folder.path())
        .args(["history", "export"])
        .output()
        .unwrap();
    let exported = String::from_utf8(output.stdout).unwrap();
    let firings: Vec<Value> = exported
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .filter(|row: &Value| row["kind"] == "firing")
        .collect();
    assert_eq!(firings.len(), 1, "{exported}");
    // In the window from 08:21 on, out of it at the end of 08:25.
    assert_eq!(firings[0]["fired_at"], "2026-03-16T08:21:00Z");
    assert_eq!(firings[0]["resolved_at"], "2026-03-16T08:26:00Z");
}

/// The log is another one now, and what stays of its minutes is no reason to judge them anew.
#[test]
fn what_is_gone_changes_nothing() {
    let folder = folder("response_time: {threshold: 5s, cooldown: 0}");
    let slow = operation("step", 10, 9, 9);
    let mut lines: Vec<String> = (0..10).map(|n| operation("step", 10, n, 1)).collect();
    lines.push(slow.clone());
    look(folder.path(), &lines, 16, 30);
    assert_eq!(look(folder.path(), &[slow], 17, 0), 0);
    assert_eq!(told(folder.path()), []);
}
