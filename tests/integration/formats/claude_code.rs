//! Claude Code session logs against known answers: real runs, generated trees, and broken files.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use perfadvise::ingest::{Ingested, Options, Target, formats, read_all};
use perfadvise::place::ProblemKind;
use perfadvise::record::{
    Dimension, Event, EventKind, Flags, Operation, OperationKind, OutcomeKind, Records, Tokens,
};

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/claude-code")
}

fn read(path: &Path) -> Ingested {
    let target = Target {
        path: path.into(),
        labels: Vec::new(),
    };
    read_all(&[target], formats::ALL, &Options::default(), &|_, _| {}).unwrap()
}

/// What is left when copies are dropped: the earliest counts, with the largest token counts.
fn operations(ingested: &Ingested, kind: OperationKind) -> Vec<Operation> {
    let rank = |o: &Operation| (o.start, ingested.files[o.file as usize].rank);
    let mut kept: HashMap<u128, Operation> = HashMap::new();
    for operation in ingested
        .records
        .operations
        .iter()
        .filter(|o| o.kind == kind)
    {
        assert_ne!(operation.key, 0);
        kept.entry(operation.key)
            .and_modify(|o| {
                let tokens = larger(o.tokens, operation.tokens);
                if rank(operation) < rank(o) {
                    *o = *operation;
                }
                o.tokens = tokens;
            })
            .or_insert(*operation);
    }
    kept.into_values().collect()
}

fn larger(a: Tokens, b: Tokens) -> Tokens {
    Tokens {
        fresh: a.fresh.max(b.fresh),
        cache_read: a.cache_read.max(b.cache_read),
        cache_write: a.cache_write.max(b.cache_write),
        cache_write_1h: a.cache_write_1h.max(b.cache_write_1h),
        output: a.output.max(b.output),
        reasoning: a.reasoning.max(b.reasoning),
    }
}

fn events(records: &Records, wanted: impl Fn(&Event) -> bool) -> u64 {
    let keys = records.events.iter().filter(|e| wanted(e)).map(|e| e.key);
    keys.collect::<std::collections::HashSet<_>>().len() as u64
}

/// Milliseconds, sorted.
fn durations(operations: &[Operation]) -> Vec<f64> {
    let mut all: Vec<i64> = operations.iter().map(|o| o.duration).collect();
    all.sort_unstable();
    assert!(all.iter().all(|d| *d >= 0 && d % 1_000_000 == 0));
    all.into_iter().map(|d| (d / 1_000_000) as f64).collect()
}

/// Linear interpolation between order statistics (type 7), as the generator computes its truth.
fn quantile(sorted: &[f64], q: f64) -> f64 {
    let h = (sorted.len() - 1) as f64 * q;
    let i = h as usize;
    sorted[i] + (sorted[(i + 1).min(sorted.len() - 1)] - sorted[i]) * (h - i as f64)
}

fn sum(operations: &[Operation], of: impl Fn(Tokens) -> u32) -> u64 {
    operations.iter().map(|o| u64::from(of(o.tokens))).sum()
}

