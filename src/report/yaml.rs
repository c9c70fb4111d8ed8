//! YAML: the JSON document in the other notation.

use super::Style;
use crate::assessment::Assessment;

/// The whole assessment.
pub(super) fn render(assessment: &Assessment, style: &Style) -> String {
    match serde_yaml::to_string(assessment) {
        Ok(mut text) => {
            if !text.ends_with('\n') {
                text.push('\n');
            }
            text
        }
        // JSON is YAML: should the writer refuse a value, the document is still right.
        Err(_) => super::json::render(assessment, style),
    }
}
