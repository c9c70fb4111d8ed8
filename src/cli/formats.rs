//! `formats list|explain`: what can be read, and what is in a file.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;

use super::{Context, Exit, Failure};
use crate::ingest::{self, Maturity, Target, formats};
use crate::record::{Measured, Records};

/// What to do with the formats.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Verb {
    /// All input formats
    List,
    /// What a file is, what it holds and what was skipped in it
    Explain {
        /// The files
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
}

#[derive(serde::Serialize)]
struct Listed {
    format: &'static str,
    status: &'static str,
    about: &'static str,
    /// What was not yet seen in real files.
    #[serde(skip_serializing_if = "str::is_empty")]
    unseen: &'static str,
}

#[derive(serde::Serialize)]
struct Explained {
    file: String,
    format: Option<&'static str>,
    why_not: Option<String>,
    /// A mapping by which it could be read.
    mapping: Option<String>,
    bytes: u64,
    operations: BTreeMap<String, u64>,
    samples: BTreeMap<String, u64>,
    events: u64,
    aggregates: BTreeMap<String, u64>,
    dimensions: BTreeMap<String, u64>,
    ignored: u64,
    problems: Vec<crate::assessment::FaultRow>,
}

/// Lists or explains.
pub(super) fn run(verb: &Verb, context: &Context, out: &mut dyn Write) -> Result<Exit, Failure> {
    match verb {
        Verb::List => list(context, out),
        Verb::Explain { files } => explain(files, context, out),
    }
}

fn list(context: &Context, out: &mut dyn Write) -> Result<Exit, Failure> {
    let rows: Vec<Listed> = formats::ALL
        .iter()
        .map(|f| Listed {
            format: f.name(),
            status: match f.maturity() {
                Maturity::Stable => "stable",
                Maturity::Preview => "preview",
            },
            about: f.about(),
            unseen: f.unseen(),
        })
        .collect();
    super::output::list(context, out, &rows, |out| {
        let width = context
            .style("formats list", jiff::tz::TimeZone::UTC, false)
            .width;
        for row in &rows {
            let mark = if row.status == "preview" {
                "  (preview: not yet seen on real files)"
            } else {
                ""
            };
            writeln!(out, "{}{mark}", row.format)?;
            let unseen = match row.unseen {
                "" => String::new(),
                unseen => format!(" (not yet seen on real files: {unseen})"),
            };
            let about = [row.about, &unseen].concat();
            for line in super::output::wrap(&about, width.saturating_sub(4)) {
                writeln!(out, "    {line}")?;
            }
        }
        writeln!(
            out,
            "\n{} formats, recognised by content.   One file: perfadvise formats explain FILE",
            rows.len()
        )
    })?;
    Ok(Exit::Done)
}

fn explain(files: &[PathBuf], context: &Context, out: &mut dyn Write) -> Result<Exit, Failure> {
    let targets: Vec<Target> = files
        .iter()
        .map(|path| Target {
            path: path.clone(),
            labels: Vec::new(),
        })
        .collect();
    super::output::spare(files.iter().map(PathBuf::as_path), context)?;
    let loaded = context.load_config()?;
    let naive = context.zone(
        loaded
            .config
            .naive_timezone
            .as_ref()
            .map(|z| z.value.as_str()),
    )?;
    let options = ingest::Options {
        threads: context.globals.threads,
        naive_zone: naive,
        labels: Vec::new(),
        path_labels: loaded.config.path_labels.clone(),
        mappings: loaded.config.mappings.clone(),
        strict: true,
        cache: None,
    };
    let read = ingest::read_all(&targets, formats::ALL, &options, &|_, _| {})
        .map_err(|error| context.input_failure(&error.into()))?;
    let rows: Vec<Explained> = read
        .files
        .iter()
        .enumerate()
        .map(|(index, file)| explained(index, file, &read))
        .collect();
    super::output::list(context, out, &rows, |out| {
        for row in &rows {
            write_explained(row, out)?;
        }
        Ok(())
    })?;
    Ok(if rows.iter().any(|r| r.format.is_some()) {
        Exit::Done
    } else {
        Exit::NotEnough
    })
}

