//! What other tools measured: hyperfine, criterion, k6, oha; of Prometheus what it has in common with them. Expected
//! values are those that `tests/reference/measurements.py` worked out, or that the tools say themselves.

use perfadvise::ingest::{Likelihood, formats};
use perfadvise::metrics::Metric;
use perfadvise::record::{Dimension, Measured, Name, Records, Statistic};
use perfadvise::workload::{Filter, FoldOptions, Grouping, Workload, fold};
use serde_json::Value;

use super::{bytes_of, fixture, folded, folder, likelihood, read_bytes};

const FORMATS: &[&str] = &["hyperfine", "criterion", "k6", "oha", "prometheus"];

pub(super) fn expected() -> Value {
    let text = include_str!("../../reference/measurements.json");
    serde_json::from_str(text).unwrap()
}

#[track_caller]
pub(super) fn close(found: f64, expected: &Value) {
    let expected = expected.as_f64().unwrap();
    assert!(
        (found - expected).abs() <= 1e-9 * expected.abs().max(1.0),
        "{found} is not {expected}"
    );
}

/// The values of a metric, in the order in which they were read.
pub(super) fn values(records: &Records, metric: impl Into<Measured>) -> Vec<f64> {
    let metric = metric.into();
    let samples = records.samples.iter().filter(|s| s.metric == metric);
    samples.map(|s| s.value).collect()
}

pub(super) fn custom(records: &Records, name: &str) -> Measured {
    Measured::Custom(Name(records.catalog.names.find(name).unwrap()))
}

/// What was reported of a metric: value and n.
pub(super) fn reported(
    records: &Records,
    metric: impl Into<Measured>,
    statistic: Statistic,
) -> Option<(f64, Option<u64>)> {
    let metric = metric.into();
    let mut found = records
        .aggregates
        .iter()
        .filter(|a| (a.metric, a.statistic) == (metric, statistic));
    let first = found.next()?;
    assert!(found.next().is_none(), "more than one");
    Some((first.value, first.n))
}

pub(super) fn label(records: &Records, dims: perfadvise::record::DimsId, name: &str) -> String {
    let Some(name) = records.catalog.names.find(name) else {
        return String::new();
    };
    let value = records
        .catalog
        .dimension(dims, Dimension::Label(Name(name)));
    records.catalog.text(value).to_owned()
}

fn tasks(workload: &Workload, metric: Metric) -> Vec<(String, u64, f64)> {
    workload
        .group(metric.into(), &Filter::default(), Grouping::Task)
        .into_iter()
        .map(|(key, figure)| {
            let perfadvise::workload::GroupKey::Task(task) = key else {
                panic!("{key:?}")
            };
            #[allow(clippy::cast_precision_loss)]
            let sum = figure.sum as f64 / metric.row().unit.scale();
            (workload.catalog.text(task).to_owned(), figure.n, sum)
        })
        .collect()
}

#[test]
fn hyperfine_tells_each_run() {
    let workload = folded("hyperfine/real/naps.json");
    let expected = &expected()["hyperfine"]["naps"];
    let tasks = tasks(&workload, Metric::TaskTime);
    assert_eq!(tasks.len(), 2);
    for (index, (task, n, sum)) in tasks.iter().enumerate() {
        assert_eq!(task.as_str(), expected[index]["task"]);
        assert_eq!(Some(*n), expected[index]["n"].as_u64());
        // Each run is kept to the nanosecond.
        assert!((sum - expected[index]["sum"].as_f64().unwrap()).abs() < 1e-8);
    }
    assert_eq!((workload.units.len(), workload.counts.records), (16, 16));
    assert_eq!(workload.period, None);
    let success = workload.figure(Metric::TaskSuccessRate, &Filter::default());
    assert_eq!((success.n, success.sum), (16, 16_000_000_000));
}

#[test]
fn a_command_that_fails_is_never_fast() {
    let workload = folded("hyperfine/real/failing.json");
    let n = |metric| workload.figure(metric, &Filter::default()).n;
    assert_eq!((n(Metric::TaskTime), n(Metric::ErrorTime)), (4, 4));
    let success = workload.figure(Metric::TaskSuccessRate, &Filter::default());
    assert_eq!((success.n, success.sum), (8, 4_000_000_000));
}

