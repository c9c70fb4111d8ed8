//! Single requests that nobody waits for, from logs that tell how their sessions were started.

use std::sync::Arc;

use perfadvise::config::Config;
use perfadvise::metrics::Metric;
use perfadvise::prices::PriceTable;
use perfadvise::record::Attendance;
use perfadvise::scenario::streams::singles;
use perfadvise::workload::{FoldOptions, Workload, fold};
use serde_json::{Value, json};

use super::super::formats;
use super::{at, facts_in, is};

fn folded(format: &str, lines: &[Value]) -> Workload {
    let text: String = lines.iter().map(|l| format!("{l}\n")).collect();
    let reading = formats::read(format, text.as_bytes());
    assert!(reading.problems.is_empty(), "{:?}", reading.problems);
    let options = FoldOptions {
        prices: Some(Arc::new(PriceTable::built_in())),
        ..FoldOptions::default()
    };
    fold(reading.records, &options)
}

/// Prompt and reply of a session of Claude Code: so many fresh tokens, and how it was started.
fn asked(
    session: &str,
    second: u32,
    entrypoint: Option<&str>,
    (model, fresh): (&str, u32),
) -> Vec<Value> {
    let mut lines = vec![
        json!({
            "type": "user", "timestamp": at(second), "sessionId": session, "uuid": format!("p-{session}-{second}"),
            "message": {"role": "user", "content": "go"},
        }),
        json!({
            "type": "assistant", "timestamp": at(second + 2), "sessionId": session, "uuid": format!("a-{session}-{second}"),
            "message": {
                "id": format!("m-{session}-{second}"), "model": model, "stop_reason": "end_turn",
                "usage": {"input_tokens": fresh, "output_tokens": 0, "cache_read_input_tokens": 0, "cache_creation_input_tokens": 0},
                "content": [{"type": "text", "text": "done"}],
            },
        }),
    ];
    for line in lines.iter_mut().filter(|_| entrypoint.is_some()) {
        line["entrypoint"] = entrypoint.into();
    }
    lines
}

const OPUS: (&str, u32) = ("claude-opus-4-5", 10_000);
/// At 5 dollars for a million.
const EACH: f64 = 0.05;

fn sessions() -> Vec<Value> {
    [
        // Two single requests with nobody there; of one the batch has no price.
        asked("s1", 0, Some("sdk-cli"), OPUS),
        asked("s2", 10, Some("sdk-cli"), ("claude-2", 10_000)),
        // Two requests, a terminal, a program that may show what comes, one that does not say.
        asked("s3", 20, Some("sdk-cli"), OPUS),
        asked("s3", 30, Some("sdk-cli"), OPUS),
        asked("s4", 40, Some("cli"), OPUS),
        asked("s5", 50, Some("sdk-ts"), OPUS),
        asked("s6", 60, None, OPUS),
        // Begun without a person, who then took it over.
        asked("s7", 70, Some("sdk-cli"), OPUS),
        asked("s7", 80, Some("cli"), OPUS),
    ]
    .concat()
}

#[test]
fn requests_that_nobody_waits_for() {
    let workload = folded("claude-code", &sessions());
    let facts = facts_in(&workload, &Config::default());
    let fact = facts.all.get("sessions.single_share");
    // 8 dollars a million.
    let old = 0.08;
    is(fact, "value", (EACH + old) / (8.0 * EACH + old));
    is(fact, "n", 2.0);
    is(fact, "units", 5.0);
    // In a batch half.
    let change = singles::in_batches(&workload).unwrap();
    assert_eq!(change.reliefs.len(), 1);
    assert_eq!(change.reliefs[0].metric, Metric::ComputedCost);
    assert!((change.reliefs[0].sum + EACH / 2.0).abs() < 1e-12);
}

#[test]
fn where_no_session_says_how_it_was_started_nothing_is_known() {
    let lines = [
        asked("s5", 50, Some("sdk-ts"), OPUS),
        asked("s6", 60, None, OPUS),
    ]
    .concat();
    let workload = folded("claude-code", &lines);
    let facts = facts_in(&workload, &Config::default());
    assert_eq!(facts.all.get("sessions.single_share"), None);
    assert_eq!(singles::in_batches(&workload), None);
}

/// A session of Codex with one request, started as `source` says.
fn rollout(source: Value) -> Vec<Value> {
    let line = |second: u32, kind: &str, payload: Value| json!({"timestamp": at(second), "type": kind, "payload": payload});
    let usage = json!({"input_tokens": 1_000, "cached_input_tokens": 0, "output_tokens": 10, "reasoning_output_tokens": 0, "total_tokens": 1_010});
    vec![
        line(
            0,
            "session_meta",
            json!({"id": "c1", "timestamp": at(0), "cwd": "/p", "model_provider": "openai", "source": source}),
        ),
        line(1, "turn_context", json!({"model": "gpt-5", "cwd": "/p"})),
        line(
            2,
            "event_msg",
            json!({"type": "user_message", "message": "go"}),
        ),
        line(
            5,
            "event_msg",
            json!({"type": "token_count", "info": {"total_token_usage": usage, "last_token_usage": usage}}),
        ),
    ]
}

#[test]
fn codex_tells_what_started_a_session() {
    for (source, expected) in [
        (json!("exec"), Attendance::Unattended),
        (json!("cli"), Attendance::Attended),
        (json!("vscode"), Attendance::Attended),
        (json!("mcp"), Attendance::Unknown),
        (json!({"subagent": "review"}), Attendance::Unknown),
    ] {
        let workload = folded("codex", &rollout(source.clone()));
        let found: Vec<Attendance> = workload.streams.iter().map(|s| s.attendance).collect();
        assert_eq!(found, [expected], "{source}");
    }
}

/// A document keeps it, and so do parts that are put together.
#[test]
fn what_is_kept_of_a_session_tells_it_too() {
    let workload = folded("claude-code", &sessions());
    let text = serde_json::to_string(&workload).unwrap();
    let again: Workload = serde_json::from_str(&text).unwrap();
    assert_eq!(again.streams, workload.streams);
    assert!(
        workload
            .streams
            .iter()
            .any(|s| s.attendance == Attendance::Unattended)
    );
}
