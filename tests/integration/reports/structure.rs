//! What programs rely on: keys, round trips, rows.

use super::{draw, samples, style};
use perfadvise::assessment::Assessment;
use serde_json::Value;

/// Keys that programs rely on.
const PROMISED: &[&str] = &[
    "/schema_version",
    "/generator/name",
    "/generator/version",
    "/period/from",
    "/period/to",
    "/provenance/files",
    "/provenance/bytes",
    "/provenance/records",
    "/provenance/duplicates",
    "/provenance/skipped",
    "/provenance/formats/monitor-report",
    "/provenance/process_starts",
    "/provenance/ignored",
    "/provenance/problems/0/file",
    "/provenance/problems/0/line",
    "/provenance/problems/0/reason",
    "/provenance/unrecognised/0",
    "/metrics/0/metric",
    "/metrics/0/unit",
    "/metrics/0/dims",
    "/metrics/0/n",
    "/metrics/0/units",
    "/metrics/0/mean",
    "/metrics/0/median",
    "/metrics/0/p95",
    "/metrics/0/p99",
    "/metrics/0/min",
    "/metrics/0/max",
    "/metrics/0/total",
    "/metrics/0/interval/of",
    "/metrics/0/interval/low",
    "/metrics/0/interval/high",
    "/metrics/0/interval/level",
    "/metrics/0/interval/method",
    "/metrics/0/target/value",
    "/metrics/0/target/limit",
    "/metrics/0/target/of",
    "/metrics/0/verdict",
    "/score/model",
    "/score/profile",
    "/score/value",
    "/score/band",
    "/score/status",
    "/score/coverage",
    "/score/complete",
    "/score/bounds/low",
    "/score/interval/high",
    "/score/parts/0/part",
    "/score/parts/0/metric",
    "/score/parts/0/statistic",
    "/score/parts/0/value",
    "/score/parts/0/n",
    "/score/parts/0/weight",
    "/score/parts/0/target",
    "/score/parts/0/poor",
    "/score/parts/0/score",
    "/score/parts/0/points_lost",
    "/trends/0/metric",
    "/trends/0/dims",
    "/trends/0/n",
    "/trends/0/direction",
    "/trends/0/slope/per",
    "/trends/0/slope/estimate",
    "/trends/0/p",
    "/trends/0/change_points",
    "/trends/0/newest",
    "/trends/0/series/0/from",
    "/trends/0/series/0/value",
    "/trends/0/series/0/n",
    "/comparisons/0/metric",
    "/comparisons/0/dimension",
    "/comparisons/0/base",
    "/comparisons/0/candidate",
    "/comparisons/0/n/1",
    "/comparisons/0/units/1",
    "/comparisons/0/paired",
    "/comparisons/0/base_value",
    "/comparisons/0/candidate_value",
    "/comparisons/0/effect/kind",
    "/comparisons/0/effect/estimate",
    "/comparisons/0/effect/low",
    "/comparisons/0/effect/level",
    "/comparisons/0/test",
    "/comparisons/0/p",
    "/comparisons/0/p_adjusted",
    "/comparisons/0/verdict",
    "/attribution/wall_seconds",
    "/attribution/parts/0/part",
    "/attribution/parts/0/seconds",
    "/recommendations/0/rank",
    "/recommendations/0/rule",
    "/recommendations/0/name",
    "/recommendations/0/priority",
    "/recommendations/0/title",
    "/recommendations/0/why",
    "/recommendations/0/evidence/0/metric",
    "/recommendations/0/evidence/0/value",
    "/recommendations/0/evidence/0/n",
    "/recommendations/0/change/knob",
    "/recommendations/0/change/from",
    "/recommendations/0/change/to",
    "/recommendations/0/projection/kind",
    "/recommendations/0/projection/effects/0/metric",
    "/recommendations/0/projection/effects/0/from",
    "/recommendations/0/projection/effects/0/to",
    "/recommendations/0/projection/effects/0/low",
    "/recommendations/0/projection/points",
    "/recommendations/0/alone_and_combined/points_alone",
    "/recommendations/0/alone_and_combined/points_after_those_above",
    "/recommendations/0/confidence",
    "/recommendations/0/effort",
    "/recommendations/0/side_effects",
    "/findings/0/rule",
    "/findings/0/class",
    "/findings/0/title",
    "/findings/0/evidence",
    "/events/0/time",
    "/events/0/event",
    "/events/0/knob",
    "/events/0/from",
    "/events/0/to",
    "/combined_projection/points",
    "/combined_projection/effects",
    "/not_evaluated/0/rule",
    "/not_evaluated/0/reason",
];

