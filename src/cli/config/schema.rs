//! `config schema`: JSON Schemas of the configuration file and of the assessment.

use std::io::{self, Write};

use serde_json::{Map, Value, json};

use crate::assessment::Assessment;
use crate::cli::{Exit, Failure};
use crate::config::declared::{DECLARED_KEYS, DIRECTIONS, STATISTICS, UNITS};
use crate::config::keys::{KEYS, Key, Type};
use crate::config::mapping::{INCLUDES, MAPPING_KEYS, OUTCOMES, RECORDS, TOKENS};
use crate::metrics::{self, Direction, Unit};

/// Which schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(in crate::cli) enum Of {
    /// perfadvise.yaml
    Config,
    /// The document of --format json
    Assessment,
}

pub(super) fn run(of: Option<Of>, out: &mut dyn Write) -> Result<Exit, Failure> {
    let assessment = || schemars::schema_for!(Assessment).to_value();
    let schema = match of {
        Some(Of::Config) => config(),
        Some(Of::Assessment) => assessment(),
        None => json!({"config": config(), "assessment": assessment()}),
    };
    serde_json::to_writer_pretty(&mut *out, &schema).map_err(io::Error::from)?;
    writeln!(out)?;
    Ok(Exit::Done)
}

/// The schema of `perfadvise.yaml`, from the table of keys and the metric registry.
fn config() -> Value {
    let mut root = Map::new();
    for key in KEYS {
        insert(&mut root, key.name, key);
    }
    // Sections whose names are the user's own, or come from the registry.
    root.insert("metrics".into(), declared());
    root.insert("targets".into(), targets());
    root.insert("thresholds".into(), thresholds());
    root.insert("gate".into(), gate());
    root.insert("alerts".into(), alerts());
    root.insert(
        "notification_channels".into(),
        json!({"type": "array", "items": {
            "type": "object",
            "required": ["type"],
            "properties": {
                "type": {"enum": ["webhook", "email", "desktop", "command", "file"]},
                "name": {"type": "string"},
                "enabled": {"type": "boolean"},
                "severity": {"enum": ["warning", "critical"]},
                "timeout": with_text("seconds, or a text with a unit"),
                "template": {"type": "string"},
                "in_doubt": {"enum": ["drop", "resend"]},
            },
        }}),
    );
    root.insert(
        "alert_actions".into(),
        json!({
            "type": "object",
            "description": "What may be done when an alert fires.",
            "additionalProperties": {
                "type": "object",
                "properties": {
                    "description": {"type": "string"},
                    "automated": {"type": "boolean"},
                    "user_confirmation": {"type": "boolean"},
                    "rollback_after": with_text("seconds, or a text with a unit"),
                    "report_results": {"type": "boolean"},
                    "notify_admin": {"type": "boolean"},
                    "most_per_hour": {"type": "integer", "minimum": 1},
                    "timeout": with_text("seconds, or a text with a unit"),
                    "set": {"type": "object", "minProperties": 1, "maxProperties": 1},
                    "command": one_or_more(),
                    "rollback_command": one_or_more(),
                },
            },
        }),
    );
    root.insert("labels".into(), json!({
        "type": "object",
        "description": "Labels of inputs whose path matches a pattern.",
        "additionalProperties": {"type": "object", "additionalProperties": {"type": ["string", "number", "boolean"]}},
    }));
    root.insert("mappings".into(), mappings());
    if let Some(Value::Object(rules)) = root.get_mut("rules").and_then(|r| r.get_mut("properties"))
    {
        rules.insert(
            "tune".into(),
            json!({
                "type": "object",
                "description": "Settings of rules by code, over those of their own files.",
                "additionalProperties": {"type": "object"},
            }),
        );
    }
    let same: Map<String, Value> = ["context", "interfaces", "resources", "thresholds"]
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), root.get(*name)?.clone())))
        .collect();
    root.insert(
        "performance_optimization".into(),
        json!({"type": "object", "properties": same}),
    );
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "perfadvise.yaml",
        "type": ["object", "null"],
        "properties": root,
    })
}

fn insert(at: &mut Map<String, Value>, name: &str, key: &Key) {
    match name.split_once('.') {
        None => {
            at.insert(name.to_owned(), value_of(key));
        }
        Some((section, rest)) => {
            let section = at
                .entry(section)
                .or_insert_with(|| json!({"type": "object", "properties": {}}));
            if rest.is_empty() {
                section["additionalProperties"] = value_of(key);
                section["description"] = key.meaning.into();
            } else if let Some(properties) = section["properties"].as_object_mut() {
                insert(properties, rest, key);
            }
        }
    }
}