#[test]
fn what_hyperfine_does_not_know_is_missing() {
    let reading = fixture("hyperfine", "hyperfine/by_hand.json");
    let records = &reading.records;
    // The run of 0 s is not known; the one ended by a signal failed.
    assert_eq!(values(records, Metric::TaskTime), [0.2, 0.25, 1.5]);
    assert_eq!(values(records, Metric::ErrorTime), [0.3]);
    assert_eq!(
        values(records, Metric::TaskSuccessRate),
        [1.0, 1.0, 0.0, 0.0, 1.0]
    );
    assert_eq!(
        values(records, Metric::MemoryUsage),
        [1000.0, 2000.0, 3000.0, 4000.0]
    );
    assert_eq!(
        reading.faults(),
        [(
            12,
            "1 of 4 runs took no longer than the shell's own start, so that their time is not known (hyperfine --shell=none tells it)"
        )]
    );
    // A command that is no name is told by its place; a parameter that is no label is left out.
    let first = records.samples.iter().next().unwrap();
    assert_eq!(label(records, first.dims, "benchmark"), "command 1");
    assert_eq!(label(records, first.dims, "threads"), "4");
    // Without its runs a result is what it says of itself.
    assert_eq!(
        reported(records, Metric::TaskTime, Statistic::Mean),
        Some((0.5, None))
    );
    // Two results of one name are two tasks.
    let last = records.samples.iter().last().unwrap();
    let identity = records.catalog.identities.get(last.identity.0);
    assert_eq!(records.catalog.text(identity.task), "parse new #2");
    assert_eq!(label(records, last.dims, "benchmark"), "parse new #2");
}

/// Both results have their own processor's time; a parameter whose name says what its value is shows nowhere.
#[test]
fn results_of_one_command_are_told_apart_and_no_secret_is_a_label() {
    let (records, problems) = read_bytes(
        "hyperfine",
        br#"{"results": [
            {"command": "a", "user": 0.5, "system": 0.25, "times": [1.0], "parameters": {"password": "MARKER", "keys": "8"}},
            {"command": "a", "user": 0.1, "system": 0.2, "times": [2.0], "parameters": {"api_key": "MARKER", "keys": "8"}},
            {"command": "a", "user": 0.3, "system": 0.3, "times": [3.0], "parameters": {"authToken": "MARKER", "keys": "9"}}
        ]}"#,
    );
    assert_eq!(problems, []);
    assert_eq!(records.catalog.names.find("MARKER"), None);
    let workload = fold(records, &FoldOptions::default());
    let user = Measured::Custom(Name(workload.catalog.names.find("user_time").unwrap()));
    let mut told: Vec<(f64, String)> = workload
        .aggregates
        .iter()
        .filter(|a| a.metric == user)
        .map(|a| {
            let name = Dimension::Label(Name(workload.catalog.names.find("benchmark").unwrap()));
            let value = workload.catalog.dimension(a.dims, name);
            (a.value, workload.catalog.text(value).to_owned())
        })
        .collect();
    told.sort_by(|a, b| a.0.total_cmp(&b.0));
    let expected = [(0.1, "a #2"), (0.3, "a"), (0.5, "a")];
    let expected = expected.map(|(value, name)| (value, name.to_owned()));
    assert_eq!(told, expected);
}

#[test]
fn a_copy_of_a_result_counts_once() {
    let bytes = bytes_of("hyperfine/real/naps.json");
    let (mut records, _) = read_bytes("hyperfine", &bytes);
    let (copy, _) = read_bytes("hyperfine", &bytes);
    records.append(copy);
    let workload = fold(records, &FoldOptions::default());
    assert_eq!(workload.counts.records, 16);
}

