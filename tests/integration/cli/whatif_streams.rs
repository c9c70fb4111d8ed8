//! `whatif` on the requests of agents, through the built program: the worked examples of each replay, and
//! real logs against an independent script (`tests/reference/streams.py`).

use std::path::Path;

use serde_json::{Value, json};

use super::{fixture, program};

/// 61,800 tokens at the price of fresh input with five minutes, by hand.
const FIVE_DOLLARS: f64 = 5e-6;

/// An operation or event of the session s, at so many seconds.
fn record(kind: &str, name: &str, start: u32, duration: f64, more: Value) -> String {
    let time = format!("2026-06-01T12:{:02}:{:02}Z", start / 60 % 60, start % 60);
    let time = time.replacen("T12", &format!("T{:02}", 12 + start / 3_600), 1);
    let mut line = json!({
        "kind": kind, kind: name, "session": "s", "time": time, "duration": duration,
    });
    if kind == "operation" {
        line["outcome"] = json!("ok");
    }
    let more = more.as_object().unwrap();
    line.as_object_mut().unwrap().extend(more.clone());
    format!("{line}\n")
}

fn opus(id: &str, start: u32, duration: f64, tokens: [u32; 4]) -> String {
    let [fresh, read, written, output] = tokens;
    let more = json!({
        "id": id, "model": "claude-opus-4-5", "provider": "anthropic", "agent": "main",
        "tokens": {"input": fresh, "cache_read": read, "cache_write": written, "output": output},
    });
    record("operation", "model_request", start, duration, more)
}

fn call(parent: &str, tool: &str, start: u32, duration: f64) -> String {
    let more = json!({"parent": parent, "tool": tool, "agent": "main"});
    record("operation", "tool_call", start, duration, more)
}

pub(super) fn run(path: &Path, sets: &[&str]) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let mut command = program(folder.path());
    command.arg("whatif").arg(path).args(["--format", "json"]);
    for set in sets {
        command.args(["--set", set]);
    }
    let output = command.output().unwrap();
    assert!(
        [0, 3].contains(&output.status.code().unwrap()),
        "{output:?}"
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

fn of(lines: &[String], sets: &[&str]) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("records.jsonl");
    std::fs::write(&path, lines.concat()).unwrap();
    run(&path, sets)
}

/// Now and then.
pub(super) fn effect(answer: &Value, metric: &str) -> (f64, f64) {
    let effects = answer["projection"]["effects"].as_array();
    let effects = effects.unwrap_or_else(|| panic!("{answer:#}"));
    let found = effects
        .iter()
        .find(|e| e["metric"] == metric && e["statistic"] != "p95");
    let e = found.unwrap_or_else(|| panic!("{metric}: {answer:#}"));
    (e["from"].as_f64().unwrap(), e["to"].as_f64().unwrap())
}

#[track_caller]
pub(super) fn is(answer: &Value, metric: &str, from: f64, to: f64) {
    let found = effect(answer, metric);
    let near = |a: f64, b: f64| (a - b).abs() <= 1e-6 * b.abs().max(1e-3);
    assert!(
        near(found.0, from) && near(found.1, to),
        "{metric}: {found:?}, not {from} → {to}"
    );
}

pub(super) fn reason(answer: &Value) -> String {
    answer["not_evaluated"][0]["reason"]
        .as_str()
        .unwrap()
        .into()
}

/// Writes of 20, 2, 1 and 1 thousand tokens at 0, 60, 1,000 and 1,060 s; all is written again after 940 s.
fn pause() -> Vec<String> {
    vec![
        opus("a", 0, 5.0, [0, 0, 20_000, 0]),
        opus("b", 60, 5.0, [0, 20_000, 2_000, 0]),
        opus("c", 1_000, 5.0, [0, 0, 23_000, 0]),
        opus("d", 1_060, 5.0, [0, 23_000, 1_000, 0]),
    ]
}

#[test]
fn an_hour_pays_where_prefixes_expire() {
    let answer = of(&pause(), &["prompt_cache.lifetime=1h"]);
    is(
        &answer,
        "computed_cost",
        61_800.0 * FIVE_DOLLARS,
        54_500.0 * FIVE_DOLLARS,
    );
    // 43 of 89 thousand tokens were read, and 22 more would have been.
    is(&answer, "prompt_cache_hit_rate", 43.0 / 89.0, 65.0 / 89.0);
    assert_eq!(answer["projection"]["kind"], "replay");
    assert_eq!(answer["settings"][0]["from"], 300);
    let rows = answer["projection"]["reproduction"].as_array().unwrap();
    assert!(
        rows.iter()
            .all(|r| r["error"].as_f64().unwrap().abs() < 1e-6),
        "{rows:?}"
    );
}

