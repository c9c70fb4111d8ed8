//! `gate`: the verdict for continuous integration.

mod policy;

use std::io::Write;
use std::path::Path;

use clap::ValueEnum;

use super::baseline::{Base, EnvironmentArgs, name_of};
use super::input::InputArgs;
use super::{Context, Exit, Failure, OutputFormat};
use crate::analysis::Side;
use crate::assessment::GateReport;
use crate::gate;
use crate::pipeline::Material;
use crate::report::{self, shell};
use crate::score;
use crate::workload::Filter;

/// Arguments of `gate`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  perfadvise gate --baseline main runs/branch            main was saved: perfadvise baseline save main runs/
  perfadvise gate --baseline runs/main runs/branch
  perfadvise gate --baseline runs/main runs/branch --max-regression response_time=10%
  perfadvise gate --baseline runs/main runs/branch --min success_rate=95% --fail-on inconclusive
  perfadvise gate --baseline runs/main runs/branch --format github

Exit codes: 0 pass (and inconclusive), 1 regression, 2 bad usage or input, 3 too little data.")]
pub(super) struct Args {
    #[command(flatten)]
    input: InputArgs,
    /// What to compare with: a saved baseline, or a folder or file of records
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
    #[command(flatten)]
    environment: EnvironmentArgs,
    /// Print the JSON Schema of the result, and read nothing
    #[arg(long)]
    json_schema: bool,
}

/// What a verdict is written as: those for whoever watches a build are its own.
const FORMATS: [OutputFormat; 9] = [
    OutputFormat::Text,
    OutputFormat::Json,
    OutputFormat::Jsonl,
    OutputFormat::Yaml,
    OutputFormat::Markdown,
    OutputFormat::Csv,
    OutputFormat::Junit,
    OutputFormat::Sarif,
    OutputFormat::Github,
];

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
    let format = context.format("gate", &FORMATS)?.name();
    let (config, zone) = args.input.settings(context)?;
    let read = |input: &InputArgs| -> Result<Material, Failure> {
        let request = input.request(context, &config, &zone)?;
        input.read(&request, config.clone(), context)
    };
    if args.input.history {
        return Err(Failure::new("gate judges what is in a path, not the history").help(
            "perfadvise baseline save NAME --history --from DAY --to DAY makes a baseline of a part of it",
        ));
    }
    if args.input.by.is_some() {
        return Err(Failure::new("gate does not judge by a dimension")
            .help("use --where DIM=VALUE, or perfadvise compare --by"));
    }
    let place = context.place();
    let only = args.input.only()?;
    super::output::spare([Path::new(baseline)], context)?;
    let mut base = Base::of(
        baseline,
        &args.environment,
        &place,
        (&config, &only),
        || read(&args.input.only_path(baseline)),
    )?;
    let candidate = read(&args.input)?;
    base.hold_to_prices(&candidate.provenance, context);
    let base_side = base.side();
    let label = match args.input.paths.as_slice() {
        [path] if name_of(path) != base.label => name_of(path),
        _ => "candidate".to_owned(),
    };
    let candidate_side = Side {
        label,
        workload: &candidate.workload,
        filter: Filter::default(),
        files: candidate.provenance.files,
        skipped: candidate.provenance.skipped,
    };
    let warn = |text: &str| context.warn(text);
    let policy = policy::policy(args, &config, &base_side, base.accepted.clone(), &warn)?;
    let causes = base.before(&candidate.config).causes;
    let mut report = gate::judge(&base_side, &candidate_side, &policy, &config, causes);
    // Both against the same targets.
    let of = |workload| score::score(workload, &candidate.config, candidate.profile);
    report.score = score::change(&of(&base.workload), &of(&candidate.workload));
    let command = std::iter::once(format!("gate --baseline {}", shell::quoted(baseline)))
        .chain(args.input.paths.iter().map(|p| shell::quoted(p)))
        .collect::<Vec<_>>()
        .join(" ");
    let style = context.style(&command, zone, false);
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
