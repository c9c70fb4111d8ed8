//! The present: the newest samples of the machine and its processes, and the units that were active last.

use std::collections::BTreeMap;

use crate::assessment::{Latest, ProcessReading, Reading, SessionRow};
use crate::metrics::{Metric, Unit};
use crate::record::{Dimension, DimsId, Measured, Name, OperationKind, OutcomeKind};
use crate::units::Time;
use crate::workload::{CELL, Figure, Row, SAMPLE_CELL, SampleSeries, UnitId, Workload};

/// Measures that are a value at a time.
const VALUES: [Metric; 5] = [
    Metric::CpuUtilization,
    Metric::MemoryUtilization,
    Metric::DiskUtilization,
    Metric::SystemLoad,
    Metric::ActiveProcesses,
];

/// Measures that no metric of the registry is, by the names that the monitor writes.
const NAMED: [(&str, Unit); 3] = [
    ("swap_utilization", Unit::Ratio),
    ("disk_read_rate", Unit::Bytes),
    ("disk_write_rate", Unit::Bytes),
];

/// Sums between two samples, of which is told how much it is in a second.
const TRAFFIC: [(Metric, &str); 2] = [
    (Metric::NetworkSent, "network_sent_rate"),
    (Metric::NetworkReceived, "network_received_rate"),
];

/// Processes that are listed.
const MOST_PROCESSES: usize = 8;

/// Processes that were not seen for this long while others were are gone, in cells of samples.
const GONE_AFTER: i64 = 4;

/// The present, as far as a workload tells.
#[must_use]
pub fn latest(workload: &Workload) -> Latest {
    let (sessions, sessions_total) = sessions(workload);
    Latest {
        readings: readings(workload),
        processes: processes(workload),
        sessions,
        sessions_total,
        projects: workload.values_of(Dimension::Project).len() as u64,
        machine: None,
    }
}

fn readings(workload: &Workload) -> Vec<Reading> {
    let of_registry = VALUES
        .into_iter()
        .filter_map(|metric| reading(workload, metric.into(), metric.name(), metric.row().unit));
    let named = NAMED.into_iter().filter_map(|(name, unit)| {
        let custom = Measured::Custom(Name(workload.catalog.names.find(name)?));
        let reading = reading(workload, custom, name, Unit::Unknown)?;
        Some(Reading { unit, ..reading })
    });
    let traffic = TRAFFIC
        .into_iter()
        .filter_map(|(metric, name)| rate(workload, metric, name));
    of_registry.chain(named).chain(traffic).collect()
}

/// Series of the machine as a whole: a core, a process or a check is told apart by more than the rest.
fn of_machine(workload: &Workload, measured: Measured) -> impl Iterator<Item = &SampleSeries> {
    workload.series_of(measured).iter().filter(|series| {
        let dims = workload.catalog.dims.get(series.dims.0);
        dims.iter().all(|(dimension, _)| {
            matches!(
                dimension,
                Dimension::Host | Dimension::Mode | Dimension::Interface | Dimension::Project
            )
        })
    })
}

/// The newest value, of several machines that of the one that was seen last.
fn reading(workload: &Workload, measured: Measured, metric: &str, unit: Unit) -> Option<Reading> {
    let newest = |s: &&SampleSeries| s.cells.last().map_or(i64::MIN, |(cell, _)| *cell);
    let series = of_machine(workload, measured).max_by_key(newest)?;
    let (cell, values) = series.cells.last()?;
    Some(Reading {
        metric: metric.to_owned(),
        unit,
        value: values.total().mean(unit)?,
        at: at(*cell),
        host: named(workload, series.dims, Dimension::Host),
    })
}