#[test]
fn an_hour_costs_more_where_nothing_expires() {
    let lines = [
        opus("a", 0, 5.0, [0, 0, 20_000, 0]),
        opus("b", 60, 5.0, [0, 20_000, 2_000, 0]),
        opus("c", 120, 5.0, [0, 22_000, 1_000, 0]),
    ];
    let answer = of(&lines, &["prompt_cache.lifetime=1h"]);
    is(
        &answer,
        "computed_cost",
        32_950.0 * FIVE_DOLLARS,
        50_200.0 * FIVE_DOLLARS,
    );
}

/// Main conversations with a pause, for which an hour saves 7,300 tokens at the price of fresh input, and subagents without
/// one, for which it costs 17,250 more.
fn two_agents() -> Vec<String> {
    let subagent = [
        opus("x", 0, 5.0, [0, 0, 20_000, 0]),
        opus("y", 60, 5.0, [0, 20_000, 2_000, 0]),
        opus("z", 120, 5.0, [0, 22_000, 1_000, 0]),
    ];
    let of_subagent = |line: String| line.replace("\"agent\":\"main\"", "\"agent\":\"subagent\"");
    pause()
        .into_iter()
        .chain(subagent.map(of_subagent))
        .collect()
}

#[test]
fn an_hour_for_one_kind_of_agents() {
    let now = (61_800.0 + 32_950.0) * FIVE_DOLLARS;
    for (knob, then) in [
        ("prompt_cache.lifetime_for.main=1h", 54_500.0 + 32_950.0),
        ("prompt_cache.lifetime_for.subagent=1h", 61_800.0 + 50_200.0),
        ("prompt_cache.lifetime=1h", 54_500.0 + 50_200.0),
    ] {
        let answer = of(&two_agents(), &[knob]);
        is(&answer, "computed_cost", now, then * FIVE_DOLLARS);
        assert_eq!(answer["settings"][0]["from"], 300, "{knob}");
    }
    // An agent's own before that of all.
    let both = [
        "prompt_cache.lifetime=1h",
        "prompt_cache.lifetime_for.subagent=5min",
    ];
    let answer = of(&two_agents(), &both);
    is(
        &answer,
        "computed_cost",
        now,
        (54_500.0 + 32_950.0) * FIVE_DOLLARS,
    );
    let answer = of(&two_agents(), &["prompt_cache.lifetime_for.nobody=1h"]);
    assert!(reason(&answer).contains("main, subagent"), "{answer:#}");
}

/// Where it pays for main conversations only, that is what is recommended.
#[test]
fn an_hour_is_recommended_to_those_for_whom_it_pays() {
    let advice = recommended(&two_agents());
    let found = recommendation(&advice, "CACHE001").unwrap_or_else(|| panic!("{advice:#}"));
    assert_eq!(found["change"]["knob"], "prompt_cache.lifetime_for.main");
    let cost = &found["projection"]["effects"][0];
    let saved = cost["from"].as_f64().unwrap() - cost["to"].as_f64().unwrap();
    assert!(
        (saved - 12.0 * 7_300.0 * FIVE_DOLLARS).abs() < 1e-6,
        "{cost}"
    );
}

/// A call that runs up to 6 s before the next request: three reads of 22 thousand tokens keep the prefix.
#[test]
fn a_prefix_is_kept_warm() {
    let mut lines = pause();
    lines.push(call("b", "Bash", 65, 929.0));
    let answer = of(&lines, &["prompt_cache.keep_warm=pending"]);
    is(
        &answer,
        "computed_cost",
        61_800.0 * FIVE_DOLLARS,
        43_100.0 * FIVE_DOLLARS,
    );
    // Without the call nobody knows that the next request comes, and eleven reads of 24 thousand follow the
    // last one.
    let answer = of(&pause(), &["prompt_cache.keep_warm=pending"]);
    is(
        &answer,
        "computed_cost",
        61_800.0 * FIVE_DOLLARS,
        61_800.0 * FIVE_DOLLARS,
    );
    let answer = of(&pause(), &["prompt_cache.keep_warm=always"]);
    is(
        &answer,
        "computed_cost",
        61_800.0 * FIVE_DOLLARS,
        69_500.0 * FIVE_DOLLARS,
    );
}

