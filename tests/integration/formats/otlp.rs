//! OTLP: traces, logs and metrics of agents.

use perfadvise::ingest::{Likelihood, formats};
use perfadvise::metrics::Metric;
use perfadvise::record::{Dimension, EventKind, Flags, Measured, OperationKind, Statistic};
use perfadvise::workload::Source;

use super::{
    bytes_of, detected, dimension, fixture, folded, folded_at, likelihood, read, shown_since,
    total_of,
};

/// 2026-03-02T08:00:00Z, at which the fixtures begin, in milliseconds.
const BEGIN: i64 = 1_772_438_400_000;

/// Written by hand from the script that made the fixture (`tests/reference/otlp.py`).
#[test]
fn all_conventions_are_one() {
    let reading = fixture("otlp", "otlp/conventions.jsonl");
    assert_eq!(reading.faults(), []);
    insta::assert_snapshot!(shown_since(&reading, BEGIN), @r"
    100 for 2000 model_request Ok [gpt-5-2025-08-07 openai shop-assistant] conv-1 600/400/0/50(20)
    2200 for 300 tool_call Ok [search shop-assistant] conv-1
    2600 for 40 model_request RateLimited [gpt-5 openai shop-assistant] conv-1
    0 for 2700 task Ok [planner shop-assistant] conv-1
    5000 for 1500 model_request Ok [claude-sonnet-4 anthropic shop-assistant] session-2 300/900/200/70(0)
    7000 for 30000 model_request Timeout [claude-sonnet-4 anthropic shop-assistant] session-2
    10000 for 4000 task Ok [rag] session-3
    10100 for 3000 model_request Ok [gpt-4o openai rag] session-3 372/128/0/60(10) 12300000e-9 USD
    13200 for 500 tool_call Ok [retrieve rag] session-3
    13800 for 20 other Ok [embed-3 rag] session-3 9/0/0/0(0)
    20000 for 3000 step Ok [api] 4
    20100 for 2800 model_request Ok [gpt-4o openai api] 4 80/0/0/8(0)
    20200 for 2600 other Ok [api] 4
    20300 for 100 model_request RateLimited [gpt-4o openai api] 4
    20500 for 2200 model_request Ok [gpt-4o openai api] 4 80/0/0/8(0)
    30000 for 5000 task Ok [batch] 5
    30100 for 900 model_request Ok [gpt-4o-mini openai batch] 5 40/0/0/4(0)
    31000 for 10 tool_call Error [lookup batch] 5
    100 for 2000 model_request Ok [gpt-5-2025-08-07 openai shop-assistant] conv-1 600/400/0/50(20)
    40000 for 0 model_request Unknown [gpt-5 shop-assistant] 6
    ");
}

/// A span of so many attributes, each a name and a whole number or a text.
fn told(attributes: &[(&str, &str)]) -> String {
    let attributes: Vec<String> = attributes
        .iter()
        .map(|(key, value)| {
            let kind = match value.parse::<f64>() {
                Ok(_) => "intValue",
                Err(_) => "stringValue",
            };
            format!(r#"{{"key":"{key}","value":{{"{kind}":"{value}"}}}}"#)
        })
        .collect();
    let attributes = attributes.join(",");
    spans(&[format!(
        r#"{{"traceId":"{:032x}","spanId":"{:016x}","startTimeUnixNano":"1772438400000000000","endTimeUnixNano":"1772438405000000000","attributes":[{attributes}]}}"#,
        7, 1
    )])
}

/// Who answered, and what was used, make a request of a model, whatever else is told of it.
#[test]
fn a_span_that_names_who_answered_is_a_request() {
    for system in ["gen_ai.system", "gen_ai.provider.name"] {
        let text = told(&[
            (system, "openai"),
            ("gen_ai.response.model", "gpt-4o"),
            ("gen_ai.usage.input_tokens", "1000"),
            ("gen_ai.usage.output_tokens", "100"),
        ]);
        let reading = read("otlp", text.as_bytes());
        insta::allow_duplicates! {
            insta::assert_snapshot!(shown_since(&reading, BEGIN), @"0 for 5000 model_request Ok [gpt-4o openai] 7 1000/0/0/100(0)");
        }
    }
}

/// A request has input and output; one of which either is not told used more than is known. Embeddings have no output.
#[test]
fn a_count_that_is_missing_is_a_lower_bound() {
    let (input, output) = (
        ("gen_ai.usage.input_tokens", "9"),
        ("gen_ai.usage.output_tokens", "0"),
    );
    let old = [
        ("llm.token_count.prompt", "9"),
        ("llm.token_count.completion", "1"),
    ];
    let chat = ("gen_ai.operation.name", "chat");
    let embeddings = ("gen_ai.operation.name", "embeddings");
    let llm = ("openinference.span.kind", "LLM");
    let cases: [(&[(&str, &str)], bool); 9] = [
        (&[chat, input, output], false),
        (&[chat, input], true),
        (&[chat, output], true),
        (&[chat, ("gen_ai.usage.input_tokens", "-1"), output], true),
        (&[chat, input, ("gen_ai.usage.output_tokens", "many")], true),
        (&[chat], false),
        (&[embeddings, input], false),
        (&[llm, old[0], old[1]], false),
        (&[llm, old[0]], true),
    ];
    for (attributes, expected) in cases {
        let reading = read("otlp", told(attributes).as_bytes());
        let flags = reading.records.operations[0].flags;
        assert_eq!(
            flags.has(Flags::OUTPUT_IS_LOWER_BOUND),
            expected,
            "{attributes:?}"
        );
    }
    let event = logs(&[event(10, 4, 100)]);
    for (text, expected) in [
        (event.clone(), false),
        (event.replace("output_tokens", "x"), true),
    ] {
        let flags = read("otlp", text.as_bytes()).records.operations[0].flags;
        assert_eq!(flags.has(Flags::OUTPUT_IS_LOWER_BOUND), expected);
    }
}

/// A span whose parent is in the file has its own id there.
#[test]
fn parents_are_linked_whatever_the_order() {
    let reading = fixture("otlp", "otlp/conventions.jsonl");
    let operations = &reading.records.operations;
    let agent = operations[3];
    assert_eq!(agent.kind, OperationKind::Task);
    assert!(operations[..3].iter().all(|o| o.parent == agent.id));
    // The span that was exported twice has one key, and only it.
    let keys: std::collections::HashSet<u128> = operations.iter().map(|o| o.key).collect();
    assert_eq!(keys.len(), operations.len() - 1);
    // The type of an error is a label where it is a word, and nothing where it is a message.
    let label = reading.records.catalog.names.find("error_type").unwrap();
    let label = Dimension::Label(perfadvise::record::Name(label));
    let types: Vec<String> = operations
        .iter()
        .map(|o| dimension(&reading.records, o, label))
        .filter(|t| !t.is_empty())
        .collect();
    assert_eq!(
        types,
        ["RateLimitError", "anthropic.APITimeoutError", "429"]
    );
}

#[test]
fn tokens_count_once_in_a_workload() {
    let workload = folded("otlp/conventions.jsonl");
    // The retried export.
    assert_eq!(workload.counts.duplicates, 1);
    let total = |metric| total_of(&workload, metric);
    // 600 + 300 + 372 + 9 + 80 + 40: what caches read and wrote stands apart.
    assert_eq!(total(Metric::InputTokens), 1401);
    assert_eq!(total(Metric::OutputTokens), 50 + 70 + 60 + 8 + 4);
    assert_eq!(total(Metric::CacheReadTokens), 400 + 900 + 128);
    assert_eq!(total(Metric::CacheWriteTokens), 200);
}

/// The generator's own totals, of 27 spans in 6 lines.
#[test]
fn a_generated_corpus_has_its_totals() {
    let truth: serde_json::Value =
        serde_json::from_slice(&bytes_of("otlp/generated/truth.json")).unwrap();
    let workload = folded("otlp/generated/spans.jsonl");
    assert_eq!(workload.counts.records, truth["spans"]);
    assert_eq!(total_of(&workload, Metric::InputTokens), truth["input"]);
    assert_eq!(total_of(&workload, Metric::OutputTokens), truth["output"]);
    // No span names a session: each has a trace of its own.
    assert_eq!(workload.units.len() as u64, truth["spans"]);
}

#[test]
fn events_of_claude_code() {
    let reading = fixture("otlp", "otlp/claude-code.jsonl");
    assert_eq!(reading.faults(), []);
    insta::assert_snapshot!(shown_since(&reading, BEGIN), @r"
    100 for 4200 model_request Ok [claude_code claude-opus-4-5 anthropic] session 12/15000/800/340(0) 21300000e-9 USD
    4400 for 1000 tool_call Ok [claude_code Bash] session
    5450 for 150 tool_call Error [claude_code Read] session
    6000 for 3000 model_request RateLimited [claude_code claude-opus-4-5 anthropic] session
    11100 for 900 model_request Ok [claude_code claude-haiku-4-5 anthropic] session 5/0/0/20(0) 105000e-9 USD
    0 for 12500 task Ok [claude_code] session
    100 for 4200 model_request Ok [claude_code claude-opus-4-5 anthropic] session 12/15000/800/340(0)
    4350 for 1050 tool_call Ok [claude_code Bash] session
    4350 for 40 wait (approval) Ok [claude_code] session
    4390 for 1000 other Ok [claude_code] session
    ");
    let events: Vec<EventKind> = reading.records.events.iter().map(|e| e.kind).collect();
    assert_eq!(events, [EventKind::Prompt]);
}

/// The run is told by events, spans and metrics, and is one run.
#[test]
fn a_session_of_several_sources_is_one() {
    let workload = folded("otlp/claude-code.jsonl");
    assert_eq!(total_of(&workload, Metric::InputTokens), 12 + 5);
    assert_eq!(total_of(&workload, Metric::OutputTokens), 340 + 20);
    assert_eq!(total_of(&workload, Metric::CacheReadTokens), 15_000);
    // 0.0213 + 105 millionths.
    assert_eq!(total_of(&workload, Metric::Cost), 21_405_000);
    // One request and one tool call came twice, and five points repeat the requests.
    assert_eq!(workload.counts.duplicates, 1 + 1 + 5);
}

/// The agent's own log of the session repeats what events and spans measured; another session counts.
#[test]
fn what_was_measured_counts_before_the_agents_own_log() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("events.jsonl"),
        bytes_of("otlp/claude-code.jsonl"),
    )
    .unwrap();
    let log = |session: &str| {
        format!(
            r#"{{"type":"user","sessionId":"{session}","uuid":"u","timestamp":"2026-03-02T08:00:00Z","message":{{"role":"user","content":"x"}}}}
{{"type":"assistant","sessionId":"{session}","uuid":"a","requestId":"req_1","timestamp":"2026-03-02T08:00:04Z","message":{{"id":"msg_{session}","role":"assistant","model":"claude-opus-4-5","content":[],"usage":{{"input_tokens":12,"output_tokens":339}}}}}}
"#
        )
    };
    for session in ["00000000-0000-4000-8000-000000000001", "another"] {
        std::fs::write(folder.path().join(format!("{session}.jsonl")), log(session)).unwrap();
    }
    let workload = folded_at(folder.path());
    assert_eq!(total_of(&workload, Metric::OutputTokens), 340 + 20 + 339);
    assert_eq!(workload.units.len(), 2);
}

/// A span of a request, from and to that second, with its tokens of output.
pub(super) fn span(id: u32, from: u32, to: u32, output: u32) -> String {
    format!(
        r#"{{"traceId":"{:032x}","spanId":"{id:016x}","name":"chat","startTimeUnixNano":"17724384{from}000000000","endTimeUnixNano":"17724384{to}000000000","attributes":[{{"key":"gen_ai.operation.name","value":{{"stringValue":"chat"}}}},{{"key":"gen_ai.conversation.id","value":{{"stringValue":"s"}}}},{{"key":"gen_ai.usage.input_tokens","value":{{"intValue":"9"}}}},{{"key":"gen_ai.usage.output_tokens","value":{{"intValue":"{output}"}}}}]}}"#,
        7
    )
}

/// The event of a request that ended in that second, after so many, with its tokens of output.
pub(super) fn event(to: u32, seconds: u32, output: u32) -> String {
    format!(
        r#"{{"timeUnixNano":"17724384{to}000000000","body":{{"stringValue":"claude_code.api_request"}},"attributes":[{{"key":"session.id","value":{{"stringValue":"s"}}}},{{"key":"duration_ms","value":{{"intValue":"{seconds}000"}}}},{{"key":"input_tokens","value":{{"intValue":"9"}}}},{{"key":"output_tokens","value":{{"intValue":"{output}"}}}},{{"key":"cost_usd","value":{{"doubleValue":0.5}}}}]}}"#
    )
}

pub(super) fn spans(spans: &[String]) -> String {
    let spans = spans.join(",");
    format!(r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{spans}]}}]}}]}}"#)
}

