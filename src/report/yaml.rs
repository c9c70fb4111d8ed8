//! YAML: the JSON document in the other notation.

use serde::Serialize;

use super::Style;
use crate::assessment::Assessment;

/// The whole assessment.
pub(super) fn render(assessment: &Assessment, _: &Style) -> String {
    document(assessment)
}

/// Anything of the assessment's types.
pub(super) fn document(value: &impl Serialize) -> String {
    match serde_yaml::to_string(value) {
        Ok(mut text) => {
            if !text.ends_with('\n') {
                text.push('\n');
            }
            text
        }
        // JSON is YAML: should the writer refuse a value, the document is still right.
        Err(_) => super::json::document(value),
    }
}
