//! Tool calls of one reply at once.
//!
//! The calls of one reply have no order by contract. What ran one after another could have taken as long
//! as the longest call; across replies it cannot be seen what depends on what.

/// How long calls take when at most `at_once` run at once, in the order in which they were asked for.
/// Start and end of each, of one unit of time.
///
/// ```
/// use perfadvise::scenario::requests::parallel::{saved, together};
/// let calls = [(0, 3), (3, 5)];
/// assert_eq!(together(&calls, usize::MAX), 3);
/// assert_eq!(saved(&calls, usize::MAX), 2);
/// ```
#[must_use]
pub fn together(calls: &[(i64, i64)], at_once: usize) -> i64 {
    let mut free = vec![0_i64; calls.len().min(at_once).max(1)];
    for (start, end) in calls {
        if let Some(first) = free.iter_mut().min() {
            *first = first.saturating_add(end.saturating_sub(*start).max(0));
        }
    }
    free.into_iter().max().unwrap_or(0)
}

/// How long at least one of them ran.
#[must_use]
pub fn union(calls: &[(i64, i64)]) -> i64 {
    let mut sorted = calls.to_vec();
    sorted.sort_unstable();
    let (mut sum, mut until) = (0_i64, i64::MIN);
    for (start, end) in sorted {
        let from = start.max(until);
        if end > from {
            sum = sum.saturating_add(end.saturating_sub(from));
            until = end;
        }
    }
    sum
}

/// What would be saved, at most: 0 where they ran at once already.
#[must_use]
pub fn saved(calls: &[(i64, i64)], at_once: usize) -> i64 {
    (union(calls) - together(calls, at_once)).max(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_overlaps_saves_nothing_more() {
        assert_eq!(union(&[(3, 5), (0, 3), (1, 2)]), 5);
        assert_eq!(saved(&[(0, 3), (0, 5)], usize::MAX), 0);
        assert_eq!(saved(&[(0, 3), (2, 5)], usize::MAX), 2);
        assert_eq!(saved(&[], usize::MAX), 0);
        // Three calls of 2 s, two at once: 4 s instead of 6.
        assert_eq!(saved(&[(0, 2), (2, 4), (4, 6)], 2), 2);
        assert_eq!(saved(&[(0, 2), (2, 4), (4, 6)], 1), 0);
    }
}
