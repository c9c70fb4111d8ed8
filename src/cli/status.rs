//! `status`: what a monitor saw last, in the shape of the orchestrator's monitor.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::{Context, Exit, Failure, OutputFormat};
use crate::live;

/// Arguments of `status`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  perfadvise status
  perfadvise status .orch-monitoring | jq .latest_snapshot.cpu_usage
  watch -n 30 perfadvise status

Exit codes: 0 done, 2 bad usage or no such folder, 3 no report there (status is no_data).")]
pub(super) struct Args {
    /// Folder of a monitor's reports [default: .orch-monitoring]
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
}

/// Prints the state, as JSON unless YAML is asked for.
pub(super) fn run(args: &Args, context: &Context, out: &mut dyn Write) -> Result<Exit, Failure> {
    let usual = Path::new(".orch-monitoring");
    let folder = args.folder.as_deref().unwrap_or(usual);
    // Where nobody named a folder and the usual one is not there, no monitor ran yet.
    let known = if args.folder.is_none() && !usual.exists() {
        Ok(live::no_data())
    } else {
        live::status(folder)
    };
    let (state, unread) = known.map_err(|error| {
        Failure::new(error.to_string())
            .help("name the folder of the reports, or start one: perfadvise monitor")
    })?;
    for path in unread.iter().filter(|_| !context.globals.quiet) {
        // Nothing can be done when standard error is closed.
        let _ = writeln!(
            io::stderr(),
            "warning: {} is no report that can be read",
            path.display()
        );
    }
    match context.format("the state", OutputFormat::LIST)? {
        OutputFormat::Jsonl => writeln!(out, "{state}")?,
        OutputFormat::Yaml => {
            let yaml = serde_yaml::to_string(&state)
                .map_err(|e| Failure::new(format!("not writable as YAML: {e}")))?;
            out.write_all(yaml.as_bytes())?;
        }
        _ => {
            serde_json::to_writer_pretty(&mut *out, &state).map_err(io::Error::from)?;
            writeln!(out)?;
        }
    }
    Ok(if state["status"] == "no_data" {
        Exit::NotEnough
    } else {
        Exit::Done
    })
}
