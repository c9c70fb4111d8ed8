//! Facts of the two caches and of file filters.

use perfadvise::advise::facts::Facts;
use perfadvise::config::{Config, KnobValue, Origin, Sourced};
use perfadvise::scenario::ahead::{Known, known};
use perfadvise::units::NANOS;
use serde_json::{Value, json};

use super::super::analysis::native;
use super::{at, facts_of, facts_with, is, operation};

/// A preparation with a lookup.
fn lookup(second: u32, session: &str, key: &str, is_hit: bool) -> Value {
    operation(
        "context_preparation",
        second,
        1.0,
        json!({"session": session, "cache_key": key, "cache_hit": is_hit, "host": "a"}),
    )
}

/// s1 asks A, B, A; s2 asks A, B; s3 asks D. Misses are A, B, the second A, D: three of them are first
/// times, one was asked before. A and B are of two sessions of three. Of the three lookups with one
/// before them only s2's B follows A as it did the last time.
#[test]
fn the_context_cache() {
    let facts = facts_of(&[
        lookup(0, "s1", "A", false),
        lookup(10, "s1", "B", false),
        lookup(20, "s1", "A", false),
        lookup(30, "s2", "A", true),
        lookup(40, "s2", "B", true),
        lookup(50, "s3", "D", false),
    ]);
    let fact = |name: &str| facts.all.get(name);
    is(fact("context_cache.compulsory_share"), "value", 3.0 / 4.0);
    is(fact("context_cache.compulsory_share"), "n", 4.0);
    is(fact("context_cache.reasked_share"), "value", 1.0 / 6.0);
    is(fact("context_cache.working_set"), "value", 3.0);
    is(fact("context_cache.common_keys"), "value", 2.0);
    is(fact("context_cache.predictable_share"), "value", 1.0 / 3.0);
    is(fact("context_cache.predictable_share"), "units", 3.0);
    is(fact("cache_hit_rate"), "value", 2.0 / 6.0);
}

/// A start of the process empties the cache: the same context is asked for the first time again.
#[test]
fn a_start_empties_the_cache() {
    let facts = facts_of(&[
        lookup(0, "s1", "A", false),
        json!({"kind": "event", "event": "process_start", "time": at(5), "host": "a"}),
        lookup(10, "s1", "A", false),
    ]);
    let fact = |name: &str| facts.all.get(name);
    is(fact("context_cache.compulsory_share"), "value", 1.0);
    is(fact("context_cache.reasked_share"), "value", 0.0);
    is(fact("context_cache.working_set"), "value", 1.0);
}

/// Preparations take 0.01 s for each file considered, in a quarter of an hour each.
#[test]
fn the_slope_of_files() {
    let lines: Vec<Value> = (1..=12)
        .map(|i| {
            operation(
                "context_preparation",
                i * 900,
                0.1 + 0.01 * f64::from(10 * i),
                json!({"files_considered": 10 * i, "files_used": 5, "session": format!("s{i}")}),
            )
        })
        .collect();
    let facts = facts_of(&lines);
    is(facts.all.get("file_filter.slope"), "value", 0.01);
    is(facts.all.get("file_filter.slope"), "n", 12.0);
    is(facts.all.get("file_use_rate"), "value", 60.0 / 780.0);
}

fn request(second: u32, agent: &str, read: u64, write: u64) -> Value {
    operation(
        "model_request",
        second,
        1.0,
        json!({
            "agent": agent,
            "tokens": {"input": 100, "output": 10, "cache_read": read, "cache_write": write},
        }),
    )
}

/// Agent a never reads and has contexts of 100 + 300, agent b reads, agent c asks only twice.
#[test]
fn streams_without_a_read_of_the_providers_cache() {
    let mut lines: Vec<Value> = (0..3).map(|i| request(i * 10, "a", 0, 300)).collect();
    lines.extend((0..4).map(|i| request(100 + i * 10, "b", 500, 0)));
    lines.extend((0..2).map(|i| request(200 + i * 10, "c", 0, 300)));
    let facts = facts_of(&lines);
    is(facts.all.get("prompt_cache.unused_share"), "value", 0.5);
    is(facts.all.get("prompt_cache.unused_share"), "n", 2.0);
    is(facts.all.get("prompt_cache.unused_context"), "value", 400.0);
}

/// Where nothing is ever read nor written, the source may not know of a cache.
#[test]
fn a_source_without_counts_of_a_cache_says_nothing() {
    let lines: Vec<Value> = (0..3).map(|i| request(i * 10, "a", 0, 0)).collect();
    assert_eq!(facts_of(&lines).all.get("prompt_cache.unused_share"), None);
}

