//! What headless runs of Claude Code print.

use perfadvise::metrics::Metric;
use perfadvise::record::{EventKind, Flags, Measured, OperationKind, Records};

use super::{bytes_of, fixture, folded, folded_at, is_only, shown_since, total_of};

/// The start of what has no time.
const NEVER: i64 = perfadvise::units::Time::EARLIEST.0 / 1_000_000;

/// Values of a metric that only results know.
fn values(records: &Records, name: &str) -> Vec<f64> {
    let metric = records
        .catalog
        .names
        .find(name)
        .map(|n| Measured::Custom(perfadvise::record::Name(n)));
    let of = records.samples.iter().filter(|s| Some(s.metric) == metric);
    of.map(|s| s.value).collect()
}

/// Written by hand from the script that made the fixture (`tests/reference/claude_results.py`).
#[test]
fn a_result_is_a_task_with_what_each_model_used() {
    let reading = fixture("claude-results", "claude-results/result.json");
    assert_eq!(reading.faults(), []);
    insta::assert_snapshot!(shown_since(&reading, NEVER), @r"
    0 for 8274 task Ok [claude_code main] session-1 51500000e-9 USD
    0 for 0 other Unknown [claude_code claude-sonnet-4-5-20250929 anthropic main] session-1 10/20000/1000/300(0) 46500000e-9 USD
    0 for 0 other Unknown [claude_code claude-haiku-4-5-20251001 anthropic main] session-1 500/0/0/20(0) 5000000e-9 USD
    ");
    let records = &reading.records;
    assert!(
        records
            .operations
            .iter()
            .all(|o| o.flags.has(Flags::TIMELESS))
    );
    assert_eq!(values(records, "api_time"), [9.485]);
    assert_eq!(values(records, "turns"), [3.0]);
    assert_eq!(values(records, "time_to_first_token"), [1.25]);
    let workload = folded("claude-results/result.json");
    assert_eq!(total_of(&workload, Metric::InputTokens), 10 + 500);
    assert_eq!(total_of(&workload, Metric::OutputTokens), 300 + 20);
    // 0.0515 is the sum of both models, and counts once.
    assert_eq!(total_of(&workload, Metric::Cost), 51_500_000);
    assert_eq!((workload.units.len(), workload.period), (1, None));
}

/// The second result of a process counts on from the first; messages tell in part what results tell exactly.
#[test]
fn a_stream_tells_requests_and_tools_and_its_results_the_rest() {
    let reading = fixture("claude-results", "claude-results/stream.jsonl");
    assert_eq!(reading.faults(), []);
    insta::assert_snapshot!(shown_since(&reading, NEVER), @r"
    0 for 0 model_request Ok [claude_code claude-sonnet-4-5-20250929 anthropic main atlas] session-2
    0 for 0 tool_call Ok [claude_code Bash main atlas] session-2
    0 for 0 tool_call Error [claude_code Bash main atlas] session-2
    0 for 1500 wait (backoff) Ok [claude_code main atlas] session-2
    0 for 0 model_request Ok [claude_code claude-sonnet-4-5-20250929 anthropic main atlas] session-2
    0 for 0 tool_call Ok [claude_code Task main atlas] session-2
    0 for 0 model_request Ok [claude_code claude-haiku-4-5-20251001 anthropic subagent atlas] session-2
    0 for 0 tool_call Ok [claude_code Read subagent atlas] session-2
    0 for 20000 task Ok [claude_code main atlas] session-2 20000000e-9 USD
    0 for 0 other Unknown [claude_code claude-sonnet-4-5-20250929 anthropic main atlas] session-2 9/2300/300/60(0) 18000000e-9 USD
    0 for 0 other Unknown [claude_code claude-haiku-4-5-20251001 anthropic main atlas] session-2 3/0/0/40(0) 2000000e-9 USD
    0 for 0 model_request Ok [claude_code claude-sonnet-4-5-20250929 anthropic main atlas] session-2
    0 for 0 tool_call Unknown [claude_code Bash main atlas] session-2
    0 for 5000 task Error [claude_code main atlas] session-2 10000000e-9 USD
    0 for 0 other Unknown [claude_code claude-sonnet-4-5-20250929 anthropic main atlas] session-2 6/2600/0/80(0) 10000000e-9 USD
    0 for 0 other Unknown [claude_code claude-haiku-4-5-20251001 anthropic main atlas] session-2 0/0/0/0(0) 0e-9 USD
    ");
    let records = &reading.records;
    let subagents = records
        .operations
        .iter()
        .filter(|o| o.flags.has(Flags::SUBAGENT));
    let subagents: Vec<OperationKind> = subagents.map(|o| o.kind).collect();
    assert_eq!(
        subagents,
        [OperationKind::ModelRequest, OperationKind::ToolCall]
    );
    let events: Vec<(EventKind, &str, &str)> = records
        .events
        .iter()
        .map(|e| {
            (
                e.kind,
                records.catalog.text(e.subject),
                records.catalog.text(e.from),
            )
        })
        .collect();
    let expected = [
        (EventKind::Retry, "529", ""),
        (EventKind::Compaction, "", "155000"),
    ];
    assert_eq!(events, expected);
    assert_eq!(values(records, "api_time"), [12.0, 3.0]);
    let workload = folded("claude-results/stream.jsonl");
    assert_eq!(total_of(&workload, Metric::InputTokens), 15 + 3);
    assert_eq!(total_of(&workload, Metric::OutputTokens), 140 + 40);
    assert_eq!(total_of(&workload, Metric::CacheReadTokens), 4900);
    assert_eq!(total_of(&workload, Metric::Cost), 30_000_000);
}

#[test]
fn all_messages_as_one_list() {
    let reading = fixture("claude-results", "claude-results/list.json");
    assert_eq!(reading.faults(), []);
    insta::assert_snapshot!(shown_since(&reading, NEVER), @r"
    0 for 0 model_request Ok [claude_code claude-sonnet-4-5-20250929 anthropic main birch] session-3
    0 for 3000 task Ok [claude_code main birch] session-3 1000000e-9 USD
    0 for 0 other Unknown [claude_code claude-sonnet-4-5-20250929 anthropic main birch] session-3 7/0/0/30(0) 1000000e-9 USD
    ");
}

/// Each process begins anew; the last line repeats the first.
#[test]
fn collected_results_count_once_each() {
    let reading = fixture("claude-results", "claude-results/collected.jsonl");
    assert_eq!(reading.faults(), []);
    insta::assert_snapshot!(shown_since(&reading, NEVER), @r"
    0 for 4000 task Ok [claude_code main] session-4 10000000e-9 USD
    0 for 0 other Unknown [claude_code claude-sonnet-4-5-20250929 anthropic main] session-4 10/0/0/100(0) 10000000e-9 USD
    0 for 6000 task Ok [claude_code main] session-4 20000000e-9 USD
    0 for 0 other Unknown [claude_code claude-sonnet-4-5-20250929 anthropic main] session-4 12/500/0/120(0) 20000000e-9 USD
    0 for 700 task RateLimited [claude_code main] session-5 0e-9 USD
    0 for 9000 task Cancelled [claude_code main] session-6 0e-9 USD
    0 for 1000 task Ok [claude_code main] session-7 400000e-9 USD
    0 for 0 other Unknown [claude_code anthropic main] session-7 20/0/40/5(0)
    0 for 4000 task Ok [claude_code main] session-4 10000000e-9 USD
    0 for 0 other Unknown [claude_code claude-sonnet-4-5-20250929 anthropic main] session-4 10/0/0/100(0) 10000000e-9 USD
    ");
    let workload = folded("claude-results/collected.jsonl");
    assert_eq!(total_of(&workload, Metric::OutputTokens), 100 + 120 + 5);
    assert_eq!(total_of(&workload, Metric::Cost), 30_400_000);
    assert_eq!(workload.counts.duplicates, 1);
    assert_eq!(workload.units.len(), 4);
}

/// What the second process used of the main model is less than both together, though its helper used more.
#[test]
fn a_process_that_resumes_a_session_begins_anew() {
    let workload = folded("claude-results/resumed.jsonl");
    assert_eq!(total_of(&workload, Metric::InputTokens), 10 + 5 + 60 + 50);
    assert_eq!(
        total_of(&workload, Metric::OutputTokens),
        100 + 20 + 300 + 150
    );
    assert_eq!(total_of(&workload, Metric::CacheReadTokens), 9000 + 15000);
    assert_eq!(total_of(&workload, Metric::Cost), 4_120_000_000);
}

/// Where a model lacks its cost, those of the others are not the whole, which the result tells.
#[test]
fn costs_of_some_models_do_not_hide_the_rest() {
    let text = String::from_utf8(bytes_of("claude-results/result.json")).unwrap();
    let lacking = text.replace(r#", "costUSD": 0.005"#, "");
    assert_ne!(lacking, text);
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("result.json"), lacking).unwrap();
    let workload = folded_at(folder.path());
    assert_eq!(total_of(&workload, Metric::Cost), 51_500_000);
}

/// Alone, the second result of a process tells what the first one told, too; in the stream the difference is known.
#[test]
fn a_result_that_is_told_alone_too_counts_from_the_one_before() {
    let stream = String::from_utf8(bytes_of("claude-results/stream.jsonl")).unwrap();
    let mut results = stream.lines().filter(|l| l.contains(r#""type": "result""#));
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("stream.jsonl"), &stream).unwrap();
    std::fs::write(
        folder.path().join("alone.json"),
        results.next_back().unwrap(),
    )
    .unwrap();
    let workload = folded_at(folder.path());
    assert_eq!(total_of(&workload, Metric::OutputTokens), 180);
    assert_eq!(total_of(&workload, Metric::Cost), 30_000_000);
    assert_eq!(workload.counts.duplicates, 1);
}

/// A run without a result: what its messages tell is a lower bound.
#[test]
fn a_run_that_was_killed() {
    let reading = fixture("claude-results", "claude-results/broken/killed.jsonl");
    assert_eq!(reading.faults(), []);
    insta::assert_snapshot!(shown_since(&reading, NEVER), @r"
    0 for 0 model_request Ok [claude_code claude-sonnet-4-5-20250929 anthropic main atlas] session-2 4/1000/200/9(0)
    0 for 0 tool_call Unknown [claude_code Bash main atlas] session-2
    0 for 0 tool_call Unknown [claude_code Bash main atlas] session-2
    ");
    let request = reading.records.operations[0];
    assert!(request.flags.has(Flags::OUTPUT_IS_LOWER_BOUND));
}

fn log(session: &str) -> String {
    let lines = [
        r#"{"type":"user","sessionId":"SESSION","uuid":"a","timestamp":"2026-03-02T08:00:00Z","message":{"role":"user","content":"x"}}"#,
        r#"{"type":"assistant","sessionId":"SESSION","uuid":"b","timestamp":"2026-03-02T08:00:04Z","message":{"id":"msg_1","role":"assistant","model":"claude-sonnet-4-5","content":[],"usage":{"input_tokens":7,"output_tokens":333}}}"#,
    ];
    lines.join("\n").replace("SESSION", session)
}

/// The session's own log tells the requests; of the results the runs remain, with what they cost.
#[test]
fn a_session_with_a_log_of_its_own_counts_once() {
    let folder = tempfile::tempdir().unwrap();
    let stream = bytes_of("claude-results/stream.jsonl");
    std::fs::write(folder.path().join("out.jsonl"), stream).unwrap();
    std::fs::write(folder.path().join("session-2.jsonl"), log("session-2")).unwrap();
    let workload = folded_at(folder.path());
    assert_eq!(total_of(&workload, Metric::InputTokens), 7);
    assert_eq!(total_of(&workload, Metric::OutputTokens), 333);
    // 0.02 for the first run, and 0.01 more for the second.
    assert_eq!(total_of(&workload, Metric::Cost), 30_000_000);
    assert_eq!(workload.units.len(), 1);
    let n = |kind| -> u64 {
        let rows = workload.rows.iter().filter(|r| r.key.operation == kind);
        rows.map(|r| u64::from(r.outcomes.iter().sum::<u32>()))
            .sum()
    };
    assert_eq!(n(OperationKind::ModelRequest), 1);
    assert_eq!((n(OperationKind::Task), n(OperationKind::ToolCall)), (2, 0));

    // Another session's log takes nothing away.
    std::fs::write(folder.path().join("session-2.jsonl"), log("another")).unwrap();
    let workload = folded_at(folder.path());
    assert_eq!(total_of(&workload, Metric::OutputTokens), 180 + 333);
    assert_eq!(workload.units.len(), 2);
}

/// Events of OTLP tell requests with their cost; its counters only count where nothing else tells.
#[test]
fn a_session_that_otlp_tells_too_counts_once() {
    let result = String::from_utf8(bytes_of("claude-results/result.json")).unwrap();
    for (otlp, session, output, cost) in [
        ("otlp/claude-code.jsonl", 1, 340 + 20, 21_405_000),
        ("otlp/claude-code-metrics.jsonl", 2, 300 + 20, 51_500_000),
    ] {
        let session = format!("00000000-0000-4000-8000-00000000000{session}");
        let result = result.replace("session-1", &session);
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("otlp.jsonl"), bytes_of(otlp)).unwrap();
        std::fs::write(folder.path().join("result.json"), result).unwrap();
        let workload = folded_at(folder.path());
        assert_eq!(total_of(&workload, Metric::OutputTokens), output, "{otlp}");
        assert_eq!(total_of(&workload, Metric::Cost), cost, "{otlp}");
    }
}

#[test]
fn results_are_nobody_elses() {
    let ours = [
        "result.json",
        "list.json",
        "stream.jsonl",
        "collected.jsonl",
        "resumed.jsonl",
        "broken/killed.jsonl",
    ];
    for ours in ours {
        is_only("claude-results", &format!("claude-results/{ours}"));
    }
}
