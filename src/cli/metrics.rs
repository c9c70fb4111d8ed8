//! `metrics list`: what is measured, with units and meanings.

use std::io::Write;

use super::{Context, Exit, Failure};
use crate::metrics::{ALL, Direction};

/// What to do with the metrics.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Verb {
    /// All metrics with unit, direction and meaning
    List,
}

#[derive(serde::Serialize)]
struct Listed {
    metric: &'static str,
    title: &'static str,
    unit: crate::metrics::Unit,
    direction: Direction,
    kind: crate::metrics::Kind,
    component: crate::metrics::Component,
    otel: Option<&'static str>,
    meaning: &'static str,
}

/// Prints the registry.
pub(super) fn run(verb: &Verb, context: &Context, out: &mut dyn Write) -> Result<Exit, Failure> {
    let Verb::List = verb;
    let rows: Vec<Listed> = ALL
        .iter()
        .map(|metric| {
            let row = metric.row();
            Listed {
                metric: row.name,
                title: row.title,
                unit: row.unit,
                direction: row.direction,
                kind: row.kind,
                component: row.component,
                otel: row.otel,
                meaning: row.meaning,
            }
        })
        .collect();
    super::output::list(context, out, &rows, |out| {
        let width = context
            .style("metrics list", jiff::tz::TimeZone::UTC, false)
            .width;
        for row in &rows {
            let better = match row.direction {
                Direction::Lower => "lower is better",
                Direction::Higher => "higher is better",
                Direction::Neither => "no direction",
            };
            writeln!(
                out,
                "{:<26} {}, {better}",
                row.metric,
                format!("{:?}", row.unit).to_lowercase()
            )?;
            for line in super::output::wrap(row.meaning, width.saturating_sub(4)) {
                writeln!(out, "    {line}")?;
            }
        }
        writeln!(
            out,
            "\n{} metrics. Inputs may name others: they are described, never judged.",
            rows.len()
        )
    })?;
    Ok(Exit::Done)
}
