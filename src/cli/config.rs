//! `config show|check|init|schema`: every setting, where it came from, and what may be set.

mod fault;
mod schema;
mod show;
mod template;

use std::io::Write;
use std::path::{Path, PathBuf};

use super::{Context, Exit, Failure};
use crate::advise::unknown_rules;
use crate::config;

pub(super) use fault::{failure, warn};

/// What to do with the configuration.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Verb {
    /// Every setting and where it came from
    Show,
    /// Check files (default: those in use)
    Check {
        /// perfadvise.yaml, performance_config.yaml, alerts_config.yaml or context_config.yaml
        #[arg(value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    /// Write a commented perfadvise.yaml (or --output FILE); never overwrites
    Init,
    /// JSON Schemas: of perfadvise.yaml and of the assessment
    Schema {
        /// Only this one
        #[arg(value_name = "NAME", value_enum)]
        of: Option<schema::Of>,
    },
}

/// Runs the verb.
pub(super) fn run(verb: &Verb, context: &Context, out: &mut dyn Write) -> Result<Exit, Failure> {
    match verb {
        Verb::Show => show::run(context, out),
        Verb::Check { files } => check(files, context, out),
        Verb::Init => init(context, out),
        Verb::Schema { of } => schema::run(*of, out),
    }
}

/// Reads files for their faults alone.
fn check(files: &[PathBuf], context: &Context, out: &mut dyn Write) -> Result<Exit, Failure> {
    super::output::spare(files.iter().map(PathBuf::as_path), context)?;
    if files.is_empty() {
        let (config, mut warnings) =
            config::load(&context.sources()).map_err(|e| failure(&e, None))?;
        super::output::spare(config.files.iter().map(Path::new), context)?;
        warnings.extend(unknown_rules(&config));
        warn(&warnings, &context.globals);
        let names = if config.files.is_empty() {
            "no file is in use, the built-in defaults hold".to_owned()
        } else {
            config.files.join(", ")
        };
        writeln!(out, "ok: {names}{}", counted(warnings.len()))?;
        return Ok(strictly(context, warnings.len()));
    }
    let mut all = 0;
    let mut faulty = Vec::new();
    for file in files {
        match config::check(file) {
            Ok((config, mut warnings)) => {
                warnings.extend(unknown_rules(&config));
                warn(&warnings, &context.globals);
                writeln!(out, "ok: {}{}", file.display(), counted(warnings.len()))?;
                all += warnings.len();
            }
            Err(error) => faulty.push(fault::text(&error, None)),
        }
    }
    if faulty.is_empty() {
        Ok(strictly(context, all))
    } else {
        out.flush()?;
        Err(Failure::rendered(faulty.join("\n")))
    }
}

/// With `--strict` a warning is an error.
fn strictly(context: &Context, warnings: usize) -> Exit {
    if context.globals.strict && warnings > 0 {
        Exit::Fault
    } else {
        Exit::Done
    }
}

fn counted(warnings: usize) -> String {
    match warnings {
        0 => String::new(),
        1 => " (1 warning)".to_owned(),
        n => format!(" ({n} warnings)"),
    }
}

fn init(context: &Context, out: &mut dyn Write) -> Result<Exit, Failure> {
    let exists = |path: &Path| {
        Failure::new(format!("{} is already there", path.display()))
            .help("write another file with --output FILE, or remove it first")
    };
    match &context.globals.output {
        // The caller writes what is printed here to that file.
        Some(path) if path.exists() => Err(exists(path)),
        Some(_) => {
            out.write_all(template::text().as_bytes())?;
            Ok(Exit::Done)
        }
        None => {
            let path = Path::new(config::FILE_NAME);
            let written = std::fs::File::create_new(path)
                .and_then(|mut file| file.write_all(template::text().as_bytes()));
            match written {
                Ok(()) => {
                    writeln!(
                        out,
                        "wrote {}: every line in it is a comment until you change it",
                        path.display()
                    )?;
                    Ok(Exit::Done)
                }
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
                    Err(exists(path))
                }
                Err(error) => Err(Failure::new(format!(
                    "{} could not be written: {error}",
                    path.display()
                ))
                .help("check that the working folder may be written to")),
            }
        }
    }
}
