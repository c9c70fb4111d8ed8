//! Readers, on files with known answers and on broken ones.

use std::path::Path;

use perfadvise::ingest::{
    Head, Ingested, Input, Likelihood, Options, ReadError, Target, formats, read_all,
};
use perfadvise::metrics::{Metric, Unit};
use perfadvise::place::Problem;
use perfadvise::record::{Dimension, Flags, Measured, Operation, Records, Sample};
use perfadvise::workload::{Filter, FoldOptions, Workload, fold};

mod blocks;
mod broken;
mod claude_code;
mod claude_results;
mod cline;
mod codex;
mod damage;
mod gemini_cli;
mod headless;
mod langfuse;
mod langsmith;
mod mapped;
mod measurements;
mod monitor_report;
mod native;
mod opencode;
mod otlp;
mod privacy;
mod scrapes;
mod series;
mod services;
mod several;
mod tasks;

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

/// Reads a fixture as the program does, under its own path.
pub(crate) fn reading_of(path: &str) -> Reading {
    let ingested = folder(path);
    Reading {
        records: ingested.records,
        problems: ingested.problems,
        error: None,
    }
}

/// Reads files and folders of `fixtures/` as the program does.
pub(crate) fn folder(path: &str) -> Ingested {
    read_at(&Path::new("fixtures").join(path))
}

/// Reads a file or folder anywhere as the program does.
pub(crate) fn read_at(path: &Path) -> Ingested {
    let target = Target {
        path: path.to_owned(),
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

/// Makes sure that a fixture is claimed by the format of that name, and by no other.
pub(crate) fn is_only(format: &str, path: &str) {
    let bytes = bytes_of(path);
    let name = path.rsplit('/').next().unwrap();
    let head = Head {
        name,
        bytes: &bytes[..bytes.len().min(64 << 10)],
        is_whole: bytes.len() <= 64 << 10,
    };
    for each in formats::ALL {
        let expected = if each.name() == format {
            Likelihood::Yes
        } else {
            Likelihood::No
        };
        assert_eq!(each.detect(&head), expected, "{path}: {}", each.name());
    }
}

/// Line and reason of each problem.
pub(crate) fn reasons(problems: &[Problem]) -> Vec<(u64, String)> {
    problems
        .iter()
        .map(|p| (p.line.unwrap_or(0), p.reason.clone().into_owned()))
        .collect()
}

/// The value of a dimension of an operation.
pub(crate) fn dimension(records: &Records, operation: &Operation, dimension: Dimension) -> String {
    let name = records.catalog.dimension(operation.dims, dimension);
    records.catalog.text(name).to_owned()
}

fn session(records: &Records, operation: &Operation) -> String {
    let identity = records.catalog.identities.get(operation.identity.0);
    records.catalog.text(identity.session).to_owned()
}

/// A line for each operation: start since `begin` and duration in milliseconds, what, how it ended, whose, tokens.
pub(crate) fn shown_since(reading: &Reading, begin: i64) -> String {
    let records = &reading.records;
    let mut out = String::new();
    for o in &records.operations {
        let names: Vec<String> = [
            Dimension::Interface,
            Dimension::Model,
            Dimension::Provider,
            Dimension::Tool,
            Dimension::Agent,
            Dimension::Project,
        ]
        .map(|d| dimension(records, o, d))
        .into_iter()
        .filter(|name| !name.is_empty())
        .collect();
        let mut line = format!(
            "{} for {} {} {:?} [{}] {}",
            o.start.0 / 1_000_000 - begin,
            o.duration / 1_000_000,
            o.kind.name(),
            o.outcome,
            names.join(" "),
            session(records, o)
                .replace("00000000-0000-4000-8000-000000000001", "session")
                .trim_start_matches('0'),
        );
        let t = o.tokens;
        if o.flags.has(Flags::HAS_TOKENS) {
            line += &format!(
                " {}/{}/{}/{}({})",
                t.fresh, t.cache_read, t.cache_write, t.output, t.reasoning
            );
        }
        if o.cost >= 0 {
            line += &format!(" {}e-9 USD", o.cost);
        }
        out += &line;
        out.push('\n');
    }
    out
}

/// Name and value of a sample of a metric that has a name of its own.
pub(crate) fn told(records: &Records, sample: Sample) -> (String, f64) {
    let Measured::Custom(name) = sample.metric else {
        panic!("{:?}", sample.metric);
    };
    (records.catalog.text(name).to_owned(), sample.value)
}

/// What the fold makes of a folder or file of `fixtures/`.
pub(crate) fn folded(path: &str) -> Workload {
    folded_at(&Path::new("fixtures").join(path))
}

/// What the fold makes of a folder or file anywhere.
pub(crate) fn folded_at(path: &Path) -> Workload {
    let ingested = read_at(path);
    let options = FoldOptions {
        file_formats: ingested
            .files
            .iter()
            .map(|f| f.format.unwrap_or_default())
            .collect(),
        ..FoldOptions::default()
    };
    fold(ingested.records, &options)
}

/// The sum of a metric: tokens, bytes; money in 10⁻⁹ US dollars.
pub(crate) fn total_of(workload: &Workload, metric: Metric) -> u64 {
    let unit = metric.row().unit;
    let scale = if unit == Unit::Usd { 1e9 } else { 1.0 };
    (workload.figure(metric, &Filter::default()).total(unit) * scale).round() as u64
}
