//! Exports of Langfuse: traces of three frameworks, tables, answers of the API.

use perfadvise::ingest::{Likelihood, formats};
use perfadvise::metrics::{Metric, Unit};
use perfadvise::record::{OperationKind, OutcomeKind};

use super::{
    bytes_of, detected, fixture, folded, folded_at, likelihood, shown_since, told, total_of,
};

/// Counted by `tests/reference/langfuse.py` in the originals.
#[test]
fn real_traces_give_their_totals() {
    for (file, requests, input, output, nanos) in [
        ("google-gemini", 1, 6, 2055, 5_139_300),
        ("langgraph", 2, 168, 66, 234_000),
        ("pydantic-ai-tools", 4, 1315, 209, 322_650),
    ] {
        let path = format!("langfuse/real/{file}.json");
        let reading = fixture("langfuse", &path);
        assert_eq!(reading.faults(), [], "{file}");
        let n = reading
            .records
            .operations
            .iter()
            .filter(|o| o.kind == OperationKind::ModelRequest)
            .count();
        assert_eq!(n, requests, "{file}");
        let workload = folded(&path);
        assert_eq!(total_of(&workload, Metric::InputTokens), input, "{file}");
        assert_eq!(total_of(&workload, Metric::OutputTokens), output, "{file}");
        assert_eq!(total_of(&workload, Metric::Cost), nanos, "{file}");
        assert_eq!(workload.units.len(), 1, "{file}");
    }
}

