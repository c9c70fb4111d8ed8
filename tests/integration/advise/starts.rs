//! What would fall away from the cost of streams, at most, each worked out by hand.

use perfadvise::metrics::Metric;
use perfadvise::scenario::outcome::Change;
use perfadvise::scenario::streams::starts;
use perfadvise::workload::Workload;
use serde_json::{Value, json};

use super::operation;
use super::streams::priced;

/// A request of claude-opus-4-5: 5 dollars a million fresh, 0.50 read, 6.25 written.
fn opus(agent: &str, session: &str, start: u32, [fresh, read, written]: [u32; 3]) -> Value {
    operation(
        "model_request",
        start,
        2.0,
        json!({
            "id": format!("{session}-{agent}-{start}"), "session": session, "agent": agent,
            "model": "claude-opus-4-5", "provider": "anthropic",
            "tokens": {"input": fresh, "cache_read": read, "cache_write": written, "output": 0},
        }),
    )
}

/// What falls away from the cost at list prices, in dollars.
fn saved(change: Option<&Change>) -> f64 {
    let reliefs = &change.unwrap().reliefs;
    let cost = |metric| matches!(metric, Metric::ComputedCost);
    assert!(reliefs.iter().all(|r| cost(r.metric)), "{reliefs:?}");
    -reliefs.iter().map(|r| r.sum).sum::<f64>()
}

#[track_caller]
fn near(value: f64, expected: f64) {
    assert!((value / expected - 1.0).abs() < 1e-9, "{value} {expected}");
}

/// One conversation starts with 10,000 tokens, another with 40,000: 30,000 are more. They are written once and read
/// once; after a compaction 20,000 are sent anew, of which the lightest start would be 10,000.
#[test]
fn conversations_start_as_lightly_as_the_lightest() {
    let light = [
        opus("main", "s1", 0, [0, 0, 10_000]),
        opus("main", "s1", 60, [0, 10_000, 50_000]),
    ];
    let heavy = [
        opus("main", "s2", 0, [0, 0, 40_000]),
        opus("main", "s2", 60, [0, 40_000, 10_000]),
        opus("main", "s2", 120, [0, 0, 20_000]),
    ];
    let workload = priced(&[&light[..], &heavy].concat());
    let written = (30_000.0 + 10_000.0) * 6.25e-6;
    let read = 30_000.0 * 0.5e-6;
    near(
        saved(starts::heavy_starts(&workload).as_ref()),
        written + read,
    );
    // Conversations of one request, and a single conversation, have nothing lighter to be compared with.
    let single = priced(&[&light[..1], &heavy].concat());
    assert_eq!(starts::heavy_starts(&single), None);
}

/// Of 40,000 tokens of the start the cache still holds 25,000: of the 30,000 that are more, 15,000 were written again
/// at most; where nothing is written they are fresh.
#[test]
fn a_start_that_is_half_in_the_cache() {
    let lines = |second: [u32; 3]| {
        priced(&[
            opus("main", "s1", 0, [0, 0, 10_000]),
            opus("main", "s1", 60, [0, 10_000, 0]),
            opus("main", "s2", 0, [0, 0, 40_000]),
            opus("main", "s2", 900, second),
        ])
    };
    let start = 30_000.0 * 6.25e-6;
    let read = 15_000.0 * 0.5e-6;
    for (second, price) in [
        ([0, 25_000, 25_000], 6.25e-6),
        ([25_000, 25_000, 0], 5e-6),
        // Half and half: of which kind they are is not known.
        ([12_500, 25_000, 12_500], 5.625e-6),
    ] {
        let change = starts::heavy_starts(&lines(second));
        near(saved(change.as_ref()), start + read + 15_000.0 * price);
    }
}

/// Main conversation and subagents of two sessions.
fn with_subagents() -> Workload {
    let mut workload = priced(&[
        opus("main", "s1", 0, [0, 0, 90_000]),
        opus("a", "s1", 10, [0, 0, 20_000]),
        opus("a", "s1", 20, [0, 20_000, 1_000]),
        opus("b", "s1", 30, [1_000, 0, 30_000]),
        opus("b", "s1", 40, [0, 31_000, 2_000]),
        // Told last, but it was the first.
        opus("c", "s1", 5, [0, 10_000, 20_000]),
        opus("a", "s2", 60, [0, 0, 50_000]),
    ]);
    for stream in &mut workload.streams {
        stream.is_subagent = workload.catalog.text(stream.agent) != "main";
    }
    workload
}

/// Of three subagents of a session the first one stays, and of the others the input of the first requests falls away.
#[test]
fn one_subagent_does_the_work_of_all() {
    let workload = with_subagents();
    let a = 20_000.0 * 6.25e-6;
    let b = 1_000.0 * 5e-6 + 30_000.0 * 6.25e-6;
    near(saved(starts::further_subagents(&workload).as_ref()), a + b);
    let mut single = workload;
    let catalog = &single.catalog;
    let other = single.streams.iter().map(|s| s.unit).max().unwrap();
    single
        .streams
        .retain(|s| !["a", "b"].contains(&catalog.text(s.agent)) || s.unit == other);
    assert_eq!(starts::further_subagents(&single), None);
}
