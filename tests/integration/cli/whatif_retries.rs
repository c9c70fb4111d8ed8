//! `whatif` on waits before retries, through the built program: sequences worked out by hand, and generated session
//! logs against an independent script (`tests/reference/backoff.py`).

use std::path::Path;

use serde_json::{Value, json};

use super::whatif_reads::{line, of, reply};
use super::whatif_streams::{effect, is, reason, run};
use super::{fixture, program};

/// A failed attempt, and the milliseconds until the next one.
fn failed(second: u32, wait: Option<u32>) -> Value {
    let mut line = line(second, "system", &second.to_string(), Value::Null);
    let keys = line.as_object_mut().unwrap();
    keys.remove("message");
    keys.insert("subtype".into(), "api_error".into());
    keys.insert("error".into(), json!({"status": 529}));
    if let Some(wait) = wait {
        keys.insert("retryInMs".into(), wait.into());
    }
    line
}

/// A request of 10 s with errors after 2 and 4 s and waits of 0.5 and 1 s, and one of 8 s.
fn conversation() -> Vec<Value> {
    let mut lines = vec![
        line(0, "user", "p", json!({"role": "user", "content": "go"})),
        failed(2, Some(500)),
        failed(4, Some(1_000)),
    ];
    lines.extend(reply(10, [0, 9_000], &[("Read", "A", 10, 2)]));
    lines.extend(reply(20, [9_000, 0], &[]));
    lines
}

#[test]
fn other_waits_before_retries() {
    for (policy, then) in [
        ("none", 0.0),
        ("constant:2s", 4.0),
        ("exponential:250ms", 0.75),
        ("exponential:1s:1.5s", 2.5),
        ("1s", 3.0),
    ] {
        let answer = of(&conversation(), &[&format!("retry.backoff={policy}")]);
        is(&answer, "backoff_time", 0.75, then / 2.0);
        is(&answer, "response_time", 9.0, (18.0 - 1.5 + then) / 2.0);
        is(&answer, "session_time", 20.0, 20.0 - 1.5 + then);
        assert_eq!(answer["projection"]["at_most"], true, "{policy}");
        let effects = answer["projection"]["effects"].as_array().unwrap();
        assert!(effects.iter().all(|e| e["low"].is_null()), "{effects:#?}");
        // The longer of the two requests.
        let tail = effects.iter().find(|e| e["statistic"] == "p95").unwrap();
        let moved = tail["to"].as_f64().unwrap() - tail["from"].as_f64().unwrap();
        assert!((moved - (then - 1.5)).abs() < 1e-6, "{tail}");
    }
}

/// With one retry the request ends with the second error after 4 s: the wait after it falls away with what follows.
#[test]
fn fewer_retries_with_other_waits() {
    let sets = ["retry.limit=1", "retry.backoff=none"];
    let alone = of(&conversation(), &sets[..1]);
    is(&alone, "session_time", 20.0, 14.0);
    let answer = of(&conversation(), &sets);
    is(&answer, "session_time", 20.0, 14.0 - 0.5);
    is(&answer, "response_time", 9.0, 8.0);
    is(&answer, "success_rate", 1.0, 0.5);
    is(&answer, "backoff_time", 0.75, 0.0);
    // As many as were needed: only the waits are others.
    let answer = of(&conversation(), &["retry.limit=2", sets[1]]);
    is(&answer, "session_time", 20.0, 18.5);
    is(&answer, "success_rate", 1.0, 1.0);
}

/// A request of 10 s is over after 8.5 s without waits: a limit of 9 s does not end it, one of 8.2 s does.
#[test]
fn a_limit_is_of_what_is_left() {
    let cut = of(&conversation(), &["timeout.model_request=9s"]);
    is(&cut, "success_rate", 1.0, 0.5);
    let both = |limit: &str| of(&conversation(), &["retry.backoff=none", limit]);
    let answer = both("timeout.model_request=9s");
    is(&answer, "success_rate", 1.0, 1.0);
    is(&answer, "response_time", 9.0, (8.5 + 8.0) / 2.0);
    is(&answer, "session_time", 20.0, 18.5);
    let answer = both("timeout.model_request=8.2s");
    is(&answer, "response_time", 9.0, (8.2 + 8.0) / 2.0);
    is(&answer, "session_time", 20.0, 18.2);
}

