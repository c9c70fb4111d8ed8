//! Codex rollouts against known answers: real sessions, generated trees, forks, and broken files.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use perfadvise::ingest::{Ingested, Likelihood, Options, Target, formats, read_all};
use perfadvise::record::{
    Dimension, Event, EventKind, Flags, Operation, OperationKind, OutcomeKind, Tokens,
};

use super::{bytes_of, detected, likelihood};

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/codex")
}

fn read(path: &Path) -> Ingested {
    let target = Target {
        path: path.into(),
        labels: Vec::new(),
    };
    read_all(&[target], formats::ALL, &Options::default(), &|_, _| {}).unwrap()
}

fn read_text(text: &str) -> Ingested {
    read_texts(&[text])
}

fn read_texts(texts: &[&str]) -> Ingested {
    let folder = tempfile::tempdir().unwrap();
    for (i, text) in texts.iter().enumerate() {
        std::fs::write(folder.path().join(format!("rollout-{i}.jsonl")), text).unwrap();
    }
    read(folder.path())
}

/// What is left when copies are dropped: the earliest counts.
fn operations(ingested: &Ingested, kind: OperationKind) -> Vec<Operation> {
    let mut kept: HashMap<u128, Operation> = HashMap::new();
    let all = ingested.records.operations.iter();
    for operation in all.filter(|o| o.kind == kind) {
        assert_ne!(operation.key, 0);
        let owner = kept.entry(operation.key).or_insert(*operation);
        if operation.start < owner.start {
            *owner = *operation;
        }
    }
    let mut kept: Vec<_> = kept.into_values().collect();
    kept.sort_by_key(|o| (o.start, o.key));
    kept
}

fn events(ingested: &Ingested, wanted: impl Fn(&Event) -> bool) -> u64 {
    let events = ingested.records.events.iter();
    let keys = events.filter(|e| wanted(e)).map(|e| e.key);
    keys.collect::<HashSet<_>>().len() as u64
}

fn sum(operations: &[Operation], of: impl Fn(Tokens) -> u32) -> u64 {
    operations.iter().map(|o| u64::from(of(o.tokens))).sum()
}

/// Totals of the same sessions by ccusage 20.0.24 (`codex session --json`: fresh, cached, output,
/// reasoning), and by a count of the changes of the sums (requests) and of the calls (tools).
#[test]
fn real_sessions_give_the_known_totals() {
    for (name, requests, tools, fresh, cached, output, reasoning) in [
        (
            "atlas.jsonl.gz",
            81,
            104,
            367_673,
            6_836_352,
            36_075,
            17_896,
        ),
        ("birch.jsonl", 28, 118, 99_460, 1_651_968, 14_600, 4_293),
        ("cobalt.jsonl", 1, 1, 31_013, 3_456, 431, 264),
        ("dune.jsonl", 6, 5, 59_525, 238_848, 1_123, 483),
    ] {
        let ingested = read(&fixtures().join("real").join(name));
        assert!(ingested.problems.is_empty(), "{name}");
        let all = operations(&ingested, OperationKind::ModelRequest);
        assert_eq!(all.len(), requests, "{name}");
        let calls = operations(&ingested, OperationKind::ToolCall);
        assert_eq!(calls.len(), tools, "{name}");
        assert_eq!(sum(&all, |t| t.fresh), fresh, "{name}");
        assert_eq!(sum(&all, |t| t.cache_read), cached, "{name}");
        assert_eq!(sum(&all, |t| t.cache_write), 0, "{name}");
        assert_eq!(sum(&all, |t| t.output), output, "{name}");
        assert_eq!(sum(&all, |t| t.reasoning), reasoning, "{name}");
        let catalog = &ingested.records.catalog;
        let project = name.split('.').next().unwrap();
        for request in &all {
            let value = |d| catalog.text(catalog.dimension(request.dims, d));
            assert_eq!(value(Dimension::Project), project);
            assert_eq!(value(Dimension::Model), "gpt-5.3-codex");
            assert_eq!(value(Dimension::Provider), "openai");
            assert_eq!(value(Dimension::Interface), "codex");
            assert_eq!(value(Dimension::Agent), "main");
            assert!(request.duration > 0);
        }
    }
}

