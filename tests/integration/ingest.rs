//! Walking, detecting, splitting and merging, with formats made for these tests.

use std::fs;
use std::path::Path;

use perfadvise::ingest::{
    Format, Head, Ingested, Input, Likelihood, Options, ReadError, Target, read_all,
};
use perfadvise::place::{Problem, ProblemKind};
use perfadvise::record::{Operation, OperationKind, Records};
use perfadvise::units::Time;

/// One operation for each line, whose text is its session; `bad` is a problem.
#[derive(Debug)]
struct PlainLines;

impl Format for PlainLines {
    fn name(&self) -> &'static str {
        "plain-lines"
    }

    fn about(&self) -> &'static str {
        "lines"
    }

    fn plural(&self) -> &'static str {
        "lines"
    }

    fn is_splittable(&self, _: &Head<'_>) -> bool {
        true
    }

    fn detect(&self, head: &Head<'_>) -> Likelihood {
        if head.bytes.starts_with(b"line") {
            Likelihood::Yes
        } else {
            Likelihood::No
        }
    }

    fn read(
        &self,
        input: &mut Input<'_>,
        records: &mut Records,
        problems: &mut Vec<Problem>,
    ) -> Result<(), ReadError> {
        let labels = input.labels(records);
        let dims = records.catalog.dims(labels);
        let file = input.file;
        while let Some((number, line)) = input.next_line()? {
            if line == b"stop" {
                return Err(ReadError::Malformed {
                    line: Some(number),
                    reason: "stopped".into(),
                });
            }
            if line == b"bad" {
                problems.push(Problem {
                    file,
                    line: Some(number),
                    kind: ProblemKind::Skipped,
                    reason: "bad".into(),
                });
                continue;
            }
            let mut operation = Operation::new(OperationKind::Other, Time(1), file);
            operation.dims = dims;
            operation.identity.0 = 0;
            operation.id = perfadvise::record::hash64(line);
            records.operations.push(operation);
        }
        Ok(())
    }
}

const FORMATS: &[&dyn Format] = &[&PlainLines];

fn target(path: &Path) -> Target {
    Target {
        path: path.into(),
        labels: Vec::new(),
    }
}

fn read(path: &Path, threads: usize) -> Ingested {
    let options = Options {
        threads,
        ..Options::default()
    };
    read_all(&[target(path)], FORMATS, &options, &|_, _| {}).unwrap()
}

#[test]
fn nothing_depends_on_the_number_of_threads() {
    let folder = tempfile::tempdir().unwrap();
    for i in 0..200 {
        let text = format!("line {i}\nbad\nline b{i}");
        fs::write(folder.path().join(format!("{i:03}")), text).unwrap();
    }
    let one = read(folder.path(), 1);
    assert_eq!(one.records.operations.len(), 400);
    assert_eq!(one.problems.len(), 200);
    assert!(one.records.operations.is_sorted_by_key(|o| o.file));
    for threads in 2..6 {
        let many = read(folder.path(), threads);
        assert_eq!(many.records.operations, one.records.operations);
        assert_eq!(many.problems, one.problems);
        let ranks = |i: &Ingested| i.files.iter().map(|f| f.rank).collect::<Vec<_>>();
        assert_eq!(ranks(&many), ranks(&one));
    }
}

#[test]
fn a_large_file_is_split_and_its_lines_keep_their_numbers() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("large");
    let count = 3_000_000_u64;
    let mut text = String::new();
    for i in 0..count {
        text.push_str(if i % 1_000_000 == 999_999 {
            "bad\n"
        } else {
            "line of text\n"
        });
    }
    assert!(text.len() > 2 * (16 << 20));
    fs::write(&path, &text).unwrap();
    let ingested = read(&path, 2);
    assert_eq!(ingested.records.operations.len() as u64, count - 3);
    let lines: Vec<_> = ingested.problems.iter().map(|p| p.line).collect();
    assert_eq!(lines, [Some(1_000_000), Some(2_000_000), Some(3_000_000)]);
    assert_eq!(ingested.files[0].bytes, text.len() as u64);
}

#[test]
fn good_neighbours_of_a_broken_file_are_read() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a"), "line 1").unwrap();
    fs::write(folder.path().join("b"), "line 1\nstop\nline 2").unwrap();
    fs::write(folder.path().join("c"), "other").unwrap();
    fs::write(folder.path().join("d"), "").unwrap();
    let ingested = read(folder.path(), 2);
    assert_eq!(ingested.records.operations.len(), 2);
    assert_eq!(ingested.problems.len(), 1);
    assert_eq!(ingested.problems[0].kind, ProblemKind::Unreadable);
    assert_eq!(ingested.problems[0].line, Some(2));
    let why: Vec<_> = ingested
        .files
        .iter()
        .map(|f| f.why_not.as_deref())
        .collect();
    assert_eq!(why, [None, None, Some("text, no records"), Some("empty")]);
    assert_eq!(ingested.files[0].format, Some("plain-lines"));
}

#[test]
fn labels_become_dimensions() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a"), "line 1").unwrap();
    let options = Options {
        labels: vec![
            ("mode".into(), "SIMPLE".into()),
            ("team".into(), "x".into()),
        ],
        ..Options::default()
    };
    let target = Target {
        labels: vec![("mode".into(), "FANCY".into())],
        ..target(folder.path())
    };
    let read = read_all(&[target], FORMATS, &options, &|_, _| {}).unwrap();
    let catalog = &read.records.catalog;
    let dims: Vec<_> = catalog
        .dims
        .get(read.records.operations[0].dims.0)
        .iter()
        .map(|(d, v)| (catalog.dimension_name(*d), catalog.text(*v)))
        .collect();
    assert_eq!(dims, [("mode", "FANCY"), ("team", "x")]);
}

#[test]
fn a_path_that_does_not_exist_is_an_error() {
    let options = Options::default();
    let error = read_all(
        &[target(Path::new("no/such"))],
        FORMATS,
        &options,
        &|_, _| {},
    )
    .unwrap_err()
    .to_string();
    assert_eq!(error, "no/such: it does not exist");
}
