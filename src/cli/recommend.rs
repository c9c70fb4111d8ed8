//! `recommend`: only the advice; `recommend explain CODE`: everything about one rule on these inputs.

use std::io::Write;
use std::path::PathBuf;

use super::baseline::BaselineArgs;
use super::input::{InputArgs, deliver, tell_of_gaps};
use super::rules::no_rule;
use super::{Context, Exit, Failure, OutputFormat};
use crate::advise::Library;
use crate::claims;
use crate::pipeline;
use crate::report::{self, shell};

/// Arguments of `recommend`.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(super) struct Args {
    #[command(subcommand)]
    verb: Option<Verb>,
    #[command(flatten)]
    input: InputArgs,
    #[command(flatten)]
    baseline: BaselineArgs,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    /// Why a rule speaks or does not on these inputs: values, evidence, projection
    Explain(Explain),
    #[command(flatten)]
    Claims(super::claims::Verb),
}

#[derive(Debug, clap::Args)]
struct Explain {
    /// Code or name of the rule, such as CTX003 or cache-too-small
    #[arg(value_name = "CODE")]
    rule: String,
    #[command(flatten)]
    input: InputArgs,
    #[command(flatten)]
    baseline: BaselineArgs,
}

/// Advises and prints.
pub(super) fn run(args: &Args, context: &Context, out: &mut dyn Write) -> Result<Exit, Failure> {
    match &args.verb {
        Some(Verb::Explain(explain)) => return explained(explain, context, out),
        Some(Verb::Claims(verb)) => return super::claims::run(verb, context, out),
        None => {}
    }
    let baseline = Some(&args.baseline);
    let answer = args
        .input
        .assess_against(context, "recommend", true, baseline)?;
    if context.globals.format == OutputFormat::Text {
        // The document lists them.
        tell_of_gaps(&answer.assessment.provenance, context);
    }
    deliver(&answer, context, Some(report::recommend::page), out)
}

fn explained(args: &Explain, context: &Context, out: &mut dyn Write) -> Result<Exit, Failure> {
    let format = context
        .format("recommend explain", OutputFormat::LIST)?
        .name();
    let (config, zone) = args.input.settings(context)?;
    let folder = config.rules_dir.as_ref().map(|d| PathBuf::from(&d.value));
    let library = Library::with_folder(folder.as_deref());
    let Some(entry) = library.find(&args.rule) else {
        return Err(no_rule(&library, &args.rule));
    };
    let request = args.input.request(context, &config, &zone)?;
    let mut base = args.baseline.load(&args.input, &config, context)?;
    let material = args.input.read(&request, config, context)?;
    if let Some(base) = &mut base {
        base.hold_to_prices(&material.provenance, context);
    }
    let before = base.as_ref().map(|base| base.before(&material.config));
    let mut explanation = pipeline::explain(&material, &request, &entry.rule, before.as_ref());
    explanation.claims = super::claims::of_rule(&entry.rule.code, context);
    explanation.track_record = claims::track_records(&explanation.claims)
        .into_iter()
        .next();
    let command = [
        "recommend".to_owned(),
        "explain".to_owned(),
        args.rule.clone(),
    ]
    .into_iter()
    .chain(args.input.paths.iter().map(|p| shell::quoted(p)))
    .collect::<Vec<_>>()
    .join(" ");
    let style = context.style(&command, zone, true);
    out.write_all(report::explain::render(&explanation, format, &style).as_bytes())?;
    out.flush()?;
    super::input::exit(&material.provenance, context)
}
