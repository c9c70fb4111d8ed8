//! Plain series.

use perfadvise::ingest::Likelihood;
use perfadvise::metrics::Metric;
use perfadvise::record::{Dimension, Flags, Measured, Name};
use perfadvise::units::NANOS;
use perfadvise::workload::{Filter, FoldOptions, GroupKey, Grouping, fold};
use proptest::prelude::*;

use super::{bytes_of, likelihood, read_bytes, reasons};

const FORMAT: &str = "plain-series";

/// Twenty values that rise by 2 from 10: sum 580, in ten units, on two branches.
#[test]
fn a_csv_with_units_and_dimensions() {
    let (records, problems) = read_bytes(FORMAT, &bytes_of("plain-series/build-times.csv"));
    assert_eq!(problems, []);
    let w = fold(records, &FoldOptions::default());
    let metric = Measured::Custom(Name(w.catalog.names.find("build_time").unwrap()));
    assert_eq!(w.measured(), [metric]);
    let all = w.group(metric, &Filter::default(), Grouping::All);
    assert_eq!((all[0].1.n, all[0].1.sum), (20, 580_000_000));
    let units = w.group(metric, &Filter::default(), Grouping::Unit);
    assert_eq!(units.len(), 10);
    assert!(matches!(units[0].0, GroupKey::Unit(_)));
    assert_eq!(w.units[0].name, "run-0");
    // 10 and 12.
    assert_eq!(units[0].1.sum, 22_000_000);
    let tasks = w.group(metric, &Filter::default(), Grouping::Task);
    assert_eq!(tasks.len(), 2);
    let branch = Dimension::Label(Name(w.catalog.names.find("branch").unwrap()));
    let branches = w.group(metric, &Filter::default(), Grouping::Dimension(branch));
    let sums: Vec<i128> = branches.iter().map(|(_, f)| f.sum).collect();
    // main: 12 + 16 + … + 48 = 300; topic: 10 + 14 + … + 46 = 280.
    assert_eq!(sums, [300_000_000, 280_000_000]);
    assert_eq!(w.counts.records, 20);
    let (from, to) = w.period.unwrap();
    assert_eq!(to.0 - from.0, 19 * 60 * NANOS);
    assert!(w.catalog.names.find(r#"a "quoted", word"#).is_some());
}

/// An index orders, and belongs to no period.
#[test]
fn an_index_is_no_time() {
    let (records, problems) = read_bytes(FORMAT, &bytes_of("plain-series/index.jsonl"));
    assert_eq!(problems, []);
    assert!(records.samples.iter().all(|s| s.flags.has(Flags::TIMELESS)));
    let w = fold(records, &FoldOptions::default());
    assert_eq!(w.period, None);
    assert_eq!((w.counts.gaps, w.counts.sample_interval), (0, 0));
    let metric = Measured::Custom(Name(w.catalog.names.find("value").unwrap()));
    let windows = w.group(metric, &Filter::default(), Grouping::Window(15 * NANOS));
    // Each keeps its value.
    assert_eq!(windows.len(), 12);
    assert!(windows.iter().all(|(_, figure)| figure.n == 1));
}

#[test]
fn times_in_any_shape() {
    let csv = "timestamp,value\n1767225600,1\n1767225600000,1\n2026-01-01 00:00:00,1\n2026-01-01T01:00:00+01:00,1\n";
    let (records, problems) = read_bytes(FORMAT, csv.as_bytes());
    assert_eq!(problems, []);
    let times: Vec<String> = records.samples.iter().map(|s| s.time.to_string()).collect();
    assert_eq!(times, ["2026-01-01T00:00:00Z"; 4]);
}

#[test]
fn known_metrics_are_in_their_unit() {
    let csv = "index,value,metric\n0,2.3,response_time\n1,0.4,cpu_utilization\n";
    let (records, _) = read_bytes(FORMAT, csv.as_bytes());
    let w = fold(records, &FoldOptions::default());
    let figure = w.figure(Metric::ResponseTime, &Filter::default());
    assert_eq!((figure.n, figure.sum), (1, 2_300_000_000));
}

#[test]
fn faults_are_listed_and_neighbours_read() {
    let (records, problems) = read_bytes(FORMAT, &bytes_of("plain-series/broken/faults.csv"));
    let expected = [
        (3, "`value` is not finite"),
        (4, "`value` is not finite"),
        (5, "`value` is not a number"),
        (6, "`value` is missing"),
        (7, "`index` is negative or too large"),
        (8, "3 fields where the header has 4"),
        (9, "a quoted field that is not closed on its line"),
        (10, "invalid UTF-8"),
        (11, "`value` is a ratio above 1: is it percent?"),
        (12, "`index` is not a number"),
        (14, "`index` is negative or too large"),
    ];
    assert_eq!(
        reasons(&problems),
        expected.map(|(line, reason)| (line, reason.to_owned()))
    );
    let values: Vec<f64> = records.samples.iter().map(|s| s.value).collect();
    assert_eq!(values, [1.5, 2.5, 3.5]);
}

#[test]
fn json_lines_with_faults() {
    let text = "{\"index\":1,\"value\":2}\n{\"index\":2,\"value\":\"2\"}\n{\"index\":3,\"val\n[]\n{\"value\":1}\n";
    let (records, problems) = read_bytes(FORMAT, text.as_bytes());
    assert_eq!(records.samples.len(), 1);
    let expected = [
        (2, "`value` is not a number"),
        (3, "cut off in the middle of a value"),
        (
            4,
            "neither a JSON object nor a header with `value` and `timestamp` or `index`",
        ),
        (5, "neither `timestamp` nor `index`"),
    ];
    assert_eq!(
        reasons(&problems),
        expected.map(|(line, reason)| (line, reason.to_owned()))
    );
}

/// What cannot be read and is none of a series' own values costs nothing but itself, on the first line too.
#[test]
fn a_faulty_value_of_a_json_line_costs_itself() {
    let text = b"{\"index\":1,\"value\":2,\"x\":NaN}\n{\"index\":2,\"value\":3,\"tier\":\"a\xff\"}\n{\"index\":3,\"value\":NaN}\n";
    assert_eq!(likelihood(FORMAT, text), Likelihood::Yes);
    let (records, problems) = read_bytes(FORMAT, text);
    let values: Vec<f64> = records.samples.iter().map(|s| s.value).collect();
    assert_eq!(values, [2.0, 3.0]);
    let expected = [
        (1, "not a finite number"),
        (2, "invalid UTF-8"),
        (3, "not a finite number"),
        (3, "`value` is missing"),
    ];
    assert_eq!(
        reasons(&problems),
        expected.map(|(line, reason)| (line, reason.to_owned()))
    );
}

#[test]
fn columns_with_content_are_ignored() {
    let csv = "index,value,prompt,tier\n0,1,secret,gold\n";
    let (records, _) = read_bytes(FORMAT, csv.as_bytes());
    assert_eq!(records.ignored, 1);
    assert!(!format!("{records:?}").contains("secret"));
}

#[test]
fn detection_looks_at_the_columns() {
    for yes in [
        "index,value\n",
        "\n timestamp , value ,x\n",
        "\"index\",\"value\"",
        r#"{"value":1,"index":2}"#,
    ] {
        assert_eq!(likelihood(FORMAT, yes.as_bytes()), Likelihood::Yes, "{yes}");
    }
    for no in [
        "",
        "value\n1\n",
        "time,value",
        "{}",
        r#"{"kind":"sample","value":1,"timestamp":"x"}"#,
        "\0\u{1}",
        "value index",
    ] {
        assert_eq!(likelihood(FORMAT, no.as_bytes()), Likelihood::No, "{no}");
    }
}

proptest! {
    #[test]
    fn damaged_files_are_read(at in any::<prop::sample::Index>(), byte: u8, cut in any::<prop::sample::Index>()) {
        for name in ["build-times.csv", "broken/faults.csv", "index.jsonl"] {
            let mut bytes = bytes_of(&format!("plain-series/{name}"));
            let at = at.index(bytes.len());
            bytes[at] = byte;
            bytes.truncate(cut.index(bytes.len()));
            let _ = read_bytes(FORMAT, &bytes);
            likelihood(FORMAT, &bytes);
        }
    }
}