pub(super) fn logs(records: &[String]) -> String {
    let records = records.join(",");
    format!(r#"{{"resourceLogs":[{{"scopeLogs":[{{"logRecords":[{records}]}}]}}]}}"#)
}

pub(super) fn folded_files(files: &[(&str, &str)]) -> perfadvise::workload::Workload {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    folded_at(folder.path())
}

/// Neither names a request: by hand, two of three events are of the two spans (100 and 20 tokens), and the
/// third, which no span tells, counts (3 tokens). What only the events know, the cost, is kept.
#[test]
fn spans_and_events_without_ids_count_a_request_once() {
    let spans = spans(&[span(1, 10, 14, 100), span(2, 12, 15, 20)]);
    let events = logs(&[event(14, 4, 100), event(15, 3, 20), event(40, 3, 3)]);
    let workload = folded_files(&[("traces.jsonl", &spans), ("logs.jsonl", &events)]);
    assert_eq!(total_of(&workload, Metric::OutputTokens), 100 + 20 + 3);
    assert_eq!(workload.counts.operations, 3);
    assert_eq!(total_of(&workload, Metric::Cost), 3 * 500_000_000);
    let repeats = &workload.repeats;
    assert_eq!(repeats.len(), 1);
    assert_eq!(
        (
            repeats[0].kept,
            repeats[0].left_out,
            repeats[0].sessions,
            repeats[0].records
        ),
        (Source::Spans, Source::Events, 1, 2)
    );
    assert_eq!(workload.counts.duplicates, 2);
}

/// Clients of older versions number no events: what ended at the same time is told apart by what it tells, and a copy
/// is still one.
#[test]
fn events_that_end_at_once_are_several() {
    let ended = |client: &str, event: &str, more: &str| {
        format!(
            r#"{{"timeUnixNano":"1772438440000000000","body":{{"stringValue":"{client}.{event}"}},"attributes":[{{"key":"session.id","value":{{"stringValue":"s"}}}},{more}]}}"#
        )
    };
    let text = |key: &str, value: &str| {
        format!(r#"{{"key":"{key}","value":{{"stringValue":"{value}"}}}}"#)
    };
    let request = |model: &str, duration: &str, cost: &str| {
        let told = [
            ("model", model),
            ("duration_ms", duration),
            ("cost_usd", cost),
        ];
        let told = told.map(|(key, value)| text(key, value)).join(",");
        ended("claude_code", "api_request", &told)
    };
    let tool = |client: &str, event: &str, [name, tool]: [&str; 2], success: &str| {
        let told = [(name, tool), ("success", success)];
        let told = told.map(|(key, value)| text(key, value)).join(",");
        ended(client, event, &told)
    };
    let claude = |name, success| tool("claude_code", "tool_result", ["tool_name", name], success);
    let gemini = |name, success| tool("gemini_cli", "tool_call", ["function_name", name], success);
    let all = logs(&[
        request("claude-sonnet-4-5", "5000", "0.5"),
        request("claude-haiku-4-5", "900", "0.1"),
        claude("Bash", "true"),
        claude("Read", "false"),
        gemini("read_file", "true"),
        gemini("run_shell_command", "false"),
    ]);
    let workload = folded_files(&[("logs.jsonl", &all)]);
    assert_eq!(workload.counts.duplicates, 0);
    assert_eq!(workload.counts.operations, 6);
    assert_eq!(total_of(&workload, Metric::Cost), 600_000_000);
    let twice = folded_files(&[("logs.jsonl", &all), ("copy.jsonl", &all)]);
    assert_eq!((twice.counts.operations, twice.counts.duplicates), (6, 6));
}

/// A trace names its session in one file, and in another one holds a span that does not.
#[test]
fn the_session_of_a_span_may_stand_in_another_file() {
    let first = spans(&[span(1, 10, 14, 100)]);
    let second = spans(&[span(2, 20, 24, 20)]).replace("gen_ai.conversation.id", "nothing.known");
    for order in [[&first, &second], [&second, &first]] {
        let workload = folded_files(&[("a.jsonl", order[0]), ("b.jsonl", order[1])]);
        let names: Vec<&str> = workload.units.iter().map(|u| u.name.as_str()).collect();
        assert_eq!(names, ["s"]);
        assert_eq!(total_of(&workload, Metric::OutputTokens), 120);
    }
}

/// A log of the session tells what was before the telemetry began, and calls of tools, which spans of a
/// client library do not know.
#[test]
fn a_log_counts_where_spans_do_not_tell() {
    let spans = spans(&[span(2, 50, 54, 20)]);
    let log = r#"{"type":"user","sessionId":"s","uuid":"u1","timestamp":"2026-03-02T08:00:10Z","message":{"role":"user","content":"x"}}
{"type":"assistant","sessionId":"s","uuid":"a1","timestamp":"2026-03-02T08:00:14Z","message":{"id":"m1","role":"assistant","model":"claude-opus-4-5","content":[],"stop_reason":"end_turn","usage":{"input_tokens":9,"output_tokens":100}}}
{"type":"user","sessionId":"s","uuid":"u2","timestamp":"2026-03-02T08:00:49Z","message":{"role":"user","content":"x"}}
{"type":"assistant","sessionId":"s","uuid":"a2","timestamp":"2026-03-02T08:00:54.2Z","message":{"id":"m2","role":"assistant","model":"claude-opus-4-5","content":[{"type":"tool_use","id":"t2","name":"Bash","input":{}}],"stop_reason":"tool_use","usage":{"input_tokens":9,"output_tokens":20}}}
{"type":"user","sessionId":"s","uuid":"u3","timestamp":"2026-03-02T08:00:58Z","message":{"role":"user","content":[{"type":"tool_result","tool_use_id":"t2","content":"x"}]}}
"#;
    let workload = folded_files(&[("traces.jsonl", &spans), ("s.jsonl", log)]);
    assert_eq!(total_of(&workload, Metric::OutputTokens), 100 + 20);
    let of = |kind| {
        let rows = workload.rows.iter().filter(|r| r.key.operation == kind);
        rows.map(|r| r.outcomes.iter().sum::<u32>()).sum::<u32>()
    };
    assert_eq!(of(OperationKind::ModelRequest), 2);
    assert_eq!(of(OperationKind::ToolCall), 1);
    // The call belongs to a request whose span has another id, and makes no step of its own.
    assert_eq!(of(OperationKind::Step), 0);
    assert_eq!(workload.repeats[0].left_out, Source::Log);
}

#[test]
fn where_only_metrics_tell_they_count() {
    let workload = folded("otlp/claude-code-metrics.jsonl");
    // Deltas 10 and 5, one of them exported twice; a counter from 0 to 7 to 9.
    assert_eq!(total_of(&workload, Metric::InputTokens), 10 + 5 + 9);
    assert_eq!(total_of(&workload, Metric::OutputTokens), 100 + 50);
}

/// Two processes without a session, of which one began five seconds later, and the later one began anew: by hand
/// 30 + 300 + 7. The last line came twice.
#[test]
fn counters_with_another_beginning_are_others() {
    let point = |start: u32, time: u32, value: u32| {
        format!(
            r#"{{"startTimeUnixNano":"17724384{start:02}000000000","timeUnixNano":"17724384{time:02}000000000","asDouble":{value},"attributes":[{{"key":"type","value":{{"stringValue":"input"}}}}]}}"#
        )
    };
    let points = |points: &[String]| {
        let points = points.join(",");
        format!(
            r#"{{"resourceMetrics":[{{"scopeMetrics":[{{"metrics":[{{"name":"claude_code.token.usage","sum":{{"aggregationTemporality":2,"isMonotonic":true,"dataPoints":[{points}]}}}}]}}]}}]}}"#
        )
    };
    let first = points(&[point(0, 20, 10), point(5, 20, 100)]);
    let second = points(&[point(0, 40, 30), point(5, 40, 300)]);
    let third = points(&[point(50, 60, 7)]);
    let lines = [&*first, &second, &third, &third].join("\n");
    let workload = folded_files(&[("m.jsonl", &lines)]);
    assert_eq!(total_of(&workload, Metric::InputTokens), 30 + 300 + 7);
    // Read in another order, in two files.
    let workload = folded_files(&[
        ("a.jsonl", &second),
        ("b.jsonl", &[third, first].join("\n")),
    ]);
    assert_eq!(total_of(&workload, Metric::InputTokens), 30 + 300 + 7);
}

#[test]
fn distributions_are_pooled_and_never_read_for_percentiles() {
    let reading = fixture("otlp", "otlp/metrics.jsonl");
    assert_eq!(reading.faults(), []);
    let records = &reading.records;
    let of = |metric: Measured| -> Vec<(Statistic, f64, Option<u64>)> {
        records
            .aggregates
            .iter()
            .filter(|a| a.metric == metric)
            .map(|a| (a.statistic, a.value, a.n))
            .collect()
    };
    // 4 requests in 8 s and 6 in 7 s; the second interval came twice; invoke_agent is no request.
    assert_eq!(
        of(Metric::ModelTime.into()),
        [
            (Statistic::Mean, 1.5, Some(10)),
            (Statistic::Min, 0.25, Some(10)),
            (Statistic::Max, 5.0, Some(10)),
        ]
    );
    // The last of a cumulative stream holds those before it.
    let http = records.catalog.names.find("http.client.duration").unwrap();
    assert_eq!(
        of(Measured::Custom(perfadvise::record::Name(http)))[0],
        (Statistic::Mean, 160.0, Some(5))
    );
}

#[test]
fn levels_and_counters_are_samples() {
    let reading = fixture("otlp", "otlp/metrics.jsonl");
    let values = |metric: Metric| -> Vec<f64> {
        reading
            .records
            .samples
            .iter()
            .filter(|s| s.metric == metric.into())
            .map(|s| s.value)
            .collect()
    };
    // Parts of the CPU and free memory are no utilization of the whole.
    assert_eq!(values(Metric::CpuUtilization), [0.5, 0.7]);
    assert_eq!(values(Metric::MemoryUtilization), [0.25, 0.35]);
    assert_eq!(values(Metric::NetworkSent), [10_000.0, 12_500.0]);
    assert_eq!(
        total_of(&folded("otlp/metrics.jsonl"), Metric::NetworkSent),
        2_500
    );
}

/// The protocol's own examples, each one document over several lines.
#[test]
fn examples_of_the_protocol() {
    let files = detected("otlp/proto");
    assert!(files.iter().all(|(_, format)| *format == Some("otlp")));
    let trace = fixture("otlp", "otlp/proto/trace.json");
    insta::assert_snapshot!(shown_since(&trace, BEGIN), @"-227725740000 for 1000 other Ok [my.service] 5b8efff798038103d269b633813fc60c");
    let metrics = fixture("otlp", "otlp/proto/metrics.json").records;
    assert_eq!((metrics.samples.len(), metrics.aggregates.len()), (2, 6));
    for name in ["logs", "events"] {
        let reading = fixture("otlp", &format!("otlp/proto/{name}.json"));
        assert_eq!(reading.faults(), []);
        assert!(reading.records.ignored > 0);
    }
}

#[test]
fn several_documents_and_lines_in_one_file() {
    let document = bytes_of("otlp/proto/trace.json");
    let line = bytes_of("otlp/generated/spans.jsonl");
    let line = line.split_inclusive(|b| *b == b'\n').next().unwrap();
    let spans = read("otlp", line).records.operations.len();
    let text = [
        &document[..],
        b"\n",
        line,
        b"\n",
        &document[..200],
        b"\n",
        line,
    ]
    .concat();
    let reading = read("otlp", &text);
    assert_eq!(reading.records.operations.len(), 1 + 2 * spans);
    assert_eq!(reading.faults().len(), 1);
}

#[test]
fn exports_are_nobody_elses_and_it_claims_no_others() {
    let ours = bytes_of("otlp/conventions.jsonl");
    for format in formats::ALL.iter().filter(|f| f.name() != "otlp") {
        assert_eq!(likelihood(format.name(), &ours), Likelihood::No);
    }
    for others in [
        "claude-code/real/hello-world-script.jsonl",
        "codex/real/birch.jsonl",
        "native-records/workload.jsonl",
        "context-monitor/context_monitor_export.json",
    ] {
        assert_eq!(likelihood("otlp", &bytes_of(others)), Likelihood::No);
    }
}