/// By hand, from the times in `real/cobalt.jsonl`: the prompt, the only `token_count` line with use, and
/// the last line of the file, which ends within the turn.
#[test]
fn a_request_lasts_from_its_prompt_to_its_count() {
    let ingested = read(&fixtures().join("real/cobalt.jsonl"));
    let request = operations(&ingested, OperationKind::ModelRequest)[0];
    let lines = std::fs::read_to_string(fixtures().join("real/cobalt.jsonl")).unwrap();
    let time = |mark: &str| -> i128 {
        let line = lines.lines().rfind(|l| l.contains(mark)).unwrap();
        let value: serde_json::Value = serde_json::from_str(line).unwrap();
        let time: jiff::Timestamp = value["timestamp"].as_str().unwrap().parse().unwrap();
        time.as_nanosecond()
    };
    let (prompt, count) = (time("\"user_message\""), time("\"last_token_usage\""));
    assert_eq!(i128::from(request.start.0), prompt);
    assert_eq!(i128::from(request.duration), count - prompt);
    let task = operations(&ingested, OperationKind::Task)[0];
    assert_eq!(task.outcome, OutcomeKind::Unknown);
    assert!(task.flags.has(Flags::UNANSWERED));
    let call = operations(&ingested, OperationKind::ToolCall)[0];
    assert!(call.flags.has(Flags::UNANSWERED));
    assert_eq!(call.parent, request.id);
    assert_eq!(request.parent, task.id);
}

/// Milliseconds, sorted.
fn durations(operations: &[Operation]) -> Vec<f64> {
    let mut all: Vec<i64> = operations.iter().map(|o| o.duration).collect();
    all.sort_unstable();
    all.into_iter().map(|d| d as f64 / 1e6).collect()
}

/// Linear interpolation between order statistics (type 7), as the generator computes its truth.
fn quantile(sorted: &[f64], q: f64) -> f64 {
    let h = (sorted.len() - 1) as f64 * q;
    let i = h as usize;
    sorted[i] + (sorted[(i + 1).min(sorted.len() - 1)] - sorted[i]) * (h - i as f64)
}

#[test]
fn a_generated_tree_gives_its_truth_to_the_token_and_millisecond() {
    let tree = fixtures().join("generated");
    let truth: serde_json::Value =
        serde_json::from_slice(&std::fs::read(tree.join("truth.json")).unwrap()).unwrap();
    let truth = &truth["formats"]["codex"];
    let total = |name: &str| truth["totals"][name].as_u64().unwrap();
    let ingested = read(&tree.join("sessions"));
    assert!(ingested.files.iter().all(|f| f.format == Some("codex")));
    let requests = operations(&ingested, OperationKind::ModelRequest);
    assert_eq!(requests.len() as u64, total("requests"));
    // These rollouts do not tell what was written to a cache: it is part of the fresh input.
    let fresh = total("input") + total("cache_write_5m") + total("cache_write_1h");
    assert_eq!(sum(&requests, |t| t.fresh), fresh);
    assert_eq!(sum(&requests, |t| t.cache_read), total("cache_read"));
    assert_eq!(sum(&requests, |t| t.output), total("output"));
    assert_eq!(sum(&requests, |t| t.reasoning), total("reasoning"));
    let tools = operations(&ingested, OperationKind::ToolCall);
    assert_eq!(tools.len() as u64, total("tool_calls"));
    let errors = tools.iter().filter(|t| t.outcome == OutcomeKind::Error);
    assert_eq!(errors.count() as u64, total("tool_errors"));
    let prompts = operations(&ingested, OperationKind::Task);
    assert_eq!(prompts.len() as u64, total("human_prompts"));
    assert!(prompts.iter().all(|t| t.outcome == OutcomeKind::Ok));
    let kinds = [
        (EventKind::Prompt, "human_prompts"),
        (EventKind::Retry, "retries"),
        (EventKind::Subagent, "subagents"),
    ];
    for (kind, name) in kinds {
        assert_eq!(events(&ingested, |e| e.kind == kind), total(name), "{name}");
    }
    let latencies = durations(&requests);
    let mean = latencies.iter().sum::<f64>() / latencies.len() as f64;
    let tool_times = durations(&tools);
    for (ours, path) in [
        (mean, "/latency_ms/mean"),
        (quantile(&latencies, 0.5), "/latency_ms/p50"),
        (quantile(&latencies, 0.95), "/latency_ms/p95"),
        (quantile(&tool_times, 0.5), "/tool_ms/p50"),
        (quantile(&tool_times, 0.95), "/tool_ms/p95"),
    ] {
        let truth = truth.pointer(path).unwrap().as_f64().unwrap();
        assert!((ours - truth).abs() < 1e-6, "{path}: {ours} and {truth}");
    }
    // Three sessions; two forks are part of those that they were forked from.
    let identities = requests.iter().map(|o| o.identity).collect::<HashSet<_>>();
    assert_eq!((identities.len(), ingested.files.len()), (3, 5));
    // One line was planted that is none ("not json at all" begins as `null` does).
    let reasons: Vec<_> = ingested
        .problems
        .iter()
        .map(|p| p.reason.as_ref())
        .collect();
    assert_eq!(reasons, ["cut off in the middle of a value"]);
}

