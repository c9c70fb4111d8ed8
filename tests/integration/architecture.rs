//! The import table: who may use whom. Data walks down one way; nothing downstream reaches back.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

const WORDS: &[&str] = &["units", "place", "metrics", "record", "assessment"];

/// For each top-level module, the modules of ours that it may use.
fn table() -> BTreeMap<&'static str, BTreeSet<&'static str>> {
    let with = |base: &[&'static str], more: &[&'static str]| -> BTreeSet<&'static str> {
        base.iter().chain(more).copied().collect()
    };
    let words_and_config = with(WORDS, &["config", "threads"]);
    let words: Vec<&'static str> = words_and_config.iter().copied().collect();
    let workload = with(&words, &["prices"]);
    let analysis = with(&words, &["workload", "stats"]);
    let analysis_list: Vec<&'static str> = analysis.iter().copied().collect();
    let scenario = with(&analysis_list, &["analysis", "score", "prices"]);
    let scenario_list: Vec<&'static str> = scenario.iter().copied().collect();
    let advise = with(&scenario_list, &["scenario"]);
    let advise_list: Vec<&'static str> = advise.iter().copied().collect();
    let gate = with(&analysis_list, &["analysis"]);
    let summary = with(&analysis_list, &["analysis", "score"]);
    let claims = with(&scenario_list, &["scenario", "advise"]);
    let store = with(&words, &["workload"]);
    let pipeline = with(
        &advise_list,
        &["advise", "cache", "gate", "ingest", "prices"],
    );
    let pipeline_list: Vec<&'static str> = pipeline.iter().copied().collect();
    BTreeMap::from([
        ("units", with(&[], &[])),
        ("place", with(&[], &[])),
        ("stats", with(&[], &[])),
        ("threads", with(&[], &[])),
        ("metrics", with(&["units", "place"], &[])),
        ("record", with(&["units", "place", "metrics"], &[])),
        (
            "assessment",
            with(&["units", "place", "metrics", "record"], &[]),
        ),
        ("config", with(WORDS, &[])),
        (
            "prices",
            with(&["units", "place", "metrics", "record"], &[]),
        ),
        ("cache", with(&[], &[])),
        ("ingest", with(&words, &["cache"])),
        ("workload", workload),
        ("analysis", analysis.clone()),
        ("score", analysis),
        ("scenario", scenario),
        ("advise", advise),
        ("gate", gate),
        ("summary", summary),
        ("claims", claims),
        (
            "report",
            with(&["units", "place", "metrics", "assessment"], &[]),
        ),
        ("doctor", with(WORDS, &[])),
        ("notify", with(WORDS, &["config"])),
        ("alerts", with(&words, &["workload", "report"])),
        ("export", with(&words, &["workload", "report"])),
        ("recorder", with(&["units", "metrics", "ingest"], &[])),
        ("store", store),
        ("dashboard", with(&["report"], &[])),
        (
            "live",
            with(&["units", "metrics", "report", "recorder"], &[]),
        ),
        ("pipeline", pipeline),
        (
            "cli",
            with(
                &pipeline_list,
                &[
                    "alerts",
                    "claims",
                    "dashboard",
                    "doctor",
                    "export",
                    "gate",
                    "live",
                    "notify",
                    "pipeline",
                    "recorder",
                    "report",
                    "store",
                    "summary",
                ],
            ),
        ),
        ("main", with(&["cli"], &[])),
    ])
}

fn rust_files(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, into);
        } else if path.extension().is_some_and(|e| e == "rs") {
            into.push(path);
        }
    }
}

/// Names of our modules after `crate::` in a source text, without comments.
fn used(text: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for line in text
        .lines()
        .map(str::trim_start)
        .filter(|l| !l.starts_with("//"))
    {
        let mut rest = line;
        while let Some(at) = rest.find("crate::") {
            rest = &rest[at + "crate::".len()..];
            if let Some(group) = rest.strip_prefix('{') {
                for item in group
                    .split(['}', ';'])
                    .next()
                    .unwrap_or_default()
                    .split(',')
                {
                    names.insert(
                        item.trim()
                            .split("::")
                            .next()
                            .unwrap_or_default()
                            .to_owned(),
                    );
                }
            } else {
                names.insert(
                    rest.chars()
                        .take_while(|c| c.is_alphanumeric() || *c == '_')
                        .collect(),
                );
            }
        }
    }
    names
}

#[test]
fn modules_use_only_what_stands_above_them() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let table = table();
    let mut files = Vec::new();
    rust_files(&source, &mut files);
    let mut faults = Vec::new();
    for file in &files {
        let relative = file.strip_prefix(&source).unwrap();
        let first = relative
            .components()
            .next()
            .unwrap()
            .as_os_str()
            .to_str()
            .unwrap();
        let module = first.trim_end_matches(".rs");
        if module == "lib" {
            continue;
        }
        let Some(allowed) = table.get(module) else {
            faults.push(format!("{module} is not in the table"));
            continue;
        };
        // Tests may look at whatever they need.
        if file.ends_with("tests.rs") {
            continue;
        }
        let text = fs::read_to_string(file).unwrap();
        let text = text.split("#[cfg(test)]").next().unwrap_or_default();
        for name in used(text) {
            if name != module
                && table.contains_key(name.as_str())
                && !allowed.contains(name.as_str())
            {
                faults.push(format!("{} uses {name}", relative.display()));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_module_is_in_the_table() {
    let text = include_str!("../../src/lib.rs");
    let table = table();
    for line in text.lines().filter_map(|l| l.strip_prefix("pub mod ")) {
        let name = line.trim_end_matches(';');
        assert!(table.contains_key(name), "{name} is not in the table");
    }
}

#[test]
fn the_scan_sees_all_spellings() {
    let names = used(
        "use crate::{units::Time, stats};\nuse crate::record;\nlet x = crate::score::f(crate::cli::g());\n// crate::ingest",
    );
    let expected: BTreeSet<String> = ["units", "stats", "record", "score", "cli"]
        .map(str::to_owned)
        .into();
    assert_eq!(names, expected);
}
