//! The fold of the last run, for the next one over the same files.

use crate::cache::Cache;
use crate::ingest::{Ingested, Survey, formats};
use crate::workload::Workload;

use super::Request;

/// Names the file of the cache.
const NAME: &str = "workload";

/// Where the fold of some files is kept.
pub(super) struct Place<'a> {
    cache: &'a Cache,
    name: String,
    key: Vec<u8>,
}

impl<'a> Place<'a> {
    /// `None` where nothing is kept: not of a selection by time, which moves with the clock.
    pub(super) fn of(survey: &Survey<'a>, request: &Request) -> Option<Self> {
        if request.from.is_some() || request.to.is_some() {
            return None;
        }
        let (only, rules) = (&request.only, request.wall_clock);
        let settings = format!("{only:?} {rules:?} {}", request.prices.fingerprint());
        let (cache, name, key) = survey.key(NAME, &settings)?;
        Some(Self { cache, name, key })
    }

    /// What was kept of the very same files.
    pub(super) fn load(&self, survey: &Survey<'_>) -> Option<(Ingested, Workload)> {
        let reader = self.cache.open(&self.name)?;
        if reader.section(0)? != self.key {
            return None;
        }
        let ingested = survey.recall(&reader.section(1)?, formats::ALL)?;
        let workload = Workload::of_sections(|n| reader.section(n + 2))?;
        reader.note_use();
        tracing::info!("nothing changed since the last run");
        Some((ingested, workload))
    }

    /// Keeps it.
    pub(super) fn keep(&self, ingested: &Ingested, workload: &Workload) {
        let Some(mut writer) = self.cache.create(&self.name) else {
            return;
        };
        writer.section(&self.key);
        writer.section(&ingested.told());
        for section in workload.to_sections() {
            writer.section(&section);
        }
        writer.finish(self.cache.most_bytes);
    }
}
