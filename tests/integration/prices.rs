//! Computed costs against those of another tool, and what has no price.

use std::path::Path;
use std::sync::Arc;

use perfadvise::assessment::{Assessment, PriceNote};
use perfadvise::config::Config;
use perfadvise::ingest::{Options, Target};
use perfadvise::pipeline::{Request, assess};
use perfadvise::prices::PriceTable;
use predicates::prelude::*;
use predicates::str::contains;

use super::cli::{fixture, program};

fn assessed(path: &Path, prices: PriceTable) -> Assessment {
    let request = Request {
        targets: vec![Target {
            path: path.into(),
            labels: Vec::new(),
        }],
        searched: Vec::new(),
        options: Options::default(),
        by: None,
        from: None,
        to: None,
        wall_clock: Default::default(),
        past: None,
        standing: Default::default(),
        only: Vec::new(),
        prices: Arc::new(prices),
    };
    assess(&request, Config::default(), &|_, _| {}).unwrap().0
}

fn note(path: &Path) -> PriceNote {
    let assessment = assessed(path, PriceTable::built_in());
    assessment.provenance.prices.unwrap()
}

/// Costs of the same sessions by ccusage 20.0.24 (`--offline`), to the last digit that it prints.
#[test]
fn real_sessions_cost_what_another_tool_says() {
    for (path, requests, dollars) in [
        ("claude-code/real/coverage-test-fix.jsonl", 14, 0.283_714),
        ("claude-code/real/python-to-rust-port.jsonl", 39, 0.714_960),
        (
            "claude-code/real/stop-hook-reflection-first-stop.jsonl",
            6,
            0.082_269,
        ),
        ("claude-code/real/hello-world-script.jsonl", 4, 0.058_377),
        ("codex/real/atlas.jsonl.gz", 81, 2.344_839),
        ("codex/real/birch.jsonl", 28, 0.667_549),
        ("codex/real/cobalt.jsonl", 1, 0.060_912),
        ("codex/real/dune.jsonl", 6, 0.161_689),
    ] {
        let note = note(&fixture(path));
        let cost = note.cost.unwrap();
        assert!((cost - dollars).abs() < 0.6e-6, "{path}: {cost}");
        assert_eq!(note.priced, requests, "{path}");
        assert_eq!(note.unpriced, []);
        assert_eq!(note.basis, "list-price equivalent");
        assert_eq!(note.date, PriceTable::built_in().date);
    }
}

#[test]
fn reported_and_computed_costs_are_kept_apart() {
    let folder = tempfile::tempdir().unwrap();
    let line = r#"{"kind":"operation","operation":"model_request","time":"2026-11-02T03:15:11Z","duration":1.5,"model":"claude-opus-4-5","session":"s","cost":0.5,"tokens":{"input":1000,"output":0}}"#;
    let path = folder.path().join("a.jsonl");
    std::fs::write(&path, line).unwrap();
    let assessment = assessed(&path, PriceTable::built_in());
    let total = |name: &str| {
        let row = assessment.metrics.iter().find(|m| m.metric == name);
        row.and_then(|m| m.total)
    };
    assert_eq!(total("cost"), Some(0.5));
    assert_eq!(total("computed_cost"), Some(0.005));
    for row in assessment
        .metrics
        .iter()
        .filter(|m| m.metric == "computed_cost")
    {
        let date = PriceTable::built_in().date;
        assert_eq!(row.marks, [format!("list_price_equivalent:{date}")]);
    }
}

#[test]
fn what_has_no_price_is_named_and_costs_nothing_known() {
    let folder = tempfile::tempdir().unwrap();
    let line = |model: &str| {
        format!(
            r#"{{"kind":"operation","operation":"model_request","time":"2026-11-02T03:15:11Z","duration":1.5{model},"session":"s","tokens":{{"input":1000,"output":0}}}}"#
        )
    };
    let text = [
        line(r#","model":"foo-9""#),
        line(r#","model":"foo-9""#),
        line(""),
    ]
    .join("\n");
    std::fs::write(folder.path().join("a.jsonl"), text).unwrap();
    let assessment = assessed(&folder.path().join("a.jsonl"), PriceTable::built_in());
    let note = assessment.provenance.prices.unwrap();
    assert_eq!((note.priced, note.cost), (0, None));
    let unpriced: Vec<_> = note
        .unpriced
        .iter()
        .map(|u| (u.model.as_str(), u.requests))
        .collect();
    assert_eq!(unpriced, [("foo-9", 2), ("", 1)]);
    assert!(
        assessment
            .metrics
            .iter()
            .all(|m| m.metric != "computed_cost")
    );
    program(folder.path())
        .args(["analyze", "a.jsonl", "--width", "100"])
        .assert()
        .stdout(contains("not known for 3 requests").and(contains("foo-9")));
    // A table of the user's own has it.
    std::fs::write(
        folder.path().join("mine.json"),
        r#"{"date":"2026-11-01","models":[{"model":"foo-9","prices":[{"fresh":2,"output":4}]}]}"#,
    )
    .unwrap();
    program(folder.path())
        .args([
            "analyze",
            "a.jsonl",
            "--prices",
            "mine.json",
            "--width",
            "100",
        ])
        .assert()
        .stdout(contains(
            "at list prices of 2026-11-01 (list-price equivalent)",
        ));
}

#[test]
fn a_faulty_table_ends_the_run_and_says_where() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("mine.json"), "{\"date\":1}").unwrap();
    for (name, why) in [
        ("mine.json", "line 1, column 9"),
        ("none.json", "none.json"),
    ] {
        program(folder.path())
            .args(["analyze", "--prices", name])
            .assert()
            .code(2)
            .stderr(contains(why).and(contains("docs/prices.md")));
    }
}
