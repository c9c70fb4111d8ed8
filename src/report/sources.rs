//! Where the data came from, in a few words.

use super::words;
use crate::assessment::Provenance;

/// `6 files`, `the history (118 units)`, or both.
pub(super) fn sources(p: &Provenance) -> String {
    let files = words::counted(p.files, "file", "files");
    match &p.history {
        None => files,
        Some(history) => {
            let units = words::counted(history.units, "unit", "units");
            let history = format!("the history ({units})");
            if p.files == 0 {
                history
            } else {
                format!("{files} and {history}")
            }
        }
    }
}
