//! `man`: the manual page, as roff.

use std::io::Write;

use super::{Context, Exit, Failure};

/// Arguments of `man`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Write one page for each verb into this folder, instead of the main page to standard output
    #[arg(long, value_name = "FOLDER")]
    into: Option<std::path::PathBuf>,
}

/// Prints the page, or writes all pages into a folder.
pub(super) fn run(args: &Args, _: &Context, out: &mut dyn Write) -> Result<Exit, Failure> {
    match &args.into {
        Some(folder) => clap_mangen::generate_to(super::command(), folder).map_err(|error| {
            Failure::new(format!(
                "the pages could not be written into {}: {error}",
                folder.display()
            ))
            .help("make the folder first")
        })?,
        None => clap_mangen::Man::new(super::command()).render(out)?,
    }
    Ok(Exit::Done)
}
