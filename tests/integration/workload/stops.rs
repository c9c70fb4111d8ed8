//! Sessions of agents that were stopped, killed, resumed and copied: where their time went, in seconds by hand.

use perfadvise::workload::{WallPart, Workload};
use serde_json::{Value, json};

use super::wall_clock::workload_of;

/// The workload of a folder with these files.
fn folder(files: &[(&str, &[Value])]) -> Workload {
    let folder = tempfile::tempdir().unwrap();
    for (name, lines) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let lines: Vec<String> = lines.iter().map(Value::to_string).collect();
        std::fs::write(path, lines.join("\n")).unwrap();
    }
    workload_of(folder.path(), Vec::new())
}

/// Seconds of the parts that there are.
fn parts(workload: &Workload) -> Vec<(WallPart, f64)> {
    let of = |part: WallPart| {
        let walls = workload.wall_clocks.iter();
        let nanos: u128 = walls.map(|w| w.parts[part as usize]).sum();
        (part, nanos as f64 / 1e9)
    };
    let all = WallPart::ALL.iter().map(|part| of(*part));
    all.filter(|(_, seconds)| *seconds > 0.0).collect()
}

fn at(seconds: f64) -> String {
    let start: jiff::Timestamp = "2026-03-02T08:00:00Z".parse().unwrap();
    let after = jiff::SignedDuration::from_secs_f64(seconds);
    start.checked_add(after).unwrap().to_string()
}

/// A line of Claude Code, with the fields of `more`.
fn line(seconds: f64, kind: &str, more: &Value) -> Value {
    let mut line = json!({"type": kind, "sessionId": "s", "timestamp": at(seconds), "uuid": format!("{kind}-{seconds}")});
    extend(&mut line, more);
    line
}

fn extend(value: &mut Value, more: &Value) {
    let fields = value.as_object_mut().unwrap();
    fields.extend(more.as_object().unwrap().clone());
}

fn prompt(seconds: f64, text: &str) -> Value {
    line(seconds, "user", &json!({"message": {"content": text}}))
}

/// A line of a reply, with the call of a tool if there is a name.
fn reply(seconds: f64, id: &str, tool: &str) -> Value {
    let content = match tool {
        "" => json!([{"type": "text", "text": "x"}]),
        tool => {
            json!([{"type": "tool_use", "id": format!("call-{tool}"), "name": tool, "input": {}}])
        }
    };
    let usage = json!({"input_tokens": 10, "output_tokens": 5});
    let message = json!({"id": id, "model": "claude-sonnet-4-5", "stop_reason": "end_turn", "content": content, "usage": usage});
    line(seconds, "assistant", &json!({"message": message}))
}

fn result(seconds: f64, tool: &str) -> Value {
    let content =
        json!([{"type": "tool_result", "tool_use_id": format!("call-{tool}"), "content": "x"}]);
    line(seconds, "user", &json!({"message": {"content": content}}))
}

/// These lines as a subagent's file repeats or tells them.
fn of_subagent(lines: &[Value]) -> Vec<Value> {
    let mut lines = lines.to_vec();
    for line in &mut lines {
        extend(line, &json!({"isSidechain": true, "agentId": "a"}));
    }
    lines
}

/// Asked at 0, a call from 5 to 8, the answer at 10.
fn turn() -> Vec<Value> {
    vec![
        prompt(0.0, "x"),
        reply(5.0, "m1", "Bash"),
        result(8.0, "Bash"),
        reply(10.0, "m2", ""),
    ]
}

/// A line of Codex.
fn codex(seconds: f64, kind: &str, payload: Value) -> Value {
    json!({"timestamp": at(seconds), "type": kind, "payload": payload})
}

fn event(seconds: f64, kind: &str) -> Value {
    codex(seconds, "event_msg", json!({"type": kind}))
}

/// The n-th count of a file, with 10 tokens each.
fn count(seconds: f64, n: u32) -> Value {
    let usage =
        |n: u32| json!({"input_tokens": 8 * n, "output_tokens": 2 * n, "total_tokens": 10 * n});
    let info = json!({"total_token_usage": usage(n), "last_token_usage": usage(1)});
    codex(
        seconds,
        "event_msg",
        json!({"type": "token_count", "info": info}),
    )
}

