//! Small cases worked out by hand: what is a step, what is a duplicate, what is in force.

use perfadvise::metrics::Metric;
use perfadvise::record::{Dimension, EventKind, Flags, Measured, Name, Records, Sample, hash128};
use perfadvise::units::{NANOS, Time};
use perfadvise::workload::{Filter, FoldOptions, GroupKey, Grouping, UnitId, Workload, fold};

use super::read_bytes;

const DAY: i64 = 1_788_000_000 * NANOS;

/// A line: an operation `at` seconds after 08:00.
fn line(operation: &str, at: u32, more: &str) -> String {
    format!(
        r#"{{"kind":"operation","operation":"{operation}","time":"2026-03-02T08:{:02}:{:02}Z",{more}}}"#,
        at / 60,
        at % 60
    )
}

fn records_of(lines: &[String]) -> Records {
    let (records, problems) = read_bytes("native-records", lines.join("\n").as_bytes());
    assert_eq!(problems, [], "{lines:#?}");
    records
}

fn workload_of(lines: &[String]) -> Workload {
    fold(records_of(lines), &FoldOptions::default())
}

/// Number, and total in the metric's unit.
fn told(workload: &Workload, metric: Metric) -> (u64, f64) {
    let figure = workload.figure(metric, &Filter::default());
    (figure.n, figure.total(metric.row().unit))
}

