//! `whatif` on reads of what was read before, through the built program: a conversation that reads a file twice,
//! worked out by hand at 5 dollars a million fresh tokens (0.1 of that read, 1.25 written, 5 of output).

use serde_json::{Value, json};

use super::whatif_streams::{effect, is, reason, run};

const MILLION: f64 = 5e-6;

/// A line of a session log at so many seconds.
pub(super) fn line(second: u32, kind: &str, id: &str, message: Value) -> Value {
    json!({
        "type": kind, "timestamp": format!("2026-06-01T12:{:02}:{:02}Z", second / 60, second % 60),
        "sessionId": "s1", "uuid": format!("{kind}-{id}"), "message": message,
    })
}

/// What a reply asks for: tool, arguments, tokens of the result, seconds until it is there.
pub(super) type Call = (&'static str, &'static str, usize, u32);

/// A reply at so many seconds that read and wrote so many tokens, with its calls and their results.
pub(super) fn reply(second: u32, tokens: [u32; 2], calls: &[Call]) -> Vec<Value> {
    let id = format!("m{second}");
    let asked = calls.iter().enumerate().map(|(n, (tool, what, ..))| {
        json!({"type": "tool_use", "id": format!("{id}-{n}"), "name": tool, "input": {"of": what}})
    });
    let message = json!({
        "id": id, "model": "claude-opus-4-5", "stop_reason": "tool_use",
        "usage": {"input_tokens": 0, "output_tokens": 1, "cache_read_input_tokens": tokens[0], "cache_creation_input_tokens": tokens[1]},
        "content": asked.collect::<Vec<Value>>(),
    });
    let mut lines = vec![line(second, "assistant", &id, message)];
    for (n, (_, _, tokens, took)) in calls.iter().enumerate() {
        let content = json!([{"type": "tool_result", "tool_use_id": format!("{id}-{n}"), "content": "x".repeat(4 * tokens)}]);
        let message = json!({"role": "user", "content": content});
        lines.push(line(second + took, "user", &format!("{id}-{n}"), message));
    }
    lines
}

/// The file A of 4,000 tokens is read by the first reply and by the third; one more request sends both copies.
fn conversation() -> Vec<Value> {
    let prompt = line(0, "user", "p", json!({"role": "user", "content": "go"}));
    let mut lines = vec![prompt];
    lines.extend(reply(10, [0, 40_000], &[("Read", "A", 4_000, 2)]));
    lines.extend(reply(20, [40_000, 4_000], &[("Glob", "1", 1_000, 2)]));
    lines.extend(reply(30, [44_000, 1_000], &[("Read", "A", 4_000, 2)]));
    lines.extend(reply(40, [45_000, 4_000], &[("Glob", "2", 4_000, 2)]));
    lines.extend(reply(50, [49_000, 4_000], &[]));
    lines
}

/// 53,000 written, 178,000 read, 5 of output.
const COST: f64 = 53_000.0 * 1.25 + 178_000.0 * 0.1 + 25.0;
/// The second copy is written by one request and read by one.
const SPARED: f64 = 4_000.0 * (1.25 + 0.1);

pub(super) fn of(lines: &[Value], sets: &[&str]) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let text: String = lines.iter().map(|l| format!("{l}\n")).collect();
    std::fs::write(folder.path().join("s1.jsonl"), text).unwrap();
    run(folder.path(), sets)
}

const REUSE: &str = "tools.reuse_reads=true";

#[test]
fn a_file_that_was_read_is_not_sent_again() {
    let answer = of(&conversation(), &[REUSE]);
    is(
        &answer,
        "computed_cost",
        COST * MILLION,
        (COST - SPARED) * MILLION,
    );
    // Of contexts of 231 thousand tokens 4 thousand are not written, and 4 thousand not read.
    is(
        &answer,
        "prompt_cache_hit_rate",
        178.0 / 231.0,
        174.0 / 223.0,
    );
    // Four calls of 2 s, of which one is answered at once.
    is(&answer, "tool_time", 2.0, 1.5);
    let (from, to) = effect(&answer, "session_time");
    assert!((from - to - 2.0).abs() < 1e-6, "{from} {to}");
    assert_eq!(answer["projection"]["at_most"], true);
    let effects = answer["projection"]["effects"].as_array().unwrap();
    assert!(effects.iter().all(|e| e["low"].is_null()), "{effects:#?}");
}