/// Holds a generated tree against the truth that was written with it.
fn hold_against_truth(tree: &Path) {
    let truth: serde_json::Value =
        serde_json::from_slice(&std::fs::read(tree.join("truth.json")).unwrap()).unwrap();
    let truth = truth.pointer("/formats/claude").unwrap_or(&truth);
    let total = |name: &str| truth["totals"][name].as_u64().unwrap();
    let projects = [tree.join("projects"), tree.join("claude/projects")];
    let ingested = read(projects.iter().find(|p| p.exists()).unwrap());
    assert!(
        ingested
            .files
            .iter()
            .all(|f| f.format == Some("claude-code"))
    );
    let records = &ingested.records;

    let requests = operations(&ingested, OperationKind::ModelRequest);
    assert_eq!(requests.len() as u64, total("requests"));
    assert_eq!(sum(&requests, |t| t.fresh), total("input"));
    assert_eq!(sum(&requests, |t| t.output), total("output"));
    assert_eq!(sum(&requests, |t| t.cache_read), total("cache_read"));
    assert_eq!(
        sum(&requests, |t| t.cache_write_1h),
        total("cache_write_1h")
    );
    assert_eq!(
        sum(&requests, |t| t.cache_write - t.cache_write_1h),
        total("cache_write_5m")
    );
    assert!(
        requests
            .iter()
            .all(|o| !o.flags.has(Flags::OUTPUT_IS_LOWER_BOUND))
    );

    let tools = operations(&ingested, OperationKind::ToolCall);
    assert_eq!(tools.len() as u64, total("tool_calls"));
    let errors = tools.iter().filter(|t| t.outcome == OutcomeKind::Error);
    assert_eq!(errors.count() as u64, total("tool_errors"));
    assert!(tools.iter().all(|t| !t.flags.has(Flags::UNANSWERED)));

    assert_eq!(
        events(records, |e| e.kind == EventKind::Retry),
        total("retries")
    );
    assert_eq!(
        events(records, |e| e.kind == EventKind::Prompt),
        total("human_prompts")
    );
    assert_eq!(
        events(records, |e| e.kind == EventKind::Subagent),
        total("subagents")
    );
    let waits = operations(&ingested, OperationKind::WaitBackoff);
    assert_eq!(waits.len() as u64, total("retries"));

    let latencies = durations(&requests);
    let mean = latencies.iter().sum::<f64>() / latencies.len() as f64;
    let same = |ours: f64, path: &str| {
        let truth = truth.pointer(path).unwrap().as_f64().unwrap();
        assert!((ours - truth).abs() < 1e-6, "{path}: {ours} and {truth}");
    };
    same(latencies.len() as f64, "/latency_ms/n");
    same(mean, "/latency_ms/mean");
    same(quantile(&latencies, 0.5), "/latency_ms/p50");
    same(quantile(&latencies, 0.95), "/latency_ms/p95");
    same(quantile(&latencies, 0.99), "/latency_ms/p99");
    let tool_times = durations(&tools);
    same(tool_times.len() as f64, "/tool_ms/n");
    same(quantile(&tool_times, 0.5), "/tool_ms/p50");
    same(quantile(&tool_times, 0.95), "/tool_ms/p95");

    // A subagent is part of its session: no more sessions than main files.
    let main_files = ingested
        .files
        .iter()
        .filter(|f| !f.path.to_string_lossy().contains("subagents"));
    let sessions: std::collections::HashSet<_> =
        records.operations.iter().map(|o| o.identity).collect();
    assert!(sessions.len() <= main_files.count());
    // The only faults planted are lines that were cut off.
    assert!(
        ingested
            .problems
            .iter()
            .all(|p| p.reason == "cut off in the middle of a value")
    );
}

#[test]
fn generated_trees_give_their_truth_to_the_token_and_millisecond() {
    for tree in std::fs::read_dir(fixtures().join("generated")).unwrap() {
        hold_against_truth(&tree.unwrap().path());
    }
}

/// Totals of the same runs by other tools (ccusage 20.0.24 and 18.0.11, codeburn 0.9.15), which agree.
#[test]
fn real_runs_give_the_known_totals() {
    for (name, requests, tools, fresh, cache_write, cache_read, output) in [
        ("coverage-test-fix", 14, 15, 76, 19_897, 306_656, 226),
        ("python-to-rust-port", 39, 39, 38, 22_988, 1_114_040, 563),
        (
            "stop-hook-reflection-first-stop",
            6,
            4,
            3,
            4_169,
            109_646,
            55,
        ),
        ("hello-world-script", 4, 2, 3, 3_539, 71_036, 29),
    ] {
        let ingested = read(&fixtures().join(format!("real/{name}.jsonl")));
        assert!(ingested.problems.is_empty(), "{name}");
        let all = operations(&ingested, OperationKind::ModelRequest);
        assert_eq!(all.len(), requests, "{name}");
        assert_eq!(
            operations(&ingested, OperationKind::ToolCall).len(),
            tools,
            "{name}"
        );
        assert_eq!(sum(&all, |t| t.fresh), fresh, "{name}");
        assert_eq!(sum(&all, |t| t.cache_write), cache_write, "{name}");
        assert_eq!(sum(&all, |t| t.cache_write_1h), 0, "{name}");
        assert_eq!(sum(&all, |t| t.cache_read), cache_read, "{name}");
        assert_eq!(sum(&all, |t| t.output), output, "{name}");
        let bounds = all
            .iter()
            .all(|o| o.flags.has(Flags::OUTPUT_IS_LOWER_BOUND));
        assert!(bounds, "{name}");
        let catalog = &ingested.records.catalog;
        for request in &all {
            let value = |d| catalog.text(catalog.dimension(request.dims, d));
            assert_eq!(value(Dimension::Project), name);
            assert_eq!(value(Dimension::Model), "claude-opus-4-5-20251101");
            assert_eq!(value(Dimension::Provider), "anthropic");
            assert_eq!(value(Dimension::Interface), "claude_code");
            assert_eq!(value(Dimension::Agent), "main");
        }
    }
}

