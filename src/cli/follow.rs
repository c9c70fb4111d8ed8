//! Looks, time and again: the loop of `tail` and `analyze --follow`.

use std::time::{Duration, Instant};

use super::{Context, Failure};
use crate::live::{Schedule, Stop};

/// Time between two looks, unless somebody says otherwise.
const INTERVAL: Duration = Duration::from_secs(2);

/// The shortest one: to look costs something, too.
const SHORTEST: Duration = Duration::from_millis(100);

/// How often to look, and how long.
#[derive(Debug, clap::Args)]
pub(super) struct Pace {
    /// Time between two looks (default: 2s)
    #[arg(long, value_name = "TIME")]
    interval: Option<String>,
    /// End after this time, such as 10m
    #[arg(long, value_name = "TIME")]
    duration: Option<String>,
    /// End after this many looks
    #[arg(long, value_name = "N")]
    count: Option<u64>,
}

/// The same, read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rhythm {
    interval: Duration,
    duration: Option<Duration>,
    count: Option<u64>,
}

impl Pace {
    /// An option that was given, where any was.
    pub(super) fn given(&self) -> Option<&'static str> {
        [
            ("--interval", self.interval.is_some()),
            ("--duration", self.duration.is_some()),
            ("--count", self.count.is_some()),
        ]
        .into_iter()
        .find_map(|(name, is_given)| is_given.then_some(name))
    }

    /// # Errors
    /// A time that is none, or too short.
    pub(super) fn rhythm(&self) -> Result<Rhythm, Failure> {
        let time = super::monitor::time;
        let interval = match &self.interval {
            Some(text) => time("--interval", text)?,
            None => INTERVAL,
        };
        if interval < SHORTEST {
            return Err(Failure::new("--interval is too short")
                .help("100ms is the shortest; to look costs something, too"));
        }
        let duration = self.duration.as_deref();
        Ok(Rhythm {
            interval,
            duration: duration.map(|t| time("--duration", t)).transpose()?,
            count: self.count,
        })
    }
}

/// Looks until a signal comes, or it was looked as often or as long as wanted. `look` is told the how-manieth it is,
/// from 1.
///
/// # Errors
/// What `look` gives at its first time; later only what it could not write, since a file may be in the middle of
/// being written: see [`Seen`].
pub(super) fn repeat(
    rhythm: Rhythm,
    context: &Context,
    look: &mut dyn FnMut(u64) -> Result<(), Seen>,
) -> Result<(), Failure> {
    let stop = Stop::default();
    let stopped = stop.clone();
    ctrlc::set_handler(move || stopped.stop())
        .map_err(|error| Failure::new(format!("signals cannot be listened to: {error}")))?;
    let begin = Instant::now();
    let mut schedule = Schedule::new(rhythm.interval);
    let mut said = String::new();
    for number in 1..=rhythm.count.unwrap_or(u64::MAX) {
        let due = schedule.next(begin.elapsed());
        if rhythm.duration.is_some_and(|most| due > most) {
            let most = rhythm.duration.unwrap_or_default();
            let _ = stop.wait(most.saturating_sub(begin.elapsed()));
            break;
        }
        if stop.wait(due.saturating_sub(begin.elapsed())) {
            break;
        }
        match look(number) {
            Ok(()) => said.clear(),
            Err(Seen::Input(failure)) if number > 1 => {
                // Once is enough while it stays the same.
                if failure.text() != said {
                    said = failure.text();
                    failure.print(&context.globals);
                }
            }
            Err(Seen::Input(failure) | Seen::Output(failure)) => return Err(failure),
        }
    }
    Ok(())
}

/// Why a look failed.
pub(super) enum Seen {
    /// What is looked at cannot be read; at the next look it may.
    Input(Failure),
    /// What was seen cannot be told, or is to end it.
    Output(Failure),
}

impl Seen {
    /// Of inputs.
    pub(super) fn input(failure: Failure) -> Self {
        Self::Input(failure)
    }

    /// Of the output.
    pub(super) fn output(failure: impl Into<Failure>) -> Self {
        Self::Output(failure.into())
    }
}
