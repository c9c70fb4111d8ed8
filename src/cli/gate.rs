//! `gate`: the verdict for continuous integration.

use std::io::Write;
use std::path::Path;

use clap::ValueEnum;

use super::input::InputArgs;
use super::progress::Progress;
use super::{Context, Exit, Failure};
use crate::analysis::Side;
use crate::assessment::{Cause, CheckKind, CheckLevel, GateReport, GateVerdict};
use crate::config::keys::nearest;
use crate::config::{Config, Origin, TargetStatistic};
use crate::gate::{self, AbsoluteLimit, Judged, Policy};
use crate::metrics::{self, Metric, Unit};
use crate::pipeline::{self, Material};
use crate::report::{self, shell};
use crate::score;
use crate::units;
use crate::workload::Filter;

/// Arguments of `gate`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  perfadvise gate --baseline runs/main runs/branch
  perfadvise gate --baseline runs/main runs/branch --max-regression response_time=10%
  perfadvise gate --baseline runs/main runs/branch --min success_rate=95% --fail-on inconclusive
  perfadvise gate --baseline runs/main runs/branch --format github

Exit codes: 0 pass (and inconclusive), 1 regression, 2 bad usage or input, 3 too little data.")]
pub(super) struct Args {
    #[command(flatten)]
    input: InputArgs,
    /// What to compare with: a folder or file of records
    #[arg(
        long,
        value_name = "NAME-or-PATH",
        required_unless_present = "json_schema"
    )]
    baseline: Option<String>,
    /// Judge only this metric; may be given several times. METRIC.p95 judges the 95th percentile
    #[arg(long, value_name = "METRIC")]
    metric: Vec<String>,
    /// The largest change for the worse that is accepted: response_time=10%, success_rate=2%
    #[arg(long, value_name = "METRIC=SHARE")]
    max_regression: Vec<String>,
    /// The smallest value that is accepted, whatever the baseline: success_rate=95%
    #[arg(long, value_name = "METRIC=VALUE")]
    min: Vec<String>,
    /// The largest value that is accepted, whatever the baseline: response_time.p95=5s
    #[arg(long, value_name = "METRIC=VALUE")]
    max: Vec<String>,
    /// Show this metric's verdict, but never fail on it
    #[arg(long, value_name = "METRIC")]
    warn: Vec<String>,
    /// Do not judge this metric
    #[arg(long, value_name = "METRIC")]
    off: Vec<String>,
    /// Exit with 3 on this verdict too
    #[arg(long, value_name = "VERDICT", value_enum)]
    fail_on: Vec<Word>,
    /// Print the JSON Schema of the result, and read nothing
    #[arg(long)]
    json_schema: bool,
}

/// A verdict that may stop the build beside a regression.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Word {
    /// Neither worse nor proven equal
    Inconclusive,
    /// Too little data (does so anyway)
    Insufficient,
}

/// Judges and prints.
pub(super) fn run(args: &Args, context: &Context, out: &mut dyn Write) -> Result<Exit, Failure> {
    let Some(baseline) = args.baseline.as_deref().filter(|_| !args.json_schema) else {
        let schema = schemars::schema_for!(GateReport).to_value();
        writeln!(out, "{schema}")?;
        return Ok(Exit::Done);
    };
    let (config, zone) = args.input.settings(context)?;
    let read = |input: &InputArgs| -> Result<Material, Failure> {
        let request = input.request(context, &config, &zone)?;
        let progress = Progress::new(&context.globals);
        let result = pipeline::read(&request, config.clone(), &|done, total| {
            progress.show(done, total)
        });
        progress.finish();
        let material = result.map_err(|error| context.input_failure(&error))?;
        super::config::warn(&material.warnings, &context.globals);
        Ok(material)
    };
    if !Path::new(baseline).exists() && !baseline.contains('=') && baseline != "-" {
        return Err(Failure::new(format!("there is no baseline {baseline}"))
            .help("give a folder or a file of records that exists"));
    }
    let base = read(&args.input.only_path(baseline))?;
    let candidate = read(&args.input)?;
    let base_side = side(&base, baseline);
    let label = match args.input.paths.as_slice() {
        [path] => name_of(path),
        _ => "candidate".to_owned(),
    };
    let mut candidate_side = side(&candidate, &label);
    candidate_side.label = if label == base_side.label {
        "candidate".into()
    } else {
        label
    };
    let policy = policy(args, &base_side)?;
    let mut report = gate::judge(
        &base_side,
        &candidate_side,
        &policy,
        causes(&base.config, &candidate.config),
    );
    let score = |m: &Material| score::score(&m.workload, &m.config, m.profile);
    report.score = gate::score_change(&score(&base), &score(&candidate));
    let command = std::iter::once(format!("gate --baseline {}", shell::quoted(baseline)))
        .chain(args.input.paths.iter().map(|p| shell::quoted(p)))
        .collect::<Vec<_>>()
        .join(" ");
    let style = context.style(&command, zone, false);
    let format = context.globals.format.name();
    out.write_all(report::gate::render(&report, format, &style).as_bytes())?;
    if format == "github" {
        step_summary(&report)?;
    }
    Ok(match report.exit_code {
        0 => Exit::Done,
        1 => Exit::Found,
        _ => Exit::NotEnough,
    })
}

/// The file of a workflow's step summary gets the whole table.
fn step_summary(report: &GateReport) -> Result<(), Failure> {
    let Some(path) = std::env::var_os("GITHUB_STEP_SUMMARY").filter(|p| !p.is_empty()) else {
        return Ok(());
    };
    let mut file = std::fs::OpenOptions::new()
        .append(true)
        .create(true)
        .open(&path)
        .map_err(|error| Failure::new(format!("the step summary cannot be written: {error}")))?;
    file.write_all(report::gate::summary(report).as_bytes())?;
    Ok(())
}

