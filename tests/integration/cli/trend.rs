//! `trend`, through the built program, on series made by hand: a step, none, a drift, a value far off. Where the step
//! is and what the line reaches is known from how they were made.

use std::fmt::Write as _;
use std::path::Path;

use predicates::prelude::*;
use predicates::str::contains;
use serde_json::{Value, json};

use super::{fixture, program};

/// A hash of a number, spread from −1 to 1: noise that every run has alike.
#[allow(clippy::cast_precision_loss)]
fn noise(i: u32) -> f64 {
    let mut z = (u64::from(i) + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
}

/// A build every seven hours from 1 March 2026 on.
fn builds(file: &Path, n: u32, value: impl Fn(u32) -> f64) {
    let beginning: jiff::Timestamp = "2026-03-01T00:00:00Z".parse().unwrap();
    let mut text = String::from("timestamp,value,metric\n");
    for i in 0..n {
        let time = beginning + jiff::SignedDuration::from_hours(7 * i64::from(i));
        writeln!(text, "{time},{:.4},build_time", value(i)).unwrap();
    }
    std::fs::write(file, text).unwrap();
}

fn answer(folder: &Path, arguments: &[&str]) -> (i32, Value) {
    let output = program(folder)
        .arg("trend")
        .args(arguments)
        .args(["--format", "json"])
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let value = serde_json::from_str(&text)
        .unwrap_or_else(|e| panic!("{e}: {text}{}", String::from_utf8_lossy(&output.stderr)));
    (output.status.code().unwrap(), value)
}

/// Of the only series in a file.
fn trend_of(n: u32, value: impl Fn(u32) -> f64) -> Value {
    let folder = tempfile::tempdir().unwrap();
    builds(&folder.path().join("builds.csv"), n, value);
    let (code, document) = answer(folder.path(), &["builds.csv"]);
    assert_eq!(code, 0);
    assert_eq!(document["trends"].as_array().unwrap().len(), 1);
    document["trends"][0].clone()
}

#[test]
fn a_step_is_one_change_point_where_it_was_made() {
    let trend = trend_of(60, |i| if i < 40 { 10.0 } else { 13.0 } + 0.6 * noise(i));
    assert_eq!(
        (&trend["metric"], &trend["n"], &trend["direction"]),
        (&json!("build_time"), &json!(60), &json!("rising"))
    );
    let changes = trend["change_points"].as_array().unwrap();
    assert_eq!(changes.len(), 1);
    assert_eq!(changes[0]["index"], 40);
    // 40 × 7 hours after the beginning; a cell of samples has 15 seconds.
    assert_eq!(changes[0]["time"], "2026-03-12T16:00:00Z");
    let range = [0, 1].map(|at| changes[0]["range"][at].as_u64().unwrap());
    assert!(range[0] <= 40 && 40 <= range[1] && range[1] - range[0] <= 4);
    let ratio = changes[0]["ratio"].as_f64().unwrap();
    assert!((ratio - 1.3).abs() < 0.05, "{ratio}");
    assert!(changes[0]["p"].as_f64().unwrap() < 1e-6);
    assert_eq!(trend["newest"]["verdict"], "normal");
}

#[test]
fn chance_and_a_drift_are_no_change_points() {
    let flat = trend_of(60, |i| 10.0 + 0.6 * noise(i));
    assert_eq!(flat["direction"], "stable");
    assert_eq!(flat["change_points"], json!([]));
    assert_eq!(flat["newest"]["verdict"], "normal");
    let drift = trend_of(60, |i| 10.0 + 0.1 * f64::from(i) + 0.6 * noise(i));
    assert_eq!(drift["direction"], "rising");
    assert_eq!(drift["change_points"], json!([]));
    // 0.1 in seven hours.
    let slope = &drift["slope"];
    let of = |key: &str| slope[key].as_f64().unwrap();
    assert!(of("low") < 2.4 / 7.0 && 2.4 / 7.0 < of("high"), "{slope}");
}

#[test]
fn a_newest_value_far_off_is_suspected() {
    let trend = trend_of(30, |i| if i < 29 { 10.0 } else { 14.0 } + 0.6 * noise(i));
    assert_eq!(trend["newest"]["verdict"], "suspected");
    let limit = trend["newest"]["limit"].as_f64().unwrap();
    assert!(10.6 < limit && limit < 12.0, "{limit}");
    assert_eq!(trend["change_points"], json!([]));
    // Nine values are no history.
    let folder = tempfile::tempdir().unwrap();
    builds(&folder.path().join("b.csv"), 9, |i| 10.0 + noise(i));
    let (_, document) = answer(folder.path(), &["b.csv"]);
    assert_eq!(document["trends"][0]["newest"]["verdict"], "insufficient");
}

#[test]
fn an_index_orders_as_well_and_has_no_time() {
    let folder = tempfile::tempdir().unwrap();
    let mut text = String::from("index,value\n");
    for i in 0..50_u32 {
        let value = if i < 20 { 5.0 } else { 4.0 } + 0.2 * noise(i);
        writeln!(text, "{},{value}", 100 + i).unwrap();
    }
    std::fs::write(folder.path().join("runs.csv"), text).unwrap();
    let (code, document) = answer(folder.path(), &["runs.csv"]);
    assert_eq!((code, &document["period"]), (0, &Value::Null));
    let trend = &document["trends"][0];
    assert_eq!(
        (&trend["ordered_by"], &trend["slope"]["per"], &trend["n"]),
        (&json!("index"), &json!("index"), &json!(50))
    );
    let change = &trend["change_points"][0];
    assert_eq!(
        (&change["index"], &change["time"]),
        (&json!(20), &Value::Null)
    );
    program(folder.path())
        .args(["trend", "runs.csv"])
        .assert()
        .code(0)
        .stdout(contains("at index 120").and(contains("value falls")));
}

#[test]
fn combinations_of_a_series_are_judged_each_on_its_own_and_together() {
    let folder = tempfile::tempdir().unwrap();
    let mut text = String::from("index,value,metric,branch\n");
    for i in 0..40_u32 {
        let value = if i < 20 { 5.0 } else { 4.0 } + 0.2 * noise(i);
        writeln!(text, "{i},{value},speed,old").unwrap();
        writeln!(text, "{i},{},speed,new", 9.0 + 0.2 * noise(i + 100)).unwrap();
    }
    std::fs::write(folder.path().join("runs.csv"), text).unwrap();
    let (_, document) = answer(folder.path(), &["runs.csv"]);
    let found: Vec<(&str, usize)> = document["trends"]
        .as_array()
        .unwrap()
        .iter()
        .map(|t| {
            let changes = t["change_points"].as_array().unwrap().len();
            (t["dims"]["branch"].as_str().unwrap(), changes)
        })
        .collect();
    assert_eq!(found, [("new", 0), ("old", 1)]);
}

#[test]
fn the_demonstration_shows_the_change_and_its_cause() {
    let folder = tempfile::tempdir().unwrap();
    let demo = fixture("demo");
    let demo = demo.to_str().unwrap();
    let (code, document) = answer(folder.path(), &[demo, "--metric", "cache_hit_rate"]);
    assert_eq!(code, 0);
    let trend = &document["trends"][0];
    let change = &trend["change_points"][0];
    assert_eq!(change["time"], "2026-11-05T12:00:00Z");
    assert_eq!(
        change["with"],
        json!(["config_change context.cache_size 120 → 3"])
    );
    let schema = program(folder.path())
        .args(["trend", "--json-schema"])
        .output()
        .unwrap();
    let schema: Value = serde_json::from_slice(&schema.stdout).unwrap();
    let mut faults = Vec::new();
    crate::whole::schema::check(&document, &schema, &schema, "", &mut faults);
    assert!(faults.is_empty(), "{faults:#?}");
    for by in ["text", "markdown", "csv", "yaml", "jsonl"] {
        program(folder.path())
            .args(["trend", demo, "--metric", "cache_hit_rate", "--format", by])
            .assert()
            .code(0)
            .stdout(contains("size 120"));
    }
    program(folder.path())
        .args(["trend", demo, "--by", "mode", "--metric", "response_time"])
        .assert()
        .code(0)
        .stdout(contains("Response time, FANCY"));
}

/// A disk that fills by one point a day from 50 % on: after ten days at 59.5 % in the middle of the day, it
/// reaches 70 % ten and a half days on.
#[test]
fn a_disk_that_fills_has_a_day_on_which_it_is_full() {
    let folder = tempfile::tempdir().unwrap();
    let beginning: jiff::Timestamp = "2026-03-01T00:00:00Z".parse().unwrap();
    let mut text = String::from("timestamp,value,metric\n");
    for hour in 0..240_u32 {
        let time = beginning + jiff::SignedDuration::from_hours(i64::from(hour));
        let value = 0.5 + f64::from(hour) / 2_400.0;
        writeln!(text, "{time},{value},disk_utilization").unwrap();
    }
    std::fs::write(folder.path().join("disk.csv"), text).unwrap();
    std::fs::write(
        folder.path().join("alerts_config.yaml"),
        "alerts:\n  disk_usage:\n    threshold: 0.7\n    severity: warning\n",
    )
    .unwrap();
    let arguments = ["disk.csv", "--config", "alerts_config.yaml"];
    let ahead = [&arguments[..], &["--forecast", "14d"]].concat();
    let (code, document) = answer(folder.path(), &ahead);
    assert_eq!(code, 0);
    let forecast = &document["forecasts"][0];
    assert_eq!(forecast["limit"]["of"], "alert disk_usage", "{forecast}");
    let reached = forecast["reached"]["at"].as_str().unwrap();
    assert!(reached.starts_with("2026-03-21"), "{reached}");
    // Nothing is extended that was not asked for, nor what does not move.
    let (_, document) = answer(folder.path(), &arguments);
    assert_eq!(document["forecasts"], json!([]));
    builds(&folder.path().join("flat.csv"), 60, |i| 10.0 + noise(i));
    let (_, document) = answer(folder.path(), &["flat.csv", "--forecast", "14d"]);
    assert_eq!(document["forecasts"][0]["note"], "no trend to extend");
    assert_eq!(document["forecasts"][0]["value"], Value::Null);
}

#[test]
fn what_cannot_be_answered_says_so() {
    let folder = tempfile::tempdir().unwrap();
    builds(&folder.path().join("short.csv"), 5, |_| 10.0);
    let trend = || {
        let mut command = program(folder.path());
        command.args(["trend", "short.csv"]);
        command
    };
    trend()
        .assert()
        .code(3)
        .stdout(contains("Too few points for a verdict: build_time"));
    trend()
        .args(["--metric", "build_tim"])
        .assert()
        .code(2)
        .stderr(contains("did you mean build_time?"));
    trend()
        .args(["--metric", "response_time"])
        .assert()
        .code(3)
        .stdout(contains("Not measured: response time"));
    trend().args(["--by", "planet"]).assert().code(2);
    for span in ["soon", "-1d", "40y", "0s"] {
        trend()
            .arg(format!("--forecast={span}"))
            .assert()
            .code(2)
            .stderr(contains("--forecast"));
    }
}
