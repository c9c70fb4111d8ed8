//! Inputs that grow, looked at time and again: what a look gives is what reading everything anew would
//! give, and only what was added is read.
//!
//! At each look the tree is walked and each file asked for its size and times; only one whose answer is
//! another is opened. What every file gave is kept in memory, packed. A log whose reader can go on
//! ([`super::Format::goes_on`]) is read from its last whole line on; what was replaced, cut or rewritten
//! is read anew, whatever stands in its place; what is deleted drops out, and so does a folder that
//! vanishes, which is a problem in the result until it is back.
//!
//! A last line without its line break may still be written. It counts where it makes sense as it stands,
//! as it would anywhere else, and is no fault where it makes none.

use super::cache::Kept;
use super::ingested::{Ingested, Options};
use super::read;
use super::walk::FoundKind;
use super::{Format, IngestError, Survey, Target};

/// Follows some targets.
#[derive(Debug, Default)]
pub struct Follower {
    kept: Kept,
    /// What could not be looked at, as the last look found it; `None`: there was no look.
    refused: Option<Vec<String>>,
    /// Bytes that all looks fetched.
    fetched: u64,
}

impl Follower {
    /// Looks; `None`: nothing changed since the last look, and this is not to be told `always`. `progress` is told as [`super::read_all`] says.
    /// `options.cache` is not used.
    ///
    /// # Errors
    /// A target that does not exist, at the first look; one that can be read only once; a faulty pattern in
    /// `options.path_labels`.
    pub fn look(
        &mut self,
        targets: &[Target],
        formats: &[&'static dyn Format],
        options: &Options,
        always: bool,
        progress: &(dyn Fn(u64, u64) + Sync),
    ) -> Result<Option<Ingested>, IngestError> {
        let is_first = self.refused.is_none();
        let survey = Survey::again(targets, options, &self.kept, is_first)?;
        let mut refused = Vec::new();
        for (file, is_held) in survey.held() {
            match &file.kind {
                FoundKind::Stream => {
                    return Err(IngestError::Once {
                        path: file.path.clone(),
                    });
                }
                FoundKind::Refused(why) => refused.push(format!("{}: {why}", file.path.display())),
                FoundKind::Regular if !is_held => refused.push(file.path.display().to_string()),
                FoundKind::Regular => {}
            }
        }
        let shelf = survey.shelf(formats);
        let is_unchanged = shelf.as_ref().is_some_and(|shelf| shelf.is_unchanged());
        if !always && is_unchanged && self.refused.as_ref() == Some(&refused) {
            // From now on these need not be opened to be told.
            let settled = shelf.map(|shelf| shelf.settled()).unwrap_or_default();
            self.kept.settle(settled);
            return Ok(None);
        }
        let done = read::read(&survey, shelf, formats, progress);
        tracing::info!(
            files = done.ingested.files.len(),
            fetched = done.fetched,
            "read what was added"
        );
        self.kept = done.kept.unwrap_or_default();
        self.refused = Some(refused);
        self.fetched += done.fetched;
        Ok(Some(done.ingested))
    }

    /// Bytes of files that all looks read, without the first and last KiB of what changed, by which it is told
    /// whether it only grew.
    #[must_use]
    pub fn fetched(&self) -> u64 {
        self.fetched
    }

    /// Bytes of memory that hold what the files gave.
    #[must_use]
    pub fn held(&self) -> u64 {
        self.kept.bytes()
    }
}
