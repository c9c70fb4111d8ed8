//! What an analysis says of inputs with known answers.

mod trends;

use perfadvise::analysis::{Analysis, Questions, analyse};
use perfadvise::assessment::{
    CellSource, Comparison, ComparisonVerdict, Limit, MetricRow, Mood, TargetVerdict,
};
use perfadvise::config::{Config, Origin, Profile, Target, TargetStatistic};
use perfadvise::metrics::Metric;
use perfadvise::record::Records;
use perfadvise::workload::{FoldOptions, Workload, fold};
use serde_json::{Value, json};

use super::formats;

fn folded(records: Records) -> Workload {
    fold(records, &FoldOptions::default())
}

/// Native records, one JSON object each.
pub(crate) fn native(lines: &[Value]) -> Workload {
    let text: String = lines.iter().map(|l| format!("{l}\n")).collect();
    let reading = formats::read("native-records", text.as_bytes());
    assert!(reading.problems.is_empty(), "{:?}", reading.problems);
    folded(reading.records)
}

pub(crate) fn analysis_of(workload: &Workload) -> Analysis {
    with(workload, &Config::default(), None)
}

fn with(workload: &Workload, config: &Config, by: Option<&str>) -> Analysis {
    let questions = Questions {
        profile: Profile::Orchestrator,
        by: by.map(str::to_owned),
    };
    analyse(workload, config, &questions)
}

fn row<'a>(analysis: &'a Analysis, metric: &str, dims: &[(&str, &str)]) -> &'a MetricRow {
    analysis
        .metrics
        .iter()
        .find(|r| {
            r.metric == metric
                && r.dims.len() == dims.len()
                && dims
                    .iter()
                    .all(|(k, v)| r.dims.get(*k).is_some_and(|x| x == v))
        })
        .unwrap_or_else(|| panic!("no {metric} {dims:?}"))
}

fn comparison<'a>(analysis: &'a Analysis, dimension: &str, metric: &str) -> &'a Comparison {
    analysis
        .comparisons
        .iter()
        .find(|c| c.dimension == dimension && c.metric == metric)
        .unwrap_or_else(|| panic!("no {metric} by {dimension}"))
}

#[track_caller]
fn same(ours: f64, theirs: f64) {
    assert!(
        (ours - theirs).abs() <= 1e-9 * theirs.abs().max(1.0),
        "{ours} is not {theirs}"
    );
}

fn list(value: &Value) -> Vec<f64> {
    value
        .as_array()
        .unwrap()
        .iter()
        .map(|v| v.as_f64().unwrap())
        .collect()
}

/// `tests/reference/analysis.py` wrote the records, and the answers with numpy and scipy.
fn reference() -> (Workload, Value) {
    let records = formats::read(
        "native-records",
        include_bytes!("../../reference/analysis.jsonl"),
    );
    let answers = serde_json::from_str(include_str!("../../reference/analysis.json")).unwrap();
    (folded(records.records), answers)
}

#[test]
fn a_mean_has_an_interval_over_units() {
    let (workload, answers) = reference();
    let analysis = analysis_of(&workload);
    for mode in ["FANCY", "SIMPLE"] {
        let row = row(&analysis, "response_time", &[("mode", mode)]);
        let expected = list(&answers["response_time"][mode]);
        let interval = row.interval.as_ref().unwrap();
        same(row.mean.unwrap(), expected[0]);
        same(interval.low, expected[1]);
        same(interval.high, expected[2]);
        assert_eq!(row.units, Some(8));

        let success = super::analysis::row(&analysis, "success_rate", &[("mode", mode)]);
        let counts = list(&answers["success"][mode]);
        same(success.mean.unwrap(), counts[0] / counts[1]);
        let interval = success.interval.as_ref().unwrap();
        assert!(0.0 < interval.low && interval.low < success.mean.unwrap());
        assert!(success.mean.unwrap() < interval.high && interval.high < 1.0);
    }
}