fn call(seconds: f64) -> Value {
    let call =
        json!({"type": "function_call", "name": "shell", "call_id": "c1", "arguments": "{}"});
    codex(seconds, "response_item", call)
}

fn output(seconds: f64) -> Value {
    let output = json!({"type": "function_call_output", "call_id": "c1", "output": "x"});
    codex(seconds, "response_item", output)
}

/// The first line of a thread, which may be a fork or a subagent of P.
fn meta(seconds: f64, id: &str, more: &Value) -> Value {
    let mut payload = json!({"id": id, "timestamp": at(seconds), "cwd": "/x", "source": "cli"});
    extend(&mut payload, more);
    codex(seconds, "session_meta", payload)
}

/// The same turn of Codex, from `start` on; a copy of it is written down at once.
fn codex_turn(start: f64, is_copy: bool) -> Vec<Value> {
    let after = |seconds: f64| start + seconds * if is_copy { 1e-3 } else { 1.0 };
    vec![
        event(after(0.0), "task_started"),
        event(after(0.0), "user_message"),
        call(after(5.0)),
        count(after(5.0), 1),
        output(after(8.0)),
        event(after(9.0), "agent_message"),
        count(after(10.0), 2),
        event(after(10.0), "task_complete"),
    ]
}

fn codex_parent() -> Vec<Value> {
    [vec![meta(0.0, "P", &json!({}))], codex_turn(0.0, false)].concat()
}

/// A file that repeats the parent's lines 2 s later than it begins, and goes on 10 s later.
fn codex_child(start: f64, more: &Value) -> Vec<Value> {
    let after = |seconds: f64| start + seconds;
    let goes_on = vec![
        event(after(10.0), "task_started"),
        event(after(10.0), "user_message"),
        event(after(14.0), "agent_message"),
        count(after(15.0), 3),
    ];
    let begins = vec![
        meta(start, "F", more),
        meta(after(1.0), "P", &json!({"timestamp": at(0.0)})),
    ];
    [begins, codex_turn(after(2.0), true), goes_on].concat()
}

#[test]
fn what_a_subagent_repeats_is_the_main_conversations() {
    let mut aside = of_subagent(&turn());
    aside.extend(of_subagent(&[prompt(11.0, "y"), reply(30.0, "m9", "")]));
    let file = "s/subagents/agent-a.jsonl";
    let alone = folder(&[("s.jsonl", &turn())]);
    let expected = [(WallPart::Model, 7.0), (WallPart::Tool, 3.0)];
    assert_eq!(parts(&alone), expected);
    // Beside it the subagent works for 19 s after the last line.
    let both = folder(&[("s.jsonl", &turn()), (file, &aside)]);
    let [model, tool] = expected;
    assert_eq!(parts(&both), [model, tool, (WallPart::Unexplained, 20.0)]);
    // A compaction: the conversation goes on, and its file ends later than the subagent's.
    let goes_on = [turn(), vec![prompt(40.0, "z"), reply(45.0, "m3", "")]].concat();
    let both = folder(&[("s.jsonl", &goes_on), (file, &aside)]);
    let expected = [
        (WallPart::Model, 12.0),
        (WallPart::Tool, 3.0),
        (WallPart::Person, 30.0),
    ];
    assert_eq!(parts(&both), expected);
    let is_subagents: Vec<bool> = both.streams.iter().map(|s| s.is_subagent).collect();
    assert_eq!(is_subagents, [false, true]);
}

#[test]
fn what_a_subagent_of_codex_repeats_is_the_main_conversations() {
    let source = json!({"subagent": {"thread_spawn": {"parent_thread_id": "P"}}});
    let child = codex_child(12.0, &json!({"source": source, "forked_from_id": "P"}));
    let both = folder(&[
        ("rollout-1.jsonl", &codex_parent()),
        ("rollout-2.jsonl", &child),
    ]);
    // The subagent goes on until 27, beside nothing.
    let expected = [
        (WallPart::Model, 7.0),
        (WallPart::Tool, 3.0),
        (WallPart::Unexplained, 17.0),
    ];
    assert_eq!(parts(&both), expected);
}

