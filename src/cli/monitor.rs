//! `monitor`: samples this machine and writes reports.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{Context, Exit, Failure, OutputFormat};
use crate::config::Config;
use crate::live::{
    self, About, Check, Notice, Options, Page, Probe, Records, Reports, Stop, Watched,
};
use crate::metrics::{Metric, Unit};
use crate::recorder::Recorder;
use crate::report;
use crate::units::{self, Time};

/// Where reports go, as the orchestrator's monitor has it.
pub(super) const FOLDER: &str = ".orch-monitoring";

/// The shortest interval: below it, what is used between two looks means nothing.
const SHORTEST: Duration = Duration::from_millis(200);

/// Arguments of `monitor`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  perfadvise monitor                                     every 30 s, reports in .orch-monitoring
  perfadvise monitor --interval 1s --count 60            a minute
  perfadvise monitor --process claude --process 4711     these processes and their children too
  perfadvise monitor --http http://localhost:5000/health
  perfadvise monitor --records machine.jsonl             native records beside the reports
  perfadvise monitor --statsd 127.0.0.1:8125             what programs say of themselves (docs/custom-metrics.md)

Ctrl-C ends it; what was seen until then is written.

Exit codes: 0 done, 2 bad usage, or snapshots that could not be written.")]
pub(super) struct Args {
    /// Time between two looks, such as 30s, 500ms or 1m
    #[arg(long, value_name = "TIME", default_value = "30s")]
    interval: String,
    /// Folder for the reports; it is made where it is not there (also --output) [default: .orch-monitoring]
    #[arg(long, value_name = "DIR")]
    storage_path: Option<PathBuf>,
    /// End after this many looks
    #[arg(long, value_name = "N")]
    count: Option<u64>,
    /// End after this time, such as 10m
    #[arg(long, value_name = "TIME")]
    duration: Option<String>,
    /// Watch this process and its children, by name or number (may be given several times)
    #[arg(long, value_name = "NAME|PID")]
    process: Vec<String>,
    /// Ask this address each time whether it answers, and how fast (may be given several times)
    #[arg(long, value_name = "URL")]
    http: Vec<String>,
    /// Append native records with more detail to this file: cores, swap, disk traffic, processes
    #[arg(long, value_name = "FILE")]
    records: Option<PathBuf>,
    /// Listen for StatsD lines here, an address such as 127.0.0.1:8125 or the path of a Unix socket, and append
    /// what came in each interval to metrics.jsonl in the folder
    #[arg(long, value_name = "ADDRESS|PATH")]
    statsd: Option<String>,
    /// Let --statsd listen on an address that other machines reach
    #[arg(long, requires = "statsd")]
    statsd_open: bool,
}

impl Args {
    /// `--output` names the folder of this verb, not a file for its lines.
    pub(super) fn take_output(&mut self, output: &mut Option<PathBuf>) {
        if let Some(folder) = output.take() {
            self.storage_path.get_or_insert(folder);
        }
    }
}