#[test]
fn tasks_that_ran_in_both_modes_are_pairs() {
    let (workload, answers) = reference();
    let analysis = analysis_of(&workload);
    let time = comparison(&analysis, "mode", "response_time");
    let accuracy = comparison(&analysis, "mode", "accuracy");
    for (comparison, effect, p) in [
        (time, &answers["time_ratio"], &answers["time_p"]),
        (
            accuracy,
            &answers["accuracy_points"],
            &answers["accuracy_p"],
        ),
    ] {
        assert!(comparison.paired);
        assert_eq!(comparison.units, [8, 8]);
        assert_eq!(
            (&*comparison.base, &*comparison.candidate),
            ("FANCY", "SIMPLE")
        );
        let expected = list(effect);
        let ours = comparison.effect.as_ref().unwrap();
        same(ours.estimate, expected[0]);
        same(ours.low, expected[1]);
        same(ours.high, expected[2]);
        same(comparison.p.unwrap(), p.as_f64().unwrap());
        assert!(comparison.p_adjusted.unwrap() >= comparison.p.unwrap());
    }
    assert_eq!(time.verdict, ComparisonVerdict::Better);
    assert_eq!(accuracy.verdict, ComparisonVerdict::Worse);
    same(
        comparison(&analysis, "mode", "success_rate")
            .effect
            .as_ref()
            .unwrap()
            .estimate,
        22.0 / 24.0 - 23.0 / 24.0,
    );
}

#[test]
fn a_mock_is_counted_and_never_compared() {
    let (workload, _) = reference();
    let analysis = analysis_of(&workload);
    assert!(
        analysis
            .comparisons
            .iter()
            .all(|c| c.dimension != "interface")
    );
    let table = analysis
        .tables
        .iter()
        .find(|t| t.dimension == "interface")
        .unwrap();
    assert_eq!(table.base.as_deref(), Some("claude_code"));
    let mock = table.rows.iter().find(|r| r.value == "mock").unwrap();
    assert!(mock.is_mock);
    assert_eq!(mock.steps, Some(8));
    same(mock.share.unwrap(), 8.0 / 56.0);

    let config = Config {
        mock_interfaces: vec!["claude_code".into()],
        ..Config::default()
    };
    let table = &with(&workload, &config, None).tables[1];
    assert!(table.rows.iter().all(|r| r.is_mock));
    assert_eq!(table.base, None);
}

#[test]
fn too_few_units_are_no_verdict() {
    let lines: Vec<Value> = (0..6)
        .map(|i| {
            json!({"kind": "operation", "operation": "step", "duration": 1.0 + f64::from(i), "session": format!("s{i}"),
                "time": format!("2026-11-02T08:00:0{i}Z"), "mode": if i < 3 { "FANCY" } else { "SIMPLE" }})
        })
        .collect();
    let analysis = analysis_of(&native(&lines));
    let comparison = comparison(&analysis, "mode", "response_time");
    assert_eq!(comparison.verdict, ComparisonVerdict::Insufficient);
    assert_eq!((comparison.p, comparison.effect.as_ref()), (None, None));
    assert!(
        row(&analysis, "response_time", &[("mode", "FANCY")])
            .interval
            .is_none()
    );
    assert!(row(&analysis, "response_time", &[]).interval.is_some());
}

#[test]
fn what_is_not_measured_is_missing() {
    let analysis = analysis_of(&Workload::default());
    assert!(analysis.metrics.is_empty() && analysis.trends.is_empty());
    assert!(analysis.tables.is_empty() && analysis.resources.is_none());
    assert_eq!(analysis.headline.mood, Mood::Unknown);
    for indicator in &analysis.indicators {
        assert_eq!((indicator.value, indicator.n), (None, None));
        assert_eq!(indicator.verdict, TargetVerdict::Unknown);
        assert_eq!(indicator.note.as_deref(), Some("not measured"));
    }
    let titles: Vec<&str> = analysis.indicators.iter().map(|i| &*i.title).collect();
    assert_eq!(
        titles,
        [
            "Response time, mean",
            "Response time, p95",
            "Success rate",
            "Cache hit rate",
            "Token efficiency",
            "Memory, p95",
            "CPU, p95",
            "Disk, p95"
        ]
    );
}

/// Figures of the recorded monitor run; `fixtures/monitor-report/README.md` says where they are from.
#[test]
fn monitor_reports_are_described() {
    let mut records = Records::default();
    let mut files: Vec<_> = std::fs::read_dir("fixtures/monitor-report/restarted")
        .unwrap()
        .map(|f| f.unwrap().path())
        .collect();
    files.sort();
    for file in files {
        let reading = formats::read("monitor-report", &std::fs::read(file).unwrap());
        records.append(reading.records);
    }
    let analysis = analysis_of(&folded(records));
    let cpu = row(&analysis, "cpu_utilization", &[]);
    assert_eq!(cpu.n, Some(60));
    assert!((cpu.mean.unwrap() - 0.6987).abs() < 5e-5);
    assert!((cpu.median.unwrap() / 0.98 - 1.0).abs() < 0.004);
    assert_eq!(
        (cpu.min, cpu.max, cpu.p95),
        (Some(0.0), Some(1.0), Some(1.0))
    );
    let memory = row(&analysis, "memory_utilization", &[]);
    assert!((memory.mean.unwrap() - 0.03435).abs() < 5e-6);
    assert_eq!((memory.min, memory.max), (Some(0.024), Some(0.047)));

    let cpu = analysis
        .indicators
        .iter()
        .find(|i| i.metric == "cpu_utilization")
        .unwrap();
    assert_eq!(cpu.verdict, TargetVerdict::Missed);
    let resources = analysis.resources.unwrap();
    let total = |metric: &str| {
        resources
            .rows
            .iter()
            .find(|r| r.metric == metric)
            .unwrap()
            .total
    };
    assert_eq!(total("network_sent"), Some(284_374.0));
    assert_eq!(total("network_received"), Some(28_454_953.0));
}

