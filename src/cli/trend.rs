//! `trend`: metrics over time, with change points and the newest value, and where they lead.

use std::io::Write;

use super::input::{InputArgs, no_dimension};
use super::{Context, Exit, Failure, OutputFormat};
use crate::analysis;
use crate::assessment::{Generator, Period, SCHEMA_VERSION, TrendDirection, TrendReport};
use crate::config::keys::nearest;
use crate::metrics::{self, Metric};
use crate::pipeline::Material;
use crate::record::Measured;
use crate::report::{self, shell};
use crate::units;

/// Arguments of `trend`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  perfadvise trend reports/
  perfadvise trend reports/ --metric response_time --by mode
  perfadvise trend builds.csv
  perfadvise trend reports/ --metric disk_utilization --forecast 14d

Exit codes: 0 done, 2 bad usage or input, 3 no series is long enough.")]
pub(super) struct Args {
    #[command(flatten)]
    input: InputArgs,
    /// Only this metric; may be given several times (default: the usual ones, and all of the input's own)
    #[arg(long, value_name = "METRIC")]
    metric: Vec<String>,
    /// Extend drifts by this time, such as 14d, and say when a target or alert is reached
    #[arg(long, value_name = "SPAN")]
    forecast: Option<String>,
    /// Print the JSON Schema of the result, and read nothing
    #[arg(long)]
    json_schema: bool,
}

/// Looks at the series and prints.
pub(super) fn run(args: &Args, context: &Context, out: &mut dyn Write) -> Result<Exit, Failure> {
    if args.json_schema {
        let schema = schemars::schema_for!(TrendReport).to_value();
        writeln!(out, "{schema}")?;
        return Ok(Exit::Done);
    }
    let format = context.format("trend", OutputFormat::TABLE)?.name();
    let ahead = args.forecast.as_deref().map(span).transpose()?;
    let (config, zone) = args.input.settings(context)?;
    let request = args.input.request(context, &config, &zone)?;
    let material = args.input.read(&request, config, context)?;
    check_metrics(&args.metric, &material)?;
    let report = report_of(args, &material, ahead);
    if let Some(by) = &args.input.by
        && report.trends.is_empty()
        && !material.workload.is_empty()
    {
        return Err(no_dimension(by));
    }
    let style = context.style(&command(args), zone, true);
    let text = report::trends::render(&report, format, &style);
    out.write_all(text.as_bytes())?;
    let is_judged = |t: &crate::assessment::Trend| t.direction != TrendDirection::Insufficient;
    Ok(if report.trends.iter().any(is_judged) {
        Exit::Done
    } else {
        Exit::NotEnough
    })
}

fn report_of(args: &Args, material: &Material, ahead: Option<f64>) -> TrendReport {
    let workload = &material.workload;
    let measured = workload.measured();
    let trends = analysis::trends_of(
        workload,
        &material.config,
        material.profile,
        &args.metric,
        args.input.by.as_deref(),
    );
    let forecasts = ahead.map_or_else(Vec::new, |seconds| {
        let (config, profile) = (&material.config, material.profile);
        analysis::forecasts(&trends, config, profile, &measured, seconds)
    });
    let is_missing = |name: &&String| match Metric::named(name) {
        Some(metric) => !measured.contains(&Measured::Known(metric)),
        None => workload.catalog.names.find(name.as_str()).is_none(),
    };
    TrendReport {
        schema_version: SCHEMA_VERSION,
        generator: Generator::default(),
        period: workload.period.map(|(from, to)| Period { from, to }),
        not_measured: args.metric.iter().filter(is_missing).cloned().collect(),
        trends,
        forecasts,
        skipped: material.provenance.skipped,
    }
}

/// The command as it can be typed.
fn command(args: &Args) -> String {
    let metrics = args
        .metric
        .iter()
        .map(|m| format!("--metric {}", shell::quoted(m)));
    let by = args
        .input
        .by
        .iter()
        .map(|by| format!("--by {}", shell::quoted(by)));
    std::iter::once("trend".to_owned())
        .chain(args.input.paths.iter().map(|p| shell::quoted(p)))
        .chain(metrics)
        .chain(by)
        .collect::<Vec<_>>()
        .join(" ")
}

/// A time ahead: more than nothing, at most ten years.
fn span(text: &str) -> Result<f64, Failure> {
    let seconds = units::parse_seconds(text)
        .map_err(|e| Failure::new(format!("--forecast {text}: {e}")).help(e.help()))?;
    if seconds > 0.0 && seconds <= 3_653.0 * 86_400.0 {
        Ok(seconds)
    } else {
        Err(Failure::new(format!(
            "--forecast {text}: not a time between 0 and 10 years"
        ))
        .help("write --forecast 14d"))
    }
}

/// A metric that neither the registry nor the input has is a mistake, not a finding.
fn check_metrics(named: &[String], material: &Material) -> Result<(), Failure> {
    let catalog = &material.workload.catalog;
    let custom = material.workload.measured().into_iter();
    let custom: Vec<&str> = custom
        .filter_map(|m| match m {
            Measured::Custom(name) => Some(catalog.text(name)),
            Measured::Known(_) => None,
        })
        .collect();
    for name in named {
        let declared = &material.config.declared;
        let is_known = Metric::named(name).is_some() || declared.find(name).is_some();
        if is_known || custom.contains(&name.as_str()) {
            continue;
        }
        let failure = Failure::new(format!("there is no metric {name:?}"));
        let known = metrics::ALL.iter().map(|m| m.name());
        return Err(match nearest(name, known.chain(custom.iter().copied())) {
            Some(near) => failure.help(format!("did you mean {near}?")),
            None => failure.help("perfadvise metrics list names them all"),
        });
    }
    Ok(())
}
