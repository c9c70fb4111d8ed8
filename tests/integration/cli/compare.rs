//! `compare`, through the built program. Expected figures by hand: with 8 pairs that all differ in one
//! direction the exact two-sided p of Wilcoxon's test is 2 ÷ 2⁸.

use std::path::Path;

use predicates::prelude::*;
use predicates::str::contains;
use serde_json::Value;

use super::{fixture, program};

/// Steps of `tasks` tasks, the time of task i being `seconds(i)`, a session for each.
fn steps(
    file: &Path,
    tasks: usize,
    interface: impl Fn(usize) -> &'static str,
    seconds: impl Fn(usize) -> f64,
) {
    let lines: Vec<String> = (0..tasks)
        .map(|i| {
            format!(
                r#"{{"kind":"operation","operation":"step","time":"2026-03-02T08:{:02}:{:02}Z","duration":{},"outcome":"ok","session":"s{i}","task":"t{i}","interface":"{}"}}"#,
                i / 60,
                i % 60,
                seconds(i),
                interface(i)
            )
        })
        .collect();
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(file, lines.join("\n")).unwrap();
}

fn one(_: usize) -> &'static str {
    "one"
}

#[allow(clippy::cast_precision_loss)]
fn seconds(i: usize) -> f64 {
    2.0 + i as f64 * 0.25
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

fn comparison<'a>(document: &'a Value, metric: &str) -> &'a Value {
    let rows = document["comparisons"].as_array().unwrap();
    rows.iter().find(|c| c["metric"] == metric).unwrap()
}

#[test]
fn the_same_tasks_are_paired_and_half_the_time_is_half() {
    let folder = tempfile::tempdir().unwrap();
    steps(&folder.path().join("a/r.jsonl"), 8, one, seconds);
    steps(&folder.path().join("b/r.jsonl"), 8, one, |i| {
        seconds(i) / 2.0
    });
    let (code, document) = json(
        folder.path(),
        &[
            "compare",
            "FANCY=a",
            "SIMPLE=b",
            "--metric",
            "response_time",
        ],
    );
    assert_eq!(code, 0);
    let c = comparison(&document, "response_time");
    assert_eq!(
        (&c["base"], &c["candidate"]),
        (&"FANCY".into(), &"SIMPLE".into())
    );
    assert_eq!(c["paired"], true);
    assert_eq!(c["units"], serde_json::json!([8, 8]));
    let effect = c["effect"]["estimate"].as_f64().unwrap();
    assert!((effect - 0.5).abs() < 1e-6, "{effect}");
    assert!((c["p"].as_f64().unwrap() - 2.0 / 256.0).abs() < 1e-12);
    assert_eq!(c["verdict"], "better");
    assert_eq!(document["correction"], "holm");
    assert_eq!(document["pairings"][0]["both"], 8);
    // Turned around it is worse, by the inverse.
    let (_, turned) = json(
        folder.path(),
        &["compare", "b", "a", "--metric", "response_time"],
    );
    let t = comparison(&turned, "response_time");
    assert_eq!(t["verdict"], "worse");
    assert!((t["effect"]["estimate"].as_f64().unwrap() - 2.0).abs() < 1e-6);
}

#[test]
fn fail_on_finds_what_it_looks_for() {
    let folder = tempfile::tempdir().unwrap();
    steps(&folder.path().join("a/r.jsonl"), 8, one, seconds);
    steps(&folder.path().join("b/r.jsonl"), 8, one, |i| {
        seconds(i) * 2.0
    });
    let worse = ["compare", "a", "b", "--fail-on", "worse"];
    program(folder.path())
        .args(worse)
        .assert()
        .code(1)
        .stdout(contains("b is worse than a"));
    let better = ["compare", "a", "b", "--fail-on", "better"];
    program(folder.path()).args(better).assert().code(0);
}

