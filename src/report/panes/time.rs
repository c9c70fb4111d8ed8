//! Where wall-clock time went, in a paragraph.

use super::super::pen::Pen;
use super::super::text::time;
use super::super::words;
use super::{Pane, Scene};
use crate::metrics::Unit;

/// The parts, largest first; `None` where it was not taken apart.
pub(crate) fn pane(scene: &Scene, pen: &Pen<'_>) -> Option<Pane> {
    let attribution = time::known(&scene.assessment)?;
    let parts: Vec<String> = time::parts(attribution, pen)
        .iter()
        .map(|p| {
            words::glued(&format!(
                "{} {} %",
                p.name,
                words::fixed(p.percent, 1, pen.signs)
            ))
        })
        .collect();
    let all = words::amount(Unit::Seconds, attribution.wall_seconds, pen.signs);
    let lines = pen.paragraph("  ", &parts.join(&format!(" {} ", pen.signs.dot)));
    Some(Pane::new("Where the time went", &all, lines))
}
