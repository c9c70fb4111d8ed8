//! One session in several inputs: copies of different times, sources that know different things of it.

use perfadvise::metrics::Metric;
use perfadvise::record::{Dimension, OperationKind};
use perfadvise::workload::{Filter, Source, WallPart, Workload};

use super::otlp::{event, folded_files, logs, span, spans};
use super::total_of;

/// n and the sum in the metric's unit.
fn told(workload: &Workload, metric: Metric) -> (u64, f64) {
    let figure = workload.figure(metric, &Filter::default());
    (figure.n, figure.total(metric.row().unit))
}

/// A line of a session log, that many seconds after 08:00.
fn line(kind: &str, at: &str, message: &str) -> String {
    format!(
        r#"{{"type":"{kind}","sessionId":"s","uuid":"{kind}{at}","cwd":"/home/dev/atlas","timestamp":"2026-03-02T08:00:{at}Z","message":{message}}}
"#
    )
}

fn asked(at: &str) -> String {
    line("user", at, r#"{"role":"user","content":"x"}"#)
}

/// A line of message `m1`, which asks for a call of Bash; a reply that goes on has no reason why it ended.
fn replied(at: &str, output: u32, stop: &str) -> String {
    let message = format!(
        r#"{{"id":"m1","role":"assistant","model":"claude-opus-4-5","content":[{{"type":"tool_use","id":"t1","name":"Bash","input":{{}}}}],"stop_reason":{stop},"usage":{{"input_tokens":9,"output_tokens":{output}}}}}"#
    );
    line("assistant", at, &message)
}

fn answered(at: &str) -> String {
    let message = r#"{"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","is_error":true,"content":"x"}]}"#;
    line("user", at, message)
}

/// A framework's span, from 10 to 16, around that of a client library, in two files: tokens count once, where the
/// library tells them, else of the framework's.
#[test]
fn the_innermost_request_may_lie_in_another_file() {
    let inner = |output: u32| {
        let own = span(2, 11, 15, output);
        own.replace("\"name\"", "\"parentSpanId\":\"0000000000000001\",\"name\"")
    };
    let outer = spans(&[span(1, 10, 16, 100)]);
    let told_twice = spans(&[inner(100)]);
    let untold = spans(&[inner(0).replace("gen_ai.usage", "nothing.known")]);
    for (inner, model_time) in [(&told_twice, 4.0), (&untold, 6.0)] {
        for files in [
            [("a.jsonl", &outer), ("b.jsonl", inner)],
            [("a.jsonl", inner), ("b.jsonl", &outer)],
        ] {
            let workload = folded_files(&files.map(|(name, text)| (name, text.as_str())));
            assert_eq!(total_of(&workload, Metric::OutputTokens), 100);
            assert_eq!(total_of(&workload, Metric::InputTokens), 9);
            assert_eq!(told(&workload, Metric::ModelTime), (1, model_time));
            assert_eq!(told(&workload, Metric::ResponseTime), (1, 6.0));
        }
    }
}

/// A log that was copied while the reply came, or while the tool ran, and the whole of it: the reply took from 01 to 09,
/// the call from 09 to 19, and failed.
#[test]
fn a_copy_that_saw_more_tells_how_it_ended() {
    let whole = [
        asked("01"),
        replied("09", 50, "\"tool_use\""),
        answered("19"),
    ]
    .concat();
    let in_reply = [asked("01"), replied("03", 5, "null")].concat();
    let in_call = [asked("01"), replied("09", 50, "\"tool_use\"")].concat();
    for copy in [&in_reply, &in_call] {
        for files in [
            [("a.jsonl", copy), ("b.jsonl", &whole)],
            [("a.jsonl", &whole), ("b.jsonl", copy)],
        ] {
            let workload = folded_files(&files.map(|(name, text)| (name, text.as_str())));
            assert_eq!(told(&workload, Metric::ModelTime), (1, 8.0));
            assert_eq!(told(&workload, Metric::ToolSuccessRate), (1, 0.0));
            assert_eq!(total_of(&workload, Metric::OutputTokens), 50);
            let [clock] = workload.wall_clocks.as_slice() else {
                panic!("one session");
            };
            assert_eq!(clock.parts[WallPart::Model as usize], 8_000_000_000);
            assert_eq!(clock.parts[WallPart::Tool as usize], 10_000_000_000);
        }
    }
}

/// Who stops what runs ends it: the call lasts from 09 to 12, and the person takes the time until 50.
#[test]
fn a_call_that_was_stopped_ends_there() {
    let stop = line(
        "user",
        "12",
        r#"{"role":"user","content":"[Request interrupted by user]"}"#,
    );
    let again = r#"{"id":"m2","role":"assistant","model":"claude-opus-4-5","content":[],"stop_reason":"end_turn","usage":{"input_tokens":1,"output_tokens":1}}"#;
    let log = [
        asked("01"),
        replied("09", 50, "\"tool_use\""),
        stop,
        asked("50"),
        line("assistant", "55", again),
    ]
    .concat();
    let workload = folded_files(&[("s.jsonl", &log)]);
    let clock = &workload.wall_clocks[0];
    assert_eq!(clock.parts[WallPart::Tool as usize], 3_000_000_000);
    assert_eq!(clock.parts[WallPart::Person as usize], 38_000_000_000);
}

/// Times and costs are those of the event; lifetimes of what was cached, the project, and that a subagent asked, only the
/// log tells.
#[test]
fn what_only_the_log_knows_is_kept() {
    let usage = r#"{"id":"m1","role":"assistant","model":"claude-opus-4-5","content":[],"stop_reason":"end_turn","usage":{"input_tokens":9,"output_tokens":100,"cache_creation_input_tokens":500,"cache_creation":{"ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":500}}}"#;
    let log = [asked("01"), line("assistant", "14", usage)].concat();
    let log = log.replace(
        "\"sessionId\"",
        "\"isSidechain\":true,\"agentId\":\"helper\",\"sessionId\"",
    );
    let events = logs(&[event(14, 4, 100).replace(
        "{\"key\":\"cost_usd\"",
        "{\"key\":\"cache_creation_tokens\",\"value\":{\"intValue\":\"500\"}},{\"key\":\"cost_usd\"",
    )]);
    let workload = folded_files(&[("s.jsonl", &log), ("events.jsonl", &events)]);
    assert_eq!(told(&workload, Metric::ModelTime), (1, 4.0));
    assert_eq!(total_of(&workload, Metric::Cost), 500_000_000);
    assert_eq!(total_of(&workload, Metric::CacheWriteTokens), 500);
    let [row] = workload.rows.as_slice() else {
        panic!("one request: {:?}", workload.rows);
    };
    let extra = row.extra.as_deref().unwrap();
    assert_eq!(extra.cache_write_1h, 500);
    let project = workload.catalog.dimension(row.key.dims, Dimension::Project);
    assert_eq!(workload.catalog.text(project), "atlas");
    assert!(workload.streams.iter().all(|s| s.is_subagent));
}

/// An id tells that both are one request; what was left out is told as where times tell it.
#[test]
fn what_an_id_matches_is_told_too() {
    let id = |text: String| {
        text.replace(
            "\"attributes\":[",
            "\"attributes\":[{\"key\":\"request_id\",\"value\":{\"stringValue\":\"req_1\"}},",
        )
    };
    let span = id(span(1, 10, 14, 100))
        .replace("\"name\":\"chat\"", "\"name\":\"claude_code.llm_request\"");
    let workload = folded_files(&[
        ("traces.jsonl", &spans(&[span])),
        ("logs.jsonl", &logs(&[id(event(14, 4, 100))])),
    ]);
    assert_eq!(workload.counts.operations, 1);
    assert_eq!(workload.counts.duplicates, 1);
    let [repeat] = workload.repeats.as_slice() else {
        panic!("{:?}", workload.repeats);
    };
    assert_eq!(
        (repeat.kept, repeat.left_out),
        (Source::Spans, Source::Events)
    );
    assert_eq!((repeat.sessions, repeat.records), (1, 1));
}

/// The span of a run from 10 to 18, which tells no tokens.
fn run_of_8_s() -> String {
    span(1, 10, 18, 0)
        .replace("\"name\":\"chat\"", "\"name\":\"claude_code.interaction\"")
        .replace("gen_ai.operation.name", "nothing.known")
        .replace("gen_ai.conversation.id", "session.id")
        .replace("gen_ai.usage", "nothing.known")
}

/// The span of a run of 8 s, and its result, which tells 8.1 s and what it cost.
#[test]
fn a_run_that_spans_and_a_result_tell_is_one() {
    let run = run_of_8_s();
    let result = r#"{"type":"result","subtype":"success","is_error":false,"duration_ms":8100,"duration_api_ms":5000,"num_turns":1,"result":"x","session_id":"s","total_cost_usd":0.25,"usage":{"input_tokens":9,"output_tokens":100}}"#;
    let workload = folded_files(&[("traces.jsonl", &spans(&[run])), ("result.json", result)]);
    assert_eq!(told(&workload, Metric::TaskTime), (1, 8.0));
    assert_eq!(total_of(&workload, Metric::Cost), 250_000_000);
    let tasks = workload
        .rows
        .iter()
        .filter(|r| r.key.operation == OperationKind::Task);
    assert_eq!(
        tasks.map(|r| r.outcomes.iter().sum::<u32>()).sum::<u32>(),
        1
    );
}

/// Counters that name no session, of the time of requests that the log tells, are of these; what only they tell counts.
#[test]
fn counters_of_no_session_are_not_added() {
    let point = |name: &str, attribute: &str, value: &str| {
        format!(
            r#"{{"name":"claude_code.{name}","sum":{{"aggregationTemporality":1,"isMonotonic":true,"dataPoints":[{{"attributes":[{{"key":"type","value":{{"stringValue":"{attribute}"}}}}],"startTimeUnixNano":"1772438400000000000","timeUnixNano":"1772438460000000000","asDouble":{value}}}]}}}}"#
        )
    };
    let points = [
        point("token.usage", "output", "50"),
        point("cost.usage", "", "0.25"),
    ]
    .join(",");
    let metrics =
        format!(r#"{{"resourceMetrics":[{{"scopeMetrics":[{{"metrics":[{points}]}}]}}]}}"#);
    let log = [asked("01"), replied("09", 50, "\"tool_use\"")].concat();
    let workload = folded_files(&[("s.jsonl", &log), ("metrics.jsonl", &metrics)]);
    assert_eq!(total_of(&workload, Metric::OutputTokens), 50);
    assert_eq!(total_of(&workload, Metric::Cost), 250_000_000);
    let [repeat] = workload.repeats.as_slice() else {
        panic!("{:?}", workload.repeats);
    };
    assert_eq!(
        (repeat.kept, repeat.left_out, repeat.records),
        (Source::Log, Source::Metrics, 1)
    );
    // A day later they are of something else.
    let later = metrics.replace("17724384", "17725248");
    let workload = folded_files(&[("s.jsonl", &log), ("metrics.jsonl", &later)]);
    assert_eq!(total_of(&workload, Metric::OutputTokens), 100);
}

/// Three copies: the log from before the answer, the whole log (10 s until then), the event (6 s): whichever name comes
/// first, the best of those that saw the end tells it.
#[test]
fn of_three_copies_the_best_tells() {
    let cut = [asked("01"), replied("09", 50, "\"tool_use\"")].concat();
    let whole = [cut.clone(), answered("19")].concat();
    let event = r#"{"timeUnixNano":"1772438419000000000","body":{"stringValue":"claude_code.tool_result"},"attributes":[{"key":"session.id","value":{"stringValue":"s"}},{"key":"tool_name","value":{"stringValue":"Bash"}},{"key":"tool_use_id","value":{"stringValue":"t1"}},{"key":"duration_ms","value":{"intValue":"6000"}},{"key":"success","value":{"stringValue":"true"}}]}"#;
    let events = logs(&[event.to_owned()]);
    let files = [&cut, &whole, &events];
    for order in [
        [0, 1, 2],
        [0, 2, 1],
        [1, 0, 2],
        [1, 2, 0],
        [2, 0, 1],
        [2, 1, 0],
    ] {
        let named: Vec<(String, &str)> = order
            .iter()
            .enumerate()
            .map(|(place, file)| (format!("{place}.jsonl"), files[*file].as_str()))
            .collect();
        let named: Vec<(&str, &str)> = named.iter().map(|(n, t)| (n.as_str(), *t)).collect();
        let workload = folded_files(&named);
        assert_eq!(told(&workload, Metric::ToolTime), (1, 6.0), "{order:?}");
        assert_eq!(told(&workload, Metric::ToolSuccessRate), (1, 1.0));
    }
}

/// Two requests side by side, of which a span tells the first, by its id: the event of the second one is of no span.
#[test]
fn what_an_id_matches_is_paired_with_nothing_else() {
    let with_id = |text: String, id: &str| {
        let attribute = format!(
            "\"attributes\":[{{\"key\":\"request_id\",\"value\":{{\"stringValue\":\"{id}\"}}}},"
        );
        text.replace("\"attributes\":[", &attribute)
    };
    let span = with_id(span(1, 10, 14, 100), "q1");
    let span = span.replace("\"name\":\"chat\"", "\"name\":\"claude_code.llm_request\"");
    let events = logs(&[
        with_id(event(14, 4, 100), "q1"),
        with_id(event(15, 4, 70), "q2"),
    ]);
    let workload = folded_files(&[("traces.jsonl", &spans(&[span])), ("logs.jsonl", &events)]);
    assert_eq!(total_of(&workload, Metric::OutputTokens), 100 + 70);
    assert_eq!(total_of(&workload, Metric::Cost), 2 * 500_000_000);
}

/// The log tells what the request cost, and the result what the run did, which is the same.
#[test]
fn a_cost_counts_once_beside_a_run_that_spans_tell() {
    let log = [asked("01"), replied("09", 50, "\"tool_use\"")].concat();
    let log = log.replace(
        "\"type\":\"assistant\"",
        "\"costUSD\":0.25,\"type\":\"assistant\"",
    );
    let run = run_of_8_s();
    let result = r#"{"type":"result","subtype":"success","is_error":false,"duration_ms":8100,"duration_api_ms":5000,"num_turns":1,"result":"x","session_id":"s","total_cost_usd":0.25,"usage":{"input_tokens":9,"output_tokens":50}}"#;
    let workload = folded_files(&[
        ("s.jsonl", &log),
        ("traces.jsonl", &spans(&[run])),
        ("result.json", result),
    ]);
    assert_eq!(total_of(&workload, Metric::Cost), 250_000_000);
    assert_eq!(told(&workload, Metric::TaskTime).0, 1);
}
