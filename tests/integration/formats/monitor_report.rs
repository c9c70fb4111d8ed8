//! The monitor's own reports, with answers computed from them by Python.

use perfadvise::metrics::{Metric, Unit};
use perfadvise::record::{EventKind, Flags, Measured};
use perfadvise::workload::{Filter, FoldOptions, Workload, fold};

use super::{Reading, fixture, folder, read};

fn folded(path: &str) -> Workload {
    let ingested = folder(path);
    assert_eq!(ingested.problems, []);
    let options = FoldOptions {
        file_ranks: ingested.files.iter().map(|f| f.rank).collect(),
        file_formats: ingested
            .files
            .iter()
            .map(|f| f.format.unwrap_or_default())
            .collect(),
        ..FoldOptions::default()
    };
    fold(ingested.records, &options)
}

fn close(value: Option<f64>, expected: f64) {
    let value = value.unwrap();
    assert!(
        (value - expected).abs() <= expected.abs() * 1e-9,
        "{value} {expected}"
    );
}

/// The figures stand in `tests/reference/monitor_reports.json`, made by `monitor_reports.py` there.
#[test]
fn two_runs_in_one_folder() {
    let workload = folded("monitor-report/restarted");
    let figure = |metric| workload.figure(metric, &Filter::default());
    assert_eq!(workload.counts.records, 60);
    assert_eq!(workload.counts.duplicates, 0);
    assert_eq!(workload.counts.process_starts, 2);
    let cpu = figure(Metric::CpuUtilization);
    assert_eq!(cpu.n, 60);
    close(cpu.mean(Unit::Ratio), 0.6987);
    assert_eq!((cpu.min, cpu.max), (0, 1_000_000_000));
    let memory = figure(Metric::MemoryUtilization);
    close(memory.mean(Unit::Ratio), 0.034_35);
    assert_eq!((memory.min, memory.max), (24_000_000, 47_000_000));
    let check = figure(Metric::CheckTime);
    assert_eq!(check.n, 60);
    close(check.mean(Unit::Seconds), 0.00326775);
    let uptime = figure(Metric::Uptime);
    assert_eq!((uptime.n, uptime.mean(Unit::Ratio)), (60, Some(1.0)));
    close(figure(Metric::SystemLoad).mean(Unit::Number), 1.9904296875);
    let processes = figure(Metric::ActiveProcesses);
    assert_eq!((processes.min, processes.max), (83, 100));
    close(
        figure(Metric::DiskUtilization).mean(Unit::Ratio),
        0.10064055662192953,
    );
}

/// The counters go on from one run to the next: the gap between the runs is part of the difference.
#[test]
fn counters_are_differenced_over_both_runs() {
    let workload = folded("monitor-report/restarted");
    let total = |metric| {
        workload
            .figure(metric, &Filter::default())
            .total(Unit::Bytes)
    };
    assert_eq!(total(Metric::NetworkSent), 284_374.0);
    assert_eq!(total(Metric::NetworkReceived), 28_454_953.0);
}

#[test]
fn checks_that_were_never_made_are_no_failures() {
    let workload = folded("monitor-report/steady");
    assert_eq!(workload.counts.records, 50);
    assert_eq!(workload.counts.process_starts, 1);
    assert_eq!(workload.figure(Metric::Uptime, &Filter::default()).n, 0);
    assert_eq!(workload.figure(Metric::CheckTime, &Filter::default()).n, 0);
    assert_eq!(
        workload
            .figure(Metric::CpuUtilization, &Filter::default())
            .n,
        50
    );
}

