//! Inputs that grow: read and folded at each look.

use crate::config::Config;
use crate::ingest::{Follower, formats};
use crate::workload::{self, FoldOptions};

use super::{Folded, Material, PipelineError, Request, fold, material, taken};

/// Follows the inputs of a request: what a look gives is what [`super::read`] would, and only what was added since
/// the look before is read.
///
/// Everything is folded anew at a look that found something, since a later line may correct what any earlier one
/// said.
#[derive(Debug, Default)]
pub struct Following {
    follower: Follower,
    /// Something was read that nobody was told of yet.
    is_due: bool,
}

/// How to look.
#[derive(Debug, Clone, Copy, Default)]
pub struct Manner {
    /// Length of the cells of rows, as [`FoldOptions::cell`]; what earlier runs kept is then not added.
    pub cell: Option<i64>,
    /// Fold even where nothing changed: the request did.
    pub always: bool,
}

impl Following {
    /// Looks; `None`: nothing changed.
    ///
    /// # Errors
    /// As [`super::read`] at the first look. Later a target that is not there any more is a problem in the
    /// provenance. A target that can be read only once.
    pub fn look(
        &mut self,
        request: &Request,
        config: Config,
        manner: Manner,
        progress: &(dyn Fn(u64, u64) + Sync),
    ) -> Result<Option<Material>, PipelineError> {
        let look = self.follower.look(
            &request.targets,
            formats::ALL,
            &request.options,
            manner.always || self.is_due,
            progress,
        )?;
        let Some(mut ingested) = look else {
            return Ok(None);
        };
        self.is_due = true;
        let past = request.past.as_ref().filter(|_| manner.cell.is_none());
        let folded = if let Some(past) = past {
            let fresh = fold(&request.whole(), &mut ingested);
            Folded::Joined(past.with(&fresh, request)?)
        } else {
            let (records, options) = taken(request, &mut ingested);
            let options = FoldOptions {
                cell: manner.cell,
                ..options
            };
            Folded::Fresh(workload::fold(records, &options))
        };
        let material = material(request, config, &ingested, folded)?;
        self.is_due = false;
        Ok(Some(material))
    }

    /// Bytes of files that all looks read ([`Follower::fetched`]).
    #[must_use]
    pub fn fetched(&self) -> u64 {
        self.follower.fetched()
    }

    /// Bytes of memory that hold what the files gave.
    #[must_use]
    pub fn held(&self) -> u64 {
        self.follower.held()
    }
}