#[test]
fn a_request_of_no_step_is_one() {
    let w = workload_of(&[line("model_request", 0, r#""duration":2.5,"outcome":"ok""#)]);
    assert_eq!(told(&w, Metric::ResponseTime), (1, 2.5));
    assert_eq!(told(&w, Metric::ModelTime), (1, 2.5));
    assert_eq!(told(&w, Metric::Retries), (1, 0.0));
}

/// 0–2 s refused, 5–8 s ok: the caller waited 8 s, in one step that ended well.
#[test]
fn attempts_that_name_each_other_are_one_step() {
    let w = workload_of(&[
        line(
            "model_request",
            5,
            r#""duration":3,"outcome":"ok","id":"b","parent":"a","attempt":2"#,
        ),
        line(
            "model_request",
            0,
            r#""duration":2,"outcome":"rate_limited","id":"a","attempt":1"#,
        ),
        line(
            "wait",
            2,
            r#""duration":3,"outcome":"ok","reason":"backoff","parent":"a""#,
        ),
    ]);
    assert_eq!(told(&w, Metric::ResponseTime), (1, 8.0));
    assert_eq!(told(&w, Metric::SuccessRate), (1, 1.0));
    assert_eq!(told(&w, Metric::ModelTime), (1, 3.0));
    assert_eq!(told(&w, Metric::AttemptSuccessRate), (2, 1.0));
    assert_eq!(told(&w, Metric::Retries), (2, 1.0));
    assert_eq!(told(&w, Metric::RateLimitHits), (2, 1.0));
    assert_eq!(told(&w, Metric::BackoffTime), (1, 3.0));
    assert_eq!(w.counts.operations, 3);
}

/// A chain that fails for good is one failed step of 7 s.
#[test]
fn the_last_attempt_decides() {
    let w = workload_of(&[
        line(
            "model_request",
            0,
            r#""duration":2,"outcome":"timeout","id":"a""#,
        ),
        line(
            "model_request",
            3,
            r#""duration":4,"outcome":"error","id":"b","parent":"a","attempt":2"#,
        ),
    ]);
    assert_eq!(told(&w, Metric::ResponseTime), (0, 0.0));
    assert_eq!(told(&w, Metric::ErrorTime), (1, 7.0));
    assert_eq!(told(&w, Metric::ErrorRate), (1, 1.0));
    assert_eq!(told(&w, Metric::TimeoutRate), (1, 0.0));
}

#[test]
fn parts_of_a_step_are_no_steps_and_inherit() {
    let w = workload_of(&[
        line(
            "step",
            0,
            r#""duration":9,"outcome":"ok","id":"s","mode":"FANCY","session":"x","task":"t""#,
        ),
        line(
            "context_preparation",
            0,
            r#""duration":2,"outcome":"ok","parent":"s","cache_hit":false"#,
        ),
        line(
            "model_request",
            2,
            r#""duration":1,"outcome":"error","id":"a","parent":"s""#,
        ),
        line(
            "model_request",
            3,
            r#""duration":5,"outcome":"ok","id":"b","parent":"a","attempt":2,"mode":"SIMPLE""#,
        ),
        line(
            "tool_call",
            8,
            r#""duration":1,"outcome":"ok","parent":"b","tool":"Read""#,
        ),
    ]);
    assert_eq!(told(&w, Metric::ResponseTime), (1, 9.0));
    assert_eq!(told(&w, Metric::AttemptSuccessRate), (2, 1.0));
    assert_eq!(w.units.len(), 1);
    assert_eq!(w.units[0].name, "x/t");
    let mode = |name: &str| {
        let value = Name(w.catalog.names.find(name).unwrap());
        Filter::of(Dimension::Mode, value)
    };
    assert_eq!(
        w.figure(Metric::ContextPreparationTime, &mode("FANCY")).n,
        1
    );
    // The second attempt says its own mode, and the tool call that it asked for follows it.
    assert_eq!(w.figure(Metric::ModelTime, &mode("SIMPLE")).n, 1);
    assert_eq!(w.figure(Metric::ToolTime, &mode("SIMPLE")).n, 1);
}

/// The step itself was cut off: what names it makes one, from 08:00:01 to 08:00:09.
#[test]
fn a_missing_parent_is_a_step() {
    let w = workload_of(&[
        line(
            "context_preparation",
            1,
            r#""duration":2,"outcome":"ok","parent":"s","mode":"FANCY""#,
        ),
        line(
            "model_request",
            3,
            r#""duration":5,"outcome":"ok","id":"a","parent":"s""#,
        ),
        line(
            "tool_call",
            8,
            r#""duration":1,"outcome":"ok","parent":"s""#,
        ),
    ]);
    assert_eq!(told(&w, Metric::ResponseTime), (1, 8.0));
    assert_eq!(w.values_of(Dimension::Mode).len(), 1);
}

/// A parent of several requests is a session or a turn, not a step.
#[test]
fn a_missing_parent_of_several_requests_is_none() {
    let w = workload_of(&[
        line(
            "model_request",
            0,
            r#""duration":5,"outcome":"ok","parent":"turn""#,
        ),
        line(
            "model_request",
            9,
            r#""duration":7,"outcome":"ok","parent":"turn""#,
        ),
    ]);
    assert_eq!(told(&w, Metric::ResponseTime), (2, 12.0));
}

#[test]
fn tokens_are_counted_where_they_were_spent() {
    let w = workload_of(&[
        line(
            "task",
            0,
            r#""duration":20,"outcome":"ok","id":"t","tokens":{"input":150},"cost":0.5"#,
        ),
        line(
            "step",
            0,
            r#""duration":9,"outcome":"ok","id":"s","parent":"t","tokens":{"input":100},"cost":0.4"#,
        ),
        line(
            "model_request",
            0,
            r#""duration":9,"outcome":"ok","parent":"s","tokens":{"input":100,"cache_read":300},"cost":0.4"#,
        ),
        line(
            "step",
            10,
            r#""duration":9,"outcome":"ok","parent":"t","tokens":{"input":50},"cost":0.1"#,
        ),
    ]);
    assert_eq!(told(&w, Metric::InputTokens), (2, 150.0));
    assert_eq!(told(&w, Metric::Cost), (2, 0.5));
    assert_eq!(told(&w, Metric::PromptCacheHitRate), (450, 300.0));
    // 0.5 dollars for 450 tokens.
    let per_1k = w.figure(Metric::CostPer1kTokens, &Filter::default());
    let mean = per_1k.mean(Metric::CostPer1kTokens.row().unit).unwrap();
    assert!((mean - 0.5 / 0.45).abs() < 1e-9);
}

/// Without any token of a provider's cache its hit rate is not 0 but unknown.
#[test]
fn no_cache_tokens_no_hit_rate() {
    let w = workload_of(&[line(
        "model_request",
        0,
        r#""outcome":"ok","tokens":{"input":9,"output":1}"#,
    )]);
    let measured = w.measured();
    assert!(!measured.contains(&Measured::Known(Metric::PromptCacheHitRate)));
    assert!(!measured.contains(&Measured::Known(Metric::CacheReadTokens)));
    assert!(!measured.contains(&Measured::Known(Metric::ResponseTime)));
    assert!(measured.contains(&Measured::Known(Metric::SuccessRate)));
}

#[test]
fn circles_of_parents_end() {
    let w = workload_of(&[
        line(
            "model_request",
            0,
            r#""duration":1,"outcome":"ok","id":"a","parent":"b","attempt":2"#,
        ),
        line(
            "model_request",
            1,
            r#""duration":1,"outcome":"ok","id":"b","parent":"a","attempt":3"#,
        ),
        line(
            "tool_call",
            2,
            r#""duration":1,"outcome":"ok","id":"c","parent":"c""#,
        ),
    ]);
    assert_eq!(w.counts.operations, 3);
}

#[test]
fn equal_ids_are_one_record() {
    let once = line(
        "model_request",
        7,
        r#""duration":1,"outcome":"ok","id":"a","tokens":{"input":1,"output":5}"#,
    );
    let again = line(
        "model_request",
        6,
        r#""duration":2,"outcome":"ok","id":"a","tokens":{"input":1,"output":4}"#,
    );
    let w = workload_of(&[once, again]);
    assert_eq!((w.counts.records, w.counts.duplicates), (1, 1));
    // The earlier one counts, with the larger number of tokens.
    assert_eq!(told(&w, Metric::ModelTime), (1, 2.0));
    assert_eq!(told(&w, Metric::OutputTokens), (1, 5.0));
}

#[test]
fn three_failures_at_the_end_are_down() {
    let mut lines = vec![line("step", 0, r#""outcome":"ok","interface":"mock""#)];
    for at in 1..4 {
        lines.push(line("step", at, r#""outcome":"error","interface":"mock""#));
        lines.push(line("step", at, r#""outcome":"error","interface":"api""#));
    }
    lines.push(line("step", 9, r#""outcome":"ok","interface":"api""#));
    let w = workload_of(&lines);
    let down: Vec<(&str, u32)> = w
        .counts
        .interfaces_down
        .iter()
        .map(|(name, n)| (w.catalog.text(*name), *n))
        .collect();
    assert_eq!(down, [("mock", 3)]);
}

#[test]
fn units_by_what_is_known() {
    let w = workload_of(&[
        line(
            "step",
            0,
            r#""outcome":"ok","run":"r","session":"s","task":"t""#,
        ),
        line("step", 0, r#""outcome":"ok","session":"s","task":"t""#),
        line("step", 0, r#""outcome":"ok","session":"s""#),
        line("step", 0, r#""outcome":"ok","host":"h""#),
        line("step", 1_000, r#""outcome":"ok""#),
    ]);
    let names: Vec<&str> = w.units.iter().map(|u| u.name.as_str()).collect();
    assert_eq!(
        names,
        ["2026-03-02 08:15", "h 2026-03-02 08:00", "r", "s", "s/t"]
    );
    assert_eq!(w.counts.sessions, 1);
}

#[test]
fn an_agent_log_counts_by_session() {
    let records = records_of(&[
        line(
            "model_request",
            0,
            r#""outcome":"ok","session":"s","task":"t""#,
        ),
        line(
            "model_request",
            0,
            r#""outcome":"ok","session":"s","task":"u""#,
        ),
    ]);
    let options = FoldOptions {
        file_formats: vec!["claude-code"],
        ..FoldOptions::default()
    };
    assert_eq!(fold(records, &options).units.len(), 1);
}

#[test]
fn filters_let_through_what_begins_inside() {
    let lines = [
        line("step", 0, r#""outcome":"ok","duration":1,"mode":"FANCY""#),
        line(
            "step",
            60,
            r#""outcome":"ok","duration":1,"mode":"SIMPLE","id":"s""#,
        ),
        line(
            "model_request",
            61,
            r#""outcome":"ok","duration":1,"parent":"s""#,
        ),
    ];
    let from = Time(records_of(&lines).operations[1].start.0);
    let count = |options: FoldOptions| {
        let w = fold(records_of(&lines), &options);
        (w.counts.records, w.period.map(|p| p.0))
    };
    let with = |only: &[(&str, &str)]| FoldOptions {
        only: only
            .iter()
            .map(|(k, v)| ((*k).into(), vec![(*v).into()]))
            .collect(),
        ..FoldOptions::default()
    };
    assert_eq!(
        count(FoldOptions {
            from: Some(from),
            ..FoldOptions::default()
        }),
        (2, Some(from))
    );
    assert_eq!(
        count(FoldOptions {
            to: Some(from),
            ..FoldOptions::default()
        })
        .0,
        1
    );
    assert_eq!(count(with(&[("mode", "SIMPLE")])).0, 2);
    assert_eq!(count(with(&[("mode", "OTHER")])), (0, None));
    assert_eq!(count(with(&[("colour", "red")])), (0, None));
}

fn sample(records: &mut Records, second: i64, value: f64, flags: Flags) -> Sample {
    let key = hash128(&second.to_le_bytes());
    let host = records.catalog.name("h");
    Sample {
        key,
        time: Time(DAY + second * NANOS),
        value,
        metric: Measured::Known(Metric::NetworkSent),
        dims: records.catalog.dims(vec![(Dimension::Host, host)]),
        identity: Default::default(),
        file: 0,
        flags: flags.with(Flags::LEADS),
    }
}

/// 100, 160, reset to 5, 25: 60 before the reset, 20 after it, and what lay between is not known.
#[test]
fn counters_are_differenced_across_resets() {
    let mut records = Records::default();
    for (second, value) in [(40, 25.0), (0, 100.0), (20, 5.0), (10, 160.0)] {
        let sample = sample(&mut records, second, value, Flags::CUMULATIVE);
        records.samples.push(sample);
        records.samples.push(sample);
    }
    let w = fold(records, &FoldOptions::default());
    assert_eq!(told(&w, Metric::NetworkSent), (2, 80.0));
    assert_eq!((w.counts.records, w.counts.duplicates), (4, 4));
    assert_eq!(w.counts.sample_interval, 10 * NANOS);
}

#[test]
fn a_long_silence_is_a_gap() {
    let mut records = Records::default();
    for second in [0, 2, 4, 6, 20, 22] {
        let sample = sample(&mut records, second, 1.0, Flags::default());
        records.samples.push(sample);
    }
    let w = fold(records, &FoldOptions::default());
    assert_eq!((w.counts.gaps, w.counts.longest_gap), (1, 14 * NANOS));
    assert_eq!(w.counts.sample_interval, 2 * NANOS);
}

/// A snapshot that stands in two files counts once, with all its samples.
#[test]
fn a_shared_snapshot_counts_once() {
    let mut records = Records::default();
    for file in [1, 0] {
        let mut first = sample(&mut records, 0, 0.5, Flags::default());
        first.file = file;
        let mut second = first;
        second.metric = Measured::Known(Metric::CpuUtilization);
        second.flags = Flags::default();
        records.samples.extend([first, second]);
    }
    let options = FoldOptions {
        file_ranks: vec![7, 3],
        ..FoldOptions::default()
    };
    let w = fold(records, &options);
    assert_eq!(
        (w.counts.records, w.counts.duplicates, w.counts.samples),
        (1, 1, 1)
    );
    assert_eq!(told(&w, Metric::CpuUtilization), (1, 0.5));
    assert_eq!(told(&w, Metric::NetworkSent).0, 1);
}

#[test]
fn samples_have_the_mode_in_force() {
    let lines = [
        r#"{"kind":"event","event":"mode_switch","time":"2026-03-02T08:10:00Z","from":"FANCY","to":"SIMPLE","host":"h","duration":0.5}"#.to_owned(),
        r#"{"kind":"event","event":"mode_switch","time":"2026-03-02T08:05:00Z","from":"x","to":"y","host":"h","session":"s"}"#.to_owned(),
        r#"{"kind":"sample","metric":"cpu_utilization","value":0.2,"time":"2026-03-02T08:09:59Z","host":"h"}"#.to_owned(),
        r#"{"kind":"sample","metric":"cpu_utilization","value":0.4,"time":"2026-03-02T08:10:00Z","host":"h"}"#.to_owned(),
        r#"{"kind":"sample","metric":"cpu_utilization","value":0.8,"time":"2026-03-02T08:10:00Z","host":"other"}"#.to_owned(),
        r#"{"kind":"sample","metric":"cpu_utilization","value":0.6,"time":"2026-03-02T08:11:00Z","host":"h","mode":"FANCY"}"#.to_owned(),
    ];
    let w = workload_of(&lines);
    let cpu = Measured::Known(Metric::CpuUtilization);
    let by_mode: Vec<(&str, u64, i128)> = w
        .group(
            cpu,
            &Filter::default(),
            Grouping::Dimension(Dimension::Mode),
        )
        .iter()
        .map(|(key, figure)| match key {
            GroupKey::Value(name) => (w.catalog.text(*name), figure.n, figure.sum),
            _ => unreachable!(),
        })
        .collect();
    assert_eq!(
        by_mode,
        [("FANCY", 2, 800_000_000), ("SIMPLE", 1, 400_000_000)]
    );
    assert_eq!(told(&w, Metric::SwitchTime), (1, 0.5));
    assert_eq!(w.events[0].kind, EventKind::ModeSwitch);
    assert_eq!(w.event_units, [UnitId::NONE; 2]);
}

#[test]
fn nothing_gives_nothing() {
    let w = fold(Records::default(), &FoldOptions::default());
    assert!(w.is_empty() && w.measured().is_empty() && w.period.is_none());
}
