//! Which files to read: paths, folders (hidden ones too), standard input, the usual places.

use std::path::PathBuf;

/// A path to read, with the labels of everything in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// File, folder, or `-`.
    pub path: PathBuf,
    /// Labels of all records in it.
    pub labels: Vec<(String, String)>,
}

/// Where known tools keep their logs: `./reports`, `./.orch-monitoring`, the session folders of
/// known agents below the home folder. Existing or not, in the order in which they are looked at.
#[must_use]
pub fn usual_places() -> Vec<PathBuf> {
    vec![PathBuf::from("reports"), PathBuf::from(".orch-monitoring")]
}
