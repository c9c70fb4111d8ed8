//! Streams: the requests of each agent in order, with the calls of each reply.

use perfadvise::record::Records;
use perfadvise::units::{NANOS, Time};
use perfadvise::workload::{FoldOptions, Stream, Workload, fold};

use super::read_bytes;

/// A session of three requests: the first reply calls two tools, the last one comes an hour later.
const MAIN: &str = r#"{"type":"user","uuid":"u1","sessionId":"s","timestamp":"2026-03-02T08:00:00.000Z","message":{"content":"MARKER"}}
{"type":"assistant","uuid":"a1","sessionId":"s","timestamp":"2026-03-02T08:00:04.000Z","message":{"id":"m1","model":"claude-opus-4-5","stop_reason":"tool_use","content":[{"type":"tool_use","id":"t1","name":"Read"},{"type":"tool_use","id":"t2","name":"Grep"}],"usage":{"input_tokens":3,"output_tokens":50,"cache_read_input_tokens":0,"cache_creation_input_tokens":20000}}}
{"type":"user","uuid":"u2","sessionId":"s","timestamp":"2026-03-02T08:00:05.000Z","message":{"content":[{"type":"tool_result","tool_use_id":"t1"}]}}
{"type":"user","uuid":"u3","sessionId":"s","timestamp":"2026-03-02T08:00:06.500Z","message":{"content":[{"type":"tool_result","tool_use_id":"t2","is_error":true}]}}
{"type":"assistant","uuid":"a2","sessionId":"s","timestamp":"2026-03-02T08:00:09.000Z","message":{"id":"m2","model":"claude-opus-4-5","stop_reason":"end_turn","content":[],"usage":{"input_tokens":1,"output_tokens":9,"cache_read_input_tokens":20000,"cache_creation_input_tokens":2000,"cache_creation":{"ephemeral_1h_input_tokens":2000}}}}
{"type":"user","uuid":"u4","sessionId":"s","timestamp":"2026-03-02T09:00:09.000Z","message":{"content":"MARKER"}}
{"type":"assistant","uuid":"a3","sessionId":"s","timestamp":"2026-03-02T09:00:10.000Z","message":{"id":"m3","model":"claude-opus-4-5","stop_reason":"end_turn","content":[],"usage":{"input_tokens":1,"output_tokens":5,"cache_creation_input_tokens":23000}}}
"#;

/// A request of a subagent of that session.
fn subagent(id: &str, second: u32) -> String {
    format!(
        r#"{{"type":"assistant","isSidechain":true,"uuid":"{id}","sessionId":"s","timestamp":"2026-03-02T08:00:{second:02}.000Z","message":{{"id":"{id}","model":"claude-opus-4-5","stop_reason":"end_turn","content":[],"usage":{{"input_tokens":1,"output_tokens":5,"cache_creation_input_tokens":7000}}}}}}"#
    )
}

fn records(texts: &[&str]) -> Records {
    let mut all = Records::default();
    for (file, text) in (0..).zip(texts) {
        let (mut records, problems) = read_bytes("claude-code", text.as_bytes());
        assert_eq!(problems, []);
        records.operations.iter_mut().for_each(|o| o.file = file);
        all.append(records);
    }
    all
}

fn folded(texts: &[&str], from: Option<Time>) -> Workload {
    fold(
        records(texts),
        &FoldOptions {
            file_ranks: vec![0; texts.len()],
            file_formats: vec!["claude-code"; texts.len()],
            from,
            ..FoldOptions::default()
        },
    )
}

fn text<'w>(workload: &'w Workload, stream: &Stream) -> (&'w str, &'w str) {
    let text = |name| workload.catalog.text(name);
    (text(stream.session), text(stream.agent))
}

