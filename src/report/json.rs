//! One JSON document: the assessment as it is.

use super::Style;
use crate::assessment::Assessment;

/// The whole assessment, indented, keys in the order of the schema.
pub(super) fn render(assessment: &Assessment, _: &Style) -> String {
    let mut text = serde_json::to_string_pretty(assessment)
        .expect("an assessment has string keys and no fallible serializer, so it is always JSON");
    text.push('\n');
    text
}
