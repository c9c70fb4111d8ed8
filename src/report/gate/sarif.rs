//! SARIF 2.1.0: a rule for each metric, a result for each regression, at the line of the configuration
//! that sets its tolerance or limit, else at one that differs from the baseline's.

use serde_json::{Value, json};

use super::{places, sentence};
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
        .filter(|c| c.compared.verdict == GateVerdict::Regression)
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
    format!("{}-{}{suffix}", check.compared.metric, check.statistic)
}

fn result(check: &Check, report: &GateReport, rules: &[String]) -> Value {
    let id = rule(check);
    let mut places = places(check, report).into_iter();
    // A result needs a place; without a better one it is where such settings are made.
    let first = places.next().unwrap_or(("perfadvise.yaml", 1));
    let others: Vec<Value> = places.map(location).collect();
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
        "locations": [location(first)],
        "relatedLocations": others,
        "partialFingerprints": {"perfadvise/v1": id}
    })
}

fn location((file, line): (&str, u64)) -> Value {
    json!({"physicalLocation": {
        "artifactLocation": {"uri": encoded(&file.trim_start_matches("./").replace('\\', "/"))},
        "region": {"startLine": line.max(1)}
    }})
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
