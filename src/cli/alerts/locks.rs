//! Who may remember and tell for a folder: one program for good, others for a moment.
//!
//! States belong to the one that looks: a second one would tell the same again. Messages and actions are also other
//! programs' business (`report --send`, `actions confirm`, `actions rollback`), each in its turn: who has it may take
//! what is being sent, or done, for what a program left that ended.

use std::fs::{File, TryLockError};
use std::time::{Duration, Instant};

use super::super::{Context, Failure};

/// How long a turn is waited for: longer than most programs and servers may take to answer.
const PATIENCE: Duration = Duration::from_secs(120);

/// Between two tries.
const BETWEEN: Duration = Duration::from_millis(50);

/// Only one program at a time looks and remembers.
pub(super) fn looker(context: &Context) -> Result<File, Failure> {
    let taken = || {
        Failure::new("another perfadvise watches the alerts of this folder")
            .help("end it first; perfadvise alerts check without --send may run beside it")
    };
    locked("alerts", Duration::ZERO, &taken, context)
}

/// A turn at messages and actions, until it is dropped.
pub(in crate::cli) fn turn(context: &Context) -> Result<File, Failure> {
    let taken = || {
        Failure::new("another perfadvise is sending messages or doing actions for this folder")
            .help("try again when it is done")
    };
    locked("sending", PATIENCE, &taken, context)
}

fn locked(
    name: &str,
    patience: Duration,
    taken: &dyn Fn() -> Failure,
    context: &Context,
) -> Result<File, Failure> {
    // Makes the folder, and keeps it out of version control.
    super::super::record::create(context)?;
    let place = context.place();
    let fault = |error: std::io::Error| {
        Failure::new(format!("{}: {error}", place.folder().display()))
            .help("--store DIR names another folder")
    };
    let file = place.lock_file(name).map_err(fault)?;
    let begin = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) if begin.elapsed() < patience => {
                std::thread::sleep(BETWEEN);
            }
            Err(TryLockError::WouldBlock) => return Err(taken()),
            Err(TryLockError::Error(error)) => return Err(fault(error)),
        }
    }
}
