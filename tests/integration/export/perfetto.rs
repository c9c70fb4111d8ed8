//! Trace events by the rules of their format: what each phase must have, and that slices of a thread nest.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;

use super::{INPUTS, attribution, called, exported, hostile};
use crate::cli::fixture;

fn documents() -> Vec<(String, Value)> {
    let hostile = hostile();
    let fixtures = INPUTS.iter().map(|input| (*input, fixture(input)));
    fixtures
        .chain([("hostile names", hostile.path().to_owned())])
        .map(|(name, path)| {
            let document = serde_json::from_str(&exported(&path, "perfetto")).unwrap();
            (name.to_owned(), document)
        })
        .collect()
}

fn events(document: &Value) -> &[Value] {
    document["traceEvents"].as_array().unwrap()
}

#[test]
fn each_phase_has_what_it_must() {
    for (input, document) in documents() {
        for event in events(&document) {
            let is_number = |key: &str| event[key].as_f64().is_some_and(|n| n >= 0.0);
            assert!(
                event["name"].is_string() && is_number("pid") && is_number("tid"),
                "{input}: {event}"
            );
            let holds = match event["ph"].as_str().unwrap() {
                "X" => is_number("ts") && is_number("dur"),
                "i" => is_number("ts") && event["s"] == "t",
                "M" => match event["name"].as_str().unwrap() {
                    "process_name" | "thread_name" => event["args"]["name"].is_string(),
                    "process_labels" => event["args"]["labels"].is_string(),
                    "process_sort_index" | "thread_sort_index" => {
                        event["args"]["sort_index"].is_u64()
                    }
                    _ => false,
                },
                _ => false,
            };
            assert!(holds, "{input}: {event}");
        }
    }
}

/// Each thread and process has a name before its first slice.
#[test]
fn whoever_has_slices_has_a_name() {
    for (input, document) in documents() {
        let mut named = std::collections::HashSet::new();
        for event in events(&document) {
            let (process, thread) = (event["pid"].as_u64(), event["tid"].as_u64());
            match (event["ph"].as_str(), event["name"].as_str()) {
                (Some("M"), Some("process_name")) => drop(named.insert((process, None))),
                (Some("M"), Some("thread_name")) => drop(named.insert((process, thread))),
                (Some("M"), _) => {}
                _ => assert!(
                    named.contains(&(process, None)) && named.contains(&(process, thread)),
                    "{input}: {event}"
                ),
            }
        }
    }
}

/// Of two slices of a thread one holds the other, or they do not touch: viewers drop others.
#[test]
fn slices_of_a_thread_nest() {
    for (input, document) in documents() {
        let mut threads: BTreeMap<_, Vec<(f64, f64)>> = BTreeMap::new();
        for event in events(&document).iter().filter(|e| e["ph"] == "X") {
            let start = event["ts"].as_f64().unwrap();
            let key = (event["pid"].as_u64(), event["tid"].as_u64());
            let end = start + event["dur"].as_f64().unwrap();
            threads.entry(key).or_default().push((start, end));
        }
        for (thread, mut slices) in threads {
            slices.sort_by(|a, b| a.0.total_cmp(&b.0).then(b.1.total_cmp(&a.1)));
            let mut open: Vec<f64> = Vec::new();
            for (start, end) in slices {
                // A double holds microseconds of months to a hundredth of one.
                open.retain(|o| *o > start + 0.01);
                assert!(
                    open.iter().all(|o| end <= o + 0.01),
                    "{input}: {thread:?} {start}"
                );
                open.push(end);
            }
        }
    }
}

#[test]
fn wall_clocks_add_up_to_the_attribution() {
    for input in INPUTS {
        let document: Value = serde_json::from_str(&exported(&fixture(input), "perfetto")).unwrap();
        let mut seconds = HashMap::<&str, f64>::new();
        for event in events(&document) {
            // Of the wall clock the parts alone tell when they began.
            let is_part = event["cat"] == "wall clock" && event["args"]["start"].is_string();
            if event["ph"] == "X" && is_part {
                *seconds.entry(event["name"].as_str().unwrap()).or_default() +=
                    event["dur"].as_f64().unwrap() / 1e6;
            }
        }
        for (part, expected) in attribution(&fixture(input)) {
            let ours = seconds.get(called(&part)).copied().unwrap_or(0.0);
            assert!(
                (ours - expected).abs() < 1e-5,
                "{input}, {part}: {ours} {expected}"
            );
        }
    }
}

/// A session by hand: the numbers of a request, and a subagent on tracks of its own.
#[test]
fn a_request_tells_its_numbers() {
    let folder = hostile();
    let document: Value = serde_json::from_str(&exported(folder.path(), "perfetto")).unwrap();
    let request = events(&document)
        .iter()
        .find(|e| e["cat"] == "model requests")
        .unwrap();
    assert_eq!(request["name"], r#"m"</script>\u{202e}"#);
    assert_eq!(request["args"]["input_tokens"], 9);
    assert_eq!(request["args"]["output_tokens"], 3);
    assert_eq!(request["args"]["outcome"], "ok");
    assert_eq!(request["ts"], 0.0);
    assert_eq!(request["dur"], 2e6);
    let calls: Vec<_> = events(&document)
        .iter()
        .filter(|e| e["cat"] == "tools")
        .map(|e| (e["tid"].as_u64().unwrap(), e["ts"].as_f64().unwrap()))
        .collect();
    // They overlap, so that they lie on two lanes.
    assert_eq!(calls, [(3, 2e6), (4, 3e6)]);
}

#[test]
fn subagents_have_tracks_of_their_own() {
    let document: Value = serde_json::from_str(&exported(
        &fixture("claude-code/generated/faults-4"),
        "perfetto",
    ))
    .unwrap();
    let names: Vec<&str> = events(&document)
        .iter()
        .filter(|e| e["name"] == "thread_name")
        .filter_map(|e| e["args"]["name"].as_str())
        .collect();
    let is_subagents = |n: &&&str| n.starts_with("subagent ") && n.ends_with(": model requests");
    // One file each: 2 + 1 + 4 in fixtures/claude-code/generated/faults-4.
    assert_eq!(names.iter().filter(is_subagents).count(), 7, "{names:?}");
}