/// Facts of lookups under a cache of 10 contexts with a time to live, in seconds.
fn kept_for(seconds: Option<f64>, lines: &[Value]) -> Facts {
    let mut config = Config::default();
    let of = |value| Sourced {
        value,
        origin: Origin::Default,
    };
    let knobs = [
        ("context.cache_size", Some(10.0)),
        ("context.cache_ttl", seconds),
    ];
    for (knob, value) in knobs {
        if let Some(value) = value {
            config
                .knobs
                .insert(knob.into(), of(KnobValue::Number(value)));
        }
    }
    facts_with(lines, &config)
}

/// Ten minutes: A is prepared at 0 s, anew at 700 s and found at 900 s; B at 1,000 s, anew at 5,000 s and found at 5,300
/// s. Without expiry four of six are found instead of two. An age is that of the preparation: half an hour finds A at
/// 700 and 900 s, but not B at 5,000 s; two hours find all.
#[test]
fn how_long_contexts_must_be_kept() {
    let lines = [
        lookup(0, "s1", "A", false),
        lookup(700, "s1", "A", false),
        lookup(900, "s1", "A", true),
        lookup(1_000, "s2", "B", false),
        lookup(5_000, "s2", "B", false),
        lookup(5_300, "s2", "B", true),
    ];
    let facts = kept_for(Some(600.0), &lines);
    let fact = |name: &str| facts.all.get(name);
    is(fact("context_cache.lifetime_room"), "value", 2.0 / 6.0);
    is(fact("context_cache.sufficient_lifetime"), "value", 7_200.0);
    // A alone: an hour is the first that is tried beyond 2,000 s.
    let alone = [
        lookup(0, "s1", "A", false),
        lookup(700, "s1", "A", false),
        lookup(2_000, "s1", "A", false),
    ];
    let facts = kept_for(Some(600.0), &alone);
    let fact = |name: &str| facts.all.get(name);
    is(fact("context_cache.lifetime_room"), "value", 2.0 / 3.0);
    is(fact("context_cache.sufficient_lifetime"), "value", 3_600.0);
    // What never expires, and what is not reproduced, has no time to live that would do.
    for lifetime in [None, Some(60.0)] {
        let facts = kept_for(lifetime, &lines);
        assert_eq!(facts.all.get("context_cache.lifetime_room"), None);
    }
}

/// A step of a session with its preparation at the beginning and, `after` seconds later, a model request of 4 s.
fn step(
    session: &str,
    second: u32,
    key: &str,
    (took, after): (f64, u32),
    is_hit: bool,
) -> [Value; 3] {
    let id = format!("{session}-{second}");
    let part = |more: Value| {
        let mut part = json!({"session": session, "parent": id, "host": "a", "agent": "main"});
        part.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        part
    };
    let whole = f64::from(after + 4).max(took);
    [
        operation(
            "step",
            second,
            whole,
            json!({"id": id, "session": session, "host": "a"}),
        ),
        operation(
            "context_preparation",
            second,
            took,
            part(json!({"cache_key": key, "cache_hit": is_hit})),
        ),
        operation(
            "model_request",
            second + after,
            4.0,
            part(json!({"tokens": {"input": 9, "output": 1}})),
        ),
    ]
}

/// Steps of 6 s wait for 2 s of preparation each, but where the model answers meanwhile: of 4 s that begin with it, and of 3
/// s of which it leaves one.
#[test]
fn what_runs_beside_the_work_is_not_waited_for() {
    let alone = step("s1", 0, "A", (2.0, 2), false);
    let beside = step("s2", 100, "A", (4.0, 0), false);
    let partly = step("s3", 200, "A", (3.0, 1), false);
    let share = |lines: &[Value]| facts_of(lines).all["preparation.share"].clone();
    is(Some(&share(&alone)), "value", 2.0 / 6.0);
    is(Some(&share(&beside)), "value", 0.0);
    is(Some(&share(&partly)), "value", 1.0 / 5.0);
    is(
        Some(&share(&[alone, beside, partly].concat())),
        "value",
        3.0 / 15.0,
    );
}

/// B follows A, and A follows B, for the first time at 20 and 40 s. Then they are known: B of 4 s has the 18 s from 42 to 60 s,
/// A of 6 s the five from 64 to 69 s; a hit needs none.
#[test]
fn contexts_that_are_known_are_prepared_before_their_step() {
    let steps = [
        step("s1", 0, "A", (2.0, 2), false),
        step("s1", 20, "B", (4.0, 4), false),
        step("s1", 40, "A", (2.0, 2), false),
        step("s1", 60, "B", (4.0, 4), false),
        step("s1", 69, "A", (6.0, 6), false),
        step("s1", 90, "B", (1.0, 1), true),
        // Another one than the last time.
        step("s1", 120, "C", (1.0, 1), false),
    ];
    let spared = |n: usize| -> i64 {
        let known = known(&native(&steps[..n].concat()));
        known.iter().map(Known::spared).sum()
    };
    let seconds = [3, 4, 7].map(|n| spared(n) / NANOS);
    assert_eq!(seconds, [0, 4, 9]);
}
