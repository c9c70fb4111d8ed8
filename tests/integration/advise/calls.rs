//! Facts of tool calls by what they asked for and what they gave, each worked out by hand, from session logs.

use std::path::Path;
use std::sync::Arc;

use perfadvise::advise::facts::Facts;
use perfadvise::advise::rule::Subject;
use perfadvise::config::Config;
use perfadvise::metrics::Metric;
use perfadvise::prices::PriceTable;
use perfadvise::scenario::outcome::Change;
use perfadvise::scenario::streams::bounds;
use perfadvise::workload::{FoldOptions, Workload, fold};
use serde_json::{Value, json};

use super::super::formats;
use super::streams::real;
use super::{at, facts_in, facts_of, is, of, operation};

/// A reply that asks for one call: tokens read and written, why it ended.
fn reply(id: &str, second: u32, tokens: [u32; 2], call: (&str, Value), stop: &str) -> Value {
    let [read, written] = tokens;
    let (tool, input) = call;
    json!({
        "type": "assistant", "timestamp": at(second), "sessionId": "s1", "uuid": format!("u-{id}"),
        "message": {
            "id": id, "model": "claude-opus-4-5", "stop_reason": stop,
            "usage": {"input_tokens": 0, "output_tokens": 1, "cache_read_input_tokens": read, "cache_creation_input_tokens": written},
            "content": [{"type": "tool_use", "id": format!("t-{id}"), "name": tool, "input": input}],
        },
    })
}

/// What the call of a reply gave.
fn result(id: &str, second: u32, content: Value, is_error: bool) -> Value {
    json!({
        "type": "user", "timestamp": at(second), "sessionId": "s1", "uuid": format!("r-{id}"),
        "message": {"role": "user", "content": [
            {"type": "tool_result", "tool_use_id": format!("t-{id}"), "content": content, "is_error": is_error},
        ]},
    })
}

fn prompt() -> Value {
    json!({"type": "user", "timestamp": at(0), "sessionId": "s1", "uuid": "p", "message": {"role": "user", "content": "go"}})
}

fn session(lines: &[Value]) -> Workload {
    let text: String = lines.iter().map(|l| format!("{l}\n")).collect();
    let reading = formats::read("claude-code", text.as_bytes());
    assert!(reading.problems.is_empty(), "{:?}", reading.problems);
    let options = FoldOptions {
        prices: Some(Arc::new(PriceTable::built_in())),
        ..FoldOptions::default()
    };
    fold(reading.records, &options)
}

fn facts(lines: &[Value]) -> Facts {
    facts_in(&session(lines), &Config::default())
}

/// What falls away of the computed cost, in dollars.
fn saved(change: Option<Change>) -> f64 {
    let change = change.unwrap();
    let cost = |r: &&perfadvise::scenario::outcome::Relief| r.metric == Metric::ComputedCost;
    -change.reliefs.iter().find(cost).unwrap().sum
}

fn near(value: f64, expected: f64) {
    assert!((value / expected - 1.0).abs() < 1e-9, "{value} {expected}");
}

/// 20,000 tokens, then a file of 40,000 bytes (10,000 tokens) read twice, each time as a list and as a text; the
/// fourth request reads both.
fn twice(between: &[Value]) -> Vec<Value> {
    let file = json!({"file_path": "/a", "limit": 9});
    let text = "x".repeat(40_000);
    let mut lines = vec![
        prompt(),
        reply("a", 4, [0, 20_000], ("Read", file.clone()), "tool_use"),
        result("a", 5, json!([{"type": "text", "text": text}]), false),
    ];
    lines.extend_from_slice(between);
    lines.extend([
        reply("b", 20, [20_000, 10_000], ("Read", file), "tool_use"),
        result("b", 21, json!(text), false),
        reply(
            "c",
            25,
            [30_000, 10_000],
            ("Glob", json!({"pattern": "*"})),
            "tool_use",
        ),
        result("c", 26, json!("abcd"), false),
        reply(
            "d",
            30,
            [40_000, 10],
            ("Glob", json!({"pattern": "b"})),
            "end_turn",
        ),
    ]);
    lines
}

/// At 5 dollars a million: 1.25 to write, 0.1 to read.
const MILLION: f64 = 1e6 / 5.0;