#[test]
fn rollouts_are_nobody_elses_and_it_claims_no_others() {
    let ours = bytes_of("codex/real/birch.jsonl");
    for format in formats::ALL.iter().filter(|f| f.name() != "codex") {
        assert_eq!(likelihood(format.name(), &ours), Likelihood::No);
    }
    for others in [
        "claude-code/real/hello-world-script.jsonl",
        "native-records/workload.jsonl",
        "workflow-history/events.jsonl",
        "plain-series/index.jsonl",
    ] {
        assert_eq!(likelihood("codex", &bytes_of(others)), Likelihood::No);
    }
}

const META: &str = r#"{"timestamp":"2026-03-02T08:00:00Z","type":"session_meta","payload":{"id":"root","timestamp":"2026-03-02T08:00:00Z","cwd":"/x"}}
"#;

fn count(second: u32, total: [u32; 5], last: [u32; 5]) -> String {
    let usage = |u: [u32; 5]| {
        format!(
            r#"{{"input_tokens":{},"cached_input_tokens":{},"output_tokens":{},"reasoning_output_tokens":{},"total_tokens":{}}}"#,
            u[0], u[1], u[2], u[3], u[4]
        )
    };
    format!(
        r#"{{"timestamp":"2026-03-02T08:00:{second:02}Z","type":"event_msg","payload":{{"type":"token_count","info":{{"total_token_usage":{},"last_token_usage":{}}}}}}}
"#,
        usage(total),
        usage(last)
    )
}

fn turn(minute: u32, second: u32, id: &str, started: i64) -> String {
    format!(
        r#"{{"timestamp":"2026-03-02T08:{minute:02}:{second:02}Z","type":"event_msg","payload":{{"type":"task_started","turn_id":"{id}","started_at":{started}}}}}
"#
    )
}

const A: [u32; 5] = [100, 40, 10, 4, 110];
const B: [u32; 5] = [250, 140, 30, 9, 280];
const NEW: [u32; 5] = [90, 40, 7, 2, 97];
const B_LAST: [u32; 5] = [150, 100, 20, 5, 170];

#[test]
fn a_request_is_a_change_of_the_sum_and_its_use_the_difference() {
    // The second line repeats the first, and so does the fourth, late; the fifth begins anew (a
    // resume), the sixth has only sums.
    let sums_only = r#"{"timestamp":"2026-03-02T08:00:05Z","type":"event_msg","payload":{"type":"token_count","info":{"total_token_usage":{"input_tokens":101,"cached_input_tokens":42,"output_tokens":12,"reasoning_output_tokens":4,"total_tokens":113}}}}
"#;
    let text = [
        META,
        &count(1, A, A),
        &count(2, A, A),
        &count(3, B, B_LAST),
        &count(4, A, A),
        &count(4, NEW, NEW),
        sums_only,
    ]
    .concat();
    let requests = operations(&read_text(&text), OperationKind::ModelRequest);
    let tokens: Vec<_> = requests
        .iter()
        .map(|o| {
            (
                o.tokens.fresh,
                o.tokens.cache_read,
                o.tokens.output,
                o.tokens.reasoning,
            )
        })
        .collect();
    assert_eq!(
        tokens,
        [
            (60, 40, 10, 4),
            (50, 100, 20, 5),
            (50, 40, 7, 2),
            (9, 2, 5, 2)
        ]
    );
}

