//! How the steps of each interface ended, one after another, for alerts about failures in a row.

use std::collections::BTreeMap;

use crate::record::{Catalog, Dimension, Name, Operation, OutcomeKind};
use crate::units::Time;

use super::super::Course;

/// How a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ended {
    interface: Name,
    time: Time,
    is_success: bool,
}

impl Ended {
    /// `None`: of no interface, or neither a failure nor a sign of life.
    pub(super) fn of(catalog: &Catalog, step: &Operation) -> Option<Self> {
        let interface = catalog.dimension(step.dims, Dimension::Interface);
        let is_success = match step.outcome {
            OutcomeKind::Ok => true,
            OutcomeKind::Error | OutcomeKind::Timeout | OutcomeKind::RateLimited => false,
            OutcomeKind::Cancelled | OutcomeKind::Unknown => return None,
        };
        interface.is_some().then_some(Self {
            interface,
            time: step.start,
            is_success,
        })
    }
}

/// The course of each interface, by name. Of steps that began at once the success counts last.
pub(super) fn courses(mut all: Vec<Ended>, catalog: &Catalog) -> Vec<Course> {
    all.sort_unstable_by_key(|e| (e.interface, e.time, e.is_success));
    let mut courses: BTreeMap<&str, Vec<(Time, u64)>> = BTreeMap::new();
    for one in &all {
        let turns = courses.entry(catalog.text(one.interface)).or_default();
        let before = turns.last().map(|(_, count)| *count);
        match (one.is_success, before) {
            (true, Some(0)) => {}
            (true, _) => turns.push((one.time, 0)),
            (false, before) => turns.push((one.time, before.unwrap_or(0) + 1)),
        }
    }
    let named = courses.into_iter();
    named
        .map(|(interface, turns)| Course {
            interface: interface.to_owned(),
            turns,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_count_up_and_a_success_ends_them() {
        let mut catalog = Catalog::default();
        let [a, b] = ["a", "b"].map(|name| catalog.name(name));
        let ended = |interface, time, is_success| Ended {
            interface,
            time: Time(time),
            is_success,
        };
        let all = vec![
            ended(b, 9, false),
            ended(a, 5, false),
            ended(a, 1, true),
            ended(a, 2, true),
            ended(a, 4, false),
            ended(a, 6, true),
            ended(a, 6, false),
            ended(a, 8, false),
        ];
        let courses = courses(all, &catalog);
        let turns = |n: usize| -> Vec<(i64, u64)> {
            courses[n].turns.iter().map(|(t, n)| (t.0, *n)).collect()
        };
        assert_eq!(courses.len(), 2);
        // The failure that began with the success of 6 is over with it.
        assert_eq!(turns(0), [(1, 0), (4, 1), (5, 2), (6, 3), (6, 0), (8, 1)]);
        assert_eq!(turns(1), [(9, 1)]);
    }
}