#[test]
fn a_file_that_is_read_twice_is_carried_twice() {
    let workload = session(&twice(&[]));
    let facts = facts_in(&workload, &Config::default());
    let fact = |name: &str| facts.all.get(name);
    // Written 40,010 (1.25), read 90,000 (0.1), 4 tokens of output (5).
    let all = (40_010.0 * 1.25 + 90_000.0 * 0.1 + 4.0 * 5.0) / MILLION;
    // The second copy is written by the third request and read by the fourth; the first is read by two.
    let second = 10_000.0 * (1.25 + 0.1) / MILLION;
    let first = 10_000.0 * (1.25 + 0.2) / MILLION;
    is(fact("calls.repeated_share"), "value", second / all);
    is(fact("calls.repeated_share"), "n", 1.0);
    is(fact("results.large_share"), "value", 20_000.0 / 20_001.0);
    is(fact("results.large_share"), "n", 2.0);
    is(
        fact("results.carried_share"),
        "value",
        (first + second) / all,
    );
    near(
        saved(bounds::large_results(&workload)),
        (first + second) / 2.0,
    );
    // Of four replies none was cut off.
    is(fact("replies.cut_off"), "value", 0.0);
}

#[test]
fn after_a_command_the_file_may_be_another() {
    let between = [
        reply(
            "x",
            10,
            [20_000, 0],
            ("Bash", json!({"command": "make"})),
            "tool_use",
        ),
        result("x", 11, json!("ok"), false),
    ];
    let workload = session(&twice(&between));
    let facts = facts_in(&workload, &Config::default());
    is(facts.all.get("calls.repeated_share"), "value", 0.0);
}

/// A command fails four times: the third and the fourth were for nothing, with 20,000 read tokens each.
#[test]
fn a_command_that_fails_again_and_again() {
    let mut lines = vec![prompt()];
    for (n, id) in (0_u32..).zip(["a", "b", "c", "d"]) {
        let tokens = if n == 0 { [0, 20_000] } else { [20_000, 0] };
        let call = ("Bash", json!({"command": "make"}));
        lines.push(reply(id, n * 10 + 2, tokens, call, "tool_use"));
        lines.push(result(id, n * 10 + 5, json!("no"), true));
    }
    let workload = session(&lines);
    let facts = facts_in(&workload, &Config::default());
    is(facts.all.get("calls.failing_again"), "value", 2.0);
    is(facts.all.get("calls.failing_units"), "value", 1.0);
    let change = bounds::failing_repeats(&workload).unwrap();
    let sum = |metric| {
        change
            .reliefs
            .iter()
            .find(|r| r.metric == metric)
            .unwrap()
            .sum
    };
    near(
        sum(Metric::ComputedCost),
        -2.0 * (20_000.0 * 0.1 + 5.0) / MILLION,
    );
    // Each is asked for in 7 s (the last result at 5, 15, 25 s) and takes 3 s.
    near(sum(Metric::SessionTime), -20.0);
}

#[test]
fn replies_that_reached_their_largest_length() {
    let call = |n: u32| ("Read", json!({"file_path": n}));
    let lines = [
        prompt(),
        reply("a", 1, [0, 9_000], call(1), "max_tokens"),
        reply("b", 2, [9_000, 0], call(2), "tool_use"),
        reply("c", 3, [9_000, 0], call(3), "end_turn"),
    ];
    let facts = facts(&lines);
    is(facts.all.get("replies.cut_off"), "value", 1.0 / 3.0);
    is(facts.all.get("replies.cut_off"), "n", 1.0);
}

/// Three errors before a reply are four attempts, two are three.
#[test]
fn a_request_that_was_tried_four_times() {
    let error = |id: u32, second: u32| {
        json!({"type": "system", "subtype": "api_error", "timestamp": at(second), "sessionId": "s1",
            "uuid": format!("e{id}"), "retryInMs": 500, "error": {"status": 529}})
    };
    let call = |n: u32| ("Read", json!({"file_path": n}));
    let lines = [
        prompt(),
        error(1, 2),
        error(2, 4),
        error(3, 6),
        reply("a", 10, [0, 9_000], call(1), "tool_use"),
        result("a", 11, json!("ok"), false),
        error(4, 12),
        error(5, 13),
        reply("b", 20, [9_000, 0], call(2), "end_turn"),
    ];
    let facts = facts(&lines);
    is(facts.all.get("retries.persistent"), "n", 1.0);
    is(facts.all.get("retries.persistent"), "value", 0.5);
    is(facts.all.get("retries.persistent"), "max", 4.0);
    is(facts.all.get("retries.persistent_units"), "value", 1.0);
}

