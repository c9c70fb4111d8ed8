//! Facts of request streams, each worked out by hand.

use std::path::Path;
use std::sync::Arc;

use perfadvise::advise::facts::Facts;
use perfadvise::config::Config;
use perfadvise::prices::PriceTable;
use perfadvise::workload::{FoldOptions, Workload, fold};
use serde_json::{Value, json};

use perfadvise::ingest::{Options, Target};
use perfadvise::pipeline::{self, Request};

use super::super::formats;
use super::{facts_in, facts_of, is, operation};

/// A request of `model`: tokens read, written, output.
fn request(id: &str, start: u32, duration: f64, model: &str, tokens: [u32; 3]) -> Value {
    let [read, written, output] = tokens;
    operation(
        "model_request",
        start,
        duration,
        json!({
            "id": id, "model": model, "provider": "anthropic",
            "tokens": {"input": 0, "cache_read": read, "cache_write": written, "output": output},
        }),
    )
}

fn opus(id: &str, start: u32, duration: f64, tokens: [u32; 3]) -> Value {
    request(id, start, duration, "claude-opus-4-5", tokens)
}

fn call(parent: &str, tool: &str, start: u32, duration: f64) -> Value {
    operation(
        "tool_call",
        start,
        duration,
        json!({"parent": parent, "tool": tool}),
    )
}

/// With costs by the built-in prices.
pub(super) fn priced(lines: &[Value]) -> Workload {
    let text: String = lines.iter().map(|l| format!("{l}\n")).collect();
    let reading = formats::read("native-records", text.as_bytes());
    assert!(reading.problems.is_empty(), "{:?}", reading.problems);
    let options = FoldOptions {
        prices: Some(Arc::new(PriceTable::built_in())),
        ..FoldOptions::default()
    };
    fold(reading.records, &options)
}

fn facts_priced(lines: &[Value]) -> Facts {
    facts_in(&priced(lines), &Config::default())
}

/// 20, 22, 23, 24 thousand tokens of context; the third request comes 940 s after the second, whose change
/// of a file took 900 s, and reads nothing of 22 thousand.
#[test]
fn a_prefix_that_expired_while_somebody_was_waited_for() {
    let facts = facts_of(&[
        opus("a", 0, 5.0, [0, 20_000, 1]),
        opus("b", 60, 5.0, [20_000, 2_000, 1]),
        call("b", "Edit", 65, 900.0),
        opus("c", 1_000, 5.0, [0, 23_000, 1]),
        opus("d", 1_060, 5.0, [23_000, 1_000, 1]),
    ]);
    let fact = |name: &str| facts.all.get(name);
    is(fact("prefix.retention"), "value", 43.0 / 65.0);
    is(fact("prefix.retention"), "n", 3.0);
    is(fact("prefix.retention"), "units", 1.0);
    is(fact("prefix.lost.expired"), "value", 22.0 / 89.0);
    is(fact("prefix.lost.expired"), "n", 1.0);
    is(fact("prefix.lost.changed"), "value", 0.0);
    is(fact("prefix.changed_units"), "value", 0.0);
    is(fact("prefix.expired_after_wait"), "value", 1.0);
    is(fact("prefix.still_streams"), "value", 0.0);
    // Of 1,065 s, the change waited for 890.
    is(fact("approval.share"), "value", 890.0 / 1_065.0);
    is(fact("approval.share"), "n", 1.0);
    // Without prices nothing of costs is known.
    for name in ["polling.share", "context.carried_share", "start.read_share"] {
        assert_eq!(fact(name), None, "{name}");
    }
}

/// Two reads of 3 and 2 s in one reply, then three replies with one read each; 20 s in all.
#[test]
fn reads_one_after_another() {
    let facts = facts_of(&[
        opus("a", 0, 2.0, [0, 100, 1]),
        call("a", "Read", 2, 3.0),
        call("a", "Grep", 5, 2.0),
        opus("b", 7, 2.0, [100, 0, 1]),
        call("b", "Read", 9, 1.0),
        opus("c", 10, 2.0, [100, 0, 1]),
        call("c", "Read", 12, 1.0),
        opus("d", 13, 2.0, [100, 0, 1]),
        call("d", "Grep", 15, 1.0),
        opus("e", 16, 4.0, [100, 0, 1]),
    ]);
    let fact = |name: &str| facts.all.get(name);
    is(fact("tools.serial_share"), "value", 2.0 / 20.0);
    is(fact("tools.serial_share"), "n", 1.0);
    is(fact("tools.single_share"), "value", 4.0 / 20.0);
    is(fact("tools.single_share"), "n", 3.0);
    assert_eq!(fact("approval.share"), None);
}

