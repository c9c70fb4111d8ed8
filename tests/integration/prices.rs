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
    labelled(path, Vec::new(), prices)
}

fn labelled(path: &Path, labels: Vec<(String, String)>, prices: PriceTable) -> Assessment {
    let request = Request {
        targets: vec![Target {
            path: path.into(),
            labels,
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

/// The same of one line.
fn of_line(name: &str, line: &str, prices: PriceTable) -> Assessment {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, line).unwrap();
    assessed(&path, prices)
}

/// By hand: (12 × 4 + 36,339 × 0.4 + 15,248 × 5 + 267 × 20) ÷ 10⁶, by the provider's list.
#[test]
fn what_a_rollout_wrote_to_the_cache_has_its_own_price() {
    let usage = r#"{"input_tokens":51599,"cached_input_tokens":36339,"cache_write_input_tokens":15248,"output_tokens":267,"reasoning_output_tokens":0,"total_tokens":51866}"#;
    let lines = [
        r#"{"timestamp":"2026-11-10T08:00:00Z","type":"session_meta","payload":{"id":"a","timestamp":"2026-11-10T08:00:00Z","cwd":"/x"}}"#,
        r#"{"timestamp":"2026-11-10T08:00:00Z","type":"turn_context","payload":{"model":"gpt-5.6-sol"}}"#,
        &format!(
            r#"{{"timestamp":"2026-11-10T08:00:05Z","type":"event_msg","payload":{{"type":"token_count","info":{{"total_token_usage":{usage},"last_token_usage":{usage}}}}}}}"#
        ),
    ];
    let assessment = of_line("rollout.jsonl", &lines.join("\n"), PriceTable::built_in());
    let cost = assessment.provenance.prices.unwrap().cost.unwrap();
    assert!((cost - 0.096_163_6).abs() < 1e-12, "{cost}");
}

fn marks<'a>(assessment: &'a Assessment, metric: &str) -> Option<&'a [String]> {
    let mut rows = assessment.metrics.iter();
    let row = rows.find(|m| m.metric == metric && m.dims.is_empty());
    row.map(|m| m.marks.as_slice())
}

/// By hand: 0.9 × 3 + 0.009 × 15. Which of its requests had more than 200,000 of input is not known: they would cost
/// twice as much.
#[test]
fn the_sum_of_a_task_is_no_long_request() {
    let task = |input: u32| {
        let line = format!(
            r#"{{"kind":"operation","operation":"task","time":"2026-11-10T10:00:00Z","duration":100,"outcome":"ok","session":"s","task":"t1","model":"claude-sonnet-4-5","tokens":{{"input":{input},"output":9000}}}}"#
        );
        of_line("a.jsonl", &line, PriceTable::built_in())
    };
    let date = format!("list_price_equivalent:{}", PriceTable::built_in().date);
    let long = task(900_000);
    assert_eq!(long.provenance.prices.as_ref().unwrap().cost, Some(2.835));
    let expected = ["lower_bound".to_owned(), date.clone()];
    assert_eq!(marks(&long, "computed_cost"), Some(expected.as_slice()));
    assert_eq!(marks(&long, "output_tokens"), Some([].as_slice()));
    let short = task(200_000);
    assert_eq!(short.provenance.prices.as_ref().unwrap().cost, Some(0.735));
    assert_eq!(marks(&short, "computed_cost"), Some([date].as_slice()));
}

/// 2 dollars since 2025-06-10, 10 before.
#[test]
fn what_has_no_time_has_the_prices_of_the_day_of_the_table() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.traj");
    let text = r#"{"trajectory":[],"info":{"exit_status":"submitted","model_stats":{"instance_cost":0,"tokens_sent":1000000,"tokens_received":0,"api_calls":9}}}"#;
    std::fs::write(&path, text).unwrap();
    let labels = vec![("model".to_owned(), "o3".to_owned())];
    let assessment = labelled(&path, labels, PriceTable::built_in());
    assert_eq!(assessment.provenance.prices.unwrap().cost, Some(2.0));
}

/// An operation of no kind of its own is priced where it tells its model, unless it reports its cost.
#[test]
fn tokens_of_other_operations_are_priced_or_named() {
    let line = |rest: &str| {
        format!(
            r#"{{"kind":"operation","operation":"embedding","time":"2026-11-10T10:00:00Z","duration":1,"session":"s","model":"embed-9"{rest},"tokens":{{"input":1000000,"output":0}}}}"#
        )
    };
    let note = |rest: &str, prices| of_line("a.jsonl", &line(rest), prices).provenance.prices;
    let unknown = note("", PriceTable::built_in()).unwrap();
    assert_eq!((unknown.priced, unknown.cost), (0, None));
    assert_eq!(unknown.unpriced[0].model, "embed-9");
    let mine =
        r#"{"date":"d","models":[{"model":"embed-9","prices":[{"fresh":0.02,"output":0}]}]}"#;
    let known = note("", PriceTable::read(mine).unwrap()).unwrap();
    assert_eq!((known.priced, known.cost), (1, Some(0.02)));
    assert_eq!(note(r#","cost":0.03"#, PriceTable::built_in()), None);
}

/// A request has input and output; what only prepares one need not.
#[test]
fn a_request_without_a_count_of_output_costs_at_least_its_input() {
    let date = format!("list_price_equivalent:{}", PriceTable::built_in().date);
    for (tokens, expected) in [
        (
            r#"{"input":10}"#,
            vec!["lower_bound".to_owned(), date.clone()],
        ),
        (r#"{"input":10,"output":0}"#, vec![date.clone()]),
    ] {
        let line = format!(
            r#"{{"kind":"operation","operation":"model_request","time":"2026-11-10T10:00:00Z","duration":1,"session":"s","model":"claude-opus-4-5","tokens":{tokens}}}"#
        );
        let assessment = of_line("a.jsonl", &line, PriceTable::built_in());
        assert_eq!(
            marks(&assessment, "computed_cost"),
            Some(expected.as_slice())
        );
    }
}

/// By hand: 1,000 × 5 ÷ 10⁶.
#[test]
fn a_report_says_of_a_cost_what_the_page_says() {
    let folder = tempfile::tempdir().unwrap();
    let line = |model: &str, tokens: &str| {
        format!(
            r#"{{"kind":"operation","operation":"model_request","time":"2026-11-04T03:15:11Z","duration":1.5,"model":"{model}","session":"s","tokens":{tokens}}}"#
        )
    };
    let text = [
        line("claude-opus-4-5", r#"{"input":1000}"#),
        line("foo-9", r#"{"input":1000,"output":0}"#),
    ];
    std::fs::write(folder.path().join("a.jsonl"), text.join("\n")).unwrap();
    let date = PriceTable::built_in().date;
    let expected = format!(
        "at least $0.0050 at list prices of {date} (list-price equivalent); not known for 1 request: no price of {date} (foo-9)"
    );
    for words in [
        ["analyze", "--width", "200"].as_slice(),
        &[
            "report",
            "--from",
            "2026-11-02",
            "--to",
            "2026-11-08",
            "--width",
            "200",
        ],
        &[
            "report",
            "--from",
            "2026-11-02",
            "--to",
            "2026-11-08",
            "--format",
            "markdown",
        ],
    ] {
        program(folder.path())
            .args(words)
            .arg("a.jsonl")
            .assert()
            .stdout(contains(expected.as_str()));
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
