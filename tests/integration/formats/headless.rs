//! What headless runs of Codex, Gemini CLI and opencode print. Expected values are written by hand from the script that
//! made the fixtures (`tests/reference/headless.py`).

use perfadvise::metrics::Metric;
use perfadvise::record::{EventKind, Flags, Measured, Name, OperationKind};
use perfadvise::workload::Workload;

use super::{
    bytes_of, detected, fixture, folded, folded_at, is_only, reading_of, shown_since, total_of,
};

/// The start of what has no time.
const NEVER: i64 = perfadvise::units::Time::EARLIEST.0 / 1_000_000;
/// 2026-03-02T08:00:00Z.
const BEGIN: i64 = 1_772_438_400_000;

fn n(workload: &Workload, kind: OperationKind) -> u32 {
    let rows = workload.rows.iter().filter(|r| r.key.operation == kind);
    rows.map(|r| r.outcomes.iter().sum::<u32>()).sum()
}

#[test]
fn a_run_of_codex_is_a_task_with_calls_and_the_sums_of_its_thread() {
    let reading = fixture("codex-results", "codex-results/run.jsonl");
    assert_eq!(reading.faults(), []);
    insta::assert_snapshot!(shown_since(&reading, NEVER), @r"
    0 for 0 task Ok [codex main] thread-1
    0 for 0 tool_call Ok [codex command_execution main] thread-1
    0 for 0 tool_call Error [codex command_execution main] thread-1
    0 for 0 tool_call Ok [codex mcp__tracker__search main] thread-1
    0 for 0 tool_call Ok [codex file_change main] thread-1
    0 for 0 tool_call Unknown [codex web_search main] thread-1
    0 for 0 other Unknown [codex main] thread-1 2500/9000/500/800(300)
    ");
    let records = &reading.records;
    let is_timeless = |flags: Flags| flags.has(Flags::TIMELESS);
    assert!(records.operations.iter().all(|o| is_timeless(o.flags)));
    let retries = records.events.iter().filter(|e| e.kind == EventKind::Retry);
    assert_eq!(retries.filter(|e| is_timeless(e.flags)).count(), 1);
    // Each of the 15 lines is a record's or ignored: a turn, five calls, a retry.
    assert_eq!(records.ignored, 8);
}

#[test]
fn runs_of_codex_that_failed_or_were_killed() {
    let reading = fixture("codex-results", "codex-results/several.jsonl");
    assert_eq!(reading.faults(), []);
    insta::assert_snapshot!(shown_since(&reading, NEVER), @r"
    0 for 0 task RateLimited [codex main] thread-2
    0 for 0 task Unknown [codex main] thread-3
    0 for 0 tool_call Unknown [codex command_execution main] thread-3
    ");
}

/// 15,000 of input in all, of which 11,000 were read from the cache and 500 written to it; no model, no price.
#[test]
fn a_resumed_thread_counts_on() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["run.jsonl", "resumed.jsonl"] {
        let bytes = bytes_of(&format!("codex-results/{name}"));
        std::fs::write(folder.path().join(name), &bytes).unwrap();
        // A copy of a run changes nothing.
        std::fs::write(folder.path().join(format!("again-{name}")), &bytes).unwrap();
    }
    let workload = folded_at(folder.path());
    assert_eq!(total_of(&workload, Metric::InputTokens), 3_500);
    assert_eq!(total_of(&workload, Metric::CacheReadTokens), 11_000);
    assert_eq!(total_of(&workload, Metric::CacheWriteTokens), 500);
    assert_eq!(total_of(&workload, Metric::OutputTokens), 900);
    assert_eq!(total_of(&workload, Metric::ReasoningTokens), 310);
    assert_eq!(
        (n(&workload, OperationKind::Task), workload.units.len()),
        (2, 1)
    );
    assert_eq!(workload.period, None);
}

/// The rollout tells the same turn with its times: one task, its requests, its calls.
#[test]
fn a_thread_with_a_rollout_counts_once() {
    let line = |second: u32, kind: &str, payload: &str| {
        format!(
            r#"{{"timestamp":"2026-03-02T08:00:{second:02}.000Z","type":"{kind}","payload":{payload}}}"#
        )
    };
    let usage = r#"{"input_tokens":12000,"cached_input_tokens":9000,"output_tokens":800,"reasoning_output_tokens":300,"total_tokens":12800}"#;
    let count = format!(
        r#"{{"type":"token_count","info":{{"total_token_usage":{usage},"last_token_usage":{usage}}}}}"#
    );
    let rollout = [
        line(
            0,
            "session_meta",
            r#"{"id":"thread-1","timestamp":"2026-03-02T08:00:00.000Z","cwd":"/x","source":"exec"}"#,
        ),
        line(
            0,
            "event_msg",
            r#"{"type":"task_started","turn_id":"turn-1"}"#,
        ),
        line(1, "turn_context", r#"{"model":"gpt-5","cwd":"/x"}"#),
        line(
            4,
            "response_item",
            r#"{"type":"function_call","name":"exec_command","arguments":"{}","call_id":"call-1"}"#,
        ),
        line(
            5,
            "response_item",
            r#"{"type":"function_call_output","call_id":"call-1","output":"x"}"#,
        ),
        line(9, "event_msg", &count),
        line(
            9,
            "event_msg",
            r#"{"type":"task_complete","turn_id":"turn-1"}"#,
        ),
    ];
    let rollout = rollout.join("\n");
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("rollout-x.jsonl"), &rollout).unwrap();
    let alone = folded_at(folder.path());
    assert_eq!(n(&alone, OperationKind::Task), 1);
    let run = bytes_of("codex-results/run.jsonl");
    std::fs::write(folder.path().join("out.jsonl"), run).unwrap();
    let both = folded_at(folder.path());
    for metric in [
        Metric::InputTokens,
        Metric::OutputTokens,
        Metric::CacheReadTokens,
    ] {
        assert_eq!(total_of(&both, metric), total_of(&alone, metric));
    }
    for kind in [
        OperationKind::Task,
        OperationKind::ToolCall,
        OperationKind::ModelRequest,
    ] {
        assert_eq!(n(&both, kind), n(&alone, kind), "{kind:?}");
    }
    assert_eq!(both.units.len(), alone.units.len());
    assert!(!both.repeats.is_empty());
}

#[test]
fn a_document_of_gemini_is_a_task_with_what_each_model_used() {
    let reading = fixture("gemini-results", "gemini-results/document.json");
    assert_eq!(reading.faults(), []);
    insta::assert_snapshot!(shown_since(&reading, NEVER), @r"
    0 for 0 task Ok [gemini_cli main] session-1
    0 for 0 other Unknown [gemini_cli gemini-2.5-flash-lite google main] session-1 3000/0/0/100(60)
    0 for 0 other Unknown [gemini_cli gemini-2.5-pro google main] session-1 4030/21000/0/470(150)
    0 for 0 tool_call Ok [gemini_cli read_file main] session-1
    0 for 0 tool_call Ok [gemini_cli read_file main] session-1
    0 for 0 tool_call Error [gemini_cli run_shell_command main] session-1
    ");
    let records = &reading.records;
    let samples: Vec<_> = records
        .samples
        .iter()
        .map(|s| (s.metric, s.value))
        .collect();
    let name = records.catalog.names.find("api_time").unwrap_or_default();
    assert_eq!(samples, [(Measured::Custom(Name(name)), 22.4)]);
    let failed = fixture("gemini-results", "gemini-results/failed.json");
    insta::assert_snapshot!(shown_since(&failed, NEVER), @"0 for 0 task Error [gemini_cli main] session-2");
    // The file of a summary names no session: it is that of its name.
    let summary = reading_of("gemini-results/summary.json");
    assert_eq!(summary.records.operations.len(), 6);
    let workload = folded("gemini-results/summary.json");
    assert_eq!(total_of(&workload, Metric::InputTokens), 3_000 + 4_000 + 30);
    assert_eq!(total_of(&workload, Metric::OutputTokens), 100 + 470);
}

#[test]
fn a_stream_of_gemini_tells_requests_and_calls() {
    let reading = fixture("gemini-results", "gemini-results/stream.jsonl");
    assert_eq!(reading.faults(), []);
    insta::assert_snapshot!(shown_since(&reading, BEGIN), @r"
    3500 for 1750 tool_call Error [gemini_cli run_shell_command main] session-3
    3500 for 250 tool_call Ok [gemini_cli read_file main] session-3
    0 for 3500 model_request Ok [gemini_cli google main] session-3
    5250 for 3250 model_request Ok [gemini_cli google main] session-3
    0 for 9100 task Ok [gemini_cli main] session-3
    0 for 0 other Unknown [gemini_cli gemini-2.5-flash-lite google main] session-3 3000/0/0/100(60)
    0 for 0 other Unknown [gemini_cli gemini-2.5-pro google main] session-3 4000/21000/0/2800(2480)
    20000 for 5000 model_request Cancelled [gemini_cli gemini-2.5-pro google main] session-4
    20000 for 4900 task Cancelled [gemini_cli main] session-4
    20000 for 0 other Unknown [gemini_cli gemini-2.5-pro google main] session-4 1000/0/0/100(30)
    31000 for 0 tool_call Unknown [gemini_cli glob main] session-5
    30000 for 1000 model_request Unknown [gemini_cli gemini-2.5-pro google main] session-5
    30000 for 0 task Unknown [gemini_cli main] session-5
    ");
    let workload = folded("gemini-results/stream.jsonl");
    assert_eq!(workload.units.len(), 3);
    // The rest of the total are thoughts: 2,480 and 60; 30 of the older client.
    assert_eq!(
        total_of(&workload, Metric::ReasoningTokens),
        2_480 + 60 + 30
    );
}

#[test]
fn a_session_of_gemini_with_a_chat_counts_once() {
    let folder = tempfile::tempdir().unwrap();
    let chat = r#"{"sessionId":"session-3","projectHash":"0f","startTime":"2026-03-02T08:00:00Z","messages":[{"id":"a","timestamp":"2026-03-02T08:00:00Z","type":"user","content":"x"},{"id":"b","timestamp":"2026-03-02T08:00:04Z","type":"gemini","content":"x","model":"gemini-2.5-pro","tokens":{"input":7,"output":333,"cached":0,"thoughts":0,"tool":0}}]}"#;
    std::fs::write(folder.path().join("session-x.json"), chat).unwrap();
    let stream = String::from_utf8(bytes_of("gemini-results/stream.jsonl")).unwrap();
    let first: Vec<&str> = stream.lines().take(11).collect();
    std::fs::write(folder.path().join("out.jsonl"), first.join("\n")).unwrap();
    let workload = folded_at(folder.path());
    assert_eq!(total_of(&workload, Metric::InputTokens), 7);
    assert_eq!(total_of(&workload, Metric::OutputTokens), 333);
    let of = |kind| n(&workload, kind);
    assert_eq!(
        (
            of(OperationKind::Task),
            of(OperationKind::ModelRequest),
            of(OperationKind::ToolCall)
        ),
        (1, 1, 0)
    );
    assert_eq!(workload.units.len(), 1);
}

#[test]
fn a_run_of_opencode_is_requests_from_when_their_messages_were_created() {
    let reading = fixture("opencode-results", "opencode-results/run.jsonl");
    assert_eq!(reading.faults(), []);
    insta::assert_snapshot!(shown_since(&reading, BEGIN), @r"
    4000 for 990 tool_call Ok [opencode bash main] ses_1
    4200 for 50 tool_call Error [opencode read main] ses_1
    0 for 4200 model_request Ok [opencode main] ses_1 1100/800/0/200(140) 12500000e-9 USD
    6010 for 3090 model_request Ok [opencode main] ses_1 200/1900/100/100(0) 2000000e-9 USD
    0 for 9100 task Ok [opencode main] ses_1
    ");
    let several = fixture("opencode-results", "opencode-results/several.jsonl");
    assert_eq!(several.faults(), []);
    insta::assert_snapshot!(shown_since(&several, BEGIN), @r"
    20000 for 2000 model_request RateLimited [opencode main] ses_2
    20000 for 2000 task RateLimited [opencode main] ses_2
    31500 for 1400 tool_call Ok [opencode bash main] ses_3
    30000 for 3000 task Unknown [opencode main] ses_3
    ");
    let workload = folded("opencode-results/run.jsonl");
    assert_eq!(total_of(&workload, Metric::Cost), 14_500_000);
}

/// Its numbers are those of a real run: two requests, of 1.6 and 13.7 s since their messages were created.
#[test]
fn a_real_run_of_opencode() {
    let reading = fixture("opencode-results", "opencode-results/real.jsonl");
    assert_eq!(reading.faults(), []);
    insta::assert_snapshot!(shown_since(&reading, 1_788_952_653_000), @r"
    4143 for 8 tool_call Ok [opencode write main] ses_000000000000aaaaaaaaaaaaaa
    2501 for 1642 model_request Ok [opencode main] ses_000000000000aaaaaaaaaaaaaa 4215/0/0/184(110) 742650e-9 USD
    4299 for 13741 model_request Ok [opencode main] ses_000000000000aaaaaaaaaaaaaa 4397/0/0/6(0) 663150e-9 USD
    2501 for 15539 task Ok [opencode main] ses_000000000000aaaaaaaaaaaaaa
    ");
}

#[test]
fn a_session_of_opencode_with_its_store_counts_once() {
    let folder = tempfile::tempdir().unwrap();
    let message = r#"{"id":"msg_1","sessionID":"ses_1","role":"assistant","time":{"created":1772438400000,"completed":1772438405000},"modelID":"m","providerID":"p","cost":0.5,"tokens":{"input":7,"output":333,"reasoning":0,"cache":{"read":0,"write":0}}}"#;
    std::fs::write(folder.path().join("msg_1.json"), message).unwrap();
    std::fs::write(
        folder.path().join("out.jsonl"),
        bytes_of("opencode-results/run.jsonl"),
    )
    .unwrap();
    let workload = folded_at(folder.path());
    assert_eq!(total_of(&workload, Metric::InputTokens), 7);
    assert_eq!(total_of(&workload, Metric::OutputTokens), 333);
    assert_eq!(total_of(&workload, Metric::Cost), 500_000_000);
    assert_eq!(
        (n(&workload, OperationKind::Task), workload.units.len()),
        (1, 1)
    );
}

#[test]
fn results_are_nobody_elses() {
    for format in ["codex-results", "gemini-results", "opencode-results"] {
        for (file, _) in detected(format) {
            let is_damaged = matches!(
                &*file,
                "README.md" | "binary.jsonl" | "empty.jsonl" | "failed.json"
            );
            let is_whole = std::path::Path::new("fixtures")
                .join(format)
                .join(&file)
                .exists();
            if is_whole && !is_damaged {
                is_only(format, &format!("{format}/{file}"));
            }
        }
    }
    is_only("gemini-results", "gemini-results/failed.json");
}
