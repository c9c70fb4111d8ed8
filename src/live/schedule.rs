//! When to look: at whole multiples of an interval since the beginning, whatever looking takes.

use std::time::Duration;

/// Times at equal distances, without drift.
#[derive(Debug, Clone, Copy)]
pub struct Schedule {
    interval: Duration,
    /// The next one, counted from the beginning.
    next: u32,
}

impl Schedule {
    /// The first time is the beginning itself. An interval of less than a millisecond becomes one.
    #[must_use]
    pub fn new(interval: Duration) -> Self {
        Self {
            interval: interval.max(Duration::from_millis(1)),
            next: 0,
        }
    }

    /// How long after the beginning the next time is, `passed` being over. Times that were missed (the
    /// machine slept, or looking took too long) are not made up for.
    pub fn next(&mut self, passed: Duration) -> Duration {
        let due = self.interval.saturating_mul(self.next);
        let missed = passed.saturating_sub(due).as_nanos() / self.interval.as_nanos();
        let missed = u32::try_from(missed).unwrap_or(u32::MAX);
        let at = self.next.saturating_add(missed);
        // One that is just over is not missed yet: it is taken now.
        self.next = at.saturating_add(1);
        self.interval.saturating_mul(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn millis(n: u64) -> Duration {
        Duration::from_millis(n)
    }

    #[test]
    fn looking_costs_no_time_of_the_schedule() {
        let mut schedule = Schedule::new(millis(100));
        let due: Vec<Duration> = [0, 30, 130, 299, 301]
            .map(|t| schedule.next(millis(t)))
            .into();
        assert_eq!(due, [0, 100, 200, 300, 400].map(millis));
    }

    #[test]
    fn what_was_missed_is_left_out() {
        let mut schedule = Schedule::new(millis(100));
        assert_eq!(schedule.next(millis(0)), millis(0));
        assert_eq!(schedule.next(millis(950)), millis(900));
        assert_eq!(schedule.next(millis(951)), millis(1_000));
        assert_eq!(schedule.next(millis(1_000_000)), millis(1_000_000));
    }

    #[test]
    fn an_interval_of_nothing_is_none() {
        let mut schedule = Schedule::new(Duration::ZERO);
        assert_eq!(schedule.next(Duration::ZERO), Duration::ZERO);
        assert_eq!(schedule.next(Duration::ZERO), millis(1));
    }
}