/// A step of 30 s: 2 s for nothing, a wait of 5 s, 3 s for nothing, a wait of 12 s, 8 s.
fn step(asked: Option<f64>) -> Vec<String> {
    let operation = |operation: &str, start: u32, duration: u32, more: Value| {
        let mut line = json!({
            "kind": "operation", "operation": operation, "time": format!("2026-06-01T12:00:{start:02}Z"),
            "duration": duration, "outcome": "ok", "session": "s",
        });
        let more = more.as_object().unwrap().clone();
        line.as_object_mut().unwrap().extend(more);
        format!("{line}\n")
    };
    let attempt = |start, duration, number: u32, outcome: &str| {
        let more = json!({"parent": "1", "attempt": number, "outcome": outcome});
        operation("model_request", start, duration, more)
    };
    let wait = |start, duration, asked: Option<f64>| {
        let more = json!({"parent": "1", "reason": "backoff", "retry_after": asked});
        operation("wait", start, duration, more)
    };
    vec![
        operation("step", 0, 30, json!({"id": "1"})),
        attempt(0, 2, 1, "error"),
        wait(2, 5, asked),
        attempt(7, 3, 2, "error"),
        wait(10, 12, None),
        attempt(22, 8, 3, "ok"),
    ]
}

fn of_records(lines: &[String], sets: &[&str]) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("records.jsonl");
    std::fs::write(&path, lines.concat()).unwrap();
    run(&path, sets)
}

#[test]
fn waits_of_a_step() {
    for (policy, then) in [("constant:2s", 4.0), ("exponential:3s", 9.0)] {
        let answer = of_records(&step(None), &[&format!("retry.backoff={policy}")]);
        is(&answer, "response_time", 30.0, 13.0 + then);
        is(&answer, "session_time", 30.0, 13.0 + then);
        is(&answer, "backoff_time", 8.5, then / 2.0);
    }
    // The server asked for 4 s before the first one.
    let answer = of_records(&step(Some(4.0)), &["retry.backoff=constant:2s"]);
    is(&answer, "response_time", 30.0, 13.0 + 6.0);
    let notes = answer["notes"].to_string();
    assert!(notes.contains("none is shorter"), "{notes}");
}

/// The same attempts without a step form one, and its waits are in it.
#[test]
fn waits_of_a_chain_of_attempts() {
    let named = |line: &String| {
        let first = line.contains("\"attempt\":1");
        let line = line.replace("\"parent\":\"1\"", "\"parent\":\"a\"");
        match first {
            true => line.replace("\"parent\":\"a\"", "\"id\":\"a\""),
            false => line,
        }
    };
    let lines: Vec<String> = step(None)[1..].iter().map(named).collect();
    let answer = of_records(&lines, &["retry.backoff=none"]);
    is(&answer, "response_time", 30.0, 13.0);
    is(&answer, "session_time", 30.0, 13.0);
}

#[test]
fn what_is_not_recorded_is_not_projected() {
    let set = ["retry.backoff=none"];
    let mut lines = conversation();
    lines[2] = failed(4, None);
    let answer = of(&lines, &set);
    assert!(answer["projection"].is_null());
    assert!(
        reason(&answer).contains("50.0 % of the retries"),
        "{answer:#}"
    );
    lines[1] = failed(2, None);
    assert!(reason(&of(&lines, &set)).contains("no wait before a retry"));
    lines.drain(1..3);
    assert!(reason(&of(&lines, &set)).contains("no retry"));
    let folder = tempfile::tempdir().unwrap();
    program(folder.path())
        .args(["whatif", "-", "--set", "retry.backoff=sometimes"])
        .write_stdin("")
        .assert()
        .code(2)
        .stderr(predicates::str::contains("constant:2s"));
}

/// The number of each retry stands in these logs; the program finds it from the order.
#[test]
fn generated_logs_give_what_an_independent_script_gives() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference/backoff.json");
    let truth: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    for name in ["faults-2", "faults-4"] {
        let truth = &truth[name];
        let waits = truth["waits"].as_f64().unwrap();
        for (policy, expected) in truth["policies"].as_object().unwrap() {
            let logs = fixture(&format!("claude-code/generated/{name}/projects"));
            let answer = run(&logs, &[&format!("retry.backoff={policy}")]);
            let number = |value: &Value| value.as_f64().unwrap() / waits;
            is(
                &answer,
                "backoff_time",
                number(&truth["seconds"]),
                number(&expected["seconds"]),
            );
            let (from, to) = effect(&answer, "session_time");
            let saved = (from - to) * answer["units"].as_f64().unwrap();
            let expected = expected["saved_by_sessions"].as_f64().unwrap();
            assert!(
                (saved - expected).abs() < 1e-3,
                "{name} {policy}: {saved} {expected}"
            );
        }
    }
}
