//! Only the advice: every recommendation with evidence and basis, and what was not evaluated.

use super::Style;
use super::pen::Pen;
use super::text;
use crate::assessment::Assessment;

/// The page of `recommend`.
#[must_use]
pub fn page(a: &Assessment, style: &Style) -> String {
    let pen = Pen::new(style);
    let mut lines = text::advice::full_section(a, &pen);
    for block in text::closing::full_sections(a, &pen) {
        if !block.is_empty() {
            lines.push(String::new());
            lines.extend(block);
        }
    }
    pen.finish(&lines)
}
