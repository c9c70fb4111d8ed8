//! Runs of LangSmith.

use perfadvise::ingest::{Likelihood, formats};
use perfadvise::metrics::Metric;

use super::{bytes_of, fixture, folded, likelihood, shown_since, total_of};

/// Written by hand from the script that made the fixture (`tests/reference/langsmith.py`).
#[test]
fn runs_by_their_type() {
    let reading = fixture("langsmith", "langsmith/runs.json");
    assert_eq!(reading.faults(), []);
    insta::assert_snapshot!(shown_since(&reading, 1_772_438_400_000), @r"
    0 for 9500 task Ok [] thread-1
    100 for 2500 model_request Ok [gpt-4o-2024-08-06 openai] thread-1 600/400/0/60(10) 12300000e-9 USD
    2700 for 300 tool_call Ok [search] thread-1
    3100 for 1000 model_request Ok [gpt-4o-2024-08-06 openai] thread-1 10/0/0/15(0) 200000e-9 USD
    5000 for 50 model_request RateLimited [gpt-4o-2024-08-06 openai] thread-1
    6000 for 100 tool_call Error [search] thread-1
    10000 for 0 model_request Unknown [gpt-4o] trace-2
    11000 for 200 other Ok [] trace-2
    ");
    let operations = &reading.records.operations;
    assert!(
        operations[1..6]
            .iter()
            .all(|o| o.parent == operations[0].id)
    );
}

#[test]
fn only_models_count_tokens_and_each_run_once() {
    // The answer and the lines repeat the first runs.
    let workload = folded("langsmith/runs.json");
    assert_eq!(total_of(&workload, Metric::InputTokens), 600 + 10);
    assert_eq!(total_of(&workload, Metric::OutputTokens), 60 + 15);
    assert_eq!(total_of(&workload, Metric::Cost), 12_500_000);
    let answer = fixture("langsmith", "langsmith/answer.json").records;
    let lines = fixture("langsmith", "langsmith/runs.jsonl").records;
    let keys = |records: &perfadvise::record::Records| -> Vec<u128> {
        records.operations.iter().map(|o| o.key).collect()
    };
    assert_eq!(keys(&answer), keys(&lines)[..2]);
}

#[test]
fn runs_are_nobody_elses_and_it_claims_no_others() {
    for ours in ["runs.json", "answer.json", "runs.jsonl"] {
        let ours = bytes_of(&format!("langsmith/{ours}"));
        assert_eq!(likelihood("langsmith", &ours), Likelihood::Yes);
        for format in formats::ALL.iter().filter(|f| f.name() != "langsmith") {
            assert_eq!(
                likelihood(format.name(), &ours),
                Likelihood::No,
                "{}",
                format.name()
            );
        }
    }
    for others in [
        "langfuse/api.json",
        "otlp/conventions.jsonl",
        "native-records/workload.jsonl",
    ] {
        assert_eq!(likelihood("langsmith", &bytes_of(others)), Likelihood::No);
    }
}
