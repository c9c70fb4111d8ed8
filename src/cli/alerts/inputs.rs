//! What alerts look at: inputs that are read once, or followed from look to look.

use std::sync::Arc;

use crate::alerts::CELL;
use crate::config::Config;
use crate::pipeline::{self, Following, Manner, Material, PipelineError, Request};

/// Reads inputs.
pub(in crate::cli) enum Inputs {
    /// Once, all of them.
    Once,
    /// Time and again, only what was added.
    Followed(Box<Followed>),
}

/// Inputs that are followed.
#[derive(Default)]
pub(in crate::cli) struct Followed {
    /// In cells of a minute.
    fine: Following,
    /// In quarters of an hour, for alerts that are held against a baseline; nothing is read where there is none.
    coarse: Following,
    /// What the last look that found something found, and by which configuration.
    last: Option<(Arc<Material>, Config)>,
}

impl Inputs {
    /// What there is, in cells of a minute. Where nothing changed, and it is not to be told `always`, it may be what
    /// an earlier look asked for, which was no less.
    ///
    /// # Errors
    /// As [`pipeline::read`].
    pub(super) fn fine(
        &mut self,
        request: &Request,
        config: Config,
        always: bool,
        progress: &(dyn Fn(u64, u64) + Sync),
    ) -> Result<Arc<Material>, PipelineError> {
        let Inputs::Followed(followed) = self else {
            return pipeline::read_fine(request, config, CELL, progress).map(Arc::new);
        };
        let Followed { fine, last, .. } = &mut **followed;
        let told_with = last.as_ref().map(|(_, config)| format!("{config:?}"));
        let manner = Manner {
            cell: Some(CELL),
            // Configuration among the inputs was joined to what is no more.
            always: always || told_with.is_none_or(|told| told != format!("{config:?}")),
        };
        let before = fine.fetched();
        let found = fine.look(request, config.clone(), manner, progress)?;
        tracing::info!(read = fine.fetched() - before, held = fine.held(), "looked");
        Ok(match (found, &*last) {
            (None, Some((material, _))) => Arc::clone(material),
            (None, None) => Arc::new(pipeline::read_fine(request, config, CELL, progress)?),
            (Some(material), _) => {
                let material = Arc::new(material);
                *last = Some((Arc::clone(&material), config));
                material
            }
        })
    }

    /// What there is, in quarters of an hour.
    ///
    /// # Errors
    /// As [`pipeline::read`].
    pub(super) fn coarse(
        &mut self,
        request: &Request,
        config: Config,
    ) -> Result<Material, PipelineError> {
        if let Inputs::Followed(followed) = self {
            let manner = Manner {
                cell: None,
                always: true,
            };
            let found = followed
                .coarse
                .look(request, config.clone(), manner, &|_, _| {})?;
            if let Some(material) = found {
                return Ok(material);
            }
        }
        pipeline::read(request, config, &|_, _| {})
    }
}
