//! Scrapes in Prometheus' text format and OpenMetrics. Expected values are those that `tests/reference/measurements.py`
//! worked out, or worked by hand beside the test.

use perfadvise::metrics::Metric;
use perfadvise::record::{Flags, Measured, Name, Records, Statistic};
use perfadvise::workload::{Filter, FoldOptions, Grouping, fold};
use serde_json::Value;

use super::measurements::{close, custom, expected, label, reported, values};
use super::{fixture, folded, read_bytes};

fn of_requests(records: &Records) -> Vec<f64> {
    let metric = custom(records, "http_requests_total");
    let samples = records.samples.iter();
    samples
        .filter(|s| s.metric == metric && label(records, s.dims, "code") == "200")
        .map(|s| s.value)
        .collect()
}

fn numbers(value: &Value) -> Vec<f64> {
    let items = value.as_array().unwrap().iter();
    items.map(|item| item.as_f64().unwrap()).collect()
}

#[test]
fn a_scrape_alone_is_a_summary() {
    let reading = fixture("prometheus", "prometheus/single.prom");
    assert_eq!(reading.faults(), []);
    let records = &reading.records;
    assert!(records.samples.is_empty());
    let level = reported(records, custom(records, "queue_length"), Statistic::Mean);
    assert_eq!(level, Some((7.0, Some(1))));
    let sent = reported(records, custom(records, "sent_bytes"), Statistic::Total);
    assert_eq!(sent, Some((5000.0, None)));
    assert_eq!(
        reported(records, Metric::MemoryUsage, Statistic::Mean),
        Some((2.5e7, Some(1)))
    );
    assert_eq!(
        reported(records, Metric::ResponseTime, Statistic::Mean),
        Some((0.25, Some(10)))
    );
    let leads = records
        .aggregates
        .iter()
        .filter(|a| a.flags.has(Flags::LEADS));
    assert_eq!(leads.count(), 1);
}

#[test]
fn scrapes_without_times_are_in_order() {
    let reading = fixture("prometheus", "prometheus/scrapes.prom");
    assert_eq!(reading.faults(), []);
    let expected = &expected()["prometheus"];
    let records = &reading.records;
    assert_eq!(of_requests(records), numbers(&expected["increments"]));
    let sent = values(records, custom(records, "sent_bytes"));
    assert_eq!(sent, numbers(&expected["sent"]));
    let levels = values(records, custom(records, "queue_length"));
    assert_eq!(levels, numbers(&expected["levels"]));
    assert!(records.samples.iter().all(|s| s.flags.has(Flags::TIMELESS)));
    // Both processes count.
    let (mean, n) = reported(records, Metric::ResponseTime, Statistic::Mean).unwrap();
    close(mean, &expected["response_time"]["mean"]);
    assert_eq!(n, expected["response_time"]["n"].as_u64());
    let rpc = custom(records, "rpc_seconds");
    let (mean, n) = reported(records, rpc, Statistic::Mean).unwrap();
    close(mean, &expected["rpc_seconds"]["mean"]);
    assert_eq!(n, expected["rpc_seconds"]["n"].as_u64());
    let (p95, _) = reported(records, rpc, Statistic::P95).unwrap();
    close(p95, &expected["rpc_seconds"]["p95"]);
    let workload = folded("prometheus/scrapes.prom");
    assert_eq!((workload.counts.records, workload.period), (5, None));
}