#[test]
fn requests_and_calls_stand_in_order() {
    let workload = folded(&[MAIN], None);
    let [stream] = &workload.streams[..] else {
        panic!("{:?}", workload.streams);
    };
    assert_eq!(text(&workload, stream), ("s", "main"));
    assert!(!stream.is_cut && !stream.is_subagent);
    let seen: Vec<[u64; 4]> = stream
        .requests
        .iter()
        .map(|r| {
            [
                r.context(),
                r.cache_read.into(),
                r.cache_write_1h.into(),
                r.output.into(),
            ]
        })
        .collect();
    assert_eq!(
        seen,
        [
            [20_003, 0, 0, 50],
            [22_001, 20_000, 2_000, 9],
            [23_001, 0, 0, 5]
        ]
    );
    let seconds: Vec<Option<i64>> = stream
        .requests
        .iter()
        .map(|r| r.duration().map(|d| d / 1_000_000))
        .collect();
    assert_eq!(seconds, [Some(4_000), Some(2_500), Some(1_000)]);
    let calls: Vec<(&str, Option<i64>)> = stream
        .calls_of(0)
        .iter()
        .map(|c| (workload.catalog.text(c.tool), c.duration()))
        .collect();
    assert_eq!(calls.len(), 2);
    assert!(calls.contains(&("Read", Some(NANOS))));
    assert!(calls.contains(&("Grep", Some(2_500_000_000))));
    assert_eq!(stream.calls_of(1).len() + stream.calls_of(2).len(), 0);
}

#[test]
fn each_subagent_has_a_stream_of_its_own() {
    let (a, b) = (subagent("b1", 1), subagent("b2", 2));
    let workload = folded(&[MAIN, &a, &b], None);
    let agents: Vec<(&str, bool)> = workload
        .streams
        .iter()
        .map(|s| (text(&workload, s).1, s.is_subagent))
        .collect();
    assert_eq!(
        agents,
        [("main", false), ("subagent", true), ("subagent", true)]
    );
    // In the file of their parent they cannot be told apart.
    let mixed = folded(&[&format!("{MAIN}{a}\n{b}")], None);
    assert_eq!(mixed.streams.len(), 1);
    assert_eq!(mixed.streams[0].requests.len(), 3);
}

#[test]
fn requests_that_overlap_go_on_from_nothing() {
    let stream = folded(&[MAIN], None).streams.remove(0);
    assert!(stream.is_serial());
    let mut overlapping = stream.clone();
    overlapping.requests[1].start = overlapping.requests[0].start;
    assert!(!overlapping.is_serial());
}

#[test]
fn a_period_cuts_the_beginning_off() {
    let workload = folded(&[MAIN], Some(Time::EARLIEST));
    assert!(!workload.streams[0].is_cut);
    let half_past = workload.streams[0].requests[1].start.0 + 1_800 * NANOS;
    let rest = folded(&[MAIN], Some(Time(half_past)));
    assert_eq!(rest.streams[0].requests.len(), 1);
    assert!(rest.streams[0].is_cut);
    // The same of what was folded before.
    let later = workload.between(Some(Time(half_past)), None);
    assert_eq!(later.streams[0].requests, rest.streams[0].requests);
    assert!(later.streams[0].is_cut);
    let earlier = workload.between(None, Some(Time(half_past)));
    let first = &earlier.streams[0];
    assert_eq!((first.requests.len(), first.calls.len()), (2, 2));
    assert!(!first.is_cut);
}

#[test]
fn taken_apart_by_unit_and_put_together_it_is_whole() {
    let a = subagent("b1", 1);
    let workload = folded(&[MAIN, &a], None);
    let parts = workload.pieces().into_iter().map(|piece| piece.workload);
    assert_eq!(Workload::of_pieces(parts).streams, workload.streams);
    let unit = ("unit".to_owned(), vec!["s".to_owned()]);
    assert_eq!(workload.only(&[unit]).streams.len(), 2);
    let model = ("model".to_owned(), vec!["claude-opus-4-5".to_owned()]);
    assert_eq!(workload.only(&[model]).streams.len(), 0);
}

#[test]
fn parts_of_a_conversation_become_one_and_subagents_stay_apart() {
    let (a, b) = (subagent("b1", 1), subagent("b2", 2));
    let lines: Vec<&str> = MAIN.lines().collect();
    // The last prompt and its reply in a part of their own.
    let (early, late) = (lines[..5].join("\n"), lines[5..].join("\n"));
    let whole = folded(&[MAIN, &a, &b], None);
    let merged = folded(&[&late, &b], None).merge(folded(&[&early, &a], None));
    assert_eq!(merged.streams, whole.streams);
}
