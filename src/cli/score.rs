//! `score`: the number, and with `--explain` where the points went.

use std::io::Write;

use super::input::{InputArgs, deliver};
use super::{Context, Exit, Failure};
use crate::report;

/// Arguments of `score`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    input: InputArgs,
    /// Each part: value, target, poor point, points lost, what one step would gain
    #[arg(long)]
    explain: bool,
}

/// Scores and prints.
pub(super) fn run(args: &Args, context: &Context, out: &mut dyn Write) -> Result<Exit, Failure> {
    let answer = args.input.assess(context, "score", args.explain)?;
    deliver(
        &answer,
        context,
        Some(if args.explain {
            report::score::explained
        } else {
            report::score::brief
        }),
        out,
    )
}