/// Samples until it is told to stop.
pub(super) fn run(args: &Args, context: &Context, out: &mut dyn Write) -> Result<Exit, Failure> {
    if context.globals.format != OutputFormat::Text {
        let name = context.globals.format.name();
        return Err(Failure::new(format!("a monitor does not write {name}"))
            .help("its reports are JSON, and --records writes JSON lines"));
    }
    let interval = time("--interval", &args.interval)?;
    if interval < SHORTEST {
        let least = SHORTEST.as_millis();
        return Err(
            Failure::new(format!("--interval {} is too short", args.interval)).help(format!(
                "use of the CPU can be told over {least} ms and more"
            )),
        );
    }
    let options = Options {
        interval,
        count: args.count,
        duration: args
            .duration
            .as_deref()
            .map(|t| time("--duration", t))
            .transpose()?,
    };
    let checks = Check::of(&args.http).map_err(Failure::new)?;
    let folder = args.storage_path.as_deref().unwrap_or(Path::new(FOLDER));
    let unwritable = |path: &Path, error: io::Error| {
        Failure::new(format!("{} cannot be written to: {error}", path.display()))
            .help("name another place, or give this user the right to write there")
    };
    let mut reports = Reports::new(folder).map_err(|error| unwritable(folder, error))?;
    let mut records = match &args.records {
        Some(path) => Some(Records::append_to(path).map_err(|e| unwritable(path, e))?),
        None => None,
    };
    let config = match &args.statsd {
        Some(_) => context.load_config()?.config,
        None => Config::default(),
    };
    let mut statsd = listen(args, folder)?;
    let watched = args
        .process
        .iter()
        .map(|text| Watched::from(text.as_str()))
        .collect();
    let mut probe =
        Probe::new(folder, watched, checks.clone()).map_err(|e| Failure::new(e.to_string()))?;

    let stop = Stop::default();
    let stopped = stop.clone();
    ctrlc::set_handler(move || stopped.stop())
        .map_err(|error| Failure::new(format!("signals cannot be listened to: {error}")))?;

    let page = Page {
        is_quiet: context.globals.quiet,
        zone: context.zone(context.globals.timezone.as_deref())?,
    };
    let about = About {
        interval: &args.interval,
        processes: &args.process,
        checks: &checks,
        folder,
        records: args.records.as_deref(),
        statsd: statsd.as_ref().map(|s| (s.address(), s.file())),
    };
    page.head(&about, probe.machine(), out)?;
    let now = Time::from_timestamp(jiff::Timestamp::now());
    if let Some(Err(error)) = records.as_mut().map(|records| records.started(now)) {
        page.tell(&live::Notice::RecordsFailed(&error), out, &mut io::stderr())?;
    }
    for path in reports.taken_up() {
        page.tell(&live::Notice::Written(path), out, &mut io::stderr())?;
    }
    let ended = live::monitor(
        options,
        &mut probe,
        &mut reports,
        &mut records,
        &stop,
        &mut |notice| {
            if let (Some(statsd), Notice::Taken(_)) = (&mut statsd, &notice)
                && let Err(error) = statsd.write()
            {
                context.warn(&format!("statsd: {error}; it is tried again"));
            }
            page.tell(&notice, out, &mut io::stderr())
        },
    );
    // Whatever ended it: what came until now is written.
    let heard = statsd.map(live::Statsd::finish).transpose();
    let ended = ended?;
    if let Some(heard) =
        heard.map_err(|error| Failure::new(error.to_string()).help(error.help()))?
    {
        note_units(&heard, &config, context);
        let known =
            |name: &String| Metric::named(name).is_some() || config.declared.find(name).is_some();
        let undeclared: Vec<String> = heard.names.iter().filter(|n| !known(n)).cloned().collect();
        page.heard(&heard, &undeclared, out, &mut io::stderr())?;
    }
    page.foot(&ended, folder, out)?;
    if ended.unwritten > 0 {
        return Err(Failure::new(format!(
            "{} of {} snapshots could not be written to {}",
            ended.unwritten,
            ended.taken,
            folder.display()
        )));
    }
    Ok(Exit::Done)
}

/// Listens for StatsD lines, if that was asked for.
fn listen(args: &Args, folder: &Path) -> Result<Option<live::Statsd>, Failure> {
    let Some(text) = &args.statsd else {
        return Ok(None);
    };
    let option = format!("--statsd {}", report::visible(text, true));
    let address = live::Address::of(text, args.statsd_open)
        .map_err(|error| Failure::new(format!("{option}: {error}")).help(error.help()))?;
    let recorder = Recorder::in_folder(folder)
        .map_err(|error| Failure::new(error.to_string()).help(error.help()))?;
    live::Statsd::listen(&address, recorder)
        .map(Some)
        .map_err(|error| {
            Failure::new(format!("{option}: nothing can listen there: {error}"))
                .help("another program may do so already: name another address")
        })
}

/// Times are recorded in seconds, whatever unit was meant for them.
fn note_units(heard: &live::Heard, config: &Config, context: &Context) {
    for name in &heard.timers {
        let unit = config.unit_of(name);
        if !matches!(unit, Unit::Seconds | Unit::Unknown) {
            context.warn(&format!(
                "statsd: {name} came as a time, which is recorded in seconds, and is declared with another unit"
            ));
        }
    }
}

/// A length of time; a bare number is seconds, as the orchestrator's monitor takes it.
pub(super) fn time(option: &str, text: &str) -> Result<Duration, Failure> {
    let seconds = match text.trim().parse::<f64>() {
        Ok(number) => number,
        Err(_) => units::parse_seconds(text).map_err(|error| {
            Failure::new(format!("{option} {text}: {error}")).help(error.help())
        })?,
    };
    Duration::try_from_secs_f64(seconds)
        .map_err(|_| Failure::new(format!("{option} {text} is no length of time")))
}