#[test]
fn good_lines_among_broken_ones_are_read_and_each_fault_is_placed() {
    let ingested = read(&fixtures().join("broken"));
    let why: Vec<_> = ingested
        .files
        .iter()
        .map(|f| f.why_not.as_deref())
        .collect();
    assert_eq!(why, [Some("binary"), Some("empty"), None]);
    let problems: Vec<_> = ingested
        .problems
        .iter()
        .map(|p| (p.line.unwrap(), p.kind, p.reason.as_ref()))
        .collect();
    let skipped = |line, reason| (line, ProblemKind::Skipped, reason);
    let value = |reason| (6, ProblemKind::Value, reason);
    let expected = [
        skipped(3, "cut off in the middle of a value"),
        skipped(4, "invalid UTF-8"),
        skipped(5, "not JSON"),
        value("cache_read_input_tokens is no whole number"),
        value("input_tokens is no whole number"),
        value("output_tokens is no whole number"),
        skipped(7, "timestamp is no time between 2000 and 2100"),
        skipped(8, "timestamp is no time between 2000 and 2100"),
        skipped(9, "nested deeper than 128 levels"),
        skipped(11, "not JSON"),
        skipped(12, "not JSON"),
        skipped(13, "not JSON"),
        skipped(17, "cut off in the middle of a value"),
    ];
    assert_eq!(problems, expected);
    let requests = operations(&ingested, OperationKind::ModelRequest);
    let mut times = durations(&requests);
    times.sort_by(f64::total_cmp);
    assert_eq!(times, [2000.0, 2500.0, 5000.0]);
    assert_eq!(sum(&requests, |t| t.output), 10);
    assert_eq!(ingested.records.ignored, 1);
}

#[test]
fn a_very_long_line_is_read_or_reported() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s.jsonl");
    let turn = |time: u32, text: &str| {
        format!(
            r#"{{"type":"user","sessionId":"s","uuid":"u{time}","message":{{"content":"{text}"}},"timestamp":"2026-03-02T08:00:{time:02}Z"}}"#
        )
    };
    let long = "x".repeat(20 << 20);
    let too_long = "x".repeat(100 << 20);
    let lines = [
        turn(1, "a"),
        turn(2, &long),
        turn(3, &too_long),
        turn(4, "b"),
    ];
    std::fs::write(&path, lines.join("\n")).unwrap();
    let ingested = read(&path);
    assert_eq!(ingested.records.events.len(), 3);
    assert_eq!(ingested.problems.len(), 1);
    assert_eq!(ingested.problems[0].line, Some(3));
    assert_eq!(ingested.problems[0].reason, "line longer than 64 MiB");
}

