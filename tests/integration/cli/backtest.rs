//! `backtest`, through the built program, on invented work of which the truth is known: each step asks a
//! cache of least recent use that the test runs itself, and a very long run says what a size gives.

use std::collections::VecDeque;
use std::fmt::Write;
use std::path::Path;

use predicates::prelude::*;
use predicates::str::contains;
use serde_json::Value;

use super::program;

/// Seconds of a preparation that hits and of one that misses.
const TOOK: [f64; 2] = [0.1, 2.1];

/// A cache of least recent use.
struct Cache(VecDeque<u32>, usize);

impl Cache {
    fn ask(&mut self, key: u32) -> bool {
        let at = self.0.iter().position(|k| *k == key);
        if let Some(at) = at {
            self.0.remove(at);
        }
        self.0.push_front(key);
        self.0.truncate(self.1);
        at.is_some()
    }
}

/// Numbers that look random, the same in each run (a linear congruence of Knuth's MMIX).
struct Draw(u64);

impl Draw {
    fn next(&mut self) -> f64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        f64::from(u32::try_from(self.0 >> 33).unwrap()) / f64::from(1_u32 << 31)
    }
}

/// Of forty contexts the first are asked for most.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn key(draw: &mut Draw) -> u32 {
    (40.0 * draw.next() * draw.next()) as u32
}

/// Hit rate of a size in a very long run.
fn rate(size: usize) -> f64 {
    let (mut draw, mut cache) = (Draw(1_000_003), Cache(VecDeque::new(), size));
    let hits = (0..300_000).filter(|_| cache.ask(key(&mut draw))).count();
    f64::from(u32::try_from(hits).unwrap()) / 300_000.0
}

/// Sixteen days of ten sessions with ten steps each; on the ninth the cache becomes `size` instead of 5.
fn enlarged(size: usize, seed: u64) -> String {
    let mut draw = Draw(seed);
    let mut cache = Cache(VecDeque::new(), 5);
    let mut lines = String::new();
    for session in 0..160_u32 {
        if session == 80 {
            cache.1 = size;
        }
        for step in 0..10_u32 {
            let key = key(&mut draw);
            let hit = cache.ask(key);
            let took = TOOK[usize::from(!hit)] * (0.8 + 0.4 * draw.next());
            let whole = took + 2.0 + 2.0 * draw.next();
            let time = format!(
                "2026-03-{:02}T{:02}:{:02}:00Z",
                2 + session / 10,
                8 + session % 10,
                step * 5
            );
            let common = format!(
                r#""time":"{time}","outcome":"ok","session":"s{session}","mode":"FANCY","purpose":"testing","interface":"claude_code","host":"a""#
            );
            let id = format!("{session}-{step}");
            writeln!(lines, r#"{{"kind":"operation","operation":"step","id":"{id}","duration":{whole:.6},{common}}}"#).unwrap();
            writeln!(lines, r#"{{"kind":"operation","operation":"context_preparation","parent":"{id}","duration":{took:.6},"cache_key":"k{key}","cache_hit":{hit},{common}}}"#).unwrap();
        }
    }
    lines
}

fn told(knob: &str, from: &str, to: &str) -> String {
    format!(
        r#"{{"kind":"event","event":"config_change","time":"2026-03-10T00:00:00Z","knob":"{knob}","from":{from},"to":{to}}}"#
    ) + "\n"
}

fn run(folder: &Path, lines: &str, options: &[&str]) -> assert_cmd::assert::Assert {
    std::fs::write(folder.join("log.jsonl"), lines).unwrap();
    program(folder)
        .args(["backtest", "log.jsonl"])
        .args(options)
        .args(["--now", "2026-03-20T00:00:00Z"])
        .assert()
}

fn json(lines: &str, code: i32) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let assert = run(folder.path(), lines, &["--format", "json"]).code(code);
    serde_json::from_slice(&assert.get_output().stdout).unwrap()
}

fn of<'a>(change: &'a Value, metric: &str) -> &'a Value {
    let effects = change["effects"].as_array().unwrap();
    effects.iter().find(|e| e["metric"] == metric).unwrap()
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value}"))
}

