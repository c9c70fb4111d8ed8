//! What the orchestrator's services say: status, exports, checks, history.

use perfadvise::metrics::Metric;
use perfadvise::record::{Dimension, EventKind, Flags, Measured, OperationKind, OutcomeKind};
use perfadvise::units::Time;

use super::{Reading, detected, fixture, read};

fn samples(reading: &Reading) -> Vec<(Metric, f64)> {
    let samples = reading.records.samples.iter();
    samples
        .filter_map(|s| match s.metric {
            Measured::Known(metric) => Some((metric, s.value)),
            Measured::Custom(_) => None,
        })
        .collect()
}

#[test]
fn each_document_is_recognised() {
    for (format, files) in [
        ("monitor-status", 3),
        ("context-monitor", 1),
        ("visualizer", 2),
        ("workflow-history", 4),
    ] {
        let found = detected(format);
        let formats: Vec<_> = found
            .iter()
            .filter(|(name, _)| !name.ends_with(".md"))
            .map(|(_, f)| *f)
            .collect();
        assert!(
            formats.iter().filter(|f| **f == Some(format)).count() >= files,
            "{found:?}"
        );
        assert!(
            formats.iter().all(|f| f.is_none() || *f == Some(format)),
            "{found:?}"
        );
    }
}

#[test]
fn the_status_is_its_latest_snapshot() {
    let status = fixture("monitor-status", "monitor-status/sample.json");
    assert_eq!(
        samples(&status),
        [
            (Metric::CpuUtilization, 0.255),
            (Metric::MemoryUtilization, 0.452),
            (Metric::DiskUtilization, 0.6),
            (Metric::ActiveProcesses, 150.0),
        ]
    );
    assert_eq!(
        status
            .records
            .samples
            .iter()
            .next()
            .unwrap()
            .time
            .to_string(),
        "2024-01-01T12:00:00Z"
    );
    let status = fixture("monitor-status", "monitor-status/status25.json");
    assert_eq!(status.records.samples.len(), 9);
    // The same snapshot in a report is the same record.
    let text = br#"{"recent_snapshots": [{"timestamp": "2026-11-23T17:28:00.709275Z", "cpu_usage": 0.5}]}"#;
    let report = read("monitor-report", text);
    assert_eq!(
        report.records.samples.iter().next().unwrap().key,
        status.records.samples.iter().next().unwrap().key
    );
    let nothing = fixture("monitor-status", "monitor-status/report-only.json");
    assert!(nothing.records.samples.is_empty() && nothing.faults().is_empty());
}

/// The expected figures are printed by `tests/reference/context_monitor.py`.
#[test]
fn preparations_of_the_context_monitor() {
    let reading = fixture(
        "context-monitor",
        "context-monitor/context_monitor_export.json",
    );
    let found: Vec<_> = reading
        .records
        .operations
        .iter()
        .map(|o| (o.duration, o.end().unwrap(), o.cache))
        .collect();
    let expected = [
        (8_338_928, Time(1_795_454_883_516_302_000), 1),
        (80_585, Time(1_795_454_883_516_541_000), 2),
        (31_233, Time(1_795_454_883_516_633_000), 2),
    ];
    assert_eq!(found, expected);
    let first = reading.records.operations[0];
    let catalog = &reading.records.catalog;
    assert_eq!(first.kind, OperationKind::ContextPreparation);
    assert_eq!(first.outcome, OutcomeKind::Ok);
    assert_eq!(
        catalog.text(catalog.dimension(first.dims, Dimension::Agent)),
        "CodeAgent"
    );
    assert_eq!(
        catalog.text(catalog.identities.get(first.identity.0).task),
        "s1"
    );
    assert_eq!(first.tokens.fresh, 10);
    assert_eq!(reading.records.details_of(&first).files_used, Some(0));
    let values: Vec<f64> = samples(&reading)
        .iter()
        .map(|(_, v)| (v * 1e7).round())
        .collect();
    let expected = [
        50_000.0,
        230_000.0,
        1_033_410.0,
        150_000.0,
        240_000.0,
        1_033_410.0,
    ];
    assert_eq!(values, expected);
    assert_eq!((reading.records.ignored, reading.faults()), (14, vec![]));
}

fn export(entries: &[(&str, &str, &str)]) -> Reading {
    let entries: Vec<String> = entries
        .iter()
        .enumerate()
        .map(|(n, (name, value, tags))| {
            format!(
                r#"{{"name": "{name}", "value": {value}, "timestamp": "2026-11-23T17:28:{n:02}", "tags": {{{tags}}}}}"#
            )
        })
        .collect();
    let text = format!(
        r#"{{"period_hours": 1, "metrics": [{}]}}"#,
        entries.join(",\n")
    );
    read("context-monitor", text.as_bytes())
}

