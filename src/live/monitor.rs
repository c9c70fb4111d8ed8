//! The loop: look, write, tell, wait.

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::{Kept, Probe, Records, Reports, Schedule, Snapshot};

/// The first look comes this long after the beginning: use of the CPU is known between two looks only.
const FIRST_AFTER: Duration = Duration::from_millis(250);

/// How long to go on.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Between two looks.
    pub interval: Duration,
    /// Looks at most.
    pub count: Option<u64>,
    /// Time at most.
    pub duration: Option<Duration>,
}

/// Asks a monitor to stop, from anywhere.
#[derive(Debug, Clone, Default)]
pub struct Stop(Arc<(Mutex<bool>, Condvar)>);

impl Stop {
    /// Stops it as soon as it has written what it knows.
    pub fn stop(&self) {
        let (flag, changed) = &*self.0;
        *flag.lock().unwrap_or_else(PoisonError::into_inner) = true;
        changed.notify_all();
    }

    /// Waits; true where it is to stop.
    #[must_use]
    pub fn wait(&self, time: Duration) -> bool {
        let (flag, changed) = &*self.0;
        let flag = flag.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = changed.wait_timeout_while(flag, time, |is_to_stop| !*is_to_stop);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }
}

/// What happened.
#[derive(Debug)]
pub enum Notice<'a> {
    /// A snapshot was taken.
    Taken(&'a Snapshot),
    /// A report was written.
    Written(&'a PathBuf),
    /// A report could not be written; it is tried again.
    ReportFailed(&'a io::Error),
    /// Records could not be written; they are tried again with the next.
    RecordsFailed(&'a io::Error),
}

/// How it ended.
#[derive(Debug)]
pub struct Ended {
    /// Snapshots taken.
    pub taken: u64,
    /// Snapshots that stand in no report.
    pub unwritten: u64,
}

/// Looks until it is to stop, or has looked as often or as long as wanted. What waits for a report is
/// written at the end. `tell` hears what happens; if it fails (a closed pipe) that ends it too.
///
/// # Errors
/// What `tell` could not say.
pub fn monitor(
    options: Options,
    probe: &mut Probe,
    reports: &mut Reports,
    records: &mut Option<Records>,
    stop: &Stop,
    tell: &mut dyn FnMut(Notice<'_>) -> io::Result<()>,
) -> io::Result<Ended> {
    let mut told = Ok(());
    if !stop.wait(FIRST_AFTER) {
        told = look(options, probe, reports, records, stop, tell);
    }
    let last = kept(&reports.write(), tell);
    if let Some(Err(error)) = records.as_mut().map(Records::flush) {
        tell(Notice::RecordsFailed(&error))?;
    }
    told.and(last)?;
    Ok(Ended {
        taken: reports.count(),
        unwritten: reports.unwritten(),
    })
}

fn look(
    options: Options,
    probe: &mut Probe,
    reports: &mut Reports,
    records: &mut Option<Records>,
    stop: &Stop,
    tell: &mut dyn FnMut(Notice<'_>) -> io::Result<()>,
) -> io::Result<()> {
    let begin = Instant::now();
    let mut schedule = Schedule::new(options.interval);
    let is_enough = |taken: u64| options.count.is_some_and(|count| taken >= count);
    while !is_enough(reports.count()) {
        let due = schedule.next(begin.elapsed());
        if options.duration.is_some_and(|most| due > most) {
            let left = options
                .duration
                .unwrap_or_default()
                .saturating_sub(begin.elapsed());
            let _ = stop.wait(left);
            break;
        }
        if stop.wait(due.saturating_sub(begin.elapsed())) {
            break;
        }
        let snapshot = probe.snapshot();
        let written = reports.add(&snapshot);
        if let Some(records) = records
            && let Err(error) = records.add(&snapshot)
        {
            tell(Notice::RecordsFailed(&error))?;
        }
        tell(Notice::Taken(&snapshot))?;
        kept(&written, tell)?;
    }
    Ok(())
}

fn kept(kept: &Kept, tell: &mut dyn FnMut(Notice<'_>) -> io::Result<()>) -> io::Result<()> {
    match kept {
        Kept::Waiting => Ok(()),
        Kept::Written(path) => tell(Notice::Written(path)),
        Kept::Failed(error) => tell(Notice::ReportFailed(error)),
    }
}
