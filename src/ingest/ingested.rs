//! What is asked of reading, and what comes of it.

use std::path::PathBuf;

use crate::cache::Cache;
use crate::config::mapping::Mapping;
use crate::place::Problem;
use crate::record::Records;

/// How to read.
#[derive(Debug, Clone)]
pub struct Options {
    /// Threads, of which no more than there are cores work at once; 0: as many as cores.
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
    /// A mapping for a table that no format knows, to be pasted into the configuration. Of the file only names of
    /// columns are in it, never a value; no unit is guessed. It is not kept: a file that was kept has none.
    pub mapping: Option<String>,
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