fn side<'a>(material: &'a Material, path: &str) -> Side<'a> {
    Side {
        label: name_of(path),
        workload: &material.workload,
        filter: Filter::default(),
        files: material.provenance.files,
        skipped: material.provenance.skipped,
    }
}

/// The last part of a path.
fn name_of(path: &str) -> String {
    let name = Path::new(path).file_name();
    name.map_or_else(|| path.to_owned(), |n| n.to_string_lossy().into_owned())
}

/// What is judged: the usual metrics or those that were named, with what the options say of each.
fn policy(args: &Args, base: &Side<'_>) -> Result<Policy, Failure> {
    let mut judged = if args.metric.is_empty() {
        gate::usual(base)
    } else {
        Vec::new()
    };
    let mut declare = |metric: &str, statistic| {
        let known = judged
            .iter()
            .position(|j| j.metric == metric && j.statistic == statistic);
        let at = known.unwrap_or_else(|| {
            judged.push(Judged {
                metric: metric.to_owned(),
                statistic,
                tolerance: gate::usual_tolerance(metric, statistic),
                level: CheckLevel::Error,
                is_declared: true,
            });
            judged.len() - 1
        });
        judged[at].is_declared = true;
        at
    };
    let mut tolerances = Vec::new();
    for text in &args.metric {
        let (metric, statistic) = statistic_of(text, base)?;
        declare(metric, statistic);
    }
    for text in &args.max_regression {
        let (name, value) = assigned(text, "--max-regression", "response_time=10%")?;
        let (metric, statistic) = statistic_of(name, base)?;
        let tolerance = units::parse_ratio(value)
            .map_err(|e| Failure::new(format!("--max-regression {text}: {e}")).help(e.help()))?;
        tolerances.push((declare(metric, statistic), tolerance));
    }
    let mut warned = Vec::new();
    for text in &args.warn {
        let (metric, statistic) = statistic_of(text, base)?;
        warned.push(declare(metric, statistic));
    }
    for (at, tolerance) in tolerances {
        judged[at].tolerance = tolerance;
    }
    for at in warned {
        judged[at].level = CheckLevel::Warn;
    }
    for text in &args.off {
        let (metric, statistic) = statistic_of(text, base)?;
        judged.retain(|j| j.metric != metric || j.statistic != statistic);
    }
    let mut limits = Vec::new();
    for (texts, kind, option) in [
        (&args.min, CheckKind::Min, "--min"),
        (&args.max, CheckKind::Max, "--max"),
    ] {
        for text in texts {
            let (name, value) = assigned(text, option, "success_rate=95%")?;
            let (metric, statistic) = statistic_of(name, base)?;
            limits.push(AbsoluteLimit {
                metric: metric.to_owned(),
                statistic,
                kind,
                value: value_of(metric, value)
                    .map_err(|e| Failure::new(format!("{option} {text}: {e}")).help(e.help()))?,
            });
        }
    }
    Ok(Policy {
        judged,
        limits,
        accepted: Vec::new(),
        fail_on: args
            .fail_on
            .iter()
            .map(|word| match word {
                Word::Inconclusive => GateVerdict::Inconclusive,
                Word::Insufficient => GateVerdict::Insufficient,
            })
            .collect(),
    })
}

fn assigned<'a>(text: &'a str, option: &str, example: &str) -> Result<(&'a str, &'a str), Failure> {
    text.split_once('=').ok_or_else(|| {
        Failure::new(format!("{option} wants METRIC=VALUE"))
            .help(format!("write {option} {example}"))
    })
}

/// `response_time` or `response_time.p95`.
fn statistic_of<'a>(text: &'a str, base: &Side<'_>) -> Result<(&'a str, TargetStatistic), Failure> {
    let (name, statistic) = match text.rsplit_once('.') {
        Some((name, "p95")) => (name, TargetStatistic::P95),
        Some((name, "mean")) => (name, TargetStatistic::Mean),
        _ => (text, TargetStatistic::Mean),
    };
    if Metric::named(name).is_some() || base.workload.catalog.names.find(name).is_some() {
        return Ok((name, statistic));
    }
    let failure = Failure::new(format!("there is no metric {name:?}"));
    let known = metrics::ALL.iter().map(|m| m.name());
    Err(match nearest(name, known) {
        Some(near) => failure.help(format!("did you mean {near}?")),
        None => failure.help("perfadvise metrics list names them all"),
    })
}

/// A value in the unit of its metric: `5s`, `95%`, `1GB`, `3`.
fn value_of(metric: &str, text: &str) -> Result<f64, units::UnitError> {
    match Metric::named(metric).map(|m| m.row().unit) {
        Some(Unit::Seconds) => units::parse_seconds(text),
        Some(Unit::Bytes) => units::parse_bytes(text),
        Some(Unit::Ratio) => units::parse_ratio(text),
        _ => units::parse_factor(text),
    }
}

/// Knobs whose declared values differ.
fn causes(base: &Config, candidate: &Config) -> Vec<Cause> {
    let names: std::collections::BTreeSet<&String> =
        base.knobs.keys().chain(candidate.knobs.keys()).collect();
    let text = |config: &Config, name: &str| config.knob(name).map(ToString::to_string);
    names
        .into_iter()
        .filter(|name| text(base, name) != text(candidate, name))
        .map(|name| {
            let place = match candidate.knobs.get(name).map(|k| &k.origin) {
                Some(Origin::File(place)) => Some(place),
                _ => None,
            };
            Cause {
                what: name.clone(),
                from: text(base, name),
                to: text(candidate, name),
                file: place.map(|p| p.file.clone()),
                line: place.and_then(|p| p.line),
            }
        })
        .collect()
}
