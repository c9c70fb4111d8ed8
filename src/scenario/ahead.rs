//! Preparations of contexts that steps wait for, and those that could have run before their step came.
//!
//! A step waits for its preparation as far as neither a model request of the same unit runs beside it nor the
//! step itself has not begun or has ended. The context after a context is taken to be known when it is the one that
//! followed it the last time, as soon as that is prepared; its preparation may then run beside the work of the step before and the
//! pause of its caller, so that its step waits for what is left of it only: the longer of the two instead of both.

use std::collections::HashMap;

use crate::workload::{Lookup, UnitId, Workload};

/// Nanoseconds of preparations with a known time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Waited {
    /// Of all.
    pub all: i64,
    /// Of these, what a step waited for.
    pub waited: i64,
}

/// How much of the recorded preparations steps waited for.
#[must_use]
pub fn waited(workload: &Workload) -> Waited {
    if workload.lookups.is_empty() {
        return Waited::default();
    }
    let beside = Beside::of(workload);
    let timed = workload.lookups.iter().filter(|l| l.took > 0);
    timed.fold(Waited::default(), |sum, lookup| Waited {
        all: sum.all.saturating_add(lookup.took),
        waited: sum.waited.saturating_add(beside.waited(lookup)),
    })
}

/// A lookup whose context was known before its step came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// Its place among the lookups of the workload.
    pub at: usize,
    /// Nanoseconds from when it was known to when its step came: a preparation could have run in them.
    pub ahead: i64,
    /// Nanoseconds that its step waited for its preparation; 0: it was in the cache, or its time is not known.
    pub waited: i64,
}

impl Known {
    /// Nanoseconds that its step would not have waited if it had been prepared as soon as it was known.
    #[must_use]
    pub fn spared(&self) -> i64 {
        self.waited.min(self.ahead)
    }
}

/// The lookups of steps whose context was known beforehand, in their order.
#[must_use]
pub fn known(workload: &Workload) -> Vec<Known> {
    let beside = Beside::of(workload);
    let mut before: HashMap<UnitId, &Lookup> = HashMap::new();
    let mut followed: HashMap<u64, u64> = HashMap::new();
    let mut all = Vec::new();
    for (at, lookup) in workload.lookups.iter().enumerate() {
        if lookup.unit == UnitId::NONE {
            continue;
        }
        let Some(last) = before.insert(lookup.unit, lookup) else {
            continue;
        };
        let is_known = followed.insert(last.key, lookup.key) == Some(lookup.key);
        if is_known && lookup.step != 0 {
            let ready = last.time.0.saturating_add(last.took.max(0));
            let is_waited_for = !lookup.hit && lookup.took > 0;
            all.push(Known {
                at,
                ahead: lookup.time.0.saturating_sub(ready).max(0),
                waited: if is_waited_for {
                    beside.waited(lookup)
                } else {
                    0
                },
            });
        }
    }
    all
}

/// What may run beside a preparation.
struct Beside {
    /// Begin and end of each step, by its id.
    steps: HashMap<u64, (i64, i64)>,
    /// Model requests of each unit by their begin: begin, end, and the latest end so far.
    requests: HashMap<UnitId, Vec<(i64, i64, i64)>>,
}

impl Beside {
    fn of(workload: &Workload) -> Self {
        let known = |s: &&crate::workload::StepRun| s.id != 0 && s.duration >= 0;
        let steps = workload.steps.iter().filter(known);
        let mut requests: HashMap<UnitId, Vec<(i64, i64, i64)>> = HashMap::new();
        for stream in &workload.streams {
            let spans = stream.requests.iter().map(|r| (r.start.0, r.end().0, 0));
            requests.entry(stream.unit).or_default().extend(spans);
        }
        for spans in requests.values_mut() {
            spans.sort_unstable();
            let mut latest = i64::MIN;
            for (_, end, so_far) in spans {
                latest = latest.max(*end);
                *so_far = latest;
            }
        }
        Self {
            steps: steps
                .map(|s| (s.id, (s.start.0, s.start.0.saturating_add(s.duration))))
                .collect(),
            requests,
        }
    }

    /// Nanoseconds of a preparation that its step waited for.
    fn waited(&self, lookup: &Lookup) -> i64 {
        let (mut from, mut to) = (lookup.time.0, lookup.time.0.saturating_add(lookup.took));
        if let Some((begin, end)) = self.steps.get(&lookup.step).filter(|_| lookup.step != 0) {
            (from, to) = (from.max(*begin), to.min(*end));
        }
        let mut waited = 0;
        let spans = self.requests.get(&lookup.unit).map_or(&[][..], |s| s);
        let first = spans.partition_point(|(_, _, latest)| *latest <= from);
        for (begin, end, _) in &spans[first..] {
            if *begin >= to || from >= to {
                break;
            }
            waited += (begin - from).max(0);
            from = from.max(*end);
        }
        waited + (to - from).max(0)
    }
}