/// Criterion says the mean of the samples itself, in `estimates.json`.
#[test]
fn criterion_tells_each_sample() {
    let ingested = folder("criterion/target");
    assert!(ingested.files.iter().all(|f| f.format == Some("criterion")));
    assert_eq!(ingested.problems, []);
    let records = &ingested.records;
    let fine = custom(records, "iteration_nanoseconds");
    let expected = expected();
    let mut seen = 0;
    for (name, expected) in expected["criterion"].as_object().unwrap() {
        let path = format!("criterion/target/criterion/{name}/new/estimates.json");
        let estimates: Value = serde_json::from_slice(&bytes_of(&path)).unwrap();
        let told = &estimates["mean"]["point_estimate"];
        close(told.as_f64().unwrap(), &expected["mean"]);
        for (metric, nanos) in [(fine, 1.0), (Metric::TaskTime.into(), 1e9)] {
            let own: Vec<f64> = records
                .samples
                .iter()
                .filter(|s| s.metric == metric && label(records, s.dims, "benchmark") == *name)
                .map(|s| s.value * nanos)
                .collect();
            if own.is_empty() {
                continue;
            }
            seen += 1;
            assert_eq!(Some(own.len() as u64), expected["n"].as_u64());
            #[allow(clippy::cast_precision_loss)]
            let mean = own.iter().sum::<f64>() / own.len() as f64;
            close(mean, told);
        }
    }
    // An addition takes 2 ns: whole ones would not tell it. The sorts are told in seconds.
    assert_eq!((seen, values(records, fine).len()), (3, 10));
    // `base` is a copy of `new`.
    assert!(
        records
            .samples
            .iter()
            .all(|s| label(records, s.dims, "baseline") == "new")
    );
}

#[test]
fn points_of_k6_are_requests_and_iterations() {
    let reading = fixture("k6", "k6/stream.jsonl");
    assert_eq!(reading.faults(), []);
    let expected = &expected()["k6"];
    let records = reading.records;
    let sum = |metric: Metric| values(&records, metric).iter().sum::<f64>();
    for name in ["response_time", "error_time", "task_time"] {
        let metric = Metric::named(name).unwrap();
        assert_eq!(
            Some(values(&records, metric).len() as u64),
            expected[name]["n"].as_u64(),
            "{name}"
        );
        close(sum(metric), &expected[name]["sum"]);
    }
    assert_eq!(values(&records, custom(&records, "checks")), [1.0, 0.0]);
    assert_eq!(values(&records, custom(&records, "render")), [0.04]);
    assert_eq!(values(&records, custom(&records, "vus")), [3.0, 4.0]);
    assert_eq!(values(&records, custom(&records, "data_sent")), [512.0]);
    // 2026-03-02T08:00:01.25+01:00.
    assert_eq!(
        records.samples.iter().next().unwrap().time.to_string(),
        "2026-03-02T07:00:01.25Z"
    );
    assert_eq!(
        label(
            &records,
            records.samples.iter().next().unwrap().dims,
            "scenario"
        ),
        "peak"
    );
    assert_eq!(
        label(&records, records.samples.iter().next().unwrap().dims, "url"),
        ""
    );
    let workload = fold(records, &FoldOptions::default());
    for name in ["success_rate", "error_rate", "timeout_rate"] {
        let figure = workload.figure(Metric::named(name).unwrap(), &Filter::default());
        #[allow(clippy::cast_precision_loss)]
        let share = figure.sum as f64 / 1e9 / figure.n as f64;
        close(share, &expected[name]);
    }
}

/// A stream never repeats itself: three points are three, whatever they say. A copy of the file is one.
#[test]
fn points_of_k6_that_are_alike_all_count() {
    let point = r#"{"metric":"my_count","type":"Point","data":{"time":"2026-05-09T14:34:45Z","value":1,"tags":{}}}"#;
    let metric = r#"{"type":"Metric","data":{"contains":"default"},"metric":"my_count"}"#;
    let stream = [metric, point, point, point].join("\n");
    let (mut records, problems) = read_bytes("k6", stream.as_bytes());
    assert_eq!(problems, []);
    let (copy, _) = read_bytes("k6", stream.as_bytes());
    records.append(copy);
    let workload = fold(records, &FoldOptions::default());
    assert_eq!(
        (workload.counts.records, workload.counts.duplicates),
        (3, 3)
    );
}

#[test]
fn a_summary_of_k6_is_reported() {
    // The machine-readable one has the same figures as a list.
    for path in ["k6/summary.json", "k6/machine_readable.json"] {
        a_summary(path);
    }
}

