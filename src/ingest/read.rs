//! Reads all files in parallel, in a result that depends on neither threads nor order.

use std::fs::File;
use std::io::{self, Read};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::cache::{Before, Shelf};
use super::detect::{HEAD_SIZE, detect, why_not};
use super::input::ReaderState;
use super::labels::{Labels, Mappings};
use super::lines::{Buffer, Lines};
use super::merge::{FileHarvest, Harvest, Merge};
use super::progress::Meter;
use super::units::{self, Unit};
use super::unpack::{Packing, Unpacking};
use super::walk::{Found, FoundKind, refusal};
use super::{Format, Head, IngestError, Input, ReadError, Survey, Target, formats};
use crate::cache::Cache;
use crate::config::mapping::Mapping;
use crate::place::{Problem, ProblemKind};
use crate::record::Records;
use crate::threads;
use crate::units::Time;

/// How to read.
#[derive(Debug, Clone)]
pub struct Options {
    /// Threads; 0: as many as cores.
    pub threads: usize,
    /// Zone of times that name none.
    pub naive_zone: jiff::tz::TimeZone,
    /// Labels for every record.
    pub labels: Vec<(String, String)>,
    /// Labels by path: a pattern (`**/fancy/**`) and the labels of files that match it.
    pub path_labels: Vec<(String, Vec<(String, String)>)>,
    /// How the rows of tables that no format knows become records.
    pub mappings: Vec<Mapping>,
    /// Every line is parsed in full, also those that carry nothing.
    pub strict: bool,
    /// Where what was read is kept; `None`: nowhere.
    pub cache: Option<Cache>,
}

/// A smaller file is read again as a whole: its reader's state is not worth its place.
const WORTH_A_STATE: u64 = 1 << 20;

impl Default for Options {
    fn default() -> Self {
        Self {
            threads: 0,
            naive_zone: jiff::tz::TimeZone::UTC,
            labels: Vec::new(),
            path_labels: Vec::new(),
            mappings: Vec::new(),
            strict: false,
            cache: None,
        }
    }
}

/// A file that was looked at.
#[derive(Debug, Clone)]
pub struct SourceFile {
    /// Path as shown to people.
    pub path: PathBuf,
    /// Bytes read.
    pub bytes: u64,
    /// Its format; `None`: not recognised.
    pub format: Option<&'static str>,
    /// Why it was not recognised or not read, in words of ours.
    pub why_not: Option<String>,
    /// Rank by which equal records of two files are told apart: the smaller owns.
    pub rank: u64,
}

/// What reading gave.
#[derive(Debug, Default)]
pub struct Ingested {
    /// All records.
    pub records: Records,
    /// All files, sorted by path.
    pub files: Vec<SourceFile>,
    /// All faults, sorted by file and line.
    pub problems: Vec<Problem>,
}

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

