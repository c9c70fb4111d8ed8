//! Native records.

use perfadvise::ingest::{Head, Likelihood, formats};
use perfadvise::metrics::Metric;
use perfadvise::record::{
    Dimension, EventKind, Flags, Measured, OperationKind, OutcomeKind, Tokens, hash64,
};
use proptest::prelude::*;

use super::{bytes_of, folded_at, likelihood, read_at, read_bytes, reasons};

const FORMAT: &str = "native-records";

/// The examples of the format's documentation.
const EXAMPLES: &str = r#"{"kind":"operation","operation":"context_preparation","time":"2026-11-23T17:20:32.25Z","duration":2.3,"outcome":"ok","session":"s1","task":"t7","mode":"FANCY","interface":"claude_code","cache_key":"story-12/CodeAgent","cache_hit":false,"tokens":{"input":1200,"output":80,"cache_read":900,"cache_write":0},"tokens_budget":4000,"cost":0.013,"accuracy":0.95}
{"kind":"sample","metric":"memory_usage","value":257000000,"time":"2026-11-23T17:20:32Z","host":"a","process":"agent-workflow"}
{"kind":"event","event":"config_change","time":"2026-11-19T17:41:00Z","knob":"context.cache_size","from":100,"to":50}
{"kind":"event","event":"mode_switch","time":"2026-11-23T17:21:00Z","from":"FANCY","to":"SIMPLE"}
"#;

#[test]
fn the_examples_are_read_in_full() {
    let (r, problems) = read_bytes(FORMAT, EXAMPLES.as_bytes());
    assert_eq!(problems, []);
    assert_eq!(r.ignored, 0);
    let o = r.operations[0];
    assert_eq!(o.kind, OperationKind::ContextPreparation);
    assert_eq!(o.outcome, OutcomeKind::Ok);
    assert_eq!(o.start.to_string(), "2026-11-23T17:20:32.25Z");
    assert_eq!(o.duration, 2_300_000_000);
    assert_eq!(o.cost, 13_000_000);
    assert_eq!((o.cache, o.key, o.attempt), (1, 0, 1));
    assert!(o.flags.has(Flags::LEADS.with(Flags::HAS_TOKENS)));
    let tokens = Tokens {
        fresh: 1200,
        output: 80,
        cache_read: 900,
        ..Tokens::default()
    };
    assert_eq!(o.tokens, tokens);
    let details = r.details_of(&o);
    assert_eq!(details.accuracy, Some(950_000_000));
    assert_eq!(details.tokens_budget, Some(4000));
    assert_eq!(details.cache_key, Some(hash64(b"story-12/CodeAgent")));
    let dimension = |d| r.catalog.text(r.catalog.dimension(o.dims, d));
    assert_eq!(dimension(Dimension::Mode), "FANCY");
    assert_eq!(dimension(Dimension::Interface), "claude_code");
    let identity = r.catalog.identities.get(o.identity.0);
    assert_eq!(r.catalog.text(identity.session), "s1");
    assert_eq!(r.catalog.text(identity.task), "t7");

    assert_eq!(
        r.samples.iter().next().unwrap().metric,
        Measured::Known(Metric::MemoryUsage)
    );
    assert_eq!(r.samples.iter().next().unwrap().value, 257e6);
    let text = |n| r.catalog.text(n);
    let change = r.events[0];
    assert_eq!(change.kind, EventKind::ConfigChange);
    assert_eq!(
        [change.subject, change.from, change.to].map(text),
        ["context.cache_size", "100", "50"]
    );
    assert_eq!(r.events[1].kind, EventKind::ModeSwitch);
    assert_eq!(r.events[1].duration, -1);
}

