//! `doctor`, through the built program, on two invented weeks with a known step.
//!
//! 20 sessions a day of three steps each: a context preparation of 0.5 s, then a model request of 1.4 s on the mean, with a
//! fixed pattern around it that sums to nothing. From Monday 9 March 12:00 on preparations take 1.0 s, and then the cache got
//! smaller. By hand: a step takes 1.9 s before and 2.4 s after, and the preparation is all of the 0.5 s between.

use std::fmt::Write as _;
use std::path::Path;

use predicates::prelude::*;
use predicates::str::contains;
use serde_json::Value;

use super::{fixture, program};
use crate::whole::schema::check;

fn weeks(folder: &Path) {
    let mut text = String::new();
    for day in 2..=15 {
        for session in 0..20 {
            let minute = 135 + 65 * session;
            let is_slow = day > 9 || (day == 9 && minute >= 720);
            for step in 0..3 {
                let id = format!("{day}-{session}-{step}");
                let noise = f64::from((step + session + day) % 3 - 1) * 0.2;
                let (prepared, asked) = (if is_slow { 1.0 } else { 0.5 }, 1.4 + noise);
                let (hour, minute) = (minute / 60, minute % 60);
                let mut line = |kind: &str, start: f64, length: f64, more: &str| {
                    let second = f64::from(step) * 10.0 + start;
                    writeln!(
                        text,
                        r#"{{"kind":"operation","operation":"{kind}","time":"2026-03-{day:02}T{hour:02}:{minute:02}:{second:06.3}Z","duration":{length:.3},"outcome":"ok","session":"s{day}-{session}",{more}}}"#
                    )
                    .unwrap();
                };
                line("step", 0.0, prepared + asked, &format!(r#""id":"{id}""#));
                line(
                    "context_preparation",
                    0.0,
                    prepared,
                    &format!(r#""parent":"{id}""#),
                );
                line(
                    "model_request",
                    prepared,
                    asked,
                    &format!(r#""parent":"{id}""#),
                );
            }
        }
    }
    text.push_str(
        r#"{"kind":"event","event":"config_change","time":"2026-03-09T12:00:00Z","knob":"context.cache_size","from":100,"to":50}"#,
    );
    std::fs::write(folder.join("records.jsonl"), text).unwrap();
}

fn diagnosis(folder: &Path, arguments: &[&str]) -> Value {
    let output = program(folder)
        .args(["doctor", "--quiet", "--format", "json"])
        .args(arguments)
        .output()
        .unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn the_part_that_grew_is_found() {
    let folder = tempfile::tempdir().unwrap();
    weeks(folder.path());
    let d = diagnosis(folder.path(), &["records.jsonl"]);
    assert_eq!(d["conclusion"]["kind"], "part");
    assert_eq!(d["conclusion"]["check"], "context preparation");
    let near = |value: &Value, expected: f64| {
        assert!(
            (value.as_f64().unwrap() - expected).abs() < 0.02,
            "{value} {expected}"
        );
    };
    near(&d["conclusion"]["seconds"], 0.5);
    near(&d["conclusion"]["of_seconds"], 0.5);
    let part = |name: &str| {
        d["parts"]
            .as_array()
            .unwrap()
            .iter()
            .find(|p| p["part"] == name)
            .unwrap()
    };
    for (name, before, after) in [
        ("context_preparation", 0.5, 1.0),
        ("model", 1.4, 1.4),
        ("all", 1.9, 2.4),
    ] {
        near(&part(name)["before"], before);
        near(&part(name)["after"], after);
    }
    assert!(
        d["since"]["with"][0]
            .as_str()
            .unwrap()
            .contains("context.cache_size"),
        "{}",
        d["since"]
    );
    program(folder.path())
        .args(["doctor", "records.jsonl", "--width", "60"])
        .assert()
        .code(0)
        .stdout(
            contains("Most of it is context preparation")
                .and(contains("config_change context.cache_size"))
                .and(contains("? network")),
        );
}

#[test]
fn the_document_holds_to_its_schema() {
    let folder = tempfile::tempdir().unwrap();
    weeks(folder.path());
    let output = program(folder.path())
        .args(["doctor", "--json-schema"])
        .output()
        .unwrap();
    let schema: Value = serde_json::from_slice(&output.stdout).unwrap();
    let demo = fixture("demo");
    for path in ["records.jsonl", demo.to_str().unwrap()] {
        for symptom in ["slow", "memory", "system"] {
            let document = diagnosis(folder.path(), &[path, "--symptom", symptom]);
            let mut faults = Vec::new();
            check(&document, &schema, &schema, "", &mut faults);
            assert!(faults.is_empty(), "{path}, {symptom}: {faults:#?}");
            let checks = document["checks"].as_array().unwrap();
            assert!(!checks.is_empty());
            for check in checks {
                // What was not measured has no figure, and says what would measure it.
                let is_open = check["finding"] == "cannot_tell";
                assert!(!(is_open && check["next"].is_null()), "{check}");
                assert!(
                    !is_open || check["figures"].as_array().unwrap().is_empty(),
                    "{check}"
                );
            }
        }
    }
}

#[test]
fn every_output_and_every_slip() {
    let folder = tempfile::tempdir().unwrap();
    for (format, expected) in [
        ("text", "── Checked"),
        ("markdown", "| | check |"),
        ("jsonl", r#""check":"network""#),
        ("yaml", "symptom: slow"),
    ] {
        program(folder.path())
            .args(["doctor", "--format", format])
            .arg(fixture("demo"))
            .assert()
            .code(0)
            .stdout(contains(expected));
    }
    program(folder.path())
        .args(["doctor", "--format", "html"])
        .arg(fixture("demo"))
        .assert()
        .code(2)
        .stderr(contains("yaml or markdown"));
    program(folder.path())
        .args(["doctor", "--symptom", "slowly"])
        .arg(fixture("demo"))
        .assert()
        .code(2)
        .stderr(contains("slow"));
    std::fs::create_dir(folder.path().join("empty")).unwrap();
    program(folder.path())
        .args(["doctor", "empty"])
        .assert()
        .code(3)
        .stdout(contains("Nothing that is looked at was measured"));
}