/// The example of ten readers: 4,000 tokens that one request writes and ten read cost as much as 9,000 fresh ones.
#[test]
fn a_result_that_ten_requests_carry() {
    let mut lines = conversation();
    lines.pop();
    lines.extend(reply(50, [49_000, 4_000], &[("Glob", "3", 0, 2)]));
    for (second, what) in (60..)
        .step_by(10)
        .zip(["4", "5", "6", "7", "8", "9", "10", "11", "12"])
    {
        lines.extend(reply(second, [53_000, 0], &[("Glob", what, 0, 2)]));
    }
    let (from, to) = effect(&of(&lines, &[REUSE]), "computed_cost");
    assert!((from - to - 9_000.0 * MILLION).abs() < 1e-9, "{from} {to}");
}

#[test]
fn time_falls_away_only_where_the_call_ran_alone() {
    let mut lines = conversation();
    let beside: [Call; 2] = [("Read", "A", 4_000, 2), ("Grep", "3", 0, 5)];
    lines.splice(5..7, reply(30, [44_000, 1_000], &beside));
    let answer = of(&lines, &[REUSE]);
    let (from, to) = effect(&answer, "session_time");
    assert!((from - to).abs() < 1e-9, "{from} {to}");
    is(
        &answer,
        "computed_cost",
        COST * MILLION,
        (COST - SPARED) * MILLION,
    );
    // Of the reply, the other call is left.
    let answer = of(&lines, &[REUSE, "timeout.Grep=1s"]);
    let (from, to) = effect(&answer, "session_time");
    assert!((from - to - 4.0).abs() < 1e-6, "{from} {to}");
}

#[test]
fn with_other_knobs_nothing_counts_twice() {
    let both = |other: &str| of(&conversation(), &[REUSE, other]);
    let then = |answer: &Value| effect(answer, "computed_cost").1 / MILLION;
    let near =
        |value: f64, expected: f64| assert!((value - expected).abs() < 1e-4, "{value} {expected}");
    // All prices are three fifths.
    near(
        then(&both("model_for.all=claude-sonnet-4-5")),
        (COST - SPARED) * 0.6,
    );
    // Written for an hour: 49,000 tokens at twice the price, 174,000 read.
    near(
        then(&both("prompt_cache.lifetime=1h")),
        49_000.0 * 2.0 + 174_000.0 * 0.1 + 25.0,
    );
    // A call that is answered has no limit; the first one ends after 1 s in place of 2.
    let answer = both("timeout.Read=1s");
    is(&answer, "tool_time", 2.0, (8.0 - 2.0 - 1.0) / 4.0);
    let (from, to) = effect(&answer, "session_time");
    assert!((from - to - 3.0).abs() < 1e-6, "{from} {to}");
}

/// A compaction to 20,000 tokens reads what is there, writes 3,000 of a summary, and sends 20,000.
#[test]
fn what_a_compaction_forgot_is_read_again() {
    let once = |held: f64| held * 0.1 + 3_000.0 * 5.0 + 20_000.0 * 1.25;
    let then = |sets: &[&str]| effect(&of(&conversation(), sets), "computed_cost").1 / MILLION;
    let near =
        |value: f64, expected: f64| assert!((value - expected).abs() < 1e-4, "{value} {expected}");
    // Before the third request, whose reply reads A again: 24,000 tokens less in three requests.
    let early = COST + once(44_000.0) - 3.0 * 2_400.0;
    near(then(&["compaction.at_tokens=44500"]), early);
    near(then(&[REUSE, "compaction.at_tokens=44500"]), early);
    // Before the fourth request; without the second copy before the fifth, which then holds 25,000 less.
    near(
        then(&["compaction.at_tokens=48500"]),
        COST + once(45_000.0) - 2.0 * 2_500.0,
    );
    near(
        then(&[REUSE, "compaction.at_tokens=48500"]),
        COST - SPARED + once(45_000.0) - 2_500.0,
    );
}

#[test]
fn what_cannot_be_said_is_not_said() {
    let off = of(&conversation(), &["tools.reuse_reads=false"]);
    assert!(
        off["notes"][0].as_str().unwrap().contains("already"),
        "{off:#}"
    );
    // Without a call nobody knows what is the same.
    let mut bare = conversation()[..1].to_vec();
    bare.extend(reply(10, [0, 40_000], &[]));
    assert!(reason(&of(&bare, &[REUSE])).contains("arguments"));
    // Nothing is read again.
    let once = &conversation()[..5];
    let answer = of(once, &[REUSE]);
    let (from, to) = effect(&answer, "computed_cost");
    assert!((from - to).abs() < 1e-12, "{answer:#}");
    assert!(
        answer["notes"].to_string().contains("No call read"),
        "{answer:#}"
    );
}
