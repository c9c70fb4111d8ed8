//! The program's own log: `--verbose`, `PERFADVISE_LOG`, and the debug switches of the Python monitor.

use std::fs::OpenOptions;
use std::io::stderr;
use std::sync::Mutex;

use anstream::ColorChoice;
use tracing_subscriber::filter::EnvFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use super::{Failure, Globals};

/// Environment variables that switch on the log of a part, and that part.
const SWITCHES: &[(&str, &str)] = &[
    ("PERFORMANCE_DEBUG", "perfadvise=debug"),
    ("CONTEXT_TIMING_DEBUG", "perfadvise::workload=debug"),
    ("INTERFACE_TIMING_DEBUG", "perfadvise::analysis=debug"),
    ("CONTEXT_MANAGER_PROFILE", "perfadvise::advise=debug"),
    ("INTERFACE_MANAGER_PROFILE", "perfadvise::ingest=debug"),
];

/// Starts the log on standard error and, with `--log-file`, in a file. Nothing is logged by default.
pub(super) fn start(globals: &Globals) -> Result<(), Failure> {
    let mut directives: Vec<String> = SWITCHES
        .iter()
        .filter(|(name, _)| {
            std::env::var(name)
                .is_ok_and(|v| matches!(v.as_str(), "1" | "true" | "TRUE" | "True" | "yes" | "on"))
        })
        .map(|(_, directive)| (*directive).to_owned())
        .collect();
    match globals.verbose {
        0 => {}
        1 => directives.push("perfadvise=info".into()),
        2 => directives.push("perfadvise=debug".into()),
        _ => directives.push("perfadvise=trace".into()),
    }
    if let Ok(own) = std::env::var("PERFADVISE_LOG") {
        directives.push(own);
    }
    if directives.is_empty() {
        if globals.log_file.is_none() {
            return Ok(());
        }
        directives.push("perfadvise=info".into());
    }
    let filter = EnvFilter::builder()
        .parse(directives.join(","))
        .map_err(|_| {
            Failure::new("PERFADVISE_LOG is not a filter").help(
                "write a level or parts with levels, such as debug or perfadvise::ingest=trace",
            )
        })?;
    let file = match &globals.log_file {
        None => None,
        Some(path) => {
            if let Some(folder) = path.parent() {
                // If it cannot be made, opening the file fails and says so.
                let _ = std::fs::create_dir_all(folder);
            }
            let file = OpenOptions::new()
                .create(true)
                .append(true)
                .open(path)
                .map_err(|error| {
                    Failure::new(format!(
                        "the log file {} could not be opened: {error}",
                        path.display()
                    ))
                    .help("choose a path that may be written to with --log-file")
                })?;
            Some(
                tracing_subscriber::fmt::layer()
                    .with_ansi(false)
                    .with_writer(Mutex::new(file)),
            )
        }
    };
    let on_terminal = (!globals.quiet).then(|| {
        tracing_subscriber::fmt::layer()
            .with_ansi(globals.colour_choice(&stderr()) != ColorChoice::Never)
            .with_writer(stderr)
            .with_target(true)
    });
    // A second start within one process (a library user's) keeps the first.
    let _ = tracing_subscriber::registry()
        .with(filter)
        .with(on_terminal)
        .with(file)
        .try_init();
    Ok(())
}
