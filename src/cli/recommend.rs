//! `recommend`: only the advice.

use std::io::Write;

use super::input::{InputArgs, deliver};
use super::{Context, Exit, Failure};
use crate::report;

/// Arguments of `recommend`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    input: InputArgs,
}

/// Advises and prints.
pub(super) fn run(args: &Args, context: &Context, out: &mut dyn Write) -> Result<Exit, Failure> {
    let answer = args.input.assess(context, "recommend", true)?;
    deliver(&answer, context, Some(report::recommend::page), out)
}