#[test]
fn hits_by_chance_are_not_reproduced() {
    let lines = [
        opus("a", 0, 5.0, [0, 0, 20_000, 0]),
        opus("b", 9_000, 5.0, [0, 20_000, 2_000, 0]),
        opus("c", 18_000, 5.0, [0, 22_000, 0, 0]),
    ];
    let answer = of(&lines, &["prompt_cache.lifetime=1h"]);
    assert!(answer["projection"].is_null());
    assert!(
        reason(&answer).contains("of the measured cost"),
        "{answer:#}"
    );
    let row = &answer["not_evaluated"][0]["reproduction"][0];
    assert!(
        row["error"].as_f64().unwrap() > 0.05 && row["allowed"] == 0.05,
        "{row}"
    );
    let other = of(&lines, &["prompt_cache.lifetime=10min"]);
    assert!(reason(&other).contains("five minutes"), "{other:#}");
}

/// A compaction of 150 thousand tokens to 20 costs 0.275 dollars and saves 0.065 with each request.
#[test]
fn a_compaction_pays_from_the_fifth_request() {
    let lines: Vec<String> = (0..6)
        .map(|i| match i {
            0 => opus("r0", 0, 1.0, [0, 0, 150_000, 0]),
            _ => opus(&format!("r{i}"), i * 60, 1.0, [0, 150_000, 1, 0]),
        })
        .collect();
    let now = 150_000.0 * 6.25e-6 + 5.0 * (150_000.0 * 0.5e-6 + 6.25e-6);
    let answer = of(&lines, &["compaction.at_tokens=150000"]);
    is(&answer, "computed_cost", now, now - 0.05);
    assert_eq!(answer["projection"]["at_most"], true);
    let answer = of(&lines[..5], &["compaction.at_tokens=150000"]);
    let (from, to) = effect(&answer, "computed_cost");
    assert!(
        (to - from - 0.015).abs() < 1e-9,
        "four requests do not pay it back"
    );
    let small = of(&lines, &["compaction.at_tokens=20000"]);
    assert!(reason(&small).contains("20000"), "{small:#}");
}

#[test]
fn another_model_is_another_price() {
    let lines = [opus("a", 0, 5.0, [1_000, 90_000, 9_000, 2_000])];
    for agent in ["all", "main"] {
        let answer = of(&lines, &[&format!("model_for.{agent}=claude-sonnet-4-5")]);
        is(&answer, "computed_cost", 0.156_25, 0.093_75);
        let unchanged = answer["unchanged"].as_array().unwrap();
        assert!(unchanged.contains(&json!("response_time")), "{answer:#}");
    }
    let answer = of(&lines, &["model_for.man=claude-sonnet-4-5"]);
    assert!(reason(&answer).contains("main, and all"), "{answer:#}");
    let answer = of(&lines, &["model_for.all=no-such-model"]);
    assert!(reason(&answer).contains("no-such-model"), "{answer:#}");
}

/// Requests of 2 s, between them calls of 3 and 2 s: 9 s in all.
fn calls_in_a_row() -> Vec<String> {
    vec![
        opus("a", 0, 2.0, [0, 0, 2_000, 1]),
        call("a", "Read", 2, 3.0),
        call("a", "Grep", 5, 2.0),
        opus("b", 7, 2.0, [0, 2_000, 0, 1]),
    ]
}

#[test]
fn calls_of_one_reply_at_once() {
    let answer = of(&calls_in_a_row(), &["tools.parallel=true"]);
    is(&answer, "session_time", 9.0, 7.0);
    assert_eq!(answer["projection"]["at_most"], true);
    let row = &answer["projection"]["reproduction"][0];
    assert_eq!(
        (&row["measured"], &row["replayed"]),
        (&json!(5.0), &json!(5.0))
    );
    // What changes a file waits for its turn.
    let lines = calls_in_a_row().concat().replace("Grep", "Edit");
    is(
        &of(&[lines], &["tools.parallel=true"]),
        "session_time",
        9.0,
        9.0,
    );
}

