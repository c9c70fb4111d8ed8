//! Known answers of a whole workload: records in, figures of the generator's truth out.

mod document;
mod order;
mod pieces;
mod steps;
mod stops;
mod streams;
mod wall_clock;

use std::path::{Path, PathBuf};

use perfadvise::metrics::Metric;
use perfadvise::record::{Dimension, Measured};
use perfadvise::units::{NANOS, Time};
use perfadvise::workload::{Figure, Filter, FoldOptions, Grouping, Workload, fold};
use serde_json::Value;

use super::formats::{self, read_bytes};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures/native-records")
        .join(name)
}

fn workload_of(path: &Path) -> Workload {
    let (records, problems) = read_bytes("native-records", &std::fs::read(path).unwrap());
    assert!(problems.is_empty(), "{problems:?}");
    fold(records, &FoldOptions::default())
}

fn truth_of(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// A number of the truth; `null` is `None`.
fn number(value: &Value, path: &str) -> Option<f64> {
    value.pointer(path).and_then(Value::as_f64)
}

struct Comparison<'a> {
    workload: &'a Workload,
    filter: Filter,
    truth: &'a Value,
    what: String,
}

impl Comparison<'_> {
    fn figure(&self, metric: Metric) -> Figure {
        self.workload.figure(metric, &self.filter)
    }

    fn near(&self, what: &str, ours: Option<f64>, path: &str, tolerance: f64) {
        match (ours, number(self.truth, path)) {
            (Some(ours), Some(truth)) => assert!(
                (ours - truth).abs() <= tolerance * truth.abs(),
                "{} {what}: {ours} for {truth}",
                self.what
            ),
            (ours, truth) => assert_eq!(ours, truth, "{} {what}", self.what),
        }
    }

    fn same(&self, what: &str, ours: u64, path: &str) {
        #[allow(clippy::cast_precision_loss)]
        self.near(what, Some(ours as f64), path, 0.0);
    }

    /// A mean of whole nanoseconds: only the last digits of the floats may differ.
    fn mean(&self, metric: Metric, path: &str) {
        let ours = self.figure(metric).mean(metric.row().unit);
        self.near(metric.name(), ours, path, 1e-12);
    }

    fn total(&self, metric: Metric, path: &str) {
        let ours = self.figure(metric).total(metric.row().unit);
        let truth = number(self.truth, path).unwrap_or(0.0);
        assert!(
            (ours - truth).abs() < 1e-9 * truth.max(1.0),
            "{} {}: {ours} for {truth}",
            self.what,
            metric.name()
        );
    }

    fn all(&self) {
        let response = self.figure(Metric::ResponseTime);
        let seconds = Metric::ResponseTime.row().unit;
        self.same("n", response.n, "/response_time/n");
        self.mean(Metric::ResponseTime, "/response_time/mean");
        self.total(Metric::ResponseTime, "/response_time/total");
        for (q, path) in [(0.5, "p50"), (0.95, "p95"), (0.99, "p99")] {
            let path = format!("/response_time/{path}");
            self.near(&path, response.quantile(q, seconds), &path, 1.0 / 256.0);
        }
        self.total(Metric::ErrorTime, "/error_time_total");
        self.same("steps", self.figure(Metric::SuccessRate).n, "/steps");
        self.mean(Metric::SuccessRate, "/success_rate");
        self.mean(Metric::ErrorRate, "/error_rate");
        self.mean(Metric::TimeoutRate, "/timeout_rate");
        self.same(
            "attempts",
            self.figure(Metric::AttemptSuccessRate).n,
            "/attempts",
        );
        self.mean(Metric::AttemptSuccessRate, "/attempt_success_rate");
        self.same(
            "model_time n",
            self.figure(Metric::ModelTime).n,
            "/model_time/n",
        );
        self.mean(Metric::ModelTime, "/model_time/mean");
        self.mean(Metric::CacheHitRate, "/cache_hit_rate");
        self.same(
            "lookups",
            self.figure(Metric::CacheHitRate).n,
            "/cache_lookups",
        );
        let misses = self.figure(Metric::ContextPreparationTime).n;
        self.same("misses", misses, "/context_preparation_time/n");
        self.mean(
            Metric::ContextPreparationTime,
            "/context_preparation_time/mean",
        );
        self.total(Metric::QueueTime, "/wait_queue/total");
        self.total(Metric::BackoffTime, "/wait_backoff_total");
        self.total(Metric::InputTokens, "/tokens/input");
        self.total(Metric::OutputTokens, "/tokens/output");
        self.total(Metric::CacheReadTokens, "/tokens/cache_read");
        self.total(Metric::CacheWriteTokens, "/tokens/cache_write");
        self.total(Metric::Cost, "/cost");
        let retries = self.figure(Metric::Retries);
        self.same(
            "retries and steps",
            retries.n - u64::try_from(retries.sum).unwrap(),
            "/steps",
        );
        let budget = self.figure(Metric::TokenEfficiency).n;
        if budget > 0 {
            self.same("budget", budget, "/tokens/budget");
        }
        self.same("tasks", self.figure(Metric::TaskSuccessRate).n, "/tasks");
        self.mean(Metric::TaskSuccessRate, "/task_success_rate");
        self.same("accuracy n", self.figure(Metric::Accuracy).n, "/accuracy/n");
        self.mean(Metric::Accuracy, "/accuracy/mean");
        // Tool calls count their time by outcome: successes in the one, failures in none.
        let tools = self.figure(Metric::ToolTime).total(seconds);
        assert!(tools <= number(self.truth, "/tool_time_total").unwrap() + 1e-9);
    }
}

