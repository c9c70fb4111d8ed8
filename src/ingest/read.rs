//! Reads all files in parallel, in a result that depends on neither threads nor order.

use std::fs::File;
use std::io::{self, Read};
use std::ops::Range;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use super::cache::{Before, Kept, Shelf};
use super::detect::{HEAD_SIZE, LONG_HEAD_SIZE, detect, why_not};
use super::file_range::FileRange;
use super::ingested::{Ingested, Options};
use super::input::{Left, ReaderState};
use super::labels::{Labels, Mappings};
use super::lines::{Buffer, Lines};
use super::merge::{FileHarvest, Harvest, Merge};
use super::progress::Meter;
use super::since::Since;
use super::units::{self, Unit};
use super::unpack::{Packing, Unpacking};
use super::walk::{Found, FoundKind, refusal};
use super::{Format, Head, IngestError, Input, ReadError, Survey, Target, formats};
use crate::place::{Problem, ProblemKind};
use crate::threads;

/// Reads all targets. `progress` is told how many bytes are read, and of how many, at most twenty
/// times a second, from any thread.
///
/// # Errors
/// A target that does not exist or cannot be opened; a faulty pattern in `options.path_labels`.
/// Anything that goes wrong below a folder is a problem in the result.
pub fn read_all(
    targets: &[Target],
    formats: &[&'static dyn Format],
    options: &Options,
    progress: &(dyn Fn(u64, u64) + Sync),
) -> Result<Ingested, IngestError> {
    Ok(Survey::of(targets, options)?.read(formats, progress))
}

/// What came of reading.
pub(super) struct Done {
    pub(super) ingested: Ingested,
    /// What is kept in memory.
    pub(super) kept: Option<Kept>,
    /// Bytes that were fetched from files, without those by which they are told.
    pub(super) fetched: u64,
}

/// Reads the files that a survey found, as far as they are not on the shelf.
pub(super) fn read(
    survey: &Survey<'_>,
    shelf: Option<Shelf<'_>>,
    formats: &[&'static dyn Format],
    progress: &(dyn Fn(u64, u64) + Sync),
) -> Done {
    let files = survey.files();
    let reading = Reading {
        targets: survey.targets,
        files,
        formats,
        options: survey.options,
        labels: &survey.labels,
        mappings: &survey.mappings,
        meter: Meter::new(files.iter().map(|f| f.size).sum(), progress),
        shelf,
        fetched: AtomicU64::new(0),
    };
    let units = units::plan(files, |index| reading.splittable(index));
    let order = units::schedule(&units, files);
    let merge = Mutex::new(Merge::new(files));
    let next = AtomicUsize::new(0);
    let work = || {
        let mut buffer = Buffer::default();
        while let Some(unit) = order.get(next.fetch_add(1, Ordering::Relaxed)) {
            let harvest = reading.unit(&units[*unit], &mut buffer);
            // A poisoned lock means that another thread panicked, which ends the scope anyway.
            if let Ok(mut merge) = merge.lock() {
                merge.take(*unit, harvest);
            }
        }
    };
    threads::each(thread_count(survey.options.threads).min(units.len()), work);
    let merge = merge
        .into_inner()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    Done {
        ingested: merge.finish(),
        kept: reading.shelf.and_then(Shelf::close),
        fetched: reading.fetched.into_inner(),
    }
}

pub(super) fn thread_count(wanted: usize) -> usize {
    match wanted {
        0 => threads::count(),
        n => n,
    }
}

/// What all threads share.
struct Reading<'a> {
    targets: &'a [Target],
    files: &'a [Found],
    formats: &'a [&'static dyn Format],
    options: &'a Options,
    labels: &'a Labels<'a>,
    mappings: &'a Mappings<'a>,
    meter: Meter<'a>,
    shelf: Option<Shelf<'a>>,
    /// Bytes that were fetched from files.
    fetched: AtomicU64,
}

