//! What files gave when they were read last, so that only what changed is read.
//!
//! For each set of targets one file: for each input its [`Mark`] and, piece by piece, the records that
//! came from it. An input with the same mark is not read; one that only grew is read from where it ended,
//! if its reader can go on, or from its last part on, if it is read in parts. Labels, the zone of naive
//! times and the build that wrote it belong to what must be the same.

mod entry;
mod mark;
mod told;

use std::collections::HashMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::merge::Harvest;
use super::walk::Found;
use super::{Format, Target};
use crate::cache::{Cache, Reader, Writer, checksum};

pub(super) use mark::Mark;

/// Names the files of the cache that belong to reading.
const NAME: &str = "records";

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
    /// Section of the file of the cache.
    section: u64,
    lines: u64,
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
    None,
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
    cache: &'a Cache,
    name: String,
    formats: &'a [&'static dyn Format],
    reader: Option<Reader>,
    known: Vec<Known>,
    /// By index of the file; `None`: not to be kept.
    present: Vec<Option<Present>>,
    fresh: Mutex<Fresh>,
}

/// Pieces that were read now, by file.
#[derive(Debug, Default)]
struct Fresh {
    writer: Option<Writer>,
    pieces: HashMap<usize, Vec<Piece>>,
    /// The disk does not let us.
    is_refused: bool,
}

impl<'a> Shelf<'a> {
    /// Looks up what is known of `files`, whose present marks these are. `settings` gives a hash of what
    /// decides what is read from a file.
    pub(super) fn open(
        cache: &'a Cache,
        targets: &[Target],
        formats: &'a [&'static dyn Format],
        files: &[Found],
        marks: &[Option<Mark>],
        settings: impl Fn(&Found) -> u64,
    ) -> Self {
        let name = name_of(NAME, targets);
        let mut shelf = Self {
            reader: cache.open(&name),
            cache,
            name,
            formats,
            known: Vec::new(),
            present: Vec::new(),
            fresh: Mutex::default(),
        };
        shelf.known = shelf.index().unwrap_or_default();
        let by_path: HashMap<&[u8], usize> = shelf
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
                let known = &shelf.known[n];
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
        shelf.present = present;
        shelf
    }

    fn index(&self) -> Option<Vec<Known>> {
        let reader = self.reader.as_ref()?;
        bitcode::decode(&reader.section(reader.len().checked_sub(1)?)?).ok()
    }

    /// Whether a file is kept.
    pub(super) fn holds(&self, file: usize) -> bool {
        self.present[file].is_some()
    }

    /// Whether a file ends with a whole line.
    pub(super) fn ends_line(&self, file: usize) -> bool {
        self.present[file]
            .as_ref()
            .is_some_and(|p| p.mark.ends_line)
    }

    /// What there is of a piece of a file.
    pub(super) fn before(&self, file: usize, range: &Range<u64>) -> Option<Before> {
        let (number, change) = self.present[file].as_ref()?.before?;
        let known = &self.known[number];
        let pieces = &known.pieces;
        let at = pieces.iter().position(|p| p.begin == range.start)?;
        let piece = &pieces[at];
        let decoded = || {
            let section = usize::try_from(piece.section).ok()?;
            entry::decode(&self.reader.as_ref()?.section(section)?, file, self.formats)
        };
        if piece.end == range.end {
            // A part ends with the line break of its last line, which may lie in the next one.
            let is_whole =
                change == Change::None || pieces.get(at + 1).is_some_and(|p| p.lines > 0);
            return is_whole
                .then(decoded)?
                .map(|(harvest, _)| Before::Same(harvest));
        }
        let is_begun = change == Change::Grown
            && *range == (0..self.present[file].as_ref()?.mark.size)
            && piece.end == known.mark.size
            && known.mark.ends_line;
        let (harvest, state) = is_begun.then(decoded)??;
        (!state.is_empty()).then_some(Before::Begun(harvest, state, known.mark.size))
    }

    /// Keeps what a piece of a file gave, with the state of its reader at its end.
    pub(super) fn keep(
        &self,
        file: usize,
        range: &Range<u64>,
        harvest: &mut Harvest,
        state: Vec<u8>,
    ) {
        let lines = harvest.files.first().map_or(0, |f| f.lines);
        let bytes = entry::encode(harvest, state);
        let mut fresh = self.fresh.lock().unwrap_or_else(PoisonError::into_inner);
        let Fresh {
            writer,
            pieces,
            is_refused,
        } = &mut *fresh;
        if writer.is_none() && !*is_refused {
            *writer = self.cache.create(&self.name);
            *is_refused = writer.is_none();
        }
        let Some(writer) = writer else { return };
        let section = writer.section(&bytes) as u64;
        pieces.entry(file).or_default().push(Piece {
            begin: range.start,
            end: range.end,
            section,
            lines,
        });
    }

    /// Puts everything in its place: what was read now, and of what was read before all that still
    /// counts.
    pub(super) fn close(self) {
        let fresh = self
            .fresh
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        let Some(mut writer) = fresh.writer else {
            if let Some(reader) = &self.reader {
                reader.note_use();
            }
            return;
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
                let section = usize::try_from(old.section).ok();
                let bytes = section.and_then(|n| self.reader.as_ref()?.section(n));
                if let Some(bytes) = bytes {
                    all.push(Piece {
                        section: writer.section(&bytes) as u64,
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
        writer.section(&bitcode::encode(&index));
        writer.finish(self.cache.most_bytes);
    }
}

/// How a file changed, if what is known of it is of any use.
fn change(known: &Known, now: &Mark, path: &Path) -> Option<Change> {
    if known.mark.is_settled && known.mark.is_same_as(now) {
        return Some(Change::None);
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
