//! Broken documents: what is listed, and that everything else is used.

use std::fmt::Write as _;

use super::{detected, fixture};

/// For each broken document how many records of each kind were made, and each fault with its line.
pub(super) fn shown(format: &str) -> String {
    let mut out = String::new();
    for (name, found) in detected(&format!("{format}/broken")) {
        let Some(found) = found else {
            writeln!(out, "{name}: not recognised").unwrap();
            continue;
        };
        assert_eq!(found, format, "{name}");
        let reading = fixture(format, &format!("{format}/broken/{name}"));
        let records = &reading.records;
        let counts = [
            (records.operations.len(), "operations"),
            (records.samples.len(), "samples"),
            (records.events.len(), "events"),
            (records.aggregates.len(), "aggregates"),
        ];
        let counts = counts.iter().filter(|(n, _)| *n > 0);
        let counts: Vec<String> = counts.map(|(n, kind)| format!("{n} {kind}")).collect();
        writeln!(out, "{name}: {}", counts.join(", ")).unwrap();
        for (line, reason) in reading.faults() {
            writeln!(out, "    {line}: {reason}").unwrap();
        }
        if let Some(error) = reading.error {
            writeln!(out, "    whole file, {error}").unwrap();
        }
    }
    out
}

#[test]
fn monitor_status() {
    insta::assert_snapshot!(shown("monitor-status"), @r"
    absurd_date.json: 
        4: a snapshot without a time that can be read
    binary.json: not recognised
    cut_off.json: 9 samples
        46: cut off in the middle of a value
    deep.json: 9 samples
    empty.json: not recognised
    invalid_utf8.json: 9 samples
        20: invalid UTF-8
    nan.json: 8 samples
        5: not a finite number
    wrong_type.json: 8 samples
        5: cpu_usage is not a number
    ");
}

#[test]
fn context_monitor() {
    insta::assert_snapshot!(shown("context-monitor"), @r"
    absurd_date.json: 2 operations, 6 samples
        9: an entry without a time that can be read
    binary.json: not recognised
    cut_off.json: 3 operations, 5 samples
        350: cut off in the middle of a value
    deep.json: 2 operations, 6 samples
        7: the value is not a number
    empty.json: not recognised
    infinite.json: 2 operations, 6 samples
        7: not a finite number
        7: an entry without a value
    invalid_utf8.json: 3 operations, 6 samples
        11: invalid UTF-8
    wrong_type.json: 2 operations, 6 samples
        7: the value is not a number
    ");
}

#[test]
fn context_managers() {
    insta::assert_snapshot!(shown("context-managers"), @r"
    binary.json: not recognised
    cut_off.json: 4 aggregates
        15: cut off in the middle of a value
    deep.json: 4 aggregates
    empty.json: not recognised
    invalid_utf8.json: 4 aggregates
        10: invalid UTF-8
    nan.json: 3 aggregates
        7: not a finite number
    wrong_type.json: 3 aggregates
        6: cache_hit_rate is not a number
    ");
}

#[test]
fn mode_block() {
    insta::assert_snapshot!(shown("mode-block"), @r"
    binary.json: not recognised
    binary.yaml: not recognised
    cut_off.json: 7 aggregates
        12: cut off in the middle of a value
    cut_off.yaml: 11 aggregates
    deep.yaml: 
        whole file, 5: not YAML, or nested too deeply
    empty.json: not recognised
    empty.yaml: not recognised
    infinite.json: 13 aggregates
        5: not a finite number
    invalid_utf8.yaml: 14 aggregates
        4: invalid UTF-8
    nan.yaml: 13 aggregates
        5: an accuracy that is no ratio
    wrong_type.yaml: 13 aggregates
        5: an accuracy that is no ratio
    ");
}

#[test]
fn interface_performance() {
    insta::assert_snapshot!(shown("interface-performance"), @r"
    binary.json: not recognised
    binary.yaml: not recognised
    bomb.yaml: 
        whole file, 5: not YAML, or nested too deeply
    cut_off.json: 10 aggregates
        19: cut off in the middle of a value
    cut_off.yaml: 6 aggregates
    deep.json: 13 aggregates
        5: a rate that is no ratio
    empty.json: not recognised
    empty.yaml: not recognised
    invalid_utf8.json: 14 aggregates
        23: invalid UTF-8
    nan.json: 13 aggregates
        5: not a finite number
    wrong_type.json: 13 aggregates
        5: a rate that is no ratio
    ");
}

#[test]
fn interface_status() {
    insta::assert_snapshot!(shown("interface-status"), @r"
    binary.json: not recognised
    cut_off.json: 1 aggregates
        6: cut off in the middle of a value
    deep.json: 1 aggregates
        5: error_count is not a count
    empty.json: not recognised
    invalid_utf8.json: 2 aggregates
        6: invalid UTF-8
    nan.json: 1 aggregates
        5: not a finite number
    wrong_type.json: 1 aggregates
        5: error_count is not a count
    ");
}

#[test]
fn visualizer() {
    insta::assert_snapshot!(shown("visualizer"), @r"
    absurd_date.json: 
        1: a check without a time that can be read
    binary.json: not recognised
    binary.prom: not recognised
    cut_off.json: 
        whole file, 1: cut off in the middle of a value
    cut_off.prom: 1 aggregates
    deep.json: 1 samples
    empty.json: not recognised
    empty.prom: not recognised
    invalid_utf8.json: 1 samples
        1: invalid UTF-8
    invalid_utf8.prom: 1 aggregates
        6: invalid UTF-8
    nan.prom: 1 aggregates
        6: not a finite number
    wrong_type.json: 
        1: a check without a status
    wrong_type.prom: 1 aggregates
        6: a gauge without a number
    ");
}

#[test]
fn workflow_history() {
    insta::assert_snapshot!(shown("workflow-history"), @r"
    absurd_date.json: 3 events
        3: an entry without a time that can be read
    binary.json: not recognised
    binary.jsonl: not recognised
    cut_off.json: 3 events
        5: cut off in the middle of a value
    cut_off.jsonl: 2 operations, 5 events
        11: cut off in the middle of a value
    deep.json: 4 events
    deep.jsonl: 3 operations, 6 events
        4: an activity without a known status
    empty.json: not recognised
    empty.jsonl: not recognised
    invalid_utf8.json: 4 events
        3: invalid UTF-8
    invalid_utf8.jsonl: 4 operations, 6 events
        3: invalid UTF-8
    nan.jsonl: 3 operations, 6 events
        8: not a finite number
    wrong_type.json: 3 events
        2: an entry without the state before and after
    ");
}

#[test]
fn otlp() {
    insta::assert_snapshot!(shown("otlp"), @r"
    binary.jsonl: not recognised
    cut_off.json: 1 operations
        170: cut off in the middle of a value
    empty.jsonl: not recognised
    faults.jsonl: 3 operations
        2: not JSON
        3: a count of tokens is no whole number
        4: not JSON
        5: a span whose start is no time between 2000 and 2100
        6: the end of a span is no time between 2000 and 2100
        7: a span whose start is no time between 2000 and 2100
        8: invalid UTF-8
        11: nested deeper than 128 levels
        12: a data point without a finite number
        12: a data point whose time is none between 2000 and 2100
        13: not JSON
        14: cut off in the middle of a value
    ");
}

#[test]
fn langfuse() {
    insta::assert_snapshot!(shown("langfuse"), @r"
    absurd_date.json: 2 operations
        7: an entry without a start that can be read
        34: an end that is no time between 2000 and 2100
    binary.csv: not recognised
    cut_off.json: 2 operations
        69: cut off in the middle of a value
    deep.json: 3 operations
    empty.json: not recognised
    faults.csv: 1 operations
        2: another number of fields than in the header
        3: something follows a quoted field
        7: an entry without a start that can be read
        10: something follows a quoted field
    invalid_utf8.json: 3 operations
        11: invalid UTF-8
    lines.jsonl: 2 operations
        1: not a finite number
        2: invalid UTF-8
    nan.json: 3 operations
        18: not a finite number
    wrong_type.json: 2 operations
        7: a count of tokens is no whole number
        34: an entry without a start that can be read
    ");
}

#[test]
fn langsmith() {
    insta::assert_snapshot!(shown("langsmith"), @r"
    absurd_date.json: 2 operations
        2: a run without a start between 2000 and 2100
        46: an end that is no time between 2000 and 2100
    binary.json: not recognised
    cut_off.json: 2 operations
        130: cut off in the middle of a value
    deep.json: 3 operations
    empty.json: not recognised
    faults.jsonl: 2 operations
        2: not a finite number
        3: not JSON
        4: a run without a start between 2000 and 2100
        5: not JSON
        6: cut off in the middle of a value
    invalid_utf8.json: 3 operations
        4: invalid UTF-8
    nan.json: 3 operations
        87: not a finite number
    wrong_type.json: 2 operations
        46: a count of tokens is no whole number
        46: a cost is no amount
        98: a run without a start between 2000 and 2100
    ");
}

#[test]
fn swe_agent() {
    insta::assert_snapshot!(shown("swe-agent"), @r"
    binary.traj: not recognised
    cut_off.traj: 3 operations
        31: cut off in the middle of a value
    deep.traj: 3 operations
    empty.traj: not recognised
    invalid_utf8.traj: 3 operations
    nan.traj: 3 operations
        34: not a finite number
    negative.traj: 2 operations
        8: a duration is no number of seconds
    wrong_type.traj: 3 operations
        35: a count of tokens is no whole number
    ");
}

#[test]
fn tau_bench() {
    insta::assert_snapshot!(shown("tau-bench"), @r"
    binary.json: not recognised
    cost.json: 3 operations, 2 samples
        11: a cost is no amount
    cut_off.json: 2 operations, 2 samples
        81: cut off in the middle of a value
    deep.json: 3 operations, 3 samples
    empty.json: not recognised
    invalid_utf8.json: 3 operations, 3 samples
    nan.json: 3 operations, 2 samples
        11: not a finite number
    no_task.json: 2 operations, 2 samples
        3: a trial without a task
    percent.json: 3 operations, 3 samples
        31: a reward that lies not between 0 and 1
    wrong_type.json: 3 operations, 3 samples
        4: a reward that lies not between 0 and 1
    ");
}

#[test]
fn tau2_bench() {
    insta::assert_snapshot!(shown("tau2-bench"), @r"
    binary.json: not recognised
    cost.json: 10 operations, 1 samples, 2 events
        63: a cost is no amount
    cut_off.json: 7 operations, 1 samples, 1 events
        313: cut off in the middle of a value
    deep.json: 10 operations, 2 samples, 2 events
    empty.json: not recognised
    invalid_utf8.json: 10 operations, 2 samples, 2 events
    nan.json: 10 operations, 2 samples, 2 events
        127: not a finite number
    no_task.json: 3 operations, 1 samples, 1 events
        63: a simulation without an id or a task
    no_time.json: 8 operations, 2 samples, 2 events
        63: a message without a time that can be read
    percent.json: 10 operations, 2 samples, 2 events
        63: a reward that lies not between 0 and 1
    wrong_type.json: 10 operations, 2 samples, 2 events
        63: a count of tokens is no whole number
    ");
}

#[test]
fn claude_results() {
    insta::assert_snapshot!(shown("claude-results"), @r"
    binary.json: not recognised
    cut_off.json: 1 operations
        55: cut off in the middle of a value
    deep.json: 
        8: nested deeper than 128 levels
    empty.json: not recognised
    faults.jsonl: 6 operations, 4 samples
        2: cut off in the middle of a value
        3: output_tokens is no whole number
        4: duration_ms is no positive number
        4: total_cost_usd is no positive number
        4: a count of tokens of a model is no whole number
        5: usage is no object
        5: modelUsage is no object
        8: nested deeper than 128 levels
        9: cut off in the middle of a value
    invalid_utf8.json: 3 operations, 2 samples
        1: invalid UTF-8
    killed.jsonl: 3 operations
    ");
}

#[test]
fn codex_results() {
    insta::assert_snapshot!(shown("codex-results"), @r"
    binary.jsonl: not recognised
    cut_off.jsonl: 4 operations
        9: cut off in the middle of a value
    deep.jsonl: 7 operations, 1 events
    empty.jsonl: not recognised
    faults.jsonl: 5 operations
        5: a count of tokens is no whole number
        8: usage is no object
    invalid_utf8.jsonl: 7 operations, 1 events
    noise.jsonl: 3 operations
        1: not JSON
        7: not JSON
    ");
}

#[test]
fn gemini_results() {
    insta::assert_snapshot!(shown("gemini-results"), @r"
    binary.jsonl: not recognised
    cut_off.json: 3 operations, 1 samples
        39: cut off in the middle of a value
    cut_off.jsonl: 4 operations
        8: cut off in the middle of a value
    deep.jsonl: 7 operations
    empty.jsonl: not recognised
    faults.json: 4 operations, 1 samples
        1: a count of tokens is no whole number
        1: a time in milliseconds is none
        1: a count of tool calls is none
    faults.jsonl: 3 operations
        2: a tool call without a time that can be read
        4: a time in milliseconds is none
        4: models is no object
        5: what a model used is no object
    invalid_utf8.jsonl: 7 operations
    noise.jsonl: 3 operations
        1: not JSON
        4: not JSON
    ");
}

#[test]
fn opencode_results() {
    insta::assert_snapshot!(shown("opencode-results"), @r"
    binary.jsonl: not recognised
    cut_off.jsonl: 3 operations
        5: cut off in the middle of a value
    deep.jsonl: 5 operations
    empty.jsonl: not recognised
    faults.jsonl: 3 operations
        1: an event without a time that can be read
        2: an event without its part
        4: a tool call without a time that can be read
        5: a count of tokens is no whole number
        5: a count of tokens is no whole number
        5: a cost is no amount
    invalid_utf8.jsonl: 5 operations
    noise.jsonl: 2 operations
        1: not JSON
        4: not JSON
    ");
}

#[test]
fn hyperfine() {
    insta::assert_snapshot!(shown("hyperfine"), @r"
    binary.json: not recognised
    cut_off.json: 11 samples, 2 aggregates
        41: cut off in the middle of a value
        12: 1 of 4 runs took no longer than the shell's own start, so that their time is not known (hyperfine --shell=none tells it)
    deep.json: 12 samples, 5 aggregates
        12: a time that is no number of seconds
        12: 1 of 4 runs took no longer than the shell's own start, so that their time is not known (hyperfine --shell=none tells it)
    empty.json: not recognised
    invalid_utf8.json: 13 samples, 5 aggregates
        36: invalid UTF-8
        12: 1 of 4 runs took no longer than the shell's own start, so that their time is not known (hyperfine --shell=none tells it)
    nan.json: 12 samples, 5 aggregates
        14: not a finite number
        12: a time that is no number of seconds
        12: 1 of 4 runs took no longer than the shell's own start, so that their time is not known (hyperfine --shell=none tells it)
    wrong_type.json: 11 samples, 5 aggregates
        12: a time that is no number of seconds
        12: a time that is no number of seconds
        12: 1 of 4 runs took no longer than the shell's own start, so that their time is not known (hyperfine --shell=none tells it)
    ");
}

#[test]
fn criterion() {
    insta::assert_snapshot!(shown("criterion"), @r"
    binary.json: not recognised
    cut_off.json: 
        1: cut off in the middle of a value
        1: samples without a list of times and one of iterations
    deep.json: 2 samples
        1: a sample without a time or without iterations
    empty.json: not recognised
    invalid_utf8.json: 3 samples
    lengths.json: 
        1: not as many times as numbers of iterations
    nan.json: 2 samples
        1: not a finite number
        1: a sample without a time or without iterations
    no_iterations.json: 2 samples
        1: a sample without a time or without iterations
    wrong_type.json: 2 samples
        1: a sample without a time or without iterations
    ");
}

#[test]
fn k6() {
    insta::assert_snapshot!(shown("k6"), @r"
    binary.jsonl: not recognised
    cut_off.json: 19 aggregates
        124: cut off in the middle of a value
    cut_off.jsonl: 31 samples
        38: cut off in the middle of a value
    deep.json: 23 aggregates
        43: a figure that its metric cannot have
    empty.json: not recognised
    faults.jsonl: 1 samples
        2: a point of a metric that no line before it describes, so that its unit is not known
        3: the value is not a number
        4: a value that its metric cannot have
        5: a point whose time is none between 2000 and 2100
        6: a point without a value
        7: a line that neither describes a metric nor is a point of one
        8: a line without the name of a metric
        9: a line without data
        10: not a finite number
        10: a point without a value
        11: invalid UTF-8
        11: a point whose time is none between 2000 and 2100
        12: a line without the name of a metric
    invalid_utf8.json: 24 aggregates
        7: invalid UTF-8
        104: invalid UTF-8
    machine_readable.json: 23 aggregates
        66: a figure that its metric cannot have
    machine_readable_cut_off.json: 19 aggregates
        144: cut off in the middle of a value
    nan.json: 23 aggregates
        47: not a finite number
    wrong_type.json: 22 aggregates
        43: a figure that its metric cannot have
        67: a share of failures that is no ratio
    ");
}

#[test]
fn oha() {
    insta::assert_snapshot!(shown("oha"), @r"
    binary.json: not recognised
    cut_off.json: 5 aggregates
        44: cut off in the middle of a value
    deep.json: 7 aggregates
        7: a time that is no number of seconds
    empty.json: not recognised
    invalid_utf8.json: 8 aggregates
        61: invalid UTF-8
    nan.json: 7 aggregates
        7: not a finite number
    nothing.json: 4 aggregates
    wrong_type.json: 4 aggregates
        56: a number of requests is no count
        7: a time that is no number of seconds
    ");
}

#[test]
fn prometheus() {
    insta::assert_snapshot!(shown("prometheus"), @r#"
    binary.prom: not recognised
    cut_off.prom: 4 aggregates
        10: a series without a value
    empty.prom: not recognised
    faults.prom: 1 aggregates
        2: labels that are not `{name="value",…}`
        3: something follows the time
        4: the value is not a number
        5: a series without a value
        6: not a finite number
        7: a value whose time is none between 2000 and 2100
        8: a value without the name of a metric
        10: a value that its metric cannot have
        12: a value that its metric cannot have
    invalid_utf8.prom: 7 aggregates
        4: invalid UTF-8
    "#);
}
