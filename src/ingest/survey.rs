//! What there is to read, before anything is read: the files, and what each is told by.

use std::fmt::Write;
use std::io;
use std::path::Path;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicUsize, Ordering};

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::cache::{Kept, Mark, Shelf, name_of};
use super::ingested::{Ingested, Options};
use super::labels::{Labels, Mappings};
use super::read::{self, thread_count};
use super::sqlite::log_beside;
use super::walk::{self, Found, FoundKind};
use super::{Format, IngestError, Target};
use crate::cache::{Cache, checksum};
use crate::config::mapping::Mapping;
use crate::threads;

/// Files are looked at in batches of this many.
const BATCH: usize = 64;

/// The files of some targets.
#[derive(Debug)]
pub struct Survey<'a> {
    pub(super) targets: &'a [Target],
    pub(super) options: &'a Options,
    pub(super) labels: Labels<'a>,
    pub(super) mappings: Mappings<'a>,
    /// A hash of the zones in which times are read that name none.
    zones: u64,
    files: Vec<Found>,
    /// What each file is told by, where anything is kept.
    marks: Option<Vec<Option<Mark>>>,
    /// What the look before left; `None`: this is the only one.
    before: Option<&'a Kept>,
}

impl<'a> Survey<'a> {
    /// Finds the files.
    ///
    /// # Errors
    /// A target that does not exist or cannot be opened; a faulty pattern in `options.path_labels` or `options.mappings`.
    pub fn of(targets: &'a [Target], options: &'a Options) -> Result<Self, IngestError> {
        let labels = Labels::new(options)?;
        let mappings = Mappings::new(options)?;
        let mut files = walk::find(targets)?;
        let size: u64 = files.iter().map(|f| f.size).sum();
        let is_worth_it = |cache: &&Cache| size >= cache.least_input;
        let marks = options.cache.as_ref().filter(is_worth_it).map(|_| {
            let marks = marks(&files, thread_count(options.threads), Mark::of);
            note(&mut files, &marks);
            marks
        });
        Ok(Self {
            targets,
            options,
            labels,
            mappings,
            zones: zones_of(options),
            files,
            marks,
            before: None,
        })
    }

    /// Finds the files once more, after a look that left `before`. A target that is not there (any more) is
    /// a problem in the result, unless `must_exist`.
    pub(super) fn again(
        targets: &'a [Target],
        options: &'a Options,
        before: &'a Kept,
        must_exist: bool,
    ) -> Result<Self, IngestError> {
        let mut files = if must_exist {
            walk::find(targets)?
        } else {
            walk::find_present(targets)
        };
        let known = before.marks();
        let mark = |path: &Path| {
            let old = known.get(path.as_os_str().as_encoded_bytes());
            match old {
                Some(old) if old.is_of(&std::fs::metadata(path)?) => Ok(**old),
                _ => Mark::of(path),
            }
        };
        let marks = marks(&files, thread_count(options.threads), mark);
        note(&mut files, &marks);
        Ok(Self {
            targets,
            options,
            labels: Labels::new(options)?,
            mappings: Mappings::new(options)?,
            zones: zones_of(options),
            files,
            marks: Some(marks),
            before: Some(before),
        })
    }

