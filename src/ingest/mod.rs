//! Inputs to records: walk, detect, read.
//!
//! A [`Format`] turns bytes into records and reports what it could not read. It knows nothing of
//! statistics. Detection looks at content. The result never depends on the number of threads or on
//! the order of files.

mod cache;
mod calls;
pub(crate) mod content;
mod detect;
mod document;
mod failure;
mod file_range;
mod first_token;
mod follow;
pub mod formats;
mod ingested;
mod input;
mod json;
mod labels;
mod lines;
mod merge;
mod places;
mod progress;
mod read;
pub(crate) mod scalar;
mod since;
mod sqlite;
mod survey;
mod time;
mod units;
mod unpack;
mod walk;

/// What fuzzing looks at beside the readers (`fuzz/`).
#[cfg(fuzzing)]
pub mod fuzzing {
    /// Holds the structural scanner against serde_json.
    ///
    /// # Errors
    /// How they differ.
    pub fn json(text: &[u8]) -> Result<(), &'static str> {
        super::json::judge(text)
    }
}

pub use follow::Follower;
pub(crate) use formats::{fault_of_tag, fault_of_value};
pub use ingested::{Ingested, Options, SourceFile};
pub use input::{Head, Input};
pub use places::usual_places;
pub use read::read_all;
pub use survey::Survey;
pub use walk::Target;

use std::path::{Path, PathBuf};

use crate::place::Problem;
use crate::record::Records;

/// The format of a file, by its first bytes alone; `None`: no format recognises it, or it cannot be read. What a mapping of
/// the configuration recognises is not looked at, nor is what a packed file holds.
#[must_use]
pub fn recognised(path: &Path) -> Option<&'static str> {
    use std::io::Read as _;
    let file = std::fs::File::open(path).ok()?;
    let size = file.metadata().ok()?.len();
    let mut bytes = Vec::new();
    file.take(detect::HEAD_SIZE as u64)
        .read_to_end(&mut bytes)
        .ok()?;
    let head = Head {
        name: &path.file_name()?.to_string_lossy(),
        bytes: &bytes,
        is_whole: size <= bytes.len() as u64,
    };
    detect::detect(formats::ALL, &head).map(Format::name)
}

/// How sure a format is that an input is its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Likelihood {
    /// It is not.
    No,
    /// It could be: taken if no other claims it.
    Maybe,
    /// Its marks are there.
    Yes,
}

/// How well a format has been tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Maturity {
    /// Checked on real files with known answers.
    Stable,
    /// From documentation only.
    Preview,
}

/// An input format.
pub trait Format: Sync {
    /// Short name, as in `provenance.formats`: `monitor-report`.
    fn name(&self) -> &'static str;

    /// One sentence: what writes it and what it tells.
    fn about(&self) -> &'static str;

    /// How people say it, in the plural: `monitor reports`.
    fn plural(&self) -> &'static str;

    /// Whether it is one of the seed's own formats, which select the orchestrator profile.
    fn is_orchestrator(&self) -> bool {
        false
    }

    /// How well it has been tried.
    fn maturity(&self) -> Maturity {
        Maturity::Stable
    }

    /// Of a stable one, what it reads from its description only; empty where nothing is.
    fn unseen(&self) -> &'static str {
        ""
    }

    /// Whether lines of a file that begins like this can be read apart from each other, so that a large
    /// file is split and its parts are read at once.
    fn is_splittable(&self, _head: &Head<'_>) -> bool {
        false
    }

    /// Whether its reader takes a file line by line and can go on where it ended before: it begins with
    /// what `Input::take_state` gives and ends with `Input::leave_state`.
    fn goes_on(&self) -> bool {
        false
    }

    /// Judges by the first bytes and the name.
    fn detect(&self, head: &Head<'_>) -> Likelihood;

    /// Reads one file (or, if splittable, a part of one) into records. What cannot be read is a
    /// problem; an error means that the file as a whole is of no use.
    fn read(
        &self,
        input: &mut Input<'_>,
        records: &mut Records,
        problems: &mut Vec<Problem>,
    ) -> Result<(), ReadError>;
}

/// Why a file as a whole could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The operating system refused.
    #[error("cannot be read: {0}")]
    Io(#[from] std::io::Error),
    /// Content that breaks the format as a whole.
    #[error("{reason}")]
    Malformed {
        /// Line, from 1, where known.
        line: Option<u64>,
        /// Why, without quoting the input.
        reason: String,
    },
}

impl ReadError {
    /// What a reader left in the cache is nothing it can go on from: only after a fault of ours.
    fn stale_cache() -> Self {
        Self::Malformed {
            line: None,
            reason: "the cache is of no use: perfadvise cache clear".into(),
        }
    }
}

/// Why nothing could be read at all.
#[derive(Debug, thiserror::Error)]
pub enum IngestError {
    /// A path that does not exist.
    #[error("{}: it does not exist", path.display())]
    NotFound {
        /// The path as the user gave it.
        path: PathBuf,
    },
    /// A path that the operating system does not let us look at.
    #[error("{}: {}", path.display(), walk::refusal(source))]
    Refused {
        /// The path as the user gave it.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// Something to be followed that can be read only once.
    #[error("{}: it can be read only once, and not be followed", path.display())]
    Once {
        /// The path as the user gave it.
        path: PathBuf,
    },
    /// A pattern for labels by path that is none.
    #[error("the path pattern {pattern:?} is faulty: {reason}")]
    Pattern {
        /// The pattern as configured.
        pattern: String,
        /// What is wrong with it.
        reason: String,
    },
}

impl IngestError {
    fn of_path(path: &Path, source: std::io::Error) -> Self {
        let path = path.to_owned();
        if source.kind() == std::io::ErrorKind::NotFound {
            Self::NotFound { path }
        } else {
            Self::Refused { path, source }
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        Some(match self {
            Self::NotFound { .. } => {
                "check the spelling; a PATH is a file, a folder, or - for standard input".into()
            }
            Self::Refused { .. } => {
                "check that you may read it, or leave it out: other inputs are read without it".into()
            }
            Self::Once { .. } => {
                "name files and folders; what comes through a pipe is read without following it".into()
            }
            Self::Pattern { .. } => {
                "write patterns such as \"**/fancy/**\"; * stays within a folder, ** crosses folders"
                    .into()
            }
        })
    }
}