#[test]
fn an_input_against_itself_is_the_same() {
    let folder = tempfile::tempdir().unwrap();
    steps(&folder.path().join("a/r.jsonl"), 8, one, seconds);
    let (code, document) = json(folder.path(), &["compare", "a", "x=a"]);
    assert_eq!(code, 0);
    let c = comparison(&document, "response_time");
    assert_eq!(
        (&c["verdict"], c["p"].as_f64()),
        (&"same".into(), Some(1.0))
    );
    assert_eq!(c["n"], serde_json::json!([8, 8]));
}

/// p of every split tried, from tests/reference/stats.py.
#[test]
fn lists_of_numbers_agree_with_every_split() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("base.txt"), "# a\n0\n1\n2\n3\n").unwrap();
    std::fs::write(folder.path().join("candidate.txt"), "10\n11\n12\n13").unwrap();
    let (code, document) = json(
        folder.path(),
        &["compare", "--values", "base.txt", "candidate.txt"],
    );
    assert_eq!(code, 0);
    let c = &document["comparisons"][0];
    assert!((c["p"].as_f64().unwrap() - 0.028_571_428_571_428_57).abs() < 1e-12);
    assert_eq!(c["effect"]["kind"], "difference");
    assert_eq!(c["effect"]["estimate"], 10.0);
    assert_eq!(c["verdict"], "different");
    std::fs::write(folder.path().join("bad.txt"), "1\nx\n").unwrap();
    program(folder.path())
        .args(["compare", "--values", "base.txt", "bad.txt"])
        .assert()
        .code(2)
        .stderr(contains("bad.txt:2: not a number"));
}

/// Within each interface the candidate takes a tenth less; as a whole it takes more, since it uses
/// the slow interface more often.
#[test]
fn a_reversal_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let mostly = |share: usize| move |i: usize| if i % 10 < share { "quick" } else { "slow" };
    let of = |which: &'static str, i: usize, factor: f64| {
        let base = if which == "quick" { 1.0 } else { 5.0 };
        #[allow(clippy::cast_precision_loss)]
        let noise = 1.0 + (i * 7 % 11) as f64 / 100.0;
        base * factor * noise
    };
    let write = |name: &str, share: usize, factor: f64| {
        let lines: Vec<String> = (0..80)
            .map(|i| {
                let which = mostly(share)(i);
                format!(
                    r#"{{"kind":"operation","operation":"step","time":"2026-03-02T08:{:02}:{:02}Z","duration":{:.4},"outcome":"ok","session":"{name}{i}","interface":"{which}"}}"#,
                    i / 60,
                    i % 60,
                    of(which, i, factor)
                )
            })
            .collect();
        std::fs::create_dir_all(folder.path().join(name)).unwrap();
        std::fs::write(folder.path().join(name).join("r.jsonl"), lines.join("\n")).unwrap();
    };
    write("before", 8, 1.0);
    write("after", 2, 0.9);
    let (_, document) = json(
        folder.path(),
        &["compare", "before", "after", "--metric", "response_time"],
    );
    assert_eq!(comparison(&document, "response_time")["verdict"], "worse");
    let row = &document["strata"][0];
    assert_eq!(row["dimension"], "interface");
    assert_eq!(row["is_reversed"], true);
    for stratum in row["within"].as_array().unwrap() {
        let estimate = stratum["estimate"].as_f64().unwrap();
        assert!((estimate - 0.9).abs() < 0.03, "{estimate}");
    }
    // Like with like it is a tenth less, which its interval holds, and no group wins by the whole.
    let alike = &row["like_with_like"];
    let end = |key: &str| alike[key].as_f64().unwrap();
    assert!(
        end("low") < 0.9 && 0.9 < end("high") && end("high") < 1.0,
        "{alike}"
    );
    assert_eq!(document["decisions"][0]["winner"], Value::Null);
    program(folder.path())
        .args(["compare", "before", "after", "--width", "200"])
        .assert()
        .stdout(contains("turns around where like is compared with like"))
        .stdout(contains(
            "like with like, by interface, it is ×0.90 [×0.89, ×0.91]",
        ))
        .stdout(contains("Reversed").and(contains("the sign is the other")));
}

