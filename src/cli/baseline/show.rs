//! `baseline list` and `baseline show`: what is kept, as text or as JSON.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::path::Path;

use serde::Serialize;

use super::failure;
use crate::assessment::Period;
use crate::cli::output;
use crate::cli::{Context, Exit, Failure, OutputFormat};
use crate::metrics::{Kind, Unit};
use crate::record::{Measured, Name};
use crate::report::visible;
use crate::store::{self, Acceptance, BASELINE_VERSION, Baseline, Meta, Place};
use crate::units::{Bytes, Ratio, Seconds, Time};
use crate::workload::{Filter, Grouping, UnitId, Workload};

/// A baseline in a list.
#[derive(Debug, Serialize)]
struct Listed {
    name: String,
    saved_at: Option<Time>,
    commit: Option<String>,
    runs: u64,
    units: u64,
    tasks: u64,
    accepted: u64,
    /// Why it cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    fault: Option<String>,
}

/// A baseline in full, without its workload.
#[derive(Debug, Serialize)]
struct Shown<'a> {
    baseline_version: u32,
    /// Where it was written to, when it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    #[serde(flatten)]
    meta: &'a Meta,
    period: Option<Period>,
    units: u64,
    operations: u64,
    task_count: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    tasks: Option<Vec<Task>>,
    metrics: Vec<Measure>,
}

/// A task of a baseline.
#[derive(Debug, Serialize)]
struct Task {
    task: String,
    /// Units of inference in which it ran.
    units: u64,
    /// Operations of all kinds, and samples.
    records: u64,
}

/// What a baseline measured.
#[derive(Debug, Serialize)]
struct Measure {
    metric: String,
    unit: Unit,
    n: u64,
    /// Mean, or pooled ratio; of totals not given.
    mean: Option<f64>,
    total: Option<f64>,
}

/// All baselines of the store.
pub(super) fn list(place: &Place, context: &Context, out: &mut dyn Write) -> Result<Exit, Failure> {
    let names = place.names().map_err(|e| failure(&e))?;
    let rows: Vec<Listed> = names.iter().map(|name| listed(name, place)).collect();
    let page = Page::new(context)?;
    output::list(context, out, &rows, |out| {
        if rows.is_empty() {
            writeln!(out, "No baselines in {}.", place.baselines().display())?;
            return writeln!(out, "perfadvise baseline save NAME PATH stores one.");
        }
        let width = rows.iter().map(|r| r.name.chars().count()).max();
        let width = width.unwrap_or(0);
        for row in &rows {
            if let Some(fault) = &row.fault {
                writeln!(out, "{:<width$}  {}", row.name, page.visible(fault))?;
                continue;
            }
            let commit: String = row.commit.iter().flat_map(|c| c.chars().take(7)).collect();
            let saved = row.saved_at.map_or_else(String::new, |at| page.time(at));
            let accepted = match row.accepted {
                0 => String::new(),
                n => format!(", {} accepted", counted(n, "metric", "metrics")),
            };
            writeln!(
                out,
                "{:<width$}  {saved}  {:<7}  {}, {}, {}{accepted}",
                row.name,
                page.visible(&commit),
                counted(row.runs, "run", "runs"),
                counted(row.units, "unit", "units"),
                counted(row.tasks, "task", "tasks"),
            )?;
        }
        Ok(())
    })?;
    Ok(Exit::Done)
}

fn listed(name: &str, place: &Place) -> Listed {
    let row = Listed {
        name: name.to_owned(),
        saved_at: None,
        commit: None,
        runs: 0,
        units: 0,
        tasks: 0,
        accepted: 0,
        fault: None,
    };
    match store::load(name, place) {
        Ok(Baseline { meta, workload }) => Listed {
            saved_at: Some(meta.saved_at),
            commit: meta.commit().map(str::to_owned),
            runs: meta.runs.len() as u64,
            units: workload.units.len() as u64,
            tasks: tasks(&workload).len() as u64,
            accepted: meta.accepted.len() as u64,
            ..row
        },
        Err(error) => Listed {
            fault: Some(error.to_string()),
            ..row
        },
    }
}

