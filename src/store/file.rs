//! The file of a baseline: JSON packed with gzip, one document.
//!
//! Packed, since a workload repeats its names of fields and its buckets: it takes a tenth of the space
//! and a diff of it tells nothing anyway. A file that somebody unpacked is read as well.

use std::io::{self, Read, Write};
use std::path::Path;

use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use serde::{Deserialize, Serialize};

use super::{BASELINE_VERSION, Baseline, Meta, Replacement, StoreError};
use crate::workload::Workload;

/// First bytes of what gzip wrote.
const GZIP: &[u8] = &[0x1f, 0x8b];

/// A document larger than this is refused: it would fill the memory.
const MOST_BYTES: u64 = 4 << 30;

/// How every document begins.
const BEGIN: &[u8] = br#"{"baseline_version":"#;

#[derive(Serialize)]
struct Written<'a> {
    baseline_version: u32,
    meta: &'a Meta,
    workload: &'a Workload,
}

/// The version alone; everything else may be as it likes.
#[derive(Deserialize)]
struct Version {
    baseline_version: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(rename = "baseline_version")]
    _version: u32,
    meta: Meta,
    workload: Workload,
}

/// Whether a file is a baseline, by its first bytes; `false` too where it cannot be read.
#[must_use]
pub fn is_baseline(path: &Path) -> bool {
    let begin = || -> io::Result<bool> {
        let mut first = vec![0; BEGIN.len()];
        unpacked(path)?.read_exact(&mut first)?;
        Ok(first == BEGIN)
    };
    path.is_file() && begin().unwrap_or(false)
}

/// Reads a baseline.
pub(super) fn read(path: &Path) -> Result<Baseline, StoreError> {
    let mut bytes = Vec::new();
    unpacked(path)
        .and_then(|reader| reader.take(MOST_BYTES + 1).read_to_end(&mut bytes))
        .map_err(|source| match source.kind() {
            io::ErrorKind::InvalidInput
            | io::ErrorKind::InvalidData
            | io::ErrorKind::UnexpectedEof => broken(path, "the packing is damaged or cut off"),
            _ => StoreError::Io {
                path: path.to_owned(),
                source,
            },
        })?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(broken(path, "larger than 4 GiB"));
    }
    parse(path, &bytes)
}

fn parse(path: &Path, bytes: &[u8]) -> Result<Baseline, StoreError> {
    let version: Version =
        serde_json::from_slice(bytes).map_err(|error| broken(path, error.to_string()))?;
    if version.baseline_version != u64::from(BASELINE_VERSION) {
        return Err(StoreError::Version {
            path: path.to_owned(),
            version: version.baseline_version,
        });
    }
    let document: Document =
        serde_json::from_slice(bytes).map_err(|error| broken(path, error.to_string()))?;
    Ok(Baseline {
        meta: document.meta,
        workload: document.workload,
    })
}

/// Writes a baseline: the whole of it, or nothing.
pub(super) fn write(path: &Path, baseline: &Baseline) -> Result<(), StoreError> {
    let failure = |source: io::Error| StoreError::Io {
        path: path.to_owned(),
        source,
    };
    let text = serde_json::to_vec(&Written {
        baseline_version: BASELINE_VERSION,
        meta: &baseline.meta,
        workload: &baseline.workload,
    })
    .map_err(|error| broken(path, error.to_string()))?;
    // What could not be read again is better not written over what can.
    parse(path, &text)?;
    // No name and no time in the packing: equal baselines are equal files.
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(&text).map_err(failure)?;
    let packed = packed.finish().map_err(failure)?;

    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(failure)?;
    }
    let mut file = Replacement::of(path).map_err(failure)?;
    file.write_all(&packed).map_err(failure)?;
    file.finish().map_err(failure)
}

fn unpacked(path: &Path) -> io::Result<Box<dyn Read>> {
    let mut file = io::BufReader::new(std::fs::File::open(path)?);
    let is_packed = io::BufRead::fill_buf(&mut file)?.starts_with(GZIP);
    Ok(if is_packed {
        Box::new(MultiGzDecoder::new(file))
    } else {
        Box::new(file)
    })
}

fn broken(path: &Path, reason: impl Into<String>) -> StoreError {
    StoreError::Broken {
        path: path.to_owned(),
        reason: reason.into(),
    }
}