/// Five requests that read 2,000 tokens each while 10, 11, 12 … thousand are written again.
#[test]
fn a_prefix_that_stands_still() {
    let of = |n: u32| {
        let lines: Vec<Value> = (0..n)
            .map(|i| {
                opus(
                    &format!("r{i}"),
                    i * 10,
                    1.0,
                    [2_000, 10_000 + i * 1_000, 1],
                )
            })
            .collect();
        facts_of(&lines)
    };
    is(of(4).all.get("prefix.still_streams"), "value", 1.0);
    is(of(3).all.get("prefix.still_streams"), "value", 0.0);
    // Each expects what the one before wrote, and 2,000 are read of it.
    is(of(4).all.get("prefix.lost.changed"), "n", 3.0);
    let lost = 10_000.0 + 11_000.0 + 12_000.0;
    let context = 12_000.0 + 13_000.0 + 14_000.0 + 15_000.0;
    is(
        of(4).all.get("prefix.lost.changed"),
        "value",
        lost / context,
    );
}

/// 0.00625 dollars to write 1,000 tokens, 0.005 to read 10,000 for a look at a job.
#[test]
fn what_looks_and_first_contexts_cost() {
    let facts = facts_priced(&[
        opus("a", 0, 2.0, [0, 1_000, 0]),
        opus("b", 7, 2.0, [10_000, 0, 0]),
        call("b", "BashOutput", 9, 1.0),
    ]);
    let fact = |name: &str| facts.all.get(name);
    is(fact("polling.share"), "value", 0.005 / 0.011_25);
    is(fact("polling.share"), "n", 1.0);
    is(fact("start.context"), "median", 1_000.0);
    is(fact("start.read_share"), "value", 0.001 / 0.011_25);
    // Nothing is long enough to be compacted.
    is(fact("context.carried_share"), "value", 0.0);
    assert_eq!(fact("context.compact_at"), None);
}

/// 200,001 tokens at 6 dollars a million and 100,000 at 3.
#[test]
fn long_contexts_have_a_price_of_their_own() {
    let sonnet = |id: &str, start: u32, input: u32| {
        operation(
            "model_request",
            start,
            1.0,
            json!({"id": id, "model": "claude-sonnet-4-5", "tokens": {"input": input}}),
        )
    };
    let facts = facts_priced(&[sonnet("a", 0, 100_000), sonnet("b", 9, 200_001)]);
    let fact = facts.all.get("long_context.share");
    is(fact, "value", 1.200_006 / 1.500_006);
    is(fact, "n", 1.0);
    let without = facts_priced(&[opus("a", 0, 1.0, [0, 300_000, 1])]);
    assert_eq!(without.all.get("long_context.share"), None);
}

/// Writing 1,000 and 4 times 100 tokens for five minutes: 1,400 × 1.25 dollars more than fresh; reading
/// 4,600 in all: 4.50 less for a million.
#[test]
fn what_writing_costs_against_what_reading_saves() {
    let lines: Vec<Value> = (0..5_u32)
        .map(|i| {
            let (read, written) = if i == 0 {
                (0, 1_000)
            } else {
                (900 + i * 100, 100)
            };
            opus(&format!("r{i}"), i * 10, 1.0, [read, written, 1])
        })
        .collect();
    let facts = facts_priced(&lines);
    let fact = facts.all.get("prompt_cache.surcharge_to_discount");
    is(fact, "value", 1_400.0 * 1.25 / (4_600.0 * 4.5));
    assert_eq!(facts.all.get("prompt_cache.hour_pauses"), None);
    // Four requests are too few.
    let four = facts_priced(&lines[..4]);
    assert_eq!(four.all.get("prompt_cache.surcharge_to_discount"), None);
}

/// 0.00625 for the first, 0.0005 for the second request.
#[test]
fn the_start_of_subagents() {
    let mut workload = priced(&[
        opus("a", 0, 2.0, [0, 1_000, 0]),
        opus("b", 7, 2.0, [1_000, 0, 0]),
    ]);
    workload.streams[0].is_subagent = true;
    let facts = facts_in(&workload, &Config::default());
    let fact = facts.all.get("subagents.start_share");
    is(fact, "value", 0.006_25 / 0.006_75);
    is(fact, "n", 1.0);
}

