//! Any damage to a file costs at most what it hit: no reader ever panics.

use std::path::{Path, PathBuf};

use perfadvise::ingest::formats;
use proptest::prelude::*;

use super::read;

/// Every whole fixture, with the format that reads it.
fn whole() -> Vec<(&'static str, Vec<u8>)> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    for format in formats::ALL {
        let folder = Path::new("fixtures").join(format.name());
        if folder.exists() {
            let mut files = Vec::new();
            walk(&folder, &mut files);
            files.retain(|path| {
                path.components().all(|c| c.as_os_str() != "broken")
                    && path.extension().is_none_or(|e| e != "md")
                    && path.metadata().unwrap().len() < 50_000
            });
            files.sort();
            // A few of each format are as good as all.
            files.truncate(4);
            found.extend(
                files
                    .into_iter()
                    .map(|path| (format.name(), std::fs::read(path).unwrap())),
            );
        }
    }
    found
}

/// What is done to a file.
fn damage(bytes: &mut Vec<u8>, kind: u8, at: usize, byte: u8) {
    let at = at % bytes.len().max(1);
    match kind {
        0 => bytes.truncate(at),
        1 => bytes[at] = byte,
        2 => bytes.insert(at, byte),
        3 => drop(bytes.remove(at)),
        _ => {
            let half = bytes.split_off(at);
            bytes.splice(0..0, half);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn no_reader_panics(
        kinds in proptest::collection::vec((0_u8..5, any::<usize>(), any::<u8>()), 1..4),
    ) {
        for (format, mut bytes) in whole() {
            for (kind, at, byte) in &kinds {
                if !bytes.is_empty() {
                    damage(&mut bytes, *kind, *at, *byte);
                }
            }
            let lines = bytes.iter().filter(|b| **b == b'\n').count() as u64 + 1;
            let reading = read(format, &bytes);
            prop_assert!(reading.problems.iter().all(|p| p.line.is_none_or(|l| l >= 1 && l <= lines)));
            prop_assert!(reading.records.samples.iter().all(|s| s.value.is_finite()));
            prop_assert!(reading.records.aggregates.iter().all(|a| a.value.is_finite()));
        }
    }
}

/// Whatever is left of an agent's log, and whichever byte of it is another: no panic, and each fault has its
/// line.
#[test]
fn agents_logs_cut_or_changed_anywhere() {
    let agents = [
        "claude-results",
        "codex-results",
        "gemini-cli",
        "gemini-results",
        "cline",
        "opencode",
        "opencode-results",
    ];
    for (format, bytes) in whole().into_iter().filter(|(f, _)| agents.contains(f)) {
        let check = |bytes: &[u8]| {
            let lines = bytes.iter().filter(|b| **b == b'\n').count() as u64 + 1;
            let reading = read(format, bytes);
            let in_range = |line: u64| line >= 1 && line <= lines;
            assert!(
                reading.problems.iter().all(|p| p.line.is_none_or(in_range)),
                "{format}"
            );
        };
        // A database is opened anew each time, and is told by its pages.
        let is_database = bytes.starts_with(b"SQLite format 3");
        let cuts = if is_database { 97 } else { 1 };
        for at in (0..bytes.len()).step_by(cuts) {
            check(&bytes[..at]);
        }
        let flips = bytes.len() / 200 + 1;
        for at in (0..bytes.len()).step_by(flips) {
            for byte in [bytes[at] ^ 1, 0xff, b'"'] {
                let mut changed = bytes.clone();
                changed[at] = byte;
                check(&changed);
            }
        }
    }
}