/// One baseline; `file` is where it was written to, if it just was.
pub(super) fn show(
    baseline: &Baseline,
    file: Option<&Path>,
    with_tasks: bool,
    context: &Context,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let Baseline { meta, workload } = baseline;
    let tasks = tasks(workload);
    let shown = Shown {
        baseline_version: BASELINE_VERSION,
        file: file.map(|path| path.display().to_string()),
        meta,
        period: workload.period.map(|(from, to)| Period { from, to }),
        units: workload.units.len() as u64,
        operations: workload.counts.operations,
        task_count: tasks.len() as u64,
        tasks: with_tasks.then_some(tasks),
        metrics: measures(workload),
    };
    match context.format("a baseline", OutputFormat::DOCUMENT)? {
        OutputFormat::Json => {
            serde_json::to_writer_pretty(&mut *out, &shown).map_err(io::Error::from)?;
            writeln!(out)?;
        }
        OutputFormat::Yaml => {
            let yaml = serde_yaml::to_string(&shown)
                .map_err(|e| Failure::new(format!("not writable as YAML: {e}")))?;
            out.write_all(yaml.as_bytes())?;
        }
        _ => Page::new(context)?.write(&shown, out)?,
    }
    Ok(())
}

/// Tasks by name, with how often each ran.
fn tasks(workload: &Workload) -> Vec<Task> {
    let mut seen: BTreeMap<Name, (BTreeSet<UnitId>, u64)> = BTreeMap::new();
    let mut note = |task: Name, unit: UnitId, records: u64| {
        if task.is_some() {
            let entry = seen.entry(task).or_default();
            entry.0.insert(unit);
            entry.1 += records;
        }
    };
    for row in &workload.rows {
        let n = row.outcomes.iter().map(|n| u64::from(*n)).sum();
        note(row.key.task, row.key.unit, n);
    }
    for series in &workload.samples {
        let n = series.cells.iter().map(|(_, values)| values.n()).sum();
        note(series.task, series.unit, n);
    }
    seen.into_iter()
        .map(|(task, (units, records))| Task {
            task: workload.catalog.text(task).to_owned(),
            units: units.len() as u64,
            records,
        })
        .collect()
}

fn measures(workload: &Workload) -> Vec<Measure> {
    let row = |measured: Measured| {
        let figure = workload
            .group(measured, &Filter::default(), Grouping::All)
            .pop()?
            .1;
        let unit = Workload::unit_of(measured);
        let (metric, is_total) = match measured {
            Measured::Known(metric) => (metric.name(), metric.row().kind == Kind::Total),
            Measured::Custom(name) => (workload.catalog.text(name), false),
        };
        Some(Measure {
            metric: metric.to_owned(),
            unit,
            n: figure.n,
            mean: if is_total { None } else { figure.mean(unit) },
            total: is_total.then(|| figure.total(unit)),
        })
    };
    workload.measured().into_iter().filter_map(row).collect()
}

/// How text is written.
struct Page {
    zone: jiff::tz::TimeZone,
    is_unicode: bool,
    width: usize,
}

impl Page {
    fn new(context: &Context) -> Result<Self, Failure> {
        let zone = context.zone(context.globals.timezone.as_deref())?;
        let style = context.style("baseline", zone.clone(), false);
        Ok(Self {
            zone,
            is_unicode: style.unicode,
            width: style.width,
        })
    }