/// What came is what was projected; and the intervals of what came hold the truth about as often as they promise:
/// of twenty at 95 % fewer than 16 three times in a thousand (binomial).
#[test]
fn a_larger_cache_came_as_projected() {
    let more = rate(20) - rate(5);
    let mut holds = std::collections::BTreeMap::new();
    for seed in 1..=20 {
        let lines = enlarged(20, seed);
        let answer = json(&(lines + &told("context.cache_size", "5", "20")), 0);
        let change = &answer["changes"][0];
        assert_eq!(change["mechanism"], "context");
        assert_eq!(change["units"], serde_json::json!([80, 80]));
        assert_eq!(answer["unused"], serde_json::json!([]));
        for (metric, truth) in [
            ("response_time", more * (TOOK[0] - TOOK[1])),
            ("cache_hit_rate", more),
        ] {
            let e = of(change, metric);
            let came = &e["realised"];
            *holds.entry(metric).or_insert(0) +=
                u32::from(number(&came["low"]) <= truth && truth <= number(&came["high"]));
            let share = number(&came["estimate"]) / number(&e["projected"]["estimate"]);
            assert!((share - number(&e["share"])).abs() < 1e-9);
            assert!((share - 1.0).abs() < 0.35, "{seed} {e}");
            assert!(["as_projected", "in_part"].contains(&e["word"].as_str().unwrap()));
        }
        let all = &answer["calibration"][0];
        assert_eq!(
            (&all["mechanism"], &all["metric"]),
            (&"context".into(), &Value::Null)
        );
        assert!(
            (number(&all["realised_to_projected"]) - 1.0).abs() < 0.3,
            "{all}"
        );
    }
    assert!(holds.values().all(|n| *n >= 16), "{holds:?}");
}

/// The event tells of a change that was not made: nothing came of it, and the calibration says so.
#[test]
fn a_change_that_was_not_made_had_no_effect() {
    for seed in 1..=5 {
        let lines = enlarged(5, seed);
        let answer = json(&(lines + &told("context.cache_size", "5", "20")), 0);
        let change = &answer["changes"][0];
        for metric in ["response_time", "cache_hit_rate"] {
            let e = of(change, metric);
            assert_eq!(e["word"], "no_effect", "{seed} {e}");
            assert_eq!(e["interval_held"], false, "{seed} {e}");
        }
        let all = &answer["calibration"][0];
        assert!(number(&all["realised_to_projected"]).abs() < 0.3, "{all}");
        assert_eq!(answer["changes"][0]["told_by"], "config_change");
    }
}

