//! `history list|show|prune|export`: what is kept of runs whose logs may be gone.

use std::io::Write;

use jiff::tz::TimeZone;

use super::record::{failure, open};
use super::{Context, Exit, Failure, OutputFormat, output};
use crate::report::visible;
use crate::store::history::{DayRow, ExportError, Held, UnitRow};
use crate::units::Time;

/// What to do with the history.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Verb {
    /// Its days, or with --units its sessions and other units
    List {
        /// Each unit instead of each day
        #[arg(long)]
        units: bool,
    },
    /// What it holds in all, or one unit of it
    Show {
        /// The unit, as history list --units names it
        unit: Option<String>,
    },
    /// Remove what ended before a day
    Prune {
        /// The day: 2026-01-31; or how long ago, such as 90d
        #[arg(long, value_name = "DAY")]
        before: String,
        /// Only say how much that would be
        #[arg(long)]
        dry_run: bool,
    },
    /// Everything as JSON lines
    Export,
}

/// A history in figures.
#[derive(serde::Serialize)]
struct Shown {
    file: String,
    bytes: u64,
    version: i64,
    #[serde(flatten)]
    held: Held,
}

/// A unit in figures.
#[derive(serde::Serialize)]
struct Unit<'a> {
    #[serde(flatten)]
    row: &'a UnitRow,
    /// Operations by kind.
    kinds: std::collections::BTreeMap<&'static str, u64>,
}

#[derive(serde::Serialize)]
struct Pruned {
    before: Time,
    removed: u64,
    is_dry_run: bool,
}

/// Runs the verb.
pub(super) fn run(verb: &Verb, context: &Context, out: &mut dyn Write) -> Result<Exit, Failure> {
    match verb {
        Verb::List { units: false } => days(context, out),
        Verb::List { units: true } => units(context, out),
        Verb::Show { unit: None } => show(context, out),
        Verb::Show { unit: Some(name) } => show_unit(name, context, out),
        Verb::Prune { before, dry_run } => prune(before, *dry_run, context, out),
        Verb::Export => {
            open(context)?.export(out).map_err(|error| match error {
                ExportError::History(error) => failure(&error),
                ExportError::Output(error) => Failure::from(error),
            })?;
            Ok(Exit::Done)
        }
    }
}

fn days(context: &Context, out: &mut dyn Write) -> Result<Exit, Failure> {
    let rows = open(context)?.days().map_err(|error| failure(&error))?;
    output::list(context, out, &rows, |out| {
        writeln!(
            out,
            "{:<10}  {:>7}  {:>10}",
            "Day (UTC)", "units", "operations"
        )?;
        for row in &rows {
            let DayRow {
                day,
                units,
                operations,
                has_samples,
            } = row;
            let day = day.as_deref().unwrap_or("no time");
            let samples = if *has_samples { "  samples" } else { "" };
            writeln!(out, "{day:<10}  {units:>7}  {operations:>10}{samples}")?;
        }
        Ok(())
    })?;
    Ok(Exit::Done)
}

fn units(context: &Context, out: &mut dyn Write) -> Result<Exit, Failure> {
    let rows = open(context)?.units().map_err(|error| failure(&error))?;
    let zone = zone(context)?;
    output::list(context, out, &rows, |out| {
        for row in &rows {
            writeln!(
                out,
                "{:<16}  {:>8}  {}",
                moment(row.from, &zone),
                row.operations,
                visible(&row.unit, !context.globals.ascii)
            )?;
        }
        Ok(())
    })?;
    Ok(Exit::Done)
}