#[test]
fn an_export_that_begins_in_the_middle() {
    let (a, b) = (
        r#""agent_type": "A", "success": "False""#,
        r#""agent_type": "B""#,
    );
    let reading = export(&[
        ("context_cache_hit", "1", a),
        ("context_preparation_time", "0.5", a),
        ("context_preparation_time", "0.25", b),
        ("context_cache_hit", "0", a),
        ("context_cache_hit", "1", b),
    ]);
    let found: Vec<_> = reading
        .records
        .operations
        .iter()
        .map(|o| (o.duration, o.cache, o.outcome))
        .collect();
    let expected = [
        (500_000_000, 1, OutcomeKind::Error),
        (250_000_000, 2, OutcomeKind::Unknown),
    ];
    assert_eq!(found, expected);
    assert_eq!(reading.records.ignored, 1);
}

#[test]
fn invented_and_impossible_entries() {
    let reading = export(&[
        ("system_cpu_percent", "50", r#""mock": "true""#),
        ("system_cpu_percent", "NaN", ""),
        ("system_cpu_percent", "150", ""),
        ("system_cpu_percent", "20", ""),
        ("context_preparation_time", "-1", ""),
        ("context_preparation_time", "\"long\"", ""),
    ]);
    assert_eq!(samples(&reading), [(Metric::CpuUtilization, 0.2)]);
    assert_eq!(reading.records.ignored, 1);
    let faults = [
        (2, "not a finite number"),
        (2, "an entry without a value"),
        (3, "the value is negative or too large"),
        (5, "the value is negative or too large"),
        (6, "the value is not a number"),
    ];
    assert_eq!(reading.faults(), faults);
}

#[test]
fn checks_and_gauges_of_the_visualizer() {
    let health = fixture("visualizer", "visualizer/health.json");
    assert_eq!(samples(&health), [(Metric::Uptime, 1.0)]);
    assert_eq!(
        health
            .records
            .samples
            .iter()
            .next()
            .unwrap()
            .time
            .to_string(),
        "2026-11-23T17:28:03.097589Z"
    );
    let text =
        br#"{"status": "degraded", "timestamp": "2026-11-23T17:28:03", "connected_clients": 0}"#;
    assert_eq!(samples(&read("visualizer", text)), [(Metric::Uptime, 0.0)]);
    let text = br#"{"status": "healthy", "timestamp": "never", "connected_clients": 0}"#;
    let faults = read("visualizer", text);
    assert_eq!(
        faults.faults(),
        [(1, "a check without a time that can be read")]
    );

    let metrics = fixture("visualizer", "visualizer/metrics.prom");
    let gauges: Vec<_> = metrics
        .records
        .aggregates
        .iter()
        .map(|a| (a.value, a.n, a.time, a.flags.has(Flags::LEADS)))
        .collect();
    assert_eq!(
        gauges,
        [(0.0, Some(1), None, true), (0.0, Some(1), None, false)]
    );
    assert_eq!(metrics.records.ignored, 1);
    let text = b"tdd_active_cycles{a=\"x y\"} 3 1700000000\ntdd_active_cycles NaN\ntdd_active_cycles\nother 1";
    let metrics = read("visualizer", text);
    assert_eq!(metrics.records.aggregates[0].value, 3.0);
    let faults = [(2, "not a finite number"), (3, "a gauge without a number")];
    assert_eq!(metrics.faults(), faults);
}

fn events(reading: &Reading) -> Vec<(EventKind, String, i64)> {
    let catalog = &reading.records.catalog;
    reading
        .records
        .events
        .iter()
        .map(|e| {
            let names = [e.subject, e.from, e.to].map(|n| catalog.text(n));
            let ms = if e.duration < 0 {
                -1
            } else {
                e.duration / 1_000_000
            };
            (e.kind, names.join(" "), ms)
        })
        .collect()
}

#[test]
fn a_state_lasts_until_it_is_left() {
    let expected = [
        (
            EventKind::Transition,
            "workflow IDLE BACKLOG_READY".to_owned(),
            -1,
        ),
        (
            EventKind::Transition,
            "workflow BACKLOG_READY SPRINT_PLANNED".to_owned(),
            150_000,
        ),
        (
            EventKind::Transition,
            "workflow SPRINT_PLANNED SPRINT_ACTIVE".to_owned(),
            250,
        ),
        // What was active before is not in the list.
        (
            EventKind::Transition,
            "workflow SPRINT_PAUSED SPRINT_ACTIVE".to_owned(),
            -1,
        ),
    ];
    let reading = fixture("workflow-history", "workflow-history/history.json");
    assert_eq!(events(&reading), expected);
    // Newest first is the same history.
    let text = std::fs::read_to_string("fixtures/workflow-history/history.json").unwrap();
    let mut lines: Vec<&str> = text.lines().filter(|l| l.contains("from")).collect();
    lines.reverse();
    let text = lines
        .iter()
        .map(|l| l.trim_end_matches(','))
        .collect::<Vec<_>>()
        .join(",\n");
    assert_eq!(
        events(&read("workflow-history", format!("[{text}]").as_bytes())),
        expected
    );
    let state = fixture("workflow-history", "workflow-history/state.json");
    assert_eq!(events(&state)[1].2, 60_000);
    let catalog = &state.records.catalog;
    let project = catalog.dimension(state.records.events[1].dims, Dimension::Project);
    assert_eq!(catalog.text(project), "shop");
    // Commands are somebody's text.
    assert!(
        catalog
            .names
            .values()
            .iter()
            .all(|name| !name.contains('/'))
    );
}

#[test]
fn events_of_the_broadcaster() {
    let reading = fixture("workflow-history", "workflow-history/events.jsonl");
    assert_eq!(
        events(&reading),
        [
            (
                EventKind::Transition,
                "workflow IDLE BACKLOG_READY".to_owned(),
                -1
            ),
            (EventKind::Transition, "tdd DESIGN TEST_RED".to_owned(), -1),
            (
                EventKind::InterfaceSwitch,
                "interface claude_code anthropic_api".to_owned(),
                350
            ),
            (EventKind::ModeSwitch, "mode FANCY SIMPLE".to_owned(), 125),
            (
                EventKind::Transition,
                "tdd TEST_RED CODE_GREEN".to_owned(),
                30_000
            ),
            (
                EventKind::Transition,
                "workflow BACKLOG_READY SPRINT_PLANNED".to_owned(),
                40_000
            ),
        ]
    );
    let catalog = &reading.records.catalog;
    let operations: Vec<_> = reading
        .records
        .operations
        .iter()
        .map(|o| {
            let agent = catalog.text(catalog.dimension(o.dims, Dimension::Agent));
            (
                agent,
                o.duration / 1_000_000,
                o.outcome,
                o.flags.has(Flags::UNANSWERED),
            )
        })
        .collect();
    assert_eq!(
        operations,
        [
            ("CodeAgent", 2_500, OutcomeKind::Ok, false),
            ("QAAgent", 4_000, OutcomeKind::Error, false),
            ("DesignAgent", 5_000, OutcomeKind::Unknown, true),
        ]
    );
    assert_eq!((reading.records.ignored, reading.faults()), (1, vec![]));
    let names = catalog.names.values();
    assert!(
        names.iter().all(|name| !name.contains("login")),
        "{names:?}"
    );
}

#[test]
fn switches_between_two_entries() {
    let text = br#"{"type": "interface_switch", "status": "started", "timestamp": "2026-11-23T09:00:00", "to": "mock"}
{"type": "interface_switch", "status": "completed", "timestamp": "2026-11-23T09:00:00.5", "from": "claude_code", "to": "mock"}
{"type": "interface_switch", "status": "failed", "timestamp": "2026-11-23T09:00:01", "to": "anthropic_api"}
{"type": "interface_switch", "timestamp": "2026-11-23T09:00:02"}
not JSON
{"type": "interface_switch", "timestamp": "2026-11-23T09:00:03", "to": "mock", "duration": "cut"#;
    let reading = read("workflow-history", text);
    let expected = (
        EventKind::InterfaceSwitch,
        "interface claude_code mock".to_owned(),
        500,
    );
    assert_eq!(events(&reading), [expected]);
    assert_eq!(
        reading.records.events[0].time.to_string(),
        "2026-11-23T09:00:00Z"
    );
    let faults = [
        (4, "a switch that does not say to what"),
        (5, "not JSON"),
        (6, "cut off in the middle of a value"),
    ];
    assert_eq!(reading.faults(), faults);
}

#[test]
fn naive_times_lie_in_the_zone_that_is_named() {
    use perfadvise::ingest::{Input, formats};
    let zone = jiff::tz::TimeZone::fixed(jiff::tz::offset(-5));
    let text = br#"[{"timestamp": "2026-11-23T09:00:00", "from": "A", "to": "B"}]"#;
    let mut input = Input::of_bytes(0, "x", text, &zone);
    let mut records = perfadvise::record::Records::default();
    let format = formats::named("workflow-history").unwrap();
    format
        .read(&mut input, &mut records, &mut Vec::new())
        .unwrap();
    assert_eq!(records.events[0].time.to_string(), "2026-11-23T14:00:00Z");
}