/// Calls of 10 and 100 s that ended well and one of 30 s that did not, at most 20 s each.
#[test]
fn a_limit_ends_calls() {
    let failed = json!({"parent": "c", "tool": "Bash", "agent": "main", "outcome": "error"});
    let lines = [
        opus("a", 0, 2.0, [0, 0, 2_000, 1]),
        call("a", "Bash", 2, 10.0),
        opus("b", 12, 2.0, [0, 2_000, 0, 1]),
        call("b", "Bash", 14, 100.0),
        opus("c", 114, 2.0, [0, 2_000, 0, 1]),
        record("operation", "tool_call", 116, 30.0, failed),
        opus("d", 146, 2.0, [0, 2_000, 0, 1]),
    ];
    let answer = of(&lines, &["timeout.Bash=20s"]);
    is(&answer, "tool_time", 55.0, 50.0 / 3.0);
    is(&answer, "tool_success_rate", 2.0 / 3.0, 1.0 / 3.0);
    is(&answer, "session_time", 148.0, 148.0 - 80.0 - 10.0);
    let answer = of(&lines, &["timeout.Nothing=20s"]);
    assert!(reason(&answer).contains("timeout.tool_call"), "{answer:#}");
    // Requests of 2 s that may take 1.
    let answer = of(&lines, &["timeout.model_request=1s"]);
    is(&answer, "response_time", 2.0, 1.0);
    is(&answer, "success_rate", 1.0, 0.0);
    is(&answer, "session_time", 148.0, 144.0);
}

/// A request of 10 s with errors after 2 and 5 s, and one of 4 s: with one retry it ends after 5 s.
#[test]
fn fewer_retries() {
    let error = |at| record("event", "retry", at, 0.0, json!({"agent": "main"}));
    let lines = [
        opus("a", 0, 10.0, [0, 0, 2_000, 1]),
        error(2),
        error(5),
        opus("b", 20, 4.0, [0, 2_000, 0, 1]),
    ];
    let answer = of(&lines, &["retry.limit=1"]);
    is(&answer, "response_time", 7.0, 4.0);
    is(&answer, "success_rate", 1.0, 0.5);
    is(&answer, "session_time", 24.0, 19.0);
    let answer = of(&lines, &["retry.limit=2"]);
    is(&answer, "response_time", 7.0, 7.0);
}

/// Several knobs are one run: the model's price for what an hour's lifetime leaves.
#[test]
fn knobs_together_are_one_run() {
    let sets = [
        "prompt_cache.lifetime=1h",
        "model_for.all=claude-sonnet-4-5",
    ];
    let answer = of(&pause(), &sets);
    // Of all prices three fifths.
    is(
        &answer,
        "computed_cost",
        61_800.0 * FIVE_DOLLARS,
        54_500.0 * 3e-6,
    );
}

#[test]
fn real_logs_give_what_an_independent_script_gives() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference/streams.json");
    let truth: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let number = |at: &str| truth.pointer(at).and_then(Value::as_f64).unwrap();
    let claude = run(&fixture("claude-code/real"), &["prompt_cache.lifetime=1h"]);
    is(
        &claude,
        "computed_cost",
        number("/claude_code/cost"),
        number("/claude_code/cost_hour"),
    );
    let codex = run(&fixture("codex/real"), &["compaction.at_tokens=80000"]);
    is(
        &codex,
        "computed_cost",
        number("/codex/cost"),
        number("/codex/cost_compacted"),
    );
    // What it writes is not reported.
    let codex = run(&fixture("codex/real"), &["prompt_cache.lifetime=1h"]);
    assert!(reason(&codex).contains("not reported"), "{codex:#}");
}

/// Twelve sessions alike, and what `recommend` says of them.
fn recommended(lines: &[String]) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("records.jsonl");
    let text = lines.concat();
    let sessions: String = (0..12)
        .map(|i| {
            text.replace("\"session\":\"s\"", &format!("\"session\":\"s{i}\""))
                .replace("\"id\":\"", &format!("\"id\":\"s{i}-"))
                .replace("\"parent\":\"", &format!("\"parent\":\"s{i}-"))
        })
        .collect();
    std::fs::write(&path, sessions).unwrap();
    let mut command = program(folder.path());
    command
        .arg("recommend")
        .arg(&path)
        .args(["--format", "json"]);
    let output = command.output().unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}

fn recommendation<'a>(advice: &'a Value, rule: &str) -> Option<&'a Value> {
    let all = advice["recommendations"].as_array().unwrap();
    all.iter().find(|r| r["rule"] == rule)
}

/// Writes of 20 thousand tokens a minute, with a pause of 940 s after the fourth.
fn many_writes(pause: Option<&str>) -> Vec<String> {
    let mut lines: Vec<String> = (0..9)
        .map(|i| {
            let (start, held) = (i * 60 + if i > 3 { 880 } else { 0 }, i * 20_000);
            let tokens = match i {
                4 => [0, 0, held + 20_000, 0],
                _ => [0, held, 20_000, 0],
            };
            opus(&format!("r{i}"), start, 5.0, tokens)
        })
        .collect();
    lines.extend(pause.map(|tool| call("r3", tool, 185, 929.0)));
    lines
}

