//! `backtest`: past changes of the configuration, projected and held against what came after.

use std::io::Write;

use super::input::InputArgs;
use super::whatif::read;
use super::{Context, Exit, Failure, OutputFormat};
use crate::assessment::{Backtest, ClaimState};
use crate::claims::{self, Told};
use crate::report::{self, shell};
use crate::store::history::{History, HistoryError};

/// Arguments of `backtest`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  perfadvise backtest reports/
  perfadvise backtest --history
  perfadvise backtest reports/ --format json | jq .calibration

Changes are known by events (config_change; lasting switches of mode or interface) and by claims in the history.")]
pub(super) struct Args {
    #[command(flatten)]
    input: InputArgs,
    /// Print the JSON Schema of the result, and read nothing
    #[arg(long)]
    json_schema: bool,
}

/// Projects, holds and prints.
pub(super) fn run(args: &Args, context: &Context, out: &mut dyn Write) -> Result<Exit, Failure> {
    if args.json_schema {
        let schema = schemars::schema_for!(Backtest).to_value();
        writeln!(out, "{schema}")?;
        return Ok(Exit::Done);
    }
    let format = context.format("backtest", OutputFormat::TABLE)?.name();
    let (material, zone) = read(&args.input, context)?;
    let answer = claims::backtest(
        &material.workload,
        &material.config,
        material.profile,
        &told(context),
    );
    let command = std::iter::once("backtest".to_owned())
        .chain(args.input.paths.iter().map(|p| shell::quoted(p)))
        .collect::<Vec<_>>()
        .join(" ");
    let style = context.style(&command, zone, true);
    out.write_all(report::backtest::render(&answer, format, &style).as_bytes())?;
    out.flush()?;
    let exit = super::input::exit(&material.provenance, context)?;
    Ok(if answer.changes.is_empty() {
        Exit::NotEnough
    } else {
        exit
    })
}

/// The changes of claims that were not taken back. A history that cannot be read stops nothing.
fn told(context: &Context) -> Vec<Told> {
    let read = || -> Result<Vec<Told>, HistoryError> {
        let Some(history) = History::open(&context.place())? else {
            return Ok(Vec::new());
        };
        let claims = history.claims()?.into_iter();
        let made = claims.filter(|c| c.state != ClaimState::Withdrawn);
        let told = made.filter_map(|c| {
            let change = c.change.filter(|change| change.to.is_some())?;
            Some(Told {
                at: c.claimed_at,
                change,
            })
        });
        Ok(told.collect())
    };
    read().unwrap_or_else(|error| {
        context.warn(&format!("claims are left out: {error}"));
        Vec::new()
    })
}
