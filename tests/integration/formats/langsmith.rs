//! Runs of LangSmith.

use perfadvise::ingest::{Likelihood, formats};
use perfadvise::metrics::Metric;

use super::{bytes_of, fixture, folded, likelihood, shown_since, told, total_of};

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

/// Fresh input: 360 less 10 read and 80 + 70 written. Of a chain nothing counts.
#[test]
fn runs_that_stand_in_others_are_read() {
    let nested = fixture("langsmith", "langsmith/nested.json");
    assert_eq!(nested.faults(), []);
    insta::assert_snapshot!(shown_since(&nested, 1_772_438_400_000), @r"
    20000 for 3000 task Ok [] trace-3
    20100 for 750 model_request Ok [claude-sonnet-4-5 anthropic] trace-3 200/10/150/30(0) 1550000e-9 USD
    ");
    let [outer, inner] = nested.records.operations[..] else {
        panic!("two runs");
    };
    assert_eq!((inner.parent, inner.tokens.cache_write_1h), (outer.id, 70));
    let samples = &nested.records.samples;
    let told: Vec<_> = samples.iter().map(|s| told(&nested.records, s)).collect();
    assert_eq!(told, [("time_to_first_token".to_owned(), 0.25)]);
    // Over several lines, a line, and beside itself.
    let list: serde_json::Value =
        serde_json::from_slice(&bytes_of("langsmith/nested.json")).unwrap();
    for text in [format!("{:#}", list[0]), format!("{}\n", list[0])] {
        assert_eq!(likelihood("langsmith", text.as_bytes()), Likelihood::Yes);
        let operations = super::read("langsmith", text.as_bytes()).records.operations;
        assert_eq!(operations, [outer, inner]);
    }
}

/// The command line names ids, counts, costs and metadata otherwise. Without them it tells no outcome.
#[test]
fn runs_of_the_command_line() {
    let lines = fixture("langsmith", "langsmith/cli.jsonl");
    assert_eq!(lines.faults(), []);
    insta::assert_snapshot!(shown_since(&lines, 1_772_438_400_000), @r"
    30000 for 3000 task Ok [] trace-4
    31000 for 1000 model_request Ok [claude-sonnet-4-5] thread-4 360/0/0/30(0) 1550000e-9 USD
    32000 for 1000 model_request Unknown [] trace-4
    ");
    let trace = bytes_of("langsmith/cli_trace.json");
    assert_eq!(likelihood("langsmith", &trace), Likelihood::Yes);
    let trace = super::read("langsmith", &trace).records.operations;
    assert_eq!(trace, lines.records.operations[..2]);
    // An answer of the API in the other order.
    let runs = String::from_utf8(bytes_of("langsmith/runs.json")).unwrap();
    let answer = format!(r#"{{"cursors":{{"next":null}},"runs":{runs}}}"#);
    assert_eq!(likelihood("langsmith", answer.as_bytes()), Likelihood::Yes);
}

/// The metadata of an export in bulk are a text.
#[test]
fn metadata_may_be_a_text() {
    let bulk = fixture("langsmith", "langsmith/bulk.jsonl");
    assert_eq!(bulk.faults(), []);
    insta::assert_snapshot!(shown_since(&bulk, 1_772_438_400_000), @r"
    40000 for 1000 model_request RateLimited [gpt-4o-2024-08-06 openai] thread-1 600/400/0/60(10) 12300000e-9 USD
    ");
}

#[test]
fn runs_are_nobody_elses_and_it_claims_no_others() {
    for ours in [
        "runs.json",
        "answer.json",
        "runs.jsonl",
        "bulk.jsonl",
        "cli.jsonl",
        "cli_trace.json",
        "nested.json",
    ] {
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