/// The trace begins at 14:51:22.049 and lasts 7.424 s in seconds as in milliseconds; the reasoning of
/// Gemini (1,104) is inside its output.
#[test]
fn times_are_formed_from_start_and_end() {
    let reading = fixture("langfuse", "langfuse/real/pydantic-ai-tools.json");
    let begin = reading.records.operations[0].start.0 / 1_000_000;
    insta::assert_snapshot!(shown_since(&reading, begin).replace("7a38edd8123db47ad8dcb8aa4c5e3926", "trace"), @r"
    0 for 7424 task Ok [] trace
    4083 for 1285 other Ok [] trace
    2374 for 1707 model_request Ok [gpt-4o-mini-2024-07-18] trace 417/0/0/53(0) 94350e-9 USD
    5373 for 2050 model_request Ok [gpt-4o-mini-2024-07-18] trace 131/0/0/69(0) 61050e-9 USD
    1 for 4081 other Ok [] trace
    4084 for 1283 model_request Ok [gpt-4o-mini-2024-07-18] trace 502/0/0/14(0) 83700e-9 USD
    5371 for 2053 other Ok [] trace
    4 for 2362 model_request Ok [gpt-4o-mini-2024-07-18] trace 265/0/0/73(0) 83550e-9 USD
    2368 for 5 tool_call Ok [get_dad_joke_suggestion] trace
    2368 for 5 tool_call Ok [get_one_liner_suggestion] trace
    2367 for 6 other Ok [] trace
    2367 for 6 tool_call Ok [get_pun_suggestion] trace
    ");
    let gemini = fixture("langfuse", "langfuse/real/google-gemini.json");
    let request = gemini.records.operations[0];
    assert_eq!(request.duration, 12_032_000_000);
    assert_eq!(
        (request.tokens.output, request.tokens.reasoning),
        (2055, 1104)
    );
}

/// The table holds the same trace, with a session, and one generation that failed.
#[test]
fn a_table_tells_what_the_trace_tells() {
    let table = fixture("langfuse", "langfuse/observations.csv");
    assert_eq!(table.faults(), []);
    let trace = fixture("langfuse", "langfuse/real/pydantic-ai-tools.json");
    let told = |reading: &super::Reading| -> Vec<_> {
        reading
            .records
            .operations
            .iter()
            .map(|o| {
                (
                    o.key, o.parent, o.kind, o.start, o.duration, o.tokens, o.cost,
                )
            })
            .collect()
    };
    let (rows, observations) = (told(&table), told(&trace));
    assert_eq!(rows[..12], observations[..]);
    let failed = table.records.operations[12];
    assert_eq!(failed.outcome, OutcomeKind::RateLimited);
    assert_eq!(
        (failed.cost, failed.tokens),
        (-1, perfadvise::record::Tokens::default())
    );
    let identity = table.records.catalog.identities.get(failed.identity.0);
    assert_eq!(table.records.catalog.text(identity.session), "session-1");
}

#[test]
fn the_map_of_usage_is_read_by_its_total() {
    let reading = fixture("langfuse", "langfuse/api.json");
    assert_eq!(reading.faults(), []);
    let tokens: Vec<[u32; 5]> = reading
        .records
        .operations
        .iter()
        .map(|o| o.tokens)
        .map(|t| [t.fresh, t.cache_read, t.cache_write, t.output, t.reasoning])
        .collect();
    assert_eq!(
        tokens,
        [
            [600, 400, 0, 50, 20],
            [300, 900, 200, 70, 0],
            [5, 100, 0, 10, 0],
            [10, 0, 0, 25, 5],
            [0; 5],
            [1, 0, 0, 1, 0],
        ]
    );
    let costs: Vec<i64> = reading.records.operations.iter().map(|o| o.cost).collect();
    assert_eq!(costs, [3_000_000, -1, -1, -1, -1, -1]);
    // The last one has not ended; the event is no operation.
    assert_eq!(reading.records.operations[5].outcome, OutcomeKind::Unknown);
    assert_eq!(reading.records.ignored, 1);
}

/// Input, output, total, read, reasoning as told; then fresh, read and output, by hand. Gemini's reasoning stands
/// beside the output, and what its cache read is in the input: 1000 + 100 + 200 = 1300. Where no sum fits, each
/// detail is judged alone.
#[test]
fn details_are_beside_where_the_total_needs_them() {
    for (told, expected) in [
        ([1000, 100, 1300, 50, 200], [950, 50, 300]),
        ([1000, 100, 1300, 500, 200], [500, 500, 300]),
        ([1000, 100, 1150, 50, 200], [1000, 50, 100]),
        ([1000, 100, 1350, 50, 200], [1000, 50, 300]),
        ([1000, 300, 1300, 50, 200], [950, 50, 300]),
        ([10, 300, 510, 200, 200], [10, 200, 300]),
        ([1000, 100, 1101, 50, 20], [950, 50, 100]),
    ] {
        let [input, output, total, read, reasoning] = told;
        let text = format!(
            r#"[{{"id":"o","traceId":"t","type":"GENERATION","startTime":"2026-03-02T10:00:00Z","level":"DEFAULT","usageDetails":{{"input":{input},"output":{output},"total":{total},"prompt_details.cache_read":{read},"completion_details.reasoning":{reasoning}}}}}]"#
        );
        let tokens = super::read("langfuse", text.as_bytes()).records.operations[0].tokens;
        assert_eq!(
            [tokens.fresh, tokens.cache_read, tokens.output],
            expected,
            "{told:?}"
        );
    }
}

/// Fresh, read, written, for an hour, output, reasoning: by hand, from what each framework writes. Langfuse keeps parts
/// disjoint and sums them up as the total.
#[test]
fn parts_are_known_by_their_names() {
    for (usage, expected) in [
        // LangChain's handler with Anthropic: the whole of what was written is 0 where lifetimes are told.
        (
            r#"{"input":200,"output":30,"total":390,"input_cache_read":10,"input_cache_creation":0,"input_ephemeral_5m_input_tokens":80,"input_ephemeral_1h_input_tokens":70}"#,
            [200, 10, 150, 70, 30, 0],
        ),
        // Spans of the AI SDK, of Bedrock, and after the GenAI conventions.
        (
            r#"{"input":7,"output":445,"total":18940,"input_cached_tokens":16399,"input_cache_creation":0,"input_cache_creation_5m":2089,"input_cache_creation_1h":0}"#,
            [7, 16_399, 2089, 0, 445, 0],
        ),
        (
            r#"{"input":7,"output":445,"total":5834,"input_cache_read":4482,"input_cache_write":900}"#,
            [7, 4482, 900, 0, 445, 0],
        ),
        (
            r#"{"input":1000,"output":50,"total":1050,"cache_read.input_tokens":800}"#,
            [200, 800, 0, 0, 50, 0],
        ),
        // Gemini: the modalities make up the input, of which nothing is left.
        (
            r#"{"input":0,"output":0,"total":170,"input_modality_TEXT":100,"output_modality_TEXT":20,"thoughts_token_count":50}"#,
            [100, 0, 0, 0, 70, 50],
        ),
        (
            r#"{"input":0,"output":20,"total":120,"input_modality_TEXT":60,"cached_modality_TEXT":30,"cached_modality_IMAGE":10}"#,
            [60, 40, 0, 0, 20, 0],
        ),
        (
            r#"{"input":100,"output":20,"total":170,"thoughts_token_count":50}"#,
            [100, 0, 0, 0, 70, 50],
        ),
        // Audio beside the input, and within it.
        (
            r#"{"input":50,"output":5,"total":85,"input_audio":30,"output_audio":0}"#,
            [80, 0, 0, 0, 5, 0],
        ),
        (
            r#"{"input":100,"output":20,"total":120,"input_audio":30}"#,
            [100, 0, 0, 0, 20, 0],
        ),
        // The total sums up what is no token, too.
        (
            r#"{"input":50,"output":5,"total":87,"input_audio":30,"web_search_requests":2}"#,
            [80, 0, 0, 0, 5, 0],
        ),
        // Bytes and pages are none.
        (
            r#"{"input_bytes":279523,"ocr_pages":1,"total":279524}"#,
            [0; 6],
        ),
    ] {
        assert_eq!(
            tokens_of(&format!(r#""usageDetails":{usage}"#)),
            expected,
            "{usage}"
        );
    }
}

/// Of one generation, as above.
fn tokens_of(told: &str) -> [u32; 6] {
    let text = format!(
        r#"[{{"id":"o","traceId":"t","type":"GENERATION","startTime":"2026-03-02T10:00:00Z","level":"DEFAULT",{told}}}]"#
    );
    let reading = super::read("langfuse", text.as_bytes());
    assert_eq!(reading.faults(), [], "{told}");
    let t = reading.records.operations[0].tokens;
    [
        t.fresh,
        t.cache_read,
        t.cache_write,
        t.cache_write_1h,
        t.output,
        t.reasoning,
    ]
}

/// The older map counts what a cache read as input; it stands before the newer one or behind it.
#[test]
fn the_newer_map_counts_and_only_tokens_do() {
    let details = r#""usageDetails":{"input":7,"input_cached_tokens":100,"output":4,"total":111}"#;
    let usage = r#""usage":{"unit":"TOKENS","input":107,"output":4,"total":111}"#;
    for told in [format!("{details},{usage}"), format!("{usage},{details}")] {
        assert_eq!(tokens_of(&told), [7, 100, 0, 0, 4, 0], "{told}");
    }
    assert_eq!(tokens_of(usage), [107, 0, 0, 0, 4, 0]);
    assert_eq!(
        tokens_of(&format!(r#""usageDetails":{{}},{usage}"#)),
        [107, 0, 0, 0, 4, 0]
    );
    let characters = usage.replace("TOKENS", "CHARACTERS");
    assert_eq!(tokens_of(&format!("{details},{characters}")), [0; 6]);
    assert_eq!(
        tokens_of(&format!(r#"{details},"unit":"CHARACTERS""#)),
        [0; 6]
    );
}

/// By hand from the script. The cost of the generation is the sum of its parts, 0.0127749 + 0.006675.
#[test]
fn traces_in_a_list_hold_their_observations() {
    let list = fixture("langfuse", "langfuse/full.json");
    assert_eq!(list.faults(), []);
    insta::assert_snapshot!(shown_since(&list, 1_772_438_400_000), @r"
    0 for 3000 task RateLimited [] s9
    1000 for 500 model_request Ok [claude-sonnet-4] s9 7/16399/2089/445(0) 19449900e-9 USD
    2000 for 500 other Ok [text-embedding-3-small] s9 5000/0/0/0(0) 100000e-9 USD
    ");
    let answer: serde_json::Value =
        serde_json::from_slice(&bytes_of("langfuse/full.json")).unwrap();
    let trace = &answer["data"][0];
    let operations = |text: &str| {
        let reading = super::read("langfuse", text.as_bytes());
        assert_eq!(reading.faults(), [], "{text}");
        assert_eq!(likelihood("langfuse", text.as_bytes()), Likelihood::Yes);
        reading.records.operations
    };
    let expected = &list.records.operations;
    for text in [
        format!("[{trace}]"),
        trace.to_string(),
        format!("{trace:#}"),
    ] {
        assert_eq!(&operations(&text), expected);
    }
    assert_eq!(
        operations(&format!("{trace}\n{trace}\n")),
        [&expected[..], expected].concat()
    );
}

/// The first token came 0.2 s after the start.
#[test]
fn the_time_to_the_first_token_has_its_own_name() {
    let records = fixture("langfuse", "langfuse/full.json").records;
    let told: Vec<(String, f64)> = records.samples.iter().map(|s| told(&records, s)).collect();
    assert_eq!(told, [("time_to_first_token".to_owned(), 0.2)]);
}

/// The trace tells nothing of how it ended: its root failed. One task, told twice.
#[test]
fn a_trace_beside_its_root_is_one_task() {
    let traces = fixture("langfuse", "langfuse/apart/traces.json");
    let outcomes = traces.records.operations.iter().map(|o| o.outcome);
    assert!(outcomes.eq([OutcomeKind::Unknown]));
    let filter = perfadvise::workload::Filter::default();
    let workload = folded("langfuse/apart");
    let rate = workload.figure(Metric::TaskSuccessRate, &filter);
    assert_eq!((rate.n, rate.mean(Unit::Ratio)), (1, Some(0.0)));
    assert_eq!(workload.figure(Metric::TaskTime, &filter).n, 0);
    // Its sums do not count beside those of its observations.
    assert_eq!(total_of(&workload, Metric::Cost), 19_549_900);
}

/// What a line holds beside what is read costs nothing of it.
#[test]
fn damaged_lines_tell_what_whole_ones_tell() {
    let whole = fixture("langfuse", "langfuse/blob.jsonl");
    let damaged = fixture("langfuse", "langfuse/broken/lines.jsonl");
    assert_eq!(whole.records.operations, damaged.records.operations);
    assert_eq!(whole.faults(), []);
    assert_eq!(
        damaged.faults(),
        [(1, "not a finite number"), (2, "invalid UTF-8")]
    );
}

/// Other names than those of the API; times are in UTC.
#[test]
fn the_export_to_a_blob_storage_is_read() {
    let lines = fixture("langfuse", "langfuse/blob.jsonl");
    insta::assert_snapshot!(shown_since(&lines, 1_772_438_400_000), @r"
    1000 for 500 model_request Ok [claude-sonnet-4] t8 100/0/0/20(0) 10000000e-9 USD
    2000 for 500 model_request Ok [claude-sonnet-4] t8 100/0/0/20(0) 10000000e-9 USD
    ");
    let table = br#"id,trace_id,type,start_time,end_time,parent_observation_id,level,usage_details,cost_details,total_cost,provided_model_name
b1,t8,GENERATION,2026-03-02 08:00:01.000000,2026-03-02 08:00:01.500000,,DEFAULT,"{""input"": 100, ""output"": 20, ""total"": 120}","{""total"": 0.01}",0.01,claude-sonnet-4
"#;
    assert_eq!(likelihood("langfuse", table), Likelihood::Yes);
    assert_eq!(
        super::read("langfuse", table).records.operations,
        lines.records.operations[..1]
    );
}

/// A list of traces knows sums only, which do not count where the observations are there too.
#[test]
fn sums_of_traces_count_alone() {
    let alone = folded("langfuse/traces.json");
    assert_eq!(total_of(&alone, Metric::InputTokens), 200);
    let traces = fixture("langfuse", "langfuse/traces.json");
    let durations = traces.records.operations.iter().map(|o| o.duration);
    assert!(durations.eq([2_500_000_000, 2_500_000_000]));
}

/// The API tells the session with the trace, and the observations without it. Of two traces of a session the
/// observations of one are here: its own sums count not, those of the other do (1000 + 300 tokens, $0.7 + $0.2).
#[test]
fn traces_and_their_observations_are_one() {
    let trace = |id: &str, input: u32, cost: f64| {
        format!(
            r#"{{"id":"{id}","timestamp":"2026-03-02T10:00:00.000Z","latency":12.0,"sessionId":"sess","bookmarked":false,"release":null,"totalCost":{cost},"usage":{{"input":{input},"output":10}}}}"#
        )
    };
    let list = |items: &[String]| format!(r#"{{"data":[{}],"meta":{{}}}}"#, items.join(","));
    let traces = list(&[trace("tr1", 1000, 0.7), trace("tr2", 300, 0.2)]);
    let observation = r#"{"id":"o1","traceId":"tr1","type":"GENERATION","startTime":"2026-03-02T10:00:00.000Z","endTime":"2026-03-02T10:00:05.000Z","parentObservationId":null,"model":"m","usageDetails":{"input":1000,"output":100,"total":1100},"totalCost":0.7}"#;
    let observations = list(&[observation.to_owned()]);
    // The user interface tells it with both.
    let both = observations.replace(r#""traceId""#, r#""sessionId":"sess","traceId""#);
    for observations in [observations, both] {
        for files in [["a.json", "b.json"], ["b.json", "a.json"]] {
            let folder = tempfile::tempdir().unwrap();
            for (file, text) in files.into_iter().zip([&traces, &observations]) {
                std::fs::write(folder.path().join(file), text).unwrap();
            }
            let workload = folded_at(folder.path());
            assert_eq!(total_of(&workload, Metric::InputTokens), 1_300);
            assert_eq!(total_of(&workload, Metric::OutputTokens), 110);
            assert_eq!(total_of(&workload, Metric::Cost), 900_000_000);
            let names: Vec<&str> = workload.units.iter().map(|u| u.name.as_str()).collect();
            assert_eq!(names, ["sess"]);
        }
    }
}

#[test]
fn exports_are_nobody_elses_and_it_claims_no_others() {
    for (name, format) in detected("langfuse") {
        let is_known = name.ends_with("json") || name.ends_with("csv") || name.ends_with("jsonl");
        if is_known && !["empty.json", "binary.csv"].contains(&name.as_str()) {
            assert_eq!(format, Some("langfuse"), "{name}");
        }
    }
    for ours in [
        "api.json",
        "observations.csv",
        "observations.jsonl",
        "traces.json",
        "full.json",
        "blob.jsonl",
        "real/langgraph.json",
    ] {
        let ours = bytes_of(&format!("langfuse/{ours}"));
        for format in formats::ALL.iter().filter(|f| f.name() != "langfuse") {
            assert_eq!(
                likelihood(format.name(), &ours),
                Likelihood::No,
                "{}",
                format.name()
            );
        }
    }
    for others in [
        "claude-code/real/hello-world-script.jsonl",
        "otlp/conventions.jsonl",
        "langsmith/runs.json",
        "native-records/workload.jsonl",
        "plain-series/index.jsonl",
    ] {
        assert_eq!(likelihood("langfuse", &bytes_of(others)), Likelihood::No);
    }
}