fn a_summary(path: &str) {
    let reading = fixture("k6", path);
    assert_eq!(reading.faults(), []);
    let records = &reading.records;
    let told = |metric: Metric, statistic| reported(records, metric, statistic);
    // Of the requests that went well, 190 of 200; milliseconds became seconds.
    let time = Metric::ResponseTime;
    assert_eq!(told(time, Statistic::Mean), Some((0.13, Some(190))));
    assert_eq!(told(time, Statistic::P95), Some((0.31, Some(190))));
    assert_eq!(told(time, Statistic::Min), Some((0.05, Some(190))));
    assert_eq!(told(time, Statistic::Max), Some((0.9, Some(190))));
    let success = told(Metric::SuccessRate, Statistic::Mean);
    assert_eq!(success, Some((0.95, Some(200))));
    assert_eq!(
        told(Metric::TaskTime, Statistic::Mean),
        Some((0.5, Some(100)))
    );
    let checks = reported(records, custom(records, "checks"), Statistic::Mean);
    assert_eq!(checks, Some((0.75, Some(200))));
    let sent = reported(records, custom(records, "data_sent"), Statistic::Total);
    assert_eq!(sent, Some((51_200.0, None)));
    // All of them together, and those of a scenario, hold failures too: they keep their name.
    let all = custom(records, "http_req_duration");
    let means = records
        .aggregates
        .iter()
        .filter(|a| a.metric == all && a.statistic == Statistic::Mean);
    let means: Vec<(f64, String)> = means
        .map(|a| (a.value, label(records, a.dims, "scenario")))
        .collect();
    assert_eq!(means, [(0.12, String::new()), (0.125, "peak".to_owned())]);
}

/// Scripts choose the figures of trends: of 200 waits without a mean the 95th percentile remains, and their number is
/// no time.
#[test]
fn a_trend_of_k6_without_a_mean_is_a_trend() {
    let typed = br#"{"root_group": {}, "metrics": {"http_reqs": {"type": "counter", "contains": "default", "values": {"count": 200, "rate": 20}},
        "http_req_duration": {"type": "trend", "contains": "time", "values": {"med": 120, "p(95)": 300, "count": 200}},
        "http_req_failed": {"type": "rate", "contains": "default", "values": {"rate": 0, "passes": 0, "fails": 200}},
        "http_req_waiting": {"type": "trend", "contains": "time", "values": {"med": 100, "p(95)": 300, "count": 200}},
        "stalls": {"type": "counter", "contains": "time", "values": {"count": 200, "rate": 20}}}}"#;
    let flat = br#"{"root_group": {}, "metrics": {"http_reqs": {"count": 200, "rate": 20},
        "http_req_duration": {"med": 120, "p(95)": 300, "count": 200},
        "http_req_failed": {"value": 0, "passes": 0, "fails": 200},
        "http_req_waiting": {"med": 100, "p(95)": 300, "count": 200}}}"#;
    for text in [&typed[..], flat] {
        let (records, problems) = read_bytes("k6", text);
        assert_eq!(problems, []);
        let of = |name, statistic| reported(&records, custom(&records, name), statistic);
        assert_eq!(
            of("http_req_waiting", Statistic::P95),
            Some((0.3, Some(200)))
        );
        assert_eq!(of("http_req_waiting", Statistic::Total), None);
        let time = reported(&records, Metric::ResponseTime, Statistic::P95);
        assert_eq!(time, Some((0.3, Some(200))));
    }
    let (records, _) = read_bytes("k6", typed);
    let stalls = reported(&records, custom(&records, "stalls"), Statistic::Total);
    assert_eq!(stalls, Some((0.2, None)));
}

/// What is wrong elsewhere on a line costs nothing.
#[test]
fn a_line_of_k6_may_hold_what_is_no_number() {
    let point = r#"{"metric":"vus","type":"Point","data":{"time":"2026-05-09T14:34:45Z","value":3,"tags":{},"metadata":{"q":NaN}}}"#;
    let (records, problems) = read_bytes("k6", point.as_bytes());
    assert_eq!(values(&records, custom(&records, "vus")), [3.0]);
    assert_eq!(problems.len(), 1);
    assert_eq!(problems[0].reason, "not a finite number");
}

/// Where no request failed, the time of all is that of those that went well. The unit of `render` is told nowhere.
#[test]
fn an_export_of_k6_is_a_summary_too() {
    let reading = fixture("k6", "k6/export.json");
    assert_eq!(reading.faults(), []);
    let records = &reading.records;
    assert_eq!(
        reported(records, Metric::ResponseTime, Statistic::Mean),
        Some((0.12, Some(200)))
    );
    assert_eq!(
        reported(records, Metric::SuccessRate, Statistic::Mean),
        Some((1.0, Some(200)))
    );
    assert_eq!(records.catalog.names.find("render"), None);
}

