//! `doctor`: a guided check for one symptom.

use std::io::Write;

use super::input::{InputArgs, exit};
use super::{Context, Exit, Failure, OutputFormat};
use crate::assessment::{Diagnosis, Symptom};
use crate::{analysis, doctor, pipeline, report};

/// Arguments of `doctor`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  perfadvise doctor reports/                     operations respond slowly: what of it is where
  perfadvise doctor reports/ --symptom memory    memory is used up
  perfadvise doctor reports/ --symptom system    the machine as a whole

Each check shows what was looked at: ✗ most of what a step takes longer, ! something was found, ✓ nothing was found,
? it was not measured. Nothing is measured anew: the figures are those of analyze.")]
pub(super) struct Args {
    #[command(flatten)]
    input: InputArgs,
    /// What is to be explained
    #[arg(long, value_enum, default_value_t = Complaint::Slow, value_name = "SYMPTOM")]
    symptom: Complaint,
    /// Print the JSON Schema of the result, and read nothing
    #[arg(long)]
    json_schema: bool,
}

/// A symptom on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Complaint {
    /// Operations respond slowly
    Slow,
    /// Memory is used up
    Memory,
    /// The machine as a whole does badly
    System,
}

impl Complaint {
    fn symptom(self) -> Symptom {
        match self {
            Complaint::Slow => Symptom::Slow,
            Complaint::Memory => Symptom::Memory,
            Complaint::System => Symptom::System,
        }
    }
}

/// Reads, analyses, makes the checks.
pub(super) fn run(args: &Args, context: &Context, out: &mut dyn Write) -> Result<Exit, Failure> {
    if args.json_schema {
        writeln!(out, "{}", schemars::schema_for!(Diagnosis).to_value())?;
        return Ok(Exit::Done);
    }
    let known = [OutputFormat::LIST, &[OutputFormat::Markdown]].concat();
    let format = context.format("a diagnosis", &known)?;
    let symptom = args.symptom.symptom();
    let (config, zone) = args.input.settings(context)?;
    let request = args.input.request(context, &config, &zone)?;
    let material = args.input.read(&request, config, context)?;
    let assessment = pipeline::judge(&material, &request);
    let measured = material.workload.measured();
    let metrics: Vec<String> = doctor::metrics_of(symptom)
        .into_iter()
        .filter(|metric| measured.contains(&(*metric).into()))
        .map(|metric| metric.name().to_owned())
        .collect();
    // Without a name all usual metrics would be meant.
    let trends = if metrics.is_empty() {
        Vec::new()
    } else {
        analysis::trends_of(
            &material.workload,
            &material.config,
            material.profile,
            &metrics,
            None,
        )
    };
    let diagnosis = doctor::examine(&assessment, &trends, symptom);
    let command = report::doctor::command(&args.input.paths, symptom);
    let style = context.style(&command, zone, false);
    let text = report::doctor::render(&diagnosis, format.name(), &style);
    out.write_all(text.as_bytes())?;
    out.flush()?;
    exit(&assessment.provenance, context)
}
