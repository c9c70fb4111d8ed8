//! What is kept between runs: baselines, and the history.
//!
//! A baseline is a file, `.perfadvise/baselines/NAME.json.gz`, that can be committed: the workload
//! itself, not only its means, with where and when it was measured. In: a workload and what is known
//! beside it. Out: files, and baselines read from them; what is broken is refused with file and reason.

mod commit;
mod environment;
mod file;
pub mod history;
mod place;
mod rewrite;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::config::KnobValue;
use crate::config::keys::nearest;
use crate::units::Time;
use crate::workload::Workload;

pub use commit::commit_of;
pub use environment::{Difference, Environment, HOST_CLASS};
pub use file::is_baseline;
pub use place::{FOLDER, Place};
pub use rewrite::{Replacement, rewrite};

/// Version of the document; one of another version is refused.
pub const BASELINE_VERSION: u32 = 1;

/// A workload to compare with.
#[derive(Debug, Clone)]
pub struct Baseline {
    /// What is known beside it.
    pub meta: Meta,
    /// All its runs together.
    pub workload: Workload,
}

/// What is kept beside the workload of a baseline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Meta {
    /// Name.
    pub name: String,
    /// When it was saved last: `--now`, else the clock.
    pub saved_at: Time,
    /// Version of the program that wrote it.
    pub program: String,
    /// Where it was saved; one of another environment is not compared with.
    pub environment: Environment,
    /// Knobs of the configuration that were set, so that a changed one can be named as a cause.
    #[serde(default)]
    pub knobs: BTreeMap<String, KnobValue>,
    /// What was read, a run for each `save`; with `--pool` there are several.
    pub runs: Vec<Run>,
    /// Acceptances of single metrics that hold until the next save.
    #[serde(default)]
    pub accepted: Vec<Acceptance>,
    /// All acceptances so far, oldest first.
    #[serde(default)]
    pub history: Vec<Acceptance>,
}

/// What was read for a baseline at once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Run {
    /// When it was saved.
    pub saved_at: Time,
    /// The commit, where it is known.
    pub commit: Option<String>,
    /// Paths as they were given.
    pub inputs: Vec<String>,
    /// Files that were read.
    pub files: u64,
    /// Records that were kept.
    pub records: u64,
    /// Records that were left out as broken.
    pub skipped: u64,
    /// Units of inference.
    pub units: u64,
    /// Day of the prices by which costs were computed, where any were.
    pub prices: Option<String>,
    /// Hash of its workload, by which the same run is not pooled twice.
    pub digest: String,
}

/// A difference that somebody accepted on purpose.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Acceptance {
    /// When.
    pub at: Time,
    /// Why, in the words of who did it.
    pub reason: String,
    /// The metric; `None`: the baseline was moved to another input as a whole.
    pub metric: Option<String>,
}

impl Meta {
    /// The acceptance of a metric, if it was accepted since the last save; the latest one counts.
    #[must_use]
    pub fn accepted(&self, metric: &str) -> Option<&Acceptance> {
        let of_metric = |a: &&Acceptance| a.metric.as_deref() == Some(metric);
        self.accepted.iter().rev().find(of_metric)
    }

    /// The commit of the latest run.
    #[must_use]
    pub fn commit(&self) -> Option<&str> {
        self.runs.last()?.commit.as_deref()
    }

    /// Name and commit for people: `main@4f1c2ab`.
    #[must_use]
    pub fn title(&self) -> String {
        match self.commit() {
            Some(commit) => {
                let short: String = commit.chars().take(7).collect();
                format!("{}@{short}", self.name)
            }
            None => self.name.clone(),
        }
    }

    /// Files that were read for all runs.
    #[must_use]
    pub fn files(&self) -> u64 {
        self.runs.iter().map(|r| r.files).sum()
    }

    /// Records of all runs that were left out as broken.
    #[must_use]
    pub fn skipped(&self) -> u64 {
        self.runs.iter().map(|r| r.skipped).sum()
    }
}

impl Baseline {
    /// Adds another run, as if its records had been read together with the others.
    ///
    /// # Errors
    /// The very same run is in it already.
    pub fn pool(&mut self, workload: Workload, run: Run) -> Result<(), StoreError> {
        if self.meta.runs.iter().any(|r| r.digest == run.digest) {
            return Err(StoreError::SameRun {
                name: self.meta.name.clone(),
            });
        }
        let mine = std::mem::take(&mut self.workload);
        self.workload = mine.merge(workload);
        self.meta.saved_at = run.saved_at;
        self.meta.runs.push(run);
        Ok(())
    }
}