#[test]
fn oha_is_reported() {
    let records = fixture("oha", "oha/result.json").records;
    let told = |metric: Metric, statistic| reported(&records, metric, statistic);
    let time = Metric::ResponseTime;
    assert_eq!(told(time, Statistic::Mean), Some((0.125, Some(400))));
    assert_eq!(told(time, Statistic::Min), Some((0.01, Some(400))));
    assert_eq!(told(time, Statistic::Max), Some((0.5, Some(400))));
    // Those that the end of the test cut off are no requests.
    let success = told(Metric::SuccessRate, Statistic::Mean);
    assert_eq!(success, Some((1.0, Some(400))));
    let expected = &expected()["oha"];
    let records = fixture("oha", "oha/failing.json").records;
    for name in ["success_rate", "error_rate", "timeout_rate"] {
        let metric = Metric::named(name).unwrap();
        let (share, n) = reported(&records, metric, Statistic::Mean).unwrap();
        close(share, &expected[name]);
        assert_eq!(n, Some(400));
    }
    // With errors among the responses their time is not that of those that went well.
    assert_eq!(reported(&records, time, Statistic::Mean), None);
    let all = custom(&records, "request_duration");
    assert_eq!(
        reported(&records, all, Statistic::Mean),
        Some((0.125, Some(390)))
    );
}

#[test]
fn oha_without_a_response_knows_no_time() {
    let reading = fixture("oha", "oha/broken/nothing.json");
    let records = &reading.records;
    let success = reported(records, Metric::SuccessRate, Statistic::Mean);
    assert_eq!(success, Some((0.0, Some(3))));
    assert_eq!(records.aggregates.len(), 4);
}

#[test]
fn measurements_are_nobody_elses_and_they_claim_no_others() {
    for format in FORMATS {
        let mut found = 0;
        for file in folder(format).files {
            if file.format.is_none() {
                continue;
            }
            let path = file.path.strip_prefix("fixtures").unwrap();
            let bytes = bytes_of(path.to_str().unwrap());
            assert_eq!(file.format, Some(*format), "{}", path.display());
            found += 1;
            for other in formats::ALL.iter().filter(|f| f.name() != *format) {
                let likelihood = likelihood(other.name(), &bytes);
                assert_eq!(
                    likelihood,
                    Likelihood::No,
                    "{} {}",
                    other.name(),
                    path.display()
                );
            }
        }
        assert!(found > 0, "{format}");
    }
    for format in formats::ALL.iter().filter(|f| !FORMATS.contains(&f.name())) {
        for file in folder(format.name()).files {
            let path = file.path.strip_prefix("fixtures").unwrap();
            let bytes = bytes_of(path.to_str().unwrap());
            for ours in FORMATS {
                let likelihood = likelihood(ours, &bytes);
                assert_eq!(likelihood, Likelihood::No, "{ours} {}", path.display());
            }
        }
    }
}

/// Wherever a file ends, what was complete before is used, and the fault is on a line that there is.
#[test]
fn a_file_may_end_anywhere() {
    for (format, path) in [
        ("hyperfine", "hyperfine/by_hand.json"),
        (
            "criterion",
            "criterion/target/criterion/sort/add/new/sample.json",
        ),
        ("k6", "k6/stream.jsonl"),
        ("k6", "k6/export.json"),
        ("oha", "oha/result.json"),
        ("prometheus", "prometheus/single.prom"),
        ("prometheus", "prometheus/open.txt"),
    ] {
        let bytes = bytes_of(path);
        let whole = super::read(format, &bytes).records;
        for end in 0..bytes.len() {
            let reading = super::read(format, &bytes[..end]);
            let lines = bytes[..end].iter().filter(|b| **b == b'\n').count() as u64 + 1;
            let lines_are_there = reading.faults().iter().all(|(line, _)| *line <= lines);
            assert!(lines_are_there, "{path} {end} {:?}", reading.faults());
            assert!(
                reading.records.samples.len() <= whole.samples.len(),
                "{path} {end}"
            );
        }
    }
}