#[test]
fn a_copy_with_times_of_its_own_changes_nothing() {
    let fork = codex_child(3_600.0, &json!({"forked_from_id": "P"}));
    let both = folder(&[
        ("rollout-1.jsonl", &codex_parent()),
        ("rollout-2.jsonl", &fork),
    ]);
    let expected = [
        (WallPart::Model, 12.0),
        (WallPart::Tool, 3.0),
        (WallPart::Away, 3_600.0),
    ];
    assert_eq!(parts(&both), expected);

    let mut resumed = turn();
    for (line, seconds) in resumed.iter_mut().zip([3600.0, 3600.05, 3600.08, 3600.1]) {
        let told = json!({"sessionId": "r", "timestamp": at(seconds)});
        extend(line, &told);
    }
    let both = folder(&[("s.jsonl", &turn()), ("r.jsonl", &resumed)]);
    assert_eq!(
        parts(&both),
        [(WallPart::Model, 7.0), (WallPart::Tool, 3.0)]
    );
}

const INTERRUPTION: &str = "[Request interrupted by user for tool use]";

/// Stopped after 60 s, asked again 25 s later.
fn stopped(calls: &[Value]) -> Vec<Value> {
    let begins = [prompt(0.0, "x")];
    let ends = [
        prompt(65.0, INTERRUPTION),
        prompt(90.0, "y"),
        reply(95.0, "m2", ""),
    ];
    [&begins, calls, &ends].concat()
}

#[test]
fn a_call_that_a_person_stopped_ends_then() {
    let aside = of_subagent(&[
        prompt(5.1, "y"),
        reply(30.0, "a1", "Read"),
        result(31.0, "Read"),
        reply(60.0, "a2", ""),
    ]);
    let workload = folder(&[
        ("s.jsonl", &stopped(&[reply(5.0, "m1", "Task")])),
        ("s/subagents/agent-a.jsonl", &aside),
    ]);
    let expected = [
        (WallPart::Model, 10.0),
        (WallPart::Tool, 60.0),
        (WallPart::Person, 25.0),
    ];
    assert_eq!(parts(&workload), expected);
    // Beside a call of the same reply that was answered.
    let calls = [
        reply(5.0, "m1", "Bash"),
        reply(5.25, "m1", "Read"),
        result(6.0, "Read"),
    ];
    let workload = folder(&[("s.jsonl", &stopped(&calls))]);
    let expected = [
        (WallPart::Model, 10.25),
        (WallPart::Tool, 59.75),
        (WallPart::Person, 25.0),
    ];
    assert_eq!(parts(&workload), expected);
}

/// Killed, and resumed three days later in the same file.
#[test]
fn a_call_that_nobody_answered_ends_with_the_next_line() {
    let days = 259_200.0;
    for next in [
        line(8.0, "system", &json!({"subtype": "stop_hook_summary"})),
        prompt(8.0, INTERRUPTION),
        line(
            8.0,
            "user",
            &json!({"isMeta": true, "message": {"content": "x"}}),
        ),
    ] {
        let lines = [
            prompt(0.0, "x"),
            reply(5.0, "m1", "Bash"),
            next,
            prompt(days, "y"),
            reply(days + 5.0, "m2", ""),
        ];
        let expected = [
            (WallPart::Model, 10.0),
            (WallPart::Tool, 3.0),
            (WallPart::Away, days - 8.0),
        ];
        assert_eq!(parts(&folder(&[("s.jsonl", &lines)])), expected);
    }
}

