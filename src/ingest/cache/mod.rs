//! What files gave when they were read last, so that only what changed is read.
//!
//! For each set of targets one file (or, between the looks of a program that follows its inputs, a place
//! in memory): for each input its [`Mark`] and, piece by piece, the records that
//! came from it. An input with the same mark is not read; one that only grew is read from where it ended,
//! if its reader can go on, or from its last part on, if it is read in parts. Labels, the zone of naive
//! times and the build that wrote it belong to what must be the same.

mod entry;
mod mark;
mod store;
mod told;

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::input::Left;
use super::merge::Harvest;
use super::walk::Found;
use super::{Format, Target};
use crate::cache::{Cache, checksum};
use store::{Sink, Source};

pub(super) use mark::Mark;
pub(super) use store::Kept;

/// Names the files of the cache that belong to reading.
const NAME: &str = "records";

/// A smaller file is read again as a whole by the next run: its reader's state is not worth its place.
const WORTH_A_STATE: u64 = 1 << 20;

/// An input as it was read.
#[derive(Debug, Clone, bitcode::Encode, bitcode::Decode)]
struct Known {
    path: Vec<u8>,
    mark: Mark,
    /// Hash of what else decides what is read from it.
    settings: u64,
    pieces: Vec<Piece>,
}

/// A piece of an input: the whole of it, or a part.
#[derive(Debug, Clone, PartialEq, bitcode::Encode, bitcode::Decode)]
struct Piece {
    begin: u64,
    end: u64,
    /// Section of what was kept.
    section: u64,
    lines: u64,
    /// Whether its reader can go on at its end.
    goes_on: bool,
    format: Option<String>,
}

/// An input now.
#[derive(Debug)]
struct Present {
    path: PathBuf,
    mark: Mark,
    settings: u64,
    /// What is known of it from before, and whether it only grew since.
    before: Option<(usize, Change)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    /// For certain none.
    None,
    /// None, unless within a moment after it was written: whoever only appends would show.
    Still,
    Grown,
}

/// What there is of a piece.
pub(super) enum Before {
    /// All of it.
    Same(Harvest),
    /// All of it up to that byte, with the state of its reader there.
    Begun(Harvest, Vec<u8>, u64),
}

/// What was kept, and what is to be kept.
#[derive(Debug)]
pub(super) struct Shelf<'a> {
    /// Where it is kept for the next run, and under which name; `None`: in memory, for the next look.
    cache: Option<(&'a Cache, String)>,
    source: Source<'a>,
    formats: &'a [&'static dyn Format],
    known: Cow<'a, [Known]>,
    /// By index of the file; `None`: not to be kept.
    present: Vec<Option<Present>>,
    fresh: Mutex<Fresh>,
}

/// Pieces that were read now, by file.
#[derive(Debug, Default)]
struct Fresh {
    sink: Option<Sink>,
    pieces: HashMap<usize, Vec<Piece>>,
    /// The disk does not let us.
    is_refused: bool,
}

