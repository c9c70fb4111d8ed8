//! `export`: the course of sessions for the viewers that people use.

use std::io::{self, Write};

use super::input::{InputArgs, exit, tell_of_gaps};
use super::progress::Progress;
use super::{Context, Exit, Failure};
use crate::export::{ALL, exporter};
use crate::pipeline;
use crate::units::Time;

/// Arguments of `export`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  perfadvise export --format perfetto ~/.claude/projects -o week.json   open it at ui.perfetto.dev
  perfadvise export --format speedscope session.jsonl -o session.json   open it at speedscope.app
  perfadvise export --format folded reports/ | flamegraph.pl --countname ns > time.svg

Each session is a track group: what had the wall-clock time, then model requests, tools and waits, then the same of
each subagent. Names, times, tokens and costs are written, never anything of prompts, replies or tool output.")]
pub(super) struct Args {
    #[command(flatten)]
    input: InputArgs,
}

/// Reads, folds, and writes each session as it is done.
pub(super) fn run(args: &Args, context: &Context, out: &mut dyn Write) -> Result<Exit, Failure> {
    let format = context.globals.format.name();
    let mut writer = exporter(format).ok_or_else(|| unknown(context))?;
    for (option, is_given) in [
        ("--by", args.input.by.is_some()),
        ("--prices", args.input.prices.is_some()),
        // What is kept there are sums, without a course.
        ("--history", args.input.history),
    ] {
        if is_given {
            return Err(Failure::new(format!("export has no use for {option}"))
                .help("leave it out; costs are written where the input reports them"));
        }
    }
    let (config, zone) = args.input.settings(context)?;
    let request = args.input.request(context, &config, &zone)?;
    let progress = Progress::new(&context.globals);
    // An error of the output ends the writing; what is left of the reading goes on unseen.
    let mut written: io::Result<()> = Ok(());
    let mut sessions = 0_usize;
    let result = pipeline::trace(
        &request,
        config,
        &|done, total| progress.show(done, total),
        &mut |begin, shown| {
            if written.is_err() {
                return;
            }
            written = match shown {
                None => writer.open(begin.unwrap_or(Time(0)), out),
                Some((catalog, trace)) => {
                    sessions += 1;
                    writer.trace(catalog, trace, out)
                }
            };
        },
    );
    progress.finish();
    let material = result.map_err(|error| context.input_failure(&error))?;
    written?;
    writer.close(out)?;
    super::config::warn(&material.warnings, &context.globals);
    args.input.keep(&material, None, context)?;
    let provenance = &material.provenance;
    tell_of_gaps(provenance, context);
    let others = material.workload.units.len().saturating_sub(sessions);
    if others > 0 {
        context.warn(&format!(
            "{others} of {} groups of records are not in it: they name no session, tell of no request or tool call, \
             or are in part left out by --where",
            material.workload.units.len()
        ));
    }
    if sessions == 0 {
        context.warn("there is no session with a model request or tool call: nothing to look at");
    }
    let exit = exit(provenance, context)?;
    Ok(match exit {
        Exit::Done if sessions == 0 => Exit::NotEnough,
        exit => exit,
    })
}

/// Which formats there are.
fn unknown(context: &Context) -> Failure {
    let names: Vec<&str> = ALL.iter().map(|(name, _)| *name).collect();
    let about: Vec<String> = ALL
        .iter()
        .map(|(name, about)| format!("{name}: {about}"))
        .collect();
    let name = context.globals.format.name();
    Failure::new(if name == "text" {
        format!("export wants --format {}", names.join(", "))
    } else {
        format!(
            "sessions are not exported as {name}; export wants --format {}",
            names.join(", ")
        )
    })
    .help(about.join("; "))
}
