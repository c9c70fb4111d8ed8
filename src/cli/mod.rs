//! The verbs: arguments in, text and an exit code out.
//!
//! Results go to standard output (or `--output`), everything else to standard error. A verb is a
//! file with its `Args` and `run`, and a row in `Verb`.

mod alerts;
mod analyze;
mod apply;
mod backtest;
mod baseline;
mod cache;
mod claims;
mod compare;
mod completions;
mod config;
mod context;
mod dashboard;
mod doctor;
mod export;
mod failure;
mod follow;
mod formats;
mod gate;
mod history;
mod input;
mod logging;
mod man;
mod metric;
mod metrics;
mod monitor;
mod output;
mod progress;
mod recommend;
mod record;
mod report;
mod rules;
mod score;
mod status;
mod tail;
mod template;
mod trend;
mod tune;
mod whatif;

use std::ffi::OsString;
use std::io::Write;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

pub use context::{Colour, Context, Globals, OutputFormat};
pub use failure::Failure;
pub use input::InputArgs;

/// How a run ended, as an exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Done; for a check: nothing found.
    Done = 0,
    /// The thing that was checked for was found.
    Found = 1,
    /// Bad usage, unreadable input or configuration, internal fault.
    Fault = 2,
    /// Not enough data.
    NotEnough = 3,
}

const EXAMPLES: &str = "\
Examples:
  perfadvise analyze reports/              score, trend, comparisons and advice for a folder
  perfadvise analyze                       looks where known tools keep their logs
  perfadvise analyze --full reports/       everything, with evidence
  perfadvise score --explain reports/      where the points went
  perfadvise compare FANCY=a SIMPLE=b      two or more inputs, metric by metric
  perfadvise trend builds.csv              change points and the newest value of any series
  perfadvise gate --baseline main/ new/    fails a build on a regression
  perfadvise recommend reports/            only the advice
  perfadvise whatif reports/ --set context.cache_size=100   what another setting would give
  perfadvise backtest reports/             past changes: projected, and what came of them
  perfadvise doctor reports/               slow: what was looked at, what was found, what next
  perfadvise report weekly reports/        the executive summary of a week
  perfadvise export --format perfetto reports/ -o sessions.json    the course of each session for a viewer
  perfadvise monitor                       sample this machine, until Ctrl-C
  perfadvise dashboard                     all of it on a screen of its own, live
  perfadvise tail                          what agents do now, line by line, until Ctrl-C
  perfadvise metric queue_depth 12         records a value of a metric of your own
  perfadvise alerts check reports/         what fires by alerts_config.yaml
  perfadvise analyze --format json reports/ | jq .score.value
  perfadvise record ~/.claude/projects     keeps what is new; --history reads it again
  perfadvise formats explain FILE          what is in a file, and what is missing
  perfadvise config show                   every setting and where it came from

Exit codes: 0 done, 1 what was checked for was found, 2 bad usage or input, 3 not enough data.";

/// How well do AI agents run, what changed, what should be changed next.
#[derive(Debug, Parser)]
#[command(name = "perfadvise", version, about, after_help = EXAMPLES, max_term_width = 100)]
pub struct Cli {
    #[command(subcommand)]
    verb: Option<Verb>,
    #[command(flatten)]
    globals: Globals,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Everything at a glance: metrics, score, trend, comparisons, recommendations
    Analyze(analyze::Args),
    /// The score; --explain shows each part
    Score(score::Args),
    /// Two or more inputs, or the values of a dimension, metric by metric
    Compare(compare::Args),
    /// Metrics over time: trend, change points, newest value, forecast
    Trend(trend::Args),
    /// The verdict for continuous integration: a candidate against a baseline
    Gate(gate::Args),
    /// Stored baselines: save, list, show, accept, remove
    #[command(subcommand)]
    Baseline(Box<baseline::Verb>),
    /// What to change next, best first
    Recommend(recommend::Args),
    /// What other settings of knobs would give, by replay or from both variants
    Whatif(whatif::Args),
    /// Which settings of the knobs are not beaten, under floors and limits
    Tune(tune::Args),
    /// Past changes of the configuration: what would have been projected, and what came of it
    Backtest(backtest::Args),
    /// Make the change of a recommendation in the configuration, and claim it
    Apply(Box<apply::Args>),
    /// Take the last change of apply back
    Undo(apply::UndoArgs),
    /// A guided check for a symptom: slow, memory, system
    Doctor(doctor::Args),
    /// The executive summary of a day, a week, a month or any days
    Report(report::Args),
    /// Keep what is new in the inputs in the history, where it stays when logs are deleted
    Record(record::Args),
    /// The history: list, show, prune, export
    #[command(subcommand)]
    History(history::Verb),
    /// The course of sessions for Perfetto, speedscope and flame graphs
    Export(export::Args),
    /// What is new in logs and monitor folders that grow, line by line, until Ctrl-C
    Tail(tail::Args),
    /// Alerts: check, watch, list, test, silence
    #[command(subcommand)]
    Alerts(Box<alerts::Verb>),
    /// Sample this machine, processes and addresses, and write reports
    Monitor(monitor::Args),
    /// Record a value of a metric of your own
    Metric(metric::Args),
    /// What a monitor saw last, as JSON
    Status(status::Args),
    /// Everything on a screen of its own, read again as it grows
    Dashboard(Box<dashboard::Args>),
    /// Input formats: list them, or explain what is in a file
    #[command(subcommand)]
    Formats(formats::Verb),
    /// Metrics: list what is measured, with units and meanings
    #[command(subcommand)]
    Metrics(metrics::Verb),
    /// Configuration: show it, check it, write one, print its schema
    #[command(subcommand)]
    Config(config::Verb),
    /// What is kept of large inputs for the next run: where, how much, away with it
    #[command(subcommand)]
    Cache(cache::Verb),
    /// Rules: list, explain, lint, test
    #[command(subcommand)]
    Rules(rules::Verb),
    /// Shell completions
    Completions(completions::Args),
    /// The manual page
    Man(man::Args),
}

