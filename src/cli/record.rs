//! `record`, and `--record` and `--history` of other verbs: into the history, and out of it.

use std::io::Write;
use std::sync::Arc;

use super::input::{InputArgs, exit, strict_failure};
use super::{Context, Exit, Failure, OutputFormat};
use crate::assessment::Assessment;
use crate::pipeline::{Kept, Material, Past, PastError};
use crate::store::history::{About, History, HistoryError, Recorded};

/// Arguments of `record`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  perfadvise record ~/.claude/projects           what is new there goes into the history
  perfadvise record reports/ && perfadvise report weekly --history

Recording twice changes nothing. What the inputs tell of a session replaces what the history has of it.")]
pub(super) struct Args {
    #[command(flatten)]
    input: InputArgs,
    /// Replace also sessions of which the history holds more than the inputs do
    #[arg(long)]
    replace: bool,
}

/// What was recorded, and where.
#[derive(serde::Serialize)]
struct Answer {
    file: String,
    #[serde(flatten)]
    recorded: Recorded,
}

/// Records, and says what was new.
pub(super) fn run(args: &Args, context: &Context, out: &mut dyn Write) -> Result<Exit, Failure> {
    check(&args.input)?;
    let (config, zone) = args.input.settings(context)?;
    let request = args.input.request(context, &config, &zone)?;
    let unrecorded = InputArgs {
        record: false,
        ..args.input.clone()
    };
    let material = unrecorded.read(&request, config, context)?;
    let provenance = &material.provenance;
    let is_faulty = provenance.problems_total > 0 || !provenance.unrecognised.is_empty();
    if context.globals.strict && is_faulty {
        return Err(strict_failure(provenance));
    }
    if material.workload.is_empty() {
        let looked = provenance.inputs.join(", ");
        return match context.globals.format {
            OutputFormat::Json => {
                writeln!(out, "null")?;
                Ok(Exit::NotEnough)
            }
            _ => {
                writeln!(out, "? nothing was recorded: no usable record in {looked}")?;
                writeln!(
                    out,
                    "  perfadvise formats explain PATH says what is in a file"
                )?;
                Ok(Exit::NotEnough)
            }
        };
    }
    let (file, recorded) = keep(&material, args.replace, context)?;
    if context.globals.format == OutputFormat::Json {
        serde_json::to_writer_pretty(&mut *out, &Answer { file, recorded })
            .map_err(std::io::Error::from)?;
        writeln!(out)?;
    } else {
        writeln!(out, "{}", told(&file, recorded))?;
    }
    exit(provenance, context)
}

/// Records what was read and what was said of it, for `--record`.
pub(super) fn keep_and_tell(
    material: &Material,
    assessment: Option<&Assessment>,
    context: &Context,
) -> Result<(), Failure> {
    let (file, recorded) = keep(material, false, context)?;
    if let Some(assessment) = assessment {
        let mut history = create(context)?;
        let now = context.now()?;
        let added = history.record_verdict(assessment, now);
        added.map_err(|error| failure(&error))?;
    }
    context.say(&told(&file, recorded));
    Ok(())
}

/// A part of a unit must not replace the whole of it.
pub(super) fn check(input: &InputArgs) -> Result<(), Failure> {
    let chosen = [
        ("--since", input.since.is_some()),
        ("--from", input.from.is_some()),
        ("--to", input.to.is_some()),
        ("--where", !input.only.is_empty()),
    ];
    match chosen.into_iter().find(|(_, is_given)| *is_given) {
        None => Ok(()),
        Some((option, _)) => Err(Failure::new(format!(
            "{option} would record a part of a session as the whole of it"
        ))
        .help("record without it; what is read from the history later can be narrowed down")),
    }
}