/// In thousand tokens at relative prices: 61.8 with five minutes, 54.5 with an hour.
#[test]
fn what_an_hour_would_have_saved() {
    let facts = facts_priced(&[
        opus("a", 0, 5.0, [0, 20_000, 1]),
        opus("b", 60, 5.0, [20_000, 2_000, 1]),
        opus("c", 1_000, 5.0, [0, 23_000, 1]),
        opus("d", 1_060, 5.0, [23_000, 1_000, 1]),
    ]);
    let fact = facts.all.get("prompt_cache.hour_saving");
    is(fact, "value", 7.3 / 61.8);
    is(fact, "n", 4.0);
    // Kept for 2,000 s by chance, which no lifetime of five minutes explains: 20 · 1.25 + 22 · 0.1 were
    // paid, and a replay gives 20 · 1.25 + 22 · 1.25.
    let by_chance = facts_priced(&[
        opus("a", 0, 5.0, [0, 20_000, 1]),
        opus("b", 2_000, 5.0, [20_000, 2_000, 1]),
    ]);
    assert_eq!(by_chance.all.get("prompt_cache.hour_saving"), None);
}

/// Eleven sessions of 100, 110 … 190 and 5,000 tokens of output: the median of |ln(x ÷ 150)| is
/// ln(180 ÷ 150) = 0.18, and ln(5,000 ÷ 150) = 3.5 is more than 3.5 × 1.4826 × 0.18 = 0.95.
#[test]
fn a_session_far_above_the_others() {
    let mut lines = Vec::new();
    for (i, output) in (0..10).map(|i| 100 + i * 10).chain([5_000]).enumerate() {
        let mut line = opus(&format!("r{i}"), 0, 1.0, [0, 0, output]);
        line["session"] = format!("s{i}").into();
        lines.push(line);
    }
    let facts = facts_priced(&lines);
    let fact = facts.all.get("sessions.cost_outliers");
    is(fact, "value", 1.0);
    is(fact, "n", 11.0);
    is(fact, "median", 150.0 * 25e-6);
    is(fact, "max", 5_000.0 * 25e-6);
}

/// An hour's stretch: 100 k tokens, then 30 requests that read them. At 60 k the first context is not cut
/// (nothing came before it); the second request finds 100 k, pays 100 k · 0.5 + 3 k · 25 + 20 k · 6.25 =
/// 0.25 dollars and each of the 30 saves 80 k · 0.5 = 0.04: 0.95 of 0.625 + 30 · 0.05 = 2.125 dollars. It
/// has been paid back after seven.
#[test]
fn what_an_earlier_compaction_would_have_saved() {
    let mut lines = vec![opus("r", 0, 1.0, [0, 100_000, 0])];
    lines.extend((1..=30).map(|i| opus(&format!("r{i}"), i * 10, 1.0, [100_000, 0, 0])));
    let facts = facts_priced(&lines);
    is(
        facts.all.get("context.carried_share"),
        "value",
        0.95 / 2.125,
    );
    is(facts.all.get("context.carried_share"), "n", 23.0);
    is(facts.all.get("context.compact_at"), "value", 60_000.0);
}

/// The real logs of a format.
pub(super) fn real(format: &str) -> Facts {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures")
        .join(format)
        .join("real");
    let request = Request {
        targets: vec![Target {
            path,
            labels: Vec::new(),
        }],
        searched: Vec::new(),
        options: Options::default(),
        by: None,
        from: None,
        to: None,
        wall_clock: Default::default(),
        past: None,
        standing: Default::default(),
        only: Vec::new(),
        prices: Arc::new(PriceTable::built_in()),
    };
    let material = pipeline::read(&request, Config::default(), &|_, _| {}).unwrap();
    facts_in(&material.workload, &Config::default())
}

/// What `tests/reference/streams.py` finds in the logs themselves.
#[test]
fn real_logs_give_what_the_reference_gives() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference/streams.json");
    let truth: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let number = |at: &str| truth.pointer(at).and_then(Value::as_f64).unwrap();
    let claude = real("claude-code");
    let fact = |name: &str| claude.all.get(name);
    is(
        fact("prefix.retention"),
        "value",
        number("/claude_code/retention"),
    );
    is(fact("prefix.retention"), "n", number("/claude_code/n"));
    is(
        fact("prefix.lost.expired"),
        "value",
        number("/claude_code/lost_expired"),
    );
    is(
        fact("prefix.lost.expired"),
        "n",
        number("/claude_code/expired"),
    );
    is(
        fact("prompt_cache.hour_saving"),
        "value",
        number("/claude_code/hour_saving"),
    );
    let codex = real("codex");
    let fact = |name: &str| codex.all.get(name);
    is(
        fact("context.carried_share"),
        "value",
        number("/codex/share"),
    );
    is(fact("context.compact_at"), "value", number("/codex/at"));
    // Its caches work by themselves: nothing is written.
    assert_eq!(fact("prefix.retention"), None);
}
