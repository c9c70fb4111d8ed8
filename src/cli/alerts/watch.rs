//! `alerts watch`: a look, time and again.

use std::collections::BTreeSet;
use std::io::Write;
use std::time::{Duration, Instant};

use super::super::input::InputArgs;
use super::super::{Context, Exit, Failure};
use super::actions;
use super::check::{Look, look_and_keep, settle_due};
use super::inputs::Inputs;
use super::locks::{looker, turn};
use crate::config::{Channel, Config};
use crate::live::{Schedule, Stop};
use crate::report::visible;

/// Between two looks into the queue.
const BETWEEN: Duration = Duration::from_secs(5);

/// Arguments of `alerts watch`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  perfadvise alerts watch .orch-monitoring logs/         a look each minute, until Ctrl-C
  perfadvise alerts watch --interval 10s reports/

States are remembered in the history: a watch that is started again goes on where it ended.

Exit codes: 0 ended, 2 bad usage or configuration, 130 a second signal ended it at once.")]
pub(in crate::cli) struct Args {
    #[command(flatten)]
    input: InputArgs,
    /// Time between two looks
    #[arg(long, value_name = "TIME", default_value = "1m")]
    interval: String,
    /// End after this many looks
    #[arg(long, value_name = "N")]
    count: Option<u64>,
    /// Do actions that are automated, instead of proposing them (docs/alerts.md)
    #[arg(long)]
    allow_actions: bool,
}

/// Looks until it is told to stop.
pub(in crate::cli) fn run(
    args: &Args,
    context: &Context,
    out: &mut dyn Write,
) -> Result<Exit, Failure> {
    let interval = super::super::monitor::time("--interval", &args.interval)?;
    if interval < Duration::from_secs(1) {
        return Err(Failure::new("--interval is below a second")
            .help("alerts look at whole minutes; 10s and more is enough"));
    }
    args.input.check_followed()?;
    let _looker = looker(context)?;
    let mut inputs = Inputs::Followed(Box::default());
    let stop = Stop::default();
    let stopped = stop.clone();
    // A program that it runs may take its time; who asks twice does not want to wait for it.
    super::on_signal(move || match stopped.wait(Duration::ZERO) {
        true => super::end_now(),
        false => stopped.stop(),
    })?;
    let begin = Instant::now();
    let mut schedule = Schedule::new(interval);
    let mut looks = 0;
    let mut channels = Vec::new();
    let mut missing = BTreeSet::new();
    let mut known = Known::default();
    let mut said = String::new();
    while args.count.is_none_or(|count| looks < count) {
        let due = schedule.next(begin.elapsed());
        if wait(due, begin, &stop, &channels, context)? {
            break;
        }
        let config = known.config(context);
        let look = config.and_then(|config| one(args, &mut inputs, config, context));
        looks += 1;
        match look {
            Ok(look) => {
                if !std::mem::take(&mut said).is_empty() {
                    context.say("alerts are looked at again");
                }
                missing = warn_of_missing(&look, &missing, context);
                tell(&look, context, out)?;
                channels = look.config.channels;
                send(&channels, looks == 1, context)?;
            }
            // The first look says whether it can work at all; later ones may find a file that is being written.
            Err(failure) if looks == 1 => return Err(failure),
            // Once is enough while it stays the same.
            Err(failure) if failure.text() == said => {}
            Err(failure) => {
                said = failure.text();
                failure.print(&context.globals);
            }
        }
    }
    Ok(Exit::Done)
}

/// Says which inputs cannot be read, once while they stay the same.
fn warn_of_missing(look: &Look, said: &BTreeSet<String>, context: &Context) -> BTreeSet<String> {
    let problems = look.material.provenance.problems.iter();
    let whole = problems.filter(|p| p.line.is_none());
    let missing: BTreeSet<String> = whole.map(|p| format!("{}: {}", p.file, p.reason)).collect();
    for one in missing.difference(said) {
        context.warn(&visible(one, !context.globals.ascii));
    }
    missing
}

/// The configuration, as it was last when it could be read.
#[derive(Default)]
struct Known {
    last: Option<Config>,
    /// What is wrong with the one that is there now.
    said: String,
}

impl Known {
    /// The configuration of a look. One that breaks is told once, and the one before it goes on.
    fn config(&mut self, context: &Context) -> Result<Config, Failure> {
        match (context.load_config(), &self.last) {
            (Ok(loaded), _) => {
                if !std::mem::take(&mut self.said).is_empty() {
                    context.say("the configuration can be read again, and holds from now on");
                }
                self.last = Some(loaded.config.clone());
                Ok(loaded.config)
            }
            (Err(failure), Some(last)) => {
                if failure.text() != self.said {
                    self.said = failure.text();
                    failure.print(&context.globals);
                    context.warn("the configuration that was read before goes on");
                }
                Ok(last.clone())
            }
            (Err(failure), None) => Err(failure),
        }
    }
}

/// Takes back what is due, looks, keeps what was found, and does what that asks for.
fn one(
    args: &Args,
    inputs: &mut Inputs,
    config: Config,
    context: &Context,
) -> Result<Look, Failure> {
    let now = context.now()?;
    settle_due(&config, now, context)?;
    let look = look_and_keep(&args.input, inputs, config, now, context)?;
    let _turn = turn(context)?;
    actions::carry_out_allowed(&look, args.allow_actions, now, context)?;
    Ok(look)
}

/// Waits for the next look, and meanwhile sends what comes due; true where it is to stop.
fn wait(
    due: Duration,
    begin: Instant,
    stop: &Stop,
    channels: &[Channel],
    context: &Context,
) -> Result<bool, Failure> {
    loop {
        let left = due.saturating_sub(begin.elapsed());
        if stop.wait(left.min(BETWEEN)) {
            return Ok(true);
        }
        if left <= BETWEEN {
            return Ok(false);
        }
        send(channels, false, context)?;
    }
}

/// Sends what is due. Where another program has the turn for long, it is due the next time.
fn send(channels: &[Channel], is_first: bool, context: &Context) -> Result<(), Failure> {
    let _turn = match turn(context) {
        Ok(turn) => turn,
        Err(failure) => {
            context.warn(&failure.text());
            return Ok(());
        }
    };
    if is_first {
        super::take_up(channels, context.now()?, context)?;
    }
    super::deliver(channels, context)
}

/// A line for each alert of which somebody is told.
fn tell(look: &Look, context: &Context, out: &mut dyn Write) -> Result<(), Failure> {
    let zone = context.zone(context.globals.timezone.as_deref())?;
    for notice in &look.looked.notices {
        let at = notice.at.timestamp().to_zoned_datetime(zone.clone());
        writeln!(
            out,
            "{}  {:<9}  {}  {}  {} ({})",
            at.strftime("%Y-%m-%d %H:%M:%S"),
            notice.kind.name(),
            notice.severity.name(),
            visible(&notice.key.title(), !context.globals.ascii),
            notice.value_text,
            notice.rule
        )?;
    }
    out.flush()?;
    Ok(())
}
