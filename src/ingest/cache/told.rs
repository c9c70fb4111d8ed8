//! What reading gave beside the records: files and problems, as bytes and back.

use super::super::Format;
use super::super::ingested::{Ingested, SourceFile};
use super::super::walk::Found;
use crate::place::{Problem, ProblemKind};
use crate::record::Records;

#[derive(bitcode::Encode, bitcode::Decode)]
struct Told {
    files: Vec<File>,
    problems: Vec<(u32, Option<u64>, ProblemKind, String)>,
    ignored: u64,
}

#[derive(bitcode::Encode, bitcode::Decode)]
struct File {
    bytes: u64,
    format: Option<String>,
    why_not: Option<String>,
    rank: u64,
}

impl Ingested {
    /// All but the records and the paths, as bytes.
    #[must_use]
    pub fn told(&self) -> Vec<u8> {
        let file = |file: &SourceFile| File {
            bytes: file.bytes,
            format: file.format.map(str::to_owned),
            why_not: file.why_not.clone(),
            rank: file.rank,
        };
        let problem = |p: &Problem| (p.file, p.line, p.kind, p.reason.clone().into_owned());
        bitcode::encode(&Told {
            files: self.files.iter().map(file).collect(),
            problems: self.problems.iter().map(problem).collect(),
            ignored: self.records.ignored,
        })
    }

    /// What [`Ingested::told`] gave of these files; `None`: it is nothing of theirs.
    pub(in super::super) fn of_told(
        bytes: &[u8],
        files: &[Found],
        formats: &[&'static dyn Format],
    ) -> Option<Self> {
        let told: Told = bitcode::decode(bytes).ok()?;
        if told.files.len() != files.len() {
            return None;
        }
        let file = |(told, found): (File, &Found)| {
            let format = match told.format {
                None => None,
                Some(name) => Some(formats.iter().map(|f| f.name()).find(|n| *n == name)?),
            };
            Some(SourceFile {
                path: found.path.clone(),
                bytes: told.bytes,
                format,
                why_not: told.why_not,
                mapping: None,
                rank: told.rank,
            })
        };
        Some(Self {
            records: Records {
                ignored: told.ignored,
                ..Records::default()
            },
            files: told
                .files
                .into_iter()
                .zip(files)
                .map(file)
                .collect::<Option<_>>()?,
            problems: told
                .problems
                .into_iter()
                .map(|(file, line, kind, reason)| Problem {
                    file,
                    line,
                    kind,
                    reason: reason.into(),
                })
                .collect(),
        })
    }
}