#[test]
fn an_hour_is_recommended_where_it_pays() {
    let advice = recommended(&pause());
    let found = recommendation(&advice, "CACHE001").unwrap_or_else(|| panic!("{advice:#}"));
    assert_eq!(found["change"]["knob"], "prompt_cache.lifetime");
    assert_eq!(found["change"]["to"], 3600);
    let projection = &found["projection"];
    assert_eq!(projection["kind"], "replay");
    let cost = &projection["effects"][0];
    assert_eq!(cost["metric"], "computed_cost");
    let near = |key: &str, dollars: f64| (cost[key].as_f64().unwrap() - dollars).abs() < 1e-6;
    assert!(
        near("from", 12.0 * 0.309) && near("to", 12.0 * 0.2725),
        "{cost}"
    );
}

/// An hour costs 135,000 more for the writes and spares 92,000 for the prefix.
#[test]
fn an_hour_is_not_recommended_where_writes_cost_more_than_it_spares() {
    let sets = ["prompt_cache.lifetime=1h"];
    let (from, to) = effect(&of(&many_writes(None), &sets), "computed_cost");
    assert!(
        (to - from - 43_000.0 * FIVE_DOLLARS).abs() < 1e-9,
        "{from} {to}"
    );
    let advice = recommended(&many_writes(None));
    assert_eq!(recommendation(&advice, "CACHE001"), None);
}

/// While a call is pending three reads of 80 thousand keep the prefix: 24,000 in place of 92,000.
#[test]
fn of_two_changes_the_one_that_gains_more_is_recommended() {
    let advice = recommended(&many_writes(Some("Bash")));
    let found = recommendation(&advice, "CACHE001").unwrap_or_else(|| panic!("{advice:#}"));
    assert_eq!(found["change"]["knob"], "prompt_cache.keep_warm");
    assert_eq!(found["change"]["to"], "pending");
    let cost = &found["projection"]["effects"][0];
    let saved = cost["from"].as_f64().unwrap() - cost["to"].as_f64().unwrap();
    assert!(
        (saved - 12.0 * 68_000.0 * FIVE_DOLLARS).abs() < 1e-6,
        "{cost}"
    );
}

/// A person who is waited for is the cause of the cache that expires meanwhile.
#[test]
fn who_waits_for_an_approval_hears_of_that() {
    let advice = recommended(&many_writes(Some("Edit")));
    assert_eq!(recommendation(&advice, "CACHE001"), None);
    let found = recommendation(&advice, "TIME001").unwrap_or_else(|| panic!("{advice:#}"));
    let effects = &found["projection"]["effects"][0];
    assert_eq!(effects["metric"], "session_time");
    let saved = effects["from"].as_f64().unwrap() - effects["to"].as_f64().unwrap();
    assert!((saved - 919.0).abs() < 1e-6, "{effects}");
    assert_eq!(found["projection"]["at_most"], true);
}

#[test]
fn calls_in_a_row_are_recommended_to_run_at_once() {
    let advice = recommended(&calls_in_a_row());
    let found = recommendation(&advice, "TOOL004").unwrap_or_else(|| panic!("{advice:#}"));
    let effects = &found["projection"]["effects"][0];
    assert_eq!(
        (&effects["from"], &effects["to"]),
        (&json!(9.0), &json!(7.0))
    );
    assert_eq!(found["projection"]["at_most"], true);
}

/// The best of lifetimes, compactions and calls at once by cost: an hour, which the worked example gives.
#[test]
fn tune_searches_the_settings_of_agents() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("records.jsonl");
    std::fs::write(&path, pause().concat()).unwrap();
    let mut command = program(folder.path());
    command.arg("tune").arg(&path);
    command.args(["--goal", "computed_cost", "--format", "json"]);
    let output = command.output().unwrap();
    let tuned: Value = serde_json::from_slice(&output.stdout).unwrap();
    let front = tuned["front"].as_array().unwrap();
    assert_eq!(front.len(), 1, "{tuned:#}");
    assert_eq!(
        front[0]["changes"],
        json!([{"knob": "prompt_cache.lifetime", "from": 300, "to": 3600}])
    );
    let values = front[0]["values"].as_array().unwrap();
    let cost = values.iter().find(|v| v["metric"] == "computed_cost");
    let cost = cost.unwrap()["value"].as_f64().unwrap();
    assert!((cost - 54_500.0 * FIVE_DOLLARS).abs() < 1e-9, "{cost}");
}