/// Reads a baseline of the store by its name, or any file that holds one. `place` is where names are
/// looked for: [`Place::nearest`], or what `--store` says.
///
/// # Errors
/// There is none of that name; the file cannot be read, is of another version, or broken.
pub fn load(name_or_path: &str, place: &Place) -> Result<Baseline, StoreError> {
    if let Ok(path) = place.file_of(name_or_path)
        && path.is_file()
    {
        return file::read(&path);
    }
    let path = Path::new(name_or_path);
    if path.is_file() {
        return file::read(path);
    }
    let known = place.names()?;
    Err(StoreError::Unknown {
        name: name_or_path.to_owned(),
        near: nearest(name_or_path, known.iter().map(String::as_str)).map(str::to_owned),
        known,
        folder: place.baselines(),
    })
}

/// Writes a baseline under its name: the whole file or nothing. Returns the file.
///
/// # Errors
/// The name is none; the file cannot be written, or would not read back.
pub fn save(baseline: &Baseline, place: &Place) -> Result<PathBuf, StoreError> {
    let path = place.file_of(&baseline.meta.name)?;
    file::write(&path, baseline)?;
    Ok(path)
}

/// Removes a baseline. Returns the file that it was.
///
/// # Errors
/// There is none of that name; the file cannot be removed.
pub fn remove(name: &str, place: &Place) -> Result<PathBuf, StoreError> {
    let path = place.file_of(name)?;
    if !path.is_file() {
        // Says which ones there are.
        load(name, &Place::at(place.folder()))?;
    }
    std::fs::remove_file(&path).map_err(|source| StoreError::Io {
        path: path.clone(),
        source,
    })?;
    Ok(path)
}

/// A hash of a workload: equal ones are the same run.
#[must_use]
pub fn digest(workload: &Workload) -> String {
    let text = serde_json::to_vec(workload).unwrap_or_default();
    format!("{:032x}", crate::record::hash128(&text))
}

/// Why a baseline could not be read, written or changed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A name with other characters than letters, digits and `-_.@`.
    #[error("{name:?} is no name for a baseline")]
    Name {
        /// What was given.
        name: String,
    },
    /// There is none of that name.
    #[error("there is no baseline {name:?} in {}", folder.display())]
    Unknown {
        /// What was given.
        name: String,
        /// The name that was probably meant.
        near: Option<String>,
        /// Those that are there.
        known: Vec<String>,
        /// Where was looked.
        folder: PathBuf,
    },
    /// A file cannot be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file that holds no baseline, or a broken one.
    #[error("{}: not a baseline that can be read: {reason}", path.display())]
    Broken {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// A document of another version.
    #[error("{}: a baseline of version {version}; this program reads version {BASELINE_VERSION}", path.display())]
    Version {
        /// The file.
        path: PathBuf,
        /// What it says.
        version: u64,
    },
    /// The same run a second time.
    #[error("this run is in the baseline {name} already")]
    SameRun {
        /// The baseline.
        name: String,
    },
}

impl StoreError {
    /// What to do about it.
    #[must_use]
    pub fn help(&self) -> String {
        match self {
            StoreError::Name { .. } => {
                "use up to 100 letters, digits and -_.@, and begin with a letter or digit".into()
            }
            StoreError::Unknown { near, known, .. } => match (near, known.as_slice()) {
                (_, []) => "perfadvise baseline save NAME PATH stores one".into(),
                (Some(near), _) => {
                    format!("did you mean {near}? There are: {}", known.join(", "))
                }
                (None, _) => format!("there are: {}", known.join(", ")),
            },
            StoreError::Io { .. } => "check the path, and who may read and write there".into(),
            StoreError::Broken { .. } => {
                "restore the file from version control, or save the baseline anew".into()
            }
            StoreError::Version { .. } => {
                "use the program's version that wrote it, or save the baseline anew".into()
            }
            StoreError::SameRun { .. } => {
                "pooled twice it would count double; give the path of another run".into()
            }
        }
    }
}
