//! Tasks of Cline and Roo Code, sessions of newer versions of Cline.

use perfadvise::metrics::Metric;
use perfadvise::record::{EventKind, Flags, OutcomeKind, Records};
use perfadvise::workload::Filter;

use super::broken::shown;
use super::{
    bytes_of, detected, fixture, folded, folded_at, folder, is_only, reading_of, shown_since,
    total_of,
};

/// 2026-03-02 08:00:00 UTC.
const BEGIN: i64 = 1_772_438_400_000;
const TASK: &str = "cline/saoudrizwan.claude-dev/tasks/1772438400000/ui_messages.json";
const ROO: &str =
    "cline/rooveterinaryinc.roo-cline/tasks/00000000-0000-4000-8000-000000000001/ui_messages.json";
const SESSION: &str = "cline/sessions/1772438400000_abcde/1772438400000_abcde.messages.json";

fn events(records: &Records) -> Vec<(EventKind, i64, &str)> {
    let events = records.events.iter();
    events
        .map(|e| {
            (
                e.kind,
                e.time.0 / 1_000_000 - BEGIN,
                records.catalog.text(e.from),
            )
        })
        .collect()
}

/// Written by hand from the script that made the fixtures (`tests/reference/cline.py`).
#[test]
fn a_task_of_cline() {
    let reading = reading_of(TASK);
    assert_eq!(reading.faults(), []);
    insta::assert_snapshot!(shown_since(&reading, BEGIN), @r"
    1000 for 0 model_request Ok [cline claude-sonnet-4-5 anthropic main] 1772438400000 12/20000/1500/300(0) 16100000e-9 USD
    3500 for 0 tool_call Unknown [cline readFile main] 1772438400000
    5000 for 0 model_request Ok [cline claude-sonnet-4-5 anthropic main] 1772438400000 20/21500/0/150(0) 8800000e-9 USD
    6500 for 2250 tool_call Unknown [cline search main] 1772438400000
    9000 for 0 model_request Ok [cline claude-sonnet-4-5 anthropic main] 1772438400000 30/22000/0/40(0) 7000000e-9 USD
    15000 for 0 tool_call Unknown [cline command main] 1772438400000
    20000 for 0 model_request Ok [cline gpt-5 litellm main] 1772438400000 300/600/100/50(0)
    21000 for 0 model_request Cancelled [cline claude-sonnet-4-5 anthropic main] 1772438400000
    23000 for 0 other Unknown [cline main] 1772438400000 500/0/0/60(0) 2000000e-9 USD
    24000 for 0 other Unknown [cline main] 1772438400000 700/90/0/80(0) 3000000e-9 USD
    25000 for 0 model_request Error [cline claude-sonnet-4-5 anthropic main] 1772438400000
    30000 for 0 model_request Unknown [cline claude-sonnet-4-5 anthropic main] 1772438400000
    ");
    let expected = [
        (EventKind::Prompt, 0, ""),
        (EventKind::Retry, 12_000, ""),
        (EventKind::Prompt, 22_000, ""),
    ];
    assert_eq!(events(&reading.records), expected);
    let subagents = reading
        .records
        .operations
        .iter()
        .filter(|o| o.flags.has(Flags::SUBAGENT));
    assert_eq!(subagents.count(), 1);
}

/// Only the first versions tell when a request was done.
#[test]
fn a_task_of_a_first_version() {
    let reading = reading_of("cline/old/tasks/1/ui_messages.json");
    assert_eq!(reading.faults(), []);
    insta::assert_snapshot!(shown_since(&reading, BEGIN), @r"
    500 for 4000 model_request Ok [cline main] 1 900/0/0/70(0) 4000000e-9 USD
    ");
}

/// A retry is announced and then made: it is one. Given up, it is none; where a reply broke off, the next request is it.
/// A request that failed for good stays one that failed.
#[test]
fn retries_count_when_they_are_made() {
    let reading = reading_of("cline/retried/tasks/2/ui_messages.json");
    assert_eq!(reading.faults(), []);
    insta::assert_snapshot!(shown_since(&reading, BEGIN), @r"
    1000 for 0 model_request Error [cline claude-sonnet-4-5 anthropic main] 2
    41000 for 0 model_request Ok [cline claude-sonnet-4-5 anthropic main] 2 10/0/0/5(0) 1000000e-9 USD
    50000 for 0 model_request Error [cline claude-sonnet-4-5 anthropic main] 2 20/0/0/8(0) 2000000e-9 USD
    54000 for 0 model_request Ok [cline claude-sonnet-4-5 anthropic main] 2 30/0/0/9(0) 3000000e-9 USD
    ");
    let expected = [
        (EventKind::Prompt, 0, ""),
        (EventKind::Retry, 5_000, ""),
        (EventKind::Retry, 11_000, ""),
        (EventKind::Retry, 21_000, ""),
        (EventKind::Retry, 30_000, ""),
        (EventKind::Prompt, 40_000, ""),
        (EventKind::Retry, 54_000, ""),
    ];
    assert_eq!(events(&reading.records), expected);
}

/// A refusal told as JSON: by its status, its code, or in the text of the request; a retry by hand that failed too does
/// not hide why.
#[test]
fn why_a_request_failed() {
    let started = |failed: &str| {
        let text = serde_json::json!({"tokensIn": 0, "cancelReason": "streaming_failed", "streamingFailedMessage": failed});
        serde_json::json!({"ts": BEGIN, "say": "api_req_started", "text": text.to_string()})
    };
    let failed = |ms: i64, text: &str| serde_json::json!({"ts": BEGIN + ms, "ask": "api_req_failed", "text": text});
    let retried = serde_json::json!({"ts": BEGIN + 5, "say": "api_req_retried"});
    let (status, code) = (
        r#"{"message":"x","status":429,"providerId":"openrouter"}"#,
        r#"{"message":"x","code":"rate_limit_exceeded"}"#,
    );
    for (entries, expected) in [
        (
            vec![started(""), failed(1, status)],
            OutcomeKind::RateLimited,
        ),
        (vec![started(""), failed(1, code)], OutcomeKind::RateLimited),
        (
            vec![started(""), failed(1, r#"{"code":504}"#)],
            OutcomeKind::Timeout,
        ),
        (
            vec![started(""), failed(1, r#"{"message":"429"}"#)],
            OutcomeKind::Error,
        ),
        (
            vec![started(""), failed(1, "429 Too Many Requests")],
            OutcomeKind::RateLimited,
        ),
        (vec![started(status)], OutcomeKind::RateLimited),
        (
            vec![started(""), failed(1, status), retried],
            OutcomeKind::RateLimited,
        ),
    ] {
        let task = serde_json::to_vec(&entries).unwrap();
        let reading = super::read("cline", &task);
        assert_eq!(reading.faults(), []);
        assert_eq!(
            reading.records.operations[0].outcome, expected,
            "{entries:?}"
        );
    }
}

/// A call that was never said to its end was not made.
#[test]
fn what_was_not_said_to_its_end_is_no_call() {
    let call = |ms: i64, is_partial: bool| serde_json::json!({"ts": BEGIN + ms, "ask": "tool", "text": r#"{"tool":"readFile"}"#, "partial": is_partial});
    let task = serde_json::to_vec(&[call(0, true), call(1, false)]).unwrap();
    let reading = super::read("cline", &task);
    assert_eq!(reading.records.operations.len(), 1);
    assert_eq!(reading.records.ignored, 1);
}

/// Input contains what was cached; before November 2025 not with Anthropic's protocol.
#[test]
fn a_task_of_roo_code() {
    let reading = reading_of(ROO);
    assert_eq!(reading.faults(), []);
    insta::assert_snapshot!(shown_since(&reading, BEGIN), @r"
    -31535999000 for 0 model_request Ok [roo_code main] session 12/20000/1500/300(0) 16100000e-9 USD
    -31535998000 for 0 model_request Ok [roo_code main] session 600/400/0/20(0) 1000000e-9 USD
    1000 for 0 model_request Ok [roo_code main] session 12/20000/1500/300(0) 16100000e-9 USD
    2000 for 0 tool_call Unknown [roo_code appliedDiff main] session
    4000 for 0 other Unknown [roo_code main] session 12500000e-9 USD
    5000 for 0 model_request Error [roo_code main] session
    ");
    let year = 365 * 24 * 3_600_000;
    let expected = [
        (EventKind::Prompt, -year, ""),
        (EventKind::Prompt, 0, ""),
        (EventKind::Retry, 3_000, ""),
        (EventKind::Compaction, 4_000, "155000"),
    ];
    assert_eq!(events(&reading.records), expected);
}

#[test]
fn a_session_of_newer_versions() {
    let reading = reading_of(SESSION);
    assert_eq!(reading.faults(), []);
    insta::assert_snapshot!(shown_since(&reading, BEGIN), @r"
    9000 for 0 model_request Ok [cline claude-sonnet-4-5 anthropic main] 1772438400000_abcde 500/20000/1500/400(0) 18000000e-9 USD
    9000 for 0 tool_call Ok [cline read_files main] 1772438400000_abcde
    9000 for 0 tool_call Error [cline run_commands main] 1772438400000_abcde
    15000 for 0 model_request Ok [cline claude-sonnet-4-5 anthropic main] 1772438400000_abcde 1000/22000/0/90(0)
    15000 for 0 tool_call Unknown [cline spawn_agent main] 1772438400000_abcde
    20000 for 0 model_request Ok [cline claude-sonnet-4-5 anthropic main] 1772438400000_abcde
    ");
    let expected = [
        (EventKind::Prompt, 0, ""),
        (EventKind::Compaction, 16_000, ""),
        (EventKind::Prompt, 18_000, ""),
    ];
    assert_eq!(events(&reading.records), expected);
    let ingested = folder("cline/sessions");
    assert_eq!(ingested.problems, []);
    let workload = folded("cline/sessions");
    assert_eq!(workload.units.len(), 1);
    // 500 + 1000, and 2000 of the subagent.
    assert_eq!(total_of(&workload, Metric::InputTokens), 3_500);
    assert_eq!(total_of(&workload, Metric::CacheReadTokens), 43_000);
    assert_eq!(total_of(&workload, Metric::Cost), 19_000_000);
}

/// Two calls of one tool and one of another, a prompt and a retry, all told at 3 s; a copy of the task gives nothing new.
#[test]
fn what_is_told_in_one_millisecond_is_told_apart() {
    let entry = |what: &str, text: &str| {
        format!(r#"{{"ts":1772438403000,"type":"say","say":"{what}","text":"{text}"}}"#)
    };
    let [read, search] = ["readFile", "searchFiles"]
        .map(|tool| entry("tool", &format!(r#"{{\"tool\":\"{tool}\"}}"#)));
    let feedback = entry("user_feedback", "x");
    let retry = entry("api_req_retried", "");
    let task = format!(
        "[{}]",
        [&*read, &read, &search, &feedback, &retry].join(",")
    );
    let folder = tempfile::tempdir().unwrap();
    for copy in ["a", "b"] {
        let path = folder.path().join(copy).join("1772438400000");
        std::fs::create_dir_all(&path).unwrap();
        std::fs::write(path.join("ui_messages.json"), &task).unwrap();
    }
    let workload = folded_at(folder.path());
    assert_eq!(workload.counts.operations, 3);
    assert_eq!(workload.counts.events, 2);
    assert_eq!(workload.counts.duplicates, 5);
}

/// What stands beside a task is no task, and nothing of it counts.
#[test]
fn a_folder_of_a_task_counts_once() {
    let folder = "cline/saoudrizwan.claude-dev";
    let found = detected(folder);
    assert_eq!(found.len(), 3);
    assert!(
        found.iter().all(|(_, format)| *format == Some("cline")),
        "{found:?}"
    );
    let workload = folded(folder);
    assert_eq!(
        total_of(&workload, Metric::OutputTokens),
        300 + 150 + 40 + 50 + 60 + 80
    );
    assert_eq!(
        total_of(&workload, Metric::InputTokens),
        12 + 20 + 30 + 300 + 500 + 700
    );
    assert_eq!(total_of(&workload, Metric::Cost), 36_900_000);
    // Nothing tells how long a request took; of the tools only that of a server.
    assert_eq!(workload.figure(Metric::ModelTime, &Filter::default()).n, 0);
    assert_eq!(workload.figure(Metric::ToolTime, &Filter::default()).n, 1);
    // The same task, copied elsewhere.
    let copies = tempfile::tempdir().unwrap();
    for editor in ["a", "b"] {
        let folder = copies.path().join(editor).join("1772438400000");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("ui_messages.json"), bytes_of(TASK)).unwrap();
    }
    let twice = folded_at(copies.path());
    assert_eq!(total_of(&twice, Metric::Cost), 36_900_000);
    assert_eq!(twice.units.len(), 1);
}

#[test]
fn tasks_are_nobody_elses() {
    let [old, retried] =
        ["old/tasks/1", "retried/tasks/2"].map(|task| format!("cline/{task}/ui_messages.json"));
    for path in [TASK, ROO, SESSION, &old, &retried] {
        is_only("cline", path);
    }
    is_only(
        "cline",
        "cline/saoudrizwan.claude-dev/tasks/1772438400000/api_conversation_history.json",
    );
    // A conversation of anybody is none of its own.
    let said = fixture(
        "cline",
        "cline/saoudrizwan.claude-dev/tasks/1772438400000/api_conversation_history.json",
    );
    assert!(said.records.operations.is_empty());
}

#[test]
fn broken_ones_cost_what_the_fault_hits() {
    insta::assert_snapshot!(shown("cline"), @r"
    absurd_date.json: 4 operations, 1 events
        8: an entry without a time that can be read
        19: an entry without a time that can be read
    binary.json: not recognised
    cut_off.json: 4 operations, 1 events
        68: cut off in the middle of a value
    deep.json: 5 operations, 1 events
    empty.json: not recognised
    entries.json: 5 operations, 1 events
        41: an entry that is no message
        41: an entry that is no message
    invalid_utf8.json: 5 operations, 1 events
        6: invalid UTF-8
    nan.json: 4 operations, 1 events
        9: not a finite number
        8: an entry without a time that can be read
    wrong_type.json: 5 operations, 1 events
        8: a count of tokens is no whole number
        30: a text that should be JSON is none
        42: a cost is no amount
    ");
}