#[test]
fn json_has_the_promised_keys() {
    let text = draw("json", &samples::story(), &style(100));
    let document: Value = serde_json::from_str(&text).unwrap();
    for pointer in PROMISED {
        assert!(document.pointer(pointer).is_some(), "{pointer} is missing");
    }
    assert_eq!(document["period"]["from"], "2026-11-16T00:00:11Z");
}

#[test]
fn json_and_yaml_give_the_assessment_back() {
    for (name, a) in samples::all() {
        let json: Assessment = serde_json::from_str(&draw("json", &a, &style(100))).unwrap();
        assert_eq!(json, a, "{name} as JSON");
        let yaml: Assessment = serde_yaml::from_str(&draw("yaml", &a, &style(100)))
            .unwrap_or_else(|e| panic!("{name} as YAML: {e}"));
        assert_eq!(yaml, a, "{name} as YAML");
    }
}

#[test]
fn every_json_line_has_a_section() {
    for (name, a) in samples::all() {
        let text = draw("jsonl", &a, &style(100));
        let mut metrics = 0;
        for line in text.lines() {
            let row: Value = serde_json::from_str(line).unwrap();
            let section = row["section"].as_str().unwrap();
            metrics += usize::from(section == "metric");
        }
        assert_eq!(metrics, a.metrics.len(), "{name}");
    }
}

#[test]
fn csv_has_a_row_for_each_metric() {
    let a = samples::story();
    let text = draw("csv", &a, &style(100));
    let lines: Vec<&str> = text.split("\r\n").filter(|l| !l.is_empty()).collect();
    assert_eq!(lines.len(), a.metrics.len() + 1);
    assert!(lines[0].starts_with("metric,unit,dim_mode,n,units,mean,"));
    let columns = lines[0].split(',').count();
    assert!(lines.iter().all(|l| l.split(',').count() == columns));
}

/// The fields of a CSV text, by RFC 4180.
fn csv_fields(text: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut is_quoted = false;
    for c in text.chars() {
        match c {
            // A doubled quote closes and opens again: its content is lost, which is no matter here.
            '"' => is_quoted = !is_quoted,
            ',' | '\n' if !is_quoted => fields.push(String::new()),
            '\r' if !is_quoted => {}
            _ => fields.last_mut().unwrap().push(c),
        }
    }
    fields
}

#[test]
fn csv_holds_no_formula() {
    let text = draw("csv", &samples::hostile(), &style(100));
    let fields = csv_fields(&text);
    assert!(fields.iter().any(|f| f.starts_with("'=HYPERLINK")));
    for field in fields {
        assert!(!field.starts_with(['=', '+', '-', '@', '\t']), "{field}");
    }
}

#[test]
fn the_schema_names_every_promised_key() {
    let root = schemars::schema_for!(Assessment).to_value();
    for pointer in PROMISED {
        let mut schema = &root;
        for step in pointer.trim_start_matches('/').split('/') {
            schema = within(schema, step, &root)
                .unwrap_or_else(|| panic!("{step} of {pointer} is not in the schema"));
        }
    }
}

/// The schema of a member or an item.
fn within<'s>(schema: &'s Value, step: &str, root: &'s Value) -> Option<&'s Value> {
    if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
        return within(root.pointer(&reference[1..])?, step, root);
    }
    if let Some(alternatives) = schema.get("anyOf").and_then(Value::as_array) {
        return alternatives.iter().find_map(|s| within(s, step, root));
    }
    match schema.get("items") {
        Some(items) if step.parse::<usize>().is_ok() => Some(items),
        _ => schema
            .get("properties")
            .and_then(|p| p.get(step))
            .or_else(|| schema.get("additionalProperties")),
    }
}
