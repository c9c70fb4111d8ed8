//! JSON: documents, and objects of one line each.

use serde::Serialize;

use super::Style;
use crate::assessment::Assessment;

/// The whole assessment, indented, keys in the order of the schema.
pub(super) fn render(assessment: &Assessment, _: &Style) -> String {
    document(assessment)
}

/// Anything of the assessment's types as an indented document.
pub(super) fn document(value: &impl Serialize) -> String {
    ended(serde_json::to_string_pretty(value))
}

/// The same on one line.
pub(super) fn line(value: &impl Serialize) -> String {
    ended(serde_json::to_string(value))
}

fn ended(text: serde_json::Result<String>) -> String {
    let mut text =
        text.expect("results have string keys and no fallible serializer, so they are always JSON");
    text.push('\n');
    text
}
