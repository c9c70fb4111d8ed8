//! `baseline save|list|show|accept|remove`: workloads kept in files to compare with.

mod given;
mod save;
mod show;

pub(super) use given::{Base, BaselineArgs, name_of};

use std::io::Write;
use std::path::Path;

use super::context::working_folder;
use super::input::{InputArgs, pairs};
use super::{Context, Exit, Failure};
use crate::store::{self, Environment, StoreError};

/// What to do with baselines.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Verb {
    /// Keep a workload as a baseline; one of the same name is replaced
    Save(SaveArgs),
    /// All baselines
    List,
    /// What a baseline holds, and where it was measured
    Show {
        /// Name, or a file that holds a baseline
        name: String,
        /// Its tasks, with how often each ran
        #[arg(long)]
        tasks: bool,
    },
    /// Accept a difference on purpose: move the baseline to other inputs, or let one metric be
    Accept(AcceptArgs),
    /// Remove a baseline
    Remove {
        /// Name
        name: String,
    },
}

/// Arguments of `baseline save`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  perfadvise baseline save main reports/
  perfadvise baseline save main runs/2 --pool
  perfadvise baseline save main reports/ --environment host_class=ci")]
pub(super) struct SaveArgs {
    /// Name: letters, digits and -_.@
    name: String,
    #[command(flatten)]
    input: InputArgs,
    /// Add the inputs to the baseline as a further run instead of replacing it
    #[arg(long)]
    pool: bool,
    #[command(flatten)]
    origin: OriginArgs,
}

/// Arguments of `baseline accept`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  perfadvise baseline accept main runs/new --reason \"smaller hosts\"
  perfadvise baseline accept main --metric response_time --reason \"smaller hosts\"")]
pub(super) struct AcceptArgs {
    /// Name; may be left out where there is only one baseline and no PATH
    name: Option<String>,
    #[command(flatten)]
    input: InputArgs,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Only this metric, until the next save; the baseline stays. May be given several times
    #[arg(long, value_name = "METRIC")]
    metric: Vec<String>,
    #[command(flatten)]
    origin: OriginArgs,
}

/// Where something was measured.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct OriginArgs {
    #[command(flatten)]
    environment: EnvironmentArgs,
    /// The commit that was measured (default: the one that is checked out here)
    #[arg(long, value_name = "COMMIT")]
    commit: Option<String>,
}

impl OriginArgs {
    fn commit(&self) -> Option<String> {
        self.commit
            .clone()
            .or_else(|| store::commit_of(&working_folder()))
    }
}

/// The environment, and whether another one will do.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct EnvironmentArgs {
    /// A further key of the environment, such as gpu=a100; host_class=NAME stands for system,
    /// architecture and cores
    #[arg(long, value_name = "KEY=VALUE")]
    environment: Vec<String>,
    /// Go on where the baseline is of another environment
    #[arg(long)]
    allow_environment: bool,
}

impl EnvironmentArgs {
    /// The environment of this run.
    pub(super) fn here(&self) -> Result<Environment, Failure> {
        let machine = Environment::of_machine();
        Ok(pairs(&self.environment, "--environment", "host_class=ci")?
            .iter()
            .fold(machine, |e, (key, value)| e.with(key, value)))
    }

    /// Refuses a baseline of another environment, unless that is allowed.
    pub(super) fn check(&self, baseline: &store::Meta, here: &Environment) -> Result<(), Failure> {
        let differences = baseline.environment.differences(here);
        if differences.is_empty() || self.allow_environment {
            return Ok(());
        }
        let differences: Vec<String> = differences.iter().map(ToString::to_string).collect();
        Err(Failure::new(format!(
            "the baseline {} is of another environment: {}",
            baseline.name,
            differences.join(", ")
        ))
        .help(
            "measure it again here, use another name, or --allow-environment; --environment host_class=NAME on both sides says that machines count as alike",
        ))
    }
}

/// Runs the verb.
pub(super) fn run(verb: &Verb, context: &Context, out: &mut dyn Write) -> Result<Exit, Failure> {
    match verb {
        Verb::Save(args) => save::save(args, context, out),
        Verb::List => show::list(&context.place(), context, out),
        Verb::Show { name, tasks } => {
            super::output::spare([Path::new(name)], context)?;
            let baseline = store::load(name, &context.place()).map_err(|e| failure(&e))?;
            show::show(&baseline, None, *tasks, context, out)?;
            Ok(Exit::Done)
        }
        Verb::Accept(args) => save::accept(args, context, out),
        Verb::Remove { name } => {
            let path = store::remove(name, &context.place()).map_err(|e| failure(&e))?;
            writeln!(out, "removed {}", path.display())?;
            Ok(Exit::Done)
        }
    }
}

/// A fault of the store as a failure of the run.
pub(super) fn failure(error: &StoreError) -> Failure {
    Failure::new(error.to_string()).help(error.help())
}
