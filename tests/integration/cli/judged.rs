//! What verdicts rest on: what does not vary, zeros, samples without a unit, what requests do not tell, lower bounds, a
//! selection, tasks that are missing, tolerances at their border.

use std::fmt::Write;
use std::path::Path;

use predicates::prelude::*;
use predicates::str::contains;
use serde_json::Value;

use super::program;

/// Writes one record a session: what `of` says of the n-th one.
fn records(folder: &Path, name: &str, sessions: std::ops::Range<u32>, of: impl Fn(u32) -> String) {
    let mut text = String::new();
    for n in sessions {
        let (hour, minute) = (n / 60 % 24, n % 60);
        let _ = writeln!(
            text,
            r#"{{"kind":"operation","time":"2026-03-02T{hour:02}:{minute:02}:00Z","session":"s{n}",{}}}"#,
            of(n)
        );
    }
    let folder = folder.join(name);
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("records.jsonl"), text).unwrap();
}

fn step(seconds: f64) -> String {
    format!(r#""operation":"step","duration":{seconds},"outcome":"ok""#)
}

/// A request of a model with what it tells besides.
fn request(more: &str) -> String {
    format!(
        r#""operation":"model_request","duration":1,"outcome":"ok","model":"claude-sonnet-4-5"{more}"#
    )
}

fn json(folder: &Path, arguments: &[&str]) -> (i32, Value) {
    let output = program(folder)
        .args(arguments)
        .args(["--format", "json"])
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let value = serde_json::from_str(&text)
        .unwrap_or_else(|e| panic!("{e}: {text}{}", String::from_utf8_lossy(&output.stderr)));
    (output.status.code().unwrap(), value)
}

/// The comparison of `a` and `b` by this metric.
fn compared(folder: &Path, metric: &str) -> Value {
    let (_, report) = json(folder, &["compare", "a", "b", "--metric", metric]);
    report["comparisons"][0].clone()
}

/// What the gate says of `b` against `a` by this metric.
fn gated(folder: &Path, metric: &str) -> (i32, Value) {
    json(
        folder,
        &["gate", "--baseline", "./a", "b", "--metric", metric],
    )
}

fn near(value: &Value, expected: f64) {
    let value = value.as_f64().unwrap_or_else(|| panic!("{value}"));
    assert!((value - expected).abs() <= 1e-9 * expected.abs(), "{value}");
}

/// From 50 units on Student's approximation takes over, which needs a spread: five times is five times all the same.
#[test]
fn what_does_not_vary_has_an_effect_with_many_units_too() {
    let folder = tempfile::tempdir().unwrap();
    for (n, seconds) in [(49, 1.0), (60, 1.0), (60, 3.0)] {
        records(folder.path(), "a", 0..n, |_| step(seconds));
        records(folder.path(), "b", 0..n, |_| step(5.0 * seconds));
        let c = compared(folder.path(), "response_time");
        for end in ["estimate", "low", "high"] {
            near(&c["effect"][end], 5.0);
        }
        assert_eq!((&c["verdict"], &c["note"]), (&"worse".into(), &Value::Null));
    }
    records(folder.path(), "b", 0..60, |_| step(3.0));
    assert_eq!(compared(folder.path(), "response_time")["verdict"], "same");
}

/// One of thirty sessions cost nothing: it counts as less than all others, and the others cost five times as much.
#[test]
fn a_zero_among_other_values_hides_no_factor() {
    let folder = tempfile::tempdir().unwrap();
    let cost = |cost: f64| request(&format!(r#","cost":{cost}"#));
    records(folder.path(), "a", 0..30, |n| {
        cost(1.0 + f64::from(n % 7) / 10.0)
    });
    for (sessions, is_paired) in [(0..30, true), (100..130, false)] {
        records(folder.path(), "b", sessions, |n| match n % 100 {
            0 => cost(0.0),
            n => cost(5.0 * (1.0 + f64::from(n % 7) / 10.0)),
        });
        let c = compared(folder.path(), "cost");
        assert_eq!(
            (&c["paired"], &c["verdict"]),
            (&is_paired.into(), &"worse".into())
        );
        let effect = &c["effect"];
        assert!(effect["low"].as_f64().unwrap() > 3.0, "{effect}");
        assert!(effect["high"].as_f64().unwrap() < 7.0, "{effect}");
    }
    // Where nothing costs anything any more, no factor tells by how much, and the difference does: the median of 1.0 to 1.6.
    records(folder.path(), "b", 100..130, |_| cost(0.0));
    let c = compared(folder.path(), "cost");
    assert_eq!(
        (&c["verdict"], &c["effect"]["kind"]),
        (&"better".into(), &"difference".into())
    );
    near(&c["effect"]["estimate"], -1.3);
    // And the other way it is a regression.
    let arguments = ["gate", "--baseline", "./b", "a", "--metric", "cost"];
    assert_eq!(json(folder.path(), &arguments).0, 1);
    // Nothing on both sides is the same.
    records(folder.path(), "a", 0..30, |_| cost(0.0));
    assert_eq!(compared(folder.path(), "cost")["verdict"], "same");
}

/// Of forty tasks 33 cost what they did, and seven ten times as much: the mean is (33 + 70) / 40 of what it was.
#[test]
fn a_middle_that_stays_hides_no_mean_that_multiplies() {
    let folder = tempfile::tempdir().unwrap();
    let cost = |cost: f64| request(&format!(r#","cost":{cost}"#));
    records(folder.path(), "a", 0..40, |_| cost(1.0));
    records(folder.path(), "b", 0..40, |n| {
        cost(if n < 7 { 10.0 } else { 1.0 })
    });
    let c = compared(folder.path(), "cost");
    assert_eq!(c["effect"]["high"], 1.0);
    assert_eq!(
        (&c["verdict"], &c["reason"]),
        (&"inconclusive".into(), &"mean".into())
    );
    assert_eq!(c["note"], "the middle is the same, the mean is ×2.58");
    let (code, report) = gated(folder.path(), "cost");
    let check = &report["checks"][0];
    assert_eq!(
        (code, &check["verdict"], &check["reason"]),
        (0, &"inconclusive".into(), &"mean".into())
    );
    // For the better a gate lets it pass.
    let arguments = ["gate", "--baseline", "./b", "a", "--metric", "cost"];
    let (code, report) = json(folder.path(), &arguments);
    assert_eq!((code, &report["verdict"]), (0, &"pass".into()));
}

/// 35 of each hundred requests of b tell neither tokens nor cost, what is told is the same: nothing became better. What is
/// three times as much in spite of such gaps is a regression.
#[test]
fn gaps_only_lower_a_total() {
    let folder = tempfile::tempdir().unwrap();
    let whole = |times: u32, session: u32| {
        let size = times * (100 + session);
        let cost = f64::from(size) / 1e4;
        request(&format!(
            r#","tokens":{{"input":{},"output":{size}}},"cost":{cost}"#,
            10 * size
        ))
    };
    // A preparation with tokens tells nothing of the requests.
    let preparation =
        r#""operation":"context_preparation","duration":1,"outcome":"ok","tokens":{"input":5}"#;
    let write = |name: &str, of: &dyn Fn(u32, u32) -> String| {
        let mut text = String::new();
        for session in 0..12 {
            for n in 0..20 {
                let _ = writeln!(
                    text,
                    r#"{{"kind":"operation","time":"2026-03-02T{:02}:{n:02}:00Z","session":"{name}{session}",{}}}"#,
                    8 + session,
                    if n == 0 {
                        preparation.to_owned()
                    } else {
                        of(session, n)
                    }
                );
            }
        }
        std::fs::create_dir_all(folder.path().join(name)).unwrap();
        std::fs::write(folder.path().join(name).join("records.jsonl"), text).unwrap();
    };
    write("a", &|session, _| whole(1, session));
    write("b", &|session, n| {
        if n % 3 == 0 {
            request("")
        } else {
            whole(1, session)
        }
    });
    for metric in ["cost", "computed_cost", "input_tokens", "output_tokens"] {
        let c = compared(folder.path(), metric);
        let told = [&c["verdict"], &c["reason"], &c["effect"]];
        assert_eq!(
            told,
            [
                &Value::from("insufficient"),
                &"incomplete".into(),
                &Value::Null
            ],
            "{metric}"
        );
        assert_eq!(gated(folder.path(), metric).0, 3, "{metric}");
    }
    // A limit that what is told keeps, and the rest may not.
    let arguments = ["gate", "--baseline", "./b", "b", "--max", "cost=1"];
    let (_, report) = json(folder.path(), &arguments);
    let checks = report["checks"].as_array().unwrap();
    let limit = checks.iter().find(|c| c["kind"] == "max").unwrap();
    assert_eq!(
        (&limit["verdict"], &limit["reason"]),
        (&"inconclusive".into(), &"incomplete".into())
    );
    write("b", &|session, n| {
        if n % 3 == 0 {
            request("")
        } else {
            whole(3, session)
        }
    });
    for metric in ["cost", "output_tokens"] {
        assert_eq!(
            compared(folder.path(), metric)["verdict"],
            "worse",
            "{metric}"
        );
        assert_eq!(gated(folder.path(), metric).0, 1, "{metric}");
    }
}

/// Accuracies of nine tasks in tenths: differences −1 1 −2 −1 −3 −3 1 −2 1, whose ranks are shared by five, two and two.
/// With every sign tried p is 0.1171875 (tests/reference/signed_ties.py).
#[test]
fn differences_that_only_rounding_tells_apart_are_ranked_equal() {
    let folder = tempfile::tempdir().unwrap();
    let accuracy = |tenths: [u32; 9]| {
        move |n: u32| {
            let tenths = f64::from(tenths[n as usize]) / 10.0;
            format!(
                r#""task":"t{n}","operation":"step","duration":1,"outcome":"ok","accuracy":{tenths}"#
            )
        }
    };
    records(
        folder.path(),
        "a",
        0..9,
        accuracy([8, 8, 5, 8, 9, 8, 6, 6, 5]),
    );
    records(
        folder.path(),
        "b",
        0..9,
        accuracy([7, 9, 3, 7, 6, 5, 7, 4, 6]),
    );
    let c = compared(folder.path(), "accuracy");
    assert_eq!(c["p"], 0.1171875);
}

/// Every twelfth of 400 answers takes 30 s instead of 2.
#[test]
fn a_tail_of_samples_without_units_is_judged() {
    let folder = tempfile::tempdir().unwrap();
    for (name, slow) in [("a", 2.0), ("b", 30.0)] {
        let mut text = String::from("time,response_time\n");
        for n in 0..400_u32 {
            let seconds = if n % 12 == 0 { slow } else { 1.97 };
            let (hour, minute) = (n / 60, n % 60);
            let _ = writeln!(text, "2026-03-02T{hour:02}:{minute:02}:00Z,{seconds}");
        }
        std::fs::create_dir(folder.path().join(name)).unwrap();
        std::fs::write(folder.path().join(name).join("times.csv"), text).unwrap();
    }
    std::fs::write(
        folder.path().join("perfadvise.yaml"),
        "mappings:\n  times:\n    files: \"**/times.csv\"\n    record: sample\n    time: {column: time, unit: text}\n    values: {response_time: {column: response_time, unit: s}}\n",
    )
    .unwrap();
    let (code, report) = gated(folder.path(), "response_time.p95");
    let check = &report["checks"][0];
    assert_eq!(
        (code, &check["verdict"]),
        (1, &"regression".into()),
        "{check}"
    );
    assert_eq!(check["n"], serde_json::json!([400, 400]));
}

#[test]
fn totals_that_requests_do_not_tell_prove_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let whole = r#","cost":0.02,"tokens":{"input":1000,"output":100}"#;
    let lines = |name: &str, of: &dyn Fn(u32) -> String| {
        let mut text = String::new();
        for n in 0..48_u32 {
            let _ = writeln!(
                text,
                r#"{{"kind":"operation","time":"2026-03-02T08:{n:02}:00Z","session":"{name}{}",{}}}"#,
                n / 4,
                request(&of(n))
            );
        }
        std::fs::create_dir_all(folder.path().join(name)).unwrap();
        std::fs::write(folder.path().join(name).join("records.jsonl"), text).unwrap();
    };
    lines("a", &|_| whole.to_owned());
    // Every second request has no cost, or no tokens either.
    for (more, metric, told) in [
        (
            r#","tokens":{"input":1000,"output":100}"#,
            "cost",
            "24 of 48 requests of b do not tell it",
        ),
        ("", "output_tokens", "24 of 48 requests of b do not tell it"),
    ] {
        lines("b", &|n| {
            if n % 2 == 0 {
                whole.to_owned()
            } else {
                more.to_owned()
            }
        });
        let c = compared(folder.path(), metric);
        assert_eq!(
            (&c["reason"], &c["note"]),
            (&"incomplete".into(), &told.into())
        );
        assert_eq!(
            (&c["verdict"], &c["p"]),
            (&"insufficient".into(), &Value::Null)
        );
        let arguments = ["gate", "--baseline", "./b", "a", "--metric", metric];
        assert_eq!(json(folder.path(), &arguments).0, 3);
    }
    // A model without a price: its tokens cost something, but nobody knows what.
    lines("b", &|n| {
        let own = r#","tokens":{"input":1000,"output":100}"#;
        if n % 2 == 0 {
            own.to_owned()
        } else {
            format!(r#","model":"new-model"{own}"#)
        }
    });
    let text = std::fs::read_to_string(folder.path().join("b/records.jsonl")).unwrap();
    let text = text.replace(
        r#""model":"claude-sonnet-4-5","model":"new-model""#,
        r#""model":"new-model""#,
    );
    std::fs::write(folder.path().join("b/records.jsonl"), text).unwrap();
    lines("a", &|_| {
        r#","tokens":{"input":1000,"output":100}"#.to_owned()
    });
    let c = compared(folder.path(), "computed_cost");
    assert_eq!(c["note"], "24 of 48 requests of b have no known price");
}

/// Sessions whose log stopped before the last count (`stop_reason` null) tell only a lower bound.
#[test]
fn lower_bounds_decide_nothing() {
    let folder = tempfile::tempdir().unwrap();
    for (name, stop, output) in [("a", r#""end_turn""#, 500), ("b", "null", 3)] {
        let at = folder.path().join(name);
        std::fs::create_dir(&at).unwrap();
        for session in 0..8 {
            let mut text = String::new();
            for n in 0..4 {
                let time = |seconds: u32| {
                    format!("2026-03-02T{:02}:{:02}:{seconds:02}.000Z", 8 + session, n)
                };
                let _ = writeln!(
                    text,
                    r#"{{"type":"user","sessionId":"{name}{session}","uuid":"u{session}-{n}","timestamp":"{}","message":{{"role":"user","content":"x"}}}}"#,
                    time(0)
                );
                let _ = writeln!(
                    text,
                    r#"{{"type":"assistant","sessionId":"{name}{session}","uuid":"a{session}-{n}","timestamp":"{}","requestId":"r{name}{session}-{n}","message":{{"id":"m{name}{session}-{n}","role":"assistant","model":"claude-sonnet-4-5","stop_reason":{stop},"content":[{{"type":"text","text":"x"}}],"usage":{{"input_tokens":10,"output_tokens":{output}}}}}}}"#,
                    time(5)
                );
            }
            std::fs::write(at.join(format!("{name}{session}.jsonl")), text).unwrap();
        }
    }
    let c = compared(folder.path(), "output_tokens");
    assert_eq!(
        c["note"],
        "32 of 32 requests of b tell only a lower bound of it"
    );
    assert_eq!(
        (&c["reason"], &c["verdict"]),
        (&"incomplete".into(), &"insufficient".into())
    );
    let usual = ["gate", "--baseline", "./b", "a"];
    let (code, report) = json(folder.path(), &usual);
    let output = report["checks"]
        .as_array()
        .unwrap()
        .iter()
        .find(|c| c["metric"] == "output_tokens");
    assert_eq!(
        (code, &output.unwrap()["verdict"]),
        (0, &"insufficient".into())
    );
    assert_eq!(compared(folder.path(), "response_time")["verdict"], "same");
}

/// Thirty fast sessions and ten slow ones, and the same again.
#[test]
fn a_selection_holds_for_a_saved_baseline_too() {
    let folder = tempfile::tempdir().unwrap();
    let of = |n: u32| {
        let (interface, seconds) = if n.is_multiple_of(4) {
            ("slow", 6.0)
        } else {
            ("fast", 1.0)
        };
        let seconds = seconds * (1.0 + f64::from(n % 10) / 100.0);
        format!(r#"{},"interface":"{interface}""#, step(seconds))
    };
    records(folder.path(), "a", 0..40, of);
    records(folder.path(), "b", 100..140, of);
    program(folder.path())
        .args(["baseline", "save", "main", "a"])
        .assert()
        .success();
    for baseline in ["main", "./a"] {
        let arguments = [
            "gate",
            "b",
            "--where",
            "interface=slow",
            "--metric",
            "response_time",
            "--baseline",
            baseline,
        ];
        let (code, report) = json(folder.path(), &arguments);
        let check = &report["checks"][0];
        assert_eq!(
            (code, &check["units"]),
            (0, &serde_json::json!([10, 10])),
            "{check}"
        );
    }
}

#[test]
fn a_candidate_without_the_tasks_of_the_baseline_does_not_pass() {
    let folder = tempfile::tempdir().unwrap();
    let of = |name: &'static str| {
        move |n: u32| {
            format!(
                r#"{},"task":"{name}{n}""#,
                step(1.0 + f64::from(n % 5) / 100.0)
            )
        }
    };
    records(folder.path(), "a", 0..20, of("t"));
    records(folder.path(), "b", 100..120, of("u"));
    let (code, report) = gated(folder.path(), "response_time");
    assert_eq!((code, &report["verdict"]), (0, &"inconclusive".into()));
    assert_eq!(
        (&report["tasks"]["both"], &report["tasks"]["base_only"]),
        (&0.into(), &20.into())
    );
}

/// 5 % more is just the tolerance, whatever the numbers.
#[test]
fn just_at_the_tolerance_is_inside() {
    let folder = tempfile::tempdir().unwrap();
    for base in [10.0, 2.0, 20.0, 3.0, 0.2] {
        records(folder.path(), "a", 0..10, |_| step(base));
        records(folder.path(), "b", 100..110, |_| step(base * 1.05));
        let (code, report) = gated(folder.path(), "response_time");
        assert_eq!((code, &report["verdict"]), (0, &"pass".into()), "{base}");
    }
    records(folder.path(), "b", 100..110, |_| step(0.2 * 1.06));
    assert_eq!(gated(folder.path(), "response_time").0, 1);
    // 60 times 1.0024 s against 60 times 1.0992 s are 9.66 % more, inside the 10 % of a tail.
    records(folder.path(), "a", 0..60, |_| step(1.0024));
    records(folder.path(), "b", 100..160, |_| step(1.0992));
    let (code, report) = gated(folder.path(), "response_time.p95");
    near(&report["checks"][0]["effect"]["estimate"], 1.0992 / 1.0024);
    assert_eq!(code, 0);
}

#[test]
fn a_bare_number_is_taken_for_a_percentage_and_said() {
    let folder = tempfile::tempdir().unwrap();
    records(folder.path(), "a", 0..10, |_| step(1.0));
    records(folder.path(), "b", 100..110, |_| step(1.5));
    program(folder.path())
        .args([
            "gate",
            "--baseline",
            "./a",
            "b",
            "--max-regression",
            "response_time=10",
        ])
        .args(["--min", "success_rate=95"])
        .assert()
        .code(1)
        .stderr(
            contains("response_time=10: 10 is taken for 10%").and(contains("95 is taken for 95%")),
        );
}

/// From 100 % of the budget to 160 % it goes away from what was planned, and back it comes nearer.
#[test]
fn more_than_the_budget_is_as_far_away_as_less() {
    let folder = tempfile::tempdir().unwrap();
    let used = |input: u32| {
        move |n: u32| {
            let input = input + n;
            request(&format!(
                r#","tokens":{{"input":{input},"output":1}},"tokens_budget":1000"#
            ))
        }
    };
    records(folder.path(), "a", 0..20, used(1_000));
    records(folder.path(), "b", 100..120, used(1_600));
    assert_eq!(
        compared(folder.path(), "token_efficiency")["verdict"],
        "worse"
    );
    let back = ["compare", "b", "a", "--metric", "token_efficiency"];
    assert_eq!(
        json(folder.path(), &back).1["comparisons"][0]["verdict"],
        "better"
    );
}

/// One accepted, one that cannot be judged: nothing was judged.
#[test]
fn what_is_accepted_judges_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let of = |seconds: f64| {
        move |n: u32| match n % 100 {
            0..3 => format!(r#""operation":"task","duration":{seconds},"outcome":"ok","cost":0.1"#),
            _ => step(seconds),
        }
    };
    records(folder.path(), "a", 0..23, of(1.0));
    records(folder.path(), "b", 100..123, of(2.0));
    program(folder.path())
        .args(["baseline", "save", "main", "a"])
        .assert()
        .success();
    program(folder.path())
        .args([
            "baseline",
            "accept",
            "main",
            "--metric",
            "response_time",
            "--reason",
            "meant",
        ])
        .assert()
        .success();
    let arguments = ["gate", "b", "--baseline", "main", "--off", "success_rate"];
    let (code, report) = json(folder.path(), &arguments);
    assert_eq!(
        (code, &report["verdict"]),
        (3, &"insufficient".into()),
        "{report}"
    );
}

/// The same logs, by a table in which all costs half as much.
#[test]
fn costs_by_other_prices_are_not_compared() {
    let folder = tempfile::tempdir().unwrap();
    let tokens = request(r#","tokens":{"input":1000,"output":100}"#);
    records(folder.path(), "a", 0..12, |_| tokens.clone());
    let prices = r#"{"date":"2099-01-01","source":"invented","unit":"US dollars for a million tokens",
        "models":[{"model":"claude-sonnet-4-5","prices":[{"fresh":1.5,"output":7.5}]}]}"#;
    std::fs::write(folder.path().join("half.json"), prices).unwrap();
    program(folder.path())
        .args(["baseline", "save", "main", "a"])
        .assert()
        .success();
    let arguments = ["gate", "a", "--metric", "computed_cost", "--baseline"];
    program(folder.path())
        .args(arguments)
        .args(["main", "--prices", "half.json"])
        .assert()
        .code(3)
        .stderr(
            contains("costs at list prices are not compared").and(contains("that of 2099-01-01")),
        );
    program(folder.path())
        .args(arguments)
        .args(["./a", "--prices", "half.json"])
        .assert()
        .code(0);
}

/// A monitor that samples the processor alone.
#[test]
fn what_is_there_is_compared_where_nothing_usual_is() {
    let folder = tempfile::tempdir().unwrap();
    for (name, level) in [("a", 20), ("b", 60)] {
        let mut text = String::new();
        for n in 0..200_u32 {
            let (hour, minute) = (n / 60, n % 60);
            let value = f64::from(level + n * 7 % 10) / 100.0;
            let _ = writeln!(
                text,
                r#"{{"kind":"sample","time":"2026-03-02T{hour:02}:{minute:02}:00Z","metric":"cpu_utilization","value":{value}}}"#
            );
        }
        std::fs::create_dir(folder.path().join(name)).unwrap();
        std::fs::write(folder.path().join(name).join("samples.jsonl"), text).unwrap();
    }
    let (code, report) = json(folder.path(), &["compare", "a", "b"]);
    let c = &report["comparisons"][0];
    assert_eq!(
        (code, &c["metric"], &c["verdict"]),
        (0, &"cpu_utilization".into(), &"worse".into())
    );
}