/// The FANCY/SIMPLE block reports per mode, and nothing over all.
#[test]
fn summaries_are_shown_as_reported() {
    let reading = formats::fixture("mode-block", "mode-block/modes.json");
    let analysis = analysis_of(&folded(reading.records));
    let fancy = row(&analysis, "context_preparation_time", &[("mode", "FANCY")]);
    assert!(fancy.reported);
    assert_eq!((fancy.mean, fancy.n, fancy.units), (Some(2.3), None, None));
    assert!(fancy.interval.is_none());
    let table = &analysis.tables[0];
    let cells = &table
        .rows
        .iter()
        .find(|r| r.value == "FANCY")
        .unwrap()
        .cells;
    assert_eq!(cells["memory_usage"].value, 245e6);
    assert_eq!(cells["memory_usage"].source, CellSource::Reported);
    assert_eq!(cells["file_use_rate"].of, Some([23.0, 150.0]));
    // The memory of a process is not that of the machine.
    let memory = analysis
        .indicators
        .iter()
        .find(|i| i.metric == "memory_utilization")
        .unwrap();
    assert_eq!(memory.value, None);
    let cache = analysis
        .indicators
        .iter()
        .find(|i| i.metric == "cache_hit_rate")
        .unwrap();
    assert_eq!(
        (cache.value, cache.note.as_deref()),
        (None, Some("reported by mode only"))
    );
    assert!(analysis.comparisons.is_empty());
}

#[test]
fn a_target_of_the_users_is_judged() {
    let (workload, _) = reference();
    let mut config = Config::default();
    let target = |value| Target {
        value,
        origin: Origin::CommandLine("--target".into()),
    };
    config
        .targets
        .insert((Metric::Accuracy, TargetStatistic::Mean), target(0.95));
    config
        .targets
        .insert((Metric::ErrorRate, TargetStatistic::Mean), target(0.5));
    let analysis = with(&workload, &config, None);
    let accuracy = analysis.indicators.last().unwrap();
    assert_eq!(
        (&*accuracy.title, accuracy.verdict),
        ("Accuracy", TargetVerdict::Missed)
    );
    let target = accuracy.target.as_ref().unwrap();
    same(target.value, 0.95);
    assert_eq!((target.limit, &*target.origin), (Limit::Lower, "--target"));
    assert_eq!(
        row(&analysis, "error_rate", &[]).verdict,
        TargetVerdict::Met
    );
}

#[test]
fn a_further_dimension_is_described_and_compared() {
    let lines: Vec<Value> = (0..12)
        .map(|i| {
            json!({"kind": "operation", "operation": "step", "duration": if i % 3 == 0 { 9.0 + f64::from(i) } else { 1.0 + f64::from(i) / 100.0 },
                "session": format!("s{i}"), "time": format!("2026-11-02T08:00:{i:02}Z"), "team": if i % 3 == 0 { "red" } else { "blue" }})
        })
        .collect();
    let workload = native(&lines);
    assert!(analysis_of(&workload).comparisons.is_empty());
    let analysis = with(&workload, &Config::default(), Some("team"));
    assert_eq!(
        row(&analysis, "response_time", &[("team", "red")]).n,
        Some(4)
    );
    let comparison = comparison(&analysis, "team", "response_time");
    assert_eq!((&*comparison.base, &*comparison.candidate), ("blue", "red"));
    assert_eq!(comparison.units, [8, 4]);
    // Of all 495 splits this one, and the one the other way, are as extreme.
    same(comparison.p.unwrap(), 2.0 / 495.0);
    assert_eq!(comparison.verdict, ComparisonVerdict::Worse);
    assert_eq!(
        with(&workload, &Config::default(), Some("absent")).comparisons,
        []
    );
}