    fn write(&self, shown: &Shown<'_>, out: &mut dyn Write) -> io::Result<()> {
        let meta = shown.meta;
        let title = self.visible(&meta.title());
        let verb = if shown.file.is_some() {
            "saved as "
        } else {
            ""
        };
        writeln!(
            out,
            "{verb}{title}   {}, {}, {}",
            counted(meta.runs.len() as u64, "run", "runs"),
            counted(shown.units, "unit", "units"),
            counted(shown.task_count, "task", "tasks"),
        )?;
        if let Some(file) = &shown.file {
            writeln!(out, "  file         {}", self.visible(file))?;
        }
        writeln!(
            out,
            "  saved        {}, by perfadvise {}",
            self.time(meta.saved_at),
            self.visible(&meta.program)
        )?;
        if let Some(period) = &shown.period {
            let (from, to) = (self.time(period.from), self.time(period.to));
            writeln!(out, "  period       {from} to {to}")?;
        }
        let keys = meta.environment.0.iter().map(|(k, v)| format!("{k} {v}"));
        self.entry(out, "environment", keys)?;
        let knobs = meta.knobs.iter().map(|(k, v)| format!("{k} {v}"));
        self.entry(out, "knobs", knobs)?;
        for run in &meta.runs {
            writeln!(
                out,
                "  run          {}  {}, {} skipped   {}",
                self.time(run.saved_at),
                counted(run.records, "record", "records"),
                run.skipped,
                self.visible(&run.inputs.join(", ")),
            )?;
        }
        self.acceptances(out, "accepted until the next save", &meta.accepted)?;
        if shown.file.is_some() {
            return Ok(());
        }
        self.acceptances(out, "accepted so far", &meta.history)?;
        writeln!(out, "\n  {:<28}{:>8}  mean, or total", "metric", "n")?;
        for row in &shown.metrics {
            let value = match (row.mean, row.total) {
                (Some(mean), _) => amount(row.unit, mean),
                (None, Some(total)) => format!("{} in total", amount(row.unit, total)),
                (None, None) => "–".into(),
            };
            let name = self.visible(&row.metric);
            writeln!(out, "  {name:<28}{:>8}  {value}", row.n)?;
        }
        if let Some(tasks) = &shown.tasks {
            writeln!(out, "\n  {:<28}{:>8}{:>10}", "task", "units", "records")?;
            for row in tasks {
                let name = self.visible(&row.task);
                writeln!(out, "  {name:<28}{:>8}{:>10}", row.units, row.records)?;
            }
        }
        Ok(())
    }

    fn entry(
        &self,
        out: &mut dyn Write,
        name: &str,
        values: impl Iterator<Item = String>,
    ) -> io::Result<()> {
        let mut lines: Vec<String> = Vec::new();
        for value in values {
            let value = self.visible(&value);
            match lines.last_mut() {
                Some(line) if 17 + line.chars().count() + value.chars().count() < self.width => {
                    *line = format!("{line}, {value}");
                }
                _ => lines.push(value),
            }
        }
        for (at, line) in lines.iter().enumerate() {
            let name = if at == 0 { name } else { "" };
            writeln!(out, "  {name:<13}{line}")?;
        }
        Ok(())
    }

    fn acceptances(
        &self,
        out: &mut dyn Write,
        title: &str,
        acceptances: &[Acceptance],
    ) -> io::Result<()> {
        if acceptances.is_empty() {
            return Ok(());
        }
        writeln!(out, "  {title}")?;
        for acceptance in acceptances {
            let what = acceptance.metric.as_deref().unwrap_or("everything");
            writeln!(
                out,
                "    {}  {}: {}",
                self.time(acceptance.at),
                self.visible(what),
                self.visible(&acceptance.reason)
            )?;
        }
        Ok(())
    }

    fn visible(&self, text: &str) -> String {
        visible(text, self.is_unicode)
    }

    fn time(&self, time: Time) -> String {
        let zoned = time.timestamp().to_zoned_datetime(self.zone.clone());
        zoned.strftime("%Y-%m-%d %H:%M").to_string()
    }
}

fn counted(n: u64, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

fn amount(unit: Unit, value: f64) -> String {
    // Four digits tell what it is; JSON has them all.
    let value = format!("{value:.3e}").parse().unwrap_or(value);
    match unit {
        Unit::Seconds => Seconds(value).to_string(),
        Unit::Bytes => Bytes(value).to_string(),
        Unit::Ratio => Ratio(value).to_string(),
        Unit::Usd => format!("{value} USD"),
        _ => value.to_string(),
    }
}