/// The command line's definition, for completions and the manual page.
#[must_use]
pub fn command() -> clap::Command {
    // It is an option of all inputs, and what is followed is not recorded.
    Cli::command().mut_subcommand("tail", |tail| {
        tail.mut_arg("record", |record| record.hide(true))
    })
}

/// Runs the program: parses `arguments` (with the program's name first), does what they ask, and
/// says with which code to exit. Never panics on input; a closed pipe is no error.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> Exit {
    let matches = match command().try_get_matches_from(arguments) {
        Ok(matches) => matches,
        Err(error) => {
            let is_fault = error.use_stderr();
            // A closed pipe while help is printed is no error.
            let _ = error.print();
            return if is_fault { Exit::Fault } else { Exit::Done };
        }
    };
    let mut cli = match Cli::from_arg_matches(&matches) {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            return Exit::Fault;
        }
    };
    let Some(mut verb) = cli.verb else {
        let _ = anstream::stdout().write_all(command().render_help().ansi().to_string().as_bytes());
        return Exit::Done;
    };
    if let Verb::Monitor(args) = &mut verb {
        args.take_output(&mut cli.globals.output);
    }
    // As an input, - is a stream.
    cli.globals
        .output
        .take_if(|output| output.as_os_str() == "-");
    let mut of_log = cli.globals.clone();
    // A log would be printed over the screen; --log-file has it.
    of_log.quiet |= matches!(&verb, Verb::Dashboard(args) if !args.once);
    if let Err(failure) = logging::start(&of_log) {
        failure.print(&cli.globals);
        return Exit::Fault;
    }
    let context = Context::new(cli.globals);
    crate::threads::take_part();
    let result = output::with_writer(&context, |out| match &verb {
        Verb::Analyze(args) => analyze::run(args, &context, out),
        Verb::Score(args) => score::run(args, &context, out),
        Verb::Compare(args) => compare::run(args, &context, out),
        Verb::Trend(args) => trend::run(args, &context, out),
        Verb::Gate(args) => gate::run(args, &context, out),
        Verb::Baseline(verb) => baseline::run(verb, &context, out),
        Verb::Recommend(args) => recommend::run(args, &context, out),
        Verb::Whatif(args) => whatif::run(args, &context, out),
        Verb::Tune(args) => tune::run(args, &context, out),
        Verb::Backtest(args) => backtest::run(args, &context, out),
        Verb::Apply(args) => apply::run(args, &context, out),
        Verb::Undo(args) => apply::undo(args, &context, out),
        Verb::Doctor(args) => doctor::run(args, &context, out),
        Verb::Report(args) => report::run(args, &context, out),
        Verb::Record(args) => record::run(args, &context, out),
        Verb::History(verb) => history::run(verb, &context, out),
        Verb::Export(args) => export::run(args, &context, out),
        Verb::Tail(args) => tail::run(args, &context, out),
        Verb::Alerts(verb) => alerts::run(verb, &context, out),
        Verb::Monitor(args) => monitor::run(args, &context, out),
        Verb::Metric(args) => metric::run(args, &context),
        Verb::Status(args) => status::run(args, &context, out),
        Verb::Dashboard(args) => dashboard::run(args, &context, out),
        Verb::Formats(verb) => formats::run(verb, &context, out),
        Verb::Metrics(verb) => metrics::run(verb, &context, out),
        Verb::Config(verb) => config::run(verb, &context, out),
        Verb::Cache(verb) => cache::run(verb, &context, out),
        Verb::Rules(verb) => rules::run(verb, &context, out),
        Verb::Completions(args) => completions::run(args, &context, out),
        Verb::Man(args) => man::run(args, &context, out),
    });
    match result {
        Ok(exit) => exit,
        Err(failure) if failure.is_closed_pipe() => Exit::Done,
        Err(failure) => {
            failure.print(&context.globals);
            Exit::Fault
        }
    }
}