    /// Reads the files, or takes from the cache what they gave before. `progress` is told as
    /// [`super::read_all`] says.
    #[must_use]
    pub fn read(
        &self,
        formats: &[&'static dyn Format],
        progress: &(dyn Fn(u64, u64) + Sync),
    ) -> Ingested {
        read::read(self, self.shelf(formats), formats, progress).ingested
    }

    /// Where something that depends on nothing but these files and `settings` may be kept: the cache,
    /// a name, and what has to be the same. `None` where nothing is kept, or a file may still change
    /// without a trace.
    #[must_use]
    pub fn key(&self, kind: &str, settings: &str) -> Option<(&'a Cache, String, Vec<u8>)> {
        let cache = self.options.cache.as_ref()?;
        let marks: Vec<Mark> = self
            .marks
            .as_ref()?
            .iter()
            .copied()
            .collect::<Option<_>>()?;
        if !marks.iter().all(|mark| mark.is_settled) {
            return None;
        }
        let mut key = bitcode::encode(&marks);
        for file in &self.files {
            key.extend_from_slice(file.path.as_os_str().as_encoded_bytes());
            key.push(0);
            key.extend_from_slice(&self.settings(file).to_le_bytes());
        }
        key.extend_from_slice(settings.as_bytes());
        Some((cache, name_of(kind, self.targets), key))
    }

    /// What [`Ingested::told`] gave of these very files, without records.
    #[must_use]
    pub fn recall(&self, told: &[u8], formats: &[&'static dyn Format]) -> Option<Ingested> {
        Ingested::of_told(told, &self.files, formats)
    }

    /// The files, each with whether it is known what it is told by.
    pub(super) fn held(&self) -> impl Iterator<Item = (&Found, bool)> {
        let held = |at: usize| self.marks.as_ref().is_some_and(|m| m[at].is_some());
        self.files.iter().zip(0..).map(move |(f, at)| (f, held(at)))
    }

    pub(super) fn files(&self) -> &[Found] {
        &self.files
    }

    /// What is known of the files.
    pub(super) fn shelf<'s>(&'s self, formats: &'s [&'static dyn Format]) -> Option<Shelf<'s>> {
        let marks = self.marks.as_ref()?;
        let settings = |file: &Found| self.settings(file);
        if let Some(kept) = self.before {
            let shelf = Shelf::in_memory(kept, formats, &self.files, marks, settings);
            return Some(shelf);
        }
        let cache = self.options.cache.as_ref()?;
        Some(Shelf::open(
            cache,
            self.targets,
            formats,
            &self.files,
            marks,
            settings,
        ))
    }

    /// A hash of what decides, beside its bytes, what is read from a file.
    fn settings(&self, file: &Found) -> u64 {
        let labels = self
            .labels
            .of(&file.path, &self.targets[file.target].labels);
        let mapping = self.mappings.of(&file.path);
        let zones = self.zones;
        // What is written to a database stands in its log first.
        let log = file
            .is_database
            .then(|| std::fs::metadata(log_beside(&file.path)).ok())
            .flatten()
            .map(|log| (log.len(), log.modified().ok()));
        let strict = self.options.strict;
        checksum(format!("{labels:?} {mapping:?} {zones} {strict} {log:?}").as_bytes())
    }
}

/// Notes what the marks of files tell: a file may have grown since it was found.
fn note(files: &mut [Found], marks: &[Option<Mark>]) {
    for (file, mark) in files.iter_mut().zip(marks) {
        if let Some(mark) = mark {
            file.size = mark.size;
            file.is_database = mark.is_database;
        }
    }
}

/// Times are read within these years: 2000 to 2100.
const YEARS: (Timestamp, Timestamp) = (
    Timestamp::constant(946_684_800, 0),
    Timestamp::constant(4_102_444_800, 0),
);

/// A hash of the zones in which times are read that name none, by their changes of clocks: the zone of a system need not
/// have a name, and two may have the same. A zone that a mapping names is told by that name.
fn zones_of(options: &Options) -> u64 {
    let is_local = |mapping: &Mapping| mapping.timezone.as_deref() == Some("local");
    let local = options.mappings.iter().any(is_local).then(TimeZone::system);
    let (begin, end) = YEARS;
    let mut text = String::new();
    for zone in std::iter::once(&options.naive_zone).chain(&local) {
        let _ = write!(text, "{}", zone.to_offset(begin));
        for change in zone.following(begin).take_while(|c| c.timestamp() < end) {
            let _ = write!(text, " {} {}", change.timestamp(), change.offset());
        }
        text.push('\n');
    }
    checksum(text.as_bytes())
}

/// What each file is told by, as `mark` finds it; `None` for what is no file, or cannot be read.
fn marks(
    files: &[Found],
    threads: usize,
    mark: impl Fn(&Path) -> io::Result<Mark> + Sync,
) -> Vec<Option<Mark>> {
    let marks = Mutex::new(vec![None; files.len()]);
    let next = AtomicUsize::new(0);
    let work = || {
        loop {
            let begin = next.fetch_add(BATCH, Ordering::Relaxed);
            let Some(batch) = files.get(begin..files.len().min(begin + BATCH)) else {
                return;
            };
            if batch.is_empty() {
                return;
            }
            let found: Vec<Option<Mark>> = batch
                .iter()
                .map(|file| match file.kind {
                    FoundKind::Regular => mark(&file.path).ok(),
                    FoundKind::Stream | FoundKind::Refused(_) => None,
                })
                .collect();
            let mut marks = marks.lock().unwrap_or_else(PoisonError::into_inner);
            marks[begin..begin + found.len()].copy_from_slice(&found);
        }
    };
    threads::each(threads.min(files.len().div_ceil(BATCH)), work);
    marks.into_inner().unwrap_or_else(PoisonError::into_inner)
}
