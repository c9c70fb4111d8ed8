//! `completions SHELL`: a script for the shell.

use std::io::Write;

use super::{Context, Exit, Failure};

/// Arguments of `completions`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The shell
    #[arg(value_enum)]
    shell: clap_complete::Shell,
}

/// Prints the script.
pub(super) fn run(args: &Args, _: &Context, out: &mut dyn Write) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut super::command(), "perfadvise", &mut script);
    out.write_all(&script)?;
    Ok(Exit::Done)
}
