//! `alerts silence`: nobody is told for a time.

use std::io::Write;

use super::super::input::pairs;
use super::super::record::{create, failure};
use super::super::{Context, Exit, Failure, output};
use crate::assessment::Silence;
use crate::config::keys::nearest;
use crate::report;
use crate::units::{Time, parse_seconds};

/// Arguments of `alerts silence`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  perfadvise alerts silence response_time --for 2h --reason 'provider is down'
  perfadvise alerts silence --for 1h --label interface=mock
  perfadvise alerts silence                    what is silenced
  perfadvise alerts silence --end 3

An alert that still fires when its silence ends is told then.")]
pub(in crate::cli) struct Args {
    /// The alert; without one, all
    #[arg(value_name = "ALERT")]
    alert: Option<String>,
    /// How long
    #[arg(long = "for", value_name = "TIME")]
    time: Option<String>,
    /// Only with this label (may be given several times)
    #[arg(long, value_name = "KEY=VALUE")]
    label: Vec<String>,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// End the silence of this number
    #[arg(long, value_name = "N", conflicts_with_all = ["alert", "time", "label", "reason"])]
    end: Option<u64>,
}

/// Begins, ends or lists silences.
pub(in crate::cli) fn run(
    args: &Args,
    context: &Context,
    out: &mut dyn Write,
) -> Result<Exit, Failure> {
    let now = context.now()?;
    let mut history = create(context)?;
    if let Some(id) = args.end {
        let was_there = history.end_silence(id).map_err(|e| failure(&e))?;
        if !was_there {
            return Err(Failure::new(format!("there is no silence {id}"))
                .help("perfadvise alerts silence lists them"));
        }
        writeln!(out, "Silence {id} is over.")?;
        return Ok(Exit::Done);
    }
    let Some(time) = &args.time else {
        if args.alert.is_some() || !args.label.is_empty() || args.reason.is_some() {
            return Err(Failure::new("for how long?").help("write it as --for 2h"));
        }
        let all = history.silences(now).map_err(|e| failure(&e))?;
        return show(&all, context, out);
    };
    let seconds = parse_seconds(time)
        .map_err(|error| Failure::new(format!("--for {time}: {error}")).help(error.help()))?;
    #[allow(clippy::cast_possible_truncation)] // saturates
    let until = Time(now.0.saturating_add((seconds * 1e9) as i64));
    if !until.is_plausible() {
        return Err(Failure::new(format!("--for {time} ends after the year 2099"))
            .help("write a shorter time, such as --for 7d; perfadvise alerts silence --end N ends one sooner"));
    }
    if let Some(name) = &args.alert {
        let config = context.load_config()?.config;
        let names: Vec<&str> = config.alerts.iter().map(|a| a.name.as_str()).collect();
        if !names.contains(&name.as_str()) {
            let failure = Failure::new(format!("there is no alert \"{name}\""));
            return Err(match nearest(name, names.iter().copied()) {
                Some(near) => failure.help(format!("did you mean \"{near}\"?")),
                None => failure.help("perfadvise alerts list names them"),
            });
        }
    }
    let labels = pairs(&args.label, "--label", "interface=mock")?;
    let silence = history
        .silence(Silence {
            id: 0,
            alert: args.alert.clone(),
            labels: labels.into_iter().collect(),
            from: now,
            until,
            reason: args.reason.clone(),
        })
        .map_err(|e| failure(&e))?;
    show(&[silence], context, out)
}

fn show(all: &[Silence], context: &Context, out: &mut dyn Write) -> Result<Exit, Failure> {
    let zone = context.zone(context.globals.timezone.as_deref())?;
    let style = context.style("alerts silence", zone, false);
    output::list(context, out, all, |out| {
        out.write_all(report::alerts::silences(all, &style).as_bytes())
    })?;
    Ok(Exit::Done)
}
