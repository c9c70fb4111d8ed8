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

/// The value at `place` (0 for the smallest) of a table whose rows rise with j and whose columns fall with
/// i, without forming more of it than a few rows' worth.
///
/// `rows` says which columns of each row count; `value` must answer for all `columns`. Exact. `place`
/// must be below the number of values. Source: quickselect on sorted rows; the boundary of a pivot is a
/// staircase, walked in one pass (as in Monahan 1984, ACM TOMS 10, for Hodges and Lehmann's estimate).
pub(super) fn of_rows(
    rows: &[(usize, usize)],
    columns: usize,
    place: usize,
    value: impl Fn(usize, usize) -> f64,
) -> f64 {
    let mut left = rows.to_vec();
    let mut place = place;
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    loop {
        let remaining: usize = left.iter().map(|(from, to)| to - from).sum();
        if remaining <= 4 * (rows.len() + columns) + 64 {
            let mut few: Vec<f64> = left
                .iter()
                .enumerate()
                .flat_map(|(i, (from, to))| (*from..*to).map(move |j| (i, j)))
                .map(|(i, j)| value(i, j))
                .collect();
            let last = few.len().saturating_sub(1);
            return *few
                .select_nth_unstable_by(place.min(last), f64::total_cmp)
                .1;
        }
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let pivot = pick(
            &left,
            usize::try_from(state >> 1).unwrap_or(0) % remaining,
            &value,
        );
        let below = cut(&left, columns, |i, j| value(i, j) < pivot);
        let at_most = cut(&left, columns, |i, j| value(i, j) <= pivot);
        let count = |cuts: &[usize]| -> usize {
            cuts.iter()
                .zip(&left)
                .map(|(cut, (from, _))| cut - from)
                .sum()
        };
        let (smaller, no_larger) = (count(&below), count(&at_most));
        if place < smaller {
            for (row, cut) in left.iter_mut().zip(below) {
                row.1 = cut;
            }
        } else if place < no_larger {
            return pivot;
        } else {
            for (row, cut) in left.iter_mut().zip(at_most) {
                row.0 = cut;
            }
            place -= no_larger;
        }
    }
}

/// The values at `place` and at the one after it; the last one twice where there is none after it. As
/// [`of_rows`], which is gone through once.
pub(super) fn two_of_rows(
    rows: &[(usize, usize)],
    columns: usize,
    place: usize,
    value: impl Fn(usize, usize) -> f64,
) -> (f64, f64) {
    let lower = of_rows(rows, columns, place, &value);
    let cuts = cut(rows, columns, |i, j| value(i, j) <= lower);
    let no_larger: usize = cuts
        .iter()
        .zip(rows)
        .map(|(cut, (from, _))| cut - from)
        .sum();
    if no_larger > place + 1 {
        return (lower, lower);
    }
    // The next one is the smallest of what each row has above it.
    let above = cuts
        .iter()
        .zip(rows)
        .enumerate()
        .filter(|(_, (cut, (_, to)))| *cut < to)
        .map(|(i, (cut, _))| value(i, *cut))
        .fold(f64::INFINITY, f64::min);
    (lower, if above.is_finite() { above } else { lower })
}

/// The `nth` of the values that are left, row by row.
fn pick(left: &[(usize, usize)], nth: usize, value: &impl Fn(usize, usize) -> f64) -> f64 {
    let mut nth = nth;
    for (i, (from, to)) in left.iter().enumerate() {
        if nth < to - from {
            return value(i, from + nth);
        }
        nth -= to - from;
    }
    0.0
}

/// For each row the first column that is not `inside`, within what is left of the row.
fn cut(
    left: &[(usize, usize)],
    columns: usize,
    inside: impl Fn(usize, usize) -> bool,
) -> Vec<usize> {
    let mut j = 0;
    left.iter()
        .enumerate()
        .map(|(i, (from, to))| {
            while j < columns && inside(i, j) {
                j += 1;
            }
            j.clamp(*from, *to)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Against all values formed and sorted, with ties and single rows and columns.
        #[test]
        fn two_neighbours_in_the_order(
            a in proptest::collection::vec(-6_i8..6, 1..9),
            b in proptest::collection::vec(-6_i8..6, 1..9),
            share in 0.0..1.0_f64,
        ) {
            let (mut a, mut b) = (a, b);
            a.sort_unstable();
            b.sort_unstable();
            let value = |i: usize, j: usize| f64::from(b[j]) - f64::from(a[i]);
            let mut all: Vec<f64> = (0..a.len())
                .flat_map(|i| (0..b.len()).map(move |j| (i, j)))
                .map(|(i, j)| value(i, j))
                .collect();
            all.sort_by(f64::total_cmp);
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
            let place = (share * all.len() as f64) as usize;
            let rows = vec![(0, b.len()); a.len()];
            let found = two_of_rows(&rows, b.len(), place, value);
            let next = all.get(place + 1).unwrap_or(&all[place]);
            prop_assert_eq!(found, (all[place], *next));
        }
    }
}
