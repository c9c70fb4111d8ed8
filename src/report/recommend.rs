//! The page of `recommend`: the advice with its reasons, and what could not be judged.

use super::Style;
use super::pen::Pen;
use super::text::{advice, closing};
use super::verdict;
use crate::assessment::Assessment;

/// The page of `recommend`.
#[must_use]
pub fn page(a: &Assessment, style: &Style) -> String {
    let pen = Pen::new(style);
    let mut lines = advice::full_section(a, &pen);
    for section in closing::advice_sections(a, &pen) {
        if !section.is_empty() {
            lines.push(String::new());
            lines.extend(section);
        }
    }
    lines.push(String::new());
    lines.extend(pen.paragraph("  ", &verdict::score(&a.score, &pen)));
    if let Some(first) = a.recommendations.first() {
        lines.push(format!(
            "  Next: perfadvise rules explain {}",
            pen.name(&first.rule, 12)
        ));
    }
    pen.finish(&lines)
}