fn show(context: &Context, out: &mut dyn Write) -> Result<Exit, Failure> {
    let history = open(context)?;
    let held = history.held().map_err(|error| failure(&error))?;
    let bytes = std::fs::metadata(history.path()).map_or(0, |m| m.len());
    let zone = zone(context)?;
    if context.globals.format == OutputFormat::Json {
        let shown = Shown {
            file: history.path().display().to_string(),
            bytes,
            version: crate::store::history::VERSION,
            held,
        };
        return json(&shown, out);
    }
    writeln!(out, "file         {}", history.path().display())?;
    writeln!(out, "holds        {}", super::cache::size(bytes))?;
    writeln!(
        out,
        "period       {} to {}",
        moment(held.from, &zone),
        moment(held.to, &zone)
    )?;
    writeln!(
        out,
        "units        {}, of {} operations",
        held.units, held.operations
    )?;
    writeln!(out, "samples      {} days", held.days)?;
    writeln!(out, "assessments  {}", held.assessments)?;
    writeln!(out, "firings      {}", held.firings)?;
    if held.unreadable > 0 {
        writeln!(
            out,
            "unreadable   {} (record their logs again)",
            held.unreadable
        )?;
    }
    Ok(Exit::Done)
}

fn show_unit(name: &str, context: &Context, out: &mut dyn Write) -> Result<Exit, Failure> {
    let history = open(context)?;
    let rows = history.units().map_err(|error| failure(&error))?;
    let found = rows.iter().find(|row| row.unit == name);
    let workload = history.unit(name).map_err(|error| failure(&error))?;
    let (Some(row), Some(workload)) = (found, workload) else {
        let near = crate::config::keys::nearest(name, rows.iter().map(|r| r.unit.as_str()));
        let failure = Failure::new(format!("the history has no unit {name:?}"));
        return Err(match near {
            Some(near) => failure.help(format!("did you mean {near:?}?")),
            None => failure.help("perfadvise history list --units names them all"),
        });
    };
    let mut kinds = std::collections::BTreeMap::new();
    for row in &workload.rows {
        let n: u64 = row.outcomes.iter().map(|n| u64::from(*n)).sum();
        *kinds.entry(row.key.operation.name()).or_default() += n;
    }
    if context.globals.format == OutputFormat::Json {
        return json(&Unit { row, kinds }, out);
    }
    let zone = zone(context)?;
    writeln!(
        out,
        "unit         {}",
        visible(&row.unit, !context.globals.ascii)
    )?;
    writeln!(
        out,
        "period       {} to {}",
        moment(row.from, &zone),
        moment(row.to, &zone)
    )?;
    writeln!(out, "recorded     {}", moment(Some(row.recorded_at), &zone))?;
    for (kind, n) in kinds {
        writeln!(out, "  {n:>8}  {kind}")?;
    }
    Ok(Exit::Done)
}

fn prune(
    before: &str,
    is_dry_run: bool,
    context: &Context,
    out: &mut dyn Write,
) -> Result<Exit, Failure> {
    let zone = zone(context)?;
    let before = context.moment(before, context.now()?, &zone, false)?;
    let mut history = open(context)?;
    let removed = history
        .prune(before, is_dry_run)
        .map_err(|error| failure(&error))?;
    if context.globals.format == OutputFormat::Json {
        let pruned = Pruned {
            before,
            removed,
            is_dry_run,
        };
        return json(&pruned, out);
    }
    let done = if is_dry_run {
        "would remove"
    } else {
        "removed"
    };
    writeln!(
        out,
        "{done} {removed} units and days that ended before {}",
        moment(Some(before), &zone)
    )?;
    Ok(Exit::Done)
}

fn json<T: serde::Serialize>(value: &T, out: &mut dyn Write) -> Result<Exit, Failure> {
    serde_json::to_writer_pretty(&mut *out, value).map_err(std::io::Error::from)?;
    writeln!(out)?;
    Ok(Exit::Done)
}

fn zone(context: &Context) -> Result<TimeZone, Failure> {
    context.zone(context.globals.timezone.as_deref())
}

fn moment(time: Option<Time>, zone: &TimeZone) -> String {
    time.map_or_else(
        || "no time".to_owned(),
        |t| {
            let zoned = zone.to_datetime(t.timestamp());
            zoned.strftime("%Y-%m-%d %H:%M").to_string()
        },
    )
}