impl<'a> Shelf<'a> {
    /// Looks up what the last run kept of `files`, whose present marks these are. `settings` gives a hash
    /// of what decides what is read from a file.
    pub(super) fn open(
        cache: &'a Cache,
        targets: &[Target],
        formats: &'a [&'static dyn Format],
        files: &[Found],
        marks: &[Option<Mark>],
        settings: impl Fn(&Found) -> u64,
    ) -> Self {
        let name = name_of(NAME, targets);
        let reader = cache.open(&name);
        let index = || {
            let reader = reader.as_ref()?;
            bitcode::decode(&reader.section(reader.len().checked_sub(1)?)?).ok()
        };
        let shelf = Self {
            known: Cow::Owned(index().unwrap_or_default()),
            cache: Some((cache, name)),
            source: Source::Disk(reader),
            formats,
            present: Vec::new(),
            fresh: Mutex::default(),
        };
        shelf.with_present(files, marks, settings)
    }

    /// Looks up what the last look kept of `files`.
    pub(super) fn in_memory(
        kept: &'a Kept,
        formats: &'a [&'static dyn Format],
        files: &[Found],
        marks: &[Option<Mark>],
        settings: impl Fn(&Found) -> u64,
    ) -> Self {
        let shelf = Self {
            known: Cow::Borrowed(&kept.known),
            cache: None,
            source: Source::Memory(kept),
            formats,
            present: Vec::new(),
            fresh: Mutex::default(),
        };
        shelf.with_present(files, marks, settings)
    }

    fn with_present(
        mut self,
        files: &[Found],
        marks: &[Option<Mark>],
        settings: impl Fn(&Found) -> u64,
    ) -> Self {
        let by_path: HashMap<&[u8], usize> = self
            .known
            .iter()
            .enumerate()
            .map(|(n, known)| (known.path.as_slice(), n))
            .collect();
        let present = files.iter().zip(marks).map(|(file, mark)| {
            let mark = (*mark)?;
            let settings = settings(file);
            let number = by_path.get(file.path.as_os_str().as_encoded_bytes());
            let change = |n: usize| {
                let known = &self.known[n];
                let change = change(known, &mark, &file.path)?;
                (known.settings == settings).then_some((n, change))
            };
            Some(Present {
                path: file.path.clone(),
                mark,
                settings,
                before: number.and_then(|n| change(*n)),
            })
        });
        let present: Vec<Option<Present>> = present.collect();
        let same = |p: &&Present| matches!(p.before, Some((_, Change::None)));
        tracing::info!(
            files = present.len(),
            unchanged = present.iter().flatten().filter(same).count(),
            "looked into the cache"
        );
        self.present = present;
        self
    }

    /// Whether every file is known, none is gone, and none has changed.
    pub(super) fn is_unchanged(&self) -> bool {
        let mut files = self.present.iter().flatten();
        files.clone().count() == self.known.len()
            && files.all(|file| match file.before {
                Some((_, Change::None)) => true,
                Some((number, Change::Still)) => {
                    let last = self.known[number].pieces.last();
                    last.is_some_and(|piece| piece.goes_on)
                }
                Some((_, Change::Grown)) | None => false,
            })
    }

    /// Present marks of known files that could not be trusted when they were looked at last, and can be now.
    pub(super) fn settled(&self) -> Vec<(usize, Mark)> {
        let still = self.present.iter().flatten().filter_map(|file| {
            let (number, change) = file.before?;
            (change == Change::Still && file.mark.is_settled).then_some((number, file.mark))
        });
        still.collect()
    }

    /// Whether a file is kept.
    pub(super) fn holds(&self, file: usize) -> bool {
        self.present[file].is_some()
    }

    /// Whether the end of a file may be written at this moment: a line that is not ended is not taken yet.
    pub(super) fn is_growing(&self) -> bool {
        self.cache.is_none()
    }

    /// Whether a file ends with a whole line.
    pub(super) fn ends_line(&self, file: usize) -> bool {
        self.present[file]
            .as_ref()
            .is_some_and(|p| p.mark.ends_line)
    }

    /// Whether what the reader of this file leaves at its end will be of use.
    pub(super) fn wants_state(&self, file: usize, size: u64) -> bool {
        self.holds(file) && (self.is_growing() || size >= WORTH_A_STATE && self.ends_line(file))
    }

    /// The format of a file that was read in parts, and has grown at most.
    pub(super) fn format_of_parts(&self, file: usize) -> Option<&'static dyn Format> {
        let (number, _) = self.present[file].as_ref()?.before?;
        let pieces = &self.known[number].pieces;
        let name = pieces.first()?.format.as_deref()?;
        let format = self.formats.iter().find(|f| f.name() == name).copied();
        format.filter(|_| pieces.len() > 1)
    }

    /// What there is of a piece of a file.
    pub(super) fn before(&self, file: usize, range: &Range<u64>) -> Option<Before> {
        let (number, change) = self.present[file].as_ref()?.before?;
        let pieces = &self.known[number].pieces;
        let at = pieces.iter().position(|p| p.begin == range.start)?;
        let piece = &pieces[at];
        let decoded = || entry::decode(&self.source.section(piece.section)?, file, self.formats);
        if piece.end == range.end {
            // A part ends with the line break of its last line, which may lie in a later one.
            let is_whole = change == Change::None
                || change == Change::Still && piece.goes_on
                || pieces[at + 1..].iter().any(|p| p.lines > 0);
            return is_whole
                .then(decoded)?
                .map(|(harvest, _)| Before::Same(harvest));
        }
        let is_begun = piece.goes_on && piece.end < range.end;
        let (harvest, state) = is_begun.then(decoded)??;
        Some(Before::Begun(harvest, state, piece.end))
    }

    /// Keeps what a piece of a file gave, as far as its reader can go on from there, else all of it.
    pub(super) fn keep(
        &self,
        file: usize,
        range: &Range<u64>,
        harvest: &mut Harvest,
        left: &mut Left,
    ) {
        let goes_on = !left.state.is_empty();
        let (lines, format) = harvest
            .files
            .first()
            .map_or((0, None), |f| (f.lines, f.format.map(str::to_owned)));
        let bytes = entry::encode(harvest, left.state.clone());
        let mut fresh = self.fresh.lock().unwrap_or_else(PoisonError::into_inner);
        let Fresh {
            sink,
            pieces,
            is_refused,
        } = &mut *fresh;
        if sink.is_none() && !*is_refused {
            *sink = self.sink();
            *is_refused = sink.is_none();
        }
        let Some(sink) = sink else { return };
        let section = sink.section(bytes);
        pieces.entry(file).or_default().push(Piece {
            begin: range.start,
            end: if goes_on { left.at } else { range.end },
            section,
            lines,
            goes_on,
            format,
        });
    }

    fn sink(&self) -> Option<Sink> {
        match &self.cache {
            Some((cache, name)) => cache.create(name).map(Sink::Disk),
            None => Some(Sink::Memory(Vec::new())),
        }
    }

    /// Puts everything in its place: what was read now, and of what was read before all that still
    /// counts. What is kept in memory comes back.
    pub(super) fn close(self) -> Option<Kept> {
        let fresh = self
            .fresh
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        let cache = self.cache.as_ref().map(|(cache, _)| *cache);
        let sink = match (fresh.sink, &self.source) {
            (None, Source::Memory(_)) => Some(Sink::Memory(Vec::new())),
            (sink, _) => sink,
        };
        let Some(mut sink) = sink else {
            if let Source::Disk(Some(reader)) = &self.source {
                reader.note_use();
            }
            return None;
        };
        let mut pieces = fresh.pieces;
        let mut index = Vec::new();
        for (file, present) in self.present.into_iter().enumerate() {
            let Some(present) = present else { continue };
            let mut all = pieces.remove(&file).unwrap_or_default();
            let before = present.before.map(|(number, _)| &self.known[number].pieces);
            for old in before.into_iter().flatten() {
                // A piece that was read again is known better now.
                if all.iter().any(|new| new.begin == old.begin) {
                    continue;
                }
                if let Some(section) = sink.take_over(&self.source, old.section) {
                    all.push(Piece {
                        section,
                        ..old.clone()
                    });
                }
            }
            all.sort_by_key(|piece| piece.begin);
            index.push(Known {
                path: present.path.as_os_str().as_encoded_bytes().to_vec(),
                mark: present.mark,
                settings: present.settings,
                pieces: all,
            });
        }
        sink.finish(index, cache)
    }
}

/// How a file changed, if what is known of it is of any use.
fn change(known: &Known, now: &Mark, path: &Path) -> Option<Change> {
    if known.mark.is_same_as(now) {
        return Some(if known.mark.is_settled {
            Change::None
        } else {
            Change::Still
        });
    }
    now.has_grown_from(&known.mark, path)
        .then_some(Change::Grown)
}

/// The name of a file of the cache that belongs to these targets, as seen from the working folder.
pub(super) fn name_of(kind: &str, targets: &[Target]) -> String {
    let mut text = std::env::current_dir()
        .map(|folder| folder.as_os_str().as_encoded_bytes().to_vec())
        .unwrap_or_default();
    for target in targets {
        text.push(0);
        text.extend_from_slice(target.path.as_os_str().as_encoded_bytes());
    }
    format!("{kind}-{:016x}", checksum(&text))
}
