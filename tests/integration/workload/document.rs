//! A workload as a document: what is read is what was written, and nothing else is read.

use std::path::Path;

use perfadvise::config::Config;
use perfadvise::ingest::{Options, Target};
use perfadvise::pipeline::{self, Request};
use perfadvise::workload::{FoldOptions, Workload, fold};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::order::{lines, records_of, whole};

fn written(workload: &Workload) -> String {
    serde_json::to_string(workload).unwrap()
}

fn read(text: &str) -> Result<Workload, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
}

/// All fixtures of a format.
pub(super) fn fixture(name: &str) -> Workload {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures")
        .join(name);
    let request = Request {
        targets: vec![Target {
            path,
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
        prices: std::sync::Arc::new(perfadvise::prices::PriceTable::built_in()),
    };
    pipeline::read(&request, Config::default(), &|_, _| {})
        .unwrap()
        .workload
}

pub(super) const FIXTURES: &[&str] = &[
    "claude-code",
    "codex",
    "context-managers",
    "context-monitor",
    "demo",
    "interface-performance",
    "mode-block",
    "monitor-report",
    "native-records",
    "otlp",
    "plain-series",
    "visualizer",
    "workflow-history",
];

#[test]
fn fixtures_read_back_as_they_were_written() {
    for name in FIXTURES {
        let workload = fixture(name);
        assert!(!workload.is_empty(), "{name}");
        let text = written(&workload);
        let back = read(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(whole(&back), whole(&workload), "{name}");
        assert_eq!(written(&back), text, "{name}");
    }
}

#[test]
fn stored_fixtures_merge_as_fresh_ones() {
    let all: Vec<Workload> = FIXTURES.iter().map(|name| fixture(name)).collect();
    for pair in all.windows(2) {
        let stored = read(&written(&pair[0])).unwrap().merge(pair[1].clone());
        assert_eq!(
            whole(&stored),
            whole(&pair[0].clone().merge(pair[1].clone()))
        );
    }
}

#[test]
fn an_empty_one_is_an_empty_object() {
    assert_eq!(written(&Workload::default()), "{}");
    assert_eq!(whole(&read("{}").unwrap()), whole(&Workload::default()));
}

/// A row of one step of 2 s in the first quarter of an hour of 2026.
fn small() -> Value {
    json!({
        "catalog": {"names": ["FANCY", "t1"], "dims": [[["mode", 1]]], "identities": [{"task": 2}]},
        "units": ["s1"],
        "rows": [{
            "key": {"unit": 1, "task": 2, "is_step": true, "dims": 1, "cell": 1_963_584},
            "outcomes": [1, 0, 0, 0, 0, 0],
            "time": 2_000_000_000
        }],
        "events": [{"time": "2026-01-01T00:00:00Z", "kind": {"other": 1}, "identity": 1}],
        "period": ["2026-01-01T00:00:00Z", "2026-01-01T00:00:02Z"]
    })
}

#[test]
fn the_shape_by_hand() {
    use perfadvise::metrics::Metric;
    use perfadvise::workload::Filter;
    let workload = read(&small().to_string()).unwrap();
    let figure = workload.figure(Metric::ResponseTime, &Filter::default());
    assert_eq!((figure.n, figure.sum), (1, 2_000_000_000));
    assert_eq!(workload.units[0].name, "s1");
    assert_eq!(
        read(&written(&workload)).map(|w| whole(&w)).unwrap(),
        whole(&workload)
    );
}

/// What a change of the small document is refused for.
fn refused(change: impl FnOnce(&mut Value)) -> String {
    let mut document = small();
    change(&mut document);
    read(&document.to_string()).unwrap_err()
}

#[test]
fn what_points_nowhere_is_refused() {
    assert!(refused(|d| d["rows"][0]["key"]["task"] = json!(3)).starts_with("there is no name 3"));
    assert!(refused(|d| d["rows"][0]["key"]["unit"] = json!(2)).contains("no unit"));
    assert!(refused(|d| d["rows"][0]["key"]["unit"] = json!(0)).contains("no unit"));
    assert!(refused(|d| d["rows"][0]["key"]["dims"] = json!(2)).contains("no set of dimensions"));
    assert!(refused(|d| d["events"][0]["identity"] = json!(9)).contains("no identity"));
    assert!(refused(|d| d["catalog"]["dims"][0][0][1] = json!(7)).contains("dims"));
    assert!(refused(|d| d["catalog"]["dims"][0][0][0] = json!({"label": 7})).contains("dims"));
    assert!(refused(|d| d["catalog"]["names"] = json!(["t1", "t1"])).contains("entry 2 of names"));
    assert!(refused(|d| d["catalog"]["names"] = json!(["", "t1"])).contains("entry 1 of names"));
    assert!(refused(|d| d["catalog"]["identities"] = json!([{}])).contains("identities"));
}

#[test]
fn what_sums_could_not_bear_is_refused() {
    let far = refused(|d| d["rows"][0]["key"]["cell"] = json!(i32::MAX));
    assert!(far.contains("too far"), "{far}");
    let far = refused(|d| d["period"][1] = json!("2200-01-01T00:00:00Z"));
    assert!(far.contains("too far"), "{far}");
    assert!(refused(|d| d["period"][0] = json!("2027-01-01T00:00:00Z")).contains("period"));
    let large = refused(|d| d["rows"][0]["extra"] = json!({"fresh": u64::MAX}));
    assert!(large.contains("too large"), "{large}");
    let figure = |figure: Value| refused(|d| d["rows"][0]["time"] = figure);
    assert!(figure(json!({"n": 2, "sum": 9, "min": 5, "max": 4})).contains("do not fit"));
    assert!(figure(json!({"n": 2, "sum": 99, "min": 4, "max": 5})).contains("do not fit"));
    assert!(figure(json!({"sum": 9})).contains("no value"));
    let histogram =
        |h: Value| figure(json!({"n": 2, "sum": 9, "min": 4, "max": 5, "histogram": h}));
    assert!(histogram(json!([[5, 1], [4, 1]])).contains("buckets"));
    assert!(histogram(json!([[4, 0]])).contains("buckets"));
    assert!(histogram(json!([[7424, 1]])).contains("buckets"));
    assert!(histogram(json!([[4, 3]])).contains("do not fit"));
    assert!(figure(json!(u64::MAX)).contains("too large"));
    assert!(figure(json!(1.5)).contains("whole number"));
    assert!(refused(|d| d["rows"][0]["surprise"] = json!(1)).contains("surprise"));
    assert!(refused(|d| d["counts"] = json!({"gaps": 1})).contains("gaps"));
    let hits = refused(|d| d["rows"][0]["extra"] = json!({"cache_hits": 1}));
    assert!(hits.contains("larger than its whole"), "{hits}");
}

proptest! {
    #[test]
    fn what_is_read_is_what_was_written(
        first in lines(proptest::option::of(0..12_u8)),
        second in lines(proptest::option::of(0..12_u8)),
    ) {
        let mut records = records_of(0, &first);
        records.append(records_of(1, &second));
        let workload = fold(records, &FoldOptions::default());
        let back = read(&written(&workload)).unwrap();
        prop_assert_eq!(whole(&back), whole(&workload));
    }

    /// Parts without ids, as in `parts_merge_to_the_whole`.
    #[test]
    fn a_stored_part_merges_to_the_whole(
        mut first in lines(Just(None)),
        mut second in lines(Just(None)),
    ) {
        for line in first.iter_mut().chain(&mut second) {
            line.parent = None;
            if line.kind == 5 {
                line.kind = 6;
            }
        }
        let options = FoldOptions::default();
        let mut all = records_of(0, &first);
        all.append(records_of(1, &second));
        let stored = read(&written(&fold(records_of(0, &first), &options))).unwrap();
        let fresh = fold(records_of(1, &second), &options);
        prop_assert_eq!(whole(&stored.merge(fresh)), whole(&fold(all, &options)));
    }

    /// Any value of a document set to any other: it is read or refused, and what is read can be asked,
    /// merged, and written again.
    #[test]
    fn a_changed_document_does_no_harm(
        lines in lines(proptest::option::of(0..12_u8)),
        at in any::<prop::sample::Index>(),
        to in prop::sample::select(vec![
            json!(null), json!(-1), json!(0), json!(1), json!(3), json!(7_423), json!(65_535),
            json!(i32::MAX), json!(u32::MAX), json!(i64::MIN), json!(i64::MAX), json!(u64::MAX),
            json!(1e300), json!(-1e300), json!(0.5), json!("x"), json!(""), json!([]), json!({}),
            json!([[1, 1]]), json!("1700-01-01T00:00:00Z"), json!("2100-01-01T00:00:00Z"),
        ]),
    ) {
        let workload = fold(records_of(0, &lines), &FoldOptions::default());
        let mut document: Value = serde_json::from_str(&written(&workload)).unwrap();
        let mut places = 0;
        each(&mut document, &mut |_| places += 1);
        let chosen = at.index(places);
        let mut place = 0;
        each(&mut document, &mut |value| {
            if place == chosen {
                *value = to.clone();
            }
            place += 1;
        });
        if let Ok(changed) = read(&document.to_string()) {
            for measured in changed.measured() {
                let _ = changed.group(
                    measured,
                    &perfadvise::workload::Filter::default(),
                    perfadvise::workload::Grouping::TaskInUnit,
                );
            }
            let again = changed.clone().merge(workload).merge(changed);
            prop_assert!(read(&written(&again)).is_ok());
        }
    }
}

/// Visits each value of a document, the inner ones first.
fn each(value: &mut Value, visit: &mut impl FnMut(&mut Value)) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| each(item, visit)),
        Value::Object(fields) => fields.values_mut().for_each(|field| each(field, visit)),
        _ => {}
    }
    visit(value);
}