/// Newer clients tell it: 51,599 are 36,339 read, 15,248 written and 12 of neither, and the 1,001 more are 961, 2 and 38.
#[test]
fn what_was_written_to_the_cache_is_part_of_the_input() {
    let usage = |input: u32, cached: u32, written: u32| {
        format!(
            r#"{{"input_tokens":{input},"cached_input_tokens":{cached},"cache_write_input_tokens":{written},"output_tokens":267,"reasoning_output_tokens":0,"total_tokens":{}}}"#,
            input + 267
        )
    };
    let line = |second: u32, total: &str, last: &str| {
        format!(
            r#"{{"timestamp":"2026-03-02T08:00:{second:02}Z","type":"event_msg","payload":{{"type":"token_count","info":{{"total_token_usage":{total},"last_token_usage":{last}}}}}}}
"#
        )
    };
    let first = usage(51_599, 36_339, 15_248);
    let text = [
        META,
        &line(1, &first, &first),
        &line(2, &usage(52_600, 37_300, 15_250), &usage(1001, 961, 2)),
    ]
    .concat();
    let requests = operations(&read_text(&text), OperationKind::ModelRequest);
    let tokens: Vec<_> = requests
        .iter()
        .map(|o| (o.tokens.fresh, o.tokens.cache_read, o.tokens.cache_write))
        .collect();
    assert_eq!(tokens, [(12, 36_339, 15_248), (38, 961, 2)]);
}

/// Where the provider refuses a request for its length, the client sets the sums to the size of the window, with
/// nothing used. From the second time on the line is the very same.
#[test]
fn a_full_window_is_no_request_and_begins_a_new_counter() {
    let full = [0, 0, 0, 0, 272_000];
    let text = [
        META,
        &count(
            1,
            [300_000, 0, 1000, 0, 301_000],
            [300_000, 0, 1000, 0, 301_000],
        ),
        &count(2, full, [0; 5]),
        &count(
            3,
            [100_000, 0, 500, 0, 372_500],
            [100_000, 0, 500, 0, 100_500],
        ),
        &count(4, full, [0; 5]),
        &count(
            5,
            [150_000, 0, 600, 0, 422_600],
            [150_000, 0, 600, 0, 150_600],
        ),
    ]
    .concat();
    let requests = operations(&read_text(&text), OperationKind::ModelRequest);
    let tokens: Vec<_> = requests
        .iter()
        .map(|o| (o.tokens.fresh, o.tokens.output))
        .collect();
    assert_eq!(tokens, [(300_000, 1000), (100_000, 500), (150_000, 600)]);
}

