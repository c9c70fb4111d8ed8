//! Chats of Gemini CLI.

use perfadvise::metrics::Metric;
use perfadvise::record::{EventKind, Flags, OperationKind};
use perfadvise::workload::Filter;

use super::broken::shown;
use super::{
    bytes_of, fixture, folded, folded_at, folder, is_only, reading_of, shown_since, total_of,
};

/// 2026-03-02 08:00:00 UTC.
const BEGIN: i64 = 1_772_438_400_000;
const CHAT: &str = "gemini-cli/atlas/chats/session-2026-03-02T08-00-session1.jsonl";
const SUBAGENT: &str = "gemini-cli/atlas/chats/session-1/sub-1.jsonl";

fn old(ending: &str) -> String {
    let hash = "0f".repeat(32);
    format!("gemini-cli/{hash}/chats/session-2026-03-02T09-00-session2.{ending}")
}

/// Written by hand from the script that made the fixture (`tests/reference/gemini_cli.py`).
#[test]
fn a_chat_a_message_a_line() {
    let reading = fixture("gemini-cli", CHAT);
    assert_eq!(reading.faults(), []);
    insta::assert_snapshot!(shown_since(&reading, BEGIN), @r"
    0 for 4000 model_request Ok [gemini_cli gemini-2.5-pro google main] session-1 6000/4000/0/70(20)
    4000 for 1500 tool_call Ok [gemini_cli read_file main] session-1
    4000 for 2000 tool_call Error [gemini_cli run_shell_command main] session-1
    6010 for 3000 model_request Ok [gemini_cli gemini-2.5-pro google main] session-1 1100/10000/0/30(0)
    9010 for 11000 tool_call Ok [gemini_cli codebase_investigator main] session-1
    20020 for 2000 model_request Ok [gemini_cli gemini-2.5-flash google main] session-1 12000/0/0/5(0)
    70000 for 5000 model_request Ok [gemini_cli gemini-2.5-pro google main] session-1 1000/12000/0/7(0)
    75000 for 0 tool_call Unknown [gemini_cli run_shell_command main] session-1
    ");
    let records = &reading.records;
    let events: Vec<(EventKind, i64)> = records
        .events
        .iter()
        .map(|e| (e.kind, e.time.0 / 1_000_000 - BEGIN))
        .collect();
    let error = EventKind::Other(perfadvise::record::Name(
        records.catalog.names.find("error_message").unwrap(),
    ));
    let expected = [
        (EventKind::Prompt, 0),
        (EventKind::Subagent, 9_010),
        (error, 30_000),
        (EventKind::Prompt, 60_000),
        (EventKind::Prompt, 70_000),
    ];
    assert_eq!(events, expected);
    let tools = records
        .operations
        .iter()
        .filter(|o| o.kind == OperationKind::ToolCall);
    assert!(
        tools
            .clone()
            .all(|o| records.operations.iter().any(|r| r.id == o.parent))
    );
    let unanswered: Vec<bool> = tools.map(|o| o.flags.has(Flags::UNANSWERED)).collect();
    assert_eq!(unanswered, [false, false, false, true]);
}

/// Older clients write a reply of calls alone when their results are there: how long it took is not known.
#[test]
fn an_older_chat_as_one_document() {
    let document = fixture("gemini-cli", &old("json"));
    assert_eq!(document.faults(), []);
    insta::assert_snapshot!(shown_since(&document, BEGIN + 3_600_000), @r"
    0 for 0 model_request Ok [gemini_cli gemini-2.5-pro google main] session-2 500/0/0/15(5)
    7000 for 0 tool_call Ok [gemini_cli glob main] session-2
    7000 for 0 tool_call Cancelled [gemini_cli replace main] session-2
    7000 for 2000 model_request Ok [gemini_cli gemini-2.5-pro google main] session-2 100/600/0/20(0)
    ");
    let lines = fixture("gemini-cli", &old("jsonl"));
    let since = BEGIN + 3_600_000;
    assert_eq!(shown_since(&document, since), shown_since(&lines, since));
}

#[test]
fn a_folder_of_chats_counts_each_message_once() {
    let ingested = folder("gemini-cli/atlas");
    let subagent = ingested
        .records
        .operations
        .iter()
        .filter(|o| o.flags.has(Flags::SUBAGENT));
    assert_eq!(subagent.count(), 3);
    assert_eq!(ingested.problems, []);

    let workload = folded("gemini-cli/atlas");
    let names: Vec<&str> = workload.units.iter().map(|u| u.name.as_str()).collect();
    assert_eq!(names, ["session-1"]);
    // Main: 6000 + 1000 + 100 + 12000 + 1000; subagent: 3000 + 1500.
    assert_eq!(total_of(&workload, Metric::InputTokens), 20_100 + 4_500);
    assert_eq!(
        total_of(&workload, Metric::CacheReadTokens),
        4_000 + 10_000 + 12_000 + 2_000
    );
    assert_eq!(
        total_of(&workload, Metric::OutputTokens),
        70 + 30 + 5 + 7 + 40 + 60
    );
    assert_eq!(total_of(&workload, Metric::ReasoningTokens), 20);
    assert_eq!(workload.figure(Metric::ModelTime, &Filter::default()).n, 6);

    // The copy of the older chat gives nothing: two requests, two tools, a prompt.
    let hash = "0f".repeat(32);
    let workload = folded(&format!("gemini-cli/{hash}"));
    assert_eq!(total_of(&workload, Metric::InputTokens), 500 + 100);
    assert_eq!(total_of(&workload, Metric::OutputTokens), 15 + 20);
    assert_eq!(workload.units.len(), 1);
    assert_eq!(workload.counts.duplicates, 3);
}

/// A real chat of 2025. Three replies of calls alone were added to one message: each call was received after the result of
/// the one before. Zeros for tokens are none. Times worked by hand, in ms since the prompt: the calls were received at
/// 18818, 22144 and 30080, their results noted at 18864, 22161 and 30096.
#[test]
fn replies_that_were_added_to_one_message_are_requests() {
    let reading = reading_of("gemini-cli/cedar");
    assert_eq!(reading.faults(), []);
    insta::assert_snapshot!(shown_since(&reading, 1_761_077_060_819), @r"
    0 for 18819 model_request Ok [gemini_cli gemini-2.5-pro google main cedar] session
    18819 for 45 tool_call Ok [gemini_cli write_file main cedar] session
    18864 for 3280 model_request Ok [gemini_cli gemini-2.5-pro google main cedar] session
    22144 for 17 tool_call Ok [gemini_cli write_file main cedar] session
    22161 for 7919 model_request Ok [gemini_cli gemini-2.5-pro google main cedar] session
    30080 for 16 tool_call Ok [gemini_cli write_file main cedar] session
    30096 for 3280 model_request Ok [gemini_cli gemini-2.5-pro google main cedar] session 1458/5811/0/104(58)
    80519 for 3891 model_request Ok [gemini_cli gemini-2.5-pro google main cedar] session 1536/5784/0/312(62)
    84410 for 26 tool_call Ok [gemini_cli replace main cedar] session
    84436 for 2422 model_request Ok [gemini_cli gemini-2.5-pro google main cedar] session 360/7238/0/64(41)
    261190 for 0 model_request Ok [gemini_cli gemini-2.5-pro google main cedar] session 6163/5837/0/394(63)
    261190 for 4595 tool_call Error [gemini_cli replace main cedar] session
    265785 for 3038 model_request Ok [gemini_cli gemini-2.5-pro google main cedar] session 3867/8840/0/98(63)
    ");
    // Each call belongs to the request that asked for it.
    let parents: Vec<bool> = reading
        .records
        .operations
        .windows(2)
        .filter(|pair| pair[1].kind == OperationKind::ToolCall)
        .map(|pair| pair[1].parent == pair[0].id)
        .collect();
    assert_eq!(parents, [true; 5]);
    let workload = folded("gemini-cli/cedar");
    let (all, tokens) = (Filter::default(), Metric::InputTokens);
    // Of eight requests one has no known begin, and three have no known tokens.
    assert_eq!(workload.figure(Metric::ModelTime, &all).n, 7);
    assert_eq!(workload.figure(tokens, &all).n, 5);
}

/// The message of calls alone was written when their results were there; their ids tell when the reply had ended.
#[test]
fn ids_of_calls_tell_when_a_late_message_ended() {
    let chat = r#"{"sessionId":"s","projectHash":"ab","startTime":"2026-03-02T08:00:00Z","messages":[
{"id":"1","timestamp":"2026-03-02T08:00:00Z","type":"user","content":"x"},
{"id":"2","timestamp":"2026-03-02T08:00:09Z","type":"gemini","content":"","model":"m","toolCalls":[
{"id":"glob-1772438403000-a","name":"glob","status":"success","timestamp":"2026-03-02T08:00:09Z"},
{"id":"glob-1772438403200-b","name":"glob","status":"success","timestamp":"2026-03-02T08:00:08.900Z"},
{"id":"glob-1772438499000-c","name":"glob","status":"cancelled","timestamp":"2026-03-02T08:00:09Z"}]}]}"#;
    let reading = super::read("gemini-cli", chat.as_bytes());
    insta::assert_snapshot!(shown_since(&reading, BEGIN), @r"
    0 for 3200 model_request Ok [gemini_cli m google main] s
    3200 for 5800 tool_call Ok [gemini_cli glob main] s
    3200 for 5700 tool_call Ok [gemini_cli glob main] s
    3200 for 5800 tool_call Cancelled [gemini_cli glob main] s
    ");
}

/// What the client keeps of a conversation that it compressed is no prompt.
#[test]
fn a_summary_is_a_compression() {
    let chat = r#"{"sessionId":"s","projectHash":"ab","startTime":"2026-03-02T08:00:00.000Z","kind":"main"}
{"id":"u1","timestamp":"2026-03-02T08:00:00.000Z","type":"user","content":[{"text":"x"}]}
{"$set":{"messages":[{"id":"s1","timestamp":"2026-03-02T08:00:05.000Z","type":"user","content":[{"text":"<state_snapshot>\nx"}]},{"id":"s2","timestamp":"2026-03-02T08:00:05.000Z","type":"gemini","content":[{"text":"x"}]}]}}
"#;
    let records = super::read("gemini-cli", chat.as_bytes()).records;
    let kinds: Vec<EventKind> = records.events.iter().map(|e| e.kind).collect();
    assert_eq!(kinds, [EventKind::Prompt, EventKind::Compaction]);
    assert!(records.operations.is_empty());
}

/// Forks of the client name the type of a reply after themselves.
#[test]
fn a_reply_of_a_fork_is_a_request() {
    let chat = String::from_utf8(bytes_of(&old("json"))).unwrap();
    let fork = chat.replace(r#""type": "gemini""#, r#""type": "bob-shell""#);
    let [own, other] = [&chat, &fork].map(|chat| {
        let reading = super::read("gemini-cli", chat.as_bytes());
        shown_since(&reading, BEGIN)
    });
    assert_ne!(chat, fork);
    assert_eq!(own, other);
}

/// Up to 0.34 subagents stood beside the main chat, under its session.
#[test]
fn a_subagent_beside_the_main_chat_is_of_its_session() {
    let ingested = folder("gemini-cli/birch");
    assert_eq!(ingested.problems, []);
    let operations = &ingested.records.operations;
    let of_subagents = operations.iter().filter(|o| o.flags.has(Flags::SUBAGENT));
    assert_eq!((operations.len(), of_subagents.count()), (4, 2));
    // The prompt of the main chat alone.
    assert_eq!(ingested.records.events.len(), 1);
    let workload = folded("gemini-cli/birch");
    let names: Vec<&str> = workload.units.iter().map(|u| u.name.as_str()).collect();
    assert_eq!(names, ["session-3"]);
}

/// What the provider's own tools put into the prompt stands beside the input, in the chat and in the event:
/// 1000 − 400 + 7.
#[test]
fn what_tools_put_into_the_prompt_is_input() {
    let chat = r#"{"sessionId":"s","projectHash":"ab","startTime":"2026-03-02T08:00:00Z","lastUpdated":"2026-03-02T08:00:20Z","messages":[{"id":"1","timestamp":"2026-03-02T08:00:03Z","type":"gemini","content":"","model":"gemini-2.5-pro","tokens":{"input":1000,"output":100,"cached":400,"thoughts":50,"tool":7,"total":1157}}]}"#;
    let event = r#"{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"timeUnixNano":"1772438403000000000","body":{"stringValue":"x"},"attributes":[{"key":"event.name","value":{"stringValue":"gemini_cli.api_response"}},{"key":"model","value":{"stringValue":"gemini-2.5-pro"}},{"key":"input_token_count","value":{"intValue":"1000"}},{"key":"output_token_count","value":{"intValue":"100"}},{"key":"cached_content_token_count","value":{"intValue":"400"}},{"key":"thoughts_token_count","value":{"intValue":"50"}},{"key":"tool_token_count","value":{"intValue":"7"}}]}]}]}]}"#;
    let [chat, event] = [("gemini-cli", chat), ("otlp", event)]
        .map(|(format, text)| super::read(format, text.as_bytes()).records.operations[0].tokens);
    assert_eq!(
        [chat.fresh, chat.cache_read, chat.output, chat.reasoning],
        [607, 400, 150, 50]
    );
    assert_eq!(event, chat);
}

/// Its telemetry is measured, and counts before the chat of the same session; the requests that only the
/// chat tells count too (as above, without the subagent).
#[test]
fn a_chat_that_otlp_tells_too_counts_once() {
    let event = r#"{"resourceLogs":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"gemini-cli"}}]},"scopeLogs":[{"logRecords":[{"timeUnixNano":"1772438404000000000","body":{"stringValue":"x"},"attributes":[{"key":"event.name","value":{"stringValue":"gemini_cli.api_response"}},{"key":"session.id","value":{"stringValue":"session-1"}},{"key":"model","value":{"stringValue":"gemini-2.5-pro"}},{"key":"duration_ms","value":{"intValue":"3900"}},{"key":"input_token_count","value":{"intValue":"10000"}},{"key":"output_token_count","value":{"intValue":"50"}},{"key":"cached_content_token_count","value":{"intValue":"4000"}},{"key":"thoughts_token_count","value":{"intValue":"20"}}]}]}]}]}"#;
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("otlp.jsonl"), event).unwrap();
    std::fs::write(folder.path().join("chat.jsonl"), bytes_of(CHAT)).unwrap();
    let workload = folded_at(folder.path());
    assert_eq!(total_of(&workload, Metric::InputTokens), 20_100);
    assert_eq!(total_of(&workload, Metric::OutputTokens), 70 + 30 + 5 + 7);
    assert_eq!(workload.repeats[0].records, 1);
    assert_eq!(workload.units.len(), 1);
}

#[test]
fn chats_are_nobody_elses() {
    for path in [
        CHAT,
        SUBAGENT,
        &old("json"),
        &old("jsonl"),
        "gemini-cli/cedar/chats/session-2025-10-21T20-04-00000000.json",
        "gemini-cli/birch/chats/session-2026-03-02T10-00-01.json",
        "gemini-cli/birch/chats/session-2026-03-02T10-00-02.json",
        "gemini-cli/broken/faults.jsonl",
    ] {
        is_only("gemini-cli", path);
    }
}

#[test]
fn broken_ones_cost_what_the_fault_hits() {
    insta::assert_snapshot!(shown("gemini-cli"), @r"
    absurd_date.json: 1 operations, 1 events
        13: a message without a time that can be read
    binary.json: not recognised
    cut_off.json: 3 operations, 1 events
        85: cut off in the middle of a value
    deep.json: 4 operations, 1 events
    empty.json: not recognised
    faults.jsonl: 1 operations, 1 events
        3: not JSON
        4: a count of tokens is no whole number
        5: a message without a time that can be read
        6: an entry that is no message
        6: a message without a time that can be read
        7: cut off in the middle of a value
        9: cut off in the middle of a value
    invalid_utf8.json: 4 operations, 1 events
        11: invalid UTF-8
    nan.json: 4 operations, 1 events
        26: not a finite number
    wrong_type.json: 4 operations, 1 events
        13: the time of a tool call is none
        13: a count of tokens is no whole number
        73: a count of tokens is no whole number
    ");
}
