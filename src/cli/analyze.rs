//! `analyze`: everything at a glance.

use std::io::Write;

use super::input::{InputArgs, deliver};
use super::template::TemplateArgs;
use super::{Context, Exit, Failure};

/// Arguments of `analyze`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    input: InputArgs,
    /// Everything: all tables, evidence, what was not evaluated, all skipped input
    #[arg(long)]
    full: bool,
    #[command(flatten)]
    template: TemplateArgs,
    /// Print the JSON Schema of the result, and read nothing
    #[arg(long)]
    json_schema: bool,
}

/// Analyses and prints the page.
pub(super) fn run(args: &Args, context: &Context, out: &mut dyn Write) -> Result<Exit, Failure> {
    if args.json_schema {
        writeln!(
            out,
            "{}",
            schemars::schema_for!(crate::assessment::Assessment).to_value()
        )?;
        return Ok(Exit::Done);
    }
    let template = args.template.load(context)?;
    let verb = if args.full {
        "analyze --full"
    } else {
        "analyze"
    };
    let answer = args.input.assess(context, verb, args.full)?;
    match template {
        Some(template) => {
            let assessment = &answer.assessment;
            template.deliver(
                assessment,
                &assessment.provenance,
                &answer.style,
                context,
                out,
            )
        }
        None => deliver(&answer, context, None, out),
    }
}