/// What the newest sample of a sum says, in a second: since the sample before it.
fn rate(workload: &Workload, metric: Metric, name: &str) -> Option<Reading> {
    let unit = metric.row().unit;
    // Modes may have changed between two samples of a host, which are then in two series.
    let mut by_host: BTreeMap<Name, BTreeMap<i64, f64>> = BTreeMap::new();
    for series in of_machine(workload, metric.into()) {
        let host = workload.catalog.dimension(series.dims, Dimension::Host);
        let cells = by_host.entry(host).or_default();
        for (cell, values) in series.cells.iter().rev().take(2) {
            *cells.entry(*cell).or_default() += values.total().total(unit);
        }
    }
    let newest = |cells: &BTreeMap<i64, f64>| cells.keys().next_back().copied();
    let (host, cells) = by_host.into_iter().max_by_key(|(_, cells)| newest(cells))?;
    let mut back = cells.iter().rev();
    let ((last, sum), (before, _)) = (back.next()?, back.next()?);
    #[allow(clippy::cast_precision_loss)]
    let seconds = ((last - before) * SAMPLE_CELL) as f64 / 1e9;
    Some(Reading {
        metric: name.to_owned(),
        unit,
        value: sum / seconds,
        at: at(*last),
        host: text(workload, host),
    })
}

fn processes(workload: &Workload) -> Vec<ProcessReading> {
    // By name: the newest cell, CPU and memory then.
    let mut known: BTreeMap<Name, ProcessReading> = BTreeMap::new();
    for (metric, is_cpu) in [(Metric::ProcessCpu, true), (Metric::MemoryUsage, false)] {
        let unit = metric.row().unit;
        for series in workload.series_of(metric.into()) {
            let name = workload.catalog.dimension(series.dims, Dimension::Process);
            let Some((cell, values)) = series.cells.last().filter(|_| name.is_some()) else {
                continue;
            };
            let process = known.entry(name).or_insert_with(|| ProcessReading {
                process: workload.catalog.text(name).to_owned(),
                pid: None,
                cpu: None,
                memory: None,
                at: Time(i64::MIN),
            });
            if at(*cell) > process.at {
                process.at = at(*cell);
                (process.cpu, process.memory) = (None, None);
            }
            if at(*cell) == process.at {
                let value = values.total().mean(unit);
                match is_cpu {
                    true => process.cpu = value,
                    false => process.memory = value,
                }
            }
        }
    }
    let newest = known.values().map(|p| p.at.0).max().unwrap_or(i64::MIN);
    let mut all: Vec<ProcessReading> = known
        .into_values()
        .filter(|p| p.at.0 >= newest.saturating_sub(GONE_AFTER * SAMPLE_CELL))
        .collect();
    let order = |value: Option<f64>| value.unwrap_or(f64::NEG_INFINITY);
    all.sort_by(|a, b| {
        order(b.cpu)
            .total_cmp(&order(a.cpu))
            .then(order(b.memory).total_cmp(&order(a.memory)))
    });
    all.truncate(MOST_PROCESSES);
    all
}

/// What rows of a unit add up to.
#[derive(Default)]
struct Sum {
    cells: Option<(i32, i32)>,
    newest: DimsId,
    steps: u64,
    failed: u64,
    tool_calls: u64,
    time: Figure,
    with_tokens: u64,
    tokens: u64,
    with_cost: u64,
    cost: i128,
    priced: u64,
    computed_cost: i128,
}

/// The units that were active last, and how many there are.
fn sessions(workload: &Workload) -> (Vec<SessionRow>, u64) {
    let mut sums: BTreeMap<UnitId, Sum> = BTreeMap::new();
    for row in workload.rows.iter().filter(|r| r.key.unit != UnitId::NONE) {
        sums.entry(row.key.unit).or_default().add(row);
    }
    let total = sums.len() as u64;
    let mut order: Vec<(UnitId, Sum)> = sums.into_iter().collect();
    // Newest first; of the same quarter of an hour by name, which is the order of their numbers.
    order.sort_by_key(|(_, sum)| std::cmp::Reverse(sum.cells.map(|(_, last)| last)));
    order.truncate(Latest::MOST_SESSIONS);
    let rows = order
        .into_iter()
        .filter_map(|(unit, sum)| sum.row(workload, unit))
        .collect();
    (rows, total)
}