#[test]
fn a_wait_before_a_retry_ends_with_what_comes_of_it() {
    let wait = json!({"subtype": "api_error", "retryInMs": 30_000});
    let lines = |next: Value| {
        let begins = [prompt(0.0, "x"), line(5.0, "system", &wait), next];
        [&begins[..], &[prompt(20.0, "y"), reply(40.0, "m2", "")]].concat()
    };
    // Stopped; no request tells of the first 5 seconds.
    let workload = folder(&[("s.jsonl", &lines(prompt(8.0, INTERRUPTION)))]);
    let expected = [
        (WallPart::Retry, 3.0),
        (WallPart::Model, 20.0),
        (WallPart::Unexplained, 17.0),
    ];
    assert_eq!(parts(&workload), expected);
    // The reply came, so that the wait was over.
    let workload = folder(&[("s.jsonl", &lines(reply(12.0, "m1", "")))]);
    let expected = [
        (WallPart::Retry, 7.0),
        (WallPart::Model, 25.0),
        (WallPart::Person, 8.0),
    ];
    assert_eq!(parts(&workload), expected);
}

#[test]
fn a_reply_of_codex_that_was_lost_is_no_start_of_the_next() {
    let again = |at: f64| {
        vec![
            event(at, "user_message"),
            event(at + 4.0, "agent_message"),
            count(at + 5.0, 2),
        ]
    };
    // Aborted after 8 s, asked again an hour later.
    let mut aborted = vec![
        meta(0.0, "P", &json!({})),
        event(0.0, "task_started"),
        event(0.0, "user_message"),
        event(5.0, "agent_reasoning"),
        event(8.0, "turn_aborted"),
        event(3_608.0, "task_started"),
    ];
    aborted.extend(again(3_608.0));
    let expected = [(WallPart::Model, 5.0), (WallPart::Unexplained, 3_608.0)];
    assert_eq!(parts(&folder(&[("rollout-1.jsonl", &aborted)])), expected);
    // Killed after 15 s, resumed the next day: away since the client was asked the last time.
    let mut killed = vec![
        meta(0.0, "P", &json!({})),
        event(0.0, "user_message"),
        event(5.0, "agent_message"),
        count(6.0, 1),
        event(10.0, "user_message"),
        event(15.0, "agent_reasoning"),
    ];
    killed.extend(again(86_400.0));
    let expected = [
        (WallPart::Model, 11.0),
        (WallPart::Person, 4.0),
        (WallPart::Away, 86_390.0),
    ];
    assert_eq!(parts(&folder(&[("rollout-1.jsonl", &killed)])), expected);
}

#[test]
fn a_call_of_codex_ends_with_its_turn() {
    for end in ["turn_aborted", "error", "task_complete"] {
        let lines = [
            meta(0.0, "P", &json!({})),
            event(0.0, "task_started"),
            event(0.0, "user_message"),
            call(5.0),
            count(5.0, 1),
            event(8.0, end),
            event(3_608.0, "task_started"),
            event(3_608.0, "user_message"),
            event(3_612.0, "agent_message"),
            count(3_613.0, 2),
        ];
        let expected = [
            (WallPart::Model, 10.0),
            (WallPart::Tool, 3.0),
            (WallPart::Away, 3_600.0),
        ];
        let workload = folder(&[("rollout-1.jsonl", &lines)]);
        assert_eq!(parts(&workload), expected, "{end}");
    }
}

/// No prompt tells a model, and no request runs without one.
#[test]
fn a_selection_that_leaves_out_no_operation_keeps_the_prompts() {
    let lines = [
        prompt(0.0, "x"),
        reply(5.0, "m1", ""),
        prompt(605.0, "y"),
        reply(610.0, "m2", ""),
    ];
    let lines: Vec<String> = lines.iter().map(Value::to_string).collect();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("s.jsonl"), lines.join("\n")).unwrap();
    for only in [
        vec![],
        vec![("model".to_owned(), vec!["claude-sonnet-4-5".to_owned()])],
        vec![("session".to_owned(), vec!["s".to_owned()])],
    ] {
        let workload = workload_of(folder.path(), only);
        let expected = [(WallPart::Model, 10.0), (WallPart::Person, 600.0)];
        assert_eq!(parts(&workload), expected);
    }
    let other = ("session".to_owned(), vec!["t".to_owned()]);
    assert_eq!(workload_of(folder.path(), vec![other]).wall_clocks, []);
}