fn value_of(key: &Key) -> Value {
    let mut schema = match key.kind {
        Type::Count { least, .. } => json!({"type": "integer", "minimum": least}),
        Type::Duration => with_text("seconds, or a text with a unit"),
        Type::Backoff => with_text("none, constant:2s, exponential:1s, exponential:1s:30s"),
        Type::Bytes => with_text("bytes, or a text with a unit"),
        Type::Ratio => with_text("a share from 0 to 1, or a percentage"),
        Type::Number => json!({"type": "number", "minimum": 0}),
        Type::Bool => json!({"type": "boolean"}),
        Type::OneOf(words) => json!({"enum": words}),
        Type::Word => json!({"type": "string"}),
        Type::Words => json!({"type": "array", "items": {"type": "string"}}),
    };
    schema["description"] = key.meaning.into();
    schema["examples"] = json!([key.example]);
    schema
}

fn with_text(title: &str) -> Value {
    json!({"type": ["number", "string"], "title": title, "minimum": 0})
}

fn limit_of(unit: Unit) -> Value {
    match unit {
        Unit::Seconds => with_text("seconds, or a text with a unit"),
        Unit::Bytes => with_text("bytes, or a text with a unit"),
        Unit::Ratio => with_text("a share from 0 to 1, or a percentage"),
        _ => json!({"type": "number", "minimum": 0}),
    }
}

/// Metrics of the user's own.
fn declared() -> Value {
    let words = |words: Vec<&str>| json!({"enum": words});
    let amount = || json!({"type": ["number", "string"]});
    let properties: Map<String, Value> = DECLARED_KEYS
        .iter()
        .map(|(key, meaning)| {
            let mut schema = match *key {
                "unit" => words(UNITS.iter().map(|(word, _)| *word).collect()),
                "direction" => words(DIRECTIONS.iter().map(|(word, _)| *word).collect()),
                "of" => words(STATISTICS.to_vec()),
                "target" => json!({"anyOf": [
                    amount(),
                    {"type": "object", "properties": {"mean": amount(), "p95": amount()}},
                ]}),
                _ => json!({"type": "string"}),
            };
            schema["description"] = (*meaning).into();
            ((*key).to_owned(), schema)
        })
        .collect();
    json!({
        "type": "object",
        "description": "Metrics of your own: what no input tells of them.",
        "additionalProperties": {
            "type": "object",
            "required": ["unit"],
            "properties": properties,
            "additionalProperties": false,
        },
    })
}

fn targets() -> Value {
    let properties: Map<String, Value> = metrics::ALL
        .iter()
        .filter(|m| m.row().direction != Direction::Neither)
        .map(|m| {
            let limit = limit_of(m.row().unit);
            let both = json!({
                "description": m.row().meaning,
                "anyOf": [limit, {"type": "object", "properties": {"mean": limit, "p95": limit}}],
            });
            (m.name().to_owned(), both)
        })
        .collect();
    json!({"type": "object", "description": "What is good enough.", "properties": properties})
}

fn thresholds() -> Value {
    let properties: Map<String, Value> = metrics::ALL
        .iter()
        .filter_map(|m| {
            let side = match m.row().direction {
                Direction::Lower => "max",
                Direction::Higher => "min",
                Direction::Neither => return None,
            };
            Some((format!("{side}_{}", m.name()), limit_of(m.row().unit)))
        })
        .collect();
    json!({"type": "object", "description": "Targets as max_ and min_ of a metric.", "properties": properties})
}

fn gate() -> Value {
    let settings = |limit: &Value| {
        json!({
            "level": {"enum": ["off", "warn", "error"], "description": "Whether it is judged, and whether its verdict fails."},
            "max_regression": {"type": ["number", "string"], "minimum": 0, "description": "The largest change for the worse that is accepted: a share, of ratios a difference; such as 10%."},
            "min": limit,
            "max": limit,
        })
    };
    let of = |limit: Value| {
        let inner = json!({"type": "object", "properties": settings(&limit), "additionalProperties": false});
        let mut whole = inner.clone();
        whole["properties"]["mean"] = inner.clone();
        whole["properties"]["p95"] = inner;
        whole
    };
    let properties: Map<String, Value> = metrics::ALL
        .iter()
        .map(|m| (m.name().to_owned(), of(limit_of(m.row().unit))))
        .collect();
    json!({
        "type": "object",
        "description": "What the gate judges, how strictly, and how much it weighs; by metric (METRIC.p95 is its 95th percentile).",
        "properties": properties,
        "additionalProperties": of(json!({"type": ["number", "string"]})),
    })
}