fn operation(more: &str) -> String {
    format!(r#"{{"kind":"operation","operation":"step","time":"2026-03-02T08:00:00Z",{more}}}"#)
}

/// Short strings become labels; numbers, long texts and what carries content are counted only.
#[test]
fn unknown_keys_become_labels_or_are_counted() {
    let long = "x".repeat(65);
    let line = operation(&format!(
        r#""tier":"gold","seed":7,"prompt":"secret","Message":"secret","note":"two\nlines","long":"{long}","nested":{{"a":1}},"nothing":null,"value":"odd""#
    ));
    let (r, problems) = read_bytes(FORMAT, line.as_bytes());
    assert_eq!(problems, []);
    let labels: Vec<(&str, &str)> = r
        .catalog
        .dims
        .get(r.operations[0].dims.0)
        .iter()
        .map(|(d, v)| (r.catalog.dimension_name(*d), r.catalog.text(*v)))
        .collect();
    assert_eq!(labels, [("tier", "gold"), ("value", "odd")]);
    assert_eq!(r.ignored, 6);
    let all = format!("{r:?}");
    assert!(!all.contains("secret") && !all.contains(&long));
}

#[test]
fn known_dimensions_are_kept_unchanged() {
    let (r, _) = read_bytes(
        FORMAT,
        operation(r#""mode":"FAN\nCY\u001b[31m""#).as_bytes(),
    );
    let mode = r.catalog.dimension(r.operations[0].dims, Dimension::Mode);
    assert_eq!(r.catalog.text(mode), "FAN\nCY\u{1b}[31m");
}

#[test]
fn an_operation_of_another_name_keeps_it() {
    let line = r#"{"kind":"operation","operation":"indexing","time":"2026-03-02T08:00:00Z"}"#;
    let (r, _) = read_bytes(FORMAT, line.as_bytes());
    assert_eq!(r.operations[0].kind, OperationKind::Other);
    assert_eq!(r.operations[0].outcome, OutcomeKind::Unknown);
    let set = r.catalog.dims.get(r.operations[0].dims.0);
    assert_eq!(r.catalog.dimension_name(set[0].0), "operation");
    assert_eq!(r.catalog.text(set[0].1), "indexing");
}

#[test]
fn ids_know_a_record_again_in_any_file() {
    let line = operation(r#""id":"a1","parent":17"#);
    let (first, _) = read_bytes(FORMAT, line.as_bytes());
    let (second, _) = read_bytes(FORMAT, format!("\n{line}").as_bytes());
    let (a, b) = (first.operations[0], second.operations[0]);
    assert!(a.key != 0 && a.key == b.key);
    assert_eq!((a.id, a.parent), (hash64(b"a1"), hash64(b"17")));
}

/// Each fault of `fixtures/native-records/broken/faults.jsonl` at its line, all neighbours read.
#[test]
fn faults_are_listed_and_neighbours_read() {
    let bytes = bytes_of("native-records/broken/faults.jsonl");
    let (records, problems) = read_bytes(FORMAT, &bytes);
    let expected = [
        "cut off in the middle of a value",
        "invalid UTF-8",
        "not JSON (column 81)",
        "a number is too large (column 85)",
        "`duration` is negative",
        "`duration` is not a number",
        "`duration` is longer than a hundred years",
        "`tokens.input` is negative",
        "`tokens.input` is not a whole number",
        "`tokens` is not an object",
        "`tokens.output` is too large",
        "unknown `outcome`: it is ok, error, timeout, rate_limited or cancelled",
        "`mode` is not a string",
        "`cache_hit` is neither true nor false",
        "`attempt` counts from 1",
        "`accuracy` is above 1: is it percent?",
        "`time` is not a time between 2000 and 2100",
        "`time` is not a time between 2000 and 2100",
        "`time` is not a time between 2000 and 2100",
        "`time` is missing",
        "`time` is not a string",
        "unknown `kind`: it is operation, sample or event",
        "`kind` is missing",
        "a wait without `reason`",
        "unknown `reason`: it is queue, backoff or approval",
        "`value` is a ratio above 1: is it percent?",
        "`value` is negative",
        "`value` is not a number",
        "`value` is too large",
        "`value` is missing",
        "`metric` is missing",
        "`from` is neither a string nor a number",
        "not a JSON object",
        "not a JSON object",
        "nested deeper than 128 levels",
        "something follows the object (column 98)",
        "not a JSON object",
    ];
    let expected: Vec<(u64, String)> = (1..)
        .zip(expected)
        .map(|(n, reason)| (2 * n, reason.to_owned()))
        .collect();
    assert_eq!(reasons(&problems), expected);
    assert_eq!(records.operations.len(), expected.len() + 1);
    assert!(records.samples.is_empty() && records.events.is_empty());
}

#[test]
fn a_long_line_is_read_or_listed() {
    let line = operation(&format!(r#""prompt":"{}""#, "x".repeat(5 << 20)));
    let (r, problems) = read_bytes(
        FORMAT,
        format!("{line}\n{}", operation(r#""id":1"#)).as_bytes(),
    );
    assert_eq!((r.operations.len(), r.ignored, problems.len()), (2, 1, 0));
}

#[test]
fn detection_looks_at_the_first_lines() {
    assert_eq!(likelihood(FORMAT, EXAMPLES.as_bytes()), Likelihood::Yes);
    assert_eq!(
        likelihood(FORMAT, &bytes_of("native-records/broken/faults.jsonl")),
        Likelihood::Yes
    );
    let behind_a_fault = format!("\n\ncut off\n{EXAMPLES}");
    assert_eq!(
        likelihood(FORMAT, behind_a_fault.as_bytes()),
        Likelihood::Yes
    );
    for other in [
        &b""[..],
        b"{}",
        b"[]",
        b"\0\x01\x02",
        br#"{"kind":"Deployment"}"#,
        b"index,value\n1,2",
    ] {
        assert_eq!(likelihood(FORMAT, other), Likelihood::No);
    }
}

/// What stands before the cut tells the kind and what every record of that kind has; texts tell nothing.
#[test]
fn a_first_line_may_be_cut_off() {
    let of = |bytes: &str| {
        let head = Head {
            name: "x.jsonl",
            bytes: bytes.as_bytes(),
            is_whole: false,
        };
        formats::named(FORMAT).unwrap().detect(&head)
    };
    for begin in [
        r#"{"kind":"sample","metric":"memory_usage","value":5,"prompt":"cut"#,
        r#"{"session": "s", "event": "alert", "kind": "event", "note": "cut"#,
        r#"{"kind":"operation","operation":"step","tokens":{"input":1"#,
    ] {
        assert_eq!(of(begin), Likelihood::Yes, "{begin}");
    }
    for begin in [
        r#"{"kind":"sample","value":5,"prompt":"\"metric\":\"x\" cut"#,
        r#"{"kind":"event","operation":"step","prompt":"cut"#,
        r#"{"rows":[{"kind":"sample","metric":"x"},{"kind":"cut"#,
    ] {
        assert_eq!(of(begin), Likelihood::No, "{begin}");
    }
}

/// Nothing is known of a first line of 100 KiB before its end, and of one beyond 64 MiB nothing is kept.
#[test]
fn what_follows_a_long_first_line_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("n.jsonl");
    let sample = |more: &str| {
        format!(
            r#"{{"kind":"sample","metric":"memory_usage","value":5,"time":"2026-03-02T08:00:00Z"{more}}}"#
        )
    };
    let prompt = |length: usize| format!(r#""prompt":"{}""#, "x".repeat(length));
    let first = sample("").replacen('{', &format!("{{{},", prompt(100 << 10)), 1);
    std::fs::write(&path, format!("{first}\n{}\n", sample(r#","id":1"#))).unwrap();
    assert_eq!(folded_at(&path).counts.samples, 2);
    let first = sample(&format!(",{}", prompt(70 << 20)));
    std::fs::write(&path, format!("{first}\n{}\n", sample(r#","id":1"#))).unwrap();
    let ingested = read_at(&path);
    assert_eq!(ingested.records.samples.len(), 1);
    let expected = [(1, "line longer than 64 MiB".to_owned())];
    assert_eq!(reasons(&ingested.problems), expected);
}

proptest! {
    /// Whatever bytes are changed or cut off, nothing panics, and no line is lost without a word.
    #[test]
    fn damaged_files_are_read(at in any::<prop::sample::Index>(), byte: u8, cut in any::<prop::sample::Index>()) {
        let mut bytes = bytes_of("native-records/broken/faults.jsonl");
        bytes.extend_from_slice(EXAMPLES.as_bytes());
        let at = at.index(bytes.len());
        bytes[at] = byte;
        bytes.truncate(cut.index(bytes.len()));
        let lines = bytes.split(|b| *b == b'\n').filter(|l| !l.trim_ascii().is_empty()).count();
        let (r, problems) = read_bytes(FORMAT, &bytes);
        let read = r.operations.len() + r.samples.len() + r.events.len();
        prop_assert_eq!(read + problems.len(), lines);
    }
}
