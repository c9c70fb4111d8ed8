//! Puts together what the pieces gave, in the order of the pieces, as soon as all before are there.

use std::collections::HashMap;

use super::ingested::{Ingested, SourceFile};
use super::walk::Found;
use crate::place::Problem;
use crate::record::Records;
use crate::units::Time;

/// What one piece of work gave.
#[derive(Debug, Default)]
pub(super) struct Harvest {
    pub(super) records: Records,
    pub(super) problems: Vec<Problem>,
    pub(super) files: Vec<FileHarvest>,
}

impl Harvest {
    /// Adds what another file gave.
    pub(super) fn add(&mut self, other: Harvest) {
        if self.records.is_empty() {
            self.records = other.records;
        } else {
            self.records.append(other.records);
        }
        self.problems.extend(other.problems);
        self.files.extend(other.files);
    }
}

/// What one file, or a part of one, gave.
#[derive(Debug, Clone, Default)]
pub(super) struct FileHarvest {
    /// Index of the file.
    pub(super) file: usize,
    pub(super) bytes: u64,
    pub(super) format: Option<&'static str>,
    pub(super) why_not: Option<String>,
    /// A mapping by which it could be read.
    pub(super) mapping: Option<String>,
    /// The latest time of any of its records.
    pub(super) last: Option<Time>,
    /// Lines read.
    pub(super) lines: u64,
}

/// Collects harvests; the result does not depend on the order in which they come.
#[derive(Debug)]
pub(super) struct Merge {
    waiting: HashMap<usize, Harvest>,
    next: usize,
    ingested: Ingested,
    last: Vec<Option<Time>>,
    /// Lines of each file in the parts that were put together so far.
    lines: Vec<u64>,
    /// Bytes of all files, and of what was put together so far.
    bytes: (u64, u64),
}

impl Merge {
    pub(super) fn new(files: &[Found]) -> Self {
        let sources = files
            .iter()
            .map(|file| SourceFile {
                path: file.path.clone(),
                bytes: 0,
                format: None,
                why_not: None,
                mapping: None,
                rank: 0,
            })
            .collect();
        Self {
            waiting: HashMap::new(),
            next: 0,
            ingested: Ingested {
                files: sources,
                ..Ingested::default()
            },
            last: vec![None; files.len()],
            lines: vec![0; files.len()],
            bytes: (files.iter().map(|f| f.size).sum(), 0),
        }
    }

    /// Takes the harvest of piece `unit`.
    pub(super) fn take(&mut self, unit: usize, harvest: Harvest) {
        self.waiting.insert(unit, harvest);
        while let Some(harvest) = self.waiting.remove(&self.next) {
            self.next += 1;
            self.append(harvest);
        }
    }

    fn append(&mut self, harvest: Harvest) {
        // Lines of a part are numbered within it.
        for mut problem in harvest.problems {
            let before = self.lines.get(problem.file as usize).copied();
            problem.line = problem.line.map(|line| line + before.unwrap_or(0));
            self.ingested.problems.push(problem);
        }
        for part in harvest.files {
            let source = &mut self.ingested.files[part.file];
            source.bytes += part.bytes;
            self.bytes.1 += part.bytes;
            source.format = source.format.or(part.format);
            source.why_not = source.why_not.take().or(part.why_not);
            source.mapping = source.mapping.take().or(part.mapping);
            self.last[part.file] = self.last[part.file].max(part.last);
            self.lines[part.file] += part.lines;
        }
        if self.ingested.records.is_empty() {
            self.ingested.records = harvest.records;
        } else {
            self.make_room(&harvest.records);
            self.ingested.records.append(harvest.records);
        }
    }

    /// Makes room for more operations, samples and names and, as far as those before foretell it, all that are to come:
    /// a list that grows step by step is copied again and again. Room that stays empty takes no memory.
    fn make_room(&mut self, more: &Records) {
        let (all, done) = self.bytes;
        let wanted = |length: usize, more: usize| {
            // A quarter more than foretold, and never more than 256 times what is there.
            let so_far = (length + more) as u64;
            let foretold = so_far.saturating_mul(all / done.max(1) + 1);
            let wanted = (foretold + foretold / 4).min(so_far.saturating_mul(256));
            usize::try_from(wanted).unwrap_or(0).saturating_sub(length)
        };
        let Records {
            catalog,
            operations,
            samples,
            ..
        } = &mut self.ingested.records;
        let names = &mut catalog.names;
        let (length, further) = (names.values().len(), more.catalog.names.values().len());
        if names.capacity() - length < further {
            names.reserve(wanted(length, further));
        }
        let further = more.operations.len();
        if operations.capacity() - operations.len() < further {
            operations.reserve(wanted(operations.len(), further));
        }
        let further = more.samples.len();
        if samples.capacity() - samples.len() < further {
            samples.reserve(wanted(samples.len(), further));
        }
    }

    /// All harvests together.
    pub(super) fn finish(self) -> Ingested {
        let mut ingested = self.ingested;
        ingested.problems.sort();
        for (rank, file) in ranking(&self.last).into_iter().enumerate() {
            ingested.files[file].rank = rank as u64;
        }
        ingested
    }
}

/// The files in the order in which they own records that stand in several of them: a log that was
/// continued in a copy ends earlier than the copy; equal ones by path.
fn ranking(last: &[Option<Time>]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..last.len()).collect();
    order.sort_by_key(|file| (last[*file].is_none(), last[*file], *file));
    order
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::ingest::walk::FoundKind;
    use crate::place::ProblemKind;

    fn files(n: usize) -> Vec<Found> {
        (0..n)
            .map(|i| Found {
                path: format!("{i}").into(),
                target: 0,
                is_database: false,
                size: 1,
                kind: FoundKind::Regular,
            })
            .collect()
    }

    fn harvest(file: usize, last: i64, lines: u64) -> Harvest {
        Harvest {
            records: Records {
                ignored: 1,
                ..Records::default()
            },
            problems: vec![Problem {
                file: u32::try_from(file).unwrap(),
                line: Some(1),
                kind: ProblemKind::Skipped,
                reason: "x".into(),
            }],
            files: vec![FileHarvest {
                file,
                bytes: 10,
                last: Some(Time(last)),
                lines,
                ..FileHarvest::default()
            }],
        }
    }

    #[test]
    fn parts_come_together_in_any_order() {
        for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
            let mut merge = Merge::new(&files(2));
            for unit in order {
                let (file, last) = [(0, 9), (0, 7), (1, 8)][unit];
                merge.take(unit, harvest(file, last, 5));
            }
            let ingested = merge.finish();
            let lines: Vec<_> = ingested.problems.iter().map(|p| (p.file, p.line)).collect();
            assert_eq!(lines, [(0, Some(1)), (0, Some(6)), (1, Some(1))]);
            assert_eq!(ingested.files[0].bytes, 20);
            assert_eq!(ingested.records.ignored, 3);
            assert_eq!((ingested.files[0].rank, ingested.files[1].rank), (1, 0));
        }
    }
}
