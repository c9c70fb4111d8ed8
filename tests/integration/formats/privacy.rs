//! Nobody's words enter a record, a problem or an output: prompts, replies, commands, tool results,
//! messages of errors.

use std::path::{Path, PathBuf};

use perfadvise::ingest::{Options, Target, formats, read_all};
use perfadvise::record::OperationKind;
use serde_json::Value;

use super::{bytes_of, folder, read};
use crate::cache::changes::{rollout, turns};
use crate::cache::{cache_in, made};
use crate::cli::program;

/// Stands in every text of the fixtures that were written by hand after a documentation.
const MARKER: &str = "MARKER";

/// Formats whose fixtures hold the marker.
const MARKED: &[&str] = &[
    "claude-results",
    "cline",
    "codex-results",
    "gemini-results",
    "opencode-results",
    "gemini-cli",
    "opencode",
    "otlp",
    "langfuse",
    "langsmith",
    "swe-agent",
    "tau-bench",
    "tau2-bench",
    "hyperfine",
    "k6",
    "oha",
    "prometheus",
];

#[test]
fn marked_texts_reach_no_record_and_no_problem() {
    for format in MARKED {
        let ingested = folder(format);
        let marked = ingested.files.iter().any(|file| {
            std::fs::read(&file.path)
                .is_ok_and(|bytes| memchr::memmem::find(&bytes, MARKER.as_bytes()).is_some())
        });
        assert!(marked, "{format} has no marked fixture");
        let all = format!("{ingested:?}");
        assert!(!all.contains(MARKER), "{format}");
    }
}

#[test]
fn marked_texts_reach_no_output() {
    let home = tempfile::tempdir().unwrap();
    for format in MARKED {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let path = root.join("fixtures").join(format);
        let analyze = ["text", "json", "jsonl", "yaml", "markdown", "csv"]
            .map(|output| vec!["analyze", "--verbose", "--format", output]);
        let explain = vec!["formats", "explain"];
        for arguments in analyze.into_iter().chain([explain]) {
            let files: Vec<PathBuf> = if arguments[0] == "analyze" {
                vec![path.clone()]
            } else {
                folder(format)
                    .files
                    .iter()
                    .map(|f| root.join(&f.path))
                    .collect()
            };
            let output = program(home.path())
                .args(&arguments)
                .args(&files)
                .output()
                .unwrap();
            assert!(!output.stdout.is_empty(), "{format} {arguments:?}");
            for stream in [&output.stdout, &output.stderr] {
                let text = String::from_utf8_lossy(stream);
                assert!(!text.contains(MARKER), "{format} {arguments:?}: {text}");
            }
        }
    }
}

/// Nor what is kept for the next run: neither the bytes, nor what comes out of them.
#[test]
fn marked_and_planted_texts_reach_no_cache() {
    for format in formats::ALL {
        let source = Path::new("fixtures").join(format.name());
        if !source.exists() {
            continue;
        }
        let tree = tempfile::tempdir().unwrap();
        let mut files = Vec::new();
        files_of(&source, &mut files);
        for (number, path) in files.iter().enumerate() {
            let bytes = std::fs::read(path).unwrap();
            let bytes = planted_in(&bytes).unwrap_or(bytes);
            let name = path.file_name().unwrap().to_str().unwrap();
            let copy = tree.path().join(format!("{number}-{name}"));
            std::fs::write(&copy, bytes).unwrap();
        }
        let home = tempfile::tempdir().unwrap();
        let cache = cache_in(home.path());
        for _ in 0..2 {
            made(tree.path(), Some(&cache), 1);
            let options = Options {
                cache: Some(cache.clone()),
                ..Options::default()
            };
            let target = Target {
                path: tree.path().to_owned(),
                labels: Vec::new(),
            };
            let read = read_all(&[target], formats::ALL, &options, &|_, _| {}).unwrap();
            assert!(!format!("{read:?}").contains(MARKER), "{}", format.name());
        }
        let mut kept = Vec::new();
        files_of(home.path(), &mut kept);
        assert!(!kept.is_empty());
        for path in kept {
            let bytes = std::fs::read(&path).unwrap();
            let has = |text: &str| memchr::memmem::find(&bytes, text.as_bytes()).is_some();
            assert!(!has(MARKER), "{}", format.name());
        }
    }
}

