//! Readers, on files with known answers and on broken ones.

use std::path::Path;

use perfadvise::ingest::{
    Head, Ingested, Input, Likelihood, Options, ReadError, Target, formats, read_all,
};
use perfadvise::place::Problem;
use perfadvise::record::Records;

mod blocks;
mod broken;
mod claude_code;
mod codex;
mod damage;
mod monitor_report;
mod native;
mod otlp;
mod privacy;
mod series;
mod services;

/// What a reader made of some bytes.
#[derive(Debug)]
pub(crate) struct Reading {
    pub(crate) records: Records,
    pub(crate) problems: Vec<Problem>,
    pub(crate) error: Option<String>,
}

impl Reading {
    /// Line and reason of each problem.
    pub(crate) fn faults(&self) -> Vec<(u64, &str)> {
        self.problems
            .iter()
            .map(|p| (p.line.unwrap_or(0), p.reason.as_ref()))
            .collect()
    }
}

/// Reads bytes with the format of that name.
pub(crate) fn read(format: &str, bytes: &[u8]) -> Reading {
    let zone = jiff::tz::TimeZone::UTC;
    let mut input = Input::of_bytes(0, "x", bytes, &zone);
    let mut reading = Reading {
        records: Records::default(),
        problems: Vec::new(),
        error: None,
    };
    let format = formats::named(format).unwrap();
    let result = format.read(&mut input, &mut reading.records, &mut reading.problems);
    reading.error = result.err().map(|error| match error {
        ReadError::Malformed { line, reason } => format!("{}: {reason}", line.unwrap_or(0)),
        ReadError::Io(error) => error.to_string(),
    });
    reading
}

/// Reads a fixture with the format of that name.
pub(crate) fn fixture(format: &str, path: &str) -> Reading {
    read(
        format,
        &std::fs::read(Path::new("fixtures").join(path)).unwrap(),
    )
}

/// Reads files and folders of `fixtures/` as the program does.
pub(crate) fn folder(path: &str) -> Ingested {
    let target = Target {
        path: Path::new("fixtures").join(path),
        labels: Vec::new(),
    };
    read_all(&[target], formats::ALL, &Options::default(), &|_, _| {}).unwrap()
}

/// The format of each file of a folder of `fixtures/`, by file name.
pub(crate) fn detected(path: &str) -> Vec<(String, Option<&'static str>)> {
    folder(path)
        .files
        .iter()
        .map(|f| {
            let name = f.path.file_name().unwrap().to_string_lossy().into_owned();
            (name, f.format)
        })
        .collect()
}

/// Records and problems of bytes that are of use to the format of that name.
pub(crate) fn read_bytes(format: &str, bytes: &[u8]) -> (Records, Vec<Problem>) {
    let reading = read(format, bytes);
    assert_eq!(reading.error, None);
    (reading.records, reading.problems)
}

/// The bytes of a fixture.
pub(crate) fn bytes_of(path: &str) -> Vec<u8> {
    std::fs::read(Path::new("fixtures").join(path)).unwrap()
}

/// How sure a format is of these bytes.
pub(crate) fn likelihood(format: &str, bytes: &[u8]) -> Likelihood {
    let head = Head {
        name: "x",
        bytes,
        is_whole: true,
    };
    formats::named(format).unwrap().detect(&head)
}

/// Line and reason of each problem.
pub(crate) fn reasons(problems: &[Problem]) -> Vec<(u64, String)> {
    problems
        .iter()
        .map(|p| (p.line.unwrap_or(0), p.reason.clone().into_owned()))
        .collect()
}