/// A first line longer than what detection looks at, with its message at the end or at the beginning: two prompts.
#[test]
fn a_session_that_begins_with_a_long_line_is_one() {
    let turn = |time: u32, text: &str| {
        let message = format!(r#""message":{{"role":"user","content":"{text}"}}"#);
        let told = format!(
            r#""type":"user","timestamp":"2026-03-02T08:00:{time:02}Z","sessionId":"s","cwd":"/x""#
        );
        [
            format!(r#"{{{told},{message},"uuid":"u{time}"}}"#),
            format!(r#"{{{message},{told},"uuid":"u{time}"}}"#),
        ]
    };
    for (length, is_told) in [(100 << 10, [true, true]), (3 << 20, [true, false])] {
        let (long, short) = (turn(1, &"x".repeat(length)), turn(2, "a"));
        for (at, is_told) in is_told.into_iter().enumerate() {
            let ingested = read_text(&format!("{}\n{}\n", long[at], short[at]));
            let prompts = events(&ingested.records, |e| e.kind == EventKind::Prompt);
            assert_eq!(prompts, if is_told { 2 } else { 0 }, "{length} {at}");
        }
    }
}

/// Early versions tell with each line of a request how long it took: 1,900 ms until its last line at 3 s. The time of
/// the other one, which tells 0, is derived: from the prompt at 5 s to its line at 6 s.
#[test]
fn a_time_that_the_log_tells_is_the_requests() {
    let line = |time: u32, id: &str, told: &str| {
        format!(
            r#"{{"type":"assistant","sessionId":"s","uuid":"a{time}","timestamp":"2026-03-02T08:00:{time:02}Z","message":{{"id":"{id}","model":"m","content":[],"stop_reason":"end_turn","usage":{{"input_tokens":9,"output_tokens":{time}}}}}{told}}}"#
        )
    };
    let prompt = |time: u32| {
        format!(
            r#"{{"type":"user","sessionId":"s","uuid":"u{time}","timestamp":"2026-03-02T08:00:{time:02}Z","message":{{"content":"x"}}}}"#
        )
    };
    let told = r#","costUSD":0.5,"durationMs":1900"#;
    let lines = [
        prompt(0),
        line(2, "m1", told),
        line(3, "m1", told),
        prompt(5),
        line(6, "m2", r#","durationMs":0"#),
    ];
    let ingested = read_text(&lines.join("\n"));
    assert_eq!(ingested.problems, []);
    let begin = 1_772_438_400_000;
    let requests: Vec<_> = ingested
        .records
        .operations
        .iter()
        .map(|o| {
            (
                o.start.0 / 1_000_000 - begin,
                o.duration / 1_000_000,
                o.cost,
            )
        })
        .collect();
    assert_eq!(requests, [(1_100, 1_900, 500_000_000), (5_000, 1_000, -1)]);
}

/// Of the third reply no output is told, of the fourth none that can be read, of the fifth no input.
#[test]
fn a_count_that_is_missing_is_a_lower_bound() {
    let line = |number: u32, usage: &str| {
        format!(
            r#"{{"type":"assistant","sessionId":"s","uuid":"a{number}","timestamp":"2026-03-02T08:00:{number:02}Z","message":{{"id":"m{number}","model":"m","content":[],"stop_reason":"end_turn","usage":{usage}}}}}"#
        )
    };
    let lines = [
        line(1, r#"{"input_tokens":0,"output_tokens":0}"#),
        line(2, "null"),
        line(3, r#"{"input_tokens":100}"#),
        line(4, r#"{"input_tokens":100,"output_tokens":"7"}"#),
        line(5, r#"{"output_tokens":7,"input_tokens":null}"#),
    ];
    let ingested = read_text(&lines.join("\n"));
    assert_eq!(ingested.problems.len(), 1);
    let bounds = ingested
        .records
        .operations
        .iter()
        .map(|o| o.flags.has(Flags::OUTPUT_IS_LOWER_BOUND));
    assert!(bounds.eq([false, false, true, true, true]));
}

fn read_text(text: &str) -> Ingested {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s.jsonl");
    std::fs::write(&path, text).unwrap();
    read(&path)
}

#[test]
fn a_wait_of_ages_is_a_fault() {
    let line = |wait: &str| {
        format!(
            r#"{{"type":"system","subtype":"api_error","uuid":"{wait}","timestamp":"2026-03-02T08:00:00Z","retryInMs":{wait}}}"#
        )
    };
    let prompt = r#"{"type":"user","uuid":"u","sessionId":"s","timestamp":"2026-03-02T08:00:00Z","message":{"content":"x"}}"#;
    let lines = [prompt, &line("500"), &line("1e300"), &line("-1")].join("\n");
    let ingested = read_text(&lines);
    let waits = operations(&ingested, OperationKind::WaitBackoff);
    assert_eq!(durations(&waits), [500.0]);
    let faults = ingested.problems.iter().map(|p| (p.line, p.kind));
    let value = ProblemKind::Value;
    assert_eq!(
        faults.collect::<Vec<_>>(),
        [(Some(3), value), (Some(4), value)]
    );
    // That there were retries is told all the same.
    assert_eq!(events(&ingested.records, |e| e.kind == EventKind::Retry), 3);
}

#[test]
fn inline_subagents_answer_their_own_lines() {
    let ingested = read_text(
        r#"{"type":"user","sessionId":"s","uuid":"a","parentUuid":null,"timestamp":"2026-03-02T08:00:00Z","message":{"content":"p"}}
{"type":"assistant","sessionId":"s","uuid":"b","parentUuid":"a","timestamp":"2026-03-02T08:00:02Z","message":{"id":"m1","model":"m","content":[{"type":"tool_use","id":"t1","name":"Task"},{"type":"tool_use","id":"t2","name":"Task"}],"stop_reason":"tool_use"}}
{"type":"user","isSidechain":true,"sessionId":"s","uuid":"c","parentUuid":null,"timestamp":"2026-03-02T08:00:03Z","message":{"content":"sub 1"}}
{"type":"user","isSidechain":true,"sessionId":"s","uuid":"d","parentUuid":null,"timestamp":"2026-03-02T08:00:04Z","message":{"content":"sub 2"}}
{"type":"assistant","isSidechain":true,"sessionId":"s","uuid":"e","parentUuid":"c","timestamp":"2026-03-02T08:00:08Z","message":{"id":"m2","model":"m","content":[]}}
{"type":"assistant","isSidechain":true,"sessionId":"s","uuid":"f","parentUuid":"d","timestamp":"2026-03-02T08:00:11Z","message":{"id":"m3","model":"m","content":[]}}
{"type":"user","sessionId":"s","uuid":"g","parentUuid":"b","timestamp":"2026-03-02T08:00:12Z","message":{"content":[{"type":"tool_result","tool_use_id":"t1"}]}}
"#,
    );
    let requests: Vec<_> = ingested
        .records
        .operations
        .iter()
        .filter(|o| o.kind == OperationKind::ModelRequest)
        .map(|o| (o.duration / 1_000_000_000, o.flags.has(Flags::SUBAGENT)))
        .collect();
    assert_eq!(requests, [(2, false), (5, true), (7, true)]);
    let tools: Vec<_> = ingested
        .records
        .operations
        .iter()
        .filter(|o| o.kind == OperationKind::ToolCall)
        .map(|o| {
            (
                o.duration / 1_000_000_000,
                o.outcome,
                o.flags.has(Flags::UNANSWERED),
            )
        })
        .collect();
    assert_eq!(
        tools,
        [
            (10, OutcomeKind::Ok, false),
            (10, OutcomeKind::Unknown, true)
        ]
    );
    assert_eq!(
        events(&ingested.records, |e| e.kind == EventKind::Prompt),
        1
    );
    assert_eq!(
        events(&ingested.records, |e| e.kind == EventKind::Subagent),
        2
    );
}

#[test]
fn the_file_that_ends_first_owns_what_both_have() {
    let folder = tempfile::tempdir().unwrap();
    let line = |session: &str, uuid: &str, second: u32| {
        format!(
            r#"{{"type":"assistant","sessionId":"{session}","uuid":"{uuid}","timestamp":"2026-03-02T08:00:{second:02}Z","message":{{"id":"m-{uuid}","model":"m","content":[],"usage":{{"input_tokens":1,"output_tokens":2}}}}}}"#
        )
    };
    std::fs::write(folder.path().join("z.jsonl"), line("z", "1", 1)).unwrap();
    let resumed = [line("a", "1", 1), line("a", "2", 5)].join("\n");
    std::fs::write(folder.path().join("a.jsonl"), resumed).unwrap();
    let ingested = read(folder.path());
    let ranks: Vec<_> = ingested.files.iter().map(|f| f.rank).collect();
    assert_eq!(ranks, [1, 0]);
    let mut owners: Vec<_> = operations(&ingested, OperationKind::ModelRequest)
        .iter()
        .map(|o| o.file)
        .collect();
    owners.sort_unstable();
    assert_eq!(owners, [0, 1]);
}
