//! Rows with a further label, so that two workloads in one can be told apart.

use crate::record::{Dimension, DimsId};

use super::Workload;

impl Workload {
    /// The rows with a label of this value; nothing else of the workload.
    #[must_use]
    pub fn labelled(&self, label: &str, value: &str) -> Workload {
        let mut catalog = self.catalog.clone();
        let own = (Dimension::Label(catalog.name(label)), catalog.name(value));
        let dims: Vec<DimsId> = self
            .catalog
            .dims
            .values()
            .iter()
            .map(|set| catalog.dims(set.iter().copied().chain([own]).collect()))
            .collect();
        let mut rows = self.rows.clone();
        for row in &mut rows {
            row.key.dims = dims[row.key.dims.0 as usize];
        }
        Workload {
            catalog,
            units: self.units.clone(),
            rows,
            declared: self.declared.clone(),
            ..Workload::default()
        }
    }
}