/// Reads the files that a survey found.
pub(super) fn read(
    survey: &Survey<'_>,
    formats: &[&'static dyn Format],
    progress: &(dyn Fn(u64, u64) + Sync),
) -> Ingested {
    let files = survey.files();
    let reading = Reading {
        targets: survey.targets,
        files,
        formats,
        options: survey.options,
        labels: &survey.labels,
        mappings: &survey.mappings,
        meter: Meter::new(files.iter().map(|f| f.size).sum(), progress),
        shelf: survey.shelf(formats),
    };
    let units = units::plan(files, |file| reading.splittable(file));
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
    if let Some(shelf) = reading.shelf {
        shelf.close();
    }
    let merge = merge
        .into_inner()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    merge.finish()
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
}

impl Reading<'_> {
    /// The format with which a large file can be split.
    fn splittable(&self, file: &Found) -> Option<&'static dyn Format> {
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
                self.piece(*file, range, &mut harvest, |harvest, _| {
                    self.part(*file, range.clone(), *format, harvest, buffer)
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
    /// to a harvest and gives the state of its reader at the end.
    fn piece(
        &self,
        index: usize,
        range: &Range<u64>,
        harvest: &mut Harvest,
        read: impl FnOnce(&mut Harvest, Option<Begun>) -> io::Result<Vec<u8>>,
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
                let begun = own.files.pop().and_then(|file| {
                    Some(Begun {
                        at,
                        lines: file.lines,
                        format: *self
                            .formats
                            .iter()
                            .find(|f| Some(f.name()) == file.format)?,
                        state,
                    })
                });
                (own, begun)
            }
            None => (Harvest::default(), None),
        };
        match read(&mut own, begun) {
            Ok(state) => shelf.keep(index, range, &mut own, state),
            Err(error) => self.refused(index, &refusal(&error), &mut own),
        }
        harvest.add(own);
    }

    fn whole(
        &self,
        index: usize,
        begun: Option<Begun>,
        harvest: &mut Harvest,
        buffer: &mut Buffer,
    ) -> io::Result<Vec<u8>> {
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
        // What is written behind the size that was found belongs to the next run.
        let reader = FileRange {
            file: File::open(&found.path)?,
            at: begun.as_ref().map_or(0, |begun| begun.at),
            end: found.size,
        };
        let Some(begun) = begun else {
            return self.unpack_and_read(index, Lines::of_reader(reader, buffer)?, harvest);
        };
        let state = ReaderState {
            is_wanted: true,
            before: Some(begun.state),
            lines: begun.lines,
            left: Vec::new(),
        };
        let lines = Lines::of_rest(reader, buffer, begun.at)?;
        let name = file_name(&found.path);
        Ok(self.read(index, &name, begun.format, lines, state, harvest))
    }

    fn unpack_and_read(
        &self,
        index: usize,
        mut lines: Lines<'_>,
        harvest: &mut Harvest,
    ) -> io::Result<Vec<u8>> {
        let found = &self.files[index];
        let name = file_name(&found.path);
        let Some(packing) = Packing::of(lines.peek(4)?) else {
            let state = ReaderState {
                is_wanted: found.size >= WORTH_A_STATE
                    && self
                        .shelf
                        .as_ref()
                        .is_some_and(|shelf| shelf.ends_line(index)),
                ..ReaderState::default()
            };
            return self.detect_and_read(index, &name, lines, state, harvest);
        };
        let unpacking = Unpacking::new(packing);
        let lines = lines.unpacked(|packed| unpacking.reader(packed))?;
        let none = ReaderState::default();
        self.detect_and_read(index, packing.inner_name(&name), lines, none, harvest)?;
        let Some(file) = harvest.files.last_mut() else {
            return Ok(Vec::new());
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
        Ok(Vec::new())
    }

    fn detect_and_read(
        &self,
        index: usize,
        name: &str,
        mut lines: Lines<'_>,
        state: ReaderState,
        harvest: &mut Harvest,
    ) -> io::Result<Vec<u8>> {
        // What the configuration says of a file goes before what its content looks like.
        if let Some(mapping) = self.mappings.of(&self.files[index].path) {
            let format = formats::mapped(mapping);
            return Ok(self.read(index, name, &format, lines, state, harvest));
        }
        lines.peek(HEAD_SIZE + 1)?;
        let rest = lines.rest();
        let head = Head {
            name,
            bytes: &rest[..rest.len().min(HEAD_SIZE)],
            is_whole: rest.len() <= HEAD_SIZE && lines.is_whole(),
        };
        if let Some(format) = detect(self.formats, &head) {
            return Ok(self.read(index, name, format, lines, state, harvest));
        }
        harvest.files.push(FileHarvest {
            file: index,
            bytes: head.bytes.len() as u64,
            why_not: Some(why_not(&head)),
            ..FileHarvest::default()
        });
        Ok(Vec::new())
    }

    fn part(
        &self,
        index: usize,
        range: Range<u64>,
        format: &'static dyn Format,
        harvest: &mut Harvest,
        buffer: &mut Buffer,
    ) -> io::Result<Vec<u8>> {
        let file = File::open(&self.files[index].path)?;
        let reader = FileRange {
            file,
            at: range.start.saturating_sub(1),
            end: self.files[index].size,
        };
        let lines = Lines::of_part(reader, buffer, range.start, range.end)?;
        let name = file_name(&self.files[index].path);
        self.read(index, &name, format, lines, ReaderState::default(), harvest);
        if let Some(last) = harvest.files.last_mut() {
            // A part also looks at bytes of its neighbours; each byte is counted once.
            last.bytes = range.end - range.start;
        }
        Ok(Vec::new())
    }

    fn read(
        &self,
        index: usize,
        name: &str,
        format: &dyn Format,
        lines: Lines<'_>,
        state: ReaderState,
        harvest: &mut Harvest,
    ) -> Vec<u8> {
        let found = &self.files[index];
        let path = found.path.to_string_lossy();
        let labels = self
            .labels
            .of(&found.path, &self.targets[found.target].labels);
        let before = match &state.before {
            // What was read before is in a harvest of its own, and belongs to the file too.
            Some(_) => Mark::default(),
            None => Mark::of(&harvest.records),
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
            last: before.last_time(&harvest.records),
            lines: input.line_count(),
        });
        input.left_state()
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

/// A file of which a part was read before.
struct Begun {
    /// Up to there.
    at: u64,
    lines: u64,
    format: &'static dyn Format,
    /// The state of its reader there.
    state: Vec<u8>,
}

/// How many records there were before a file was read.
#[derive(Default)]
struct Mark {
    operations: usize,
    samples: usize,
    events: usize,
    aggregates: usize,
}

impl Mark {
    fn of(records: &Records) -> Self {
        Self {
            operations: records.operations.len(),
            samples: records.samples.len(),
            events: records.events.len(),
            aggregates: records.aggregates.len(),
        }
    }

    /// The latest time of the records since then.
    fn last_time(&self, records: &Records) -> Option<Time> {
        let operations = records.operations[self.operations..]
            .iter()
            .map(|o| o.end().unwrap_or(o.start));
        let samples = records.samples.since(self.samples).map(|s| s.time);
        let events = records.events[self.events..].iter().map(|e| e.time);
        let aggregates = records.aggregates[self.aggregates..]
            .iter()
            .filter_map(|a| a.time);
        operations
            .chain(samples)
            .chain(events)
            .chain(aggregates)
            .max()
    }
}

/// A range of a file, read without moving any position that others share.
struct FileRange {
    file: File,
    at: u64,
    end: u64,
}

impl Read for FileRange {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.end.saturating_sub(self.at)).unwrap_or(usize::MAX);
        let wanted = into.len().min(left);
        let n = read_at(&mut self.file, &mut into[..wanted], self.at)?;
        self.at += n as u64;
        Ok(n)
    }
}

#[cfg(unix)]
pub(super) fn read_at(file: &mut File, into: &mut [u8], at: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, into, at)
}

#[cfg(not(unix))]
pub(super) fn read_at(file: &mut File, into: &mut [u8], at: u64) -> io::Result<usize> {
    use std::io::{Seek, SeekFrom};
    file.seek(SeekFrom::Start(at))?;
    file.read(into)
}