impl Reading<'_> {
    /// The format with which a large file can be split.
    fn splittable(&self, index: usize) -> Option<&'static dyn Format> {
        let file = &self.files[index];
        let known = self.shelf.as_ref().filter(|shelf| shelf.is_growing());
        if let Some(format) = known.and_then(|shelf| shelf.format_of_parts(index)) {
            return Some(format);
        }
        if self.mappings.of(&file.path).is_some() {
            return None;
        }
        let mut bytes = vec![0; HEAD_SIZE];
        let n = File::open(&file.path)
            .and_then(|mut file| file.read(&mut bytes))
            .ok()?;
        let head = Head {
            name: &file_name(&file.path),
            bytes: &bytes[..n],
            is_whole: false,
        };
        detect(self.formats, &head).filter(|format| format.is_splittable(&head))
    }

    fn unit(&self, unit: &Unit, buffer: &mut Buffer) -> Harvest {
        let mut harvest = Harvest::default();
        match unit {
            Unit::Files(range) => {
                for file in range.clone() {
                    self.file(file, &mut harvest, buffer);
                    buffer.settle();
                }
            }
            Unit::Part {
                file,
                range,
                format,
            } => {
                self.piece(*file, range, &mut harvest, |harvest, begun| {
                    self.part(*file, range.clone(), *format, begun, harvest, buffer)
                });
                self.meter.add(range.end - range.start);
            }
        }
        harvest
    }

    fn file(&self, index: usize, harvest: &mut Harvest, buffer: &mut Buffer) {
        let found = &self.files[index];
        if let FoundKind::Refused(why) = &found.kind {
            return self.refused(index, why, harvest);
        }
        self.piece(index, &(0..found.size), harvest, |harvest, state| {
            self.whole(index, state, harvest, buffer)
        });
        self.meter.add(found.size);
    }

    /// Takes a piece of a file from the shelf, as far as it is there, and reads the rest. `read` adds
    /// to a harvest and says how its reader left the file.
    fn piece(
        &self,
        index: usize,
        range: &Range<u64>,
        harvest: &mut Harvest,
        mut read: impl FnMut(&mut Harvest, Option<Begun>) -> io::Result<Left>,
    ) {
        let Some(shelf) = self.shelf.as_ref().filter(|shelf| shelf.holds(index)) else {
            if let Err(error) = read(harvest, None) {
                self.refused(index, &refusal(&error), harvest);
            }
            return;
        };
        let (mut own, begun) = match shelf.before(index, range) {
            Some(Before::Same(all)) => return harvest.add(all),
            Some(Before::Begun(mut own, state, at)) => {
                let begun = self.begun(&mut own, state, at);
                (own, begun)
            }
            None => (Harvest::default(), None),
        };
        let at = begun.as_ref().map(|begun| begun.at);
        match read(&mut own, begun) {
            Ok(mut left) => {
                // Read line by line to its end.
                let is_read_out = left.at == self.files[index].size;
                if is_read_out && left.state.is_empty() && self.is_unfinished(index) {
                    forgive_last_line(&mut own);
                }
                // What was kept before is all there is where no whole line came.
                if left.state.is_empty() || at != Some(left.at) {
                    shelf.keep(index, range, &mut own, &mut left);
                }
                if left.has_rest {
                    self.rest(index, left, &mut own, read);
                }
            }
            Err(error) => self.refused(index, &refusal(&error), &mut own),
        }
        harvest.add(own);
    }

    /// Whether a file may be in the middle of being written: it does not end with a whole line.
    fn is_unfinished(&self, index: usize) -> bool {
        let shelf = self.shelf.as_ref().filter(|shelf| shelf.is_growing());
        shelf.is_some_and(|shelf| !shelf.ends_line(index))
    }

    /// Reads the beginning of a line that may go on. It counts where it makes sense as it is, as it
    /// would if everything were read anew; where it makes none it is no fault, and nothing of it is kept.
    fn rest(
        &self,
        index: usize,
        left: Left,
        own: &mut Harvest,
        mut read: impl FnMut(&mut Harvest, Option<Begun>) -> io::Result<Left>,
    ) {
        let problems = own.problems.len();
        if let Some(begun) = self.begun(own, left.state, left.at) {
            let begun = Begun {
                is_last: true,
                ..begun
            };
            if let Err(error) = read(own, Some(begun)) {
                self.refused(index, &refusal(&error), own);
            }
            own.problems.truncate(problems);
        }
    }

    /// Where to go on with a file of which this was read.
    fn begun(&self, own: &mut Harvest, state: Vec<u8>, at: u64) -> Option<Begun> {
        let file = own.files.pop()?;
        let format = self
            .formats
            .iter()
            .find(|f| Some(f.name()) == file.format)?;
        Some(Begun {
            at,
            lines: file.lines,
            format: *format,
            state,
            is_last: false,
        })
    }

    fn whole(
        &self,
        index: usize,
        begun: Option<Begun>,
        harvest: &mut Harvest,
        buffer: &mut Buffer,
    ) -> io::Result<Left> {
        let found = &self.files[index];
        match &found.kind {
            FoundKind::Stream if found.path.as_os_str() == "-" => {
                let lines = Lines::of_reader(io::stdin().lock(), buffer)?;
                return self.unpack_and_read(index, lines, harvest);
            }
            FoundKind::Stream => {
                let lines = Lines::of_reader(File::open(&found.path)?, buffer)?;
                return self.unpack_and_read(index, lines, harvest);
            }
            FoundKind::Regular | FoundKind::Refused(_) => {}
        }
        let begin = begun.as_ref().map_or(0, |begun| begun.at);
        let reader = self.range(index, begin)?;
        let Some(begun) = begun else {
            return self.unpack_and_read(index, Lines::of_reader(reader, buffer)?, harvest);
        };
        let lines = Lines::of_rest(reader, buffer, begun.at)?;
        let name = file_name(&found.path);
        let format = begun.format;
        let state = self.state_of(index, begun);
        Ok(self.read(index, &name, format, lines, state, harvest))
    }

    /// A file from byte `begin` on. What is written behind the size that was found belongs to the next run.
    fn range(&self, index: usize, begin: u64) -> io::Result<FileRange> {
        let found = &self.files[index];
        let range = FileRange {
            file: File::open(&found.path)?,
            at: begin,
            end: found.size,
        };
        let fetched = found.size.saturating_sub(begin);
        self.fetched.fetch_add(fetched, Ordering::Relaxed);
        Ok(range)
    }

    /// Where a reader goes on.
    fn state_of(&self, index: usize, begun: Begun) -> ReaderState {
        ReaderState {
            is_wanted: !begun.is_last && self.wants_state(index),
            keeps_back: !begun.is_last && self.is_growing(),
            before: Some(begun.state),
            lines: begun.lines,
            left: Vec::new(),
        }
    }

    /// Whether what a reader leaves at the end of this file will be of use.
    fn wants_state(&self, index: usize) -> bool {
        let shelf = self.shelf.as_ref();
        shelf.is_some_and(|shelf| shelf.wants_state(index, self.files[index].size))
    }

    fn is_growing(&self) -> bool {
        self.shelf.as_ref().is_some_and(Shelf::is_growing)
    }

    fn unpack_and_read(
        &self,
        index: usize,
        mut lines: Lines<'_>,
        harvest: &mut Harvest,
    ) -> io::Result<Left> {
        let found = &self.files[index];
        let name = file_name(&found.path);
        let Some(packing) = Packing::of(lines.peek(4)?) else {
            let state = ReaderState {
                is_wanted: self.wants_state(index),
                keeps_back: self.is_growing(),
                ..ReaderState::default()
            };
            return self.detect_and_read(index, &name, lines, state, harvest);
        };
        let unpacking = Unpacking::new(packing);
        let lines = lines.unpacked(|packed| unpacking.reader(packed))?;
        let none = ReaderState::default();
        self.detect_and_read(index, packing.inner_name(&name), lines, none, harvest)?;
        let Some(file) = harvest.files.last_mut() else {
            return Ok(Left::default());
        };
        file.bytes = unpacking.consumed();
        match (unpacking.fault(), file.format) {
            (Some(fault), None) => file.why_not = Some(fault),
            (Some(fault), Some(_)) => harvest.problems.push(Problem {
                file: number(index),
                line: (file.lines > 0).then_some(file.lines),
                kind: ProblemKind::Unreadable,
                reason: fault.into(),
            }),
            (None, _) => {}
        }
        Ok(Left::default())
    }

    fn detect_and_read(
        &self,
        index: usize,
        name: &str,
        mut lines: Lines<'_>,
        state: ReaderState,
        harvest: &mut Harvest,
    ) -> io::Result<Left> {
        // What the configuration says of a file goes before what its content looks like.
        if let Some(mapping) = self.mappings.of(&self.files[index].path) {
            let format = formats::mapped(mapping);
            return Ok(self.read(index, name, &format, lines, state, harvest));
        }
        let mut head = head_of(&mut lines, name, HEAD_SIZE)?;
        let mut format = detect(self.formats, &head);
        // A first line that is longer may say what it is further on, or the line behind it does.
        if format.is_none() && !head.is_whole && !head.bytes.contains(&b'\n') {
            head = head_of(&mut lines, name, LONG_HEAD_SIZE)?;
            format = detect(self.formats, &head);
        }
        if let Some(format) = format {
            return Ok(self.read(index, name, format, lines, state, harvest));
        }
        harvest.files.push(FileHarvest {
            file: index,
            bytes: head.bytes.len() as u64,
            why_not: Some(why_not(&head)),
            mapping: formats::propose(head.bytes, &file_name(&self.files[index].path)),
            ..FileHarvest::default()
        });
        Ok(Left::default())
    }

    fn part(
        &self,
        index: usize,
        range: Range<u64>,
        format: &'static dyn Format,
        begun: Option<Begun>,
        harvest: &mut Harvest,
        buffer: &mut Buffer,
    ) -> io::Result<Left> {
        let begin = match &begun {
            Some(begun) => begun.at,
            None => range.start.saturating_sub(1),
        };
        let reader = self.range(index, begin)?;
        let (lines, mut state) = match begun {
            Some(begun) => {
                let lines = Lines::of_rest(reader, buffer, begun.at)?.up_to(range.end);
                (lines, self.state_of(index, begun))
            }
            None => (
                Lines::of_part(reader, buffer, range.start, range.end)?,
                ReaderState {
                    is_wanted: true,
                    keeps_back: self.is_growing(),
                    ..ReaderState::default()
                },
            ),
        };
        // Only the last part can grow.
        let is_last = range.end == self.files[index].size;
        state.is_wanted &= is_last && self.is_growing();
        state.keeps_back &= is_last;
        let name = file_name(&self.files[index].path);
        let left = self.read(index, &name, format, lines, state, harvest);
        if let Some(last) = harvest.files.last_mut() {
            // A part also looks at bytes of its neighbours; each byte is counted once.
            last.bytes = range.end - range.start;
        }
        Ok(left)
    }

    fn read(
        &self,
        index: usize,
        name: &str,
        format: &dyn Format,
        lines: Lines<'_>,
        mut state: ReaderState,
        harvest: &mut Harvest,
    ) -> Left {
        state.keeps_back &= format.goes_on();
        let found = &self.files[index];
        let path = found.path.to_string_lossy();
        let labels = self
            .labels
            .of(&found.path, &self.targets[found.target].labels);
        let before = match &state.before {
            // What was read before is in a harvest of its own, and belongs to the file too.
            Some(_) => Since::default(),
            None => Since::of(&harvest.records),
        };
        let mut input =
            Input::new(number(index), &path, lines, &self.options.naive_zone).with_state(state);
        input.name = name;
        input.label_pairs = &labels;
        let result = format.read(&mut input, &mut harvest.records, &mut harvest.problems);
        harvest.problems.append(&mut input.take_problems());
        if let Err(error) = result {
            harvest.problems.push(Problem {
                file: number(index),
                line: match &error {
                    ReadError::Malformed { line, .. } => *line,
                    ReadError::Io(_) => None,
                },
                kind: ProblemKind::Unreadable,
                reason: error.to_string().into(),
            });
        }
        harvest.files.push(FileHarvest {
            file: index,
            bytes: input.bytes_read(),
            format: Some(format.name()),
            why_not: None,
            mapping: None,
            last: before.last_time(&harvest.records),
            lines: input.line_count(),
        });
        input.left()
    }

    /// Notes a file that the operating system does not give.
    fn refused(&self, index: usize, why: &str, harvest: &mut Harvest) {
        let reason = format!("cannot be read: {why}");
        harvest.problems.push(Problem {
            file: number(index),
            line: None,
            kind: ProblemKind::Unreadable,
            reason: reason.clone().into(),
        });
        harvest.files.push(FileHarvest {
            file: index,
            why_not: Some(reason),
            ..FileHarvest::default()
        });
    }
}

fn number(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

fn file_name(path: &Path) -> String {
    path.file_name().map_or_else(
        || path.display().to_string(),
        |n| n.to_string_lossy().into_owned(),
    )
}

/// The first bytes of what is left, at most `size`.
fn head_of<'l>(lines: &'l mut Lines<'_>, name: &'l str, size: usize) -> io::Result<Head<'l>> {
    lines.peek(size + 1)?;
    let rest = lines.rest();
    Ok(Head {
        name,
        bytes: &rest[..rest.len().min(size)],
        is_whole: rest.len() <= size && lines.is_whole(),
    })
}

/// A file of which a part was read before.
struct Begun {
    /// Up to there.
    at: u64,
    lines: u64,
    format: &'static dyn Format,
    /// The state of its reader there.
    state: Vec<u8>,
    /// Whether the file is read to its very end, and is not gone on with from there.
    is_last: bool,
}

/// A line that may still be written is no fault of a file that is read as a whole.
fn forgive_last_line(own: &mut Harvest) {
    let last = own.files.last().map(|file| file.lines);
    own.problems
        .retain(|p| p.kind != ProblemKind::Skipped || p.line != last);
}
