//! `alerts check|watch|list|test|silence|log|actions`: what must not happen.

mod actions;
mod check;
mod deliver;
mod inputs;
mod listed;
mod locks;
mod log;
mod scenarios;
mod silence;
mod watch;

use std::io::Write;

pub(super) use deliver::{addressed, deliver, take_up};
pub(super) use inputs::Inputs;
pub(super) use locks::turn;

use super::input::InputArgs;
use super::{Context, Exit, Failure};
use crate::assessment::{AlertsReport, Firing};
use crate::notify;
use crate::store::history::History;
use crate::units::Time;

/// Exit code of a program that a signal ended (128 and the number of SIGINT), as shells have it.
const ENDED_BY_SIGNAL: i32 = 130;

/// What to do with alerts.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Verb {
    /// In which state each alert is; exits with 1 when one fires
    Check(check::Args),
    /// Look time and again, remember, and tell who is to be told
    Watch(watch::Args),
    /// The alerts as they are configured, with what is remembered of each
    List,
    /// Run scenarios from a file; without a file, try the channels
    Test(scenarios::Args),
    /// Keep an alert from being told for a time
    Silence(silence::Args),
    /// Actions that alerts asked for: list, confirm, rollback
    #[command(subcommand)]
    Actions(actions::Verb),
    /// What was sent, and what became of it
    Log(log::Args),
}

/// Runs the verb.
pub(super) fn run(verb: &Verb, context: &Context, out: &mut dyn Write) -> Result<Exit, Failure> {
    match verb {
        Verb::Check(args) => check::run(args, context, out),
        Verb::Watch(args) => watch::run(args, context, out),
        Verb::List => listed::run(context, out),
        Verb::Test(args) => scenarios::run(args, context, out),
        Verb::Silence(args) => silence::run(args, context, out),
        Verb::Actions(verb) => actions::run(verb, context, out),
        Verb::Log(args) => log::run(args, context, out),
    }
}

/// In which state each alert is, of which nothing is kept or told; `None` where none is configured.
pub(super) fn present(
    input: &InputArgs,
    inputs: &mut Inputs,
    now: Time,
    context: &Context,
) -> Result<Option<AlertsReport>, Failure> {
    let (config, _) = input.settings(context)?;
    let look = check::look_if_any(input, inputs, config, now, context)?;
    Ok(look.map(|look| check::unsent(look).report))
}

/// Times in which alerts fired that touch a period, as the history has them; none where there is no history.
pub(super) fn firings(period: (Time, Time), context: &Context) -> Vec<Firing> {
    let history = match History::open(&context.place()) {
        Ok(Some(history)) => history,
        Ok(None) => return Vec::new(),
        Err(error) => {
            context.warn(&format!("alerts are left out: {error}"));
            return Vec::new();
        }
    };
    history.firings(Some(period)).unwrap_or_else(|error| {
        context.warn(&format!("alerts are left out: {error}"));
        Vec::new()
    })
}

/// A signal ends this program at once, and with it the programs that it runs for channels and actions.
pub(super) fn end_on_signal() -> Result<(), Failure> {
    on_signal(end_now)
}

/// What a signal does.
fn on_signal(does: impl FnMut() + Send + 'static) -> Result<(), Failure> {
    ctrlc::set_handler(does)
        .map_err(|error| Failure::new(format!("signals cannot be listened to: {error}")))
}

/// Ends this program, and the programs that it runs.
fn end_now() {
    notify::end_programs();
    // The thread that runs the verb may wait for anything; nobody waits for it.
    std::process::exit(ENDED_BY_SIGNAL);
}

/// No alert is configured.
fn unconfigured() -> Failure {
    Failure::new("no alert is configured").help(
        "write them into alerts_config.yaml here, or name a file: --config alerts_config.yaml (docs/alerts.md)",
    )
}
