//! Context modes and interfaces, a line for each value.

use super::super::pen::Pen;
use super::super::text::tradeoffs::short_table;
use super::{Pane, Scene};

/// The table of a dimension; `None` where records do not tell it.
pub(crate) fn pane(scene: &Scene, dimension: &str, pen: &Pen<'_>) -> Option<Pane> {
    let table = scene
        .assessment
        .tables
        .iter()
        .find(|t| t.dimension == dimension)?;
    let title = match dimension {
        "mode" => "Context modes",
        _ => "Interfaces",
    };
    Some(Pane::new(title, "", short_table(table, pen)))
}