/// How the rows of tables become records.
fn mappings() -> Value {
    let name = || json!({"type": ["string", "number"], "title": "name of a column"});
    let names = || json!({"type": "object", "additionalProperties": name()});
    let column = |units: &str| {
        json!({
            "type": "object",
            "required": ["column", "unit"],
            "properties": {"column": name(), "unit": {"type": "string", "title": units}},
            "additionalProperties": false,
        })
    };
    let words = || json!({"type": ["array", "string", "number", "boolean"]});
    let properties: Map<String, Value> = MAPPING_KEYS
        .iter()
        .map(|(key, meaning)| {
            let mut schema = match *key {
                "files" => json!({"type": ["string", "array"], "items": {"type": "string"}}),
                "record" => json!({"enum": RECORDS.iter().map(|(name, _)| name).collect::<Vec<_>>()}),
                "time" => column("text, or since 1970 s, ms, us or ns"),
                "timezone" => json!({"type": ["string", "null"]}),
                "duration" => column("s, ms, us or ns"),
                "cost" => column("usd or cents"),
                "accuracy" => column("fraction or percent"),
                "outcome" => {
                    let mut outcome = Map::from_iter([("column".to_owned(), name())]);
                    outcome.extend(OUTCOMES.iter().map(|(name, _)| ((*name).to_owned(), words())));
                    json!({"type": "object", "required": ["column"], "properties": outcome})
                }
                "tokens" => {
                    let mut tokens: Map<String, Value> =
                        TOKENS.iter().map(|kind| ((*kind).to_owned(), name())).collect();
                    tokens.insert(INCLUDES.to_owned(), json!({"type": "boolean"}));
                    json!({"type": "object", "properties": tokens, "additionalProperties": false})
                }
                "dimensions" => names(),
                "values" => json!({"type": "object", "additionalProperties": column("the metric's unit, or none")}),
                _ => name(),
            };
            schema["description"] = (*meaning).into();
            ((*key).to_owned(), schema)
        })
        .collect();
    json!({
        "type": "object",
        "description": "How the rows of tables that no format knows become records.",
        "additionalProperties": {
            "type": "object",
            "required": ["files", "record"],
            "properties": properties,
        },
    })
}

fn one_or_more() -> Value {
    json!({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]})
}

fn alerts() -> Value {
    json!({
        "type": "object",
        "description": "Limits by metric; the bad side follows from the metric's direction.",
        "additionalProperties": {
            "type": "object",
            "properties": {
                "threshold": {"type": ["number", "string"]},
                "metric": {"type": "string"},
                "op": {"enum": ["above", "below"]},
                "severity": {"enum": ["warning", "critical"]},
                "cooldown": with_text("seconds, or a text with a unit"),
                "action": {"type": "string"},
                "consecutive_failures": {"type": "integer", "minimum": 1},
                "description": {"type": "string"},
                "enabled": {"type": "boolean"},
                "critical_threshold": {"type": ["number", "string"]},
                "of": {"enum": ["mean", "p95"]},
                "window": with_text("seconds, or a text with a unit"),
                "for": with_text("seconds, or a text with a unit"),
                "keep_firing_for": with_text("seconds, or a text with a unit"),
                "min_count": {"type": "integer", "minimum": 1},
                "no_data": {"enum": ["keep", "ok", "fire"]},
                "by": one_or_more(),
                "where": {"type": "object", "additionalProperties": one_or_more()},
                "labels": {"type": "object", "additionalProperties": one_or_more()},
                "inhibits": one_or_more(),
                "channels": one_or_more(),
                "objective": with_text("a share of the whole, such as 99%"),
                "burn": {"type": "array", "items": {
                    "type": "object",
                    "required": ["factor"],
                    "properties": {
                        "factor": {"type": "number", "exclusiveMinimum": 0},
                        "long": with_text("seconds, or a text with a unit"),
                        "short": with_text("seconds, or a text with a unit"),
                        "severity": {"enum": ["warning", "critical"]},
                    },
                }},
                "baseline": {"type": "string"},
                "tolerance": with_text("a share of the whole, such as 10%"),
            },
        },
    })
}