/// Summaries without the values behind them: 2.3 s v 0.2 s is 11.5 times, 245 MB v 35 MB 7 times, 95 % v 82 %
/// 13 points, whatever the text beside them says. No interval, no verdict.
#[test]
fn summaries_are_compared_as_plain_numbers() {
    let blocks = fixture("mode-block");
    let arguments = ["compare", "modes.yaml", "--by", "mode"];
    let (code, document) = json(&blocks, &arguments);
    assert_eq!(code, 3);
    for (metric, kind, effect) in [
        ("context_preparation_time", "ratio", 0.2 / 2.3),
        ("memory_usage", "ratio", 35.0 / 245.0),
        ("accuracy", "difference", -0.13),
    ] {
        let c = comparison(&document, metric);
        let plain = &c["plain_effect"];
        assert_eq!(plain["kind"], kind, "{c}");
        let estimate = plain["estimate"].as_f64().unwrap();
        assert!((estimate - effect).abs() < 1e-9, "{metric}: {estimate}");
        assert_eq!(
            (&c["effect"], &c["reason"], &c["verdict"]),
            (&Value::Null, &"no-interval".into(), &"insufficient".into())
        );
    }
    program(&blocks)
        .args(arguments)
        .args(["--width", "200"])
        .assert()
        .code(3)
        .stdout(contains("no interval").and(contains(
            "SIMPLE prepares 11.5× faster and uses 7.00× less memory, accuracy is 13.0 points lower",
        )));
}

#[test]
fn too_little_is_3_and_bad_usage_is_2() {
    let folder = tempfile::tempdir().unwrap();
    steps(&folder.path().join("a/r.jsonl"), 3, one, seconds);
    steps(&folder.path().join("b/r.jsonl"), 3, one, seconds);
    program(folder.path())
        .args(["compare", "a", "b"])
        .assert()
        .code(3)
        .stdout(contains("Too little data").and(contains("insufficient")));
    program(folder.path())
        .args(["compare", "a"])
        .assert()
        .code(2)
        .stderr(contains("--by"));
    program(folder.path())
        .args(["compare", "a", "b", "--metric", "reponse_time"])
        .assert()
        .code(2)
        .stderr(contains("response_time"));
    program(folder.path())
        .args(["compare", "a", "--by", "colour"])
        .assert()
        .code(2)
        .stderr(contains("mode, interface"));
}

#[test]
fn every_format_holds_the_same_comparisons() {
    let demo = fixture("demo");
    let run = |format: &str| {
        let output = program(demo.parent().unwrap())
            .args(["compare", "demo", "--by", "mode", "--format", format])
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(0), "{format}");
        String::from_utf8(output.stdout).unwrap()
    };
    let document: Value = serde_json::from_str(&run("json")).unwrap();
    let rows = document["comparisons"].as_array().unwrap().len();
    let yaml: Value = serde_yaml::from_str(&run("yaml")).unwrap();
    assert_eq!(yaml["comparisons"].as_array().unwrap().len(), rows);
    assert_eq!(run("jsonl").lines().count(), rows);
    assert_eq!(run("csv").lines().count(), rows + 1);
    let markdown = run("markdown");
    assert_eq!(
        markdown.lines().filter(|l| l.starts_with("| ")).count(),
        rows + 1
    );
    assert!(markdown.contains("A trade"), "{markdown}");
}

#[test]
fn the_page_fits_every_width() {
    let demo = fixture("demo");
    for width in [60, 80, 120, 200] {
        let output = program(demo.parent().unwrap())
            .args([
                "compare",
                "demo",
                "--by",
                "mode",
                "--width",
                &width.to_string(),
            ])
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let widest = text.lines().map(|l| l.chars().count()).max().unwrap();
        assert!(widest <= width, "{widest} > {width}:\n{text}");
    }
    let ascii = program(demo.parent().unwrap())
        .args(["compare", "demo", "--by", "mode", "--ascii"])
        .output()
        .unwrap();
    assert!(ascii.stdout.is_ascii());
}
