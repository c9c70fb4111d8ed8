//! `metrics list`: what is measured, with units and meanings, and what the configuration declares beside it.

use std::io::Write;

use super::{Context, Exit, Failure};
use crate::metrics::{ALL, Direction};
use crate::report::visible;

/// What to do with the metrics.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Verb {
    /// All metrics with unit, direction and meaning
    List,
}

#[derive(serde::Serialize)]
struct Listed<'a> {
    metric: &'a str,
    title: &'a str,
    unit: crate::metrics::Unit,
    direction: Direction,
    kind: crate::metrics::Kind,
    /// None where it is one of the user's own.
    component: Option<crate::metrics::Component>,
    otel: Option<&'static str>,
    meaning: &'a str,
    /// Whether the configuration declares it.
    declared: bool,
}

/// Prints the registry.
pub(super) fn run(verb: &Verb, context: &Context, out: &mut dyn Write) -> Result<Exit, Failure> {
    let Verb::List = verb;
    let config = context.load_config()?.config;
    let own = config.declared.iter().map(|own| Listed {
        metric: &own.name,
        title: &own.title,
        unit: own.unit,
        direction: own.direction,
        kind: own.kind,
        component: None,
        otel: None,
        meaning: own.meaning.as_deref().unwrap_or("Your own."),
        declared: true,
    });
    let rows: Vec<Listed<'_>> = ALL
        .iter()
        .map(|metric| {
            let row = metric.row();
            Listed {
                metric: row.name,
                title: row.title,
                unit: row.unit,
                direction: row.direction,
                kind: row.kind,
                component: Some(row.component),
                otel: row.otel,
                meaning: row.meaning,
                declared: false,
            }
        })
        .chain(own)
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
                visible(row.metric, true),
                format!("{:?}", row.unit).to_lowercase()
            )?;
            for line in super::output::wrap(&visible(row.meaning, true), width.saturating_sub(4)) {
                writeln!(out, "    {line}")?;
            }
        }
        let own = rows.iter().filter(|row| row.declared).count();
        let declared = match own {
            0 => String::new(),
            own => format!(", {own} of them your own"),
        };
        writeln!(
            out,
            "\n{} metrics{declared}. Inputs may name others: they are described, never judged, until `metrics:` in\n\
             perfadvise.yaml declares them (docs/custom-metrics.md).",
            rows.len()
        )
    })?;
    Ok(Exit::Done)
}