/// Figures of samples.
fn compare_samples(workload: &Workload, truth: &Value) {
    let all = Comparison {
        workload,
        filter: Filter::default(),
        truth: &truth["figures"],
        what: "all".into(),
    };
    all.mean(Metric::MemoryUsage, "/memory_usage/mean");
    all.same(
        "samples",
        all.figure(Metric::MemoryUsage).n,
        "/memory_usage/n",
    );
    all.near(
        "cpu",
        all.figure(Metric::CpuUtilization)
            .mean(Metric::CpuUtilization.row().unit),
        "/cpu_utilization/mean",
        1e-4,
    );
}

/// All figures of the truth, over all and by each dimension.
fn compare(workload: &Workload, truth: &Value) {
    let figures = &truth["figures"];
    let all = Comparison {
        workload,
        filter: Filter::default(),
        truth: figures,
        what: "all".into(),
    };
    all.all();
    for (name, dimension) in [
        ("mode", Dimension::Mode),
        ("interface", Dimension::Interface),
        ("purpose", Dimension::Purpose),
        ("host", Dimension::Host),
    ] {
        for (value, truth) in figures[format!("by_{name}")].as_object().unwrap() {
            let name = workload.catalog.names.find(value.as_str()).unwrap();
            let filter = Filter::of(dimension, perfadvise::record::Name(name));
            Comparison {
                workload,
                filter,
                truth,
                what: value.clone(),
            }
            .all();
        }
    }
    for (day, truth) in figures["by_day"].as_object().unwrap() {
        let from: jiff::Timestamp = format!("{day}T00:00:00Z").parse().unwrap();
        let from = Time::from_timestamp(from);
        let to = Time(from.0 + 86_400 * NANOS);
        let filter = Filter {
            from: Some(from),
            to: Some(to),
            ..Filter::default()
        };
        let response = workload.figure(Metric::ResponseTime, &filter);
        assert_eq!(
            Some(response.n as f64),
            number(truth, "/response_time/n"),
            "{day}"
        );
    }
}

/// The generator's small workload, as `fixtures/native-records/README.md` tells.
#[test]
fn figures_are_the_truth() {
    let workload = workload_of(&fixture("workload.jsonl"));
    let truth = truth_of(&fixture("workload.truth.json"));
    compare(&workload, &truth);
    compare_samples(&workload, &truth);
    assert_eq!(Some(workload.counts.records), truth["records"].as_u64());
    assert_eq!(
        Some(workload.counts.sessions),
        truth["demand"]["sessions"].as_u64()
    );
    assert_eq!(workload.counts.duplicates, 0);
    assert_eq!(workload.counts.sample_interval, 3_600 * NANOS);
    assert_eq!(workload.counts.gaps, 0);
}

/// A larger one, where someone wrote it: `PERFADVISE_WORKLOAD` names the generator's folder.
#[test]
fn figures_of_a_larger_workload_are_the_truth() {
    let Some(folder) = std::env::var_os("PERFADVISE_WORKLOAD").map(PathBuf::from) else {
        return;
    };
    let workload = workload_of(&folder.join("records.jsonl"));
    let truth = truth_of(&folder.join("truth.json"));
    compare(&workload, &truth);
    compare_samples(&workload, &truth);
}

/// Units are session × task, rows lie in their unit, and groups add up to the whole.
#[test]
fn groups_add_up() {
    let workload = workload_of(&fixture("workload.jsonl"));
    let metric = Measured::Known(Metric::ResponseTime);
    let all = workload.figure(Metric::ResponseTime, &Filter::default());
    for grouping in [
        Grouping::Unit,
        Grouping::Task,
        Grouping::Window(3_600 * NANOS),
        Grouping::Dimension(Dimension::Mode),
    ] {
        let groups = workload.group(metric, &Filter::default(), grouping);
        assert!(groups.len() > 1);
        assert!(groups.windows(2).all(|w| w[0].0 < w[1].0));
        let mut sum = Figure::default();
        groups.iter().for_each(|(_, f)| sum.merge(f));
        assert_eq!(sum, all, "{grouping:?}");
    }
    assert!(workload.units.iter().all(|u| u.name.contains('/')));
    let memory = Measured::Known(Metric::MemoryUsage);
    let cells = workload.cells(memory, &Filter::default());
    let sampled: u64 = cells
        .iter()
        .flat_map(|c| c.iter())
        .map(|(_, v)| v.n())
        .sum();
    assert_eq!(
        sampled,
        workload.figure(Metric::MemoryUsage, &Filter::default()).n
    );
    let units = workload.group(memory, &Filter::default(), Grouping::Unit);
    assert!(units.is_empty());
}

/// Two runs of a monitor: gaps as the intervals of the 60 snapshots, sorted, tell.
#[test]
fn gaps_of_a_restarted_monitor() {
    let ingested = formats::folder("monitor-report/restarted");
    let options = FoldOptions {
        file_ranks: ingested.files.iter().map(|f| f.rank).collect(),
        ..FoldOptions::default()
    };
    let counts = fold(ingested.records, &options).counts;
    assert_eq!(counts.sample_interval, 2_011_353_000);
    assert_eq!((counts.gaps, counts.longest_gap), (1, 11_670_429_000));
    assert_eq!((counts.records, counts.duplicates), (60, 0));
}

/// The week of the demonstration, read as the program reads it (its samples stand in reports).
#[test]
fn the_demonstration_tells_its_truth() {
    let ingested = formats::folder("demo/records");
    let options = FoldOptions {
        file_ranks: ingested.files.iter().map(|f| f.rank).collect(),
        ..FoldOptions::default()
    };
    let workload = fold(ingested.records, &options);
    compare(
        &workload,
        &truth_of(Path::new("tests/reference/demo/truth.json")),
    );
}