/// Two forks may use as much for their first request; a fork of a fork repeats what it began with.
#[test]
fn the_first_requests_of_two_forks_are_two() {
    let start = 1_772_438_400; // 2026-03-02T08:00:00Z
    let parents = [1000, 0, 50, 0, 1050];
    let parent = [META, &turn(0, 0, "t1", start), &count(1, parents, parents)].concat();
    let meta = |minute: u32, id: &str, parent: &str| {
        META.replace("08:00:00Z", &format!("08:{minute:02}:00Z"))
            .replace(
                r#""id":"root""#,
                &format!(r#""id":"{id}","forked_from_id":"{parent}""#),
            )
    };
    let own = |minute: u32, id: &str| {
        let used = count(9, [2100, 900, 57, 0, 2157], [1100, 900, 7, 0, 1107]);
        [
            turn(minute, 2, id, start + 302),
            used.replace("08:00:", &format!("08:{minute:02}:")),
        ]
        .concat()
    };
    let fork = |id: &str| {
        [
            meta(5, id, "root").as_str(),
            META,
            &turn(5, 1, "t1", start),
            &count(1, parents, parents).replace("08:00:", "08:05:"),
            &own(5, id),
        ]
        .concat()
    };
    let of_fork = [
        meta(9, "h", "f").as_str(),
        &meta(5, "f", "root"),
        META,
        &turn(9, 1, "t1", start),
        &count(1, parents, parents).replace("08:00:", "08:09:"),
        &own(9, "f"),
    ]
    .concat();
    let ingested = read_texts(&[&parent, &fork("f"), &fork("g"), &of_fork]);
    let requests = operations(&ingested, OperationKind::ModelRequest);
    let output: Vec<_> = requests.iter().map(|o| o.tokens.output).collect();
    assert_eq!(output, [50, 7, 7]);
}

#[test]
fn what_a_subagent_repeats_of_its_parent_is_the_parents() {
    let start = 1_772_438_400; // 2026-03-02T08:00:00Z
    let parent = [
        META,
        &turn(0, 0, "t1", start),
        &count(1, A, A),
        &count(3, B, B_LAST),
    ]
    .concat();
    let child = |id: &str| {
        let meta = META
            .replace("08:00:00Z", "08:01:00Z")
            .replace(
                r#""id":"root""#,
                &format!(r#""id":"{id}","source":{{"subagent":{{"thread_spawn":{{"parent_thread_id":"root"}}}}}}"#),
            );
        [
            meta.as_str(),
            META,
            // Repeated with new times.
            &turn(1, 1, "t1", start),
            &count(1, A, A).replace("08:00:", "08:01:"),
            &count(1, B, B_LAST).replace("08:00:", "08:01:"),
            // Its own work, with sums of its own; two subagents may use the very same.
            &turn(1, 2, id, start + 61),
            &count(9, A, A).replace("08:00:", "08:01:"),
        ]
        .concat()
    };
    let ingested = read_texts(&[&parent, &child("c1"), &child("c2")]);
    let requests = operations(&ingested, OperationKind::ModelRequest);
    let own: Vec<_> = requests
        .iter()
        .map(|o| (o.tokens.output, o.flags.has(Flags::SUBAGENT)))
        .collect();
    assert_eq!(own, [(10, false), (20, false), (10, true), (10, true)]);
    let identities = requests.iter().map(|o| o.identity).collect::<HashSet<_>>();
    assert_eq!(identities.len(), 1);
    assert_eq!(operations(&ingested, OperationKind::Task).len(), 3);
}

#[test]
fn the_oldest_layout_is_known_and_its_lack_is_told() {
    let ingested = read_text(
        "{\"id\":\"x\",\"timestamp\":\"2025-05-01T08:00:00Z\",\"instructions\":null}\n\
         {\"record_type\":\"state\"}\n\
         {\"type\":\"message\",\"role\":\"user\",\"content\":[]}\n",
    );
    assert_eq!(ingested.files[0].format, Some("codex"));
    assert_eq!(ingested.problems.len(), 1);
    assert_eq!(
        ingested.problems[0].reason,
        "a layout without timestamps, of which nothing can be measured"
    );
}

#[test]
fn aborted_turns_and_errors() {
    let line = |second: u32, payload: &str| {
        format!(
            r#"{{"timestamp":"2026-03-02T08:00:{second:02}Z","type":"event_msg","payload":{{"type":{payload}}}}}
"#
        )
    };
    let text = [
        META,
        &line(1, r#""task_started","turn_id":"t""#),
        &line(2, r#""stream_error","message":"m""#),
        &line(3, r#""error","message":"m""#),
        &line(4, r#""turn_aborted","reason":"interrupted""#),
        &META.replace("session_meta", "compacted"),
    ]
    .concat();
    let ingested = read_text(&text);
    let task = operations(&ingested, OperationKind::Task)[0];
    assert_eq!(
        (task.outcome, task.duration),
        (OutcomeKind::Cancelled, 3_000_000_000)
    );
    assert_eq!(events(&ingested, |e| e.kind == EventKind::Retry), 1);
    assert_eq!(events(&ingested, |e| e.kind == EventKind::Compaction), 1);
    assert_eq!(
        events(&ingested, |e| matches!(e.kind, EventKind::Other(_))),
        1
    );
}

#[test]
fn good_lines_among_broken_ones_are_read_and_each_fault_is_placed() {
    assert_eq!(
        detected("codex/broken"),
        [
            ("binary.jsonl".into(), None),
            ("empty.jsonl".into(), None),
            ("faults.jsonl".into(), Some("codex")),
        ]
    );
    let ingested = read(&fixtures().join("broken/faults.jsonl"));
    let faults: Vec<_> = ingested
        .problems
        .iter()
        .map(|p| (p.line.unwrap(), p.reason.as_ref()))
        .collect();
    assert_eq!(
        faults,
        [
            (3, "invalid UTF-8"),
            (4, "cut off in the middle of a value"),
            (5, "timestamp is no time between 2000 and 2100"),
            (6, "no timestamp"),
            (7, "input_tokens is no whole number"),
            (8, "not JSON"),
            (9, "nested deeper than 128 levels"),
            (10, "info is no object"),
            (11, "timestamp is no time between 2000 and 2100"),
            (13, "cut off in the middle of a value"),
        ]
    );
    let requests = operations(&ingested, OperationKind::ModelRequest);
    assert_eq!(requests.len(), 2);
    assert_eq!(sum(&requests, |t| t.output), 30);
}
