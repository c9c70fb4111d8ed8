//! The value at a place in an order, among values that are never all formed.

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
    let mut draw = Draw(0x2545_F491_4F6C_DD1D);
    loop {
        let before: usize = left.iter().map(|(from, to)| to - from).sum();
        if before > MANY {
            narrow(&mut left, columns, &mut place, &mut draw, &value);
        }
        let remaining: usize = left.iter().map(|(from, to)| to - from).sum();
        if remaining < before / 2 && remaining > MANY {
            continue;
        }
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
        let pivot = picked(&left, &[draw.below(remaining)], &value)
            .first()
            .copied()
            .unwrap_or_default();
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

/// With more values than this two pivots from a sample leave less than one at random.
const MANY: usize = 200_000;

/// Numbers that look drawn. Source: Marsaglia 2003 (xorshift).
struct Draw(u64);

impl Draw {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 1).unwrap_or(0) % n.max(1)
    }
}

/// Cuts away what lies outside two values of a sample, between which the place is nearly always.
/// Source: Floyd & Rivest 1975, CACM 18 (expected time bounds for selection).
fn narrow(
    left: &mut [(usize, usize)],
    columns: usize,
    place: &mut usize,
    draw: &mut Draw,
    value: &impl Fn(usize, usize) -> f64,
) {
    /// Values in the sample; its places are off by half the root of that, as a standard deviation.
    const SAMPLE: usize = 2_048;
    const MARGIN: usize = 68;
    let remaining: usize = left.iter().map(|(from, to)| to - from).sum();
    let mut places: Vec<usize> = (0..SAMPLE).map(|_| draw.below(remaining)).collect();
    places.sort_unstable();
    let mut sample = picked(left, &places, value);
    sample.sort_unstable_by(f64::total_cmp);
    // Within bounds: place < remaining.
    let middle = place.saturating_mul(SAMPLE) / remaining.max(1);
    let count = |cuts: &[usize], left: &[(usize, usize)]| -> usize {
        cuts.iter()
            .zip(left)
            .map(|(cut, (from, _))| cut - from)
            .sum()
    };
    if let Some(high) = sample.get(middle + MARGIN) {
        let cuts = cut(left, columns, |i, j| value(i, j) <= *high);
        if *place < count(&cuts, left) {
            for (row, cut) in left.iter_mut().zip(cuts) {
                row.1 = cut;
            }
        }
    }
    let low = middle.checked_sub(MARGIN).and_then(|at| sample.get(at));
    if let Some(low) = low {
        let cuts = cut(left, columns, |i, j| value(i, j) < *low);
        let smaller = count(&cuts, left);
        if *place >= smaller {
            *place -= smaller;
            for (row, cut) in left.iter_mut().zip(cuts) {
                row.0 = cut;
            }
        }
    }
}

/// The values at some places, ascending, of those that are left, row by row.
fn picked(
    left: &[(usize, usize)],
    places: &[usize],
    value: &impl Fn(usize, usize) -> f64,
) -> Vec<f64> {
    let mut places = places.iter().peekable();
    let mut before = 0;
    let mut found = Vec::with_capacity(places.len());
    for (i, (from, to)) in left.iter().enumerate() {
        let behind = before + (to - from);
        while let Some(place) = places.next_if(|place| **place < behind) {
            found.push(value(i, from + place - before));
        }
        if places.peek().is_none() {
            break;
        }
        before = behind;
    }
    found
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
    #![allow(clippy::cast_precision_loss)]
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

    /// Tables that are narrowed by samples: scattered, with many ties, of one value alone.
    #[test]
    fn large_tables() {
        let made: [fn(usize) -> f64; 3] = [
            |i| ((i * 7_919) % 10_007) as f64 * 0.1,
            |i| (i % 7) as f64,
            |_| 3.0,
        ];
        for of in made {
            let mut a: Vec<f64> = (0..500).map(of).collect();
            let mut b: Vec<f64> = (0..600).map(|i| of(i * 3 + 1)).collect();
            a.sort_by(f64::total_cmp);
            b.sort_by(f64::total_cmp);
            let mut all: Vec<f64> = a
                .iter()
                .flat_map(|x| b.iter().map(move |y| y - x))
                .collect();
            all.sort_by(f64::total_cmp);
            let rows = vec![(0, b.len()); a.len()];
            for place in [0, 1, 777, 74_999, 150_000, 225_123, 299_998, 299_999] {
                let found = of_rows(&rows, b.len(), place, |i, j| b[j] - a[i]);
                assert_eq!(
                    found.total_cmp(&all[place]),
                    std::cmp::Ordering::Equal,
                    "{place}"
                );
            }
        }
    }
}