/// Tests in SIMPLE from the tenth on. Preparations became slower by half on that day whatever the mode: that is in the
/// work that the change cannot touch, too, and is taken off.
#[test]
fn what_changed_by_itself_is_taken_off() {
    let mut lines = told("context.mode_for.testing", "\"FANCY\"", "\"SIMPLE\"");
    let mut draw = Draw(9);
    for session in 0..160_u32 {
        for step in 0..6_u32 {
            let (is_since, is_test) = (session >= 80, step < 3);
            let is_simple = is_test && (is_since || (session + step) % 3 == 0);
            let preparation = if is_simple { 0.5 } else { 2.0 }
                * if is_since { 1.5 } else { 1.0 }
                * (0.9 + 0.2 * draw.next());
            let mode = if is_simple { "SIMPLE" } else { "FANCY" };
            let purpose = if is_test { "testing" } else { "development" };
            let common = format!(
                r#""time":"2026-03-{:02}T{:02}:{:02}:00Z","outcome":"ok","session":"s{session}","mode":"{mode}","purpose":"{purpose}","interface":"claude_code""#,
                2 + session / 10,
                8 + session % 10,
                step * 9
            );
            let id = format!("{session}-{step}");
            let whole = preparation + 3.0;
            writeln!(lines, r#"{{"kind":"operation","operation":"step","id":"{id}","duration":{whole},{common}}}"#).unwrap();
            writeln!(lines, r#"{{"kind":"operation","operation":"context_preparation","parent":"{id}","duration":{preparation},{common}}}"#).unwrap();
        }
    }
    let answer = json(&lines, 0);
    let change = &answer["changes"][0];
    let time = of(change, "response_time");
    // A third of the steps is two thirds of the tests, and each takes 1.5 s less: in seconds of the time before.
    assert!(
        (number(&time["realised"]["estimate"]) + 0.5).abs() < 0.02,
        "{time}"
    );
    assert!(
        (number(&time["projected"]["estimate"]) + 0.5).abs() < 0.02,
        "{time}"
    );
    assert_eq!(time["word"], "as_projected");
    let control = &time["control"];
    assert_eq!(control["what"], "purpose other than testing");
    assert_eq!(control["units"], serde_json::json!([80, 80]));
    assert!(
        (number(&control["change"]["estimate"]) - 1.5).abs() < 0.03,
        "{control}"
    );
    assert_eq!(change["mechanism"], "mode");
}

#[test]
fn what_cannot_be_used_is_said() {
    let lines = enlarged(5, 1);
    for (event, reason) in [
        (
            told("context.colour", "1", "2"),
            "there is no knob of this name",
        ),
        (told("resources.cpu_limit", "0.5", "0.8"), "it is a limit"),
        (
            told("context.cache_size", "5", "\"big\""),
            "does not take the value",
        ),
        (told("context.cache_size", "5", "null"), "is not set since"),
        (
            told("context.cache_size", "5", "9").replace("03-10", "03-02"),
            "nothing was recorded before it",
        ),
        (
            told("context.cache_size", "5", "9").replace("10T00", "17T12"),
            "6 of 10 units lie after it",
        ),
    ] {
        let answer = json(&(lines.clone() + &event), 3);
        let unused = answer["unused"].as_array().unwrap();
        assert_eq!(unused.len(), 1, "{answer}");
        let said = unused[0]["reason"].as_str().unwrap();
        assert!(said.contains(reason), "{said}");
    }
    // Nothing was changed.
    let none = json(&lines, 3);
    assert_eq!(none["unused"], serde_json::json!([]));
    let same = json(&(lines.clone() + &told("context.cache_size", "5", "5")), 3);
    assert_eq!(same["unused"], serde_json::json!([]));
    // Mode switches all the time are no changes of the configuration.
    let mut switched = lines;
    for hour in 0..40 {
        let (mode, other) = if hour % 2 == 0 {
            ("FANCY", "SIMPLE")
        } else {
            ("SIMPLE", "FANCY")
        };
        writeln!(switched, r#"{{"kind":"event","event":"mode_switch","time":"2026-03-{:02}T{:02}:30:00Z","from":"{mode}","to":"{other}","host":"a"}}"#, 4 + hour / 10, 8 + hour % 10).unwrap();
    }
    let answer = json(&switched, 3);
    let unused = answer["unused"].as_array().unwrap();
    assert!(unused[0]["count"].as_u64().unwrap() >= 38, "{answer}");
    assert_eq!(unused[0]["told_by"], "switch");
}

#[test]
fn all_forms_tell_it() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let lines = enlarged(20, 3);
    let lines = lines
        + &told("context.cache_size", "5", "20")
        + &told("context.colour", "1", "2").replace("03-10", "03-14");
    run(here, &lines, &[]).code(0).stdout(
        contains("2 past changes were found")
            .and(contains(
                "context.cache_size 5 → 20: replayed, 80 units before, 40 since",
            ))
            .and(contains("as projected"))
            .and(contains("There is no control"))
            .and(contains("Calibration"))
            .and(contains("there is no knob of this name")),
    );
    run(here, &lines, &["--width", "60"])
        .code(0)
        .stdout(contains("response time: projected"));
    run(here, &lines, &["--format", "markdown"])
        .code(0)
        .stdout(contains("| response time |").and(contains("Not used:")));
    run(here, &lines, &["--format", "csv"])
        .code(0)
        .stdout(contains(
            "2026-03-10T00:00:00Z,context.cache_size=20,context,replay,80,40,response_time,seconds",
        ));
    run(here, &lines, &["--format", "yaml"])
        .code(0)
        .stdout(contains("mechanism: context"));
    run(here, &lines, &["--format", "jsonl"]).code(0);
    run(here, &lines, &["--format", "html"])
        .code(2)
        .stderr(contains("is not written as html"));
    run(here, &lines, &["--json-schema"])
        .code(0)
        .stdout(contains("realised_to_projected"));
}
