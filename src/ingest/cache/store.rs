//! Where pieces are kept: in a file of the cache for the next run, or in memory for the next look.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use super::{Known, Mark};
use crate::cache::{Cache, Reader, Writer};

/// What one look leaves to the next.
#[derive(Debug, Default)]
pub(in crate::ingest) struct Kept {
    pub(super) known: Vec<Known>,
    sections: Vec<Arc<[u8]>>,
}

impl Kept {
    /// What each file was told by, by the bytes of its path.
    pub(in crate::ingest) fn marks(&self) -> HashMap<&[u8], &Mark> {
        let known = self.known.iter();
        known.map(|k| (k.path.as_slice(), &k.mark)).collect()
    }

    /// Takes over what [`super::Shelf::settled`] gave.
    pub(in crate::ingest) fn settle(&mut self, marks: Vec<(usize, Mark)>) {
        for (number, mark) in marks {
            if let Some(known) = self.known.get_mut(number) {
                known.mark = mark;
            }
        }
    }

    /// Bytes that it takes.
    pub(in crate::ingest) fn bytes(&self) -> u64 {
        self.sections.iter().map(|s| s.len() as u64).sum()
    }
}

/// What was kept.
#[derive(Debug)]
pub(super) enum Source<'a> {
    Disk(Option<Reader>),
    Memory(&'a Kept),
}

impl Source<'_> {
    /// The bytes of a section.
    pub(super) fn section(&self, number: u64) -> Option<Cow<'_, [u8]>> {
        let number = usize::try_from(number).ok()?;
        match self {
            Source::Disk(reader) => reader.as_ref()?.section(number).map(Cow::Owned),
            Source::Memory(kept) => kept.sections.get(number).map(|s| Cow::Borrowed(&**s)),
        }
    }
}

/// What is to be kept.
#[derive(Debug)]
pub(super) enum Sink {
    Disk(Writer),
    Memory(Vec<Arc<[u8]>>),
}

impl Sink {
    /// Writes a section; its number.
    pub(super) fn section(&mut self, bytes: Vec<u8>) -> u64 {
        match self {
            Sink::Disk(writer) => writer.section(&bytes) as u64,
            Sink::Memory(sections) => push(sections, bytes.into()),
        }
    }

    /// Takes a section over from what was kept; `None`: it cannot be read.
    pub(super) fn take_over(&mut self, source: &Source<'_>, number: u64) -> Option<u64> {
        if let (Sink::Memory(sections), Source::Memory(kept)) = (&mut *self, source) {
            let section = kept.sections.get(usize::try_from(number).ok()?)?;
            return Some(push(sections, Arc::clone(section)));
        }
        let bytes = source.section(number)?.into_owned();
        Some(self.section(bytes))
    }

    /// Puts everything in its place, with what is known of it.
    pub(super) fn finish(self, known: Vec<Known>, cache: Option<&Cache>) -> Option<Kept> {
        match self {
            Sink::Disk(mut writer) => {
                writer.section(&bitcode::encode(&known));
                writer.finish(cache.map_or(0, |cache| cache.most_bytes));
                None
            }
            Sink::Memory(sections) => Some(Kept { known, sections }),
        }
    }
}

fn push(sections: &mut Vec<Arc<[u8]>>, section: Arc<[u8]>) -> u64 {
    sections.push(section);
    sections.len() as u64 - 1
}