fn explained(index: usize, file: &ingest::SourceFile, read: &ingest::Ingested) -> Explained {
    let records = &read.records;
    let is_ours = |file: u32| file as usize == index;
    let mut row = Explained {
        file: file.path.display().to_string(),
        format: file.format,
        why_not: file.why_not.clone(),
        mapping: file.mapping.clone(),
        bytes: file.bytes,
        operations: BTreeMap::new(),
        samples: BTreeMap::new(),
        events: records.events.iter().filter(|e| is_ours(e.file)).count() as u64,
        aggregates: BTreeMap::new(),
        dimensions: BTreeMap::new(),
        ignored: if read.files.len() == 1 {
            records.ignored
        } else {
            0
        },
        problems: Vec::new(),
    };
    for operation in records.operations.iter().filter(|o| is_ours(o.file)) {
        *row.operations
            .entry(operation.kind.name().to_owned())
            .or_default() += 1;
        count_dims(records, operation.dims, &mut row.dimensions);
    }
    for sample in records.samples.iter().filter(|s| is_ours(s.file)) {
        *row.samples
            .entry(measured_name(records, sample.metric))
            .or_default() += 1;
        count_dims(records, sample.dims, &mut row.dimensions);
    }
    for aggregate in records.aggregates.iter().filter(|a| is_ours(a.file)) {
        *row.aggregates
            .entry(measured_name(records, aggregate.metric))
            .or_default() += 1;
        count_dims(records, aggregate.dims, &mut row.dimensions);
    }
    row.problems = read
        .problems
        .iter()
        .filter(|p| is_ours(p.file))
        .map(|p| crate::assessment::FaultRow {
            file: row.file.clone(),
            line: p.line,
            reason: p.reason.clone().into_owned(),
        })
        .collect();
    row
}

fn count_dims(records: &Records, dims: crate::record::DimsId, into: &mut BTreeMap<String, u64>) {
    for (dimension, _) in records.catalog.dims.get(dims.0) {
        *into
            .entry(records.catalog.dimension_name(*dimension).to_owned())
            .or_default() += 1;
    }
}

fn measured_name(records: &Records, measured: Measured) -> String {
    match measured {
        Measured::Known(metric) => metric.name().to_owned(),
        Measured::Custom(name) => records.catalog.text(name).to_owned(),
    }
}

fn write_explained(row: &Explained, out: &mut dyn Write) -> std::io::Result<()> {
    writeln!(out, "{}", row.file)?;
    match (row.format.and_then(formats::named), &row.why_not) {
        (Some(format), _) => writeln!(out, "  format      {}: {}", format.name(), format.about())?,
        (None, why) => {
            writeln!(
                out,
                "  format      not recognised: {}",
                why.as_deref().unwrap_or("no known shape")
            )?;
            writeln!(
                out,
                "  to be read  it needs the marks of one of: {}",
                names()
            )?;
            if let Some(mapping) = &row.mapping {
                writeln!(
                    out,
                    "  or          by a mapping in perfadvise.yaml: paste this and fill in what is empty; units are not guessed\n\n{mapping}"
                )?;
            }
        }
    }
    let mut group = |title: &str, counts: &BTreeMap<String, u64>| -> std::io::Result<()> {
        if counts.is_empty() {
            return Ok(());
        }
        let items: Vec<String> = counts
            .iter()
            .map(|(name, n)| format!("{} {n}", name))
            .collect();
        writeln!(out, "  {title:<11} {}", items.join(", "))
    };
    group("operations", &row.operations)?;
    group("samples", &row.samples)?;
    group("summaries", &row.aggregates)?;
    group("dimensions", &row.dimensions)?;
    if row.events > 0 {
        writeln!(out, "  events      {}", row.events)?;
    }
    if row.ignored > 0 {
        writeln!(
            out,
            "  ignored     {} keys or lines that carry no record",
            row.ignored
        )?;
    }
    for problem in row.problems.iter().take(20) {
        let line = problem
            .line
            .map_or_else(String::new, |l| format!("line {l}: "));
        writeln!(out, "  skipped     {line}{}", problem.reason)?;
    }
    if row.problems.len() > 20 {
        writeln!(out, "  skipped     {} more", row.problems.len() - 20)?;
    }
    Ok(())
}

fn names() -> String {
    formats::ALL
        .iter()
        .map(|f| f.name())
        // A mapping has no marks.
        .filter(|name| *name != "mapped")
        .collect::<Vec<_>>()
        .join(", ")
}