impl Sum {
    fn add(&mut self, row: &Row) {
        let cell = row.key.cell;
        let (first, last) = self.cells.unwrap_or((cell, cell));
        if cell >= last {
            self.newest = row.key.dims;
        }
        self.cells = Some((first.min(cell), last.max(cell)));
        let n: u64 = row.outcomes.iter().map(|n| u64::from(*n)).sum();
        if row.key.is_step {
            self.steps += n;
            let fine = [OutcomeKind::Ok, OutcomeKind::Unknown];
            let fine: u64 = fine
                .map(|o| u64::from(row.outcomes[o as usize]))
                .iter()
                .sum();
            self.failed += n.saturating_sub(fine);
            self.time.merge(&row.time);
        }
        if row.key.operation == OperationKind::ToolCall {
            self.tool_calls += n;
        }
        if let Some(extra) = &row.extra {
            self.with_tokens += extra.with_tokens;
            self.tokens += extra.fresh + extra.cache_read + extra.cache_write + extra.output;
            self.with_cost += extra.with_cost;
            self.cost += extra.cost;
            self.priced += extra.priced;
            self.computed_cost += extra.computed_cost;
        }
    }

    fn row(&self, workload: &Workload, unit: UnitId) -> Option<SessionRow> {
        let (first, last) = self.cells?;
        let begin = |cell: i32| Time(i64::from(cell).saturating_mul(CELL));
        let of = |dimension| named(workload, self.newest, dimension);
        #[allow(clippy::cast_precision_loss)]
        let money = |nano: i128| nano as f64 / 1e9;
        Some(SessionRow {
            name: workload.units.get(unit.0 as usize)?.name.clone(),
            interface: of(Dimension::Interface),
            mode: of(Dimension::Mode),
            model: of(Dimension::Model),
            project: of(Dimension::Project),
            first: begin(first),
            last: begin(last),
            steps: self.steps,
            failed: self.failed,
            response_time: self.time.mean(Unit::Seconds),
            tool_calls: self.tool_calls,
            tokens: (self.with_tokens > 0).then_some(self.tokens),
            cost: (self.with_cost > 0).then(|| money(self.cost)),
            computed_cost: (self.priced > 0).then(|| money(self.computed_cost)),
        })
    }
}

fn named(workload: &Workload, dims: DimsId, dimension: Dimension) -> Option<String> {
    text(workload, workload.catalog.dimension(dims, dimension))
}

fn text(workload: &Workload, name: Name) -> Option<String> {
    name.is_some()
        .then(|| workload.catalog.text(name).to_owned())
}