/// The same with times: the fold forms the differences, over all files.
#[test]
fn scrapes_with_times_are_samples() {
    for path in ["prometheus/timed.prom", "prometheus/files"] {
        let workload = folded(path);
        let find = |name: &str| Measured::Custom(Name(workload.catalog.names.find(name).unwrap()));
        let sums = |metric: Measured| {
            let filter = Filter::default();
            let group = workload.group(metric, &filter, Grouping::All);
            (group[0].1.n, group[0].1.sum / 1_000_000)
        };
        let sent = sums(find("sent_bytes"));
        let (scrapes, requests) = if path.ends_with("files") {
            (3, 30)
        } else {
            (5, 35)
        };
        assert_eq!(sent, (scrapes - 1, 100 * i128::from(scrapes - 1)));
        assert_eq!(sums(find("http_requests_total")).1, requests);
        assert_eq!(workload.counts.records, scrapes);
        let (from, to) = workload.period.unwrap();
        assert_eq!(from.to_string(), "2026-03-02T08:00:00Z");
        assert_eq!(
            (to.0 - from.0) / 60_000_000_000,
            i64::try_from(scrapes).unwrap() - 1
        );
    }
}

/// Who uses something is no label, and what users counted is counted together.
#[test]
fn series_that_differ_in_what_is_left_out_are_added_up() {
    let (records, problems) = read_bytes(
        "prometheus",
        b"# TYPE reqs counter
reqs_total{user_id=\"a\"} 7
reqs_total{user_id=\"b\"} 9
# TYPE depth gauge
depth{user_id=\"a\"} 7
depth{user_id=\"b\"} 10
# TYPE lag summary
lag{user_id=\"a\",quantile=\"0.95\"} 3
lag_sum{user_id=\"a\"} 4
lag_count{user_id=\"a\"} 2
lag{user_id=\"b\",quantile=\"0.95\"} 5
lag_sum{user_id=\"b\"} 5
lag_count{user_id=\"b\"} 1
",
    );
    assert_eq!(problems, []);
    let of = |name: &str, statistic| reported(&records, custom(&records, name), statistic);
    assert_eq!(of("reqs", Statistic::Total), Some((16.0, None)));
    assert_eq!(of("depth", Statistic::Mean), Some((8.5, Some(2))));
    assert_eq!(of("lag", Statistic::Mean), Some((3.0, Some(3))));
    assert_eq!(of("lag", Statistic::P95), None);
    // Ten labels, and two percentiles that make none of both.
    assert_eq!(records.ignored, 12);
}

/// The first counter counts 3, then is reset; the second one, which is seen later, counts 5 and then 1.
#[test]
fn counters_that_differ_in_what_is_left_out_are_differenced_one_by_one() {
    let (records, problems) = read_bytes(
        "prometheus",
        b"# TYPE reqs counter
reqs_total{user_id=\"a\"} 100 1772438400000
reqs_total{user_id=\"a\"} 103 1772438460000
reqs_total{user_id=\"b\"} 900 1772438460000
reqs_total{user_id=\"a\"} 2 1772438520000
reqs_total{user_id=\"b\"} 905 1772438520000
reqs_total{user_id=\"a\"} 2 1772438580000
reqs_total{user_id=\"b\"} 906 1772438580000
",
    );
    assert_eq!(problems, []);
    let reqs = custom(&records, "reqs");
    assert_eq!(values(&records, reqs), [1000.0, 1003.0, 1008.0, 1009.0]);
    let workload = fold(records, &FoldOptions::default());
    let metric = Measured::Custom(Name(workload.catalog.names.find("reqs").unwrap()));
    let group = workload.group(metric, &Filter::default(), Grouping::All);
    assert_eq!((group[0].1.n, group[0].1.sum / 1_000_000), (3, 9));
    assert_eq!(workload.counts.records, 4);
}

/// One counts 10 and 10, the other falls and then counts 10: 10 and 20 together, with times or without.
#[test]
fn counters_without_times_are_added_up_too() {
    let scrapes = [(10, 100), (20, 5), (30, 15)];
    for is_timed in [true, false] {
        let mut text = "# TYPE tok_total counter\n".to_owned();
        for ((first, second), minute) in scrapes.into_iter().zip(0..) {
            for (user, value) in [("1", first), ("2", second)] {
                text += &format!("tok_total{{user_id=\"{user}\"}} {value}");
                if is_timed {
                    text += &format!(" {}", 1_772_438_400_000_u64 + 60_000 * minute);
                }
                text += "\n";
            }
        }
        let (records, problems) = read_bytes("prometheus", text.as_bytes());
        assert_eq!(problems, []);
        let workload = fold(records, &FoldOptions::default());
        let metric = Measured::Custom(Name(workload.catalog.names.find("tok_total").unwrap()));
        let group = workload.group(metric, &Filter::default(), Grouping::All);
        assert_eq!(
            (group[0].1.n, group[0].1.sum / 1_000_000),
            (2, 30),
            "{is_timed}"
        );
    }
}

/// 20 observations of 30 s, a restart, 8 of 80 s: in whatever order the scrapes stand.
#[test]
fn times_order_the_scrapes_of_a_distribution() {
    let scrapes = [
        "lat_sum 15 1780000000000\nlat_count 10 1780000000000\n",
        "lat_sum 30 1780000060000\nlat_count 20 1780000060000\n",
        "lat_sum 50 1780000120000\nlat_count 5 1780000120000\n",
        "lat_count 8 1780000180000\nlat_sum 80 1780000180000\n",
    ];
    for order in [[0, 1, 2, 3], [3, 2, 1, 0], [1, 3, 0, 2]] {
        let text = order.map(|at| scrapes[at]).concat();
        let text = format!("# TYPE lat histogram\n{text}");
        let (records, problems) = read_bytes("prometheus", text.as_bytes());
        assert_eq!(problems, []);
        let lat = custom(&records, "lat");
        let (mean, n) = reported(&records, lat, Statistic::Mean).unwrap();
        assert_eq!(n, Some(28));
        assert!((mean - 110.0 / 28.0).abs() < 1e-12, "{mean}");
        let time = records.aggregates.first().unwrap().time.unwrap();
        assert_eq!(time.0, 1_780_000_180_000_000_000);
    }
}

#[test]
fn openmetrics_has_seconds_and_an_end() {
    let reading = fixture("prometheus", "prometheus/open.txt");
    assert_eq!(reading.faults(), []);
    let records = &reading.records;
    assert_eq!(values(records, Metric::InputTokens), [100.0, 160.0]);
    assert_eq!(values(records, Metric::MemoryUsage), [1024.0, 2048.0]);
    assert_eq!(
        records.samples.iter().next().unwrap().time.to_string(),
        "2026-03-02T08:00:00.5Z"
    );
    let wait = reported(records, custom(records, "wait_seconds"), Statistic::Mean);
    assert_eq!(wait, Some((1.5, Some(4))));
    let workload = folded("prometheus/open.txt");
    let tokens = workload.figure(Metric::InputTokens, &Filter::default());
    assert_eq!((tokens.n, tokens.sum), (1, 60));
}

/// `/federate` says of every series that it is untyped, in the order of names: the names and labels tell what it is.
/// 160 − 100 requests; 10 observations of 4 s.
#[test]
fn what_is_untyped_is_told_by_its_name_and_its_parts() {
    let typed = |name: &str, rows: &str| format!("# TYPE {name} untyped\n{rows}");
    let text = [
        typed(
            "lat_bucket",
            "lat_bucket{le=\"1\"} 8 1772438400000\nlat_bucket{le=\"+Inf\"} 10 1772438400000\n",
        ),
        typed("lat_count", "lat_count 10 1772438400000\n"),
        typed("lat_sum", "lat_sum 4 1772438400000\n"),
        typed(
            "python_info",
            "python_info{version=\"3\"} 1 1772438400000\n",
        ),
        typed("reqs_created", "reqs_created 1772430000 1772438400000\n"),
        typed(
            "reqs_total",
            "reqs_total 100 1772438400000\nreqs_total 160 1772438460000\n",
        ),
        typed(
            "rpc",
            "rpc{quantile=\"0.5\"} 1 1772438400000\nrpc{quantile=\"0.95\"} 3 1772438400000\n",
        ),
        typed("rpc_count", "rpc_count 2 1772438400000\n"),
        typed("rpc_sum", "rpc_sum 5 1772438400000\n"),
    ]
    .concat();
    let untold: String = text
        .lines()
        .filter(|line| !line.starts_with('#'))
        .flat_map(|line| [line, "\n"])
        .collect();
    for text in [text, untold] {
        let (records, problems) = read_bytes("prometheus", text.as_bytes());
        assert_eq!(problems, []);
        let of = |name: &str, statistic| reported(&records, custom(&records, name), statistic);
        assert_eq!(of("lat", Statistic::Mean), Some((0.4, Some(10))));
        assert_eq!(of("rpc", Statistic::Mean), Some((2.5, Some(2))));
        assert_eq!(of("rpc", Statistic::P95), Some((3.0, Some(2))));
        assert_eq!(records.aggregates.len(), 3);
        assert_eq!(records.samples.len(), 2);
        let workload = fold(records, &FoldOptions::default());
        let metric = Measured::Custom(Name(workload.catalog.names.find("reqs_total").unwrap()));
        let group = workload.group(metric, &Filter::default(), Grouping::All);
        assert_eq!((group[0].1.n, group[0].1.sum / 1_000_000), (1, 60));
    }
}

/// The labels of a proxy for models: what two people spent is one sum.
#[test]
fn people_and_their_keys_are_no_labels() {
    let hash = "88dc28d0f030c55ed4ab77ed8faf098196cb1c05df778539800c9f1243fe6b4b";
    let row = |user: &str, value: f64| {
        format!(
            "spend_total{{api_key_alias=\"{user}-laptop\",end_user=\"{user}\",hashed_api_key=\"{hash}\",\
             model=\"m\",user=\"{user}\",user_agent=\"cli\",username=\"{user}\"}} {value}\n"
        )
    };
    let text = format!(
        "# TYPE spend_total counter\n{}{}",
        row("ann", 0.25),
        row("bob", 0.5)
    );
    let (records, problems) = read_bytes("prometheus", text.as_bytes());
    assert_eq!(problems, []);
    let spend = reported(&records, custom(&records, "spend_total"), Statistic::Total);
    assert_eq!(spend, Some((0.75, None)));
    let dims = records.aggregates.first().unwrap().dims;
    assert_eq!(label(&records, dims, "user_agent"), "cli");
    for name in ["ann", "bob", "ann-laptop", hash] {
        assert_eq!(records.catalog.names.find(name), None, "{name}");
    }
}

/// As prometheus_client 0.26.0 writes the classic text. What was created without a time is a level like any other.
#[test]
fn when_counting_began_is_no_level() {
    let (records, problems) = read_bytes(
        "prometheus",
        b"# TYPE req_total counter
req_total 10.0
# TYPE req_created gauge
req_created 1.795858563987668e+09
# TYPE lat_seconds histogram
lat_seconds_bucket{le=\"+Inf\"} 4.0
lat_seconds_count 4.0
lat_seconds_sum 55.0
# TYPE lat_seconds_created gauge
lat_seconds_created 1.7958585639877377e+09
# TYPE gh histogram
gh_bucket{le=\"+Inf\"} 9.0
# TYPE gh_gcount gauge
gh_gcount 9.0
# TYPE gh_gsum gauge
gh_gsum 99.0
# TYPE jobs_created gauge
jobs_created 7.0
",
    );
    assert_eq!(problems, []);
    let of = |name: &str, statistic| reported(&records, custom(&records, name), statistic);
    assert_eq!(of("req_total", Statistic::Total), Some((10.0, None)));
    assert_eq!(of("lat_seconds", Statistic::Mean), Some((13.75, Some(4))));
    assert_eq!(of("jobs_created", Statistic::Mean), Some((7.0, Some(1))));
    assert_eq!(records.aggregates.len(), 3);
}
