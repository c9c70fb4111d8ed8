//! The work in pieces: small files in batches, large ones alone, and split where their format
//! allows it.
//!
//! The pieces and their order depend on nothing but the files: a piece is worked on by any thread,
//! and what it gave is put together in the order of the pieces.

use std::ops::Range;

use super::Format;
use super::walk::{Found, FoundKind};

/// The most of a file that one piece reads, if the format can be split; and the size from which a
/// file is looked at beforehand.
pub(super) const PART_SIZE: u64 = 16 << 20;
/// The most files, and about the most bytes, in a batch.
const BATCH_FILES: usize = 32;
const BATCH_SIZE: u64 = 4 << 20;

/// A piece of work.
#[derive(Debug, Clone)]
pub(super) enum Unit {
    /// Whole files that follow each other.
    Files(Range<usize>),
    /// The lines of a file that begin in a range of bytes.
    Part {
        /// The file.
        file: usize,
        /// The bytes.
        range: Range<u64>,
        /// Its format, which was found beforehand.
        format: &'static dyn Format,
    },
}

impl std::fmt::Debug for dyn Format {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// All pieces in the order of the files. `splittable` says with which format a large file can be
/// split.
pub(super) fn plan(
    files: &[Found],
    splittable: impl Fn(usize) -> Option<&'static dyn Format>,
) -> Vec<Unit> {
    let mut units = Vec::new();
    let (mut begin, mut bytes) = (0, 0);
    for (index, file) in files.iter().enumerate() {
        let format = if file.size > PART_SIZE && file.kind == FoundKind::Regular {
            splittable(index)
        } else {
            None
        };
        let is_full = index - begin >= BATCH_FILES || bytes + file.size > BATCH_SIZE;
        if begin < index && (is_full || format.is_some()) {
            units.push(Unit::Files(begin..index));
            (begin, bytes) = (index, 0);
        }
        if let Some(format) = format {
            let mut at = 0;
            while at < file.size {
                let range = at..file.size.min(at + PART_SIZE);
                at = range.end;
                units.push(Unit::Part {
                    file: index,
                    range,
                    format,
                });
            }
            begin = index + 1;
        }
        bytes += file.size;
        if format.is_some() {
            bytes = 0;
        }
    }
    if begin < files.len() {
        units.push(Unit::Files(begin..files.len()));
    }
    units
}

/// In which order the pieces are begun: whole files beyond [`PART_SIZE`] first, the largest of them
/// at the very beginning, so that none is left over at the end for one thread alone; then the others
/// as they stand, so that what they gave can be put together at once.
pub(super) fn schedule(units: &[Unit], files: &[Found]) -> Vec<usize> {
    let size = |unit: &Unit| match unit {
        Unit::Files(range) => files[range.clone()].iter().map(|f| f.size).sum(),
        Unit::Part { .. } => 0,
    };
    let mut order: Vec<(u64, usize)> = units
        .iter()
        .enumerate()
        .map(|(index, unit)| (size(unit).saturating_sub(PART_SIZE), index))
        .collect();
    order.sort_by_key(|(size, index)| (std::cmp::Reverse(*size), *index));
    order.into_iter().map(|(_, index)| index).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(sizes: &[u64]) -> Vec<Found> {
        sizes
            .iter()
            .map(|size| Found {
                path: "x".into(),
                target: 0,
                is_database: false,
                size: *size,
                kind: FoundKind::Regular,
            })
            .collect()
    }

    fn ranges(units: &[Unit]) -> Vec<Range<usize>> {
        units
            .iter()
            .map(|unit| match unit {
                Unit::Files(range) => range.clone(),
                Unit::Part { file, .. } => *file..*file + 1,
            })
            .collect()
    }

    #[test]
    fn small_files_share_a_unit() {
        let units = plan(&files(&[10; 70]), |_| None);
        assert_eq!(ranges(&units), [0..32, 32..64, 64..70]);
        let units = plan(&files(&[3 << 20, 2 << 20, 1, 9 << 20, 1]), |_| None);
        assert_eq!(ranges(&units), [0..1, 1..3, 3..4, 4..5]);
        assert!(plan(&[], |_| None).is_empty());
    }

    #[test]
    fn the_largest_files_are_begun_first() {
        let files = files(&[1, 17 << 20, 1, 40 << 20, 5 << 20]);
        let units = plan(&files, |_| None);
        assert_eq!(ranges(&units), [0..1, 1..2, 2..3, 3..4, 4..5]);
        assert_eq!(schedule(&units, &files), [3, 1, 0, 2, 4]);
    }
}