/// The beginning of a cell of samples.
fn at(cell: i64) -> Time {
    Time(cell.saturating_mul(SAMPLE_CELL))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Catalog, Dims};
    use crate::workload::{RowKey, UnitOfInference, Values};

    /// A series with these cells, each one value in whole numbers of the metric.
    fn series(
        catalog: &mut Catalog,
        metric: Metric,
        dims: &[(Dimension, &str)],
        cells: &[(i64, i64)],
    ) -> SampleSeries {
        let dims: Dims = dims.iter().map(|(d, v)| (*d, catalog.name(v))).collect();
        SampleSeries {
            metric: metric.into(),
            dims: catalog.dims(dims),
            unit: UnitId::NONE,
            task: Name::NONE,
            cells: cells.iter().map(|(at, v)| (*at, Values::One(*v))).collect(),
        }
    }

    fn workload(of: impl FnOnce(&mut Catalog) -> Vec<SampleSeries>) -> Workload {
        let mut workload = Workload::default();
        let mut samples = of(&mut workload.catalog);
        samples.sort_by_key(|s| s.metric);
        workload.samples = samples;
        workload
    }

    #[test]
    fn the_newest_value_of_the_machine_that_was_seen_last() {
        let host = Dimension::Host;
        let latest = latest(&workload(|c| {
            vec![
                series(
                    c,
                    Metric::CpuUtilization,
                    &[(host, "a")],
                    &[(1, 900_000_000), (3, 250_000_000)],
                ),
                series(
                    c,
                    Metric::CpuUtilization,
                    &[(host, "b")],
                    &[(2, 800_000_000)],
                ),
                // Of a process: not the machine's.
                series(
                    c,
                    Metric::CpuUtilization,
                    &[(Dimension::Process, "x")],
                    &[(9, 1)],
                ),
            ]
        }));
        assert_eq!(latest.readings.len(), 1);
        let cpu = &latest.readings[0];
        assert_eq!((cpu.metric.as_str(), cpu.value), ("cpu_utilization", 0.25));
        assert_eq!(cpu.host.as_deref(), Some("a"));
        assert_eq!(cpu.at, Time(45_000_000_000));
    }

    #[test]
    fn traffic_is_told_by_the_second_and_not_of_one_sample() {
        let host = Dimension::Host;
        let latest = latest(&workload(|c| {
            vec![
                series(
                    c,
                    Metric::NetworkSent,
                    &[(host, "a")],
                    &[(1, 5), (2, 7), (4, 6_000)],
                ),
                series(c, Metric::NetworkReceived, &[(host, "a")], &[(4, 6_000)]),
            ]
        }));
        // 6,000 bytes in two cells of 15 s.
        assert_eq!(
            latest.reading("network_sent_rate").map(|r| r.value),
            Some(200.0)
        );
        assert_eq!(latest.reading("network_received_rate"), None);
    }

    #[test]
    fn processes_of_the_newest_look() {
        let of = |name| [(Dimension::Process, name)];
        let latest = latest(&workload(|c| {
            vec![
                series(c, Metric::ProcessCpu, &of("idle"), &[(9, 10_000_000)]),
                series(c, Metric::ProcessCpu, &of("busy"), &[(9, 1_500_000_000)]),
                series(c, Metric::MemoryUsage, &of("busy"), &[(9, 2_000)]),
                // Seen later without CPU: what was before is not shown beside it.
                series(c, Metric::ProcessCpu, &of("later"), &[(8, 3_000_000_000)]),
                series(c, Metric::MemoryUsage, &of("later"), &[(9, 3_000)]),
                series(c, Metric::MemoryUsage, &of("gone"), &[(4, 9_000)]),
            ]
        }));
        let rows: Vec<(&str, Option<f64>, Option<f64>)> = latest
            .processes
            .iter()
            .map(|p| (p.process.as_str(), p.cpu, p.memory))
            .collect();
        assert_eq!(
            rows,
            [
                ("busy", Some(1.5), Some(2_000.0)),
                ("idle", Some(0.01), None),
                ("later", None, Some(3_000.0)),
            ]
        );
    }

    #[test]
    fn sessions_by_their_last_quarter_of_an_hour() {
        let mut workload = Workload::default();
        let dims = |c: &mut Catalog, mode| {
            let name = c.name(mode);
            c.dims(vec![(Dimension::Mode, name)])
        };
        let (fancy, simple) = (
            dims(&mut workload.catalog, "FANCY"),
            dims(&mut workload.catalog, "SIMPLE"),
        );
        let row = |unit, cell, dims, outcomes, seconds: i64| {
            let mut time = Figure::default();
            time.add(seconds * 1_000_000_000);
            Row {
                key: RowKey {
                    unit: UnitId(unit),
                    task: Name::NONE,
                    operation: OperationKind::Step,
                    is_step: true,
                    dims,
                    cell,
                },
                outcomes,
                time,
                extra: None,
            }
        };
        workload.units = ["a", "b"]
            .map(|name| UnitOfInference { name: name.into() })
            .into();
        workload.rows = vec![
            row(0, 5, simple, [2, 1, 0, 0, 0, 4], 2),
            row(0, 3, fancy, [1, 0, 0, 0, 0, 0], 4),
            row(1, 9, fancy, [1, 0, 0, 0, 0, 0], 1),
        ];
        let latest = latest(&workload);
        assert_eq!(latest.sessions_total, 2);
        let names: Vec<&str> = latest.sessions.iter().map(|s| s.name.as_str()).collect();
        assert_eq!(names, ["b", "a"]);
        let a = &latest.sessions[1];
        // Steps whose outcome is not known did not fail.
        assert_eq!((a.steps, a.failed, a.response_time), (8, 1, Some(3.0)));
        assert_eq!((a.first, a.last), (Time(3 * CELL), Time(5 * CELL)));
        assert_eq!(a.mode.as_deref(), Some("SIMPLE"));
        assert_eq!((a.tokens, a.cost), (None, None));
    }
}
