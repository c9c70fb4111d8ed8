//! `alerts test FILE`: scenarios; `alerts test`: each channel is tried.

use std::io::Write;
use std::path::{Path, PathBuf};

use super::super::{Context, Exit, Failure, output};
use super::unconfigured;
use crate::alerts::scenario::{self, Scenarios};
use crate::assessment::ScenarioResult;
use crate::config::{self, Channel};
use crate::notify::{self, Message, Outcome};
use crate::place::yaml_fault;
use crate::record::hash128;
use crate::threads;

/// Arguments of `alerts test`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  perfadvise alerts test                       do the channels work?
  perfadvise alerts test alerts_test.yaml      docs/alerts.md shows such a file

Exit codes: 0 all as expected, 1 something is not, 2 bad usage or a faulty file.")]
pub(in crate::cli) struct Args {
    /// Files of scenarios; without one a message that says so is sent to each channel
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
}

/// Runs the scenarios of all files.
pub(in crate::cli) fn run(
    args: &Args,
    context: &Context,
    out: &mut dyn Write,
) -> Result<Exit, Failure> {
    if args.files.is_empty() {
        return channels(context, out);
    }
    let mut results = Vec::new();
    for file in &args.files {
        results.extend(of_file(file, context)?);
    }
    output::list(context, out, &results, |out| page(&results, out))?;
    let is_fine = results.iter().all(|r| r.failures.is_empty());
    Ok(if is_fine { Exit::Done } else { Exit::Found })
}

/// How a channel took a message that tries it.
#[derive(serde::Serialize)]
struct Tried {
    channel: String,
    is_delivered: bool,
    reason: Option<String>,
}

/// Sends each channel a message that says it is tried.
fn channels(context: &Context, out: &mut dyn Write) -> Result<Exit, Failure> {
    let config = context.load_config()?.config;
    if config.channels.is_empty() {
        return Err(Failure::new("no channel is configured").help(
            "write notification_channels into alerts_config.yaml here, or name a file of scenarios (docs/alerts.md)",
        ));
    }
    let now = context.now()?;
    let message = Message {
        id: format!("{:032x}", hash128(format!("test {now}").as_bytes())),
        kind: "test".to_owned(),
        severity: None,
        title: "[test] perfadvise".to_owned(),
        text: "This tries the channel; nothing is wrong.".to_owned(),
        notice: None,
    };
    super::end_on_signal()?;
    let tried = threads::apart(&config.channels, |channel| try_one(channel, &message));
    output::list(context, out, &tried, |out| {
        for one in &tried {
            let word = if one.is_delivered { "ok" } else { "FAILED" };
            let reason = one.reason.as_deref().unwrap_or_default();
            writeln!(
                out,
                "{word:<7} {:<12} {reason}",
                crate::report::visible(&one.channel, true)
            )?;
        }
        Ok(())
    })?;
    let is_fine = tried.iter().all(|t| t.is_delivered);
    Ok(if is_fine { Exit::Done } else { Exit::Found })
}

fn try_one(channel: &Channel, message: &Message) -> Tried {
    let outcome = notify::send(channel, message, &|name| std::env::var(name).ok());
    let reason = match outcome {
        Outcome::Delivered => None,
        Outcome::Failed { reason, .. } | Outcome::Refused(reason) | Outcome::Doubtful(reason) => {
            Some(reason)
        }
    };
    Tried {
        channel: channel.name.clone(),
        is_delivered: reason.is_none(),
        reason,
    }
}

fn of_file(file: &Path, context: &Context) -> Result<Vec<ScenarioResult>, Failure> {
    let fault = |reason: String| {
        Failure::new(format!("{}: {reason}", file.display()))
            .help("docs/alerts.md shows the shape of a file of scenarios")
    };
    output::spare([file], context)?;
    let text = std::fs::read_to_string(file).map_err(|error| fault(error.to_string()))?;
    let scenarios: Scenarios = serde_yaml::from_str(&text).map_err(|error| {
        let place = error
            .location()
            .map_or_else(String::new, |at| format!(":{}:{}", at.line(), at.column()));
        let text = yaml_fault(&error);
        Failure::new(format!("{}{place}: {text}", file.display()))
            .help("docs/alerts.md shows the shape of a file of scenarios")
    })?;
    let config = if scenarios.alerts.is_empty() {
        context.load_config()?.config
    } else {
        let folder = file.parent().unwrap_or(Path::new(""));
        let sources = config::Sources {
            files: scenarios.alerts.iter().map(|f| folder.join(f)).collect(),
            ..config::Sources::default()
        };
        let (config, warnings) = config::load(&sources)
            .map_err(|error| super::super::config::failure(&error, Some("Nothing was tested.")))?;
        super::super::config::warn(&warnings, &context.globals);
        config
    };
    if config.alerts.is_empty() {
        return Err(unconfigured());
    }
    scenarios
        .tests
        .iter()
        .map(|test| scenario::run(test, &config.alerts).map_err(|error| fault(error.to_string())))
        .collect()
}

fn page(results: &[ScenarioResult], out: &mut dyn Write) -> std::io::Result<()> {
    for result in results {
        let name = crate::report::visible(&result.name, true);
        match result.failures.is_empty() {
            true => writeln!(out, "ok      {name} ({} expected)", result.expected)?,
            false => writeln!(out, "FAILED  {name}")?,
        }
        for failure in &result.failures {
            writeln!(out, "        {}", crate::report::visible(failure, true))?;
        }
    }
    let failed = results.iter().filter(|r| !r.failures.is_empty()).count();
    writeln!(out, "{} passed, {failed} failed", results.len() - failed)
}
