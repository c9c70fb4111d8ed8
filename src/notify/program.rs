//! Programs that run for us, each in a group of its own, so that it ends with all that it started.

use std::collections::BTreeSet;
use std::io;
use std::process::{Child, Command, ExitStatus};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// What runs now, by the number of the process.
static RUNNING: Mutex<Running> = Mutex::new(Running {
    groups: BTreeSet::new(),
    is_over: false,
});

struct Running {
    groups: BTreeSet<u32>,
    /// Whether we are about to end: nothing is begun any more, and nothing is said of what was ended.
    is_over: bool,
}

/// Between two looks at whether it ended.
const BETWEEN: Duration = Duration::from_millis(10);

/// Ends all programs that run, with all that they started. To be called by whoever ends this program right after: what
/// became of them is left open.
pub fn end_programs() {
    let mut running = running();
    running.is_over = true;
    for group in &running.groups {
        end_group(*group);
    }
}

fn running() -> MutexGuard<'static, Running> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Starts a program.
pub(super) fn start(command: &mut Command) -> io::Result<Child> {
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(command, 0);
    let mut running = leave_if_over(running());
    let child = command.spawn()?;
    running.groups.insert(child.id());
    Ok(child)
}

/// Waits for its end. What takes longer than `most` is ended: `None`.
pub(super) fn wait(child: &mut Child, most: Duration) -> Option<ExitStatus> {
    let begin = Instant::now();
    loop {
        // Held, so that the number is nobody else's while the group may be ended by it.
        let mut running = leave_if_over(running());
        let ended = child.try_wait().ok().flatten();
        if ended.is_some() || begin.elapsed() >= most {
            running.groups.remove(&child.id());
            if ended.is_none() {
                end_group(child.id());
                // It may have ended just now.
                let _ = child.kill();
                drop(running);
                let _ = child.wait();
            }
            return ended;
        }
        drop(running);
        std::thread::sleep(BETWEEN);
    }
}

/// Goes on, unless we are about to end; then it never comes back.
fn leave_if_over(running: MutexGuard<'static, Running>) -> MutexGuard<'static, Running> {
    if running.is_over {
        drop(running);
        loop {
            std::thread::park();
        }
    }
    running
}

/// Ends a program and all that it started, where they are still of its group.
fn end_group(process: u32) {
    #[cfg(unix)]
    if let Some(group) = i32::try_from(process)
        .ok()
        .and_then(rustix::process::Pid::from_raw)
    {
        // There may be nothing left of it.
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
    #[cfg(not(unix))]
    let _ = process;
}
