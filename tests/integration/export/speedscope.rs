//! Speedscope's format against its schema, and against what its reader demands beyond that.

use serde_json::Value;

use super::{INPUTS, attribution, called, exported, hostile};
use crate::cli::fixture;
use crate::whole::schema::check;

fn schema() -> Value {
    serde_json::from_str(include_str!(
        "../../reference/speedscope/file-format-schema.json"
    ))
    .unwrap()
}

fn documents() -> Vec<(String, Value)> {
    let hostile = hostile();
    let fixtures = INPUTS.iter().map(|input| (*input, fixture(input)));
    fixtures
        .chain([("hostile names", hostile.path().to_owned())])
        .map(|(name, path)| {
            let document = serde_json::from_str(&exported(&path, "speedscope")).unwrap();
            (name.to_owned(), document)
        })
        .collect()
}

#[test]
fn it_holds_to_the_schema() {
    let schema = schema();
    for (input, document) in documents() {
        let mut faults = Vec::new();
        check(&document, &schema, &schema, "", &mut faults);
        assert!(faults.is_empty(), "{input}: {faults:#?}");
    }
}

#[test]
fn what_breaks_the_schema_is_found() {
    let schema = schema();
    let document: Value = serde_json::from_str(&exported(&fixture("codex"), "speedscope")).unwrap();
    let breaks = [
        ("/profiles/0/type", Value::from("other")),
        ("/profiles/0/unit", Value::from("days")),
        ("/profiles/0/events/0/at", Value::from("noon")),
        ("/shared/frames/0/name", Value::Null),
    ];
    for (place, value) in breaks {
        let mut broken = document.clone();
        *broken.pointer_mut(place).unwrap() = value;
        let mut faults = Vec::new();
        check(&broken, &schema, &schema, "", &mut faults);
        assert!(!faults.is_empty(), "{place}");
    }
}

/// Frames open and close like parentheses, at times that never go back, within the profile.
#[test]
fn events_nest_and_never_go_back() {
    for (input, document) in documents() {
        let frames = document["shared"]["frames"].as_array().unwrap().len();
        for profile in document["profiles"].as_array().unwrap() {
            let name = format!("{input}: {}", profile["name"]);
            let (mut at, mut open) = (profile["startValue"].as_f64().unwrap(), Vec::new());
            for event in profile["events"].as_array().unwrap() {
                let time = event["at"].as_f64().unwrap();
                assert!(time >= at, "{name}: {time} after {at}");
                at = time;
                let frame = event["frame"].as_u64().unwrap();
                assert!((frame as usize) < frames, "{name}");
                if event["type"] == "O" {
                    open.push(frame);
                } else {
                    assert_eq!(open.pop(), Some(frame), "{name}");
                }
            }
            assert!(open.is_empty(), "{name}");
            assert!(at <= profile["endValue"].as_f64().unwrap(), "{name}");
        }
    }
}

/// Of all profiles of the wall clock together, the time of each frame at the bottom.
#[test]
fn wall_clocks_add_up_to_the_attribution() {
    for input in INPUTS {
        let document: Value =
            serde_json::from_str(&exported(&fixture(input), "speedscope")).unwrap();
        let frames = document["shared"]["frames"].as_array().unwrap();
        let mut seconds = std::collections::HashMap::<&str, f64>::new();
        for profile in document["profiles"].as_array().unwrap() {
            if !profile["name"].as_str().unwrap().ends_with(": wall clock") {
                continue;
            }
            let (mut depth, mut since) = (0, 0.0);
            for event in profile["events"].as_array().unwrap() {
                let at = event["at"].as_f64().unwrap();
                if event["type"] == "O" {
                    if depth == 0 {
                        since = at;
                    }
                    depth += 1;
                } else {
                    depth -= 1;
                    if depth == 0 {
                        let frame = event["frame"].as_u64().unwrap() as usize;
                        let name = frames[frame]["name"].as_str().unwrap();
                        *seconds.entry(name).or_default() += (at - since) / 1e9;
                    }
                }
            }
        }
        for (part, expected) in attribution(&fixture(input)) {
            let ours = seconds.get(called(&part)).copied().unwrap_or(0.0);
            assert!(
                (ours - expected).abs() < 1e-6,
                "{input}, {part}: {ours} {expected}"
            );
        }
    }
}
