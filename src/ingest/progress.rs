//! How far reading is, told at most twenty times a second.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// Milliseconds between two reports.
const PAUSE: u64 = 50;

/// Counts bytes, and tells.
pub(super) struct Meter<'a> {
    done: AtomicU64,
    total: u64,
    started: Instant,
    next: AtomicU64,
    tell: &'a (dyn Fn(u64, u64) + Sync),
}

impl<'a> Meter<'a> {
    pub(super) fn new(total: u64, tell: &'a (dyn Fn(u64, u64) + Sync)) -> Self {
        Self {
            done: AtomicU64::new(0),
            total,
            started: Instant::now(),
            next: AtomicU64::new(PAUSE),
            tell,
        }
    }

    /// `bytes` more are read.
    pub(super) fn add(&self, bytes: u64) {
        let done = self.done.fetch_add(bytes, Ordering::Relaxed) + bytes;
        let now = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let next = self.next.load(Ordering::Relaxed);
        // Only the thread that moves the time on tells.
        if now >= next
            && self
                .next
                .compare_exchange(next, now + PAUSE, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok()
        {
            (self.tell)(done, self.total);
        }
    }
}