/// Two hundred calls of 1 to 2 s, and three that time out after 60, 60 and 61 s.
#[test]
fn where_calls_time_out_and_how_long_others_take() {
    let mut lines = Vec::new();
    for n in 0..203_u32 {
        let id = format!("r{n}");
        lines.push(operation(
            "model_request",
            n * 70,
            1.0,
            json!({"id": id, "model": "claude-opus-4-5", "tokens": {"input": 10, "output": 1}}),
        ));
        let (took, outcome) = match n {
            200 | 201 => (60.0, "timeout"),
            202 => (61.0, "timeout"),
            // 99 % of 200 take at most 1.985 s.
            n => (1.0 + f64::from(n) / 200.0, "ok"),
        };
        lines.push(operation(
            "tool_call",
            n * 70 + 1,
            took,
            json!({"parent": id, "tool": "Fetch", "outcome": outcome}),
        ));
    }
    let facts = facts_of(&lines);
    let of = &facts.subjects[&perfadvise::advise::rule::Subject::Tool]["Fetch"];
    is(of.get("tool.timeout_limit"), "value", 60.0);
    is(of.get("tool.timeout_limit"), "n", 3.0);
    is(of.get("tool.timeout_fit"), "value", 1.985 / 60.0);
    is(of.get("tool.timeout_fit"), "n", 200.0);
    // 1.5 · 1.985 = 2.9775, to the next tenth.
    is(of.get("tool.timeout_proposed"), "value", 3.0);
}

/// Requests of 1 s with 100 tokens of output and context each, of 2 s with 400, five of these of 100 s.
#[test]
fn a_request_that_takes_far_longer_than_its_size_tells() {
    let lines: Vec<Value> = (0..400_u32)
        .map(|n| {
            let tokens = if n % 2 == 0 { 100 } else { 400 };
            let took = match n {
                7 | 9 | 11 | 13 | 15 => 100.0,
                n if n % 2 == 0 => 1.0,
                _ => 2.0,
            };
            operation(
                "model_request",
                n * 120,
                took,
                json!({"id": format!("r{n}"), "model": "m", "tokens": {"input": tokens, "output": tokens}}),
            )
        })
        .collect();
    let fact = facts_of(&lines);
    let tail = fact.all.get("requests.tail");
    is(tail, "n", 400.0);
    // The line through both sizes goes through the means of their logarithms: five of 200 raise that of the larger one by
    // 5 ÷ 200 ln 50. The median is a small one, which lies on the line.
    is(tail, "value", 50.0_f64.powf(1.0 - 5.0 / 200.0));
}

/// What `tests/reference/calls.py` finds in the logs themselves.
#[test]
fn real_logs_give_what_the_reference_gives() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference/calls.json");
    let truth: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    for (format, key) in [("claude-code", "claude_code"), ("codex", "codex")] {
        let (facts, truth) = (real(format), &truth[key]);
        let number = |at: &str| truth.pointer(at).and_then(Value::as_f64).unwrap();
        let fact = |name: &str| facts.all.get(name);
        for (name, field, at) in [
            ("calls.repeated_share", "n", "/repeated"),
            ("calls.failing_again", "n", "/failing_again"),
            ("results.large_share", "value", "/large_share"),
            ("polling.share", "n", "/looks"),
            ("start.context", "n", "/start/n"),
            ("start.context", "median", "/start/median"),
            ("start.read_share", "value", "/start/read_share"),
        ] {
            is(fact(name), field, number(at));
        }
        for (tool, own) in truth["tools"].as_object().into_iter().flatten() {
            let rate = of(&facts, Subject::Tool, tool, "tool.failure_rate");
            is(rate, "n", own["n"].as_f64().unwrap());
            is(rate, "low", own["low"].as_f64().unwrap());
        }
        match truth["tail"]["value"].as_f64() {
            Some(tail) => is(fact("requests.tail"), "value", tail),
            None => assert_eq!(fact("requests.tail"), None),
        }
    }
}