/// A text that is somebody's words, and no name, time or number.
fn is_prose(text: &str) -> bool {
    text.len() > 64 || text.contains('\n') || text.split_whitespace().count() > 5
}

/// Puts the marker into every text of prose; says whether there was one.
fn plant(value: &mut Value) -> bool {
    match value {
        Value::String(text) if is_prose(text) => {
            *text = format!("{MARKER} {text} {MARKER}");
            true
        }
        Value::Array(items) => items.iter_mut().fold(false, |any, item| plant(item) | any),
        Value::Object(entries) => entries
            .values_mut()
            .fold(false, |any, item| plant(item) | any),
        _ => false,
    }
}

fn files_of(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            files_of(&path, found);
        } else {
            found.push(path);
        }
    }
}

/// The text of a fixture with the marker in all prose; `None`: there is none in it.
fn planted_in(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut is_planted = false;
    let mut with_marker = |bytes: &[u8]| {
        let mut value: Value = serde_json::from_slice(bytes).ok()?;
        is_planted |= plant(&mut value);
        serde_json::to_vec(&value).ok()
    };
    // A document, or one in each line.
    let text = with_marker(bytes).unwrap_or_else(|| {
        let lines = bytes.split(|b| *b == b'\n');
        let lines: Vec<Vec<u8>> = lines
            .map(|line| with_marker(line).unwrap_or_else(|| line.to_vec()))
            .collect();
        lines.join(&b'\n')
    });
    is_planted.then_some(text)
}

/// The same for the fixtures of all formats, real ones too: wherever prose stands in them.
#[test]
fn planted_texts_reach_no_record() {
    let mut planted = Vec::new();
    for format in formats::ALL {
        let mut files = Vec::new();
        let folder = Path::new("fixtures").join(format.name());
        if folder.exists() {
            files_of(&folder, &mut files);
        }
        for path in files {
            let bytes = bytes_of(path.strip_prefix("fixtures").unwrap().to_str().unwrap());
            if let Some(text) = planted_in(&bytes) {
                planted.push(format.name());
                let reading = format!("{:?}", read(format.name(), &text));
                assert!(!reading.contains(MARKER), "{}", path.display());
            }
        }
    }
    planted.dedup();
    assert!(planted.contains(&"claude-code"), "{planted:?}");
}

/// A text in place of a name is none: of a tool, a model, a project, a session.
#[test]
fn texts_in_place_of_names_reach_no_record() {
    let long = format!("{MARKER} {}", "word ".repeat(20));
    for text in [long, format!("{MARKER}\\nword")] {
        let named = |lines: String, names: &[&str]| {
            names.iter().fold(lines, |lines, name| {
                let (name, text) = (format!("\"{name}\""), format!("\"{text}\""));
                assert!(lines.contains(&name), "{name}");
                lines.replace(&name, &text)
            })
        };
        let claude = ["Bash", "claude-opus-4-5", "/home/dev/app", "S1"];
        let codex = ["shell", "gpt-5.3-codex", "/home/dev/app"];
        for (format, lines) in [
            ("claude-code", named(turns("S1", 0, 2, 10), &claude)),
            ("codex", named(rollout(0, 2, 10), &codex)),
        ] {
            let reading = read(format, lines.as_bytes());
            let records = &reading.records;
            let tools = records.operations.iter();
            let tools = tools.filter(|o| o.kind == OperationKind::ToolCall);
            assert_eq!(tools.count(), 2, "{format}");
            assert!(!format!("{reading:?}").contains(MARKER), "{format}");
        }
    }
}
