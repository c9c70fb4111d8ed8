//! What earlier runs kept, joined with what this one reads.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use crate::assessment::HistoryNote;
use crate::units::Time;
use crate::workload::{Piece, Workload, joined};

use super::{PipelineError, Request};

/// Gives the pieces that reach into a span of time; without one all of them.
pub type Loader = Arc<dyn Fn(Option<Time>, Option<Time>) -> Result<Kept, PastError> + Send + Sync>;

/// Pieces that were kept.
#[derive(Debug, Default)]
pub struct Kept {
    /// The pieces.
    pub pieces: Vec<Piece>,
    /// Whether an orchestrator left any of them behind.
    pub is_orchestrator: bool,
    /// Days of the prices by which their costs were computed.
    pub prices: BTreeSet<String>,
}

/// What earlier runs kept, to which the inputs are added. A unit that the inputs know too is taken from
/// them, unless they hold less of it.
#[derive(Clone)]
pub struct Past {
    /// Where it is kept.
    pub file: String,
    /// Its earliest and its latest time.
    pub span: Option<(Time, Time)>,
    /// Gives it.
    pub load: Loader,
}

impl fmt::Debug for Past {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Past")
            .field("file", &self.file)
            .finish_non_exhaustive()
    }
}

/// What was kept cannot be read.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{message}")]
pub struct PastError {
    /// What is wrong and where.
    pub message: String,
    /// What to do about it.
    pub help: String,
}

/// What was kept with what was read now.
pub(super) struct Joined {
    pub(super) workload: Workload,
    pub(super) note: HistoryNote,
    pub(super) is_orchestrator: bool,
    /// Days of the prices by which the costs were computed.
    pub(super) prices: BTreeSet<String>,
}

impl Past {
    /// What was kept with what was read now, as far as the request asks for it.
    pub(super) fn with(
        &self,
        fresh: &Workload,
        request: &Request,
    ) -> Result<Joined, PipelineError> {
        let kept = (self.load)(request.from, request.to)?;
        let is_unit = |p: &&Piece| matches!(p.scope, crate::workload::Scope::Unit(_));
        let note = HistoryNote {
            file: self.file.clone(),
            units: kept.pieces.iter().filter(is_unit).count() as u64,
        };
        let mut prices = kept.prices;
        let mut extras = fresh.rows.iter().filter_map(|r| r.extra.as_deref());
        if extras.any(|e| e.priced + e.unpriced > 0) {
            prices.insert(request.prices.date.clone());
        }
        let mut all = joined(kept.pieces, fresh.pieces());
        if request.from.is_some() || request.to.is_some() {
            all = all.between(request.from, request.to);
        }
        Ok(Joined {
            workload: all.only(&request.only),
            note,
            is_orchestrator: kept.is_orchestrator,
            prices,
        })
    }
}

impl Request {
    /// The same inputs without a choice among their records.
    pub(super) fn whole(&self) -> Self {
        Self {
            from: None,
            to: None,
            only: Vec::new(),
            past: None,
            ..self.clone()
        }
    }
}
