//! Where a document comes from, and where its faults go.

use std::borrow::Cow;

use jiff::tz::TimeZone;

use super::locate::Locator;
use super::tree::{is_json, yaml_line};
use crate::ingest::{Input, time};
use crate::place::{Problem, ProblemKind};
use crate::record::{Dimension, Dims, DimsId, Hash128, Name, Records, hash64};
use crate::units::Time;

/// What a reader keeps of its input while it holds the document.
#[derive(Debug)]
pub(in crate::ingest) struct Origin<'a> {
    /// Index of the file.
    pub(in crate::ingest) file: u32,
    zone: &'a TimeZone,
    labels: Dims,
    labels_hash: u64,
}

impl<'a> Origin<'a> {
    /// Of this input.
    pub(in crate::ingest) fn of(input: &Input<'a>, records: &mut Records) -> Self {
        let mut pairs: Vec<&(String, String)> = input.label_pairs.iter().collect();
        pairs.sort();
        let text: Vec<u8> = pairs
            .iter()
            .flat_map(|(key, value)| [key.as_bytes(), b"\0", value.as_bytes(), b"\0"].concat())
            .collect();
        Self {
            file: input.file,
            zone: input.naive_zone,
            labels: input.labels(records),
            labels_hash: hash64(&text),
        }
    }

    /// The labels of the file, as dimensions.
    pub(in crate::ingest) fn labels(&self) -> &[(Dimension, Name)] {
        &self.labels
    }

    /// A time as inputs write it; see [`Input::time`].
    pub(in crate::ingest) fn time(&self, text: &str) -> Option<Time> {
        time::parse(text, self.zone)
    }

    /// The dimensions of a record: its own, and the labels of the file where it has none.
    pub(in crate::ingest) fn dims(
        &self,
        records: &mut Records,
        own: &[(Dimension, &str)],
    ) -> DimsId {
        let mut dims: Dims = own
            .iter()
            .map(|(dimension, value)| (*dimension, records.catalog.name(value)))
            .filter(|(_, name)| name.is_some())
            .collect();
        dims.extend_from_slice(&self.labels);
        records.catalog.dims(dims)
    }

    /// A key for deduplication of what `what` did at a time: the same in every file with the same
    /// labels.
    pub(in crate::ingest) fn key(&self, what: &str, time: Time) -> u128 {
        self.key_of(what, &time.0.to_le_bytes())
    }

    /// A key for deduplication of what has no time, or more than that to tell it apart.
    pub(in crate::ingest) fn key_of(&self, what: &str, content: &[u8]) -> u128 {
        self.keys(what).with(content).key()
    }

    /// How all keys of `what` begin.
    pub(in crate::ingest) fn keys(&self, what: &str) -> Hash128 {
        Hash128::default()
            .with(what.as_bytes())
            .with(&[0])
            .with(&self.labels_hash.to_le_bytes())
    }
}

/// Collects the faults of a document, and finds their lines.
pub(in crate::ingest) struct Faults<'a> {
    file: u32,
    text: &'a [u8],
    list: &'a [&'a str],
    locator: Option<Option<Locator<'a>>>,
    problems: &'a mut Vec<Problem>,
}

impl<'a> Faults<'a> {
    /// Of the document `text`, whose records are the elements of the list under the keys `list`.
    pub(in crate::ingest) fn new(
        file: u32,
        text: &'a [u8],
        list: &'a [&'a str],
        problems: &'a mut Vec<Problem>,
    ) -> Self {
        Self {
            file,
            text,
            list,
            locator: None,
            problems,
        }
    }

    /// A value of record `index` was left out.
    pub(in crate::ingest) fn value(
        &mut self,
        index: usize,
        keys: &[&str],
        reason: impl Into<Cow<'static, str>>,
    ) {
        self.push(index, keys, ProblemKind::Value, reason.into());
    }

    /// Record `index` was skipped.
    pub(in crate::ingest) fn skipped(
        &mut self,
        index: usize,
        keys: &[&str],
        reason: impl Into<Cow<'static, str>>,
    ) {
        self.push(index, keys, ProblemKind::Skipped, reason.into());
    }

    fn push(&mut self, index: usize, keys: &[&str], kind: ProblemKind, reason: Cow<'static, str>) {
        let line = if is_json(self.text) {
            self.json_line(index, keys)
        } else {
            yaml_line(self.text, keys)
        };
        self.problems.push(Problem {
            file: self.file,
            line,
            kind,
            reason,
        });
    }

    fn json_line(&mut self, index: usize, keys: &[&str]) -> Option<u64> {
        let (text, list) = (self.text, self.list);
        let locator = self
            .locator
            .get_or_insert_with(|| Locator::new(text, list))
            .as_mut()?;
        // Of a value that is not there the record is shown.
        locator
            .line(index, keys)
            .or_else(|| locator.line(index, &[]))
    }
}