fn keep(
    material: &Material,
    is_forced: bool,
    context: &Context,
) -> Result<(String, Recorded), Failure> {
    let prices = material.workload.prices.as_deref();
    let mut history = create(context)?;
    let about = About {
        now: context.now()?,
        prices: prices.map(|p| p.date.as_str()),
        is_orchestrator: material.is_orchestrator,
    };
    let pieces = material.workload.pieces();
    let recorded = history
        .record(&pieces, about, is_forced)
        .map_err(|error| failure(&error))?;
    warn_of(recorded, context);
    Ok((history.path().display().to_string(), recorded))
}

fn told(file: &str, recorded: Recorded) -> String {
    let Recorded {
        added,
        changed,
        unchanged,
        fuller_here,
        torn,
    } = recorded;
    let mut text =
        format!("recorded in {file}: {added} new, {changed} changed, {unchanged} unchanged");
    if fuller_here > 0 {
        text.push_str(&format!(
            "; {fuller_here} left as they are, since the history holds more of them (--replace takes the inputs)"
        ));
    }
    if torn > 0 {
        text.push_str(&format!(
            "; {torn} torn: not recorded, since the inputs lost records of them that the history holds"
        ));
    }
    text
}

/// Says that records of the inputs did not come into the history.
fn warn_of(recorded: Recorded, context: &Context) {
    if recorded.torn > 0 {
        context.warn(&format!(
            "of {} sessions, runs or quarters of an hour the inputs lost records that the history holds, and have others: \
             which are in both cannot be told, so the history keeps what it has; record before a log is rotated, or \
             take what the inputs have by perfadvise record --replace",
            recorded.torn
        ));
    }
}

/// The history of this place, made where there is none.
pub(super) fn create(context: &Context) -> Result<History, Failure> {
    History::create(&context.place()).map_err(|error| failure(&error))
}

/// The history of this place.
pub(super) fn open(context: &Context) -> Result<History, Failure> {
    let place = context.place();
    let history = History::open(&place).map_err(|error| failure(&error))?;
    history.ok_or_else(|| {
        Failure::new(format!(
            "there is no history in {}",
            place.folder().display()
        ))
        .help("perfadvise record PATH begins one; --store DIR names another folder")
    })
}

/// A fault of the history as a failure of the run.
pub(super) fn failure(error: &HistoryError) -> Failure {
    Failure::new(error.to_string()).help(error.help())
}

/// What the history holds, for the pipeline, which computes costs by prices of the day `today`.
pub(super) fn past(only: &[String], today: &str, context: &Context) -> Result<Past, Failure> {
    let is_by_record = |text: &&String| text.starts_with("session=") || text.starts_with("run=");
    if let Some(text) = only.iter().find(is_by_record) {
        return Err(Failure::new(format!(
            "the history does not tell records apart by {}",
            text.split('=').next().unwrap_or_default()
        ))
        .help("use --where unit=NAME, as perfadvise history show names them"));
    }
    let history = open(context)?;
    let held = history.held().map_err(|error| failure(&error))?;
    if held.unreadable > 0 {
        context.warn(&format!(
            "{} units of the history were recorded in a form that this version does not read; record their logs again",
            held.unreadable
        ));
    }
    let globals = context.globals.clone();
    let today = today.to_owned();
    let place = context.place();
    let fault = |error: HistoryError| PastError {
        message: error.to_string(),
        help: error.help(),
    };
    Ok(Past {
        file: history.path().display().to_string(),
        span: held.from.zip(held.to),
        load: Arc::new(move |from, to| {
            let Some(history) = History::open(&place).map_err(fault)? else {
                return Ok(Kept::default());
            };
            let loaded = history.load(from, to).map_err(fault)?;
            let others: Vec<&str> = loaded
                .prices
                .iter()
                .map(String::as_str)
                .filter(|day| *day != today)
                .collect();
            if !others.is_empty() {
                Context::new(globals.clone()).warn(&format!(
                    "computed costs of the history are by prices of {}, not of {today}",
                    others.join(", ")
                ));
            }
            Ok(Kept {
                pieces: loaded.pieces,
                is_orchestrator: loaded.is_orchestrator,
                prices: loaded.prices,
            })
        }),
    })
}