/// From 1,000 snapshots on each report repeats nine of the ten snapshots before it, and its period
/// begins with the oldest snapshot in memory.
#[test]
fn reports_that_overlap() {
    let second = |n: i64| format!("2026-11-23T17:{:02}:{:02}", n / 60, n % 60);
    let mut records = perfadvise::record::Records::default();
    for report in 0..30_i64 {
        let snapshots: Vec<String> = (report..report + 10)
            .map(|n| format!(r#"{{"timestamp": "{}", "cpu_usage": 50.0}}"#, second(n)))
            .collect();
        let text = format!(
            r#"{{"snapshots_count": 1000, "monitoring_period": {{"start": "{}"}}, "recent_snapshots": [{}]}}"#,
            second(report),
            snapshots.join(", ")
        );
        records.append(read("monitor-report", text.as_bytes()).records);
    }
    let workload = fold(records, &FoldOptions::default());
    assert_eq!(workload.counts.records, 39);
    assert_eq!(workload.counts.duplicates, 261);
    assert_eq!(workload.counts.process_starts, 0);
    assert_eq!(
        workload
            .figure(Metric::CpuUtilization, &Filter::default())
            .n,
        39
    );
}

fn broken(name: &str) -> Reading {
    fixture(
        "monitor-report",
        &format!("monitor-report/broken/performance_report_{name}.json"),
    )
}

/// How many snapshots were used.
fn led(reading: &Reading) -> usize {
    let samples = &reading.records.samples;
    samples.iter().filter(|s| s.flags.has(Flags::LEADS)).count()
}

fn count(reading: &Reading, metric: Metric) -> usize {
    let samples = &reading.records.samples;
    samples
        .iter()
        .filter(|s| s.metric == Measured::Known(metric))
        .count()
}

#[test]
fn one_value_is_left_out_and_the_rest_is_used() {
    for (name, line, reason) in [
        ("nan", 53, "not a finite number"),
        ("infinite", 53, "not a finite number"),
        ("huge_number", 53, "not a finite number"),
        ("wrong_type", 53, "cpu_usage is not a number"),
        ("percent", 53, "cpu_usage lies outside 0 to 100 percent"),
    ] {
        let reading = broken(name);
        assert_eq!(reading.error, None, "{name}");
        assert_eq!(reading.faults(), [(line, reason)], "{name}");
        assert_eq!(led(&reading), 10, "{name}");
        assert_eq!(count(&reading, Metric::CpuUtilization), 9, "{name}");
        assert_eq!(count(&reading, Metric::MemoryUtilization), 10, "{name}");
    }
}

#[test]
fn what_else_may_be_broken() {
    for (name, used, faults) in [
        (
            "cut_off",
            6,
            vec![(172, "cut off in the middle of a value")],
        ),
        ("broken_middle", 1, vec![(56, "not JSON from here on")]),
        ("invalid_utf8", 10, vec![(90, "invalid UTF-8")]),
        (
            "absurd_date",
            9,
            vec![(118, "a snapshot without a time that can be read")],
        ),
        ("deep_in_ignored", 10, vec![]),
        (
            "deep",
            10,
            vec![(71, "a response time is not a number of seconds")],
        ),
        (
            "list_is_text",
            0,
            vec![(1, "recent_snapshots is not a list")],
        ),
    ] {
        let reading = broken(name);
        assert_eq!((led(&reading), reading.faults()), (used, faults), "{name}");
    }
    assert_eq!(
        broken("empty").error.unwrap(),
        "1: cut off in the middle of a value"
    );
    assert_eq!(
        broken("cut_in_summary").error.unwrap(),
        "13: cut off in the middle of a value"
    );
    assert_eq!(broken("binary").error.unwrap(), "1: not JSON");
}

#[test]
fn empty_and_binary_files_are_not_recognised() {
    let ingested = folder("monitor-report/broken");
    let why: Vec<_> = ingested
        .files
        .iter()
        .filter_map(|f| f.why_not.as_deref())
        .collect();
    assert_eq!(why, ["binary", "empty"]);
}

#[test]
fn odd_but_correct() {
    let report = |snapshot: &str| {
        let text = format!(
            r#"{{"recent_snapshots": [{{"timestamp": "2026-11-23 17:20:32", {snapshot}}}]}}"#
        );
        let reading = read("monitor-report", text.as_bytes());
        assert_eq!(reading.error, None);
        reading
    };
    // Whole zeros stand for a load that the system does not tell.
    let reading = report(r#""cpu_usage": 1, "system_load": [0, 0, 0]"#);
    assert_eq!(count(&reading, Metric::SystemLoad), 0);
    let reading = report(r#""system_load": [0.0, 0.0, 0.0]"#);
    assert_eq!(count(&reading, Metric::SystemLoad), 1);
    // The orchestrator's monitor writes none where nobody answers; ours was told whom to ask.
    let reading = report(r#""response_times": {"visualizer_response_time": null, "b:80": 0.5}"#);
    assert_eq!(count(&reading, Metric::Uptime), 2);
    assert_eq!(count(&reading, Metric::CheckTime), 1);
    for nothing in ["[]", "{}", "null"] {
        let reading = report(&format!(r#""cpu_usage": 1, "response_times": {nothing}"#));
        assert_eq!(
            (count(&reading, Metric::Uptime), reading.faults()),
            (0, vec![])
        );
    }
    let reading = report(r#""response_times": {"visualizer_response_time": 0.1, "api": 0.2}"#);
    assert_eq!(count(&reading, Metric::CheckTime), 2);
    assert_eq!(led(&reading), 1);
    let reading = report(r#""alerts": "none of ours""#);
    assert_eq!(
        reading.faults(),
        [(1, "a snapshot without a value that can be used")]
    );
}

#[test]
fn changes_of_state_are_events() {
    let snapshot = |second: u32, state: &str| {
        format!(
            r#"{{"timestamp": "2026-11-23 17:20:{second}", "cpu_usage": 1, "workflow_state": {state}}}"#
        )
    };
    let snapshots = [
        snapshot(10, "\"IDLE\""),
        snapshot(12, "\"IDLE\""),
        snapshot(14, "\"SPRINT_ACTIVE\""),
        snapshot(16, "null"),
        snapshot(18, "\"IDLE\""),
    ];
    let text = format!(r#"{{"recent_snapshots": [{}]}}"#, snapshots.join(","));
    let records = read("monitor-report", text.as_bytes()).records;
    let events: Vec<_> = records
        .events
        .iter()
        .map(|e| {
            (
                e.kind,
                records.catalog.text(e.from),
                records.catalog.text(e.to),
                e.time.to_string(),
            )
        })
        .collect();
    let time = "2026-11-23T17:20:14Z".to_owned();
    assert_eq!(
        events,
        [(EventKind::Transition, "IDLE", "SPRINT_ACTIVE", time)]
    );
}
