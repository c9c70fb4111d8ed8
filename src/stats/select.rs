//! The value at a place in an order, among values that are never all formed.

/// Halvings after which the search stops in any case; 200 are more than any pair of doubles needs.
const MOST_STEPS: usize = 200;

/// The value at `place` (0 for the smallest) of a multitude of which only `at_most(t)`, the number of
/// values at most t, is known; `sample` (ascending, distinct) holds some of them. Good to about 1 part in 10¹³.
pub(super) fn by_count(sample: &[f64], place: usize, at_most: impl Fn(f64) -> usize) -> f64 {
    let wanted = place + 1;
    let first = sample.partition_point(|t| at_most(*t) < wanted);
    let scale = sample
        .iter()
        .fold(0.0_f64, |most, t| most.max(t.abs()))
        .max(f64::MIN_POSITIVE);
    // The answer lies above `low` and at or below `high`.
    let mut low = match first.checked_sub(1) {
        Some(before) => sample[before],
        None => outward(sample.first().copied(), -scale, |t| at_most(t) < wanted),
    };
    let mut high = match sample.get(first) {
        Some(t) => *t,
        None => outward(sample.last().copied(), scale, |t| at_most(t) >= wanted),
    };
    let (mut below, mut above) = (at_most(low), at_most(high));
    let precise =
        |low: f64, high: f64| high - low <= 1e-13 * low.abs().max(high.abs()).max(1e-6 * scale);
    for step in 0..MOST_STEPS {
        if precise(low, high) || below >= above {
            break;
        }
        // By the counts at the ends; every third step halves, so that ties cannot stall it.
        let share = if step % 3 == 2 {
            0.5
        } else {
            (super::number(wanted - below) - 0.5) / super::number(above - below)
        };
        let middle = low + (high - low) * share.clamp(1e-6, 1.0 - 1e-6);
        if middle <= low || middle >= high {
            break;
        }
        let count = at_most(middle);
        if count >= wanted {
            (high, above) = (middle, count);
        } else {
            (low, below) = (middle, count);
        }
    }
    high
}

/// Away from `start` in ever larger steps until `is_beyond`.
fn outward(start: Option<f64>, step: f64, is_beyond: impl Fn(f64) -> bool) -> f64 {
    let start = start.unwrap_or(0.0);
    let mut distance = step * 1e-3;
    for _ in 0..MOST_STEPS {
        let t = start + distance;
        if !t.is_finite() || is_beyond(t) {
            return t;
        }
        distance *= 4.0;
    }
    start + distance
}
