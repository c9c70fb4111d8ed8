//! JSON output against the schema that `analyze --json-schema` prints.

use serde_json::{Map, Value};

use super::{assessments, of};
use crate::cli::program;

/// The schema as the program prints it.
fn schema() -> Value {
    let home = tempfile::tempdir().unwrap();
    let output = program(home.path())
        .args(["analyze", "--json-schema"])
        .output()
        .unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn the_schema_is_the_committed_one() {
    let text = serde_json::to_string_pretty(&schema()).unwrap() + "\n";
    let path = "docs/assessment.schema.json";
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(path, &text).unwrap();
    }
    assert!(
        std::fs::read_to_string(path).unwrap_or_default() == text,
        "{path} is not what analyze --json-schema prints; BLESS=1 cargo test the_schema_is writes it"
    );
}

#[test]
fn the_output_of_every_fixture_holds_to_the_schema() {
    let root = schema();
    for (folder, a) in assessments() {
        let document = serde_json::to_value(a).unwrap();
        let mut faults = Vec::new();
        check(&document, &root, &root, folder, &mut faults);
        assert!(faults.is_empty(), "{folder}: {faults:#?}");
    }
}

#[test]
fn what_breaks_the_schema_is_found() {
    let root = schema();
    let sound = serde_json::to_value(of("native-records")).unwrap();
    let breaks: [(&str, &str, Value); 6] = [
        ("/score", "value", Value::from("high")),
        ("/score", "status", Value::from("fine")),
        ("/provenance", "records", Value::from(-1)),
        ("/metrics/0", "new_key", Value::from(1)),
        ("/metrics/0/interval", "level", Value::Null),
        ("/generator", "name", Value::Null),
    ];
    for (place, key, value) in breaks {
        let mut document = sound.clone();
        let object = document
            .pointer_mut(place)
            .unwrap()
            .as_object_mut()
            .unwrap();
        object.insert(key.to_owned(), value);
        let mut faults = Vec::new();
        check(&document, &root, &root, "", &mut faults);
        assert!(!faults.is_empty(), "{place}/{key}");
    }
    let mut document = sound;
    document.as_object_mut().unwrap().remove("score");
    let mut faults = Vec::new();
    check(&document, &root, &root, "", &mut faults);
    assert!(!faults.is_empty(), "a required key is gone");
}

/// Holds a value against a schema. Stricter than JSON Schema asks: a key that the schema does not
/// name is a fault. A keyword that is not known here is one, too, so that nothing goes unchecked.
pub(crate) fn check(
    value: &Value,
    schema: &Value,
    root: &Value,
    at: &str,
    faults: &mut Vec<String>,
) {
    let Value::Object(schema) = schema else {
        // `true`: anything goes.
        return;
    };
    for (keyword, rule) in schema {
        match keyword.as_str() {
            "$schema" | "$defs" | "definitions" | "title" | "description" | "default"
            | "format" => {}
            "$ref" => {
                let pointer = rule.as_str().unwrap().trim_start_matches('#');
                check(value, root.pointer(pointer).unwrap(), root, at, faults);
            }
            "type" => {
                let is_one = match rule {
                    Value::Array(names) => names.iter().any(|n| is_of(value, n)),
                    name => is_of(value, name),
                };
                if !is_one {
                    faults.push(format!("{at}: {value} is not {rule}"));
                }
            }
            "const" if value != rule => faults.push(format!("{at}: {value} is not {rule}")),
            "enum" if !rule.as_array().unwrap().contains(value) => {
                faults.push(format!("{at}: {value} is none of {rule}"));
            }
            "const" | "enum" => {}
            "anyOf" | "oneOf" => alternatives(value, rule, root, at, faults),
            "minimum" if value.is_number() && value.as_f64() < rule.as_f64() => {
                faults.push(format!("{at}: {value} is below {rule}"));
            }
            "minItems" if value.as_array().is_some_and(|a| a.len() < size(rule)) => {
                faults.push(format!("{at}: fewer than {rule}"));
            }
            "maxItems" if value.as_array().is_some_and(|a| a.len() > size(rule)) => {
                faults.push(format!("{at}: more than {rule}"));
            }
            "minimum" | "minItems" | "maxItems" => {}
            "items" => {
                for (i, item) in value.as_array().into_iter().flatten().enumerate() {
                    check(item, rule, root, &format!("{at}/{i}"), faults);
                }
            }
            "required" => {
                for key in rule.as_array().unwrap().iter().filter_map(Value::as_str) {
                    if value.as_object().is_some_and(|o| !o.contains_key(key)) {
                        faults.push(format!("{at}: {key} is missing"));
                    }
                }
            }
            "properties" | "additionalProperties" => {}
            other => faults.push(format!("{at}: the keyword {other} is not known")),
        }
    }
    if let Value::Object(object) = value {
        members(object, schema, root, at, faults);
    }
}

fn members(
    object: &Map<String, Value>,
    schema: &Map<String, Value>,
    root: &Value,
    at: &str,
    faults: &mut Vec<String>,
) {
    let others = schema.get("additionalProperties");
    let Some(known) = schema.get("properties").and_then(Value::as_object) else {
        for (key, value) in object {
            if let Some(rule) = others {
                check(value, rule, root, &format!("{at}/{key}"), faults);
            }
        }
        return;
    };
    for (key, value) in object {
        match known.get(key).or(others) {
            Some(rule) => check(value, rule, root, &format!("{at}/{key}"), faults),
            None => faults.push(format!("{at}: {key} is not in the schema")),
        }
    }
}

fn alternatives(value: &Value, rules: &Value, root: &Value, at: &str, faults: &mut Vec<String>) {
    let holds = rules.as_array().unwrap().iter().any(|rule| {
        let mut found = Vec::new();
        check(value, rule, root, at, &mut found);
        found.is_empty()
    });
    if !holds {
        faults.push(format!("{at}: {value} fits none of the alternatives"));
    }
}

fn is_of(value: &Value, name: &Value) -> bool {
    match name.as_str().unwrap() {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("no type {other}"),
    }
}

fn size(rule: &Value) -> usize {
    usize::try_from(rule.as_u64().unwrap()).unwrap()
}
