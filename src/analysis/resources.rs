//! The machine: what samples tell of CPU, memory, disk, load, network, checks and processes.

use std::collections::BTreeMap;

use crate::assessment::{ProcessRow, ResourceRow, Resources, Trend};
use crate::metrics::{Kind, Metric};
use crate::record::{Dimension, Measured, Name, Statistic};
use crate::workload::{Filter, GroupKey, Grouping, Workload};

use super::reported::Reported;
use super::spreads::Spreads;

/// Rows that stand here even where nothing was measured: that is worth knowing.
const ALWAYS: [Metric; 3] = [
    Metric::CpuUtilization,
    Metric::MemoryUtilization,
    Metric::DiskUtilization,
];

/// Rows that stand here where something was measured.
const WHERE_KNOWN: [Metric; 8] = [
    Metric::SystemLoad,
    Metric::MemoryUsage,
    Metric::ProcessCpu,
    Metric::ActiveProcesses,
    Metric::NetworkSent,
    Metric::NetworkReceived,
    Metric::CheckTime,
    Metric::Uptime,
];

/// Processes that are listed.
const MOST_PROCESSES: usize = 5;

/// The machine; `None` where neither a sample nor a summary tells anything of it.
pub(super) fn resources(
    spreads: &Spreads<'_>,
    reported: &Reported<'_>,
    trends: &[Trend],
) -> Option<Resources> {
    let workload = spreads.workload;
    let known: Vec<ResourceRow> = ALWAYS
        .into_iter()
        .chain(WHERE_KNOWN)
        .filter_map(|metric| known_row(spreads, reported, trends, metric))
        .collect();
    if known.is_empty() {
        return None;
    }
    let mut known: BTreeMap<String, ResourceRow> =
        known.into_iter().map(|r| (r.metric.clone(), r)).collect();
    let rows = ALWAYS
        .into_iter()
        .map(|metric| {
            known
                .remove(metric.name())
                .unwrap_or_else(|| not_measured(metric))
        })
        .collect::<Vec<_>>()
        .into_iter()
        .chain(WHERE_KNOWN.iter().filter_map(|m| known.remove(m.name())))
        .collect();
    Some(Resources {
        samples: workload.counts.samples,
        hosts: (workload.values_of(Dimension::Host).len() as u64).max(1),
        rows,
        processes: processes(workload),
    })
}

fn known_row(
    spreads: &Spreads<'_>,
    reported: &Reported<'_>,
    trends: &[Trend],
    metric: Metric,
) -> Option<ResourceRow> {
    let traits = metric.row();
    let mut row = not_measured(metric);
    if let Some(spread) = spreads.all(metric) {
        let whole = &spread.whole;
        row.n = whole.n;
        row.note = None;
        row.mean = (traits.kind != Kind::Total)
            .then(|| whole.mean(traits.unit))
            .flatten();
        row.p95 = (traits.kind == Kind::Value)
            .then(|| whole.quantile(0.95, traits.unit))
            .flatten();
        #[allow(clippy::cast_precision_loss)]
        let max = whole.max as f64 / traits.unit.scale();
        row.max = (traits.kind == Kind::Value).then_some(max);
        row.total = (traits.kind == Kind::Total).then(|| whole.total(traits.unit));
        row.trend = trends
            .iter()
            .find(|t| t.metric == traits.name && t.dims.is_empty())
            .map(|t| t.direction);
        return Some(row);
    }
    let find = |statistic| reported.overall(metric.into(), statistic);
    row.mean = find(Statistic::Mean).map(|a| a.value);
    row.p95 = find(Statistic::P95).map(|a| a.value);
    row.max = find(Statistic::Max).map(|a| a.value);
    row.total = find(Statistic::Total).map(|a| a.value);
    row.n = find(Statistic::Mean).and_then(|a| a.n).unwrap_or(0);
    row.note = Some("as reported by the input".into());
    [row.mean, row.p95, row.max, row.total]
        .iter()
        .any(Option::is_some)
        .then_some(row)
}

fn not_measured(metric: Metric) -> ResourceRow {
    let traits = metric.row();
    ResourceRow {
        title: traits.title.into(),
        metric: traits.name.into(),
        unit: traits.unit,
        mean: None,
        p95: None,
        max: None,
        total: None,
        n: 0,
        trend: None,
        note: Some("not measured".into()),
    }
}

/// The processes with the largest p95 of memory, then of CPU.
fn processes(workload: &Workload) -> Vec<ProcessRow> {
    let p95 = |metric: Metric| -> BTreeMap<Name, (Option<f64>, u64)> {
        workload
            .group(
                Measured::Known(metric),
                &Filter::default(),
                Grouping::Dimension(Dimension::Process),
            )
            .into_iter()
            .filter_map(|(key, figure)| match key {
                GroupKey::Value(name) => {
                    Some((name, (figure.quantile(0.95, metric.row().unit), figure.n)))
                }
                _ => None,
            })
            .collect()
    };
    let (memory, cpu) = (p95(Metric::MemoryUsage), p95(Metric::ProcessCpu));
    let mut rows: Vec<ProcessRow> = memory
        .keys()
        .chain(cpu.keys().filter(|name| !memory.contains_key(name)))
        .map(|name| {
            let (memory, cpu) = (memory.get(name), cpu.get(name));
            ProcessRow {
                process: workload.catalog.text(*name).to_owned(),
                cpu_p95: cpu.and_then(|(p95, _)| *p95),
                memory_p95: memory.and_then(|(p95, _)| *p95),
                n: memory
                    .map_or(0, |(_, n)| *n)
                    .max(cpu.map_or(0, |(_, n)| *n)),
            }
        })
        .collect();
    // Largest first; what is not known comes last; ties by name.
    let order = |value: Option<f64>| value.unwrap_or(f64::NEG_INFINITY);
    rows.sort_by(|a, b| {
        order(b.memory_p95)
            .total_cmp(&order(a.memory_p95))
            .then(order(b.cpu_p95).total_cmp(&order(a.cpu_p95)))
            .then_with(|| a.process.cmp(&b.process))
    });
    rows.truncate(MOST_PROCESSES);
    rows
}
