//! SARIF 2.1.0: a rule for each metric, a result for each regression, at the line of the configuration
//! that differs where one is known.

use serde_json::{Value, json};

use super::sentence;
use crate::assessment::{Check, CheckKind, CheckLevel, GateReport, GateVerdict};

/// The document.
pub(super) fn render(report: &GateReport) -> String {
    let mut rules: Vec<String> = report.checks.iter().map(rule).collect();
    rules.sort();
    rules.dedup();
    let listed: Vec<Value> = rules
        .iter()
        .map(|id| {
            json!({
                "id": id,
                "shortDescription": {"text": format!("{id} is worse than accepted")}
            })
        })
        .collect();
    let results: Vec<Value> = report
        .checks
        .iter()
        .filter(|c| c.verdict == GateVerdict::Regression)
        .map(|check| result(check, report, &rules))
        .collect();
    let document = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "perfadvise",
                "semanticVersion": report.generator.version,
                "rules": listed
            }},
            "results": results
        }]
    });
    format!("{document:#}\n")
}

fn rule(check: &Check) -> String {
    let suffix = match check.kind {
        CheckKind::Regression => "",
        CheckKind::Max => "-max",
        CheckKind::Min => "-min",
    };
    format!("{}-{}{suffix}", check.metric, check.statistic)
}

fn result(check: &Check, report: &GateReport, rules: &[String]) -> Value {
    let id = rule(check);
    let place = report
        .events
        .iter()
        .filter(|e| e.metrics.contains(&check.metric))
        .flat_map(|e| &e.causes)
        .find_map(|c| Some((c.file.clone()?, c.line.unwrap_or(1))));
    // A result needs a place; without a better one it is where such settings are made.
    let (file, line) = place.unwrap_or_else(|| ("perfadvise.yaml".into(), 1));
    let level = match (check.accepted, check.level) {
        (true, _) => "note",
        (false, CheckLevel::Warn) => "warning",
        (false, CheckLevel::Error) => "error",
    };
    json!({
        "ruleId": id,
        "ruleIndex": rules.iter().position(|r| *r == id),
        "level": level,
        "message": {"text": sentence(check)},
        "locations": [{"physicalLocation": {
            "artifactLocation": {"uri": encoded(&file.trim_start_matches("./").replace('\\', "/"))},
            "region": {"startLine": line.max(1)}
        }}],
        "partialFingerprints": {"perfadvise/v1": id}
    })
}

/// A path as a URI: what is no plain character is written as percent and hexadecimal digits.
fn encoded(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}
