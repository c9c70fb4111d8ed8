//! Facts of the machine: modes under load, memory of processes, retired models.

use std::collections::{BTreeMap, BTreeSet};

use super::gather::number;
use super::{Fact, Facts};
use crate::advise::Observed;
use crate::advise::library::{embedded_text, parse};
use crate::advise::rule::Subject;
use crate::config::{TargetStatistic, part_targets};
use crate::metrics::Metric;
use crate::record::{Dimension, Measured, Name};
use crate::stats::{clustered, normal, trend};
use crate::workload::{CELL, Figure, Filter, GroupKey, Grouping, SAMPLE_CELL, Workload};

/// Confidence of facts: what was measured.
const LEVEL: f64 = 0.95;

/// Windows into which the samples of a process are joined, at most.
const WINDOWS: i64 = 60;

/// The table of models that their provider retires.
const RETIRED: &str = "heuristics/agent/retired-models.data.yaml";

pub(super) fn gather(case: Observed<'_>, facts: &mut Facts) {
    load(case, facts);
    processes(case.workload, facts);
    models(case.workload, facts);
}

/// FANCY in quarters of an hour in which CPU or memory is over its target, and in the others.
fn load(case: Observed<'_>, facts: &mut Facts) {
    let workload = case.workload;
    let Some(fancy) = workload.catalog.names.find("FANCY").map(Name) else {
        return;
    };
    let Some(loaded) = loaded_windows(case) else {
        return;
    };
    let response = Measured::Known(Metric::ResponseTime);
    let filter = Filter::of(Dimension::Mode, fancy);
    let (under, quiet): (Vec<_>, Vec<_>) = workload
        .group(response, &filter, Grouping::Window(CELL))
        .into_iter()
        .partition(|(key, _)| loaded.contains(key));
    if under.is_empty() && quiet.is_empty() {
        return;
    }
    let windows = under.len() as u64;
    facts.add("load.windows", Fact::default().count("value", windows));
    let unit = Metric::ResponseTime.row().unit;
    let mut all = Figure::default();
    under.iter().for_each(|(_, f)| all.merge(f));
    if let Some(p95) = all.quantile(0.95, unit) {
        facts.add(
            "load.fancy_p95",
            Fact::of(p95).count("n", all.n).count("units", windows),
        );
    }
    let mean = |groups: &[(GroupKey, Figure)]| {
        let sums: Vec<f64> = groups.iter().map(|(_, f)| f.total(unit)).collect();
        let ns: Vec<f64> = groups.iter().map(|(_, f)| number(f.n)).collect();
        let pooled = sums.iter().sum::<f64>() / ns.iter().sum::<f64>();
        (pooled, clustered::mean_on_logs(&sums, &ns, LEVEL))
    };
    let ((loaded_mean, a), (quiet_mean, b)) = (mean(&under), mean(&quiet));
    let ratio = loaded_mean / quiet_mean;
    // Both means are independent: the half-widths of their logarithms, put back to standard errors, add
    // up as squares; Student's t at the fewer windows.
    let factor = a.zip(b).and_then(|(a, b)| {
        let fewer = under.len().min(quiet.len()) as f64 - 1.0;
        let t = |n: usize| normal::critical_t(LEVEL, n as f64 - 1.0);
        let error = |e: crate::stats::Estimate, n: usize| Some((e.high / e.estimate).ln() / t(n)?);
        let both = error(a, under.len())?.hypot(error(b, quiet.len())?);
        Some((normal::critical_t(LEVEL, fewer)? * both).exp())
    });
    facts.add(
        "load.time_ratio",
        Fact::default()
            .with("value", ratio)
            .with_some("low", factor.map(|f| ratio / f))
            .with_some("high", factor.map(|f| ratio * f))
            .count("n", all.n)
            .count("units", windows),
    );
}

/// Quarters of an hour in which CPU or memory is over its target; `None` without samples of either.
fn loaded_windows(case: Observed<'_>) -> Option<BTreeSet<GroupKey>> {
    let mut loaded = BTreeSet::new();
    let mut has_samples = false;
    let parts = part_targets(case.config, crate::config::Profile::Orchestrator);
    for part in parts.into_iter().filter(|p| {
        p.statistic == TargetStatistic::P95
            && matches!(p.metric, Metric::CpuUtilization | Metric::MemoryUtilization)
    }) {
        let Some(target) = part.target else { continue };
        let unit = part.metric.row().unit;
        let windows = case.workload.group(
            Measured::Known(part.metric),
            &Filter::default(),
            Grouping::Window(CELL),
        );
        has_samples |= !windows.is_empty();
        loaded.extend(
            windows
                .into_iter()
                .filter(|(_, f)| f.mean(unit).is_some_and(|mean| mean > target))
                .map(|(key, _)| key),
        );
    }
    has_samples.then_some(loaded)
}

/// The rise of each process's lowest memory: the smallest value of each of up to 60 windows, from the
/// first quarter of them to the last; p of Mann and Kendall's test in each half, one-sided, adjusted for
/// halves and processes by Bonferroni.
fn processes(workload: &Workload, facts: &mut Facts) {
    let mut of_process: BTreeMap<Name, Vec<(i64, i64)>> = BTreeMap::new();
    for series in workload.series_of(Measured::Known(Metric::MemoryUsage)) {
        let process = workload.catalog.dimension(series.dims, Dimension::Process);
        if process.is_some() {
            let cells = of_process.entry(process).or_default();
            cells.extend(
                series
                    .cells
                    .iter()
                    .map(|(cell, values)| (*cell, values.min())),
            );
        }
    }
    let tests = 2.0 * of_process.len() as f64;
    for (process, mut cells) in of_process {
        cells.sort_unstable();
        let (Some(first), Some(last)) = (cells.first(), cells.last()) else {
            continue;
        };
        let (first, span) = (first.0, last.0 - first.0 + 1);
        let length = (span + WINDOWS - 1) / WINDOWS;
        let mut windows: BTreeMap<i64, i64> = BTreeMap::new();
        for (cell, least) in cells {
            let window = windows.entry((cell - first) / length).or_insert(least);
            *window = least.min(*window);
        }
        let lowest: Vec<f64> = windows.values().map(|v| *v as f64).collect();
        let (early, late) = lowest.split_at(lowest.len() / 2);
        let rises = |half: &[f64]| -> Option<f64> {
            let test = trend::mann_kendall(half)?;
            Some(if test.s > 0.0 {
                test.p / 2.0
            } else {
                1.0 - test.p / 2.0
            })
        };
        let quarter = lowest.len().div_ceil(4);
        let least = |part: &[f64]| part.iter().copied().fold(f64::INFINITY, f64::min);
        let (from, to) = (
            least(&lowest[..quarter]),
            least(&lowest[lowest.len() - quarter..]),
        );
        let name = workload.catalog.text(process).to_owned();
        let mut add = |fact: &str, value: Fact| facts.add_of(Subject::Process, &name, fact, value);
        if from > 0.0 {
            add(
                "process.memory_rise",
                Fact::of(to / from - 1.0)
                    .count("n", lowest.len() as u64)
                    .count("units", lowest.len() as u64),
            );
        }
        if let (Some(a), Some(b)) = (rises(early), rises(late)) {
            add("process.rise_p", Fact::of((a.max(b) * tests).min(1.0)));
        }
        let seconds = (span * SAMPLE_CELL) as f64 / 1e9;
        add("process.hours", Fact::of(seconds / 3_600.0));
    }
}

/// The table of retired models.
#[derive(serde::Deserialize)]
struct Retired {
    models: Vec<RetiredModel>,
}

#[derive(serde::Deserialize)]
struct RetiredModel {
    model: String,
    retired: jiff::civil::Date,
}

/// Whether each model is retired at the end of the period.
fn models(workload: &Workload, facts: &mut Facts) {
    let models = workload.values_of(Dimension::Model);
    let Some((_, end)) = workload.period.filter(|_| !models.is_empty()) else {
        return;
    };
    let Some(table) = embedded_text(RETIRED).and_then(|text| parse::<Retired>(text).ok()) else {
        return;
    };
    let today = end
        .timestamp()
        .to_zoned_datetime(jiff::tz::TimeZone::UTC)
        .date();
    for (model, n) in models {
        let name = workload.catalog.text(model);
        let is_retired = table
            .models
            .iter()
            .any(|row| row.model == name && row.retired <= today);
        facts.add_of(
            Subject::Model,
            name,
            "model.is_retired",
            Fact::is(is_retired).count("n", n).named(name),
        );
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_table_of_retired_models_is_readable() {
        let table: Retired = parse(embedded_text(RETIRED).unwrap()).unwrap();
        assert!(table.models.len() > 50);
    }
}
